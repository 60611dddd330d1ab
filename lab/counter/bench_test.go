package counter_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"till/cloud"
	"till/cloud/broker"
	"till/cloud/ledger"
	"till/cloud/sandbox"
	"till/lab/counter"
	"till/payment"
	"till/store"
	"till/sync/wire/mqtt"
)

// BenchmarkSale is what a cashier waits: from the scan to the approval, as the
// stream of events shows it. Besides the whole it reports, as medians measured
// between the sales on the same disk, what a sale is made of: two commits of the
// terminal's journal, two ways over the broker, the gateway's two commits, and
// the acquirer's one.
func BenchmarkSale(b *testing.B) {
	d := program.Start(b)
	d.Online()
	parts := newParts(b)
	states := make(chan counter.State, 256)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = d.Listen(ctx, func(kind string, data []byte) bool { // it ends with ctx
			var s counter.State
			if kind == "state" && json.Unmarshal(data, &s) == nil {
				states <- s
			}
			return false
		})
	}()
	defer func() { stop(); <-ended }()
	wait := func(screen string) {
		for s := range states {
			if s.Screen == screen {
				return
			}
		}
	}
	wait("ready")
	var sales []time.Duration
	for b.Loop() {
		b.StopTimer()
		d.Amount("1234")
		code := d.Code("wechat")
		b.StartTimer()
		begun := time.Now()
		d.Scan(code)
		wait("approved")
		sales = append(sales, time.Since(begun))
		b.StopTimer()
		d.Await("the receipt", soon, func(s counter.State) bool { return s.Printing == 0 && s.Queued == 0 })
		d.Press("done")
		wait("ready")
		parts.measure(b)
		b.StartTimer()
	}
	report := func(name string, all []time.Duration) {
		b.ReportMetric(float64(median(all).Microseconds())/1000, name)
	}
	report("ms/sale", sales)
	report("ms/journal-commit", parts.journal)
	report("ms/broker-way", parts.broker)
	report("ms/ledger-commit", parts.ledger)
	report("ms/acquirer", parts.acquirer)
	if m := median(sales); m > 50*time.Millisecond {
		b.Logf("a sale takes %s, which should be under 50 ms", m)
	}
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

// parts are those a sale is made of, each alone.
type parts struct {
	journalAt *store.Journal
	ledgerAt  *ledger.Ledger
	box       *sandbox.Sandbox
	conn      *mqtt.Conn
	arrived   chan struct{}

	journal, broker, ledger, acquirer []time.Duration
}

func newParts(b *testing.B) *parts {
	b.Helper()
	p := &parts{arrived: make(chan struct{}, 16)}
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	var err error
	p.journalAt, err = store.Open(b.TempDir(), store.Options{Terminal: "bench"})
	must(err)
	b.Cleanup(func() { must(p.journalAt.Close()) })
	p.ledgerAt, err = ledger.Open(b.TempDir())
	must(err)
	b.Cleanup(func() { must(p.ledgerAt.Close()) })
	p.box, err = sandbox.Open(b.TempDir(), 10, time.Now, func(payment.Order) {})
	must(err)
	b.Cleanup(func() { must(p.box.Close()) })
	nats, address, err := broker.Start("127.0.0.1:0", b.TempDir(), slog.New(slog.DiscardHandler))
	must(err)
	b.Cleanup(nats.Stop)
	p.conn, err = mqtt.Connect(b.Context(), mqtt.Options{
		Broker: "tcp://" + address, ClientID: "bench", Timeout: soon, KeepAlive: time.Minute,
		Handle: func(string, []byte) { p.arrived <- struct{}{} }, Lost: func(error) {},
	})
	must(err)
	b.Cleanup(p.conn.Close)
	must(p.conn.Subscribe(b.Context(), "till/1/bench/down/+"))
	return p
}

// measure does each part once.
func (p *parts) measure(b *testing.B) {
	b.Helper()
	took := func(all *[]time.Duration, do func() error) {
		b.Helper()
		begun := time.Now()
		if err := do(); err != nil {
			b.Fatal(err)
		}
		*all = append(*all, time.Since(begun))
	}
	sale := payment.SaleID(ulid.MustNew(ulid.Now(), rand.Reader).String())
	order := payment.NewOrder(sale, 1)
	took(&p.journal, func() error {
		_, err := p.journalAt.Append(payment.Stamp{Boot: "bench"},
			payment.Event{Kind: payment.SaleCreated, Sale: sale, Amount: 1234, Currency: "USD", Cashier: "Mei"},
			payment.Event{
				Kind: payment.AttemptStarted, Sale: sale, Tender: 1, Attempt: 1, Amount: 1234,
				Mode: payment.Scan, Wallet: payment.WeChat, NotAfter: time.Now().Add(time.Minute).UTC(),
			})
		return err
	})
	took(&p.broker, func() error {
		err := p.conn.Publish("till/1/bench/down/reply", 1, false, make([]byte, 400))
		if err == nil {
			<-p.arrived
		}
		return err
	})
	took(&p.ledger, func() error {
		return p.ledgerAt.Update(func(tx cloud.Tx) error {
			a := cloud.Attempt{Terminal: "bench", Tender: 1}
			a.Order, a.Amount, a.Currency = order, 1234, "USD"
			return tx.PutAttempt(a)
		})
	})
	code, _, err := p.box.NewCode(payment.WeChat)
	if err != nil {
		b.Fatal(err)
	}
	took(&p.acquirer, func() error {
		_, err := p.box.Charge(b.Context(), cloud.Order{Number: order, Amount: payment.Money{Amount: 1234, Currency: "USD"}}, code)
		return err
	})
}
