package emulator

import (
	"image"
	"slices"

	"till/printer/dots"
)

// paper is what came out since the last cut, one byte a dot.
type paper struct {
	width int
	rows  int
	pix   []byte // 255 is white; only as far down as something was printed
}

// feed moves the paper on by n blank rows, at most up to maxRows.
func (p *paper) feed(n int) { p.rows += max(0, min(n, maxRows-p.rows)) }

// picture copies the paper.
func (p *paper) picture() *image.Gray {
	m := image.NewGray(image.Rect(0, 0, p.width, p.rows))
	blank(m.Pix[copy(m.Pix, p.pix):])
	return m
}

// put draws a bitmap with its corner at x, y. The paper must have been fed past it.
func (p *paper) put(b *dots.Bitmap, x, y int) {
	rows := min(y+b.Height, p.rows)
	if more := rows*p.width - len(p.pix); more > 0 {
		old := len(p.pix)
		p.pix = slices.Grow(p.pix, more)[:old+more]
		blank(p.pix[old:])
	}
	b.Paint(&image.Gray{Pix: p.pix, Stride: p.width, Rect: image.Rect(0, 0, p.width, len(p.pix)/p.width)}, x, y)
}

// blank makes dots white.
func blank(pix []byte) {
	for i := range pix {
		pix[i] = 0xFF
	}
}

// style is how characters are printed, set by ESC E, GS ! and the like.
type style struct {
	bold, inverse, underline bool
	wide, tall               int // 1 to 8
}

// glyph draws a character of the printer's font A.
func (s style) glyph(c byte) *dots.Bitmap {
	shared := dots.ROM(c, s.bold, s.wide, s.tall)
	if !s.inverse && !s.underline {
		return shared
	}
	b := dots.NewBitmap(shared.Width, shared.Height)
	b.Put(0, 0, shared)
	if s.inverse { // wins over underline (ESC/POS reference, GS B)
		b.Invert()
		return b
	}
	b.Fill(image.Rect(0, b.Height-1, b.Width, b.Height))
	return b
}
