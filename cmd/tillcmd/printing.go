package tillcmd

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"till/checkout"
	"till/payment"
	"till/printer"
	"till/words"
)

// printQueue prints one document after another, and keeps each until it is on
// paper. A printer that is gone never holds up a sale: the receipt waits.
type printQueue struct {
	terminal *terminal
	printer  *printer.Printer

	mu   sync.Mutex
	jobs []printJob
	wake chan struct{} // 1 deep
}

type printJob struct {
	sale   payment.Sale
	copy   bool
	refund int // the slip of this refund; 0: the sale's own
	report bool
	doc    printer.Document
}

// pollEvery is how often an idle printer is asked how it is.
const pollEvery = 2 * time.Second

func newPrintQueue(t *terminal) *printQueue {
	return &printQueue{
		terminal: t, printer: printer.New(t.device.OpenPrinter, t.config.Printer), wake: make(chan struct{}, 1),
	}
}

// Print queues a receipt, or the slip of a parked sale.
func (q *printQueue) Print(p checkout.Print) {
	q.add(printJob{sale: p.Sale, copy: p.Copy, refund: p.Refund, doc: q.terminal.receipt(p)})
}

// Report queues the report of a shift.
func (q *printQueue) Report(r checkout.Report) {
	q.add(printJob{report: true, doc: q.terminal.shiftReport(r)})
}

func (q *printQueue) add(job printJob) {
	q.mu.Lock()
	q.jobs = append(q.jobs, job)
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default: // it is awake
	}
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

// run prints until ctx ends.
func (q *printQueue) run(ctx context.Context) error {
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	defer q.close()
	for {
		if job, ok := q.first(); ok && q.printOnce(ctx, job) {
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

// printOnce tries a job, and says whether it is done with.
func (q *printQueue) printOnce(ctx context.Context, job printJob) bool {
	err := q.printer.Print(ctx, job.doc)
	if err == nil || errors.Is(err, printer.ErrUnconfirmed) {
		state := printer.StateReady
		if err != nil {
			state = printer.StateUnknown
		}
		q.report(ctx, printer.Status{State: state})
		if job.refund == 0 && !job.report {
			q.terminal.send(ctx, checkout.Printed{Sale: job.sale.ID, Receipt: job.sale.Receipt})
		}
		return true
	}
	if ctx.Err() != nil {
		return false
	}
	q.terminal.log.Warn("print", "sale", job.sale.ID, "err", err)
	var notReady *printer.NotReady
	if errors.As(err, &notReady) {
		q.report(ctx, printer.Status{State: notReady.State})
	} else {
		q.report(ctx, printer.Status{State: printer.StateOff})
	}
	return false
}

// look asks how the printer is. Being ready again, it prints what waits.
func (q *printQueue) look(ctx context.Context) {
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
	q.terminal.send(ctx, checkout.PrinterChanged{Printer: state})
}

// receipt lays out the paper of a sale.
func (t *terminal) receipt(p checkout.Print) printer.Document {
	m := t.config.Merchant
	data := printer.ReceiptData{
		Merchant: printer.Merchant{Name: m.Name, Address: m.Address, Phone: m.Phone, Foot: m.Foot},
		Terminal: t.config.Terminal, Sale: p.Sale, Cashier: p.Sale.Cashier, Copy: p.Copy, Test: t.config.Test,
		Locale: locale(words.English),
	}
	if when := p.Sale.Changed.Time; !when.IsZero() {
		local := when.In(m.Zone)
		data.Time, data.Zone = local.Format("2006-01-02 15:04:05"), local.Format("MST")
	}
	if p.Sale.Receipt == 0 {
		return printer.PendingSlip(data)
	}
	data.Number = t.receiptNumber(p.Sale.Receipt)
	if p.Refund > 0 && p.Refund <= len(p.Sale.Refunds) {
		r := p.Sale.Refunds[p.Refund-1]
		data.Kind, data.Refunded, data.Requested = printer.Refund, r.Amount, r.Status != payment.RefundDone
		if r.Void {
			data.Kind = printer.Void
		}
		data.Sale = onlyTender(p.Sale, r.Tender)
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

// receiptNumber is 000123, and 2-000123 once the journal is not the first.
func (t *terminal) receiptNumber(n uint64) string {
	if epoch := t.journal.Position().Epoch; epoch > 1 {
		return fmt.Sprintf("%d-%06d", epoch, n)
	}
	return fmt.Sprintf("%06d", n)
}

func locale(lang words.Lang) string {
	if lang == words.Chinese {
		return "zh-CN"
	}
	return "en-US"
}
