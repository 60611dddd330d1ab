package checkout_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"till/checkout"
	"till/payment"
)

// machine is a counter to which anything may happen, with what must be true of
// it after every step. It is stepped by hand, and not by a Register, so that
// power can go between a commit and what follows it.
type machine struct {
	fake     *checkout.Fake
	state    checkout.State
	at       time.Time
	settings checkout.Settings
	boot     int
	fresh    int
	orders   []payment.Order                  // begun
	heard    map[ending]bool                  // told, and an approval with the right amount
	said     map[payment.Order]payment.Answer // the newest answer made
	told     []payment.Answer                 // to be told again some day
	asked    map[payment.Order]bool           // charged or shown
	given    map[payment.RefundID]bool        // said to be final
	reports  map[uint64]payment.Shift         // as they were closed
	sought   string                           // what the gateway was asked for last
	papers   map[checkout.Printed]bool        // documents of which one that is no copy went to the printer
	cut      bool                             // power goes after the next commit
}

// ending is how an order ended.
type ending struct {
	order  payment.Order
	status payment.AttemptStatus
}

func newMachine(t *rapid.T) *machine {
	m := &machine{
		fake: checkout.NewFake(), at: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC),
		heard: map[ending]bool{}, said: map[payment.Order]payment.Answer{}, asked: map[payment.Order]bool{}, given: map[payment.RefundID]bool{},
		reports: map[uint64]payment.Shift{},
		papers:  map[checkout.Printed]bool{},
	}
	m.fake.Operators = operators
	m.settings = settings
	m.settings.Resets = rapid.Bool().Draw(t, "a PIN can be replaced")
	if rapid.Bool().Draw(t, "operators sign on") {
		m.settings.SignOn, m.settings.LockAfter = true, time.Minute
		if rapid.Bool().Draw(t, "by themselves") {
			m.settings.SignsOn = operators["1111"]
		}
	}
	m.settings.PaperAsked = rapid.Bool().Draw(t, "paper is asked for")
	m.settings.Practice = rapid.Bool().Draw(t, "a practice counter")
	m.settings.AutoShift = rapid.Bool().Draw(t, "shifts open by themselves")
	m.start(t)
	return m
}

func (m *machine) start(t *rapid.T) {
	m.boot++
	m.state = m.fake.Boot(m.settings)
	m.step(t, checkout.Booted{})
}

// place is where in memory the end of a shift is, which a report's copy shares.
var place = regexp.MustCompile(`\(\*payment\.Forward\)\(0x[0-9a-f]+\)`)

// deep is all that a state holds, as text.
func deep(s checkout.State) string { return place.ReplaceAllString(fmt.Sprintf("%#v", s), "") }

// step takes an event, checks the step, and carries it out.
func (m *machine) step(t *rapid.T, e checkout.Event) {
	m.at = m.at.Add(time.Millisecond)
	m.fresh++
	now := checkout.Now{
		At: m.at, Stamp: payment.Stamp{Boot: fmt.Sprint(m.boot), Time: m.at},
		Fresh: payment.SaleID(fmt.Sprintf("01JD%022d", m.fresh)),
	}
	before, text := m.state, deep(m.state)
	next, effects := checkout.Step(before, e, now)
	if after := deep(before); after != text {
		t.Fatalf("%T changed the state it was given:\n%s\n%s", e, text, after)
	}
	again, _ := checkout.Step(before, e, now)
	if deep(again) != deep(next) {
		t.Fatalf("%T: the same step twice gives two states", e)
	}
	if next.Screen == checkout.Fault {
		t.Fatalf("%T %+v: fault: %v", e, e, next.FaultText)
	}
	committed := m.commit(t, e, effects, now)
	if m.cut && committed != nil {
		m.cut = false
		m.start(t) // the step was made durable, and nobody learned of it
		return
	}
	m.state = next
	m.carryOut(t, e, committed, effects)
	m.check(t)
}

// commit holds that a step's commit is the first effect and the only one, and
// that the journal takes it.
func (m *machine) commit(t *rapid.T, e checkout.Event, effects []checkout.Effect, now checkout.Now) []payment.Event {
	var events []payment.Event
	for i, effect := range effects {
		c, ok := effect.(checkout.Commit)
		if !ok {
			continue
		}
		if i != 0 || len(c.Events) == 0 {
			t.Fatalf("%T: effect %d is a commit of %d events", e, i, len(c.Events))
		}
		events = c.Events
	}
	for _, e := range events {
		if e.Kind == payment.AttemptChanged && e.Status == payment.Approved && m.unwanted(t, payment.NewOrder(e.Sale, e.Attempt)) {
			t.Fatalf("an approval that nobody wants any more is taken: %+v", e)
		}
	}
	for i, e := range events {
		if e.Kind == payment.CartDropped && (i == 0 || events[i-1].Step != payment.ToDropHeld || events[i-1].Operator != "li") {
			t.Fatalf("hold %d is dropped, and no manager was asked", e.Hold)
		}
	}
	open := m.fake.Counter().Shift.Open
	for _, e := range events {
		switch open = open && e.Kind != payment.ShiftClosed || e.Kind == payment.ShiftOpened; {
		case open:
		case e.Kind == payment.SaleCreated, e.Kind == payment.CashTaken, e.Kind == payment.CashMoved, e.Kind == payment.SaleFetched && m.fake.Counter().Shift.Number == 0:
			t.Fatalf("%s, and no shift is open", e.Kind)
		}
	}
	for _, e := range events {
		if e.Kind == payment.SaleCreated && m.settings.SignOn && m.state.Counter.Desk.On.ID == "" {
			t.Fatalf("a sale is begun with nobody signed on: %+v", e)
		}
		if e.Kind == payment.SaleCreated && e.Cashier != m.state.Attendant() {
			t.Fatalf("%q sells, and %q is at the counter", e.Cashier, m.state.Attendant())
		}
	}
	if events == nil {
		return nil
	}
	if _, err := m.fake.Append(now.Stamp, events...); err != nil {
		t.Fatalf("%T: the journal refuses the step: %v", e, err)
	}
	if z := m.fake.Counter().Before; z.Number != 0 && m.reports[z.Number].Number == 0 {
		m.reports[z.Number] = z
	}
	return events
}

