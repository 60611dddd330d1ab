package tillcmd_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"till/payment/pin"
)

const registerToken = "mMkUXAZ2kQYyUF3S"

// withRegister has a shop's terminal let cash registers in, with more of that in its settings.
func (s *shop) withRegister(listen, more string) *shopRegister {
	s.t.Helper()
	f, err := os.OpenFile(s.config, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = fmt.Fprintf(f, "\n[integrator]\nlisten = %q\ntoken = %q\n%s\n", listen, registerToken, more)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	// Each request has a connection: one that idles may be closed before it is read from.
	transport := &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // it is the terminal of this very test
	return &shopRegister{s.t, "https://" + listen, &http.Client{Transport: transport, Timeout: patience}}
}

// shopRegister is a cash register beside a shop's counter.
type shopRegister struct {
	t      *testing.T
	url    string
	client *http.Client
}

func (r *shopRegister) ask(method, path, body string) (status int, answer string, err error) {
	response, err := r.send(method, path, body)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	raw, err := io.ReadAll(response.Body)
	return response.StatusCode, string(raw), err
}

// open is an answer that goes on.
func (r *shopRegister) open(method, path, body string) io.Reader {
	r.t.Helper()
	response, err := r.send(method, path, body)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = response.Body.Close() }) // it was only read
	return response.Body
}

func (r *shopRegister) send(method, path, body string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+registerToken)
	return r.client.Do(request)
}

// letIn waits until the terminal lets the register in.
func (r *shopRegister) letIn() {
	r.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(patience); ; {
		status, _, err := r.ask(http.MethodGet, "/v1/status", "")
		if err == nil && status == http.StatusOK {
			return
		}
		select {
		case <-tick.C:
		case <-late:
			r.t.Fatalf("it is not let in: %d (%v)", status, err)
		}
	}
}

// freePort is an address that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }() // it is the terminal's now
	return l.Addr().String()
}

// A counter sells whose cash registers cannot be let in, and lets them in by itself
// as soon as they can be.
func TestSellsWithoutCashRegisters(t *testing.T) {
	folder := t.TempDir()
	for what, c := range map[string]struct {
		more string
		keep func(s *shop, address string) (mend func())
	}{
		"a port that is taken": {keep: func(s *shop, address string) func() {
			l, err := net.Listen("tcp", address)
			if err != nil {
				s.t.Fatal(err)
			}
			return func() { _ = l.Close() }
		}},
		"no files": {
			more: fmt.Sprintf("certificate = %q\nprivate_key = %q", filepath.Join(folder, "both.pem"), filepath.Join(folder, "both.pem")),
			keep: func(s *shop, _ string) func() {
				return func() { s.copyFile(filepath.Join(folder, "both.pem"), "") }
			},
		},
		"a certificate of its own that is damaged": {keep: func(s *shop, _ string) func() {
			own := filepath.Join(s.data, "integrator", "own.pem")
			s.copyFile(own, "rubbish")
			return func() { s.copyFile(own, "") }
		}},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, filepath.Join(t.TempDir(), "data"))
			r := s.withRegister(freePort(t), c.more)
			mend := c.keep(s, strings.TrimPrefix(r.url, "https://"))
			s.start()
			s.sellCash()
			s.wait("sale", func(x shown) bool { return x.Last != nil && x.Last.Status == "approved" })
			mend()
			r.letIn()
			s.sellCash()
		})
	}
}

// A terminal that ends answers what it was asked, and whoever waits.
func TestCashRegistersAreAnsweredAtTheEnd(t *testing.T) {
	s := newShop(t, filepath.Join(t.TempDir(), "data"))
	r := s.withRegister(freePort(t), "")
	s.start()
	r.letIn()
	if status, answer, err := r.ask(http.MethodPut, "/v1/sales/a-1", `{"amount":700,"currency":"USD"}`); status != http.StatusCreated {
		t.Fatalf("an order: %d %s (%v)", status, answer, err)
	}
	stream := r.open(http.MethodGet, "/v1/sales/a-1/events", "")
	first, err := bufio.NewReader(stream).ReadString('}')
	if err != nil || !strings.Contains(first, `"status":"waiting"`) {
		t.Fatalf("the stream begins with %q (%v)", first, err)
	}
	if err := s.end(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, stream); err != nil {
		t.Errorf("the stream breaks off: %v", err)
	}
}

// Nobody at the counter is no cashier who is at something.
func TestOrderWhileNobodyIsSignedOn(t *testing.T) {
	s := newShop(t, filepath.Join(t.TempDir(), "data"))
	raw, err := os.ReadFile(s.config)
	if err == nil {
		operator := "mei / Mei / cashier / " + pin.New("1111", pin.NewSalt()).String()
		err = os.WriteFile(s.config, append(fmt.Appendf(nil, "operators = [%q]\n", operator), raw...), 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	r := s.withRegister(freePort(t), "")
	s.start()
	r.letIn()
	status, answer, err := r.ask(http.MethodPut, "/v1/sales/a-1", `{"amount":700,"currency":"USD"}`)
	if status != http.StatusConflict || !strings.Contains(answer, "nobody is signed on") {
		t.Errorf("%d %s (%v)", status, answer, err)
	}
}

// copyFile writes a file, or with no text one that has a certificate and its key.
func (s *shop) copyFile(path, text string) {
	s.t.Helper()
	if text == "" {
		text = pairOf(s.t)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// pairOf is a certificate and its key, PEM.
func pairOf(t *testing.T) string {
	t.Helper()
	server := httptest.NewTLSServer(nil) // it brings one
	defer server.Close()
	pair := server.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]})) +
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
}
