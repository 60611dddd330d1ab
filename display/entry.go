package display

import (
	"image"
	"strings"

	"till/draw"
	"till/words"
)

// The screens on which something is keyed: the keypad right, what is keyed left.

// columns gives the keypad its place and returns the left column.
func (c *canvas) columns() image.Rectangle {
	r := c.inner()
	pad := takeRight(&r, c.padWidth(), c.m.margin)
	if c.v.Keypad {
		c.keypad(pad)
	}
	return r
}

// ready: the keyed amount, huge; the ways to pay under it; the menu far from them.
func (c *canvas) ready() {
	r := c.columns()
	back, middle, main := c.sorted()
	var pays, small, items []Button
	for _, b := range middle {
		switch b.Role {
		case RoleTender:
			pays = append(pays, b)
		case RoleItem:
			items = append(items, b)
		default:
			small = append(small, b)
		}
	}
	// The main way to pay on the right, next to the thumb that keyed.
	pays = append(pays, main...)
	height := c.m.foot
	if len(items) > 0 {
		height = c.m.listFoot // the keys above it need the room
	}
	foot := takeBottom(&r, height, c.m.gap)
	c.evenRow(foot, pays)
	c.goods(&r, items)

	top := takeTop(&r, c.m.touch, c.m.gap)
	for _, b := range append(small, back...) {
		w := min(max(c.m.touch, face(draw.Bold, c.m.button).Measure(c.v.label(b))+2*c.m.margin), top.Dx())
		c.place(takeLeft(&top, w, c.m.gap), b)
	}
	key, tone := words.Key("screen_ready"), c.t.ink
	switch {
	case c.v.Amount.Amount == 0:
		key, tone = "screen_ready_empty", c.t.muted
	case !c.v.Bar.Online:
		key = "screen_ready_offline"
	}
	amount, low := c.splitAmount(r)
	switch {
	case amount.Empty(): // a long message on the smallest panels: beside the menu
		amount = top
	case c.v.Message != "":
		amount.Max.Y = max(amount.Min.Y, amount.Max.Y-c.m.gap) // room for a comma above the message
		if c.linesHeight(c.v.Lines, 100) <= top.Dy() {
			c.lines(top, c.v.Lines)
		}
	case c.linesHeight(c.v.Lines, 100) <= top.Dy():
		c.lines(top, c.v.Lines)
	default: // what the amount is made of, instead of the hint
		above := r.Dy() * 2 / 5
		c.lines(image.Rect(top.Min.X, top.Min.Y, top.Max.X, r.Min.Y+above), c.v.Lines)
		amount, low = r, image.Rectangle{}
		amount.Min.Y += above
	}
	c.line(amount, draw.Bold, c.m.amount, right, c.v.money(c.v.Amount), tone, c.t.ground)
	if c.v.Message != "" {
		c.banner(low)
		return
	}
	if !low.Empty() {
		c.block(low, draw.Medium, c.m.title, right, c.title(key), c.t.ink, c.t.ground)
	}
}

// goodsInRow is how many keys for what is sold stand beside each other.
const goodsInRow = 3

// goods places the keys for what is sold along the lower edge of r: on a large
// panel all, on a smaller one a row of them, on the smallest none.
func (c *canvas) goods(r *image.Rectangle, keys []Button) {
	switch c.m {
	case large:
	case medium:
		keys = keys[:min(len(keys), goodsInRow)]
	default:
		return
	}
	rows := (len(keys) + goodsInRow - 1) / goodsInRow
	for row := rows; row > 0; row-- {
		each := (len(keys) + rows - 1) / rows
		c.evenRow(takeBottom(r, c.m.touch, c.m.gap), keys[(row-1)*each:min(len(keys), row*each)])
	}
}

// splitAmount is where the amount goes in r, and under it the hint, or the
// message while there is one. A long message makes the amount smaller, and
// where nothing else helps takes all of r.
func (c *canvas) splitAmount(r image.Rectangle) (amount, low image.Rectangle) {
	for _, share := range []int{40, 50, 60, 70, 80} {
		amount = r
		low = takeBottom(&amount, r.Dy()*share/100, 0)
		if c.v.Message == "" || c.bannerFits(low) {
			return amount, low
		}
	}
	return image.Rectangle{}, r
}

// evenRow places buttons of one width along r.
func (c *canvas) evenRow(r image.Rectangle, buttons []Button) {
	n := len(buttons)
	for i, b := range buttons {
		w := (r.Dx() - c.m.gap*(n-1-i)) / (n - i)
		c.place(takeLeft(&r, w, c.m.gap), b)
	}
}

