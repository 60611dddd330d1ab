package display

import (
	"image"
	"image/color"
	"strconv"

	"till/draw"
	"till/words"
)

// item is one part of a page, one under the other: a paragraph, one line of
// money, or the small lines.
type item struct {
	text   string
	also   string // the same in the other language: beside it, or under it
	weight draw.Weight
	px     int
	quiet  bool // muted
	single bool // on one line, as an amount is
	lines  []Line
}

// page: a sign left, words right, buttons along the lower edge: results,
// refusals, faults, questions.
func (c *canvas) page() {
	r := c.inner()
	icon := c.m.icon
	if c.phoneReceipt(&r) {
		icon /= 2
	}
	back, middle, main := c.sorted()
	if len(back)+len(middle)+len(main) > 0 {
		foot := takeBottom(&r, c.m.foot, c.m.margin)
		if len(middle) <= 2 {
			c.footRow(foot, back, middle, main)
			middle = nil
		} else {
			c.footRow(foot, back, nil, main)
		}
	}
	if len(middle) > 0 {
		height := c.m.touch * ((len(middle) + 2) / 3)
		box := takeBottom(&r, height+c.m.gap*((len(middle)-1)/3), c.m.gap)
		c.grid(box, middle, c.m.touch)
	}
	if c.v.Message != "" {
		c.banner(takeBottom(&r, min(c.m.touch*9/10, r.Dy()/3), c.m.gap))
	}
	if c.hasIcon() {
		side := min(icon, r.Dy())
		box := takeLeft(&r, icon, 2*c.m.margin)
		at := image.Pt(box.Min.X+(box.Dx()-side)/2, box.Min.Y+(box.Dy()-side)/2)
		c.icon(image.Rectangle{Min: at, Max: at.Add(image.Pt(side, side))})
	}
	c.stack(r, c.items())
}

// items is what the page says, the most important first.
func (c *canvas) items() []item {
	v := c.v
	head := func(s string) item { return item{text: s, weight: draw.Bold, px: c.m.head} }
	headBoth := func(key words.Key) item { return bothItem(key, c.m.head) }
	title := func(s string) item { return item{text: s, weight: draw.Medium, px: c.m.title} }
	text := func(s string) item { return item{text: s, px: c.m.text, quiet: true} }
	amount := func(px int) item { return item{text: v.money(v.Amount), weight: draw.Bold, px: px, single: true} }
	lines := item{lines: v.Lines}
	own := func(given string, key words.Key) string {
		if given != "" || key == "" {
			return given
		}
		return v.say(key)
	}
	seconds := ""
	if v.Seconds > 0 {
		seconds = v.say("screen_seconds", "n", strconv.Itoa(v.Seconds))
	}
	switch v.Screen {
	case ScreenApproved:
		key := words.Key("screen_approved")
		if v.Wallet == "cash" {
			key = "screen_cash_taken"
		}
		return []item{headBoth(key), amount(c.m.amount * 5 / 6), title(c.walletName()), title(v.Title), text(v.Detail), lines}
	case ScreenDeclined:
		return []item{headBoth("screen_declined"), title(v.Title), text(v.Detail), text(c.amountAndWallet()), lines}
	case ScreenChecking:
		until := ""
		if v.Until > 0 {
			until = v.say("screen_checking_until", "n", strconv.Itoa(v.Until))
		}
		return []item{
			head(words.Say(v.lang(), "screen_checking", "wallet", c.walletIn(v.lang()))),
			bothItem("screen_checking_again", c.m.title),
			amount(c.m.head), title(v.Title), text(v.Detail), text(until), lines,
		}
	case ScreenCharging:
		return []item{amount(c.m.amount * 5 / 6), title(c.walletName()), bothItem("screen_charging", c.m.title), title(v.Title), text(v.Detail), text(seconds), lines}
	case ScreenExpired:
		return []item{headBoth("screen_expired"), title(own(v.Title, "screen_nothing_taken")), text(v.Detail), text(c.amountAndWallet()), lines}
	case ScreenCancelled:
		return []item{headBoth("screen_cancelled"), title(own(v.Title, "screen_nothing_taken")), text(v.Detail), text(c.amountAndWallet()), lines}
	case ScreenReversed:
		return []item{headBoth("screen_reversed"), title(own(v.Title, "screen_given_back")), text(v.Detail), text(c.amountAndWallet()), lines}
	case ScreenOffline:
		return []item{head(v.say("screen_offline")), title(own(v.Title, "screen_offline_what")), text(v.Detail), text(c.amountAndWallet()), lines}
	case ScreenParked:
		return []item{head(v.say("screen_parked")), title(own(v.Title, "screen_parked_what")), text(v.Detail), text(c.amountAndWallet()), lines}
	case ScreenFault:
		return []item{head(own(v.Title, "screen_fault")), title(v.Detail), lines}
	case ScreenConfirm:
		return []item{head(own(v.Title, "screen_confirm")), amount(c.m.amount / 2), title(v.Detail), lines}
	default:
		return []item{head(v.Title), amount(c.m.amount / 2), title(v.Detail), lines}
	}
}

