package training_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"till/checkout"
	"till/checkout/training"
	"till/payment"
	"till/words"
)

var operators = map[string]payment.Operator{
	"1111": {ID: "mei", Name: "Mei", Role: payment.Cashier},
	"2580": {ID: "li", Name: "Li", Role: payment.Manager},
}

const (
	wechat = "134567890123456789"
	alipay = "2812345678901234"
)

// paper is what training has printed.
type paper struct {
	prints  []checkout.Print
	reports []checkout.Report
	forgot  int
}

func (p *paper) Print(job checkout.Print)   { p.prints = append(p.prints, job) }
func (p *paper) Report(job checkout.Report) { p.reports = append(p.reports, job) }
func (p *paper) Forget()                    { p.forgot++ }

// tester is a test, or one of rapid's.
type tester interface {
	Helper()
	Error(...any)
	Fatal(...any)
	Fatalf(string, ...any)
}

// rig is a counter with everything around it in memory.
type rig struct {
	t       tester
	fake    *checkout.Fake
	paper   *paper
	counter *training.Counter
	at      time.Time
	fresh   int
}

func newRig(t tester, change func(*checkout.Settings)) *rig {
	settings := checkout.Settings{Currency: "USD", Cashier: "Mei", Managed: true, Rows: 4}
	if change != nil {
		change(&settings)
	}
	r := unstarted(t)
	r.start(settings)
	return r
}

func unstarted(t tester) *rig {
	r := &rig{t: t, fake: checkout.NewFake(), paper: &paper{}, at: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}
	r.fake.Operators = operators
	openShift(t, r.fake)
	return r
}

// openShift has a shift be open that was opened before the test.
func openShift(t tester, f *checkout.Fake) {
	opened := payment.Event{Kind: payment.ShiftOpened, Shift: 1, Currency: "USD"}
	if _, err := f.Append(payment.Stamp{Boot: "0"}, opened); err != nil {
		t.Fatalf("%v", err)
	}
	f.Did = nil
}

// start is a start of the firmware.
func (r *rig) start(settings checkout.Settings) {
	r.counter = training.New(registerOf(r.fake, settings), r.paper)
	r.handle(checkout.Booted{})
}

func registerOf(f *checkout.Fake, settings checkout.Settings) *checkout.Register {
	return &checkout.Register{State: f.Boot(settings), Journal: f, Gateway: f, Printer: f, Body: f, Doctor: f, Guard: f}
}

func (r *rig) now() checkout.Now {
	r.fresh++
	return nowAt(r.at, r.fresh)
}

func nowAt(at time.Time, fresh int) checkout.Now {
	return checkout.Now{At: at, Stamp: payment.Stamp{Boot: "1", Time: at}, Fresh: payment.SaleID(fmt.Sprintf("01JD%022d", fresh))}
}

func (r *rig) handle(e checkout.Event) {
	r.t.Helper()
	if err := r.counter.Handle(e, r.now()); err != nil {
		r.t.Fatalf("%T %+v: %v", e, e, err)
	}
}

func (r *rig) key(keys ...string) {
	r.t.Helper()
	for _, k := range keys {
		r.handle(checkout.Keyed{Key: k})
	}
}

func (r *rig) press(buttons ...string) {
	r.t.Helper()
	for _, b := range buttons {
		r.handle(checkout.Pressed{Button: b})
	}
}

func (r *rig) scan(text string) { r.t.Helper(); r.handle(checkout.Scanned{Data: []byte(text)}) }

// wait lets time pass, and each deadline with it.
func (r *rig) wait(d time.Duration) {
	r.t.Helper()
	end := r.at.Add(d)
	for range 5000 {
		left, ok := r.counter.Wait(r.at)
		if !ok || r.at.Add(left).After(end) {
			r.at = end
			return
		}
		r.at = r.at.Add(left)
		r.handle(checkout.Ticked{})
	}
	r.t.Fatal("a deadline comes again and again")
}

func (r *rig) screen(want checkout.Screen) {
	r.t.Helper()
	if got := r.counter.State().Screen; got != want {
		r.t.Fatalf("screen %s, want %s; it says %+v", got, want, r.counter.State().Message)
	}
}

// train enters training.
func (r *rig) train() {
	r.t.Helper()
	r.press("menu", "training")
	if r.counter.State().Screen == checkout.PIN {
		r.key("2", "5", "8", "0", "enter")
	}
	if !r.counter.Training() {
		r.t.Fatalf("nobody trains; screen %s", r.counter.State().Screen)
	}
	r.screen(checkout.Ready)
}

