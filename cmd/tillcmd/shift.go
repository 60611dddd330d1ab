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

// shiftReport lays out a shift's X or Z report, so that it adds up for whoever reads
// it with a pocket calculator: what was sold, less what went back, is what was kept;
// so is what each kind of payment kept; and cash of it is what the drawer should hold.
func (t *terminal) shiftReport(r checkout.Report, practice bool) printer.Document {
	s := shiftPaper{t: t, practice: practice}
	s.head(r.Shift)
	s.sales(r.Shift)
	s.ways(r.Shift)
	s.drawer(r.Shift)
	s.counts(r.Shift)
	s.late(r.Shift)
	s.forward(r.Shift)
	title := words.Key("paper_z_report")
	if r.Shift.Open {
		title = "paper_x_report"
	}
	return printer.Report(printer.ReportData{
		Title: words.Say(words.English, title) + "\n" + words.Say(words.Chinese, title), Merchant: t.config.Merchant.Name, Rows: s.rows,
		Copy: r.Copy, Test: t.config.Test, Training: practice,
	})
}

// shiftPaper is a shift's report in the making.
type shiftPaper struct {
	t        *terminal
	practice bool
	rows     []printer.Row
}

func (s *shiftPaper) money(minor int64) string {
	return payment.Money{Amount: minor, Currency: s.t.config.Merchant.Currency}.Format(moneyLocale)
}

func (s *shiftPaper) fact(k words.Key, value string) {
	if value != "" {
		s.rows = append(s.rows, printer.Row{Label: words.Both(k), Value: value})
	}
}

func (s *shiftPaper) amount(k words.Key, minor int64) { s.fact(k, s.money(minor)) }

// some is an amount that goes without saying where there is none.
func (s *shiftPaper) some(k words.Key, minor int64) {
	if minor != 0 {
		s.amount(k, minor)
	}
}

func (s *shiftPaper) count(k words.Key, n int) { s.fact(k, strconv.Itoa(n)) }

// under is an amount that belongs to the line above.
func (s *shiftPaper) under(k words.Key, minor int64) {
	s.rows = append(s.rows, printer.Row{Label: "  " + words.Both(k), Value: s.money(minor)})
}

// part begins one, under a line across.
func (s *shiftPaper) part(k words.Key) {
	s.rows = append(s.rows, printer.Row{}, printer.Row{Label: words.Both(k), LabelStyle: printer.Style{Bold: true}})
}

// bold is a line that others come to.
func (s *shiftPaper) bold(label, value string) {
	style := printer.Style{Bold: true}
	s.rows = append(s.rows, printer.Row{Label: label, Value: value, LabelStyle: style, ValueStyle: style})
}

func (s *shiftPaper) head(of payment.Shift) {
	if !of.Open {
		s.bold(words.Both("paper_z_number"), s.t.number(of.Number, s.practice))
	}
	s.fact("paper_terminal", s.t.config.Terminal)
	s.fact("paper_cashier", of.Cashier)
	moment := func(k words.Key, at payment.Stamp) {
		text := s.t.when(at, minutes)
		if text == "" && at != (payment.Stamp{}) {
			text = words.Both("paper_time_unknown")
		}
		s.fact(k, text)
	}
	moment("paper_shift_opened", of.Opened)
	moment("paper_shift_closed", of.Closed)
}

// sales leads from what was sold to what was kept of it. A sale counts when it is
// paid to its end, and its parts when they are paid, which may be in two shifts.
func (s *shiftPaper) sales(of payment.Shift) {
	all := total(of)
	s.part("paper_part_sales")
	s.count("paper_sales", of.Sales)
	if of.First != 0 {
		s.fact("paper_first", s.t.number(of.First, s.practice))
		s.fact("paper_last", s.t.number(of.Last, s.practice))
	}
	s.amount("paper_gross", of.Amount)
	apart := words.Key("paper_part_paid")
	if all.Taken < of.Amount {
		apart = "paper_paid_before"
	}
	s.some(apart, all.Taken-of.Amount)
	s.some("paper_back", -all.Refunded-all.Voided)
	s.bold(words.Both("paper_kept"), s.money(all.Kept()))
	if of.Discount == 0 && of.Tax == 0 && of.Tips == 0 {
		return
	}
	s.rows = append(s.rows, printer.Row{Label: words.Both("paper_part_inside")})
	for _, part := range []struct {
		key    words.Key
		amount int64
	}{{"paper_tax", of.Tax}, {"paper_tip", of.Tips}, {"paper_discounts", of.Discount}} {
		if part.amount != 0 {
			s.under(part.key, part.amount)
		}
	}
}

