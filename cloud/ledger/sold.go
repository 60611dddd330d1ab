package ledger

import (
	"bytes"
	"encoding/json"
	"fmt"

	"go.etcd.io/bbolt"

	"till/cloud"
	"till/payment"
)

// soldKey is under which a terminal's sale is found; sale ids sort by time.
func soldKey(terminal string, sale payment.SaleID) []byte {
	return append(append([]byte(terminal), 0), sale...)
}

// indexSold notes whose a sale is.
func (t tx) indexSold(e cloud.SaleEntry) error {
	key := soldKey(e.Terminal, e.Sale.ID)
	if t.Bucket(sold).Get(key) != nil {
		return nil
	}
	*t.wrote = true
	return t.Bucket(sold).Put(key, []byte{})
}

// indexSold makes the index of a ledger that a program without it has written to.
func indexSold(tx *bbolt.Tx) error {
	key := func(id, raw []byte) ([]byte, error) {
		var e struct{ Terminal string }
		if err := json.Unmarshal(raw, &e); err != nil {
			return nil, fmt.Errorf("ledger entry %s/%q: %w", sales, id, err)
		}
		return soldKey(e.Terminal, payment.SaleID(id)), nil
	}
	id, raw := tx.Bucket(sales).Cursor().Last()
	if id == nil {
		return nil
	}
	newest, err := key(id, raw)
	if err != nil || tx.Bucket(sold).Get(newest) != nil {
		return err
	}
	return tx.Bucket(sales).ForEach(func(id, raw []byte) error {
		found, err := key(id, raw)
		if err != nil {
			return err
		}
		return tx.Bucket(sold).Put(found, []byte{})
	})
}

// SalesOf calls f for the sales of some terminals, the newest first, until f says that
// it has had enough, or fails. They begin below before; "" is the newest of all. It is
// one consistent picture of the ledger, which f reads more of with its Tx.
func (l *Ledger) SalesOf(terminals []string, before payment.SaleID, f func(cloud.Tx, cloud.SaleEntry) (more bool, err error)) error {
	return l.db.View(func(t *bbolt.Tx) error {
		in := tx{t, new(bool)}
		var all []*latest
		for _, terminal := range terminals {
			c := &latest{cursor: t.Bucket(sold).Cursor(), prefix: soldKey(terminal, "")}
			c.below(before)
			all = append(all, c)
		}
		for {
			var newest *latest
			for _, c := range all {
				if c.sale != nil && (newest == nil || bytes.Compare(c.sale, newest.sale) > 0) {
					newest = c
				}
			}
			if newest == nil {
				return nil
			}
			e, ok, err := in.Sale(payment.SaleID(newest.sale))
			if err != nil {
				return err
			}
			if ok {
				if more, err := f(in, e); err != nil || !more {
					return err
				}
			}
			newest.next()
		}
	})
}

// latest walks down the sales of one terminal.
type latest struct {
	cursor *bbolt.Cursor
	prefix []byte
	sale   []byte // nil: there are no more
}

// below goes to the newest sale before one; "": to the newest.
func (c *latest) below(before payment.SaleID) {
	end := append(bytes.Clone(c.prefix), before...)
	if before == "" {
		end[len(end)-1] = 1 // after all keys with the zero byte
	}
	if key, _ := c.cursor.Seek(end); key == nil {
		key, _ = c.cursor.Last()
		c.at(key)
		return
	}
	c.next()
}

func (c *latest) next() {
	key, _ := c.cursor.Prev()
	c.at(key)
}

func (c *latest) at(key []byte) {
	c.sale = nil
	if bytes.HasPrefix(key, c.prefix) {
		c.sale = key[len(c.prefix):]
	}
}
