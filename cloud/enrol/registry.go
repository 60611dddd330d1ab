package enrol

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"till/payment"
	"till/sync/wire"
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

// certificate is one that was issued.
type certificate struct {
	Terminal string           `json:"terminal"`
	Key      string           `json:"key"`
	DER      []byte           `json:"der"`
	Ended    time.Time        `json:"ended,omitzero"` // out of force since
	Why      enrolment.Reason `json:"why,omitempty"`
}

// claim is an operator's word that a device may be a terminal.
type claim struct {
	Terminal string           `json:"terminal"`
	Device   enrolment.Device `json:"device,omitempty"` // made for this one alone
	Made     time.Time        `json:"made"`
	Expires  time.Time        `json:"expires"`
	// UsedBy is the key that used it, and Serial what it got.
	UsedBy string `json:"used_by,omitempty"`
	Serial string `json:"serial,omitempty"`
	// Void: a later claim for the same terminal has taken its place.
	Void bool `json:"void,omitempty"`
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
}

// Registry is the book of claims, terminals and certificates. Every change is
// durable when it is answered.
type Registry struct {
	db        *bbolt.DB
	authority *Authority
	options   Options
	limits    *limits
}

// The buckets: what each key is, and what it holds.
var (
	meta         = []byte("meta")         // "schema" -> 1 byte
	claims       = []byte("claims")       // SHA-256 of the code -> claim
	terminals    = []byte("terminals")    // id -> Terminal
	certificates = []byte("certificates") // serial -> certificate
)

const schema = 1

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
	a, err := OpenAuthority(dir, o.Now)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "terminals.db")
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: 2 * time.Second})
	if err != nil {
		return nil, fmt.Errorf("open the book of terminals %s: %w", path, err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{meta, claims, terminals, certificates} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		if v := tx.Bucket(meta).Get([]byte("schema")); len(v) > 0 && v[0] > schema {
			return fmt.Errorf("its layout is version %d, this program knows %d: update this one", v[0], schema)
		}
		return tx.Bucket(meta).Put([]byte("schema"), []byte{schema})
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the book of terminals %s: %w", path, err), db.Close())
	}
	return &Registry{db: db, authority: a, options: o, limits: newLimits()}, nil
}

// Close closes the book.
func (r *Registry) Close() error { return r.db.Close() }

// Authority is the one whose certificates the registry issues.
func (r *Registry) Authority() *Authority { return r.authority }

// Errors of operators' orders.
var (
	ErrEnrolled = errors.New("a device is this terminal already: say that it is to be replaced, if it is")
	ErrUnknown  = errors.New("no such terminal was ever claimed here")
)

// NewClaim is what an operator claims.
type NewClaim struct {
	Terminal string
	Settings enrolment.Settings // of this terminal
	Device   enrolment.Device   // "": any device that has the code
	Life     time.Duration      // 0: DefaultClaimLife
	// Replace allows it for a terminal that a device is: the device that uses the
	// claim becomes the terminal, and the one before it is out.
	Replace bool
}

// Invite makes a claim. Without a device it comes with a code. A claim for the
// same terminal that was not used yet is void from now on.
func (r *Registry) Invite(n NewClaim) (code enrolment.Claim, expires time.Time, err error) {
	if n.Life == 0 {
		n.Life = DefaultClaimLife
	}
	if err := checkClaim(n); err != nil {
		return "", expires, err
	}
	now := r.options.Now()
	expires = now.Add(n.Life).UTC().Truncate(time.Second)
	key := deviceKey(n.Device)
	if n.Device == "" {
		if code, err = enrolment.NewClaim(); err != nil {
			return "", expires, err
		}
		key = claimKey(code)
	}
	err = r.db.Update(func(tx *bbolt.Tx) error {
		t, known, err := get[Terminal](tx, terminals, []byte(n.Terminal))
		if err != nil {
			return err
		}
		if known && t.State == Enrolled && !n.Replace {
			return ErrEnrolled
		}
		if err := r.voidClaims(tx, n.Terminal); err != nil {
			return err
		}
		if other, known, err := get[claim](tx, claims, key); err != nil {
			return err
		} else if known && other.UsedBy == "" && !other.Void && now.Before(other.Expires) {
			return fmt.Errorf("this device was claimed to be terminal %s: let that claim expire, or use it", other.Terminal)
		}
		if !known {
			t = Terminal{ID: n.Terminal, State: Claimed}
		}
		if len(n.Settings) > 0 {
			t.Settings = n.Settings
		}
		if err := checkSettings(t.Settings); err != nil {
			return err
		}
		if err := put(tx, terminals, []byte(t.ID), t); err != nil {
			return err
		}
		return put(tx, claims, key, claim{Terminal: n.Terminal, Device: n.Device, Made: now.UTC(), Expires: expires})
	})
	if err != nil {
		return "", expires, fmt.Errorf("claim terminal %s: %w", n.Terminal, err)
	}
	return code, expires, nil
}

