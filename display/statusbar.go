package display

import (
	"image"
	"image/color"
	"slices"
	"strconv"

	"till/draw"
)

// barItem is one word of the status bar.
type barItem struct {
	text     string
	pill     bool // needs somebody: on amber
	optional int  // 0 stays; the highest goes first where there is no room
	trouble  int  // counted from 1; the last are counted where there is no room for them
}

// statusBar says whose terminal this is and whether all is well, in words.
func (c *canvas) statusBar() {
	bar := image.Rect(0, 0, c.frame.Max.X, c.m.bar)
	ground, over := paper, ink
	if !c.v.Bar.Online {
		ground, over = muted, white
	}
	if c.v.Training {
		ground, over = violet, white
	}
	c.fill(bar, ground)
	if ground == paper {
		c.fill(image.Rect(0, bar.Max.Y-1, bar.Max.X, bar.Max.Y), hairline)
	}
	px := c.m.small - 2
	f := face(draw.Medium, px)
	space := 2 * c.m.gap
	inner := image.Rect(c.m.margin, 0, bar.Max.X-c.m.margin, bar.Max.Y)

	items := c.barItems()
	width := func() (w int) {
		for _, it := range items {
			w += f.Measure(it.text) + space
			if it.pill {
				w += space
			}
		}
		return w
	}
	// The merchant's name keeps a third of the bar.
	for width() > inner.Dx()*2/3 {
		worst := -1
		for i, it := range items {
			if it.optional > 0 && (worst < 0 || it.optional > items[worst].optional) {
				worst = i
			}
		}
		if worst < 0 {
			break
		}
		items = append(items[:worst:worst], items[worst+1:]...)
	}
	for width() > inner.Dx()*2/3 {
		shorter, ok := fewerTroubles(items, len(c.v.Bar.Troubles))
		if !ok {
			break
		}
		items = shorter
	}
	for i := len(items) - 1; i >= 0; i-- {
		it := items[i]
		w := f.Measure(it.text)
		if it.pill {
			w += space
		}
		box := takeRight(&inner, w, space)
		fg, bg := over, ground
		if it.pill {
			fg, bg = umber, amber
			c.roundRect(image.Rect(box.Min.X, box.Min.Y+c.m.bar/8, box.Max.X, box.Max.Y-c.m.bar/8), c.m.corner/2, amber)
		}
		c.line(box, draw.Medium, px, centre, it.text, fg, bg)
	}
	c.barNames(inner, px, over, ground)
}

// fewerTroubles leaves out the least urgent trouble that is said in words, and
// counts it. The most urgent stays.
func fewerTroubles(items []barItem, all int) ([]barItem, bool) {
	last, count := -1, -1
	for i, it := range items {
		switch {
		case it.trouble > all:
			count = i
		case it.trouble > 0:
			last = i
		}
	}
	if last < 0 || items[last].trouble == 1 {
		return nil, false
	}
	shown := items[last].trouble - 1
	more := barItem{text: "+" + strconv.Itoa(all-shown), pill: true, trouble: all + 1}
	items = slices.Clone(items)
	if count >= 0 {
		items[count] = more
		return slices.Delete(items, last, last+1), true
	}
	items[last] = more
	return items, true
}

// barNames puts merchant and terminal on the left.
func (c *canvas) barNames(box image.Rectangle, px int, over, ground color.RGBA) {
	merchant, terminal := c.v.Bar.Merchant, c.v.Bar.Terminal
	bold, plain := face(draw.Bold, px), face(draw.Regular, px)
	space := c.m.gap * 3 / 2
	name := ellipsis(bold, merchant, box.Dx())
	if room := box.Dx() - plain.Measure(terminal) - space; terminal != "" && room >= min(bold.Measure(merchant), box.Dx()/2) {
		name = ellipsis(bold, merchant, room)
		quiet := over
		if ground == paper {
			quiet = muted
		}
		after := takeLeft(&box, bold.Measure(name), space)
		c.line(box, draw.Regular, px, left, terminal, quiet, ground)
		box = after
	}
	c.line(box, draw.Bold, px, left, name, over, ground)
}

func (c *canvas) barItems() []barItem {
	b := c.v.Bar
	var items []barItem
	switch {
	case b.Online:
		items = append(items, barItem{text: c.v.say("bar_online")})
	case b.Waiting > 0:
		items = append(items, barItem{text: c.v.say("bar_offline_waiting", "n", strconv.Itoa(b.Waiting))})
	default:
		items = append(items, barItem{text: c.v.say("bar_offline")})
	}
	for i, k := range b.Troubles {
		items = append(items, barItem{text: c.v.say(k), pill: true, trouble: i + 1})
	}
	if b.Cashier != "" {
		limit := c.frame.Dx() / 7
		items = append(items, barItem{text: ellipsis(face(draw.Medium, c.m.small-2), b.Cashier, limit), optional: 2})
	}
	if b.Clock != "" {
		items = append(items, barItem{text: b.Clock, optional: 1})
	}
	return items
}

// testStrip says on every screen of a sandbox, and of training, that nothing is real.
func (c *canvas) testStrip() {
	if c.v.Test || c.v.Training {
		c.strip(image.Rect(0, c.m.bar, c.frame.Max.X, c.m.bar+c.m.test))
	}
}

// trainingEdge is around everything: it is seen where nobody reads.
func (c *canvas) trainingEdge() {
	if !c.v.Training {
		return
	}
	f, w := c.frame, c.m.margin/4
	c.fill(image.Rect(f.Min.X, f.Min.Y, f.Min.X+w, f.Max.Y), violet)
	c.fill(image.Rect(f.Max.X-w, f.Min.Y, f.Max.X, f.Max.Y), violet)
	c.fill(image.Rect(f.Min.X, f.Max.Y-w, f.Max.X, f.Max.Y), violet)
}