func (m *machine) carryOut(t *rapid.T, e checkout.Event, committed []payment.Event, effects []checkout.Effect) {
	begins := func(o payment.Order) {
		if m.asked[o] {
			t.Fatalf("order %s is asked for a second time", o)
		}
		m.asked[o] = true
		if !slices.ContainsFunc(committed, func(e payment.Event) bool {
			return e.Kind == payment.AttemptStarted && payment.NewOrder(e.Sale, e.Attempt) == o
		}) {
			t.Fatalf("%T: order %s goes out, and this step did not begin it", e, o)
		}
		m.orders = append(m.orders, o)
		if _, ok := e.(checkout.Booted); ok {
			t.Fatalf("order %s goes out at boot", o)
		}
	}
	for _, effect := range effects {
		switch x := effect.(type) {
		case checkout.Charge:
			begins(x.Order)
			if _, ok := e.(checkout.Scanned); !ok {
				t.Fatalf("a charge by %T", e)
			}
		case checkout.Show:
			begins(x.Order)
		case checkout.Print:
			if x.Sale.Receipt == 0 && x.Sale.Parked == "" && x.Refund == 0 {
				t.Fatalf("%T: a slip of a sale that is neither paid nor parked, and of nothing given back: %+v", e, x.Sale)
			}
			m.checkPaper(t, e, x)
			m.fake.Print(x)
		case checkout.Report:
			m.checkReport(t, e, x)
			m.fake.Report(x)
		case checkout.Load:
			sales, err := m.fake.Recent(x.Count)
			if err != nil {
				t.Fatal(err)
			}
			m.step(t, checkout.Loaded{Sales: sales})
		case checkout.Find:
			found := checkout.Found{}
			sale, ok, _ := m.fake.Sale(x.Sale) // the fake reads
			if x.Receipt != 0 {
				sale, ok, _ = m.fake.Receipted(x.Receipt)
			}
			if ok {
				found.Sale = &sale
			}
			m.step(t, found)
		case checkout.Seek:
			if _, err := payment.ParseCode([]byte(x.Text)); err == nil {
				t.Fatalf("a code that pays is looked for, unsealed")
			}
			m.sought = x.Text
		case checkout.Identify:
			o, known := m.fake.Identify(x.Secret)
			m.step(t, checkout.Identified{Operator: o, Known: known, Badge: x.Badge})
		case checkout.GiveBack:
			m.checkGiven(t, x)
		}
	}
}

// checkReport holds that a Z report has one original, and that a copy says what it said.
func (m *machine) checkReport(t *rapid.T, e checkout.Event, r checkout.Report) {
	of := checkout.Printed{Shift: r.Shift.Number}
	switch {
	case r.Shift.Open:
		return
	case r.Shift.Forward == nil:
		t.Fatalf("%T: Z report %d says nothing of what is carried forward", e, of.Shift)
	case r.Copy && !reflect.DeepEqual(r.Shift, m.reports[of.Shift]):
		t.Fatalf("%T: the copy of Z report %d is of %+v, and was of %+v", e, of.Shift, r.Shift, m.reports[of.Shift])
	case r.Copy:
		return
	case m.papers[of]:
		t.Fatalf("%T: Z report %d is printed twice, and neither is a copy", e, of.Shift)
	}
	m.papers[of] = true
}

// checkPaper holds that a receipt or slip has one original, and that where receipts on
// paper are asked for, somebody has.
func (m *machine) checkPaper(t *rapid.T, e checkout.Event, p checkout.Print) {
	if p.Copy {
		return
	}
	parked := p.Of() == checkout.Printed{Sale: p.Sale.ID} // of each time that it is
	if m.papers[p.Of()] && !parked {
		t.Fatalf("%T: %+v is printed twice, and neither is a copy", e, p.Of())
	}
	m.papers[p.Of()] = true
	if p.Refund != 0 || parked {
		if !p.Sale.OwesSlip(p.Refund) {
			t.Fatalf("%T: a slip is printed that the journal does not owe: %+v", e, p.Of())
		}
		return
	}
	_, pressed := e.(checkout.Pressed)
	_, keyed := e.(checkout.Keyed)
	if m.settings.PaperAsked && !pressed && !keyed {
		t.Fatalf("%T: receipt %d is printed, and nobody asked for it", e, p.Sale.Receipt)
	}
}

