package reconcile

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"till/cloud"
	"till/payment"
	"till/sync/wire"
	"till/words"
)

// sale is what the three books have of one sale.
type sale struct {
	id       payment.SaleID
	told     *told
	guests   []*told // the same sale, as terminals tell it that fetched it to give money back
	entry    *cloud.SaleEntry
	attempts []cloud.Attempt     // by number
	refunds  []cloud.RefundEntry // by number
	lines    []Line
}

// told is a sale as its terminal's journal tells it.
type told struct {
	payment.Sale
	terminal string
	attempts []tried  // attempts[i] is of Attempts[i]
	back     []moment // back[i] is when Refunds[i] was asked for, then settled
	paid     []moment // paid[i] is when Tenders[i] was paid in cash
	parked   payment.Intent
	broken   bool // it told what cannot be
}

// tried is what a sale does not keep of its attempts.
type tried struct {
	amount       int64
	began, ended moment
}

// moment is when something was recorded. Before a boot knows the time, it is so
// long after its start.
type moment struct {
	at   time.Time
	mono time.Duration
	boot *boot
}

// boot is one start of a terminal.
type boot struct {
	id    string
	start time.Time // zero until it is known
}

func (m moment) time() time.Time {
	if m.at.IsZero() && m.boot != nil && !m.boot.start.IsZero() {
		return m.boot.start.Add(m.mono)
	}
	return m.at
}

// reading reads the books.
type reading struct {
	books Books
	q     Question

	lined   map[payment.SaleID]bool // in a line of these days
	undated map[payment.SaleID]bool // in a line without a time, and of no attempt so far
	touched map[payment.SaleID]bool // to be reconciled
	told    map[payment.SaleID]*told
	missed  map[payment.SaleID]bool // touched after it was let go
	faults  []Row
	sales   map[payment.SaleID]*sale
}

func newReading(b Books, q Question) *reading {
	return &reading{
		books: b, q: q,
		lined: map[payment.SaleID]bool{}, undated: map[payment.SaleID]bool{}, touched: map[payment.SaleID]bool{}, told: map[payment.SaleID]*told{},
		missed: map[payment.SaleID]bool{}, sales: map[payment.SaleID]*sale{},
	}
}

// read finds the sales that the days have to do with in any book, and takes all
// that the books have of those.
func (r *reading) read() error {
	steps := []struct {
		what string
		do   func() error
	}{
		{"read the acquirer's book", r.touchLines},
		{"read the ledger's attempts", r.touchAttempts},
		{"read the ledger's refunds", r.touchRefunds},
		{"read the journals", r.readJournals},
		{"read the ledger's attempts", r.takeAttempts},
		{"read the ledger's refunds", r.takeRefunds},
		{"read the acquirer's book", r.takeLines},
	}
	for _, s := range steps {
		if err := s.do(); err != nil {
			return fmt.Errorf("%s: %w", s.what, err)
		}
	}
	return nil
}

// on says that a moment is known, and on one of the days.
func (r *reading) on(at time.Time) bool { return !at.IsZero() && r.q.within(at) }

// touchLines notes the sales of these days' lines. Whose they are, a line does not say.
func (r *reading) touchLines() error {
	return r.books.Lines(func(l Line) error {
		if l.At.IsZero() {
			r.undated[saleOf(l.Order)] = true // the gateway's time counts
			return nil
		}
		if !r.on(l.At) {
			return nil
		}
		ids := []payment.SaleID{saleOf(l.Order)}
		if l.Refund != "" {
			ids = append(ids, ofRefund(l.Refund))
		}
		for _, id := range ids {
			r.lined[id] = true
			if len(r.q.Terminals) == 0 {
				r.touched[id] = true
			}
		}
		return nil
	})
}

// saleOf is the sale of an order; "" of one that is none of ours.
func saleOf(o payment.Order) payment.SaleID {
	id, _, err := o.Split()
	if err != nil {
		return ""
	}
	return id
}

// ofRefund is the sale of a refund's number: not the one that was paid, where a
// terminal has fetched that from another.
func ofRefund(r payment.RefundID) payment.SaleID {
	id, _, err := r.Split()
	if err != nil {
		return ""
	}
	return id
}

