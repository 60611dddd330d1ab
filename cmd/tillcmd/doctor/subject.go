package doctor

import (
	"context"
	"errors"
	"image"
	"net/netip"
	"time"

	"till/device"
	"till/printer"
)

// ErrAbsent is what a part says of something that is not there and need not be.
var ErrAbsent = errors.New("not here")

// Subject is a terminal as it can be examined. A part that is nil is not here.
type Subject struct {
	Terminal, Version string

	Config  Config
	Board   Board
	Display Display
	Touch   Touch
	Scanner Scanner
	Printer Printer
	Pins    Pins
	Network Network
	// Enrolment is of a terminal of which its gateway says who it is.
	Enrolment Enrolment
	Gateway   Gateway
	Clock     Clock
	Store     Store
	Machine   Machine
}

// Config is the configuration file.
type Config interface {
	// Read is where it is, and what is wrong with it.
	Read() (path string, err error)
}

// Board is what the terminal runs on.
type Board interface {
	// Identify is the board that is configured, the one that the machine is, and
	// what the machine calls itself; empty where there is none.
	Identify() (configured, detected, model string)
	// Parts are its buses and chips.
	Parts() []Part
}

// Part is one thing on a board.
type Part struct {
	Name   string // bench, gpio, spi, serial or watchdog
	Found  string
	Err    error // why it cannot be used
	Wanted bool  // the terminal cannot do without it as it is configured
}

// Display is the screen.
type Display interface {
	// Card draws a test card, and says what it is drawn on. ErrAbsent: the
	// terminal has no display.
	Card(ctx context.Context) (found string, err error)
}

// Touch is what is touched and keyed.
type Touch interface {
	// Plugged is whether there is a touch panel, and a number pad. ErrAbsent:
	// none is wanted.
	Plugged(ctx context.Context) (touch, keys bool, err error)
	// Corner shows a mark, and waits until the panel is touched. It says where
	// the mark was, where it was touched, and how large the picture is.
	Corner(ctx context.Context, n int) (mark, touched, size image.Point, err error)
}

// Corners is how many corners a panel has.
const Corners = 4

// Scanner reads codes.
type Scanner interface {
	// Scanners are the names of those plugged in. ErrAbsent: none is wanted.
	Scanners(ctx context.Context) ([]string, error)
	// Scan waits for the next code, and says no more than how long it was: it may
	// be a customer's.
	Scan(ctx context.Context) (length int, err error)
}

// Printer prints receipts.
type Printer interface {
	// Status is how it is, and what it is. ErrAbsent: none is wanted.
	Status(ctx context.Context) (found string, s printer.Status, err error)
	// Page prints a test page. printer.ErrUnconfirmed: the printer does not say
	// whether it did.
	Page(ctx context.Context) error
}

// Pins are what hangs on the header. Each is ErrAbsent where nothing is wired.
type Pins interface {
	Kick() error
	Light(ctx context.Context) error
	Beep() error
}

// Link is a network device.
type Link struct {
	Name      string
	Up        bool // it has a carrier
	Addresses []netip.Addr
}

// Network is the way out.
type Network interface {
	// Links are the devices, less loopback.
	Links(ctx context.Context) ([]Link, error)
}

// Enrolment is what a gateway made of this device.
type Enrolment interface {
	// Enrolled is the terminal that it is, and whose; ErrAbsent while it is none.
	Enrolled() (found string, err error)
}

// Gateway is where the cloud is.
type Gateway interface {
	// Address is the broker's, and whether the line is encrypted.
	Address() (host, port string, encrypted bool)
	Resolve(ctx context.Context) ([]string, error)
	Connect(ctx context.Context) error
	// Handshake opens an encrypted line, with this terminal's certificate.
	Handshake(ctx context.Context) (server Validity, err error)
	// Certificate is this terminal's; ErrAbsent where none is configured.
	Certificate() (Validity, error)
	// Greet connects as this terminal and says hello.
	Greet(ctx context.Context) (Greeting, error)
	// Key is the fingerprint of the gateway's key that codes are sealed to.
	Key() string
}

// Validity is when a certificate is valid, and whose it is.
type Validity struct {
	Name          string
	Before, After time.Time // not before and not after: the bounds
}

// Greeting is what a gateway answers.
type Greeting struct {
	Time time.Time     // the cloud's; zero if it did not say
	Off  time.Duration // that less this machine's clock
	Key  string        // the fingerprint of its key; empty if it did not say
}

// Clock is the machine's.
type Clock interface {
	Now() time.Time
	// Battery is what the clock with a battery says; ErrAbsent without one.
	Battery() (time.Time, error)
}

// Store is the terminal's journal, and the disk that it lies on.
type Store interface {
	// Verify holds the journal against its rules. ErrAbsent: there is none yet.
	Verify(ctx context.Context) (found string, damage string, err error)
	Disk() (Disk, error)
	// Commit is how long one durable commit takes on that disk.
	Commit(ctx context.Context) (time.Duration, error)
}

// Disk is a file system.
type Disk struct {
	Free, Least int64 // bytes; below Least no new sales are begun
	ReadOnly    bool
}

// Machine is how the machine is.
type Machine interface {
	Health() device.Health
	// TellsPower says whether it can tell a weak supply.
	TellsPower() bool
}
