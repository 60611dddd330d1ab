package ledger_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"till/cloud"
	"till/cloud/ledger"
	"till/payment"
	"till/sync/wire"
)

const file = "ledger.db"

// made is a folder with a ledger that has something in it.
func made(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	l, err := ledger.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	err = l.Update(func(tx cloud.Tx) error {
		for seq := range uint64(200) {
			r := wire.Record{Seq: seq + 1, Body: []byte(`{"kind":"` + strings.Repeat("x", 200) + `"}`)}
			if err := tx.TakeRecord("museum-1", 1, r); err != nil {
				return err
			}
		}
		a := cloud.Attempt{Step: cloud.StepQuery}
		a.Order = "01JD000000000000000000000101"
		return tx.PutAttempt(a)
	})
	if err := errors.Join(err, l.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestReopen(t *testing.T) {
	dir := made(t)
	l, err := ledger.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	err = l.View(func(tx cloud.Tx) error {
		count, err := tx.Journals()
		if count != (cloud.JournalCount{Records: 200}) {
			t.Errorf("counted %+v", count)
		}
		open, err2 := tx.OpenAttempts()
		if len(open) != 1 || open[0].Order != payment.Order("01JD000000000000000000000101") {
			t.Errorf("open are %v", open)
		}
		return errors.Join(err, err2)
	})
	if err != nil {
		t.Error(err)
	}
}

func TestLocked(t *testing.T) {
	dir := t.TempDir()
	l, err := ledger.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	began := time.Now()
	_, err = ledger.Open(dir)
	refused(t, dir, err, ledger.ErrLocked)
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("it took %v to say so", took)
	}
}

// refused holds that an error is of its kind and names the folder.
func refused(t *testing.T, dir string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) || !strings.Contains(err.Error(), dir) {
		t.Errorf("got %v; want it to say %q and where", err, want)
	}
}

// refuses opens, and holds that the file was left as it was.
func refuses(t *testing.T, dir string, want error) {
	t.Helper()
	before, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	l, err := ledger.Open(dir)
	if err == nil {
		t.Fatal(errors.Join(errors.New("it opens"), l.Close()))
	}
	refused(t, dir, err, want)
	after, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file was changed (%v)", err)
	}
}

func TestDamaged(t *testing.T) {
	spoil := func(t *testing.T, f func([]byte) []byte) string {
		t.Helper()
		dir := made(t)
		path := filepath.Join(dir, file)
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f(raw), 0o600); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	page := os.Getpagesize()
	for name, f := range map[string]func([]byte) []byte{
		"cut to a half":      func(b []byte) []byte { return b[:len(b)/2] },
		"cut to three pages": func(b []byte) []byte { return b[:3*page] },
		"cut within a page":  func(b []byte) []byte { return b[:5*page+17] },
		"cut to a byte":      func(b []byte) []byte { return b[:1] },
		"both meta pages": func(b []byte) []byte {
			b[16+20], b[page+16+20] = b[16+20]^1, b[page+16+20]^1
			return b
		},
		"zeros": func(b []byte) []byte { clear(b); return b },
	} {
		t.Run(name, func(t *testing.T) { refuses(t, spoil(t, f), ledger.ErrDamaged) })
	}
	t.Run("one meta page", func(t *testing.T) { // the other serves
		dir := spoil(t, func(b []byte) []byte { b[16+20] ^= 1; return b })
		l, err := ledger.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestForeign(t *testing.T) {
	t.Run("text", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, file), bytes.Repeat([]byte("Dear diary, "), 2000), 0o600); err != nil {
			t.Fatal(err)
		}
		refuses(t, dir, ledger.ErrForeign)
	})
	for name, f := range map[string]func(*bbolt.Tx) error{
		"another program's": func(tx *bbolt.Tx) error {
			_, err := tx.CreateBucket([]byte("orders"))
			return err
		},
		"with another schema": func(tx *bbolt.Tx) error { return putSchema(tx, []byte("one")) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			bolt(t, dir, f)
			refuses(t, dir, ledger.ErrForeign)
		})
	}
}

func TestNewer(t *testing.T) {
	dir := made(t)
	bolt(t, dir, func(tx *bbolt.Tx) error { return putSchema(tx, binary.BigEndian.AppendUint64(nil, 99)) })
	refuses(t, dir, ledger.ErrNewer)
}

// An empty file is one whose making was cut short.
func TestEmpty(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, file), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := ledger.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

func TestNoFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "nowhere")
	_, err := ledger.Open(dir)
	refused(t, dir, err, os.ErrNotExist)
}

func putSchema(tx *bbolt.Tx, value []byte) error {
	b, err := tx.CreateBucketIfNotExists([]byte("meta"))
	if err != nil {
		return err
	}
	return b.Put([]byte("schema"), value)
}

func bolt(t *testing.T, dir string, f func(*bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(filepath.Join(dir, file), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(f), db.Close()); err != nil {
		t.Fatal(err)
	}
}
