package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"till/checkout"
	"till/store"
)

// bareAppend is what commits are compared with: bytes at the end of a growing
// file, and fdatasync.
type bareAppend struct {
	file  *os.File
	parts [][]byte // of the commits of one sale, in turn
	next  int
}

const bareName = "a bare append and fdatasync of the same bytes"

func (b *bareAppend) commit() error {
	part := b.parts[b.next%len(b.parts)]
	b.next++
	if _, err := b.file.Write(part); err != nil {
		return fmt.Errorf("append to a bare file: %w", err)
	}
	if err := syncData(b.file); err != nil {
		return fmt.Errorf("sync a bare file: %w", err)
	}
	return nil
}

// newBare takes the very bytes of a sale's records.
func (r *rig) newBare(j *store.Journal) (*bareAppend, error) {
	f, err := os.CreateTemp(r.folder, "bare-")
	if err != nil {
		return nil, fmt.Errorf("make a bare file: %w", err)
	}
	b := &bareAppend{file: f}
	t := till{journal: j}
	for range 3 {
		from := j.Position().Last + 1
		if err := t.commit(); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		records, err := j.Read(from, 0, 0)
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		var part []byte
		for _, r := range records {
			part = append(part, r.Hash[:]...)
			part = append(part, make([]byte, 24)...) // sequence and times
			part = append(part, r.Boot...)
			part = append(part, r.Body...)
		}
		b.parts = append(b.parts, part)
	}
	return b, nil
}

// syncedPages is the disk's share of a commit and nothing else: as many pages as
// a journal's commits write, in a file that has its room already, and a sync;
// then the page that makes them count, and another sync. One sync would not do:
// that page could reach the disk before the others.
type syncedPages struct {
	file  *os.File
	page  []byte
	pages func() int // of a commit, the last one included
	next  int64
}

const (
	pageSize  = 4096
	filePages = 1024
)

func (r *rig) newSyncedPages(pages func() int) (*syncedPages, error) {
	f, err := os.CreateTemp(r.folder, "pages-")
	if err != nil {
		return nil, fmt.Errorf("make a file of pages: %w", err)
	}
	s := &syncedPages{file: f, page: make([]byte, pageSize), pages: pages}
	for range filePages {
		if _, err := f.Write(s.page); err != nil {
			return nil, errors.Join(fmt.Errorf("make a file of pages: %w", err), f.Close())
		}
	}
	if err := f.Sync(); err != nil {
		return nil, errors.Join(fmt.Errorf("make a file of pages: %w", err), f.Close())
	}
	return s, nil
}

func (s *syncedPages) commit() error {
	for range s.pages() - 1 {
		s.next += 3 // seldom side by side
		if err := s.write(2 + s.next%(filePages-2)); err != nil {
			return err
		}
	}
	if err := s.sync(); err != nil {
		return err
	}
	if err := s.write(s.next % 2); err != nil {
		return err
	}
	return s.sync()
}

func (s *syncedPages) sync() error {
	if err := syncData(s.file); err != nil {
		return fmt.Errorf("sync pages: %w", err)
	}
	return nil
}

func (s *syncedPages) write(page int64) error {
	if _, err := s.file.WriteAt(s.page, page*pageSize); err != nil {
		return fmt.Errorf("write pages: %w", err)
	}
	return nil
}

// discard closes a file that is removed with the run's folder.
func discard(f *os.File) {
	_ = f.Close() // nothing in it is wanted any more
}

func open(dir string) (*store.Journal, error) {
	return store.Open(dir, store.Options{Terminal: terminalID})
}

// with opens a journal for as long as fn runs.
func with(dir string, fn func(*store.Journal) error) error {
	j, err := open(dir)
	if err != nil {
		return err
	}
	return errors.Join(fn(j), j.Close())
}

