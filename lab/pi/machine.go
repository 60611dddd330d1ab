package pi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Options say what a machine is made of.
type Options struct {
	// Virt is QEMU's own machine in place of a Pi, for what its Pi has no model
	// of: a watchdog that waits. It runs the same kernel, and has no panel and no
	// pins; its card is a disk, its network is not on USB, and its first serial
	// port is ttyAMA0.
	Virt bool

	Kernel, Initrd, DeviceTree string // files; Initrd may be empty
	CommandLine                string // the kernel's
	Card                       string // image in the card slot, raw, its size a power of two; "" is no card

	Network   bool     // on USB: the guest is 10.0.2.15/24, this machine's loopback is 10.0.2.2
	Keyboards []string // their ids, which are their USB serial numbers too; keys go to the last that is plugged in
	Tablet    bool     // a touch panel
	Printer   string   // Unix socket that a serial printer listens on, behind a USB cable; "" is none

	Nice int      // of QEMU's process, so that it does not starve what else runs here
	Args []string // more of QEMU's arguments
}

const (
	program   = "qemu-system-aarch64"
	gpioBlock = "/machine/soc/peripherals/gpio" // where QEMU's raspi3b has it (info qom-tree)
)

// processors that are switched on, of the Pi's four. Until the kernel starts the
// others they do not sleep but look again and again whether they may start, which
// costs this machine's two processors most of a boot. The kernel is told too, or
// it would wait for them. One alone is too few: the interrupts of the USB
// controller leave it no time for anything else.
const processors = "2"

// Ids of what is plugged in. Nothing of it can be unplugged: QEMU's model of the
// Pi's USB controller (7.2) then ends with "usb_ep_get: Assertion `dev != NULL'
// failed", where the guest waits for bytes of the device, or serves no other
// device any more.
const (
	networkID = "net"
	tabletID  = "tablet"
	printerID = "printer"
)

// Machine is a running Raspberry Pi.
type Machine struct {
	Console *Console

	cmd    *exec.Cmd
	stderr *stderr
	qmp    *qmp
	qtest  *qtest
	links  []net.Conn
	closed sync.Once
	exited chan struct{}
	status error // how it ended, once exited is closed
	dir    string
	dump   sync.Mutex // of the one file that screens are written to
}

// Start switches a machine on. It runs until Close, or until it ends by itself:
// a reboot ends it too, since the firmware is the caller's to play.
func Start(ctx context.Context, o Options) (*Machine, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return nil, fmt.Errorf("start the machine: %w; scripts/install-test-tools pi installs it", err)
	}
	m := &Machine{stderr: &stderr{}, exited: make(chan struct{})}
	if m.dir, err = os.MkdirTemp("", "till-pi-"); err != nil {
		return nil, fmt.Errorf("start the machine: %w", err)
	}
	if err := m.start(ctx, path, o); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}

func (m *Machine) start(ctx context.Context, path string, o Options) error {
	var ends [3]*os.File // QEMU's, which are numbers 3, 4 and 5 there
	for i := range ends {
		link, end, err := cable()
		if err != nil {
			return err // the ends so far are closed with this process: no machine is to come
		}
		m.links, ends[i] = append(m.links, link), end
	}
	m.cmd = exec.Command(path, arguments(o)...)
	m.cmd.ExtraFiles = ends[:]
	m.cmd.Stderr = m.stderr
	m.cmd.Env = append(os.Environ(), "LC_ALL=C")
	// Ended with this process, however that ends; Ctrl-C is not passed on.
	m.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	err := m.cmd.Start()
	for _, end := range ends {
		err = errors.Join(err, end.Close()) // QEMU has its own
	}
	if err != nil {
		return fmt.Errorf("start the machine: %w", err)
	}
	go func() {
		m.status = m.cmd.Wait()
		close(m.exited)
	}()
	if err := unix.Setpriority(unix.PRIO_PROCESS, m.cmd.Process.Pid, o.Nice); err != nil {
		return fmt.Errorf("start the machine: make it nice: %w", err)
	}
	m.Console = newConsole(m.links[0])
	if m.qmp, err = newQMP(ctx, m.links[1]); err != nil {
		return m.because(err)
	}
	if m.qtest, err = newQTest(ctx, m.links[2], !o.Virt); err != nil {
		return m.because(err)
	}
	// It was started with -S, so that no pin moves unseen.
	return m.because(m.qmp.execute(ctx, "cont", nil, nil))
}

// because adds what QEMU said to an error.
func (m *Machine) because(err error) error {
	if said := m.stderr.String(); err != nil && said != "" {
		return fmt.Errorf("%w; QEMU says: %s", err, said)
	}
	return err
}

