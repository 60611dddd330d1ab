package checkout

import (
	"slices"
	"strconv"

	"till/payment"
	"till/words"
)

// HeldPrefix begins the ids of the buttons that recall a held sale, by its number.
const HeldPrefix = "held_"

// holdButtons are those of the menu for sales that are held; what a cash register
// ordered is its own to hold.
func (s State) holdButtons() []Button {
	switch {
	case s.Begun() && s.Hold != 0:
		return []Button{{ID: "hold", Enabled: true}, {ID: "drop", Enabled: true}}
	case s.Begun():
		return []Button{{ID: "hold", Enabled: true}}
	case len(s.Counter.Held) > 0:
		return []Button{{ID: "held", Enabled: true}}
	default:
		return nil
	}
}

// HeldOnPage are the held sales of the page that is shown, by number.
func (s State) HeldOnPage() []payment.Held { return page(s, s.Counter.Held) }

func (s State) heldButtons(back Button) []Button {
	buttons := append([]Button{back}, s.pagers(len(s.Counter.Held))...)
	for _, h := range s.HeldOnPage() {
		buttons = append(buttons, Button{ID: HeldPrefix + strconv.FormatUint(h.Number, 10), Enabled: true})
	}
	return buttons
}

func (m *move) pressHeld(id string) {
	m.hush()
	switch id {
	case "cancel":
		m.Page = 0
		m.show(Menu, resultFor)
	case "next", "prev":
		m.leaf(id, resultFor)
	default:
		if n, ok := Numbered(id, HeldPrefix); ok {
			m.recall(uint64(n)) // of a button that the screen has
		}
	}
}

// hold puts the sale in the making aside. What was keyed is an item like others.
func (m *move) hold() {
	number := m.Hold
	if number == 0 {
		if len(m.Counter.Held) >= payment.MaxHeld {
			m.say("hold_full", "most", strconv.Itoa(payment.MaxHeld))
			return
		}
		number = m.Counter.Holds + 1
	}
	cart := m.Cart()
	cart.TaxBy, cart.TipGross = "", false
	m.recordCounter(payment.Event{Kind: payment.CartHeld, Hold: number, Cart: &cart, Cashier: m.Attendant()})
	m.Making = Making{}
	m.ready()
	m.sayHold("hold_done", number)
}

// recall copies a held sale onto the counter. It stays held, whatever happens, until
// it is sold or dropped.
func (m *move) recall(number uint64) {
	h, ok := m.Counter.HeldAs(number)
	if !ok || m.Begun() {
		return
	}
	m.Page = 0
	m.Making = Making{Taken: h.Cart, Hold: number, Tipped: h.Cart.Tip > 0 || h.Cart.TipRate > 0}
	n := len(h.Cart.Items)
	if last := h.Cart.Items[n-1]; last.Name == "" && last.Rate == m.Settings.Trade.TaxRate && last.Amount <= MaxEntry {
		m.Entry, m.Taken.Items = last.Amount, slices.Clip(h.Cart.Items[:n-1])
	}
	m.show(Ready, 0)
	m.sayHold("hold_recalled", number)
	m.shrunk() // the shop may allow less by now
}

// dropHeld lets go of the held sale that was recalled.
func (m *move) dropHeld() {
	number := m.Hold
	m.recordCounter(payment.Event{Kind: payment.CartDropped, Hold: number, Cashier: m.Attendant()})
	m.Making = Making{}
	m.ready()
	m.sayHold("hold_dropped", number)
}

// putBack says that a sale which was recalled, and is not gone on with, is still held.
func (m *move) putBack() {
	if m.Hold != 0 {
		m.sayHold("hold_stays", m.Hold)
	}
}

func (m *move) sayHold(what words.Key, number uint64) {
	m.say(what, "number", strconv.FormatUint(number, 10))
}

// HeldSum is how many sales are held, and what they would come to now, in minor units.
func (s State) HeldSum() (count int, amount int64) {
	for _, h := range s.Counter.Held {
		amount += s.Priced(h.Cart).Bill().Total()
	}
	return len(s.Counter.Held), amount
}

// Priced is a cart with what the shop has set.
func (s State) Priced(c payment.Cart) payment.Cart {
	c.TaxBy, c.TipGross = s.Settings.Trade.TaxBy, s.Settings.Trade.TipGross
	return c
}