// million is the data folder of a terminal with a million records and some
// unfinished sales, filled when it is first needed.
func (r *rig) million(ctx context.Context) (data, journal string, err error) {
	data = filepath.Join(r.folder, "million")
	journal = filepath.Join(data, "journal")
	if r.filled {
		return data, journal, nil
	}
	r.progress("filling a journal with %d records, %d unfinished sales among them", r.sizes.records, r.sizes.open)
	begin := time.Now()
	err = with(journal, func(j *store.Journal) error { return fill(ctx, j, r.sizes.records, r.sizes.open) })
	r.filled = err == nil
	r.progress("filled in %.1f s", time.Since(begin).Seconds())
	return data, journal, err
}

// commits measures commit and commit_at_1M, in turn with the bare append and
// with each other.
func (r *rig) commits(ctx context.Context) error {
	if !r.wants("commit", "commit_at_1M") {
		return nil
	}
	if !r.wants("commit_at_1M") {
		return with(filepath.Join(r.folder, "small"), func(j *store.Journal) error { return r.compareCommits(ctx, j, nil) })
	}
	_, journal, err := r.million(ctx)
	if err != nil {
		return err
	}
	return with(filepath.Join(r.folder, "small"), func(few *store.Journal) error {
		return with(journal, func(many *store.Journal) error { return r.compareCommits(ctx, few, many) })
	})
}

func (r *rig) compareCommits(ctx context.Context, few, many *store.Journal) error {
	r.progress("durable commits")
	bare, err := r.newBare(few)
	if err != nil {
		return err
	}
	defer discard(bare.file)
	commits, wrote, wroteMany := 0, few.BytesWritten(), uint64(0)
	pagesOfCommit := func() int { return int((few.BytesWritten() - wrote) / uint64(max(1, commits)) / pageSize) }
	pages, err := r.newSyncedPages(func() int { return max(2, pagesOfCommit()) })
	if err != nil {
		return err
	}
	defer discard(pages.file)
	counter := &till{journal: few}
	runs := []func() (float64, error){
		r.timedCommits(bare.commit),
		r.timedCommits(func() error { commits++; return counter.commit() }),
		r.timedCommits(pages.commit),
	}
	if many != nil {
		runs = append(runs, r.timedCommits((&till{journal: many}).commit))
		wroteMany = many.BytesWritten()
	}
	medians, err := interleave(ctx, r.sizes.rounds, runs...)
	if err != nil {
		return err
	}
	r.compare("commit", medians[1], microseconds, bareName, medians[0])
	r.note("A commit wrote %d pages. That many pages and two syncs alone, with nothing to encode, took %s us: %.2f times the bare append, and commit is %.2f times that.",
		pagesOfCommit(), number(medians[2]), medians[2]/medians[0], medians[1]/medians[2])
	if many != nil {
		r.compare("commit_at_1M", medians[3], microseconds, bareName, medians[0])
		r.note("commit_at_1M is %.2f times a commit to a journal of few records, measured in turn; one wrote %.1f pages, the other %.1f.",
			medians[3]/medians[1], float64(many.BytesWritten()-wroteMany)/float64(commits)/pageSize, float64(few.BytesWritten()-wrote)/float64(commits)/pageSize)
	}
	return nil
}

func (r *rig) timedCommits(commit func() error) func() (float64, error) {
	return func() (float64, error) { return timed(r.sizes.commits, time.Microsecond, commit) }
}

// pruned measures commit_after_prune.
func (r *rig) pruned(ctx context.Context) error {
	if !r.wants("commit_after_prune") {
		return nil
	}
	_, journal, err := r.million(ctx)
	if err != nil {
		return err
	}
	return with(filepath.Join(r.folder, "few"), func(few *store.Journal) error {
		return with(journal, func(many *store.Journal) error {
			r.progress("durable commits after pruning")
			if err := many.Acknowledge(many.Position().Last); err != nil {
				return err
			}
			begin := time.Now()
			files, err := many.Prune(firstDay.AddDate(10, 0, 0))
			if err != nil {
				return err
			}
			took := time.Since(begin)
			bare, err := r.newBare(few)
			if err != nil {
				return err
			}
			defer discard(bare.file)
			medians, err := interleave(ctx, r.sizes.rounds, r.timedCommits(bare.commit),
				r.timedCommits((&till{journal: few}).commit), r.timedCommits((&till{journal: many}).commit))
			if err != nil {
				return err
			}
			r.compare("commit_after_prune", medians[2], microseconds, bareName, medians[0])
			r.note("commit_after_prune is %.2f times a commit to a journal of few records; pruning deleted %d files in %d ms.",
				medians[2]/medians[1], files, took.Milliseconds())
			return nil
		})
	})
}

