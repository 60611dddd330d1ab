package pi

import (
	"context"
	"image"
	"image/color"
	"os"
	"strings"
	"testing"
	"time"
)

// What QEMU has to say of a machine that cannot be is in the error, and nothing
// of it is left.
func TestNoMachine(t *testing.T) {
	ctx, done := context.WithTimeout(t.Context(), 30*time.Second)
	defer done()
	before := leftovers(t)
	_, err := Start(ctx, Options{Kernel: "no-such-kernel", DeviceTree: "no-such-tree"})
	if err == nil || !strings.Contains(err.Error(), "no-such-kernel") && !strings.Contains(err.Error(), "no-such-tree") {
		t.Errorf("a machine without a kernel: %v", err)
	}
	if after := leftovers(t); after > before {
		t.Errorf("%d folders are left, %d were there before", after, before)
	}
}

func leftovers(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir(os.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range all {
		if e.IsDir() && strings.HasPrefix(e.Name(), "till-pi-") {
			n++
		}
	}
	return n
}

func TestFind(t *testing.T) {
	screen := image.NewRGBA(image.Rect(0, 0, 40, 30))
	screen.Set(17, 21, color.White)
	screen.Set(20, 23, color.Black)
	dots := Crop(screen, image.Rect(15, 20, 22, 25))
	if at, ok := Find(screen, dots); !ok || at != dots.Rect {
		t.Errorf("found at %v (%v), want %v", at, ok, dots.Rect)
	}
	if at := Differ(screen, image.NewRGBA(screen.Rect)); at != image.Rect(17, 21, 21, 24) {
		t.Errorf("it differs from an empty one in %v", at)
	}
	other := image.NewRGBA(screen.Rect)
	if _, ok := Find(other, dots); ok {
		t.Error("found where it is not")
	}
	if _, ok := Find(Crop(screen, image.Rect(0, 0, 5, 5)), dots); ok {
		t.Error("found on a screen that is smaller")
	}
}

func FuzzParsePPM(f *testing.F) {
	f.Add([]byte("P6\n2 1\n255\n\x01\x02\x03\x04\x05\x06"))
	f.Add([]byte("P6\n4096 4096\n255\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		img, err := parsePPM(raw)
		if err == nil && len(img.Pix)/4*3 >= len(raw) {
			t.Errorf("%d bytes give %d pixels", len(raw), len(img.Pix)/4)
		}
	})
}

func TestParseEdge(t *testing.T) {
	if e, ok := parseEdge("IRQ raise 17"); !ok || e != (Edge{17, true}) {
		t.Errorf("%v (%v)", e, ok)
	}
	for _, line := range []string{"OK", "IRQ", "IRQ raise", "IRQ rise 1", "FAIL Unknown command 'x'"} {
		if e, ok := parseEdge(line); ok {
			t.Errorf("%q is taken for %v", line, e)
		}
	}
}
