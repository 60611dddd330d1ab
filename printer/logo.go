package printer

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"

	"till/printer/dots"
)

// Limits of a merchant's logo.
const (
	MaxLogoText   = 24 << 10 // characters of base64
	MaxLogoWidth  = 1024     // dots of the picture
	MaxLogoHeight = 512
	LogoRows      = 160 // dots of paper, 2 cm
)

// Logo is a merchant's picture. It knows no paper: each printer gets it at most as
// wide as its own, at most LogoRows high, and never larger than it is.
type Logo struct {
	grey   *image.Gray // on white paper
	shaded bool        // there is more to it than black, white and edges
}

func (*Logo) block() {}

// ParseLogo reads a PNG in base64 (RFC 4648, the standard alphabet; line ends do not
// count). The error says what to do.
func ParseLogo(text string) (*Logo, error) {
	if len(text) > MaxLogoText {
		return nil, fmt.Errorf("a logo of %d characters, at most %d: save the picture smaller, or in black and white", len(text), MaxLogoText)
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, errors.New("want a PNG in base64, as base64 -w0 logo.png makes it")
	}
	// The header says how much memory the picture takes: it is looked at first.
	head, err := png.DecodeConfig(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("no PNG: save the picture as one (%w)", err)
	}
	if head.Width > MaxLogoWidth || head.Height > MaxLogoHeight {
		return nil, fmt.Errorf("a picture of %d x %d dots, at most %d x %d: make it smaller", head.Width, head.Height, MaxLogoWidth, MaxLogoHeight)
	}
	m, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("a damaged PNG: make it anew (%w)", err)
	}
	return newLogo(m)
}

// newLogo puts a picture on white paper.
func newLogo(m image.Image) (*Logo, error) {
	r := m.Bounds()
	l := &Logo{grey: image.NewGray(image.Rect(0, 0, r.Dx(), r.Dy()))}
	draw.Draw(l.grey, l.grey.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(l.grey, l.grey.Rect, m, r.Min, draw.Over)
	if l.blank() {
		return nil, errors.New("nothing of the picture is darker than paper: make it black on white, or on nothing")
	}
	l.shaded = l.shades()
	return l, nil
}

// paper is the darkest that is taken for white.
const paper = 0xF0

func (l *Logo) blank() bool {
	for _, v := range l.grey.Pix {
		if v < paper {
			return false
		}
	}
	return true
}

// shades says whether more than a hundredth of the picture is grey: an edge is too,
// but not for 3 dots both across and down.
func (l *Logo) shades() bool {
	m, n := l.grey, 0
	for y := 1; y < m.Rect.Dy()-1; y++ {
		for x := 1; x < m.Rect.Dx()-1; x++ {
			if allGrey(m, x, y) {
				n++
			}
		}
	}
	return n*100 > len(m.Pix)
}

// allGrey says that a dot and its neighbours are neither black nor white.
func allGrey(m *image.Gray, x, y int) bool {
	for _, row := range [][]uint8{m.Pix[(y-1)*m.Stride:], m.Pix[y*m.Stride:], m.Pix[(y+1)*m.Stride:]} {
		for _, v := range row[x-1 : x+2] {
			if v < 0xFF-paper || v >= paper {
				return false
			}
		}
	}
	return true
}

// bits are the logo in black and white, as it fits paper of this width in dots.
func (l *Logo) bits(width int) (*dots.Bitmap, error) {
	m := shrink(l.grey, width, LogoRows)
	if !l.shaded {
		return dots.Threshold(m)
	}
	mixed := image.NewPaletted(m.Rect, color.Palette{color.Black, color.White})
	draw.FloydSteinberg.Draw(mixed, m.Rect, m, image.Point{})
	return dots.Threshold(mixed)
}

// shrink is m at most width by height dots, its proportions kept. Each dot is the
// mean of what it covers.
func shrink(m *image.Gray, width, height int) *image.Gray {
	fromW, fromH := m.Rect.Dx(), m.Rect.Dy()
	w, h := fromW, fromH
	if w > width {
		w, h = width, max(1, fromH*width/fromW)
	}
	if h > height {
		w, h = max(1, fromW*height/fromH), height
	}
	if w == fromW && h == fromH {
		return m
	}
	out := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			out.Pix[y*out.Stride+x] = mean(m, x, y, w, h)
		}
	}
	return out
}

// mean is what dot x, y of w by h covers of m: in units of which a dot of m is w by h,
// and one of w by h as large as m.
func mean(m *image.Gray, x, y, w, h int) uint8 {
	fromW, fromH := m.Rect.Dx(), m.Rect.Dy()
	sum := 0
	for row := y * fromH / h; row*h < (y+1)*fromH; row++ {
		down := min((row+1)*h, (y+1)*fromH) - max(row*h, y*fromH)
		for column := x * fromW / w; column*w < (x+1)*fromW; column++ {
			across := min((column+1)*w, (x+1)*fromW) - max(column*w, x*fromW)
			sum += across * down * int(m.Pix[row*m.Stride+column])
		}
	}
	return uint8(sum / (fromW * fromH))
}
