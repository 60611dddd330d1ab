package checkout

import (
	"errors"
	"maps"
	"slices"
	"time"

	"till/payment"
	"till/words"
)

// Step is the state after e and what has to be done about it. An event that
// makes no sense where the counter is does nothing, or says so on the screen.
func Step(s State, e Event, now Now) (State, []Effect) {
	m := &move{State: s, now: now, before: s}
	if s.ClockKnown {
		m.Today = m.cloudTime(now).In(s.Settings.zone()).Format(time.DateOnly)
	}
	switch e := e.(type) {
	case Booted:
		m.boot()
	case Keyed:
		m.touched()
		m.key(e.Key)
	case Pressed:
		m.touched()
		if s.Pressable(e.Button) {
			m.press(e.Button)
		}
	case Scanned:
		m.touched()
		m.scan(e.Data)
	case Told:
		m.told(e)
	case RefundTold:
		if e.Sale != nil {
			m.put(*e.Sale)
		}
		m.refundTold(e)
	case Found:
		m.found(e)
	case Sought:
		m.sought(e)
	case LinkChanged:
		m.link(e.Online)
	case ClockLearned:
		m.ClockKnown, m.Offset = true, e.Offset
	case PrinterChanged:
		m.printer(e.Printer)
	case Printed:
		m.printed(e)
	case Doubted:
		m.doubt(e.Sale)
	case Loaded:
		m.Listed = e.Sales
	case Identified:
		m.identified(e)
	case PINGiven:
		m.pinGiven(e)
	case Examined:
		m.examined(e)
	case Refused:
		m.fault(words.Sentence{Key: "fault_refused", Args: []string{"why", e.Why}})
	case HaltChanged:
		m.halt(e.Why)
	case Ordered:
		if !s.Shiftless() {
			m.order(e.Order)
		}
	case OrderCancelled:
		m.cancelOrder(e.Key)
	case RefundOrdered:
		m.put(e.Sale)
		if s.GivesBack(e.Sale) {
			m.refundOrder(e.Sale, e.Key, e.Amount)
		}
	case DrawerOrdered:
		m.openDrawer()
	case Noticed:
		m.Message, m.quietAt = e.Text, now.At.Add(noticeFor)
	case Touched:
		m.touched()
	case Ticked:
		m.tick()
	}
	return m.done()
}

// move is one step in the making: a copy of the state, and what it will do.
type move struct {
	State
	before  State
	bug     error // of record: nothing of the step happens
	now     Now
	events  []payment.Event
	effects []Effect

	refundKey string // of a cash register, for the refunds of this step
}

// done puts the commit before everything else.
func (m *move) done() (State, []Effect) {
	if len(m.events) > 0 { // a commit of its own it is not worth
		m.dateShift()
	}
	if m.bug != nil {
		return faulted(m.before, words.Sentence{Key: "fault_internal", Args: []string{"why", m.bug.Error()}}, m.now), nil
	}
	if len(m.events) == 0 {
		return m.State, m.effects
	}
	return m.State, append([]Effect{Commit{Events: m.events}}, m.effects...)
}

func (m *move) do(e Effect) { m.effects = append(m.effects, e) }

// record commits an event of a sale and folds it into the state. An event the
// sale cannot take is a bug of this package: nothing of the step happens, and
// the terminal says so and stops rather than guess.
func (m *move) record(sale payment.Sale, e payment.Event) payment.Sale {
	e.Sale = sale.ID
	if e.Kind.Begins() {
		e.Sale = m.now.Fresh
		sale = payment.Sale{}
	}
	next, err := sale.Apply(e, m.now.Stamp)
	if err != nil {
		m.bug = errors.Join(m.bug, err)
		return sale
	}
	counter, err := m.Counter.Count(sale, next)
	if err != nil {
		m.bug = errors.Join(m.bug, err)
		return sale
	}
	m.events = append(m.events, e)
	m.Counter = counter
	if e.Receipt > m.Receipt {
		m.Receipt = e.Receipt
	}
	m.put(next)
	m.relist(next)
	return next
}