func checkClaim(n NewClaim) error {
	if err := wire.CheckTerminal(n.Terminal); err != nil {
		return err
	}
	if n.Terminal == GatewayName {
		return fmt.Errorf("terminal id %q is the gateway's own name: choose another", n.Terminal)
	}
	if n.Life < time.Minute || n.Life > maxClaimLife {
		return fmt.Errorf("a claim lasts for 1 minute to %d days, not %v", maxClaimLife/(24*time.Hour), n.Life)
	}
	return nil
}

// checkSettings looks at what a terminal cannot do without. The rest is for the
// terminal to check, which knows its own program: it says so on its screen.
func checkSettings(s enrolment.Settings) error {
	for key := range s {
		if slices.Contains(fixed, key) {
			return fmt.Errorf("setting %s is the gateway's to give: leave it out", key)
		}
	}
	for _, key := range []string{"merchant.name", "merchant.timezone", "merchant.currency"} {
		if text, ok := s[key].(string); !ok || text == "" {
			return fmt.Errorf("setting %s is missing", key)
		}
	}
	if _, err := time.LoadLocation(s["merchant.timezone"].(string)); err != nil { // a text, as seen above
		return fmt.Errorf("setting merchant.timezone: %w", err)
	}
	if err := (payment.Money{Currency: s["merchant.currency"].(string)}).Validate(); err != nil {
		return fmt.Errorf("setting merchant.currency: %w", err)
	}
	return nil
}

// fixed are the settings that no operator gives.
var fixed = []string{"terminal", "data", "bench", "gateway.broker", "gateway.key", "gateway.ca", "gateway.certificate", "gateway.private_key"}

// voidClaims ends a terminal's unused claims, and forgets those that nobody used
// and that have long been over.
func (r *Registry) voidClaims(tx *bbolt.Tx, terminal string) error {
	old := r.options.Now().Add(-maxClaimLife)
	changed := map[string]claim{}
	var over [][]byte
	err := tx.Bucket(claims).ForEach(func(key, raw []byte) error {
		var one claim
		if err := json.Unmarshal(raw, &one); err != nil {
			return fmt.Errorf("claim %x: %w", key, err)
		}
		switch {
		case one.UsedBy != "":
		case one.Expires.Before(old):
			over = append(over, bytes.Clone(key))
		case one.Terminal == terminal && !one.Void:
			one.Void = true
			changed[string(key)] = one
		}
		return nil
	})
	for key, one := range changed {
		err = errors.Join(err, put(tx, claims, []byte(key), one))
	}
	for _, key := range over {
		err = errors.Join(err, tx.Bucket(claims).Delete(key))
	}
	return err
}

// claimKey and deviceKey are where a claim lies; the code itself is kept nowhere.
func claimKey(c enrolment.Claim) []byte {
	sum := sha256.Sum256([]byte("claim " + c))
	return sum[:]
}

func deviceKey(d enrolment.Device) []byte {
	sum := sha256.Sum256([]byte("device " + d))
	return sum[:]
}

// applicant is a device that has shown that it holds a key.
type applicant struct {
	public any
	key    string // SHA-256 of the public key, in hexadecimal
	device enrolment.Device
}

// refuse is a refusal as an error.
func refuse(why enrolment.Reason, format string, args ...any) error {
	return enrolment.Refusal{Reason: why, Message: fmt.Sprintf(format, args...)}
}

