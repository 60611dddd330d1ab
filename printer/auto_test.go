package printer_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"till/printer"
)

func silent() printer.Transport { return &printer.FakeTransport{} }

func lp(path, deviceID string) printer.Port {
	return printer.Port{Path: path, Identity: printer.ParseDeviceID(deviceID)}
}

func usbSerial(path string, vendor, product uint16, model string) printer.Port {
	return printer.Port{Path: path, Serial: true, Identity: printer.Identity{Vendor: vendor, Product: product, Model: model}}
}

var (
	epson  = lp("/dev/usb/lp1", "MFG:EPSON;CMD:ESC/POS;MDL:TM-T20II;CLS:PRINTER;DES:EPSON TM-T20II;")
	clone  = lp("/dev/usb/lp2", "MFG:Printer;CMD:;MDL:unknown;")
	office = lp("/dev/usb/lp0", "MFG:Hewlett-Packard;CMD:PJL,PML,PCLXL,POSTSCRIPT,PCL;MDL:HP LaserJet;")
	cable  = usbSerial("/dev/ttyUSB0", 0x0403, 0x6001, "FT232R USB UART")
	named  = usbSerial("/dev/ttyACM1", 0x0483, 0x5740, "Thermal Printer")
	wand   = usbSerial("/dev/ttyACM0", 0x1EAB, 0x0C06, "Newland NLS-FM30")
)

func TestAutoChooses(t *testing.T) {
	for _, test := range []struct {
		name  string
		ports []printer.Port
		fails []string
		o     printer.Options
		want  []string // tried, in order; the last is open unless it is among fails
	}{
		{"a receipt printer before others", []printer.Port{office, cable, clone, epson}, nil, printer.Options{}, []string{"/dev/usb/lp1"}},
		{"of the printer class before cables", []printer.Port{cable, clone}, nil, printer.Options{}, []string{"/dev/usb/lp2"}},
		{"a serial one that says so before a nameless one", []printer.Port{clone, named, cable}, nil, printer.Options{}, []string{"/dev/ttyACM1"}},
		{"a serial cable", []printer.Port{wand, cable}, nil, printer.Options{}, []string{"/dev/ttyUSB0"}},
		{"the next, when one is in use", []printer.Port{epson, clone, cable}, []string{"/dev/usb/lp1"}, printer.Options{}, []string{"/dev/usb/lp1", "/dev/usb/lp2"}},
		{"all in use", []printer.Port{epson, cable}, []string{"/dev/usb/lp1", "/dev/ttyUSB0"}, printer.Options{}, []string{"/dev/usb/lp1", "/dev/ttyUSB0"}},
		{"an office printer and a scanner", []printer.Port{office, wand}, nil, printer.Options{}, nil},
		{"the scanner's cable", []printer.Port{cable}, nil, printer.Options{Except: []string{"/dev/wand", "/dev/not-there"}}, nil},
		{"the office printer, if that is what is wanted", []printer.Port{office, epson}, nil, printer.Options{Device: "/dev/usb/lp0"}, []string{"/dev/usb/lp0"}},
		{"by a link", []printer.Port{epson, cable}, nil, printer.Options{Device: "/dev/wand"}, []string{"/dev/ttyUSB0"}},
		{"a UART", []printer.Port{epson}, nil, printer.Options{Device: "/dev/ttyAMA0"}, []string{"/dev/ttyAMA0"}},
		{"the network, at its own port", []printer.Port{epson}, nil, printer.Options{Device: "tcp://printer.shop"}, []string{"printer.shop:9100"}},
		{"the network", nil, nil, printer.Options{Device: "tcp://[fe80::1]:9101"}, []string{"[fe80::1]:9101"}},
		{"none", []printer.Port{epson}, nil, printer.Options{Device: printer.DeviceNone}, nil},
		{"configured and not there", []printer.Port{epson}, nil, printer.Options{Device: "/dev/usb/lp7"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			system := printer.NewFakeSystem()
			for _, p := range test.ports {
				system.Plug(p, silent)
			}
			for _, address := range []string{"/dev/ttyAMA0", "printer.shop:9100", "[fe80::1]:9101"} {
				system.Listen(address, silent)
			}
			system.Link("/dev/wand", "/dev/ttyUSB0")
			for _, path := range test.fails {
				system.Fail(path, syscall.EBUSY)
			}
			transport, err := printer.NewAuto(system, test.o, slog.New(slog.DiscardHandler)).Open(t.Context())
			tried, _ := system.Opened()
			if !slices.Equal(tried, test.want) {
				t.Errorf("tried %q, want %q", tried, test.want)
			}
			if opens := len(test.want) > len(test.fails); opens != (err == nil) || opens != (transport != nil) {
				t.Errorf("%v, %v", transport, err)
			}
		})
	}
}

