package tillcmd

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"till/boards"
	"till/cmd/tillcmd/bench"
	"till/cmd/tillcmd/doctor"
	"till/device"
	"till/display"
	"till/printer"
	"till/scanner"
	"till/words"
)

// patient is this machine as the doctor asks it: with peripherals of its own
// where no till is running, else those of the terminal at work.
type patient struct {
	path     string // of the configuration; empty if none was named
	fault    error  // of the configuration
	config   Config // zero without one
	detected string // the board that the machine is; empty if till knows none
	model    string

	enrols     bool  // the gateway says who this terminal is
	unenrolled error // why it has not, yet; ErrAbsent while nobody has claimed it

	device *device.Device // nil: there is none, or it could not be opened
	closed error          // why it could not
	hands  hands
	at     *terminal // the terminal at work; nil where none is
}

// hands are what the doctor does with peripherals, by whose they are.
type hands interface {
	// show puts a picture on the display.
	show(ctx context.Context, card *image.RGBA) error
	// touched waits for a touch; scanned for a scan, of which it says the length.
	touched(ctx context.Context) (image.Point, error)
	scanned(ctx context.Context) (int, error)
	printer() *printer.Printer
	// ownLight gives the light the colour back that it has by itself.
	ownLight(ctx context.Context) error
}

var (
	_ doctor.Enrolment = (*patient)(nil)
	_ doctor.Config    = (*patient)(nil)
	_ doctor.Board     = (*patient)(nil)
	_ doctor.Display   = (*patient)(nil)
	_ doctor.Touch     = (*patient)(nil)
	_ doctor.Scanner   = (*patient)(nil)
	_ doctor.Printer   = (*patient)(nil)
	_ doctor.Pins      = (*patient)(nil)
	_ doctor.Clock     = (*patient)(nil)
	_ doctor.Store     = (*patient)(nil)
	_ doctor.Machine   = (*patient)(nil)
)

// subject is the patient as far as there is one.
func (p *patient) subject() doctor.Subject {
	s := doctor.Subject{Terminal: p.config.Terminal, Version: Version, Board: p, Network: doctor.Interfaces{}, Clock: p}
	if p.path != "" {
		s.Config = p
	}
	if p.device != nil {
		s.Display, s.Touch, s.Scanner, s.Printer, s.Pins = p, p, p, p, p
		if p.device.Health != nil {
			s.Machine = p
		}
	}
	if p.config.Gateway.Broker != "" {
		s.Gateway = p.gateway()
	}
	if p.enrols {
		s.Enrolment = p
	}
	if p.config.Data != "" {
		s.Store = p
	}
	return s
}

// Read implements doctor.Config.
func (p *patient) Read() (string, error) { return p.path, p.fault }

// Identify implements doctor.Board.
func (p *patient) Identify() (configured, detected, model string) {
	return p.config.Board.Name, p.detected, p.model
}

// identify finds out what the machine is.
func identify(readFile func(string) ([]byte, error)) (detected, model string) {
	if raw, err := readFile("/proc/device-tree/model"); err == nil && len(raw) < 1<<10 {
		model = strings.TrimRight(string(raw), "\x00")
	}
	if b, err := boards.Detect(readFile); err == nil {
		detected = b.Name
	}
	return detected, model
}

// Parts implements doctor.Board.
func (p *patient) Parts() []doctor.Part {
	b := p.board()
	if b.Name == "" {
		return nil
	}
	if b.Bench {
		part := doctor.Part{Name: "bench", Found: p.config.Bench, Err: p.closed, Wanted: true}
		return []doctor.Part{part}
	}
	parts := []doctor.Part{p.gpio(b)}
	panel := p.config.Display.Device
	_, notPanel := display.SPIModelByName(panel)
	spi := file(fmt.Sprintf("/dev/spidev%d.%d", b.SPI.Bus, b.SPI.PanelSelect))
	spi.Name, spi.Wanted = "spi", notPanel == nil || p.config.Display.Touch == device.TouchXPT
	parts = append(parts, spi)
	serial := doctor.Part{Name: "serial", Err: fs.ErrNotExist}
	for _, s := range b.Serial {
		if f := file(s.Path); f.Err == nil {
			serial.Found, serial.Err = strings.TrimSpace(serial.Found+" "+f.Found), nil
		}
		serial.Wanted = serial.Wanted || p.config.Scanner.Device == s.Path || p.config.PrinterPort.Device == s.Path
	}
	parts = append(parts, serial)
	if b.Watchdog.Path != "" {
		watchdog := file(b.Watchdog.Path)
		watchdog.Name, watchdog.Wanted = "watchdog", p.config.Watchdog
		parts = append(parts, watchdog)
	}
	return parts
}

