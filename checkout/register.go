package checkout

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"till/payment"
	"till/words"
)

// Journal keeps what must not be lost. Append returns after its one commit is
// durable, and keeps all events or none.
type Journal interface {
	Append(stamp payment.Stamp, events ...payment.Event) (last uint64, err error)
	Sale(id payment.SaleID) (payment.Sale, bool, error)
	Recent(n int) ([]payment.Sale, error)
	// Receipted is the sale that a receipt's number was given to, if it is kept.
	Receipted(receipt uint64) (payment.Sale, bool, error)
}

// Gateway takes Charge, Show, Query, Cancel, GiveBack and Seek. It never waits: the answer
// comes as Told, or does not come, and the counter asks again.
type Gateway interface {
	Ask(Effect)
}

// Printer takes a job and keeps it until it is printed. Each receipt that came
// out is reported as Printed.
type Printer interface {
	Print(Print)
	Report(Report)
}

// Body is what else can be heard and moved.
type Body interface {
	KickDrawer()
	Play(Sound)
}

// Examiner examines the terminal, beside the counter: what it found comes as Examined.
type Examiner interface {
	Examine()
}

// Trainer has training begin, or, at a practice counter, end. It does not call back.
type Trainer interface {
	Train()
}

// ErrNoRoom is wrapped by Append where the journal is sound and kept nothing,
// since it has no room for another sale.
var ErrNoRoom = errors.New("no room in the journal")

// faultStore is what a screen says of a commit that failed. It has a way on: the
// journal is opened anew.
const faultStore = "fault_store"

// ErrNoButton says that the screen has no such button, or not enabled.
var ErrNoButton = errors.New("no such button on this screen, or it is disabled")

// Guard knows the operators by their PINs and badges. Keying a PIN may take it a
// moment, for which the counter waits.
type Guard interface {
	Identify(secret string) (payment.Operator, bool)
}

// Register is the counter at work: it takes events one at a time, from one
// goroutine, and makes each step durable before anybody learns of it.
type Register struct {
	State   State
	Journal Journal
	Gateway Gateway
	Printer Printer
	Body    Body
	Doctor  Examiner // nil: nobody comes
	Guard   Guard    // nil: nobody is known
	PINs    PINs     // nil: none is replaced
	Trainer Trainer  // nil: nobody trains
}

// Handle takes one event. Its error is for whoever caused the event; the
// terminal itself shows what went wrong.
func (r *Register) Handle(e Event, now Now) error {
	switch x := e.(type) {
	case Pressed:
		if !r.State.Pressable(x.Button) {
			return fmt.Errorf("button %.40q: %w", x.Button, ErrNoButton)
		}
	case Told:
		var err error
		if x.Sale, err = r.answered(x.Answer.Order.Split()); err != nil {
			return err
		}
		e = x
	case RefundTold:
		var err error
		if x.Sale, err = r.answered(x.Answer.Refund.Split()); err != nil {
			return err
		}
		e = x
	case Sought:
		if x.Sale != nil {
			var err error
			if x.Ours, err = r.find(Find{Sale: x.Sale.Sale}); err != nil {
				return err
			}
		}
		e = x
	}
	next, effects := Step(r.State, e, now)
	if len(effects) > 0 {
		if c, ok := effects[0].(Commit); ok {
			if gone, err := r.gone(c.Events); gone || err != nil {
				m := &move{State: r.State, now: now}
				m.say("sale_gone")
				r.State = m.State
				return err
			}
			if _, err := r.Journal.Append(now.Stamp, c.Events...); err != nil {
				r.State = unkept(r.State, c.Events, err, now)
				return fmt.Errorf("commit %s: %w", c.Events[0].Kind, err)
			}
			effects = effects[1:]
		}
	}
	r.State = next
	return r.carryOut(effects, now)
}

// gone says that a refund or a receipt is asked for of a sale that was listed, and
// whose records have been pruned since.
func (r *Register) gone(events []payment.Event) (bool, error) {
	var begun []payment.SaleID // in this very commit
	for _, e := range events {
		if e.Kind.Begins() {
			begun = append(begun, e.Sale)
		}
		if e.Kind != payment.RefundAsked && e.Kind != payment.ReceiptWanted || slices.Contains(begun, e.Sale) {
			continue
		}
		if _, ok, err := r.Journal.Sale(e.Sale); err != nil || !ok {
			if err != nil {
				err = fmt.Errorf("look up sale %s: %w", e.Sale, err)
			}
			return true, err
		}
	}
	return false, nil
}

