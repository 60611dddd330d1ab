package bench

import (
	"context"
	"slices"
	"time"
)

// interleave runs each of runs in turn, rounds times, and returns the median of each.
func interleave(ctx context.Context, rounds int, runs ...func() (float64, error)) ([]float64, error) {
	all := make([][]float64, len(runs))
	for range rounds {
		for i, run := range runs {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			x, err := run()
			if err != nil {
				return nil, err
			}
			all[i] = append(all[i], x)
		}
	}
	medians := make([]float64, len(runs))
	for i, list := range all {
		medians[i] = median(list)
	}
	return medians, nil
}

func median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}

// timed is the median of n runs of op, in unit.
func timed(n int, unit time.Duration, op func() error) (float64, error) {
	times := make([]float64, n)
	for i := range times {
		begin := time.Now()
		if err := op(); err != nil {
			return 0, err
		}
		times[i] = in(unit, time.Since(begin))
	}
	return median(times), nil
}

// average is for what is too short to be timed alone: op again and again for at
// least so long, in unit each.
func average(long, unit time.Duration, op func() error) (float64, error) {
	begin := time.Now()
	for n := 1; ; n++ {
		if err := op(); err != nil {
			return 0, err
		}
		if d := time.Since(begin); d >= long {
			return in(unit, d) / float64(n), nil
		}
	}
}

func in(unit, d time.Duration) float64 { return float64(d) / float64(unit) }