// cash: what is due, what was handed over, and the notes it may be.
func (c *canvas) cash() {
	r := c.columns()
	back, middle, main := c.sorted()
	foot := takeBottom(&r, c.m.foot, c.m.gap)
	c.footRow(foot, back, nil, main)

	if n := len(middle); n > 0 {
		cols := min(n, max(1, (r.Dx()+c.m.gap)/(c.m.touch+c.m.gap)))
		for cols > 1 && !c.wordsFit(middle, (r.Dx()-c.m.gap*(cols-1))/cols) {
			if rows := (n + cols - 2) / (cols - 1); rows*(c.m.touch+c.m.gap) > r.Dy()*2/3 {
				break // the amounts need room too
			}
			cols--
		}
		rows := (n + cols - 1) / cols
		cols = (n + rows - 1) / rows
		notes := takeBottom(&r, rows*c.m.touch+(rows-1)*c.m.gap, c.m.gap)
		for len(middle) > 0 {
			k := min(cols, len(middle))
			c.evenRow(takeTop(&notes, c.m.touch, c.m.gap), middle[:k])
			middle = middle[k:]
		}
	}
	c.cashAmounts(r)
}

// wordsFit says whether no word on a button of this width is drawn much smaller
// than it should be.
func (c *canvas) wordsFit(buttons []Button, width int) bool {
	f := face(draw.Bold, c.m.small)
	for _, b := range buttons {
		for word := range strings.FieldsSeq(c.v.label(b)) {
			if f.Measure(word) > width-2*c.m.gap {
				return false
			}
		}
	}
	return true
}

// cashAmounts is what is due, what was handed over, and the change or the message.
func (c *canvas) cashAmounts(r image.Rectangle) {
	lines := c.v.Lines
	low := image.Rectangle{}
	if c.v.Message != "" {
		rest := r
		low = takeBottom(&rest, r.Dy()/2, c.m.gap)
		if c.bannerFits(low) {
			r, lines = rest, nil
		} else {
			// The smallest panels have no room left: the message takes the status bar's.
			bar := image.Rect(0, 0, c.frame.Max.X, c.m.bar)
			c.fill(bar, c.t.bannerFill)
			c.block(bar.Inset(1), draw.Medium, c.m.text, left, c.v.Message, c.t.bannerInk, c.t.bannerFill)
			low = image.Rectangle{}
		}
		if !low.Empty() {
			c.banner(low)
		}
	}
	want := c.linesHeight(lines, 100)
	share := 3
	if want > 0 {
		share = 4
	}
	due := takeTop(&r, max(r.Dy()/share, min(c.m.title, r.Dy()/3)), 0)
	c.labelled(due, c.title("screen_cash"), c.v.money(c.v.Amount), c.m.text, c.m.title)
	if want > 0 {
		c.lines(takeBottom(&r, min(r.Dy()/2, want), 0), lines)
	}
	tone := c.t.ink
	if c.v.Entry.Amount == 0 {
		tone = c.t.muted
	}
	r.Min.Y, r.Max.Y = r.Min.Y+c.m.gap/2, r.Max.Y-c.m.gap/2
	c.line(r, draw.Bold, c.m.amount*3/4, right, c.v.money(c.v.Entry), tone, c.t.ground)
}

// pin: dots for the digits keyed; also any other screen that has a keypad.
func (c *canvas) pin() {
	r := c.columns()
	back, middle, main := c.sorted()
	foot := takeBottom(&r, c.m.foot, c.m.gap)
	if room := (foot.Dx()+c.m.gap)/(c.m.touch+c.m.gap) - len(back) - len(main); len(middle) > room {
		middle = middle[:max(0, room)] // the smallest panels have none for the rest
	}
	c.footRow(foot, back, middle, main)

	key := words.Key("")
	if c.v.Screen == ScreenPIN {
		key = "screen_pin"
	}
	head := takeTop(&r, r.Dy()/3, 0)
	c.block(head, draw.Bold, c.m.title, left, c.title(key), c.t.ink, c.t.ground)
	low := takeBottom(&r, r.Dy()/2, 0)
	if c.v.Message != "" {
		c.banner(low)
	} else {
		c.block(low, draw.Regular, c.m.text, left, c.v.Detail, c.t.muted, c.t.ground)
	}
	if c.v.Screen == ScreenClaim {
		c.line(r, draw.Bold, c.m.head, left, c.v.Keyed, c.t.ink, c.t.ground)
		return
	}
	if c.v.Screen != ScreenPIN {
		c.line(r, draw.Bold, c.m.amount, right, c.v.money(c.v.Amount), c.t.ink, c.t.ground)
		return
	}
	c.dots(r, len([]rune(c.v.Masked)))
}

// dots draws one a digit, and the line they stand on.
func (c *canvas) dots(r image.Rectangle, n int) {
	side := c.m.text
	n = min(n, r.Dx()/(side*3/2))
	y := r.Min.Y + (r.Dy()-side)/2
	for i := range n {
		at := image.Pt(r.Min.X+i*side*3/2, y)
		c.disc(image.Rectangle{Min: at, Max: at.Add(image.Pt(side, side))}, c.t.ink)
	}
	c.fill(image.Rect(r.Min.X, y+side+c.m.gap, r.Max.X, y+side+c.m.gap+2), c.t.muted)
}

// title is the caller's sentence, or else the screen's own.
func (c *canvas) title(key words.Key) string {
	if c.v.Title != "" || key == "" {
		return c.v.Title
	}
	return c.v.say(key)
}
