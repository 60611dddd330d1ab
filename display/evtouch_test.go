package display_test

import (
	"context"
	"encoding/binary"
	"errors"
	"image"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"
	"periph.io/x/conn/v3/spi"

	"till/display"
)

// at is records of one moment, in ms, with the report that ends them.
func at(ms int, codes ...[3]int32) []display.InputRecord {
	var all []display.InputRecord
	for _, c := range append(codes, [3]int32{0, 0, 0}) {
		all = append(all, display.InputRecord{At: time.Duration(ms) * time.Millisecond, Type: uint16(c[0]), Code: uint16(c[1]), Value: c[2]})
	}
	return all
}

func absolute(code, value int32) [3]int32 { return [3]int32{3, code, value} }
func key(code, value int32) [3]int32      { return [3]int32{1, code, value} }

// drop is what the kernel sends when its buffer ran over.
func drop(ms int) []display.InputRecord {
	return []display.InputRecord{{At: time.Duration(ms) * time.Millisecond, Code: 3}}
}

func TestTouchDecoder(t *testing.T) {
	const x, y, touch, left, slot, id, mx, my = 0, 1, 0x14a, 0x110, 0x2f, 0x39, 0x35, 0x36
	for _, c := range []struct {
		name  string
		multi bool
		in    [][]display.InputRecord
		want  []display.RawTouch
	}{
		{"a touch, held and moved", false, [][]display.InputRecord{
			at(0, absolute(x, 10), absolute(y, 20), key(touch, 1)), at(10, absolute(x, 11)), at(90, key(touch, 0))},
			[]display.RawTouch{{10, 20}}},
		{"a mouse button, and an axis that did not change", false, [][]display.InputRecord{
			at(0, absolute(x, 10), absolute(y, 20)), at(1, key(left, 1)), at(2, key(left, 0)),
			at(100, absolute(x, 30), key(left, 1)), at(101, key(left, 0))},
			[]display.RawTouch{{10, 20}, {30, 20}}},
		{"where the axes stood before", false, [][]display.InputRecord{at(0, key(touch, 1))}, []display.RawTouch{{7, 8}}},
		{"a hover is none", false, [][]display.InputRecord{at(0, absolute(x, 10), absolute(y, 20)), at(9, absolute(x, 12))}, nil},
		{"a bounce", false, [][]display.InputRecord{
			at(0, key(touch, 1)), at(50, key(touch, 0)), at(60, key(touch, 1)), at(90, key(touch, 0)), at(200, key(touch, 1))},
			[]display.RawTouch{{7, 8}, {7, 8}}},
		{"up within one report", false, [][]display.InputRecord{at(0, key(touch, 1), key(touch, 0))}, nil},
		{"lost events", false, [][]display.InputRecord{
			at(0, key(touch, 1)), drop(5), at(6, absolute(x, 99), key(touch, 0), key(touch, 1)), at(20, absolute(y, 5)),
			at(100, key(touch, 0)), at(200, absolute(x, 1), key(touch, 1))},
			[]display.RawTouch{{7, 8}, {1, 5}}},
		{"a press whose release was lost", false, [][]display.InputRecord{
			at(0, key(touch, 1)), drop(5), at(6), at(200, absolute(x, 1), key(touch, 1))},
			[]display.RawTouch{{7, 8}, {1, 8}}},
		{"many fingers are one touch", true, [][]display.InputRecord{
			at(0, absolute(slot, 0), absolute(id, 5), absolute(mx, 100), absolute(my, 200), key(touch, 1), absolute(x, 100)),
			at(20, absolute(slot, 1), absolute(id, 6), absolute(mx, 1), absolute(my, 2)),
			at(30, absolute(slot, 0), absolute(id, -1)), at(40, absolute(slot, 1), absolute(id, -1), key(touch, 0)),
			at(100, absolute(slot, 0), absolute(id, 7))},
			[]display.RawTouch{{100, 200}, {100, 200}}},
		{"two at once are the first", true, [][]display.InputRecord{
			at(0, absolute(slot, 3), absolute(id, 5), absolute(mx, 1), absolute(my, 2), absolute(slot, 1), absolute(id, 6), absolute(mx, 9))},
			[]display.RawTouch{{1, 2}}},
		{"slots that there are not", true, [][]display.InputRecord{
			at(0, absolute(slot, 99), absolute(id, 5), absolute(mx, 1)), at(1, absolute(slot, -1), absolute(id, 5))}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := display.NewTouchDecoder(c.multi, display.RawTouch{X: 7, Y: 8})
			var got []display.RawTouch
			for _, r := range slices.Concat(c.in...) {
				if touch, ok := d.Decode(r); ok {
					got = append(got, touch)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("touches %v, want %v", got, c.want)
			}
		})
	}
}

