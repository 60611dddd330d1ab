package scanner_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"till/scanner"
)

func newAuto(system scanner.System, o scanner.Options) *scanner.Auto {
	return scanner.NewAuto(system, o, realClock(), slog.New(slog.DiscardHandler))
}

// wedge is a scanner that types, as most are.
func wedge(path string) scanner.Node {
	return scanner.Node{
		Path: path, Kind: scanner.KindKeys, Device: "usb/1-1", Name: "Symbol Bar Code Scanner", Phys: "usb-1/input0",
		ID: scanner.InputID{Bus: 3, Vendor: 0x05E0, Product: 0x1200, Version: 0x110}, HID: []int{1}, Types: true,
	}
}

// pad is a number pad: what must never be taken for a scanner.
func pad(path string) scanner.Node {
	return scanner.Node{
		Path: path, Kind: scanner.KindKeys, Device: "usb/1-2", Name: "SIGMACHIP USB Keyboard", Phys: "usb-2/input0",
		ID: scanner.InputID{Bus: 3, Vendor: 0x1C4F, Product: 0x0026}, HID: []int{0, 1}, Types: true,
	}
}

func cdc(path string) scanner.Node {
	return scanner.Node{Path: path, Kind: scanner.KindSerial, Device: "usb/1-3", Name: "Newland Auto-ID", ID: scanner.InputID{Bus: 3, Vendor: 0x1EAB, Product: 0x0C06}}
}

// counter is an Auto at work, and what it scanned.
type counter struct {
	t      *testing.T
	system *scanner.FakeSystem
	auto   *scanner.Auto
	log    *safeBuffer
	ctx    context.Context // of this counter's time

	mu    sync.Mutex
	scans []scanner.Scan
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// atCounter runs an Auto in a bubble of its own time.
func atCounter(t *testing.T, o scanner.Options, handle func(scanner.Scan), do func(c *counter)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := &counter{t: t, system: scanner.NewFakeSystem(), log: &safeBuffer{}}
		c.auto = scanner.NewAuto(c.system, o, realClock(), slog.New(slog.NewTextHandler(c.log, nil)))
		ctx, cancel := context.WithCancel(t.Context())
		c.ctx = ctx
		ended := run(ctx, c.auto, func(s scanner.Scan) {
			if handle != nil {
				handle(s)
			}
			c.mu.Lock()
			defer c.mu.Unlock()
			c.scans = append(c.scans, s)
		})
		synctest.Wait()
		do(c)
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Run: %v", err)
		}
		if left := c.auto.Plugged(); len(left) != 0 {
			t.Errorf("%v are plugged in after the end", left)
		}
	})
}

// look lets time pass until what is plugged in was looked at.
func (c *counter) look() {
	time.Sleep(1100 * time.Millisecond)
	synctest.Wait()
}

func (c *counter) typed(k *scanner.FakeKeys, text string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.ctx, time.Minute)
	defer cancel()
	if err := k.Type(ctx, text); err != nil {
		c.t.Errorf("type %q: %v", text, err)
	}
	synctest.Wait()
}

// got are the scans since the last look, as source: data.
func (c *counter) got(want ...string) {
	c.t.Helper()
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []string
	for _, s := range c.scans {
		all = append(all, fmt.Sprintf("%s: %s", s.Source, s.Data))
	}
	c.scans = nil
	if !slices.Equal(all, want) {
		c.t.Errorf("scans %q, want %q", all, want)
	}
}

func (c *counter) plugged(want ...string) {
	c.t.Helper()
	var paths []string
	for _, n := range c.auto.Plugged() {
		paths = append(paths, n.Path)
	}
	slices.Sort(paths)
	if !slices.Equal(paths, want) {
		c.t.Errorf("plugged in are %q, want %q", paths, want)
	}
}