// checkGiven holds that money is asked back only as the journal has it.
func (m *machine) checkGiven(t *rapid.T, g checkout.GiveBack) {
	id, n, err := g.Refund.Split()
	if err != nil {
		t.Fatal(err)
	}
	sale, _, _ := m.fake.Sale(id) // the fake reads
	if n > len(sale.Refunds) {
		t.Fatalf("refund %s is asked for, and not in the journal", g.Refund)
	}
	r := sale.Refunds[n-1]
	order, wallet := sale.WalletOrder(r.Tender)
	if !wallet || order != g.Order || r.Amount != g.Amount.Amount || r.Void != g.Void || r.Status.Final() {
		t.Fatalf("%+v is asked for, the journal has %+v", g, r)
	}
}

// check is what must be true after every step.
func (m *machine) check(t *rapid.T) {
	s := m.state
	ids, mains, out := map[string]bool{}, 0, false
	for _, b := range s.Buttons() {
		if b.ID == "" || ids[b.ID] {
			t.Fatalf("screen %s has button %q twice", s.Screen, b.ID)
		}
		ids[b.ID] = true
		if b.Main {
			mains++
		}
		out = out || b.Enabled && (b.Back || b.ID == "done" || b.ID == "park" || b.ID == "yes")
	}
	if mains > 1 {
		t.Fatalf("screen %s has %d main buttons", s.Screen, mains)
	}
	if !out && s.Screen != checkout.Ready && s.Screen != checkout.SignOn && s.Deadline().IsZero() {
		t.Fatalf("no way out of screen %s: %+v", s.Screen, s.Buttons())
	}
	if _, ok := s.OnScreen(); ok != (s.Current != "") {
		t.Fatalf("screen %s: sale %q is on it, and not held", s.Screen, s.Current)
	}
	if fmt.Sprintf("%#v", s.Counter) != fmt.Sprintf("%#v", m.fake.Counter()) {
		t.Fatalf("the state's drawer is not the journal's:\n%+v\n%+v", s.Counter, m.fake.Counter())
	}
	if _, held := s.Counter.HeldAs(s.Hold); s.Hold != 0 && (!held || !s.Begun() || s.Order.Key != "" || s.Current != "") {
		t.Fatalf("screen %s: hold %d is recalled, held %v: %+v", s.Screen, s.Hold, held, s.Making)
	}
	open := 0
	for _, sale := range m.fake.Sales() {
		held, ok := s.Sale(sale.ID)
		if ok && fmt.Sprintf("%#v", held) != fmt.Sprintf("%#v", sale) {
			t.Fatalf("the state's sale is not the journal's:\n%+v\n%+v", held, sale)
		}
		if !ok && (sale.Unfinished() || sale.ID == s.Last) {
			t.Fatalf("sale %s is unfinished or the newest, and not held", sale.ID)
		}
		if sale.OpenAttempt() != nil && sale.Parked == "" {
			open++
			if s.Current != sale.ID {
				t.Fatalf("an open sale that is not parked is not on the screen %s", s.Screen)
			}
		}
		if sale.Waived && !m.settings.PaperAsked {
			t.Fatalf("receipt %d is waived, and nobody is asked", sale.Receipt)
		}
		for _, a := range sale.Attempts {
			o := payment.NewOrder(sale.ID, a.Number)
			if a.Status.Final() && !m.heard[ending{o, a.Status}] {
				t.Fatalf("order %s is %s, and nobody said so", o, a.Status)
			}
		}
		for _, r := range sale.Refunds {
			if _, wallet := sale.WalletOrder(r.Tender); wallet && r.Status.Final() && !m.given[payment.NewRefundID(sale.ID, r.Number)] {
				t.Fatalf("refund %d of %s is %s, and nobody said so", r.Number, sale.ID, r.Status)
			}
		}
	}
	if open > 1 {
		t.Fatalf("%d sales are open at once", open)
	}
	m.checkScreen(t)
	m.checkSecrets(t)
}

