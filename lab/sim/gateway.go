package sim

import (
	"errors"
	"time"

	"till/cloud"
	"till/cloud/memledger"
	"till/payment"
	"till/sync/wire"
)

// gatewayHost is the real gateway on a ledger that survives it.
type gatewayHost struct {
	w       *world
	key     wire.OpeningKey
	ledger  *cutLedger
	gateway *cloud.Gateway // nil: it is down
	starts  int
	timer   int
	closed  map[payment.Order]payment.AttemptStatus // what the terminal was told is not paid and never will be
}

// cutLedger is a ledger whose gateway can lose its power at a commit.
type cutLedger struct {
	*memledger.Ledger
	w *world
}

var errCut = errors.New("the gateway lost its power before the commit")

func (l *cutLedger) Update(f func(cloud.Tx) error) error {
	if l.w.fault("gateway cut before a commit", 1200) {
		l.Ledger.FailCommit(errCut)
	}
	if err := l.Ledger.Update(f); err != nil {
		return err
	}
	if l.w.fault("gateway cut after a commit", 1200) {
		panic(gatewayCut{})
	}
	return nil
}

type gatewayCut struct{}

func newGatewayHost(w *world) *gatewayHost {
	key, err := wire.NewOpeningKey()
	if err != nil {
		w.violate("liveness", "%v", err)
	}
	h := &gatewayHost{w: w, key: key, ledger: &cutLedger{memledger.New(), w}, closed: map[payment.Order]payment.AttemptStatus{}}
	if err := h.ledger.Ledger.Update(takeEarlier); err != nil {
		w.violate("liveness", "the earlier journal: %v", err)
	}
	if err := h.ledger.Ledger.Update(w.other.open); err != nil {
		w.violate("liveness", "the other terminal's sales: %v", err)
	}
	return h
}

// The terminal had a journal before this one, of which the ledger has so many
// records, and a broker somewhere still an acknowledgement.
const (
	earlierEpoch   = 1
	earlierRecords = 500
)

func takeEarlier(tx cloud.Tx) error {
	hash := wire.Genesis(terminalID, earlierEpoch)
	for seq := uint64(1); seq <= earlierRecords; seq++ {
		r, err := wire.NewRecord(hash, seq, payment.Stamp{Boot: "earlier"}, payment.Event{Kind: payment.StoreReplaced})
		if err != nil {
			return err
		}
		if err := tx.TakeRecord(terminalID, earlierEpoch, r); err != nil {
			return err
		}
		hash = r.Hash
	}
	return nil
}

// acknowledgeEarlier lets an acknowledgement of the earlier journal arrive.
func (h *gatewayHost) acknowledgeEarlier() {
	payload, err := wire.Encode(wire.Acknowledgement{
		Epoch: earlierEpoch, Seq: 1 + h.w.rng.Uint64N(earlierRecords), Clock: wire.Clock{Time: h.w.now},
	})
	if err != nil {
		h.w.violate("liveness", "%v", err)
		return
	}
	h.w.net.fromGateway(wire.Ack, payload)
}

func (h *gatewayHost) start() {
	g, err := cloud.NewGateway(h.ledger, h.key, waits())
	if err != nil {
		h.w.violate("liveness", "the gateway does not start: %v", err)
		return
	}
	h.gateway = g
	h.starts++
	h.w.tell("gateway start %d", h.starts)
	h.connect()
	h.setTimer()
}

// waits are the wallets' own, but for a shorter watch over orders that nobody
// knows: the world is not longer than that.
func waits() cloud.Waits {
	all := cloud.WalletWaits(1)
	all.WatchFor = 10 * time.Minute
	return all
}

func (h *gatewayHost) connect() {
	if h.gateway != nil {
		h.w.net.gatewayLine = h.w.net.connect(h.w.net.brokerUp)
	}
}

// stop takes it down for a while; what was under way in its memory is gone.
func (h *gatewayHost) stop(down time.Duration) {
	h.gateway = nil
	h.timer++
	h.w.net.gatewayLine = 0
	h.w.after(down, h.start)
}

func (h *gatewayHost) message(c wire.Channel, payload []byte) {
	h.handle(cloud.Message{Terminal: terminalID, Channel: c, Payload: payload})
}

func (h *gatewayHost) handle(e cloud.Event) {
	if h.gateway == nil {
		return
	}
	defer func() {
		switch p := recover().(type) {
		case nil:
		case gatewayCut:
			h.stop(h.w.between(time.Second, 90*time.Second))
		default:
			panic(p)
		}
	}()
	effects, err := h.gateway.Handle([]cloud.Event{e}, h.w.now)
	if errors.Is(err, errCut) {
		h.stop(h.w.between(time.Second, 90*time.Second))
		return
	}
	if err != nil {
		h.w.violate("liveness", "gateway: %v", err)
		return
	}
	for _, effect := range effects {
		switch effect := effect.(type) {
		case cloud.Send:
			h.w.checkSend(effect)
			if effect.Terminal == otherID {
				h.w.other.hear(effect.Payload)
			} else {
				h.w.net.fromGateway(effect.Channel, effect.Payload)
			}
		case cloud.Call:
			h.call(effect)
		case cloud.Rejected:
			// The journal is sound, so a record that cannot follow was taken twice, or behind a gap.
			if errors.Is(effect.Err, wire.ErrChain) || errors.Is(effect.Err, payment.ErrImpossible) {
				h.w.violate("law 4, nothing lost", "the ledger holds a record that cannot follow: %v", effect.Err)
			}
			h.w.violate("liveness", "the gateway rejects a message: %v", effect.Err)
		}
	}
	h.setTimer()
}

// call asks the bank; an answer that comes after a restart is lost.
func (h *gatewayHost) call(c cloud.Call) {
	w := h.w
	w.checkCall(c)
	start := h.starts
	wait, result := w.bank.call(c)
	w.after(wait, func() {
		if start == h.starts && h.gateway != nil {
			h.handle(cloud.Answered{Order: c.Order.Number, Refund: c.Refund.Number, Step: c.Step, Result: result})
		}
	})
}

// notify is the acquirer's callback, which may be lost.
func (h *gatewayHost) notify(order payment.Order) {
	if h.w.fault("notification lost", 4) {
		return
	}
	h.w.after(h.w.between(10*time.Millisecond, 2*time.Second), func() { h.handle(cloud.Notified{Order: order}) })
}

func (h *gatewayHost) setTimer() {
	if h.gateway == nil {
		return
	}
	deadline := h.gateway.Deadline()
	if deadline.IsZero() {
		return
	}
	h.timer++
	id := h.timer
	h.w.after(max(deadline.Sub(h.w.now), time.Millisecond), func() {
		if id == h.timer {
			h.handle(cloud.Due{})
		}
	})
}
