package pages_test

import (
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"till/cloud"
	"till/cloud/enrol"
	"till/cloud/merchant/pages"
	"till/cloud/reconcile"
	"till/payment"
	"till/payment/figures"
	"till/payment/pin"
	"till/sync/wire"
	"till/sync/wire/enrolment"
)

// street is a gateway made by hand, and a clock that stands still: its pages are the
// same each time.
type street struct {
	now       time.Time
	terminals []pages.Terminal
	journals  map[string][]entry
	sales     map[payment.SaleID]*pages.Detail
	lines     []reconcile.Line
	receipts  map[string]uint64
	broken    bool
	undated   bool // a terminal's clock is not set
}

// The sales of a day, by what there is to see of them.
const (
	inCash    = payment.SaleID("01KAT7X2Q8M5V3N9RD6E4WZC01")
	inParts   = payment.SaleID("01KAT7X2Q8M5V3N9RD6E4WZC02")
	partBack  = payment.SaleID("01KAT7X2Q8M5V3N9RD6E4WZC03")
	onItsWay  = payment.SaleID("01KAT7X2Q8M5V3N9RD6E4WZC04")
	declined  = payment.SaleID("01KAT7X2Q8M5V3N9RD6E4WZC05")
	unsettled = payment.SaleID("01KAT7X2Q8M5V3N9RD6E4WZC06")
	voided    = payment.SaleID("01KAT7X2Q8M5V3N9RD6E4WZC07")
	backAway  = payment.SaleID("01KAT7X2Q8M5V3N9RD6E4WZC08") // a refund of partBack, at another terminal
	tooLate   = payment.SaleID("01KAT7X2Q8M5V3N9RD6E4WZC09")
	undated   = payment.SaleID("01KAT7X2Q8M5V3N9RD6E4WZC10")
)

// hashed are PINs and a badge, once: it takes its time.
var hashed = sync.OnceValue(func() (all []string) {
	for _, digits := range []string{"1111", "2580", "2345678", "4711"} {
		all = append(all, pin.New(digits, pin.Salt{1, 2, 3, 4, 5, 6, 7, 8}).String())
	}
	return all
})

var noon = time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC)

func newStreet() *street {
	s := &street{now: noon.Add(-2 * time.Hour), journals: map[string][]entry{}, sales: map[payment.SaleID]*pages.Detail{}, receipts: map[string]uint64{}}
	settings := func(more enrolment.Settings) enrolment.Settings {
		all := enrolment.Settings{
			"merchant.name": "Harbor Museum Shop", "merchant.timezone": "America/Los_Angeles", "merchant.currency": "USD",
			"merchant.address": []any{"12 Pier Street", "San Francisco, CA 94133"}, "merchant.phone": "+1 415 555 0132",
			"merchant.foot": []any{"Refunds within 30 days with this receipt.", "Thank you! 谢谢惠顾"}, "merchant.language": "zh",
			"sale.tax": int64(875), "sale.tips": []any{int64(15), int64(18), int64(20)}, "sale.discounts": []any{int64(10)},
			"sale.departments": []any{"Books / 书籍", "Food / 食品 @ 0"}, "sale.wallet_limit": int64(50000),
			"sale.items": []any{"6901234567892 / Green tea / 绿茶 / 350", "- / Postcard / 明信片 / 100 @ 0"},
		}
		for key, value := range more {
			all[key] = value
		}
		return all
	}
	people := []any{"mei / Mei 梅 / cashier / " + hashed()[0], "li / Li 李 / manager / " + hashed()[1] + " / " + hashed()[2]}
	s.terminals = []pages.Terminal{
		{Terminal: enrol.Terminal{ID: "till-01", State: enrol.Enrolled, Version: "1.4.0", Settings: settings(enrolment.Settings{"operators": people, "manager_pin": hashed()[3]})},
			Heard: noon.Add(-3 * time.Second), Said: true},
		{Terminal: enrol.Terminal{ID: "till-02", State: enrol.Enrolled, Version: "1.4.0", Settings: settings(enrolment.Settings{"operators": people[:1], "sale.tax": int64(0)})},
			Heard: noon.Add(-time.Hour), Said: true, Waiting: 3, Wanted: "b"},
		{Terminal: enrol.Terminal{ID: "till-03", State: enrol.Claimed, Settings: settings(nil)}},
		{Terminal: enrol.Terminal{ID: "till-04", State: enrol.Enrolled, Version: "1.3.9", Settings: settings(nil)}, Has: enrolment.SettingsNote{Fault: `printer.profile: "papyrus" is none`}},
		{Terminal: enrol.Terminal{ID: "till-05", State: enrol.Ended, Version: "1.2.0", Settings: settings(nil)}},
	}
	s.trade()
	s.now = noon
	return s
}

