package enrolment_test

import (
	"strings"
	"testing"

	"till/cloud/service"
	"till/payment"
)

// A sale is given back at another terminal of the merchant, by the bill in the
// customer's wallet, and nowhere else; where it was made, no more can go back then.
func TestARefundAtAnotherTerminal(t *testing.T) {
	s := startService(t)
	enrol := func(terminal, merchant string) *counter {
		t.Helper()
		c := startEnrolled(t, s, folder(t), service.ClaimOrder{Terminal: terminal, Merchant: merchant, Settings: shop})
		c.until(terminal+" is enrolled", selling)
		return c
	}
	one, two, stranger := enrol("till-01", "harbor"), enrol("till-02", "harbor"), enrol("till-03", "museum")

	one.press("1", "00", "0", "qr")
	qr := one.until("a QR", func(s shown) bool { return s.Screen == "qr" && s.QR != "" }).QR
	if _, err := s.Sandbox.Pay(qr, payment.WeChat); err != nil {
		t.Fatal(err)
	}
	one.until("paid", func(s shown) bool { return s.Screen == "approved" })
	one.until("told of", func(s shown) bool { return s.Queued == 0 })
	books, err := s.Books()
	if err != nil {
		t.Fatal(err)
	}
	order := payment.NewOrder(books.Sales[0].ID, 1)
	charge, err := s.Sandbox.Query(t.Context(), order)
	if err != nil {
		t.Fatal(err)
	}
	bill := charge.Transaction // as the customer's wallet has it

	scan := func(c *counter, what string) {
		t.Helper()
		if err := c.Scan(t.Context(), []byte(what)); err != nil {
			t.Fatal(err)
		}
	}
	stranger.press("menu")
	scan(stranger, bill)
	stranger.until("another merchant's", func(s shown) bool { return s.Screen == "menu" && strings.Contains(s.Message, "No sale of this shop") })

	two.press("menu")
	scan(two, bill)
	two.until("found", func(s shown) bool { return s.Screen == "sale" })
	two.press("refund", "4", "00", "refund")
	two.until("given back", func(s shown) bool { return strings.Contains(s.Message, "$4.00 went back") && s.Queued == 0 })

	one.press("done", "menu")
	scan(one, string(order))
	one.until("its own sale", func(s shown) bool { return s.Screen == "sale" })
	one.press("refund", "all")
	one.until("too much", func(s shown) bool { return strings.Contains(s.Message, "could not be given back") && s.Queued == 0 })
	one.press("refund", "6", "00", "refund")
	one.until("the rest", func(s shown) bool { return strings.Contains(s.Message, "$6.00 went back") && s.Queued == 0 })

	if books, err = s.Books(); err != nil {
		t.Fatal(err)
	}
	if len(books.Sales) != 1 || books.Sales[0].Refunded != 1000 || books.Sales[0].Status != payment.StatusRefunded || books.Sales[0].Terminal != "till-01" {
		t.Errorf("the ledger has %+v", books.Sales)
	}
	if len(books.Charges) != 1 || books.Charges[0].Refunded != 1000 {
		t.Errorf("the acquirer has %+v", books.Charges)
	}
	scan(two, string(order))
	two.until("nothing is left", func(s shown) bool { return strings.Contains(s.Message, "All of that sale has gone back") })
}
