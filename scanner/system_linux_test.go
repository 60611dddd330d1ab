package scanner_test

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"till/scanner"
)

// terminal makes a pseudo-terminal: what a test holds, and the path of what a
// program opens in place of a serial port.
func terminal(t *testing.T) (held *os.File, path string) {
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

// tree lays files out below a new root: a path ending in -> is a link.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for path, text := range files {
		full := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if to, link := strings.CutPrefix(text, "-> "); link {
			err = os.Symlink(to, full)
		} else {
			err = os.WriteFile(full, []byte(text+"\n"), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// capabilities/key of a scanner and of a button, in words of 64 bits.
const (
	typing = "1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe"
	button = "10000000000000 0"
)

const usb = "sys/devices/platform/soc/3f980000.usb/usb1/1-1/1-1."

// machine is a /sys as a Pi has it, with a scanner of two event nodes, a number
// pad, a button on pins and two serial devices.
func machine(t *testing.T, port string) string {
	scannerInput := usb + "2/1-1.2:1.0/0003:05E0:1200.0001/input/input5"
	padInput := usb + "3/1-1.3:1.0/0003:1C4F:0026.0002/input/input7"
	return tree(t, map[string]string{
		"sys/class/input/event3":                                       "-> ../../devices/platform/soc/3f980000.usb/usb1/1-1/1-1.2/1-1.2:1.0/0003:05E0:1200.0001/input/input5/event3",
		usb + "2/idVendor":                                             "05e0",
		usb + "2/1-1.2:1.0/bInterfaceClass":                            "03",
		usb + "2/1-1.2:1.0/bInterfaceProtocol":                         "01",
		scannerInput + "/name":                                         "Symbol Technologies, Inc, 2008 Symbol Bar Code Scanner",
		scannerInput + "/phys":                                         "usb-3f980000.usb-1.2/input0",
		scannerInput + "/id/bustype":                                   "0003",
		scannerInput + "/id/vendor":                                    "05e0",
		scannerInput + "/id/product":                                   "1200",
		scannerInput + "/id/version":                                   "0110",
		scannerInput + "/capabilities/key":                             typing,
		scannerInput + "/event3/device":                                "-> ../../input5",
		"sys/class/input/event5":                                       "-> ../../devices/platform/soc/3f980000.usb/usb1/1-1/1-1.3/1-1.3:1.0/0003:1C4F:0026.0002/input/input7/event5",
		usb + "3/idVendor":                                             "1c4f",
		usb + "3/1-1.3:1.0/bInterfaceClass":                            "03",
		usb + "3/1-1.3:1.0/bInterfaceProtocol":                         "01",
		usb + "3/1-1.3:1.1/bInterfaceClass":                            "03",
		usb + "3/1-1.3:1.1/bInterfaceProtocol":                         "00",
		padInput + "/name":                                             "SIGMACHIP USB Keyboard",
		padInput + "/id/vendor":                                        "1c4f",
		padInput + "/capabilities/key":                                 typing,
		padInput + "/event5/device":                                    "-> ../../input7",
		"sys/class/input/event0":                                       "-> ../../devices/platform/gpio-keys/input/input0/event0",
		"sys/devices/platform/gpio-keys/input/input0/name":             "gpio-keys",
		"sys/devices/platform/gpio-keys/input/input0/capabilities/key": button,
		"sys/devices/platform/gpio-keys/input/input0/event0/device":    "-> ../../input0",
		"sys/class/tty/ttyACM0":                                        "-> ../../devices/platform/soc/3f980000.usb/usb1/1-1/1-1.4/1-1.4:1.0/tty/ttyACM0",
		usb + "4/idVendor":                                             "1eab",
		usb + "4/idProduct":                                            "0c06",
		usb + "4/manufacturer":                                         "Newland Auto-ID",
		usb + "4/product":                                              "NLS-FM30 USB CDC",
		usb + "4/1-1.4:1.0/bInterfaceClass":                            "02",
		usb + "4/1-1.4:1.0/tty/ttyACM0/device":                         "-> ../../../1-1.4:1.0",
		"sys/class/tty/ttyUSB0":                                        "-> ../../devices/platform/soc/3f980000.usb/usb1/1-1/1-1.5/1-1.5:1.0/ttyUSB0/tty/ttyUSB0",
		usb + "5/idVendor":                                             "0403",
		usb + "5/idProduct":                                            "6001",
		usb + "5/1-1.5:1.0/ttyUSB0/tty/ttyUSB0/x":                      "",
		usb + "5/1-1.5:1.0/ttyUSB0/tty/ttyUSB0/device":                 "-> ../../../ttyUSB0",
		"dev/ttyACM0":                                                  "-> " + port,
		"dev/serial0":                                                  "-> ttyAMA0",
		"dev/ttyAMA0":                                                  "",
		"dev/input/x":                                                  "",
		"dev/scanner0":                                                 "-> input/event9",
	})
}

func TestSystemNodes(t *testing.T) {
	if strconv.IntSize != 64 {
		t.Skip("the words are of 64 bits")
	}
	root := machine(t, "/dev/null")
	system := scanner.NewSystem(root)
	nodes, err := system.Nodes()
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]scanner.Node{}
	for _, n := range nodes {
		at[strings.TrimPrefix(n.Path, root)] = n
	}
	if len(nodes) != 5 {
		t.Fatalf("%d nodes: %v", len(nodes), nodes)
	}
	scan := at["/dev/input/event3"]
	if scan.Device != filepath.Join(root, usb+"2") || scan.Name != "Symbol Technologies, Inc, 2008 Symbol Bar Code Scanner" ||
		scan.Phys != "usb-3f980000.usb-1.2/input0" || scan.ID != (scanner.InputID{Bus: 3, Vendor: 0x05E0, Product: 0x1200, Version: 0x110}) ||
		!scan.Types || len(scan.HID) != 1 {
		t.Errorf("the scanner: %+v", scan)
	}
	if p := at["/dev/input/event5"]; len(p.HID) != 2 || !p.Types {
		t.Errorf("the number pad: %+v", p)
	}
	if b := at["/dev/input/event0"]; b.Types || b.HID != nil {
		t.Errorf("the button: %+v", b)
	}
	if c := at["/dev/ttyACM0"]; c.Name != "Newland Auto-ID NLS-FM30 USB CDC" || c.ID.Product != 0x0C06 || c.Kind != scanner.KindSerial {
		t.Errorf("the CDC port: %+v", c)
	}
	if u := at["/dev/ttyUSB0"]; u.ID.Vendor != 0x0403 {
		t.Errorf("the serial cable: %+v", u)
	}
	var chosen []string
	for _, n := range scanner.Choose(nodes, scanner.Options{}, "") {
		chosen = append(chosen, strings.TrimPrefix(n.Path, root))
	}
	if want := "/dev/input/event3 /dev/ttyACM0"; strings.Join(chosen, " ") != want {
		t.Errorf("taken are %q, want %s", chosen, want)
	}
}

func TestSystemFind(t *testing.T) {
	root := machine(t, "/dev/null")
	system := scanner.NewSystem(root)
	if n, err := system.Find(filepath.Join(root, "dev/serial0")); err != nil || n.Path != filepath.Join(root, "dev/ttyAMA0") || n.Kind != scanner.KindSerial {
		t.Errorf("a UART: %+v, %v", n, err)
	}
	for _, path := range []string{"dev/serial7", "dev/scanner0", "dev/input/x"} {
		if n, err := system.Find(filepath.Join(root, path)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %+v, %v", path, n, err)
		}
	}
	if _, err := system.OpenKeys(filepath.Join(root, "dev/input/event3")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a node that is not there: %v", err)
	}
	for _, path := range []string{"/dev/null", filepath.Join(root, "dev/ttyAMA0")} {
		if port, err := system.OpenSerial(path, 9600); err == nil {
			_ = port.Close() // it should not have been opened
			t.Errorf("%s is opened as a serial port", path)
		}
	}
}

// A scanner on a serial port, over a pseudo-terminal: the port is raw, at its
// speed, read to the last byte, and told when it is gone.
func TestSystemSerial(t *testing.T) {
	held, path := terminal(t)
	for _, baud := range []int{9600, 115200, 74880} { // the last has no constant of its own
		port, err := scanner.NewSystem("/").OpenSerial(path, baud)
		if err != nil {
			t.Fatal(err)
		}
		conn, err := held.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.Control(func(fd uintptr) {
			set, err := unix.IoctlGetTermios(int(fd), unix.TCGETS2)
			if err != nil || set.Ospeed != uint32(baud) || set.Lflag != 0 || set.Oflag != 0 ||
				set.Cflag&(unix.CSIZE|unix.PARENB|unix.CSTOPB|unix.CRTSCTS) != unix.CS8 || set.Iflag&(unix.IXON|unix.ICRNL|unix.ISTRIP) != 0 {
				t.Errorf("at %d bit/s: %+v, %v", baud, set, err)
			}
		}); err != nil {
			t.Fatal(err)
		}
		if err := port.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestAutoOverPseudoTerminal(t *testing.T) {
	held, path := terminal(t)
	root := machine(t, path)
	tick := make(chan time.Time)
	clock := scanner.LinesClock{Now: time.Now, After: func(d time.Duration) <-chan time.Time {
		if d >= time.Second {
			return tick // the looks are made by hand
		}
		return time.After(d)
	}}
	a := scanner.NewAuto(scanner.NewSystem(root), scanner.Options{}, clock, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	scans := make(chan scanner.Scan, 16)
	ended := run(ctx, a, func(s scanner.Scan) { scans <- s })
	next := func(want string) {
		t.Helper()
		select {
		case s := <-scans:
			if string(s.Data) != want || s.Source != "auto/ttyACM0" {
				t.Errorf("%q from %s, want %q", s.Data, s.Source, want)
			}
		case <-ctx.Done():
			t.Fatalf("no scan, want %q", want)
		}
	}
	for len(a.Plugged()) == 0 && ctx.Err() == nil {
		select {
		case tick <- time.Now():
		case <-time.After(time.Millisecond):
		}
	}
	write := func(text string) {
		t.Helper()
		if _, err := held.WriteString(text); err != nil {
			t.Fatal(err)
		}
	}
	write("]Q1130123456\x7f\x03\x04\x11\x13\r") // no byte means anything to the line
	next("130123456\x7f\x03\x04\x11\x13")
	write("\x02\x00\x00\x01\x00\x33\x31one\ntwo")
	next("one")
	next("two") // by silence
	long := strings.Repeat("0123456789", 300)
	write(long + "\r")
	next(long)

	if err := held.Close(); err != nil { // the plug is pulled
		t.Fatal(err)
	}
	for len(a.Plugged()) > 0 && ctx.Err() == nil {
		select {
		case tick <- time.Now():
		case <-time.After(time.Millisecond):
		}
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Run: %v", err)
	}
}
