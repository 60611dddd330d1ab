package sim

import (
	"time"

	"till/cloud"
	link "till/sync"
	"till/sync/wire"
)

// lawCommands is that a command from afar is done once or not at all, never
// late, and that the gateway learns which.
const lawCommands = "commands, once"

// clockError is what a terminal's idea of the cloud's time may be wrong by: half
// of the longest round trip that it takes a sample from, and a little.
const clockError = 6 * time.Second

// giveCommand is an operator who wants something of the terminal.
func (h *gatewayHost) giveCommand() {
	w := h.w
	c := wire.Command{Op: wire.TellStatus, NotAfter: w.now.Add(w.between(time.Second, 4*time.Minute))}
	err := h.ledger.View(func(tx cloud.Tx) error {
		t, known, err := tx.Terminal(terminalID)
		if err == nil && known && t.OpenCommand > 0 {
			w.premise("commands: one waits for another")
		}
		return err
	})
	if err != nil {
		w.violate("liveness", "ledger: %v", err)
	}
	// The operator's own commit: the gateway may be down.
	entry, err := cloud.GiveCommand(h.ledger.Ledger, terminalID, c, w.now)
	if err != nil {
		w.tell("no command: %v", err)
		return
	}
	w.tell("command %d is given", entry.Command.ID)
	if !w.chance(3) { // else the next hello brings it
		h.handle(cloud.News{Terminal: terminalID})
	}
}

// execute does a command, unless the power goes before, at or after its writing down.
func (t *terminal) execute(c wire.Command) {
	w := t.w
	if w.fault("power cut at a command", 12) {
		panic(powerCut{})
	}
	t.kept = link.Kept{Command: c.ID}
	if w.fault("power cut at a command", 12) {
		panic(powerCut{})
	}
	w.tell("command %d is done", c.ID)
	w.premise("commands: done")
	if t.executed[c.ID]++; t.executed[c.ID] > 1 {
		w.violate(lawCommands, "command %d is done again", c.ID)
	}
	if late := w.now.Sub(c.NotAfter); late > clockError {
		w.violate(lawCommands, "command %d is done %v after its not_after", c.ID, late)
	}
	boot := t.boots
	w.after(w.between(0, 40*time.Second), func() {
		if t.on && boot == t.boots {
			t.linkStep(link.Executed{Result: wire.Result{ID: c.ID, Status: wire.ResultDone}})
		}
	})
}

// openCommand is whether the gateway still waits for a result.
func (w *world) openCommand() (open bool) {
	err := w.cloud.ledger.View(func(tx cloud.Tx) error {
		t, _, err := tx.Terminal(terminalID)
		open = t.OpenCommand > 0
		return err
	})
	if err != nil {
		w.violate("liveness", "ledger: %v", err)
	}
	return open
}

// checkCommands holds at the end what the gateway believes against what was done.
func (w *world) checkCommands() {
	err := w.cloud.ledger.View(func(tx cloud.Tx) error {
		all, err := tx.Commands(terminalID, 1<<20)
		for _, c := range all {
			id, did := c.Command.ID, w.terminal.executed[c.Command.ID]
			w.premise("commands: " + string(c.Result.Status))
			switch s := c.Result.Status; {
			case !s.Final():
				w.violate(lawCommands, "command %d is %q at the end", id, s)
			case s == wire.ResultDone && did != 1, s == wire.ResultExpired && did != 0:
				w.violate(lawCommands, "command %d is said to be %s, and was done %d times", id, s, did)
			}
		}
		return err
	})
	if err != nil {
		w.violate("liveness", "ledger: %v", err)
	}
}
