package pi_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"till/lab/pi"
)

// The watchdog leaves a terminal alone that is well, and resets the machine of
// one that hangs. The Pi of QEMU is reset as soon as its watchdog is opened, so
// this is another machine, with the same kernel and the same program on it.
func TestWatchdog(t *testing.T) {
	t.Parallel()
	config := fmt.Sprintf(configText, "tcp://127.0.0.1:1", "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08=")
	m := start(t, pi.Options{
		Virt: true, Kernel: kernelFile(t, "vmlinuz"), Nice: 5, Initrd: initrd(t, strings.Replace(config, "watchdog = false", "watchdog = true", 1)),
		CommandLine: "console=ttyAMA0,115200 loglevel=4 rdinit=/init panic=-1 lab.board=pi3b lab.wait=/dev/watchdog0",
	})
	ctx, done := context.WithTimeout(t.Context(), bootWithin)
	defer done()
	console := m.Console.Reader()
	if _, err := console.Await(ctx, "watchdog armed"); err != nil {
		t.Fatal(err)
	}
	// As long as it lets anybody wait, and longer.
	armed := time.Now()
	stay, left := context.WithTimeout(ctx, timeout+10*time.Second)
	defer left()
	if end, err := m.Ended(stay); stay.Err() == nil {
		t.Fatalf("a terminal that is well: %q (%v) after %s", end, err, time.Since(armed))
	}
	if err := m.Console.Say("hang"); err != nil {
		t.Fatal(err)
	}
	if _, err := console.Await(ctx, "the terminal hangs"); err != nil {
		t.Fatal(err)
	}
	hung := time.Now()
	if end, err := m.Ended(ctx); err != nil || end != pi.Bitten {
		t.Fatalf("a terminal that hangs: %q (%v), want the watchdog to reset it", end, err)
	}
	t.Logf("reset %.1f s after it hung", time.Since(hung).Seconds())
}

// timeout is the watchdog's (device/watchdog.go).
const timeout = 15 * time.Second
