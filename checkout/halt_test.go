package checkout_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"till/checkout"
	"till/payment"
	"till/words"
)

var diskFull = words.Sentence{Key: "halt_disk"}

func (c *counter) mustHandle(events ...checkout.Event) {
	c.t.Helper()
	for _, e := range events {
		if err := c.handle(e); err != nil {
			c.t.Fatalf("%T: %v", e, err)
		}
	}
}

func (c *counter) wantScreen(want checkout.Screen) {
	c.t.Helper()
	if got := c.register.State.Screen; got != want {
		c.t.Errorf("screen %s, want %s", got, want)
	}
}

func online(c *counter) {
	c.mustHandle(checkout.ClockLearned{}, checkout.LinkChanged{Online: true})
}

// No way leads to a new sale while the disk is full, and none is needed to go on
// once it is not.
func TestHaltStopsNewSales(t *testing.T) {
	c := newCounter(t)
	online(c)
	c.mustHandle(checkout.Keyed{Key: "5"}, checkout.HaltChanged{Why: diskFull})
	c.wantScreen(checkout.Halted)
	for _, e := range []checkout.Event{
		checkout.Keyed{Key: "7"}, checkout.Keyed{Key: "enter"}, checkout.Keyed{Key: "esc"},
		checkout.Scanned{Data: []byte(codes["wechat"])}, checkout.Ticked{},
	} {
		c.mustHandle(e)
	}
	if err := c.handle(checkout.Pressed{Button: "cash"}); !errors.Is(err, checkout.ErrNoButton) {
		t.Errorf("cash: %v", err)
	}
	c.mustHandle(checkout.Pressed{Button: "menu"}, checkout.Pressed{Button: "cancel"})
	c.wantScreen(checkout.Halted)
	if n := len(c.fake.Events()); n != 1 { // the shift's
		t.Errorf("%d events were committed", n-1)
	}
	c.mustHandle(checkout.HaltChanged{})
	c.wantScreen(checkout.Ready)
	if got := c.register.State.Entry; got != 5 {
		t.Errorf("what was keyed became %d", got)
	}
	c.mustHandle(checkout.Pressed{Button: "cash"}, checkout.Pressed{Button: "exact"})
	c.wantScreen(checkout.Approved)
}

// A sale that was begun is finished, by another try too; the cash screen that
// was open for a new one is not.
func TestHaltLetsOpenSalesFinish(t *testing.T) {
	c := newCounter(t)
	online(c)
	c.mustHandle(checkout.Keyed{Key: "5"}, checkout.Scanned{Data: []byte(codes["wechat"])}, checkout.HaltChanged{Why: diskFull})
	c.wantScreen(checkout.Charging)
	order := payment.NewOrder(c.fake.Sales()[0].ID, 1)
	c.tell(order, payment.Declined)
	c.wantScreen(checkout.Declined)
	c.mustHandle(checkout.Pressed{Button: "cash"}, checkout.Pressed{Button: "exact"})
	c.wantScreen(checkout.Approved)
	c.mustHandle(checkout.Pressed{Button: "done"})
	c.wantScreen(checkout.Halted)

	c.mustHandle(checkout.HaltChanged{}, checkout.Keyed{Key: "6"}, checkout.Pressed{Button: "cash"}, checkout.HaltChanged{Why: diskFull})
	c.mustHandle(checkout.Pressed{Button: "exact"})
	c.wantScreen(checkout.Halted)
	if n := len(c.fake.Sales()); n != 1 {
		t.Errorf("%d sales, want 1", n)
	}
}

func (c *counter) tell(order payment.Order, status payment.AttemptStatus) {
	c.t.Helper()
	answer, err := c.fake.Answer(order, status)
	if err != nil {
		c.t.Fatal(err)
	}
	c.mustHandle(checkout.Told{Answer: answer})
}

// A journal that is full is sound: the next press is as good as the first. One
// that failed is not, and offers to be opened anew.
func TestFullAndFailedJournals(t *testing.T) {
	c := newCounter(t)
	online(c)
	c.mustHandle(checkout.Keyed{Key: "5"})
	c.fake.FailAppend = fmt.Errorf("the folder is full: %w", checkout.ErrNoRoom)
	if err := c.handle(checkout.Pressed{Button: "qr"}); !errors.Is(err, checkout.ErrNoRoom) {
		t.Errorf("full: %v", err)
	}
	c.wantScreen(checkout.Ready)
	if got := c.register.State.Message.Key; got != "halt_full" {
		t.Errorf("it says %q", got)
	}
	c.fake.FailAppend = nil
	c.mustHandle(checkout.Pressed{Button: "qr"})
	c.wantScreen(checkout.ShowingQR)

	c.fake.FailAppend = checkout.ErrNoRoom // of a sale that exists: its reserve is gone as well
	_ = c.handle(checkout.Pressed{Button: "cancel"})
	c.wantScreen(checkout.Fault)
	if c.register.State.Reopen {
		t.Error("nobody asked for it")
	}
	c.mustHandle(checkout.Pressed{Button: "retry"})
	if !c.register.State.Reopen {
		t.Error("retry asks for nothing")
	}
	c.start()
	if c.register.State.Reopen {
		t.Error("and asks for ever")
	}
}

func TestNoticeGoesByItself(t *testing.T) {
	c := newCounter(t)
	c.mustHandle(checkout.Noticed{Text: words.Sentence{Key: "store_aside"}})
	c.at = c.at.Add(50 * time.Second)
	c.mustHandle(checkout.Ticked{})
	if c.register.State.Message.Key != "store_aside" {
		t.Error("it goes too early")
	}
	c.at = c.at.Add(20 * time.Second)
	c.mustHandle(checkout.Ticked{})
	if c.register.State.Message.Key != "" {
		t.Error("it stays")
	}
}
