package pi_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"till/boards/card"
	"till/cloud/service"
	"till/lab/pi"
	"till/payment"
	"till/printer"
	"till/printer/emulator"
	"till/words"

	// They are in the program that is built below: a change of theirs makes the
	// result of these tests stale.
	_ "till/cmd/tillcmd"
)

// Deadlines are for a machine that does much else meanwhile: all waits are for
// something that is seen to happen.
const (
	bootWithin = 240 * time.Second
	within     = 90 * time.Second
)

// scanner is the id of the keyboard that is one. It is alone: keys always go to
// the keyboard that was plugged in last.
const scanner = "scanner"

const zone = "America/Los_Angeles"

// counter is a terminal on an emulated Pi, with everything around it.
type counter struct {
	t        *testing.T
	machine  *pi.Machine
	console  *pi.ConsoleReader
	printer  *emulator.Printer
	cloud    *service.Service
	cloudDir string
	slips    chan emulator.Document
	shown    []string  // customers' codes: they must be found nowhere
	begun    time.Time // the test
}

// newCounter builds everything around a terminal. Its printer's cable ends at
// socket. A secure gateway is one where terminals enrol.
func newCounter(t *testing.T, secure *service.Secure) (c *counter, socket string) {
	t.Helper()
	c = &counter{t: t, slips: make(chan emulator.Document, 256), begun: time.Now()}
	c.printer = emulator.New(printer.Profile80(), emulator.Events{Document: func(d emulator.Document) { c.slips <- d }})
	c.startCloud(filepath.Join(t.TempDir(), "cloud"), secure)
	return c, c.startPrinter()
}

// open builds a counter and boots its terminal.
func open(t *testing.T) *counter {
	t.Helper()
	c, socket := newCounter(t, nil)
	c.booted(start(t, pi.Options{
		Kernel: kernelFile(t, "vmlinuz"), DeviceTree: kernelFile(t, "bcm2710-rpi-3-b-plus.dtb"),
		Initrd: initrd(t, fmt.Sprintf(configText, c.broker(), c.cloud.Key)),
		// The last console is where init writes to. Kernel messages below errors
		// would only cut lines in two.
		CommandLine: "console=ttyAMA1,115200 loglevel=4 rdinit=/init panic=-1 vt.global_cursor_default=0 logo.nologo consoleblank=0 " +
			"lab.wait=/dev/fb0,/sys/class/net/usb0,/dev/ttyUSB0,/sys/class/input/mouse0 lab.keyboard=" + scanner + " lab.address=10.0.2.15/24",
		Network: true, Tablet: true, Printer: socket, Keyboards: []string{scanner}, Nice: 5,
	}))
	return c
}

// booted waits until a machine's terminal has all that is plugged in.
func (c *counter) booted(m *pi.Machine) {
	c.t.Helper()
	c.machine, c.console = m, m.Console.Reader()
	c.t.Cleanup(func() {
		for _, code := range c.shown {
			if strings.Contains(m.Console.String(), code) {
				c.t.Error("a customer's code is on the console")
			}
		}
	})
	ctx, done := context.WithTimeout(c.t.Context(), bootWithin)
	defer done()
	for _, line := range [][]string{
		{"msg=display", "size"}, {"input found", "touch=true"}, {"scanner found"},
	} {
		if _, err := m.Console.Reader().Await(ctx, line...); err != nil { // in any order
			c.t.Fatal(err)
		}
		c.lap(line[0] + " " + line[len(line)-1])
	}
}

// start switches a machine on, until the test's end.
func start(t *testing.T, o pi.Options) *pi.Machine {
	t.Helper()
	ctx, done := context.WithTimeout(t.Context(), within)
	defer done()
	m, err := pi.Start(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	closing(t, m)
	return m
}

// closing switches a machine off at the test's end.
func closing(t *testing.T, m *pi.Machine) {
	t.Helper()
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("QEMU said: %s\nthe console:\n%s", m.Said(), m.Console)
		}
	})
}

// soon is the context of what takes no boot.
func (c *counter) soon() context.Context {
	ctx, done := context.WithTimeout(c.t.Context(), within)
	c.t.Cleanup(done)
	return ctx
}

// gatewayAddress is where the guest finds this machine's loopback: QEMU's gateway leads there.
const gatewayAddress = "10.0.2.2"

func (c *counter) startCloud(dir string, secure *service.Secure) {
	c.t.Helper()
	log := slog.New(slog.NewTextHandler(c.t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	// At the wallets' own pace: a code lives for a minute, whatever this machine does meanwhile.
	var err error
	c.cloudDir = dir
	if c.cloud, err = service.Start(service.Options{Dir: dir, MQTT: "127.0.0.1:0", Secure: secure, Pace: 1, Log: log}); err != nil {
		c.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- c.cloud.Run(ctx) }()
	c.t.Cleanup(func() {
		stop()
		if err := errors.Join(<-ran, c.cloud.Close()); err != nil {
			c.t.Error(err)
		}
	})
}

// startPrinter is the printer's end of its cable. It returns where that is.
func (c *counter) startPrinter() string {
	c.t.Helper()
	dir, err := os.MkdirTemp("", "till-") // a test's own folder may have too long a name for a socket
	if err != nil {
		c.t.Fatal(err)
	}
	socket := filepath.Join(dir, "printer")
	l, err := net.Listen("unix", socket)
	if err != nil {
		c.t.Fatal(err)
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return // closed
			}
			go func() { _ = c.printer.Serve(conn) }() // how a cable came off matters to nobody
		}
	}()
	c.t.Cleanup(func() {
		if err := errors.Join(l.Close(), os.RemoveAll(dir)); err != nil {
			c.t.Error(err)
		}
	})
	return socket
}

