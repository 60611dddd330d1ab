package device_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"
	"periph.io/x/conn/v3/spi"
	"periph.io/x/conn/v3/spi/spitest"

	"till/boards"
	"till/device"
	"till/display"
	"till/scanner"
)

var silent = slog.New(slog.DiscardHandler)

// trace is a line whose changes of level are noted with their moments.
type trace struct {
	gpiotest.Pin
	mu      sync.Mutex
	began   time.Time
	changes []string // "high at 0s", in turn
	longest time.Duration
	rose    time.Time
	fail    int // times more that Out fails
	busy    error
}

func newTrace(name string) *trace { return &trace{Pin: gpiotest.Pin{N: name, L: gpio.High}} }

func (p *trace) Out(l gpio.Level) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail > 0 {
		p.fail--
		return p.busy
	}
	if p.began.IsZero() {
		p.began = time.Now()
	}
	p.Lock()
	changed := p.L != l
	p.L = l
	p.Unlock()
	if !changed {
		return nil
	}
	if l == gpio.High {
		p.rose = time.Now()
	} else if !p.rose.IsZero() {
		p.longest = max(p.longest, time.Since(p.rose))
	}
	p.changes = append(p.changes, fmt.Sprintf("%v at %v", l, time.Since(p.began)))
	return nil
}

func (p *trace) taken() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	changes := p.changes
	p.changes = nil
	p.began = time.Now()
	return changes
}

// board is a header of traces. Lines behave as gpioioctl's: one that the kernel
// has not given says so.
type board struct {
	mu    sync.Mutex
	lines map[boards.Pin]*trace
	held  map[boards.Pin]bool // by the kernel
	shut  bool
}

func newBoard() *board { return &board{lines: map[boards.Pin]*trace{}, held: map[boards.Pin]bool{}} }

func (b *board) Line(p boards.Pin) (gpio.PinIO, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held[p] {
		return nil, errors.New("device or resource busy")
	}
	if b.lines[p] == nil {
		b.lines[p] = newTrace(fmt.Sprintf("GPIO%d", p))
		b.lines[p].EdgesChan = make(chan gpio.Level)
	}
	return b.lines[p], nil
}

func (b *board) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.shut = true
	return nil
}

// bodies is every kind of pins there is, each with a way to see what moved, in
// the same words, and one to break them.
func bodies(t *testing.T) map[string]struct {
	pins  device.Pins
	moved func() []device.PinEvent
	fail  func(error)
} {
	type body = struct {
		pins  device.Pins
		moved func() []device.PinEvent
		fail  func(error)
	}
	fake := &device.FakePins{}
	b := newBoard()
	header, err := device.NewHeaderPins(b, boards.Pi3B.Pins, silent)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := header.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, line := range b.lines {
		line.taken() // they were high before
	}
	last := map[boards.Pin]gpio.Level{}
	w := boards.Pi3B.Pins
	level := func(p boards.Pin) bool { return bool(b.lines[p].Read()) }
	near, far := net.Pipe()
	t.Cleanup(func() { near.Close(); far.Close() })
	lines := make(chan device.PinEvent, 16)
	go func() {
		for scan := bufio.NewScanner(far); scan.Scan(); {
			var e device.PinEvent
			if json.Unmarshal(scan.Bytes(), &e) == nil {
				lines <- e
			}
		}
	}()
	return map[string]body{
		"fake":  {fake, fake.Moved, fake.Fail},
		"bench": {device.NewBenchPins(near), func() []device.PinEvent { synctest.Wait(); return drain(lines) }, func(error) { near.Close() }},
		"header": {header, func() []device.PinEvent {
			var all []device.PinEvent
			if len(b.lines[w.Drawer].taken()) > 0 {
				all = append(all, device.PinEvent{Drawer: true})
			}
			if len(b.lines[w.Buzzer].taken()) > 0 {
				all = append(all, device.PinEvent{Sound: "any"})
			}
			red, green := level(w.LED.Red), level(w.LED.Green)
			if last[w.LED.Red] != gpio.Level(red) || last[w.LED.Green] != gpio.Level(green) {
				last[w.LED.Red], last[w.LED.Green] = gpio.Level(red), gpio.Level(green)
				all = append(all, device.PinEvent{LED: map[[2]bool]device.LED{{true, false}: "red", {false, true}: "green", {true, true}: "amber", {}: "off"}[[2]bool{red, green}]})
			}
			return all
		}, func(err error) {
			for _, line := range b.lines {
				line.mu.Lock()
				line.fail, line.busy = 1<<30, err
				line.mu.Unlock()
			}
			t.Cleanup(func() {
				for _, line := range b.lines {
					line.mu.Lock()
					line.fail = 0
					line.mu.Unlock()
				}
			})
		}},
	}
}

