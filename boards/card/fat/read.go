package fat

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"
	"unicode/utf16"
)

// ErrNone says that what was opened is no FAT16 volume.
var ErrNone = errors.New("no FAT16 volume")

// maxFolder bounds what is read of one folder, in bytes; the format allows no more (section 6: 65,536 entries).
const maxFolder = 65536 * entrySize

// FS is a volume opened for reading. Names are found whatever their case, as
// everywhere on FAT. It may be used by several goroutines if its reader may.
type FS struct {
	r           io.ReaderAt
	label       string
	table       []uint16
	clusterSize int
	clusters    int // numbered from 2
	root, data  int64
	rootLen     int // bytes
}

var (
	_ fs.ReadFileFS = (*FS)(nil)
	_ fs.ReadDirFS  = (*FS)(nil)
	_ fs.StatFS     = (*FS)(nil)
)

// Open reads the volume that begins at r's offset 0 and is size bytes long.
func Open(r io.ReaderAt, size int64) (*FS, error) {
	s := make([]byte, sectorSize)
	if _, err := r.ReadAt(s, 0); err != nil {
		return nil, fmt.Errorf("%w: read its boot sector: %w", ErrNone, err)
	}
	le := binary.LittleEndian
	perCluster := int(s[13])
	reserved, tableLen, count := int64(le.Uint16(s[14:])), int64(le.Uint16(s[22:])), int64(s[16])
	entries := int(le.Uint16(s[17:]))
	sectors := int64(le.Uint16(s[19:]))
	if sectors == 0 {
		sectors = int64(le.Uint32(s[32:]))
	}
	switch {
	case s[510] != 0x55 || s[511] != 0xaa:
		return nil, fmt.Errorf("%w: its first sector has no 55 aa at the end", ErrNone)
	case le.Uint16(s[11:]) != sectorSize:
		return nil, fmt.Errorf("%w: sectors of %d bytes", ErrNone, le.Uint16(s[11:]))
	case perCluster == 0 || perCluster&(perCluster-1) != 0 || reserved == 0 || tableLen == 0 || count == 0 || entries == 0:
		return nil, fmt.Errorf("%w: it is a FAT32, or damaged", ErrNone)
	case sectors*sectorSize > size:
		return nil, fmt.Errorf("%w: it speaks of %d bytes where there are %d", ErrNone, sectors*sectorSize, size)
	}
	f := &FS{r: r, clusterSize: perCluster * sectorSize, rootLen: entries * entrySize}
	f.root = (reserved + count*tableLen) * sectorSize
	f.data = f.root + int64(roundUp(f.rootLen, sectorSize))
	f.clusters = int((sectors*sectorSize - f.data) / int64(f.clusterSize))
	if f.clusters < 4085 || f.clusters > 65524 || int64(f.clusters+2)*2 > tableLen*sectorSize {
		return nil, fmt.Errorf("%w: %d clusters", ErrNone, f.clusters)
	}
	raw := make([]byte, (f.clusters+2)*2)
	if _, err := r.ReadAt(raw, reserved*sectorSize); err != nil {
		return nil, fmt.Errorf("read the allocation table: %w", err)
	}
	for i := range f.clusters + 2 {
		f.table = append(f.table, le.Uint16(raw[2*i:]))
	}
	f.label = string(bytes.TrimRight(s[43:54], " "))
	return f, nil
}

// Label is the volume's name.
func (f *FS) Label() string { return f.label }

// Extent is a piece of a file: where it lies in the volume, in bytes.
type Extent struct{ Offset, Length int64 }

// Extents says where a file lies, whole clusters: for who rewrites a file in place.
func (f *FS) Extents(name string) ([]Extent, error) {
	e, err := f.find("extents", name)
	if err != nil {
		return nil, err
	}
	return f.extents(e.first)
}

func (f *FS) extents(first uint16) ([]Extent, error) {
	var all []Extent
	for c, n := first, 0; c != 0 && c < firstEnd; c, n = f.table[c], n+1 {
		if c < 2 || int(c) >= len(f.table) || c == badCluster || n > f.clusters {
			return nil, errors.New("its chain of clusters is damaged")
		}
		at, size := f.data+int64(c-2)*int64(f.clusterSize), int64(f.clusterSize)
		if last := len(all) - 1; last >= 0 && all[last].Offset+all[last].Length == at {
			all[last].Length += size
		} else {
			all = append(all, Extent{at, size})
		}
	}
	return all, nil
}

