package store

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"till/payment"
	"till/sync/wire"
)

const (
	// pageSize is fixed, so that a card can move between boards: the kernel of a
	// Pi 5 has pages of 16 KiB. 4 KiB keeps the two meta pages, and a live page
	// and a free one, in different blocks of the file system.
	pageSize = 4096
	// fill is how full a page is left when it splits. Sequences and ULIDs only grow.
	fill = 0.95
)

// bounds are what the options say of one segment.
type bounds struct {
	records int
	bytes   int64
	step    int64 // by which a file grows
	timeout time.Duration
}

// openSegment maps a segment that Inspect has passed. The newest is opened for
// writing, the others are not.
func openSegment(path string, readOnly bool, b bounds) (*mapped, error) {
	if _, err := inspectFile(path); err != nil {
		return nil, err
	}
	m, err := openMapped(path, &bolt.Options{
		Timeout: b.timeout, ReadOnly: readOnly, PageSize: pageSize, InitialMmapSize: b.mmapSize(readOnly),
	})
	if err != nil {
		return nil, err
	}
	m.db.AllocSize = int(b.step)
	return m, nil
}

// mmapSize is address space for all that the segment will take, so that it is
// never mapped anew, which would wait for readers.
func (b bounds) mmapSize(readOnly bool) int {
	if readOnly {
		return 0
	}
	return int(b.bytes + b.bytes/4 + 4*b.step)
}

// buckets are those of a segment.
var buckets = [][]byte{headerBucket, stateBucket, recordsBucket, liveBucket, salesBucket, carriedBucket}

// makeSegment makes a complete segment and opens it, as a boot would. carried are the unfinished
// sales and the newest one, encoded; live names the unfinished ones.
func makeSegment(dir *os.File, h segmentHeader, carried map[payment.SaleID][]byte, live []payment.SaleID, b bounds) (*mapped, error) {
	final := filepath.Join(dir.Name(), segmentName(h.Epoch, h.First))
	half := final + halfMade
	if err := os.Remove(half); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("begin a segment: %w", err)
	}
	m, err := openMapped(half, &bolt.Options{
		Timeout: b.timeout, PageSize: pageSize, InitialMmapSize: b.mmapSize(false),
	})
	if err != nil {
		return nil, fmt.Errorf("begin a segment: %w", err)
	}
	m.db.AllocSize = int(b.step)
	err = m.update(func(tx *bolt.Tx) error { return fillSegment(tx, h, carried, live) })
	if err == nil {
		err = os.Rename(half, final)
	}
	if err == nil {
		err = dir.Sync()
	}
	if err = errors.Join(err, m.close()); err != nil {
		return nil, fmt.Errorf("begin a segment: %w", err)
	}
	if err := forgetCached(final); err != nil { // its first pages were written, and would be kept, as one
		return nil, fmt.Errorf("begin a segment: %w", err)
	}
	return openSegment(final, false, b)
}

func fillSegment(tx *bolt.Tx, h segmentHeader, carried map[payment.SaleID][]byte, live []payment.SaleID) error {
	for _, name := range buckets {
		if _, err := tx.CreateBucket(name); err != nil {
			return err
		}
	}
	if err := putJSON(tx.Bucket(headerBucket), headerKey, h); err != nil {
		return err
	}
	if err := putJSON(tx.Bucket(stateBucket), stateKey, h.Before); err != nil {
		return err
	}
	counter, err := encodeJSON(h.Counter)
	if err != nil {
		return fmt.Errorf("encode the counter: %w", err)
	}
	if err := putCounter(tx, counter); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(carried)) {
		if err := tx.Bucket(carriedBucket).Put([]byte(id), carried[id]); err != nil {
			return err
		}
	}
	for _, id := range slices.Sorted(slices.Values(live)) {
		if err := tx.Bucket(liveBucket).Put([]byte(id), encodeSeqs(nil)); err != nil {
			return err
		}
	}
	return nil
}

// putCounter stands apart from the state, which salvage reads in the root page
// and has to stay small.
func putCounter(tx *bolt.Tx, encoded []byte) error {
	b, err := tx.CreateBucketIfNotExists(counterBucket)
	if err != nil {
		return err
	}
	return b.Put(counterKey, encoded)
}

// counterIn is the counter as a segment has it.
func counterIn(tx *bolt.Tx) (d payment.Counter, err error) {
	b := tx.Bucket(counterBucket)
	if b == nil {
		return d, nil
	}
	return d, decodeJSON(b.Get(counterKey), &d)
}

