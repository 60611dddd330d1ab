package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"till/payment"
)

var orders = []byte("orders") // order number -> order

// book is the sandbox's file. Orders that are written while a commit is under
// way share the next one, so that a fleet does not wait for a sync per order.
type book struct {
	db *bbolt.DB

	mu      sync.Mutex
	next    *page // filled while writing is on its way; nil: empty
	writing *page
	watches map[*map[payment.Order]bool]bool // that note what is written
}

// page is what one commit writes.
type page struct {
	orders map[payment.Order][]byte
	done   chan struct{} // closed once it is written, or could not be
	err    error         // why, then
}

// wait returns once the page is durable.
func (p *page) wait() error {
	<-p.done
	return p.err
}

func openBook(dir string) (*book, error) {
	db, err := bbolt.Open(filepath.Join(dir, "sandbox.db"), 0o600, &bbolt.Options{Timeout: 2 * time.Second})
	if err != nil {
		return nil, fmt.Errorf("open the sandbox's book in %s: %w", dir, err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucketIfNotExists(orders)
		return err
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the sandbox's book: %w", err), db.Close())
	}
	return &book{db: db}, nil
}

// put has an order written. Nobody may be told of it before wait has returned
// without an error; where it returns one, the order is as it was.
func (b *book) put(o order) (wait func() error) {
	raw, err := json.Marshal(o)
	if err != nil {
		return func() error { return fmt.Errorf("write order %s: %w", o.Number, err) }
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next == nil {
		b.next = &page{orders: map[payment.Order][]byte{}, done: make(chan struct{})}
	}
	p := b.next
	p.orders[o.Number] = raw
	if b.writing == nil {
		b.turn()
	}
	return func() error {
		if err := p.wait(); err != nil {
			return fmt.Errorf("write order %s: %w", o.Number, err)
		}
		return nil
	}
}

// turn begins to write the next page; mu is held.
func (b *book) turn() {
	b.writing, b.next = b.next, nil
	if b.writing != nil {
		go b.write(b.writing)
	}
}

func (b *book) write(p *page) {
	p.err = b.db.Update(func(tx *bbolt.Tx) error {
		for _, number := range slices.Sorted(maps.Keys(p.orders)) {
			if err := tx.Bucket(orders).Put([]byte(number), p.orders[number]); err != nil {
				return err
			}
		}
		return nil
	})
	b.mu.Lock()
	for w := range b.watches {
		p.note(*w)
	}
	b.turn()
	b.mu.Unlock()
	close(p.done)
}

// note adds a page's orders to those that were written.
func (p *page) note(written map[payment.Order]bool) {
	for number := range p.orders {
		written[number] = true
	}
}

// watch notes what is written until stop. What is being written then may be in the
// book already, so it counts; waiting for it could be for ever, since a reader of
// the book holds up a commit that needs more memory.
func (b *book) watch() (stop func() map[payment.Order]bool) {
	written := map[payment.Order]bool{}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.watches == nil {
		b.watches = map[*map[payment.Order]bool]bool{}
	}
	b.watches[&written] = true
	return func() map[payment.Order]bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		if !b.watches[&written] {
			return nil
		}
		delete(b.watches, &written)
		if b.writing != nil {
			b.writing.note(written)
		}
		return written
	}
}

// get reads an order, once what is being written of it is durable.
func (b *book) get(number payment.Order) (o order, found bool, err error) {
	b.finish(func(p *page) bool { return p.orders[number] != nil })
	err = b.db.View(func(tx *bbolt.Tx) error {
		raw := tx.Bucket(orders).Get([]byte(number))
		found = raw != nil
		if !found {
			return nil
		}
		return json.Unmarshal(raw, &o)
	})
	if err != nil {
		return o, false, fmt.Errorf("read order %s: %w", number, err)
	}
	return o, found, nil
}

// each calls f for every order that is durable, by number.
func (b *book) each(f func(order) error) error {
	err := b.db.View(func(tx *bbolt.Tx) error { return eachOrder(tx, f) })
	if err != nil {
		return fmt.Errorf("read the sandbox's book: %w", err)
	}
	return nil
}

func eachOrder(tx *bbolt.Tx, f func(order) error) error {
	return tx.Bucket(orders).ForEach(func(_, raw []byte) error {
		var o order
		if err := json.Unmarshal(raw, &o); err != nil {
			return err
		}
		return f(o)
	})
}

// close waits for what is being written.
func (b *book) close() error {
	b.finish(func(*page) bool { return true })
	return b.db.Close()
}

// finish waits for the pages under way that are of interest.
func (b *book) finish(interesting func(*page) bool) {
	b.mu.Lock()
	var pages []*page
	for _, p := range []*page{b.writing, b.next} {
		if p != nil && interesting(p) {
			pages = append(pages, p)
		}
	}
	b.mu.Unlock()
	for _, p := range pages {
		_ = p.wait() // whoever wrote it was told; what could not be written was never there
	}
}
