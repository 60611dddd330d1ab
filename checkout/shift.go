package checkout

import (
	"strings"

	"till/payment"
)

// Sum is an amount that the drawer's screen asks for.
type Sum string

const (
	FloatSum  Sum = "float" // cash in the drawer as a shift opens
	PayInSum  Sum = "pay_in"
	PayOutSum Sum = "pay_out"
	CountSum  Sum = "count" // cash in the drawer as a shift ends, counted blind
)

// shiftButtons are those of the shift's screen.
func (s State) shiftButtons(back Button) []Button {
	on := func(id string) Button { return Button{ID: id, Enabled: true} }
	z := Button{ID: "z_report", Enabled: s.Counter.Before.Number > 0}
	if !s.Counter.Shift.Open {
		return []Button{back, z, {ID: "open_shift", Main: true, Enabled: true}}
	}
	return []Button{
		back, on("x_report"), z, on("pay_in"), on("pay_out"), on("no_sale"), {ID: "close_shift", Main: true, Enabled: true},
	}
}

func (m *move) pressShift(id string) {
	m.hush()
	switch id {
	case "cancel":
		m.show(Menu, resultFor)
	case "open_shift":
		m.askSum(FloatSum)
	case "close_shift":
		m.askSum(CountSum)
	case "pay_in":
		m.askSum(PayInSum)
	case "pay_out":
		m.startManager(payment.ToPayOut)
	case "no_sale":
		m.startManager(payment.ToNoSale)
	case "x_report":
		m.startManager(payment.ToReport)
	case "z_report":
		m.do(Report{Shift: m.Counter.Before, Copy: true})
		m.say("report_printing")
	}
}

func (m *move) askSum(what Sum) {
	m.Keyed, m.Counted, m.Asked = 0, false, what
	m.show(DrawerSum, countFor)
}

func (m *move) pressSum(id string) {
	m.hush()
	switch id {
	case "cancel":
		m.Keyed = 0
		m.show(ShiftScreen, resultFor)
	case "enter":
		m.takeSum()
	}
}

// takeSum is what was keyed for the drawer.
func (m *move) takeSum() {
	sum, shift := m.Keyed, m.Counter.Shift
	if !m.Counted && (m.Asked == FloatSum || m.Asked == CountSum) {
		m.say("count_first")
		return
	}
	if sum == 0 && (m.Asked == PayInSum || m.Asked == PayOutSum) {
		m.say("amount_first")
		return
	}
	if m.Asked == PayOutSum && sum > shift.Expected() {
		m.say("pay_out_too_much")
		return
	}
	m.Keyed = 0
	m.show(ShiftScreen, resultFor)
	switch m.Asked {
	case FloatSum:
		if !shift.Open {
			m.openShift(sum)
			m.say("shift_opened")
		}
	case PayInSum:
		m.moveCash(payment.PayIn, sum)
		m.say("pay_in_done")
	case PayOutSum:
		m.moveCash(payment.PayOut, sum)
		m.say("pay_out_done")
	case CountSum:
		m.closeShift(sum)
	}
}

// Shiftless says that no sale is begun and no cash moved: no shift is open that would
// count it, and none opens by itself.
func (s State) Shiftless() bool { return !s.Counter.Shift.Open && !s.Settings.AutoShift }

// GivesBack says that money of a sale may go back now. Cash goes in a shift alone; what
// wallets give back counts to the next one, where there ever was one.
func (s State) GivesBack(sale payment.Sale) bool {
	if !s.Shiftless() {
		return true
	}
	for n, t := range sale.Tenders {
		if t.Wallet == payment.Cash && sale.Refundable(n+1) > 0 {
			return false
		}
	}
	return s.Counter.Shift.Number > 0
}

// openShift begins the next shift with what is in the drawer; if that is not known, with
// nothing. What came through it since the last one, such as cash given back as a parked
// sale ended, is in the figures of this one and in the drawer alike: the float is without.
func (m *move) openShift(inDrawer int64) {
	shift := m.Counter.Shift
	float := max(0, inDrawer-shift.Expected())
	m.recordCounter(payment.Event{
		Kind: payment.ShiftOpened, Shift: shift.Number + 1, Amount: float, Currency: m.Settings.Currency, Cashier: m.Attendant(),
	})
}

// autoShift opens a shift where the merchant leaves that to the terminal.
func (m *move) autoShift() {
	if m.Settings.AutoShift && !m.Counter.Shift.Open {
		m.openShift(0)
	}
}

// moveCash opens the drawer for something that is no sale. With nothing paid that is for
// a cash register; a person says why.
func (m *move) moveCash(why payment.Movement, amount int64) {
	e := payment.Event{Movement: why, Amount: amount}
	if why == payment.NoSale {
		e.DrawerReason = payment.ForRegister
	}
	m.openFor(e)
}

func (m *move) openFor(e payment.Event) {
	e.Kind, e.Shift, e.Cashier = payment.CashMoved, m.Counter.Shift.Number, m.Attendant()
	m.recordCounter(e)
	m.do(KickDrawer{})
}

// closeShift makes the Z report of what was counted. It is never made anew.
func (m *move) closeShift(counted int64) {
	if !m.Counter.Shift.Open {
		return
	}
	m.dateShift()
	forward := m.forward()
	m.recordCounter(payment.Event{
		Kind: payment.ShiftClosed, Shift: m.Counter.Shift.Number, Amount: counted, Cashier: m.Attendant(), Forward: &forward,
	})
	m.do(Report{Shift: m.Counter.Before})
	m.say("shift_closed")
}

// xReport prints what the shift has come to so far.
func (m *move) xReport() {
	m.dateShift() // so that it says what the journal has with this step
	m.show(ShiftScreen, resultFor)
	shift, forward := m.Counter.Shift, m.forward()
	shift.Forward = &forward
	m.do(Report{Shift: shift})
	m.say("report_printing")
}

// forward is what is not settled, held or sent as of now: the next shift has it.
func (m *move) forward() payment.Forward {
	f := payment.Carry(m.sales)
	f.Held, f.HeldAmount = m.HeldSum()
	f.Unsent = m.now.Unsent
	return f
}

// dateShift keeps when the shift was opened, where the clock of that boot was not known yet.
func (m *move) dateShift() {
	if m.Counter.Shift.Datable(m.now.Stamp) {
		m.recordCounter(payment.Event{Kind: payment.ShiftDated, Shift: m.Counter.Shift.Number})
	}
}

// ReasonPrefix begins the ids of the buttons that say why the drawer is opened.
const ReasonPrefix = "reason_"

// pressReason opens the drawer, for a reason that is kept.
func (m *move) pressReason(id string) {
	m.hush()
	m.show(ShiftScreen, resultFor)
	if why, ok := strings.CutPrefix(id, ReasonPrefix); ok {
		m.openFor(payment.Event{Movement: payment.NoSale, DrawerReason: payment.DrawerReason(why)})
	}
}

// recordCounter commits an event of the counter itself, as record does one of a sale.
func (m *move) recordCounter(e payment.Event) {
	next, err := m.Counter.Apply(e, m.now.Stamp)
	if err != nil {
		m.bug = err
		return
	}
	m.events = append(m.events, e)
	m.Counter = next
}
