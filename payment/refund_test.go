package payment_test

import (
	"testing"

	"till/payment"
)

func TestRefundID(t *testing.T) {
	for n := 1; n <= payment.MaxRefund; n++ {
		id := payment.NewRefundID(ulid, n)
		if sale, k, err := id.Split(); err != nil || sale != ulid || k != n || len(id) > 32 {
			t.Fatalf("%s: %s, %d, %v", id, sale, k, err)
		}
	}
	for _, id := range []payment.RefundID{"", ulid, ulid + "R", ulid + "R00", ulid + "R51", ulid + "R+1", ulid + "r01", ulid + "R001", ulid + "01"} {
		if sale, n, err := id.Split(); err == nil {
			t.Errorf("%q was taken as %s, %d", id, sale, n)
		}
	}
}

func FuzzRefundID(f *testing.F) {
	f.Add(ulid + "R01")
	f.Fuzz(func(t *testing.T, s string) {
		sale, n, err := payment.RefundID(s).Split()
		if err == nil && payment.NewRefundID(sale, n) != payment.RefundID(s) {
			t.Errorf("%q is refund %d of %s", s, n, sale)
		}
	})
}

func TestRefunds(t *testing.T) {
	begun := step(payment.SaleCreated)
	cashPart := step(payment.CashTaken, tender(1, 400), cash(500, 100))
	rest := step(payment.AttemptStarted, of(1), tender(2, 600), by(payment.Scan))
	paid := step(payment.AttemptChanged, of(1), is(payment.Approved), receipt(7))
	to := func(n int, s payment.RefundStatus) payment.Event {
		return step(payment.RefundChanged, func(e *payment.Event) { e.Refund, e.RefundStatus = n, s })
	}
	for name, c := range map[string]struct {
		events           []payment.Event
		want             payment.Status
		left             [2]int64
		refunded, voided int64
		open             bool
	}{
		"nothing yet": {nil, payment.StatusApproved, [2]int64{400, 600}, 0, 0, false},
		"asked for":   {[]payment.Event{step(payment.RefundAsked, back(1, 2, 100))}, payment.StatusApproved, [2]int64{400, 500}, 0, 0, true},
		"in part":     {[]payment.Event{step(payment.RefundAsked, back(1, 2, 100)), to(1, payment.RefundDone)}, payment.StatusApproved, [2]int64{400, 500}, 100, 0, false},
		"refused":     {[]payment.Event{step(payment.RefundAsked, back(1, 2, 600)), to(1, payment.RefundRefused)}, payment.StatusApproved, [2]int64{400, 600}, 0, 0, false},
		"tender by tender": {[]payment.Event{
			step(payment.RefundAsked, back(1, 2, 600)), to(1, payment.RefundPending), to(1, payment.RefundDone),
			step(payment.RefundAsked, back(2, 1, 400)), to(2, payment.RefundDone),
		}, payment.StatusRefunded, [2]int64{0, 0}, 1000, 0, false},
		"void": {[]payment.Event{
			step(payment.RefundAsked, back(1, 1, 400), void), step(payment.RefundAsked, back(2, 2, 600), void),
			to(1, payment.RefundDone), to(2, payment.RefundDone),
		}, payment.StatusVoided, [2]int64{0, 0}, 0, 1000, false},
	} {
		s, err := fold(append([]payment.Event{begun, cashPart, rest, paid, step(payment.ReceiptPrinted, receipt(7))}, c.events...)...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		refunded, voided := s.Refunded()
		left := [2]int64{s.Refundable(1), s.Refundable(2)}
		if s.Status() != c.want || left != c.left || refunded != c.refunded || voided != c.voided || s.Unfinished() != c.open {
			t.Errorf("%s: %s, left %d, back %d and %d, unfinished %v", name, s.Status(), left, refunded, voided, s.Unfinished())
		}
		if order, ok := s.WalletOrder(2); !ok || order != payment.NewOrder(saleOne, 1) {
			t.Errorf("%s: tender 2 was paid by %s, %v", name, order, ok)
		}
		if order, ok := s.WalletOrder(1); ok {
			t.Errorf("%s: cash was paid by %s", name, order)
		}
	}
}