// answered brings the sale that an answer's number, taken apart, speaks of.
func (r *Register) answered(id payment.SaleID, _ int, err error) (*payment.Sale, error) {
	var sale *payment.Sale
	if err == nil {
		sale, err = r.lookUp(id)
	}
	if err != nil {
		return nil, fmt.Errorf("answer of the gateway: %w", err)
	}
	return sale, nil
}

// lookUp brings a sale that the state no longer holds: news of it can come days
// later. It is nil for one that the state holds, or nobody does.
func (r *Register) lookUp(id payment.SaleID) (*payment.Sale, error) {
	if _, ok := r.State.Sale(id); ok {
		return nil, nil
	}
	sale, ok, err := r.Journal.Sale(id)
	if err != nil {
		return nil, fmt.Errorf("look up sale %s: %w", id, err)
	}
	if !ok {
		return nil, nil
	}
	return &sale, nil
}

// find is a sale of this terminal's, nil if it has none such.
func (r *Register) find(e Find) (*payment.Sale, error) {
	if e.Receipt != 0 {
		sale, ok, err := r.Journal.Receipted(e.Receipt)
		if err != nil {
			return nil, fmt.Errorf("look up receipt %d: %w", e.Receipt, err)
		}
		if !ok {
			return nil, nil
		}
		return &sale, nil
	}
	if sale, ok := r.State.Sale(e.Sale); ok {
		return &sale, nil
	}
	return r.lookUp(e.Sale)
}

// unkept is the state before a step whose commit failed.
func unkept(s State, events []payment.Event, err error, now Now) State {
	begins := slices.ContainsFunc(events, func(e payment.Event) bool { return e.Kind.Begins() || e.Kind == payment.CartHeld })
	if errors.Is(err, ErrNoRoom) && begins {
		m := &move{State: s, now: now}
		m.say("halt_full")
		return m.State
	}
	return faulted(s, words.Sentence{Key: faultStore, Args: []string{"why", err.Error()}}, now)
}

// faulted is the state before a step that is impossible or could not be made
// durable: nothing of the step has happened, and the screen says so.
func faulted(s State, why words.Sentence, now Now) State {
	m := &move{State: s, now: now}
	m.fault(why)
	return m.State
}

func (r *Register) carryOut(effects []Effect, now Now) error {
	var failed error
	for _, e := range effects {
		switch e := e.(type) {
		case Charge, Show, Query, Cancel, GiveBack, Seek:
			r.Gateway.Ask(e)
		case Find:
			sale, err := r.find(e)
			failed = errors.Join(failed, err, r.Handle(Found{sale}, now))
		case Print:
			r.Printer.Print(e)
		case Report:
			r.Printer.Report(e)
		case KickDrawer:
			r.Body.KickDrawer()
		case Play:
			r.Body.Play(e.Sound)
		case Identify:
			who := Identified{Badge: e.Badge}
			if r.Guard != nil {
				who.Operator, who.Known = r.Guard.Identify(e.Secret)
			}
			failed = errors.Join(failed, r.Handle(who, now))
		case GivePIN:
			if r.PINs != nil {
				r.PINs.GivePIN(e)
			}
		case Examine:
			if r.Doctor != nil {
				r.Doctor.Examine()
			}
		case Train:
			if r.Trainer != nil {
				r.Trainer.Train()
			}
		case Load:
			sales, err := r.Journal.Recent(e.Count)
			if err != nil {
				failed = errors.Join(failed, fmt.Errorf("list recent sales: %w", err))
				continue
			}
			failed = errors.Join(failed, r.Handle(Loaded{sales}, now))
		}
	}
	return failed
}

// Wait is how long until Ticked is due; ok is false if nothing waits for time.
func (r *Register) Wait(at time.Time) (d time.Duration, ok bool) {
	deadline := r.State.Deadline()
	if deadline.IsZero() {
		return 0, false
	}
	return max(0, deadline.Sub(at)), true
}
