package display_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio/gpiotest"

	"till/display"
)

// source is an input with a way to touch it, at one of three places, and one to
// have it gone.
type source struct {
	input display.Input
	touch func(place int)
	gone  func() // nil: nothing of it can be
	ends  bool   // Run ends when it is gone; else it waits for it to be back
}

// places are where sources are touched, on a picture of 320x240.
var places = []image.Point{{40, 180}, {160, 120}, {280, 60}}

// sources is every kind of input there is.
func sources(t *testing.T) map[string]source {
	t.Helper()
	where := display.TouchMap{Calibration: display.NoCalibration(), Picture: image.Pt(320, 240)}
	at4095 := func(p image.Point) (x, y int32) { return int32(p.X * 4096 / 320), int32(p.Y * 4096 / 240) }

	fake, both := display.NewFakeInput(), display.NewFakeInput()
	do := func(f *display.FakeInput, i int) {
		if err := f.Do(display.InputEvent{Touch: &places[i]}); err == nil {
			t.Error("the handler's refusal is not told")
		}
	}

	near, far := net.Pipe()
	t.Cleanup(func() { near.Close(); far.Close() })
	go func() {
		for answers := json.NewDecoder(far); ; {
			var ignored any
			if answers.Decode(&ignored) != nil {
				return
			}
		}
	}()

	system := display.NewFakeEvdev()
	info := touchInfo
	info.X, info.Y = display.AxisRange{Max: 4095}, display.AxisRange{Max: 4095}
	panel := system.Plug("/dev/input/event0", info)
	touches := 0

	f := &film{irq: &gpiotest.Pin{N: "irq"}}
	f.press(false)

	return map[string]source{
		"Fake": {fake, func(i int) { do(fake, i) }, func() { fake.End(nil) }, true},
		"Bench": {display.NewBenchInput(near), func(i int) {
			if _, err := fmt.Fprintf(far, `{"id":%d,"touch":{"x":%d,"y":%d}}`+"\n", i+1, places[i].X, places[i].Y); err != nil {
				t.Error(err)
			}
		}, func() { far.Close() }, true},
		"evdev": {evdev(system, func(o *display.EvdevOptions) { o.Map = where; o.Picture = nil }), func(i int) {
			x, y := at4095(places[i])
			touches++
			panel.Send(at(1000*touches, absolute(0, x), absolute(1, y), key(0x14a, 1))...)
			panel.Send(at(1000*touches+500, key(0x14a, 0))...)
		}, func() { system.Unplug("/dev/input/event0") }, false},
		"XPT2046": {display.NewXPT2046(f, f.irq, where, quietLog), func(i int) {
			x, y := at4095(places[i])
			f.set(func() { f.x, f.y = x, y })
			f.press(true)
			time.Sleep(200 * time.Millisecond)
			f.press(false)
			time.Sleep(200 * time.Millisecond)
		}, func() { f.set(func() { f.fail = errWire }) }, false},
		"several": {display.Inputs{evdev(display.NewFakeEvdev(), nil), both}, func(i int) { do(both, i) }, func() { both.End(nil) }, true},
	}
}

// TestInputConformance holds every source to what Input asks of it.
func TestInputConformance(t *testing.T) {
	for _, name := range []string{"Fake", "Bench", "evdev", "XPT2046", "several"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := sources(t)[name]
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				var got []image.Point
				busy := false
				ended := make(chan error, 1)
				go func() {
					ended <- s.input.Run(ctx, func(e display.InputEvent) error {
						if busy {
							t.Error("two events at once")
						}
						busy = true
						time.Sleep(50 * time.Millisecond) // whoever handles it takes its time
						busy = false
						if err := e.Validate(); err != nil {
							t.Error(err)
							return err
						}
						got = append(got, *e.Touch)
						return errors.New("refused: that ends nothing")
					})
				}()
				time.Sleep(3 * time.Second)
				for i := range places {
					s.touch(i)
				}
				time.Sleep(time.Second)
				synctest.Wait()
				near := func(a, b image.Point) bool { d := a.Sub(b); return max(d.X, -d.X) <= 1 && max(d.Y, -d.Y) <= 1 }
				if !slices.EqualFunc(got, places, near) {
					t.Errorf("touched at %v, want %v", got, places)
				}
				s.gone()
				time.Sleep(time.Minute)
				synctest.Wait()
				select {
				case err := <-ended:
					if !s.ends || err != nil {
						t.Errorf("gone, and Run ended with %v", err)
					}
					return
				default:
					if s.ends {
						t.Error("gone, and Run goes on")
					}
				}
				stop()
				synctest.Wait()
				select {
				case err := <-ended:
					if !errors.Is(err, context.Canceled) {
						t.Errorf("ended by %v", err)
					}
				default:
					t.Fatal("Run does not end with its context")
				}
			})
		})
	}
}

// A fake records what was answered, and fails when told to.
func TestFakeInput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := display.NewFakeInput()
		refused := errors.New("refused")
		ended := make(chan error, 1)
		go func() { ended <- fake.Run(t.Context(), func(e display.InputEvent) error { return refused }) }()
		if err := fake.Do(display.InputEvent{Key: "5"}); !errors.Is(err, refused) {
			t.Errorf("answered %v", err)
		}
		broken := errors.New("broken")
		fake.End(broken)
		if err := <-ended; !errors.Is(err, broken) {
			t.Errorf("ended by %v", err)
		}
	})
}
