package update_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"till/cloud/releases"
	"till/device/slots"
	"till/device/update"
	"till/sync/wire/updates"
)

// target is where a release lies at the gateway.
func (g *gateway) target(version string) (path string, content []byte) {
	g.t.Helper()
	all, err := g.repo.Releases()
	if err != nil {
		g.t.Fatal(err)
	}
	for _, r := range all {
		if r.Version == version {
			path = updates.TargetPath(r.SHA256, r.Name)
		}
	}
	if content, err = os.ReadFile(filepath.Join(g.dir, path)); err != nil {
		g.t.Fatal(err)
	}
	return path, content
}

// TestMatrix is the update matrix: from the gateway's folder to the system that
// boots in the end. A refused release is never booted.
func TestMatrix(t *testing.T) {
	for _, c := range []struct {
		name  string
		about updates.About // of the release; its version is v1.1.0 unless it says another
		harm  func(g *gateway, m *terminal)
		want  string
		boots string
	}{
		{name: "good", want: "v1.1.0 confirmed", boots: "v1.0.0 v1.1.0"},
		{name: "signed by another", harm: func(g *gateway, m *terminal) {
			forged := newGateway(g.t) // of the same form, by other keys
			forged.add(updates.About{Version: "v1.1.0", Board: "pi3b"})
			forged.serve(m.source)
			m.source.Put("2.root.json", nil)
		}, want: "v1.1.0 refused signature", boots: "v1.0.0"},
		{name: "the list changed, its signature left", harm: func(g *gateway, m *terminal) {
			raw, err := os.ReadFile(filepath.Join(g.dir, "metadata", "2.targets.json"))
			if err != nil {
				g.t.Fatal(err)
			}
			m.source.Put("2.targets.json", bytes.Replace(raw, []byte("pi3b"), []byte("pi4b"), 1))
		}, want: "v1.1.0 refused damaged", boots: "v1.0.0"},
		{name: "a root of too few signers", harm: func(g *gateway, m *terminal) {
			owners := g.owners
			owners.Targets = []releases.Key{newKey(g.t)}
			if err := g.repo.Rotate(g.owners.Root[:1], releases.Owners{Root: []releases.Key{newKey(g.t)}, Threshold: 1, Targets: owners.Targets}); err != nil {
				g.t.Fatal(err)
			}
			g.serve(m.source)
		}, want: "v1.1.0 refused signature", boots: "v1.0.0"},
		{name: "older version", about: updates.About{Version: "v0.9.0"}, want: "v0.9.0 refused older-version", boots: "v1.0.0"},
		{name: "wrong board", about: updates.About{Board: "pi5"}, want: "v1.1.0 refused wrong-board", boots: "v1.0.0"},
		{name: "a schema with no way back, not said", about: updates.About{Schema: 2}, want: "v1.1.0 refused schema", boots: "v1.0.0"},
		{name: "one-way, not asked for", about: updates.About{Schema: 2, OneWay: true}, want: "v1.1.0 refused one-way", boots: "v1.0.0"},
		{name: "truncated", harm: func(g *gateway, m *terminal) {
			path, content := g.target("v1.1.0")
			m.source.Put(path, content[:len(content)/2])
		}, want: "v1.1.0 refused truncated", boots: "v1.0.0"},
		{name: "longer than signed", harm: func(g *gateway, m *terminal) {
			path, content := g.target("v1.1.0")
			m.source.Put(path, append(content, 0))
		}, want: "v1.1.0 refused too-large", boots: "v1.0.0"},
		{name: "corrupted", harm: func(g *gateway, m *terminal) {
			path, content := g.target("v1.1.0")
			content[len(content)/2] ^= 1
			m.source.Put(path, content)
		}, want: "v1.1.0 refused damaged", boots: "v1.0.0"},
		{name: "expired metadata", harm: func(_ *gateway, m *terminal) {
			m.ahead = releases.TimestampLife + time.Hour
		}, want: "v1.1.0 refused expired", boots: "v1.0.0"},
		{name: "metadata that are none", harm: func(_ *gateway, m *terminal) {
			m.source.Put("timestamp.json", []byte("<html>please sign in to the hotel's network"))
		}, want: "v1.1.0 refused metadata", boots: "v1.0.0"},
		{name: "no room on the card", harm: func(_ *gateway, m *terminal) { m.free = 96 << 20 }, want: "v1.1.0 refused no-space", boots: "v1.0.0"},
		{name: "crashes", harm: func(_ *gateway, m *terminal) { m.acts["v1.1.0"] = crashes }, want: "v1.1.0 rolled-back store", boots: "v1.0.0 v1.1.0 v1.0.0 v1.1.0 v1.0.0"},
		{name: "hangs", harm: func(_ *gateway, m *terminal) { m.acts["v1.1.0"] = hangs }, want: "v1.1.0 rolled-back store", boots: "v1.0.0 v1.1.0 v1.0.0 v1.1.0 v1.0.0"},
		{name: "cannot reach the gateway", harm: func(_ *gateway, m *terminal) { m.acts["v1.1.0"] = unlinked }, want: "v1.1.0 rolled-back gateway", boots: "v1.0.0 v1.1.0 v1.0.0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGateway(t)
				if c.about.Version == "" {
					c.about.Version = "v1.1.0"
				}
				if c.about.Board == "" {
					c.about.Board = "pi3b"
				}
				g.add(c.about)
				m := newTerminal(t, g.root())
				m.wish = &updates.Wish{Rollout: "r1", Version: c.about.Version}
				g.serve(m.source)
				if c.harm != nil {
					c.harm(g, m)
				}
				m.play()
				if boots := strings.Join(m.boots, " "); m.outcome() != c.want || boots != c.boots {
					t.Errorf("ended as %s after boots of %s; want %s after %s", m.outcome(), boots, c.want, c.boots)
				}
				if o := m.report.Last; o.Result != updates.Confirmed && o.Reason == "" {
					t.Error("no reason is given")
				} else {
					t.Log(o.Reason)
				}
				if choice := m.report.Version; c.want == "v1.1.0 confirmed" && choice != "v1.1.0" {
					t.Errorf("%s runs", choice)
				}
			})
		})
	}
}

