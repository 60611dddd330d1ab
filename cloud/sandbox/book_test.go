package sandbox_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"till/cloud"
	"till/cloud/sandbox"
	"till/payment"
)

// Many charges at once share commits; each is in the book when it is answered,
// and an order that is charged twice at once is charged once.
func TestChargesAtOnce(t *testing.T) {
	const orders, twice = 100, 2
	dir := t.TempDir()
	s, err := sandbox.Open(dir, 1, time.Now, func(payment.Order) {})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for n := range orders {
		number := payment.NewOrder(payment.SaleID(fmt.Sprintf("01JD00000000000000000%05d", n)), 1)
		for range twice {
			code, _, err := s.NewCode(payment.WeChat)
			if err != nil {
				t.Fatal(err)
			}
			all.Go(func() {
				r, err := s.Charge(t.Context(), cloud.Order{Number: number, Amount: payment.Money{Amount: 100, Currency: "USD"}}, code)
				if err != nil || r.Outcome != cloud.Paid {
					t.Errorf("order %s: %+v, %v", number, r, err)
				}
				if r, err := s.Query(t.Context(), number); err != nil || r.Outcome != cloud.Paid {
					t.Errorf("order %s, asked after: %+v, %v", number, r, err)
				}
			})
		}
	}
	all.Wait()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = sandbox.Open(dir, 1, time.Now, func(payment.Order) {}); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	charges, err := s.Charges()
	if err != nil || len(charges) != orders {
		t.Errorf("%d charges of %d orders (%v)", len(charges), orders, err)
	}
}
