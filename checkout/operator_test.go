package checkout_test

import (
	"strings"
	"testing"
	"time"

	"till/checkout"
)

// TestWaitsGrowToAQuarterOfAnHour holds how long a PIN has to wait after each wrong one.
func TestWaitsGrowToAQuarterOfAnHour(t *testing.T) {
	for name, prepare := range map[string][]string{
		"to sign on":  {"operators"},
		"a manager's": {"operators", "badge MEI-0000-0001", "press menu", "press training"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCounter(t)
			for _, line := range prepare {
				if err := c.do(line); err != nil {
					t.Fatalf("%s: %v", line, err)
				}
			}
			asking := c.register.State.Screen
			wants := []time.Duration{0, 0, 10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second, 160 * time.Second, 320 * time.Second, 640 * time.Second}
			for n := range 60 {
				want := 15 * time.Minute
				if n < len(wants) {
					want = wants[n]
				}
				for _, line := range []string{"key 9 9 9 9 enter", "key 2 5 8 0"} {
					if err := c.do(line); err != nil {
						t.Fatal(err)
					}
				}
				if got := waits(t, c, asking); got != want {
					t.Fatalf("after %d wrong PINs the next waits %v, want %v", n+1, got, want)
				}
				if err := c.do("key esc"); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// waits is how long the keyed PIN cannot be entered. The screen is kept from going by itself.
func waits(t *testing.T, c *counter, asking checkout.Screen) time.Duration {
	began := c.at
	for {
		if c.register.State.Screen != asking {
			t.Fatalf("screen %s, want %s", c.register.State.Screen, asking)
		}
		for _, b := range strings.Fields(buttons(c.register.State)) {
			if b == "enter*" {
				return c.at.Sub(began).Round(time.Second)
			}
		}
		for _, line := range []string{"wait 10s", "key backspace 0"} {
			if err := c.do(line); err != nil {
				t.Fatal(err)
			}
		}
	}
}
