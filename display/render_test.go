package display_test

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
	"slices"
	"strings"
	"testing"

	"till/display"
	"till/display/gallery"
	"till/payment"
	"till/words"
)

var update = flag.Bool("update", false, "write the golden files anew")

var panel = image.Pt(800, 480)

// sample is a view of the gallery, in English.
func sample(t testing.TB, name string) display.View {
	t.Helper()
	v, ok := gallery.View("en/" + name)
	if !ok {
		t.Fatalf("no view is called en/%s", name)
	}
	return v
}

// coarse is c in 8 steps a channel, in which every frame has few colours:
// the golden files are a quarter of the size, and a step cannot be seen.
func coarse(c color.RGBA) color.RGBA {
	return color.RGBA{R: c.R >> 5 * 36, G: c.G >> 5 * 36, B: c.B >> 5 * 36, A: 255}
}

// TestScreensLookAsTheyDid compares every pixel of every sample.
func TestScreensLookAsTheyDid(t *testing.T) {
	for _, s := range gallery.Views() {
		t.Run(s.Name, func(t *testing.T) {
			looksAsItDid(t, filepath.Join("testdata", "screens", s.Name+".png"), display.Render(s.View, panel).Image)
		})
	}
	for _, s := range gallery.Customers() {
		t.Run("customer "+s.Name, func(t *testing.T) {
			looksAsItDid(t, filepath.Join("testdata", "customer", s.Name+".png"), display.RenderCustomer(s.View, panel).Image)
		})
	}
}

