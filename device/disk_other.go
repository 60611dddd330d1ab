//go:build !linux

package device

import "errors"

func diskSpace(string) (free, size uint64, err error) {
	return 0, 0, errors.New("the space on a disk is not known here")
}
