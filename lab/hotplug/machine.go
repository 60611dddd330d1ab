package hotplug

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"periph.io/x/conn/v3/spi"

	"till/boards"
	"till/device"
	"till/display"
	"till/printer"
	"till/printer/emulator"
	"till/scanner"
)

// Machine is a board with four sockets, into which a display, a touch panel, a
// scanner and a printer are plugged. A number pad is soldered on.
type Machine struct {
	Display DisplaySocket
	Touch   TouchSocket
	Scanner ScannerSocket
	Printer PrinterSocket
	Pad     *display.FakeEvdevDevice

	evdev    *display.FakeEvdev
	scanners *scanner.FakeSystem
}

// Socket is where something is plugged in.
type Socket interface {
	Plug() error
	Unplug() error
}

// NewMachine has everything plugged in. printed is told of each slip of paper.
func NewMachine(profile printer.Profile, printed func(emulator.Document)) (*Machine, error) {
	m := &Machine{evdev: display.NewFakeEvdev(), scanners: scanner.NewFakeSystem()}
	m.Touch.evdev, m.Scanner.system = m.evdev, m.scanners
	m.Pad = m.evdev.Plug("/dev/input/event0", display.EvdevInfo{Name: "number pad", Keys: codes(79, 96)})
	m.Printer.Emulator = emulator.New(profile, emulator.Events{Document: printed})
	for _, s := range m.Sockets() {
		if err := s.Plug(); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// Sockets are the machine's, by what belongs in them.
func (m *Machine) Sockets() map[string]Socket {
	return map[string]Socket{"display": &m.Display, "touch": &m.Touch, "scanner": &m.Scanner, "printer": &m.Printer}
}

// Device is the machine as the terminal opens it.
func (m *Machine) Device() *device.Machine {
	return &device.Machine{
		Header: func(boards.GPIO) (device.Header, error) { return device.NewFakeHeader(), nil },
		Framebuffer: func(string, display.FramebufferOptions) (display.Surface, error) {
			return m.Display.open()
		},
		SPI:      func(int, int) (spi.PortCloser, error) { return nil, fs.ErrNotExist },
		Evdev:    m.evdev,
		Scanners: m.scanners,
		Printers: &m.Printer,
		Watchdog: func(string) (device.WatchdogTimer, error) { return &device.FakeWatchdog{}, nil },
		Health: device.HealthFiles{
			ReadFile: func(string) ([]byte, error) { return nil, fs.ErrNotExist },
			Glob:     func(string) ([]string, error) { return nil, nil },
			Disk:     func(string) (uint64, uint64, error) { return 0, 0, fs.ErrNotExist },
		},
	}
}

func codes(all ...uint16) map[uint16]bool {
	m := map[uint16]bool{}
	for _, c := range all {
		m[c] = true
	}
	return m
}

// panelSize is the display's in px, and geometry its memory, as vc4 has it.
var (
	panelSize = image.Pt(800, 480)
	geometry  = display.FBGeometry{
		Size: panelSize, Stride: 2 * panelSize.X,
		Format: display.PixelFormat{
			Bits: 16, Red: display.Channel{Offset: 11, Length: 5}, Green: display.Channel{Offset: 5, Length: 6}, Blue: display.Channel{Length: 5},
		},
	}
)

// DisplaySocket is a framebuffer that comes and goes.
type DisplaySocket struct {
	mu     sync.Mutex
	memory []byte // of what is plugged in; nil: nothing is
}

// Plug plugs in a display that shows nothing yet.
func (s *DisplaySocket) Plug() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.memory = make([]byte, geometry.Stride*geometry.Size.Y)
	return nil
}

// Unplug pulls it out.
func (s *DisplaySocket) Unplug() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.memory = nil
	return nil
}

func (s *DisplaySocket) open() (display.Surface, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.memory == nil {
		return nil, fs.ErrNotExist
	}
	fb, err := display.NewFramebuffer(s.memory, geometry, 0)
	if err != nil {
		return nil, err
	}
	return &socketPanel{fb, s, &s.memory[0]}, nil
}

// Bar is the status bar's pixels, as the panel's memory has them; nil without a display.
func (s *DisplaySocket) Bar(rows int) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.memory == nil {
		return nil
	}
	return append([]byte(nil), s.memory[:rows*geometry.Stride]...)
}

// socketPanel is a framebuffer whose driver says when it is gone. Its lock is
// the socket's, so that its memory can be looked at while it is drawn on.
type socketPanel struct {
	*display.Framebuffer
	socket *DisplaySocket
	first  *byte // of its memory
}

func (p *socketPanel) Check() error {
	p.socket.mu.Lock()
	defer p.socket.mu.Unlock()
	if p.socket.memory == nil || &p.socket.memory[0] != p.first {
		return syscall.ENODEV
	}
	return nil
}

func (p *socketPanel) Draw(frame *image.RGBA, r image.Rectangle) error {
	p.socket.mu.Lock()
	defer p.socket.mu.Unlock()
	return p.Framebuffer.Draw(frame, r)
}

// TouchSocket is a touch panel that comes and goes.
type TouchSocket struct {
	evdev *display.FakeEvdev

	mu    sync.Mutex
	panel *display.FakeEvdevDevice
}

const touchPath = "/dev/input/event1"

// Plug plugs in a panel.
func (s *TouchSocket) Plug() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.panel = s.evdev.Plug(touchPath, display.EvdevInfo{
		Name: "touch panel", Keys: codes(0x14a), Axes: codes(0, 1),
		X: display.AxisRange{Max: int32(panelSize.X)}, Y: display.AxisRange{Max: int32(panelSize.Y)},
	})
	return nil
}

