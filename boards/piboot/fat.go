package piboot

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
)

// FAT reads the root folder of a FAT12, FAT16 or FAT32 file system, as the
// firmware does. It is small and only reads, so that the terminal can find one
// sector on its own card; images are made by boards/card.
//
// Layout: Microsoft, "FAT: General Overview of On-Disk Format" 1.03.
type FAT struct {
	card io.ReaderAt
	base int64 // of the partition

	bits           int   // of a table's entry: 12, 16 or 32
	cluster        int64 // bytes
	table          int64 // offset of the first table
	root, rootSize int64 // of FAT12 and FAT16
	rootCluster    uint32
	data           int64 // offset of cluster 2
	clusters       uint32
}

// File is a file in the root folder.
type File struct {
	Name    string
	Size    int64
	cluster uint32
}

var errNoFAT = errors.New("no FAT file system")

// maxFolder bounds the root folder, in bytes.
const maxFolder = 1 << 20

// OpenFAT reads the first sector of a partition.
func OpenFAT(card io.ReaderAt, part Extent) (*FAT, error) {
	if part.Size < SectorSize {
		return nil, fmt.Errorf("%w: the partition is not there", errNoFAT)
	}
	b := make([]byte, SectorSize)
	if _, err := card.ReadAt(b, part.Offset); err != nil {
		return nil, fmt.Errorf("read the boot sector: %w", err)
	}
	le := binary.LittleEndian
	if b[510] != 0x55 || b[511] != 0xAA {
		return nil, fmt.Errorf("%w: no signature in its first sector", errNoFAT)
	}
	if n := le.Uint16(b[11:]); n != SectorSize {
		return nil, fmt.Errorf("%w: sectors of %d bytes", errNoFAT, n)
	}
	perCluster := int64(b[13])
	if perCluster == 0 || perCluster&(perCluster-1) != 0 {
		return nil, fmt.Errorf("%w: clusters of %d sectors", errNoFAT, perCluster)
	}
	reserved, tables, entries := int64(le.Uint16(b[14:])), int64(b[16]), int64(le.Uint16(b[17:]))
	total, perTable := int64(le.Uint16(b[19:])), int64(le.Uint16(b[22:]))
	if total == 0 {
		total = int64(le.Uint32(b[32:]))
	}
	if perTable == 0 {
		perTable = int64(le.Uint32(b[36:]))
	}
	rootSectors := (entries*32 + SectorSize - 1) / SectorSize
	before := reserved + tables*perTable + rootSectors
	if reserved == 0 || tables == 0 || tables > 2 || perTable == 0 || before >= total || total*SectorSize > part.Size {
		return nil, fmt.Errorf("%w: its first sector speaks of %d sectors in a partition of %d", errNoFAT, total, part.Size/SectorSize)
	}
	f := &FAT{
		card: card, base: part.Offset, cluster: perCluster * SectorSize,
		table: part.Offset + reserved*SectorSize,
		root:  part.Offset + (reserved+tables*perTable)*SectorSize, rootSize: entries * 32,
		data: part.Offset + before*SectorSize, clusters: uint32((total - before) / perCluster),
	}
	switch {
	case f.clusters < 4085:
		f.bits = 12
	case f.clusters < 65525:
		f.bits = 16
	default:
		f.bits = 32
	}
	if entries == 0 { // only FAT32 has its root folder in clusters
		f.bits, f.rootCluster = 32, le.Uint32(b[44:])
	}
	if int64(f.clusters+2)*int64(f.bits)/8 > perTable*SectorSize {
		return nil, fmt.Errorf("%w: its table is too short for %d clusters", errNoFAT, f.clusters)
	}
	return f, nil
}

func (f *FAT) clusterAt(n uint32) int64 { return f.data + int64(n-2)*f.cluster }

// chainEnd and all above it end a chain of FAT32.
const chainEnd = 0xFFFFFF8

