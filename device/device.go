// Package device is the terminal's body: it builds a board's peripherals and
// moves what is wired to pins. The sim board's peripherals are clients of a
// bench on a Unix socket; the others' are a machine's own.
package device

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"time"

	"till/boards"
	"till/display"
	"till/printer"
	"till/scanner"
)

// Device is a terminal's peripherals, ready for use.
type Device struct {
	Display display.Surface
	// Customer is the customer's own display; nil where there is none. Safe for
	// concurrent use.
	Customer display.Surface
	// Light switches the display's light and all backlights:
	// errors.ErrUnsupported where there is no switch. It is nil on a bench. Used
	// from the goroutine that draws.
	Light   func(on bool) error
	Input   display.Input
	Scanner scanner.Source
	Pins    Pins
	// OpenPrinter connects to the receipt printer, as often as needed.
	OpenPrinter func(context.Context) (printer.Transport, error)
	// Monitor shows a bench the terminal's state after every step; nil elsewhere.
	Monitor *Monitor

	// Vitals are told what goes on, by whoever does it.
	Vitals Vitals
	// Watchdog has to be run to be armed; nil where there is none, or it is not wanted.
	Watchdog *Watchdog
	// PowerButton is nil where there is none.
	PowerButton *PowerButton
	// PowerKey is the power buttons that are keys of the kernel's; nil where there can be none.
	PowerKey *PowerKey
	// UPS is a supply with a battery that says when the mains go; nil where there is none.
	UPS *UPS
	// RTC is a clock with a battery; nil where there is none.
	RTC RTC
	// Health is how the machine is; nil where it cannot be asked.
	Health func() Health
	// Faults are why something could not be had when the board was opened: of
	// FaultPins, FaultDisplay and FaultTouch.
	Faults map[string]error
	// Attached says which peripherals are there now; nil where none comes or goes.
	Attached func() Attached

	closers []func() error
}

// What Device.Faults are of.
const (
	FaultPins    = "pins"
	FaultDisplay = "display"
	FaultTouch   = "touch"
)

// Attached is which peripherals are there. Whether a printer is, only opening
// it tells.
type Attached struct {
	Display     bool
	Customer    bool // the customer's display
	Touch, Keys bool
	Scanners    []string // their names
}

// Open builds the peripherals of a board. On a real board it fails only when
// ctx ends: what is not there is logged, and the terminal sells without it.
func Open(ctx context.Context, board boards.Board, o Options) (*Device, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if board.Bench {
		return openBench(ctx, board, o.Bench, o.Now)
	}
	return openBoard(ctx, board, o)
}

// Close lets go of everything. A connection that whoever read it has closed
// already, as readers do when their context ends, is no failure.
func (d *Device) Close() error {
	var failed error
	for _, closer := range d.closers {
		if err := closer(); !errors.Is(err, net.ErrClosed) {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}
