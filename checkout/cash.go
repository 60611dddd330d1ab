package checkout

import (
	"slices"
	"strconv"

	"till/payment"
)

// notes are the bank notes worth a button, in major units of the currency.
var notes = map[string][]int64{
	"USD": {5, 10, 20, 50, 100},
	"CNY": {10, 20, 50, 100},
	"HKD": {20, 50, 100, 500},
	"EUR": {5, 10, 20, 50, 100},
	"JPY": {1000, 5000, 10000},
}

const noteButtons = 3

// NoteButtons are the tendered amounts a customer is likely to hand over for
// due: the next larger notes. Button ids are "note_" and the minor units.
func NoteButtons(due payment.Money) []int64 {
	digits, ok := payment.Digits(due.Currency)
	if !ok {
		return nil
	}
	unit := int64(1)
	for range digits {
		unit *= 10
	}
	var next []int64
	for _, n := range notes[due.Currency] {
		if n*unit > due.Amount {
			next = append(next, n*unit)
		}
	}
	return next[:min(noteButtons, len(next))]
}

func noteID(amount int64) string { return "note_" + strconv.FormatInt(amount, 10) }

// cashScreen asks what the customer handed over.
func (m *move) cashScreen() {
	if m.Current == "" && m.halted() {
		return
	}
	m.hush()
	m.Tendered = 0
	m.show(TakeCash, 0)
}

func (m *move) pressCash(button string) {
	due := m.Next()
	switch button {
	case "exact":
		m.takeCash(due.Amount)
	case "enter":
		m.takeCash(m.Tendered)
	case "cancel":
		m.leaveCash()
	default:
		i := slices.IndexFunc(NoteButtons(due), func(n int64) bool { return noteID(n) == button })
		if i >= 0 {
			m.takeCash(NoteButtons(due)[i])
		}
	}
}

// leaveCash goes back to where the cash screen was opened.
func (m *move) leaveCash() {
	m.Tendered = 0
	if m.Current != "" {
		m.backToSale()
		return
	}
	m.show(Ready, 0)
}

func (m *move) takeCash(tendered int64) {
	due := m.Next()
	if tendered < due.Amount {
		m.say("cash_short", "amount", due.Format("en-US"))
		return
	}
	sale, ok := m.OnScreen()
	if !ok {
		if m.halted() {
			return
		}
		sale = m.createSale()
	}
	taken := payment.Event{
		Kind: payment.CashTaken, Tender: sale.NextTender(), Amount: due.Amount, Tendered: tendered, Change: tendered - due.Amount,
	}
	if sale.Due() == due.Amount {
		taken.Receipt = m.Receipt + 1
	}
	sale = m.record(sale, taken)
	m.Tendered, m.Part = 0, 0
	m.hush()
	m.do(KickDrawer{})
	m.do(Play{SoundApproved})
	if m.partPaid() {
		if taken.Change == 0 {
			return
		}
		m.say("part_change", "amount", payment.Money{Amount: taken.Change, Currency: sale.Total.Currency}.Format("en-US"))
		return
	}
	m.show(Approved, m.approvedStay())
	m.issue(sale)
}