// chain reads size bytes from cluster n on; size below 0 is to the chain's end,
// which only FAT32's root folder needs.
func (f *FAT) chain(n uint32, size, most int64) ([]byte, error) {
	if size > most {
		return nil, fmt.Errorf("%d bytes, at most %d are read", size, most)
	}
	var all []byte
	for size < 0 || int64(len(all)) < size {
		if size < 0 && n >= chainEnd {
			return all, nil
		}
		if n < 2 || n >= f.clusters+2 {
			return nil, fmt.Errorf("its chain leads to cluster %d of %d", n, f.clusters)
		}
		if int64(len(all)) > most {
			return nil, fmt.Errorf("its chain is longer than %d bytes", most)
		}
		part := make([]byte, f.cluster)
		if _, err := f.card.ReadAt(part, f.clusterAt(n)); err != nil {
			return nil, fmt.Errorf("read cluster %d: %w", n, err)
		}
		all = append(all, part...)
		next, err := f.next(n)
		if err != nil {
			return nil, err
		}
		n = next
	}
	return all[:size], nil
}

func (f *FAT) next(n uint32) (uint32, error) {
	var b [4]byte
	at, width := int64(n)*int64(f.bits)/8, max(f.bits/8, 2) // an entry of 12 bits lies in two bytes
	if _, err := f.card.ReadAt(b[:width], f.table+at); err != nil {
		return 0, fmt.Errorf("read the table's entry %d: %w", n, err)
	}
	v := binary.LittleEndian.Uint32(b[:])
	switch f.bits {
	case 12:
		if n&1 == 1 {
			v >>= 4
		}
		return v & 0xFFF, nil
	case 16:
		return v, nil
	default:
		return v & 0xFFFFFFF, nil
	}
}

// Files lists the root folder, without folders and the label.
func (f *FAT) Files() ([]File, error) {
	var raw []byte
	var err error
	if f.bits == 32 {
		raw, err = f.chain(f.rootCluster, -1, maxFolder)
	} else {
		raw = make([]byte, f.rootSize)
		_, err = f.card.ReadAt(raw, f.root)
	}
	if err != nil {
		return nil, fmt.Errorf("read the root folder: %w", err)
	}
	const deleted, long, folder, label = 0xE5, 0x0F, 0x10, 0x08
	var all []File
	var name []uint16 // a long one, gathered from the entries before the file's own
	for ; len(raw) >= 32 && raw[0] != 0; raw = raw[32:] {
		e := raw[:32]
		switch {
		case e[0] == deleted:
			name = nil
		case e[11]&0x3F == long:
			if e[0]&0x40 != 0 {
				name = nil
			}
			name = append(longPart(e), name...)
		case e[11]&(folder|label) != 0:
			name = nil
		default:
			le := binary.LittleEndian
			all = append(all, File{
				Name: fileName(e, name), Size: int64(le.Uint32(e[28:])),
				cluster: uint32(le.Uint16(e[20:]))<<16 | uint32(le.Uint16(e[26:])),
			})
			name = nil
		}
	}
	return all, nil
}

// longPart is the 13 UTF-16 units of one entry of a long name.
func longPart(e []byte) []uint16 {
	var part []uint16
	for _, run := range [][2]int{{1, 11}, {14, 26}, {28, 32}} {
		for i := run[0]; i < run[1]; i += 2 {
			u := binary.LittleEndian.Uint16(e[i:])
			if u == 0 {
				return part
			}
			part = append(part, u)
		}
	}
	return part
}

func fileName(e []byte, long []uint16) string {
	if len(long) > 0 {
		return string(utf16.Decode(long))
	}
	name := strings.TrimRight(string(e[:8]), " ")
	if ext := strings.TrimRight(string(e[8:11]), " "); ext != "" {
		name += "." + ext
	}
	return name
}

// Find finds a file of the root folder; case does not count.
func (f *FAT) Find(name string) (File, error) {
	all, err := f.Files()
	if err != nil {
		return File{}, err
	}
	for _, file := range all {
		if strings.EqualFold(file.Name, name) {
			return file, nil
		}
	}
	return File{}, fmt.Errorf("%s is not there", name)
}

// ReadFile reads a file of the root folder of at most so many bytes.
func (f *FAT) ReadFile(name string, most int64) ([]byte, error) {
	file, err := f.Find(name)
	if err != nil {
		return nil, err
	}
	b, err := f.chain(file.cluster, file.Size, most)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return b, nil
}

func (f *FAT) has(names ...string) error {
	for _, name := range names {
		file, err := f.Find(name)
		if err != nil {
			return err
		}
		if file.Size == 0 {
			return fmt.Errorf("%s is empty", name)
		}
	}
	return nil
}