func (p *patient) gpio(b boards.Board) doctor.Part {
	part := doctor.Part{Name: "gpio", Found: b.GPIO.Chip, Wanted: true}
	if p.device != nil {
		part.Err = p.device.Faults[device.FaultPins]
	}
	if part.Err != nil {
		part.Found = ""
	}
	return part
}

// file is a device file, by its path.
func file(path string) doctor.Part {
	if _, err := os.Stat(path); err != nil {
		return doctor.Part{Err: err}
	}
	return doctor.Part{Found: path}
}

func (p *patient) board() boards.Board {
	if p.config.Board.Name != "" {
		return p.config.Board
	}
	b, err := boards.ByName(p.detected)
	if err != nil {
		return boards.Board{}
	}
	return b
}

// Card implements doctor.Display.
func (p *patient) Card(ctx context.Context) (string, error) {
	if p.config.Display.Device == device.DisplayNone {
		return "", doctor.ErrAbsent
	}
	if err := p.dark(); err != nil {
		return "", err
	}
	size := p.device.Display.Size()
	found := fmt.Sprintf("%d x %d", size.X, size.Y)
	return found, p.hands.show(ctx, display.TestCard(size, words.Both("doctor_card"), found, 0))
}

// dark is why there is no display; nil where there is one.
func (p *patient) dark() error {
	fault := p.device.Faults[device.FaultDisplay]
	if h, ok := p.device.Display.(*display.Hotplug); ok { // it may have come, or gone, since
		if !h.There() {
			_, fault = h.Look()
		}
		if h.There() {
			return nil
		}
	}
	_, none := p.device.Display.(*display.None)
	auto := p.config.Display.Device == "" || p.config.Display.Device == device.DisplayAuto
	if auto && errors.Is(fault, fs.ErrNotExist) || none && fault == nil {
		return display.ErrUnplugged
	}
	return fault
}

// Plugged implements doctor.Touch.
func (p *patient) Plugged(context.Context) (touch, keys bool, err error) {
	if p.device.Attached == nil { // the bench's are always there
		return true, true, nil
	}
	a := p.device.Attached()
	if p.config.Display.Touch == device.TouchNone {
		return false, a.Keys, doctor.ErrAbsent
	}
	return a.Touch, a.Keys, p.device.Faults[device.FaultTouch]
}

// Corner implements doctor.Touch.
func (p *patient) Corner(ctx context.Context, n int) (mark, touched, size image.Point, err error) {
	size = p.device.Display.Size()
	mark = display.CardMark(size, n+1)
	if err := p.hands.show(ctx, display.TestCard(size, words.Both("doctor_touch_corners"), fmt.Sprintf("%d / %d", n+1, doctor.Corners), n+1)); err != nil {
		return mark, touched, size, err
	}
	touched, err = p.hands.touched(ctx)
	return mark, touched, size, err
}

// Scanners implements doctor.Scanner.
func (p *patient) Scanners(context.Context) ([]string, error) {
	if p.config.Scanner.Device == scanner.DeviceNone {
		return nil, doctor.ErrAbsent
	}
	if p.device.Attached == nil {
		return []string{p.device.Scanner.Name()}, nil
	}
	names := p.device.Attached().Scanners
	if d := p.config.Scanner.Device; len(names) == 0 && d != "" && d != scanner.DeviceAuto {
		return nil, fmt.Errorf("the configured %s is not there", d)
	}
	return names, nil
}

// Scan implements doctor.Scanner.
func (p *patient) Scan(ctx context.Context) (int, error) { return p.hands.scanned(ctx) }

// Status implements doctor.Printer.
func (p *patient) Status(ctx context.Context) (string, printer.Status, error) {
	if p.config.PrinterPort.Device == printer.DeviceNone {
		return "", printer.Status{}, doctor.ErrAbsent
	}
	s, err := p.hands.printer().Status(ctx)
	return p.hands.printer().Profile().Title, s, err
}

// Page implements doctor.Printer.
func (p *patient) Page(ctx context.Context) error {
	return p.hands.printer().Print(ctx, p.page(p.hands.printer().Profile()))
}

func (p *patient) page(of printer.Profile) printer.Document {
	return printer.Report(printer.ReportData{
		Title: words.Say(words.English, "doctor_page") + "\n" + words.Say(words.Chinese, "doctor_page"), Merchant: p.config.Merchant.Name, Test: p.config.Test,
		Rows: []printer.Row{
			{Label: words.Both("line_terminal"), Value: p.config.Terminal},
			{Label: "till", Value: Version},
			{Label: words.Both("doctor_printer_status"), Value: of.Name},
			{},
			{Label: "ABCDEFGHIJKLM 0123456789 $ ¥ €"},
			{Label: "人民币 收据 支付宝 微信支付 银联"},
			{},
		},
	})
}

