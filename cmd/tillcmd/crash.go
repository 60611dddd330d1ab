package tillcmd

import (
	"log/slog"
	"path/filepath"

	"till/device"
)

// CrashFolder is the crash ring's, in the folder of a terminal's data.
const CrashFolder = "crash"

// keepCrashes takes what the last run and the last boot left, and has the traces
// of this run kept until disarm is called. A disk that cannot be written holds up
// nothing.
func keepCrashes(data string, log *slog.Logger) (found []device.Crash, disarm func()) {
	ring := device.NewCrashRing(filepath.Join(data, CrashFolder))
	found, err := ring.Collect(device.PstoreFolder)
	if err != nil {
		log.Warn("crash", "err", err)
	}
	for _, c := range found {
		log.Error("the last run did not end in order", "kind", c.Kind, "what", c.What, "kept", c.Path)
	}
	end, err := ring.Arm()
	if err != nil {
		log.Warn("crash", "err", err)
		return found, func() {}
	}
	return found, func() {
		if err := end(); err != nil {
			log.Warn("crash", "err", err)
		}
	}
}
