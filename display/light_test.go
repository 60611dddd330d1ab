package display_test

import (
	"errors"
	"image"
	"slices"
	"strings"
	"testing"

	"till/display"
)

var errLamp = errors.New("the lamp is broken")

// lamps is every surface with a switch.
func lamps(t *testing.T) map[string]display.Surface {
	t.Helper()
	w := newWiring(t, 0)
	withPin, err := display.NewSPIPanel(w, w.pins(), model(t, "st7789"), 0, w.sleep)
	if err != nil {
		t.Fatal(err)
	}
	v := newWiring(t, 0)
	without, err := display.NewSPIPanel(v, display.SPIPins{Data: v.data}, model(t, "st7789"), 0, v.sleep)
	if err != nil {
		t.Fatal(err)
	}
	fake := display.NewFake(image.Pt(70, 50))
	return map[string]display.Surface{
		"Fake": fake, "None": display.NewNone(image.Pt(70, 50)), "SPI": withPin, "SPI without a pin": without,
		"Hotplug": display.NewHotplug(display.NewFake(image.Pt(70, 50)), image.Pt(70, 50), func() (display.Surface, error) { return nil, errLamp }),
	}
}

// What is drawn while it is dark is there when it is lit, and switching twice is
// switching once.
func TestLampConformance(t *testing.T) {
	for name, s := range lamps(t) {
		t.Run(name, func(t *testing.T) {
			frame := noise(s.Size(), 1)
			if err := display.SwitchLight(s, false); err != nil {
				t.Fatalf("dark before anything is drawn: %v", err)
			}
			for _, on := range []bool{false, false, true, true, false} {
				if err := display.SwitchLight(s, on); err != nil {
					t.Fatal(err)
				}
				if err := s.Draw(frame, frame.Rect); err != nil {
					t.Fatalf("drawn while light is %v: %v", on, err)
				}
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if name != "Fake" && name != "None" && display.SwitchLight(s, true) == nil {
				t.Error("lit after Close")
			}
		})
	}
	if err := display.SwitchLight(display.NewPNG(image.Pt(1, 1)), true); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("a surface without a switch: %v", err)
	}
	g := display.FBGeometry{Size: image.Pt(2, 2), Stride: 8, Format: xrgb8888}
	fb, err := display.NewFramebuffer(make([]byte, 16), g, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := display.SwitchLight(fb, true); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("memory without a driver: %v", err)
	}
}

// The panel's light by what goes over its wires: a pin where there is one, else
// DISPOFF 28 and DISPON 29.
func TestSPIPanelLight(t *testing.T) {
	for name, c := range map[string]struct {
		pin  bool
		want []string // of draw, off, draw, on, draw
	}{
		"pin":     {true, []string{"light   High", "light   Low", "light   High"}},
		"without": {false, []string{"command 29", "command 28", "command 29"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWiring(t, 0)
			pins := display.SPIPins{Data: w.data}
			if c.pin {
				pins = w.pins()
			}
			p, err := display.NewSPIPanel(w, pins, model(t, "st7789"), 0, w.sleep)
			if err != nil {
				t.Fatal(err)
			}
			frame := noise(p.Size(), 1)
			part := image.Rect(0, 0, 2, 1)
			must := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			must(p.Draw(frame, part))
			must(p.Light(false))
			must(p.Draw(frame, part))
			// The wire fails while it is dark: set up anew, it stays dark.
			w.failAt = 2
			if err := p.Draw(frame, part); !errors.Is(err, errWire) {
				t.Fatalf("a failed transfer: %v", err)
			}
			must(p.Draw(frame, part))
			must(p.Light(true))
			must(p.Draw(frame, part))
			var seen []string
			for _, line := range w.lines {
				if strings.HasPrefix(line, "light") || !c.pin && (line == "command 28" || line == "command 29") {
					seen = append(seen, line)
				}
			}
			if !slices.Equal(seen, c.want) {
				t.Errorf("on the wire %q, want %q", seen, c.want)
			}
			w.failAt = 1
			if !c.pin {
				if err := p.Light(false); !errors.Is(err, errWire) {
					t.Errorf("a wire that is off: %v", err)
				}
			}
		})
	}
}

func TestBacklights(t *testing.T) {
	fake := display.NewFakeBacklights(31, "10-0045", "rpi_backlight")
	b := fake.Backlights()
	for _, c := range []struct {
		do   func() error
		want []string
	}{
		{func() error { return b.Brightness(100) }, []string{"10-0045/brightness=31", "rpi_backlight/brightness=31"}},
		{func() error { return b.Brightness(1) }, []string{"10-0045/brightness=1", "rpi_backlight/brightness=1"}},
		{func() error { return b.Brightness(50) }, []string{"10-0045/brightness=15", "rpi_backlight/brightness=15"}},
		{func() error { return b.Light(false) }, []string{"10-0045/bl_power=4", "rpi_backlight/bl_power=4"}},
		{func() error { return b.Light(true) }, []string{"10-0045/bl_power=0", "rpi_backlight/bl_power=0"}},
	} {
		if err := c.do(); err != nil {
			t.Error(err)
		}
		if got := fake.Written(); !slices.Equal(got, c.want) {
			t.Errorf("wrote %q, want %q", got, c.want)
		}
	}
	fake.Fail(errLamp)
	if err := b.Light(false); !errors.Is(err, errLamp) {
		t.Errorf("a light that is stuck: %v", err)
	}
	if err := b.Brightness(50); !errors.Is(err, errLamp) {
		t.Errorf("a light that is stuck: %v", err)
	}
	for name, b := range map[string]display.Backlights{"none": {}, "no light": display.NewFakeBacklights(1).Backlights()} {
		if err := errors.Join(b.Light(true), b.Brightness(5)); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
	odd := fake.Backlights()
	odd.ReadFile = func(string) ([]byte, error) { return []byte("bright"), nil }
	if err := odd.Brightness(50); err == nil || !strings.Contains(err.Error(), "bright") {
		t.Errorf("garbage: %v", err)
	}
}
