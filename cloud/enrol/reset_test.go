package enrol_test

import (
	"bytes"
	"crypto/elliptic"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"till/cloud/enrol"
	"till/payment/pin"
	"till/sync/wire/enrolment"
)

// enrolled is a terminal's certificate.
func enrolled(t *testing.T, r *enrol.Registry, c enrol.NewClaim) *x509.Certificate {
	t.Helper()
	code, _, err := r.Invite(c)
	if err != nil {
		t.Fatal(err)
	}
	w := post(t, r, "192.0.2.1", enrolment.Request{CSR: csr(t, newKey(t, elliptic.P256())), Claim: code.String()})
	grant, err := enrolment.Read[enrolment.Grant](w.Body)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := enrol.ParseCertificate([]byte(grant.Certificate))
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// key keys a reset's code and a new PIN's hash at a terminal.
func key(t *testing.T, r *enrol.Registry, at *x509.Certificate, code, hash string) (status int, why enrolment.Reason, s enrolment.Standing) {
	t.Helper()
	body, err := json.Marshal(enrolment.Reset{Code: code, ManagerPIN: hash})
	if err != nil {
		t.Fatal(err)
	}
	w, req := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, enrolment.ResetPath, bytes.NewReader(body))
	req.RemoteAddr = "192.0.2.9:1234"
	req.TLS = &tls.ConnectionState{VerifiedChains: [][]*x509.Certificate{{at}}}
	r.Handler(quiet).ServeHTTP(w, req)
	var refusal enrolment.Refusal
	if err := errors.Join(json.Unmarshal(w.Body.Bytes(), &s), json.Unmarshal(w.Body.Bytes(), &refusal)); err != nil {
		t.Fatal(err)
	}
	return w.Code, refusal.Reason, s
}

// A code gives one terminal's manager one other PIN, once, in time; the newest code
// counts, and what it changes is told to whoever passes it on.
func TestReset(t *testing.T) {
	now := time.Now()
	var told []string
	r := open(t, t.TempDir(), enrol.Options{
		Now: func() time.Time { return now },
		Changed: func(terminal string, all enrolment.Settings) {
			told = append(told, terminal+" "+all["manager_pin"].(string))
		},
	})
	defer shut(t, r)
	salt := pin.NewSalt()
	hash, lis := pin.New("8642", salt).String(), pin.New("2580", salt).String()
	c := shop("till-07")
	c.Settings["operators"] = []any{"li / Li / manager / " + lis}
	seven, eight := enrolled(t, r, c), enrolled(t, r, shop("till-08"))
	allow := func(life time.Duration) string {
		t.Helper()
		code, _, err := r.AllowReset("till-07", life)
		if err != nil {
			t.Fatal(err)
		}
		return code.String()
	}
	refused := func(what string, at *x509.Certificate, code, hash string, want enrolment.Reason) {
		t.Helper()
		if status, why, _ := key(t, r, at, code, hash); status == http.StatusOK || why != want {
			t.Errorf("%s: %d %s, want %s", what, status, why, want)
		}
	}
	refused("no code was made", seven, "0799 2739 8713", hash, enrolment.ClaimUnknown)
	old := allow(0)
	code := allow(0)
	refused("an older code", seven, old, hash, enrolment.ClaimUnknown)
	refused("at another terminal", eight, code, hash, enrolment.ClaimUnknown)
	refused("mistyped", seven, code[:len(code)-1], hash, enrolment.BadRequest)
	refused("no hash", seven, code, "8642", enrolment.BadRequest)
	refused("an operator's PIN", seven, code, lis, enrolment.PINTaken)
	status, _, s := key(t, r, seven, code, hash)
	if status != http.StatusOK || s.Terminal != "till-07" || s.Settings["manager_pin"] != hash || s.Settings["merchant.name"] != "Shop" {
		t.Errorf("the right one: %d %+v", status, s)
	}
	if status, why, s := key(t, r, seven, code, hash); status != http.StatusOK || s.Settings["manager_pin"] != hash {
		t.Errorf("the same again, since its answer was lost: %d %s %+v", status, why, s)
	}
	refused("again, for another PIN", seven, code, pin.New("9753", salt).String(), enrolment.ClaimUsed)
	if all, err := r.Terminals(); err != nil || all[0].Settings["manager_pin"] != hash || all[1].Settings["manager_pin"] != nil {
		t.Errorf("the terminals are %+v (%v)", all, err)
	}
	if len(told) != 1 || told[0] != "till-07 "+hash {
		t.Errorf("told: %q", told)
	}

	code = allow(time.Minute)
	now = now.Add(time.Minute)
	refused("too late", seven, code, hash, enrolment.ClaimExpired)
	code = allow(0)
	if err := r.Revoke("till-07"); err != nil {
		t.Fatal(err)
	}
	refused("revoked", seven, code, hash, enrolment.Revoked)
	for what, err := range map[string]error{"revoked": enrol.ErrNotEnrolled, "unknown": enrol.ErrUnknown} {
		terminal := map[string]string{"revoked": "till-07", "unknown": "till-99"}[what]
		if _, _, got := r.AllowReset(terminal, 0); !errors.Is(got, err) {
			t.Errorf("%s: %v", what, got)
		}
	}
	for _, life := range []time.Duration{time.Second, 365 * 24 * time.Hour} {
		if _, _, err := r.AllowReset("till-08", life); err == nil {
			t.Errorf("a code for %v", life)
		}
	}
}

// Codes are guessed as slowly as claims are, and a guess that is over the bound is not
// even looked at.
func TestResetsAreGuessedSlowly(t *testing.T) {
	now := time.Now()
	r := open(t, t.TempDir(), enrol.Options{Now: func() time.Time { return now }})
	defer shut(t, r)
	at := enrolled(t, r, shop("till-07"))
	code, _, err := r.AllowReset("till-07", 0)
	if err != nil {
		t.Fatal(err)
	}
	hash := pin.New("8642", pin.NewSalt()).String()
	for n := range 10 {
		if status, why, _ := key(t, r, at, "0799 2739 8713", hash); why != enrolment.ClaimUnknown {
			t.Errorf("guess %d: %d %s", n, status, why)
		}
	}
	if status, why, _ := key(t, r, at, code.String(), hash); why != enrolment.TooMany {
		t.Errorf("one more: %d %s", status, why)
	}
	now = now.Add(time.Minute)
	if status, why, _ := key(t, r, at, code.String(), hash); status != http.StatusOK {
		t.Errorf("a minute later: %d %s", status, why)
	}
}
