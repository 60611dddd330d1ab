package device

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"till/boards"
	"till/display"
	"till/printer"
	"till/scanner"
)

// The bench is a Unix socket with a simulated world behind it. Every peripheral
// is a connection of its own, which begins with a line that names it:
//
//	till-bench 1 display
//
// After that it speaks the peripheral's own protocol: display and input those
// of package display, scanner that of package scanner, printer ESC/POS, pins
// and monitor those of this file.
const greeting = "till-bench 1 "

// Peripheral names a connection of the bench.
type Peripheral string

// The peripherals of a bench.
const (
	BenchDisplay Peripheral = "display"
	BenchInput   Peripheral = "input"
	BenchScanner Peripheral = "scanner"
	BenchPrinter Peripheral = "printer"
	BenchPins    Peripheral = "pins"
	BenchMonitor Peripheral = "monitor"
)

const maxGreeting = 64

// dialBench connects one peripheral.
func dialBench(ctx context.Context, socket string, p Peripheral) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, fmt.Errorf("connect %s to the bench: %w", p, err)
	}
	if _, err := io.WriteString(conn, greeting+string(p)+"\n"); err != nil {
		return nil, errors.Join(fmt.Errorf("connect %s to the bench: %w", p, err), conn.Close())
	}
	return conn, nil
}

// AcceptBench reads the line that names a connection, at the world's end. It
// reads no byte beyond it.
func AcceptBench(conn net.Conn) (Peripheral, error) {
	var line strings.Builder
	one := make([]byte, 1)
	for line.Len() < maxGreeting {
		if _, err := conn.Read(one); err != nil {
			return "", fmt.Errorf("bench connection: %w", err)
		}
		if one[0] == '\n' {
			name, ok := strings.CutPrefix(line.String(), greeting)
			if !ok {
				return "", fmt.Errorf("bench connection begins with %q", line.String())
			}
			return Peripheral(name), nil
		}
		line.WriteByte(one[0])
	}
	return "", fmt.Errorf("bench connection: no greeting within %d bytes", maxGreeting)
}

func openBench(ctx context.Context, board boards.Board, socket string, now func() time.Time) (*Device, error) {
	d := &Device{Vitals: NewVitals()}
	conns := map[Peripheral]net.Conn{}
	for _, p := range []Peripheral{BenchDisplay, BenchInput, BenchScanner, BenchPins, BenchMonitor} {
		conn, err := dialBench(ctx, socket, p)
		if err != nil {
			return nil, errors.Join(err, d.Close())
		}
		d.closers = append(d.closers, conn.Close)
		conns[p] = conn
	}
	d.Display = display.NewBench(conns[BenchDisplay], size(board.Panel))
	d.Input = display.NewBenchInput(conns[BenchInput])
	d.Scanner = scanner.NewBench(conns[BenchScanner], now)
	d.Pins = NewBenchPins(conns[BenchPins])
	d.Monitor = &Monitor{conn: conns[BenchMonitor], answers: bufio.NewReader(conns[BenchMonitor])}
	d.OpenPrinter = func(ctx context.Context) (printer.Transport, error) {
		return dialBench(ctx, socket, BenchPrinter)
	}
	return d, nil
}

// PinEvent is one line of the pins' connection: what moved.
type PinEvent struct {
	Drawer bool  `json:"drawer,omitempty"`
	LED    LED   `json:"led,omitempty"`
	Sound  Sound `json:"sound,omitempty"`
}

// benchPins sends each movement as a line of JSON.
type benchPins struct {
	mu   sync.Mutex
	conn io.Writer
}

var _ Pins = (*benchPins)(nil)

// NewBenchPins tells what moves to the other end of conn.
func NewBenchPins(conn io.Writer) Pins { return &benchPins{conn: conn} }

func (b *benchPins) send(e PinEvent) error {
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("move a pin: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, err := b.conn.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("move a pin: %w", err)
	}
	return nil
}

func (b *benchPins) KickDrawer() error { return b.send(PinEvent{Drawer: true}) }

func (b *benchPins) SetLED(c LED) error {
	if err := checkLED(c); err != nil {
		return err
	}
	if c == LEDBlinking {
		c = LEDAmber // a bench's light has four colours
	}
	return b.send(PinEvent{LED: c})
}

func (b *benchPins) Play(s Sound) error {
	if _, err := pattern(s); err != nil {
		return err
	}
	return b.send(PinEvent{Sound: s})
}

// Monitor shows the bench what the terminal holds, one line of JSON a step. The
// bench answers each line once it has it, so that whoever caused a step sees
// its outcome as soon as the step is answered.
type Monitor struct {
	conn    net.Conn
	answers *bufio.Reader
}

// monitorWait bounds how long a bench may take with a line.
const monitorWait = 2 * time.Second

// Show sends one line, and waits until the bench has it.
func (m *Monitor) Show(line []byte) error {
	if err := m.conn.SetDeadline(time.Now().Add(monitorWait)); err != nil {
		return fmt.Errorf("show the bench: %w", err)
	}
	if _, err := m.conn.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("show the bench: %w", err)
	}
	if _, err := m.answers.ReadByte(); err != nil {
		return fmt.Errorf("show the bench: %w", err)
	}
	return nil
}
