package pi

import (
	"context"
	"sync"
)

// record is what happened so far, in order, for those who wait for something of it.
type record[T any] struct {
	mu    sync.Mutex
	all   []T
	more  chan struct{} // closed and made anew when something is added
	ended error         // why nothing more will come
}

func newRecord[T any]() *record[T] { return &record[T]{more: make(chan struct{})} }

func (r *record[T]) add(v T) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, v)
	close(r.more)
	r.more = make(chan struct{})
}

// end says that nothing more will come, the first time.
func (r *record[T]) end(why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended == nil {
		r.ended = why
		close(r.more)
		r.more = make(chan struct{})
	}
}

func (r *record[T]) len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.all)
}

// from is a copy of what came since the n-th, counted from 0.
func (r *record[T]) from(n int) []T {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]T(nil), r.all[min(n, len(r.all)):]...)
}

// await waits for the first from the n-th on that matches, and returns it with
// the number of the one after it.
func (r *record[T]) await(ctx context.Context, n int, match func(T) bool) (T, int, error) {
	var none T
	for {
		r.mu.Lock()
		for ; n < len(r.all); n++ {
			if v := r.all[n]; match(v) {
				r.mu.Unlock()
				return v, n + 1, nil
			}
		}
		more, ended := r.more, r.ended
		r.mu.Unlock()
		if ended != nil {
			return none, n, ended
		}
		select {
		case <-more:
		case <-ctx.Done():
			return none, n, ctx.Err()
		}
	}
}
