package enrol_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"till/cloud/enrol"
	"till/sync/wire/enrolment"
)

var quiet = slog.New(slog.DiscardHandler)

func open(t testing.TB, dir string, o enrol.Options) *enrol.Registry {
	t.Helper()
	r, err := enrol.Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func shut(t testing.TB, r *enrol.Registry) {
	t.Helper()
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

func shop(terminal string) enrol.NewClaim {
	return enrol.NewClaim{Terminal: terminal, Settings: enrolment.Settings{
		"merchant.name": "Shop", "merchant.timezone": "America/New_York", "merchant.currency": "USD",
	}}
}

// csr is a signing request of a key.
func csr(t testing.TB, key any) string {
	t.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
}

func newKey(t testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// post asks for a certificate from an address.
func post(t testing.TB, r *enrol.Registry, from string, request enrolment.Request) *httptest.ResponseRecorder {
	t.Helper()
	body, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	w, req := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, enrolment.CertificatePath, bytes.NewReader(body))
	req.RemoteAddr = from + ":1234"
	r.Handler(quiet).ServeHTTP(w, req)
	return w
}

// A gateway that starts again has the same authority, and the claims it made.
func TestStartsAgain(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir, enrol.Options{})
	before := r.Authority().Fingerprint()
	code, _, err := r.Invite(shop("till-07"))
	if err != nil {
		t.Fatal(err)
	}
	shut(t, r)
	r = open(t, dir, enrol.Options{})
	defer shut(t, r)
	if r.Authority().Fingerprint() != before {
		t.Error("the authority is another")
	}
	key := newKey(t, elliptic.P256())
	if w := post(t, r, "192.0.2.1", enrolment.Request{CSR: csr(t, key), Claim: code.String()}); w.Code != http.StatusOK {
		t.Errorf("its claim: %d %s", w.Code, w.Body)
	}
	for _, name := range []string{"authority.key", "terminals.db"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v (%v)", name, info.Mode(), err)
		}
	}
	raw, err := os.ReadFile(filepath.Join(dir, "terminals.db"))
	if err != nil || bytes.Contains(raw, []byte(code)) {
		t.Errorf("the claim's code is kept (%v)", err)
	}
}

// An authority that is not whole is not replaced in silence: every terminal would be out.
func TestDamagedAuthority(t *testing.T) {
	for name, data := range map[string]string{"authority.key": "", "authority.pem": "rubbish"} {
		dir := t.TempDir()
		shut(t, open(t, dir, enrol.Options{}))
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		if r, err := enrol.Open(dir, enrol.Options{}); err == nil {
			shut(t, r)
			t.Errorf("%s damaged: it opens", name)
		}
	}
	one, other := t.TempDir(), t.TempDir()
	shut(t, open(t, one, enrol.Options{}))
	shut(t, open(t, other, enrol.Options{}))
	raw, err := os.ReadFile(filepath.Join(other, "authority.pem"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(one, "authority.pem"), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if r, err := enrol.Open(one, enrol.Options{}); err == nil || !strings.Contains(err.Error(), "is not of the key") {
		if err == nil {
			shut(t, r)
		}
		t.Errorf("another's certificate: %v", err)
	}
}

func TestImpossibleClaims(t *testing.T) {
	r := open(t, t.TempDir(), enrol.Options{})
	defer shut(t, r)
	for what, change := range map[string]func(*enrol.NewClaim){
		"the gateway's name": func(c *enrol.NewClaim) { c.Terminal = enrol.GatewayName },
		"a bad id":           func(c *enrol.NewClaim) { c.Terminal = "Till 7" },
		"for ever":           func(c *enrol.NewClaim) { c.Life = 365 * 24 * time.Hour },
		"for a moment":       func(c *enrol.NewClaim) { c.Life = time.Second },
		"its own broker":     func(c *enrol.NewClaim) { c.Settings["gateway.broker"] = "tcp://elsewhere:1883" },
		"no merchant":        func(c *enrol.NewClaim) { delete(c.Settings, "merchant.name") },
		"no such place":      func(c *enrol.NewClaim) { c.Settings["merchant.timezone"] = "Mars/Olympus" },
		"no such money":      func(c *enrol.NewClaim) { c.Settings["merchant.currency"] = "dollars" },
	} {
		c := shop("till-07")
		change(&c)
		if _, _, err := r.Invite(c); err == nil {
			t.Errorf("%s: it is claimed", what)
		}
	}
	if all, err := r.Terminals(); err != nil || len(all) != 0 {
		t.Errorf("there are %v (%v)", all, err)
	}
}

// What reaches no terminal is refused where its operator sees it; a catalogue of the
// largest kind with a logo is not.
func TestSettingsHaveABound(t *testing.T) {
	r := open(t, t.TempDir(), enrol.Options{})
	defer shut(t, r)
	c := shop("till-07")
	items := make([]any, 1000)
	for i := range items {
		items[i] = strings.Repeat("x", 128)
	}
	c.Settings["sale.items"], c.Settings["merchant.logo"] = items, strings.Repeat("A", 24<<10)
	code, _, err := r.Invite(c)
	if err != nil {
		t.Fatal(err)
	}
	w := post(t, r, "192.0.2.1", enrolment.Request{CSR: csr(t, newKey(t, elliptic.P256())), Claim: code.String()})
	grant, err := enrolment.Read[enrolment.Grant](w.Body)
	if err != nil || len(grant.Settings["sale.items"].([]any)) != len(items) || grant.Settings["merchant.logo"] != c.Settings["merchant.logo"] {
		t.Errorf("granted %.80v (%v)", grant, err)
	}
	_, err = r.Change("till-07", enrolment.Settings{"merchant.logo": strings.Repeat("A", 100<<10)}, nil)
	if err == nil || !strings.Contains(err.Error(), "make sale.items smaller") || len(err.Error()) > 200 {
		t.Errorf("too much: %v", err)
	}
	if _, err = r.Change("till-07", enrolment.Settings{"merchant.logo": strings.Repeat("A", 300<<10)}, []string{"sale.items"}); err == nil || !strings.Contains(err.Error(), "make merchant.logo smaller") {
		t.Errorf("too much: %v", err)
	}
}

// Only keys that the wire names are certified, and only by who holds them.
func TestKeysThatAreRefused(t *testing.T) {
	r := open(t, t.TempDir(), enrol.Options{})
	defer shut(t, r)
	code, _, err := r.Invite(shop("till-07"))
	if err != nil {
		t.Fatal(err)
	}
	weak, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	good := csr(t, newKey(t, elliptic.P256()))
	block, _ := pem.Decode([]byte(good))
	forged := bytes.Clone(block.Bytes)
	forged[len(forged)-1] ^= 1
	for what, text := range map[string]string{
		"RSA": csr(t, weak), "P-384": csr(t, newKey(t, elliptic.P384())), "nothing": "",
		"not its own": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: forged})),
	} {
		if w := post(t, r, "192.0.2.1", enrolment.Request{CSR: text, Claim: code.String()}); w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d %s", what, w.Code, w.Body)
		}
	}
	if w := post(t, r, "192.0.2.1", enrolment.Request{CSR: good, Claim: code.String()}); w.Code != http.StatusOK {
		t.Errorf("the good one then: %d %s", w.Code, w.Body)
	}
}

