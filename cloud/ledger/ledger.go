// Package ledger is the gateway's embedded ledger, in bbolt.
package ledger

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"go.etcd.io/bbolt"

	"till/cloud"
	"till/payment"
	"till/sync/wire"
)

// schema is the layout's version, under meta/schema.
const schema = 1

// The buckets: what each key is, and what it holds.
var (
	meta     = []byte("meta")     // "schema" -> uint64
	heads    = []byte("heads")    // journal key -> cloud.Head
	records  = []byte("records")  // journal key + sequence -> wire.Record
	sales    = []byte("sales")    // sale id -> cloud.SaleEntry; ULIDs sort by time
	attempts = []byte("attempts") // order number -> cloud.Attempt
	opened   = []byte("open")     // order number of an attempt with work left -> nothing
	refunds  = []byte("refunds")  // refund number -> cloud.RefundEntry
	owed     = []byte("owed")     // refund number with work left -> nothing
	fetched  = []byte("fetched")  // sale id, and the number of a refund of it under another sale's -> nothing
	wallets  = []byte("wallets")  // a wallet's own number of a payment -> order number
	fleet    = []byte("fleet")    // terminal id -> cloud.TerminalEntry
	commands = []byte("commands") // terminal id, a zero byte, number -> cloud.CommandEntry
	sold     = []byte("sold")     // terminal id, a zero byte, sale id -> nothing
)

// Ledger is a bbolt file.
type Ledger struct{ db *bbolt.DB }

var _ cloud.Ledger = (*Ledger)(nil)

// Close ends it; open transactions finish first.
func (l *Ledger) Close() error { return l.db.Close() }

// errUnchanged rolls a transaction back that wrote nothing.
var errUnchanged = errors.New("nothing was written")

// Update is one durable commit. Where f writes nothing there is none, which
// would cost two syncs: terminals that say hello are most of a gateway's messages.
func (l *Ledger) Update(f func(cloud.Tx) error) error {
	err := l.db.Update(func(t *bbolt.Tx) error {
		wrote := false
		if err := f(tx{t, &wrote}); err != nil {
			return err
		}
		if !wrote {
			return errUnchanged
		}
		return nil
	})
	if errors.Is(err, errUnchanged) {
		return nil
	}
	return err
}

// View reads a consistent picture.
func (l *Ledger) View(f func(cloud.Tx) error) error {
	return l.db.View(func(t *bbolt.Tx) error { return f(tx{t, new(bool)}) })
}

type tx struct {
	*bbolt.Tx
	wrote *bool
}

// journalKey is the terminal's id, a zero byte, and the epoch.
func journalKey(terminal string, epoch uint32) []byte {
	return binary.BigEndian.AppendUint32(append([]byte(terminal), 0), epoch)
}

func get[T any](t tx, bucket, key []byte) (value T, ok bool, err error) {
	raw := t.Bucket(bucket).Get(key)
	if raw == nil {
		return value, false, nil
	}
	if err := json.Unmarshal(raw, &value); err != nil {
		return value, false, fmt.Errorf("ledger entry %s/%q: %w", bucket, key, err)
	}
	return value, true, nil
}

func put(t tx, bucket, key []byte, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("ledger entry %s/%q: %w", bucket, key, err)
	}
	*t.wrote = true
	return t.Bucket(bucket).Put(key, raw)
}

func (t tx) Head(terminal string, epoch uint32) (cloud.Head, error) {
	h, _, err := get[cloud.Head](t, heads, journalKey(terminal, epoch))
	return h, err
}

func (t tx) TakeRecord(terminal string, epoch uint32, r wire.Record) error {
	journal := journalKey(terminal, epoch)
	key := binary.BigEndian.AppendUint64(append([]byte{}, journal...), r.Seq)
	if err := put(t, records, key, r); err != nil {
		return err
	}
	return put(t, heads, journal, cloud.Head{Seq: r.Seq, Hash: r.Hash})
}

func (t tx) Sale(id payment.SaleID) (cloud.SaleEntry, bool, error) {
	return get[cloud.SaleEntry](t, sales, []byte(id))
}

func (t tx) PutSale(e cloud.SaleEntry) error {
	if e.Sale.ID == "" {
		return nil // its first record was impossible; the journal has it
	}
	if err := t.indexSold(e); err != nil {
		return err
	}
	return put(t, sales, []byte(e.Sale.ID), e)
}

func (t tx) Attempt(order payment.Order) (cloud.Attempt, bool, error) {
	return get[cloud.Attempt](t, attempts, []byte(order))
}

func (t tx) PutAttempt(a cloud.Attempt) error {
	if err := put(t, attempts, []byte(a.Order), a); err != nil {
		return err
	}
	if err := indexWallet(t.Tx, a); err != nil {
		return err
	}
	if a.Open() {
		return t.Bucket(opened).Put([]byte(a.Order), []byte{})
	}
	return t.Bucket(opened).Delete([]byte(a.Order))
}

// indexWallet has an attempt found by the wallet's own number of it.
func indexWallet(t *bbolt.Tx, a cloud.Attempt) error {
	key := []byte(a.Transaction)
	if len(key) == 0 || len(key) > bbolt.MaxKeySize || bytes.Equal(t.Bucket(wallets).Get(key), []byte(a.Order)) {
		return nil
	}
	if err := t.Bucket(wallets).Put(key, []byte(a.Order)); err != nil {
		return fmt.Errorf("ledger entry %s/%q: %w", wallets, key, err)
	}
	return nil
}

