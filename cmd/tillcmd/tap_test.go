package tillcmd

import (
	"image"
	"testing"
	"time"

	"till/checkout"
)

func TestTap(t *testing.T) {
	type touch struct {
		at   image.Point
		when time.Duration
		on   checkout.Screen
		want bool // it counts for nothing
	}
	for name, touches := range map[string][]touch{
		"a digit twice":           {{image.Pt(10, 10), 0, checkout.Ready, false}, {image.Pt(12, 9), 90 * time.Millisecond, checkout.Ready, false}},
		"a button twice":          {{image.Pt(10, 10), 0, checkout.Ready, false}, {image.Pt(40, 20), 90 * time.Millisecond, checkout.TakeCash, true}},
		"three times":             {{image.Pt(10, 10), 0, checkout.Refunding, false}, {image.Pt(10, 10), 180 * time.Millisecond, checkout.OneSale, true}, {image.Pt(10, 10), 360 * time.Millisecond, checkout.OneSale, true}},
		"once it was read":        {{image.Pt(10, 10), 0, checkout.Ready, false}, {image.Pt(10, 10), 400 * time.Millisecond, checkout.TakeCash, false}},
		"elsewhere on the screen": {{image.Pt(10, 10), 0, checkout.Ready, false}, {image.Pt(10, 60), 90 * time.Millisecond, checkout.TakeCash, false}},
	} {
		var p tap
		for n, x := range touches {
			if got := p.again(x.at, x.when, x.on); got != x.want {
				t.Errorf("%s, touch %d: %v, want %v", name, n, got, x.want)
			}
		}
	}
}
