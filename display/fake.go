package display

import (
	"image"
	"sync"
)

// Fake is a surface for tests: it shows as PNG does, records what it was sent,
// and fails when told to.
type Fake struct {
	*PNG
	mu    sync.Mutex
	drawn []image.Rectangle
	fail  error
	after int
	dark  bool
}

var (
	_ Surface = (*Fake)(nil)
	_ Lamp    = (*Fake)(nil)
)

// NewFake is a fake panel of size pixels.
func NewFake(size image.Point) *Fake { return &Fake{PNG: NewPNG(size)} }

// Fail makes Draw succeed n times more and then fail with err until Fail is
// called again; a nil err heals it.
func (f *Fake) Fail(n int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.after, f.fail = n, err
}

// Draw implements Surface.
func (f *Fake) Draw(frame *image.RGBA, r image.Rectangle) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail != nil {
		if f.after == 0 {
			return f.fail
		}
		f.after--
	}
	if err := f.PNG.Draw(frame, r); err != nil {
		return err
	}
	f.drawn = append(f.drawn, r)
	return nil
}

// Light implements Lamp.
func (f *Fake) Light(on bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail != nil && f.after == 0 {
		return f.fail
	}
	f.dark = !on
	return nil
}

// Dark says whether the light is off.
func (f *Fake) Dark() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.dark
}

// Drawn is the rectangles drawn since the last call.
func (f *Fake) Drawn() []image.Rectangle {
	f.mu.Lock()
	defer f.mu.Unlock()
	drawn := f.drawn
	f.drawn = nil
	return drawn
}
