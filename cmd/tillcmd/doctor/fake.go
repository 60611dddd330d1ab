package doctor

import (
	"context"
	"image"
	"net/netip"
	"time"

	"till/device"
	"till/printer"
)

// Fake is a whole terminal for tests, in which all is well until a field says
// otherwise. It records what was tried.
type Fake struct {
	Tried []string

	Path                        string
	ConfigErr                   error
	Configured, Detected, Model string
	BoardParts                  []Part
	CardErr                     error
	TouchThere, KeysThere       bool
	TouchErr, CornerErr         error
	CornerOff                   image.Point
	ScannerNames                []string
	ScannerErr, ScanErr         error
	PrinterState                printer.Status
	PrinterErr, PageErr         error
	KickErr, LightErr, BeepErr  error
	NetworkLinks                []Link
	NetworkErr                  error
	Host, Port                  string
	Encrypted                   bool
	EnrolErr                    error
	ResolveErr, ConnectErr      error
	Server, Own                 Validity
	HandshakeErr, OwnErr        error
	Greeting                    Greeting
	GreetErr                    error
	OwnKey                      string
	Time, BatteryTime           time.Time
	BatteryErr                  error
	Damage                      string
	JournalErr                  error
	OnDisk                      Disk
	DiskErr, CommitErr          error
	CommitTook                  time.Duration
	Body                        device.Health
	PowerUnknown                bool
}

