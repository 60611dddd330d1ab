package display

import (
	"encoding/json"
	"image"
	"image/color"
	"math"
	"os"
	"testing"

	"till/draw"
)

// Inside the package, since it must see every pair of colours text is drawn in.

// luminance and contrast are WCAG 2.2's relative luminance and contrast ratio.
func luminance(c color.RGBA) float64 {
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}

func contrast(a, b color.RGBA) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func TestContrastFormula(t *testing.T) {
	if got := contrast(rgb(0x000000), rgb(0xFFFFFF)); math.Abs(got-21) > 0.001 {
		t.Errorf("black on white is %.3f, want 21", got)
	}
	if got := contrast(rgb(0x777777), rgb(0xFFFFFF)); math.Abs(got-4.478) > 0.001 {
		t.Errorf("#777777 on white is %.3f, want 4.478", got)
	}
}

// drawing is a sample of either display, laid out by render.
type drawing struct {
	name   string
	canvas func(image.Point) *canvas
	render func(*canvas)
}

func drawings(t *testing.T) []drawing {
	t.Helper()
	var all []drawing
	for _, s := range recorded[View](t, "views") {
		all = append(all, drawing{s.Name, func(size image.Point) *canvas { return newCanvas(s.View, size) }, (*canvas).render})
	}
	for _, s := range recorded[CustomerView](t, "customers") {
		all = append(all, drawing{
			"customer " + s.Name, func(size image.Point) *canvas { return newCustomerCanvas(s.View, size) },
			func(c *canvas) { c.customer(s.View) },
		})
	}
	return all
}

// named is an entry of the gallery, which a test within the package cannot import.
type named[V any] struct {
	Name string
	View V
}

func recorded[V any](t *testing.T, name string) (all []named[V]) {
	t.Helper()
	raw, err := os.ReadFile("gallery/" + name + ".json")
	if err == nil {
		err = json.Unmarshal(raw, &all)
	}
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestEveryTextIsReadable(t *testing.T) {
	pairs := 0
	for _, s := range drawings(t) {
		for _, size := range []image.Point{{800, 480}, {480, 320}, {320, 240}} {
			c := s.canvas(size)
			c.pair = func(fg, bg color.RGBA, px int, w draw.Weight) {
				pairs++
				least := 4.5
				if px >= 24 && w == draw.Bold { // WCAG's large text
					least = 3
				}
				if got := contrast(fg, bg); got < least {
					t.Errorf("%s at %v: %v on %v at %d px has contrast %.2f, want %.1f", s.name, size, fg, bg, px, got, least)
				}
				if px < c.m.least && size.X == 800 {
					t.Errorf("%s: text of %d px, want at least %d", s.name, px, c.m.least)
				}
			}
			s.render(c)
			if c.cut != "" {
				t.Errorf("%s at %v: %q is cut off", s.name, size, c.cut)
			}
		}
	}
	if pairs < 1000 {
		t.Errorf("only %d texts were drawn", pairs)
	}
}

// No text stands on another, or beyond the panel: every glyph's ink is measured.
func TestNoTextOverlapsAnother(t *testing.T) {
	for _, s := range drawings(t) {
		for _, size := range []image.Point{{800, 480}, {1024, 600}, {480, 320}, {320, 240}} {
			c := s.canvas(size)
			s.render(c)
			var texts []mark
			for _, m := range c.marks {
				if m.kind != markText || m.rect.Empty() {
					continue
				}
				if !m.rect.In(c.frame) {
					t.Errorf("%s at %v: %q at %v is not all on the panel", s.name, size, m.text, m.rect)
				}
				for _, other := range texts {
					if both := m.rect.Intersect(other.rect); both.Dx() > 1 && both.Dy() > 1 {
						t.Errorf("%s at %v: %q overlaps %q", s.name, size, m.text, other.text)
					}
				}
				texts = append(texts, m)
			}
		}
	}
}

// The told ground must be the real one, or the test above proves nothing.
func TestTextStandsOnTheGroundItSays(t *testing.T) {
	for _, s := range drawings(t) {
		c := s.canvas(image.Pt(800, 480))
		grounds := map[color.RGBA]bool{}
		c.pair = func(_, bg color.RGBA, _ int, _ draw.Weight) { grounds[bg] = true }
		s.render(c)
		img := c.paint()
		for bg := range grounds {
			n := 0
			for i := 0; i < len(img.Pix); i += 4 {
				if img.Pix[i] == bg.R && img.Pix[i+1] == bg.G && img.Pix[i+2] == bg.B {
					n++
				}
			}
			if n < 200 {
				t.Errorf("%s: text stands on %v, which fills %d px of the frame", s.name, bg, n)
			}
		}
	}
}

// Grounds that parts are told apart by without text need 3:1 (WCAG 1.4.11).
func TestEdgesAndSignsAreSeen(t *testing.T) {
	for name, pair := range map[string][2]color.RGBA{
		"key's edge on paper":  {edge, paper},
		"key's edge on white":  {edge, white},
		"main button on paper": {action, paper},
		"tick's disc":          {white, green},
		"cross's octagon":      {white, red},
		"ring":                 {umber, amber},
		"neutral sign":         {muted, paper},
	} {
		if got := contrast(pair[0], pair[1]); got < 3 {
			t.Errorf("%s has contrast %.2f, want 3", name, got)
		}
	}
}