// content is a file's or folder's bytes, whole clusters cut to most.
func (f *FS) content(first uint16, most int64) ([]byte, error) {
	all, err := f.extents(first)
	if err != nil {
		return nil, err
	}
	var total int64
	for _, e := range all {
		total += e.Length
	}
	out := make([]byte, 0, min(total, most))
	for _, e := range all {
		n := min(e.Length, most-int64(len(out)))
		out = out[:len(out)+int(n)]
		if _, err := f.r.ReadAt(out[len(out)-int(n):], e.Offset); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// info is a directory entry, and all that fs wants to know of it.
type info struct {
	name  string
	size  int64
	dir   bool
	first uint16
	time  time.Time
	root  bool
}

var (
	_ fs.FileInfo = info{}
	_ fs.DirEntry = info{}
)

func (i info) Name() string               { return i.name }
func (i info) Size() int64                { return i.size }
func (i info) IsDir() bool                { return i.dir }
func (i info) ModTime() time.Time         { return i.time }
func (i info) Sys() any                   { return nil }
func (i info) Type() fs.FileMode          { return i.Mode().Type() }
func (i info) Info() (fs.FileInfo, error) { return i, nil }
func (i info) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o555
	}
	return 0o444
}

// list reads a folder.
func (f *FS) list(dir info) ([]info, error) {
	var raw []byte
	var err error
	if dir.root {
		raw = make([]byte, f.rootLen)
		_, err = f.r.ReadAt(raw, f.root)
	} else {
		raw, err = f.content(dir.first, maxFolder)
	}
	if err != nil {
		return nil, fmt.Errorf("read a folder: %w", err)
	}
	var all []info
	var long longName
	for ; len(raw) >= entrySize && raw[0] != 0; raw = raw[entrySize:] {
		e := raw[:entrySize]
		switch {
		case e[0] == 0xe5: // deleted
			long = longName{}
		case e[11]&0x3f == attrLong:
			long.add(e)
		case e[11]&attrLabel != 0 || e[0] == '.':
			long = longName{}
		default:
			all = append(all, entryInfo(e, long))
			long = longName{}
		}
	}
	slices.SortFunc(all, func(a, b info) int { return strings.Compare(a.name, b.name) })
	return all, nil
}

func entryInfo(e []byte, long longName) info {
	le := binary.LittleEndian
	short := [11]byte(e)
	if short[0] == 0x05 { // stands for 0xe5, which would mean deleted
		short[0] = 0xe5
	}
	name := display(short)
	if e[12]&0x08 != 0 { // Windows NT: the base in small letters
		base, ext, dot := strings.Cut(name, ".")
		name = strings.ToLower(base)
		if dot {
			name += "." + ext
		}
	}
	if e[12]&0x10 != 0 { // the same of the extension
		if base, ext, dot := strings.Cut(name, "."); dot {
			name = base + "." + strings.ToLower(ext)
		}
	}
	if whole := long.text(checksum([11]byte(e))); whole != "" {
		name = whole
	}
	// A slash in a damaged name would lead elsewhere.
	name = strings.ToValidUTF8(strings.ReplaceAll(name, "/", "_"), "_")
	date, clock := le.Uint16(e[24:]), le.Uint16(e[22:])
	i := info{
		name:  name,
		dir:   e[11]&attrDirectory != 0,
		first: le.Uint16(e[26:]),
		time: time.Date(1980+int(date>>9), time.Month(date>>5&15), int(date&31),
			int(clock>>11), int(clock>>5&63), int(clock&31)*2, 0, time.UTC),
	}
	if !i.dir {
		i.size = int64(le.Uint32(e[28:]))
	}
	return i
}

// longName gathers the entries of a long name, which stand before the short one, the last part first.
type longName struct {
	units []uint16
	sum   byte
	next  int // the order that must come; 0: whole
	bad   bool
}

