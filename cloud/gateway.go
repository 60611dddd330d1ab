// Package cloud is the gateway: it takes terminals' journals into the ledger,
// has wallets charged through an acquirer, and resolves every attempt to its
// end, whether the terminal lives or not.
//
// [Gateway] is the logic, stepped with (events, now) and returning effects;
// [Server] is the adapter with sockets, timers and goroutines.
package cloud

import (
	"fmt"
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
		Refund payment.RefundID // of a refund of that order; empty: of the order itself
		Step   Step
		Result Result
	}
	// Notified says that the acquirer has news of an order.
	Notified struct{ Order payment.Order }
	// Due says that Deadline has passed.
	Due struct{}
	// Brought is records of a terminal's journal that did not come from itself: of
	// a dead one's card. It is answered by a Taken of the same number.
	Brought struct {
		Number   uint64
		Terminal string
		Upload   wire.Upload
	}
)

func (Message) event()  {}
func (Answered) event() {}
func (Notified) event() {}
func (Due) event()      {}
func (Brought) event()  {}

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
		Step   Step
		Order  Order
		Refund Refund // of StepRefund, and of a StepReverse that voids
		Code   string
	}
	// Taken says how far the ledger has a journal of which records were brought.
	Taken struct {
		Number uint64
		wire.Acknowledgement
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
func (Taken) effect()    {}

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
	RefundEvery  time.Duration // a refund that the wallet has taken and not carried out is asked after
	QRLife       time.Duration // not a wallet's: how long the terminal shows a QR
}

// WalletWaits are the real ones, divided by pace but for the QR's life.
func WalletWaits(pace int) Waits {
	d := func(t time.Duration) time.Duration { return t / time.Duration(max(1, pace)) }
	return Waits{
		CallFor: d(10 * time.Second), QueryEvery: d(5 * time.Second), QueryQR: d(3 * time.Second),
		ReverseAfter: d(15 * time.Second), UnknownFor: d(30 * time.Second), PasswordFor: d(45 * time.Second),
		NotFoundFor: d(100 * time.Second), WatchEvery: d(20 * time.Second), WatchFor: d(2 * time.Hour),
		RefundEvery: d(10 * time.Minute), QRLife: 3 * time.Minute,
	}
}

// Gateway is the logic. It is used from one goroutine.
type Gateway struct {
	ledger Ledger
	key    wire.OpeningKey
	waits  Waits

	// Merchant says whose a terminal is: a sale of one may be given back at
	// another. Where it is nil, all are one merchant's.
	Merchant func(terminal string) (string, error)

	attempts *agenda[payment.Order]
	refunds  *agenda[payment.RefundID]
}

// NewGateway takes up every attempt that the ledger has open: what was under
// way when the gateway ended is queried, never charged again.
func NewGateway(ledger Ledger, key wire.OpeningKey, waits Waits) (*Gateway, error) {
	g := &Gateway{
		ledger: ledger, key: key, waits: waits,
		attempts: newAgenda[payment.Order](), refunds: newAgenda[payment.RefundID](),
	}
	err := ledger.View(func(tx Tx) error {
		open, err := tx.OpenAttempts()
		for _, a := range open {
			g.attempts.take(a.Order, a.NextAt)
		}
		if err != nil {
			return err
		}
		refunds, err := tx.OpenRefunds()
		for _, r := range refunds {
			g.refunds.take(r.Answer.Refund, r.NextAt)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("take up open attempts and refunds: %w", err)
	}
	return g, nil
}

// Deadline is when Due is wanted; zero if nothing is open.
func (g *Gateway) Deadline() time.Time {
	first := g.attempts.turns.first()
	if other := g.refunds.turns.first(); first.IsZero() || !other.IsZero() && other.Before(first) {
		return other
	}
	return first
}

// Handle takes events together, in one commit of the ledger, and returns what
// is to be done now that it is durable. On an error nothing happened: senders
// repeat themselves, and open attempts come due again.
func (g *Gateway) Handle(events []Event, now time.Time) ([]Effect, error) {
	b := &batch{Gateway: g, now: now.UTC().Truncate(time.Millisecond)}
	for _, e := range events {
		switch a, ok := e.(Answered); {
		case !ok:
		case a.Refund != "":
			g.refunds.answered(a.Refund)
		case a.Step != StepCharge:
			g.attempts.answered(a.Order)
		}
	}
	err := g.ledger.Update(func(tx Tx) error {
		b.tx, b.effects = tx, nil
		g.attempts.begin()
		g.refunds.begin()
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
	g.attempts.committed()
	g.refunds.committed()
	for _, e := range b.effects {
		switch c, ok := e.(Call); {
		case !ok:
		case c.Refund.Number != "":
			g.refunds.called(c.Refund.Number, b.patience())
		case c.Step != StepCharge: // which keeps no question back
			g.attempts.called(c.Order.Number, b.patience())
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
}

func (b *batch) handle(e Event) error {
	switch e := e.(type) {
	case Message:
		return b.message(e)
	case Answered:
		if e.Refund != "" {
			return b.refundAnswered(e)
		}
		return b.answered(e)
	case Notified:
		return b.notified(e.Order)
	case News:
		return b.news(e.Terminal)
	case Due:
		return b.dueNow()
	case Brought:
		return b.brought(e)
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
	case wire.Results:
		r, err := wire.Decode[wire.Result](m.Payload)
		if err != nil {
			return b.reject(m.Terminal, err)
		}
		return b.result(m.Terminal, r)
	case wire.Reports:
		r, err := wire.Decode[wire.Reported](m.Payload)
		if err != nil {
			return b.reject(m.Terminal, err)
		}
		return b.reported(m.Terminal, r)
	case wire.Presence:
		return nil
	default:
		return b.reject(m.Terminal, fmt.Errorf("no messages are taken on %s", m.Channel))
	}
}
