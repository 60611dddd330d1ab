package flash

import (
	"fmt"
	"strings"
	"time"
)

// barWidth is the bar's own, in characters: with all beside it a line has less than 80.
const barWidth = 16

// String is a line that shows it: a bar, how much, how fast, how long still.
func (p Progress) String() string {
	share := 1.0
	if p.Total > 0 {
		share = float64(p.Done) / float64(p.Total)
	}
	full := int(share * barWidth)
	line := fmt.Sprintf("%-9s [%s%s] %3d%%  %s of %s", p.Phase,
		strings.Repeat("#", full), strings.Repeat(".", barWidth-full), int(share*100), Bytes(p.Done), Bytes(p.Total))
	// The first moments say nothing about the rest.
	if p.Took < time.Second/2 || p.Done <= 0 {
		return line
	}
	line += fmt.Sprintf("  %.1f MiB/s", float64(p.Done)/(1<<20)/p.Took.Seconds())
	if p.Done < p.Total {
		left := time.Duration(float64(p.Took) * float64(p.Total-p.Done) / float64(p.Done))
		line += "  " + short(left) + " left"
	}
	return line
}

// short is a duration in seconds, or minutes and seconds, rounded up.
func short(d time.Duration) string {
	s := int((d + time.Second - 1) / time.Second)
	if s < 60 {
		return fmt.Sprintf("%d s", s)
	}
	return fmt.Sprintf("%d:%02d min", s/60, s%60)
}
