package display

import "image"

// metrics are the measures of one class of panel, px. Text sizes are em sizes:
// a capital is about 0.7 of them.
type metrics struct {
	bar, test   int // heights of the status bar and of the strip that says TEST or TRAINING
	margin, gap int
	touch       int // the least a button measures
	foot        int // height of the buttons along the lower edge
	listFoot    int // the same under a list, which needs the room
	row         int // height of a list's row
	keyWidth    int
	icon        int // a side
	corner      int // radius of a button's corners

	amount, head, title, text, small int
	button, key                      int
	least                            int // no text is smaller
}

// A finger wants 60 px at 133 dots an inch (7 inches, 800x480). Small panels
// have 2.8 to 3.5 inches at about the same density, and no room for more than 44.
var (
	large = metrics{
		bar: 40, test: 28, margin: 16, gap: 8, touch: 60, foot: 88, listFoot: 72, row: 60, keyWidth: 104, icon: 176, corner: 12,
		amount: 132, head: 52, title: 36, text: 28, small: 22, button: 30, key: 44, least: 18,
	}
	medium = metrics{
		bar: 28, test: 20, margin: 8, gap: 6, touch: 44, foot: 56, listFoot: 46, row: 46, keyWidth: 66, icon: 96, corner: 8,
		amount: 80, head: 32, title: 24, text: 18, small: 15, button: 20, key: 30, least: 12,
	}
	little = metrics{
		bar: 26, test: 16, margin: 4, gap: 4, touch: 44, foot: 46, listFoot: 44, row: 44, keyWidth: 48, icon: 56, corner: 6,
		amount: 56, head: 24, title: 18, text: 14, small: 12, button: 16, key: 24, least: 10,
	}
)

func metricsFor(size image.Point) metrics {
	switch {
	case size.X >= 720 && size.Y >= 440:
		return large
	case size.X >= 440 && size.Y >= 300:
		return medium
	default:
		return little
	}
}
