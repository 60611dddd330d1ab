package payment

import (
	"cmp"
	"maps"
	"slices"
)

// Movement says why cash went into or out of the drawer, or why it was opened.
type Movement string

const (
	PayIn  Movement = "pay_in"  // change fetched from the bank, say
	PayOut Movement = "pay_out" // the window cleaner, say
	NoSale Movement = "no_sale" // opened with nothing paid: Amount is 0
)

// DrawerReason says why the drawer was opened with nothing paid.
type DrawerReason string

const (
	ForChange   DrawerReason = "change"   // a note is changed
	ForCheck    DrawerReason = "check"    // somebody looks what is in it
	ForOther    DrawerReason = "other"    // neither
	ForRegister DrawerReason = "register" // a cash register's doing, which has its own reasons
)

// Known says that r is one of those above. Journals from before they were asked for have none.
func (r DrawerReason) Known() bool {
	return slices.Contains([]DrawerReason{"", ForChange, ForCheck, ForOther, ForRegister}, r)
}

// Totals are the money of one kind of payment.
type Totals struct {
	Count    int   `json:"count"`              // tenders paid
	Taken    int64 `json:"taken"`              // minor units
	Refunded int64 `json:"refunded,omitempty"` // by a merchant's refund
	Voided   int64 `json:"voided,omitempty"`   // by a void
	Late     int64 `json:"late,omitempty"`     // of Taken nothing: paid after it was closed, and given back
}

// Kept is what is left of it.
func (t Totals) Kept() int64 { return t.Taken - t.Refunded - t.Voided }

// Plus is the sum of both.
func (t Totals) Plus(o Totals) Totals {
	return Totals{
		Count: t.Count + o.Count, Taken: t.Taken + o.Taken, Refunded: t.Refunded + o.Refunded,
		Voided: t.Voided + o.Voided, Late: t.Late + o.Late,
	}
}

// Shift is the fold of what happened at the counter between the opening of the
// drawer and its count. Its methods never change the shift they are called on.
// The numbers are contiguous; a shift's number is that of its Z report.
type Shift struct {
	Number   uint64            `json:"number"`
	Open     bool              `json:"open,omitempty"`
	Cashier  string            `json:"cashier,omitempty"` // who opened it
	Opened   Stamp             `json:"opened,omitzero"`
	Closed   Stamp             `json:"closed,omitzero"`
	First    uint64            `json:"first,omitempty"` // receipt numbers given out in it, from and to; 0: none
	Last     uint64            `json:"last,omitempty"`
	Float    int64             `json:"float,omitempty"`   // cash in the drawer at its opening
	Counted  int64             `json:"counted,omitempty"` // cash in the drawer at its end
	PaidIn   int64             `json:"paid_in,omitempty"`
	PaidOut  int64             `json:"paid_out,omitempty"`
	NoSales  int               `json:"no_sales,omitempty"`
	Sales    int               `json:"sales,omitempty"` // completed
	Amount   int64             `json:"amount,omitempty"`
	Discount int64             `json:"discount,omitempty"` // of the sales, less what went back of it with refunds and voids
	Tax      int64             `json:"tax,omitempty"`      // likewise
	Tips     int64             `json:"tips,omitempty"`     // likewise
	Refunds  int               `json:"refunds,omitempty"`
	Voids    int               `json:"voids,omitempty"`
	Wallets  map[Wallet]Totals `json:"wallets,omitempty"` // cash among them
	Currency string            `json:"currency,omitempty"`
	Forward  *Forward          `json:"forward,omitempty"` // as its report says it; nil: closed before journals had it
}

// MaxForward is how many sales a report lists that are not settled. A record has its bound.
const MaxForward = 100

// Forward is what a shift leaves to the next, as its report says it.
type Forward struct {
	Unsettled  []Unsettled `json:"unsettled,omitempty"`   // at most MaxForward, the oldest first
	More       int         `json:"more,omitempty"`        // unsettled sales that are not listed
	MoreAmount int64       `json:"more_amount,omitempty"` // of them, less what is on its way back
	Held       int         `json:"held,omitempty"`        // sales that are held
	HeldAmount int64       `json:"held_amount,omitempty"` // what they come to
	Unsent     uint64      `json:"unsent,omitempty"`      // records that the ledger did not have
}

// Unsettled is a sale whose money is not settled, and what is open of it in minor units.
type Unsettled struct {
	Sale    SaleID `json:"sale"`
	Receipt uint64 `json:"receipt,omitempty"`
	Amount  int64  `json:"amount"`
	Refund  bool   `json:"refund,omitempty"` // on its way back; else it is due
}

