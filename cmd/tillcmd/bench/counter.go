package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/oklog/ulid/v2"

	"till/payment"
	"till/store"
)

// terminalID names the journals that are measured.
const terminalID = "till-bench"

// firstDay dates the records: any day will do that is not today's, so that pruning takes them.
var firstDay = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

func stampOf(n uint64) payment.Stamp {
	after := time.Duration(n) * time.Second
	return payment.Stamp{Boot: "3f9c1d2e4b5a", Mono: after, Time: firstDay.Add(after)}
}

// saleID is the n-th: a ULID of its own, later than those before.
func saleID(n uint64) (payment.SaleID, error) {
	var id ulid.ULID
	if err := id.SetTime(uint64(firstDay.UnixMilli()) + n*1000); err != nil {
		return "", fmt.Errorf("number sale %d: %w", n, err)
	}
	for i := range 8 {
		id[8+i] = byte(n * 0x9E3779B97F4A7C15 >> (8 * i)) // looks random, and is always the same
	}
	return payment.SaleID(id.String()), nil
}

// saleSteps is what a counter commits of a scanned wallet sale, one slice a commit.
func saleSteps(id payment.SaleID, receipt uint64) [][]payment.Event {
	order := string(payment.NewOrder(id, 1))
	return [][]payment.Event{
		{
			{Kind: payment.SaleCreated, Sale: id, Amount: 1234, Currency: "USD", Cashier: "Mei"},
			{Kind: payment.AttemptStarted, Sale: id, Tender: 1, Attempt: 1, Amount: 1234, Mode: payment.Scan, Wallet: payment.WeChat, NotAfter: firstDay.Add(time.Minute)},
		},
		{{Kind: payment.AttemptChanged, Sale: id, Attempt: 1, Status: payment.Approved, Wallet: payment.WeChat, Transaction: "42" + order, Payer: "o***8", Receipt: receipt}},
		{{Kind: payment.ReceiptPrinted, Sale: id, Receipt: receipt}},
	}
}

// till journals sales, commit by commit, for as long as it is asked.
type till struct {
	journal *store.Journal
	steps   [][]payment.Event // left of the sale under way
}

// commit is the next commit of a sale.
func (t *till) commit() error {
	next := t.journal.Position().Last + 1
	if len(t.steps) == 0 {
		id, err := saleID(next)
		if err != nil {
			return err
		}
		t.steps = saleSteps(id, t.journal.LastReceipt()+1)
	}
	step := t.steps[0]
	t.steps = t.steps[1:]
	_, err := t.journal.Append(stampOf(next), step...)
	return err
}

// fill journals records of whole sales, many in a commit, and leaves some
// sales unfinished, evenly spread.
func fill(ctx context.Context, j *store.Journal, records, open int) error {
	const perCommit = 2000
	apart := records + 1
	if open > 0 {
		apart = records / open
	}
	begin := j.Position().Last
	for done, unfinished := uint64(0), 0; done < uint64(records); done = j.Position().Last - begin {
		if err := ctx.Err(); err != nil {
			return err
		}
		var events []payment.Event
		receipt := j.LastReceipt()
		room := min(perCommit, records-int(done))
		for len(events) < room {
			seq := begin + done + uint64(len(events)) + 1
			id, err := saleID(seq)
			if err != nil {
				return err
			}
			steps := saleSteps(id, receipt+1)
			left := unfinished < open && int(seq-begin) > unfinished*apart
			if left {
				unfinished++
				steps = steps[:1]
			} else {
				receipt++
			}
			for _, step := range steps {
				events = append(events, step...)
			}
		}
		if _, err := j.Append(stampOf(begin+done+1), events...); err != nil {
			return fmt.Errorf("fill a journal: %w", err)
		}
	}
	return nil
}
