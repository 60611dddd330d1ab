package counter_test

import (
	"bytes"
	"testing"

	"till/lab/counter"
)

// A sale is put aside, the power goes, it is recalled, the power goes again: it is
// paid once, and one that nobody came back for takes a manager to drop.
func TestHold(t *testing.T) {
	t.Parallel()
	d := program.Start(t)
	d.Online()
	hold := func(amount string) {
		t.Helper()
		d.Amount(amount)
		d.Press("menu")
		d.Press("hold")
	}
	recall := func(row string, amount int64) {
		t.Helper()
		d.Press("menu")
		d.Press("held")
		d.Press(row)
		if s := d.State(); s.Screen != "ready" || s.Entry.Amount != amount {
			t.Fatalf("recalled: screen %s, %d keyed, %q", s.Screen, s.Entry.Amount, s.Message)
		}
	}
	hold("1234")
	if s := d.State(); s.Screen != "ready" || s.Entry.Amount != 0 || s.Message != "Held as number 1." {
		t.Errorf("held: screen %s, %d keyed, %q", s.Screen, s.Entry.Amount, s.Message)
	}
	hold("700")
	d.SellCash("500")
	d.Home()
	xReport := func() []byte {
		t.Helper()
		slips := d.AllOut()
		d.Press("menu")
		d.Press("shift")
		d.Press("x_report")
		manager(d)
		d.Printed(slips + 1)
		home(d)
		return d.Get("/terminal/receipt.bin")
	}
	if report := xReport(); !bytes.Contains(report, []byte("$19.34")) { // 12.34 and 7.00
		t.Errorf("the X report does not say what is held: %q", report)
	}
	d.PowerCut()
	recall("held_1", 1234)
	d.PowerCut() // it was not paid, so it is held
	d.Online()
	recall("held_1", 1234)
	d.Scan(d.Code("wechat"))
	d.Await("approval", soon, func(s counter.State) bool { return s.LastIs("approved") })
	d.Home()
	d.Press("menu")
	if b, ok := d.State().Button("held"); !ok || b.Label != "Held sales: 1" {
		t.Errorf("the menu says %q", b.Label)
	}
	d.Key("esc")
	recall("held_2", 700)
	slips := d.AllOut()
	d.Press("menu")
	d.Press("drop")
	manager(d)
	if s := d.State(); s.Screen != "ready" || s.Message != "Held sale 2 is dropped." {
		t.Errorf("dropped: screen %s, %q", s.Screen, s.Message)
	}
	if n := d.AllOut(); n != slips {
		t.Errorf("%d slips of a sale that was not", n-slips)
	}
	if report := xReport(); bytes.Contains(report, []byte("Held")) || bytes.Contains(report, []byte("$7.00")) {
		t.Errorf("the X report speaks of held sales, and there are none: %q", report)
	}
	d.Balance()
}
