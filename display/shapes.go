package display

import (
	"image"
	"image/color"
)

// fill paints r.
func (c *canvas) fill(r image.Rectangle, with color.RGBA) {
	c.add(mark{kind: markFill, rect: r, with: with})
}

// roundRect paints r with corners of radius px.
func (c *canvas) roundRect(r image.Rectangle, radius int, with color.RGBA) {
	radius = max(0, min(radius, r.Dx()/2, r.Dy()/2))
	c.fill(image.Rect(r.Min.X+radius, r.Min.Y, r.Max.X-radius, r.Max.Y), with)
	c.fill(image.Rect(r.Min.X, r.Min.Y+radius, r.Min.X+radius, r.Max.Y-radius), with)
	c.fill(image.Rect(r.Max.X-radius, r.Min.Y+radius, r.Max.X, r.Max.Y-radius), with)
	if radius == 0 {
		return
	}
	square := image.Rect(0, 0, radius, radius)
	full := radius * unit
	for _, corner := range []struct{ x, y, cx, cy int }{ // where it stands, and the circle's centre in it
		{r.Min.X, r.Min.Y, full, full},
		{r.Max.X - radius, r.Min.Y, 0, full},
		{r.Min.X, r.Max.Y - radius, full, 0},
		{r.Max.X - radius, r.Max.Y - radius, 0, 0},
	} {
		c.add(mark{kind: markArc, rect: square.Add(image.Pt(corner.x, corner.y)), with: with, n: [10]int{corner.cx, corner.cy, full}})
	}
}

// frameRect is a filled round rectangle with an edge width px wide.
func (c *canvas) frameRect(r image.Rectangle, radius, width int, line, with color.RGBA) {
	c.roundRect(r, radius, line)
	c.roundRect(r.Inset(width), radius-width, with)
}

// disc paints the circle that fills the square r.
func (c *canvas) disc(r image.Rectangle, with color.RGBA) {
	o := r.Dx() * unit / 2
	c.add(mark{kind: markArc, rect: r, with: with, n: [10]int{o, o, o}})
}

// octagon paints the octagon, flat side up, that fills the square r.
func (c *canvas) octagon(r image.Rectangle, with color.RGBA) {
	c.add(mark{kind: markOctagon, rect: r, with: with})
}

// stroke paints a line with round ends, from a to b in thousandths of the square r, width too.
func (c *canvas) stroke(r image.Rectangle, with color.RGBA, a, b image.Point, width int) {
	c.add(mark{kind: markStroke, rect: r, with: with, n: [10]int{a.X, a.Y, b.X, b.Y, width}})
}

// ring paints the part of a ring that fills the square r from 12 o'clock on
// clockwise, of parts in whole; from is where it begins, likewise.
func (c *canvas) ring(r image.Rectangle, width int, with color.RGBA, from, parts, whole int) {
	if whole <= 0 || parts <= 0 {
		return
	}
	c.add(mark{kind: markRing, rect: r, with: with, n: [10]int{width, from, parts, whole}})
}

// polygon paints the convex shape with corners in thousandths of the square r,
// clockwise; there are at most five.
func (c *canvas) polygon(r image.Rectangle, with color.RGBA, corners ...image.Point) {
	m := mark{kind: markPolygon, rect: r, with: with, corners: len(corners)}
	for i, p := range corners {
		m.n[2*i], m.n[2*i+1] = p.X, p.Y
	}
	c.add(m)
}
