package device

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Inside the package: the kernel's struct is no one else's business.
func TestRTCFields(t *testing.T) {
	at := time.Date(2026, 11, 24, 23, 59, 58, 0, time.UTC)
	want := unix.RTCTime{Sec: 58, Min: 59, Hour: 23, Mday: 24, Mon: 10, Year: 126} // linux/rtc.h: months from 0, years from 1900
	if got := rtcFields(at.Add(300 * time.Millisecond).In(time.FixedZone("", 3600))); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := rtcTime(want); !got.Equal(at) {
		t.Errorf("%v, want %v", got, at)
	}
	if _, err := openRTC("/dev/none"); err == nil {
		t.Error("a clock that is not there was opened")
	}
}
