package reconcile_test

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"till/cloud"
	"till/cloud/reconcile"
	"till/payment"
	"till/sync/wire"
)

// books are three books in memory, as sales make them.
type books struct {
	now      time.Time
	undated  bool // the terminal does not know the time
	journals map[string][]entry
	sales    map[payment.SaleID]*cloud.SaleEntry
	attempts map[payment.Order]*cloud.Attempt
	refunds  map[payment.RefundID]*cloud.RefundEntry
	lines    []reconcile.Line
	moving   map[payment.Order]bool
	lost     map[string]uint64 // a record that is not there
	altered  map[string]uint64 // likewise
	count    int
	receipts map[string]uint64
	kinds    map[payment.SaleID]string
}

type entry struct {
	at    payment.Stamp
	event payment.Event
}

var (
	zone  = must(time.LoadLocation("America/Los_Angeles"))
	dawn  = time.Date(2026, 11, 24, 8, 0, 0, 0, zone)
	shops = []string{"till-1", "till-2"}
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func newBooks() *books {
	return &books{
		now: dawn, journals: map[string][]entry{}, sales: map[payment.SaleID]*cloud.SaleEntry{},
		attempts: map[payment.Order]*cloud.Attempt{}, refunds: map[payment.RefundID]*cloud.RefundEntry{},
		moving: map[payment.Order]bool{}, lost: map[string]uint64{}, altered: map[string]uint64{},
		receipts: map[string]uint64{}, kinds: map[payment.SaleID]string{},
	}
}

func (b *books) Journals(f func(string, uint32, cloud.Head) error) error {
	for _, id := range slices.Sorted(maps.Keys(b.journals)) {
		if err := f(id, 1, cloud.Head{Seq: uint64(len(b.journals[id]))}); err != nil {
			return err
		}
	}
	return nil
}

func (b *books) Records(terminal string, epoch uint32, f func(wire.Record) error) error {
	prev := wire.Genesis(terminal, epoch)
	for i, e := range b.journals[terminal] {
		r := must(wire.NewRecord(prev, uint64(i+1), e.at, e.event))
		prev = r.Hash
		if b.lost[terminal] == r.Seq {
			continue
		}
		if b.altered[terminal] == r.Seq {
			r.Boot += "x"
		}
		if err := f(r); err != nil {
			return err
		}
	}
	return nil
}

func all[K ~string, V any](of map[K]*V, f func(V) error) error {
	for _, key := range slices.Sorted(maps.Keys(of)) {
		if err := f(*of[key]); err != nil {
			return err
		}
	}
	return nil
}

func (b *books) Sales(f func(cloud.SaleEntry) error) error     { return all(b.sales, f) }
func (b *books) Attempts(f func(cloud.Attempt) error) error    { return all(b.attempts, f) }
func (b *books) Refunds(f func(cloud.RefundEntry) error) error { return all(b.refunds, f) }
func (b *books) Moving(o payment.Order) bool                   { return b.moving[o] }

func (b *books) Lines(f func(reconcile.Line) error) error {
	for _, l := range b.lines {
		if err := f(l); err != nil {
			return err
		}
	}
	return nil
}

// record writes an event into a terminal's journal, and the ledger's sale.
func (b *books) record(terminal string, e payment.Event) {
	at := payment.Stamp{Boot: "b-" + terminal, Mono: b.now.Sub(dawn.Add(-time.Hour)), Time: b.now.UTC().Truncate(time.Millisecond)}
	if b.undated {
		at.Time, at.Boot = time.Time{}, "lost-"+terminal
	}
	b.journals[terminal] = append(b.journals[terminal], entry{at, e})
	s := b.sales[e.Sale]
	if s == nil {
		s = &cloud.SaleEntry{Terminal: terminal, Epoch: 1}
		b.sales[e.Sale] = s
	}
	s.Sale = must(s.Sale.Apply(e, at))
}

func (b *books) pass(d time.Duration) { b.now = b.now.Add(d) }

func (b *books) create(terminal string, amount int64) payment.SaleID {
	b.count++
	id := payment.SaleID(fmt.Sprintf("01JD%022d", b.count))
	b.record(terminal, payment.Event{Kind: payment.SaleCreated, Sale: id, Amount: amount, Currency: "USD", Cashier: "Mei"})
	return id
}

// pay begins an attempt that the gateway has charged.
func (b *books) pay(terminal string, id payment.SaleID, amount int64) *cloud.Attempt {
	s := b.sales[id].Sale
	n := len(s.Attempts) + 1
	b.record(terminal, payment.Event{
		Kind: payment.AttemptStarted, Sale: id, Tender: s.NextTender(), Attempt: n, Amount: amount, Wallet: payment.WeChat, Mode: payment.Scan,
	})
	b.pass(time.Second)
	a := &cloud.Attempt{Terminal: terminal, Tender: s.NextTender(), Mode: payment.Scan, Submitted: b.now, Step: cloud.StepCharge}
	a.Order, a.Amount, a.Currency, a.Wallet, a.Status = payment.NewOrder(id, n), amount, "USD", payment.WeChat, payment.Authorizing
	b.attempts[a.Order] = a
	b.pass(time.Second)
	return a
}

// take has the acquirer take its money.
func (b *books) take(a *cloud.Attempt) {
	b.line(reconcile.Taken, a.Order, "", a.Amount)
	b.pass(time.Second)
}

func (b *books) line(kind reconcile.LineKind, o payment.Order, refund payment.RefundID, amount int64) {
	b.lines = append(b.lines, reconcile.Line{
		Kind: kind, Order: o, Refund: refund, Wallet: payment.Alipay, Amount: payment.Money{Amount: amount, Currency: "USD"}, At: b.now,
	})
}

// payLate has money come after an attempt's end, and go back.
func (b *books) payLate(a *cloud.Attempt) {
	b.take(a)
	b.line(reconcile.Reversed, a.Order, "", a.Amount)
	a.Late, a.Settled = true, b.now
	b.pass(time.Second)
	id, n, _ := a.Order.Split()
	b.record(a.Terminal, payment.Event{Kind: payment.LateRefunded, Sale: id, Attempt: n, Amount: a.Amount})
}

// settle ends an attempt at the gateway, and in the journal.
func (b *books) settle(a *cloud.Attempt, status payment.AttemptStatus) {
	b.know(a, status)
	b.hear(a)
}

func (b *books) know(a *cloud.Attempt, status payment.AttemptStatus) {
	a.Status, a.Step, a.Settled = status, cloud.StepNone, b.now
	if status == payment.Approved {
		a.Taken, a.Wallet, a.Transaction = true, payment.Alipay, "42"+string(a.Order)
	}
	b.pass(time.Second)
}

func (b *books) hear(a *cloud.Attempt) {
	id, n, _ := a.Order.Split()
	e := payment.Event{Kind: payment.AttemptChanged, Sale: id, Attempt: n, Status: a.Status, Wallet: a.Wallet, Transaction: a.Transaction}
	s := b.sales[id].Sale
	if a.Status == payment.Approved && s.Due() == a.Amount {
		e.Receipt = b.receipt(a.Terminal)
	}
	b.record(a.Terminal, e)
	b.pass(time.Second)
}

func (b *books) receipt(terminal string) uint64 {
	b.receipts[terminal]++
	return b.receipts[terminal]
}

func (b *books) cash(terminal string, id payment.SaleID, amount int64) {
	s := b.sales[id].Sale
	e := payment.Event{Kind: payment.CashTaken, Sale: id, Tender: s.NextTender(), Amount: amount, Tendered: amount}
	if s.Due() == amount {
		e.Receipt = b.receipt(terminal)
	}
	b.record(terminal, e)
	b.pass(time.Second)
}

// ask asks for money of the sale's first tender to go back.
func (b *books) ask(id payment.SaleID, amount int64, void bool) (int, string) {
	s := b.sales[id]
	n := len(s.Sale.Refunds) + 1
	b.record(s.Terminal, payment.Event{Kind: payment.RefundAsked, Sale: id, Refund: n, Tender: 1, Amount: amount, Void: void})
	b.pass(time.Second)
	return n, s.Terminal
}

// refund has it go back.
func (b *books) refund(id payment.SaleID, amount int64, void bool) {
	n, terminal := b.ask(id, amount, void)
	if order, wallet := b.sales[id].Sale.WalletOrder(1); wallet {
		e := b.order(id, n, order, amount, void)
		kind := reconcile.Refunded
		if void {
			kind = reconcile.Reversed
		}
		b.line(kind, order, e.Answer.Refund, amount)
		b.pass(time.Second)
		e.Answer.Status, e.Step, e.Settled = payment.RefundDone, cloud.StepNone, b.now
	}
	b.refunded(terminal, id, n, payment.RefundDone)
}

// fetch has money go back at another terminal than the sale's.
func (b *books) fetch(of payment.SaleID, amount int64) {
	sold := b.sales[of]
	other := shops[0]
	if sold.Terminal == other {
		other = shops[1]
	}
	b.count++
	id := payment.SaleID(fmt.Sprintf("01JD%022d", b.count))
	order, _ := sold.Sale.WalletOrder(1)
	refunded, _ := sold.Sale.Refunded()
	left := sold.Sale.Total.Amount - refunded
	b.record(other, payment.Event{Kind: payment.SaleFetched, Sale: id, Elsewhere: &payment.Elsewhere{
		Sale: of, Terminal: sold.Terminal, Epoch: 1, Total: sold.Sale.Total, Given: refunded,
		Parts: []payment.Part{{Order: order, Wallet: payment.Alipay, Left: left}},
	}})
	b.refund(id, amount, false)
}

// order is the gateway's entry of a refund.
func (b *books) order(id payment.SaleID, n int, order payment.Order, amount int64, void bool) *cloud.RefundEntry {
	e := &cloud.RefundEntry{Terminal: b.sales[id].Terminal, Order: order, Void: void, Step: cloud.StepRefund, Submitted: b.now}
	e.Answer = payment.RefundAnswer{Refund: payment.NewRefundID(id, n), Status: payment.RefundRequested, Amount: amount, Currency: "USD"}
	b.refunds[e.Answer.Refund] = e
	return e
}

func (b *books) refunded(terminal string, id payment.SaleID, n int, status payment.RefundStatus) {
	b.record(terminal, payment.Event{Kind: payment.RefundChanged, Sale: id, Refund: n, RefundStatus: status})
	b.pass(time.Second)
}

// sell makes a sale of a kind to its very end.
func (b *books) sell(kind, terminal string, amount int64) payment.SaleID {
	id := b.create(terminal, amount)
	b.kinds[id] = kind
	switch kind {
	case "cash", "cash refunded":
		b.cash(terminal, id, amount)
		if kind != "cash" {
			b.refund(id, amount/2, false)
		}
	case "wallet", "refunded", "refunded twice", "refunded at both", "voided":
		a := b.pay(terminal, id, amount)
		b.take(a)
		b.settle(a, payment.Approved)
		switch kind {
		case "refunded":
			b.refund(id, amount/2, false)
		case "refunded twice":
			b.refund(id, amount/4, false)
			b.refund(id, amount/4, false)
		case "refunded at both": // that it was made at, and that fetched it
			b.refund(id, amount/4, false)
			b.fetch(id, amount/4)
		case "voided":
			b.refund(id, amount, true)
		}
	case "split":
		a := b.pay(terminal, id, amount/3)
		b.take(a)
		b.settle(a, payment.Approved)
		b.cash(terminal, id, amount-amount/3)
	case "declined, then cash":
		b.settle(b.pay(terminal, id, amount), payment.Declined)
		b.cash(terminal, id, amount)
	case "declined, then paid":
		b.settle(b.pay(terminal, id, amount), payment.Declined)
		a := b.pay(terminal, id, amount)
		b.take(a)
		b.settle(a, payment.Approved)
	case "expired":
		b.settle(b.pay(terminal, id, amount), payment.Expired)
	case "late":
		a := b.pay(terminal, id, amount)
		b.settle(a, payment.Expired)
		b.payLate(a)
	case "reversed", "parked, paid another way": // no book but the acquirer's tells that it was taken
		a := b.pay(terminal, id, amount)
		if kind != "reversed" {
			b.record(terminal, payment.Event{Kind: payment.SaleParked, Sale: id, Attempt: 1, Intent: payment.PaidOther})
		}
		b.take(a)
		b.line(reconcile.Reversed, a.Order, "", amount)
		b.settle(a, payment.Reversed)
	case "parked, owed", "parked, owed, taken and given back", "parked, owed, paid late":
		a := b.pay(terminal, id, amount)
		b.record(terminal, payment.Event{Kind: payment.SaleParked, Sale: id, Attempt: 1, Intent: payment.GoodsGiven})
		if kind == "parked, owed, taken and given back" {
			b.take(a)
			b.line(reconcile.Reversed, a.Order, "", amount)
		}
		b.settle(a, payment.Reversed)
		if kind == "parked, owed, paid late" {
			b.payLate(a)
		}
	case "parked, the rest owed":
		a := b.pay(terminal, id, amount/3)
		b.record(terminal, payment.Event{Kind: payment.SaleParked, Sale: id, Attempt: 1, Intent: payment.GoodsGiven})
		b.take(a)
		b.settle(a, payment.Approved)
	case "parked, paid":
		a := b.pay(terminal, id, amount)
		b.record(terminal, payment.Event{Kind: payment.SaleParked, Sale: id, Attempt: 1, Intent: payment.GoodsGiven})
		b.take(a)
		b.settle(a, payment.Approved)
	default:
		panic(kind)
	}
	return id
}

// explained is the row that a settled sale of a kind leaves in sound books.
var explained = map[string]reconcile.Kind{
	"cash": "", "cash refunded": "", "wallet": "", "refunded": "", "refunded twice": "", "refunded at both": "", "voided": "", "split": "",
	"declined, then cash": "", "declined, then paid": "", "expired": "", "parked, paid": "",
	"late": reconcile.Late, "reversed": reconcile.GivenBack, "parked, paid another way": reconcile.GivenBack, "parked, owed": reconcile.Owed,
	"parked, owed, taken and given back": reconcile.Owed, "parked, owed, paid late": reconcile.Owed, "parked, the rest owed": reconcile.Owed,
}

// these days are all days of the books.
func (b *books) question() reconcile.Question {
	return reconcile.Question{From: "2026-11-20", To: "2026-12-31", Zone: zone, Now: b.now}
}
