package tillcmd

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"till/checkout"
	"till/cmd/tillcmd/doctor"
	"till/device"
	"till/display"
	"till/payment"
	"till/words"
)

// moneyLocale writes money on screens and on paper, whatever language is beside it.
const moneyLocale = "en-US"

// counts says that a screen shows seconds.
func counts(s checkout.Screen) bool {
	return s == checkout.Checking || s == checkout.ShowingQR || s == checkout.Charging
}

// needsSomeone is how long a sale is checked until the cashier is asked for, in seconds.
const needsSomeone = 10

// ledOf is the light's colour after so many seconds on the screen.
func ledOf(s checkout.State, seconds int, troubles []words.Key) device.LED {
	switch s.Screen {
	case checkout.Approved:
		return device.LEDGreen
	case checkout.Declined, checkout.Fault:
		return device.LEDRed
	case checkout.Checking:
		if seconds >= needsSomeone {
			return device.LEDBlinking
		}
		return device.LEDAmber
	case checkout.Receipt:
		return device.LEDBlinking
	case checkout.Offline, checkout.Halted:
		return device.LEDAmber
	}
	switch {
	case s.Printer == checkout.PrinterNoPaper:
		return device.LEDBlinking
	case s.Printer == checkout.PrinterOff, slices.Contains(troubles, "bar_no_display"), slices.Contains(troubles, "bar_no_scanner"):
		return device.LEDAmber
	}
	return device.LEDOff
}

