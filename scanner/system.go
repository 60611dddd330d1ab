package scanner

import (
	"io"
	"time"
)

// System is what Auto needs of the operating system. It is safe for concurrent use.
type System interface {
	// Nodes lists the device files that may be scanners'.
	Nodes() ([]Node, error)
	// Find is the node of a configured path, which may be a symbolic link, as
	// those below /dev/input/by-id. A file that is no input device is taken for
	// a serial port. The error is fs.ErrNotExist while nothing is there.
	Find(path string) (Node, error)
	// OpenKeys opens an event node.
	OpenKeys(path string) (KeysPort, error)
	// OpenSerial opens a serial port: raw, 8 bits, no parity, one stop bit, no
	// flow control, baud bit/s, for this process alone.
	OpenSerial(path string, baud int) (SerialPort, error)
}

// KeysPort is an open event node.
type KeysPort interface {
	// Describe is who answers at the open node: name (EVIOCGNAME), phys
	// (EVIOCGPHYS) and id (EVIOCGID).
	Describe() (name, phys string, id InputID, err error)
	// Grab keeps the events from everyone else (EVIOCGRAB), the console included.
	Grab() error
	// ReadEvents waits for events. Close ends it.
	ReadEvents() ([]Event, error)
	io.Closer
}

// SerialPort is an open serial port. SetDeadline wakes a Read or Write under way.
type SerialPort interface {
	io.ReadWriteCloser
	SetDeadline(time.Time) error
}
