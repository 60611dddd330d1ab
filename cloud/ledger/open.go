package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"till/cloud"
)

// Why a ledger is not opened. The file is left as it was.
var (
	ErrLocked  = errors.New("another gateway is using this ledger: end it first")
	ErrDamaged = errors.New("this ledger is damaged: put a copy of it back")
	ErrForeign = errors.New("this is not a gateway's ledger: move it away, or name another folder")
	ErrNewer   = errors.New("this ledger was written by a newer program: update this one")
)

const lockTimeout = 2 * time.Second

// Open opens the ledger in a folder, or creates it.
func Open(dir string) (*Ledger, error) {
	l, err := open(filepath.Join(dir, "ledger.db"))
	if err != nil {
		return nil, fmt.Errorf("open ledger in %s: %w", dir, err)
	}
	return l, nil
}

func open(path string) (l *Ledger, err error) {
	if err := inspect(path); err != nil {
		return nil, err
	}
	defer func() { // bbolt panics over pages that make no sense
		if p := recover(); p != nil {
			l, err = nil, fmt.Errorf("%w: %v", ErrDamaged, p)
		}
	}()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockTimeout})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, ErrLocked
	}
	if err != nil {
		return nil, err
	}
	if err := db.Update(prepare); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &Ledger{db}, nil
}

// bbolt's meta page, from its source (internal/common: page.go, meta.go): after
// a header of 16 bytes magic, version, page size, flags (32 bits each, in the
// machine's order), root page, sequence, freelist page, high-water mark,
// transaction, and the FNV-1a checksum of all that (64 bits each).
const (
	pageHeader = 16
	metaSize   = 64
	boltMagic  = 0xED0CDAED
)

// inspect looks at the meta pages before the file is mapped into memory: reading
// a map beyond the end of a truncated file kills the process.
func inspect(path string) (err error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil // to be created
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil || info.Size() == 0 { // its making was cut short
		return err
	}
	size := info.Size()
	foreign, whole := true, false
	for at := int64(0); at <= 64<<10; at = max(1<<10, 2*at) { // 0, then a page of any size on
		page := make([]byte, pageHeader+metaSize)
		n, err := f.ReadAt(page, at)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if at == 0 && blank(page[:n]) {
			foreign = false // never written, or cut at once
		}
		m := page[pageHeader:]
		if n < len(page) || binary.NativeEndian.Uint32(m) != boltMagic {
			continue
		}
		foreign = false
		sum := fnv.New64a()
		sum.Write(m[:metaSize-8]) // hash.Hash never fails
		if sum.Sum64() != binary.NativeEndian.Uint64(m[metaSize-8:]) {
			continue
		}
		pages, pageSize := binary.NativeEndian.Uint64(m[40:]), uint64(binary.NativeEndian.Uint32(m[8:]))
		if pages > uint64(size)/max(1, pageSize) {
			return fmt.Errorf("%w: %d bytes of at least %d are left", ErrDamaged, size, pages*pageSize)
		}
		whole = true
	}
	switch {
	case whole:
		return nil
	case foreign:
		return ErrForeign
	}
	return fmt.Errorf("%w: neither of its two meta pages is whole", ErrDamaged)
}

func blank(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// prepare makes the buckets of a new ledger, and refuses what is none of ours.
func prepare(tx *bbolt.Tx) error {
	if have := schemaOf(tx); have != nil {
		switch {
		case len(have) != 8 || binary.BigEndian.Uint64(have) == 0:
			return ErrForeign
		case binary.BigEndian.Uint64(have) > schema:
			return fmt.Errorf("%w: its layout is version %d, this program knows %d", ErrNewer, binary.BigEndian.Uint64(have), schema)
		}
	} else if name, _ := tx.Cursor().First(); name != nil {
		return ErrForeign
	}
	unindexed := tx.Bucket(attempts) != nil && tx.Bucket(wallets) == nil // written by a program that had no index
	for _, name := range [][]byte{meta, heads, records, sales, attempts, opened, refunds, owed, fetched, wallets, fleet, commands, sold} {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return fmt.Errorf("create bucket %s: %w", name, err)
		}
	}
	if unindexed {
		if err := indexWallets(tx); err != nil {
			return err
		}
	}
	if err := indexSold(tx); err != nil {
		return err
	}
	return tx.Bucket(meta).Put([]byte("schema"), binary.BigEndian.AppendUint64(nil, schema))
}

// indexWallets makes the index of the wallets' own numbers.
func indexWallets(t *bbolt.Tx) error {
	return t.Bucket(attempts).ForEach(func(order, _ []byte) error {
		a, _, err := get[cloud.Attempt](tx{Tx: t}, attempts, order)
		if err != nil {
			return err
		}
		return indexWallet(t, a)
	})
}

func schemaOf(tx *bbolt.Tx) []byte {
	b := tx.Bucket(meta)
	if b == nil {
		return nil
	}
	return b.Get([]byte("schema"))
}
