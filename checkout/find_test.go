package checkout_test

import (
	"testing"
	"time"

	"till/checkout"
	"till/payment"
	"till/words"
)

// found has the gateway find another terminal's sale, in a currency.
func found(c *counter, currency string) {
	c.mustHandle(checkout.ClockLearned{Offset: time.Hour}, checkout.LinkChanged{Online: true})
	sale := elsewhere()
	sale.Total.Currency = currency
	c.mustHandle(press("menu", "sales")...)
	c.mustHandle(checkout.Scanned{Data: []byte(sale.Parts[0].Order)})
	c.mustHandle(checkout.Sought{Text: string(sale.Parts[0].Order), Sale: sale})
}

// Money of another currency is not the drawer's to count.
func TestASaleInAnotherCurrency(t *testing.T) {
	c := newCounter(t)
	found(c, "JPY")
	if s := c.register.State; s.Screen != checkout.Sales || s.Message.Key != "sought_currency" {
		t.Errorf("screen %s says %v", s.Screen, s.Message)
	}
	c = newCounter(t)
	found(c, "USD")
	if s := c.register.State; s.Screen != checkout.OneSale {
		t.Errorf("of the shop's own: screen %s says %v", s.Screen, s.Message)
	}
}

// What could be a badge, held up a moment too early, goes nowhere.
func TestABadgeIsNotLookedFor(t *testing.T) {
	c := newCounter(t)
	c.mustHandle(checkout.ClockLearned{Offset: time.Hour}, checkout.LinkChanged{Online: true})
	c.mustHandle(press("menu", "sales")...)
	for _, badge := range []string{"0BADGE77SECRET0123456789", "LI-00000-0002", "123456789012345678901234"} {
		c.mustHandle(checkout.Scanned{Data: []byte(badge)})
	}
	for _, e := range c.fake.Did {
		if s, ok := e.(checkout.Seek); ok {
			t.Errorf("%q goes to the gateway", s.Text)
		}
	}
}

// Who has opened a sale meanwhile goes on with that one.
func TestASaleThatIsFoundTooLate(t *testing.T) {
	c := newCounter(t)
	c.mustHandle(checkout.ClockLearned{Offset: time.Hour}, checkout.LinkChanged{Online: true}, checkout.Keyed{Key: "5"})
	c.mustHandle(press("cash", "exact", "done", "menu", "sales")...)
	sale := elsewhere()
	text := string(sale.Parts[0].Order)
	c.mustHandle(checkout.Scanned{Data: []byte(text)})
	mine := c.fake.Sales()[0].ID
	c.mustHandle(press(checkout.RowID(mine))...)
	c.mustHandle(checkout.Sought{Text: text, Sale: sale})
	if s := c.register.State; s.Screen != checkout.OneSale || s.Selected != mine {
		t.Errorf("screen %s, of sale %s instead of %s", s.Screen, s.Selected, mine)
	}
}

// A payment that comes to nothing takes nothing away that was held, and no manager's step.
func TestAHeldSaleStaysHeldUntilMoneyComes(t *testing.T) {
	for _, end := range []payment.AttemptStatus{payment.Declined, payment.Cancelled, payment.Expired} {
		c := newCounter(t)
		c.mustHandle(checkout.ClockLearned{Offset: time.Hour}, checkout.LinkChanged{Online: true}, checkout.Keyed{Key: "5"}, checkout.Keyed{Key: "00"})
		c.mustHandle(press("menu", "hold", "menu", "held", "held_1", "qr")...)
		if end == payment.Cancelled {
			c.mustHandle(press("cancel")...)
		}
		a, err := c.fake.Answer(payment.NewOrder(c.fake.Sales()[0].ID, 1), end)
		if err != nil {
			t.Fatal(err)
		}
		c.mustHandle(checkout.Told{Answer: a})
		if err := c.wait(31 * time.Second); err != nil {
			t.Fatal(err)
		}
		if held := c.register.State.Counter.Held; len(held) != 1 || c.register.State.Screen != checkout.Ready {
			t.Errorf("%s: %d are held, on screen %s", end, len(held), c.register.State.Screen)
		}
		c.mustHandle(press("menu", "held", "held_1", "cash", "exact")...)
		if held := c.register.State.Counter.Held; len(held) != 0 {
			t.Errorf("%s, and paid: %d are held", end, len(held))
		}
	}
}

// A question about a receipt, or something that is in the way, does not wipe what was
// rung up.
func TestWhatIsRungUpStays(t *testing.T) {
	c := newCounter(t)
	c.settings.Trade = checkout.Trade{Catalogue: []checkout.Product{{Barcode: "1234567", Name: "Tea", Price: 350}}}
	c.start()
	c.mustHandle(checkout.Keyed{Key: "5"})
	c.mustHandle(press("cash", "exact", "done")...)
	sale := c.fake.Sales()[0]
	c.mustHandle(checkout.Scanned{Data: []byte("1234567")})
	c.mustHandle(checkout.Doubted{Sale: sale})
	if due := c.register.State.Due().Amount; due != 350 {
		t.Errorf("350 was rung up, %d is when a receipt is in doubt", due)
	}

	c = newCounter(t)
	c.mustHandle(checkout.Keyed{Key: "5"}, checkout.Keyed{Key: "00"})
	c.mustHandle(press("cash")...)
	c.mustHandle(checkout.HaltChanged{Why: words.Sentence{Key: "halt_disk"}})
	c.mustHandle(press("exact")...)
	c.mustHandle(checkout.HaltChanged{})
	if due := c.register.State.Due().Amount; due != 500 || len(c.fake.Sales()) != 0 {
		t.Errorf("500 was keyed, %d is after what was in the way", due)
	}
}
