package device

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// Vitals is what a terminal cannot do without. While all of it goes on the
// watchdog is fed.
type Vitals struct {
	Loop   *Vital // the counter's own goroutine turns
	Commit *Vital // the journal commits
	Draw   *Vital // the screen takes what it is shown
}

// NewVitals is those of a terminal that starts now.
func NewVitals() Vitals {
	return Vitals{
		Loop:   &Vital{name: "the counter", every: 60 * time.Second, since: time.Now()}, // it turns every 10 s, and a commit may take its time
		Commit: &Vital{name: "the journal's commit", within: 45 * time.Second},          // a worn card takes seconds
		Draw:   &Vital{name: "the screen", within: 20 * time.Second, failing: 2 * time.Minute},
	}
}

// Ailing says what does not go on, "" if all does.
func (v Vitals) Ailing() string {
	var all []string
	for _, vital := range []*Vital{v.Loop, v.Commit, v.Draw} {
		if s := vital.Ailing(); s != "" {
			all = append(all, s)
		}
	}
	return strings.Join(all, "; ")
}

// Vital is one thing that has to go on. Safe for concurrent use.
type Vital struct {
	name    string
	every   time.Duration // it is done at least so often; 0: only when there is need
	within  time.Duration // each takes no longer; 0: it takes no time
	failing time.Duration // it may fail for so long; 0: for ever. That the journal cannot be written is told on the screen, and a reset would not mend it

	mu     sync.Mutex
	since  time.Time // done last
	begun  time.Time // under way since; zero: it is not
	failed time.Time // failed ever since; zero: it did not
}

// Begin says that it is under way.
func (v *Vital) Begin() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.begun = time.Now()
}

// End says that it is done, or failed with err.
func (v *Vital) End(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := time.Now()
	v.since, v.begun = now, time.Time{}
	switch {
	case err == nil:
		v.failed = time.Time{}
	case v.failed.IsZero():
		v.failed = now
	}
}

// Ailing says what is wrong with it, "" if nothing is.
func (v *Vital) Ailing() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := time.Now()
	switch {
	case v.within > 0 && !v.begun.IsZero() && now.Sub(v.begun) > v.within:
		return fmt.Sprintf("%s has not ended for %v", v.name, now.Sub(v.begun).Round(time.Second))
	case v.failing > 0 && !v.failed.IsZero() && now.Sub(v.failed) > v.failing:
		return fmt.Sprintf("%s has failed for %v", v.name, now.Sub(v.failed).Round(time.Second))
	case v.every > 0 && now.Sub(v.since) > v.every:
		return fmt.Sprintf("%s has stood still for %v", v.name, now.Sub(v.since).Round(time.Second))
	}
	return ""
}
