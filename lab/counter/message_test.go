package counter_test

import (
	"strings"
	"testing"
	"time"

	"till/lab/counter"
)

// What the screen says to the cashier, state.json says too: not the banner alone.
func TestMessageIsWhatTheScreenSays(t *testing.T) {
	t.Parallel()
	d := program.Start(t)
	d.Online()
	says := func(screen, part string) {
		t.Helper()
		s := d.Await("the screen "+screen, 10*time.Second, func(s counter.State) bool { return s.Screen == screen })
		if !strings.Contains(s.Message, part) {
			t.Errorf("on %s the message is %q; want it to say %q", screen, s.Message, part)
		}
	}
	d.Next("decline")
	d.Amount("444")
	d.Scan(d.Code("alipay"))
	says("declined", "declined")
	d.Home()
	d.Next("walk-away")
	d.Amount("555")
	d.Scan(d.Code("wechat"))
	says("checking", "Do not take the money again")
	says("reversed", "did not confirm")
	d.Home()
	d.Link(false)
	d.Await("off line", 15*time.Second, func(s counter.State) bool { return !s.Online })
	d.Amount("666")
	d.Scan(d.Code("wechat"))
	says("offline", "Cash works")
}
