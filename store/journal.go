package store

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"

	"till/durable"
	"till/payment"
	"till/sync/wire"
)

// Options say how a journal is kept. The zero value of each but Terminal is its default.
type Options struct {
	// Terminal names the chain's genesis. It may be empty where the folder holds
	// a journal already: then whose it is does not matter, as for a technician's tool.
	Terminal string
	// Epoch is the epoch of a journal that has to be begun; default 1. A folder
	// that holds a journal keeps the epoch it has.
	Epoch          uint32
	Timeout        time.Duration // for the folder's lock; default 2 s
	SegmentRecords int           // records a segment takes before the next is begun; default 20,000
	SegmentBytes   int64         // file size likewise; default 16 MiB, at most a quarter of MaxBytes
	MaxBytes       int64         // bound of the whole folder, in bytes; default 1 GiB, at least 1 MiB
	// ReadOnly is for looking at a journal that no till is using: nothing in the
	// folder is written, made or removed.
	ReadOnly bool
}

const (
	defaultTimeout = 2 * time.Second
	defaultRecords = 20_000
	defaultBytes   = 16 << 20
	defaultMax     = 1 << 30
	minMax         = 1 << 20
)

func (o Options) withDefaults() Options {
	o.Epoch = cmp.Or(o.Epoch, 1)
	o.Timeout = cmp.Or(o.Timeout, defaultTimeout)
	o.SegmentRecords = cmp.Or(o.SegmentRecords, defaultRecords)
	o.MaxBytes = max(cmp.Or(o.MaxBytes, defaultMax), minMax)
	o.SegmentBytes = min(cmp.Or(o.SegmentBytes, defaultBytes), o.MaxBytes/4)
	return o
}

func (o Options) bounds() bounds {
	return bounds{
		records: o.SegmentRecords,
		bytes:   o.SegmentBytes,
		step:    min(max(o.SegmentBytes/64, 16<<10), 256<<10),
		timeout: o.Timeout,
	}
}

// reserve is the part of MaxBytes that only events of existing sales may use.
func (o Options) reserve() int64 { return min(o.MaxBytes/4, 4<<20) }

// Position says where the journal stands.
type Position struct {
	Epoch uint32
	Last  uint64 // newest sequence, 0 if there is no record
	Acked uint64 // the ledger has everything up to here
}

// Journal is a terminal's journal. Append is for one goroutine, which alone
// decides what happens next; all other methods may be called from any.
type Journal struct {
	options Options
	bounds  bounds
	dir     *os.File // holds the lock
	epoch   uint32

	// write is held by whatever changes a file: Append, Flush, Prune, Check, Close.
	write  sync.Mutex
	failed error // of a commit: nothing is known of the file until it is opened again

	// files guards which segments there are. Readers hold it while they look at one.
	files    sync.RWMutex
	segments []segment // ascending; the last one is active
	active   *mapped
	closed   bool

	// sealed is the older segment that was read last, kept open for the next read.
	sealed struct {
		sync.Mutex
		first  uint64
		open   *mapped          // nil if none is
		broken map[uint64]error // by first sequence: not to be opened again
	}

	// mu guards the copies of what the newest commit says.
	mu      sync.RWMutex
	now     facts // Acked may be ahead of the file, see stored
	counter payment.Counter
	stored  uint64
	open    map[payment.SaleID]kept
	newest  kept
	size    int64  // pages of the active segment in use, in bytes
	carried int64  // bytes of the sales that were carried into it
	written uint64 // bytes that commits wrote since Open
}

type segment struct {
	first uint64
	bytes int64 // of the file, once it is sealed
}

// Open opens the journal in dir, or begins one. Errors are told apart by the
// sentinels of this package; their text says what to do.
func Open(dir string, o Options) (*Journal, error) {
	o = o.withDefaults()
	if o.Terminal != "" {
		if err := wire.CheckTerminal(o.Terminal); err != nil {
			return nil, fmt.Errorf("open journal: %w", err)
		}
	}
	folder, err := openFolder(dir, o.ReadOnly)
	if err != nil {
		return nil, err
	}
	j := &Journal{options: o, bounds: o.bounds(), dir: folder}
	if err := j.load(); err != nil {
		if j.active != nil {
			err = errors.Join(err, j.active.close())
		}
		return nil, errors.Join(err, folder.Close())
	}
	return j, nil
}

