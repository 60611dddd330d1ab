package checkout_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"till/checkout"
	"till/payment"
)

// What a held sale comes to follows the shop's settings: where tax is rounded, and what a tip is of.
func TestHeldSalesArePricedAsTheShopDoes(t *testing.T) {
	for name, c := range map[string]struct {
		by    payment.TaxBy
		gross bool
		want  int64
	}{
		"by invoice, tip of the net":   {payment.TaxByInvoice, false, 1010 + 101 + 202},
		"by line, tip of the net":      {payment.TaxByLine, false, 1010 + 102 + 202},
		"by invoice, tip of the gross": {payment.TaxByInvoice, true, 1010 + 101 + 222},
		"by line, tip of the gross":    {payment.TaxByLine, true, 1010 + 102 + 222},
	} {
		t.Run(name, func(t *testing.T) {
			counter := newCounter(t)
			counter.settings.Trade = checkout.Trade{
				TaxBy: c.by, TipGross: c.gross, Tips: []int{2000}, Departments: []checkout.Department{{Name: "Books", TaxRate: 1000}},
			}
			counter.start()
			for _, line := range []string{
				"key 1 0 00", "press dept_1", "key 5", "press dept_1", "key 5", "press dept_1", "press tip", "press tip_2000", "press menu", "press hold",
			} {
				if err := counter.do(line); err != nil {
					t.Fatal(err)
				}
			}
			if n, amount := counter.register.State.HeldSum(); n != 1 || amount != c.want {
				t.Errorf("%d are held, of %d, want %d", n, amount, c.want)
			}
			counter.mustHandle(press("menu", "held", "held_1")...)
			if due := counter.register.State.Due().Amount; due != c.want {
				t.Errorf("%d is due, want %d", due, c.want)
			}
			counter.mustHandle(press("cash", "exact")...)
			if sale := counter.fake.Sales()[0]; sale.Total.Amount != c.want || sale.Bill.Total() != c.want {
				t.Errorf("sold for %d: %+v", sale.Total.Amount, sale.Bill)
			}
		})
	}
}

// A void is of the shop's day, and not of Greenwich's.
func TestVoidIsOfTheShopsDay(t *testing.T) {
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	c := newCounter(t)
	c.settings.Zone = zone
	c.at = time.Date(2026, 11, 24, 17, 0, 0, 0, zone) // the 25th in Greenwich
	c.start()
	online(c)
	c.mustHandle(checkout.Keyed{Key: "5"})
	c.mustHandle(press("cash", "exact", "done")...)
	for _, at := range []struct {
		moment time.Time
		void   bool
	}{
		{time.Date(2026, 11, 24, 23, 30, 0, 0, zone), true},
		{time.Date(2026, 11, 25, 0, 30, 0, 0, zone), false}, // the 25th in Greenwich yet
	} {
		c.at = at.moment
		c.mustHandle(press("menu", "sales")...)
		c.mustHandle(checkout.Pressed{Button: checkout.RowID(c.register.State.OnPage()[0].ID)})
		if got := c.register.State.Pressable("void"); got != at.void {
			t.Errorf("at %v: can be voided %v", at.moment, got)
		}
		c.mustHandle(checkout.Keyed{Key: "esc"}, checkout.Keyed{Key: "esc"}, checkout.Keyed{Key: "esc"})
	}
}

// Nobody is signed off under a customer who is choosing a tip.
func TestTipIsNoIdling(t *testing.T) {
	c := newCounter(t)
	c.settings.SignOn, c.settings.LockAfter = true, 20*time.Second
	c.settings.Trade.Tips = []int{1500}
	c.start()
	for _, line := range []string{"badge MEI-0000-0001", "key 5 00", "press tip", "wait 30s"} {
		if err := c.do(line); err != nil {
			t.Fatal(err)
		}
	}
	if s := c.register.State; s.Screen != checkout.Tipping || s.Counter.Desk.On.ID != "mei" {
		t.Errorf("screen %s, and %q is at the counter", s.Screen, s.Counter.Desk.On.ID)
	}
	if err := c.do("wait 15s"); err != nil || c.register.State.Screen != checkout.Ready {
		t.Errorf("the tip is asked for yet (%v)", err)
	}
	if err := c.do("wait 20s"); err != nil || c.register.State.Screen != checkout.SignOn {
		t.Errorf("nobody is there, and somebody is signed on (%v)", err)
	}
}

// However a sale is split, what is paid adds up to what it came to, and each part is what was asked for.
func TestSplitsAddUp(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := newCounter(t)
		run := func(line string) {
			if err := c.do(line); err != nil {
				rt.Fatalf("%s: %v", line, err)
			}
		}
		run("trade")
		run("online")
		keys := func(n int64) string { return "key " + strings.Join(strings.Split(fmt.Sprint(n), ""), " ") }
		run(keys(rapid.Int64Range(1, 99_999).Draw(rt, "amount")))
		if rapid.Bool().Draw(rt, "a department") {
			run("press dept_1")
		}
		if c.register.State.Settings.Trade.Tips != nil && rapid.Bool().Draw(rt, "a tip") {
			run("press tip")
			run("press tip_1800")
		}
		total := c.register.State.Due().Amount
		for due := total; due > 0; {
			want := due
			if due > 1 && rapid.IntRange(0, 3).Draw(rt, "split") > 0 {
				if c.register.State.Screen == checkout.Ready {
					run("press menu")
				}
				run("press split")
				how := []string{"half", "keyed"}
				if due > 2 {
					how = append(how, "third")
				}
				switch rapid.SampledFrom(how).Draw(rt, "how") {
				case "half":
					want = due/2 + due%2
					run("press half")
				case "third":
					if want = due / 3; due%3 > 0 {
						want++
					}
					run("press third")
				default:
					want = rapid.Int64Range(1, due-1).Draw(rt, "part")
					run(keys(want))
					run("press enter")
				}
			}
			if rapid.Bool().Draw(rt, "cash") {
				run("press cash")
				run("press exact")
			} else {
				run("press qr")
				run("answer approved")
			}
			due -= want
			sale, ok := c.register.State.OnScreen()
			if !ok || sale.Due() != due || sale.Tenders[len(sale.Tenders)-1].Amount != want {
				rt.Fatalf("%d were to be paid, %d are due: %+v", want, due, sale)
			}
		}
		sale := c.fake.Sales()[0]
		var paid int64
		for _, tender := range sale.Tenders {
			if !tender.Paid || tender.Amount <= 0 {
				rt.Fatalf("%+v", tender)
			}
			paid += tender.Amount
		}
		if paid != total || sale.Total.Amount != total || sale.Receipt != 1 || sale.Bill != nil && sale.Bill.Total() != total {
			rt.Fatalf("%d paid of %d: %+v", paid, total, sale)
		}
	})
}
