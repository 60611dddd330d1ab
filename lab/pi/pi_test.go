package pi_test

import (
	"encoding/json"
	"fmt"
	"image"
	"maps"
	"slices"
	"testing"
	"time"

	"till/cloud/sandbox"
	"till/cmd/tillcmd/doctor"
	"till/display"
	"till/lab/pi"
	"till/payment"
	"till/printer"
	"till/sync/wire"
	"till/words"
)

// Pins of every board, by BCM number (docs/hardware.md).
const (
	drawerPin = 17
	greenPin  = 20
)

// A terminal on an emulated Raspberry Pi sells: its screen, its keys, its touch
// panel, its scanner, its printer, its pins and its network are the machine's
// own, driven and looked at from outside. One boot, since that takes longest.
func TestPi(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.bar(display.Bar{Online: true})

	c.lap("boot")
	// Keyed and shown as a QR by taps, paid by a phone that reads the panel.
	before := len(c.machine.Edges())
	c.sellQR(1234)
	c.screen("approved")
	paid := map[string]int64{c.receipt(1234): 1234}
	// It is lit after the picture is drawn, which a starved machine takes its time for.
	if _, err := c.machine.AwaitEdge(c.soon(), before, pi.Edge{Pin: greenPin, High: true}); err != nil {
		t.Fatal(err)
	}
	if high, err := c.machine.High(c.soon(), greenPin); err != nil || !high {
		t.Errorf("the green light is not lit after an approval (%v)", err)
	}

	c.lap("qr")
	// Cash opens the drawer, for as long as its solenoid can bear.
	before = len(c.machine.Edges())
	if slices.ContainsFunc(c.machine.Edges(), func(e pi.Edge) bool { return e.Pin == drawerPin && e.High }) {
		t.Error("the drawer opened with nothing paid in cash")
	}
	c.sellCash(500)
	for _, edge := range []pi.Edge{{Pin: drawerPin, High: true}, {Pin: drawerPin}} {
		var err error
		if before, err = c.machine.AwaitEdge(c.soon(), before, edge); err != nil {
			t.Fatal(err)
		}
	}
	paid[c.receipt(500)] = 500

	c.lap("cash")
	// Paid by a code that the scanner types.
	c.screen("ready") // by itself
	c.sellScan(87)
	c.screen("approved")
	paid[c.receipt(87)] = 87

	c.lap("scan")
	c.offline()
	c.printer.SetPaper(false)
	c.bar(display.Bar{Online: true, Troubles: []words.Key{"bar_no_paper"}})
	c.doctor(map[string]doctor.State{
		"board.model": doctor.Loaded, "touch.panel": doctor.Loaded, "scanner.device": doctor.Loaded,
		"network.address": doctor.Loaded, "gateway.connect": doctor.Loaded, "printer.status": doctor.Failed,
	})
	c.printer.SetPaper(true)
	c.bar(display.Bar{Online: true})
	c.doctor(map[string]doctor.State{"printer.status": doctor.Loaded})
	c.lap("offline")
	c.balance(paid)
}

// payQR shows the amount as a QR, and has a phone pay what it reads on the panel.
func (c *counter) payQR() {
	c.t.Helper()
	c.press(readyView, "qr", "qr")
	var qr []string
	c.picture("qr", c.see("a QR", func(m *image.RGBA) bool {
		qr = c.codes(m)
		return len(qr) == 1
	}))
	if status, err := c.cloud.Sandbox.Pay(qr[0], payment.Alipay); err != nil || status != sandbox.PayPaid {
		c.t.Fatalf("the phone says %q, want %q (%v)", status, sandbox.PayPaid, err)
	}
}

