package store

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	bolt "go.etcd.io/bbolt"

	"till/payment"
	"till/sync/wire"
)

// Append commits the events, all of them or none, and returns the journal's last
// sequence. When it returns without an error they are durable, and only then may
// anything outside learn of them.
//
// Nothing is kept and the error wraps payment.ErrImpossible where an event
// cannot follow what its sale is, where a receipt number is not LastReceipt+1,
// or where a record could not be sent; it wraps ErrFull where the folder's bound
// is reached. After any other error it is not known whether the events were
// kept: every further Append fails, until the journal is opened again.
func (j *Journal) Append(stamp payment.Stamp, events ...payment.Event) (last uint64, err error) {
	j.write.Lock()
	defer j.write.Unlock()
	if err := j.writable(); err != nil {
		return 0, err
	}
	d := j.newDraft()
	if stamp, err = cleanStamp(stamp); err != nil {
		return 0, fmt.Errorf("append to journal: %w", err)
	}
	for _, e := range events {
		if err := d.add(stamp, e); err != nil {
			return 0, fmt.Errorf("append to journal: %w", err)
		}
	}
	if len(events) == 0 {
		return d.now.Last, nil
	}
	if err := d.encodeCounter(); err != nil {
		return 0, fmt.Errorf("append to journal: %w", err)
	}
	if err := j.makeRoom(d); err != nil {
		return 0, err
	}
	d.now.Acked = j.Position().Acked
	if err := j.update(d.write); err != nil {
		return 0, err
	}
	j.adopt(d)
	return d.now.Last, nil
}

func (j *Journal) usable() error {
	if j.isClosed() {
		return ErrClosed
	}
	return j.failed
}

func (j *Journal) writable() error {
	if j.options.ReadOnly {
		return ErrReadOnly
	}
	return j.usable()
}

// draft is what a commit will make of the journal.
type draft struct {
	journal *Journal
	now     facts
	counter payment.Counter
	records []wire.Record
	changed map[payment.SaleID]*change
	order   []payment.SaleID // of changed, as they came
	begins  bool             // a sale or an epoch, or one is held, which the reserve is not for
	bytes   int64            // of the records
	text    []byte           // of the counter, encoded; nil if it stays as it is
}

// change is what a commit makes of one sale.
type change struct {
	before, after kept // before is zero if the sale is created here
	seqs          []uint64
}

func (j *Journal) newDraft() *draft {
	j.mu.RLock()
	defer j.mu.RUnlock()
	return &draft{journal: j, now: j.now, counter: j.counter, changed: map[payment.SaleID]*change{}}
}

func (d *draft) add(stamp payment.Stamp, e payment.Event) error {
	r, err := wire.NewRecord(d.now.Hash, d.now.Last+1, stamp, e)
	if err != nil {
		return fmt.Errorf("%w: %w", payment.ErrImpossible, err)
	}
	if size := recordSize(r); size > maxRecord {
		return fmt.Errorf("%w: %s takes %d bytes, at most %d can be sent", payment.ErrImpossible, e.Kind, size, maxRecord)
	}
	if e, err = r.Event(); err != nil { // as it will be read again
		return fmt.Errorf("%w: %w", payment.ErrImpossible, err)
	}
	if e.Kind == payment.StoreReplaced && e.Sale == "" {
		d.begins = true
	} else if payment.OfCounter(e.Kind) && e.Sale == "" {
		d.begins = d.begins || e.Kind == payment.CartHeld
		if d.counter, err = d.counter.Apply(e, r.Stamp); err != nil {
			return err
		}
	} else if err := d.step(e, r); err != nil {
		return err
	}
	d.records = append(d.records, r)
	d.bytes += int64(recordSize(r))
	d.now.Last, d.now.Hash = r.Seq, r.Hash
	return nil
}

// step folds one event into its sale.
func (d *draft) step(e payment.Event, r wire.Record) error {
	c, err := d.sale(e)
	if err != nil {
		return err
	}
	after, err := c.after.Sale.Apply(e, r.Stamp)
	if err != nil {
		return err
	}
	if after.Receipt != c.after.Sale.Receipt {
		if after.Receipt != d.now.Receipt+1 {
			return fmt.Errorf("%w: receipt number %d follows %d", payment.ErrImpossible, after.Receipt, d.now.Receipt)
		}
		d.now.Receipt = after.Receipt
	}
	if e.Kind.Begins() {
		c.after.Born = r.Seq
		d.begins = true
	}
	if e.Kind == payment.SaleCreated {
		d.now.Newest = e.Sale
	}
	if d.counter, err = d.counter.Count(c.after.Sale, after); err != nil {
		return err
	}
	c.after.Sale = after
	c.seqs = append(c.seqs, r.Seq)
	if d.changed[e.Sale] == nil {
		d.changed[e.Sale] = c
		d.order = append(d.order, e.Sale)
	}
	return nil
}

