package payment_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"till/payment"
)

// Slips are owed from the step that they tell of, until they are printed. Records of
// before there was word of them owe none.
func TestSlipsAreOwed(t *testing.T) {
	slip := func(e payment.Event) payment.Event {
		e.Slip = true
		return e
	}
	ofRefund := func(e payment.Event, refund int) payment.Event {
		e.Refund = refund
		return e
	}
	begun, scan := step(payment.SaleCreated), step(payment.AttemptStarted, of(1), tender(1, 1000), by(payment.Scan))
	parked := step(payment.SaleParked, intent(payment.GoodsGiven))
	paid := step(payment.AttemptChanged, of(1), is(payment.Approved), receipt(7))
	back := func(n int, amount int64) []payment.Event {
		return []payment.Event{
			step(payment.RefundAsked, back(n, 1, amount)),
			{Kind: payment.RefundChanged, Sale: saleOne, Refund: n, RefundStatus: payment.RefundDone},
		}
	}
	one, two := back(1, 300), back(2, 200)
	one[1], two[1] = slip(one[1]), slip(two[1])
	for name, c := range map[string]struct {
		events []payment.Event
		want   []int
	}{
		"parked":                   {[]payment.Event{begun, scan, slip(parked)}, []int{0}},
		"parked twice":             {[]payment.Event{begun, scan, slip(parked), slip(parked)}, []int{0}},
		"parked, as of old":        {[]payment.Event{begun, scan, parked}, nil},
		"parked, its slip printed": {[]payment.Event{begun, scan, slip(parked), step(payment.SlipPrinted)}, nil},
		"parked, then settled":     {[]payment.Event{begun, scan, slip(parked), paid}, nil},
		"refunds":                  {slices.Concat([]payment.Event{begun, scan, paid}, one, two), []int{1, 2}},
		"refund, as of old":        {slices.Concat([]payment.Event{begun, scan, paid}, back(1, 300)), nil},
		"the first printed":        {slices.Concat([]payment.Event{begun, scan, paid}, one, two, []payment.Event{ofRefund(step(payment.SlipPrinted), 1)}), []int{2}},
	} {
		s, err := fold(c.events...)
		if err != nil || !slices.Equal(s.Slips, c.want) {
			t.Errorf("%s: %v owed, %v; want %v", name, s.Slips, err, c.want)
		}
		if !s.Unfinished() && len(c.want) > 0 {
			t.Errorf("%s: finished, and a slip is owed", name)
		}
		if !slices.Contains(c.want, 1) {
			if _, err := s.Apply(ofRefund(step(payment.SlipPrinted), 1), noon); !errors.Is(err, payment.ErrImpossible) {
				t.Errorf("%s: a slip that is not owed is printed: %v", name, err)
			}
		}
	}
}

// A Z report is owed from the close to its printing, with what it said, and is found in
// JSON as it was.
func TestZReportsAreOwed(t *testing.T) {
	var d payment.Drawer
	do := func(e payment.Event) {
		t.Helper()
		next, err := d.Apply(e, noon)
		if err != nil {
			t.Fatal(err)
		}
		d = next
	}
	forward := payment.Forward{Unsettled: []payment.Unsettled{{Sale: saleOne, Receipt: 7, Amount: 100, Refund: true}}, Held: 2, HeldAmount: 700, Unsent: 3}
	closed := func(shift uint64, f *payment.Forward) {
		t.Helper()
		do(shiftEvent(payment.ShiftOpened, shift, 500, ""))
		e := shiftEvent(payment.ShiftClosed, shift, 500, "")
		e.Forward = f
		do(e)
	}
	closed(1, nil) // by a till that kept nothing of it
	if len(d.Owed) != 0 || d.Before.Forward != nil {
		t.Fatalf("an old Z report is owed: %+v", d)
	}
	closed(2, &forward)
	first := d
	closed(3, &forward)
	if !d.OwesReport(2) || !d.OwesReport(3) || d.OwesReport(1) || !reflect.DeepEqual(d.Owed[1], d.Before) || !reflect.DeepEqual(*d.Before.Forward, forward) {
		t.Fatalf("%+v", d)
	}
	text, err := json.Marshal(d)
	var again payment.Drawer
	if err := errors.Join(err, json.Unmarshal(text, &again)); err != nil || !reflect.DeepEqual(again, d) {
		t.Fatalf("%s, %v", text, err)
	}
	do(shiftEvent(payment.ReportPrinted, 2, 0, ""))
	if d.OwesReport(2) || !d.OwesReport(3) || !first.OwesReport(2) {
		t.Fatalf("printed: %+v, before %+v", d, first)
	}
	if _, err := d.Apply(shiftEvent(payment.ReportPrinted, 2, 0, ""), noon); !errors.Is(err, payment.ErrImpossible) {
		t.Errorf("printed twice: %v", err)
	}
	do(shiftEvent(payment.ReportPrinted, 3, 0, ""))
	if d.Owed != nil {
		t.Errorf("%+v", d.Owed)
	}
	for n := range uint64(payment.MaxOwed + 2) {
		closed(4+n, &forward)
	}
	if len(d.Owed) != payment.MaxOwed || d.Owed[0].Number != 6 {
		t.Errorf("%d owed, from %d", len(d.Owed), d.Owed[0].Number)
	}
}

