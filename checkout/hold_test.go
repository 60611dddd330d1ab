package checkout_test

import (
	"errors"
	"fmt"
	"testing"

	"till/checkout"
	"till/payment"
)

func press(ids ...string) []checkout.Event {
	var all []checkout.Event
	for _, id := range ids {
		all = append(all, checkout.Pressed{Button: id})
	}
	return all
}

// A journal that has no room for a sale has none for one that is held, and is sound.
func TestHoldWithoutRoom(t *testing.T) {
	c := newCounter(t)
	c.mustHandle(checkout.Keyed{Key: "5"}, checkout.Pressed{Button: "menu"})
	c.fake.FailAppend = fmt.Errorf("the folder is full: %w", checkout.ErrNoRoom)
	if err := c.handle(checkout.Pressed{Button: "hold"}); !errors.Is(err, checkout.ErrNoRoom) {
		t.Errorf("full: %v", err)
	}
	c.wantScreen(checkout.Menu)
	if s := c.register.State; s.Message.Key != "halt_full" || s.Entry != 5 {
		t.Errorf("it says %q of %d", s.Message.Key, s.Entry)
	}
	c.fake.FailAppend = nil
	c.mustHandle(press("hold")...)
	if n := len(c.register.State.Counter.Held); n != 1 {
		t.Errorf("%d are held", n)
	}
}

// A sale that is recalled is one that is begun: a cash register waits. What a cash
// register ordered is not put aside.
func TestHoldAndCashRegisters(t *testing.T) {
	c := newCounter(t)
	c.mustHandle(checkout.Keyed{Key: "5"})
	c.mustHandle(press("menu", "hold")...)
	if !c.register.State.Free() {
		t.Error("what is held holds up a cash register")
	}
	c.mustHandle(press("menu", "held", "held_1")...)
	order := checkout.Ordered{Order: checkout.Order{Key: "k", Amount: 700}}
	c.mustHandle(order)
	if s := c.register.State; s.Free() || s.Running() != "" || s.Due().Amount != 5 {
		t.Errorf("free %v at %q, %d is due", s.Free(), s.Running(), s.Due().Amount)
	}
	c.mustHandle(checkout.Keyed{Key: "esc"}, order)
	c.mustHandle(press("menu")...)
	for _, id := range []string{"hold", "held", "drop"} {
		if c.register.State.Pressable(id) {
			t.Errorf("%s of a cash register's sale", id)
		}
	}
	c.mustHandle(press("cancel", "cash", "exact")...)
	if sale := c.fake.Sales()[0]; sale.Hold != 0 || sale.Key != "k" || len(c.register.State.Counter.Held) != 1 {
		t.Errorf("sold %+v", sale)
	}
}

// Of a tax that was another when the sale was held, all items are as they were, and
// no more is keyed than a sale takes.
func TestRecallAtAnotherTax(t *testing.T) {
	c := newCounter(t)
	c.settings.Trade = checkout.Trade{TaxRate: 500, Catalogue: []checkout.Product{{Barcode: "1234567", Name: "Tea", Price: 350}}}
	c.start()
	for range payment.MaxItems - 1 {
		c.mustHandle(checkout.Scanned{Data: []byte("1234567")})
	}
	c.mustHandle(checkout.Keyed{Key: "00"}, checkout.Keyed{Key: "5"})
	c.mustHandle(press("menu", "hold")...)
	c.settings.Trade.TaxRate = 600
	c.start()
	c.mustHandle(press("menu", "held", "held_1")...)
	s := c.register.State
	if n := len(s.Taken.Items); n != payment.MaxItems || s.Entry != 0 || s.Taken.Items[n-1].Rate != 500 {
		t.Fatalf("%d items, %d keyed", n, s.Entry)
	}
	c.mustHandle(checkout.Keyed{Key: "1"}, checkout.Keyed{Key: "00"})
	if s = c.register.State; s.Message.Key != "too_many_items" || s.Entry != 0 {
		t.Errorf("it says %q, %d is keyed", s.Message.Key, s.Entry)
	}
	c.mustHandle(press("cash", "exact")...)
	if sale := c.fake.Sales()[0]; sale.Hold != 1 || len(sale.Bill.Items) != payment.MaxItems {
		t.Errorf("sold %+v", sale)
	}
}
