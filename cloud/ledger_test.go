package cloud_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"till/cloud"
	"till/cloud/ledger"
	"till/cloud/memledger"
	"till/payment"
	"till/sync/wire"
)

// Every ledger is held to the same.
func ledgers(t *testing.T, check func(*testing.T, cloud.Ledger)) {
	t.Helper()
	t.Run("memory", func(t *testing.T) { check(t, memledger.New()) })
	t.Run("bbolt", func(t *testing.T) {
		l, err := ledger.Open(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		check(t, l)
	})
}

func update(t *testing.T, l cloud.Ledger, f func(cloud.Tx) error) {
	t.Helper()
	if err := l.Update(f); err != nil {
		t.Fatal(err)
	}
}

func view(t *testing.T, l cloud.Ledger, f func(cloud.Tx) error) {
	t.Helper()
	if err := l.View(f); err != nil {
		t.Fatal(err)
	}
}

// fullAttempt has every field set, so that one forgotten shows.
func fullAttempt(order payment.Order, step cloud.Step) cloud.Attempt {
	return cloud.Attempt{
		Answer: payment.Answer{
			Order: order, Rev: 3, Status: payment.Reversing, Reason: payment.AmountMismatch, Amount: 1234, Currency: "USD",
			Wallet: payment.Alipay, Transaction: "2026", Payer: "159******88", QR: "qr <&>", Expires: start, ReverseAt: start.Add(time.Second), Late: true,
		},
		Terminal: terminal, Tender: 2, Mode: payment.QR, Cancel: true, Taken: true, Step: step, Tries: 4,
		Submitted: start.Add(time.Millisecond), Settled: start.Add(time.Hour), NextAt: start.Add(time.Minute), NotAfter: start.Add(time.Hour),
	}
}

func TestLedgerAttempts(t *testing.T) {
	ledgers(t, func(t *testing.T, l cloud.Ledger) {
		want := fullAttempt(first, cloud.StepReverse)
		if v := reflect.ValueOf(want); !allSet(v) || !allSet(v.FieldByName("Answer")) {
			t.Fatal("a field of the attempt is not tried here")
		}
		update(t, l, func(tx cloud.Tx) error {
			if _, seen, err := tx.Attempt(first); seen || err != nil {
				t.Errorf("before: %v, %v", seen, err)
			}
			if err := tx.PutAttempt(want); err != nil {
				return err
			}
			got, seen, err := tx.Attempt(first) // a transaction sees its own writes
			if !seen || got != want {
				t.Errorf("within: %+v, %v", got, seen)
			}
			return errors.Join(err, tx.PutAttempt(fullAttempt(second, cloud.StepNone)))
		})
		view(t, l, func(tx cloud.Tx) error {
			got, seen, err := tx.Attempt(first)
			if !seen || got != want {
				t.Errorf("after: %+v, %v; want %+v", got, seen, want)
			}
			return err
		})
		orders := func() (open []payment.Order) {
			view(t, l, func(tx cloud.Tx) error {
				all, err := tx.OpenAttempts()
				for _, a := range all {
					open = append(open, a.Order)
				}
				return err
			})
			slices.Sort(open)
			return open
		}
		if open := orders(); !slices.Equal(open, []payment.Order{first}) {
			t.Errorf("open are %v", open)
		}
		update(t, l, func(tx cloud.Tx) error {
			return errors.Join(tx.PutAttempt(fullAttempt(first, cloud.StepNone)), tx.PutAttempt(fullAttempt(second, cloud.StepWatch)))
		})
		if open := orders(); !slices.Equal(open, []payment.Order{second}) {
			t.Errorf("open are %v", open)
		}
	})
}

func allSet(v reflect.Value) bool {
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			return false
		}
	}
	return true
}

func TestLedgerSales(t *testing.T) {
	ledgers(t, func(t *testing.T, l cloud.Ledger) {
		var want []cloud.SaleEntry
		for i, id := range []payment.SaleID{otherID, saleID} {
			sale, err := payment.Sale{}.Apply(created(id), payment.Stamp{Boot: "b", Mono: time.Second, Time: start})
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, cloud.SaleEntry{Terminal: terminal, Epoch: uint32(i + 1), Sale: sale, Fault: "none"})
		}
		update(t, l, func(tx cloud.Tx) error { return errors.Join(tx.PutSale(want[0]), tx.PutSale(want[1])) })
		update(t, l, func(tx cloud.Tx) error { return tx.PutSale(cloud.SaleEntry{Terminal: terminal}) }) // nothing to keep
		view(t, l, func(tx cloud.Tx) error {
			got, err := tx.Sales()
			slices.Reverse(want) // oldest first
			if !reflect.DeepEqual(got, want) {
				t.Errorf("sales are %+v, want %+v", got, want)
			}
			one, known, err2 := tx.Sale(saleID)
			if !known || !reflect.DeepEqual(one, want[0]) {
				t.Errorf("sale is %+v, %v", one, known)
			}
			_, known, err3 := tx.Sale("01JD0000000000000000000009")
			if known {
				t.Error("a sale nobody made is known")
			}
			return errors.Join(err, err2, err3)
		})
	})
}