func (l *longName) add(e []byte) {
	order := int(e[0] & 0x3f)
	if e[0]&0x40 != 0 {
		*l = longName{sum: e[13], next: order}
	}
	if order == 0 || order > 20 || order != l.next || e[13] != l.sum {
		l.bad = true
		return
	}
	var part []uint16
	for _, r := range [][2]int{{1, 11}, {14, 26}, {28, 32}} {
		for i := r[0]; i < r[1]; i += 2 {
			part = append(part, binary.LittleEndian.Uint16(e[i:]))
		}
	}
	l.units = append(part, l.units...)
	l.next--
}

func (l *longName) text(sum byte) string {
	if l.bad || l.next != 0 || len(l.units) == 0 || l.sum != sum {
		return ""
	}
	units := l.units
	if end := slices.Index(units, 0); end >= 0 {
		units = units[:end]
	}
	return string(utf16.Decode(units))
}

var rootInfo = info{name: ".", dir: true, root: true}

// find walks to a name.
func (f *FS) find(op, name string) (info, error) {
	fail := func(err error) (info, error) { return info{}, &fs.PathError{Op: op, Path: name, Err: err} }
	if !fs.ValidPath(name) {
		return fail(fs.ErrInvalid)
	}
	at := rootInfo
	if name == "." {
		return at, nil
	}
	for part := range strings.SplitSeq(name, "/") {
		if !at.dir {
			return fail(fs.ErrNotExist)
		}
		all, err := f.list(at)
		if err != nil {
			return fail(err)
		}
		i := slices.IndexFunc(all, func(e info) bool { return strings.EqualFold(e.name, part) })
		if i < 0 {
			return fail(fs.ErrNotExist)
		}
		at = all[i]
	}
	return at, nil
}

// Open implements fs.FS. A file is read whole when it is opened.
func (f *FS) Open(name string) (fs.File, error) {
	i, err := f.find("open", name)
	if err != nil {
		return nil, err
	}
	if i.dir {
		all, err := f.list(i)
		if err != nil {
			return nil, &fs.PathError{Op: "open", Path: name, Err: err}
		}
		return &folder{info: i, rest: all}, nil
	}
	data, err := f.whole(i)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return &file{info: i, Reader: bytes.NewReader(data)}, nil
}

func (f *FS) whole(i info) ([]byte, error) {
	data, err := f.content(i.first, i.size)
	if err == nil && int64(len(data)) < i.size {
		err = errors.New("its chain of clusters is shorter than the file")
	}
	return data, err
}

// ReadFile implements fs.ReadFileFS.
func (f *FS) ReadFile(name string) ([]byte, error) {
	i, err := f.find("read", name)
	if err == nil && i.dir {
		err = &fs.PathError{Op: "read", Path: name, Err: fs.ErrInvalid}
	}
	if err != nil {
		return nil, err
	}
	data, err := f.whole(i)
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: err}
	}
	return data, nil
}

// ReadDir implements fs.ReadDirFS.
func (f *FS) ReadDir(name string) ([]fs.DirEntry, error) {
	i, err := f.find("readdir", name)
	if err == nil && !i.dir {
		err = &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrInvalid}
	}
	if err != nil {
		return nil, err
	}
	all, err := f.list(i)
	if err != nil {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: err}
	}
	return entries(all), nil
}

// Stat implements fs.StatFS.
func (f *FS) Stat(name string) (fs.FileInfo, error) {
	i, err := f.find("stat", name)
	if err != nil {
		return nil, err
	}
	return i, nil
}

func entries(all []info) []fs.DirEntry {
	var out []fs.DirEntry
	for _, i := range all {
		out = append(out, i)
	}
	return out
}

type file struct {
	info
	*bytes.Reader
}

func (f *file) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *file) Size() int64                { return f.info.Size() }
func (f *file) Close() error               { return nil }

type folder struct {
	info
	rest []info
}

var _ fs.ReadDirFile = (*folder)(nil)

func (d *folder) Stat() (fs.FileInfo, error) { return d.info, nil }
func (d *folder) Close() error               { return nil }
func (d *folder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.name, Err: errors.New("it is a folder")}
}

func (d *folder) ReadDir(n int) ([]fs.DirEntry, error) {
	if n <= 0 {
		n = len(d.rest)
	} else if len(d.rest) == 0 {
		return nil, io.EOF
	}
	n = min(n, len(d.rest))
	out := entries(d.rest[:n])
	d.rest = d.rest[n:]
	return out, nil
}
