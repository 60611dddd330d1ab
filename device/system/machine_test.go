package system_test

import (
	"context"
	"encoding/binary"
	"flag"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"till/device/system"
)

var update = flag.Bool("update", false, "write the golden files anew")

// machine is a board with a card in a folder, and the system on it.
type machine struct {
	*system.System
	t      *testing.T
	kernel *system.FakeKernel
	links  *system.FakeLinks
	leases *system.FakeLeases
	radio  *system.FakeRadio
	time   *system.FakeTime
	socket *listener
	off    chan struct{} // closed at the end of a run
	root   string
	site   system.Machine // what Configure was told
}

// Sizes of the test's card, in sectors: it was written with a data partition of
// 16 MiB and put on a card of 64 MiB.
const (
	cardSectors = 64 << 20 / 512
	dataStart   = 24 << 20 / 512
	dataCount   = 16 << 20 / 512
)

func newMachine(t *testing.T) *machine {
	m := &machine{
		t: t, root: t.TempDir(), links: system.NewFakeLinks(
			system.Link{Index: 1, Name: "lo", Loopback: true},
			system.Link{Index: 2, Name: "eth0", Carrier: true},
		),
		leases: &system.FakeLeases{Lease: lease("10.0.2.15/24", time.Hour)}, radio: &system.FakeRadio{}, time: &system.FakeTime{},
	}
	m.write("/proc/cmdline", "console=tty1 rdinit=/init panic=10\n")
	m.write("/proc/sys/kernel/printk_devkmsg", "ratelimit\n")
	m.write("/proc/sys/kernel/osrelease", "6.12.47-v8\n")
	m.write("/proc/device-tree/chosen/bootloader/partition", "\x00\x00\x00\x02")
	m.write("/proc/device-tree/serial-number", "00000000deadbeef\x00")
	m.write("/dev/kmsg", "")
	m.write("/dev/mmcblk0", string(card(dataCount)))
	m.write("/dev/mmcblk0p4", string(filesystem(dataCount)))
	m.write("/sys/class/block/mmcblk0/size", strconv.Itoa(cardSectors))
	m.write("/sys/class/block/mmcblk0p4/size", strconv.Itoa(dataCount))
	m.write("/sys/class/block/mmcblk0p4/partition", "4")
	m.write("/boot/site.toml", "terminal = \"till-07\"\n")
	m.power()
	return m
}

// power is a new start of the same machine: what is in memory is gone.
func (m *machine) power() {
	m.kernel = system.NewFakeKernel(m.root)
	m.off = make(chan struct{})
	m.System = &system.System{
		Root: m.root, Version: "1.2.3", Kernel: m.kernel, Links: m.links, Leases: m.leases, Radio: m.radio, Time: m.time,
		Ring: system.NewRing(system.DefaultRing),
		Listen: func(string) (net.Listener, error) {
			m.socket = &listener{clients: make(chan net.Conn), closed: make(chan struct{})}
			return m.socket, nil
		},
		Configure: func(known system.Machine) (system.Settings, error) {
			m.site = known
			return system.Settings{Hostname: "till-07", Config: []byte("terminal = \"till-07\"\n")}, nil
		},
		Terminal: func(config string) system.Process {
			return system.Process{Path: "/proc/self/exe", Args: []string{"till", "run", "-config", config}}
		},
	}
}

// run runs the system until the test's end, and returns what stops it.
func (m *machine) run() (stop func()) {
	ctx, cancel := context.WithCancel(m.t.Context())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	stopped := false
	return func() {
		if !stopped {
			stopped = true
			cancel()
			if err := <-done; err != nil {
				m.t.Errorf("Run: %v", err)
			}
			close(m.off)
			synctest.Wait()
		}
	}
}

func (m *machine) path(p string) string { return filepath.Join(m.root, p) }

func (m *machine) write(p, content string) {
	m.t.Helper()
	if err := os.MkdirAll(filepath.Dir(m.path(p)), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(m.path(p), []byte(content), 0o644); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) read(p string) string {
	m.t.Helper()
	raw, err := os.ReadFile(m.path(p))
	if err != nil {
		m.t.Fatal(err)
	}
	return string(raw)
}

func (m *machine) remove(p string) {
	m.t.Helper()
	if err := os.RemoveAll(m.path(p)); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) log() string {
	var b strings.Builder
	if _, err := m.Ring.WriteTo(&b); err != nil {
		m.t.Fatal(err)
	}
	return b.String()
}

// calls are the kernel's that begin so.
func (m *machine) calls(begins string) []string {
	var all []string
	for _, c := range m.kernel.Calls() {
		if strings.HasPrefix(c, begins) {
			all = append(all, c)
		}
	}
	return all
}

// card is a card's first sector, with its data partition of so many sectors.
func card(data uint32) []byte {
	sector := make([]byte, 512)
	for i, p := range [][3]uint32{{0x0C, 8192, 8192}, {0x0C, 16384, 16384}, {0x0C, 32768, dataStart - 32768}, {0x83, dataStart, data}} {
		e := sector[446+16*i:]
		e[4] = byte(p[0])
		binary.LittleEndian.PutUint32(e[8:], p[1])
		binary.LittleEndian.PutUint32(e[12:], p[2])
	}
	sector[510], sector[511] = 0x55, 0xAA
	return sector
}

// filesystem is the beginning of an ext4 of so many sectors, in blocks of 4 KiB.
func filesystem(sectors uint32) []byte {
	raw := make([]byte, 2048)
	super := raw[1024:]
	binary.LittleEndian.PutUint32(super[4:], sectors/8)
	binary.LittleEndian.PutUint32(super[0x18:], 2)
	binary.LittleEndian.PutUint16(super[0x38:], 0xEF53)
	return raw
}

// listener is a socket that virtual time passes by.
type listener struct {
	clients chan net.Conn
	closed  chan struct{}
	once    sync.Once
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.clients:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *listener) Addr() net.Addr { return &net.UnixAddr{} }

// ask sends a line to the control socket and returns the answer.
func (m *machine) ask(line string) string {
	m.t.Helper()
	ours, theirs := net.Pipe()
	m.socket.clients <- theirs
	if _, err := io.WriteString(ours, line); err != nil {
		m.t.Fatal(err)
	}
	answer, err := io.ReadAll(ours)
	if err != nil {
		m.t.Fatal(err)
	}
	return string(answer)
}
