package tillcmd

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Hours are when a shop is open, a week over, by its own clock.
type Hours struct{ spans []span }

// span is minutes since the week began, on Sunday at 0:00; to may lie in the next week.
type span struct{ from, to int }

const (
	dayMinutes  = 24 * 60
	weekMinutes = 7 * dayMinutes
)

// defaultHours leave three hours of the night to updates.
func defaultHours() Hours {
	h, err := ParseHours([]string{"daily 05:00-02:00"})
	if err != nil {
		panic(err) // it is the line above
	}
	return h
}

var dayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

const maxHours = 50 // lines

var errHours = errors.New(`want days and times, as "mon-fri 09:00-22:00", "sat 10:00-02:00" or "daily 09:00-18:00"`)

// ParseHours reads lines such as "mon-fri 09:00-22:00". A time of closing that is
// not after that of opening is the next day's. Days without a line are closed.
func ParseHours(lines []string) (Hours, error) {
	var h Hours
	if len(lines) > maxHours {
		return h, fmt.Errorf("more than %d lines", maxHours)
	}
	for _, line := range lines {
		days, times, ok := strings.Cut(strings.ToLower(strings.TrimSpace(line)), " ")
		from, to, ok2 := strings.Cut(strings.TrimSpace(times), "-")
		if !ok || !ok2 {
			return h, fmt.Errorf("%.60q: %w", line, errHours)
		}
		opens, err := minuteOf(from)
		closes, err2 := minuteOf(to)
		if err := errors.Join(err, err2); err != nil || opens == dayMinutes {
			return h, fmt.Errorf("%.60q: %w", line, errHours)
		}
		if closes <= opens {
			closes += dayMinutes
		}
		of, err := daysOf(days)
		if err != nil {
			return h, fmt.Errorf("%.60q: %w", line, err)
		}
		for _, day := range of {
			h.spans = append(h.spans, span{day*dayMinutes + opens, day*dayMinutes + closes})
		}
	}
	return h, nil
}

// openingHours is a setting.
func openingHours(c *Config, value any) error {
	var all []string
	if err := lines(func(_ *Config, l []string) { all = l })(c, value); err != nil {
		return err
	}
	h, err := ParseHours(all)
	c.Merchant.Hours = h
	return err
}

// minuteOf reads "09:00"; 24:00 is the day's end.
func minuteOf(s string) (int, error) {
	s = strings.TrimSpace(s)
	if s == "24:00" {
		return dayMinutes, nil
	}
	t, err := time.Parse("15:04", s)
	return t.Hour()*60 + t.Minute(), err
}

func daysOf(s string) ([]int, error) {
	if s == "daily" {
		return []int{0, 1, 2, 3, 4, 5, 6}, nil
	}
	first, last, isRange := strings.Cut(s, "-")
	if !isRange {
		last = first
	}
	from, to := slices.Index(dayNames, first), slices.Index(dayNames, last)
	if from < 0 || to < 0 {
		return nil, errHours
	}
	days := []int{from}
	for day := from; day != to; {
		day = (day + 1) % 7
		days = append(days, day)
	}
	return days, nil
}

// Closed says whether the shop is closed at a moment of its own clock, and stays so for a while.
func (h Hours) Closed(at time.Time, stays time.Duration) bool {
	minute := int(at.Weekday())*dayMinutes + at.Hour()*60 + at.Minute()
	for _, s := range h.spans {
		for _, m := range []int{minute - weekMinutes, minute, minute + weekMinutes} {
			if m < s.to && m+int(stays.Minutes()) >= s.from {
				return false
			}
		}
	}
	return true
}
