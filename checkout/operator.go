package checkout

import (
	"cmp"
	"strconv"
	"time"

	"till/payment"
	"till/words"
)

// PINs in a row that are nobody's: a few are a slip of the finger, then each takes
// twice as long as the one before.
const (
	wrongFree  = 3
	firstDelay = 10 * time.Second
	mostDelay  = 15 * time.Minute
)

// delay is how long a PIN has to wait after so many wrong ones.
func delay(wrong int) time.Duration {
	if wrong < wrongFree {
		return 0
	}
	return min(firstDelay<<min(wrong-wrongFree, 10), mostDelay)
}

// Attendant is the name of who is at the counter.
func (s State) Attendant() string {
	on := s.Counter.Desk.On
	return cmp.Or(on.Name, on.ID, s.Settings.Cashier)
}

// locked says that nobody may sell before an operator has signed on.
func (s State) locked() bool { return s.Settings.SignOn && s.Counter.Desk.On.ID == "" }

// asksPIN says whether the screen asks for an operator's PIN or badge.
func (s State) asksPIN() bool { return s.Screen == PIN || s.Screen == SignOn }

// pinButton confirms a PIN.
func (s State) pinButton() Button {
	return Button{ID: "enter", Main: true, Enabled: len(s.Digits) >= payment.MinPIN && s.pinWait().IsZero()}
}

// pinWait is when a PIN may be tried again on the screen that asks for one; zero: now.
func (s State) pinWait() time.Time {
	if s.Screen == SignOn {
		return s.pinAt
	}
	return s.managerAt
}

// bootDesk signs off whoever was signed on before the start, and on who always is.
func (m *move) bootDesk() {
	m.delayPINs() // how much of it had passed is not known
	if m.Counter.Desk.On.ID != "" {
		m.signOff(payment.ByRestart)
	}
	if always := m.Settings.SignsOn; m.Settings.SignOn && always.ID != "" {
		m.signOn(always, payment.BySettings)
	}
}

func (m *move) signOn(o payment.Operator, how payment.Means) {
	e := payment.Event{Kind: payment.SignedOn, Operator: o.ID, Cashier: o.Name, Role: o.Role, Means: how}
	if how == payment.BySettings {
		e.Wrong = m.Counter.Desk.Wrong
	}
	m.recordCounter(e)
	m.forgivePINs()
	m.touched()
}

// delayPINs has the next PIN wait, after those that were wrong.
func (m *move) delayPINs() {
	desk := m.Counter.Desk
	if wait := delay(desk.Wrong); wait > 0 {
		m.pinAt = m.now.At.Add(wait)
	}
	if wait := delay(desk.Guesses); wait > 0 {
		m.managerAt = m.now.At.Add(wait)
	}
}

// forgivePINs ends the waits of which the journal says that nothing is left.
func (m *move) forgivePINs() {
	if m.Counter.Desk.Wrong == 0 {
		m.pinAt = time.Time{}
	}
	if m.Counter.Desk.Guesses == 0 {
		m.managerAt = time.Time{}
	}
}

func (m *move) signOff(how payment.Means) {
	on := m.Counter.Desk.On
	m.recordCounter(payment.Event{Kind: payment.SignedOff, Operator: on.ID, Cashier: on.Name, Means: how})
	m.lockAt = time.Time{}
}

// touched says that somebody is at the terminal.
func (m *move) touched() {
	if m.lockAt = (time.Time{}); m.Settings.LockAfter > 0 && m.Settings.SignOn && !m.locked() {
		m.lockAt = m.now.At.Add(m.Settings.LockAfter)
	}
}

// idle is a terminal that nobody has touched for long. In the middle of a sale it
// waits for that to end; what is keyed is kept for who signs on next.
func (m *move) idle() {
	if m.Screen != Ready && m.Screen != Menu {
		m.touched()
		return
	}
	m.signOff(payment.ByIdling)
	m.home()
}

// startManager asks for a manager, where one is needed and none is signed on.
func (m *move) startManager(what payment.ManagerStep) {
	m.hush()
	m.Digits, m.Keyed, m.Purpose = "", 0, what
	on := m.Counter.Desk.On
	if !m.Settings.Managed || on.Role == payment.Manager {
		m.permit(on)
		return
	}
	m.show(PIN, resultFor)
	if !m.managerAt.IsZero() {
		m.sayWait()
	}
}

// permit has a manager's step done, which the journal keeps.
func (m *move) permit(by payment.Operator) {
	acted := payment.Event{Kind: payment.ManagerActed, Operator: by.ID, Cashier: by.Name, Step: m.Purpose}
	switch m.Purpose {
	case payment.ToPark, payment.ToAbandon:
		acted.Subject = m.Current
	case payment.ToVoid, payment.ToRefund:
		acted.Subject = m.Selected
	}
	m.recordCounter(acted)
	m.forgivePINs()
	m.permitted()
}

