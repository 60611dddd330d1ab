package cloud_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"till/cloud"
	"till/cloud/fakeacquirer"
	"till/cloud/memledger"
	"till/payment"
	"till/sync/wire"
)

func giveBack(n int, amount int64) wire.Request {
	return wire.Request{
		Op: wire.Refund, Order: first, Refund: payment.NewRefundID(saleID, n), Amount: amount, Currency: "USD", Sent: time.Second,
	}
}

func void(n int) wire.Request {
	q := giveBack(n, usd.Amount)
	q.Void = true
	return q
}

// paidRig has the first order paid, a day ago.
func paidRig(t *testing.T) *rig {
	t.Helper()
	r := newRig(t)
	r.request(terminal, r.charge(first))
	r.run(time.Second)
	r.expect(first, payment.Approved, payment.ReasonNone)
	r.run(24 * time.Hour)
	return r
}

// toldRefund is the newest answer that a terminal has of a refund.
func (r *rig) toldRefund(n int) payment.RefundAnswer {
	var newest payment.RefundAnswer
	for _, reply := range r.replies {
		if a := reply.Refund; a != nil && a.Refund == payment.NewRefundID(saleID, n) && a.Rev >= newest.Rev {
			newest = *a
		}
	}
	return newest
}

func (r *rig) expectRefund(n int, status payment.RefundStatus, reason payment.Reason) {
	r.t.Helper()
	e, ok := r.refund(payment.NewRefundID(saleID, n))
	if !ok || e.Answer.Status != status || e.Answer.Reason != reason || e.Open() == status.Final() {
		r.t.Errorf("refund %d is %+v, want %q (%q)", n, e, status, reason)
	}
	if told := r.toldRefund(n); told != e.Answer {
		r.t.Errorf("the terminal was told %+v of refund %d, the ledger has %+v", told, n, e.Answer)
	}
	r.lawful()
}

// refunded is what the acquirer gave back of the first order.
func (r *rig) refunded() int64 {
	for _, o := range r.acquirer.Orders() {
		if o.Number == first {
			return o.Refunded()
		}
	}
	return 0
}

func TestRefund(t *testing.T) {
	r := paidRig(t)
	r.request(terminal, giveBack(1, 500))
	if told := r.toldRefund(1); told.Status != payment.RefundRequested {
		t.Errorf("at once the terminal is told %+v", told)
	}
	r.run(time.Second)
	r.expectRefund(1, payment.RefundDone, payment.ReasonNone)
	r.request(terminal, giveBack(1, 500)) // asked again, it is one refund
	r.run(time.Hour)
	r.calls(1, cloud.StepRefund)
	r.request(terminal, giveBack(2, 734))
	r.run(time.Second)
	r.expectRefund(2, payment.RefundDone, payment.ReasonNone)
	r.request(terminal, giveBack(3, 1))
	r.expectRefund(3, payment.RefundRefused, payment.OverRefund)
	if back := r.refunded(); back != usd.Amount {
		t.Errorf("%d went back of %d", back, usd.Amount)
	}
	if !r.gateway.Deadline().IsZero() {
		t.Error("something is left to do")
	}
}

