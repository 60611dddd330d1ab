package display

import (
	"image"
	"slices"

	"till/draw"
)

// Painter draws one view after another for a panel, and paints only where they
// differ: a keyed digit costs what a digit covers. It is used from one goroutine.
type Painter struct {
	size   image.Point
	number int // of the newest frame
	img    *image.RGBA
	marks  []mark // what img shows
	spare  []mark // the room of those before

	text string // of the code encoded last, kept while the seconds beside it pass
	code *draw.Matrix
}

// NewPainter draws for a panel of size pixels.
func NewPainter(size image.Point) *Painter { return &Painter{size: size} }

// Render is what the function Render draws, to the pixel. The frame's image is
// the painter's: it is good until the next Render.
func (p *Painter) Render(v View) *Frame {
	return p.draw(newCanvas(v, p.size), (*canvas).render)
}

// RenderCustomer is what the function RenderCustomer draws, as Render does.
func (p *Painter) RenderCustomer(v CustomerView) *Frame {
	return p.draw(newCustomerCanvas(v, p.size), func(c *canvas) { c.customer(v) })
}

func (p *Painter) draw(c *canvas, layOut func(*canvas)) *Frame {
	c.encode, c.marks = p.encode, p.spare[:0]
	layOut(c)
	p.number++
	f := &Frame{Buttons: c.placed, number: p.number}
	if p.img == nil {
		p.img = c.paint()
		f.changed = []image.Rectangle{c.frame}
	} else {
		f.changed = damage(p.marks, c.marks, c.frame)
		for _, r := range f.changed {
			// SubImage of an RGBA is one: its documented result.
			paintMarks(p.img.SubImage(r).(*image.RGBA), c.marks)
		}
	}
	p.marks, p.spare, f.Image = c.marks, p.marks, p.img
	return f
}

// encode is draw.QR, which is asked for the same code again and again.
func (p *Painter) encode(text string) (*draw.Matrix, error) {
	if p.code != nil && p.text == text {
		return p.code, nil
	}
	code, err := draw.QR(text)
	if err != nil {
		return nil, err
	}
	p.text, p.code = text, code
	return code, nil
}

// damage is the rectangles of a frame outside which marks before and after paint
// the same: what only one of them has lies within. Every frame begins with a
// mark that fills it, so that painting after within damage is enough.
func damage(before, after []mark, frame image.Rectangle) []image.Rectangle {
	for len(before) > 0 && len(after) > 0 && before[0] == after[0] {
		before, after = before[1:], after[1:]
	}
	for len(before) > 0 && len(after) > 0 && before[len(before)-1] == after[len(after)-1] {
		before, after = before[:len(before)-1], after[:len(after)-1]
	}
	var all []image.Rectangle
	if len(before) == len(after) {
		for i := range before {
			if before[i] != after[i] {
				all = join(join(all, before[i].rect.Intersect(frame)), after[i].rect.Intersect(frame))
			}
		}
		return all
	}
	for _, m := range slices.Concat(before, after) {
		all = join(all, m.rect.Intersect(frame))
	}
	return all
}

// join adds r to rectangles of which none overlaps another, as one with those it overlaps.
func join(all []image.Rectangle, r image.Rectangle) []image.Rectangle {
	for i := 0; i < len(all); i++ {
		if all[i].Overlaps(r) {
			r = r.Union(all[i])
			all = slices.Delete(all, i, i+1)
			i = -1
		}
	}
	return append(all, r)
}
