// Package figures is what a stretch of days came to, from the records of a
// terminal alone: its own journal's or the ledger's, which say the same.
package figures

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"till/payment"
)

// Day is what happened on one day of the shop's.
type Day struct {
	Date     string `json:"date"` // 2026-11-24; "" is what cannot be dated: the clock of its boot was never set
	Sales    int    `json:"sales"`
	Amount   int64  `json:"amount"`             // of the sales, minor units, as all that follows
	Discount int64  `json:"discount,omitempty"` // of the sales, less what went back of it; so of tax and tips
	Tax      int64  `json:"tax,omitempty"`
	Tips     int64  `json:"tips,omitempty"`
	Refunds  int    `json:"refunds,omitempty"`
	Voids    int    `json:"voids,omitempty"`
	// Wallets are the kinds of payment, cash among them.
	Wallets map[payment.Wallet]payment.Totals `json:"wallets,omitempty"`
	PaidIn  int64                             `json:"paid_in,omitempty"`
	PaidOut int64                             `json:"paid_out,omitempty"`
	NoSales int                               `json:"no_sales,omitempty"`
	// Reports are the Z reports made on the day.
	Reports []ZReport `json:"z_reports,omitempty"`
}

// ZReport is a shift's end.
type ZReport struct {
	Number uint64 `json:"number"`
	Over   int64  `json:"over"` // counted above what should be there; below zero it was short
}

// Kept is the money that is left of all payments.
func (d Day) Kept() (sum int64) {
	for _, t := range d.Wallets {
		sum += t.Kept()
	}
	return sum
}

func (d *Day) add(o Day) {
	d.Sales += o.Sales
	d.Amount += o.Amount
	d.Discount += o.Discount
	d.Tax += o.Tax
	d.Tips += o.Tips
	d.Refunds += o.Refunds
	d.Voids += o.Voids
	d.PaidIn += o.PaidIn
	d.PaidOut += o.PaidOut
	d.NoSales += o.NoSales
	d.Reports = append(d.Reports, o.Reports...)
	for w, t := range o.Wallets {
		if d.Wallets == nil {
			d.Wallets = map[payment.Wallet]payment.Totals{}
		}
		d.Wallets[w] = d.Wallets[w].Plus(t)
	}
}

// Unsettled is a sale whose money is not settled: it is carried forward.
type Unsettled struct {
	Sale   payment.SaleID `json:"sale"`
	Status payment.Status `json:"status"`
	Amount int64          `json:"amount"`
}

// Report is the figures of a stretch of days.
type Report struct {
	Terminal string `json:"terminal"`
	From     string `json:"from"` // the first day
	To       string `json:"to"`   // the last
	Zone     string `json:"timezone"`
	Currency string `json:"currency,omitempty"` // "" if nothing was sold
	Days     []Day  `json:"days"`
	Total    Day    `json:"total"`
	// Unsettled is as of the newest record, whatever the days.
	Unsettled []Unsettled `json:"unsettled,omitempty"`
	// Missing counts events of sales whose beginning is not among the records any
	// more: the days before the oldest record are not whole.
	Missing int `json:"missing,omitempty"`
	// Oldest is the day of the oldest record; "" is not known.
	Oldest string `json:"oldest,omitempty"`
}

// Account folds records into days. Its records are added in order; those of
// another epoch begin anew.
type Account struct {
	report Report
	zone   *time.Location
	days   map[string]*Day
	sales  map[payment.SaleID]payment.Sale
	drawer payment.Drawer
	boot   string
	known  time.Duration // of the boot: the cloud's time less since its start, once it is known
	since  bool          // known is set
	wait   []undated
}

// undated is what happened before the clock of its boot was set.
type undated struct {
	mono time.Duration
	day  Day
}

// ErrDays is wrapped by the refusal of days that are none.
var ErrDays = errors.New("want days as 2026-11-24, the first not after the last")

// New begins an account of the days from the first to the last.
func New(terminal, from, to string, zone *time.Location) (*Account, error) {
	for _, day := range []string{from, to} {
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			return nil, fmt.Errorf("%.40q: %w", day, ErrDays)
		}
	}
	if from > to {
		return nil, fmt.Errorf("from %s to %s: %w", from, to, ErrDays)
	}
	return &Account{
		report: Report{Terminal: terminal, From: from, To: to, Zone: zone.String(), Days: []Day{}},
		zone:   zone, days: map[string]*Day{}, sales: map[payment.SaleID]payment.Sale{},
	}, nil
}

