package service

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// bought writes a certificate of another authority for a name, and returns that authority.
func bought(t *testing.T, p Pages, name string, changed time.Time) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(changed.UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	chain := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := errors.Join(
		os.WriteFile(p.Key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), 0o600),
		os.WriteFile(p.Certificate, chain, 0o600), os.Chtimes(p.Certificate, changed, changed),
	); err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(chain)
	return pool
}

func certificateIn(dir string) Pages {
	return Pages{Listen: "127.0.0.1:0", Certificate: filepath.Join(dir, "pages.pem"), Key: filepath.Join(dir, "pages.key")}
}

// With a certificate that browsers trust, the pages answer to its name, beside the
// gateway's own, and to no other.
func TestPagesWithABoughtCertificate(t *testing.T) {
	p := certificateIn(t.TempDir())
	pool := bought(t, p, "pages.example", time.Now())
	dir, err := os.MkdirTemp("", "till-pages-")
	if err != nil {
		t.Fatal(err)
	}
	s, err := Start(Options{Dir: dir, Pace: 1000, Log: slog.New(slog.DiscardHandler), Pages: &p, Secure: &Secure{MQTT: "127.0.0.1:0", Enrol: "127.0.0.1:0", Hosts: []string{"localhost"}}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-ended, s.Close(), os.RemoveAll(dir)); err != nil {
			t.Error(err)
		}
	})
	for host, want := range map[string]int{"pages.example": http.StatusOK, "localhost": http.StatusOK, "other.example": http.StatusMisdirectedRequest} {
		client := &http.Client{Transport: &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: "pages.example"},
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				var d net.Dialer
				return d.DialContext(ctx, network, s.pagesDoor.Addr().String())
			},
		}}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+host+"/login", nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = got.Body.Close() // nothing of it is of interest
		client.CloseIdleConnections()
		if got.StatusCode != want || got.Header.Get("Strict-Transport-Security") == "" {
			t.Errorf("%s: %d, %v", host, got.StatusCode, got.Header)
		}
	}
}

// A certificate that is renewed is taken up without a restart; one that cannot be read
// leaves the one before.
func TestCertificateIsReadAnew(t *testing.T) {
	p := certificateIn(t.TempDir())
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	c := &certificate{paths: p, now: func() time.Time { return now }}
	if _, err := c.get(); err == nil {
		t.Fatal("a certificate from nowhere")
	}
	bought(t, p, "one.example", now)
	is := func(want string) {
		t.Helper()
		if got, err := c.get(); err != nil || got.Leaf.Subject.CommonName != want {
			t.Errorf("it is %+v (%v), want %s", got, err, want)
		}
	}
	is("one.example")
	bought(t, p, "two.example", now.Add(time.Second))
	is("one.example") // until it is looked again
	now = now.Add(lookEvery)
	is("two.example")
	if err := os.WriteFile(p.Certificate, []byte("rubbish"), 0o600); err != nil {
		t.Fatal(err)
	}
	now = now.Add(lookEvery)
	is("two.example")
}

func TestPagesNeedTerminals(t *testing.T) {
	if s, err := Start(Options{Dir: t.TempDir(), MQTT: "127.0.0.1:0", Pace: 1000, Log: slog.New(slog.DiscardHandler), Pages: &Pages{Listen: "127.0.0.1:0"}}); err == nil {
		_ = s.Close() // it should not be there
		t.Error("pages of a gateway that takes whoever comes")
	}
}
