package enrol

import (
	"crypto/subtle"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"till/cloud/limits"
	"till/payment/pin"
	"till/sync/wire/enrolment"
)

// DefaultResetLife is long enough to read a code out over the telephone.
const DefaultResetLife = time.Hour

// managerPIN is the setting that a reset changes.
const managerPIN = "manager_pin"

// reset is an operator's word that whoever has its code gives a terminal's manager
// another PIN. A terminal has one at most.
type reset struct {
	Code    []byte    `json:"code"` // SHA-256
	Expires time.Time `json:"expires"`
	Used    bool      `json:"used,omitempty"`
}

// ErrNotEnrolled is the refusal of a code that no device could use.
var ErrNotEnrolled = errors.New("no device is this terminal now, so nobody can key a code there")

// AllowReset makes a code with which a terminal's manager gets another PIN, keyed at the
// terminal. It is good once, until it expires, and ends the one before. A life of 0 is
// DefaultResetLife.
func (r *Registry) AllowReset(terminal string, life time.Duration) (code enrolment.Claim, expires time.Time, err error) {
	if life == 0 {
		life = DefaultResetLife
	}
	if life < time.Minute || life > maxClaimLife {
		return "", expires, fmt.Errorf("a code lasts for 1 minute to %d days, not %v", maxClaimLife/(24*time.Hour), life)
	}
	if code, err = enrolment.NewClaim(); err != nil {
		return "", expires, err
	}
	expires = r.options.Now().Add(life).UTC().Truncate(time.Second)
	err = r.db.Update(func(tx *bbolt.Tx) error {
		t, known, err := get[Terminal](tx, terminals, []byte(terminal))
		switch {
		case err != nil:
			return err
		case !known:
			return ErrUnknown
		case t.State != Enrolled:
			return ErrNotEnrolled
		}
		return put(tx, resets, []byte(terminal), reset{Code: claimKey(code), Expires: expires})
	})
	if err != nil {
		return "", expires, fmt.Errorf("reset the PIN of terminal %s: %w", terminal, err)
	}
	return code, expires, nil
}

// resetPIN gives the holder of a certificate the PIN that it asks for, in return for
// its code; asked for the same again, it answers the same. hash is as pin.Hash writes it.
func (r *Registry) resetPIN(shown *x509.Certificate, code enrolment.Claim, hash string) (t Terminal, err error) {
	if _, err := r.holder(shown); err != nil {
		return t, err
	}
	changed := false
	err = r.db.Update(func(tx *bbolt.Tx) error {
		if t, err = r.holderIn(tx, shown); err != nil {
			return err
		}
		allowed, known, err := get[reset](tx, resets, []byte(t.ID))
		switch {
		case err != nil:
			return err
		case !known || subtle.ConstantTimeCompare(allowed.Code, claimKey(code)) != 1:
			return refuse(enrolment.ClaimUnknown, "This code was not made for this terminal, or another has taken its place.")
		case allowed.Used && t.Settings[managerPIN] == hash:
			return nil // the answer was lost, and is given again
		case allowed.Used:
			return refuse(enrolment.ClaimUsed, "This code was used already.")
		case !r.options.Now().Before(allowed.Expires):
			return refuse(enrolment.ClaimExpired, "This code was not used in time. Ask the operator for another.")
		case t.hasPIN(hash):
			return refuse(enrolment.PINTaken, "An operator of this terminal has that PIN.")
		}
		allowed.Used = true
		if err := put(tx, resets, []byte(t.ID), allowed); err != nil {
			return err
		}
		changed = true
		t, err = r.change(tx, t, enrolment.Settings{managerPIN: hash}, nil)
		return err
	})
	if err == nil && changed {
		r.options.Changed(t.ID, r.settings(t))
	}
	return t, err
}

// hasPIN says that one of the operators has this hash: terminals hash with the salt
// that their operators share.
func (t Terminal) hasPIN(hash string) bool {
	operators, _ := t.Settings["operators"].([]any) // what is no list has none
	return slices.ContainsFunc(operators, func(o any) bool {
		text, _ := o.(string)
		return slices.Contains(strings.Fields(text), hash)
	})
}

// pin is the door of a reset. Wrong codes are counted as wrong claims are.
func (d *door) pin(w http.ResponseWriter, req *http.Request) {
	shown, err := d.shown(req)
	if err != nil {
		d.refuse(w, req, err)
		return
	}
	address, now := limits.Address(req), d.options.Now()
	if wait := d.limits.Wait(address, now); wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)))
		d.refuse(w, req, refuse(enrolment.TooMany, "Too many wrong codes came. Wait a minute, then try again."))
		return
	}
	code, hash, err := readReset(w, req)
	if err != nil {
		d.refuse(w, req, err)
		return
	}
	t, err := d.resetPIN(shown, code, hash)
	var why enrolment.Refusal
	if errors.As(err, &why) && why.Reason == enrolment.ClaimUnknown {
		d.limits.Missed(address, now)
	}
	if err != nil {
		d.refuse(w, req, err)
		return
	}
	d.log.Info("the manager's PIN was reset at the terminal", "terminal", t.ID, "from", address)
	d.answer(w, http.StatusOK, d.standing(shown, t))
}

func readReset(w http.ResponseWriter, req *http.Request) (enrolment.Claim, string, error) {
	asked, err := enrolment.Read[enrolment.Reset](http.MaxBytesReader(w, req.Body, enrolment.MaxRequest))
	if err != nil {
		return "", "", refuse(enrolment.BadRequest, "The request is not JSON of at most %d KiB.", enrolment.MaxRequest>>10)
	}
	code, err := enrolment.ParseClaim(asked.Code)
	if err != nil {
		return "", "", refuse(enrolment.BadRequest, "The code is mistyped.")
	}
	hash, err := pin.Parse(asked.ManagerPIN)
	if err != nil {
		return "", "", refuse(enrolment.BadRequest, "The new PIN is not hashed as till pin does it.")
	}
	return code, hash.String(), nil
}