func (r *reading) touchAttempts() error {
	err := r.books.Attempts(func(a cloud.Attempt) error {
		id := saleOf(a.Order)
		delete(r.undated, id)
		if r.q.asked(a.Terminal) && (r.lined[id] || r.on(a.Submitted) || r.on(a.Settled)) {
			r.touched[id] = true
		}
		return nil
	})
	if len(r.q.Terminals) == 0 {
		maps.Copy(r.touched, r.undated) // of no sale that is known: they may be of any day
	}
	r.undated = nil
	return err
}

func (r *reading) touchRefunds() error {
	return r.books.Refunds(func(e cloud.RefundEntry) error {
		id := saleOf(e.Order)
		if r.q.asked(e.Terminal) && (r.lined[id] || r.on(e.Submitted) || r.on(e.Settled)) {
			r.touched[id], r.touched[ofRefund(e.Answer.Refund)] = true, true
		}
		return nil
	})
}

// attemptAt is when the gateway knew an attempt's end, or it began.
func attemptAt(a cloud.Attempt) time.Time {
	if a.Settled.IsZero() {
		return a.Submitted
	}
	return a.Settled
}

func refundAt(e cloud.RefundEntry) time.Time {
	if e.Settled.IsZero() {
		return e.Submitted
	}
	return e.Settled
}

func (r *reading) readJournals() error {
	if err := r.journals(nil); err != nil {
		return err
	}
	for len(r.missed) > 0 {
		again := r.missed
		r.missed = map[payment.SaleID]bool{}
		for id := range again {
			delete(r.told, id) // to be told from its beginning
		}
		if err := r.journals(again); err != nil {
			return err
		}
	}
	for id, t := range r.told {
		if !r.touched[id] {
			delete(r.told, id) // unfinished, and of other days
			continue
		}
		r.of(id).told = t
		if e := t.Elsewhere; e != nil {
			s := r.of(e.Sale)
			s.guests = append(s.guests, t)
		}
	}
	r.told = nil
	return nil
}

// journals folds the sales of the journals anew. Those that are settled on other
// days are let go at once. Again, it folds only those that a later record wants back.
func (r *reading) journals(again map[payment.SaleID]bool) error {
	return r.books.Journals(func(terminal string, epoch uint32, head cloud.Head) error {
		if !r.q.asked(terminal) {
			return nil
		}
		j := &journal{reading: r, terminal: terminal, epoch: epoch, again: again, prev: wire.Genesis(terminal, epoch)}
		if err := r.books.Records(terminal, epoch, j.record); err != nil {
			return fmt.Errorf("terminal %s, epoch %d: %w", terminal, epoch, err)
		}
		if j.seq < head.Seq {
			j.fault(Gap, time.Time{}, "missing", j.seq+1, head.Seq)
		}
		return nil
	})
}

// journal is one that is being read.
type journal struct {
	*reading
	terminal string
	epoch    uint32
	again    map[payment.SaleID]bool // nil: all
	prev     wire.Hash
	seq      uint64
	boot     *boot
}

func (j *journal) record(rec wire.Record) error {
	if j.again == nil {
		j.checkChain(rec)
	}
	j.prev, j.seq = rec.Hash, rec.Seq
	at := j.when(rec.Stamp)
	e, err := rec.Event()
	if err != nil {
		j.fault(Impossible, rec.Time, "record", rec.Seq, rec.Seq)
		return nil // it stays in the journal as it came
	}
	if e.Sale == "" || j.again != nil && !j.again[e.Sale] {
		return nil
	}
	if j.again == nil && (j.lined[e.Sale] || j.q.within(at.time())) {
		j.touched[e.Sale] = true
	}
	j.fold(e, rec, at)
	return nil
}

// checkChain holds that no record is missing or altered.
func (j *journal) checkChain(rec wire.Record) {
	err := rec.Follows(j.prev, j.seq+1)
	switch {
	case err == nil:
	case rec.Seq > j.seq+1:
		j.fault(Gap, rec.Time, "missing", j.seq+1, rec.Seq-1)
	default:
		j.fault(Gap, rec.Time, "altered", rec.Seq, rec.Seq)
	}
}

func (j *journal) fault(kind Kind, at time.Time, how string, first, last uint64) {
	if j.again != nil {
		return // it was said
	}
	row := Row{Kind: kind, Needs: true, Terminal: j.terminal, At: at, Text: map[string]string{}}
	key := "reconcile_" + string(kind) + "_" + how
	for _, lang := range words.Langs {
		row.Text[string(lang)] = words.Say(lang, words.Key(key), "first", strconv.FormatUint(first, 10),
			"last", strconv.FormatUint(last, 10), "terminal", j.terminal, "epoch", strconv.FormatUint(uint64(j.epoch), 10))
	}
	j.faults = append(j.faults, row)
}

