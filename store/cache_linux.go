package store

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// The kernel keeps a file in folios of one page or of many, as it was read or
// written, and a page that changes makes its whole folio count as written, of
// both meta pages at every commit. A segment is therefore cached page by page:
// measured, a sale counts as 70 KB written so, 118 KB in a segment just made and
// 227 KB in one that was read ahead at boot (write_bytes of /proc/self/io).

// readByPage keeps reads of f from reading ahead. Without the advice a file
// works all the same.
func readByPage(f *os.File) {
	_ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_RANDOM) // refused by file systems that cache nothing
}

// forgetCached drops what is cached of a synced file that nobody has open.
func forgetCached(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open segment: %w", err)
	}
	_ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED) // likewise
	return f.Close()
}
