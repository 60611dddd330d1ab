package pictures_test

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"slices"
	"testing"

	"till/boards"
	tilldraw "till/draw"
)

// wiringSheet is the header of a 40-pin board with what hangs on it, drawn from
// the boards' own data.
const wiringSheet = "wiring.png"

// Measures of the picture, px.
const (
	wiringW, wiringH = 1700, 1120
	pinTop, pinStep  = 130, 48
	pinRadius        = 15
	stripX, stripW   = 800, 100 // the header itself
	pillW, pillH     = 136, 34
	cardW            = 300
)

// plugColours are dark enough for white text, and differ in light as well as in hue.
var plugColours = []color.RGBA{
	rgbOf(0x0B5FFF), rgbOf(0x7A3E9D), rgbOf(0xB3261E), rgbOf(0xA15C00), rgbOf(0x0B7A3B), rgbOf(0x00707A), rgbOf(0x8A2C5B), rgbOf(0x3D4650),
}

func rgbOf(n uint32) color.RGBA {
	return color.RGBA{R: uint8(n >> 16), G: uint8(n >> 8), B: uint8(n), A: 0xFF}
}

// wiring draws the header seen from above with the memory card at the top, so that
// pin 1 is at the top left.
func wiring(t *testing.T) image.Image {
	sheet := image.NewRGBA(image.Rect(0, 0, wiringW, wiringH))
	w := sheetOf{sheet}
	w.box(sheet.Rect, rgbOf(0xFAFAF7))
	plugs := boards.Pi4B.Pins.Plugs()
	if len(plugs) > len(plugColours) {
		t.Fatalf("%d plugs, and %d colours", len(plugs), len(plugColours))
	}
	w.text(40, 52, tilldraw.Bold, 30, "The 40-pin header", rgbOf(0x111418))
	w.text(40, 84, tilldraw.Regular, 17, "Seen from above, with the memory card at the top; pin 1 is the square one. All boards alike. Scanners, printers, number pads and touch panels on USB need none of it.", rgbOf(0x5B6470))
	w.box(image.Rect(stripX, pinTop-34, stripX+stripW, pinTop+19*pinStep+34), rgbOf(0x1E2A22))

	users := map[int][]int{} // plugs of each header pin
	for i, p := range plugs {
		for _, wire := range p.Wires {
			users[wire.Header] = append(users[wire.Header], i)
		}
	}
	cards := cardsOf(plugs)
	for i, c := range cards { // under the labels
		for _, wire := range plugs[i].Wires {
			if (wire.Header%2 == 0) == c.right {
				w.wire(c, plugColours[i], pillAt(wire.Header, slices.Index(users[wire.Header], i)))
			}
		}
	}
	for n := 1; n <= boards.HeaderPins; n++ {
		w.pin(n, plugs, users[n])
	}
	for i, c := range cards {
		w.card(c, plugs[i], plugColours[i])
	}
	return sheet
}

type sheetOf struct{ *image.RGBA }

func (w sheetOf) box(r image.Rectangle, c color.RGBA) {
	draw.Draw(w.RGBA, r, image.NewUniform(c), image.Point{}, draw.Src)
}

func (w sheetOf) text(x, y int, weight tilldraw.Weight, px float64, s string, c color.RGBA) int {
	return tilldraw.NewFace(weight, px).Draw(w.RGBA, x, y, s, c)
}

func (w sheetOf) disc(at image.Point, radius int, c color.RGBA) {
	for y := -radius; y <= radius; y++ {
		for x := -radius; x <= radius; x++ {
			if x*x+y*y <= radius*radius {
				w.SetRGBA(at.X+x, at.Y+y, c)
			}
		}
	}
}

// pinAt is where header pin n is; odd ones are on the left.
func pinAt(n int) image.Point {
	at := image.Pt(stripX+stripW/4, pinTop+(n-1)/2*pinStep)
	if n%2 == 0 {
		at.X += stripW / 2
	}
	return at
}

// pillAt is where the label of a pin's use i is, the first next to the pin.
func pillAt(n, i int) image.Rectangle {
	y := pinAt(n).Y - pillH/2
	step := pillW + 6
	if n%2 == 1 {
		x := stripX - 96 - pillW - i*step
		return image.Rect(x, y, x+pillW, y+pillH)
	}
	x := stripX + stripW + 96 + i*step
	return image.Rect(x, y, x+pillW, y+pillH)
}

