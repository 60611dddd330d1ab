package tillcmd

import (
	"errors"
	"image"
	"image/draw"
	"slices"
	"time"

	"till/checkout"
	"till/display"
)

// lamp is whether the displays are lit: they go dark when nobody has done
// anything for a while, and never while a sale is open.
type lamp struct {
	after time.Duration // 0: never
	since time.Time     // someone did something, or something was under way
	dark  bool
}

// wait is until it goes dark; false if it does not.
func (l lamp) wait(now time.Time) (time.Duration, bool) {
	return max(l.since.Add(l.after).Sub(now), time.Millisecond), l.after > 0 && !l.dark
}

// idleScreens are those that may go dark: what is under way, and what is wrong,
// is to be seen.
var idleScreens = []checkout.Screen{checkout.Ready, checkout.Menu, checkout.Sales, checkout.OneSale, checkout.About}

// idle says that nothing is under way at the counter.
func (t *terminal) idle() bool {
	s := t.counter.State()
	_, onScreen := s.OnScreen()
	return !onScreen && !s.Begun() && slices.Contains(idleScreens, s.Screen)
}

// awake says that someone did something, and tells whether it was dark. The next
// refresh lights what is dark.
func (t *terminal) awake() (wasDark bool) {
	wasDark = t.lamp.dark
	t.lamp.since = time.Now()
	return wasDark
}

// dim decides whether it is dark, and says whether that is another than before.
func (t *terminal) dim() (turned bool) {
	now := time.Now()
	if !t.idle() || t.lamp.dark && t.displayFresh() { // one that was just plugged in shows something
		t.lamp.since = now
	}
	dark := t.lamp.after > 0 && now.Sub(t.lamp.since) >= t.lamp.after
	turned = dark != t.lamp.dark
	t.lamp.dark = dark
	return turned
}

func (t *terminal) displayFresh() bool {
	h, ok := t.device.Display.(*display.Hotplug)
	return ok && h.Fresh()
}

// switchLight switches the displays' light. Where it has no switch a black
// picture has to do.
func (t *terminal) switchLight() {
	if t.device.Light == nil {
		return
	}
	if err := t.device.Light(!t.lamp.dark); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		t.log.Warn("display", "err", err)
	}
}

func blackFrame(size image.Point) *image.RGBA {
	m := image.NewRGBA(image.Rectangle{Max: size})
	draw.Draw(m, m.Rect, image.Black, image.Point{}, draw.Src)
	return m
}
