package display_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"testing"

	"till/display"
)

var (
	rgb565 = display.PixelFormat{Bits: 16,
		Red: display.Channel{Offset: 11, Length: 5}, Green: display.Channel{Offset: 5, Length: 6}, Blue: display.Channel{Offset: 0, Length: 5}}
	xrgb8888 = display.PixelFormat{Bits: 32,
		Red: display.Channel{Offset: 16, Length: 8}, Green: display.Channel{Offset: 8, Length: 8}, Blue: display.Channel{Offset: 0, Length: 8}}
	// bcm2708_fb with fbswap the other way round: red in the lowest byte.
	xbgr8888 = display.PixelFormat{Bits: 32,
		Red: display.Channel{Offset: 0, Length: 8}, Green: display.Channel{Offset: 8, Length: 8}, Blue: display.Channel{Offset: 16, Length: 8}}
	bgra8888 = display.PixelFormat{Bits: 32, Alpha: display.Channel{Offset: 0, Length: 8},
		Red: display.Channel{Offset: 8, Length: 8}, Green: display.Channel{Offset: 16, Length: 8}, Blue: display.Channel{Offset: 24, Length: 8}}
	rgb888 = display.PixelFormat{Bits: 24,
		Red: display.Channel{Offset: 16, Length: 8}, Green: display.Channel{Offset: 8, Length: 8}, Blue: display.Channel{Offset: 0, Length: 8}}
	xrgb2101010 = display.PixelFormat{Bits: 32,
		Red: display.Channel{Offset: 20, Length: 10}, Green: display.Channel{Offset: 10, Length: 10}, Blue: display.Channel{Offset: 0, Length: 10}}
)

func TestPixelFormats(t *testing.T) {
	pix := []byte{255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 0x12, 0x34, 0x56, 255, 255, 255, 255, 255}
	for _, c := range []struct {
		name   string
		format display.PixelFormat
		want   string // hexadecimal, as it lies in memory
	}{
		{"RGB565", rgb565, "00f8 e007 1f00 aa11 ffff"},
		{"XRGB8888", xrgb8888, "0000ff00 00ff0000 ff000000 56341200 ffffff00"},
		{"XBGR8888", xbgr8888, "ff000000 00ff0000 0000ff00 12345600 ffffff00"},
		{"BGRA8888", bgra8888, "ffff0000 ff00ff00 ff0000ff ff123456 ffffffff"},
		{"RGB888", rgb888, "0000ff 00ff00 ff0000 563412 ffffff"},
		{"XRGB2101010", xrgb2101010, "0000f03f 00fc0f00 ff030000 59418304 ffffff3f"},
	} {
		size := c.format.Bits / 8
		got := c.format.Convert(nil, pix, 0, 4, 5)
		var text []string
		for i := 0; i < len(got); i += size {
			text = append(text, fmt.Sprintf("%x", got[i:i+size]))
		}
		if s := fmt.Sprint(text); s != "["+c.want+"]" {
			t.Errorf("%s: %s, want [%s]", c.name, s, c.want)
		}
		backwards := c.format.Convert(nil, pix, 16, -4, 5)
		for i := range 5 {
			if !bytes.Equal(backwards[i*size:(i+1)*size], got[(4-i)*size:(5-i)*size]) {
				t.Errorf("%s: backwards it is %x", c.name, backwards)
			}
		}
	}
}

// shownBy reads a framebuffer's memory as the panel shows it.
func shownBy(memory []byte, g display.FBGeometry) *image.RGBA {
	m := image.NewRGBA(image.Rectangle{Max: g.Size})
	bytesPer := g.Format.Bits / 8
	for y := range g.Size.Y {
		for x := range g.Size.X {
			at := (g.Origin.Y+y)*g.Stride + (g.Origin.X+x)*bytesPer
			var v uint32
			for i := range bytesPer {
				v |= uint32(memory[at+i]) << (8 * i)
			}
			take := func(c display.Channel) uint8 { return uint8(v >> c.Offset << (8 - c.Length)) }
			m.SetRGBA(x, y, color.RGBA{take(g.Format.Red), take(g.Format.Green), take(g.Format.Blue), 255})
		}
	}
	return m
}

// turned is the picture as a person sees it who has turned the panel back.
func turned(m *image.RGBA, r display.Rotation) *image.RGBA {
	size := m.Rect.Max
	out := image.NewRGBA(image.Rectangle{Max: r.Size(size)})
	for y := range size.Y {
		for x := range size.X {
			c := m.RGBAAt(x, y)
			switch r {
			case 90:
				out.SetRGBA(y, size.X-1-x, c)
			case 180:
				out.SetRGBA(size.X-1-x, size.Y-1-y, c)
			case 270:
				out.SetRGBA(size.Y-1-y, x, c)
			default:
				out.SetRGBA(x, y, c)
			}
		}
	}
	return out
}

