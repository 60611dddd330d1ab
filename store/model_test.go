package store_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"till/payment"
	"till/store"
	"till/sync/wire"
)

// model is what a journal should be, as a plain slice.
type model struct {
	events  []payment.Event // events[i] is of record i+1
	stamps  []payment.Stamp
	sales   map[payment.SaleID]payment.Sale
	touched map[payment.SaleID]int // newest record of each sale
	born    []payment.SaleID       // in the order they began
	newest  payment.SaleID         // created
	receipt uint64
	gave    []int // gave[i] is the record that receipt i+1 was given in
	drawer  payment.Counter
	acked   uint64
}

// apply is the model after the events, or why they cannot be.
func (m model) apply(s payment.Stamp, events []payment.Event) (model, error) {
	m.sales, m.touched = maps.Clone(m.sales), maps.Clone(m.touched)
	m.events, m.stamps, m.born = slices.Clip(m.events), slices.Clip(m.stamps), slices.Clip(m.born)
	for _, e := range events {
		if payment.OfCounter(e.Kind) {
			var err error
			if m.drawer, err = m.drawer.Apply(e, s); err != nil {
				return m, err
			}
			m.events, m.stamps = append(m.events, e), append(m.stamps, s)
			continue
		}
		after, err := m.sales[e.Sale].Apply(e, s)
		if err != nil {
			return m, err
		}
		if after.Receipt != m.sales[e.Sale].Receipt {
			if m.receipt++; after.Receipt != m.receipt {
				return m, payment.ErrImpossible
			}
			m.gave = append(slices.Clip(m.gave), len(m.events)+1)
		}
		if e.Kind.Begins() {
			m.born = append(m.born, e.Sale)
		}
		if e.Kind == payment.SaleCreated {
			m.newest = e.Sale
		}
		if m.drawer, err = m.drawer.Count(m.sales[e.Sale], after); err != nil {
			return m, err
		}
		m.sales[e.Sale] = after
		m.events, m.stamps = append(m.events, e), append(m.stamps, s)
		m.touched[e.Sale] = len(m.events)
	}
	return m, nil
}

// machine drives a journal and its model side by side.
type machine struct {
	root    string
	folders int
	options store.Options
	dir     string
	j       *store.Journal
	m       model
	flushed uint64 // acknowledged, and durable for sure
}

func TestJournalAgainstModel(t *testing.T) {
	root := folder(t)
	runs := 0
	rapid.Check(t, func(t *rapid.T) {
		runs++
		mc := &machine{
			root:    filepath.Join(root, fmt.Sprint(runs)),
			options: options(),
			m:       model{sales: map[payment.SaleID]payment.Sale{}, touched: map[payment.SaleID]int{}},
		}
		mc.options.SegmentRecords = rapid.IntRange(1, 12).Draw(t, "segment")
		mc.dir = filepath.Join(mc.root, "0")
		mc.open(t)
		t.Repeat(map[string]func(*rapid.T){
			"":            mc.compare,
			"append":      mc.append,
			"append2":     mc.append, // more often than the others
			"append3":     mc.append,
			"acknowledge": mc.acknowledge,
			"flush":       mc.flush,
			"prune":       mc.prune,
			"read":        mc.read,
			"sales":       mc.compareSales,
			"reopen":      mc.reopen,
			"power cut":   mc.powerCut,
		})
		mc.close(t)
		if err := os.RemoveAll(mc.root); err != nil {
			t.Fatal(err)
		}
	})
}

func (mc *machine) open(t *rapid.T) {
	j, err := store.Open(mc.dir, mc.options)
	if err != nil {
		t.Fatal(err)
	}
	mc.j = j
}

func (mc *machine) close(t *rapid.T) {
	if err := mc.j.Check(); err != nil {
		t.Fatal(err)
	}
	if err := mc.j.Close(); err != nil {
		t.Fatal(err)
	}
}

func (mc *machine) reopen(t *rapid.T) {
	mc.close(t)
	mc.flushed = mc.m.acked
	mc.open(t)
}

