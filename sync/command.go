package sync

import (
	"fmt"

	"till/sync/wire"
)

// Kept is what a terminal must not forget of its commands: the newest that it
// took, and its result once there is one. The gateway sends the next only when
// it has that, so one is enough.
type Kept struct {
	Command uint64       `json:"command"`
	Result  *wire.Result `json:"result,omitempty"`
}

// Resume gives a session of a new boot what was kept. A command without a result
// was under way when the terminal ended: it is not begun again.
func (s Session) Resume(k Kept) Session {
	if k.Command > 0 && k.Result == nil {
		k.Result = &wire.Result{ID: k.Command, Status: wire.ResultInterrupted, Why: "the terminal was started anew before it had ended"}
	}
	s.command, s.result = k.Command, k.Result
	return s
}

type (
	// Executed is what came of a command that Execute began, or that could not be.
	Executed struct{ Result wire.Result }
	// Reporting is how the terminal is from now on.
	Reporting struct{ Reported wire.Reported }
)

func (Executed) event()  {}
func (Reporting) event() {}

type (
	// Execute has a command done. Kept{Command: its id} is made durable first, so
	// that no power cut has it done twice; where that fails it is not begun. It is
	// answered by Executed.
	Execute struct{ Command wire.Command }
	// Keep makes the newest command and its result durable.
	Keep struct{ Kept Kept }
	// Wanted is how the gateway wants the terminal to be: news in this boot.
	Wanted struct{ Desired wire.Desired }
)

func (Execute) effect() {}
func (Keep) effect()    {}
func (Wanted) effect()  {}

// commanded takes a command once, and tells how far it is each time that it is sent.
func (m *move) commanded(c wire.Command) {
	switch {
	case c.ID == 0:
		m.do(Ignored{fmt.Errorf("command %q without a number", c.Op)})
	case c.ID < m.command: // of a gateway that was set back to an older copy, or held up for long
		m.publish(wire.Results, wire.Result{ID: c.ID, Status: wire.ResultInterrupted, Why: "it was taken long ago, and what came of it is not here any more"}, 1, false)
	case c.ID == m.command:
		m.tellResult()
	case m.command > 0 && m.result == nil:
		// One at a time. It is sent again.
	case !m.clockKnown:
		// It may be too late for it. It is sent again.
	case m.now.At.Add(m.offset).After(c.NotAfter):
		m.command = c.ID
		m.finish(wire.Result{ID: c.ID, Status: wire.ResultExpired, Why: "it came after its not_after"})
	default:
		m.command, m.result = c.ID, nil
		m.do(Execute{c})
		m.tellResult()
	}
}

// executed takes the result of the command under way.
func (m *move) executed(r wire.Result) {
	if r.ID == m.command && m.result == nil {
		m.finish(r)
	}
}

func (m *move) finish(r wire.Result) {
	m.result = &r
	m.do(Keep{Kept{Command: m.command, Result: m.result}})
	m.tellResult()
}

func (m *move) tellResult() {
	if !m.Connected {
		return // the command is sent again
	}
	r := wire.Result{ID: m.command, Status: wire.ResultRunning}
	if m.result != nil {
		r = *m.result
	}
	m.publish(wire.Results, r, 1, false)
}

// wanted takes a newer desired state; it is news once in a boot.
func (m *move) wanted(d wire.Desired) {
	if d.Revision > m.desired {
		m.desired = d.Revision
		m.do(Wanted{d})
	}
}

func (m *move) reporting(r wire.Reported) {
	m.reported = &r
	m.report()
}

// report says how the terminal is, at every connect and change: the broker
// keeps it, and may have lost it. The gateway has answered by then, and so knows
// which boot this is: before that it would take the report for one of a boot
// that is over, where it overtakes the hello.
func (m *move) report() {
	if m.Online && m.reported != nil {
		m.publish(wire.Reports, *m.reported, 1, true)
	}
}
