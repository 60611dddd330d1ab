package cloud_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"till/cloud"
	"till/cloud/fakeacquirer"
	"till/cloud/memledger"
	"till/payment"
	"till/sync/wire"
)

const (
	terminal = "museum-1"
	saleID   = payment.SaleID("01JD0000000000000000000001")
	otherID  = payment.SaleID("01JD0000000000000000000002")
	code     = "134567890123456789" // in the form of a WeChat Pay code, and nobody's
)

var (
	first  = payment.NewOrder(saleID, 1)
	second = payment.NewOrder(saleID, 2)
	start  = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	usd    = payment.Money{Amount: 1234, Currency: "USD"}
	waits  = cloud.WalletWaits(1)
)

// errCommit is what a commit fails with when it is told to.
var errCommit = errors.New("the disk is full")

// rig steps a gateway in virtual time, with one goroutine, over a ledger in
// memory and a scripted acquirer.
type rig struct {
	t        testing.TB
	now      time.Time
	key      wire.OpeningKey
	ledger   *memledger.Ledger
	gateway  *cloud.Gateway
	acquirer *fakeacquirer.Acquirer

	pending   []pendingAnswer // of calls that were made
	begun     map[payment.Order]time.Time
	broken    []string // laws that were broken
	replies   []wire.AnyReply
	acks      []wire.Acknowledgement
	rejected  []error
	steps     int
	before    func([]cloud.Event) // called before every step
	lose      func() bool         // whether the effects of this step are lost, with the gateway
	afterStep func()              // called after every step, whose calls have been made
}

type pendingAnswer struct {
	at time.Time
	cloud.Answered
}

func newRig(t testing.TB) *rig {
	t.Helper()
	key, err := wire.NewOpeningKey()
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{
		t: t, now: start, key: key, ledger: memledger.New(), acquirer: fakeacquirer.New(),
		begun: map[payment.Order]time.Time{},
	}
	r.restart()
	return r
}

// restart puts a new gateway on the same ledger. What was asked gets no answer any more.
func (r *rig) restart() {
	r.t.Helper()
	gateway, err := cloud.NewGateway(r.ledger, r.key, waits)
	if err != nil {
		r.t.Fatal(err)
	}
	r.gateway, r.pending = gateway, nil
}

// handle takes events and does nothing about the effects.
func (r *rig) handle(events ...cloud.Event) []cloud.Effect {
	r.t.Helper()
	effects, err := r.gateway.Handle(events, r.now)
	if err != nil {
		r.t.Fatal(err)
	}
	return effects
}

// step takes events together, publishes, and makes the calls; their answers are pending.
func (r *rig) step(events ...cloud.Event) {
	r.t.Helper()
	if r.before != nil {
		r.before(events)
	}
	if effects := r.handle(events...); r.lose != nil && r.lose() {
		r.restart()
	} else {
		r.do(effects)
	}
	r.steps++
	if r.afterStep != nil {
		r.afterStep()
	}
}

func (r *rig) do(effects []cloud.Effect) {
	r.t.Helper()
	for _, e := range effects {
		switch e := e.(type) {
		case cloud.Send:
			r.take(e)
		case cloud.Rejected:
			r.rejected = append(r.rejected, e.Err)
		case cloud.Call:
			r.call(e)
		}
	}
}

func (r *rig) take(s cloud.Send) {
	r.t.Helper()
	switch s.Channel {
	case wire.Replies:
		reply, err := wire.Decode[wire.AnyReply](s.Payload)
		if err != nil {
			r.t.Fatal(err)
		}
		r.replies = append(r.replies, reply)
	case wire.Ack:
		ack, err := wire.Decode[wire.Acknowledgement](s.Payload)
		if err != nil {
			r.t.Fatal(err)
		}
		r.acks = append(r.acks, ack)
	default:
		r.t.Fatalf("the gateway sends on %s", s.Channel)
	}
}

