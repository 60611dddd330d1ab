package checkout_test

import "testing"

// The machine may be started anew by itself only where nobody is in the middle of something.
func TestQuiet(t *testing.T) {
	c := newCounter(t)
	for _, s := range []struct {
		line  string
		quiet bool
	}{
		{"online", true}, {"key 5", false}, {"key 00", false}, {"press cash", false}, {"key esc", false},
		{"scan wechat", false}, {"wait 3s", false}, // checking
		{"press park", false}, {"key 2 5 8 0 enter", false}, {"press goods", false}, {"press done", true}, // parked, and waits
		{"answer approved", true}, {"paper", true}, {"press menu", true}, {"key esc", true},
		{"key 7 00", false}, {"press cash", false}, {"press exact", false}, {"press done", true}, // its receipt is not out yet
		{"reboot", true},
	} {
		if err := c.do(s.line); err != nil {
			t.Fatalf("%s: %v", s.line, err)
		}
		if got := c.register.State.Quiet(); got != s.quiet {
			t.Errorf("after %q, on %s: quiet %v", s.line, c.register.State.Screen, got)
		}
	}
}
