package payment_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"testing"

	"till/payment"
)

func cart(amounts ...int64) *payment.Cart {
	c := &payment.Cart{}
	for _, a := range amounts {
		c.Items = append(c.Items, payment.Item{Amount: a})
	}
	return c
}

func numbers(c payment.Counter) []uint64 {
	var all []uint64
	for _, h := range c.Held {
		all = append(all, h.Number)
	}
	return all
}

func TestHeldSales(t *testing.T) {
	hold := func(n uint64, c *payment.Cart) payment.Event {
		return payment.Event{Kind: payment.CartHeld, Hold: n, Cart: c, Cashier: "Mei"}
	}
	drop := func(n uint64) payment.Event { return payment.Event{Kind: payment.CartDropped, Hold: n} }
	var c payment.Counter
	for _, step := range []struct {
		what string
		e    payment.Event
		want []uint64 // nil: it cannot be
	}{
		{"the first", hold(1, cart(500)), []uint64{1}},
		{"out of turn", hold(3, cart(500)), nil},
		{"no number", hold(0, cart(500)), nil},
		{"no cart", hold(2, nil), nil},
		{"an empty cart", hold(2, cart()), nil},
		{"the second", hold(2, cart(700, 20)), []uint64{1, 2}},
		{"the first again", hold(1, cart(500, 300)), []uint64{1, 2}},
		{"drop none of them", drop(3), nil},
		{"drop the first", drop(1), []uint64{2}},
		{"drop it again", drop(1), nil},
		{"hold what was dropped", hold(1, cart(500)), nil},
		{"the third", hold(3, cart(1)), []uint64{2, 3}},
	} {
		before := numbers(c)
		next, err := c.Apply(step.e, payment.Stamp{Boot: "b"})
		if (err != nil) != (step.want == nil) || err != nil && !errors.Is(err, payment.ErrImpossible) {
			t.Fatalf("%s: %v", step.what, err)
		}
		if !slices.Equal(numbers(c), before) {
			t.Fatalf("%s: changed the counter it was given", step.what)
		}
		if err == nil {
			c = next
			if !slices.Equal(numbers(c), step.want) {
				t.Fatalf("%s: %v are held, want %v", step.what, numbers(c), step.want)
			}
		}
	}
	h, ok := c.HeldAs(2)
	if _, other := c.HeldAs(1); !ok || other || h.Cart.Bill().Total() != 720 || h.Cashier != "Mei" || h.At.Boot != "b" {
		t.Errorf("held as 2: %+v %v", h, ok)
	}
	if c.Holds != 3 {
		t.Errorf("%d numbers were given out", c.Holds)
	}
}

