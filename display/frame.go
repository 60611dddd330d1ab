package display

import "image"

// Frame is a screen as drawn, and what on it can be pressed.
type Frame struct {
	Image   *image.RGBA
	Buttons []Placed // none overlaps another; also the disabled ones, and the keypad's keys

	number  int               // counts a painter's frames from 1; 0: of no painter
	changed []image.Rectangle // outside of them it is as its painter's frame before
}

// Placed is a button where it stands on the panel.
type Placed struct {
	ID, Label string
	Rect      image.Rectangle
	Enabled   bool
}

// Hit is the enabled button under p.
func (f *Frame) Hit(p image.Point) (Placed, bool) {
	for _, b := range f.Buttons {
		if b.Enabled && p.In(b.Rect) {
			return b, true
		}
	}
	return Placed{}, false
}

// Render draws v for a panel of size pixels. The same v and size always give
// the same frame. It holds from 320x240 up: smaller panels are re-flowed, not scaled.
func Render(v View, size image.Point) *Frame {
	c := newCanvas(v, size)
	c.render()
	return &Frame{Image: c.paint(), Buttons: c.placed}
}

// RowsThatFit is how many of a list's rows fit on a panel of size pixels, at
// least one; the caller pages by it.
func RowsThatFit(v View, size image.Point) int {
	c := newCanvas(v, size)
	box, _ := c.listBox()
	return max(1, (box.Dy()+c.m.gap/2)/(c.m.row+c.m.gap/2))
}

func (c *canvas) render() {
	c.fill(c.frame, c.t.ground)
	c.statusBar()
	c.testStrip()
	c.screen()
	c.trainingEdge()
}

func (c *canvas) screen() {
	switch c.v.Screen {
	case ScreenReady:
		c.ready()
	case ScreenCash:
		c.cash()
	case ScreenPIN:
		c.pin()
	case ScreenQR:
		c.qr()
	case ScreenEnrol:
		c.enrol()
	case ScreenCode:
		c.code()
	case ScreenMenu, ScreenList:
		c.list()
	default:
		if c.v.Keypad {
			c.pin()
			return
		}
		c.page()
	}
}
