package display

import (
	"image"
	"image/color"
	"image/draw"

	text "till/draw"
)

// TestCard is what a technician judges a panel by: a line along every edge, each
// colour in a bar of its own, a ramp of grey, a mark in each corner, and text
// that shows which way is up. mark 1 to 4 highlights that corner; 0 none.
func TestCard(size image.Point, title, detail string, mark int) *image.RGBA {
	card := image.NewRGBA(image.Rectangle{Max: size})
	fill := func(r image.Rectangle, c color.Color) {
		draw.Draw(card, r, image.NewUniform(c), image.Point{}, draw.Src)
	}
	white, black := color.RGBA{255, 255, 255, 255}, color.RGBA{0, 0, 0, 255}
	fill(card.Bounds(), white)
	fill(card.Bounds().Inset(1), black)
	bars := []color.RGBA{
		{255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255}, {255, 255, 0, 255}, {0, 255, 255, 255}, {255, 0, 255, 255}, white,
	}
	inner := card.Bounds().Inset(size.Y / 6)
	middle := inner.Min.Y + inner.Dy()/2
	for i, c := range bars {
		fill(image.Rect(inner.Min.X+inner.Dx()*i/len(bars), inner.Min.Y, inner.Min.X+inner.Dx()*(i+1)/len(bars), middle), c)
	}
	const steps = 16
	ramp := middle + inner.Dy()/7
	for i := range steps {
		grey := uint8(i * 255 / (steps - 1))
		fill(image.Rect(inner.Min.X+inner.Dx()*i/steps, middle, inner.Min.X+inner.Dx()*(i+1)/steps, ramp), color.RGBA{grey, grey, grey, 255})
	}
	for n := 1; n <= 4; n++ {
		c := white
		if n == mark {
			c = color.RGBA{255, 160, 0, 255}
		}
		at, arm := CardMark(size, n), size.Y/14
		fill(image.Rect(at.X-arm, at.Y-1, at.X+arm, at.Y+2), c)
		fill(image.Rect(at.X-1, at.Y-arm, at.X+2, at.Y+arm), c)
	}
	line := func(w text.Weight, px, baseline int, s string) {
		face := text.NewFace(w, float64(px))
		face.Draw(card, (size.X-face.Measure(s))/2, baseline, s, white)
	}
	line(text.Bold, min(size.Y/12, size.X/14), ramp+inner.Dy()/6, title)
	line(text.Regular, min(size.Y/16, size.X/18), ramp+inner.Dy()*2/7, detail)
	return card
}

// CardMark is where the test card has the mark of a corner: 1 top left, then
// clockwise.
func CardMark(size image.Point, n int) image.Point {
	dx, dy := size.X/10, size.Y/10
	switch n {
	case 1:
		return image.Pt(dx, dy)
	case 2:
		return image.Pt(size.X-1-dx, dy)
	case 3:
		return image.Pt(size.X-1-dx, size.Y-1-dy)
	default:
		return image.Pt(dx, size.Y-1-dy)
	}
}
