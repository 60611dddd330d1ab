package sim

import (
	"errors"
	"fmt"
	"time"

	"github.com/oklog/ulid/v2"

	"till/checkout"
	"till/checkout/training"
	"till/payment"
	"till/store"
	link "till/sync"
	"till/sync/wire"
)

const (
	terminalID = "sim-1"
	version    = "sim"
)

// terminal is the real counter, session and journal, on a simulated board.
type terminal struct {
	w   *world
	dir string

	on       bool
	boots    int
	bootedAt time.Time
	skew     time.Duration // of the board's clock, which nobody set
	journal  *store.Journal
	register *checkout.Register // the real one
	counter  *training.Counter  // it, and the one that people train at
	kicks    int                // of the drawer
	session  link.Session

	counterTimer, linkTimer int // the newest timers; older ones are stale
	busy                    int // depth of handle

	jobs    []job // waiting for the printer
	paper   bool
	papers  []paper
	printID int
	cause   checkout.Event // of the newest step

	charged map[payment.Order]bool // orders whose code went out
	asked   map[payment.Order]bool // orders begun in any boot
	taken   map[payment.Order]int  // the newest answer that this boot took of each, by Rev
	seals   wire.SealingKey

	kept     link.Kept // of commands; durable
	executed map[uint64]int
	fates    commitFates
}

// job is a receipt, a slip or a report that waits for the printer.
type job struct {
	checkout.Printed // the news of it
	sale             payment.Sale
	copy             bool
	owed             bool // else it is an X report
}

// paper is one that came out.
type paper struct {
	checkout.Printed
	copy  bool
	whole bool
}

func newTerminal(w *world, dir string) *terminal {
	return &terminal{
		w: w, dir: dir, paper: true, seals: w.cloud.key.Public(),
		charged: map[payment.Order]bool{}, asked: map[payment.Order]bool{}, executed: map[uint64]int{},
	}
}

// options make segments small, so that a day's sales roll them over. The journal
// is the terminal's second: see earlierEpoch.
func options() store.Options {
	return store.Options{Terminal: terminalID, Epoch: earlierEpoch + 1, SegmentRecords: 60}
}

// boot opens the store and takes up what was in flight.
func (t *terminal) boot() {
	w := t.w
	journal, err := store.Open(t.dir, options())
	if err != nil {
		w.violate("law 8, power", "the store does not open at boot %d: %v", t.boots+1, err)
		return
	}
	if t.boots > 0 {
		w.premise("law 8: boots after a power cut")
		if held := journal.Counter().Held; len(held) > 0 {
			w.premise("holds: held over a power cut")
		}
		w.cashier.holds.check(w, journal.Position().Last, journal.Counter())
		if err := t.checkBoot(journal); err != nil {
			w.violate("law 7, no gaps", "after a power cut: %v", err)
		}
	}
	t.journal = journal
	t.boots++
	t.on, t.bootedAt = true, w.now
	t.skew = -w.between(0, 400*24*time.Hour) // set back by up to a year and more
	t.jobs = nil
	t.taken = map[payment.Order]int{}
	p := journal.Position()
	t.session = link.NewSession(fmt.Sprintf("boot-%d", t.boots), version, p.Epoch, p.Last, p.Acked).Resume(t.kept)
	newest, _ := journal.Newest()
	sales := journal.Unfinished()
	open := 0
	for _, s := range sales {
		if s.OpenAttempt() != nil {
			open++
		}
	}
	if open > 0 {
		w.premise("law 8: open sales at boot")
	}
	if newest.ID != "" && !newest.Unfinished() {
		sales = append(sales, newest)
	}
	t.register = &checkout.Register{
		State: checkout.New(checkout.Settings{Currency: "USD", Cashier: "Mei", Managed: true, SignOn: true, LockAfter: 5 * time.Minute, Rows: 4, AutoShift: !w.opensByHand(), Trade: trade(), PaperAsked: w.paperAsked()},
			journal.LastReceipt(), newest.ID, sales),
		Journal: simJournal{t}, Gateway: simGateway{t}, Printer: simPrinter{t}, Body: simBody{t}, Guard: guard{},
	}
	t.register.State.Counter = journal.Counter()
	t.counter = training.New(t.register, practicePaper{t})
	w.tell("boot %d: last %d acked %d receipt %d open %d", t.boots, p.Last, p.Acked, journal.LastReceipt(), open)
	t.handle(checkout.Booted{})
	t.setLinkTimer()
	t.dialLater(w.between(100*time.Millisecond, 2*time.Second))
}

