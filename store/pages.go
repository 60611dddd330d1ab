package store

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

// maxDepth bounds the walk: a B+tree of a segment's size has 4 levels or fewer.
const maxDepth = 16

// checkPages walks every page of a segment by plain reads. bbolt's own check
// follows page numbers through the mapping in a goroutine of its own, where a
// wild one would end the program; after this walk there are none.
func checkPages(path string) (h Header, err error) {
	f, err := os.Open(path)
	if err != nil {
		return h, fmt.Errorf("check pages: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	if err != nil {
		return h, fmt.Errorf("check pages: %w", err)
	}
	h, err = Inspect(f, info.Size())
	if err != nil {
		return h, fmt.Errorf("check pages: %w", err)
	}
	free, err := readFreelist(f, h)
	if err != nil {
		return h, damaged("freelist", err)
	}
	w := walk{r: f, h: h, seen: make([]bool, h.Pages)}
	for _, id := range free {
		w.seen[id] = true
	}
	if err := w.visit(h.root, 0); err != nil {
		return h, damaged("pages", err)
	}
	return h, nil
}

type walk struct {
	r    io.ReaderAt
	h    Header
	seen []bool // by page: free or reached
}

func (w *walk) visit(id uint64, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("page %d is %d levels deep", id, depth)
	}
	p, err := readPageHeader(w.r, w.h, id)
	if err != nil {
		return err
	}
	for i := id; i < id+p.pages; i++ {
		if w.seen[i] {
			return fmt.Errorf("page %d is reached twice, or is free", i)
		}
		w.seen[i] = true
	}
	b := make([]byte, p.pages*uint64(w.h.PageSize))
	if _, err := w.r.ReadAt(b, int64(id)*int64(w.h.PageSize)); err != nil {
		return fmt.Errorf("read page %d: %w", id, err)
	}
	return w.elements(b, p, depth)
}

// elements checks a page's elements and follows them. Branch elements are
// (offset, key size, page), leaf elements (flags, offset, key size, value size),
// 16 bytes each, offsets counted from the element.
func (w *walk) elements(b []byte, p pageHeader, depth int) error {
	if p.flags != flagBranch && p.flags != flagLeaf {
		return fmt.Errorf("page %d has flags %#x", p.id, p.flags)
	}
	if p.flags == flagBranch && p.count == 0 {
		return fmt.Errorf("branch page %d is empty", p.id)
	}
	var last []byte
	for i := range int(p.count) {
		at := pageHeaderSize + 16*i
		if at+16 > len(b) {
			return fmt.Errorf("page %d holds %d elements in %d bytes", p.id, p.count, len(b))
		}
		e := b[at : at+16]
		var offset, keySize, valueSize uint64
		if p.flags == flagBranch {
			offset, keySize = uint64(native.Uint32(e)), uint64(native.Uint32(e[4:]))
		} else {
			offset, keySize, valueSize = uint64(native.Uint32(e[4:])), uint64(native.Uint32(e[8:])), uint64(native.Uint32(e[12:]))
		}
		start := uint64(at) + offset
		if start+keySize+valueSize > uint64(len(b)) || keySize == 0 {
			return fmt.Errorf("element %d of page %d runs over its end", i, p.id)
		}
		key, value := b[start:start+keySize], b[start+keySize:start+keySize+valueSize]
		if i > 0 && bytes.Compare(last, key) >= 0 {
			return fmt.Errorf("keys of page %d are out of order", p.id)
		}
		last = key
		var err error
		switch {
		case p.flags == flagBranch:
			err = w.visit(native.Uint64(e[8:]), depth+1)
		case native.Uint32(e) == 1: // a bucket
			err = w.bucket(value, depth)
		case native.Uint32(e) != 0:
			err = fmt.Errorf("element %d of page %d has flags %#x", i, p.id, native.Uint32(e))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// bucket follows a bucket's root page, or checks the page kept inline after it.
func (w *walk) bucket(value []byte, depth int) error {
	if len(value) < 16 {
		return fmt.Errorf("a bucket of %d bytes", len(value))
	}
	if root := native.Uint64(value); root != 0 {
		return w.visit(root, depth+1)
	}
	inline := value[16:]
	if len(inline) < pageHeaderSize {
		return fmt.Errorf("an inline bucket of %d bytes", len(inline))
	}
	p := pageHeader{flags: native.Uint16(inline[8:]), count: native.Uint16(inline[10:])}
	if p.flags != flagLeaf {
		return fmt.Errorf("an inline bucket with flags %#x", p.flags)
	}
	if depth+1 > maxDepth {
		return fmt.Errorf("buckets within buckets")
	}
	return w.elements(inline, p, depth+1)
}
