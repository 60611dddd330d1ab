//go:build !linux

package device

import (
	"errors"
	"time"
)

func openRTC(string) (RTC, error) { return nil, errors.ErrUnsupported }

// SetSystemClock sets the clock of a Linux machine.
func SetSystemClock(time.Time) error { return errors.ErrUnsupported }
