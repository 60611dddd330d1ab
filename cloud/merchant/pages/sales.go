package pages

import (
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"till/cloud"
	"till/payment"
)

const (
	perPage = 50
	// batch is how many sales are read at once: no picture of the ledger is held while a
	// browser takes its time.
	batch = 200
	// mostLooked bounds what one page looks through.
	mostLooked = 20_000
	// serveFor is how long a file may take.
	serveFor = 10 * time.Minute
)

type salesView struct {
	*visit
	Query Query
	Fault string
	Rows  []row
	Older string // the next page's address; "": there is none
	First string // the first page's; "": this is it
	Cut   bool   // there is more to look through, and nothing was found yet
}

// row is a sale in a list.
type row struct {
	Sale
	When     string
	Sort     string // of When
	Number   string // of the receipt, or what a refund is of
	Refunded int64  // and voided, at other terminals too
	Refund   bool   // it is one alone, of a sale that another terminal made
}

func (s *server) sales(w http.ResponseWriter, r *http.Request, v *visit) error {
	v.Title = v.Say("pages_sales")
	view := salesView{visit: v}
	q, err := ParseQuery(r.URL.Query())
	if err != nil {
		view.Fault, view.Query.Text = v.Say(queryFault(err)), r.URL.Query().Get("q") // to be corrected
		return s.show(w, http.StatusUnprocessableEntity, "sales.html", view)
	}
	view.Query = q
	chosen, err := v.chosen(q.Terminal)
	if err != nil {
		return err
	}
	before := payment.SaleID(r.URL.Query().Get("before"))
	if before != "" {
		view.First = address("/sales", q.Fields())
	}
	last, found, err := s.look(q, chosen, before, mostLooked, func(sale Sale, t Terminal) bool {
		view.Rows = append(view.Rows, v.row(sale, t))
		return len(view.Rows) < perPage
	})
	if err != nil {
		return err
	}
	if last != "" {
		view.Older, view.Cut = address("/sales", q.Fields("before", string(last))), !found
	}
	return s.show(w, http.StatusOK, "sales.html", view)
}

func queryFault(err error) string {
	switch {
	case errors.Is(err, errDays):
		return "pages_days_fault"
	case errors.Is(err, ErrQueryLong):
		return "pages_query_long"
	default:
		return "pages_query_fault"
	}
}

func address(path string, fields interface{ Encode() string }) string {
	if q := fields.Encode(); q != "" {
		return path + "?" + q
	}
	return path
}

// look calls f for the sales that are looked for, the newest first, until f has had
// enough or most were looked at. last is where to go on; "": that was all.
func (s *server) look(q Query, terminals []Terminal, before payment.SaleID, most int, f func(Sale, Terminal) bool) (last payment.SaleID, found bool, err error) {
	of := map[string]Terminal{}
	for _, t := range terminals {
		of[t.ID] = t
	}
	one := func(id payment.SaleID) (bool, error) {
		sale, ok, err := s.Gateway.Sale(id)
		t, own := of[sale.Terminal]
		if err != nil || !ok || !own || !q.Matches(sale.Sale, t.zone()) {
			return false, err
		}
		f(sale.Sale, t)
		return true, nil
	}
	if only := q.Only(); only != "" { // no need to look through all
		found, err := one(only)
		return "", found, err
	}
	for _, transaction := range q.transactions() {
		id, err := s.Gateway.Paid(transaction)
		if err != nil {
			return "", false, err
		}
		if id != "" {
			if found, err := one(id); found || err != nil {
				return "", found, err
			}
		}
	}
	for looked := 0; ; {
		sales, err := s.Gateway.Sales(ids(terminals), before, batch)
		if err != nil {
			return "", found, fmt.Errorf("sales: %w", err)
		}
		for i, sale := range sales {
			before = sale.SaleEntry.Sale.ID
			if t := of[sale.Terminal]; q.Matches(sale, t.zone()) {
				found = true
				if !f(sale, t) {
					if i+1 == len(sales) && len(sales) < batch {
						before = ""
					}
					return before, found, nil
				}
			}
			if looked++; looked >= most {
				return before, found, nil
			}
		}
		if len(sales) < batch {
			return "", found, nil
		}
	}
}

