package device

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"time"

	"periph.io/x/conn/v3/driver/driverreg"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"
	"periph.io/x/host/v3/sysfs"

	"till/boards"
	"till/display"
	"till/printer"
	"till/scanner"
)

// Words for Options.Display and Options.Touch; others name a file or a panel.
const (
	DisplayAuto = "auto" // the framebuffer if there is one, else none
	DisplayNone = "none"
	TouchAuto   = "auto" // every event device that is touched
	TouchNone   = "none"
	TouchXPT    = "xpt2046" // on the header's SPI
)

// Options are what a configuration says of the body.
type Options struct {
	Bench string // socket of a sim board's world

	Display  string // DisplayAuto, also ""; DisplayNone; a framebuffer as /dev/fb0; or a panel of display.SPIModels
	Rotation display.Rotation
	Touch    string // TouchAuto, also ""; TouchNone; TouchXPT
	// Calibration of the touch panel; the zero value is none.
	Calibration display.Calibration
	Watchdog    bool
	Data        string // folder of the terminal's data, whose disk is watched

	Scanner scanner.Options
	Printer printer.Options

	// Changed is called when Attached may have become another, and must not
	// wait; nil: nobody is told.
	Changed func()

	Now func() time.Time
	Log *slog.Logger
	// Machine is what the peripherals are opened through; nil: this machine.
	Machine *Machine
}

// Machine opens what a machine has. Each may fail: the terminal sells with what
// is there.
type Machine struct {
	Header      func(boards.GPIO) (Header, error)
	Framebuffer func(path string, o display.FramebufferOptions) (display.Surface, error)
	SPI         func(bus, chipSelect int) (spi.PortCloser, error)
	Evdev       display.EvdevSystem
	Scanners    scanner.System
	Printers    printer.System
	Watchdog    func(path string) (WatchdogTimer, error)
	Health      HealthFiles
}

// ThisMachine is the one that till runs on.
func ThisMachine() *Machine {
	return &Machine{
		Header: openHeader,
		Framebuffer: func(path string, o display.FramebufferOptions) (display.Surface, error) {
			return display.OpenFramebuffer(path, o)
		},
		SPI: func(bus, chipSelect int) (spi.PortCloser, error) {
			if _, err := driverreg.Init(); err != nil { // it reads the transfers' limit
				return nil, err
			}
			return sysfs.NewSPI(bus, chipSelect)
		},
		Evdev:    display.LinuxEvdev(),
		Scanners: scanner.NewSystem("/"),
		Printers: printer.NewSystem("/"),
		Watchdog: openWatchdog,
		Health:   SystemHealth(),
	}
}

const (
	framebufferPath = "/dev/fb0"
	consolePath     = "/dev/tty0" // the virtual terminal that is seen
	// A framebuffer driver may still be at work when we start.
	framebufferWait = 3 * time.Second
	framebufferLook = 100 * time.Millisecond
	// panelClock keeps SPI panels below what the header's wires carry.
	panelClock = 32 * physic.MegaHertz
)

// builder builds a board's body.
type builder struct {
	board   boards.Board
	o       Options
	machine *Machine
	header  Header
	d       *Device
	evdev   *display.Evdev
}

func openBoard(ctx context.Context, board boards.Board, o Options) (*Device, error) {
	b := &builder{board: board, o: o, machine: o.Machine, d: &Device{Vitals: NewVitals()}}
	if b.machine == nil {
		b.machine = ThisMachine()
	}
	header, noPins := b.machine.Header(board.GPIO)
	if noPins != nil {
		o.Log.Error("no drawer, light or buzzer", "err", noPins)
		header = noHeader{noPins}
	}
	b.header = header
	b.d.closers = append(b.d.closers, header.Close)
	pins, err := NewHeaderPins(header, board.Pins, o.Log)
	if err != nil && noPins == nil {
		o.Log.Error("pins", "err", err)
	}
	b.d.Pins = pins
	b.closeFirst(pins.Close)

	b.d.Display = b.display(ctx)
	b.closeFirst(b.d.Display.Close)
	b.d.Input = b.input()

	so, po := exceptions(o.Scanner, o.Printer)
	scanners := scanner.NewAuto(b.machine.Scanners, so, scanner.LinesClock{Now: o.Now, After: time.After}, o.Log)
	scanners.Notify(b.changed)
	b.d.Scanner = scanners
	b.d.OpenPrinter = printer.NewAuto(b.machine.Printers, po, o.Log).Open
	b.d.Attached = func() Attached { return b.attached(scanners) }

	if o.Watchdog && board.Watchdog.Path != "" {
		b.d.Watchdog = NewWatchdog(func() (WatchdogTimer, error) { return b.machine.Watchdog(board.Watchdog.Path) }, b.d.Vitals.Ailing, o.Log)
	}
	if board.Pins.PowerButton != 0 {
		if pin, err := header.Line(board.Pins.PowerButton); err == nil { // the header's own trouble was said
			b.d.PowerButton = NewPowerButton(pin)
		}
	}
	b.d.Health = func() Health { return b.machine.Health.Read(board.Health, o.Data) }
	if err := ctx.Err(); err != nil {
		return nil, errors.Join(err, b.d.Close())
	}
	return b.d, nil
}

