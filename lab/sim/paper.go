package sim

import (
	"encoding/json"
	"reflect"
	"slices"

	"till/checkout"
	"till/payment"
)

// paperAsked says that in this shop a receipt is printed where somebody asks for it:
// every other shop is one.
func (w *world) paperAsked() bool { return w.seed%2 == 0 }

// opensByHand says that in this shop a shift is open where somebody opened it: every
// third shop is one.
func (w *world) opensByHand() bool { return w.seed%3 == 0 }

// checkAsked holds that where paper is asked for, no receipt prints by itself. A copy
// may be of one that was cut off.
func (w *world) checkAsked(job checkout.Print) {
	if !w.paperAsked() || job.Refund != 0 || job.Copy {
		return
	}
	switch w.terminal.cause.(type) {
	case checkout.Pressed, checkout.Keyed:
		w.premise("receipts: asked for")
	default:
		w.violate("receipts", "receipt %d is printed by %T, and nobody asked for it", job.Sale.Receipt, w.terminal.cause)
	}
}

// checkSlip holds that a slip is in the journal before it is on paper, and that only one
// that may be out already is a copy.
func (w *world) checkSlip(job checkout.Print) {
	sale, ok, err := w.terminal.journal.Sale(job.Sale.ID)
	if err != nil || !ok || !sale.OwesSlip(job.Refund) {
		w.violate("slips", "a slip of %+v is printed, the journal owes %v (%v)", job.Of(), sale.Slips, err)
	}
	if _, boots := w.terminal.cause.(checkout.Booted); boots != job.Copy {
		w.violate("slips", "a slip of %+v is printed by %T, copy: %v", job.Of(), w.terminal.cause, job.Copy)
	}
	if job.Copy {
		w.premise("slips: after a power cut")
	}
}

// checkReport holds that a Z report is made once, of the shift that the journal
// closed last, of what was not settled then, and that every further one says the same.
// That no number is left out is for the fold of the journal to say.
func (w *world) checkReport(r checkout.Report) {
	d := w.terminal.journal.Counter()
	if r.Shift.Open {
		w.premise("shifts: X reports")
		x := r.Shift
		x.Forward = nil // what is open now, which the journal's shift has once it is closed
		if !reflect.DeepEqual(x, d.Shift) {
			w.violate("law 1, durable first", "an X report of %+v, the journal has %+v", x, d.Shift)
		}
		return
	}
	said, err := json.Marshal(r.Shift)
	if err != nil {
		return
	}
	if first, there := w.reports[r.Shift.Number]; there && first != string(said) {
		w.violate("slips", "Z report %d says %s, and said %s", r.Shift.Number, said, first)
	}
	w.reports[r.Shift.Number] = string(said)
	if _, boots := w.terminal.cause.(checkout.Booted); boots && r.Copy {
		w.premise("slips: a Z report after a power cut")
	}
	if r.Copy {
		return
	}
	w.premise("law 7: Z reports")
	w.closed[r.Shift.Number] = r.Shift
	if d.Before.Number != r.Shift.Number || r.Shift.Number <= w.lastZ {
		w.violate("law 7, no gaps", "Z report %d follows %d, the journal's last is %d", r.Shift.Number, w.lastZ, d.Before.Number)
	}
	w.lastZ = r.Shift.Number
	open := payment.Carry(w.terminal.journal.Unfinished()).Unsettled
	if f := r.Shift.Forward; f == nil || !slices.Equal(f.Unsettled, open) || f.Held != len(d.Held) {
		w.violate("slips", "Z report %d carries %+v forward, the journal %+v", r.Shift.Number, f, open)
	} else if len(open) > 0 {
		w.premise("slips: a Z report of what is not settled")
	}
}

// printedAs counts what came out whole of each document, and how much of it was no copy.
func (w *world) printedAs() map[checkout.Printed]struct{ originals, whole int } {
	all := map[checkout.Printed]struct{ originals, whole int }{}
	for _, p := range w.terminal.papers {
		c := all[p.Printed]
		if p.whole {
			c.whole++
		}
		if p.whole && !p.copy {
			c.originals++
		}
		all[p.Printed] = c
	}
	return all
}

// checkSlips holds that every slip and Z report that was owed was printed, and once at
// most without the word copy.
func (w *world) checkSlips(sales map[payment.SaleID]payment.Sale, shifts []payment.Shift, slips []checkout.Printed) {
	printed := w.printedAs()
	for id, s := range sales {
		for _, r := range s.Refunds {
			if r.Status == payment.RefundDone {
				slips = append(slips, checkout.Printed{Sale: id, Refund: r.Number})
			}
		}
	}
	for _, s := range shifts {
		slips = append(slips, checkout.Printed{Shift: s.Number})
	}
	for _, slip := range slips {
		c := printed[slip]
		parked := slip == checkout.Printed{Sale: slip.Sale}
		switch {
		case slip.Shift != 0:
			w.premise("slips: Z reports")
		case parked:
			w.premise("slips: of parked sales")
		default:
			w.premise("slips: of refunds")
		}
		if c.whole == 0 || c.originals > 1 && !parked { // a sale may be parked again
			w.violate("slips", "%+v was printed %d times, %d of them without the word copy", slip, c.whole, c.originals)
		}
	}
}
