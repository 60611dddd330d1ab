package printer

import (
	"fmt"
	"image"

	"till/printer/dots"
)

// Picture is the paper as it comes out of a printer of this profile: white 255,
// black 0, as wide as the print head and as long as the paper fed. All slips of
// the document are on it, one under the other.
func Picture(d Document, p Profile) (*image.Gray, error) {
	pieces, err := layout(d, p)
	if err != nil {
		return nil, fmt.Errorf("lay out for printer %s: %w", p.Name, err)
	}
	rows := 0
	for _, x := range pieces {
		rows += x.rows(p)
	}
	m := image.NewGray(image.Rect(0, 0, p.Dots, rows))
	for i := range m.Pix {
		m.Pix[i] = 0xFF
	}
	y := 0
	for _, x := range pieces {
		paint(m, y, x, p)
		y += x.rows(p)
	}
	return m, nil
}

func paint(m *image.Gray, y int, x piece, p Profile) {
	switch x := x.(type) {
	case textLine:
		paintLine(m, y, x.spans)
	case raster:
		x.bits.Enlarge(x.wide, x.tall).Paint(m, p.left(x.bits.Stride()*8*x.wide, x.align), y)
	case qrSymbol:
		left := p.left(x.matrix.Size()*x.module, Center)
		symbol := dots.NewBitmap(x.matrix.Size()*x.module, x.matrix.Size()*x.module)
		symbol.Put(0, 0, matrixBitmap(x.matrix, x.module))
		symbol.Paint(m, left, y)
	case barSymbol:
		symbol := dots.NewBitmap(len(x.bars)*x.module, x.height)
		symbol.Put(0, 0, barBitmap(x.bars, x.module))
		symbol.Paint(m, p.left(symbol.Width, Center), y)
	}
}

// left is the first dot of something width dots wide.
func (p Profile) left(width int, a Align) int {
	switch a {
	case Center:
		return (p.Dots - width) / 2
	case Right:
		return p.Dots - width
	default:
		return 0
	}
}

// paintLine draws text as the printer's own font has it.
func paintLine(m *image.Gray, y int, spans []span) {
	tallest := 1
	for _, s := range spans {
		tallest = max(tallest, s.style.height())
	}
	x := 0
	for _, s := range spans {
		top := y + (tallest-s.style.height())*dots.CellHeight
		if s.picture != nil {
			s.picture.Paint(m, x, top)
			x += s.picture.Width
			continue
		}
		for i := range len(s.text) {
			cell := inked(dots.ROM(s.text[i], s.style.Bold, s.style.width(), s.style.height()), s.style)
			cell.Paint(m, x, top)
			x += cell.Width
		}
	}
}
