// Package sandbox is an acquirer that behaves like the wallets do, and moves no
// money. Its charges are a book of its own, so that tests can hold it against
// the ledger. Customers' codes live in its memory only, as digests.
package sandbox

import (
	"context"
	"crypto/sha256"
	"errors"
	"maps"
	"sync"
	"time"

	"till/cloud"
	"till/cloud/wallets"
	"till/payment"
)

// Behaviour is what the customer or the acquirer does at the next charge.
type Behaviour string

const (
	Approve   Behaviour = "approve"
	Password  Behaviour = "password"   // asks, then approves
	WalkAway  Behaviour = "walk-away"  // asks, never answers
	Decline   Behaviour = "decline"    //
	Silent    Behaviour = "silent"     // charged, but the charge call is never answered
	LostReply Behaviour = "lost-reply" // charged; whoever carries the answer to the terminal loses the first, see Loses
	Late      Behaviour = "late"       // the charge call times out, and the money moves only afterwards
)

// Behaviours lists them all.
var Behaviours = []Behaviour{Approve, Password, WalkAway, Decline, Silent, LostReply, Late}

// waits are the wallets' own, for pace 1; see cloud.Waits for the other side of them.
type waits struct {
	codeLife     time.Duration // a customer's code
	passwordIn   time.Duration // the customer who answers does so then
	promptFor    time.Duration // the customer who does not is asked so long
	silentFor    time.Duration // queries after a silent charge answer only then
	lateBy       time.Duration // late money
	reverseAfter time.Duration // too early before
	closeAfter   time.Duration // a shown QR is not closed before
}

func paced(pace int) waits {
	d := func(t time.Duration) time.Duration { return t / time.Duration(max(1, pace)) }
	return waits{
		codeLife: d(time.Minute), passwordIn: d(15 * time.Second), promptFor: d(40 * time.Second),
		silentFor: d(3 * time.Second), lateBy: d(40 * time.Second),
		reverseAfter: d(15 * time.Second), closeAfter: d(5 * time.Minute),
	}
}

// state is where an order stands.
type state string

const (
	shown   state = "shown"   // a QR nobody has scanned
	asking  state = "asking"  // the customer's phone wants a confirmation
	unseen  state = "unseen"  // accepted, and known to nobody yet: the late one
	paid    state = "paid"    //
	refused state = "refused" //
	undone  state = "undone"  // closed, reversed
)

// order is one line of the sandbox's book. It never holds a code.
type order struct {
	Number      payment.Order  `json:"number"`
	Amount      payment.Money  `json:"amount"`
	Mode        payment.Mode   `json:"mode"`
	Wallet      payment.Wallet `json:"wallet,omitempty"`
	Behaviour   Behaviour      `json:"behaviour,omitempty"`
	State       state          `json:"state"`
	ErrCode     string         `json:"err_code,omitempty"` // as WeChat Pay's, for every wallet
	Opened      time.Time      `json:"opened"`             // charged or shown
	Asked       time.Time      `json:"asked,omitzero"`     // scanned by the customer, or asked to confirm
	PayAt       time.Time      `json:"pay_at,omitzero"`    // the money moves then
	Transaction string         `json:"transaction,omitempty"`
	Taken       bool           `json:"taken,omitempty"` // money moved, whatever came after
	Back        bool           `json:"back,omitempty"`  // and all of it went back
	QR          string         `json:"qr,omitempty"`

	Refunds map[payment.RefundID]int64 `json:"refunds,omitempty"` // what went back, in minor units

	TakenAt    time.Time                      `json:"taken_at,omitzero"`
	BackAt     time.Time                      `json:"back_at,omitzero"`
	RefundedAt map[payment.RefundID]time.Time `json:"refunded_at,omitempty"`
}

// refunded is how much went back in refunds.
func (o order) refunded() int64 {
	var sum int64
	for _, amount := range o.Refunds {
		sum += amount
	}
	return sum
}

