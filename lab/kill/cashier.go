// Package kill breaks the real thing: broker, gateway and firmware as processes
// under load, killed at random; afterwards nothing may be lost, nothing twice.
package kill

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"till/cloud/sandbox"
	"till/display"
	"till/lab/counter"
	"till/lab/kill/apart"
	"till/payment"
)

// Wallets are those whose codes a customer may show.
var Wallets = []payment.Wallet{payment.WeChat, payment.Alipay, payment.UnionPay}

// managerPIN is that of the demo's terminal.
const managerPIN = "2580"

// Cashier sells at random, with customers who behave at random, and goes on
// whatever fails: what counts is what the books say in the end.
type Cashier struct {
	system *apart.System
	random *rand.Rand
	byQR   bool // the newest attempt's code is, or was, on the screen

	mu    sync.Mutex
	codes []string
	did   map[string]int
}

// NewCashier is a cashier at a system's terminal.
func NewCashier(s *apart.System, random *rand.Rand) *Cashier {
	return &Cashier{system: s, random: random, did: map[string]int{}}
}

// Codes are all codes that customers showed so far.
func (c *Cashier) Codes() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.codes)
}

// Did says how often what was done.
func (c *Cashier) Did() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprint(c.did)
}

func (c *Cashier) note(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.did[what]++
}

// ErrFault says that the terminal stopped by itself, which nothing here excuses.
var ErrFault = errors.New("the terminal shows a fault")

// look is the state on the screen; false while the terminal is off.
func (c *Cashier) look() (counter.State, <-chan struct{}, bool, error) {
	raw, changed := c.system.Terminal.State()
	var s counter.State
	if raw == nil {
		return s, changed, false, nil
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return s, changed, false, fmt.Errorf("read the state: %w", err)
	}
	if s.Screen == "fault" {
		return s, changed, true, fmt.Errorf("%w: %s", ErrFault, raw)
	}
	return s, changed, true, nil
}

// patience is how long a cashier waits for a change before looking again.
const patience = 300 * time.Millisecond

// Work sells until ctx ends. Its error is a terminal that cannot sell any more.
func (c *Cashier) Work(ctx context.Context) error {
	return c.each(ctx, func(s counter.State) bool { c.act(ctx, s); return false })
}

// GoHome begins nothing new, ends what is on the screen, and returns once all is
// printed and in the ledger.
func (c *Cashier) GoHome(ctx context.Context) error {
	var home bool
	err := c.each(ctx, func(s counter.State) bool {
		home = s.Screen == "ready" && s.Online && s.Queued == 0 && s.Printing == 0
		switch {
		case s.Screen == "ready" && s.Entry.Amount > 0:
			c.key(ctx, "esc")
		case s.Can("done"):
			c.press(ctx, "done")
		case s.Screen != "checking" && s.Screen != "charging" && s.Can("cancel"): // those end by themselves
			c.press(ctx, "cancel")
		}
		return home
	})
	if err == nil && !home {
		raw, _ := c.system.Terminal.State()
		err = fmt.Errorf("the counter does not come to rest: %s", raw)
	}
	return err
}

// each has the states looked at, at every change and now and then, until it is
// enough or ctx ends.
func (c *Cashier) each(ctx context.Context, do func(counter.State) (enough bool)) error {
	for ctx.Err() == nil {
		s, changed, on, err := c.look()
		if err != nil {
			return err
		}
		if on && do(s) {
			return nil
		}
		select {
		case <-changed:
		case <-time.After(patience):
		case <-ctx.Done():
		}
	}
	return nil
}

// answerWithin bounds what the terminal may take with an input.
const answerWithin = 5 * time.Second

// tried drops the error of an input: a terminal that was just killed, or a
// button that has just gone, is what this is about.
func (c *Cashier) tried(ctx context.Context, do func(context.Context) error) {
	ctx, done := context.WithTimeout(ctx, answerWithin)
	defer done()
	_ = do(ctx)
}

func (c *Cashier) press(ctx context.Context, button string) {
	c.tried(ctx, func(ctx context.Context) error {
		return c.system.Terminal.Press(ctx, display.InputEvent{Button: button})
	})
}