// when is the moment of a stamp, and learns from it what the time is in its boot.
func (j *journal) when(s payment.Stamp) moment {
	if j.boot == nil || j.boot.id != s.Boot {
		j.boot = &boot{id: s.Boot}
	}
	if !s.Time.IsZero() {
		j.boot.start = s.Time.Add(-s.Mono)
	}
	return moment{s.Time, s.Mono, j.boot}
}

func (j *journal) fold(e payment.Event, rec wire.Record, at moment) {
	t := j.reading.told[e.Sale]
	switch {
	case t != nil:
	case e.Kind.Begins():
		t = &told{terminal: j.terminal}
		e.Bill = nil // it says nothing that is compared
		j.reading.told[e.Sale] = t
	case !j.touched[e.Sale]:
		return // settled, and of other days
	case j.again == nil:
		j.missed[e.Sale] = true
		return
	default: // its beginning is nowhere
		t = &told{terminal: j.terminal, broken: true}
		t.ID = e.Sale
		j.reading.told[e.Sale] = t
	}
	if t.terminal != j.terminal {
		t.broken = true
		return
	}
	next, err := t.Apply(e, rec.Stamp)
	if err != nil {
		t.broken = true
		return
	}
	t.note(e, next, at)
	t.Sale = next
	if from := next.Elsewhere; from != nil && j.touched[e.Sale] {
		j.touch(from.Sale)
	}
	if !j.touched[e.Sale] && !next.Unfinished() && next.Status() != payment.StatusCreated {
		delete(j.reading.told, e.Sale)
	}
}

// touch has a sale reconciled that another one speaks of. Its journal may have been
// read already, or come only now.
func (j *journal) touch(id payment.SaleID) {
	if !j.touched[id] {
		j.touched[id], j.missed[id] = true, true
	}
}

// note keeps what a sale does not: amounts and moments.
func (t *told) note(e payment.Event, next payment.Sale, at moment) {
	switch e.Kind {
	case payment.AttemptStarted:
		t.attempts = append(t.attempts, tried{amount: e.Amount, began: at, ended: at})
	case payment.AttemptChanged:
		t.attempts[e.Attempt-1].ended = at
	case payment.CashTaken:
		for len(t.paid) < len(next.Tenders) {
			t.paid = append(t.paid, moment{})
		}
		t.paid[e.Tender-1] = at
	case payment.SaleParked:
		t.parked = e.Intent
	case payment.RefundAsked:
		t.back = append(t.back, at)
	case payment.RefundChanged:
		t.back[e.Refund-1] = at
	}
}

// of is the entry of a sale.
func (r *reading) of(id payment.SaleID) *sale {
	if r.sales[id] == nil {
		r.sales[id] = &sale{id: id}
	}
	return r.sales[id]
}

func (r *reading) takeAttempts() error {
	return r.books.Attempts(func(a cloud.Attempt) error {
		if id := saleOf(a.Order); r.touched[id] {
			a.QR = "" // long, and says nothing that is compared
			s := r.of(id)
			s.attempts = append(s.attempts, a)
		}
		return nil
	})
}

func (r *reading) takeRefunds() error {
	return r.books.Refunds(func(e cloud.RefundEntry) error {
		if id := saleOf(e.Order); r.touched[id] {
			s := r.of(id)
			s.refunds = append(s.refunds, e)
		}
		return nil
	})
}

// each hands over one sale after another, with the ledger's own entry of it, and
// lets go of it then.
func (r *reading) each(f func(*sale)) error {
	err := r.books.Sales(func(e cloud.SaleEntry) error {
		if id := e.Sale.ID; r.touched[id] {
			s := r.of(id)
			s.entry = &e
			f(s)
			delete(r.sales, id)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the ledger's sales: %w", err)
	}
	for _, id := range slices.Sorted(maps.Keys(r.sales)) {
		f(r.sales[id])
	}
	return nil
}

func (r *reading) takeLines() error {
	return r.books.Lines(func(l Line) error {
		if id := saleOf(l.Order); r.touched[id] {
			s := r.of(id)
			s.lines = append(s.lines, l)
		}
		return nil
	})
}