func TestOnlySoManyAreHeld(t *testing.T) {
	var c payment.Counter
	var err error
	for n := range uint64(payment.MaxHeld) {
		if c, err = c.Apply(payment.Event{Kind: payment.CartHeld, Hold: n + 1, Cart: cart(1)}, payment.Stamp{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Apply(payment.Event{Kind: payment.CartHeld, Hold: payment.MaxHeld + 1, Cart: cart(1)}, payment.Stamp{}); !errors.Is(err, payment.ErrImpossible) {
		t.Errorf("one more: %v", err)
	}
	if _, err := c.Apply(payment.Event{Kind: payment.CartHeld, Hold: 5, Cart: cart(2)}, payment.Stamp{}); err != nil {
		t.Errorf("one of them again: %v", err)
	}
}

// A sale that is made of a held one takes its place when money comes for it, once; one
// that comes to nothing leaves it held.
func TestAHeldSaleIsSoldOnce(t *testing.T) {
	c, err := payment.Counter{}.Apply(payment.Event{Kind: payment.CartHeld, Hold: 1, Cart: cart(500)}, payment.Stamp{})
	if err != nil {
		t.Fatal(err)
	}
	created := payment.Event{Kind: payment.SaleCreated, Sale: "01JDEERS3W8H5T2V9K4M6N7P8R", Amount: 500, Currency: "USD", Hold: 1}
	sale, err := payment.Sale{}.Apply(created, payment.Stamp{})
	if err != nil || sale.Hold != 1 {
		t.Fatalf("%+v, %v", sale, err)
	}
	begun, err := c.Count(payment.Sale{}, sale)
	if err != nil || len(begun.Held) != 1 {
		t.Fatalf("begun: %+v, %v", begun, err)
	}
	paid, err := sale.Apply(payment.Event{Kind: payment.CashTaken, Sale: sale.ID, Tender: 1, Amount: 500, Tendered: 500, Receipt: 1}, payment.Stamp{})
	if err != nil {
		t.Fatal(err)
	}
	sold, err := begun.Count(sale, paid)
	if err != nil || sold.Held != nil || sold.Holds != 1 || len(c.Held) != 1 {
		t.Fatalf("sold: %+v, %v", sold, err)
	}
	if _, err := sold.Count(payment.Sale{}, sale); !errors.Is(err, payment.ErrImpossible) {
		t.Errorf("sold twice: %v", err)
	}
	if again, err := sold.Count(paid, paid); err != nil || !reflect.DeepEqual(again, sold) {
		t.Errorf("what comes later of that sale: %+v, %v", again, err)
	}

	asked, err := sale.Apply(payment.Event{Kind: payment.AttemptStarted, Sale: sale.ID, Tender: 1, Attempt: 1, Amount: 500, Mode: payment.QR}, payment.Stamp{})
	if err != nil {
		t.Fatal(err)
	}
	given, err := asked.Apply(payment.Event{Kind: payment.SaleParked, Sale: sale.ID, Intent: payment.GoodsGiven}, payment.Stamp{})
	if err != nil {
		t.Fatal(err)
	}
	if c, err := begun.Count(asked, given); err != nil || c.Held != nil {
		t.Errorf("its goods are given: %+v, %v", c, err)
	}
	declined, err := asked.Apply(payment.Event{Kind: payment.AttemptChanged, Sale: sale.ID, Attempt: 1, Status: payment.Declined}, payment.Stamp{})
	if err != nil {
		t.Fatal(err)
	}
	if c, err := begun.Count(asked, declined); err != nil || len(c.Held) != 1 {
		t.Errorf("it is declined: %+v, %v", c, err)
	}
}

// What the shop has set is not held: it is that of the day that the sale is paid on.
func TestHeldCartsLeaveTheSettingsOut(t *testing.T) {
	held := cart(500)
	held.TaxBy, held.TipGross, held.TipRate = payment.TaxByLine, true, 1500
	e := payment.Event{Kind: payment.CartHeld, Hold: 1, Cart: held}
	c, err := payment.Counter{}.Apply(e, payment.Stamp{})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var read payment.Event
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	again, err := payment.Counter{}.Apply(read, payment.Stamp{})
	if err != nil || !reflect.DeepEqual(again, c) {
		t.Errorf("as it is read again: %+v, %v, want %+v", again, err, c)
	}
	if got := c.Held[0].Cart; got.TaxBy != "" || got.TipGross || got.TipRate != 1500 {
		t.Errorf("held: %+v", got)
	}
}

func TestCartsThatCannotBe(t *testing.T) {
	for what, spoil := range map[string]func(c *payment.Cart){
		"an item of nothing":     func(c *payment.Cart) { c.Items[0].Amount = 0 },
		"a long name":            func(c *payment.Cart) { c.Items[0].Name = string(make([]byte, payment.MaxName+1)) },
		"a large rate":           func(c *payment.Cart) { c.Items[0].Rate = payment.MaxRate + 1 },
		"a rate below zero":      func(c *payment.Cart) { c.Items[0].Rate = -1 },
		"too many items":         func(c *payment.Cart) { c.Items = make([]payment.Item, payment.MaxItems+1) },
		"too much":               func(c *payment.Cart) { c.Items[0].Amount, c.Items[1].Amount = payment.MaxTotal, 1 },
		"a discount below zero":  func(c *payment.Cart) { c.Off = -1 },
		"a huge discount":        func(c *payment.Cart) { c.Off = payment.MaxTotal + 1 },
		"two discounts":          func(c *payment.Cart) { c.Off, c.OffRate = 1, 1 },
		"a discount above all":   func(c *payment.Cart) { c.OffRate = payment.MaxRate + 1 },
		"a tip below zero":       func(c *payment.Cart) { c.Tip = -1 },
		"a tip's rate below":     func(c *payment.Cart) { c.TipRate = -1 },
		"a tip's rate above all": func(c *payment.Cart) { c.TipRate = payment.MaxRate + 1 },
		"two tips":               func(c *payment.Cart) { c.Tip, c.TipRate = 1, 1 },
	} {
		c := cart(500, 300)
		if err := c.Check(); err != nil {
			t.Fatalf("a sound cart: %v", err)
		}
		if spoil(c); !errors.Is(c.Check(), payment.ErrImpossible) {
			t.Errorf("%s: %v", what, c.Check())
		}
	}
}
