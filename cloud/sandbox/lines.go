package sandbox

import (
	"maps"
	"slices"

	"go.etcd.io/bbolt"

	"till/cloud/reconcile"
	"till/payment"
)

// Picture is the book at one moment, as an acquirer would settle by it.
type Picture struct{ tx *bbolt.Tx }

// Read shows f one moment of the book.
func (s *Sandbox) Read(f func(Picture) error) error {
	return s.book.db.View(func(tx *bbolt.Tx) error { return f(Picture{tx}) })
}

// Lines are all money that moved, by order, until f fails.
func (p Picture) Lines(f func(reconcile.Line) error) error {
	return eachOrder(p.tx, func(o order) error {
		if !o.Taken {
			return nil
		}
		for _, l := range o.lines() {
			if err := f(l); err != nil {
				return err
			}
		}
		return nil
	})
}

func (o order) lines() []reconcile.Line {
	line := reconcile.Line{Kind: reconcile.Taken, Order: o.Number, Wallet: o.Wallet, Amount: o.Amount, At: o.TakenAt}
	all := []reconcile.Line{line}
	for _, id := range slices.Sorted(maps.Keys(o.Refunds)) {
		line.Kind, line.Refund, line.Amount.Amount, line.At = reconcile.Refunded, id, o.Refunds[id], o.RefundedAt[id]
		all = append(all, line)
	}
	if o.Back {
		all = append(all, reconcile.Line{Kind: reconcile.Reversed, Order: o.Number, Wallet: o.Wallet, Amount: o.Amount, At: o.BackAt})
	}
	return all
}

// Watch notes every order that is written from now until stop, which returns them:
// so that whoever reads another book after this one knows what moved between. stop
// waits for nothing; called again, it returns nothing.
func (s *Sandbox) Watch() (stop func() map[payment.Order]bool) { return s.book.watch() }