func drain(lines chan device.PinEvent) []device.PinEvent {
	var all []device.PinEvent
	for {
		select {
		case e := <-lines:
			all = append(all, e)
		default:
			return all
		}
	}
}

func TestPinsConformance(t *testing.T) {
	for _, name := range []string{"fake", "bench", "header"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				body := bodies(t)[name]
				for _, step := range []struct {
					do   func() error
					want device.PinEvent
				}{
					{func() error { return body.pins.SetLED(device.LEDGreen) }, device.PinEvent{LED: "green"}},
					{func() error { return body.pins.SetLED(device.LEDAmber) }, device.PinEvent{LED: "amber"}},
					{func() error { return body.pins.SetLED(device.LEDRed) }, device.PinEvent{LED: "red"}},
					{func() error { return body.pins.SetLED(device.LEDOff) }, device.PinEvent{LED: "off"}},
					{body.pins.KickDrawer, device.PinEvent{Drawer: true}},
					{func() error { return body.pins.Play(device.SoundApproved) }, device.PinEvent{Sound: device.SoundApproved}},
					{func() error { return body.pins.Play(device.SoundDeclined) }, device.PinEvent{Sound: device.SoundDeclined}},
					{func() error { return body.pins.Play(device.SoundAttention) }, device.PinEvent{Sound: device.SoundAttention}},
					{func() error { return body.pins.Play(device.SoundRead) }, device.PinEvent{Sound: device.SoundRead}},
				} {
					if err := step.do(); err != nil {
						t.Fatalf("%+v: %v", step.want, err)
					}
					time.Sleep(2 * time.Second)
					got := body.moved()
					if len(got) == 1 && got[0].Sound == "any" && step.want.Sound != "" {
						got[0].Sound = step.want.Sound
					}
					if !slices.Equal(got, []device.PinEvent{step.want}) {
						t.Errorf("moved %+v, want %+v", got, step.want)
					}
				}
				if err := body.pins.SetLED("mauve"); err == nil {
					t.Error("a colour that there is not was shown")
				}
				if err := body.pins.Play("fanfare"); err == nil {
					t.Error("a sound that there is not was played")
				}
				if got := body.moved(); len(got) != 0 {
					t.Errorf("moved %+v by that", got)
				}
				body.fail(errors.New("the wire is off"))
				for what, err := range map[string]error{"drawer": body.pins.KickDrawer(), "light": body.pins.SetLED(device.LEDRed), "sound": body.pins.Play(device.SoundRead)} {
					if err == nil {
						t.Errorf("%s: no error with its wire off", what)
					}
				}
			})
		})
	}
}

