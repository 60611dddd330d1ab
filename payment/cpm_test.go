package payment_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"till/payment"
)

// cpmVector is a line of testdata/cpm.json.
type cpmVector struct {
	Name         string
	Text         string
	Hex          string // instead of Text: what its base64 holds
	Wallet       payment.Wallet
	Applications []struct{ AID, Label string }
	Error        string
	Secrets      []string // what must not be seen, as hexadecimal or text
}

func (v cpmVector) text(t testing.TB) string {
	t.Helper()
	if v.Hex == "" {
		return v.Text
	}
	raw, err := hex.DecodeString(strings.ReplaceAll(v.Hex, " ", ""))
	if err != nil {
		t.Fatalf("%s: %v", v.Name, err)
	}
	return base64.StdEncoding.EncodeToString(raw)
}

func TestParseCPM(t *testing.T) {
	for _, v := range load[cpmVector](t, "testdata/cpm.json") {
		t.Run(v.Name, func(t *testing.T) {
			code, err := payment.ParseCPM(v.text(t))
			shown := strings.ToUpper(fmt.Sprintf("%v %+v %#v %s %v", code, code, code, code, err))
			for _, secret := range v.Secrets {
				if strings.Contains(shown, secret) {
					t.Errorf("card data is seen: %s", shown)
				}
			}
			if v.Error != "" {
				if !errors.Is(err, payment.ErrNotCPM) || !strings.Contains(err.Error(), v.Error) {
					t.Errorf("%v, %v, want an error that says %q", code, err, v.Error)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if code.Wallet() != v.Wallet {
				t.Errorf("wallet %q, want %q", code.Wallet(), v.Wallet)
			}
			if len(code.Applications) != len(v.Applications) {
				t.Fatalf("%v, want %v", code, v.Applications)
			}
			for i, want := range v.Applications {
				got := code.Applications[i]
				if fmt.Sprintf("%X", got.AID) != want.AID || got.Label != want.Label {
					t.Errorf("application %d is %X %q, want %v", i, got.AID, got.Label, want)
				}
				if !strings.Contains(code.String(), want.AID) {
					t.Errorf("%q does not name %s", code, want.AID)
				}
			}
		})
	}
}

func TestParseCPMBounds(t *testing.T) {
	if _, err := payment.ParseCPM(strings.Repeat("h", payment.MaxCode+1)); !errors.Is(err, payment.ErrNotCPM) {
		t.Errorf("%d characters: %v", payment.MaxCode+1, err)
	}
	many := append([]byte("\x85\x05CPV01"), bytes.Repeat([]byte{0x5A, 0}, 100)...)
	_, err := payment.ParseCPM(base64.StdEncoding.EncodeToString(many))
	if err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("a hundred objects: %v", err)
	}
}

func TestNewCPM(t *testing.T) {
	aid := []byte{0xA0, 0, 0, 3, 0x33, 1, 1, 1}
	for name, build := range map[string]func() (string, error){
		"a short AID":     func() (string, error) { return payment.NewCPM(aid[:4], "", []byte{1}) },
		"a long AID":      func() (string, error) { return payment.NewCPM(bytes.Repeat(aid, 3), "", []byte{1}) },
		"a long label":    func() (string, error) { return payment.NewCPM(aid, "12345678901234567", []byte{1}) },
		"a Chinese label": func() (string, error) { return payment.NewCPM(aid, "云闪付", []byte{1}) },
		"no token":        func() (string, error) { return payment.NewCPM(aid, "", nil) },
		"a long token":    func() (string, error) { return payment.NewCPM(aid, "", make([]byte, 256)) },
	} {
		if text, err := build(); err == nil {
			t.Errorf("%s: %q", name, text)
		}
	}
}

// What NewCPM makes parses again, is taken as a code, and holds the token.
func TestCPMRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		aid := append([]byte("\xA0\x00\x00\x03\x33"), rapid.SliceOfN(rapid.Byte(), 0, 11).Draw(t, "aid")...)
		label := rapid.StringMatching(`[ -~]{0,16}`).Draw(t, "label")
		token := rapid.SliceOfN(rapid.Byte(), 1, 255).Draw(t, "token")
		text, err := payment.NewCPM(aid, label, token)
		if err != nil {
			t.Fatal(err)
		}
		cpm, err := payment.ParseCPM(text)
		if err != nil {
			t.Fatal(err)
		}
		if len(cpm.Applications) != 1 || !bytes.Equal(cpm.Applications[0].AID, aid) || cpm.Applications[0].Label != label {
			t.Fatalf("%v", cpm)
		}
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil || !bytes.Contains(raw, token) {
			t.Fatalf("the token is not in %x, %v", raw, err)
		}
		code, err := payment.ParseCode([]byte(text))
		if err != nil || code.Wallet() != payment.UnionPay || code.Form() != payment.FormEMV {
			t.Fatalf("as a code: %v, %v", code, err)
		}
	})
}

func FuzzParseCPM(f *testing.F) {
	for _, v := range load[cpmVector](f, "testdata/cpm.json") {
		raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(v.text(f), "="))
		if err == nil {
			f.Add(raw)
		}
	}
	// The bytes within the base64, which is where the parsing is.
	f.Fuzz(func(t *testing.T, raw []byte) {
		padded, err := payment.ParseCPM(base64.StdEncoding.EncodeToString(raw))
		plain, errPlain := payment.ParseCPM(base64.RawStdEncoding.EncodeToString(raw))
		if len(raw) < 700 && ((err == nil) != (errPlain == nil) || padded.String() != plain.String()) {
			t.Errorf("padding matters: %v, %v; %v, %v", padded, err, plain, errPlain)
		}
		if err == nil && len(padded.Applications) == 0 || err != nil && !errors.Is(err, payment.ErrNotCPM) {
			t.Errorf("%v, %v", padded, err)
		}
		_, _ = payment.ParseCPM(string(raw)) // any text will do: it must not panic
	})
}