func TestRefundsThatCannotBe(t *testing.T) {
	for name, c := range map[string]struct {
		q    wire.Request
		from string
		want payment.Reason
	}{
		"more than was paid":    {giveBack(1, usd.Amount+1), terminal, payment.OverRefund},
		"nothing":               {giveBack(1, 0), terminal, payment.OverRefund},
		"less than nothing":     {giveBack(1, -5), terminal, payment.OverRefund},
		"another currency":      {func() wire.Request { q := giveBack(1, 5); q.Currency = "CNY"; return q }(), terminal, payment.OverRefund},
		"a part, as a void":     {func() wire.Request { q := void(1); q.Amount--; return q }(), terminal, payment.OverRefund},
		"an order never seen":   {func() wire.Request { q := giveBack(1, 5); q.Order = second; return q }(), terminal, payment.NotPaid},
		"another terminal's":    {giveBack(1, 5), "museum-2", payment.NotPaid},
		"of another sale":       {func() wire.Request { q := giveBack(1, 5); q.Order = payment.NewOrder(otherID, 1); return q }(), terminal, payment.NotPaid},
		"an order that is none": {func() wire.Request { q := giveBack(1, 5); q.Order = "1"; return q }(), terminal, ""},
		"no number":             {func() wire.Request { q := giveBack(1, 5); q.Refund = "R"; return q }(), terminal, ""},
	} {
		r := paidRig(t)
		r.request(c.from, c.q)
		r.run(time.Hour)
		r.calls(0, cloud.StepRefund, cloud.StepReverse)
		if c.want == "" {
			if len(r.rejected) != 1 {
				t.Errorf("%s: rejected are %v", name, r.rejected)
			}
			continue
		}
		if told := r.toldRefund(1); told.Status != payment.RefundRefused || told.Reason != c.want {
			t.Errorf("%s: %+v", name, told)
		}
	}
}

// A refund whose fate is not known is asked for again under the same number,
// whether the gateway lives on or not, until it is through.
func TestRefundIsSeenThrough(t *testing.T) {
	silent := fakeacquirer.Answer{Become: fakeacquirer.Taken, Silent: true} // the money goes back, and nobody says so
	accepted := outcome(cloud.Accepted)
	for name, c := range map[string]struct {
		script []fakeacquirer.Answer
		during payment.RefundStatus
	}{
		"silent, having done it": {[]fakeacquirer.Answer{silent}, payment.RefundRequested},
		"unknown for long":       {repeat(20, outcome(cloud.Unknown)), payment.RefundRequested},
		"no funds yet":           {repeat(5, accepted), payment.RefundPending},
		"an error":               {[]fakeacquirer.Answer{{Err: errors.New("no line")}}, payment.RefundRequested},
	} {
		for _, restarts := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, restarts %v", name, restarts), func(t *testing.T) {
				r := paidRig(t)
				r.acquirer.Script(cloud.StepRefund, c.script...)
				r.request(terminal, giveBack(1, 500))
				r.run(2 * time.Second)
				if e, _ := r.refund(payment.NewRefundID(saleID, 1)); e.Answer.Status != c.during {
					t.Errorf("meanwhile it is %+v", e)
				}
				if restarts {
					r.restart()
				}
				r.run(24 * time.Hour)
				if restarts { // what the dead gateway would have said is said when it is asked for
					r.request(terminal, giveBack(1, 500))
				}
				r.expectRefund(1, payment.RefundDone, payment.ReasonNone)
				if back := r.refunded(); back != 500 {
					t.Errorf("%d went back", back)
				}
			})
		}
	}
}

func TestVoid(t *testing.T) {
	r := paidRig(t)
	r.request(terminal, void(1))
	r.run(time.Second)
	r.expectRefund(1, payment.RefundDone, payment.ReasonNone)
	r.book(first, fakeacquirer.Returned)
	r.calls(0, cloud.StepRefund)
	r.request(terminal, giveBack(2, 1))
	r.expectRefund(2, payment.RefundRefused, payment.OverRefund)

	// Right after the charge it waits for the time that wallets want.
	r = newRig(t)
	r.request(terminal, r.charge(first))
	r.run(time.Second)
	r.request(terminal, void(1))
	r.run(waits.ReverseAfter + time.Second)
	r.expectRefund(1, payment.RefundDone, payment.ReasonNone)
	r.book(first, fakeacquirer.Returned)

	// A wallet that reverses no more refunds all of it instead.
	r = paidRig(t)
	r.acquirer.Script(cloud.StepReverse, fakeacquirer.Answer{Result: &cloud.Result{Outcome: cloud.Refused, Reason: payment.RefundTooLate}})
	r.request(terminal, void(1))
	r.run(time.Second)
	r.expectRefund(1, payment.RefundDone, payment.ReasonNone)
	if back := r.refunded(); back != usd.Amount {
		t.Errorf("%d went back", back)
	}

	// After a part was refunded there is nothing whole to void.
	r = paidRig(t)
	r.request(terminal, giveBack(1, 500))
	r.run(time.Second)
	r.request(terminal, void(2))
	r.expectRefund(2, payment.RefundRefused, payment.OverRefund)
	rest := void(3)
	rest.Amount -= 500
	r.request(terminal, rest)
	r.run(time.Hour)
	r.expectRefund(3, payment.RefundRefused, payment.OverRefund)
	r.calls(0, cloud.StepReverse)
	if back := r.refunded(); back != 500 {
		t.Errorf("%d went back", back)
	}
}

