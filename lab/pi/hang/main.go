//go:build linux

// Command hang is a release that hangs as soon as it is booted: it arms the
// board's watchdog, as till does, and does nothing more.
package main

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"till/cmd/tillcmd"
)

func main() {
	fmt.Fprintln(os.Stderr, "this release hangs:", tillcmd.Version, arm())
	for { // a select of nothing would be a deadlock, of which Go makes a crash
		time.Sleep(time.Hour)
	}
}

// arm lets nobody feed the watchdog any more: from now on it waits its timeout
// alone. Without it the kernel would go on feeding it for a system that never came
// so far (kernel_watchdog_timeout in config.txt ends that on a Pi).
func arm() error {
	if err := os.MkdirAll("/dev", 0o755); err != nil {
		return err
	}
	if err := syscall.Mount("devtmpfs", "/dev", "devtmpfs", 0, ""); err != nil {
		return err
	}
	_, err := syscall.Open("/dev/watchdog0", syscall.O_WRONLY, 0)
	return err
}
