package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	random "math/rand/v2"
	"time"

	"github.com/oklog/ulid/v2"

	"till/cloud/sandbox"
	"till/payment"
	link "till/sync"
	"till/sync/wire"
)

// terminal is a simulated one: the real link and session over a connection of
// its own, real messages, and a counter that does no more than sell.
type terminal struct {
	shop    *shop
	name    string
	boot    string
	started time.Time
	journal *journal
	link    *link.Link
	inbox   chan link.Effect

	online  bool
	clocked bool
	offset  time.Duration // the cloud's time less steady
	receipt uint64
	sales   map[payment.SaleID]payment.Sale
	answer  payment.Answer // the newest of the order that is waited for
	failed  error
	paid    []time.Duration // from the question to the approval, of scanned codes
	shown   []time.Duration // from the question to the QR
}

func newTerminal(s *shop, n int) *terminal {
	t := &terminal{
		shop: s, name: fmt.Sprintf("load-%05d", n), started: time.Now(), inbox: make(chan link.Effect, 256),
		sales: map[payment.SaleID]payment.Sale{},
	}
	t.boot = t.name
	t.journal = newJournal(t.name)
	t.link = link.NewLink(link.Config{
		Terminal: t.name, Broker: "tcp://" + s.broker, Log: slog.New(slog.DiscardHandler),
		Clock:  func() link.Now { return link.Now{At: t.steady(), Mono: t.mono()} },
		Handle: func(e link.Effect) { t.inbox <- e },
	}, t.journal, link.NewSession(t.boot, "load", epoch, 0, 0))
	return t
}

func (t *terminal) mono() time.Duration { return time.Since(t.started) }
func (t *terminal) steady() time.Time   { return t.started.Round(0).Add(t.mono()) }

// run sells until selling ends, finishes what it has begun, and returns once the
// ledger has all of it.
func (t *terminal) run(ctx, selling context.Context) error {
	linked, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = t.link.Run(linked) // it ends with linked, and says no more than that
	}()
	defer func() {
		stop()
		for { // the link may be telling something
			select {
			case <-ended:
				return
			case <-t.inbox:
			}
		}
	}()
	if t.await(ctx, forever, func() bool { return t.online && t.clocked }) {
		t.shop.came.Add(1)
	}
	t.shop.ready.Done()
	t.await(t.shop.opened, forever, func() bool { return false })
	for ctx.Err() == nil && t.failed == nil {
		t.await(selling, t.pause(), func() bool { return false })
		if selling.Err() != nil {
			break
		}
		t.sell(ctx)
	}
	t.await(ctx, forever, t.journal.drained)
	if t.failed == nil && ctx.Err() != nil {
		seq, _ := t.journal.head()
		t.failed = fmt.Errorf("%s: %d of %d records are acknowledged, on line %v: %w", t.name, t.journal.acked, seq, t.online, ctx.Err())
	}
	return t.failed
}

// pause is the time to the next sale: exponential, so that sales come as customers do.
func (t *terminal) pause() time.Duration {
	return time.Duration(random.ExpFloat64() * float64(t.shop.options.Every))
}

// forever is longer than any run.
const forever = 24 * time.Hour

// await takes what the link tells until ok, or the time is over. It says whether ok.
func (t *terminal) await(ctx context.Context, most time.Duration, ok func() bool) bool {
	timer := time.NewTimer(most)
	defer timer.Stop()
	for !ok() {
		select {
		case e := <-t.inbox:
			t.hear(e)
		case <-t.journal.done:
		case <-timer.C:
			return ok()
		case <-ctx.Done():
			return ok()
		}
		if t.failed != nil {
			return false
		}
	}
	return true
}

func (t *terminal) hear(e link.Effect) {
	switch e := e.(type) {
	case link.Reachable:
		t.online = e.Online
	case link.ClockLearned:
		t.clocked, t.offset = true, e.Offset
	case link.Refused:
		t.failed = fmt.Errorf("%s: the ledger refuses its journal: %s", t.name, e.Why)
	case link.Told:
		if e.Answer.Order == t.answer.Order && e.Answer.Rev >= t.answer.Rev {
			t.answer = e.Answer
		}
		if e.Answer.Late {
			t.late(e.Answer)
		}
	}
}

// late is money that came after an attempt was closed; the gateway has given it back.
func (t *terminal) late(a payment.Answer) {
	id, n, err := a.Order.Split()
	if err != nil {
		return
	}
	s, ok := t.sales[id]
	if !ok || n > len(s.Attempts) || s.Attempts[n-1].Late || !s.Attempts[n-1].Status.Final() {
		return // told with its end, and recorded there; or again
	}
	t.record(payment.Event{Kind: payment.LateRefunded, Sale: id, Attempt: n, Amount: a.Amount})
}