// Guessing from many addresses is bounded too, and does not hold up a device
// that waits for its own code to be claimed.
func TestGuessingFromEverywhere(t *testing.T) {
	now := time.Now()
	r := open(t, t.TempDir(), enrol.Options{Now: func() time.Time { return now }})
	defer shut(t, r)
	request := enrolment.Request{CSR: csr(t, newKey(t, elliptic.P256()))}
	borne := 0
	for i := range 200 {
		c, err := enrolment.NewClaim()
		if err != nil {
			t.Fatal(err)
		}
		request.Claim = c.String()
		if w := post(t, r, "192.0.2."+string(rune('0'+i%10))+string(rune('0'+i/10%10)), request); w.Code == http.StatusNotFound {
			borne++
		}
	}
	if borne != 60 {
		t.Errorf("%d guesses were borne at once", borne)
	}
	request.Claim = ""
	if w := post(t, r, "192.0.2.1", request); w.Code != http.StatusAccepted {
		t.Errorf("a device that waits: %d %s", w.Code, w.Body)
	}
}

// The gateway's own certificates follow themselves.
func TestOwnCertificatesAreRenewed(t *testing.T) {
	now := time.Now()
	r := open(t, t.TempDir(), enrol.Options{Now: func() time.Time { return now }})
	defer shut(t, r)
	config := r.Authority().ServerTLS([]string{"gateway.example", "192.0.2.1"})
	serials := map[string]bool{}
	for range 3 {
		for range 2 {
			pair, err := config.GetCertificate(nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"gateway.example", "192.0.2.1"} {
				if _, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: r.Authority().Pool(), DNSName: name, CurrentTime: now}); err != nil {
					t.Error(err)
				}
			}
			serials[pair.Leaf.SerialNumber.String()] = true
		}
		now = now.Add(250 * 24 * time.Hour)
	}
	if len(serials) != 3 {
		t.Errorf("%d certificates in 500 days", len(serials))
	}
}

func FuzzHandler(f *testing.F) {
	r := open(f, f.TempDir(), enrol.Options{})
	f.Cleanup(func() { shut(f, r) })
	handler := r.Handler(quiet)
	body, err := json.Marshal(enrolment.Request{CSR: csr(f, newKey(f, elliptic.P256())), Claim: "0799 2739 8713"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	f.Add([]byte(`{"csr":"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodPost, enrolment.CertificatePath, bytes.NewReader(body)))
		if w.Code == http.StatusOK || w.Code >= 500 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}
