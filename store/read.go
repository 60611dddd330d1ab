package store

import (
	"bytes"
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"sort"

	bolt "go.etcd.io/bbolt"

	"till/payment"
	"till/sync/wire"
)

// view looks at segment i. The caller holds files for reading.
func (j *Journal) view(i int, fn func(*bolt.Tx) error) error {
	if i == len(j.segments)-1 {
		return j.active.view(fn)
	}
	j.sealed.Lock()
	defer j.sealed.Unlock()
	first := j.segments[i].first
	if err := j.sealed.broken[first]; err != nil {
		return err
	}
	if j.sealed.open == nil || j.sealed.first != first {
		if err := j.closeSealed(); err != nil {
			return err
		}
		m, err := openSegment(j.path(i), true, j.bounds)
		if err != nil {
			return err
		}
		j.sealed.open, j.sealed.first = m, first
	}
	return j.sealed.open.view(fn)
}

// closeSealed is called with sealed locked.
func (j *Journal) closeSealed() error {
	m := j.sealed.open
	if m == nil {
		return nil
	}
	j.sealed.open = nil
	if broken := m.broken.Load(); broken != nil {
		if j.sealed.broken == nil {
			j.sealed.broken = map[uint64]error{}
		}
		j.sealed.broken[j.sealed.first] = *broken
	}
	if err := m.close(); err != nil {
		return fmt.Errorf("close a segment: %w", err)
	}
	return nil
}

// limit bounds a read by records and bytes; 0 is no bound.
type limit struct {
	records, bytes int
	some           bool // one was taken: the first always is
}

func newLimit(records, bytes int) *limit { return &limit{records: records, bytes: bytes} }

// take says whether a record still fits, and counts it.
func (l *limit) take(size int) bool {
	if l.some && ((l.bytes > 0 && size > l.bytes) || l.records < 0) {
		return false
	}
	if l.records > 0 {
		if l.records--; l.records == 0 {
			l.records = -1
		}
	}
	if l.bytes > 0 {
		l.bytes = max(l.bytes-size, 1)
	}
	l.some = true
	return true
}

