package scanner

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// linux is the machine's device files, below root.
type linux struct{ root string }

// NewSystem is the machine itself. Root is "/" but in tests, which lay out a
// /dev and a /sys of their own.
func NewSystem(root string) System { return linux{root} }

const (
	inputPattern = "sys/class/input/event*"
	maxAttribute = 4096 // bytes, a page: sysfs has no longer attributes
	maxNodes     = 64   // a machine with more has none of ours among them
)

// Nodes lists /sys/class/input/event*, /sys/class/tty/ttyACM* and ttyUSB*.
func (l linux) Nodes() ([]Node, error) {
	var nodes []Node
	for _, pattern := range []string{inputPattern, "sys/class/tty/ttyACM*", "sys/class/tty/ttyUSB*"} {
		entries, err := filepath.Glob(filepath.Join(l.root, pattern))
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", pattern, err)
		}
		for _, entry := range entries {
			folder, err := filepath.EvalSymlinks(filepath.Join(entry, "device"))
			if err != nil {
				continue // unplugged meanwhile
			}
			name := filepath.Base(entry)
			if pattern == inputPattern {
				nodes = append(nodes, l.keys(folder, name))
			} else {
				nodes = append(nodes, l.serial(folder, name))
			}
		}
	}
	return nodes[:min(len(nodes), maxNodes)], nil
}

func (l linux) keys(folder, name string) Node {
	n := Node{
		Path: filepath.Join(l.root, "dev/input", name), Kind: KindKeys,
		Name: attribute(folder, "name"), Phys: attribute(folder, "phys"),
		ID: InputID{
			Bus: hexAttribute(folder, "id/bustype"), Vendor: hexAttribute(folder, "id/vendor"),
			Product: hexAttribute(folder, "id/product"), Version: hexAttribute(folder, "id/version"),
		},
		Types: typesDigits(attribute(folder, "capabilities/key")),
	}
	n.Device = folder
	if usb, ok := l.usbDevice(folder); ok {
		n.Device = usb
		n.HID = hidProtocols(usb)
	}
	return n
}

func (l linux) serial(folder, name string) Node {
	n := Node{Path: filepath.Join(l.root, "dev", name), Kind: KindSerial, Device: folder}
	if usb, ok := l.usbDevice(folder); ok {
		n.Device = usb
		n.Name = strings.TrimSpace(attribute(usb, "manufacturer") + " " + attribute(usb, "product"))
		n.ID = InputID{Bus: unixBusUSB, Vendor: hexAttribute(usb, "idVendor"), Product: hexAttribute(usb, "idProduct")}
	}
	return n
}

const unixBusUSB = 3 // BUS_USB of input.h

// usbDevice is the folder of the USB device that folder is a part of.
func (l linux) usbDevice(folder string) (string, bool) {
	for ; len(folder) > len(l.root); folder = filepath.Dir(folder) {
		if _, err := os.Stat(filepath.Join(folder, "idVendor")); err == nil {
			return folder, true
		}
	}
	return "", false
}

// hidProtocols are the bInterfaceProtocol of a USB device's HID interfaces.
func hidProtocols(usb string) []int {
	classes, _ := filepath.Glob(filepath.Join(usb, "*", "bInterfaceClass")) // fails on a bad pattern only
	var protocols []int
	for _, class := range classes {
		folder := filepath.Dir(class)
		if hexAttribute(folder, "bInterfaceClass") == 3 { // HID
			protocols = append(protocols, int(hexAttribute(folder, "bInterfaceProtocol")))
		}
	}
	slices.Sort(protocols)
	return protocols
}

// attribute is the text of a sysfs file, "" where there is none.
func attribute(folder, name string) string {
	text, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text[:min(len(text), maxAttribute)]))
}

func hexAttribute(folder, name string) uint16 {
	n, err := strconv.ParseUint(attribute(folder, name), 16, 16)
	if err != nil {
		return 0
	}
	return uint16(n)
}

// typesDigits reads capabilities/key: words of the userspace's own size in
// hexadecimal, the highest first.
func typesDigits(bits string) bool {
	words := strings.Fields(bits)
	slices.Reverse(words)
	has := func(code int) bool {
		if code/strconv.IntSize >= len(words) {
			return false
		}
		word, err := strconv.ParseUint(words[code/strconv.IntSize], 16, strconv.IntSize)
		return err == nil && word>>(code%strconv.IntSize)&1 == 1
	}
	for code := keyDigit1; code <= keyDigit0; code++ {
		if !has(code) {
			return false
		}
	}
	return has(keyEnter)
}

