package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"

	bolt "go.etcd.io/bbolt"

	"till/payment"
	"till/sync/wire"
)

// Check reads everything and holds it against the rules: the pages of each file,
// the hash chain and the sequence across segments, receipt numbers without a
// gap, and every index against a fold of the records. It holds up Append only
// while it looks at the newest segment; on a full journal it takes seconds.
func (j *Journal) Check() error {
	c := checker{journal: j, known: map[payment.SaleID][sha256.Size]byte{}}
	if err := c.all(); err != nil {
		return fmt.Errorf("check journal: %w", err)
	}
	return nil
}

func (c *checker) all() error {
	for more := true; more; {
		var err error
		if more, err = c.nextSealed(); err != nil {
			return err
		}
	}
	j := c.journal
	j.write.Lock()
	defer j.write.Unlock()
	if err := j.usable(); err != nil {
		return err
	}
	j.files.RLock()
	defer j.files.RUnlock()
	for i := range j.segments { // one, unless the journal rolled over meanwhile
		if err := c.file(i); err != nil {
			return err
		}
	}
	return c.memory()
}

// nextSealed checks the oldest segment that is never written again and was not
// checked yet; false if there is none. In between, segments may come and go.
func (c *checker) nextSealed() (more bool, err error) {
	j := c.journal
	j.files.RLock()
	defer j.files.RUnlock()
	if j.closed {
		return false, ErrClosed
	}
	for i := range j.segments[:len(j.segments)-1] {
		if j.segments[i].first > c.header.First {
			return true, c.file(i)
		}
	}
	return false, nil
}

// file checks segment i, unless it was checked already.
func (c *checker) file(i int) error {
	j := c.journal
	if j.segments[i].first <= c.header.First {
		return nil
	}
	h, err := checkPages(j.path(i))
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(j.path(i)), err)
	}
	return j.view(i, func(tx *bolt.Tx) error { return c.segment(tx, h, i) })
}

type checker struct {
	journal *Journal
	known   map[payment.SaleID][sha256.Size]byte // digest of each sale as the segments so far leave it

	// Of the segment under check.
	name    string
	header  segmentHeader
	now     facts           // by the fold
	counter payment.Counter // likewise
	sales   map[payment.SaleID]kept
	seqs    map[payment.SaleID][]uint64
}

func (c *checker) segment(tx *bolt.Tx, file Header, i int) error {
	c.name = filepath.Base(c.journal.path(i))
	if !file.Torn { // bbolt's check looks at both meta pages, and panics over a torn one
		if err := boltCheck(tx); err != nil {
			return damaged(c.name, err)
		}
	}
	h, stored, err := readHeader(tx, c.name)
	if err != nil {
		return err
	}
	if h.Terminal != c.journal.options.Terminal {
		return damaged(c.name, "it is of terminal "+h.Terminal)
	}
	if err := c.follows(h, i); err != nil {
		return err
	}
	c.header, c.now, c.counter = h, h.Before, h.Counter
	c.sales, c.seqs = map[payment.SaleID]kept{}, map[payment.SaleID][]uint64{}
	if err := c.carried(tx); err != nil {
		return err
	}
	if err := c.fold(tx); err != nil {
		return err
	}
	c.now.Acked = stored.Acked // of no record
	if c.now != stored || stored.Acked > stored.Last || stored.Acked < h.Before.Acked {
		return damaged(c.name, fmt.Sprintf("its state is %+v, its records make it %+v", stored, c.now))
	}
	if counter, err := counterIn(tx); err != nil || !reflect.DeepEqual(counter, c.counter) {
		return damaged(c.name, fmt.Sprintf("its counter is %+v (%v), its records make it %+v", counter, err, c.counter))
	}
	if err := c.index(tx, liveBucket, true); err != nil {
		return err
	}
	if err := c.index(tx, salesBucket, false); err != nil {
		return err
	}
	if len(c.seqs) > 0 {
		return damaged(c.name, fmt.Sprintf("%d sales are in no index", len(c.seqs)))
	}
	for id, k := range c.sales {
		c.known[id] = digest(k)
	}
	return nil
}

// follows holds a segment against the one before it.
func (c *checker) follows(h segmentHeader, i int) error {
	before := h.Before
	if i == 0 { // the oldest; what was before it may have gone while this looked elsewhere
		clear(c.known)
		if h.First == 1 && before != (facts{Hash: wire.Genesis(h.Terminal, h.Epoch)}) {
			return damaged(c.name, "it does not begin with nothing")
		}
		return nil
	}
	last := c.now
	last.Acked = before.Acked // may have moved since the last commit there
	if before != last {
		return damaged(c.name, fmt.Sprintf("it begins after %+v, the segment before it ends with %+v", before, last))
	}
	if !reflect.DeepEqual(h.Counter, c.counter) {
		return damaged(c.name, fmt.Sprintf("it begins after counter %+v, the segment before it ends with %+v", h.Counter, c.counter))
	}
	if n := len(h.Earlier); n == 0 || h.Earlier[n-1] != c.header.First {
		return damaged(c.name, "it does not know the segment before it")
	}
	return nil
}

