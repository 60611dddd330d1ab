package printer_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"till/printer"
	"till/printer/emulator"
)

// ptmx makes a pseudo-terminal: what a test holds, and the path of what a
// program opens in place of a serial port.
func ptmx(t *testing.T) (held *os.File, path string) {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	held = os.NewFile(uintptr(fd), "ptmx")
	t.Cleanup(func() { _ = held.Close() }) // some tests close it first
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetUint32(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	return held, filepath.Join("/dev/pts", strconv.FormatUint(uint64(n), 10))
}

// far is the printer's end of a cable.
type far interface {
	io.ReadWriteCloser
	SetDeadline(time.Time) error
}

// end is a cable that a test holds both ends of.
type end struct {
	near printer.Transport
	far  far
}

// fifo is a pipe with a name, which is as usblp is: no terminal. A program opens
// it for both ways, as it does a printer, so what it writes is what it reads.
func fifo(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "lp0")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t *testing.T, o printer.Options) printer.Transport {
	t.Helper()
	near, err := printer.NewAuto(printer.NewSystem("/"), o, slog.New(slog.DiscardHandler)).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = near.Close() }) // some tests close it first
	return near
}

var cables = map[string]func(*testing.T) end{
	"serial": func(t *testing.T) end {
		held, path := ptmx(t)
		return end{open(t, printer.Options{Device: path, Baud: 115200}), held}
	},
	"network": func(t *testing.T) end {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }() // one connection is enough
		near := open(t, printer.Options{Device: "tcp://" + l.Addr().String()})
		conn, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() }) // some tests close it first
		return end{near, conn.(*net.TCPConn)}
	},
}

const soon = 30 * time.Millisecond

// Every cable keeps the promises of Transport.
func TestTransports(t *testing.T) {
	for name, build := range cables {
		t.Run(name, func(t *testing.T) {
			t.Run("every byte", func(t *testing.T) { everyByte(t, build(t)) })
			t.Run("deadlines", func(t *testing.T) { deadlines(t, build(t)) })
			t.Run("stuck", func(t *testing.T) { stuck(t, build(t)) })
			t.Run("gone", func(t *testing.T) { goneCable(t, build(t)) })
			t.Run("closed", func(t *testing.T) { closedCable(t, build(t)) })
		})
	}
}

// everyByte: nothing is translated, but for the two that are flow control.
func everyByte(t *testing.T, e end) {
	var all []byte
	for b := range 256 {
		if b != 0x11 && b != 0x13 {
			all = append(all, byte(b))
		}
	}
	for _, way := range []struct{ from, to far }{{e.near, e.far}, {e.far, e.near}} {
		_ = way.from.SetDeadline(time.Now().Add(5 * time.Second)) // its fault shows below
		_ = way.to.SetDeadline(time.Now().Add(5 * time.Second))   // its fault shows below
		if n, err := way.from.Write(all); n != len(all) || err != nil {
			t.Fatalf("write: %d, %v", n, err)
		}
		got := make([]byte, len(all))
		if _, err := io.ReadFull(way.to, got); err != nil || !bytes.Equal(got, all) {
			t.Errorf("read % X, %v", got, err)
		}
	}
}

func deadlines(t *testing.T, e end) {
	buffer := make([]byte, 8)
	_ = e.near.SetDeadline(time.Now().Add(soon)) // its fault shows below
	if n, err := e.near.Read(buffer); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a read of nothing: %d, %v", n, err)
	}
	_ = e.near.SetDeadline(time.Time{}) // its fault shows below
	read := make(chan error)
	go func() {
		_, err := e.near.Read(buffer)
		read <- err
	}()
	_ = e.near.SetDeadline(time.Unix(1, 0)) // its fault shows below
	if err := <-read; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a read under way was not woken: %v", err)
	}
	_ = e.near.SetDeadline(time.Now().Add(5 * time.Second)) // its fault shows below
	if _, err := e.far.Write([]byte{0x12}); err != nil {
		t.Fatal(err)
	}
	if n, err := e.near.Read(buffer); n != 1 || buffer[0] != 0x12 || err != nil {
		t.Errorf("a read after it: %d, %v", n, err)
	}
}

// stuck: a printer that takes no more. A write says how much it moved, and goes
// on where it stopped.
func stuck(t *testing.T, e end) {
	sent := make([]byte, 8<<20)
	for i := range sent {
		sent[i] = byte(i%251) | 0x80 // no flow control among them
	}
	_ = e.near.SetDeadline(time.Now().Add(10 * soon)) // its fault shows below
	n, err := e.near.Write(sent)
	if n == 0 || n == len(sent) || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("wrote %d, %v", n, err)
	}
	var got bytes.Buffer
	read := make(chan error)
	const more = 5000
	go func() {
		_ = e.far.SetDeadline(time.Now().Add(10 * time.Second)) // its fault shows below
		_, err := io.CopyN(&got, e.far, int64(n+more))
		read <- err
	}()
	_ = e.near.SetDeadline(time.Now().Add(10 * time.Second)) // its fault shows below
	if _, err := e.near.Write(sent[n : n+more]); err != nil {
		t.Fatal(err)
	}
	if err := <-read; err != nil || !bytes.Equal(got.Bytes(), sent[:n+more]) {
		t.Errorf("%d bytes came of %d: %v", got.Len(), n+more, err)
	}
}

