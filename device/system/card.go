package system

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The card's partitions by number.
const (
	bootPartition = 1 // FAT: bootcode.bin, autoboot.txt, SiteFile
	slotA         = 2 // FAT: firmware, kernel, initramfs
	slotB         = 3
	dataPartition = 4 // ext4
)

// Card is the disk that the machine was booted from.
type Card struct {
	Disk    string // as /dev/mmcblk0; "" where the data is elsewhere and no card is there
	Data    string // device of the data partition; DataNone: memory
	Slot    int    // number of the partition it was booted from; 0: nobody said
	Tryboot bool   // this boot is a trial of that slot
}

// Boot is the device of the first partition, "" without a card.
func (c Card) Boot() string {
	if c.Disk == "" {
		return ""
	}
	return partitionPath(c.Disk, bootPartition)
}

// partitionPath is the device of a disk's partition: sda4, but mmcblk0p4.
func partitionPath(disk string, n int) string {
	if last := disk[len(disk)-1]; last >= '0' && last <= '9' {
		return disk + "p" + strconv.Itoa(n)
	}
	return disk + strconv.Itoa(n)
}

const (
	// A card's controller, or a USB disk, may be found after us.
	cardWait = 15 * time.Second
	cardLook = 50 * time.Millisecond
)

func (s *System) findCard(ctx context.Context) error {
	c := Card{Slot: s.parameters.Slot, Tryboot: s.parameters.Tryboot, Data: s.parameters.Data}
	// The firmware's word, in the device tree's big-endian 32 bits
	// (raspberrypi/documentation, configuration/device-tree.adoc: chosen/bootloader).
	if n, err := s.treeWord("partition"); err == nil && c.Slot == 0 {
		c.Slot = n
	}
	if n, err := s.treeWord("tryboot"); err == nil && n != 0 {
		c.Tryboot = true
	}
	deadline := time.Now().Add(cardWait)
	for {
		var err error
		switch c.Data {
		case "":
			if c.Disk, err = s.lookForCard(); err == nil {
				c.Data = partitionPath(c.Disk, dataPartition)
			}
		case DataNone:
		default:
			_, err = os.Stat(s.path(c.Data))
		}
		if err == nil {
			s.card = c
			s.log.Info("card", "disk", c.Disk, "data", c.Data, "slot", c.Slot, "tryboot", c.Tryboot)
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("after %v: %w", cardWait, err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(cardLook):
		}
	}
}

func (s *System) treeWord(name string) (int, error) {
	raw, err := readSmall(s.path(filepath.Join("/proc/device-tree/chosen/bootloader", name)))
	if err != nil {
		return 0, err
	}
	if len(raw) != 4 {
		return 0, fmt.Errorf("%s has %d bytes, not 4", name, len(raw))
	}
	return int(binary.BigEndian.Uint32(raw)), nil
}

// blockFolder has a folder for every disk and every partition.
const blockFolder = "/sys/class/block"

// diskKinds are where a card may be, the likelier first: with two, the one in
// the board's own slot is ours.
var diskKinds = []string{"mmcblk", "nvme", "sd", "vd"}

func (s *System) lookForCard() (string, error) {
	all, err := os.ReadDir(s.path(blockFolder))
	if err != nil {
		return "", fmt.Errorf("list the disks: %w", err)
	}
	var disks []string
	for _, kind := range diskKinds {
		for _, e := range all {
			if _, err := os.Stat(s.path(filepath.Join(blockFolder, e.Name(), "partition"))); err != nil && strings.HasPrefix(e.Name(), kind) {
				disks = append(disks, e.Name())
			}
		}
	}
	var faults []error
	for _, name := range disks {
		sector, err := s.firstSector("/dev/" + name)
		var t Table
		if err == nil {
			t, err = ParseTable(sector)
		}
		switch {
		case err != nil:
			faults = append(faults, fmt.Errorf("%s: %w", name, err))
		case !t.isCard():
			faults = append(faults, fmt.Errorf("%s has other partitions than a card of till's", name))
		default:
			// The partitions' devices come after the disk's.
			data := partitionPath("/dev/"+name, dataPartition)
			if _, err := os.Stat(s.path(data)); err != nil {
				return "", err
			}
			return "/dev/" + name, nil
		}
	}
	return "", errors.Join(slices.Concat([]error{errors.New("no card of till's is there")}, faults)...)
}

func (s *System) firstSector(disk string) ([]byte, error) {
	f, err := os.Open(s.path(disk))
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	sector := make([]byte, sectorSize)
	if _, err := f.ReadAt(sector, 0); err != nil {
		return nil, fmt.Errorf("read the partition table: %w", err)
	}
	return sector, nil
}

// maxSite bounds SiteFile, in bytes, as the terminal's own configuration.
const maxSite = 256 << 10

// readSite reads the settings that were put on the first partition when the
// card was written.
func (s *System) readSite(context.Context) (err error) {
	boot := s.card.Boot()
	if boot == "" {
		return nil
	}
	target := s.path(bootFolder)
	if err := s.makeFolder(target); err != nil {
		return err
	}
	if err := s.Kernel.Mount(s.path(boot), target, "vfat", ReadOnly|NoSuid|NoExec|NoDev, "codepage=437,iocharset=ascii"); err != nil {
		return fmt.Errorf("mount the first partition: %w", err)
	}
	defer func() { err = errors.Join(err, s.Kernel.Unmount(target)) }()
	raw, err := readUpTo(filepath.Join(target, SiteFile), maxSite)
	if errors.Is(err, fs.ErrNotExist) {
		s.log.Info("no settings of the site on the card", "file", SiteFile)
		return nil
	} else if err != nil {
		return fmt.Errorf("read %s: %w", SiteFile, err)
	}
	s.machine.Site = raw
	return nil
}

// growPartition makes the data partition reach to the card's end: first in the
// table, by one sector, then in the kernel's mind. Cut anywhere, the next boot
// goes on where it was.
func (s *System) growPartition(context.Context) error {
	if s.card.Disk == "" {
		return nil
	}
	sectors, err := s.blockNumber(s.card.Disk, "size")
	if err != nil {
		return err
	}
	sector, err := s.firstSector(s.card.Disk)
	if err != nil {
		return err
	}
	grown, change, err := Grow(sector, sectors)
	if err != nil {
		return err
	}
	if change {
		if err := s.writeFirstSector(s.card.Disk, grown); err != nil {
			return err
		}
	}
	t, err := ParseTable(grown)
	if err != nil {
		return err
	}
	data := t[dataPartition-1]
	known, err := s.blockNumber(s.card.Data, "size")
	if err != nil {
		return err
	}
	if known >= data.Count {
		return nil
	}
	s.log.Info("the data partition grows", "from_mib", known*sectorSize>>20, "to_mib", data.Count*sectorSize>>20)
	if err := s.Kernel.ResizePartition(s.path(s.card.Disk), dataPartition, data.Start*sectorSize, data.Count*sectorSize); err != nil {
		return fmt.Errorf("tell the kernel of the partition's size: %w", err)
	}
	return nil
}

// writeFirstSector writes the partition table. A card writes a sector whole or
// not at all.
func (s *System) writeFirstSector(disk string, sector []byte) (err error) {
	f, err := os.OpenFile(s.path(disk), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.WriteAt(sector, 0); err != nil {
		return fmt.Errorf("write the partition table: %w", err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("write the partition table: %w", err)
	}
	return nil
}

// blockNumber reads a number that the kernel tells of a disk or partition.
func (s *System) blockNumber(device, name string) (int64, error) {
	raw, err := readSmall(s.path(filepath.Join(blockFolder, filepath.Base(device), name)))
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(raw)), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s of %s: %w", name, device, err)
	}
	return n, nil
}

// mountData mounts the data partition; the kernel plays back its journal.
func (s *System) mountData(context.Context) error {
	target := s.path(DataFolder)
	if err := s.makeFolder(target); err != nil {
		return err
	}
	if s.card.Data == DataNone {
		s.log.Warn("the data is in memory: it is lost when this ends")
		if err := s.Kernel.Mount("tmpfs", target, "tmpfs", NoSuid|NoExec|NoDev, "mode=0755"); err != nil {
			return fmt.Errorf("mount memory for the data: %w", err)
		}
	} else {
		if fs, err := s.superblock(); err != nil {
			s.log.Error("the data partition", "err", err)
		} else if fs.Errors {
			s.log.Error("the data partition: the kernel found errors in it earlier; copy the journal off this card and write it anew")
		}
		err := s.Kernel.Mount(s.path(s.card.Data), target, "ext4", NoSuid|NoExec|NoDev|NoAtime, "")
		if err != nil {
			return fmt.Errorf("mount %s: %w", s.card.Data, err)
		}
	}
	s.mounted = true
	for _, folder := range []string{TerminalFolder, ownFolder} {
		if err := os.MkdirAll(s.path(folder), 0o700); err != nil {
			return err
		}
	}
	return nil
}

func (s *System) superblock() (ext4, error) {
	f, err := os.Open(s.path(s.card.Data))
	if err != nil {
		return ext4{}, err
	}
	defer func() { _ = f.Close() }() // it was only read
	super := make([]byte, superblockSize)
	if _, err := f.ReadAt(super, superblockAt); err != nil {
		return ext4{}, fmt.Errorf("read the superblock: %w", err)
	}
	return parseExt4(super)
}

// growFileSystem makes the mounted file system fill its partition.
func (s *System) growFileSystem(context.Context) error {
	if s.card.Disk == "" {
		return nil
	}
	have, err := s.superblock()
	if err != nil {
		return err
	}
	sectors, err := s.blockNumber(s.card.Data, "size")
	if err != nil {
		return err
	}
	want := uint64(sectors * sectorSize / have.BlockSize)
	if want <= have.Blocks {
		return nil
	}
	if err := s.Kernel.GrowFileSystem(s.path(DataFolder), want); err != nil {
		return fmt.Errorf("grow from %d to %d blocks of %d bytes: %w", have.Blocks, want, have.BlockSize, err)
	}
	// A rest that is too small for a group of blocks is left, so this may be nothing.
	if now, err := s.superblock(); err == nil && now.Blocks != have.Blocks {
		s.log.Info("the data's file system grew", "from_mib", have.Blocks*uint64(have.BlockSize)>>20, "to_mib", now.Blocks*uint64(now.BlockSize)>>20)
	}
	return nil
}
