package printer_test

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"till/payment"
	"till/printer"
	"till/printer/dots"
	"till/printer/emulator"
	"till/words"
)

var update = flag.Bool("update", false, "write the golden files anew")

func encode(t testing.TB, d printer.Document, p printer.Profile) []byte {
	t.Helper()
	b, err := printer.Encode(d, p)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func picture(t testing.TB, d printer.Document, p printer.Profile) *image.Gray {
	t.Helper()
	m, err := printer.Picture(d, p)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// printed is what the emulated printer makes of bytes; it must like them all.
func printed(t testing.TB, b []byte, p printer.Profile) emulator.Document {
	t.Helper()
	e := emulator.New(p, emulator.Events{})
	if _, err := e.Write(b); err != nil {
		t.Fatal(err)
	}
	for _, f := range e.Faults() {
		t.Errorf("%s: %v", p.Name, f)
	}
	d, ok := e.Last()
	if !ok || e.Count() != 1 {
		t.Fatalf("%s: %d slips were cut off, want 1", p.Name, e.Count())
	}
	return d
}

// TestWhatIsSeenIsWhatIsPrinted is the key test: the picture drawn from the
// layout is, dot for dot, the paper that the bytes make.
func TestWhatIsSeenIsWhatIsPrinted(t *testing.T) {
	for _, p := range printer.Profiles() {
		for _, s := range printer.Samples() {
			t.Run(p.Name+"/"+s.Name, func(t *testing.T) {
				b := encode(t, s.Document, p)
				got := printed(t, b, p)
				same(t, got.Picture, picture(t, s.Document, p))
				if !bytes.Equal(got.Bytes, b) {
					t.Error("the slip's bytes are not the document's")
				}
			})
		}
	}
}

func same(t testing.TB, got, want *image.Gray) {
	t.Helper()
	if got.Rect != want.Rect {
		t.Errorf("paper of %v, picture of %v", got.Rect, want.Rect)
		return
	}
	if bytes.Equal(got.Pix, want.Pix) {
		return
	}
	for i := range got.Pix {
		if got.Pix[i] != want.Pix[i] {
			t.Errorf("first differs at %d,%d", i%got.Stride, i/got.Stride)
			return
		}
	}
}

func TestGolden(t *testing.T) {
	for _, p := range []printer.Profile{printer.Profile58(), printer.Profile80()} {
		for _, s := range printer.Samples() {
			t.Run(p.Name+"/"+s.Name, func(t *testing.T) {
				path := filepath.Join("testdata", p.Name+"-"+s.Name)
				b, m := encode(t, s.Document, p), picture(t, s.Document, p)
				if *update {
					writeFile(t, path+".bin", b)
					writeFile(t, path+".png", paletted(t, m))
				}
				want, err := os.ReadFile(path + ".bin")
				if err != nil {
					t.Fatalf("%v (go test ./printer -update writes it)", err)
				}
				if !bytes.Equal(b, want) {
					t.Errorf("bytes differ from %s.bin; look, then -update", path)
				}
				same(t, m, readPNG(t, path+".png"))
			})
		}
	}
}

func writeFile(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// paletted is a picture as a PNG of one bit a dot.
func paletted(t *testing.T, m *image.Gray) []byte {
	t.Helper()
	out := image.NewPaletted(m.Rect, color.Palette{color.Gray{0xFF}, color.Gray{0}})
	for i, v := range m.Pix {
		if v == 0 {
			out.Pix[i] = 1
		}
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, out); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func readPNG(t *testing.T, path string) *image.Gray {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	out := image.NewGray(m.Bounds())
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			out.Set(x, y, m.At(x, y))
		}
	}
	return out
}

// TestTheOrderIsReadFromThePaper reads the code as a scanner would.
func TestTheOrderIsReadFromThePaper(t *testing.T) {
	for _, p := range printer.Profiles() {
		for _, s := range printer.Samples() {
			if s.Name != "sale" && s.Name != "cash" && s.Name != "pending" && s.Name != "codes" {
				continue
			}
			want := map[string][]string{
				"sale": {"01KAT2V8QH5N7M2B4C6D8F0G1J01"}, "cash": {"01KAT2V8QH5N7M2B4C6D8F0G1K"},
				"pending": {"01KAT2V8QH5N7M2B4C6D8F0G1J01"},
				"codes":   {"https://example.com/~shop?r=000123", "till-0007"},
			}[s.Name]
			got := scan(t, printed(t, encode(t, s.Document, p), p).Picture)
			for _, w := range want {
				if !strings.Contains(got, w) {
					t.Errorf("%s on %s: zbarimg read %q, want %q", s.Name, p.Name, got, w)
				}
			}
		}
	}
}

func scan(t *testing.T, m image.Image) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "paper.png")
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	writeFile(t, path, b.Bytes())
	out, err := exec.Command("zbarimg", "-q", "--raw", path).Output()
	if err != nil {
		t.Fatalf("zbarimg (package zbar-tools): %v", err)
	}
	return string(out)
}

