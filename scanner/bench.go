package scanner

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// The bench protocol for scans, over a stream such as a Unix socket: one JSON
// object a line each way. The world sends {"id":7,"data":"<base64>"}, ids from
// 1; the firmware answers {"id":7} once the scan was handled, or
// {"id":7,"error":"…"}. A line that cannot be read is answered with id 0.

const (
	maxBenchLine   = 128 << 10 // bytes, newline included
	maxAnswerLine  = 4 << 10
	benchName      = "bench"
	maxBenchScan   = 90 << 10 // bytes; in base64, with the rest of the line, below maxBenchLine
	benchBufferLen = 4 << 10
)

type benchScan struct {
	ID   uint64  `json:"id"`
	Data *string `json:"data"` // base64, with padding
}

type benchAnswer struct {
	ID    uint64 `json:"id"`
	Error string `json:"error,omitempty"`
}

// Bench is the scanner of the sim board: the firmware's end of the bench.
type Bench struct {
	conn   io.ReadWriter
	reader *bufio.Reader
	now    func() time.Time
}

// NewBench reads scans from conn, dated by now. To be interrupted, conn needs
// SetDeadline or Close (a net.Conn has both).
func NewBench(conn io.ReadWriter, now func() time.Time) *Bench {
	return &Bench{conn: conn, reader: bufio.NewReaderSize(conn, benchBufferLen), now: now}
}

// Name is "bench".
func (b *Bench) Name() string { return benchName }

// Run answers each scan after handle has returned. See Source.
func (b *Bench) Run(ctx context.Context, handle func(Scan)) error {
	stop, _ := interruptible(ctx, b.conn) // else ctx is looked at between lines
	defer stop()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		line, err := readLine(b.reader, maxBenchLine)
		var answer benchAnswer
		switch {
		case errors.Is(err, errLineTooLong):
			answer.Error = err.Error()
		case err != nil:
			return gone(ctx, "read a scan from the bench", err)
		case len(line) == 0:
			continue
		default:
			id, data, err := parseBenchScan(line)
			answer.ID = id
			if err != nil {
				answer.Error = err.Error()
				break
			}
			handle(NewScan(data, benchName, b.now()))
		}
		if err := writeLine(b.conn, answer); err != nil {
			return gone(ctx, "answer the bench", err)
		}
	}
}

// gone is why a Run ended: because it was told to, or because of err.
func gone(ctx context.Context, step string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("%s: %w: %w", step, ErrGone, err)
}

// parseBenchScan's errors tell nothing of the data, which is a secret.
func parseBenchScan(line []byte) (id uint64, data []byte, err error) {
	var scan benchScan
	if err := json.Unmarshal(line, &scan); err != nil {
		return 0, nil, errors.New(`the line is not {"id":1,"data":"base64"}`)
	}
	if scan.Data == nil {
		return scan.ID, nil, errors.New("the line has no data")
	}
	data, err = base64.StdEncoding.DecodeString(*scan.Data)
	if err != nil {
		return scan.ID, nil, errors.New("the data is not base64")
	}
	return scan.ID, data, nil
}

var errLineTooLong = errors.New("line too long")

// readLine reads up to a newline and takes it off. A line of more than limit
// bytes is read to its end and dropped: the next call begins with the next line.
func readLine(r *bufio.Reader, limit int) ([]byte, error) {
	var line []byte
	tooLong := false
	for {
		part, err := r.ReadSlice('\n')
		if tooLong = tooLong || len(line)+len(part) > limit; !tooLong {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil:
			return nil, err
		case tooLong:
			return nil, fmt.Errorf("%w: more than %d bytes", errLineTooLong, limit)
		default:
			return line[:len(line)-1], nil
		}
	}
}

func writeLine(w io.Writer, message any) error {
	line, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	_, err = w.Write(append(line, '\n'))
	return err
}

// BenchClient is the world's end of the bench: what holds a code before the
// simulated scanner.
type BenchClient struct {
	conn  io.ReadWriter
	lines chan []byte   // to the writing goroutine, whole lines
	done  chan struct{} // closed when the connection has ended

	mu      sync.Mutex
	last    uint64
	waiting map[uint64]chan benchAnswer
	ended   error // why, once done is closed
}

// NewBenchClient speaks over conn until conn ends; whoever closes conn ends the
// client's two goroutines with it.
func NewBenchClient(conn io.ReadWriter) *BenchClient {
	c := &BenchClient{
		conn:    conn,
		lines:   make(chan []byte),
		done:    make(chan struct{}),
		waiting: map[uint64]chan benchAnswer{},
	}
	go c.read()
	go c.write()
	return c
}

// Scan has the firmware scan data (at most 90 KiB) and returns once it was
// handled. The error wraps ErrGone when the firmware is gone. When ctx ends
// first, the scan may or may not be handled. Any number may call it at once.
func (c *BenchClient) Scan(ctx context.Context, data []byte) error {
	if len(data) > maxBenchScan {
		return fmt.Errorf("scan on the bench: %d bytes, at most %d", len(data), maxBenchScan)
	}
	answers := make(chan benchAnswer, 1)
	id := c.expect(answers)
	defer c.forget(id)

	text := base64.StdEncoding.EncodeToString(data)
	line, err := json.Marshal(benchScan{ID: id, Data: &text})
	if err != nil {
		return fmt.Errorf("scan on the bench: encode: %w", err)
	}
	select {
	case c.lines <- append(line, '\n'):
	case <-c.done:
		return c.why()
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case answer := <-answers:
		return answer.asError()
	case <-ctx.Done():
		return ctx.Err()
	case <-c.done:
	}
	select { // the answer may have come before the end did
	case answer := <-answers:
		return answer.asError()
	default:
		return c.why()
	}
}

func (a benchAnswer) asError() error {
	if a.Error != "" {
		return fmt.Errorf("scan on the bench: the firmware answered: %s", a.Error)
	}
	return nil
}

func (c *BenchClient) expect(answers chan benchAnswer) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last++
	c.waiting[c.last] = answers
	return c.last
}

func (c *BenchClient) forget(id uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.waiting, id)
}

// read gives answers to who waits for them. One with id 0 is to a line the
// firmware could not read; nobody knows whose, so all who wait are told.
func (c *BenchClient) read() {
	r := bufio.NewReaderSize(c.conn, benchBufferLen)
	for {
		line, err := readLine(r, maxAnswerLine)
		var answer benchAnswer
		if err == nil {
			err = json.Unmarshal(line, &answer)
		}
		if err != nil {
			c.end(err)
			return
		}
		c.mu.Lock()
		for id, answers := range c.waiting {
			if id == answer.ID || answer.ID == 0 {
				answers <- answer // it has room for the one answer there is
				delete(c.waiting, id)
			}
		}
		c.mu.Unlock()
	}
}

// write is alone in writing, so that a Scan given up by its caller leaves no
// half a line behind.
func (c *BenchClient) write() {
	for {
		select {
		case line := <-c.lines:
			if _, err := c.conn.Write(line); err != nil {
				c.end(err)
				return
			}
		case <-c.done:
			return
		}
	}
}

func (c *BenchClient) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended == nil {
		c.ended = fmt.Errorf("scan on the bench: %w: %w", ErrGone, err)
		close(c.done)
	}
}

func (c *BenchClient) why() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended
}

var _ Source = (*Bench)(nil)
