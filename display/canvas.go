package display

import (
	"image"
	"image/color"

	"till/draw"
)

// canvas is a frame being laid out: what is drawn is kept as marks.
type canvas struct {
	v      View
	frame  image.Rectangle // the whole frame
	marks  []mark
	encode func(text string) (*draw.Matrix, error)
	m      metrics
	t      theme
	align  align           // of what is stacked
	body   image.Rectangle // what the status bar and the strip under it leave
	placed []Placed
	pair   func(fg, bg color.RGBA, px int, w draw.Weight) // told of every text drawn, if not nil
	cut    string                                         // a sentence that did not fit, if any
}

func newCanvas(v View, size image.Point) *canvas {
	size.X, size.Y = max(0, size.X), max(0, size.Y)
	for _, s := range []*string{&v.Title, &v.Detail, &v.Message} {
		*s = bounded(*s)
	}
	c := &canvas{
		v:      v,
		frame:  image.Rectangle{Max: size},
		encode: draw.QR,
		m:      metricsFor(size),
		t:      themeOf(v.Screen),
	}
	c.body = c.frame
	c.body.Min.Y += c.m.bar
	if v.Test || v.Training {
		c.body.Min.Y += c.m.test
	}
	c.body.Max.Y = max(c.body.Max.Y, c.body.Min.Y)
	return c
}

// maxSentence is the most runes of a sentence that are laid out: more could not
// be read, and would cost the time of many frames.
const maxSentence = 400

func bounded(s string) string {
	n := 0
	for i := range s {
		if n == maxSentence {
			return s[:i] + "…"
		}
		n++
	}
	return s
}

// inner is the body within its margins.
func (c *canvas) inner() image.Rectangle { return c.body.Inset(c.m.margin) }

// takeTop cuts height px and then gap px off the top of r.
func takeTop(r *image.Rectangle, height, gap int) image.Rectangle {
	cut := *r
	cut.Max.Y = min(r.Min.Y+height, r.Max.Y)
	r.Min.Y = min(cut.Max.Y+gap, r.Max.Y)
	return cut
}

// takeBottom cuts height px and then gap px off the bottom of r.
func takeBottom(r *image.Rectangle, height, gap int) image.Rectangle {
	cut := *r
	cut.Min.Y = max(r.Max.Y-height, r.Min.Y)
	r.Max.Y = max(cut.Min.Y-gap, r.Min.Y)
	return cut
}

// takeRight cuts width px and then gap px off the right of r.
func takeRight(r *image.Rectangle, width, gap int) image.Rectangle {
	cut := *r
	cut.Min.X = max(r.Max.X-width, r.Min.X)
	r.Max.X = max(cut.Min.X-gap, r.Min.X)
	return cut
}

// takeLeft cuts width px and then gap px off the left of r.
func takeLeft(r *image.Rectangle, width, gap int) image.Rectangle {
	cut := *r
	cut.Max.X = min(r.Min.X+width, r.Max.X)
	r.Min.X = min(cut.Max.X+gap, r.Max.X)
	return cut
}

// banner is the transient message. It stands in room its screen keeps for it.
func (c *canvas) banner(box image.Rectangle) {
	if c.v.Message == "" {
		return
	}
	c.roundRect(box, c.m.corner/2, c.t.bannerFill)
	c.block(c.bannerText(box), draw.Medium, c.m.text-2, left, c.v.Message, c.t.bannerInk, c.t.bannerFill)
}

// bannerText is the room for words in a banner.
func (c *canvas) bannerText(box image.Rectangle) image.Rectangle {
	side, over := c.m.corner, c.m.gap/2
	return image.Rect(box.Min.X+side, box.Min.Y+over, box.Max.X-side, box.Max.Y-over)
}

// bannerFits tells whether the message is readable in a banner that fills box.
func (c *canvas) bannerFits(box image.Rectangle) bool {
	in := c.bannerText(box)
	f := face(draw.Medium, c.m.least)
	lines, whole := wrap(f, c.v.Message, in.Dx())
	return whole && blockHeight(f, len(lines)) <= in.Dy()
}