// call asks the acquirer as the server does, but in no time. A silent one is
// given up after CallFor. It holds the laws that show here.
func (r *rig) call(c cloud.Call) {
	order := c.Order.Number
	switch c.Step {
	case cloud.StepCharge, cloud.StepShow:
		if _, again := r.begun[order]; again && c.Step == cloud.StepCharge {
			r.broken = append(r.broken, "order "+string(order)+" is charged twice")
		} else if !again {
			r.begun[order] = r.now
		}
	case cloud.StepReverse:
		if began, ok := r.begun[order]; ok && r.now.Before(began.Add(waits.ReverseAfter)) {
			r.broken = append(r.broken, "order "+string(order)+" is reversed "+r.now.Sub(began).String()+" after it began")
		}
	}
	if c.Refund.Number != "" {
		if e, ok := r.refund(c.Refund.Number); !ok || !e.Open() {
			r.broken = append(r.broken, "refund "+string(c.Refund.Number)+" was not committed before its call")
		}
	} else if a, ok := r.attempt(order); !ok || !a.Open() {
		r.broken = append(r.broken, "order "+string(order)+" was not committed before its call")
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	result, err := ask(gone, r.acquirer, c)
	at := r.now
	if errors.Is(err, context.Canceled) {
		at = r.now.Add(waits.CallFor)
	}
	if err != nil {
		result = cloud.Result{Outcome: cloud.Unknown}
	}
	r.pending = append(r.pending, pendingAnswer{at, cloud.Answered{Order: order, Refund: c.Refund.Number, Step: c.Step, Result: result}})
}

func ask(ctx context.Context, a cloud.Acquirer, c cloud.Call) (cloud.Result, error) {
	switch c.Step {
	case cloud.StepCharge:
		return a.Charge(ctx, c.Order, c.Code)
	case cloud.StepShow:
		return a.Show(ctx, c.Order)
	case cloud.StepReverse:
		return a.Reverse(ctx, c.Order.Number)
	case cloud.StepRefund:
		return a.Refund(ctx, c.Refund)
	default:
		return a.Query(ctx, c.Order.Number)
	}
}

// next is when something is due next, an answer or the gateway; zero if nothing is.
func (r *rig) next() time.Time {
	at := r.gateway.Deadline()
	for _, p := range r.pending {
		if at.IsZero() || p.at.Before(at) {
			at = p.at
		}
	}
	return at
}

// run lets time pass, with all that is due in it.
func (r *rig) run(d time.Duration) {
	r.t.Helper()
	end := r.now.Add(d)
	for range 100_000 {
		at := r.next()
		if at.IsZero() || at.After(end) {
			r.now = end
			return
		}
		if at.After(r.now) {
			r.now = at
		}
		i := slices.IndexFunc(r.pending, func(p pendingAnswer) bool { return !p.at.After(r.now) })
		if i < 0 {
			r.step(cloud.Due{})
			continue
		}
		answer := r.pending[i].Answered
		r.pending = slices.Delete(r.pending, i, i+1)
		r.step(answer)
	}
	r.t.Fatalf("no rest after 100000 steps; the clock is at %v", r.now)
}

// request has a terminal ask something.
func (r *rig) request(from string, q wire.Request) {
	r.t.Helper()
	r.step(message(r.t, from, wire.Requests, q))
}

func message(t testing.TB, from string, c wire.Channel, m any) cloud.Message {
	t.Helper()
	payload, err := wire.Encode(m)
	if err != nil {
		t.Fatal(err)
	}
	return cloud.Message{Terminal: from, Channel: c, Payload: payload}
}

// charge is a request to charge an order, that may be taken within 20 s.
func (r *rig) charge(order payment.Order) wire.Request {
	r.t.Helper()
	sealed, err := r.key.Public().Seal(order, code)
	if err != nil {
		r.t.Fatal(err)
	}
	return wire.Request{
		Op: wire.Charge, Order: order, Tender: 1, Amount: usd.Amount, Currency: usd.Currency,
		Wallet: payment.WeChat, Sealed: sealed, NotAfter: r.now.Add(20 * time.Second), Sent: time.Second,
	}
}

func (r *rig) show(order payment.Order) wire.Request {
	q := r.charge(order)
	q.Op, q.Sealed, q.Wallet = wire.Show, nil, payment.WalletUnknown
	return q
}

func about(op wire.Op, order payment.Order) wire.Request {
	return wire.Request{Op: op, Order: order, Tender: 1, Amount: usd.Amount, Currency: usd.Currency, Sent: time.Second}
}

func (r *rig) attempt(order payment.Order) (a cloud.Attempt, ok bool) {
	r.t.Helper()
	err := r.ledger.View(func(tx cloud.Tx) error {
		var err error
		a, ok, err = tx.Attempt(order)
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return a, ok
}

func (r *rig) refund(id payment.RefundID) (e cloud.RefundEntry, ok bool) {
	r.t.Helper()
	err := r.ledger.View(func(tx cloud.Tx) error {
		var err error
		e, ok, err = tx.Refund(id)
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return e, ok
}

// expect holds what the ledger and the newest reply say of an order, and the laws so far.
func (r *rig) expect(order payment.Order, status payment.AttemptStatus, reason payment.Reason) {
	r.t.Helper()
	a, ok := r.attempt(order)
	if !ok || a.Status != status || a.Reason != reason {
		r.t.Errorf("order %s is %q (%q), want %q (%q)", order, a.Status, a.Reason, status, reason)
	}
	if told := r.told(order); told.Status != status || told.Reason != reason {
		r.t.Errorf("the terminal was told that order %s is %q (%q), want %q (%q)", order, told.Status, told.Reason, status, reason)
	}
	r.lawful()
}

func (r *rig) lawful() {
	r.t.Helper()
	for _, b := range r.broken {
		r.t.Error("law broken: " + b)
	}
	r.broken = nil
}

// told is the newest answer that a terminal has of an order.
func (r *rig) told(order payment.Order) payment.Answer {
	var newest payment.Answer
	for _, reply := range r.replies {
		if reply.Order == order && reply.Rev >= newest.Rev {
			newest = reply.Answer
		}
	}
	return newest
}

// book holds what became of the money.
func (r *rig) book(order payment.Order, want fakeacquirer.State) {
	r.t.Helper()
	if s := r.acquirer.State(order); s != want {
		r.t.Errorf("the acquirer has order %s as %q, want %q", order, s, want)
	}
}

func (r *rig) calls(want int, steps ...cloud.Step) {
	r.t.Helper()
	if got := r.acquirer.Calls(steps...); len(got) != want {
		r.t.Errorf("%d calls of %v: %v; want %d", len(got), steps, got, want)
	}
}
