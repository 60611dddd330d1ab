// Package memledger is a ledger in memory: for tests and the simulation. It
// keeps what it is told as the durable ones do, rolls back what fails, and can
// be told to fail a commit.
package memledger

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"till/cloud"
	"till/payment"
	"till/sync/wire"
)

// Ledger is the ledger. The zero value is empty and ready for use; it survives
// as many gateways as are put on it.
type Ledger struct {
	mu       sync.RWMutex
	heads    map[journal]cloud.Head
	records  map[journal]map[uint64]wire.Record
	sales    map[payment.SaleID]cloud.SaleEntry
	attempts map[payment.Order]cloud.Attempt
	open     map[payment.Order]bool
	refunds  map[payment.RefundID]cloud.RefundEntry
	fleet    map[string]cloud.TerminalEntry
	commands map[command]cloud.CommandEntry
	failures []error
	commits  int
}

var _ cloud.Ledger = (*Ledger)(nil)

type journal struct {
	terminal string
	epoch    uint32
}

type command struct {
	terminal string
	id       uint64
}

// New is an empty ledger.
func New() *Ledger { return &Ledger{} }

// FailCommit makes the next commit fail with err, after its function has run.
// Called again, the one after that fails too.
func (l *Ledger) FailCommit(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failures = append(l.failures, err)
}

// Commits is how many updates were committed.
func (l *Ledger) Commits() int {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.commits
}

// Records are the records of one journal, in sequence.
func (l *Ledger) Records(terminal string, epoch uint32) ([]wire.Record, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	kept := l.records[journal{terminal, epoch}]
	all := make([]wire.Record, 0, len(kept))
	for _, seq := range slices.Sorted(maps.Keys(kept)) {
		all = append(all, ownRecord(kept[seq]))
	}
	return all, nil
}

// Epochs are the epochs of a terminal's journals, ascending.
func (l *Ledger) Epochs(terminal string) (epochs []uint32) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for j := range l.heads {
		if j.terminal == terminal {
			epochs = append(epochs, j.epoch)
		}
	}
	slices.Sort(epochs)
	return epochs
}

// Attempts are all, by order number.
func (l *Ledger) Attempts() []cloud.Attempt {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return sorted(l.attempts)
}

// Refunds are all, by refund number.
func (l *Ledger) Refunds() []cloud.RefundEntry {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return sorted(l.refunds)
}

// sorted are the values of a map, by key.
func sorted[K cmp.Ordered, V any](m map[K]V) []V {
	all := make([]V, 0, len(m))
	for _, key := range slices.Sorted(maps.Keys(m)) {
		all = append(all, m[key])
	}
	return all
}

// Update runs f, and keeps what it did if neither f nor the commit fails.
func (l *Ledger) Update(f func(cloud.Tx) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := &tx{Ledger: l, writable: true}
	committed := false
	defer func() { // a panic of f rolls back too
		if !committed {
			t.rollback()
		}
	}()
	if err := f(t); err != nil {
		return err
	}
	if len(l.failures) > 0 {
		err := l.failures[0]
		l.failures = l.failures[1:]
		return fmt.Errorf("commit: %w", err)
	}
	committed = true
	l.commits++
	return nil
}

// View runs f on what is committed.
func (l *Ledger) View(f func(cloud.Tx) error) error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return f(&tx{Ledger: l})
}

type tx struct {
	*Ledger
	writable bool
	undo     []func()
}

func (t *tx) rollback() {
	for _, undo := range slices.Backward(t.undo) {
		undo()
	}
}

var errReadOnly = errors.New("a view does not write")

// set writes one key, and remembers how it was.
func set[K comparable, V any](t *tx, to *map[K]V, key K, value V) error {
	if !t.writable {
		return errReadOnly
	}
	if *to == nil {
		*to = map[K]V{}
	}
	m := *to
	old, was := m[key]
	t.undo = append(t.undo, func() {
		if was {
			m[key] = old
		} else {
			delete(m, key)
		}
	})
	m[key] = value
	return nil
}

// Nobody shares memory with the ledger: what has slices is copied on its way in
// and out.

func ownRecord(r wire.Record) wire.Record {
	r.Body = slices.Clone(r.Body)
	return r
}

func ownSale(e cloud.SaleEntry) cloud.SaleEntry {
	e.Sale.Tenders, e.Sale.Attempts, e.Sale.Refunds = slices.Clone(e.Sale.Tenders), slices.Clone(e.Sale.Attempts), slices.Clone(e.Sale.Refunds)
	return e
}

func ownTerminal(e cloud.TerminalEntry) cloud.TerminalEntry {
	e.Desired.Parts, e.Reported.Parts = ownParts(e.Desired.Parts), ownParts(e.Reported.Parts)
	return e
}

func ownParts(parts map[string]json.RawMessage) map[string]json.RawMessage {
	parts = maps.Clone(parts)
	for name, raw := range parts {
		parts[name] = slices.Clone(raw)
	}
	return parts
}

func ownCommand(e cloud.CommandEntry) cloud.CommandEntry {
	e.Command.Args, e.Result.Output = slices.Clone(e.Command.Args), slices.Clone(e.Result.Output)
	return e
}

