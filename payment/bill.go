package payment

import (
	"cmp"
	"slices"
)

// Bounds of what a sale may be made of.
const (
	MaxItems = 60
	MaxName  = 48            // bytes, of an item
	MaxTotal = 9_999_999_999 // minor units, of a sale's items: far below where sums of rates overflow
	MaxRate  = 10_000        // basis points: 100 %
	MaxEntry = 99_999_999    // minor units, the largest amount that can be keyed
)

// Item is one thing that is sold: an amount that was keyed, or a department's.
type Item struct {
	Name   string `json:"name,omitempty"` // as it is on the receipt; "" is a keyed amount
	Amount int64  `json:"amount"`         // minor units
	Rate   int    `json:"rate,omitempty"` // sales tax, basis points
}

// Bill is what a sale's total is made of. All is in minor units of the sale's
// currency, and adds up: items less discount, and tax, and tip.
type Bill struct {
	Items    []Item `json:"items,omitempty"`
	Discount int64  `json:"discount,omitempty"` // taken off
	Tax      int64  `json:"tax,omitempty"`
	Exempt   bool   `json:"exempt,omitempty"` // a customer who pays no tax
	Tip      int64  `json:"tip,omitempty"`
}

// Subtotal is what the items come to.
func (b Bill) Subtotal() int64 {
	var sum int64
	for _, i := range b.Items {
		sum += i.Amount
	}
	return sum
}

// Total is what the customer pays.
func (b Bill) Total() int64 { return b.Subtotal() - b.Discount + b.Tax + b.Tip }

// Plain says that a bill says no more than its total does.
func (b Bill) Plain() bool {
	return b.Discount == 0 && b.Tax == 0 && b.Tip == 0 && !b.Exempt && len(b.Items) <= 1 &&
		!slices.ContainsFunc(b.Items, func(i Item) bool { return i.Name != "" })
}

// Check refuses a bill that cannot be.
func (b Bill) Check() error {
	sum, err := checkItems(b.Items)
	if err != nil {
		return err
	}
	if b.Discount < 0 || b.Discount > sum || b.Tax < 0 || b.Tax > sum || b.Tip < 0 || b.Tip > MaxTotal || b.Exempt && b.Tax != 0 {
		return impossible("a bill of %d less %d, with %d of tax and a tip of %d", sum, b.Discount, b.Tax, b.Tip)
	}
	return nil
}

// checkItems is what the items come to, or why they cannot be.
func checkItems(items []Item) (sum int64, err error) {
	if len(items) == 0 || len(items) > MaxItems {
		return 0, impossible("a sale of %d items, want 1 to %d", len(items), MaxItems)
	}
	for n, i := range items {
		if i.Amount <= 0 || i.Amount > MaxTotal || len(i.Name) > MaxName || i.Rate < 0 || i.Rate > MaxRate {
			return 0, impossible("item %d of a sale: %d at a rate of %d", n+1, i.Amount, i.Rate)
		}
		sum += i.Amount
	}
	if sum > MaxTotal {
		return 0, impossible("a sale's items come to %d", sum)
	}
	return sum, nil
}

// Part is a bill's share of what was given back: discount, tax and tip in
// proportion. Counted from 0 each time, the parts of several refunds add up, and
// those of a whole one are all there was.
func (b Bill) Part(given, total int64) (discount, tax, tip int64) {
	share := func(of int64) int64 { return proportion(of, given, total) }
	return share(b.Discount), share(b.Tax), share(b.Tip)
}

// proportion is of x part / whole, half up.
func proportion(of, part, whole int64) int64 {
	if whole <= 0 {
		return 0
	}
	// of and part are below 10^11: split, so that no product overflows.
	high, low := of/1_000_000, of%1_000_000
	q, r := high*part/whole, high*part%whole
	return q*1_000_000 + (2*(r*1_000_000+low*part)+whole)/(2*whole)
}

// rated is a rate of an amount, half up.
func rated(amount int64, basisPoints int) int64 {
	return (amount*int64(basisPoints) + 5_000) / 10_000
}

// TaxBy says where tax is rounded.
type TaxBy string

// The ways to round.
const (
	TaxByInvoice TaxBy = "invoice" // once for each rate
	TaxByLine    TaxBy = "line"    // for each item
)

// Cart is a sale in the making.
type Cart struct {
	Items    []Item `json:"items"`
	Off      int64  `json:"off,omitempty"`      // a discount, minor units
	OffRate  int    `json:"off_rate,omitempty"` // a discount, basis points; one of the two
	Granted  bool   `json:"granted,omitempty"`  // a manager gave that discount, and not the shop's rule
	Exempt   bool   `json:"exempt,omitempty"`
	TaxBy    TaxBy  `json:"-"`                  // the shop's settings say it
	Tip      int64  `json:"tip,omitempty"`      // minor units
	TipRate  int    `json:"tip_rate,omitempty"` // basis points; one of the two
	TipGross bool   `json:"-"`                  // a tip is of what is paid with tax, not without; likewise
}

// Bill is what the cart comes to.
func (c Cart) Bill() Bill {
	b := Bill{Items: c.Items, Exempt: c.Exempt}
	sum := b.Subtotal()
	b.Discount = min(sum, c.Off+rated(sum, c.OffRate))
	if !c.Exempt {
		b.Tax = c.tax(spread(c.Items, b.Discount, sum))
	}
	b.Tip = c.Tip + rated(c.tipBase(b), c.TipRate)
	return b
}

// TipFor is what a tip of a rate would come to.
func (c Cart) TipFor(basisPoints int) int64 {
	c.Tip, c.TipRate = 0, basisPoints
	return c.Bill().Tip
}

func (c Cart) tipBase(b Bill) int64 {
	base := b.Subtotal() - b.Discount
	if c.TipGross {
		base += b.Tax
	}
	return base
}

// tax is that of the items less their shares of the discount.
func (c Cart) tax(off []int64) int64 {
	var sum int64
	if c.TaxBy == TaxByLine {
		for n, i := range c.Items {
			sum += rated(i.Amount-off[n], i.Rate)
		}
		return sum
	}
	of := map[int]int64{}
	for n, i := range c.Items {
		of[i.Rate] += i.Amount - off[n]
	}
	for rate, amount := range of {
		sum += rated(amount, rate)
	}
	return sum
}

// spread shares a discount among items by what they cost. The shares add up to
// it: what rounding leaves goes to where it left most, the first of equals.
func spread(items []Item, discount, sum int64) []int64 {
	shares := make([]int64, len(items))
	if discount == 0 || sum == 0 {
		return shares
	}
	type rest struct {
		item int
		left int64
	}
	rests := make([]rest, len(items))
	left := discount
	for n, i := range items {
		// Below 10^10 each: their product does not fit, so long division by parts.
		whole, part := discount/1_000_000, discount%1_000_000
		q, r := whole*i.Amount/sum, whole*i.Amount%sum
		low := r*1_000_000 + part*i.Amount
		shares[n] = q*1_000_000 + low/sum
		rests[n] = rest{n, low % sum}
		left -= shares[n]
	}
	slices.SortStableFunc(rests, func(a, b rest) int { return cmp.Compare(b.left, a.left) })
	for n := range left {
		shares[rests[n].item]++
	}
	return shares
}
