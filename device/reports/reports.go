// Package reports keeps what crashes left, as files of a folder, numbered:
// 000012-panic.txt. The newest stay. Customers' codes are not in them.
package reports

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"

	"till/device/redact"
	"till/durable"
)

// Folder is made with the first report.
type Folder struct {
	Path string
	Most int // reports that stay
}

var fileName = regexp.MustCompile(`^([0-9]{6})-(.+)\.txt$`)

// Names are the folder's files, oldest first.
func (f Folder) Names() ([]string, error) {
	entries, err := os.ReadDir(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if fileName.MatchString(e.Name()) {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

// Kind is what the report at path was kept as, "" if it is none.
func Kind(path string) string {
	if m := fileName.FindStringSubmatch(filepath.Base(path)); m != nil {
		return m[2]
	}
	return ""
}

// Keep writes one report, whole or not at all, and lets the oldest go. What it
// wrote is returned: a text without codes.
func (f Folder) Keep(kind string, report []byte) (path string, written []byte, err error) {
	if err := os.MkdirAll(f.Path, 0o700); err != nil {
		return "", nil, err
	}
	names, err := f.Names()
	if err != nil {
		return "", nil, err
	}
	number := 1
	if n := len(names); n > 0 {
		newest, _ := strconv.Atoi(names[n-1][:6]) // six digits, as fileName says
		number = newest%999_999 + 1
	}
	path = filepath.Join(f.Path, fmt.Sprintf("%06d-%s.txt", number, kind))
	written = redact.Codes(report)
	if err := durable.Write(path, written, 0o600); err != nil {
		return "", nil, err
	}
	for ; len(names) >= f.Most; names = names[1:] {
		if err := os.Remove(filepath.Join(f.Path, names[0])); err != nil {
			return "", nil, fmt.Errorf("let the oldest go: %w", err)
		}
	}
	return path, written, nil
}
