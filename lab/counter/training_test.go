package counter_test

import (
	"bytes"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"till/cmd/tillcmd"
	"till/lab/counter"
	"till/payment/figures"
)

// train begins training.
func train(d *counter.Demo) {
	d.Home()
	d.Press("menu")
	d.Press("training")
	manager(d)
	d.Await("training", soon, func(s counter.State) bool { return s.Training && s.Screen == "ready" })
}

// practise takes cash in training.
func practise(d *counter.Demo, digits string) {
	d.SellCash(digits)
	d.Press("done")
}

// A cashier trains all that a day has. Neither journal, ledger, acquirer nor
// drawer know of it, and every screen and paper says so.
func TestTraining(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d := program.Start(t, counter.Data(dir))
	d.Online()
	d.Sell("1234", "wechat")
	d.AllOut()
	real := d.State().Last
	d.Await("all is sent", soon, func(s counter.State) bool { return s.Queued == 0 })
	before, kicks := d.Balance(), d.Peripherals().Kicks

	train(d)
	slips := d.AllOut()
	d.Amount("1200")
	d.Press("qr")
	shown := d.Await("a QR", soon, func(s counter.State) bool { return s.QR != "" })
	if want := "TRAINING" + shown.Sale.ID + "01"; shown.QR != want {
		t.Errorf("the QR says %q, want %q", shown.QR, want)
	}
	if text := d.ReadCode(d.Get("/terminal/screen.png")); text != shown.QR {
		t.Errorf("a phone reads %q of the screen, state.json says %q", text, shown.QR)
	}
	if status := d.Pay(shown.QR); status != "unknown" {
		t.Errorf("a wallet that scans it says %q", status)
	}
	paid := d.Screen("approved", behaviourWithin)
	if paid.Sale == nil || paid.Sale.Status != "approved" || paid.Last == nil || paid.Last.ID != real.ID {
		t.Errorf("paid: %+v, and the newest real sale is %+v", paid.Sale, paid.Last)
	}
	d.Printed(slips + 1)
	if text := d.Order(slips + 1); text != shown.Sale.ID+"01" {
		t.Errorf("the practice receipt has the code %q", text)
	}
	d.Press("done")
	// It is found again by its receipt, in training alone.
	d.Press("menu")
	d.Scan(shown.Sale.ID + "01")
	d.Screen("sale", soon)
	home(d)
	d.Link(false) // wallets are played whether there is a connection or not
	d.Amount("501")
	d.Scan(d.Code("alipay"))
	d.Screen("declined", soon)
	d.Press("cash")
	d.Press("exact")
	if s := d.State(); s.Message != say("training_drawer") {
		t.Errorf("where the drawer would open: %q", s.Message)
	}
	d.Press("done")
	d.Link(true)
	d.Online()
	d.Press("menu")
	d.Press("shift")
	d.Press("x_report")
	manager(d)
	d.Press("close_shift")
	d.Key("5", "0", "1", "enter")
	d.Printed(slips + 4)
	for n := slips + 1; n <= slips+4; n++ {
		if raw := d.Get(fmt.Sprintf("/terminal/receipt.bin?number=%d", n)); !bytes.Contains(raw, []byte("TRAINING")) {
			t.Errorf("slip %d says nothing of training: %q", n, raw)
		}
	}
	home(d)
	d.Press("menu")
	if s := d.State(); s.Can("training") || s.Can("sign_off") {
		t.Errorf("in training the menu has %+v", s.Buttons)
	}
	d.Press("training_end")
	s := d.Await("the real counter", soon, func(s counter.State) bool { return !s.Training })
	if s.Screen != "ready" || s.Sale != nil || s.Message != say("training_over") {
		t.Errorf("after training: %+v", s)
	}
	d.Press("menu")
	d.Scan(shown.Sale.ID + "01")
	d.Await("nobody knows the practice receipt", soon, func(s counter.State) bool { return s.Message == say("sought_sale_unknown") })
	d.Home()

	if n := d.Peripherals().Kicks; n != kicks {
		t.Errorf("the drawer opened %d times", n-kicks)
	}
	d.Await("all is sent", soon, func(s counter.State) bool { return s.Queued == 0 })
	after := d.Balance()
	if len(after.Sales) != len(before.Sales) || len(after.Charges) != len(before.Charges) {
		t.Errorf("the ledger had %+v, and has %+v", before, after)
	}
	var journal bytes.Buffer
	if err := tillcmd.Run(t.Context(), []string{"journal", "show", "-data", filepath.Join(dir, "terminal")}, &journal, &journal); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(journal.String()), "\n")
	if last := lines[len(lines)-1]; len(lines) != after.Records || !strings.Contains(last, "manager acted, for training") || !strings.Contains(lines[len(lines)-2], "receipt 000001") {
		t.Errorf("the journal has more of training than who allowed it:\n%s", journal.String())
	}
	holdsOneSale(t, report(t, filepath.Join(dir, "terminal")))
}