// amount keys an amount of minor units.
func (r *rig) amount(minor int64) {
	r.t.Helper()
	for _, c := range fmt.Sprint(minor) {
		r.key(string(c))
	}
}

// TestWallets plays each amount that docs/cashier.md promises something of.
func TestWallets(t *testing.T) {
	type stand struct {
		after  time.Duration
		screen checkout.Screen
	}
	tests := []struct {
		amount  int64
		scanned []stand
		shown   []stand
	}{
		{1200,
			[]stand{{0, checkout.Charging}, {time.Second, checkout.Approved}},
			[]stand{{0, checkout.ShowingQR}, {5 * time.Second, checkout.ShowingQR}, {time.Second, checkout.Approved}}},
		{1201,
			[]stand{{0, checkout.Charging}, {time.Second, checkout.Declined}},
			[]stand{{5 * time.Second, checkout.ShowingQR}, {time.Second, checkout.Declined}}},
		{1202,
			[]stand{{0, checkout.Charging}, {4 * time.Second, checkout.Charging}, {time.Second, checkout.Approved}},
			[]stand{{6 * time.Second, checkout.Charging}, {3 * time.Second, checkout.Charging}, {time.Second, checkout.Approved}}},
		{1203,
			[]stand{{2 * time.Second, checkout.Charging}, {time.Second, checkout.Checking}, {11 * time.Second, checkout.Checking}, {time.Second, checkout.Reversed}},
			[]stand{{5 * time.Second, checkout.ShowingQR}, {time.Second, checkout.Checking}, {13 * time.Second, checkout.Checking}, {time.Second, checkout.Reversed}}},
	}
	for _, test := range tests {
		for how, stands := range map[string][]stand{"scanned": test.scanned, "shown": test.shown} {
			t.Run(fmt.Sprint(test.amount, " ", how), func(t *testing.T) {
				r := newRig(t, nil) // and off line, with no clock
				r.train()
				r.amount(test.amount)
				if how == "scanned" {
					r.scan(wechat)
				} else {
					r.press("qr")
				}
				for _, s := range stands {
					r.wait(s.after)
					r.screen(s.screen)
				}
				sale, _ := r.counter.State().OnScreen()
				a := sale.LastAttempt()
				if a.Status == payment.Approved && (a.Wallet != payment.WeChat || !strings.HasPrefix(a.Transaction, "TRAINING")) {
					t.Errorf("paid as %+v", a)
				}
				if a.Status == payment.Declined && a.Reason != payment.FundsMissing {
					t.Errorf("declined since %s", a.Reason)
				}
			})
		}
	}
}

func TestQR(t *testing.T) {
	r := newRig(t, nil)
	r.handle(checkout.ClockLearned{Offset: time.Hour})
	r.train()
	r.amount(500)
	r.press("qr")
	r.wait(time.Second)
	s := r.counter.State()
	sale, _ := s.OnScreen()
	answer := s.Answer(sale.ID)
	if want := "TRAINING" + string(payment.NewOrder(sale.ID, 1)); answer.QR != want {
		t.Errorf("the QR says %q, want %q", answer.QR, want)
	}
	if left := s.SecondsUntil(answer.Expires, r.at); left < 100 || left > 120 {
		t.Errorf("%d seconds left", left)
	}
	r.press("cancel")
	r.wait(20 * time.Second)
	if sale, _ = r.counter.State().Sale(sale.ID); sale.Status() != payment.StatusCancelled {
		t.Errorf("a cancelled QR is %s", sale.Status())
	}
}

// TestCheckingCounts holds that the screen says when it will be reversed, and that parking works.
func TestCheckingCounts(t *testing.T) {
	r := newRig(t, nil)
	r.train()
	r.amount(103)
	r.scan(alipay)
	r.wait(6 * time.Second)
	s := r.counter.State()
	sale, _ := s.OnScreen()
	if left := s.SecondsUntil(s.Answer(sale.ID).ReverseAt, r.at); left != 9 {
		t.Errorf("reversed in %d s, want 9", left)
	}
	r.press("park")
	r.key("2", "5", "8", "0", "enter")
	r.press("other", "done")
	r.wait(time.Second)
	if got := r.counter.State().Message.Key; got != "parked_closed" {
		t.Errorf("it says %q of the parked sale", got)
	}
	if n := len(r.paper.prints); n != 1 {
		t.Errorf("%d slips", n)
	}
}

