package slots

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// blkFlushBuffers is BLKFLSBUF of linux/fs.h: write back and drop a block device's cache.
const blkFlushBuffers = 0x1261

// BlockDevice is a card of the machine, or a file that stands for one.
type BlockDevice struct{ *os.File }

var _ Disk = BlockDevice{}

// OpenDisk opens a card, such as /dev/mmcblk0.
func OpenDisk(path string) (BlockDevice, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return BlockDevice{}, fmt.Errorf("open the card: %w", err)
	}
	return BlockDevice{f}, nil
}

// Forget implements Disk.
func (d BlockDevice) Forget() error {
	fd := int(d.Fd())
	err := unix.IoctlSetInt(fd, blkFlushBuffers, 0)
	if errors.Is(err, unix.ENOTTY) || errors.Is(err, unix.EINVAL) { // a file
		err = unix.Fadvise(fd, 0, 0, unix.FADV_DONTNEED)
	}
	if err != nil {
		return fmt.Errorf("drop the card's cache: %w", err)
	}
	return nil
}
