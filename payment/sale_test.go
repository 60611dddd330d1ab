package payment_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"till/payment"
)

const saleOne = payment.SaleID("01JDEERS3W8H5T2V9K4M6N7P8R")

var noon = payment.Stamp{Boot: "b", Mono: 1, Time: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)}

// step is an event of saleOne, for tables.
func step(kind payment.Kind, with ...func(*payment.Event)) payment.Event {
	e := payment.Event{Kind: kind, Sale: saleOne}
	if kind == payment.SaleCreated {
		e.Amount, e.Currency = 1000, "USD"
	}
	for _, w := range with {
		w(&e)
	}
	return e
}

func of(attempt int) func(*payment.Event) { return func(e *payment.Event) { e.Attempt = attempt } }

func is(s payment.AttemptStatus) func(*payment.Event) { return func(e *payment.Event) { e.Status = s } }

func receipt(n uint64) func(*payment.Event) { return func(e *payment.Event) { e.Receipt = n } }

func intent(i payment.Intent) func(*payment.Event) { return func(e *payment.Event) { e.Intent = i } }

func tender(n int, amount int64) func(*payment.Event) {
	return func(e *payment.Event) { e.Tender, e.Amount = n, amount }
}

func by(m payment.Mode) func(*payment.Event) { return func(e *payment.Event) { e.Mode = m } }

func cash(tendered, change int64) func(*payment.Event) {
	return func(e *payment.Event) { e.Tendered, e.Change = tendered, change }
}

func back(n, tender int, amount int64) func(*payment.Event) {
	return func(e *payment.Event) { e.Refund, e.Tender, e.Amount = n, tender, amount }
}

func void(e *payment.Event) { e.Void = true }

func fold(events ...payment.Event) (payment.Sale, error) {
	var s payment.Sale
	for i, e := range events {
		next, err := s.Apply(e, noon)
		if err != nil {
			return s, fmt.Errorf("step %d, %s: %w", i, e.Kind, err)
		}
		s = next
	}
	return s, nil
}

