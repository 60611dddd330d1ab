package display

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// InputError is the terminal's refusal of an input.
type InputError struct {
	Code    string // "" if the terminal gave none
	Message string
}

func (e *InputError) Error() string { return e.Message }

// ErrInputGone says that the terminal's end of the inputs is gone: it was
// switched off, or is starting again. The input may have been handled.
var ErrInputGone = errors.New("the terminal is not there")

// BenchInputClient is the world's end of the sim board's inputs. Safe for
// concurrent use.
type BenchInputClient struct {
	conn    io.ReadWriter
	writing sync.Mutex // lines are written whole

	mu      sync.Mutex
	last    int64
	waiting map[int64]chan benchAnswer // nil: gone
}

// NewBenchInputClient sends inputs over conn. It reads from conn until that is
// closed, which is the caller's to do, and ends it.
func NewBenchInputClient(conn io.ReadWriter) *BenchInputClient {
	c := &BenchInputClient{conn: conn, waiting: map[int64]chan benchAnswer{}}
	go c.read()
	return c
}

// Send returns once the terminal has handled e: nil, an *InputError if it was
// refused, ErrInputGone, or the context's error (it may still be handled).
func (c *BenchInputClient) Send(ctx context.Context, e InputEvent) error {
	if err := e.Validate(); err != nil {
		return &InputError{Code: CodeBadInput, Message: err.Error()}
	}
	id, answer, err := c.expect()
	if err != nil {
		return err
	}
	defer c.forget(id)
	in := benchInput{ID: id, Key: e.Key, Button: e.Button}
	if e.Touch != nil {
		in.Touch = &benchTouch{X: e.Touch.X, Y: e.Touch.Y}
	}
	c.writing.Lock()
	err = writeLine(c.conn, in)
	c.writing.Unlock()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInputGone, err)
	}
	select {
	case a, ok := <-answer:
		switch {
		case !ok:
			return ErrInputGone
		case a.Error != "":
			return &InputError{Code: a.Code, Message: a.Error}
		default:
			return nil
		}
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *BenchInputClient) expect() (int64, <-chan benchAnswer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiting == nil {
		return 0, nil, ErrInputGone
	}
	c.last++
	answer := make(chan benchAnswer, 1) // read never waits for a caller that gave up
	c.waiting[c.last] = answer
	return c.last, answer, nil
}

func (c *BenchInputClient) forget(id int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.waiting, id)
}

// read hands out answers until the connection ends, then ends every Send.
func (c *BenchInputClient) read() {
	lines := newLineReader(c.conn)
	for {
		line, err := lines.next()
		if err != nil {
			break
		}
		var a benchAnswer
		if json.Unmarshal(line, &a) != nil {
			break // not a terminal
		}
		c.mu.Lock()
		answer := c.waiting[a.ID]
		delete(c.waiting, a.ID)
		c.mu.Unlock()
		if answer != nil {
			answer <- a
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, answer := range c.waiting {
		close(answer)
	}
	c.waiting = nil
}