// sale is the event's sale as the draft has it so far. Whether a new sale's id
// was used before is asked of the newest segment alone: a ULID is never made twice.
func (d *draft) sale(e payment.Event) (*change, error) {
	if c := d.changed[e.Sale]; c != nil {
		return c, nil
	}
	oldest := 0
	if e.Kind.Begins() {
		oldest = -1
	}
	k, _, err := d.journal.find(e.Sale, oldest)
	return &change{before: k, after: k}, err
}

// encodeCounter has the counter written where it changes: sales that are held make
// it large.
func (d *draft) encodeCounter() (err error) {
	if reflect.DeepEqual(d.counter, d.journal.Counter()) {
		return nil
	}
	if d.text, err = encodeJSON(d.counter); err != nil {
		return fmt.Errorf("encode the counter: %w", err)
	}
	return nil
}

// write puts the draft into a transaction.
func (d *draft) write(tx *bolt.Tx) error {
	records := tx.Bucket(recordsBucket)
	records.FillPercent = fill
	for _, r := range d.records {
		if err := records.Put(seqKey(r.Seq), encodeRecord(r)); err != nil {
			return err
		}
	}
	for _, id := range d.order {
		if err := d.writeIndex(tx, id); err != nil {
			return err
		}
	}
	if d.text != nil {
		if err := putCounter(tx, d.text); err != nil {
			return err
		}
	}
	return putJSON(tx.Bucket(stateBucket), stateKey, d.now)
}

// writeIndex lists a sale under live or under sales, never under both.
func (d *draft) writeIndex(tx *bolt.Tx, id payment.SaleID) error {
	live, sales, carried := tx.Bucket(liveBucket), tx.Bucket(salesBucket), tx.Bucket(carriedBucket)
	sales.FillPercent = fill
	c, key := d.changed[id], []byte(id)
	list := indexEntry(tx, id)
	if list == nil && c.before.Born != 0 && carried.Get(key) == nil {
		if err := putJSON(carried, key, c.before); err != nil {
			return err
		}
	}
	var seqs []uint64
	if list != nil {
		var err error
		if seqs, err = decodeSeqs(list); err != nil {
			return damaged("sale "+string(id), err)
		}
	}
	to, from := sales, live
	if c.after.Sale.Unfinished() {
		to, from = live, sales
	}
	if from.Get(key) != nil {
		if err := from.Delete(key); err != nil {
			return err
		}
	}
	return to.Put(key, encodeSeqs(append(seqs, c.seqs...)))
}

// adopt makes a committed draft what the journal says.
func (j *Journal) adopt(d *draft) {
	j.mu.Lock()
	defer j.mu.Unlock()
	acked := j.now.Acked // may have moved on since the draft was begun
	j.now, j.counter = d.now, d.counter
	j.stored = d.now.Acked
	j.now.Acked = acked
	for id, c := range d.changed {
		if c.after.Sale.Unfinished() {
			j.open[id] = c.after
		} else {
			delete(j.open, id)
		}
		if id == d.now.Newest {
			j.newest = c.after
		}
	}
}

// update runs one durable commit on the active segment. Whatever goes wrong in
// it, a failed sync above all, leaves unknown what the disk has.
func (j *Journal) update(fn func(*bolt.Tx) error) error {
	before := j.active.db.Stats()
	err := j.active.update(fn)
	if err != nil {
		j.failed = fmt.Errorf("write the journal in %s: %w: see that the disk has room and is sound, then start till again", j.dir.Name(), err)
		return j.failed
	}
	after := j.active.db.Stats()
	j.mu.Lock()
	// PageAlloc counts all pages of a commit but the meta page.
	j.written += uint64(after.TxStats.GetPageAlloc()-before.TxStats.GetPageAlloc()) + pageSize
	j.mu.Unlock()
	return j.measure()
}

func (j *Journal) measure() error {
	err := j.active.view(func(tx *bolt.Tx) error {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.size = tx.Size()
		return nil
	})
	if err != nil {
		j.failed = fmt.Errorf("write the journal: %w", err)
	}
	return j.failed
}