// view is what the counter's state looks like. It decides nothing.
func (t *terminal) view() display.View {
	s := t.counter.State()
	lang := t.config.Merchant.Language
	v := display.View{
		Screen: screenOf(s.Screen), Lang: lang, Test: t.config.Test,
		Training: t.counter.Training(), Bar: t.bar(t.register.State), Amount: s.Due(), Message: t.message(s, lang), Keypad: s.Keypad(),
	}
	sale, onScreen := s.OnScreen()
	if onScreen {
		v.Amount, v.Wallet = asked(sale), walletOf(sale)
	}
	more := false
	now := t.steady()
	if counts(s.Screen) {
		v.Seconds = s.SecondsSince(now)
	}
	switch s.Screen {
	case checkout.Ready:
		t.cartView(&v, s)
		t.heldLine(&v, s)
	case checkout.Discounting, checkout.Tipping, checkout.Splitting:
		t.askedView(&v, s)
	case checkout.PartPaid:
		due := s.Due()
		paid := payment.Money{Amount: sale.Total.Amount - due.Amount, Currency: due.Currency}
		v.Amount, v.Title = s.Next(), words.Say(lang, "part_title")
		v.Detail = words.Say(lang, "part_paid", "amount", paid.Format(moneyLocale), "total", sale.Total.Format(moneyLocale))
	case checkout.ShowingQR:
		answer := s.Answer(sale.ID)
		v.QR, v.Seconds = answer.QR, s.SecondsUntil(answer.Expires, now)
	case checkout.Checking:
		v.Until = s.SecondsUntil(s.Answer(sale.ID).ReverseAt, now)
	case checkout.TakeCash:
		v.Amount = s.Next()
		v.Entry = payment.Money{Amount: s.Tendered, Currency: v.Amount.Currency}
		if change := s.Tendered - v.Amount.Amount; s.Tendered > 0 && change >= 0 {
			v.Lines = []display.Line{t.amountLine(lang, "line_change", change, v.Amount.Currency, true)}
		}
	case checkout.Approved:
		v.Lines = t.approvedLines(lang, sale)
		v.QR = s.ReceiptQR()
		if s.Printing() && v.Message == "" {
			v.Message = words.Say(lang, "printing")
			if slices.ContainsFunc(s.Doubts, func(d payment.Sale) bool { return d.ID == sale.ID }) {
				v.Message = words.Say(lang, "receipt_doubt")
			} else if s.Printer != checkout.PrinterReady {
				v.Message = words.Say(lang, "receipt_waits")
			}
		}
	case checkout.Declined, checkout.Expired, checkout.Reversed, checkout.Cancelled:
		if a := sale.LastAttempt(); a != nil && a.Reason != payment.ReasonNone {
			v.Title = words.Say(lang, words.Key("reason_"+string(a.Reason)))
		}
		if s.Screen != checkout.Cancelled {
			v.Detail = words.Say(lang, "try_again")
		}
	case checkout.PIN, checkout.SignOn:
		v.Masked = strings.Repeat("•", len(s.Digits))
		v.Title, v.Detail = t.pinTitle(s, lang)
	case checkout.Resetting:
		resetView(&v, s)
	case checkout.Voiding:
		if sale, ok := s.SelectedSale(); ok {
			v.Title = words.Say(lang, "void_title", "amount", sale.Total.Format(moneyLocale))
			v.Detail, v.Amount = words.Say(lang, "void_detail"), payment.Money{}
		}
	case checkout.Refunding:
		t.refundView(&v, s)
	case checkout.ShiftScreen:
		v.Title, v.Rows = words.Say(lang, "button_shift"), t.shiftRows(lang, s.Counter.Drawer)
	case checkout.DrawerSum:
		t.sumView(&v, s)
	case checkout.DrawerWhy:
		v.Amount, v.Title = payment.Money{}, words.Say(lang, "drawer_why")
	case checkout.Parking:
		v.Title = words.Say(lang, "park_title")
		v.Detail = words.Say(lang, "park_detail")
	case checkout.Catalogue:
		v.Title, v.Rows = words.Say(lang, "items_title"), t.productRows(lang, s)
	case checkout.HeldSales:
		v.Title, v.Rows = words.Say(lang, "held_title"), t.heldRows(lang, s)
	case checkout.Sales:
		v.Rows = t.saleRows(lang, s.OnPage())
	case checkout.OneSale:
		if sale, ok := s.SelectedSale(); ok {
			v.Title = sale.Total.Format(moneyLocale)
			v.Rows, more = onePage(s, t.oneSale(lang, sale))
		}
	case checkout.Finding:
		v.Amount, v.Title, v.Detail = payment.Money{}, words.Say(lang, "find_title"), words.Say(lang, "find_detail")
		if s.Keyed > 0 {
			v.Keyed = t.shownNumber(uint64(s.Keyed))
		}
	case checkout.About:
		v.Title = words.Say(lang, "button_status")
		v.Rows, more = onePage(s, t.about(lang, t.register.State))
	case checkout.Doctor:
		v.Title, v.Rows = words.Say(lang, "doctor_title"), checkRows(lang, s)
		v.Detail = words.Say(lang, "doctor_at_it")
	case checkout.DoctorCode:
		v.Title, v.Detail, v.QR = words.Say(lang, "doctor_title"), checksSummary(lang, s.Checks)+". "+words.Say(lang, "doctor_code_what"), s.Report
	case checkout.DoctorCheck:
		if c, ok := s.SelectedCheck(); ok {
			v.Amount, v.Title, v.Detail = payment.Money{}, words.Say(lang, c.Name)+": "+doctor.StateLabel(doctor.State(c.State), lang), strings.TrimSpace(c.Found+" "+c.Next.In(lang))
		}
	case checkout.Receipt:
		if sale, ok := s.InDoubt(); ok {
			v.Amount, v.Title = sale.Total, words.Say(lang, "receipt_doubt")
			v.Detail = words.Say(lang, "receipt_doubt_detail", "number", t.shownNumber(sale.Receipt))
		}
	case checkout.Halted:
		v.Title, v.Detail, v.Lines = s.Halt.In(lang), words.Say(lang, "halt_what"), t.whomToCall(lang)
	case checkout.Fault:
		v.Title, v.Detail = s.FaultText.In(lang), words.Say(lang, "fault_what")
		if s.Pressable("retry") {
			v.Detail = words.Say(lang, "fault_again")
		}
		v.Lines = append(t.whomToCall(lang), display.Line{Text: s.FaultText.Arg("why")})
	}
	v.Buttons = slices.DeleteFunc(t.buttonsOf(s, lang), func(b display.Button) bool { return b.ID == "more" && !more })
	return v
}

// message is what is said for a moment. Of the real shop it is said while
// somebody trains too.
func (t *terminal) message(s checkout.State, lang words.Lang) string {
	if real := t.register.State.Message; t.counter.Training() && real.Key != "" {
		return words.Say(lang, "training_real", "text", real.In(lang))
	}
	return s.Message.In(lang)
}

