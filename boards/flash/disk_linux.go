package flash

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// openDevice opens a block device. O_EXCL without O_CREAT is for block devices
// on Linux: it fails if anything has it mounted (open(2)).
func openDevice(name string, force bool) (*os.File, error) {
	flags := os.O_RDWR
	if !force {
		flags |= unix.O_EXCL
	}
	return os.OpenFile(name, flags, 0)
}

func deviceSize(f *os.File) (int64, error) { return f.Seek(0, io.SeekEnd) }

func isBusy(err error) bool { return errors.Is(err, unix.EBUSY) }

// forget drops the pages of a file or device that was synced. BLKFLSBUF takes
// those of a device that others hold open too (Linux, block/ioctl.c).
func forget(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Mode()&os.ModeDevice != 0 {
		if err := unix.IoctlSetInt(int(f.Fd()), unix.BLKFLSBUF, 0); err != nil {
			return fmt.Errorf("BLKFLSBUF: %w", err)
		}
	}
	if err := unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED); err != nil {
		return fmt.Errorf("fadvise: %w", err)
	}
	return nil
}
