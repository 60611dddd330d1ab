package checkout

import (
	"fmt"
	"slices"

	"till/payment"
)

// Memory is a journal that nothing outlives: for practice, and for tests.
type Memory struct {
	last    uint64
	sales   map[payment.SaleID]payment.Sale
	born    []payment.SaleID // in the order they began
	newest  payment.SaleID   // created
	receipt uint64
	counter payment.Counter
}

// NewMemory is an empty journal.
func NewMemory() *Memory { return &Memory{sales: map[payment.SaleID]payment.Sale{}} }

// Append keeps the events, all or none. It refuses what the store would: an
// event that cannot follow, and a receipt number out of turn.
func (j *Memory) Append(stamp payment.Stamp, events ...payment.Event) (uint64, error) {
	folded := map[payment.SaleID]payment.Sale{}
	born, newest, receipt, counter := slices.Clone(j.born), j.newest, j.receipt, j.counter
	for _, e := range events {
		if payment.OfCounter(e.Kind) {
			var err error
			if counter, err = counter.Apply(e, stamp); err != nil {
				return 0, err
			}
			continue
		}
		before, ok := folded[e.Sale]
		if !ok {
			before = j.sales[e.Sale]
		}
		after, err := before.Apply(e, stamp)
		if err != nil {
			return 0, err
		}
		if after.Receipt != before.Receipt {
			if receipt++; after.Receipt != receipt {
				return 0, fmt.Errorf("receipt %d where %d is due", after.Receipt, receipt)
			}
		}
		if e.Kind.Begins() {
			born = append(born, e.Sale)
		}
		if e.Kind == payment.SaleCreated {
			newest = e.Sale
		}
		if counter, err = counter.Count(before, after); err != nil {
			return 0, err
		}
		folded[e.Sale] = after
	}
	for id, sale := range folded {
		j.sales[id] = sale
	}
	j.born, j.newest, j.receipt, j.counter = born, newest, receipt, counter
	j.last += uint64(len(events))
	return j.last, nil
}

// Sale is a sale of the journal.
func (j *Memory) Sale(id payment.SaleID) (payment.Sale, bool, error) {
	sale, ok := j.sales[id]
	return sale, ok, nil
}

// Recent is the n newest sales, the newest first.
func (j *Memory) Recent(n int) ([]payment.Sale, error) {
	var sales []payment.Sale
	for _, id := range slices.Backward(j.born) {
		if len(sales) == n {
			break
		}
		sales = append(sales, j.sales[id])
	}
	return sales, nil
}

// Receipted is the sale of a receipt.
func (j *Memory) Receipted(receipt uint64) (payment.Sale, bool, error) {
	for _, id := range j.born {
		if sale := j.sales[id]; sale.Receipt == receipt {
			return sale, true, nil
		}
	}
	return payment.Sale{}, false, nil
}

// Boot is the state that a start of the firmware finds in the journal.
func (j *Memory) Boot(settings Settings) State {
	var sales []payment.Sale
	for _, id := range j.born {
		if id == j.newest || j.sales[id].Unfinished() {
			sales = append(sales, j.sales[id])
		}
	}
	s := New(settings, j.receipt, j.newest, sales)
	s.Counter = j.counter
	return s
}

// Sales are those of the journal, the oldest first.
func (j *Memory) Sales() []payment.Sale {
	var all []payment.Sale
	for _, id := range j.born {
		all = append(all, j.sales[id])
	}
	return all
}

// Counter is what the journal knows beside its sales.
func (j *Memory) Counter() payment.Counter { return j.counter }

var _ Journal = (*Memory)(nil)
