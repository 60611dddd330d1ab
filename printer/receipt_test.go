package printer

import (
	"testing"

	"till/payment"
)

// The slip of a refund says so, whatever became of the rest of the sale.
func TestSlipsOfRefunds(t *testing.T) {
	const id, there = payment.SaleID("01JD0000000000000000000002"), payment.SaleID("01JD0000000000000000000001")
	back := func(amount int64) []payment.Event {
		return []payment.Event{
			{Kind: payment.RefundAsked, Sale: id, Refund: 1, Tender: 1, Amount: amount},
			{Kind: payment.RefundChanged, Sale: id, Refund: 1, RefundStatus: payment.RefundDone},
		}
	}
	e := &payment.Elsewhere{
		Sale: there, Terminal: "till-2", Epoch: 1, Total: payment.Money{Amount: 1000, Currency: "USD"}, Given: 300,
		Parts: []payment.Part{{Order: payment.NewOrder(there, 1), Wallet: payment.WeChat, Left: 700}},
	}
	for name, c := range map[string]struct {
		events []payment.Event
		change func(*payment.Sale) // as a slip has it
	}{
		"of a sale made elsewhere": {append([]payment.Event{{Kind: payment.SaleFetched, Sale: id, Elsewhere: e}}, back(200)...),
			func(s *payment.Sale) { s.Total = e.Total }},
		"of a split payment": {append([]payment.Event{
			{Kind: payment.SaleCreated, Sale: id, Amount: 1000, Currency: "USD"},
			{Kind: payment.CashTaken, Sale: id, Tender: 1, Amount: 400, Tendered: 400},
			{Kind: payment.CashTaken, Sale: id, Tender: 2, Amount: 600, Tendered: 600, Receipt: 1},
		}, back(100)...), func(s *payment.Sale) { s.Tenders = s.Tenders[:1] }},
	} {
		var sale payment.Sale
		for _, e := range c.events {
			var err error
			if sale, err = sale.Apply(e, payment.Stamp{}); err != nil {
				t.Fatal(err)
			}
		}
		c.change(&sale)
		s := slip{data: ReceiptData{Kind: Refund, Sale: sale, Refunded: 100}}
		if banner := s.banner(); banner != "paper_refund" {
			t.Errorf("%s: it says %s", name, banner)
		}
	}
}