// Unplug pulls it out.
func (s *TouchSocket) Unplug() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.panel = nil
	s.evdev.Unplug(touchPath)
	return nil
}

// Panel is what is plugged in; nil if nothing is.
func (s *TouchSocket) Panel() *display.FakeEvdevDevice {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.panel
}

// ScannerSocket is a keyboard scanner that comes and goes.
type ScannerSocket struct {
	system *scanner.FakeSystem

	mu      sync.Mutex
	times   int
	scanner *scanner.FakeKeys
}

const scannerPath = "/dev/input/event2"

// Plug plugs in a scanner.
func (s *ScannerSocket) Plug() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.times++
	s.scanner = s.system.PlugKeys(scanner.Node{
		Path: scannerPath, Name: "Barcode Scanner", Device: "usb-1.2", Phys: "usb-" + strconv.Itoa(s.times), Types: true,
		ID: scanner.InputID{Bus: 3, Vendor: 0x0C2E, Product: 0x0200},
	})
	return nil
}

// Unplug pulls it out.
func (s *ScannerSocket) Unplug() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scanner = nil
	s.system.Unplug(scannerPath)
	return nil
}

// Keys is what is plugged in; nil if nothing is.
func (s *ScannerSocket) Keys() *scanner.FakeKeys {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.scanner
}

// PrinterSocket is a serial printer's cable: a pseudo-terminal, which the real
// driver opens, with an emulated printer at its other end. The printer itself
// keeps its power, or loses it.
type PrinterSocket struct {
	Emulator *emulator.Printer

	mu     sync.Mutex
	held   *os.File // the printer's end; nil: nothing is plugged in
	line   *os.File // the terminal's end, so that it outlives whoever opens it there
	path   string
	served sync.WaitGroup
	loseAt int // slips; then the cable is pulled before a word is said; 0: it is not
	silent bool
}

// Silence makes it a printer that answers nothing.
func (s *PrinterSocket) Silence() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.silent = true
}

// LoseNext pulls the cable when the next slip is out and the printer is about to
// say so.
func (s *PrinterSocket) LoseNext() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loseAt = s.Emulator.Count() + 1
}

// cable is the printer's end of the line: a slow one, so that it is pulled out in
// the middle of a slip.
type cable struct {
	*os.File
	socket *PrinterSocket
}

// lineBytes go over the cable in lineTime, some 1,000,000 bit/s.
const (
	lineBytes = 512
	lineTime  = 5 * time.Millisecond
)

func (c cable) Read(b []byte) (int, error) {
	n, err := c.File.Read(b[:min(len(b), lineBytes)])
	if n > 0 {
		<-time.After(lineTime)
	}
	return n, err
}

func (c cable) Write(b []byte) (int, error) {
	c.socket.mu.Lock()
	lose := c.socket.loseAt > 0 && c.socket.Emulator.Count() >= c.socket.loseAt
	if lose {
		c.socket.loseAt = 0
	}
	silent := c.socket.silent
	c.socket.mu.Unlock()
	if silent {
		return len(b), nil
	}
	if lose {
		return 0, c.Close()
	}
	return c.File.Write(b)
}

// Plug plugs the cable in.
func (s *PrinterSocket) Plug() error {
	held, path, err := pseudoTerminal()
	if err != nil {
		return err
	}
	line, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return errors.Join(err, held.Close())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held, s.line, s.path = held, line, path
	s.served.Go(func() {
		_ = s.Emulator.Serve(cable{held, s}) // it ends with the cable
	})
	return nil
}

// Unplug pulls the cable out. What the printer took it still prints.
func (s *PrinterSocket) Unplug() error {
	s.mu.Lock()
	held, line := s.held, s.line
	s.held = nil
	s.mu.Unlock()
	if held == nil {
		return nil
	}
	_ = held.Close() // the printer's own end may have closed it
	s.served.Wait()
	return line.Close()
}

func pseudoTerminal() (held *os.File, path string, err error) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, "", fmt.Errorf("make a pseudo-terminal: %w", err)
	}
	held = os.NewFile(uintptr(fd), "ptmx")
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		return nil, "", errors.Join(fmt.Errorf("unlock a pseudo-terminal: %w", err), held.Close())
	}
	n, err := unix.IoctlGetUint32(fd, unix.TIOCGPTN)
	if err != nil {
		return nil, "", errors.Join(fmt.Errorf("name a pseudo-terminal: %w", err), held.Close())
	}
	return held, filepath.Join("/dev/pts", strconv.FormatUint(uint64(n), 10)), nil
}

var _ printer.System = (*PrinterSocket)(nil)

// Ports implements printer.System.
func (s *PrinterSocket) Ports() ([]printer.Port, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held == nil {
		return nil, nil
	}
	return []printer.Port{{Path: s.path, Serial: true, Identity: printer.Identity{Model: "USB receipt printer"}}}, nil
}

// Find implements printer.System.
func (s *PrinterSocket) Find(path string) (printer.Port, error) {
	return printer.NewSystem("/").Find(path)
}

// Open implements printer.System.
func (s *PrinterSocket) Open(path string, o printer.Options) (printer.Transport, error) {
	return printer.NewSystem("/").Open(path, o)
}

// Dial implements printer.System.
func (s *PrinterSocket) Dial(context.Context, string) (printer.Transport, error) {
	return nil, fs.ErrNotExist
}

// Geometry is how the display's memory is laid out.
func Geometry() display.FBGeometry { return geometry }