func (t tx) Transaction(id string) (payment.Order, bool, error) {
	order := t.Bucket(wallets).Get([]byte(id))
	return payment.Order(order), order != nil, nil
}

func (t tx) OpenAttempts() ([]cloud.Attempt, error) {
	var all []cloud.Attempt
	err := t.Bucket(opened).ForEach(func(order, _ []byte) error {
		a, ok, err := get[cloud.Attempt](t, attempts, order)
		if ok {
			all = append(all, a)
		}
		return err
	})
	return all, err
}

func (t tx) Terminal(id string) (cloud.TerminalEntry, bool, error) {
	return get[cloud.TerminalEntry](t, fleet, []byte(id))
}

func (t tx) PutTerminal(e cloud.TerminalEntry) error { return put(t, fleet, []byte(e.ID), e) }

func (t tx) Terminals() ([]cloud.TerminalEntry, error) {
	var all []cloud.TerminalEntry
	err := t.Bucket(fleet).ForEach(func(id, _ []byte) error {
		e, _, err := get[cloud.TerminalEntry](t, fleet, id)
		all = append(all, e)
		return err
	})
	return all, err
}

func commandKey(terminal string, id uint64) []byte {
	return binary.BigEndian.AppendUint64(append([]byte(terminal), 0), id)
}

func (t tx) Command(terminal string, id uint64) (cloud.CommandEntry, bool, error) {
	return get[cloud.CommandEntry](t, commands, commandKey(terminal, id))
}

func (t tx) PutCommand(e cloud.CommandEntry) error {
	return put(t, commands, commandKey(e.Terminal, e.Command.ID), e)
}

func (t tx) Commands(terminal string, most int) ([]cloud.CommandEntry, error) {
	var all []cloud.CommandEntry
	first := commandKey(terminal, 0)
	c := t.Bucket(commands).Cursor()
	key, _ := c.Seek(commandKey(terminal, math.MaxUint64))
	if key == nil {
		key, _ = c.Last()
	} else if key, _ = c.Prev(); key == nil {
		return nil, nil
	}
	for ; len(all) < most && bytes.HasPrefix(key, first[:len(first)-8]); key, _ = c.Prev() {
		e, _, err := get[cloud.CommandEntry](t, commands, key)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

func (t tx) Refund(id payment.RefundID) (cloud.RefundEntry, bool, error) {
	return get[cloud.RefundEntry](t, refunds, []byte(id))
}

func (t tx) PutRefund(r cloud.RefundEntry) error {
	key := []byte(r.Answer.Refund)
	if err := put(t, refunds, key, r); err != nil {
		return err
	}
	if of, _, err := r.Order.Split(); err == nil && !strings.HasPrefix(string(key), string(of)) {
		if err := t.Bucket(fetched).Put(append([]byte(of), key...), []byte{}); err != nil {
			return fmt.Errorf("ledger entry %s/%q: %w", fetched, key, err)
		}
	}
	if r.Open() {
		return t.Bucket(owed).Put(key, []byte{})
	}
	return t.Bucket(owed).Delete(key)
}

func (t tx) RefundsOf(sale payment.SaleID) ([]cloud.RefundEntry, error) {
	var keys [][]byte
	prefix := []byte(sale)
	c := t.Bucket(refunds).Cursor()
	for key, _ := c.Seek(prefix); bytes.HasPrefix(key, prefix); key, _ = c.Next() {
		keys = append(keys, key)
	}
	c = t.Bucket(fetched).Cursor()
	for key, _ := c.Seek(prefix); bytes.HasPrefix(key, prefix); key, _ = c.Next() {
		keys = append(keys, key[len(prefix):])
	}
	slices.SortFunc(keys, bytes.Compare)
	var all []cloud.RefundEntry
	for _, key := range keys {
		r, _, err := get[cloud.RefundEntry](t, refunds, key)
		if err != nil {
			return nil, err
		}
		if of, _, err := r.Order.Split(); err == nil && of == sale { // not one under a number that only begins so
			all = append(all, r)
		}
	}
	return all, nil
}

func (t tx) OpenRefunds() ([]cloud.RefundEntry, error) {
	var all []cloud.RefundEntry
	err := t.Bucket(owed).ForEach(func(key, _ []byte) error {
		r, ok, err := get[cloud.RefundEntry](t, refunds, key)
		if ok {
			all = append(all, r)
		}
		return err
	})
	return all, err
}

func (t tx) Sales() ([]cloud.SaleEntry, error) {
	var all []cloud.SaleEntry
	err := t.Bucket(sales).ForEach(func(id, _ []byte) error {
		e, _, err := get[cloud.SaleEntry](t, sales, id)
		all = append(all, e)
		return err
	})
	return all, err
}

func (t tx) Journals() (cloud.JournalCount, error) {
	var count cloud.JournalCount
	var journal string
	var last uint64
	err := t.Bucket(records).ForEach(func(key, _ []byte) error {
		split := len(key) - 8
		if split < 0 {
			return fmt.Errorf("record key %x is too short", key)
		}
		seq := binary.BigEndian.Uint64(key[split:])
		if string(key[:split]) != journal {
			journal, last = string(key[:split]), 0
		}
		count.Gaps += int(seq - last - 1)
		count.Records++
		last = seq
		return nil
	})
	return count, err
}
