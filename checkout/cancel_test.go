package checkout_test

import (
	"testing"

	"till/checkout"
	"till/payment"
)

// What a cash register gave up is not begun anew at the terminal: to the register it is over.
func TestCancelledOrderStaysSo(t *testing.T) {
	c := newCounter(t)
	online(c)
	c.mustHandle(checkout.Ordered{Order: checkout.Order{Key: "k", Amount: 700}})
	c.mustHandle(press("qr")...)
	c.mustHandle(checkout.OrderCancelled{Key: "k"})
	for _, line := range []string{"answer cancelled", "scan wechat"} {
		if err := c.do(line); err != nil {
			t.Fatal(err)
		}
	}
	c.wantScreen(checkout.Cancelled)
	if s := c.register.State; s.Message.Key != "scan_not_expected" || s.Pressable("cash") || s.Pressable("qr") || len(c.fake.Sales()) != 1 {
		t.Errorf("says %q, with %v", s.Message.Key, s.Buttons())
	}
	if err := c.do("wait 8s"); err != nil || !c.register.State.Free() {
		t.Errorf("the counter is not free (%v)", err)
	}
	if s := c.fake.Sales()[0].Status(); s != payment.StatusCancelled {
		t.Errorf("the sale is %s", s)
	}
}
