package cloud_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"till/cloud"
	"till/cloud/fakeacquirer"
	"till/payment"
	"till/sync/wire"
)

// wild is a world where nothing is reliable: terminals that repeat themselves
// in any order, an acquirer that loses requests and answers and moves money
// when it likes, a gateway that ends at any moment and whose commits fail.
type wild struct {
	*rig
	rt      *rapid.T
	network []cloud.Message // on its way from terminals, in no order; may be delivered twice
	moves   []move          // requests on their way to the acquirer, and customers' doings
	opened  map[payment.Order]bool
	healed  bool
}

// move is what happens at the acquirer later.
type move struct {
	order payment.Order
	money payment.Money
	to    fakeacquirer.State
}

var wildOrders = func() (orders []payment.Order) {
	for _, sale := range []payment.SaleID{saleID, otherID} {
		for n := 1; n <= 4; n++ {
			orders = append(orders, payment.NewOrder(sale, n))
		}
	}
	return orders
}()

// tenderOf is fixed for an order, as a terminal's journal fixes it.
func tenderOf(order payment.Order) int {
	_, n, err := order.Split()
	if err != nil || n < 4 {
		return 1
	}
	return 2
}

func (w *wild) ask() {
	order := rapid.SampledFrom(wildOrders).Draw(w.rt, "order")
	op := rapid.SampledFrom([]wire.Op{wire.Charge, wire.Charge, wire.Show, wire.Query, wire.Cancel}).Draw(w.rt, "op")
	q := w.charge(order)
	q.Op, q.Tender = op, tenderOf(order)
	if op != wire.Charge {
		q.Sealed = nil
	}
	q.NotAfter = w.now.Add(time.Duration(rapid.IntRange(-5, 60).Draw(w.rt, "not after")) * time.Second)
	w.network = append(w.network, message(w.t, terminal, wire.Requests, q))
}

// deliver hands over some messages, together, and may keep them for another time.
func (w *wild) deliver() {
	var events []cloud.Event
	for range rapid.IntRange(1, 3).Draw(w.rt, "together") {
		if len(w.network) == 0 {
			break
		}
		i := rapid.IntRange(0, len(w.network)-1).Draw(w.rt, "which")
		events = append(events, w.network[i])
		if !rapid.Bool().Draw(w.rt, "again later") {
			w.network = slices.Delete(w.network, i, i+1)
		}
	}
	if rapid.IntRange(0, 3).Draw(w.rt, "due too") == 0 {
		events = append(events, cloud.Due{})
	}
	w.wildStep(events...)
}

func (w *wild) answer() {
	if len(w.pending) == 0 {
		return
	}
	i := rapid.IntRange(0, len(w.pending)-1).Draw(w.rt, "which")
	a := w.pending[i].Answered
	w.pending = slices.Delete(w.pending, i, i+1)
	w.wildStep(a)
}

func (w *wild) notify() {
	w.wildStep(cloud.Notified{Order: rapid.SampledFrom(wildOrders).Draw(w.rt, "order")})
}

func (w *wild) pass() {
	w.now = w.now.Add(time.Duration(rapid.IntRange(1, 40_000).Draw(w.rt, "milliseconds")) * time.Millisecond)
	w.wildStep(cloud.Due{})
}

// wildStep may fail to commit, or lose the effects with the gateway.
func (w *wild) wildStep(events ...cloud.Event) {
	if len(events) == 0 {
		return
	}
	fate := rapid.IntRange(0, 9).Draw(w.rt, "fate")
	if fate == 0 {
		w.ledger.FailCommit(errCommit)
	}
	before := w.tenders(cloud.Attempt.Open)
	effects, err := w.gateway.Handle(events, w.now)
	switch {
	case fate == 0:
		if err == nil || len(effects) != 0 {
			w.rt.Fatalf("a failed commit gives %v and %d effects", err, len(effects))
		}
	case err != nil:
		w.rt.Fatal(err)
	case fate == 1:
		w.restart()
	default:
		w.begins(before, effects)
		w.call(effects)
	}
}

