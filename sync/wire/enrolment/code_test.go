package enrolment_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"till/sync/wire/enrolment"
)

// 7992739871 with its check digit 3 is the example of Luhn's patent literature.
func TestCheckDigit(t *testing.T) {
	if _, err := enrolment.ParseClaim("0799 2739 8713"); err != nil {
		t.Error(err)
	}
	if _, err := enrolment.ParseClaim("079927398714"); !errors.Is(err, enrolment.ErrCheck) {
		t.Errorf("got %v", err)
	}
}

// One wrong digit, or two neighbours swapped, is found; 09 and 90 are Luhn's blind spot.
func TestSlipsAreFound(t *testing.T) {
	c, err := enrolment.NewClaim()
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(c) {
		for d := byte('0'); d <= '9'; d++ {
			other := []byte(c)
			if other[i] == d {
				continue
			}
			other[i] = d
			if _, err := enrolment.ParseClaim(string(other)); !errors.Is(err, enrolment.ErrCheck) {
				t.Errorf("%s taken for %s", other, c)
			}
		}
		if i > 0 && c[i] != c[i-1] && string(c[i-1:i+1]) != "09" && string(c[i-1:i+1]) != "90" {
			other := []byte(c)
			other[i], other[i-1] = other[i-1], other[i]
			if _, err := enrolment.ParseClaim(string(other)); !errors.Is(err, enrolment.ErrCheck) {
				t.Errorf("%s taken for %s", other, c)
			}
		}
	}
}

func TestCodesAreReadAsTheyAreWritten(t *testing.T) {
	c, err := enrolment.NewClaim()
	if err != nil {
		t.Fatal(err)
	}
	d := enrolment.DeviceOf([]byte("a key"))
	if got, err := enrolment.ParseClaim(" " + strings.ReplaceAll(c.String(), " ", "-")); err != nil || got != c {
		t.Errorf("%s is read as %s (%v)", c, got, err)
	}
	for _, text := range []string{d.String(), d.QR(), string(d)} {
		if got, err := enrolment.ParseDevice(text); err != nil || got != d {
			t.Errorf("%s is read as %s (%v)", text, got, err)
		}
	}
	if _, err := enrolment.ParseClaim(d.String()); !errors.Is(err, enrolment.ErrLength) {
		t.Errorf("a device code is a claim (%v)", err)
	}
	if enrolment.DeviceOf([]byte("a key")) == enrolment.DeviceOf([]byte("b key")) {
		t.Error("two keys have one code")
	}
}

func TestInvitation(t *testing.T) {
	c, err := enrolment.NewClaim()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []enrolment.Invitation{
		{Gateway: "https://gateway.example:8443", Authority: enrolment.Fingerprint{1, 2, 3}, Claim: c},
		{Gateway: "https://[::1]:8443"},
	} {
		got, err := enrolment.ParseInvitation(want.String())
		if err != nil || got != want {
			t.Errorf("%s is read as %v (%v)", want, got, err)
		}
		if len(want.String()) > 160 {
			t.Errorf("%d characters make a dense QR: %s", len(want.String()), want)
		}
	}
	for _, bad := range []string{
		"", "284123456789012345", "till-claim:?", "till-claim:?gateway=http://x:1", "till-claim:?gateway=https://x&ca=zz",
		"till-claim:?gateway=https://x&claim=1", "till-claim:?gateway=https://user@x", "till-claim:?%", "till-claim:?gateway=https://x&ca=" + strings.Repeat("A", 2000),
	} {
		if i, err := enrolment.ParseInvitation(bad); err == nil {
			t.Errorf("%q is %v", bad, i)
		}
	}
}

func TestSettings(t *testing.T) {
	got, err := enrolment.Read[enrolment.Grant](strings.NewReader(`{"settings":{"a":"x","b":7,"c":true,"d":["y","z"],"e":[15,18]}}`))
	if err != nil || got.Settings["b"] != int64(7) || got.Settings["c"] != true || !reflect.DeepEqual(got.Settings["e"], []any{int64(15), int64(18)}) {
		t.Errorf("got %v (%v)", got.Settings, err)
	}
	for _, bad := range []string{`{"settings":{"a":1.5}}`, `{"settings":{"a":null}}`, `{"settings":{"a":{"b":1}}}`, `{"settings":{"a":[1.5]}}`, `{"settings":{"a":[["b"]]}}`, `{"settings":7}`} {
		if got, err := enrolment.Read[enrolment.Grant](strings.NewReader(bad)); err == nil {
			t.Errorf("%s gives %v", bad, got.Settings)
		}
	}
	if _, err := enrolment.Read[enrolment.Grant](strings.NewReader(`{"terminal":"` + strings.Repeat("x", enrolment.MaxMessage) + `"}`)); err == nil {
		t.Error("a message has no bound")
	}
}

func FuzzCodes(f *testing.F) {
	f.Add("0799 2739 8713")
	f.Add("till-device:1234567890123456")
	f.Add("till-claim:?gateway=https%3A%2F%2Fgateway.example%3A8443&claim=079927398713")
	f.Fuzz(func(t *testing.T, s string) {
		if c, err := enrolment.ParseClaim(s); err == nil {
			if again, err := enrolment.ParseClaim(c.String()); err != nil || again != c {
				t.Errorf("%q: %s is read as %s (%v)", s, c, again, err)
			}
		}
		if d, err := enrolment.ParseDevice(s); err == nil {
			if again, err := enrolment.ParseDevice(d.QR()); err != nil || again != d {
				t.Errorf("%q: %s is read as %s (%v)", s, d, again, err)
			}
		}
		if i, err := enrolment.ParseInvitation(s); err == nil {
			if again, err := enrolment.ParseInvitation(i.String()); err != nil || again != i {
				t.Errorf("%q: %s is read as %v (%v)", s, i, again, err)
			}
		}
	})
}

func FuzzRead(f *testing.F) {
	f.Add(`{"settings":{"a":"x","b":7,"c":true,"d":["y"]},"epoch":1}`)
	f.Fuzz(func(t *testing.T, s string) {
		grant, err := enrolment.Read[enrolment.Grant](strings.NewReader(s))
		if err != nil {
			return
		}
		for key, value := range grant.Settings {
			switch value.(type) {
			case string, bool, int64, []any:
			default:
				t.Errorf("setting %q is a %T", key, value)
			}
		}
	})
}
