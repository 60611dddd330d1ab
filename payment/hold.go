package payment

import "slices"

// MaxHeld is how many sales a counter holds at a time.
const MaxHeld = 12

// Held is a sale in the making that was put aside, to be gone on with later.
type Held struct {
	Number  uint64 `json:"number"` // by which people call it
	Cart    Cart   `json:"cart"`
	Cashier string `json:"cashier,omitempty"` // who put it aside
	At      Stamp  `json:"at"`
}

// OfHold says that an event is of sales that are held, and of no sale.
func OfHold(k Kind) bool { return k == CartHeld || k == CartDropped }

// HeldAs is the sale that is held under a number.
func (c Counter) HeldAs(number uint64) (Held, bool) {
	if i := c.heldAt(number); i >= 0 {
		return c.Held[i], true
	}
	return Held{}, false
}

func (c Counter) heldAt(number uint64) int {
	return slices.IndexFunc(c.Held, func(h Held) bool { return h.Number == number })
}

// hold is the counter after an event of its held sales.
func (c Counter) hold(e Event, at Stamp) (Counter, error) {
	if e.Kind == CartDropped {
		return c.letGo(e.Hold)
	}
	if e.Cart == nil {
		return c, impossible("hold %d of nothing", e.Hold)
	}
	if err := e.Cart.Check(); err != nil {
		return c, err
	}
	h := Held{Number: e.Hold, Cart: *e.Cart, Cashier: e.Cashier, At: at}
	h.Cart.TaxBy, h.Cart.TipGross = "", false // the settings' of the day that it is paid on
	if i := c.heldAt(e.Hold); i >= 0 {
		c.Held = slices.Clone(c.Held)
		c.Held[i] = h
		return c, nil
	}
	if e.Hold != c.Holds+1 {
		return c, impossible("hold %d, %d were given out", e.Hold, c.Holds)
	}
	if len(c.Held) >= MaxHeld {
		return c, impossible("hold %d while %d are held", e.Hold, len(c.Held))
	}
	c.Holds, c.Held = e.Hold, append(slices.Clone(c.Held), h)
	return c, nil
}

// letGo is the counter without one of its held sales.
func (c Counter) letGo(number uint64) (Counter, error) {
	if c.heldAt(number) < 0 {
		return c, impossible("hold %d, which is not held", number)
	}
	return c.without(number), nil
}

// without is the counter without a held sale, if it is held.
func (c Counter) without(number uint64) Counter {
	i := c.heldAt(number)
	if i < 0 {
		return c
	}
	if c.Held = slices.Delete(slices.Clone(c.Held), i, i+1); len(c.Held) == 0 {
		c.Held = nil
	}
	return c
}

// spent says that there is no going back to what the sale was made of: some of it is
// paid, or its goods are given.
func (s Sale) spent() bool {
	return s.Parked == GoodsGiven || slices.ContainsFunc(s.Tenders, func(t Tender) bool { return t.Paid })
}

// Check refuses a cart that cannot be.
func (c Cart) Check() error {
	sum, err := checkItems(c.Items)
	if err != nil {
		return err
	}
	amounts := c.Off < 0 || c.Off > MaxTotal || c.Tip < 0 || c.Tip > MaxTotal
	rates := c.OffRate < 0 || c.OffRate > MaxRate || c.TipRate < 0 || c.TipRate > MaxRate
	if amounts || rates || c.Off > 0 && c.OffRate > 0 || c.Tip > 0 && c.TipRate > 0 {
		return impossible("a cart of %d less %d and %d basis points, with a tip of %d and %d basis points", sum, c.Off, c.OffRate, c.Tip, c.TipRate)
	}
	return nil
}