func (v *visit) row(s Sale, t Terminal) row {
	one := row{Sale: s, Number: number(s)}
	if of := s.fetched(); of != nil { // or it would be counted twice, here and beside the sale
		one.Refund, one.Number = true, v.Say("pages_refund_of", "receipt", receiptOf(of), "terminal", of.Terminal)
	}
	one.When, one.Sort = v.when(begun(s.SaleEntry.Sale), t)
	refunded, voided := s.SaleEntry.Sale.Refunded()
	one.Refunded = refunded + voided + s.Away
	return one
}

// when is a moment at a shop, and how it sorts.
func (v *visit) when(at time.Time, t Terminal) (text, sort string) {
	if at.IsZero() {
		return v.Say("pages_time_unknown"), ""
	}
	return at.In(t.zone()).Format("2006-01-02 15:04"), at.UTC().Format(time.RFC3339)
}

// number is a receipt's as it is on paper; "": there is none.
func number(s Sale) string {
	if s.SaleEntry.Sale.Receipt == 0 {
		return ""
	}
	return payment.ReceiptNumber(s.Epoch, s.SaleEntry.Sale.Receipt)
}

// receiptOf is that of the sale that a refund is of.
func receiptOf(of *payment.Elsewhere) string {
	return number(Sale{SaleEntry: cloud.SaleEntry{Epoch: of.Epoch, Sale: payment.Sale{Receipt: of.Receipt}}})
}

// salesColumns are the file's. What went back stands with the terminal that gave it:
// where that is another one, in a row of its own, with refund_of. Each amount stands twice: as people write it, and in
// minor units for programs.
var salesColumns = []string{
	"time", "terminal", "receipt", "sale", "status", "cashier", "reference", "paid_by", "transactions", "currency",
	"refund_of", "amount", "amount_minor", "discount", "discount_minor", "tax", "tax_minor", "tip", "tip_minor", "refunded", "refunded_minor", "voided", "voided_minor",
}

func (s *server) salesCSV(w http.ResponseWriter, r *http.Request, v *visit) error {
	q, err := ParseQuery(r.URL.Query())
	if err != nil {
		http.Error(w, v.Say(queryFault(err)), http.StatusUnprocessableEntity)
		return nil //nolint:nilerr // it was said
	}
	chosen, err := v.chosen(q.Terminal)
	if err != nil {
		return err
	}
	name := "sales"
	if q.From != "" || q.To != "" {
		name += "-" + q.From + "-" + q.To
	}
	asCSV(w, name)
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(serveFor)) // a server without deadlines needs none
	c := csv.NewWriter(w)
	c.UseCRLF = true
	if err := c.Write(salesColumns); err != nil {
		return err
	}
	_, _, err = s.look(q, chosen, "", int(^uint(0)>>1), func(sale Sale, t Terminal) bool {
		return c.Write(salesRecord(sale, t)) == nil
	})
	c.Flush()
	if err := errors.Join(err, c.Error()); err != nil {
		// Half a file is worse than none: the connection is broken off, so that the browser says so.
		s.Log.Warn("sales as CSV", "err", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

func salesRecord(s Sale, t Terminal) []string {
	sale := s.SaleEntry.Sale
	when := ""
	if at := begun(sale); !at.IsZero() {
		when = at.In(t.zone()).Format(time.RFC3339)
	}
	var paid, transactions []string
	for _, tender := range sale.Tenders {
		if tender.Paid {
			paid = append(paid, string(tender.Wallet))
		}
	}
	for _, a := range sale.Attempts {
		if a.Status == payment.Approved && a.Transaction != "" {
			transactions = append(transactions, a.Transaction)
		}
	}
	record := []string{
		when, s.Terminal, number(s), string(sale.ID), string(s.Status), harmless(sale.Cashier), harmless(sale.Reference),
		strings.Join(paid, "+"), harmless(strings.Join(transactions, " ")), sale.Total.Currency, "",
	}
	if of := s.fetched(); of != nil {
		record[len(record)-1] = string(of.Sale)
	}
	bill := payment.Bill{}
	if sale.Bill != nil {
		bill = *sale.Bill
	}
	refunded, voided := sale.Refunded()
	for _, minor := range []int64{s.sold(), bill.Discount, bill.Tax, bill.Tip, refunded, voided} {
		record = append(record, payment.Money{Amount: minor, Currency: sale.Total.Currency}.Plain(), strconv.FormatInt(minor, 10))
	}
	return record
}

// harmless is a text that no spreadsheet takes for a formula, and of which all is seen.
func harmless(text string) string {
	text = strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, text))
	if text != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(text)[0]) {
		return "'" + text
	}
	return text
}

