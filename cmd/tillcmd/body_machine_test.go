package tillcmd_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/spi"

	"till/boards"
	"till/cmd/tillcmd"
	"till/device"
	"till/display"
	"till/display/gallery"
	"till/payment"
	"till/printer"
	"till/scanner"
)

// body is a Pi with two displays, a number pad, a power button of the kernel's
// and a line of its supply; nothing is real.
type body struct {
	t                 *testing.T
	cashier, customer *display.Fake
	lights            *display.FakeBacklights
	pad, button, film *display.FakeEvdevDevice
	header            *device.FakeHeader
	data              string
	moved             chan struct{} // 1 deep: something was drawn or lit
	off               chan struct{} // closed: the machine was switched off
	ended             chan error
	stop              context.CancelFunc
	log               safeBuffer
	touches           int
}

// safeBuffer is a log, and says when something is written.
type safeBuffer struct {
	mu    sync.Mutex
	buf   bytes.Buffer
	moved chan struct{}
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case b.moved <- struct{}{}:
	default:
	}
	return b.buf.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// watched is a surface that says when something is seen to change.
type watched struct {
	*display.Fake
	moved chan struct{}
}

func (w watched) Draw(frame *image.RGBA, r image.Rectangle) error {
	defer w.stir()
	return w.Fake.Draw(frame, r)
}

func (w watched) Light(on bool) error {
	defer w.stir()
	return w.Fake.Light(on)
}

func (w watched) stir() {
	select {
	case w.moved <- struct{}{}:
	default:
	}
}

const upsPin = 6

func newBody(t *testing.T, more string, change func(*tillcmd.Config)) *body {
	t.Helper()
	b := &body{
		t: t, cashier: display.NewFake(image.Pt(800, 480)), customer: display.NewFake(image.Pt(480, 320)),
		lights: display.NewFakeBacklights(255, "panel"), header: device.NewFakeHeader(), data: filepath.Join(t.TempDir(), "data"),
		moved: make(chan struct{}, 1), off: make(chan struct{}), ended: make(chan error, 1),
	}
	b.log.moved = b.moved
	path := filepath.Join(t.TempDir(), "till.toml")
	text := fmt.Sprintf(`
terminal = "shop-1"
board = "pi3b"
data = %q
merchant = {name = "Shop", timezone = "America/Los_Angeles", currency = "USD", cashier = "Mei"}
gateway = {broker = "tcp://127.0.0.1:1", key = "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08="}
customer.device = "/dev/fb1"
display.brightness = 50
printer.device = "none"
scanner.device = "none"
shift.auto = true
%s
`, b.data, more)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	config, err := tillcmd.LoadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	evdev := display.NewFakeEvdev()
	b.pad = evdev.Plug("/dev/input/event0", display.EvdevInfo{Name: "pad", Keys: map[uint16]bool{79: true, 96: true}})
	b.button = evdev.Plug("/dev/input/event1", display.EvdevInfo{Name: "pwr_button", Keys: map[uint16]bool{116: true}})
	b.film = evdev.Plug("/dev/input/event2", display.EvdevInfo{
		Name: "film", Keys: map[uint16]bool{0x14a: true}, Axes: map[uint16]bool{0: true, 1: true},
		X: display.AxisRange{Max: 799}, Y: display.AxisRange{Max: 479},
	})
	config.Machine = &device.Machine{
		Header: func(boards.GPIO) (device.Header, error) {
			return b.header, nil
		},
		Framebuffer: func(path string, _ display.FramebufferOptions) (display.Surface, error) {
			if path == "/dev/fb1" {
				return watched{b.customer, b.moved}, nil
			}
			return watched{b.cashier, b.moved}, nil
		},
		SPI:      func(int, int) (spi.PortCloser, error) { return nil, fs.ErrNotExist },
		Evdev:    evdev,
		Scanners: scanner.NewFakeSystem(),
		Printers: printer.NewSystem(t.TempDir()),
		Watchdog: func(string) (device.WatchdogTimer, error) { return &device.FakeWatchdog{}, nil },
		Health: device.HealthFiles{
			ReadFile: func(string) ([]byte, error) { return nil, fs.ErrNotExist },
			Glob:     func(string) ([]string, error) { return nil, nil },
			Disk:     func(string) (uint64, uint64, error) { return 0, 0, fs.ErrNotExist },
		},
		Backlights: b.lights.Backlights(),
		PowerOff:   func() error { close(b.off); return nil },
	}
	if change != nil {
		change(&config)
	}
	ctx, stop := context.WithCancel(context.Background())
	b.stop = stop
	go func() { b.ended <- tillcmd.Sell(ctx, config, slog.New(slog.NewTextHandler(&b.log, nil))) }()
	t.Cleanup(func() {
		stop()
		if err := <-b.ended; err != nil {
			t.Error(err)
		}
		b.ended <- nil
		if t.Failed() {
			t.Log(b.log.String())
		}
	})
	return b
}

