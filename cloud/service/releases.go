package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"till/cloud"
	"till/cloud/releases"
	"till/sync/wire/updates"
)

// Releases are signed by till-cloud release, in the gateway's folder; the
// gateway hands them out, and tells a share of the terminals that it wants them.
// docs/updates.md describes it.
//
//	GET  /releases                    -> Shelf
//	POST /rollouts                    StageOrder -> releases.Rollout
//	POST /rollouts/{version}/halt     -> 204
//	POST /rollouts/{version}/resume   -> 204

// ReleasesIn is the folder of releases in a gateway's folder.
func ReleasesIn(dir string) string { return filepath.Join(dir, "releases") }

// sweepEvery is how often the rollouts are held against what terminals report.
const sweepEvery = 10 * time.Second

// Shelf is what releases there are, and how far their rollouts.
type Shelf struct {
	Releases []releases.Release  `json:"releases"`
	Rollouts []releases.Progress `json:"rollouts"`
}

// StageOrder begins a rollout or goes on with it.
type StageOrder struct {
	releases.Rollout
	Again bool `json:"again,omitempty"` // also where it failed before
}

func (s *Service) openReleases() (err error) {
	s.releases = releases.At(ReleasesIn(s.dir), time.Now)
	s.rollouts, err = releases.OpenRollouts(s.releases)
	return err
}

// fleet is every terminal, as far as releases go.
func (s *Service) fleet() ([]releases.Terminal, error) {
	var all []releases.Terminal
	err := s.ledger.View(func(tx cloud.Tx) error {
		entries, err := tx.Terminals()
		for _, e := range entries {
			t := releases.Terminal{ID: e.ID}
			// What a terminal says that cannot be read is as if it said nothing.
			if r := new(updates.Report); json.Unmarshal(e.Reported.Parts[updates.Part], r) == nil {
				t.Report = r
			}
			if w := new(updates.Wish); json.Unmarshal(e.Desired.Parts[updates.Part], w) == nil {
				t.Wish = w
			}
			all = append(all, t)
		}
		return err
	})
	return all, err
}

// keepReleases signs daily, and brings the rollouts on, until ctx ends.
func (s *Service) keepReleases(ctx context.Context) error {
	look := time.NewTicker(sweepEvery)
	defer look.Stop()
	for {
		if err := s.releases.Refresh(false); err != nil && !errors.Is(err, releases.ErrNone) {
			s.log.Error("releases", "err", err)
		}
		if s.rollouts.Any() {
			if err := s.sweep(); err != nil {
				s.log.Error("releases", "err", err)
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
		}
	}
}

func (s *Service) sweep() error {
	fleet, err := s.fleet()
	if err != nil {
		return err
	}
	halted, changes, err := s.rollouts.Sweep(fleet)
	for _, r := range halted {
		s.log.Error("a rollout is halted", "version", r.Version, "why", r.Why)
	}
	if err != nil {
		return err
	}
	for _, c := range changes {
		var part json.RawMessage
		if c.Wish != nil {
			if part, err = json.Marshal(c.Wish); err != nil {
				return fmt.Errorf("wish of %s: %w", c.Terminal, err)
			}
		}
		if _, err := s.Wish(c.Terminal, updates.Part, part); err != nil {
			return err
		}
	}
	return nil
}

// Stage begins a rollout, or goes on with it, at once.
func (s *Service) Stage(o StageOrder) (releases.Rollout, error) {
	r, err := s.rollouts.Stage(o.Rollout, o.Again)
	if err != nil {
		return r, err
	}
	s.log.Info("staged", "version", r.Version, "share", r.Share, "terminals", len(r.Terminals))
	return r, s.sweep()
}

// Shelf lists releases and rollouts.
func (s *Service) Shelf() (Shelf, error) {
	shelf := Shelf{Releases: []releases.Release{}}
	all, err := s.releases.Releases()
	if err != nil && !errors.Is(err, releases.ErrNone) {
		return shelf, err
	}
	shelf.Releases = append(shelf.Releases, all...)
	fleet, err := s.fleet()
	if err != nil {
		return shelf, err
	}
	shelf.Rollouts, err = s.rollouts.Progress(fleet)
	return shelf, err
}

// HaltRollout stops a rollout at once.
func (s *Service) HaltRollout(version string) error {
	if err := s.rollouts.Halt(version, ""); err != nil {
		return err
	}
	s.log.Info("halted", "version", version)
	return s.sweep()
}

// ResumeRollout goes on with one that was halted.
func (s *Service) ResumeRollout(version string) error {
	fleet, err := s.fleet()
	if err != nil {
		return err
	}
	if err := s.rollouts.Resume(version, fleet); err != nil {
		return err
	}
	s.log.Info("resumed", "version", version)
	return s.sweep()
}

// UpdatesHandler hands out releases and their metadata, to whoever asks.
func (s *Service) UpdatesHandler() http.Handler { return s.releases.Handler() }

func (s *Service) releaseOrders(mux *http.ServeMux) {
	mux.HandleFunc("GET /releases", func(w http.ResponseWriter, _ *http.Request) {
		shelf, err := s.Shelf()
		s.say(w, shelf, err)
	})
	mux.HandleFunc("POST /rollouts", func(w http.ResponseWriter, r *http.Request) {
		var o StageOrder
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxOrder)).Decode(&o); err != nil {
			s.say(w, nil, fmt.Errorf("the order cannot be read: %w", err))
			return
		}
		done, err := s.Stage(o)
		s.say(w, done, err)
	})
	mux.HandleFunc("POST /rollouts/{version}/halt", func(w http.ResponseWriter, r *http.Request) {
		s.say(w, nil, s.HaltRollout(r.PathValue("version")))
	})
	mux.HandleFunc("POST /rollouts/{version}/resume", func(w http.ResponseWriter, r *http.Request) {
		s.say(w, nil, s.ResumeRollout(r.PathValue("version")))
	})
}
