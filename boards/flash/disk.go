package flash

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Open opens a device for Write, alone: it fails where somebody has it mounted,
// unless force is set.
func Open(name string, force bool) (Disk, error) {
	f, err := openDevice(name, force)
	if err != nil {
		return nil, openFault(name, err)
	}
	size, err := deviceSize(f)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("ask for the size of %s: %w", name, err), f.Close())
	}
	return &device{f, size}, nil
}

// OpenFile opens an ordinary file for Write. One with nothing in it takes any image.
func OpenFile(name string) (Disk, error) {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return nil, openFault(name, err)
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("ask for the size of %s: %w", name, err), f.Close())
	}
	if size == 0 {
		size = 1<<63 - 1
	}
	return &device{f, size}, nil
}

// openFault says what to do about a disk that does not open.
func openFault(name string, err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: only root may write disks: run it with sudo", err)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s is %w: put the card in; with no -disk till flash lists what is there", name, ErrNotThere)
	case isBusy(err):
		return fmt.Errorf("%s is %w, or another program writes it: unmount it first", name, ErrMounted)
	}
	return err
}

type device struct {
	*os.File
	size int64
}

var _ Disk = (*device)(nil)

func (d *device) Size() int64   { return d.size }
func (d *device) Forget() error { return forget(d.File) }
