package figures

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"till/payment"
)

// Format is how a report is written.
type Format string

// The formats.
const (
	Text Format = "text"
	CSV  Format = "csv"
	JSON Format = "json"
)

// Write writes a report.
func (r Report) Write(w io.Writer, as Format) error {
	if err := as.Write(w, r.text, r.csv, r); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// Write writes what a report is in this format, whole or not at all: by text, by csv,
// or value as JSON.
func (f Format) Write(w io.Writer, text, csv func(*bytes.Buffer) error, value any) error {
	var b bytes.Buffer
	var err error
	switch f {
	case Text:
		err = text(&b)
	case CSV:
		err = csv(&b)
	case JSON:
		e := json.NewEncoder(&b)
		e.SetIndent("", "  ")
		err = e.Encode(value)
	default:
		err = fmt.Errorf("format %.40q is none of %s, %s, %s", string(f), Text, CSV, JSON)
	}
	if err == nil {
		_, err = b.WriteTo(w)
	}
	return err
}

// line is one figure of a day.
type line struct {
	what   string
	wallet payment.Wallet
	count  int
	amount int64 // minor units
}

// lines are the figures of a day, in one order.
func (d Day) lines() []line {
	all := []line{{what: "sales", count: d.Sales, amount: d.Amount}}
	add := func(l line) {
		if l.count != 0 || l.amount != 0 {
			all = append(all, l)
		}
	}
	add(line{what: "discount", amount: -d.Discount})
	add(line{what: "tax", amount: d.Tax})
	add(line{what: "tips", amount: d.Tips})
	var back payment.Totals
	for _, w := range slices.Sorted(maps.Keys(d.Wallets)) {
		t := d.Wallets[w]
		back = back.Plus(t)
		add(line{"taken", w, t.Count, t.Taken})
		add(line{"refunded", w, 0, -t.Refunded})
		add(line{"voided", w, 0, -t.Voided})
		add(line{"late, taken", w, 0, t.Late})
		add(line{"late, given back", w, 0, -t.Late})
	}
	add(line{what: "refunds", count: d.Refunds, amount: -back.Refunded}) // all of those above
	add(line{what: "voids", count: d.Voids, amount: -back.Voided})
	add(line{what: "kept", amount: d.Kept()})
	add(line{what: "paid in", amount: d.PaidIn})
	add(line{what: "paid out", amount: -d.PaidOut})
	add(line{what: "drawer opened, no sale", count: d.NoSales})
	for _, z := range d.Reports {
		all = append(all, z.line())
	}
	return all
}

// line says what was wrong with the drawer, in a word and an amount of no sign.
func (z ZReport) line() line {
	l := line{what: "Z report " + strconv.FormatUint(z.Number, 10), amount: max(z.Over, -z.Over)}
	switch {
	case z.Over > 0:
		l.what += ", over"
	case z.Over < 0:
		l.what += ", short"
	default:
		l.what += ", exact"
	}
	return l
}

func (r Report) money(minor int64) string {
	if r.Currency == "" {
		return strconv.FormatInt(minor, 10)
	}
	return payment.Money{Amount: minor, Currency: r.Currency}.Plain()
}

func (r Report) text(w *bytes.Buffer) error {
	t := tabwriter.NewWriter(w, 12, 0, 2, ' ', tabwriter.AlignRight)
	head := func(title string) { _, _ = fmt.Fprintf(w, "%s\n", title) } // into memory
	days := fmt.Sprintf("%s to %s", r.From, r.To)
	if r.From == r.To {
		days = r.From
	}
	head(strings.TrimSpace(fmt.Sprintf("Terminal %s, %s (%s) %s", r.Terminal, days, r.Zone, r.Currency)))
	day := func(title string, d Day) error {
		head("\n" + title)
		for _, l := range d.lines() {
			name := l.what
			if l.wallet != "" {
				name = l.wallet.Name() + ", " + name
			}
			count := ""
			if l.count != 0 {
				count = strconv.Itoa(l.count)
			}
			amount := ""
			if l.amount != 0 || l.count == 0 {
				amount = r.money(l.amount)
			}
			_, _ = fmt.Fprintf(t, "  %s\t%s\t%s\t\n", pad(name), count, amount) // into memory
		}
		return t.Flush()
	}
	for _, d := range r.Days {
		title := d.Date
		if title == "" {
			title = "Not dated: the clock was not set"
		}
		if err := day(title, d); err != nil {
			return err
		}
	}
	if len(r.Days) != 1 {
		if err := day("All days", r.Total); err != nil {
			return err
		}
	}
	if len(r.Unsettled) > 0 {
		head("\nNot settled, carried forward")
		for _, u := range r.Unsettled {
			head(fmt.Sprintf("  %s  %s  %s", u.Sale, u.Status, r.money(u.Amount)))
		}
	}
	if r.Missing > 0 {
		head(fmt.Sprintf("\nThe records begin on %s. Records left out, of sales from before: %d. The gateway has those sales.", r.Oldest, r.Missing))
	}
	if r.Impossible > 0 {
		head(fmt.Sprintf("\nRecords left out that tell what cannot be: %d. The figures may be wrong; call support.", r.Impossible))
	}
	return nil
}

// nameWidth is that of the first column, so that it stands left and the others right.
const nameWidth = 28

func pad(name string) string {
	return name + strings.Repeat(" ", max(0, nameWidth-len([]rune(name))))
}

func (r Report) csv(w *bytes.Buffer) error {
	return csv.NewWriter(w).WriteAll(append([][]string{csvHead}, r.rows()...))
}

var csvHead = []string{"terminal", "date", "what", "wallet", "count", "amount", "currency"}

// WriteCSV writes the reports of several terminals as one table of RFC 4180, with the
// amounts in minor units beside those that people read.
func WriteCSV(w io.Writer, all []Report) error {
	c := csv.NewWriter(w)
	c.UseCRLF = true
	rows := [][]string{append(slices.Clone(csvHead), "amount_minor")}
	for _, r := range all {
		plain := r
		plain.Currency = "" // then amounts are written in minor units
		minor := plain.rows()
		for i, row := range r.rows() {
			rows = append(rows, append(row, minor[i][5]))
		}
	}
	return c.WriteAll(rows)
}

// rows are the table without its head.
func (r Report) rows() (rows [][]string) {
	for _, d := range r.Days {
		for _, l := range d.lines() {
			rows = append(rows, []string{r.Terminal, d.Date, l.what, string(l.wallet), strconv.Itoa(l.count), r.money(l.amount), r.Currency})
		}
	}
	for _, u := range r.Unsettled {
		rows = append(rows, []string{r.Terminal, "", "not settled: " + string(u.Status), string(u.Sale), "1", r.money(u.Amount), r.Currency})
	}
	return rows
}