// A gateway that was taken shows an older list, or holds the clock back.
func TestReplay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t)
		trust, source := update.NewTrust(t.TempDir(), g.root()), &update.FakeSource{}
		before := &update.FakeSource{}
		g.serve(before)
		g.add(updates.About{Version: "v1.1.0", Board: "pi3b"})
		g.serve(source)
		if all, err := trust.Refresh(t.Context(), source, time.Now()); err != nil || len(all) != 1 {
			t.Fatalf("%+v, %v", all, err)
		}
		var r *slots.Refusal
		if _, err := trust.Refresh(t.Context(), before, time.Now()); !errors.As(err, &r) || r.Why != slots.WhyReplayed {
			t.Errorf("an older list: %v", err)
		}
		if all, err := trust.Refresh(t.Context(), source, time.Now()); err != nil || len(all) != 1 {
			t.Errorf("the same again: %+v, %v", all, err)
		}
		if _, err := trust.Refresh(t.Context(), source, time.Now().Add(releases.TimestampLife+time.Hour)); !errors.As(err, &r) || r.Why != slots.WhyExpired {
			t.Errorf("frozen: %v", err)
		}
		if err := g.repo.Refresh(true); err != nil {
			t.Fatal(err)
		}
		g.serve(source)
		if all, err := trust.Refresh(t.Context(), source, time.Now()); err != nil || len(all) != 1 {
			t.Errorf("signed anew: %+v, %v", all, err)
		}
	})
}

// Keys are exchanged under a terminal that knows only the first ones; what was
// kept may be damaged by a power cut.
func TestRotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t)
		dir := t.TempDir()
		trust, source := update.NewTrust(dir, g.root()), &update.FakeSource{}
		g.add(updates.About{Version: "v1.1.0", Board: "pi3b"})
		old := g.owners
		g.owners = releases.Owners{Root: []releases.Key{old.Root[1], newKey(t), newKey(t)}, Threshold: 2, Targets: []releases.Key{newKey(t), newKey(t)}}
		if err := g.repo.Rotate(old.Root, g.owners); err != nil {
			t.Fatal(err)
		}
		if _, err := g.repo.Add(releaseFile(t, updates.About{Version: "v1.2.0", Board: "pi3b"}), old.Targets...); err == nil {
			t.Error("a release was added by a key that was exchanged")
		}
		g.add(updates.About{Version: "v1.3.0", Board: "pi3b"})
		g.serve(source)
		for _, harm := range []func(path string) error{
			func(string) error { return nil }, func(string) error { return nil }, os.Remove,
			func(path string) error { return os.Truncate(path, 0) }, func(path string) error { return os.Truncate(path, 100) },
		} {
			if all, err := trust.Refresh(t.Context(), source, time.Now()); err != nil || len(all) != 2 {
				t.Fatalf("%+v, %v", all, err)
			}
			for _, name := range []string{"root", "timestamp", "snapshot", "targets"} {
				if err := harm(filepath.Join(dir, name+".json")); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}
