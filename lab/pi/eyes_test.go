package pi_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"till/display"
	"till/lab/pi"
	"till/lab/pictures"
	"till/payment"
	"till/words"
)

var update = flag.Bool("update", false, "take the pictures of the documentation anew")

var panelSize = image.Pt(800, 480)

// screen waits until the terminal says that it shows another screen.
func (c *counter) screen(name string) {
	c.t.Helper()
	if err := c.awaitScreen(c.soon(), name); err != nil {
		c.t.Fatal(err)
	}
}

func (c *counter) awaitScreen(ctx context.Context, name string) error {
	_, err := c.console.Await(ctx, "msg=screen", " to="+name)
	return err
}

// see looks at the screen until something is there, and returns the screen.
func (c *counter) see(what string, there func(*image.RGBA) bool) *image.RGBA {
	c.t.Helper()
	screen, ok := c.seeWithin(within, there)
	if !ok {
		c.keep("not-seen", screen)
		c.t.Fatalf("%s: not on the screen within %s", what, within)
	}
	return screen
}

// seeWithin is see that may fail. It returns the screen that was seen last.
func (c *counter) seeWithin(d time.Duration, there func(*image.RGBA) bool) (*image.RGBA, bool) {
	c.t.Helper()
	ctx, done := context.WithTimeout(c.t.Context(), d)
	defer done()
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	for {
		screen, err := c.machine.Screen(c.t.Context())
		if err != nil {
			c.t.Fatal(err)
		}
		if there(screen) {
			return screen, true
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return screen, false
		}
	}
}

// picture is one for the documentation, where pictures are taken anew.
func (c *counter) picture(name string, m image.Image) {
	if *update {
		c.write(filepath.Join("..", "..", "docs", "pictures", "pi-"+name+".png"), pictures.Paletted(m))
	}
}

// keep leaves a picture for whoever wants to know what was on the screen.
func (c *counter) keep(name string, m image.Image) {
	file := filepath.Join(os.TempDir(), "till-pi-"+name+".png")
	c.write(file, m)
	c.t.Logf("the screen is in %s", file)
}

