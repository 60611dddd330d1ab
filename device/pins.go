package device

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"periph.io/x/conn/v3/gpio"

	"till/boards"
)

// Pins is what hangs on GPIO: the drawer, the light and the buzzer. A pin that
// cannot be moved is logged by the caller and holds up nothing.
type Pins interface {
	// KickDrawer opens the drawer. It is open by then or soon after.
	KickDrawer() error
	// SetLED shows a colour until the next call.
	SetLED(LED) error
	// Play sounds a pattern, and does not wait for its end. Two never sound at
	// once: of those that come meanwhile the newest follows.
	Play(Sound) error
}

// LED is the colour of the terminal's light.
type LED string

// The colours of the light.
const (
	LEDOff   LED = "off"
	LEDGreen LED = "green"
	LEDAmber LED = "amber"
	LEDRed   LED = "red"
	// LEDBlinking is amber that blinks: someone is needed.
	LEDBlinking LED = "blinking"
)

// LEDs lists the colours.
func LEDs() []LED { return []LED{LEDOff, LEDGreen, LEDAmber, LEDRed, LEDBlinking} }

func checkLED(c LED) error {
	if !slices.Contains(LEDs(), c) {
		return fmt.Errorf("light: colour %.20q is none of %v", string(c), LEDs())
	}
	return nil
}

// Line is one output of the header.
type Line interface {
	Out(gpio.Level) error
}

// Header is a board's pins.
type Header interface {
	// Line is a pin by its BCM number.
	Line(boards.Pin) (gpio.PinIO, error)
	// Close lets go of all lines.
	Close() error
}

// HeaderPins moves pins of the header.
type HeaderPins struct {
	drawer *drawer
	light  *light
	buzzer *buzzer
}

var _ Pins = (*HeaderPins)(nil)

// NewHeaderPins takes the lines that the board names and drives them low at
// once: a pin may be as a crash left it, and a drawer's solenoid that stays on
// burns. Where nothing is wired nothing is moved. An error is returned with pins
// that work as far as they can.
func NewHeaderPins(h Header, wired boards.Pins, log *slog.Logger) (*HeaderPins, error) {
	var failed error
	open := func(what string, pin boards.Pin) Line {
		if pin == 0 {
			return nowhere{}
		}
		line, err := h.Line(pin)
		if err == nil {
			err = line.Out(gpio.Low)
		}
		if err != nil {
			err = fmt.Errorf("%s on GPIO %d: %w", what, pin, err)
			failed = errors.Join(failed, err)
		}
		if line == nil {
			return stuck{err}
		}
		return line
	}
	p := &HeaderPins{
		drawer: &drawer{line: open("drawer", wired.Drawer), log: log},
		light: &light{
			red: open("red light", wired.LED.Red), green: open("green light", wired.LED.Green), blue: open("blue light", wired.LED.Blue),
			log: log,
		},
		buzzer: &buzzer{line: open("buzzer", wired.Buzzer), log: log},
	}
	return p, failed
}

// nowhere is a line that nothing is wired to.
type nowhere struct{}

func (nowhere) Out(gpio.Level) error { return nil }

// stuck is a line that could not be had, and so is not high by our doing.
type stuck struct{ err error }

func (s stuck) Out(l gpio.Level) error {
	if l == gpio.Low {
		return nil
	}
	return s.err
}

// KickDrawer implements Pins.
func (p *HeaderPins) KickDrawer() error { return p.drawer.kick() }

// SetLED implements Pins.
func (p *HeaderPins) SetLED(c LED) error { return p.light.set(c) }

// Play implements Pins.
func (p *HeaderPins) Play(s Sound) error { return p.buzzer.play(s) }

// Close drives everything low: a drawer's pulse is cut short, not left on.
func (p *HeaderPins) Close() error {
	return errors.Join(p.drawer.close(), p.buzzer.close(), p.light.close())
}

// FakePins records what was moved, and fails when told to.
type FakePins struct {
	mu    sync.Mutex
	moved []PinEvent
	fail  error
}

var _ Pins = (*FakePins)(nil)

// Fail makes every pin fail with err; nil heals them.
func (f *FakePins) Fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail = err
}

// Moved is what was moved since the last call.
func (f *FakePins) Moved() []PinEvent {
	f.mu.Lock()
	defer f.mu.Unlock()
	moved := f.moved
	f.moved = nil
	return moved
}

func (f *FakePins) move(e PinEvent) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail != nil {
		return f.fail
	}
	f.moved = append(f.moved, e)
	return nil
}

// KickDrawer implements Pins.
func (f *FakePins) KickDrawer() error { return f.move(PinEvent{Drawer: true}) }

// SetLED implements Pins.
func (f *FakePins) SetLED(c LED) error {
	if err := checkLED(c); err != nil {
		return err
	}
	return f.move(PinEvent{LED: c})
}

// Play implements Pins.
func (f *FakePins) Play(s Sound) error {
	if _, err := pattern(s); err != nil {
		return err
	}
	return f.move(PinEvent{Sound: s})
}
