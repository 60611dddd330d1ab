package pi_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"till/boards/card"
	"till/boards/piboot"
	"till/cloud/releases"
	"till/cloud/service"
	"till/cmd/tillcmd"
	"till/lab/pi"
	"till/lab/pi/firmware"
	"till/store"
	"till/sync/wire/updates"
)

// updateWithin bounds a whole update, its boots included. A trial alone has 10
// minutes to reach the gateway.
const updateWithin = 25 * time.Minute

// The card updates itself on the emulated Pi: the release comes over the network,
// is written into the other slot, tried by tryboot and confirmed, and the power
// may be cut anywhere in between. A release that dies leads back by itself.
func TestUpdate(t *testing.T) {
	t.Parallel()
	c, socket := newCounter(t, secure())
	r := c.newReleases()
	u := &updating{counter: c, pi: newPi(t, c.writeCard("v1.0.0", r.root()), socket)}
	u.on()
	c.booted(c.machine)

	r.add("v1.1.0", program(t, "./cmd/till", "v1.1.0"))
	u.stage("v1.1.0")
	seed := rand.Uint64()
	t.Logf("power cuts from seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 2))
	for n := range cuts() {
		u.cut(n, random)
	}
	u.ends(updates.Confirmed, "")
	if u.slot != piboot.SlotB {
		t.Errorf("booted from partition %d, want slot B", u.slot)
	}

	r.add("v1.2.0", program(t, "./lab/pi/crash", "v1.2.0"))
	u.stage("v1.2.0")
	before := u.boots
	u.ends(updates.RolledBack, "store")
	if u.slot != piboot.SlotB || u.boots < before+3 {
		t.Errorf("booted from partition %d after %d boots, want slot B again after a trial, or two", u.slot, u.boots-before)
	}
	if os.Getenv("TILL_SOAK") != "" {
		u.falls(r)
		u.refuses(r)
	}
	c.booted(c.machine)
	c.sellQR(12)
	c.receipt(12)
	c.settled()
}

// falls has a release on trial that does not reach the gateway, whose cable is
// pulled: it gives itself up.
func (u *updating) falls(r *signed) {
	u.t.Helper()
	r.add("v1.3.0", program(u.t, "./cmd/till", "v1.3.0"))
	u.stage("v1.3.0")
	u.until(func() bool { return u.slot == piboot.SlotA })
	if err := u.machine.SetLink(u.soon(), false); err != nil {
		u.t.Fatal(err)
	}
	u.until(func() bool { return u.slot == piboot.SlotB }) // with its cable in
	u.ends(updates.RolledBack, "gateway")
}

// refuses goes through the releases that are not to be tried.
func (u *updating) refuses(r *signed) {
	u.t.Helper()
	for _, c := range []struct {
		version, board, why string
		harm                func([]byte) []byte // of its file at the gateway
	}{
		{version: "v0.9.0", board: "pi3b", why: "older-version"},
		{version: "v1.4.0", board: "pi5", why: "wrong-board"},
		{version: "v1.5.0", board: "pi3b", why: "truncated", harm: func(b []byte) []byte { return b[:len(b)/2] }},
		{version: "v1.6.0", board: "pi3b", why: "damaged", harm: func(b []byte) []byte { b[len(b)/2] ^= 1; return b }},
	} {
		name := r.addBytes(updates.About{Version: c.version, Board: c.board})
		if c.harm != nil {
			raw, err := os.ReadFile(name)
			if err == nil {
				err = os.WriteFile(name, c.harm(raw), 0o600)
			}
			if err != nil {
				u.t.Fatal(err)
			}
		}
		u.stage(c.version)
		u.ends(updates.Refused, c.why)
	}
	// The gateway is another's, who signs with keys of its own.
	if err := os.RemoveAll(r.dir); err != nil {
		u.t.Fatal(err)
	}
	forged := u.newReleases()
	forged.addBytes(updates.About{Version: "v1.7.0", Board: "pi3b"})
	u.stage("v1.7.0")
	u.ends(updates.Refused, "signature")
}

// updating is a Pi that is switched on again whenever it ends.
type updating struct {
	*counter
	pi      *firmware.Pi
	slot    int
	boots   int
	rollout releases.Rollout
}

func (u *updating) on() {
	u.t.Helper()
	_, u.slot = u.switchOn(u.pi)
	u.boots++
	u.lap(fmt.Sprintf("boot %d, from partition %d", u.boots, u.slot))
}

// stage wants a version, now.
func (u *updating) stage(version string) {
	u.t.Helper()
	var err error
	if u.rollout, err = u.cloud.Stage(service.StageOrder{Rollout: releases.Rollout{Version: version, Share: 100, Now: true, Limit: 100}, Again: true}); err != nil {
		u.t.Fatal(err)
	}
	u.lap("staged " + version)
}

// cut cuts the power at a moment of one of the update's steps: in the download, in
// the writing of the slot, in the trial boot.
func (u *updating) cut(n int, random *rand.Rand) {
	u.t.Helper()
	kinds := []struct {
		phase string
		most  time.Duration
	}{{"fetching", 8 * time.Second}, {"writing", 20 * time.Second}, {"trying", 30 * time.Second}}
	k := kinds[n%len(kinds)]
	u.until(func() bool { return strings.Contains(u.machine.Console.String(), "record=\""+k.phase) })
	moment := time.Duration(random.Int64N(int64(k.most)))
	u.lap(fmt.Sprintf("cut %d: %s, after %s", n+1, k.phase, moment))
	timer := time.NewTimer(moment)
	defer timer.Stop()
	u.until(func() bool {
		select {
		case <-timer.C:
			return true
		default:
			return false
		}
	})
	if err := u.machine.Close(); err != nil {
		u.t.Fatal(err)
	}
	u.on()
}

// until waits for something, and switches the Pi on whenever it ended by itself.
func (u *updating) until(there func() bool) {
	u.t.Helper()
	ctx, done := context.WithTimeout(u.t.Context(), updateWithin)
	defer done()
	look := time.NewTicker(200 * time.Millisecond)
	defer look.Stop()
	ended := make(chan error, 1)
	watch := func(m *pi.Machine) {
		_, err := u.pi.Ended(ctx, m)
		ended <- err
	}
	go watch(u.machine)
	defer func() { done(); <-ended }()
	for !there() {
		select {
		case <-look.C:
		case <-ctx.Done():
			u.t.Fatalf("not within %s", updateWithin)
		case err := <-ended:
			if err != nil {
				u.t.Fatal(err)
			}
			if err := u.machine.Close(); err != nil {
				u.t.Fatal(err)
			}
			u.on()
			go watch(u.machine)
		}
	}
}

// ends waits until the terminal has reported the end of the rollout.
func (u *updating) ends(want updates.Result, why string) {
	u.t.Helper()
	u.until(func() bool {
		shelf, err := u.cloud.Shelf()
		if err != nil {
			u.t.Fatal(err)
		}
		for _, p := range shelf.Rollouts {
			switch {
			case p.ID != u.rollout.ID:
			case p.Confirmed > 0:
				if want != updates.Confirmed {
					u.t.Fatalf("%s is confirmed, want it %s", u.rollout.Version, want)
				}
				return true
			case len(p.Failures) > 0:
				f := p.Failures[0]
				u.lap(fmt.Sprintf("%s: %s %s: %s", u.rollout.Version, f.Result, f.Why, f.Reason))
				if f.Result != want || f.Why != why {
					u.t.Fatalf("%s is %+v, want it %s for %s", u.rollout.Version, f, want, why)
				}
				return true
			}
		}
		return false
	})
	u.lap(fmt.Sprintf("%s: %s", u.rollout.Version, want))
}

// signed is the gateway's folder of releases, and who signs them.
type signed struct {
	t       *testing.T
	dir     string
	repo    *releases.Repository
	targets releases.Key
}

func (c *counter) newReleases() *signed {
	c.t.Helper()
	key, err := releases.NewKey()
	if err != nil {
		c.t.Fatal(err)
	}
	s := &signed{t: c.t, dir: service.ReleasesIn(c.cloudDir), targets: key}
	owners := releases.Owners{Root: []releases.Key{key}, Threshold: 1, Targets: []releases.Key{key}}
	err = os.MkdirAll(s.dir, 0o700)
	if err == nil {
		s.repo, err = releases.Create(s.dir, owners, time.Now)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return s
}

func (s *signed) root() []byte {
	s.t.Helper()
	raw, err := s.repo.RootFile()
	if err != nil {
		s.t.Fatal(err)
	}
	return raw
}

// add makes an image, a release of it as till release does, and signs that.
func (s *signed) add(version string, till []byte) {
	s.t.Helper()
	r := recipe(s.t, version, till)
	r.Trust = s.root()
	dir := s.t.TempDir()
	image, file := filepath.Join(dir, "image"), filepath.Join(dir, "release")
	f, err := os.Create(image)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := errors.Join(f.Truncate(card.ImageSize), r.Write(s.t.Context(), f), f.Close()); err != nil {
		s.t.Fatal(err)
	}
	args := []string{"release", "-image", image, "-board", "pi3b", "-version", version, "-o", file}
	if err := tillcmd.Run(s.t.Context(), args, s.t.Output(), s.t.Output()); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.repo.Add(file, s.targets); err != nil {
		s.t.Fatal(err)
	}
}

// addBytes signs a release of a slot that holds nothing of use, and says where the
// gateway has it.
func (s *signed) addBytes(about updates.About) string {
	s.t.Helper()
	image := bytes.Repeat([]byte(about.Version), 1000)
	sum := sha256.Sum256(image)
	about.ImageSize, about.ImageSHA256, about.Schema, about.Reads = int64(len(image)), hex.EncodeToString(sum[:]), store.Schema, store.Schema
	var b bytes.Buffer
	file := filepath.Join(s.t.TempDir(), "release")
	err := updates.WriteRelease(&b, updates.Manifest{About: about}, bytes.NewReader(image))
	if err == nil {
		err = os.WriteFile(file, b.Bytes(), 0o600)
	}
	if err == nil {
		_, err = s.repo.Add(file, s.targets)
	}
	var all []releases.Release
	if err == nil {
		all, err = s.repo.Releases()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	for _, r := range all {
		if r.Version == about.Version {
			return filepath.Join(s.dir, updates.TargetPath(r.SHA256, r.Name))
		}
	}
	s.t.Fatalf("%s is not among the releases", about.Version)
	return ""
}
