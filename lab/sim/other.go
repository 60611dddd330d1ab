package sim

import (
	"fmt"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"till/cloud"
	"till/payment"
	"till/sync/wire"
)

// otherID is the merchant's other terminal. It is a model: what counts of it is that
// it sold something, and gives money back of what either of them sold, while the
// first one may be doing so too.
const otherID = "sim-2"

type other struct {
	w     *world
	sales []payment.Sale // its own, made before the day
	asked []wire.Request // refunds that have no end yet, as far as it was told
	found []payment.Elsewhere
}

// othersSales are few, so that both terminals want the same one's money back.
const othersSales = 3

// open has the sales of the day before: at the wallet, in the ledger, in the journal.
func (o *other) open(tx cloud.Tx) error {
	w := o.w
	hash, seq := wire.Genesis(otherID, 1), uint64(0)
	for n := range othersSales {
		at := begin.Add(-24 * time.Hour).Add(time.Duration(n) * time.Minute)
		id := payment.SaleID(ulid.MustNew(uint64(at.UnixMilli()), rngReader{w}).String())
		order := payment.NewOrder(id, 1)
		total := payment.Money{Amount: 1 + w.rng.Int64N(9999), Currency: "USD"}
		bank := &bankOrder{number: order, amount: total, state: bankPaid, opened: at, taken: true}
		w.bank.orders[order] = bank
		w.bank.list = append(w.bank.list, bank)
		w.cashier.begun(payment.Event{Kind: payment.SaleCreated, Sale: id, Amount: total.Amount})
		w.cashier.begun(payment.Event{Kind: payment.AttemptStarted, Sale: id, Attempt: 1, Tender: 1})
		paid := w.bank.stands(bank)
		a := cloud.Attempt{Terminal: otherID, Tender: 1, Mode: payment.Scan, Taken: true, Submitted: at}
		a.Answer = payment.Answer{
			Order: order, Rev: 2, Status: payment.Approved, Amount: total.Amount, Currency: total.Currency,
			Wallet: paid.Wallet, Transaction: paid.Transaction,
		}
		if err := tx.PutAttempt(a); err != nil {
			return err
		}
		bill := payment.Bill{Items: []payment.Item{{Name: "Book", Amount: total.Amount}}}
		if tax := total.Amount / 12; tax > 0 {
			bill.Items[0].Amount, bill.Tax = total.Amount-tax, tax
		}
		var sale payment.Sale
		for _, e := range []payment.Event{
			{Kind: payment.SaleCreated, Sale: id, Amount: total.Amount, Currency: total.Currency, Bill: &bill},
			{Kind: payment.AttemptStarted, Sale: id, Tender: 1, Attempt: 1, Amount: total.Amount, Mode: payment.Scan},
			{Kind: payment.AttemptChanged, Sale: id, Attempt: 1, Status: payment.Approved, Wallet: paid.Wallet, Receipt: uint64(n + 1)},
		} {
			seq++
			stamp := payment.Stamp{Boot: "other", Time: at}
			r, err := wire.NewRecord(hash, seq, stamp, e)
			if err != nil {
				return err
			}
			if sale, err = sale.Apply(e, stamp); err != nil {
				return err
			}
			if err := tx.TakeRecord(otherID, 1, r); err != nil {
				return err
			}
			hash = r.Hash
		}
		if err := tx.PutSale(cloud.SaleEntry{Terminal: otherID, Epoch: 1, Sale: sale}); err != nil {
			return err
		}
		o.sales = append(o.sales, sale)
	}
	return nil
}

// bill is what a customer of the other terminal holds before the scanner: the
// receipt, or the bill in the wallet.
func (o *other) bill() string {
	order := payment.NewOrder(o.sales[o.w.rng.IntN(len(o.sales))].ID, 1)
	if o.w.chance(2) {
		return string(order)
	}
	return o.w.bank.stands(o.w.bank.orders[order]).Transaction
}

// next is what the other's cashier does next.
func (o *other) next() {
	o.w.after(o.w.between(5*time.Second, 5*time.Minute), func() {
		if o.w.calm && len(o.asked) == 0 {
			return
		}
		o.act()
		o.next()
	})
}

