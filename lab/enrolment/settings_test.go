package enrolment_test

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"log/slog"
	"maps"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"till/cloud/merchant"
	"till/cloud/service"
	"till/display"
	"till/payment/pin"
	"till/sync/wire/enrolment"
)

// The operator gives a terminal other settings, a forgotten PIN's above all: it takes
// them by itself, when nobody is in the middle of a sale, and keeps them. Those that
// it cannot use it refuses, and says so.
func TestOtherSettings(t *testing.T) {
	s := startService(t)
	c := startEnrolled(t, s, folder(t), service.ClaimOrder{Terminal: "till-07", Settings: shop})
	c.until("enrolled", selling)
	configure := func(o service.SettingsOrder) string {
		t.Helper()
		note, err := s.Configure("till-07", o)
		if err != nil {
			t.Fatal(err)
		}
		return note.Digest
	}
	mei := func(digits string) service.SettingsOrder {
		return service.SettingsOrder{Set: enrolment.Settings{"operators": []any{"mei / Mei / cashier / " + pin.New(digits, pin.NewSalt()).String()}}}
	}

	c.press("5") // somebody is about to sell
	digest := configure(mei("1111"))
	c.until("sold", func(s shown) bool { return s.Screen == "ready" })
	c.press("00", "cash", "exact")
	c.until("a sale in between", func(s shown) bool { return s.Screen == "approved" })
	_ = c.Press(t.Context(), display.InputEvent{Button: "done"}) // it may be gone before it has answered
	c.until("an operator has to sign on", func(s shown) bool { return s.Screen == "sign_on" && s.Online })
	awaitNote(t, s, enrolment.SettingsNote{Digest: digest})
	if err := c.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for c.Press(t.Context(), display.InputEvent{Key: "esc"}) != nil { // until it is there again
		time.Sleep(50 * time.Millisecond)
	}
	c.until("after a power cut", func(s shown) bool { return s.Screen == "sign_on" && s.Online })

	// The PIN was forgotten: another is set.
	c.press("2", "2", "2", "2", "enter")
	c.until("refused", func(s shown) bool { return s.Screen == "sign_on" && strings.Contains(s.Message, "Wrong") })
	digest = configure(mei("2222"))
	awaitNote(t, s, enrolment.SettingsNote{Digest: digest})
	c.until("up again", func(s shown) bool { return s.Screen == "sign_on" && s.Online && !strings.Contains(s.Message, "Wrong") })
	c.press("2", "2", "2", "2", "enter")
	c.until("signed on", selling)

	bad := configure(service.SettingsOrder{Set: enrolment.Settings{"sale.tax": "a lot"}})
	if note := awaitNote(t, s, enrolment.SettingsNote{Digest: bad, Fault: "sale.tax"}); strings.Contains(note.Fault, "$argon2id$") {
		t.Errorf("a hash is said over the wire: %s", note.Fault)
	}
	c.until("the settings before stay", selling)
	if _, err := s.Configure("till-07", service.SettingsOrder{Drop: []string{"merchant.name"}}); err == nil {
		t.Error("a terminal needs no merchant")
	}
	if _, err := s.Configure("till-99", mei("1111")); err == nil {
		t.Error("a terminal that nobody knows has settings")
	}
	digest = configure(service.SettingsOrder{Drop: []string{"sale.tax", "operators"}})
	awaitNote(t, s, enrolment.SettingsNote{Digest: digest})
	c.until("nobody has to sign on", selling)
	c.cash()
}

// No setting from afar for cash registers keeps a terminal from selling, or from its
// gateway, which mends it: an address that is not this machine's is taken, and keeps
// out nobody but cash registers; files that are not there are not taken.
func TestSettingsForCashRegisters(t *testing.T) {
	s := startService(t)
	c := startEnrolled(t, s, folder(t), service.ClaimOrder{Terminal: "till-07", Settings: shop})
	c.until("enrolled", selling)
	register := func(more enrolment.Settings) string {
		t.Helper()
		set := enrolment.Settings{"integrator.listen": "192.0.2.1:8444", "integrator.token": "mMkUXAZ2kQYyUF3S"} // RFC 5737: nobody has it
		maps.Copy(set, more)
		note, err := s.Configure("till-07", service.SettingsOrder{Set: set})
		if err != nil {
			t.Fatal(err)
		}
		return note.Digest
	}
	awaitNote(t, s, enrolment.SettingsNote{Digest: register(nil)})
	c.until("an address that is not its own", selling)
	c.cash()
	awaitNote(t, s, enrolment.SettingsNote{
		Digest: register(enrolment.Settings{"integrator.certificate": "/nowhere/register.pem", "integrator.private_key": "/nowhere/register.key"}),
		Fault:  "integrator.certificate",
	})
	c.until("the settings before stay", selling)
	note, err := s.Configure("till-07", service.SettingsOrder{
		Set: enrolment.Settings{"integrator.listen": "127.0.0.1:0"}, Drop: []string{"integrator.certificate", "integrator.private_key"},
	})
	if err != nil {
		t.Fatal(err)
	}
	awaitNote(t, s, enrolment.SettingsNote{Digest: note.Digest})
	c.until("mended", selling)
	c.cash()
}