// checkBoot holds every invariant of the store after a cut within a commit, and
// now and then after others: it reads all there is.
func (t *terminal) checkBoot(j *store.Journal) error {
	if t.fates.torn || t.w.chance(4) {
		t.fates.torn = false
		return j.Check()
	}
	return nil
}

// powerCut is a plug pulled: nothing of the memory is left.
type powerCut struct{}

// cut is called at the bottom of a step that a power cut ended.
func (t *terminal) cut() {
	w := t.w
	w.strike("power cut")
	if len(t.jobs) > 0 {
		w.strike("power cut while printing")
		if t.jobs[0].owed && w.chance(2) {
			t.papers = append(t.papers, paper{t.jobs[0].Printed, t.jobs[0].copy, t.jobs[0].Receipt == 0 && w.chance(2)})
		}
	}
	t.abandon()
	w.net.terminalLine = 0
	w.after(w.between(time.Second, 40*time.Second), t.boot)
}

// abandon lets go of the store without another word to it.
func (t *terminal) abandon() {
	if t.journal == nil {
		return
	}
	// Closing may write the cursor, which a power cut would not have: that is a
	// later state of the file, and harmless, unless the crash image replaces it.
	if err := t.journal.Close(); err != nil {
		t.w.violate("law 8, power", "close: %v", err)
	}
	t.fates.image.restore(t)
	t.journal, t.on = nil, false
	t.counterTimer++
	t.linkTimer++
	t.printID++
}

// steady is the board's own time since its boot, from wherever its clock stood.
func (t *terminal) steady() time.Time   { return t.w.now.Add(t.skew) }
func (t *terminal) mono() time.Duration { return t.w.now.Sub(t.bootedAt) + time.Second }

func (t *terminal) nowCheckout() checkout.Now {
	stamp := payment.Stamp{Boot: t.session.Boot, Mono: t.mono()}
	if s := t.register.State; s.ClockKnown {
		stamp.Time = t.steady().Add(s.Offset).UTC().Truncate(time.Millisecond)
	}
	id := ulid.MustNew(uint64(t.steady().UnixMilli()), rngReader{t.w})
	p := t.journal.Position()
	return checkout.Now{At: t.steady(), Stamp: stamp, Fresh: payment.SaleID(id.String()), Unsent: p.Last - p.Acked}
}

// rngReader makes ids of the seed.
type rngReader struct{ w *world }

func (r rngReader) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(r.w.rng.Uint32())
	}
	return len(p), nil
}

// guarded runs a step of the terminal that a power cut may end.
func (t *terminal) guarded(step func()) {
	if !t.on {
		return
	}
	if t.busy > 0 { // within another step: the cut ends that one
		step()
		return
	}
	t.busy++
	defer func() {
		t.busy = 0
		switch p := recover().(type) {
		case nil:
		case powerCut:
			t.cut()
		default:
			panic(p)
		}
	}()
	step()
	t.setCounterTimer()
	t.setLinkTimer()
}

// handle gives the counter an event.
func (t *terminal) handle(e checkout.Event) {
	t.guarded(func() {
		before := t.counter.State().Screen
		t.cause = e
		err := t.trained(e, t.counter.Handle)
		if err != nil && !errors.Is(err, checkout.ErrNoButton) {
			t.w.violate("liveness", "%T: %v", e, err)
		}
		if after := t.counter.State().Screen; after != before {
			t.w.tell("screen %s -> %s (%T)", before, after, e)
			if after == checkout.Fault {
				t.w.violate("liveness", "the terminal shows a fault: %v", t.counter.State().FaultText)
			}
		}
	})
}

func (t *terminal) setCounterTimer() {
	if !t.on {
		return
	}
	wait, ok := t.counter.Wait(t.steady())
	if !ok {
		return
	}
	t.counterTimer++
	id := t.counterTimer
	t.w.after(max(wait, time.Millisecond), func() {
		if id == t.counterTimer && t.on {
			t.handle(checkout.Ticked{})
		}
	})
}

// The link.

func (t *terminal) linkNow() link.Now { return link.Now{At: t.steady(), Mono: t.mono()} }

