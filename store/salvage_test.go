package store_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"till/store"
	"till/sync/wire"
)

// salvage is what is salvaged of a folder, each record held against the truth.
func salvage(t testing.TB, dir string) (store.Salvaged, []wire.Record) {
	t.Helper()
	var records []wire.Record
	s, err := store.Salvage(dir, func(r wire.Record) error {
		records = append(records, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, records
}

func holdTrue(t *testing.T, s store.Salvaged, records []wire.Record) {
	t.Helper()
	missing := uint64(0)
	for _, span := range s.Missing {
		missing += span.Last - span.First + 1
	}
	if s.Records != uint64(len(records)) || s.Records+missing != s.Last+1-s.First {
		t.Errorf("%d records, %d missing, from %d to %d", s.Records, missing, s.First, s.Last)
	}
	last := uint64(0)
	for _, r := range records {
		if string(r.Body) != truth(r.Seq) || r.Seq <= last {
			t.Errorf("record %d after %d is %s", r.Seq, last, r.Body)
		}
		last = r.Seq
	}
}

func TestSalvageOfASoundJournal(t *testing.T) {
	for _, perSegment := range []int{10_000, 60} {
		dir := sound(t, perSegment)
		s, records := salvage(t, dir)
		holdTrue(t, s, records)
		if s.Terminal != "t-1" || s.Epoch != 1 || s.Last != 4*damagedSales || len(s.Missing) != 0 || s.Files != len(segments(t, dir)) {
			t.Errorf("%+v", s)
		}
		j := open(t, dir, options())
		if want, err := j.Read(1, 0, 0); err != nil || !reflect.DeepEqual(records, want) {
			t.Errorf("not what Read reads, %v", err)
		}
	}
	if s, _ := salvage(t, folder(t)); !reflect.DeepEqual(s, store.Salvaged{}) {
		t.Errorf("of an empty folder: %+v", s)
	}
	if s, _ := salvage(t, "/nowhere/at/all"); s.Files != 0 {
		t.Errorf("of none: %+v", s)
	}
}

// Whatever page is lost, all other records come out, and nothing false.
func TestSalvageOfDamage(t *testing.T) {
	from := sound(t, 10_000)
	name := filepath.Base(segments(t, from)[0])
	file := read(t, filepath.Join(from, name))
	random := rand.New(rand.NewPCG(5, 6))
	least := uint64(4 * damagedSales)
	for at := 0; at < pagesInUse(t, file); at += 4096 {
		bad := bytes.Clone(file)
		for i := range 4096 {
			bad[at+i] = byte(random.Uint32())
		}
		dir := folder(t)
		write(t, filepath.Join(dir, name), bad)
		s, records := salvage(t, dir)
		holdTrue(t, s, records)
		least = min(least, s.Records)
	}
	// A leaf holds up to 17 records, and the one after them cannot be proved.
	if most := uint64(4 * damagedSales); least < most-20 || least == most {
		t.Errorf("one page lost leaves %d records of %d", least, most)
	}
	for _, size := range []int{0, 10, 4096, 12_288, len(file) / 2} { // cut short
		dir := folder(t)
		write(t, filepath.Join(dir, name), file[:size])
		s, records := salvage(t, dir)
		holdTrue(t, s, records)
	}
	dir := folder(t) // both meta pages
	write(t, filepath.Join(dir, name), append(make([]byte, 8192), file[8192:]...))
	if s, records := salvage(t, dir); s.Records != 4*damagedSales {
		t.Errorf("without meta pages: %d records", len(records))
	}
}

// A segment in the middle is lost whole.
func TestSalvageAcrossALostSegment(t *testing.T) {
	dir := sound(t, 60)
	files := segments(t, dir)
	remove(t, files[1])
	s, records := salvage(t, dir)
	holdTrue(t, s, records)
	if len(s.Missing) != 1 || s.Last != 4*damagedSales || s.Missing[0].First == 1 {
		t.Errorf("%+v", s)
	}
}

// A commit that a power cut ended before its meta page never was: its record is
// legible, but not the journal's.
func TestSalvagePassesOverWhatWasNotCommitted(t *testing.T) {
	dir := folder(t)
	j := open(t, dir, options())
	sell(t, j, 1)
	before := imageOf(t, dir)
	appendAll(t, j, created(2))
	after := imageOf(t, dir)
	name := filepath.Base(segments(t, dir)[0])
	torn := bytes.Clone(after[name])
	copy(torn, before[name][:2*crashPage])
	crashed := filepath.Join(folder(t), "crashed")
	before.with(name, torn).put(t, crashed)
	if s, _ := salvage(t, crashed); s.Records != 4 || s.Last != 4 || len(s.Missing) != 0 {
		t.Errorf("%+v", s)
	}
	k := open(t, crashed, options())
	appendAll(t, k, created(3), started(3, 1))
	s, records := salvage(t, crashed)
	want, err := k.Read(1, 0, 0)
	if err != nil || !reflect.DeepEqual(records, want) {
		t.Errorf("%+v, %v", s, err)
	}
}

func FuzzSalvage(f *testing.F) {
	dir := folder(f)
	j := open(f, dir, options())
	sell(f, j, 1)
	closeChecked(f, j)
	for _, file := range imageOf(f, dir) {
		f.Add(file[:28_672])
		f.Add(file[12_288:20_480])
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "journal-00001-000000000001.bolt"), file, 0o600); err != nil {
			t.Fatal(err)
		}
		s, records := salvage(t, dir)
		for i := 1; i < len(records); i++ {
			if r := records[i]; records[i-1].Seq == r.Seq-1 && r.Follows(records[i-1].Hash, r.Seq) != nil {
				t.Errorf("record %d does not follow", r.Seq)
			}
		}
		if s.Records != uint64(len(records)) {
			t.Errorf("%+v", s)
		}
	})
}

// Looking at a journal changes nothing, half-made files included.
func TestReadOnly(t *testing.T) {
	dir := sound(t, 60)
	write(t, filepath.Join(dir, "journal-00001-000000000999.bolt.new"), []byte("half"))
	before := imageOf(t, dir)
	o := store.Options{ReadOnly: true}
	j, err := store.Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Check(); err != nil {
		t.Error(err)
	}
	if _, err := j.Append(stamp(1), created(999)); err == nil {
		t.Error("appended")
	}
	if err := j.Acknowledge(3); err != nil {
		t.Error(err)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
	if before.digest() != imageOf(t, dir).digest() {
		t.Error("the folder has changed")
	}
	empty := folder(t)
	for _, dir := range []string{empty, filepath.Join(empty, "none")} {
		if _, err := store.Open(dir, o); !isNone(err) {
			t.Errorf("%s: %v", dir, err)
		}
	}
	if entries, err := os.ReadDir(empty); err != nil || len(entries) > 0 {
		t.Errorf("made %v, %v", entries, err)
	}
}

func isNone(err error) bool { return errors.Is(err, store.ErrNone) }
