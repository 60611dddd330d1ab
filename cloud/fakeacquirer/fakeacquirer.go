// Package fakeacquirer is an acquirer for tests and the simulation: it keeps a
// book of what became of every order, records each call, and answers by the
// book or by script: anything, nothing, or an error.
package fakeacquirer

import (
	"context"
	"maps"
	"slices"
	"sync"

	"till/cloud"
	"till/payment"
)

// State is where an order stands in the book.
type State string

const (
	Absent   State = ""         // never heard of
	Shown    State = "shown"    // a QR nobody paid yet
	Asking   State = "asking"   // the customer is asked to confirm
	Taken    State = "taken"    // the money is taken, and kept
	Refused  State = "refused"  // a final no, no money moved
	Closed   State = "closed"   // ended with no money moved; none ever will
	Returned State = "returned" // the money was taken, and all of it went back
)

// Call is one call as it came. Code is a test's, never a customer's.
type Call struct {
	Step  cloud.Step
	Order payment.Order
	Money payment.Money // of Charge and Show
	Code  string        // of Charge

	Refund payment.RefundID // of Refund, whose Money is what to give back
}

// Answer is the script of one call. The zero Answer does and says what the
// book says.
type Answer struct {
	Become State         // what the call makes of the order first, if it is not Absent
	Result *cloud.Result // said instead of what the book says
	Err    error         // said instead of a result
	Silent bool          // says nothing until the caller gives up
}

// Order is a line of the book.
type Order struct {
	Number payment.Order
	Money  payment.Money
	State  State
	Reason payment.Reason // of Refused

	Refunds map[payment.RefundID]int64 // what went back, in minor units
}

// Refunded is how much of the order went back in refunds.
func (o Order) Refunded() int64 {
	var sum int64
	for _, amount := range o.Refunds {
		sum += amount
	}
	return sum
}

// Acquirer is the fake. It may be used from several goroutines.
type Acquirer struct {
	mu      sync.Mutex
	book    map[payment.Order]*Order
	scripts map[cloud.Step][]Answer
	calls   []Call
}

var _ cloud.Acquirer = (*Acquirer)(nil)

// New is an acquirer with an empty book, who takes the money at once.
func New() *Acquirer {
	return &Acquirer{book: map[payment.Order]*Order{}, scripts: map[cloud.Step][]Answer{}}
}

// Script adds answers for the next calls of a step: charge, show, query or
// reverse. Without one left, the book answers.
func (a *Acquirer) Script(step cloud.Step, answers ...Answer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.scripts[step] = append(a.scripts[step], answers...)
}

// Become changes an order with no call: the customer pays, or the money moves late.
// It says whether it did: what is closed, refused or returned stays so.
func (a *Acquirer) Become(number payment.Order, s State) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.become(a.book[number], s)
}

// Open adds an order to the book with no call: one that was long on its way.
func (a *Acquirer) Open(number payment.Order, money payment.Money, s State) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.become(a.line(number, money), s)
}

// Calls are all calls so far, of the steps named or of all.
func (a *Acquirer) Calls(steps ...cloud.Step) []Call {
	a.mu.Lock()
	defer a.mu.Unlock()
	var some []Call
	for _, c := range a.calls {
		if len(steps) == 0 || slices.Contains(steps, c.Step) {
			some = append(some, c)
		}
	}
	return some
}

// State is where an order stands.
func (a *Acquirer) State(number payment.Order) State {
	a.mu.Lock()
	defer a.mu.Unlock()
	if o := a.book[number]; o != nil {
		return o.State
	}
	return Absent
}

// Orders is the whole book, in the order of the numbers.
func (a *Acquirer) Orders() []Order {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []Order
	for _, number := range slices.Sorted(maps.Keys(a.book)) {
		o := *a.book[number]
		o.Refunds = maps.Clone(o.Refunds)
		all = append(all, o)
	}
	return all
}

func (a *Acquirer) line(number payment.Order, money payment.Money) *Order {
	if a.book[number] == nil {
		a.book[number] = &Order{Number: number, Money: money}
	}
	return a.book[number]
}

func (a *Acquirer) become(o *Order, s State) bool {
	switch {
	case o == nil, o.State == Closed, o.State == Refused, o.State == Returned:
		return false
	case o.State == Taken && s != Returned:
		return false
	}
	o.State = s
	if s == Refused {
		o.Reason = payment.CustomerDeclined
	}
	return true
}

// answer records a call, does what the step or its script makes of the order,
// and says what comes of it.
func (a *Acquirer) answer(ctx context.Context, c Call, natural func(*Order) State) (cloud.Result, error) {
	a.mu.Lock()
	script := a.record(c)
	o := a.book[c.Order]
	byBook := script.Become == Absent && script.Result == nil && script.Err == nil
	if (c.Step == cloud.StepCharge || c.Step == cloud.StepShow) && (byBook || script.Become != Absent) {
		o = a.line(c.Order, c.Money)
	}
	before := Absent
	if o != nil {
		before = o.State
	}
	switch {
	case script.Become != Absent:
		a.become(o, script.Become)
	case byBook && o != nil:
		a.become(o, natural(o))
	}
	result := say(o, before)
	a.mu.Unlock()
	return script.or(ctx, result)
}

