package store

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
)

// The parts of bbolt's file format that are read without bbolt; its
// internal/common/meta.go and page.go. Numbers are in the machine's byte order.
const (
	boltMagic   = 0xED0CDAED
	boltVersion = 2

	minPageSize = 1 << 10
	maxPageSize = 64 << 10

	pageHeaderSize = 16
	metaSize       = 64 // magic to checksum
	metaSummed     = 56 // the bytes under the checksum

	flagBranch   = 0x01
	flagLeaf     = 0x02
	flagMeta     = 0x04
	flagFreelist = 0x10

	// maxFreelist bounds the free pages that a segment may list, so that a bad
	// count cannot ask for all memory. A journal deletes next to nothing.
	maxFreelist = 1 << 20
)

var native = binary.NativeEndian

// Header is what the newest valid meta page of a segment says.
type Header struct {
	PageSize    int
	Pages       uint64 // high-water mark: pages in use, the free ones among them included
	Transaction uint64
	// Torn says that the other meta page is not valid, as a power cut can leave
	// it. The next commit writes that page.
	Torn bool

	root, freelist uint64
}

// Size is how long the file has to be at least, in bytes.
func (h Header) Size() int64 { return int64(h.Pages) * int64(h.PageSize) }

// Inspect checks a segment's file of the given size by plain reads: both meta
// pages (one of them must be valid), the high-water mark against the size, the
// root page and the freelist. Errors are ErrNotJournal where nothing looks like
// a database, else ErrDamaged. What it passes can be mapped into memory without
// reading beyond the end of the file; it says nothing of the pages in between.
func Inspect(r io.ReaderAt, size int64) (Header, error) {
	h, err := newestMeta(r, size)
	if err != nil {
		return Header{}, err
	}
	if h.Pages < 4 || h.Pages > uint64(1<<62)/maxPageSize {
		return Header{}, damaged("meta page", fmt.Sprintf("a high-water mark of %d pages", h.Pages))
	}
	if h.Size() > size {
		return Header{}, damaged("meta page", fmt.Sprintf("truncated: %d bytes of at least %d", size, h.Size()))
	}
	root, err := readPageHeader(r, h, h.root)
	if err != nil {
		return Header{}, damaged("root page", err)
	}
	if root.flags != flagLeaf && root.flags != flagBranch {
		return Header{}, damaged("root page", fmt.Sprintf("page %d has flags %#x", h.root, root.flags))
	}
	if _, err := readFreelist(r, h); err != nil {
		return Header{}, damaged("freelist", err)
	}
	return h, nil
}

func newestMeta(r io.ReaderAt, size int64) (Header, error) {
	first, foreign, err := readMeta(r, 0)
	found := err == nil
	if !found && size < 2*minPageSize && foreign {
		return Header{}, notDatabase(size)
	}
	best := first
	best.Torn = true
	for pageSize := int64(minPageSize); pageSize <= maxPageSize; pageSize <<= 1 {
		if found && int64(first.PageSize) != pageSize {
			continue
		}
		second, alien, err2 := readMeta(r, pageSize)
		foreign = foreign && alien
		if err2 != nil || int64(second.PageSize) != pageSize {
			continue
		}
		if !found || second.Transaction > first.Transaction {
			best = second
		}
		best.Torn = !found
		found = true
		break
	}
	switch {
	case found:
		return best, nil
	case foreign:
		return Header{}, notDatabase(size)
	default:
		return Header{}, damaged("meta page", err)
	}
}

func notDatabase(size int64) error {
	if size == 0 {
		return damaged("meta page", "the file is empty")
	}
	return fmt.Errorf("%w: the file is no bbolt database", ErrNotJournal)
}