func arguments(o Options) []string {
	args := []string{
		"-display", "none", "-no-reboot", "-S", "-nodefaults", "-kernel", o.Kernel,
		"-chardev", "socket,id=console,fd=3", "-serial", "chardev:console", "-serial", "null",
		"-chardev", "socket,id=qmp,fd=4", "-mon", "chardev=qmp,mode=control",
		"-chardev", "socket,id=qtest,fd=5", "-qtest", "chardev:qtest", "-qtest-log", "none",
	}
	if o.Virt {
		args = append(args, "-M", "virt", "-cpu", "cortex-a53", "-m", "512", "-device", "i6300esb", "-append", o.CommandLine)
	} else {
		args = append(args, "-M", "raspi3b", "-global", "bcm2837.enabled-cpus="+processors,
			"-dtb", o.DeviceTree, "-append", o.CommandLine+" nr_cpus="+processors, "-trace", mailboxTrace)
	}
	if o.Initrd != "" {
		args = append(args, "-initrd", o.Initrd)
	}
	slot, network := "sd", "usb-net"
	if o.Virt {
		slot, network = "virtio", "virtio-net-pci,romfile=" // it is not to boot from
	}
	if o.Card != "" {
		args = append(args, "-drive", "file="+strings.ReplaceAll(o.Card, ",", ",,")+",if="+slot+",format=raw")
	}
	if o.Tablet {
		args = append(args, "-device", "usb-tablet,id="+tabletID)
	}
	if o.Network {
		args = append(args, "-netdev", "user,id="+networkID+"0", "-device", network+",netdev="+networkID+"0,id="+networkID)
	}
	if o.Printer != "" {
		args = append(args,
			"-chardev", "socket,id="+printerID+"0,reconnect=1,path="+strings.ReplaceAll(o.Printer, ",", ",,"),
			"-device", "usb-serial,always-plugged=on,chardev="+printerID+"0,id="+printerID)
	}
	for _, id := range o.Keyboards {
		args = append(args, "-device", keyboard(id))
	}
	return append(args, o.Args...)
}

func keyboard(id string) string { return "usb-kbd,id=" + id + ",serial=" + id }

// cable is a connected pair: an end for this process, and one to hand on.
func cable() (net.Conn, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("connect to the machine: %w", err)
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), "ours"), os.NewFile(uintptr(fds[1]), "QEMU's")
	conn, err := net.FileConn(ours) // it has its own copy
	if err := errors.Join(err, ours.Close()); err != nil {
		return nil, nil, fmt.Errorf("connect to the machine: %w", errors.Join(err, theirs.Close()))
	}
	return conn, theirs, nil
}

// ErrEnded is that the machine runs no more.
var ErrEnded = errors.New("the machine has ended")

// Close switches the machine off at once, as pulling its plug does. A second
// time does nothing.
func (m *Machine) Close() error {
	var err error
	m.closed.Do(func() { err = m.end() })
	return err
}

func (m *Machine) end() error {
	if m.cmd != nil && m.cmd.Process != nil {
		_ = m.cmd.Process.Kill() // it may have ended by itself
		<-m.exited
	}
	var failed error
	for _, l := range m.links {
		if err := l.Close(); !errors.Is(err, net.ErrClosed) { // a command that was given up closed it
			failed = errors.Join(failed, err)
		}
	}
	return errors.Join(failed, os.RemoveAll(m.dir))
}

// Said is what QEMU itself complained of.
func (m *Machine) Said() string { return m.stderr.String() }

// End is how a machine ended.
type End string

// The ends that the guest brings about, in QEMU's words (ShutdownCause).
const (
	Rebooted   End = "guest-reset"
	PoweredOff End = "guest-shutdown"
	Panicked   End = "guest-panic"
)

// Bitten is that the watchdog has reset it.
const Bitten End = "watchdog"

// Ended waits until the machine has ended by itself.
func (m *Machine) Ended(ctx context.Context) (End, error) {
	select {
	case <-m.exited:
	case <-ctx.Done():
		return "", fmt.Errorf("wait for the machine's end: %w", ctx.Err())
	}
	end := End("")
	for _, e := range m.qmp.events.from(0) {
		switch {
		case e.Event == "WATCHDOG":
			return Bitten, nil
		case e.Event == "SHUTDOWN":
			end = End(e.Data.Reason)
		}
	}
	if end != "" {
		return end, nil
	}
	return "", m.because(fmt.Errorf("%w without a word: %w", ErrEnded, m.status))
}

// TryBoot says whether the system asked its firmware to boot the other slot once
// (reboot with "0 tryboot"). Virt has no firmware to ask: there it is what the
// kernel says of it, which needs a loglevel that shows it.
func (m *Machine) TryBoot() bool {
	if strings.Contains(m.Console.String(), "Restarting system with command '0 tryboot'") {
		return true
	}
	m.stderr.mu.Lock()
	defer m.stderr.mu.Unlock()
	return m.stderr.tryboot
}

// The kernel tells the firmware so with the property SET_REBOOT_FLAGS of its
// mailbox (raspberrypi/linux, include/soc/bcm2835/raspberrypi-firmware.h), which
// QEMU does not know but traces.
const (
	mailboxTrace   = "bcm2835_mbox_property"
	setRebootFlags = "tag:0x00038064"
)

// stderr is what QEMU writes there: its complaints, up to a bound, and traces.
type stderr struct {
	mu      sync.Mutex
	said    bytes.Buffer
	line    []byte // the beginning of one
	tryboot bool
}

const maxSaid = 64 << 10 // bytes, of all complaints and of one line

func (s *stderr) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for part := range bytes.Lines(b) {
		s.line = append(s.line, part[:min(len(part), maxSaid-len(s.line))]...)
		if !bytes.HasSuffix(part, []byte("\n")) {
			continue
		}
		if bytes.HasPrefix(s.line, []byte(mailboxTrace)) {
			s.tryboot = s.tryboot || bytes.Contains(s.line, []byte(setRebootFlags))
		} else {
			s.said.Write(s.line[:min(len(s.line), maxSaid-s.said.Len())])
		}
		s.line = s.line[:0]
	}
	return len(b), nil
}

func (s *stderr) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.TrimSpace(s.said.String() + string(s.line))
}
