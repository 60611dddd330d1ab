// Package mutants tries the simulation: deliberate bugs, each a small edit of
// the product, each compiled into a simulation of its own by an overlay, so that
// the tree stays as it is. A law that no seed can break with a bug in the code
// it guards holds nothing.
package mutants

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Mutant is one deliberate bug.
type Mutant struct {
	Name  string
	Bug   string // what it does wrong, as a sentence for the table of docs/reliability.md
	Edits []Edit
	Law   string // that catches it, as sim.Violation names it
}

// Edit replaces a text that occurs in a file exactly once.
type Edit struct {
	File     string // from the module's root, with slashes
	Old, New string
}

// apply makes a mutant's files, by path; root is the module's folder.
func (m Mutant) apply(root string) (map[string]string, error) {
	files := map[string]string{}
	for _, e := range m.Edits {
		text, edited := files[e.File]
		if !edited {
			raw, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(e.File)))
			if err != nil {
				return nil, fmt.Errorf("mutant %s: %w", m.Name, err)
			}
			text = string(raw)
		}
		if n := strings.Count(text, e.Old); n != 1 {
			return nil, fmt.Errorf("mutant %s: %s has this text %d times, where once is wanted; see that the table follows the code:\n%s",
				m.Name, e.File, n, e.Old)
		}
		files[e.File] = strings.Replace(text, e.Old, e.New, 1)
	}
	return files, nil
}
