package enrol

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"

	"till/cloud/book"
	"till/cloud/limits"
	"till/sync/wire/enrolment"
)

// Defaults of lives, and their bounds.
const (
	// DefaultClaimLife is long enough for a technician who drives to the shop.
	DefaultClaimLife = 24 * time.Hour
	maxClaimLife     = 30 * 24 * time.Hour
	// DefaultCertificateLife: a terminal that was in a drawer for less than a
	// third of it renews by itself; one that lay longer is enrolled again.
	DefaultCertificateLife = 180 * 24 * time.Hour
)

// State is how a terminal stands.
type State string

// The states of a terminal.
const (
	Claimed  State = "claimed"  // a claim was made; no device is it yet
	Enrolled State = "enrolled" // a device has a certificate in force
	Ended    State = "revoked"  // the operator has ended its certificate
)

// Terminal is one of the gateway's terminals.
type Terminal struct {
	ID       string             `json:"terminal"`
	Merchant string             `json:"merchant,omitempty"` // whose it is; "" is the gateway's only merchant
	State    State              `json:"state"`
	Settings enrolment.Settings `json:"settings"`
	// Device is the SHA-256 of the public key that is this terminal now, in hexadecimal.
	Device string `json:"device,omitempty"`
	// Serial is the certificate in force. Next was issued to follow it, and takes
	// its place when it is first used: until then its terminal may not have it.
	Serial   string    `json:"serial,omitempty"`
	Next     string    `json:"next,omitempty"`
	NotAfter time.Time `json:"not_after,omitzero"` // of Serial
	// Epoch is the least that a journal begun on Device has. It links this
	// device's journals to those of the devices before it.
	Epoch   uint32    `json:"epoch,omitempty"`
	Since   time.Time `json:"since,omitzero"` // when Device was enrolled
	Version string    `json:"version,omitempty"`
	Before  []Device  `json:"before,omitempty"`
}

// Device was a terminal once.
type Device struct {
	Key   string    `json:"key"`
	Epoch uint32    `json:"epoch"`
	Since time.Time `json:"since"`
	Until time.Time `json:"until"`
}

// Options of a registry. Zero values are the defaults.
type Options struct {
	Now             func() time.Time
	CertificateLife time.Duration
	// Epoch is the highest epoch that the ledger has of a terminal's journals, 0 for none.
	Epoch func(terminal string) (uint32, error)
	// Common are settings of every terminal: where the broker is, the gateway's key.
	Common enrolment.Settings
	// Withdrawn is told, after the commit, of a terminal whose certificate is not
	// in force any more: its connection is to be ended.
	Withdrawn func(terminal string)
	// Changed is told, after the commit, of all settings of a terminal that has
	// changed some by itself, with a code of its operator's.
	Changed func(terminal string, all enrolment.Settings)
}

// Registry is the book of claims, terminals and certificates. Every change is
// durable when it is answered.
type Registry struct {
	db        *bbolt.DB
	authority *Authority
	options   Options
	limits    *limits.Limits
}

// The buckets: what each key is, and what it holds.
var (
	claims       = []byte("claims")       // SHA-256 of the code -> claim
	terminals    = []byte("terminals")    // id -> Terminal
	certificates = []byte("certificates") // serial -> certificate
	resets       = []byte("resets")       // id of a terminal -> reset
	owned        = []byte("owned")        // merchant's id, a zero byte, terminal's id -> nothing
)

const schema = 1

// guesses are the wrong claims that are borne. A claim has 11 digits by chance, so with
// 1,000 claims open a day of guessing at the full rate, from however many addresses,
// finds one with a chance of 3 in 10,000.
var guesses = limits.Bounds{Burst: 10, Every: time.Minute, AllBurst: 60, AllEvery: 3 * time.Second}

// Open opens the registry and its authority in a folder, or makes them.
func Open(dir string, o Options) (*Registry, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.CertificateLife == 0 {
		o.CertificateLife = DefaultCertificateLife
	}
	if o.Epoch == nil {
		o.Epoch = func(string) (uint32, error) { return 0, nil }
	}
	if o.Withdrawn == nil {
		o.Withdrawn = func(string) {}
	}
	if o.Changed == nil {
		o.Changed = func(string, enrolment.Settings) {}
	}
	a, err := OpenAuthority(dir, o.Now)
	if err != nil {
		return nil, err
	}
	db, err := book.Open(filepath.Join(dir, "terminals.db"), "terminals", schema, claims, terminals, certificates, owned, resets)
	if err != nil {
		return nil, err
	}
	return &Registry{db: db, authority: a, options: o, limits: limits.New(guesses)}, nil
}

// Close closes the book.
func (r *Registry) Close() error { return r.db.Close() }

// Authority is the one whose certificates the registry issues.
func (r *Registry) Authority() *Authority { return r.authority }

// Terminal is one of them, if it was ever claimed.
func (r *Registry) Terminal(id string) (t Terminal, known bool, err error) {
	err = r.db.View(func(tx *bbolt.Tx) error {
		t, known, err = get[Terminal](tx, terminals, []byte(id))
		return err
	})
	return t, known, err
}

// Terminals lists every terminal, by its id.
func (r *Registry) Terminals() ([]Terminal, error) {
	all := []Terminal{}
	err := r.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(terminals).ForEach(func(id, _ []byte) error {
			t, _, err := get[Terminal](tx, terminals, id)
			all = append(all, t)
			return err
		})
	})
	return all, err
}

// Digest tells all that a terminal is to have from what it reports to have.
func (r *Registry) Digest(t Terminal) string { return r.settings(t).Digest() }

func get[T any](tx *bbolt.Tx, bucket, key []byte) (value T, known bool, err error) {
	raw := tx.Bucket(bucket).Get(key)
	if raw == nil {
		return value, false, nil
	}
	if err := json.Unmarshal(raw, &value); err != nil {
		return value, false, fmt.Errorf("book of terminals, %s/%q: %w", bucket, key, err)
	}
	return value, true, nil
}

func put(tx *bbolt.Tx, bucket, key []byte, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("book of terminals, %s/%q: %w", bucket, key, err)
	}
	return tx.Bucket(bucket).Put(key, raw)
}
