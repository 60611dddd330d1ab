package cloud_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"till/cloud"
	"till/cloud/fakeacquirer"
	"till/payment"
	"till/sync/wire"
)

const (
	museum2   = "museum-2" // of the same merchant
	strangers = "harbor-1" // of another
	freshID   = payment.SaleID("01JD00000000000000000000FR")
)

// shopRig has a sale made and told of at the first terminal: part of it in cash,
// the rest by a wallet.
func shopRig(t *testing.T) *rig {
	t.Helper()
	r := newRig(t)
	merchants(r)
	r.request(terminal, func() wire.Request { q := r.charge(first); q.Tender, q.Amount = 2, 1000; return q }())
	r.run(time.Second)
	r.expect(first, payment.Approved, payment.ReasonNone)
	paid := r.mustAttempt(first)
	newJournal(terminal).upload(r, created(saleID),
		payment.Event{Kind: payment.CashTaken, Sale: saleID, Tender: 1, Amount: 234, Tendered: 234},
		payment.Event{Kind: payment.AttemptStarted, Sale: saleID, Tender: 2, Attempt: 1, Amount: 1000, Mode: payment.Scan},
		payment.Event{Kind: payment.AttemptChanged, Sale: saleID, Attempt: 1, Status: payment.Approved, Wallet: paid.Wallet, Receipt: 7})
	return r
}

func merchants(r *rig) {
	r.gateway.Merchant = func(terminal string) (string, error) {
		shop, _, _ := strings.Cut(terminal, "-")
		return shop, nil
	}
}

func (r *rig) find(from, text string) wire.Found {
	r.t.Helper()
	before := len(r.replies)
	r.request(from, wire.Request{Op: wire.Find, Text: text, Sent: time.Second})
	if len(r.replies) != before+1 || r.replies[before].Found == nil || r.replies[before].Found.Text != text {
		r.t.Fatalf("looking for %q is answered by %+v", text, r.replies[before:])
	}
	return *r.replies[before].Found
}

// elsewhere is a refund that another terminal asks for, of a sale it fetched.
func elsewhere(n int, amount int64) wire.Request {
	q := giveBack(n, amount)
	q.Refund = payment.NewRefundID(freshID, n)
	return q
}

func TestASaleIsFoundAtAnotherTerminal(t *testing.T) {
	r := shopRig(t)
	transaction := r.mustAttempt(first).Transaction
	if transaction == "" {
		t.Fatal("the wallet gave no number of its own")
	}
	for _, text := range []string{string(saleID), string(first), transaction} {
		for _, from := range []string{terminal, museum2} {
			found := r.find(from, text)
			if found.Sale == nil || found.Reason != "" {
				t.Fatalf("%s finds %+v by %q", from, found, text)
			}
			s := found.Sale
			if s.Sale != saleID || s.Terminal != terminal || s.Receipt != 7 || s.Total != usd || s.Given != 0 {
				t.Errorf("found %+v", s)
			}
			if want := (payment.Part{Order: first, Wallet: payment.WeChat, Left: 1000}); len(s.Parts) != 1 || s.Parts[0] != want {
				t.Errorf("its parts are %+v", s.Parts)
			}
			if _, err := s.Fetched(); err != nil {
				t.Error(err)
			}
		}
	}
	// A wallet's number of 28 digits reads as an order's, too.
	const digits = "4204381957049896772560478887"
	update(t, r.ledger, func(tx cloud.Tx) error {
		a, _, err := tx.Attempt(first)
		a.Transaction = digits
		return errors.Join(err, tx.PutAttempt(a))
	})
	if found := r.find(museum2, digits); found.Sale == nil || found.Sale.Sale != saleID {
		t.Errorf("by %s: %+v", digits, found)
	}
	for name, c := range map[string]struct {
		from, text string
		want       payment.Reason
	}{
		"another merchant's":  {strangers, string(saleID), payment.SaleUnknown},
		"nobody's":            {museum2, string(otherID), payment.SaleUnknown},
		"no number of a sale": {museum2, "hello", payment.SaleUnknown},
	} {
		if found := r.find(c.from, c.text); found.Sale != nil || found.Reason != c.want {
			t.Errorf("%s: %+v", name, found)
		}
	}
	for _, text := range []string{"", strings.Repeat("x", wire.MaxFind+1)} {
		before := len(r.rejected)
		if r.request(museum2, wire.Request{Op: wire.Find, Text: text}); len(r.rejected) != before+1 {
			t.Errorf("%d bytes are looked for", len(text))
		}
	}
}

func TestWhatIsNotPaidIsNotFound(t *testing.T) {
	r := newRig(t)
	newJournal(terminal).upload(r, created(saleID))
	if found := r.find(museum2, string(saleID)); found.Reason != payment.SaleUnknown {
		t.Errorf("a sale that is due: %+v", found)
	}
	newJournal("museum-3").upload(r, created(otherID), cash(otherID, 1))
	if found := r.find(museum2, string(otherID)); found.Reason != payment.CashElsewhere {
		t.Errorf("a sale in cash: %+v", found)
	}
}