// wired is header pins of a Pi 3, and its lines. Closed with the test.
func wired(t *testing.T) (*device.HeaderPins, *board) {
	t.Helper()
	b := newBoard()
	pins, err := device.NewHeaderPins(b, boards.Pi3B.Pins, silent)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range b.lines {
		line.taken()
	}
	return pins, b
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestPinsAreLowFromTheStart(t *testing.T) {
	b := newBoard() // all lines are high, as a crash may have left them
	if _, err := device.NewHeaderPins(b, boards.Pi3B.Pins, silent); err != nil {
		t.Fatal(err)
	}
	for p, line := range b.lines {
		if line.Read() != gpio.Low {
			t.Errorf("GPIO %d is left high", p)
		}
	}
}

func TestDrawerPulse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pins, b := wired(t)
		drawer := b.lines[boards.Pi3B.Pins.Drawer]
		for range 5 {
			must(t, pins.KickDrawer()) // a clerk who hammers it
			time.Sleep(30 * time.Millisecond)
		}
		time.Sleep(time.Second)
		if got := drawer.taken(); !slices.Equal(got, []string{"High at 0s", "Low at 100ms"}) {
			t.Errorf("kicked again and again: %v", got)
		}
		must(t, pins.KickDrawer())
		time.Sleep(50 * time.Millisecond)
		must(t, pins.Close())
		if got := drawer.taken(); !slices.Equal(got, []string{"High at 0s", "Low at 50ms"}) {
			t.Errorf("closed within a pulse: %v", got)
		}
		if pins.KickDrawer() == nil {
			t.Error("kicked after Close")
		}
		time.Sleep(time.Second)
		if got := drawer.taken(); len(got) != 0 {
			t.Errorf("after Close: %v", got)
		}
	})
}

// The line must go low however often that fails, and a line that failed to rise
// may have risen.
func TestDrawerEndsItsPulse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pins, b := wired(t)
		drawer := b.lines[boards.Pi3B.Pins.Drawer]
		must(t, pins.KickDrawer())
		drawer.mu.Lock()
		drawer.fail, drawer.busy = 5, errors.New("interrupted")
		drawer.mu.Unlock()
		time.Sleep(time.Second)
		if got := drawer.taken(); !slices.Equal(got, []string{"High at 0s", "Low at 255ms"}) {
			t.Errorf("five failures: %v", got)
		}
		drawer.mu.Lock()
		drawer.fail = 1
		drawer.mu.Unlock()
		if pins.KickDrawer() == nil {
			t.Error("no error, and the drawer is shut")
		}
		drawer.Lock()
		drawer.L = gpio.High // it rose after all
		drawer.Unlock()
		time.Sleep(time.Second)
		if got := drawer.taken(); !slices.Equal(got, []string{"Low at 100ms"}) {
			t.Errorf("a line that said it failed to rise: %v", got)
		}
		must(t, pins.KickDrawer())
		must(t, pins.Close())
	})
}

func TestSounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pins, b := wired(t)
		buzzer := b.lines[boards.Pi3B.Pins.Buzzer]
		for sound, want := range map[device.Sound]string{
			device.SoundApproved:  "High at 0s, Low at 80ms, High at 140ms, Low at 280ms",
			device.SoundDeclined:  "High at 0s, Low at 700ms",
			device.SoundAttention: "High at 0s, Low at 120ms, High at 240ms, Low at 360ms, High at 480ms, Low at 600ms",
			device.SoundRead:      "High at 0s, Low at 25ms",
		} {
			buzzer.taken()
			must(t, pins.Play(sound))
			time.Sleep(2 * time.Second)
			if got := strings.Join(buzzer.taken(), ", "); got != want {
				t.Errorf("%s is %s, want %s", sound, got, want)
			}
		}
		// Never two at once: the newest that came meanwhile follows.
		must(t, pins.Play(device.SoundRead))
		must(t, pins.Play(device.SoundDeclined))
		must(t, pins.Play(device.SoundRead))
		time.Sleep(2 * time.Second)
		if got, want := strings.Join(buzzer.taken(), ", "), "High at 0s, Low at 25ms, High at 175ms, Low at 200ms"; got != want {
			t.Errorf("three at once are %s, want %s", got, want)
		}
		must(t, pins.Play(device.SoundDeclined))
		must(t, pins.Play(device.SoundDeclined))
		time.Sleep(100 * time.Millisecond)
		must(t, pins.Close())
		time.Sleep(2 * time.Second)
		if got, want := strings.Join(buzzer.taken(), ", "), "High at 0s, Low at 100ms"; got != want {
			t.Errorf("closed within a sound: %s, want %s", got, want)
		}
	})
}

