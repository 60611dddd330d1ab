package tillcmd

import (
	"context"
	"errors"
	"strings"

	"till/checkout"
	"till/device/identity"
	"till/display"
	"till/payment/pin"
	"till/sync/wire/enrolment"
	"till/words"
)

// givesPINs has a forgotten PIN of the manager's replaced at the gateway.
type givesPINs struct {
	ctx context.Context
	*terminal
}

func (g givesPINs) GivePIN(e checkout.GivePIN) {
	g.remote.Go(func() {
		hash := pin.New(e.PIN, g.config.Operators.salt())
		now, err := g.givePIN(g.ctx, e.Code, hash)
		if err != nil {
			g.log.Warn("the manager's PIN", "err", err)
			g.send(g.ctx, notGiven(err))
			return
		}
		// The journal has it before the counter begins anew with the other settings.
		err = g.do(g.ctx, input{resolve: func(t *terminal) (checkout.Event, error) {
			known := t.config.Operators
			known.Manager, known.Plain = hash, ""
			t.register.Guard = known
			return checkout.PINGiven{}, nil
		}})
		grant, enrolled := g.config.Identity.Enrolled()
		if err == nil && enrolled {
			err = g.settle(g.config.Identity, grant, now)
		}
		if err != nil {
			g.log.Error("the manager's PIN", "err", err)
		}
	})
}

// errUnusable is that the settings that have the new PIN are of no use here.
var errUnusable = errors.New("the gateway's settings cannot be used")

// givePIN asks the gateway, and says which settings there are now.
func (t *terminal) givePIN(ctx context.Context, code string, hash pin.Hash) (enrolment.Standing, error) {
	me := t.config.Identity
	grant, enrolled := me.Enrolled()
	if !enrolled {
		return enrolment.Standing{}, enrolment.Refusal{Reason: enrolment.Revoked}
	}
	now, err := identity.NewClient(me, Version).ResetPIN(ctx, code, hash.String())
	if err != nil {
		return now, err
	}
	with := grant
	with.Settings = now.Settings
	if _, err := t.config.site.as(with); err != nil {
		return now, errors.Join(errUnusable, t.settle(me, grant, now)) // the gateway is told why
	}
	return now, nil
}

// notGiven is what the counter says of an error.
func notGiven(err error) checkout.PINGiven {
	var refused enrolment.Refusal
	switch {
	case errors.Is(err, errUnusable):
		return checkout.PINGiven{Why: "reset_not_taken_up", Again: checkout.ResetCode}
	case !errors.As(err, &refused):
		return checkout.PINGiven{Why: "reset_unreachable", Again: checkout.ResetAgain}
	}
	switch refused.Reason {
	case enrolment.ClaimUnknown:
		return checkout.PINGiven{Why: "reset_wrong", Again: checkout.ResetCode, Wrong: true}
	case enrolment.ClaimUsed:
		return checkout.PINGiven{Why: "reset_used", Again: checkout.ResetCode}
	case enrolment.ClaimExpired:
		return checkout.PINGiven{Why: "reset_expired", Again: checkout.ResetCode}
	case enrolment.PINTaken:
		return checkout.PINGiven{Why: "reset_taken", Again: checkout.ResetPIN}
	case enrolment.TooMany, enrolment.Failed:
		return checkout.PINGiven{Why: words.Key("reset_" + string(refused.Reason)), Again: checkout.ResetAgain}
	default:
		return checkout.PINGiven{Why: "reset_refused", Again: checkout.ResetCode}
	}
}

// salt is the one that the shop's hashes share, or a fresh one. A PIN that is asked for
// again, since the answer was lost, then has the same hash.
func (o Operators) salt() pin.Salt {
	for _, x := range o.All {
		if s, ok := x.PIN.Salt(); ok {
			return s
		}
	}
	if s, ok := o.Manager.Salt(); ok {
		return s
	}
	return pin.NewSalt()
}

// resetView is the screen where a forgotten PIN is replaced.
func resetView(v *display.View, s checkout.State) {
	say := func(k string) string { return words.Say(v.Lang, words.Key("reset_"+k)) }
	stage := string(s.Reset.Stage)
	v.Title, v.Detail, v.Amount.Currency = say(stage), say(stage+"_what"), ""
	switch s.Reset.Stage {
	case checkout.ResetCode:
		v.Screen, v.Keyed = display.ScreenClaim, enrolment.Grouped(s.Digits)
	case checkout.ResetPIN, checkout.ResetAgain:
		v.Screen, v.Masked = display.ScreenPIN, strings.Repeat("•", len(s.Digits))
	}
}
