package demo

import (
	"context"
	"encoding/json"
	"sync"
	"time"
)

// hub holds the newest of every kind of news, for pages that come and go.
type hub struct {
	mu      sync.Mutex
	latest  map[string]news
	serial  uint64
	changed chan struct{} // closed, and made anew, at every change
}

type news struct {
	data   []byte
	serial uint64
}

func newHub() *hub { return &hub{latest: map[string]news{}, changed: make(chan struct{})} }

// publish replaces the news of a kind. The same again is no news.
func (h *hub) publish(kind string, value any) {
	data, err := json.Marshal(value)
	if err != nil {
		return // every value is plain data of this package
	}
	h.publishRaw(kind, data)
}

func (h *hub) publishRaw(kind string, data []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if old, ok := h.latest[kind]; ok && string(old.data) == string(data) {
		return
	}
	h.serial++
	h.latest[kind] = news{data: data, serial: h.serial}
	close(h.changed)
	h.changed = make(chan struct{})
}

// since returns what has changed after serial, and a channel that is closed at
// the next change.
func (h *hub) since(serial uint64) (kinds map[string][]byte, now uint64, changed <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	kinds = map[string][]byte{}
	for kind, n := range h.latest {
		if n.serial > serial {
			kinds[kind] = n.data
		}
	}
	return kinds, h.serial, h.changed
}

// await waits until the news of a kind are as wanted, or until the time is over.
func (h *hub) await(ctx context.Context, within time.Duration, kind string, wanted func([]byte) bool) {
	ctx, done := context.WithTimeout(ctx, within)
	defer done()
	for {
		kinds, _, changed := h.since(0)
		if wanted(kinds[kind]) {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}