const configText = `terminal = "pi-1"
board = "sim"
data = "/data/till"
test = true
manager_pin = "2580"
watchdog = false
shift.auto = true

[merchant]
name = "Harbor Museum Shop"
timezone = "` + zone + `"
currency = "USD"
cashier = "Mei"

[gateway]
broker = "%s"
key = "%s"

[printer]
profile = "80mm"
device = "/dev/ttyUSB0"

[scanner]
device = "/dev/scanner"
`

// broker is where the guest finds it.
func (c *counter) broker() string {
	_, port, err := net.SplitHostPort(c.cloud.Broker)
	if err != nil {
		c.t.Fatal(err)
	}
	return "tcp://" + net.JoinHostPort(gatewayAddress, port)
}

// program builds a program for the guest.
func program(t *testing.T, from, version string) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "program")
	// As the Makefile builds them, so that the parts are built once for both.
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -X till/cmd/tillcmd.Version="+version, "-o", file, from)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOEXPERIMENT=", "CGO_ENABLED=0", "GOOS=linux", "GOARCH=arm64", "GOARM64=v8.0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", from, err, out)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// initrd is a file with the guest's programs and the terminal's configuration.
func initrd(t *testing.T, config string) string {
	t.Helper()
	var b bytes.Buffer
	err := card.WriteArchive(&b, append(card.Nodes(),
		card.Entry{Name: "init", Mode: card.ModeFile | 0o755, Data: program(t, "./lab/pi/init", "test")},
		card.Entry{Name: "till", Mode: card.ModeFile | 0o755, Data: program(t, "./cmd/till", "test")},
		card.Entry{Name: "till.toml", Mode: card.ModeFile | 0o644, Data: []byte(config)},
	))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "initrd")
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// root is the repository's folder, seen from this one.
const root = "../.."

// kernelFile is a file of the kernel that cards carry.
func kernelFile(t *testing.T, name string) string {
	t.Helper()
	blobs := filepath.Join(root, ".cache", "blobs")
	// Read, so that other blobs make the result of these tests stale.
	if _, err := os.ReadFile(filepath.Join(blobs, "versions")); err != nil {
		t.Fatalf("the kernel of the boards is not here: scripts/fetch-blobs gets it (%v)", err)
	}
	return filepath.Join(blobs, "kernel", name)
}

// scan shows a customer's code to the scanner, and waits until it is charged.
// Where nothing comes of it, the customer shows another: a machine that is too
// busy loses keys.
func (c *counter) scan(wallet payment.Wallet) {
	c.t.Helper()
	var err error
	for range tries {
		code, _, fault := c.cloud.Sandbox.NewCode(wallet)
		if fault != nil {
			c.t.Fatal(fault)
		}
		c.shown = append(c.shown, code)
		if err := errors.Join(c.machine.Type(c.soon(), code), c.machine.Press(c.soon(), pi.Enter)); err != nil {
			c.t.Fatal(err)
		}
		ctx, done := context.WithTimeout(c.t.Context(), patience)
		err = c.awaitScreen(ctx, "charging")
		done()
		if err == nil {
			return
		}
		c.t.Logf("scan: %v", err)
	}
	c.t.Fatal(err)
}

// receipt waits for the next slip, holds it to its total, and returns the order
// number that is on it.
func (c *counter) receipt(cents int64) string {
	c.t.Helper()
	select {
	case slip := <-c.slips:
		if _, ok := pi.Find(rgba(slip.Picture), total(c.t, cents)); !ok {
			c.keep("receipt", slip.Picture)
			c.t.Errorf("the receipt does not have %s for its total", usd(cents).Format("en-US"))
		}
		if faults := c.printer.Faults(); len(faults) > 0 {
			c.t.Errorf("the printer did not understand: %v", faults)
		}
		codes := c.codes(slip.Picture)
		if len(codes) != 1 {
			c.t.Fatalf("%d codes on the receipt, want its order number alone: %q", len(codes), codes)
		}
		return codes[0]
	case <-c.soon().Done():
		c.t.Fatalf("no receipt within %s", within)
		return ""
	}
}

// total is a receipt's line of what was paid, as it is on paper.
func total(t *testing.T, cents int64) *image.RGBA {
	t.Helper()
	label := words.Say(words.English, "paper_total") + " " + words.Say(words.Chinese, "paper_total")
	line, err := printer.Picture(printer.Document{Blocks: []printer.Block{printer.Row{
		Label: label, Value: usd(cents).Format("en-US"),
		LabelStyle: printer.Style{Bold: true, Tall: true}, ValueStyle: printer.Style{Bold: true, Wide: true, Tall: true},
	}}}, printer.Profile80())
	if err != nil {
		t.Fatal(err)
	}
	return rgba(line)
}

// lap logs how far the test is.
func (c *counter) lap(what string) { c.t.Logf("%5.1f s: %s", time.Since(c.begun).Seconds(), what) }
