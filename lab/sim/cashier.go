package sim

import (
	"fmt"
	"strings"
	"time"

	"till/checkout"
	"till/payment"
)

// cashier is a cashier with a queue, and the customers in it: mostly sensible,
// sometimes in a hurry, now and then leaning on the keys.
type cashier struct {
	w        *world
	target   int
	sales    int
	last     payment.SaleID
	lastCode string
	shownQR  payment.Order  // a QR that a customer is looking at
	patient  bool           // it is left on the screen until it is paid or expires
	said     payment.Intent // what the cashier is about to say of the sale being parked
	ordered  int            // by a cash register
	tenders  map[payment.Order]int
	totals   map[payment.SaleID]int64
	parked   map[payment.SaleID]payment.Intent // what was said, once it was durable
	holds    holds
	errand   string // a button of the shift's screen, to be pressed there
}

func (c *cashier) closed() bool { return c.sales >= c.target }

// next is the cashier's next move, in a while.
func (c *cashier) next() {
	c.w.after(c.w.between(300*time.Millisecond, 4*time.Second), func() {
		if c.w.calm {
			if c.w.terminal.on && !c.w.terminal.counter.Training() { // that ends by itself
				s := c.w.terminal.register.State
				if sale, ok := s.OnScreen(); len(s.Doubts) > 0 || ok && sale.PartPaid() {
					c.tidy()
				}
			}
			c.next()
			return
		}
		if c.w.terminal.on {
			c.act()
			c.count()
		}
		c.next()
	})
}

func (c *cashier) count() {
	t := c.w.terminal
	if !t.on {
		return
	}
	if id := t.register.State.Last; id != c.last && id != "" {
		c.last = id
		c.sales++
	}
}

func (c *cashier) key(keys ...string) {
	for _, k := range keys {
		c.w.terminal.handle(checkout.Keyed{Key: k})
	}
}

func (c *cashier) press(button string) {
	if c.w.terminal.on {
		c.w.terminal.handle(checkout.Pressed{Button: button})
	}
}

func (c *cashier) scan(data string) {
	if c.w.terminal.on {
		c.w.terminal.handle(checkout.Scanned{Data: []byte(data)})
	}
}

