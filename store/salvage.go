package store

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"till/sync/wire"
)

// Span is a run of sequences, both ends included.
type Span struct {
	First uint64 `json:"first"`
	Last  uint64 `json:"last"`
}

// Salvaged is what Salvage found.
type Salvaged struct {
	Terminal string // empty if no file says
	Epoch    uint32 // of the newest segment
	Files    int    // segments there are, readable or not; 0: nothing is there
	Records  uint64 // vouched for, and handed out
	First    uint64 // of the oldest segment
	Last     uint64 // newest sequence that the files speak of
	// Missing are the sequences from First to Last that cannot be vouched for.
	Missing []Span
}

// maxSegmentFile bounds what is read of one file, in bytes.
const maxSegmentFile = 1 << 30

// maxRecordPages bounds the pages of one leaf: a record takes 32 KiB at most.
const maxRecordPages = 64

// Salvage hands out every record in a journal's folder that the hash chain
// vouches for, in sequence, however damaged the files are. It reads pages
// wherever they lie, follows none and maps nothing, takes no lock and changes
// nothing. Of a journal that is in use, the newest records may be missing.
//
// A record is vouched for where its hash follows from that of the record before
// it. If that one's hash is lost, so is the proof, and the record is reported
// missing though it may be legible.
func Salvage(dir string, each func(wire.Record) error) (Salvaged, error) {
	var s Salvaged
	entries, err := os.ReadDir(dir)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return s, nil
		}
		return s, fmt.Errorf("salvage journal: %w", err)
	}
	var files []remains
	for _, entry := range entries {
		if epoch, first, ok := parseSegmentName(entry.Name()); ok {
			files = append(files, remains{name: entry.Name(), epoch: epoch, first: first})
		}
	}
	slices.SortFunc(files, func(a, b remains) int {
		return cmp.Or(cmp.Compare(a.epoch, b.epoch), cmp.Compare(a.first, b.first))
	})
	s.Files = len(files)
	var last wire.Record // handed out
	for i := range files {
		f := &files[i]
		if i == 0 || f.epoch != s.Epoch {
			last = wire.Record{}
			s.Epoch, s.First, s.Last = f.epoch, f.first, f.first-1
			s.Missing = nil
		}
		if err := f.read(filepath.Join(dir, f.name)); err != nil {
			return s, fmt.Errorf("salvage journal: %w", err)
		}
		if f.header != nil {
			s.Terminal = f.header.Terminal
		}
		for _, r := range f.chain(s.Terminal, last) {
			if r.Seq <= s.Last {
				continue // in the segment before as well: its name says otherwise
			}
			s.miss(s.Last+1, r.Seq-1)
			if err := each(r); err != nil {
				return s, err
			}
			s.Records++
			s.Last, last = r.Seq, r
		}
		end := uint64(0)
		if f.state != nil {
			end = f.state.Last
		}
		if i+1 < len(files) && files[i+1].epoch == f.epoch {
			end = max(end, files[i+1].first-1)
		}
		if end > s.Last && end-s.Last <= maxSegmentFile { // more would be noise
			s.miss(s.Last+1, end)
			s.Last = end
		}
	}
	return s, nil
}

func (s *Salvaged) miss(first, last uint64) {
	switch n := len(s.Missing); {
	case first > last:
	case n > 0 && s.Missing[n-1].Last == first-1:
		s.Missing[n-1].Last = last
	default:
		s.Missing = append(s.Missing, Span{first, last})
	}
}

// remains are what is legible of one segment.
type remains struct {
	name   string
	epoch  uint32
	first  uint64
	header *segmentHeader
	state  *facts // of the newest commit, if its root page is legible
	found  map[uint64][]wire.Record
}

// read looks at every page. Freed pages hold older copies, and what a power cut
// left of a commit that never came to be.
func (f *remains) read(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open segment: %w", err)
	}
	defer func() { _ = file.Close() }() // only read
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("open segment: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil
	}
	f.scan(file, min(info.Size(), maxSegmentFile))
	return nil
}

func (f *remains) scan(r io.ReaderAt, size int64) {
	f.found = map[uint64][]wire.Record{}
	at := int64(pageSize)
	if h, err := newestMeta(r, size); err == nil {
		at = int64(h.PageSize)
		f.readState(r, h)
	}
	page := at
	for at := int64(0); at+pageHeaderSize <= size; at += page {
		b := readLeaf(r, at, page, size)
		eachElement(b, func(flags uint32, key, value []byte) { f.element(flags, key, value, true) })
	}
}

// readLeaf is a leaf page with what it overflows into, as far as there is any;
// nil if it is no leaf or cannot be read.
func readLeaf(r io.ReaderAt, at, page, size int64) []byte {
	var head [pageHeaderSize]byte
	if _, err := r.ReadAt(head[:], at); err != nil || native.Uint16(head[8:]) != flagLeaf {
		return nil
	}
	pages := min(int64(native.Uint32(head[12:]))+1, maxRecordPages)
	b := make([]byte, min(pages*page, size-at))
	if _, err := r.ReadAt(b, at); err != nil {
		return nil
	}
	return b
}