// With other settings waiting, the terminal begins anew as soon as a cash register
// gives its order up: the register has its answer all the same, and so has whoever waits.
func TestSettingsWhileCashRegisterCancels(t *testing.T) {
	s := startService(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close() // it is the terminal's now
	const token = "mMkUXAZ2kQYyUF3S"
	settings := maps.Clone(shop)
	maps.Copy(settings, enrolment.Settings{"integrator.listen": address, "integrator.token": token})
	dir := folder(t)
	c := startEnrolled(t, s, dir, service.ClaimOrder{Terminal: "till-07", Settings: settings})
	c.until("enrolled", selling)
	// Each request has a connection: one that idles may be closed before it is read from.
	client := &http.Client{Timeout: 40 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // it is the terminal of this very test
	}}
	send := func(method, path, body string) (*http.Response, error) {
		req, err := http.NewRequestWithContext(t.Context(), method, "https://"+address+path, strings.NewReader(body))
		if err != nil {
			return nil, err
		}
		req.Header.Set("Authorization", "Bearer "+token)
		return client.Do(req)
	}
	ask := func(method, path, body string) string {
		got, err := send(method, path, body)
		if err != nil {
			return err.Error()
		}
		defer func() { _ = got.Body.Close() }() // it was read
		raw, err := io.ReadAll(got.Body)
		if err != nil {
			return err.Error()
		}
		return fmt.Sprintf("%d %s", got.StatusCode, raw)
	}
	until := func(wanted string, do func() string) {
		t.Helper()
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for limit := time.After(40 * time.Second); ; {
			said := do()
			if strings.Contains(said, wanted) {
				return
			}
			select {
			case <-tick.C:
			case <-limit:
				t.Fatalf("no %s: %s", wanted, said)
			}
		}
	}
	for n := range 5 {
		path := fmt.Sprintf("/v1/sales/a-%d", n)
		until(`"status":"waiting"`, func() string { return ask(http.MethodPut, path, `{"amount":700,"currency":"USD"}`) })
		phone := fmt.Sprint("+1 555 01", n)
		note, err := s.Configure("till-07", service.SettingsOrder{Set: enrolment.Settings{"merchant.phone": phone}})
		if err != nil {
			t.Fatal(err)
		}
		until(phone, func() string { // it has them, and waits until nobody is in the middle of a sale
			raw, err := os.ReadFile(filepath.Join(dir, "terminal", "identity", "enrolment.json"))
			return fmt.Sprint(string(raw), err)
		})
		stream, err := send(http.MethodGet, path+"/events", "")
		if err != nil {
			t.Fatal(err)
		}
		if n, err := stream.Body.Read(make([]byte, 1)); n != 1 {
			t.Fatal(err)
		}
		if said := ask(http.MethodPost, path+"/cancel", ""); !strings.HasPrefix(said, "200 ") || !strings.Contains(said, `"status":"cancelled"`) {
			t.Errorf("given up: %s", said)
		}
		if raw, err := io.ReadAll(stream.Body); err != nil || !strings.Contains(string(raw), `"status":"cancelled"`) {
			t.Errorf("who waits is told %s (%v)", raw, err)
		}
		if err := stream.Body.Close(); err != nil {
			t.Error(err)
		}
		awaitNote(t, s, enrolment.SettingsNote{Digest: note.Digest})
	}
}