// Each sound is told from the others by a buzzer that has one tone, too.
func TestPatternsDiffer(t *testing.T) {
	seen := map[string]device.Sound{}
	for _, s := range device.Sounds() {
		tones, err := device.Pattern(s)
		must(t, err)
		rhythm := ""
		for _, tone := range tones {
			if tone.On <= 0 || tone.On > time.Second || tone.Hz < 100 || tone.Hz > 5000 {
				t.Errorf("%s: %+v", s, tone)
			}
			rhythm += fmt.Sprint(tone.On, tone.Off, " ")
		}
		if other, there := seen[rhythm]; there {
			t.Errorf("%s sounds as %s does", s, other)
		}
		seen[rhythm] = s
	}
}

func TestBlinking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pins, b := wired(t)
		red, green := b.lines[boards.Pi3B.Pins.LED.Red], b.lines[boards.Pi3B.Pins.LED.Green]
		must(t, pins.SetLED(device.LEDBlinking))
		time.Sleep(1600 * time.Millisecond)
		want := []string{"High at 0s", "Low at 500ms", "High at 1s", "Low at 1.5s"}
		if r, g := red.taken(), green.taken(); !slices.Equal(r, want) || !slices.Equal(g, want) {
			t.Errorf("blinks red %v, green %v, want %v", r, g, want)
		}
		must(t, pins.SetLED(device.LEDGreen))
		time.Sleep(3 * time.Second)
		if r, g := red.taken(), green.taken(); len(r) != 0 || len(g) != 1 {
			t.Errorf("green after blinking: red %v, green %v", r, g)
		}
		must(t, pins.SetLED(device.LEDBlinking))
		must(t, pins.SetLED(device.LEDBlinking))
		must(t, pins.Close())
		time.Sleep(3 * time.Second)
		if red.Read() || green.Read() {
			t.Error("lit after Close")
		}
	})
}

func TestPinsThatAreNotWired(t *testing.T) {
	b := newBoard()
	pins, err := device.NewHeaderPins(b, boards.Pins{}, silent)
	must(t, err)
	must(t, errors.Join(pins.KickDrawer(), pins.SetLED(device.LEDRed), pins.Play(device.SoundRead), pins.Close()))
	if len(b.lines) != 0 {
		t.Errorf("took %d lines", len(b.lines))
	}
}

// button is an input whose driver waits for edges as it likes.
type button struct {
	gpiotest.Pin
	waits  atomic.Int32
	minute func(time.Duration) bool
}

func (b *button) WaitForEdge(d time.Duration) bool {
	b.waits.Add(1)
	return b.minute(d)
}

func (b *button) set(l gpio.Level) {
	b.Lock()
	defer b.Unlock()
	b.L = l
}

func TestPowerButton(t *testing.T) {
	drivers := map[string]func(time.Duration) bool{
		// gpioioctl's: 0 is for ever, and less than 0 is over at once.
		"waits": func(d time.Duration) bool {
			if d == 0 {
				select {}
			}
			time.Sleep(d)
			return false
		},
		"does not wait":  func(time.Duration) bool { return false },
		"has edges left": func(d time.Duration) bool { time.Sleep(time.Millisecond); return true },
	}
	for name, wait := range drivers {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &button{Pin: gpiotest.Pin{N: "button", EdgesChan: make(chan gpio.Level)}, minute: wait}
				ctx, stop := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() { done <- device.NewPowerButton(b).Run(ctx) }()
				b.set(gpio.Low) // a shorted wire
				time.Sleep(10 * time.Second)
				b.set(gpio.High)
				time.Sleep(time.Second)
				if name != "has edges left" && b.waits.Load() > 1000 {
					t.Errorf("%d waits in 11 s: it spins", b.waits.Load())
				}
				for range 20 { // touched in passing
					b.set(gpio.Low)
					time.Sleep(300 * time.Millisecond)
					b.set(gpio.High)
					time.Sleep(200 * time.Millisecond)
				}
				select {
				case err := <-done:
					t.Fatalf("ended unpressed: %v", err)
				default:
				}
				b.set(gpio.Low)
				time.Sleep(1500 * time.Millisecond)
				select {
				case err := <-done:
					if err != nil {
						t.Error(err)
					}
				default:
					t.Error("held for a second and a half, and nothing happened")
				}
				stop()
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		b := &button{Pin: gpiotest.Pin{N: "button", EdgesChan: make(chan gpio.Level)}, minute: drivers["waits"]}
		ctx, stop := context.WithCancel(t.Context())
		stop()
		if err := device.NewPowerButton(b).Run(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("ended by %v", err)
		}
	})
}

