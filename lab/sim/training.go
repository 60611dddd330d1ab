package sim

import (
	"time"

	"till/checkout"
	"till/checkout/training"
)

// train is a cashier in the menu who now and then trains for a while.
func (c *cashier) train() bool {
	w := c.w
	switch trains := w.terminal.counter.Training(); {
	case trains && w.chance(3):
		c.press("training_end")
	case !trains && w.chance(2):
		c.press("training")
	default:
		return false
	}
	return true
}

// trained has an event handled, and holds that what people do in training stays there.
func (t *terminal) trained(e checkout.Event, handle func(checkout.Event, checkout.Now) error) error {
	w, trained := t.w, t.counter.Training()
	before, last, kicks := t.counter.State(), t.journal.Position().Last, t.kicks
	err := handle(e, t.nowCheckout())
	trains := t.counter.Training()
	switch {
	case trains && !trained:
		w.premise("training: begun")
	case trained && !trains:
		w.premise("training: ended")
	}
	if !trained {
		return err
	}
	if now := t.journal.Position().Last; byPerson(e) && (now != last || t.kicks != kicks) {
		w.violate("training", "%+v in training brings the journal from %d to %d, and the drawer opens %d times", e, last, now, t.kicks-kicks)
	} else if now != last {
		w.premise("training: real sales go on")
	}
	after := t.counter.State()
	if trains && after.Receipt > before.Receipt {
		w.premise("training: sold")
	}
	if _, ok, failed := t.journal.Sale(before.Last); ok || failed != nil { // of training, or empty
		w.violate("training", "practice sale %s is in the journal (%v)", before.Last, failed)
	}
	return err
}

// byPerson says that an event is what somebody does at the terminal.
func byPerson(e checkout.Event) bool {
	switch e.(type) {
	case checkout.Keyed, checkout.Pressed, checkout.Scanned:
		return true
	default:
		return false
	}
}

// practicePaper prints for those who train. Nobody counts its slips.
type practicePaper struct{ t *terminal }

func (p practicePaper) Print(job checkout.Print) { p.later(job.Of()) }

func (p practicePaper) Report(r checkout.Report) { p.later(checkout.Printed{Shift: r.Shift.Number}) }

func (p practicePaper) later(news checkout.Printed) {
	t, boot := p.t, p.t.boots
	t.w.after(t.w.between(300*time.Millisecond, 4*time.Second), func() {
		if boot == t.boots { // also when that shop is forgotten
			t.handle(training.Practised{Event: news})
		}
	})
}

func (practicePaper) Forget() {}
