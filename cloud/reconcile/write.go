package reconcile

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"till/payment"
	"till/payment/figures"
	"till/words"
)

// Write writes a report, in English.
func (r Report) Write(w io.Writer, as figures.Format) error {
	if err := as.Write(w, r.text, r.csv, r); err != nil {
		return fmt.Errorf("write the reconciliation: %w", err)
	}
	return nil
}

// Last is the sentence at the end of a report.
func (r Report) Last(lang words.Lang) string {
	return words.Say(lang, "reconcile_last", "needs", strconv.Itoa(r.Needs), "all", strconv.Itoa(len(r.Rows)))
}

func say(k words.Key) string { return words.Say(words.English, k) }

func plain(minor int64, currency string) string {
	return payment.Money{Amount: minor, Currency: currency}.Plain()
}

// figure is a line of a total.
type figure struct {
	name words.Key
	of   func(Sums) int64
}

var everyFigure = []figure{
	{"reconcile_charged", func(s Sums) int64 { return s.Charged }},
	{"reconcile_refunded", func(s Sums) int64 { return s.Refunded }},
	{"reconcile_reversed", func(s Sums) int64 { return s.Reversed }},
	{"reconcile_in_dispute", func(s Sums) int64 { return s.Disputed }},
	{"reconcile_net", Sums.Net},
}

// figures are the lines of a total that say something.
func (t Total) figures() (all []figure) {
	for _, f := range everyFigure {
		if f.name != "reconcile_in_dispute" || f.of(t.acquirer()) != 0 {
			all = append(all, f)
		}
	}
	return all
}

// TotalLine is a line of a total, as people read it: Name is a sentence's key.
type TotalLine struct {
	Name                           string
	Journal, Ledger, Acquirer, Off int64 // minor units; Acquirer is 0 of cash
	Net                            bool  // it is what is left
}

// Lines are those that say something.
func (t Total) Lines() (all []TotalLine) {
	for _, f := range t.figures() {
		all = append(all, TotalLine{
			Name: string(f.name), Journal: f.of(t.Journal), Ledger: f.of(t.Ledger), Acquirer: f.of(t.acquirer()), Off: t.off(f), Net: f.name == "reconcile_net",
		})
	}
	return all
}

func (t Total) acquirer() Sums {
	if t.Acquirer == nil {
		return Sums{}
	}
	return *t.Acquirer
}

// off is by how much a line differs: see Off.
func (t Total) off(f figure) int64 {
	if t.Acquirer == nil {
		return f.of(t.Ledger) - f.of(t.Journal)
	}
	return f.of(t.acquirer()) - f.of(t.Journal)
}

func (r Report) days() string {
	if r.From == r.To {
		return r.From
	}
	return r.From + " to " + r.To
}

