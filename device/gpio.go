package device

import (
	"fmt"
	"sync"

	"periph.io/x/conn/v3/driver/driverreg"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/host/v3/gpioioctl"

	"till/boards"
)

// openHeader finds the header's chip among the machine's character devices.
// They serve every board: on a Pi 5 nothing else does, and no register is
// touched behind the kernel's back.
func openHeader(g boards.GPIO) (Header, error) {
	if _, err := driverreg.Init(); err != nil {
		return nil, fmt.Errorf("find the pins: %w", err)
	}
	var labels []string
	for _, chip := range gpioioctl.Chips {
		if chip.Label() == g.Chip {
			return &header{chip: chip, most: g.Lines}, nil
		}
		labels = append(labels, chip.Label())
	}
	return nil, fmt.Errorf("find the pins: no chip is labelled %s (there are %q): is this the board that was named, and may till open /dev/gpiochip*?", g.Chip, labels)
}

// header is lines of one chip. The driver keeps chips for the process' life.
type header struct {
	chip *gpioioctl.GPIOChip
	most int

	mu    sync.Mutex
	taken []*gpioioctl.GPIOLine
}

// Line implements Header. The offset is taken, not the name: names differ
// between kernels, and drivers that register the same ones rename lines.
func (h *header) Line(pin boards.Pin) (gpio.PinIO, error) {
	if pin < 0 || int(pin) >= h.most || int(pin) >= h.chip.LineCount() {
		return nil, fmt.Errorf("GPIO %d is not on the header", pin)
	}
	line := h.chip.ByNumber(int(pin))
	h.mu.Lock()
	defer h.mu.Unlock()
	h.taken = append(h.taken, line)
	return ioctlLine{line}, nil
}

// Close implements Header.
func (h *header) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, line := range h.taken {
		line.Close()
	}
	h.taken = nil
	return nil
}

// ioctlLine mends what gpioioctl v3.8.5 does after a refusal: it takes the line
// for an output although the kernel did not give it, and writes to file 0 then.
type ioctlLine struct{ *gpioioctl.GPIOLine }

// Out implements gpio.PinOut. A line that is another's by now is asked for anew
// the next time.
func (l ioctlLine) Out(level gpio.Level) error {
	err := l.GPIOLine.Out(level)
	if err != nil {
		l.GPIOLine.Close()
		return fmt.Errorf("GPIO %d: %w", l.Number(), err)
	}
	return nil
}

// In implements gpio.PinIn.
func (l ioctlLine) In(pull gpio.Pull, edge gpio.Edge) error {
	err := l.GPIOLine.In(pull, edge)
	if err != nil {
		l.GPIOLine.Close()
		return fmt.Errorf("GPIO %d: %w", l.Number(), err)
	}
	return nil
}

// noHeader stands where the pins could not be had.
type noHeader struct{ err error }

// Line implements Header.
func (n noHeader) Line(boards.Pin) (gpio.PinIO, error) { return nil, n.err }

// Close implements Header.
func (noHeader) Close() error { return nil }
