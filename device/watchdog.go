package device

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"time"
)

// WatchdogTimer is the hardware that resets the board when it is not fed.
type WatchdogTimer interface {
	// SetTimeout asks for a timeout and returns the one that is kept.
	SetTimeout(time.Duration) (time.Duration, error)
	Feed() error
	// Disarm stops it and lets go of it. Without Disarm it resets the board,
	// also when the program is gone.
	Disarm() error
}

// watchdogTimeout is asked for; the Pi's own counts to 15 s at most.
const watchdogTimeout = 15 * time.Second

// Watchdog feeds the board's watchdog as long as the terminal is well.
type Watchdog struct {
	open   func() (WatchdogTimer, error)
	ailing func() string
	log    *slog.Logger
}

// NewWatchdog feeds what open opens while ailing is "". It is armed by Run.
func NewWatchdog(open func() (WatchdogTimer, error), ailing func() string, log *slog.Logger) *Watchdog {
	return &Watchdog{open, ailing, log}
}

// Run feeds until ctx ends, and disarms the watchdog then: the terminal ended
// in order. While the terminal ails it is not fed; if that lasts for the
// timeout, the board is reset. A board without a watchdog is said once, and
// sells all the same.
func (w *Watchdog) Run(ctx context.Context) error {
	timer, err := w.open()
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			w.log.Warn("no watchdog: a terminal that hangs stays so until it is switched off and on", "err", err)
		} else {
			w.log.Error("watchdog", "err", err)
		}
		<-ctx.Done()
		return ctx.Err()
	}
	timeout, err := timer.SetTimeout(watchdogTimeout)
	if err != nil || timeout <= 0 {
		w.log.Warn("watchdog: it keeps its own timeout", "err", err)
		timeout = watchdogTimeout
	}
	w.log.Info("watchdog armed", "timeout", timeout)
	feed := time.NewTicker(timeout / 3) // two may come late
	defer feed.Stop()
	said := ""
	for {
		trouble := w.ailing()
		if trouble == "" {
			if err := timer.Feed(); err != nil {
				trouble = err.Error()
			}
		}
		if trouble != said {
			said = trouble
			w.say(trouble)
		}
		select {
		case <-ctx.Done():
			if err := timer.Disarm(); err != nil {
				return fmt.Errorf("disarm the watchdog: %w; the board will be reset", err)
			}
			return ctx.Err()
		case <-feed.C:
		}
	}
}

func (w *Watchdog) say(trouble string) {
	if trouble == "" {
		w.log.Info("watchdog: fed again")
		return
	}
	w.log.Error("watchdog: not fed, and if this lasts the board is reset", "why", trouble)
}

// FakeWatchdog is a watchdog for tests: it counts, and fails when told to.
type FakeWatchdog struct {
	mu       sync.Mutex
	timeout  time.Duration
	fed      time.Time
	feeds    int
	disarmed bool
	fail     error
}

var _ WatchdogTimer = (*FakeWatchdog)(nil)

// Fail makes everything fail with err; nil heals it.
func (f *FakeWatchdog) Fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail = err
}

// Bites says whether the board would have been reset by now.
func (f *FakeWatchdog) Bites() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return !f.disarmed && f.timeout > 0 && time.Since(f.fed) > f.timeout
}

// Feeds is how often it was fed, and whether it was disarmed then.
func (f *FakeWatchdog) Feeds() (int, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.feeds, f.disarmed
}

// SetTimeout implements WatchdogTimer.
func (f *FakeWatchdog) SetTimeout(d time.Duration) (time.Duration, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.timeout, f.fed = d, time.Now()
	return d, f.fail
}

// Feed implements WatchdogTimer.
func (f *FakeWatchdog) Feed() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail != nil {
		return f.fail
	}
	f.fed = time.Now()
	f.feeds++
	return nil
}

// Disarm implements WatchdogTimer.
func (f *FakeWatchdog) Disarm() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.disarmed = f.fail == nil
	return f.fail
}
