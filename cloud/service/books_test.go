package service

import (
	"log/slog"
	"testing"

	"till/cloud"
	"till/payment"
	"till/sync/wire"
)

// A terminal that never comes back leaves its sale as it was in its journal;
// the books say what the gateway found out.
func TestBooksSayWhatTheGatewayFoundOut(t *testing.T) {
	const terminal, id = "t1", payment.SaleID("01JD0000000000000000000000")
	for _, c := range []struct {
		attempt payment.AttemptStatus
		amount  int64
		want    payment.Status
	}{
		{payment.Authorizing, 1234, payment.StatusAuthorizing},
		{payment.Reversing, 1234, payment.StatusAuthorizing},
		{payment.Approved, 1234, payment.StatusApproved},
		{payment.Approved, 1000, payment.StatusAuthorizing}, // a part of it
		{payment.Reversed, 1234, payment.StatusReversed},
		{payment.Declined, 1234, payment.StatusDeclined},
	} {
		s, err := Start(Options{Dir: t.TempDir(), MQTT: "127.0.0.1:0", Pace: 1000, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		err = s.ledger.Update(func(tx cloud.Tx) error {
			var sale payment.Sale
			prev := wire.Genesis(terminal, 1)
			for i, e := range []payment.Event{
				{Kind: payment.SaleCreated, Sale: id, Amount: 1234, Currency: "USD"},
				{Kind: payment.AttemptStarted, Sale: id, Tender: 1, Attempt: 1, Amount: 1234, Mode: payment.Scan},
			} {
				r, err := wire.NewRecord(prev, uint64(i+1), payment.Stamp{Boot: "b"}, e)
				if err != nil {
					return err
				}
				if sale, err = sale.Apply(e, r.Stamp); err != nil {
					return err
				}
				if err := tx.TakeRecord(terminal, 1, r); err != nil {
					return err
				}
				prev = r.Hash
			}
			if err := tx.PutSale(cloud.SaleEntry{Terminal: terminal, Epoch: 1, Sale: sale}); err != nil {
				return err
			}
			a := cloud.Attempt{Terminal: terminal, Tender: 1}
			a.Order, a.Status, a.Amount, a.Currency = payment.NewOrder(id, 1), c.attempt, c.amount, "USD"
			return tx.PutAttempt(a)
		})
		if err != nil {
			t.Fatal(err)
		}
		books, err := s.Books()
		if err != nil {
			t.Fatal(err)
		}
		if got := books.Sales[0].Status; got != c.want {
			t.Errorf("attempt %s of %d: the books say %s, want %s", c.attempt, c.amount, got, c.want)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
