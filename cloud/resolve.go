package cloud

import (
	"time"

	"till/payment"
)

// answered takes an acquirer's answer and moves the attempt on. Every path
// leads to a settled attempt, or to another question.
func (b *batch) answered(e Answered) error {
	a, ok, err := b.tx.Attempt(e.Order)
	if err != nil || !ok {
		return err
	}
	if e.Result.Operator != "" {
		b.effects = append(b.effects, Alert{Terminal: a.Terminal, Order: a.Order, What: e.Result.Operator})
	}
	before := a.Answer
	if a.Status.Final() {
		b.answeredLate(&a, e)
	} else {
		b.resolve(&a, e)
	}
	if err := b.keep(a); err != nil {
		return err
	}
	if a.Answer == before {
		return nil
	}
	if a.Rev == before.Rev {
		a.Rev++ // something worth telling changed beside the status
		if err := b.keep(a); err != nil {
			return err
		}
	}
	return b.reply(a, 0)
}

// resolve is for an attempt whose fate is not known yet.
func (b *batch) resolve(a *Attempt, e Answered) {
	r := e.Result
	switch r.Outcome {
	case Paid:
		b.paid(a, r)
	case Refused:
		if a.Taken {
			b.queryOrReverse(a) // a contradiction: the money has to come back first
		} else {
			b.end(a, payment.Declined, r.Reason)
		}
	case Undone:
		b.undone(a)
	case Unpaid:
		if a.Mode != payment.QR || a.Status == payment.Reversing {
			b.queryOrReverse(a) // not closed yet, so it may still be paid
		} else {
			b.unpaid(a, e)
		}
	case Asking:
		b.asking(a)
	case LookUp:
		b.queryOrReverse(a)
		if a.Step == StepQuery {
			a.NextAt = b.now
		}
	case Busy:
		b.move(a, payment.Reversing, StepReverse, b.waits.QueryEvery)
	case NotFound:
		b.notFound(a, e.Step)
	default:
		b.unknown(a, e.Step)
	}
}

func (b *batch) paid(a *Attempt, r Result) {
	a.Wallet, a.Transaction, a.Payer = r.Wallet, r.Transaction, r.Payer
	a.Taken = true
	switch {
	case r.Amount != a.money():
		// Somebody else's order under our number, or an acquirer's fault: it is not
		// ours to keep.
		a.Reason = payment.AmountMismatch
		b.move(a, payment.Reversing, StepReverse, 0)
	case a.Cancel || a.Status == payment.Reversing:
		b.move(a, payment.Reversing, StepReverse, 0)
	default:
		b.end(a, payment.Approved, payment.ReasonNone)
	}
}

func (b *batch) undone(a *Attempt) {
	a.Taken = false
	switch {
	case a.Cancel:
		b.end(a, payment.Cancelled, payment.MerchantCancelled)
	case a.Reason == payment.AmountMismatch:
		b.end(a, payment.Reversed, payment.AmountMismatch)
	default:
		b.end(a, payment.Reversed, payment.CustomerSilent)
	}
}

// unpaid is a QR that waits for its customer.
func (b *batch) unpaid(a *Attempt, e Answered) {
	if e.Step == StepShow && a.QR == "" {
		a.QR = e.Result.QR
		a.Rev++
		if !e.Result.Expires.IsZero() && e.Result.Expires.Before(a.Expires) {
			a.Expires = e.Result.Expires
		}
	}
	b.waitOrExpire(a)
}

// waitOrExpire is a QR that nobody paid yet, as far as the acquirer knows.
func (b *batch) waitOrExpire(a *Attempt) {
	a.ReverseAt = time.Time{} // of a customer who was asked, and went back
	if !b.now.Before(a.Expires) {
		b.end(a, payment.Expired, payment.TooLate)
		b.watch(a, 0)
		return
	}
	b.move(a, payment.Waiting, StepQuery, b.waits.QueryQR)
}

// asking is a customer who has to confirm. Past their time the attempt is reversed.
func (b *batch) asking(a *Attempt) {
	if a.Status == payment.Reversing {
		b.move(a, payment.Reversing, StepReverse, b.waits.QueryEvery)
		return
	}
	if a.Status != payment.Password {
		b.move(a, payment.Password, StepQuery, b.waits.QueryEvery)
		a.ReverseAt = b.now.Add(b.waits.PasswordFor)
		return
	}
	b.queryOrReverse(a)
}

