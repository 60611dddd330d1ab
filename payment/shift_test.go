package payment_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"till/payment"
)

func shiftEvent(k payment.Kind, n uint64, amount int64, m payment.Movement) payment.Event {
	return payment.Event{Kind: k, Shift: n, Amount: amount, Currency: "USD", Cashier: "Mei", Movement: m}
}

func TestShift(t *testing.T) {
	var d payment.Drawer
	var s payment.Shift // as it is now
	do := func(e payment.Event) {
		t.Helper()
		next, err := d.Apply(e, noon)
		if err != nil {
			t.Fatalf("%+v: %v", e, err)
		}
		d, s = next, next.Shift
	}
	sell := func(events ...payment.Event) {
		t.Helper()
		var sale payment.Sale
		for _, e := range events {
			next, err := sale.Apply(e, noon)
			if err != nil {
				t.Fatalf("%+v: %v", e, err)
			}
			d, sale = d.Count(sale, next), next
			s = d.Shift
		}
	}
	sell(step(payment.SaleCreated), step(payment.CashTaken, tender(1, 1000), cash(1000, 0), receipt(6)))
	if !reflect.DeepEqual(s, payment.Shift{}) {
		t.Errorf("before the first shift: %+v", s)
	}
	do(shiftEvent(payment.ShiftOpened, 1, 10000, ""))
	do(shiftEvent(payment.CashMoved, 1, 5000, payment.PayIn))
	do(shiftEvent(payment.CashMoved, 1, 1500, payment.PayOut))
	do(shiftEvent(payment.CashMoved, 1, 0, payment.NoSale))
	begun := step(payment.SaleCreated)
	sell(begun,
		step(payment.CashTaken, tender(1, 400), cash(500, 100)),
		step(payment.AttemptStarted, of(1), tender(2, 600), by(payment.Scan)),
		step(payment.AttemptChanged, of(1), is(payment.Approved), receipt(7), func(e *payment.Event) { e.Wallet = payment.WeChat }),
		step(payment.RefundAsked, back(1, 2, 200)),
		step(payment.RefundChanged, func(e *payment.Event) { e.Refund, e.RefundStatus = 1, payment.RefundPending }),
		step(payment.RefundChanged, func(e *payment.Event) { e.Refund, e.RefundStatus = 1, payment.RefundDone }),
		step(payment.RefundAsked, back(2, 1, 100)),
		step(payment.RefundChanged, func(e *payment.Event) { e.Refund, e.RefundStatus = 2, payment.RefundDone }),
	)
	want := map[payment.Wallet]payment.Totals{
		payment.Cash:   {Count: 1, Taken: 400, Refunded: 100},
		payment.WeChat: {Count: 1, Taken: 600, Refunded: 200},
	}
	if !reflect.DeepEqual(s.Wallets, want) || s.Sales != 1 || s.Amount != 1000 || s.First != 7 || s.Last != 7 || s.Refunds != 2 || s.NoSales != 1 {
		t.Errorf("%+v", s)
	}
	if s.Expected() != 10000+5000-1500+400-100 {
		t.Errorf("%d expected", s.Expected())
	}
	do(shiftEvent(payment.ShiftClosed, 1, 13750, ""))
	if z := d.Before; z.Open || z.Over() != -50 || z.Number != 1 || z.Sales != 1 {
		t.Errorf("closed: %+v, over by %d", z, z.Over())
	}
	if s.Open || s.Number != 1 || s.Sales != 0 || s.Wallets != nil {
		t.Errorf("between the shifts: %+v", s)
	}
	// A refund that comes through at night.
	sell(step(payment.SaleCreated), step(payment.CashTaken, tender(1, 1000), cash(1000, 0), receipt(8)))
	do(shiftEvent(payment.ShiftOpened, 2, 500, ""))
	if s.Number != 2 || !s.Open || s.Sales != 1 || s.Expected() != 1500 || d.Before.Number != 1 {
		t.Errorf("the next one begins as %+v", s)
	}
}

func TestShiftRefusesTheImpossible(t *testing.T) {
	opened := shiftEvent(payment.ShiftOpened, 1, 1000, "")
	for name, events := range map[string][]payment.Event{
		"moved while closed":     {shiftEvent(payment.CashMoved, 0, 5, payment.PayIn)},
		"closed while closed":    {shiftEvent(payment.ShiftClosed, 1, 5, "")},
		"opened twice":           {opened, shiftEvent(payment.ShiftOpened, 2, 5, "")},
		"a number left out":      {shiftEvent(payment.ShiftOpened, 2, 5, "")},
		"a number twice":         {opened, shiftEvent(payment.ShiftClosed, 1, 5, ""), shiftEvent(payment.ShiftOpened, 1, 5, "")},
		"another one closed":     {opened, shiftEvent(payment.ShiftClosed, 2, 5, "")},
		"a float below zero":     {shiftEvent(payment.ShiftOpened, 1, -5, "")},
		"a count below zero":     {opened, shiftEvent(payment.ShiftClosed, 1, -5, "")},
		"paid in nothing":        {opened, shiftEvent(payment.CashMoved, 1, 0, payment.PayIn)},
		"paid out too much":      {opened, shiftEvent(payment.CashMoved, 1, 1001, payment.PayOut)},
		"a no-sale of an amount": {opened, shiftEvent(payment.CashMoved, 1, 5, payment.NoSale)},
		"no movement":            {opened, shiftEvent(payment.CashMoved, 1, 5, "lent")},
		"an event of a sale":     {step(payment.SaleCreated)},
	} {
		var s payment.Shift
		var err error
		for _, e := range events {
			if s, err = s.Apply(e, noon); err != nil {
				break
			}
		}
		if !errors.Is(err, payment.ErrImpossible) {
			t.Errorf("%s: %v, %+v", name, err, s)
		}
	}
}

