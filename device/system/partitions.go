package system

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The master boot record: four entries of 16 bytes at 446, 55 AA at 510.
const (
	sectorSize  = 512
	entriesAt   = 446
	entrySize   = 16
	signatureAt = 510
	typeLinux   = 0x83
)

// Partition is an entry of the master boot record, in sectors of 512 bytes.
type Partition struct {
	Type  byte // 0: the entry is empty
	Start int64
	Count int64
}

// End is the sector behind the partition.
func (p Partition) End() int64 { return p.Start + p.Count }

// Table is a master boot record's four partitions; the first is number 1.
type Table [4]Partition

// ParseTable reads a disk's first sector, and checks that its partitions do not
// overlap.
func ParseTable(sector []byte) (Table, error) {
	var t Table
	if len(sector) != sectorSize {
		return t, fmt.Errorf("a master boot record has %d bytes, not %d", sectorSize, len(sector))
	}
	if sector[signatureAt] != 0x55 || sector[signatureAt+1] != 0xAA {
		return t, errors.New("no master boot record: 55 AA is missing at its end")
	}
	for i := range t {
		e := sector[entriesAt+i*entrySize:][:entrySize]
		t[i] = Partition{e[4], int64(binary.LittleEndian.Uint32(e[8:])), int64(binary.LittleEndian.Uint32(e[12:]))}
		if t[i].Type == 0 {
			t[i] = Partition{}
			continue
		}
		if t[i].Start == 0 || t[i].Count == 0 {
			return t, fmt.Errorf("partition %d is empty, or begins at the table itself", i+1)
		}
		for j := range i {
			if t[j].Type != 0 && t[i].Start < t[j].End() && t[j].Start < t[i].End() {
				return t, fmt.Errorf("partitions %d and %d overlap", j+1, i+1)
			}
		}
	}
	return t, nil
}

// isCard says whether these are the partitions of a card of till's: a FAT to
// boot from, two FAT slots, and the data last.
func (t Table) isCard() bool {
	for _, p := range t[:3] {
		if !fatType(p.Type) {
			return false
		}
	}
	d := t[3]
	return d.Type == typeLinux && d.Start >= max(t[0].End(), t[1].End(), t[2].End())
}

func fatType(t byte) bool {
	switch t {
	case 0x01, 0x04, 0x06, 0x0B, 0x0C, 0x0E: // FAT12, FAT16, FAT32, by CHS and LBA
		return true
	}
	return false
}

// maxSectors is what an entry can count: 2 TiB. A larger card's rest is left.
const maxSectors = 1<<32 - 1

// Grow returns the sector with the fourth partition reaching to the end of a
// disk of so many sectors, and whether that is a change. Only the entry's four
// bytes for the count differ.
func Grow(sector []byte, sectors int64) ([]byte, bool, error) {
	t, err := ParseTable(sector)
	if err != nil {
		return nil, false, err
	}
	data := t[3]
	count := min(sectors-data.Start, maxSectors)
	count -= count % (1 << 20 / sectorSize) // whole MiB, since the card's own blocks are large
	if data.Type != typeLinux || count <= data.Count {
		return sector, false, nil
	}
	grown := append([]byte(nil), sector...)
	binary.LittleEndian.PutUint32(grown[entriesAt+3*entrySize+12:], uint32(count))
	return grown, true, nil
}

// ext4 is what is asked of an ext4 file system's superblock (kernel,
// Documentation/filesystems/ext4/super.rst).
type ext4 struct {
	BlockSize int64
	Blocks    uint64
	Errors    bool // the kernel found something wrong with it in an earlier run
}

// The superblock is 1024 bytes at 1024.
const (
	superblockAt   = 1024
	superblockSize = 1024
	ext4Magic      = 0xEF53
	stateErrors    = 0x0002
	feature64      = 0x80
)

func parseExt4(super []byte) (ext4, error) {
	le := binary.LittleEndian
	if len(super) != superblockSize || le.Uint16(super[0x38:]) != ext4Magic {
		return ext4{}, errors.New("no ext4 file system")
	}
	exponent := le.Uint32(super[0x18:])
	if exponent > 6 { // 64 KiB is the largest there is
		return ext4{}, fmt.Errorf("block size 2^%d KiB is none of ext4's", exponent)
	}
	e := ext4{
		BlockSize: 1024 << exponent,
		Blocks:    uint64(le.Uint32(super[0x4:])),
		Errors:    le.Uint16(super[0x3A:])&stateErrors != 0,
	}
	if le.Uint32(super[0x60:])&feature64 != 0 {
		e.Blocks |= uint64(le.Uint32(super[0x150:])) << 32
	}
	return e, nil
}