// powerCut goes on with the files as they are on disk at this moment.
func (mc *machine) powerCut(t *rapid.T) {
	mc.folders++
	next := filepath.Join(mc.root, fmt.Sprint(mc.folders))
	if err := os.CopyFS(next, os.DirFS(mc.dir)); err != nil {
		t.Fatal(err)
	}
	if err := mc.j.Close(); err != nil {
		t.Fatal(err)
	}
	mc.dir = next
	mc.open(t)
	acked := mc.j.Position().Acked
	if acked < mc.flushed || acked > mc.m.acked {
		t.Fatalf("acked %d after a power cut, flushed were %d, known %d", acked, mc.flushed, mc.m.acked)
	}
	mc.m.acked = acked
	if err := mc.j.Check(); err != nil {
		t.Fatal(err)
	}
}

func (mc *machine) append(t *rapid.T) {
	s := stamp(len(mc.m.events))
	if rapid.IntRange(0, 3).Draw(t, "undated") == 0 {
		s.Time = payment.Stamp{}.Time
	}
	var events []payment.Event
	next := mc.m
	for range rapid.IntRange(1, 4).Draw(t, "events") {
		e := mc.event(t, next)
		events = append(events, e)
		if after, err := next.apply(s, []payment.Event{e}); err == nil {
			next = after
		}
	}
	want, wantErr := mc.m.apply(s, events)
	last, err := mc.j.Append(s, events...)
	if wantErr != nil {
		if !errors.Is(err, payment.ErrImpossible) {
			t.Fatalf("%+v: %v, want %v", events, err, wantErr)
		}
		return
	}
	if err != nil || last != uint64(len(want.events)) {
		t.Fatalf("%+v: %d, %v", events, last, err)
	}
	mc.m = want
	mc.flushed = mc.m.acked
}

// event is most often one that can happen.
func (mc *machine) event(t *rapid.T, m model) payment.Event {
	kind := rapid.SampledFrom([]payment.Kind{
		payment.SaleCreated, payment.SaleFetched, payment.AttemptStarted, payment.AttemptChanged, payment.AttemptChanged,
		payment.CashTaken, payment.LateRefunded, payment.ReceiptPrinted, payment.CancelRequested, payment.SaleParked,
		payment.ReceiptWaived, payment.ReceiptWanted, payment.SlipPrinted,
		payment.RefundAsked, payment.RefundChanged, payment.ShiftOpened, payment.CashMoved, payment.ShiftClosed, payment.ReportPrinted,
		payment.CartHeld, payment.CartHeld, payment.CartDropped,
	}).Draw(t, "kind")
	if payment.OfCounter(kind) {
		e := payment.Event{Kind: kind, Shift: m.drawer.Shift.Number, Amount: 100}
		switch kind {
		case payment.ShiftOpened:
			e.Shift, e.Currency = e.Shift+1, "USD"
		case payment.CashMoved:
			e.Movement = rapid.SampledFrom([]payment.Movement{payment.PayIn, payment.PayOut}).Draw(t, "movement")
		case payment.ShiftClosed:
			if rapid.IntRange(0, 3).Draw(t, "as of old") > 0 {
				e.Forward = &payment.Forward{Unsettled: []payment.Unsettled{{Sale: saleID(1), Amount: 100}}, Held: len(m.drawer.Held)}
			}
		case payment.ReportPrinted:
			e.Shift -= uint64(rapid.IntRange(0, 1).Draw(t, "back")) & e.Shift
		}
		if payment.OfHold(kind) {
			e = held(someHold(t, m.drawer), rapid.IntRange(0, 5).Draw(t, "items"))
			e.Kind = kind
		}
		return e
	}
	if kind.Begins() || len(m.born) == 0 {
		e := created(len(m.born))
		if kind == payment.SaleFetched {
			e = fetched(len(m.born))
		}
		if m.newest != "" && rapid.IntRange(0, 9).Draw(t, "again") == 0 {
			e.Sale = m.newest
		}
		if rapid.IntRange(0, 2).Draw(t, "recalled") == 0 {
			e.Hold = someHold(t, m.drawer)
		}
		return e
	}
	back := rapid.IntRange(0, min(len(m.born)-1, 8)).Draw(t, "back")
	id := m.born[len(m.born)-1-back]
	if _, found, err := mc.j.Sale(id); err != nil || (!found && mc.m.touched[id] > 0) {
		return created(len(m.born)) // pruned: nothing can happen to it
	}
	s := m.sales[id]
	e := payment.Event{Kind: kind, Sale: id, Attempt: len(s.Attempts), Tender: len(s.Tenders)}
	switch kind {
	case payment.AttemptStarted:
		e.Attempt++
		e.Amount, e.Mode = s.Due(), payment.QR
		e.Tender = max(e.Tender, 1)
	case payment.AttemptChanged:
		e.Status = rapid.SampledFrom([]payment.AttemptStatus{
			payment.Checking, payment.Approved, payment.Approved, payment.Declined, payment.Reversed,
		}).Draw(t, "status")
		if e.Status == payment.Approved {
			e.Receipt = m.receipt + 1
		}
	case payment.CashTaken:
		e.Tender = max(e.Tender, 1)
		e.Amount, e.Tendered, e.Receipt = s.Due(), s.Due(), m.receipt+1
	case payment.ReceiptPrinted, payment.ReceiptWaived, payment.ReceiptWanted:
		e.Receipt = s.Receipt
	case payment.SaleParked:
		e.Intent, e.Slip = payment.GoodsGiven, true
	case payment.SlipPrinted:
		if len(s.Slips) > 0 {
			e.Refund = s.Slips[0]
		}
	case payment.RefundAsked:
		e.Tender = 1
		e.Refund, e.Amount = len(s.Refunds)+1, max(1, s.Refundable(1)/2)
	case payment.RefundChanged:
		e.Refund, e.RefundStatus = len(s.Refunds), rapid.SampledFrom([]payment.RefundStatus{
			payment.RefundPending, payment.RefundDone, payment.RefundRefused}).Draw(t, "refund")
		e.Slip = e.RefundStatus == payment.RefundDone
	}
	if rapid.IntRange(0, 19).Draw(t, "spoil") == 0 {
		e.Receipt++
	}
	return e
}

