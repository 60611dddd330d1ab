package cloud_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/oklog/ulid/v2"

	"till/cloud"
	"till/cloud/ledger"
	"till/cloud/memledger"
	"till/payment"
	"till/sync/wire"
)

func benchGateway(b *testing.B) (*cloud.Gateway, wire.OpeningKey) {
	b.Helper()
	key, err := wire.NewOpeningKey()
	if err != nil {
		b.Fatal(err)
	}
	l, err := ledger.Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := l.Close(); err != nil {
			b.Error(err)
		}
	})
	g, err := cloud.NewGateway(l, key, waits)
	if err != nil {
		b.Fatal(err)
	}
	return g, key
}

func handle(b *testing.B, g *cloud.Gateway, events ...cloud.Event) []cloud.Effect {
	b.Helper()
	effects, err := g.Handle(events, start)
	if err != nil {
		b.Fatal(err)
	}
	return effects
}

// BenchmarkHandleCharge is a charge from its message to its committed approval:
// two commits of the bbolt ledger.
func BenchmarkHandleCharge(b *testing.B) {
	g, key := benchGateway(b)
	requests := make([]cloud.Message, b.N)
	orders := make([]payment.Order, b.N)
	for i := range requests {
		orders[i] = payment.NewOrder(payment.SaleID(ulid.Make().String()), 1)
		sealed, err := key.Public().Seal(orders[i], code)
		if err != nil {
			b.Fatal(err)
		}
		q := about(wire.Charge, orders[i])
		q.Sealed, q.NotAfter = sealed, start
		requests[i] = message(b, terminal, wire.Requests, q)
	}
	b.ResetTimer()
	for i, m := range requests {
		if effects := handle(b, g, m); len(effects) != 2 {
			b.Fatalf("%d effects", len(effects))
		}
		handle(b, g, cloud.Answered{Order: orders[i], Step: cloud.StepCharge, Result: cloud.Result{
			Outcome: cloud.Paid, Amount: usd, Wallet: payment.WeChat, Transaction: "4200", Payer: "o***",
		}})
	}
}

// BenchmarkHandleJournal takes cash sales, two records each, in uploads of
// several sizes; one operation is one commit. What is more than a message holds
// comes in several, as from a terminal that catches up.
func BenchmarkHandleJournal(b *testing.B) {
	for _, size := range []int{1, 64, 256} {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			g, _ := benchGateway(b)
			j := newJournal(terminal)
			var id payment.SaleID
			uploads := make([][]cloud.Event, 0, b.N)
			for len(uploads) < b.N {
				events := make([]payment.Event, size)
				for i := range events {
					if n := len(j.records) + i; n%2 == 0 {
						id = payment.SaleID(ulid.Make().String())
						events[i] = created(id)
					} else {
						events[i] = cash(id, uint64(n/2+1))
					}
				}
				var group []cloud.Event
				for part := range slices.Chunk(events, 128) {
					group = append(group, j.message(b, j.add(b, part...)...))
				}
				uploads = append(uploads, group)
			}
			b.ResetTimer()
			for _, u := range uploads {
				handle(b, g, u...)
			}
			b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "records/s")
		})
	}
}

// BenchmarkDeadline is what every step of the gateway asks: it does not grow
// with the attempts that are open.
func BenchmarkDeadline(b *testing.B) {
	for _, open := range []int{100, 100_000} {
		b.Run(fmt.Sprint(open), func(b *testing.B) {
			key, err := wire.NewOpeningKey()
			if err != nil {
				b.Fatal(err)
			}
			l := memledger.New()
			err = l.Update(func(tx cloud.Tx) error {
				for range open {
					a := cloud.Attempt{Terminal: terminal, Tender: 1, Step: cloud.StepQuery, NextAt: start}
					a.Order = payment.NewOrder(payment.SaleID(ulid.Make().String()), 1)
					if err := tx.PutAttempt(a); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
			g, err := cloud.NewGateway(l, key, waits)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if !g.Deadline().Equal(start) {
					b.Fatal("no attempt is due")
				}
			}
		})
	}
}
