package checkout

import (
	"till/payment"
)

// Order is a sale that a cash register asked for, before it is begun.
type Order struct {
	Key, Reference string
	Amount         int64 // minor units
}

// Free says that the counter takes an order: nothing is keyed, nobody waits.
func (s State) Free() bool {
	return s.Screen == Ready && !s.Begun() && s.Current == "" && s.Halt.Key == ""
}

// Running is the key of the order that the counter is at; "" if it is at none.
func (s State) Running() string {
	if sale, ok := s.OnScreen(); ok {
		return sale.Key
	}
	return s.Order.Key
}

// order shows what a cash register wants to be paid.
func (m *move) order(o Order) {
	if !m.Free() || o.Amount <= 0 || o.Amount > MaxEntry {
		return
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
