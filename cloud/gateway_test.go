package cloud_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"till/cloud"
	"till/cloud/fakeacquirer"
	"till/payment"
	"till/sync/wire"
)

func outcome(o cloud.Outcome) fakeacquirer.Answer {
	return fakeacquirer.Answer{Result: &cloud.Result{Outcome: o}}
}

func repeat(n int, a fakeacquirer.Answer) []fakeacquirer.Answer {
	all := make([]fakeacquirer.Answer, n)
	for i := range all {
		all[i] = a
	}
	return all
}

func TestChargeApproved(t *testing.T) {
	r := newRig(t)
	r.request(terminal, r.charge(first))
	if told := r.told(first); told.Status != payment.Authorizing || !told.ReverseAt.Equal(start.Add(waits.UnknownFor)) {
		t.Errorf("at once the terminal is told %q until %v", told.Status, told.ReverseAt)
	}
	r.run(time.Second)
	r.expect(first, payment.Approved, payment.ReasonNone)
	r.book(first, fakeacquirer.Taken)
	got := r.acquirer.Calls()
	if len(got) != 1 || got[0].Code != code || got[0].Money != usd {
		t.Errorf("calls are %v, want one charge of %v with the customer's code", got, usd)
	}
	told := r.told(first)
	if told.Wallet != payment.WeChat || told.Transaction == "" || told.Payer == "" || told.Late {
		t.Errorf("the terminal is told %+v", told)
	}
	if clock := r.replies[0].Clock; clock.Echo != time.Second || !clock.Time.Equal(start) {
		t.Errorf("the reply's clock is %+v", clock)
	}
	if !r.gateway.Deadline().IsZero() {
		t.Error("an approved attempt leaves something to do")
	}
}

// Law 1: a commit that fails makes no call and sends nothing.
func TestCommitBeforeCall(t *testing.T) {
	r := newRig(t)
	charge := message(t, terminal, wire.Requests, r.charge(first))
	r.ledger.FailCommit(errCommit)
	effects, err := r.gateway.Handle([]cloud.Event{charge}, r.now)
	if !errors.Is(err, errCommit) || len(effects) != 0 {
		t.Fatalf("a failed commit gives %v and %d effects", err, len(effects))
	}
	if _, seen := r.attempt(first); seen || !r.gateway.Deadline().IsZero() {
		t.Error("a failed commit leaves the attempt behind")
	}
	r.step(charge) // the terminal asks again
	r.run(time.Second)
	r.expect(first, payment.Approved, payment.ReasonNone)

	// An answer whose commit fails is as good as lost: it is asked after.
	r = newRig(t)
	r.request(terminal, r.charge(first))
	r.ledger.FailCommit(errCommit)
	if effects, err := r.gateway.Handle([]cloud.Event{r.pending[0].Answered}, r.now); err == nil || len(effects) != 0 {
		t.Fatalf("a failed commit gives %v and %d effects", err, len(effects))
	}
	r.pending = nil
	r.run(waits.QueryEvery)
	r.expect(first, payment.Approved, payment.ReasonNone)
	r.calls(1, cloud.StepCharge)

	// So is a question whose commit fails: it is due again.
	r = newRig(t)
	r.acquirer.Script(cloud.StepCharge, fakeacquirer.Answer{Become: fakeacquirer.Taken, Err: errors.New("reset")})
	r.request(terminal, r.charge(first))
	r.step(r.pending[0].Answered)
	r.pending = nil
	r.now = r.gateway.Deadline()
	r.ledger.FailCommit(errCommit)
	if _, err := r.gateway.Handle([]cloud.Event{cloud.Due{}}, r.now); err == nil {
		t.Fatal("no error")
	}
	r.run(time.Second)
	r.expect(first, payment.Approved, payment.ReasonNone)
}

// One failing event of a batch takes the others down with it, and nothing is half done.
func TestBatchIsOneCommit(t *testing.T) {
	r := newRig(t)
	before := r.ledger.Commits()
	r.step(
		message(t, terminal, wire.Requests, r.charge(first)),
		message(t, terminal, wire.Requests, r.charge(first)),
		message(t, "museum-2", wire.Requests, r.charge(payment.NewOrder(otherID, 1))),
		cloud.Due{},
	)
	if n := r.ledger.Commits() - before; n != 1 {
		t.Errorf("%d commits, want 1", n)
	}
	r.calls(2, cloud.StepCharge)
	r.run(time.Second)
	r.expect(first, payment.Approved, payment.ReasonNone)
}