// record commits events of one sale, and tells the link.
func (t *terminal) record(events ...payment.Event) payment.Sale {
	stamp := payment.Stamp{Boot: t.boot, Mono: t.mono(), Time: t.cloudTime().Truncate(time.Millisecond)}
	sale := t.sales[events[0].Sale]
	for _, e := range events {
		next, err := sale.Apply(e, stamp)
		if err != nil {
			t.failed = fmt.Errorf("%s: %w", t.name, err)
			return sale
		}
		sale = next
		t.receipt = max(t.receipt, e.Receipt)
	}
	last, err := t.journal.append(stamp, events...)
	if err != nil {
		t.failed = fmt.Errorf("%s: %w", t.name, err)
		return sale
	}
	t.sales[sale.ID] = sale
	t.link.Grown(last)
	return sale
}

func (t *terminal) cloudTime() time.Time { return t.steady().Add(t.offset).UTC() }

// sell is one sale of the mix: of ten, two in cash, two by QR, six by a scanned code.
func (t *terminal) sell(ctx context.Context) {
	at := ulid.Timestamp(t.cloudTime())
	id := payment.SaleID(ulid.MustNew(at, rand.Reader).String()) // crypto/rand never fails
	amount := 1 + random.Int64N(50_000)
	created := payment.Event{Kind: payment.SaleCreated, Sale: id, Amount: amount, Currency: "USD", Cashier: "Mei"}
	n := random.IntN(10)
	if n < 2 || !t.online { // a shop off line takes cash
		t.receipted(t.record(created, payment.Event{
			Kind: payment.CashTaken, Sale: id, Tender: 1, Amount: amount, Tendered: amount, Receipt: t.receipt + 1,
		}))
		return
	}
	mode := payment.Scan
	if n < 4 {
		mode = payment.QR
	}
	var code string
	var wallet payment.Wallet
	if mode == payment.Scan {
		if code, wallet = t.shop.code(ctx); code == "" {
			return // the gateway is away, or the run is over
		}
	}
	notAfter := t.cloudTime().Add(15 * time.Second)
	t.record(created, payment.Event{
		Kind: payment.AttemptStarted, Sale: id, Tender: 1, Attempt: 1, Amount: amount, Mode: mode, Wallet: wallet, NotAfter: notAfter,
	})
	request := wire.Request{
		Op: wire.Show, Order: payment.NewOrder(id, 1), Tender: 1, Amount: amount, Currency: "USD", Wallet: wallet, NotAfter: notAfter,
	}
	if mode == payment.Scan {
		request.Op = wire.Charge
		var err error
		if request.Sealed, err = t.shop.key.Seal(request.Order, code); err != nil {
			t.failed = err
			return
		}
	}
	t.wallet(ctx, request)
}

// The counter's patience, as in checkout.
const (
	answerWait = 3 * time.Second
	askEvery   = 2 * time.Second
)

// wallet asks the gateway, and asks after it until it is settled.
func (t *terminal) wallet(ctx context.Context, r wire.Request) {
	t.answer = payment.Answer{Order: r.Order}
	begun := time.Now()
	t.link.Ask(r)
	wait, payable := answerWait, r.Op == wire.Show
	for ctx.Err() == nil && t.failed == nil {
		t.await(ctx, wait, func() bool {
			return t.answer.Status.Final() || payable && t.answer.QR != ""
		})
		switch {
		case t.answer.Status.Final():
			t.settle(r, time.Since(begun))
			return
		case payable && t.answer.QR != "":
			t.shown = append(t.shown, time.Since(begun))
			status, err := t.shop.system.Cloud.Pay(ctx, t.answer.QR, payment.Alipay)
			payable = err != nil || status == sandbox.PayUnknown
			if payable { // the gateway is away: the customer tries again
				t.await(ctx, askEvery, func() bool { return t.answer.Status.Final() })
			}
		default:
			t.link.Ask(wire.Request{Op: wire.Query, Order: r.Order})
			wait = askEvery
		}
	}
}

func (t *terminal) settle(r wire.Request, took time.Duration) {
	id, n, err := r.Order.Split()
	if err != nil {
		t.failed = err
		return
	}
	a := t.answer
	e := payment.Event{
		Kind: payment.AttemptChanged, Sale: id, Attempt: n, Status: a.Status, Reason: a.Reason,
		Wallet: a.Wallet, Transaction: a.Transaction, Payer: a.Payer,
	}
	if a.Status != payment.Approved {
		t.shop.refused.Add(1)
		t.record(e)
		if a.Late {
			t.late(a)
		}
		return
	}
	if r.Op == wire.Charge {
		t.paid = append(t.paid, took)
	}
	e.Receipt = t.receipt + 1
	t.receipted(t.record(e))
}

// receipted is the receipt that came out.
func (t *terminal) receipted(s payment.Sale) {
	if t.failed == nil {
		t.record(payment.Event{Kind: payment.ReceiptPrinted, Sale: s.ID, Receipt: s.Receipt})
		t.shop.sold.Add(1)
	}
}
