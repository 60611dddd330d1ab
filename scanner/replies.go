package scanner

import (
	"io"
	"time"
)

// replies takes a module's answers out of the stream that its scans come by.
// Both families' answers are taken out of every serial scanner's stream: each
// begins with a byte that no code begins with and ends in a valid check, and a
// module that is not known to be one may have been sent a command by another
// program.
type replies struct{ held []byte } // may be the beginning of an answer

// feed takes the next bytes, and returns those that are text and the answers.
func (r *replies) feed(data []byte) (text []byte, answers [][]byte) {
	r.held = append(r.held, data...)
	for len(r.held) > 0 {
		n := max(gmFrame(r.held), ssiFrame(r.held)) // at most one of them is not -1: their first bytes differ
		switch {
		case n == 0:
			return text, answers
		case n < 0:
			text = append(text, r.held[0])
			r.held = r.held[1:]
		default:
			answers = append(answers, r.held[:n:n])
			r.held = r.held[n:]
		}
	}
	return text, answers
}

// brokenAnswer is how long a part of an answer waits for its rest. The longest
// takes 0.3 s at 9600 bit/s.
const brokenAnswer = time.Second

// textReader is a serial port less the answers in its stream.
type textReader struct {
	port    SerialPort
	now     func() time.Time
	replies replies
	last    time.Time
	text    []byte
}

// Read returns text only; it waits for some.
func (t *textReader) Read(b []byte) (int, error) {
	buffer := make([]byte, serialBufferLen)
	for len(t.text) == 0 {
		n, err := t.port.Read(buffer)
		if n == 0 {
			if err == nil {
				err = io.ErrNoProgress
			}
			return 0, err
		}
		at := t.now()
		if at.Sub(t.last) > brokenAnswer {
			t.replies.held = nil
		}
		t.last = at
		t.text, _ = t.replies.feed(buffer[:n]) // an error with it comes again at the next read
	}
	n := copy(b, t.text)
	t.text = t.text[n:]
	return n, nil
}

// SetDeadline is the port's, so that a Lines can be interrupted.
func (t *textReader) SetDeadline(at time.Time) error { return t.port.SetDeadline(at) }
