//go:build !linux

package device

import (
	"fmt"
	"io/fs"
)

func openWatchdog(path string) (WatchdogTimer, error) {
	return nil, fmt.Errorf("open the watchdog %s: %w", path, fs.ErrNotExist)
}
