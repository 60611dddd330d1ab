package sim

import (
	"maps"
	"slices"
	"time"

	"till/cloud"
	"till/cloud/reconcile"
	"till/payment"
	"till/sync/wire"
)

// reconcileEvery is how many steps pass between two reconciliations of a day.
const reconcileEvery = 500

// threeBooks are the ledger's and the bank's, as the gateway would reconcile them.
type threeBooks struct{ w *world }

func each[T any](all []T, f func(T) error) error {
	for _, one := range all {
		if err := f(one); err != nil {
			return err
		}
	}
	return nil
}

func (b threeBooks) Journals(f func(string, uint32, cloud.Head) error) error {
	return each(b.w.cloud.ledger.Epochs(terminalID), func(epoch uint32) error { return f(terminalID, epoch, b.w.head(epoch)) })
}

func (b threeBooks) Records(terminal string, epoch uint32, f func(wire.Record) error) error {
	records, err := b.w.cloud.ledger.Records(terminal, epoch)
	if err != nil {
		return err
	}
	return each(records, f)
}

func (b threeBooks) Sales(f func(cloud.SaleEntry) error) error {
	return b.w.cloud.ledger.View(func(tx cloud.Tx) error {
		all, err := tx.Sales()
		if err != nil {
			return err
		}
		return each(all, f)
	})
}

func (b threeBooks) Attempts(f func(cloud.Attempt) error) error {
	return each(b.w.cloud.ledger.Attempts(), f)
}

func (b threeBooks) Refunds(f func(cloud.RefundEntry) error) error {
	return each(b.w.cloud.ledger.Refunds(), f)
}

func (b threeBooks) Lines(f func(reconcile.Line) error) error {
	return each(b.w.bank.list, func(o *bankOrder) error { return each(o.lines(), f) })
}

func (b threeBooks) Moving(payment.Order) bool { return false } // all is at one moment

// lines are what the bank settles by.
func (o *bankOrder) lines() (all []reconcile.Line) {
	if !o.taken {
		return nil
	}
	line := func(kind reconcile.LineKind, refund payment.RefundID, amount int64) {
		all = append(all, reconcile.Line{
			Kind: kind, Order: o.number, Refund: refund, Wallet: payment.WeChat, Amount: payment.Money{Amount: amount, Currency: o.amount.Currency},
		})
	}
	line(reconcile.Taken, "", o.amount.Amount)
	for _, id := range slices.Sorted(maps.Keys(o.refunds)) {
		line(reconcile.Refunded, id, o.refunds[id])
	}
	if o.back {
		line(reconcile.Reversed, "", o.amount.Amount)
	}
	return all
}

// checkReconciliation holds that every difference explains itself, at any instant,
// and that in the end there is none but what is settled: money that was given back,
// and goods that were given.
func (w *world) checkReconciliation(end bool) {
	r, err := reconcile.Reconcile(threeBooks{w}, reconcile.Question{
		From: begin.AddDate(0, 0, -1).Format(time.DateOnly), To: begin.AddDate(0, 0, 7).Format(time.DateOnly), Zone: time.UTC, Now: w.now,
	})
	if err != nil {
		w.violate("books", "%v", err)
		return
	}
	for _, row := range r.Rows {
		switch row.Kind {
		case reconcile.Late:
			w.premise("reconciliation: late, given back")
		case reconcile.GivenBack:
			w.premise("reconciliation: taken and given back")
		case reconcile.Owed:
			w.premise("reconciliation: owed")
		case reconcile.Pending, reconcile.Parked:
			w.premise("reconciliation: pending")
		case reconcile.RefundPending:
			w.premise("reconciliation: refunds pending")
		case reconcile.OnItsWay:
			w.premise("reconciliation: records on their way")
		}
		settled := row.Kind == reconcile.Late || row.Kind == reconcile.GivenBack || row.Kind == reconcile.Owed
		if row.Needs || end && !settled {
			w.violate("books", "the reconciliation has a difference: %+v", row)
		}
	}
	for _, t := range r.Totals {
		if end && (t.Off() != 0 || t.Ledger.Net() != t.Journal.Net()) {
			w.violate("books", "the books differ: %+v, the acquirer has %+v", t, t.Acquirer)
		}
	}
}
