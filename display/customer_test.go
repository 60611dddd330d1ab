package display_test

import (
	"bytes"
	"image"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"till/display"
	"till/display/gallery"
)

var customerSizes = []image.Point{{800, 480}, {480, 320}, {320, 240}, {480, 800}, {240, 320}, {1024, 600}}

func TestEveryCustomerScreenHasASample(t *testing.T) {
	have := map[display.CustomerScreen]bool{}
	for _, s := range gallery.Customers() {
		have[s.View.Screen] = true
	}
	for _, s := range []display.CustomerScreen{
		"idle", "amount", "tip", "qr", "charging", "cash", "approved", "declined", "checking", "expired", "cancelled", "reversed", "offline", "closed",
	} {
		if !have[s] {
			t.Errorf("no sample of the customer's %s", s)
		}
	}
}

// What the phone reads from the customer's display is the code, on every panel.
func TestCustomersCodeIsRead(t *testing.T) {
	for _, s := range gallery.Customers() {
		if s.View.QR == "" || len(s.View.QR) > 2953 { // the most bytes that a code has: it says so instead
			continue
		}
		for _, size := range customerSizes {
			surface := display.NewPNG(size)
			if _, err := display.NewPanel(surface).ShowFrame(display.RenderCustomer(s.View, size)); err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if _, err := surface.WriteTo(&b); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "screen.png")
			if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command("zbarimg", "-q", "--raw", path).Output()
			if err != nil {
				t.Errorf("%v: zbarimg (package zbar-tools) does not read the screen: %v", size, err)
			} else if got := strings.TrimSuffix(string(out), "\n"); got != s.View.QR {
				t.Errorf("%v: read %q, want %q", size, got, s.View.QR)
			}
		}
	}
}

// A painter draws both kinds of screen as their functions do.
func TestPainterDrawsCustomers(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	all := gallery.Customers()
	for _, size := range customerSizes {
		painter := display.NewPainter(size)
		for step := range 40 {
			v := all[random.IntN(len(all))].View
			v.Amount.Amount += random.Int64N(3)
			got, want := painter.RenderCustomer(v), display.RenderCustomer(v, size)
			if !bytes.Equal(got.Image.Pix, want.Image.Pix) {
				t.Fatalf("%v, step %d: the painter's frame of %s differs", size, step, v.Screen)
			}
			if len(got.Buttons) > 0 {
				t.Fatalf("%s: a customer's display has something to press", v.Screen)
			}
		}
	}
}

func TestCustomerScreensDiffer(t *testing.T) {
	seen := map[string]string{}
	for _, s := range gallery.Customers() {
		pix := string(display.RenderCustomer(s.View, panel).Image.Pix)
		if other := seen[pix]; other != "" {
			t.Errorf("%s looks like %s", s.Name, other)
		}
		seen[pix] = s.Name
	}
}

func FuzzRenderCustomer(f *testing.F) {
	f.Add("Harbor Museum Shop", "qr", "https://pay.till.example/q/1", int64(1234), uint16(800), uint16(480))
	f.Add("\x00", "", "", int64(-1), uint16(0), uint16(1))
	f.Fuzz(func(t *testing.T, merchant, screen, qr string, amount int64, w, h uint16) {
		v := display.CustomerView{Screen: display.CustomerScreen(screen), Merchant: merchant, QR: qr, Seconds: 5}
		v.Amount.Amount, v.Amount.Currency = amount, "USD"
		size := image.Pt(int(w%1100), int(h%700))
		if got := display.RenderCustomer(v, size).Image.Rect.Size(); got != size {
			t.Errorf("a frame of %v, want %v", got, size)
		}
	})
}
