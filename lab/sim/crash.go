package sim

import (
	"encoding/binary"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"till/payment"
	link "till/sync"
)

// simJournal is the real journal, with the power going at every place it can.
type simJournal struct{ t *terminal }

// commitFates is what a power cut left of the store's files, if it struck
// within a commit.
type commitFates struct {
	image *image
	torn  bool // the newest cut was within a commit
}

func (j simJournal) Receipted(n uint64) (payment.Sale, bool, error) { return j.t.journal.Receipted(n) }

func (j simJournal) Append(stamp payment.Stamp, events ...payment.Event) (uint64, error) {
	t := j.t
	w := t.w
	inside := !w.calm && w.chance(160)
	var before *image
	if inside {
		before = readImage(t)
	}
	if w.fault("power cut before a commit", 200) {
		panic(powerCut{})
	}
	last, err := t.journal.Append(stamp, events...)
	if err != nil {
		return last, err
	}
	w.premise("law 1: commits")
	for _, e := range events {
		w.tell("commit %d: %s %s tender %d attempt %d %s receipt %d", last, e.Kind, short(e.Sale), e.Tender, e.Attempt, e.Status, e.Receipt)
		w.cashier.begun(e)
		w.checkRecalled(t.register.State, e)
	}
	if inside {
		w.strike("power cut inside a commit")
		w.cashier.holds.doubted(last, events)
		t.fates.torn = true
		t.fates.image = before.torn(readImage(t), w)
		panic(powerCut{})
	}
	for _, e := range events {
		w.cashier.committed(e)
	}
	if w.fault("power cut after a commit", 160) {
		panic(powerCut{})
	}
	w.after(0, func() { t.linkStep(link.Appended{Last: last}) })
	return last, nil
}

func (j simJournal) Sale(id payment.SaleID) (payment.Sale, bool, error) { return j.t.journal.Sale(id) }
func (j simJournal) Recent(n int) ([]payment.Sale, error)               { return j.t.journal.Recent(n) }

// image is the store's files at one moment.
type image struct{ files map[string][]byte }

func readImage(t *terminal) *image {
	m := &image{files: map[string][]byte{}}
	entries, err := os.ReadDir(t.dir)
	if err != nil {
		t.w.violate("liveness", "read the store's folder: %v", err)
		return m
	}
	for _, e := range entries {
		raw, err := os.ReadFile(filepath.Join(t.dir, e.Name()))
		if err != nil {
			t.w.violate("liveness", "read the store: %v", err)
			continue
		}
		m.files[e.Name()] = raw
	}
	return m
}

const sector = 512

// torn is what a disk may hold when the power goes within the commit that led
// from m to after. bbolt writes its data pages in any order and syncs, then
// writes one meta page and syncs: so either any part of the data and the old
// meta page, or all of the data and any part of the new meta page.
func (m *image) torn(after *image, w *world) *image {
	result := &image{files: map[string][]byte{}}
	metaToo := w.chance(3)
	for _, name := range slices.Sorted(maps.Keys(after.files)) { // in one order: each file draws from the seed
		new := after.files[name]
		old, existed := m.files[name]
		if !existed { // a file comes to be whole, by a rename, or not at all
			if metaToo {
				result.files[name] = new
			}
			continue
		}
		result.files[name] = tear(old, new, metaToo, w)
	}
	return result
}

func tear(old, new []byte, metaToo bool, w *world) []byte {
	metas := 2 * pageSize(new)
	torn := make([]byte, len(new))
	if len(new) > len(old) && !metaToo && w.chance(2) {
		torn = torn[:len(old)] // the file had not grown yet
	}
	copy(torn, old)
	for at := 0; at < len(torn); at += sector {
		end := min(at+sector, len(torn))
		isMeta := at < metas
		written := isMeta && metaToo && w.chance(2) || !isMeta && (metaToo || w.chance(2))
		if written {
			copy(torn[at:end], new[at:end])
		}
	}
	return torn
}

// pageSize reads it from bbolt's first meta page: after a page header of 16
// bytes come magic, version and page size, four bytes each.
func pageSize(file []byte) int {
	if len(file) < 28 {
		return os.Getpagesize()
	}
	return int(binary.LittleEndian.Uint32(file[24:28]))
}

// restore puts the image in the place of the store's files.
func (m *image) restore(t *terminal) {
	if m == nil {
		return
	}
	t.fates.image = nil
	entries, err := os.ReadDir(t.dir)
	if err != nil {
		t.w.violate("liveness", "read the store's folder: %v", err)
		return
	}
	for _, e := range entries {
		if _, kept := m.files[e.Name()]; !kept {
			if err := os.Remove(filepath.Join(t.dir, e.Name())); err != nil {
				t.w.violate("liveness", "put a crash image in place: %v", err)
			}
		}
	}
	for name, raw := range m.files {
		if err := os.WriteFile(filepath.Join(t.dir, name), raw, 0o600); err != nil {
			t.w.violate("liveness", "put a crash image in place: %v", err)
		}
	}
}
