package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// SetAside renames a journal's folder that cannot be used, so that a new one can
// be begun in its place, and says under which epoch: one more than the folder's.
// Its records stay for support; those never sent are in no ledger.
func SetAside(dir string) (aside string, epoch uint32, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", 0, fmt.Errorf("set the journal aside: %w", err)
	}
	epoch = 1
	for _, entry := range entries {
		if e, _, ok := parseSegmentName(entry.Name()); ok {
			epoch = max(epoch, e+1)
		}
	}
	dir = filepath.Clean(dir)
	for n := 1; ; n++ {
		aside = fmt.Sprintf("%s.aside-%d", dir, n)
		if _, err := os.Lstat(aside); errors.Is(err, os.ErrNotExist) {
			break
		}
	}
	if err := os.Rename(dir, aside); err != nil {
		return "", 0, fmt.Errorf("set the journal aside: %w", err)
	}
	if err := makeFolder(dir); err != nil {
		return aside, epoch, fmt.Errorf("set the journal aside: %w", err)
	}
	return aside, epoch, nil
}
