package store_test

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"till/payment"
	"till/store"
)

// folder is a new place for a journal: in memory where the machine has that, so
// that thousands of syncs take no time.
func folder(t testing.TB) string {
	t.Helper()
	const shm = "/dev/shm"
	if info, err := os.Stat(shm); err != nil || !info.IsDir() {
		return t.TempDir()
	}
	dir, err := os.MkdirTemp(shm, "till-store-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// options of a test: the lock is tried once.
func options() store.Options {
	return store.Options{Terminal: "t-1", Timeout: time.Nanosecond}
}

// open opens a journal that is checked and closed when the test ends.
func open(t testing.TB, dir string, o store.Options) *store.Journal {
	t.Helper()
	j, err := store.Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeChecked(t, j) })
	return j
}

// closeChecked does nothing to a journal that the test closed already.
func closeChecked(t testing.TB, j *store.Journal) {
	t.Helper()
	if err := j.Flush(); errors.Is(err, store.ErrClosed) {
		return
	}
	if err := j.Check(); err != nil {
		t.Error(err)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
}

func reopen(t testing.TB, j *store.Journal, dir string, o store.Options) *store.Journal {
	t.Helper()
	closeChecked(t, j)
	return open(t, dir, o)
}

func appendAll(t testing.TB, j *store.Journal, events ...payment.Event) uint64 {
	t.Helper()
	last, err := j.Append(stamp(0), events...)
	if err != nil {
		t.Fatal(err)
	}
	return last
}

var day = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

func stamp(n int) payment.Stamp {
	return payment.Stamp{
		Boot: "01JDEEQZ3W8H5T2V9K4M6N7P8R",
		Mono: time.Duration(n) * time.Second,
		Time: day.Add(time.Duration(n) * time.Second),
	}
}

func saleID(n int) payment.SaleID { return payment.SaleID(fmt.Sprintf("01JDEER%019d", n)) }

func created(n int) payment.Event {
	return payment.Event{Kind: payment.SaleCreated, Sale: saleID(n), Amount: 1234, Currency: "USD", Cashier: "li"}
}

func fetched(n int) payment.Event {
	sale := saleID(9_000_000 + n)
	return payment.Event{Kind: payment.SaleFetched, Sale: saleID(n), Cashier: "li", Elsewhere: &payment.Elsewhere{
		Sale: sale, Terminal: "till-2", Receipt: 77, Total: payment.Money{Amount: 1234, Currency: "USD"},
		Parts: []payment.Part{{Order: payment.NewOrder(sale, 1), Wallet: payment.WeChat, Left: 1234}},
	}}
}

func started(n, attempt int) payment.Event {
	return payment.Event{
		Kind: payment.AttemptStarted, Sale: saleID(n), Tender: 1, Attempt: attempt, Amount: 1234,
		Mode: payment.Scan, Wallet: payment.WeChat, NotAfter: day.Add(time.Minute),
	}
}

func changed(n, attempt int, status payment.AttemptStatus, receipt uint64) payment.Event {
	return payment.Event{
		Kind: payment.AttemptChanged, Sale: saleID(n), Attempt: attempt, Status: status, Wallet: payment.WeChat,
		Transaction: "4200002418202611249876543210", Payer: "o***8", Receipt: receipt,
	}
}

func printed(n int, receipt uint64) payment.Event {
	return payment.Event{Kind: payment.ReceiptPrinted, Sale: saleID(n), Receipt: receipt}
}

// held puts a sale of so many items aside.
func held(hold uint64, items int) payment.Event {
	cart := payment.Cart{Off: 100}
	for n := range items {
		cart.Items = append(cart.Items, payment.Item{Name: fmt.Sprintf("Item %d 商品", n), Amount: 200, Rate: 875})
	}
	return payment.Event{Kind: payment.CartHeld, Hold: hold, Cart: &cart, Cashier: "li"}
}

// sell journals a whole sale as the counter does, in three commits.
func sell(t testing.TB, j *store.Journal, n int) {
	t.Helper()
	receipt := j.LastReceipt() + 1
	for _, step := range [][]payment.Event{
		{created(n), started(n, 1)},
		{changed(n, 1, payment.Approved, receipt)},
		{printed(n, receipt)},
	} {
		if _, err := j.Append(stamp(n), step...); err != nil {
			t.Fatal(err)
		}
	}
}