func (b *builder) changed() {
	if b.o.Changed != nil {
		b.o.Changed()
	}
}

// attached looks at everything that comes and goes.
func (b *builder) attached(scanners *scanner.Auto) Attached {
	in := b.evdev.Plugged()
	a := Attached{Display: true, Touch: in.Touch || b.o.Touch == TouchXPT, Keys: in.Keys}
	if h, ok := b.d.Display.(*display.Hotplug); ok {
		a.Display = h.There()
	}
	for _, n := range scanners.Plugged() {
		a.Scanners = append(a.Scanners, n.Name)
	}
	return a
}

// closeFirst has something closed before all that was opened before it.
func (b *builder) closeFirst(closer func() error) {
	b.d.closers = slices.Insert(b.d.closers, 0, closer)
}

// exceptions keeps scanner and printer off each other's configured device.
func exceptions(s scanner.Options, p printer.Options) (scanner.Options, printer.Options) {
	if strings.HasPrefix(p.Device, "/") {
		s.Except = append(slices.Clone(s.Except), p.Device)
	}
	if strings.HasPrefix(s.Device, "/") {
		p.Except = append(slices.Clone(p.Except), s.Device)
	}
	return s, p
}

// display opens what is configured. A terminal whose display cannot be had
// sells without one, and says so.
func (b *builder) display(ctx context.Context) display.Surface {
	surface, err := b.openDisplay(ctx)
	if path := b.framebufferPath(); path != "" {
		return b.hotplug(path, surface, err)
	}
	if err != nil {
		b.o.Log.Error("no display: selling goes on by sound, light and paper", "display", b.o.Display, "err", err)
	}
	if surface == nil {
		return display.NewNone(size(b.board.Panel))
	}
	return surface
}

func (b *builder) openDisplay(ctx context.Context) (display.Surface, error) {
	switch name := b.o.Display; {
	case name == DisplayNone:
		b.o.Log.Info("no display, as configured")
		return nil, nil
	case name == "" || name == DisplayAuto:
		return b.framebuffer(ctx, framebufferPath)
	case strings.HasPrefix(name, "/"):
		return b.framebuffer(ctx, name)
	default:
		return b.spiPanel(name)
	}
}

// framebufferPath is the framebuffer that is configured; "" if another display is, or none.
func (b *builder) framebufferPath() string {
	switch name := b.o.Display; {
	case name == "", name == DisplayAuto:
		return framebufferPath
	case strings.HasPrefix(name, "/"):
		return name
	default:
		return ""
	}
}

// hotplug lets a framebuffer come and go. first is it, as it is now.
func (b *builder) hotplug(path string, first display.Surface, why error) display.Surface {
	if why != nil {
		b.o.Log.Error("no display: selling goes on by sound, light and paper, and the display is looked for", "display", path, "err", why)
	}
	return display.NewHotplug(first, size(b.board.Panel), func() (display.Surface, error) { return b.openFramebuffer(path) })
}

func (b *builder) openFramebuffer(path string) (display.Surface, error) {
	surface, err := b.machine.Framebuffer(path, display.FramebufferOptions{
		Rotation: b.o.Rotation, Console: consolePath,
		Warn: func(err error) { b.o.Log.Warn("display", "err", err) },
	})
	if err == nil {
		b.o.Log.Info("display", "path", path, "size", surface.Size(), "rotation", int(b.o.Rotation))
	}
	return surface, err
}