func (c *cashier) act() {
	w := c.w
	s := w.terminal.counter.State()
	if w.fault("rubbish scanned", 60) {
		rubbish := []string{"", "\x00\xff\x1b@", "1234", "6901234567892", "150000000000000000", strings.Repeat("9", 5000), "00020101021153033445802US6304ABCD", "https://example.com"}
		c.scan(rubbish[w.rng.IntN(len(rubbish))])
		return
	}
	if w.fault("impatient cashier", 40) {
		c.lean()
		return
	}
	switch s.Screen {
	case checkout.Ready:
		if c.errand == "" && w.chance(30) { // of the drawer, which a cashier in a queue has no time for
			errands := []string{"pay_in", "pay_out", "pay_out", "no_sale", "x_report", "x_report"}
			c.errand = errands[w.rng.IntN(len(errands))]
		}
		if c.errand != "" && !s.Begun() {
			c.press("menu")
			return
		}
		c.sell(s)
	case checkout.ShowingQR:
		c.showQR(s)
	case checkout.TakeCash:
		c.cash(s)
	case checkout.Checking:
		c.check(s)
	case checkout.Charging:
		if w.chance(12) {
			c.press("cancel")
		} else if w.chance(6) {
			c.scan(c.lastCode) // the phone lingers
		}
	case checkout.Offline:
		c.pick("cash", "cancel")
	case checkout.PIN:
		c.identify([]string{managerPIN, managerPIN, managerPIN, managerPIN, cashierPIN, managerBadge}[w.rng.IntN(6)])
	case checkout.SignOn:
		w.premise("operators: sign on")
		c.identify([]string{cashierPIN, cashierPIN, cashierPIN, cashierPIN, managerBadge}[w.rng.IntN(5)])
	case checkout.Parking:
		c.park(s)
	case checkout.Declined, checkout.Expired, checkout.Reversed:
		c.again()
	case checkout.Approved:
		c.pick("done", "done", "wait", "print")
	case checkout.Cancelled:
		if w.chance(3) {
			w.premise("cancelled: paid after all")
			c.again()
			return
		}
		c.pick("done", "done", "wait")
	case checkout.Parked:
		c.pick("done", "done", "wait")
	case checkout.Receipt:
		c.look()
	case checkout.Menu, checkout.Finding:
		if s.Screen == checkout.Menu && (c.errand != "" || s.Shiftless() && w.chance(2)) {
			c.press("shift")
			return
		}
		if w.chance(4) { // the other terminal's customer comes to this one
			c.scan(w.other.bill())
			return
		}
		if s.Screen == checkout.Finding {
			c.key(fmt.Sprint(1+w.rng.IntN(9)), "enter", "esc")
			return
		}
		if s.Hold != 0 && w.chance(2) {
			c.press("drop")
			return
		}
		if s.Begun() && w.chance(2) {
			c.pick("discount", "split", "split", "exempt", "taxable", "items", "hold", "hold", "hold")
			return
		}
		if len(s.Counter.Held) > 0 && w.chance(2) {
			c.press("held")
			return
		}
		if c.train() {
			return
		}
		c.pick("sales", "sales", "sales", "reprint", "cancel", "status", "shift", "shift", "sign_off")
	case checkout.HeldSales:
		c.recall(s.HeldOnPage())
	case checkout.Catalogue:
		c.pick("item_0", "item_1", "next", "cancel")
	case checkout.Discounting:
		c.keyed("off_500", "off_2000", "no_discount", "cancel", "percent", "enter")
	case checkout.Splitting:
		c.keyed("half", "third", "whole", "cancel", "enter")
	case checkout.PartPaid:
		w.premise("splits: paid in part")
		c.part()
	case checkout.Tipping:
		c.keyed("tip_1500", "tip_1800", "tip_2000", "no_tip", "cancel", "enter")
	case checkout.Sales:
		if rows := s.OnPage(); len(rows) > 0 && !w.chance(4) {
			c.press(checkout.RowID(rows[w.rng.IntN(len(rows))].ID))
		} else {
			c.pick("next", "cancel", "find")
		}
	case checkout.OneSale:
		if w.chance(8) {
			c.scan(w.other.bill())
			return
		}
		c.pick("refund", "refund", "void", "void", "reprint", "cancel")
	case checkout.Voiding:
		c.pick("void", "void", "cancel")
	case checkout.ShiftScreen:
		if s.Shiftless() && w.chance(2) {
			w.premise("shifts: opened by hand")
			c.press("open_shift")
			return
		}
		if c.errand != "" {
			c.press(c.errand)
			c.errand = ""
			return
		}
		c.pick("x_report", "z_report", "pay_in", "pay_out", "no_sale", "close_shift", "close_shift", "close_shift", "open_shift", "cancel", "cancel")
	case checkout.DrawerWhy:
		c.pick("reason_change", "reason_check", "reason_other", "cancel")
	case checkout.DrawerSum:
		c.key(fmt.Sprint(1+w.rng.IntN(9)), "00", "enter")
	case checkout.Refunding:
		c.giveBack()
	default:
		c.press("cancel")
	}
}

// identify keys a PIN or scans a badge; a finger may slip.
func (c *cashier) identify(secret string) {
	if len(secret) > len(managerPIN) {
		c.scan(secret)
		return
	}
	c.key("esc")
	if c.w.chance(12) {
		c.w.premise("operators: wrong PIN")
		secret = "9999"
	}
	c.key(append(strings.Split(secret, ""), "enter")...)
}

func (c *cashier) giveBack() {
	switch c.w.rng.IntN(4) {
	case 0:
		c.press("cancel")
	case 1:
		c.press("all")
	default: // now and then more than there is
		c.key(fmt.Sprint(1+c.w.rng.IntN(9)), fmt.Sprint(c.w.rng.IntN(10)), "0", "enter")
	}
}