// Law 2: one charge for an order, whatever is repeated, and whenever.
func TestOneChargeForAnOrder(t *testing.T) {
	r := newRig(t)
	charge := r.charge(first)
	for range 3 {
		r.request(terminal, charge)
		r.restart()
		r.request(terminal, charge)
	}
	r.run(time.Minute)
	again := charge
	again.NotAfter = r.now.Add(time.Hour)
	again.Amount = 99
	r.request(terminal, again)
	r.run(time.Minute)
	r.expect(first, payment.Approved, payment.ReasonNone)
	r.calls(1, cloud.StepCharge)
	if told := r.told(first); told.Amount != usd.Amount {
		t.Errorf("a repeated request changed the amount to %d", told.Amount)
	}
}

// Law 2: no attempt starts before the last one's fate is known.
func TestNoSecondAttemptWhileOneIsOpen(t *testing.T) {
	open := map[string]func(*rig){
		"authorizing": func(r *rig) {
			r.acquirer.Script(cloud.StepCharge, fakeacquirer.Answer{Silent: true})
			r.request(terminal, r.charge(first))
		},
		"password": func(r *rig) {
			r.acquirer.Script(cloud.StepCharge, fakeacquirer.Answer{Become: fakeacquirer.Asking})
			r.request(terminal, r.charge(first))
			r.run(time.Second)
		},
		"checking": func(r *rig) {
			r.acquirer.Script(cloud.StepCharge, outcome(cloud.Unknown))
			r.acquirer.Script(cloud.StepQuery, repeat(9, outcome(cloud.Unknown))...)
			r.request(terminal, r.charge(first))
			r.run(6 * time.Second)
		},
		"reversing": func(r *rig) {
			r.acquirer.Script(cloud.StepCharge, fakeacquirer.Answer{Become: fakeacquirer.Asking})
			r.request(terminal, r.charge(first))
			r.run(time.Second)
			r.request(terminal, about(wire.Cancel, first))
		},
		"waiting": func(r *rig) {
			r.request(terminal, r.show(first))
			r.run(time.Second)
		},
		"approved": func(r *rig) {
			r.request(terminal, r.charge(first))
			r.run(time.Second)
		},
	}
	for status, begin := range open {
		for _, op := range []wire.Op{wire.Charge, wire.Show} {
			t.Run(status+" "+string(op), func(t *testing.T) {
				r := newRig(t)
				begin(r)
				if got, _ := r.attempt(first); string(got.Status) != status {
					t.Fatalf("the first attempt is %s", got.Status)
				}
				before := len(r.acquirer.Calls(cloud.StepCharge, cloud.StepShow))
				q := r.charge(second)
				q.Op = op
				r.request(terminal, q)
				r.expect(second, payment.Expired, payment.EarlierOpen)
				r.calls(before, cloud.StepCharge, cloud.StepShow)
				if status == "approved" { // the next tender is another matter
					q := r.charge(payment.NewOrder(saleID, 3))
					q.Tender = 2
					r.request(terminal, q)
					r.run(time.Second)
					r.expect(q.Order, payment.Approved, payment.ReasonNone)
				}
			})
		}
	}
}

// A later attempt closes earlier ones that never arrived.
func TestLaterAttemptClosesEarlierOnes(t *testing.T) {
	r := newRig(t)
	early := r.charge(first)
	r.request(terminal, r.charge(second))
	r.run(time.Second)
	r.request(terminal, early) // overtaken on its way
	r.run(time.Minute)
	r.expect(second, payment.Approved, payment.ReasonNone)
	r.expect(first, payment.Expired, payment.NotReached)
	r.calls(1, cloud.StepCharge)
}

func TestNextAttemptAfterADecline(t *testing.T) {
	r := newRig(t)
	r.acquirer.Script(cloud.StepCharge, fakeacquirer.Answer{Become: fakeacquirer.Refused})
	r.request(terminal, r.charge(first))
	r.run(time.Second)
	r.expect(first, payment.Declined, payment.CustomerDeclined)
	r.request(terminal, r.charge(second))
	r.run(time.Second)
	r.expect(second, payment.Approved, payment.ReasonNone)
}

// Law 3: a query for what was never seen closes it for ever.
func TestUnseenQueryClosesForEver(t *testing.T) {
	for _, restarts := range []bool{false, true} {
		t.Run(fmt.Sprintf("restarts %v", restarts), func(t *testing.T) {
			r := newRig(t)
			if restarts {
				r.afterStep = r.restart
			}
			late := r.charge(first)
			r.request(terminal, about(wire.Query, first))
			r.expect(first, payment.Expired, payment.NotReached)
			for range 2 {
				r.request(terminal, late)
				r.request(terminal, r.show(first))
				r.run(time.Minute)
			}
			r.expect(first, payment.Expired, payment.NotReached)
			r.calls(0)
		})
	}
}

