package display_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"
	"periph.io/x/conn/v3/spi/spitest"

	"till/display"
)

// wiring is a panel's bus and pins, with a note of all that happens on them in
// the order it does.
type wiring struct {
	spi.Conn
	record spitest.Record
	limit  int
	data   *gpiotest.Pin
	lines  []string
	failAt int // transfers until one fails; 0: none does
	panel  *glass
	delay  time.Duration // of each transfer
}

var errWire = errors.New("the wire is off")

func newWiring(t *testing.T, limit int) *wiring {
	t.Helper()
	w := &wiring{limit: limit, data: &gpiotest.Pin{N: "data"}}
	c, err := w.record.Connect(physic.MegaHertz, spi.Mode0, 8)
	if err != nil {
		t.Fatal(err)
	}
	w.Conn = c
	return w
}

func (w *wiring) MaxTxSize() int { return w.limit }

func (w *wiring) Tx(out, in []byte) error {
	if w.limit > 0 && len(out) > w.limit {
		return fmt.Errorf("maximum Tx length is %d", w.limit)
	}
	if w.delay > 0 {
		time.Sleep(w.delay)
	}
	if w.failAt > 0 {
		if w.failAt--; w.failAt == 0 {
			return errWire
		}
	}
	if err := w.Conn.Tx(out, in); err != nil {
		return err
	}
	kind := "command"
	if w.data.Read() {
		kind = "data   "
	}
	w.lines = append(w.lines, fmt.Sprintf("%s % x", kind, out))
	if w.panel != nil {
		w.panel.take(bool(w.data.Read()), out)
	}
	return nil
}

func (w *wiring) sleep(d time.Duration) { w.lines = append(w.lines, fmt.Sprintf("wait    %v", d)) }

// noted is a pin whose every level is noted.
type noted struct {
	*gpiotest.Pin
	w *wiring
}

func (n noted) Out(l gpio.Level) error {
	n.w.lines = append(n.w.lines, fmt.Sprintf("%-7s %v", n.N, l))
	return n.Pin.Out(l)
}

func (w *wiring) pins() display.SPIPins {
	return display.SPIPins{Data: w.data, Reset: noted{&gpiotest.Pin{N: "reset"}, w}, Backlight: noted{&gpiotest.Pin{N: "light"}, w}}
}

func model(t *testing.T, name string) display.SPIModel {
	t.Helper()
	m, err := display.SPIModelByName(name)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestSPIPanelBytes holds everything on the wire, byte for byte, from power-on
// to Close, in pieces of 16 bytes, to the file of the model.
func TestSPIPanelBytes(t *testing.T) {
	for _, name := range []string{"st7789", "ili9341"} {
		t.Run(name, func(t *testing.T) {
			w := newWiring(t, 16)
			p, err := display.NewSPIPanel(w, w.pins(), model(t, name), 0, w.sleep)
			if err != nil {
				t.Fatal(err)
			}
			frame := image.NewRGBA(image.Rectangle{Max: p.Size()})
			for i, c := range []color.RGBA{{R: 255, A: 255}, {G: 255, A: 255}, {B: 255, A: 255}, {R: 0x12, G: 0x34, B: 0x56, A: 255}} {
				frame.SetRGBA(300+i, 200, c)
			}
			if err := p.Draw(frame, image.Rect(298, 200, 308, 202)); err != nil {
				t.Fatal(err)
			}
			if err := p.Draw(frame, image.Rect(303, 200, 304, 201)); err != nil {
				t.Fatal(err)
			}
			if err := p.Close(); err != nil {
				t.Fatal(err)
			}
			got := strings.Join(w.lines, "\n") + "\n"
			path := filepath.Join("testdata", "spi-"+name+".txt")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("on the wire:\n%s\nwant:\n%s", got, want)
			}
			if err := p.Close(); err != nil || strings.Join(w.lines, "\n")+"\n" != got {
				t.Errorf("the second Close: %v", err)
			}
			if err := p.Draw(frame, frame.Rect); err == nil {
				t.Error("drawn after Close")
			}
		})
	}
}