func holdsOneSale(t *testing.T, r figures.Report) {
	t.Helper()
	if r.Total.Sales != 1 || r.Total.Amount != 1234 || len(r.Total.Reports) != 0 || r.Total.Refunds != 0 || len(r.Unsettled) != 0 {
		t.Errorf("the report: %+v", r.Total)
	}
}

// The power goes in the middle of a practice sale whose receipts wait for paper:
// what comes back is the real counter, and nothing of the other.
func TestPowerCutInTraining(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d := program.Start(t, counter.Data(dir))
	d.Online()
	d.Sell("1234", "wechat")
	d.AllOut()
	kicks := d.Peripherals().Kicks
	train(d)
	d.Paper(false)
	slips := d.Slips()
	practise(d, "500")
	d.Amount("1203") // not answered
	d.Scan(d.Code("wechat"))
	d.Screen("checking", behaviourWithin)
	d.PowerCut()
	s := d.Online()
	if s.Training || s.Screen != "ready" || s.Sale != nil || s.Last == nil || s.Last.Amount != 1234 {
		t.Errorf("after the power cut: %+v", s)
	}
	d.Paper(true)
	d.SellCash("700")
	d.Printed(slips + 1) // and nothing of training
	if n := d.Peripherals().Kicks; n != kicks+1 {
		t.Errorf("the drawer opened %d times", n-kicks)
	}
	if raw := d.Get("/terminal/receipt.bin"); bytes.Contains(raw, []byte("TRAINING")) {
		t.Errorf("a practice receipt comes out after training: %q", raw)
	}
	d.Await("all is sent", soon, func(s counter.State) bool { return s.Queued == 0 })
	if l := d.Balance(); len(l.Sales) != 2 || l.Gaps != 0 {
		t.Errorf("the ledger: %+v", l)
	}
}

// What waits for paper when training ends is dropped; a real receipt among it is not.
func TestPaperInTraining(t *testing.T) {
	t.Parallel()
	d := program.Start(t)
	d.Online()
	d.Paper(false)
	d.SellCash("700")
	d.Home()
	slips := d.Slips()
	train(d)
	for range 3 {
		practise(d, "500")
	}
	d.Press("menu")
	d.Press("training_end")
	d.Await("the practice slips are dropped", soon, func(s counter.State) bool { return !s.Training && s.Printing == 1 })
	d.Paper(true)
	d.Printed(slips + 1)
	if raw := d.Get("/terminal/receipt.bin"); bytes.Contains(raw, []byte("TRAINING")) {
		t.Errorf("a practice receipt comes out after training: %q", raw)
	}
	// The other way round: the first that waits is a practice one.
	train(d)
	d.Paper(false)
	practise(d, "500")
	d.Press("menu")
	d.Press("training_end")
	d.Await("none waits", soon, func(s counter.State) bool { return s.Printing == 0 })
	d.Paper(true)
	d.SellCash("800")
	d.Printed(slips + 2)
	if raw := d.Get("/terminal/receipt.bin"); bytes.Contains(raw, []byte("TRAINING")) {
		t.Errorf("a practice receipt comes out after training: %q", raw)
	}
}

// A cash register hears that the terminal is in training, and waits.
func TestCashRegisterWaitsForTraining(t *testing.T) {
	t.Parallel()
	d, r := withRegister(t)
	d.Online()
	const order = `{"amount":1234,"currency":"USD"}`
	train(d)
	status, answer := r.do(http.MethodPut, "/v1/sales/a-1", order)
	if status != http.StatusConflict || !strings.Contains(string(answer), "trains") {
		t.Errorf("an order while somebody trains: %d %s", status, answer)
	}
	if _, answer := r.do(http.MethodGet, "/v1/status", ""); !strings.Contains(string(answer), `"training":true`) || !strings.Contains(string(answer), `"free":false`) {
		t.Errorf("status: %s", answer)
	}
	practise(d, "500") // the order is on neither counter
	d.Press("menu")
	d.Press("training_end")
	r.sale(http.MethodPut, "/v1/sales/a-1", order, http.StatusCreated)
	d.Await("the order", 5*time.Second, func(s counter.State) bool { return s.Entry.Amount == 1234 })
	if _, answer := r.do(http.MethodGet, "/v1/status", ""); strings.Contains(string(answer), "training") {
		t.Errorf("status: %s", answer)
	}
}
