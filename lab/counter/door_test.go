package counter_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"till/lab/counter"
)

// posts are the addresses that take JSON, with a body each takes.
var posts = map[string]string{
	"/terminal/touch":   `{"x":1,"y":1}`,
	"/terminal/key":     `{"key":"esc"}`,
	"/terminal/printer": `{"paper":true}`,
	"/terminal/link":    `{"up":true}`,
	"/wallet/code":      `{"wallet":"wechat"}`,
	"/wallet/next":      `{"behaviour":"approve"}`,
	"/wallet/pay":       `{"qr":"x"}`,
}

var gets = []string{"/", "/terminal/screen.png", "/terminal/state.json", "/terminal/peripherals.json", "/cloud/ledger.json"}

// TestDoor sends what a page of the demo's own never would.
func TestDoor(t *testing.T) {
	t.Parallel()
	d := program.Start(t)
	at, err := url.Parse(d.URL)
	if err != nil {
		t.Fatal(err)
	}
	port := at.Port()
	refused := func(a counter.Answer, want int, what string, args ...any) {
		t.Helper()
		if a.Status != want || a.Error() == "" {
			t.Errorf("%s: %d %.200q, want %d with a sentence", fmt.Sprintf(what, args...), a.Status, a.Body, want)
		}
	}

	for _, path := range []string{"/terminal/receipt.png", "/terminal/receipt.bin", "/nothing", "/terminal/nothing", "/terminal", "/cloud/", "/page.js/", "/..%2f..%2fetc%2fpasswd", "/index.html/x"} {
		refused(d.Do(http.MethodGet, path, nil), http.StatusNotFound, "GET %s", path)
	}
	for path, body := range posts {
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions} {
			a := d.Do(method, path, []byte(body))
			if a.Status != http.StatusMethodNotAllowed && a.Status != http.StatusNotFound || a.Error() == "" {
				t.Errorf("%s %s: %d %q, want 405 with a sentence", method, path, a.Status, a.Body)
			}
		}
		for _, bad := range []string{"", "{", "}", "[]", "1", "true", `"x"`, "null", "{}", `{"a":1}`, body + "}", body + "]", body + body, body[:len(body)-1] + `,"more":1}`, "\xff", "\x00", strings.Repeat(`{"a":`, 10000)} {
			refused(d.Do(http.MethodPost, path, []byte(bad)), http.StatusBadRequest, "POST %s %.40q", path, bad)
		}
		large := body[:len(body)-1] + strings.Repeat(" ", 64<<10) + "}"
		refused(d.Do(http.MethodPost, path, []byte(large)), http.StatusRequestEntityTooLarge, "POST %s of %d bytes", path, len(large))
		if a := d.Do(http.MethodPost, path, []byte(body+"\n")); a.Status != http.StatusOK && a.Status != http.StatusNoContent {
			t.Errorf("POST %s %s: %d %s", path, body, a.Status, a.Body)
		}
	}
	refused(d.Do(http.MethodPost, "/terminal/power", bytes.Repeat([]byte(" "), 64<<10+1)), http.StatusRequestEntityTooLarge, "a large power cut")
	refused(d.Do(http.MethodPost, "/terminal/power", []byte("{")), http.StatusBadRequest, "a power cut of bad JSON")
	for _, path := range append(slices.Clone(gets), "/events", "/terminal/nothing") {
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, "BREW"} {
			a := d.Do(method, path, nil)
			if a.Status != http.StatusMethodNotAllowed && a.Status != http.StatusNotFound || a.Error() == "" {
				t.Errorf("%s %s: %d %q, want 405 with a sentence", method, path, a.Status, a.Body)
			}
		}
	}
	for path, bodies := range map[string][]string{
		"/terminal/key":     {`{"key":""}`, `{"key":"x"}`, `{"key":"10"}`, `{"key":5}`, `{"key":null}`, `{"key":["5"]}`, `{"key":"Enter"}`, `{"key":" 5"}`, `{"key":"５"}`},
		"/terminal/printer": {`{"paper":"no"}`, `{"paper":null}`, `{"paper":0}`},
		"/terminal/link":    {`{"up":"yes"}`, `{"up":null}`, `{"up":1}`, `{"drop":false}`, `{"drop":"x"}`},
		"/wallet/code":      {`{"wallet":""}`, `{"wallet":"cash"}`, `{"wallet":"paypal"}`, `{"wallet":"WeChat"}`, `{"wallet":7}`},
		"/wallet/next":      {`{"behaviour":""}`, `{"behaviour":"explode"}`, `{"behaviour":"Approve"}`, `{"behaviour":1}`, `{"behavior":"approve"}`},
		"/wallet/pay":       {`{"qr":null}`, `{"qr":7}`, `{"qr":["x"]}`, `{"qr":"x","wallet":"cash"}`},
	} {
		for _, body := range bodies {
			refused(d.Do(http.MethodPost, path, []byte(body)), http.StatusBadRequest, "POST %s %s", path, body)
		}
	}

	// Hosts: only the page's own, GET too.
	for _, host := range []string{
		"evil.example", "evil.example:" + port, "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil.example:" + port, "localhost.evil.example:" + port,
		"127.0.0.2:" + port, "0.0.0.0:" + port, "[::1]:" + port, "127.0.0.1:" + port + "0", "user@evil.example:" + port,
	} {
		for _, path := range gets {
			refused(d.Do(http.MethodGet, path, nil, counter.Header("Host", host)), http.StatusForbidden, "GET %s of host %s", path, host)
		}
		for path, body := range posts {
			refused(d.Do(http.MethodPost, path, []byte(body), counter.Header("Host", host)), http.StatusForbidden, "POST %s of host %s", path, host)
		}
		refused(d.Do(http.MethodPost, "/terminal/scan", []byte("1"), counter.Header("Host", host)), http.StatusForbidden, "scan of host %s", host)
		refused(d.Do(http.MethodPost, "/terminal/power", nil, counter.Header("Host", host)), http.StatusForbidden, "power cut of host %s", host)
	}
	for _, host := range []string{"127.0.0.1:" + port, "localhost:" + port, "LOCALHOST:" + port} {
		if a := d.Do(http.MethodGet, "/terminal/state.json", nil, counter.Header("Host", host)); a.Status != http.StatusOK {
			t.Errorf("GET of host %s: %d", host, a.Status)
		}
	}
	// Origins: none, or the page's own.
	for _, origin := range []string{
		"null", "", "http://evil.example", "https://" + at.Host, "http://127.0.0.1", "http://127.0.0.1:1", "http://" + at.Host + "/", "http://" + at.Host + ".evil.example",
		"file://", "chrome-extension://abc", at.Host, "http://" + at.Host + " http://evil.example",
	} {
		for _, path := range gets {
			refused(d.Do(http.MethodGet, path, nil, counter.Header("Origin", origin)), http.StatusForbidden, "GET %s of origin %q", path, origin)
		}
		for path, body := range posts {
			refused(d.Do(http.MethodPost, path, []byte(body), counter.Header("Origin", origin)), http.StatusForbidden, "POST %s of origin %q", path, origin)
		}
		refused(d.Do(http.MethodPost, "/terminal/power", nil, counter.Header("Origin", origin)), http.StatusForbidden, "power cut of origin %q", origin)
	}
	refused(d.Do(http.MethodPost, "/terminal/key", []byte(`{"key":"1"}`), counter.Header("Origin", "http://"+at.Host), counter.Header("Origin", "http://evil.example")),
		http.StatusForbidden, "two origins")
	if a := d.Do(http.MethodPost, "/terminal/key", []byte(`{"key":"1"}`), counter.Header("Origin", "http://"+at.Host)); a.Status != http.StatusNoContent {
		t.Errorf("the page's own origin: %d %s", a.Status, a.Body)
	}
	if a := d.Do(http.MethodGet, "/", nil); !strings.Contains(a.Header.Get("Content-Type"), "text/html") || !bytes.Contains(a.Body, []byte("TEST, NO MONEY")) {
		t.Errorf("the page: %s", a.Header.Get("Content-Type"))
	}
	if s := d.State(); s.Screen != "ready" || s.Entry.Amount != 1 || s.Last != nil {
		t.Errorf("after all this: %s with %d keyed, last %+v", s.Screen, s.Entry.Amount, s.Last)
	}
}