// walk consumes ESC/POS strictly: only the commands that Encode may use, each
// with arguments it may have. It shares nothing with the emulator.
func walk(b []byte, text func(byte), raster func(width, rows int)) error {
	for i := 0; i < len(b); {
		rest := b[i:]
		has := func(n int) bool { return len(rest) >= n }
		n := 0
		switch {
		case rest[0] == '\n':
			n = 1
		case rest[0] >= 0x20 && rest[0] <= 0x7E:
			text(rest[0])
			n = 1
		case bytes.HasPrefix(rest, []byte("\x1b@")):
			n = 2
		case bytes.HasPrefix(rest, []byte("\x1bR\x00")):
			n = 3
		case has(3) && rest[0] == 0x1B && rest[1] == 'a' && rest[2] <= 2,
			has(3) && rest[0] == 0x1B && rest[1] == 'E' && rest[2] <= 1,
			has(3) && rest[0] == 0x1B && rest[1] == 'd' && rest[2] > 0,
			has(3) && rest[0] == 0x1D && rest[1] == 'B' && rest[2] <= 1,
			has(3) && rest[0] == 0x1D && rest[1] == '!' && rest[2]&^0x11 == 0,
			has(3) && rest[0] == 0x1D && rest[1] == 'V' && rest[2] <= 1,
			has(3) && rest[0] == 0x1D && rest[1] == 'h' && rest[2] > 0,
			has(3) && rest[0] == 0x1D && rest[1] == 'w' && rest[2] >= 2 && rest[2] <= 6,
			has(3) && rest[0] == 0x1D && rest[1] == 'H' && rest[2] == 0:
			n = 3
		case has(5) && rest[0] == 0x1B && rest[1] == 'p' && rest[2] <= 1:
			n = 5
		case has(5) && bytes.HasPrefix(rest, []byte("\x1b*\x21")):
			columns := int(rest[3]) | int(rest[4])<<8
			n = 5 + 3*columns
			if columns == 0 || columns > 576 || !has(n) {
				return fmt.Errorf("byte %d: picture of %d columns", i, columns)
			}
			text('#')
		case has(8) && bytes.HasPrefix(rest, []byte("\x1dv0")) && rest[3] <= 3:
			x, y := int(rest[4])|int(rest[5])<<8, int(rest[6])|int(rest[7])<<8
			n = 8 + x*y
			if x == 0 || y == 0 || !has(n) {
				return fmt.Errorf("byte %d: raster of %d bytes by %d rows", i, x, y)
			}
			raster(8*x*(1+int(rest[3]&1)), y)
		case has(8) && bytes.HasPrefix(rest, []byte("\x1d(k")):
			n = 5 + int(rest[3]) + int(rest[4])<<8
			if !has(n) || rest[5] != '1' {
				return fmt.Errorf("byte %d: GS ( k of %d bytes", i, n)
			}
		case has(4) && bytes.HasPrefix(rest, []byte("\x1dk\x49")):
			n = 4 + int(rest[3])
			if !has(n) {
				return fmt.Errorf("byte %d: barcode of %d bytes", i, n)
			}
		}
		if n == 0 {
			return fmt.Errorf("byte %d: % X is no command", i, rest[:min(len(rest), 4)])
		}
		i += n
	}
	return nil
}

