package reconcile_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"till/cloud"
	"till/cloud/ledger"
	"till/cloud/reconcile"
	"till/payment"
	"till/sync/wire"
)

// embedded are the books of a bbolt ledger, and an acquirer's that agrees.
type embedded struct {
	ledger.Picture
	sales int
}

func (e embedded) Records(terminal string, epoch uint32, f func(wire.Record) error) error {
	return e.Picture.Records(terminal, epoch, 1, f)
}

func (e embedded) Lines(f func(reconcile.Line) error) error {
	for n := range e.sales {
		id, at := sold(n)
		if err := f(reconcile.Line{
			Kind: reconcile.Taken, Order: payment.NewOrder(id, 1), Wallet: payment.WeChat, Amount: payment.Money{Amount: 1234, Currency: "USD"}, At: at,
		}); err != nil {
			return err
		}
	}
	return nil
}

// sold is the n-th sale, and when it was.
func sold(n int) (payment.SaleID, time.Time) {
	return payment.SaleID(fmt.Sprintf("01JD%022d", n)), dawn.Add(time.Duration(n) * time.Second).UTC()
}

func (embedded) Moving(payment.Order) bool { return false }

// fill writes so many paid sales into a ledger, a second apart, of ten terminals.
func fill(tb testing.TB, sales int) *ledger.Ledger {
	tb.Helper()
	l := must(ledger.Open(tb.TempDir()))
	tb.Cleanup(func() {
		if err := l.Close(); err != nil {
			tb.Error(err)
		}
	})
	heads := map[string]wire.Record{}
	for from := 0; from < sales; from += 1000 {
		if err := l.Update(func(tx cloud.Tx) error {
			for n := from; n < min(sales, from+1000); n++ {
				if err := put(tx, n, heads); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			tb.Fatal(err)
		}
	}
	return l
}

// put writes one sale, its records and its attempt.
func put(tx cloud.Tx, n int, heads map[string]wire.Record) error {
	terminal := fmt.Sprintf("till-%d", n%10)
	id, at := sold(n)
	entry := cloud.SaleEntry{Terminal: terminal, Epoch: 1}
	for _, e := range []payment.Event{
		{Kind: payment.SaleCreated, Sale: id, Amount: 1234, Currency: "USD", Cashier: "Mei", Bill: &payment.Bill{Items: []payment.Item{{Name: "Green tea / 绿茶", Amount: 1234}}}},
		{Kind: payment.AttemptStarted, Sale: id, Tender: 1, Attempt: 1, Amount: 1234, Mode: payment.Scan, Wallet: payment.WeChat, NotAfter: at.Add(time.Minute)},
		{Kind: payment.AttemptChanged, Sale: id, Attempt: 1, Status: payment.Approved, Wallet: payment.WeChat, Transaction: "42" + string(id), Receipt: uint64(n/10 + 1)},
		{Kind: payment.ReceiptPrinted, Sale: id, Receipt: uint64(n/10 + 1)},
	} {
		head := heads[terminal]
		if head.Seq == 0 {
			head.Hash = wire.Genesis(terminal, 1)
		}
		r, err := wire.NewRecord(head.Hash, head.Seq+1, payment.Stamp{Boot: "b", Mono: time.Duration(n) * time.Second, Time: at}, e)
		if err != nil {
			return err
		}
		heads[terminal] = r
		if err := tx.TakeRecord(terminal, 1, r); err != nil {
			return err
		}
		if entry.Sale, err = entry.Sale.Apply(e, r.Stamp); err != nil {
			return err
		}
	}
	if err := tx.PutSale(entry); err != nil {
		return err
	}
	a := cloud.Attempt{Terminal: terminal, Tender: 1, Mode: payment.Scan, Taken: true, Submitted: at, Settled: at}
	a.Order, a.Status, a.Amount, a.Currency, a.Wallet, a.Transaction = payment.NewOrder(id, 1), payment.Approved, 1234, "USD", payment.WeChat, "42"+string(id)
	return tx.PutAttempt(a)
}

// The embedded ledger is reconciled as it is: all of it, and one day.
func TestEmbeddedLedger(t *testing.T) {
	const sales = 300
	l := fill(t, sales)
	for days, want := range map[string]int{"2026-11-24": 300, "2026-11-25": 0} {
		if err := l.Read(func(p ledger.Picture) error {
			r := run(t, embedded{p, sales}, reconcile.Question{From: days, To: days, Zone: zone, Now: dawn})
			if !r.Equal() || len(r.Rows) != 0 || r.Sales != want {
				t.Errorf("%s: %d sales: %+v, %+v", days, r.Sales, r.Totals, r.Rows)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// BenchmarkReconcile is 100,000 sales of ten terminals: the last day of theirs, and all.
func BenchmarkReconcile(b *testing.B) {
	const sales = 100_000
	l := fill(b, sales)
	last := dawn.Add(sales * time.Second)
	for name, q := range map[string]reconcile.Question{
		"all":      {From: "2026-11-24", To: "2026-12-31", Zone: zone, Now: last},
		"last day": {From: last.Format(time.DateOnly), To: last.Format(time.DateOnly), Zone: zone, Now: last},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := l.Read(func(p ledger.Picture) error {
					r, err := reconcile.Reconcile(embedded{p, sales}, q)
					if err == nil && (!r.Equal() || len(r.Rows) != 0 || r.Sales == 0) {
						b.Fatalf("%+v", r)
					}
					return err
				}); err != nil {
					b.Fatal(err)
				}
			}
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			b.ReportMetric(float64(m.HeapInuse)/1e6, "MB-heap")
			b.ReportMetric(sales/(b.Elapsed().Seconds()/float64(b.N)), "sales/s")
		})
	}
}
