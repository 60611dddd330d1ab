package display

import (
	"image"

	"till/draw"
)

// lineHeight is the room one line takes, px.
func (c *canvas) lineHeight(l Line) int {
	if l.Strong {
		return face(draw.Bold, c.m.title).Height()
	}
	return face(draw.Regular, c.m.small).Height()
}

// lines draws label left, value right, from the top of r on, as high as they
// wish to be or as the room allows.
func (c *canvas) lines(r image.Rectangle, lines []Line) {
	want := 0
	for _, l := range lines {
		want += c.lineHeight(l)
	}
	have := r.Dy()
	for _, l := range lines {
		h := c.lineHeight(l)
		if want > have {
			h = h * have / want
		}
		px := c.m.small
		if l.Strong {
			px = c.m.title
		}
		c.labelled(takeTop(&r, h, 0), l.Label, c.v.value(l), px, px)
	}
}

// labelled is one line: the label left in labelPx, the value right in valuePx.
// The value is never cut, so it takes what it needs first.
func (c *canvas) labelled(box image.Rectangle, label, value string, labelPx, valuePx int) {
	if box.Empty() {
		return
	}
	valuePx = fitLine(box, draw.Bold, valuePx, sizes[0], value)
	c.line(box, draw.Bold, valuePx, right, value, c.t.ink, c.t.ground)
	box.Max.X -= face(draw.Bold, valuePx).Measure(value) + c.m.gap
	if box.Dx() > 0 {
		c.line(box, draw.Regular, labelPx, left, label, c.t.muted, c.t.ground)
	}
}