func TestPadDecoder(t *testing.T) {
	press := func(ms int, codes ...int32) []display.InputRecord {
		var all []display.InputRecord
		for _, c := range codes {
			all = append(all, at(ms, key(c, 1))...)
			all = append(all, at(ms+1, key(c, 2), key(c, 0))...)
		}
		return all
	}
	for _, c := range []struct {
		name  string
		in    [][]display.InputRecord
		want  string
		typed int
	}{
		{"all keys", [][]display.InputRecord{press(0, 82), press(100, 79), press(200, 80), press(300, 81), press(400, 75), press(500, 76),
			press(600, 77), press(700, 71), press(800, 72), press(900, 73), press(1000, 83), press(1100, 96), press(1200, 14), press(1300, 1)},
			"0 1 2 3 4 5 6 7 8 9 . enter backspace esc", 0},
		{"a keyboard's", [][]display.InputRecord{press(0, 2), press(100, 11), press(200, 28)}, "1 0 enter", 0},
		{"a pad's stand-ins", [][]display.InputRecord{press(0, 74), press(100, 98), press(200, 55)}, "backspace esc", 0},
		{"a 000 key", [][]display.InputRecord{press(0, 79), press(150, 82), press(152, 82), press(154, 82), press(300, 96)}, "1 0 0 0 enter", 0},
		{"a quick clerk", [][]display.InputRecord{press(0, 79), press(60, 80), press(120, 81), press(180, 75), press(240, 96)}, "1 2 3 4 enter", 0},
		{"a scanner", [][]display.InputRecord{press(0, 2), press(5, 4), press(10, 2), press(15, 2), press(20, 2), press(30, 2), press(120, 28), press(400, 79)},
			"1 3 1 1", 1},
		{"a clock set back", [][]display.InputRecord{press(900, 79), press(0, 80)}, "1 2", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var d display.PadDecoder
			var got []string
			typed := 0
			for _, r := range slices.Concat(c.in...) {
				k, t := d.Decode(r)
				if k != "" {
					got = append(got, k)
				}
				if t {
					typed++
				}
			}
			if s := strings.Join(got, " "); s != c.want || typed != c.typed {
				t.Errorf("keys %q, a scanner %d times; want %q, %d", s, typed, c.want, c.typed)
			}
			for _, k := range got {
				if err := (display.InputEvent{Key: k}).Validate(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestTouchMap(t *testing.T) {
	const most = 4095
	axis := display.AxisRange{Max: most}
	corner := map[string]display.RawTouch{"left top": {0, 0}, "right top": {most, 0}, "right bottom": {most, most}}
	for _, c := range []struct {
		rotation display.Rotation
		want     map[string]image.Point
	}{
		{0, map[string]image.Point{"left top": {0, 0}, "right top": {799, 0}, "right bottom": {799, 479}}},
		{90, map[string]image.Point{"left top": {0, 799}, "right top": {0, 0}, "right bottom": {479, 0}}},
		{180, map[string]image.Point{"left top": {799, 479}, "right top": {0, 479}, "right bottom": {0, 0}}},
		{270, map[string]image.Point{"left top": {479, 0}, "right top": {479, 799}, "right bottom": {0, 799}}},
	} {
		m := display.TouchMap{Calibration: display.NoCalibration(), Rotation: c.rotation, Picture: c.rotation.Size(image.Pt(800, 480))}
		for name, raw := range corner {
			if got := m.Pixel(raw, axis, axis); got != c.want[name] {
				t.Errorf("%d degrees, %s: %v, want %v", c.rotation, name, got, c.want[name])
			}
		}
	}
	m := display.TouchMap{Calibration: display.NoCalibration(), Picture: image.Pt(800, 480)}
	for _, raw := range []display.RawTouch{{-5000, -5000}, {1 << 30, 1 << 30}} {
		if p := m.Pixel(raw, axis, display.AxisRange{}); !p.In(image.Rect(0, 0, 800, 480)) {
			t.Errorf("%v is at %v, beside the picture", raw, p)
		}
	}
}

func TestCalibration(t *testing.T) {
	shown := [3]display.Unit{{X: 0.1, Y: 0.1}, {X: 0.9, Y: 0.5}, {X: 0.5, Y: 0.9}}
	// A film that is mounted a quarter turn on, is smaller than the glass and lies askew.
	film := func(u display.Unit) display.Unit {
		return display.Unit{X: 0.08 + 0.85*u.Y + 0.01*u.X, Y: 0.93 - 0.86*u.X + 0.02*u.Y}
	}
	var touched [3]display.Unit
	for i, u := range shown {
		touched[i] = film(u)
	}
	c, err := display.Calibrate(shown, touched)
	if err != nil {
		t.Fatal(err)
	}
	c, err = display.ParseCalibration(c.String()) // as it is kept
	if err != nil {
		t.Fatal(err)
	}
	m := display.TouchMap{Calibration: c, Picture: image.Pt(320, 240)}
	axis := display.AxisRange{Max: 4095}
	for _, u := range []display.Unit{{X: 0.02, Y: 0.03}, {X: 0.5, Y: 0.5}, {X: 0.97, Y: 0.99}} {
		f := film(u)
		got := m.Pixel(display.RawTouch{X: int32(f.X * 4095), Y: int32(f.Y * 4095)}, axis, axis)
		if d := got.Sub(image.Pt(int(u.X*320), int(u.Y*240))); d.X < -1 || d.X > 1 || d.Y < -1 || d.Y > 1 {
			t.Errorf("touched at %v, found at %v", u, got)
		}
	}
	if _, err := display.Calibrate(shown, [3]display.Unit{{X: 0.1, Y: 0.1}, {X: 0.5, Y: 0.5}, {X: 0.9, Y: 0.9}}); err == nil {
		t.Error("three touches on a line calibrate nothing")
	}
	for _, bad := range []string{"", "1 0 0 0 1", "1 0 0 0 1 x", "NaN 0 0 0 1 0", "1 0 0 1 0 0", "1e9 0 0 0 1 0", "1 0 0 0 1 0 0"} {
		if _, err := display.ParseCalibration(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestParseInputRecords(t *testing.T) {
	le := binary.LittleEndian
	r64 := le.AppendUint32(le.AppendUint16(le.AppendUint16(le.AppendUint64(le.AppendUint64(nil, 5), 250000), 3), 0x35), 0xffffffff)
	r32 := le.AppendUint32(le.AppendUint16(le.AppendUint16(le.AppendUint32(le.AppendUint32(nil, 5), 250000), 3), 0x35), 0xffffffff)
	want := display.InputRecord{At: 5250 * time.Millisecond, Type: 3, Code: 0x35, Value: -1}
	for size, raw := range map[int][]byte{24: r64, 16: r32} {
		got, err := display.ParseInputRecords(slices.Concat(raw, raw), size)
		if err != nil || len(got) != 2 || got[0] != want || got[1] != want {
			t.Errorf("records of %d bytes: %v, %v", size, got, err)
		}
		if _, err := display.ParseInputRecords(raw[1:], size); err == nil {
			t.Errorf("half a record of %d bytes was taken", size)
		}
		if _, err := display.ParseInputRecords(make([]byte, size*65), size); err == nil {
			t.Error("more than a read gives was taken")
		}
	}
	if _, err := display.ParseInputRecords(nil, 20); err == nil {
		t.Error("records of 20 bytes were taken")
	}
}

func FuzzInputRecords(f *testing.F) {
	f.Add([]byte("0123456789abcdef01234567"), true)
	f.Fuzz(func(t *testing.T, raw []byte, multi bool) {
		size := 16
		if len(raw)%24 == 0 {
			size = 24
		}
		records, err := display.ParseInputRecords(raw, size)
		if err != nil {
			return
		}
		d := display.NewTouchDecoder(multi, display.RawTouch{})
		m := display.TouchMap{Calibration: display.NoCalibration(), Rotation: 90, Picture: image.Pt(480, 800)}
		var pad display.PadDecoder
		for _, r := range records {
			if raw, ok := d.Decode(r); ok {
				if p := m.Pixel(raw, display.AxisRange{Max: 9}, display.AxisRange{Min: 5, Max: -5}); !p.In(image.Rect(0, 0, 480, 800)) {
					t.Fatalf("a touch at %v", p)
				}
			}
			if k, _ := pad.Decode(r); k != "" && !slices.Contains(display.Keys(), k) {
				t.Fatalf("key %q", k)
			}
		}
	})
}

var quietLog = slog.New(slog.NewTextHandler(io.Discard, nil))

func set(codes ...uint16) map[uint16]bool {
	m := map[uint16]bool{}
	for _, c := range codes {
		m[c] = true
	}
	return m
}

var (
	touchInfo = display.EvdevInfo{Name: "panel", Keys: set(0x14a), Axes: set(0, 1), X: display.AxisRange{Max: 799}, Y: display.AxisRange{Max: 479}}
	padInfo   = display.EvdevInfo{Name: "pad", Keys: set(79, 96)}
)

// run runs in until the test ends, and returns what it handled so far.
func run(t *testing.T, in display.Input) (seen func() []string) {
	var mu sync.Mutex
	var got []string
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- in.Run(ctx, func(e display.InputEvent) error {
			if err := e.Validate(); err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if e.Touch != nil {
				got = append(got, e.Touch.String())
			} else {
				got = append(got, e.Key)
			}
			return errors.New("refused, which ends nothing")
		})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run: %v", err)
		}
	})
	return func() []string {
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		defer func() { got = nil }()
		return got
	}
}

func evdev(system display.EvdevSystem, change func(*display.EvdevOptions)) *display.Evdev {
	o := display.EvdevOptions{System: system, Log: quietLog,
		Map: display.TouchMap{Calibration: display.NoCalibration(), Picture: image.Pt(800, 480)}}
	if change != nil {
		change(&o)
	}
	return display.NewEvdev(o)
}

func TestEvdevHotPlug(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		system := display.NewFakeEvdev()
		system.Fail(errors.New("no /dev/input yet"))
		seen := run(t, evdev(system, nil))
		time.Sleep(3 * time.Second)
		system.Fail(nil)
		panel, pad := system.Plug("/dev/input/event0", touchInfo), system.Plug("/dev/input/event1", padInfo)
		mouse := system.Plug("/dev/input/event2", display.EvdevInfo{Name: "mouse", Keys: set(0x110)})
		touchpad := system.Plug("/dev/input/event3", display.EvdevInfo{Name: "touchpad", Keys: set(0x14a, 0x145), Axes: set(0, 1), Pointer: true})
		time.Sleep(3 * time.Second)
		panel.Send(at(0, absolute(0, 10), absolute(1, 20), key(0x14a, 1))...)
		if got := seen(); !slices.Equal(got, []string{"(10,20)"}) {
			t.Errorf("touched: %v", got)
		}
		pad.Send(at(0, key(79, 1))...)
		if got := seen(); !slices.Equal(got, []string{"1"}) {
			t.Errorf("keyed: %v", got)
		}
		if !panel.Grabbed() || !pad.Grabbed() || mouse.Grabbed() || touchpad.Grabbed() || mouse.Opened() != 1 {
			t.Error("what is ours must be grabbed, and what is not looked at once and left alone")
		}
		system.Unplug("/dev/input/event0")
		time.Sleep(time.Second)
		pad.Send(at(500, key(80, 1))...)
		if got := seen(); !slices.Equal(got, []string{"2"}) {
			t.Errorf("keyed without the panel: %v", got)
		}
		panel = system.Plug("/dev/input/event0", touchInfo) // another device at the same path
		system.Unplug("/dev/input/event2")
		again := system.Plug("/dev/input/event2", padInfo)
		time.Sleep(time.Second)
		panel.Send(at(0, absolute(0, 1), absolute(1, 2), key(0x14a, 1))...)
		again.Send(at(0, key(81, 1))...)
		if got := seen(); !slices.Equal(got, []string{"(1,2)", "3"}) {
			t.Errorf("plugged again: %v", got)
		}
	})
}

func TestEvdevLeavesWhatIsOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		system := display.NewFakeEvdev()
		scanner := system.Plug("/dev/input/event0", padInfo)
		panel := system.Plug("/dev/input/event1", touchInfo)
		busy := system.Plug("/dev/input/event2", padInfo)
		busy.RefuseGrab(errors.New("device or resource busy"))
		seen := run(t, evdev(system, func(o *display.EvdevOptions) {
			o.NoTouch = true
			o.Taken = func() map[string]bool { return map[string]bool{"/dev/input/event0": true} }
		}))
		time.Sleep(2500 * time.Millisecond)
		if scanner.Opened() != 0 || panel.Grabbed() || busy.Grabbed() {
			t.Error("others' devices were taken")
		}
		busy.RefuseGrab(nil) // the other program has ended
		time.Sleep(time.Second)
		busy.Send(at(0, key(79, 1))...)
		if got := seen(); !slices.Equal(got, []string{"1"}) {
			t.Errorf("keyed: %v", got)
		}
	})
}