// eachElement names the elements of a leaf that lie within it.
func eachElement(leaf []byte, fn func(flags uint32, key, value []byte)) {
	if len(leaf) < pageHeaderSize {
		return
	}
	for i := range int(native.Uint16(leaf[10:])) {
		at := pageHeaderSize + 16*i
		if at+16 > len(leaf) {
			return
		}
		e := leaf[at : at+16]
		start := uint64(at) + uint64(native.Uint32(e[4:]))
		middle := start + uint64(native.Uint32(e[8:]))
		end := middle + uint64(native.Uint32(e[12:]))
		if end <= uint64(len(leaf)) {
			fn(native.Uint32(e), leaf[start:middle], leaf[middle:end])
		}
	}
}

// inlinePage is the page that a small bucket keeps in its value; nil if it has its own.
func inlinePage(value []byte) []byte {
	if len(value) < 16 || native.Uint64(value) != 0 {
		return nil
	}
	return value[16:]
}

// element takes what is a record or the header.
func (f *remains) element(flags uint32, key, value []byte, outer bool) {
	switch {
	case flags == 1 && outer:
		eachElement(inlinePage(value), func(flags uint32, key, value []byte) { f.element(flags, key, value, false) })
	case flags != 0:
	case string(key) == string(headerKey):
		var h segmentHeader
		if decodeJSON(value, &h) == nil && h.Epoch == f.epoch && h.First == f.first {
			f.header = &h
		}
	case len(key) == 8:
		r, err := decodeRecord(key, value)
		if err != nil || r.Seq < f.first {
			return
		}
		same := func(x wire.Record) bool {
			return x.Hash == r.Hash && x.Stamp == r.Stamp && string(x.Body) == string(r.Body)
		}
		if !slices.ContainsFunc(f.found[r.Seq], same) {
			f.found[r.Seq] = append(f.found[r.Seq], r)
		}
	}
}

// readState finds the state of the newest commit, which lies in the root page.
func (f *remains) readState(r io.ReaderAt, h Header) {
	root, err := readPageHeader(r, h, h.root)
	if err != nil || root.flags != flagLeaf || root.pages > maxRecordPages {
		return
	}
	b := make([]byte, root.pages*uint64(h.PageSize))
	if _, err := r.ReadAt(b, int64(h.root)*int64(h.PageSize)); err != nil {
		return
	}
	eachElement(b, func(flags uint32, key, value []byte) {
		if flags != 1 || string(key) != string(stateBucket) {
			return
		}
		eachElement(inlinePage(value), func(flags uint32, key, value []byte) {
			var now facts
			if flags == 0 && string(key) == string(stateKey) && decodeJSON(value, &now) == nil {
				f.state = &now
			}
		})
	})
}

// chain picks the records that hashes vouch for, in sequence. It goes from the
// newest back: what the record after it names by its hash was committed, which
// tells it from a record of a commit that never came to be.
func (f *remains) chain(terminal string, before wire.Record) []wire.Record {
	known := func(seq uint64) (hashes []wire.Hash) { // of what could be record seq
		for _, r := range f.found[seq] {
			hashes = append(hashes, r.Hash)
		}
		if seq != f.first-1 {
			return hashes
		}
		if f.header != nil {
			hashes = append(hashes, f.header.Before.Hash)
		}
		if seq == 0 && terminal != "" {
			hashes = append(hashes, wire.Genesis(terminal, f.epoch))
		}
		if seq > 0 && before.Seq == seq {
			hashes = append(hashes, before.Hash)
		}
		return hashes
	}
	var seqs []uint64
	for seq := range f.found {
		if f.state == nil || seq <= f.state.Last {
			seqs = append(seqs, seq)
		}
	}
	slices.SortFunc(seqs, func(a, b uint64) int { return cmp.Compare(b, a) })
	var records []wire.Record
	var wanted *wire.Hash // of the record at hand, as the one after it has it
	next := uint64(0)
	for _, seq := range seqs {
		switch {
		case f.state != nil && seq == f.state.Last:
			wanted = &f.state.Hash
		case seq+1 != next:
			wanted = nil
		}
		next = seq
		r, prev, ok := vouched(f.found[seq], known(seq-1), wanted)
		wanted = nil
		if ok {
			records = append(records, r)
			wanted = &prev
		}
	}
	slices.Reverse(records)
	return records
}

// vouched finds the record, of those that claim one sequence, that follows from
// one of the hashes and has the wanted hash, if there is one.
func vouched(claims []wire.Record, before []wire.Hash, wanted *wire.Hash) (r wire.Record, prev wire.Hash, ok bool) {
	for _, r := range claims {
		if wanted != nil && r.Hash != *wanted {
			continue
		}
		for _, prev := range before {
			if r.Follows(prev, r.Seq) == nil {
				return r, prev, true
			}
		}
	}
	return wire.Record{}, wire.Hash{}, false
}
