//go:build !linux

package tillcmd

import (
	"context"
	"errors"
)

// RunSystem needs Linux.
func RunSystem(context.Context) error {
	return errors.New("till is a system on Linux only")
}
