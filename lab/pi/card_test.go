package pi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"till/boards"
	"till/boards/card"
	"till/boards/piboot"
	"till/cloud/service"
	"till/display"
	ledgers "till/lab/counter"
	"till/lab/pi"
	"till/lab/pi/firmware"
	"till/payment"
	"till/sync/wire/enrolment"
)

// cuts is how often the power is cut while the card's terminal sells.
func cuts() int {
	if os.Getenv("TILL_SOAK") != "" {
		return 30
	}
	return 3
}

// The very card that a technician flashes, in an emulated Pi: the first boot
// grows the data partition, gets an address and enrols; the terminal sells and prints.
// Then the power is cut in the middle of sales, again and again: it boots each
// time, and in the end the books agree with what the wallets took.
func TestCard(t *testing.T) {
	t.Parallel()
	c, socket := newCounter(t, secure())
	p := newPi(t, c.writeCard("v1.0.0", nil, ""), socket)
	m := c.boot(p)
	first := m.Console.Reader()
	for _, line := range []string{"the data's file system grew", "msg=booted", "network: address", "msg=enrolled"} {
		if _, err := first.Await(c.soon(), line); err != nil {
			t.Error(err)
		}
	}
	c.bar(display.Bar{Online: true})
	paid := map[string]int64{}
	c.sellQR(12)
	paid[c.receipt(12)] = 12
	c.screen("ready")
	c.sellScan(87)
	c.screen("approved")
	paid[c.receipt(87)] = 87
	c.balance(paid)

	seed := rand.Uint64()
	t.Logf("power cuts from seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	for n := range cuts() {
		kind := n % 3
		moment := time.Duration(random.IntN(1500)) * time.Millisecond
		c.lap(fmt.Sprintf("cut %d: kind %d, after %s", n+1, kind, moment))
		if n > 0 {
			c.home()
		}
		switch kind {
		case 0:
			c.sellScan(int64(20 + n))
		case 1:
			c.sellQR(int64(50 + n))
		case 2:
			c.sellCash(int64(80 + n))
		}
		cut := time.NewTimer(moment)
		<-cut.C
		if err := p.Cut(m); err != nil {
			t.Fatal(err)
		}
		m = c.boot(p)
		c.bar(display.Bar{Online: true})
	}
	c.settled()
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	c.powerToIdle(p)
	c.checkCard(p.Card)
}

// idleWithin is from the kernel's start to the screen that waits for an amount.
const idleWithin = 8 * time.Second

// powerToIdle measures a boot in the guest's own time, which goes by what its
// processors do (500 million instructions a second) and not by what else this
// machine does.
func (c *counter) powerToIdle(p *firmware.Pi) {
	c.t.Helper()
	p.Hardware.Args = []string{"-icount", "shift=1,sleep=off"}
	m, _ := c.switchOn(p)
	ctx, done := context.WithTimeout(c.t.Context(), bootWithin)
	defer done()
	line, err := m.Console.Reader().Await(ctx, "first picture", "screen=ready")
	if err != nil {
		c.t.Fatal(err)
	}
	var seconds float64
	if _, err := fmt.Sscanf(line, "[%f]", &seconds); err != nil {
		c.t.Fatalf("no time in %q: %v", line, err)
	}
	took := time.Duration(seconds * float64(time.Second))
	c.lap(fmt.Sprintf("power to idle: %s of guest time", took))
	if took > idleWithin {
		c.t.Errorf("the screen waits for an amount %s after the kernel's start, at most %s are wanted", took, idleWithin)
	}
	if err := m.Close(); err != nil {
		c.t.Fatal(err)
	}
	p.Hardware.Args = nil
}

