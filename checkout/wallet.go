package checkout

import (
	"errors"
	"time"

	"till/payment"
	"till/words"
)

// scan is everything a scanner can read, wherever the counter is.
func (m *move) scan(data []byte) {
	if m.Screen == Fault || m.Screen == Halted {
		return // it says already that nothing is charged now
	}
	m.do(Play{SoundRead})
	if m.asksPIN() {
		m.scanBadge(data)
		return
	}
	if m.finds() && m.find(data) {
		return
	}
	if m.scanProduct(data) {
		return
	}
	code, err := payment.ParseCode(data)
	if err != nil {
		m.refuse(err)
		return
	}
	if m.again(code) {
		return
	}
	switch m.Screen {
	case Ready, Offline:
		if !m.payable() {
			m.sayWhyNot()
			return
		}
	case Declined, Expired, Reversed, PartPaid:
		// another try for the same amount, or the next part
	case Tipping: // with the tip as it is
		if !m.payable() {
			m.sayWhyNot()
			return
		}
	default:
		m.say("scan_not_expected")
		return
	}
	m.charge(code)
}

func (m *move) refuse(err error) {
	var refusal *payment.Refusal
	if errors.As(err, &refusal) {
		if refusal.Reason == payment.ProductCode && m.Screen == Ready && len(m.Settings.Trade.Catalogue) > 0 {
			m.say("item_unknown")
			return
		}
		m.say(words.Key("code_" + string(refusal.Reason)))
		return
	}
	m.say("code_unreadable")
}

// again says that this very code was charged just now: a phone that lingers
// before the scanner does nothing the second time.
func (m *move) again(code payment.Code) bool {
	if m.lastCodeAt.IsZero() || code.Digest() != m.lastCode {
		return false
	}
	lingers := m.now.At.Sub(m.lastCodeAt) < lingerFor
	if !lingers && m.Screen != Approved && m.Screen != Charging && m.Screen != Checking {
		m.say("code_code_used")
	}
	return true
}

func (m *move) charge(code payment.Code) {
	if m.refusesWallet(code.Wallet()) || !m.reachable() {
		return
	}
	sale, a := m.startAttempt(payment.Scan, code.Wallet())
	if a == nil {
		return
	}
	m.lastCode, m.lastCodeAt = code.Digest(), m.now.At
	m.Keyed = 0 // a tip that nobody has entered
	m.hush()
	m.show(Charging, 0)
	m.do(Charge{
		Order: payment.NewOrder(sale.ID, a.Number), Tender: a.Tender, Code: code,
		Amount:   payment.Money{Amount: sale.Tenders[a.Tender-1].Amount, Currency: sale.Total.Currency},
		NotAfter: a.NotAfter,
	})
}

func (m *move) showQR() {
	if !m.reachable() {
		return
	}
	sale, a := m.startAttempt(payment.QR, payment.WalletUnknown)
	if a == nil {
		return
	}
	m.hush()
	m.show(ShowingQR, 0)
	m.do(Show{
		Order: payment.NewOrder(sale.ID, a.Number), Tender: a.Tender,
		Amount:   payment.Money{Amount: sale.Tenders[a.Tender-1].Amount, Currency: sale.Total.Currency},
		NotAfter: a.NotAfter,
	})
}

// reachable refuses a wallet at once where the gateway does not answer: a
// stored code could only fail.
func (m *move) reachable() bool {
	if m.Online && m.ClockKnown {
		return true
	}
	if m.Current != "" {
		m.say("offline_wallet")
		return false
	}
	m.hush()
	m.show(Offline, 0)
	m.do(Play{SoundDeclined})
	return false
}

// startAttempt begins the next attempt of the sale on the screen, or of a new one.
func (m *move) startAttempt(mode payment.Mode, wallet payment.Wallet) (payment.Sale, *payment.Attempt) {
	m.renew()
	next := m.Next().Amount
	sale, ok := m.OnScreen()
	if !ok {
		if m.halted() {
			return sale, nil
		}
		sale = m.createSale()
	}
	if expired(sale) { // paid in part, else it was renewed
		m.say("part_cash_only")
		return sale, nil
	}
	if len(sale.Attempts) >= payment.MaxAttempt {
		m.say("too_many_attempts")
		return sale, nil
	}
	sale = m.record(sale, payment.Event{
		Kind: payment.AttemptStarted, Tender: sale.NextTender(), Attempt: len(sale.Attempts) + 1,
		Amount: next, Mode: mode, Wallet: wallet, NotAfter: m.cloudTime(m.now).Add(requestLife).UTC(),
	})
	a := sale.OpenAttempt()
	if a == nil {
		return sale, nil // record has said why
	}
	m.watch(sale.ID, watch{deafAt: m.now.At.Add(answerWait), askAt: m.now.At.Add(answerWait)})
	return sale, a
}