// permitted is what a manager's PIN was asked for.
func (m *move) permitted() {
	switch m.Purpose {
	case payment.ToVoid:
		m.show(Voiding, resultFor)
	case payment.ToRefund:
		m.show(Refunding, resultFor)
	case payment.ToPayOut:
		m.askSum(PayOutSum)
	case payment.ToNoSale:
		m.show(DrawerWhy, resultFor)
	case payment.ToReport:
		m.xReport()
	case payment.ToDiscount:
		m.grantDiscount()
	case payment.ToAbandon:
		m.abandon()
	case payment.ToTrain:
		m.ready()
		m.do(Train{})
	case payment.ToDropHeld:
		m.dropHeld()
	default:
		m.show(Parking, resultFor)
	}
}

func (m *move) pressPIN(id string) {
	switch id {
	case "cancel":
		m.Digits = ""
		m.hush()
		m.backFromPIN()
	case "forgot":
		m.startReset()
	case "enter":
		m.do(Identify{Secret: m.Digits})
		m.Digits = ""
	}
}

// backFromPIN goes back to where a manager was asked for.
func (m *move) backFromPIN() {
	switch m.Purpose {
	case payment.ToVoid, payment.ToRefund:
		m.show(OneSale, resultFor)
	case payment.ToPayOut, payment.ToNoSale, payment.ToReport:
		m.show(ShiftScreen, resultFor)
	case payment.ToDiscount:
		m.show(Discounting, discountFor)
	case payment.ToAbandon:
		m.ready()
	case payment.ToTrain, payment.ToDropHeld:
		m.show(Menu, resultFor)
	default:
		m.backToSale()
	}
}

// pressSignOn is a button of the screen where nobody is signed on.
func (m *move) pressSignOn(id string) {
	switch id {
	case "status":
		m.about()
	case "doctor":
		m.examine()
	default:
		m.pressPIN(id)
	}
}

// scanBadge takes what was scanned where an operator is asked for. A customer's
// code is never taken for a badge.
func (m *move) scanBadge(data []byte) {
	if _, err := payment.ParseCode(data); err == nil {
		m.say("sign_on_first")
		return
	}
	if len(data) < payment.MinBadge || len(data) > payment.MaxBadge {
		m.say("badge_unknown")
		return
	}
	m.Digits = ""
	m.do(Identify{Secret: string(data), Badge: true})
}

// identified is whose PIN or badge it was.
func (m *move) identified(e Identified) {
	switch {
	case !m.asksPIN():
	case !e.Known && e.Badge:
		m.say("badge_unknown")
		m.do(Play{SoundDeclined})
	case !e.Known:
		m.wrongPIN()
	case m.Screen == SignOn && !e.Badge && e.Operator.Role == payment.Manager && !m.managerAt.IsZero():
		m.wrongPIN() // in no way told from one, or signing on would be where to guess it
	case m.Screen == SignOn:
		m.hush()
		m.signOn(e.Operator, payment.BySecret)
		m.home()
	case e.Operator.Role != payment.Manager:
		m.say("not_a_manager")
		m.do(Play{SoundDeclined})
	default:
		m.hush()
		m.permit(e.Operator)
	}
}

// wrongPIN keeps that it was tried: the power going does not make one forget.
func (m *move) wrongPIN() {
	e := payment.Event{Kind: payment.PINRefused, Wrong: m.Counter.Desk.Guesses + 1}
	if m.Screen == PIN {
		e.Step = m.Purpose
	}
	waited := !m.managerAt.IsZero()
	m.recordCounter(e)
	m.do(Play{SoundDeclined})
	m.say("pin_wrong")
	m.delayWrong(e.Step)
	switch {
	case !m.pinWait().IsZero():
		m.sayWait()
	case waited:
		m.sayUntil("pin_wrong_or_wait", m.managerAt)
	}
}

// delayWrong has PINs wait after one more that was wrong, keyed for a step or to sign on.
func (m *move) delayWrong(step payment.ManagerStep) {
	signOn := m.pinAt
	m.delayPINs()
	if step != "" && step != payment.ToResetPIN {
		m.pinAt = signOn // it was no try at that
	}
}

func (m *move) sayWait() {
	m.sayUntil("pin_wait", m.pinWait())
	m.quietAt = m.pinWait()
}

// sayUntil says how long a PIN has to wait, in seconds or, with a sentence of its own, in minutes.
func (m *move) sayUntil(what words.Key, at time.Time) {
	left := at.Sub(m.now.At)
	if left > 90*time.Second {
		m.say(what+"_minutes", "minutes", strconv.Itoa(int((left+time.Minute-1)/time.Minute)))
	} else {
		m.say(what, "seconds", strconv.Itoa(int((left+time.Second-1)/time.Second)))
	}
}