func (c *checker) carried(tx *bolt.Tx) error {
	return tx.Bucket(carriedBucket).ForEach(func(key, value []byte) error {
		var k kept
		if err := decodeJSON(value, &k); err != nil {
			return damaged(c.name, err)
		}
		id := payment.SaleID(key)
		if k.Sale.ID != id || k.Born == 0 || k.Born >= c.header.First {
			return damaged(c.name, fmt.Sprintf("sale %s is carried as %s of record %d", id, k.Sale.ID, k.Born))
		}
		if known, ok := c.known[id]; ok && known != digest(k) {
			return damaged(c.name, fmt.Sprintf("sale %s is carried otherwise than the segments before left it", id))
		}
		if _, ok := c.known[id]; !ok && k.Born >= c.journal.segments[0].first {
			return damaged(c.name, fmt.Sprintf("sale %s is carried from record %d, which did not begin it", id, k.Born))
		}
		c.sales[id] = k
		if k.Sale.Unfinished() {
			c.seqs[id] = nil // listed, though nothing may have happened to it here
		}
		return nil
	})
}

func (c *checker) fold(tx *bolt.Tx) error {
	return tx.Bucket(recordsBucket).ForEach(func(key, value []byte) error {
		r, err := decodeRecord(key, value)
		if err != nil {
			return damaged(c.name, err)
		}
		if err := r.Follows(c.now.Hash, c.now.Last+1); err != nil {
			return damaged(c.name, err)
		}
		c.now.Last, c.now.Hash = r.Seq, r.Hash
		e, err := r.Event()
		if err != nil {
			return damaged(c.name, err)
		}
		if e.Kind == payment.StoreReplaced && e.Sale == "" {
			return nil
		}
		if payment.OfCounter(e.Kind) && e.Sale == "" {
			if c.counter, err = c.counter.Apply(e, r.Stamp); err != nil {
				return damaged(c.name, fmt.Sprintf("record %d: %v", r.Seq, err))
			}
			return nil
		}
		k := c.sales[e.Sale]
		receipt, before := k.Sale.Receipt, k.Sale
		if k.Sale, err = k.Sale.Apply(e, r.Stamp); err != nil {
			return damaged(c.name, fmt.Sprintf("record %d: %v", r.Seq, err))
		}
		if c.counter, err = c.counter.Count(before, k.Sale); err != nil {
			return damaged(c.name, fmt.Sprintf("record %d: %v", r.Seq, err))
		}
		if k.Sale.Receipt != receipt {
			if c.now.Receipt++; k.Sale.Receipt != c.now.Receipt {
				return damaged(c.name, fmt.Sprintf("record %d gives receipt %d, %d is due", r.Seq, k.Sale.Receipt, c.now.Receipt))
			}
		}
		if e.Kind.Begins() {
			k.Born = r.Seq
		}
		if e.Kind == payment.SaleCreated {
			c.now.Newest = e.Sale
		}
		c.sales[e.Sale] = k
		c.seqs[e.Sale] = append(c.seqs[e.Sale], r.Seq)
		return nil
	})
}

// index holds one index against the fold, and strikes off what it lists.
func (c *checker) index(tx *bolt.Tx, bucket []byte, unfinished bool) error {
	return tx.Bucket(bucket).ForEach(func(key, value []byte) error {
		id := payment.SaleID(key)
		seqs, listed := c.seqs[id]
		if !listed || c.sales[id].Sale.Unfinished() != unfinished {
			return damaged(c.name, fmt.Sprintf("sale %s is listed under %s", id, bucket))
		}
		if !bytes.Equal(value, encodeSeqs(seqs)) {
			return damaged(c.name, fmt.Sprintf("sale %s is listed with other records than its own", id))
		}
		delete(c.seqs, id)
		return nil
	})
}

// memory holds what the program keeps in memory against the newest segment, whose fold c has.
func (c *checker) memory() error {
	j := c.journal
	j.mu.RLock()
	defer j.mu.RUnlock()
	now := j.now
	now.Acked = j.stored
	if now != c.now || j.now.Acked < j.stored || j.now.Acked > j.now.Last {
		return damaged("memory", fmt.Sprintf("%+v, the newest segment has %+v", j.now, c.now))
	}
	if !reflect.DeepEqual(j.counter, c.counter) {
		return damaged("memory", fmt.Sprintf("counter %+v, the newest segment has %+v", j.counter, c.counter))
	}
	for id, k := range c.sales {
		open, listed := j.open[id]
		if listed != k.Sale.Unfinished() || (listed && digest(open) != digest(k)) {
			return damaged("memory", fmt.Sprintf("sale %s differs from the newest segment's", id))
		}
	}
	for id := range j.open {
		if _, ok := c.sales[id]; !ok {
			return damaged("memory", fmt.Sprintf("sale %s is not in the newest segment", id))
		}
	}
	if digest(j.newest) != digest(c.sales[now.Newest]) {
		return damaged("memory", "the newest sale differs from the newest segment's")
	}
	return nil
}

func digest(k kept) [sha256.Size]byte {
	text, err := json.Marshal(k)
	if err != nil {
		return [sha256.Size]byte{} // cannot be: it was decoded from JSON
	}
	return sha256.Sum256(text)
}

// boltCheck is bbolt's own check of the pages in tx.
func boltCheck(tx *bolt.Tx) error {
	var errs []error
	for err := range tx.Check() {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
