// Package system is till as the system of its own card: a kernel, an initramfs
// with this one program as /init, and nothing else. It mounts, finds the card,
// brings the network up, starts the terminal as a child process, keeps it going
// and ends in order.
//
// Everything that touches the kernel is behind Kernel, Links, Leases, Radio and
// TimeServer; files are read and written below System.Root. So all of it runs in
// a test with a folder and the fakes of this package.
package system

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"time"
)

// Where things are while the system runs.
const (
	DataFolder     = "/data"        // the card's data partition
	TerminalFolder = "/data/till"   // the terminal's own
	ownFolder      = "/data/system" // the system's own: crash reports, the clock, the terminal's id
	SiteFile       = "site.toml"    // in the root of the first partition
	ConfigFile     = "/run/till/till.toml"
	FactsFile      = "/run/till/system.json"
	ControlSocket  = "/run/till/system"
	bootFolder     = "/boot" // the first partition, while its settings are read
)

// System is one run of the system, from the kernel's start of /init to reboot(2).
type System struct {
	Root    string // "/"; a test's own folder
	Kernel  Kernel
	Links   Links
	Leases  Leases
	Radio   Radio
	Time    TimeServer
	Version string

	// Listen opens ControlSocket, for this machine's root alone.
	Listen func(path string) (net.Listener, error)
	// Configure makes the terminal's configuration and the system's own from what
	// is known of the machine.
	Configure func(Machine) (Settings, error)
	// Terminal is the process that sells, with its configuration at this path.
	Terminal func(config string) Process

	Ring *Ring // the log
	log  *slog.Logger

	parameters Parameters
	card       Card
	facts      Facts
	machine    Machine
	settings   Settings
	mounted    bool // the data is
	children   children
	online     chan struct{} // 1 deep: an address was got
	names      nameServers
	ended      context.CancelCauseFunc
}

// Machine is what Configure is told.
type Machine struct {
	Terminal string // id made from the board's serial number, kept with the data
	Data     string // folder for the terminal's data
	Watchdog bool   // it may be armed
	Site     []byte // SiteFile, nil if there is none
}

// Settings are what Configure made of that.
type Settings struct {
	Hostname string
	Config   []byte // the terminal's configuration file, whole
	Network  Network
}

// step is one part of the boot order.
type step struct {
	name string
	// Without a fatal step nothing can be sold, and a reboot, or the other slot,
	// may mend it. Any other is logged and done without.
	fatal bool
	do    func(context.Context) error
}

// bootOrder is what happens between the kernel and the terminal's start. The
// network is not in it: the terminal does not wait for it.
func (s *System) bootOrder() []step {
	const fatal, optional = true, false
	return []step{
		{"mount the kernel's file systems", fatal, s.mountKernel},
		{"copy the log to the kernel's", optional, s.openKernelLog},
		{"mount the crash memory", optional, s.mountPstore},
		{"read the kernel's command line", fatal, s.readCommandLine},
		{"load modules", optional, s.loadModules},
		{"find the card", fatal, s.findCard},
		{"read the site's settings", optional, s.readSite},
		{"grow the data partition", optional, s.growPartition},
		{"mount the data partition", fatal, s.mountData},
		{"grow the data's file system", optional, s.growFileSystem},
		{"set the clock no earlier than it was", optional, s.restoreClock},
		{"keep what the last crash left", optional, s.collectCrash},
		{"say what was found", optional, s.writeFacts},
		{"configure", fatal, s.configure},
		{"set the host name", optional, s.setHostname},
		{"set the loopback up", optional, s.setLoopback},
	}
}

// Boot carries the boot order out. Its error is of a fatal step.
func (s *System) Boot(ctx context.Context) error {
	s.prepare()
	began := time.Now()
	s.log.Info("till is the system", "version", s.Version)
	for _, step := range s.bootOrder() {
		at := time.Now()
		err := step.do(ctx)
		took := time.Since(at).Round(time.Millisecond)
		switch {
		case err == nil:
			s.log.Info("boot: "+step.name, "took", took)
		case step.fatal:
			return fmt.Errorf("%s: %w", step.name, err)
		default:
			s.log.Warn("boot: "+step.name+": going on without", "err", err, "took", took)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	s.log.Info("booted", "took", time.Since(began).Round(time.Millisecond), "slot", s.card.Slot, "tryboot", s.card.Tryboot)
	return nil
}

func (s *System) prepare() {
	if s.Ring == nil {
		s.Ring = NewRing(DefaultRing)
	}
	s.log = slog.New(slog.NewTextHandler(s.Ring.Source("system", Whole), &slog.HandlerOptions{ReplaceAttr: withoutTime}))
	s.online = make(chan struct{}, 1)
	s.children.init(s.Kernel)
}

// withoutTime: the ring says when.
func withoutTime(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

// fatalWait is how long the console says what a boot failed of, before the next.
const fatalWait = 10 * time.Second

// Run is the system's whole life. It ends with reboot(2); it returns only where
// that fails, or in tests.
func (s *System) Run(ctx context.Context) error {
	s.Kernel.Adopt()
	if err := s.Boot(ctx); err != nil {
		s.log.Error("boot failed; rebooting", "err", err, "in", fatalWait)
		select {
		case <-time.After(fatalWait):
		case <-ctx.Done():
		}
		return s.end(Restart)
	}
	running, ended := context.WithCancelCause(ctx)
	defer ended(nil)
	s.ended = ended
	background := []func(context.Context){s.attendNetwork, s.keepTime, s.serveControl, s.guardTrial}
	done := make(chan struct{}, len(background))
	for _, part := range background {
		go func() {
			part(running)
			done <- struct{}{}
		}()
	}
	s.supervise(running)
	why := context.Cause(running)
	ended(nil)
	for range background {
		<-done
	}
	ending := Restart
	if e := (endingCause{}); errors.As(why, &e) {
		ending = e.Ending
	}
	return s.end(ending)
}

// endingCause is why a run ended: somebody asked for it.
type endingCause struct{ Ending }

func (e endingCause) Error() string { return e.String() }

// path is a path of the running system, below Root.
func (s *System) path(p string) string { return filepath.Join(s.Root, p) }
