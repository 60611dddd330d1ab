package printer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Options are what a configuration says of the cable to the printer. The zero
// value takes the first printer that is found.
type Options struct {
	// Device is DeviceAuto, also "": the first that is found; DeviceNone; a path,
	// as /dev/usb/lp0 or /dev/ttyUSB0; or tcp://host:9100.
	Device string
	Baud   int      // bit/s of a serial printer; 0 is DefaultBaud
	Flow   Flow     // of a serial printer; "" is FlowXON
	Except []string // paths that are others', as the scanner's
}

// DefaultOptions are the zero Options, spelt out.
func DefaultOptions() Options {
	return Options{Device: DeviceAuto, Baud: DefaultBaud, Flow: FlowXON}
}

// Words for Options.Device.
const (
	DeviceAuto = "auto"
	DeviceNone = "none"
)

// DefaultBaud is what serial printers are set to most often, in bit/s.
const DefaultBaud = 9600

// Flow is how a serial printer stops what is sent to it. Without any, what its
// buffer cannot hold is lost.
type Flow string

// The ways of flow control.
const (
	FlowXON  Flow = "xonxoff" // by bytes that it sends; a printer that sends none is not disturbed
	FlowRTS  Flow = "rtscts"  // by a wire of the cable; a cable without it never sends
	FlowNone Flow = "none"
)

// Flows lists the ways of flow control.
func Flows() []Flow { return []Flow{FlowXON, FlowRTS, FlowNone} }

// CheckDevice refuses what cannot be an Options.Device.
func CheckDevice(device string) error {
	switch {
	case device == DeviceAuto, device == DeviceNone, filepath.IsAbs(device):
		return nil
	case strings.HasPrefix(device, "tcp://"):
		if u, err := url.Parse(device); err != nil || u.Hostname() == "" || u.Path != "" {
			return fmt.Errorf("printer device %.80q: want tcp://host or tcp://host:9100", device)
		}
		return nil
	default:
		return fmt.Errorf("printer device %.80q: want auto, none, a path as /dev/usb/lp0, or tcp://host:9100", device)
	}
}

// ErrNoPrinter means that none was found.
var ErrNoPrinter = errors.New("no printer was found: see whether it is plugged in and switched on")

// ErrGone is wrapped by the error of a cable that was pulled.
var ErrGone = errors.New("the printer is gone")

// Port is a device file that may be a printer's, with what the kernel says of it.
type Port struct {
	Path     string // /dev/usb/lp0, /dev/ttyUSB0
	Serial   bool
	Identity Identity
}

// System is what Auto needs of the operating system. It is safe for concurrent use.
type System interface {
	// Ports lists /dev/usb/lp* and USB serial ports.
	Ports() ([]Port, error)
	// Find is the port of a configured path, which may be a symbolic link; one
	// that is not listed is a Port with its path alone. The error is
	// fs.ErrNotExist while nothing is there.
	Find(path string) (Port, error)
	// Open opens a printer's port, with o's Baud and Flow if it is a serial port.
	Open(path string, o Options) (Transport, error)
	// Dial connects to a printer on the network, host:port.
	Dial(ctx context.Context, address string) (Transport, error)
}

// Auto opens the printer that is there.
type Auto struct {
	system  System
	options Options
	log     *slog.Logger

	mu   sync.Mutex
	last string // what was opened last
}

// OpenAuto is how the printer of a terminal is opened, as often as needed. What
// is plugged in is looked for anew each time.
func OpenAuto(o Options, log *slog.Logger) func(context.Context) (Transport, error) {
	return NewAuto(NewSystem("/"), o, log).Open
}

// NewAuto is OpenAuto on a given system.
func NewAuto(system System, o Options, log *slog.Logger) *Auto {
	def := DefaultOptions()
	o.Baud, o.Flow = cmp.Or(o.Baud, def.Baud), cmp.Or(o.Flow, def.Flow)
	return &Auto{system: system, options: o, log: log}
}

// Open opens the configured printer, or the first of those found: receipt
// printers of the USB printer class, other printers of that class, USB serial
// ports. The Transport is an Identified if anything is known of the printer.
func (a *Auto) Open(ctx context.Context) (Transport, error) {
	switch d := a.options.Device; {
	case d == DeviceNone:
		return nil, errors.New("the terminal is configured to have no printer")
	case strings.HasPrefix(d, "tcp://"):
		return a.dial(ctx, d)
	case d != "" && d != DeviceAuto:
		p, err := a.system.Find(d)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("the configured printer %s is not there: see whether it is plugged in and switched on", d)
		}
		if err != nil {
			return nil, fmt.Errorf("look for the printer %s: %w", d, err)
		}
		return a.open(p)
	}
	ports, err := a.system.Ports()
	if err != nil {
		return nil, fmt.Errorf("look for a printer: %w", err)
	}
	var failed []error
	for _, p := range choose(ports, a.excepted()) {
		t, err := a.open(p)
		if err == nil {
			return t, nil
		}
		failed = append(failed, err)
	}
	if len(failed) == 0 {
		return nil, ErrNoPrinter
	}
	return nil, errors.Join(failed...)
}

