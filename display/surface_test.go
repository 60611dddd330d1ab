package display_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"testing"

	"till/display"
)

// surfaces is every surface there is, each with a way to see what it shows.
func surfaces(t *testing.T, size image.Point) map[string]struct {
	surface display.Surface
	shown   func() *image.RGBA
} {
	t.Helper()
	type entry = struct {
		surface display.Surface
		shown   func() *image.RGBA
	}
	p, fake, plugged := display.NewPNG(size), display.NewFake(size), display.NewPNG(size)
	near, far := net.Pipe()
	last := image.NewRGBA(image.Rectangle{Max: size})
	seen := make(chan struct{}) // one for every update, taken by the test
	done := make(chan error, 1)
	go func() {
		done <- display.NewBenchReader(far).Run(func(m *image.RGBA, _ image.Rectangle) {
			copy(last.Pix, m.Pix)
			seen <- struct{}{}
		})
	}()
	bench := &syncedBench{Bench: display.NewBench(near, size), seen: seen}
	t.Cleanup(func() {
		if err := bench.Close(); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Errorf("the bench's reader: %v", err)
		}
	})
	all := map[string]entry{
		"PNG":     {p, p.Image},
		"Fake":    {fake, fake.Image},
		"Hotplug": {display.NewHotplug(plugged, image.Point{}, nil), plugged.Image},
		"Bench":   {bench, func() *image.RGBA { return last }},
		"None":    {display.NewNone(size), nil}, // it shows nothing
	}
	for name, format := range map[string]display.PixelFormat{"framebuffer of 32 bits": xrgb8888, "framebuffer of 16 bits": rgb565} {
		g := display.FBGeometry{Size: size, Stride: size.X*format.Bits/8 + 4, Format: format}
		memory := make([]byte, g.Stride*size.Y)
		fb, err := display.NewFramebuffer(memory, g, 0)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = entry{fb, func() *image.RGBA { return shownBy(memory, g) }}
	}
	for _, name := range []string{"st7789", "ili9341"} {
		s, w := smallPanel(t, name, size)
		all[name] = entry{s, func() *image.RGBA { return unturn(w.panel.seen(), w.panel.model) }}
	}
	return all
}

// smallPanel is a panel of this model, of a size at rotation 0.
func smallPanel(t *testing.T, name string, size image.Point) (*display.SPIPanel, *wiring) {
	t.Helper()
	m := model(t, name)
	m.Size, m.RAM = image.Pt(size.Y, size.X), image.Pt(size.Y, size.X) // upright in its memory
	w := newWiring(t, 64)
	w.panel = newGlass(m)
	s, err := display.NewSPIPanel(w, w.pins(), m, 0, w.sleep)
	if err != nil {
		t.Fatal(err)
	}
	return s, w
}

// held is m in the colours that every panel keeps: those of 16 bits a pixel.
func held(m *image.RGBA) *image.RGBA {
	for i := range m.Pix {
		switch i % 4 {
		case 0, 2:
			m.Pix[i] &= 0xf8
		case 1:
			m.Pix[i] &= 0xfc
		}
	}
	return m
}

// syncedBench waits until the other end has what was drawn.
type syncedBench struct {
	*display.Bench
	seen chan struct{}
}

func (b *syncedBench) Draw(frame *image.RGBA, r image.Rectangle) error {
	err := b.Bench.Draw(frame, r)
	if err == nil && !r.Empty() {
		<-b.seen
	}
	return err
}

func noise(size image.Point, seed uint64) *image.RGBA {
	m := image.NewRGBA(image.Rectangle{Max: size})
	random := rand.New(rand.NewPCG(seed, 0))
	for i := range m.Pix {
		m.Pix[i] = uint8(random.Uint32())
		if i%4 == 3 {
			m.Pix[i] = 255
		}
	}
	return m
}