// record notes a call, and takes its script.
func (a *Acquirer) record(c Call) (script Answer) {
	a.calls = append(a.calls, c)
	if left := a.scripts[c.Step]; len(left) > 0 {
		script, a.scripts[c.Step] = left[0], left[1:]
	}
	return script
}

// or says what the script says, or what the book does.
func (script Answer) or(ctx context.Context, book cloud.Result) (cloud.Result, error) {
	switch {
	case script.Silent:
		<-ctx.Done()
		return cloud.Result{}, ctx.Err()
	case script.Err != nil:
		return cloud.Result{}, script.Err
	case script.Result != nil:
		return *script.Result, nil
	}
	return book, nil
}

// say is what the book says of an order.
func say(o *Order, before State) cloud.Result {
	if o == nil {
		return cloud.Result{Outcome: cloud.NotFound}
	}
	switch o.State {
	case Shown:
		return cloud.Result{Outcome: cloud.Unpaid, QR: "qr " + string(o.Number)}
	case Asking:
		return cloud.Result{Outcome: cloud.Asking, Wallet: payment.WeChat}
	case Taken:
		return cloud.Result{
			Outcome: cloud.Paid, Amount: o.Money, Wallet: payment.WeChat,
			Transaction: "4200" + string(o.Number), Payer: "o***fake",
		}
	case Refused:
		return cloud.Result{Outcome: cloud.Refused, Reason: o.Reason}
	case Closed:
		return cloud.Result{Outcome: cloud.Undone}
	case Returned:
		r := cloud.Result{Outcome: cloud.Undone}
		if before == Taken { // said once, by the call that gave it back
			r.Amount = o.Money
		}
		return r
	default:
		return cloud.Result{Outcome: cloud.NotFound}
	}
}

// Charge takes the money, unless the order stands somewhere already.
func (a *Acquirer) Charge(ctx context.Context, order cloud.Order, code string) (cloud.Result, error) {
	return a.answer(ctx, Call{Step: cloud.StepCharge, Order: order.Number, Money: order.Amount, Code: code}, func(o *Order) State {
		if o.State == Absent {
			return Taken
		}
		return o.State
	})
}

// Show opens an order that waits for its customer.
func (a *Acquirer) Show(ctx context.Context, order cloud.Order) (cloud.Result, error) {
	return a.answer(ctx, Call{Step: cloud.StepShow, Order: order.Number, Money: order.Amount}, func(o *Order) State {
		if o.State == Absent {
			return Shown
		}
		return o.State
	})
}

// Query says what the book says.
func (a *Acquirer) Query(ctx context.Context, number payment.Order) (cloud.Result, error) {
	return a.answer(ctx, Call{Step: cloud.StepQuery, Order: number}, func(o *Order) State { return o.State })
}

// Reverse gives the money back, or closes the order.
func (a *Acquirer) Reverse(ctx context.Context, number payment.Order) (cloud.Result, error) {
	return a.answer(ctx, Call{Step: cloud.StepReverse, Order: number}, func(o *Order) State {
		if o.State == Taken {
			return Returned
		}
		return Closed
	})
}

// Refund gives money of a taken order back, once for each number. Scripts may
// let it do so and say something else: Become set to Taken does that.
func (a *Acquirer) Refund(ctx context.Context, r cloud.Refund) (cloud.Result, error) {
	a.mu.Lock()
	script := a.record(Call{Step: cloud.StepRefund, Order: r.Order.Number, Money: r.Amount, Refund: r.Number})
	if o := a.book[r.Order.Number]; o != nil && script.Result != nil && script.Result.Outcome == cloud.Refused {
		if _, given := o.Refunds[r.Number]; given {
			script = Answer{} // what is given back is refused by no wallet
		}
	}
	byBook := script.Result == nil && script.Err == nil && !script.Silent
	result := cloud.Result{Outcome: cloud.Unknown}
	if byBook || script.Become == Taken {
		result = a.giveBack(r)
	}
	a.mu.Unlock()
	return script.or(ctx, result)
}

func (a *Acquirer) giveBack(r cloud.Refund) cloud.Result {
	o := a.book[r.Order.Number]
	if o == nil || o.State != Taken {
		return cloud.Result{Outcome: cloud.Refused, Reason: payment.NotPaid}
	}
	if _, again := o.Refunds[r.Number]; !again {
		if o.Refunded()+r.Amount.Amount > o.Money.Amount {
			return cloud.Result{Outcome: cloud.Refused, Reason: payment.OverRefund}
		}
		if o.Refunds == nil {
			o.Refunds = map[payment.RefundID]int64{}
		}
		o.Refunds[r.Number] = r.Amount.Amount
	}
	return cloud.Result{Outcome: cloud.Undone, Amount: r.Amount, Transaction: "5000" + string(r.Number)}
}
