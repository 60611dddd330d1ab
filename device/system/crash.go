package system

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"till/device/reports"
)

// How terminals ended that ended by a fault is kept as files of crashFolder,
// numbered, the newest maxCrashes of them. So is what the board's memory that
// outlives a reset (ramoops) holds of the last run: pstore shows it as files,
// which are taken away once they are on the card (kernel,
// Documentation/admin-guide/ramoops.rst). A panic of the kernel's is among them
// too: that one is left to the terminal, which reports it (device.CrashRing).
const (
	pstoreFolder = "/sys/fs/pstore"
	crashFolder  = ownFolder + "/crash"
	userMemory   = "/dev/pmsg0" // pstore's part for programs
	maxCrashes   = 20
	maxReport    = 256 << 10 // bytes
)

// orderlyEnd is the last line in the kernel's log of a run that ended in order:
// the console's part of ramoops is kept only where it is missing.
const orderlyEnd = "the system ended in order"

func (s *System) collectCrash(context.Context) error {
	entries, err := os.ReadDir(s.path(pstoreFolder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return fmt.Errorf("read the crash memory: %w", err)
	}
	var faults []error
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), "console-") && !strings.HasPrefix(e.Name(), "pmsg-") {
			continue
		}
		source := filepath.Join(s.path(pstoreFolder), e.Name())
		raw, err := readUpTo(source, maxReport)
		if err == nil && !(strings.HasPrefix(e.Name(), "console-") && bytes.Contains(raw, []byte(orderlyEnd))) {
			if err = s.keepCrash(e.Name(), raw); err == nil {
				s.log.Warn("kept what the last crash left", "name", e.Name(), "bytes", len(raw))
			}
		}
		if err == nil {
			err = os.Remove(source)
		}
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

func (s *System) keepCrash(name string, report []byte) error {
	if _, _, err := (reports.Folder{Path: s.path(crashFolder), Most: maxCrashes}).Keep(name, report); err != nil {
		return fmt.Errorf("keep a crash report: %w", err)
	}
	return nil
}

// terminalCrashed keeps the last words of a terminal that ended by a fault: on
// the card, and in the memory that outlives a reset, should the card be at fault.
func (s *System) terminalCrashed(e Exit, ran time.Duration, words []byte) {
	how := fmt.Sprintf("status %d", e.Status)
	if e.Signal != "" {
		how = "signal " + e.Signal
	}
	report := fmt.Appendf(nil, "till %s, slot %d, ended with %s after %v\n\n%s", s.Version, s.card.Slot, how, ran.Round(time.Millisecond), words)
	if err := s.keepCrash("till", report); err != nil {
		s.log.Error("crash report", "err", err)
	}
	err := writeExisting(s.path(userMemory), report[:min(len(report), 8<<10)])
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // this board may keep none
		s.log.Error("crash report in memory", "err", err)
	}
}
