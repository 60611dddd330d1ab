package figures_test

import (
	"reflect"
	"testing"

	"till/payment"
	"till/payment/figures"
)

// Terminals add up day by day, each currency for itself, and what the parts say of
// what is not settled is kept.
func TestSum(t *testing.T) {
	one := account(t, "2026-11-01", "2026-11-02", history())
	two := one
	two.Terminal = "till-08"
	euro := account(t, "2026-11-01", "2026-11-02", []step{{"z", 0, "2026-11-02 09:00", payment.Event{Kind: payment.SaleCreated, Sale: three, Amount: 5, Currency: "EUR"}}})
	idle := account(t, "2026-11-01", "2026-11-02", nil)
	sums := figures.Sum([]figures.Report{one, idle, euro, two})
	if len(sums) != 2 || sums[0].Currency != "EUR" || sums[1].Currency != "USD" {
		t.Fatalf("sums of %+v", sums)
	}
	sum := sums[1]
	if sum.Total.Sales != 2*one.Total.Sales || sum.Total.Amount != 2*one.Total.Amount || sum.Total.Kept() != 2*one.Total.Kept() ||
		sum.Total.Tax != 2*one.Total.Tax || sum.Total.Tips != 2*one.Total.Tips || sum.Total.PaidOut != 2*one.Total.PaidOut || len(sum.Days) != len(one.Days) ||
		len(sum.Unsettled) != 2*len(one.Unsettled) || sum.Missing != 2*one.Missing || sum.Oldest != one.Oldest || sum.Zone != one.Zone {
		t.Errorf("the sum is %+v\nof two of %+v", sum, one)
	}
	for i, d := range sum.Days {
		if d.Date != one.Days[i].Date || d.Sales != 2*one.Days[i].Sales || d.Wallets[payment.Cash] != one.Days[i].Wallets[payment.Cash].Plus(one.Days[i].Wallets[payment.Cash]) {
			t.Errorf("day %s: %+v of two of %+v", d.Date, d, one.Days[i])
		}
	}
	if alone := figures.Sum([]figures.Report{one})[0]; !reflect.DeepEqual(alone.Total, one.Total) || !reflect.DeepEqual(alone.Days, one.Days) {
		t.Errorf("one alone is %+v, not %+v", alone, one)
	}
	if none := figures.Sum([]figures.Report{idle, idle}); len(none) != 1 || none[0].Currency != "" || none[0].Total.Sales != 0 {
		t.Errorf("of nothing: %+v", none)
	}
}
