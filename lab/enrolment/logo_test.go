package enrolment_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"testing"
	"time"

	"till/cloud/service"
	"till/printer"
	"till/sync/wire/enrolment"
)

// A full catalogue and a large logo reach a terminal, and the logo its receipts.
func TestLogoAndCatalogue(t *testing.T) {
	s := startService(t)
	c := startEnrolled(t, s, folder(t), service.ClaimOrder{Terminal: "till-07", Settings: shop})
	c.until("enrolled", selling)
	rows := func(slip int) int {
		t.Helper()
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for limit := time.After(20 * time.Second); ; {
			if paper, out := c.Slip(slip); out {
				return paper.Picture.Rect.Dy()
			}
			select {
			case <-tick.C:
			case <-limit:
				t.Fatalf("slip %d does not come", slip)
			}
		}
	}
	c.cash()
	plain := rows(1)

	var items []any
	for i := range 1000 {
		items = append(items, fmt.Sprintf("%013d / Green tea, the third flush %d / 绿茶 / 350", 6901234000000+i, i))
	}
	note, err := s.Configure("till-07", service.SettingsOrder{Set: enrolment.Settings{"sale.items": items, "merchant.logo": noise(t)}})
	if err != nil {
		t.Fatal(err)
	}
	awaitNote(t, s, enrolment.SettingsNote{Digest: note.Digest})
	c.until("begun anew", selling)
	if err := c.Scan(t.Context(), []byte("6901234000999")); err != nil {
		t.Fatal(err)
	}
	c.until("scanned", func(s shown) bool { return s.Screen == "ready" && s.Message == "" })
	c.press("cash", "exact")
	c.until("sold", func(s shown) bool { return s.Screen == "approved" })
	if logo := rows(2); logo < plain+100 {
		t.Errorf("the receipt has %d rows with a logo, and %d without", logo, plain)
	}
}

// noise is a logo that is nearly as long as one may be.
func noise(t *testing.T) string {
	m := image.NewPaletted(image.Rect(0, 0, 520, 260), color.Palette{color.White, color.Black})
	chance := rand.New(rand.NewPCG(1, 2))
	for i := range m.Pix {
		m.Pix[i] = uint8(chance.IntN(2))
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	text := base64.StdEncoding.EncodeToString(b.Bytes())
	if len(text) < printer.MaxLogoText*9/10 || len(text) > printer.MaxLogoText {
		t.Fatalf("the logo has %d characters", len(text))
	}
	return text
}
