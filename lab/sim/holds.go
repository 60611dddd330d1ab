package sim

import (
	"fmt"
	"reflect"

	"till/checkout"
	"till/payment"
)

// holds is what the counter has to hold, by what was committed before its eyes: the
// journal's own word is held against it.
type holds struct {
	kept map[uint64]payment.Cart
	gone map[uint64]bool // sold or dropped
	of   map[payment.SaleID]uint64

	torn     []payment.Event // of a commit that the power went within
	tornLast uint64          // the journal's last record if it was kept
}

// committed takes an event that is durable.
func (h *holds) committed(e payment.Event) {
	if h.kept == nil {
		h.kept, h.gone, h.of = map[uint64]payment.Cart{}, map[uint64]bool{}, map[payment.SaleID]uint64{}
	}
	switch {
	case e.Kind == payment.CartHeld:
		h.kept[e.Hold] = *e.Cart
	case e.Kind == payment.SaleCreated && e.Hold != 0:
		h.of[e.Sale] = e.Hold
	case e.Kind == payment.CartDropped:
		h.leaves(e.Hold)
	case spends(e) && h.of[e.Sale] != 0:
		h.leaves(h.of[e.Sale])
	}
}

func (h *holds) leaves(number uint64) {
	delete(h.kept, number)
	h.gone[number] = true
}

// spends says that an event brings a sale money, or takes its goods away.
func spends(e payment.Event) bool {
	return e.Kind == payment.CashTaken || e.Kind == payment.AttemptChanged && e.Status == payment.Approved ||
		e.Kind == payment.SaleParked && e.Intent == payment.GoodsGiven
}

// doubted takes a commit of which nobody knows yet whether it was kept.
func (h *holds) doubted(last uint64, events []payment.Event) { h.torn, h.tornLast = events, last }

// check holds that nothing that is held was lost or has changed, and that nothing
// comes back that was sold or dropped.
func (h *holds) check(w *world, last uint64, c payment.Counter) {
	if last >= h.tornLast {
		for _, e := range h.torn {
			h.committed(e)
		}
	}
	h.torn = nil
	if len(h.kept) != len(c.Held) {
		w.violate("holds", "%d sales are held, the journal has %d", len(h.kept), len(c.Held))
	}
	for _, held := range c.Held {
		if cart, ok := h.kept[held.Number]; !ok || h.gone[held.Number] || !reflect.DeepEqual(cart, held.Cart) {
			w.violate("holds", "hold %d is\n%+v, the journal has\n%+v", held.Number, cart, held.Cart)
		}
	}
}

// checkRecalled holds that a sale begun of one that was recalled says so: else that one
// would be sold again.
func (w *world) checkRecalled(s checkout.State, e payment.Event) {
	recalled := s.Hold
	if sale, again := s.OnScreen(); again { // begun anew
		if _, held := s.Counter.HeldAs(sale.Hold); held {
			recalled = sale.Hold
		}
	}
	if e.Kind == payment.SaleCreated && e.Hold != recalled {
		w.violate("holds", "sale %s is of hold %d, and hold %d was recalled", e.Sale, e.Hold, recalled)
	}
}

// recall presses one of the held sales, or goes on looking.
func (c *cashier) recall(held []payment.Held) {
	if len(held) == 0 || c.w.chance(5) {
		c.pick("next", "cancel")
		return
	}
	c.w.premise("holds: recalled")
	c.press(checkout.HeldPrefix + fmt.Sprint(held[c.w.rng.IntN(len(held))].Number))
}
