//go:build !linux

package tillcmd

import (
	"errors"
	"fmt"

	"till/boards/flash"
)

func removableDisks() ([]flash.Device, error) {
	return nil, errors.New("the disks are listed on Linux alone; on macOS diskutil list does it. Name one with -disk")
}

// refuseDisk cannot tell here what can be pulled out.
func refuseDisk(name string, force bool) error {
	if force {
		return nil
	}
	return fmt.Errorf("whether %s can be pulled out is not known on this system: look twice (diskutil info), then say -force", name)
}
