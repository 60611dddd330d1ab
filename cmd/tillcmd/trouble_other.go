//go:build !linux

package tillcmd

import "math"

// spaceOf is for boards, which run Linux; elsewhere there is always room.
func spaceOf(string) (space, error) { return space{free: math.MaxInt64}, nil }
