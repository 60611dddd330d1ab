//go:build !linux

package slots

import (
	"errors"
	"os"
)

// BlockDevice is a card of the machine; only Linux has one here.
type BlockDevice struct{ *os.File }

var _ Disk = BlockDevice{}

// OpenDisk opens a card.
func OpenDisk(string) (BlockDevice, error) {
	return BlockDevice{}, errors.New("open the card: only Linux runs from a card in slots")
}

// Forget implements Disk.
func (d BlockDevice) Forget() error { return nil }