// until waits for what is seen on the displays.
func (b *body) until(what string, holds func() bool) {
	b.t.Helper()
	late := time.After(patience)
	for !holds() {
		select {
		case <-b.moved:
		case <-late:
			b.t.Fatalf("it is not seen that %s", what)
		}
	}
}

func (b *body) logs(text string) func() bool {
	return func() bool { return strings.Contains(b.log.String(), text) }
}

// shows says that the customer sees v.
func (b *body) shows(v display.CustomerView) func() bool {
	v.Merchant = "Shop"
	return func() bool {
		size := b.customer.Size()
		return bytes.Equal(b.customer.Image().Pix, display.RenderCustomer(v, size).Image.Pix)
	}
}

// key types on the pad: KEY_KP1 is 79.
func (b *body) key(codes ...uint16) {
	for _, code := range codes {
		b.pad.Send(display.InputRecord{Type: 1, Code: code, Value: 1}, display.InputRecord{})
		b.pad.Send(display.InputRecord{Type: 1, Code: code, Value: 0}, display.InputRecord{})
	}
}

const padOne, padTwo = 79, 80

func TestCustomersDisplay(t *testing.T) {
	b := newBody(t, "", nil)
	usd := func(n int64) payment.Money { return payment.Money{Amount: n, Currency: "USD"} }
	b.until("nothing is going on", b.shows(display.CustomerView{Screen: display.CustomerIdle}))
	if written := b.lights.Written(); !slices.Equal(written, []string{"panel/brightness=127", "panel/bl_power=0"}) &&
		!slices.Equal(written, []string{"panel/bl_power=0", "panel/brightness=127"}) {
		t.Errorf("the lights were set to %v", written)
	}
	b.key(padOne, padTwo)
	b.until("12 cents are keyed", b.shows(display.CustomerView{Screen: display.CustomerAmount, Amount: usd(12)}))
	b.touchOn("ready-live-offline", "qr")
	b.until("phones cannot pay", b.shows(display.CustomerView{Screen: display.CustomerOffline, Amount: usd(12)}))
}

// A finger that taps twice does not press what has come up under it: Cash stands where
// the next screen has Exact, which would take the money.
func TestDoubleTap(t *testing.T) {
	b := newBody(t, "", nil)
	usd := func(n int64) payment.Money { return payment.Money{Amount: n, Currency: "USD"} }
	cash := b.shows(display.CustomerView{Screen: display.CustomerCash, Amount: usd(12)})
	b.until("nothing is going on", b.shows(display.CustomerView{Screen: display.CustomerIdle}))
	b.key(padOne, padTwo)
	b.until("12 cents are keyed", b.shows(display.CustomerView{Screen: display.CustomerAmount, Amount: usd(12)}))
	b.touchOn("ready-live-offline", "cash")
	b.touchOn("ready-live-offline", "cash")
	b.until("cash is asked for", cash)
	b.touchOn("ready-live-offline", "2") // handled after both; the pad stands where it stood
	b.until("a digit counts", b.shows(display.CustomerView{Screen: display.CustomerCash, Amount: usd(12), Tendered: usd(2)}))
}

func TestDisplaysGoDark(t *testing.T) {
	b := newBody(t, "", func(c *tillcmd.Config) { c.Display.DarkAfter = 50 * time.Millisecond })
	dark := func() bool { return b.cashier.Dark() && b.customer.Dark() }
	black := func(f *display.Fake) bool {
		for i, v := range f.Image().Pix {
			if i%4 != 3 && v != 0 {
				return false
			}
		}
		return true
	}
	b.until("it goes dark", dark)
	if !black(b.cashier) || !black(b.customer) {
		t.Error("dark, and the picture is still there")
	}
	b.key(padOne)
	b.until("a key lights it and counts", func() bool {
		return !dark() && b.shows(display.CustomerView{Screen: display.CustomerAmount, Amount: payment.Money{Amount: 1, Currency: "USD"}})()
	})
	b.lights.Written()
	// With an amount keyed it stays lit, however long it takes. It looks again
	// whenever a key is pressed.
	<-time.After(100 * time.Millisecond) // real time: the terminal waits by it, and speaks to a real network and disk
	b.key(padTwo)
	if dark() {
		t.Error("dark while an amount is keyed")
	}
	if written := b.lights.Written(); slices.Contains(written, "panel/bl_power=4") {
		t.Errorf("the lights went off while an amount was keyed: %v", written)
	}
}

