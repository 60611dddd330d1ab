package pages

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"time"

	"till/payment"
	"till/payment/figures"
)

// span is a stretch of days.
type span struct{ From, To string }

// longestSpan bounds what one page adds up, in days.
const longestSpan = 400

var errDays = errors.New("want days as 2026-11-24, the first not after the last")

// readSpan takes days of a query; without them it is today.
func readSpan(from, to, today string) (span, error) {
	d := span{cmp.Or(from, to, today), cmp.Or(to, from, today)}
	first, err := time.Parse(time.DateOnly, d.From)
	if err != nil {
		return span{today, today}, errDays
	}
	last, err := time.Parse(time.DateOnly, d.To)
	if err != nil || last.Before(first) || last.Sub(first) > longestSpan*24*time.Hour {
		return span{today, today}, errDays
	}
	return d, nil
}

// today is the day at the merchant's first shop.
func (v *visit) today(now time.Time) time.Time {
	zone := time.UTC
	if len(v.own) > 0 {
		zone = v.own[0].zone()
	}
	return now.In(zone)
}

// shortcut is a stretch of days that is often wanted.
type shortcut struct {
	Label string
	span
}

func (v *visit) shortcuts(today time.Time) []shortcut {
	day := func(back int) string { return today.AddDate(0, 0, -back).Format(time.DateOnly) }
	firstOf := time.Date(today.Year(), today.Month(), 1, 12, 0, 0, 0, today.Location())
	before := firstOf.AddDate(0, -1, 0)
	return []shortcut{
		{v.Say("pages_today"), span{day(0), day(0)}},
		{v.Say("pages_yesterday"), span{day(1), day(1)}},
		{v.Say("pages_week"), span{day(6), day(0)}},
		{v.Say("pages_month"), span{firstOf.Format(time.DateOnly), day(0)}},
		{v.Say("pages_last_month"), span{before.Format(time.DateOnly), firstOf.AddDate(0, 0, -1).Format(time.DateOnly)}},
	}
}

// choice is of days, and of a terminal or all.
type choice struct {
	Page      string // its path
	Chosen    string // terminal; "": all
	Days      span
	Fault     string
	Shortcuts []shortcut
	terminals []Terminal
	status    int
}

// choose reads what a page is to be of; without a choice it is today, and all.
func (s *server) choose(r *http.Request, v *visit) (choice, error) {
	q := r.URL.Query()
	c := choice{Page: r.URL.Path, Chosen: q.Get("terminal"), status: http.StatusOK}
	var err error
	if c.terminals, err = v.chosen(c.Chosen); err != nil {
		return c, err
	}
	today := v.today(s.Now())
	if c.Days, err = readSpan(q.Get("from"), q.Get("to"), today.Format(time.DateOnly)); err != nil {
		c.Fault, c.status = v.Say("pages_days_fault"), http.StatusUnprocessableEntity
	}
	c.Shortcuts = v.shortcuts(today)
	return c, nil
}

// refused says what is wrong with the choice of a file.
func (c choice) refused(w http.ResponseWriter) bool {
	if c.Fault != "" {
		http.Error(w, c.Fault, c.status)
	}
	return c.Fault != ""
}

type dayView struct {
	*visit
	choice
	Sums    []sum // one for each currency
	Open    []open
	Waiting uint64 // records that terminals still have
}

// sum is what the terminals came to in one currency.
type sum struct {
	figures.Report
	Parts []figures.Report // by terminal; none of one alone
}

// Wallets are the kinds of payment, in one order.
func (s sum) Wallets() []walletLine {
	var all []walletLine
	for _, w := range slices.Sorted(maps.Keys(s.Total.Wallets)) {
		all = append(all, walletLine{w, s.Total.Wallets[w]})
	}
	return all
}

// Refunded and Voided are what went back, by all kinds of payment.
func (s sum) Refunded() (minor int64) {
	for _, t := range s.Total.Wallets {
		minor += t.Refunded
	}
	return minor
}

// Voided likewise.
func (s sum) Voided() (minor int64) {
	for _, t := range s.Total.Wallets {
		minor += t.Voided
	}
	return minor
}

type walletLine struct {
	Wallet payment.Wallet
	payment.Totals
}

// open is a sale that is not settled.
type open struct {
	Terminal string
	figures.Unsettled
	Currency string
	// Found is what the gateway has found out, where that differs.
	Found payment.Status
}

// Refund says that the sale is paid, and money of it is on its way back.
func (o open) Refund() bool { return o.Status == payment.StatusApproved }

func (s *server) day(w http.ResponseWriter, r *http.Request, v *visit) error {
	c, err := s.choose(r, v)
	if err != nil {
		return err
	}
	v.Title = v.Say("pages_day")
	view := dayView{visit: v, choice: c}
	reports, err := s.reports(c.terminals, c.Days)
	if err != nil {
		return err
	}
	view.Sums = sums(reports)
	if view.Open, err = s.unsettled(reports); err != nil {
		return err
	}
	for _, t := range c.terminals {
		view.Waiting += t.Waiting
	}
	return s.show(w, c.status, "day.html", view)
}

// reports are those of some terminals, each by its shop's own clock.
func (s *server) reports(terminals []Terminal, days span) ([]figures.Report, error) {
	var all []figures.Report
	for _, t := range terminals {
		r, err := s.Gateway.Report(t.ID, days.From, days.To, t.zone().String())
		if err != nil {
			return nil, fmt.Errorf("figures of %s: %w", t.ID, err)
		}
		r.Currency = cmp.Or(r.Currency, t.currency())
		all = append(all, r)
	}
	return all, nil
}

func sums(reports []figures.Report) []sum {
	var all []sum
	for _, total := range figures.Sum(reports) {
		one := sum{Report: total}
		for _, r := range reports {
			if r.Currency == total.Currency {
				one.Parts = append(one.Parts, r)
			}
		}
		all = append(all, one)
	}
	return all
}

func (s *server) unsettled(reports []figures.Report) ([]open, error) {
	var all []open
	for _, r := range reports {
		for _, u := range r.Unsettled {
			one := open{Terminal: r.Terminal, Unsettled: u, Currency: r.Currency}
			sale, ok, err := s.Gateway.Sale(u.Sale)
			if err != nil {
				return nil, err
			}
			if ok && sale.Status != u.Status {
				one.Found = sale.Status
			}
			all = append(all, one)
		}
	}
	return all, nil
}

// dayCSV is the figures of each terminal for itself.
func (s *server) dayCSV(w http.ResponseWriter, r *http.Request, v *visit) error {
	c, err := s.choose(r, v)
	if err != nil || c.refused(w) {
		return err
	}
	reports, err := s.reports(c.terminals, c.Days)
	if err != nil {
		return err
	}
	asCSV(w, "figures-"+c.Days.From+"-"+c.Days.To)
	if err := figures.WriteCSV(w, reports); err != nil {
		s.Log.Debug("figures as CSV", "err", err) // the browser has left
	}
	return nil
}

// mark is what a spreadsheet knows a file of UTF-8 by.
const mark = "\uFEFF"

// asCSV heads a file of RFC 4180.
func asCSV(w http.ResponseWriter, name string) {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8; header=present")
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`.csv"`)
	_, _ = io.WriteString(w, mark) // where it fails, so does what follows
}
