package kill_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"till/cloud"
	"till/cloud/ledger"
	"till/lab/counter"
	"till/lab/kill"
	"till/lab/kill/apart"
	"till/payment"
	"till/store"
	"till/sync/wire"
)

func TestMain(m *testing.M) {
	if status, ran := apart.Main(); ran {
		os.Exit(status)
	}
	os.Exit(m.Run())
}

const (
	// pace divides the wallets' waits: at 50 all but a customer's own time ends within 1 s.
	pace = 50
	// kills of a run: of `make test`, and of `make soak`.
	kills, soakKills = 20, 200
	// restEvery is after how many kills all is left alone, and compared.
	restEvery = 10
	// restWithin bounds that: what a terminal asks after by itself it asks after every 15 s.
	restWithin = 60 * time.Second
	// quiet is how long nothing may change before all is at rest: longer than late
	// money takes, which is 40 s divided by pace.
	quiet = 1500 * time.Millisecond
)

// TestKill kills broker, gateway and firmware at random under load.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute")
	}
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("TILL_KILL_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("TILL_KILL_SEED=%d draws the same again, if not at the same moments", seed)
	total := kills
	if os.Getenv("TILL_SOAK") != "" {
		total = soakKills
	}
	r := startRig(t, seed)
	for done := 0; done < total; {
		n := min(restEvery, total-done)
		r.round(n)
		done += n
		r.rest()
	}
	r.compare()
}

// rig is a system under load.
type rig struct {
	*testing.T
	system  *apart.System
	cashier *kill.Cashier
	paper   kill.Paper
	random  *rand.Rand
	killed  map[string]int
}

func startRig(t *testing.T, seed uint64) *rig {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))
	s, err := apart.Start(t.Context(), apart.Options{Dir: t.TempDir(), Pace: pace, Level: slog.LevelWarn, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{
		T: t, system: s, random: rand.New(rand.NewPCG(seed, 1)), killed: map[string]int{},
		cashier: kill.NewCashier(s, rand.New(rand.NewPCG(seed, 2))),
	}
	ctx, stop := context.WithCancel(t.Context())
	collected := make(chan struct{})
	go func() {
		r.paper.Collect(ctx, s.Terminal)
		close(collected)
	}()
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
		stop()
		<-collected
		if t.Failed() {
			r.tell()
		}
	})
	return r
}

// tell shows what the processes wrote, the newest of it.
func (r *rig) tell() {
	const most = 4000
	for _, name := range []string{"broker", "gateway", "firmware"} {
		raw, err := os.ReadFile(filepath.Join(r.system.Dir, apart.Outputs, name+".txt"))
		if err != nil {
			r.Log(err)
		}
		r.Logf("the %s wrote:\n%s", name, raw[max(0, len(raw)-most):])
	}
	if err := r.tellOpen(); err != nil {
		r.Log(err)
	}
}

