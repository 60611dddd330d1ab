package pi_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
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
	soak := os.Getenv("TILL_SOAK") != ""
	c, socket := newCounter(t, secure())
	r := c.newReleases()
	u := &updating{counter: c, pi: newPi(t, c.writeCard("v1.0.0", r.root(), onVirt), socket)}
	u.on()
	c.booted(c.machine)

	seed := rand.Uint64()
	t.Logf("power cuts from seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 2))
	for n := range cuts() / len(steps) {
		version := fmt.Sprintf("v1.1.%d", n)
		r.add(version, program(t, "./cmd/till", version))
		if n > 0 || !soak {
			u.downloaded(r, version)
		}
		u.stage(version)
		for _, s := range steps {
			u.cut(s, random)
		}
		if u.trials > 1 { // a system that went twice without a word is given up
			u.ends(updates.RolledBack, "store")
			u.downloaded(r, version)
			u.stage(version)
		}
		u.ends(updates.Confirmed, "")
		if u.slot == u.home {
			t.Errorf("%s is confirmed, and runs from partition %d as before", version, u.slot)
		}
	}

	r.add("v1.2.0", program(t, "./lab/pi/crash", "v1.2.0"))
	u.downloaded(r, "v1.2.0")
	u.stage("v1.2.0")
	before := u.boots
	u.ends(updates.RolledBack, "store")
	if u.slot != u.home || u.boots < before+3 {
		t.Errorf("booted from partition %d after %d boots, want %d again after a trial, or two", u.slot, u.boots-before, u.home)
	}
	if soak {
		u.falls(r)
		u.hangs(r)
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
	u.downloaded(r, "v1.3.0")
	u.stage("v1.3.0")
	u.until(func() bool { return u.slot != u.home })
	if err := u.machine.SetLink(u.soon(), false); err != nil {
		u.t.Fatal(err)
	}
	u.until(func() bool { return u.slot == u.home }) // with its cable in
	u.ends(updates.RolledBack, "gateway")
}

// onVirt names the board that the Pi's card would find out by itself, for the
// machine that it is put into for a while.
const onVirt = "board = \"pi3b\"\n"

// hangs has a release on trial that hangs, which the watchdog ends. The Pi of QEMU
// has none that waits, so the card is put into another machine meanwhile.
func (u *updating) hangs(r *signed) {
	u.t.Helper()
	r.add("v1.4.0", program(u.t, "./lab/pi/hang", "v1.4.0"))
	u.downloaded(r, "v1.4.0")
	plugged := u.pi.Hardware
	u.replug(pi.Options{Virt: true, Network: true, Nice: plugged.Nice})
	u.stage("v1.4.0")
	before, bites := u.boots, u.bites
	u.ends(updates.RolledBack, "store")
	if u.slot != u.home || u.boots != before+4 || u.bites != bites+2 {
		u.t.Errorf("%d bites of the watchdog and %d boots, now from partition %d; want two trials that it ends, and %d again", u.bites-bites, u.boots-before, u.slot, u.home)
	}
	u.replug(plugged)
}

// replug pulls the plug, and puts the card into another machine.
func (u *updating) replug(hardware pi.Options) {
	u.t.Helper()
	if err := u.pi.Cut(u.machine); err != nil {
		u.t.Fatal(err)
	}
	u.pi.Hardware = hardware
	u.on()
}

// refuses goes through the releases that are not to be tried.
func (u *updating) refuses(r *signed) {
	u.t.Helper()
	for _, c := range []struct {
		version, why string
		harm         func([]byte) []byte // of its file at the gateway
	}{
		{"v1.5.0", "truncated", func(b []byte) []byte { return b[:len(b)/2] }},
		{"v1.6.0", "damaged", func(b []byte) []byte { b[len(b)/2] ^= 1; return b }},
	} {
		name := r.addBytes(updates.About{Version: c.version, Board: "pi3b"})
		raw, err := os.ReadFile(name)
		if err == nil {
			err = os.WriteFile(name, c.harm(raw), 0o600)
		}
		if err != nil {
			u.t.Fatal(err)
		}
		u.stage(c.version)
		u.ends(updates.Refused, c.why)
	}
	u.refusesOffered(r, updates.About{Version: "v0.9.0", Board: "pi3b"}, "older-version")
	u.refusesOffered(r, updates.About{Version: "v1.7.0", Board: "pi5"}, "wrong-board")

	r.addBytes(updates.About{Version: "v1.8.0", Board: "pi3b"})
	r.freeze()
	u.stage("v1.8.0")
	u.ends(updates.Refused, "expired")

	// The gateway is another's, who signs with keys of its own.
	if err := os.RemoveAll(r.dir); err != nil {
		u.t.Fatal(err)
	}
	forged := u.newReleases()
	forged.addBytes(updates.About{Version: "v1.9.0", Board: "pi3b"})
	u.stage("v1.9.0")
	u.ends(updates.Refused, "signature")
}

// refusesOffered has a release offered that no gateway of till's would offer to
// this terminal. Ours takes the offer back at its next look, so it is made again.
func (u *updating) refusesOffered(r *signed, about updates.About, why string) {
	u.t.Helper()
	r.addBytes(about)
	wish := updates.Wish{Rollout: about.Version + "-lie", Version: about.Version, Now: true}
	raw, err := json.Marshal(wish)
	if err != nil {
		u.t.Fatal(err)
	}
	u.lap("offered " + about.Version)
	var offered time.Time
	u.until(func() bool {
		t, err := u.cloud.Terminal("pi-1")
		if err != nil {
			u.t.Fatal(err)
		}
		var report updates.Report
		if err := json.Unmarshal(t.Reported.Parts[updates.Part], &report); err != nil {
			u.t.Fatal(err)
		}
		if last := report.Last; last != nil && last.Rollout == wish.Rollout {
			if last.Result != updates.Refused || last.Why != why {
				u.t.Fatalf("%s is %+v, want it refused for %s", about.Version, last, why)
			}
			u.lap(fmt.Sprintf("%s: %s %s: %s", about.Version, last.Result, last.Why, last.Reason))
			return true
		}
		if time.Since(offered) > 2*time.Second {
			offered = time.Now()
			if _, err := u.cloud.Wish("pi-1", updates.Part, raw); err != nil {
				u.t.Fatal(err)
			}
		}
		return false
	})
}

// updating is a Pi that is switched on again whenever it ends.
type updating struct {
	*counter
	pi      *firmware.Pi
	slot    int // it runs from
	home    int // what it ran before the update
	boots   int
	bites   int // of the watchdog
	trials  int // that were begun, and cut
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
	u.home, u.trials = u.slot, 0
	u.lap("staged " + version)
}

// step is a part of an update, as the record of it says, and how long to wait at
// most until the power is cut in it.
type step struct {
	phase string
	most  time.Duration
}

var steps = []step{{"fetching", 4 * time.Second}, {"writing", 30 * time.Second}, {"trying", 15 * time.Second}}

// cut cuts the power at a moment of a step. The update may be a step further then.
func (u *updating) cut(s step, random *rand.Rand) {
	u.t.Helper()
	u.until(func() bool { return u.says(s.phase) })
	if u.trials > 0 { // the second ends the update: before its store is open, so that it is known why
		s.most = 2 * time.Second
	}
	moment := time.Duration(random.Int64N(int64(s.most)))
	boots, due := u.boots, time.Now().Add(moment)
	u.until(func() bool { return time.Now().After(due) || s.phase != "trying" && u.boots > boots })
	if u.slot != u.home || u.says("trying") { // it counts before the machine is started anew for it
		u.trials++
	}
	u.lap(fmt.Sprintf("cut: %s, after %s, from partition %d", s.phase, moment, u.slot))
	if err := u.pi.Cut(u.machine); err != nil {
		u.t.Fatal(err)
	}
	u.on()
}

// says is whether the record of the update said so since the machine was switched on.
func (u *updating) says(phase string) bool {
	return strings.Contains(u.machine.Console.String(), `record="`+phase)
}

// downloaded puts most of a release on the card, as a download leaves it that was
// broken off: QEMU's USB network brings 80 kB/s, which makes 6 minutes of it.
func (u *updating) downloaded(r *signed, version string) {
	u.t.Helper()
	const rest = 200_000 // bytes
	file, name := r.file(version)
	raw, err := os.ReadFile(file)
	if err != nil {
		u.t.Fatal(err)
	}
	part := filepath.Join(u.t.TempDir(), "part")
	if err := os.WriteFile(part, raw[:len(raw)-rest], 0o600); err != nil {
		u.t.Fatal(err)
	}
	if err := u.pi.Cut(u.machine); err != nil {
		u.t.Fatal(err)
	}
	u.onData(func(system string) {
		u.tool("e2fsck", "-fy", system) // its journal first: the power was cut
		u.tool("debugfs", "-w", "-f", u.script(fmt.Sprintf("mkdir /till/updates\nmkdir /till/updates/download\ncd /till/updates/download\nwrite %s %s.part\n", part, name)), system)
	})
	u.on()
}

// onData does something to the data partition, as a file of its own.
func (u *updating) onData(do func(file string)) {
	u.t.Helper()
	i, err := card.OpenImage(u.pi.Card)
	if err != nil {
		u.t.Fatal(err)
	}
	data, err := i.Partition(piboot.DataPartition)
	if err != nil {
		u.t.Fatal(err)
	}
	_, offset, size := data.Outer()
	file := filepath.Join(u.t.TempDir(), "data")
	if err := errors.Join(copyInto(file, 0, data), i.Close()); err != nil {
		u.t.Fatal(err)
	}
	do(file)
	f, err := os.Open(file)
	if err != nil {
		u.t.Fatal(err)
	}
	if err := errors.Join(copyInto(u.pi.Card, offset, io.NewSectionReader(f, 0, size)), f.Close()); err != nil {
		u.t.Fatal(err)
	}
}

func copyInto(file string, offset int64, from io.Reader) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.NewOffsetWriter(f, offset), from)
	return errors.Join(err, f.Close())
}