// Sandbox is the acquirer.
type Sandbox struct {
	book   *book
	now    func() time.Time
	waits  waits
	notify func(payment.Order)

	mu    sync.Mutex
	next  Behaviour
	codes map[[sha256.Size]byte]*issued
	// prompt is the order whose confirmation is on the customer's phone.
	prompt payment.Order
	last   Receipt
	said   int // outcomes so far
}

// issued is a code that a phone showed.
type issued struct {
	wallet payment.Wallet
	at     time.Time
	used   bool
}

// Receipt is what the customer's phone said last.
type Receipt struct {
	Status string        // paid, declined, asked
	Amount payment.Money // of it
	Wallet payment.Wallet
}

var _ cloud.Acquirer = (*Sandbox)(nil)

// Open opens or creates the book in a folder. notify hears of every order with
// news; it must not call back.
func Open(dir string, pace int, now func() time.Time, notify func(payment.Order)) (*Sandbox, error) {
	b, err := openBook(dir)
	if err != nil {
		return nil, err
	}
	s := &Sandbox{
		book: b, now: now, waits: paced(pace), notify: notify,
		next: Approve, codes: map[[sha256.Size]byte]*issued{},
	}
	if err := s.resume(); err != nil {
		return nil, errors.Join(err, b.close())
	}
	return s, nil
}

// resume takes up the orders whose money is still to move.
func (s *Sandbox) resume() error {
	return s.book.each(func(o order) error {
		if o.moves() {
			s.later(o)
		}
		return nil
	})
}

// moves says that the order's money is still to move.
func (o order) moves() bool {
	return !o.PayAt.IsZero() && (o.State == asking || o.State == unseen || o.State == shown)
}

// Close closes the book.
func (s *Sandbox) Close() error { return s.book.close() }

// load reads an order as it stands now: what was to happen by now has happened.
func (s *Sandbox) load(number payment.Order) (order, bool, error) {
	o, found, err := s.book.get(number)
	if err != nil {
		return o, false, err
	}
	if found && o.moves() && !s.now().Before(o.PayAt) {
		s.pay(&o)
		if err := s.book.put(o)(); err != nil { // with mu held: the caller goes on with what it read
			return o, false, err
		}
	}
	return o, found, nil
}

// save has an order written and waits until it is. mu is held, and given up
// meanwhile: whoever reads this order then waits too.
func (s *Sandbox) save(o order) error {
	wait := s.book.put(o)
	s.mu.Unlock()
	defer s.mu.Lock()
	return wait()
}

// pay moves the money.
func (s *Sandbox) pay(o *order) {
	o.State, o.Taken, o.TakenAt = paid, true, s.now()
	o.Transaction = transactionID(o.Wallet, o.Number)
	if s.prompt == o.Number {
		s.prompt = ""
	}
	s.say("paid", *o)
}

// ask puts the confirmation on the customer's phone.
func (s *Sandbox) ask(o *order) {
	o.State, o.Asked = asking, s.now()
	s.prompt = o.Number
	s.say("asked", *o)
}

// say is what the customer's phone shows of an order.
func (s *Sandbox) say(status string, o order) {
	s.last = Receipt{Status: status, Amount: o.Amount, Wallet: o.Wallet}
	s.said++
}

// behave does to an order what the customer or the acquirer does next, once.
func (s *Sandbox) behave(o *order) {
	o.Behaviour, s.next = s.next, Approve
	o.Asked = s.now()
	switch o.Behaviour {
	case Password:
		s.ask(o)
		o.PayAt = s.now().Add(s.waits.passwordIn)
		s.later(*o)
	case WalkAway:
		s.ask(o)
	case Decline:
		o.State, o.ErrCode = refused, "NOTSUPORTCARD"
		s.say("declined", *o)
	case Late:
		if o.Mode == payment.Scan {
			o.State = unseen
		}
		o.PayAt = s.now().Add(s.waits.lateBy)
		s.later(*o)
	default:
		s.pay(o)
	}
}

