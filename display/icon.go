package display

import (
	"image"
	"image/color"
	"strconv"

	"till/draw"
)

// icon draws the shape that says how a sale stands, so that nobody has to tell
// colours apart. It reports whether the screen has one.
func (c *canvas) hasIcon() bool {
	switch c.v.Screen {
	case ScreenApproved, ScreenDeclined, ScreenChecking, ScreenExpired, ScreenCancelled, ScreenReversed,
		ScreenOffline, ScreenParked, ScreenFault, ScreenCharging:
		return true
	default:
		return false
	}
}

func (c *canvas) icon(r image.Rectangle) {
	over, ground := c.t.ink, c.t.ground
	switch c.v.Screen {
	case ScreenApproved:
		c.disc(r, over)
		c.tick(r, ground)
	case ScreenDeclined:
		c.octagon(r, over)
		cross(c, r, ground, image.Pt(320, 320), image.Pt(680, 680), 110)
	case ScreenChecking:
		c.countingRing(r)
	case ScreenExpired, ScreenCancelled:
		c.ring(r, r.Dx()/12, c.t.muted, 0, 1, 1)
		c.stroke(r, c.t.muted, image.Pt(310, 500), image.Pt(690, 500), 110)
	case ScreenReversed:
		c.ring(r, r.Dx()/12, c.t.muted, 0, 1, 1)
		c.stroke(r, c.t.muted, image.Pt(300, 500), image.Pt(710, 500), 100)
		c.stroke(r, c.t.muted, image.Pt(300, 500), image.Pt(460, 340), 100)
		c.stroke(r, c.t.muted, image.Pt(300, 500), image.Pt(460, 660), 100)
	case ScreenOffline:
		c.ring(r, r.Dx()/12, over, 0, 1, 1)
		c.stroke(r, over, image.Pt(190, 190), image.Pt(810, 810), 90)
	case ScreenParked:
		c.disc(r, amber)
		c.stroke(r, umber, image.Pt(390, 340), image.Pt(390, 660), 120)
		c.stroke(r, umber, image.Pt(610, 340), image.Pt(610, 660), 120)
	case ScreenFault:
		c.polygon(r, red, image.Pt(500, 60), image.Pt(990, 930), image.Pt(10, 930))
		c.stroke(r, white, image.Pt(500, 370), image.Pt(500, 630), 100)
		c.stroke(r, white, image.Pt(500, 800), image.Pt(500, 801), 110)
	case ScreenCharging:
		c.phone(r)
	}
}

func (c *canvas) tick(r image.Rectangle, with color.RGBA) {
	c.stroke(r, with, image.Pt(270, 520), image.Pt(435, 685), 110)
	c.stroke(r, with, image.Pt(435, 685), image.Pt(735, 345), 110)
}

// countingRing fills as the seconds pass: up to the cancelling where that is
// known, else once a minute. The seconds stand in it.
func (c *canvas) countingRing(r image.Rectangle) {
	width := r.Dx() / 9
	// The part still to come is a thin ring, so that the thick part is seen to grow.
	c.ring(r.Inset(width*3/8), max(2, width/4), c.t.ink, 0, 1, 1)
	whole, parts := 60, c.v.Seconds%60
	if c.v.Until > 0 {
		whole, parts = c.v.Seconds+c.v.Until, c.v.Seconds
	}
	c.ring(r, width, c.t.ink, 0, parts, whole)
	c.line(r.Inset(width*2), draw.Bold, r.Dx()*2/5, centre, strconv.Itoa(max(0, c.v.Seconds))+" s", c.t.ink, c.t.ground)
}

// phone is a hand-held one with a tick to press, since the customer has to.
func (c *canvas) phone(r image.Rectangle) {
	w := r.Dx() * 58 / 100
	body := image.Rect(r.Min.X+(r.Dx()-w)/2, r.Min.Y, r.Max.X-(r.Dx()-w)/2, r.Max.Y)
	c.frameRect(body, r.Dx()/9, max(3, r.Dx()/18), c.t.accent, white)
	screen := image.Rect(body.Min.X, body.Min.Y+r.Dy()/4, body.Max.X, body.Max.Y-r.Dy()/4)
	side := screen.Dx() * 2 / 3
	at := image.Pt(screen.Min.X+(screen.Dx()-side)/2, screen.Min.Y+(screen.Dy()-side)/2)
	button := image.Rectangle{Min: at, Max: at.Add(image.Pt(side, side))}
	c.disc(button, c.t.accent)
	c.tick(button, white)
	c.roundRect(image.Rect(body.Min.X+w/3, body.Max.Y-r.Dy()/9, body.Max.X-w/3, body.Max.Y-r.Dy()/9+max(2, r.Dy()/40)), 2, c.t.accent)
}

// toneMark is the sign of a row.
func (c *canvas) toneMark(r image.Rectangle, tone Tone) {
	switch tone {
	case ToneGood:
		c.disc(r, green)
		c.tick(r, white)
	case ToneBad:
		c.octagon(r, red)
		cross(c, r, white, image.Pt(320, 320), image.Pt(680, 680), 120)
	case ToneWait:
		c.disc(r, amber)
		c.ring(r.Inset(r.Dx()/6), max(2, r.Dx()/8), umber, 0, 3, 4)
	case ToneNeutral:
		c.disc(r, hairline)
		c.stroke(r, muted, image.Pt(310, 500), image.Pt(690, 500), 130)
	}
}
