package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"till/payment"
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
func openSegment(path string, readOnly bool, b bounds) (*bolt.DB, error) {
	if _, err := inspectFile(path); err != nil {
		return nil, err
	}
	var file *os.File
	var db *bolt.DB
	err := guard(filepath.Base(path), func() (err error) {
		db, err = bolt.Open(path, 0o600, &bolt.Options{
			Timeout:         max(b.timeout, time.Nanosecond), // 0 would wait for ever
			ReadOnly:        readOnly,
			PageSize:        pageSize,
			InitialMmapSize: b.mmapSize(readOnly),
			OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
				f, err := os.OpenFile(name, flag, mode)
				file = f
				return f, err
			},
		})
		return err
	})
	switch {
	case err == nil:
		db.AllocSize = int(b.step)
		return db, nil
	case errors.Is(err, berrors.ErrTimeout):
		return nil, fmt.Errorf("%w in %s: end it first", ErrLocked, filepath.Dir(path))
	case errors.Is(err, ErrDamaged) && file != nil:
		_ = file.Close() // bbolt panicked with it open: the damage is what is reported
	}
	return nil, fmt.Errorf("open segment %s: %w", filepath.Base(path), err)
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

// makeSegment makes a complete segment and opens it. carried are the unfinished
// sales and the newest one, as JSON; live names the unfinished ones.
func makeSegment(dir *os.File, h segmentHeader, carried map[payment.SaleID][]byte, live []payment.SaleID, b bounds) (*bolt.DB, error) {
	final := filepath.Join(dir.Name(), segmentName(h.Epoch, h.First))
	half := final + halfMade
	if err := os.Remove(half); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("begin a segment: %w", err)
	}
	db, err := bolt.Open(half, 0o600, &bolt.Options{
		Timeout: max(b.timeout, time.Nanosecond), PageSize: pageSize, InitialMmapSize: b.mmapSize(false),
	})
	if err != nil {
		return nil, fmt.Errorf("begin a segment: %w", err)
	}
	db.AllocSize = int(b.step)
	err = db.Update(func(tx *bolt.Tx) error { return fillSegment(tx, h, carried, live) })
	if err == nil {
		err = os.Rename(half, final)
	}
	if err == nil {
		err = dir.Sync()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("begin a segment: %w", err), db.Close())
	}
	return db, nil
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
	for _, id := range slices.Sorted(maps.Keys(carried)) {
		if err := tx.Bucket(carriedBucket).Put([]byte(id), carried[id]); err != nil {
			return err
		}
	}
	for _, id := range slices.Sorted(slices.Values(live)) {
		if err := tx.Bucket(liveBucket).Put([]byte(id), newSeqList()); err != nil {
			return err
		}
	}
	return nil
}

func putJSON(b *bolt.Bucket, key []byte, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode %s: %w", key, err)
	}
	return b.Put(key, text)
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
	if err := json.Unmarshal(text, &version); err != nil {
		return h, now, damaged(name, err)
	}
	if version.Schema > schema {
		return h, now, fmt.Errorf("%w: %s has schema %d, this till knows %d: update till", ErrNewer, name, version.Schema, schema)
	}
	if err := json.Unmarshal(text, &h); err != nil {
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
	if err := json.Unmarshal(tx.Bucket(stateBucket).Get(stateKey), &now); err != nil {
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
		if err := json.Unmarshal(base, &k); err != nil {
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
		key := seqKey(seq)
		r, err := decodeRecord(key, tx.Bucket(recordsBucket).Get(key))
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
