// Package update_test plays whole updates: the gateway's repository, the
// terminal's updater, its card, and a Pi's firmware.
package update_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"till/boards/piboot"
	"till/cloud/releases"
	"till/device/slots"
	"till/device/update"
	"till/sync/wire/updates"
)

const slotSize = 256 << 10

var needs = piboot.Needs{First: []string{"bootcode.bin"}, Slot: []string{"start.elf"}}

// system is a slot's file system with a system of this version in it.
func system(version string) []byte {
	return piboot.FakeFAT(slotSize, map[string][]byte{
		"CONFIG.TXT": []byte("[all]\nkernel=vmlinuz\ninitramfs init.gz followkernel\n"),
		"START.ELF":  []byte("firmware"), "VMLINUZ": bytes.Repeat([]byte("kernel of "+version+" "), 4000), "INIT.GZ": []byte(version),
	})
}

func sumOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// releaseFile writes a release file and returns its path.
func releaseFile(t testing.TB, about updates.About) string {
	t.Helper()
	image := system(about.Version)
	about.ImageSize, about.ImageSHA256, about.Schema, about.Reads = int64(len(image)), sumOf(image), max(about.Schema, 1), max(about.Reads, 1)
	var b bytes.Buffer
	if err := updates.WriteRelease(&b, updates.Manifest{About: about}, bytes.NewReader(image)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "release")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func newKey(t testing.TB) releases.Key {
	t.Helper()
	k, err := releases.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// gateway is a repository and its owners.
type gateway struct {
	t      testing.TB
	dir    string
	repo   *releases.Repository
	owners releases.Owners
}

func newGateway(t testing.TB) *gateway {
	g := &gateway{t: t, dir: t.TempDir(), owners: releases.Owners{
		Root: []releases.Key{newKey(t), newKey(t), newKey(t)}, Threshold: 2, Targets: []releases.Key{newKey(t)},
	}}
	var err error
	if g.repo, err = releases.Create(g.dir, g.owners, time.Now); err != nil {
		t.Fatal(err)
	}
	return g
}

func (g *gateway) root() []byte {
	g.t.Helper()
	raw, err := g.repo.RootFile()
	if err != nil {
		g.t.Fatal(err)
	}
	return raw
}

func (g *gateway) add(about updates.About) {
	g.t.Helper()
	if _, err := g.repo.Add(releaseFile(g.t, about), g.owners.Targets...); err != nil {
		g.t.Fatal(err)
	}
}

// serve puts all that the gateway hands out into a source.
func (g *gateway) serve(s *update.FakeSource) {
	g.t.Helper()
	err := filepath.WalkDir(g.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(path, "/keys/") {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(g.dir, path)
		s.Put(strings.TrimPrefix(filepath.ToSlash(name), "metadata/"), raw)
		return err
	})
	if err != nil {
		g.t.Fatal(err)
	}
}

// behaviour is what a system does after it was booted.
type behaviour string

const (
	crashes  behaviour = "crashes"
	hangs    behaviour = "hangs"
	unlinked behaviour = "cannot reach the gateway"
)

// terminal is one with a card, in the bubble of a synctest.
type terminal struct {
	t      testing.TB
	disk   *slots.FakeDisk
	dir    string
	root   []byte
	source *update.FakeSource
	wish   *updates.Wish
	acts   map[string]behaviour
	ahead  time.Duration // of the gateway's time over this machine's
	free   uint64

	try    bool
	boots  []string
	report updates.Report
}

func newTerminal(t testing.TB, root []byte) *terminal {
	card := piboot.FakeCard(map[string][]byte{"BOOTCODE.BIN": []byte("code")}, slotSize, system("v1.0.0"), nil)
	return &terminal{
		t: t, disk: slots.NewFakeDisk(card), dir: t.TempDir(), root: root, source: &update.FakeSource{},
		acts: map[string]behaviour{}, free: 1 << 30,
	}
}

// play boots the terminal, again and again, until its wish came to an end.
func (m *terminal) play() {
	m.t.Helper()
	for range 8 {
		if m.boot(); m.ended() {
			return
		}
	}
	m.t.Fatalf("no end after boots of %v: %+v", m.boots, m.report)
}

func (m *terminal) ended() bool {
	return m.report.State == updates.Idle && m.report.Last != nil && m.report.Last.Rollout == m.wish.Rollout
}

// boot is from the firmware to the end of the system, or of the wish.
func (m *terminal) boot() {
	m.t.Helper()
	choice, err := piboot.Boot(bytes.NewReader(m.disk.Bytes()), needs, m.try)
	if err != nil {
		m.t.Fatal(err)
	}
	m.try = false
	raw, err := choice.Slot.ReadFile("init.gz", slotSize)
	if err != nil {
		m.t.Fatal(err)
	}
	version := string(raw)
	m.boots = append(m.boots, version)
	act := m.acts[version]
	if act == crashes || act == hangs {
		time.Sleep(30 * time.Second) // until panic=10, or the watchdog
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	began := time.Now()
	u := update.New(update.Config{
		Dir: m.dir, Card: slots.Card{Disk: m.disk, Chunk: 64 << 10}, Running: choice.Partition,
		Self: slots.Self{Version: version, Board: "pi3b", Schema: 1}, Root: m.root, Source: m.source,
		Time:    func() (time.Time, bool) { return time.Now().Add(m.ahead), true },
		Uptime:  func() time.Duration { return time.Since(began) },
		Free:    func() (uint64, error) { return m.free, nil },
		Report:  func(r updates.Report) { m.report = r },
		Restart: func(try bool) { m.try = try; stop() },
		Log:     slog.New(slog.DiscardHandler),
	})
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = u.Run(ctx) // it ends as ctx does
	}()
	u.Reached(ctx, slots.Reached{Store: true, Screen: true, Gateway: act != unlinked})
	u.Around(ctx, slots.Around{Quiet: true, Closed: true, Online: act != unlinked})
	if act != unlinked {
		u.Wish(ctx, m.wish)
	}
	for range 60 * 60 / 5 {
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if ctx.Err() != nil || m.ended() {
			break
		}
	}
	stop()
	<-done
	synctest.Wait()
}

func (m *terminal) outcome() string {
	o := m.report.Last
	if o == nil {
		return "none"
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s %s", o.Version, o.Result, o.Why))
}
