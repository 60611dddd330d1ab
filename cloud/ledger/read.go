package ledger

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"go.etcd.io/bbolt"

	"till/cloud"
	"till/sync/wire"
)

// Picture is the ledger at one moment, for who reads much of it. Its methods call f
// for one entry after another until f fails, and return that error as it is.
type Picture struct{ tx *bbolt.Tx }

// Read shows f one moment. Commits go on meanwhile; one for which the file has to
// grow into new memory waits until f is done.
func (l *Ledger) Read(f func(Picture) error) error {
	return l.db.View(func(t *bbolt.Tx) error { return f(Picture{t}) })
}

// Journals are those that there are records of, by terminal and epoch, each with
// its newest record.
func (p Picture) Journals(f func(terminal string, epoch uint32, head cloud.Head) error) error {
	return p.journals(nil, f)
}

func (p Picture) journals(prefix []byte, f func(terminal string, epoch uint32, head cloud.Head) error) error {
	c := p.tx.Bucket(heads).Cursor()
	for key, raw := c.Seek(prefix); key != nil && bytes.HasPrefix(key, prefix); key, raw = c.Next() {
		end := len(key) - 5 // a zero byte and the epoch
		if end < 1 || key[end] != 0 {
			return fmt.Errorf("journal key %x is none", key)
		}
		var head cloud.Head
		if err := json.Unmarshal(raw, &head); err != nil {
			return fmt.Errorf("ledger entry %s/%q: %w", heads, key, err)
		}
		if err := f(string(key[:end]), binary.BigEndian.Uint32(key[end+1:]), head); err != nil {
			return err
		}
	}
	return nil
}

// Records are those of one journal from a sequence on, in order.
func (p Picture) Records(terminal string, epoch uint32, from uint64, f func(wire.Record) error) error {
	journal := journalKey(terminal, epoch)
	return each(p, records, binary.BigEndian.AppendUint64(bytes.Clone(journal), from), journal, f)
}

// Sales are all, oldest first.
func (p Picture) Sales(f func(cloud.SaleEntry) error) error { return each(p, sales, nil, nil, f) }

// Attempts are all, by order number.
func (p Picture) Attempts(f func(cloud.Attempt) error) error { return each(p, attempts, nil, nil, f) }

// Refunds are all, by refund number.
func (p Picture) Refunds(f func(cloud.RefundEntry) error) error { return each(p, refunds, nil, nil, f) }

// each reads the entries of a bucket from a key on, as long as keys begin with prefix.
func each[T any](p Picture, bucket, from, prefix []byte, f func(T) error) error {
	c := p.tx.Bucket(bucket).Cursor()
	for key, raw := c.Seek(from); key != nil && bytes.HasPrefix(key, prefix); key, raw = c.Next() {
		var value T
		if err := json.Unmarshal(raw, &value); err != nil {
			return fmt.Errorf("ledger entry %s/%q: %w", bucket, key, err)
		}
		if err := f(value); err != nil {
			return err
		}
	}
	return nil
}

// Epochs lists the epochs of a terminal's journals that the ledger has records of,
// ascending.
func (l *Ledger) Epochs(terminal string) (epochs []uint32, err error) {
	err = l.Read(func(p Picture) error {
		return p.journals(append([]byte(terminal), 0), func(_ string, epoch uint32, _ cloud.Head) error {
			epochs = append(epochs, epoch)
			return nil
		})
	})
	return epochs, err
}

// Records calls f for each record of a journal from a sequence on, in order, until f fails.
func (l *Ledger) Records(terminal string, epoch uint32, from uint64, f func(wire.Record) error) error {
	return l.Read(func(p Picture) error { return p.Records(terminal, epoch, from, f) })
}
