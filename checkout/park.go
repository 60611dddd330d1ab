package checkout

import (
	"crypto/subtle"

	"till/payment"
)

const (
	minPIN = 4
	maxPIN = 8
)

// startParking is a manager's step: the sale on the screen is unresolved, and
// the counter must go on.
func (m *move) startParking() {
	m.startManager(ToPark)
}

// startManager asks for a manager's PIN, where there is one.
func (m *move) startManager(what Manager) {
	m.hush()
	m.Digits, m.Keyed, m.Purpose = "", 0, what
	if m.Settings.ManagerPIN == "" {
		m.permitted()
		return
	}
	m.show(PIN, resultFor)
}

// permitted is what a manager's PIN was asked for.
func (m *move) permitted() {
	switch m.Purpose {
	case ToVoid:
		m.show(Voiding, resultFor)
	case ToRefund:
		m.show(Refunding, resultFor)
	case ToPayOut:
		m.askSum(PayOutSum)
	case ToNoSale:
		m.noSale()
	case ToReport:
		m.xReport()
	case ToDiscount:
		m.grantDiscount()
	case ToAbandon:
		m.abandon()
	default:
		m.show(Parking, resultFor)
	}
}

func (m *move) pressParking(id string) {
	switch {
	case id == "cancel":
		m.Digits = ""
		m.hush()
		switch m.Purpose {
		case ToVoid, ToRefund:
			m.show(OneSale, resultFor)
			return
		case ToPayOut, ToNoSale, ToReport:
			m.show(ShiftScreen, resultFor)
			return
		case ToDiscount:
			m.show(Discounting, discountFor)
			return
		case ToAbandon:
			m.ready()
			return
		}
		m.backToSale()
	case m.Screen == PIN && id == "enter":
		right := subtle.ConstantTimeCompare([]byte(m.Digits), []byte(m.Settings.ManagerPIN)) == 1
		m.Digits = ""
		if !right {
			m.say("pin_wrong")
			return
		}
		m.permitted()
	case id == "goods":
		m.park(payment.GoodsGiven)
	case id == "other":
		m.park(payment.PaidOther)
	}
}

func (m *move) park(intent payment.Intent) {
	sale, ok := m.OnScreen()
	if !ok || sale.OpenAttempt() == nil {
		m.backToSale() // it was settled meanwhile
		return
	}
	sale = m.record(sale, payment.Event{Kind: payment.SaleParked, Intent: intent})
	w := m.watches[sale.ID]
	w.askAt = m.now.At
	m.watch(sale.ID, w)
	m.hush()
	m.do(Print{Sale: sale})
	m.show(Parked, resultFor)
	if m.Online {
		m.ask(sale.ID)
	}
}
