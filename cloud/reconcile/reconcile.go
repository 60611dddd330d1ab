// Package reconcile holds three books against each other: the journals of the
// terminals, the gateway's ledger and the acquirer's own book. It says what each
// of them comes to, and names every difference: whether it explains itself, or
// needs somebody. It does no I/O of its own and has no clock.
//
// Nothing in one book is taken from another: sales are folded anew from the
// journals' records, what the gateway knows is its attempts and refunds, and the
// acquirer's word is its own lines. Every cent by which the totals differ is in
// one of the rows.
package reconcile

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"till/cloud"
	"till/payment"
	"till/sync/wire"
)

// LineKind says what a line of an acquirer's book is about.
type LineKind string

// The kinds of lines.
const (
	Taken    LineKind = "taken"    // money was taken under an order
	Refunded LineKind = "refunded" // some of it went back, by the merchant's word
	Reversed LineKind = "reversed" // all of it went back: undone, voided, or paid too late
	Disputed LineKind = "disputed" // the customer's wallet or bank took it back; below zero: the dispute was won
)

// Line is a line of an acquirer's book, whichever acquirer's: money that moved.
type Line struct {
	Kind   LineKind
	Order  payment.Order    // as the acquirer has it; it may be none of ours
	Refund payment.RefundID // of Refunded; "" where the book does not name refunds
	Wallet payment.Wallet   // "" where the book does not say
	Amount payment.Money    // above zero, but for a dispute that was won
	At     time.Time        // zero where the book does not say: then the gateway's own time counts
}

// Books are the three books. Each method calls f until it fails, and returns that
// error as it is. All of them show one moment, but for Moving. They are read more
// than once, so that memory is bounded by the days asked for and not by all there is.
type Books interface {
	// Journals are the terminals' journals, epochs ascending, each with the newest
	// record that was taken of it.
	Journals(f func(terminal string, epoch uint32, head cloud.Head) error) error
	// Records are those of one journal, in order.
	Records(terminal string, epoch uint32, f func(wire.Record) error) error
	Sales(f func(cloud.SaleEntry) error) error
	Attempts(f func(cloud.Attempt) error) error
	Refunds(f func(cloud.RefundEntry) error) error
	// Lines are the acquirer's book.
	Lines(f func(Line) error) error
	// Moving says that the acquirer's lines of an order changed while the ledger
	// was read, so that neither is before the other.
	Moving(payment.Order) bool
}

// Question says what is to be reconciled.
type Question struct {
	From, To  string // the first and the last day, as 2026-11-24
	Zone      *time.Location
	Terminals []string  // none: all, and what is of no terminal
	Now       time.Time // of the books
}

// ErrDays is wrapped by the refusal of days that are none.
var ErrDays = errors.New("want days as 2026-11-24, the first not after the last")

func (q Question) check() error {
	for _, day := range []string{q.From, q.To} {
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			return fmt.Errorf("%.40q: %w", day, ErrDays)
		}
	}
	if q.From > q.To {
		return fmt.Errorf("from %s to %s: %w", q.From, q.To, ErrDays)
	}
	for _, id := range q.Terminals {
		if err := wire.CheckTerminal(id); err != nil {
			return err
		}
	}
	return nil
}

// asked says that a terminal is one of those asked for; "" is none.
func (q Question) asked(terminal string) bool {
	return len(q.Terminals) == 0 || slices.Contains(q.Terminals, terminal)
}

// date is the shop's day of a moment; "" of one that is not known.
func (q Question) date(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.In(q.Zone).Format(time.DateOnly)
}

// within says that a moment is on one of the days. One that is not known is on all
// days: what cannot be dated is left out of none.
func (q Question) within(at time.Time) bool {
	date := q.date(at)
	return date == "" || q.From <= date && date <= q.To
}

// Sums are the money of one side, in minor units, none below zero but a dispute
// that was won.
type Sums struct {
	Charged  int64 `json:"charged"`            // taken of customers
	Refunded int64 `json:"refunded"`           // given back by refunds
	Reversed int64 `json:"reversed"`           // given back whole: voided, undone, or paid too late
	Disputed int64 `json:"disputed,omitempty"` // taken back by the customer's side
}

