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
		checkout.Pressed{Button: "close_shift"}, checkout.Pressed{Button: "enter"},
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
		checkout.Booted{}, checkout.Pressed{Button: "menu"}, checkout.Pressed{Button: "shift"}, checkout.Pressed{Button: "close_shift"}, checkout.Pressed{Button: "enter"},
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
