package printer

import (
	"context"
	"errors"
	"log/slog"
)

// Options are what a configuration says of the cable to the printer. The zero
// value takes the first printer that is found.
type Options struct {
	Device string // "" or "auto": the first that is found; "none"; a path, as /dev/usb/lp0 or /dev/ttyUSB0; or tcp://host:9100
	Baud   int    // bit/s of a serial printer; 0 is 9600
	Flow   Flow   // of a serial printer
	Except []string
}

// Flow is how a serial printer stops what is sent to it.
type Flow string

// OpenAuto is how the printer of a terminal is opened, as often as needed. What
// is plugged in is looked for anew each time.
func OpenAuto(o Options, log *slog.Logger) func(context.Context) (Transport, error) {
	return func(context.Context) (Transport, error) {
		return nil, errors.New("no printer was found: see whether it is plugged in and switched on")
	}
}