func TestSurfaceConformance(t *testing.T) {
	size := image.Pt(70, 50)
	for name, s := range surfaces(t, size) {
		t.Run(name, func(t *testing.T) {
			if s.surface.Size() != size {
				t.Fatalf("size %v, want %v", s.surface.Size(), size)
			}
			a, b := held(noise(size, 1)), held(noise(size, 2))
			if err := s.surface.Draw(a, a.Rect); err != nil {
				t.Fatal(err)
			}
			if s.shown != nil && !bytes.Equal(s.shown().Pix, a.Pix) {
				t.Fatal("a whole frame is not shown as drawn")
			}
			part := image.Rect(13, 7, 14, 50)
			if err := s.surface.Draw(b, part); err != nil {
				t.Fatal(err)
			}
			b.SetRGBA(13, 7, color.RGBA{}) // the frame is the caller's again
			fresh := held(noise(size, 2))
			if s.shown != nil {
				shown := s.shown()
				for y := range size.Y {
					for x := range size.X {
						want := a.RGBAAt(x, y)
						if image.Pt(x, y).In(part) {
							want = fresh.RGBAAt(x, y)
						}
						if got := shown.RGBAAt(x, y); got != want {
							t.Fatalf("after drawing %v, %d,%d is %v, want %v", part, x, y, got, want)
						}
					}
				}
			}
			if err := s.surface.Draw(a, image.Rectangle{}); err != nil {
				t.Errorf("an empty rectangle: %v", err)
			}
			if err := s.surface.Draw(a, image.Rect(0, 0, 71, 50)); err == nil {
				t.Error("a rectangle outside the panel was drawn")
			}
			if err := s.surface.Draw(noise(image.Pt(71, 50), 1), part); err == nil {
				t.Error("a frame of another size was drawn")
			}
			if err := s.surface.Close(); err != nil {
				t.Fatal(err)
			}
			if err := s.surface.Close(); err != nil {
				t.Errorf("the second Close: %v", err)
			}
			if err := s.surface.Draw(a, part); err == nil {
				t.Error("drawn after Close")
			}
		})
	}
}

func TestPanelSendsWhatChanged(t *testing.T) {
	size := image.Pt(100, 70)
	fake := display.NewFake(size)
	p := display.NewPanel(fake)
	frame := noise(size, 3)
	show := func() []image.Rectangle {
		t.Helper()
		sent, err := p.Show(frame)
		if err != nil {
			t.Fatal(err)
		}
		if drawn := fake.Drawn(); len(drawn) != len(sent) {
			t.Errorf("says it sent %v, sent %v", sent, drawn)
		}
		if !bytes.Equal(fake.Image().Pix, frame.Pix) {
			t.Fatal("the panel does not show the frame")
		}
		return sent
	}
	if sent := show(); len(sent) != 1 || sent[0] != frame.Rect {
		t.Errorf("first sent %v, want all", sent)
	}
	if sent := show(); len(sent) != 0 {
		t.Errorf("nothing changed, sent %v", sent)
	}
	frame.SetRGBA(99, 69, color.RGBA{R: 1, A: 255})
	if sent := show(); len(sent) != 1 || sent[0].Dx()*sent[0].Dy() > 16*16 {
		t.Errorf("one pixel changed, sent %v", sent)
	}
	for y := 10; y < 60; y++ { // a bar over several tiles is one rectangle
		for x := 20; x < 40; x++ {
			frame.SetRGBA(x, y, color.RGBA{G: 9, A: 255})
		}
	}
	if sent := show(); len(sent) != 1 {
		t.Errorf("a bar changed, sent %v", sent)
	}
	random := rand.New(rand.NewPCG(4, 0))
	for range 200 {
		for range random.IntN(20) {
			frame.SetRGBA(random.IntN(100), random.IntN(70), color.RGBA{B: uint8(random.Uint32()), A: 255})
		}
		show()
	}
	p.Forget()
	if sent := show(); len(sent) != 1 || sent[0] != frame.Rect {
		t.Errorf("after Forget sent %v, want all", sent)
	}
}

func TestPanelSendsAllAfterAnError(t *testing.T) {
	size := image.Pt(64, 64)
	fake := display.NewFake(size)
	p := display.NewPanel(fake)
	frame := noise(size, 5)
	if _, err := p.Show(frame); err != nil {
		t.Fatal(err)
	}
	for _, at := range []image.Point{{0, 0}, {40, 40}} {
		frame.SetRGBA(at.X, at.Y, color.RGBA{A: 255})
	}
	broken := errors.New("the cable is loose")
	fake.Fail(1, broken)
	sent, err := p.Show(frame)
	if !errors.Is(err, broken) || len(sent) != 1 {
		t.Fatalf("sent %v, %v", sent, err)
	}
	fake.Fail(0, nil)
	if sent, err := p.Show(frame); err != nil || len(sent) != 1 || sent[0] != frame.Rect {
		t.Errorf("after an error sent %v, %v", sent, err)
	}
	if _, err := p.Show(noise(image.Pt(1, 1), 1)); err == nil {
		t.Error("a frame of another size was shown")
	}
}

