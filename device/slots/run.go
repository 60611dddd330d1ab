package slots

import "fmt"

// Machine steps an update and keeps its record: what is to be done is handed
// out only once the record it follows from is durable.
type Machine struct {
	State State
	Keep  func(Record) error

	kept  Record
	held  []Effect
	dirty bool
}

// NewMachine begins with the record that was kept.
func NewMachine(r Record, keep func(Record) error) *Machine {
	return &Machine{State: New(r), Keep: keep, kept: New(r).Record}
}

// Handle takes an event and returns what is to be done. With an error nothing
// is; the next event tries again to keep the record, and what was to be done is
// handed out then.
func (m *Machine) Handle(e Event, now Now) ([]Effect, error) {
	next, effects := Step(m.State, e, now)
	m.State = next
	m.held = append(m.held, effects...)
	if m.dirty || !same(m.kept, next.Record) {
		m.dirty = true
		if err := m.Keep(next.Record); err != nil {
			return nil, fmt.Errorf("update: %w", err)
		}
		m.kept, m.dirty = next.Record, false
	}
	effects, m.held = m.held, nil
	return effects, nil
}

func same(a, b Record) bool {
	if (a.Outcome == nil) != (b.Outcome == nil) || a.Outcome != nil && *a.Outcome != *b.Outcome {
		return false
	}
	a.Outcome, b.Outcome = nil, nil
	return a == b
}