// put holds a sale in the state, and drops those that nobody needs any more.
func (m *move) put(sale payment.Sale) {
	kept := make([]payment.Sale, 0, len(m.sales)+1)
	for _, x := range m.sales {
		if x.ID != sale.ID && (x.Unfinished() || x.ID == m.Last || x.ID == m.Current) {
			kept = append(kept, x)
		}
	}
	m.sales = append(kept, sale)
}

func (m *move) watch(id payment.SaleID, w watch) {
	m.watches = with(m.watches, id, w)
}

func (m *move) unwatch(id payment.SaleID) {
	m.watches = without(m.watches, id)
}

// with is a map that has another value for one key. The state before keeps its own.
func with[K comparable, V any](all map[K]V, k K, v V) map[K]V {
	all = maps.Clone(all)
	if all == nil {
		all = map[K]V{}
	}
	all[k] = v
	return all
}

func without[K comparable, V any](all map[K]V, k K) map[K]V {
	all = maps.Clone(all)
	delete(all, k)
	return all
}

// show puts another screen up. leave is how long it stays; 0 is until it is left.
// A fault stays until the next start, whatever still comes in.
func (m *move) show(screen Screen, leave time.Duration) {
	if m.Screen == Fault {
		return
	}
	if screen == Ready && m.Halt.Key != "" {
		screen = Halted
	}
	if (screen == Ready || screen == Menu) && m.locked() {
		screen, leave = SignOn, 0
	}
	m.Screen, m.Since = screen, m.now.At
	m.leaveAt, m.nagAt = time.Time{}, time.Time{}
	if leave > 0 {
		m.leaveAt = m.now.At.Add(leave)
	}
	if screen == Checking {
		m.nagAt = m.now.At.Add(attentionFor)
	}
}

// ready is the way home: nothing keyed, nothing on the screen.
func (m *move) ready() {
	if m.partPaid() {
		return
	}
	m.putBack()
	m.waive()
	m.Making = Making{}
	m.Current, m.Tendered, m.Digits, m.Keyed = "", 0, "", 0
	m.Listed, m.Page, m.Selected = nil, 0, ""
	m.Checks, m.Report, m.Reset = nil, "", Reset{}
	m.show(Ready, 0)
	if m.Screen == Ready && len(m.Doubts) > 0 {
		m.show(Receipt, 0)
	}
}

func (m *move) say(k words.Key, args ...string) {
	m.Message = words.Sentence{Key: k, Args: args}
	m.quietAt = m.now.At.Add(messageFor)
}

func (m *move) hush() { m.Message, m.quietAt = words.Sentence{}, time.Time{} }

func (m *move) fault(why words.Sentence) {
	m.show(Fault, 0)
	m.FaultText = why
}

// halt stops new sales, or lets them again. What is keyed waits.
func (m *move) halt(why words.Sentence) {
	m.Halt = why
	if m.Screen == Ready || m.Screen == Halted {
		m.show(Ready, 0)
	}
}

// halted refuses to begin a sale while something is in the way, no shift is open, or
// nobody is signed on: after a start, a sale that was open may be on the screen.
func (m *move) halted() bool {
	if m.Halt.Key == "" && m.locked() {
		m.home()
		m.say("sign_on_first")
		return true
	}
	if m.Halt.Key == "" && m.Shiftless() {
		m.home()
		m.say("open_shift_first")
		m.do(Play{SoundDeclined})
		return true
	}
	if m.Halt.Key == "" {
		return false
	}
	m.home()
	m.do(Play{SoundDeclined})
	return true
}

