package cloud

import (
	"errors"
	"fmt"
	"time"

	"till/payment"
	"till/sync/wire"
)

func (b *batch) request(terminal string, r wire.Request) error {
	if r.Op == wire.Hello {
		return b.hello(terminal, r)
	}
	if r.Op == wire.Refund {
		return b.refund(terminal, r)
	}
	if r.Op == wire.Find {
		return b.find(terminal, r)
	}
	sale, n, err := r.Order.Split()
	if err != nil {
		return b.reject(terminal, err)
	}
	if len(r.Currency) > maxText || len(r.Wallet) > maxText {
		return b.reject(terminal, fmt.Errorf("order %s: currency or wallet of more than %d bytes", r.Order, maxText))
	}
	a, seen, err := b.tx.Attempt(r.Order)
	if err != nil {
		return err
	}
	owner, err := b.owner(sale, a)
	if err != nil {
		return err
	}
	if owner != "" && owner != terminal {
		return b.reject(terminal, fmt.Errorf("order %s belongs to terminal %s", r.Order, owner))
	}
	if !seen {
		a = Attempt{Terminal: terminal, Tender: r.Tender, NotAfter: r.NotAfter}
		a.Order, a.Amount, a.Currency, a.Wallet = r.Order, r.Amount, r.Currency, r.Wallet
	}
	switch r.Op {
	case wire.Charge, wire.Show:
		if !seen {
			err = b.begin(&a, sale, n, r)
		}
	case wire.Query:
		if !seen { // a request that arrives after this cannot charge
			b.end(&a, payment.Expired, payment.NotReached)
		}
	case wire.Cancel:
		b.cancel(&a, seen)
	default:
		return b.reject(terminal, fmt.Errorf("request %q is unknown", r.Op))
	}
	if err != nil {
		return err
	}
	if err := b.keep(a); err != nil {
		return err
	}
	return b.reply(a, r.Sent)
}

// maxText bounds the short texts of a request, which its reply repeats.
const maxText = 32

// owner is the terminal that an attempt belongs to, by itself, its sale or the
// sale's attempts before it; empty for a sale that is new.
func (b *batch) owner(sale payment.SaleID, a Attempt) (string, error) {
	if a.Terminal != "" {
		return a.Terminal, nil
	}
	entry, _, err := b.tx.Sale(sale)
	if err != nil || entry.Terminal != "" {
		return entry.Terminal, err
	}
	begun, _, err := b.tx.Attempt(payment.NewOrder(sale, 1)) // every sale's first
	return begun.Terminal, err
}

func (b *batch) hello(terminal string, r wire.Request) error {
	if r.Position == nil {
		return b.reject(terminal, errors.New("a hello without a position"))
	}
	head, err := b.tx.Head(terminal, r.Position.Epoch)
	if err != nil {
		return err
	}
	ack := wire.Acknowledgement{Epoch: r.Position.Epoch, Seq: head.Seq, Key: b.key.Public().Fingerprint(), Clock: b.clock(r.Sent)}
	if head.Seq > r.Position.Last {
		ack.Refused = "its journal is older than the one in the ledger"
	}
	if err := b.send(terminal, wire.Ack, ack); err != nil {
		return err
	}
	return b.said(terminal, *r.Position)
}

func (b *batch) reply(a Attempt, sent time.Duration) error {
	return b.send(a.Terminal, wire.Replies, wire.Reply{Answer: a.Answer, Clock: b.clock(sent)})
}

// begin starts an attempt that was never seen, or closes it right away.
func (b *batch) begin(a *Attempt, sale payment.SaleID, n int, r wire.Request) error {
	if r.NotAfter.IsZero() || b.now.After(r.NotAfter) {
		b.end(a, payment.Expired, payment.TooLate)
		return nil
	}
	if a.money().ValidateCharge() != nil || r.Tender < 1 {
		b.end(a, payment.Declined, payment.NotConfigured)
		return b.reject(a.Terminal, fmt.Errorf("order %s: tender %d of %d %s cannot be charged", a.Order, r.Tender, a.Amount, a.Currency))
	}
	free, err := b.tenderFree(sale, n, *a)
	if err != nil {
		return err
	}
	if !free {
		b.end(a, payment.Expired, payment.EarlierOpen)
		return nil
	}
	call := Call{Order: Order{Number: a.Order, Amount: a.money()}}
	if r.Op == wire.Show {
		a.Mode, call.Step = payment.QR, StepShow
		b.attempts.ask(a.Order)
		b.move(a, payment.Waiting, StepShow, b.waits.CallFor)
		a.Expires = b.now.Add(b.waits.QRLife)
	} else {
		a.Mode, call.Step = payment.Scan, StepCharge
		call.Code, err = b.key.Open(a.Order, r.Sealed)
		if err != nil {
			b.end(a, payment.Declined, payment.NotConfigured)
			return b.reject(a.Terminal, err)
		}
		b.move(a, payment.Authorizing, StepCharge, b.waits.QueryEvery)
		a.ReverseAt = b.now.Add(b.waits.UnknownFor)
	}
	a.Submitted = b.now.Add(time.Millisecond) // b.now is rounded down; never reverse too early
	b.effects = append(b.effects, call)
	return nil
}

// tenderFree holds law 2: every earlier attempt of the sale is settled, at the
// wallet too, and none paid this tender. Earlier ones that never arrived are closed for ever.
func (b *batch) tenderFree(sale payment.SaleID, n int, a Attempt) (bool, error) {
	for i := 1; i < n; i++ {
		order := payment.NewOrder(sale, i)
		earlier, seen, err := b.tx.Attempt(order)
		if err != nil {
			return false, err
		}
		if !seen {
			earlier = Attempt{Terminal: a.Terminal, Tender: a.Tender}
			earlier.Order, earlier.Amount, earlier.Currency = order, a.Amount, a.Currency
			b.end(&earlier, payment.Expired, payment.NotReached)
			if err := b.keep(earlier); err != nil {
				return false, err
			}
		}
		if earlier.Open() || earlier.Status == payment.Approved && earlier.Tender == a.Tender {
			return false, nil
		}
	}
	return true, nil
}

// cancel ends an attempt for the merchant. The terminal has it in its journal
// that it will not take an approval any more, so whatever is paid is undone.
func (b *batch) cancel(a *Attempt, seen bool) {
	switch {
	case !seen:
		a.Cancel = true
		b.end(a, payment.Cancelled, payment.MerchantCancelled)
	case a.Cancel, a.Status.Final() && a.Status != payment.Approved:
		// known already, or nothing to undo
	case a.Mode == payment.QR && a.Status != payment.Approved:
		// The wallet will not close it yet, but the counter goes on at once.
		a.Cancel = true
		b.end(a, payment.Cancelled, payment.MerchantCancelled)
		b.watch(a, 0)
	default:
		a.Cancel = true
		b.move(a, payment.Reversing, StepReverse, 0)
		if earliest := a.Submitted.Add(b.waits.ReverseAfter); a.NextAt.Before(earliest) {
			a.NextAt = earliest
		}
		a.ReverseAt = a.NextAt
	}
}