// bothItem is a sentence the customer reads too.
func bothItem(key words.Key, px int) item {
	return item{text: words.Say(words.English, key), also: words.Say(words.Chinese, key), weight: draw.Bold, px: px}
}

// walletName is the wallet as both cashier and customer know it, "" if unknown.
func (c *canvas) walletName() string {
	if c.v.Wallet == "" || c.v.Wallet == "cash" {
		return ""
	}
	return c.v.Wallet.Name() + " " + c.v.Wallet.ChineseName()
}

// walletIn is the wallet in one language, "the wallet" if unknown.
func (c *canvas) walletIn(lang words.Lang) string {
	if lang == words.Chinese {
		return c.v.Wallet.ChineseName()
	}
	return c.v.Wallet.Name()
}

func (c *canvas) amountAndWallet() string {
	amount, wallet := c.v.money(c.v.Amount), c.walletName()
	if amount == "" || wallet == "" {
		return amount + wallet
	}
	return amount + ", " + wallet
}

// stack draws items one under the other in the middle of r, all smaller by the
// same share until they fit.
func (c *canvas) stack(r image.Rectangle, items []item) {
	kept := items[:0:0]
	for _, it := range items {
		if it.text != "" || len(it.lines) > 0 {
			kept = append(kept, it)
		}
	}
	if len(kept) == 0 || r.Empty() {
		return
	}
	var parts []part
	total := 0
	for share := 100; share >= 20; share -= 5 {
		parts, total = c.measure(kept, r.Dx(), share)
		if total <= r.Dy() {
			break
		}
	}
	if total > r.Dy() {
		c.cut = kept[len(kept)-1].text
	}
	y := r.Min.Y + max(0, (r.Dy()-total)/2)
	for _, p := range parts {
		c.drawPart(p, image.Rect(r.Min.X, y, r.Max.X, min(y+p.height, r.Max.Y)))
		y += p.height + p.gap
	}
}

// part is an item as it will be drawn.
type part struct {
	item
	px, height, gap int
	wrapped         []string
}

// wrap breaks the item's text, each language on lines of its own if both do not
// fit on one, and tells whether no word had to be broken.
func (it item) wrap(f *draw.Face, width int) (lines []string, whole bool) {
	if it.also == "" {
		return wrap(f, it.text, width)
	}
	if one := it.text + " " + it.also; f.Measure(one) <= width {
		return []string{one}, true
	}
	lines, whole = wrap(f, it.text, width)
	more, wholeToo := wrap(f, it.also, width)
	return append(lines, more...), whole && wholeToo
}

// fit wraps the item at px, or smaller where a word would be broken or where a
// little smaller puts two lines on one.
func (it item) fit(px, width int) (int, []string) {
	lines, whole := it.wrap(face(it.weight, px), width)
	for !whole && px > sizes[0] {
		px = smaller(px)
		lines, whole = it.wrap(face(it.weight, px), width)
	}
	return onOneLine(it.weight, px, lines, func(f *draw.Face) ([]string, bool) { return it.wrap(f, width) })
}

// measure lays items out at share percent of their sizes.
func (c *canvas) measure(items []item, width, share int) (parts []part, total int) {
	for i, it := range items {
		p := part{item: it, px: max(it.px*share/100, min(it.px, c.m.least)), gap: c.m.gap * share / 100}
		switch {
		case len(it.lines) > 0:
			p.height = c.linesHeight(it.lines, max(share, 70))
		case it.single:
			p.px = fitLine(image.Rect(0, 0, width, 1<<12), it.weight, p.px, sizes[0], it.text)
			p.height = face(it.weight, p.px).CapHeight() * 3 / 2
		default:
			p.px, p.wrapped = it.fit(p.px, width)
			p.height = blockHeight(face(it.weight, p.px), len(p.wrapped))
		}
		total += p.height
		if i < len(items)-1 {
			total += p.gap
		}
		parts = append(parts, p)
	}
	return parts, total
}

func (c *canvas) drawPart(p part, box image.Rectangle) {
	over := c.t.ink
	if p.quiet {
		over = c.t.muted
	}
	switch {
	case len(p.lines) > 0:
		c.lines(box, p.lines)
	case p.single:
		c.line(box, p.weight, p.px, c.align, p.text, over, c.t.ground)
	default:
		c.paragraph(box, p, over)
	}
}

func (c *canvas) paragraph(box image.Rectangle, p part, over color.RGBA) {
	f := face(p.weight, p.px)
	y := box.Min.Y + f.Ascent()
	for _, l := range p.wrapped {
		x := box.Min.X
		if c.align == centre {
			x += (box.Dx() - f.Measure(l)) / 2
		}
		c.print(p.weight, p.px, x, y, l, over, c.t.ground)
		y += f.Height()
	}
}
