package payment_test

import (
	"errors"
	"testing"

	"till/payment"
)

func deskOf(t *testing.T, events ...payment.Event) payment.Desk {
	t.Helper()
	var d payment.Desk
	for n, e := range events {
		var err error
		if d, err = d.Apply(e, payment.Stamp{Boot: "1"}); err != nil {
			t.Fatalf("event %d: %v", n, err)
		}
	}
	return d
}

// Journals from before there were two counts are folded as they were: what they keep of
// themselves would not be what their records make it otherwise.
func TestDesksOfOldJournals(t *testing.T) {
	wrong := payment.Event{Kind: payment.PINRefused}
	step := payment.Event{Kind: payment.PINRefused, Step: payment.ToVoid}
	on := payment.Event{Kind: payment.SignedOn, Operator: "mei", Role: payment.Cashier, Means: payment.BySettings}
	off := payment.Event{Kind: payment.SignedOff, Operator: "mei", Means: payment.ByRestart}
	acted := payment.Event{Kind: payment.ManagerActed, Step: payment.ToVoid}
	for name, c := range map[string]struct {
		events []payment.Event
		want   int
	}{
		"each counts":        {[]payment.Event{wrong, step, wrong}, 3},
		"signing on forgets": {[]payment.Event{wrong, step, on}, 0},
		"signing off does not": {
			[]payment.Event{on, step, step, off}, 2},
		"a manager forgets": {[]payment.Event{wrong, step, acted}, 0},
	} {
		if d := deskOf(t, c.events...); d.Wrong != c.want || d.Guesses != 0 {
			t.Errorf("%s: %d wrong PINs and %d guesses, want %d and none", name, d.Wrong, d.Guesses, c.want)
		}
	}
}

func TestGuessesAtAManager(t *testing.T) {
	wrong := func(n int, step payment.ManagerStep) payment.Event {
		return payment.Event{Kind: payment.PINRefused, Step: step, Wrong: n}
	}
	on := func(role payment.Role, means payment.Means, wrong int) payment.Event {
		return payment.Event{Kind: payment.SignedOn, Operator: "mei", Role: role, Means: means, Wrong: wrong}
	}
	off := payment.Event{Kind: payment.SignedOff, Operator: "mei", Means: payment.ByRestart}
	acted := payment.Event{Kind: payment.ManagerActed, Step: payment.ToVoid}
	for name, c := range map[string]struct {
		events         []payment.Event
		wrong, guesses int
	}{
		"at a step":                       {[]payment.Event{wrong(1, payment.ToVoid)}, 0, 1},
		"at sign-on it may be a guess":    {[]payment.Event{wrong(1, ""), wrong(2, "")}, 2, 2},
		"a code that replaces one is too": {[]payment.Event{wrong(1, payment.ToResetPIN)}, 1, 1},
		"a cashier forgives her own":      {[]payment.Event{wrong(1, ""), wrong(2, payment.ToVoid), on(payment.Cashier, payment.BySecret, 0)}, 0, 2},
		"settings forgive nothing":        {[]payment.Event{wrong(1, ""), wrong(2, payment.ToVoid), on(payment.Cashier, payment.BySettings, 1)}, 1, 2},
		"nor those of a manager":          {[]payment.Event{wrong(1, ""), on(payment.Manager, payment.BySettings, 1)}, 1, 1},
		"nor signing off":                 {[]payment.Event{on(payment.Cashier, payment.BySecret, 0), wrong(1, payment.ToVoid), off}, 0, 1},
		"a manager forgives all":          {[]payment.Event{wrong(1, ""), wrong(2, payment.ToVoid), on(payment.Manager, payment.BySecret, 0)}, 0, 0},
		"with a step too":                 {[]payment.Event{wrong(1, ""), wrong(2, payment.ToVoid), acted}, 0, 0},
	} {
		if d := deskOf(t, c.events...); d.Wrong != c.wrong || d.Guesses != c.guesses {
			t.Errorf("%s: %d wrong at sign-on and %d guesses, want %d and %d", name, d.Wrong, d.Guesses, c.wrong, c.guesses)
		}
	}
	for name, e := range map[string]payment.Event{
		"one is left out":        wrong(2, ""),
		"kept by a PIN":          on(payment.Cashier, payment.BySecret, 1),
		"more kept than counted": on(payment.Cashier, payment.BySettings, 1),
	} {
		if _, err := (payment.Desk{}).Apply(e, payment.Stamp{}); !errors.Is(err, payment.ErrImpossible) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