func (c *counter) write(file string, m image.Image) {
	c.t.Helper()
	var b bytes.Buffer
	best := png.Encoder{CompressionLevel: png.BestCompression}
	if err := best.Encode(&b, m); err != nil {
		c.t.Error(err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		c.t.Error(err)
	}
}

func render(v display.View) *display.Frame { return display.Render(v, panelSize) }

func usd(cents int64) payment.Money { return payment.Money{Amount: cents, Currency: "USD"} }

// amount waits until the amount is on the screen where amounts are keyed.
func (c *counter) amount(cents int64) {
	c.t.Helper()
	c.see(fmt.Sprintf("the amount %d", cents), showsAmount(cents))
}

func showsAmount(cents int64) func(*image.RGBA) bool {
	at := func(cents int64) *image.RGBA {
		return render(display.View{Screen: display.ScreenReady, Test: true, Keypad: true, Amount: usd(cents)}).Image
	}
	// Nothing but the amount differs, and no digit of it is the same.
	box := pi.Differ(at(cents), at(1111111))
	want := pi.Crop(at(cents), box)
	return func(m *image.RGBA) bool {
		at, ok := pi.Find(pi.Crop(m, image.Rect(box.Min.X, 0, m.Rect.Max.X, m.Rect.Max.Y)), want)
		return ok && at.Min.X == box.Min.X
	}
}

// patience is how long a cashier waits for something to happen, before doing it
// again: on a machine that is too busy a touch can come so close to the one before
// that the terminal takes it for a bounce.
const (
	patience = within / tries
	tries    = 5
)

// Views of screens that have something to touch. Where exactly it is, is looked for.
var (
	readyView = display.View{Screen: display.ScreenReady, Test: true, Keypad: true, Amount: usd(100), Buttons: []display.Button{
		{ID: "menu", Enabled: true}, {ID: "cash", Role: display.RoleTender, Enabled: true}, {ID: "qr", Role: display.RoleMain, Enabled: true},
	}}
	cashView = display.View{Screen: display.ScreenCash, Test: true, Keypad: true, Amount: usd(500), Buttons: []display.Button{
		{ID: "cancel", Role: display.RoleBack, Enabled: true, Label: words.Say(words.English, "button_back")},
		{ID: "note_500", Role: display.RoleTender, Label: "$5", Enabled: true},
		{ID: "exact", Role: display.RoleMain, Enabled: true}, {ID: "enter"},
	}}
	menuView = display.View{Screen: display.ScreenMenu, Test: true, Buttons: []display.Button{
		{ID: "cancel", Role: display.RoleBack, Enabled: true, Label: words.Say(words.English, "button_back")},
		{ID: "reprint", Enabled: true}, {ID: "sales", Enabled: true}, {ID: "status", Enabled: true},
	}}
)

// tap looks for a button of a view by what is written on it, and touches it.
func (c *counter) tap(v display.View, id string) {
	c.t.Helper()
	label := labelOf(v, id)
	var at image.Rectangle
	c.see("the button "+id, func(m *image.RGBA) (ok bool) {
		at, ok = pi.Find(m, label)
		return ok
	})
	if err := c.machine.Tap(c.soon(), at.Min.Add(at.Size().Div(2)), panelSize); err != nil {
		c.t.Fatal(err)
	}
}

// press taps a button and waits for the screen that it leads to.
func (c *counter) press(v display.View, id, to string) {
	c.t.Helper()
	var err error
	for n := range tries {
		if n == 0 || c.button(v, id) { // else a tap came late, and has led on
			c.tap(v, id)
		}
		ctx, done := context.WithTimeout(c.t.Context(), patience)
		err = c.awaitScreen(ctx, to)
		done()
		if err == nil {
			return
		}
		c.t.Logf("tap %s: %v", id, err)
	}
	c.t.Fatal(err)
}

// button says whether a button of a view is on the screen.
func (c *counter) button(v display.View, id string) bool {
	c.t.Helper()
	label := labelOf(v, id)
	_, there := c.seeWithin(patience, func(m *image.RGBA) bool {
		_, ok := pi.Find(m, label)
		return ok
	})
	return there
}

// labelOf is the writing on a button, as a picture. Of a key it is the whole key:
// a 0 is in 00 too.
func labelOf(v display.View, id string) *image.RGBA {
	f := render(v)
	i := slices.IndexFunc(f.Buttons, func(p display.Placed) bool { return p.ID == id })
	if i < 0 {
		panic("the view has no button " + id)
	}
	face := f.Buttons[i].Rect.Inset(6) // inside of its border
	if strings.Trim(id, "0123456789") == "" {
		return pi.Crop(f.Image, face)
	}
	blank := image.NewRGBA(face)
	draw.Draw(blank, face, image.NewUniform(f.Image.RGBAAt(face.Min.X+8, face.Min.Y+1)), image.Point{}, draw.Src)
	return pi.Crop(f.Image, pi.Differ(pi.Crop(f.Image, face), blank))
}

// key keys an amount on the screen's own keypad.
func (c *counter) key(cents int64) {
	c.t.Helper()
	keyed := int64(0)
	for _, d := range fmt.Sprint(cents) {
		keyed = 10*keyed + int64(d-'0')
		ok := false
		for n := 0; n < tries && !ok; n++ {
			c.tap(readyView, string(d))
			_, ok = c.seeWithin(patience, showsAmount(keyed))
		}
		if !ok {
			c.amount(keyed)
		}
	}
}

// bar waits until the status bar says this.
func (c *counter) bar(bar display.Bar) {
	c.t.Helper()
	bar.Merchant, bar.Terminal, bar.Cashier = "Harbor Museum Shop", "pi-1", "Mei"
	place, err := time.LoadLocation(zone)
	if err != nil {
		c.t.Fatal(err)
	}
	c.see(fmt.Sprintf("a bar of %+v", bar), func(m *image.RGBA) bool {
		for _, ago := range []time.Duration{0, time.Minute} { // the terminal draws it anew every 10 s
			bar.Clock = time.Now().Add(-ago).In(place).Format("15:04")
			want := render(display.View{Screen: display.ScreenReady, Bar: bar}).Image
			other := bar
			other.Online = !bar.Online
			strip := pi.Differ(want, render(display.View{Screen: display.ScreenReady, Bar: other}).Image)
			strip.Min.Y, strip.Max.Y = 0, strip.Max.Y-1
			if _, ok := pi.Find(pi.Crop(m, strip), pi.Crop(want, strip)); ok {
				return true
			}
		}
		return false
	})
}

// row waits until a row of this sort is on the screen, and returns the screen.
// How close rows stand depends on how many there are.
func (c *counter) row(r display.Row) *image.RGBA {
	c.t.Helper()
	const most = 12
	var ways []*image.RGBA
	for n := range most {
		with := func(last display.Row) *image.RGBA {
			rows := append(slices.Repeat([]display.Row{r}, n), last)
			return render(display.View{Screen: display.ScreenMenu, Test: true, Title: "Status", Rows: rows, Buttons: menuView.Buttons[:1]}).Image
		}
		way := with(r)
		ways = append(ways, pi.Crop(way, pi.Differ(way, with(display.Row{}))))
	}
	return c.see(fmt.Sprintf("the row %+v", r), func(m *image.RGBA) bool {
		return slices.ContainsFunc(ways, func(way *image.RGBA) bool {
			_, ok := pi.Find(m, way)
			return ok
		})
	})
}

// codes has zbarimg read the codes in a picture.
func (c *counter) codes(m image.Image) []string {
	c.t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		c.t.Fatal(err)
	}
	cmd := exec.Command("zbarimg", "--quiet", "--raw", "PNG:-")
	cmd.Stdin = &b
	out, err := cmd.Output()
	if err != nil {
		var none *exec.ExitError
		if !errors.As(err, &none) {
			c.t.Fatalf("zbarimg: %v; scripts/install-test-tools installs it", err)
		}
		return nil
	}
	return strings.Split(strings.TrimRight(string(out), "\n"), "\n")
}

func rgba(m image.Image) *image.RGBA {
	c := image.NewRGBA(m.Bounds())
	draw.Draw(c, c.Rect, m, c.Rect.Min, draw.Src)
	return c
}