func (c *Cashier) key(ctx context.Context, keys ...string) {
	for _, k := range keys {
		c.tried(ctx, func(ctx context.Context) error {
			return c.system.Terminal.Press(ctx, display.InputEvent{Key: k})
		})
	}
}

// one is true one time in n.
func (c *Cashier) one(n int) bool { return c.random.IntN(n) == 0 }

// act does something that the screen allows.
func (c *Cashier) act(ctx context.Context, s counter.State) {
	switch s.Screen {
	case "ready":
		c.begin(ctx, s)
	case "cash":
		if c.one(10) {
			c.press(ctx, "cancel")
			return
		}
		c.note("cash")
		c.press(ctx, "exact")
	case "qr":
		c.customerPays(ctx, s)
	case "charging":
		if c.one(12) {
			c.note("cancel")
			c.press(ctx, "cancel")
		}
	case "checking":
		switch {
		case c.one(8):
			c.press(ctx, "park")
		case c.one(8) && s.Can("cancel"):
			c.note("cancel")
			c.press(ctx, "cancel")
		}
	case "pin":
		c.key(ctx, append(strings.Split(managerPIN, ""), "enter")...)
	case "park":
		c.note("park")
		// Nobody gives goods away for a QR that was not paid: the sale would be open
		// for as long as the customer could still pay, which is 3 minutes.
		if c.byQR {
			c.press(ctx, "other")
		} else {
			c.press(ctx, []string{"goods", "other"}[c.random.IntN(2)])
		}
	case "declined", "expired", "reversed":
		switch c.random.IntN(4) {
		case 0:
			c.scan(ctx)
		case 1:
			c.press(ctx, "cash")
		case 2:
			c.byQR = true
			c.press(ctx, "qr")
		default:
			c.press(ctx, "done")
		}
	case "offline":
		c.press(ctx, []string{"cash", "cancel"}[c.random.IntN(2)])
	default:
		if s.Can("done") {
			c.press(ctx, "done")
		} else {
			c.press(ctx, "cancel")
		}
	}
}

func (c *Cashier) begin(ctx context.Context, s counter.State) {
	if s.Entry.Amount == 0 {
		c.key(ctx, strings.Split(strconv.Itoa(1+c.random.IntN(99_999)), "")...)
	}
	switch n := c.random.IntN(10); {
	case n < 2:
		c.press(ctx, "cash")
	case n < 5:
		c.note("qr")
		c.byQR = true
		c.press(ctx, "qr")
	default:
		c.scan(ctx)
	}
}

// behave has the next charge go as it may go; mostly well.
func (c *Cashier) behave(ctx context.Context) {
	b := sandbox.Approve
	if c.one(2) {
		b = sandbox.Behaviours[c.random.IntN(len(sandbox.Behaviours))]
	}
	c.note(string(b))
	_ = c.system.Cloud.Next(ctx, b) // a gateway that is away is what this is about
}

func (c *Cashier) scan(ctx context.Context) {
	wallet := Wallets[c.random.IntN(len(Wallets))]
	codes, err := c.system.Cloud.Codes(ctx, wallet, 1)
	if err != nil {
		return // the gateway is away
	}
	c.mu.Lock()
	c.codes = append(c.codes, codes...)
	c.mu.Unlock()
	c.behave(ctx)
	c.note("scan")
	c.byQR = false
	c.tried(ctx, func(ctx context.Context) error { return c.system.Terminal.Scan(ctx, []byte(codes[0])) })
}

func (c *Cashier) customerPays(ctx context.Context, s counter.State) {
	switch {
	case s.QR == "":
	case c.one(6):
		c.note("cancel")
		c.press(ctx, "cancel")
	case c.one(6): // a customer who looks for their phone
	default:
		c.behave(ctx)
		if _, err := c.system.Cloud.Pay(ctx, s.QR, Wallets[c.random.IntN(len(Wallets))]); err == nil {
			c.note("pay")
		}
	}
}