// Net is what is left.
func (s Sums) Net() int64 { return s.Charged - s.Refunded - s.Reversed - s.Disputed }

func (s Sums) plus(o Sums) Sums {
	return Sums{s.Charged + o.Charged, s.Refunded + o.Refunded, s.Reversed + o.Reversed, s.Disputed + o.Disputed}
}

// gross is all that moved.
func (s Sums) gross() int64 { return s.Charged + s.Refunded + s.Reversed + s.Disputed }

// Total is what the days come to in each book, for one wallet and currency.
type Total struct {
	Wallet   payment.Wallet `json:"wallet"`
	Currency string         `json:"currency"`
	Journal  Sums           `json:"journal"`
	Ledger   Sums           `json:"ledger"`
	Acquirer *Sums          `json:"acquirer"` // nil for cash
}

// Equal says that the books agree to the cent.
func (t Total) Equal() bool {
	return t.Journal == t.Ledger && (t.Acquirer == nil || *t.Acquirer == t.Ledger)
}

// Off is by how much the books differ in what is left: the acquirer's less the
// journals', or the ledger's less the journals' for cash.
func (t Total) Off() int64 {
	if t.Acquirer == nil {
		return t.Ledger.Net() - t.Journal.Net()
	}
	return t.Acquirer.Net() - t.Journal.Net()
}

// Side is what one book says of a row.
type Side struct {
	Wallet   payment.Wallet `json:"wallet,omitempty"`
	Currency string         `json:"currency,omitempty"`
	Said     Sums           `json:"said"`           // in all
	Counted  Sums           `json:"counted"`        // of that, on the days asked for
	Date     string         `json:"date,omitempty"` // the shop's day; "" if it says nothing, or is not dated
}

// Row is one difference.
type Row struct {
	Kind     Kind              `json:"kind"`
	Needs    bool              `json:"needs_somebody"`
	Overdue  bool              `json:"overdue,omitempty"` // it would explain itself, and has taken too long
	At       time.Time         `json:"at,omitzero"`       // when it began, as far as any book says; UTC
	Sale     payment.SaleID    `json:"sale,omitempty"`
	Attempt  int               `json:"attempt,omitempty"`
	Refund   int               `json:"refund,omitempty"`
	Number   payment.RefundID  `json:"refund_number,omitempty"` // of the refund, at gateway and acquirer
	Tender   int               `json:"tender,omitempty"`        // of cash
	Order    payment.Order     `json:"order,omitempty"`         // at the acquirer
	Terminal string            `json:"terminal,omitempty"`
	Journal  Side              `json:"journal"`
	Ledger   Side              `json:"ledger"`
	Acquirer Side              `json:"acquirer"`
	Text     map[string]string `json:"text"` // what it means, by language: en, zh
}

// Report is a reconciliation.
type Report struct {
	From      string    `json:"from"`
	To        string    `json:"to"`
	Zone      string    `json:"timezone"`
	Terminals []string  `json:"terminals,omitempty"` // none: all
	At        time.Time `json:"at"`                  // of the books
	Sales     int       `json:"sales"`               // that the days have to do with
	Totals    []Total   `json:"totals"`
	Rows      []Row     `json:"differences"` // those that need somebody first, then by time
	Needs     int       `json:"need_somebody"`
}

// Equal says that the books agree to the cent.
func (r Report) Equal() bool {
	for _, t := range r.Totals {
		if !t.Equal() {
			return false
		}
	}
	return true
}

// Reconcile holds the books against each other. It fails where a book cannot be
// read, and never over what stands in it.
func Reconcile(b Books, q Question) (Report, error) {
	if err := q.check(); err != nil {
		return Report{}, err
	}
	r := newReading(b, q)
	if err := r.read(); err != nil {
		return Report{}, err
	}
	c := &comparison{q: q, moving: b.Moving, rows: r.faults, totals: map[totalKey]*Total{}}
	if err := r.each(c.sale); err != nil {
		return Report{}, err
	}
	return c.report(), nil
}
