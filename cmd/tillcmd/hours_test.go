package tillcmd_test

import (
	"strings"
	"testing"
	"time"

	"till/cmd/tillcmd"
)

func TestHours(t *testing.T) {
	for _, c := range []struct {
		lines  string
		at     string // 2026-11-22 is a Sunday
		closed bool
	}{
		{"mon-fri 09:00-22:00", "23 08:29", true}, {"mon-fri 09:00-22:00", "23 08:31", false}, // half an hour before
		{"mon-fri 09:00-22:00", "23 21:59", false}, {"mon-fri 09:00-22:00", "23 22:00", true},
		{"mon-fri 09:00-22:00", "22 12:00", true}, {"mon-fri 09:00-22:00", "28 12:00", true},
		{"fri 18:00-02:00", "28 01:59", false}, {"fri 18:00-02:00", "28 02:00", true}, // Saturday's first hours
		{"sat 18:00-02:00", "22 01:00", false}, {"sat 18:00-02:00", "29 02:00", true}, // over the week's end
		{"sat-mon 10:00-11:00", "22 10:30", false}, {"sat-mon 10:00-11:00", "24 10:30", true},
		{"sun 00:10-10:00", "28 23:50", false}, // opens tomorrow, in less than half an hour
		{"daily 00:00-24:00", "25 03:00", false}, {"daily 05:00-02:00", "25 03:00", true}, {"daily 05:00-02:00", "25 04:40", false},
		{"Mon 09:00 - 12:00;mon 14:00-18:00", "23 13:00", true}, {"Mon 09:00 - 12:00;mon 14:00-18:00", "23 11:00", false},
	} {
		h, err := tillcmd.ParseHours(strings.Split(c.lines, ";"))
		if err != nil {
			t.Errorf("%s: %v", c.lines, err)
			continue
		}
		at, err := time.Parse("2006-01-02 15:04", "2026-11-"+c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := h.Closed(at, 30*time.Minute); got != c.closed {
			t.Errorf("%s, on %s %s: closed %v", c.lines, at.Weekday(), at.Format("15:04"), got)
		}
	}
	for _, bad := range []string{"", "mon", "mon 9-22", "mon 09:00", "xyz 09:00-10:00", "mon-xyz 09:00-10:00", "mon 09:00-25:00", "mon 24:00-10:00", "daily", "09:00-10:00"} {
		if h, err := tillcmd.ParseHours([]string{bad}); err == nil {
			t.Errorf("%q: %+v", bad, h)
		}
	}
}

func FuzzHours(f *testing.F) {
	f.Add("mon-fri 09:00-22:00", int64(1e9))
	f.Add("daily 00:00-24:00", int64(0))
	f.Fuzz(func(t *testing.T, line string, at int64) {
		h, err := tillcmd.ParseHours([]string{line})
		if err != nil {
			return
		}
		// A day it names is open at some time.
		begin := time.Unix(at%1e10, 0).UTC()
		for m := range 7 * 24 * 60 {
			if !h.Closed(begin.Add(time.Duration(m)*time.Minute), 0) {
				return
			}
		}
		t.Errorf("%q is never open", line)
	})
}