// trade is a day with something of everything.
func (s *street) trade() {
	s.add("till-01", payment.Event{Kind: payment.ShiftOpened, Shift: 1, Amount: 10000, Currency: "USD"})
	bill := payment.Cart{Items: []payment.Item{{Name: "Green tea 绿茶", Amount: 350, Rate: 875}, {Amount: 2550, Rate: 875}}, OffRate: 1000, TipRate: 1500}.Bill()
	s.create("till-01", inCash, bill.Total(), &bill)
	s.cash(inCash, 1, bill.Total(), 4000)
	s.create("till-01", inParts, 9000, nil)
	s.pay(inParts, 1, 1, payment.WeChat, 5000, payment.Approved, payment.ReasonNone)
	s.cash(inParts, 2, 4000, 4000)
	s.create("till-01", partBack, 123456, nil)
	s.pay(partBack, 1, 1, payment.Alipay, 123456, payment.Approved, payment.ReasonNone)
	s.back(partBack, 1, 23456, false, payment.RefundDone)
	s.fetch("till-02", backAway, partBack, 10000)
	s.create("till-02", onItsWay, 4550, nil)
	s.pay(onItsWay, 1, 1, payment.UnionPay, 4550, payment.Approved, payment.ReasonNone)
	s.back(onItsWay, 1, 550, false, payment.RefundPending)
	s.create("till-01", declined, 2000, nil)
	s.pay(declined, 1, 1, payment.WeChat, 2000, payment.Declined, payment.FundsMissing)
	s.pay(declined, 2, 1, payment.Alipay, 2000, payment.Declined, payment.CodeExpired)
	s.create("till-02", voided, 700, nil)
	s.pay(voided, 1, 1, payment.WeChat, 700, payment.Approved, payment.ReasonNone)
	s.back(voided, 1, 700, true, payment.RefundDone)
	s.create("till-01", tooLate, 900, nil)
	s.pay(tooLate, 1, 1, payment.WeChat, 900, payment.Expired, payment.TooLate)
	s.line(reconcile.Taken, payment.NewOrder(tooLate, 1), "", payment.WeChat, 900)
	s.line(reconcile.Reversed, payment.NewOrder(tooLate, 1), "", payment.WeChat, 900)
	s.add("till-01", payment.Event{Kind: payment.LateRefunded, Sale: tooLate, Attempt: 1, Amount: 900})
	s.create("till-01", unsettled, 999, nil)
	s.pay(unsettled, 1, 1, payment.WeChat, 999, payment.Checking, payment.CustomerSilent)
	s.add("till-01", payment.Event{Kind: payment.CashMoved, Shift: 1, Movement: payment.PayOut, Amount: 2000})
	s.add("till-01", payment.Event{Kind: payment.ShiftClosed, Shift: 1, Amount: 10000 + bill.Total() + 4000 - 2000 - 150}) // 1.50 short
	s.undated = true
	s.create("till-02", undated, 100, nil)
	s.cash(undated, 1, 100, 100)
}

// quiet makes it a day on which the books agree to the cent.
func (s *street) quiet() {
	s.journals, s.sales, s.receipts, s.lines = map[string][]entry{}, map[payment.SaleID]*pages.Detail{}, map[string]uint64{}, nil
	s.now, s.undated = noon.Add(-2*time.Hour), false
	s.create("till-01", inCash, 350, nil)
	s.cash(inCash, 1, 350, 500)
	s.create("till-01", inParts, 1234, nil)
	s.pay(inParts, 1, 1, payment.WeChat, 1234, payment.Approved, payment.ReasonNone)
	s.now = noon
}

