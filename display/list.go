package display

import (
	"image"

	"till/draw"
	"till/words"
)

// tile is how high a menu's button wishes to be, in least touch heights.
const tile = 8 // fifths

// list: a heading, rows, tiles, and the way out. The menu is one with tiles.
func (c *canvas) list() {
	box, head := c.listBox()
	key := words.Key("screen_list")
	if c.v.Screen == ScreenMenu {
		key = "screen_menu"
	}
	if c.v.Message != "" {
		c.banner(head)
	} else {
		c.block(head, draw.Bold, c.m.title, left, c.title(key), c.t.ink, c.t.ground)
	}

	back, middle, main := c.sorted()
	foot := c.inner()
	foot.Min.Y = foot.Max.Y - c.m.listFoot
	if c.v.Screen == ScreenList {
		c.footRow(foot, back, middle, main) // the paging stands beside the way out
		middle = nil
	} else {
		c.footRow(foot, back, nil, main)
	}
	above := box
	above.Max.Y -= c.tilesHeight(box, len(middle)) // what has to be pressed comes first
	c.rows(&above)
	box.Min.Y = above.Min.Y
	if len(c.v.Rows) == 0 && len(middle) == 0 {
		text := c.v.Detail
		if text == "" {
			text = c.v.say("screen_list_empty")
		}
		c.block(box, draw.Regular, c.m.text, centre, text, c.t.muted, c.t.ground)
	}
	c.grid(box, middle, c.m.touch*tile/5)
}

// tilesHeight is what n tiles need, each as large as a finger.
func (c *canvas) tilesHeight(box image.Rectangle, n int) int {
	columns := max(1, (box.Dx()+c.m.gap)/(c.m.touch+c.m.gap))
	return (n + columns - 1) / columns * (c.m.touch + c.m.gap)
}

// rows draws the rows that fit: the caller pages them.
func (c *canvas) rows(box *image.Rectangle) {
	for _, row := range c.v.Rows {
		if box.Dy() < c.m.row {
			return
		}
		c.row(takeTop(box, c.m.row, c.m.gap/2), row)
	}
}

// listBox is where a list's rows and tiles go, and where its heading does.
func (c *canvas) listBox() (box, head image.Rectangle) {
	box = c.inner()
	takeBottom(&box, c.m.listFoot, c.m.gap)
	head = takeTop(&box, blockHeight(face(draw.Bold, c.m.title), 1), 0)
	return box, head
}

// row draws one entry: sign, words left, words right.
func (c *canvas) row(r image.Rectangle, row Row) {
	c.frameRect(r, c.m.corner, 2, hairline, c.t.plainFill)
	if row.ID != "" {
		c.frameRect(r, c.m.corner, 2, c.t.plainEdge, c.t.plainFill)
		c.placed = append(c.placed, Placed{ID: row.ID, Label: row.Left, Rect: r, Enabled: true})
	}
	in := image.Rect(r.Min.X+2*c.m.gap, r.Min.Y+c.m.gap/2, r.Max.X-2*c.m.gap, r.Max.Y-c.m.gap/2)
	if row.Tone != TonePlain {
		side := c.m.text + c.m.gap/2
		box := takeLeft(&in, side, 2*c.m.gap)
		at := image.Pt(box.Min.X, box.Min.Y+(box.Dy()-side)/2)
		c.toneMark(image.Rectangle{Min: at, Max: at.Add(image.Pt(side, side))}, row.Tone)
	}
	px := fitLine(image.Rect(0, 0, in.Dx()*3/5, in.Dy()), draw.Bold, c.m.text, c.m.least, row.Right)
	c.line(in, draw.Bold, px, right, row.Right, c.t.plainInk, c.t.plainFill)
	in.Max.X -= face(draw.Bold, px).Measure(row.Right) + c.m.gap
	if row.Sub != "" {
		sub := takeBottom(&in, in.Dy()*9/20, 0)
		f := face(draw.Regular, c.m.small-2)
		text := ellipsis(f, row.Sub, sub.Dx())
		if text != row.Sub && row.ID == "" { // else it is pressed, and said in full
			c.cut = row.Sub
		}
		c.line(sub, draw.Regular, c.m.small-2, left, text, c.t.muted, c.t.plainFill)
	}
	f := face(draw.Medium, c.m.text-2)
	text := ellipsis(f, row.Left, in.Dx())
	if text != row.Left {
		c.cut = row.Left
	}
	c.line(in, draw.Medium, c.m.text-2, left, text, c.t.plainInk, c.t.plainFill)
}