// Money goes back at whichever terminal asks first, and never more than there is.
func TestARefundAtAnotherTerminal(t *testing.T) {
	r := shopRig(t)
	r.run(24 * time.Hour)
	r.request(museum2, elsewhere(1, 400))
	r.run(time.Second)
	if e, _ := r.refund(payment.NewRefundID(freshID, 1)); e.Answer.Status != payment.RefundDone || e.Terminal != museum2 {
		t.Fatalf("it is %+v", e)
	}
	if found := r.find(museum2, string(first)); found.Sale.Given != 400 || found.Sale.Parts[0].Left != 600 {
		t.Errorf("then there is %+v", found.Sale)
	}
	r.request(terminal, giveBack(1, 700)) // which the first does not know
	r.expectRefund(1, payment.RefundRefused, payment.OverRefund)
	r.request(terminal, giveBack(2, 600))
	r.run(time.Second)
	r.expectRefund(2, payment.RefundDone, payment.ReasonNone)
	if found := r.find(museum2, string(first)); found.Reason != payment.CashElsewhere { // the 234 in cash
		t.Errorf("at the end there is %+v", found)
	}
	if back := r.refunded(); back != 1000 {
		t.Errorf("%d went back of 1000", back)
	}
}

func TestRefundsElsewhereThatCannotBe(t *testing.T) {
	for name, c := range map[string]struct {
		from string
		q    wire.Request
		also []payment.Event // in the journal of whoever asks
	}{
		"of another merchant's":       {strangers, elsewhere(1, 5), nil},
		"a void":                      {museum2, func() wire.Request { q := elsewhere(1, 1000); q.Void = true; return q }(), nil},
		"of an order never seen":      {museum2, func() wire.Request { q := elsewhere(1, 5); q.Order = second; return q }(), nil},
		"under what was sold":         {museum2, elsewhere(1, 5), []payment.Event{created(freshID), cash(freshID, 1)}},
		"under the sale's own number": {museum2, giveBack(1, 5), nil},
	} {
		r := shopRig(t)
		r.run(time.Hour)
		if c.also != nil {
			newJournal(c.from).upload(r, c.also...)
		}
		r.request(c.from, c.q)
		r.run(time.Hour)
		r.calls(0, cloud.StepRefund, cloud.StepReverse)
		told := r.replies[len(r.replies)-1].Refund
		if told == nil || told.Refund != c.q.Refund || told.Status != payment.RefundRefused || told.Reason != payment.NotPaid {
			t.Errorf("%s: %+v", name, told)
		}
	}
}

// A terminal that asks for what is another's takes no number from whoever may.
func TestRefundNumbersAreNotTakenAway(t *testing.T) {
	r := shopRig(t)
	r.run(time.Hour)
	r.request(strangers, giveBack(1, 5)) // all that it needs is a receipt
	r.request(terminal, giveBack(1, 100))
	r.run(time.Second)
	r.expectRefund(1, payment.RefundDone, payment.ReasonNone)

	newJournal(museum2).upload(r, payment.Event{Kind: payment.SaleFetched, Sale: freshID, Elsewhere: r.find(museum2, string(saleID)).Sale})
	r.request(strangers, elsewhere(1, 5))
	r.request(museum2, elsewhere(1, 300))
	r.run(time.Second)
	if e, _ := r.refund(payment.NewRefundID(freshID, 1)); e.Terminal != museum2 || e.Answer.Status != payment.RefundDone {
		t.Errorf("it is %+v", e)
	}
	if found := r.find(terminal, string(freshID)); found.Sale == nil || found.Sale.Sale != saleID || found.Sale.Parts[0].Left != 600 {
		t.Errorf("by the slip of the refund: %+v", found)
	}
	if back := r.refunded(); back != 400 {
		t.Errorf("%d went back", back)
	}
}

// No order of refunds at two terminals, repeated, refused or answered late, gives
// back more than was paid.
func TestRefundLawsAcrossTerminals(t *testing.T) {
	both := 0
	rapid.Check(t, func(rt *rapid.T) {
		r := shopRig(t)
		outcomes := []fakeacquirer.Answer{{}, {}, outcome(cloud.Unknown), outcome(cloud.Accepted), {Become: fakeacquirer.Taken, Silent: true}, outcome(cloud.Refused)}
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			r.acquirer.Script(cloud.StepRefund, rapid.SampledFrom(outcomes).Draw(rt, "answer"))
			n, amount := rapid.IntRange(1, 4).Draw(rt, "number"), rapid.Int64Range(1, 600).Draw(rt, "amount")
			if rapid.Bool().Draw(rt, "elsewhere") {
				r.request(museum2, elsewhere(n, amount))
			} else {
				r.request(terminal, giveBack(n, amount))
			}
			r.run(time.Duration(rapid.IntRange(0, 900).Draw(rt, "seconds")) * time.Second)
			if rapid.IntRange(0, 5).Draw(rt, "restart") == 0 {
				r.restart()
				merchants(r)
			}
		}
		r.run(72 * time.Hour)
		var done [2]int64
		for n := 1; n <= 4; n++ {
			for i, sale := range []payment.SaleID{saleID, freshID} {
				if e, ok := r.refund(payment.NewRefundID(sale, n)); ok && e.Answer.Status == payment.RefundDone {
					done[i] += e.Answer.Amount
				}
			}
		}
		if gone := r.refunded(); gone > 1000 || done[0]+done[1] > gone {
			rt.Errorf("%d went back of 1000, and %d are called done", gone, done)
		}
		if done[0] > 0 && done[1] > 0 {
			both++
		}
	})
	if both == 0 {
		t.Error("both never gave something back")
	}
}
