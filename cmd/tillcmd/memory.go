package tillcmd

import (
	"runtime/debug"
	"time"
)

// The firmware shares as little as 512 MB with the kernel and the card's cache,
// and most of its heap is fonts and frames, which hold no pointers: collecting
// often costs little and keeps the heap a quarter above what is in use, not twice.
const (
	heapGrowth = 25 // percent
	// afterStart is when what only starting needed is given back: a copy of the fonts.
	afterStart = 2 * time.Second
)

// keepSmall bounds this process's memory until stop.
func keepSmall() (stop func()) {
	before := debug.SetGCPercent(heapGrowth)
	timer := time.AfterFunc(afterStart, debug.FreeOSMemory)
	return func() {
		timer.Stop()
		debug.SetGCPercent(before)
	}
}