// entry is a record of a journal, before it is one.
type entry struct {
	at    payment.Stamp
	event payment.Event
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (s *street) add(terminal string, e payment.Event) {
	at := payment.Stamp{Boot: "b", Mono: s.now.Sub(noon.Add(-3 * time.Hour)), Time: s.now}
	if s.undated {
		at.Boot, at.Time = "lost", time.Time{}
	}
	s.journals[terminal] = append(s.journals[terminal], entry{at, e})
	s.now = s.now.Add(time.Minute)
	if e.Sale == "" {
		return
	}
	d := s.sales[e.Sale]
	if d == nil {
		d = &pages.Detail{Sale: pages.Sale{SaleEntry: cloud.SaleEntry{Terminal: terminal, Epoch: 1}}}
		s.sales[e.Sale] = d
	}
	sale := must(d.SaleEntry.Sale.Apply(e, at))
	d.SaleEntry.Sale, d.Status = sale, sale.Status()
	if sale.Elsewhere != nil {
		d.Status = payment.StatusRefunded
	}
}

func (s *street) create(terminal string, id payment.SaleID, amount int64, bill *payment.Bill) {
	s.add(terminal, payment.Event{Kind: payment.SaleCreated, Sale: id, Amount: amount, Currency: "USD", Bill: bill, Cashier: "Mei 梅"})
}

func (s *street) receipt(terminal string) uint64 {
	s.receipts[terminal]++
	return s.receipts[terminal]
}

func (s *street) cash(id payment.SaleID, tender int, amount, tendered int64) {
	d := s.sales[id]
	s.add(d.Terminal, payment.Event{
		Kind: payment.CashTaken, Sale: id, Tender: tender, Amount: amount, Tendered: tendered, Change: tendered - amount, Receipt: s.receipt(d.Terminal),
	})
}

func (s *street) line(kind reconcile.LineKind, o payment.Order, refund payment.RefundID, w payment.Wallet, amount int64) {
	s.lines = append(s.lines, reconcile.Line{Kind: kind, Order: o, Refund: refund, Wallet: w, Amount: payment.Money{Amount: amount, Currency: "USD"}, At: s.now})
}

// pay is an attempt that ends, or stays open, in all books alike.
func (s *street) pay(id payment.SaleID, attempt, tender int, w payment.Wallet, amount int64, status payment.AttemptStatus, why payment.Reason) {
	d := s.sales[id]
	order := payment.NewOrder(id, attempt)
	s.add(d.Terminal, payment.Event{Kind: payment.AttemptStarted, Sale: id, Tender: tender, Attempt: attempt, Amount: amount, Wallet: w, Mode: payment.Scan})
	a := cloud.Attempt{Terminal: d.Terminal, Tender: tender, Mode: payment.Scan, Submitted: s.now}
	a.Answer = payment.Answer{Order: order, Status: status, Reason: why, Amount: amount, Currency: "USD", Wallet: w}
	e := payment.Event{Kind: payment.AttemptChanged, Sale: id, Attempt: attempt, Status: status, Reason: why, Wallet: w}
	switch {
	case status == payment.Approved:
		a.Taken, a.Transaction, a.Payer = true, "42000012342026112400"+string(order[24:]), "o***x"
		e.Transaction, e.Payer = a.Transaction, a.Payer
		if d.SaleEntry.Sale.Due() == amount {
			e.Receipt = s.receipt(d.Terminal)
		}
		s.line(reconcile.Taken, order, "", w, amount)
		fallthrough
	case status.Final():
		a.Settled = s.now
	default:
		a.Step = cloud.StepQuery
	}
	d.Attempts = append(d.Attempts, a)
	s.add(d.Terminal, e)
}

// back is money of a sale's first tender that goes back.
func (s *street) back(id payment.SaleID, n int, amount int64, void bool, status payment.RefundStatus) {
	d := s.sales[id]
	s.add(d.Terminal, payment.Event{Kind: payment.RefundAsked, Sale: id, Refund: n, Tender: 1, Amount: amount, Void: void})
	order, _ := d.SaleEntry.Sale.WalletOrder(1)
	r := cloud.RefundEntry{Terminal: d.Terminal, Order: order, Void: void, Submitted: s.now, Step: cloud.StepRefund}
	r.Answer = payment.RefundAnswer{Refund: payment.NewRefundID(id, n), Status: status, Amount: amount, Currency: "USD"}
	e := payment.Event{Kind: payment.RefundChanged, Sale: id, Refund: n, RefundStatus: status}
	if status == payment.RefundDone {
		e.Transaction, r.Step, r.Settled = "50300000012026112400"+string(id[24:]), cloud.StepNone, s.now
		kind := reconcile.Refunded
		if void {
			kind = reconcile.Reversed
		}
		s.line(kind, order, r.Answer.Refund, d.SaleEntry.Sale.Tenders[0].Wallet, amount)
	}
	d.Refunds = append(d.Refunds, r)
	if e := d.SaleEntry.Sale.Elsewhere; e != nil {
		s.sales[e.Sale].Others, s.sales[e.Sale].Away = append(s.sales[e.Sale].Others, r), amount
	}
	s.add(d.Terminal, e)
}

// fetch is a refund at another terminal than the one that sold.
func (s *street) fetch(terminal string, id, of payment.SaleID, amount int64) {
	sold := s.sales[of].SaleEntry
	order, wallet := payment.NewOrder(of, 1), sold.Sale.Tenders[0].Wallet
	given, _ := sold.Sale.Refunded()
	s.add(terminal, payment.Event{Kind: payment.SaleFetched, Sale: id, Elsewhere: &payment.Elsewhere{
		Sale: of, Terminal: sold.Terminal, Epoch: 1, Receipt: sold.Sale.Receipt, Created: sold.Sale.Created, Total: sold.Sale.Total, Given: given,
		Parts: []payment.Part{{Order: order, Wallet: wallet, Left: sold.Sale.Total.Amount - given}},
	}})
	s.back(id, 1, amount, false, payment.RefundDone)
}

// What the pages need of a gateway.

var errBroken = errors.New("the ledger is gone")

func (s *street) Terminals(merchant string) ([]pages.Terminal, error) {
	switch {
	case s.broken:
		return nil, errBroken
	case merchant != "museum":
		return nil, nil
	}
	return s.terminals, nil
}

func (s *street) Sales(terminals []string, before payment.SaleID, most int) (all []pages.Sale, err error) {
	for _, id := range slices.Backward(slices.Sorted(maps.Keys(s.sales))) {
		if d := s.sales[id]; len(all) < most && (before == "" || id < before) && slices.Contains(terminals, d.Terminal) {
			all = append(all, d.Sale)
		}
	}
	return all, nil
}

func (s *street) Sale(id payment.SaleID) (pages.Detail, bool, error) {
	if d := s.sales[id]; d != nil {
		return *d, true, nil
	}
	return pages.Detail{}, false, nil
}

func (s *street) Paid(string) (payment.SaleID, error) { return "", nil }

func (s *street) Report(terminal, from, to, zone string) (figures.Report, error) {
	a, err := figures.New(terminal, from, to, must(time.LoadLocation(zone)))
	if err != nil {
		return figures.Report{}, err
	}
	for _, e := range s.journals[terminal] {
		if err := a.Add(e.at, e.event); err != nil {
			return figures.Report{}, err
		}
	}
	return a.Report(), nil
}

func (s *street) Reconcile(from, to, zone string, terminals []string) (reconcile.Report, error) {
	return reconcile.Reconcile(books{s}, reconcile.Question{From: from, To: to, Zone: must(time.LoadLocation(zone)), Terminals: terminals, Now: s.now})
}

func (s *street) Configure(string, enrolment.Settings, []string) error { return nil }

// books are the three that are held against each other.
type books struct{ s *street }

func (b books) Journals(f func(string, uint32, cloud.Head) error) error {
	for _, id := range slices.Sorted(maps.Keys(b.s.journals)) {
		if err := f(id, 1, cloud.Head{Seq: uint64(len(b.s.journals[id]))}); err != nil {
			return err
		}
	}
	return nil
}

func (b books) Records(terminal string, epoch uint32, f func(wire.Record) error) error {
	prev := wire.Genesis(terminal, epoch)
	for i, e := range b.s.journals[terminal] {
		r := must(wire.NewRecord(prev, uint64(i+1), e.at, e.event))
		if err := f(r); err != nil {
			return err
		}
		prev = r.Hash
	}
	return nil
}

func (b books) each(f func(*pages.Detail) error) error {
	for _, id := range slices.Sorted(maps.Keys(b.s.sales)) {
		if err := f(b.s.sales[id]); err != nil {
			return err
		}
	}
	return nil
}

func (b books) Sales(f func(cloud.SaleEntry) error) error {
	return b.each(func(d *pages.Detail) error { return f(d.SaleEntry) })
}

func eachOf[T any](all []T, f func(T) error) error {
	for _, one := range all {
		if err := f(one); err != nil {
			return err
		}
	}
	return nil
}

func (b books) Attempts(f func(cloud.Attempt) error) error {
	return b.each(func(d *pages.Detail) error { return eachOf(d.Attempts, f) })
}

func (b books) Refunds(f func(cloud.RefundEntry) error) error {
	return b.each(func(d *pages.Detail) error { return eachOf(d.Refunds, f) })
}

func (b books) Lines(f func(reconcile.Line) error) error { return eachOf(b.s.lines, f) }
func (b books) Moving(payment.Order) bool                { return false }