func looksAsItDid(t *testing.T, path string, got *image.RGBA) {
	t.Helper()
	if *update {
		writePNG(t, path, got)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatalf("no golden file (go test ./display -update writes it): %v", err)
	}
	defer f.Close()
	want, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if want.Bounds() != got.Rect {
		t.Fatalf("size %v, want %v", got.Rect, want.Bounds())
	}
	var differs image.Rectangle
	for y := range got.Rect.Dy() {
		for x := range got.Rect.Dx() {
			if color.RGBAModel.Convert(want.At(x, y)) != coarse(got.RGBAAt(x, y)) {
				differs = differs.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	if !differs.Empty() {
		t.Errorf("differs within %v from %s", differs, path)
	}
}

// writePNG writes m in coarse colours with a palette.
func writePNG(t *testing.T, path string, m *image.RGBA) {
	t.Helper()
	index := map[color.RGBA]uint8{}
	p := image.NewPaletted(m.Rect, nil)
	for i := range p.Pix {
		c := coarse(color.RGBA{R: m.Pix[4*i], G: m.Pix[4*i+1], B: m.Pix[4*i+2]})
		n, ok := index[c]
		if !ok {
			if len(index) == 256 {
				t.Fatalf("%s: more than 256 colours", path)
			}
			n = uint8(len(index))
			index[c] = n
			p.Palette = append(p.Palette, c)
		}
		p.Pix[i] = n
	}
	var b bytes.Buffer
	best := png.Encoder{CompressionLevel: png.BestCompression}
	if err := best.Encode(&b, p); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestButtonsCanBeTouched(t *testing.T) {
	for size, least := range map[image.Point]int{{X: 800, Y: 480}: 60, {X: 1024, Y: 600}: 60, {X: 480, Y: 320}: 44, {X: 320, Y: 240}: 44} {
		for _, s := range gallery.Views() {
			f := display.Render(s.View, size)
			t.Run(fmt.Sprintf("%s-%dx%d", s.Name, size.X, size.Y), func(t *testing.T) { checkButtons(t, s.View, f, least) })
		}
	}
}

func checkButtons(t *testing.T, v display.View, f *display.Frame, least int) {
	placed := map[string]display.Placed{}
	for i, b := range f.Buttons {
		if b.Rect.Dx() < least || b.Rect.Dy() < least {
			t.Errorf("%s is %v, want at least %d px a side", b.ID, b.Rect.Size(), least)
		}
		if !b.Rect.In(f.Image.Rect) {
			t.Errorf("%s at %v is outside the frame", b.ID, b.Rect)
		}
		for _, other := range f.Buttons[:i] {
			if b.Rect.Overlaps(other.Rect) {
				t.Errorf("%s at %v overlaps %s at %v", b.ID, b.Rect, other.ID, other.Rect)
			}
		}
		if b.Label == "" || strings.HasPrefix(b.Label, "button_") {
			t.Errorf("%s has the label %q", b.ID, b.Label)
		}
		placed[b.ID] = b
		middle := b.Rect.Min.Add(b.Rect.Size().Div(2))
		hit, ok := f.Hit(middle)
		if ok != b.Enabled || ok && hit != b {
			t.Errorf("a touch in the middle of %s hits %q, %v", b.ID, hit.ID, ok)
		}
	}
	for _, b := range v.Buttons {
		if b.ID == "forgot" && len(v.Buttons) > 3 && f.Image.Rect.Dx() < 480 {
			continue // the smallest panels have no room for it beside the others
		}
		if _, ok := placed[b.ID]; !ok && (b.Role != display.RoleItem || f.Image.Rect.Dx() >= 800) {
			t.Errorf("%s is not on the screen", b.ID)
		}
		for _, other := range v.Buttons {
			if b.Role == display.RoleBack && other.Role == display.RoleMain && placed[b.ID].Rect.Max.X >= placed[other.ID].Rect.Min.X && placed[b.ID].Rect.Max.Y == placed[other.ID].Rect.Max.Y {
				t.Errorf("the way out %s is not left of the main button %s", b.ID, other.ID)
			}
		}
	}
	if v.Keypad {
		for _, id := range []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "00", "backspace"} {
			if _, ok := placed[id]; !ok {
				t.Errorf("key %s is not on the screen", id)
			}
		}
	}
}

func TestAMessageMovesNoButton(t *testing.T) {
	for _, size := range []image.Point{panel, {X: 480, Y: 320}, {X: 320, Y: 240}} {
		for _, s := range gallery.Views() {
			with, without := s.View, s.View
			with.Message, without.Message = "The printer is out of paper. Put in a new roll.", ""
			a, b := display.Render(with, size), display.Render(without, size)
			if !slices.Equal(a.Buttons, b.Buttons) {
				t.Errorf("%s at %v: a message moves the buttons", s.Name, size)
			}
			if bytes.Equal(a.Image.Pix, b.Image.Pix) {
				t.Errorf("%s at %v: the message is not seen", s.Name, size)
			}
		}
	}
}

// TestMarksAreOnEveryScreen holds that the strip of a sandbox and of training is
// the same everywhere: whatever a screen shows, it is not covered.
func TestMarksAreOnEveryScreen(t *testing.T) {
	strip := func(f *display.Frame) []byte {
		return f.Image.Pix[f.Image.PixOffset(0, 40):f.Image.PixOffset(0, 68)]
	}
	edge := func(f *display.Frame) []byte { return f.Image.Pix[f.Image.PixOffset(0, 477):] }
	type marks struct{ test, training bool }
	all := []marks{{false, false}, {true, false}, {false, true}, {true, true}}
	marked := func(v display.View, m marks) *display.Frame {
		v.Test, v.Training = m.test, m.training
		return display.Render(v, panel)
	}
	blank := display.View{Screen: "blank"}
	for _, s := range gallery.Views() {
		for _, m := range all {
			f := marked(s.View, m)
			for _, other := range all[1:] {
				if same := bytes.Equal(strip(f), strip(marked(blank, other))); same != (m == other) {
					t.Errorf("%s with %+v: has the strip of %+v: %v", s.Name, m, other, same)
				}
			}
			if m.training && !bytes.Equal(edge(f), edge(marked(blank, m))) {
				t.Errorf("%s: the edge of training is covered", s.Name)
			}
		}
	}
}

func TestTheScreensCodeIsRead(t *testing.T) {
	v := sample(t, "qr")
	long := v
	long.QR = "https://pay.till.example/q/" + strings.Repeat("01JD9ZK3V8QH5N7M2B4C6D8F0G01", 6)
	for _, v := range []display.View{v, long, sample(t, "approved-phone")} {
		for _, size := range []image.Point{panel, {X: 480, Y: 320}, {X: 320, Y: 240}} {
			path := filepath.Join(t.TempDir(), "screen.png")
			surface := display.NewPNG(size)
			if _, err := display.NewPanel(surface).Show(display.Render(v, size).Image); err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if _, err := surface.WriteTo(&b); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command("zbarimg", "-q", "--raw", path).Output()
			if err != nil {
				t.Errorf("%v, %d bytes: zbarimg (package zbar-tools) does not read the screen: %v", size, len(v.QR), err)
				continue
			}
			if got := strings.TrimSuffix(string(out), "\n"); got != v.QR {
				t.Errorf("%v: read %q, want %q", size, got, v.QR)
			}
		}
	}
}

func TestACodeThatCannotBeShownIsSaid(t *testing.T) {
	v := sample(t, "qr")
	none := display.Render(v, panel)
	v.QR = strings.Repeat("x", 5000)
	f := display.Render(v, panel)
	if bytes.Equal(f.Image.Pix, none.Image.Pix) || len(f.Buttons) != len(none.Buttons) {
		t.Error("a code too long changes nothing, or loses the way out")
	}
}

func TestRenderIsPure(t *testing.T) {
	for _, s := range gallery.Views() {
		a, b := display.Render(s.View, panel), display.Render(s.View, panel)
		if !bytes.Equal(a.Image.Pix, b.Image.Pix) || !slices.Equal(a.Buttons, b.Buttons) {
			t.Errorf("%s: two frames of one view differ", s.Name)
		}
		for i := 3; i < len(a.Image.Pix); i += 4 {
			if a.Image.Pix[i] != 255 {
				t.Fatalf("%s: pixel %d is transparent", s.Name, i/4)
			}
		}
	}
}

func TestOnlyTheRingMoves(t *testing.T) {
	v := sample(t, "checking")
	before := display.Render(v, panel)
	fake := display.NewFake(panel)
	p := display.NewPanel(fake)
	if _, err := p.Show(before.Image); err != nil {
		t.Fatal(err)
	}
	v.Seconds, v.Until = v.Seconds+1, v.Until-1
	sent, err := p.Show(display.Render(v, panel).Image)
	if err != nil {
		t.Fatal(err)
	}
	area := 0
	for _, r := range sent {
		area += r.Dx() * r.Dy()
	}
	if area == 0 || area > panel.X*panel.Y/8 {
		t.Errorf("a second passed and %d px of %d were sent", area, panel.X*panel.Y)
	}
}

func TestStatesAreToldApartWithoutColour(t *testing.T) {
	// The same words and buttons on every result: what differs in black and white is the sign.
	signs := map[string]string{}
	for _, screen := range []display.Screen{"approved", "declined", "checking", "expired", "reversed", "offline", "parked", "fault"} {
		f := display.Render(display.View{Screen: screen, Lang: words.English}, panel)
		ground := f.Image.RGBAAt(2, 470)
		var shape strings.Builder
		for y := 60; y < 470; y += 6 {
			for x := 10; x < 200; x += 6 {
				if f.Image.RGBAAt(x, y) == ground {
					shape.WriteByte(' ')
				} else {
					shape.WriteByte('#')
				}
			}
		}
		for other, s := range signs {
			if s == shape.String() {
				t.Errorf("%s and %s have the same sign", screen, other)
			}
		}
		if !strings.Contains(shape.String(), "#") {
			t.Errorf("%s has no sign", screen)
		}
		signs[string(screen)] = shape.String()
	}
}

func TestRowsThatFit(t *testing.T) {
	for _, c := range []struct {
		size image.Point
		want int
	}{{panel, 4}, {image.Pt(480, 320), 3}, {image.Pt(320, 240), 2}, {image.Pt(10, 10), 1}} {
		v := sample(t, "list")
		got := display.RowsThatFit(v, c.size)
		if got != c.want {
			t.Errorf("%v: %d rows, want %d", c.size, got, c.want)
		}
		if c.size.X < 320 {
			continue
		}
		rows := 0
		for _, b := range display.Render(v, c.size).Buttons {
			if strings.HasPrefix(b.ID, "sale_") {
				rows++
			}
		}
		if rows != min(got, len(v.Rows)) {
			t.Errorf("%v: %d rows drawn, %d said to fit", c.size, rows, got)
		}
	}
}

func TestAmountsOfEveryCurrency(t *testing.T) {
	for _, m := range []payment.Money{{Amount: 99_999_999, Currency: "USD"}, {Amount: 999_999_999, Currency: "KWD"}, {Amount: 99_999_999, Currency: "JPY"}, {Amount: -1, Currency: "CNY"}} {
		for _, size := range []image.Point{panel, {X: 320, Y: 240}} {
			v := sample(t, "ready")
			v.Amount = m
			f := display.Render(v, size)
			v.Amount.Amount = 0
			if bytes.Equal(f.Image.Pix, display.Render(v, size).Image.Pix) {
				t.Errorf("%v is not seen at %v", m, size)
			}
		}
	}
}

// FuzzRender: no view and no size may stop the screen.
func FuzzRender(f *testing.F) {
	f.Add("ready", "Title", "Detail", "Message", uint16(800), uint16(480), int64(1234), "USD", 3, true, 10)
	f.Add("qr", "", "\x00\xff", strings.Repeat("支", 300), uint16(0), uint16(7), int64(-1), "XXX", 40, false, -5)
	f.Fuzz(func(t *testing.T, screen, title, detail, message string, w, h uint16, amount int64, currency string, n int, keypad bool, seconds int) {
		v := display.View{
			Screen: display.Screen(screen), Test: keypad, Title: title, Detail: detail, Message: message, QR: detail,
			Amount: payment.Money{Amount: amount, Currency: currency}, Keypad: keypad, Seconds: seconds, Until: -seconds,
			Masked: title, Bar: display.Bar{Merchant: title, Terminal: detail, Cashier: message},
		}
		for i := range n % 24 {
			v.Buttons = append(v.Buttons, display.Button{ID: fmt.Sprint(i), Label: message, Enabled: true,
				Role: []display.Role{display.RolePlain, display.RoleMain, display.RoleBack, display.RoleTender}[i%4]})
			v.Rows = append(v.Rows, display.Row{ID: fmt.Sprint(i), Left: title, Right: detail, Sub: message, Tone: display.ToneWait})
			v.Lines = append(v.Lines, display.Line{Label: title, Text: detail, Strong: i%2 == 0})
		}
		frame := display.Render(v, image.Pt(int(w%1100), int(h%700)))
		for _, b := range frame.Buttons {
			if !b.Rect.In(frame.Image.Rect) {
				t.Fatalf("%s at %v is outside %v", b.ID, b.Rect, frame.Image.Rect)
			}
		}
	})
}

func benchmarkRender(b *testing.B, name string) {
	v := sample(b, name)
	display.Render(v, panel)
	for b.Loop() {
		display.Render(v, panel)
	}
}

func BenchmarkRenderQR(b *testing.B)    { benchmarkRender(b, "qr") }
func BenchmarkRenderReady(b *testing.B) { benchmarkRender(b, "ready") }

// BenchmarkDigit is one digit keyed: drawn, compared, and handed to the panel.
func BenchmarkDigit(b *testing.B) {
	v := sample(b, "ready")
	p, painter := display.NewPanel(display.NewPNG(panel)), display.NewPainter(panel)
	n := int64(0)
	for b.Loop() {
		n++
		v.Amount.Amount = 1230 + n%10
		if _, err := p.ShowFrame(painter.Render(v)); err != nil {
			b.Fatal(err)
		}
	}
}
