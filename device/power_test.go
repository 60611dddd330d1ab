package device_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"

	"till/device"
	"till/display"
)

func keys(codes ...uint16) display.EvdevInfo {
	i := display.EvdevInfo{Name: "pwr_button", Keys: map[uint16]bool{}}
	for _, c := range codes {
		i.Keys[c] = true
	}
	return i
}

// power is the button of a Pi 5 going down or up, as the kernel reports it.
func power(down bool) []display.InputRecord {
	r := display.InputRecord{Type: 1, Code: 116}
	if down {
		r.Value = 1
	}
	return []display.InputRecord{r, {}}
}

func TestPowerKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		system := display.NewFakeEvdev()
		board := system.Plug("/dev/input/event0", keys(116))
		board.RefuseGrab(errors.New("logind has it")) // it works all the same
		keyboard := system.Plug("/dev/input/event1", keys(1, 2, 28, 30, 116))
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		done := make(chan error, 1)
		go func() { done <- device.NewPowerKey(system, silent).Run(ctx) }()
		synctest.Wait()
		ended := func() bool {
			select {
			case err := <-done:
				if err != nil {
					t.Error(err)
				}
				return true
			default:
				return false
			}
		}
		for range 3 { // pressed in passing
			board.Send(power(true)...)
			time.Sleep(400 * time.Millisecond)
			board.Send(display.InputRecord{Type: 1, Code: 116, Value: 2}) // autorepeat
			board.Send(power(false)...)
			time.Sleep(700 * time.Millisecond)
		}
		if ended() || keyboard.Opened() != 1 {
			t.Fatalf("ended by presses in passing; the keyboard was opened %d times", keyboard.Opened())
		}
		// Another is plugged in, and goes while it is held: no wish is known of then.
		late := system.Plug("/dev/input/event2", keys(116))
		time.Sleep(6 * time.Second)
		if !late.Grabbed() {
			t.Error("a button that came late is not the terminal's alone")
		}
		late.Send(power(true)...)
		system.Unplug("/dev/input/event2")
		time.Sleep(10 * time.Second)
		if ended() {
			t.Fatal("ended by a button that is gone")
		}
		board.Send(power(true)...)
		time.Sleep(1100 * time.Millisecond)
		if !ended() {
			t.Error("held for a second, and nothing happened")
		}
	})
}

func TestPowerKeyWithoutAny(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		system := display.NewFakeEvdev()
		system.Fail(errors.New("no /dev/input"))
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		if err := device.NewPowerKey(system, silent).Run(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("ended by %v", err)
		}
	})
}

// driven is a pin that something outside holds at its level, whatever is pulled.
type driven struct{ button }

func (d *driven) In(pull gpio.Pull, _ gpio.Edge) error {
	d.P = pull
	return nil
}

func TestUPS(t *testing.T) {
	for name, high := range map[string]bool{"high is gone": true, "low is gone": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pin := &driven{button{Pin: gpiotest.Pin{N: "ups"}}}
				mains := func(there bool) { pin.set(gpio.Level(there != high)) }
				o := device.UPSOptions{Pin: 6, High: high, Wait: 10 * time.Second}
				mains(false) // from the start: a line that nothing drives
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				var said []bool
				done := make(chan error, 1)
				go func() {
					done <- device.NewUPS(pin, o, silent).Run(ctx, func(gone bool) { said = append(said, gone) })
				}()
				time.Sleep(time.Minute)
				mains(true)
				time.Sleep(time.Second)
				mains(false) // a flicker
				time.Sleep(9 * time.Second)
				mains(true)
				time.Sleep(time.Second)
				synctest.Wait()
				select {
				case err := <-done:
					t.Fatalf("ended by a flicker: %v", err)
				default:
				}
				if len(said) != 2 || !said[0] || said[1] {
					t.Errorf("said %v", said)
				}
				mains(false)
				time.Sleep(10500 * time.Millisecond)
				synctest.Wait()
				select {
				case err := <-done:
					if err != nil {
						t.Error(err)
					}
				default:
					t.Error("the mains are gone for ten seconds, and nothing happened")
				}
				if want := map[bool]gpio.Pull{true: gpio.PullDown, false: gpio.PullUp}[high]; pin.P != want {
					t.Errorf("pulled %v, want %v: where no wire is, the mains are there", pin.P, want)
				}
			})
		})
	}
}

func TestClocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
		for name, c := range map[string]struct {
			hint, machine time.Time
			usable, set   bool
		}{
			"a Pi that begins in 1970": {now, time.Unix(0, 0), true, true},
			"as it is":                 {now, now.Add(-20 * time.Second), true, false},
			"the machine is ahead":     {now, now.Add(time.Hour), true, false},
			"an empty battery":         {time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), time.Unix(0, 0), false, false},
		} {
			var set []time.Time
			usable, err := device.HintClock(device.NewFakeRTC(c.hint), func() time.Time { return c.machine },
				func(at time.Time) error { set = append(set, at); return nil }, silent)
			if err != nil || usable != c.usable || (len(set) == 1) != c.set {
				t.Errorf("%s: usable %v, set to %v, %v", name, usable, set, err)
			}
		}
		refused := errors.New("not permitted")
		if _, err := device.HintClock(device.NewFakeRTC(now), func() time.Time { return time.Unix(0, 0) }, func(time.Time) error { return refused }, silent); !errors.Is(err, refused) {
			t.Errorf("a clock that may not be set: %v", err)
		}

		rtc := device.NewFakeRTC(now.Add(-time.Hour))
		must(t, device.KeepClock(rtc, now, silent))
		time.Sleep(time.Hour)
		must(t, device.KeepClock(rtc, now.Add(time.Hour+time.Second), silent)) // near enough
		must(t, device.KeepClock(rtc, time.Unix(0, 0), silent))                // who says so does not know
		if got, err := rtc.Read(); err != nil || len(rtc.Sets()) != 1 || !got.Equal(now.Add(time.Hour)) {
			t.Errorf("says %v after %v, %v", got, rtc.Sets(), err)
		}
		broken := errors.New("no answer on I2C")
		rtc.Fail(broken)
		if err := device.KeepClock(rtc, now, silent); !errors.Is(err, broken) {
			t.Errorf("a clock that does not answer: %v", err)
		}
		if _, err := device.HintClock(rtc, time.Now, nil, silent); !errors.Is(err, broken) {
			t.Errorf("a clock that does not answer: %v", err)
		}
	})
}

// A line of a supply that is wired to nothing says so once.
func TestUPSNotBelieved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		pin := &driven{button{Pin: gpiotest.Pin{N: "ups", L: gpio.High}}}
		ctx, stop := context.WithTimeout(t.Context(), time.Hour)
		defer stop()
		err := device.NewUPS(pin, device.UPSOptions{Pin: 6, High: true, Wait: time.Second}, slog.New(slog.NewTextHandler(&log, nil))).Run(ctx, func(bool) { t.Error("believed") })
		if !errors.Is(err, context.DeadlineExceeded) || strings.Count(log.String(), "not believed") != 1 {
			t.Errorf("%v, %s", err, log.String())
		}
	})
}