func board(t *testing.T) boards.Board {
	t.Helper()
	b, err := boards.ByName("pi3b")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// boot switches the Pi on and waits for its terminal.
func (c *counter) boot(p *firmware.Pi) *pi.Machine {
	c.t.Helper()
	m, slot := c.switchOn(p)
	if slot != piboot.SlotA {
		c.t.Errorf("booted from partition %d, want slot A", slot)
	}
	c.booted(m)
	return m
}

// switchOn switches the Pi on, and says from which partition it boots.
func (c *counter) switchOn(p *firmware.Pi) (*pi.Machine, int) {
	c.t.Helper()
	ctx, done := context.WithTimeout(c.t.Context(), bootWithin)
	defer done()
	m, slot, err := p.Boot(ctx)
	if err != nil {
		c.t.Fatal(err)
	}
	closing(c.t, m)
	c.machine, c.console = m, m.Console.Reader()
	return m, slot
}

// newPi is a Pi with a card in it, and everything plugged in.
func newPi(t *testing.T, card, printer string) *firmware.Pi {
	return &firmware.Pi{
		Card: card, Board: board(t),
		Hardware: pi.Options{Network: true, Tablet: true, Printer: printer, Keyboards: []string{scanner}, Nice: 5},
		// Its log goes to the kernel's: this has it on the console.
		CommandLine: "loglevel=7 printk.devkmsg=on",
	}
}

// secure is a gateway where terminals enrol.
func secure() *service.Secure {
	return &service.Secure{MQTT: "127.0.0.1:0", Enrol: "127.0.0.1:0", Hosts: []string{gatewayAddress}}
}

// siteText is all that is on the card of this shop: what the gateway settles at
// enrolment is not in it.
const siteText = `[enrol]
gateway = "%s"
ca = "%s"
claim = "%s"

[printer]
profile = "80mm"
device = "/dev/ttyUSB0"

[scanner]
device = "/dev/input/event1" # the keyboard; the tablet is event0
`

// settings are what the gateway says of the terminal.
var settings = enrolment.Settings{
	"test": true, "manager_pin": "2580", "merchant.name": "Harbor Museum Shop", "merchant.timezone": zone,
	"merchant.currency": "USD", "merchant.cashier": "Mei", "shift.auto": true,
}

// writeCard makes the board's image, with a claim to be terminal pi-1, as till
// image does, in the size of a card. more is of the site's settings.
func (c *counter) writeCard(version string, trust []byte, more string) string {
	c.t.Helper()
	claim, err := c.cloud.Claim(service.ClaimOrder{Terminal: "pi-1", Settings: settings})
	if err != nil {
		c.t.Fatal(err)
	}
	r := recipe(c.t, version, program(c.t, "./cmd/till", version))
	r.Trust, r.Site = trust, fmt.Appendf([]byte(more), siteText, claim.Gateway, claim.Authority, claim.Code)
	name := filepath.Join(c.t.TempDir(), "card")
	f, err := os.Create(name)
	if err != nil {
		c.t.Fatal(err)
	}
	if err := errors.Join(r.Write(c.t.Context(), f), f.Truncate(firmware.CardSize), f.Close()); err != nil {
		c.t.Fatal(err)
	}
	return name
}

// recipe is of the board's image with a till of this version.
func recipe(t *testing.T, version string, till []byte) *card.Recipe {
	t.Helper()
	kernelFile(t, "vmlinuz") // or it says how to get it
	return &card.Recipe{Board: board(t), Blobs: os.DirFS(filepath.Join(root, ".cache", "blobs")), Till: till, Version: version}
}

// home waits for the screen where amounts are keyed, with none keyed.
func (c *counter) home() { c.t.Helper(); c.amount(0) }

// sellQR keys an amount, shows it as a QR and has a phone pay it.
func (c *counter) sellQR(cents int64) {
	c.t.Helper()
	c.key(cents)
	c.payQR()
}

// sellCash takes the exact amount in cash.
func (c *counter) sellCash(cents int64) {
	c.t.Helper()
	c.key(cents)
	c.press(readyView, "cash", "cash")
	c.press(cashView, "exact", "approved")
}

// sellScan has the scanner type a customer's code.
func (c *counter) sellScan(cents int64) {
	c.t.Helper()
	c.key(cents)
	c.scan(payment.WeChat)
}

// settled waits until every sale has its end, and the ledger agrees with what
// the wallets took.
func (c *counter) settled() {
	c.t.Helper()
	ctx, done := context.WithTimeout(c.t.Context(), 2*within)
	defer done()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		err := c.differ()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			c.t.Fatalf("the books do not agree: %v", err)
		}
	}
}

func (c *counter) differ() error {
	books, err := c.cloud.Books()
	if err != nil {
		return err
	}
	for _, s := range books.Sales {
		switch s.Status {
		case payment.StatusCreated, payment.StatusAuthorizing, payment.StatusChecking:
			return fmt.Errorf("sale %s is %s", s.ID, s.Status)
		}
	}
	raw, err := json.Marshal(books)
	if err != nil {
		return err
	}
	var l ledgers.Ledger
	if err := json.Unmarshal(raw, &l); err != nil {
		return err
	}
	return l.Differ()
}

// checkCard looks for customers' codes on the card: none may be there.
func (c *counter) checkCard(name string) {
	c.t.Helper()
	f, err := os.Open(name)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // it was only read
	const piece, longest = 1 << 20, 32
	window := make([]byte, longest, longest+piece)
	for {
		n, err := f.Read(window[longest : longest+piece])
		for _, code := range c.shown {
			if bytes.Contains(window[:longest+n], []byte(code)) {
				c.t.Error("a customer's code is on the card")
			}
		}
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			c.t.Fatal(err)
		}
		copy(window, window[n:n+longest])
	}
}
