package pages_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"till/cloud/merchant"
	"till/cloud/service"
	"till/payment"
	"till/payment/shop"
	"till/sync/wire"
	"till/sync/wire/enrolment"
)

const password = "correct horse"

// gateway is a whole one, with the pages, two merchants and their terminals.
type gateway struct {
	*service.Service
	t *testing.T
}

func startGateway(t *testing.T) *gateway {
	t.Helper()
	dir, err := os.MkdirTemp("", "till-pages-") // a test's own folder may have too long a name for a socket
	if err != nil {
		t.Fatal(err)
	}
	s, err := service.Start(service.Options{
		Dir: dir, Pace: 10, Log: slog.New(slog.DiscardHandler), Pages: &service.Pages{Listen: "127.0.0.1:0"},
		Secure: &service.Secure{MQTT: "127.0.0.1:0", Enrol: "127.0.0.1:0", Hosts: []string{"127.0.0.1"}},
	})
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
	g := &gateway{s, t}
	for id, name := range map[string]string{"museum": "Harbor Museum Shop", "hotel": "Pier Hotel"} {
		if _, err := s.Merchants.Add(merchant.Account{ID: id, Name: name}, password); err != nil {
			t.Fatal(err)
		}
	}
	for terminal, of := range map[string]string{"till-01": "museum", "till-02": "museum", "desk-01": "hotel", "lost-01": ""} {
		if _, err := s.Claim(service.ClaimOrder{Terminal: terminal, Merchant: of, Settings: enrolment.Settings{
			"merchant.name": "Shop " + terminal, "merchant.timezone": "America/Los_Angeles", "merchant.currency": "USD",
		}}); err != nil {
			t.Fatal(err)
		}
	}
	return g
}

// journal is one that a test writes.
type journal struct {
	g        *gateway
	terminal string
	epoch    uint32
	at       time.Time // of the next record
	records  []wire.Record
	receipt  uint64
	undated  bool // its clock was never set
}

// opening is 10 in the morning at the shop.
var opening = time.Date(2026, 11, 24, 18, 0, 0, 0, time.UTC)

func (g *gateway) journal(terminal string) *journal {
	return &journal{g: g, terminal: terminal, epoch: 1, at: opening}
}

func (j *journal) add(events ...payment.Event) {
	j.g.t.Helper()
	for _, e := range events {
		prev := wire.Genesis(j.terminal, j.epoch)
		if n := len(j.records); n > 0 {
			prev = j.records[n-1].Hash
		}
		at := payment.Stamp{Boot: fmt.Sprint("b", j.epoch), Mono: j.at.Sub(opening), Time: j.at}
		if j.undated {
			at.Time = time.Time{}
		}
		r, err := wire.NewRecord(prev, uint64(len(j.records)+1), at, e)
		if err != nil {
			j.g.t.Fatal(err)
		}
		j.records = append(j.records, r)
		j.at = j.at.Add(time.Minute)
	}
}

// cash is a sale; a bill says what it is made of.
func (j *journal) cash(id payment.SaleID, amount int64, bill *payment.Bill) {
	j.receipt++
	j.add(
		payment.Event{Kind: payment.SaleCreated, Sale: id, Amount: amount, Currency: "USD", Bill: bill, Cashier: "Mei 梅"},
		payment.Event{Kind: payment.CashTaken, Sale: id, Tender: 1, Amount: amount, Tendered: amount, Receipt: j.receipt},
	)
}

func (j *journal) send() {
	j.g.t.Helper()
	var b bytes.Buffer
	for _, r := range j.records {
		if err := json.NewEncoder(&b).Encode(r); err != nil {
			j.g.t.Fatal(err)
		}
	}
	if _, err := j.g.ImportJournal(j.g.t.Context(), j.terminal, &b); err != nil {
		j.g.t.Fatal(err)
	}
}

// browser is a merchant's, or a stranger's.
type browser struct {
	*http.Client
	g      *gateway
	accept string // language
}

func (g *gateway) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		g.t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: g.Service.Terminals.Authority().Pool()}}
	g.t.Cleanup(transport.CloseIdleConnections)
	return &browser{g: g, Client: &http.Client{Transport: transport, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// signedIn is the browser of a merchant.
func (g *gateway) signedIn(login string) *browser {
	g.t.Helper()
	b := g.browser()
	if got := b.post("/login", "login", login, "password", password); got.status != http.StatusSeeOther || got.to != "/" {
		g.t.Fatalf("%s signs in: %d to %q\n%s", login, got.status, got.to, got.body)
	}
	return b
}

type answer struct {
	status int
	to     string // of a redirect
	body   string
	header http.Header
}

func (a answer) has(texts ...string) bool {
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			return false
		}
	}
	return true
}

func (b *browser) get(path string) answer { return b.do(http.MethodGet, path, nil, "") }

// post sends a form: name, value, name, value.
func (b *browser) post(path string, fields ...string) answer {
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return b.do(http.MethodPost, path, strings.NewReader(form.Encode()), "application/x-www-form-urlencoded")
}

// upload sends a form with a file.
func (b *browser) upload(path, file string, fields ...string) answer {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for i := 0; i+1 < len(fields); i += 2 {
		_ = w.WriteField(fields[i], fields[i+1]) // into memory
	}
	if part, err := w.CreateFormFile("file", "items.csv"); err == nil {
		_, _ = io.WriteString(part, file)
	}
	_ = w.Close()
	return b.do(http.MethodPost, path, &body, w.FormDataContentType())
}

func (b *browser) do(method, path string, body io.Reader, kind string, headers ...string) answer {
	b.g.t.Helper()
	req, err := http.NewRequestWithContext(b.g.t.Context(), method, b.g.Pages+path, body)
	if err != nil {
		b.g.t.Fatal(err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if b.accept != "" {
		req.Header.Set("Accept-Language", b.accept)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
		}
		req.Header.Set(headers[i], headers[i+1])
	}
	got, err := b.Do(req)
	if err != nil {
		b.g.t.Fatal(err)
	}
	defer func() { _ = got.Body.Close() }() // it was read
	raw, err := io.ReadAll(got.Body)
	if err != nil {
		b.g.t.Fatal(err)
	}
	return answer{got.StatusCode, got.Header.Get("Location"), string(raw), got.Header}
}

// settings are what the gateway would give a terminal now.
func (g *gateway) settings(terminal string) enrolment.Settings {
	g.t.Helper()
	all, err := g.List()
	if err != nil {
		g.t.Fatal(err)
	}
	for _, t := range all {
		if t.ID == terminal {
			return t.Settings
		}
	}
	g.t.Fatalf("there is no terminal %s", terminal)
	return nil
}

// operators are those of a terminal.
func (g *gateway) operators(terminal string) []shop.Operator {
	g.t.Helper()
	list, _ := g.settings(terminal)["operators"].([]any)
	var texts []string
	for _, one := range list {
		texts = append(texts, one.(string))
	}
	all, err := shop.ParseOperators(texts)
	if err != nil {
		g.t.Fatal(err)
	}
	return all
}

func mustURL(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
