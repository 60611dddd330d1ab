package display

import (
	"fmt"
	"image"

	"till/draw"
	"till/payment"
	"till/words"
)

// CustomerScreen names what a customer's own display shows.
type CustomerScreen string

// The screens of a customer's display.
const (
	CustomerIdle      CustomerScreen = "idle"     // the merchant's name
	CustomerAmount    CustomerScreen = "amount"   // what is to be paid, as keyed so far
	CustomerTip       CustomerScreen = "tip"      // how much more, if any
	CustomerQR        CustomerScreen = "qr"       // to be scanned
	CustomerCharging  CustomerScreen = "charging" // to be confirmed on the phone
	CustomerCash      CustomerScreen = "cash"     // cash is being taken
	CustomerApproved  CustomerScreen = "approved"
	CustomerDeclined  CustomerScreen = "declined"
	CustomerChecking  CustomerScreen = "checking" // fate unknown
	CustomerExpired   CustomerScreen = "expired"
	CustomerCancelled CustomerScreen = "cancelled"
	CustomerReversed  CustomerScreen = "reversed"
	CustomerOffline   CustomerScreen = "offline" // no phone payments right now
	CustomerClosed    CustomerScreen = "closed"  // this terminal cannot sell
)

// CustomerView is everything that a customer's display shows. It has no room for
// what is the cashier's alone: names, messages, buttons, lists.
type CustomerView struct {
	Screen   CustomerScreen
	Test     bool // sandbox: said on every screen
	Training bool // nothing of it is real: likewise, louder
	Merchant string
	Amount   payment.Money // what is paid or to be paid
	Tendered payment.Money // cash handed over; none without a currency
	Change   payment.Money // cash to be given back; likewise
	Wallet   payment.Wallet
	QR       string // text of the code on CustomerQR
	Seconds  int    // qr: left; 0 is not shown
}

// RenderCustomer draws v for a display of size pixels, from 320x240 up, upright
// or not. The same v and size always give the same frame. There is nothing to press.
func RenderCustomer(v CustomerView, size image.Point) *Frame {
	c := newCustomerCanvas(v, size)
	c.customer(v)
	return &Frame{Image: c.paint()}
}

// customerLooks is the cashier's screen that has the colours and the sign of the
// customer's.
var customerLooks = map[CustomerScreen]Screen{
	CustomerQR: ScreenQR, CustomerCharging: ScreenCharging, CustomerApproved: ScreenApproved, CustomerDeclined: ScreenDeclined,
	CustomerChecking: ScreenChecking, CustomerExpired: ScreenExpired, CustomerCancelled: ScreenCancelled,
	CustomerReversed: ScreenReversed, CustomerOffline: ScreenOffline,
}

func newCustomerCanvas(v CustomerView, size image.Point) *canvas {
	return newCanvas(View{
		Screen: customerLooks[v.Screen], Test: v.Test, Training: v.Training, Amount: v.Amount, Wallet: v.Wallet, QR: v.QR,
	}, size)
}

func (c *canvas) customer(v CustomerView) {
	c.fill(c.frame, c.t.ground)
	if v.Screen == CustomerIdle || v.Screen == CustomerClosed {
		c.body.Min.Y = 0 // the name is in the middle
		if v.Test || v.Training {
			c.strip(takeTop(&c.body, c.m.test, 0))
		}
	} else {
		c.customerHead(v)
	}
	r := c.inner()
	icon := c.m.icon
	if c.phoneReceipt(&r) {
		icon /= 2
	}
	switch {
	case v.Screen == CustomerQR:
		r = c.customerCode()
	case c.hasIcon():
		side := min(icon, r.Dx(), r.Dy())
		var box image.Rectangle
		if c.upright() { // the sign over the words
			c.align = centre
			side = min(r.Dx(), r.Dy()) / 2
			box = takeTop(&r, r.Dy()*2/5, c.m.margin)
			side = min(side, box.Dy())
		} else {
			box = takeLeft(&r, side, 2*c.m.margin)
		}
		at := image.Pt(box.Min.X+(box.Dx()-side)/2, box.Min.Y+(box.Dy()-side)/2)
		c.customerSign(v, image.Rectangle{Min: at, Max: at.Add(image.Pt(side, side))})
	default:
		c.align = centre
	}
	c.stack(r, c.customerItems(v))
	c.trainingEdge()
}

// customerHead is the merchant's name along the upper edge.
func (c *canvas) customerHead(v CustomerView) {
	bar := image.Rect(0, 0, c.frame.Max.X, c.m.bar)
	ground, over := paper, ink
	if v.Training {
		ground, over = violet, white
	}
	c.fill(bar, ground)
	if ground == paper {
		c.fill(image.Rect(0, bar.Max.Y-1, bar.Max.X, bar.Max.Y), hairline)
	}
	name := bar.Inset(1)
	name.Min.X, name.Max.X = c.m.margin, max(c.m.margin, bar.Max.X-c.m.margin)
	px := c.m.small
	c.line(name, draw.Bold, px, centre, ellipsis(face(draw.Bold, px), v.Merchant, name.Dx()), over, ground)
	c.testStrip()
}

