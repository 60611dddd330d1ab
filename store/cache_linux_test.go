package store_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// A commit dirties the pages it writes, and not the larger pieces in which the
// kernel may keep the file: neither in a new segment nor in one opened at boot.
func TestCommitDirtiesItsPagesAlone(t *testing.T) {
	dir := t.TempDir() // on a disk, if there is one
	const sales = 30
	n := 0
	for _, when := range []string{"new", "opened again"} {
		j := open(t, dir, options())
		before, counted := j.BytesWritten(), dirtied(t)
		for range sales {
			n++
			sell(t, j, n)
		}
		wrote, counts := int(j.BytesWritten()-before), dirtied(t)-counted
		switch {
		case counts == 0:
			t.Skip("the kernel counts no writes here: a file system in memory")
		case counts > wrote*5/4:
			t.Errorf("%s: the kernel counts %d bytes of %d that were written", when, counts, wrote)
		}
		closeChecked(t, j)
	}
}

// dirtied is what this process has sent to disks, as the kernel counts it, in bytes.
func dirtied(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/io")
	if err != nil {
		t.Skip(err)
	}
	for line := range strings.Lines(string(text)) {
		var n int
		if _, err := fmt.Sscanf(line, "write_bytes: %d", &n); err == nil {
			return n
		}
	}
	t.Skip("the kernel does not count writes")
	return 0
}
