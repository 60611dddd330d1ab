package dots

import (
	"image"
	"image/color"
	"slices"
	"sync"
	"unicode"

	"github.com/golang/freetype/raster"
	"github.com/golang/freetype/truetype"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/gomonobold"
	"golang.org/x/image/math/fixed"

	"till/draw"
)

// Font A of every 80 mm and 58 mm class printer: 48 or 32 columns of 12x24
// dots. (escpos-printer-db; 180 dpi models have the same cell, 42 columns.)
const (
	CellWidth  = 12
	CellHeight = 24
)

const (
	baseline = 19 // row of the cell the letters stand on
	// Go Mono's advance is 0.6 em, so 20 px an em fill the cell exactly. Printers'
	// own fonts are taller than wide, and taller digits are read from farther off.
	emAcross, emDown = 20, 22
	emHanzi          = 24
	hanziBaseline    = 21
	ink              = 0x70 // coverage of a dot, of 255, from which it is black
)

// Columns is how many cells a rune takes: 1 or 2, and 0 where nothing is drawn.
func Columns(r rune) int {
	switch {
	case r >= 0x20 && r < 0x7F:
		return 1
	case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Variation_Selector, r):
		return 0
	case mono(false).has(r):
		return 1
	default:
		return 2
	}
}

// ROM is an ASCII character as the printer's own font draws it: enlarged by
// doubling its dots, wide and tall times (1 to 8). Anything else is an empty frame.
func ROM(c byte, bold bool, wide, tall int) *Bitmap {
	return cell(key{r: rune(c), bold: bold, wide: 1, tall: 1}).Enlarge(wide, tall)
}

// Rune is any character as we draw it ourselves, Columns(r)*CellWidth*wide dots
// wide and CellHeight*tall high (wide, tall: 1 or 2), its outline enlarged and
// not its dots. The bitmap is shared: do not change it.
func Rune(r rune, bold bool, wide, tall int) *Bitmap {
	return cell(key{r: r, bold: bold, wide: min(max(wide, 1), 2), tall: min(max(tall, 1), 2)})
}

type key struct {
	r          rune
	bold       bool
	wide, tall int
}

// maxCells bounds the cache: GB 2312 has 6,763 characters, a cell takes about 100 bytes.
const maxCells = 4096

// cells is a cache and holds no state a caller can see.
var cells struct {
	sync.Mutex
	drawn map[key]*Bitmap
}

func cell(k key) *Bitmap {
	cells.Lock()
	defer cells.Unlock()
	if b, ok := cells.drawn[k]; ok {
		return b
	}
	if cells.drawn == nil || len(cells.drawn) >= maxCells {
		cells.drawn = map[key]*Bitmap{}
	}
	b := rasterise(k)
	cells.drawn[k] = b
	return b
}

func rasterise(k key) *Bitmap {
	switch Columns(k.r) {
	case 0:
		return NewBitmap(0, CellHeight*k.tall)
	case 1:
		return mono(k.bold).draw(k)
	default:
		return ideograph(k)
	}
}

// outline is a monospaced font whose glyphs can be scaled differently across and down.
type outline struct{ font *truetype.Font }

var (
	regular = sync.OnceValue(func() outline { return parse(gomono.TTF) })
	heavy   = sync.OnceValue(func() outline { return parse(gomonobold.TTF) })
)

func parse(ttf []byte) outline {
	f, err := truetype.Parse(ttf)
	if err != nil {
		panic("dots: the built-in Go Mono does not parse: " + err.Error()) // a broken build; every test sees it
	}
	return outline{f}
}

func mono(bold bool) outline {
	if bold {
		return heavy()
	}
	return regular()
}

func (o outline) has(r rune) bool { return o.font.Index(r) != 0 }

