package display

import (
	"fmt"
	"image"

	"till/draw"
	"till/words"
)

// qr: turned to the customer. The code as large as the height allows, on pure white.
func (c *canvas) qr() {
	r := c.body
	side := min(r.Dy(), r.Dx()*3/5)
	box := takeLeft(&r, side, c.m.gap)
	r.Min.Y += c.m.margin
	r.Max.Y = max(r.Min.Y, r.Max.Y-c.m.margin)
	r.Max.X = max(r.Min.X, r.Max.X-c.m.margin)

	c.codeOr(box, "screen_qr_failed")
	back, middle, main := c.sorted()
	if len(back)+len(middle)+len(main) > 0 {
		// Small, and away from the code: whoever presses it means it.
		foot := takeBottom(&r, max(c.m.touch, c.m.foot*3/4), c.m.gap)
		c.footRow(foot, back, middle, main)
	}
	if c.v.Message != "" {
		c.banner(takeBottom(&r, min(c.m.touch*5/4, r.Dy()/3), c.m.gap))
	}
	time := ""
	if c.v.Seconds > 0 {
		time = words.Both("screen_qr_left", "time", fmt.Sprintf("%d:%02d", c.v.Seconds/60, c.v.Seconds%60))
	}
	c.stack(r, []item{
		{text: c.v.Bar.Merchant, weight: draw.Medium, px: c.m.small + 2, quiet: true},
		{text: c.v.money(c.v.Amount), weight: draw.Bold, px: c.m.amount, single: true},
		bothItem("screen_qr", c.m.title),
		{text: walletNames(), px: c.m.text - 2},
		{text: c.v.Title, px: c.m.text},
		{lines: c.v.Lines},
		{text: time, weight: draw.Medium, px: c.m.small + 2, quiet: true},
	})
}

// codeOr draws the code in a box, or says why there is none: that it is on its way, or
// cannot be drawn.
func (c *canvas) codeOr(box image.Rectangle, failed words.Key) {
	why, weight := words.Key("screen_qr_asked"), draw.Medium
	if c.v.QR != "" {
		if err := c.matrix(box); err == nil {
			return
		}
		why, weight = failed, draw.Bold
	}
	text := words.Say(words.English, why) + "\n" + words.Say(words.Chinese, why)
	c.block(box.Inset(2*c.m.margin), weight, c.m.title, centre, text, c.t.ink, c.t.ground)
}

func (c *canvas) matrix(box image.Rectangle) error {
	m, err := c.encode(c.v.QR)
	if err != nil {
		return err
	}
	square, err := m.Place(box)
	if err != nil {
		return err
	}
	c.add(mark{kind: markCode, rect: square, code: m})
	return nil
}
