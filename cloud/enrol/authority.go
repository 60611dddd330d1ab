// Package enrol makes devices a gateway's terminals: its certificate authority,
// the claims that operators make, and the certificates that are in force.
//
// [Registry] is the book of it all, in bbolt; [Registry.Handler] is what devices
// speak to over HTTPS; [Registry.Admit] says whom the broker lets in.
package enrol

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"till/durable"
	"till/sync/wire/enrolment"
)

// What certificates are for stands in their organizational unit. A terminal's
// common name is its id, the gateway's is GatewayName.
const (
	unitTerminal = "terminal"
	unitGateway  = "gateway"
	unitServer   = "server"
	organization = "till"
	// GatewayName is the client id and certificate's name of the gateway, so no
	// terminal may have it.
	GatewayName = "gateway"
)

const (
	authorityLife = 25 * 365 * 24 * time.Hour
	// serverLife is short of what would outlive a forgotten gateway; the next is
	// made while the program runs, see ServerTLS.
	serverLife = 365 * 24 * time.Hour
	// early is before now: the other end's clock may be a little behind.
	early = time.Hour
)

// Authority issues the certificates of one gateway and its terminals.
type Authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	now  func() time.Time
}

const (
	keyFile  = "authority.key"
	certFile = "authority.pem"
)

// OpenAuthority reads the authority in a folder, or makes it. now may be nil.
func OpenAuthority(dir string, now func() time.Time) (*Authority, error) {
	if now == nil {
		now = time.Now
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the authority's folder: %w", err)
	}
	key, err := openKey(filepath.Join(dir, keyFile))
	if err != nil {
		return nil, fmt.Errorf("the authority's key: %w", err)
	}
	a := &Authority{key: key, now: now}
	path := filepath.Join(dir, certFile)
	raw, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		if raw, err = a.makeCertificate(); err == nil {
			err = durable.Write(path, raw, 0o644)
		}
	}
	if err == nil {
		a.cert, err = ParseCertificate(raw)
	}
	if err == nil && !key.PublicKey.Equal(a.cert.PublicKey) {
		err = fmt.Errorf("%s is not of the key in %s: put back the copy of one of them", certFile, keyFile)
	}
	if err != nil {
		return nil, fmt.Errorf("the authority's certificate: %w", err)
	}
	return a, nil
}

// openKey reads a private key, or makes it.
func openKey(path string) (*ecdsa.PrivateKey, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, err
		}
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return nil, err
		}
		return key, durable.Write(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600)
	}
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil, fmt.Errorf("%s is no PEM file: put back a copy", path)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	ec, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s holds a %T, want a key of P-256", path, key)
	}
	return ec, nil
}

func (a *Authority) makeCertificate() ([]byte, error) {
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	t := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{Organization: []string{organization}, CommonName: "till authority " + serial.Text(16)[:8]},
		NotBefore:    a.now().Add(-early), NotAfter: a.now().Add(authorityLife),
		IsCA: true, BasicConstraintsValid: true, MaxPathLen: 0, MaxPathLenZero: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, &a.key.PublicKey, a.key)
	if err != nil {
		return nil, err
	}
	return encode(der), nil
}

// Certificate is the authority's own.
func (a *Authority) Certificate() *x509.Certificate { return a.cert }

// PEM is the authority's certificate as terminals get it.
func (a *Authority) PEM() []byte { return encode(a.cert.Raw) }

// Fingerprint is what an invitation pins.
func (a *Authority) Fingerprint() enrolment.Fingerprint { return enrolment.FingerprintOf(a.cert) }