func TestAutoHotPlug(t *testing.T) {
	atCounter(t, scanner.Options{}, nil, func(c *counter) {
		c.plugged()
		usb := c.system.PlugKeys(wedge("/dev/input/event3"))
		c.look()
		c.plugged("/dev/input/event3")
		if !usb.Grabbed() {
			t.Error("the scanner is not grabbed: what it types would reach the console")
		}
		c.typed(usb, "HTTPS://qr.example/?a=1&b=2")
		c.got("auto/event3: HTTPS://qr.example/?a=1&b=2")

		serial := c.system.PlugSerial(cdc("/dev/ttyACM0"))
		c.look()
		far, err := serial.Far(c.ctx)
		if err != nil {
			t.Fatal(err)
		}
		if times, baud := serial.Opened(); times != 1 || baud != 9600 {
			t.Errorf("opened %d times at %d bit/s", times, baud)
		}
		_, _ = far.Write([]byte("130123\r\n")) // seen by what comes of it
		c.typed(usb, "2")
		c.got("auto/ttyACM0: 130123", "auto/event3: 2")
		c.plugged("/dev/input/event3", "/dev/ttyACM0")

		c.system.Unplug("/dev/input/event3")
		c.look()
		c.plugged("/dev/ttyACM0")
		usb = c.system.PlugKeys(wedge("/dev/input/event5"))
		c.look()
		c.typed(usb, "again")
		c.got("auto/event5: again")
		if n := usb.Opened(); n != 1 {
			t.Errorf("opened %d times", n)
		}
		c.system.Unplug("/dev/ttyACM0")
		c.look()
		c.plugged("/dev/input/event5")
	})
}

// A read error drops the device; the next look finds it again.
func TestAutoReopens(t *testing.T) {
	atCounter(t, scanner.Options{}, nil, func(c *counter) {
		port := c.system.PlugSerial(cdc("/dev/ttyACM0"))
		c.look()
		for round := range 3 {
			far, err := port.Far(c.ctx)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = far.Write([]byte("1\r2")) // seen by what comes of it
			_ = far.Close()                  // a pipe's Close does not fail
			c.look()
			c.got("auto/ttyACM0: 1") // what was half read is dropped
			if times, _ := port.Opened(); times != round+2 {
				t.Errorf("opened %d times after %d breaks", times, round+1)
			}
		}
		c.plugged("/dev/ttyACM0")
	})
}

// What cannot be opened or grabbed is told once, and tried at every look.
func TestAutoTellsOnce(t *testing.T) {
	atCounter(t, scanner.Options{}, nil, func(c *counter) {
		usb := c.system.PlugKeys(wedge("/dev/input/event3"))
		usb.FailGrab(syscall.EBUSY)
		other := cdc("/dev/ttyACM0")
		c.system.PlugSerial(other)
		c.system.Fail("/dev/ttyACM0", syscall.EACCES)
		for range 5 {
			c.look()
		}
		c.plugged()
		for _, what := range []string{"permission denied", "another program"} {
			if n := strings.Count(c.log.String(), what); n != 1 {
				t.Errorf("%q was logged %d times:\n%s", what, n, c.log)
			}
		}
		if n := usb.Opened(); n < 5 {
			t.Errorf("tried %d times in 5 looks", n)
		}
		c.system.Fail("", errors.New("sysfs is gone"))
		c.look()
		c.look()
		if n := strings.Count(c.log.String(), "sysfs is gone"); n != 1 {
			t.Errorf("a failed listing was logged %d times", n)
		}
		c.system.Fail("", nil)
		usb.FailGrab(nil)
		c.system.Fail("/dev/ttyACM0", nil)
		c.look()
		c.plugged("/dev/input/event3", "/dev/ttyACM0")
		c.typed(usb, "1")
		c.got("auto/event3: 1")
	})
}

// Event numbers are given anew: a node that is another device by the time it is
// open is not read.
func TestAutoImposter(t *testing.T) {
	atCounter(t, scanner.Options{}, nil, func(c *counter) {
		usb := c.system.PlugKeys(wedge("/dev/input/event3"))
		keyboard := pad("/dev/input/event3")
		usb.Become(&keyboard)
		c.look()
		c.plugged()
		if usb.Grabbed() {
			t.Error("a keyboard is grabbed")
		}
		usb.Become(nil)
		c.look()
		c.plugged("/dev/input/event3")
	})
}

