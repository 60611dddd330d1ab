package payment_test

import (
	"errors"
	"testing"

	"till/payment"
)

const saleThere = payment.SaleID("01JD0000000000000000THERE1")

// there is a sale of 20.00, of which 5.00 went back; 6.00 and 9.00 are left of two
// wallets' payments.
func there(changes ...func(*payment.Elsewhere)) *payment.Elsewhere {
	e := &payment.Elsewhere{
		Sale: saleThere, Terminal: "till-2", Epoch: 1, Receipt: 77, Total: payment.Money{Amount: 2000, Currency: "USD"}, Given: 500,
		Bill: &payment.Bill{Items: []payment.Item{{Name: "Book", Amount: 1800}}, Tax: 150, Tip: 50},
		Parts: []payment.Part{
			{Order: payment.NewOrder(saleThere, 1), Wallet: payment.WeChat, Left: 600}, {Order: payment.NewOrder(saleThere, 3), Wallet: payment.Alipay, Left: 900},
		},
	}
	for _, change := range changes {
		change(e)
	}
	return e
}

func fetched(e *payment.Elsewhere) payment.Event {
	return payment.Event{Kind: payment.SaleFetched, Sale: saleOne, Cashier: "Mei", Elsewhere: e}
}

func TestMoneyOfASaleElsewhere(t *testing.T) {
	s, err := fold(fetched(there()))
	if err != nil {
		t.Fatal(err)
	}
	if s.Due() != 0 || s.Unfinished() || s.Receipt != 0 || s.Refundable(1) != 600 || s.Refundable(2) != 900 || s.Status() != payment.StatusApproved {
		t.Errorf("fetched it is %+v", s)
	}
	if order, wallet := s.WalletOrder(2); !wallet || order != payment.NewOrder(saleThere, 3) {
		t.Errorf("its second part was paid by %s", order)
	}
	if _, err := fold(fetched(there()), step(payment.RefundAsked, back(1, 1, 601))); !errors.Is(err, payment.ErrImpossible) {
		t.Errorf("more than is left: %v", err)
	}
	if _, err := fold(fetched(there()), step(payment.RefundAsked, back(1, 1, 600), void)); !errors.Is(err, payment.ErrImpossible) {
		t.Errorf("a void: %v", err)
	}
	if _, err := fold(fetched(there()), fetched(there())); !errors.Is(err, payment.ErrImpossible) {
		t.Errorf("twice: %v", err)
	}

	// A shift counts what went back, and its share of the bill; what was taken is the other's.
	shift := payment.Shift{Number: 1, Open: true}
	var sale payment.Sale
	for _, e := range []payment.Event{
		fetched(there()), step(payment.RefundAsked, back(1, 1, 600)), step(payment.RefundAsked, back(2, 2, 900)),
		{Kind: payment.RefundChanged, Sale: saleOne, Refund: 1, RefundStatus: payment.RefundDone},
		{Kind: payment.RefundChanged, Sale: saleOne, Refund: 2, RefundStatus: payment.RefundDone},
	} {
		next, err := sale.Apply(e, payment.Stamp{})
		if err != nil {
			t.Fatal(err)
		}
		shift, sale = shift.Count(sale, next), next
	}
	// Of 1.50 tax and 0.50 tip 0.38 and 0.13 went with the 5.00 before.
	if shift.Sales != 0 || shift.Amount != 0 || shift.Refunds != 2 || shift.Tax != -112 || shift.Tips != -37 {
		t.Errorf("the shift has %+v", shift)
	}
	if kept := shift.Wallets[payment.WeChat].Kept() + shift.Wallets[payment.Alipay].Kept(); kept != -1500 {
		t.Errorf("the wallets have %d", kept)
	}
	if sale.Status() != payment.StatusRefunded {
		t.Errorf("at last it is %s", sale.Status())
	}
}

func TestSalesElsewhereThatCannotBe(t *testing.T) {
	for name, e := range map[string]*payment.Elsewhere{
		"none":                           nil,
		"of no number":                   there(func(e *payment.Elsewhere) { e.Sale = "x" }),
		"of nothing left":                there(func(e *payment.Elsewhere) { e.Parts = nil }),
		"of more than was paid":          there(func(e *payment.Elsewhere) { e.Parts[1].Left = 901 }),
		"of nothing of a part":           there(func(e *payment.Elsewhere) { e.Parts[0].Left = 0 }),
		"of another sale's part":         there(func(e *payment.Elsewhere) { e.Parts[0].Order = payment.NewOrder(saleOne, 1) }),
		"of a bill of another":           there(func(e *payment.Elsewhere) { e.Bill = &payment.Bill{Items: []payment.Item{{Amount: 5}}} }),
		"of a bad bill":                  there(func(e *payment.Elsewhere) { e.Bill = &payment.Bill{} }),
		"of no currency":                 there(func(e *payment.Elsewhere) { e.Total.Currency = "" }),
		"given before less than nothing": there(func(e *payment.Elsewhere) { e.Given = -1 }),
	} {
		if _, err := fold(fetched(e)); !errors.Is(err, payment.ErrImpossible) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := there().Fetched(); err != nil {
		t.Error(err)
	}
}