// tenders are the attempts that are so, by sale and tender.
func (w *wild) tenders(so func(cloud.Attempt) bool) map[string][]payment.Order {
	open := map[string][]payment.Order{}
	for _, order := range wildOrders {
		if a, seen := w.attempt(order); seen && so(a) {
			key := tender(order)
			open[key] = append(open[key], order)
		}
	}
	return open
}

func tender(order payment.Order) string { return fmt.Sprintf("%s/%d", order[:26], tenderOf(order)) }

func unsettled(a cloud.Attempt) bool { return !a.Status.Final() }

// begins holds that no attempt begins while an earlier one of its tender is open, at
// the wallet too, and that there is never more than one unsettled.
func (w *wild) begins(before map[string][]payment.Order, effects []cloud.Effect) {
	for _, e := range effects {
		c, ok := e.(cloud.Call)
		if !ok || c.Step != cloud.StepCharge && c.Step != cloud.StepShow || w.opened[c.Order.Number] {
			continue
		}
		w.opened[c.Order.Number] = true
		if slices.Contains(before[tender(c.Order.Number)], c.Order.Number) {
			continue // begun before, and the call was lost with its gateway; news may have opened an earlier one since
		}
		after, _ := w.attempt(c.Order.Number)
		for _, order := range before[tender(c.Order.Number)] {
			if a, _ := w.attempt(order); order < c.Order.Number && a.Open() { // a later one can only be open by news of it
				w.rt.Fatalf("order %s begins (%s) while %s is %s", c.Order.Number, after.Status, order, a.Status)
			}
		}
	}
	for key, orders := range w.tenders(unsettled) {
		if len(orders) > 1 {
			w.rt.Fatalf("tender %s has unsettled attempts %v", key, orders)
		}
	}
}

// call lets each call arrive or not, now or later, and be answered or not.
func (w *wild) call(effects []cloud.Effect) {
	for _, e := range effects {
		c, ok := e.(cloud.Call)
		if !ok {
			continue
		}
		if w.healed {
			w.rig.call(c)
			continue
		}
		switch rapid.IntRange(0, 5).Draw(w.rt, "call") {
		case 0: // never arrives
			w.lawfulCall(c)
			w.pending = append(w.pending, w.unknown(c))
		case 1: // arrives later, if it moves anything
			w.lawfulCall(c)
			w.pending = append(w.pending, w.unknown(c))
			to := map[cloud.Step]fakeacquirer.State{cloud.StepCharge: fakeacquirer.Taken, cloud.StepShow: fakeacquirer.Shown}[c.Step]
			if to != fakeacquirer.Absent {
				w.moves = append(w.moves, move{c.Order.Number, c.Order.Amount, to})
			}
		case 2: // arrives, and is not answered
			w.rig.call(c)
			w.pending[len(w.pending)-1] = w.unknown(c)
		case 3: // arrives, and is answered by a system error or rubbish that moves nothing
			w.lawfulCall(c)
			p := w.unknown(c)
			p.Result.Outcome = rapid.SampledFrom([]cloud.Outcome{cloud.Unknown, cloud.Busy, cloud.NotFound, cloud.Unpaid, cloud.Asking, ""}).Draw(w.rt, "outcome")
			w.pending = append(w.pending, p)
		default:
			if c.Step == cloud.StepCharge {
				w.acquirer.Script(c.Step, fakeacquirer.Answer{Become: rapid.SampledFrom([]fakeacquirer.State{
					fakeacquirer.Taken, fakeacquirer.Asking, fakeacquirer.Refused,
				}).Draw(w.rt, "charge")})
			}
			w.rig.call(c)
		}
	}
}

