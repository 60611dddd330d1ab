package device

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"till/boards"
)

// Health is how the machine is.
type Health struct {
	// MilliCelsius is the processor's temperature in thousandths of a degree;
	// Warm is false where it is not known.
	MilliCelsius int
	Warm         bool
	UnderVoltage bool // now: the supply or its cable is too weak
	WasUnder     bool // since the board was switched on
	Throttled    bool // now: slowed down, for heat or voltage
	// DiskFree and DiskSize are of the disk with the terminal's data, in bytes;
	// DiskSize is 0 where they are not known.
	DiskFree, DiskSize uint64
}

// HealthTrouble is a word for something that a technician has to see to.
type HealthTrouble string

// What can be wrong with a machine.
const (
	TroubleHot          HealthTrouble = "hot"
	TroubleUnderVoltage HealthTrouble = "under_voltage"
	TroubleThrottled    HealthTrouble = "throttled"
	TroubleDisk         HealthTrouble = "disk"
)

const (
	hotFrom   = 80_000   // m°C: the firmware slows the processor down from 80 °C on
	diskLeast = 64 << 20 // bytes: the journal's next segments need room
)

// Troubles lists what is wrong, nothing if all is well.
func (h Health) Troubles() []HealthTrouble {
	var all []HealthTrouble
	for _, t := range []struct {
		is   bool
		what HealthTrouble
	}{
		{h.Warm && h.MilliCelsius >= hotFrom, TroubleHot},
		{h.UnderVoltage, TroubleUnderVoltage},
		{h.Throttled, TroubleThrottled},
		{h.DiskSize > 0 && h.DiskFree < diskLeast, TroubleDisk},
	} {
		if t.is {
			all = append(all, t.what)
		}
	}
	return all
}

// HealthFiles is where health is read from: the machine's, or a test's.
type HealthFiles struct {
	ReadFile func(path string) ([]byte, error)
	Glob     func(pattern string) ([]string, error)
	// Disk is the free bytes for us and the size of the disk that path is on.
	Disk func(path string) (free, size uint64, err error)
}

// SystemHealth is this machine's.
func SystemHealth() HealthFiles {
	return HealthFiles{ReadFile: os.ReadFile, Glob: filepath.Glob, Disk: diskSpace}
}

// Bits of the firmware's get_throttled (raspberrypi/documentation,
// computers/os.html, "get_throttled").
const (
	bitUnderVoltage = 1 << 0
	bitThrottled    = 1 << 2
	bitWasUnder     = 1 << 16
)

// Read finds out how the machine is. What cannot be found out is left out.
func (f HealthFiles) Read(from boards.Health, data string) Health {
	var h Health
	for _, path := range from.Temperature {
		if v, err := f.number(path, 10); err == nil {
			h.MilliCelsius, h.Warm = int(v), true
			break
		}
	}
	for _, path := range from.Throttled {
		if bits, err := f.number(path, 16); err == nil {
			h.UnderVoltage, h.Throttled, h.WasUnder = bits&bitUnderVoltage != 0, bits&bitThrottled != 0, bits&bitWasUnder != 0
			break
		}
	}
	for _, pattern := range from.UnderVoltage {
		paths, _ := f.Glob(pattern) // fails for a bad pattern only, and boards' are tested
		for _, path := range paths {
			if v, err := f.number(path, 10); err == nil && v != 0 {
				h.UnderVoltage = true
			}
		}
	}
	if free, size, err := f.Disk(data); err == nil {
		h.DiskFree, h.DiskSize = free, size
	}
	return h
}

func (f HealthFiles) number(path string, base int) (int64, error) {
	raw, err := f.ReadFile(path)
	if err != nil {
		return 0, err
	}
	if len(raw) > 64 {
		return 0, errors.New("too long for a number")
	}
	text := strings.TrimPrefix(strings.TrimSpace(string(raw)), "0x")
	v, err := strconv.ParseInt(text, base, 64)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	return v, nil
}

// DiskFree is how many bytes the disk that path is on has left.
func DiskFree(path string) (uint64, error) {
	free, _, err := diskSpace(path)
	return free, err
}
