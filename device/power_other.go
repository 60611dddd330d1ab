//go:build !linux

package device

import "errors"

// PowerOff switches a Linux machine off.
func PowerOff() error { return errors.New("switch off: till does so on Linux") }
