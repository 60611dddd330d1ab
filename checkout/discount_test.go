package checkout_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"till/checkout"
)

// TestDiscountsStayAllowed holds that whatever is done to a cart, no discount is on it
// that a cashier may not give, but one that a manager gave.
func TestDiscountsStayAllowed(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := newCounter(t)
		run := func(lines ...string) {
			for _, line := range lines {
				_ = c.do(line) // a button that is not there does nothing
			}
		}
		type off struct { // money, basis points
			money int64
			rate  int
		}
		given := map[off]bool{} // by a manager
		run("trade", "online")
		discount := func(manager bool, lines ...string) {
			run("press menu", "press discount")
			run(lines...)
			if c.register.State.Screen == checkout.PIN {
				if wanted := c.register.State.Wanted; manager {
					given[off{wanted.Off, wanted.OffRate}] = true
					run("key 2 5 8 0 enter")
				} else {
					run("press cancel", "press cancel")
				}
			}
		}
		actions := map[string]func(*rapid.T){
			"key":       func(rt *rapid.T) { run("key " + rapid.SampledFrom([]string{"1", "9", "00"}).Draw(rt, "digit")) },
			"amount":    func(rt *rapid.T) { run("key 5 00", "press dept_2") },
			"take up":   func(rt *rapid.T) { run("press dept_2") },
			"backspace": func(rt *rapid.T) { run("key backspace") },
			"esc": func(rt *rapid.T) {
				if c.register.State.Entry > 0 {
					run("key esc")
				}
			},
			"money off": func(rt *rapid.T) {
				keys := strings.Split(fmt.Sprint(rapid.IntRange(1, 999).Draw(rt, "amount")), "")
				discount(rapid.Bool().Draw(rt, "manager"), "key "+strings.Join(keys, " "), "press enter")
			},
			"per cent off": func(rt *rapid.T) {
				keys := strings.Split(fmt.Sprint(rapid.IntRange(1, 99).Draw(rt, "per cent")), "")
				discount(rapid.Bool().Draw(rt, "manager"), "key "+strings.Join(keys, " "), "press percent")
			},
			"hold":   func(rt *rapid.T) { run("press menu", "press hold") },
			"recall": func(rt *rapid.T) { run("press menu", "press held", "press held_1") },
			"begin anew": func(rt *rapid.T) {
				begun := c.register.State.Taken
				run("press qr")
				if sale, ok := c.register.State.OnScreen(); ok && sale.OpenAttempt() != nil {
					if sale.Bill != nil && given[off{begun.Off, begun.OffRate}] { // after a power cut in money
						given[off{money: sale.Bill.Discount}] = true
					}
					if rapid.Bool().Draw(rt, "power cut") {
						run("reboot", "online")
					}
					run("answer expired", "press cash", "press cancel")
				}
			},
		}
		actions[""] = func(rt *rapid.T) {
			for c.register.State.Screen != checkout.Ready { // the way out of the menu
				run("key esc")
			}
			s := c.register.State
			sum := s.Cart().Bill().Subtotal()
			taken := s.Taken
			// A rate's discount may have been rounded up, and is in money after a power cut.
			allowed := taken.OffRate <= 1000 && taken.Off*10 <= sum+5
			if !allowed && !given[off{taken.Off, taken.OffRate}] {
				rt.Fatalf("%d and %d basis points off %d, which no manager gave", taken.Off, taken.OffRate, sum)
			}
		}
		rt.Repeat(actions)
	})
}