// look sees whether the receipt came out, and says so.
func (c *cashier) look() {
	sale, ok := c.w.terminal.counter.State().InDoubt()
	if !ok {
		return
	}
	for _, p := range c.w.terminal.papers {
		if p.Receipt == sale.Receipt && p.whole {
			c.w.premise("receipts: it came out")
			c.press("yes")
			return
		}
	}
	c.w.premise("receipts: it did not come out")
	c.press("again")
}

// tidy leaves no question open at closing time.
func (c *cashier) tidy() {
	s := c.w.terminal.register.State
	sale, _ := s.OnScreen()
	switch {
	case s.Screen == checkout.Receipt:
		c.look()
	case s.Screen == checkout.SignOn:
		c.scan(managerBadge)
	case s.Screen == checkout.PartPaid:
		c.press("cash")
	case s.Screen == checkout.TakeCash && sale.PartPaid():
		c.press("exact")
	default:
		c.key("esc")
	}
}

func (c *cashier) pick(buttons ...string) {
	if b := buttons[c.w.rng.IntN(len(buttons))]; b != "wait" {
		c.press(b)
	}
}

// lean presses whatever is there.
func (c *cashier) lean() {
	for range 1 + c.w.rng.IntN(6) {
		if !c.w.terminal.on {
			return
		}
		buttons := c.w.terminal.counter.State().Buttons()
		switch {
		case c.w.terminal.counter.State().Screen == checkout.Receipt:
			c.look() // what is asked of the eyes is not answered by an elbow
		case len(buttons) > 0 && c.w.chance(2):
			b := buttons[c.w.rng.IntN(len(buttons))]
			c.noteIntent(b.ID)
			c.press(b.ID)
		default:
			keys := []string{"1", "00", "7", "enter", "esc", "backspace", "."}
			c.key(keys[c.w.rng.IntN(len(keys))])
		}
	}
}

// part goes on with a sale that is paid in part, or gives up on it.
func (c *cashier) part() {
	switch c.w.rng.IntN(8) {
	case 0:
		c.press("give_back")
	case 1:
		c.press("split")
	case 2, 3:
		c.press("cash")
	case 4, 5:
		c.press("qr")
	default:
		c.lastCode = c.w.bank.newCode()
		c.scan(c.lastCode)
	}
}

// keyed presses one of the buttons, now and then after a few digits.
func (c *cashier) keyed(buttons ...string) {
	if c.w.chance(3) {
		c.key(fmt.Sprint(1+c.w.rng.IntN(9)), fmt.Sprint(c.w.rng.IntN(10)))
	}
	c.pick(buttons...)
}

// register is a cash register that uses the terminal: it orders a sale, now and
// then gives up, gives money back, opens the drawer.
func (c *cashier) register(s checkout.State) {
	w := c.w
	t := w.terminal
	switch w.rng.IntN(8) {
	case 0:
		t.handle(checkout.DrawerOrdered{})
	case 1:
		if key := s.Running(); key != "" {
			t.handle(checkout.OrderCancelled{Key: key})
		}
	case 2:
		sale, ok := s.Sale(s.Last)
		if ok && sale.Receipt != 0 && sale.Key != "" && sale.Refundable(1) > 0 {
			w.premise("registers: a refund")
			t.handle(checkout.RefundOrdered{Sale: sale, Key: "refund", Amount: 1 + w.rng.Int64N(sale.Refundable(1))})
		}
	default:
		if s.Free() {
			w.premise("registers: orders")
			c.ordered++
			t.handle(checkout.Ordered{Order: checkout.Order{Key: fmt.Sprint(c.ordered), Amount: 1 + w.rng.Int64N(9999)}})
		}
	}
}

