package demo

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"till/boards"
	"till/device"
	"till/display"
	"till/printer"
	"till/printer/emulator"
	"till/scanner"
)

// world is what stands on the counter around the terminal and outlives a power
// cut: the panel's picture, the paper, the drawer, the light, the scanner.
type world struct {
	socket    string
	temporary string // the socket's folder if it was made for it alone
	listener  net.Listener
	hub       *hub
	log       *slog.Logger
	paper     *emulator.Printer

	mu      sync.Mutex
	moved   *sync.Cond // of mu: updates, pins or a peripheral changed
	panel   *image.RGBA
	frames  int           // for the page: grows with every change of the panel
	boot    int           // grows with every power cut: news of an older boot is dropped
	updates int           // of this boot
	pins    int           // of this boot
	state   []byte        // state.json; nil while the firmware is off
	up      chan struct{} // closed once state is not nil

	input   *display.BenchInputClient
	scanner *scanner.BenchClient

	kicks  int
	buzzer int
	led    device.LED
}

var errOff = errors.New("the terminal is off")

// maxSocket is the longest path of a Unix socket that every system takes, in bytes.
const maxSocket = 100

// benchSocket is where the bench listens: in the demo's own folder, so that
// nothing is left elsewhere even after a SIGKILL, or in a temporary one, which
// is removed at the end, if that path is too long.
func benchSocket(folder string) (socket, temporary string, err error) {
	socket = filepath.Join(folder, "bench")
	if len(socket) <= maxSocket {
		err = os.Remove(socket) // of a demo that was killed: the folder is locked, so nobody listens
		if errors.Is(err, os.ErrNotExist) {
			err = nil
		}
		return socket, "", err
	}
	temporary, err = os.MkdirTemp("", "till-")
	return filepath.Join(temporary, "bench"), temporary, err
}

// newWorld makes the world of a demo that keeps everything in folder.
func newWorld(board boards.Board, folder string, h *hub, log *slog.Logger) (*world, error) {
	socket, temporary, err := benchSocket(folder)
	if err != nil {
		return nil, fmt.Errorf("make the bench: %w", err)
	}
	l, err := net.Listen("unix", socket)
	if err != nil {
		err = fmt.Errorf("make the bench: %w", err)
		if temporary != "" {
			err = errors.Join(err, os.RemoveAll(temporary))
		}
		return nil, err
	}
	w := &world{
		socket: socket, temporary: temporary, listener: l, hub: h, log: log, led: device.LEDOff,
		panel: image.NewRGBA(image.Rect(0, 0, board.Panel.Width, board.Panel.Height)), up: make(chan struct{}),
	}
	w.moved = sync.NewCond(&w.mu)
	w.paper = emulator.New(printer.Profile80(), emulator.Events{
		Document: func(emulator.Document) { w.publishPaper() },
		State:    w.publishPeripherals,
		Moved:    w.publishPaper,
	})
	w.blank()
	w.publishPaper()
	w.publishPeripherals()
	h.publishRaw("state", []byte("null"))
	go w.accept()
	return w, nil
}

func (w *world) close() {
	w.listener.Close() // removes the socket
	if w.temporary == "" {
		return
	}
	if err := os.RemoveAll(w.temporary); err != nil {
		w.log.Warn("remove the bench", "err", err)
	}
}

// blank is the panel without power.
func (w *world) blank() {
	draw.Draw(w.panel, w.panel.Rect, image.Black, image.Point{}, draw.Src)
	w.frames++
}

// powerOff forgets what only a running terminal has.
func (w *world) powerOff() {
	w.mu.Lock()
	w.boot++
	w.updates, w.pins = 0, 0
	w.input, w.scanner = nil, nil
	if w.state != nil {
		w.state, w.up = nil, make(chan struct{})
	}
	w.led = device.LEDOff
	w.blank()
	frames := w.frames
	w.moved.Broadcast()
	w.mu.Unlock()
	w.hub.publishRaw("state", []byte("null"))
	w.hub.publish("screen", map[string]int{"version": frames})
	w.publishPeripherals()
}

func (w *world) accept() {
	for {
		conn, err := w.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		w.mu.Lock()
		boot := w.boot
		w.mu.Unlock()
		go func() {
			defer conn.Close()
			if err := w.serve(conn, boot); err != nil && w.current(boot) {
				w.log.Debug("bench", "err", err)
			}
		}()
	}
}

func (w *world) current(boot int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.boot == boot
}

// serve is the world's end of one peripheral.
func (w *world) serve(conn net.Conn, boot int) error {
	peripheral, err := device.AcceptBench(conn)
	if err != nil {
		return err
	}
	switch peripheral {
	case device.BenchDisplay:
		return w.serveDisplay(conn, boot)
	case device.BenchPins:
		return w.servePins(conn, boot)
	case device.BenchMonitor:
		return w.serveMonitor(conn, boot)
	case device.BenchPrinter:
		return w.paper.Serve(conn)
	case device.BenchInput:
		w.plug(boot, func() { w.input = display.NewBenchInputClient(conn) })
	case device.BenchScanner:
		w.plug(boot, func() { w.scanner = scanner.NewBenchClient(conn) })
	default:
		return fmt.Errorf("no peripheral is called %.20q", string(peripheral))
	}
	// The clients read the connection; it is kept open until the power goes.
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.boot == boot {
		w.moved.Wait()
	}
	return nil
}

