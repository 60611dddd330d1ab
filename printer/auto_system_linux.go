package printer

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// linux is the machine's device files, below root.
type linux struct{ root string }

// NewSystem is the machine itself. Root is "/" but in tests, which lay out a
// /dev and a /sys of their own.
func NewSystem(root string) System { return linux{root} }

const maxPorts = 32 // a machine with more has none of ours among them

// Ports lists /sys/class/usbmisc/lp*, /sys/class/tty/ttyUSB* and ttyACM*.
func (l linux) Ports() ([]Port, error) {
	var ports []Port
	for _, class := range []struct {
		pattern, dev string
		serial       bool
	}{
		{"sys/class/usbmisc/lp*", "dev/usb", false},
		{"sys/class/tty/ttyUSB*", "dev", true},
		{"sys/class/tty/ttyACM*", "dev", true},
	} {
		entries, err := filepath.Glob(filepath.Join(l.root, class.pattern))
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", class.pattern, err)
		}
		for _, entry := range entries {
			folder, err := filepath.EvalSymlinks(filepath.Join(entry, "device"))
			if err != nil {
				continue // unplugged meanwhile
			}
			ports = append(ports, Port{
				Path: filepath.Join(l.root, class.dev, filepath.Base(entry)), Serial: class.serial, Identity: l.identity(folder),
			})
		}
	}
	return ports[:min(len(ports), maxPorts)], nil
}

// identity is what the kernel knows of the device that folder is a part of: the
// device id that usblp asked a printer for, and the strings of USB.
func (l linux) identity(folder string) Identity {
	id := ParseDeviceID(attribute(folder, "ieee1284_id"))
	for ; len(folder) > len(l.root); folder = filepath.Dir(folder) {
		if _, err := os.Stat(filepath.Join(folder, "idVendor")); err != nil {
			continue
		}
		id.Vendor, id.Product = hexAttribute(folder, "idVendor"), hexAttribute(folder, "idProduct")
		if id.Maker == "" {
			id.Maker = printable(attribute(folder, "manufacturer"))
		}
		if id.Model == "" {
			id.Model = printable(attribute(folder, "product"))
		}
		break
	}
	return id
}

// attribute is the text of a sysfs file, "" where there is none.
func attribute(folder, name string) string {
	text, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text[:min(len(text), maxDeviceID)]))
}

func hexAttribute(folder, name string) uint16 {
	n, err := strconv.ParseUint(attribute(folder, name), 16, 16)
	if err != nil {
		return 0
	}
	return uint16(n)
}

// Find resolves a configured path.
func (l linux) Find(path string) (Port, error) {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return Port{}, err
	}
	ports, err := l.Ports()
	if err != nil {
		return Port{}, err
	}
	if i := slices.IndexFunc(ports, func(p Port) bool { return p.Path == path }); i >= 0 {
		return ports[i], nil
	}
	return Port{Path: path}, nil
}

// Open opens a device file; whether it is a serial port, it says itself.
func (l linux) Open(path string, o Options) (Transport, error) { return openDevice(path, o) }

// Dial connects to a printer on the network.
func (l linux) Dial(ctx context.Context, address string) (Transport, error) {
	return dialTCP(ctx, address)
}
