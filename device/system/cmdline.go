package system

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// Parameters are the system's own on the kernel's command line. The kernel
// leaves words with a dot alone.
type Parameters struct {
	Watchdog bool   // till.watchdog=off: it is never armed. QEMU's Pi is reset by arming it
	Data     string // till.data=/dev/vda1 is where the data is, instead of the card's fourth partition; DataNone: in memory
	Slot     int    // till.slot=2 is the partition this was booted from, where no firmware says so; 0: it says so
	Tryboot  bool   // till.tryboot=1: likewise, that this boot is a trial
	Network  bool   // till.network=off: none is brought up
}

// DataNone is the value of till.data that keeps data in memory: all is lost at
// the end.
const DataNone = "none"

const (
	prefix       = "till."
	maxParameter = 256     // bytes of a value
	maxSmallFile = 8 << 10 // bytes of a file of the kernel's
)

// ParseCommandLine reads what is ours. A parameter that it does not know, or
// with a bad value, is in the error; what it does know counts all the same.
func ParseCommandLine(line string) (Parameters, error) {
	p := Parameters{Watchdog: true, Network: true}
	var faults []error
	for _, word := range strings.Fields(line) {
		key, value, _ := strings.Cut(word, "=")
		name, ours := strings.CutPrefix(key, prefix)
		if !ours {
			continue
		}
		if err := p.take(name, value); err != nil {
			faults = append(faults, fmt.Errorf("%.40q: %w", word, err))
		}
	}
	return p, errors.Join(faults...)
}

func (p *Parameters) take(name, value string) (err error) {
	if len(value) > maxParameter {
		return fmt.Errorf("longer than %d bytes", maxParameter)
	}
	switch name {
	case "watchdog":
		return onOff(&p.Watchdog, value)
	case "network":
		return onOff(&p.Network, value)
	case "tryboot":
		return onOff(&p.Tryboot, value)
	case "data":
		if value != DataNone && !strings.HasPrefix(value, "/dev/") {
			return errors.New("want a device as /dev/vda1, or none")
		}
		p.Data = value
	case "slot":
		n, err := strconv.Atoi(value)
		if err != nil || n != slotA && n != slotB {
			return fmt.Errorf("want %d or %d", slotA, slotB)
		}
		p.Slot = n
	default:
		return errors.New("unknown parameter")
	}
	return nil
}

func onOff(to *bool, value string) error {
	switch value {
	case "on", "1":
		*to = true
	case "off", "0":
		*to = false
	default:
		return errors.New("want on or off")
	}
	return nil
}

func (s *System) readCommandLine(context.Context) error {
	line, err := readSmall(s.path("/proc/cmdline"))
	if err != nil {
		return err
	}
	p, err := ParseCommandLine(string(line))
	if err != nil {
		s.log.Warn("command line", "err", err)
	}
	s.parameters = p
	return nil
}

// readSmall reads a file of the kernel's.
func readSmall(path string) ([]byte, error) { return readUpTo(path, maxSmallFile) }

// readUpTo reads a file that is no larger than most, in bytes.
func readUpTo(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	raw, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(raw)) > most {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, most)
	}
	return raw, nil
}
