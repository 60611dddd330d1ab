package cloud

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"till/sync/wire"
)

// TerminalEntry is what the gateway knows of a terminal beside its sales.
type TerminalEntry struct {
	ID      string `json:"id"`
	Boot    string `json:"boot"`    // as it last said hello
	Version string `json:"version"` // likewise
	// LastCommand is the newest command's number, OpenCommand that of the oldest
	// without a final result; 0 if there is none.
	LastCommand uint64        `json:"last_command,omitempty"`
	OpenCommand uint64        `json:"open_command,omitempty"`
	Desired     wire.Desired  `json:"desired,omitzero"`
	Reported    wire.Reported `json:"reported,omitzero"`
}

// CommandEntry is a command to a terminal, and what came of it.
type CommandEntry struct {
	Terminal string       `json:"terminal"`
	Command  wire.Command `json:"command"`
	Sent     time.Time    `json:"sent"`           // when it was given to the gateway
	Ended    time.Time    `json:"ended,omitzero"` // when its final result came; zero before
	Result   wire.Result  `json:"result,omitzero"`
}

// Faults of an order to a terminal.
var (
	ErrNoTerminal = errors.New("no such terminal has ever said hello")
	ErrBadCommand = errors.New("this command cannot be given")
	ErrQueueFull  = errors.New("too many commands wait for this terminal already")
)

// maxQueued bounds the commands of a terminal without a result.
const maxQueued = 100

// GiveCommand commits a command to a terminal. It is sent when the gateway is
// told by News, or with the terminal's next hello.
func GiveCommand(ledger Ledger, terminal string, c wire.Command, now time.Time) (CommandEntry, error) {
	entry := CommandEntry{Terminal: terminal, Command: c, Sent: now.UTC().Truncate(time.Millisecond)}
	if err := checkCommand(c, now); err != nil {
		return entry, err
	}
	entry.Command.NotAfter = c.NotAfter.UTC().Truncate(time.Millisecond)
	err := ledger.Update(func(tx Tx) error {
		t, known, err := tx.Terminal(terminal)
		switch {
		case err != nil:
			return err
		case !known:
			return fmt.Errorf("terminal %.40q: %w", terminal, ErrNoTerminal)
		case t.OpenCommand > 0 && t.LastCommand-t.OpenCommand >= maxQueued-1:
			return ErrQueueFull
		}
		t.LastCommand++
		entry.Command.ID = t.LastCommand
		if t.OpenCommand == 0 {
			t.OpenCommand = t.LastCommand
		}
		return errors.Join(tx.PutCommand(entry), tx.PutTerminal(t))
	})
	return entry, err
}

func checkCommand(c wire.Command, now time.Time) error {
	switch {
	case c.Op == "":
		return fmt.Errorf("%w: it has no op", ErrBadCommand)
	case len(c.Op) > maxText:
		return fmt.Errorf("%w: its op has more than %d bytes", ErrBadCommand, maxText)
	case len(c.Args) > wire.MaxOutput:
		return fmt.Errorf("%w: its arguments have %d bytes, at most %d are allowed", ErrBadCommand, len(c.Args), wire.MaxOutput)
	case len(c.Args) > 0 && !isObject(c.Args):
		return fmt.Errorf("%w: its arguments are no object", ErrBadCommand)
	case !c.NotAfter.After(now):
		return fmt.Errorf("%w: it would be too late at once", ErrBadCommand)
	}
	return nil
}

func isObject(raw json.RawMessage) bool {
	var o map[string]json.RawMessage
	return json.Unmarshal(raw, &o) == nil && o != nil
}

// ErrBadPart is a part of a desired state that cannot be sent.
var ErrBadPart = errors.New("this part cannot be wished for")

// Wish commits one part of how a terminal is to be; nil takes the part away.
func Wish(ledger Ledger, terminal, part string, value json.RawMessage) (wire.Desired, error) {
	var desired wire.Desired
	if part == "" || len(part) > maxText || value != nil && !isObject(value) {
		return desired, fmt.Errorf("%w: want a name of 1 to %d bytes, and an object", ErrBadPart, maxText)
	}
	err := ledger.Update(func(tx Tx) error {
		t, known, err := tx.Terminal(terminal)
		if err != nil {
			return err
		}
		if !known {
			return fmt.Errorf("terminal %.40q: %w", terminal, ErrNoTerminal)
		}
		parts := maps.Clone(t.Desired.Parts)
		if parts == nil {
			parts = map[string]json.RawMessage{}
		}
		if parts[part] = value; value == nil {
			delete(parts, part)
		}
		t.Desired = wire.Desired{Revision: t.Desired.Revision + 1, Parts: parts}
		if _, err := wire.Encode(t.Desired); err != nil {
			return fmt.Errorf("%w: %w", ErrBadPart, err)
		}
		desired = t.Desired
		return tx.PutTerminal(t)
	})
	return desired, err
}

