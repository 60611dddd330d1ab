// Package device is the terminal's body: it builds a board's peripherals and
// moves what is wired to pins. So far there is one board, sim, whose
// peripherals are clients of a bench on a Unix socket.
package device

import (
	"context"
	"errors"
	"fmt"
	"image"
	"net"
	"time"

	"till/boards"
	"till/display"
	"till/printer"
	"till/scanner"
)

// Sound is a pattern of the buzzer.
type Sound string

// LED is the colour of the terminal's light.
type LED string

// The colours of the light.
const (
	LEDOff   LED = "off"
	LEDGreen LED = "green"
	LEDAmber LED = "amber"
	LEDRed   LED = "red"
)

// Pins is what hangs on GPIO: the drawer, the light and the buzzer. A pin that
// cannot be moved is logged by the caller and holds up nothing.
type Pins interface {
	KickDrawer() error
	SetLED(LED) error
	Play(Sound) error
}

// Device is a terminal's peripherals, ready for use.
type Device struct {
	Display display.Surface
	Input   display.Input
	Scanner scanner.Source
	Pins    Pins
	// OpenPrinter connects to the receipt printer, as often as needed.
	OpenPrinter func(context.Context) (printer.Transport, error)
	// Monitor shows a bench the terminal's state after every step; nil elsewhere.
	Monitor *Monitor

	closers []func() error
}

// Open builds the peripherals of a board. bench is the socket of a sim board's world.
func Open(ctx context.Context, board boards.Board, bench string, now func() time.Time) (*Device, error) {
	if !board.Bench {
		return nil, fmt.Errorf("board %s: its peripherals cannot be built yet; use -board sim", board.Name)
	}
	return openBench(ctx, board, bench, now)
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

func size(p boards.Panel) image.Point { return image.Pt(p.Width, p.Height) }
