package enrol

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"till/payment"
	"till/sync/wire"
	"till/sync/wire/enrolment"
)

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

// Errors of operators' orders.
var (
	ErrEnrolled = errors.New("a device is this terminal already: say that it is to be replaced, if it is")
	ErrUnknown  = errors.New("no such terminal was ever claimed here")
)

// NewClaim is what an operator claims.
type NewClaim struct {
	Terminal string
	Merchant string             // whose it is to be; "": as before, at first the gateway's only merchant
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
		if err := t.give(tx, n.Merchant); err != nil {
			return err
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

// Change gives a terminal other settings: those of set in place of its own, and
// without those of drop. It returns all that the terminal is to have now.
func (r *Registry) Change(terminal string, set enrolment.Settings, drop []string) (all enrolment.Settings, err error) {
	err = r.db.Update(func(tx *bbolt.Tx) error {
		t, known, err := get[Terminal](tx, terminals, []byte(terminal))
		if err != nil {
			return err
		}
		if !known {
			return ErrUnknown
		}
		t, err = r.change(tx, t, set, drop)
		all = r.settings(t)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("settings of terminal %s: %w", terminal, err)
	}
	return all, nil
}

// change is Change, of a terminal that is there.
func (r *Registry) change(tx *bbolt.Tx, t Terminal, set enrolment.Settings, drop []string) (Terminal, error) {
	settings := maps.Clone(t.Settings)
	if settings == nil {
		settings = enrolment.Settings{}
	}
	for _, key := range drop {
		if _, there := settings[key]; !there {
			return t, fmt.Errorf("the terminal has no setting %.40q", key)
		}
		delete(settings, key)
	}
	maps.Copy(settings, set)
	if err := checkSettings(settings); err != nil {
		return t, err
	}
	t.Settings = settings
	return t, put(tx, terminals, []byte(t.ID), t)
}

func checkClaim(n NewClaim) error {
	if err := wire.CheckTerminal(n.Terminal); err != nil {
		return err
	}
	if n.Terminal == GatewayName {
		return fmt.Errorf("terminal id %q is the gateway's own name: choose another", n.Terminal)
	}
	if n.Merchant != "" {
		if err := CheckMerchant(n.Merchant); err != nil {
			return err
		}
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
	raw, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("the settings: %w", err)
	}
	if len(raw) > enrolment.MaxSettings {
		return fmt.Errorf("%d bytes of settings, at most %d reach a terminal: make %.40s smaller, the largest of them", len(raw), enrolment.MaxSettings, largestOf(s))
	}
	return nil
}

// largestOf is the key of the setting that takes most room.
func largestOf(s enrolment.Settings) string {
	sizes := map[string]int{}
	for key, value := range s {
		raw, _ := json.Marshal(value) // as a part of what was encoded
		sizes[key] = len(raw)
	}
	return slices.MaxFunc(slices.Sorted(maps.Keys(s)), func(a, b string) int { return cmp.Compare(sizes[a], sizes[b]) })
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