// film is an XPT2046 that is touched now and then.
type film struct {
	spi.Conn
	irq   *gpiotest.Pin
	mu    sync.Mutex
	x, y  int32
	noise []int32
	fail  error
	delay time.Duration
	asked int // transfers
	sent  []byte
}

func (f *film) Tx(w, r []byte) error {
	f.mu.Lock()
	delay := f.delay
	f.mu.Unlock()
	time.Sleep(delay)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	if f.fail != nil {
		return f.fail
	}
	f.sent = append(f.sent, w...)
	v := f.x
	if w[0] == 0x90 {
		v = f.y
	}
	if len(f.noise) > 0 {
		v, f.noise = v+f.noise[0], f.noise[1:]
	}
	r[1], r[2] = byte(v<<3>>8), byte(v<<3)
	return nil
}

// set changes the film, before it is measured again.
func (f *film) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func (f *film) press(down bool) {
	f.irq.Lock()
	defer f.irq.Unlock()
	f.irq.L = gpio.Level(!down)
}

func TestXPT2046(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &film{irq: &gpiotest.Pin{N: "irq"}, x: 1024, y: 3072}
		where := display.TouchMap{Calibration: display.NoCalibration(), Picture: image.Pt(320, 240)}
		seen := run(t, display.Inputs{display.NewXPT2046(f, f.irq, where, quietLog), evdev(display.NewFakeEvdev(), nil)})
		time.Sleep(time.Second)
		if got := seen(); got != nil || f.sent != nil {
			t.Errorf("untouched: %v, asked % x", got, f.sent)
		}
		f.set(func() { f.noise = []int32{900, -900} }) // the film bounces; the middle sample does not
		f.press(true)
		time.Sleep(time.Second)
		if got := seen(); !slices.Equal(got, []string{"(80,180)"}) {
			t.Errorf("touched and held: %v", got)
		}
		if len(f.sent) != 30 || f.sent[0] != 0xD0 || f.sent[3] != 0x90 {
			t.Errorf("asked % x", f.sent)
		}
		f.press(false)
		time.Sleep(time.Second)
		f.set(func() { f.fail = errors.New("no bus") })
		f.press(true)
		time.Sleep(100 * time.Millisecond)
		if got := seen(); got != nil {
			t.Errorf("without a bus: %v", got)
		}
		f.set(func() {
			f.fail, f.noise = nil, []int32{0, 0, 500, 0, -500, 0, 500, 0, -500, 0} // still settling
			f.x = 2048
		})
		time.Sleep(100 * time.Millisecond)
		if got := seen(); !slices.Equal(got, []string{"(160,180)"}) {
			t.Errorf("settled: %v", got)
		}
	})
}