func goneCable(t *testing.T, e end) {
	_ = e.near.SetDeadline(time.Now().Add(5 * time.Second)) // its fault shows below
	if err := e.far.Close(); err != nil {
		t.Fatal(err)
	}
	if n, err := e.near.Read(make([]byte, 8)); n != 0 || err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read %d, %v", n, err)
	}
	if _, serial := e.near.(printer.Identified); serial { // TCP takes what it can buffer
		if _, err := e.near.Write([]byte{1}); !errors.Is(err, printer.ErrGone) {
			t.Errorf("write: %v", err)
		}
	}
}

func closedCable(t *testing.T, e end) {
	if err := e.near.Close(); err != nil {
		t.Error(err)
	}
	if _, err := e.near.Write([]byte{1}); err == nil {
		t.Error("a write after Close")
	}
	if err := e.near.SetDeadline(time.Now()); err == nil {
		t.Error("a deadline after Close")
	}
}

// usblp has no terminal's settings, reads nothing where there is nothing to
// read, and is closed at once.
func TestUSBPrinter(t *testing.T) {
	path := fifo(t)
	near := open(t, printer.Options{Device: path})
	slip := bytes.Repeat([]byte("\x1d\x11\x13\n\r"), 100)
	_ = near.SetDeadline(time.Now().Add(5 * time.Second)) // its fault shows below
	if n, err := near.Write(slip); n != len(slip) || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	got := make([]byte, len(slip))
	if _, err := io.ReadFull(near, got); err != nil || !bytes.Equal(got, slip) {
		t.Errorf("%q, %v", got, err)
	}
	_ = near.SetDeadline(time.Now().Add(soon)) // its fault shows below
	full := make([]byte, 1<<20)
	if n, err := near.Write(full); n == 0 || n == len(full) || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a full printer: %d, %v", n, err)
	}
	begin := time.Now()
	if err := near.Close(); err != nil || time.Since(begin) > time.Second {
		t.Errorf("close: %v after %v", err, time.Since(begin))
	}
	if err := near.Close(); err != nil {
		t.Errorf("close again: %v", err)
	}
}

// A serial printer that holds up its last bytes does not hold up Close: the
// kernel would wait half a minute.
func TestSerialCloses(t *testing.T) {
	_, path := ptmx(t)
	near := open(t, printer.Options{Device: path})
	_ = near.SetDeadline(time.Now().Add(soon)) // its fault shows below
	_, _ = near.Write(make([]byte, 1<<20))     // stuck
	begin := time.Now()
	if err := near.Close(); err != nil || time.Since(begin) > 3*time.Second {
		t.Errorf("%v after %v", err, time.Since(begin))
	}
}

