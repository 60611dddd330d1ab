package checkout

import (
	"slices"

	"till/payment"
)

// atWork are the screens on which somebody waits for something, or reads what
// came of a sale. Each leaves by itself in the end, or by what it waits for.
var atWork = []Screen{Charging, ShowingQR, TakeCash, Approved, Declined, Checking, Expired, Cancelled, Reversed, Parking, Parked, PIN, Resetting, Discounting, Tipping, Splitting, PartPaid}

// Quiet says that the counter is clear: nothing is keyed, and no sale is under
// way. Then, and only then, the machine may be started anew of its own accord.
// A parked sale does not count, since it may wait for days, nor a receipt that
// waits for paper: both are taken up after a start.
func (s State) Quiet() bool {
	if s.Begun() || s.Tendered != 0 || s.Digits != "" || slices.Contains(atWork, s.Screen) {
		return false
	}
	if sale, there := s.OnScreen(); there && sale.Due() != sale.Total.Amount && sale.Due() != 0 {
		return false // paid in part
	}
	return !slices.ContainsFunc(s.sales, func(x payment.Sale) bool { return x.OpenAttempt() != nil && x.Parked == "" })
}