func (r Report) text(w *bytes.Buffer) error {
	of := "all terminals"
	if len(r.Terminals) > 0 {
		of = strings.Join(r.Terminals, ", ")
	}
	fmt.Fprintf(w, "%s %s (%s), %s, as of %s\n", say("reconcile_title"), r.days(), r.Zone, of, r.At.Format(time.RFC3339))
	t := tabwriter.NewWriter(w, 14, 0, 2, ' ', tabwriter.AlignRight)
	for _, total := range r.Totals {
		fmt.Fprintf(w, "\n%s, %s\n", total.Wallet.Name(), total.Currency)
		_, _ = fmt.Fprintf(t, "\t%s\t%s\t%s\t%s\t\n", say("reconcile_journal"), say("reconcile_ledger"), say("reconcile_acquirer"), say("reconcile_off"))
		for _, f := range total.figures() {
			acquirer := "-"
			if total.Acquirer != nil {
				acquirer = plain(f.of(*total.Acquirer), total.Currency)
			}
			_, _ = fmt.Fprintf(t, "%-12s\t%s\t%s\t%s\t%s\t\n", say(f.name), plain(f.of(total.Journal), total.Currency), plain(f.of(total.Ledger), total.Currency),
				acquirer, plain(total.off(f), total.Currency))
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}
	if r.Equal() {
		fmt.Fprintf(w, "\n%s\n", say("reconcile_equal"))
	}
	for _, needs := range []bool{true, false} {
		if err := r.list(w, needs); err != nil {
			return err
		}
	}
	fmt.Fprintf(w, "\n%s\n", r.Last(words.English))
	return nil
}

// list writes the rows that need somebody, or the others.
func (r Report) list(w *bytes.Buffer, needs bool) error {
	head := say("reconcile_explained")
	if needs {
		head = say("reconcile_needs")
	}
	place, err := time.LoadLocation(r.Zone)
	if err != nil {
		return err
	}
	for _, row := range r.Rows {
		if row.Needs != needs {
			continue
		}
		if head != "" {
			fmt.Fprintf(w, "\n%s\n", head)
			head = ""
		}
		when := "-"
		if !row.At.IsZero() {
			when = row.At.In(place).Format("2006-01-02 15:04")
		}
		fmt.Fprintf(w, "  %s  %s\n", when, strings.Join(row.what(), "  "))
		fmt.Fprintf(w, "      %s\n", row.Text[string(words.English)])
	}
	return nil
}

// Say is what one book has of a row: what is left, and where some was taken and went
// back, both, since nothing may be left of it in any book.
func (s Side) Say(lang words.Lang, money func(minor int64) string) string {
	back := s.Said.Refunded + s.Said.Reversed
	if s.Said.Charged == 0 || back == 0 {
		return money(s.Said.Net())
	}
	return words.Say(lang, "reconcile_said", "taken", money(s.Said.Charged), "back", money(back))
}

// what are the parts of a row's first line.
func (r Row) what() []string {
	all := []string{r.Kind.Name(words.English)}
	if r.Sale != "" {
		all = append(all, string(r.Sale))
	} else if r.Order != "" {
		all = append(all, cell(r.Order))
	}
	for _, n := range []struct {
		name string
		n    int
	}{{"attempt", r.Attempt}, {"refund", r.Refund}} {
		if n.n > 0 {
			all = append(all, fmt.Sprintf("%s %d", n.name, n.n))
		}
	}
	if r.Terminal != "" {
		all = append(all, r.Terminal)
	}
	for _, side := range []struct {
		name words.Key
		Side
	}{{"reconcile_journal", r.Journal}, {"reconcile_ledger", r.Ledger}, {"reconcile_acquirer", r.Acquirer}} {
		if side.Currency != "" {
			all = append(all, say(side.name)+" "+side.Say(words.English, func(minor int64) string { return plain(minor, side.Currency) }))
		}
	}
	return all
}

func (r Report) csv(w *bytes.Buffer) error {
	c := csv.NewWriter(w)
	rows := [][]string{{
		"what", "needs_somebody", "kind", "at", "sale", "attempt", "refund", "order", "terminal", "wallet", "currency",
		"journal", "ledger", "acquirer", "explanation",
	}}
	for _, t := range r.Totals {
		for _, f := range t.figures() {
			acquirer := ""
			if t.Acquirer != nil {
				acquirer = plain(f.of(*t.Acquirer), t.Currency)
			}
			rows = append(rows, []string{
				"total", "", say(f.name), "", "", "", "", "", "", string(t.Wallet), t.Currency,
				plain(f.of(t.Journal), t.Currency), plain(f.of(t.Ledger), t.Currency), acquirer, "",
			})
		}
	}
	number := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	for _, d := range r.Rows {
		at := ""
		if !d.At.IsZero() {
			at = d.At.UTC().Format(time.RFC3339)
		}
		amount := func(s Side) string {
			if s.Currency == "" {
				return ""
			}
			return plain(s.Said.Net(), s.Currency)
		}
		rows = append(rows, []string{
			"difference", strconv.FormatBool(d.Needs), string(d.Kind), at, string(d.Sale), number(d.Attempt), number(d.Refund), cell(d.Order),
			d.Terminal, string(d.Ledger.Wallet), d.Ledger.Currency, amount(d.Journal), amount(d.Ledger), amount(d.Acquirer), d.Text[string(words.English)],
		})
	}
	return c.WriteAll(rows)
}

// cell is an order number. One that is none of ours is an acquirer's text, whatever
// it is: quoted, it is no spreadsheet's formula.
func cell(o payment.Order) string {
	if o != "" && saleOf(o) == "" {
		return strconv.Quote(string(o))
	}
	return string(o)
}