func TestWatchdog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fake device.FakeWatchdog
		vitals := device.NewVitals()
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			done <- device.NewWatchdog(func() (device.WatchdogTimer, error) { return &fake, nil }, vitals.Ailing, silent).Run(ctx)
		}()
		turn := func(d time.Duration) { // the counter's goroutine at work
			for range int(d / time.Second) {
				time.Sleep(time.Second)
				vitals.Loop.End(nil)
			}
		}
		turn(10 * time.Minute)
		if n, _ := fake.Feeds(); n < 100 || fake.Bites() {
			t.Fatalf("fed %d times in 10 minutes; bites: %v", n, fake.Bites())
		}
		vitals.Commit.Begin()
		turn(40 * time.Second)
		if fake.Bites() {
			t.Error("a commit of 40 s resets the board")
		}
		vitals.Commit.End(nil)
		vitals.Commit.Begin()
		vitals.Commit.End(errors.New("no room")) // told on the screen; a reset would not help
		turn(time.Hour)
		if fake.Bites() {
			t.Error("a journal that cannot be written resets the board again and again")
		}
		fake.Fail(errors.New("interrupted"))
		turn(6 * time.Second)
		fake.Fail(nil)
		turn(6 * time.Second)
		if fake.Bites() {
			t.Error("one failed feeding resets the board")
		}
		stop()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("ended by %v", err)
		}
		if _, disarmed := fake.Feeds(); !disarmed {
			t.Error("an orderly end leaves it armed")
		}
	})
}

func TestWatchdogBites(t *testing.T) {
	for name, hang := range map[string]func(v device.Vitals){
		"the loop":   nil,
		"the commit": func(v device.Vitals) { v.Commit.Begin() },
		"the screen": func(v device.Vitals) { v.Draw.Begin() },
		"no screen":  func(v device.Vitals) { v.Draw.End(errors.New("no bus")) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var fake device.FakeWatchdog
				vitals := device.NewVitals()
				ctx, stop := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() {
					done <- device.NewWatchdog(func() (device.WatchdogTimer, error) { return &fake, nil }, vitals.Ailing, silent).Run(ctx)
				}()
				if hang != nil {
					hang(vitals)
				}
				for range 200 {
					time.Sleep(time.Second)
					if hang != nil {
						vitals.Loop.End(nil)
					}
				}
				if !fake.Bites() {
					t.Error("it hangs, and the board is not reset")
				}
				stop()
				if err := <-done; !errors.Is(err, context.Canceled) {
					t.Errorf("ended by %v", err)
				}
			})
		})
	}
}

func TestWatchdogThatIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			done <- device.NewWatchdog(func() (device.WatchdogTimer, error) { return nil, fs.ErrNotExist }, func() string { return "" }, silent).Run(ctx)
		}()
		time.Sleep(time.Hour)
		stop()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("a board without a watchdog ends the terminal: %v", err)
		}
	})
}