// lawfulCall holds a call against the laws that rig.call holds, for one that does not arrive.
func (w *wild) lawfulCall(c cloud.Call) {
	if began, ok := w.begun[c.Order.Number]; c.Step == cloud.StepCharge && ok {
		w.rt.Fatalf("order %s is charged again, first at %v", c.Order.Number, began)
	} else if !ok && (c.Step == cloud.StepCharge || c.Step == cloud.StepShow) {
		w.begun[c.Order.Number] = w.now
	} else if ok && c.Step == cloud.StepReverse && w.now.Before(began.Add(waits.ReverseAfter)) {
		w.rt.Fatalf("order %s is reversed too soon", c.Order.Number)
	}
}

func (w *wild) unknown(c cloud.Call) pendingAnswer {
	return pendingAnswer{at: w.now, Answered: cloud.Answered{Order: c.Order.Number, Step: c.Step, Result: cloud.Result{Outcome: cloud.Unknown}}}
}

// happen lets a delayed request arrive, or a customer do something.
func (w *wild) happen() {
	if len(w.moves) > 0 && rapid.Bool().Draw(w.rt, "arrives") {
		i := rapid.IntRange(0, len(w.moves)-1).Draw(w.rt, "which")
		m := w.moves[i]
		w.moves = slices.Delete(w.moves, i, i+1)
		if w.acquirer.State(m.order) == fakeacquirer.Absent {
			w.acquirer.Open(m.order, m.money, m.to)
		}
		return
	}
	order := rapid.SampledFrom(wildOrders).Draw(w.rt, "order")
	switch w.acquirer.State(order) {
	case fakeacquirer.Shown, fakeacquirer.Asking:
		w.acquirer.Become(order, rapid.SampledFrom([]fakeacquirer.State{
			fakeacquirer.Asking, fakeacquirer.Taken, fakeacquirer.Refused, fakeacquirer.Shown,
		}).Draw(w.rt, "customer"))
	}
}

// heal lets all that is on its way arrive, and time pass with an acquirer that answers.
func (w *wild) heal() {
	w.healed = true
	for _, m := range w.moves {
		if w.acquirer.State(m.order) == fakeacquirer.Absent {
			w.acquirer.Open(m.order, m.money, m.to)
		}
	}
	w.run(time.Hour)
}

func (w *wild) check() {
	approved := map[string]payment.Order{}
	for _, order := range wildOrders {
		a, seen := w.attempt(order)
		money := w.acquirer.State(order)
		kept := money == fakeacquirer.Taken
		switch {
		case !seen && money != fakeacquirer.Absent:
			w.rt.Fatalf("order %s is %s at the acquirer, and the ledger does not know it", order, money)
		case !seen:
			continue
		case !a.Status.Final():
			w.rt.Fatalf("order %s never ends: %s, %s", order, a.Status, a.Step)
		case kept != (a.Status == payment.Approved):
			w.rt.Fatalf("order %s is %s, its money %s", order, a.Status, money)
		case a.Late && money != fakeacquirer.Returned:
			w.rt.Fatalf("order %s is told of as given back, its money %s", order, money)
		case a.Taken && !kept:
			w.rt.Fatalf("order %s is thought to hold money, and it is %s", order, money)
		}
		if kept {
			if other, twice := approved[tender(order)]; twice {
				w.rt.Fatalf("orders %s and %s are both paid for one tender", other, order)
			}
			approved[tender(order)] = order
		}
	}
	if len(w.broken) > 0 {
		w.rt.Fatalf("laws broken: %v", w.broken)
	}
}

func TestEveryAttemptEnds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := &wild{rig: newRig(t), rt: rt, opened: map[payment.Order]bool{}}
		do := []func(){w.ask, w.ask, w.deliver, w.deliver, w.answer, w.answer, w.pass, w.pass, w.happen, w.notify, w.restart}
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			do[rapid.IntRange(0, len(do)-1).Draw(rt, "do")]()
		}
		for len(w.network) > 0 { // what is left of the requests arrives too
			w.deliver()
		}
		w.heal()
		w.check()
	})
}
