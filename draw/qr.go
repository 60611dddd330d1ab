package draw

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"

	"github.com/skip2/go-qrcode"
)

// quiet is the white margin a QR code needs around it, in modules (ISO/IEC 18004, 7.3.8).
const quiet = 4

// Matrix is a QR code's modules, without the quiet zone.
type Matrix struct {
	rows [][]bool
}

// QR encodes text at error correction level M (15 % may be damaged), the level
// the wallets' own codes use. It fails on an empty text and on one over 2,331 bytes.
func QR(text string) (*Matrix, error) {
	code, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		return nil, fmt.Errorf("encode %d bytes as a QR code: %w", len(text), err)
	}
	code.DisableBorder = true
	return &Matrix{rows: code.Bitmap()}, nil
}

// Size is the modules a side, 21 to 177.
func (m *Matrix) Size() int { return len(m.rows) }

// Black tells whether the module in column x, row y is black. Outside is white.
func (m *Matrix) Black(x, y int) bool {
	return y >= 0 && y < len(m.rows) && x >= 0 && x < len(m.rows[y]) && m.rows[y][x]
}

// Place is the square that Draw draws in r: the code as large as it fits with
// whole pixels a module, centred, its white quiet zone of 4 modules inside r too.
// It fails if a module would be under one pixel.
func (m *Matrix) Place(r image.Rectangle) (image.Rectangle, error) {
	n := m.Size() + 2*quiet
	px := min(r.Dx(), r.Dy()) / n
	if px < 1 {
		return image.Rectangle{}, fmt.Errorf("draw a QR code of %d modules: needs %d px a side, has %dx%d", m.Size(), n, r.Dx(), r.Dy())
	}
	side := n * px
	return image.Rect(0, 0, side, side).Add(r.Min).Add(image.Pt((r.Dx()-side)/2, (r.Dy()-side)/2)), nil
}

// Draw draws the code in r where Place says, and returns that square. What falls
// outside dst is not drawn. It fails, drawing nothing, as Place does.
func (m *Matrix) Draw(dst draw.Image, r image.Rectangle) (image.Rectangle, error) {
	drawn, err := m.Place(r)
	if err != nil {
		return image.Rectangle{}, err
	}
	px := drawn.Dx() / (m.Size() + 2*quiet)
	draw.Draw(dst, drawn, image.White, image.Point{}, draw.Src)
	black := image.NewUniform(color.Black)
	corner := drawn.Min.Add(image.Pt(quiet*px, quiet*px))
	for y, row := range m.rows {
		for x := 0; x < len(row); x++ {
			if !row[x] {
				continue
			}
			end := x + 1 // one rectangle for a run of black modules
			for end < len(row) && row[end] {
				end++
			}
			run := image.Rect(x*px, y*px, end*px, (y+1)*px).Add(corner)
			draw.Draw(dst, run, black, image.Point{}, draw.Src)
			x = end
		}
	}
	return drawn, nil
}
