package pi

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Console is what the machine writes to its first serial port, line by line.
type Console struct {
	port  io.Writer
	lines *record[string]
}

// maxLine bounds a line of the console, in bytes; longer ones come in parts.
const maxLine = 16 << 10

func newConsole(port io.ReadWriter) *Console {
	c := &Console{port: port, lines: newRecord[string]()}
	go func() {
		r := bufio.NewReaderSize(port, maxLine)
		for {
			line, err := r.ReadSlice('\n')
			if len(line) > 0 {
				c.lines.add(strings.TrimRight(string(line), "\r\n"))
			}
			if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
				c.lines.end(ErrEnded)
				return
			}
		}
	}()
	return c
}

// Say types a line.
func (c *Console) Say(line string) error {
	if _, err := io.WriteString(c.port, line+"\n"); err != nil {
		return fmt.Errorf("say %q to the console: %w", line, err)
	}
	return nil
}

// String is all of it.
func (c *Console) String() string { return strings.Join(c.lines.from(0), "\n") }

// Last is its last lines, at most n.
func (c *Console) Last(n int) []string { return c.lines.from(max(0, c.lines.len()-n)) }

// Reader reads the console from its beginning.
func (c *Console) Reader() *ConsoleReader { return &ConsoleReader{console: c} }

// ConsoleReader is a place in what the console says. For one goroutine.
type ConsoleReader struct {
	console *Console
	at      int
}

// Await waits for a line that holds all of the texts, and goes on after it.
func (r *ConsoleReader) Await(ctx context.Context, texts ...string) (string, error) {
	line, at, err := r.console.lines.await(ctx, r.at, func(line string) bool {
		for _, t := range texts {
			if !strings.Contains(line, t) {
				return false
			}
		}
		return true
	})
	if err != nil {
		last := r.console.lines.from(max(0, r.console.lines.len()-1))
		return "", fmt.Errorf("wait for %q on the console: %w; it says last: %q", texts, err, last)
	}
	r.at = at
	return line, nil
}

// Skip goes to the end of what is said so far.
func (r *ConsoleReader) Skip() { r.at = r.console.lines.len() }