func (w sheetOf) pin(n int, plugs []boards.Plug, users []int) {
	at := pinAt(n)
	metal := rgbOf(0xE9EBEE)
	if power := boards.HeaderPower(n); power == boards.Ground {
		metal = rgbOf(0x9AA3AD)
	} else if power != "" {
		metal = rgbOf(0xFFB4A8)
	}
	if n == 1 {
		w.box(image.Rect(at.X-pinRadius, at.Y-pinRadius, at.X+pinRadius+1, at.Y+pinRadius+1), metal)
	} else {
		w.disc(at, pinRadius, metal)
	}
	w.centred(image.Rect(at.X-pinRadius, at.Y-pinRadius, at.X+pinRadius, at.Y+pinRadius), tilldraw.Bold, 15, fmt.Sprint(n), rgbOf(0x111418))

	name := string(boards.HeaderPower(n))
	if signal, ok := boards.HeaderSignal(n); ok {
		name = fmt.Sprintf("GPIO %d", signal)
	}
	beside := image.Rect(stripX-92, at.Y-12, stripX-6, at.Y+12)
	if n%2 == 0 {
		beside = image.Rect(stripX+stripW+6, at.Y-12, stripX+stripW+92, at.Y+12)
	}
	w.centred(beside, tilldraw.Medium, 15, name, rgbOf(0x5B6470))
	if n == 27 || n == 28 {
		w.centred(pillAt(n, 0), tilldraw.Regular, 14, "kept: HAT's EEPROM", rgbOf(0x5B6470))
	}
	if _, signal := boards.HeaderSignal(n); signal && len(users) == 0 && n != 27 && n != 28 {
		w.centred(pillAt(n, 0), tilldraw.Regular, 14, "free", rgbOf(0x5B6470))
	}
	for i, user := range users {
		wire := plugs[user].Wires[slices.IndexFunc(plugs[user].Wires, func(x boards.Wire) bool { return x.Header == n })]
		pill := pillAt(n, i)
		w.box(pill, plugColours[user])
		w.centred(pill, tilldraw.Medium, 14, short(plugs[user].Name)+": "+wire.What, rgbOf(0xFFFFFF))
	}
}

// short is a plug's name on a label.
func short(name string) string {
	if name == "Scanner or printer, serial" {
		return "Serial"
	}
	if name == "Power button" {
		return "Button"
	}
	return name
}

// centred writes s in the middle of r, smaller where it is too long.
func (w sheetOf) centred(r image.Rectangle, weight tilldraw.Weight, px float64, s string, c color.RGBA) {
	f := tilldraw.NewFace(weight, px)
	for f.Measure(s) > r.Dx()-4 && px > 9 {
		px--
		f = tilldraw.NewFace(weight, px)
	}
	f.Draw(w.RGBA, r.Min.X+(r.Dx()-f.Measure(s))/2, r.Min.Y+(r.Dy()+f.CapHeight())/2, s, c)
}

// card says what belongs between header and peripheral.
type card struct {
	rect  image.Rectangle
	right bool     // of the header
	lines []string // of what is said
	bar   int      // x of the line that gathers its wires
}

// cardsOf places each plug's card near its pins, on the side where most are.
func cardsOf(plugs []boards.Plug) []card {
	cards := make([]card, len(plugs))
	order := make([]int, len(plugs))
	middle := func(p boards.Plug) int {
		sum := 0
		for _, wire := range p.Wires {
			sum += pinAt(wire.Header).Y
		}
		return sum / len(p.Wires)
	}
	for i, p := range plugs {
		order[i] = i
		right := 0
		for _, wire := range p.Wires {
			if wire.Header%2 == 0 {
				right++
			}
		}
		cards[i].right = 2*right > len(p.Wires) || p.Name == "Buzzer"
		cards[i].lines = tilldraw.Wrap(tilldraw.NewFace(tilldraw.Regular, 15), p.About, cardW-40)
	}
	slices.SortStableFunc(order, func(a, b int) int { return middle(plugs[a]) - middle(plugs[b]) })
	bottom, bars := map[bool]int{}, map[bool]int{}
	for _, i := range order {
		c := &cards[i]
		tall := 46 + 20*len(c.lines)
		y := max(middle(plugs[i])-tall/2, bottom[c.right]+14, pinTop-34)
		y = min(y, wiringH-30-tall)
		bottom[c.right] = y + tall
		c.rect = image.Rect(40, y, 40+cardW, y+tall)
		c.bar = c.rect.Max.X + 20 + 11*bars[c.right]
		if c.right {
			c.rect = image.Rect(wiringW-40-cardW, y, wiringW-40, y+tall)
			c.bar = c.rect.Min.X - 20 - 11*bars[c.right]
		}
		bars[c.right]++
	}
	return cards
}

// wire goes from a card to one of its labels.
func (w sheetOf) wire(c card, with color.RGBA, pill image.Rectangle) {
	const thick = 3
	y, edge, far := pill.Min.Y+pill.Dy()/2, pill.Min.X, c.rect.Max.X
	if c.right {
		edge, far = pill.Max.X, c.rect.Min.X
	}
	at := c.rect.Min.Y + c.rect.Dy()/2
	w.box(image.Rect(c.bar, y, edge, y+thick).Canon(), with)
	w.box(image.Rect(far, at, c.bar, at+thick).Canon(), with)
	w.box(image.Rect(c.bar, min(y, at), c.bar+thick, max(y, at)+thick), with)
}

func (w sheetOf) card(c card, p boards.Plug, with color.RGBA) {
	w.box(c.rect, with)
	w.box(image.Rect(c.rect.Min.X+8, c.rect.Min.Y+2, c.rect.Max.X-2, c.rect.Max.Y-2), rgbOf(0xFFFFFF))
	w.text(c.rect.Min.X+22, c.rect.Min.Y+28, tilldraw.Bold, 18, p.Name, rgbOf(0x111418))
	for j, line := range c.lines {
		w.text(c.rect.Min.X+22, c.rect.Min.Y+50+20*j, tilldraw.Regular, 15, line, rgbOf(0x3D4650))
	}
}
