package printer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Transport is the cable to a printer: USB, serial, TCP. A net.Conn is one.
//
// A Read waits for an answer until the deadline, a Write until the printer took
// the bytes; both then return what they moved and an error that is
// os.ErrDeadlineExceeded. SetDeadline also wakes a Read or Write that is under
// way. A Read of 0 bytes without an error means that nothing was there to read.
type Transport interface {
	io.Reader
	io.Writer
	io.Closer
	SetDeadline(time.Time) error
}

// Waits on a printer. A slow one fills its buffer and takes nothing for seconds
// (python-escpos #628), so every byte that moves renews the patience.
const (
	answerWait = 500 * time.Millisecond // for one answer to DLE EOT; 10 bytes at 9600 baud take 10 ms
	emptyWait  = 10 * time.Millisecond  // before a driver is read again that returned nothing
	drainWait  = 20 * time.Millisecond  // of silence, until nothing stale is left
	fenceProbe = time.Second            // for the fence of an idle printer
	fencePoll  = 500 * time.Millisecond // then it is asked why it is slow
	patience   = 10 * time.Second       // without a byte taken or a fence passed
	writeSize  = 1024                   // bytes of one Write
	maxStale   = 256                    // answers drained: what sends more is no printer
	maxStray   = 256                    // other bytes passed over while waiting for one answer
)

// link is an open cable and what came back over it.
type link struct {
	t      Transport
	in     []byte  // read and not yet looked at
	auto   []byte  // what came of an automatic status (GS a)
	told   *Status // the newest automatic status; nil: none came yet
	fences int     // fences sent and not yet answered

	used    bool    // something was sent over it
	profile Profile // of the printer at the end; settled at opening

	probed   bool // it was tried out whether the printer answers fences
	confirms bool // it does
}

// errSilent means that the printer did not answer in time. It is no fault:
// there are printers that never do.
var errSilent = errors.New("no answer")

// arm sets the deadline of the next Read or Write. A context that ends sets one
// in the past (see Printer.use), so it is asked after, never before.
func (l *link) arm(ctx context.Context, wait time.Duration) error {
	if err := l.t.SetDeadline(time.Now().Add(wait)); err != nil {
		return fmt.Errorf("set the printer's deadline: %w", err)
	}
	return ctx.Err()
}

