package display

import "image/color"

func rgb(hex uint32) color.RGBA {
	return color.RGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 255}
}

// The palette. Every pair that carries text is at WCAG AA or better, held by a test.
var (
	white    = rgb(0xFFFFFF)
	paper    = rgb(0xFAFAF7)
	ink      = rgb(0x111418)
	muted    = rgb(0x5B6470)
	edge     = rgb(0x8A929C) // of keys and rows: 3:1 on white
	hairline = rgb(0xD9DCE0)
	action   = rgb(0x0B5FFF)
	green    = rgb(0x0B7A3B)
	red      = rgb(0xB3261E)
	amber    = rgb(0xFFD98A)
	umber    = rgb(0x3D2A00) // on amber
	violet   = rgb(0x6B1FA8) // of training, and of nothing else
)

// theme is the colours of one kind of screen.
type theme struct {
	ground, ink, muted    color.RGBA
	mainFill, mainInk     color.RGBA
	plainFill, plainInk   color.RGBA
	plainEdge, accent     color.RGBA
	bannerFill, bannerInk color.RGBA
}

var (
	calm = theme{
		ground: paper, ink: ink, muted: muted, mainFill: action, mainInk: white,
		plainFill: white, plainInk: ink, plainEdge: edge, accent: action, bannerFill: amber, bannerInk: umber,
	}
	bright = theme{ // under a QR code: pure white
		ground: white, ink: ink, muted: muted, mainFill: action, mainInk: white,
		plainFill: white, plainInk: ink, plainEdge: edge, accent: action, bannerFill: amber, bannerInk: umber,
	}
	good = onColour(green, white)
	bad  = onColour(red, white)
	grey = onColour(muted, white)
	wait = onColour(amber, umber)
)

// onColour is a screen filled with one colour, its main button inverted. The
// banner is black, so that it is not taken for a button.
func onColour(ground, over color.RGBA) theme {
	return theme{
		ground: ground, ink: over, muted: over, mainFill: over, mainInk: ground,
		plainFill: ground, plainInk: over, plainEdge: over, accent: over, bannerFill: ink, bannerInk: white,
	}
}

func themeOf(s Screen) theme {
	switch s {
	case ScreenApproved:
		return good
	case ScreenDeclined:
		return bad
	case ScreenChecking:
		return wait
	case ScreenOffline:
		return grey
	case ScreenQR, ScreenEnrol, ScreenCode:
		return bright
	default:
		return calm
	}
}
