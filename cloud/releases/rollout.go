package releases

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/mod/semver"

	"till/durable"
	"till/sync/wire"
	"till/sync/wire/updates"
)

// Rollout brings one version to a share of the fleet.
type Rollout struct {
	// ID is what terminals know it by: the version, and how often it was begun.
	ID      string `json:"id"`
	Version string `json:"version"`
	// Share is in percent. A terminal that is in a share is in every larger one.
	Share int `json:"share"`
	// Terminals are in it besides, whatever the share.
	Terminals []string `json:"terminals,omitempty"`
	Now       bool     `json:"now,omitempty"`     // in opening hours too
	OneWay    bool     `json:"one_way,omitempty"` // though there is no way back
	// Limit is the percentage of its terminals whose failures halt it.
	Limit int `json:"limit"`
	// Halted: no terminal begins any more. Why is empty where the operator said so.
	Halted   bool      `json:"halted,omitempty"`
	Why      string    `json:"why,omitempty"`
	Forgiven int       `json:"forgiven,omitempty"` // failures that an operator has seen, and went on
	Begun    time.Time `json:"begun"`
}

// DefaultLimit is the Limit where nothing else was said.
const DefaultLimit = 5

// Terminal is what is known of one.
type Terminal struct {
	ID string
	// Report is nil where it has said nothing of releases yet.
	Report *updates.Report
	// Wish is what it is told now; nil: nothing.
	Wish *updates.Wish
}

// Has says whether a terminal is in a rollout.
func (r Rollout) Has(terminal string) bool {
	return slices.Contains(r.Terminals, terminal) || place(r.Version, terminal) < r.Share*100
}

// place is a terminal's place in the queue for a version, 0 to 9999. It differs
// between versions, so that not always the same ones go first.
func place(version, terminal string) int {
	sum := sha256.Sum256([]byte(version + " " + terminal))
	return int(binary.BigEndian.Uint64(sum[:8]) % 10_000)
}

// Progress is how far a rollout is.
type Progress struct {
	Rollout
	Chosen    int      `json:"chosen"` // terminals in it that can be updated and have a release for their board
	Waiting   int      `json:"waiting"`
	Loading   int      `json:"downloading"`
	Loaded    int      `json:"downloaded"`
	Trying    int      `json:"trying"`
	Confirmed int      `json:"confirmed"`
	Failed    int      `json:"failed"` // rolled back, or refused
	Failures  []Failed `json:"failures,omitempty"`
}

// Failed is a terminal that a rollout did not do well.
type Failed struct {
	Terminal string         `json:"terminal"`
	Result   updates.Result `json:"result"`
	Why      string         `json:"why"`
	Reason   string         `json:"reason"`
}

// maxFailures is how many failures are shown.
const maxFailures = 20

// progress counts, over the terminals that a rollout concerns.
func (r Rollout) progress(fleet []Terminal, boards []string) Progress {
	p := Progress{Rollout: r}
	for _, t := range fleet {
		if t.Report == nil || t.Report.Slot == 0 || !slices.Contains(boards, t.Report.Board) || !r.Has(t.ID) {
			continue
		}
		p.Chosen++
		mine := t.Report.Rollout == r.ID
		switch last := t.Report.Last; {
		case t.Report.Version == r.Version && t.Report.State != updates.Trying:
			p.Confirmed++
		case last != nil && last.Rollout == r.ID && last.Result == updates.Confirmed:
			p.Confirmed++
		case last != nil && last.Rollout == r.ID && !mine:
			p.Failed++
			if len(p.Failures) < maxFailures {
				p.Failures = append(p.Failures, Failed{t.ID, last.Result, last.Why, last.Reason})
			}
		case mine && t.Report.State == updates.Downloading:
			p.Loading++
		case mine && t.Report.State == updates.Downloaded:
			p.Loaded++
		case mine && t.Report.State == updates.Trying:
			p.Trying++
		default:
			p.Waiting++
		}
	}
	return p
}

