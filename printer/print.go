package printer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"till/words"
)

// ErrUnconfirmed means that all was sent and the printer cannot say whether it
// is on paper: many cheap printers answer nothing.
var ErrUnconfirmed = errors.New("sent to the printer, which does not confirm what it prints")

// Unsure is the error of a document that was sent whole, and whose printer was
// lost before it said that it is on paper. Only a person can see whether it is:
// it is not to be printed again unasked, and then as a copy.
type Unsure struct{ Err error }

// Error says what happened.
func (e *Unsure) Error() string {
	return "all was sent to the printer, and then it was lost: see whether the slip came out: " + e.Err.Error()
}

// Unwrap is how the printer was lost.
func (e *Unsure) Unwrap() error { return e.Err }

// Printer prints documents over a transport, one at a time. Safe for
// concurrent use. It holds no goroutine: Close when done.
type Printer struct {
	open    func(context.Context) (Transport, error)
	profile Profile
	busy    chan struct{} // held by whoever talks to the printer

	link *link // nil: not open
	held *job  // stopped by a printer that waits for somebody, and keeps what it has; on link
	torn bool  // the last document stopped half way, and may hang out of the printer
	sent bool  // this attempt sent a part of its document, and must not be repeated unasked

	answers bool         // it has answered fences, over this link or one before
	opened  atomic.Int64 // how often the transport was opened
}

// New makes a printer that opens its transport when it is first needed, and
// anew whenever the connection broke.
func New(open func(context.Context) (Transport, error), p Profile) *Printer {
	return &Printer{open: open, profile: p, busy: make(chan struct{}, 1)}
}

// Opened counts how often the transport was opened. If it is more than after a
// document that ended with ErrUnconfirmed, the printer was lost since, and may
// have been at it.
func (p *Printer) Opened() int64 { return p.opened.Load() }

// Profile is what the printer was said to be; ProfileAuto is settled at each opening.
func (p *Printer) Profile() Profile { return p.profile }

// use runs talk with the printer held and open. A connection that was open
// before and turns out dead before anything was printed is opened once more.
func (p *Printer) use(ctx context.Context, talk func(*link) error) error {
	select {
	case p.busy <- struct{}{}:
		defer func() { <-p.busy }()
	case <-ctx.Done():
		return fmt.Errorf("wait for the printer: %w", ctx.Err())
	}
	reused := p.link != nil
	err := p.attempt(ctx, talk)
	if reused && p.link == nil && ctx.Err() == nil && !p.sent {
		err = p.attempt(ctx, talk)
	}
	return err
}

// attempt runs talk once. A connection that failed is closed: p.link is nil afterwards.
func (p *Printer) attempt(ctx context.Context, talk func(*link) error) error {
	if p.link == nil {
		t, err := p.open(ctx)
		if err != nil {
			return &NotOpen{err}
		}
		p.link = &link{t: t}
		p.opened.Add(1)
	}
	p.sent = false
	l := p.link
	stop := context.AfterFunc(ctx, func() {
		_ = l.t.SetDeadline(time.Unix(1, 0)) // wakes what waits; a transport that cannot ends by its own deadline
	})
	defer stop()
	err := l.free(ctx, p.torn)
	if err == nil && l.profile.Name == "" {
		l.profile, err = l.identify(ctx, p.profile)
	}
	if err == nil {
		err = talk(l)
	}
	var not *NotReady
	if err != nil && !errors.As(err, &not) && !errors.Is(err, ErrUnconfirmed) { // also one that is unsure
		p.hangUp()
	}
	return err
}

func (p *Printer) hangUp() {
	_ = p.link.t.Close() // it is given up because it failed already
	p.link, p.held = nil, nil
}

// NotOpen is the error of a transport that could not be opened: no power, no
// cable, no such device, no permission.
type NotOpen struct{ Err error }

// Error says what failed.
func (e *NotOpen) Error() string { return "open the printer: " + e.Err.Error() }

// Unwrap is the transport's own error.
func (e *NotOpen) Unwrap() error { return e.Err }

// Close closes the transport. The printer can be used again afterwards.
func (p *Printer) Close() error {
	p.busy <- struct{}{}
	defer func() { <-p.busy }()
	if p.link == nil {
		return nil
	}
	err := p.link.t.Close()
	p.link, p.held = nil, nil
	if err != nil {
		return fmt.Errorf("close the printer: %w", err)
	}
	return nil
}

// Status asks the printer how it is. One that cannot be opened is StateOff, and
// the error says why; one that does not answer is StateUnknown, without an error.
func (p *Printer) Status(ctx context.Context) (Status, error) {
	var s Status
	err := p.use(ctx, func(l *link) error {
		var err error
		s, err = l.status(ctx)
		return err
	})
	var closed *NotOpen
	switch {
	case errors.As(err, &closed):
		return Status{State: StateOff}, err
	case err != nil:
		return Status{State: StateUnknown}, fmt.Errorf("ask the printer how it is: %w", err)
	}
	return s, nil
}