// renew goes on under a new sale where the wallet may not have closed the last
// attempt yet: what is paid for it later is given back, and must not meet a
// second attempt of the same tender.
func (m *move) renew() {
	sale, ok := m.OnScreen()
	if !ok {
		return
	}
	if closing(sale) && !sale.PartPaid() {
		m.Current = ""
		m.takeAgain(sale)
	}
}

// createSale begins a sale of what is keyed and taken up.
func (m *move) createSale() payment.Sale {
	m.autoShift()
	cart := m.Cart()
	bill := cart.Bill()
	m.made = made{m.now.Fresh, cart}
	m.Current, m.Last = m.now.Fresh, m.now.Fresh
	created := payment.Event{
		Kind: payment.SaleCreated, Amount: bill.Total(), Currency: m.Settings.Currency, Cashier: m.Attendant(),
	}
	created.Key, created.Reference, created.Hold = m.Order.Key, m.Order.Reference, m.Hold
	if !bill.Plain() {
		created.Bill = &bill
	}
	sale := m.record(payment.Sale{}, created)
	m.Making = Making{Part: m.Part} // of what is paid next, whatever becomes of this attempt
	return sale
}

// watched is a sale and its open attempt; without one it is watched no more.
func (m *move) watched(id payment.SaleID) (payment.Sale, *payment.Attempt) {
	sale, ok := m.Sale(id)
	if ok {
		if a := sale.OpenAttempt(); a != nil {
			return sale, a
		}
	}
	m.unwatch(id)
	return sale, nil
}

// deaf is an attempt of which nothing was heard for too long: it is unknown, and said so.
func (m *move) deaf(id payment.SaleID, w watch) {
	w.deafAt = m.now.At.Add(answerWait)
	sale, a := m.watched(id)
	if a == nil {
		return
	}
	if a.Status == payment.Checking || a.Status == payment.Reversing {
		w.deafAt = time.Time{} // said already
		m.watch(id, w)
		return
	}
	m.watch(id, w)
	m.record(sale, payment.Event{Kind: payment.AttemptChanged, Attempt: a.Number, Status: payment.Checking})
	if id == m.Current && sale.Parked == "" && m.Screen != PIN && m.Screen != Parking {
		m.show(Checking, 0)
	}
}

// ask asks after an open attempt, again and again until it is settled.
func (m *move) ask(id payment.SaleID) {
	sale, a := m.watched(id)
	if a == nil {
		return
	}
	w := m.watches[id]
	switch {
	case sale.Parked != "":
		w.askAt = m.now.At.Add(askParked)
	case a.Status == payment.Checking:
		w.askAt = m.now.At.Add(askFirst)
	default:
		w.askAt = m.now.At.Add(askSlow)
	}
	m.watch(id, w)
	order := payment.NewOrder(id, a.Number)
	if sale.Cancelling || sale.Parked == payment.PaidOther {
		m.do(Cancel{order})
	} else {
		m.do(Query{order})
	}
}

// told takes the gateway's word on an attempt.
func (m *move) told(e Told) {
	id, n, err := e.Answer.Order.Split()
	if err != nil {
		return // not of this terminal's making; the link has logged it
	}
	sale, ok := m.Sale(id)
	if !ok && e.Sale != nil {
		sale, ok = *e.Sale, true
	}
	if !ok || n > len(sale.Attempts) {
		return
	}
	if !e.Answer.Status.Known() {
		return // a newer gateway's word; it is asked again until it says one of ours
	}
	open := sale.OpenAttempt()
	if open == nil || open.Number != n {
		if e.Answer.Late {
			m.late(sale, sale.Attempts[n-1], e.Answer)
		}
		return // settled before; said again
	}
	w := m.watches[id]
	if w.answer.Order == e.Answer.Order && e.Answer.Rev < w.answer.Rev {
		return // overtaken on its way
	}
	w.answer = e.Answer
	w.deafAt = m.now.At.Add(askSlow + answerWait)
	m.watch(id, w)
	if e.Answer.Status == payment.Approved && (sale.Cancelling || sale.Parked == payment.PaidOther) {
		// The journal says that no approval is wanted any more: it is to be given back.
		m.ask(id)
		return
	}
	if e.Answer.Status.Final() {
		m.settle(sale, *open, e.Answer)
		if settled, ok := m.Sale(id); ok && e.Answer.Late {
			m.late(settled, settled.Attempts[n-1], e.Answer) // both at once: the first word of the end was lost
		}
	} else {
		m.progress(sale, *open, e.Answer)
	}
}