func (t *tx) Head(terminal string, epoch uint32) (cloud.Head, error) {
	return t.heads[journal{terminal, epoch}], nil
}

func (t *tx) TakeRecord(terminal string, epoch uint32, r wire.Record) error {
	j := journal{terminal, epoch}
	of := t.records[j]
	if of == nil {
		of = map[uint64]wire.Record{}
		if err := set(t, &t.records, j, of); err != nil {
			return err
		}
	}
	if err := set(t, &of, r.Seq, ownRecord(r)); err != nil {
		return err
	}
	return set(t, &t.heads, j, cloud.Head{Seq: r.Seq, Hash: r.Hash})
}

func (t *tx) Sale(id payment.SaleID) (cloud.SaleEntry, bool, error) {
	e, ok := t.sales[id]
	return ownSale(e), ok, nil
}

func (t *tx) PutSale(e cloud.SaleEntry) error {
	if e.Sale.ID == "" {
		return nil // its first record was impossible; the journal has it
	}
	return set(t, &t.sales, e.Sale.ID, ownSale(e))
}

func (t *tx) Attempt(order payment.Order) (cloud.Attempt, bool, error) {
	a, ok := t.attempts[order]
	return a, ok, nil
}

func (t *tx) PutAttempt(a cloud.Attempt) error {
	if err := set(t, &t.attempts, a.Order, a); err != nil {
		return err
	}
	return set(t, &t.open, a.Order, a.Open())
}

func (t *tx) Transaction(id string) (payment.Order, bool, error) {
	for _, order := range slices.Sorted(maps.Keys(t.attempts)) {
		if id != "" && t.attempts[order].Transaction == id {
			return order, true, nil
		}
	}
	return "", false, nil
}

func (t *tx) OpenAttempts() ([]cloud.Attempt, error) {
	var all []cloud.Attempt
	for _, order := range slices.Sorted(maps.Keys(t.open)) {
		if t.open[order] {
			all = append(all, t.attempts[order])
		}
	}
	return all, nil
}

func (t *tx) Terminal(id string) (cloud.TerminalEntry, bool, error) {
	e, ok := t.fleet[id]
	return ownTerminal(e), ok, nil
}

func (t *tx) PutTerminal(e cloud.TerminalEntry) error {
	return set(t, &t.fleet, e.ID, ownTerminal(e))
}

func (t *tx) Terminals() ([]cloud.TerminalEntry, error) {
	var all []cloud.TerminalEntry
	for _, id := range slices.Sorted(maps.Keys(t.fleet)) {
		all = append(all, ownTerminal(t.fleet[id]))
	}
	return all, nil
}

func (t *tx) Command(terminal string, id uint64) (cloud.CommandEntry, bool, error) {
	e, ok := t.commands[command{terminal, id}]
	return ownCommand(e), ok, nil
}

func (t *tx) PutCommand(e cloud.CommandEntry) error {
	return set(t, &t.commands, command{e.Terminal, e.Command.ID}, ownCommand(e))
}

func (t *tx) Commands(terminal string, most int) ([]cloud.CommandEntry, error) {
	var all []cloud.CommandEntry
	for key, e := range t.commands {
		if key.terminal == terminal {
			all = append(all, ownCommand(e))
		}
	}
	slices.SortFunc(all, func(a, b cloud.CommandEntry) int { return cmp.Compare(b.Command.ID, a.Command.ID) })
	return all[:min(len(all), most)], nil
}

func (t *tx) Refund(id payment.RefundID) (cloud.RefundEntry, bool, error) {
	r, ok := t.refunds[id]
	return r, ok, nil
}

func (t *tx) PutRefund(r cloud.RefundEntry) error {
	return set(t, &t.refunds, r.Answer.Refund, r)
}

func (t *tx) RefundsOf(sale payment.SaleID) ([]cloud.RefundEntry, error) {
	return t.refundsThat(func(id payment.RefundID) bool {
		of, _, err := t.refunds[id].Order.Split()
		return err == nil && of == sale
	}), nil
}

func (t *tx) OpenRefunds() ([]cloud.RefundEntry, error) {
	return t.refundsThat(func(id payment.RefundID) bool { r := t.refunds[id]; return r.Open() }), nil
}

func (t *tx) refundsThat(are func(payment.RefundID) bool) []cloud.RefundEntry {
	var all []cloud.RefundEntry
	for _, id := range slices.Sorted(maps.Keys(t.refunds)) {
		if are(id) {
			all = append(all, t.refunds[id])
		}
	}
	return all
}

func (t *tx) Sales() ([]cloud.SaleEntry, error) {
	var all []cloud.SaleEntry
	for _, id := range slices.Sorted(maps.Keys(t.sales)) {
		all = append(all, ownSale(t.sales[id]))
	}
	return all, nil
}

func (t *tx) Journals() (cloud.JournalCount, error) {
	var count cloud.JournalCount
	for _, of := range t.records {
		count.Records += len(of)
		if len(of) > 0 {
			last := slices.Max(slices.Collect(maps.Keys(of)))
			count.Gaps += int(last) - len(of)
		}
	}
	return count, nil
}