// Kick implements doctor.Pins.
func (p *patient) Kick() error {
	if p.wired(func(w boards.Pins) boards.Pin { return w.Drawer }) {
		return p.device.Pins.KickDrawer()
	}
	return doctor.ErrAbsent
}

// wired says whether anything hangs on a pin of the board; a bench has it all.
func (p *patient) wired(pin func(boards.Pins) boards.Pin) bool {
	b := p.board()
	return b.Bench || pin(b.Pins) != 0
}

// colourFor is how long each colour of the light is shown.
const colourFor = 600 * time.Millisecond

// Light implements doctor.Pins.
func (p *patient) Light(ctx context.Context) error {
	if !p.wired(func(w boards.Pins) boards.Pin { return max(w.LED.Red, w.LED.Green, w.LED.Blue) }) {
		return doctor.ErrAbsent
	}
	for _, c := range []device.LED{device.LEDRed, device.LEDGreen, device.LEDAmber} {
		if err := p.device.Pins.SetLED(c); err != nil {
			return err
		}
		select {
		case <-time.After(colourFor):
		case <-ctx.Done():
		}
	}
	return p.hands.ownLight(ctx)
}

// Beep implements doctor.Pins.
func (p *patient) Beep() error {
	if !p.wired(func(w boards.Pins) boards.Pin { return w.Buzzer }) {
		return doctor.ErrAbsent
	}
	return p.device.Pins.Play(device.SoundAttention)
}

// Now implements doctor.Clock.
func (p *patient) Now() time.Time { return time.Now() }

// batteryClock is where Linux tells the time of the clock that it was set by, in
// seconds since 1970 (Documentation/ABI/testing/sysfs-class-rtc).
const batteryClock = "/sys/class/rtc/rtc0/since_epoch"

// Battery implements doctor.Clock.
func (p *patient) Battery() (time.Time, error) {
	raw, err := os.ReadFile(batteryClock)
	if errors.Is(err, fs.ErrNotExist) {
		return time.Time{}, doctor.ErrAbsent
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read the clock: %w", err)
	}
	seconds, err := strconv.ParseInt(strings.TrimSpace(string(raw)), 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("read the clock: %w", err)
	}
	return time.Unix(seconds, 0), nil
}

// Verify implements doctor.Store.
func (p *patient) Verify(ctx context.Context) (found, damage string, err error) {
	var end journalEnd
	ask := journalAsk{Version: journalProtocol, Do: "verify"}
	silent := func(journalLine) error { return nil }
	if p.at != nil {
		end, err = answerOrSalvage(p.at.journal, journalFolder(p.config.Data), ask, silent)
	} else {
		end, err = askJournal(ctx, p.config.Data, ask, silent)
	}
	switch {
	case err != nil:
		return "", "", err
	case end.Verdict == verdictNone:
		return "", "", doctor.ErrAbsent
	case end.Verdict != verdictGood:
		return "", strings.Join(end.Said, " "), nil
	}
	return end.Said[min(1, len(end.Said)-1)], "", nil
}

// Disk implements doctor.Store.
func (p *patient) Disk() (doctor.Disk, error) {
	dir, err := p.folder()
	if err != nil {
		return doctor.Disk{}, err
	}
	s, err := spaceOf(dir)
	return doctor.Disk{Free: s.free, Least: leastFree, ReadOnly: s.readOnly}, err
}

// folder is the data folder, or the one that it will be made in.
func (p *patient) folder() (string, error) {
	if isFolder(p.config.Data) {
		return p.config.Data, nil
	}
	return "", doctor.ErrAbsent
}

// Commit implements doctor.Store: as till bench measures it, but shorter.
func (p *patient) Commit(ctx context.Context) (time.Duration, error) {
	dir, err := p.folder()
	if err != nil {
		return 0, err
	}
	// A folder of its own beside the journal, on the same disk: bench fills none that holds one.
	own, err := os.MkdirTemp(dir, "doctor-")
	if err != nil {
		return 0, err
	}
	report, err := bench.Measure(ctx, bench.Options{Data: own, Names: []string{"commit"}, Small: true})
	if err := errors.Join(err, os.RemoveAll(own)); err != nil {
		return 0, err
	}
	for _, r := range report.Results {
		if r.Name == "commit" {
			return time.Duration(r.Value * float64(time.Microsecond)), nil
		}
	}
	return 0, errors.New("no figure came out")
}

// Health implements doctor.Machine.
func (p *patient) Health() device.Health { return p.device.Health() }

// TellsPower implements doctor.Machine.
func (p *patient) TellsPower() bool {
	h := p.board().Health
	for _, path := range h.Throttled {
		if _, err := os.Stat(path); err == nil {
			return true
		}
	}
	return false
}