// someHold is most often of a sale that is held, or the next to be.
func someHold(t *rapid.T, c payment.Counter) uint64 {
	of := []uint64{0, c.Holds, c.Holds + 1, c.Holds + 1, c.Holds + 2}
	for _, h := range c.Held {
		of = append(of, h.Number, h.Number)
	}
	return rapid.SampledFrom(of).Draw(t, "hold")
}

func (mc *machine) acknowledge(t *rapid.T) {
	seq := uint64(rapid.IntRange(0, len(mc.m.events)+1).Draw(t, "seq"))
	err := mc.j.Acknowledge(seq)
	if beyond := seq > uint64(len(mc.m.events)); beyond != errors.Is(err, store.ErrAhead) || (!beyond && err != nil) {
		t.Fatalf("acknowledge %d of %d: %v", seq, len(mc.m.events), err)
	} else if !beyond {
		mc.m.acked = max(mc.m.acked, seq)
	}
}

func (mc *machine) flush(t *rapid.T) {
	if err := mc.j.Flush(); err != nil {
		t.Fatal(err)
	}
	mc.flushed = mc.m.acked
}

func (mc *machine) prune(t *rapid.T) {
	pruned := mc.oldest(t) - 1
	before := stamp(rapid.IntRange(0, len(mc.m.events)+1).Draw(t, "before")).Time
	if _, err := mc.j.Prune(before); err != nil {
		t.Fatal(err)
	}
	mc.flushed = mc.m.acked
	oldest := mc.oldest(t)
	if oldest-1 > mc.m.acked {
		t.Fatalf("pruned up to %d, acknowledged were %d", oldest-1, mc.m.acked)
	}
	for _, s := range mc.m.stamps[pruned : oldest-1] {
		if !s.Time.IsZero() && !s.Time.Before(before) {
			t.Fatalf("pruned a record of %s, asked for those before %s", s.Time, before)
		}
	}
}

// oldest is the first record that is still there.
func (mc *machine) oldest(t *rapid.T) uint64 {
	names, err := filepath.Glob(filepath.Join(mc.dir, "journal-*.bolt"))
	if err != nil || len(names) == 0 {
		t.Fatalf("segments: %v, %v", names, err)
	}
	slices.Sort(names)
	var epoch, first uint64
	if _, err := fmt.Sscanf(filepath.Base(names[0]), "journal-%d-%d.bolt", &epoch, &first); err != nil {
		t.Fatal(err)
	}
	return first
}

