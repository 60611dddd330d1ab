// Package training is a counter to practise at. While somebody trains, what they
// do happens in a shop of its own, with a journal, wallets and customers that
// are played, beside the real counter, which goes on with what comes from
// outside. Nothing of the practice shop is kept, charged or opened, and it is
// forgotten when training ends.
//
// Like package checkout it reads no clock and does no I/O.
package training

import (
	"errors"
	"time"

	"till/checkout"
	"till/payment"
	"till/words"
)

// untouchedFor is how long training lasts with nobody at the terminal.
const untouchedFor = 30 * time.Minute

// Paper prints practice documents, each marked as what it is. What comes of one
// is told as Practised.
type Paper interface {
	checkout.Printer
	// Forget drops what is not printed yet.
	Forget()
}

// Practised is what came of a practice document. It is no news to the real counter.
type Practised struct{ checkout.Event }

// Counter is the terminal's counter, and beside it, while somebody trains, the
// one they train at. It takes events one at a time, from one goroutine, as a
// Register does.
type Counter struct {
	Real  *checkout.Register
	Paper Paper

	asked bell
	shop  *shop // nil: nobody trains
}

// New is a counter at which nobody trains yet. It becomes the Trainer of the
// real one.
func New(register *checkout.Register, paper Paper) *Counter {
	c := &Counter{Real: register, Paper: paper}
	register.Trainer = &c.asked
	return c
}

// bell is rung by who wants training to begin, or to end.
type bell struct{ rung bool }

func (b *bell) Train() { b.rung = true }

// answered says whether it was rung since it was last asked.
func (b *bell) answered() bool {
	rung := b.rung
	b.rung = false
	return rung
}

// Training says that somebody trains.
func (c *Counter) Training() bool { return c.shop != nil }

// State is what the cashier has before them.
func (c *Counter) State() checkout.State {
	if c.shop != nil {
		return c.shop.register.State
	}
	return c.Real.State
}

// Quiet says that nobody is in the middle of anything. See checkout.State.Quiet.
func (c *Counter) Quiet() bool { return c.shop == nil && c.Real.State.Quiet() }

// SetRows says how many rows of a list fit on the screen.
func (c *Counter) SetRows(rows int) {
	c.Real.State.Settings.Rows = rows
	if c.shop != nil {
		c.shop.register.State.Settings.Rows = rows
	}
}

// Wait is how long until Ticked is due; ok is false if nothing waits for time.
func (c *Counter) Wait(at time.Time) (d time.Duration, ok bool) {
	if c.shop == nil {
		return c.Real.Wait(at)
	}
	return max(0, sooner(c.Real.State.Deadline(), c.shop.deadline()).Sub(at)), true
}

// Handle takes one event to the counter that it is for. Its error is for whoever
// caused the event.
func (c *Counter) Handle(e checkout.Event, now checkout.Now) error {
	err := c.handle(e, now)
	switch {
	case c.shop == nil && c.asked.answered():
		return errors.Join(err, c.begin(now))
	case c.shop != nil && c.over(now.At):
		return errors.Join(err, c.end(now))
	}
	return err
}

func (c *Counter) handle(e checkout.Event, now checkout.Now) error {
	if p, ok := e.(Practised); ok {
		return c.practised(p.Event, now)
	}
	if c.shop == nil {
		return c.Real.Handle(e, now)
	}
	defer func() { c.shop.register.State.Printer = c.Real.State.Printer }() // there is one
	switch e.(type) {
	case checkout.Keyed, checkout.Pressed, checkout.Scanned:
		c.shop.touched = now.At
		return errors.Join(c.Real.Handle(checkout.Touched{}, now), c.shop.handle(e, now))
	case checkout.Examined: // by the doctor whom the screen has called
		return c.shop.handle(e, now)
	case checkout.Ordered: // the counter is not free
		return nil
	case checkout.ClockLearned, checkout.HaltChanged:
		return errors.Join(c.Real.Handle(e, now), c.shop.handle(e, now))
	case checkout.Ticked:
		var err error
		if due(c.Real.State.Deadline(), now.At) {
			err = c.Real.Handle(e, now)
		}
		return errors.Join(err, c.shop.tick(now))
	}
	return c.Real.Handle(e, now)
}

// practised is news of a practice document, unless its shop is forgotten.
func (c *Counter) practised(e checkout.Event, now checkout.Now) error {
	var of payment.SaleID
	switch e := e.(type) {
	case checkout.Printed:
		of = e.Sale
	case checkout.Doubted:
		of = e.Sale.ID
	}
	if c.shop == nil {
		return nil
	}
	if p, ok := e.(checkout.Printed); ok && p.Shift != 0 { // of an earlier practice shop's, too: nobody counts them
		return c.shop.handle(e, now)
	}
	if _, ok, err := c.shop.journal.Sale(of); !ok || err != nil {
		return err
	}
	return c.shop.handle(e, now)
}

// begin opens a practice shop. Whoever is signed on stays so.
func (c *Counter) begin(now checkout.Now) error {
	c.shop = newShop(c.Real, c.Paper, now)
	return c.shop.open(c.Real.State, now)
}

// over says that training has to end: somebody wants it to, nobody is there any
// more, or the real counter has something that cannot wait.
func (c *Counter) over(at time.Time) bool {
	s := c.Real.State
	return c.shop.asked.answered() || due(c.shop.touched.Add(untouchedFor), at) ||
		s.Counter.Desk.On != c.shop.by || s.Screen == checkout.Fault || c.shop.register.State.Screen == checkout.Fault
}

// end forgets the practice shop.
func (c *Counter) end(now checkout.Now) error {
	c.shop = nil
	c.Paper.Forget()
	return c.Real.Handle(checkout.Noticed{Text: words.Sentence{Key: "training_over"}}, now)
}

// due says that a moment has come; a zero one never does.
func due(t, at time.Time) bool { return !t.IsZero() && !t.After(at) }

// sooner is the first of two moments; a zero one never comes.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
