package cloud_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"till/cloud"
	"till/cloud/fakeacquirer"
	"till/payment"
	"till/sync/wire"
)

// Law 3: "not found" is not final early, whoever says it.
func TestNotFoundIsNotFinalEarly(t *testing.T) {
	r := newRig(t)
	r.acquirer.Script(cloud.StepCharge, fakeacquirer.Answer{Err: errors.New("connection reset")})
	r.request(terminal, r.charge(first))
	r.run(waits.NotFoundFor - time.Second)
	if a := r.mustAttempt(first); a.Status.Final() {
		t.Errorf("it is %s (%s) after %v", a.Status, a.Reason, r.now.Sub(start))
	}
	r.calls(1, cloud.StepCharge)
	r.acquirer.Open(first, usd, fakeacquirer.Taken) // it was on its way
	r.run(time.Minute)
	r.expect(first, payment.Reversed, payment.CustomerSilent)
	r.book(first, fakeacquirer.Returned)
}

// In the end it is closed, and watched: money that comes even later goes back.
func TestNotFoundForLong(t *testing.T) {
	r := newRig(t)
	r.acquirer.Script(cloud.StepCharge, fakeacquirer.Answer{Err: errors.New("connection reset")})
	r.request(terminal, r.charge(first))
	r.run(waits.NotFoundFor + time.Minute)
	r.expect(first, payment.Expired, payment.NotReached)
	r.acquirer.Open(first, usd, fakeacquirer.Taken)
	r.restart()
	r.run(2 * time.Minute)
	r.expect(first, payment.Expired, payment.NotReached)
	r.book(first, fakeacquirer.Returned)
	if !r.told(first).Late {
		t.Error("the terminal was not told that late money was given back")
	}
}

// An order that was known to hold money does not end by being forgotten.
func TestNotFoundOfWhatWasPaid(t *testing.T) {
	r := newRig(t)
	r.request(terminal, r.charge(first))
	r.run(waits.NotFoundFor + time.Minute)
	r.request(terminal, about(wire.Cancel, first))
	r.acquirer.Script(cloud.StepReverse, repeat(2, outcome(cloud.NotFound))...)
	r.acquirer.Script(cloud.StepQuery, outcome(cloud.NotFound))
	r.run(waits.QueryEvery)
	r.expect(first, payment.Reversing, payment.ReasonNone)
	r.run(time.Minute)
	r.expect(first, payment.Cancelled, payment.MerchantCancelled)
	r.book(first, fakeacquirer.Returned)
}

// Nor by the acquirer calling it refused.
func TestRefusedOfWhatWasPaid(t *testing.T) {
	r := newRig(t)
	r.request(terminal, r.charge(first))
	r.run(time.Minute)
	r.request(terminal, about(wire.Cancel, first))
	r.acquirer.Script(cloud.StepReverse, outcome(cloud.Refused))
	r.run(2 * time.Minute)
	r.expect(first, payment.Cancelled, payment.MerchantCancelled)
	r.book(first, fakeacquirer.Returned)
}

// WeChat's QR orders may not be known before somebody scans them: such a QR
// lives as long as any other.
func TestNotFoundOfAShownQR(t *testing.T) {
	r := newRig(t)
	r.request(terminal, r.show(first))
	r.run(time.Second)
	r.acquirer.Script(cloud.StepQuery, repeat(1000, outcome(cloud.NotFound))...)
	r.run(waits.QRLife - 10*time.Second)
	r.expect(first, payment.Waiting, payment.ReasonNone)
	r.run(20 * time.Second)
	if a := r.mustAttempt(first); a.Status != payment.Expired {
		t.Errorf("after its life it is %s", a.Status)
	}
	r.lawful()
}

func TestPassword(t *testing.T) {
	r := newRig(t)
	r.acquirer.Script(cloud.StepCharge, fakeacquirer.Answer{Become: fakeacquirer.Asking})
	r.request(terminal, r.charge(first))
	r.run(time.Second)
	r.expect(first, payment.Password, payment.ReasonNone)
	if got, want := r.told(first).ReverseAt, start.Add(waits.PasswordFor); !got.Equal(want) {
		t.Errorf("the customer has until %v, want %v", got, want)
	}
	r.run(30 * time.Second)
	r.acquirer.Become(first, fakeacquirer.Taken)
	r.run(waits.QueryEvery)
	r.expect(first, payment.Approved, payment.ReasonNone)
	r.book(first, fakeacquirer.Taken)
	r.calls(0, cloud.StepReverse)
}