// notFound is never final by itself: the order may still be on its way. Only
// after neither query nor reversal knew it for long is it closed, and watched.
func (b *batch) notFound(a *Attempt, step Step) {
	switch {
	case step == StepShow:
		b.unknown(a, step)
		return
	case a.Mode == payment.QR && a.Status == payment.Waiting:
		b.waitOrExpire(a) // wallets may not know a QR before somebody scanned it
		return
	case a.Taken, b.now.Sub(a.Submitted) < b.waits.NotFoundFor:
		b.queryOrReverse(a)
		return
	}
	if a.Cancel {
		b.end(a, payment.Cancelled, payment.MerchantCancelled)
	} else {
		b.end(a, payment.Expired, payment.NotReached)
	}
	b.watch(a, b.waits.WatchEvery)
}

// unknown is an acquirer that did not answer, or did not know.
func (b *batch) unknown(a *Attempt, step Step) {
	if step == StepShow && a.Step == StepShow {
		if b.now.After(a.NotAfter) {
			b.end(a, payment.Expired, payment.NotReached)
			b.watch(a, b.waits.WatchEvery)
			return
		}
		b.move(a, payment.Waiting, StepShow, b.waits.QueryEvery)
		return
	}
	b.queryOrReverse(a)
}

// queryOrReverse asks again in a while, or begins to undo once that time has come.
func (b *batch) queryOrReverse(a *Attempt) {
	if a.Status == payment.Reversing {
		// Query and reversal take turns: a reversal that is refused may mean that it was paid.
		if a.Step == StepReverse {
			b.move(a, payment.Reversing, StepQuery, b.waits.QueryEvery/2)
		} else {
			b.move(a, payment.Reversing, StepReverse, b.waits.QueryEvery/2)
		}
		return
	}
	if !a.ReverseAt.IsZero() && !b.now.Before(a.ReverseAt) && !b.now.Before(a.Submitted.Add(b.waits.ReverseAfter)) {
		b.move(a, payment.Reversing, StepReverse, 0)
		return
	}
	status := payment.Checking
	if a.Status == payment.Password || a.Status == payment.Waiting {
		status = a.Status
	}
	wait := b.waits.QueryEvery
	if left := a.ReverseAt.Sub(b.now); !a.ReverseAt.IsZero() && left < wait {
		wait = max(left, time.Millisecond)
	}
	b.move(a, status, StepQuery, wait)
}

// answeredLate is for an attempt that is settled for its terminal: money that
// comes now is given back, and the terminal is told.
func (b *batch) answeredLate(a *Attempt, e Answered) {
	if a.Status == payment.Approved || a.Step == StepNone && e.Result.Outcome != Paid {
		return
	}
	switch e.Result.Outcome {
	case Paid:
		a.Wallet, a.Transaction, a.Payer = e.Result.Wallet, e.Result.Transaction, e.Result.Payer
		a.Taken = true
		a.Step, a.Tries = StepWatch, 1 // the reversal's turn
		a.NextAt = b.now
	case Undone:
		// Told only now that it is given back, which this answer may be the first to know of.
		a.Late = a.Late || a.Taken || e.Result.Amount.Amount > 0
		a.Taken, a.Step, a.NextAt = false, StepNone, time.Time{}
		a.Settled = b.now
	case Refused:
		if a.Taken {
			b.watch(a, b.waits.WatchEvery)
		} else {
			a.Step, a.NextAt = StepNone, time.Time{}
		}
	case NotFound:
		// It never arrived, or so it seems. News that comes later still counts: see notified.
		if !a.Taken && b.now.Sub(a.Submitted) >= b.waits.WatchFor {
			a.Step, a.NextAt = StepNone, time.Time{}
			return
		}
		b.watch(a, b.watchWait(a.Tries))
	default:
		b.watch(a, b.watchWait(a.Tries))
	}
}

// watchWait is how long the next look at a settled attempt can wait: longer and
// longer, up to a twelfth of the whole watch.
func (b *batch) watchWait(tries int) time.Duration {
	return min(b.waits.WatchEvery<<min(tries, 10), b.waits.WatchFor/12)
}