func TestAutoTells(t *testing.T) {
	system := printer.NewFakeSystem()
	var log bytes.Buffer
	a := printer.NewAuto(system, printer.Options{}, slog.New(slog.NewTextHandler(&log, nil)))
	if _, err := a.Open(t.Context()); !errors.Is(err, printer.ErrNoPrinter) {
		t.Errorf("nothing plugged in: %v", err)
	}
	system.Plug(epson, silent)
	for range 3 { // looked for anew each time
		if _, err := a.Open(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if n := strings.Count(log.String(), "TM-T20II"); n != 1 {
		t.Errorf("the printer was logged %d times:\n%s", n, &log)
	}
	system.Fail(epson.Path, syscall.EACCES)
	if _, err := a.Open(t.Context()); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("%v", err)
	}
	system.Fail("", errors.New("no sysfs"))
	if _, err := a.Open(t.Context()); err == nil || !strings.Contains(err.Error(), "no sysfs") {
		t.Errorf("%v", err)
	}
	absent := printer.NewAuto(system, printer.Options{Device: "/dev/usb/lp7"}, slog.New(slog.DiscardHandler))
	if _, err := absent.Open(t.Context()); err == nil || !strings.Contains(err.Error(), "/dev/usb/lp7 is not there") {
		t.Errorf("%v", err)
	}
	if _, o := system.Opened(); o.Baud != 9600 || o.Flow != printer.FlowXON {
		t.Errorf("opened with %+v", o)
	}
}

func TestCheckDevice(t *testing.T) {
	for _, ok := range []string{"auto", "none", "/dev/usb/lp0", "/dev/serial/by-id/usb-FTDI", "tcp://192.0.2.7", "tcp://printer:9100", "tcp://[::1]:9100"} {
		if err := printer.CheckDevice(ok); err != nil {
			t.Errorf("%s: %v", ok, err)
		}
	}
	for _, bad := range []string{"", "lp0", "tcp://", "tcp://:9100", "tcp://host:port", "tcp://host/queue", "http://host", "usb"} {
		if err := printer.CheckDevice(bad); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}

func TestParseDeviceID(t *testing.T) {
	if want := (printer.Identity{Maker: "EPSON", Model: "TM-T20II", Commands: "ESC/POS"}); epson.Identity != want {
		t.Errorf("%+v, want %+v", epson.Identity, want)
	}
	long := printer.ParseDeviceID("MANUFACTURER: Xprinter ;COMMAND SET:ESC/POS;MODEL:XP-58\x00\x1b[31m")
	if want := (printer.Identity{Maker: "Xprinter", Model: "XP-58[31m", Commands: "ESC/POS"}); long != want {
		t.Errorf("%+v, want %+v", long, want)
	}
}

func FuzzParseDeviceID(f *testing.F) {
	f.Add("MFG:EPSON;CMD:ESC/POS;MDL:TM-T20II;")
	f.Fuzz(func(t *testing.T, text string) {
		id := printer.ParseDeviceID(text)
		for _, name := range []string{id.Maker, id.Model, id.Commands} {
			if len(name) > 64 || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r > '~' }) {
				t.Errorf("%q", name)
			}
		}
	})
}