// tooMany says whether the failures halt the rollout.
func (p Progress) tooMany() bool {
	most := max(1, (p.Chosen*p.Limit+99)/100)
	return p.Failed-p.Forgiven >= most
}

// wishFor is what a terminal should be told: the newest rollout that it is in,
// that is not halted, and brings more than it has.
func wishFor(t Terminal, rollouts []Rollout, boards map[string][]string) *updates.Wish {
	if t.Report == nil || t.Report.Slot == 0 {
		return nil
	}
	for _, r := range slices.Backward(rollouts) {
		if r.Halted || !r.Has(t.ID) || !slices.Contains(boards[r.Version], t.Report.Board) {
			continue
		}
		running := t.Report.Version
		if semver.IsValid(running) && semver.Compare(r.Version, running) <= 0 && t.Report.State != updates.Trying {
			return nil
		}
		return &updates.Wish{Rollout: r.ID, Version: r.Version, Now: r.Now, OneWay: r.OneWay}
	}
	return nil
}

// Change is a terminal that is to be told something else from now on.
type Change struct {
	Terminal string
	Wish     *updates.Wish // nil: nothing
}

// Rollouts are the gateway's rollouts, in a file.
type Rollouts struct {
	path string
	repo *Repository
	now  func() time.Time

	mu  sync.Mutex
	all []Rollout // oldest first
}

const (
	rolloutsFile = "rollouts.json"
	maxRollouts  = 1 << 20 // bytes of the file
)

// Errors of an order to a rollout.
var (
	ErrNoRollout = errors.New("there is no rollout of that version")
	ErrNoRelease = errors.New("there is no release of that version")
	ErrBadShare  = errors.New("a share is 0 to 100 percent")
	ErrShrinks   = errors.New("a share only grows: halt the rollout instead")
)

// OpenRollouts reads the rollouts of a repository, from its folder.
func OpenRollouts(repo *Repository) (*Rollouts, error) {
	r := &Rollouts{path: filepath.Join(repo.dir, rolloutsFile), repo: repo, now: repo.now}
	raw, err := os.ReadFile(r.path)
	if errors.Is(err, os.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the rollouts: %w", err)
	}
	if len(raw) > maxRollouts {
		return nil, fmt.Errorf("read the rollouts: %s has %d bytes, at most %d are allowed", r.path, len(raw), maxRollouts)
	}
	if err := json.Unmarshal(raw, &r.all); err != nil {
		return nil, fmt.Errorf("read the rollouts: %s: %w", r.path, err)
	}
	return r, nil
}

// change commits a change of the rollouts, or has none.
func (r *Rollouts) change(f func(all []Rollout) ([]Rollout, error)) error {
	next, err := f(slices.Clone(r.all))
	if err != nil {
		return err
	}
	raw, err := json.MarshalIndent(next, "", "  ")
	if err != nil {
		return fmt.Errorf("write the rollouts: %w", err)
	}
	if err := durable.Write(r.path, raw, 0o600); err != nil {
		return fmt.Errorf("write the rollouts: %w", err)
	}
	r.all = next
	return nil
}

// Stage begins a rollout, or changes the one of this version that is under way.
// ID and Begun are not asked. With again, terminals where it failed try once more.
func (r *Rollouts) Stage(want Rollout, again bool) (Rollout, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if want.Share < 0 || want.Share > 100 || want.Limit < 0 || want.Limit > 100 {
		return want, ErrBadShare
	}
	for _, id := range want.Terminals {
		if err := wire.CheckTerminal(id); err != nil {
			return want, err
		}
	}
	boards, err := r.boards()
	if err != nil {
		return want, err
	}
	if len(boards[want.Version]) == 0 {
		return want, fmt.Errorf("version %.40q: %w", want.Version, ErrNoRelease)
	}
	err = r.change(func(all []Rollout) ([]Rollout, error) {
		n := slices.IndexFunc(all, func(o Rollout) bool { return o.Version == want.Version })
		if want.Limit == 0 {
			want.Limit = DefaultLimit
		}
		want.Halted, want.Why = false, ""
		if n < 0 {
			want.ID, want.Begun = want.Version+"-1", r.now().UTC().Truncate(time.Second)
			return append(all, want), nil
		}
		old := all[n]
		if want.Share < old.Share {
			return nil, fmt.Errorf("version %s is at %d %%: %w", want.Version, old.Share, ErrShrinks)
		}
		want.ID, want.Begun, want.Forgiven = old.ID, old.Begun, old.Forgiven
		for _, t := range old.Terminals {
			if !slices.Contains(want.Terminals, t) {
				want.Terminals = append(want.Terminals, t)
			}
		}
		if again {
			var count int
			if _, err := fmt.Sscanf(old.ID, want.Version+"-%d", &count); err != nil {
				count = 1
			}
			want.ID, want.Forgiven = fmt.Sprintf("%s-%d", want.Version, count+1), 0
		}
		// It is the newest again, whatever was begun since.
		return append(slices.Delete(all, n, n+1), want), nil
	})
	return want, err
}

