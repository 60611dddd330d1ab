package sim

import (
	"time"

	"till/sync/wire"
)

// network is the cable, the broker and all between: it delivers, delays,
// repeats, reorders and loses, and keeps nothing.
type network struct {
	w        *world
	up       bool // the shop's cable
	brokerUp bool
	// lines are the terminal's and the gateway's connections to the broker; a
	// message needs both, still the same, when it arrives.
	terminalLine int // number of the connection; 0: none
	gatewayLine  int
	lines        int

	lossy time.Time // records from the terminal are lost until then
}

func (n *network) carries() bool { return n.up && n.brokerUp }

// connect makes a new connection number, 0 if the line is down.
func (n *network) connect(carries bool) int {
	if !carries {
		return 0
	}
	n.lines++
	return n.lines
}

// delay is how long a message takes. Now and then one is held up for so long
// that what it asks for must not happen any more.
func (n *network) delay() time.Duration {
	switch {
	case n.w.fault("message held up", 150):
		return n.w.between(16*time.Second, 90*time.Second)
	case n.w.fault("message slow", 40):
		return n.w.between(time.Second, 6*time.Second)
	default:
		return n.w.between(2*time.Millisecond, 120*time.Millisecond)
	}
}

// send delivers a message later, never, or twice. A held-up message outlives
// its connection: it sat in the broker, and needs only the line on from there.
// What holds one up often takes the cable with it, so that nothing overtakes it.
func (n *network) send(onward func() bool, deliver func()) {
	w := n.w
	if !n.carries() || n.terminalLine == 0 || n.gatewayLine == 0 {
		return
	}
	if w.fault("message lost", 60) {
		return
	}
	copies := 1
	if w.fault("message repeated", 60) {
		copies = 2
	}
	for range copies {
		terminal, gateway := n.terminalLine, n.gatewayLine
		delay := n.delay()
		heldUp := delay > 10*time.Second
		if heldUp && !w.chance(3) {
			w.cableOut(delay, delay+time.Minute)
		}
		w.after(delay, func() {
			sameLine := terminal == n.terminalLine && gateway == n.gatewayLine
			if n.carries() && sameLine || heldUp && onward() {
				deliver()
			}
		})
	}
}

// fromTerminal carries a message to the gateway.
func (n *network) fromTerminal(c wire.Channel, payload []byte) {
	onward := func() bool { return n.brokerUp && n.gatewayLine != 0 }
	if c == wire.Journal && n.w.now.Before(n.lossy) {
		n.w.strike("message lost")
		return
	}
	n.send(onward, func() { n.w.cloud.message(c, payload) })
}

// fromGateway carries a message to the terminal.
func (n *network) fromGateway(c wire.Channel, payload []byte) {
	onward := func() bool { return n.carries() && n.terminalLine != 0 }
	n.send(onward, func() { n.w.terminal.arrived(c, payload) })
}

// cutCable takes the shop off line for a while.
func (n *network) setCable(up bool) {
	if n.up == up {
		return
	}
	n.up = up
	n.w.tell("cable up=%v", up)
	if !up && n.w.chance(2) { // else it swallows silently, and the terminal has to notice
		n.w.terminal.lineLost()
	}
}

// restartBroker drops every connection.
func (n *network) restartBroker(down time.Duration) {
	n.brokerUp = false
	n.gatewayLine = 0
	n.w.terminal.lineLost()
	n.w.after(down, func() {
		n.brokerUp = true
		n.w.cloud.connect()
	})
}