// Whatever the events: counting never changes the shift it starts from, totals
// add up to the sales, and it comes back from JSON as it was.
func TestShiftLaws(t *testing.T) {
	counted := 0
	rapid.Check(t, func(t *rapid.T) {
		s, err := payment.Shift{}.Apply(shiftEvent(payment.ShiftOpened, 1, 1000, ""), noon)
		if err != nil {
			t.Fatal(err)
		}
		var sale payment.Sale
		var taken, back int64
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			next, err := sale.Apply(anyEvent(t, sale), noon)
			if err != nil {
				continue
			}
			text, _ := json.Marshal(s) // plain data
			after := s.Count(sale, next)
			if again, _ := json.Marshal(s); string(again) != string(text) {
				t.Fatalf("Count changed its receiver\n%s\nto\n%s", text, again)
			}
			s, sale = after, next
		}
		for _, p := range sale.Tenders {
			if p.Paid {
				taken += p.Amount
			}
		}
		refunded, voided := sale.Refunded()
		back = refunded + voided
		var kept int64
		for _, w := range s.Paid() {
			kept += s.Wallets[w].Kept()
		}
		if kept != taken-back {
			t.Fatalf("%d is kept of %d taken and %d given back: %+v\n%+v", kept, taken, back, s, sale)
		}
		if (s.Sales == 1) != (sale.Receipt != 0) {
			t.Fatalf("%d sales of %+v", s.Sales, sale)
		}
		if kept > 0 {
			counted++
		}
		text, err := json.Marshal(s)
		var again payment.Shift
		if err != nil || json.Unmarshal(text, &again) != nil || !reflect.DeepEqual(again, s) {
			t.Fatalf("%s came back as %+v", text, again)
		}
	})
	if counted == 0 {
		t.Error("nothing was ever taken")
	}
}

// Why the drawer was opened is kept of an opening alone; journals from before have no reason.
func TestDrawerReasons(t *testing.T) {
	open, err := payment.Shift{}.Apply(payment.Event{Kind: payment.ShiftOpened, Shift: 1, Currency: "USD"}, payment.Stamp{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		movement payment.Movement
		amount   int64
		reason   payment.DrawerReason
		good     bool
	}{
		{payment.NoSale, 0, "", true}, {payment.NoSale, 0, payment.ForChange, true}, {payment.NoSale, 0, payment.ForCheck, true},
		{payment.NoSale, 0, payment.ForOther, true}, {payment.NoSale, 0, payment.ForRegister, true},
		{payment.NoSale, 0, "curious", false}, {payment.PayIn, 100, payment.ForChange, false}, {payment.PayIn, 100, "", true},
	} {
		e := payment.Event{Kind: payment.CashMoved, Shift: 1, Movement: c.movement, Amount: c.amount, DrawerReason: c.reason}
		next, err := open.Apply(e, payment.Stamp{})
		if (err == nil) != c.good || c.good && c.movement == payment.NoSale && next.NoSales != 1 {
			t.Errorf("%s of %d for %q: %v, %+v", c.movement, c.amount, c.reason, err, next)
		}
	}
}

// Money that came after its sale was closed is said to be late, and is in nothing that was taken.
func TestShiftTellsLateMoney(t *testing.T) {
	s, err := payment.Shift{}.Apply(shiftEvent(payment.ShiftOpened, 1, 0, ""), noon)
	if err != nil {
		t.Fatal(err)
	}
	var sale payment.Sale
	for _, e := range []payment.Event{
		step(payment.SaleCreated), step(payment.AttemptStarted, of(1), tender(1, 1000), by(payment.Scan), func(e *payment.Event) { e.Wallet = payment.WeChat }),
		step(payment.AttemptChanged, of(1), is(payment.Reversed)), step(payment.LateRefunded, of(1), func(e *payment.Event) { e.Amount = 1000 }),
	} {
		next, err := sale.Apply(e, noon)
		if err != nil {
			t.Fatal(err)
		}
		s, sale = s.Count(sale, next), next
	}
	if want := map[payment.Wallet]payment.Totals{payment.WeChat: {Late: 1000}}; !reflect.DeepEqual(s.Wallets, want) || s.Sales != 0 {
		t.Errorf("%+v, want %+v", s.Wallets, want)
	}
}

// What came too late is what the wallet was asked for then, whatever was asked of the
// tender since: a customer whose QR expired pays a part of it in cash, and then that QR.
func TestLateAmount(t *testing.T) {
	s := payment.Shift{Number: 1}
	var sale payment.Sale
	for _, e := range []payment.Event{
		step(payment.SaleCreated),
		step(payment.AttemptStarted, of(1), tender(1, 600), by(payment.QR)),
		step(payment.AttemptChanged, of(1), is(payment.Expired), func(e *payment.Event) { e.Wallet = payment.Alipay }),
		step(payment.CashTaken, tender(1, 25), cash(25, 0)),
		step(payment.LateRefunded, of(1), func(e *payment.Event) { e.Amount = 600 }),
	} {
		next, err := sale.Apply(e, noon)
		if err != nil {
			t.Fatalf("%+v: %v", e, err)
		}
		s, sale = s.Count(sale, next), next
	}
	if late := s.Wallets[payment.Alipay].Late; late != 600 {
		t.Errorf("the report says that %d came too late, and it was 600", late)
	}
}
