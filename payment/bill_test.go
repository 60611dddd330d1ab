package payment_test

import (
	"errors"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"till/payment"
)

func TestCart(t *testing.T) {
	shirt, bread := payment.Item{Name: "Shirt", Amount: 1999, Rate: 875}, payment.Item{Name: "Bread", Amount: 450}
	for _, c := range []struct {
		name string
		cart payment.Cart
		want payment.Bill
	}{
		{"one amount", payment.Cart{Items: []payment.Item{{Amount: 1234}}}, payment.Bill{}},
		{"tax half up", payment.Cart{Items: []payment.Item{{Amount: 1000, Rate: 875}}}, payment.Bill{Tax: 88}}, // 87.5
		{"tax of one class", payment.Cart{Items: []payment.Item{shirt, bread}}, payment.Bill{Tax: 175}},        // 174.91
		{"by invoice", payment.Cart{Items: []payment.Item{{Amount: 5, Rate: 1000}, {Amount: 5, Rate: 1000}}}, payment.Bill{Tax: 1}},
		{"by line", payment.Cart{Items: []payment.Item{{Amount: 5, Rate: 1000}, {Amount: 5, Rate: 1000}}, TaxBy: payment.TaxByLine}, payment.Bill{Tax: 2}},
		{"exempt", payment.Cart{Items: []payment.Item{shirt}, Exempt: true}, payment.Bill{Exempt: true}},
		{"money off, before tax", payment.Cart{Items: []payment.Item{shirt, bread}, Off: 449}, payment.Bill{Discount: 449, Tax: 143}}, // 1632 x 8.75 %: 142.8
		{"per cent off", payment.Cart{Items: []payment.Item{{Amount: 1005, Rate: 0}}, OffRate: 1000}, payment.Bill{Discount: 101}},    // 100.5
		{"more off than there is", payment.Cart{Items: []payment.Item{{Amount: 100, Rate: 875}}, Off: 500}, payment.Bill{Discount: 100}},
		{"what rounding leaves of a discount is off the first", payment.Cart{Items: []payment.Item{{Amount: 100, Rate: 10_000}, {Amount: 100}}, Off: 1}, payment.Bill{Discount: 1, Tax: 99}},
		{"or off what it left most of", payment.Cart{Items: []payment.Item{{Amount: 100}, {Amount: 200, Rate: 10_000}}, Off: 1}, payment.Bill{Discount: 1, Tax: 199}},
		{"tip before tax", payment.Cart{Items: []payment.Item{{Amount: 1000, Rate: 875}}, TipRate: 1800}, payment.Bill{Tax: 88, Tip: 180}},
		{"tip with tax", payment.Cart{Items: []payment.Item{{Amount: 1000, Rate: 875}}, TipRate: 1800, TipGross: true}, payment.Bill{Tax: 88, Tip: 196}}, // 195.84
		{"tip in money", payment.Cart{Items: []payment.Item{{Amount: 1000}}, Tip: 250}, payment.Bill{Tip: 250}},
	} {
		got := c.cart.Bill()
		if got.Discount != c.want.Discount || got.Tax != c.want.Tax || got.Tip != c.want.Tip || got.Exempt != c.want.Exempt {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
		if err := got.Check(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func anyCart(t *rapid.T) payment.Cart {
	most := rapid.SampledFrom([]int64{10, 10_000, 49_999_999}).Draw(t, "most")
	c := payment.Cart{
		Exempt: rapid.Bool().Draw(t, "exempt"), TipGross: rapid.Bool().Draw(t, "gross"),
		TaxBy: rapid.SampledFrom([]payment.TaxBy{payment.TaxByInvoice, payment.TaxByLine}).Draw(t, "by"),
	}
	for range rapid.IntRange(1, 40).Draw(t, "items") {
		c.Items = append(c.Items, payment.Item{
			Amount: rapid.Int64Range(1, most).Draw(t, "amount"), Rate: rapid.SampledFrom([]int{0, 1, 875, 999, 2500, 10_000}).Draw(t, "rate"),
		})
	}
	switch rapid.IntRange(0, 2).Draw(t, "off") {
	case 1:
		c.Off = rapid.Int64Range(1, 2*most).Draw(t, "money off")
	case 2:
		c.OffRate = rapid.IntRange(1, 10_000).Draw(t, "per cent off")
	}
	switch rapid.IntRange(0, 2).Draw(t, "tip") {
	case 1:
		c.Tip = rapid.Int64Range(1, most).Draw(t, "money")
	case 2:
		c.TipRate = rapid.IntRange(1, 10_000).Draw(t, "per cent")
	}
	return c
}

// halfUp is part / whole of an amount, rounded half up, in numbers of any size.
func halfUp(amount, part, whole int64) int64 {
	n := new(big.Int).Mul(big.NewInt(2*amount), big.NewInt(part))
	n.Add(n, big.NewInt(whole))
	return n.Div(n, big.NewInt(2*whole)).Int64()
}

// reckoned is what a cart comes to, by the words of the documentation and exactly: a
// discount is off each item by what it costs, in whole cents, and what that leaves goes
// to where it leaves most. Tax is of what is left, once for each rate or once for each item.
func reckoned(c payment.Cart) (discount, tax, tip, total int64) {
	var sum int64
	for _, i := range c.Items {
		sum += i.Amount
	}
	discount = min(sum, c.Off+halfUp(sum, int64(c.OffRate), 10_000))
	left := make([]int64, len(c.Items))
	cents, fractions := discount, make([]*big.Rat, len(c.Items))
	for n, i := range c.Items {
		exact := new(big.Rat).Mul(big.NewRat(discount, sum), big.NewRat(i.Amount, 1))
		whole := new(big.Int).Div(exact.Num(), exact.Denom())
		left[n] = i.Amount - whole.Int64()
		fractions[n] = exact.Sub(exact, new(big.Rat).SetInt(whole))
		cents -= whole.Int64()
	}
	for ; cents > 0; cents-- {
		most := 0
		for n, f := range fractions {
			if f.Cmp(fractions[most]) > 0 {
				most = n
			}
		}
		left[most]--
		fractions[most] = big.NewRat(-1, 1)
	}
	if !c.Exempt {
		of := map[int]int64{}
		for n, i := range c.Items {
			if c.TaxBy == payment.TaxByLine {
				tax += halfUp(left[n], int64(i.Rate), 10_000)
			} else {
				of[i.Rate] += left[n]
			}
		}
		for rate, amount := range of {
			tax += halfUp(amount, int64(rate), 10_000)
		}
	}
	base := sum - discount
	if c.TipGross {
		base += tax
	}
	tip = c.Tip + halfUp(base, int64(c.TipRate), 10_000)
	return discount, tax, tip, sum - discount + tax + tip
}

// Whatever is sold, a bill is what an exact reckoning says, to the cent.
func TestBillsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyCart(t)
		b := c.Bill()
		if err := b.Check(); err != nil {
			t.Fatal(err)
		}
		discount, tax, tip, total := reckoned(c)
		if b.Discount != discount || b.Tax != tax || b.Tip != tip || b.Total() != total {
			t.Fatalf("%d off, tax of %d, tip of %d, in all %d; want %d, %d, %d, %d", b.Discount, b.Tax, b.Tip, b.Total(), discount, tax, tip, total)
		}
	})
}

// However a sale is given back, and in how many parts, discount, tax and tip go
// back with it, and never more than there was.
func TestPartsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := anyCart(t).Bill()
		total, given := b.Total(), int64(0)
		if total == 0 {
			return
		}
		var before [3]int64
		for given < total {
			given += rapid.Int64Range(1, total-given).Draw(t, "refund")
			if rapid.IntRange(0, 4).Draw(t, "rest") == 0 {
				given = total
			}
			var now [3]int64
			now[0], now[1], now[2] = b.Part(given, total)
			for i, all := range [3]int64{b.Discount, b.Tax, b.Tip} {
				if now[i] < before[i] || now[i] > all {
					t.Fatalf("%d of %d given back: %v after %v of %+v", given, total, now, before, b)
				}
			}
			before = now
		}
		if before != [3]int64{b.Discount, b.Tax, b.Tip} {
			t.Fatalf("all is given back, and of %+v only %v", b, before)
		}
	})
}