// News says that something was committed for a terminal from beside the gateway.
type News struct{ Terminal string }

func (News) event() {}

// said takes what a hello says of the terminal itself, and sends what it misses.
func (b *batch) said(terminal string, p wire.Position) error {
	t, known, err := b.tx.Terminal(terminal)
	if err != nil {
		return err
	}
	next := t
	next.ID, next.Boot, next.Version = terminal, clip(p.Boot), clip(p.Version)
	// A ledger that was set back to an older copy goes on behind the terminal.
	next.LastCommand = max(t.LastCommand, p.Command)
	if p.Desired > t.Desired.Revision {
		next.Desired.Revision = p.Desired + 1
	}
	if !known || next.Boot != t.Boot || next.Version != t.Version || next.LastCommand != t.LastCommand || next.Desired.Revision != t.Desired.Revision {
		if err := b.tx.PutTerminal(next); err != nil {
			return err
		}
	}
	if err := b.sendCommand(next); err != nil || next.Desired.Revision == p.Desired {
		return err
	}
	return b.send(terminal, wire.Wishes, next.Desired)
}

// clip bounds a text that a terminal says of itself.
func clip(s string) string {
	const most = 64
	if len(s) > most {
		return s[:most]
	}
	return s
}

// news sends what may be new to a terminal.
func (b *batch) news(terminal string) error {
	t, known, err := b.tx.Terminal(terminal)
	if err != nil || !known {
		return err
	}
	if err := b.sendCommand(t); err != nil || t.Desired.Revision == 0 {
		return err
	}
	return b.send(terminal, wire.Wishes, t.Desired)
}

// sendCommand sends the oldest command without a result, if there is one; only
// its result lets the next one follow.
func (b *batch) sendCommand(t TerminalEntry) error {
	if t.OpenCommand == 0 {
		return nil
	}
	c, ok, err := b.tx.Command(t.ID, t.OpenCommand)
	if err != nil || !ok {
		return err
	}
	return b.send(t.ID, wire.Commands, c.Command)
}

// result takes what came of a command. The first final one counts.
func (b *batch) result(terminal string, r wire.Result) error {
	c, known, err := b.tx.Command(terminal, r.ID)
	if err != nil {
		return err
	}
	if !known {
		return b.reject(terminal, fmt.Errorf("a result of command %d, which was never given", r.ID))
	}
	if c.Result.Status.Final() || c.Result.Status == r.Status && !r.Status.Final() {
		return nil
	}
	c.Result = r
	if r.Status.Final() {
		c.Ended = b.now
	}
	if err := b.tx.PutCommand(c); err != nil || !r.Status.Final() {
		return err
	}
	return b.nextCommand(terminal)
}

// nextCommand moves on to the oldest command without a final result.
func (b *batch) nextCommand(terminal string) error {
	t, _, err := b.tx.Terminal(terminal)
	if err != nil || t.OpenCommand == 0 {
		return err
	}
	for ; t.OpenCommand <= t.LastCommand; t.OpenCommand++ {
		c, given, err := b.tx.Command(terminal, t.OpenCommand)
		if err != nil {
			return err
		}
		if given && !c.Result.Status.Final() {
			break
		}
	}
	if t.OpenCommand > t.LastCommand {
		t.OpenCommand = 0
	}
	if err := b.tx.PutTerminal(t); err != nil {
		return err
	}
	return b.sendCommand(t)
}

// reported takes how a terminal is.
func (b *batch) reported(terminal string, r wire.Reported) error {
	t, _, err := b.tx.Terminal(terminal)
	if err != nil {
		return err
	}
	if r.Boot == t.Reported.Boot && r.Change <= t.Reported.Change {
		return nil // overtaken, or known
	}
	if t.Boot != "" && r.Boot != t.Boot && t.Reported.Boot == t.Boot {
		return nil // of a boot before this one, held up for long
	}
	t.ID, t.Reported = terminal, r
	return b.tx.PutTerminal(t)
}
