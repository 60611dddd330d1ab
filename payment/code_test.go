package payment_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"till/payment"
)

// codeVector is a line of testdata/codes.json: what a scanner sent, and either
// whose code it is or why it is refused.
type codeVector struct {
	Name   string
	Input  string
	Base64 []byte // instead of Input, for what is not text
	Code   string // what the code says, if not all of Input
	Wallet payment.Wallet
	Form   payment.CodeForm
	Reason payment.RefusalReason
}

func (v codeVector) raw() []byte {
	if v.Base64 != nil {
		return v.Base64
	}
	return []byte(v.Input)
}

func load[T any](t testing.TB, path string) []T {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	var vectors []T
	if err := decoder.Decode(&vectors); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return vectors
}

func TestParseCode(t *testing.T) {
	seen := map[payment.RefusalReason]bool{}
	for _, v := range load[codeVector](t, "testdata/codes.json") {
		t.Run(v.Name, func(t *testing.T) {
			code, err := payment.ParseCode(v.raw())
			if v.Reason != "" {
				seen[v.Reason] = true
				var refusal *payment.Refusal
				if !errors.As(err, &refusal) {
					t.Fatalf("%v, %v, want it refused as %s", code, err, v.Reason)
				}
				if refusal.Reason != v.Reason {
					t.Errorf("refused as %s, want %s", refusal.Reason, v.Reason)
				}
				if want := "scan refused: " + string(v.Reason); err.Error() != want {
					t.Errorf("the error says %q, want %q", err, want)
				}
				if !code.IsZero() {
					t.Errorf("refused, and yet a code: %v", code)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := v.Code
			if want == "" {
				want = v.Input
			}
			if code.Reveal() != want || code.Wallet() != v.Wallet || code.Form() != v.Form {
				t.Errorf("a code of %q, %q, %q", code.Reveal(), code.Wallet(), code.Form())
			}
		})
	}
	for _, r := range payment.RefusalReasons() {
		if !seen[r] {
			t.Errorf("no vector is refused as %s", r)
		}
	}
}

// Every number of up to 40 digits, by its first two and its length, against the
// published ranges written out once more.
func TestNumberRangesDoNotOverlap(t *testing.T) {
	for pair := range 100 {
		for length := 2; length <= 40; length++ {
			text := fmt.Sprintf("%02d", pair) + strings.Repeat("7", length-2)
			var matches []string
			if pair >= 10 && pair <= 14 && length == 18 {
				matches = append(matches, "wechat")
			}
			if pair >= 25 && pair <= 30 && length >= 16 && length <= 24 {
				matches = append(matches, "alipay")
			}
			if pair == 15 && length == 18 {
				matches = append(matches, "hong_kong_wallet")
			}
			if pair == 62 && length == 19 {
				matches = append(matches, "unionpay_mainland")
			}
			if length == 8 || length == 12 || length == 13 || length == 14 {
				matches = append(matches, "product_code")
			}
			if len(matches) > 1 {
				t.Fatalf("%s is in the ranges of %v", text, matches)
			}
			if len(matches) == 0 {
				matches = []string{"not_a_payment_code"}
				if pair >= 10 && pair <= 15 || pair >= 25 && pair <= 30 || pair == 62 {
					matches = []string{"wrong_length"}
				}
			}
			got := ""
			code, err := payment.ParseCode([]byte(text))
			var refusal *payment.Refusal
			if errors.As(err, &refusal) {
				got = string(refusal.Reason)
			} else {
				got = string(code.Wallet())
			}
			if got != matches[0] {
				t.Errorf("%s is %s, want %s", text, got, matches[0])
			}
		}
	}
}

// Law 6: nothing but Reveal gives the text away, whatever prints it.
func TestCodeShowsNothing(t *testing.T) {
	const secret = "130123456789012345"
	code, err := payment.ParseCode([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	const want = "wechat code, 18 digits"
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o", "%b", "%c", "%U", "%e", "%t", "%08d", "%-40s|"} {
		for _, value := range []any{code, &code} {
			if got := strings.TrimSuffix(fmt.Sprintf(verb, value), "|"); got != want {
				t.Errorf("%s: %q, want %q", verb, got, want)
			}
		}
	}

	type hidden struct{ code payment.Code } // fmt cannot call its methods
	type shown struct{ Code payment.Code }
	var shows []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%p", "%z"} {
		for _, value := range []any{code, &code, hidden{code}, &hidden{code}, shown{code}, []payment.Code{code},
			map[string]payment.Code{"c": code}, []any{code}, &shown{code}} {
			shows = append(shows, fmt.Sprintf(verb, value))
		}
	}
	shows = append(shows, fmt.Sprint(code), fmt.Errorf("pay: %v", code).Error(), code.String(), code.GoString())

	var log bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		logger := slog.New(handler)
		logger.Info("scan", "code", code, "shown", shown{code}, "hidden", hidden{code}, "list", []payment.Code{code}, "pointer", &code)
	}
	shows = append(shows, log.String())

	for _, value := range []any{code, &code, shown{code}, hidden{code}, []payment.Code{code}} {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		shows = append(shows, string(text))
	}
	text, err := code.MarshalText()
	if err != nil || string(text) != want {
		t.Errorf("MarshalText: %q, %v", text, err)
	}

	for _, s := range shows {
		if strings.Contains(s, secret[3:9]) || strings.Contains(s, fmt.Sprintf("%x", secret[3:9])) {
			t.Errorf("the code is seen: %s", s)
		}
	}
	if err := json.Unmarshal([]byte(`{"Code":"`+secret+`"}`), new(shown)); err == nil {
		t.Error("a code was read from JSON, past ParseCode")
	}
	if got := (payment.Code{}).String(); got != "no code" {
		t.Errorf("the zero Code is %q", got)
	}
}

func TestCodeAgain(t *testing.T) {
	parse := func(s string) payment.Code {
		t.Helper()
		code, err := payment.ParseCode([]byte(s))
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	a, again, b := parse("130123456789012345"), parse("]Q1130123456789012345\r"), parse("130123456789012346")
	if !a.Equal(again) || a.Digest() != again.Digest() {
		t.Error("the same code read twice is two codes")
	}
	if a.Equal(b) || a.Digest() == b.Digest() {
		t.Error("two codes are the same")
	}
	if a.Equal(payment.Code{}) || !(payment.Code{}).Equal(payment.Code{}) {
		t.Error("the zero Code is equal to a code, or not to itself")
	}
}

// A code is not changed by what it was read from.
func TestCodeKeepsItsOwnText(t *testing.T) {
	buffer := []byte("130123456789012345")
	code, err := payment.ParseCode(buffer)
	if err != nil {
		t.Fatal(err)
	}
	clear(buffer)
	if code.Reveal() != "130123456789012345" {
		t.Errorf("the code became %q", code.Reveal())
	}
}

// White space and AIM identifiers around a code change nothing.
func TestCodeWrapping(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`1[0-4][0-9]{16}|(2[5-9]|30)[0-9]{14,22}`).Draw(t, "code")
		wrapped := rapid.StringMatching(`[ \t\r\n]{0,3}(\][QCdzLX][0-9A-Za-z])?`).Draw(t, "before") + text +
			rapid.StringMatching(`[ \t\r\n]{0,3}`).Draw(t, "after")
		code, err := payment.ParseCode([]byte(wrapped))
		if err != nil || code.Reveal() != text {
			t.Fatalf("%q: %q, %v", wrapped, code.Reveal(), err)
		}
	})
}

func FuzzParseCode(f *testing.F) {
	for _, v := range load[codeVector](f, "testdata/codes.json") {
		f.Add(v.raw())
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		code, err := payment.ParseCode(raw)
		if err != nil {
			var refusal *payment.Refusal
			if !errors.As(err, &refusal) || refusal.Reason == "" || !code.IsZero() {
				t.Fatalf("%v, %v", code, err)
			}
			return
		}
		text := code.Reveal()
		if len(text) < 16 || len(text) > payment.MaxCode || !bytes.Contains(raw, []byte(text)) {
			t.Errorf("a code of %d bytes from %q", len(text), raw)
		}
		if code.Wallet() == payment.WalletUnknown || code.Form() == payment.FormNone {
			t.Errorf("a code of no wallet or form from %q", raw)
		}
		if strings.Contains(fmt.Sprintf("%v %#v %x", code, code, code), text) {
			t.Error("the code is seen")
		}
		if again, err := payment.ParseCode([]byte(text)); err != nil || !again.Equal(code) {
			t.Errorf("the code's own text is refused: %v", err)
		}
	})
}
