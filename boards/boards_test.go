package boards_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"till/boards"
)

// tree is a machine's /proc/device-tree as Detect reads it.
func tree(model string, compatible ...string) func(string) ([]byte, error) {
	return func(path string) ([]byte, error) {
		switch {
		case path == "/proc/device-tree/model" && model != "":
			return []byte(model + "\x00"), nil
		case path == "/proc/device-tree/compatible" && compatible != nil:
			return []byte(strings.Join(compatible, "\x00") + "\x00"), nil
		}
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
}

func TestDetect(t *testing.T) {
	for _, c := range []struct {
		want, model string
		compatible  []string
	}{
		{"pizero2w", "Raspberry Pi Zero 2 W Rev 1.0", []string{"raspberrypi,model-zero-2-w", "brcm,bcm2837"}},
		{"pi3b", "Raspberry Pi 3 Model B Rev 1.2", []string{"raspberrypi,3-model-b", "brcm,bcm2837"}},
		{"pi3b", "Raspberry Pi 3 Model B+", []string{"raspberrypi,3-model-b-plus", "brcm,bcm2837"}}, // as under QEMU: no revision
		{"pi4b", "Raspberry Pi 4 Model B Rev 1.5", []string{"raspberrypi,4-model-b", "brcm,bcm2711"}},
		{"pi5", "Raspberry Pi 5 Model B Rev 1.1", []string{"raspberrypi,5-model-b", "brcm,bcm2712"}},
		{"pi3b", "Raspberry Pi 3 Model B Rev 1.2", []string{"vendor,carrier", "brcm,bcm2837"}}, // by its model alone
		{"pi3b", "Raspberry Pi 3 Model B Plus Rev 1.3", []string{"brcm,bcm2837"}},
		{"", "Raspberry Pi 3 Model A Plus Rev 1.0", []string{"raspberrypi,3-model-a-plus", "brcm,bcm2837"}},
		{"", "Raspberry Pi 500 Rev 1.0", []string{"raspberrypi,500", "brcm,bcm2712"}},
		{"", "QEMU Virtual Machine", []string{"linux,dummy-virt"}},
	} {
		b, err := boards.Detect(tree(c.model, c.compatible...))
		if b.Name != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: %q, %v; want %q", c.model, b.Name, err, c.want)
		}
		if err != nil && (!strings.Contains(err.Error(), c.model) || !strings.Contains(err.Error(), "-board")) {
			t.Errorf("%s: the error does not say what to do: %v", c.model, err)
		}
	}
	if _, err := boards.Detect(tree("")); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "-board") {
		t.Errorf("without a device tree: %v", err)
	}
}

func FuzzDetect(f *testing.F) {
	f.Add("Raspberry Pi 5 Model B Rev 1.1", "raspberrypi,5-model-b\x00brcm,bcm2712")
	f.Add("\x00\x00", "")
	f.Fuzz(func(t *testing.T, model, compatible string) {
		b, err := boards.Detect(tree(model, compatible))
		if (err == nil) != (b.Name != "") {
			t.Errorf("%q, %q: %q, %v", model, compatible, b.Name, err)
		}
	})
}

func TestByName(t *testing.T) {
	for _, name := range []string{"sim", "pizero2w", "pi3b", "pi4b", "pi5"} {
		if b, err := boards.ByName(name); err != nil || b.Name != name {
			t.Errorf("%s: %q, %v", name, b.Name, err)
		}
	}
	if _, err := boards.ByName("pi6"); err == nil || !strings.Contains(err.Error(), "pi4b") {
		t.Errorf("an unknown board: %v", err)
	}
}

// Each claim names what is wired there, with its BCM number.
func claims(b boards.Board) map[string]boards.Pin {
	p := b.Pins
	return map[string]boards.Pin{
		"drawer": p.Drawer, "LED red": p.LED.Red, "LED green": p.LED.Green, "LED blue": p.LED.Blue, "buzzer": p.Buzzer,
		"power button": p.PowerButton, "panel data": p.PanelData, "panel reset": p.PanelReset,
		"panel backlight": p.PanelBacklight, "touch IRQ": p.TouchIRQ,
	}
}

// TestPins holds every board to what headerPins promises.
func TestPins(t *testing.T) {
	kept := map[boards.Pin]string{
		1: "the HAT's EEPROM", 2: "I2C1", 3: "I2C1", 7: "SPI0", 8: "SPI0", 9: "SPI0", 10: "SPI0", 11: "SPI0", 14: "UART0", 15: "UART0",
	}
	for _, b := range boards.All() {
		if b.Bench {
			continue
		}
		taken := map[boards.Pin]string{}
		for what, pin := range claims(b) {
			switch {
			case pin < 0 || int(pin) >= b.GPIO.Lines:
				t.Errorf("%s: %s is on GPIO %d, which is not on the header", b.Name, what, pin)
			case pin == 0: // none
			case kept[pin] != "":
				t.Errorf("%s: %s is on GPIO %d, which is %s's", b.Name, what, pin, kept[pin])
			case taken[pin] != "":
				t.Errorf("%s: %s and %s are both on GPIO %d", b.Name, what, taken[pin], pin)
			case pin < 9:
				t.Errorf("%s: %s is on GPIO %d, which is pulled up while the board boots", b.Name, what, pin)
			}
			taken[pin] = what
		}
	}
}