// Print puts a document on paper, and returns nil when the printer said that it
// did. Otherwise the error is a *NotReady when the printer waits for somebody
// (Started: in the middle of the document; printed again, the same document goes
// on where it stopped), ErrUnconfirmed when all was sent and the printer never
// says, *Unsure when all was sent and the printer was lost, a *NotOpen,
// ErrStalled, or what the transport said. The next document begins on a clean
// slip whatever became of this one.
func (p *Printer) Print(ctx context.Context, d Document) error {
	said, err := segmentsOf(d, p.profile)
	if err != nil {
		return err
	}
	return p.use(ctx, func(l *link) error {
		segments := said
		if l.profile.Name != p.profile.Name {
			var err error
			if segments, err = segmentsOf(d, l.profile); err != nil {
				return err
			}
		}
		if onlyKicks(d) {
			return p.kick(ctx, l, d, segments)
		}
		return p.send(ctx, l, segments)
	})
}

// segmentsOf is a document as it is sent: after the reset that it begins with,
// which may end that too, the printer is asked to tell by itself how it is.
func segmentsOf(d Document, p Profile) ([][]byte, error) {
	segments, err := encode(d, p)
	if err != nil || !p.AutoStatus {
		return segments, err
	}
	return slices.Insert(segments, 1, askAutomatic), nil
}

func onlyKicks(d Document) bool {
	for _, b := range d.Blocks {
		if _, ok := b.(Kick); !ok {
			return false
		}
	}
	return len(d.Blocks) > 0
}

// kick opens the drawer. A printer without paper executes nothing of its
// buffer, but cash has to be taken all the same: DLE DC4 1 is obeyed at once.
func (p *Printer) kick(ctx context.Context, l *link, d Document, segments [][]byte) error {
	s, err := l.status(ctx)
	if err != nil {
		return err
	}
	// A document that is to go on where it stopped is not torn for the drawer.
	if s.State.Ready() && (p.held == nil || !l.profile.RealTimeKick) {
		return p.send(ctx, l, segments)
	}
	if !l.profile.RealTimeKick {
		return &NotReady{State: s.State}
	}
	for _, b := range d.Blocks {
		pin := byte(0)
		if b.(Kick).Pin5 { // onlyKicks
			pin = 1
		}
		if err := l.write(ctx, []byte{dle, 0x14, 1, pin, 1}); err != nil { // 1 unit of 100 ms
			return err
		}
	}
	return nil
}

// send prints segments on an open link.
func (p *Printer) send(ctx context.Context, l *link, segments [][]byte) error {
	s, err := l.status(ctx)
	if err != nil {
		return err
	}
	if !s.State.Ready() {
		return &NotReady{State: s.State}
	}
	if done, err := p.resume(ctx, segments); done {
		return err
	}
	if err := p.settle(ctx, l); err != nil {
		return err
	}
	if p.torn {
		apology, err := segmentsOf(interrupted(), l.profile)
		if err != nil {
			return err
		}
		segments = append(apology, segments...)
	}
	p.torn, p.sent = true, true // until the end is reached
	return p.run(ctx, &job{link: l, window: l.profile.Buffer, segments: segments})
}

// run goes on with a job, and keeps one that the printer stopped.
func (p *Printer) run(ctx context.Context, j *job) error {
	err := j.run(ctx)
	var not *NotReady
	if p.held = nil; errors.As(err, &not) && !j.cut {
		p.held = j
	}
	p.torn = err != nil && !errors.Is(err, ErrUnconfirmed)
	if err != nil && p.held == nil && j.next == len(j.segments) && (p.torn || j.link.confirms) {
		p.torn = true
		return &Unsure{err}
	}
	return err
}

// resume goes on with a document that stopped, if it is this one. The printer
// kept what it had, unless it was switched off meanwhile: then it answers none of
// the fences that it still owes, and the document is to be begun anew.
func (p *Printer) resume(ctx context.Context, segments [][]byte) (done bool, err error) {
	j := p.held
	if j == nil || !j.endsWith(segments) {
		p.held = nil
		return false, nil
	}
	p.sent = true
	if err := j.wait(ctx); errors.Is(err, ErrUnconfirmed) && j.next < len(j.segments) {
		p.held, p.torn = nil, true
		return false, nil
	}
	return true, p.run(ctx, j) // whatever else it is, run meets it too
}

// interrupted ends a slip that stopped half way, so that nobody takes it for a receipt.
func interrupted() Document {
	return Document{Blocks: []Block{
		Text{
			Text:  words.Say(words.English, "paper_interrupted") + "\n" + words.Say(words.Chinese, "paper_interrupted"),
			Align: Center, Style: Style{Inverse: true},
		},
		Cut{},
	}}
}

