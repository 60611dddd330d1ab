package enrolment_test

import (
	"fmt"
	"testing"
	"time"

	"till/cloud/enrol"
	"till/device/identity"
	"till/sync/wire/enrolment"
)

// oneInForce holds that the disk's certificate is admitted, and no other would be.
func oneInForce(t *testing.T, g *gateway, disk identity.Disk) {
	t.Helper()
	if err := g.admit(t, disk); err != nil {
		t.Errorf("the broker refuses it: %v", err)
	}
	if n, err := g.InForce("till-07"); err != nil || n != 1 {
		t.Errorf("%d certificates are in force (%v)", n, err)
	}
}

// cuts runs act with power going after each of its steps, and with all that a
// file system may leave of the steps before. after is what the next boot does.
// Each run has a world of its own, which make prepares.
func cuts[W any](t *testing.T, make func(t *testing.T) (W, *identity.FakeDisk), act func(t *testing.T, w W, d *identity.FakeDisk) error, after func(t *testing.T, w W, d *identity.FakeDisk)) {
	t.Helper()
	runs := 0
	for _, left := range identity.Leftovers() {
		for cut := 1; ; cut++ {
			whole := false
			t.Run(fmt.Sprintf("%+v/%d", left, cut), func(t *testing.T) {
				w, disk := make(t)
				disk.CutAfter = disk.Steps + cut
				err := act(t, w, disk)
				whole = disk.Steps < disk.CutAfter
				if whole && err != nil {
					t.Fatalf("without a cut: %v", err)
				}
				after(t, w, disk.Restart(left))
				runs++
			})
			if whole || t.Failed() {
				break
			}
		}
	}
	t.Logf("%d power cuts", runs)
}

type world struct {
	*gateway
	to enrolment.Invitation
}

// However power goes while a device enrols, its next boot is the terminal, with
// one certificate, and nobody else can be it by the same claim.
func TestPowerCutEnrolling(t *testing.T) {
	cuts(t, func(t *testing.T) (world, *identity.FakeDisk) {
		g := newGateway(t)
		return world{g, g.claim(t, enrol.NewClaim{})}, identity.NewFakeDisk()
	}, func(t *testing.T, w world, d *identity.FakeDisk) error {
		return w.boot(t, d, w.to)
	}, func(t *testing.T, w world, d *identity.FakeDisk) {
		if err := w.boot(t, d, w.to); err != nil {
			t.Fatal(err)
		}
		oneInForce(t, w.gateway, d)
		if err := w.boot(t, identity.NewFakeDisk(), w.to); reasonOf(err) != enrolment.ClaimUsed {
			t.Errorf("a second device: %v", err)
		}
		oneInForce(t, w.gateway, d)
	})
}

// An answer that was lost is the same cut, seen from the gateway.
func TestLostAnswer(t *testing.T) {
	g := newGateway(t)
	to, disk := g.claim(t, enrol.NewClaim{}), identity.NewFakeDisk()
	g.lose.Store(true)
	if err := g.boot(t, disk, to); err == nil {
		t.Fatal("the answer was not lost")
	}
	first := all(t, g)[0].Serial
	if err := g.boot(t, disk.Restart(identity.Leftover{}), to); err != nil {
		t.Fatal(err)
	}
	if again := all(t, g)[0].Serial; again != first {
		t.Errorf("a retry has certificate %s, want %s", again, first)
	}
}

func all(t *testing.T, g *gateway) []enrol.Terminal {
	t.Helper()
	list, err := g.Terminals()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// enrolled is a world with a device that is till-07.
func enrolled(t *testing.T) (world, *identity.FakeDisk) {
	t.Helper()
	g, disk := newGateway(t), identity.NewFakeDisk()
	to := g.claim(t, enrol.NewClaim{})
	if err := g.boot(t, disk, to); err != nil {
		t.Fatal(err)
	}
	oneInForce(t, g, disk)
	return world{g, to}, disk
}

func renew(t *testing.T, g *gateway, d identity.Disk) error {
	t.Helper()
	i, err := identity.Open(d, g.now)
	if err != nil {
		return err
	}
	return identity.NewClient(i, "test").Renew(t.Context())
}

// A renewal cut short leaves the certificate before it, or the new one, never
// neither; once it was used, it alone is in force.
func TestPowerCutRenewing(t *testing.T) {
	cuts(t, func(t *testing.T) (world, *identity.FakeDisk) {
		w, disk := enrolled(t)
		w.advance(121 * 24 * time.Hour)
		return w, disk
	}, func(t *testing.T, w world, d *identity.FakeDisk) error {
		return renew(t, w.gateway, d)
	}, func(t *testing.T, w world, d *identity.FakeDisk) {
		before := all(t, w.gateway)[0]
		if err := w.admit(t, d); err != nil {
			t.Errorf("after the cut the broker refuses it: %v", err)
		}
		if err := renew(t, w.gateway, d); err != nil {
			t.Fatal(err)
		}
		oneInForce(t, w.gateway, d)
		if now := all(t, w.gateway)[0]; now.Serial == before.Serial && now.NotAfter.Equal(before.NotAfter) {
			t.Error("it was not renewed")
		}
	})
}

// A device whose terminal was revoked makes another key, and is enrolled with a
// new claim alone.
func TestPowerCutEnrollingAgain(t *testing.T) {
	cuts(t, func(t *testing.T) (world, *identity.FakeDisk) {
		w, disk := enrolled(t)
		if err := w.Revoke("till-07"); err != nil {
			t.Fatal(err)
		}
		w.to = w.claim(t, enrol.NewClaim{})
		return w, disk
	}, func(t *testing.T, w world, d *identity.FakeDisk) error {
		return enrolAgain(t, w, d)
	}, func(t *testing.T, w world, d *identity.FakeDisk) {
		if err := enrolAgain(t, w, d); err != nil {
			t.Fatal(err)
		}
		oneInForce(t, w.gateway, d)
		i, err := identity.Open(d, w.now)
		if err != nil {
			t.Fatal(err)
		}
		if was, why := i.Was(); was != "" {
			t.Errorf("it was %s (%s)", was, why)
		}
		if names, err := d.Names(); err != nil || len(names) != 2 {
			t.Errorf("left are %v (%v)", names, err)
		}
	})
}

// enrolAgain is a boot that finds out, and then enrols.
func enrolAgain(t *testing.T, w world, d identity.Disk) error {
	t.Helper()
	i, err := identity.Open(d, w.now)
	if err != nil {
		return err
	}
	if _, ok := i.Enrolled(); ok {
		_, err := identity.NewClient(i, "test").Standing(t.Context())
		if why, final := identity.IsFinal(err); final {
			if err := i.End(why); err != nil {
				return err
			}
		} else if err != nil {
			return err
		}
	}
	return w.boot(t, d, w.to)
}