func (a *Auto) excepted() []string {
	var paths []string
	for _, path := range a.options.Except {
		if p, err := a.system.Find(path); err == nil { // what is not there needs no exception
			paths = append(paths, p.Path)
		}
	}
	return paths
}

func (a *Auto) open(p Port) (Transport, error) {
	t, err := a.system.Open(p.Path, a.options)
	if err != nil {
		return nil, err
	}
	a.tell(p.Path, p.Identity)
	return withIdentity{t, p.Identity}, nil
}

func (a *Auto) dial(ctx context.Context, device string) (Transport, error) {
	u, err := url.Parse(device)
	if err != nil {
		return nil, fmt.Errorf("printer device %.80q: %w", device, err)
	}
	port := u.Port()
	if port == "" {
		port = rawPort
	}
	t, err := a.system.Dial(ctx, net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return nil, err
	}
	a.tell(device, Identity{})
	return t, nil
}

// tell logs which printer it is, once until it is another.
func (a *Auto) tell(path string, id Identity) {
	a.mu.Lock()
	again := a.last == path
	a.last = path
	a.mu.Unlock()
	if !again {
		a.log.Info("printer found", "path", path, "maker", id.Maker, "model", id.Model, "id", fmt.Sprintf("%04x:%04x", id.Vendor, id.Product))
	}
}

// Ports in the order in which they are tried. None are those that a receipt
// would do harm to, and serial ports that are likelier something else's.
const (
	rankNone = iota
	rankSerial
	rankPrinter
	rankReceiptSerial
	rankReceipt
)

// receiptVendors make receipt printers, and no other USB devices that this
// could confuse. Source: linux-usb.org/usb.ids; 0416:5011 and 0FE6:811E are the
// controllers of most POS-58 and POS-80 clones (python-escpos, escpos-php).
var receiptVendors = []usbID{
	{0x04B8, 0, "Seiko Epson"}, {0x0519, 0, "Star Micronics"}, {0x0DD4, 0, "Custom"}, {0x1504, 0, "Bixolon"},
	{0x154F, 0, "SNBC"}, {0x0416, 0x5011, "POS-58 class"}, {0x0FE6, 0x811E, "POS-80 class"},
}

// serialCables are USB serial chips that printers hang on; a scanner on one has
// to be configured.
var serialCables = []usbID{
	{0x0403, 0, "FTDI"}, {0x067B, 0x2303, "PL2303"}, {0x10C4, 0xEA60, "CP210x"}, {0x1A86, 0x7523, "CH340"}, {0x1A86, 0x55D4, "CH9102"},
}

// usbID is a vendor's product; product 0 is all of the vendor's.
type usbID struct {
	vendor, product uint16
	who             string
}

func among(list []usbID, id Identity) bool {
	return slices.ContainsFunc(list, func(u usbID) bool {
		return u.vendor == id.Vendor && (u.product == 0 || u.product == id.Product)
	})
}

var (
	receiptName = regexp.MustCompile(`(?i)receipt|thermal|\btm-|\bpos-?\d|ticket`)
	printerName = regexp.MustCompile(`(?i)print`)
	scannerName = regexp.MustCompile(`(?i)bar ?code|scanner|reader`)
	pageLang    = regexp.MustCompile(`(?i)PCL|POSTSCRIPT|PJL|PWG|URF|PDF`)
)

// rank is how likely a receipt printer is at the port.
func rank(p Port) int {
	id := p.Identity
	name := id.Maker + " " + id.Model
	escpos := strings.Contains(strings.ToUpper(id.Commands), "ESC/POS")
	receipt := escpos || among(receiptVendors, id) || receiptName.MatchString(name)
	switch {
	case !p.Serial && pageLang.MatchString(id.Commands) && !escpos:
		return rankNone // an office printer, which would print reams of rubbish
	case !p.Serial && receipt:
		return rankReceipt
	case !p.Serial:
		return rankPrinter
	case scannerName.MatchString(name):
		return rankNone
	case receipt || printerName.MatchString(name):
		return rankReceiptSerial
	case among(serialCables, id):
		return rankSerial
	default:
		return rankNone
	}
}

// choose is the ports to be tried, the likeliest first.
func choose(ports []Port, except []string) []Port {
	ports = slices.DeleteFunc(slices.Clone(ports), func(p Port) bool {
		return rank(p) == rankNone || slices.Contains(except, p.Path)
	})
	slices.SortStableFunc(ports, func(a, b Port) int {
		return cmp.Or(-cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Path, b.Path))
	})
	return ports
}