// later looks at an order again when its money moves, and says so.
func (s *Sandbox) later(o order) {
	time.AfterFunc(o.PayAt.Sub(s.now())+time.Millisecond, func() {
		s.mu.Lock()
		_, _, err := s.load(o.Number) // an error here comes back at the next query
		s.mu.Unlock()
		if err == nil {
			s.notify(o.Number)
		}
	})
}

// Charge charges a code. An order number that was seen before answers as it stands.
func (s *Sandbox) Charge(ctx context.Context, asked cloud.Order, code string) (cloud.Result, error) {
	o, err := s.charge(asked, code)
	if err != nil {
		return cloud.Result{}, err
	}
	if o.Behaviour == Silent || o.Behaviour == Late {
		<-ctx.Done()
		return cloud.Result{}, ctx.Err()
	}
	return s.result(o), nil
}

func (s *Sandbox) charge(asked cloud.Order, code string) (order, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o, seen, err := s.load(asked.Number); err != nil || seen {
		return o, err
	}
	o := order{Number: asked.Number, Amount: asked.Amount, Mode: payment.Scan, Opened: s.now()}
	wallet, errCode := s.redeem(code)
	o.Wallet = wallet
	if errCode != "" {
		o.State, o.ErrCode = refused, errCode
	} else {
		s.behave(&o)
	}
	return o, s.save(o)
}

// redeem uses a code up: it works once, and for about a minute.
func (s *Sandbox) redeem(code string) (wallet payment.Wallet, errCode string) {
	c, known := s.codes[sha256.Sum256([]byte(code))]
	switch {
	case !known:
		return payment.WalletUnknown, "AUTH_CODE_INVALID"
	case c.used:
		return c.wallet, "AUTH_CODE_ERROR"
	case s.now().Sub(c.at) > s.waits.codeLife:
		return c.wallet, "AUTHCODEEXPIRE"
	}
	c.used = true
	return c.wallet, ""
}

// Show opens an order and returns the QR to show. Asked again, it answers the same.
func (s *Sandbox) Show(_ context.Context, asked cloud.Order) (cloud.Result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, seen, err := s.load(asked.Number)
	if err != nil {
		return cloud.Result{}, err
	}
	if !seen {
		qr, err := merchantQR(asked)
		if err != nil {
			return cloud.Result{}, err
		}
		o = order{Number: asked.Number, Amount: asked.Amount, Mode: payment.QR, State: shown, Opened: s.now(), QR: qr}
		if err := s.save(o); err != nil {
			return cloud.Result{}, err
		}
	}
	return s.result(o), nil
}

// Query answers as things stand; after a silent charge, only after a while.
func (s *Sandbox) Query(ctx context.Context, number payment.Order) (cloud.Result, error) {
	s.mu.Lock()
	o, seen, err := s.load(number)
	s.mu.Unlock()
	if err != nil {
		return cloud.Result{}, err
	}
	if !seen {
		return cloud.Result{Outcome: cloud.NotFound}, nil
	}
	if deaf := o.Asked.Add(s.waits.silentFor).Sub(s.now()); o.Behaviour == Silent && deaf > 0 {
		select {
		case <-time.After(deaf):
		case <-ctx.Done():
			return cloud.Result{}, ctx.Err()
		}
	}
	return s.result(o), nil
}

func (s *Sandbox) result(o order) cloud.Result {
	switch o.State {
	case paid:
		return cloud.Result{
			Outcome: cloud.Paid, Amount: o.Amount, Wallet: o.Wallet, Transaction: o.Transaction, Payer: payer(o.Wallet),
		}
	case refused:
		return wallets.WeChat(o.ErrCode).Result(o.Wallet, o.ErrCode)
	case undone:
		return cloud.Result{Outcome: cloud.Undone}
	case asking:
		return cloud.Result{Outcome: cloud.Asking, Wallet: o.Wallet}
	case shown:
		return cloud.Result{Outcome: cloud.Unpaid, QR: o.QR}
	default:
		return cloud.Result{Outcome: cloud.NotFound}
	}
}

