package device

import (
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// RTC is a clock with a battery. It is a hint: dates come from the cloud.
type RTC interface {
	// Read is its time, to the second.
	Read() (time.Time, error)
	Set(time.Time) error
}

// SystemClock sets the machine's clock, by which certificates are judged and logs
// are dated. Nothing else goes by it.
type SystemClock func(time.Time) error

// rtcPath is the first clock: the ds1307 family on I2C, or the Pi 5's own.
const rtcPath = "/dev/rtc0"

const (
	// rtcSlack is what a clock may be off by before it is set: it counts whole
	// seconds, and the cloud's time is known to half a round trip.
	rtcSlack = 2 * time.Second
	// hintSlack likewise, for the machine's clock at the start.
	hintSlack = time.Minute
)

// rtcEarliest is before till was written: no right clock is earlier. One whose
// battery was empty begins in 1970 or 2000.
var rtcEarliest = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// HintClock sets the machine's clock forward to the battery's, where it is
// behind: a Pi begins in 1970, when no certificate is valid yet. It reports
// whether the battery's time can be right.
func HintClock(rtc RTC, now func() time.Time, set SystemClock, log *slog.Logger) (usable bool, err error) {
	hint, err := rtc.Read()
	if err != nil {
		return false, err
	}
	if hint.Before(rtcEarliest) {
		log.Warn("the clock's battery is empty, or it was never set", "says", hint.UTC().Format(time.DateTime))
		return false, nil
	}
	behind := hint.Sub(now())
	if behind < hintSlack {
		return true, nil
	}
	if err := set(hint); err != nil {
		return true, fmt.Errorf("set the machine's clock by the battery's: %w", err)
	}
	log.Info("clock: set by the battery's, as a hint", "time", hint.UTC().Format(time.DateTime), "by", behind.Round(time.Second))
	return true, nil
}

// KeepClock sets the battery's clock to the cloud's time, where it is off.
func KeepClock(rtc RTC, cloud time.Time, log *slog.Logger) error {
	if cloud.Before(rtcEarliest) {
		return nil // whoever says so does not know
	}
	was, err := rtc.Read()
	if off := cloud.Sub(was); err == nil && off.Abs() < rtcSlack {
		return nil
	}
	// A clock that cannot be read may never have been set.
	if err := rtc.Set(cloud); err != nil {
		return err
	}
	log.Info("clock: the battery's set by the cloud's", "time", cloud.UTC().Format(time.DateTime), "was", was.UTC().Format(time.DateTime))
	return nil
}

// FakeRTC is a battery's clock for tests: it goes with the test's time, records
// what it was set to, and fails when told to.
type FakeRTC struct {
	mu      sync.Mutex
	at, set time.Time // what it said when the test's clock said set
	sets    []time.Time
	fail    error
}

var _ RTC = (*FakeRTC)(nil)

// NewFakeRTC says now at first.
func NewFakeRTC(now time.Time) *FakeRTC { return &FakeRTC{at: now, set: time.Now()} }

// Fail makes it fail with err; nil heals it.
func (f *FakeRTC) Fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail = err
}

// Sets is what it was set to, in turn.
func (f *FakeRTC) Sets() []time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]time.Time(nil), f.sets...)
}

// Read implements RTC.
func (f *FakeRTC) Read() (time.Time, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail != nil {
		return time.Time{}, f.fail
	}
	return f.at.Add(time.Since(f.set)).Truncate(time.Second).UTC(), nil
}

// Set implements RTC.
func (f *FakeRTC) Set(t time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail != nil {
		return f.fail
	}
	f.at, f.set = t, time.Now()
	f.sets = append(f.sets, t)
	return nil
}
