package store_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"till/payment"
	"till/store"
)

const damagedSales = 40

// truth is the body of a record of the journal that is damaged: four to a sale.
func truth(seq uint64) string {
	n := int(seq-1) / 4
	receipt := uint64(n + 1)
	e := []payment.Event{created(n), started(n, 1), changed(n, 1, payment.Approved, receipt), printed(n, receipt)}[(seq-1)%4]
	text, err := json.Marshal(e)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// sound makes a journal of damagedSales sales in one segment, or in several.
func sound(t *testing.T, perSegment int) (dir string) {
	t.Helper()
	dir = folder(t)
	o := options()
	o.SegmentRecords = perSegment
	j := open(t, dir, o)
	for n := range damagedSales {
		sell(t, j, n)
	}
	closeChecked(t, j)
	return dir
}

// segments are the files of a journal, oldest first.
func segments(t *testing.T, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "journal-*.bolt"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no segments in %s: %v", dir, err)
	}
	slices.Sort(names)
	return names
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func write(t *testing.T, name string, text []byte) {
	t.Helper()
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// pagesInUse is the size below which every truncation loses something.
func pagesInUse(t *testing.T, file []byte) int {
	t.Helper()
	h, err := store.Inspect(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	return int(h.Size())
}

func TestTruncated(t *testing.T) {
	for _, perSegment := range []int{10_000, 60} {
		from := sound(t, perSegment)
		root := folder(t)
		files := segments(t, from)
		var dirs []string
		for i, name := range files {
			file := read(t, name)
			for size := 0; size < pagesInUse(t, file); size += 512 {
				dir := filepath.Join(root, fmt.Sprintf("%d-%d", i, size))
				if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
					t.Fatal(err)
				}
				write(t, filepath.Join(dir, filepath.Base(name)), file[:size])
				dirs = append(dirs, dir)
			}
		}
		for dir, verdict := range looks(t, dirs) {
			if !strings.HasPrefix(verdict, refused) {
				t.Errorf("truncated %s: %s", filepath.Base(dir), verdict)
			}
		}
	}
}

// A page is overwritten: with noise, with zeros, with an older page of the same
// file, with one bit turned. bbolt's own check does not see all of them; the
// hashes do.
func TestGarbagePages(t *testing.T) {
	const samples = 400
	from := sound(t, 10_000)
	name := segments(t, from)[0]
	file := read(t, name)
	used := pagesInUse(t, file)
	root := folder(t)
	random := rand.New(rand.NewPCG(1, 2))
	dirs := make([]string, samples)
	for i := range dirs {
		dirs[i] = filepath.Join(root, fmt.Sprint(i))
		if err := os.Mkdir(dirs[i], 0o700); err != nil {
			t.Fatal(err)
		}
		bad := bytes.Clone(file)
		const page = 4096
		at := random.IntN(used/page) * page
		switch i % 5 {
		case 0:
			for b := range page {
				bad[at+b] = byte(random.Uint32())
			}
		case 1:
			clear(bad[at : at+page])
		case 2:
			other := random.IntN(used/page) * page
			copy(bad[at:at+page], file[other:other+page])
		case 3:
			bad[at+random.IntN(page)] ^= 1 << random.IntN(8)
		case 4: // a header that looks right, and noise behind it
			for b := 16; b < page; b++ {
				bad[at+b] = byte(random.Uint32())
			}
		}
		write(t, filepath.Join(dirs[i], filepath.Base(name)), bad)
	}
	unseen := 0
	for dir, verdict := range looks(t, dirs) {
		switch {
		case verdict == whole:
			unseen++ // a free page, or a byte that nothing reads
		case !strings.HasPrefix(verdict, refused):
			t.Errorf("sample %s: %s", filepath.Base(dir), verdict)
		}
	}
	if unseen > samples*3/4 {
		t.Errorf("%d of %d samples damaged nothing: the test is too mild", unseen, samples)
	}
}

// What is not a journal of this terminal and version is refused by its own name.
func TestRefusals(t *testing.T) {
	from := sound(t, 60)
	files := segments(t, from)
	newest := filepath.Base(files[len(files)-1])
	for name, c := range map[string]struct {
		spoil func(t *testing.T, dir string)
		want  error
		says  string
	}{
		"text": {func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, newest), bytes.Repeat([]byte("not a database. "), 1000))
		}, store.ErrNotJournal, ""},
		"short text":         {func(t *testing.T, dir string) { write(t, filepath.Join(dir, newest), []byte("hello")) }, store.ErrNotJournal, ""},
		"empty file":         {func(t *testing.T, dir string) { write(t, filepath.Join(dir, newest), nil) }, store.ErrDamaged, "set it aside"},
		"another database":   {func(t *testing.T, dir string) { foreign(t, filepath.Join(dir, newest)) }, store.ErrNotJournal, "another folder"},
		"newer schema":       {func(t *testing.T, dir string) { newer(t, filepath.Join(dir, newest)) }, store.ErrNewer, "update till"},
		"a segment missing":  {func(t *testing.T, dir string) { remove(t, filepath.Join(dir, filepath.Base(files[1]))) }, store.ErrDamaged, "missing"},
		"the oldest missing": {func(t *testing.T, dir string) { remove(t, filepath.Join(dir, filepath.Base(files[0]))) }, store.ErrDamaged, "never acknowledged"},
		"a folder for a file": {func(t *testing.T, dir string) {
			remove(t, filepath.Join(dir, newest))
			if err := os.Mkdir(filepath.Join(dir, newest), 0o700); err != nil {
				t.Fatal(err)
			}
		}, store.ErrNotJournal, ""},
		"renamed": {func(t *testing.T, dir string) {
			if err := os.Rename(filepath.Join(dir, newest), filepath.Join(dir, "journal-00001-000000009999.bolt")); err != nil {
				t.Fatal(err)
			}
		}, store.ErrDamaged, ""},
		"two epochs": {func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "journal-00002-000000000001.bolt"), read(t, filepath.Join(dir, newest)))
		}, store.ErrDamaged, "epochs"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := copyOf(t, from)
			c.spoil(t, dir)
			j, err := store.Open(dir, options())
			if err == nil {
				t.Fatal(errors.Join(errors.New("opened"), j.Close()))
			}
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v; want %v, saying %q", err, c.want, c.says)
			}
		})
	}
	o := options()
	o.Terminal = "t-2"
	if _, err := store.Open(from, o); !errors.Is(err, store.ErrTerminal) || !strings.Contains(err.Error(), "t-1") {
		t.Errorf("another terminal: %v", err)
	}
	if _, err := store.Open(files[0], options()); !errors.Is(err, store.ErrNotJournal) {
		t.Errorf("a file for a folder: %v", err)
	}
	o.Terminal = "Not A Terminal"
	if _, err := store.Open(from, o); err == nil {
		t.Error("a terminal id that is none")
	}
	if _, err := store.Open(folder(t), store.Options{}); !errors.Is(err, store.ErrNotJournal) {
		t.Errorf("an empty folder, and no terminal to begin for: %v", err)
	}
	open(t, from, options()) // and what was refused is as it was
}

