package scanner

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// OpenSerial opens a serial port.
func (l linux) OpenSerial(path string, baud int) (SerialPort, error) {
	file, err := openDevice(path, unix.O_RDWR)
	if err != nil {
		return nil, err
	}
	if err := setRaw(file, baud); err != nil {
		return nil, errors.Join(fmt.Errorf("set up %s: %w", path, err), file.Close())
	}
	_ = ioctlInt(file, unix.TIOCEXCL, 0) // what opens it too would steal bytes; a pseudo-terminal may refuse
	return file, nil
}

// setRaw sets raw 8N1 without flow control, at any speed (BOTHER), and throws
// away what came before.
func setRaw(file *os.File, baud int) error {
	return control(file, func(fd uintptr) error {
		t, err := unix.IoctlGetTermios(int(fd), unix.TCGETS2)
		if err != nil {
			return fmt.Errorf("read its settings, is it a serial port?: %w", err)
		}
		t.Iflag = unix.IGNBRK
		t.Oflag = 0
		t.Lflag = 0
		t.Cflag = unix.CS8 | unix.CREAD | unix.CLOCAL | unix.BOTHER // no HUPCL: closing drops no DTR
		t.Ispeed, t.Ospeed = uint32(baud), uint32(baud)
		t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
		if err := unix.IoctlSetTermios(int(fd), unix.TCSETS2, t); err != nil {
			return fmt.Errorf("set it to %d bit/s: %w", baud, err)
		}
		return unix.IoctlSetInt(int(fd), unix.TCFLSH, unix.TCIFLUSH)
	})
}
