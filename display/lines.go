package display

import (
	"image"

	"till/draw"
)

// lineSize is the em size of l at share percent of its wish, px.
func (c *canvas) lineSize(l Line, share int) int {
	px := c.m.small
	if l.Strong {
		px = c.m.title
	}
	return max(px*share/100, min(px, c.m.least))
}

// lineHeight is the room l takes at share percent, px.
func (c *canvas) lineHeight(l Line, share int) int {
	f := face(draw.Bold, c.lineSize(l, share))
	return f.Ascent() + f.Descent()
}

// lines draws label left, value right, from the top of r on, as large as they
// wish to be or as the room allows.
func (c *canvas) lines(r image.Rectangle, lines []Line) {
	share := 100
	for share > 20 && c.linesHeight(lines, share) > r.Dy() {
		share -= 5
	}
	if want := c.linesHeight(lines, share); want > r.Dy() && want > 0 {
		c.cut = lines[len(lines)-1].Label
	}
	for _, l := range lines {
		px := c.lineSize(l, share)
		box, value := takeTop(&r, c.lineHeight(l, share), 0), c.v.value(l)
		if l.Amount.Currency == "" { // a name, which may be of any length
			room := box.Dx()
			if l.Label != "" {
				room -= face(draw.Regular, px).Measure(l.Label) + c.m.gap
			}
			value = ellipsis(face(draw.Bold, px), value, room)
		}
		c.labelled(box, l.Label, value, px, px)
	}
}

func (c *canvas) linesHeight(lines []Line, share int) (h int) {
	for _, l := range lines {
		h += c.lineHeight(l, share)
	}
	return h
}

// labelled is one line: the label left in labelPx, the value right in valuePx. Where
// both have no room the label is smaller first, then the value; the value is never cut.
func (c *canvas) labelled(box image.Rectangle, label, value string, labelPx, valuePx int) {
	if box.Empty() {
		return
	}
	valuePx = fitLine(box, draw.Bold, valuePx, sizes[0], value)
	room := func() int { return box.Dx() - face(draw.Bold, valuePx).Measure(value) - c.m.gap }
	for labelPx > c.m.least && face(draw.Regular, labelPx).Measure(label) > room() {
		labelPx = max(smaller(labelPx), c.m.least)
	}
	for valuePx > c.m.least && face(draw.Regular, labelPx).Measure(label) > room() {
		valuePx = max(smaller(valuePx), c.m.least)
	}
	for labelPx > sizes[0] && face(draw.Regular, labelPx).Measure(label) > room() {
		labelPx, valuePx = smaller(labelPx), min(valuePx, max(smaller(valuePx), sizes[0]))
	}
	c.line(box, draw.Bold, valuePx, right, value, c.t.ink, c.t.ground)
	box.Max.X -= face(draw.Bold, valuePx).Measure(value) + c.m.gap
	if box.Dx() > 0 {
		c.line(box, draw.Regular, labelPx, left, ellipsis(face(draw.Regular, labelPx), label, box.Dx()), c.t.muted, c.t.ground)
	}
}