// asked is what the customer is asked for: of a split sale, the part that is
// being paid.
func asked(sale payment.Sale) payment.Money {
	amount := sale.Total
	if n := len(sale.Tenders); n > 0 && sale.Due() > 0 {
		amount.Amount = sale.Tenders[n-1].Amount
	}
	return amount
}

// whomToCall is what a fault screen says of terminal and support.
func (t *terminal) whomToCall(lang words.Lang) []display.Line {
	all := []display.Line{{Label: words.Say(lang, "line_terminal"), Text: t.config.Terminal}}
	if t.config.Merchant.Phone != "" {
		all = append(all, display.Line{Label: words.Say(lang, "line_call"), Text: t.config.Merchant.Phone})
	}
	return all
}

// screenOf finds the drawing of a screen; those of the menu share one.
func screenOf(s checkout.Screen) display.Screen {
	switch s {
	case checkout.ShiftScreen:
		return display.ScreenMenu
	case checkout.About, checkout.OneSale, checkout.Doctor, checkout.Catalogue, checkout.HeldSales:
		return display.ScreenList
	case checkout.DoctorCode:
		return display.ScreenCode
	case checkout.Parking, checkout.Voiding, checkout.Receipt, checkout.PartPaid, checkout.DrawerWhy:
		return display.ScreenConfirm
	case checkout.Halted:
		return display.ScreenFault
	case checkout.Discounting, checkout.Tipping, checkout.Splitting:
		return display.ScreenCash
	case checkout.SignOn:
		return display.ScreenPIN
	case checkout.Finding:
		return display.ScreenClaim
	default:
		return display.Screen(s)
	}
}

// backScreens are those whose way out cancels nothing.
var backScreens = []checkout.Screen{
	checkout.Menu, checkout.Catalogue, checkout.HeldSales, checkout.Sales, checkout.OneSale, checkout.About, checkout.PIN, checkout.Parking, checkout.Offline,
	checkout.TakeCash, checkout.Discounting, checkout.Tipping, checkout.Splitting, checkout.Voiding, checkout.Refunding, checkout.ShiftScreen, checkout.DrawerSum, checkout.DrawerWhy,
	checkout.Doctor, checkout.DoctorCheck, checkout.DoctorCode, checkout.Finding, checkout.Resetting,
}

// rowPrefixes begin the ids of buttons that are rows of a list.
var rowPrefixes = []string{"sale_", checkout.CheckPrefix, checkout.ProductPrefix, checkout.HeldPrefix}

func (t *terminal) buttonsOf(s checkout.State, lang words.Lang) []display.Button {
	var all []display.Button
	for _, b := range s.Buttons() {
		if slices.ContainsFunc(rowPrefixes, func(p string) bool { return strings.HasPrefix(b.ID, p) }) {
			continue // drawn as a row
		}
		d := display.Button{ID: b.ID, Enabled: b.Enabled, Label: t.tradeLabel(s, b.ID, lang)}
		if b.Back && slices.Contains(backScreens, s.Screen) {
			d.Label = words.Say(lang, "button_back")
		}
		switch {
		case b.Main:
			d.Role = display.RoleMain
		case b.Back:
			d.Role = display.RoleBack
		case strings.HasPrefix(b.ID, checkout.DepartmentPrefix):
			d.Role = display.RoleItem
		case d.Label != "" && !b.Back, b.Amount > 0, slices.Contains([]string{"cash", "qr", "exact", "tip", "half", "third"}, b.ID):
			d.Role = display.RoleTender
		}
		if b.ID == "held" {
			d.Label = words.Say(lang, "held_count", "count", strconv.Itoa(len(s.Counter.Held)))
		}
		if b.Amount > 0 {
			d.Label = noteLabel(payment.Money{Amount: b.Amount, Currency: s.Settings.Currency})
		}
		all = append(all, d)
	}
	return all
}

// noteLabel is a bank note as people say it: $20, without the cents it never has.
func noteLabel(note payment.Money) string {
	text := note.Format(moneyLocale)
	if digits, ok := payment.Digits(note.Currency); ok && digits > 0 && len(text) > digits+1 {
		return text[:len(text)-digits-1]
	}
	return text
}

