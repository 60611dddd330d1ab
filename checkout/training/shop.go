package training

import (
	"cmp"
	"errors"
	"time"

	"till/checkout"
	"till/payment"
	"till/words"
)

// shop is a practice counter with all that it needs.
type shop struct {
	register *checkout.Register
	journal  *checkout.Memory
	wallets  *wallets
	drawer   drawer
	asked    bell // it is to end
	by       payment.Operator
	touched  time.Time
}

// drawer stays shut: an opening that the journal does not have would be a hole.
// Everything else is heard as usual.
type drawer struct {
	checkout.Body
	kicked bool
}

func (d *drawer) KickDrawer() { d.kicked = true }

// anyone takes every PIN and badge for a manager's: at the practice counter nobody can
// try out whose they are.
type anyone struct{ by payment.Operator }

func (a anyone) Identify(string) (payment.Operator, bool) {
	return payment.Operator{ID: cmp.Or(a.by.ID, "training"), Name: a.by.Name, Role: payment.Manager}, true
}

func newShop(real *checkout.Register, paper checkout.Printer, now checkout.Now) *shop {
	s := &shop{
		journal: checkout.NewMemory(), wallets: newWallets(real.State.Settings.Trade.Closed), drawer: drawer{Body: real.Body},
		by: real.State.Counter.Desk.On, touched: now.At,
	}
	settings := real.State.Settings
	settings.Practice, settings.SignsOn, settings.AutoShift = true, s.by, true
	settings.LockAfter = 0   // that is the real counter's to do
	settings.ReceiptURL = "" // the gateway has no page of what was not sold
	s.register = &checkout.Register{
		State: s.journal.Boot(settings), Journal: s.journal, Gateway: s.wallets, Printer: paper, Body: &s.drawer,
		Doctor: real.Doctor, Guard: anyone{s.by}, Trainer: &s.asked,
	}
	return s
}

// open is the start of the practice shop: a shift is open, and the wallets can be reached
// whether the real ones can or not.
func (s *shop) open(real checkout.State, now checkout.Now) error {
	s.register.State.Printer = real.Printer
	err := errors.Join(
		s.handle(checkout.Booted{}, now), s.handle(checkout.ClockLearned{Offset: real.Offset}, now),
		s.handle(checkout.LinkChanged{Online: true}, now), s.handle(checkout.HaltChanged{Why: real.Halt}, now))
	s.register.State.Settings.AutoShift = real.Settings.AutoShift
	return err
}

func (s *shop) handle(e checkout.Event, now checkout.Now) error {
	s.wallets.now, s.wallets.offset = now.At, s.register.State.Offset
	err := s.register.Handle(e, now)
	if s.drawer.kicked {
		s.drawer.kicked = false
		if s.register.State.Message.Key == "" {
			err = errors.Join(err, s.register.Handle(checkout.Noticed{Text: words.Sentence{Key: "training_drawer"}}, now))
		}
	}
	return err
}

// deadline is when the shop is to be ticked.
func (s *shop) deadline() time.Time {
	return sooner(sooner(s.register.State.Deadline(), s.wallets.deadline()), s.touched.Add(untouchedFor))
}

// tick has happen what is due.
func (s *shop) tick(now checkout.Now) error {
	var err error
	for e := range s.wallets.answers(now.At) {
		err = errors.Join(err, s.handle(e, now))
	}
	if due(s.register.State.Deadline(), now.At) {
		err = errors.Join(err, s.handle(checkout.Ticked{}, now))
	}
	return err
}