// checkScreen holds that the screen claims nothing of its sale that is not so.
func (m *machine) checkScreen(t *rapid.T) {
	sale, ok := m.state.OnScreen()
	claims := map[checkout.Screen]payment.Status{
		checkout.Approved: payment.StatusApproved, checkout.Declined: payment.StatusDeclined,
		checkout.Expired: payment.StatusExpired, checkout.Cancelled: payment.StatusCancelled,
		checkout.Reversed: payment.StatusReversed,
	}
	screen := m.state.Screen
	if claim, is := claims[screen]; is && (!ok || sale.Status() != claim) {
		t.Fatalf("screen %s of a sale that is %s", screen, sale.Status())
	}
	switch screen {
	case checkout.Charging, checkout.ShowingQR, checkout.Checking, checkout.PIN, checkout.Parking:
		if screen == checkout.PIN && m.state.Purpose != payment.ToPark {
			return
		}
		if !ok || sale.OpenAttempt() == nil || sale.Parked != "" {
			t.Fatalf("screen %s, and nothing is open", screen)
		}
	case checkout.Ready, checkout.SignOn, checkout.Receipt, checkout.Offline, checkout.Menu, checkout.Sales, checkout.OneSale, checkout.About,
		checkout.Catalogue, checkout.HeldSales, checkout.Voiding, checkout.Refunding, checkout.ShiftScreen, checkout.DrawerSum, checkout.DrawerWhy,
		checkout.Doctor, checkout.DoctorCheck, checkout.DoctorCode, checkout.Finding, checkout.Resetting:
		if ok {
			t.Fatalf("screen %s, and a sale is on it", screen)
		}
	case checkout.TakeCash:
		if m.state.Due().Amount <= 0 {
			t.Fatalf("the cash screen asks for %v", m.state.Due())
		}
	}
}

func (m *machine) checkSecrets(t *rapid.T) {
	raw, err := json.Marshal(m.state)
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("%+v %s %+v", m.state, raw, m.fake.Events())
	for secret := range operators {
		if len(secret) > len("2580") && strings.Contains(text, secret) {
			t.Fatalf("badge %s is in the state or the journal", secret)
		}
	}
	for name, code := range codes {
		if code != "" && strings.Contains(text, code) {
			t.Fatalf("the code of %s is in the state or the journal", name)
		}
	}
}

// answer makes the gateway's next word on an order, and remembers it.
func (m *machine) answer(t *rapid.T, order payment.Order) payment.Answer {
	last, ok := m.said[order]
	if ok && last.Status == payment.Approved && m.unwanted(t, order) {
		// It was asked to be given back.
		undone, err := m.fake.Answer(order, rapid.SampledFrom([]payment.AttemptStatus{payment.Reversing, payment.Reversed}).Draw(t, "undone"))
		if err != nil {
			t.Fatal(err)
		}
		m.said[order] = undone
		return undone
	}
	if ok && last.Status.Final() {
		if last.Status != payment.Approved && rapid.Bool().Draw(t, "late") {
			last.Late = true
			last.Rev++
			m.said[order] = last
			m.told = append(m.told, last)
		}
		return last
	}
	status := rapid.SampledFrom([]payment.AttemptStatus{
		payment.Waiting, payment.Authorizing, payment.Password, payment.Checking, payment.Reversing,
		payment.Approved, payment.Approved, payment.Declined, payment.Expired, payment.Cancelled, payment.Reversed,
		"", "settling",
	}).Draw(t, "status")
	a, err := m.fake.Answer(order, status)
	if err != nil {
		t.Fatal(err)
	}
	if status == payment.Approved && rapid.IntRange(0, 3).Draw(t, "amiss") == 0 {
		if a.Amount++; rapid.Bool().Draw(t, "currency") {
			a.Amount, a.Currency = a.Amount-1, "HKD"
		}
		return a // of another amount: an acquirer's mistake
	}
	m.said[order] = a
	m.told = append(m.told, a)
	return a
}

// unwanted says that an approval of the order is to be given back.
func (m *machine) unwanted(t *rapid.T, order payment.Order) bool {
	id, _, err := order.Split()
	if err != nil {
		t.Fatal(err)
	}
	sale, _, err := m.fake.Sale(id)
	if err != nil {
		t.Fatal(err)
	}
	return sale.Cancelling || sale.Parked == payment.PaidOther
}

func (m *machine) tell(t *rapid.T, a payment.Answer) {
	id, n, err := a.Order.Split()
	if err != nil {
		t.Fatal(err)
	}
	sale, ok, err := m.fake.Sale(id)
	if err != nil {
		t.Fatal(err)
	}
	told := checkout.Told{Answer: a}
	if _, held := m.state.Sale(id); !held && ok {
		told.Sale = &sale
	}
	tender := sale.Tenders[sale.Attempts[n-1].Tender-1].Amount
	if a.Status != payment.Approved || a.Amount == tender && a.Currency == settings.Currency {
		m.heard[ending{a.Order, a.Status}] = true
	}
	m.step(t, told)
}

func (m *machine) tellRefund(t *rapid.T, id payment.RefundID, status payment.RefundStatus) {
	a, err := m.fake.AnswerRefund(id, status)
	if err != nil {
		t.Fatal(err)
	}
	of, _, _ := id.Split() // it is one of the journal's
	sale, _, _ := m.fake.Sale(of)
	told := checkout.RefundTold{Answer: a}
	if _, held := m.state.Sale(of); !held {
		told.Sale = &sale
	}
	if status.Final() {
		m.given[id] = true
	}
	m.step(t, told)
}