// Carry is what is not settled of some sales.
func Carry(sales []Sale) (f Forward) {
	for _, s := range slices.SortedFunc(slices.Values(sales), func(a, b Sale) int { return cmp.Compare(a.ID, b.ID) }) {
		amount, refund, open := s.Unsettled()
		switch {
		case !open:
		case len(f.Unsettled) < MaxForward:
			f.Unsettled = append(f.Unsettled, Unsettled{s.ID, s.Receipt, amount, refund})
		case refund:
			f.More, f.MoreAmount = f.More+1, f.MoreAmount-amount
		default:
			f.More, f.MoreAmount = f.More+1, f.MoreAmount+amount
		}
	}
	return f
}

// MaxOwed is how many Z reports wait for paper. Older ones are let go: the ledger has
// what they say.
const MaxOwed = 12

// Drawer is what the counter knows of its shifts: the one that is open, or
// gathers what comes until the next is, and the one whose Z report was made last.
type Drawer struct {
	Shift  Shift   `json:"shift,omitzero"`
	Before Shift   `json:"before,omitzero"`
	Owed   []Shift `json:"owed,omitempty"` // whose Z reports are not on paper yet, at most MaxOwed
}

// OwesReport says that the Z report of a shift is still to be printed.
func (d Drawer) OwesReport(shift uint64) bool { return d.owed(shift) >= 0 }

func (d Drawer) owed(shift uint64) int {
	return slices.IndexFunc(d.Owed, func(s Shift) bool { return s.Number == shift })
}

// Apply is the drawer after an event of a shift.
func (d Drawer) Apply(e Event, at Stamp) (Drawer, error) {
	if e.Kind == ReportPrinted {
		i := d.owed(e.Shift)
		if i < 0 {
			return d, impossible("Z report %d is printed, and not owed", e.Shift)
		}
		if d.Owed = slices.Delete(slices.Clone(d.Owed), i, i+1); len(d.Owed) == 0 {
			d.Owed = nil
		}
		return d, nil
	}
	next, err := d.Shift.Apply(e, at)
	if err != nil {
		return d, err
	}
	d.Shift = next
	if e.Kind == ShiftClosed {
		d.Before, d.Shift = next, Shift{Number: next.Number, Currency: next.Currency}
		if e.Forward != nil { // else it was closed before journals kept what was printed
			d.Owed = append(slices.Clone(d.Owed[max(0, len(d.Owed)-MaxOwed+1):]), next)
		}
	}
	return d, nil
}

// Count is the drawer after a sale went from before to after.
func (d Drawer) Count(before, after Sale) Drawer {
	d.Shift = d.Shift.Count(before, after)
	return d
}

// OfShift says that an event is the drawer's and no sale's.
func OfShift(k Kind) bool {
	return k == ShiftOpened || k == ShiftDated || k == CashMoved || k == ShiftClosed || k == ReportPrinted
}

// Expected is the cash that should be in the drawer.
func (s Shift) Expected() int64 {
	return s.Float + s.PaidIn - s.PaidOut + s.Wallets[Cash].Kept()
}

// Over is what was counted above what was expected; below zero it is short.
func (s Shift) Over() int64 { return s.Counted - s.Expected() }

// Apply is the shift after an event of its own.
func (s Shift) Apply(e Event, at Stamp) (Shift, error) {
	switch e.Kind {
	case ShiftOpened:
		if s.Open {
			return s, impossible("shift %d is opened while shift %d is open", e.Shift, s.Number)
		}
		if e.Shift != s.Number+1 {
			return s, impossible("shift %d follows shift %d", e.Shift, s.Number)
		}
		if e.Amount < 0 {
			return s, impossible("a float of %d", e.Amount)
		}
		if err := (Money{Amount: e.Amount, Currency: e.Currency}).Validate(); err != nil {
			return s, impossible("float: %v", err)
		}
		s.Number, s.Open, s.Cashier, s.Opened, s.Float, s.Currency = e.Shift, true, e.Cashier, at, e.Amount, e.Currency
		return s, nil
	case ShiftDated:
		if !s.Datable(at) || e.Shift != s.Number {
			return s, impossible("shift %d, opened %+v, is dated by %+v", s.Number, s.Opened, at)
		}
		s.Opened.Time = at.Time.Add(s.Opened.Mono - at.Mono)
		return s, nil
	case CashMoved:
		return s.move(e)
	case ShiftClosed:
		if !s.Open || e.Shift != s.Number {
			return s, impossible("shift %d is closed, shift %d is open: %v", e.Shift, s.Number, s.Open)
		}
		if e.Amount < 0 {
			return s, impossible("%d counted", e.Amount)
		}
		s.Open, s.Closed, s.Counted, s.Forward = false, at, e.Amount, e.Forward
		return s, nil
	default:
		return s, impossible("event kind %q is not of a shift", e.Kind)
	}
}

