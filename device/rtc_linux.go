package device

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// linuxRTC is a clock of the kernel's (linux/rtc.h; kernel,
// Documentation/admin-guide/rtc.rst). It keeps UTC. The file is opened for each
// use: only one program may have it open.
type linuxRTC struct{ path string }

var _ RTC = linuxRTC{}

// openRTC is the clock at path; fs.ErrNotExist if there is none.
func openRTC(path string) (RTC, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("the battery's clock: %w", err)
	}
	return linuxRTC{path}, nil
}

// Read implements RTC.
func (r linuxRTC) Read() (time.Time, error) {
	f, err := os.Open(r.path)
	if err != nil {
		return time.Time{}, fmt.Errorf("read the battery's clock: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	v, err := unix.IoctlGetRTCTime(int(f.Fd()))
	if err != nil {
		return time.Time{}, fmt.Errorf("read the battery's clock (RTC_RD_TIME): %w", err)
	}
	return rtcTime(*v), nil
}

// Set implements RTC.
func (r linuxRTC) Set(t time.Time) error {
	f, err := os.OpenFile(r.path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("set the battery's clock: %w", err)
	}
	v := rtcFields(t)
	err = unix.IoctlSetRTCTime(int(f.Fd()), &v)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("set the battery's clock (RTC_SET_TIME): %w", err)
	}
	return nil
}

// rtcTime is struct rtc_time, whose months begin at 0 and years at 1900.
func rtcTime(v unix.RTCTime) time.Time {
	return time.Date(int(v.Year)+1900, time.Month(v.Mon+1), int(v.Mday), int(v.Hour), int(v.Min), int(v.Sec), 0, time.UTC)
}

func rtcFields(t time.Time) unix.RTCTime {
	t = t.UTC().Round(time.Second)
	return unix.RTCTime{
		Sec: int32(t.Second()), Min: int32(t.Minute()), Hour: int32(t.Hour()),
		Mday: int32(t.Day()), Mon: int32(t.Month()) - 1, Year: int32(t.Year()) - 1900,
	}
}

// SetSystemClock sets the machine's clock.
func SetSystemClock(t time.Time) error {
	v := unix.NsecToTimeval(t.UnixNano())
	return unix.Settimeofday(&v)
}