func openFolder(dir string, readOnly bool) (*os.File, error) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, os.ErrNotExist) && readOnly:
		return nil, fmt.Errorf("%w: %s does not exist", ErrNone, dir)
	case errors.Is(err, os.ErrNotExist):
		if err := durable.MakeFolder(dir); err != nil {
			return nil, fmt.Errorf("make the journal's folder: %w", err)
		}
	case err != nil:
		return nil, fmt.Errorf("open journal: %w", err)
	case !info.IsDir():
		return nil, fmt.Errorf("%w: %s is a file: name a folder", ErrNotJournal, dir)
	}
	folder, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	return folder, nil
}

func (j *Journal) load() error {
	if err := lockFolder(j.dir, j.options.Timeout); err != nil {
		return err
	}
	if err := j.findSegments(); err != nil {
		return err
	}
	if len(j.segments) == 0 {
		return j.begin()
	}
	path := j.path(len(j.segments) - 1)
	active, err := openSegment(path, j.options.ReadOnly, j.bounds)
	if err != nil {
		return err
	}
	j.active = active
	var h segmentHeader
	err = active.view(func(tx *bolt.Tx) (err error) {
		if h, j.now, err = readHeader(tx, active.name); err != nil {
			return err
		}
		return j.loadActive(tx, h)
	})
	if err != nil {
		return err
	}
	j.stored = j.now.Acked
	return j.checkSegments(h)
}

// findSegments lists the folder, and removes what a power cut left half-made.
func (j *Journal) findSegments() error {
	entries, err := os.ReadDir(j.dir.Name())
	if err != nil {
		return fmt.Errorf("open journal: %w", err)
	}
	for _, entry := range entries {
		whole, half := strings.CutSuffix(entry.Name(), halfMade)
		epoch, first, ok := parseSegmentName(whole)
		switch {
		case !ok:
			continue
		case half && j.options.ReadOnly:
			continue
		case half:
			if err := os.Remove(filepath.Join(j.dir.Name(), entry.Name())); err != nil {
				return fmt.Errorf("remove a half-made segment: %w", err)
			}
			continue
		case len(j.segments) > 0 && epoch != j.epoch:
			return damaged(j.dir.Name(), fmt.Sprintf("segments of epochs %d and %d", j.epoch, epoch))
		}
		info, err := entry.Info()
		if err != nil {
			return fmt.Errorf("open journal: %w", err)
		}
		j.epoch = epoch
		j.segments = append(j.segments, segment{first: first, bytes: info.Size()})
	}
	slices.SortFunc(j.segments, func(a, b segment) int { return cmp.Compare(a.first, b.first) })
	return nil
}

func (j *Journal) begin() error {
	if j.options.Terminal == "" || j.options.ReadOnly {
		return fmt.Errorf("%w: %w: %s is empty, and a new journal needs its terminal's id", ErrNotJournal, ErrNone, j.dir.Name())
	}
	j.epoch = j.options.Epoch
	j.now = facts{Hash: wire.Genesis(j.options.Terminal, j.epoch)}
	j.open = map[payment.SaleID]kept{}
	h := segmentHeader{Schema: schema, Terminal: j.options.Terminal, Epoch: j.epoch, First: 1, Before: j.now}
	active, err := makeSegment(j.dir, h, nil, nil, j.bounds)
	if err != nil {
		return err
	}
	j.active, j.segments = active, []segment{{first: 1}}
	return j.measure()
}

// loadActive reads what the program keeps in memory, and checks that the newest
// record is the one that the state speaks of.
func (j *Journal) loadActive(tx *bolt.Tx, h segmentHeader) error {
	if j.options.Terminal != "" && h.Terminal != j.options.Terminal {
		return fmt.Errorf("%w: %s is of terminal %s, this is %s: name another folder, or put the card back into its terminal",
			ErrTerminal, j.dir.Name(), h.Terminal, j.options.Terminal)
	}
	j.options.Terminal = h.Terminal
	j.size = tx.Size()
	name := segmentName(h.Epoch, h.First)
	var err error
	if j.counter, err = counterIn(tx); err != nil {
		return damaged(name, err)
	}
	j.carried = counterBytes(h.Counter)
	err = tx.Bucket(carriedBucket).ForEach(func(_, value []byte) error {
		j.carried += int64(len(value))
		return nil
	})
	if err != nil {
		return err
	}
	last := h.Before.Hash
	if j.now.Last >= h.First {
		records, err := readRecords(tx, h, j.now.Last, j.now.Last, newLimit(1, 0))
		if err != nil {
			return err
		}
		if len(records) == 0 {
			return damaged(name, fmt.Sprintf("record %d is missing", j.now.Last))
		}
		last = records[0].Hash
	}
	if key, _ := tx.Bucket(recordsBucket).Cursor().Last(); last != j.now.Hash || (key != nil && string(key) != string(seqKey(j.now.Last))) {
		return damaged(name, "its records and its state differ")
	}
	if j.open, err = liveSales(tx); err != nil || j.now.Newest == "" {
		return err
	}
	newest, found, err := saleIn(tx, j.now.Newest)
	if err == nil && !found {
		err = damaged(name, "the newest sale is missing")
	}
	j.newest = newest
	return err
}

