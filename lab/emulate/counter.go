package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"till/boards"
	"till/boards/card"
	"till/cloud/service"
	"till/lab/pi"
	"till/lab/pi/firmware"
	"till/payment"
	"till/printer"
	"till/printer/emulator"
)

// scannerID is the keyboard that is the scanner. It is the only one: keys always
// go to the keyboard that was plugged in last.
const scannerID = "scanner"

// counter is the emulated Pi and what stands around it.
type counter struct {
	pi      *firmware.Pi
	cloud   *service.Service
	printer *emulator.Printer
	cable   net.Listener // the printer's
	dir     string       // of its socket
	log     *slog.Logger
	cancel  context.CancelFunc
	ended   sync.WaitGroup

	hands sync.Mutex // one at a time touches, types or scans

	mu      sync.Mutex
	machine *pi.Machine // nil while it is off
	slot    int
	boots   int
	trouble string // why it is off
	linked  bool
	cut     chan struct{} // 1 deep: the plug is pulled
}

const siteText = `terminal = "emulated-1"
test = true
manager_pin = "2580"
shift.auto = true

[merchant]
name = "Harbor Museum Shop"
address = ["12 Pier Street", "San Francisco, CA 94133"]
timezone = "America/Los_Angeles"
currency = "USD"
cashier = "Mei"

[gateway]
broker = "tcp://10.0.2.2:%s"
key = "%s"

[printer]
profile = "80mm"
device = "/dev/ttyUSB0"

[scanner]
device = "/dev/input/event1" # the keyboard; the tablet is event0
`

// pace divides the wallets' waits, but for a code's life: typing takes a while.
const pace = 2

func openCounter(ctx context.Context, dir, board, image string, log *slog.Logger) (*counter, error) {
	ctx, cancel := context.WithCancel(ctx)
	c := &counter{log: log, cancel: cancel, cut: make(chan struct{}, 1), linked: true, printer: emulator.New(printer.Profile80(), emulator.Events{})}
	if err := c.open(ctx, dir, board, image); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

func (c *counter) open(ctx context.Context, dir, board, image string) error {
	b, err := boards.ByName(board)
	if err != nil {
		return err
	}
	if c.cloud, err = service.Start(service.Options{Dir: filepath.Join(dir, "cloud"), MQTT: "127.0.0.1:0", Pace: pace, Log: c.log}); err != nil {
		return err
	}
	c.ended.Go(func() {
		if err := c.cloud.Run(ctx); err != nil {
			c.log.Error("gateway", "err", err)
		}
	})
	_, port, err := net.SplitHostPort(c.cloud.Broker)
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "card")
	if err := insert(image, file, fmt.Appendf(nil, siteText, port, c.cloud.Key)); err != nil {
		return err
	}
	if c.dir, err = os.MkdirTemp("", "till-"); err != nil { // a socket's name has to be short
		return err
	}
	socket := filepath.Join(c.dir, "printer")
	if c.cable, err = net.Listen("unix", socket); err != nil {
		return err
	}
	c.ended.Go(c.attendPrinter)
	c.pi = &firmware.Pi{
		Card: file, Board: b, CommandLine: "loglevel=7 printk.devkmsg=on",
		Hardware: pi.Options{Network: true, Tablet: true, Printer: socket, Keyboards: []string{scannerID}},
	}
	c.ended.Go(func() { c.live(ctx) })
	return nil
}

// insert makes a card of the image with the site's settings. One that is there
// already keeps what it holds: only the settings are put there anew.
func insert(image, file string, site []byte) error {
	from := image
	if _, err := os.Stat(file); err == nil {
		from = file
	}
	i, err := card.OpenImage(from)
	if err != nil {
		return fmt.Errorf("%w; make image makes one", err)
	}
	with, err := i.WithSite(site)
	if err == nil {
		err = firmware.Insert(io.NewSectionReader(with, 0, i.Size), file+".new")
	}
	if err := errors.Join(err, i.Close()); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

func (c *counter) attendPrinter() {
	for {
		conn, err := c.cable.Accept()
		if err != nil {
			return // closed
		}
		go func() { _ = c.printer.Serve(conn) }() // how a cable came off matters to nobody
	}
}

// live plays mains and firmware: the Pi is switched on again after every end.
func (c *counter) live(ctx context.Context) {
	for ctx.Err() == nil {
		m, slot, err := c.pi.Boot(ctx)
		c.mu.Lock()
		c.machine, c.slot, c.trouble, c.linked = m, slot, "", true
		c.boots++
		if err != nil {
			c.machine, c.trouble = nil, err.Error()
		}
		c.mu.Unlock()
		if err != nil {
			c.log.Error("boot", "err", err)
			<-ctx.Done()
			return
		}
		c.log.Info("switched on", "slot", slot)
		c.watch(ctx, m)
		c.mu.Lock()
		c.machine = nil
		c.mu.Unlock()
		if err := m.Close(); err != nil {
			c.log.Warn("switch off", "err", err)
		}
	}
}

// watch waits until the machine ends, or its plug is pulled.
func (c *counter) watch(ctx context.Context, m *pi.Machine) {
	on, off := context.WithCancel(ctx)
	defer off()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		end, err := c.pi.Ended(on, m)
		if on.Err() == nil {
			c.log.Info("it ended", "how", end, "err", err)
		}
	}()
	select {
	case <-ended:
	case <-c.cut:
		c.log.Info("the plug is pulled")
		off()
		<-ended
	case <-ctx.Done():
		<-ended
	}
}

