package checkout

import (
	"slices"

	"till/payment"
)

// doubt notes a receipt that may have come out or not. The cashier is asked as
// soon as the counter is free; the next sale goes before.
func (m *move) doubt(sale payment.Sale) {
	same := func(x payment.Sale) bool { return x.ID == sale.ID }
	if sale.Receipt == 0 || slices.ContainsFunc(m.Doubts, same) {
		return
	}
	m.Doubts = append(slices.Clone(m.Doubts), sale)
	m.do(Play{SoundAttention})
	if m.Screen == Ready && !m.Begun() {
		m.ready()
	}
}

// InDoubt is the sale whose receipt the screen asks for.
func (s State) InDoubt() (payment.Sale, bool) {
	if s.Screen != Receipt || len(s.Doubts) == 0 {
		return payment.Sale{}, false
	}
	return s.Doubts[0], true
}

// pressReceipt is the answer: yes, or once more. The second is marked as a copy,
// since the first may be in somebody's hand.
func (m *move) pressReceipt(id string) {
	sale, ok := m.InDoubt()
	if !ok {
		m.ready()
		return
	}
	m.Doubts = slices.Clone(m.Doubts[1:])
	m.hush()
	now, held := m.Sale(sale.ID)
	if held {
		sale = now
	}
	switch id {
	case "yes":
		if held && sale.OwesPaper() {
			m.record(sale, payment.Event{Kind: payment.ReceiptPrinted, Receipt: sale.Receipt})
		}
	case "again":
		m.printAgain(sale)
	}
	m.ready()
}