// Every event node of one device is read, and no part of it begins before it has an end.
func TestAutoReadsEveryNode(t *testing.T) {
	atCounter(t, scanner.Options{}, nil, func(c *counter) {
		second := wedge("/dev/input/event4")
		second.Types, second.Phys = false, "usb-1/input1"
		a, b := c.system.PlugKeys(wedge("/dev/input/event3")), c.system.PlugKeys(second)
		c.system.PlugKeys(pad("/dev/input/event5"))
		c.look()
		c.plugged("/dev/input/event3", "/dev/input/event4")
		c.typed(a, "1")
		c.typed(b, "2")
		c.got("auto/event3: 1", "auto/event4: 2")
	})
}

func TestAutoConfigured(t *testing.T) {
	t.Run("a UART", func(t *testing.T) {
		atCounter(t, scanner.Options{Device: "/dev/serial0", Baud: 115200}, nil, func(c *counter) {
			c.look()
			if !strings.Contains(c.log.String(), "/dev/serial0 is not there") {
				t.Errorf("the technician is not told:\n%s", c.log)
			}
			c.system.Link("/dev/serial0", "/dev/ttyAMA0")
			port := c.system.PlugSerial(scanner.Node{Path: "/dev/ttyAMA0"})
			usb := c.system.PlugKeys(wedge("/dev/input/event3"))
			c.look()
			c.plugged("/dev/ttyAMA0")
			if usb.Opened() != 0 {
				t.Error("another scanner than the configured one is taken")
			}
			if _, baud := port.Opened(); baud != 115200 {
				t.Errorf("opened at %d bit/s", baud)
			}
		})
	})
	t.Run("a keyboard", func(t *testing.T) {
		atCounter(t, scanner.Options{Device: "/dev/input/by-id/usb-pad-event-kbd"}, nil, func(c *counter) {
			c.system.Link("/dev/input/by-id/usb-pad-event-kbd", "/dev/input/event5")
			c.system.PlugKeys(wedge("/dev/input/event3"))
			keys := c.system.PlugKeys(pad("/dev/input/event5"))
			c.look()
			c.plugged("/dev/input/event5")
			c.typed(keys, "1")
			c.got("auto/event5: 1")
		})
	})
	t.Run("none", func(t *testing.T) {
		atCounter(t, scanner.Options{Device: scanner.DeviceNone}, nil, func(c *counter) {
			c.system.PlugKeys(wedge("/dev/input/event3"))
			c.look()
			c.plugged()
		})
	})
	t.Run("the printer's port", func(t *testing.T) {
		atCounter(t, scanner.Options{Except: []string{"/dev/receipt"}}, nil, func(c *counter) {
			c.system.Link("/dev/receipt", "/dev/ttyACM0")
			c.system.PlugSerial(cdc("/dev/ttyACM0"))
			c.look()
			c.plugged()
		})
	})
	t.Run("another layout", func(t *testing.T) {
		belgian, _ := scanner.LayoutNamed("fr-be")
		atCounter(t, scanner.Options{Layout: belgian}, nil, func(c *counter) {
			usb := c.system.PlugKeys(wedge("/dev/input/event3"))
			c.look()
			c.typed(usb, "q2") // the keys a US scanner presses
			c.got("auto/event3: aé")
		})
	})
}

// A scan storm fills its own share of the queue, is told of once, and holds up
// neither the other scanner nor what handles.
func TestAutoStorm(t *testing.T) {
	handle := func(scanner.Scan) { time.Sleep(100 * time.Millisecond) }
	atCounter(t, scanner.Options{}, handle, func(c *counter) {
		storming := c.system.PlugSerial(cdc("/dev/ttyACM0"))
		usb := c.system.PlugKeys(wedge("/dev/input/event3"))
		c.look()
		far, err := storming.Far(c.ctx)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 500 {
			_, _ = fmt.Fprintf(far, "%d\r", i) // seen by what comes of it
		}
		c.typed(usb, "the next customer")
		time.Sleep(2 * time.Second)
		c.got("auto/ttyACM0: 0", "auto/ttyACM0: 1", "auto/ttyACM0: 2", "auto/ttyACM0: 3", "auto/ttyACM0: 4", "auto/event3: the next customer")
		if n := strings.Count(c.log.String(), "newest are dropped"); n != 1 {
			t.Errorf("the storm was logged %d times:\n%s", n, c.log)
		}
		_, _ = io.WriteString(far, "calm\r") // seen by what comes of it
		time.Sleep(time.Second)
		c.got("auto/ttyACM0: calm")
		if !strings.Contains(c.log.String(), "dropped=495") {
			t.Errorf("how many were dropped is not told:\n%s", c.log)
		}
	})
}

