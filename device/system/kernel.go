package system

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"time"
)

// Kernel is what the system asks of the kernel, besides files and the network.
type Kernel interface {
	// Adopt takes the first process's duties on: orphans become its children, and
	// Ctrl-Alt-Del a signal instead of a reset.
	Adopt()

	Mount(source, target, fstype string, flags MountFlags, options string) error
	Unmount(target string) error
	// RemountReadOnly is for what cannot be unmounted.
	RemountReadOnly(target string) error
	// LoadModule loads a module's file.
	LoadModule(path string) error
	SetHostname(name string) error
	SetClock(t time.Time) error

	// ResizePartition tells the kernel of a partition's new size, in bytes. The
	// partition may be in use.
	ResizePartition(disk string, number int, start, length int64) error
	// GrowFileSystem grows the ext4 mounted at target to a count of its blocks.
	GrowFileSystem(target string, blocks uint64) error

	// Start starts a process. Once it has ended, written is closed when all that it
	// wrote has been handed to its Output.
	Start(p Process) (pid int, written <-chan struct{}, err error)
	Signal(pid int, s Signal) error
	// Wait waits for the end of any child, adopted ones too. ErrNoChild: there is none.
	Wait() (Exit, error)

	Sync()
	// End is reboot(2).
	End(e Ending) error
}

// ErrNoChild is returned by Kernel.Wait when no child is there to wait for.
var ErrNoChild = errors.New("no child process")

// MountFlags are of a mount.
type MountFlags int

// Flags of a mount, to be or-ed.
const (
	ReadOnly MountFlags = 1 << iota
	NoSuid
	NoExec
	NoDev
	NoAtime
)

// Process is a program to start.
type Process struct {
	Path   string
	Args   []string // with the program's name first
	Env    []string
	Output io.Writer // its standard output and error
}

// Exit is how a child ended.
type Exit struct {
	PID    int
	Status int    // exit status; -1: by a signal
	Signal string // its name, "" if it ended by itself
}

// Failed says that it did not end in order.
func (e Exit) Failed() bool { return e.Status != 0 }

// Signal is what a process is told.
type Signal int

// Signals.
const (
	Terminate Signal = iota // end in order
	Kill                    // end at once
)

// Ending is how the machine ends.
type Ending int

// The ways to end.
const (
	Restart  Ending = iota
	PowerOff        // a Pi draws current still; it can be unplugged
	Tryboot         // restart, once from the slot that autoboot.txt names under [tryboot]
)

var endingNames = []string{"restart", "power-off", "tryboot"}

// String is the ending's word on the control socket.
func (e Ending) String() string { return endingNames[e] }

// trybootArgument is reboot(2)'s argument that asks the Pi's firmware for one
// boot of the other slot: partition 0 means the one autoboot.txt names
// (raspberrypi/documentation, config_txt/autoboot.adoc).
const trybootArgument = "0 tryboot"

// Link is a network interface.
type Link struct {
	Index    int
	Name     string
	Up       bool // switched on
	Carrier  bool // the cable is in, or the radio has joined a network
	Loopback bool
	Wireless bool
}

// Links are the network interfaces and what is set on them (rtnetlink).
type Links interface {
	List() ([]Link, error)
	SetUp(name string) error
	// SetAddress makes this the interface's only IPv4 address.
	SetAddress(name string, address netip.Prefix) error
	// SetGateway makes this the default route by the interface.
	SetGateway(name string, gateway netip.Addr, metric int) error
	// Clear takes the interface's IPv4 addresses, and so its routes.
	Clear(name string) error
	// Watch sends a value, 1 deep, after changes of any interface until ctx ends.
	Watch(ctx context.Context) (<-chan struct{}, error)
}

// Leases gets addresses by DHCP.
type Leases interface {
	Request(ctx context.Context, link, hostname string) (Lease, error)
	// Renew asks the server that gave a lease for more time.
	Renew(ctx context.Context, link string, l Lease) (Lease, error)
}

// Radio joins wireless networks.
type Radio interface {
	Join(ctx context.Context, link string, w WiFi) error
}

// TimeServer asks a time server.
type TimeServer interface {
	// Offset is how far this machine's clock is behind the server's.
	Offset(ctx context.Context, server string) (time.Duration, error)
}
