package checkout

import (
	"till/payment"
)

// Order is a sale that a cash register asked for, before it is begun.
type Order struct {
	Key, Reference string
	Amount         int64 // minor units
}

// Free says that the counter takes an order: nothing is keyed, nobody waits. The
// result of a sale that is over does not hold it up, no more than the first digit of
// the next amount. A sale that was refused does: the customer may try again.
func (s State) Free() bool {
	switch s.Screen {
	case Ready:
		return !s.Begun() && s.Current == "" && s.Halt.Key == ""
	case Approved, Cancelled, Parked, Receipt:
		return !s.Begun() && s.Halt.Key == "" && !s.locked()
	default:
		return false
	}
}

// SignedOff says that nobody may sell before an operator has signed on.
func (s State) SignedOff() bool { return s.locked() }

// Running is the key of the order that the counter is at; "" if it is at none.
func (s State) Running() string {
	if sale, ok := s.OnScreen(); ok {
		return sale.Key
	}
	return s.Order.Key
}

// Asks says that the order of a key can be paid here yet: it is shown, or its sale
// was refused and is on the screen for another try.
func (s State) Asks(key string) bool {
	switch {
	case key == "" || s.Screen == Fault:
		return false
	case s.Order.Key == key:
		return true
	}
	sale, ok := s.OnScreen()
	return ok && sale.Key == key && sale.Due() > 0 && s.Screen != Cancelled && s.Screen != Parked
}

// orderButtons are those of a screen that shows what a cash register ordered.
func (s State) orderButtons() []Button {
	if s.Order.Key == "" {
		return nil
	}
	return []Button{{ID: "cancel", Back: true, Enabled: true}}
}

// order shows what a cash register wants to be paid.
func (m *move) order(o Order) {
	if !m.Free() || o.Amount <= 0 || o.Amount > MaxEntry {
		return
	}
	if m.Screen != Ready {
		m.ready()
		if m.Screen == Receipt {
			m.show(Ready, 0) // asked again after that sale
		}
	}
	m.hush()
	m.Order, m.Entry, m.Tipped = o, o.Amount, true // what it asks for is all
}

// cancelOrder ends an order: before it is begun at once, else as the cashier does.
func (m *move) cancelOrder(key string) {
	if m.Order.Key == key {
		m.hush()
		m.ready()
		return
	}
	sale, ok := m.OnScreen()
	if !ok || sale.Key != key {
		return
	}
	if open := sale.OpenAttempt(); open != nil {
		m.cancel(sale, *open)
		return
	}
	m.hush()
	m.ready()
}

// refundOrder gives money of a sale back that a cash register asks for, tender
// by tender.
func (m *move) refundOrder(sale payment.Sale, key string, amount int64) {
	for n := range sale.Tenders {
		if part := min(amount, sale.Refundable(n+1)); part > 0 {
			m.refundKey = key
			sale = m.askBack(sale, n+1, part, false)
			amount -= part
		}
	}
	m.refundKey = ""
}

// openDrawer opens the drawer for a cash register, and keeps that it was.
func (m *move) openDrawer() {
	m.autoShift()
	if m.Counter.Shift.Open {
		m.moveCash(payment.NoSale, 0)
	}
}