// TestSlowBody begins bodies and does not go on: they are answered all the same.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	d := program.Start(t)
	host := strings.TrimPrefix(d.URL, "http://")
	for _, path := range []string{"/terminal/key", "/terminal/scan", "/wallet/pay"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", host)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if err := conn.SetDeadline(time.Now().Add(11 * time.Second)); err != nil {
				t.Fatal(err)
			}
			if _, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: 100\r\n\r\n{", path, host); err != nil {
				t.Fatal(err)
			}
			answer := make([]byte, 64)
			n, err := io.ReadFull(conn, answer)
			if !strings.HasPrefix(string(answer[:n]), "HTTP/1.1 4") {
				t.Errorf("a body that does not come: %q, %v", answer[:n], err)
			}
		})
	}
}

// TestLargeBody sends all of a body that is too large before it looks at the
// answer, as many clients do.
func TestLargeBody(t *testing.T) {
	t.Parallel()
	d := program.Start(t)
	host := strings.TrimPrefix(d.URL, "http://")
	for _, path := range []string{"/terminal/scan", "/terminal/key", "/terminal/power"} {
		conn, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		const size = 10 << 20
		if _, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n", path, host, size); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write(make([]byte, size)); err != nil {
			t.Errorf("%s: a large body cannot be sent: %v", path, err)
			continue
		}
		answer := make([]byte, 16)
		if _, err := io.ReadFull(conn, answer); err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 413") {
			t.Errorf("%s: a large body is answered %q, %v", path, answer, err)
		}
	}
}