func (t *terminal) linkStep(e link.Event) {
	t.guarded(func() {
		todo := []link.Event{e}
		for len(todo) > 0 {
			next, effects := link.Step(t.session, todo[0], t.linkNow())
			t.session, todo = next, todo[1:]
			for _, effect := range effects {
				if answer := t.linkEffect(effect); answer != nil {
					todo = append(todo, answer)
				}
			}
		}
	})
}

func (t *terminal) linkEffect(e link.Effect) link.Event {
	w := t.w
	switch e := e.(type) {
	case link.Publish:
		w.checkNoCode(e.Payload)
		w.net.fromTerminal(e.Channel, e.Payload)
	case link.Upload:
		return link.Uploaded{Last: t.upload(e.From)}
	case link.Acknowledged:
		if err := t.journal.Acknowledge(e.Seq); err != nil {
			w.violate("law 4, nothing lost", "acknowledge %d: %v", e.Seq, err)
		}
	case link.Told:
		t.handle(checkout.Told{Answer: e.Answer})
		w.checkAnswer(e.Answer)
	case link.RefundTold:
		t.handle(checkout.RefundTold{Answer: e.Answer})
	case link.Found:
		t.handle(checkout.Sought{Text: e.Text, Sale: e.Sale, Reason: e.Reason})
	case link.Reachable:
		t.handle(checkout.LinkChanged{Online: e.Online})
	case link.ClockLearned:
		t.handle(checkout.ClockLearned{Offset: e.Offset})
	case link.Refused:
		w.violate("law 4, nothing lost", "the ledger refuses the journal: %s", e.Why)
	case link.Execute:
		t.execute(e.Command)
	case link.Keep:
		t.kept = e.Kept
	case link.Reconnect:
		t.lineLost()
	case link.Ignored:
		w.violate("liveness", "the link ignores a message: %v", e.Err)
	}
	return nil
}

func (t *terminal) upload(from uint64) uint64 {
	records, err := t.journal.Read(from, link.MaxBatch, link.MaxBatchBytes)
	if err != nil {
		t.w.violate("law 4, nothing lost", "record %d, not yet acknowledged, cannot be read: %v", from, err)
		return 0
	}
	if len(records) == 0 {
		return 0
	}
	payload, err := wire.Encode(wire.Upload{Epoch: t.journal.Position().Epoch, Records: records})
	if err != nil {
		t.w.violate("liveness", "upload: %v", err)
		return 0
	}
	t.w.checkNoCode(payload)
	t.w.net.fromTerminal(wire.Journal, payload)
	return records[len(records)-1].Seq
}

func (t *terminal) setLinkTimer() {
	deadline := t.session.Deadline()
	if deadline.IsZero() || !t.on {
		return
	}
	t.linkTimer++
	id := t.linkTimer
	t.w.after(max(deadline.Sub(t.steady()), time.Millisecond), func() {
		if id == t.linkTimer && t.on {
			t.linkStep(link.Ticked{})
		}
	})
}

func (t *terminal) arrived(c wire.Channel, payload []byte) {
	if t.on {
		t.linkStep(link.Arrived{Channel: c, Payload: payload})
	}
}

// lineLost is a connection that ended; the terminal dials again.
func (t *terminal) lineLost() {
	if t.w.net.terminalLine == 0 {
		return
	}
	t.w.net.terminalLine = 0
	t.linkStep(link.Disconnected{})
	t.dialLater(t.w.between(200*time.Millisecond, 2*time.Second))
}

func (t *terminal) dialLater(wait time.Duration) {
	boot := t.boots
	t.w.after(wait, func() {
		if !t.on || boot != t.boots || t.w.net.terminalLine != 0 {
			return
		}
		line := t.w.net.connect(t.w.net.carries())
		if line == 0 {
			t.dialLater(t.w.between(time.Second, 3*time.Second))
			return
		}
		t.w.net.terminalLine = line
		t.linkStep(link.Connected{})
	})
}

// simGateway puts questions on the wire.
type simGateway struct{ t *terminal }