// tellOpen tells the stories of the sales that have not come to their end, as
// the ledger has them.
func (r *rig) tellOpen() error {
	book, err := ledger.Open(filepath.Join(r.system.Dir, apart.CloudDir))
	if err != nil {
		return err
	}
	defer book.Close()
	open := map[payment.SaleID]bool{}
	err = book.View(func(tx cloud.Tx) error {
		sales, err := tx.Sales()
		for _, e := range sales {
			if open[e.Sale.ID] = e.Sale.OpenAttempt() != nil; open[e.Sale.ID] {
				a, _, err := tx.Attempt(payment.NewOrder(e.Sale.ID, len(e.Sale.Attempts)))
				r.Logf("%s: the gateway has %+v (%v)", e.Sale.ID, a, err)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	return book.Records("demo-1", 1, 1, func(record wire.Record) error {
		if e, err := record.Event(); err != nil || open[e.Sale] {
			r.Logf("record %d at %v: %s (%v)", record.Seq, record.Time, record.Body, err)
		}
		return nil
	})
}

// round is so many kills under load.
func (r *rig) round(n int) {
	r.Helper()
	ctx, stop := context.WithCancel(r.Context())
	worked := make(chan error, 1)
	go func() { worked <- r.cashier.Work(ctx) }()
	for range n {
		time.Sleep(300*time.Millisecond + rand.N(2700*time.Millisecond)) // the load's own time: nothing here is awaited
		r.kill()
	}
	stop()
	if err := <-worked; err != nil {
		r.Fatal(err)
	}
}

// kill kills one part, or now and then several at once.
func (r *rig) kill() {
	r.Helper()
	away := rand.N(time.Second)
	parts := map[string]func() error{
		"broker":   func() error { return r.system.Broker.Signal(syscall.SIGKILL, away) },
		"gateway":  func() error { return r.system.Gateway.Signal(syscall.SIGKILL, away) },
		"firmware": func() error { return r.system.Terminal.Signal(syscall.SIGKILL) },
	}
	victims := []string{"broker", "gateway", "firmware"}
	r.random.Shuffle(len(victims), func(i, j int) { victims[i], victims[j] = victims[j], victims[i] })
	n := 1
	for n < len(victims) && r.random.IntN(5) == 0 {
		n++
	}
	for _, name := range victims[:n] {
		r.killed[name]++
		if err := parts[name](); err != nil {
			r.Fatal(err)
		}
	}
}

// rest leaves everything alone until the books agree, and goes on agreeing.
func (r *rig) rest() {
	r.Helper()
	ctx, done := context.WithTimeout(r.Context(), restWithin)
	defer done()
	begun := time.Now()
	if err := r.cashier.GoHome(ctx); err != nil {
		r.Fatal(err)
	}
	var since time.Time
	var last string
	for {
		now, err := r.books(ctx)
		switch {
		case err != nil || now != last:
			last, since = now, time.Now()
		case time.Since(since) >= quiet:
			r.Logf("at rest after %.1f s; killed %v, did %s", time.Since(begun).Seconds(), r.killed, r.cashier.Did())
			return
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			r.Fatalf("not at rest within %v: %v", restWithin, err)
		}
	}
}

// books are ledger.json if they agree with themselves and the terminal's
// counter, and everything in them has come to its end.
func (r *rig) books(ctx context.Context) (string, error) {
	books, err := r.system.Cloud.Books(ctx)
	if err != nil {
		return "", err
	}
	raw, err := json.Marshal(books)
	if err != nil {
		return "", err
	}
	var l counter.Ledger
	if err := json.Unmarshal(raw, &l); err != nil {
		return "", err
	}
	for _, s := range l.Sales {
		if !slices.Contains(counter.Final, s.Status) {
			return "", fmt.Errorf("sale %s is %s", s.ID, s.Status)
		}
	}
	return string(raw), l.Differ()
}

// compare stops everything and holds journal, ledger, charges and paper against
// each other.
func (r *rig) compare() {
	r.Helper()
	books, err := r.system.Cloud.Books(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	if err := r.system.Stop(); err != nil {
		r.Fatal(err)
	}
	journal, err := store.Open(filepath.Join(r.system.Dir, apart.Journal), store.Options{})
	if err != nil {
		r.Fatal(err)
	}
	defer journal.Close()
	book, err := ledger.Open(filepath.Join(r.system.Dir, apart.CloudDir))
	if err != nil {
		r.Fatal(err)
	}
	defer book.Close()
	position := journal.Position()
	records, err := readAll(journal)
	if err != nil {
		r.Fatal(err)
	}
	// Acked becomes durable with a commit after it, which a power cut may forestall.
	if uint64(len(records)) != position.Last || books.Records != len(records) || books.Gaps != 0 {
		r.Errorf("the journal has %d records at %+v, the ledger %d with %d gaps", len(records), position, books.Records, books.Gaps)
	}
	next := 0
	err = book.Records(journal.Terminal(), position.Epoch, 1, func(have wire.Record) error {
		if next >= len(records) {
			return errors.New("the ledger has records that the journal has not")
		}
		if want := records[next]; !reflect.DeepEqual(have, want) {
			return fmt.Errorf("the ledger has %+v where the journal has %+v", have, want)
		}
		next++
		return nil
	})
	if err != nil || next != len(records) {
		r.Errorf("ledger and journal agree up to record %d of %d: %v", next, len(records), err)
	}
	receipts := map[uint64]payment.SaleID{}
	for _, record := range records {
		e, err := record.Event()
		if err != nil {
			r.Fatal(err)
		}
		if e.Receipt == 0 || e.Kind == payment.ReceiptPrinted {
			continue
		}
		if receipts[e.Receipt] != "" || e.Receipt != uint64(len(receipts)+1) {
			r.Errorf("record %d gives receipt %d to sale %s, after %d receipts", record.Seq, e.Receipt, e.Sale, len(receipts))
		}
		receipts[e.Receipt] = e.Sale
	}
	approved := 0
	for _, s := range books.Sales {
		if s.Status != payment.StatusApproved {
			continue
		}
		approved++
		if receipts[s.Receipt] != s.ID {
			r.Errorf("sale %s has receipt %d, which the journal gives to %q", s.ID, s.Receipt, receipts[s.Receipt])
		}
	}
	if approved != len(receipts) || journal.LastReceipt() != uint64(approved) {
		r.Errorf("%d sales are approved, with %d receipts up to %d", approved, len(receipts), journal.LastReceipt())
	}
	if err := r.paper.Receipts(journal.LastReceipt()); err != nil {
		r.Error(err)
	}
	// That something happened at all.
	if approved < 10 || len(books.Charges) < 5 {
		r.Errorf("only %d sales were approved, with %d charges", approved, len(books.Charges))
	}
	r.Logf("%d records, %d sales, %d approved, %d charges, %d slips; killed %v",
		len(records), len(books.Sales), approved, len(books.Charges), len(r.paper.Slips()), r.killed)
}

func readAll(j *store.Journal) ([]wire.Record, error) {
	var all []wire.Record
	for {
		some, err := j.Read(uint64(len(all)+1), 1000, 0)
		if err != nil || len(some) == 0 {
			return all, err
		}
		all = append(all, some...)
	}
}
