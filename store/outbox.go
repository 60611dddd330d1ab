package store

import (
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// Acknowledge notes that the ledger has every record up to seq. It is
// cumulative: an older acknowledgement changes nothing. It becomes durable with
// the next commit or Flush; if power goes before, the records are sent again.
// The error wraps ErrAhead where seq is beyond the journal.
func (j *Journal) Acknowledge(seq uint64) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if seq > j.now.Last {
		return fmt.Errorf("%w: record %d of %d: the ledger knows another history of this terminal", ErrAhead, seq, j.now.Last)
	}
	j.now.Acked = max(j.now.Acked, seq)
	return nil
}

// Flush makes what was acknowledged durable now. It costs a commit if anything changed.
func (j *Journal) Flush() error {
	j.write.Lock()
	defer j.write.Unlock()
	if err := j.writable(); err != nil {
		return err
	}
	return j.flush()
}

func (j *Journal) flush() error {
	j.mu.RLock()
	now, stored := j.now, j.stored
	j.mu.RUnlock()
	if now.Acked == stored {
		return nil
	}
	err := j.update(func(tx *bolt.Tx) error { return putJSON(tx.Bucket(stateBucket), stateKey, now) })
	if err != nil {
		return err
	}
	j.mu.Lock()
	j.stored = now.Acked
	j.mu.Unlock()
	return nil
}
