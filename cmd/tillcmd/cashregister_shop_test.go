package tillcmd_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
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
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // it is the terminal of this very test
	s.t.Cleanup(transport.CloseIdleConnections)
	return &shopRegister{s.t, "https://" + listen, &http.Client{Transport: transport}}
}

// shopRegister is a cash register beside a shop's counter.
type shopRegister struct {
	t      *testing.T
	url    string
	client *http.Client
}

func (r *shopRegister) ask(method, path, body string) (status int, answer string, err error) {
	return r.askWithin(r.t.Context(), method, path, body)
}

func (r *shopRegister) askWithin(ctx context.Context, method, path, body string) (status int, answer string, err error) {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	request, err := http.NewRequestWithContext(ctx, method, r.url+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	request.Header.Set("Authorization", "Bearer "+registerToken)
	response, err := r.client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	raw, err := io.ReadAll(response.Body)
	return response.StatusCode, string(raw), err
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
	answers := make(chan string, 2)
	for _, path := range []string{"/v1/sales/a-1?wait=60", "/v1/sales/a-1/events"} {
		begun := make(chan struct{})
		go func() {
			ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { close(begun) }})
			status, answer, err := r.askWithin(ctx, http.MethodGet, path, "")
			answers <- fmt.Sprintf("%d %s (%v)", status, answer, err)
		}()
		<-begun
	}
	r.letIn() // it has read them, or reads them while it ends
	if err := s.end(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if a := <-answers; !strings.HasPrefix(a, "200 ") || !strings.Contains(a, `"status":"waiting"`) || !strings.HasSuffix(a, "(<nil>)") {
			t.Errorf("who waits is told %s", a)
		}
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
