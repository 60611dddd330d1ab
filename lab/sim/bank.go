package sim

import (
	"fmt"
	"hash/fnv"
	"time"

	"till/cloud"
	"till/payment"
)

// bank is a model of a wallet and its customers: it asks, hesitates, is silent,
// takes money late, refuses to reverse too early, and forgets nothing.
type bank struct {
	w      *world
	orders map[payment.Order]*bankOrder
	list   []*bankOrder // in the order they came
	codes  map[string]*bankCode
	down   bool

	changed bool // since the laws were checked
}

type bankCode struct {
	shown time.Time
	used  bool
}

type bankState string

const (
	bankShown   bankState = "shown" // a QR nobody has paid
	bankAsking  bankState = "asking"
	bankUnseen  bankState = "unseen" // on its way, known to nobody
	bankPaid    bankState = "paid"
	bankRefused bankState = "refused"
	bankUndone  bankState = "undone"
)

type bankOrder struct {
	number  payment.Order
	amount  payment.Money
	qr      bool
	state   bankState
	opened  time.Time
	asked   time.Time
	taken   bool
	back    bool
	reason  payment.Reason
	mute    time.Time // queries are not answered before
	prompts int
	voided  bool                       // back by the merchant's word
	refunds map[payment.RefundID]int64 // what went back of it
}

func (o *bankOrder) refunded() (sum int64) {
	for _, amount := range o.refunds {
		sum += amount
	}
	return sum
}

func newBank(w *world) *bank {
	return &bank{w: w, orders: map[payment.Order]*bankOrder{}, codes: map[string]*bankCode{}}
}

// newCode is what a customer's phone shows.
func (b *bank) newCode() string {
	code := fmt.Sprintf("13%016d", b.w.rng.Uint64N(1e16))
	b.codes[code] = &bankCode{shown: b.w.now}
	return code
}

// live says that money is taken, or may still be.
func (o *bankOrder) live() bool {
	return o.state == bankShown || o.state == bankAsking || o.state == bankUnseen || o.state == bankPaid
}

// call answers one of the gateway's questions: when, and what.
func (b *bank) call(c cloud.Call) (time.Duration, cloud.Result) {
	w := b.w
	callFor := cloud.WalletWaits(1).CallFor
	unknown := cloud.Result{Outcome: cloud.Unknown}
	if b.down {
		return callFor, unknown
	}
	wait := w.between(20*time.Millisecond, 800*time.Millisecond)
	if w.fault("acquirer did not hear", 80) {
		return callFor, unknown
	}
	result := b.answer(c)
	if o := b.orders[c.Order.Number]; o != nil && w.now.Before(o.mute) {
		return callFor, unknown
	}
	if w.fault("acquirer's answer lost", 60) {
		return callFor, unknown
	}
	if w.fault("acquirer's answer late", 120) {
		return w.between(callFor, 3*callFor), result
	}
	return wait, result
}

func (b *bank) answer(c cloud.Call) cloud.Result {
	b.changed = true
	o := b.orders[c.Order.Number]
	switch c.Step {
	case cloud.StepCharge:
		if o == nil {
			o = b.open(c, false)
			b.charge(o, c.Code)
		}
	case cloud.StepShow:
		if o == nil {
			o = b.open(c, true)
			o.state = bankShown
		}
	case cloud.StepReverse:
		was := o != nil && o.state == bankPaid
		result := b.reverse(o)
		if was && result.Outcome == cloud.Undone && c.Refund.Number != "" {
			o.voided = true
		}
		return result
	case cloud.StepRefund:
		return b.refund(o, c.Refund)
	}
	return b.stands(o)
}

func (b *bank) open(c cloud.Call, qr bool) *bankOrder {
	o := &bankOrder{number: c.Order.Number, amount: c.Order.Amount, qr: qr, opened: b.w.now}
	b.orders[o.number] = o
	b.list = append(b.list, o)
	return o
}

func (b *bank) charge(o *bankOrder, code string) {
	k := b.codes[code]
	switch {
	case k == nil:
		b.refuse(o, payment.CodeInvalid)
	case k.used:
		b.refuse(o, payment.CodeUsed)
	case b.w.now.Sub(k.shown) > time.Minute:
		b.refuse(o, payment.CodeExpired)
	default:
		k.used = true
		b.behave(o)
	}
}

func (b *bank) refuse(o *bankOrder, r payment.Reason) {
	o.state, o.reason = bankRefused, r
	b.w.tell("bank refuses %s: %s", short(o.number), r)
}

// behave is what the customer and the acquirer do with a charge.
func (b *bank) behave(o *bankOrder) {
	w := b.w
	switch n := w.rng.IntN(100); {
	case n < 58:
		b.pay(o)
	case n < 68:
		b.refuse(o, payment.FundsMissing)
	case n < 82: // asked: pays, refuses, or walks away
		b.ask(o)
		b.answerPrompt(o)
	case n < 90: // charged, and silent for a while
		w.strike("acquirer silent")
		b.pay(o)
		o.mute = w.now.Add(w.between(2*time.Second, 25*time.Second))
	default: // the money moves later, and until then nobody knows of it
		w.strike("late money")
		o.state = bankUnseen
		if o.qr {
			o.state = bankShown
		}
		o.mute = w.now.Add(time.Second) // the charge call itself times out
		w.after(w.between(3*time.Second, 80*time.Second), func() {
			if o.state == bankUnseen || o.qr && o.state == bankShown {
				b.pay(o)
				w.cloud.notify(o.number)
			}
		})
	}
}

