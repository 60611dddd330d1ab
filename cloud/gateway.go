// Package cloud is the gateway: it takes terminals' journals into the ledger,
// has wallets charged through an acquirer, and resolves every attempt to its
// end, whether the terminal lives or not.
//
// [Gateway] is the logic, stepped with (events, now) and returning effects;
// [Server] is the adapter with sockets, timers and goroutines.
package cloud

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"till/payment"
	"till/sync/wire"
)

// Event is something the gateway has to deal with.
type Event interface{ event() }

type (
	// Message came from a terminal.
	Message struct {
		Terminal string
		Channel  wire.Channel
		Payload  []byte
	}
	// Answered is the end of a Call. A call without an answer has Result.Outcome Unknown.
	Answered struct {
		Order  payment.Order
		Step   Step
		Result Result
	}
	// Notified says that the acquirer has news of an order.
	Notified struct{ Order payment.Order }
	// Due says that Deadline has passed.
	Due struct{}
)

func (Message) event()  {}
func (Answered) event() {}
func (Notified) event() {}
func (Due) event()      {}

// Effect is something to be done after the ledger's commit.
type Effect interface{ effect() }

type (
	// Send publishes a message to a terminal.
	Send struct {
		Terminal string
		Channel  wire.Channel
		Payload  []byte
	}
	// Call asks the acquirer, and is answered by Answered. Code is in memory
	// only, and in no other place of the gateway.
	Call struct {
		Step  Step
		Order Order
		Code  string
	}
	// Rejected is a message that could not be used, for the log. It never holds a code.
	Rejected struct {
		Terminal string
		Err      error
	}
)

// Alert is something the gateway's operator has to see to: a merchant's set-up
// at fault, say. The customer cannot help it.
type Alert struct {
	Terminal string
	Order    payment.Order
	What     string
}

func (Alert) effect()    {}
func (Send) effect()     {}
func (Call) effect()     {}
func (Rejected) effect() {}

// Waits are what wallets impose, for Pace 1. Sources: WeChat Pay's Quick Pay
// documentation (query every 5 to 10 s, reverse not before 15 s, a password
// within 30 to 45 s; an order just shown is not closed within 5 minutes).
type Waits struct {
	CallFor      time.Duration // a call without an answer is given up
	QueryEvery   time.Duration
	QueryQR      time.Duration // likewise, of a shown QR
	ReverseAfter time.Duration // no reversal sooner after the charge
	UnknownFor   time.Duration // a charge of unknown fate is reversed then
	PasswordFor  time.Duration // a customer who was asked has so long
	NotFoundFor  time.Duration // an order that neither query nor reversal knows is closed then, and watched
	WatchEvery   time.Duration // at first; then less and less often
	WatchFor     time.Duration // an order that stays not found is left alone after
	QRLife       time.Duration // not a wallet's: how long the terminal shows a QR
}

// WalletWaits are the real ones, divided by pace but for the QR's life.
func WalletWaits(pace int) Waits {
	d := func(t time.Duration) time.Duration { return t / time.Duration(max(1, pace)) }
	return Waits{
		CallFor: d(10 * time.Second), QueryEvery: d(5 * time.Second), QueryQR: d(3 * time.Second),
		ReverseAfter: d(15 * time.Second), UnknownFor: d(30 * time.Second), PasswordFor: d(45 * time.Second),
		NotFoundFor: d(100 * time.Second), WatchEvery: d(20 * time.Second), WatchFor: d(2 * time.Hour), QRLife: 3 * time.Minute,
	}
}

// Gateway is the logic. It is used from one goroutine.
type Gateway struct {
	ledger Ledger
	key    wire.OpeningKey
	waits  Waits

	due     map[payment.Order]time.Time // open attempts, by when their next step is due
	calling map[payment.Order]time.Time // a question is out, and keeps others back until then; a charge does not
}

