package checkout

import (
	"time"

	"till/payment"
)

const splitFor = time.Minute

// Next is what the next payment is of: all that is due, or the part that was keyed.
func (s State) Next() payment.Money {
	due := s.Due()
	if s.Part > 0 && s.Part < due.Amount {
		due.Amount = s.Part
	}
	return due
}

func (s State) splitButtons(back Button) []Button {
	due := s.Due().Amount
	return []Button{
		back, {ID: "half", Enabled: due > 1}, {ID: "third", Enabled: due > 2},
		{ID: "whole", Main: s.Keyed == 0, Enabled: true}, {ID: "enter", Main: s.Keyed > 0, Enabled: s.Keyed > 0 && s.Keyed < due},
	}
}

// partButtons are those of a sale that is paid in part. A wallet that may not
// have closed its last order is not asked for the same part again: see renew.
func (s State) partButtons() []Button {
	sale, ok := s.OnScreen()
	if !ok {
		return nil
	}
	wallet := !expired(sale) && s.takesWallets()
	return []Button{
		{ID: "give_back", Back: true, Enabled: true}, {ID: "split", Enabled: !expired(sale) && sale.Due() > 1},
		{ID: "cash", Main: !wallet, Enabled: s.takesCash()}, {ID: "qr", Main: wallet, Enabled: wallet},
	}
}

// expired says that the last attempt of a sale may be open at the wallet yet.
func expired(sale payment.Sale) bool {
	a := sale.LastAttempt()
	return a != nil && a.Status == payment.Expired && a.Tender == sale.NextTender()
}

// closing says that the wallet may not have closed the last attempt of a sale: it goes by
// itself, or was cancelled, and may be paid yet. All of that is given back.
func closing(sale payment.Sale) bool {
	a := sale.LastAttempt()
	return expired(sale) || a != nil && a.Status == payment.Cancelled && a.Tender == sale.NextTender()
}

// beginsAnew says that what was cancelled can be paid after all, under a new sale. One that
// is paid in part is gone on with as such, and a cash register may have given its own up.
func (s State) beginsAnew() bool {
	sale, ok := s.OnScreen()
	return ok && !sale.PartPaid() && sale.Key == ""
}

// onlyCashLeft says that of the sale on the screen a part is paid, and the rest cannot be
// asked of a wallet.
func (s State) onlyCashLeft() bool {
	sale, ok := s.OnScreen()
	return ok && sale.PartPaid() && expired(sale)
}

func (m *move) pressSplit(id string) {
	due, keyed := m.Due().Amount, m.takeKeyed()
	switch id {
	case "half":
		m.Part = (due + 1) / 2
	case "third":
		m.Part = (due + 2) / 3
	case "whole":
		m.Part = 0
	case "enter":
		m.Part = keyed
	}
	m.fromSplit()
}

// fromSplit goes back to where the split was asked for.
func (m *move) fromSplit() {
	if sale, ok := m.OnScreen(); ok && sale.PartPaid() {
		m.show(PartPaid, 0)
		return
	}
	m.show(Ready, 0)
}

func (m *move) pressPart(id string) {
	switch id {
	case "split":
		m.askKeyed(Splitting, splitFor)
	case "give_back":
		m.startManager(payment.ToAbandon)
	default:
		m.pressSale(id)
	}
}

// abandon gives back what was paid of a sale that is not paid to its end.
func (m *move) abandon() {
	sale, ok := m.OnScreen()
	if !ok || !sale.PartPaid() {
		m.ready()
		return
	}
	m.Current = ""
	m.giveAllBack(sale)
	m.ready()
	m.say("abandoned")
}

// giveAllBack gives every tender back that is paid.
func (m *move) giveAllBack(sale payment.Sale) payment.Sale {
	for n, t := range sale.Tenders {
		if sale.Refundable(n+1) == t.Amount { // also one whose void was refused before
			sale = m.askBack(sale, n+1, t.Amount, true)
		}
	}
	return sale
}

// partPaid shows a sale that is paid in part, where there is one to go on with.
func (m *move) partPaid() bool {
	sale, ok := m.OnScreen()
	if !ok || !sale.PartPaid() || sale.OpenAttempt() != nil {
		return false
	}
	m.Tendered, m.Keyed, m.Digits = 0, 0, ""
	m.show(PartPaid, 0)
	return true
}
