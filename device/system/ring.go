package system

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"time"
)

// DefaultRing is the size of the log, in bytes: a day and more of a terminal
// that is well.
const DefaultRing = 256 << 10

// maxLine cuts a line of the log, in bytes; the kernel's log takes 1,024 less
// its own head.
const maxLine = 900

// Ring is the log of the running system, in memory: the newest lines, up to a
// size. Safe for concurrent use.
type Ring struct {
	mu    sync.Mutex
	size  int
	lines [][]byte // oldest first
	bytes int
	began time.Time

	copy    io.Writer // the kernel's log; nil: there is none
	allowed int       // lines that may be copied yet, in this stretch
	stretch time.Time
	dropped int
}

// What is copied to the kernel's log at most, so that a terminal that talks
// without end does not drown what the kernel says.
const (
	copyLines   = 400
	copyStretch = 10 * time.Second
)

// NewRing is a log of so many bytes.
func NewRing(size int) *Ring { return &Ring{size: size, began: time.Now()} }

// CopyTo has every line written to w too, first what is there.
func (r *Ring) CopyTo(w io.Writer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.copy = w
	for _, l := range r.lines {
		r.copyLine(l)
	}
}

// add keeps a line, which ends in a newline.
func (r *Ring) add(source string, text []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	line := fmt.Appendf(nil, "%9.3f %s: %s\n", time.Since(r.began).Seconds(), source, text)
	r.lines = append(r.lines, line)
	r.bytes += len(line)
	for r.bytes > r.size && len(r.lines) > 0 {
		r.bytes -= len(r.lines[0])
		r.lines[0] = nil
		r.lines = r.lines[1:]
	}
	r.copyLine(line)
}

// Priorities of lines in the kernel's log: facility user, and the level
// (syslog(2)). What is an error is on the console of a card, which shows no less.
const (
	kmsgError   = "<11>till "
	kmsgWarning = "<12>till "
	kmsgInfo    = "<14>till "
)

// priority is of a line by slog, or by the runtime when a program dies.
func priority(line []byte) string {
	switch {
	case bytes.Contains(line, []byte("level=ERROR")), bytes.Contains(line, []byte(": panic: ")), bytes.Contains(line, []byte(": fatal error: ")):
		return kmsgError
	case bytes.Contains(line, []byte("level=WARN")):
		return kmsgWarning
	}
	return kmsgInfo
}

func (r *Ring) copyLine(line []byte) {
	if r.copy == nil {
		return
	}
	if now := time.Now(); now.Sub(r.stretch) > copyStretch {
		r.stretch, r.allowed = now, copyLines
		if r.dropped > 0 {
			_, _ = fmt.Fprintf(r.copy, "%slog: %d lines were not copied here\n", kmsgInfo, r.dropped) // the ring has it
			r.dropped = 0
		}
	}
	if r.allowed == 0 {
		r.dropped++
		return
	}
	r.allowed--
	_, text, _ := bytes.Cut(bytes.TrimLeft(line, " "), []byte(" "))               // the kernel says when
	_, _ = r.copy.Write(append([]byte(priority(line)), bytes.TrimSpace(text)...)) // the ring has it
}

// WriteTo writes what is kept, oldest first.
func (r *Ring) WriteTo(w io.Writer) (int64, error) {
	r.mu.Lock()
	all := bytes.Join(r.lines, nil)
	r.mu.Unlock()
	n, err := w.Write(all)
	return int64(n), err
}

// Source takes the output of one source, line by line. Writing to it never
// fails. What clean takes out of a line is not kept.
func (r *Ring) Source(name string, clean func([]byte) []byte) *Source {
	return &Source{ring: r, name: name, clean: clean}
}

// Whole takes nothing out.
func Whole(line []byte) []byte { return line }

// Source is one writer of a Ring. It remembers what it wrote last.
type Source struct {
	ring  *Ring
	name  string
	clean func([]byte) []byte

	mu   sync.Mutex
	rest []byte // a line not ended yet
	tail []byte // the newest of what was written
}

// maxTail is what a Source remembers, in bytes: a panic's first goroutines.
const maxTail = 48 << 10

// Write implements io.Writer.
func (s *Source) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tail = keepEnd(append(s.tail, p...), maxTail)
	s.rest = append(s.rest, p...)
	for len(s.rest) > 0 {
		line, rest, ended := bytes.Cut(s.rest, []byte("\n"))
		if !ended && len(s.rest) < maxLine {
			break
		}
		if len(line) > maxLine {
			line, rest = line[:maxLine], s.rest[maxLine:]
		}
		s.ring.add(s.name, s.clean(bytes.TrimRight(line, "\r")))
		s.rest = rest
	}
	s.rest = bytes.Clone(s.rest)
	return len(p), nil
}

func keepEnd(b []byte, most int) []byte {
	if len(b) > 2*most { // not at each write
		return bytes.Clone(b[len(b)-most:])
	}
	return b
}

// Tail is the newest of what was written, at most maxTail bytes, cleaned.
func (s *Source) Tail() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clean(bytes.Clone(s.tail[max(0, len(s.tail)-maxTail):]))
}