func (mc *machine) read(t *rapid.T) {
	from := uint64(rapid.IntRange(0, len(mc.m.events)+2).Draw(t, "from"))
	count := rapid.IntRange(0, 20).Draw(t, "records")
	records, err := mc.j.Read(from, count, 0)
	from = max(from, 1)
	if from < mc.oldest(t) {
		if !errors.Is(err, store.ErrPruned) {
			t.Fatalf("read %d before %d: %v", from, mc.oldest(t), err)
		}
		return
	}
	want := max(0, len(mc.m.events)+1-int(from))
	if count > 0 {
		want = min(want, count)
	}
	if err != nil || len(records) != want {
		t.Fatalf("read(%d, %d) gave %d, %v, want %d", from, count, len(records), err, want)
	}
	for i, r := range records {
		mc.compareRecord(t, r, from+uint64(i))
	}
}

func (mc *machine) compareRecord(t *rapid.T, r wire.Record, seq uint64) {
	e, err := r.Event()
	if err != nil || r.Seq != seq || !reflect.DeepEqual(e, mc.m.events[seq-1]) || r.Stamp != mc.m.stamps[seq-1] {
		t.Fatalf("record %d is %+v %+v (%v), want %+v %+v", seq, r.Stamp, e, err, mc.m.stamps[seq-1], mc.m.events[seq-1])
	}
}

// compare holds what the journal has in memory against the model.
func (mc *machine) compare(t *rapid.T) {
	want := store.Position{Epoch: 1, Last: uint64(len(mc.m.events)), Acked: mc.m.acked}
	if p := mc.j.Position(); p != want || mc.j.LastReceipt() != mc.m.receipt {
		t.Fatalf("position %+v, receipt %d, want %+v, %d", p, mc.j.LastReceipt(), want, mc.m.receipt)
	}
	if d := mc.j.Counter(); !reflect.DeepEqual(d, mc.m.drawer) {
		t.Fatalf("drawer\n%+v, want\n%+v", d, mc.m.drawer)
	}
	var open []payment.Sale
	for _, id := range mc.m.born {
		if s := mc.m.sales[id]; s.Unfinished() {
			open = append(open, s)
		}
	}
	if got := mc.j.Unfinished(); len(got) != len(open) || (len(open) > 0 && !reflect.DeepEqual(got, open)) {
		t.Fatalf("unfinished\n%+v, want\n%+v", got, open)
	}
	newest, ok := mc.j.Newest()
	if ok != (mc.m.newest != "") || (ok && !reflect.DeepEqual(newest, mc.m.sales[mc.m.newest])) {
		t.Fatalf("newest %+v %v", newest, ok)
	}
}

// compareSales looks each sale up, and the newest few.

func (mc *machine) compareSales(t *rapid.T) {
	oldest := mc.oldest(t)
	for id, want := range mc.m.sales {
		got, found, err := mc.j.Sale(id)
		if err != nil || (found && !reflect.DeepEqual(got, want)) {
			t.Fatalf("sale %s: %+v, %v, want %+v", id, got, err, want)
		}
		if want.Receipt != 0 {
			of, there, err := mc.j.Receipted(want.Receipt)
			if err != nil || there && !reflect.DeepEqual(of, want) || !there && mc.m.gave[want.Receipt-1] >= int(oldest) {
				t.Fatalf("receipt %d is of %+v, %v, %v, want %+v", want.Receipt, of, there, err, want)
			}
		}
		if !found && (mc.m.touched[id] >= int(oldest) || want.Unfinished()) {
			t.Fatalf("sale %s is gone, its newest record is %d of %d and on", id, mc.m.touched[id], oldest)
		}
	}
	const n = 5
	recent, err := mc.j.Recent(n)
	if err != nil || len(recent) > n {
		t.Fatalf("recent: %d, %v", len(recent), err)
	}
	i := len(mc.m.born)
	for _, s := range recent { // newest first, none of those at hand left out
		for i--; i >= 0 && mc.m.born[i] != s.ID; i-- {
			if _, found, _ := mc.j.Sale(mc.m.born[i]); found {
				t.Fatalf("recent leaves out %s", mc.m.born[i])
			}
		}
		if i < 0 || !reflect.DeepEqual(s, mc.m.sales[s.ID]) {
			t.Fatalf("recent has %+v, want %+v", s, mc.m.sales[s.ID])
		}
	}
}