// Halt stops a rollout: no terminal begins any more, and those that have not
// tried it yet drop it.
func (r *Rollouts) Halt(version, why string) error {
	return r.set(version, func(o *Rollout) { o.Halted, o.Why = true, why })
}

// Resume goes on with a rollout that was halted. The failures so far are forgiven.
func (r *Rollouts) Resume(version string, fleet []Terminal) error {
	all, err := r.Progress(fleet)
	if err != nil {
		return err
	}
	return r.set(version, func(o *Rollout) {
		o.Halted, o.Why = false, ""
		for _, p := range all {
			if p.Version == version {
				o.Forgiven = p.Failed
			}
		}
	})
}

func (r *Rollouts) set(version string, f func(*Rollout)) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.change(func(all []Rollout) ([]Rollout, error) {
		n := slices.IndexFunc(all, func(o Rollout) bool { return o.Version == version })
		if n < 0 {
			return nil, fmt.Errorf("version %.40q: %w", version, ErrNoRollout)
		}
		f(&all[n])
		return all, nil
	})
}

// boards are those that a version is there for.
func (r *Rollouts) boards() (map[string][]string, error) {
	all, err := r.repo.Releases()
	if err != nil && !errors.Is(err, ErrNone) {
		return nil, err
	}
	boards := map[string][]string{}
	for _, one := range all {
		boards[one.Version] = append(boards[one.Version], one.Board)
	}
	return boards, nil
}

// Progress is how far each rollout is, the newest first.
func (r *Rollouts) Progress(fleet []Terminal) ([]Progress, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	boards, err := r.boards()
	if err != nil {
		return nil, err
	}
	all := []Progress{}
	for _, o := range slices.Backward(r.all) {
		all = append(all, o.progress(fleet, boards[o.Version]))
	}
	return all, nil
}

// Any says whether there is anything to sweep for.
func (r *Rollouts) Any() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.all) > 0
}

// Sweep halts the rollouts that fail too often, and says which terminals are to
// be told something else.
func (r *Rollouts) Sweep(fleet []Terminal) (halted []Rollout, changes []Change, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	boards, err := r.boards()
	if err != nil {
		return nil, nil, err
	}
	for _, o := range r.all {
		p := o.progress(fleet, boards[o.Version])
		if o.Halted || !p.tooMany() {
			continue
		}
		why := fmt.Sprintf("%d of %d terminals failed", p.Failed, p.Chosen)
		if err := r.change(func(all []Rollout) ([]Rollout, error) {
			n := slices.IndexFunc(all, func(x Rollout) bool { return x.ID == o.ID })
			all[n].Halted, all[n].Why = true, why
			o = all[n]
			return all, nil
		}); err != nil {
			return halted, nil, err
		}
		halted = append(halted, o)
	}
	for _, t := range fleet {
		want := wishFor(t, r.all, boards)
		if same := (want == nil) == (t.Wish == nil) && (want == nil || *want == *t.Wish); !same {
			changes = append(changes, Change{t.ID, want})
		}
	}
	return halted, changes, nil
}