func TestFramebuffer(t *testing.T) {
	for _, format := range []display.PixelFormat{xrgb8888, bgra8888, rgb888, rgb565} {
		for _, r := range []display.Rotation{0, 90, 180, 270} {
			t.Run(fmt.Sprintf("%d bits, %d degrees", format.Bits, r), func(t *testing.T) {
				// An odd stride, and a picture that begins inside the memory.
				g := display.FBGeometry{Size: image.Pt(37, 23), Origin: image.Pt(3, 5), Format: format}
				g.Stride = (g.Origin.X+g.Size.X)*format.Bits/8 + 7
				memory := bytes.Repeat([]byte{0xA5}, g.Stride*(g.Origin.Y+g.Size.Y)+11)
				fb, err := display.NewFramebuffer(memory, g, r)
				if err != nil {
					t.Fatal(err)
				}
				size := r.Size(g.Size)
				if fb.Size() != size {
					t.Fatalf("size %v, want %v", fb.Size(), size)
				}
				mask := func(m *image.RGBA) *image.RGBA { // what the format keeps
					for i := range m.Pix {
						if format.Bits == 16 && i%4 == 1 {
							m.Pix[i] &= 0xfc
						} else if format.Bits == 16 && i%4 < 3 {
							m.Pix[i] &= 0xf8
						}
					}
					return m
				}
				a, b := mask(noise(size, 1)), mask(noise(size, 2))
				if err := fb.Draw(a, a.Rect); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(turned(shownBy(memory, g), r).Pix, a.Pix) {
					t.Fatal("a whole frame is not shown as drawn")
				}
				before := bytes.Clone(memory)
				part := image.Rect(2, 3, 9, 16)
				if err := fb.Draw(b, part); err != nil {
					t.Fatal(err)
				}
				shown := turned(shownBy(memory, g), r)
				for y := range size.Y {
					for x := range size.X {
						want := a.RGBAAt(x, y)
						if image.Pt(x, y).In(part) {
							want = b.RGBAAt(x, y)
						}
						if got := shown.RGBAAt(x, y); got != want {
							t.Fatalf("%d,%d is %v, want %v", x, y, got, want)
						}
					}
				}
				changed := 0
				for i := range memory {
					if memory[i] != before[i] {
						changed++
					}
				}
				if most := part.Dx() * part.Dy() * format.Bits / 8; changed > most {
					t.Errorf("%d bytes changed, the part has %d", changed, most)
				}
				for i := range memory {
					y, x := i/g.Stride, i%g.Stride*8/format.Bits
					inside := y >= g.Origin.Y && y < g.Origin.Y+g.Size.Y && x >= g.Origin.X && x < g.Origin.X+g.Size.X
					if !inside && memory[i] != 0xA5 {
						t.Fatalf("byte %d lies outside the picture and was written", i)
					}
				}
				if err := fb.Close(); err != nil {
					t.Fatal(err)
				}
				if err := fb.Close(); err != nil {
					t.Errorf("the second Close: %v", err)
				}
				if err := fb.Draw(a, part); err == nil {
					t.Error("drawn after Close")
				}
			})
		}
	}
}

func TestFramebufferRefuses(t *testing.T) {
	good := display.FBGeometry{Size: image.Pt(10, 10), Stride: 40, Format: xrgb8888}
	change := func(f func(*display.FBGeometry)) display.FBGeometry {
		g := good
		f(&g)
		return g
	}
	for name, c := range map[string]struct {
		g      display.FBGeometry
		memory int
		r      display.Rotation
		ok     bool
	}{
		"good":                {good, 400, 0, true},
		"no memory":           {good, 399, 0, false},
		"other angle":         {good, 400, 45, false},
		"no size":             {change(func(g *display.FBGeometry) { g.Size.X = 0 }), 400, 0, false},
		"huge":                {change(func(g *display.FBGeometry) { g.Size.Y = 1 << 30 }), 400, 0, false},
		"short rows":          {change(func(g *display.FBGeometry) { g.Stride = 39 }), 400, 0, false},
		"negative rows":       {change(func(g *display.FBGeometry) { g.Stride = -40 }), 400, 0, false},
		"origin":              {change(func(g *display.FBGeometry) { g.Origin.Y = 1 }), 400, 0, false},
		"negative origin":     {change(func(g *display.FBGeometry) { g.Origin.Y = -1 }), 400, 0, false},
		"8 bits":              {change(func(g *display.FBGeometry) { g.Format.Bits = 8 }), 400, 0, false},
		"no red":              {change(func(g *display.FBGeometry) { g.Format.Red.Length = 0 }), 400, 0, false},
		"red above the pixel": {change(func(g *display.FBGeometry) { g.Format.Red.Offset = 25 }), 400, 0, false},
	} {
		if _, err := display.NewFramebuffer(make([]byte, c.memory), c.g, c.r); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOpenFramebufferThatIsNone(t *testing.T) {
	if _, err := display.OpenFramebuffer(t.TempDir()+"/fb0", display.FramebufferOptions{}); err == nil {
		t.Error("a file that is not there was opened")
	}
	if _, err := display.OpenFramebuffer("/dev/null", display.FramebufferOptions{}); err == nil {
		t.Error("/dev/null is no framebuffer, and was opened")
	}
}

func TestNoDisplay(t *testing.T) {
	n := display.NewNone(image.Pt(8, 6))
	frame := noise(n.Size(), 1)
	if err := n.Draw(frame, frame.Rect); err != nil {
		t.Fatal(err)
	}
	if n.Draw(frame, image.Rect(0, 0, 9, 6)) == nil || n.Draw(noise(image.Pt(9, 6), 1), frame.Rect) == nil {
		t.Error("what no surface takes was drawn")
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	if n.Draw(frame, frame.Rect) == nil {
		t.Error("drawn after Close")
	}
}
