//go:build linux

// Command init is the first process of an emulated Raspberry Pi in the tests of
// lab/pi: it mounts, waits for what is plugged in, brings the network up and
// starts the terminal. What it is to do is on the kernel's command line:
//
//	lab.wait=/dev/ttyUSB0,/sys/class/net/usb0    files to wait for
//	lab.keyboard=scanner                         a keyboard's USB serial number: /dev/scanner leads to it
//	lab.address=10.0.2.15/24                     of usb0
//	lab.board=pi3b                               the terminal's, where it cannot be found out
//
// A line that comes from the console is obeyed:
//
//	hang   stops the terminal, as a program that hangs is
package main

import (
	"bufio"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

func main() {
	fmt.Println("init:", boot())
	// Nothing is left to run: a machine that goes on would only be waited for.
	if err := syscall.Reboot(syscall.LINUX_REBOOT_CMD_POWER_OFF); err != nil {
		fmt.Println("init: power off:", err)
	}
	select {}
}

// boot returns why it is over.
func boot() error {
	for _, m := range []struct{ kind, at string }{
		{"proc", "/proc"}, {"sysfs", "/sys"}, {"devtmpfs", "/dev"}, {"tmpfs", "/data"}, {"tmpfs", "/run"}, {"tmpfs", "/tmp"},
	} {
		if err := os.MkdirAll(m.at, 0o755); err != nil {
			return err
		}
		if err := syscall.Mount(m.kind, m.at, m.kind, 0, ""); err != nil {
			return fmt.Errorf("mount %s: %w", m.at, err)
		}
	}
	line, err := os.ReadFile("/proc/cmdline")
	if err != nil {
		return err
	}
	told := map[string]string{}
	for _, word := range strings.Fields(string(line)) {
		key, value, _ := strings.Cut(word, "=")
		told[key] = value
	}
	for path := range strings.SplitSeq(told["lab.wait"], ",") {
		if path != "" {
			waitFor(path, func() bool { _, err := os.Stat(path); return err == nil })
		}
	}
	if serial := told["lab.keyboard"]; serial != "" {
		waitFor("keyboard "+serial, func() bool { return linkKeyboard(serial) })
	}
	if address := told["lab.address"]; address != "" {
		if err := configure("usb0", address); err != nil {
			return err
		}
	}
	board := told["lab.board"]
	if board == "" {
		board = "auto"
	}
	till := exec.Command("/till", "run", "-config", "/till.toml", "-board", board)
	till.Stdout, till.Stderr = os.Stdout, os.Stderr
	fmt.Println("init: starting the terminal")
	if err := till.Start(); err != nil {
		return err
	}
	go obey(os.Stdin, till.Process)
	return fmt.Errorf("the terminal ended: %w", till.Wait())
}

// obey does what the console says.
func obey(console io.Reader, terminal *os.Process) {
	for lines := bufio.NewScanner(console); lines.Scan(); {
		switch words := strings.Fields(lines.Text()); {
		case len(words) == 0:
		case words[0] == "hang":
			fmt.Println("init: the terminal hangs:", terminal.Signal(syscall.SIGSTOP))
		default:
			fmt.Printf("init: what is %q?\n", words)
		}
	}
}

// waitFor looks until something is there. It has no end of its own: the test
// that waits for this machine has one.
func waitFor(what string, there func() bool) {
	for !there() {
		time.Sleep(50 * time.Millisecond)
	}
	fmt.Println("init:", what, "is there")
}

// linkKeyboard makes /dev/NAME lead to the keyboard of that USB serial number,
// as udev would.
func linkKeyboard(serial string) bool {
	folders, err := filepath.Glob("/sys/class/input/event*")
	if err != nil {
		return false
	}
	for _, f := range folders {
		uniq, err := os.ReadFile(filepath.Join(f, "device", "uniq"))
		if err == nil && strings.TrimSpace(string(uniq)) == serial {
			return os.Symlink(filepath.Join("/dev/input", filepath.Base(f)), filepath.Join("/dev", serial)) == nil
		}
	}
	return false
}

// configure gives a network interface its address, and puts it up.
func configure(name, address string) error {
	prefix, err := netip.ParsePrefix(address)
	if err != nil {
		return fmt.Errorf("configure %s: %w", name, err)
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("configure %s: %w", name, err)
	}
	defer func() { _ = unix.Close(fd) }() // nothing was sent on it
	mask := ^uint32(0) << (32 - prefix.Bits())
	// In this order: the address brings a mask of its own with it.
	for _, set := range []struct {
		request uint
		ip      netip.Addr
	}{
		{unix.SIOCSIFADDR, prefix.Addr()},
		{unix.SIOCSIFNETMASK, netip.AddrFrom4([4]byte{byte(mask >> 24), byte(mask >> 16), byte(mask >> 8), byte(mask)})},
	} {
		r, err := unix.NewIfreq(name)
		if err != nil {
			return fmt.Errorf("configure %s: %w", name, err)
		}
		if err := r.SetInet4Addr(set.ip.AsSlice()); err != nil {
			return fmt.Errorf("configure %s: %w", name, err)
		}
		if err := unix.IoctlIfreq(fd, set.request, r); err != nil {
			return fmt.Errorf("configure %s: %w", name, err)
		}
	}
	up, err := unix.NewIfreq(name)
	if err != nil {
		return fmt.Errorf("configure %s: %w", name, err)
	}
	up.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, up); err != nil {
		return fmt.Errorf("put up %s: %w", name, err)
	}
	return nil
}
