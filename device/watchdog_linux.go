package device

import (
	"errors"
	"fmt"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Requests of linux/watchdog.h, as asm-generic/ioctl.h encodes them.
const (
	wdiocSetTimeout = 0xC0045706
	wdiocKeepAlive  = 0x80045705
	magicClose      = "V" // written last, it disarms the watchdog (kernel, Documentation/watchdog/watchdog-api.rst)
)

// openWatchdog arms the watchdog at path. DANGER: from now on it resets the
// board unless it is fed.
func openWatchdog(path string) (WatchdogTimer, error) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return nil, fmt.Errorf("open the watchdog: %w", err)
	}
	return linuxWatchdog{f}, nil
}

type linuxWatchdog struct{ f *os.File }

// SetTimeout implements WatchdogTimer, in whole seconds.
func (w linuxWatchdog) SetTimeout(d time.Duration) (time.Duration, error) {
	seconds := int32(d / time.Second)
	if err := w.ask(wdiocSetTimeout, &seconds); err != nil {
		return 0, fmt.Errorf("set the watchdog's timeout: %w", err)
	}
	return time.Duration(seconds) * time.Second, nil
}

// Feed implements WatchdogTimer.
func (w linuxWatchdog) Feed() error {
	var unused int32
	if err := w.ask(wdiocKeepAlive, &unused); err != nil {
		return fmt.Errorf("feed the watchdog: %w", err)
	}
	return nil
}

// Disarm implements WatchdogTimer.
func (w linuxWatchdog) Disarm() error {
	_, err := w.f.WriteString(magicClose)
	return errors.Join(err, w.f.Close())
}

func (w linuxWatchdog) ask(request uintptr, value *int32) error {
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, w.f.Fd(), request, uintptr(unsafe.Pointer(value)))
	if errno != 0 {
		return errno
	}
	return nil
}
