package device

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"
)

// blinkEvery is how long a blinking light is on, and then off.
const blinkEvery = 500 * time.Millisecond

// light is a lamp for each colour. Amber is red and green together.
type light struct {
	red, green, blue Line
	log              *slog.Logger

	mu     sync.Mutex
	blink  *time.Timer // nil: it does not
	blinks int         // grows with each time it begins to
	lit    bool        // of a blinking light
	closed bool
}

func (l *light) set(c LED) error {
	if err := checkLED(c); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return errPinsClosed
	}
	if l.blink != nil {
		l.blink.Stop()
		l.blink = nil
	}
	if c == LEDBlinking {
		l.lit = true
		l.blinks++
		mine := l.blinks
		l.blink = time.AfterFunc(blinkEvery, func() { l.turn(mine) })
		return l.drive(LEDAmber)
	}
	return l.drive(c)
}

// turn is the next half of a blink.
func (l *light) turn(mine int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.blink == nil || l.blinks != mine {
		return // another colour came between
	}
	l.lit = !l.lit
	c := LEDOff
	if l.lit {
		c = LEDAmber
	}
	if err := l.drive(c); err != nil {
		l.log.Debug("blink", "err", err)
	}
	l.blink.Reset(blinkEvery)
}

func (l *light) drive(c LED) error {
	err := errors.Join(
		l.red.Out(gpio.Level(c == LEDRed || c == LEDAmber)),
		l.green.Out(gpio.Level(c == LEDGreen || c == LEDAmber)),
		l.blue.Out(gpio.Low))
	if err != nil {
		return fmt.Errorf("light: %w", err)
	}
	return nil
}

func (l *light) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	if l.blink != nil {
		l.blink.Stop()
	}
	return l.drive(LEDOff)
}
