package service

import (
	"log/slog"
	"testing"

	"till/cloud"
	"till/payment"
	"till/sync/wire"
)

// What went back of a sale at other terminals is seen with it, and makes it refunded
// once nothing is left.
func TestRefundsAtOtherTerminalsAreSeen(t *testing.T) {
	s, err := Start(Options{Dir: t.TempDir(), MQTT: "127.0.0.1:0", Pace: 1000, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	const sold, under = payment.SaleID("01JD0000000000000000000000"), payment.SaleID("01JD0000000000000000000001")
	put := func(refund cloud.RefundEntry) {
		t.Helper()
		if err := s.ledger.Update(func(tx cloud.Tx) error { return tx.PutRefund(refund) }); err != nil {
			t.Fatal(err)
		}
	}
	back := func(id payment.SaleID, n int, amount int64, status payment.RefundStatus) cloud.RefundEntry {
		return cloud.RefundEntry{Terminal: "till-02", Order: payment.NewOrder(sold, 1), Answer: payment.RefundAnswer{
			Refund: payment.NewRefundID(id, n), Status: status, Amount: amount, Currency: "USD",
		}}
	}
	if err := s.ledger.Update(func(tx cloud.Tx) error {
		var sale payment.Sale
		prev := wire.Genesis("till-01", 1)
		for i, e := range []payment.Event{
			{Kind: payment.SaleCreated, Sale: sold, Amount: 1000, Currency: "USD"},
			{Kind: payment.AttemptStarted, Sale: sold, Tender: 1, Attempt: 1, Amount: 1000, Mode: payment.Scan},
			{Kind: payment.AttemptChanged, Sale: sold, Attempt: 1, Status: payment.Approved, Wallet: payment.WeChat, Receipt: 1},
			{Kind: payment.RefundAsked, Sale: sold, Refund: 1, Tender: 1, Amount: 100},
			{Kind: payment.RefundChanged, Sale: sold, Refund: 1, RefundStatus: payment.RefundDone},
		} {
			r, err := wire.NewRecord(prev, uint64(i+1), payment.Stamp{Boot: "b"}, e)
			if err != nil {
				return err
			}
			if sale, err = sale.Apply(e, r.Stamp); err != nil {
				return err
			}
			prev = r.Hash
		}
		return tx.PutSale(cloud.SaleEntry{Terminal: "till-01", Epoch: 1, Sale: sale})
	}); err != nil {
		t.Fatal(err)
	}
	put(back(sold, 1, 100, payment.RefundDone))
	put(back(under, 1, 400, payment.RefundDone))
	put(back(under, 2, 500, payment.RefundPending))
	look := func(away int64, others int, status payment.Status) {
		t.Helper()
		m := merchants{s}
		d, ok, err := m.Sale(sold)
		if err != nil || !ok || d.Away != away || len(d.Others) != others || len(d.Refunds) != 1 || d.Status != status {
			t.Errorf("seen as %+v (%v), want %d given back elsewhere by %d, %s", d, err, away, others, status)
		}
		list, err := m.Sales([]string{"till-01"}, "", 10)
		if err != nil || len(list) != 1 || list[0].Away != away || list[0].Status != status {
			t.Errorf("listed as %+v (%v)", list, err)
		}
	}
	look(400, 2, payment.StatusApproved)
	put(back(under, 2, 500, payment.RefundDone))
	look(900, 2, payment.StatusRefunded)
}

// A wallet's number of a payment leads to its sale, also where it reads as an order's.
func TestPaidUnderAWalletsNumber(t *testing.T) {
	s := open(t)
	order := s.sell(1234)
	sold, _, _ := order.Split()
	charge, err := s.Sandbox.Query(t.Context(), order)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := payment.Order(charge.Transaction).Split(); err != nil {
		t.Fatalf("%s does not read as an order's number: %v", charge.Transaction, err)
	}
	for number, want := range map[string]payment.SaleID{charge.Transaction: sold, "4208183398671269276595795042": "", string(order): ""} {
		if id, err := (merchants{s.Service}).Paid(number); id != want || err != nil {
			t.Errorf("%s is of sale %q (%v), want %q", number, id, err, want)
		}
	}
}
