package device

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// ioc is _IOC of asm-generic/ioctl.h, as the architectures that till is built for
// have it: direction, type, number, size in bytes.
func ioc(direction, kind, number, size uintptr) uintptr {
	return direction<<30 | size<<16 | kind<<8 | number
}

// Inside the package: what goes to the kernel is no one else's business.
func TestWatchdogRequests(t *testing.T) {
	const write, read = 1, 2
	for name, c := range map[string]struct{ got, want uintptr }{
		"WDIOC_SETTIMEOUT": {wdiocSetTimeout, ioc(read|write, 'W', 6, 4)}, // linux/watchdog.h
		"WDIOC_KEEPALIVE":  {wdiocKeepAlive, ioc(read, 'W', 5, 4)},
	} {
		if c.got != c.want {
			t.Errorf("%s is %#x, want %#x", name, c.got, c.want)
		}
	}
}

// On a file that is no watchdog: each request is refused in a sentence, and the
// letter that disarms is the last thing written.
func TestWatchdogFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "watchdog")
	if _, err := openWatchdog(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("one that is not there: %v", err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	w, err := openWatchdog(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.SetTimeout(15 * time.Second); err == nil || !strings.Contains(err.Error(), "timeout") {
		t.Errorf("a timeout for a file: %v", err)
	}
	if err := w.Feed(); err == nil || !strings.Contains(err.Error(), "feed") {
		t.Errorf("a file was fed: %v", err)
	}
	if err := w.Disarm(); err != nil {
		t.Fatal(err)
	}
	if raw, err := os.ReadFile(path); err != nil || string(raw) != "V" {
		t.Errorf("wrote %q, %v", raw, err)
	}
	if err := w.Feed(); err == nil {
		t.Error("fed after it was let go")
	}
}

// A clock that is a file answers nothing, and says so.
func TestRTCFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rtc")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	rtc, err := openRTC(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rtc.Read(); err == nil || !strings.Contains(err.Error(), "RTC_RD_TIME") {
		t.Errorf("read: %v", err)
	}
	if err := rtc.Set(time.Now()); err == nil || !strings.Contains(err.Error(), "RTC_SET_TIME") {
		t.Errorf("set: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(rtc.Set(time.Now())); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("one that is gone: %v", err)
	}
}
