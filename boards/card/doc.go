// Package card makes the image of a memory card for a board, and reads one.
//
//	partition 1  FAT   8 MiB  bootcode.bin, autoboot.txt, site.toml
//	partition 2  FAT  80 MiB  slot A: firmware, kernel, device trees, initramfs, config.txt, cmdline.txt
//	partition 3  FAT  80 MiB  slot B: the same
//	partition 4  ext4 16 MiB  data; grown to the card's end at the first boot
//
// The same Recipe gives the same bytes on every machine: all times, serial
// numbers and UUIDs are fixed, files go in the order of their names, and no
// tool of the machine's is used. The data partition begins as an ext4 made
// beforehand (data.ext4.gz, by scripts/make-data-ext4).
//
// What the firmware looks for is in boards (Image) and boards/piboot.
package card

import (
	"time"

	"till/boards/piboot"
)

const mib = 1 << 20

// Where the partitions lie, in bytes. The first begins at 4 MiB, where cards
// themselves come from the factory with theirs: their own blocks are that large.
const (
	firstStart = 4 * mib
	firstSize  = 8 * mib
	// SlotSize is a slot's. About 57 MiB are in use: the rest is for what the
	// kernel and till grow by in a card's life.
	SlotSize = 80 * mib
	dataSize = 16 * mib

	// ImageSize is the whole image's, in bytes.
	ImageSize = firstStart + firstSize + 2*SlotSize + dataSize
)

// Types in the partition table.
const (
	// Said of FAT16 too: gokrazy's cards have it so and boot on all of these boards.
	typeFAT   = 0x0c
	typeLinux = 0x83
)

type partition struct {
	number      int
	kind        byte
	start, size int64
}

func layout() []partition {
	return []partition{
		{piboot.BootPartition, typeFAT, firstStart, firstSize},
		{piboot.SlotA, typeFAT, firstStart + firstSize, SlotSize},
		{piboot.SlotB, typeFAT, firstStart + firstSize + SlotSize, SlotSize},
		{piboot.DataPartition, typeLinux, firstStart + firstSize + 2*SlotSize, dataSize},
	}
}

// Identities, the same on every card: nothing looks for a card by them.
const (
	diskID  = 0x7111_ca4d
	firstID = 0x7111_0001
	slotID  = 0x7111_0002
)

// fixedTime is when every file of an image is from.
func fixedTime() time.Time { return time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC) }

// SiteFile is in the root of partition 1: the site's settings, in the form of
// the terminal's own configuration file.
const SiteFile = "site.toml"

// TrustFile is in the initramfs: whom the system trusts for releases.
const TrustFile = "etc/till/root.json"

// Names in a slot.
const (
	kernelFile    = "vmlinuz"
	initramfsFile = "initramfs.gz"
	configFile    = "config.txt"
	cmdlineFile   = "cmdline.txt"
	overlayFolder = "overlays"
)
