package releases_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"till/cloud/releases"
	"till/sync/wire/updates"
)

var day = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

func newKey(t testing.TB) releases.Key {
	t.Helper()
	k, err := releases.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// shelf is a repository with these releases for pi3b, and its key.
func shelf(t testing.TB, versions ...string) (*releases.Repository, string, releases.Key) {
	t.Helper()
	dir, key := t.TempDir(), newKey(t)
	repo, err := releases.Create(dir, releases.Owners{Root: []releases.Key{newKey(t)}, Threshold: 1, Targets: []releases.Key{key}}, func() time.Time { return day })
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range versions {
		if _, err := repo.Add(file(t, v, "pi3b"), key); err != nil {
			t.Fatal(err)
		}
	}
	return repo, dir, key
}

func file(t testing.TB, version, board string) string {
	t.Helper()
	image := bytes.Repeat([]byte(version+board), 512)
	image = image[:len(image)/512*512]
	sum := sha256.Sum256(image)
	var b bytes.Buffer
	m := updates.Manifest{About: updates.About{Version: version, Board: board, ImageSize: int64(len(image)), ImageSHA256: hex.EncodeToString(sum[:]), Schema: 1, Reads: 1}}
	if err := updates.WriteRelease(&b, m, bytes.NewReader(image)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "release")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t testing.TB, repo *releases.Repository) *releases.Rollouts {
	t.Helper()
	r, err := releases.OpenRollouts(repo)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// fleet is n terminals at a version, told and reporting nothing.
func fleet(n int, version string) []releases.Terminal {
	var all []releases.Terminal
	for i := range n {
		all = append(all, releases.Terminal{ID: fmt.Sprintf("t-%d", i), Report: &updates.Report{Version: version, Board: "pi3b", Slot: 2, State: updates.Idle}})
	}
	return all
}

// sweep applies the changes to the fleet.
func sweep(t testing.TB, r *releases.Rollouts, fleet []releases.Terminal) (changed int) {
	t.Helper()
	_, changes, err := r.Sweep(fleet)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		i := slices.IndexFunc(fleet, func(t releases.Terminal) bool { return t.ID == c.Terminal })
		fleet[i].Wish = c.Wish
	}
	return len(changes)
}

func wished(fleet []releases.Terminal, version string) map[string]bool {
	all := map[string]bool{}
	for _, t := range fleet {
		if t.Wish != nil && t.Wish.Version == version {
			all[t.ID] = true
		}
	}
	return all
}

func stage(t testing.TB, r *releases.Rollouts, o releases.Rollout) {
	t.Helper()
	if _, err := r.Stage(o, false); err != nil {
		t.Fatal(err)
	}
}

func TestShareGrows(t *testing.T) {
	repo, _, _ := shelf(t, "v1.1.0", "v1.2.0")
	r, all := open(t, repo), fleet(1000, "v1.0.0")
	stage(t, r, releases.Rollout{Version: "v1.1.0", Share: 10})
	sweep(t, r, all)
	first := wished(all, "v1.1.0")
	if n := len(first); n < 70 || n > 130 {
		t.Errorf("10 %% of 1000 are %d", n)
	}
	if n := sweep(t, r, all); n != 0 {
		t.Errorf("nothing new, and %d terminals are told something", n)
	}
	stage(t, r, releases.Rollout{Version: "v1.1.0", Share: 50})
	r = open(t, repo) // started anew
	sweep(t, r, all)
	second := wished(all, "v1.1.0")
	if n := len(second); n < 440 || n > 560 {
		t.Errorf("50 %% of 1000 are %d", n)
	}
	for id := range first {
		if !second[id] {
			t.Fatalf("%s was in the smaller share, and is not in the larger", id)
		}
	}
	if _, err := r.Stage(releases.Rollout{Version: "v1.1.0", Share: 20}, false); !errors.Is(err, releases.ErrShrinks) {
		t.Errorf("a share that shrinks: %v", err)
	}
	stage(t, r, releases.Rollout{Version: "v1.1.0", Share: 100})
	sweep(t, r, all)
	if n := len(wished(all, "v1.1.0")); n != 1000 {
		t.Errorf("100 %% are %d", n)
	}
	// Another version begins with other terminals.
	stage(t, r, releases.Rollout{Version: "v1.2.0", Share: 10})
	sweep(t, r, all)
	same := 0
	for id := range wished(all, "v1.2.0") {
		if first[id] {
			same++
		}
	}
	if same > 40 {
		t.Errorf("%d terminals go first both times", same)
	}
	if n := len(wished(all, "v1.1.0")) + len(wished(all, "v1.2.0")); n != 1000 {
		t.Errorf("%d of 1000 are told something", n)
	}
}

func TestWhoIsTold(t *testing.T) {
	repo, _, _ := shelf(t, "v1.1.0")
	r := open(t, repo)
	all := fleet(7, "v1.0.0")
	all[0].Report = nil              // never said a word
	all[1].Report.Slot = 0           // not on a card in slots
	all[2].Report.Board = "pi5"      // no release for it
	all[3].Report.Version = "v1.1.0" // has it
	all[4].Report.Version = "v2.0.0" // has more
	all[5].Report.Version = "5202466"
	stage(t, r, releases.Rollout{Version: "v1.1.0", Share: 100, Now: true})
	sweep(t, r, all)
	if got := wished(all, "v1.1.0"); len(got) != 2 || !got["t-5"] || !got["t-6"] {
		t.Errorf("told: %v", got)
	}
	if w := all[6].Wish; w == nil || *w != (updates.Wish{Rollout: "v1.1.0-1", Version: "v1.1.0", Now: true}) {
		t.Errorf("%+v", w)
	}
	for what, o := range map[string]releases.Rollout{
		"no release": {Version: "v9.0.0", Share: 1}, "a share of 101": {Version: "v1.1.0", Share: 101}, "a terminal that is none": {Version: "v1.1.0", Share: 100, Terminals: []string{"T 1"}},
	} {
		if _, err := r.Stage(o, false); err == nil {
			t.Errorf("%s was staged", what)
		}
	}
}

func TestNamedTerminals(t *testing.T) {
	repo, _, _ := shelf(t, "v1.1.0")
	r, all := open(t, repo), fleet(20, "v1.0.0")
	stage(t, r, releases.Rollout{Version: "v1.1.0", Terminals: []string{"t-7"}})
	stage(t, r, releases.Rollout{Version: "v1.1.0", Terminals: []string{"t-9"}})
	sweep(t, r, all)
	if got := wished(all, "v1.1.0"); len(got) != 2 || !got["t-7"] || !got["t-9"] {
		t.Errorf("told: %v", got)
	}
}

func TestHaltedByFailures(t *testing.T) {
	repo, _, _ := shelf(t, "v1.1.0")
	r, all := open(t, repo), fleet(200, "v1.0.0")
	stage(t, r, releases.Rollout{Version: "v1.1.0", Share: 100, Limit: 2})
	sweep(t, r, all)
	fail := func(i int) {
		all[i].Report.Last = &updates.Outcome{Rollout: all[i].Wish.Rollout, Version: "v1.1.0", Result: updates.RolledBack, Why: "gateway", Reason: "the new system did not reach the gateway"}
	}
	for i := range 3 {
		fail(i)
	}
	all[10].Report = &updates.Report{Version: "v1.1.0", Board: "pi3b", Slot: 3, State: updates.Idle}
	all[11].Report.State, all[11].Report.Rollout = updates.Trying, "v1.1.0-1"
	all[12].Report.State, all[12].Report.Rollout = updates.Downloaded, "v1.1.0-1"
	sweep(t, r, all)
	if n := len(wished(all, "v1.1.0")); n != 199 {
		t.Errorf("3 of 200 failed, and %d go on", n)
	}
	p, err := r.Progress(all)
	if err != nil || len(p) != 1 || p[0].Failed != 3 || p[0].Confirmed != 1 || p[0].Trying != 1 || p[0].Loaded != 1 || p[0].Waiting != 194 || p[0].Chosen != 200 || len(p[0].Failures) != 3 {
		t.Errorf("%+v, %v", p, err)
	}
	fail(3)
	halted, _, err := r.Sweep(all)
	if err != nil || len(halted) != 1 || halted[0].Why != "4 of 200 terminals failed" {
		t.Errorf("%+v, %v", halted, err)
	}
	r = open(t, repo)
	sweep(t, r, all)
	if n := len(wished(all, "v1.1.0")); n != 0 {
		t.Errorf("halted, and %d go on", n)
	}
	if err := r.Resume("v1.1.0", all); err != nil {
		t.Fatal(err)
	}
	sweep(t, r, all)
	if n := len(wished(all, "v1.1.0")); n != 199 {
		t.Errorf("resumed, and %d go on", n)
	}
	if err := r.Halt("v1.1.0", ""); err != nil {
		t.Fatal(err)
	}
	sweep(t, r, all)
	if n := len(wished(all, "v1.1.0")); n != 0 {
		t.Errorf("halted by hand, and %d go on", n)
	}
	// Once more, under another name: what failed tries it again.
	if again, err := r.Stage(releases.Rollout{Version: "v1.1.0", Share: 100}, true); err != nil || again.ID != "v1.1.0-2" {
		t.Errorf("%+v, %v", again, err)
	}
	sweep(t, r, all)
	if w := all[0].Wish; w == nil || w.Rollout != "v1.1.0-2" {
		t.Errorf("%+v", w)
	}
	if err := r.Halt("v3.0.0", ""); !errors.Is(err, releases.ErrNoRollout) {
		t.Errorf("of no rollout: %v", err)
	}
}

func TestOneTerminalFails(t *testing.T) {
	repo, _, _ := shelf(t, "v1.1.0")
	r, all := open(t, repo), fleet(1, "v1.0.0")
	stage(t, r, releases.Rollout{Version: "v1.1.0", Share: 100})
	sweep(t, r, all)
	all[0].Report.Last = &updates.Outcome{Rollout: "v1.1.0-1", Version: "v1.1.0", Result: updates.Refused, Why: "damaged"}
	if halted, _, err := r.Sweep(all); err != nil || len(halted) != 1 {
		t.Errorf("%v, %v", halted, err)
	}
}

func TestAddRefuses(t *testing.T) {
	repo, dir, key := shelf(t, "v1.1.0")
	damaged := file(t, "v1.2.0", "pi3b")
	raw, err := os.ReadFile(damaged)
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)-20] ^= 1
	if err := os.WriteFile(damaged, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	cut := file(t, "v1.2.0", "pi3b")
	if err := os.WriteFile(cut, raw[:len(raw)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		path string
		key  releases.Key
	}{
		"a version again": {file(t, "v1.1.0", "pi3b"), key}, "another's key": {file(t, "v1.2.0", "pi3b"), newKey(t)},
		"no version": {file(t, "5202466", "pi3b"), key}, "a board that is a path": {file(t, "v1.2.0", "../pi3b"), key},
		"damaged": {damaged, key}, "cut short": {cut, key}, "not there": {filepath.Join(dir, "none"), key},
	} {
		if about, err := repo.Add(c.path, c.key); err == nil {
			t.Errorf("%s: %+v", name, about)
		}
	}
	if all, err := repo.Releases(); err != nil || len(all) != 1 {
		t.Errorf("%+v, %v", all, err)
	}
	if all, err := releases.At(t.TempDir(), time.Now).Releases(); !errors.Is(err, releases.ErrNone) {
		t.Errorf("of an empty folder: %v, %v", all, err)
	}
}

// What is secret stays: only signed metadata and releases are handed out.
func TestHandler(t *testing.T) {
	repo, _, _ := shelf(t, "v1.1.0")
	all, err := repo.Releases()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(repo.Handler())
	defer server.Close()
	for path, want := range map[string]int{
		"timestamp.json": 200, "1.root.json": 200, "2.targets.json": 200, "2.snapshot.json": 200, updates.TargetPath(all[0].SHA256, all[0].Name): 200,
		"root.json": 404, "9.root.json": 404, "": 404, "keys/timestamp.pem": 404, "..%2fkeys%2ftimestamp.pem": 404, "targets/..%2f..%2fkeys%2ftimestamp.pem": 404,
		"targets/": 404, "rollouts.json": 404, "lock": 404, "timestamp.json.new": 404,
	} {
		response, err := server.Client().Get(server.URL + updates.Root + path)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, response.StatusCode, want)
		}
	}
}

func TestKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key.pem")
	k := newKey(t)
	if err := releases.WriteKey(path, k); err != nil {
		t.Fatal(err)
	}
	if err := releases.WriteKey(path, k); err == nil {
		t.Error("a key was written over another")
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	got, err := releases.ReadKey(path)
	if err != nil {
		t.Fatal(err)
	}
	one, _ := k.ID()   // both are the same, or the test fails
	two, _ := got.ID() // likewise
	if one != two || one == "" {
		t.Errorf("%s, %s", one, two)
	}
	for name, content := range map[string]string{"empty": "", "text": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "another": strings.Repeat("x", 100)} {
		bad := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(bad, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := releases.ReadKey(bad); err == nil {
			t.Errorf("%s is a key", name)
		}
	}
}
