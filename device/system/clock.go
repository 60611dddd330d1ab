package system

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/beevik/ntp"
)

// The machine's clock serves to judge certificates, and to date log files. It
// orders nothing: whatever waits or is stamped does so by the steady clock since
// boot, and the terminal's dates come from the gateway. So it may be set at any
// time.
const (
	// clockFile's own time is the latest the clock was known to be at.
	clockFile = ownFolder + "/clock"
	// clockKeep is how often that is noted.
	clockKeep = time.Hour

	timeAgain  = time.Hour // how often the servers are asked
	timeFirst  = 2 * time.Second
	timeMost   = 5 * time.Minute
	timeWait   = 3 * time.Second        // for an answer
	timeSlack  = 100 * time.Millisecond // a clock that is off by less is left alone
	timeServer = "pool.ntp.org"
)

var defaultTimeServers = []string{timeServer}

// earliest is before till was written: no right clock is earlier.
var earliest = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// NewTimeServer asks by NTP.
func NewTimeServer() TimeServer { return ntpClient{} }

type ntpClient struct{}

var _ TimeServer = ntpClient{}

// Offset implements TimeServer.
func (ntpClient) Offset(_ context.Context, server string) (time.Duration, error) {
	r, err := ntp.QueryWithOptions(server, ntp.QueryOptions{Timeout: timeWait})
	if err != nil {
		return 0, err
	}
	return r.ClockOffset, r.Validate()
}

// restoreClock sets the clock to when the last run ended, at least: a Pi begins
// in 1970, when no certificate is valid yet.
func (s *System) restoreClock(context.Context) error {
	floor := earliest
	info, err := os.Stat(s.path(clockFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case info.ModTime().After(floor):
		floor = info.ModTime()
	}
	if time.Now().After(floor) {
		return nil // a real-time clock of its own has set it
	}
	if err := s.Kernel.SetClock(floor); err != nil {
		return fmt.Errorf("set the clock: %w", err)
	}
	s.log.Info("clock: not known; no earlier than it was", "to", floor.UTC().Format(time.DateTime))
	return nil
}

// saveClock notes the time for the next boot.
func (s *System) saveClock() {
	if err := os.WriteFile(s.path(clockFile), nil, 0o600); err != nil {
		s.log.Warn("clock: it is not kept", "err", err)
		return
	}
	now := time.Now()
	if err := os.Chtimes(s.path(clockFile), now, now); err != nil {
		s.log.Warn("clock: it is not kept", "err", err)
	}
}

// keepTime sets the clock by time servers until ctx ends.
func (s *System) keepTime(ctx context.Context) {
	keep := time.NewTicker(clockKeep)
	defer keep.Stop()
	again := time.NewTimer(timeAgain)
	defer again.Stop()
	delay := timeFirst
	for {
		select {
		case <-ctx.Done():
			return
		case <-keep.C:
			s.saveClock()
			continue
		case <-s.online:
			delay = timeFirst
		case <-again.C:
		}
		if err := s.setClock(ctx); err != nil {
			if ctx.Err() != nil {
				return
			}
			s.log.Warn("clock: no time server answered", "err", err, "again_in", delay)
			again.Reset(delay)
			delay = min(2*delay, timeMost)
			continue
		}
		delay = timeFirst
		again.Reset(timeAgain)
	}
}

// setClock asks the servers one after another, and takes the first answer.
func (s *System) setClock(ctx context.Context) error {
	var faults []error
	for _, server := range s.timeServers() {
		offset, err := s.Time.Offset(ctx, server)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", server, err))
			continue
		}
		now := time.Now().Add(offset)
		switch {
		case now.Before(earliest):
			faults = append(faults, fmt.Errorf("%s says %s, which cannot be", server, now.UTC().Format(time.DateTime)))
			continue
		case offset.Abs() < timeSlack:
			return nil
		}
		if err := s.Kernel.SetClock(now); err != nil {
			return fmt.Errorf("set the clock: %w", err)
		}
		s.log.Info("clock: set", "server", server, "to", now.UTC().Format(time.DateTime), "by", offset.Round(time.Millisecond))
		s.saveClock()
		return nil
	}
	return errors.Join(faults...)
}