func TestProfileFor(t *testing.T) {
	for model, want := range map[string]string{
		"TM-T88V": "tm-t88", "TM-T20II": "80mm", "TM-T82III": "80mm", "TM-m30II": "80mm", "TM-m10": "58mm-cut", "TM-T70": "80mm-512",
		"POS-5890": "58mm", "POS58 Printer": "58mm", "NT-5890K": "58mm", "ZJ-5870": "58mm", "XP-58IIH": "58mm", "XP-80C": "80mm-plain",
		"XP-Q200": "80mm-plain", "GP-58MBIII": "58mm", "SRP-350III": "80mm", "unknown": "", "": "", "LaserJet 5890": "",
	} {
		p, ok := printer.ProfileFor(printer.Identity{Model: model})
		if ok != (want != "") || p.Name != want {
			t.Errorf("%q: %q, want %q", model, p.Name, want)
		}
	}
	if p, err := printer.ProfileByName("auto"); err != nil || p.Name != "auto" {
		t.Errorf("%v, %v", p, err)
	}
}

// answering is a printer that is ready, confirms, and says its name.
func answering(model string) func([]byte) []byte {
	return func(b []byte) []byte {
		var out []byte
		for i := range b {
			switch rest := b[i:]; {
			case bytes.HasPrefix(rest, []byte{0x10, 0x04}):
				out = append(out, 0x12)
			case bytes.HasPrefix(rest, []byte{0x1D, 'r', 1}):
				out = append(out, 0)
			case bytes.HasPrefix(rest, []byte{0x1D, 'I', 67}) && model != "":
				out = append(out, "_"+model+"\x00"...)
			}
		}
		return out
	}
}

// A printer of profile auto is laid out for what it turns out to be.
func TestProfileAuto(t *testing.T) {
	slip := printer.Document{Blocks: []printer.Block{printer.Text{Text: "one slip"}, printer.Cut{}}}
	for _, test := range []struct {
		name     string
		identity printer.Identity
		model    string // answered to GS I; "-": nothing is ever answered
		cuts     bool
		asked    bool
	}{
		{"known by its cable", printer.Identity{Model: "TM-T20II"}, "", true, false},
		{"known by its cable, narrow", printer.Identity{Model: "POS-5890"}, "TM-T88V", false, false},
		{"says its name", printer.Identity{}, "TM-T88V", true, true},
		{"answers no name", printer.Identity{}, "", false, true},
		{"of a name that nobody knows", printer.Identity{Model: "USB Printing Support"}, "ABC", false, true},
		{"never answers", printer.Identity{}, "-", false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				paper := &printer.FakeTransport{}
				if test.model != "-" {
					paper.Reply = answering(test.model)
				}
				system := printer.NewFakeSystem()
				system.Plug(printer.Port{Path: "/dev/usb/lp0", Identity: test.identity}, func() printer.Transport { return paper })
				p := printer.New(printer.NewAuto(system, printer.Options{}, slog.New(slog.DiscardHandler)).Open, printer.ProfileAuto())
				for range 2 {
					if err := p.Print(t.Context(), slip); err != nil && !errors.Is(err, printer.ErrUnconfirmed) {
						t.Fatal(err)
					}
				}
				written := paper.Written()
				if got := bytes.Contains(written, []byte{0x1D, 'V'}); got != test.cuts {
					t.Errorf("cuts the paper %v, want %v", got, test.cuts)
				}
				want := 0
				if test.asked {
					want = 1
				}
				if n := bytes.Count(written, []byte{0x1D, 'I', 67}); n != want {
					t.Errorf("asked %d times for its name, want %d", n, want)
				}
				if err := p.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// The name is not asked of a printer that would keep the question in its buffer.
func TestProfileAutoWithoutPaper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		paper := &printer.FakeTransport{Reply: func(b []byte) []byte {
			if bytes.HasPrefix(b, []byte{0x10, 0x04}) {
				return []byte{0x12 | 0x60} // the end of the roll
			}
			return nil
		}}
		p := printer.New(func(context.Context) (printer.Transport, error) { return paper, nil }, printer.ProfileAuto())
		s, err := p.Status(t.Context())
		if err != nil || s.State != printer.StateNoPaper {
			t.Errorf("%v, %v", s, err)
		}
		if bytes.Contains(paper.Written(), []byte{0x1D, 'I'}) {
			t.Error("asked")
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
}