func (t *terminal) bar(s checkout.State) display.Bar {
	p := t.journal.Position()
	bar := display.Bar{
		Merchant: t.config.Merchant.Name, Terminal: t.config.Terminal, Online: s.Online,
		Waiting: int(p.Last - p.Acked), Troubles: t.troubles(), Cashier: s.Attendant(),
	}
	if s.ClockKnown {
		bar.Clock = t.steady().Add(s.Offset).In(t.config.Merchant.Zone).Format("15:04")
	}
	return bar
}

func walletOf(sale payment.Sale) payment.Wallet {
	if n := len(sale.Tenders); n > 0 {
		return sale.Tenders[n-1].Wallet
	}
	return payment.WalletUnknown
}

func (t *terminal) amountLine(lang words.Lang, key words.Key, amount int64, currency string, strong bool) display.Line {
	return display.Line{
		Label: words.Say(lang, key), Amount: payment.Money{Amount: amount, Currency: currency}, Strong: strong,
	}
}

// approvedLines are what cashier and customer look for: the tip, what paid which part,
// the change. What else the bill has is on the receipt.
func (t *terminal) approvedLines(lang words.Lang, sale payment.Sale) []display.Line {
	var all []display.Line
	currency := sale.Total.Currency
	if sale.Bill != nil && sale.Bill.Tip != 0 {
		all = append(all, t.amountLine(lang, "line_tip", sale.Bill.Tip, currency, false))
	}
	last := len(sale.Tenders) - 1
	for n, tender := range sale.Tenders {
		switch {
		case tender.Wallet == payment.Cash && n == last:
			all = append(all,
				t.amountLine(lang, "line_tendered", tender.Tendered, currency, false),
				t.amountLine(lang, "line_change", tender.Change, currency, true))
		case n < last: // its change was given before the rest was paid
			all = append(all, display.Line{Label: walletName(lang, tender.Wallet), Amount: payment.Money{Amount: tender.Amount, Currency: currency}})
		}
	}
	if sale.Receipt != 0 {
		all = append(all, display.Line{Label: words.Say(lang, "line_receipt"), Text: t.shownNumber(sale.Receipt)})
	}
	return all
}

// when is a sale's local time; empty if it is not known.
func (t *terminal) when(s payment.Stamp, layout string) string {
	if s.Time.IsZero() {
		return ""
	}
	return s.Time.In(t.config.Merchant.Zone).Format(layout)
}

func toneOf(status payment.Status) display.Tone {
	switch status {
	case payment.StatusApproved:
		return display.ToneGood
	case payment.StatusDeclined:
		return display.ToneBad
	case payment.StatusExpired, payment.StatusCancelled, payment.StatusReversed, payment.StatusVoided, payment.StatusRefunded:
		return display.ToneNeutral
	default:
		return display.ToneWait
	}
}

func (t *terminal) saleRows(lang words.Lang, sales []payment.Sale) []display.Row {
	var rows []display.Row
	for _, sale := range sales {
		sub := []string{words.Say(lang, words.Key("status_"+string(sale.Status())))}
		if at := t.when(sale.Created, "15:04"); at != "" {
			sub = append([]string{at}, sub...)
		}
		if sale.Receipt != 0 {
			sub = append(sub, words.Say(lang, "line_receipt")+" "+t.shownNumber(sale.Receipt))
		}
		if e := sale.Elsewhere; e != nil {
			sub = append(sub, words.Say(lang, "sold_at", "terminal", e.Terminal))
		}
		rows = append(rows, display.Row{
			ID: checkout.RowID(sale.ID), Left: paidWith(lang, sale), Right: sale.Total.Format(moneyLocale),
			Sub: strings.Join(sub, words.Say(lang, "list_comma")), Tone: toneOf(sale.Status()),
		})
	}
	return rows
}

