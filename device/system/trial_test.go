package system_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"till/device/slots"
	"till/device/system"
	"till/sync/wire/updates"
)

// A release on trial whose terminal lives and says nothing of it is given up;
// one that was confirmed, or is not this one, is left alone.
func TestTrialIsGuarded(t *testing.T) {
	for name, c := range map[string]struct {
		phase     slots.Phase
		version   string
		confirmed bool
		want      []system.Ending
	}{
		"says nothing":         {slots.Trying, "1.2.3", false, []system.Ending{system.Restart}},
		"confirmed meanwhile":  {slots.Trying, "1.2.3", true, nil},
		"another is on trial":  {slots.Trying, "9.9.9", false, nil},
		"nothing is on trial":  {slots.Idle, "", false, nil},
		"one is to be written": {slots.Fetched, "1.2.3", false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMachine(t)
				dir := filepath.Join(m.root, system.UpdatesFolder)
				if err := os.MkdirAll(dir, 0o755); err != nil {
					t.Fatal(err)
				}
				keep := func(phase slots.Phase) {
					r := slots.Record{Phase: phase, Order: slots.Order{Release: slots.Release{About: updates.About{Version: c.version}}}}
					if err := slots.Keep(dir, r); err != nil {
						t.Fatal(err)
					}
				}
				keep(c.phase)
				stop := m.run()
				time.Sleep(5 * time.Minute)
				if c.confirmed {
					keep(slots.Idle)
				}
				time.Sleep(time.Hour)
				if got := m.kernel.Ended(); !slices.Equal(got, c.want) {
					t.Errorf("ended %v, want %v", got, c.want)
				}
				stop()
			})
		})
	}
}