// progress is an answer that settles nothing yet.
func (m *move) progress(sale payment.Sale, a payment.Attempt, answer payment.Answer) {
	if a.Status != answer.Status {
		sale = m.record(sale, payment.Event{
			Kind: payment.AttemptChanged, Attempt: a.Number, Status: answer.Status, Wallet: answer.Wallet,
		})
	}
	if sale.ID != m.Current || sale.Parked != "" || m.Screen == PIN || m.Screen == Parking {
		return // a parked sale is out of the counter's way, even while its screen says so
	}
	a.Status = answer.Status
	if want := screenOf(sale, a); m.Screen != want {
		m.show(want, 0)
	}
}

// screenOf is the screen of an open attempt.
func screenOf(sale payment.Sale, a payment.Attempt) Screen {
	switch {
	case sale.Cancelling:
		return Checking
	case a.Status == payment.Waiting:
		return ShowingQR
	case a.Status == payment.Authorizing || a.Status == payment.Password:
		return Charging
	default:
		return Checking
	}
}

// settle is an attempt's end.
func (m *move) settle(sale payment.Sale, a payment.Attempt, answer payment.Answer) {
	e := payment.Event{
		Kind: payment.AttemptChanged, Attempt: a.Number, Status: answer.Status, Reason: answer.Reason,
		Wallet: answer.Wallet, Transaction: answer.Transaction, Payer: answer.Payer,
	}
	if answer.Status == payment.Approved {
		tender := sale.Tenders[a.Tender-1].Amount
		if answer.Amount != tender || answer.Currency != sale.Total.Currency {
			m.say("amount_differs") // never shown as paid; the gateway's operator is told there
			return
		}
		if sale.Due() == tender {
			e.Receipt = m.Receipt + 1
		}
	}
	parked, wasCurrent := sale.Parked, sale.ID == m.Current
	sale = m.record(sale, e)
	m.unwatch(sale.ID)
	if parked == payment.PaidOther && sale.PartPaid() {
		sale = m.giveAllBack(sale) // the customer has left, or pays all of it another way
	}
	if parked != "" {
		m.announce(sale, parked, answer)
	} else if wasCurrent {
		m.result(answer.Status)
		if answer.Status == payment.Approved && m.Screen != Fault {
			m.Part = 0
			m.partPaid()
		}
	}
	if sale.Receipt != 0 {
		m.issue(sale)
	}
}

// result shows how it ended, and lets it be heard.
func (m *move) result(status payment.AttemptStatus) {
	if m.Screen == Fault {
		return
	}
	m.showResult(status)
	switch status {
	case payment.Approved:
		m.do(Play{SoundApproved})
	case payment.Cancelled: // the cashier's own doing needs no alarm
	default:
		m.do(Play{SoundDeclined})
	}
}

func (m *move) showResult(status payment.AttemptStatus) {
	m.hush()
	switch status {
	case payment.Approved:
		m.show(Approved, m.approvedStay())
	case payment.Declined:
		m.show(Declined, resultFor)
	case payment.Expired:
		m.show(Expired, resultFor)
	case payment.Cancelled:
		if m.beginsAnew() {
			m.show(Cancelled, resultFor)
		} else {
			m.show(Cancelled, approvedFor)
		}
	default:
		m.show(Reversed, resultFor)
	}
}

// announce says how a parked sale ended, whatever is on the screen.
func (m *move) announce(sale payment.Sale, parked payment.Intent, answer payment.Answer) {
	amount := sale.Total.Format("en-US")
	if sale.Due() > 0 {
		amount = payment.Money{Amount: sale.Due(), Currency: sale.Total.Currency}.Format("en-US")
	}
	switch {
	case answer.Status == payment.Approved && sale.Due() == 0:
		m.say("parked_paid", "amount", amount)
	case parked == payment.GoodsGiven:
		m.say("parked_owed", "amount", amount)
	default:
		m.say("parked_closed", "amount", amount)
	}
	m.do(Play{SoundAttention})
}

// late is money that came after the attempt was closed; the gateway has given it back.
func (m *move) late(sale payment.Sale, a payment.Attempt, answer payment.Answer) {
	if a.Late || !a.Status.Final() || a.Status == payment.Approved {
		return
	}
	m.record(sale, payment.Event{Kind: payment.LateRefunded, Attempt: a.Number, Amount: answer.Amount})
	m.say("late_refunded", "amount", payment.Money{Amount: answer.Amount, Currency: answer.Currency}.Format("en-US"))
	m.do(Play{SoundAttention})
}

// cancel ends the open attempt of the sale on the screen. With the line down it
// is checking until the gateway has heard of it.
func (m *move) cancel(sale payment.Sale, a payment.Attempt) {
	if !sale.Cancelling {
		sale = m.record(sale, payment.Event{Kind: payment.CancelRequested, Attempt: a.Number})
	}
	w := m.watches[sale.ID]
	w.askAt = m.now.At.Add(askFirst)
	m.watch(sale.ID, w)
	m.hush()
	m.show(Checking, 0)
	if m.Online {
		m.do(Cancel{payment.NewOrder(sale.ID, a.Number)})
	}
}
