package fat

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf16"
)

// File is a file to be put into a volume.
type File struct {
	// Name is a path with slashes, without one in front. Its folders are made.
	// ASCII letters, digits and any of -_.+~ are taken.
	Name string
	Data []byte
}

// Volume is what a volume is made of. The same Volume is always the same bytes.
type Volume struct {
	Label string    // at most 11 letters and digits, shown in capitals
	ID    uint32    // the volume's serial number
	Time  time.Time // of every file, from 1980 to 2107, taken as it is without a time zone
	Size  int64     // bytes, a multiple of 512; from 2 MiB to 2 GiB
	Files []File
}

// ErrFull says that the files do not fit into the volume's size.
var ErrFull = errors.New("the files do not fit")

// Write writes the volume to w from offset 0. Every file lies in one piece.
// What is zero is not written: w has to be zero there, as a new file is.
// The boot sector is written last, so that a volume is none until it is whole.
func (v *Volume) Write(w io.WriterAt) error {
	b, err := v.layOut()
	if err != nil {
		return fmt.Errorf("lay out volume %s: %w", v.Label, err)
	}
	for _, p := range b.pieces {
		if _, err := w.WriteAt(p.data, p.at); err != nil {
			return fmt.Errorf("write volume %s at %d: %w", v.Label, p.at, err)
		}
	}
	return nil
}

// node is a file or a folder.
type node struct {
	name  string
	short [11]byte // padded with blanks
	long  bool     // its name needs entries of its own
	data  []byte   // a file's
	kids  []*node  // a folder's, in the order of their names
	isDir bool
	first uint16 // cluster; 0: it is empty, or the root
}

type piece struct {
	at   int64
	data []byte
}

// builder places a volume's parts.
type builder struct {
	v                    *Volume
	perCluster           int // sectors
	reserved, tableLen   int // sectors
	clusters             int
	table                []uint16 // one entry a cluster, the first two reserved
	date, clock          uint16
	pieces               []piece
	dataStart, rootStart int64 // bytes
}

func (v *Volume) layOut() (*builder, error) {
	switch {
	case v.Size%sectorSize != 0:
		return nil, fmt.Errorf("a size of %d bytes is no multiple of %d", v.Size, sectorSize)
	case v.Time.Year() < 1980 || v.Time.Year() > 2107:
		return nil, fmt.Errorf("the year %d is not one of 1980 to 2107", v.Time.Year())
	}
	label, err := labelBytes(v.Label)
	if err != nil {
		return nil, err
	}
	b := &builder{v: v}
	if err := b.geometry(); err != nil {
		return nil, err
	}
	// Section 6.4.
	b.date = uint16(v.Time.Year()-1980)<<9 | uint16(v.Time.Month())<<5 | uint16(v.Time.Day())
	b.clock = uint16(v.Time.Hour())<<11 | uint16(v.Time.Minute())<<5 | uint16(v.Time.Second()/2)

	root, err := tree(v.Files)
	if err != nil {
		return nil, err
	}
	if err := b.place(root); err != nil {
		return nil, err
	}
	if err := b.folder(root, nil, label); err != nil {
		return nil, err
	}
	raw := make([]byte, len(b.table)*2)
	for i, next := range b.table {
		binary.LittleEndian.PutUint16(raw[2*i:], next)
	}
	for i := range tables {
		b.put(int64(b.reserved+i*b.tableLen)*sectorSize, raw)
	}
	b.put(0, b.bootSector(label))
	return b, nil
}

// geometry picks the cluster's size and places the volume's areas.
func (b *builder) geometry() error {
	const rootSectors = rootEntries * entrySize / sectorSize
	sectors := int(b.v.Size / sectorSize)
	for b.perCluster = 2; b.perCluster <= 64; b.perCluster *= 2 {
		// The first stage of a Pi 3 reads a volume only if its reserved sectors fill
		// clusters (gokrazy/internal, fat/writer.go). All areas do here, so that
		// clusters lie on a flash card's pages.
		b.reserved = max(b.perCluster, 4)
		b.tableLen = roundUp(2*(sectors/b.perCluster+2), sectorSize*b.perCluster) / sectorSize
		rest := sectors - b.reserved - tables*b.tableLen - rootSectors
		b.clusters = rest / b.perCluster
		if b.clusters <= maxClusters {
			break
		}
	}
	if b.clusters < minClusters || b.clusters > maxClusters {
		return fmt.Errorf("a volume of %d bytes cannot be a FAT16", b.v.Size)
	}
	b.table = []uint16{0xff00 | media, endOfChain}
	b.rootStart = int64(b.reserved+tables*b.tableLen) * sectorSize
	b.dataStart = b.rootStart + rootSectors*sectorSize
	return nil
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }

func (b *builder) clusterSize() int { return b.perCluster * sectorSize }

func (b *builder) put(at int64, data []byte) { b.pieces = append(b.pieces, piece{at, data}) }