// Reverse closes an order or gives its money back. Like the wallets it will not
// do so too early, nor while the customer is paying.
func (s *Sandbox) Reverse(_ context.Context, number payment.Order) (cloud.Result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, seen, err := s.load(number)
	if err != nil {
		return cloud.Result{}, err
	}
	age := s.now().Sub(o.Opened)
	switch {
	case !seen || o.State == unseen:
		return cloud.Result{Outcome: cloud.NotFound}, nil
	case o.State == undone:
		return cloud.Result{Outcome: cloud.Undone}, nil
	case o.State == refused:
		return s.result(o), nil
	case len(o.Refunds) > 0: // what is left can be refunded, and no more reversed
		return cloud.Result{Outcome: cloud.Refused, Reason: payment.OverRefund}, nil
	case o.Mode == payment.Scan && age < s.waits.reverseAfter,
		o.Mode == payment.QR && o.State == shown && age < s.waits.closeAfter,
		o.State == asking && s.now().Sub(o.Asked) < s.waits.promptFor:
		return cloud.Result{Outcome: cloud.Busy}, nil
	}
	result := cloud.Result{Outcome: cloud.Undone}
	if o.State == paid {
		o.Back, o.BackAt = true, s.now()
		result.Amount = o.Amount
	}
	if s.prompt == number {
		s.prompt = ""
	}
	o.State = undone
	return result, s.save(o)
}

// Refund gives money back. The same number is one refund, however often it is asked for.
func (s *Sandbox) Refund(_ context.Context, r cloud.Refund) (cloud.Result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, seen, err := s.load(r.Order.Number)
	if err != nil {
		return cloud.Result{}, err
	}
	done := cloud.Result{Outcome: cloud.Undone, Amount: r.Amount, Transaction: "R" + transactionID(o.Wallet, o.Number)}
	_, again := o.Refunds[r.Number]
	switch {
	case !seen || o.State != paid:
		return cloud.Result{Outcome: cloud.Refused, Reason: payment.NotPaid}, nil
	case again:
		return done, nil
	case r.Amount.Currency != o.Amount.Currency || o.refunded()+r.Amount.Amount > o.Amount.Amount:
		return cloud.Result{Outcome: cloud.Refused, Reason: payment.OverRefund}, nil
	}
	o.Refunds, o.RefundedAt = maps.Clone(o.Refunds), maps.Clone(o.RefundedAt)
	if o.Refunds == nil {
		o.Refunds = map[payment.RefundID]int64{}
	}
	if o.RefundedAt == nil {
		o.RefundedAt = map[payment.RefundID]time.Time{}
	}
	o.Refunds[r.Number], o.RefundedAt[r.Number] = r.Amount.Amount, s.now()
	return done, s.save(o)
}

// Charge is a line of the book: money that was really taken.
type Charge struct {
	Sale     payment.SaleID `json:"sale"`
	Attempt  int            `json:"attempt"`
	Wallet   payment.Wallet `json:"wallet"`
	Amount   int64          `json:"amount"`
	Refunded int64          `json:"refunded"`
	Reversed bool           `json:"reversed"`
}

// Charges lists all money taken, oldest sale first.
func (s *Sandbox) Charges() ([]Charge, error) {
	all := []Charge{}
	err := s.book.each(func(o order) error {
		if !o.Taken {
			return nil
		}
		sale, n, err := o.Number.Split()
		if err != nil {
			return err
		}
		all = append(all, Charge{Sale: sale, Attempt: n, Wallet: o.Wallet, Amount: o.Amount.Amount, Refunded: o.refunded(), Reversed: o.Back})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}