func putJSON(b *bolt.Bucket, key []byte, v any) error {
	value, err := encodeJSON(v)
	if err != nil {
		return fmt.Errorf("encode %s: %w", key, err)
	}
	return b.Put(key, value)
}

// readHeader reads a segment's header and state, and checks them against its name.
func readHeader(tx *bolt.Tx, name string) (h segmentHeader, now facts, err error) {
	var text []byte
	if b := tx.Bucket(headerBucket); b != nil {
		text = b.Get(headerKey)
	}
	if text == nil {
		return h, now, fmt.Errorf("%w: %s is another program's database: name another folder", ErrNotJournal, name)
	}
	var version struct {
		Schema int `json:"schema"`
	}
	if err := decodeJSON(text, &version); err != nil {
		return h, now, damaged(name, err)
	}
	if version.Schema > schema {
		return h, now, fmt.Errorf("%w: %s has schema %d, this till knows %d: update till", ErrNewer, name, version.Schema, schema)
	}
	if err := decodeJSON(text, &h); err != nil {
		return h, now, damaged(name, err)
	}
	if h.Schema != schema || segmentName(h.Epoch, h.First) != name || h.Before.Last != h.First-1 {
		return h, now, damaged(name, fmt.Sprintf("its header is of schema %d, epoch %d, first record %d", h.Schema, h.Epoch, h.First))
	}
	for _, bucket := range buckets {
		if tx.Bucket(bucket) == nil {
			return h, now, damaged(name, fmt.Sprintf("bucket %s is missing", bucket))
		}
	}
	if err := decodeJSON(tx.Bucket(stateBucket).Get(stateKey), &now); err != nil {
		return h, now, damaged(name, err)
	}
	return h, now, nil
}

// saleIn folds one sale from what a segment keeps of it.
func saleIn(tx *bolt.Tx, id payment.SaleID) (k kept, found bool, err error) {
	list := indexEntry(tx, id)
	base := tx.Bucket(carriedBucket).Get([]byte(id))
	if list == nil && base == nil {
		return kept{}, false, nil
	}
	where := "sale " + string(id)
	if base != nil {
		if err := decodeJSON(base, &k); err != nil {
			return kept{}, false, damaged(where, err)
		}
	}
	if list == nil {
		return k, true, nil
	}
	seqs, err := decodeSeqs(list)
	if err != nil {
		return kept{}, false, damaged(where, err)
	}
	for _, seq := range seqs {
		r, err := recordIn(tx, seq)
		if err != nil {
			return kept{}, false, damaged(where, err)
		}
		e, err := r.Event()
		if err != nil {
			return kept{}, false, damaged(where, err)
		}
		if k.Sale, err = k.Sale.Apply(e, r.Stamp); err != nil {
			return kept{}, false, damaged(where, err)
		}
		if k.Born == 0 {
			k.Born = seq
		}
	}
	return k, true, nil
}

// recordIn is one record of a segment, checked against the one before it.
func recordIn(tx *bolt.Tx, seq uint64) (wire.Record, error) {
	records := tx.Bucket(recordsBucket)
	key := seqKey(seq)
	r, err := decodeRecord(key, records.Get(key))
	if err != nil {
		return r, err
	}
	var prev wire.Hash
	key = seqKey(seq - 1)
	if value := records.Get(key); value != nil {
		before, err := decodeRecord(key, value)
		if err != nil {
			return r, err
		}
		prev = before.Hash
	} else {
		var h segmentHeader
		if err := decodeJSON(tx.Bucket(headerBucket).Get(headerKey), &h); err != nil {
			return r, err
		}
		prev = h.Before.Hash
	}
	return r, r.Follows(prev, seq)
}

// indexEntry is the sale's sequences in this segment, nil if it has none here.
func indexEntry(tx *bolt.Tx, id payment.SaleID) []byte {
	if list := tx.Bucket(liveBucket).Get([]byte(id)); list != nil {
		return list
	}
	return tx.Bucket(salesBucket).Get([]byte(id))
}

// liveSales folds the unfinished sales of a segment.
func liveSales(tx *bolt.Tx) (map[payment.SaleID]kept, error) {
	open := map[payment.SaleID]kept{}
	err := tx.Bucket(liveBucket).ForEach(func(id, _ []byte) error {
		k, _, err := saleIn(tx, payment.SaleID(id))
		if err != nil {
			return err
		}
		if !k.Sale.Unfinished() {
			return damaged("sale "+string(id), "finished, but listed as unfinished")
		}
		open[payment.SaleID(id)] = k
		return nil
	})
	return open, err
}
