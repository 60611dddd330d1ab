package printer

import (
	"till/payment"
	"till/words"
)

// Kind is what a receipt is about.
type Kind int

// The kinds of receipt. A sale that was voided or refunded as a whole makes its
// own receipt a Void or Refund without being told.
const (
	Sale Kind = iota
	Refund
	Void
)

// Merchant is the head and foot of every slip.
type Merchant struct {
	Name    string
	Address []string // lines
	Phone   string
	Foot    []string // lines: refund policy, thanks
	Logo    *Logo    // above the name, on what a customer gets; nil: none
}

// ReceiptData is all that a receipt says. A scanned code is nowhere in it.
type ReceiptData struct {
	Kind     Kind
	Merchant Merchant
	Terminal string
	Sale     payment.Sale
	Status   payment.Status // empty: the sale's own
	Number   string         // receipt number as printed, 000123 or 2-000123; empty: none
	Cashier  string

	// Time is the local time as printed, and Zone its name. An empty Time
	// prints "time not verified": the terminal has no clock of its own.
	Time, Zone string

	// Parts of the total, minor units of the sale's currency; zero is left out.
	Subtotal, Discount, Tax, Tip int64
	Items                        []payment.Item // what was sold; one without a name goes without saying
	Exempt                       bool           // no tax was charged, on purpose
	Refunded                     int64          // of a Refund or Void; zero: the whole total
	Requested                    bool           // a Refund or Void accepted off line, not yet answered
	Elsewhere                    string         // the terminal that made the sale, if this one only gives money back

	Locale string // how money is written; empty: en-US

	Copy     bool // printed again
	Test     bool // a sandbox: no money moves
	Training bool // nothing of it is real, wherever it is
}

var (
	banner  = Style{Bold: true, Inverse: true, Wide: true, Tall: true}
	bar     = Style{Bold: true, Inverse: true}
	bold    = Style{Bold: true}
	name    = Style{Bold: true, Tall: true}
	theSum  = Style{Bold: true, Wide: true, Tall: true}
	tallish = Style{Bold: true, Tall: true}
)

// Receipt is the customer's slip for a sale, a refund or a void. While the
// payment is not known it says so where it would say SALE.
func Receipt(r ReceiptData) Document {
	s := slip{data: r}
	s.head(s.banner())
	s.amounts()
	s.tenders()
	s.status()
	s.order()
	s.foot()
	s.end()
	return s.document
}

// PendingSlip is what a parked sale leaves in the shop: not paid, pending, and
// what was agreed on.
func PendingSlip(r ReceiptData) Document {
	r.Merchant.Logo = nil // it stays in the shop
	s := slip{data: r}
	s.head("paper_pending")
	s.sum("paper_total", s.data.Sale.Total.Amount)
	s.add(Rule{})
	s.tenders() // what was paid of it before
	s.stacked("paper_pending_what", Style{})
	switch r.Sale.Parked {
	case payment.GoodsGiven:
		s.stacked("paper_pending_goods_given", Style{})
	case payment.PaidOther:
		s.stacked("paper_pending_paid_other", Style{})
	}
	s.order()
	s.end()
	return s.document
}

// ReportData is all that a report says, of a shift or of the terminal.
type ReportData struct {
	Title    string // a line for each language
	Merchant string // name
	Rows     []Row  // an empty one is a line across

	Copy, Test, Training bool // as of a receipt
}

// Report is a slip of labels and values under a title. It is for the shop.
func Report(r ReportData) Document {
	s := slip{data: ReceiptData{Copy: r.Copy, Test: r.Test, Training: r.Training}}
	s.marks()
	s.centered(r.Merchant, name)
	s.add(Feed{1})
	s.centered(r.Title, banner)
	s.add(Feed{1})
	for _, row := range r.Rows {
		if row == (Row{}) {
			s.add(Rule{})
			continue
		}
		s.add(row)
	}
	s.end()
	return s.document
}

// slip builds a document from the data.
type slip struct {
	data     ReceiptData
	document Document
}

func (s *slip) add(b ...Block) { s.document.Blocks = append(s.document.Blocks, b...) }