func (c *counter) close() error {
	c.cancel()
	var failed error
	if c.cable != nil {
		failed = c.cable.Close()
	}
	c.ended.Wait()
	if c.cloud != nil {
		failed = errors.Join(failed, c.cloud.Close())
	}
	if c.dir != "" {
		failed = errors.Join(failed, os.RemoveAll(c.dir))
	}
	return failed
}

var errOff = errors.New("the Pi is off")

func (c *counter) on() (*pi.Machine, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.machine == nil {
		return nil, errOff
	}
	return c.machine, nil
}

// screen is the panel's pixels.
func (c *counter) screen(ctx context.Context) (*image.RGBA, error) {
	m, err := c.on()
	if err != nil {
		return nil, err
	}
	return m.Screen(ctx)
}

// touch presses a point of the panel.
func (c *counter) touch(ctx context.Context, at image.Point) error {
	m, err := c.on()
	if err != nil {
		return err
	}
	screen, err := m.Screen(ctx)
	if err != nil {
		return err
	}
	c.hands.Lock()
	defer c.hands.Unlock()
	return m.Tap(ctx, at, screen.Rect.Size())
}

// scan shows a fresh code of a wallet's to the scanner.
func (c *counter) scan(ctx context.Context, wallet payment.Wallet) error {
	m, err := c.on()
	if err != nil {
		return err
	}
	c.hands.Lock()
	defer c.hands.Unlock()
	code, _, err := c.cloud.Sandbox.NewCode(wallet)
	if err != nil {
		return err
	}
	return errors.Join(m.Type(ctx, code), m.Press(ctx, pi.Enter))
}

// maxTyped bounds what is typed for the scanner by hand.
const maxTyped = 64

var errTyped = fmt.Errorf("the scanner can be given 1 to %d digits and small letters", maxTyped)

// typed is a code that somebody types for the scanner.
func (c *counter) typed(ctx context.Context, text string) error {
	if text == "" || len(text) > maxTyped || strings.Trim(text, "0123456789abcdefghijklmnopqrstuvwxyz") != "" {
		return errTyped
	}
	m, err := c.on()
	if err != nil {
		return err
	}
	c.hands.Lock()
	defer c.hands.Unlock()
	return errors.Join(m.Type(ctx, text), m.Press(ctx, pi.Enter))
}

var errNoQR = errors.New("there is no QR on the screen that a phone could read")

// pay has a phone read the QR off the panel's pixels, and pay it.
func (c *counter) pay(ctx context.Context) (string, error) {
	m, err := c.screen(ctx)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "zbarimg", "--quiet", "--raw", "PNG:-")
	cmd.Stdin = &b
	out, err := cmd.Output()
	var none *exec.ExitError
	switch {
	case errors.As(err, &none):
		return "", errNoQR
	case err != nil:
		return "", fmt.Errorf("read the QR: %w; scripts/install-test-tools installs zbarimg", err)
	}
	text, _, _ := strings.Cut(string(out), "\n")
	status, err := c.cloud.Sandbox.Pay(text, payment.Alipay)
	return string(status), err
}

// link pulls the network cable, or plugs it in.
func (c *counter) link(ctx context.Context, up bool) error {
	m, err := c.on()
	if err != nil {
		return err
	}
	if err := m.SetLink(ctx, up); err != nil {
		return err
	}
	c.mu.Lock()
	c.linked = up
	c.mu.Unlock()
	return nil
}

// power pulls the mains plug, and plugs it in again.
func (c *counter) power() {
	select {
	case c.cut <- struct{}{}:
	default: // it is being pulled
	}
}
