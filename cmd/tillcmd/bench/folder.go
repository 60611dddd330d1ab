package bench

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// folder is where a run keeps its files: a new folder inside the one it was told.
type folder struct {
	work string // removed with all that is in it
	made string // what had to be made to hold it, outermost; empty if all was there
}

// openFolder makes a place for a run in data. It refuses a folder that holds a
// terminal's journal: what is measured fills disks and prunes journals.
func openFolder(data string) (folder, error) {
	f := folder{}
	parent := data
	if data == "" {
		parent = os.TempDir()
	} else {
		if found, err := journalIn(data); err != nil {
			return folder{}, fmt.Errorf("look into %s: %w", data, err)
		} else if found != "" {
			return folder{}, fmt.Errorf("%s holds a terminal's journal (%s): name another folder on that disk with -data", data, found)
		}
		var err error
		if f.made, err = makeFolders(data); err != nil {
			return folder{}, fmt.Errorf("make the folder to measure in: %w", err)
		}
	}
	work, err := os.MkdirTemp(parent, "till-bench-")
	if err != nil {
		return folder{}, errors.Join(fmt.Errorf("make the folder to measure in: %w", err), f.remove())
	}
	f.work = work
	return f, nil
}

// journalIn finds a segment in a folder, or in one it holds.
func journalIn(dir string) (string, error) {
	for _, pattern := range []string{"", "*"} {
		entries, err := os.ReadDir(dir)
		if errors.Is(err, fs.ErrNotExist) {
			return "", nil
		}
		if err != nil {
			return "", err
		}
		for _, e := range entries {
			if isSegment(e.Name()) {
				return e.Name(), nil
			}
			if pattern == "" || !e.IsDir() {
				continue
			}
			below, err := os.ReadDir(filepath.Join(dir, e.Name()))
			if err != nil {
				continue // not ours to read, so no journal of this till
			}
			for _, b := range below {
				if isSegment(b.Name()) {
					return filepath.Join(e.Name(), b.Name()), nil
				}
			}
		}
	}
	return "", nil
}

// isSegment knows a journal's file by its name, half-made ones too (see package store).
func isSegment(name string) bool {
	return strings.HasPrefix(name, "journal-") && strings.Contains(name, ".bolt")
}

// makeFolders is MkdirAll that says which was the outermost folder it made.
func makeFolders(dir string) (made string, err error) {
	for at := filepath.Clean(dir); ; at = filepath.Dir(at) {
		if _, err := os.Stat(at); err == nil {
			break
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		made = at
	}
	return made, os.MkdirAll(dir, 0o700)
}

// remove removes the run's files, and the folders made for it if nobody else
// has put anything there meanwhile.
func (f folder) remove() error {
	if f.work != "" {
		if err := os.RemoveAll(f.work); err != nil {
			return fmt.Errorf("remove what was measured with: %w", err)
		}
	}
	if f.made == "" {
		return nil
	}
	var inner []string // innermost last
	err := filepath.WalkDir(f.made, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			inner = append(inner, path)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("remove the folder that was made: %w", err)
	}
	for i := len(inner) - 1; i >= 0; i-- {
		_ = os.Remove(inner[i]) // fails where somebody has put something: it is theirs then
	}
	return nil
}
