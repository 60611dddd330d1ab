package display

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io"
	"slices"
	"strings"
)

// The sim board's touch panel and number pad are at the other end of a
// connection. Each line is a JSON object with one of touch, key and button:
//
//	{"id":1,"touch":{"x":1,"y":2}}   px from the panel's upper left corner
//	{"id":2,"key":"5"}               of a USB number pad: see Keys
//	{"id":3,"button":"qr"}           a button of the screen, by its ID
//
// Each is answered, in order, once it was handled:
//
//	{"id":1}
//	{"id":3,"error":"there is no button qr","code":"no_button"}
//
// A line is at most maxLine bytes. One that cannot be understood is answered
// with the code "bad_input", with id 0 if it has none.
const maxLine = 64 << 10

// CodeBadInput is the code of the answer to a line that cannot be understood.
const CodeBadInput = "bad_input"

// keys are those of a USB number pad.
var keys = []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "00", ".", "enter", "backspace", "esc"}

// Keys lists the names of a number pad's keys.
func Keys() []string { return slices.Clone(keys) }

// InputEvent is one thing a person did. Exactly one field is set.
type InputEvent struct {
	Touch  *image.Point // px
	Key    string       // one of Keys
	Button string       // a placed button's ID
}

// Validate checks that exactly one field is set, and with something known.
func (e InputEvent) Validate() error {
	set := 0
	if e.Touch != nil {
		set++
	}
	if e.Key != "" {
		set++
		if !isKey(e.Key) {
			return fmt.Errorf("key %.20q is none of %s", e.Key, strings.Join(keys, " "))
		}
	}
	if e.Button != "" {
		set++
		if len(e.Button) > maxButtonID {
			return fmt.Errorf("button ID of %d bytes, at most %d", len(e.Button), maxButtonID)
		}
	}
	if set != 1 {
		return errors.New("an input is one of touch, key and button")
	}
	return nil
}

const maxButtonID = 64

func isKey(key string) bool {
	return slices.Contains(keys, key)
}

// Input is a source of what people do at the terminal.
type Input interface {
	// Run calls handle for every event, one at a time, until ctx ends (its
	// error), the source is gone (nil), or it breaks.
	Run(ctx context.Context, handle func(InputEvent) error) error
}

type benchInput struct {
	ID     int64       `json:"id"`
	Touch  *benchTouch `json:"touch,omitempty"`
	Key    string      `json:"key,omitempty"`
	Button string      `json:"button,omitempty"`
}

type benchTouch struct {
	X int `json:"x"`
	Y int `json:"y"`
}

type benchAnswer struct {
	ID    int64  `json:"id"`
	Error string `json:"error,omitempty"`
	Code  string `json:"code,omitempty"`
}

// BenchInput is the terminal's end of the sim board's inputs.
type BenchInput struct {
	conn io.ReadWriter
}

var _ Input = (*BenchInput)(nil)

// NewBenchInput reads inputs from conn and answers them there. Run closes conn,
// if it can be closed, when its context ends: nothing else wakes a read.
func NewBenchInput(conn io.ReadWriter) *BenchInput { return &BenchInput{conn: conn} }

// Run implements Input. An event is answered after handle has returned; an
// error of handle is the answer, with its code if it has a method Code() string.
func (b *BenchInput) Run(ctx context.Context, handle func(InputEvent) error) error {
	defer closeWith(ctx, b.conn)()
	lines := newLineReader(b.conn)
	for {
		line, err := lines.next()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errors.Is(err, errLineTooLong) {
			if err := b.answer(benchAnswer{Error: err.Error(), Code: CodeBadInput}); err != nil {
				return err
			}
			continue
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the bench's input: %w", err)
		}
		if err := b.answer(b.handle(line, handle)); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return err
		}
	}
}

func (b *BenchInput) handle(line []byte, handle func(InputEvent) error) benchAnswer {
	id, event, err := parseInput(line)
	if err != nil {
		return benchAnswer{ID: id, Error: err.Error(), Code: CodeBadInput}
	}
	if err := handle(event); err != nil {
		a := benchAnswer{ID: id, Error: err.Error()}
		var coded interface{ Code() string }
		if errors.As(err, &coded) {
			a.Code = coded.Code()
		}
		if a.Error == "" {
			a.Error = "refused" // an answer without an error means handled
		}
		return a
	}
	return benchAnswer{ID: id}
}

func (b *BenchInput) answer(a benchAnswer) error {
	return writeLine(b.conn, a)
}

// parseInput reads one line. The id is returned with an error too, if there was one.
func parseInput(line []byte) (int64, InputEvent, error) {
	var in benchInput
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return in.ID, InputEvent{}, fmt.Errorf("read an input: %w", err)
	}
	if rest := bytes.TrimSpace(line[d.InputOffset():]); len(rest) > 0 {
		return in.ID, InputEvent{}, errors.New("read an input: more than one object on the line")
	}
	e := InputEvent{Key: in.Key, Button: in.Button}
	if in.Touch != nil {
		e.Touch = &image.Point{X: in.Touch.X, Y: in.Touch.Y}
	}
	return in.ID, e, e.Validate()
}

var errLineTooLong = fmt.Errorf("line longer than %d bytes", maxLine)

// lineReader reads lines of at most maxLine bytes, and finds the next one after
// a longer one.
type lineReader struct{ r *bufio.Reader }

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{bufio.NewReaderSize(r, maxLine+1)}
}

// next is the next line that is not empty, valid until the call after it.
func (l *lineReader) next() ([]byte, error) {
	for {
		line, err := l.r.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			for errors.Is(err, bufio.ErrBufferFull) {
				_, err = l.r.ReadSlice('\n')
			}
			if err != nil {
				return nil, err
			}
			return nil, errLineTooLong
		}
		if err != nil {
			return nil, err // a line without its end is of a connection cut off
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			return line, nil
		}
	}
}

func writeLine(w io.Writer, v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode a bench line: %w", err)
	}
	if _, err := w.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("write a bench line: %w", err)
	}
	return nil
}

// closeWith closes conn when ctx ends, until the function it returns is called.
func closeWith(ctx context.Context, conn any) (stop func()) {
	c, ok := conn.(io.Closer)
	if !ok {
		return func() {}
	}
	cancel := context.AfterFunc(ctx, func() {
		_ = c.Close() // the read it wakes says what there is to say
	})
	return func() { cancel() }
}
