// Package dots is what a thermal head can put on paper: black and white dots,
// and text as the 12x24 cells of a printer's font A.
package dots

import (
	"fmt"
	"image"
	"image/color"
)

// MaxSide bounds the width and height of a Bitmap, dots. Two and a half metres of paper.
const MaxSide = 20000

// Bitmap is a picture of one bit a dot, as GS v 0 carries it: rows from the
// top, each padded to whole bytes, the most significant bit left, 1 is black.
type Bitmap struct {
	Width, Height int
	Bits          []byte // Stride() bytes a row
}

// NewBitmap is a white bitmap. Sides outside 0 to MaxSide are clamped.
func NewBitmap(width, height int) *Bitmap {
	b := &Bitmap{Width: min(max(width, 0), MaxSide), Height: min(max(height, 0), MaxSide)}
	b.Bits = make([]byte, b.Stride()*b.Height)
	return b
}

// Threshold makes a bitmap of an image: what is darker than the middle becomes
// black. Transparency counts as white paper.
func Threshold(m image.Image) (*Bitmap, error) {
	r := m.Bounds()
	if r.Dx() > MaxSide || r.Dy() > MaxSide {
		return nil, fmt.Errorf("picture of %d x %d dots is larger than %d a side", r.Dx(), r.Dy(), MaxSide)
	}
	b := NewBitmap(r.Dx(), r.Dy())
	for y := range b.Height {
		for x := range b.Width {
			c := m.At(r.Min.X+x, r.Min.Y+y)
			_, _, _, alpha := c.RGBA()
			gray := uint32(color.Gray16Model.Convert(c).(color.Gray16).Y) // Gray16Model's own contract; premultiplied
			if gray+(0xFFFF-alpha) < 0x8000 {
				b.Set(x, y)
			}
		}
	}
	return b, nil
}

// Stride is the bytes of one row.
func (b *Bitmap) Stride() int { return (b.Width + 7) / 8 }

// Check says whether the bits fit the sides: what a caller made by hand may not.
func (b *Bitmap) Check() error {
	if b.Width < 0 || b.Height < 0 || b.Width > MaxSide || b.Height > MaxSide {
		return fmt.Errorf("bitmap of %d x %d dots: a side is outside 0 to %d", b.Width, b.Height, MaxSide)
	}
	if want := b.Stride() * b.Height; len(b.Bits) != want {
		return fmt.Errorf("bitmap of %d x %d dots has %d bytes, want %d", b.Width, b.Height, len(b.Bits), want)
	}
	return nil
}

// Set makes a dot black. Dots outside are ignored.
func (b *Bitmap) Set(x, y int) {
	if x >= 0 && y >= 0 && x < b.Width && y < b.Height {
		b.Bits[y*b.Stride()+x/8] |= 0x80 >> (x % 8)
	}
}

// Flip turns a dot over. Dots outside are ignored.
func (b *Bitmap) Flip(x, y int) {
	if x >= 0 && y >= 0 && x < b.Width && y < b.Height {
		b.Bits[y*b.Stride()+x/8] ^= 0x80 >> (x % 8)
	}
}

// Black says whether a dot is black; outside it is white.
func (b *Bitmap) Black(x, y int) bool {
	return x >= 0 && y >= 0 && x < b.Width && y < b.Height && b.Bits[y*b.Stride()+x/8]&(0x80>>(x%8)) != 0
}

// Fill makes a rectangle black.
func (b *Bitmap) Fill(r image.Rectangle) {
	r = r.Intersect(image.Rect(0, 0, b.Width, b.Height))
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			b.Set(x, y)
		}
	}
}

// Put draws src with its upper left corner at x, y: its black dots become
// black, the others stay as they were.
func (b *Bitmap) Put(x, y int, src *Bitmap) {
	for sy := range src.Height {
		for sx := range src.Width {
			if src.Black(sx, sy) {
				b.Set(x+sx, y+sy)
			}
		}
	}
}

// Invert turns every dot over.
func (b *Bitmap) Invert() {
	for y := range b.Height {
		row := b.Bits[y*b.Stride() : (y+1)*b.Stride()]
		for i := range row {
			row[i] ^= 0xFF
		}
		if spare := b.Width % 8; spare != 0 {
			row[len(row)-1] &= 0xFF << (8 - spare)
		}
	}
}

// Trim cuts white columns off the right, down to a multiple of 8 dots.
func (b *Bitmap) Trim() *Bitmap {
	used := 0
	for y := range b.Height {
		row := b.Bits[y*b.Stride() : (y+1)*b.Stride()]
		for i := len(row); i > used; i-- {
			if row[i-1] != 0 {
				used = i
				break
			}
		}
	}
	if used >= b.Stride() {
		return b
	}
	out := NewBitmap(used*8, b.Height)
	for y := range b.Height {
		copy(out.Bits[y*used:(y+1)*used], b.Bits[y*b.Stride():])
	}
	return out
}

// Enlarge makes each dot wide by tall dots.
func (b *Bitmap) Enlarge(wide, tall int) *Bitmap {
	if wide == 1 && tall == 1 {
		return b
	}
	out := NewBitmap(b.Width*wide, b.Height*tall)
	for y := range out.Height {
		for x := range out.Width {
			if b.Black(x/wide, y/tall) {
				out.Set(x, y)
			}
		}
	}
	return out
}

// Halve is b with half as many columns, rows or both, if Enlarge makes the same
// of it again.
func (b *Bitmap) Halve(across, down int) (*Bitmap, bool) {
	if b.Width%across != 0 || b.Height%down != 0 {
		return nil, false
	}
	small := NewBitmap(b.Width/across, b.Height/down)
	for y := range b.Height {
		for x := range b.Width {
			if b.Black(x, y) != b.Black(x-x%across, y-y%down) {
				return nil, false
			}
			if b.Black(x, y) {
				small.Set(x/across, y/down)
			}
		}
	}
	return small, true
}

// Rows is the part of b from row from to before row to, sharing its bits.
func (b *Bitmap) Rows(from, to int) *Bitmap {
	s := b.Stride()
	return &Bitmap{Width: b.Width, Height: to - from, Bits: b.Bits[from*s : to*s]}
}

// Paint draws b in black on an image of paper, its corner at x, y. White dots
// leave the paper as it is; dots outside are not drawn.
func (b *Bitmap) Paint(dst *image.Gray, x, y int) {
	for sy := range b.Height {
		if y+sy < dst.Rect.Min.Y || y+sy >= dst.Rect.Max.Y {
			continue
		}
		row := b.Bits[sy*b.Stride() : (sy+1)*b.Stride()]
		for i, bits := range row {
			if bits == 0 {
				continue
			}
			for bit := range 8 {
				sx := x + i*8 + bit
				if bits&(0x80>>bit) != 0 && sx >= dst.Rect.Min.X && sx < dst.Rect.Max.X {
					dst.Pix[dst.PixOffset(sx, y+sy)] = 0
				}
			}
		}
	}
}