// TestNothingIsReal does a day's work in training.
func TestNothingIsReal(t *testing.T) {
	r := newRig(t, func(s *checkout.Settings) { s.Zone = time.UTC })
	r.handle(checkout.ClockLearned{})
	r.train()
	before := len(r.fake.Did)

	if shift := r.counter.State().Counter.Shift; !shift.Open || shift.Number != 1 || shift.Float != 0 {
		t.Errorf("the practice shift: %+v", shift)
	}
	r.amount(1000)
	r.press("cash", "exact")
	if got := r.counter.State().Message.Key; got != "training_drawer" {
		t.Errorf("where the drawer would open, it says %q", got)
	}
	sale, _ := r.counter.State().OnScreen()
	r.handle(training.Practised{Event: checkout.Printed{Sale: sale.ID, Receipt: sale.Receipt}})
	if sale, _ = r.counter.State().OnScreen(); sale.Printed == 0 {
		t.Error("the practice receipt came out, and the practice shop does not know")
	}
	r.press("done")
	r.amount(704)
	r.scan(wechat)
	r.wait(time.Second)
	wallet, _ := r.counter.State().OnScreen()
	r.press("done", "menu")
	r.scan(string(payment.NewOrder(wallet.ID, 1))) // its receipt
	r.screen(checkout.OneSale)
	r.press("refund")
	r.key("2", "5", "8", "0", "enter")
	r.press("all")
	r.wait(10 * time.Second)
	if refund := r.listed(wallet.ID).Refunds[0]; refund.Status != payment.RefundPending {
		t.Errorf("a refund of 7.04 is %s", refund.Status)
	}
	r.wait(10 * time.Second)
	if refund := r.listed(wallet.ID).Refunds[0]; refund.Status != payment.RefundDone {
		t.Errorf("a refund of 7.04 is %s in the end", refund.Status)
	}
	r.key("esc", "esc", "esc", "esc")
	r.press("menu", "sales")
	r.handle(checkout.Pressed{Button: checkout.RowID(sale.ID)})
	r.press("void")
	r.key("2", "5", "8", "0", "enter")
	r.press("void")
	r.key("esc", "esc", "esc")
	r.press("menu", "shift", "x_report")
	r.key("2", "5", "8", "0", "enter")
	r.press("no_sale")
	r.key("9", "9", "9", "9", "enter") // nobody's PIN does as well: there is nothing to find out
	r.press("reason_change", "pay_in")
	r.key("5", "00", "enter")
	r.press("close_shift")
	r.key("5", "00", "enter")

	if n := len(r.paper.reports); n != 2 || r.paper.reports[1].Shift.Number != 1 || r.paper.reports[1].Shift.Open {
		t.Errorf("reports: %+v", r.paper.reports)
	}
	if n := len(r.paper.prints); n != 4 {
		t.Errorf("%d slips, want two receipts, a refund and a void", n)
	}
	for _, e := range r.fake.Did[before:] {
		if _, heard := e.(checkout.Play); !heard {
			t.Errorf("in the real shop: %T %+v", e, e)
		}
	}
	r.press("cancel", "training_end")
	if r.counter.Training() || r.paper.forgot != 1 {
		t.Errorf("training %v, forgotten %d times", r.counter.Training(), r.paper.forgot)
	}
	events := r.fake.Events()[1:] // behind the shift that is open
	if last := events[len(events)-1]; len(events) != 1 || last.Kind != payment.ManagerActed || last.Step != payment.ToTrain || last.Operator != "li" {
		t.Errorf("the journal has %+v", events)
	}
	r.screen(checkout.Ready)

	// The next who trains begins anew.
	r.train()
	if s := r.counter.State(); s.Receipt != 0 || s.Counter.Before.Number != 0 || !s.Counter.Shift.Open {
		t.Errorf("the second practice shop begins with receipt %d, %+v", s.Receipt, s.Counter)
	}
}

// listed is a practice sale as the list has it.
func (r *rig) listed(id payment.SaleID) payment.Sale {
	for _, s := range r.counter.State().Listed {
		if s.ID == id {
			return s
		}
	}
	r.t.Fatalf("sale %s is not listed", id)
	return payment.Sale{}
}

// TestSought holds that no sale is found but those of training, and that nobody
// outside is asked.
func TestSought(t *testing.T) {
	r := newRig(t, nil)
	r.handle(checkout.ClockLearned{})
	r.handle(checkout.LinkChanged{Online: true})
	r.amount(900)
	r.press("cash", "exact", "done")
	real := r.fake.Sales()[0]
	r.train()
	before := len(r.fake.Did)
	for _, text := range []string{string(payment.NewOrder(real.ID, 1)), "4200001234202611241234567890"} {
		r.press("menu")
		r.scan(text)
		r.wait(time.Second)
		if got := r.counter.State().Message.Key; got != "sought_sale_unknown" {
			t.Errorf("%s: it says %s", text, got)
		}
		r.key("esc")
	}
	r.press("menu", "sales", "find")
	r.key("1", "enter") // the real one's number
	if got := r.counter.State().Message.Key; got != "receipt_not_found" {
		t.Errorf("by number: it says %s", got)
	}
	for _, e := range r.fake.Did[before:] {
		if _, heard := e.(checkout.Play); !heard {
			t.Errorf("in the real shop: %T %+v", e, e)
		}
	}
}

