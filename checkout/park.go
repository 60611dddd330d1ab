package checkout

import "till/payment"

// startParking is a manager's step: the sale on the screen is unresolved, and
// the counter must go on.
func (m *move) startParking() {
	m.startManager(payment.ToPark)
}

func (m *move) pressParking(id string) {
	switch id {
	case "cancel":
		m.hush()
		m.backToSale()
	case "goods":
		m.park(payment.GoodsGiven)
	case "other":
		m.park(payment.PaidOther)
	}
}

func (m *move) park(intent payment.Intent) {
	sale, ok := m.OnScreen()
	if !ok || sale.OpenAttempt() == nil {
		m.backToSale() // it was settled meanwhile
		return
	}
	sale = m.record(sale, payment.Event{Kind: payment.SaleParked, Intent: intent, Slip: true})
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