// NewGateway takes up every attempt that the ledger has open: what was under
// way when the gateway ended is queried, never charged again.
func NewGateway(ledger Ledger, key wire.OpeningKey, waits Waits) (*Gateway, error) {
	g := &Gateway{
		ledger: ledger, key: key, waits: waits,
		due: map[payment.Order]time.Time{}, calling: map[payment.Order]time.Time{},
	}
	err := ledger.View(func(tx Tx) error {
		open, err := tx.OpenAttempts()
		for _, a := range open {
			g.due[a.Order] = a.NextAt
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("take up open attempts: %w", err)
	}
	return g, nil
}

// Deadline is when Due is wanted; zero if no attempt is open.
func (g *Gateway) Deadline() time.Time {
	var first time.Time
	for order, at := range g.due {
		if until := g.calling[order]; at.Before(until) {
			at = until
		}
		if first.IsZero() || at.Before(first) {
			first = at
		}
	}
	return first
}

// Handle takes events together, in one commit of the ledger, and returns what
// is to be done now that it is durable. On an error nothing happened: senders
// repeat themselves, and open attempts come due again.
func (g *Gateway) Handle(events []Event, now time.Time) ([]Effect, error) {
	b := &batch{Gateway: g, now: now.UTC().Truncate(time.Millisecond), settled: map[payment.Order]time.Time{}}
	for _, e := range events {
		if a, ok := e.(Answered); ok && a.Step != StepCharge {
			delete(g.calling, a.Order)
		}
	}
	err := g.ledger.Update(func(tx Tx) error {
		b.tx, b.effects, b.asked = tx, nil, map[payment.Order]bool{}
		clear(b.settled)
		for _, e := range events {
			if err := b.handle(e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	for order, at := range b.settled {
		if at.IsZero() {
			delete(g.due, order)
		} else {
			g.due[order] = at
		}
	}
	for _, e := range b.effects {
		if c, ok := e.(Call); ok && c.Step != StepCharge {
			g.calling[c.Order.Number] = b.patience()
		}
	}
	return b.effects, nil
}

// batch is one Handle in the making.
type batch struct {
	*Gateway
	tx      Tx
	now     time.Time
	effects []Effect
	settled map[payment.Order]time.Time // attempts touched: when due next, zero if never
	asked   map[payment.Order]bool      // questions that go out with this batch
}

func (b *batch) handle(e Event) error {
	switch e := e.(type) {
	case Message:
		return b.message(e)
	case Answered:
		return b.answered(e)
	case Notified:
		return b.notified(e.Order)
	case Due:
		return b.dueNow()
	default:
		return fmt.Errorf("event %T is unknown", e)
	}
}

func (b *batch) send(terminal string, c wire.Channel, message any) error {
	payload, err := wire.Encode(message)
	if err != nil { // an acquirer's text that no message holds: one order's trouble, not the ledger's
		return b.reject(terminal, err)
	}
	b.effects = append(b.effects, Send{Terminal: terminal, Channel: c, Payload: payload})
	return nil
}

func (b *batch) reject(terminal string, err error) error {
	b.effects = append(b.effects, Rejected{Terminal: terminal, Err: err})
	return nil
}

func (b *batch) clock(sent time.Duration) wire.Clock {
	return wire.Clock{Time: b.now, Echo: sent}
}

func (b *batch) message(m Message) error {
	if err := wire.CheckTerminal(m.Terminal); err != nil {
		return b.reject("", err)
	}
	switch m.Channel {
	case wire.Journal:
		up, err := wire.Decode[wire.Upload](m.Payload)
		if err != nil {
			return b.reject(m.Terminal, err)
		}
		return b.upload(m.Terminal, up)
	case wire.Requests:
		r, err := wire.Decode[wire.Request](m.Payload)
		if err != nil {
			return b.reject(m.Terminal, err)
		}
		return b.request(m.Terminal, r)
	case wire.Presence:
		return nil
	default:
		return b.reject(m.Terminal, fmt.Errorf("no messages are taken on %s", m.Channel))
	}
}

// upload takes journal records that follow what the ledger has, passes over
// those it has already, and asks again where one is missing.
func (b *batch) upload(terminal string, up wire.Upload) error {
	head, err := b.tx.Head(terminal, up.Epoch)
	if err != nil {
		return err
	}
	ack := wire.Acknowledgement{Epoch: up.Epoch, Clock: b.clock(0)}
	for _, r := range up.Records {
		switch {
		case r.Seq < head.Seq, r.Seq == head.Seq && r.Seq > 0 && r.Hash == head.Hash:
			continue // had it
		case r.Seq == head.Seq && r.Seq > 0:
			ack.Refused = "its journal differs from the one in the ledger"
		case r.Seq > head.Seq+1:
			ack.Again = true
			continue
		}
		if ack.Refused != "" {
			break // nothing that comes after is of this journal
		}
		prev := head.Hash
		if head.Seq == 0 {
			prev = wire.Genesis(terminal, up.Epoch)
		}
		if err := r.Follows(prev, head.Seq+1); err != nil {
			ack.Refused = "its journal does not fit the one in the ledger"
			if err := b.reject(terminal, err); err != nil {
				return err
			}
			break
		}
		if err := b.take(terminal, up.Epoch, r); err != nil {
			return err
		}
		head = Head{Seq: r.Seq, Hash: r.Hash}
	}
	ack.Seq = head.Seq
	return b.send(terminal, wire.Ack, ack)
}

// take stores one record, and folds it into its sale.
func (b *batch) take(terminal string, epoch uint32, r wire.Record) error {
	if err := b.tx.TakeRecord(terminal, epoch, r); err != nil {
		return err
	}
	e, err := r.Event()
	if err != nil {
		return b.reject(terminal, err) // it stays in the journal as it came
	}
	if e.Sale == "" {
		return nil
	}
	entry, known, err := b.tx.Sale(e.Sale)
	if err != nil {
		return err
	}
	if known && entry.Terminal != terminal {
		return b.reject(terminal, fmt.Errorf("record %d: sale %s belongs to terminal %s", r.Seq, e.Sale, entry.Terminal))
	}
	next, err := entry.Sale.Apply(e, r.Stamp)
	if err != nil {
		entry.Fault = err.Error()
		if err := b.reject(terminal, err); err != nil {
			return err
		}
	} else {
		entry.Sale = next
	}
	entry.Terminal, entry.Epoch = terminal, epoch
	return b.tx.PutSale(entry)
}

func (b *batch) request(terminal string, r wire.Request) error {
	if r.Op == wire.Hello {
		return b.hello(terminal, r)
	}
	sale, n, err := r.Order.Split()
	if err != nil {
		return b.reject(terminal, err)
	}
	if len(r.Currency) > maxText || len(r.Wallet) > maxText {
		return b.reject(terminal, fmt.Errorf("order %s: currency or wallet of more than %d bytes", r.Order, maxText))
	}
	a, seen, err := b.tx.Attempt(r.Order)
	if err != nil {
		return err
	}
	owner, err := b.owner(sale, a)
	if err != nil {
		return err
	}
	if owner != "" && owner != terminal {
		return b.reject(terminal, fmt.Errorf("order %s belongs to terminal %s", r.Order, owner))
	}
	if !seen {
		a = Attempt{Terminal: terminal, Tender: r.Tender, NotAfter: r.NotAfter}
		a.Order, a.Amount, a.Currency, a.Wallet = r.Order, r.Amount, r.Currency, r.Wallet
	}
	switch r.Op {
	case wire.Charge, wire.Show:
		if !seen {
			err = b.begin(&a, sale, n, r)
		}
	case wire.Query:
		if !seen { // a request that arrives after this cannot charge
			b.end(&a, payment.Expired, payment.NotReached)
		}
	case wire.Cancel:
		b.cancel(&a, seen)
	default:
		return b.reject(terminal, fmt.Errorf("request %q is unknown", r.Op))
	}
	if err != nil {
		return err
	}
	if err := b.keep(a); err != nil {
		return err
	}
	return b.reply(a, r.Sent)
}

// maxText bounds the short texts of a request, which its reply repeats.
const maxText = 32

// owner is the terminal that an attempt belongs to, by itself, its sale or the
// sale's attempts before it; empty for a sale that is new.
func (b *batch) owner(sale payment.SaleID, a Attempt) (string, error) {
	if a.Terminal != "" {
		return a.Terminal, nil
	}
	entry, _, err := b.tx.Sale(sale)
	if err != nil || entry.Terminal != "" {
		return entry.Terminal, err
	}
	begun, _, err := b.tx.Attempt(payment.NewOrder(sale, 1)) // every sale's first
	return begun.Terminal, err
}

func (b *batch) hello(terminal string, r wire.Request) error {
	if r.Position == nil {
		return b.reject(terminal, errors.New("a hello without a position"))
	}
	head, err := b.tx.Head(terminal, r.Position.Epoch)
	if err != nil {
		return err
	}
	ack := wire.Acknowledgement{Epoch: r.Position.Epoch, Seq: head.Seq, Clock: b.clock(r.Sent)}
	if head.Seq > r.Position.Last {
		ack.Refused = "its journal is older than the one in the ledger"
	}
	return b.send(terminal, wire.Ack, ack)
}

func (b *batch) reply(a Attempt, sent time.Duration) error {
	return b.send(a.Terminal, wire.Replies, wire.Reply{Answer: a.Answer, Clock: b.clock(sent)})
}

// keep commits an attempt with the batch.
func (b *batch) keep(a Attempt) error {
	if err := b.tx.PutAttempt(a); err != nil {
		return err
	}
	b.settled[a.Order] = time.Time{}
	if a.Open() {
		b.settled[a.Order] = a.NextAt
	}
	return nil
}

// begin starts an attempt that was never seen, or closes it right away.
func (b *batch) begin(a *Attempt, sale payment.SaleID, n int, r wire.Request) error {
	if r.NotAfter.IsZero() || b.now.After(r.NotAfter) {
		b.end(a, payment.Expired, payment.TooLate)
		return nil
	}
	if a.money().ValidateCharge() != nil || r.Tender < 1 {
		b.end(a, payment.Declined, payment.NotConfigured)
		return b.reject(a.Terminal, fmt.Errorf("order %s: tender %d of %d %s cannot be charged", a.Order, r.Tender, a.Amount, a.Currency))
	}
	free, err := b.tenderFree(sale, n, *a)
	if err != nil {
		return err
	}
	if !free {
		b.end(a, payment.Expired, payment.EarlierOpen)
		return nil
	}
	call := Call{Order: Order{Number: a.Order, Amount: a.money()}}
	if r.Op == wire.Show {
		a.Mode, call.Step = payment.QR, StepShow
		b.asked[a.Order] = true
		b.move(a, payment.Waiting, StepShow, b.waits.CallFor)
		a.Expires = b.now.Add(b.waits.QRLife)
	} else {
		a.Mode, call.Step = payment.Scan, StepCharge
		call.Code, err = b.key.Open(a.Order, r.Sealed)
		if err != nil {
			b.end(a, payment.Declined, payment.NotConfigured)
			return b.reject(a.Terminal, err)
		}
		b.move(a, payment.Authorizing, StepCharge, b.waits.QueryEvery)
		a.ReverseAt = b.now.Add(b.waits.UnknownFor)
	}
	a.Submitted = b.now.Add(time.Millisecond) // b.now is rounded down; never reverse too early
	b.effects = append(b.effects, call)
	return nil
}

// tenderFree holds law 2: every earlier attempt of the sale is settled, at the
// wallet too, and none paid this tender. Earlier ones that never arrived are closed for ever.
func (b *batch) tenderFree(sale payment.SaleID, n int, a Attempt) (bool, error) {
	for i := 1; i < n; i++ {
		order := payment.NewOrder(sale, i)
		earlier, seen, err := b.tx.Attempt(order)
		if err != nil {
			return false, err
		}
		if !seen {
			earlier = Attempt{Terminal: a.Terminal, Tender: a.Tender}
			earlier.Order, earlier.Amount, earlier.Currency = order, a.Amount, a.Currency
			b.end(&earlier, payment.Expired, payment.NotReached)
			if err := b.keep(earlier); err != nil {
				return false, err
			}
		}
		if earlier.Open() || earlier.Status == payment.Approved && earlier.Tender == a.Tender {
			return false, nil
		}
	}
	return true, nil
}

// cancel ends an attempt for the merchant. The terminal has it in its journal
// that it will not take an approval any more, so whatever is paid is undone.
func (b *batch) cancel(a *Attempt, seen bool) {
	switch {
	case !seen:
		a.Cancel = true
		b.end(a, payment.Cancelled, payment.MerchantCancelled)
	case a.Cancel, a.Status.Final() && a.Status != payment.Approved:
		// known already, or nothing to undo
	case a.Mode == payment.QR && a.Status != payment.Approved:
		// The wallet will not close it yet, but the counter goes on at once.
		a.Cancel = true
		b.end(a, payment.Cancelled, payment.MerchantCancelled)
		b.watch(a, 0)
	default:
		a.Cancel = true
		b.move(a, payment.Reversing, StepReverse, 0)
		if earliest := a.Submitted.Add(b.waits.ReverseAfter); a.NextAt.Before(earliest) {
			a.NextAt = earliest
		}
		a.ReverseAt = a.NextAt
	}
}

// move changes what is known of an attempt, and when it is looked at next.
func (b *batch) move(a *Attempt, status payment.AttemptStatus, step Step, wait time.Duration) {
	if a.Status != status {
		a.Status = status
		a.Rev++
	}
	if a.Step != step {
		a.Step, a.Tries = step, 0
	}
	a.NextAt = b.now.Add(wait)
}

// end settles an attempt.
func (b *batch) end(a *Attempt, status payment.AttemptStatus, reason payment.Reason) {
	b.move(a, status, StepNone, 0)
	a.Reason = reason
	a.NextAt, a.ReverseAt = time.Time{}, time.Time{}
}

// watch goes on with an attempt that is settled for the terminal and may not be for the wallet.
func (b *batch) watch(a *Attempt, wait time.Duration) {
	if a.Step != StepWatch {
		a.Step, a.Tries = StepWatch, 0
	}
	a.NextAt = b.now.Add(wait)
}

// patience is when a question that was never answered is asked again.
func (b *batch) patience() time.Time { return b.now.Add(b.waits.CallFor + b.waits.QueryEvery) }

// dueNow makes the calls that are due.
func (b *batch) dueNow() error {
	for _, order := range slices.Sorted(maps.Keys(b.due)) {
		at := b.due[order]
		if moved, ok := b.settled[order]; ok { // by an event before this one in the batch
			at = moved
		}
		if at.After(b.now) {
			continue
		}
		if err := b.call(order); err != nil {
			return err
		}
	}
	return nil
}

// notified looks at an order now, without waiting for its turn.
func (b *batch) notified(order payment.Order) error {
	a, ok, err := b.tx.Attempt(order)
	if err != nil || !ok || a.Status == payment.Approved {
		return err
	}
	if !a.Open() { // settled, and yet the wallet has news: it may be money
		b.watch(&a, 0)
		if err := b.keep(a); err != nil {
			return err
		}
	}
	return b.call(order)
}

// call asks the next question about an attempt, unless one is out.
func (b *batch) call(order payment.Order) error {
	if b.now.Before(b.calling[order]) || b.asked[order] {
		return nil
	}
	a, ok, err := b.tx.Attempt(order)
	if err != nil || !ok || !a.Open() {
		return err
	}
	step := a.Step
	switch step {
	case StepCharge: // its answer is overdue; the code is gone, so it is asked after
		step = StepQuery
		b.move(&a, payment.Checking, StepQuery, 0)
		if err := b.reply(a, 0); err != nil {
			return err
		}
	case StepWatch:
		// A query first: a reversal alone, its answer lost, would not tell of money that came.
		if a.Tries%2 == 0 {
			step = StepQuery
		} else {
			step = StepReverse
		}
	}
	if earliest := a.Submitted.Add(b.waits.ReverseAfter); step == StepReverse && b.now.Before(earliest) {
		a.NextAt = earliest
		return b.keep(a)
	}
	a.Tries++
	a.NextAt = b.patience()
	if err := b.keep(a); err != nil {
		return err
	}
	b.asked[order] = true
	b.effects = append(b.effects, Call{Step: step, Order: Order{Number: a.Order, Amount: a.money()}})
	return nil
}