func (o *other) act() {
	w := o.w
	if len(o.asked) > 0 && (w.calm || w.chance(2)) { // again, as a terminal does that has no answer yet
		o.send(o.asked[w.rng.IntN(len(o.asked))])
		return
	}
	switch w.rng.IntN(3) {
	case 0: // of its own
		sale := o.sales[w.rng.IntN(len(o.sales))]
		n := 1 + w.rng.IntN(payment.MaxRefund)
		o.ask(payment.NewRefundID(sale.ID, n), payment.NewOrder(sale.ID, 1), sale.Total)
	case 1: // of the first's, as a customer of that brings its receipt
		if sale, ok := w.terminal.lastSale(); ok {
			o.send(wire.Request{Op: wire.Find, Text: string(sale)})
		}
	default:
		if n := len(o.found); n > 0 {
			found := o.found[n-1]
			o.found = o.found[:n-1]
			id := payment.SaleID(ulid.MustNew(uint64(w.now.UnixMilli()), rngReader{w}).String())
			part := found.Parts[0]
			o.ask(payment.NewRefundID(id, 1), part.Order, payment.Money{Amount: part.Left, Currency: found.Total.Currency})
		}
	}
}

// ask wants a part of what was paid back, or all of it.
func (o *other) ask(id payment.RefundID, order payment.Order, most payment.Money) {
	amount := most.Amount
	if !o.w.chance(3) {
		amount = 1 + o.w.rng.Int64N(amount)
	}
	r := wire.Request{Op: wire.Refund, Refund: id, Order: order, Amount: amount, Currency: most.Currency}
	if slices.ContainsFunc(o.asked, func(x wire.Request) bool { return x.Refund == id }) {
		return // that number is taken
	}
	o.asked = append(o.asked, r)
	o.send(r)
}

func (o *other) send(r wire.Request) {
	w := o.w
	if w.fault("the other terminal's request lost", 8) {
		return
	}
	r.Sent = 1
	payload, err := wire.Encode(r)
	if err != nil {
		w.violate("liveness", "%v", err)
		return
	}
	w.after(w.between(10*time.Millisecond, 3*time.Second), func() {
		w.cloud.handle(cloud.Message{Terminal: otherID, Channel: wire.Requests, Payload: payload})
	})
}

// hear takes what the gateway says to the other terminal.
func (o *other) hear(payload []byte) {
	w := o.w
	r, err := wire.Decode[wire.AnyReply](payload)
	if err != nil {
		w.violate("liveness", "%v", err)
		return
	}
	switch {
	case w.fault("the other terminal's answer lost", 8):
	case r.Refund != nil && r.Refund.Status.Final():
		o.asked = slices.DeleteFunc(o.asked, func(x wire.Request) bool { return x.Refund == r.Refund.Refund })
		if r.Refund.Status == payment.RefundDone {
			w.premise("refunds: at the other terminal")
		}
	case r.Found != nil && r.Found.Sale != nil:
		if _, err := r.Found.Sale.Fetched(); err != nil {
			w.violate("refunds", "the gateway tells of a sale that cannot be: %v", err)
			return
		}
		o.found = append(o.found, *r.Found.Sale)
	}
}

// lastSale is the receipt of one of the sales before the newest.
func (t *terminal) lastSale() (payment.SaleID, bool) {
	if !t.on {
		return "", false
	}
	sales, err := t.journal.Recent(4)
	if err != nil {
		t.w.violate("law 8, power", "%v", err)
	}
	for _, s := range sales {
		if s.Receipt != 0 && s.Elsewhere == nil && t.w.chance(2) {
			return s.ID, true
		}
	}
	return "", false
}

// elsewhere is what went back of each sale's wallet payments at a terminal that did
// not make it, and what the other gave back of its own, by the books.
func (w *world) elsewhere(sales map[payment.SaleID]payment.Sale) map[payment.SaleID]int64 {
	back := map[payment.SaleID]int64{}
	for _, s := range sales {
		if s.Elsewhere != nil {
			w.premise("refunds: of the other terminal's sale")
			back[s.Elsewhere.Sale] += w.wentBack(s)
		}
	}
	err := w.cloud.ledger.View(func(tx cloud.Tx) error {
		for _, o := range w.bank.list {
			id, _, err := o.number.Split()
			if err != nil {
				return err
			}
			refunds, err := tx.RefundsOf(id)
			if err != nil {
				return err
			}
			for _, r := range refunds {
				if r.Terminal != otherID || r.Order != o.number {
					continue
				}
				if !r.Answer.Status.Final() {
					return fmt.Errorf("refund %s is %s at the end", r.Answer.Refund, r.Answer.Status)
				}
				if r.Answer.Status == payment.RefundDone {
					back[id] += r.Answer.Amount
				}
			}
		}
		return nil
	})
	if err != nil {
		w.violate("convergence", "%v", err)
	}
	return back
}
