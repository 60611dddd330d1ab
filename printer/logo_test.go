package printer_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"till/payment"
	"till/printer"
)

// logoText is a picture as a configuration has it.
func logoText(t testing.TB, width, height int, at func(x, y int) color.Color) string {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.Set(x, y, at(x, y))
		}
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

func always(c color.Color) func(int, int) color.Color { return func(int, int) color.Color { return c } }

// onPaper is what a logo becomes: the paper's rows, and the dots across that have ink.
func onPaper(t testing.TB, text string, p printer.Profile) (m *image.Gray, ink image.Rectangle) {
	t.Helper()
	l, err := printer.ParseLogo(text)
	if err != nil {
		t.Fatal(err)
	}
	m = picture(t, printer.Document{Blocks: []printer.Block{l}}, p)
	for y := range m.Rect.Dy() {
		for x := range m.Rect.Dx() {
			if m.GrayAt(x, y).Y == 0 {
				ink = ink.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return m, ink
}

// TestLogoFitsThePaper holds where a logo is: in the middle, as large as it is, or
// else as large as there is room.
func TestLogoFitsThePaper(t *testing.T) {
	black := always(color.Black)
	for _, c := range []struct {
		width, height  int
		wide58, wide80 int // dots of paper
		high58, high80 int
	}{
		{64, 32, 64, 64, 32, 32},        // never larger
		{33, 17, 33, 33, 17, 17},        // nor padded
		{1024, 64, 384, 576, 24, 36},    // as wide as the paper
		{1024, 512, 320, 320, 160, 160}, // as high as a logo may be
		{1000, 417, 384, 383, 160, 160}, // the one or the other
		{385, 10, 384, 385, 9, 10},      // by a dot
		{1, 512, 1, 1, 160, 160},        // nothing is shrunk away
		{1024, 1, 384, 576, 1, 1},
	} {
		text := logoText(t, c.width, c.height, black)
		for p, want := range map[printer.Profile]image.Point{
			printer.Profile58(): {c.wide58, c.high58}, printer.Profile80(): {c.wide80, c.high80},
		} {
			m, ink := onPaper(t, text, p)
			if ink.Size() != want || m.Rect.Dy() != want.Y {
				t.Errorf("%d x %d on %s: %v dots of ink on %d rows, want %v", c.width, c.height, p.Name, ink.Size(), m.Rect.Dy(), want)
			}
			if left, right := ink.Min.X, p.Dots-ink.Max.X; left-right > 8 || right-left > 8 {
				t.Errorf("%d x %d on %s: %d dots left and %d right of it", c.width, c.height, p.Name, left, right)
			}
		}
	}
}

// share is how many of a hundred dots of a rectangle are black.
func share(m *image.Gray, r image.Rectangle) int {
	n := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if m.GrayAt(x, y).Y == 0 {
				n++
			}
		}
	}
	return n * 100 / (r.Dx() * r.Dy())
}

// TestLogoInBlackAndWhite holds what becomes of colours.
func TestLogoInBlackAndWhite(t *testing.T) {
	p := printer.Profile80()
	whole := image.Rect(0, 0, 576, 160).Inset(8)
	halves := func(left, right color.Color) string {
		return logoText(t, 576, 160, func(x, _ int) color.Color {
			if x < 288 {
				return left
			}
			return right
		})
	}
	left, right := image.Rect(0, 0, 288, 160).Inset(8), image.Rect(288, 0, 576, 160).Inset(8)
	for name, c := range map[string]struct {
		text                  string
		part                  image.Rectangle
		leastShare, mostShare int // of 100 dots
	}{
		"black":                     {logoText(t, 576, 160, always(color.Black)), whole, 100, 100},
		"black beside white":        {halves(color.Black, color.White), left, 100, 100},
		"white beside black":        {halves(color.Black, color.White), right, 0, 0},
		"half grey":                 {logoText(t, 576, 160, always(color.Gray{0x80})), whole, 45, 55},
		"a quarter grey":            {halves(color.Gray{0xC0}, color.Black), left, 20, 30},
		"nearly black, alone":       {logoText(t, 576, 160, always(color.Gray{8})), whole, 100, 100},
		"nothing is paper":          {halves(color.Black, color.NRGBA{}), right, 0, 0},
		"black that is half there":  {logoText(t, 576, 160, always(color.NRGBA{A: 0x80})), whole, 45, 55},
		"a green of a half's light": {logoText(t, 576, 160, always(color.NRGBA{G: 0xDA, A: 0xFF})), whole, 45, 55},
	} {
		m, _ := onPaper(t, c.text, p)
		if got := share(m, c.part); got < c.leastShare || got > c.mostShare {
			t.Errorf("%s: %d of 100 dots are black, want %d to %d", name, got, c.leastShare, c.mostShare)
		}
	}
}

// TestEdgesOfALogoAreSharp holds that a drawing whose edges alone are grey is not
// made of dots.
func TestEdgesOfALogoAreSharp(t *testing.T) {
	m, _ := onPaper(t, logoText(t, 200, 100, func(x, _ int) color.Color {
		switch x % 20 {
		case 0, 1:
			return color.Gray{0xA0}
		case 10, 11:
			return color.Gray{0x50}
		}
		return color.Gray{uint8(x % 20 / 12 * 0xFF)}
	}), printer.Profile80())
	for y := 1; y < m.Rect.Dy(); y++ {
		if !bytes.Equal(m.Pix[:m.Stride], m.Pix[y*m.Stride:(y+1)*m.Stride]) {
			t.Fatalf("row %d is not as the first", y)
		}
	}
}

// claims is a PNG that says it is of another size than it is.
func claims(t testing.TB, width, height uint32) string {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(logoText(t, 8, 8, always(color.Black)))
	if err != nil {
		t.Fatal(err)
	}
	binary.BigEndian.PutUint32(raw[16:], width)
	binary.BigEndian.PutUint32(raw[20:], height)
	binary.BigEndian.PutUint32(raw[29:], crc32.ChecksumIEEE(raw[12:29]))
	return base64.StdEncoding.EncodeToString(raw)
}

func TestLogosThatAreRefused(t *testing.T) {
	good := logoText(t, 8, 8, always(color.Black))
	for want, text := range map[string]string{
		"at most 24576: save the picture smaller": strings.Repeat("A", printer.MaxLogoText+1),
		"want a PNG in base64":                    "iVBORw0KGgo!",
		"no PNG: save the picture as one":         base64.StdEncoding.EncodeToString([]byte("GIF89a, and more of it")),
		"1025 x 8 dots, at most 1024 x 512":       logoText(t, 1025, 8, always(color.Black)),
		"8 x 513 dots":                            logoText(t, 8, 513, always(color.Black)),
		"100000 x 100000 dots":                    claims(t, 100000, 100000),
		"damaged PNG":                             claims(t, 512, 512),
		"a damaged PNG: make it anew":             good[:len(good)-24],
		"nothing of the picture is darker":        logoText(t, 8, 8, always(color.White)),
		"darker than paper: make it black":        logoText(t, 8, 8, always(color.NRGBA{R: 0xFF, G: 0xFF, B: 0xFF, A: 0x80})),
	} {
		if l, err := printer.ParseLogo(text); err == nil || !strings.Contains(err.Error(), want) || len(err.Error()) > 200 {
			t.Errorf("%.40q is %v (%v), want %q", text, l, err, want)
		}
	}
	if _, err := printer.ParseLogo(good[:20] + "\n" + good[20:] + "\n"); err != nil {
		t.Errorf("in lines: %v", err)
	}
	for _, l := range []*printer.Logo{nil, {}} {
		if _, err := printer.Encode(printer.Document{Blocks: []printer.Block{l}}, printer.Profile80()); err == nil {
			t.Errorf("%v was printed", l)
		}
	}
}

// TestLogoIsOnWhatACustomerGets holds that slips of the shop's own have none.
func TestLogoIsOnWhatACustomerGets(t *testing.T) {
	logo, err := printer.ParseLogo(logoText(t, 8, 8, always(color.Black)))
	if err != nil {
		t.Fatal(err)
	}
	r := printer.ReceiptData{Merchant: printer.Merchant{Name: "Shop", Logo: logo}, Sale: payment.Sale{
		ID: "01KAT2V8QH5N7M2B4C6D8F0G1J", Total: payment.Money{Amount: 1234, Currency: "USD"}, Receipt: 1,
		Tenders: []payment.Tender{{Wallet: payment.Cash, Amount: 1234, Paid: true, Tendered: 1234}},
	}}
	logos := func(d printer.Document) (n int) {
		for i, b := range d.Blocks {
			if b != printer.Block(logo) {
				continue
			}
			n++
			if name, ok := d.Blocks[i+2].(printer.Text); !ok || name.Text != "Shop" {
				t.Errorf("under the logo is %v", d.Blocks[i+2])
			}
		}
		return n
	}
	for _, kind := range []printer.Kind{printer.Sale, printer.Refund, printer.Void} {
		for _, again := range []bool{false, true} {
			r.Kind, r.Copy = kind, again
			if n := logos(printer.Receipt(r)); n != 1 {
				t.Errorf("receipt of kind %d, copy %v: %d logos", kind, again, n)
			}
		}
	}
	if n := logos(printer.PendingSlip(r)); n != 0 {
		t.Errorf("the slip of a parked sale has %d logos", n)
	}
}

func FuzzLogo(f *testing.F) {
	f.Add(logoText(f, 600, 200, func(x, y int) color.Color { return color.NRGBA{R: uint8(x), G: uint8(y), A: uint8(x * y)} }))
	f.Add(logoText(f, 9, 300, always(color.Black)))
	f.Add(claims(f, 1024, 512))
	f.Add("iVBORw0KGgo=")
	f.Fuzz(func(t *testing.T, text string) {
		l, err := printer.ParseLogo(text)
		if err != nil {
			return
		}
		d := printer.Document{Blocks: []printer.Block{l, printer.Cut{}}}
		for _, p := range printer.Profiles() {
			b := encode(t, d, p)
			checkBytes(t, b, p)
			if m := picture(t, printer.Document{Blocks: d.Blocks[:1]}, p); m.Rect.Dy() > printer.LogoRows {
				t.Errorf("%d rows on %s", m.Rect.Dy(), p.Name)
			}
		}
	})
}