// TestOff asks everything of a terminal while it starts again.
func TestOff(t *testing.T) {
	t.Parallel()
	d := program.Start(t)
	d.SellCash("100")
	d.Printed(1)
	ask := []struct{ method, path, body string }{
		{"GET", "/terminal/state.json", ""}, {"GET", "/terminal/screen.png", ""}, {"GET", "/terminal/peripherals.json", ""},
		{"GET", "/terminal/receipt.bin", ""}, {"POST", "/terminal/key", `{"key":"esc"}`}, {"POST", "/terminal/touch", `{"x":1,"y":1}`},
		{"POST", "/terminal/scan", "4006381333931"}, {"POST", "/terminal/printer", `{"paper":true}`}, {"POST", "/terminal/link", `{"up":true}`},
	}
	var mu sync.Mutex
	off := map[string]bool{}
	for range 8 { // cuts; most need one
		cut := make(chan struct{})
		go func() {
			defer close(cut)
			if a, err := d.Try(http.MethodPost, "/terminal/power", nil); err != nil || a.Status != http.StatusNoContent {
				t.Errorf("power: %d %s %v", a.Status, a.Body, err)
			}
		}()
		for booting := true; booting; {
			select {
			case <-cut:
				booting = false
			default:
			}
			var all sync.WaitGroup
			for _, r := range ask {
				all.Go(func() {
					a, err := d.Try(r.method, r.path, strings.NewReader(r.body))
					switch {
					case err != nil:
						t.Errorf("%s %s while it boots: %v", r.method, r.path, err)
					case a.Status == http.StatusServiceUnavailable && a.Error() != "":
						mu.Lock()
						off[r.path] = true
						mu.Unlock()
					case a.Status != http.StatusOK && a.Status != http.StatusNoContent:
						t.Errorf("%s %s while it boots: %d %s", r.method, r.path, a.Status, a.Body)
					}
				})
			}
			all.Wait()
			if _, err := d.Try(http.MethodGet, "/cloud/ledger.json", nil); err != nil {
				t.Errorf("the ledger while it boots: %v", err)
			}
		}
		if len(off) == len(ask) {
			break
		}
	}
	if len(off) != len(ask) {
		t.Errorf("only %v answered 503 while the terminal was off", off)
	}
	d.Online()
	d.Balance()
}