// TestPaperAsked holds that a practice receipt has no page on a customer's phone, and
// is printed where somebody asks for it.
func TestPaperAsked(t *testing.T) {
	r := newRig(t, func(s *checkout.Settings) { s.ReceiptURL, s.PaperAsked = "https://till.example/r/", true })
	r.train()
	r.amount(500)
	r.press("cash", "exact")
	if got := r.counter.State().ReceiptQR(); got != "" {
		t.Errorf("the receipt's QR is %q", got)
	}
	if len(r.paper.prints) != 0 {
		t.Error("a receipt is printed that nobody asked for")
	}
	r.press("print")
	if len(r.paper.prints) != 1 {
		t.Errorf("asked for: %d slips", len(r.paper.prints))
	}
	r.press("done", "menu", "training_end")
	if got := r.counter.State().Settings.ReceiptURL; got != "https://till.example/r/" {
		t.Errorf("the real receipts are at %q", got)
	}
}

// TestHeld holds that what is held in training is held there.
func TestHeld(t *testing.T) {
	r := newRig(t, nil)
	r.amount(900)
	r.press("menu", "hold")
	r.train()
	r.press("menu")
	if r.counter.State().Pressable("held") {
		t.Error("a really held sale is in training")
	}
	r.key("esc")
	r.amount(500)
	r.press("menu", "hold")
	if held := r.counter.State().Counter.Held; len(held) != 1 || held[0].Number != 1 {
		t.Errorf("in training %+v is held", held)
	}
	r.press("menu", "training_end")
	if held := r.counter.State().Counter.Held; len(held) != 1 || held[0].Cart.Items[0].Amount != 900 {
		t.Errorf("%+v is held", held)
	}
}

// TestRefused holds what a scanner may read in training.
func TestRefused(t *testing.T) {
	for text, want := range map[string]words.Key{
		"6901234567892": "code_product_code", "1345": "code_wrong_length", "151234567890123456": "code_hong_kong_wallet",
	} {
		r := newRig(t, nil)
		r.train()
		r.amount(500)
		r.scan(text)
		if got := r.counter.State().Message.Key; got != want {
			t.Errorf("%q: it says %s, want %s", text, got, want)
		}
		r.screen(checkout.Ready)
	}
}

// TestEnds holds every way out of training, and where it leads.
func TestEnds(t *testing.T) {
	signOn := func(s *checkout.Settings) { s.SignOn, s.LockAfter, s.SignsOn = true, 5*time.Minute, operators["1111"] }
	tests := map[string]struct {
		settings func(*checkout.Settings)
		do       func(*rig)
		to       checkout.Screen
	}{
		"the button": {nil, func(r *rig) { r.press("menu", "training_end") }, checkout.Ready},
		"the button, with an amount keyed": {nil, func(r *rig) {
			r.key("5")
			r.press("menu", "training_end")
		}, checkout.Ready},
		"nobody there": {nil, func(r *rig) {
			r.wait(29 * time.Minute)
			r.key("5")
			r.wait(29*time.Minute + 59*time.Second)
			if !r.counter.Training() {
				r.t.Error("it ended early")
			}
			r.wait(time.Second)
		}, checkout.Ready},
		"auto-lock": {signOn, func(r *rig) {
			for range 3 {
				r.wait(4 * time.Minute)
				r.key("5")
			}
			if !r.counter.Training() {
				r.t.Error("it ended with somebody there")
			}
			r.wait(5 * time.Minute)
		}, checkout.SignOn},
		"a restart": {nil, func(r *rig) {
			r.amount(500)
			r.scan(wechat)
			r.start(r.counter.Real.State.Settings)
		}, checkout.Ready},
		"the real journal refused": {nil, func(r *rig) { r.handle(checkout.Refused{Why: "fork"}) }, checkout.Fault},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, test.settings)
			r.train()
			test.do(r)
			if r.counter.Training() {
				t.Fatal("it goes on")
			}
			r.screen(test.to)
			if name != "a restart" && test.to != checkout.Fault && r.counter.State().Message.Key != "training_over" {
				t.Errorf("it says %+v", r.counter.State().Message)
			}
			if r.counter.State().Entry != 0 {
				t.Error("what was keyed in training is on the real screen")
			}
			if slices.ContainsFunc(r.fake.Events(), func(e payment.Event) bool { return e.Kind == payment.SaleCreated }) {
				t.Error("the journal has a sale")
			}
		})
	}
}

