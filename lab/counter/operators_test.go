package counter_test

import (
	"testing"
	"time"

	"till/demo"
	"till/lab/counter"
)

// A day's hand-over: the cashier signs off, nobody can sell, a manager signs on; the
// plug makes the terminal ask anew, and the journal's record of it is the cloud's.
func TestHandOver(t *testing.T) {
	t.Parallel()
	d := program.Start(t, counter.Args())
	d.Online()
	pin := func(digits string) {
		t.Helper()
		d.Amount(digits)
		d.Key("enter")
	}
	openDrawer := func(want string) {
		t.Helper()
		d.Press("menu")
		d.Press("shift")
		d.Press("no_sale")
		if s := d.State(); s.Screen != want {
			t.Errorf("who opens the drawer sees screen %s, want %s", s.Screen, want)
		}
	}
	d.Press("menu")
	d.Press("sign_off")
	d.Screen("sign_on", 5*time.Second)
	d.Key("5", "00")
	if s := d.State(); s.Can("cash") || s.Can("qr") || s.Entry.Amount != 0 {
		t.Errorf("somebody sells, and nobody is signed on: %+v", s)
	}
	d.Key("esc")
	pin("9999")
	if s := d.State(); s.Screen != "sign_on" || s.Message != say("pin_wrong") {
		t.Errorf("a wrong PIN: screen %s, message %q", s.Screen, s.Message)
	}
	pin(demo.ManagerPIN)
	d.Home()
	// A manager is not asked for a PIN.
	openDrawer("why")
	d.Press("reason_check")
	d.Key("esc", "esc")
	d.SellCash("500")
	d.PowerCut() // the demo signs its cashier on at every start
	d.Online()
	d.Home()
	openDrawer("pin") // a cashier is
}
