package checkout

import (
	"slices"

	"till/payment"
)

// listed is how many sales the list shows: one page of the screen.
const listed = 6

func (m *move) pressMenu(id string) {
	m.hush()
	switch id {
	case "cancel":
		m.menuBack()
	case "reprint":
		m.reprint()
	case "sales":
		m.Listed = nil
		m.show(Sales, resultFor)
		m.do(Load{Count: listed})
	case "status":
		m.show(About, resultFor)
	default:
		i := slices.IndexFunc(m.Listed, func(s payment.Sale) bool { return rowID(s.ID) == id })
		if i >= 0 {
			m.Listed = []payment.Sale{m.Listed[i]}
			m.show(OneSale, resultFor)
		}
	}
}

func (m *move) menuBack() {
	switch m.Screen {
	case OneSale:
		m.Listed = nil
		m.show(Sales, resultFor)
		m.do(Load{Count: listed})
	case Menu:
		m.Listed = nil
		m.show(Ready, 0)
	default:
		m.Listed = nil
		m.show(Menu, resultFor)
	}
}

// reprint prints a receipt once more, marked as a copy.
func (m *move) reprint() {
	sale, ok := m.Sale(m.Last)
	if m.Screen == OneSale && len(m.Listed) == 1 {
		sale, ok = m.Listed[0], true
	}
	if !ok || sale.Receipt == 0 {
		m.say("nothing_to_print")
		return
	}
	m.do(Print{Sale: sale, Copy: true})
	m.say("reprinting")
}
