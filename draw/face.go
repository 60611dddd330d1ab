// Package draw holds what screen and paper share: text in two scripts, line
// breaking, QR codes and barcodes. It knows no screen and no printer.
package draw

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"sync"
	"unicode"

	"github.com/golang/freetype/truetype"
	"golang.org/x/image/font"
	"golang.org/x/image/math/fixed"
)

// Weight is how heavy a face is.
type Weight int

// The weights there are. Chinese exists in one weight; the heavier ones are made from it.
const (
	Regular Weight = iota
	Medium
	Bold
)

// maxGlyphs bounds what one face caches. A screen uses some 200 glyphs, GB 2312
// has 6,763; at 48 px a glyph takes about 2 KiB.
const maxGlyphs = 2048

// Face is text of one weight and size, Latin and Chinese mixed, on one baseline.
// It keeps the glyphs it has drawn, so keep the face. Safe for concurrent use.
type Face struct {
	px                                 int // em size, rounded, for the box of an unknown rune
	ascent, descent, capHeight, height int
	embolden                           float64 // px that Chinese strokes are widened by
	latinFont, hanziFont               *truetype.Font

	mu     sync.RWMutex
	latin  font.Face // freetype's faces are not safe for concurrent use: mu is held for writing
	hanzi  font.Face
	glyphs map[rune]glyph
}

// glyph is one rune as it is drawn: a mask, where it stands from the dot (the
// pen's position on the baseline), and how far the pen moves on.
type glyph struct {
	mask    *image.Alpha // nil: nothing to draw; its bounds begin at 0,0
	at      image.Point
	advance int
}

// NewFace makes a face of px pixels an em, from 4 to 512; sizes outside are clamped.
func NewFace(w Weight, px float64) *Face {
	if !(px >= 4) { // also NaN
		px = 4
	}
	px = min(px, 512)
	load, ok := latin[w]
	if !ok {
		load = latin[Regular]
	}
	f := &Face{
		px:        int(math.Round(px)),
		latinFont: load(),
		hanziFont: hanzi(),
		glyphs:    map[rune]glyph{},
	}
	f.latin = newFreetype(f.latinFont, px)
	f.hanzi = newFreetype(f.hanziFont, px)
	switch w {
	case Medium:
		f.embolden = px / 56
	case Bold:
		f.embolden = px / 26
	}
	l, h := f.latin.Metrics(), f.hanzi.Metrics()
	// Both scripts fit between ascent and descent, so mixed lines do not touch.
	f.ascent = max(l.Ascent.Ceil(), min(h.Ascent.Ceil(), f.px))
	f.descent = max(l.Descent.Ceil(), min(h.Descent.Ceil(), (f.px+3)/4))
	f.height = f.ascent + f.descent + (f.px+7)/8
	if b, _, ok := f.latin.GlyphBounds('H'); ok {
		f.capHeight = (-b.Min.Y).Round()
	}
	return f
}

func newFreetype(f *truetype.Font, px float64) font.Face {
	return truetype.NewFace(f, &truetype.Options{
		Size: px, DPI: 72, // 72 dots an inch: a point is a pixel
		Hinting:           font.HintingNone,
		GlyphCacheEntries: 1, // Face caches itself, and without the bounding box of the whole font
		SubPixelsX:        1,
		SubPixelsY:        1,
	})
}

// CapHeight is the height of a capital letter over the baseline, px.
func (f *Face) CapHeight() int { return f.capHeight }

// Ascent is the room a line needs over its baseline, px.
func (f *Face) Ascent() int { return f.ascent }

// Descent is the room a line needs under its baseline, px.
func (f *Face) Descent() int { return f.descent }

// Height is the distance from one baseline to the next, px.
func (f *Face) Height() int { return f.height }

// Measure is how far the pen moves over s, px. The sum over a string's parts is
// the whole: there is no kerning, so numerals stay in their columns.
func (f *Face) Measure(s string) int {
	w := 0
	for _, r := range s {
		w += f.glyph(r).advance
	}
	return w
}

// Bounds is what Draw covers with the same arguments: no pixel outside changes.
func (f *Face) Bounds(x, baseline int, s string) image.Rectangle {
	var all image.Rectangle
	for _, r := range s {
		g := f.glyph(r)
		if g.mask != nil {
			all = all.Union(g.mask.Rect.Add(image.Pt(x, baseline)).Add(g.at))
		}
		x += g.advance
	}
	return all
}

// Draw writes s with its first dot at (x, baseline) and returns the x after it.
// What falls outside dst is not drawn.
func (f *Face) Draw(dst draw.Image, x, baseline int, s string, c color.Color) int {
	src := color.RGBAModel.Convert(c).(color.RGBA) // RGBAModel's own contract
	for _, r := range s {
		g := f.glyph(r)
		if g.mask != nil {
			blend(dst, g.mask, image.Pt(x, baseline).Add(g.at), src)
		}
		x += g.advance
	}
	return x
}

