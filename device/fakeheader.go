package device

import (
	"fmt"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"

	"till/boards"
)

// FakeHeader is a header for tests: its lines record what they are driven to, and
// fail when told to. A line that nothing drives is high.
type FakeHeader struct {
	mu     sync.Mutex
	lines  map[boards.Pin]*FakeLine
	held   map[boards.Pin]error
	closed bool
}

var _ Header = (*FakeHeader)(nil)

// NewFakeHeader has every line of a 40-pin header.
func NewFakeHeader() *FakeHeader {
	return &FakeHeader{lines: map[boards.Pin]*FakeLine{}, held: map[boards.Pin]error{}}
}

// Hold makes Line fail with err for this pin, as when a driver of the kernel's
// has it; nil lets it go.
func (h *FakeHeader) Hold(p boards.Pin, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.held[p] = err
}

// Closed says whether all lines were let go.
func (h *FakeHeader) Closed() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.closed
}

// Line implements Header.
func (h *FakeHeader) Line(p boards.Pin) (gpio.PinIO, error) {
	h.mu.Lock()
	err := h.held[p]
	h.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if p < 0 || p > 27 {
		return nil, fmt.Errorf("GPIO %d is not on the header", p)
	}
	return h.Fake(p), nil
}

// Fake is a line as the test sees it.
func (h *FakeHeader) Fake(p boards.Pin) *FakeLine {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.lines[p] == nil {
		h.lines[p] = &FakeLine{PinIO: gpio.INVALID, pin: p, level: gpio.High, edges: make(chan struct{}, 1)}
	}
	return h.lines[p]
}

// Close implements Header.
func (h *FakeHeader) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	return nil
}

// FakeLine is one line of a FakeHeader.
type FakeLine struct {
	gpio.PinIO // what nobody here uses fails

	pin   boards.Pin
	edges chan struct{} // 1 deep: edges that nobody waited for are one

	mu     sync.Mutex
	level  gpio.Level
	pull   gpio.Pull
	driven []gpio.Level
	fail   error
}

// Fail makes driving and setting up fail with err; nil heals the line.
func (l *FakeLine) Fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fail = err
}

// Hold has something outside hold the line at a level.
func (l *FakeLine) Hold(level gpio.Level) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.level == level {
		return
	}
	l.level = level
	select {
	case l.edges <- struct{}{}:
	default:
	}
}

// Driven is what the line was driven to since the last call.
func (l *FakeLine) Driven() []gpio.Level {
	l.mu.Lock()
	defer l.mu.Unlock()
	driven := l.driven
	l.driven = nil
	return driven
}

// String implements conn.Resource.
func (l *FakeLine) String() string { return fmt.Sprintf("GPIO%d", l.pin) }

// Number implements pin.Pin.
func (l *FakeLine) Number() int { return int(l.pin) }

// Out implements gpio.PinOut.
func (l *FakeLine) Out(level gpio.Level) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail != nil {
		return l.fail
	}
	l.level = level
	l.driven = append(l.driven, level)
	return nil
}

// In implements gpio.PinIn. A line that is pulled goes there: nothing holds it.
func (l *FakeLine) In(pull gpio.Pull, _ gpio.Edge) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail != nil {
		return l.fail
	}
	l.pull = pull
	switch pull {
	case gpio.PullUp:
		l.level = gpio.High
	case gpio.PullDown:
		l.level = gpio.Low
	}
	return nil
}

// Read implements gpio.PinIn.
func (l *FakeLine) Read() gpio.Level {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.level
}

// Pull implements gpio.PinIn.
func (l *FakeLine) Pull() gpio.Pull {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pull
}

// WaitForEdge implements gpio.PinIn, as gpioioctl does: 0 is for ever.
func (l *FakeLine) WaitForEdge(timeout time.Duration) bool {
	if timeout == 0 {
		<-l.edges
		return true
	}
	timer := time.NewTimer(max(timeout, 0))
	defer timer.Stop()
	select {
	case <-l.edges:
		return true
	case <-timer.C:
		return false
	}
}
