package pages

import (
	"bytes"
	"encoding/base64"
	"html/template"
	"image"
	"image/draw"
	"image/png"
	"slices"
	"strconv"
	"strings"
)

// Bounds of a logo, as terminals have them (package printer).
const (
	MaxLogoText   = 24 << 10 // characters of base64
	MaxLogoWidth  = 1024     // dots
	MaxLogoHeight = 512
)

// readLogo takes a PNG, or takes the one away that there is.
func readLogo(f *form, t Terminal) (c change) {
	if f.value("do") == "remove" {
		c.put(t, "merchant.logo", nil, true)
		return c
	}
	text := base64.StdEncoding.EncodeToString([]byte(f.file))
	switch head, err := png.DecodeConfig(strings.NewReader(f.file)); {
	case err != nil:
		f.fault("logo", "pages_fault_png")
		return c
	case head.Width > MaxLogoWidth || head.Height > MaxLogoHeight: // before it takes the memory
		f.fault("logo", "pages_fault_logo_size", "w", strconv.Itoa(MaxLogoWidth), "h", strconv.Itoa(MaxLogoHeight))
		return c
	case len(text) > MaxLogoText:
		f.fault("logo", "pages_fault_logo_bytes", "n", strconv.Itoa(MaxLogoText*3/4>>10))
		return c
	}
	switch m, err := png.Decode(strings.NewReader(f.file)); {
	case err != nil:
		f.fault("logo", "pages_fault_png")
	case blank(m):
		f.fault("logo", "pages_fault_logo_blank")
	}
	c.put(t, "merchant.logo", text, false)
	return c
}

// paper is the darkest that is printed as nothing.
const paper = 0xF0

func blank(m image.Image) bool {
	grey := image.NewGray(image.Rect(0, 0, m.Bounds().Dx(), m.Bounds().Dy()))
	draw.Draw(grey, grey.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(grey, grey.Rect, m, m.Bounds().Min, draw.Over)
	return !slices.ContainsFunc(grey.Pix, func(v byte) bool { return v < paper })
}

// Logo is the terminal's, as an address of its own; "": there is none.
func (v settingsView) Logo() template.URL {
	raw, err := base64.StdEncoding.DecodeString(v.logo)
	if err != nil || len(raw) == 0 {
		return ""
	}
	if _, err := png.DecodeConfig(bytes.NewReader(raw)); err != nil {
		return ""
	}
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(raw)) //nolint:gosec // it is base64, and a picture
}