func (f *Face) glyph(r rune) glyph {
	f.mu.RLock()
	g, ok := f.glyphs[r]
	f.mu.RUnlock()
	if ok {
		return g
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if g, ok := f.glyphs[r]; ok {
		return g
	}
	if len(f.glyphs) >= maxGlyphs {
		clear(f.glyphs)
	}
	g = f.rasterise(r)
	f.glyphs[r] = g
	return g
}

// rasterise draws the mask of r; mu is held.
func (f *Face) rasterise(r rune) glyph {
	switch {
	case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Variation_Selector, r):
		return glyph{}
	case f.latinFont.Index(r) != 0:
		return take(f.latin, r, 0)
	case f.hanziFont.Index(r) != 0:
		return take(f.hanzi, r, f.embolden)
	default:
		return f.box()
	}
}

// take copies the glyph of r out of face, whose mask is only good until the next call.
func take(face font.Face, r rune, embolden float64) glyph {
	dr, mask, maskp, advance, ok := face.Glyph(fixed.Point26_6{}, r)
	if !ok {
		return glyph{}
	}
	g := glyph{at: dr.Min, advance: advance.Round()}
	if dr.Empty() {
		return g
	}
	w, h := dr.Dx(), dr.Dy()
	plain := image.NewAlpha(image.Rect(0, 0, w, h))
	draw.Draw(plain, plain.Rect, mask, maskp, draw.Src)
	if embolden == 0 {
		g.mask = plain
		return g
	}
	// Strokes grow to both sides, so that the glyph stays in the middle of its
	// cell. The last pixel of the growth is as strong as its fraction says.
	whole := int(embolden)
	part := uint32((embolden - float64(whole)) * 255)
	grow := whole + 1
	g.at.X -= grow / 2
	g.mask = image.NewAlpha(image.Rect(0, 0, w+grow, h))
	for y := range h {
		from := plain.Pix[y*plain.Stride:][:w]
		to := g.mask.Pix[y*g.mask.Stride:][:w+grow]
		for x, a := range from {
			for k := range grow {
				to[x+k] = max(to[x+k], a)
			}
			to[x+grow] = max(to[x+grow], uint8(uint32(a)*part/255))
		}
	}
	return g
}

// box is the glyph of a rune that no font has: seen, and as wide as a letter.
func (f *Face) box() glyph {
	h := max(f.capHeight, 4)
	w := max(h*2/3, 3)
	gap := max(f.px/16, 1)
	line := max(f.px/20, 1)
	m := image.NewAlpha(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			if x < line || y < line || x >= w-line || y >= h-line {
				m.SetAlpha(x, y, color.Alpha{A: 255})
			}
		}
	}
	return glyph{mask: m, at: image.Pt(gap, -h), advance: w + 2*gap}
}

// blend puts colour c through mask onto dst with the mask's corner at p.
func blend(dst draw.Image, mask *image.Alpha, p image.Point, c color.RGBA) {
	whole := mask.Rect.Add(p)
	r := whole.Intersect(dst.Bounds())
	if r.Empty() {
		return
	}
	switch dst := dst.(type) {
	case *image.RGBA:
		if c.A == 255 {
			blendRGBA(dst, mask, r, p, c)
			return
		}
	case *image.Gray:
		if c.A == 255 {
			blendGray(dst, mask, r, p, color.GrayModel.Convert(c).(color.Gray).Y) // GrayModel's own contract
			return
		}
	}
	draw.DrawMask(dst, r, image.NewUniform(c), image.Point{}, mask, r.Min.Sub(p), draw.Over)
}

func blendRGBA(dst *image.RGBA, mask *image.Alpha, r image.Rectangle, p image.Point, c color.RGBA) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		from := mask.Pix[mask.PixOffset(r.Min.X-p.X, y-p.Y):][:r.Dx()]
		to := dst.Pix[dst.PixOffset(r.Min.X, y):][:r.Dx()*4]
		for i, a := range from {
			if a == 0 {
				continue
			}
			px := to[i*4 : i*4+4 : i*4+4]
			if a == 255 {
				px[0], px[1], px[2], px[3] = c.R, c.G, c.B, 255
				continue
			}
			px[0] = mix(px[0], c.R, a)
			px[1] = mix(px[1], c.G, a)
			px[2] = mix(px[2], c.B, a)
			px[3] = mix(px[3], 255, a)
		}
	}
}

func blendGray(dst *image.Gray, mask *image.Alpha, r image.Rectangle, p image.Point, c uint8) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		from := mask.Pix[mask.PixOffset(r.Min.X-p.X, y-p.Y):][:r.Dx()]
		to := dst.Pix[dst.PixOffset(r.Min.X, y):][:r.Dx()]
		for i, a := range from {
			to[i] = mix(to[i], c, a)
		}
	}
}

// mix is under with a parts in 255 of over upon it.
func mix(under, over, a uint8) uint8 {
	return uint8((uint32(under)*uint32(255-a) + uint32(over)*uint32(a) + 127) / 255)
}