// A customer who walked away: reversed, though the wallet will not hear of it for a while.
func TestCustomerWalksAway(t *testing.T) {
	r := newRig(t)
	r.acquirer.Script(cloud.StepCharge, fakeacquirer.Answer{Become: fakeacquirer.Asking})
	r.acquirer.Script(cloud.StepReverse, repeat(3, outcome(cloud.Busy))...)
	r.request(terminal, r.charge(first))
	r.run(waits.PasswordFor + waits.QueryEvery)
	r.expect(first, payment.Reversing, payment.ReasonNone)
	r.run(time.Minute)
	r.expect(first, payment.Reversed, payment.CustomerSilent)
	r.book(first, fakeacquirer.Closed)
}

// A reversal is repeated until it is confirmed, over restarts.
func TestReversalUntilConfirmed(t *testing.T) {
	for _, refusal := range []fakeacquirer.Answer{
		outcome(cloud.Busy), outcome(cloud.Unknown), outcome(cloud.NotFound), {Err: errors.New("reset")},
	} {
		for _, restarts := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v restarts %v", refusal, restarts), func(t *testing.T) {
				r := newRig(t)
				r.acquirer.Script(cloud.StepCharge, fakeacquirer.Answer{Silent: true})
				r.acquirer.Script(cloud.StepQuery, repeat(20, fakeacquirer.Answer{Err: errors.New("reset")})...)
				r.acquirer.Script(cloud.StepReverse, repeat(10, refusal)...)
				r.request(terminal, r.charge(first))
				for range 40 {
					r.run(5 * time.Second)
					if restarts {
						r.restart()
					}
				}
				r.run(10 * time.Minute)
				r.expect(first, payment.Reversed, payment.CustomerSilent)
				r.book(first, fakeacquirer.Returned)
				r.calls(1, cloud.StepCharge)
				if n := len(r.acquirer.Calls(cloud.StepReverse)); n < 11 {
					t.Errorf("%d reversals, want at least 11", n)
				}
			})
		}
	}
}

// An answer that never comes at all, not even as unknown, does not hold the attempt up.
func TestCallIsNeverAnswered(t *testing.T) {
	r := newRig(t)
	r.acquirer.Script(cloud.StepCharge, fakeacquirer.Answer{Err: errors.New("reset"), Become: fakeacquirer.Taken})
	r.request(terminal, r.charge(first))
	r.step(r.pending[0].Answered)
	r.pending = nil
	for r.now = r.gateway.Deadline(); len(r.acquirer.Calls(cloud.StepQuery)) == 0; {
		r.step(cloud.Due{})
	}
	r.pending = nil // nobody will ever answer this one
	r.run(waits.CallFor)
	r.calls(1, cloud.StepQuery)
	r.run(time.Minute)
	r.expect(first, payment.Approved, payment.ReasonNone)
}

// Cancelling a shown QR is immediate; what is paid late goes back, and is told once it has.
func TestCancelQR(t *testing.T) {
	for name, news := range map[string]bool{"found by watching": false, "the acquirer tells": true} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.request(terminal, r.show(first))
			r.run(time.Second)
			if told := r.told(first); told.QR == "" || !told.Expires.Equal(start.Add(waits.QRLife)) {
				t.Fatalf("the terminal is told %+v", told)
			}
			r.acquirer.Script(cloud.StepReverse, repeat(3, outcome(cloud.Busy))...) // not closed so soon
			r.request(terminal, about(wire.Cancel, first))
			r.expect(first, payment.Cancelled, payment.MerchantCancelled)
			r.request(terminal, r.charge(payment.NewOrder(otherID, 1))) // the counter goes on
			r.run(time.Second)
			r.expect(payment.NewOrder(otherID, 1), payment.Approved, payment.ReasonNone)

			r.run(45 * time.Second)
			r.acquirer.Become(first, fakeacquirer.Taken)
			r.acquirer.Script(cloud.StepReverse, repeat(2, outcome(cloud.Busy))...)
			if news {
				r.step(cloud.Notified{Order: first})
			}
			for r.acquirer.State(first) == fakeacquirer.Taken {
				if r.told(first).Late {
					t.Fatal("told that the money went back while it is still taken")
				}
				if r.now.Sub(start) > time.Hour {
					t.Fatal("the money never went back")
				}
				r.run(time.Second)
			}
			r.run(time.Second)
			r.expect(first, payment.Cancelled, payment.MerchantCancelled)
			r.book(first, fakeacquirer.Returned)
			if !r.told(first).Late {
				t.Error("the terminal was not told that late money was given back")
			}
			if a := r.mustAttempt(first); a.Open() {
				t.Error("there is still something to do")
			}
		})
	}
}

