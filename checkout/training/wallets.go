package training

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"time"

	"till/checkout"
	"till/payment"
)

// How the wallets, and the customers with them, are played.
const (
	answerAfter   = time.Second     // a charge, or a refund
	confirmAfter  = 5 * time.Second // a customer keys the wallet's password
	payAfter      = 6 * time.Second // a customer scans and pays a QR
	reverseAfter  = 15 * time.Second
	pendingFor    = 20 * time.Second // a refund that takes its time
	qrLives       = 2 * time.Minute
	lineTakes     = 300 * time.Millisecond // a question, and its answer
	qrText        = "TRAINING"             // begins the text of every QR: no wallet takes it
	transactionNo = "TRAINING%06d"
)

// The last two digits of an amount choose what happens; docs/cashier.md has them.
const (
	noFunds       = 1
	asksPassword  = 2
	noAnswer      = 3
	refundPending = 4
)

// wallets plays gateway, wallets and customers. It serves one goroutine.
type wallets struct {
	now    time.Time
	offset time.Duration  // the cloud's time less now
	paysBy payment.Wallet // who scans a QR
	rev    int

	orders  map[payment.Order]payment.Answer // as they stand
	refunds map[payment.RefundID]payment.RefundAnswer
	replies []reply // what will be said, the first first
}

// reply is how an order or a refund stands from then on; one without a status is
// asked after.
type reply struct {
	at     time.Time
	order  payment.Answer
	refund payment.RefundAnswer
	sought string // a sale that is looked for: there is none outside of training
}

func newWallets(closed []payment.Wallet) *wallets {
	w := &wallets{orders: map[payment.Order]payment.Answer{}, refunds: map[payment.RefundID]payment.RefundAnswer{}}
	for _, wallet := range []payment.Wallet{payment.UnionPay, payment.Alipay, payment.WeChat} {
		if !slices.Contains(closed, wallet) {
			w.paysBy = wallet
		}
	}
	return w
}

// Ask implements checkout.Gateway. A scanned code goes no further than here.
func (w *wallets) Ask(e checkout.Effect) {
	switch e := e.(type) {
	case checkout.Charge:
		w.play(payment.Answer{Order: e.Order, Amount: e.Amount.Amount, Currency: e.Amount.Currency, Wallet: e.Code.Wallet()}, 0)
	case checkout.Show:
		a := payment.Answer{Order: e.Order, Amount: e.Amount.Amount, Currency: e.Amount.Currency}
		shown := a
		shown.Status, shown.QR, shown.Expires = payment.Waiting, qrText+string(e.Order), w.cloud(qrLives)
		w.say(lineTakes, reply{order: shown})
		a.Wallet = w.paysBy
		w.play(a, payAfter-answerAfter)
	case checkout.Query:
		w.say(lineTakes, reply{order: payment.Answer{Order: e.Order}})
	case checkout.Cancel:
		w.cancel(e.Order)
	case checkout.GiveBack:
		w.giveBack(e)
	case checkout.Seek:
		w.say(answerAfter, reply{sought: e.Text})
	}
}

// play decides what becomes of an attempt, from a moment on.
func (w *wallets) play(a payment.Answer, from time.Duration) {
	then := func(after time.Duration, status payment.AttemptStatus, reason payment.Reason) {
		a.Status, a.Reason = status, reason
		w.say(from+after, reply{order: a})
	}
	switch a.Amount % 100 {
	case noFunds:
		then(answerAfter, payment.Declined, payment.FundsMissing)
	case asksPassword:
		then(answerAfter, payment.Password, payment.ReasonNone)
		then(confirmAfter, payment.Approved, payment.ReasonNone)
	case noAnswer:
		unknown := a
		unknown.Status, unknown.ReverseAt = payment.Checking, w.cloud(from+reverseAfter)
		if from == 0 { // a charge that is not answered is asked after
			w.rev++
			unknown.Rev = w.rev
			w.orders[a.Order] = unknown
		} else {
			w.say(from+answerAfter, reply{order: unknown})
		}
		then(reverseAfter, payment.Reversed, payment.ReasonNone)
	default:
		then(answerAfter, payment.Approved, payment.ReasonNone)
	}
}

// cancel ends an order, whatever was to become of it.
func (w *wallets) cancel(order payment.Order) {
	w.replies = slices.DeleteFunc(w.replies, func(r reply) bool { return r.order.Order == order })
	a := w.orders[order]
	a.Order, a.Status, a.Reason = order, payment.Cancelled, payment.MerchantCancelled
	w.say(lineTakes, reply{order: a})
}

// giveBack decides what becomes of a refund; asked again, says how it stands.
func (w *wallets) giveBack(g checkout.GiveBack) {
	a := payment.RefundAnswer{Refund: g.Refund, Amount: g.Amount.Amount, Currency: g.Amount.Currency}
	if _, known := w.refunds[g.Refund]; known {
		w.say(lineTakes, reply{refund: a})
		return
	}
	w.refunds[g.Refund] = a
	after := answerAfter
	if g.Amount.Amount%100 == refundPending {
		pending := a
		pending.Status = payment.RefundPending
		w.say(answerAfter, reply{refund: pending})
		after = pendingFor
	}
	a.Status = payment.RefundDone
	w.say(after, reply{refund: a})
}

func (w *wallets) cloud(in time.Duration) time.Time { return w.now.Add(in + w.offset) }

func (w *wallets) say(in time.Duration, r reply) {
	r.at = w.now.Add(in)
	w.replies = append(w.replies, r)
	slices.SortStableFunc(w.replies, func(a, b reply) int { return a.at.Compare(b.at) })
}

// deadline is when the next answer is due; zero if none is.
func (w *wallets) deadline() time.Time {
	if len(w.replies) == 0 {
		return time.Time{}
	}
	return w.replies[0].at
}

// answers are those that are due. Handling one may bring others.
func (w *wallets) answers(at time.Time) iter.Seq[checkout.Event] {
	return func(yield func(checkout.Event) bool) {
		for len(w.replies) > 0 && due(w.replies[0].at, at) {
			r := w.replies[0]
			w.replies = w.replies[1:]
			if e := w.answer(r); e != nil && !yield(e) {
				return
			}
		}
	}
}

// answer is what is said of an order or a refund; nil where it is not known yet
// how that stands.
func (w *wallets) answer(r reply) checkout.Event {
	if r.sought != "" {
		return checkout.Sought{Text: r.sought, Reason: payment.SaleUnknown}
	}
	w.rev++
	if r.order.Order != "" {
		a := r.order
		if a.Status == "" {
			if a = w.orders[a.Order]; a.Status == "" {
				return nil
			}
			return checkout.Told{Answer: a}
		}
		a.Rev = w.rev
		if a.Status == payment.Approved {
			a.Transaction = fmt.Sprintf(transactionNo, a.Rev)
		}
		w.orders[a.Order] = a
		return checkout.Told{Answer: a}
	}
	a := r.refund
	a.Status = cmp.Or(a.Status, w.refunds[a.Refund].Status)
	if a.Status == "" {
		return nil
	}
	a.Rev = w.rev
	w.refunds[a.Refund] = a
	return checkout.RefundTold{Answer: a}
}