// Find resolves a configured path.
func (l linux) Find(path string) (Node, error) {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return Node{}, err
	}
	nodes, err := l.Nodes()
	if err != nil {
		return Node{}, err
	}
	if i := slices.IndexFunc(nodes, func(n Node) bool { return n.Path == path }); i >= 0 {
		return nodes[i], nil
	}
	if strings.HasPrefix(path, filepath.Join(l.root, "dev/input")+"/") {
		return Node{}, fmt.Errorf("%s is no event node: %w", path, fs.ErrNotExist)
	}
	return Node{Path: path, Kind: KindSerial, Device: path, Name: filepath.Base(path)}, nil
}

// OpenKeys opens an event node; its times are monotonic from then on, so that
// setting the clock cuts no scan in two.
func (l linux) OpenKeys(path string) (KeysPort, error) {
	file, err := openDevice(path, unix.O_RDONLY)
	if err != nil {
		return nil, err
	}
	clock := int32(unix.CLOCK_MONOTONIC)
	_ = ioctl(file, eviocsclockid, unsafe.Pointer(&clock)) // without it, gaps are told by the wall clock
	return &inputFile{file: file}, nil
}

// Requests of evdev (input.h). The size of a buffer is in bits 16 to 29.
const (
	eviocgid      = 0x80084502
	eviocgname    = 0x80004506
	eviocgphys    = 0x80004507
	eviocgrab     = 0x40044590
	eviocsclockid = 0x400445A0

	eventBatch = 64 // events of one read
	nameLength = 256
)

// eventSize is that of struct input_event: a time of the userspace's own size,
// and 8 bytes.
const eventSize = int(unsafe.Sizeof(unix.Timeval{})) + 8

// inputFile is an event node. DANGER: its descriptor is non-blocking, and the
// ioctls go through SyscallConn, since File.Fd would make it blocking.
type inputFile struct {
	file   *os.File
	buffer [eventBatch * EventSize64]byte
}

func (f *inputFile) Describe() (name, phys string, id InputID, err error) {
	var text [nameLength]byte
	if err := ioctl(f.file, eviocgname|nameLength<<16, unsafe.Pointer(&text)); err != nil {
		return "", "", id, fmt.Errorf("ask an input device its name: %w", err)
	}
	name, _, _ = strings.Cut(string(text[:]), "\x00")
	text = [nameLength]byte{}
	if err := ioctl(f.file, eviocgphys|nameLength<<16, unsafe.Pointer(&text)); err != nil && !errors.Is(err, unix.ENOENT) {
		return "", "", id, fmt.Errorf("ask an input device its place: %w", err)
	}
	phys, _, _ = strings.Cut(string(text[:]), "\x00")
	phys = strings.TrimSpace(phys)
	if err := ioctl(f.file, eviocgid, unsafe.Pointer(&id)); err != nil {
		return "", "", id, fmt.Errorf("ask an input device its id: %w", err)
	}
	return strings.TrimSpace(name), phys, id, nil
}

func (f *inputFile) Grab() error {
	if err := ioctlInt(f.file, eviocgrab, 1); err != nil {
		return fmt.Errorf("take an input device for till alone: %w", err)
	}
	return nil
}

func (f *inputFile) ReadEvents() ([]Event, error) {
	buffer := f.buffer[:eventBatch*eventSize]
	n, err := f.file.Read(buffer)
	if err != nil {
		return nil, err
	}
	return ParseEvents(bytes.Clone(buffer[:n]), eventSize)
}

func (f *inputFile) Close() error { return f.file.Close() }

// openDevice opens a device file that reads and writes with deadlines.
func openDevice(path string, mode int) (*os.File, error) {
	fd, err := unix.Open(path, mode|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	file := os.NewFile(uintptr(fd), path)
	if err := file.SetDeadline(time.Time{}); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: it is no device that can be waited for: %w", path, err), file.Close())
	}
	return file, nil
}

func ioctl(file *os.File, request uint, arg unsafe.Pointer) error {
	return control(file, func(fd uintptr) error {
		if _, _, errno := unix.Syscall(unix.SYS_IOCTL, fd, uintptr(request), uintptr(arg)); errno != 0 {
			return errno
		}
		return nil
	})
}

func ioctlInt(file *os.File, request uint, arg int) error {
	return control(file, func(fd uintptr) error { return unix.IoctlSetInt(int(fd), request, arg) })
}

func control(file *os.File, do func(fd uintptr) error) error {
	conn, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := conn.Control(func(fd uintptr) { failed = do(fd) }); err != nil {
		return err
	}
	return failed
}
