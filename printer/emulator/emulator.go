// Package emulator is an ESC/POS printer made of software. It takes the bytes a
// real one takes, in any chunks, and shows the paper; it answers what a real
// one answers; it can run out of paper. Tests print on it, and on a simulated
// terminal it stands at the other end of the cable.
package emulator

import (
	"errors"
	"fmt"
	"image"
	"io"
	"slices"
	"sync"

	"till/printer"
)

// ErrOff is what Serve returns when the printer is switched off.
var ErrOff = errors.New("printer is switched off")

// ErrBusy is what Write returns when the printer takes no more: it has no
// paper, and its buffer is full.
var ErrBusy = errors.New("printer is out of paper and its buffer is full")

// Document is one slip of paper.
type Document struct {
	Bytes   []byte      // as received, without status requests and fences
	Picture *image.Gray // white 255, black 0, one pixel a dot
}

// Events is whom the printer tells. Any of them may be nil. They are called
// from the goroutine that fed the printer, one at a time, with no lock held.
type Events struct {
	Document func(Document) // a slip was cut off
	Kick     func()         // the drawer was opened
	Moved    func()         // paper came out
	State    func()         // paper, cover or power changed
}

// Printer is the emulated printer. Safe for concurrent use.
type Printer struct {
	events Events
	size   int // of the receive buffer, bytes
	queued bool

	mu        sync.Mutex
	machine   machine
	realTime  []byte // the end of what was received, to recognise real-time requests
	buffer    []byte // received and not executed: there is no paper
	room      chan struct{}
	off       bool
	noPaper   bool
	nearEnd   bool
	cover     bool
	asb       byte   // GS a
	replies   []byte // for a host that uses Write
	host      *host  // the newest Serve
	hosts     map[*host]struct{}
	documents []Document
	count     int
	kicks     int
	news      bool // the state changed, and Events.State is not yet told
}

// host is one Serve: whom answers go to.
type host struct {
	replies chan []byte
	gone    chan struct{} // closed when the printer is switched off
	closer  io.Closer     // nil if the connection has none
}

// New switches on a printer of a profile's class, with plenty of paper.
func New(p printer.Profile, events Events) *Printer {
	return &Printer{
		events:  events,
		size:    max(p.Buffer, 1024) + 1024, // a profile promises less than there is
		machine: newMachine(p),
		room:    make(chan struct{}),
		hosts:   map[*host]struct{}{},
	}
}

// Queue makes requests in real time wait their turn behind what was sent before
// them, as on an interface that hands over bytes only as they are taken. Call it
// before the printer is used.
func (p *Printer) Queue() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queued = true
}

// Write feeds the printer without a connection; answers wait in Replies. It
// takes less than all of b, with ErrBusy, when there is no paper, and nothing,
// with ErrOff, when it is switched off.
func (p *Printer) Write(b []byte) (int, error) {
	n, _, err := p.receive(b)
	if err == nil && n < len(b) {
		err = ErrBusy
	}
	return n, err
}

// Replies takes the answers to what came through Write.
func (p *Printer) Replies() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.replies
	p.replies = nil
	return r
}

// receive takes bytes as the interface of a printer does. Where it cannot take
// all, the channel is closed as soon as there is room.
func (p *Printer) receive(b []byte) (taken int, room <-chan struct{}, err error) {
	p.mu.Lock()
	if p.off {
		p.mu.Unlock()
		return 0, nil, ErrOff
	}
	for taken < len(b) {
		// In pieces, so that a roll that ends is noticed before the buffer is overrun.
		n := min(len(b)-taken, p.size-len(p.buffer), 512)
		if n == 0 {
			break
		}
		if !p.queued {
			p.watch(b[taken : taken+n])
		}
		p.buffer = append(p.buffer, b[taken:taken+n]...)
		taken += n
		p.execute()
	}
	room = p.room
	tell := p.settle()
	p.mu.Unlock()
	tell()
	return taken, room, nil
}

// execute works off the buffer while there is paper; mu is held.
func (p *Printer) execute() {
	if p.noPaper || p.cover || p.off {
		return
	}
	n := p.machine.execute(p.buffer)
	if p.queued {
		p.watch(p.buffer[:n])
	}
	p.buffer = p.buffer[n:]
	if len(p.buffer) == 0 {
		p.buffer = nil
	}
	for _, n := range p.machine.out.fences {
		p.answer(p.sensor(n))
	}
	p.machine.out.fences = nil
	for _, n := range p.machine.out.asb {
		p.asb = n
		if n&0x0F != 0 {
			p.answer(p.automatic()) // the status is sent once when it is asked for
		}
	}
	p.machine.out.asb = nil
	if p.machine.roll == 0 && !p.noPaper {
		p.noPaper = true
		p.changed()
	}
}

// watch recognises real-time requests on arrival, also inside of data, as
// printers do (Epson TM-U295 specification); mu is held.
func (p *Printer) watch(b []byte) {
	for _, c := range b {
		p.realTime = append(p.realTime, c)
		if len(p.realTime) > 5 {
			p.realTime = p.realTime[1:]
		}
		n := len(p.realTime)
		if n >= 3 && p.realTime[n-3] == dle && p.realTime[n-2] == 0x04 && c >= 1 && c <= 4 {
			p.answer([]byte{p.status(c)})
			p.realTime = p.realTime[:0]
			continue
		}
		if n == 5 && p.realTime[0] == dle && p.realTime[1] == 0x14 && p.realTime[2] == 1 && p.realTime[3] <= 1 && c >= 1 && c <= 8 {
			if p.machine.profile.RealTimeKick {
				p.machine.out.kicks++
			}
			p.realTime = p.realTime[:0]
		}
	}
}