func (w *world) plug(boot int, set func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.boot == boot {
		set()
		w.moved.Broadcast()
	}
}

func (w *world) serveDisplay(conn net.Conn, boot int) error {
	return display.NewBenchReader(conn).Run(func(screen *image.RGBA, changed image.Rectangle) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.boot != boot {
			return
		}
		draw.Draw(w.panel, changed, screen, changed.Min, draw.Src)
		w.updates++
		w.frames++
		w.moved.Broadcast()
	})
}

func (w *world) servePins(conn net.Conn, boot int) error {
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		var e device.PinEvent
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return fmt.Errorf("pins: %w", err)
		}
		w.mu.Lock()
		if w.boot != boot {
			w.mu.Unlock()
			return errOff
		}
		if e.Drawer {
			w.kicks++
		}
		if e.Sound != "" && e.Sound != "read" {
			w.buzzer++
		}
		if e.LED != "" {
			w.led = e.LED
		}
		w.pins++
		w.moved.Broadcast()
		w.mu.Unlock()
		w.publishPeripherals()
	}
	return lines.Err()
}

// barrierWait bounds how long a state waits for the panel and pins that belong to it.
const barrierWait = time.Second

// maxState bounds a line of the monitor, in bytes.
const maxState = 1 << 20

func (w *world) serveMonitor(conn net.Conn, boot int) error {
	lines := bufio.NewScanner(conn)
	lines.Buffer(make([]byte, 64<<10), maxState)
	for lines.Scan() {
		state := bytes.Clone(lines.Bytes())
		var marks struct{ Updates, Pins int }
		if err := json.Unmarshal(state, &marks); err != nil {
			return fmt.Errorf("monitor: %w", err)
		}
		if !w.adopt(boot, state, marks.Updates, marks.Pins) {
			return errOff
		}
		if _, err := conn.Write([]byte("\n")); err != nil {
			return fmt.Errorf("monitor: %w", err)
		}
	}
	return lines.Err()
}

// adopt takes a state once the panel and the pins are as far.
func (w *world) adopt(boot int, state []byte, updates, pins int) bool {
	give := time.AfterFunc(barrierWait, w.moved.Broadcast)
	defer give.Stop()
	deadline := time.Now().Add(barrierWait)
	w.mu.Lock()
	for w.boot == boot && (w.updates < updates || w.pins < pins) && time.Now().Before(deadline) {
		w.moved.Wait()
	}
	if w.boot != boot {
		w.mu.Unlock()
		return false
	}
	first := w.state == nil
	w.state = state
	frames := w.frames
	if first {
		close(w.up)
	}
	w.mu.Unlock()
	w.hub.publish("screen", map[string]int{"version": frames})
	w.hub.publishRaw("state", state)
	return true
}

// isUp says whether the firmware has shown its first screen; the channel is
// closed once it has.
func (w *world) isUp() (bool, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.state != nil, w.up
}

func (w *world) stateJSON() ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.state == nil {
		return nil, errOff
	}
	return w.state, nil
}

// screen is a copy of the very frame on the panel.
func (w *world) screen() (*image.RGBA, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.state == nil {
		return nil, errOff
	}
	return &image.RGBA{Pix: bytes.Clone(w.panel.Pix), Stride: w.panel.Stride, Rect: w.panel.Rect}, nil
}

// press is a touch, a key or a button, and waits until it is handled.
func (w *world) press(ctx context.Context, e display.InputEvent) error {
	w.mu.Lock()
	client := w.input
	if w.state == nil {
		client = nil
	}
	w.mu.Unlock()
	if client == nil {
		return errOff
	}
	return client.Send(ctx, e)
}

// scan is what the scanner reads, and waits until it is handled.
func (w *world) scan(ctx context.Context, data []byte) error {
	w.mu.Lock()
	client := w.scanner
	if w.state == nil {
		client = nil
	}
	w.mu.Unlock()
	if client == nil {
		return errOff
	}
	return client.Scan(ctx, data)
}

// peripherals is peripherals.json.
type peripherals struct {
	Kicks   int        `json:"drawer_kicks"`
	LED     device.LED `json:"led"`
	Buzzer  int        `json:"buzzer"`
	Printer string     `json:"printer"`
}

func (w *world) peripherals() peripherals {
	paper := "ready"
	switch w.paper.State() {
	case printer.StateNoPaper, printer.StateCoverOpen:
		paper = "no-paper"
	case printer.StateOff:
		paper = "off"
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return peripherals{Kicks: w.kicks + w.paper.Kicks(), LED: w.led, Buzzer: w.buzzer, Printer: paper}
}

func (w *world) publishPeripherals() { w.hub.publish("peripherals", w.peripherals()) }

func (w *world) publishPaper() {
	_, printing := w.paper.Partial()
	w.hub.publish("paper", struct {
		Version  int  `json:"version"`
		Printing bool `json:"printing"`
	}{w.paper.Count(), printing})
}