func (s *slip) money(minor int64) string {
	locale := s.data.Locale
	if locale == "" {
		locale = "en-US"
	}
	return payment.Money{Amount: minor, Currency: s.data.Sale.Total.Currency}.Format(locale)
}

func (s *slip) saleStatus() payment.Status {
	if s.data.Status != "" {
		return s.data.Status
	}
	return s.data.Sale.Status()
}

func (s *slip) kind() Kind {
	if s.data.Kind != Sale {
		return s.data.Kind // of what goes back, whatever the rest of the sale is
	}
	switch s.saleStatus() {
	case payment.StatusVoided:
		return Void
	case payment.StatusRefunded:
		return Refund
	default:
		return s.data.Kind
	}
}

func (s *slip) banner() words.Key {
	switch s.kind() {
	case Refund:
		return "paper_refund"
	case Void:
		return "paper_void"
	}
	switch s.saleStatus() {
	case payment.StatusApproved:
		return "paper_sale"
	case payment.StatusDeclined, payment.StatusExpired, payment.StatusCancelled, payment.StatusReversed:
		return "paper_not_paid"
	default:
		return "paper_pending"
	}
}

func (s *slip) centered(text string, style Style) {
	if text != "" {
		s.add(Text{Text: text, Align: Center, Style: style})
	}
}

// stacked says a banner or a sentence in each language, on lines of their own.
func (s *slip) stacked(k words.Key, style Style) {
	s.centered(words.Say(words.English, k), style)
	s.centered(words.Say(words.Chinese, k), style)
}

// marks say at the head of a document what it is not.
func (s *slip) marks() {
	if s.data.Training {
		s.stacked("paper_training", banner)
	}
	if s.data.Test {
		s.centered(words.Both("paper_test"), bar)
	}
	if s.data.Copy {
		s.stacked("paper_copy", banner)
	}
	if s.data.Training || s.data.Copy {
		s.add(Feed{1})
	}
}

// end says once more that nothing of it is real: a slip may be torn.
func (s *slip) end() {
	if s.data.Training || s.data.Test {
		s.add(Feed{1})
	}
	if s.data.Training {
		s.stacked("paper_training", banner)
	}
	if s.data.Test {
		s.centered(words.Both("paper_test"), bar)
	}
	s.add(Cut{})
}

func (s *slip) head(title words.Key) {
	r := s.data
	s.marks()
	if r.Merchant.Logo != nil {
		s.add(r.Merchant.Logo, Feed{1})
	}
	s.centered(r.Merchant.Name, name)
	for _, l := range r.Merchant.Address {
		s.centered(l, Style{})
	}
	s.centered(r.Merchant.Phone, Style{})
	s.add(Feed{1})
	s.stacked(title, banner)
	s.add(Feed{1})
	s.fact("paper_receipt", r.Number)
	s.fact("paper_sold_at", r.Elsewhere)
	s.fact("paper_terminal", r.Terminal)
	s.fact("paper_cashier", r.Cashier)
	when := r.Time
	switch {
	case when == "":
		when = words.Both("paper_time_unknown")
	case r.Zone != "":
		when += " " + r.Zone
	}
	s.fact("paper_time", when)
	s.add(Rule{})
}

// fact is a line of what is known; nothing where it is not.
func (s *slip) fact(k words.Key, value string) {
	if value != "" {
		s.add(Row{Label: words.Both(k), Value: value})
	}
}

// amount is a line of money; nothing where there is none.
func (s *slip) amount(k words.Key, minor int64) {
	if minor != 0 {
		s.add(Row{Label: words.Both(k), Value: s.money(minor)})
	}
}

func (s *slip) sum(k words.Key, minor int64) {
	s.add(Row{Label: words.Both(k), Value: s.money(minor), LabelStyle: tallish, ValueStyle: theSum})
}

