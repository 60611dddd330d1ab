package printer

import (
	"errors"
	"io"
	"os"
	"sync"
	"time"
)

// ErrFake is what a FakeTransport fails with.
var ErrFake = errors.New("the cable was pulled")

// FakeTransport is a Transport without a printer: it records what is written,
// and fails, stalls or keeps silent as told. Set its fields before use. For a
// printer that answers by itself there is package emulator.
type FakeTransport struct {
	FailAt  int                 // > 0: a write fails after this many bytes in all
	StallAt int                 // > 0: after this many bytes no more are taken
	Chunk   int                 // > 0: at most so many bytes are taken by one write, which then times out
	Reply   func([]byte) []byte // what is answered to what one Write took; nil: nothing, ever

	mu       sync.Mutex
	written  []byte
	answers  []byte
	deadline time.Time
	changed  chan struct{} // closed and made anew with every change
	closed   bool
}

var _ Transport = (*FakeTransport)(nil)

// signal is the channel that closes at the next change; mu is held.
func (f *FakeTransport) signal() chan struct{} {
	if f.changed == nil {
		f.changed = make(chan struct{})
	}
	return f.changed
}

func (f *FakeTransport) change() {
	close(f.signal())
	f.changed = nil
}

// block waits until ready, the deadline or Close; mu is held, and again afterwards.
func (f *FakeTransport) block(ready func() bool) error {
	for {
		switch now := time.Now(); {
		case f.closed:
			return io.ErrClosedPipe
		case ready():
			return nil
		case !f.deadline.IsZero() && !now.Before(f.deadline):
			return os.ErrDeadlineExceeded
		}
		wake := f.signal()
		var timeout <-chan time.Time
		var timer *time.Timer
		if !f.deadline.IsZero() {
			timer = time.NewTimer(time.Until(f.deadline))
			timeout = timer.C
		}
		f.mu.Unlock()
		select {
		case <-wake:
		case <-timeout:
		}
		if timer != nil {
			timer.Stop()
		}
		f.mu.Lock()
	}
}

// Read gives out what Reply answered.
func (f *FakeTransport) Read(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.block(func() bool { return len(f.answers) > 0 }); err != nil {
		return 0, err
	}
	n := copy(b, f.answers)
	f.answers = f.answers[n:]
	return n, nil
}

// Write records b, up to where it is to fail or stall.
func (f *FakeTransport) Write(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.block(func() bool { return true }); err != nil {
		return 0, err
	}
	n := len(b)
	var fate error
	if f.Chunk > 0 && n > f.Chunk {
		n, fate = f.Chunk, os.ErrDeadlineExceeded
	}
	if f.FailAt > 0 && len(f.written)+n > f.FailAt {
		n, fate = f.FailAt-len(f.written), ErrFake
	}
	if f.StallAt > 0 && len(f.written)+n > f.StallAt {
		n, fate = f.StallAt-len(f.written), os.ErrDeadlineExceeded
	}
	f.written = append(f.written, b[:n]...)
	if f.Reply != nil {
		f.answers = append(f.answers, f.Reply(b[:n])...)
	}
	f.change()
	if n == 0 && errors.Is(fate, os.ErrDeadlineExceeded) {
		return 0, f.block(func() bool { return false })
	}
	return n, fate
}

// Answer lets the printer send something unasked.
func (f *FakeTransport) Answer(b ...byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers = append(f.answers, b...)
	f.change()
}

// SetDeadline bounds every Read and Write, also those under way.
func (f *FakeTransport) SetDeadline(t time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return io.ErrClosedPipe
	}
	f.deadline = t
	f.change()
	return nil
}

// Close ends every Read and Write.
func (f *FakeTransport) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	f.change()
	return nil
}

// Written is everything that was taken.
func (f *FakeTransport) Written() []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]byte(nil), f.written...)
}

// Closed says whether the user closed the transport.
func (f *FakeTransport) Closed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.closed
}
