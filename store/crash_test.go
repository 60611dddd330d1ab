package store_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"till/payment"
	"till/store"
	"till/sync/wire"
)

// A commit of bbolt lengthens the file where it has to and syncs, writes its
// data pages in any order and syncs, then writes one meta page and syncs. What
// the disk holds if the power goes in between is built here, from the files
// before and after: any part of the data pages under the old meta page, or all
// of them under any part of the new one. A segment comes to be under another
// name, and by a rename; it goes as a whole.

const (
	crashPage   = 4096
	crashSector = 512
	metaPages   = 2
)

// image is a journal's folder at one moment: contents by file name.
type image map[string][]byte

func imageOf(t testing.TB, dir string) image {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	m := image{}
	for _, e := range entries {
		if m[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func (m image) with(name string, file []byte) image {
	next := maps.Clone(m)
	next[name] = file
	return next
}

func (m image) without(name string) image {
	next := maps.Clone(m)
	delete(next, name)
	return next
}

func (m image) digest() [sha256.Size]byte {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(m)) {
		fmt.Fprintf(h, "%s %d\n", name, len(m[name]))
		h.Write(m[name])
	}
	return [sha256.Size]byte(h.Sum(nil))
}

func (m image) put(t testing.TB, dir string) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, file := range m {
		if err := os.WriteFile(filepath.Join(dir, name), file, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// content is all that a journal says of itself.
type content struct {
	Position   store.Position
	Receipt    uint64
	Records    []wire.Record
	Newest     payment.Sale
	Unfinished []payment.Sale
	Recent     []payment.Sale
}

func contentOf(j *store.Journal) (content, error) {
	c := content{Position: j.Position(), Receipt: j.LastReceipt(), Unfinished: j.Unfinished()}
	c.Newest, _ = j.Newest()
	var err error
	if c.Recent, err = j.Recent(30); err != nil {
		return c, err
	}
	for from := uint64(1); ; from++ { // pruned ones are not there
		if c.Records, err = j.Read(from, 0, 0); err == nil || from > c.Position.Last {
			return c, err
		}
	}
}

// crashes tries the states of one journal's life.
type crashes struct {
	t       *testing.T
	random  *rand.Rand
	dir     string // where the states are put
	options store.Options
	tried   map[string]int // by kind of commit
	seen    map[[sha256.Size]byte]bool
	soak    bool
}

func newCrashes(t *testing.T, seed uint64) *crashes {
	return &crashes{
		t: t, random: rand.New(rand.NewPCG(seed, 0)), dir: filepath.Join(folder(t), "crashed"),
		options: crashOptions(), tried: map[string]int{}, seen: map[[sha256.Size]byte]bool{},
		soak: os.Getenv("TILL_SOAK") == "1",
	}
}

// crashOptions make files grow in small steps.
func crashOptions() store.Options {
	o := options()
	o.SegmentBytes = 1 << 20
	return o
}

// settled is the content of an image that is whole.
func (c *crashes) settled(m image) content {
	c.t.Helper()
	m.put(c.t, c.dir)
	j, err := store.Open(c.dir, c.options)
	if err != nil {
		c.t.Fatal(err)
	}
	got, err := contentOf(j)
	if err != nil {
		c.t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		c.t.Fatal(err)
	}
	return got
}

// try boots on one state, and sells on.
func (c *crashes) try(kind, state string, m image, want content) {
	c.t.Helper()
	if d := m.digest(); c.seen[d] {
		return
	} else {
		c.seen[d] = true
	}
	c.tried[kind]++
	m.put(c.t, c.dir)
	if err := c.boot(want); err != nil {
		c.t.Errorf("%s, %s: %v", kind, state, err)
	}
}

func (c *crashes) boot(want content) error {
	j, err := store.Open(c.dir, c.options)
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	defer func() {
		if err := j.Close(); err != nil {
			c.t.Errorf("close: %v", err)
		}
	}()
	if err := j.Check(); err != nil {
		return err
	}
	got, err := contentOf(j)
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(got, want) {
		return fmt.Errorf("it holds %d records, receipt %d, acknowledged %d, %d unfinished; want %d, %d, %d, %d (or they differ)",
			got.Position.Last, got.Receipt, got.Position.Acked, len(got.Unfinished),
			want.Position.Last, want.Receipt, want.Position.Acked, len(want.Unfinished))
	}
	if _, err := j.Append(stamp(1), created(900_000)); err != nil {
		return fmt.Errorf("sell on: %w", err)
	}
	if err := j.Check(); err != nil {
		return fmt.Errorf("after selling on: %w", err)
	}
	return nil
}

// commit tries the states between two images that one commit of one file leads through.
func (c *crashes) commit(kind string, before, after image) {
	c.t.Helper()
	var name string
	for n, file := range after {
		if !bytes.Equal(before[n], file) {
			if name != "" {
				c.t.Fatalf("%s changed %s and %s", kind, name, n)
			}
			name = n
		}
	}
	if name == "" || len(before) != len(after) {
		c.t.Fatalf("%s is no commit: %d files, then %d", kind, len(before), len(after))
	}
	was, is := c.settled(before), c.settled(after)
	c.try(kind, "before", before, was)
	c.try(kind, "after", after, is)
	old, now := before[name], after[name]
	meta, data := changedPages(old, now)
	if len(meta) != 1 {
		c.t.Fatalf("%s wrote %d meta pages", kind, len(meta))
	}
	for _, size := range sizes(len(old), len(now)) {
		for set := range c.subsets(len(data)) {
			torn := resized(old, size)
			for i, page := range data {
				if set>>i&1 == 1 {
					overwrite(torn, now, page*crashPage, crashPage)
				}
			}
			c.try(kind, fmt.Sprintf("%d bytes, data pages %b of %d", size, set, len(data)), before.with(name, torn), was)
		}
		for n := range c.samples(2, 64) {
			torn := resized(old, size)
			for _, page := range data {
				for at := page * crashPage; at < (page+1)*crashPage; at += crashSector {
					if c.random.IntN(2) == 1 {
						overwrite(torn, now, at, crashSector)
					}
				}
			}
			c.try(kind, fmt.Sprintf("%d bytes, torn data sectors, sample %d", size, n), before.with(name, torn), was)
		}
	}
	c.meta(kind, name, before, after, meta[0], was, is)
}

// meta tries the states of the write that makes a commit: all data is there.
func (c *crashes) meta(kind, name string, before, after image, page int, was, is content) {
	c.t.Helper()
	at := page * crashPage
	old, now := before[name][at:at+crashPage], after[name][at:at+crashPage]
	try := func(state string, torn []byte) {
		want := was
		if bytes.Equal(torn, now) {
			want = is
		}
		file := bytes.Clone(after[name])
		copy(file[at:], torn)
		c.try(kind, state, after.with(name, file), want)
	}
	for set := range 1 << (crashPage / crashSector) { // a disk with sectors of 512 bytes
		torn := bytes.Clone(old)
		for i := range crashPage / crashSector {
			if set>>i&1 == 1 {
				copy(torn[i*crashSector:(i+1)*crashSector], now[i*crashSector:])
			}
		}
		try(fmt.Sprintf("meta sectors %08b", set), torn)
	}
	for size := 8; size <= 80; size += 16 { // a write that ends in the midst of a sector
		torn := bytes.Clone(old)
		copy(torn, now[:size])
		try(fmt.Sprintf("%d bytes of the meta page", size), torn)
	}
	noise := make([]byte, crashPage) // a block of 4096 bytes that the disk left half-written
	try("a meta page of zeros", bytes.Clone(noise))
	for i := range noise {
		noise[i] = byte(c.random.Uint32())
	}
	try("a meta page of noise", noise)
}

// creation tries the states through which a file comes to be.
func (c *crashes) creation(kind string, before, after image, name string) {
	c.t.Helper()
	was, is := c.settled(before), c.settled(after)
	half, whole := name+".new", after[name]
	c.try(kind, "not begun", before, was)
	pages := len(whole) / crashPage
	for n := range c.samples(24, 2000) {
		torn := make([]byte, c.random.IntN(pages+1)*crashPage)
		set := c.random.Uint64()
		for page := range pages {
			if set>>(page%64)&1 == 1 {
				overwrite(torn, whole, page*crashPage, crashPage)
			}
		}
		c.try(kind, fmt.Sprintf("half-made, sample %d", n), before.with(half, torn), was)
	}
	c.try(kind, "empty, under its other name", before.with(half, nil), was)
	c.try(kind, "whole, under its other name", before.with(half, whole), was)
	c.try(kind, "renamed", before.with(name, whole), is)
}

// subsets are sets of n pages as bits: all of them where that is wanted and n is
// 12 at most, else the likeliest and a sample.
func (c *crashes) subsets(n int) func(yield func(uint64) bool) {
	all := uint64(1)<<n - 1
	return func(yield func(uint64) bool) {
		if c.soak && n <= 12 {
			for set := range all + 1 {
				if !yield(set) {
					return
				}
			}
			return
		}
		sets := []uint64{0, all}
		for i := range min(n, 63) {
			sets = append(sets, 1<<i, all&^(1<<i))
		}
		for range c.samples(4, 1000) {
			sets = append(sets, c.random.Uint64()&all)
		}
		if !c.soak {
			c.random.Shuffle(len(sets), func(a, b int) { sets[a], sets[b] = sets[b], sets[a] })
			sets = sets[:min(8, len(sets))]
		}
		for _, set := range sets {
			if !yield(set) {
				return
			}
		}
	}
}

func (c *crashes) samples(small, full int) int {
	if c.soak {
		return full
	}
	return small
}

// changedPages are those that differ, the meta pages apart.
func changedPages(old, now []byte) (meta, data []int) {
	for page := 0; page*crashPage < len(now); page++ {
		at := page * crashPage
		end := min(at+crashPage, len(now))
		if at < len(old) && bytes.Equal(old[at:min(end, len(old))], now[at:end]) || at >= len(old) && len(bytes.Trim(now[at:end], "\x00")) == 0 {
			continue
		}
		if page < metaPages {
			meta = append(meta, page)
		} else {
			data = append(data, page)
		}
	}
	return meta, data
}

func sizes(old, now int) []int {
	if old == now {
		return []int{now}
	}
	return []int{old, now}
}

func resized(file []byte, size int) []byte {
	torn := make([]byte, size)
	copy(torn, file)
	return torn
}

// overwrite copies a range of from into to, as far as both reach.
func overwrite(to, from []byte, at, n int) {
	if at < len(to) {
		copy(to[at:min(at+n, len(to))], from[at:min(at+n, len(from))])
	}
}

// life is a journal that goes through one commit after another.
type life struct {
	*crashes
	dir     string
	journal *store.Journal
	now     image
}

func newLife(c *crashes) *life {
	c.t.Helper()
	l := &life{crashes: c, dir: folder(c.t)}
	before := imageOf(c.t, l.dir)
	j, err := store.Open(l.dir, c.options)
	if err != nil {
		c.t.Fatal(err)
	}
	l.journal = j
	l.now = imageOf(c.t, l.dir)
	l.creation("first creation", before, l.now, "journal-00001-000000000001.bolt")
	return l
}

// append tries the states of one Append.
func (l *life) append(kind string, events ...payment.Event) {
	l.t.Helper()
	l.change(kind, func() error {
		_, err := l.journal.Append(stamp(0), events...)
		return err
	})
}

func (l *life) change(kind string, do func() error) {
	l.t.Helper()
	before := l.now
	if err := do(); err != nil {
		l.t.Fatalf("%s: %v", kind, err)
	}
	l.now = imageOf(l.t, l.dir)
	l.commit(kind, before, l.now)
}

// quiet goes on without trying anything.
func (l *life) quiet(do func()) {
	do()
	l.now = imageOf(l.t, l.dir)
}

func (l *life) roll() {
	l.t.Helper()
	before := l.now
	if err := l.journal.Roll(); err != nil {
		l.t.Fatal(err)
	}
	l.now = imageOf(l.t, l.dir)
	names := segments(l.t, l.dir)
	l.creation("segment roll", before, l.now, filepath.Base(names[len(names)-1]))
}

func (l *life) acknowledge() {
	l.t.Helper()
	l.change("cursor flush", func() error {
		if err := l.journal.Acknowledge(l.journal.Position().Last); err != nil {
			return err
		}
		return l.journal.Flush()
	})
}

// prune tries the states between one deleted file and the next: they go oldest first.
func (l *life) prune() {
	l.t.Helper()
	before := l.now
	n, err := l.journal.Prune(day.AddDate(1, 0, 0))
	if err != nil || n < 2 {
		l.t.Fatalf("pruned %d files: %v", n, err)
	}
	l.now = imageOf(l.t, l.dir)
	state := before
	for i, name := range slices.Sorted(maps.Keys(before))[:n] {
		l.try("prune", fmt.Sprintf("%d files deleted", i), state, l.settled(state))
		state = state.without(name)
	}
	l.try("prune", "done", state, l.settled(l.now))
}

// events are one of every kind, and what each does to the indexes.
func (l *life) events(n int) {
	l.t.Helper()
	receipt := l.journal.LastReceipt()
	next := func() uint64 { receipt++; return receipt }
	l.append("sale created", created(n))
	l.append("attempt started: the sale is live", started(n, 1))
	l.append("attempt checking", changed(n, 1, payment.Checking, 0))
	l.append("attempt declined: the sale is live no more", changed(n, 1, payment.Declined, 0))
	l.append("second attempt: live again", started(n, 2))
	l.append("cancel requested", payment.Event{Kind: payment.CancelRequested, Sale: saleID(n), Attempt: 2})
	l.append("attempt cancelled", changed(n, 2, payment.Cancelled, 0))
	l.append("late refund", payment.Event{Kind: payment.LateRefunded, Sale: saleID(n), Attempt: 2, Amount: 1234})
	l.append("cash sale", created(n+1), payment.Event{
		Kind: payment.CashTaken, Sale: saleID(n + 1), Tender: 1, Amount: 1234, Tendered: 2000, Change: 766, Receipt: next(),
	})
	l.append("receipt printed: the sale is finished", printed(n+1, receipt))
	l.append("another cash sale", created(n+4), payment.Event{
		Kind: payment.CashTaken, Sale: saleID(n + 4), Tender: 1, Amount: 1234, Tendered: 1234, Receipt: next(),
	})
	l.append("receipt waived: the sale is finished", payment.Event{Kind: payment.ReceiptWaived, Sale: saleID(n + 4), Receipt: receipt})
	l.append("receipt wanted: it is live again", payment.Event{Kind: payment.ReceiptWanted, Sale: saleID(n + 4), Receipt: receipt})
	l.append("sale and attempt", created(n+2), started(n+2, 1))
	l.append("sale parked", payment.Event{Kind: payment.SaleParked, Sale: saleID(n + 2), Intent: payment.GoodsGiven})
	l.append("parked sale approved", changed(n+2, 1, payment.Approved, next()))
	l.append("its receipt printed", printed(n+2, receipt))
	hold := l.journal.Counter().Holds + 1
	l.append("sales are held", held(hold, 2), held(hold+1, payment.MaxItems))
	l.append("one is held again, one is dropped", held(hold, payment.MaxItems), payment.Event{Kind: payment.CartDropped, Hold: hold + 1, Cashier: "li"})
	sold := created(n + 3)
	sold.Hold = hold
	l.append("a held sale is begun", sold)
	l.append("a held sale is paid", payment.Event{
		Kind: payment.CashTaken, Sale: saleID(n + 3), Tender: 1, Amount: 1234, Tendered: 1234, Receipt: next(),
	})
	l.append("store replaced", payment.Event{Kind: payment.StoreReplaced, Reason: "damaged"})
	var many []payment.Event
	for i := n + 10; i < n+30; i++ {
		many = append(many, created(i), started(i, 1))
	}
	l.append("twenty sales at once", many...)
	l.append("one of twenty declined", changed(n+15, 1, payment.Declined, 0))
}

func TestCrashStatesOfEveryCommit(t *testing.T) {
	for depth, sales := range map[string]int{"young": 0, "grown": 60} {
		t.Run(depth, func(t *testing.T) {
			c := newCrashes(t, uint64(sales)+1)
			l := newLife(c)
			defer func() { closeChecked(t, l.journal) }()
			l.quiet(func() {
				for n := range sales {
					sell(t, l.journal, n)
				}
			})
			l.events(1000)
			l.acknowledge()
			l.append("sales open over the roll", created(2000), started(2000, 1), created(2001), started(2001, 1))
			l.roll()
			l.append("first record of a segment, of a carried sale", changed(2000, 1, payment.Checking, 0))
			l.append("carried sale ends", changed(2000, 1, payment.Declined, 0))
			l.events(3000)
			l.roll()
			l.append("carried twice", changed(2001, 1, payment.Checking, 0))
			l.append("finished before, changed now", payment.Event{Kind: payment.LateRefunded, Sale: saleID(2000), Attempt: 1, Amount: 1})
			l.acknowledge()
			l.prune()
			l.append("after pruning", created(5000))
			l.report()
		})
	}
}

// Pages split and the file grows only now and then: of a long run of sales those
// commits are tried that do, and a few of the others.
func TestCrashStatesOfGrowth(t *testing.T) {
	c := newCrashes(t, 3)
	l := newLife(c)
	defer func() { closeChecked(t, l.journal) }()
	for n := range c.samples(80, 250) {
		receipt := l.journal.LastReceipt() + 1
		for _, events := range [][]payment.Event{{created(n), started(n, 1)}, {changed(n, 1, payment.Approved, receipt)}, {printed(n, receipt)}} {
			before := l.now
			appendAll(t, l.journal, events...)
			l.now = imageOf(t, l.dir)
			name := filepath.Base(segments(t, l.dir)[0])
			_, data := changedPages(before[name], l.now[name])
			switch {
			case len(before[name]) != len(l.now[name]):
				c.commit("file grows", before, l.now)
			case len(data) > 5:
				c.commit("pages split", before, l.now)
			case c.random.IntN(c.samples(60, 10)) == 0:
				c.commit("sale among others", before, l.now)
			}
		}
	}
	l.report()
	for _, kind := range []string{"file grows", "pages split", "sale among others"} {
		if c.tried[kind] == 0 {
			t.Errorf("no commit where %s", kind)
		}
	}
}

func (c *crashes) report() {
	c.t.Helper()
	total := 0
	var kinds []string
	for _, kind := range slices.Sorted(maps.Keys(c.tried)) {
		kinds = append(kinds, fmt.Sprintf("%s %d", kind, c.tried[kind]))
		total += c.tried[kind]
	}
	c.t.Logf("%d crash states: %s", total, strings.Join(kinds, ", "))
}
