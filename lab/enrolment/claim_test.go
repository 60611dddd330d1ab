package enrolment_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"till/cloud/enrol"
	"till/device/identity"
	"till/sync/wire/enrolment"
)

// The device shows its own code, and waits until the operator claims it.
func TestClaimedByItsOwnCode(t *testing.T) {
	g, disk := newGateway(t), identity.NewFakeDisk()
	to := enrolment.Invitation{Gateway: g.address, Authority: g.Authority().Fingerprint()}
	if err := g.boot(t, disk, to); !errors.Is(err, identity.ErrWaiting) {
		t.Fatalf("got %v", err)
	}
	i, err := identity.Open(disk, g.now)
	if err != nil {
		t.Fatal(err)
	}
	device, err := i.Device()
	if err != nil {
		t.Fatal(err)
	}
	if c := g.claim(t, enrol.NewClaim{Device: device}).Claim; c != "" {
		t.Errorf("a claim for one device has the code %s", c)
	}
	if err := g.boot(t, identity.NewFakeDisk(), to); !errors.Is(err, identity.ErrWaiting) {
		t.Errorf("another device: %v", err)
	}
	if err := g.boot(t, disk, to); err != nil {
		t.Fatal(err)
	}
	oneInForce(t, g, disk)
}

func TestClaimsEnd(t *testing.T) {
	g := newGateway(t)
	late := g.claim(t, enrol.NewClaim{Life: time.Hour})
	g.advance(time.Hour)
	if err := g.boot(t, identity.NewFakeDisk(), late); reasonOf(err) != enrolment.ClaimExpired {
		t.Errorf("a late claim: %v", err)
	}
	first, second := g.claim(t, enrol.NewClaim{}), g.claim(t, enrol.NewClaim{})
	if err := g.boot(t, identity.NewFakeDisk(), first); reasonOf(err) != enrolment.ClaimExpired {
		t.Errorf("a claim with a newer one: %v", err)
	}
	never, err := enrolment.NewClaim()
	if err != nil {
		t.Fatal(err)
	}
	unknown := second
	unknown.Claim = never
	if err := g.boot(t, identity.NewFakeDisk(), unknown); reasonOf(err) != enrolment.ClaimUnknown {
		t.Errorf("a claim that was never made: %v", err)
	}
	if err := g.boot(t, identity.NewFakeDisk(), second); err != nil {
		t.Errorf("the newest claim: %v", err)
	}
	if _, _, err := g.Invite(enrol.NewClaim{Terminal: "till-07"}); !errors.Is(err, enrol.ErrEnrolled) {
		t.Errorf("a terminal that works is claimed: %v", err)
	}
}

// Guessing claims is stopped soon, for one address, and goes on a minute later.
func TestGuessing(t *testing.T) {
	g := newGateway(t)
	to := g.claim(t, enrol.NewClaim{})
	guess := to
	disk := identity.NewFakeDisk()
	var err error
	tries := 0
	for ; tries < 50; tries++ {
		if guess.Claim, err = enrolment.NewClaim(); err != nil {
			t.Fatal(err)
		}
		if err = g.boot(t, disk, guess); reasonOf(err) == enrolment.TooMany {
			break
		}
	}
	if tries != 10 {
		t.Errorf("%d guesses were borne", tries)
	}
	if err := g.boot(t, disk, to); reasonOf(err) != enrolment.TooMany {
		t.Errorf("the right one among them: %v", err)
	}
	g.advance(time.Minute)
	if err := g.boot(t, disk, to); err != nil {
		t.Errorf("a minute later: %v", err)
	}
}

// Only the gateway that the claim speaks of is trusted.
func TestAnotherGateway(t *testing.T) {
	g, other := newGateway(t), newGateway(t)
	to := g.claim(t, enrol.NewClaim{})
	to.Gateway = other.address
	if err := g.boot(t, identity.NewFakeDisk(), to); !errors.Is(err, identity.ErrOther) {
		t.Errorf("got %v", err)
	}
	to.Gateway = strings.Replace(g.address, "127.0.0.1", "localhost", 1)
	if err := g.boot(t, identity.NewFakeDisk(), to); err == nil || !strings.Contains(err.Error(), "localhost") {
		t.Errorf("under a name that its certificate has not: %v", err)
	}
}

