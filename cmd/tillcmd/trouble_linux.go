package tillcmd

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// spaceOf asks the file system that dir is on.
func spaceOf(dir string) (space, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return space{}, fmt.Errorf("ask for the free space of %s: %w", dir, err)
	}
	return space{
		free:     int64(s.Bavail) * int64(s.Bsize), //nolint:unconvert // the types differ between architectures
		readOnly: s.Flags&unix.ST_RDONLY != 0,
	}, nil
}