// customerSign is the sign of the screen. Seconds that pass are the cashier's to
// count: a customer sees a ring.
func (c *canvas) customerSign(v CustomerView, r image.Rectangle) {
	if v.Screen == CustomerChecking {
		c.ring(r, r.Dx()/9, c.t.ink, 0, 3, 4)
		return
	}
	c.icon(r)
}

func (c *canvas) upright() bool { return c.frame.Dy() > c.frame.Dx() }

// customerCode puts the code left, or above where the display is upright, and
// returns what it leaves.
func (c *canvas) customerCode() image.Rectangle {
	r := c.body
	var box image.Rectangle
	if c.upright() {
		box = takeTop(&r, min(r.Dx(), r.Dy()*2/3), 0)
		c.align = centre
	} else {
		box = takeLeft(&r, min(r.Dy(), r.Dx()*3/5), 0)
	}
	c.codeOr(box, "customer_ask")
	r.Min.X, r.Max.X = min(r.Min.X+c.m.margin, r.Max.X), max(r.Min.X, r.Max.X-c.m.margin)
	r.Max.Y = max(r.Min.Y, r.Max.Y-c.m.margin)
	return r
}

// customerItems is what the screen says, the most important first.
func (c *canvas) customerItems(v CustomerView) []item {
	head := func(key words.Key) item { return bothItem(key, c.m.head) }
	title := func(key words.Key) item {
		it := bothItem(key, c.m.title)
		it.weight = draw.Medium
		return it
	}
	quiet := func(key words.Key) item {
		it := bothItem(key, c.m.text)
		it.weight, it.quiet = draw.Regular, true
		return it
	}
	amount := item{text: c.v.money(v.Amount), weight: draw.Bold, px: c.m.amount, single: true}
	name := item{text: bounded(v.Merchant), weight: draw.Bold, px: c.m.head * 5 / 4}
	wallet := item{text: c.walletName(), weight: draw.Medium, px: c.m.title}
	switch v.Screen {
	case CustomerAmount:
		return []item{quiet("customer_due"), amount, title("customer_show_code")}
	case CustomerTip:
		return []item{head("customer_tip"), amount, title("customer_tip_what")}
	case CustomerQR:
		left := ""
		if v.Seconds > 0 {
			left = words.Both("screen_qr_left", "time", fmt.Sprintf("%d:%02d", v.Seconds/60, v.Seconds%60))
		}
		return []item{amount, bothItem("screen_qr", c.m.title), {text: walletNames(), px: c.m.text - 2},
			{text: left, weight: draw.Medium, px: c.m.small + 2, quiet: true}}
	case CustomerCharging:
		return []item{amount, wallet, bothItem("customer_confirm", c.m.title)}
	case CustomerCash:
		return []item{quiet("customer_cash"), amount, {lines: c.customerCash(v)}}
	case CustomerApproved:
		return []item{head("customer_paid"), amount, wallet, {lines: c.customerCash(v)}, title("customer_thanks")}
	case CustomerDeclined:
		return []item{head("customer_declined"), title("customer_declined_what")}
	case CustomerChecking:
		return []item{head("customer_checking"), amount, title("customer_checking_what")}
	case CustomerExpired:
		return []item{head("screen_expired"), title("screen_nothing_taken")}
	case CustomerCancelled:
		return []item{head("screen_cancelled"), title("screen_nothing_taken")}
	case CustomerReversed:
		return []item{head("screen_reversed"), title("screen_given_back")}
	case CustomerOffline:
		return []item{head("customer_offline"), title("customer_offline_what")}
	case CustomerClosed:
		return []item{name, title("customer_ask")}
	default:
		return []item{name, title("customer_welcome"), {text: walletNames(), px: c.m.text, quiet: true}}
	}
}

// customerCash is what was handed over and what is given back.
func (c *canvas) customerCash(v CustomerView) (lines []Line) {
	if v.Tendered.Currency != "" && v.Tendered.Amount > 0 {
		lines = append(lines, Line{Label: words.Both("customer_tendered"), Amount: v.Tendered})
	}
	if v.Change.Currency != "" {
		lines = append(lines, Line{Label: words.Both("customer_change"), Amount: v.Change, Strong: true})
	}
	return lines
}

// walletNames lists the wallets taken here, each as its owners write it.
func walletNames() string {
	names := ""
	for _, w := range []payment.Wallet{payment.WeChat, payment.Alipay, payment.UnionPay} {
		if names != "" {
			names += "\n"
		}
		names += w.Name() + " " + w.ChineseName()
	}
	return names
}

// strip says in r that nothing is real.
func (c *canvas) strip(r image.Rectangle) {
	if c.v.Training {
		box := r
		if c.v.Test {
			box = takeLeft(&r, r.Dx()/2, 0)
		}
		c.fill(box, violet)
		c.line(box, draw.Bold, c.m.small+2, centre, words.Both("screen_training"), white, violet)
	}
	if c.v.Test {
		c.fill(r, ink)
		c.line(r, draw.Bold, c.m.small-2, centre, words.Both("screen_test"), amber, ink)
	}
}
