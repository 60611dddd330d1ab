package system

import (
	"context"
	"errors"
	"time"

	"till/device/slots"
)

// UpdatesFolder is where the terminal keeps its updates.
const UpdatesFolder = TerminalFolder + "/updates"

// trialLimit is longer than the terminal gives itself to prove a new release
// (device/slots): a terminal that does not come as far as to count is given up here.
const trialLimit = slots.TrialTime + 20*time.Minute

var errTrial = errors.New("the terminal did not say that the release on trial does well")

// guardTrial restarts a system on trial that is neither confirmed nor given up by
// its terminal in time: the firmware boots the other slot then. Whether this is a
// trial is in the terminal's record, since not every firmware says so.
func (s *System) guardTrial(ctx context.Context) {
	if !s.onTrial() {
		return
	}
	s.log.Info("this release is on trial", "for", trialLimit)
	select {
	case <-ctx.Done():
		return
	case <-time.After(trialLimit):
	}
	if s.onTrial() {
		s.log.Error("the trial is over; rebooting", "err", errTrial)
		s.ended(errTrial)
	}
}

func (s *System) onTrial() bool {
	r, err := slots.Load(s.path(UpdatesFolder))
	if err != nil {
		s.log.Error("trial", "err", err) // and then there is none to guard
	}
	return r.Phase == slots.Trying && r.Order.Release.Version == s.Version
}