// The same for a cancellation of what was never seen.
func TestUnseenCancelClosesForEver(t *testing.T) {
	r := newRig(t)
	late := r.charge(first)
	r.request(terminal, about(wire.Cancel, first))
	r.restart()
	r.request(terminal, late)
	r.run(time.Minute)
	r.expect(first, payment.Cancelled, payment.MerchantCancelled)
	r.calls(0)
}

// Law 5: a request that comes after its not_after charges nothing, now or later.
func TestTooLateRequest(t *testing.T) {
	for _, op := range []wire.Op{wire.Charge, wire.Show} {
		t.Run(string(op), func(t *testing.T) {
			r := newRig(t)
			q := r.charge(first)
			q.Op = op
			r.restart() // the gateway was away when the request was made
			r.now = q.NotAfter.Add(time.Millisecond)
			r.request(terminal, q)
			r.expect(first, payment.Expired, payment.TooLate)
			r.restart()
			q.NotAfter = r.now.Add(time.Hour)
			r.request(terminal, q)
			r.run(time.Minute)
			r.expect(first, payment.Expired, payment.TooLate)
			r.calls(0)
		})
	}
	t.Run("in time", func(t *testing.T) {
		r := newRig(t)
		q := r.charge(first)
		r.now = q.NotAfter
		r.request(terminal, q)
		r.run(time.Second)
		r.expect(first, payment.Approved, payment.ReasonNone)
	})
	t.Run("none", func(t *testing.T) {
		r := newRig(t)
		q := r.charge(first)
		q.NotAfter = time.Time{}
		r.request(terminal, q)
		r.expect(first, payment.Expired, payment.TooLate)
		r.calls(0)
	})
}

func TestWhatCannotBeCharged(t *testing.T) {
	cases := map[string]func(*wire.Request){
		"nothing":       func(q *wire.Request) { q.Amount = 0 },
		"less":          func(q *wire.Request) { q.Amount = -5 },
		"too much":      func(q *wire.Request) { q.Amount = payment.MaxAmount + 1 },
		"no currency":   func(q *wire.Request) { q.Currency = "" },
		"odd currency":  func(q *wire.Request) { q.Currency = "XQZ" },
		"no tender":     func(q *wire.Request) { q.Tender = 0 },
		"no code":       func(q *wire.Request) { q.Sealed = nil },
		"garbled code":  func(q *wire.Request) { q.Sealed[len(q.Sealed)-1] ^= 1 },
		"a code's text": func(q *wire.Request) { q.Sealed = []byte(code) },
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			q := r.charge(first)
			spoil(&q)
			r.request(terminal, q)
			r.run(time.Minute)
			r.expect(first, payment.Declined, payment.NotConfigured)
			r.calls(0)
			if len(r.rejected) != 1 || strings.Contains(r.rejected[0].Error(), code) {
				t.Errorf("rejections are %v, want one, without the code", r.rejected)
			}
		})
	}
}

// A sealed code serves no other order than its own.
func TestSealedForAnotherOrder(t *testing.T) {
	r := newRig(t)
	q := r.charge(second)
	q.Order = first
	r.request(terminal, q)
	r.run(time.Minute)
	r.expect(first, payment.Declined, payment.NotConfigured)
	r.calls(0)
}

// What a message holds besides must not bring the gateway down.
func TestOversizedFields(t *testing.T) {
	long := strings.Repeat("<", 60_000) // one byte each as it comes, six as we write it
	r := newRig(t)
	for i, spoil := range []func(*wire.Request){
		func(q *wire.Request) { q.Currency = long },
		func(q *wire.Request) { q.Wallet = payment.Wallet(long) },
	} {
		for _, op := range []wire.Op{wire.Charge, wire.Show, wire.Query, wire.Cancel} {
			q := about(op, payment.NewOrder(saleID, i+1))
			q.NotAfter = r.now.Add(time.Minute)
			spoil(&q)
			payload, err := json.Marshal(q)
			if err != nil {
				t.Fatal(err)
			}
			payload = bytes.ReplaceAll(payload, []byte(`\u003c`), []byte("<"))
			r.step(cloud.Message{Terminal: terminal, Channel: wire.Requests, Payload: payload})
		}
	}
	if len(r.rejected) != 8 {
		t.Errorf("%d messages were rejected, want 8", len(r.rejected))
	}
	r.calls(0)
	r.request(terminal, r.charge(payment.NewOrder(otherID, 1)))
	r.run(time.Second)
	r.expect(payment.NewOrder(otherID, 1), payment.Approved, payment.ReasonNone)
}

