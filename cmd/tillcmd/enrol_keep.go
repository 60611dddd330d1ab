package tillcmd

import (
	"context"
	"fmt"
	"time"

	"till/checkout"
	"till/device/identity"
	"till/sync/wire/enrolment"
)

const (
	// keepEvery is how often it is looked whether there is something to do.
	keepEvery = 5 * time.Second
	// renewEvery is how often a renewal is tried that is due; a third of the
	// certificate's life is left for it.
	renewEvery = time.Hour
	// A terminal that has not reached the broker for standAfter asks the gateway
	// why, and again after standEvery: it may have been revoked.
	standAfter, standEvery = 10 * time.Second, 5 * time.Minute
)

// keeper keeps a terminal's certificate in force, beside the counter.
type keeper struct {
	renewed, asked time.Time // tried last
	offline        time.Time // since; zero: it is not
	resettle       bool      // it is to be asked which settings there are
}

// due says what to ask the gateway now: for the next certificate, or how the
// terminal stands. A terminal that was revoked is thrown out by the broker, so
// one that is on line is not.
func (k *keeper) due(now, renewAfter time.Time, online bool) (renew, stand bool) {
	if online {
		k.offline = time.Time{}
	} else if k.offline.IsZero() {
		k.offline = now
	}
	switch {
	case !now.Before(renewAfter) && now.Sub(k.renewed) >= renewEvery:
		k.renewed = now
		return true, false
	case !online && now.Sub(k.offline) >= standAfter && now.Sub(k.asked) >= standEvery:
		k.asked = now
		return false, true
	}
	return false, false
}

// keepIdentity renews the certificate when it is time, and ends the counter once
// it is idle when the gateway has ended the certificate.
func (t *terminal) keepIdentity(ctx context.Context) error {
	me := t.config.Identity
	client := identity.NewClient(me, Version)
	if grant, ok := me.Enrolled(); ok {
		t.tell(enrolment.SettingsPart, enrolment.SettingsNote{Digest: grant.Settings.Digest()})
	}
	var k keeper
	tick := time.NewTicker(keepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		case <-t.resettle:
			k.resettle = true
		}
		grant, ok := me.Enrolled()
		if !ok || t.leaving.Load() {
			continue // the counter is about to leave
		}
		var err error
		switch renew, stand := k.due(t.date(), grant.RenewAfter, t.reached.Load()); {
		case k.resettle:
			var now enrolment.Standing
			if now, err = client.Standing(ctx); err == nil {
				k.resettle = false
				err = t.settle(me, grant, now)
			}
		case renew:
			if err = client.Renew(ctx); err == nil {
				t.log.Info("certificate renewed")
				_, err = client.Standing(ctx) // its first use puts it in force; else the broker's next connection does
			}
		case stand:
			var now enrolment.Standing
			if now, err = client.Standing(ctx); err == nil { // whose settings may be the way to the broker
				err = t.settle(me, grant, now)
			}
		}
		why, final := identity.IsFinal(err)
		switch {
		case final:
			t.log.Error("the gateway has ended this terminal's certificate", "why", why)
			if err := me.End(why); err != nil {
				t.log.Error("enrolment", "err", err) // asked again
				continue
			}
			t.leaving.Store(true)
			t.stir()
		case err != nil:
			t.log.Warn("certificate", "err", err)
		}
	}
}

// settle takes the gateway's settings, if they are others than before and of use.
// The counter begins anew with them once nobody is in the middle of a sale.
func (t *terminal) settle(me *identity.Identity, grant enrolment.Grant, now enrolment.Standing) error {
	note := enrolment.SettingsNote{Digest: now.Settings.Digest()}
	if now.Terminal != grant.Terminal || note.Digest == grant.Settings.Digest() {
		return nil
	}
	grant.Settings = now.Settings
	if _, err := t.config.site.usable(grant); err != nil {
		note.Fault = err.Error()
		t.log.Error("the gateway's settings cannot be used: those before stay", "err", err)
		t.tell(enrolment.SettingsPart, note)
		return nil
	}
	if err := me.Adopt(now.Settings); err != nil {
		return fmt.Errorf("take the gateway's settings: %w", err)
	}
	t.log.Info("other settings", "digest", note.Digest)
	t.leaving.Store(true)
	t.stir()
	return nil
}

// date is the cloud's time, or else this machine's.
func (t *terminal) date() time.Time {
	if offset := t.offset.Load(); offset != nil {
		return t.steady().Add(*offset)
	}
	return time.Now()
}

// leaves says that the counter is to end, and that nobody is in the middle of a sale.
// A slip that is coming out is waited for, or it would be printed again, as a copy.
func (t *terminal) leaves() bool {
	s := t.register.State
	if t.printing.waiting() > 0 && s.Printer == checkout.PrinterReady {
		return false
	}
	return t.leaving.Load() && !t.counter.Training() && (s.Screen == checkout.Ready || s.Screen == checkout.SignOn) && !s.Begun()
}