// readCSR reads a signing request and checks its signature.
func readCSR(text string) (applicant, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE REQUEST" {
		return applicant{}, refuse(enrolment.BadRequest, "The certificate request is not PEM.")
	}
	csr, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return applicant{}, refuse(enrolment.BadRequest, "The certificate request cannot be read.")
	}
	switch k := csr.PublicKey.(type) {
	case *ecdsa.PublicKey:
		if k.Curve != elliptic.P256() {
			return applicant{}, refuse(enrolment.BadRequest, "The key is not of P-256 or Ed25519.")
		}
	case ed25519.PublicKey:
	default:
		return applicant{}, refuse(enrolment.BadRequest, "The key is not of P-256 or Ed25519.")
	}
	if err := csr.CheckSignature(); err != nil {
		return applicant{}, refuse(enrolment.BadRequest, "The certificate request is not signed by its own key.")
	}
	sum := sha256.Sum256(csr.RawSubjectPublicKeyInfo)
	return applicant{csr.PublicKey, hex.EncodeToString(sum[:]), enrolment.DeviceOf(csr.RawSubjectPublicKeyInfo)}, nil
}

// errWaiting: there is no claim for the device yet.
var errWaiting = errors.New("no claim was made for this device yet")

// Enrol grants an applicant what its claim says, or says why not with a
// Refusal. A claim is used up by the key that comes first with it; that key is
// granted the same again, however often power goes before it has kept it.
func (r *Registry) enrol(a applicant, code enrolment.Claim, version string) (g enrolment.Grant, err error) {
	key := deviceKey(a.device)
	if code != "" {
		key = claimKey(code)
	}
	var withdrawn string
	first := false
	err = r.db.View(func(tx *bbolt.Tx) error { // most are told to wait, or again: that costs no commit
		c, err := r.claimFor(tx, key, code, a)
		if err != nil {
			return err
		}
		if first = c.UsedBy == ""; first {
			return nil
		}
		g, err = r.again(tx, c)
		return err
	})
	if err != nil || !first {
		return g, err
	}
	err = r.db.Update(func(tx *bbolt.Tx) error {
		c, err := r.claimFor(tx, key, code, a)
		if err != nil {
			return err
		}
		if c.UsedBy != "" { // by the same key, meanwhile
			g, err = r.again(tx, c)
			return err
		}
		g, withdrawn, err = r.use(tx, key, c, a, version)
		return err
	})
	if err == nil && withdrawn != "" {
		r.options.Withdrawn(withdrawn)
	}
	return g, err
}

// claimFor is the claim under a key that the applicant may use, or has used.
func (r *Registry) claimFor(tx *bbolt.Tx, key []byte, code enrolment.Claim, a applicant) (claim, error) {
	c, known, err := get[claim](tx, claims, key)
	switch {
	case err != nil:
		return c, err
	case !known && code == "":
		return c, errWaiting
	case !known:
		return c, refuse(enrolment.ClaimUnknown, "This claim was never made here.")
	case c.UsedBy == a.key:
		return c, nil
	case c.UsedBy != "":
		return c, refuse(enrolment.ClaimUsed, "Another device has used this claim, and is terminal %s. Ask the operator for a claim of this device's own.", c.Terminal)
	case code == "" && (c.Void || !r.options.Now().Before(c.Expires)):
		return c, errWaiting // it may be claimed anew
	case c.Void:
		return c, refuse(enrolment.ClaimExpired, "A newer claim for terminal %s has taken this one's place.", c.Terminal)
	case !r.options.Now().Before(c.Expires):
		return c, refuse(enrolment.ClaimExpired, "This claim was not used in time. Ask the operator for another.")
	}
	return c, nil
}

// again is what a key that has used a claim is granted: the certificate in force.
func (r *Registry) again(tx *bbolt.Tx, c claim) (enrolment.Grant, error) {
	t, _, err := get[Terminal](tx, terminals, []byte(c.Terminal))
	if err != nil {
		return enrolment.Grant{}, err
	}
	serial := c.Serial // it says why not
	if t.State == Enrolled && t.Device == c.UsedBy {
		serial = t.Serial
	}
	cert, err := r.inForce(tx, serial)
	if err != nil {
		return enrolment.Grant{}, err
	}
	return r.grant(t, cert), nil
}

