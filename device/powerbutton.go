package device

import (
	"context"
	"fmt"
	"time"

	"periph.io/x/conn/v3/gpio"
)

const (
	// buttonWait bounds a wait for an edge. Never forever: what that is written
	// as differs between drivers, and -1 returns at once from gpioioctl, which is
	// a spinning processor (periph.io/x/host issue 78).
	buttonWait = 250 * time.Millisecond
	buttonLook = 20 * time.Millisecond
	// buttonHold is how long it has to be held: a sleeve or a broom is not a wish.
	buttonHold = time.Second
)

// PowerButton is a button to ground.
type PowerButton struct {
	pin gpio.PinIn
}

// NewPowerButton reads the button on pin.
func NewPowerButton(pin gpio.PinIn) *PowerButton { return &PowerButton{pin} }

// Run returns nil once the button was held for a second, or the error of ctx.
func (b *PowerButton) Run(ctx context.Context) error {
	if err := b.pin.In(gpio.PullUp, gpio.FallingEdge); err != nil {
		return fmt.Errorf("power button: %w", err)
	}
	// A pin that is low from the start is no press: a wire that is shorted, or a
	// finger on the button since before the boot. It has to be seen released first.
	released := false
	for ctx.Err() == nil {
		// The edge only ends the wait early. It may be an old one, or a bounce.
		before := time.Now()
		if !b.pin.WaitForEdge(buttonWait) && time.Since(before) < buttonLook {
			pause(ctx, buttonLook) // a driver that does not wait
		}
		if !released {
			released = b.pin.Read() == gpio.High
		} else if b.held(ctx) {
			return nil
		}
	}
	return ctx.Err()
}

func (b *PowerButton) held(ctx context.Context) bool {
	since := time.Now()
	for b.pin.Read() == gpio.Low {
		if time.Since(since) >= buttonHold {
			return true
		}
		if !pause(ctx, buttonLook) {
			return false
		}
	}
	return false
}

// pause waits, and says whether ctx goes on.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
