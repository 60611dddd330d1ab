package kill

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"sync"

	"till/demo"
	"till/payment"
	"till/printer"
	"till/words"
)

// Paper collects the slips that come out of a bench's printer, of which the
// bench itself keeps only the newest.
type Paper struct {
	mu    sync.Mutex
	slips [][]byte
}

// Collect goes on until ctx ends.
func (p *Paper) Collect(ctx context.Context, b *demo.Bench) {
	for next := 1; ; {
		_, changed := b.State()
		for slip, ok := b.Slip(next); ok; slip, ok = b.Slip(next) {
			p.mu.Lock()
			p.slips = append(p.slips, slip.Bytes)
			p.mu.Unlock()
			next++
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// Slips are those so far, as sent to the printer.
func (p *Paper) Slips() [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([][]byte(nil), p.slips...)
}

// receiptLine is how a receipt names its number, in the printer's own font, with a
// picture of the Chinese before it.
var receiptLine = regexp.MustCompile(`(?s)Receipt .{0,250}? +((?:\d+-)?(\d{6}))\n`)

// torn is what the printer's driver prints under a slip that it could not end.
var torn = []byte("INTERRUPTED")

// Receipts holds what is on paper to the law: each receipt number up to last
// came out, and once only, but for reprints, which say so.
func (p *Paper) Receipts(last uint64) error {
	mark, err := copyMark()
	if err != nil {
		return err
	}
	originals, all := map[string]int{}, map[string]int{}
	for _, slip := range p.Slips() {
		found := receiptLine.FindSubmatch(slip)
		if found == nil || bytes.Contains(slip, torn) {
			continue // a slip of another kind, or a part of one that says that it is no receipt
		}
		number := string(found[2])
		all[number]++
		if !bytes.Contains(slip, mark) {
			originals[number]++
		}
	}
	var wrong []error
	for n := range last {
		number := fmt.Sprintf("%06d", n+1)
		if all[number] == 0 {
			wrong = append(wrong, fmt.Errorf("receipt %s never came out", number))
		}
		if originals[number] > 1 {
			wrong = append(wrong, fmt.Errorf("receipt %s came out %d times without a mark", number, originals[number]))
		}
		delete(all, number)
	}
	for number := range all {
		wrong = append(wrong, fmt.Errorf("receipt %s came out, of a sale that the journal does not have", number))
	}
	return errors.Join(wrong...)
}

// copyMark is what a reprint has, as bytes, and an original has not.
func copyMark() ([]byte, error) {
	data := printer.ReceiptData{Sale: payment.Sale{Total: payment.Money{Amount: 1, Currency: "USD"}}, Number: "000001", Test: true}
	original, err := printer.Encode(printer.Receipt(data), printer.Profile80())
	if err != nil {
		return nil, err
	}
	data.Copy = true
	reprint, err := printer.Encode(printer.Receipt(data), printer.Profile80())
	if err != nil {
		return nil, err
	}
	mark := []byte(words.Say(words.English, "paper_copy"))
	if bytes.Contains(original, mark) || !bytes.Contains(reprint, mark) {
		return nil, errors.New("a reprint cannot be told from an original")
	}
	return mark, nil
}