// TestSignedOn holds that whoever trains stays signed on, at both counters.
func TestSignedOn(t *testing.T) {
	r := newRig(t, func(s *checkout.Settings) { s.SignOn, s.SignsOn = true, operators["1111"] })
	r.train()
	if got := r.counter.State().Attendant(); got != "Mei" {
		t.Errorf("%q trains", got)
	}
	r.press("menu")
	if err := r.counter.Handle(checkout.Pressed{Button: "sign_off"}, r.now()); !errors.Is(err, checkout.ErrNoButton) {
		t.Errorf("signing off while training: %v", err)
	}
	r.press("training_end")
	if got := r.counter.State().Attendant(); got != "Mei" {
		t.Errorf("%q is at the counter", got)
	}
}

// TestRealShopGoesOn holds that a parked sale is followed while somebody trains.
func TestRealShopGoesOn(t *testing.T) {
	r := newRig(t, nil)
	r.handle(checkout.ClockLearned{})
	r.handle(checkout.LinkChanged{Online: true})
	r.amount(900)
	r.scan(alipay)
	r.wait(4 * time.Second)
	r.press("park")
	r.key("2", "5", "8", "0", "enter")
	r.press("goods", "done")
	parked := r.fake.Sales()[0]
	r.train()
	asked := func() (n int) {
		for _, e := range r.fake.Did {
			if _, ok := e.(checkout.Query); ok {
				n++
			}
		}
		return n
	}
	before := asked()
	r.wait(time.Minute)
	if asked() == before {
		t.Error("nobody asks after the parked sale")
	}
	r.amount(500)
	r.press("qr")
	answer, err := r.fake.Answer(payment.NewOrder(parked.ID, 1), payment.Approved)
	if err != nil {
		t.Fatal(err)
	}
	r.handle(checkout.Told{Answer: answer})
	r.screen(checkout.ShowingQR)
	if got := r.counter.Real.State.Message.Key; got != "parked_paid" {
		t.Errorf("the real shop says %q", got)
	}
	if sale := r.fake.Sales()[0]; sale.Status() != payment.StatusApproved {
		t.Errorf("the parked sale is %s", sale.Status())
	}
}

// TestNotFree holds that a cash register's order waits for nobody who trains, and that
// what it may do at any time it still may.
func TestNotFree(t *testing.T) {
	r := newRig(t, func(s *checkout.Settings) { s.AutoShift = true })
	r.train()
	r.handle(checkout.Ordered{Order: checkout.Order{Key: "1", Amount: 500}})
	if s := r.counter.Real.State; s.Begun() {
		t.Error("the order is at the real counter, which nobody sees")
	}
	if s := r.counter.State(); s.Begun() {
		t.Error("the order is at the practice counter")
	}
	r.handle(checkout.DrawerOrdered{})
	if last := r.fake.Did[len(r.fake.Did)-1]; last != (checkout.Effect(checkout.KickDrawer{})) {
		t.Errorf("the cash register's drawer: %T", last)
	}
}

// TestForgotten holds that what comes of a practice document later is nobody's news.
func TestForgotten(t *testing.T) {
	r := newRig(t, nil)
	r.train()
	r.amount(500)
	r.press("cash", "exact")
	sale, _ := r.counter.State().OnScreen()
	r.press("done", "menu", "training_end")
	for again := range 2 {
		if again == 1 {
			r.train() // in another shop
		}
		r.handle(training.Practised{Event: checkout.Doubted{Sale: sale}})
		r.handle(training.Practised{Event: checkout.Printed{Sale: sale.ID, Receipt: sale.Receipt}})
		if len(r.counter.State().Doubts) > 0 {
			t.Error("the cashier is asked for a receipt of a shop that is forgotten")
		}
	}
}

// TestHalted holds that both counters stop where something is in the way.
func TestHalted(t *testing.T) {
	r := newRig(t, nil)
	r.train()
	r.handle(checkout.HaltChanged{Why: words.Sentence{Key: "halt_disk"}})
	r.screen(checkout.Halted)
	r.press("menu", "training_end")
	r.screen(checkout.Halted)
	r.press("menu")
	if err := r.counter.Handle(checkout.Pressed{Button: "training"}, r.now()); !errors.Is(err, checkout.ErrNoButton) {
		t.Errorf("training while halted: %v", err)
	}
	r.handle(checkout.HaltChanged{})
	r.key("esc")
	r.screen(checkout.Ready)
}