// glass is a controller as its datasheet tells, with what can be seen of its memory.
type glass struct {
	model        display.SPIModel
	ram          *image.RGBA
	mode, code   byte
	params       []byte
	columns      image.Point // first and last
	rows         image.Point
	at           image.Point
	invert, on   bool
	outside, odd int
}

func newGlass(m display.SPIModel) *glass {
	return &glass{model: m, ram: image.NewRGBA(image.Rectangle{Max: m.RAM})}
}

func (g *glass) take(data bool, b []byte) {
	if !data {
		if len(g.params)%2 != 0 && g.code == 0x2C {
			g.odd++
		}
		g.code, g.params = b[0], nil
		switch g.code {
		case 0x20, 0x21:
			g.invert = g.code == 0x21
		case 0x28, 0x29:
			g.on = g.code == 0x29
		case 0x2C:
			g.at = image.Pt(g.columns.X, g.rows.X)
		}
		return
	}
	g.params = append(g.params, b...)
	be := func(i int) int { return int(g.params[i])<<8 | int(g.params[i+1]) }
	switch {
	case g.code == 0x36:
		g.mode = g.params[0]
	case g.code == 0x2A && len(g.params) == 4:
		g.columns = image.Pt(be(0), be(2))
	case g.code == 0x2B && len(g.params) == 4:
		g.rows = image.Pt(be(0), be(2))
	case g.code == 0x2C:
		for len(g.params) >= 2 {
			g.put(be(0))
			g.params = g.params[2:]
		}
	}
}

func (g *glass) put(pixel int) {
	p := g.at
	if g.at.X++; g.at.X > g.columns.Y {
		g.at = image.Pt(g.columns.X, g.at.Y+1)
	}
	if g.mode&0x20 != 0 {
		p.X, p.Y = p.Y, p.X
	}
	if g.mode&0x40 != 0 {
		p.X = g.model.RAM.X - 1 - p.X
	}
	if g.mode&0x80 != 0 {
		p.Y = g.model.RAM.Y - 1 - p.Y
	}
	if !p.In(image.Rectangle{Min: g.model.Offset, Max: g.model.Offset.Add(g.model.Size)}) {
		g.outside++
		return
	}
	g.ram.SetRGBA(p.X, p.Y, color.RGBA{uint8(pixel >> 11 << 3), uint8(pixel >> 5 << 2), uint8(pixel << 3), 255})
}

// seen is the glass, upright in its memory.
func (g *glass) seen() *image.RGBA {
	part := g.ram.SubImage(image.Rectangle{Min: g.model.Offset, Max: g.model.Offset.Add(g.model.Size)}).(*image.RGBA)
	m := image.NewRGBA(image.Rectangle{Max: g.model.Size})
	for y := range m.Rect.Max.Y {
		for x := range m.Rect.Max.X {
			m.SetRGBA(x, y, part.RGBAAt(x+g.model.Offset.X, y+g.model.Offset.Y))
		}
	}
	return m
}