func TestBoardsAreWhole(t *testing.T) {
	seen := map[string]string{}
	for _, b := range boards.All() {
		if b.Name == "" || b.About == "" || b.Panel.Width < 320 || b.Panel.Height < 240 {
			t.Errorf("%q: no name, no word about it, or a panel of %v", b.Name, b.Panel)
		}
		if b.Bench {
			continue
		}
		if len(b.Tree.Compatible) == 0 || len(b.Tree.Models) == 0 || len(b.Tree.Blobs) == 0 {
			t.Errorf("%s: its device tree is not told: %+v", b.Name, b.Tree)
		}
		for _, name := range slices.Concat(b.Tree.Compatible, b.Tree.Models, b.Tree.Blobs) {
			if other := seen[name]; other != "" {
				t.Errorf("%q is of %s and of %s", name, other, b.Name)
			}
			seen[name] = b.Name
		}
		if !strings.HasPrefix(b.GPIO.Chip, "pinctrl-") || len(b.Serial) == 0 || len(b.Health.Temperature) == 0 {
			t.Errorf("%s: GPIO %+v, serial %v, health %+v", b.Name, b.GPIO, b.Serial, b.Health)
		}
		if b.Watchdog.Path != "" && (b.Watchdog.Most < 10*time.Second || b.Watchdog.Most > time.Minute) {
			t.Errorf("%s: a watchdog of %v", b.Name, b.Watchdog.Most)
		}
		for _, q := range b.Quirks {
			if q.Name == "" || q.What == "" {
				t.Errorf("%s: quirk %+v", b.Name, q)
			}
		}
	}
}

// TestHardwarePage holds docs/hardware.md to the wiring here.
func TestHardwarePage(t *testing.T) {
	page, err := os.ReadFile("../docs/hardware.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range boards.All() {
		if !strings.Contains(string(page), "`"+b.Name+"`") {
			t.Errorf("board %s is not on the page", b.Name)
		}
		for _, q := range b.Quirks {
			if !strings.Contains(string(page), "`"+q.Name+"`") {
				t.Errorf("quirk %s of %s is not on the page", q.Name, b.Name)
			}
		}
	}
	for what, pin := range claims(boards.Pi3B) {
		if row := fmt.Sprintf("| %s | %d |", what, pin); !strings.Contains(string(page), row) {
			t.Errorf("the page has no row %q", row)
		}
	}
}

// TestHeader holds the header's numbers to themselves: each of the 28 lines has
// one pin, and the pins that have none carry power.
func TestHeader(t *testing.T) {
	seen := map[boards.Pin]int{}
	for n := 1; n <= boards.HeaderPins; n++ {
		pin, ok := boards.HeaderSignal(n)
		if ok == (boards.HeaderPower(n) != "") {
			t.Errorf("pin %d is signal and power, or neither", n)
		}
		if !ok {
			continue
		}
		if other := seen[pin]; other != 0 {
			t.Errorf("GPIO %d is on pins %d and %d", pin, other, n)
		}
		seen[pin] = n
		if got := pin.HeaderPin(); got != n {
			t.Errorf("GPIO %d is on pin %d, says HeaderPin %d", pin, n, got)
		}
	}
	if len(seen) != 28 || boards.Pin(28).HeaderPin() != 0 {
		t.Errorf("%d lines on the header", len(seen))
	}
	for _, n := range []int{0, -1, 41} {
		if _, ok := boards.HeaderSignal(n); ok {
			t.Errorf("there is a pin %d", n)
		}
	}
}

// TestPlugs holds the wiring's picture to the wiring: every use is on a plug, on
// its pin, and what a plug calls power and ground is.
func TestPlugs(t *testing.T) {
	for _, b := range boards.All() {
		if b.Bench {
			continue
		}
		on := map[int][]string{}
		for _, p := range b.Pins.Plugs() {
			grounds := 0
			for _, w := range p.Wires {
				want := map[string]boards.Power{"ground": boards.Ground, "3.3 V": boards.Supply3V, "5 V": boards.Supply5V}[w.What]
				if got := boards.HeaderPower(w.Header); got != want {
					t.Errorf("%s: %s of %s is on pin %d, which carries %q", b.Name, w.What, p.Name, w.Header, got)
				}
				if want == boards.Ground {
					grounds++
				}
				on[w.Header] = append(on[w.Header], p.Name)
			}
			if grounds != 1 || p.About == "" {
				t.Errorf("%s: %s has %d grounds; about it: %q", b.Name, p.Name, grounds, p.About)
			}
		}
		for _, u := range b.Pins.Uses() {
			if n := u.Pin.HeaderPin(); len(on[n]) != 1 {
				t.Errorf("%s: %s, on pin %d, is of the plugs %v", b.Name, u.What, n, on[n])
			}
			if got := b.Pins.UseOf(u.Pin); got != u.What {
				t.Errorf("%s: GPIO %d is for %q, says UseOf %q", b.Name, u.Pin, u.What, got)
			}
		}
		if b.Pins.UseOf(6) != "" || b.Pins.UseOf(10) == "" {
			t.Errorf("%s: GPIO 6 is free, and GPIO 10 the bus's", b.Name)
		}
	}
}