func (c *cashier) sell(s checkout.State) {
	w := c.w
	if w.chance(12) {
		c.register(w.terminal.register.State)
		return
	}
	if s.Shiftless() && w.chance(2) {
		c.press("menu")
		return
	}
	if w.chance(24) || s.Hold != 0 && w.chance(6) || w.terminal.counter.Training() && w.chance(8) {
		c.press("menu")
		return
	}
	if s.Entry == 0 && (len(s.Taken.Items) == 0 || w.chance(3)) {
		c.key(fmt.Sprint(1+w.rng.IntN(9)), fmt.Sprint(w.rng.IntN(10)), "00")
		return
	}
	if s.Order.Key == "" && w.chance(10) {
		w.premise("catalogue: a product scanned")
		c.scan(product)
		return
	}
	if s.Order.Key == "" && s.Entry > 0 && w.chance(4) {
		c.press([]string{"dept_1", "dept_2"}[w.rng.IntN(2)])
		return
	}
	if !s.Tipped && w.chance(4) {
		c.press("tip")
		return
	}
	switch w.rng.IntN(10) {
	case 0, 1:
		c.press("cash")
	case 2, 3, 4:
		c.press("qr")
	default:
		c.lastCode = w.bank.newCode()
		c.scan(c.lastCode)
		if w.chance(3) {
			c.scan(c.lastCode)
		}
	}
}

// showQR is a customer before the screen's QR, who pays it in a while, also
// when the cashier has cancelled meanwhile.
func (c *cashier) showQR(s checkout.State) {
	w := c.w
	sale, ok := s.OnScreen()
	if !ok {
		return
	}
	open := sale.OpenAttempt()
	if open == nil {
		return
	}
	order := payment.NewOrder(sale.ID, open.Number)
	if s.Answer(sale.ID).QR != "" && c.shownQR != order {
		c.shownQR = order
		c.patient = w.chance(3)
		if !w.chance(5) && !w.terminal.counter.Training() { // there, customers are played
			w.after(w.between(time.Second, 40*time.Second), func() { w.bank.scanQR(order) })
		}
	}
	if !c.patient && w.chance(15) {
		c.press("cancel")
	}
}

func (c *cashier) cash(s checkout.State) {
	switch c.w.rng.IntN(5) {
	case 0:
		c.press("cancel")
	case 1:
		c.key("9", "9", "00", "enter")
	case 2:
		for _, n := range checkout.NoteButtons(s.Due()) {
			c.press(fmt.Sprintf("note_%d", n))
			return
		}
	default:
		c.press("exact")
	}
}

func (c *cashier) check(s checkout.State) {
	waited := s.SecondsSince(c.w.terminal.steady())
	switch {
	case waited > 20 && c.w.chance(4):
		c.press("park")
	case c.w.chance(20):
		c.press("cancel")
	}
}

func (c *cashier) park(checkout.State) {
	buttons := []string{"goods", "other"}
	b := buttons[c.w.rng.IntN(2)]
	c.noteIntent(b)
	c.press(b)
}

// noteIntent is what the cashier says of the sale that is about to be parked.
func (c *cashier) noteIntent(button string) {
	c.said = map[string]payment.Intent{"goods": payment.GoodsGiven, "other": payment.PaidOther}[button]
}

// begun keeps which tender an order is of, and what a sale comes to: of a commit
// that a power cut may have undone, too.
func (c *cashier) begun(e payment.Event) {
	if c.tenders == nil {
		c.tenders, c.totals = map[payment.Order]int{}, map[payment.SaleID]int64{}
	}
	switch e.Kind {
	case payment.SaleCreated:
		c.totals[e.Sale] = e.Amount
	case payment.AttemptStarted:
		c.tenders[payment.NewOrder(e.Sale, e.Attempt)] = e.Tender
	}
}

// committed keeps what was said about a parked sale: not what the journal wrote.
func (c *cashier) committed(e payment.Event) {
	c.holds.committed(e)
	if e.Kind != payment.SaleParked {
		return
	}
	if c.parked == nil {
		c.parked = map[payment.SaleID]payment.Intent{}
	}
	c.parked[e.Sale] = c.said
}

// again is a customer whose payment did not come about.
func (c *cashier) again() {
	switch c.w.rng.IntN(6) {
	case 0:
		c.press("cash")
	case 1:
		c.press("qr")
	case 2, 3:
		c.w.premise("law 2: another attempt of a tender")
		c.lastCode = c.w.bank.newCode()
		c.scan(c.lastCode)
	case 4:
		c.scan(c.lastCode)
	default:
		c.press("done")
	}
}