// settle gathers what happened and returns the calls that tell of it; mu is held.
func (p *Printer) settle() func() {
	state := p.news
	p.news = false
	out := p.machine.take()
	p.kicks += out.kicks
	p.count += len(out.documents)
	p.documents = append(p.documents, out.documents...)
	kept, from := 0, len(p.documents)
	for from > 0 && len(p.documents)-from < maxPictures {
		if kept += len(p.documents[from-1].Picture.Pix); kept > maxKept && from < len(p.documents) {
			break
		}
		from--
	}
	p.documents = slices.Delete(p.documents, 0, from)
	e := p.events
	return func() {
		for range out.kicks {
			if e.Kick != nil {
				e.Kick()
			}
		}
		if out.moved && e.Moved != nil {
			e.Moved()
		}
		for _, d := range out.documents {
			if e.Document != nil {
				e.Document(d)
			}
		}
		if state && e.State != nil {
			e.State()
		}
	}
}

// answer sends bytes to the newest host, or keeps them for Replies. A host that
// does not read loses them, as with a real printer; mu is held.
func (p *Printer) answer(b []byte) {
	if p.host == nil {
		if len(p.replies)+len(b) <= maxReplies {
			p.replies = append(p.replies, b...)
		}
		return
	}
	select {
	case p.host.replies <- b:
	default:
	}
}

// SetPaper takes the roll out or puts a full one in. Without paper the printer
// answers but executes nothing; with a new roll it goes on where it stopped.
func (p *Printer) SetPaper(there bool) {
	p.set(func() {
		p.noPaper = !there
		p.machine.roll = -1
		if !there {
			p.machine.roll = 0
		} else {
			p.nearEnd = false
		}
	})
}

// SetRoll puts in a roll with this many rows of dots left on it. The paper ends
// after the command that uses up the last one.
func (p *Printer) SetRoll(rows int) {
	p.set(func() {
		p.machine.roll = max(rows, 0)
		p.noPaper = p.machine.roll == 0
	})
}

// SetNearEnd sets the sensor that sees the roll getting thin.
func (p *Printer) SetNearEnd(near bool) { p.set(func() { p.nearEnd = near }) }

// SetCover opens or closes the cover; open, the printer stops.
func (p *Printer) SetCover(open bool) { p.set(func() { p.cover = open }) }

// SetPower switches the printer off or on. Off, it forgets what it held and
// every connection ends; the paper that came out stays in it.
func (p *Printer) SetPower(on bool) {
	var closers []io.Closer
	p.set(func() {
		if on == !p.off {
			return
		}
		p.off = !on
		p.buffer, p.realTime, p.replies, p.asb = nil, nil, nil, 0
		p.machine.cmd, p.machine.length = nil, 0
		p.machine.reset()
		if on {
			return
		}
		for h := range p.hosts {
			close(h.gone)
			if h.closer != nil {
				closers = append(closers, h.closer)
			}
		}
		p.host = nil
		clear(p.hosts)
	})
	for _, c := range closers {
		_ = c.Close() // it only wakes the reader; what it says changes nothing
	}
}

func (p *Printer) set(change func()) {
	p.mu.Lock()
	change()
	p.changed()
	p.execute()
	if len(p.buffer) < p.size {
		close(p.room)
		p.room = make(chan struct{})
	}
	tell := p.settle()
	p.mu.Unlock()
	tell()
}

// State says what the printer's own sensors see.
func (p *Printer) State() printer.State {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.off:
		return printer.StateOff
	case p.cover:
		return printer.StateCoverOpen
	case p.noPaper:
		return printer.StateNoPaper
	case p.nearEnd:
		return printer.StateNearEnd
	default:
		return printer.StateReady
	}
}

// Documents is the last slips that were cut off, the newest last; at most 16 are kept.
func (p *Printer) Documents() []Document {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.documents)
}

// Last is the newest slip; false if there is none yet.
func (p *Printer) Last() (Document, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.documents) == 0 {
		return Document{}, false
	}
	return p.documents[len(p.documents)-1], true
}

// Document is the n-th slip since New, counted from 1; false if it is not there
// yet, or not kept any more.
func (p *Printer) Document(n int) (Document, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := len(p.documents) - 1 - (p.count - n)
	if i < 0 || i >= len(p.documents) {
		return Document{}, false
	}
	return p.documents[i], true
}

// Count is how many slips there have been since New.
func (p *Printer) Count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count
}

// Kicks is how often the drawer was opened since New.
func (p *Printer) Kicks() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.kicks
}

// Partial is the paper that is out and not yet cut off; false if there is none.
func (p *Printer) Partial() (*image.Gray, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.machine.paper.rows == 0 {
		return nil, false
	}
	return p.machine.paper.picture(), true
}

// Faults is every byte the printer did not understand or could not print, the
// first hundred of them.
func (p *Printer) Faults() []error {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := slices.Clone(p.machine.faults)
	if p.machine.lost > 0 {
		all = append(all, fmt.Errorf("and %d more", p.machine.lost))
	}
	return all
}
