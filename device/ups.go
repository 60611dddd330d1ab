package device

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"periph.io/x/conn/v3/gpio"
)

// UPSOptions say how a supply with a battery tells that the mains are gone.
type UPSOptions struct {
	Pin int // BCM number; 0: there is none
	// High says that the line is high while the mains are gone; else it is low.
	High bool
	// Wait is for how long they have to be gone: a lamp's flicker ends no day.
	Wait time.Duration
}

// DefaultUPS is no such supply.
func DefaultUPS() UPSOptions { return UPSOptions{High: true, Wait: 10 * time.Second} }

// upsLook is how often the line is read. An edge would tell no more: the battery
// holds for minutes.
const upsLook = 200 * time.Millisecond

// UPS is the line of a supply with a battery.
type UPS struct {
	pin gpio.PinIn
	o   UPSOptions
	log *slog.Logger
}

// NewUPS reads the line on pin.
func NewUPS(pin gpio.PinIn, o UPSOptions, log *slog.Logger) *UPS { return &UPS{pin, o, log} }

// Run returns nil once the mains have been gone for Wait, or the error of ctx.
// said is told when they go, and when they are back. A line that says from the
// start that they are gone is not believed until it has said otherwise once: it
// may be wired to nothing, and the terminal would never start.
func (u *UPS) Run(ctx context.Context, said func(gone bool)) error {
	pull, lost := gpio.PullUp, gpio.Low
	if u.o.High {
		pull, lost = gpio.PullDown, gpio.High
	}
	if err := u.pin.In(pull, gpio.NoEdge); err != nil {
		return fmt.Errorf("the line of the supply: %w", err)
	}
	seen, warned := false, false
	var since time.Time // zero: the mains are there
	for {
		switch gone := u.pin.Read() == lost; {
		case !gone:
			if !seen {
				seen = true
				u.log.Info("the supply says that the mains are there", "pin", u.o.Pin)
			}
			if !since.IsZero() {
				since = time.Time{}
				u.log.Info("the mains are back")
				said(false)
			}
		case !seen:
			if !warned {
				warned = true
				u.log.Warn("the supply says that the mains are gone, from the start: not believed until it has said that they are there", "pin", u.o.Pin)
			}
		case since.IsZero():
			since = time.Now()
			u.log.Warn("the mains are gone", "off_in", u.o.Wait)
			said(true)
		case time.Since(since) >= u.o.Wait:
			return nil
		}
		if !pause(ctx, upsLook) {
			return ctx.Err()
		}
	}
}
