package display_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"

	"till/display"
)

// Whatever a panel's wire does, the next frame that goes through is on the
// panel whole. Each transfer of a picture fails in turn.
func TestSPIPanelShowsAfterAnyFault(t *testing.T) {
	size := image.Pt(40, 30)
	for _, name := range []string{"st7789", "ili9341"} {
		s, w := smallPanel(t, name, size)
		p := display.NewPanel(s)
		if _, err := p.Show(held(noise(size, 0))); err != nil {
			t.Fatal(err)
		}
		transfers := len(w.record.Ops)
		for at := 1; at <= transfers; at++ {
			w.failAt = at
			frame := held(noise(size, uint64(at)))
			if _, err := p.Show(frame); !errors.Is(err, errWire) {
				// From here on the picture takes fewer transfers than setting up does too.
				if err != nil {
					t.Fatalf("%s, transfer %d: %v", name, at, err)
				}
				w.failAt = 0
			} else if _, err := p.Show(frame); err != nil {
				t.Fatalf("%s, after transfer %d failed: %v", name, at, err)
			}
			if !bytes.Equal(unturn(w.panel.seen(), w.panel.model).Pix, frame.Pix) || w.panel.outside > 0 || w.panel.odd > 0 || !w.panel.on {
				t.Fatalf("%s: after transfer %d failed the panel does not show the frame", name, at)
			}
		}
	}
}

// brokenPin is a pin that does not move.
type brokenPin struct{ *gpiotest.Pin }

func (brokenPin) Out(gpio.Level) error { return errWire }

func TestSPIPanelPinFaults(t *testing.T) {
	bad := brokenPin{&gpiotest.Pin{N: "broken"}}
	for name, change := range map[string]func(*display.SPIPins){
		"data": func(p *display.SPIPins) { p.Data = bad }, "reset": func(p *display.SPIPins) { p.Reset = bad },
		"backlight": func(p *display.SPIPins) { p.Backlight = bad },
	} {
		w := newWiring(t, 64)
		pins := w.pins()
		change(&pins)
		s, err := display.NewSPIPanel(w, pins, model(t, "st7789"), 0, w.sleep)
		if err != nil {
			t.Fatal(err)
		}
		frame := noise(s.Size(), 1)
		for range 2 {
			if err := s.Draw(frame, image.Rect(0, 0, 2, 2)); !errors.Is(err, errWire) || !strings.Contains(err.Error(), "st7789") {
				t.Errorf("the %s pin does not move: %v", name, err)
			}
		}
	}
}

// A panel that is slow, or gone for a while, holds up its own drawing alone and
// comes out right: the surface is handed whole frames, and takes its time.
func TestSlowPanel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		size := image.Pt(40, 30)
		s, w := smallPanel(t, "st7789", size)
		w.delay = 3 * time.Second
		began := time.Now()
		p := display.NewPanel(s)
		frame := held(noise(size, 1))
		if _, err := p.Show(frame); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(unturn(w.panel.seen(), w.panel.model).Pix, frame.Pix) || time.Since(began) < time.Minute {
			t.Error("a slow panel does not show the frame")
		}
	})
}

// shortWriter takes part of what it is given.
type shortWriter struct {
	bytes.Buffer
	room int
}

func (w *shortWriter) Write(p []byte) (int, error) {
	n := min(len(p), w.room)
	w.room -= n
	_, _ = w.Buffer.Write(p[:n]) // a buffer takes all
	if n < len(p) {
		return n, io.ErrShortWrite
	}
	return n, nil
}

// The bench's stream cannot be taken up in the middle: cut anywhere, what came
// before is whole updates, and nothing follows.
func TestBenchShortWrite(t *testing.T) {
	size := image.Pt(8, 4)
	frame := noise(size, 1)
	var whole shortWriter
	whole.room = 1 << 20
	if err := display.NewBench(&whole, size).Draw(frame, frame.Rect); err != nil {
		t.Fatal(err)
	}
	for room := range whole.Len() {
		w := shortWriter{room: room}
		b := display.NewBench(&w, size)
		if err := b.Draw(frame, frame.Rect); !errors.Is(err, io.ErrShortWrite) {
			t.Fatalf("cut after %d bytes: %v", room, err)
		}
		if err := b.Draw(frame, frame.Rect); err == nil || w.Len() != room {
			t.Fatalf("cut after %d bytes, and %d more were sent", room, w.Len()-room)
		}
		updates := 0
		err := display.NewBenchReader(bytes.NewReader(w.Bytes())).Run(func(*image.RGBA, image.Rectangle) { updates++ })
		const header = 12 // it ends in order between updates
		if updates != 0 || (err == nil) != (room == 0 || room == header) {
			t.Fatalf("cut after %d bytes the world sees %d updates, %v", room, updates, err)
		}
	}
}