// boots measures open_1M and replay_1M.
func (r *rig) boots(ctx context.Context) error {
	if !r.wants("open_1M", "replay_1M") {
		return nil
	}
	_, journal, err := r.million(ctx)
	if err != nil {
		return err
	}
	alone := filepath.Join(r.folder, "alone")
	if err := with(alone, func(j *store.Journal) error { return fill(ctx, j, 2*r.sizes.open, r.sizes.open) }); err != nil {
		return err
	}
	r.progress("opening and taking up")
	medians, err := interleave(ctx, r.sizes.rounds,
		r.timedOpen(journal), r.timedBoot(journal), r.timedOpen(alone), r.timedBoot(alone))
	if err != nil {
		return err
	}
	r.add("open_1M", medians[0], milliseconds)
	r.add("replay_1M", medians[1], milliseconds)
	r.note("open_1M is %.2f times, replay_1M %.2f times what it takes with the same %d unfinished sales and no other record.",
		medians[0]/medians[2], medians[1]/medians[3], r.sizes.open)
	return nil
}

func (r *rig) timedOpen(dir string) func() (float64, error) {
	return r.timedFrom(dir, func(j *store.Journal) error { return nil })
}

// timedBoot is all that a start of the firmware does with the journal before it
// shows its first screen.
func (r *rig) timedBoot(dir string) func() (float64, error) {
	return r.timedFrom(dir, func(j *store.Journal) error {
		open := j.Unfinished()
		sales := open
		newest, _ := j.Newest()
		if newest.ID != "" && !newest.Unfinished() {
			sales = append(sales, newest)
		}
		register := checkout.Register{
			State:   checkout.New(checkout.Settings{Currency: "USD", Rows: 5}, j.LastReceipt(), newest.ID, sales),
			Journal: j, Gateway: nobody{}, Printer: nobody{}, Body: nobody{},
		}
		stamp := stampOf(j.Position().Last)
		if err := register.Handle(checkout.Booted{}, checkout.Now{At: stamp.Time, Stamp: stamp}); err != nil {
			return err
		}
		if len(open) < r.sizes.open {
			return fmt.Errorf("a boot took up %d unfinished sales of %d", len(open), r.sizes.open)
		}
		return nil
	})
}

// timedFrom times opening a journal and what follows, but not closing it.
func (r *rig) timedFrom(dir string, then func(*store.Journal) error) func() (float64, error) {
	return func() (float64, error) {
		times := make([]float64, 0, r.sizes.opens)
		for range r.sizes.opens {
			begin := time.Now()
			j, err := open(dir)
			if err != nil {
				return 0, err
			}
			err = then(j)
			times = append(times, in(time.Millisecond, time.Since(begin)))
			if err := errors.Join(err, j.Close()); err != nil {
				return 0, err
			}
		}
		return median(times), nil
	}
}

// nobody is a counter's surroundings where none is looked at.
type nobody struct{}

func (nobody) Ask(checkout.Effect)  {}
func (nobody) Print(checkout.Print) {}

// Report prints nothing.
func (nobody) Report(checkout.Report) {}
func (nobody) KickDrawer()            {}
func (nobody) Play(checkout.Sound)    {}

var (
	_ checkout.Gateway = nobody{}
	_ checkout.Printer = nobody{}
	_ checkout.Body    = nobody{}
)
