package pictures

import (
	"image"
	"image/color"
	"slices"
)

// Paletted gives a picture the 256 colours that stand for its own best: each of
// the frequent ones its own, every other the nearest.
func Paletted(m image.Image) *image.Paletted {
	count := map[color.RGBA]int{}
	b := m.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			count[rgba(m.At(x, y))]++
		}
	}
	colours := make([]color.RGBA, 0, len(count))
	for c := range count {
		colours = append(colours, c)
	}
	slices.SortFunc(colours, func(a, b color.RGBA) int {
		if n := count[b] - count[a]; n != 0 {
			return n
		}
		return int(number(a)) - int(number(b))
	})
	palette := color.Palette{}
	for _, c := range colours {
		if len(palette) == 256 {
			break
		}
		// The first are the flat areas; later ones must add something.
		if len(palette) < 32 || distance(palette[palette.Index(c)], c) > 24*24 {
			palette = append(palette, c)
		}
	}
	nearest := map[color.RGBA]uint8{}
	p := image.NewPaletted(image.Rect(0, 0, b.Dx(), b.Dy()), palette)
	for y := range b.Dy() {
		for x := range b.Dx() {
			c := rgba(m.At(b.Min.X+x, b.Min.Y+y))
			i, ok := nearest[c]
			if !ok {
				i = uint8(palette.Index(c))
				nearest[c] = i
			}
			p.Pix[y*p.Stride+x] = i
		}
	}
	return p
}

func rgba(c color.Color) color.RGBA {
	r, g, b, _ := c.RGBA()
	return color.RGBA{R: uint8(r >> 8), G: uint8(g >> 8), B: uint8(b >> 8), A: 0xFF}
}

func number(c color.RGBA) uint32 { return uint32(c.R)<<16 | uint32(c.G)<<8 | uint32(c.B) }

func distance(a color.Color, b color.RGBA) int {
	x := rgba(a)
	dr, dg, db := int(x.R)-int(b.R), int(x.G)-int(b.G), int(x.B)-int(b.B)
	return dr*dr + dg*dg + db*db
}
