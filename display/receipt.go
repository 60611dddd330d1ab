package display

import (
	"image"

	"till/draw"
	"till/words"
)

// phoneReceipt cuts off r the code of the customer's receipt, and the words under it;
// nothing where the screen has none. What is left is for what the screen says.
func (c *canvas) phoneReceipt(r *image.Rectangle) bool {
	if c.v.Screen != ScreenApproved || c.v.QR == "" {
		return false
	}
	whole := *r
	var box image.Rectangle
	if c.upright() {
		box = takeBottom(r, min(r.Dx(), r.Dy()/2), c.m.margin)
	} else {
		box = takeRight(r, min(r.Dy()*5/6, r.Dx()*2/5), c.m.margin)
	}
	caption := takeBottom(&box, min(2*face(draw.Medium, c.m.text).Height(), box.Dy()/4), c.m.gap/2)
	if err := c.matrix(box); err != nil { // none is better than one that no phone reads
		*r = whole
		return false
	}
	c.block(caption, draw.Medium, c.m.text, centre, words.Both("screen_phone_receipt"), c.t.ink, c.t.ground)
	return true
}