// readMeta reads one meta page. foreign says that there is not even the magic.
func readMeta(r io.ReaderAt, at int64) (h Header, foreign bool, err error) {
	var page [pageHeaderSize + metaSize]byte
	if _, err := r.ReadAt(page[:], at); err != nil {
		return h, true, fmt.Errorf("read at %d: %w", at, err)
	}
	m := page[pageHeaderSize:]
	if magic := native.Uint32(m); magic != boltMagic {
		return h, true, fmt.Errorf("no magic at %d", at)
	}
	if v := native.Uint32(m[4:]); v != boltVersion {
		return h, false, fmt.Errorf("format version %d, want %d", v, boltVersion)
	}
	sum := fnv.New64a()
	sum.Write(m[:metaSummed]) // hash.Hash never fails
	if sum.Sum64() != native.Uint64(m[metaSummed:]) {
		return h, false, fmt.Errorf("checksum at %d does not fit", at)
	}
	pageSize := native.Uint32(m[8:])
	if pageSize < minPageSize || pageSize > maxPageSize || pageSize&(pageSize-1) != 0 {
		return h, false, fmt.Errorf("page size %d", pageSize)
	}
	return Header{
		PageSize:    int(pageSize),
		root:        native.Uint64(m[16:]),
		freelist:    native.Uint64(m[32:]),
		Pages:       native.Uint64(m[40:]),
		Transaction: native.Uint64(m[48:]),
	}, false, nil
}

type pageHeader struct {
	id              uint64
	flags, count    uint16
	overflow, pages uint64 // pages is overflow and the page itself
}

// readPageHeader reads and bounds the header of a page in use.
func readPageHeader(r io.ReaderAt, h Header, id uint64) (pageHeader, error) {
	if id < 2 || id >= h.Pages {
		return pageHeader{}, fmt.Errorf("page %d of %d", id, h.Pages)
	}
	var b [pageHeaderSize]byte
	if _, err := r.ReadAt(b[:], int64(id)*int64(h.PageSize)); err != nil {
		return pageHeader{}, fmt.Errorf("read page %d: %w", id, err)
	}
	p := pageHeader{
		id:       native.Uint64(b[:]),
		flags:    native.Uint16(b[8:]),
		count:    native.Uint16(b[10:]),
		overflow: uint64(native.Uint32(b[12:])),
	}
	p.pages = p.overflow + 1
	if p.id != id {
		return p, fmt.Errorf("page %d says that it is page %d", id, p.id)
	}
	if id+p.pages > h.Pages {
		return p, fmt.Errorf("page %d runs over the end with %d pages", id, p.pages)
	}
	return p, nil
}

// readFreelist reads the pages that the freelist says are free, ascending.
func readFreelist(r io.ReaderAt, h Header) ([]uint64, error) {
	p, err := readPageHeader(r, h, h.freelist)
	if err != nil {
		return nil, err
	}
	if p.flags != flagFreelist {
		return nil, fmt.Errorf("page %d has flags %#x", p.id, p.flags)
	}
	at := int64(p.id)*int64(h.PageSize) + pageHeaderSize
	count := uint64(p.count)
	room := (p.pages*uint64(h.PageSize) - pageHeaderSize) / 8
	if count == 0xFFFF { // the real count is the first entry
		var b [8]byte
		if _, err := r.ReadAt(b[:], at); err != nil {
			return nil, fmt.Errorf("read the count: %w", err)
		}
		count, at, room = native.Uint64(b[:]), at+8, room-1
	}
	if count > room || count > maxFreelist {
		return nil, fmt.Errorf("%d free pages in room for %d", count, room)
	}
	b := make([]byte, count*8)
	if _, err := r.ReadAt(b, at); err != nil {
		return nil, fmt.Errorf("read %d entries: %w", count, err)
	}
	free := make([]uint64, count)
	for i := range free {
		free[i] = native.Uint64(b[i*8:])
		if free[i] < 2 || free[i] >= h.Pages || (i > 0 && free[i] <= free[i-1]) {
			return nil, fmt.Errorf("entry %d is page %d of %d", i, free[i], h.Pages)
		}
	}
	return free, nil
}

func inspectFile(path string) (Header, error) {
	f, err := os.Open(path)
	if err != nil {
		return Header{}, fmt.Errorf("open segment: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	readByPage(f)
	info, err := f.Stat()
	if err != nil {
		return Header{}, fmt.Errorf("open segment: %w", err)
	}
	if !info.Mode().IsRegular() {
		return Header{}, fmt.Errorf("%w: %s is not a file", ErrNotJournal, path)
	}
	h, err := Inspect(f, info.Size())
	if err != nil {
		return h, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return h, nil
}
