package system

import (
	"encoding/binary"
	"testing"
)

func FuzzParseExt4(f *testing.F) {
	super := make([]byte, superblockSize)
	binary.LittleEndian.PutUint16(super[0x38:], ext4Magic)
	binary.LittleEndian.PutUint32(super[0x4:], 4096)
	binary.LittleEndian.PutUint32(super[0x18:], 2)
	f.Add(super)
	f.Fuzz(func(t *testing.T, raw []byte) {
		e, err := parseExt4(raw)
		if err == nil && (e.BlockSize < 1024 || e.BlockSize > 64<<10) {
			t.Errorf("block size %d", e.BlockSize)
		}
	})
}

func TestIDOfSerial(t *testing.T) {
	for raw, want := range map[string]string{
		"00000000DEADBEEF\x00": "till-deadbeef",
		"0000000000000000\x00": "", // QEMU's, and of boards without one
		"":                     "",
		"1234567":              "",
		"0000000/etc/shadow":   "",
	} {
		if got := idOfSerial([]byte(raw)); got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
}