// Nor must what an acquirer says: a text too long for the wire.
func TestOversizedAnswer(t *testing.T) {
	r := newRig(t)
	r.acquirer.Script(cloud.StepShow, fakeacquirer.Answer{
		Become: fakeacquirer.Shown,
		Result: &cloud.Result{Outcome: cloud.Unpaid, QR: strings.Repeat("q", wire.MaxMessage)},
	})
	r.request(terminal, r.show(first))
	r.run(time.Second)
	if len(r.rejected) == 0 {
		t.Error("nothing was rejected")
	}
	r.request(terminal, r.charge(payment.NewOrder(otherID, 1)))
	r.run(time.Second)
	r.expect(payment.NewOrder(otherID, 1), payment.Approved, payment.ReasonNone)
}

// Another terminal can neither see nor move an order, and its owner goes on undisturbed.
func TestForeignOrder(t *testing.T) {
	for _, op := range []wire.Op{wire.Charge, wire.Show, wire.Query, wire.Cancel} {
		t.Run(string(op), func(t *testing.T) {
			r := newRig(t)
			r.acquirer.Script(cloud.StepCharge, fakeacquirer.Answer{Become: fakeacquirer.Asking})
			r.request(terminal, r.charge(first))
			r.run(time.Second)
			before, replies := r.mustAttempt(first), len(r.replies)
			q := r.charge(first)
			q.Op = op
			r.request("museum-2", q)
			if got := r.mustAttempt(first); got != before {
				t.Errorf("the attempt became %+v", got)
			}
			if len(r.rejected) != 1 || len(r.replies) != replies {
				t.Errorf("%d rejections and %d new replies, want 1 and 0", len(r.rejected), len(r.replies)-replies)
			}
			r.acquirer.Become(first, fakeacquirer.Taken)
			r.run(time.Minute)
			r.expect(first, payment.Approved, payment.ReasonNone)
		})
		t.Run(string(op)+" of its next attempt", func(t *testing.T) {
			r := newRig(t)
			r.acquirer.Script(cloud.StepCharge, fakeacquirer.Answer{Become: fakeacquirer.Refused})
			r.request(terminal, r.charge(first))
			r.run(time.Second)
			newJournal(terminal).upload(r, created(saleID))
			q := r.charge(second)
			q.Op = op
			r.request("museum-2", q)
			if _, seen := r.attempt(second); seen {
				t.Error("another terminal began or closed an attempt of a foreign sale")
			}
			r.request(terminal, r.charge(second))
			r.run(time.Second)
			r.expect(second, payment.Approved, payment.ReasonNone)
		})
	}
}

func (r *rig) mustAttempt(order payment.Order) cloud.Attempt {
	r.t.Helper()
	a, ok := r.attempt(order)
	if !ok {
		r.t.Fatalf("order %s is not in the ledger", order)
	}
	return a
}

func TestUnusableMessages(t *testing.T) {
	r := newRig(t)
	events := []cloud.Event{
		cloud.Message{Terminal: "Not An Id", Channel: wire.Requests, Payload: []byte(`{}`)},
		cloud.Message{Terminal: terminal, Channel: wire.Requests, Payload: []byte(`{`)},
		cloud.Message{Terminal: terminal, Channel: wire.Requests, Payload: []byte(`{"op":"hello"}`)},
		cloud.Message{Terminal: terminal, Channel: wire.Requests, Payload: []byte(`{"op":"charge","order":"x"}`)},
		cloud.Message{Terminal: terminal, Channel: wire.Requests, Payload: fmt.Appendf(nil, `{"op":"steal","order":%q}`, first)},
		cloud.Message{Terminal: terminal, Channel: wire.Journal, Payload: []byte(`[]`)},
		cloud.Message{Terminal: terminal, Channel: wire.Ack, Payload: []byte(`{}`)},
		cloud.Message{Terminal: terminal, Channel: "up/elsewhere", Payload: []byte(`{}`)},
	}
	for i, e := range events {
		r.step(e)
		if len(r.rejected) != i+1 {
			t.Errorf("event %d is not rejected", i)
		}
	}
	if len(r.acks)+len(r.replies) != 0 {
		t.Errorf("%d messages were answered", len(r.acks)+len(r.replies))
	}
	if _, seen := r.attempt(first); seen {
		t.Error("an unknown request left an attempt behind")
	}
	r.step(cloud.Message{Terminal: terminal, Channel: wire.Presence, Payload: []byte("anything")})
	if len(r.rejected) != len(events) {
		t.Error("a terminal's presence is rejected")
	}
}
