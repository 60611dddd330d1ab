package device

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
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
	// Customer is the customer's own display: "" or DisplayNone, a framebuffer, or a panel of display.SPIModels.
	Customer         string
	CustomerRotation display.Rotation
	Brightness       int // of all backlights, in percent; 0: as it is
	// Calibration of the touch panel; the zero value is none.
	Calibration display.Calibration
	Watchdog    bool
	UPS         UPSOptions
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
	Backlights  display.Backlights             // the zero value has none
	RTC         func(path string) (RTC, error) // nil: there is none
	PowerOff    func() error
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
		Backlights: display.Backlights{
			Glob: filepath.Glob, ReadFile: os.ReadFile,
			WriteFile: func(path string, content []byte) error { return os.WriteFile(path, content, 0) }, // they are there
		},
		RTC:      openRTC,
		PowerOff: PowerOff,
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
	b := &builder{board: board, o: o, machine: o.Machine, d: &Device{Vitals: NewVitals(), Faults: map[string]error{}}}
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
	b.d.Pins, b.d.Faults[FaultPins] = pins, err
	if noPins != nil {
		b.d.Faults[FaultPins] = noPins
	}
	b.closeFirst(pins.Close)

	b.d.Display = b.display(ctx)
	b.closeFirst(b.d.Display.Close)
	if b.d.Customer = b.customer(ctx); b.d.Customer != nil {
		b.closeFirst(b.d.Customer.Close)
	}
	b.lights()
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
	b.d.PowerKey = NewPowerKey(b.machine.Evdev, o.Log)
	b.d.UPS = b.ups()
	if b.machine.RTC != nil {
		if rtc, err := b.machine.RTC(rtcPath); err == nil {
			b.d.RTC = rtc
		} else if !errors.Is(err, fs.ErrNotExist) {
			o.Log.Warn("clock", "err", err)
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
	a.Customer = b.d.Customer != nil
	if h, ok := b.d.Customer.(*display.Hotplug); ok {
		a.Customer = h.There()
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

// screen is one of the displays, as it is configured.
type screen struct {
	name     string // framebuffer or panel
	rotation display.Rotation
	console  string // the virtual terminal to be kept off it
	said     string // in the log
}

// path is the framebuffer that is configured; "" if another display is.
func (s screen) path() string {
	if strings.HasPrefix(s.name, "/") {
		return s.name
	}
	return ""
}

// display opens what is configured. A terminal whose display cannot be had
// sells without one, and says so.
func (b *builder) display(ctx context.Context) display.Surface {
	s := screen{name: b.o.Display, rotation: b.o.Rotation, console: consolePath, said: "display"}
	switch s.name {
	case DisplayNone:
		b.o.Log.Info("no display, as configured")
		return display.NewNone(size(b.board.Panel))
	case "", DisplayAuto:
		s.name = framebufferPath
	}
	surface, err := b.open(ctx, s)
	b.d.Faults[FaultDisplay] = err
	if err != nil {
		b.o.Log.Error("no display: selling goes on by sound, light and paper", "display", s.name, "err", err)
	}
	if s.path() != "" {
		return b.hotplug(s, surface)
	}
	if surface == nil {
		return display.NewNone(size(b.board.Panel))
	}
	return surface
}

// customer opens the customer's display; nil where none is configured, or a
// panel cannot be had.
func (b *builder) customer(ctx context.Context) display.Surface {
	if b.o.Customer == "" || b.o.Customer == DisplayNone {
		return nil
	}
	s := screen{name: b.o.Customer, rotation: b.o.CustomerRotation, said: "customer's display"}
	surface, err := b.open(ctx, s)
	if err != nil {
		b.o.Log.Error("no display for the customer", "display", s.name, "err", err)
	}
	switch {
	case s.path() != "":
		return b.hotplug(s, surface)
	case surface == nil:
		return nil
	}
	// It is drawn on apart from the counter, and closed by the counter: a Hotplug
	// keeps the two apart.
	return display.NewHotplug(surface, surface.Size(), func() (display.Surface, error) { return nil, display.ErrUnplugged })
}

func (b *builder) open(ctx context.Context, s screen) (display.Surface, error) {
	if s.path() != "" {
		return b.framebuffer(ctx, s)
	}
	return b.spiPanel(s)
}

// hotplug lets a framebuffer come and go. first is it, as it is now.
func (b *builder) hotplug(s screen, first display.Surface) display.Surface {
	return display.NewHotplug(first, size(b.board.Panel), func() (display.Surface, error) { return b.openFramebuffer(s) })
}

func (b *builder) openFramebuffer(s screen) (display.Surface, error) {
	surface, err := b.machine.Framebuffer(s.name, display.FramebufferOptions{
		Rotation: s.rotation, Console: s.console,
		Warn: func(err error) { b.o.Log.Warn(s.said, "err", err) },
	})
	if err == nil {
		b.o.Log.Info(s.said, "path", s.name, "size", surface.Size(), "rotation", int(s.rotation))
	}
	return surface, err
}

func (b *builder) framebuffer(ctx context.Context, s screen) (display.Surface, error) {
	for began := time.Now(); ; {
		surface, err := b.openFramebuffer(s)
		switch {
		case err == nil:
			return surface, nil
		case !errors.Is(err, fs.ErrNotExist) || time.Since(began) >= framebufferWait || !pause(ctx, framebufferLook):
			return nil, err
		}
	}
}

// lights sets the backlights, and has the device switch them with its displays.
func (b *builder) lights() {
	// A run that was killed may have left them off.
	if err := b.machine.Backlights.Light(true); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		b.o.Log.Warn("display", "err", err)
	}
	if b.o.Brightness > 0 {
		if err := b.machine.Backlights.Brightness(b.o.Brightness); err != nil {
			b.o.Log.Warn("the displays' brightness cannot be set: a panel on SPI or HDMI has a switch at most", "err", err)
		}
	}
	b.d.Light = func(on bool) error {
		switched := []error{b.machine.Backlights.Light(on), display.SwitchLight(b.d.Display, on)}
		some := slices.Contains(switched, nil)
		switched = slices.DeleteFunc(switched, func(err error) bool { return errors.Is(err, errors.ErrUnsupported) })
		if !some && len(switched) == 0 {
			return errors.ErrUnsupported
		}
		return errors.Join(switched...)
	}
	b.closeFirst(func() error { // whatever comes after us finds them lit
		if err := b.machine.Backlights.Light(true); !errors.Is(err, errors.ErrUnsupported) {
			return err
		}
		return nil
	})
}

// ups is the line of a supply with a battery; nil where there is none.
func (b *builder) ups() *UPS {
	if b.o.UPS.Pin == 0 {
		return nil
	}
	if use := b.board.Pins.UseOf(boards.Pin(b.o.UPS.Pin)); use != "" {
		b.o.Log.Warn("the supply's line is on a pin that has a use already", "pin", b.o.UPS.Pin, "use", use)
	}
	pin, err := b.header.Line(boards.Pin(b.o.UPS.Pin))
	if err != nil {
		b.o.Log.Error("no line of the supply: the terminal does not see when the mains go", "err", err)
		return nil
	}
	return NewUPS(pin, b.o.UPS, b.o.Log)
}

func (b *builder) spiPanel(s screen) (display.Surface, error) {
	model, err := display.SPIModelByName(s.name)
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
			return nil, fmt.Errorf("panel %s: %w", s.name, err)
		}
		*p.to = line
	}
	panel, err := display.NewSPIPanel(bus, pins, model, s.rotation, time.Sleep)
	if err != nil {
		return nil, err
	}
	b.o.Log.Info(s.said, "panel", s.name, "size", panel.Size(), "rotation", int(s.rotation))
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
			b.d.Faults[FaultTouch] = err
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