func (g simGateway) Ask(e checkout.Effect) {
	t := g.t
	t.w.checkAsk(e)
	switch e := e.(type) {
	case checkout.Charge:
		sealed, err := t.seals.Seal(e.Order, e.Code.Reveal())
		if err != nil {
			t.w.violate("liveness", "seal: %v", err)
			return
		}
		t.linkStep(link.Asked{Request: wire.Request{
			Op: wire.Charge, Order: e.Order, Tender: e.Tender, Amount: e.Amount.Amount, Currency: e.Amount.Currency,
			Wallet: e.Code.Wallet(), Sealed: sealed, NotAfter: e.NotAfter,
		}})
	case checkout.Show:
		t.linkStep(link.Asked{Request: wire.Request{
			Op: wire.Show, Order: e.Order, Tender: e.Tender, Amount: e.Amount.Amount, Currency: e.Amount.Currency, NotAfter: e.NotAfter,
		}})
	case checkout.Query:
		t.linkStep(link.Asked{Request: wire.Request{Op: wire.Query, Order: e.Order}})
	case checkout.Cancel:
		t.linkStep(link.Asked{Request: wire.Request{Op: wire.Cancel, Order: e.Order}})
	case checkout.GiveBack:
		t.linkStep(link.Asked{Request: wire.Request{
			Op: wire.Refund, Order: e.Order, Refund: e.Refund, Amount: e.Amount.Amount, Currency: e.Amount.Currency, Void: e.Void,
		}})
	case checkout.Seek:
		t.linkStep(link.Asked{Request: wire.Request{Op: wire.Find, Text: e.Text}})
	}
}

// simBody counts kicks of the drawer against the journal.
type simBody struct{ t *terminal }

func (b simBody) KickDrawer() {
	b.t.kicks++
	b.t.w.checkDrawer()
}

func (b simBody) Play(checkout.Sound) {}

// simPrinter is a printer with paper that ends.
type simPrinter struct{ t *terminal }

func (p simPrinter) Print(of checkout.Print) {
	p.t.w.checkPrint(of)
	p.t.take(job{Printed: of.Of(), sale: of.Sale, copy: of.Copy, owed: true})
}

func (p simPrinter) Report(r checkout.Report) {
	p.t.w.checkReport(r)
	p.t.take(job{Printed: checkout.Printed{Shift: r.Shift.Number}, copy: r.Copy, owed: !r.Shift.Open})
}

func (t *terminal) take(j job) {
	t.jobs = append(t.jobs, j)
	if len(t.jobs) == 1 {
		t.printNext()
	}
}

func (t *terminal) printNext() {
	if len(t.jobs) == 0 || !t.on {
		return
	}
	t.printID++
	id := t.printID
	t.w.after(t.w.between(300*time.Millisecond, 4*time.Second), func() {
		if id != t.printID || !t.on {
			return
		}
		if !t.paper {
			t.handle(checkout.PrinterChanged{Printer: checkout.PrinterNoPaper})
			t.printNext()
			return
		}
		if t.w.fault("printer out of paper", 60) {
			t.paper = false
			t.w.after(t.w.between(5*time.Second, 3*time.Minute), func() { t.paper = true })
			t.printNext()
			return
		}
		job := t.jobs[0]
		t.jobs = t.jobs[1:]
		if job.Receipt != 0 && t.w.fault("printer lost before it said so", 60) {
			t.papers = append(t.papers, paper{job.Printed, job.copy, t.w.chance(2)})
			t.handle(checkout.PrinterChanged{Printer: checkout.PrinterOff})
			t.handle(checkout.Doubted{Sale: job.sale})
			t.printNext()
			return
		}
		t.handle(checkout.PrinterChanged{Printer: checkout.PrinterReady})
		if job.owed {
			t.papers = append(t.papers, paper{job.Printed, job.copy, true})
			t.handle(job.Printed)
		}
		t.printNext()
	})
}

// trade is a merchant who has everything: departments, tax, discounts, tips.
// product is a barcode of the catalogue.
const product = "6901234567892"

func trade() checkout.Trade {
	return checkout.Trade{
		TaxRate: 875, TaxBy: payment.TaxByLine, Departments: []checkout.Department{{Name: "Books", TaxRate: 875}, {Name: "Food"}},
		Catalogue: []checkout.Product{{Barcode: product, Name: "Tea", Price: 350}, {Name: "Book", Price: 2100, TaxRate: 875}},
		Discounts: []int{500, 2000}, Unasked: 1000, Tips: []int{1500, 1800, 2000},
	}
}
