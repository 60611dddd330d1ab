package checkout

import (
	"slices"
	"time"

	"till/payment"
)

// How often the gateway is asked what became of a refund.
const (
	askRefund  = 5 * time.Second
	askPending = time.Minute // one that the wallet takes its time for
)

// owing is what is known of an open refund and not worth a commit.
type owing struct {
	rev   int // of the newest answer
	askAt time.Time
}

// Left is the tender of the selected sale that a refund goes to, tender by
// tender, and what is left of it; 0 if there is none.
func (s State) Left() (tender int, left payment.Money) {
	sale, ok := s.SelectedSale()
	if !ok || sale.Due() != 0 {
		return 0, left
	}
	for n := range sale.Tenders {
		if amount := sale.Refundable(n + 1); amount > 0 {
			return n + 1, payment.Money{Amount: amount, Currency: sale.Total.Currency}
		}
	}
	return 0, left
}

// voidable says that all of the selected sale can be undone: it is paid, nothing
// of it went back, and it is of this day.
func (s State) voidable() bool {
	sale, ok := s.SelectedSale()
	if ok && sale.Due() > 0 && sale.OpenAttempt() == nil && sale.ID != s.Current { // on the screen, it has a button of its own
		for n, t := range sale.Tenders {
			if t.Paid && sale.Refundable(n+1) == t.Amount {
				return true
			}
		}
	}
	if !ok || sale.Due() != 0 || sale.Elsewhere != nil || !s.sameDay(sale.Created.Time) {
		return false
	}
	return !slices.ContainsFunc(sale.Refunds, func(r payment.Refund) bool { return r.Status != payment.RefundRefused })
}

// sameDay says that a moment was today, by the shop's clock.
func (s State) sameDay(at time.Time) bool {
	if at.IsZero() || s.Today == "" {
		return false
	}
	return at.In(s.Settings.zone()).Format(time.DateOnly) == s.Today
}

// zone is where the shop is.
func (s Settings) zone() *time.Location {
	if s.Zone == nil {
		return time.UTC
	}
	return s.Zone
}

// startGiving asks a manager to give money of the selected sale back.
func (m *move) startGiving(how payment.ManagerStep) {
	if sale, ok := m.SelectedSale(); ok && !m.GivesBack(sale) {
		m.say("open_shift_first")
		return
	}
	m.startManager(how)
}

func (m *move) pressGiving(id string) {
	switch id {
	case "cancel":
		m.Keyed = 0
		m.hush()
		m.show(OneSale, resultFor)
	case "void":
		m.void()
	case "all":
		_, left := m.Left()
		m.Keyed = left.Amount
		m.giveBack()
	case "refund":
		m.giveBack()
	}
}

// void gives everything back, tender by tender.
func (m *move) void() {
	sale, ok := m.SelectedSale()
	if !ok || !m.voidable() {
		m.show(OneSale, resultFor)
		m.say("void_impossible")
		return
	}
	m.given(m.giveAllBack(sale))
}

// giveBack gives what is keyed back, of one tender.
func (m *move) giveBack() {
	sale, ok := m.SelectedSale()
	tender, left := m.Left()
	if !ok || tender == 0 || m.Keyed <= 0 || m.Keyed > left.Amount {
		m.say("refund_too_much", "amount", left.Format("en-US"))
		return
	}
	m.given(m.askBack(sale, tender, m.Keyed, false))
}

// askBack commits one refund, and carries out what can be at once. Cash is in the drawer.
func (m *move) askBack(sale payment.Sale, tender int, amount int64, void bool) payment.Sale {
	n := len(sale.Refunds) + 1
	if n > payment.MaxRefund {
		m.say("refund_too_many")
		return sale
	}
	if sale.Elsewhere == nil && sale.Tenders[tender-1].Wallet == payment.Cash {
		m.autoShift()
	}
	if of := sale.Elsewhere; of != nil && of.Sale == sale.ID { // looked at, and not this terminal's yet
		m.autoShift() // as with the first sale: its report is to have it
		sale = m.record(sale, payment.Event{Kind: payment.SaleFetched, Elsewhere: of, Cashier: m.Attendant()})
		m.Listed, m.Selected = []payment.Sale{sale}, sale.ID
	}
	sale = m.record(sale, payment.Event{
		Kind: payment.RefundAsked, Refund: n, Tender: tender, Amount: amount, Void: void, Cashier: m.Attendant(), Key: m.refundKey,
	})
	order, wallet := sale.WalletOrder(tender)
	if !wallet {
		sale = m.record(sale, payment.Event{Kind: payment.RefundChanged, Refund: n, RefundStatus: payment.RefundDone, Slip: true})
		m.do(KickDrawer{})
		m.do(Print{Sale: sale, Refund: n})
		return sale
	}
	id := payment.NewRefundID(sale.ID, n)
	m.owe(id, owing{askAt: m.now.At.Add(askRefund)})
	if m.Online {
		m.do(GiveBack{Refund: id, Order: order, Amount: payment.Money{Amount: amount, Currency: sale.Total.Currency}, Void: void})
	}
	return sale
}

