package checkout

import (
	"errors"
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

	*Memory
	events []payment.Event
	jobs   []Printed // not on paper yet
	rev    int
}

// NewFake is a Fake with an empty journal.
func NewFake() *Fake { return &Fake{Memory: NewMemory()} }

// Append keeps the events, all or none, and records that it did.
func (f *Fake) Append(stamp payment.Stamp, events ...payment.Event) (uint64, error) {
	if f.FailAppend != nil {
		return 0, f.FailAppend
	}
	last, err := f.Memory.Append(stamp, events...)
	if err == nil {
		f.events = append(f.events, events...)
		f.Did = append(f.Did, Commit{Events: events})
	}
	return last, err
}

// Sale is a sale of the journal.
func (f *Fake) Sale(id payment.SaleID) (payment.Sale, bool, error) {
	sale, ok, err := f.Memory.Sale(id)
	return sale, ok, errors.Join(err, f.FailRead)
}

// Recent is the n newest sales, the newest first.
func (f *Fake) Recent(n int) ([]payment.Sale, error) {
	sales, err := f.Memory.Recent(n)
	return sales, errors.Join(err, f.FailRead)
}

// Receipted is the sale of a receipt.
func (f *Fake) Receipted(receipt uint64) (payment.Sale, bool, error) {
	sale, ok, err := f.Memory.Receipted(receipt)
	return sale, ok, errors.Join(err, f.FailRead)
}

// Boot is the state that a start of the firmware finds in the journal. What was
// with the printer is gone, as it is with the power.
func (f *Fake) Boot(settings Settings) State {
	f.jobs = nil
	return f.Memory.Boot(settings)
}

// Events are all that the journal keeps.
func (f *Fake) Events() []payment.Event { return slices.Clone(f.events) }

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
	f.jobs = append(f.jobs, p.Of())
}

// Report takes one likewise.
func (f *Fake) Report(r Report) {
	f.Did = append(f.Did, r)
	if !r.Shift.Open {
		f.jobs = append(f.jobs, Printed{Shift: r.Shift.Number})
	}
}

// Identify says whose PIN or badge it is.
func (f *Fake) Identify(secret string) (payment.Operator, bool) {
	o, ok := f.Operators[secret]
	return o, ok
}

// Paper is what has come out of the printer since it was last called.
func (f *Fake) Paper() []Printed {
	if f.Jammed {
		return nil
	}
	out := f.jobs
	f.jobs = nil
	return out
}

// KickDrawer records that the drawer was opened.
func (f *Fake) KickDrawer() { f.Did = append(f.Did, KickDrawer{}) }

// Examine records that the doctor was called.
func (f *Fake) Examine() { f.Did = append(f.Did, Examine{}) }

// GivePIN records that another PIN was asked for.
func (f *Fake) GivePIN(g GivePIN) { f.Did = append(f.Did, g) }

// Train records that training is to begin, or to end.
func (f *Fake) Train() { f.Did = append(f.Did, Train{}) }

// Play records a sound.
func (f *Fake) Play(s Sound) { f.Did = append(f.Did, Play{s}) }

var (
	_ Journal  = (*Fake)(nil)
	_ Gateway  = (*Fake)(nil)
	_ Printer  = (*Fake)(nil)
	_ Body     = (*Fake)(nil)
	_ Examiner = (*Fake)(nil)
	_ PINs     = (*Fake)(nil)
	_ Trainer  = (*Fake)(nil)
)
