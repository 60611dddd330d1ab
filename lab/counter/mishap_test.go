package counter_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"till/lab/counter"
)

const (
	noticedWithin = 15 * time.Second // a pulled cable
	onlineWithin  = 5 * time.Second  // after a boot or a plugged cable
	drainedWithin = 10 * time.Second // after that
)

func offline(s counter.State) bool { return !s.Online }

// healed plugs the cable in and waits as long as is promised.
func healed(d *counter.Demo) counter.Ledger {
	d.Link(true)
	d.Await("on line after the cable", onlineWithin, func(s counter.State) bool { return s.Online })
	d.Await("the queue drained", drainedWithin, func(s counter.State) bool { return s.Online && s.Queued == 0 })
	return d.Balance()
}

func TestCable(t *testing.T) {
	t.Parallel()
	d := program.Start(t)
	d.Online()
	d.Link(false)
	d.Await("off line", noticedWithin, offline)
	var ids []string
	queued := d.State().Queued
	for range 5 {
		d.SellCash("250")
		s := d.State()
		if s.Screen != "approved" || s.Queued <= queued {
			t.Errorf("cash off line: %s, %d queued after %d", s.Screen, s.Queued, queued)
		}
		queued = s.Queued
		ids = append(ids, s.Last.ID)
		d.Press("done")
	}
	d.Amount("1234")
	d.Key("enter")
	if s := d.State(); s.Screen != "cash" {
		t.Errorf("enter off line leads to %s, want cash", s.Screen)
	}
	d.Press("cancel")
	for _, way := range []func(){
		func() { d.Scan(d.Code("wechat")) },
		func() { d.Press("qr") },
	} {
		way()
		s := d.State() // at once
		if s.Screen != "offline" || s.Can("qr") || !s.Can("cash") || !s.Can("cancel") {
			t.Fatalf("a wallet off line: %s, %q, buttons %+v", s.Screen, s.Message, s.Buttons)
		}
		d.Press("cancel")
		if s := d.State(); s.Screen != "ready" || s.Entry.Amount != 1234 {
			t.Fatalf("cancelled: %s with %d keyed", s.Screen, s.Entry.Amount)
		}
	}
	d.Scan(d.Code("alipay"))
	d.Press("cash")
	d.Press("exact")
	if s := d.State(); s.Screen != "approved" {
		t.Errorf("cash in place of the wallet: %s", s.Screen)
	}
	ids = append(ids, d.State().Last.ID)
	d.Home()
	if n := len(d.Ledger().Sales); n != 0 {
		t.Errorf("%d sales are in the ledger while the cable is out", n)
	}
	l := healed(d)
	for _, id := range ids {
		if s, ok := l.Sale(id); !ok || s.Status != "approved" {
			t.Errorf("sale %s in the ledger: %+v", id, s)
		}
	}
	if len(l.Sales) != len(ids) || len(l.Charges) != 0 {
		t.Errorf("%d sales and %d charges, want %d and none", len(l.Sales), len(l.Charges), len(ids))
	}
	d.Sell("1234", "wechat")
	d.Home()
	d.Balance()

	// Pulled and plugged in a hurry.
	for i := range 20 {
		d.Link(i%2 == 1)
	}
	healed(d)
}

// TestCableMidSale pulls the cable while a charge is under way.
func TestCableMidSale(t *testing.T) {
	t.Parallel()
	for _, behaviour := range []string{"approve", "password", "silent", "late"} {
		t.Run(behaviour, func(t *testing.T) {
			t.Parallel()
			d := program.Start(t)
			d.Online()
			d.Next(behaviour)
			d.Amount("600")
			d.Scan(d.Code("wechat"))
			d.Link(false)
			d.Await("off line", noticedWithin, offline)
			if behaviour != "approve" {
				d.Await("checking", 15*time.Second, func(s counter.State) bool { return s.Screen == "checking" })
			}
			healed(d)
			s := d.Await("an end", 15*time.Second, counter.State.Settled)
			l := d.Balance()
			if s.LastIs("approved") && l.Kept(s.Last.ID) != 600 {
				t.Errorf("approved with %d kept", l.Kept(s.Last.ID))
			}
			d.Home()
		})
	}
}

func TestDrop(t *testing.T) {
	t.Parallel()
	d := program.Start(t)
	d.Online()
	d.Drop()
	d.Amount("700")
	d.Scan(d.Code("unionpay")) // nobody knows yet that nothing gets through
	d.Await("off line", noticedWithin, offline)
	s := d.Await("checking", 5*time.Second, func(s counter.State) bool { return s.Screen == "checking" })
	healed(d)
	s = d.Await("an end", 15*time.Second, func(now counter.State) bool { return now.Last.ID == s.Last.ID && now.Settled() })
	l := d.Balance()
	if n := len(l.ChargesOf(s.Last.ID)); n > 1 {
		t.Errorf("%d charges", n)
	}
	d.Home()
	d.Sell("800", "alipay")
	d.Home()
	d.Drop()
	d.Await("off line", noticedWithin, offline)
	d.SellCash("900")
	d.Home()
	healed(d)
}

