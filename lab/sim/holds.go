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

	torn     []payment.Event // of a commit that the power went within
	tornLast uint64          // the journal's last record if it was kept
}

// committed takes an event that is durable.
func (h *holds) committed(e payment.Event) {
	if h.kept == nil {
		h.kept, h.gone = map[uint64]payment.Cart{}, map[uint64]bool{}
	}
	switch e.Kind {
	case payment.CartHeld:
		h.kept[e.Hold] = *e.Cart
	case payment.CartDropped, payment.SaleCreated:
		if e.Hold != 0 {
			delete(h.kept, e.Hold)
			h.gone[e.Hold] = true
		}
	}
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
func (w *world) checkRecalled(recalled uint64, e payment.Event) {
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
