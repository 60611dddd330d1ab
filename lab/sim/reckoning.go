package sim

import (
	"maps"
	"math/big"
	"reflect"

	"till/payment"
	"till/payment/figures"
)

// reckoning is what every shift came to, out of the ledger's records and by
// arithmetic of its own: none of it is asked of payment, whose sums it holds.
type reckoning struct {
	sales  map[payment.SaleID]*reckoned
	shift  reckonedShift // that is open, or gathers for the next one
	closed []reckonedShift
}

// reckoned is a sale as far as its money goes.
type reckoned struct {
	total, discount, tax, tip int64
	billed, receipt           bool
	given                     int64 // that went back
	tenders                   map[int]*reckonedTender
	attempts                  map[int]reckonedAttempt
	refunds                   map[int]reckonedRefund
}

type reckonedTender struct {
	wallet payment.Wallet
	amount int64
	paid   bool
}

type reckonedAttempt struct {
	tender int
	amount int64
	wallet payment.Wallet
}

type reckonedRefund struct {
	tender int
	amount int64
	void   bool
}

type reckonedShift struct {
	Number                      uint64
	Float, Counted, In, Out     int64
	NoSales, Sales              int
	First, Last                 uint64
	Amount, Discount, Tax, Tips int64
	Refunds, Voids              int
	Wallets                     map[payment.Wallet]payment.Totals
}

func newReckoning() *reckoning {
	return &reckoning{sales: map[payment.SaleID]*reckoned{}, shift: reckonedShift{Wallets: map[payment.Wallet]payment.Totals{}}}
}

// share is of x part / whole, half up.
func share(of, part, whole int64) int64 {
	n := new(big.Int).Mul(big.NewInt(2*of), big.NewInt(part))
	n.Add(n, big.NewInt(whole))
	return n.Div(n, big.NewInt(2*whole)).Int64() // of amounts above zero
}

// note takes the next record.
func (r *reckoning) note(e payment.Event) {
	s := &r.shift
	switch e.Kind {
	case payment.ShiftOpened:
		s.Number, s.Float = e.Shift, e.Amount
	case payment.ShiftClosed:
		s.Counted = e.Amount
		r.closed = append(r.closed, *s)
		r.shift = reckonedShift{Number: e.Shift, Wallets: map[payment.Wallet]payment.Totals{}}
	case payment.CashMoved:
		switch e.Movement {
		case payment.PayIn:
			s.In += e.Amount
		case payment.PayOut:
			s.Out += e.Amount
		case payment.NoSale:
			s.NoSales++
		}
	case payment.SaleCreated, payment.SaleFetched:
		r.sales[e.Sale] = begun(e)
	default:
		if sale := r.sales[e.Sale]; sale != nil {
			r.money(sale, e)
		}
	}
}

func begun(e payment.Event) *reckoned {
	of := &reckoned{tenders: map[int]*reckonedTender{}, attempts: map[int]reckonedAttempt{}, refunds: map[int]reckonedRefund{}, total: e.Amount}
	bill := e.Bill
	if from := e.Elsewhere; from != nil {
		bill, of.total, of.given, of.receipt = from.Bill, from.Total.Amount, from.Given, true
		for i, part := range from.Parts {
			of.tenders[i+1] = &reckonedTender{part.Wallet, part.Left, true}
		}
	}
	if bill != nil {
		of.billed, of.discount, of.tax, of.tip = true, bill.Discount, bill.Tax, bill.Tip
	}
	return of
}

func (r *reckoning) money(sale *reckoned, e payment.Event) {
	switch e.Kind {
	case payment.AttemptStarted:
		sale.tenders[e.Tender] = &reckonedTender{wallet: e.Wallet, amount: e.Amount}
		sale.attempts[e.Attempt] = reckonedAttempt{e.Tender, e.Amount, e.Wallet}
	case payment.AttemptChanged:
		a := sale.attempts[e.Attempt]
		if e.Wallet != payment.WalletUnknown {
			a.wallet = e.Wallet
			sale.attempts[e.Attempt] = a
		}
		if e.Status == payment.Approved {
			r.paid(sale, a.tender, a.wallet, a.amount, e.Receipt)
		}
	case payment.CashTaken:
		r.paid(sale, e.Tender, payment.Cash, e.Amount, e.Receipt)
	case payment.LateRefunded:
		a := sale.attempts[e.Attempt]
		r.add(a.wallet, payment.Totals{Late: a.amount})
	case payment.RefundAsked:
		sale.refunds[e.Refund] = reckonedRefund{e.Tender, e.Amount, e.Void}
	case payment.RefundChanged:
		if e.RefundStatus == payment.RefundDone {
			r.back(sale, sale.refunds[e.Refund])
		}
	}
}

func (r *reckoning) add(w payment.Wallet, t payment.Totals) {
	of := r.shift.Wallets[w]
	of.Count += t.Count
	of.Taken += t.Taken
	of.Refunded += t.Refunded
	of.Voided += t.Voided
	of.Late += t.Late
	r.shift.Wallets[w] = of
}

