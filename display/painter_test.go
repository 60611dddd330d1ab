package display_test

import (
	"bytes"
	"errors"
	"image"
	"math/rand/v2"
	"reflect"
	"testing"

	"till/display"
	"till/display/gallery"
	"till/payment"
	"till/words"
)

// change is v a little or wholly different, as a sale goes on.
func change(v display.View, random *rand.Rand) display.View {
	switch random.IntN(10) {
	case 0, 1, 2:
		v.Amount.Amount = random.Int64N(1_000_000)
	case 3:
		v.Seconds = random.IntN(120)
	case 4:
		v.Bar.Online = !v.Bar.Online
	case 5:
		v.Message = [...]string{"", "Printing…", "The scanned code was ignored: this sale is over. Press Try again first."}[random.IntN(3)]
	case 6:
		v.Lang = []words.Lang{words.English, words.Chinese}[random.IntN(2)]
	case 7:
		v.QR = [...]string{"", "https://pay.till.example/q/1", "https://pay.till.example/q/2"}[random.IntN(3)]
	default:
		all := gallery.Views()
		v = all[random.IntN(len(all))].View
	}
	return v
}

// A painter's frames are Render's to the pixel, whatever came before, and the
// panel that takes them shows them, also after it failed.
func TestPainterDrawsWhatRenderDraws(t *testing.T) {
	for seed := range uint64(4) {
		random := rand.New(rand.NewPCG(seed, 1))
		size := []image.Point{panel, image.Pt(480, 320), image.Pt(320, 240), image.Pt(333, 251)}[seed]
		fake := display.NewFake(size)
		shown, painter := display.NewPanel(fake), display.NewPainter(size)
		var v display.View
		for step := range 120 {
			v = change(v, random)
			want, got := display.Render(v, size), painter.Render(v)
			if !bytes.Equal(got.Image.Pix, want.Image.Pix) {
				t.Fatalf("seed %d, step %d, screen %s: the painter's frame differs from Render's", seed, step, v.Screen)
			}
			if !reflect.DeepEqual(got.Buttons, want.Buttons) {
				t.Fatalf("seed %d, step %d: the painter's buttons differ", seed, step)
			}
			if random.IntN(8) == 0 {
				continue // a frame that is never shown
			}
			if random.IntN(8) == 0 {
				fake.Fail(random.IntN(3), errors.New("the cable is off"))
			}
			_, err := shown.ShowFrame(got)
			fake.Fail(0, nil)
			if err == nil && !bytes.Equal(fake.Image().Pix, want.Image.Pix) {
				t.Fatalf("seed %d, step %d: the panel does not show the frame", seed, step)
			}
		}
	}
}

// One panel may take frames of two painters, and pictures of none.
func TestPanelTakesFramesOfAnyone(t *testing.T) {
	fake := display.NewFake(panel)
	p, a, b := display.NewPanel(fake), display.NewPainter(panel), display.NewPainter(panel)
	for i, show := range []func() (*display.Frame, error){
		func() (*display.Frame, error) {
			f := a.Render(sample(t, "ready"))
			_, err := p.ShowFrame(f)
			return f, err
		},
		func() (*display.Frame, error) {
			f := b.Render(sample(t, "qr"))
			_, err := p.ShowFrame(f)
			return f, err
		},
		func() (*display.Frame, error) {
			f := a.Render(sample(t, "ready"))
			_, err := p.ShowFrame(f)
			return f, err
		},
		func() (*display.Frame, error) {
			f := display.Render(sample(t, "cash"), panel)
			_, err := p.Show(f.Image)
			return f, err
		},
		func() (*display.Frame, error) {
			f := a.Render(sample(t, "ready"))
			_, err := p.ShowFrame(f)
			return f, err
		},
		func() (*display.Frame, error) {
			f := display.Render(sample(t, "fault"), panel)
			_, err := p.ShowFrame(f)
			return f, err
		},
	} {
		f, err := show()
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(fake.Image().Pix, f.Image.Pix) {
			t.Errorf("frame %d is not shown", i)
		}
	}
}

// A digit sends what a digit covers.
func TestDigitSendsLittle(t *testing.T) {
	fake := display.NewFake(panel)
	p, painter := display.NewPanel(fake), display.NewPainter(panel)
	v := sample(t, "ready")
	if _, err := p.ShowFrame(painter.Render(v)); err != nil {
		t.Fatal(err)
	}
	v.Amount = payment.Money{Amount: 1235, Currency: "USD"}
	sent, err := p.ShowFrame(painter.Render(v))
	if err != nil {
		t.Fatal(err)
	}
	area := 0
	for _, r := range sent {
		area += r.Dx() * r.Dy()
	}
	if len(sent) == 0 || area > 150*150 {
		t.Errorf("a digit sent %v, %d px", sent, area)
	}
	if sent, err := p.ShowFrame(painter.Render(v)); err != nil || len(sent) > 0 {
		t.Errorf("the same again sent %v, %v", sent, err)
	}
}

func BenchmarkPainterQRSecond(b *testing.B) {
	v := sample(b, "qr")
	p, painter := display.NewPanel(display.NewPNG(panel)), display.NewPainter(panel)
	for b.Loop() {
		v.Seconds = 100 - v.Seconds%2
		if _, err := p.ShowFrame(painter.Render(v)); err != nil {
			b.Fatal(err)
		}
	}
}
