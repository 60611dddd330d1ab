package sandbox_test

import (
	"slices"
	"testing"
	"time"

	"till/cloud"
	"till/cloud/reconcile"
	"till/cloud/sandbox"
	"till/payment"
)

func lines(t *testing.T, s *sandbox.Sandbox) (all []reconcile.Line) {
	t.Helper()
	if err := s.Read(func(p sandbox.Picture) error {
		return p.Lines(func(l reconcile.Line) error {
			all = append(all, l)
			return nil
		})
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// What moved is in the lines, each at its own time, and what did not is not.
func TestLines(t *testing.T) {
	in(t, func(t *testing.T, b *bench) {
		begun := time.Now()
		charge := func(n int, next sandbox.Behaviour) {
			b.next(next)
			if _, err := b.Charge(t.Context(), order(n), b.code(payment.Alipay)); err != nil {
				t.Fatal(err)
			}
		}
		charge(1, sandbox.Approve)
		charge(2, sandbox.Decline)
		charge(3, sandbox.Approve)
		time.Sleep(time.Minute)
		refund := cloud.Refund{Number: payment.NewRefundID(sale, 1), Order: order(1), Amount: payment.Money{Amount: 34, Currency: "USD"}}
		for range 2 {
			if _, err := b.Refund(t.Context(), refund); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := b.Reverse(t.Context(), order(3).Number); err != nil {
			t.Fatal(err)
		}
		later := begun.Add(time.Minute)
		want := []reconcile.Line{
			{Kind: reconcile.Taken, Order: order(1).Number, Wallet: payment.Alipay, Amount: usd, At: begun},
			{Kind: reconcile.Refunded, Order: order(1).Number, Refund: refund.Number, Wallet: payment.Alipay, Amount: refund.Amount, At: later},
			{Kind: reconcile.Taken, Order: order(3).Number, Wallet: payment.Alipay, Amount: usd, At: begun},
			{Kind: reconcile.Reversed, Order: order(3).Number, Wallet: payment.Alipay, Amount: usd, At: later},
		}
		got := lines(t, b.Sandbox)
		if !slices.EqualFunc(got, want, func(a, b reconcile.Line) bool {
			same := a.At.Equal(b.At)
			a.At, b.At = time.Time{}, time.Time{}
			return same && a == b
		}) {
			t.Errorf("%+v, want %+v", got, want)
		}
	})
}

// Whoever reads the book and then another is told what was written between.
func TestWatch(t *testing.T) {
	in(t, func(t *testing.T, b *bench) {
		charge := func(n int) {
			if _, err := b.Charge(t.Context(), order(n), b.code(payment.WeChat)); err != nil {
				t.Fatal(err)
			}
		}
		charge(1)
		stop := b.Watch()
		if got := len(lines(t, b.Sandbox)); got != 1 {
			t.Errorf("%d lines", got)
		}
		charge(2)
		if moved := stop(); len(moved) != 1 || !moved[order(2).Number] {
			t.Errorf("%v moved", moved)
		}
		charge(3)
		if moved := stop(); len(moved) != 0 {
			t.Errorf("afterwards %v moved", moved)
		}
	})
}