// Read returns records from sequence from on, in order and without a gap, each
// checked against the chain: at most maxRecords, and at most maxBytes of them as
// an upload counts them, but one at least if there is one. A bound of 0 is none.
// The error wraps ErrPruned if from was deleted, ErrDamaged if the file is.
func (j *Journal) Read(from uint64, maxRecords, maxBytes int) ([]wire.Record, error) {
	from = max(from, 1)
	j.files.RLock()
	defer j.files.RUnlock()
	if j.closed {
		return nil, ErrClosed
	}
	if from < j.segments[0].first {
		return nil, fmt.Errorf("%w: record %d, the oldest here is %d", ErrPruned, from, j.segments[0].first)
	}
	// The segment before the first that begins after from.
	i := sort.Search(len(j.segments), func(i int) bool { return j.segments[i].first > from }) - 1
	l := newLimit(maxRecords, maxBytes)
	// What a commit has written before it returned is nobody's to know yet.
	last := j.Position().Last
	var records []wire.Record
	for ; i < len(j.segments) && from <= last; i++ {
		var part []wire.Record
		full := false
		err := j.view(i, func(tx *bolt.Tx) error {
			h, now, err := readHeader(tx, filepath.Base(j.path(i)))
			if err != nil {
				return err
			}
			part, err = readRecords(tx, h, from, last, l)
			next := from + uint64(len(part))
			full = next <= now.Last
			if err == nil && i < len(j.segments)-1 && !full && next != j.segments[i+1].first {
				err = damaged(filepath.Base(j.path(i)), fmt.Sprintf("record %d is missing", next))
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("read journal: %w", err)
		}
		records = append(records, part...)
		from += uint64(len(part))
		if full {
			break
		}
	}
	return records, nil
}

// readRecords reads records up to last from one segment; from must be in it or just after it.
func readRecords(tx *bolt.Tx, h segmentHeader, from, last uint64, l *limit) ([]wire.Record, error) {
	name := segmentName(h.Epoch, h.First)
	bucket := tx.Bucket(recordsBucket)
	prev := h.Before.Hash
	if from > h.First {
		key := seqKey(from - 1)
		r, err := decodeRecord(key, bucket.Get(key))
		if err != nil {
			if key, _ := bucket.Cursor().Last(); key == nil || string(key) < string(seqKey(from-1)) {
				return nil, nil // beyond the end
			}
			return nil, damaged(name, fmt.Sprintf("record %d: %v", from-1, err))
		}
		prev = r.Hash
	}
	var records []wire.Record
	c := bucket.Cursor()
	for key, value := c.Seek(seqKey(from)); key != nil && from <= last; key, value = c.Next() {
		r, err := decodeRecord(key, value)
		if err != nil {
			return nil, damaged(name, err)
		}
		if !l.take(recordSize(r)) {
			break
		}
		if err := r.Follows(prev, from); err != nil {
			return nil, damaged(name, err)
		}
		records = append(records, r)
		prev = r.Hash
		from++
	}
	return records, nil
}

// Sale finds a sale, finished or not, if its newest events were not pruned.
func (j *Journal) Sale(id payment.SaleID) (payment.Sale, bool, error) {
	k, found, err := j.find(id, 0)
	if err != nil {
		return payment.Sale{}, false, fmt.Errorf("find sale %s: %w", id, err)
	}
	return clone(k.Sale), found, nil
}

// find looks in memory, then in the segments from the newest back to oldest;
// oldest -1 is the newest alone.
func (j *Journal) find(id payment.SaleID, oldest int) (kept, bool, error) {
	j.files.RLock()
	defer j.files.RUnlock()
	if j.closed {
		return kept{}, false, ErrClosed
	}
	if id == "" {
		return kept{}, false, nil
	}
	j.mu.RLock()
	k, found := j.open[id]
	if !found && id == j.now.Newest {
		k, found = j.newest, true
	}
	j.mu.RUnlock()
	if oldest < 0 {
		oldest = len(j.segments) - 1
	}
	for i := len(j.segments) - 1; i >= oldest && !found; i-- {
		err := j.view(i, func(tx *bolt.Tx) (err error) {
			k, found, err = saleIn(tx, id)
			return err
		})
		if err != nil {
			return kept{}, false, err
		}
	}
	return k, found, nil
}

// entry is one sale in an index, and the segment where its newest state is.
type entry struct {
	id      payment.SaleID
	born    uint64
	segment int
}

// Receipted finds the sale that a receipt's number was given to, if its records
// were not pruned. The segments know the numbers before them, so one is searched.
func (j *Journal) Receipted(receipt uint64) (payment.Sale, bool, error) {
	id, err := j.receipted(receipt)
	if err != nil {
		return payment.Sale{}, false, fmt.Errorf("find receipt %d: %w", receipt, err)
	}
	return j.Sale(id)
}

func (j *Journal) receipted(receipt uint64) (id payment.SaleID, err error) {
	j.files.RLock()
	defer j.files.RUnlock()
	if j.closed {
		return "", ErrClosed
	}
	if receipt == 0 || receipt > j.LastReceipt() {
		return "", nil
	}
	for i, searched := len(j.segments)-1, false; i >= 0 && !searched; i-- {
		err := j.view(i, func(tx *bolt.Tx) error {
			h, _, err := readHeader(tx, filepath.Base(j.path(i)))
			if err != nil || h.Before.Receipt >= receipt {
				return err
			}
			searched = true
			id, err = receiptIn(tx, receipt)
			return err
		})
		if err != nil {
			return "", err
		}
	}
	return id, nil
}

// receiptIn is the sale that was given a receipt's number in a segment.
func receiptIn(tx *bolt.Tx, receipt uint64) (id payment.SaleID, err error) {
	says := fmt.Appendf(nil, `"receipt":%d`, receipt) // or one that begins so
	c := tx.Bucket(recordsBucket).Cursor()
	for key, value := c.First(); key != nil && id == ""; key, value = c.Next() {
		if !bytes.Contains(value, says) {
			continue
		}
		r, err := decodeRecord(key, value)
		if err != nil {
			return "", err
		}
		e, err := r.Event()
		if err == nil && e.Receipt == receipt && (e.Kind == payment.AttemptChanged || e.Kind == payment.CashTaken) {
			id = e.Sale
		}
	}
	return id, nil
}

// Recent are the n sales begun last, newest first, as they stand now.
func (j *Journal) Recent(n int) ([]payment.Sale, error) {
	j.files.RLock()
	defer j.files.RUnlock()
	if j.closed {
		return nil, ErrClosed
	}
	entries, err := j.recentEntries(n)
	if err != nil {
		return nil, fmt.Errorf("recent sales: %w", err)
	}
	sales := make([]payment.Sale, 0, len(entries))
	for _, e := range entries {
		err := j.view(e.segment, func(tx *bolt.Tx) error {
			k, _, err := saleIn(tx, e.id)
			sales = append(sales, k.Sale)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("recent sales: %w", err)
		}
	}
	return sales, nil
}

// recentEntries goes back through the segments until n sales that began in
// those it has seen are found: nothing older can be newer than these.
func (j *Journal) recentEntries(n int) ([]entry, error) {
	var entries []entry
	seen := map[payment.SaleID]bool{}
	begun := 0
	for i := len(j.segments) - 1; i >= 0 && begun < n; i-- {
		err := j.view(i, func(tx *bolt.Tx) error {
			return eachSale(tx, func(id payment.SaleID, born uint64) {
				if seen[id] {
					return
				}
				seen[id] = true
				entries = append(entries, entry{id, born, i})
			})
		})
		if err != nil {
			return nil, err
		}
		begun = 0
		for _, e := range entries {
			if e.born >= j.segments[i].first {
				begun++
			}
		}
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(b.born, a.born) })
	return entries[:min(max(n, 0), len(entries))], nil
}

// eachSale names every sale that a segment knows, once, and when it began.
func eachSale(tx *bolt.Tx, fn func(id payment.SaleID, born uint64)) error {
	carried := map[payment.SaleID]bool{}
	err := tx.Bucket(carriedBucket).ForEach(func(id, value []byte) error {
		var k struct {
			Born uint64 `json:"born"`
		}
		if err := decodeJSON(value, &k); err != nil {
			return damaged("sale "+string(id), err)
		}
		carried[payment.SaleID(id)] = true
		fn(payment.SaleID(id), k.Born)
		return nil
	})
	if err != nil {
		return err
	}
	for _, name := range [][]byte{liveBucket, salesBucket} {
		err := tx.Bucket(name).ForEach(func(id, value []byte) error {
			if carried[payment.SaleID(id)] {
				return nil
			}
			seqs, err := decodeSeqs(value)
			if err != nil || len(seqs) == 0 {
				return damaged("sale "+string(id), "its index entry cannot be read")
			}
			fn(payment.SaleID(id), seqs[0])
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