// A shift that was opened before the clock was known is dated by a later moment of the
// same boot, and by no other.
func TestShiftIsDated(t *testing.T) {
	opened := payment.Stamp{Boot: "b", Mono: 2 * time.Second}
	s, err := payment.Shift{}.Apply(shiftEvent(payment.ShiftOpened, 1, 0, ""), opened)
	if err != nil {
		t.Fatal(err)
	}
	later := payment.Stamp{Boot: "b", Mono: 5 * time.Second, Time: time.Date(2026, 11, 24, 9, 0, 3, 0, time.UTC)}
	dated := payment.Event{Kind: payment.ShiftDated, Shift: 1}
	for name, at := range map[string]payment.Stamp{"another boot": {Boot: "c", Time: later.Time}, "no clock": {Boot: "b", Mono: later.Mono}} {
		if _, err := s.Apply(dated, at); !errors.Is(err, payment.ErrImpossible) || s.Datable(at) {
			t.Errorf("%s: %v", name, err)
		}
	}
	next, err := s.Apply(dated, later)
	if want := later.Time.Add(-3 * time.Second); err != nil || !next.Opened.Time.Equal(want) || !s.Datable(later) {
		t.Errorf("%v, %v, want %v", next.Opened, err, want)
	}
	if _, err := next.Apply(dated, later); !errors.Is(err, payment.ErrImpossible) {
		t.Errorf("dated twice: %v", err)
	}
}

// What is not settled is listed up to a bound, and summed beyond it.
func TestCarry(t *testing.T) {
	begun, scan := step(payment.SaleCreated), step(payment.AttemptStarted, of(1), tender(1, 1000), by(payment.Scan))
	paid := step(payment.AttemptChanged, of(1), is(payment.Approved), receipt(7))
	open, err := fold(begun, scan)
	settled, err2 := fold(begun, scan, paid)
	refunding, err3 := fold(begun, scan, paid, step(payment.RefundAsked, back(1, 1, 100)), step(payment.RefundAsked, back(2, 1, 250)))
	if err := errors.Join(err, err2, err3); err != nil {
		t.Fatal(err)
	}
	open.ID = "01JDEERS3W8H5T2V9K4M6N7P90"
	f := payment.Carry([]payment.Sale{open, settled, refunding})
	want := []payment.Unsettled{{Sale: saleOne, Receipt: 7, Amount: 350, Refund: true}, {Sale: open.ID, Amount: 1000}}
	if !slices.Equal(f.Unsettled, want) || f.More != 0 {
		t.Errorf("%+v, want %+v", f, want)
	}
	var many []payment.Sale
	for n := range payment.MaxForward {
		open.ID = payment.SaleID(fmt.Sprintf("01JA%022d", n))
		many = append(many, open)
	}
	f = payment.Carry(append(many, refunding))
	if len(f.Unsettled) != payment.MaxForward || f.More != 1 || f.MoreAmount != -350 {
		t.Errorf("%d listed, %d more of %d", len(f.Unsettled), f.More, f.MoreAmount)
	}
}