func TestAnythingMayHappen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine(t)
		keys := []string{"0", "1", "5", "9", "00", ".", "enter", "backspace", "esc", "f1"}
		ids := []string{
			"menu", "cash", "qr", "done", "cancel", "park", "goods", "other", "exact", "enter", "reprint", "sales", "find", "sign_off", "training", "training_end",
			"void", "refund", "all", "shift", "x_report", "pay_in", "pay_out", "no_sale", "close_shift", "open_shift", "z_report", "status", "doctor", "next", "prev", "code", "check_0", "check_5", "check_x", "note_500", "5", "backspace", "forgot", "", "sale_", "fault",
		}
		names := make([]string, 0, len(codes))
		for name := range codes {
			names = append(names, name)
		}
		slices.Sort(names)
		actions := map[string]func(*rapid.T){
			"examined": func(t *rapid.T) {
				m.step(t, checkout.Examined{Checks: make([]checkout.Check, rapid.IntRange(0, 9).Draw(t, "checks")), Report: "r"})
			},
			"key": func(t *rapid.T) { m.step(t, checkout.Keyed{Key: rapid.SampledFrom(keys).Draw(t, "key")}) },
			"pin": func(t *rapid.T) {
				asking := m.state.Screen
				if asking != checkout.PIN && asking != checkout.SignOn {
					t.Skip()
				}
				secret := rapid.SampledFrom([]string{"1111", "2580", "9999"}).Draw(t, "pin")
				for _, key := range append([]string{"esc"}, append(strings.Split(secret, ""), "enter")...) {
					if m.state.Screen == asking && (key != "esc" || m.state.Digits != "") {
						m.step(t, checkout.Keyed{Key: key})
					}
				}
			},
			"reset": func(t *rapid.T) { // the code and the new PIN twice, or as far as it goes
				m.step(t, checkout.Pressed{Button: "forgot"})
				for _, key := range strings.Split("079927398713>8642>8642>", "") {
					if m.state.Screen == checkout.Resetting {
						m.step(t, checkout.Keyed{Key: strings.ReplaceAll(key, ">", "enter")})
					}
				}
			},
			"given PIN": func(t *rapid.T) {
				m.step(t, rapid.SampledFrom([]checkout.Event{
					checkout.PINGiven{}, checkout.PINGiven{Why: "reset_wrong", Wrong: true, Again: checkout.ResetCode}, checkout.PINGiven{Why: "reset_taken", Again: checkout.ResetPIN},
				}).Draw(t, "given"))
			},
			"badge": func(t *rapid.T) {
				m.step(t, checkout.Scanned{Data: []byte(rapid.SampledFrom([]string{"MEI-0000-0001", "LI-00000-0002", "SOME-0000-0009", "2580"}).Draw(t, "badge"))})
			},
			"park": func(t *rapid.T) {
				if m.state.Screen != checkout.Checking {
					t.Skip()
				}
				intent := rapid.SampledFrom([]string{"goods", "other", "cancel"}).Draw(t, "intent")
				for _, id := range []string{"park", "2", "5", "8", "0", "enter", intent} {
					m.step(t, checkout.Pressed{Button: id})
				}
			},
			"receipt": func(t *rapid.T) { // of any sale, wherever the counter is
				sales := m.fake.Sales()
				if len(sales) == 0 {
					t.Skip()
				}
				m.step(t, checkout.Pressed{Button: "menu"})
				m.step(t, checkout.Scanned{Data: []byte(rapid.SampledFrom(sales).Draw(t, "sale").ID)})
			},
			"give back": func(t *rapid.T) {
				if m.state.Screen != checkout.OneSale {
					t.Skip()
				}
				m.step(t, checkout.Pressed{Button: rapid.SampledFrom([]string{"void", "refund", "refund"}).Draw(t, "how")})
				for _, key := range []string{"2", "5", "8", "0", "enter", "1"} {
					m.step(t, checkout.Keyed{Key: key})
				}
				m.step(t, checkout.Pressed{Button: rapid.SampledFrom([]string{"void", "refund", "all", "cancel"}).Draw(t, "sure")})
			},
			"given": func(t *rapid.T) {
				var open []payment.RefundID
				for _, sale := range m.fake.Sales() {
					for _, r := range sale.Refunds {
						if id := payment.NewRefundID(sale.ID, r.Number); !r.Status.Final() && !m.given[id] {
							open = append(open, id)
						}
					}
				}
				if len(open) == 0 {
					t.Skip()
				}
				m.tellRefund(t, rapid.SampledFrom(open).Draw(t, "refund"), rapid.SampledFrom([]payment.RefundStatus{
					payment.RefundRequested, payment.RefundPending, payment.RefundDone, payment.RefundDone, payment.RefundRefused, "given",
				}).Draw(t, "refund status"))
			},
			"shift": func(t *rapid.T) {
				if m.state.Screen != checkout.Menu {
					t.Skip()
				}
				m.step(t, checkout.Pressed{Button: "shift"})
				do := "open_shift"
				if m.state.Counter.Shift.Open {
					do = rapid.SampledFrom([]string{"pay_in", "pay_out", "no_sale", "x_report", "close_shift"}).Draw(t, "do")
				}
				for _, id := range []string{do, "2", "5", "8", "0", "enter", "reason_change", "7", "enter"} {
					m.step(t, checkout.Pressed{Button: id})
				}
			},
			"hold": func(t *rapid.T) {
				if m.state.Screen != checkout.Ready {
					t.Skip()
				}
				if !m.state.Begun() && len(m.state.Counter.Held) == 0 {
					m.step(t, checkout.Keyed{Key: "7"})
				}
				m.step(t, checkout.Pressed{Button: "menu"})
				m.step(t, checkout.Pressed{Button: rapid.SampledFrom([]string{"hold", "held", "drop"}).Draw(t, "what")})
			},
			"recall": func(t *rapid.T) {
				held := m.state.HeldOnPage()
				if m.state.Screen != checkout.HeldSales || len(held) == 0 {
					t.Skip()
				}
				m.step(t, checkout.Pressed{Button: checkout.HeldPrefix + fmt.Sprint(rapid.SampledFrom(held).Draw(t, "held").Number)})
			},
			"button": func(t *rapid.T) { // of the screen
				buttons := m.state.Buttons()
				if len(buttons) == 0 {
					t.Skip()
				}
				m.step(t, checkout.Pressed{Button: buttons[rapid.IntRange(0, len(buttons)-1).Draw(t, "button")].ID})
			},
			"any": func(t *rapid.T) { m.step(t, checkout.Pressed{Button: rapid.SampledFrom(ids).Draw(t, "id")}) },
			"scan": func(t *rapid.T) {
				m.step(t, checkout.Scanned{Data: []byte(codes[rapid.SampledFrom(names).Draw(t, "code")])})
			},
			"seek": func(t *rapid.T) {
				m.step(t, checkout.Scanned{Data: []byte(rapid.SampledFrom([]string{bill, "01JDEERS3W8H5T2V9K4M6N7P8R"}).Draw(t, "text"))})
			},
			"sought": func(t *rapid.T) {
				e := checkout.Sought{Text: m.sought, Reason: rapid.SampledFrom([]payment.Reason{
					"", "", "", payment.SaleUnknown, payment.CashElsewhere, payment.OverRefund}).Draw(t, "reason")}
				if e.Reason == "" {
					e.Sale = elsewhere()
				}
				m.step(t, e)
			},
			"give back elsewhere": func(t *rapid.T) { // what makes that likely
				if m.state.Screen != checkout.Menu || !m.state.Online {
					t.Skip()
				}
				m.step(t, checkout.Scanned{Data: []byte(bill)})
				m.step(t, checkout.Sought{Text: bill, Sale: elsewhere()})
				for _, id := range []string{"refund", "2", "5", "8", "0", "enter", "7", "refund"} {
					m.step(t, checkout.Pressed{Button: id})
				}
			},
			"rubbish": func(t *rapid.T) {
				m.step(t, checkout.Scanned{Data: rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "data")})
			},
			"sell": func(t *rapid.T) { // what makes a sale likely
				if m.state.Screen != checkout.Ready {
					t.Skip()
				}
				if m.state.Shiftless() {
					for _, id := range []string{"menu", "shift", "open_shift", "0", "enter", "cancel", "cancel"} {
						m.step(t, checkout.Pressed{Button: id})
					}
				}
				m.step(t, checkout.Keyed{Key: "5"})
				if rapid.Bool().Draw(t, "qr") {
					m.step(t, checkout.Pressed{Button: "qr"})
				} else {
					m.step(t, checkout.Scanned{Data: fmt.Appendf(nil, "13%016d", rapid.IntRange(0, 3).Draw(t, "phone"))})
				}
			},
			"answer": func(t *rapid.T) {
				if len(m.orders) == 0 {
					t.Skip()
				}
				from := max(0, len(m.orders)-4)
				m.tell(t, m.answer(t, m.orders[rapid.IntRange(from, len(m.orders)-1).Draw(t, "order")]))
			},
			"again": func(t *rapid.T) { // stale, or twice
				if len(m.told) == 0 {
					t.Skip()
				}
				m.tell(t, m.told[rapid.IntRange(0, len(m.told)-1).Draw(t, "which")])
			},
			"foreign": func(t *rapid.T) {
				order := rapid.SampledFrom([]payment.Order{"", "x", "01JD999999999999999999999901", "01JD000000000000000000000199"}).Draw(t, "order")
				m.step(t, checkout.Told{Answer: payment.Answer{Order: order, Status: payment.Approved, Amount: 5, Currency: "USD"}})
			},
			"link": func(t *rapid.T) {
				if online := rapid.Bool().Draw(t, "online"); online {
					m.step(t, checkout.ClockLearned{Offset: time.Duration(rapid.IntRange(-1000, 1000).Draw(t, "offset")) * time.Second})
					m.step(t, checkout.LinkChanged{Online: true})
				} else {
					m.step(t, checkout.LinkChanged{Online: false})
				}
			},
			"printer": func(t *rapid.T) {
				p := rapid.SampledFrom([]checkout.PrinterState{checkout.PrinterReady, checkout.PrinterNoPaper, checkout.PrinterOff}).Draw(t, "printer")
				m.fake.Jammed = p != checkout.PrinterReady
				m.step(t, checkout.PrinterChanged{Printer: p})
			},
			"paper": func(t *rapid.T) {
				for _, p := range m.fake.Paper() {
					m.step(t, p)
				}
			},
			"doubt": func(t *rapid.T) {
				for _, p := range m.fake.Paper() {
					if p.Receipt == 0 {
						m.step(t, p)
						continue
					}
					sale, _, err := m.fake.Sale(p.Sale)
					if err != nil {
						t.Fatal(err)
					}
					m.step(t, checkout.Doubted{Sale: sale})
				}
			},
			"doubted": func(t *rapid.T) { // the question is answered with a receipt, or with what is on paper
				sale, ok := m.state.InDoubt()
				if !ok {
					t.Skip()
				}
				answer := rapid.SampledFrom([]string{"yes", "again"}).Draw(t, "answer")
				m.step(t, checkout.Pressed{Button: answer})
				now, _, err := m.fake.Sale(sale.ID)
				if err != nil {
					t.Fatal(err)
				}
				if answer == "yes" && now.Printed == 0 {
					t.Fatalf("receipt %d is out, and the journal does not have it", sale.Receipt)
				}
			},
			"wait": func(t *rapid.T) {
				m.at = m.at.Add(time.Duration(rapid.IntRange(0, 20_000).Draw(t, "ms")) * time.Millisecond)
				if d := m.state.Deadline(); !d.IsZero() && !m.at.Before(d) {
					m.step(t, checkout.Ticked{})
				}
			},
			"tick":   func(t *rapid.T) { m.step(t, checkout.Ticked{}) }, // not due
			"reboot": func(t *rapid.T) { m.start(t) },
			"cut":    func(t *rapid.T) { m.cut = true },
		}
		for range 4 { // a day is longer than rapid's one run
			t.Repeat(actions)
		}
		m.settle(t)
	})
}

