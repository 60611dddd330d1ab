package display

import (
	"errors"
	"fmt"
	"image"
	"sync"
)

// ErrUnplugged is the error of Draw while the display is not there. It is no
// fault of the terminal's: it sells by sound, light and paper meanwhile.
var ErrUnplugged = errors.New("no display is plugged in")

// Checked is a Surface that finds out whether its panel is still there.
type Checked interface {
	Surface
	// Check fails when the panel is gone, or is another than was opened.
	Check() error
}

// Hotplug is a display that may be pulled out and plugged in again. Look opens
// it when it comes, and lets go of it when it is gone. Safe for concurrent use.
type Hotplug struct {
	open func() (Surface, error)

	looking sync.Mutex // held by Look: opening takes its time, and holds up no Draw

	mu      sync.Mutex
	surface Surface // nil: not there
	fresh   bool    // opened, and nothing of it is drawn yet
	size    image.Point
	closed  bool
}

var (
	_ Surface = (*Hotplug)(nil)
	_ Lamp    = (*Hotplug)(nil)
)

// NewHotplug is a display that is open already, or nil, and that open opens anew.
// Until there is one frames are of size.
func NewHotplug(now Surface, size image.Point, open func() (Surface, error)) *Hotplug {
	h := &Hotplug{open: open, surface: now, fresh: true, size: size}
	if now != nil {
		h.size = now.Size()
	}
	return h
}

// Look finds out whether the display came or went: changed says so. The error
// is why it went, or why it cannot be opened; a display that is merely not there
// has one too.
func (h *Hotplug) Look() (changed bool, err error) {
	h.looking.Lock()
	defer h.looking.Unlock()
	there, err := h.check()
	if there || errors.Is(err, errClosed) {
		return false, err
	}
	gone := err
	surface, err := h.open()
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case err != nil && gone != nil:
		return true, errors.Join(gone, err)
	case err != nil:
		return false, err
	case h.closed:
		return false, errors.Join(errClosed, surface.Close())
	}
	h.surface, h.fresh, h.size = surface, true, surface.Size()
	return true, nil
}

// check lets go of a panel that is gone, and says whether one is there.
func (h *Hotplug) check() (there bool, why error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.closed:
		return false, errClosed
	case h.surface == nil:
		return false, nil
	}
	c, ok := h.surface.(Checked)
	if !ok {
		return true, nil
	}
	if err := c.Check(); err != nil {
		return false, fmt.Errorf("the display is gone: %w", errors.Join(err, h.letGo()))
	}
	return true, nil
}

// letGo closes the panel; mu is held.
func (h *Hotplug) letGo() error {
	err := h.surface.Close()
	h.surface = nil
	return err
}

// Fresh says that a display was opened of which nothing is drawn yet.
func (h *Hotplug) Fresh() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.surface != nil && h.fresh
}

// There says whether a display is plugged in.
func (h *Hotplug) There() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.surface != nil
}

// Size implements Surface. Another display may have another: then the next Draw
// of a part fails, so that all is drawn.
func (h *Hotplug) Size() image.Point {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.size
}

// Draw implements Surface. A display that was just opened shows nothing of the
// frames before, so a part of one is refused.
func (h *Hotplug) Draw(frame *image.RGBA, r image.Rectangle) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.closed:
		return errClosed
	case h.surface == nil:
		return ErrUnplugged
	case h.fresh && r != frame.Rect:
		return fmt.Errorf("draw %v of a frame on a display that was just plugged in: it takes a whole one first", r)
	}
	if err := h.surface.Draw(frame, r); err != nil {
		return err
	}
	h.fresh = false
	return nil
}

// Light implements Lamp. A display that is not there is dark.
func (h *Hotplug) Light(on bool) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.closed:
		return errClosed
	case h.surface == nil:
		return nil
	}
	return SwitchLight(h.surface, on)
}

// Close implements Surface.
func (h *Hotplug) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil
	}
	h.closed = true
	if h.surface == nil {
		return nil
	}
	return h.letGo()
}
