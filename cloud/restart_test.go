package cloud_test

import (
	"errors"
	"testing"
	"time"

	"till/cloud"
	"till/cloud/fakeacquirer"
	"till/payment"
	"till/sync/wire"
)

// script is a sale from its first request to its end.
type script struct {
	name   string
	play   func(*rig)
	status payment.AttemptStatus
	money  fakeacquirer.State
	late   bool
}

var scripts = []script{
	{"approve", func(r *rig) {
		r.request(terminal, r.charge(first))
		r.run(time.Minute)
	}, payment.Approved, fakeacquirer.Taken, false},
	{"password", func(r *rig) {
		r.acquirer.Script(cloud.StepCharge, fakeacquirer.Answer{Become: fakeacquirer.Asking})
		r.request(terminal, r.charge(first))
		r.run(22 * time.Second)
		r.acquirer.Become(first, fakeacquirer.Taken)
		r.run(time.Minute)
	}, payment.Approved, fakeacquirer.Taken, false},
	{"walk away", func(r *rig) {
		r.acquirer.Script(cloud.StepCharge, fakeacquirer.Answer{Become: fakeacquirer.Asking})
		r.acquirer.Script(cloud.StepReverse, outcome(cloud.Busy), outcome(cloud.Busy))
		r.request(terminal, r.charge(first))
		r.run(5 * time.Minute)
	}, payment.Reversed, fakeacquirer.Closed, false},
	{"decline", func(r *rig) {
		r.acquirer.Script(cloud.StepCharge, fakeacquirer.Answer{Become: fakeacquirer.Refused})
		r.request(terminal, r.charge(first))
		r.run(time.Minute)
	}, payment.Declined, fakeacquirer.Refused, false},
	{"silent", func(r *rig) {
		r.acquirer.Script(cloud.StepCharge, fakeacquirer.Answer{Silent: true})
		r.request(terminal, r.charge(first))
		r.run(time.Minute)
	}, payment.Approved, fakeacquirer.Taken, false},
	{"late", func(r *rig) {
		r.acquirer.Script(cloud.StepCharge, fakeacquirer.Answer{Silent: true, Result: &cloud.Result{}})
		r.request(terminal, r.charge(first))
		r.run(time.Minute)
		r.acquirer.Open(first, usd, fakeacquirer.Taken)
		r.run(5 * time.Minute)
	}, payment.Reversed, fakeacquirer.Returned, false},
	{"cancel while asked", func(r *rig) {
		r.acquirer.Script(cloud.StepCharge, fakeacquirer.Answer{Become: fakeacquirer.Asking})
		r.request(terminal, r.charge(first))
		r.run(7 * time.Second)
		r.request(terminal, about(wire.Cancel, first))
		r.run(3 * time.Second)
		r.acquirer.Become(first, fakeacquirer.Taken)
		r.run(5 * time.Minute)
	}, payment.Cancelled, fakeacquirer.Returned, false},
	{"cancel when approved", func(r *rig) {
		r.request(terminal, r.charge(first))
		r.run(12 * time.Second)
		r.request(terminal, about(wire.Cancel, first))
		r.run(5 * time.Minute)
	}, payment.Cancelled, fakeacquirer.Returned, false},
	{"qr paid", func(r *rig) {
		r.request(terminal, r.show(first))
		r.run(30 * time.Second)
		r.acquirer.Become(first, fakeacquirer.Taken)
		r.run(time.Minute)
	}, payment.Approved, fakeacquirer.Taken, false},
	{"qr expires", func(r *rig) {
		r.acquirer.Script(cloud.StepReverse, outcome(cloud.Busy), outcome(cloud.Busy))
		r.request(terminal, r.show(first))
		r.run(waits.WatchFor)
	}, payment.Expired, fakeacquirer.Closed, false},
	{"qr cancelled and paid", func(r *rig) {
		r.acquirer.Script(cloud.StepReverse, outcome(cloud.Busy), outcome(cloud.Busy))
		r.request(terminal, r.show(first))
		r.run(4 * time.Second)
		r.request(terminal, about(wire.Cancel, first))
		r.run(2 * time.Second)
		r.acquirer.Become(first, fakeacquirer.Taken)
		r.run(waits.WatchFor)
	}, payment.Cancelled, fakeacquirer.Returned, true},
}

// A sale ends the same with the gateway started anew after any one of its
// steps, the answers that were under way lost.
func TestRestartAtEveryStep(t *testing.T) {
	for _, s := range scripts {
		t.Run(s.name, func(t *testing.T) {
			steps := 0
			for at := 0; at <= steps; at++ { // 0: never
				r := newRig(t)
				if at > 0 {
					r.afterStep = func() {
						if r.steps == at {
							r.restart()
						}
					}
				}
				s.play(r)
				if at == 0 {
					steps = r.steps
				}
				if !s.check(r) {
					t.Fatalf("with a restart after step %d of %d", at, steps)
				}
			}
		})
	}
}

// The same with every step's commit failing once: nothing is done then, and all is done later.
func TestFailedCommitAtEveryStep(t *testing.T) {
	for _, s := range scripts {
		t.Run(s.name, func(t *testing.T) {
			r := newRig(t)
			s.play(r)
			steps := r.steps
			for at := 1; at < steps; at++ {
				for _, restart := range []bool{false, true} {
					r := newRig(t)
					r.before = func(events []cloud.Event) {
						if r.steps != at {
							return
						}
						r.steps++
						r.ledger.FailCommit(errCommit)
						effects, err := r.gateway.Handle(events, r.now)
						if !errors.Is(err, errCommit) || len(effects) != 0 {
							t.Fatalf("a failed commit gives %v and %d effects", err, len(effects))
						}
						if restart {
							r.restart()
						}
					}
					s.play(r)
					if !s.check(r) {
						t.Fatalf("with a failed commit at step %d of %d, restart %v", at, steps, restart)
					}
				}
			}
		})
	}
}

// With power gone between a commit and what was to be done after it, no money
// is lost either: it is kept exactly if the attempt is approved.
func TestEffectsLostAtEveryStep(t *testing.T) {
	for _, s := range scripts {
		t.Run(s.name, func(t *testing.T) {
			r := newRig(t)
			s.play(r)
			steps := r.steps
			for at := range steps {
				r := newRig(t)
				r.lose = func() bool { return r.steps == at }
				s.play(r)
				r.request(terminal, about(wire.Query, first))
				r.run(time.Hour)
				a := r.mustAttempt(first)
				kept := r.acquirer.State(first) == fakeacquirer.Taken
				if !a.Status.Final() || kept != (a.Status == payment.Approved) {
					t.Errorf("with the effects of step %d lost it ends %s, money kept %v", at, a.Status, kept)
				}
				r.calls(min(1, len(r.acquirer.Calls(cloud.StepCharge))), cloud.StepCharge)
				r.lawful()
			}
		})
	}
}

func (s script) check(r *rig) bool {
	r.t.Helper()
	a := r.mustAttempt(first)
	money := r.acquirer.State(first)
	good := a.Status == s.status && money == s.money && a.Late == s.late && !a.Open() && len(r.broken) == 0 &&
		len(r.acquirer.Calls(cloud.StepCharge)) <= 1
	if !good {
		r.t.Errorf("it ends %s, late %v, open %v, the money %s, laws broken: %v; want %s, %v, the money %s",
			a.Status, a.Late, a.Open(), money, r.broken, s.status, s.late, s.money)
	}
	return good
}