// total is all kinds of payment together.
func total(of payment.Shift) (all payment.Totals) {
	for _, w := range of.Wallets {
		all = all.Plus(w)
	}
	return all
}

// ways is what each kind of payment came to, and all of them.
func (s *shiftPaper) ways(of payment.Shift) {
	s.part("paper_part_ways")
	for _, w := range of.Paid() {
		if one := of.Wallets[w]; one != (payment.Totals{Late: one.Late}) {
			s.bold(w.Name()+" "+w.ChineseName(), fmt.Sprintf("x %d", one.Count))
			s.way(one)
			s.bold("  "+words.Both("paper_kept"), s.money(one.Kept()))
		}
	}
	all := total(of)
	if all == (payment.Totals{Late: all.Late}) {
		s.rows = append(s.rows, printer.Row{Label: words.Both("paper_none")})
	}
	s.rows = append(s.rows, printer.Row{})
	s.bold(words.Both("paper_part_all"), fmt.Sprintf("x %d", all.Count))
	s.way(all)
	large := printer.Style{Bold: true, Tall: true}
	s.rows = append(s.rows, printer.Row{
		Label: words.Both("paper_kept"), Value: s.money(all.Kept()), LabelStyle: large, ValueStyle: printer.Style{Bold: true, Tall: true, Wide: true},
	})
}

func (s *shiftPaper) way(of payment.Totals) {
	s.under("paper_taken", of.Taken)
	if of.Refunded != 0 {
		s.under("paper_way_refunded", -of.Refunded)
	}
	if of.Voided != 0 {
		s.under("paper_way_voided", -of.Voided)
	}
}

func (s *shiftPaper) drawer(of payment.Shift) {
	s.part("paper_part_drawer")
	s.amount("paper_float", of.Float)
	s.amount("paper_cash_kept", of.Wallets[payment.Cash].Kept())
	s.amount("paper_paid_in", of.PaidIn)
	s.amount("paper_paid_out", -of.PaidOut)
	s.bold(words.Both("paper_expected"), s.money(of.Expected()))
	if of.Open {
		return
	}
	s.amount("paper_counted", of.Counted)
	key := words.Key("paper_exact")
	switch over := of.Over(); {
	case over > 0:
		key = "paper_over"
	case over < 0:
		key = "paper_short"
	}
	s.bold(words.Both(key), s.money(of.Over()))
}

func (s *shiftPaper) counts(of payment.Shift) {
	s.part("paper_part_count")
	s.count("paper_refunds", of.Refunds)
	s.count("paper_voids", of.Voids)
	s.count("paper_no_sale", of.NoSales)
}

// late is money that was never taken, as far as a shift is concerned.
func (s *shiftPaper) late(of payment.Shift) {
	if total(of).Late == 0 {
		return
	}
	s.part("paper_part_late")
	for _, w := range of.Paid() {
		if late := of.Wallets[w].Late; late != 0 {
			s.rows = append(s.rows, printer.Row{Label: w.Name() + " " + w.ChineseName(), Value: s.money(late)})
		}
	}
	s.rows = append(s.rows, printer.Row{Label: words.Both("paper_late_what")})
}

// forward is what the shift leaves to the next, as it was when the report was made: a
// copy says the same. Of a shift that ended before journals kept it, nothing is known.
func (s *shiftPaper) forward(of payment.Shift) {
	f := of.Forward
	if f == nil {
		return
	}
	part := words.Key("paper_part_forward")
	if of.Open {
		part = "paper_part_open"
	}
	s.part(part)
	s.count("paper_unresolved", len(f.Unsettled)+f.More)
	for _, sale := range f.Unsettled {
		s.unsettled(sale)
	}
	if f.More > 0 {
		s.rows = append(s.rows, printer.Row{Label: fmt.Sprintf("  + %d", f.More), Value: s.money(f.MoreAmount)})
	}
	if f.Held > 0 {
		s.count("paper_held", f.Held)
		s.under("paper_held_amount", f.HeldAmount)
	}
	if !s.practice {
		s.fact("paper_unsent", strconv.FormatUint(f.Unsent, 10))
	}
}

// unsettled is a sale by the number of its receipt, or the end of its own where it
// has none, and what is open of it.
func (s *shiftPaper) unsettled(sale payment.Unsettled) {
	number := string(sale.Sale)[len(sale.Sale)-6:]
	if sale.Receipt != 0 {
		number = s.t.number(sale.Receipt, s.practice)
	}
	key, amount := words.Key("paper_open_payment"), sale.Amount
	if sale.Refund {
		key, amount = "paper_open_refund", -sale.Amount
	}
	s.rows = append(s.rows, printer.Row{Label: "  " + number + " " + words.Both(key), Value: s.money(amount)})
}
