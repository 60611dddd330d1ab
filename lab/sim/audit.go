package sim

import "till/payment"

// The operators of the simulation.
const (
	cashierPIN   = "1111"
	managerPIN   = "2580"
	managerBadge = "LI-00000-0002"
)

// guard knows them.
type guard struct{}

func (guard) Identify(secret string) (payment.Operator, bool) {
	switch secret {
	case cashierPIN:
		return payment.Operator{ID: "mei", Name: "Mei", Role: payment.Cashier}, true
	case managerPIN, managerBadge:
		return payment.Operator{ID: "li", Name: "Li", Role: payment.Manager}, true
	default:
		return payment.Operator{}, false
	}
}

// audit holds what the ledger's records say of who did what: nobody sells without
// having signed on, and what takes a manager was a manager's.
type audit struct {
	acted map[payment.SaleID]bool // a manager has had to do with it
	paid  bool                    // a manager takes cash out: the next pay-out is allowed
	drops bool                    // a manager drops what is held: the next drop is allowed
	used  map[uint64]payment.SaleID
}

func (a *audit) note(w *world, e payment.Event) {
	switch {
	case e.Kind == payment.ManagerActed:
		w.premise("operators: a manager acts")
		if e.Operator != "li" {
			w.violate("operators", "%s of %q, who is no manager", e.Step, e.Operator)
		}
		a.paid, a.drops = e.Step == payment.ToPayOut, e.Step == payment.ToDropHeld
		if e.Subject != "" {
			a.acted[e.Subject] = true
		}
	case e.Kind == payment.SignedOff && e.Means == payment.ByIdling:
		w.premise("operators: signed off by idling")
	case e.Kind == payment.CartHeld:
		w.premise("holds: held")
	case e.Kind == payment.CartDropped:
		w.premise("holds: dropped")
		if !a.drops {
			w.violate("operators", "hold %d is dropped, and no manager was asked", e.Hold)
		}
		a.drops = false
	case e.Kind == payment.CashMoved && e.Movement == payment.PayOut && !a.paid:
		w.violate("operators", "%d is paid out, and no manager was asked", e.Amount)
	}
}

func (a *audit) checkSale(w *world, e payment.Event, desk payment.Desk, sale payment.Sale) {
	if e.Kind == payment.SaleFetched && e.Elsewhere != nil {
		a.acted[e.Sale] = a.acted[e.Elsewhere.Sale]
	}
	if e.Kind == payment.ReceiptWanted {
		w.premise("receipts: wanted after all")
	}
	if sale.Hold != 0 && spends(e) {
		w.premise("holds: sold")
		if first := a.used[sale.Hold]; first != "" && first != e.Sale {
			w.violate("holds", "sales %s and %s are both of hold %d", first, e.Sale, sale.Hold)
		}
		a.used[sale.Hold] = e.Sale
	}
	switch {
	case e.Kind == payment.SaleCreated && (desk.On.ID == "" || desk.On.Name != e.Cashier):
		w.violate("operators", "sale %s is %q's, and %+v is signed on", e.Sale, e.Cashier, desk.On)
	case e.Kind == payment.SaleParked && !a.acted[e.Sale]:
		w.violate("operators", "sale %s is parked, and no manager was asked", e.Sale)
	case e.Kind == payment.RefundAsked && e.Key == "" && !a.acted[e.Sale]:
		w.violate("operators", "money of sale %s goes back, and no manager was asked", e.Sale)
	}
}
