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
	return &gatewayHost{w: w, key: key, ledger: &cutLedger{memledger.New(), w}}
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
			h.w.net.fromGateway(effect.Channel, effect.Payload)
		case cloud.Call:
			h.call(effect)
		case cloud.Rejected:
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
			h.handle(cloud.Answered{Order: c.Order.Number, Step: c.Step, Result: result})
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