type saleView struct {
	*visit
	Detail
	When, Changed  string
	Number         string
	OfNumber       string // the receipt of the sale that it is a refund of
	Shop           Terminal
	RefundedAmount int64
	VoidedAmount   int64
}

func (s *server) sale(w http.ResponseWriter, r *http.Request, v *visit) error {
	id, err := payment.ParseSaleID(r.PathValue("id"))
	if err != nil {
		return errNothing
	}
	detail, ok, err := s.Gateway.Sale(id)
	if err != nil {
		return err
	}
	if !ok {
		return errNothing
	}
	shop, err := v.chosen(detail.Terminal)
	if err != nil || detail.Terminal == "" {
		return errNothing
	}
	view := saleView{visit: v, Detail: detail, Number: number(detail.Sale), Shop: shop[0]}
	v.Title = v.Say("pages_sale")
	view.When, _ = v.when(begun(detail.Sale.SaleEntry.Sale), shop[0])
	view.Changed, _ = v.when(detail.Sale.SaleEntry.Sale.Changed.Time, shop[0])
	if of := detail.fetched(); of != nil {
		v.Title = v.Say("pages_refund_elsewhere")
		view.OfNumber = receiptOf(of)
	}
	view.RefundedAmount, view.VoidedAmount = detail.Sale.SaleEntry.Sale.Refunded()
	return s.show(w, http.StatusOK, "sale.html", view)
}

// One is the sale itself.
func (v saleView) One() payment.Sale { return v.Detail.Sale.SaleEntry.Sale }

// Amount is one of the sale's.
func (v saleView) Amount(minor int64) string { return v.Money(minor, v.One().Total.Currency) }

// Dated says that it is known when the sale was made.
func (v saleView) Dated() bool { return !begun(v.One()).IsZero() }

// Percent is a rate.
func (v saleView) Percent(basisPoints int) string { return percent(int64(basisPoints)) + " %" }

// At is a moment at the shop.
func (v saleView) At(at time.Time) string {
	text, _ := v.when(at, v.Shop)
	return text
}

// Gateways is what the gateway has of an attempt; nil: nothing.
func (v saleView) Gateways(number int) any {
	order := payment.NewOrder(v.One().ID, number)
	for _, a := range v.Attempts {
		if a.Order == order {
			return a
		}
	}
	return nil
}

// GatewaysRefund likewise.
func (v saleView) GatewaysRefund(number int) any {
	id := payment.NewRefundID(v.One().ID, number)
	for _, r := range v.Refunds {
		if r.Answer.Refund == id {
			return r
		}
	}
	return nil
}

// Order is an attempt's number at the wallet.
func (v saleView) Order(number int) payment.Order { return payment.NewOrder(v.One().ID, number) }

// Zone is the shop's.
func (v saleView) Zone() string { return v.Shop.zone().String() }

// Statuses, Wallets and File are for the form of the search.
func (v salesView) Statuses() []payment.Status { return Statuses }
func (v salesView) Wallets() []payment.Wallet  { return Wallets }
func (v salesView) File() string               { return address("/sales.csv", v.Query.Fields()) }

// Of is the sale that this is a refund of; nil: it is a sale itself.
func (v saleView) Of() *payment.Elsewhere { return v.fetched() }

// Under is the number that a refund has at another terminal.
func (v saleView) Under(r cloud.RefundEntry) payment.SaleID {
	id, _, err := r.Answer.Refund.Split()
	if err != nil {
		return ""
	}
	return id
}
