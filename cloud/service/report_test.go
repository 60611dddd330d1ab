package service

import (
	"fmt"
	"log/slog"
	"reflect"
	"testing"
	"time"

	"till/cloud"
	"till/payment"
	"till/sync/wire"
)

// The reports of a gateway that goes on from where it was are those of one that reads
// all anew, whatever comes: new records, a refund of a sale long ago, another device's
// journal, and what the device before it had not sent.
func TestReportsGoOn(t *testing.T) {
	s, err := Start(Options{Dir: t.TempDir(), MQTT: "127.0.0.1:0", Pace: 1000, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	s.recent = 2
	const terminal = "till-07"
	opening := time.Date(2026, 11, 24, 18, 0, 0, 0, time.UTC)
	heads := map[uint32]wire.Record{}
	add := func(epoch uint32, minute int, events ...payment.Event) {
		t.Helper()
		if err := s.ledger.Update(func(tx cloud.Tx) error {
			for _, e := range events {
				prev := wire.Genesis(terminal, epoch)
				if heads[epoch].Seq > 0 {
					prev = heads[epoch].Hash
				}
				at := payment.Stamp{Boot: fmt.Sprint(epoch), Mono: time.Duration(minute) * time.Minute}
				if minute%3 > 0 { // the others are dated by these
					at.Time = opening.Add(at.Mono)
				}
				r, err := wire.NewRecord(prev, heads[epoch].Seq+1, at, e)
				if err != nil {
					return err
				}
				if err := tx.TakeRecord(terminal, epoch, r); err != nil {
					return err
				}
				heads[epoch] = r
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	sale := func(n int) payment.SaleID { return payment.SaleID(fmt.Sprintf("01JD%022d", n)) }
	cash := func(epoch uint32, n int) {
		add(epoch, 17*n,
			payment.Event{Kind: payment.SaleCreated, Sale: sale(n), Amount: int64(100 + n), Currency: "USD"},
			payment.Event{Kind: payment.CashTaken, Sale: sale(n), Tender: 1, Amount: int64(100 + n), Tendered: 1000, Change: int64(900 - n), Receipt: uint64(n)})
	}
	look := func(what string) {
		t.Helper()
		fresh := &Service{ledger: s.ledger}
		for _, days := range [][2]string{{"2026-11-24", "2026-11-24"}, {"2026-11-25", "2026-11-30"}, {"2026-01-01", "2026-12-31"}} {
			got, err := s.Report(terminal, days[0], days[1], "America/Los_Angeles")
			want, wantErr := fresh.Report(terminal, days[0], days[1], "America/Los_Angeles")
			if err != nil || wantErr != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s, %v: %+v (%v), want %+v (%v)", what, days, got, err, want, wantErr)
			}
		}
	}
	look("nothing")
	add(1, 1, payment.Event{Kind: payment.ShiftOpened, Shift: 1, Amount: 1000, Currency: "USD"})
	add(2, 2, payment.Event{Kind: payment.StoreReplaced}, payment.Event{Kind: payment.ShiftOpened, Shift: 1, Amount: 2000, Currency: "USD"})
	for n := 1; n <= 8; n++ {
		cash(2, n)
		look("a sale")
	}
	if len(s.accounts.all) != 1 {
		t.Errorf("%d accounts are kept", len(s.accounts.all))
	}
	add(2, 200, payment.Event{Kind: payment.RefundAsked, Sale: sale(1), Refund: 1, Tender: 1, Amount: 50})
	look("a refund is asked for, of a sale long ago")
	add(2, 202, payment.Event{Kind: payment.RefundChanged, Sale: sale(1), Refund: 1, RefundStatus: payment.RefundDone})
	look("it is done")
	for n := 9; n <= 14; n++ {
		cash(3, n)
		look("another device's sale")
	}
	cash(1, 15)
	add(1, 256, payment.Event{Kind: payment.ShiftClosed, Shift: 1, Amount: 1115})
	look("the first device's card")
	add(2, 250, payment.Event{Kind: payment.SaleCreated, Sale: sale(16), Amount: 5, Currency: "USD"})
	look("the second device's card")
	add(3, 260, payment.Event{Kind: payment.CashTaken, Sale: sale(14), Tender: 2, Amount: 1, Tendered: 1, Receipt: 99})
	look("what cannot be")
	r, err := s.Report(terminal, "2026-01-01", "2026-12-31", "America/Los_Angeles")
	if err != nil || r.Total.Sales != 15 || r.Total.Refunds != 1 || r.Missing != 0 || r.Impossible != 1 {
		t.Errorf("in the end it is %+v (%v)", r.Total, err)
	}
	if _, err := s.Report(terminal, "2026-12-31", "2026-01-01", "UTC"); err == nil {
		t.Error("days that are none")
	}
}

func TestAccountsAreBounded(t *testing.T) {
	var a accounts
	first := a.of("t-0", "UTC")
	for n := range mostAccounts + 20 {
		a.of(fmt.Sprintf("t-%d", n), "UTC")
	}
	if len(a.all) != mostAccounts {
		t.Errorf("%d accounts are kept", len(a.all))
	}
	if a.of("t-0", "UTC") == first {
		t.Error("the one that was used longest ago is kept")
	}
}