// use issues the first certificate of a claim, and takes those before it out of force.
func (r *Registry) use(tx *bbolt.Tx, key []byte, c claim, a applicant, version string) (g enrolment.Grant, withdrawn string, err error) {
	t, known, err := get[Terminal](tx, terminals, []byte(c.Terminal))
	if err != nil {
		return g, "", err
	}
	if !known {
		return g, "", fmt.Errorf("terminal %s of a claim is not in the book", c.Terminal)
	}
	taken, err := r.options.Epoch(t.ID)
	if err != nil {
		return g, "", fmt.Errorf("the ledger's epochs of %s: %w", t.ID, err)
	}
	now := r.options.Now().UTC()
	if t.State == Enrolled {
		withdrawn = t.ID
		if err := r.withdraw(tx, t, enrolment.Superseded); err != nil {
			return g, "", err
		}
	}
	if t.Device != a.key { // the same device goes on with the journal that it has
		if t.Device != "" {
			t.Before = append(t.Before, Device{t.Device, t.Epoch, t.Since, now})
		}
		t.Epoch = max(t.Epoch, taken) + 1
	}
	cert, err := r.issue(tx, t.ID, a)
	if err != nil {
		return g, "", err
	}
	t.State, t.Device, t.Since, t.Version = Enrolled, a.key, now, version
	t.Serial, t.Next, t.NotAfter = serialOf(cert), "", cert.NotAfter.UTC()
	if err := put(tx, terminals, []byte(t.ID), t); err != nil {
		return g, "", err
	}
	c.UsedBy, c.Serial = a.key, t.Serial
	return r.grant(t, cert), withdrawn, put(tx, claims, key, c)
}

func (r *Registry) issue(tx *bbolt.Tx, terminal string, a applicant) (*x509.Certificate, error) {
	cert, err := r.authority.terminalCertificate(terminal, a.public, r.options.CertificateLife)
	if err != nil {
		return nil, err
	}
	return cert, put(tx, certificates, []byte(serialOf(cert)), certificate{Terminal: terminal, Key: a.key, DER: cert.Raw})
}

func (r *Registry) grant(t Terminal, cert *x509.Certificate) enrolment.Grant {
	return enrolment.Grant{
		Terminal: t.ID, Certificate: string(encode(cert.Raw)), Authority: string(r.authority.PEM()),
		Epoch: t.Epoch, RenewAfter: renewAfter(cert), Settings: r.settings(t),
	}
}

// settings are a terminal's, with those that every terminal has.
func (r *Registry) settings(t Terminal) enrolment.Settings {
	all := enrolment.Settings{}
	for key, value := range t.Settings {
		all[key] = value
	}
	for key, value := range r.options.Common {
		all[key] = value
	}
	all["terminal"] = t.ID
	return all
}

func serialOf(c *x509.Certificate) string { return c.SerialNumber.Text(16) }

// withdraw takes a terminal's certificates out of force.
func (r *Registry) withdraw(tx *bbolt.Tx, t Terminal, why enrolment.Reason) error {
	for _, serial := range []string{t.Serial, t.Next} {
		if serial == "" {
			continue
		}
		if err := r.end(tx, serial, why); err != nil {
			return err
		}
	}
	return nil
}

func (r *Registry) end(tx *bbolt.Tx, serial string, why enrolment.Reason) error {
	c, known, err := get[certificate](tx, certificates, []byte(serial))
	if err != nil || !known || !c.Ended.IsZero() {
		return err
	}
	c.Ended, c.Why = r.options.Now().UTC(), why
	return put(tx, certificates, []byte(serial), c)
}

// inForce is a certificate that was issued and not withdrawn.
func (r *Registry) inForce(tx *bbolt.Tx, serial string) (*x509.Certificate, error) {
	c, known, err := get[certificate](tx, certificates, []byte(serial))
	switch {
	case err != nil:
		return nil, err
	case !known:
		return nil, refuse(enrolment.Unnamed, "This certificate was not issued here.")
	case c.Why == enrolment.Revoked:
		return nil, refuse(enrolment.Revoked, "This terminal was revoked. Ask the operator for a new claim.")
	case !c.Ended.IsZero():
		return nil, refuse(enrolment.Superseded, "Another device or a newer certificate is terminal %s now.", c.Terminal)
	}
	return x509.ParseCertificate(c.DER)
}