func TestHealth(t *testing.T) {
	files := map[string]string{}
	health := device.HealthFiles{
		ReadFile: func(path string) ([]byte, error) {
			if text, ok := files[path]; ok {
				return []byte(text), nil
			}
			return nil, fs.ErrNotExist
		},
		Glob: func(string) ([]string, error) { return []string{"/sys/class/hwmon/hwmon1/in0_lcrit_alarm"}, nil },
		Disk: func(string) (uint64, uint64, error) { return 0, 0, fs.ErrNotExist },
	}
	const temp, bits = "/sys/class/thermal/thermal_zone0/temp", "/sys/devices/platform/soc/soc:firmware/get_throttled"
	for _, c := range []struct {
		files    map[string]string
		free     uint64
		want     device.Health
		troubles []device.HealthTrouble
	}{
		{nil, 0, device.Health{}, nil},
		{map[string]string{temp: "48312\n", bits: "0\n"}, 1 << 30, device.Health{MilliCelsius: 48312, Warm: true}, nil},
		{map[string]string{temp: "84000\n", bits: "50005\n"}, 1 << 20,
			device.Health{MilliCelsius: 84000, Warm: true, UnderVoltage: true, WasUnder: true, Throttled: true},
			[]device.HealthTrouble{"hot", "under_voltage", "throttled", "disk"}},
		{map[string]string{bits: "0x50000\n"}, 1 << 30, device.Health{WasUnder: true}, nil},
		{map[string]string{"/sys/class/hwmon/hwmon1/in0_lcrit_alarm": "1\n"}, 1 << 30, device.Health{UnderVoltage: true}, []device.HealthTrouble{"under_voltage"}},
		{map[string]string{temp: "warm", bits: strings.Repeat("0", 100)}, 1 << 30, device.Health{}, nil},
	} {
		files = c.files
		if c.free > 0 {
			c.want.DiskFree, c.want.DiskSize = c.free, 1<<34
			health.Disk = func(string) (uint64, uint64, error) { return c.free, 1 << 34, nil }
		}
		h := health.Read(boards.Pi3B.Health, "/data")
		if h != c.want || !slices.Equal(h.Troubles(), c.troubles) {
			t.Errorf("%v: %+v, troubles %v; want %+v, %v", c.files, h, h.Troubles(), c.want, c.troubles)
		}
	}
	if h := device.SystemHealth().Read(boards.Health{}, t.TempDir()); h.DiskSize == 0 || h.DiskFree > h.DiskSize {
		t.Errorf("this machine's disk: %+v", h)
	}
}

// noScanners is a machine without any scanner.
type noScanners struct{ scanner.System }

func (noScanners) Nodes() ([]scanner.Node, error) { return nil, nil }

// machine is a Pi with nothing broken, and what was opened of it.
func machine(b *board) (*device.Machine, *display.Fake, *spitest.Record) {
	screen := display.NewFake(image.Pt(800, 480))
	record := &spitest.Record{}
	return &device.Machine{
		Header:      func(boards.GPIO) (device.Header, error) { return b, nil },
		Framebuffer: func(string, display.FramebufferOptions) (display.Surface, error) { return screen, nil },
		SPI:         func(int, int) (spi.PortCloser, error) { return record, nil },
		Evdev:       display.NewFakeEvdev(),
		Scanners:    noScanners{},
		Watchdog:    func(string) (device.WatchdogTimer, error) { return &device.FakeWatchdog{}, nil },
		Health: device.HealthFiles{
			ReadFile: func(string) ([]byte, error) { return nil, fs.ErrNotExist },
			Glob:     func(string) ([]string, error) { return nil, nil },
			Disk:     func(string) (uint64, uint64, error) { return 0, 0, fs.ErrNotExist },
		},
	}, screen, record
}

// shows says whether what is drawn is seen on screen.
func shows(t *testing.T, d *device.Device, screen *display.Fake) bool {
	frame := image.NewRGBA(image.Rectangle{Max: d.Display.Size()})
	must(t, d.Display.Draw(frame, frame.Rect))
	return len(screen.Drawn()) == 1 && d.Attached().Display
}

func TestOpenBoards(t *testing.T) {
	for _, real := range boards.All() {
		if real.Bench {
			continue
		}
		t.Run(real.Name, func(t *testing.T) {
			b := newBoard()
			m, screen, _ := machine(b)
			d, err := device.Open(t.Context(), real, device.Options{Machine: m, Watchdog: true, Log: silent})
			must(t, err)
			if !shows(t, d, screen) || d.Input == nil || d.Scanner == nil || d.OpenPrinter == nil || d.Watchdog == nil ||
				d.PowerButton == nil || d.Health == nil || d.Vitals.Ailing() != "" {
				t.Errorf("not whole: %+v", d)
			}
			must(t, d.Pins.SetLED(device.LEDRed))
			must(t, d.Close())
			if !b.shut || b.lines[real.Pins.LED.Red].Read() == gpio.High {
				t.Error("closed, and its lines are held, or the light is on")
			}
			if d.Display.Draw(image.NewRGBA(image.Rect(0, 0, 800, 480)), image.Rect(0, 0, 1, 1)) == nil {
				t.Error("closed, and the display draws")
			}
		})
	}
}

