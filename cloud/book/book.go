// Package book opens the gateway's small books: bbolt files, each with the version of
// its layout in it.
package book

import (
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
)

var (
	meta   = []byte("meta")
	layout = []byte("schema") // -> 1 byte
)

// lockTimeout is how long another program may still have the file.
const lockTimeout = 2 * time.Second

// Open opens a book, or makes it, with the buckets that it is to have. One whose
// layout is newer than schema is refused. name is for people: "terminals", say.
func Open(path, name string, schema byte, buckets ...[]byte) (*bbolt.DB, error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockTimeout})
	if err != nil {
		return nil, fmt.Errorf("open the book of %s %s: %w", name, path, err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, bucket := range append([][]byte{meta}, buckets...) {
			if _, err := tx.CreateBucketIfNotExists(bucket); err != nil {
				return err
			}
		}
		if v := tx.Bucket(meta).Get(layout); len(v) > 0 && v[0] > schema {
			return fmt.Errorf("its layout is version %d, this program knows %d: update this one", v[0], schema)
		}
		return tx.Bucket(meta).Put(layout, []byte{schema})
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the book of %s %s: %w", name, path, err), db.Close())
	}
	return db, nil
}
