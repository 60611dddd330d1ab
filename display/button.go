package display

import (
	"image"
	"image/color"
	"slices"

	"till/draw"
)

// place draws a button in r and makes it one that can be hit.
func (c *canvas) place(r image.Rectangle, b Button) {
	fill, label, line := c.t.plainFill, c.t.plainInk, c.t.plainEdge
	width := 2
	weight := draw.Bold
	switch b.Role {
	case RoleMain:
		fill, label, line = c.t.mainFill, c.t.mainInk, c.t.mainFill
	case RoleTender:
		label, line, width = c.t.accent, c.t.accent, 3
	case RoleBack:
		fill, weight = c.t.ground, draw.Medium
	}
	if c.m.touch < large.touch {
		width = 2
	}
	if !b.Enabled {
		// No fill and a thin edge: told apart without colour.
		fill, line, width = c.t.ground, c.t.plainEdge, 1
		label, weight = c.t.muted, draw.Regular
	}
	c.frameRect(r, c.m.corner, width, line, fill)
	text := c.v.label(b)
	pad := c.m.gap
	if _, whole := wrap(face(weight, sizes[0]), text, r.Dx()-2*pad); !whole {
		pad /= 2 // nearer to the edge, before a word is broken
	}
	c.block(r.Inset(pad/2).Intersect(image.Rect(r.Min.X+pad, r.Min.Y, r.Max.X-pad, r.Max.Y)),
		weight, c.m.button, centre, text, label, fill)
	c.placed = append(c.placed, Placed{ID: b.ID, Label: text, Rect: r, Enabled: b.Enabled})
}

// sorted tells the buttons apart by where they stand.
func (c *canvas) sorted() (back, middle, main []Button) {
	for _, b := range c.v.Buttons {
		switch b.Role {
		case RoleBack:
			back = append(back, b)
		case RoleMain:
			main = append(main, b)
		default:
			middle = append(middle, b)
		}
	}
	return back, middle, main
}

// footRow places buttons along r: the way out left, the main one right and the
// widest, others between. A main button alone takes the whole row.
func (c *canvas) footRow(r image.Rectangle, back, middle, main []Button) {
	all := slices.Concat(back, middle, main)
	if len(all) == 0 {
		return
	}
	gap := 2 * c.m.gap
	if c.m.touch < large.touch {
		gap = c.m.gap
	}
	room := r.Dx() - gap*(len(all)-1)
	widths := make([]int, len(all))
	f := face(draw.Bold, c.m.button)
	used := 0
	for i, b := range all {
		least := c.m.touch * 5 / 2
		if b.Role == RoleMain {
			least = c.m.touch * 4
		}
		widths[i] = max(least, f.Measure(c.v.label(b))+4*c.m.gap)
		used += widths[i]
	}
	switch {
	case used > room: // no room for wishes: as equal as it goes
		for i := range widths {
			widths[i] = room / len(all)
		}
	case len(main) == len(all): // the whole lower edge
		for i := range widths {
			widths[i] = room / len(all)
		}
	case len(main) > 0: // the main one takes what is left, up to half
		last := len(all) - 1
		widths[last] = max(widths[last], min(widths[last]+room-used, r.Dx()/2))
	}
	x := r.Min.X
	for i, b := range all {
		if b.Role == RoleMain && i == len(all)-1 {
			x = r.Max.X - widths[i]
		}
		c.place(image.Rect(x, r.Min.Y, x+widths[i], r.Max.Y), b)
		x += widths[i] + gap
	}
}

// grid places buttons as tiles from the top of r on, in rows that are filled
// evenly, and returns what is left of r under them.
func (c *canvas) grid(r image.Rectangle, buttons []Button, comfortable int) image.Rectangle {
	if len(buttons) == 0 {
		return r
	}
	cols, height := c.gridShape(r.Size(), len(buttons), comfortable)
	for i, b := range buttons {
		row, col := i/cols, i%cols
		width := (r.Dx() - c.m.gap*(cols-1)) / cols
		corner := image.Pt(r.Min.X+col*(width+c.m.gap), r.Min.Y+row*(height+c.m.gap))
		c.place(image.Rectangle{Min: corner, Max: corner.Add(image.Pt(width, height))}, b)
	}
	rows := (len(buttons) + cols - 1) / cols
	r.Min.Y = min(r.Max.Y, r.Min.Y+rows*(height+c.m.gap))
	return r
}

// gridShape is the fewest columns whose rows are comfortably high, else those
// with the highest rows that are wide enough to touch.
func (c *canvas) gridShape(size image.Point, n, comfortable int) (cols, height int) {
	cols, height = 1, 0
	for k := min(n, 3); k <= n; k++ {
		rows := (n + k - 1) / k
		h := (size.Y - c.m.gap*(rows-1)) / rows
		w := (size.X - c.m.gap*(k-1)) / k
		if w < c.m.touch && height > 0 {
			break
		}
		if h > height {
			cols, height = k, h
		}
		if h >= comfortable {
			break
		}
	}
	return cols, min(height, comfortable)
}

// keyLabels is the pad row by row, as on a telephone and on card terminals.
var keyLabels = [4][3]string{{"1", "2", "3"}, {"4", "5", "6"}, {"7", "8", "9"}, {"00", "0", "⌫"}}

// keypad places the pad in the whole of r.
func (c *canvas) keypad(r image.Rectangle) {
	w := (r.Dx() - 2*c.m.gap) / 3
	h := (r.Dy() - 3*c.m.gap) / 4
	for row, labels := range keyLabels {
		for col, label := range labels {
			corner := image.Pt(r.Min.X+col*(w+c.m.gap), r.Min.Y+row*(h+c.m.gap))
			key := image.Rectangle{Min: corner, Max: corner.Add(image.Pt(w, h))}
			c.frameRect(key, c.m.corner, 2, c.t.plainEdge, c.t.plainFill)
			id := label
			if label == "⌫" {
				id = "backspace"
				c.backspace(key)
			} else {
				c.line(key.Inset(c.m.gap/2), draw.Bold, c.m.key, centre, label, c.t.plainInk, c.t.plainFill)
			}
			c.placed = append(c.placed, Placed{ID: id, Label: label, Rect: key, Enabled: true})
		}
	}
}

// padWidth is the keypad's width in a body as wide as c's.
func (c *canvas) padWidth() int {
	return max(3*c.m.keyWidth+2*c.m.gap, c.body.Dx()*2/5)
}

// backspace draws the key's sign, which is in neither font.
func (c *canvas) backspace(key image.Rectangle) {
	side := c.m.key * 5 / 4
	at := image.Pt(key.Min.X+(key.Dx()-side)/2, key.Min.Y+(key.Dy()-side)/2)
	r := image.Rectangle{Min: at, Max: at.Add(image.Pt(side, side))}
	c.polygon(r, c.t.plainInk, image.Pt(40, 500), image.Pt(340, 200), image.Pt(980, 200), image.Pt(980, 800), image.Pt(340, 800))
	cross(c, r, c.t.plainFill, image.Pt(500, 360), image.Pt(780, 640), 80)
}

// cross strokes both diagonals of the rectangle from a to b.
func cross(c *canvas, r image.Rectangle, with color.RGBA, a, b image.Point, width int) {
	c.stroke(r, with, a, b, width)
	c.stroke(r, with, image.Pt(a.X, b.Y), image.Pt(b.X, a.Y), width)
}