// The answer to a reversal is all that says so when nobody saw the money come.
func TestLateMoneySeenByTheReversalAlone(t *testing.T) {
	r := newRig(t)
	r.request(terminal, r.show(first))
	r.run(waits.ReverseAfter)
	r.acquirer.Become(first, fakeacquirer.Taken)
	r.request(terminal, about(wire.Cancel, first))
	r.run(time.Minute)
	r.expect(first, payment.Cancelled, payment.MerchantCancelled)
	r.book(first, fakeacquirer.Returned)
	if !r.told(first).Late {
		t.Error("the terminal was not told that late money was given back")
	}
}

// The watch over an order that nobody knows ends, and news takes it up again.
func TestWatchEnds(t *testing.T) {
	r := newRig(t)
	r.acquirer.Script(cloud.StepCharge, fakeacquirer.Answer{Err: errors.New("reset")})
	r.request(terminal, r.charge(first))
	r.run(2 * waits.WatchFor)
	r.expect(first, payment.Expired, payment.NotReached)
	if a := r.mustAttempt(first); a.Open() {
		t.Errorf("after %v it is still at %s", 2*waits.WatchFor, a.Step)
	}
	if n := len(r.acquirer.Calls(cloud.StepQuery, cloud.StepReverse)); n > 60 {
		t.Errorf("it took %d calls", n)
	}
	r.acquirer.Open(first, usd, fakeacquirer.Taken)
	r.step(cloud.Notified{Order: first})
	r.run(time.Minute)
	r.book(first, fakeacquirer.Returned)
	if !r.told(first).Late {
		t.Error("the terminal was not told that late money was given back")
	}
}

// It does not end while money is known to be taken, whatever the acquirer forgets.
func TestWatchKeepsToMoney(t *testing.T) {
	r := newRig(t)
	r.request(terminal, r.show(first))
	r.run(time.Second)
	r.request(terminal, about(wire.Cancel, first))
	r.acquirer.Script(cloud.StepReverse, repeat(40, outcome(cloud.Busy))...)
	r.run(waits.WatchFor)
	r.acquirer.Become(first, fakeacquirer.Taken)
	r.step(cloud.Notified{Order: first})
	r.acquirer.Script(cloud.StepQuery, fakeacquirer.Answer{}, outcome(cloud.NotFound))
	r.acquirer.Script(cloud.StepReverse, repeat(40, outcome(cloud.NotFound))...)
	r.run(24 * time.Hour)
	r.expect(first, payment.Cancelled, payment.MerchantCancelled)
	r.book(first, fakeacquirer.Returned)
	if !r.told(first).Late {
		t.Error("the terminal was not told that late money was given back")
	}
}

func TestQRPaid(t *testing.T) {
	r := newRig(t)
	r.request(terminal, r.show(first))
	r.run(20 * time.Second)
	r.expect(first, payment.Waiting, payment.ReasonNone)
	r.acquirer.Become(first, fakeacquirer.Taken)
	r.step(cloud.Notified{Order: first}) // without waiting for its turn
	r.run(0)
	r.expect(first, payment.Approved, payment.ReasonNone)
	r.calls(1, cloud.StepShow)
}

func TestQRExpires(t *testing.T) {
	r := newRig(t)
	r.request(terminal, r.show(first))
	r.run(waits.QRLife - time.Second)
	r.expect(first, payment.Waiting, payment.ReasonNone)
	r.run(waits.QueryQR)
	r.expect(first, payment.Expired, payment.TooLate)
	r.run(time.Minute)
	r.book(first, fakeacquirer.Closed)
	if r.told(first).Late {
		t.Error("late money is told of, and there was none")
	}
}

// The acquirer's own end of a QR counts if it is sooner.
func TestQRExpiresAtTheAcquirer(t *testing.T) {
	r := newRig(t)
	r.acquirer.Script(cloud.StepShow, fakeacquirer.Answer{
		Become: fakeacquirer.Shown,
		Result: &cloud.Result{Outcome: cloud.Unpaid, QR: "qr", Expires: start.Add(time.Minute)},
	})
	r.request(terminal, r.show(first))
	r.run(time.Second)
	if told := r.told(first); told.QR != "qr" || !told.Expires.Equal(start.Add(time.Minute)) {
		t.Errorf("told %+v", told)
	}
	r.run(time.Minute + waits.QueryQR)
	r.expect(first, payment.Expired, payment.TooLate)
}