// take reserves clusters in a row for n bytes and gives the first, or 0 for none.
func (b *builder) take(n int) (uint16, error) {
	count := roundUp(n, b.clusterSize()) / b.clusterSize()
	first := len(b.table)
	if first+count > b.clusters+2 {
		return 0, fmt.Errorf("%w into %d bytes", ErrFull, b.v.Size)
	}
	for i := range count {
		next := uint16(first + i + 1)
		if i == count-1 {
			next = endOfChain
		}
		b.table = append(b.table, next)
	}
	if count == 0 {
		return 0, nil
	}
	return uint16(first), nil
}

// place gives every file and folder below n its clusters.
func (b *builder) place(n *node) error {
	for _, k := range n.kids {
		size := len(k.data)
		if k.isDir {
			size = folderLen(k) * entrySize
		}
		var err error
		if k.first, err = b.take(size); err != nil {
			return err
		}
		if k.isDir {
			if err := b.place(k); err != nil {
				return err
			}
		} else if size > 0 {
			b.put(b.offset(k.first), k.data)
		}
	}
	return nil
}

func (b *builder) offset(cluster uint16) int64 {
	return b.dataStart + int64(cluster-2)*int64(b.clusterSize())
}

// folderLen is how many entries a folder that is not the root has.
func folderLen(n *node) int {
	count := 2 // itself and its parent
	for _, k := range n.kids {
		count += 1 + longEntries(k)
	}
	return count
}

func longEntries(n *node) int {
	if !n.long {
		return 0
	}
	return (len(n.name) + 12) / 13
}

// folder writes the entries of n and of the folders below it.
func (b *builder) folder(n, parent *node, label [11]byte) error {
	var raw []byte
	if parent == nil {
		raw = b.entry(raw, label, attrLabel, 0, 0)
	} else {
		raw = b.entry(raw, [11]byte([]byte(".          ")), attrDirectory, n.first, 0)
		raw = b.entry(raw, [11]byte([]byte("..         ")), attrDirectory, parent.first, 0)
	}
	for _, k := range n.kids {
		raw = appendLong(raw, k)
		if k.isDir {
			raw = b.entry(raw, k.short, attrDirectory, k.first, 0)
			if err := b.folder(k, n, label); err != nil {
				return err
			}
		} else {
			raw = b.entry(raw, k.short, attrArchive, k.first, uint32(len(k.data)))
		}
	}
	at := b.rootStart
	if parent != nil {
		at = b.offset(n.first)
	} else if len(raw) > rootEntries*entrySize {
		return fmt.Errorf("%w into the root: %d entries, at most %d", ErrFull, len(raw)/entrySize, rootEntries)
	}
	b.put(at, raw)
	return nil
}

// entry appends a short directory entry, section 6.
func (b *builder) entry(raw []byte, name [11]byte, attr byte, first uint16, size uint32) []byte {
	raw = append(raw, name[:]...)
	raw = append(raw, attr, 0, 0)
	le := binary.LittleEndian
	for _, field := range []uint16{b.clock, b.date, b.date, 0, b.clock, b.date, first} { // created, read, high half, written
		raw = le.AppendUint16(raw, field)
	}
	return le.AppendUint32(raw, size)
}

// appendLong appends the entries of a long name, the last part first, section 7.
func appendLong(raw []byte, n *node) []byte {
	count := longEntries(n)
	if count == 0 {
		return raw
	}
	units := utf16.Encode([]rune(n.name))
	if len(units)%13 != 0 {
		units = append(units, 0)
	}
	for len(units)%13 != 0 {
		units = append(units, 0xffff)
	}
	sum := checksum(n.short)
	for i := count; i > 0; i-- {
		order := byte(i)
		if i == count {
			order |= 0x40
		}
		part := units[13*(i-1) : 13*i]
		raw = append(raw, order)
		raw = appendUnits(raw, part[:5])
		raw = append(raw, attrLong, 0, sum)
		raw = appendUnits(raw, part[5:11])
		raw = append(raw, 0, 0)
		raw = appendUnits(raw, part[11:])
	}
	return raw
}

func appendUnits(raw []byte, units []uint16) []byte {
	for _, u := range units {
		raw = binary.LittleEndian.AppendUint16(raw, u)
	}
	return raw
}

// checksum ties the entries of a long name to the short one behind them, section 7.2.
func checksum(short [11]byte) byte {
	var sum byte
	for _, c := range short {
		sum = sum>>1 | sum<<7
		sum += c
	}
	return sum
}

// bootSector is section 3.1 and 3.3, FAT16.
func (b *builder) bootSector(label [11]byte) []byte {
	le := binary.LittleEndian
	s := make([]byte, sectorSize)
	copy(s, "\xeb\x3c\x90") // a jump over the fields, as boot code would have it
	copy(s[3:], "MSWIN4.1") // what the specification advises for the most compatibility
	le.PutUint16(s[11:], sectorSize)
	s[13] = byte(b.perCluster)
	le.PutUint16(s[14:], uint16(b.reserved))
	s[16] = tables
	le.PutUint16(s[17:], rootEntries)
	if sectors := b.v.Size / sectorSize; sectors < 1<<16 {
		le.PutUint16(s[19:], uint16(sectors))
	} else {
		le.PutUint32(s[32:], uint32(sectors))
	}
	s[21] = media
	le.PutUint16(s[22:], uint16(b.tableLen))
	le.PutUint16(s[24:], 63)  // sectors a track, as everyone says
	le.PutUint16(s[26:], 255) // heads
	// Hidden sectors stay 0: the same volume serves any partition.
	s[36] = 0x80 // drive
	s[38] = 0x29 // the next three are there
	le.PutUint32(s[39:], b.v.ID)
	copy(s[43:], label[:])
	copy(s[54:], "FAT16   ")
	copy(s[510:], "\x55\xaa")
	return s
}

