package sim

import (
	"fmt"
	"time"

	"till/checkout"
)

// weather is what happens to a shop: now and then one of these.
func (w *world) weather() {
	w.after(w.between(5*time.Second, 60*time.Second), func() {
		if w.calm {
			return
		}
		switch w.rng.IntN(12) {
		case 0, 1:
			w.cableOut(2*time.Second, 3*time.Minute)
		case 2:
			w.strike("broker restart")
			w.net.restartBroker(w.between(100*time.Millisecond, 30*time.Second))
		case 3:
			if w.cloud.gateway != nil {
				w.strike("gateway restart")
				w.cloud.stop(w.between(time.Second, 2*time.Minute))
			}
		case 4:
			w.strike("acquirer down")
			w.bank.down = true
			w.after(w.between(5*time.Second, 2*time.Minute), func() { w.bank.down = false })
		case 5, 6:
			w.terminal.guarded(func() { panic(powerCut{}) })
		case 7:
			if w.terminal.on {
				w.strike("paper out")
				w.terminal.paper = false
				w.terminal.handle(checkout.PrinterChanged{Printer: checkout.PrinterNoPaper})
				w.after(w.between(5*time.Second, 2*time.Minute), func() { w.terminal.paper = true })
			}
		case 8:
			if w.terminal.on {
				w.strike("printer dies mid-receipt")
				w.terminal.printID++
				w.after(w.between(time.Second, 30*time.Second), w.terminal.printNext)
			}
		case 9:
			w.prune()
		case 10:
			w.strike("acknowledgement of an earlier epoch")
			w.cloud.acknowledgeEarlier()
		case 11:
			w.cloud.giveCommand()
		}
		w.weather()
	})
}

// cableOut takes the shop off line for a while.
func (w *world) cableOut(least, most time.Duration) {
	w.strike("cable out")
	w.after(0, func() { w.net.setCable(false) })
	w.after(w.between(least, most), func() { w.net.setCable(true) })
}

// prune lets go of what was acknowledged and is old enough.
func (w *world) prune() {
	t := w.terminal
	if !t.on {
		return
	}
	files, err := t.journal.Prune(w.now.Add(-w.between(0, 2*time.Minute)))
	if err != nil {
		w.violate("law 4, nothing lost", "prune: %v", err)
	}
	if files > 0 {
		w.premise("law 4: segments pruned")
		w.tell("pruned %d segments", files)
	}
}

// heal ends every fault.
func (w *world) heal() {
	w.net.up = true
	w.bank.down = false
	w.terminal.paper = true
	// One thing is lost for a while yet: records, which no later ones may miss.
	if w.chance(3) {
		w.net.lossy = w.now.Add(15 * time.Minute)
	}
}

// converged says that nothing is owed to anybody.
func (w *world) converged() bool { return w.unsettled() == "" }

// unsettled names the first thing that is not done yet.
func (w *world) unsettled() string {
	t := w.terminal
	switch {
	case !t.on:
		return "the terminal is off"
	case w.cloud.gateway == nil:
		return "the gateway is down"
	case !t.register.State.Online:
		return "the terminal is off line"
	case len(t.jobs) > 0:
		return "a receipt is not printed"
	case !w.cloud.gateway.Deadline().IsZero():
		return "the gateway has an open attempt"
	case w.openCommand():
		return "a command has no result"
	}
	p := t.journal.Position()
	if p.Acked != p.Last {
		return "the queue is not empty"
	}
	for _, sale := range t.journal.Unfinished() {
		if sale.PartPaid() && sale.OpenAttempt() == nil && len(sale.Slips) == 0 && sale.ID != t.register.State.Current {
			continue // left in part, and on the report
		}
		return "sale " + string(sale.ID) + " is " + string(sale.Status())
	}
	if owed := t.journal.Counter().Owed; len(owed) > 0 {
		return fmt.Sprintf("Z report %d is not printed", owed[0].Number)
	}
	for _, o := range w.bank.list {
		if o.state == bankUnseen || o.state == bankAsking && w.now.Sub(o.asked) < time.Minute {
			return "the bank has an open order"
		}
	}
	return ""
}
