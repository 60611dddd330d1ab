package scanner

import (
	"log/slog"
	"sync"
	"time"
)

const (
	// maxQueued bounds the scans of one scanner that wait to be handled.
	maxQueued = 4
	// maxScanAge is the age at which a scan that waits is dropped: the customer
	// has put the phone away, and the next sale must not be charged to it.
	maxScanAge = 5 * time.Second
)

// queue holds scans until they are handled. A scanner that storms (a broken one,
// or one in continuous mode before a code) fills its own share only; then its
// newest scans are dropped, since the oldest is the one somebody waits for and
// the others most likely repeat it.
type queue struct {
	now func() time.Time
	log *slog.Logger

	mu      sync.Mutex
	scans   []Scan
	dropped map[string]int // by source, since its storm began
	ready   chan struct{}  // 1 deep: something was put in
}

func newQueue(now func() time.Time, log *slog.Logger) *queue {
	return &queue{now: now, log: log, dropped: map[string]int{}, ready: make(chan struct{}, 1)}
}

func (q *queue) put(s Scan) {
	q.mu.Lock()
	defer q.mu.Unlock()
	waiting := 0
	for _, other := range q.scans {
		if other.Source == s.Source {
			waiting++
		}
	}
	if waiting >= maxQueued {
		if q.dropped[s.Source]++; q.dropped[s.Source] == 1 { // one line a storm, not one a scan
			q.log.Warn("a scanner scans faster than scans are handled; its newest are dropped", "scanner", s.Source)
		}
		return
	}
	if n := q.dropped[s.Source]; n > 0 && waiting == 0 {
		q.log.Warn("a scanner's storm is over", "scanner", s.Source, "dropped", n)
		delete(q.dropped, s.Source)
	}
	q.scans = append(q.scans, s)
	select {
	case q.ready <- struct{}{}:
	default: // it will be looked at anyway
	}
}

// take is the oldest scan that is not too old.
func (q *queue) take() (Scan, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.scans) > 0 {
		s := q.scans[0]
		q.scans = q.scans[1:]
		if age := q.now().Sub(s.Time); age > maxScanAge {
			q.log.Warn("a scan waited too long and is dropped", "scan", s, "age", age)
			continue
		}
		return s, true
	}
	return Scan{}, false
}
