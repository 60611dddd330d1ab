package pin_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"till/payment/pin"
)

func TestFind(t *testing.T) {
	shop, other := pin.NewSalt(), pin.NewSalt()
	all := []pin.Hash{pin.New("1111", shop), {}, pin.New("2580", shop), pin.New("LI-BADGE-0001", other)}
	for secret, want := range map[string]int{"1111": 0, "2580": 2, "LI-BADGE-0001": 3, "2581": -1, "": -1} {
		if got := pin.Find(secret, all); got != want {
			t.Errorf("%q is operator %d, want %d", secret, got, want)
		}
	}
	for _, h := range all {
		if h.Zero() {
			continue
		}
		again, err := pin.Parse(h.String())
		if err != nil || again != h {
			t.Errorf("%s is read as %s (%v)", h, again, err)
		}
		if strings.Contains(h.String(), "2580") {
			t.Errorf("%s says the PIN", h)
		}
	}
	if s, ok := all[0].Salt(); !ok || s != shop {
		t.Error("the salt is not the one that was given")
	}
}

// A hash that the reference implementation made (github.com/P-H-C/phc-winner-argon2, 20190702):
// echo -n 2580 | argon2 tillsalttillsalt -id -t 3 -k 12288 -p 1 -l 32 -e
const reference = "$argon2id$v=19$m=12288,t=3,p=1$dGlsbHNhbHR0aWxsc2FsdA$Fw0WK6YxLYEKLy4HESlur3Xiuz+McGGA2CrANVSm/5c"

func TestReference(t *testing.T) {
	h, err := pin.Parse(reference)
	if err != nil {
		t.Fatal(err)
	}
	if pin.Find("2580", []pin.Hash{h}) != 0 || pin.Find("2581", []pin.Hash{h}) != -1 {
		t.Error("the reference's hash is read otherwise")
	}
}

func TestParseRefuses(t *testing.T) {
	good := pin.New("2580", pin.NewSalt()).String()
	for name, text := range map[string]string{
		"empty": "", "a PIN": "2580", "other kind": strings.Replace(good, "argon2id", "argon2i", 1),
		"dear":       strings.Replace(good, "m=12288", "m=99999999", 1),
		"slow":       strings.Replace(good, "t=3", "t=4000000000", 1),
		"no threads": strings.Replace(good, "p=1", "p=0", 1),
		"signed":     strings.Replace(good, "t=3", "t=+3", 1),
		"cut":        good[:len(good)-3], "more": good + "$", "long": good + strings.Repeat("A", 300),
	} {
		if _, err := pin.Parse(text); !errors.Is(err, pin.ErrHash) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for text, good := range map[string]bool{"2580": true, "25802580": true, "258": false, "258025802": false, "25a0": false, "": false} {
		if err := pin.Check(text); (err == nil) != good {
			t.Errorf("PIN %q: %v", text, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(pin.New("2580", pin.Salt{}).String())
	f.Fuzz(func(t *testing.T, text string) {
		h, err := pin.Parse(text)
		if err != nil {
			return
		}
		if again, err := pin.Parse(h.String()); err != nil || again != h {
			t.Errorf("%q is written as %s, which is read as %s (%v)", text, h, again, err)
		}
	})
}

func BenchmarkFind(b *testing.B) { // a shop's 40 operators
	salt, all := pin.NewSalt(), []pin.Hash{}
	for n := range 40 {
		all = append(all, pin.New(fmt.Sprintf("%04d", n), salt))
	}
	for b.Loop() {
		if pin.Find("2580", all) != -1 {
			b.Fatal("somebody has that PIN")
		}
	}
}
