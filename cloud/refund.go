package cloud

import (
	"fmt"
	"time"

	"till/payment"
	"till/sync/wire"
)

// refund takes a terminal's wish to give money back, or says what became of it.
// How much is left to give is the gateway's to say: it has every refund.
func (b *batch) refund(terminal string, r wire.Request) error {
	sale, _, err := r.Refund.Split()
	if err != nil {
		return b.reject(terminal, err)
	}
	paid, _, err := r.Order.Split()
	if err != nil {
		return b.reject(terminal, fmt.Errorf("refund %s: %w", r.Refund, err))
	}
	if len(r.Currency) > maxText {
		return b.reject(terminal, fmt.Errorf("refund %s: currency of more than %d bytes", r.Refund, maxText))
	}
	entry, seen, err := b.tx.Refund(r.Refund)
	if err != nil {
		return err
	}
	if !seen {
		mine, err := b.mayNumber(terminal, sale, paid, r.Order)
		if err != nil {
			return err
		}
		if !mine { // not kept: the number is another's to use
			return b.replyRefund(RefundEntry{Terminal: terminal, Answer: payment.RefundAnswer{
				Refund: r.Refund, Rev: 1, Status: payment.RefundRefused, Reason: payment.NotPaid, Amount: r.Amount, Currency: r.Currency,
			}}, r.Sent)
		}
		if entry, err = b.beginRefund(terminal, sale, paid, r); err != nil {
			return err
		}
	}
	if entry.Terminal != terminal {
		return b.reject(terminal, fmt.Errorf("refund %s belongs to terminal %s", r.Refund, entry.Terminal))
	}
	return b.replyRefund(entry, r.Sent)
}

// mayNumber says that a terminal may number refunds by a sale: its own, one that it
// has fetched, or one that nobody has told of yet.
func (b *batch) mayNumber(terminal string, sale, paid payment.SaleID, order payment.Order) (bool, error) {
	var of Attempt // that was paid, where it is the sale's own
	if sale == paid {
		var err error
		if of, _, err = b.tx.Attempt(order); err != nil {
			return false, err
		}
	}
	owner, err := b.owner(sale, of)
	return owner == "" || owner == terminal, err
}

// beginRefund holds a new refund to what is left, and starts it. sale is that of
// its number, paid that of the money: another, where a terminal has fetched it.
func (b *batch) beginRefund(terminal string, sale, paid payment.SaleID, r wire.Request) (RefundEntry, error) {
	entry := RefundEntry{Terminal: terminal, Order: r.Order, Void: r.Void, Submitted: b.now}
	entry.Answer = payment.RefundAnswer{
		Refund: r.Refund, Rev: 1, Status: payment.RefundRequested, Amount: r.Amount, Currency: r.Currency,
	}
	seller, err := terminal, error(nil)
	if sale != paid {
		seller, err = b.seller(terminal, sale, paid, r.Void)
	}
	if err != nil {
		return entry, err
	}
	why, err := b.refundable(seller, paid, r)
	if err != nil {
		return entry, err
	}
	if why != payment.ReasonNone {
		entry.Answer.Status, entry.Answer.Reason, entry.Settled = payment.RefundRefused, why, b.now
		return entry, b.keepRefund(entry)
	}
	entry.Step = StepRefund
	if r.Void {
		entry.Step = StepReverse // it costs the merchant nothing, where the wallet still allows it
	}
	entry.NextAt = b.now
	if err := b.keepRefund(entry); err != nil {
		return entry, err
	}
	return entry, b.callRefund(r.Refund)
}

// refundable says why an amount cannot be given back of what a terminal's sale was
// paid; ReasonNone if it can.
func (b *batch) refundable(terminal string, sale payment.SaleID, r wire.Request) (payment.Reason, error) {
	paid, seen, err := b.tx.Attempt(r.Order)
	if err != nil {
		return payment.ReasonNone, err
	}
	if !seen || paid.Status != payment.Approved || paid.Terminal != terminal {
		return payment.NotPaid, nil
	}
	earlier, err := b.tx.RefundsOf(sale)
	if err != nil {
		return payment.ReasonNone, err
	}
	left := paid.Amount - givenBack(earlier, r.Order)
	if r.Amount <= 0 || r.Amount > left || r.Currency != paid.Currency || r.Void && (r.Amount != left || left != paid.Amount) {
		return payment.OverRefund, nil
	}
	return payment.ReasonNone, nil
}