// tree makes the folders that the files' names speak of.
func tree(files []File) (*node, error) {
	root := &node{isDir: true}
	for _, f := range files {
		if f.Name == "" || f.Name != path.Clean(f.Name) || strings.HasPrefix(f.Name, "/") || strings.HasPrefix(f.Name, "..") {
			return nil, fmt.Errorf("%.100q is no path of a file", f.Name)
		}
		if len(f.Data) > 1<<31-1 {
			return nil, fmt.Errorf("%s has %d bytes: too large", f.Name, len(f.Data))
		}
		at := root
		parts := strings.Split(f.Name, "/")
		for i, part := range parts {
			last := i == len(parts)-1
			if j := slices.IndexFunc(at.kids, func(k *node) bool { return strings.EqualFold(k.name, part) }); j >= 0 {
				at = at.kids[j]
				if last || !at.isDir || at.name != part {
					return nil, fmt.Errorf("%s is there twice, or as a file and a folder", f.Name)
				}
				continue
			}
			if err := checkName(part); err != nil {
				return nil, err
			}
			n := &node{name: part, isDir: !last}
			if last {
				n.data = f.Data
			}
			at.kids = append(at.kids, n)
			at = n
		}
	}
	return root, nameAll(root)
}

// nameAll sorts what is below n, and gives it short names.
func nameAll(n *node) error {
	slices.SortFunc(n.kids, func(a, b *node) int { return strings.Compare(a.name, b.name) })
	taken := make(map[[11]byte]bool)
	// Names that are short as they are go first: the others' made-up ones must keep clear of them.
	for _, k := range n.kids {
		if short, ok := shortForm(k.name); ok {
			k.short, k.long = short, display(short) != k.name
			taken[short] = true
		}
	}
	for _, k := range n.kids {
		if k.short == ([11]byte{}) {
			short, err := madeUp(k.name, taken)
			if err != nil {
				return err
			}
			k.short, k.long = short, true
			taken[short] = true
		}
		if err := nameAll(k); err != nil {
			return err
		}
	}
	return nil
}

func checkName(name string) error {
	ok := len(name) > 0 && len(name) <= 255 && name[0] != '.' && name[len(name)-1] != '.'
	for _, c := range []byte(name) {
		ok = ok && (isAlphanumeric(c) || strings.IndexByte("-_.+~", c) >= 0)
	}
	if !ok {
		return fmt.Errorf("%.100q is no name that every reader of a FAT takes", name)
	}
	return nil
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// shortForm is a name in its short form, if it has one but for its case.
func shortForm(name string) (short [11]byte, ok bool) {
	base, ext, _ := strings.Cut(strings.ToUpper(name), ".")
	if base == "" || len(base) > 8 || len(ext) > 3 || strings.ContainsAny(name, "+") || strings.Contains(ext, ".") {
		return short, false
	}
	return pad(base, ext), true
}

func pad(base, ext string) (short [11]byte) {
	copy(short[:], "           ")
	copy(short[:], base)
	copy(short[8:], ext)
	return short
}

// madeUp gives a long name a short one that is not taken, section 7.4: BCM271~1.DTB.
func madeUp(name string, taken map[[11]byte]bool) ([11]byte, error) {
	name = strings.ToUpper(strings.ReplaceAll(name, "+", "_"))
	base, ext := name, ""
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		base, ext = strings.ReplaceAll(name[:i], ".", ""), name[i+1:]
	}
	ext = ext[:min(len(ext), 3)]
	for n := 1; n < 1_000_000; n++ {
		tail := fmt.Sprintf("~%d", n)
		short := pad(base[:min(len(base), 8-len(tail))]+tail, ext)
		if !taken[short] {
			return short, nil
		}
	}
	return [11]byte{}, fmt.Errorf("no short name is left for %.100q", name)
}

// display is a short name as it reads.
func display(short [11]byte) string {
	base := string(bytes.TrimRight(short[:8], " "))
	if ext := string(bytes.TrimRight(short[8:], " ")); ext != "" {
		return base + "." + ext
	}
	return base
}

func labelBytes(label string) (raw [11]byte, err error) {
	if len(label) == 0 || len(label) > len(raw) {
		return raw, fmt.Errorf("label %.40q is not one of 1 to %d letters", label, len(raw))
	}
	for _, c := range []byte(label) {
		if !isAlphanumeric(c) && c != '-' && c != '_' {
			return raw, fmt.Errorf("label %.40q has something other than letters, digits, - and _", label)
		}
	}
	copy(raw[:], "           ")
	copy(raw[:], strings.ToUpper(label))
	return raw, nil
}