// checkBytes holds what must be true of every byte sent to a printer.
func checkBytes(t interface{ Errorf(string, ...any) }, b []byte, p printer.Profile) {
	err := walk(b, func(c byte) {
		if c == '\\' || c == '~' {
			t.Errorf("%s: %q is sent as text, which Japanese printers print as another sign", p.Name, c)
		}
	}, func(width, rows int) {
		if width > p.Dots || rows > p.BandRows {
			t.Errorf("%s: raster of %d dots by %d rows", p.Name, width, rows)
		}
	})
	if err != nil {
		t.Errorf("%s: %v", p.Name, err)
	}
	for _, realTime := range []string{"\x10\x04", "\x10\x05", "\x10\x14"} {
		if i := bytes.Index(b, []byte(realTime)); i >= 0 {
			t.Errorf("%s: real-time command % X at byte %d", p.Name, realTime, i)
		}
	}
}

func TestEveryByteIsAKnownCommand(t *testing.T) {
	for _, p := range printer.Profiles() {
		for _, s := range printer.Samples() {
			checkBytes(t, encode(t, s.Document, p), p)
		}
	}
}

func TestWalkerFindsRubbish(t *testing.T) {
	for _, bad := range []string{"\x1b", "\x1bX", "\x80", "\x1dv0\x00\x02\x00\x02\x00abc", "\x10\x04\x01", "\x00"} {
		if walk([]byte(bad), func(byte) {}, func(int, int) {}) == nil {
			t.Errorf("% X was taken for a command", bad)
		}
	}
}

// TestRealTimeCommandsArePicturedAway prints a picture made of DLE EOT and DLE DC4.
func TestRealTimeCommandsArePicturedAway(t *testing.T) {
	m := dots.NewBitmap(64, 3)
	copy(m.Bits, []byte{0x10, 0x04, 0x01, 0x10, 0x14, 0x01, 0x10, 0x05, 0xFF, 0, 0, 0, 0, 0, 0, 0x10, 0x04, 0x02})
	before := bytes.Clone(m.Bits)
	d := printer.Document{Blocks: []printer.Block{printer.Image{Bitmap: m}, printer.Cut{}}}
	p := printer.Profile80()
	checkBytes(t, encode(t, d, p), p)
	same(t, printed(t, encode(t, d, p), p).Picture, picture(t, d, p))
	if !bytes.Equal(m.Bits, before) {
		t.Error("the caller's picture was changed")
	}
}

// textOf is the lines a printer without a picture prints; pictures are "#".
func textOf(t testing.TB, d printer.Document, p printer.Profile) []string {
	t.Helper()
	b := encode(t, d, p)
	var s strings.Builder
	for _, l := range strings.SplitAfter(string(b), "\n") {
		if err := walk([]byte(l), func(c byte) { s.WriteByte(c) }, func(int, int) { s.WriteString("#") }); err != nil {
			t.Fatal(err)
		}
		s.WriteByte('\n')
	}
	return strings.Split(s.String(), "\n")
}

func TestAmountsAreNeverCut(t *testing.T) {
	long := strings.Repeat("Extraordinarily long description of an article ", 3)
	for _, p := range printer.Profiles() {
		for _, label := range []string{"", "Tax", long, strings.Repeat("x", 100)} {
			for _, amount := range []string{"$0.05", "$999,999.99", "CNY 999,999,999.99"} {
				for _, style := range []printer.Style{{}, {Wide: true}, {Wide: true, Tall: true, Bold: true}} {
					d := printer.Document{Blocks: []printer.Block{printer.Row{Label: label, Value: amount, ValueStyle: style}, printer.Cut{}}}
					var whole bool
					letters := ""
					for _, l := range textOf(t, d, p) {
						if strings.HasSuffix(l, amount) {
							whole = true
							l = strings.TrimSuffix(l, amount)
						}
						letters += strings.ReplaceAll(l, " ", "")
					}
					if !whole {
						t.Errorf("%s: %q is not in one piece at the end of a line: %q", p.Name, amount, textOf(t, d, p))
					}
					if want := strings.ReplaceAll(label, " ", ""); letters != want {
						t.Errorf("%s: label %q printed as %q", p.Name, want, letters)
					}
				}
			}
		}
	}
}

