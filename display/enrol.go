package display

import "till/draw"

// enrol: a device that is no terminal yet. Its code stands left for a camera and
// right for a person to read out.
func (c *canvas) enrol() {
	detail := c.v.Detail
	if c.v.Message != "" {
		detail = "" // one thing at a time, and small panels have no room
	}
	c.beside([]item{
		bothItem("enrol_title", c.m.title),
		{text: c.v.say("enrol_code"), px: c.m.text, quiet: true},
		{text: c.v.Title, weight: draw.Bold, px: c.m.head, single: true},
		{text: detail, px: c.m.text},
		{lines: c.v.Lines},
	})
}

// code: a QR for whoever reads a screen with a phone, and what it is.
func (c *canvas) code() {
	c.beside([]item{
		{text: c.v.Title, weight: draw.Bold, px: c.m.title},
		{text: c.v.Detail, px: c.m.text},
		{lines: c.v.Lines},
	})
}

// beside is a QR with words beside it.
func (c *canvas) beside(words []item) {
	r := c.body
	side := min(r.Dy(), r.Dx()*9/20)
	box := takeLeft(&r, side, c.m.gap)
	r.Min.Y += c.m.margin
	r.Max.Y = max(r.Min.Y, r.Max.Y-c.m.margin)
	r.Max.X = max(r.Min.X, r.Max.X-c.m.margin)

	if err := c.matrix(box); err != nil {
		c.block(box.Inset(2*c.m.margin), draw.Bold, c.m.title, centre, c.v.Title, c.t.ink, c.t.ground)
	}
	back, middle, main := c.sorted()
	if len(back)+len(middle)+len(main) > 0 {
		c.footRow(takeBottom(&r, max(c.m.touch, c.m.foot*3/4), c.m.gap), back, middle, main)
	}
	if c.v.Message != "" {
		c.banner(takeBottom(&r, min(c.m.touch*3/2, r.Dy()*2/5), c.m.gap))
	}
	c.stack(r, words)
}