// The XPT2046, when it says what cannot be.
func TestXPT2046Faults(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*film, *rand.Rand)
		most   int // touches seen in a minute
	}{
		"a wire of its interrupt is shorted": {func(f *film, _ *rand.Rand) { f.press(true) }, 1}, // one touch, never another
		"noise": {func(f *film, r *rand.Rand) {
			f.press(true)
			f.noise = make([]int32, 100_000)
			for i := range f.noise {
				f.noise[i] = int32(r.IntN(4096)) - 2048
			}
		}, 20}, // now and then five samples agree by chance
		"no chip":       {func(f *film, _ *rand.Rand) { f.press(true); f.x, f.y = 4095, 4095 }, 1}, // the wire is high
		"the bus fails": {func(f *film, _ *rand.Rand) { f.press(true); f.fail = errWire }, 0},
		"it is slow":    {func(f *film, _ *rand.Rand) { f.press(true); f.delay = 2 * time.Second }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &film{irq: &gpiotest.Pin{N: "irq"}, x: 1024, y: 3072}
				where := display.TouchMap{Calibration: display.NoCalibration(), Picture: image.Pt(320, 240)}
				seen := run(t, display.NewXPT2046(f, f.irq, where, quietLog))
				time.Sleep(100 * time.Millisecond)
				f.set(func() { c.change(f, rand.New(rand.NewPCG(1, 2))) })
				time.Sleep(time.Minute)
				got := seen()
				if len(got) > c.most {
					t.Errorf("%d touches: %.5v", len(got), got)
				}
				for _, p := range got {
					var x, y int
					if _, err := fmt.Sscanf(p, "(%d,%d)", &x, &y); err != nil || x < 0 || y < 0 || x >= 320 || y >= 240 {
						t.Errorf("touched at %s", p)
					}
				}
				f.set(func() {
					if asked := f.asked; asked > 60*70*10+100 {
						t.Errorf("asked %d times in a minute", asked)
					}
					f.fail, f.noise, f.delay, f.x, f.y = nil, nil, 0, 2048, 2048
				})
				f.press(false)
				time.Sleep(10 * time.Second) // what was slow ends
				seen()
				f.press(true)
				time.Sleep(time.Second)
				if got := seen(); len(got) != 1 || got[0] != "(160,120)" {
					t.Errorf("healed, and touched: %v", got)
				}
			})
		})
	}
}

// An interrupt whose pin cannot be had ends the source with a sentence.
type deafPin struct{ *gpiotest.Pin }

func (deafPin) In(gpio.Pull, gpio.Edge) error { return errWire }

func TestXPT2046WithoutItsPin(t *testing.T) {
	where := display.TouchMap{Calibration: display.NoCalibration(), Picture: image.Pt(320, 240)}
	err := display.NewXPT2046(&film{}, deafPin{&gpiotest.Pin{}}, where, quietLog).Run(t.Context(), nil)
	if !errors.Is(err, errWire) || !strings.Contains(err.Error(), "interrupt") {
		t.Error(err)
	}
}

// Event devices that say what they should not.
func TestEvdevFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		system := display.NewFakeEvdev()
		panel, pad := system.Plug("/dev/input/event0", touchInfo), system.Plug("/dev/input/event1", padInfo)
		seen := run(t, evdev(system, nil))
		time.Sleep(2 * time.Second)
		// Garbage: kinds and codes that there are not, values out of every range.
		random := rand.New(rand.NewPCG(3, 4))
		for range 2000 {
			r := display.InputRecord{Type: uint16(random.IntN(40)), Code: uint16(random.IntN(1 << 16)), Value: int32(random.Uint32())}
			panel.Send(r)
			pad.Send(r)
		}
		for _, e := range seen() { // run checks that each is a good event
			var x, y int
			if n, _ := fmt.Sscanf(e, "(%d,%d)", &x, &y); n == 2 && (x < 0 || y < 0 || x > 799 || y > 479) {
				t.Errorf("touched at %s", e)
			}
		}
		// A finger that never leaves, and a key that is stuck: one of each.
		system.Unplug("/dev/input/event0")
		system.Unplug("/dev/input/event1")
		time.Sleep(2 * time.Second)
		panel, pad = system.Plug("/dev/input/event0", touchInfo), system.Plug("/dev/input/event1", padInfo)
		time.Sleep(2 * time.Second)
		seen()
		panel.Send(at(0, absolute(0, 10), absolute(1, 20), key(0x14a, 1))...)
		pad.Send(at(0, key(79, 1))...)
		for i := range 100 {
			panel.Send(at(100*i, absolute(0, 10), absolute(1, 20))...)
			pad.Send(at(100*i, key(79, 2))...)
		}
		if got := seen(); len(got) != 2 {
			t.Errorf("stuck: %v", got)
		}
		// Pulled out in the middle of a touch, and all at once.
		system.Unplug("/dev/input/event0")
		system.Unplug("/dev/input/event1")
		time.Sleep(2 * time.Second)
		pad = system.Plug("/dev/input/event1", padInfo)
		time.Sleep(2 * time.Second)
		pad.Send(at(0, key(80, 1))...)
		if got := seen(); len(got) != 1 || got[0] != "2" {
			t.Errorf("plugged in again: %v", got)
		}
	})
}