func (m *move) tick() {
	at := m.now.At
	due := func(t time.Time) bool { return !t.IsZero() && !at.Before(t) }
	if due(m.quietAt) {
		m.hush()
	}
	if due(m.nagAt) {
		m.nagAt = time.Time{}
		m.do(Play{SoundAttention})
	}
	if due(m.leaveAt) {
		m.leave()
	}
	if due(m.pinAt) {
		m.pinAt = time.Time{}
	}
	if due(m.managerAt) {
		m.managerAt = time.Time{}
	}
	if due(m.search.until) {
		m.unanswered()
	}
	if due(m.lockAt) {
		m.idle()
	}
	for _, id := range slices.Sorted(maps.Keys(m.watches)) {
		w := m.watches[id]
		if due(w.deafAt) {
			m.deaf(id, w)
		}
		if w = m.watches[id]; m.Online && due(w.askAt) {
			m.ask(id)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(m.owed)) {
		if m.Online && due(m.owed[id].askAt) {
			m.askAfterRefund(id)
		}
	}
}

// leave is what a screen's timeout does.
func (m *move) leave() {
	switch m.Screen {
	case DrawerSum:
		m.Keyed = 0
		m.ready()
	case Tipping:
		m.pressTip("no_tip")
	case PIN, Parking:
		if m.Purpose == payment.ToPark {
			m.backToSale()
		} else {
			m.home()
		}
	default:
		m.home()
	}
}

// home is ready, with what is in the making as it is.
func (m *move) home() {
	making := m.Making
	stays := m.Current == "" && making.Begun()
	if stays {
		m.Making = Making{}
	}
	m.ready()
	if stays {
		m.Making = making
		m.show(Ready, 0)
	}
}

func (m *move) link(online bool) {
	if m.Online == online {
		return
	}
	m.Online = online
	if !online {
		return
	}
	for id, w := range m.watches {
		w.askAt = m.now.At // whatever was missed is asked for now
		m.watch(id, w)
	}
	for id, o := range m.owed {
		o.askAt = m.now.At
		m.owe(id, o)
	}
	if m.Screen == Offline {
		m.show(Ready, 0)
		m.say("online_again")
	}
}

func (m *move) printer(p PrinterState) {
	if p != m.Printer && p != PrinterReady {
		m.do(Play{SoundAttention})
	}
	m.Printer = p
}

func (m *move) printed(e Printed) {
	if e.Failed {
		return // it waits; the status bar says what the printer lacks
	}
	if e.Shift != 0 {
		if m.Counter.OwesReport(e.Shift) {
			m.recordCounter(payment.Event{Kind: payment.ReportPrinted, Shift: e.Shift})
		}
		return
	}
	sale, ok := m.Sale(e.Sale)
	switch {
	case !ok:
	case e.Receipt != 0:
		m.record(sale, payment.Event{Kind: payment.ReceiptPrinted, Receipt: e.Receipt})
	case sale.OwesSlip(e.Refund):
		m.record(sale, payment.Event{Kind: payment.SlipPrinted, Refund: e.Refund})
	}
}

// boot takes up what was in flight when the power went.
func (m *move) boot() {
	m.bootDesk()
	m.ready()
	if !m.locked() {
		m.autoShift()
	}
	for _, sale := range slices.Clone(m.sales) {
		if a := sale.OpenAttempt(); a != nil {
			m.watch(sale.ID, watch{askAt: m.now.At})
			if sale.Parked == "" {
				m.Current = sale.ID
				// The customer's code is gone, so an open attempt is asked after, never sent again.
				if a.Status != payment.Checking && a.Status != payment.Reversing {
					m.record(sale, payment.Event{Kind: payment.AttemptChanged, Attempt: a.Number, Status: payment.Checking})
				}
				m.show(Checking, 0)
			}
		} else if sale.PartPaid() && sale.Parked == "" && m.Current == "" {
			m.Current = sale.ID
			m.partPaid()
		}
		m.takeUpRefunds(sale)
		m.takeUpPaper(sale)
	}
	for _, shift := range m.Counter.Owed {
		m.do(Report{Shift: shift, Copy: true})
	}
}

// takeUpPaper prints what is owed of a sale. It may be out already.
func (m *move) takeUpPaper(sale payment.Sale) {
	if sale.OwesPaper() {
		m.do(Print{Sale: sale, Copy: true})
	}
	for _, n := range sale.Slips {
		m.do(Print{Sale: sale, Refund: n, Copy: true})
	}
}
