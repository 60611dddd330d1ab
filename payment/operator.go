package payment

// Role is what an operator may do.
type Role string

const (
	Cashier Role = "cashier"
	Manager Role = "manager" // may also do the steps of ManagerStep
)

// Operator is a person who works at the terminal.
type Operator struct {
	ID   string `json:"id"` // unique in the shop, never given to another person
	Name string `json:"name"`
	Role Role   `json:"role"`
}

// Bounds of what an operator proves to be who they are.
const (
	MinPIN, MaxPIN = 4, 8 // digits
	// A badge is longer than any PIN, in bytes, so that no PIN can be scanned.
	MinBadge, MaxBadge = 12, 64
)

// ManagerStep is what takes a manager.
type ManagerStep string

const (
	ToPark     ManagerStep = "park"
	ToVoid     ManagerStep = "void"
	ToRefund   ManagerStep = "refund"
	ToPayOut   ManagerStep = "pay_out"
	ToNoSale   ManagerStep = "no_sale"
	ToReport   ManagerStep = "x_report"
	ToDiscount ManagerStep = "discount"
	ToAbandon  ManagerStep = "abandon"
	ToDropHeld ManagerStep = "drop_held"
	ToTrain    ManagerStep = "training"
	ToResetPIN ManagerStep = "reset_pin" // allowed by a code of the gateway's operator
)

// Means are how an operator signed on or off.
type Means string

const (
	BySecret   Means = "secret"   // on: a PIN, or a badge
	BySettings Means = "settings" // on: the terminal is set to do it by itself
	ByButton   Means = "button"   // off
	ByIdling   Means = "idling"   // off: nobody touched the terminal for long
	ByRestart  Means = "restart"  // off: the terminal was started anew
)

// Desk is who is at the counter, as the journal has it.
type Desk struct {
	On    Operator `json:"on,omitzero"`    // zero: nobody
	Since Stamp    `json:"since,omitzero"` // of that
	// PINs that are nobody's, each of which makes the next wait: those at sign-on since
	// somebody signed on, and all that may have been guesses at a manager's since a manager
	// was there. Whoever signs on as a cashier has proved nothing of the latter.
	Wrong   int `json:"wrong,omitempty"`
	Guesses int `json:"guesses,omitempty"`
}

// OfDesk says that an event is the desk's, and no sale's.
func OfDesk(k Kind) bool {
	return k == SignedOn || k == SignedOff || k == PINRefused || k == ManagerActed
}

// Apply is the desk after an event of its own.
func (d Desk) Apply(e Event, at Stamp) (Desk, error) {
	switch e.Kind {
	case SignedOn:
		if e.Operator == "" || e.Role != Cashier && e.Role != Manager {
			return d, impossible("operator %q signs on as %q", e.Operator, e.Role)
		}
		if d.On.ID != "" {
			return d, impossible("operator %q signs on while %q is", e.Operator, d.On.ID)
		}
		if e.Wrong != 0 && (e.Means != BySettings || e.Wrong != d.Wrong) {
			return d, impossible("%d wrong PINs are kept of %d as %q signs on by %q", e.Wrong, d.Wrong, e.Operator, e.Means)
		}
		next := Desk{On: Operator{ID: e.Operator, Name: e.Cashier, Role: e.Role}, Since: at, Wrong: e.Wrong, Guesses: d.Guesses}
		if e.Means == BySecret && e.Role == Manager {
			next.Guesses = 0
		}
		return next, nil
	case SignedOff:
		if e.Operator == "" || e.Operator != d.On.ID {
			return d, impossible("operator %q signs off, %q is signed on", e.Operator, d.On.ID)
		}
		return Desk{Wrong: d.Wrong, Guesses: d.Guesses}, nil
	case PINRefused:
		return d.refused(e)
	case ManagerActed:
		if e.Step == "" {
			return d, impossible("a manager's step that is none")
		}
		d.Wrong, d.Guesses = 0, 0
		return d, nil
	default:
		return d, impossible("event kind %q is not of a desk", e.Kind)
	}
}

// refused counts a PIN that is nobody's. Journals from before there were two counts do
// not number it, and are folded as they were then: what they say of themselves holds.
func (d Desk) refused(e Event) (Desk, error) {
	if e.Wrong == 0 {
		d.Wrong++
		return d, nil
	}
	if e.Wrong != d.Guesses+1 {
		return d, impossible("wrong PIN %d follows %d", e.Wrong, d.Guesses)
	}
	d.Guesses = e.Wrong
	if e.Step == "" || e.Step == ToResetPIN { // at sign-on, or a code that replaces any manager's PIN
		d.Wrong++
	}
	return d, nil
}

// Counter is what a terminal's journal knows beside its sales.
type Counter struct {
	Drawer
	Desk  Desk   `json:"desk,omitzero"`
	Holds uint64 `json:"holds,omitempty"` // the last number that a held sale was given, contiguous from 1
	Held  []Held `json:"held,omitempty"`  // by number, at most MaxHeld
}

// OfCounter says that an event is the counter's, and no sale's.
func OfCounter(k Kind) bool { return OfShift(k) || OfDesk(k) || OfHold(k) }

// Apply is the counter after an event of its own.
func (c Counter) Apply(e Event, at Stamp) (Counter, error) {
	var err error
	switch {
	case OfHold(e.Kind):
		return c.hold(e, at)
	case OfDesk(e.Kind):
		c.Desk, err = c.Desk.Apply(e, at)
	default:
		c.Drawer, err = c.Drawer.Apply(e, at)
	}
	return c, err
}

// Count is the counter after a sale went from before to after. Of one that is made of
// a held sale there has to be such a one. It stays held until money comes, or the goods
// are given: a payment that comes to nothing takes nothing away.
func (c Counter) Count(before, after Sale) (Counter, error) {
	if _, held := c.HeldAs(after.Hold); before.ID == "" && after.Hold != 0 && !held {
		return c, impossible("sale %s of hold %d, which is not held", after.ID, after.Hold)
	}
	if after.Hold != 0 && after.spent() && !before.spent() {
		c = c.without(after.Hold)
	}
	c.Drawer = c.Drawer.Count(before, after)
	return c, nil
}