func (s *slip) amounts() {
	r := s.data
	if s.kind() == Sale && (len(r.Items) > 1 || len(r.Items) == 1 && r.Items[0].Name != "") {
		for _, i := range r.Items {
			name := i.Name
			if name == "" {
				name = words.Both("paper_item")
			}
			s.add(Row{Label: name, Value: s.money(i.Amount)})
		}
		s.add(Rule{})
	}
	if r.Subtotal != r.Sale.Total.Amount {
		s.amount("paper_subtotal", r.Subtotal)
	}
	if r.Discount > 0 {
		r.Discount = -r.Discount
	}
	s.amount("paper_discount", r.Discount)
	s.amount("paper_tax", r.Tax)
	if r.Exempt {
		s.add(Row{Label: words.Both("paper_tax"), Value: words.Both("paper_exempt")})
	}
	s.amount("paper_tip", r.Tip)
	if s.kind() == Sale {
		s.sum("paper_total", r.Sale.Total.Amount)
	} else {
		s.amount("paper_of_sale", r.Sale.Total.Amount)
		k := words.Key("paper_refunded")
		if r.Requested {
			k = "paper_to_refund"
		}
		s.sum(k, -s.refunded())
	}
	s.add(Rule{})
}

// tenders says who paid what; nothing while nobody paid.
func (s *slip) tenders() {
	sale, before := s.data.Sale, len(s.document.Blocks)
	for i, t := range sale.Tenders {
		if t.Paid {
			s.tender(i+1, t)
		}
	}
	if due := sale.Due(); s.kind() == Sale && due > 0 && due < sale.Total.Amount {
		s.amount("paper_due", due)
	}
	if refunded, voided := sale.Refunded(); s.kind() == Sale {
		s.amount("paper_given_back", -refunded-voided)
	}
	if len(s.document.Blocks) > before {
		s.add(Rule{})
	}
}

// tender is one part of the payment; of what was given back, its way back.
func (s *slip) tender(number int, t payment.Tender) {
	amount, back := t.Amount, s.kind() != Sale
	switch {
	case back && len(s.data.Sale.Tenders) == 1:
		amount = -s.refunded()
	case back:
		amount = -amount
	}
	s.add(Row{Label: t.Wallet.Name() + " " + t.Wallet.ChineseName(), Value: s.money(amount), LabelStyle: bold, ValueStyle: bold})
	if t.Wallet == payment.Cash && !back {
		s.amount("paper_tendered", t.Tendered)
		s.add(Row{Label: words.Both("paper_change"), Value: s.money(t.Change)})
	}
	for _, a := range s.data.Sale.Attempts {
		if a.Tender == number && a.Status == payment.Approved {
			s.fact("paper_transaction", a.Transaction)
			s.fact("paper_payer", a.Payer)
		}
	}
}

// refunded is what is given back, above zero.
func (s *slip) refunded() int64 {
	if s.data.Refunded != 0 {
		return s.data.Refunded
	}
	return s.data.Sale.Total.Amount
}

func (s *slip) status() {
	k := words.Key("paper_status_" + string(s.saleStatus()))
	switch kind := s.kind(); {
	case kind != Sale && s.data.Requested:
		k = "paper_status_requested"
	case kind == Refund:
		k = "paper_status_refunded"
	case kind == Void:
		k = "paper_status_voided"
	}
	s.add(Feed{1})
	s.stacked(k, tallish)
}

// order is the code by which the receipt is found again: the order number of
// the attempt that was charged, or is being checked; of a cash sale its id.
func (s *slip) order() {
	sale := s.data.Sale
	if sale.ID == "" {
		return
	}
	text := string(sale.ID)
	for _, a := range sale.Attempts {
		if a.Status == payment.Approved || !a.Status.Final() {
			text = string(payment.NewOrder(sale.ID, a.Number))
		}
	}
	s.add(QR{Text: text, Caption: text})
}

// foot is the merchant's: thanks, and what is promised to who has a receipt. A slip
// of what is not paid is none.
func (s *slip) foot() {
	switch s.banner() {
	case "paper_pending", "paper_not_paid":
		return
	}
	if len(s.data.Merchant.Foot) > 0 {
		s.add(Feed{1})
	}
	for _, l := range s.data.Merchant.Foot {
		s.centered(l, Style{})
	}
}