// settle finds out whether the printer answers fences, and frees one that an
// earlier connection left in the middle of a picture: it would take the next
// document for dots. Zeros fill up the picture; outside one they do nothing.
func (p *Printer) settle(ctx context.Context, l *link) error {
	if l.probed && !l.confirms && !p.torn {
		l.fences = 0
		return nil // it never answers: not asked at every slip
	}
	l.probed, l.confirms = true, false
	for round := range 2 {
		if round == 1 {
			longest := l.profile.BandRows*(l.profile.Dots/8) + 8
			if err := l.write(ctx, make([]byte, longest)); err != nil {
				return err
			}
		}
		if err := l.pass(ctx); err != nil {
			return err
		}
		wait := fenceProbe
		if round == 1 && p.answers {
			wait = patience // it is at work on what it was sent before
		}
		end := time.Now().Add(wait)
		for l.fences > 0 { // also those an earlier document still owes
			_, err := l.await(ctx, fence, time.Until(end))
			if errors.Is(err, errSilent) {
				break
			}
			if err != nil {
				return err
			}
			l.confirms = true
			// It is at it. A fence before this one that is not answered soon went into a picture.
			if soon := time.Now().Add(fenceProbe); soon.Before(end) {
				end = soon
			}
		}
		if l.confirms {
			p.answers = true
			break
		}
		// Its paper may just have run out: then it is not silent, and what it is
		// sent now would pile up in it.
		if s, err := l.status(ctx); err != nil {
			return err
		} else if !s.State.Ready() {
			l.probed = false
			return &NotReady{State: s.State}
		}
	}
	l.fences = 0
	if !l.confirms && p.answers {
		return ErrStalled // it answered before: what it were sent now nobody would hear of
	}
	return nil
}

// job is one document on its way.
type job struct {
	link     *link
	window   int // bytes that may be in the printer unprinted
	segments [][]byte
	next     int  // the first of them that was not sent
	cut      bool // a part of it was, so that the job can't be gone on with

	inFlight []int // bytes sent before each unanswered fence, since the fence before
	sent     int   // bytes since the last fence
}

// endsWith says whether the job is a document, whatever it had to clear away before.
func (j *job) endsWith(document [][]byte) bool {
	n := len(j.segments) - len(document)
	return n >= 0 && slices.EqualFunc(j.segments[n:], document, bytes.Equal)
}

// run sends what is left of the segments with fences between them, so that the
// printer's buffer is never overrun, and waits for the last one.
func (j *job) run(ctx context.Context) error {
	for ; j.next < len(j.segments); j.next++ {
		s := j.segments[j.next]
		for j.link.confirms && j.waiting() > 0 && j.waiting()+len(s) > j.window {
			if err := j.wait(ctx); err != nil {
				return j.unfinished(err)
			}
		}
		if err := j.link.write(ctx, s); err != nil {
			j.cut = true
			if errors.Is(err, ErrStalled) {
				return j.link.blocked(ctx)
			}
			return err
		}
		j.sent += len(s)
		if j.link.confirms && j.sent >= j.window/4 && j.next < len(j.segments)-1 {
			if err := j.fence(ctx); err != nil {
				j.next++
				return err
			}
		}
	}
	if j.sent > 0 {
		if err := j.fence(ctx); err != nil {
			return err
		}
	}
	for len(j.inFlight) > 0 {
		if err := j.wait(ctx); err != nil {
			return err
		}
	}
	return nil
}

// unfinished turns the missing word of a printer that is not yet given all into a failure.
func (j *job) unfinished(err error) error {
	if errors.Is(err, ErrUnconfirmed) {
		return ErrStalled
	}
	return err
}

// waiting is the bytes that are not known to be printed.
func (j *job) waiting() int {
	n := j.sent
	for _, f := range j.inFlight {
		n += f
	}
	return n
}

func (j *job) fence(ctx context.Context) error {
	if err := j.link.pass(ctx); err != nil {
		return err
	}
	j.inFlight = append(j.inFlight, j.sent)
	j.sent = 0
	return nil
}

// wait waits until at least one more fence was answered. While none is, the
// printer is asked why: no paper is told at once, slow is borne with.
func (j *job) wait(ctx context.Context) error {
	if len(j.inFlight) == 0 {
		return j.fence(ctx)
	}
	limit := patience
	if !j.link.confirms {
		limit = fenceProbe
	}
	end := time.Now().Add(limit)
	for {
		if done := len(j.inFlight) - j.link.fences; done > 0 {
			j.inFlight = j.inFlight[done:]
			return nil
		}
		if _, err := j.link.await(ctx, fence, fencePoll); err == nil {
			continue
		} else if !errors.Is(err, errSilent) {
			return err
		}
		s, err := j.link.status(ctx)
		if err != nil {
			return err
		}
		if !s.State.Ready() {
			return &NotReady{State: s.State, Started: true}
		}
		if !time.Now().Before(end) {
			return ErrUnconfirmed
		}
	}
}
