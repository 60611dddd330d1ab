package counter_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"till/lab/counter"
	"till/words"
)

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestRefusedScans(t *testing.T) {
	t.Parallel()
	d := program.Start(t)
	d.Online()
	d.Amount("1234")
	for _, test := range []struct {
		name, scan string
		want       words.Key
	}{
		{"a product, EAN-13", "4006381333931", "code_product_code"},
		{"a product, EAN-8", "96385074", "code_product_code"},
		{"a product with its symbology", "]E04006381333931", "code_product_code"},
		{"a merchant's link", "https://qr.alipay.com/fkx12345", "code_merchant_qr"},
		{"a merchant's WeChat link", "wxp://f2f0abcdef", "code_merchant_qr"},
		{"a merchant's EMV QR", "00020101021126280012till.sandbox0108xxxxxxxx5204599953038405802US6304ABCD", "code_merchant_qr"},
		{"the Hong Kong wallet", "15" + strings.Repeat("3", 16), "code_hong_kong_wallet"},
		{"UnionPay of the mainland", "62" + strings.Repeat("4", 17), "code_unionpay_mainland"},
		{"WeChat, a digit short", "13" + strings.Repeat("5", 15), "code_wrong_length"},
		{"WeChat, a digit long", "13" + strings.Repeat("5", 17), "code_wrong_length"},
		{"Alipay, too short", "28" + strings.Repeat("5", 13), "code_wrong_length"},
		{"Alipay, too long", "28" + strings.Repeat("5", 23), "code_wrong_length"},
		{"some number", "99" + strings.Repeat("5", 16), "code_not_a_payment_code"},
		{"one digit", "1", "code_not_a_payment_code"},
		{"text", "hello", "code_not_a_payment_code"},
		{"a negative number", "-134567890123456789", "code_not_a_payment_code"},
		{"digits of another script", strings.Repeat("１", 18), "code_not_a_payment_code"},
		{"nothing", "", "code_unreadable"},
		{"white space", " \r\n", "code_unreadable"},
		{"NUL", "\x00", "code_unreadable"},
		{"NUL in a code", "13456789\x00123456789", "code_unreadable"},
		{"control characters", "\x1b[2J134567890123456789", "code_unreadable"},
		{"two codes", "134567890123456789\n134567890123456780", "code_unreadable"},
		{"bytes that are no text", "\xff\xfe\x80", "code_unreadable"},
		{"an EMV code, cut short", "hQVDUFYwMWETTwegAAADMwEBAVAIVW", "code_unreadable"},
		{"64 KiB", strings.Repeat("A", 64<<10), "code_too_long"},
		{"64 KiB of bytes", strings.Repeat("\x00\xff", 32<<10), "code_too_long"},
	} {
		d.Scan(test.scan)
		s := d.State()
		if s.Message != say(test.want) {
			t.Errorf("%s: message %q, want %q", test.name, s.Message, say(test.want))
		}
		if s.Screen != "ready" || s.Entry.Amount != 1234 || s.Last != nil {
			t.Fatalf("%s: %s with %d keyed, last %+v", test.name, s.Screen, s.Entry.Amount, s.Last)
		}
	}
	for _, size := range []int{64<<10 + 1, 10 << 20} {
		a, err := d.Try(http.MethodPost, "/terminal/scan", bytes.NewReader(bytes.Repeat([]byte("1"), size)))
		if err != nil || a.Status != http.StatusRequestEntityTooLarge || a.Error() == "" {
			t.Errorf("%d bytes: %d %q %v, want 413", size, a.Status, a.Body, err)
		}
	}
	// As scanners send it: with a symbology and a line's end.
	d.Scan("]Q1" + d.Code("wechat") + "\r\n")
	d.Screen("approved", soon)
	d.Balance()
}

// TestUnexpectedScans scans where no code is expected: it is dropped, and said so.
func TestUnexpectedScans(t *testing.T) {
	t.Parallel()
	d := program.Start(t)
	d.Online()
	refused := func(where string, want words.Key) {
		t.Helper()
		before := d.State()
		d.Scan(d.Code("alipay"))
		s := d.State()
		if s.Message != say(want) || s.Screen != before.Screen {
			t.Errorf("%s: %s with message %q, want %q", where, s.Screen, s.Message, say(want))
		}
	}
	refused("nothing keyed", "amount_first")
	d.Amount("100")
	d.Press("cash")
	refused("taking cash", "scan_not_expected")
	d.Press("exact")
	refused("approved", "scan_not_expected")
	d.Home()
	d.Next("password")
	d.Amount("200")
	d.Scan(d.Code("wechat"))
	refused("charging", "scan_not_expected")
	d.Screen("approved", 15*time.Second)
	d.Home()
	d.ShowQR("300")
	refused("a QR shown", "scan_not_expected")
	d.Press("cancel")
	d.Screen("cancelled", soon)
	refused("cancelled", "scan_not_expected")
	d.Home()
	l := d.Balance()
	if len(l.Sales) != 3 || len(l.Charges) != 1 {
		t.Errorf("%d sales and %d charges, want 3 and 1", len(l.Sales), len(l.Charges))
	}
}

