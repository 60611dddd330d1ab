package display

import (
	"image"
	"image/color"
	"math"

	"till/draw"
)

// markKind is what a mark is.
type markKind uint8

const (
	markFill    markKind = iota // the whole of rect
	markArc                     // a disc, or a corner's quarter of one. n: its centre from rect's corner and its radius, in units
	markOctagon                 // fills the square rect
	markStroke                  // n: from x, y to x, y and the width, in thousandths of rect
	markRing                    // n: width in px, from, parts, whole
	markPolygon                 // n: corners in thousandths of rect, x and y of each in turn
	markText                    // n: em size in px, x, baseline
	markCode                    // fills the square rect
)

// mark is one thing on a frame. Marks are painted in their order, each over
// those before it; equal ones paint the same.
type mark struct {
	kind markKind
	rect image.Rectangle // nothing outside is painted
	with color.RGBA
	n    [10]int

	corners int
	text    string
	weight  draw.Weight
	code    *draw.Matrix
}

// add puts m over what is on the canvas.
func (c *canvas) add(m mark) {
	if m.rect.Overlaps(c.frame) {
		c.marks = append(c.marks, m)
	}
}

// paint makes the frame that was laid out.
func (c *canvas) paint() *image.RGBA {
	img := image.NewRGBA(c.frame)
	paintMarks(img, c.marks)
	return img
}

// paintMarks paints marks as far as they lie in img.
func paintMarks(img *image.RGBA, marks []mark) {
	for i := range marks {
		if marks[i].rect.Overlaps(img.Rect) {
			marks[i].paint(img)
		}
	}
}

func (m *mark) paint(img *image.RGBA) {
	r, n := m.rect, &m.n
	switch m.kind {
	case markFill:
		fillRect(img, r, m.with)
	case markArc:
		cx, cy, radius := n[0], n[1], n[2]
		paintShape(img, r, m.with, func(x, y int) bool {
			dx, dy := x-cx, y-cy
			return dx*dx+dy*dy <= radius*radius
		})
	case markOctagon:
		side := r.Dx() * unit
		cut := side * 293 / 1000 // 1 - 1/sqrt 2
		paintShape(img, r, m.with, func(x, y int) bool {
			mx, my := side-x, side-y
			return x+y >= cut && mx+y >= cut && x+my >= cut && mx+my >= cut
		})
	case markStroke:
		paintStroke(img, r, m.with, image.Pt(n[0], n[1]), image.Pt(n[2], n[3]), n[4])
	case markRing:
		paintRing(img, r, m.with, n[0], n[1], n[2], n[3])
	case markPolygon:
		paintPolygon(img, r, m.with, n[:2*m.corners])
	case markText:
		face(m.weight, n[0]).Draw(img, n[1], n[2], m.text, m.with)
	case markCode:
		_, _ = m.code.Draw(img, r) // rect is where it fits
	}
}

// Shapes are drawn with integers alone, four by four samples a pixel, so that a
// frame is the same to the bit on every processor.
const (
	samples = 4
	unit    = 2 * samples // shape coordinates in a pixel; samples lie at odd ones
)

func fillRect(img *image.RGBA, r image.Rectangle, with color.RGBA) {
	r = r.Intersect(img.Rect)
	if r.Empty() {
		return
	}
	first := img.Pix[img.PixOffset(r.Min.X, r.Min.Y):][:r.Dx()*4]
	for i := 0; i < len(first); i += 4 {
		first[i], first[i+1], first[i+2], first[i+3] = with.R, with.G, with.B, 255
	}
	for y := r.Min.Y + 1; y < r.Max.Y; y++ {
		copy(img.Pix[img.PixOffset(r.Min.X, y):], first)
	}
}

// paintShape paints the part of r where inside holds. Coordinates given to
// inside are in units from r's corner, unit to the pixel.
func paintShape(img *image.RGBA, r image.Rectangle, with color.RGBA, inside func(x, y int) bool) {
	visible := r.Intersect(img.Rect)
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
			px := img.Pix[img.PixOffset(x, y):][:4:4]
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

func paintStroke(img *image.RGBA, r image.Rectangle, with color.RGBA, a, b image.Point, width int) {
	side := r.Dx() * unit
	at := func(p image.Point) (int, int) { return p.X * side / 1000, p.Y * side / 1000 }
	ax, ay := at(a)
	bx, by := at(b)
	half := width * side / 2000
	dx, dy := bx-ax, by-ay
	length := dx*dx + dy*dy
	paintShape(img, r, with, func(x, y int) bool {
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

func paintRing(img *image.RGBA, r image.Rectangle, with color.RGBA, width, from, parts, whole int) {
	o := r.Dx() * unit / 2
	in := o - width*unit
	full := parts >= whole
	sx, sy := direction(from, whole)
	ex, ey := direction(from+parts, whole)
	wide := 2*parts > whole
	paintShape(img, r, with, func(x, y int) bool {
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

func paintPolygon(img *image.RGBA, r image.Rectangle, with color.RGBA, corners []int) {
	side := r.Dx() * unit
	var at [10]int
	for i, v := range corners {
		at[i] = v * side / 1000
	}
	n := len(corners)
	paintShape(img, r, with, func(x, y int) bool {
		for i := 0; i < n; i += 2 {
			j := (i + 2) % n
			px, py, qx, qy := at[i], at[i+1], at[j], at[j+1]
			if (qx-px)*(y-py)-(qy-py)*(x-px) < 0 {
				return false
			}
		}
		return true
	})
}
