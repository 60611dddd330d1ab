package display

import (
	"image"
)

// None is the surface of a terminal without a display: it draws nowhere, and
// the terminal sells by sound, light and paper.
type None struct {
	size   image.Point
	closed bool
}

var (
	_ Surface = (*None)(nil)
	_ Lamp    = (*None)(nil)
)

// NewNone takes frames of size pixels.
func NewNone(size image.Point) *None { return &None{size: size} }

// Size implements Surface.
func (n *None) Size() image.Point { return n.size }

// Draw implements Surface.
func (n *None) Draw(frame *image.RGBA, r image.Rectangle) error {
	if err := checkDraw(n.size, frame, r); err != nil {
		return err
	}
	if n.closed {
		return errClosed
	}
	return nil
}

// Light implements Lamp: it is always dark.
func (n *None) Light(bool) error { return nil }

// Close implements Surface.
func (n *None) Close() error {
	n.closed = true
	return nil
}