func TestPNGIsWhatIsShown(t *testing.T) {
	p := display.NewPNG(image.Pt(30, 20))
	frame := noise(image.Pt(30, 20), 6)
	if err := p.Draw(frame, frame.Rect); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if n, err := p.WriteTo(&b); err != nil || n != int64(b.Len()) {
		t.Fatalf("wrote %d of %d, %v", n, b.Len(), err)
	}
	m, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	for y := range 20 {
		for x := range 30 {
			if color.RGBAModel.Convert(m.At(x, y)) != frame.RGBAAt(x, y) {
				t.Fatalf("%d,%d differs", x, y)
			}
		}
	}
}

type failingWriter struct{ n int }

func (w *failingWriter) Write(p []byte) (int, error) {
	if w.n--; w.n < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

func TestBenchStaysBroken(t *testing.T) {
	size := image.Pt(8, 8)
	b := display.NewBench(&failingWriter{n: 1}, size)
	frame := noise(size, 1)
	if err := b.Draw(frame, frame.Rect); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := b.Draw(frame, frame.Rect); !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("after a short write: %v", err)
		}
	}
	for _, bad := range []image.Point{{0, 5}, {5000, 5}} {
		m := image.NewRGBA(image.Rectangle{Max: bad})
		if err := display.NewBench(io.Discard, bad).Draw(m, m.Rect); err == nil {
			t.Errorf("a panel of %v was drawn on", bad)
		}
	}
}

// stream is a panel of 4x3 px as bytes, with updates given as x y w h and pixels.
func stream(updates ...[]byte) []byte {
	s := append([]byte("TILLPX\x01\x00"), 4, 0, 3, 0)
	for _, u := range updates {
		s = append(s, u...)
	}
	return s
}

func rect(x, y, w, h uint16, pixels int) []byte {
	var u []byte
	for _, n := range []uint16{x, y, w, h} {
		u = binary.LittleEndian.AppendUint16(u, n)
	}
	return append(u, bytes.Repeat([]byte{1, 2, 3, 0}, pixels)...)
}

func TestBenchReaderRefuses(t *testing.T) {
	for _, c := range []struct {
		name    string
		in      []byte
		updates int
		failure string // "" is none
	}{
		{"nothing", nil, 0, ""},
		{"no update", stream(), 0, ""},
		{"two", stream(rect(0, 0, 4, 3, 12), rect(3, 2, 1, 1, 1)), 2, ""},
		{"half a header", stream()[:5], 0, "header"},
		{"other magic", []byte("TILLPY\x01\x00\x04\x00\x03\x00"), 0, "version"},
		{"other version", []byte("TILLPX\x02\x00\x04\x00\x03\x00"), 0, "version"},
		{"no size", []byte("TILLPX\x01\x00\x00\x00\x03\x00"), 0, "px"},
		{"huge", []byte("TILLPX\x01\x00\xff\xff\xff\xff"), 0, "px"},
		{"outside", stream(rect(1, 0, 4, 1, 4)), 0, "panel update"},
		{"empty", stream(rect(1, 1, 0, 1, 0)), 0, "panel update"},
		{"far outside", stream(rect(65535, 65535, 65535, 65535, 0)), 0, "panel update"},
		{"cut in the place", stream(rect(0, 0, 1, 1, 1)[:5]), 0, "unexpected EOF"},
		{"cut in the pixels", stream(rect(0, 0, 2, 2, 3)), 0, "unexpected EOF"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := 0
			err := display.NewBenchReader(bytes.NewReader(c.in)).Run(func(m *image.RGBA, r image.Rectangle) {
				n++
				if !r.In(m.Rect) || m.RGBAAt(r.Min.X, r.Min.Y) != (color.RGBA{R: 1, G: 2, B: 3, A: 255}) {
					t.Errorf("update of %v on %v: %v", r, m.Rect, m.RGBAAt(r.Min.X, r.Min.Y))
				}
			})
			if n != c.updates || (err == nil) != (c.failure == "") || err != nil && !strings.Contains(err.Error(), c.failure) {
				t.Errorf("%d updates, %v; want %d, %q", n, err, c.updates, c.failure)
			}
		})
	}
}

func FuzzBenchReader(f *testing.F) {
	f.Add(stream(rect(0, 0, 4, 3, 12), rect(3, 2, 1, 1, 1)))
	f.Add([]byte("TILLPX\x01\x00\xff\x0f\xff\x0f"))
	f.Fuzz(func(t *testing.T, in []byte) {
		// What it returns is for people; that it returns, in bounds, is the test.
		_ = display.NewBenchReader(bytes.NewReader(in)).Run(func(m *image.RGBA, r image.Rectangle) {
			if r.Empty() || !r.In(m.Rect) {
				t.Fatalf("update of %v on %v", r, m.Rect)
			}
		})
	})
}