// Add takes the next record.
func (a *Account) Add(at payment.Stamp, e payment.Event) error {
	a.tell(at)
	if payment.OfShift(e.Kind) {
		return a.shift(at, e)
	}
	if e.Sale == "" {
		if e.Kind == payment.StoreReplaced {
			a.drawer = payment.Drawer{}
		}
		return nil
	}
	before, there := a.sales[e.Sale]
	if !there && !e.Kind.Begins() {
		a.report.Missing++
		return nil
	}
	after, err := before.Apply(e, at)
	if err != nil {
		return fmt.Errorf("figures of sale %s: %w", e.Sale, err)
	}
	a.sales[e.Sale] = after
	a.report.Currency = cmp.Or(a.report.Currency, after.Total.Currency)
	a.drawer = a.drawer.Count(before, after)
	of := payment.Shift{Number: 1}.Count(before, after)
	a.put(at, Day{
		Sales: of.Sales, Amount: of.Amount, Discount: of.Discount, Tax: of.Tax, Tips: of.Tips,
		Refunds: of.Refunds, Voids: of.Voids, Wallets: of.Wallets,
	})
	return nil
}

// shift is an event of the drawer. Where the beginning of its shift is not among
// the records, what can be said of it is.
func (a *Account) shift(at payment.Stamp, e payment.Event) error {
	d := Day{}
	if e.Kind == payment.ShiftOpened && a.drawer.Shift.Number == 0 && e.Shift > 1 {
		a.drawer.Shift.Number = e.Shift - 1
	}
	whole := e.Kind == payment.ShiftOpened || a.drawer.Shift.Open
	if whole {
		next, err := a.drawer.Apply(e, at)
		if err != nil {
			return fmt.Errorf("figures of shift %d: %w", e.Shift, err)
		}
		a.drawer = next
	} else {
		a.report.Missing++
	}
	switch {
	case e.Kind == payment.CashMoved && e.Movement == payment.PayIn:
		d.PaidIn = e.Amount
	case e.Kind == payment.CashMoved && e.Movement == payment.PayOut:
		d.PaidOut = e.Amount
	case e.Kind == payment.CashMoved:
		d.NoSales = 1
	case e.Kind == payment.ShiftClosed && whole:
		d.Reports = []ZReport{{Number: e.Shift, Over: a.drawer.Before.Over()}}
	}
	a.put(at, d)
	return nil
}

// tell learns from a stamp what the time was since its boot.
func (a *Account) tell(at payment.Stamp) {
	if at.Boot != a.boot {
		a.flush()
		a.boot, a.since = at.Boot, false
	}
	if at.Time.IsZero() {
		return
	}
	a.known, a.since = time.Duration(at.Time.UnixNano())-at.Mono, true
	a.flush()
	if day := at.Time.In(a.zone).Format(time.DateOnly); a.report.Oldest == "" {
		a.report.Oldest = day
	}
}

// flush dates what waited for the clock, or gives up on it.
func (a *Account) flush() {
	for _, u := range a.wait {
		date := ""
		if a.since {
			date = time.Unix(0, int64(a.known+u.mono)).In(a.zone).Format(time.DateOnly)
		}
		a.on(date, u.day)
	}
	a.wait = nil
}

func (a *Account) put(at payment.Stamp, d Day) {
	if at.Time.IsZero() && !a.since {
		a.wait = append(a.wait, undated{at.Mono, d})
		return
	}
	when := at.Time
	if when.IsZero() {
		when = time.Unix(0, int64(a.known+at.Mono))
	}
	a.on(when.In(a.zone).Format(time.DateOnly), d)
}

func (a *Account) on(date string, d Day) {
	if date != "" && (date < a.report.From || date > a.report.To) {
		return
	}
	if a.days[date] == nil {
		a.days[date] = &Day{Date: date}
	}
	a.days[date].add(d)
}

// Report is the account as it stands.
func (a *Account) Report() Report {
	a.flush()
	r := a.report
	r.Days = []Day{}
	for _, date := range slices.Sorted(maps.Keys(a.days)) {
		d := *a.days[date]
		if d.empty() {
			continue
		}
		r.Days = append(r.Days, d)
		r.Total.add(d)
	}
	for _, id := range slices.Sorted(maps.Keys(a.sales)) {
		s := a.sales[id]
		amount := int64(0)
		if s.OpenAttempt() != nil || s.PartPaid() {
			amount = s.Due()
		} else if open := s.OpenRefund(); open != nil {
			amount = open.Amount
		} else {
			continue
		}
		r.Unsettled = append(r.Unsettled, Unsettled{id, s.Status(), amount})
	}
	return r
}

func (d Day) empty() bool {
	return d.Sales == 0 && len(d.Wallets) == 0 && d.Refunds == 0 && d.Voids == 0 && d.PaidIn == 0 && d.PaidOut == 0 &&
		d.NoSales == 0 && len(d.Reports) == 0
}
