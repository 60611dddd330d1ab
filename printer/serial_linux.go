package printer

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// setLine sets a serial port raw, 8N1, at o's speed (any: BOTHER) and flow
// control, throws away what came before, and lets go of what an earlier XOFF
// held up. The error wraps ENOTTY where the file is no serial port.
func setLine(file *os.File, o Options) error {
	baud, flow := o.Baud, o.Flow
	if baud == 0 {
		baud = DefaultBaud
	}
	if flow == "" {
		flow = FlowXON
	}
	return control(file, func(fd uintptr) error {
		t, err := unix.IoctlGetTermios(int(fd), unix.TCGETS2)
		if err != nil {
			return fmt.Errorf("read the port's settings: %w", err)
		}
		t.Iflag = unix.IGNBRK
		t.Oflag = 0 // no "\n" becomes "\r\n" within a picture
		t.Lflag = 0
		t.Cflag = unix.CS8 | unix.CREAD | unix.CLOCAL | unix.BOTHER // no HUPCL: closing drops no DTR, which resets some printers
		switch flow {
		case FlowXON:
			t.Iflag |= unix.IXON
			t.Cc[unix.VSTART], t.Cc[unix.VSTOP] = 0x11, 0x13
		case FlowRTS:
			t.Cflag |= unix.CRTSCTS
		}
		t.Ispeed, t.Ospeed = uint32(baud), uint32(baud)
		t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
		if err := unix.IoctlSetTermios(int(fd), unix.TCSETS2, t); err != nil {
			return fmt.Errorf("set the port to %d bit/s: %w", baud, err)
		}
		_ = unix.IoctlSetInt(int(fd), unix.TIOCEXCL, 0)        // another program's bytes would tear a receipt; a pseudo-terminal may refuse
		_ = unix.IoctlSetInt(int(fd), unix.TCXONC, unix.TCOON) // as is the default
		if err := unix.IoctlSetInt(int(fd), unix.TCFLSH, unix.TCIOFLUSH); err != nil {
			return fmt.Errorf("empty the port: %w", err)
		}
		return nil
	})
}
