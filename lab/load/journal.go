package main

import (
	"fmt"
	"sync"
	"time"

	"till/payment"
	link "till/sync"
	"till/sync/wire"
)

// journal is a terminal's journal in memory: real records in their chain, without the disk.
type journal struct {
	terminal string

	mu       sync.Mutex
	records  []wire.Record
	appended []time.Time // of each record
	acked    uint64
	latency  []time.Duration // from a commit to its acknowledgement by the ledger, of its last record
	done     chan struct{}   // 1 deep: something was acknowledged
}

var _ link.Outbox = (*journal)(nil)

// epoch is the number of every journal here.
const epoch = 1

func newJournal(terminal string) *journal {
	return &journal{terminal: terminal, done: make(chan struct{}, 1)}
}

// head is the last record's sequence and hash.
func (j *journal) head() (uint64, wire.Hash) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.last()
}

func (j *journal) last() (uint64, wire.Hash) {
	if n := len(j.records); n > 0 {
		return uint64(n), j.records[n-1].Hash
	}
	return 0, wire.Genesis(j.terminal, epoch)
}

// append commits events, and returns the last sequence.
func (j *journal) append(stamp payment.Stamp, events ...payment.Event) (uint64, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range events {
		seq, prev := j.last()
		r, err := wire.NewRecord(prev, seq+1, stamp, e)
		if err != nil {
			return 0, err
		}
		j.records = append(j.records, r)
		j.appended = append(j.appended, time.Now())
	}
	return uint64(len(j.records)), nil
}

// Read returns records from a sequence on.
func (j *journal) Read(from uint64, maxRecords, maxBytes int) ([]wire.Record, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if from == 0 || from > uint64(len(j.records)) {
		return nil, nil
	}
	some := j.records[from-1:]
	for i, r := range some {
		if maxBytes -= len(r.Body) + 200; i > 0 && (i >= maxRecords || maxBytes < 0) {
			return some[:i:i], nil
		}
	}
	return some[:len(some):len(some)], nil
}

// Acknowledge moves the cursor.
func (j *journal) Acknowledge(seq uint64) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if seq > uint64(len(j.records)) {
		return fmt.Errorf("record %d of %d is acknowledged", seq, len(j.records))
	}
	if seq > j.acked {
		j.acked = seq
		j.latency = append(j.latency, time.Since(j.appended[seq-1]))
	}
	select {
	case j.done <- struct{}{}:
	default:
	}
	return nil
}

// drained says that the ledger has all.
func (j *journal) drained() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.acked == uint64(len(j.records))
}