// A code that waited is not charged to the next customer.
func TestAutoStaleScan(t *testing.T) {
	handle := func(scanner.Scan) { time.Sleep(6 * time.Second) }
	atCounter(t, scanner.Options{}, handle, func(c *counter) {
		usb := c.system.PlugKeys(wedge("/dev/input/event3"))
		c.look()
		c.typed(usb, "1")
		c.typed(usb, "28763543")
		time.Sleep(time.Minute)
		c.got("auto/event3: 1")
		if log := c.log.String(); !strings.Contains(log, "waited too long") || strings.Contains(log, "28763543") {
			t.Errorf("%s", log)
		}
	})
}

func TestChoose(t *testing.T) {
	named := func(name string, hid []int, types bool) scanner.Node {
		return scanner.Node{Path: "/dev/input/event0", Kind: scanner.KindKeys, Device: name, Name: name, HID: hid, Types: types}
	}
	serial := func(path string, vendor, product uint16, name string) scanner.Node {
		return scanner.Node{Path: path, Kind: scanner.KindSerial, Device: "d", Name: name, ID: scanner.InputID{Vendor: vendor, Product: product}}
	}
	for _, test := range []struct {
		what string
		node scanner.Node
		want bool
	}{
		{"known by its id", wedge("/dev/input/event0"), true},
		{"by its name", named("WCM Barcode HID", []int{1}, true), true},
		{"by its name, in capitals", named("USB SCANNER", []int{1}, true), true},
		{"by its name, over Bluetooth", named("Inateck BarCode 70", nil, true), true},
		{"by its protocol", named("HIDKeyBoard", []int{0}, true), true},
		{"a number pad", pad("/dev/input/event0"), false},
		{"a keyboard", named("Logitech K120", []int{1}, true), false},
		{"a keyboard with media keys", named("Logitech K120", []int{0, 1}, true), false},
		{"a keyboard and mouse in one", named("2.4G Composite", []int{1, 2}, true), false},
		{"a touch panel", named("ILITEK Multi-Touch", []int{0}, false), false},
		{"a card reader's button", named("Card Reader", []int{0}, false), false},
		{"the Pi's power button", named("gpio-keys", nil, false), false},
		{"a CDC scanner", cdc("/dev/ttyACM0"), true},
		{"a CDC device that nobody knows", serial("/dev/ttyACM1", 0x1234, 1, "Virtual COM Port"), true},
		{"a CDC printer by its id", serial("/dev/ttyACM1", 0x04B8, 0x0202, "TM Series"), false},
		{"a CDC printer by its name", serial("/dev/ttyACM1", 0x0483, 0x5740, "STM Thermal Printer"), false},
		{"a modem", serial("/dev/ttyACM1", 0x2C7C, 0x0125, "EC25"), false},
		{"a serial cable", serial("/dev/ttyUSB0", 0x0403, 0x6001, "FT232R USB UART"), false},
		{"a serial cable that says so", serial("/dev/ttyUSB0", 0x0403, 0x6001, "QR Scanner"), true},
		{"a scanner behind a serial chip of its own id", serial("/dev/ttyUSB0", 0x0C2E, 0x0720, ""), true},
	} {
		if got := len(scanner.Choose([]scanner.Node{test.node}, scanner.Options{}, "")) == 1; got != test.want {
			t.Errorf("%s: taken %v, want %v", test.what, got, test.want)
		}
	}
}
