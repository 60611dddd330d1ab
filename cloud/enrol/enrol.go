package enrol

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"till/sync/wire/enrolment"
)

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
