package checkout_test

import (
	"testing"
	"time"

	"till/checkout"
	"till/payment"
)

// A shift that opens by itself at the start is dated once the clock of that boot is
// known, with the first commit after it; and its report says what was not sent then.
func TestShiftIsDatedOnceTheClockIsKnown(t *testing.T) {
	fake := checkout.NewFake()
	s := settings
	s.AutoShift = true
	r := &checkout.Register{State: fake.Boot(s), Journal: fake, Gateway: fake, Printer: fake, Body: fake}
	start := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	at := time.Second
	do := func(e checkout.Event, clock bool) {
		t.Helper()
		at += time.Second
		now := checkout.Now{At: start.Add(at), Stamp: payment.Stamp{Boot: "1", Mono: at}, Fresh: "01JD0000000000000000000001", Unsent: 4}
		if clock {
			now.Stamp.Time = start.Add(at)
		}
		if err := r.Handle(e, now); err != nil {
			t.Fatalf("%+v: %v", e, err)
		}
	}
	do(checkout.Booted{}, false)
	do(checkout.ClockLearned{}, false)
	if opened := fake.Counter().Shift.Opened; opened.Time != (time.Time{}) {
		t.Fatalf("opened %v before the clock is known", opened)
	}
	do(checkout.Ticked{}, true)
	if n := len(fake.Events()); n != 1 {
		t.Fatalf("%d events: a commit of its own is not worth it", n)
	}
	for _, e := range []checkout.Event{checkout.Keyed{Key: "5"}, checkout.Pressed{Button: "cash"}, checkout.Pressed{Button: "exact"}} {
		do(e, true)
	}
	opened := start.Add(2 * time.Second)
	if got := fake.Counter().Shift.Opened.Time; !got.Equal(opened) || r.State.Counter.Shift.Opened.Time != got {
		t.Fatalf("opened at %v, want %v", got, opened)
	}
	for _, e := range []checkout.Event{
		checkout.Pressed{Button: "done"}, checkout.Pressed{Button: "menu"}, checkout.Pressed{Button: "shift"},
		checkout.Pressed{Button: "close_shift"}, checkout.Keyed{Key: "0"}, checkout.Pressed{Button: "enter"},
	} {
		do(e, true)
	}
	dated := 0
	for _, e := range fake.Events() {
		if e.Kind == payment.ShiftDated {
			dated++
		}
	}
	z := fake.Counter().Before
	if dated != 1 || !z.Opened.Time.Equal(opened) || z.Forward == nil || z.Forward.Unsent != 4 {
		t.Errorf("dated %d times; the Z is %+v, forward %+v", dated, z, z.Forward)
	}
	last, _ := fake.Did[len(fake.Did)-1].(checkout.Report)
	if last.Shift.Number != 1 || last.Shift.Forward == nil || last.Shift.Forward.Unsent != 4 {
		t.Errorf("printed: %+v", last)
	}
}

// One that is closed with nothing else done is dated by its close.
func TestShiftIsDatedAsItCloses(t *testing.T) {
	fake := checkout.NewFake()
	s := settings
	s.AutoShift = true
	r := &checkout.Register{State: fake.Boot(s), Journal: fake, Gateway: fake, Printer: fake, Body: fake}
	start := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	for i, e := range []checkout.Event{
		checkout.Booted{}, checkout.Pressed{Button: "menu"}, checkout.Pressed{Button: "shift"}, checkout.Pressed{Button: "close_shift"}, checkout.Keyed{Key: "0"}, checkout.Pressed{Button: "enter"},
	} {
		at := time.Duration(i) * time.Second
		now := checkout.Now{At: start.Add(at), Stamp: payment.Stamp{Boot: "1", Mono: at}}
		if i > 0 {
			now.Stamp.Time = start.Add(at)
		}
		if err := r.Handle(e, now); err != nil {
			t.Fatal(err)
		}
	}
	if z := fake.Counter().Before; !z.Opened.Time.Equal(start) {
		t.Errorf("opened %v, want %v", z.Opened, start)
	}
}

// A cash register gets nothing of a terminal where no shift is open, but what a wallet gives back.
func TestCashRegistersOutsideAShift(t *testing.T) {
	c := newCounter(t)
	online(c)
	run := func(lines ...string) {
		t.Helper()
		for _, line := range lines {
			if err := c.do(line); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
		}
	}
	order := func(key string) checkout.Ordered {
		return checkout.Ordered{Order: checkout.Order{Key: key, Amount: 700}}
	}
	c.mustHandle(order("cash"))
	run("press cash", "press exact", "press done")
	c.mustHandle(order("wallet"))
	run("press qr", "answer approved", "press done")
	sales := c.fake.Sales()
	run("press menu", "press shift", "press close_shift", "key 7 00", "press enter", "key esc", "key esc")
	before := len(c.fake.Events())
	c.mustHandle(order("none"), checkout.RefundOrdered{Sale: sales[0], Key: "r", Amount: 700}, checkout.DrawerOrdered{})
	if s := c.register.State; s.Running() != "" || len(c.fake.Events()) != before {
		t.Errorf("at %q, and %+v", s.Running(), c.fake.Events()[before:])
	}
	if c.register.State.GivesBack(sales[0]) || !c.register.State.GivesBack(sales[1]) {
		t.Error("cash goes back, or what a wallet took does not")
	}
	c.mustHandle(checkout.RefundOrdered{Sale: sales[1], Key: "r", Amount: 700})
	if e := c.fake.Events()[len(c.fake.Events())-1]; e.Kind != payment.RefundAsked {
		t.Errorf("the wallet's refund: %+v", e)
	}
	run("refund done", "press menu", "press shift", "press open_shift", "key 7 00", "press enter", "press close_shift", "key 7 00", "press enter")
	if z := c.register.State.Counter.Before; z.Over() != 0 || z.Wallets[payment.WeChat].Refunded+z.Wallets[payment.WalletUnknown].Refunded+z.Wallets[payment.Alipay].Refunded != 700 {
		t.Errorf("the next shift has %+v", z)
	}
}

// A drawer that a cash register opens is counted, with the reason that it was one.
func TestDrawerOfACashRegister(t *testing.T) {
	c := newCounter(t)
	c.mustHandle(checkout.DrawerOrdered{})
	e := c.fake.Events()[len(c.fake.Events())-1]
	if e.Kind != payment.CashMoved || e.Movement != payment.NoSale || e.DrawerReason != payment.ForRegister || c.register.State.Counter.Shift.NoSales != 1 {
		t.Errorf("%+v", e)
	}
}
