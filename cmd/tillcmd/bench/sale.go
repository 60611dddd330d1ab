package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"till/checkout"
	"till/payment"
	"till/store"
)

// What a sale may cost: the design's own bounds, which every run holds.
const (
	commitsToApproval = 2 // from the scan to the approved screen
	commitsOfSale     = 3 // with the printed receipt
)

// sales measures sale and sale_bytes_written, with the counter itself.
func (r *rig) sales(ctx context.Context) error {
	if !r.wants("sale", "sale_bytes_written") {
		return nil
	}
	r.progress("sales")
	return with(filepath.Join(r.folder, "sales"), func(j *store.Journal) error {
		c := newCashier(j)
		var bytes []float64
		estimated := false
		one := func() (float64, error) {
			counted, allocated := processWrote(), j.BytesWritten()
			took, err := timedSales(c, r.sizes.sales)
			if err != nil {
				return 0, err
			}
			wrote := float64(processWrote() - counted)
			if wrote <= 0 { // a file system in memory, or no Linux
				wrote, estimated = float64(j.BytesWritten()-allocated), true
			}
			bytes = append(bytes, wrote/float64(r.sizes.sales))
			return took, nil
		}
		medians, err := interleave(ctx, r.sizes.rounds, one)
		if err != nil {
			return err
		}
		r.add("sale", medians[0], milliseconds)
		r.add("sale_bytes_written", median(bytes), bytesUnit)
		r.note("A sale took %d durable commits, %d of them between the scan and the approved screen.", c.total, c.toApproval)
		if estimated && r.wants("sale_bytes_written") {
			r.note("sale_bytes_written is what the journal counts of its own pages: the kernel counts no writes here.")
		}
		return nil
	})
}

func timedSales(c *cashier, n int) (float64, error) {
	times := make([]float64, n)
	for i := range times {
		if err := c.sell(); err != nil {
			return 0, err
		}
		times[i] = in(time.Millisecond, c.durable)
	}
	return median(times), nil
}

// processWrote is what the kernel counts of this process as sent to disks, in bytes; 0 if it does not.
func processWrote() int64 {
	text, err := os.ReadFile("/proc/self/io")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		var n int64
		if _, err := fmt.Sscanf(line, "write_bytes: %d", &n); err == nil {
			return n
		}
	}
	return 0
}

// cashier sells at a counter whose gateway approves, and counts what the journal is asked for.
type cashier struct {
	nobody
	*store.Journal
	register checkout.Register
	at       time.Time
	sold     uint64

	asked   []checkout.Effect
	printed []checkout.Print

	// Of the last sale.
	durable           time.Duration
	commits           int
	toApproval, total int
}

func newCashier(j *store.Journal) *cashier {
	c := &cashier{Journal: j, at: firstDay}
	c.register = checkout.Register{
		State:   checkout.New(checkout.Settings{Currency: "USD", Cashier: "Mei", Rows: 5, AutoShift: true}, j.LastReceipt(), "", nil),
		Journal: c, Gateway: c, Printer: c, Body: c,
	}
	c.register.State.Counter = j.Counter()
	return c
}

// Append is the journal's, timed and counted.
func (c *cashier) Append(stamp payment.Stamp, events ...payment.Event) (uint64, error) {
	begin := time.Now()
	last, err := c.Journal.Append(stamp, events...)
	c.durable += time.Since(begin)
	c.commits++
	return last, err
}

// Ask keeps a question for the gateway.
func (c *cashier) Ask(e checkout.Effect) { c.asked = append(c.asked, e) }

// Print keeps a receipt.
func (c *cashier) Print(p checkout.Print) { c.printed = append(c.printed, p) }

// Report prints nothing: the bench closes no shift.
func (c *cashier) Report(checkout.Report) {}

// handle is one event, and a second passes.
func (c *cashier) handle(e checkout.Event) error {
	c.at = c.at.Add(time.Second)
	stamp := stampOf(uint64(c.at.Sub(firstDay) / time.Second))
	id, err := saleID(uint64(c.at.Sub(firstDay) / time.Second))
	if err != nil {
		return err
	}
	return c.register.Handle(e, checkout.Now{At: c.at, Stamp: stamp, Fresh: id})
}

// sell keys an amount, scans a code, hears that it is approved, and prints.
func (c *cashier) sell() error {
	c.sold++
	c.asked, c.printed, c.durable, c.commits = nil, nil, 0, 0
	code := fmt.Sprintf("13%016d", c.sold) // in WeChat's form
	for _, e := range []checkout.Event{
		checkout.ClockLearned{}, checkout.LinkChanged{Online: true},
		checkout.Keyed{Key: "1"}, checkout.Keyed{Key: "2"}, checkout.Keyed{Key: "3"}, checkout.Keyed{Key: "4"},
		checkout.Scanned{Data: []byte(code)},
	} {
		if err := c.handle(e); err != nil {
			return err
		}
	}
	if len(c.asked) != 1 {
		return fmt.Errorf("a scan led to %d questions to the gateway", len(c.asked))
	}
	charge, ok := c.asked[0].(checkout.Charge)
	if !ok {
		return fmt.Errorf("a scan led to %T", c.asked[0])
	}
	if err := c.handle(checkout.Told{Answer: payment.Answer{
		Order: charge.Order, Rev: 1, Status: payment.Approved, Amount: charge.Amount.Amount, Currency: charge.Amount.Currency,
		Wallet: payment.WeChat, Transaction: "42" + string(charge.Order), Payer: "o***8",
	}}); err != nil {
		return err
	}
	if screen := c.register.State.Screen; screen != checkout.Approved {
		return fmt.Errorf("an approval led to the screen %s", screen)
	}
	c.toApproval = c.commits
	if len(c.printed) != 1 {
		return errors.New("an approval led to no receipt")
	}
	if err := c.handle(checkout.Printed{Sale: c.printed[0].Sale.ID, Receipt: c.printed[0].Sale.Receipt}); err != nil {
		return err
	}
	if err := c.handle(checkout.Pressed{Button: "done"}); err != nil {
		return err
	}
	c.total = c.commits
	if c.toApproval > commitsToApproval || c.total > commitsOfSale {
		return fmt.Errorf("a sale took %d durable commits to its approval and %d in all, at most %d and %d are promised",
			c.toApproval, c.total, commitsToApproval, commitsOfSale)
	}
	return nil
}

var (
	_ checkout.Journal = (*cashier)(nil)
	_ checkout.Gateway = (*cashier)(nil)
	_ checkout.Printer = (*cashier)(nil)
)