// Revoke ends a terminal's certificate, and any claim for it, at once.
func (r *Registry) Revoke(terminal string) error {
	err := r.db.Update(func(tx *bbolt.Tx) error {
		t, known, err := get[Terminal](tx, terminals, []byte(terminal))
		if err != nil {
			return err
		}
		if !known {
			return ErrUnknown
		}
		if err := r.withdraw(tx, t, enrolment.Revoked); err != nil {
			return err
		}
		t.State, t.Next = Ended, ""
		if err := r.voidClaims(tx, terminal); err != nil {
			return err
		}
		return put(tx, terminals, []byte(terminal), t)
	})
	if err != nil {
		return fmt.Errorf("revoke terminal %s: %w", terminal, err)
	}
	r.options.Withdrawn(terminal)
	return nil
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

// Pass is what a certificate is worth at the broker.
type Pass struct {
	Terminal string // "" for the gateway itself
	NotAfter time.Time
}

// Admit says whether the holder of a certificate may connect under a client id.
// The TLS of its connection has verified the certificate against the authority.
// The first use of a renewed certificate takes the one before it out of force.
func (r *Registry) Admit(cert *x509.Certificate, clientID string) (Pass, error) {
	if cert == nil {
		return Pass{}, refuse(enrolment.Unnamed, "No certificate was shown.")
	}
	if cert.Subject.CommonName != clientID {
		return Pass{}, fmt.Errorf("client id %.64q with the certificate of %.64q", clientID, cert.Subject.CommonName)
	}
	if isGateway(cert) {
		return Pass{NotAfter: cert.NotAfter}, nil
	}
	t, err := r.holder(cert)
	if err != nil {
		return Pass{}, err
	}
	return Pass{Terminal: t.ID, NotAfter: cert.NotAfter}, nil
}

// holder is the terminal whose certificate in force this is.
func (r *Registry) holder(cert *x509.Certificate) (t Terminal, err error) {
	serial := serialOf(cert)
	promote := false
	err = r.db.View(func(tx *bbolt.Tx) error {
		if t, err = r.holderIn(tx, cert); err != nil {
			return err
		}
		promote = t.Next == serial
		return nil
	})
	if err != nil || !promote {
		return t, err
	}
	err = r.db.Update(func(tx *bbolt.Tx) error {
		if t, err = r.holderIn(tx, cert); err != nil || t.Next != serial {
			return err
		}
		if err := r.end(tx, t.Serial, enrolment.Superseded); err != nil {
			return err
		}
		t.Serial, t.Next, t.NotAfter = t.Next, "", cert.NotAfter.UTC()
		return put(tx, terminals, []byte(t.ID), t)
	})
	return t, err
}

func (r *Registry) holderIn(tx *bbolt.Tx, cert *x509.Certificate) (Terminal, error) {
	if _, err := r.inForce(tx, serialOf(cert)); err != nil {
		return Terminal{}, err
	}
	t, known, err := get[Terminal](tx, terminals, []byte(cert.Subject.CommonName))
	if err == nil && (!known || t.Serial != serialOf(cert) && t.Next != serialOf(cert)) {
		err = refuse(enrolment.Superseded, "A newer certificate of this terminal is in force.")
	}
	return t, err
}

// renew issues the certificate that follows the one shown, for the same key.
// Until it is used, the one before stays in force, and asking again gives the
// same: a terminal may lose power before it has kept it.
func (r *Registry) renew(shown *x509.Certificate, a applicant) (g enrolment.Grant, err error) {
	t, err := r.holder(shown)
	if err != nil {
		return g, err
	}
	if t.Device != a.key {
		return g, refuse(enrolment.BadRequest, "The request is of another key than the certificate.")
	}
	err = r.db.Update(func(tx *bbolt.Tx) error {
		if t, err = r.holderIn(tx, shown); err != nil {
			return err
		}
		if t.Next != "" {
			next, err := r.inForce(tx, t.Next)
			if err == nil && r.options.Now().Before(renewAfter(next)) {
				g = r.grant(t, next)
				return nil
			}
			if err := r.end(tx, t.Next, enrolment.Superseded); err != nil {
				return err
			}
		}
		next, err := r.issue(tx, t.ID, a)
		if err != nil {
			return err
		}
		t.Next = serialOf(next)
		g = r.grant(t, next)
		return put(tx, terminals, []byte(t.ID), t)
	})
	return g, err
}

// InForce counts the certificates that would be admitted for a terminal: with
// one that a renewal has prepared, two.
func (r *Registry) InForce(terminal string) (n int, err error) {
	err = r.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(certificates).ForEach(func(serial, _ []byte) error {
			c, _, err := get[certificate](tx, certificates, serial)
			if c.Terminal == terminal && c.Ended.IsZero() {
				n++
			}
			return err
		})
	})
	return n, err
}

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