func TestPlug(t *testing.T) {
	t.Parallel()
	d := program.Start(t)
	d.Online()
	cut := func() counter.State {
		t.Helper()
		d.PowerCut()
		return d.State() // at once: 204 means that it is on
	}
	ends := func(what, status string) counter.State {
		t.Helper()
		s := d.Await(what, 15*time.Second, counter.State.Settled)
		if !s.LastIs(status) {
			t.Errorf("%s: ends %s, want %s", what, s.Last.Status, status)
		}
		d.Home()
		return s
	}

	d.Amount("1234")
	if s := cut(); s.Screen != "ready" || s.Entry.Amount != 0 || s.Last != nil {
		t.Errorf("cut with an amount keyed: %s, %d keyed, last %+v", s.Screen, s.Entry.Amount, s.Last)
	}
	d.Online()

	for _, during := range []struct{ behaviour, status string }{
		{"silent", "approved"}, {"password", "approved"}, {"lost-reply", "approved"}, {"late", "reversed"}, {"walk-away", "reversed"},
	} {
		d.Next(during.behaviour)
		d.Amount("1100")
		d.Scan(d.Code("wechat"))
		d.Charged() // else the cut may come before the request has left, and the sale rightly expires
		if during.behaviour == "password" {
			d.Await("the prompt", soon, func(s counter.State) bool { return s.LastIs("authorizing") })
		}
		id := d.State().Last.ID
		s := cut()
		if s.Last == nil || s.Last.ID != id {
			t.Fatalf("%s: last is %+v after the cut, want sale %s", during.behaviour, s.Last, id)
		}
		if s.Screen != "checking" && !s.Settled() {
			t.Errorf("%s: the terminal wakes on %s with %s", during.behaviour, s.Screen, s.Last.Status)
		}
		ends(during.behaviour, during.status)
	}
	d.Balance()

	s := d.ShowQR("1300")
	cut()
	if says := d.Pay(s.QR); says != "paid" {
		t.Errorf("a QR that was on the screen before the cut: the phone says %q", says)
	}
	ends("QR shown", "approved")

	d.ShowQR("1350")
	cut()
	d.Await("the QR again", 10*time.Second, func(s counter.State) bool { return s.Screen == "qr" || s.Can("cancel") })
	d.Press("cancel")
	ends("QR shown, then cancelled", "cancelled")

	// Approved, and the receipt is not out yet.
	slips := d.AllOut()
	d.Paper(false)
	sold := d.Sell("1400", "alipay")
	if s := cut(); !s.LastIs("approved") || s.Last.ID != sold.Last.ID {
		t.Errorf("cut before the receipt: last %+v", s.Last)
	}
	if p := d.Peripherals().Printer; p != "no-paper" {
		t.Errorf("the printer is %s without paper", p)
	}
	d.Paper(true)
	printed(d, slips, sold.Last.ID+"01")
	d.Home()

	// Approved, and the receipt is out.
	slips = d.AllOut()
	sold = d.Sell("1500", "wechat")
	d.Printed(slips + 1)
	d.Await("the receipt noted", soon, func(s counter.State) bool { return s.Queued == 0 && s.Printing == 0 })
	if s := cut(); !s.LastIs("approved") || s.Last.ID != sold.Last.ID || s.Screen != "ready" {
		t.Errorf("cut after the receipt: %s, last %+v", s.Screen, s.Last)
	}
	d.Online()

	// Cash: before it is taken there is no sale; afterwards it is there.
	d.Amount("1600")
	d.Press("cash")
	d.Amount("2000")
	if s := cut(); s.Screen != "ready" || s.Last.ID != sold.Last.ID {
		t.Errorf("cut on the cash screen: %s, last %+v", s.Screen, s.Last)
	}
	kicks := d.Peripherals().Kicks
	cash := d.SellCash("1700")
	if s := cut(); !s.LastIs("approved") || s.Last.ID != cash.Last.ID {
		t.Errorf("cut right after cash: last %+v", s.Last)
	}
	if now := d.Peripherals().Kicks; now != kicks+1 {
		t.Errorf("the drawer opened %d times, want once", now-kicks)
	}
	d.Await("the receipt", soon, func(s counter.State) bool { return s.Printing == 0 })
	l := d.Balance()
	if s, ok := l.Sale(cash.Last.ID); !ok || s.Status != "approved" || s.Amount != 1700 {
		t.Errorf("the cash sale in the ledger: %+v", s)
	}

	// Off and on with the cable out: cash works, and nothing is lost.
	d.Link(false)
	if s := cut(); s.Online {
		t.Error("on line with the cable out")
	}
	d.SellCash("1800")
	s = cut()
	if !s.LastIs("approved") || s.Last.Amount != 1800 || s.Queued == 0 {
		t.Errorf("cut with the cable out: %d queued, last %+v", s.Queued, s.Last)
	}
	healed(d)

	// Twice in a hurry.
	d.SellCash("1900")
	cut()
	cut()
	d.Online()
	d.Balance()
}