func (t *terminal) oneSale(lang words.Lang, sale payment.Sale) []display.Row {
	status := sale.Status()
	rows := []display.Row{{
		Left:  words.Say(lang, words.Key("status_"+string(status))),
		Right: paidWith(lang, sale), Sub: t.when(sale.Created, time.DateTime), Tone: toneOf(status),
	}}
	if len(sale.Tenders) > 1 {
		for _, tender := range sale.Tenders {
			rows = append(rows, display.Row{Left: walletName(lang, tender.Wallet), Right: payment.Money{Amount: tender.Amount, Currency: sale.Total.Currency}.Format(moneyLocale)})
		}
	}
	for _, r := range slices.Backward(sale.Refunds) {
		rows = append(rows, t.refundRow(lang, sale, r))
	}
	if sale.Receipt != 0 {
		rows = append(rows, display.Row{Left: words.Say(lang, "line_receipt"), Right: t.shownNumber(sale.Receipt)})
	}
	if e := sale.Elsewhere; e != nil {
		return append(rows, t.elsewhere(lang, *e)...)
	}
	if a := sale.LastAttempt(); a != nil && a.Transaction != "" {
		rows = append(rows, display.Row{Left: words.Say(lang, "line_transaction"), Sub: a.Transaction})
	}
	return append(rows, display.Row{Left: words.Say(lang, "line_sale"), Sub: string(sale.ID)})
}

// elsewhere is where a sale was made that another terminal told of.
func (t *terminal) elsewhere(lang words.Lang, e payment.Elsewhere) []display.Row {
	rows := []display.Row{
		{Left: words.Say(lang, "sold_at", "terminal", e.Terminal), Right: e.Total.Format(moneyLocale), Sub: t.when(e.Created, time.DateTime)},
	}
	if e.Receipt != 0 {
		rows = append(rows, display.Row{Left: words.Say(lang, "line_receipt"), Right: payment.ReceiptNumber(e.Epoch, e.Receipt)})
	}
	return append(rows, display.Row{Left: words.Say(lang, "line_sale"), Sub: string(e.Sale)})
}

// refundView asks how much of a tender goes back, and where to.
func (t *terminal) refundView(v *display.View, s checkout.State) {
	tender, left := s.Left()
	sale, ok := s.SelectedSale()
	if !ok || tender == 0 {
		return
	}
	v.Title = words.Say(v.Lang, "refund_title", "amount", left.Format(moneyLocale))
	v.Amount = payment.Money{Amount: s.Keyed, Currency: left.Currency}
	v.Detail = words.Say(v.Lang, "refund_cash")
	if w := sale.Tenders[tender-1].Wallet; w != payment.Cash {
		v.Detail = words.Say(v.Lang, "refund_wallet", "wallet", walletName(v.Lang, w))
	}
}

func (t *terminal) refundRow(lang words.Lang, sale payment.Sale, r payment.Refund) display.Row {
	what := words.Key("line_refund")
	if r.Void {
		what = "line_void"
	}
	row := display.Row{
		Left:  words.Say(lang, "refund_row", "what", words.Say(lang, what), "how", words.Say(lang, words.Key("refund_status_"+string(r.Status)))),
		Right: payment.Money{Amount: r.Amount, Currency: sale.Total.Currency}.Format(moneyLocale),
		Sub:   t.when(r.Requested, time.DateTime),
		Tone:  display.ToneWait,
	}
	switch r.Status {
	case payment.RefundDone:
		row.Tone = display.ToneNeutral
	case payment.RefundRefused:
		row.Tone, row.Sub = display.ToneBad, words.Say(lang, words.Key("reason_"+string(r.Reason)))
	}
	return row
}

// onePage is the page that is shown of rows which are the screen's own to count, and
// whether there are more.
func onePage(s checkout.State, rows []display.Row) (page []display.Row, more bool) {
	most := max(1, s.Settings.Rows)
	pages := max(1, (len(rows)+most-1)/most)
	from := s.Leaf % pages * most
	return rows[from:min(from+most, len(rows))], pages > 1
}

// paidWith names those of all that paid a sale.
func paidWith(lang words.Lang, sale payment.Sale) string {
	var all []string
	for _, tender := range sale.Tenders {
		if name := walletName(lang, tender.Wallet); !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return strings.Join(all, " + ")
}

func walletName(lang words.Lang, w payment.Wallet) string {
	if lang == words.Chinese {
		return w.ChineseName()
	}
	return w.Name()
}
