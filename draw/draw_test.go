package draw_test

import (
	"bytes"
	"image"
	"image/color"
	stddraw "image/draw"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"till/draw"
)

func canvas(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	stddraw.Draw(m, m.Rect, image.White, image.Point{}, stddraw.Src)
	return m
}

// ink is the box around everything that is not white.
func ink(m image.Image) image.Rectangle {
	var box image.Rectangle
	b := m.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if r, g, bl, _ := m.At(x, y).RGBA(); r+g+bl != 3*0xFFFF {
				box = box.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return box
}

func TestNumeralsAreTabular(t *testing.T) {
	for _, w := range []draw.Weight{draw.Regular, draw.Medium, draw.Bold} {
		for _, px := range []float64{18, 24, 37.5, 96} {
			f := draw.NewFace(w, px)
			for _, d := range "123456789" {
				if got, want := f.Measure(string(d)), f.Measure("0"); got != want {
					t.Errorf("weight %d, %v px: %q is %d wide, 0 is %d", w, px, d, got, want)
				}
			}
		}
	}
}

func TestTextStaysBetweenAscentAndDescent(t *testing.T) {
	const text = "Ågjp|{}请在手机上确认付款，云闪付鼺龘"
	for _, px := range []float64{12, 18, 22, 28, 48, 96} {
		for _, w := range []draw.Weight{draw.Regular, draw.Bold} {
			f := draw.NewFace(w, px)
			m := canvas(f.Measure(text)+40, f.Height()*3)
			base := f.Height() * 2
			end := f.Draw(m, 20, base, text, color.Black)
			if end != 20+f.Measure(text) {
				t.Errorf("%v px: Draw ended at %d, Measure says %d", px, end, 20+f.Measure(text))
			}
			box := ink(m)
			if box.Min.Y < base-f.Ascent() || box.Max.Y > base+f.Descent() {
				t.Errorf("%v px weight %d: ink from %d to %d, line from %d to %d", px, w, box.Min.Y, box.Max.Y, base-f.Ascent(), base+f.Descent())
			}
			if box.Empty() || f.CapHeight() <= 0 || f.CapHeight() > f.Ascent() {
				t.Errorf("%v px: nothing drawn, or cap height %d over ascent %d", px, f.CapHeight(), f.Ascent())
			}
		}
	}
}

func TestBothScriptsAreDrawn(t *testing.T) {
	f := draw.NewFace(draw.Regular, 32)
	for _, s := range []string{"A", "€", "£", "支", "付", "宝", "（", "é", "…", "–", "￥"} {
		m := canvas(80, 60)
		f.Draw(m, 10, 40, s, color.Black)
		box := canvas(80, 60)
		f.Draw(box, 10, 40, "\U0001F4A9", color.Black)
		if ink(m).Empty() || bytes.Equal(m.Pix, box.Pix) {
			t.Errorf("%q is not in the fonts", s)
		}
	}
}

func TestUnknownRuneIsSeenAndControlIsNot(t *testing.T) {
	f := draw.NewFace(draw.Regular, 24)
	m := canvas(60, 40)
	if f.Draw(m, 5, 30, "\U0001F4A9", color.Black) == 5 || ink(m).Empty() {
		t.Error("an unknown rune draws nothing")
	}
	m = canvas(60, 40)
	if x := f.Draw(m, 5, 30, "\x00\x07\r\n\t\u200b\u202e", color.Black); x != 5 || !ink(m).Empty() {
		t.Errorf("control characters moved the pen to %d or drew %v", x, ink(m))
	}
	m = canvas(60, 40)
	f.Draw(m, 5, 30, "\xff", color.Black)
	if ink(m).Empty() {
		t.Error("broken UTF-8 draws nothing")
	}
}

func TestChineseGrowsHeavier(t *testing.T) {
	weight := func(w draw.Weight) (sum int) {
		m := canvas(120, 120)
		draw.NewFace(w, 64).Draw(m, 10, 90, "付", color.Black)
		for i := 0; i < len(m.Pix); i += 4 {
			sum += 255 - int(m.Pix[i])
		}
		return sum
	}
	if r, m, b := weight(draw.Regular), weight(draw.Medium), weight(draw.Bold); !(r < m && m < b) {
		t.Errorf("ink: regular %d, medium %d, bold %d", r, m, b)
	}
}

func TestDrawOnEveryKindOfImage(t *testing.T) {
	f := draw.NewFace(draw.Bold, 24)
	want := canvas(120, 40)
	f.Draw(want, -4, 30, "$12.34 付", color.Black) // runs out of the left edge
	gray := image.NewGray(want.Rect)
	nrgba := image.NewNRGBA(want.Rect)
	for _, m := range []stddraw.Image{gray, nrgba} {
		stddraw.Draw(m, m.Bounds(), image.White, image.Point{}, stddraw.Src)
		f.Draw(m, -4, 30, "$12.34 付", color.Black)
		for y := range 40 {
			for x := range 120 {
				a, _, _, _ := want.At(x, y).RGBA()
				b, _, _, _ := m.At(x, y).RGBA()
				if d := int(a>>8) - int(b>>8); d < -1 || d > 1 {
					t.Fatalf("%T at %d,%d: %d, on RGBA %d", m, x, y, b>>8, a>>8)
				}
			}
		}
	}
}

func TestFaceIsSafeForConcurrentUse(t *testing.T) {
	f := draw.NewFace(draw.Bold, 20)
	var all sync.WaitGroup
	frames := make([]*image.RGBA, 4)
	for i := range frames {
		frames[i] = canvas(400, 40)
		all.Go(func() { f.Draw(frames[i], 0, 30, "Approved 已付款 $1,234.56", color.Black) })
	}
	all.Wait()
	for _, m := range frames[1:] {
		if !bytes.Equal(m.Pix, frames[0].Pix) {
			t.Fatal("two goroutines drew the same text differently")
		}
	}
}

func TestWrap(t *testing.T) {
	f := draw.NewFace(draw.Regular, 20)
	em := f.Measure("付")
	for _, c := range []struct {
		name, text string
		width      int
		want       []string
	}{
		{"fits", "Scan to pay", 1000, []string{"Scan to pay"}},
		{"empty", "", 100, []string{""}},
		{"spaces", "one two three", f.Measure("one two"), []string{"one two", "three"}},
		{"newline", "one\n\ntwo", 1000, []string{"one", "", "two"}},
		{"chinese", "请在手机上确认", 3 * em, []string{"请在手", "机上确", "认"}},
		{"comma stays", "请在手，机上", 3 * em, []string{"请在", "手，机", "上"}},
		{"opening goes on", "请在（手）", 3 * em, []string{"请在", "（手）"}},
		{"long word", "abcdefgh", f.Measure("abcd"), []string{"abcd", "efgh"}},
		{"narrow", "ab付", 1, []string{"a", "b", "付"}},
		{"mixed", "Scan 扫码支付", f.Measure("Scan 扫码"), []string{"Scan 扫码", "支付"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := draw.Wrap(f, c.text, c.width); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func FuzzWrap(f *testing.F) {
	f.Add("Customer: please confirm 请在手机上确认付款。", 100)
	f.Add("\xff\u202e\n\n x", 0)
	face := draw.NewFace(draw.Regular, 16)
	squeeze := strings.NewReplacer(" ", "", "\n", "", "\t", "", "\r", "", "\v", "", "\f", "", "\u0085", "", "\u00a0", "", "\u1680", "", "\u2028", "", "\u2029", "", "\u202f", "", "\u205f", "", "\u3000", "",
		"\u2000", "", "\u2001", "", "\u2002", "", "\u2003", "", "\u2004", "", "\u2005", "", "\u2006", "", "\u2007", "", "\u2008", "", "\u2009", "", "\u200a", "")
	f.Fuzz(func(t *testing.T, s string, width int) {
		if len(s) > 2000 {
			return
		}
		lines := draw.Wrap(face, s, width)
		if got, want := squeeze.Replace(strings.Join(lines, "")), squeeze.Replace(string([]rune(s))); got != want {
			t.Fatalf("lost text: %q of %q", got, want)
		}
		for _, l := range lines {
			if len([]rune(l)) > 1 && face.Measure(l) > max(width, 0) {
				t.Fatalf("line %q is %d px, width %d", l, face.Measure(l), width)
			}
		}
	})
}

// decode reads a picture as zbarimg does, which stands for a customer's phone.
func decode(t *testing.T, m image.Image, symbology string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "code.png")
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("zbarimg", "-q", "--raw", "-S*.enable=0", "-S"+symbology+".enable=1", path).Output()
	if err != nil {
		t.Fatalf("zbarimg (package zbar-tools) does not read it: %v", err)
	}
	return strings.TrimSuffix(string(out), "\n")
}

func TestQRIsReadBack(t *testing.T) {
	for _, text := range []string{
		"A",
		"https://pay.example/01JD9ZK3V8QH5N7M2B4C6D8F0G",
		strings.Repeat("till", 150),
	} {
		m, err := draw.QR(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, side := range []int{(m.Size() + 8) * 2, 430} {
			dst := canvas(side+100, side+50)
			stddraw.Draw(dst, dst.Rect, image.Black, image.Point{}, stddraw.Src) // the quiet zone must be the code's own
			r := image.Rect(30, 20, 30+side, 20+side)
			drawn, err := m.Draw(dst, r)
			if err != nil {
				t.Fatal(err)
			}
			if !drawn.In(r) || drawn.Dx() != drawn.Dy() || side-drawn.Dx() >= m.Size()+8 {
				t.Errorf("%d modules in %v: drawn in %v", m.Size(), r, drawn)
			}
			if got := decode(t, dst, "qrcode"); got != text {
				t.Errorf("read back %q, want %q", got, text)
			}
		}
	}
}

func TestQRRefusesWhatDoesNotFit(t *testing.T) {
	if _, err := draw.QR(strings.Repeat("x", 3000)); err == nil {
		t.Error("3,000 bytes were encoded")
	}
	if _, err := draw.QR(""); err == nil {
		t.Error("an empty text was encoded")
	}
	m, err := draw.QR("A")
	if err != nil {
		t.Fatal(err)
	}
	dst := canvas(40, 40)
	if _, err := m.Draw(dst, image.Rect(0, 0, 28, 40)); err == nil || !ink(dst).Empty() {
		t.Errorf("29 modules fit in 28 px: %v", err)
	}
	if m.Size() != 21 || !m.Black(0, 0) || m.Black(7, 0) || m.Black(-1, 0) || m.Black(0, 21) {
		t.Error("the finder pattern is not in the corner")
	}
}

func TestCode128IsReadBack(t *testing.T) {
	const text = "01JD9ZK3V8QH5N7M2B4C6D8F0G01"
	bars, err := draw.Code128(text)
	if err != nil {
		t.Fatal(err)
	}
	dst := canvas((len(bars)+20)*2, 60)
	for i, bar := range bars {
		if bar {
			stddraw.Draw(dst, image.Rect((i+10)*2, 5, (i+11)*2, 55), image.Black, image.Point{}, stddraw.Src)
		}
	}
	if got := decode(t, dst, "code128"); got != text {
		t.Errorf("read back %q, want %q", got, text)
	}
	for _, bad := range []string{"", "付", "a\x00", strings.Repeat("x", 81)} {
		if _, err := draw.Code128(bad); err == nil {
			t.Errorf("%q was encoded", bad)
		}
	}
}

func BenchmarkDrawLine(b *testing.B) {
	f := draw.NewFace(draw.Bold, 28)
	m := canvas(800, 60)
	for b.Loop() {
		f.Draw(m, 0, 40, "Customer: please confirm 请在手机上确认付款", color.Black)
	}
}
