package identity

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"till/sync/wire/enrolment"
)

// verifying is a TLS configuration that trusts the authority that root chooses,
// given the chain that the server showed, and no other.
//
// Expiry is judged by the later of this machine's clock and the certificate's
// own beginning: a board without a clock starts in 1970, and must be able to
// reach its gateway before it knows the time. So a clock that is behind opens no
// door that an unset one would not.
func verifying(root func(chain []*x509.Certificate) (*x509.Certificate, error), now func() time.Time) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13,
		// The standard verification knows one moment for all certificates;
		// VerifyConnection below does all that it does.
		InsecureSkipVerify: true,
		VerifyConnection: func(s tls.ConnectionState) error {
			if len(s.PeerCertificates) == 0 {
				return errors.New("the server showed no certificate")
			}
			authority, err := root(s.PeerCertificates)
			if err != nil {
				return err
			}
			return verify(s.PeerCertificates, authority, s.ServerName, now())
		},
	}
}

// verify holds a server's chain against an authority, for the name that was dialled.
func verify(chain []*x509.Certificate, authority *x509.Certificate, name string, now time.Time) error {
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(authority)
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	for _, c := range append(chain, authority) {
		if now.Before(c.NotBefore) {
			now = c.NotBefore
		}
	}
	_, err := chain[0].Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: between, DNSName: name, CurrentTime: now,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	if err != nil {
		return fmt.Errorf("the gateway's certificate: %w", err)
	}
	return nil
}

// ErrOther says that whoever answered is not the gateway that was meant.
var ErrOther = errors.New("this is another gateway than the claim speaks of")

// pinned trusts the authority with a fingerprint, which the server has to show.
func pinned(f enrolment.Fingerprint, now func() time.Time) *tls.Config {
	return verifying(func(chain []*x509.Certificate) (*x509.Certificate, error) {
		for _, c := range chain {
			if c.IsCA && enrolment.FingerprintOf(c) == f {
				return c, nil
			}
		}
		return nil, ErrOther
	}, now)
}
