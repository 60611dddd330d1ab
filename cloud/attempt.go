package cloud

import (
	"time"

	"till/payment"
)

// keep commits an attempt with the batch.
func (b *batch) keep(a Attempt) error {
	if err := b.tx.PutAttempt(a); err != nil {
		return err
	}
	b.attempts.keep(a.Order, a.Open(), a.NextAt)
	return nil
}

// move changes what is known of an attempt, and when it is looked at next.
func (b *batch) move(a *Attempt, status payment.AttemptStatus, step Step, wait time.Duration) {
	if a.Status != status {
		a.Status = status
		a.Rev++
	}
	if a.Step != step {
		a.Step, a.Tries = step, 0
	}
	a.NextAt = b.now.Add(wait)
}

// end settles an attempt.
func (b *batch) end(a *Attempt, status payment.AttemptStatus, reason payment.Reason) {
	b.move(a, status, StepNone, 0)
	a.Reason = reason
	a.NextAt, a.ReverseAt = time.Time{}, time.Time{}
	a.Settled = b.now
}

// watch goes on with an attempt that is settled for the terminal and may not be for the wallet.
func (b *batch) watch(a *Attempt, wait time.Duration) {
	if a.Step != StepWatch {
		a.Step, a.Tries = StepWatch, 0
	}
	a.NextAt = b.now.Add(wait)
}

// patience is when a question that was never answered is asked again.
func (b *batch) patience() time.Time { return b.now.Add(b.waits.CallFor + b.waits.QueryEvery) }

// dueNow makes the calls that are due.
func (b *batch) dueNow() error {
	for _, order := range b.attempts.now(b.now) {
		if err := b.call(order); err != nil {
			return err
		}
	}
	for _, id := range b.refunds.now(b.now) {
		if err := b.callRefund(id); err != nil {
			return err
		}
	}
	return nil
}

// notified looks at an order now, without waiting for its turn.
func (b *batch) notified(order payment.Order) error {
	a, ok, err := b.tx.Attempt(order)
	if err != nil || !ok || a.Status == payment.Approved {
		return err
	}
	if !a.Open() { // settled, and yet the wallet has news: it may be money
		b.watch(&a, 0)
		if err := b.keep(a); err != nil {
			return err
		}
	}
	return b.call(order)
}

// call asks the next question about an attempt, unless one is out.
func (b *batch) call(order payment.Order) error {
	if b.attempts.held(order, b.now) {
		return nil
	}
	a, ok, err := b.tx.Attempt(order)
	if err != nil || !ok || !a.Open() {
		return err
	}
	step := a.Step
	switch step {
	case StepCharge: // its answer is overdue; the code is gone, so it is asked after
		step = StepQuery
		b.move(&a, payment.Checking, StepQuery, 0)
		if err := b.reply(a, 0); err != nil {
			return err
		}
	case StepWatch:
		// A query first: a reversal alone, its answer lost, would not tell of money that came.
		if a.Tries%2 == 0 {
			step = StepQuery
		} else {
			step = StepReverse
		}
	}
	if earliest := a.Submitted.Add(b.waits.ReverseAfter); step == StepReverse && b.now.Before(earliest) {
		a.NextAt = earliest
		return b.keep(a)
	}
	a.Tries++
	a.NextAt = b.patience()
	if err := b.keep(a); err != nil {
		return err
	}
	b.attempts.ask(order)
	b.effects = append(b.effects, Call{Step: step, Order: Order{Number: a.Order, Amount: a.money()}})
	return nil
}
