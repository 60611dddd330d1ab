// Package piboot says what a Raspberry Pi's firmware boots from a card in slots:
//
//	partition 1  FAT   bootcode.bin, autoboot.txt
//	partition 2  FAT   slot A: firmware, kernel, device trees, initramfs, config.txt
//	partition 3  FAT   slot B: likewise
//	partition 4  ext4  data
//
// It is the model that tests and the emulated Pi boot by, and the one place
// that reads and changes autoboot.txt.
//
// Facts about the firmware are from raspberrypi/documentation:
// config_txt/autoboot.adoc (autoboot.txt), raspberry-pi/bootflow-eeprom.adoc and
// bootflow-legacy.adoc (partitions and files), configuration/device-tree.adoc
// (/chosen/bootloader).
package piboot

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// SectorSize is a card's, in bytes.
const SectorSize = 512

// The partitions of a card in slots.
const (
	BootPartition = 1
	SlotA         = 2
	SlotB         = 3
	DataPartition = 4
)

// OtherSlot is the slot that is not this one.
func OtherSlot(slot int) int { return SlotA + SlotB - slot }

// IsSlot says whether the partition is one of the two slots.
func IsSlot(partition int) bool { return partition == SlotA || partition == SlotB }

// Extent is a run of bytes on a card.
type Extent struct{ Offset, Size int64 }

// Partitions reads the four entries of a card's MBR; partition n is at n-1, and
// one that is not there has size 0.
func Partitions(card io.ReaderAt) ([4]Extent, error) {
	var all [4]Extent
	sector := make([]byte, SectorSize)
	if _, err := card.ReadAt(sector, 0); err != nil {
		return all, fmt.Errorf("read the partition table: %w", err)
	}
	if sector[510] != 0x55 || sector[511] != 0xAA {
		return all, errors.New("read the partition table: there is none in the card's first sector")
	}
	for i := range all {
		entry := sector[446+16*i:]
		if entry[4] == 0 {
			continue
		}
		all[i] = Extent{
			Offset: int64(binary.LittleEndian.Uint32(entry[8:])) * SectorSize,
			Size:   int64(binary.LittleEndian.Uint32(entry[12:])) * SectorSize,
		}
	}
	return all, nil
}

// Needs is what a board's firmware looks for, by file name.
type Needs struct {
	First []string // in partition 1: what the boot ROM or EEPROM starts with
	Slot  []string // in the slot, besides config.txt and what that names
}

// Choice is what a firmware would boot.
type Choice struct {
	Partition int
	Slot      *FAT
	// Kernel and Initramfs are the files that config.txt names; Initramfs is "" without one.
	Kernel, Initramfs string
}

// ErrDead is a card that a Pi does not boot: it needs a technician.
var ErrDead = errors.New("the card does not boot")

// Boot is what a Pi makes of a card. tryboot is the one-shot flag that a
// restart with "0 tryboot" sets, and that every start clears: after a power
// cut it is false.
func Boot(card io.ReaderAt, needs Needs, tryboot bool) (Choice, error) {
	c, err := boot(card, needs, tryboot)
	if err != nil {
		return c, fmt.Errorf("%w: %w", ErrDead, err)
	}
	return c, nil
}

func boot(card io.ReaderAt, needs Needs, tryboot bool) (Choice, error) {
	parts, err := Partitions(card)
	if err != nil {
		return Choice{}, err
	}
	first, err := OpenFAT(card, parts[BootPartition-1])
	if err != nil {
		return Choice{}, fmt.Errorf("partition %d: %w", BootPartition, err)
	}
	if err := first.has(needs.First...); err != nil {
		return Choice{}, fmt.Errorf("partition %d: %w", BootPartition, err)
	}
	text, err := first.ReadFile(AutobootFile, MaxAutoboot)
	if err != nil {
		return Choice{}, fmt.Errorf("partition %d: %w", BootPartition, err)
	}
	auto, err := ParseAutoboot(text)
	if err != nil {
		return Choice{}, err
	}
	c := Choice{Partition: auto.Partition}
	if tryboot {
		c.Partition = auto.Try
	}
	if c.Partition < 1 || c.Partition > len(parts) {
		return c, fmt.Errorf("autoboot.txt names partition %d", c.Partition)
	}
	if c.Slot, err = OpenFAT(card, parts[c.Partition-1]); err != nil {
		return c, fmt.Errorf("partition %d: %w", c.Partition, err)
	}
	config, err := c.Slot.ReadFile("config.txt", maxConfigText)
	if err != nil {
		return c, fmt.Errorf("partition %d: %w", c.Partition, err)
	}
	c.Kernel, c.Initramfs = bootFiles(config)
	names := append([]string{c.Kernel}, needs.Slot...)
	if c.Initramfs != "" {
		names = append(names, c.Initramfs)
	}
	if err := c.Slot.has(names...); err != nil {
		return c, fmt.Errorf("partition %d: %w", c.Partition, err)
	}
	return c, nil
}
