package main

import (
	"os"
	"testing"
	"time"

	"till/lab/kill/apart"
)

func TestMain(m *testing.M) {
	if status, ran := apart.Main(); ran {
		os.Exit(status)
	}
	os.Exit(m.Run())
}

// TestLoad drives a small fleet, and kills the gateway under it.
func TestLoad(t *testing.T) {
	report, err := run(t.Context(), Options{
		Terminals: 50, For: 5 * time.Second, Every: 500 * time.Millisecond, Dial: 500, Kill: true, Pace: 50, Dir: t.TempDir(), Say: t.Logf,
	})
	if err != nil {
		t.Error(err)
	}
	if err := report.write(t.Output()); err != nil {
		t.Error(err)
	}
	if report.Sold < 50 || report.Sold <= report.SoldBefore || report.Charges == 0 || report.Paid.Count == 0 || report.Shown.Count == 0 {
		t.Errorf("hardly anything was sold: %+v", report)
	}
	if report.Process.RSS == 0 || report.Process.CPU == 0 || report.Acked.P50 == 0 {
		t.Errorf("hardly anything was measured: %+v", report)
	}
}

func TestPercentile(t *testing.T) {
	var all []time.Duration
	for i := range 100 {
		all = append(all, time.Duration(100-i))
	}
	if got := spread(all); got != (Spread{Count: 100, P50: 51, P99: 100, Max: 100}) {
		t.Errorf("spread of 1 to 100 is %+v", got)
	}
	if got := spread(nil); got != (Spread{}) {
		t.Errorf("spread of nothing is %+v", got)
	}
}
