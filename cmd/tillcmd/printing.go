package tillcmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"till/checkout"
	"till/checkout/training"
	"till/payment"
	"till/printer"
)

// printQueue prints one document after another, and keeps each until it is on
// paper. A printer that is gone never holds up a sale: the receipt waits.
type printQueue struct {
	terminal *terminal
	printer  *printer.Printer

	mu   sync.Mutex
	jobs []printJob
	kick time.Time     // the drawer is to be opened, asked for then; zero: it is not
	wake chan struct{} // 1 deep

	// What run alone uses: the receipt that went last to a printer which never
	// says what it prints, when, and over which of its connections.
	silent     printJob
	silentAt   time.Time
	silentOver int64
}

// printJob is a receipt or slip of a sale, or the report of a shift.
type printJob struct {
	checkout.Print
	report   *checkout.Report
	document *printer.Document // of a cash register
	practice bool              // of the shop that people train at
	dropped  bool              // it is not to be tried any more
}

const (
	// pollEvery is how often an idle printer is asked how it is.
	pollEvery = 2 * time.Second
	// printsWithin is how long a printer may be at a receipt that it has taken
	// whole. One that is lost meanwhile may not have printed it.
	printsWithin = 15 * time.Second
	// kickWithin bounds how late the drawer opens. It must not open by itself
	// when a printer comes back that was away.
	kickWithin = 5 * time.Second
)

func newPrintQueue(t *terminal) *printQueue {
	return &printQueue{
		terminal: t, printer: printer.New(t.device.OpenPrinter, t.config.Printer), wake: make(chan struct{}, 1),
	}
}

// Print queues a receipt, or the slip of a parked sale.
func (q *printQueue) Print(p checkout.Print) { q.add(printJob{Print: p}) }

// Report queues the report of a shift.
func (q *printQueue) Report(r checkout.Report) { q.add(printJob{report: &r}) }

func (q *printQueue) add(job printJob) {
	q.mu.Lock()
	at := len(q.jobs)
	if job.Copy { // somebody stands there and waits for it, and the receipts that wait have nobody
		for at > 1 && !q.jobs[at-1].Copy { // the first may be half printed
			at--
		}
	}
	q.jobs = slices.Insert(q.jobs, at, job)
	q.mu.Unlock()
	q.awake()
}

// Kick opens the drawer that hangs on the printer, now or never.
func (q *printQueue) Kick() {
	q.mu.Lock()
	q.kick = time.Now()
	q.mu.Unlock()
	q.awake()
}

func (q *printQueue) awake() {
	select {
	case q.wake <- struct{}{}:
	default: // it is awake
	}
}

// practicePaper is the queue as those who train use it.
type practicePaper struct{ *printQueue }

// Print implements training.Paper.
func (p practicePaper) Print(job checkout.Print) { p.add(printJob{Print: job, practice: true}) }

// Report implements training.Paper.
func (p practicePaper) Report(r checkout.Report) { p.add(printJob{report: &r, practice: true}) }

// Forget implements training.Paper. What is coming out comes out.
func (p practicePaper) Forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.jobs) == 0 {
		return
	}
	p.jobs[0].dropped = p.jobs[0].practice
	p.jobs = append(p.jobs[:1], slices.DeleteFunc(p.jobs[1:], func(j printJob) bool { return j.practice })...)
	p.awake()
}

func (q *printQueue) first() (printJob, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.jobs) == 0 {
		return printJob{}, false
	}
	return q.jobs[0], true
}

func (q *printQueue) finished() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.jobs = q.jobs[1:]
}

func (q *printQueue) waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.jobs)
}

// kicked takes the drawer's kick, unless it is too late for it.
func (q *printQueue) kicked() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	due := !q.kick.IsZero() && time.Since(q.kick) < kickWithin
	q.kick = time.Time{}
	return due
}

// run prints until ctx ends.
func (q *printQueue) run(ctx context.Context) error {
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	defer q.close()
	for {
		if q.kicked() {
			q.openDrawer(ctx)
		}
		if job, ok := q.first(); ok && (job.dropped || q.printOnce(ctx, job)) {
			q.finished()
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-q.wake:
		case <-poll.C:
			q.look(ctx)
		}
	}
}

func (q *printQueue) close() {
	if err := q.printer.Close(); err != nil {
		q.terminal.log.Debug("close the printer", "err", err)
	}
}