func TestLedgerJournals(t *testing.T) {
	ledgers(t, func(t *testing.T, l cloud.Ledger) {
		// Names of which one begins with the other, and epochs, must not mix.
		for i, at := range []struct {
			terminal string
			epoch    uint32
			seqs     []uint64
		}{
			{"a", 1, []uint64{1, 2, 3}}, {"a", 2, []uint64{1}}, {"a-b", 1, []uint64{1, 2}}, {"a0", 256, []uint64{1, 4}}, {"ab", 1, []uint64{3}},
		} {
			update(t, l, func(tx cloud.Tx) error {
				for _, seq := range at.seqs {
					r := wire.Record{Seq: seq, Body: []byte(`{"kind":"no_sale"}`), Hash: wire.Hash{byte(i), byte(seq)}}
					if err := tx.TakeRecord(at.terminal, at.epoch, r); err != nil {
						return err
					}
				}
				last := at.seqs[len(at.seqs)-1]
				head, err := tx.Head(at.terminal, at.epoch)
				if want := (cloud.Head{Seq: last, Hash: wire.Hash{byte(i), byte(last)}}); head != want {
					t.Errorf("head of %s/%d is %v, want %v", at.terminal, at.epoch, head, want)
				}
				return err
			})
		}
		view(t, l, func(tx cloud.Tx) error {
			head, err := tx.Head("a", 3)
			if head != (cloud.Head{}) {
				t.Errorf("the head of no journal is %v", head)
			}
			count, err2 := tx.Journals()
			if want := (cloud.JournalCount{Records: 9, Gaps: 4}); count != want {
				t.Errorf("counted %+v, want %+v", count, want)
			}
			return errors.Join(err, err2)
		})
	})
}

// What fails leaves no trace, and what views does not write.
func TestLedgerRollback(t *testing.T) {
	write := func(tx cloud.Tx) error {
		sale, err := payment.Sale{}.Apply(created(saleID), payment.Stamp{})
		return errors.Join(err,
			tx.PutAttempt(fullAttempt(first, cloud.StepQuery)),
			tx.PutAttempt(fullAttempt(second, cloud.StepNone)),
			tx.PutSale(cloud.SaleEntry{Terminal: "museum-2", Sale: sale}),
			tx.TakeRecord(terminal, 1, wire.Record{Seq: 2, Body: []byte("{}"), Hash: wire.Hash{2}}),
			tx.TakeRecord("museum-2", 1, wire.Record{Seq: 1, Body: []byte("{}"), Hash: wire.Hash{3}}))
	}
	ledgers(t, func(t *testing.T, l cloud.Ledger) {
		update(t, l, func(tx cloud.Tx) error {
			return errors.Join(
				tx.PutAttempt(fullAttempt(second, cloud.StepWatch)),
				tx.TakeRecord(terminal, 1, wire.Record{Seq: 1, Body: []byte("{}"), Hash: wire.Hash{1}}))
		})
		picture := func() (p string) {
			view(t, l, func(tx cloud.Tx) error {
				open, err := tx.OpenAttempts()
				sales, err2 := tx.Sales()
				count, err3 := tx.Journals()
				head, err4 := tx.Head(terminal, 1)
				other, err5 := tx.Head("museum-2", 1)
				a, seen, err6 := tx.Attempt(first)
				p = fmt.Sprint(open, sales, count, head, other, a, seen)
				return errors.Join(err, err2, err3, err4, err5, err6)
			})
			return p
		}
		before := picture()
		refuse := errors.New("no")
		if err := l.Update(func(tx cloud.Tx) error { return errors.Join(write(tx), refuse) }); !errors.Is(err, refuse) {
			t.Errorf("the function's error became %v", err)
		}
		if after := picture(); after != before {
			t.Errorf("a failed update leaves\n%s\nwas\n%s", after, before)
		}
		if m, ok := l.(*memledger.Ledger); ok {
			m.FailCommit(errCommit)
			if err := l.Update(write); !errors.Is(err, errCommit) {
				t.Errorf("a failed commit gives %v", err)
			}
			if after := picture(); after != before {
				t.Errorf("a failed commit leaves\n%s\nwas\n%s", after, before)
			}
			if n := m.Commits(); n != 1 {
				t.Errorf("%d commits, want 1", n)
			}
		}
		if err := l.View(write); err == nil {
			t.Error("a view wrote")
		}
		if after := picture(); after != before {
			t.Errorf("a view leaves\n%s\nwas\n%s", after, before)
		}
		func() {
			defer func() { _ = recover() }() // the panic is the point
			_ = l.Update(func(tx cloud.Tx) error { _ = write(tx); panic("halfway") })
		}()
		if after := picture(); after != before {
			t.Errorf("a panic leaves\n%s\nwas\n%s", after, before)
		}
		update(t, l, write)
		if after := picture(); after == before {
			t.Error("an update after all that leaves nothing")
		}
	})
}

// Nothing that a caller keeps is the ledger's own memory.
func TestLedgerKeepsItsOwn(t *testing.T) {
	ledgers(t, func(t *testing.T, l cloud.Ledger) {
		sale, err := payment.Sale{}.Apply(created(saleID), payment.Stamp{})
		if err != nil {
			t.Fatal(err)
		}
		sale, err = sale.Apply(cash(saleID, 1), payment.Stamp{})
		if err != nil {
			t.Fatal(err)
		}
		update(t, l, func(tx cloud.Tx) error { return tx.PutSale(cloud.SaleEntry{Terminal: terminal, Sale: sale}) })
		sale.Tenders[0].Amount = 1
		for range 2 {
			view(t, l, func(tx cloud.Tx) error {
				got, _, err := tx.Sale(saleID)
				if got.Sale.Tenders[0].Amount != usd.Amount {
					t.Errorf("the tender became %d", got.Sale.Tenders[0].Amount)
				}
				got.Sale.Tenders[0].Amount = 2
				return err
			})
		}
	})
}