func TestBillsThatCannotBe(t *testing.T) {
	good := payment.Bill{Items: []payment.Item{{Amount: 1000, Rate: 875}}, Tax: 88, Tip: 100, Discount: 10}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for name, harm := range map[string]func(*payment.Bill){
		"nothing sold":       func(b *payment.Bill) { b.Items = nil },
		"too many":           func(b *payment.Bill) { b.Items = make([]payment.Item, payment.MaxItems+1) },
		"for nothing":        func(b *payment.Bill) { b.Items[0].Amount = 0 },
		"below zero":         func(b *payment.Bill) { b.Items[0].Amount = -1 },
		"above all":          func(b *payment.Bill) { b.Items[0].Amount = payment.MaxTotal + 1 },
		"a rate over all":    func(b *payment.Bill) { b.Items[0].Rate = payment.MaxRate + 1 },
		"a long name":        func(b *payment.Bill) { b.Items[0].Name = string(make([]byte, payment.MaxName+1)) },
		"more off than sold": func(b *payment.Bill) { b.Discount = 1001 },
		"less than no off":   func(b *payment.Bill) { b.Discount = -1 },
		"tax below zero":     func(b *payment.Bill) { b.Tax = -1 },
		"a tip below zero":   func(b *payment.Bill) { b.Tip = -1 },
		"exempt and taxed":   func(b *payment.Bill) { b.Exempt = true },
	} {
		b := good
		b.Items = []payment.Item{good.Items[0]}
		harm(&b)
		if err := b.Check(); !errors.Is(err, payment.ErrImpossible) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