// Of a sale that is paid in two ways, each gives back what it was paid: no more, and
// no less because of what went back of the other.
func TestRefundOfASplitSale(t *testing.T) {
	var r *rig
	split := func() {
		r = paidRig(t)
		rest := r.charge(second)
		rest.Tender, rest.Amount = 2, 700
		r.request(terminal, rest)
		r.run(time.Hour)
	}
	split()
	back := func(n int, order payment.Order, amount int64) {
		q := giveBack(n, amount)
		q.Order = order
		r.request(terminal, q)
		r.run(time.Minute)
	}
	back(1, first, usd.Amount)
	r.expectRefund(1, payment.RefundDone, payment.ReasonNone)
	back(2, second, 701)
	r.expectRefund(2, payment.RefundRefused, payment.OverRefund)
	back(3, second, 300)
	r.expectRefund(3, payment.RefundDone, payment.ReasonNone)
	back(4, first, 1)
	r.expectRefund(4, payment.RefundRefused, payment.OverRefund)
	back(5, second, 400)
	r.expectRefund(5, payment.RefundDone, payment.ReasonNone)
	back(6, second, 1)
	r.expectRefund(6, payment.RefundRefused, payment.OverRefund)
	want := map[payment.Order]int64{first: usd.Amount, second: 700}
	for _, o := range r.acquirer.Orders() {
		if o.Refunded() != want[o.Number] {
			t.Errorf("%d went back of order %s, want %d", o.Refunded(), o.Number, want[o.Number])
		}
	}

	// And one is voided whole after a part of the other went back.
	split()
	back(1, first, 500)
	r.expectRefund(1, payment.RefundDone, payment.ReasonNone)
	q := void(2)
	q.Order, q.Amount = second, 700
	r.request(terminal, q)
	r.run(time.Hour)
	r.expectRefund(2, payment.RefundDone, payment.ReasonNone)
	r.book(second, fakeacquirer.Returned)
}

// No order of refunds and voids, repeated, lost or answered late, gives back
// more than was paid, and each that is called done is.
func TestRefundLaws(t *testing.T) {
	back := 0
	rapid.Check(t, func(rt *rapid.T) {
		r := newRig(t)
		r.request(terminal, r.charge(first))
		r.run(time.Minute)
		outcomes := []fakeacquirer.Answer{
			{}, {}, outcome(cloud.Unknown), outcome(cloud.Accepted), outcome(cloud.Busy),
			{Become: fakeacquirer.Taken, Silent: true}, outcome(cloud.Refused), outcome(cloud.NotFound),
		}
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			r.acquirer.Script(cloud.StepRefund, rapid.SampledFrom(outcomes).Draw(rt, "answer"))
			q := giveBack(rapid.IntRange(1, 5).Draw(rt, "number"), rapid.Int64Range(1, 1300).Draw(rt, "amount"))
			if rapid.IntRange(0, 4).Draw(rt, "void") == 0 {
				q = void(rapid.IntRange(1, 5).Draw(rt, "number"))
			}
			r.request(terminal, q)
			if rapid.Bool().Draw(rt, "wait") {
				r.run(time.Duration(rapid.IntRange(1, 3600).Draw(rt, "seconds")) * time.Second)
			}
			if rapid.IntRange(0, 5).Draw(rt, "restart") == 0 {
				r.restart()
			}
		}
		r.run(72 * time.Hour)
		var done int64
		for n := 1; n <= 5; n++ {
			e, ok := r.refund(payment.NewRefundID(saleID, n))
			if !ok {
				continue
			}
			if e.Open() {
				rt.Errorf("refund %d is open after three days: %+v", n, e)
			}
			if e.Answer.Status == payment.RefundDone {
				done += e.Answer.Amount
			}
		}
		gone := r.refunded()
		if r.acquirer.State(first) == fakeacquirer.Returned {
			gone += usd.Amount
		}
		if gone > usd.Amount || done > gone {
			rt.Errorf("%d went back of %d, and %d is called done", gone, usd.Amount, done)
		}
		if gone > 0 {
			back++
		}
		for _, b := range r.broken {
			rt.Error(b)
		}
	})
	if back == 0 {
		t.Error("nothing ever went back")
	}
}

