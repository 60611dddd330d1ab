package display

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Requests of linux/input.h: _IOC(direction, 'E', number, size), as every
// architecture that till is built for has them (asm-generic/ioctl.h).
const (
	eviocgID   = 0x80084502
	eviocGrab  = 0x40044590
	iocRead    = 2 << 30
	nameLength = 256
	keyBytes   = 0x300 / 8
	absBytes   = 0x40 / 8
	propBytes  = 4
)

func eviocgName(length uintptr) uintptr      { return iocRead | length<<16 | 'E'<<8 | 0x06 }
func eviocgProp(length uintptr) uintptr      { return iocRead | length<<16 | 'E'<<8 | 0x09 }
func eviocgBit(kind, length uintptr) uintptr { return iocRead | length<<16 | 'E'<<8 | (0x20 + kind) }
func eviocgAbs(code uintptr) uintptr         { return iocRead | absInfoSize<<16 | 'E'<<8 | (0x40 + code) }
func has(bits []byte, code int) bool         { return bits[code/8]&(1<<(code%8)) != 0 }
func codesOf(bits []byte) (set map[uint16]bool) {
	set = map[uint16]bool{}
	for code := range 8 * len(bits) {
		if has(bits, code) {
			set[uint16(code)] = true
		}
	}
	return set
}

// absInfo is struct input_absinfo.
type absInfo struct{ Value, Min, Max, Fuzz, Flat, Resolution int32 }

const absInfoSize = unsafe.Sizeof(absInfo{})

// recordSize is that of struct input_event here: its time is two words.
const recordSize = int(unsafe.Sizeof(unix.Timeval{})) + inputRecordTail

// LinuxEvdev is the event devices of this machine.
func LinuxEvdev() EvdevSystem { return linuxEvdev{"/dev/input"} }

type linuxEvdev struct{ folder string }

// List implements EvdevSystem.
func (l linuxEvdev) List() ([]EvdevNode, error) {
	paths, err := filepath.Glob(filepath.Join(l.folder, "event*"))
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", l.folder, err)
	}
	var nodes []EvdevNode
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			continue // unplugged meanwhile
		}
		n := EvdevNode{Path: path, Instance: info.ModTime().String()}
		if s, ok := info.Sys().(*syscall.Stat_t); ok {
			n.Instance = fmt.Sprintf("%d %d.%d", s.Ino, s.Ctim.Sec, s.Ctim.Nsec)
		}
		nodes = append(nodes, n)
	}
	return nodes, nil
}

// Open implements EvdevSystem.
func (l linuxEvdev) Open(path string) (EvdevDevice, error) {
	// Not blocking, so that Close wakes a Read.
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	return &linuxEvdevDevice{f: f, buf: make([]byte, recordSize*maxInputRecords)}, nil
}

type linuxEvdevDevice struct {
	f   *os.File
	buf []byte
}

// onFile hands out the descriptor and leaves the file in the poller's care:
// os.File.Fd would make its reads block.
func (d *linuxEvdevDevice) onFile(do func(fd uintptr) unix.Errno) error {
	raw, err := d.f.SyscallConn()
	if err != nil {
		return err
	}
	var errno unix.Errno
	if err := raw.Control(func(fd uintptr) { errno = do(fd) }); err != nil {
		return err
	}
	if errno != 0 {
		return errno
	}
	return nil
}

// ask has the kernel fill what answer points to.
func (d *linuxEvdevDevice) ask(request uintptr, answer unsafe.Pointer) error {
	return d.onFile(func(fd uintptr) unix.Errno {
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, fd, request, uintptr(answer))
		return errno
	})
}

// Info implements EvdevDevice.
func (d *linuxEvdevDevice) Info() (EvdevInfo, error) {
	var id [4]uint16 // bus, vendor, product, version
	var name [nameLength]byte
	var keys [keyBytes]byte
	var axes [absBytes]byte
	var props [propBytes]byte
	for _, q := range []struct {
		what    string
		request uintptr
		answer  unsafe.Pointer
	}{
		{"id", eviocgID, unsafe.Pointer(&id)},
		{"name", eviocgName(nameLength), unsafe.Pointer(&name)},
		{"keys", eviocgBit(evKey, keyBytes), unsafe.Pointer(&keys)},
		{"axes", eviocgBit(evAbs, absBytes), unsafe.Pointer(&axes)},
		{"properties", eviocgProp(propBytes), unsafe.Pointer(&props)},
	} {
		if err := d.ask(q.request, q.answer); err != nil {
			return EvdevInfo{}, fmt.Errorf("%s: %w", q.what, err)
		}
	}
	info := EvdevInfo{
		Name: unix.ByteSliceToString(name[:]), Vendor: id[1], Product: id[2],
		Keys: codesOf(keys[:]), Axes: codesOf(axes[:]), Pointer: has(props[:], propPointer),
	}
	if !info.touch() {
		return info, nil
	}
	x, y := uintptr(absX), uintptr(absY)
	if info.multi() {
		x, y = absMTX, absMTY
	}
	var ax, ay absInfo
	if err := errors.Join(d.ask(eviocgAbs(x), unsafe.Pointer(&ax)), d.ask(eviocgAbs(y), unsafe.Pointer(&ay))); err != nil {
		return EvdevInfo{}, fmt.Errorf("ranges of its axes: %w", err)
	}
	info.X, info.Y, info.Start = AxisRange{ax.Min, ax.Max}, AxisRange{ay.Min, ay.Max}, RawTouch{ax.Value, ay.Value}
	return info, nil
}

// Grab implements EvdevDevice.
func (d *linuxEvdevDevice) Grab() error {
	return d.onFile(func(fd uintptr) unix.Errno {
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, fd, eviocGrab, 1)
		return errno
	})
}

// Read implements EvdevDevice.
func (d *linuxEvdevDevice) Read() ([]InputRecord, error) {
	n, err := d.f.Read(d.buf)
	if err != nil {
		return nil, err
	}
	return ParseInputRecords(d.buf[:n], recordSize)
}

// Close implements EvdevDevice. The kernel ends the grab with it.
func (d *linuxEvdevDevice) Close() error { return d.f.Close() }