// given shows the sale again, and says what becomes of it.
func (m *move) given(sale payment.Sale) {
	m.Keyed = 0
	m.show(OneSale, resultFor)
	open := sale.OpenRefund()
	switch {
	case open == nil:
		m.say("refund_done", "amount", m.back(sale).Format("en-US"))
	case m.Online:
		m.say("refund_asked")
	default:
		m.say("refund_waits")
	}
}

// back is what the newest refund of a sale gives back, or all of a void.
func (m *move) back(sale payment.Sale) payment.Money {
	sum := payment.Money{Currency: sale.Total.Currency}
	for i, r := range slices.Backward(sale.Refunds) {
		if sum.Amount += r.Amount; !r.Void || i == 0 {
			break
		}
	}
	return sum
}

// relist keeps the list as the journal is.
func (m *move) relist(sale payment.Sale) {
	if i := slices.IndexFunc(m.Listed, func(x payment.Sale) bool { return x.ID == sale.ID }); i >= 0 {
		m.Listed = slices.Clone(m.Listed)
		m.Listed[i] = sale
	}
}

func (m *move) owe(id payment.RefundID, o owing) {
	m.owed = with(m.owed, id, o)
}

func (m *move) settled(id payment.RefundID) {
	m.owed = without(m.owed, id)
}

// takeUpRefunds asks, after a boot, what became of the refunds of a sale.
func (m *move) takeUpRefunds(sale payment.Sale) {
	for _, r := range sale.Refunds {
		if !r.Status.Final() {
			m.owe(payment.NewRefundID(sale.ID, r.Number), owing{askAt: m.now.At})
		}
	}
}

// askAfterRefund asks the gateway for a refund once more: to it, the same number
// is one refund.
func (m *move) askAfterRefund(id payment.RefundID) {
	sale, r, ok := m.refund(id)
	if !ok || r.Status.Final() {
		m.settled(id)
		return
	}
	o := m.owed[id]
	o.askAt = m.now.At.Add(askRefund)
	if r.Status == payment.RefundPending {
		o.askAt = m.now.At.Add(askPending)
	}
	m.owe(id, o)
	order, _ := sale.WalletOrder(r.Tender) // what is open is a wallet's
	m.do(GiveBack{Refund: id, Order: order, Amount: payment.Money{Amount: r.Amount, Currency: sale.Total.Currency}, Void: r.Void})
}

func (m *move) refund(id payment.RefundID) (payment.Sale, payment.Refund, bool) {
	of, n, err := id.Split()
	if err != nil {
		return payment.Sale{}, payment.Refund{}, false
	}
	sale, ok := m.Sale(of)
	if !ok || n > len(sale.Refunds) {
		return sale, payment.Refund{}, false
	}
	return sale, sale.Refunds[n-1], true
}

// refundTold takes the gateway's word on a refund.
func (m *move) refundTold(e RefundTold) {
	sale, r, ok := m.refund(e.Answer.Refund)
	if !ok || r.Status.Final() || !e.Answer.Status.Known() {
		return // settled before, of no refund of ours, or a newer gateway's word
	}
	o := m.owed[e.Answer.Refund]
	if e.Answer.Rev < o.rev {
		return // overtaken on its way
	}
	o.rev = e.Answer.Rev
	m.owe(e.Answer.Refund, o)
	if e.Answer.Status == r.Status {
		return
	}
	sale = m.record(sale, payment.Event{
		Kind: payment.RefundChanged, Refund: r.Number, RefundStatus: e.Answer.Status, Reason: e.Answer.Reason,
		Transaction: e.Answer.Transaction, Slip: e.Answer.Status == payment.RefundDone,
	})
	amount := payment.Money{Amount: r.Amount, Currency: sale.Total.Currency}.Format("en-US")
	switch e.Answer.Status {
	case payment.RefundDone:
		m.settled(e.Answer.Refund)
		m.say("refund_done", "amount", amount)
		m.do(Play{SoundApproved})
		m.do(Print{Sale: sale, Refund: r.Number})
	case payment.RefundRefused:
		m.settled(e.Answer.Refund)
		m.say("refund_refused", "amount", amount)
		m.do(Play{SoundAttention})
	case payment.RefundPending:
		m.say("refund_pending", "amount", amount)
	}
}