// settle is a good day at last: the line is up, the printer has paper, and the
// gateway says how everything ended. Then nothing is left over.
func (m *machine) settle(t *rapid.T) {
	m.cut, m.fake.Jammed = false, false
	m.step(t, checkout.ClockLearned{})
	m.step(t, checkout.LinkChanged{Online: true})
	for range 10 {
		for _, sale := range m.fake.Sales() {
			if open := sale.OpenAttempt(); open != nil {
				order := payment.NewOrder(sale.ID, open.Number)
				a, ok := m.said[order]
				if !ok || !a.Status.Final() || a.Status == payment.Approved && m.unwanted(t, order) {
					var err error
					if a, err = m.fake.Answer(order, payment.Reversed); err != nil {
						t.Fatal(err)
					}
				}
				m.tell(t, a)
			}
			for _, r := range sale.Refunds {
				if !r.Status.Final() {
					m.tellRefund(t, payment.NewRefundID(sale.ID, r.Number), payment.RefundDone)
				}
			}
		}
		for _, p := range m.fake.Paper() {
			m.step(t, p)
		}
	}
	// What is paid in part is paid to its end, where it is on the screen.
	for range 40 {
		sale, there := m.state.OnScreen()
		if !there || !sale.PartPaid() {
			break
		}
		switch {
		case m.state.Screen == checkout.PartPaid:
			m.step(t, checkout.Pressed{Button: "cash"})
		case m.state.Screen == checkout.TakeCash:
			m.step(t, checkout.Pressed{Button: "exact"})
		default:
			m.step(t, checkout.Keyed{Key: "esc"})
			m.at = m.at.Add(time.Minute)
			m.step(t, checkout.Ticked{})
		}
	}
	for _, p := range m.fake.Paper() {
		m.step(t, p)
	}
	for len(m.state.Doubts) > 0 { // whoever looks says that all came out
		before := len(m.state.Doubts)
		for range 10 { // the way home from the deepest screen
			if _, asked := m.state.InDoubt(); asked {
				break
			}
			m.step(t, checkout.Keyed{Key: "esc"})
			m.step(t, checkout.Ticked{})
			m.signOn(t)
			if m.at = m.at.Add(time.Minute); m.state.Pressable("done") {
				m.step(t, checkout.Pressed{Button: "done"})
			}
		}
		m.step(t, checkout.Pressed{Button: "yes"})
		if len(m.state.Doubts) == before {
			t.Fatalf("screen %s: nobody is asked whether a receipt came out", m.state.Screen)
		}
	}
	if m.state.Screen == checkout.Approved {
		m.step(t, checkout.Pressed{Button: "done"})
	}
	for _, sale := range m.fake.Sales() {
		if sale.Unfinished() && (!sale.PartPaid() || sale.ID == m.state.Current) { // else it is on the report, for a manager
			t.Fatalf("sale %s is never finished: %+v", sale.ID, sale)
		}
	}
	if owed := m.fake.Counter().Owed; len(owed) > 0 {
		t.Fatalf("Z report %d is never printed", owed[0].Number)
	}
	for range 5 { // and the counter is free again
		m.signOn(t)
		if m.state.Screen == checkout.Ready {
			return
		}
		m.step(t, checkout.Keyed{Key: "esc"})
		m.step(t, checkout.Keyed{Key: "esc"})
	}
	t.Fatalf("the counter hangs on screen %s", m.state.Screen)
}