// A terminal that does not find its broker any more asks enrolment, and takes where it
// is now from there.
func TestBrokerThatMoved(t *testing.T) {
	dir, door := folder(t), ""
	start := func(mqtt string) (s *service.Service, stop func()) {
		t.Helper()
		s, err := service.Start(service.Options{
			Dir: dir, Pace: 10, Log: slog.New(slog.DiscardHandler),
			Secure: &service.Secure{MQTT: mqtt, Enrol: cmp.Or(door, "127.0.0.1:0"), Hosts: []string{"127.0.0.1"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, end := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		stop = sync.OnceFunc(func() {
			end()
			if err := errors.Join(<-ended, s.Close()); err != nil {
				t.Error(err)
			}
		})
		t.Cleanup(stop)
		return s, stop
	}
	s, stop := start("127.0.0.1:0")
	door = strings.TrimPrefix(s.Enrolment, "https://")
	c := startEnrolled(t, s, folder(t), service.ClaimOrder{Terminal: "till-07", Settings: shop})
	c.until("enrolled", selling)
	was := s.Broker
	stop()
	c.until("off line", func(s shown) bool { return !s.Online })
	l, err := net.Listen("tcp", strings.TrimPrefix(was, "ssl://")) // no other gets the port that it had
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	if s, _ = start("127.0.0.1:0"); s.Broker == was {
		t.Fatal("the broker is where it was")
	}
	c.until("where the broker is now", selling)
	c.cash()
}

// A merchant changes the settings on the gateway's pages: the terminal takes them, sells
// by them, and the pages say so; those that it refuses are said there too.
func TestSettingsFromPages(t *testing.T) {
	s := startService(t)
	const password = "correct horse"
	if _, err := s.Merchants.Add(merchant.Account{ID: "museum", Name: "Harbor Museum Shop"}, password); err != nil {
		t.Fatal(err)
	}
	c := startEnrolled(t, s, folder(t), service.ClaimOrder{Terminal: "till-07", Merchant: "museum", Settings: shop})
	c.until("enrolled", selling)

	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.Terminals.Authority().Pool()}}}
	t.Cleanup(browser.CloseIdleConnections)
	do := func(method, path, kind, body string) string {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, s.Pages+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", kind)
		got, err := browser.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = got.Body.Close() }() // it was read
		raw, err := io.ReadAll(got.Body)
		if err != nil || got.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s (%v)\n%s", path, got.Status, err, raw)
		}
		return string(raw)
	}
	get := func(path string) string { return do(http.MethodGet, path, "", "") }
	post := func(path string, fields ...string) {
		t.Helper()
		form := url.Values{}
		for i := 0; i+1 < len(fields); i += 2 {
			form.Add(fields[i], fields[i+1])
		}
		do(http.MethodPost, path, "application/x-www-form-urlencoded", form.Encode())
	}
	says := func(what string) {
		t.Helper()
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for limit := time.After(40 * time.Second); ; {
			page := get("/terminals")
			if strings.Contains(page, what) {
				return
			}
			select {
			case <-tick.C:
			case <-limit:
				t.Fatalf("the page does not say %q:\n%s", what, page)
			}
		}
	}
	post("/login", "login", "museum", "password", password)
	says("Online")
	post("/settings/tax", "tax", "8.75", "tax_by", "invoice")
	post("/settings/departments", "english_0", "Books", "chinese_0", "书籍")
	post("/settings/items", "items", "6901234567892,Green tea,绿茶,3.50,0")
	post("/settings/discounts", "discounts", "5, 10", "discount_limit", "10") // a list of whole numbers
	var form strings.Builder
	parts := multipart.NewWriter(&form)
	file, err := parts.CreateFormFile("file", "logo.png")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(png.Encode(file, image.NewGray(image.Rect(0, 0, 200, 60))), parts.Close()); err != nil { // black all over
		t.Fatal(err)
	}
	do(http.MethodPost, "/settings/logo", parts.FormDataContentType(), form.String())
	post("/settings/operators", "do", "add", "id", "mei", "operator", "Mei 梅", "role", "cashier", "pin", "1111")
	c.until("an operator has to sign on", func(s shown) bool { return s.Screen == "sign_on" && s.Online })
	says("<span>Taken</span>")
	c.press("1", "1", "1", "1", "enter")
	c.until("signed on", selling)
	c.press("1", "0", "0", "0", "dept_1", "cash", "exact") // 10.00 and 8.75 % of it
	c.until("a sale", func(s shown) bool { return s.Screen == "approved" })
	c.press("done")
	c.until("drained", func(s shown) bool { return s.Screen == "ready" && s.Queued == 0 })
	says(`data-label="Records to send">0</td>`)
	if page := get("/sales?q=10.88"); !strings.Contains(page, "$10.88") {
		t.Errorf("the sale is not on the page:\n%s", page)
	}

	if _, err := s.Configure("till-07", service.SettingsOrder{Set: enrolment.Settings{"printer.profile": "papyrus"}}); err != nil {
		t.Fatal(err)
	}
	says("Refused: ")
	says("printer.profile")
	// What the merchant saves then is not taken either, and it is not said that it is.
	post("/settings/tips", "tips", "15")
	const refused = "Terminal till-07 did not take its last settings: "
	if page := get("/settings?saved=tips"); !strings.Contains(page, refused) || !strings.Contains(page, "printer.profile") {
		t.Errorf("the settings' page does not say that the terminal takes none:\n%s", page)
	}
	if _, err := s.Configure("till-07", service.SettingsOrder{Drop: []string{"printer.profile"}}); err != nil {
		t.Fatal(err)
	}
	says("<span>Taken</span>")
	if page := get("/settings"); strings.Contains(page, refused) {
		t.Errorf("it does still:\n%s", page)
	}
}

// awaitNote waits until the terminal reports settings of a digest, with a fault that
// has the words wanted.
func awaitNote(t *testing.T, s *service.Service, want enrolment.SettingsNote) (note enrolment.SettingsNote) {
	t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for limit := time.After(40 * time.Second); ; {
		entry, err := s.Terminal("till-07")
		if err != nil {
			t.Fatal(err)
		}
		note = enrolment.SettingsNote{}
		if raw, there := entry.Reported.Parts[enrolment.SettingsPart]; there {
			if err := json.Unmarshal(raw, &note); err != nil {
				t.Fatal(err)
			}
		}
		if note.Digest == want.Digest && (note.Fault == "") == (want.Fault == "") && strings.Contains(note.Fault, want.Fault) {
			return note
		}
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("it reports %+v, want %+v", note, want)
		}
	}
}
