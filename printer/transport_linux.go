package printer

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// file is a printer at a device file: usblp, which is the USB printer class as
// the kernel has it, or a serial port. It is opened non-blocking and waited for
// by the runtime's poller, so deadlines hold also in the middle of a write, and
// a write that was cut short says how far it came.
type file struct {
	*os.File
	serial bool
	close  func() error
}

// openDevice opens a printer's device file.
func openDevice(path string, o Options) (Transport, error) {
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		err = &fs.PathError{Op: "open", Path: path, Err: err}
		if errors.Is(err, unix.EBUSY) {
			return nil, fmt.Errorf("%w: is another program printing?", err)
		}
		return nil, err
	}
	f := &file{File: os.NewFile(uintptr(fd), path)}
	f.close = sync.OnceValue(f.shut)
	if err := f.SetDeadline(time.Time{}); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: it is no device that can be waited for: %w", path, err), f.File.Close())
	}
	switch err := setLine(f.File, o); {
	case err == nil:
		f.serial = true
	case errors.Is(err, unix.ENOTTY): // no serial port: usblp
	default:
		return nil, errors.Join(fmt.Errorf("set up %s: %w", path, err), f.File.Close())
	}
	return f, nil
}

// Read waits for an answer. An empty read of usblp is a printer that has nothing
// to say (python-escpos #143), which os.File takes for the end of a file; of a
// serial port it is the end: the cable was pulled.
func (f *file) Read(b []byte) (int, error) {
	n, err := f.File.Read(b)
	if errors.Is(err, io.EOF) {
		if !f.serial {
			return n, nil
		}
		err = ErrGone
	}
	return n, whyGone(err)
}

func (f *file) Write(b []byte) (int, error) {
	n, err := f.File.Write(b)
	return n, whyGone(err)
}

// whyGone adds ErrGone to the errors of a device that was unplugged.
func whyGone(err error) error {
	for _, errno := range []error{unix.ENODEV, unix.ENXIO, unix.EIO, unix.ESHUTDOWN, unix.EPIPE} {
		if errors.Is(err, errno) {
			return fmt.Errorf("%w: %w", ErrGone, err)
		}
	}
	return err
}

// Close gives a serial port's last bytes the time they need, and no more: the
// kernel itself would wait up to 30 s for a printer that holds them up.
func (f *file) Close() error { return f.close() }

const (
	lastBytes = 2 * time.Second // 2 kB at 9600 bit/s
	lastStep  = 20 * time.Millisecond
	lastStuck = 200 * time.Millisecond // without a byte taken it is stuck
)

func (f *file) shut() error {
	if f.serial {
		f.drain()
	}
	return f.File.Close()
}

func (f *file) drain() {
	queued := func() (n int) {
		_ = control(f.File, func(fd uintptr) (err error) { // what is gone has nothing queued
			n, err = unix.IoctlGetInt(int(fd), unix.TIOCOUTQ)
			return err
		})
		return n
	}
	begin := time.Now()
	moved, left := begin, queued()
	for left > 0 && time.Since(begin) < lastBytes && time.Since(moved) < lastStuck {
		time.Sleep(lastStep)
		if now := queued(); now != left {
			moved, left = time.Now(), now
		}
	}
	if left > 0 {
		_ = control(f.File, func(fd uintptr) error { // so that close does not wait for what nobody takes
			return unix.IoctlSetInt(int(fd), unix.TCFLSH, unix.TCOFLUSH)
		})
	}
}

// control runs do with the descriptor. DANGER: File.Fd would make it blocking.
func control(file *os.File, do func(fd uintptr) error) error {
	conn, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := conn.Control(func(fd uintptr) { failed = do(fd) }); err != nil {
		return err
	}
	return failed
}

var (
	_ Transport  = (*file)(nil)
	_ Identified = withIdentity{}
)