func foreign(t *testing.T, name string) {
	t.Helper()
	remove(t, name)
	db, err := bolt.Open(name, 0o600, &bolt.Options{Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// newer writes the file as a later version of this package might.
func newer(t *testing.T, name string) {
	t.Helper()
	db, err := bolt.Open(name, 0o600, &bolt.Options{Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		if err := tx.DeleteBucket([]byte("live")); err != nil {
			return err
		}
		return tx.Bucket([]byte("header")).Put([]byte("header"), checked([]byte(`{"schema":2,"terminal":17}`)))
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, name string) {
	t.Helper()
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
}

func TestLocked(t *testing.T) {
	dir := folder(t)
	j := open(t, dir, options())
	_, err := store.Open(dir, options())
	if !errors.Is(err, store.ErrLocked) || !strings.Contains(err.Error(), dir+": end it first") {
		t.Errorf("opened twice: %v", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, dir, options())
}

// An old segment that the ledger has all of does not hold up the counter.
func TestDamageInAnAcknowledgedSegment(t *testing.T) {
	dir := sound(t, 60)
	j, err := store.Open(dir, options())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(j.Acknowledge(j.Position().Last), j.Close()); err != nil {
		t.Fatal(err)
	}
	oldest := segments(t, dir)[0]
	write(t, oldest, read(t, oldest)[:8192])
	j, err = store.Open(dir, options())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.Read(1, 1, 0); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("read of the damaged segment: %v", err)
	}
	if err := j.Check(); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("check: %v", err)
	}
	sell(t, j, damagedSales)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

// A power cut while a segment is made leaves it under another name, at any length.
func TestHalfMadeSegment(t *testing.T) {
	from := sound(t, 60)
	files := segments(t, from)
	whole := read(t, files[len(files)-1])
	for _, size := range []int{0, 100, 4096, 16384, len(whole)} {
		dir := copyOf(t, from)
		half := filepath.Join(dir, "journal-00001-000000000161.bolt.new")
		write(t, half, whole[:size])
		j := open(t, dir, options())
		if _, err := os.Stat(half); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%d bytes of a segment are still there: %v", size, err)
		}
		sell(t, j, damagedSales)
	}
	dir := folder(t) // the very first
	write(t, filepath.Join(dir, "journal-00001-000000000001.bolt.new"), whole[:5000])
	write(t, filepath.Join(dir, "notes.txt"), []byte("another's file is left alone"))
	sell(t, open(t, dir, options()), 1)
	read(t, filepath.Join(dir, "notes.txt"))
}

// The file is cut while it is mapped, as by another program, or a card that
// stops reading: an error comes back, and the program lives.
func TestTruncatedWhileOpen(t *testing.T) {
	dir := sound(t, 10_000)
	j, err := store.Open(dir, options())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(segments(t, dir)[0], 4096); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Read(1, 0, 0); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("read: %v", err)
	}
	if err := j.Check(); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("check: %v", err)
	}
	_, err = j.Append(stamp(0), created(1000))
	if !errors.Is(err, store.ErrDamaged) {
		t.Errorf("append: %v", err)
	}
	if _, again := j.Append(stamp(0), created(1000)); again == nil || again.Error() != err.Error() {
		t.Errorf("after a failed commit: %v, want what failed", again)
	}
	if err := j.Close(); err != nil {
		t.Logf("close: %v", err) // may fail or not: the file is gone
	}
}

func FuzzInspect(f *testing.F) {
	dir := folder(f)
	j := open(f, dir, options())
	sell(f, j, 1)
	closeChecked(f, j)
	names, err := filepath.Glob(filepath.Join(dir, "journal-*.bolt"))
	if err != nil || len(names) != 1 {
		f.Fatal(names, err)
	}
	file, err := os.ReadFile(names[0])
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file, int64(len(file)))
	f.Add(file[:4096], int64(4096))
	f.Add(file[:8192], int64(1<<40))
	f.Add([]byte{}, int64(0))
	f.Fuzz(func(t *testing.T, file []byte, size int64) {
		h, err := store.Inspect(bytes.NewReader(file), size)
		switch {
		case err == nil:
			if h.Size() > size || h.Size() <= 0 || h.PageSize < 1024 {
				t.Errorf("%+v of %d bytes", h, size)
			}
		case !errors.Is(err, store.ErrDamaged) && !errors.Is(err, store.ErrNotJournal):
			t.Errorf("untyped: %v", err)
		}
	})
}
