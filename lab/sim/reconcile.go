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
	return each([]string{terminalID, otherID}, func(terminal string) error {
		return each(b.w.cloud.ledger.Epochs(terminal), func(epoch uint32) error {
			var head cloud.Head
			if err := b.w.cloud.ledger.View(func(tx cloud.Tx) (err error) {
				head, err = tx.Head(terminal, epoch)
				return err
			}); err != nil {
				return err
			}
			return f(terminal, epoch, head)
		})
	})
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
// and goods that were given. The other terminal is a model that tells of no refund,
// so its records stay on their way.
func (w *world) checkReconciliation(end bool) {
	q := reconcile.Question{
		From: begin.AddDate(0, 0, -2).Format(time.DateOnly), To: begin.AddDate(0, 0, 7).Format(time.DateOnly), Zone: time.UTC, Now: w.now,
	}
	r, err := reconcile.Reconcile(threeBooks{w}, q)
	if err != nil {
		w.violate("books", "%v", err)
		return
	}
	for _, row := range r.Rows {
		if row.Needs || end && !settled(row.Kind) && row.Terminal != otherID {
			w.violate("books", "the reconciliation has a difference: %+v", row)
		}
		w.premiseOf(row.Kind)
	}
	w.checkOwed(r)
	if !end {
		return
	}
	q.Terminals = []string{terminalID}
	if r, err = reconcile.Reconcile(threeBooks{w}, q); err != nil {
		w.violate("books", "%v", err)
	}
	for _, t := range r.Totals {
		if t.Off() != 0 || t.Ledger.Net() != t.Journal.Net() {
			w.violate("books", "the books differ: %+v, the acquirer has %+v", t, t.Acquirer)
		}
	}
}

// checkOwed holds that goods which were given and are not paid are listed as owed,
// whatever else happened to their money, and nothing else is: by what the ledger has
// of the sale, once the gateway knows of its last attempt.
func (w *world) checkOwed(r reconcile.Report) {
	listed := map[payment.SaleID]int{}
	for _, row := range r.Rows {
		if row.Kind == reconcile.Owed {
			listed[row.Sale]++
		}
	}
	err := w.cloud.ledger.View(func(tx cloud.Tx) error {
		entries, err := tx.Sales()
		for _, e := range entries {
			s, open := e.Sale, false
			for _, a := range s.Attempts {
				entry, _, err := tx.Attempt(payment.NewOrder(s.ID, a.Number))
				if err != nil {
					return err
				}
				open = open || entry.Open() || !a.Status.Final()
			}
			switch owed := s.Parked == payment.GoodsGiven && s.Due() > 0; {
			case listed[s.ID] > 1, listed[s.ID] == 1 && !owed:
				w.violate("books", "sale %s is listed as owed %d times, it is %s with %d due", s.ID, listed[s.ID], s.Status(), s.Due())
			case listed[s.ID] == 0 && owed && !open:
				w.violate("books", "the goods of sale %s are given, %d of it is due, and it is not listed as owed", s.ID, s.Due())
			}
		}
		return err
	})
	if err != nil {
		w.violate("liveness", "ledger: %v", err)
	}
}

func settled(k reconcile.Kind) bool {
	return k == reconcile.Late || k == reconcile.GivenBack || k == reconcile.Owed
}

func (w *world) premiseOf(k reconcile.Kind) {
	switch k {
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
}