// openDrawer kicks the drawer on the printer.
func (q *printQueue) openDrawer(ctx context.Context) {
	err := q.printer.Print(ctx, printer.Document{Blocks: []printer.Block{printer.Kick{Pin5: q.terminal.config.Drawer == DrawerPrinter5}}})
	if err != nil && !errors.Is(err, printer.ErrUnconfirmed) && ctx.Err() == nil {
		q.terminal.log.Error("drawer", "err", err)
	}
}

// printOnce tries a job, and says whether it is done with.
func (q *printQueue) printOnce(ctx context.Context, job printJob) bool {
	if q.terminal.config.PrinterPort.Device == printer.DeviceNone {
		q.printed(ctx, job) // a terminal without a printer owes no receipt
		return true
	}
	err := q.printer.Print(ctx, q.terminal.paper(job))
	q.miss(ctx, false)
	var unsure *printer.Unsure
	var notReady *printer.NotReady
	switch {
	case err == nil:
		q.report(ctx, printer.Status{State: printer.StateReady})
		q.printed(ctx, job)
		return true
	case ctx.Err() != nil:
		return false
	case errors.As(err, &unsure):
		q.terminal.log.Warn("print", "sale", job.Sale.ID, "err", err)
		q.look(ctx)
		if q.doubt(ctx, job) {
			return true
		}
		q.mu.Lock()
		defer q.mu.Unlock()
		q.jobs[0].asCopy() // it is this one
		return false
	case errors.Is(err, printer.ErrUnconfirmed):
		q.report(ctx, printer.Status{State: printer.StateUnknown})
		q.printed(ctx, job)
		q.silent, q.silentAt, q.silentOver = job, time.Now(), q.printer.Opened()
		return true
	}
	q.terminal.log.Warn("print", "sale", job.Sale.ID, "err", err)
	switch {
	case errors.As(err, &notReady):
		q.report(ctx, printer.Status{State: notReady.State})
	case errors.Is(err, printer.ErrStalled): // it is there
		q.report(ctx, printer.Status{State: printer.StateOffline})
	default:
		q.report(ctx, printer.Status{State: printer.StateOff})
	}
	return false
}

// receipt says that the job is a sale's own receipt, whose printing the journal keeps.
func (j printJob) receipt() bool {
	return j.report == nil && j.document == nil && j.Refund == 0 && j.Sale.Receipt != 0
}

// news is what came of the job, for the counter that it is of.
func (j printJob) news(e checkout.Event) checkout.Event {
	if j.practice {
		return training.Practised{Event: e}
	}
	return e
}

func (q *printQueue) printed(ctx context.Context, job printJob) {
	news := job.Of()
	switch {
	case job.document != nil, job.report != nil && job.report.Shift.Open:
		return // nobody owes it
	case job.report != nil:
		news = checkout.Printed{Shift: job.report.Shift.Number}
	}
	q.terminal.send(ctx, job.news(news))
}

// doubt asks the cashier whether a receipt came out. Other slips are nobody's to
// wait for: they are to be printed again, as copies.
func (q *printQueue) doubt(ctx context.Context, job printJob) (done bool) {
	if !job.receipt() {
		return false
	}
	q.terminal.log.Warn("the cashier is asked whether it came out", "receipt", job.Sale.Receipt)
	q.terminal.send(ctx, job.news(checkout.Doubted{Sale: job.Sale}))
	return true
}

// miss asks for the receipt that a silent printer was at when it was lost.
func (q *printQueue) miss(ctx context.Context, lost bool) {
	if q.silentAt.IsZero() || !lost && q.printer.Opened() == q.silentOver {
		return
	}
	if time.Since(q.silentAt) < printsWithin && !q.doubt(ctx, q.silent) {
		again := q.silent
		again.asCopy()
		q.add(again)
	}
	q.silentAt = time.Time{}
}

// look asks how the printer is. Being ready again, it prints what waits.
func (q *printQueue) look(ctx context.Context) {
	if q.terminal.config.PrinterPort.Device == printer.DeviceNone {
		return
	}
	status, err := q.printer.Status(ctx)
	if err != nil && ctx.Err() == nil {
		q.terminal.log.Debug("printer status", "err", err)
	}
	q.report(ctx, status)
}

