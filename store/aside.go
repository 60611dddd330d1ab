package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"till/durable"
)

// asideMark comes between a journal's folder and the number of what was set aside.
const asideMark = ".aside-"

// NextEpoch is the epoch of the next journal to be begun in dir: one more than
// of any that is there, or was set aside from there; 1 if there was none. So a
// power cut between SetAside and the new journal's first file repeats no epoch.
func NextEpoch(dir string) (uint32, error) {
	dir = filepath.Clean(dir)
	folders := []string{dir}
	entries, err := os.ReadDir(filepath.Dir(dir))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return 0, fmt.Errorf("look for journals set aside: %w", err)
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), filepath.Base(dir)+asideMark) && entry.IsDir() {
			folders = append(folders, filepath.Join(filepath.Dir(dir), entry.Name()))
		}
	}
	next := uint32(1)
	for _, folder := range folders {
		entries, err := os.ReadDir(folder)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return 0, fmt.Errorf("look for journals set aside: %w", err)
		}
		for _, entry := range entries {
			if e, _, ok := parseSegmentName(entry.Name()); ok {
				next = max(next, e+1)
			}
		}
	}
	return next, nil
}

// SetAside renames a journal's folder that cannot be used, so that a new one can
// be begun in its place, and says under which epoch. Its records stay for
// support; those never sent are in no ledger.
func SetAside(dir string) (aside string, epoch uint32, err error) {
	epoch, err = NextEpoch(dir)
	if err != nil {
		return "", 0, fmt.Errorf("set the journal aside: %w", err)
	}
	dir = filepath.Clean(dir)
	for n := 1; ; n++ {
		aside = fmt.Sprintf("%s%s%d", dir, asideMark, n)
		if _, err := os.Lstat(aside); errors.Is(err, os.ErrNotExist) {
			break
		}
	}
	if err := os.Rename(dir, aside); err != nil {
		return "", 0, fmt.Errorf("set the journal aside: %w", err)
	}
	if err := durable.MakeFolder(dir); err != nil {
		return aside, epoch, fmt.Errorf("set the journal aside: %w", err)
	}
	return aside, epoch, nil
}