// givenBack is what was asked back of an order, and not refused.
func givenBack(refunds []RefundEntry, order payment.Order) (sum int64) {
	for _, e := range refunds {
		if e.Order == order && e.Answer.Status != payment.RefundRefused {
			sum += e.Answer.Amount
		}
	}
	return sum
}

// callRefund asks the acquirer for a refund, again and again until it is through.
func (b *batch) callRefund(id payment.RefundID) error {
	if b.refunds.held(id, b.now) {
		return nil
	}
	entry, ok, err := b.tx.Refund(id)
	if err != nil || !ok || !entry.Open() {
		return err
	}
	paid, _, err := b.tx.Attempt(entry.Order)
	if err != nil {
		return err
	}
	if earliest := paid.Submitted.Add(b.waits.ReverseAfter); entry.Step == StepReverse && b.now.Before(earliest) {
		entry.NextAt = earliest
		return b.keepRefund(entry)
	}
	entry.Tries++
	entry.NextAt = b.patience()
	if err := b.keepRefund(entry); err != nil {
		return err
	}
	b.refunds.ask(id)
	order := Order{Number: entry.Order, Amount: paid.money()}
	b.effects = append(b.effects, Call{
		Step: entry.Step, Order: order, Refund: Refund{Number: id, Order: order, Amount: entry.money()},
	})
	return nil
}

// refundAnswered takes the acquirer's word on a refund.
func (b *batch) refundAnswered(e Answered) error {
	entry, ok, err := b.tx.Refund(e.Refund)
	if err != nil || !ok || !entry.Open() {
		return err
	}
	if e.Result.Operator != "" {
		b.effects = append(b.effects, Alert{Terminal: entry.Terminal, Order: entry.Order, What: e.Result.Operator})
	}
	before := entry.Answer
	b.resolveRefund(&entry, e)
	if entry.Answer != before {
		entry.Answer.Rev++
	}
	if err := b.keepRefund(entry); err != nil || entry.Answer == before {
		return err
	}
	return b.replyRefund(entry, 0)
}

func (b *batch) resolveRefund(entry *RefundEntry, e Answered) {
	again := func(step Step, wait time.Duration) { entry.Step, entry.NextAt = step, b.now.Add(wait) }
	switch r := e.Result; {
	case r.Outcome == Undone:
		entry.Answer.Status, entry.Answer.Transaction = payment.RefundDone, r.Transaction
		entry.Step, entry.NextAt, entry.Settled = StepNone, time.Time{}, b.now
	case r.Outcome == Accepted:
		entry.Answer.Status = payment.RefundPending
		again(entry.Step, b.waits.RefundEvery)
	case r.Outcome == Refused && e.Step == StepReverse: // past the wallet's day: all of it is refunded instead
		again(StepRefund, 0)
	case r.Outcome == Refused:
		entry.Answer.Status, entry.Answer.Reason = payment.RefundRefused, r.Reason
		entry.Step, entry.NextAt, entry.Settled = StepNone, time.Time{}, b.now
	default: // busy, unknown, not found: the money is still to come back
		again(entry.Step, b.waits.QueryEvery)
	}
}

func (b *batch) keepRefund(entry RefundEntry) error {
	if err := b.tx.PutRefund(entry); err != nil {
		return err
	}
	b.refunds.keep(entry.Answer.Refund, entry.Open(), entry.NextAt)
	return nil
}

func (b *batch) replyRefund(entry RefundEntry, sent time.Duration) error {
	return b.send(entry.Terminal, wire.Replies, wire.RefundReply{Refund: entry.Answer, Clock: b.clock(sent)})
}
