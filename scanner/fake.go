package scanner

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Fake is a scanner for tests: it plays the scans it is given, records those
// that were handled, and can be unplugged.
type Fake struct {
	name  string
	now   func() time.Time
	plays chan fakePlay

	mu      sync.Mutex
	plug    *plug
	handled []Scan
}

// plug is what Fail pulls: out is closed once why is set.
type plug struct {
	out chan struct{}
	why error
}

type fakePlay struct {
	data    []byte
	handled chan struct{}
}

// NewFake makes a scanner that nobody has scanned with yet.
func NewFake(name string, now func() time.Time) *Fake {
	return &Fake{name: name, now: now, plays: make(chan fakePlay), plug: &plug{out: make(chan struct{})}}
}

// Name is the name it was given.
func (f *Fake) Name() string { return f.name }

// Scan plays what a scanner would send and returns once it was handled. It
// waits for a Run if there is none.
func (f *Fake) Scan(ctx context.Context, data []byte) error {
	play := fakePlay{data: slices.Clone(data), handled: make(chan struct{})}
	plug := f.plugged()
	select {
	case f.plays <- play:
	case <-plug.out:
		return plug.why
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-play.handled:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Fail unplugs the scanner: Run and Scan return an error that wraps ErrGone and
// err, until Plug. err is why.
func (f *Fake) Fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.plug.why == nil {
		f.plug.why = fmt.Errorf("fake scanner %s: %w: %w", f.name, ErrGone, err)
		close(f.plug.out)
	}
}

// Plug plugs it in again after Fail.
func (f *Fake) Plug() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.plug.why != nil {
		f.plug = &plug{out: make(chan struct{})}
	}
}

// Handled lists the scans that were handled, in order.
func (f *Fake) Handled() []Scan {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.handled)
}

// Run plays the scans. See Source; it can be run again.
func (f *Fake) Run(ctx context.Context, handle func(Scan)) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		plug := f.plugged()
		select {
		case <-plug.out:
			return plug.why
		default:
		}
		select {
		case play := <-f.plays:
			scan := NewScan(play.data, f.name, f.now())
			handle(scan)
			f.mu.Lock()
			f.handled = append(f.handled, scan)
			f.mu.Unlock()
			close(play.handled)
		case <-plug.out:
			return plug.why
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (f *Fake) plugged() *plug {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.plug
}

var _ Source = (*Fake)(nil)
