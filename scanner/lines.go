package scanner

import (
	"context"
	"errors"
	"io"
	"time"
)

// DefaultIdle is how long a serial scanner must be silent for a scan without a
// terminator to count as complete. At 9600 baud a byte takes 1 ms.
const DefaultIdle = 100 * time.Millisecond

const serialBufferLen = 256

// Splitter cuts a serial scanner's stream into scans. They end in CR, LF, CR LF
// or TAB, which scanners are set to variously, or in silence, which the caller
// measures. Empty scans are none. The zero Splitter is ready.
type Splitter struct{ scan []byte }

// Feed takes the next bytes and returns the scans they complete. One of more
// than MaxScan bytes is cut to MaxScan+1; the rest up to its end is dropped.
func (s *Splitter) Feed(data []byte) [][]byte {
	var scans [][]byte
	for _, c := range data {
		switch c {
		case '\r', '\n', '\t':
			if scan := s.Idle(); scan != nil {
				scans = append(scans, scan)
			}
		default:
			if len(s.scan) <= MaxScan {
				s.scan = append(s.scan, c)
			}
		}
	}
	return scans
}

// Idle says that the scanner fell silent. It returns the scan which that
// completes, nil if there is none.
func (s *Splitter) Idle() []byte {
	scan := s.scan
	s.scan = nil
	return scan
}

// Pending reports that a scan has begun and waits for its end.
func (s *Splitter) Pending() bool { return len(s.scan) > 0 }

// Lines is a scanner on a serial port, or on anything that is such a stream.
type Lines struct {
	port  io.Reader
	name  string
	clock LinesClock
	idle  time.Duration
}

// LinesClock is the time a Lines goes by.
type LinesClock struct {
	Now   func() time.Time
	After func(time.Duration) <-chan time.Time
}

// NewLines reads scans from port; idle is how long a silence ends a scan, 0 for
// DefaultIdle. To be interrupted, port needs SetDeadline or Close.
func NewLines(name string, port io.Reader, idle time.Duration, clock LinesClock) *Lines {
	if idle <= 0 {
		idle = DefaultIdle
	}
	return &Lines{port: port, name: name, clock: clock, idle: idle}
}

// Name is the name it was given.
func (l *Lines) Name() string { return l.name }

type chunk struct {
	data []byte
	err  error
}

// Run reads the port until it ends. See Source. A port that can neither be
// closed nor given a deadline is left to a goroutine that ends with its next read.
func (l *Lines) Run(ctx context.Context, handle func(Scan)) error {
	stop, ok := interruptible(ctx, l.port)
	defer stop()
	chunks := make(chan chunk)
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		l.read(chunks, quit)
	}()
	defer func() {
		close(quit)
		if ok && ctx.Err() != nil {
			<-ended // the interrupted read returns
		}
	}()

	var split Splitter
	var silence <-chan time.Time
	deliver := func(scan []byte) { handle(NewScan(scan, l.name, l.clock.Now())) }
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case c := <-chunks:
			for _, scan := range split.Feed(c.data) {
				deliver(scan)
			}
			if c.err != nil {
				return gone(ctx, "read the serial scanner", c.err)
			}
			silence = nil
			if split.Pending() {
				silence = l.clock.After(l.idle)
			}
		case <-silence:
			silence = nil
			if scan := split.Idle(); scan != nil {
				deliver(scan)
			}
		}
	}
}

func (l *Lines) read(chunks chan<- chunk, quit <-chan struct{}) {
	for {
		buffer := make([]byte, serialBufferLen)
		n, err := l.port.Read(buffer)
		if n == 0 && err == nil {
			err = errors.New("the port reads nothing")
		}
		select {
		case chunks <- chunk{buffer[:n], err}:
		case <-quit:
			return
		}
		if err != nil {
			return
		}
	}
}

var _ Source = (*Lines)(nil)
