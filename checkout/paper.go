package checkout

import (
	"time"

	"till/payment"
)

// approvedStay is how long the approved screen stays by itself: longer where the
// customer has something to do there.
func (s State) approvedStay() time.Duration {
	if s.Settings.ReceiptURL != "" || s.Settings.PaperAsked {
		return receiptFor
	}
	return approvedFor
}

// ReceiptQR is the text of the QR of the receipt on the approved screen; "" if there is none.
func (s State) ReceiptQR() string {
	sale, ok := s.OnScreen()
	if !ok || s.Screen != Approved || s.Settings.ReceiptURL == "" {
		return ""
	}
	return s.Settings.ReceiptURL + string(sale.ID)
}

// Printing says that the receipt of the sale on the screen is on its way to paper.
func (s State) Printing() bool {
	sale, ok := s.OnScreen()
	return ok && sale.OwesPaper() && (!s.Settings.PaperAsked || s.Paper == sale.ID)
}

func (s State) approvedButtons(done Button) []Button {
	if !s.Settings.PaperAsked {
		return []Button{done}
	}
	sale, ok := s.OnScreen()
	return []Button{{ID: "print", Enabled: ok && sale.OwesPaper() && s.Paper != sale.ID}, done}
}

// issue prints the receipt of a sale that is paid, where whoever is there is not
// asked. Where nobody is there to be asked, none is owed.
func (m *move) issue(sale payment.Sale) {
	switch {
	case !m.Settings.PaperAsked:
		m.do(Print{Sale: sale})
	case sale.ID != m.Current:
		m.record(sale, payment.Event{Kind: payment.ReceiptWaived, Receipt: sale.Receipt})
	}
}

// wantPaper prints the receipt of the sale on the screen.
func (m *move) wantPaper(sale payment.Sale) {
	m.hush()
	m.Paper = sale.ID
	m.do(Print{Sale: sale})
}

// waive keeps that the screen of a paid sale was left without its receipt being asked
// for. Until then it is owed: after a power cut it is printed.
func (m *move) waive() {
	sale, ok := m.OnScreen()
	if ok && m.Settings.PaperAsked && sale.OwesPaper() && m.Paper != sale.ID {
		m.record(sale, payment.Event{Kind: payment.ReceiptWaived, Receipt: sale.Receipt})
	}
	m.Paper = ""
}

// printAgain prints a receipt that may be out already, marked as a copy. The first
// paper of one that was waived is none, and is owed from now on.
func (m *move) printAgain(sale payment.Sale) {
	first := sale.Waived
	if first {
		sale = m.record(sale, payment.Event{Kind: payment.ReceiptWanted, Receipt: sale.Receipt})
	}
	m.do(Print{Sale: sale, Copy: !first})
	switch {
	case m.Printer != PrinterReady:
		m.say("receipt_waits")
	case first:
		m.say("printing")
	default:
		m.say("reprinting")
	}
}
