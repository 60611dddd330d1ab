package flash

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// openDevice opens a disk, as /dev/rdisk4. A disk that is mounted is busy.
func openDevice(name string, _ bool) (*os.File, error) { return os.OpenFile(name, os.O_RDWR, 0) }

// Requests of xnu, bsd/sys/disk.h.
const (
	dkiocGetBlockSize  = 0x40046418
	dkiocGetBlockCount = 0x40086419
)

// deviceSize asks the driver: a disk has no end to seek to here.
func deviceSize(f *os.File) (int64, error) {
	size, err := unix.IoctlGetInt(int(f.Fd()), dkiocGetBlockSize)
	if err != nil {
		return 0, fmt.Errorf("DKIOCGETBLOCKSIZE: %w", err)
	}
	count, err := unix.IoctlGetInt(int(f.Fd()), dkiocGetBlockCount)
	if err != nil {
		return 0, fmt.Errorf("DKIOCGETBLOCKCOUNT: %w", err)
	}
	return int64(size&0xffffffff) * int64(count), nil
}

func isBusy(err error) bool { return errors.Is(err, unix.EBUSY) }

// forget turns the cache off for this file: what is read next comes from the medium (fcntl(2)).
func forget(f *os.File) error {
	if _, err := unix.FcntlInt(f.Fd(), unix.F_NOCACHE, 1); err != nil {
		return fmt.Errorf("F_NOCACHE: %w", err)
	}
	return nil
}
