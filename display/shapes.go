package display

import (
	"image"
	"image/color"
	"math"
)

// Shapes are drawn with integers alone, four by four samples a pixel, so that a
// frame is the same to the bit on every processor.
const (
	samples = 4
	unit    = 2 * samples // shape coordinates in a pixel; samples lie at odd ones
)

// fill paints r.
func (c *canvas) fill(r image.Rectangle, with color.RGBA) {
	r = r.Intersect(c.img.Rect)
	if r.Empty() {
		return
	}
	first := c.img.Pix[c.img.PixOffset(r.Min.X, r.Min.Y):][:r.Dx()*4]
	for i := 0; i < len(first); i += 4 {
		first[i], first[i+1], first[i+2], first[i+3] = with.R, with.G, with.B, 255
	}
	for y := r.Min.Y + 1; y < r.Max.Y; y++ {
		copy(c.img.Pix[c.img.PixOffset(r.Min.X, y):], first)
	}
}

// shape paints the part of r where inside holds. Coordinates given to inside
// are in units from r's corner, unit to the pixel.
func (c *canvas) shape(r image.Rectangle, with color.RGBA, inside func(x, y int) bool) {
	visible := r.Intersect(c.img.Rect)
	const last = unit - 1
	for y := visible.Min.Y; y < visible.Max.Y; y++ {
		for x := visible.Min.X; x < visible.Max.X; x++ {
			ux, uy := (x-r.Min.X)*unit, (y-r.Min.Y)*unit
			n := 0
			for _, p := range [4][2]int{{1, 1}, {last, 1}, {1, last}, {last, last}} {
				if inside(ux+p[0], uy+p[1]) {
					n++
				}
			}
			switch n {
			case 0:
				continue
			case 4:
				n = samples * samples
			default: // an edge runs through this pixel
				n = 0
				for sy := 1; sy < unit; sy += 2 {
					for sx := 1; sx < unit; sx += 2 {
						if inside(ux+sx, uy+sy) {
							n++
						}
					}
				}
			}
			px := c.img.Pix[c.img.PixOffset(x, y):][:4:4]
			px[0] = mix(px[0], with.R, n)
			px[1] = mix(px[1], with.G, n)
			px[2] = mix(px[2], with.B, n)
		}
	}
}

// mix is under with n samples of over upon it.
func mix(under, over uint8, n int) uint8 {
	const all = samples * samples
	return uint8((int(under)*(all-n) + int(over)*n + all/2) / all)
}

// roundRect paints r with corners of radius px.
func (c *canvas) roundRect(r image.Rectangle, radius int, with color.RGBA) {
	radius = max(0, min(radius, r.Dx()/2, r.Dy()/2))
	c.fill(image.Rect(r.Min.X+radius, r.Min.Y, r.Max.X-radius, r.Max.Y), with)
	c.fill(image.Rect(r.Min.X, r.Min.Y+radius, r.Min.X+radius, r.Max.Y-radius), with)
	c.fill(image.Rect(r.Max.X-radius, r.Min.Y+radius, r.Max.X, r.Max.Y-radius), with)
	square := image.Rect(0, 0, radius, radius)
	full := radius * unit
	for _, corner := range []struct{ x, y, cx, cy int }{ // where it stands, and the circle's centre in it
		{r.Min.X, r.Min.Y, full, full},
		{r.Max.X - radius, r.Min.Y, 0, full},
		{r.Min.X, r.Max.Y - radius, full, 0},
		{r.Max.X - radius, r.Max.Y - radius, 0, 0},
	} {
		c.shape(square.Add(image.Pt(corner.x, corner.y)), with, func(x, y int) bool {
			dx, dy := x-corner.cx, y-corner.cy
			return dx*dx+dy*dy <= full*full
		})
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
	c.shape(r, with, func(x, y int) bool { return (x-o)*(x-o)+(y-o)*(y-o) <= o*o })
}

// octagon paints the octagon, flat side up, that fills the square r.
func (c *canvas) octagon(r image.Rectangle, with color.RGBA) {
	side := r.Dx() * unit
	cut := side * 293 / 1000 // 1 - 1/sqrt 2
	c.shape(r, with, func(x, y int) bool {
		mx, my := side-x, side-y
		return x+y >= cut && mx+y >= cut && x+my >= cut && mx+my >= cut
	})
}

// stroke paints a line with round ends, from a to b in thousandths of the square r, width too.
func (c *canvas) stroke(r image.Rectangle, with color.RGBA, a, b image.Point, width int) {
	side := r.Dx() * unit
	at := func(p image.Point) (int, int) { return p.X * side / 1000, p.Y * side / 1000 }
	ax, ay := at(a)
	bx, by := at(b)
	half := width * side / 2000
	dx, dy := bx-ax, by-ay
	length := dx*dx + dy*dy
	c.shape(r, with, func(x, y int) bool {
		px, py := x-ax, y-ay
		along := px*dx + py*dy
		switch {
		case along <= 0:
			return px*px+py*py <= half*half
		case along >= length:
			qx, qy := x-bx, y-by
			return qx*qx+qy*qy <= half*half
		default:
			across := int64(px*dy - py*dx)
			return across*across <= int64(half)*int64(half)*int64(length)
		}
	})
}

// ring paints the part of a ring that fills the square r from 12 o'clock on
// clockwise, of parts in whole; from is where it begins, likewise.
func (c *canvas) ring(r image.Rectangle, width int, with color.RGBA, from, parts, whole int) {
	if whole <= 0 || parts <= 0 {
		return
	}
	o := r.Dx() * unit / 2
	in := o - width*unit
	full := parts >= whole
	sx, sy := direction(from, whole)
	ex, ey := direction(from+parts, whole)
	wide := 2*parts > whole
	c.shape(r, with, func(x, y int) bool {
		dx, dy := x-o, y-o
		d := dx*dx + dy*dy
		if d > o*o || d < in*in {
			return false
		}
		if full {
			return true
		}
		afterStart := sx*dy-sy*dx >= 0 // clockwise, with y down
		beforeEnd := dx*ey-dy*ex >= 0
		if wide {
			return afterStart || beforeEnd
		}
		return afterStart && beforeEnd
	})
}

// direction points n parts of a whole turn clockwise from 12 o'clock.
func direction(n, whole int) (x, y int) {
	sin, cos := math.Sincos(2 * math.Pi * float64(n%whole) / float64(whole))
	return int(math.Round(sin * 1000)), int(math.Round(-cos * 1000))
}

// polygon paints the convex shape with corners in thousandths of the square r, clockwise.
func (c *canvas) polygon(r image.Rectangle, with color.RGBA, corners ...image.Point) {
	side := r.Dx() * unit
	c.shape(r, with, func(x, y int) bool {
		for i, p := range corners {
			q := corners[(i+1)%len(corners)]
			px, py := p.X*side/1000, p.Y*side/1000
			qx, qy := q.X*side/1000, q.Y*side/1000
			if (qx-px)*(y-py)-(qy-py)*(x-px) < 0 {
				return false
			}
		}
		return true
	})
}