// NewFake is a terminal in which all is well at a moment.
func NewFake(now time.Time) *Fake {
	year := 365 * 24 * time.Hour
	return &Fake{
		Path: "/etc/till.toml", Configured: "pi3b", Detected: "pi3b", Model: "Raspberry Pi 3 Model B Rev 1.2",
		BoardParts: []Part{
			{Name: "gpio", Found: "pinctrl-bcm2835", Wanted: true}, {Name: "spi", Found: "/dev/spidev0.0"},
			{Name: "serial", Found: "/dev/serial0"}, {Name: "watchdog", Found: "/dev/watchdog0", Wanted: true},
		},
		TouchThere: true, KeysThere: true, ScannerNames: []string{"Honeywell 1450g"},
		PrinterState: printer.Status{State: printer.StateReady},
		NetworkLinks: []Link{{Name: "eth0", Up: true, Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.7")}}},
		Host:         "gateway.example", Port: "8883", Encrypted: true,
		Server: Validity{"gateway.example", now.Add(-year), now.Add(year)}, Own: Validity{"shop-1", now.Add(-year), now.Add(year)},
		Greeting: Greeting{Time: now, Off: 20 * time.Millisecond, Key: "0011223344556677"}, OwnKey: "0011223344556677",
		Time: now, BatteryTime: now,
		OnDisk: Disk{Free: 4 << 30, Least: 16 << 20}, CommitTook: 4 * time.Millisecond,
		Body: device.Health{MilliCelsius: 48_000, Warm: true, DiskFree: 4 << 30, DiskSize: 8 << 30},
	}
}

// Subject is the fake to be examined.
func (f *Fake) Subject() Subject {
	return Subject{
		Terminal: "shop-1", Version: "v1", Config: f, Board: f, Display: f, Touch: f, Scanner: f, Printer: f, Pins: f,
		Network: f, Enrolment: f, Gateway: fakeGateway{f}, Clock: f, Store: f, Machine: f,
	}
}

func (f *Fake) try(what string, err error) error {
	f.Tried = append(f.Tried, what)
	return err
}

// Read implements Config.
func (f *Fake) Read() (string, error) { return f.Path, f.ConfigErr }

// Identify implements Board.
func (f *Fake) Identify() (configured, detected, model string) {
	return f.Configured, f.Detected, f.Model
}

// Parts implements Board.
func (f *Fake) Parts() []Part { return f.BoardParts }

// Card implements Display.
func (f *Fake) Card(context.Context) (string, error) { return "800 x 480", f.try("card", f.CardErr) }

// Plugged implements Touch.
func (f *Fake) Plugged(context.Context) (touch, keys bool, err error) {
	return f.TouchThere, f.KeysThere, f.TouchErr
}

// Corner implements Touch.
func (f *Fake) Corner(_ context.Context, n int) (mark, touched, size image.Point, err error) {
	mark = image.Pt(80+100*n, 48)
	return mark, mark.Add(f.CornerOff), image.Pt(800, 480), f.try("corner", f.CornerErr)
}

// Scanners implements Scanner.
func (f *Fake) Scanners(context.Context) ([]string, error) { return f.ScannerNames, f.ScannerErr }

// Scan implements Scanner.
func (f *Fake) Scan(context.Context) (int, error) { return 18, f.try("scan", f.ScanErr) }

// Status implements Printer.
func (f *Fake) Status(context.Context) (string, printer.Status, error) {
	return "80 mm", f.PrinterState, f.PrinterErr
}

// Page implements Printer.
func (f *Fake) Page(context.Context) error { return f.try("page", f.PageErr) }

// Kick implements Pins.
func (f *Fake) Kick() error { return f.try("drawer", f.KickErr) }

// Light implements Pins.
func (f *Fake) Light(context.Context) error { return f.try("light", f.LightErr) }

// Beep implements Pins.
func (f *Fake) Beep() error { return f.try("buzzer", f.BeepErr) }

// Links implements Network.
func (f *Fake) Links(context.Context) ([]Link, error) { return f.NetworkLinks, f.NetworkErr }

// Enrolled implements Enrolment.
func (f *Fake) Enrolled() (string, error) { return "shop-1, https://gateway.example", f.EnrolErr }

// Now implements Clock.
func (f *Fake) Now() time.Time { return f.Time }

// Battery implements Clock.
func (f *Fake) Battery() (time.Time, error) { return f.BatteryTime, f.BatteryErr }

// Verify implements Store.
func (f *Fake) Verify(context.Context) (string, string, error) {
	return "Records 1 to 9.", f.Damage, f.JournalErr
}

// Disk implements Store.
func (f *Fake) Disk() (Disk, error) { return f.OnDisk, f.DiskErr }

// Commit implements Store.
func (f *Fake) Commit(context.Context) (time.Duration, error) { return f.CommitTook, f.CommitErr }

// Health implements Machine.
func (f *Fake) Health() device.Health { return f.Body }

// TellsPower implements Machine.
func (f *Fake) TellsPower() bool { return !f.PowerUnknown }

// fakeGateway is the fake's gateway: its key is not the configuration's.
type fakeGateway struct{ *Fake }

func (f fakeGateway) Address() (host, port string, encrypted bool) {
	return f.Host, f.Port, f.Encrypted
}

func (f fakeGateway) Resolve(context.Context) ([]string, error) {
	return []string{"192.0.2.1"}, f.ResolveErr
}

func (f fakeGateway) Connect(context.Context) error { return f.try("connect", f.ConnectErr) }

func (f fakeGateway) Handshake(context.Context) (Validity, error) { return f.Server, f.HandshakeErr }

func (f fakeGateway) Certificate() (Validity, error) { return f.Own, f.OwnErr }

func (f fakeGateway) Greet(context.Context) (Greeting, error) {
	return f.Fake.Greeting, f.try("greet", f.GreetErr)
}

func (f fakeGateway) Key() string { return f.OwnKey }

var (
	_ Config    = (*Fake)(nil)
	_ Board     = (*Fake)(nil)
	_ Display   = (*Fake)(nil)
	_ Touch     = (*Fake)(nil)
	_ Scanner   = (*Fake)(nil)
	_ Printer   = (*Fake)(nil)
	_ Pins      = (*Fake)(nil)
	_ Network   = (*Fake)(nil)
	_ Enrolment = (*Fake)(nil)
	_ Gateway   = fakeGateway{}
	_ Clock     = (*Fake)(nil)
	_ Store     = (*Fake)(nil)
	_ Machine   = (*Fake)(nil)
)
