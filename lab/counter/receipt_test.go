package counter_test

import (
	"os"
	"path/filepath"
	"testing"

	"till/lab/counter"
)

// receipts has a shop with receipts on phones, and on paper where somebody asks.
func receipts(t *testing.T, paper string) *counter.Demo {
	t.Helper()
	settings := filepath.Join(t.TempDir(), "receipt.toml")
	text := "[receipt]\nurl = \"https://gateway.example:8446/r/\"\npaper = \"" + paper + "\"\n"
	if err := os.WriteFile(settings, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	d := program.Start(t, counter.Args("-settings", settings))
	d.Online()
	return d
}

// The screen of a paid sale has a QR of its receipt, in cash too; what a phone reads is what state.json says.
func TestReceiptOnThePhone(t *testing.T) {
	t.Parallel()
	d := receipts(t, "always")
	for _, sell := range []func(){func() { d.Sell("1234", "alipay") }, func() { d.SellCash("500") }} {
		sell()
		s := d.State()
		if want := "https://gateway.example:8446/r/" + s.Last.ID; s.Screen != "approved" || s.QR != want {
			t.Errorf("screen %s, QR %q, want %q", s.Screen, s.QR, want)
		}
		if text := d.ReadCode(d.Get("/terminal/screen.png")); text != s.QR {
			t.Errorf("zbarimg reads %q from the screen, state.json says %q", text, s.QR)
		}
		d.AllOut()
		if s.Can("print") {
			t.Error("who is not asked has a button for it")
		}
		d.Home()
		if s := d.State(); s.QR != "" {
			t.Errorf("the QR %q stays", s.QR)
		}
	}
	d.Balance()
}

// Paper prints where somebody asks. What nobody asked for is not printed by a boot;
// what nobody could be asked about is.
func TestReceiptIfAsked(t *testing.T) {
	t.Parallel()
	d := receipts(t, "asked")
	slips := d.AllOut()
	d.SellCash("500")
	if n := d.AllOut(); n != slips {
		t.Fatalf("%d slips by themselves", n-slips)
	}
	d.Press("done")
	d.PowerCut()
	if n := d.AllOut(); n != slips {
		t.Fatalf("%d slips after a boot, of a receipt that was let go", n-slips)
	}
	d.SellCash("600")
	d.Press("print")
	d.Printed(slips + 1)
	if d.State().Can("print") {
		t.Error("it can be asked for twice")
	}
	d.Home()
	d.SellCash("700")
	d.PowerCut()
	d.Printed(slips + 2)
	d.SellCash("800")
	d.Press("done")
	d.Press("menu")
	d.Press("reprint")
	d.Printed(slips + 3)
	home(d)
	d.Balance()
}
