package pictures_test

import (
	"bytes"
	"image"
	"image/png"
	"net/url"
	"path/filepath"
	"testing"

	"till/lab/browser"
	"till/lab/merchant"
	"till/lab/pictures"
)

// merchants are the pictures of the merchant's pages, from a real gateway and a real
// browser, so that they are not compared.
var merchants = []string{"merchant-day.png", "merchant-sales.png", "merchant-sale.png", "merchant-settings.png", "merchant-phone.png", "merchant-chinese.png"}

func TestPicturesOfMerchant(t *testing.T) {
	if !*update {
		t.Skip("they are taken with -update")
	}
	chromium, err := browser.Open(t.TempDir(), hanzi(t))
	if err != nil {
		t.Fatal(err)
	}
	defer chromium.Close()
	s := merchant.Start(t)
	look := browser.Look{Width: 1100, Height: 800}
	tab := merchant.SignIn(t, chromium, s, look)
	take := func(name, path string, look browser.Look, height int) {
		tab.Look(look)
		tab.Run("open "+path, browser.Go(s.Pages+path))
		tab.Wait(`document.readyState === "complete"`)
		m, err := png.Decode(bytes.NewReader(tab.Picture()))
		if err != nil {
			t.Fatal(err)
		}
		if m.Bounds().Dy() > height {
			m = m.(interface {
				SubImage(image.Rectangle) image.Image
			}).SubImage(image.Rect(0, 0, look.Width, height))
		}
		write(t, filepath.Join(folder, name), pictures.Paletted(m))
	}
	week := "from=2026-11-23&to=2026-11-25"
	take(merchants[0], "/?"+week, look, 1400)
	take(merchants[1], "/sales?"+week, look, 900)
	take(merchants[2], "/sales/"+string(merchant.Sale(3)), look, 1300)
	take(merchants[3], "/settings?terminal=till-01", look, 1400)
	phone := browser.Hand
	phone.Dark = true
	take(merchants[4], "/?"+week, phone, 1200)
	take(merchants[5], "/language/zh?back="+url.QueryEscape("/?"+week), look, 1400)
}
