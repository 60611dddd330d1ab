package device

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"
)

// A drawer's solenoid is made for pulses. DANGER: current for longer burns it,
// and what is near it.
const (
	drawerPulse = 100 * time.Millisecond // as printers give (ESC p with 50 times 2 ms)
	drawerRest  = 4 * drawerPulse        // a fifth of the time at most, as solenoids are rated
	drawerRetry = 5 * time.Millisecond   // until the line goes low, then twice as long each time
	drawerLater = time.Second            // at most
)

// drawer pulses a line.
type drawer struct {
	line Line
	log  *slog.Logger

	mu      sync.Mutex
	rested  time.Time
	on      bool
	release *time.Timer
	closed  bool
}

var errPinsClosed = errors.New("the pins are let go of")

// kick begins a pulse. While one is under way, and while the solenoid rests
// after it, the drawer is open and nothing is done.
func (d *drawer) kick() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return errPinsClosed
	}
	if d.on || time.Now().Before(d.rested) {
		return nil
	}
	d.on = true
	d.rested = time.Now().Add(drawerPulse + drawerRest)
	// Before the line rises, so that nothing that fails then leaves it high.
	d.release = time.AfterFunc(drawerPulse, func() { d.end(drawerRetry) })
	if err := d.line.Out(gpio.High); err != nil {
		d.rested = time.Time{}
		return fmt.Errorf("open the drawer: %w", err)
	}
	return nil
}

// end ends the pulse, and tries until it has.
func (d *drawer) end(retry time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	if err := d.low(); err != nil {
		if retry == drawerRetry {
			d.log.Error("the drawer's solenoid may still be on; if so cut its power", "err", err)
		}
		d.release = time.AfterFunc(retry, func() { d.end(min(2*retry, drawerLater)) })
	}
}

func (d *drawer) low() error {
	if !d.on {
		return nil
	}
	if err := d.line.Out(gpio.Low); err != nil {
		return fmt.Errorf("end the drawer's pulse: %w", err)
	}
	d.on = false
	return nil
}

func (d *drawer) close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	if d.release != nil {
		d.release.Stop()
	}
	return d.low()
}
