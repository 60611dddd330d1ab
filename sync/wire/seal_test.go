package wire_test

import (
	"bytes"
	"strings"
	"testing"

	"till/payment"
	"till/sync/wire"
)

const (
	order = payment.Order("01JDEERS3W8H5T2V9K4M6N7P8R01")
	other = payment.Order("01JDEERS3W8H5T2V9K4M6N7P8R02")
	code  = "134650000000000017"
)

func newKey(t testing.TB) wire.OpeningKey {
	t.Helper()
	key, err := wire.NewOpeningKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestSealedCodeOpensForItsOrderAlone(t *testing.T) {
	key := newKey(t)
	public, err := wire.ParseSealingKey(key.Public().String()) // as the configuration brings it
	if err != nil {
		t.Fatal(err)
	}
	raw, err := key.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	reread, err := wire.ParseOpeningKey(raw) // as the gateway's file brings it
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{code, "", strings.Repeat("A", 4096), "hQVDUFYwMWE="} {
		sealed, err := public.Seal(order, text)
		if err != nil {
			t.Fatal(err)
		}
		if text != "" && bytes.Contains(sealed, []byte(text)) {
			t.Error("the code is in the sealed message")
		}
		if got, err := reread.Open(order, sealed); err != nil || got != text {
			t.Errorf("opened %q, %v, want %q", got, err, text)
		}
		if got, err := key.Open(other, sealed); err == nil {
			t.Errorf("opened for another order: %q", got)
		}
		if got, err := newKey(t).Open(order, sealed); err == nil {
			t.Errorf("opened with another key: %q", got)
		}
	}
}

func TestSealingTwiceDiffers(t *testing.T) {
	public := newKey(t).Public()
	one, err := public.Seal(order, code)
	if err != nil {
		t.Fatal(err)
	}
	two, err := public.Seal(order, code)
	if err != nil || bytes.Equal(one, two) {
		t.Errorf("the same code sealed twice can be told to be the same: %v", err)
	}
}

func TestTamperedSeal(t *testing.T) {
	key := newKey(t)
	sealed, err := key.Public().Seal(order, code)
	if err != nil {
		t.Fatal(err)
	}
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 0x40
		if got, err := key.Open(order, bad); err == nil {
			t.Errorf("byte %d changed, and it opens: %q", i, got)
		}
		if got, err := key.Open(order, sealed[:i]); err == nil {
			t.Errorf("cut to %d bytes, and it opens: %q", i, got)
		}
	}
}

// An error is logged: the code is not in it.
func TestErrorsKeepTheCode(t *testing.T) {
	key := newKey(t)
	sealed, err := key.Public().Seal(order, code)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := key.Open(other, sealed); err == nil || strings.Contains(err.Error(), code) {
		t.Errorf("%v", err)
	}
}

func TestBadKeys(t *testing.T) {
	for _, text := range []string{"", "x", "AAAA", strings.Repeat("A", 44), strings.Repeat("A", 43) + "=" + "A"} {
		key, err := wire.ParseSealingKey(text)
		if err != nil {
			continue
		}
		if sealed, err := key.Seal(order, code); err == nil {
			t.Errorf("key %q seals: %x", text, sealed)
		}
	}
	for _, n := range []int{0, 31, 33} {
		if _, err := wire.ParseOpeningKey(make([]byte, n)); err == nil {
			t.Errorf("%d bytes are a key", n)
		}
	}
}

func FuzzOpen(f *testing.F) {
	key := newKey(f)
	sealed, err := key.Public().Seal(order, code)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add(sealed[:32])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, bad []byte) {
		got, err := key.Open(order, bad)
		if (err == nil) != bytes.Equal(bad, sealed) {
			t.Errorf("%x opens as %q, %v", bad, got, err)
		}
	})
}

func FuzzParseSealingKey(f *testing.F) {
	f.Add(newKey(f).Public().String())
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, text string) {
		key, err := wire.ParseSealingKey(text)
		if err != nil {
			return
		}
		again, err := wire.ParseSealingKey(key.String())
		if err != nil || again.String() != key.String() {
			t.Errorf("%q is %s, then %s, %v", text, key, again, err)
		}
	})
}
