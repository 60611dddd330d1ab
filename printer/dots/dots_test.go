package dots_test

import (
	"image"
	"image/color"
	"testing"

	"till/printer/dots"
)

func TestBitmap(t *testing.T) {
	b := dots.NewBitmap(10, 3)
	b.Set(9, 2)
	b.Set(10, 0)
	b.Set(-1, 0)
	b.Flip(0, 0)
	if !b.Black(9, 2) || !b.Black(0, 0) || b.Black(1, 0) || b.Black(10, 0) || b.Black(0, -1) {
		t.Errorf("bits %X", b.Bits)
	}
	b.Invert()
	if b.Black(9, 2) || !b.Black(1, 0) || b.Bits[1]&0x3F != 0 {
		t.Errorf("inverted %X: the bits beyond the width must stay white", b.Bits)
	}
	if err := b.Check(); err != nil {
		t.Error(err)
	}
	for _, bad := range []*dots.Bitmap{{Width: 8, Height: 2, Bits: []byte{1}}, {Width: -8, Height: 1}, {Width: dots.MaxSide + 1}} {
		if bad.Check() == nil {
			t.Errorf("%d x %d with %d bytes passed", bad.Width, bad.Height, len(bad.Bits))
		}
	}
}

func TestTrim(t *testing.T) {
	b := dots.NewBitmap(64, 2)
	if w := b.Trim().Width; w != 0 {
		t.Errorf("white paper trimmed to %d dots", w)
	}
	b.Set(9, 1)
	if got := b.Trim(); got.Width != 16 || !got.Black(9, 1) || got.Check() != nil {
		t.Errorf("trimmed to %d dots", got.Width)
	}
	b.Set(63, 0)
	if b.Trim().Width != 64 {
		t.Error("black dots were trimmed")
	}
}

func TestPaintClips(t *testing.T) {
	b := dots.NewBitmap(8, 8)
	b.Fill(image.Rect(0, 0, 8, 8))
	m := image.NewGray(image.Rect(0, 0, 4, 4))
	for i := range m.Pix {
		m.Pix[i] = 0xFF
	}
	b.Paint(m, -6, -7)
	b.Paint(m, 3, 2)
	want := []byte{0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0, 255, 255, 255, 0}
	if string(m.Pix) != string(want) {
		t.Errorf("painted %v", m.Pix)
	}
}

func TestThreshold(t *testing.T) {
	m := image.NewNRGBA(image.Rect(5, 5, 9, 6))
	for x, c := range []color.NRGBA{{0, 0, 0, 255}, {250, 250, 250, 255}, {0, 0, 0, 0}, {60, 60, 60, 255}} {
		m.SetNRGBA(5+x, 5, c)
	}
	b, err := dots.Threshold(m)
	if err != nil || b.Bits[0] != 0b10010000 {
		t.Errorf("%08b, %v: transparent is paper", b.Bits, err)
	}
	if _, err := dots.Threshold(image.NewUniform(color.Black)); err == nil {
		t.Error("a picture without end was taken")
	}
}

func TestColumns(t *testing.T) {
	for r, want := range map[rune]int{
		'a': 1, '~': 1, 'é': 1, '€': 1, '¥': 1, '￥': 2, '付': 2, '，': 2, '\u3000': 2,
		0: 0, '\x1b': 0, 0x7F: 0, '\u200b': 0, '\ufe0f': 0, 0x1F4A9: 2,
	} {
		if got := dots.Columns(r); got != want {
			t.Errorf("%U takes %d columns, want %d", r, got, want)
		}
		if got := dots.Rune(r, false, 1, 1); got.Width != want*dots.CellWidth || got.Height != dots.CellHeight {
			t.Errorf("%U is %d x %d dots", r, got.Width, got.Height)
		}
	}
}

// TestLettersStayInTheirCells holds that nothing is cut off at a cell's edge:
// scaled by hand, an outline might not fit.
func TestLettersStayInTheirCells(t *testing.T) {
	for _, bold := range []bool{false, true} {
		for r := rune(0x21); r < 0x7F; r++ {
			if r == '_' || r == '|' {
				continue // long by design
			}
			b := dots.Rune(r, bold, 2, 2)
			rows := map[bool]int{}
			for x := range b.Width {
				rows[b.Black(x, 0)]++
				rows[b.Black(x, b.Height-1)]++
			}
			if rows[true] > 0 {
				t.Errorf("%q touches the upper or lower edge", r)
			}
		}
	}
}

func TestSizes(t *testing.T) {
	for _, r := range "A付" {
		for _, wide := range []int{1, 2} {
			for _, tall := range []int{1, 2} {
				b := dots.Rune(r, true, wide, tall)
				black := 0
				for y := range b.Height {
					for x := range b.Width {
						if b.Black(x, y) {
							black++
						}
					}
				}
				if b.Width != dots.Columns(r)*dots.CellWidth*wide || b.Height != dots.CellHeight*tall || black < 40*wide*tall {
					t.Errorf("%q %d wide %d tall: %d x %d dots, %d black", r, wide, tall, b.Width, b.Height, black)
				}
			}
		}
	}
	if b := dots.ROM('A', false, 3, 4); b.Width != 36 || b.Height != 96 {
		t.Errorf("ROM at 3 x 4: %d x %d dots", b.Width, b.Height)
	}
}
