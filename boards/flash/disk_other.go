//go:build !linux && !darwin

package flash

import (
	"errors"
	"os"
)

var errSystem = errors.New("disks are written on Linux and macOS alone: write the image with another program")

func openDevice(string, bool) (*os.File, error) { return nil, errSystem }
func deviceSize(*os.File) (int64, error)        { return 0, errSystem }
func isBusy(error) bool                         { return false }
func forget(*os.File) error                     { return nil }
