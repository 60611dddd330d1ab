package counter

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// Line is a line of a slip. What its printer has no letters for comes as pictures
// and is left out: of a label in both languages the English one stands.
type Line struct {
	Label string // with the spaces that it begins with
	Value string // right of it; empty where there is none
}

// Slip reads a slip, 1 being the first since it was started; 0 is the newest.
func (d *Demo) Slip(number int) []Line {
	d.t.Helper()
	path := "/terminal/receipt.bin"
	if number > 0 {
		path += fmt.Sprintf("?number=%d", number)
	}
	lines, err := ReadSlip(d.Get(path))
	if err != nil {
		d.t.Fatalf("slip %d: %v", number, err)
	}
	return lines
}

// picture stands for one, in a line of text.
const picture = "\t"

// ReadSlip reads the text out of what a printer was sent.
func ReadSlip(sent []byte) ([]Line, error) {
	var text strings.Builder
	for len(sent) > 0 {
		n, as, err := command(sent)
		if err != nil {
			return nil, err
		}
		text.WriteString(as)
		sent = sent[n:]
	}
	var lines []Line
	for line := range strings.Lines(text.String()) {
		label, value, found := strings.Cut(strings.TrimRight(line, "\n"), picture)
		if !found { // a gap of two spaces or more, if there is one
			end := strings.TrimRight(label, " ")
			begin := len(end) - len(strings.TrimLeft(end, " "))
			if gap := strings.Index(end[begin:], "  "); gap >= 0 {
				label, value = end[:begin+gap], end[begin+gap:]
			}
		}
		l := Line{strings.TrimRight(label, " "), strings.TrimSpace(strings.ReplaceAll(value, picture, ""))}
		if l != (Line{}) && !strings.HasPrefix(l.Label, "---") {
			lines = append(lines, l)
		}
	}
	return lines, nil
}

var errSent = errors.New("a command that no slip has")

// command is how long the first command of what was sent is, or a letter, and what
// stands for it in the text.
func command(b []byte) (n int, text string, err error) {
	const esc, gs = 0x1B, 0x1D
	at := func(i int) int {
		if i < len(b) {
			return int(b[i])
		}
		return 0
	}
	switch {
	case at(0) != esc && at(0) != gs:
		return 1, string(b[:1]), nil
	case bytes.HasPrefix(b, []byte{esc, '@'}):
		n = 2
	case at(0) == esc && strings.IndexByte("REa", byte(at(1))) >= 0, at(0) == gs && strings.IndexByte("!BhwHV", byte(at(1))) >= 0:
		n = 3
	case bytes.HasPrefix(b, []byte{esc, 'd'}):
		n, text = 3, "\n"
	case bytes.HasPrefix(b, []byte{esc, 'p'}):
		n = 5
	case bytes.HasPrefix(b, []byte{esc, '*', 33}):
		n, text = 5+3*(at(3)+at(4)<<8), picture
	case bytes.HasPrefix(b, []byte{gs, 'v', '0'}):
		n = 8 + (at(4)+at(5)<<8)*(at(6)+at(7)<<8)
	case bytes.HasPrefix(b, []byte{gs, '(', 'k'}):
		n = 5 + at(3) + at(4)<<8
	case bytes.HasPrefix(b, []byte{gs, 'k', 73}):
		n = 4 + at(3)
	}
	if n == 0 || n > len(b) {
		return 0, "", fmt.Errorf("%w: %q", errSent, b[:min(len(b), 8)])
	}
	return n, text, nil
}