func (b *bank) ask(o *bankOrder) {
	o.state, o.asked = bankAsking, b.w.now
	o.prompts++
	b.w.tell("bank asks the customer about %s", short(o.number))
}

func (b *bank) answerPrompt(o *bankOrder) {
	w := b.w
	prompt := o.prompts
	w.after(w.between(2*time.Second, 40*time.Second), func() {
		if o.state != bankAsking || o.prompts != prompt {
			return
		}
		switch w.rng.IntN(4) {
		case 0: // never answers
		case 1:
			b.refuse(o, payment.CustomerDeclined)
			w.cloud.notify(o.number)
		default:
			b.pay(o)
			w.cloud.notify(o.number)
		}
	})
}

func (b *bank) pay(o *bankOrder) {
	b.changed = true
	o.state, o.taken = bankPaid, true
	b.w.tell("bank takes %d for %s", o.amount.Amount, short(o.number))
}

// scanQR is a customer who pays the screen's QR.
func (b *bank) scanQR(number payment.Order) {
	o := b.orders[number]
	if o == nil || o.state != bankShown || b.down {
		return
	}
	b.behave(o)
	b.w.cloud.notify(number)
}

// reverse undoes an order, by the wallet's own rules.
func (b *bank) reverse(o *bankOrder) cloud.Result {
	w := b.w
	waits := cloud.WalletWaits(1)
	switch {
	case o == nil || o.state == bankUnseen:
		w.premise("law 3: not found")
		return cloud.Result{Outcome: cloud.NotFound}
	case o.state == bankUndone:
		return cloud.Result{Outcome: cloud.Undone}
	case o.state == bankRefused:
		return b.stands(o)
	case len(o.refunds) > 0:
		return cloud.Result{Outcome: cloud.Refused, Reason: payment.OverRefund}
	case w.now.Sub(o.opened) > 20*time.Minute && w.chance(2): // past the wallet's day
		return cloud.Result{Outcome: cloud.Refused, Reason: payment.RefundTooLate}
	case !o.qr && w.now.Sub(o.opened) < waits.ReverseAfter:
		w.violate("law 3, no guessing", "%s is reversed %v after its charge; the wallet wants %v", o.number, w.now.Sub(o.opened), waits.ReverseAfter)
		return cloud.Result{Outcome: cloud.Busy}
	case o.qr && o.state == bankShown && w.now.Sub(o.opened) < 5*time.Minute,
		o.state == bankAsking && w.now.Sub(o.asked) < 40*time.Second,
		w.fault("reversal refused", 6):
		w.premise("law 3: reversals refused")
		return cloud.Result{Outcome: cloud.Busy}
	}
	result := cloud.Result{Outcome: cloud.Undone}
	if o.state == bankPaid {
		o.back = true
		result.Amount = o.amount
	}
	o.state = bankUndone
	w.tell("bank undoes %s, giving back %d", short(o.number), result.Amount.Amount)
	return result
}

// refund gives a part or all of a paid order back, once for each number.
func (b *bank) refund(o *bankOrder, r cloud.Refund) cloud.Result {
	w := b.w
	if o == nil || o.state != bankPaid {
		return cloud.Result{Outcome: cloud.Refused, Reason: payment.NotPaid}
	}
	if _, again := o.refunds[r.Number]; !again {
		if w.fault("no funds for a refund", 4) {
			return cloud.Result{Outcome: cloud.Accepted}
		}
		if o.refunded()+r.Amount.Amount > o.amount.Amount {
			w.violate("refunds", "%d more is asked back of %s, which took %d and gave back %d", r.Amount.Amount, o.number, o.amount.Amount, o.refunded())
		}
		if o.refunds == nil {
			o.refunds = map[payment.RefundID]int64{}
		}
		o.refunds[r.Number] = r.Amount.Amount
		w.tell("bank refunds %d of %s", r.Amount.Amount, short(o.number))
	}
	return cloud.Result{Outcome: cloud.Undone, Amount: r.Amount, Transaction: "5000" + string(r.Number)}
}

// walletNumber is the wallet's own number of an order: 28 digits, as WeChat Pay's.
func walletNumber(order payment.Order) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(order)) // hash.Hash never fails
	return fmt.Sprintf("42%026d", h.Sum64())
}

func (b *bank) stands(o *bankOrder) cloud.Result {
	if o == nil {
		b.w.premise("law 3: not found")
		return cloud.Result{Outcome: cloud.NotFound}
	}
	switch o.state {
	case bankPaid:
		return cloud.Result{Outcome: cloud.Paid, Amount: o.amount, Wallet: payment.WeChat, Transaction: walletNumber(o.number)}
	case bankRefused:
		return cloud.Result{Outcome: cloud.Refused, Reason: o.reason}
	case bankUndone:
		return cloud.Result{Outcome: cloud.Undone}
	case bankAsking:
		return cloud.Result{Outcome: cloud.Asking}
	case bankShown:
		return cloud.Result{Outcome: cloud.Unpaid, QR: "qr:" + string(o.number)}
	default:
		b.w.premise("law 3: not found")
		return cloud.Result{Outcome: cloud.NotFound}
	}
}
