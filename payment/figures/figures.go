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
	// Impossible counts records that tell what cannot be, and were left out as the
	// ledger leaves them out of its sales. A terminal's own report has none: it fails.
	Impossible int `json:"impossible,omitempty"`
	// Oldest is the day of the oldest record; "" is not known.
	Oldest string `json:"oldest,omitempty"`
}

// Account folds records into days. Its records are added in order; those of
// another epoch begin anew.
type Account struct {
	report Report // with no days
	zone   *time.Location
	days   map[string]*Day
	sales  map[payment.SaleID]payment.Sale
	drawer payment.Drawer
	boot   string
	known  time.Duration // of the boot: the cloud's time less since its start, once it is known
	since  bool          // known is set
	wait   []undated
	forgot bool // sales were forgotten, see Forget
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
	if err := checkDays(from, to); err != nil {
		return nil, err
	}
	return &Account{
		report: Report{Terminal: terminal, From: from, To: to, Zone: zone.String(), Days: []Day{}},
		zone:   zone, days: map[string]*Day{}, sales: map[payment.SaleID]payment.Sale{},
	}, nil
}

func checkDays(from, to string) error {
	for _, day := range []string{from, to} {
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			return fmt.Errorf("%.40q: %w", day, ErrDays)
		}
	}
	if from > to {
		return fmt.Errorf("from %s to %s: %w", from, to, ErrDays)
	}
	return nil
}

// NewWhole begins an account of all days there are, for Between.
func NewWhole(terminal string, zone *time.Location) *Account {
	return &Account{
		report: Report{Terminal: terminal, To: "9999-12-31", Zone: zone.String(), Days: []Day{}},
		zone:   zone, days: map[string]*Day{}, sales: map[payment.SaleID]payment.Sale{},
	}
}

// ErrForgotten is that an event is of a sale that was forgotten: the account has to be
// made anew.
var ErrForgotten = errors.New("the event is of a sale that was forgotten")

// LeaveOut counts a record that Add has refused, or that cannot be read.
func (a *Account) LeaveOut() { a.report.Impossible++ }

// Forget forgets the settled sales that are not among the newest, which takes their
// memory and nothing else. Where something happens to one of them after all, or to one
// that was never there, Add fails with ErrForgotten.
func (a *Account) Forget(newest int) {
	if len(a.sales) <= 2*newest {
		return
	}
	ids := slices.Sorted(maps.Keys(a.sales)) // ids sort by time
	for _, id := range ids[:len(ids)-newest] {
		if _, _, open := a.sales[id].Unsettled(); !open {
			delete(a.sales, id)
			a.forgot = true
		}
	}
}

// Add takes the next record.
func (a *Account) Add(at payment.Stamp, e payment.Event) error {
	a.tell(at)
	if e.Kind == payment.ShiftDated || e.Kind == payment.ReportPrinted {
		return nil // no money is in them
	}
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
	if !there && !e.Kind.Begins() && a.forgot {
		return ErrForgotten
	}
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
func (a *Account) Report() Report { return a.between(a.report.From, a.report.To) }

// Between is the report of some of the days of an account of all.
func (a *Account) Between(from, to string) (Report, error) {
	if err := checkDays(from, to); err != nil {
		return Report{}, err
	}
	return a.between(from, to), nil
}

// between changes nothing: what waits for the clock may be dated yet.
func (a *Account) between(from, to string) Report {
	r := a.report
	r.From, r.To, r.Days = from, to, []Day{}
	waiting := Day{}
	if undated := a.days[""]; undated != nil {
		waiting.add(*undated)
	}
	for _, u := range a.wait {
		waiting.add(u.day)
	}
	r.put(waiting)
	for _, date := range slices.Sorted(maps.Keys(a.days)) {
		if date != "" && date >= from && date <= to {
			r.put(*a.days[date])
		}
	}
	for _, id := range slices.Sorted(maps.Keys(a.sales)) {
		s := a.sales[id]
		if amount, _, open := s.Unsettled(); open {
			r.Unsettled = append(r.Unsettled, Unsettled{id, s.Status(), amount})
		}
	}
	return r
}

// put adds a day's figures, as they are now.
func (r *Report) put(d Day) {
	if d.empty() {
		return
	}
	copied := Day{Date: d.Date}
	copied.add(d)
	r.Days = append(r.Days, copied)
	r.Total.add(d)
}

func (d Day) empty() bool {
	return d.Sales == 0 && len(d.Wallets) == 0 && d.Refunds == 0 && d.Voids == 0 && d.PaidIn == 0 && d.PaidOut == 0 &&
		d.NoSales == 0 && len(d.Reports) == 0
}
