package display

import "context"

// FakeInput is an input for tests: it does what it is told, says what came of
// it, and breaks when told to.
type FakeInput struct {
	events chan fakeEvent
	end    chan error
}

type fakeEvent struct {
	event  InputEvent
	answer chan error
}

var _ Input = (*FakeInput)(nil)

// NewFakeInput does nothing yet.
func NewFakeInput() *FakeInput {
	return &FakeInput{events: make(chan fakeEvent), end: make(chan error, 1)}
}

// Do has one thing done, and returns what handling it came to. It waits for Run.
func (f *FakeInput) Do(e InputEvent) error {
	answer := make(chan error, 1)
	f.events <- fakeEvent{e, answer}
	return <-answer
}

// End ends Run with err: nil if the source is gone.
func (f *FakeInput) End(err error) { f.end <- err }

// Run implements Input.
func (f *FakeInput) Run(ctx context.Context, handle func(InputEvent) error) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-f.end:
			return err
		case e := <-f.events:
			e.answer <- handle(e.event)
		}
	}
}
