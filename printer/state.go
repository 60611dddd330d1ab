package printer

import (
	"fmt"

	"till/words"
)

// State is what is known of a printer. The values are used on the wire and in
// configuration; they do not change.
type State string

const (
	StateReady     State = "ready"
	StateNearEnd   State = "near-end"   // prints; the roll is getting thin
	StateNoPaper   State = "no-paper"   // waits for a roll
	StateCoverOpen State = "cover-open" // waits for the cover to be closed
	StateOffline   State = "offline"    // says that it takes nothing, and not why
	StateOff       State = "off"        // cannot be opened: no power, no cable, no such device
	StateUnknown   State = "unknown"    // does not answer; many cheap ones never do, and print all the same
)

// Ready says that a document may be sent: also to a printer that tells nothing.
func (s State) Ready() bool {
	switch s {
	case StateReady, StateNearEnd, StateUnknown:
		return true
	default:
		return false
	}
}

// Key names the sentence that tells a person of the state.
func (s State) Key() words.Key { return words.Key("printer_" + string(s)) }

// Status is what a printer answered when it was asked.
type Status struct {
	State   State
	NearEnd bool // the roll is getting thin, whatever else there is
}

// NotReady is the error of a printer that cannot print now. Whoever gets it
// tells a person what to do, and prints the document again later.
type NotReady struct {
	State   State
	Started bool // a part of the document was already sent, and may be on paper
}

// Error says what is wrong and what to do.
func (e *NotReady) Error() string {
	what := words.Say(words.English, e.State.Key())
	if e.Started {
		return fmt.Sprintf("printer stopped in the middle of a document: %s", what)
	}
	return fmt.Sprintf("printer is not ready: %s", what)
}

// Answers to DLE EOT n: 0xx1xx10 (Epson ESC/POS reference).
const (
	answerMask  = 0x93
	answerFixed = 0x12
	offlineBit  = 0x08 // n = 1
	coverBit    = 0x04 // n = 2
	stoppedBit  = 0x20 // n = 2: paper has run out
	nearEndBits = 0x0C // n = 4
	endBits     = 0x60 // n = 4
)

// askAutomatic is GS a 14: the printer says by itself when it goes on or off line,
// has an error or its paper changes, and once at this command.
var askAutomatic = []byte{gs, 'a', 0x0E}

// Bits of the automatic status, four bytes: 0xx1xx00, then three of 0xx0xxxx
// (Epson ESC/POS reference, GS a).
const (
	automaticFixed    = 0x10
	automaticRestMask = 0x90 // are clear in the second to fourth
	automaticOffline  = 0x08 // first
	automaticCover    = 0x20 // first
	automaticNearEnd  = 0x03 // third
	automaticEnd      = 0x0C // third
	automaticLen      = 4
)

// automaticStatus reads an automatic status.
func automaticStatus(b []byte) Status {
	near := b[2]&automaticNearEnd != 0
	switch {
	case b[0]&automaticCover != 0:
		return Status{StateCoverOpen, near}
	case b[2]&automaticEnd != 0:
		return Status{StateNoPaper, near}
	case b[0]&automaticOffline != 0:
		return Status{StateOffline, near}
	case near:
		return Status{StateNearEnd, true}
	default:
		return Status{State: StateReady}
	}
}

// statusOf reads the answers to DLE EOT 1, 2 and 4; zero is no answer.
func statusOf(one, two, four byte) Status {
	near := four&nearEndBits == nearEndBits
	switch {
	case one == 0 && two == 0 && four == 0:
		return Status{State: StateUnknown}
	case two&coverBit != 0:
		return Status{StateCoverOpen, near}
	case four&endBits != 0, two&stoppedBit != 0:
		return Status{StateNoPaper, near}
	case one&offlineBit != 0:
		return Status{StateOffline, near}
	case near:
		return Status{StateNearEnd, true}
	default:
		return Status{State: StateReady}
	}
}