func (o outline) draw(k key) *Bitmap {
	w, h := CellWidth*k.wide, CellHeight*k.tall
	const em = 1024 // dots the outline is loaded at, then scaled by us
	var g truetype.GlyphBuf
	if i := o.font.Index(k.r); i == 0 || g.Load(o.font, fixed.I(em), i, font.HintingNone) != nil {
		return frame(w, h)
	}
	for i, p := range g.Points {
		g.Points[i].X = p.X * fixed.Int26_6(emAcross*k.wide) / em
		g.Points[i].Y = fixed.I(baseline*k.tall) - p.Y*fixed.Int26_6(emDown*k.tall)/em
	}
	z := raster.NewRasterizer(w, h)
	z.UseNonZeroWinding = true
	from := 0
	for _, end := range g.Ends {
		contour(z, g.Points[from:end])
		from = end
	}
	mask := image.NewAlpha(image.Rect(0, 0, w, h))
	z.Rasterize(raster.NewAlphaSrcPainter(mask))
	b := NewBitmap(w, h)
	for y := range h {
		for x := range w {
			if mask.Pix[y*mask.Stride+x] >= ink {
				b.Set(x, y)
			}
		}
	}
	return b
}

// contour adds one closed outline. Between two control points in a row lies a
// point of the curve, half way (TrueType specification, glyf table).
func contour(z *raster.Rasterizer, points []truetype.Point) {
	const onCurve = 1
	var path []truetype.Point // with the implied points written out
	for i, p := range points {
		next := points[(i+1)%len(points)]
		path = append(path, p)
		if p.Flags&onCurve == 0 && next.Flags&onCurve == 0 {
			path = append(path, truetype.Point{X: (p.X + next.X) / 2, Y: (p.Y + next.Y) / 2, Flags: onCurve})
		}
	}
	first := slices.IndexFunc(path, func(p truetype.Point) bool { return p.Flags&onCurve != 0 })
	if first < 0 {
		return
	}
	path = slices.Concat(path[first:], path[:first+1])
	at := func(p truetype.Point) fixed.Point26_6 { return fixed.Point26_6{X: p.X, Y: p.Y} }
	z.Start(at(path[0]))
	for i := 1; i < len(path); i++ {
		if path[i].Flags&onCurve != 0 {
			z.Add1(at(path[i]))
			continue
		}
		z.Add2(at(path[i]), at(path[i+1])) // a control point is never last, nor two in a row
		i++
	}
}

// frame is the box of a character that no font has: seen, so that it is missed.
func frame(w, h int) *Bitmap {
	b := NewBitmap(w, h)
	b.Fill(image.Rect(1, 3, w-1, h-3))
	in := NewBitmap(w, h)
	in.Fill(image.Rect(3, 5, w-3, h-5))
	for i := range b.Bits {
		b.Bits[i] &^= in.Bits[i]
	}
	return b
}

var hanzi = struct{ regular, bold, regular2, bold2 func() *draw.Face }{
	sync.OnceValue(func() *draw.Face { return draw.NewFace(draw.Regular, emHanzi) }),
	sync.OnceValue(func() *draw.Face { return draw.NewFace(draw.Bold, emHanzi) }),
	sync.OnceValue(func() *draw.Face { return draw.NewFace(draw.Regular, 2*emHanzi) }),
	sync.OnceValue(func() *draw.Face { return draw.NewFace(draw.Bold, 2*emHanzi) }),
}

// ideograph draws a rune of two columns at twice the size and takes the mean
// where it is to be smaller one way.
func ideograph(k key) *Bitmap {
	across, down := 1, 1 // dots of the drawing to a dot of the cell
	face, base := hanzi.regular, hanziBaseline
	if k.bold {
		face = hanzi.bold
	}
	if k.wide == 2 || k.tall == 2 {
		face, base = hanzi.regular2, 2*hanziBaseline
		if k.bold {
			face = hanzi.bold2
		}
		across, down = 2/k.wide, 2/k.tall
	}
	w, h := 2*CellWidth*k.wide, CellHeight*k.tall
	big := image.NewGray(image.Rect(0, 0, w*across, h*down))
	f := face()
	s := string(k.r)
	f.Draw(big, (big.Rect.Dx()-f.Measure(s))/2, base, s, color.White)
	b := NewBitmap(w, h)
	for y := range h {
		for x := range w {
			sum := 0
			for dy := range down {
				for dx := range across {
					sum += int(big.GrayAt(x*across+dx, y*down+dy).Y)
				}
			}
			if sum >= ink*across*down {
				b.Set(x, y)
			}
		}
	}
	return b
}
