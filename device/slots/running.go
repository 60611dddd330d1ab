package slots

import (
	"encoding/binary"
	"strconv"
	"strings"
	"time"

	"till/boards/piboot"
)

// Running is the slot that this system was booted from, or 0 where that is not known.
//
// The firmware says it in the device tree, as a big-endian number of 32 bits
// (raspberrypi/documentation, configuration/device-tree.adoc, "bootloader").
// Firmware of the boards before the Pi 4 may leave it out. Where nothing plays
// the firmware, as under QEMU, till.slot= on the kernel's command line says it.
func Running(readFile func(string) ([]byte, error)) int {
	if line, err := readFile("/proc/cmdline"); err == nil {
		for word := range strings.FieldsSeq(string(line)) {
			if value, ok := strings.CutPrefix(word, "till.slot="); ok {
				if n, err := strconv.Atoi(value); err == nil && piboot.IsSlot(n) {
					return n
				}
			}
		}
	}
	raw, err := readFile("/proc/device-tree/chosen/bootloader/partition")
	if err != nil || len(raw) != 4 {
		return 0
	}
	if n := binary.BigEndian.Uint32(raw); n < 16 && piboot.IsSlot(int(n)) {
		return int(n)
	}
	return 0
}

// Uptime is how long ago the system was booted; ok is false where that cannot be read.
func Uptime(readFile func(string) ([]byte, error)) (up time.Duration, ok bool) {
	raw, err := readFile("/proc/uptime")
	if err != nil {
		return 0, false
	}
	seconds, _, _ := strings.Cut(string(raw), " ")
	up, err = time.ParseDuration(seconds + "s")
	return up, err == nil && up >= 0
}