func TestSerialSettings(t *testing.T) {
	for _, test := range []struct {
		o     printer.Options
		speed uint32
		iflag uint32
		cflag uint32
	}{
		{printer.Options{}, 9600, unix.IXON, 0},
		{printer.Options{Baud: 38400, Flow: printer.FlowRTS}, 38400, 0, unix.CRTSCTS},
		{printer.Options{Baud: 250000, Flow: printer.FlowNone}, 250000, 0, 0},
	} {
		held, path := ptmx(t)
		test.o.Device = path
		open(t, test.o)
		conn, err := held.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.Control(func(fd uintptr) {
			set, err := unix.IoctlGetTermios(int(fd), unix.TCGETS2)
			if err != nil {
				t.Error(err)
				return
			}
			const hold = unix.IXON | unix.IXOFF | unix.IXANY | unix.ICRNL | unix.INLCR | unix.ISTRIP
			const line = unix.CSIZE | unix.PARENB | unix.CSTOPB | unix.CRTSCTS | unix.HUPCL
			if set.Ospeed != test.speed || set.Iflag&hold != test.iflag || set.Cflag&line != unix.CS8|test.cflag || set.Oflag&unix.OPOST != 0 || set.Lflag&(unix.ECHO|unix.ICANON|unix.ISIG) != 0 {
				t.Errorf("%+v: %+v", test.o, set)
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// A whole receipt over a pseudo-terminal, to an emulated printer that is slow,
// answers, and throws in rubbish of its own.
func TestPrintOverSerial(t *testing.T) {
	held, path := ptmx(t)
	profile := printer.Profile58()
	e := emulator.New(profile, emulator.Events{})
	var served sync.WaitGroup
	served.Go(func() {
		_ = e.Serve(slow{held}) // it ends with the cable
	})
	p := printer.New(printer.NewAuto(printer.NewSystem("/"), printer.Options{Device: path, Baud: 115200}, slog.New(slog.DiscardHandler)).Open, profile)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	slip := printer.Document{Blocks: []printer.Block{
		printer.Text{Text: "A receipt over a serial line\n小票"}, printer.QR{Text: "01JABCDEFGHJKMNPQRSTVWXYZ0"}, printer.Cut{},
	}}
	for range 2 {
		if err := p.Print(ctx, slip); err != nil {
			t.Fatal(err)
		}
	}
	if n := e.Count(); n != 2 {
		t.Errorf("%d slips came out", n)
	}
	if faults := e.Faults(); len(faults) > 0 {
		t.Errorf("%v", faults)
	}
	e.SetPaper(false)
	if s, err := p.Status(ctx); err != nil || s.State != printer.StateNoPaper {
		t.Errorf("%v, %v", s, err)
	}
	if err := held.Close(); err != nil { // the cable is pulled
		t.Fatal(err)
	}
	if s, err := p.Status(ctx); err == nil || s.State != printer.StateOff && s.State != printer.StateUnknown {
		t.Errorf("%v, %v", s, err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	e.SetPower(false)
	served.Wait()
}

// slow reads a serial line in pieces, with an XOFF and an XON now and then.
type slow struct{ *os.File }

func (s slow) Read(b []byte) (int, error) {
	n, err := s.File.Read(b[:min(len(b), 100)])
	if err == nil {
		_, err = s.File.Write([]byte{0x13, 0x11})
	}
	return n, err
}

func TestSystemPorts(t *testing.T) {
	root := t.TempDir()
	for path, text := range map[string]string{
		"sys/class/usbmisc/lp0":                                   "-> ../../devices/usb1/1-1/1-1:1.0/usbmisc/lp0",
		"sys/devices/usb1/1-1/idVendor":                           "04b8",
		"sys/devices/usb1/1-1/idProduct":                          "0e15",
		"sys/devices/usb1/1-1/manufacturer":                       "EPSON",
		"sys/devices/usb1/1-1/1-1:1.0/ieee1284_id":                "MFG:EPSON;CMD:ESC/POS;MDL:TM-T20II;CLS:PRINTER;",
		"sys/devices/usb1/1-1/1-1:1.0/usbmisc/lp0/device":         "-> ../../../1-1:1.0",
		"sys/class/tty/ttyUSB0":                                   "-> ../../devices/usb1/1-2/1-2:1.0/ttyUSB0/tty/ttyUSB0",
		"sys/devices/usb1/1-2/idVendor":                           "0403",
		"sys/devices/usb1/1-2/idProduct":                          "6001",
		"sys/devices/usb1/1-2/product":                            "FT232R USB UART",
		"sys/devices/usb1/1-2/1-2:1.0/ttyUSB0/tty/ttyUSB0/device": "-> ../../../ttyUSB0",
		"sys/class/tty/ttyACM0":                                   "-> ../../devices/gone/tty/ttyACM0",
		"dev/usb/lp0":                                             "",
		"dev/receipt":                                             "-> usb/lp0",
		"dev/ttyAMA0":                                             "",
	} {
		full := filepath.Join(root, path)
		err := os.MkdirAll(filepath.Dir(full), 0o755)
		if to, link := strings.CutPrefix(text, "-> "); link {
			err = errors.Join(err, os.Symlink(to, full))
		} else {
			err = errors.Join(err, os.WriteFile(full, []byte(text+"\n"), 0o600))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	system := printer.NewSystem(root)
	ports, err := system.Ports()
	if err != nil || len(ports) != 2 {
		t.Fatalf("%v, %v", ports, err)
	}
	lp0 := printer.Port{
		Path:     filepath.Join(root, "dev/usb/lp0"),
		Identity: printer.Identity{Maker: "EPSON", Model: "TM-T20II", Commands: "ESC/POS", Vendor: 0x04B8, Product: 0x0E15},
	}
	usb0 := printer.Port{
		Path: filepath.Join(root, "dev/ttyUSB0"), Serial: true,
		Identity: printer.Identity{Model: "FT232R USB UART", Vendor: 0x0403, Product: 0x6001},
	}
	if ports[0] != lp0 || ports[1] != usb0 {
		t.Errorf("%+v", ports)
	}
	if p, err := system.Find(filepath.Join(root, "dev/receipt")); err != nil || p != lp0 {
		t.Errorf("%+v, %v", p, err)
	}
	if p, err := system.Find(filepath.Join(root, "dev/ttyAMA0")); err != nil || p.Path != filepath.Join(root, "dev/ttyAMA0") {
		t.Errorf("%+v, %v", p, err)
	}
	if p, err := system.Find(filepath.Join(root, "dev/serial7")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%+v, %v", p, err)
	}
	if transport, err := system.Open(filepath.Join(root, "dev/ttyAMA0"), printer.Options{}); err == nil {
		_ = transport.Close() // it should not have been opened
		t.Error("a file of the disk is opened as a printer")
	}
}