func TestOpenSPIPanel(t *testing.T) {
	b := newBoard()
	m, _, record := machine(b)
	d, err := device.Open(t.Context(), boards.Pi4B, device.Options{Machine: m, Display: "ili9341", Rotation: 180, Touch: device.TouchXPT, Log: silent})
	must(t, err)
	if d.Display.Size() != image.Pt(320, 240) || d.Watchdog != nil {
		t.Errorf("a panel of %v, watchdog %v", d.Display.Size(), d.Watchdog)
	}
	if b.lines[boards.Pi4B.Pins.PanelData] == nil || !record.Initialized {
		t.Error("neither its pins nor its bus were opened")
	}
	must(t, d.Close())
}

// A terminal sells with what is there.
func TestOpenBrokenBoards(t *testing.T) {
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		change func(*device.Machine, *board, *device.Options)
		size   image.Point
		kicks  bool
	}{
		"no display": {func(m *device.Machine, _ *board, _ *device.Options) {
			m.Framebuffer = func(string, display.FramebufferOptions) (display.Surface, error) { return nil, fs.ErrNotExist }
		}, image.Pt(800, 480), true},
		"a display of another kind": {func(m *device.Machine, _ *board, _ *device.Options) {
			m.Framebuffer = func(string, display.FramebufferOptions) (display.Surface, error) { return nil, broken }
		}, image.Pt(800, 480), true},
		"none, as configured": {func(_ *device.Machine, _ *board, o *device.Options) { o.Display = device.DisplayNone }, image.Pt(800, 480), true},
		"no SPI": {func(m *device.Machine, _ *board, o *device.Options) {
			o.Display, o.Touch = "st7789", device.TouchXPT
			m.SPI = func(int, int) (spi.PortCloser, error) { return nil, broken }
		}, image.Pt(800, 480), true},
		"no pins": {func(m *device.Machine, _ *board, _ *device.Options) {
			m.Header = func(boards.GPIO) (device.Header, error) { return nil, broken }
		}, image.Pt(800, 480), false},
		"the kernel's drawer": {func(_ *device.Machine, b *board, _ *device.Options) { b.held[boards.Pi3B.Pins.Drawer] = true }, image.Pt(800, 480), false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBoard()
				m, _, _ := machine(b)
				o := device.Options{Machine: m, Log: silent}
				c.change(m, b, &o)
				d, err := device.Open(t.Context(), boards.Pi3B, o)
				must(t, err)
				if d.Display.Size() != c.size {
					t.Errorf("a display of %v", d.Display.Size())
				}
				frame := image.NewRGBA(image.Rectangle{Max: d.Display.Size()})
				if err := d.Display.Draw(frame, frame.Rect); err != nil && !errors.Is(err, display.ErrUnplugged) {
					t.Error(err)
				}
				if err := d.Pins.KickDrawer(); (err == nil) != c.kicks {
					t.Errorf("the drawer: %v", err)
				}
				must(t, d.Close())
			})
		})
	}
}

// The display's driver may need a moment; a terminal that is ended meanwhile ends.
func TestOpenWaitsForTheDisplay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, screen, _ := machine(newBoard())
		began := time.Now()
		m.Framebuffer = func(string, display.FramebufferOptions) (display.Surface, error) {
			if time.Since(began) < 2*time.Second {
				return nil, fs.ErrNotExist
			}
			return screen, nil
		}
		d, err := device.Open(t.Context(), boards.Pi3B, device.Options{Machine: m, Log: silent})
		must(t, err)
		if !shows(t, d, screen) {
			t.Error("it did not wait")
		}
		must(t, d.Close())
		ctx, stop := context.WithCancel(t.Context())
		stop()
		if _, err := device.Open(ctx, boards.Pi3B, device.Options{Machine: m, Log: silent}); !errors.Is(err, context.Canceled) {
			t.Errorf("ended meanwhile: %v", err)
		}
	})
}