// offline pulls the cable and plugs it in again. The terminal says so, and its
// status screen tells the truth about it and the printer.
func (c *counter) offline() {
	c.t.Helper()
	say := func(k words.Key) string { return words.Say(words.English, k) }
	connection := display.Row{Left: say("about_connection"), Right: say("bar_online"), Sub: c.broker(), Tone: display.ToneGood}
	paper := display.Row{Left: say("about_printer"), Right: say("about_ready"), Sub: printer.Profile80().Title, Tone: display.ToneGood}
	waiting := display.Row{Left: say("about_waiting"), Right: "0", Tone: display.ToneGood}

	c.screen("ready") // by itself
	c.press(readyView, "menu", "menu")
	c.press(menuView, "status", "status")
	for _, r := range []display.Row{connection, paper, waiting} {
		c.row(r)
	}
	if err := c.machine.SetLink(c.soon(), false); err != nil {
		c.t.Fatal(err)
	}
	pulled := time.Now()
	c.bar(display.Bar{})
	took := time.Since(pulled)
	c.t.Logf("a pulled cable is noticed after %.1f s", took.Seconds())
	if most := 15*time.Second + 10*time.Second; took > most { // 15 s, on a machine that is not as busy as this one may be
		c.t.Errorf("a pulled cable is noticed after %s, at most %s are wanted", took, most)
	}
	connection.Right, connection.Tone = say("bar_offline"), display.ToneBad
	c.picture("status", c.row(connection))
	c.printer.SetPaper(false)
	c.bar(display.Bar{Troubles: []words.Key{"bar_no_paper"}})
	c.printer.SetPaper(true)
	c.bar(display.Bar{})
	if err := c.machine.SetLink(c.soon(), true); err != nil {
		c.t.Fatal(err)
	}
	c.bar(display.Bar{Online: true})
}

// doctor has the gateway ask the terminal to examine itself, and holds the states
// it finds to what they are to be.
func (c *counter) doctor(want map[string]doctor.State) {
	c.t.Helper()
	args, err := json.Marshal(map[string]any{"only": slices.Sorted(maps.Keys(want)), "quiet": true})
	if err != nil {
		c.t.Fatal(err)
	}
	order, err := c.cloud.GiveCommand("pi-1", wire.Examine, args, time.Hour)
	if err != nil {
		c.t.Fatal(err)
	}
	ctx := c.soon()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for order.Ended.IsZero() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			c.t.Fatalf("the doctor does not answer within %s", within)
		}
		if order, _, err = c.cloud.Command("pi-1", order.Command.ID); err != nil {
			c.t.Fatal(err)
		}
	}
	var report doctor.Written
	if err := json.Unmarshal(order.Result.Output, &report); err != nil {
		c.t.Fatalf("%v in what the doctor says: %s %s", err, order.Result.Status, order.Result.Output)
	}
	got := map[string]doctor.State{}
	for _, f := range report.Checks {
		got[f.ID] = f.State
	}
	for id, state := range want {
		if got[id] != state {
			c.t.Errorf("the doctor finds %s %s, want %s", id, got[id], state)
		}
	}
}

// balance waits until the ledger has everything, and holds it to what was paid
// and to what the acquirer took.
func (c *counter) balance(paid map[string]int64) {
	c.t.Helper()
	ctx := c.soon()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		err := c.agree(paid)
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			c.t.Fatalf("the books do not agree within %s: %v", within, err)
		}
	}
}

func (c *counter) agree(paid map[string]int64) error {
	books, err := c.cloud.Books()
	if err != nil {
		return err
	}
	if len(books.Sales) != len(paid) || books.Gaps != 0 {
		return fmt.Errorf("%d sales and %d gaps, want %d and none", len(books.Sales), books.Gaps, len(paid))
	}
	charges := map[payment.SaleID]int64{}
	for _, charge := range books.Charges {
		if charge.Reversed || charge.Refunded != 0 {
			return fmt.Errorf("charge of %s was given back", charge.Sale)
		}
		charges[charge.Sale] += charge.Amount
	}
	for _, sale := range books.Sales {
		order := ""
		for number, amount := range paid {
			if len(number) >= len(sale.ID) && number[:len(sale.ID)] == string(sale.ID) && amount == sale.Amount {
				order = number
			}
		}
		want := sale.Amount
		if sale.Tenders[0].Wallet == payment.Cash {
			want = 0
		}
		if order == "" || sale.Status != payment.StatusApproved || charges[sale.ID] != want {
			return fmt.Errorf("sale %+v with charges of %d: want one of %v", sale, charges[sale.ID], paid)
		}
		delete(charges, sale.ID)
	}
	if len(charges) > 0 {
		return fmt.Errorf("charges %v of no sale", charges)
	}
	return nil
}