func (b *builder) framebuffer(ctx context.Context, path string) (display.Surface, error) {
	for began := time.Now(); ; {
		surface, err := b.openFramebuffer(path)
		switch {
		case err == nil:
			return surface, nil
		case !errors.Is(err, fs.ErrNotExist) || time.Since(began) >= framebufferWait || !pause(ctx, framebufferLook):
			return nil, err
		}
	}
}

func (b *builder) spiPanel(name string) (display.Surface, error) {
	model, err := display.SPIModelByName(name)
	if err != nil {
		return nil, err
	}
	bus, err := b.spi(b.board.SPI.PanelSelect, min(model.Clock, panelClock))
	if err != nil {
		return nil, err
	}
	var pins display.SPIPins
	for _, p := range []struct {
		to  *gpio.PinOut
		pin boards.Pin
	}{{&pins.Data, b.board.Pins.PanelData}, {&pins.Reset, b.board.Pins.PanelReset}, {&pins.Backlight, b.board.Pins.PanelBacklight}} {
		if p.pin == 0 {
			continue
		}
		line, err := b.header.Line(p.pin)
		if err != nil {
			return nil, fmt.Errorf("panel %s: %w", name, err)
		}
		*p.to = line
	}
	panel, err := display.NewSPIPanel(bus, pins, model, b.o.Rotation, time.Sleep)
	if err != nil {
		return nil, err
	}
	b.o.Log.Info("display", "panel", name, "size", panel.Size(), "rotation", int(b.o.Rotation))
	return panel, nil
}

// spi connects to a device on the header's bus: mode 0, eight bits.
func (b *builder) spi(chipSelect int, clock physic.Frequency) (spi.Conn, error) {
	port, err := b.machine.SPI(b.board.SPI.Bus, chipSelect)
	if err != nil {
		return nil, fmt.Errorf("open SPI %d.%d: %w; does config.txt have it (%s)?", b.board.SPI.Bus, chipSelect, err, b.board.SPI.Overlay)
	}
	b.closeFirst(port.Close)
	bus, err := port.Connect(clock, spi.Mode0, 8)
	if err != nil {
		return nil, fmt.Errorf("set up SPI %d.%d: %w", b.board.SPI.Bus, chipSelect, err)
	}
	return bus, nil
}

func (b *builder) input() display.Input {
	where := display.TouchMap{Calibration: b.o.Calibration, Rotation: b.o.Rotation, Picture: b.d.Display.Size()}
	if where.Calibration == (display.Calibration{}) {
		where.Calibration = display.NoCalibration()
	}
	b.evdev = display.NewEvdev(display.EvdevOptions{
		System: b.machine.Evdev, Map: where, Picture: b.d.Display.Size, Changed: b.changed, NoTouch: b.o.Touch == TouchNone || b.o.Touch == TouchXPT,
		Taken: func() map[string]bool { return scanners(b.machine.Scanners, b.o.Scanner) }, Log: b.o.Log,
	})
	all := display.Inputs{b.evdev}
	if b.o.Touch == TouchXPT {
		touch, err := b.xpt(where)
		if err != nil {
			b.o.Log.Error("no touch panel", "err", err)
			return all
		}
		all = append(all, touch)
	}
	return all
}

func (b *builder) xpt(where display.TouchMap) (display.Input, error) {
	bus, err := b.spi(b.board.SPI.TouchSelect, display.XPT2046Clock)
	if err != nil {
		return nil, err
	}
	irq, err := b.header.Line(b.board.Pins.TouchIRQ)
	if err != nil {
		return nil, fmt.Errorf("touch panel's interrupt: %w", err)
	}
	return display.NewXPT2046(bus, irq, where, b.o.Log), nil
}

// scanners lists the event devices that are scanners': a scanner is often a
// keyboard, and whoever grabs it first has it.
func scanners(system scanner.System, o scanner.Options) map[string]bool {
	nodes, err := system.Nodes()
	if err != nil {
		return nil // the scanner says so
	}
	resolved := ""
	if o.Device != "" && o.Device != scanner.DeviceAuto && o.Device != scanner.DeviceNone {
		if n, err := system.Find(o.Device); err == nil {
			resolved = n.Path
		}
	}
	taken := map[string]bool{}
	for _, n := range scanner.Choose(nodes, o, resolved) {
		taken[n.Path] = true
	}
	return taken
}

func size(p boards.Panel) image.Point { return image.Pt(p.Width, p.Height) }