// printed waits for the slips after the first so many, and wants each order once.
func printed(d *counter.Demo, before int, orders ...string) {
	d.Printed(before + len(orders))
	for i, want := range orders {
		got := d.Order(before + 1 + i)
		if got != want {
			d.Fail("slip %d is of order %s, want %s", before+1+i, got, want)
		}
	}
}

func TestPaper(t *testing.T) {
	t.Parallel()
	d := program.Start(t)
	d.Paper(false)
	if p := d.Peripherals().Printer; p != "no-paper" {
		t.Errorf("the printer is %s", p)
	}
	var orders []string
	for i := range 12 {
		if i%3 == 0 {
			s := d.Sell("300", "wechat")
			orders = append(orders, s.Last.ID+"01")
		} else {
			orders = append(orders, d.SellCash("200").Last.ID)
		}
		d.Press("done")
	}
	if n := d.Slips(); n != 0 {
		t.Errorf("%d slips without paper", n)
	}
	// A copy that the cashier asks for comes before those that nobody waits for,
	// but not into the first, which may be half printed.
	d.Press("menu")
	d.Press("reprint")
	d.Home()
	orders = slices.Insert(orders, 1, orders[len(orders)-1])
	d.Paper(true)
	if p := d.Peripherals().Printer; p != "ready" {
		t.Errorf("the printer is %s with a new roll", p)
	}
	printed(d, 0, orders...)
	// Out in the middle.
	s := d.SellCash("100")
	d.Paper(false)
	d.Press("done")
	s2 := d.SellCash("150")
	d.Paper(true)
	printed(d, len(orders), s.Last.ID, s2.Last.ID)
	d.Await("nothing waits", soon, func(s counter.State) bool { return s.Printing == 0 })
	d.Home()
	d.Balance()
}

// TestRestart ends the whole demo in every way and goes on in the same folder.
func TestRestart(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "new", "folder") // is made
	var last *counter.Sale
	var sales, charges int
	for i, end := range []func(*counter.Demo){(*counter.Demo).Interrupt, (*counter.Demo).Kill, (*counter.Demo).Terminate, (*counter.Demo).Kill} {
		d := program.Start(t, counter.Data(data))
		s := d.State()
		if i == 0 && s.Last != nil || i > 0 && (s.Last == nil || !same(*s.Last, *last)) {
			t.Errorf("start %d: last is %+v, want %+v", i+1, s.Last, last)
		}
		d.Online()
		l := d.Balance()
		if len(l.Sales) != sales || len(l.Charges) != charges {
			t.Errorf("start %d: %d sales and %d charges, want %d and %d", i+1, len(l.Sales), len(l.Charges), sales, charges)
		}
		d.Sell(fmt.Sprint(1000+i), "wechat")
		d.Home()
		d.SellCash(fmt.Sprint(2000 + i))
		last = d.State().Last
		d.Await("the receipt", soon, func(s counter.State) bool { return s.Printing == 0 })
		sales, charges = sales+2, charges+1
		end(d)
	}
	// In the middle of a charge: the gateway takes it up again.
	for _, behaviour := range []string{"password", "silent", "late"} {
		d := program.Start(t, counter.Data(data))
		d.Online()
		d.Next(behaviour)
		d.Amount("3000")
		d.Scan(d.Code("alipay"))
		d.Await("it is under way", soon, func(s counter.State) bool { return s.LastIs("authorizing") || s.LastIs("checking") })
		id := d.State().Last.ID
		d.Kill()
		d = program.Start(t, counter.Data(data))
		d.Online()
		s := d.Await("an end", 15*time.Second, counter.State.Settled)
		if s.Last.ID != id {
			t.Errorf("%s: last is %s, want %s", behaviour, s.Last.ID, id)
		}
		d.Home()
		d.Balance()
		d.Interrupt()
	}
}

// TestSecrets sees that the search for codes finds one that is there.
func TestSecrets(t *testing.T) {
	t.Parallel()
	d := program.Start(t)
	codes := []string{d.Code("wechat"), d.Code("alipay"), d.Code("unionpay")}
	for _, code := range codes {
		d.Amount("100")
		d.Scan(code)
		d.Screen("approved", soon)
		d.Home()
	}
	d.Next("silent") // of which something may be kept for later
	d.Amount("200")
	d.Scan(d.Code("unionpay"))
	d.Link(false)
	d.Await("off line", noticedWithin, offline)
	d.Kill()
	d.CheckSecrets()
	if files, err := filepath.Glob(filepath.Join(d.Data, "cloud", "*")); err != nil || len(files) < 3 {
		t.Errorf("the folder searched holds %q", files)
	}
	for i, plant := range []string{codes[0], "x" + codes[1] + "y", codes[2]} {
		dir := t.TempDir()
		name := filepath.Join(dir, "deep", "file")
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, append(bytes.Repeat([]byte("."), 100000), plant...), 0o600); err != nil {
			t.Fatal(err)
		}
		if found := counter.Secrets(dir, codes); !slices.Equal(found, []string{name}) {
			t.Errorf("planted code %d: found %q", i, found)
		}
	}
	if found := counter.Secrets(t.TempDir(), codes); len(found) != 0 || strings.Contains(d.Output(), codes[0]) {
		t.Errorf("found %q in an empty folder", found)
	}
}