// A board without a clock starts in 1970.
func TestClockThatIsBehind(t *testing.T) {
	g, disk := newGateway(t), identity.NewFakeDisk()
	to := g.claim(t, enrol.NewClaim{})
	i, err := identity.Open(disk, func() time.Time { return time.Unix(7, 0) })
	if err != nil {
		t.Fatal(err)
	}
	if err := identity.NewClient(i, "test").Enrol(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	if s, err := identity.NewClient(i, "test").Standing(t.Context()); err != nil || s.Terminal != "till-07" {
		t.Errorf("it stands as %+v (%v)", s, err)
	}
	ahead, err := identity.Open(disk, func() time.Time { return g.now().AddDate(2, 0, 0) })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := identity.NewClient(ahead, "test").Standing(t.Context()); err == nil || !strings.Contains(err.Error(), "expired") {
		t.Errorf("an expired certificate: %v", err)
	}
}

// A dead terminal's successor begins above every epoch that the ledger has, and
// the dead one is out.
func TestReplaced(t *testing.T) {
	w, dead := enrolled(t)
	w.epoch = 3
	to := w.claim(t, enrol.NewClaim{Replace: true})
	if err := w.admit(t, dead); err != nil {
		t.Errorf("before its successor is there: %v", err)
	}
	next := identity.NewFakeDisk()
	if err := w.boot(t, next, to); err != nil {
		t.Fatal(err)
	}
	oneInForce(t, w.gateway, next)
	if err := w.admit(t, dead); reasonOf(err) != enrolment.Superseded {
		t.Errorf("the dead one: %v", err)
	}
	if len(w.withdrawn) != 1 || w.withdrawn[0] != "till-07" {
		t.Errorf("withdrawn were %v", w.withdrawn)
	}
	i, err := identity.Open(next, w.now)
	if err != nil {
		t.Fatal(err)
	}
	if grant, _ := i.Enrolled(); grant.Epoch != 4 {
		t.Errorf("its epoch is %d", grant.Epoch)
	}
	if now := all(t, w.gateway)[0]; len(now.Before) != 1 || now.Before[0].Epoch != 1 || now.Settings["merchant.name"] != "Harbor Museum Shop" {
		t.Errorf("the book says %+v", now)
	}
	// Once more, with nothing in the ledger of the one in between.
	third := identity.NewFakeDisk()
	if err := w.boot(t, third, w.claim(t, enrol.NewClaim{Replace: true})); err != nil {
		t.Fatal(err)
	}
	if i, err = identity.Open(third, w.now); err != nil {
		t.Fatal(err)
	}
	if grant, _ := i.Enrolled(); grant.Epoch != 5 {
		t.Errorf("its epoch is %d", grant.Epoch)
	}
}

func TestRevoked(t *testing.T) {
	w, disk := enrolled(t)
	if err := w.Revoke("till-07"); err != nil {
		t.Fatal(err)
	}
	if err := w.admit(t, disk); reasonOf(err) != enrolment.Revoked {
		t.Errorf("got %v", err)
	}
	if err := renew(t, w.gateway, disk); reasonOf(err) != enrolment.Revoked {
		t.Errorf("its renewal: %v", err)
	}
	if err := w.boot(t, identity.NewFakeDisk(), w.to); reasonOf(err) != enrolment.ClaimUsed {
		t.Errorf("its claim: %v", err)
	}
	if err := w.Revoke("till-99"); !errors.Is(err, enrol.ErrUnknown) {
		t.Errorf("a terminal that never was: %v", err)
	}
}

// What is on the disk may be anything: then the device has to be enrolled again,
// and is not taken for another.
func TestDamagedEnrolment(t *testing.T) {
	for _, damage := range []string{"", "{", `{"key":"../../etc/passwd"}`, `{"key":"key-0123456789abcdef.pem","grant":{}}`} {
		w, disk := enrolled(t)
		if err := disk.Write("enrolment.json", []byte(damage)); err != nil {
			t.Fatal(err)
		}
		i, err := identity.Open(disk, w.now)
		if !errors.Is(err, identity.ErrDamaged) {
			t.Fatalf("%q: %v", damage, err)
		}
		if _, ok := i.Enrolled(); ok {
			t.Errorf("%q: it is enrolled", damage)
		}
		if err := w.boot(t, disk, w.to); err != nil { // its key is there yet, so the claim is good for it
			t.Errorf("%q: %v", damage, err)
		}
		oneInForce(t, w.gateway, disk)
	}
}

// A grant that the device cannot use is not kept.
func TestUselessSettings(t *testing.T) {
	g, disk := newGateway(t), identity.NewFakeDisk()
	i, err := identity.Open(disk, g.now)
	if err != nil {
		t.Fatal(err)
	}
	c := identity.NewClient(i, "test")
	c.Accept = func(enrolment.Grant) error { return errors.New("merchant.currency is missing") }
	if err := c.Enrol(t.Context(), g.claim(t, enrol.NewClaim{})); err == nil || !strings.Contains(err.Error(), "merchant.currency") {
		t.Errorf("got %v", err)
	}
	if _, ok := i.Enrolled(); ok {
		t.Error("it is enrolled")
	}
}
