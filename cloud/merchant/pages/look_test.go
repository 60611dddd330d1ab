package pages

import (
	"fmt"
	"testing"

	"till/cloud"
	"till/cloud/enrol"
	"till/payment"
)

// shelf is a gateway that has sales, the newest first, and no more.
type shelf struct {
	Gateway
	sales []Sale
}

func (s shelf) Sales(_ []string, before payment.SaleID, most int) ([]Sale, error) {
	var all []Sale
	for _, one := range s.sales {
		if len(all) < most && (before == "" || one.SaleEntry.Sale.ID < before) {
			all = append(all, one)
		}
	}
	return all, nil
}

// However many there are, and however many are looked at or shown at once, each sale is
// seen once, and the last page leads nowhere.
func TestLookingThroughAll(t *testing.T) {
	terminals := []Terminal{{Terminal: enrol.Terminal{ID: "till-01"}}}
	for _, total := range []int{0, 1, perPage - 1, perPage, perPage + 1, batch - 1, batch, batch + 1, 2 * batch} {
		g := shelf{}
		for n := total; n > 0; n-- {
			status := payment.StatusApproved
			if n%7 == 0 {
				status = payment.StatusVoided
			}
			g.sales = append(g.sales, Sale{Status: status, SaleEntry: cloud.SaleEntry{Terminal: "till-01", Sale: payment.Sale{ID: payment.SaleID(fmt.Sprintf("01JD%022d", n))}}})
		}
		s := &server{Options: Options{Gateway: g}}
		for _, most := range []int{1, 30, perPage, batch, 10_000} {
			for _, status := range []payment.Status{"", payment.StatusVoided, payment.StatusParked} {
				want := map[payment.Status]int{"": total, payment.StatusVoided: total / 7}[status]
				seen := map[payment.SaleID]bool{}
				before := payment.SaleID("")
				for pages := 0; ; pages++ {
					shown := 0
					last, found, err := s.look(Query{Status: status}, terminals, before, most, func(sale Sale, _ Terminal) bool {
						if seen[sale.SaleEntry.Sale.ID] {
							t.Fatalf("%d sales, %d at once: %s is seen again", total, most, sale.SaleEntry.Sale.ID)
						}
						seen[sale.SaleEntry.Sale.ID] = true
						shown++
						return shown < perPage
					})
					if err != nil || found != (shown > 0) || pages > total+2 {
						t.Fatalf("%d sales, %d at once: page %d has %d (%v)", total, most, pages, shown, err)
					}
					if before = last; last == "" {
						break
					}
				}
				if len(seen) != want {
					t.Errorf("%d sales of %q, %d at once: %d are seen", want, status, most, len(seen))
				}
			}
		}
	}
}
