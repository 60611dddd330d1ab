package checkout

import (
	"fmt"
	"slices"

	"till/payment"
)

// Fake is all that a Register needs, for tests: a journal in memory, and a
// gateway, a printer and a body that record what they are told. It serves one
// goroutine, as a Register does.
type Fake struct {
	// FailAppend and FailRead, if set, are what the journal's methods return.
	FailAppend, FailRead error
	// Jammed is a printer that prints nothing: what it is given waits.
	Jammed bool
	// Operators are known by these PINs and badges.
	Operators map[string]payment.Operator
	// Did is every effect carried out, in order, the journal's commits among them.
	Did []Effect

	events  []payment.Event
	sales   map[payment.SaleID]payment.Sale
	born    []payment.SaleID // in the order they began
	newest  payment.SaleID   // created
	receipt uint64
	counter payment.Counter
	jobs    []Print // not on paper yet
	rev     int
}

// NewFake is a Fake with an empty journal.
func NewFake() *Fake { return &Fake{sales: map[payment.SaleID]payment.Sale{}} }

// Append keeps the events, all or none. It refuses what the store would: an
// event that cannot follow, and a receipt number out of turn.
func (f *Fake) Append(stamp payment.Stamp, events ...payment.Event) (uint64, error) {
	if f.FailAppend != nil {
		return 0, f.FailAppend
	}
	folded := map[payment.SaleID]payment.Sale{}
	born, newest, receipt, counter := slices.Clone(f.born), f.newest, f.receipt, f.counter
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
			before = f.sales[e.Sale]
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
		f.sales[id] = sale
	}
	f.born, f.newest, f.receipt, f.counter = born, newest, receipt, counter
	f.events = append(f.events, events...)
	f.Did = append(f.Did, Commit{Events: events})
	return uint64(len(f.events)), nil
}

// Sale is a sale of the journal.
func (f *Fake) Sale(id payment.SaleID) (payment.Sale, bool, error) {
	sale, ok := f.sales[id]
	return sale, ok, f.FailRead
}

// Recent is the n newest sales, the newest first.
func (f *Fake) Recent(n int) ([]payment.Sale, error) {
	var sales []payment.Sale
	for _, id := range slices.Backward(f.born) {
		if len(sales) == n {
			break
		}
		sales = append(sales, f.sales[id])
	}
	return sales, f.FailRead
}

// Receipted is the sale of a receipt.
func (f *Fake) Receipted(receipt uint64) (payment.Sale, bool, error) {
	for _, id := range f.born {
		if sale := f.sales[id]; sale.Receipt == receipt {
			return sale, true, f.FailRead
		}
	}
	return payment.Sale{}, false, f.FailRead
}

// Boot is the state that a start of the firmware finds in the journal. What was
// with the printer is gone, as it is with the power.
func (f *Fake) Boot(settings Settings) State {
	f.jobs = nil
	var sales []payment.Sale
	for _, id := range f.born {
		if id == f.newest || f.sales[id].Unfinished() {
			sales = append(sales, f.sales[id])
		}
	}
	s := New(settings, f.receipt, f.newest, sales)
	s.Counter = f.counter
	return s
}

// Events are all that the journal keeps.
func (f *Fake) Events() []payment.Event { return slices.Clone(f.events) }

// Sales are those of the journal, the oldest first.
func (f *Fake) Sales() []payment.Sale {
	var all []payment.Sale
	for _, id := range f.born {
		all = append(all, f.sales[id])
	}
	return all
}

// Ask records a question. See Answer.
func (f *Fake) Ask(e Effect) { f.Did = append(f.Did, e) }

// Answer is what a gateway says of an attempt of the journal, newer than all it
// said before.
func (f *Fake) Answer(order payment.Order, status payment.AttemptStatus) (payment.Answer, error) {
	id, n, err := order.Split()
	if err != nil {
		return payment.Answer{}, err
	}
	sale := f.sales[id]
	if n > len(sale.Attempts) {
		return payment.Answer{}, fmt.Errorf("order %s was never begun", order)
	}
	a := sale.Attempts[n-1]
	f.rev++
	answer := payment.Answer{
		Order: order, Rev: f.rev, Status: status, Wallet: a.Wallet,
		Amount: sale.Tenders[a.Tender-1].Amount, Currency: sale.Total.Currency,
	}
	if a.Mode == payment.QR {
		answer.QR = "https://pay.example/" + string(order)
	}
	if status == payment.Approved {
		answer.Transaction = "T" + string(order)
		if answer.Wallet == payment.WalletUnknown {
			answer.Wallet = payment.Alipay
		}
	}
	return answer, nil
}

// AnswerRefund is what a gateway says of a refund of the journal, newer than all
// it said before.
func (f *Fake) AnswerRefund(id payment.RefundID, status payment.RefundStatus) (payment.RefundAnswer, error) {
	of, n, err := id.Split()
	if err != nil {
		return payment.RefundAnswer{}, err
	}
	sale := f.sales[of]
	if n > len(sale.Refunds) {
		return payment.RefundAnswer{}, fmt.Errorf("refund %s was never asked for", id)
	}
	f.rev++
	a := payment.RefundAnswer{Refund: id, Rev: f.rev, Status: status, Amount: sale.Refunds[n-1].Amount, Currency: sale.Total.Currency}
	if status == payment.RefundDone {
		a.Transaction = "R" + string(id)
	}
	return a, nil
}

// Print takes a job. See Paper.
func (f *Fake) Print(p Print) {
	f.Did = append(f.Did, p)
	f.jobs = append(f.jobs, p)
}

// Report records that a shift is printed.
func (f *Fake) Report(r Report) { f.Did = append(f.Did, r) }

// Identify says whose PIN or badge it is.
func (f *Fake) Identify(secret string) (payment.Operator, bool) {
	o, ok := f.Operators[secret]
	return o, ok
}

// Counter is the journal's.
func (f *Fake) Counter() payment.Counter { return f.counter }

// Paper is what has come out of the printer since it was last called.
func (f *Fake) Paper() []Printed {
	if f.Jammed {
		return nil
	}
	var out []Printed
	for _, p := range f.jobs {
		if p.Refund == 0 {
			out = append(out, Printed{Sale: p.Sale.ID, Receipt: p.Sale.Receipt})
		}
	}
	f.jobs = nil
	return out
}

// KickDrawer records that the drawer was opened.
func (f *Fake) KickDrawer() { f.Did = append(f.Did, KickDrawer{}) }

// Examine records that the doctor was called.
func (f *Fake) Examine() { f.Did = append(f.Did, Examine{}) }

// GivePIN records that another PIN was asked for.
func (f *Fake) GivePIN(g GivePIN) { f.Did = append(f.Did, g) }

// Play records a sound.
func (f *Fake) Play(s Sound) { f.Did = append(f.Did, Play{s}) }

var (
	_ Journal  = (*Fake)(nil)
	_ Gateway  = (*Fake)(nil)
	_ Printer  = (*Fake)(nil)
	_ Body     = (*Fake)(nil)
	_ Examiner = (*Fake)(nil)
	_ PINs     = (*Fake)(nil)
)