// makeRoom refuses what the folder has no room for, and begins the next segment
// where the newest has taken its share.
func (j *Journal) makeRoom(d *draft) error {
	used := j.used() + j.commitBytes(d.bytes+int64(len(d.text)))
	limit := j.options.MaxBytes - j.options.reserve()
	if used > j.options.MaxBytes || (d.begins && used > limit) {
		return fmt.Errorf("%w: %s may take %d bytes: connect the terminal, so that the records are sent and can be deleted",
			ErrFull, j.dir.Name(), j.options.MaxBytes)
	}
	count := d.now.Last + 1 - uint64(len(d.records)) - j.segments[len(j.segments)-1].first
	if count == 0 || (count < uint64(j.bounds.records) && j.size < j.bounds.bytes+2*j.carried) {
		return nil
	}
	carried, bytes, err := j.carry()
	if err != nil {
		return err
	}
	if used+j.commitBytes(bytes) > limit {
		return nil // no room for another file: the newest takes the reserve
	}
	return j.roll(carried, bytes)
}

// used is the size of the folder's files, in bytes.
func (j *Journal) used() int64 {
	used := j.size
	for _, s := range j.segments[:len(j.segments)-1] {
		used += s.bytes
	}
	return used
}

// commitBytes is what a commit of records of so many bytes may take. It writes
// its pages beside the old ones: a page each for the trees' paths, and the
// records with what they leave empty. The file grows in steps.
func (j *Journal) commitBytes(records int64) int64 { return j.bounds.step + 16*pageSize + 2*records }

// saleBytes is more than all records of one sale take.
const saleBytes = 16 << 10

// Room says whether the folder's bound leaves room for another sale. Append is
// asked the same for the events it is given, and refuses with ErrFull.
func (j *Journal) Room() bool {
	j.write.Lock()
	defer j.write.Unlock()
	return j.used()+j.commitBytes(saleBytes+counterBytes(j.Counter())) <= j.options.MaxBytes-j.options.reserve()
}

// carry is what the next segment has to know of the sales so far, encoded: the
// unfinished ones, and the newest. bytes are theirs and the counter's.
func (j *Journal) carry() (carried map[payment.SaleID][]byte, bytes int64, err error) {
	j.mu.RLock()
	defer j.mu.RUnlock()
	carried = make(map[payment.SaleID][]byte, len(j.open)+1)
	sales := maps.Clone(j.open)
	if j.now.Newest != "" {
		sales[j.now.Newest] = j.newest
	}
	for id, k := range sales {
		if carried[id], err = encodeJSON(k); err != nil {
			return nil, 0, fmt.Errorf("encode sale %s: %w", id, err)
		}
		bytes += int64(len(carried[id]))
	}
	return carried, bytes + counterBytes(j.counter), nil
}

// counterBytes is what the counter takes of a new segment: it is in the header, and
// by itself.
func counterBytes(c payment.Counter) int64 {
	text, err := encodeJSON(c)
	if err != nil {
		return 0 // and the commit says so
	}
	return 2 * int64(len(text))
}

// roll begins the next segment.
func (j *Journal) roll(carried map[payment.SaleID][]byte, bytes int64) error {
	j.mu.RLock()
	now, counter := j.now, j.counter
	live := slices.Collect(maps.Keys(j.open))
	j.mu.RUnlock()
	h := segmentHeader{Schema: schema, Terminal: j.options.Terminal, Epoch: j.epoch, First: now.Last + 1, Before: now, Counter: counter}
	for _, s := range j.segments {
		h.Earlier = append(h.Earlier, s.first)
	}
	next, err := makeSegment(j.dir, h, carried, live, j.bounds)
	if err != nil {
		j.failed = fmt.Errorf("write the journal in %s: %w: see that the disk has room, then start till again", j.dir.Name(), err)
		return j.failed
	}
	if err := j.follow(next, segment{first: h.First}); err != nil {
		j.failed = fmt.Errorf("seal a segment: %w", err)
		return j.failed
	}
	j.mu.Lock()
	j.stored, j.carried = now.Acked, bytes
	j.mu.Unlock()
	return j.measure()
}

// follow makes next the active segment. The one before it stays open to be read:
// it is the likeliest to be, and its file is locked until it is closed.
func (j *Journal) follow(next *mapped, s segment) error {
	j.files.Lock()
	defer j.files.Unlock()
	j.sealed.Lock()
	defer j.sealed.Unlock()
	err := j.closeSealed()
	before := &j.segments[len(j.segments)-1]
	before.bytes = j.size + j.bounds.step + pageSize // the file is no longer
	j.sealed.open, j.sealed.first = j.active, before.first
	j.active = next
	j.segments = append(j.segments, s)
	return err
}
