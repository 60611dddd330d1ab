package device_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"

	"till/boards"
	"till/device"
	"till/display"
)

// deaf is a pin that cannot be made an input.
type deaf struct{ gpiotest.Pin }

func (*deaf) In(gpio.Pull, gpio.Edge) error { return errBusy }

var errBusy = errors.New("device or resource busy")

// Inputs whose pin is another's end with a sentence, and at once.
func TestPinsThatCannotBeRead(t *testing.T) {
	pin := &deaf{gpiotest.Pin{N: "deaf"}}
	if err := device.NewPowerButton(pin).Run(t.Context()); !errors.Is(err, errBusy) || !strings.Contains(err.Error(), "power button") {
		t.Errorf("power button: %v", err)
	}
	if err := device.NewUPS(pin, device.DefaultUPS(), silent).Run(t.Context(), nil); !errors.Is(err, errBusy) || !strings.Contains(err.Error(), "supply") {
		t.Errorf("supply: %v", err)
	}
}

// A power button of the kernel's that talks nonsense switches nothing off.
func TestPowerKeyGarbage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		system := display.NewFakeEvdev()
		key := system.Plug("/dev/input/event0", keys(116))
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		done := make(chan error, 1)
		go func() { done <- device.NewPowerKey(system, silent).Run(ctx) }()
		synctest.Wait()
		for i := range 500 {
			key.Send(
				display.InputRecord{Type: 1, Code: uint16(i), Value: 1}, // other keys go down and stay so
				display.InputRecord{Type: 2, Code: 116, Value: 1},       // and other kinds of events have this code
				display.InputRecord{Type: 1, Code: 116, Value: int32(i + 2)},
				display.InputRecord{Type: 1, Code: 116, Value: 0},
				display.InputRecord{Type: 0, Code: 3}, // SYN_DROPPED
			)
			time.Sleep(100 * time.Millisecond)
		}
		select {
		case err := <-done:
			t.Errorf("ended by garbage: %v", err)
		default:
		}
	})
}

// Each line of the header that is another's, in turn: everything else works, and
// the terminal starts.
func TestEveryLineHeld(t *testing.T) {
	for _, use := range boards.Pi3B.Pins.Uses() {
		t.Run(use.What, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBoard()
				b.held[use.Pin] = true
				m, _, _ := machine(b)
				d, err := device.Open(t.Context(), boards.Pi3B, device.Options{Machine: m, Log: silent, Display: "ili9341", Touch: device.TouchXPT})
				must(t, err)
				for what, err := range map[string]error{
					"drawer": d.Pins.KickDrawer(), "buzzer": d.Pins.Play(device.SoundRead), "LED": errors.Join(d.Pins.SetLED(device.LEDRed), d.Pins.SetLED(device.LEDGreen)),
				} {
					if broken := strings.HasPrefix(use.What, what) && use.What != "LED blue"; (err != nil) != broken {
						t.Errorf("%s: %v", what, err)
					}
				}
				if (d.PowerButton == nil) != (use.What == "power button") {
					t.Errorf("power button: %v", d.PowerButton)
				}
				time.Sleep(time.Second)
				must(t, d.Close())
			})
		})
	}
}

// A line that stays as it is whatever is driven: the pulse is over all the same,
// and the next kick is not refused for it.
func TestDrawerWhoseLineIsStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pins, b := wired(t)
		line := b.lines[boards.Pi3B.Pins.Drawer]
		for kick := range 3 {
			must(t, pins.KickDrawer())
			line.mu.Lock()
			line.fail, line.busy = 5, fmt.Errorf("kick %d: %w", kick, errBusy)
			line.mu.Unlock()
			time.Sleep(5 * time.Second)
			if line.Read() == gpio.High {
				t.Fatal("the drawer's line stays high")
			}
		}
	})
}
