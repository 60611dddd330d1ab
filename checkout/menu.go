package checkout

import (
	"slices"

	"till/payment"
)

// listed is how many sales the list goes back.
const listed = 60

func (m *move) pressMenu(id string) {
	m.hush()
	switch id {
	case "cancel":
		m.menuBack()
	case "reprint":
		m.reprint()
	case "sales":
		m.Listed, m.Page = nil, 0
		m.show(Sales, resultFor)
		m.do(Load{Count: listed})
	case "find":
		m.askKeyed(Finding, resultFor)
	case "next", "prev":
		m.leaf(id, resultFor)
	case "more":
		m.Leaf++
		m.show(m.Screen, resultFor)
	case "items":
		m.Page = 0
		m.show(Catalogue, resultFor)
	case "hold":
		m.hold()
	case "held":
		m.Page = 0
		m.show(HeldSales, resultFor)
	case "drop":
		m.startManager(payment.ToDropHeld)
	case "split":
		m.askKeyed(Splitting, splitFor)
	case "discount":
		m.askKeyed(Discounting, discountFor)
	case "exempt", "taxable":
		m.Taken.Exempt = id == "exempt"
		m.show(Ready, 0)
	case "status":
		m.about()
	case "shift":
		m.show(ShiftScreen, resultFor)
	case "void":
		m.startGiving(payment.ToVoid)
	case "refund":
		m.startGiving(payment.ToRefund)
	case "doctor":
		m.examine()
	case "training":
		m.startManager(payment.ToTrain)
	case "training_end":
		m.do(Train{})
	case "sign_off":
		m.signOff(payment.ByButton)
		m.ready()
	default:
		i := slices.IndexFunc(m.Listed, func(s payment.Sale) bool { return RowID(s.ID) == id })
		if i >= 0 {
			m.Selected, m.Leaf = m.Listed[i].ID, 0
			m.show(OneSale, resultFor)
		}
	}
}

// about says how the terminal is.
func (m *move) about() {
	m.Leaf = 0
	m.show(About, resultFor)
}

// menuBack goes one step back.
func (m *move) menuBack() {
	switch m.Screen {
	case OneSale:
		m.show(Sales, resultFor)
	case Menu:
		m.show(Ready, 0)
	default:
		m.Listed, m.Page = nil, 0
		m.show(Menu, resultFor)
	}
}

// reprint prints a receipt once more, marked as a copy, or one that was waived.
func (m *move) reprint() {
	sale, ok := m.Sale(m.Last)
	if m.Screen == OneSale {
		sale, ok = m.SelectedSale()
	}
	if !ok || sale.Receipt == 0 {
		m.say("nothing_to_print")
		return
	}
	m.printAgain(sale)
}