// The word that a person is told, along the ways a sale can go.
func TestSaleStatus(t *testing.T) {
	var (
		begun   = step(payment.SaleCreated)
		scan    = step(payment.AttemptStarted, of(1), tender(1, 1000), by(payment.Scan))
		show    = step(payment.AttemptStarted, of(1), tender(1, 1000), by(payment.QR))
		again   = step(payment.AttemptStarted, of(2), tender(1, 1000), by(payment.Scan))
		half    = step(payment.AttemptStarted, of(1), tender(1, 400), by(payment.Scan))
		becomes = func(s payment.AttemptStatus) payment.Event { return step(payment.AttemptChanged, of(1), is(s)) }
		paid    = step(payment.AttemptChanged, of(1), is(payment.Approved), receipt(7))
		printed = step(payment.ReceiptPrinted, receipt(7))
		waived  = step(payment.ReceiptWaived, receipt(7))
		wanted  = step(payment.ReceiptWanted, receipt(7))
		parked  = step(payment.SaleParked, intent(payment.GoodsGiven))
	)
	for name, c := range map[string]struct {
		events     []payment.Event
		want       payment.Status
		unfinished bool
	}{
		"created":              {[]payment.Event{begun}, payment.StatusCreated, false},
		"scanned":              {[]payment.Event{begun, scan}, payment.StatusAuthorizing, true},
		"QR shown":             {[]payment.Event{begun, show}, payment.StatusCreated, true},
		"QR scanned":           {[]payment.Event{begun, show, becomes(payment.Authorizing)}, payment.StatusAuthorizing, true},
		"password":             {[]payment.Event{begun, scan, becomes(payment.Password)}, payment.StatusAuthorizing, true},
		"unknown":              {[]payment.Event{begun, scan, becomes(payment.Checking)}, payment.StatusChecking, true},
		"reversing":            {[]payment.Event{begun, scan, becomes(payment.Reversing)}, payment.StatusChecking, true},
		"approved":             {[]payment.Event{begun, scan, paid}, payment.StatusApproved, true},
		"approved and printed": {[]payment.Event{begun, scan, paid, printed}, payment.StatusApproved, false},
		"waived":               {[]payment.Event{begun, scan, paid, waived}, payment.StatusApproved, false},
		"wanted after all":     {[]payment.Event{begun, scan, paid, waived, wanted}, payment.StatusApproved, true},
		"waived again":         {[]payment.Event{begun, scan, paid, waived, wanted, waived}, payment.StatusApproved, false},
		"printed at last":      {[]payment.Event{begun, scan, paid, waived, wanted, printed}, payment.StatusApproved, false},
		"declined":             {[]payment.Event{begun, scan, becomes(payment.Declined)}, payment.StatusDeclined, false},
		"expired":              {[]payment.Event{begun, show, becomes(payment.Expired)}, payment.StatusExpired, false},
		"cancelled":            {[]payment.Event{begun, show, becomes(payment.Cancelled)}, payment.StatusCancelled, false},
		"reversed":             {[]payment.Event{begun, scan, becomes(payment.Reversed)}, payment.StatusReversed, false},
		"tried again":          {[]payment.Event{begun, scan, becomes(payment.Declined), again}, payment.StatusAuthorizing, true},
		"parked":               {[]payment.Event{begun, scan, becomes(payment.Checking), parked}, payment.StatusParked, true},
		"parked, then paid":    {[]payment.Event{begun, scan, parked, paid, printed}, payment.StatusApproved, false},
		"parked, then not":     {[]payment.Event{begun, scan, parked, becomes(payment.Reversed)}, payment.StatusReversed, false},
		"half of it paid":      {[]payment.Event{begun, half, becomes(payment.Approved)}, payment.StatusCreated, true},
		"rest in cash":         {[]payment.Event{begun, half, becomes(payment.Approved), step(payment.CashTaken, tender(2, 600), cash(1000, 400), receipt(7))}, payment.StatusApproved, true},
		"cash":                 {[]payment.Event{begun, step(payment.CashTaken, tender(1, 1000), cash(1000, 0), receipt(7)), printed}, payment.StatusApproved, false},
		"cash after a decline": {[]payment.Event{begun, scan, becomes(payment.Declined), step(payment.CashTaken, tender(1, 1000), cash(1000, 0), receipt(7))}, payment.StatusApproved, true},
	} {
		s, err := fold(c.events...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if s.Status() != c.want || s.Unfinished() != c.unfinished {
			t.Errorf("%s: %s, unfinished %v; want %s, %v", name, s.Status(), s.Unfinished(), c.want, c.unfinished)
		}
	}
}

func TestImpossibleSteps(t *testing.T) {
	var (
		begun    = step(payment.SaleCreated)
		scan     = step(payment.AttemptStarted, of(1), tender(1, 1000), by(payment.Scan))
		declined = step(payment.AttemptChanged, of(1), is(payment.Declined))
		paid     = step(payment.AttemptChanged, of(1), is(payment.Approved), receipt(7))
		allCash  = step(payment.CashTaken, tender(1, 1000), cash(1000, 0), receipt(7))
	)
	for name, events := range map[string][]payment.Event{
		"never created":              {scan},
		"created again":              {begun, begun},
		"of nothing":                 {{Kind: payment.SaleCreated, Sale: saleOne, Currency: "USD"}},
		"of no currency":             {{Kind: payment.SaleCreated, Sale: saleOne, Amount: 1}},
		"with a bad id":              {{Kind: payment.SaleCreated, Sale: "1", Amount: 1, Currency: "USD"}},
		"of another sale":            {begun, {Kind: payment.ReceiptPrinted, Sale: "01JDEERS3W8H5T2V9K4M6N7P8S"}},
		"two live attempts":          {begun, scan, step(payment.AttemptStarted, of(2), tender(1, 1000), by(payment.Scan))},
		"attempt number skipped":     {begun, step(payment.AttemptStarted, of(2), tender(1, 1000), by(payment.Scan))},
		"attempt number used":        {begun, scan, declined, scan},
		"more than is due":           {begun, step(payment.AttemptStarted, of(1), tender(1, 1001), by(payment.Scan))},
		"no mode":                    {begun, step(payment.AttemptStarted, of(1), tender(1, 1000))},
		"tender skipped":             {begun, step(payment.AttemptStarted, of(1), tender(2, 1000), by(payment.Scan))},
		"attempt that is not":        {begun, step(payment.AttemptChanged, of(1), is(payment.Declined))},
		"attempt 0":                  {begun, scan, step(payment.AttemptChanged, of(0), is(payment.Declined))},
		"final changes":              {begun, scan, declined, step(payment.AttemptChanged, of(1), is(payment.Approved), receipt(7))},
		"final repeats":              {begun, scan, declined, declined},
		"unknown status":             {begun, scan, step(payment.AttemptChanged, of(1), is("paid"), receipt(7))},
		"paid without receipt":       {begun, scan, step(payment.AttemptChanged, of(1), is(payment.Approved))},
		"receipt without payment":    {begun, scan, step(payment.AttemptChanged, of(1), is(payment.Declined), receipt(7))},
		"receipt for a part":         {begun, step(payment.AttemptStarted, of(1), tender(1, 400), by(payment.Scan)), paid},
		"paid twice":                 {begun, scan, paid, step(payment.CashTaken, tender(2, 1000), cash(1000, 0), receipt(8))},
		"cash while unknown":         {begun, scan, step(payment.AttemptChanged, of(1), is(payment.Checking)), allCash},
		"cash that does not add up":  {begun, step(payment.CashTaken, tender(1, 1000), cash(2000, 999), receipt(7))},
		"cash too little":            {begun, step(payment.CashTaken, tender(1, 1000), cash(900, -100), receipt(7))},
		"cancel of what is final":    {begun, scan, declined, step(payment.CancelRequested, of(1))},
		"parked with nothing open":   {begun, step(payment.SaleParked, intent(payment.GoodsGiven))},
		"parked without intent":      {begun, scan, step(payment.SaleParked)},
		"late refund while open":     {begun, scan, step(payment.LateRefunded, of(1))},
		"late refund of a paid one":  {begun, scan, paid, step(payment.LateRefunded, of(1))},
		"late refund twice":          {begun, scan, declined, step(payment.LateRefunded, of(1)), step(payment.LateRefunded, of(1))},
		"printed before it is paid":  {begun, step(payment.ReceiptPrinted)},
		"another's receipt":          {begun, scan, paid, step(payment.ReceiptPrinted, receipt(8))},
		"waived before it is paid":   {begun, step(payment.ReceiptWaived)},
		"another's receipt waived":   {begun, scan, paid, step(payment.ReceiptWaived, receipt(8))},
		"waived twice":               {begun, scan, paid, step(payment.ReceiptWaived, receipt(7)), step(payment.ReceiptWaived, receipt(7))},
		"waived once printed":        {begun, scan, paid, step(payment.ReceiptPrinted, receipt(7)), step(payment.ReceiptWaived, receipt(7))},
		"wanted, and never waived":   {begun, scan, paid, step(payment.ReceiptWanted, receipt(7))},
		"another's receipt wanted":   {begun, scan, paid, step(payment.ReceiptWaived, receipt(7)), step(payment.ReceiptWanted, receipt(8))},
		"refund before it is paid":   {begun, scan, step(payment.RefundAsked, back(1, 1, 500))},
		"refund of too much":         {begun, scan, paid, step(payment.RefundAsked, back(1, 1, 1001))},
		"refund of what went back":   {begun, scan, paid, step(payment.RefundAsked, back(1, 1, 600)), step(payment.RefundAsked, back(2, 1, 500))},
		"refund of no tender":        {begun, scan, paid, step(payment.RefundAsked, back(1, 2, 500))},
		"refund out of turn":         {begun, scan, paid, step(payment.RefundAsked, back(2, 1, 500))},
		"void of a part":             {begun, scan, paid, step(payment.RefundAsked, back(1, 1, 500), void)},
		"void after a refund":        {begun, scan, paid, step(payment.RefundAsked, back(1, 1, 500)), step(payment.RefundAsked, back(2, 1, 500), void)},
		"a slip of nothing":          {begun, scan, paid, step(payment.SlipPrinted)},
		"a slip of an old parking":   {begun, scan, step(payment.SaleParked, intent(payment.GoodsGiven)), step(payment.SlipPrinted)},
		"a slip of what is not back": {begun, scan, paid, step(payment.RefundAsked, back(1, 1, 500)), {Kind: payment.RefundChanged, Sale: saleOne, Refund: 1, RefundStatus: payment.RefundPending, Slip: true}},
		"news of no refund":          {begun, scan, paid, step(payment.RefundChanged, back(1, 1, 500))},
		"an event that is not known": {begun, step("sale_forgotten")},
		"the store's own":            {begun, step(payment.StoreReplaced)},
	} {
		_, err := fold(events...)
		if !errors.Is(err, payment.ErrImpossible) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := fold(events[:len(events)-1]...); err != nil {
			t.Errorf("%s: refused too early: %v", name, err)
		}
	}
}

func TestAttemptsEnd(t *testing.T) {
	s, err := fold(step(payment.SaleCreated))
	for n := 1; n <= payment.MaxAttempt && err == nil; n++ {
		s, err = s.Apply(step(payment.AttemptStarted, of(n), tender(1, 1000), by(payment.Scan)), noon)
		if err == nil {
			s, err = s.Apply(step(payment.AttemptChanged, of(n), is(payment.Declined)), noon)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Apply(step(payment.AttemptStarted, of(payment.MaxAttempt+1), tender(1, 1000), by(payment.Scan)), noon)
	if !errors.Is(err, payment.ErrImpossible) {
		t.Errorf("attempt %d: %v", payment.MaxAttempt+1, err)
	}
}

// Whatever is thrown at a sale, and whatever it takes of that, the laws hold.
func TestSaleLaws(t *testing.T) {
	approved, refused, split, voided, refunded := 0, 0, 0, 0, 0 // or the test looks at nothing
	rapid.Check(t, func(t *rapid.T) {
		var s payment.Sale
		if rapid.IntRange(0, 3).Draw(t, "paid from the start") == 0 {
			var err error
			if s, err = fold(step(payment.SaleCreated), step(payment.CashTaken, tender(1, 1000), cash(1000, 0), receipt(7))); err != nil {
				t.Fatal(err)
			}
		}
		for range rapid.IntRange(20, 60).Draw(t, "steps") {
			e := anyEvent(t, s)
			at := payment.Stamp{Boot: "b", Mono: s.Changed.Mono + 1}
			before := deepCopy(s)
			next, err := s.Apply(e, at)
			if !reflect.DeepEqual(s, before) {
				t.Fatalf("Apply of %+v changed its receiver\n%+v\nto\n%+v", e, before, s)
			}
			if err != nil {
				if !errors.Is(err, payment.ErrImpossible) {
					t.Fatalf("%+v: %v", e, err)
				}
				refused++
				continue
			}
			lawsOf(t, before, next, e)
			if next.Changed != at {
				t.Fatalf("changed at %+v, want %+v", next.Changed, at)
			}
			s = next
			// A holder of the sale may scribble on it: it is nobody else's.
			scribble(next)
			if s = deepCopyAfter(t, before, e, at); s.Status() == payment.StatusApproved {
				approved++
			}
			if len(s.Tenders) > 1 {
				split++
			}
			switch s.Status() {
			case payment.StatusVoided:
				voided++
			case payment.StatusRefunded:
				refunded++
			}
		}
	})
	if approved == 0 || refused == 0 || split == 0 || voided == 0 || refunded == 0 {
		t.Errorf("%d approved, %d refused, %d split, %d voided, %d refunded: the events are too tame", approved, refused, split, voided, refunded)
	}
}

// deepCopyAfter applies e to before once more: the same event gives the same
// sale, whatever became of the first result.
func deepCopyAfter(t *rapid.T, before payment.Sale, e payment.Event, at payment.Stamp) payment.Sale {
	s, err := before.Apply(e, at)
	if err != nil {
		t.Fatalf("%+v went the first time, and not the second: %v", e, err)
	}
	return deepCopy(s)
}

func scribble(s payment.Sale) {
	for i := range s.Tenders {
		s.Tenders[i].Paid = !s.Tenders[i].Paid
	}
	for i := range s.Attempts {
		s.Attempts[i].Status = "scribbled"
	}
	for i := range s.Refunds {
		s.Refunds[i].Amount = -1
	}
}

func deepCopy(s payment.Sale) payment.Sale {
	s.Tenders, s.Attempts, s.Refunds = slices.Clone(s.Tenders), slices.Clone(s.Attempts), slices.Clone(s.Refunds)
	return s
}

// lawsOf holds what must be true of every sale, and of every step from one to the next.
func lawsOf(t *rapid.T, before, s payment.Sale, e payment.Event) {
	open := 0
	for i, a := range s.Attempts {
		if a.Number != i+1 || a.Number > payment.MaxAttempt {
			t.Fatalf("attempt %d is at place %d", a.Number, i)
		}
		if !a.Status.Final() {
			open++
		}
		if a.Status == payment.Approved && !s.Tenders[a.Tender-1].Paid {
			t.Fatalf("attempt %d is approved, its tender is not paid", a.Number)
		}
		if i < len(before.Attempts) {
			was := before.Attempts[i]
			was.Late, was.LateAmount = a.Late, a.LateAmount // a late approval is noted, and given back
			if was.Status.Final() && was != a {
				t.Fatalf("final attempt\n%+v became\n%+v", was, a)
			}
		}
	}
	if open > 1 || (open == 1) != (s.OpenAttempt() != nil) {
		t.Fatalf("%d open attempts: %+v", open, s.Attempts)
	}
	moneyOf(t, before, s)
	if (s.Receipt != 0) != (s.Due() == 0) {
		t.Fatalf("receipt %d with %d due", s.Receipt, s.Due())
	}
	if before.Receipt != 0 && before.Receipt != s.Receipt {
		t.Fatalf("receipt %d became %d", before.Receipt, s.Receipt)
	}
	paid := []payment.Status{payment.StatusApproved, payment.StatusVoided, payment.StatusRefunded}
	owed := refundsOf(t, before, s)
	abandoned := s.Due() > 0 && slices.ContainsFunc(s.Refunds, func(r payment.Refund) bool { return r.Status != payment.RefundRefused })
	if abandoned && (open != 0 || s.Status() != payment.StatusVoided) || !abandoned && slices.Contains(paid, s.Status()) != (s.Due() == 0) {
		t.Fatalf("%s with %d due", s.Status(), s.Due())
	}
	part := s.Due() > 0 && s.Due() < s.Total.Amount && !abandoned
	if s.PartPaid() != part {
		t.Fatalf("paid in part: %v: %+v", s.PartPaid(), s)
	}
	if s.Unfinished() != (open == 1 || owed || part || (s.Receipt != 0 && s.Printed == 0 && !s.Waived) || len(s.Slips) > 0) {
		t.Fatalf("unfinished %v: %+v", s.Unfinished(), s)
	}
	if before.ID != "" && (s.ID != before.ID || s.Total != before.Total || s.Created != before.Created) {
		t.Fatalf("%+v changed what the sale is", e)
	}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back payment.Sale
	if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back, s) {
		t.Fatalf("%+v came back from JSON as\n%+v, %v", s, back, err)
	}
}

// refundsOf holds that no tender ever gives back more than it took, whatever the
// order of voids and refunds, and says whether one is still open.
func refundsOf(t *rapid.T, before, s payment.Sale) (open bool) {
	asked := map[int]int64{}
	var done int64
	for i, r := range s.Refunds {
		if r.Number != i+1 || r.Amount <= 0 {
			t.Fatalf("refund %+v is at place %d", r, i)
		}
		if i < len(before.Refunds) && before.Refunds[i].Status.Final() && before.Refunds[i] != r {
			t.Fatalf("final refund\n%+v became\n%+v", before.Refunds[i], r)
		}
		if r.Status != payment.RefundRefused {
			asked[r.Tender] += r.Amount
		}
		if r.Status == payment.RefundDone {
			done += r.Amount
		}
		open = open || !r.Status.Final()
	}
	for tender, sum := range asked {
		if took := s.Tenders[tender-1]; !took.Paid || sum > took.Amount {
			t.Fatalf("%d is asked back of %+v", sum, took)
		}
		if left := s.Refundable(tender); left != s.Tenders[tender-1].Amount-sum {
			t.Fatalf("%d is left of tender %d: %+v", left, tender, s)
		}
	}
	if refunded, voided := s.Refunded(); refunded+voided != done || done > s.Total.Amount {
		t.Fatalf("%d refunded and %d voided of %+v", refunded, voided, s)
	}
	if open != (s.OpenRefund() != nil) {
		t.Fatalf("an open refund: %v: %+v", open, s.Refunds)
	}
	return open
}

// moneyOf holds that a tender is paid at most once, by one attempt or by cash, and never taken back.
func moneyOf(t *rapid.T, before, s payment.Sale) {
	var paid int64
	for i, tender := range s.Tenders {
		by := 0
		for _, a := range s.Attempts {
			if a.Tender == i+1 && a.Status == payment.Approved {
				by++
			}
		}
		if tender.Wallet == payment.Cash && tender.Tendered != 0 {
			by++
		}
		if want := map[bool]int{true: 1}[tender.Paid]; by != want {
			t.Fatalf("tender %d is paid %d times, by %+v", i+1, by, s)
		}
		if tender.Paid {
			paid += tender.Amount
		} else if i != len(s.Tenders)-1 {
			t.Fatalf("tender %d is not paid, and there is another after it", i+1)
		}
		if tender.Amount <= 0 || tender.Tendered < 0 || tender.Change < 0 || tender.Tendered < tender.Change {
			t.Fatalf("tender %+v", tender)
		}
		if i < len(before.Tenders) && before.Tenders[i].Paid && before.Tenders[i] != tender {
			t.Fatalf("paid tender\n%+v became\n%+v", before.Tenders[i], tender)
		}
	}
	if paid > s.Total.Amount || s.Due() != s.Total.Amount-paid || len(s.Tenders) < len(before.Tenders) {
		t.Fatalf("%d paid of %+v", paid, s)
	}
}

// anyEvent is one that could follow, most often, with something spoilt now and then.
func anyEvent(t *rapid.T, s payment.Sale) payment.Event {
	kinds := []payment.Kind{
		payment.SaleCreated, payment.AttemptStarted, payment.AttemptStarted, payment.AttemptChanged, payment.AttemptChanged,
		payment.AttemptChanged, payment.CancelRequested, payment.CashTaken, payment.SaleParked, payment.LateRefunded,
		payment.ReceiptPrinted, payment.ReceiptWaived, payment.ReceiptWanted, payment.SlipPrinted, payment.StoreReplaced,
	}
	if s.ID != "" && s.Due() == 0 {
		kinds = append(kinds, slices.Repeat([]payment.Kind{payment.RefundAsked, payment.RefundChanged}, 25)...)
	}
	if s.ID == "" {
		kinds = append(kinds, slices.Repeat([]payment.Kind{payment.SaleCreated}, 10)...)
	}
	e := payment.Event{
		Kind:     rapid.SampledFrom(kinds).Draw(t, "kind"),
		Sale:     saleOne,
		Tender:   max(1, len(s.Tenders)),
		Attempt:  len(s.Attempts),
		Currency: "USD",
		Amount:   s.Due(),
		Wallet:   rapid.SampledFrom([]payment.Wallet{"", payment.WeChat, payment.Alipay}).Draw(t, "wallet"),
		Mode:     rapid.SampledFrom([]payment.Mode{payment.Scan, payment.QR}).Draw(t, "mode"),
		Intent:   rapid.SampledFrom([]payment.Intent{payment.GoodsGiven, payment.PaidOther}).Draw(t, "intent"),
		Status: rapid.SampledFrom([]payment.AttemptStatus{
			payment.Waiting, payment.Authorizing, payment.Password, payment.Checking, payment.Reversing,
			payment.Approved, payment.Approved, payment.Approved, payment.Declined, payment.Expired, payment.Cancelled, payment.Reversed,
		}).Draw(t, "status"),
	}
	if n := len(s.Tenders); n > 0 && s.Tenders[n-1].Paid {
		e.Tender++
	}
	if e.Kind == payment.SaleCreated {
		e.Amount = rapid.Int64Range(1, 5000).Draw(t, "total")
	} else if rapid.Bool().Draw(t, "in part") && e.Amount > 1 {
		e.Amount = rapid.Int64Range(1, e.Amount-1).Draw(t, "part")
	}
	e.Change = rapid.Int64Range(0, 100).Draw(t, "change")
	e.Tendered = e.Amount + e.Change
	if e.Kind == payment.AttemptStarted {
		e.Attempt++
	}
	e.Receipt = receiptFor(s, e)
	switch e.Kind {
	case payment.RefundAsked:
		e.Refund, e.Tender = len(s.Refunds)+1, rapid.IntRange(1, len(s.Tenders)).Draw(t, "refunded tender")
		e.Amount = rapid.Int64Range(1, max(1, s.Refundable(e.Tender))).Draw(t, "refund")
		if e.Void = rapid.Bool().Draw(t, "void"); e.Void || rapid.IntRange(0, 2).Draw(t, "all of it") > 0 {
			e.Amount = s.Refundable(e.Tender)
		}
	case payment.RefundChanged:
		e.Refund = rapid.IntRange(1, max(1, len(s.Refunds))).Draw(t, "refund number")
		e.RefundStatus = rapid.SampledFrom([]payment.RefundStatus{
			payment.RefundPending, payment.RefundDone, payment.RefundDone, payment.RefundDone, payment.RefundRefused,
		}).Draw(t, "refund status")
		e.Slip = e.RefundStatus == payment.RefundDone
	case payment.SaleParked:
		e.Slip = rapid.Bool().Draw(t, "slip")
	case payment.SlipPrinted:
		if len(s.Slips) > 0 {
			e.Refund = s.Slips[0]
		}
	}
	spoil(t, &e)
	return e
}

// receiptFor is 7 where the event would pay the sale.
func receiptFor(s payment.Sale, e payment.Event) uint64 {
	pays := e.Kind == payment.CashTaken && e.Amount == s.Due()
	if open := s.OpenAttempt(); open != nil && e.Kind == payment.AttemptChanged && e.Status == payment.Approved {
		pays = s.Tenders[open.Tender-1].Amount == s.Due()
	}
	if e.Kind == payment.ReceiptPrinted || e.Kind == payment.ReceiptWaived || e.Kind == payment.ReceiptWanted {
		return s.Receipt
	}
	return map[bool]uint64{true: 7}[pays]
}

func spoil(t *rapid.T, e *payment.Event) {
	small := func(n int) int { return n + rapid.IntRange(-2, 2).Draw(t, "by") }
	switch rapid.IntRange(0, 30).Draw(t, "spoil") {
	case 0:
		e.Attempt = small(e.Attempt)
	case 1:
		e.Tender = small(e.Tender)
	case 2:
		e.Amount = rapid.Int64().Draw(t, "amount")
	case 3:
		e.Receipt = uint64(rapid.IntRange(0, 9).Draw(t, "receipt"))
	case 4:
		e.Status = "charged"
	case 5:
		e.Sale = "01JDEERS3W8H5T2V9K4M6N7P8S"
	case 6:
		e.Tendered = rapid.Int64().Draw(t, "tendered")
	case 7:
		e.Change = rapid.Int64().Draw(t, "change")
	case 8:
		e.Mode, e.Intent = "", ""
	case 9:
		e.Refund = small(e.Refund)
	case 10:
		e.RefundStatus = "given"
	}
}