// A QR whose customer was asked and went back to the start waits on, and is not
// reversed by the time that they had for the password.
func TestQRAskedAndAbandoned(t *testing.T) {
	r := newRig(t)
	r.request(terminal, r.show(first))
	r.run(time.Second)
	r.acquirer.Become(first, fakeacquirer.Asking)
	r.run(waits.QueryQR)
	r.expect(first, payment.Password, payment.ReasonNone)
	r.acquirer.Become(first, fakeacquirer.Shown)
	r.run(waits.QueryEvery)
	r.expect(first, payment.Waiting, payment.ReasonNone)
	r.run(waits.PasswordFor)
	r.acquirer.Script(cloud.StepQuery, outcome(cloud.Unknown))
	r.run(2 * waits.QueryEvery)
	r.expect(first, payment.Waiting, payment.ReasonNone)
	r.acquirer.Become(first, fakeacquirer.Taken)
	r.run(2 * waits.QueryEvery)
	r.expect(first, payment.Approved, payment.ReasonNone)
}

// Opening the QR order is repeated while the request may still be served.
func TestShowIsRepeated(t *testing.T) {
	r := newRig(t)
	r.acquirer.Script(cloud.StepShow, fakeacquirer.Answer{Err: errors.New("reset")}, outcome(cloud.Unknown))
	r.request(terminal, r.show(first))
	r.run(2*waits.QueryEvery + time.Second)
	r.expect(first, payment.Waiting, payment.ReasonNone)
	if r.told(first).QR == "" {
		t.Error("no QR")
	}

	r = newRig(t)
	r.acquirer.Script(cloud.StepShow, repeat(20, fakeacquirer.Answer{Err: errors.New("reset")})...)
	r.request(terminal, r.show(first))
	r.run(time.Minute)
	r.expect(first, payment.Expired, payment.NotReached)
}

// An answer that contradicts what is known does not take a reversal back.
func TestReversingStays(t *testing.T) {
	for _, o := range []cloud.Outcome{cloud.Unpaid, cloud.Asking, cloud.Busy, cloud.Unknown, cloud.NotFound, "rubbish"} {
		for _, mode := range []wire.Op{wire.Charge, wire.Show} {
			t.Run(string(mode)+" "+string(o), func(t *testing.T) {
				r := newRig(t)
				q := r.charge(first)
				q.Op = mode
				r.request(terminal, q)
				r.run(time.Second)
				r.acquirer.Become(first, fakeacquirer.Taken)
				r.run(time.Minute)
				r.expect(first, payment.Approved, payment.ReasonNone)
				r.request(terminal, about(wire.Cancel, first))
				for _, step := range []cloud.Step{cloud.StepShow, cloud.StepQuery, cloud.StepReverse} {
					r.step(cloud.Answered{Order: first, Step: step, Result: cloud.Result{Outcome: o}})
					r.expect(first, payment.Reversing, payment.ReasonNone)
				}
				r.run(time.Minute)
				r.expect(first, payment.Cancelled, payment.MerchantCancelled)
				r.book(first, fakeacquirer.Returned)
			})
		}
	}
}

// An acquirer that calls a scanned charge unpaid has not closed it.
func TestScanCalledUnpaid(t *testing.T) {
	r := newRig(t)
	r.acquirer.Script(cloud.StepCharge, fakeacquirer.Answer{Become: fakeacquirer.Asking, Result: &cloud.Result{Outcome: cloud.Unpaid}})
	r.acquirer.Script(cloud.StepQuery, outcome(cloud.Unpaid))
	r.request(terminal, r.charge(first))
	r.run(7 * time.Second)
	if a := r.mustAttempt(first); a.Status.Final() {
		t.Errorf("it is %s (%s) after 7 s", a.Status, a.Reason)
	}
	r.acquirer.Become(first, fakeacquirer.Taken)
	r.run(10 * time.Second)
	r.expect(first, payment.Approved, payment.ReasonNone)
}