// Pool holds the authority alone.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// terminalCertificate issues a terminal's, for a public key that its holder has
// signed with.
func (a *Authority) terminalCertificate(id string, public any, life time.Duration) (*x509.Certificate, error) {
	return a.issue(&x509.Certificate{
		Subject:     pkix.Name{Organization: []string{organization}, OrganizationalUnit: []string{unitTerminal}, CommonName: id},
		NotAfter:    a.now().Add(life),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, public)
}

func (a *Authority) issue(t *x509.Certificate, public any) (*x509.Certificate, error) {
	var err error
	if t.SerialNumber, err = newSerial(); err != nil {
		return nil, err
	}
	t.NotBefore = a.now().Add(-early)
	if t.NotBefore.Before(a.cert.NotBefore) {
		t.NotBefore = a.cert.NotBefore
	}
	if t.NotAfter.After(a.cert.NotAfter) {
		t.NotAfter = a.cert.NotAfter
	}
	t.KeyUsage, t.BasicConstraintsValid = x509.KeyUsageDigitalSignature, true
	der, err := x509.CreateCertificate(rand.Reader, t, a.cert, public, a.key)
	if err != nil {
		return nil, fmt.Errorf("issue a certificate for %s: %w", t.Subject.CommonName, err)
	}
	return x509.ParseCertificate(der)
}

// newSerial is 127 bits by chance, never zero.
func newSerial() (*big.Int, error) {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("make a serial number: %w", err)
	}
	return n.SetBit(n, 126, 1), nil
}

// own is a certificate of the gateway's own, made anew when a third of its life
// is left. Its key is in memory alone.
type own struct {
	authority *Authority
	template  x509.Certificate

	mu   sync.Mutex
	pair *tls.Certificate
}

func (o *own) get() (*tls.Certificate, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	a := o.authority
	if o.pair != nil && a.now().Before(renewAfter(o.pair.Leaf)) {
		return o.pair, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	t := o.template
	t.NotAfter = a.now().Add(serverLife)
	leaf, err := a.issue(&t, &key.PublicKey)
	if err != nil {
		return nil, err
	}
	o.pair = &tls.Certificate{Certificate: [][]byte{leaf.Raw, a.cert.Raw}, PrivateKey: key, Leaf: leaf}
	return o.pair, nil
}

// renewAfter is when two thirds of a certificate's life are over.
func renewAfter(c *x509.Certificate) time.Time {
	return c.NotBefore.Add(c.NotAfter.Sub(c.NotBefore) * 2 / 3).UTC()
}

// ServerTLS is for a server that is known by these names or addresses. A client
// may show a certificate of this authority; what it is worth is not asked here.
func (a *Authority) ServerTLS(hosts []string) *tls.Config {
	t := x509.Certificate{
		Subject:     pkix.Name{Organization: []string{organization}, OrganizationalUnit: []string{unitServer}, CommonName: "till gateway"},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, h)
		}
	}
	mine := &own{authority: a, template: t}
	return &tls.Config{
		MinVersion: tls.VersionTLS13, ClientCAs: a.Pool(), ClientAuth: tls.VerifyClientCertIfGiven, Time: a.now,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return mine.get() },
	}
}

// GatewayTLS is for the gateway's own line to a broker with mutual TLS.
func (a *Authority) GatewayTLS() *tls.Config {
	mine := &own{authority: a, template: x509.Certificate{
		Subject:     pkix.Name{Organization: []string{organization}, OrganizationalUnit: []string{unitGateway}, CommonName: GatewayName},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}}
	return &tls.Config{
		MinVersion: tls.VersionTLS13, RootCAs: a.Pool(), Time: a.now,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return mine.get() },
	}
}

// isGateway says that a certificate of this authority is the gateway's own.
func isGateway(c *x509.Certificate) bool {
	return c.Subject.CommonName == GatewayName && slices.Equal(c.Subject.OrganizationalUnit, []string{unitGateway})
}

// ParseCertificate reads one certificate in PEM.
func ParseCertificate(raw []byte) (*x509.Certificate, error) {
	block, _ := pem.Decode(raw)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, errors.New("want a certificate in PEM")
	}
	return x509.ParseCertificate(block.Bytes)
}

func encode(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