func TestLedgerRefunds(t *testing.T) {
	ledgers(t, func(t *testing.T, l cloud.Ledger) {
		entry := func(sale payment.SaleID, n int, step cloud.Step) cloud.RefundEntry {
			return cloud.RefundEntry{
				Answer: payment.RefundAnswer{
					Refund: payment.NewRefundID(sale, n), Rev: 2, Status: payment.RefundPending, Reason: payment.OverRefund,
					Amount: 5, Currency: "USD", Transaction: "5000",
				},
				Terminal: terminal, Order: first, Void: true, Step: step, Tries: 3, NextAt: start, Submitted: start.Add(time.Second), Settled: start.Add(time.Hour),
			}
		}
		all := []cloud.RefundEntry{entry(saleID, 1, cloud.StepRefund), entry(saleID, 2, cloud.StepNone), entry(otherID, 1, cloud.StepReverse)}
		update(t, l, func(tx cloud.Tx) error {
			return errors.Join(tx.PutRefund(all[0]), tx.PutRefund(all[1]), tx.PutRefund(all[2]))
		})
		view(t, l, func(tx cloud.Tx) error {
			got, ok, err := tx.Refund(all[0].Answer.Refund)
			if !ok || got != all[0] {
				t.Errorf("%+v, %v", got, ok)
			}
			of, err2 := tx.RefundsOf(saleID)
			if !slices.Equal(of, all) { // the last is the other's by its number alone
				t.Errorf("of the sale: %+v", of)
			}
			if none, err := tx.RefundsOf(otherID); len(none) > 0 || err != nil {
				t.Errorf("of the other: %+v, %v", none, err)
			}
			open, err3 := tx.OpenRefunds()
			if !slices.Equal(open, []cloud.RefundEntry{all[0], all[2]}) {
				t.Errorf("open: %+v", open)
			}
			return errors.Join(err, err2, err3)
		})
		all[0].Step = cloud.StepNone
		update(t, l, func(tx cloud.Tx) error { return tx.PutRefund(all[0]) })
		view(t, l, func(tx cloud.Tx) error {
			open, err := tx.OpenRefunds()
			if !slices.Equal(open, all[2:]) {
				t.Errorf("open: %+v", open)
			}
			return err
		})
		if m, ok := l.(*memledger.Ledger); ok {
			m.FailCommit(errCommit)
			if err := l.Update(func(tx cloud.Tx) error { return tx.PutRefund(entry(saleID, 3, cloud.StepRefund)) }); !errors.Is(err, errCommit) {
				t.Error(err)
			}
			view(t, l, func(tx cloud.Tx) error {
				if _, ok, err := tx.Refund(payment.NewRefundID(saleID, 3)); ok || err != nil {
					t.Errorf("it stays: %v, %v", ok, err)
				}
				return nil
			})
		}
	})
}