// touch presses a button of the screen on which amounts are keyed: ABS_X is 0,
// ABS_Y 1, BTN_TOUCH 0x14a.
func (b *body) touch(id string) {
	b.t.Helper()
	b.touchOn("ready-live", id)
}

// touchOn presses a button of a screen of the gallery.
func (b *body) touchOn(screen, id string) {
	b.t.Helper()
	v, ok := gallery.View("en/" + screen)
	if !ok {
		b.t.Fatalf("the gallery has no en/%s", screen)
	}
	for _, button := range display.Render(v, image.Pt(800, 480)).Buttons {
		if button.ID == id {
			at := button.Rect.Min.Add(button.Rect.Max).Div(2)
			b.touches++
			when := time.Duration(b.touches) * time.Second // a film bounces for less
			for _, r := range []display.InputRecord{
				{Type: 3, Code: 0, Value: int32(at.X)}, {Type: 3, Code: 1, Value: int32(at.Y)}, {Type: 1, Code: 0x14a, Value: 1}, {},
				{Type: 1, Code: 0x14a, Value: 0}, {},
			} {
				r.At = when
				b.film.Send(r)
				when += 50 * time.Millisecond
			}
			return
		}
	}
	b.t.Fatalf("there is no button %s", id)
}

// The touch that lights a dark display presses nothing: nobody saw what.
func TestTouchLightsAndPressesNothing(t *testing.T) {
	b := newBody(t, "", func(c *tillcmd.Config) { c.Display.DarkAfter = time.Second })
	idle := b.shows(display.CustomerView{Screen: display.CustomerIdle})
	five := b.shows(display.CustomerView{Screen: display.CustomerAmount, Amount: payment.Money{Amount: 5, Currency: "USD"}})
	for range 20 { // on a busy machine it may be dark again before the second touch
		b.until("it goes dark", b.cashier.Dark)
		b.touch("5")
		b.until("a touch lights it", func() bool { return !b.cashier.Dark() })
		b.until("nothing was pressed", idle)
		b.touch("5")
		b.until("the next touch presses, or it is dark again", func() bool { return five() || b.cashier.Dark() })
		if five() {
			return
		}
	}
	t.Error("nothing is ever pressed")
}

func (b *body) switchedOff() {
	b.t.Helper()
	select {
	case <-b.off:
	case <-time.After(patience):
		b.t.Fatal("the machine was not switched off")
	}
}

func TestPowerKeySwitchesOff(t *testing.T) {
	b := newBody(t, "", nil)
	b.button.Send(display.InputRecord{Type: 1, Code: 116, Value: 1}, display.InputRecord{})
	b.switchedOff()
}

func TestSupplySwitchesOff(t *testing.T) {
	b := newBody(t, fmt.Sprintf("ups.pin = %d\nups.wait = 1\n", upsPin), nil)
	b.until("nothing is going on", b.shows(display.CustomerView{Screen: display.CustomerIdle}))
	b.until("the mains are there", b.logs("the mains are there"))
	b.header.Fake(upsPin).Hold(gpio.High)
	b.switchedOff()
}

func TestLastCrashIsSaid(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	crash := filepath.Join(data, tillcmd.CrashFolder)
	if err := os.MkdirAll(crash, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(crash, "run.trace"), []byte("panic: no such luck\n\ngoroutine 1 [running]:\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := newBody(t, "", func(c *tillcmd.Config) { c.Data = data })
	b.until("nothing is going on", b.shows(display.CustomerView{Screen: display.CustomerIdle}))
	if !strings.Contains(b.log.String(), "panic: no such luck") {
		t.Error("the log does not say that the last run crashed")
	}
	b.stop()
	if err := <-b.ended; err != nil {
		t.Fatal(err)
	}
	b.ended <- nil
	left, err := filepath.Glob(filepath.Join(crash, "*"))
	if err != nil || len(left) != 1 || filepath.Base(left[0]) != "000001-panic.txt" {
		t.Errorf("the ring holds %v, %v", left, err)
	}
}