// Cancel of an approved attempt gives the money back.
func TestCancelApproved(t *testing.T) {
	for _, restarts := range []bool{false, true} {
		t.Run(fmt.Sprintf("restarts %v", restarts), func(t *testing.T) {
			r := newRig(t)
			r.request(terminal, r.charge(first))
			r.run(time.Second)
			r.expect(first, payment.Approved, payment.ReasonNone)
			if restarts {
				r.restart()
			}
			r.request(terminal, about(wire.Cancel, first))
			if restarts {
				r.restart()
			}
			r.expect(first, payment.Reversing, payment.ReasonNone)
			r.request(terminal, about(wire.Cancel, first)) // again, while it is under way
			r.run(10 * time.Minute)
			r.request(terminal, about(wire.Cancel, first)) // and when it is done
			r.run(time.Minute)
			r.expect(first, payment.Cancelled, payment.MerchantCancelled)
			r.book(first, fakeacquirer.Returned)
			if r.told(first).Late {
				t.Error("money that was cancelled is told of as late")
			}
		})
	}
}

// Cancel while the charge is under way: whatever comes is undone, and not too soon.
func TestCancelWhileAuthorizing(t *testing.T) {
	r := newRig(t)
	r.request(terminal, r.charge(first))           // the answer is on its way
	r.request(terminal, about(wire.Cancel, first)) // and meets this
	r.run(time.Second)
	r.expect(first, payment.Reversing, payment.ReasonNone)
	r.run(time.Minute)
	r.expect(first, payment.Cancelled, payment.MerchantCancelled)
	r.book(first, fakeacquirer.Returned)
}

// What is due in the same batch as a cancellation is not done by what was due before it.
func TestCancelAndDueTogether(t *testing.T) {
	r := newRig(t)
	r.acquirer.Script(cloud.StepCharge, fakeacquirer.Answer{Become: fakeacquirer.Asking})
	r.request(terminal, r.charge(first))
	r.run(time.Second)
	r.now = r.gateway.Deadline()
	r.step(message(t, terminal, wire.Requests, about(wire.Cancel, first)), cloud.Due{})
	r.run(time.Minute)
	r.expect(first, payment.Cancelled, payment.MerchantCancelled)
}

// An approval after the attempt was closed is refunded, and told.
func TestApprovalAfterClose(t *testing.T) {
	for lost := range 4 { // the answer to this question is lost with the gateway
		t.Run(fmt.Sprintf("restart after %d", lost), func(t *testing.T) {
			r := newRig(t)
			r.request(terminal, about(wire.Query, first))
			r.expect(first, payment.Expired, payment.NotReached)
			r.acquirer.Open(first, usd, fakeacquirer.Taken) // by whatever way
			r.afterStep = func() {
				if calls := len(r.acquirer.Calls()); calls == lost && len(r.pending) > 0 {
					r.restart()
				}
			}
			r.step(cloud.Notified{Order: first})
			r.run(10 * time.Minute)
			r.expect(first, payment.Expired, payment.NotReached)
			r.book(first, fakeacquirer.Returned)
			if !r.told(first).Late {
				t.Error("the terminal was not told that late money was given back")
			}
		})
	}
}

// Another amount than asked is not ours to keep, and goes back, not too soon.
func TestWrongAmount(t *testing.T) {
	for name, wrong := range map[string]payment.Money{
		"more": {Amount: 9999, Currency: "USD"}, "less": {Amount: 1, Currency: "USD"},
		"none": {}, "another currency": {Amount: usd.Amount, Currency: "CNY"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.acquirer.Script(cloud.StepCharge, fakeacquirer.Answer{
				Become: fakeacquirer.Taken,
				Result: &cloud.Result{Outcome: cloud.Paid, Amount: wrong, Wallet: payment.WeChat, Transaction: "4200"},
			})
			r.request(terminal, r.charge(first))
			r.run(time.Second)
			r.expect(first, payment.Reversing, payment.AmountMismatch)
			r.run(time.Minute)
			r.expect(first, payment.Reversed, payment.AmountMismatch)
			r.book(first, fakeacquirer.Returned)
		})
	}
}

// No outcome and no silence leaves an attempt without an end.
func TestSilentAcquirerThenHealed(t *testing.T) {
	r := newRig(t)
	r.acquirer.Script(cloud.StepCharge, fakeacquirer.Answer{Silent: true})
	r.acquirer.Script(cloud.StepQuery, repeat(50, fakeacquirer.Answer{Silent: true})...)
	r.acquirer.Script(cloud.StepReverse, repeat(50, fakeacquirer.Answer{Silent: true})...)
	r.request(terminal, r.charge(first))
	r.run(waits.QueryEvery)
	r.expect(first, payment.Checking, payment.ReasonNone)
	r.run(waits.UnknownFor + 2*waits.CallFor)
	r.expect(first, payment.Reversing, payment.ReasonNone)
	r.run(time.Hour)
	r.expect(first, payment.Reversed, payment.CustomerSilent)
	r.book(first, fakeacquirer.Returned)
}
