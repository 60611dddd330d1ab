package display_test

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"testing"

	"till/display"
)

// A card has all that it is for, on every size of panel.
func TestTestCard(t *testing.T) {
	for _, size := range []image.Point{{800, 480}, {480, 320}, {320, 240}, {240, 320}} {
		card := display.TestCard(size, "Test card 测试画面", "800 x 480", 2)
		if dir := os.Getenv("TILL_CARDS"); dir != "" {
			f, err := os.Create(dir + "/" + size.String() + ".png")
			if err != nil {
				t.Fatal(err)
			}
			if err := png.Encode(f, card); err != nil {
				t.Fatal(err)
			}
			f.Close()
		}
		seen := map[color.RGBA]bool{}
		for y := range size.Y {
			for x := range size.X {
				c := card.RGBAAt(x, y)
				seen[c] = true
				if edge := x == 0 || y == 0 || x == size.X-1 || y == size.Y-1; edge && c != (color.RGBA{255, 255, 255, 255}) {
					t.Fatalf("%v: no line at %d,%d", size, x, y)
				}
			}
		}
		for _, want := range []color.RGBA{{255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255}, {0, 0, 0, 255}, {119, 119, 119, 255}} {
			if !seen[want] {
				t.Errorf("%v: nothing is %v", size, want)
			}
		}
		for n := 1; n <= 4; n++ {
			at := display.CardMark(size, n)
			want := color.RGBA{255, 255, 255, 255}
			if n == 2 {
				want = color.RGBA{255, 160, 0, 255}
			}
			if c := card.RGBAAt(at.X, at.Y); c != want {
				t.Errorf("%v: mark %d at %v is %v", size, n, at, c)
			}
		}
	}
}