func (q *printQueue) report(ctx context.Context, s printer.Status) {
	before, _, _, _, _ := q.terminal.seen()
	if s != before {
		q.terminal.update(func(c *condition) { c.printer = s })
	}
	state := checkout.PrinterReady
	switch s.State {
	case printer.StateNoPaper, printer.StateCoverOpen:
		state = checkout.PrinterNoPaper
	case printer.StateOff, printer.StateOffline:
		state = checkout.PrinterOff
	}
	q.miss(ctx, s.State == printer.StateOff)
	q.terminal.send(ctx, checkout.PrinterChanged{Printer: state})
}

// asCopy marks what may be out already.
func (j *printJob) asCopy() {
	if j.document != nil {
		return // a cash register's own: what it says is for it to say
	}
	if j.report != nil {
		again := *j.report
		again.Copy = true
		j.report = &again
		return
	}
	j.Copy = true
}

// paper lays out what a job prints.
func (t *terminal) paper(j printJob) printer.Document {
	switch {
	case j.report != nil:
		return t.shiftReport(*j.report, j.practice)
	case j.document != nil:
		return *j.document
	}
	return t.receipt(j.Print, j.practice)
}

// minutes is how paper writes a moment.
const minutes = "2006-01-02 15:04"

// receipt lays out the paper of a sale.
func (t *terminal) receipt(p checkout.Print, practice bool) printer.Document {
	m := t.config.Merchant
	data := printer.ReceiptData{
		Merchant: printer.Merchant{Name: m.Name, Address: m.Address, Phone: m.Phone, Foot: m.Foot, Logo: m.Logo},
		Terminal: t.config.Terminal, Sale: p.Sale, Cashier: p.Sale.Cashier, Copy: p.Copy, Test: t.config.Test, Training: practice,
		Locale: moneyLocale,
	}
	bill := p.Sale.Bill
	if e := p.Sale.Elsewhere; e != nil {
		bill = e.Bill
	}
	if b := bill; b != nil {
		data.Items, data.Subtotal, data.Discount, data.Tax, data.Tip, data.Exempt = b.Items, b.Subtotal(), b.Discount, b.Tax, b.Tip, b.Exempt
	}
	at := p.Sale.Created // whatever came of it since: a copy, too, is dated as the sale is
	if p.Refund > 0 && p.Refund <= len(p.Sale.Refunds) {
		at = p.Sale.Refunds[p.Refund-1].Requested
	}
	data.Time, data.Zone = t.when(at, minutes), t.when(at, "MST")
	if p.Sale.Receipt == 0 && p.Refund == 0 {
		return printer.PendingSlip(data)
	}
	if p.Sale.Receipt != 0 {
		data.Number = t.number(p.Sale.Receipt, practice)
	}
	if e := p.Sale.Elsewhere; e != nil {
		data.Number, data.Elsewhere = payment.ReceiptNumber(e.Epoch, e.Receipt), e.Terminal
		data.Sale.Total = e.Total
	}
	if p.Refund > 0 && p.Refund <= len(p.Sale.Refunds) {
		r := p.Sale.Refunds[p.Refund-1]
		data.Kind, data.Refunded, data.Requested = printer.Refund, r.Amount, r.Status != payment.RefundDone
		if r.Void {
			data.Kind = printer.Void
		}
		data.Sale = onlyTender(data.Sale, r.Tender)
	}
	return printer.Receipt(data)
}

// onlyTender is a sale as the slip of a refund tells it: of a split payment, the
// tender that goes back.
func onlyTender(sale payment.Sale, tender int) payment.Sale {
	if len(sale.Tenders) == 1 {
		return sale
	}
	one := sale
	one.Tenders, one.Attempts = []payment.Tender{sale.Tenders[tender-1]}, nil
	for _, a := range sale.Attempts {
		if a.Tender == tender {
			a.Tender = 1
			one.Attempts = append(one.Attempts, a)
		}
	}
	return one
}

// number is a receipt's or a report's: T-000001 is none of a real one.
func (t *terminal) number(n uint64, practice bool) string {
	if practice {
		return fmt.Sprintf("T-%06d", n)
	}
	return t.receiptNumber(n)
}

// shownNumber is that of what is on the screen.
func (t *terminal) shownNumber(n uint64) string { return t.number(n, t.counter.Training()) }

// receiptNumber is 000123, and 2-000123 once the journal is not the first.
func (t *terminal) receiptNumber(n uint64) string {
	return payment.ReceiptNumber(t.journal.Position().Epoch, n)
}