func TestValueLongerThanThePaperIsBrokenAndNotCut(t *testing.T) {
	id := strings.Repeat("0123456789", 7)
	for _, p := range printer.Profiles() {
		d := printer.Document{Blocks: []printer.Block{printer.Row{Label: "Transaction", Value: id}, printer.Cut{}}}
		got := strings.Join(textOf(t, d, p), "")
		if !strings.Contains(strings.ReplaceAll(got, " ", ""), id) {
			t.Errorf("%s: %q", p.Name, got)
		}
	}
}

func TestText(t *testing.T) {
	p := printer.Profile58()
	for _, c := range []struct {
		name  string
		block printer.Block
		want  []string
	}{
		{"words", printer.Text{Text: "the quick brown fox jumps over the lazy dog"}, []string{"the quick brown fox jumps over", "the lazy dog"}},
		{"lines", printer.Text{Text: "one\r\n\r\ntwo"}, []string{"one", "", "two"}},
		{"long word", printer.Text{Text: strings.Repeat("a", 40)}, []string{strings.Repeat("a", 32), strings.Repeat("a", 8)}},
		{"center", printer.Text{Text: "abcd", Align: printer.Center}, []string{strings.Repeat(" ", 14) + "abcd"}},
		{"right", printer.Text{Text: "abcd", Align: printer.Right}, []string{strings.Repeat(" ", 28) + "abcd"}},
		{"wide", printer.Text{Text: "twelve times two", Style: printer.Style{Wide: true}}, []string{"twelve times two"}},
		{"too wide", printer.Text{Text: "twelve times twos", Style: printer.Style{Wide: true}}, []string{"twelve times", "twos"}},
		{"inverse", printer.Text{Text: "SALE", Align: printer.Center, Style: printer.Style{Inverse: true, Wide: true}}, []string{"      SALE      "}},
		{"control", printer.Text{Text: "a\x1b@\x10\x04\x01\x00b\tc"}, []string{"a@b c"}},
		{"japanese signs", printer.Text{Text: `a\b~`}, []string{"a#b#"}},
		{"accent", printer.Text{Text: "Café"}, []string{"Caf#"}},
		{"broken", printer.Text{Text: "a\xffb"}, []string{"a#b"}},
		{"tall Chinese", printer.Text{Text: "付", Style: printer.Style{Tall: true}}, []string{"#"}},
		{"row", printer.Row{Label: "Tax", Value: "$1.00"}, []string{"Tax" + strings.Repeat(" ", 24) + "$1.00"}},
		{"row wraps", printer.Row{Label: "Fee for a very long thing indeed, in words", Value: "$1.00"}, []string{"Fee for a very long thing", "indeed, in words" + strings.Repeat(" ", 11) + "$1.00"}},
		{"row in two languages", printer.Row{Label: "  Not in the drawer 不在钱箱里", Value: "-$9,999.99"}, []string{"  Not in the drawer", "  #" + strings.Repeat(" ", 10) + "-$9,999.99"}},
		{"row in two languages that is no longer than the paper", printer.Row{Label: "Should be there 应有现金", Value: "$1,234.56"}, []string{"Should be there", "#" + strings.Repeat(" ", 15) + "$1,234.56"}},
		{"row that stays indented", printer.Row{Label: "  A very long thing that goes on and on", Value: "$1.00"}, []string{"  A very long thing that", "  goes on and on" + strings.Repeat(" ", 11) + "$1.00"}},
		{"row stacks", printer.Row{Label: "Transaction", Value: strings.Repeat("1", 28)}, []string{"Transaction", "    " + strings.Repeat("1", 28)}},
		{"rule", printer.Rule{}, []string{strings.Repeat("-", 32)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := textOf(t, printer.Document{Blocks: []printer.Block{c.block}}, p)
			if strings.Join(got[:len(c.want)], "\n") != strings.Join(c.want, "\n") || strings.TrimSpace(strings.Join(got[len(c.want):], "")) != "" {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	narrow := printer.Profile58()
	for name, d := range map[string]printer.Block{
		"image too wide":  printer.Image{Bitmap: dots.NewBitmap(400, 10)},
		"image of lies":   printer.Image{Bitmap: &dots.Bitmap{Width: 100, Height: 100}},
		"no image":        printer.Image{},
		"qr too long":     printer.QR{Text: strings.Repeat("x", 3000)},
		"qr empty":        printer.QR{},
		"barcode Chinese": printer.Barcode{Text: "付"},
		"barcode long":    printer.Barcode{Text: strings.Repeat("x", 60)},
		"text too long":   printer.Text{Text: strings.Repeat("x", printer.MaxText+1)},
		"feed":            printer.Feed{Lines: 300},
		"nothing":         nil,
	} {
		doc := printer.Document{Blocks: []printer.Block{d}}
		if _, err := printer.Encode(doc, narrow); err == nil || !strings.Contains(err.Error(), "block 1") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := printer.Picture(doc, narrow); err == nil {
			t.Errorf("%s was drawn", name)
		}
	}
	if _, err := printer.Encode(printer.Document{Blocks: make([]printer.Block, printer.MaxBlocks+1)}, narrow); err == nil {
		t.Error("a document without end was printed")
	}
	long := printer.Document{}
	for range 200 {
		long.Blocks = append(long.Blocks, printer.Feed{Lines: 100})
	}
	if _, err := printer.Encode(long, narrow); err == nil {
		t.Error("a whole roll was printed")
	}
	if _, err := printer.Encode(printer.Document{}, printer.Profile{}); err == nil {
		t.Error("the zero profile was taken")
	}
	if _, err := printer.ProfileByName("nonesuch"); err == nil || !strings.Contains(err.Error(), "58mm") {
		t.Errorf("unknown profile: %v", err)
	}
	for _, p := range printer.Profiles() {
		if got, err := printer.ProfileByName(p.Name); err != nil || got != p {
			t.Errorf("%s: %v, %v", p.Name, got, err)
		}
	}
}

func TestReceiptSaysWhatItIs(t *testing.T) {
	base := printer.ReceiptData{Merchant: printer.Merchant{Name: "Shop", Foot: []string{"Thank you"}}, Sale: payment.Sale{
		ID: "01KAT2V8QH5N7M2B4C6D8F0G1J", Total: payment.Money{Amount: 1234, Currency: "USD"}, Receipt: 1,
		Tenders: []payment.Tender{{Wallet: payment.Cash, Amount: 1234, Paid: true, Tendered: 1234}},
	}}
	for _, c := range []struct {
		name   string
		change func(*printer.ReceiptData)
		want   []string
		never  []string
	}{
		{"sale", func(*printer.ReceiptData) {}, []string{"SALE", "$12.34", "APPROVED", "time not verified 时间未验证", "Tendered 实收", "Change 找零", "Thank you"}, []string{"COPY", "TEST", "TRAINING", "Tax", "Tip", "Discount", "NOT PAID", "Given back"}},
		{"copy", func(r *printer.ReceiptData) { r.Copy = true }, []string{"COPY\n副本"}, nil},
		{"test", func(r *printer.ReceiptData) { r.Test = true }, []string{"TEST, NO MONEY 测试"}, nil},
		{"training", func(r *printer.ReceiptData) { r.Training = true }, []string{"TRAINING\n培训"}, []string{"TEST"}},
		{"training at a test terminal", func(r *printer.ReceiptData) { r.Training, r.Test = true, true }, []string{"TRAINING\n培训", "TEST, NO MONEY 测试"}, nil},
		{"parts", func(r *printer.ReceiptData) { r.Subtotal, r.Discount, r.Tax, r.Tip = 1000, 100, 84, 250 }, []string{"$10.00", "-$1.00", "$0.84", "$2.50"}, nil},
		{"void", func(r *printer.ReceiptData) { r.Status = payment.StatusVoided }, []string{"VOID", "VOIDED", "-$12.34"}, []string{"SALE", "APPROVED"}},
		{"refund", func(r *printer.ReceiptData) { r.Kind, r.Refunded = printer.Refund, 500 }, []string{"REFUND", "-$5.00", "$12.34"}, []string{"SALE", "APPROVED"}},
		{"requested", func(r *printer.ReceiptData) { r.Kind, r.Requested = printer.Refund, true }, []string{"TO BE REFUNDED 待退款 -$12.34", "REQUESTED, MONEY NOT YET GIVEN BACK"}, []string{"APPROVED", "REFUNDED 退款"}},
		{"time", func(r *printer.ReceiptData) { r.Time, r.Zone = "2026-11-24 14:05", "PST" }, []string{"2026-11-24 14:05 PST"}, []string{"not verified"}},
		{"checking", func(r *printer.ReceiptData) {
			r.Sale.Tenders = []payment.Tender{{Wallet: payment.WeChat, Amount: 1234}}
			r.Sale.Attempts = []payment.Attempt{{Number: 1, Tender: 1, Status: payment.Checking}}
		}, []string{"NOT PAID, PENDING", "01KAT2V8QH5N7M2B4C6D8F0G1J01"}, []string{"SALE", "APPROVED", "Thank you"}},
		{"declined", func(r *printer.ReceiptData) {
			r.Sale.Tenders = []payment.Tender{{Wallet: payment.WeChat, Amount: 1234}}
			r.Sale.Attempts = []payment.Attempt{{Number: 1, Tender: 1, Status: payment.Declined}}
		}, []string{"NOT PAID", "DECLINED"}, []string{"SALE", "APPROVED", "PENDING", "Thank you"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := base
			c.change(&r)
			says := said(printer.Receipt(r))
			for _, w := range c.want {
				if !strings.Contains(says, w) {
					t.Errorf("%q is missing in\n%s", w, says)
				}
			}
			for _, w := range c.never {
				if strings.Contains(says, w) {
					t.Errorf("%q is in\n%s", w, says)
				}
			}
		})
	}
}

// said is all text of a document.
func said(d printer.Document) string {
	var s strings.Builder
	for _, b := range d.Blocks {
		switch b := b.(type) {
		case printer.Text:
			fmt.Fprintln(&s, b.Text)
		case printer.Row:
			fmt.Fprintln(&s, b.Label, b.Value)
		case printer.QR:
			fmt.Fprintln(&s, b.Text)
		}
	}
	return s.String()
}

var anyText = rapid.OneOf(
	rapid.String(),
	rapid.StringOfN(rapid.RuneFrom([]rune("ab 付款，。（）x$1.é\n\\~\t")), 0, 80, -1),
	rapid.Just("\x1b@\x10\x14\x01\x00\x01"),
)

func anyBlock(p printer.Profile) *rapid.Generator[printer.Block] {
	style := rapid.Custom(func(t *rapid.T) printer.Style {
		return printer.Style{
			Bold: rapid.Bool().Draw(t, "bold"), Inverse: rapid.Bool().Draw(t, "inverse"),
			Wide: rapid.Bool().Draw(t, "wide"), Tall: rapid.Bool().Draw(t, "tall"),
		}
	})
	return rapid.Custom(func(t *rapid.T) printer.Block {
		align := printer.Align(rapid.IntRange(0, 2).Draw(t, "align"))
		switch rapid.IntRange(0, 8).Draw(t, "block") {
		case 0, 1:
			return printer.Text{Text: anyText.Draw(t, "text"), Align: align, Style: style.Draw(t, "style")}
		case 2, 3:
			return printer.Row{
				Label: anyText.Draw(t, "label"), Value: anyText.Draw(t, "value"),
				LabelStyle: style.Draw(t, "label style"), ValueStyle: style.Draw(t, "value style"),
			}
		case 4:
			return printer.Rule{Heavy: rapid.Bool().Draw(t, "heavy")}
		case 5:
			return printer.Feed{Lines: rapid.IntRange(0, 5).Draw(t, "lines")}
		case 6:
			return printer.QR{Text: rapid.StringMatching(`[!-~付]{1,60}`).Draw(t, "qr"), Caption: anyText.Draw(t, "caption")}
		case 7:
			return printer.Barcode{Text: rapid.StringMatching(`[!-~]{1,12}|[0-9]{1,20}`).Draw(t, "barcode")}
		default:
			m := dots.NewBitmap(rapid.IntRange(0, p.Dots).Draw(t, "width"), rapid.IntRange(0, 150).Draw(t, "height"))
			copy(m.Bits, rapid.SliceOfN(rapid.SampledFrom([]byte{0x10, 0x04, 0x14, 0x05, 0x01, 0xFF, 0}), 0, 64).Draw(t, "bits"))
			return printer.Image{Bitmap: m, Align: align}
		}
	})
}

// TestAnyDocumentIsPrintedAsItIsSeen encodes documents nobody would write.
func TestAnyDocumentIsPrintedAsItIsSeen(t *testing.T) {
	profiles := printer.Profiles()
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(profiles).Draw(t, "profile")
		d := printer.Document{Blocks: append(rapid.SliceOfN(anyBlock(p), 0, 6).Draw(t, "blocks"), printer.Feed{Lines: 1}, printer.Cut{})}
		b, err := printer.Encode(d, p)
		if err != nil {
			t.Fatal(err)
		}
		checkBytes(t, b, p)
		e := emulator.New(p, emulator.Events{})
		for rest := b; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "chunk")
			if _, err := e.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		for _, f := range e.Faults() {
			t.Error(f)
		}
		got, ok := e.Last()
		want, err := printer.Picture(d, p)
		if err != nil || !ok || e.Count() != 1 {
			t.Fatalf("%d slips, %v", e.Count(), err)
		}
		if got.Picture.Rect != want.Rect || !bytes.Equal(got.Picture.Pix, want.Pix) {
			t.Errorf("paper %v is not the picture %v", got.Picture.Rect, want.Rect)
		}
	})
}

func BenchmarkReceipt(b *testing.B) {
	for _, p := range []printer.Profile{printer.Profile58(), printer.Profile80()} {
		b.Run(p.Name, func(b *testing.B) {
			d := printer.Samples()[0].Document
			size := 0
			for b.Loop() {
				out, err := printer.Encode(d, p)
				if err != nil {
					b.Fatal(err)
				}
				size = len(out)
			}
			b.ReportMetric(float64(size), "B/receipt")
		})
	}
}

// TestNothingIsSaidByItsKey holds that every state and status has its words.
func TestNothingIsSaidByItsKey(t *testing.T) {
	for _, s := range []payment.Status{
		payment.StatusCreated, payment.StatusAuthorizing, payment.StatusChecking, payment.StatusApproved, payment.StatusDeclined,
		payment.StatusExpired, payment.StatusCancelled, payment.StatusReversed, payment.StatusParked, payment.StatusVoided, payment.StatusRefunded,
	} {
		for _, kind := range []printer.Kind{printer.Sale, printer.Refund, printer.Void} {
			r := printer.ReceiptData{Kind: kind, Status: s, Requested: true, Copy: true, Test: true}
			if says := said(printer.Receipt(r)) + said(printer.PendingSlip(r)); strings.Contains(says, "paper_") {
				t.Errorf("%s: %s", s, says)
			}
		}
	}
	for _, s := range []printer.State{
		printer.StateReady, printer.StateNearEnd, printer.StateNoPaper, printer.StateCoverOpen,
		printer.StateOffline, printer.StateOff, printer.StateUnknown,
	} {
		for _, lang := range words.Langs {
			if says := words.Say(lang, s.Key()); strings.Contains(says, "printer_") {
				t.Errorf("%s has no words in %s", s, lang)
			}
		}
	}
}
