package device_test

import (
	"errors"
	"slices"
	"testing"

	"periph.io/x/conn/v3/gpio"

	"till/boards"
	"till/device"
)

// A header's lines: those that there are, one that is another's, and what drives
// them. The real one needs chips, and is seen at work on the emulated Pi.
func TestFakeHeader(t *testing.T) {
	h := device.NewFakeHeader()
	if _, err := h.Line(28); err == nil {
		t.Error("there is a GPIO 28 on the header")
	}
	h.Hold(17, errBusy)
	if _, err := h.Line(17); !errors.Is(err, errBusy) {
		t.Errorf("a line that is another's: %v", err)
	}
	h.Hold(17, nil)
	line, err := h.Line(17)
	must(t, err)
	must(t, line.Out(gpio.High))
	must(t, line.Out(gpio.Low))
	if driven := h.Fake(17).Driven(); !slices.Equal(driven, []gpio.Level{gpio.High, gpio.Low}) {
		t.Errorf("driven %v", driven)
	}
	h.Fake(17).Fail(errBusy)
	if err := errors.Join(line.Out(gpio.High)); !errors.Is(err, errBusy) || line.Read() != gpio.Low {
		t.Errorf("a line that fails: %v, %v", err, line.Read())
	}
	if err := line.In(gpio.PullUp, gpio.NoEdge); !errors.Is(err, errBusy) {
		t.Errorf("a line that fails: %v", err)
	}
	h.Fake(17).Fail(nil)
	must(t, line.In(gpio.PullDown, gpio.NoEdge))
	h.Fake(17).Hold(gpio.High)
	if line.Read() != gpio.High {
		t.Error("held high, and read low")
	}
	must(t, h.Close())
	if !h.Closed() {
		t.Error("not closed")
	}
}

// The lights and the drawer are all that a terminal drives on a header, and each
// is low when it ends.
func TestHeaderIsLowAtTheEnd(t *testing.T) {
	h := device.NewFakeHeader()
	m, _, _ := machine(newBoard())
	m.Header = func(boards.GPIO) (device.Header, error) { return h, nil }
	d, err := device.Open(t.Context(), boards.Pi4B, device.Options{Machine: m, Log: silent})
	must(t, err)
	must(t, d.Pins.SetLED(device.LEDAmber))
	must(t, d.Close())
	p := boards.Pi4B.Pins
	for _, pin := range []boards.Pin{p.Drawer, p.Buzzer, p.LED.Red, p.LED.Green, p.LED.Blue} {
		if driven := h.Fake(pin).Driven(); len(driven) == 0 || driven[0] != gpio.Low || driven[len(driven)-1] != gpio.Low {
			t.Errorf("GPIO %d was driven %v", pin, driven)
		}
	}
	if !h.Closed() {
		t.Error("the lines were not let go")
	}
}