// TestSameCode has a phone linger before the scanner.
func TestSameCode(t *testing.T) {
	t.Parallel()
	d := program.Start(t)
	d.Online()
	code := d.Code("wechat")
	d.Amount("1234")
	for range 5 {
		d.Scan(code)
	}
	s := d.Screen("approved", soon)
	d.Scan(code)
	if after := d.State(); after.Last.ID != s.Last.ID || after.Screen != "approved" || after.Message == say("scan_not_expected") {
		t.Errorf("the same code on the approved screen: %s, message %q", after.Screen, after.Message)
	}
	d.Home()
	d.Amount("500")
	// At first it is the phone that lingers; later it is a code that was used.
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(10 * time.Second); d.State().Message != say("code_code_used"); <-tick.C {
		d.Scan(code)
		if s := d.State(); s.Screen != "ready" || s.Entry.Amount != 500 || time.Now().After(deadline) {
			t.Fatalf("the same code again: %s with %d keyed, message %q", s.Screen, s.Entry.Amount, s.Message)
		}
	}
	// A terminal that was off meanwhile has forgotten the code; the wallet has not.
	d.PowerCut()
	d.Online()
	d.Amount("500")
	d.Scan(code)
	if s := d.Screen("declined", soon); s.Last.Status != "declined" {
		t.Errorf("a used code: %+v", s.Last)
	}
	l := d.Balance()
	if len(l.Charges) != 1 {
		t.Errorf("%d charges, want 1: %+v", len(l.Charges), l.Charges)
	}
}

// TestOldCode scans a code after its minute, which passes in 0.6 s here.
func TestOldCode(t *testing.T) {
	t.Parallel()
	d := program.Start(t, counter.Args("-pace", "100"))
	d.Online()
	code := d.Code("alipay")
	made := time.Now()
	d.Amount("900")
	<-time.After(time.Until(made.Add(700 * time.Millisecond))) // the code's own life is what is tested
	d.Scan(code)
	d.Screen("declined", soon)
	if l := d.Balance(); len(l.Charges) != 0 {
		t.Errorf("charges %+v, want none", l.Charges)
	}
}

// TestAtOnce has everything happen at the same time.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	d := program.Start(t)
	d.Online()
	d.Amount("1234")
	code := d.Code("unionpay")
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			a, err := d.Try(http.MethodPost, "/terminal/scan", strings.NewReader(code))
			if err != nil || a.Status != http.StatusNoContent {
				t.Errorf("scan: %d %s %v", a.Status, a.Body, err)
			}
		})
	}
	all.Wait()
	d.Screen("approved", soon)
	d.Home()
	if l := d.Balance(); len(l.Charges) != 1 || len(l.Sales) != 1 {
		t.Fatalf("20 scans of one code: %d sales, %d charges", len(l.Sales), len(l.Charges))
	}
	// Everybody presses everything. Whatever comes of it, every request is answered
	// and the books agree.
	requests := []struct{ path, body string }{
		{"/terminal/key", `{"key":"1"}`}, {"/terminal/key", `{"key":"00"}`}, {"/terminal/key", `{"key":"enter"}`},
		{"/terminal/key", `{"key":"esc"}`}, {"/terminal/touch", `{"button":"cash"}`}, {"/terminal/touch", `{"button":"exact"}`},
		{"/terminal/touch", `{"button":"done"}`}, {"/terminal/touch", `{"button":"qr"}`}, {"/terminal/touch", `{"button":"cancel"}`},
		{"/terminal/touch", `{"x":400,"y":240}`}, {"/terminal/scan", "4006381333931"}, {"/terminal/link", `{"up":true}`},
		{"/terminal/printer", `{"paper":true}`}, {"/wallet/next", `{"behaviour":"approve"}`}, {"/wallet/pay", `{"qr":"x"}`},
	}
	rounds := 4
	if soak() {
		rounds = 200
	}
	for range rounds {
		for _, r := range requests {
			all.Go(func() {
				a, err := d.Try(http.MethodPost, r.path, strings.NewReader(r.body))
				if err != nil || a.Status != http.StatusOK && a.Status != http.StatusNoContent && a.Status != http.StatusConflict {
					t.Errorf("%s %s: %d %s %v", r.path, r.body, a.Status, a.Body, err)
				}
			})
			all.Go(func() {
				if a, err := d.Try(http.MethodGet, "/terminal/state.json", nil); err != nil || a.Status != http.StatusOK {
					t.Errorf("state: %d %v", a.Status, err)
				}
			})
		}
		all.Wait()
	}
	d.Await("an end", 20*time.Second, func(s counter.State) bool {
		if s.Can("cancel") && s.Sale != nil && !s.Settled() && s.Screen == "qr" {
			d.Press("cancel")
		}
		return s.Screen == "ready" || s.Settled()
	})
	d.Balance()
}