// signOn is somebody with a badge, who need not wait after wrong PINs.
func (m *machine) signOn(t *rapid.T) {
	if m.state.Screen == checkout.SignOn {
		m.step(t, checkout.Scanned{Data: []byte("MEI-0000-0001")})
	}
}

// TestPowerCutsAnywhere boots from every durable point of a day, and holds that
// nothing is charged or shown anew: what is open is asked after, and receipts
// that may be out are copies.
func TestPowerCutsAnywhere(t *testing.T) {
	for name, settings := range map[string]checkout.Settings{"paper always": settings, "paper asked": asked()} {
		t.Run(name, func(t *testing.T) { powerCutsAnywhere(t, settings) })
	}
}

// asked is a shop where a receipt is printed if somebody asks for it.
func asked() checkout.Settings {
	s := settings
	s.PaperAsked = true
	return s
}

func powerCutsAnywhere(t *testing.T, settings checkout.Settings) {
	c := newCounter(t)
	c.settings = settings
	c.start()
	for line := range strings.Lines(day) {
		if err := c.do(strings.TrimSpace(line)); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	all := c.fake.Events()
	if len(all) < 15 {
		t.Fatalf("a day of %d events shows nothing", len(all))
	}
	for cut := range len(all) + 1 {
		fake := checkout.NewFake()
		for i, e := range all[:cut] {
			if _, err := fake.Append(payment.Stamp{Boot: "1"}, e); err != nil {
				t.Fatalf("event %d: %v", i, err)
			}
		}
		c := &counter{t: t, fake: fake, settings: settings, at: c.at}
		fake.Did = nil
		c.start()
		if err := errors.Join(c.do("online"), c.do("wait 1s")); err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		asked, printed := map[payment.SaleID]bool{}, map[checkout.Printed]bool{}
		for _, e := range fake.Did {
			switch e := e.(type) {
			case checkout.Charge, checkout.Show:
				t.Errorf("cut at %d: %T after boot", cut, e)
			case checkout.Query:
				asked[sale(t, e.Order)] = true
			case checkout.Cancel:
				asked[sale(t, e.Order)] = true
			case checkout.Print:
				owed := e.Refund == 0 && e.Sale.OwesPaper() || e.Sale.OwesSlip(e.Refund)
				if !e.Copy || !owed || printed[e.Of()] {
					t.Errorf("cut at %d: printed after boot, copy %v, owed %v, already %v: %+v", cut, e.Copy, owed, printed[e.Of()], e.Of())
				}
				printed[e.Of()] = true
			case checkout.Report:
				if !e.Copy || !fake.Counter().OwesReport(e.Shift.Number) || e.Shift.Forward == nil {
					t.Errorf("cut at %d: a report printed after boot, copy %v: %+v", cut, e.Copy, e.Shift)
				}
				printed[checkout.Printed{Shift: e.Shift.Number}] = true
			}
		}
		for _, shift := range fake.Counter().Owed {
			if !printed[checkout.Printed{Shift: shift.Number}] {
				t.Errorf("cut at %d: Z report %d is never printed", cut, shift.Number)
			}
		}
		for _, sale := range fake.Sales() {
			for _, n := range sale.Slips {
				if !printed[checkout.Printed{Sale: sale.ID, Refund: n}] {
					t.Errorf("cut at %d: the slip of %s, refund %d, is never printed", cut, sale.ID, n)
				}
			}
		}
		given := map[payment.RefundID]bool{}
		for _, e := range fake.Did {
			if g, ok := e.(checkout.GiveBack); ok {
				given[g.Refund] = true
			}
		}
		for _, sale := range fake.Sales() {
			for _, r := range sale.Refunds {
				if id := payment.NewRefundID(sale.ID, r.Number); given[id] == r.Status.Final() {
					t.Errorf("cut at %d: refund %s is %s, asked after %v", cut, id, r.Status, given[id])
				}
			}
			if open := sale.OpenAttempt() != nil; open != asked[sale.ID] {
				t.Errorf("cut at %d: sale %s open %v, asked after %v", cut, sale.ID, open, asked[sale.ID])
			}
		}
	}
}

func sale(t *testing.T, o payment.Order) payment.SaleID {
	id, _, err := o.Split()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

const day = `online
key 1
press cash
press exact
paper
key 2
scan wechat
answer password
answer approved
paper
key 3
press qr
answer waiting
press cancel
answer cancelled
answer cancelled late
key 4
scan alipay
answer declined
scan wechat2
wait 3s
press park
key 2 5 8 0 enter
press goods
key 5
press cash
press exact
answer approved sale=4
paper
key 6
scan wechat
wait 3s
press park
key 2 5 8 0 enter
press other
answer reversing
answer reversed
press done
key 7
scan alipay
answer approved
paper
press done
press menu
receipt
press refund
key 2 5 8 0 enter 3 enter
refund pending
refund done
press refund
key 2 5 8 0 enter
press all
refund done
press cancel
press cancel
press shift
press close_shift
key 0 enter
press open_shift
key 0 enter
press close_shift
key 0 enter`