func TestSPIPanelShows(t *testing.T) {
	for _, m := range display.SPIModels() {
		for _, r := range []display.Rotation{0, 90, 180, 270} {
			t.Run(fmt.Sprintf("%s, %d degrees", m.Name, r), func(t *testing.T) {
				w := newWiring(t, 4095) // odd, so that pixels are cut in two
				w.panel = newGlass(m)
				p, err := display.NewSPIPanel(w, w.pins(), m, r, w.sleep)
				if err != nil {
					t.Fatal(err)
				}
				if landscape := r == 0 || r == 180; landscape != (p.Size().X >= p.Size().Y) && p.Size().X != p.Size().Y {
					t.Errorf("%d degrees is %v", r, p.Size())
				}
				frame := noise(p.Size(), 7)
				for i := range frame.Pix {
					if i%4 == 1 {
						frame.Pix[i] &= 0xfc
					} else if i%4 < 3 {
						frame.Pix[i] &= 0xf8
					}
				}
				if err := p.Draw(frame, frame.Rect); err != nil {
					t.Fatal(err)
				}
				sent := 0
				for _, op := range w.record.Ops {
					sent += len(op.W)
				}
				frame.SetRGBA(20, 30, color.RGBA{R: 8, A: 255})
				if err := p.Draw(frame, image.Rect(20, 30, 21, 31)); err != nil {
					t.Fatal(err)
				}
				again := -sent
				for _, op := range w.record.Ops {
					again += len(op.W)
				}
				if again > 16 {
					t.Errorf("%d bytes for a pixel", again)
				}
				if !w.panel.on || w.panel.invert != m.Invert || w.panel.outside > 0 || w.panel.odd > 0 {
					t.Errorf("on %v, inverted %v, %d px outside the glass", w.panel.on, w.panel.invert, w.panel.outside)
				}
				// Turned as at 0 degrees, and then by r: as a framebuffer and a finger are.
				if got := turned(unturn(w.panel.seen(), m), r); !bytes.Equal(got.Pix, frame.Pix) {
					t.Error("the glass does not show the frame")
				}
			})
		}
	}
}

// unturn turns the glass as it is held at 0 degrees.
func unturn(m *image.RGBA, model display.SPIModel) *image.RGBA {
	mode := model.AddressMode[0]
	size := m.Rect.Max
	if mode&0x20 != 0 {
		size = image.Pt(size.Y, size.X)
	}
	out := image.NewRGBA(image.Rectangle{Max: size})
	for y := range size.Y {
		for x := range size.X {
			p := image.Pt(x, y)
			if mode&0x20 != 0 {
				p = image.Pt(y, x)
			}
			if mode&0x40 != 0 {
				p.X = m.Rect.Max.X - 1 - p.X
			}
			if mode&0x80 != 0 {
				p.Y = m.Rect.Max.Y - 1 - p.Y
			}
			out.SetRGBA(x, y, m.RGBAAt(p.X, p.Y))
		}
	}
	return out
}

// After a failed transfer nothing is known of the panel, so it is set up anew.
func TestSPIPanelIsSetUpAgain(t *testing.T) {
	w := newWiring(t, 0) // no limit told: spidev's own is kept
	w.panel = newGlass(model(t, "st7789"))
	p, err := display.NewSPIPanel(w, display.SPIPins{Data: w.data}, model(t, "st7789"), 0, w.sleep)
	if err != nil {
		t.Fatal(err)
	}
	frame := noise(p.Size(), 1)
	if err := p.Draw(frame, image.Rect(0, 0, 100, 100)); err != nil {
		t.Fatal(err)
	}
	for _, op := range w.record.Ops {
		if len(op.W) > 4096 {
			t.Errorf("a transfer of %d bytes", len(op.W))
		}
	}
	w.failAt = 3
	if err := p.Draw(frame, image.Rect(0, 0, 1, 1)); !errors.Is(err, errWire) {
		t.Fatalf("a failed transfer: %v", err)
	}
	w.lines = nil
	if err := p.Draw(frame, image.Rect(0, 0, 1, 1)); err != nil {
		t.Fatal(err)
	}
	if len(w.lines) == 0 || w.lines[0] != "command 01" {
		t.Errorf("begins again with %v", w.lines)
	}
}

func TestSPIPanelRefuses(t *testing.T) {
	w := newWiring(t, 16)
	if _, err := display.NewSPIPanel(w, w.pins(), model(t, "st7789"), 30, w.sleep); err == nil {
		t.Error("turned by 30 degrees")
	}
	if _, err := display.NewSPIPanel(w, display.SPIPins{}, model(t, "st7789"), 0, w.sleep); err == nil {
		t.Error("without a data pin")
	}
	if _, err := display.SPIModelByName("st7735"); err == nil || !strings.Contains(err.Error(), "ili9341") {
		t.Errorf("an unknown model: %v", err)
	}
}
