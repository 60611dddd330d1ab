package store_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"till/payment"
	"till/store"
)

// checked puts the checksum before a value, as the store does.
func checked(value []byte) []byte {
	sum := crc32.Checksum(value, crc32.MakeTable(crc32.Castagnoli))
	return append(binary.BigEndian.AppendUint32(nil, sum), value...)
}

func seq(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// edit changes a closed segment behind the store's back, in a way that is sound to bbolt.
func edit(t *testing.T, name string, fn func(tx *bolt.Tx) error) {
	t.Helper()
	db, err := bolt.Open(name, 0o600, &bolt.Options{Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(fn), db.Close()); err != nil {
		t.Fatal(err)
	}
}

// replaced puts a value in which a text was replaced, under a checksum that fits.
func replaced(bucket, key, from, to string) func(*bolt.Tx) error {
	return func(tx *bolt.Tx) error {
		value := tx.Bucket([]byte(bucket)).Get([]byte(key))
		if !bytes.Contains(value, []byte(from)) {
			return errors.New("nothing to replace")
		}
		return tx.Bucket([]byte(bucket)).Put([]byte(key), checked(bytes.Replace(value[4:], []byte(from), []byte(to), 1)))
	}
}

// What the pages and checksums say is sound may still not be what happened.
func TestCheckHoldsEverythingAgainstTheRecords(t *testing.T) {
	from := folder(t)
	o := options()
	o.SegmentRecords = 10
	j := open(t, from, o)
	appendAll(t, j, created(9), started(9, 1)) // open all along
	for n := range 4 {
		sell(t, j, n)
	}
	closeChecked(t, j)
	if files := segments(t, from); len(files) != 2 {
		t.Fatalf("%d segments", len(files))
	}
	last := string(saleID(3))
	for name, c := range map[string]struct {
		segment int
		edit    func(*bolt.Tx) error
	}{
		"receipt number":   {1, replaced("state", "state", `"receipt":4`, `"receipt":3`)},
		"an older state":   {0, replaced("state", "state", `"receipt":2`, `"receipt":1`)},
		"acknowledged":     {1, replaced("state", "state", `"acked":0`, `"acked":99`)},
		"newest sale":      {1, replaced("state", "state", last, string(saleID(2)))},
		"last sequence":    {1, replaced("state", "state", `"last":18`, `"last":17`)},
		"first hash":       {1, replaced("header", "header", `"hash":"`, `"hash":"00`)},
		"terminal":         {0, replaced("header", "header", "t-1", "t-2")},
		"earlier segments": {1, replaced("header", "header", `"earlier":[1]`, `"earlier":[2]`)},
		"carried amount":   {1, replaced("carried", string(saleID(9)), `"amount":1234`, `"amount":1235`)},
		"an unfinished sale is not listed": {1, func(tx *bolt.Tx) error {
			return tx.Bucket([]byte("live")).Delete([]byte(saleID(9)))
		}},
		"a finished sale is not listed": {1, func(tx *bolt.Tx) error {
			return tx.Bucket([]byte("sales")).Delete([]byte(last))
		}},
		"an older finished sale is not listed": {0, func(tx *bolt.Tx) error {
			return tx.Bucket([]byte("sales")).Delete([]byte(saleID(0)))
		}},
		"a finished sale is listed as unfinished": {1, func(tx *bolt.Tx) error {
			return tx.Bucket([]byte("live")).Put([]byte(last), tx.Bucket([]byte("sales")).Get([]byte(last)))
		}},
		"a sale is listed with a record too few": {1, func(tx *bolt.Tx) error {
			list := tx.Bucket([]byte("sales")).Get([]byte(last))
			return tx.Bucket([]byte("sales")).Put([]byte(last), checked(list[4:len(list)-1]))
		}},
		"a checksum": {1, func(tx *bolt.Tx) error {
			list := bytes.Clone(tx.Bucket([]byte("sales")).Get([]byte(last)))
			list[0]++
			return tx.Bucket([]byte("sales")).Put([]byte(last), list)
		}},
		"a record is gone":     {0, func(tx *bolt.Tx) error { return tx.Bucket([]byte("records")).Delete(seq(5)) }},
		"the last one is gone": {1, func(tx *bolt.Tx) error { return tx.Bucket([]byte("records")).Delete(seq(18)) }},
		"a record too many": {1, func(tx *bolt.Tx) error {
			return tx.Bucket([]byte("records")).Put(seq(19), tx.Bucket([]byte("records")).Get(seq(18)))
		}},
		"a bucket is gone": {0, func(tx *bolt.Tx) error { return tx.DeleteBucket([]byte("carried")) }},
	} {
		dir := copyOf(t, from)
		edit(t, segments(t, dir)[c.segment], c.edit)
		if err := openAndCheck(dir); !errors.Is(err, store.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func openAndCheck(dir string) (err error) {
	j, err := store.Open(dir, options())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	return j.Check()
}

// A record that was altered is neither read nor folded into a sale.
func TestAlteredRecordIsNotBelieved(t *testing.T) {
	dir := sound(t, 10_000)
	const altered = 5 // creates sale 1
	edit(t, segments(t, dir)[0], func(tx *bolt.Tx) error {
		value := tx.Bucket([]byte("records")).Get(seq(altered))
		return tx.Bucket([]byte("records")).Put(seq(altered), bytes.Replace(value, []byte(`"li"`), []byte(`"la"`), 1))
	})
	j, err := store.Open(dir, options())
	if err != nil {
		t.Fatal(err)
	}
	if records, err := j.Read(1, 4, 0); err != nil || len(records) != 4 {
		t.Errorf("the records before it: %d, %v", len(records), err)
	}
	if _, err := j.Read(3, 4, 0); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("read: %v", err)
	}
	if s, _, err := j.Sale(saleID(1)); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("its sale: %+v, %v", s.Total, err)
	}
	if _, ok, err := j.Sale(saleID(2)); !ok || err != nil {
		t.Errorf("another sale: %v, %v", ok, err)
	}
	if err := j.Check(); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("check: %v", err)
	}
	if _, err := j.Append(stamp(0), printed(2, 3)); err != nil {
		t.Errorf("the counter stands still over it: %v", err)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
}

// Pages as a broken card makes them, and as only malice would: each would lead
// bbolt to ask for all memory, or to follow a circle for ever.
func TestPagesThatLeadAstray(t *testing.T) {
	const (
		page         = 4096
		branch, free = 0x01, 0x10
	)
	from := sound(t, 10_000)
	file := read(t, segments(t, from)[0])
	find := func(flags uint16) []byte { // a page in use with these flags: the newest of its kind
		t.Helper()
		for at := pagesInUse(t, file) - page; at > 0; at -= page {
			if binary.NativeEndian.Uint16(file[at+8:]) == flags && inUse(t, file, at) {
				return file[at : at+page]
			}
		}
		t.Fatalf("no page with flags %#x", flags)
		return nil
	}
	whole := bytes.Clone(file)
	for name, spoil := range map[string]func(){
		"free pages without end": func() {
			p := find(free)
			binary.NativeEndian.PutUint16(p[10:], 0xFFFF)
			binary.NativeEndian.PutUint64(p[16:], 1<<40)
		},
		"a branch that leads to itself": func() {
			p := find(branch)
			copy(p[16+16+8:], p[:8]) // its second child
		},
	} {
		copy(file, whole)
		spoil()
		dir := copyOf(t, from)
		write(t, segments(t, dir)[0], file)
		if err := openAndCheck(dir); !errors.Is(err, store.ErrDamaged) || !strings.Contains(err.Error(), "set it aside") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// inUse says whether the store notices that a page is blank.
func inUse(t *testing.T, file []byte, at int) bool {
	t.Helper()
	blank := bytes.Clone(file)
	clear(blank[at : at+4096])
	dir := folder(t)
	name := dir + "/journal-00001-000000000001.bolt"
	write(t, name, blank)
	return openAndCheck(dir) != nil
}

func TestSalesOfAnotherJournalAreNotFound(t *testing.T) {
	j := open(t, folder(t), options())
	sell(t, j, 1)
	for _, id := range []payment.SaleID{"", "x", saleID(2), payment.SaleID(strings.Repeat("0", 40_000))} {
		if _, ok, err := j.Sale(id); ok || err != nil {
			t.Errorf("sale %.30q: %v, %v", id, ok, err)
		}
	}
}