// Datable says that the shift was opened before the clock of its boot was known, and
// that a stamp of the same boot tells now when that was.
func (s Shift) Datable(at Stamp) bool {
	return s.Open && s.Opened.Time.IsZero() && !at.Time.IsZero() && s.Opened.Boot == at.Boot
}

func (s Shift) move(e Event) (Shift, error) {
	if !s.Open {
		return s, impossible("cash is moved while no shift is open")
	}
	if e.Amount < 0 || (e.Amount == 0) != (e.Movement == NoSale) {
		return s, impossible("%s of %d", e.Movement, e.Amount)
	}
	if !e.DrawerReason.Known() || e.DrawerReason != "" && e.Movement != NoSale {
		return s, impossible("%s for the reason %q", e.Movement, e.DrawerReason)
	}
	switch e.Movement {
	case PayIn:
		s.PaidIn += e.Amount
	case PayOut:
		if e.Amount > s.Expected() {
			return s, impossible("%d is paid out of %d in the drawer", e.Amount, s.Expected())
		}
		s.PaidOut += e.Amount
	case NoSale:
		s.NoSales++
	default:
		return s, impossible("movement %q", e.Movement)
	}
	return s, nil
}

// Count is the shift after a sale went from before to after. What comes while no
// shift is open, such as a refund that took its time, counts to the next one. A
// terminal that never had a shift counts nothing.
func (s Shift) Count(before, after Sale) Shift {
	if s.Number == 0 || before.ID == "" && after.Elsewhere != nil { // that was taken elsewhere
		return s
	}
	s.Wallets = maps.Clone(s.Wallets)
	if s.Wallets == nil {
		s.Wallets = map[Wallet]Totals{}
	}
	for i, t := range after.Tenders {
		if was := i < len(before.Tenders) && before.Tenders[i].Paid; t.Paid && !was {
			s.add(t.Wallet, Totals{Count: 1, Taken: t.Amount})
		}
	}
	if after.Receipt != before.Receipt {
		s.Sales++
		s.Amount += after.Total.Amount
		s.Last = after.Receipt
		s.bill(after, 0, after.Total.Amount, 1)
		if s.First == 0 {
			s.First = after.Receipt
		}
	}
	for i, a := range after.Attempts {
		if was := i < len(before.Attempts) && before.Attempts[i].Late; a.Late && !was {
			s.add(a.Wallet, Totals{Late: a.LateAmount})
		}
	}
	refunded, voided := before.Refunded()
	given := refunded + voided
	for i, r := range after.Refunds {
		was := i < len(before.Refunds) && before.Refunds[i].Status == RefundDone
		if was || r.Status != RefundDone {
			continue
		}
		back := Totals{Refunded: r.Amount}
		if r.Void {
			back = Totals{Voided: r.Amount}
			s.Voids++
		} else {
			s.Refunds++
		}
		s.add(after.Tenders[r.Tender-1].Wallet, back)
		if after.Receipt != 0 || after.Elsewhere != nil { // else it was not counted
			s.bill(after, given, given+r.Amount, -1)
		}
		given += r.Amount
	}
	if len(s.Wallets) == 0 {
		s.Wallets = nil
	}
	return s
}

// bill counts, or takes back, the part of a sale's bill between two sums of what
// was paid, or given back.
func (s *Shift) bill(sale Sale, from, to, sign int64) {
	bill, total := sale.Bill, sale.Total.Amount
	if e := sale.Elsewhere; e != nil {
		bill, total, from, to = e.Bill, e.Total.Amount, from+e.Given, to+e.Given
	}
	if bill == nil {
		return
	}
	discount, tax, tip := bill.Part(to, total)
	d, x, p := bill.Part(from, total)
	s.Discount += sign * (discount - d)
	s.Tax += sign * (tax - x)
	s.Tips += sign * (tip - p)
}

func (s Shift) add(w Wallet, t Totals) {
	s.Wallets[w] = s.Wallets[w].Plus(t)
}

// Paid are the kinds of payment of the shift, in one order.
func (s Shift) Paid() []Wallet { return slices.Sorted(maps.Keys(s.Wallets)) }