func (u *updating) script(text string) string {
	u.t.Helper()
	file := filepath.Join(u.t.TempDir(), "script")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		u.t.Fatal(err)
	}
	return file
}

// tool runs one of e2fsprogs, which lies where a plain user does not look.
func (u *updating) tool(name string, args ...string) {
	u.t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		path = filepath.Join("/usr/sbin", name)
	}
	out, err := exec.Command(path, args...).CombinedOutput()
	var ended *exec.ExitError
	if mended := errors.As(err, &ended) && name == "e2fsck" && ended.ExitCode() == 1; err != nil && !mended {
		u.t.Fatalf("%s: %v; scripts/install-test-tools pi installs it\n%s", name, err, out)
	}
}

// until waits for something, and switches the Pi on whenever it ended by itself.
func (u *updating) until(there func() bool) {
	u.t.Helper()
	ctx, done := context.WithTimeout(u.t.Context(), updateWithin)
	defer done()
	look := time.NewTicker(200 * time.Millisecond)
	defer look.Stop()
	type ending struct {
		how pi.End
		err error
	}
	ended := make(chan ending, 1)
	var watching sync.WaitGroup
	watch := func() {
		m := u.machine
		watching.Go(func() {
			how, err := u.pi.Ended(ctx, m)
			ended <- ending{how, err}
		})
	}
	watch()
	defer func() { done(); watching.Wait() }()
	for !there() {
		select {
		case <-look.C:
		case <-ctx.Done():
			u.t.Fatalf("not within %s", updateWithin)
		case end := <-ended:
			if end.err != nil {
				u.t.Fatal(end.err)
			}
			if end.how == pi.Bitten {
				u.bites++
			}
			if err := u.machine.Close(); err != nil {
				u.t.Fatal(err)
			}
			u.on()
			watch()
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
	image := make([]byte, 256<<10)                 // whole blocks of a disk
	_, _ = rand.NewChaCha8([32]byte{}).Read(image) // it does not fail
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
	if err != nil {
		s.t.Fatal(err)
	}
	path, _ := s.file(about.Version)
	return path
}

// freeze leaves the gateway with metadata that ran out, and without the keys to
// sign them anew.
func (s *signed) freeze() {
	s.t.Helper()
	frozen := filepath.Join(s.t.TempDir(), "releases")
	err := os.CopyFS(frozen, os.DirFS(s.dir))
	if err == nil {
		then := time.Now().Add(-releases.TimestampLife - time.Hour)
		err = releases.At(frozen, func() time.Time { return then }).Refresh(true)
	}
	if err == nil {
		err = errors.Join(os.RemoveAll(filepath.Join(frozen, "keys")), os.RemoveAll(s.dir), os.Rename(frozen, s.dir))
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// file is where the gateway has a release, and its name.
func (s *signed) file(version string) (path, name string) {
	s.t.Helper()
	all, err := s.repo.Releases()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, r := range all {
		if r.Version == version {
			return filepath.Join(s.dir, updates.TargetPath(r.SHA256, r.Name)), r.Name
		}
	}
	s.t.Fatalf("%s is not among the releases", version)
	return "", ""
}