func (r *reckoning) paid(sale *reckoned, tender int, wallet payment.Wallet, amount int64, receipt uint64) {
	sale.tenders[tender] = &reckonedTender{wallet, amount, true}
	r.add(wallet, payment.Totals{Count: 1, Taken: amount})
	if receipt == 0 {
		return
	}
	s := &r.shift
	sale.receipt = true
	if s.First == 0 {
		s.First = receipt
	}
	s.Last = receipt
	s.Sales++
	s.Amount += sale.total
	s.Discount += sale.discount
	s.Tax += sale.tax
	s.Tips += sale.tip
}

func (r *reckoning) back(sale *reckoned, of reckonedRefund) {
	s := &r.shift
	went := payment.Totals{Refunded: of.amount}
	if of.void {
		went = payment.Totals{Voided: of.amount}
		s.Voids++
	} else {
		s.Refunds++
	}
	r.add(sale.tenders[of.tender].wallet, went)
	if sale.receipt && sale.billed {
		part := func(x int64) int64 {
			return share(x, sale.given+of.amount, sale.total) - share(x, sale.given, sale.total)
		}
		s.Discount -= part(sale.discount)
		s.Tax -= part(sale.tax)
		s.Tips -= part(sale.tip)
	}
	sale.given += of.amount
}

// says is what a shift of the product's says, in the same words.
func says(s payment.Shift) reckonedShift {
	r := reckonedShift{
		Number: s.Number, Float: s.Float, Counted: s.Counted, In: s.PaidIn, Out: s.PaidOut, NoSales: s.NoSales, Sales: s.Sales,
		First: s.First, Last: s.Last, Amount: s.Amount, Discount: s.Discount, Tax: s.Tax, Tips: s.Tips, Refunds: s.Refunds, Voids: s.Voids,
		Wallets: map[payment.Wallet]payment.Totals{},
	}
	maps.Copy(r.Wallets, s.Wallets)
	return r
}

func (s reckonedShift) expected() int64 {
	cash := s.Wallets[payment.Cash]
	return s.Float + s.In - s.Out + cash.Taken - cash.Refunded - cash.Voided
}

// check holds every shift, and every Z report that was made of one, to the figures,
// and the days to all of them.
func (r *reckoning) check(w *world, shifts []payment.Shift, total figures.Day) {
	want := append(r.closed, r.shift)
	if len(want) != len(shifts) {
		w.violate("books", "there are %d shifts, want %d", len(shifts), len(want))
		return
	}
	all := reckonedShift{Wallets: map[payment.Wallet]payment.Totals{}}
	over := map[uint64]int64{}
	for i, of := range want {
		got := says(shifts[i])
		if !reflect.DeepEqual(got, of) || shifts[i].Expected() != of.expected() {
			w.violate("books", "shift %d says\n%+v and %d in the drawer, its records\n%+v and %d", of.Number, got, shifts[i].Expected(), of, of.expected())
		}
		if z, made := w.closed[of.Number]; made && i < len(r.closed) {
			w.premise("shifts: a Z report's figures")
			if printed := says(z); !reflect.DeepEqual(printed, of) {
				w.violate("books", "Z report %d says\n%+v, its shift was\n%+v", of.Number, printed, of)
			}
		}
		if i < len(r.closed) {
			over[of.Number] = of.Counted - of.expected()
		}
		all.In += of.In
		all.Out += of.Out
		all.NoSales += of.NoSales
		all.Sales += of.Sales
		all.Amount += of.Amount
		all.Discount += of.Discount
		all.Tax += of.Tax
		all.Tips += of.Tips
		all.Refunds += of.Refunds
		all.Voids += of.Voids
		for wallet, t := range of.Wallets {
			sum := all.Wallets[wallet]
			all.Wallets[wallet] = payment.Totals{
				Count: sum.Count + t.Count, Taken: sum.Taken + t.Taken, Refunded: sum.Refunded + t.Refunded, Voided: sum.Voided + t.Voided, Late: sum.Late + t.Late,
			}
		}
	}
	days := reckonedShift{
		In: total.PaidIn, Out: total.PaidOut, NoSales: total.NoSales, Sales: total.Sales, Amount: total.Amount, Discount: total.Discount,
		Tax: total.Tax, Tips: total.Tips, Refunds: total.Refunds, Voids: total.Voids, Wallets: map[payment.Wallet]payment.Totals{},
	}
	maps.Copy(days.Wallets, total.Wallets)
	if !reflect.DeepEqual(days, all) {
		w.violate("books", "the days say\n%+v, the shifts' records\n%+v", days, all)
	}
	if len(total.Reports) != len(over) {
		w.violate("books", "the days have %d Z reports of %d", len(total.Reports), len(over))
	}
	for _, z := range total.Reports {
		if z.Over != over[z.Number] {
			w.violate("books", "Z report %d is over by %d, the days say %d", z.Number, over[z.Number], z.Over)
		}
	}
}
