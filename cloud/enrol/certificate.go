package enrol

import (
	"crypto/x509"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"till/sync/wire/enrolment"
)

// certificate is one that was issued.
type certificate struct {
	Terminal string           `json:"terminal"`
	Key      string           `json:"key"`
	DER      []byte           `json:"der"`
	Ended    time.Time        `json:"ended,omitzero"` // out of force since
	Why      enrolment.Reason `json:"why,omitempty"`
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
