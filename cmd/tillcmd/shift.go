package tillcmd

import (
	"fmt"
	"strconv"
	"time"

	"till/checkout"
	"till/display"
	"till/payment"
	"till/printer"
	"till/words"
)

// shiftRows is the shift's screen. What should be in the drawer is not on it:
// whoever counts does not know.
func (t *terminal) shiftRows(lang words.Lang, d payment.Drawer) []display.Row {
	var rows []display.Row
	if s := d.Shift; s.Open {
		rows = append(rows,
			display.Row{
				Left:  words.Say(lang, "shift_since", "number", strconv.FormatUint(s.Number, 10)),
				Right: s.Cashier, Sub: t.when(s.Opened, time.DateTime), Tone: display.ToneGood,
			},
			display.Row{Left: words.Say(lang, "shift_sales"), Right: strconv.Itoa(s.Sales)})
	} else {
		rows = append(rows, display.Row{Left: words.Say(lang, "shift_none"), Tone: display.ToneNeutral})
	}
	if z := d.Before; z.Number > 0 {
		rows = append(rows, display.Row{
			Left: words.Say(lang, "shift_last"), Right: t.shownNumber(z.Number), Sub: t.when(z.Closed, time.DateTime),
		})
	}
	return rows
}

// sumView asks for an amount of the drawer.
func (t *terminal) sumView(v *display.View, s checkout.State) {
	v.Title = words.Say(v.Lang, words.Key("sum_"+string(s.Asked)))
	v.Amount = payment.Money{Amount: s.Keyed, Currency: s.Settings.Currency}
	if s.Asked == checkout.CountSum {
		v.Detail = words.Say(v.Lang, "sum_count_what")
	}
}

// shiftReport lays out a shift's X or Z report.
func (t *terminal) shiftReport(r checkout.Report, practice bool) printer.Document {
	s, m := r.Shift, t.config.Merchant
	both := func(k words.Key) string { return words.Say(words.English, k) + " " + words.Say(words.Chinese, k) }
	money := func(minor int64) string {
		return payment.Money{Amount: minor, Currency: t.config.Merchant.Currency}.Format(locale(words.English))
	}
	var rows []printer.Row
	line := func(k words.Key, value string) {
		if value != "" {
			rows = append(rows, printer.Row{Label: both(k), Value: value})
		}
	}
	rule := func() { rows = append(rows, printer.Row{}) }
	title := words.Say(words.English, "paper_x_report")
	if !s.Open {
		title = words.Say(words.English, "paper_z_report") + " " + t.number(s.Number, practice)
	}
	line("paper_terminal", t.config.Terminal)
	line("paper_cashier", s.Cashier)
	moment := func(k words.Key, at payment.Stamp) {
		text := t.when(at, "2006-01-02 15:04")
		if text == "" && at != (payment.Stamp{}) {
			text = both("paper_time_unknown")
		}
		line(k, text)
	}
	moment("paper_shift_opened", s.Opened)
	moment("paper_shift_closed", s.Closed)
	rule()
	rows = append(rows, printer.Row{Label: fmt.Sprintf("%s x %d", both("paper_sale"), s.Sales), Value: money(s.Amount)})
	for _, part := range []struct {
		key    words.Key
		amount int64
	}{{"paper_discount", -s.Discount}, {"paper_tax", s.Tax}, {"paper_tip", s.Tips}} {
		if part.amount != 0 {
			line(part.key, money(part.amount))
		}
	}
	if s.First != 0 {
		line("paper_receipts", t.number(s.First, practice)+" - "+t.number(s.Last, practice))
	}
	for _, w := range s.Paid() {
		of := s.Wallets[w]
		rows = append(rows, printer.Row{Label: fmt.Sprintf("%s %s x %d", w.Name(), w.ChineseName(), of.Count), Value: money(of.Taken)})
		for _, back := range []struct {
			key    words.Key
			amount int64
		}{{"paper_refund", of.Refunded}, {"paper_void", of.Voided}, {"paper_late", of.Late}} {
			if back.amount != 0 {
				rows = append(rows, printer.Row{Label: "  " + both(back.key), Value: money(-back.amount)})
			}
		}
	}
	rule()
	line("paper_refund", strconv.Itoa(s.Refunds))
	line("paper_void", strconv.Itoa(s.Voids))
	line("paper_no_sale", strconv.Itoa(s.NoSales))
	rule()
	line("paper_float", money(s.Float))
	line("paper_cash_kept", money(s.Wallets[payment.Cash].Kept()))
	line("paper_paid_in", money(s.PaidIn))
	line("paper_paid_out", money(-s.PaidOut))
	line("paper_expected", money(s.Expected()))
	if !s.Open {
		line("paper_counted", money(s.Counted))
		key := words.Key("paper_over")
		if s.Over() < 0 {
			key = "paper_short"
		}
		line(key, money(s.Over()))
	}
	if !practice || len(r.Unresolved) > 0 {
		rule()
	}
	if p := t.journal.Position(); !practice {
		line("paper_unsent", strconv.FormatUint(p.Last-p.Acked, 10))
	}
	for _, sale := range r.Unresolved {
		rows = append(rows, printer.Row{Label: both("paper_unresolved") + " " + string(sale.ID)[len(sale.ID)-6:], Value: sale.Total.Format(locale(words.English))})
	}
	if r.Held > 0 {
		rows = append(rows, printer.Row{Label: fmt.Sprintf("%s x %d", both("paper_held"), r.Held), Value: money(r.HeldAmount)})
	}
	doc := printer.Report(title, rows)
	var head []printer.Block
	if practice {
		head = append(head, printer.TrainingMark()...)
	}
	note := func(k words.Key) {
		head = append(head, printer.Text{Text: both(k), Align: printer.Center, Style: printer.Style{Bold: true, Inverse: true}})
	}
	if t.config.Test {
		note("paper_test")
	}
	if r.Copy {
		note("paper_copy")
	}
	head = append(head, printer.Text{Text: m.Name, Align: printer.Center, Style: printer.Style{Bold: true, Tall: true}})
	doc.Blocks = append(head, doc.Blocks...)
	return doc
}