// next is the next byte from the printer within wait, or errSilent.
func (l *link) next(ctx context.Context, wait time.Duration) (byte, error) {
	for end := time.Now().Add(wait); len(l.in) == 0; {
		if err := l.arm(ctx, time.Until(end)); err != nil {
			return 0, err
		}
		buf := make([]byte, 64)
		n, err := l.t.Read(buf)
		l.in = buf[:n]
		switch {
		case n > 0:
		case ctx.Err() != nil:
			return 0, ctx.Err()
		case errors.Is(err, os.ErrDeadlineExceeded):
			return 0, errSilent
		case errors.Is(err, io.EOF):
			return 0, fmt.Errorf("read from the printer: it closed the connection: %w", io.ErrUnexpectedEOF)
		case err != nil:
			return 0, fmt.Errorf("read from the printer: %w", err)
		case !time.Now().Before(end):
			return 0, errSilent
		default: // a driver that does not wait (python-escpos #143)
			if err := pause(ctx, min(emptyWait, time.Until(end))); err != nil {
				return 0, err
			}
		}
	}
	b := l.in[0]
	l.in = l.in[1:]
	return b, nil
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// kind tells the bytes a printer sends apart.
type kind int

const (
	stray     kind = iota // a part of an automatic status, XON, rubbish
	answer                // to DLE EOT
	fence                 // to GS r
	automatic             // status: its last byte
)

// classify sorts a byte (facts of the ESC/POS reference): an answer to DLE EOT
// has bits 1 and 4 set and 0 and 7 clear; an automatic status begins with bit 4
// set and 0, 1, 7 clear, and three more bytes follow; GS r has 4 and 7 clear.
func (l *link) classify(b byte) kind {
	switch {
	case b == 0x11 || b == 0x13: // XON, XOFF: also within an automatic status
		return stray
	case len(l.auto) > 0 && b&automaticRestMask == 0:
		if l.auto = append(l.auto, b); len(l.auto) < automaticLen {
			return stray
		}
		s := automaticStatus(l.auto)
		l.auto, l.told = nil, &s
		return automatic
	}
	l.auto = nil
	switch {
	case b&answerMask == answerFixed:
		return answer
	case b&answerMask == automaticFixed:
		l.auto = []byte{b}
		return stray
	case b&0x90 == 0:
		return fence
	default:
		return stray
	}
}

// await reads until a byte of the wanted kind came, counting fences on the way.
func (l *link) await(ctx context.Context, want kind, wait time.Duration) (byte, error) {
	end := time.Now().Add(wait)
	for range maxStray {
		b, err := l.next(ctx, time.Until(end))
		if err != nil {
			if errors.Is(err, errSilent) {
				l.auto = nil // a status that was cut short does not eat the next answer
			}
			return 0, err
		}
		k := l.classify(b)
		if k == fence && l.fences > 0 {
			l.fences--
		}
		if k == want {
			return b, nil
		}
	}
	return 0, errors.New("read from the printer: it sends rubbish; is this the printer's port, and at its speed?")
}

// drain reads what came unasked until there is silence: late fences are
// counted, answers to questions given up and statuses of another host dropped.
func (l *link) drain(ctx context.Context) error {
	for range maxStale {
		_, err := l.await(ctx, answer, drainWait)
		if errors.Is(err, errSilent) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return errors.New("read from the printer: it sends without end; is this the printer's port?")
}

// longestHead is that of a raster's head, bytes.
const longestHead = 8

// free is the first that is sent over a link after a document that was cut off.
// Where the cable took the rest of a picture's head with it, the bytes that come
// next are taken for its size: zeros make a picture of none, a question for the
// status one that may swallow a megabyte. Elsewhere they do nothing.
func (l *link) free(ctx context.Context, torn bool) error {
	if l.used || !torn {
		l.used = true
		return nil
	}
	l.used = true
	return l.write(ctx, make([]byte, longestHead))
}

// ask sends DLE EOT n and returns the answer, zero if there is none.
func (l *link) ask(ctx context.Context, n byte) (byte, error) {
	if err := l.write(ctx, []byte{dle, 0x04, n}); err != nil {
		return 0, err
	}
	b, err := l.await(ctx, answer, answerWait)
	if errors.Is(err, errSilent) {
		return 0, nil
	}
	return b, err
}

// status asks for everything. A printer that does not answer the first question
// is not asked on: what it said by itself counts then.
func (l *link) status(ctx context.Context) (Status, error) {
	if err := l.drain(ctx); err != nil {
		return Status{State: StateUnknown}, err
	}
	var answers [3]byte
	for i, n := range []byte{1, 2, 4} {
		b, err := l.ask(ctx, n)
		if err != nil {
			return Status{State: StateUnknown}, err
		}
		if answers[i] = b; i == 0 && b == 0 {
			break
		}
	}
	if answers[0] == 0 && l.told != nil {
		return l.heard(ctx)
	}
	return statusOf(answers[0], answers[1], answers[2]), nil
}

// heard is the newest status that the printer sent by itself. One that says it
// can't print is asked for again: a printer that was switched off and on since
// has forgotten that it is to tell, and one without paper executes nothing.
func (l *link) heard(ctx context.Context) (Status, error) {
	if l.told.State.Ready() {
		return *l.told, nil
	}
	if err := l.write(ctx, askAutomatic); err != nil && !errors.Is(err, ErrStalled) {
		return Status{State: StateUnknown}, err
	}
	if _, err := l.await(ctx, automatic, answerWait); err != nil && !errors.Is(err, errSilent) {
		return Status{State: StateUnknown}, err
	}
	return *l.told, nil
}

// ErrStalled means that the printer took no byte, or finished none, for 10 s.
var ErrStalled = errors.New("the printer takes no data: see whether it has paper and its cover is closed")

// blocked is why the printer takes nothing in the middle of a command, as far as
// it said so by itself: to ask it would be to write into the command.
func (l *link) blocked(ctx context.Context) error {
	if err := l.drain(ctx); err != nil {
		return err
	}
	if l.told == nil || l.told.State.Ready() {
		return ErrStalled
	}
	return &NotReady{State: l.told.State, Started: true}
}

// write sends b, for as long as bytes move.
func (l *link) write(ctx context.Context, b []byte) error {
	for len(b) > 0 {
		if err := l.arm(ctx, patience); err != nil {
			return err
		}
		n, err := l.t.Write(b[:min(len(b), writeSize)])
		b = b[min(max(n, 0), len(b)):]
		switch {
		case err == nil && n > 0:
		case ctx.Err() != nil:
			return ctx.Err()
		case n > 0 && errors.Is(err, os.ErrDeadlineExceeded): // slow, and moving
		case err == nil, errors.Is(err, os.ErrDeadlineExceeded):
			return ErrStalled
		default:
			return fmt.Errorf("write to the printer: %w", err)
		}
	}
	return nil
}

// pass sends a fence: GS r 1 is executed in its turn, so its answer says that
// all before it was printed.
func (l *link) pass(ctx context.Context) error {
	if err := l.write(ctx, []byte{gs, 'r', 1}); err != nil {
		return err
	}
	l.fences++
	return nil
}