// checkSegments holds that no segment is missing but pruned ones, and that those
// with records still to be sent can be read. An older one that the ledger has
// all of may be damaged without holding up the counter; Check tells.
func (j *Journal) checkSegments(h segmentHeader) error {
	older := j.segments[:len(j.segments)-1]
	known := h.Earlier
	if len(known) < len(older) {
		return damaged(j.dir.Name(), "there are segments that the newest does not know")
	}
	known = known[len(known)-len(older):]
	for i, s := range older {
		if s.first != known[i] {
			return damaged(j.dir.Name(), fmt.Sprintf("the segment of record %d is missing", known[i]))
		}
		if j.segments[i+1].first-1 <= j.now.Acked {
			continue
		}
		if _, err := inspectFile(j.path(i)); err != nil {
			return err
		}
	}
	if oldest := j.segments[0].first; j.now.Acked+1 < oldest {
		return damaged(j.dir.Name(), fmt.Sprintf("records %d to %d are missing and were never acknowledged", j.now.Acked+1, oldest-1))
	}
	return nil
}

func (j *Journal) path(i int) string {
	return filepath.Join(j.dir.Name(), segmentName(j.epoch, j.segments[i].first))
}

// Close makes what was acknowledged durable and gives the folder back.
func (j *Journal) Close() error {
	j.write.Lock()
	defer j.write.Unlock()
	if j.isClosed() {
		return nil
	}
	var errs []error
	if j.failed == nil && !j.options.ReadOnly {
		errs = append(errs, j.flush())
	}
	j.files.Lock()
	defer j.files.Unlock()
	j.closed = true
	j.sealed.Lock()
	defer j.sealed.Unlock()
	errs = append(errs, j.closeSealed(), j.active.close(), j.dir.Close())
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close journal: %w", err)
	}
	return nil
}

func (j *Journal) isClosed() bool {
	j.files.RLock()
	defer j.files.RUnlock()
	return j.closed
}

// Position says where the journal stands.
func (j *Journal) Position() Position {
	j.mu.RLock()
	defer j.mu.RUnlock()
	return Position{Epoch: j.epoch, Last: j.now.Last, Acked: j.now.Acked}
}

// Oldest is the oldest sequence that was not pruned; one more than the newest if
// there is none.
func (j *Journal) Oldest() uint64 {
	j.files.RLock()
	defer j.files.RUnlock()
	return j.segments[0].first
}

// Terminal is the id of the terminal whose journal it is.
func (j *Journal) Terminal() string { return j.options.Terminal }

// LastReceipt is the newest receipt number, 0 before the first.
func (j *Journal) LastReceipt() uint64 {
	j.mu.RLock()
	defer j.mu.RUnlock()
	return j.now.Receipt
}

// Counter is what the journal knows beside its sales: the shifts of the drawer,
// and who is signed on.
func (j *Journal) Counter() payment.Counter {
	j.mu.RLock()
	defer j.mu.RUnlock()
	return j.counter // whose maps nobody changes
}

// Unfinished are the sales that somebody still owes a step, oldest first.
func (j *Journal) Unfinished() []payment.Sale {
	j.mu.RLock()
	defer j.mu.RUnlock()
	list := slices.SortedFunc(maps.Values(j.open), func(a, b kept) int { return cmp.Compare(a.Born, b.Born) })
	sales := make([]payment.Sale, len(list))
	for i, k := range list {
		sales[i] = clone(k.Sale)
	}
	return sales
}

// Newest is the newest sale begun, finished or not; false before the first.
func (j *Journal) Newest() (payment.Sale, bool) {
	j.mu.RLock()
	defer j.mu.RUnlock()
	return clone(j.newest.Sale), j.now.Newest != ""
}

// BytesWritten is how much commits wrote since Open, in whole pages: what a
// card's life is spent on.
func (j *Journal) BytesWritten() uint64 {
	j.mu.RLock()
	defer j.mu.RUnlock()
	return j.written
}

// clone is a sale whose slices the caller may change.
func clone(s payment.Sale) payment.Sale {
	s.Tenders, s.Attempts, s.Refunds = slices.Clone(s.Tenders), slices.Clone(s.Attempts), slices.Clone(s.Refunds)
	return s
}
