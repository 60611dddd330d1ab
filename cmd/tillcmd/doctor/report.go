// Package doctor examines a terminal for a technician: it tries every device,
// bus and service, and says of each whether it works, is not here, or failed and
// what to do next.
//
// What is examined stands behind small interfaces ([Subject]), so that every
// fault can be had in a test. What a fault is called is decided here alone.
package doctor

import (
	"slices"
	"time"

	"till/words"
)

// State is what came of a check.
type State string

// The states of a check.
const (
	Loaded  State = "loaded"   // it is here, and works
	NotHere State = "not_here" // nothing is plugged in, or configured
	Failed  State = "failed"   // it is here or has to be, and does not work
)

// Finding is what came of one check.
type Finding struct {
	ID    string // group and check, as printer.page: it stays the same
	State State
	Found string         // what is there: a name, a path, a figure
	Next  words.Sentence // what to do, where it is not loaded
	Took  time.Duration
}

// Label is what the check is called.
func (f Finding) Label(lang words.Lang) string { return words.Say(lang, LabelKey(f.ID)) }

// Report is a whole examination.
type Report struct {
	Terminal, Board, Version string
	At                       time.Time // zero: no clock is to be trusted
	Took                     time.Duration
	Findings                 []Finding
}

// Well says that nothing failed.
func (r Report) Well() bool {
	return !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.State == Failed })
}

// Count is how many checks came to a state.
func (r Report) Count(s State) (n int) {
	for _, f := range r.Findings {
		if f.State == s {
			n++
		}
	}
	return n
}
