package counter_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"till/cloud/service"
	"till/cmd/tillcmd"
	"till/demo"
	"till/lab/counter"
	"till/payment"
	"till/payment/figures"
	"till/sync/wire"
)

const daySettings = `
[sale]
tax = 875
departments = ["Books / 书籍", "Food / 食品 @ 0"]
discounts = [5, 10, 20]
discount_limit = 10
tips = [15, 18, 20]
items = ["6901234567892 / Green tea / 绿茶 / 350", "4006381333931 / Postcard / 明信片 / 125 @ 0"]
`

// The catalogue's barcodes.
const (
	tea      = "6901234567892"
	postcard = "4006381333931"
)

// day is what should come of a day, reckoned here in another way than the
// terminal does.
type day struct {
	d       *counter.Demo
	total   sums
	wallets map[string]sums
	drawer  int64 // cash that should be in it
	opened  int   // times
	z       int
	refunds int
	voids   int
	who     string         // is signed on
	by      map[string]int // sales of each cashier
}

type sums struct {
	count                          int
	amount, discount, tax, tips    int64
	refunded, voided               int64
	taxBack, tipsBack, discountOff int64
}

// part is a sale as far as a day reckons with it.
type part struct {
	id                        string // of the newest
	total, discount, tax, tip int64
	tenders                   map[string]int64
}

// half rounds a fraction half up.
func half(of, part, whole int64) int64 {
	n := new(big.Int).Mul(big.NewInt(2*of), big.NewInt(part))
	n.Add(n, big.NewInt(whole))
	return n.Div(n, big.NewInt(2*whole)).Int64()
}

// taxed is an amount with the shop's tax, and a discount and a tip in per cent.
func taxed(amount, off, tip int64) part {
	p := part{discount: half(amount, off, 100)}
	net := amount - p.discount
	p.tax, p.tip = half(net, 875, 10_000), half(net, tip, 100)
	p.total = net + p.tax + p.tip
	return p
}

func (y *day) sold(p part, tenders map[string]int64) part {
	p.tenders = tenders
	y.total.count++
	y.by[y.who]++
	y.total.amount += p.total
	y.total.discount += p.discount
	y.total.tax += p.tax
	y.total.tips += p.tip
	for w, amount := range tenders {
		s := y.wallets[w]
		s.count++
		s.amount += amount
		y.wallets[w] = s
		if w == "cash" {
			y.drawer += amount
			y.opened++
		}
	}
	s := y.d.State()
	if s.Last.Amount != p.total || s.Last.Status != "approved" {
		y.d.Fail("the sale is %+v, want one of %d, with %d off, %d of tax and a tip of %d", s.Last, p.total, p.discount, p.tax, p.tip)
	}
	p.id = s.Last.ID
	y.d.Press("done")
	return p
}

// back is money of a sale's one tender that went back.
func (y *day) back(p part, amount int64, void bool) {
	for w, paid := range p.tenders {
		s := y.wallets[w]
		if void {
			s.voided += paid
			y.voids++
		} else {
			s.refunded += amount
			y.refunds++
		}
		y.wallets[w] = s
		if w == "cash" {
			y.drawer -= amount
			y.opened++
		}
	}
	y.total.discountOff += half(p.discount, amount, p.total)
	y.total.taxBack += half(p.tax, amount, p.total)
	y.total.tipsBack += half(p.tip, amount, p.total)
}

func (y *day) approved() { y.d.Screen("approved", soon) }

// kinds are the ways in which a sale is made.
const kinds = 11

// sell makes the n-th sale of the day. Off line, it is one in cash.
func (y *day) sell(n int, online bool) part {
	d := y.d
	amount := int64(300 + 37*n%5000)
	digits := fmt.Sprint(amount)
	kind := n % kinds
	if !online {
		kind = []int{3, 4, 10}[n%3]
	}
	wallet := []string{"wechat", "alipay", "unionpay"}[n%3]
	switch kind {
	case 0: // keyed and scanned
		d.Amount(digits)
		d.Scan(d.Code(wallet))
		y.approved()
		p := taxed(amount, 0, 0)
		return y.sold(p, map[string]int64{wallet: p.total})
	case 1: // a tip
		d.Amount(digits)
		d.Key("enter")
		d.Press("tip_1800")
		d.Scan(d.Code(wallet))
		y.approved()
		p := taxed(amount, 0, 18)
		return y.sold(p, map[string]int64{wallet: p.total})
	case 2: // a department without tax and one with, by QR
		d.Amount(digits)
		d.Press("dept_2")
		d.Amount("1000")
		d.Press("dept_1")
		d.Press("qr")
		qr := d.Await("a QR", soon, func(s counter.State) bool { return s.QR != "" }).QR
		d.Pay(qr)
		y.approved()
		p := part{total: amount + 1000 + 88, tax: 88}
		return y.sold(p, map[string]int64{d.State().Last.Tenders[0].Wallet: p.total})
	case 3: // cash, exact
		d.Amount(digits)
		d.Press("cash")
		d.Press("exact")
		p := taxed(amount, 0, 0)
		return y.sold(p, map[string]int64{"cash": p.total})
	case 4: // cash, with change
		d.Amount(digits)
		d.Press("cash")
		d.Key("9", "9", "9", "00", "enter")
		p := taxed(amount, 0, 0)
		return y.sold(p, map[string]int64{"cash": p.total})
	case 5: // a discount that a cashier may give
		d.Amount(digits)
		d.Press("menu")
		d.Press("discount")
		d.Press("off_1000")
		d.Scan(d.Code(wallet))
		y.approved()
		p := taxed(amount, 10, 0)
		return y.sold(p, map[string]int64{wallet: p.total})
	case 6: // split: some in cash, the rest by wallet
		d.Amount(digits)
		d.Press("menu")
		d.Press("split")
		d.Key("1", "00", "enter")
		d.Press("cash")
		d.Press("exact")
		d.Screen("part", soon)
		d.Scan(d.Code(wallet))
		y.approved()
		p := taxed(amount, 0, 0)
		return y.sold(p, map[string]int64{"cash": 100, wallet: p.total - 100})
	case 7: // a customer who pays no tax
		d.Amount(digits)
		d.Press("menu")
		d.Press("exempt")
		d.Scan(d.Code(wallet))
		y.approved()
		return y.sold(part{total: amount}, map[string]int64{wallet: amount})
	case 9: // what the catalogue has, by its barcodes
		d.Scan(tea)
		d.Scan(postcard)
		d.Scan(tea)
		d.Scan(d.Code(wallet))
		y.approved()
		p := part{tax: half(700, 875, 10_000)}
		p.total = 700 + 125 + p.tax
		return y.sold(p, map[string]int64{wallet: p.total})
	case 10: // the same beside what is keyed, in cash
		d.Amount(digits)
		d.Press("dept_1")
		d.Scan(postcard)
		d.Scan(tea)
		d.Press("cash")
		d.Press("exact")
		p := part{tax: half(amount+350, 875, 10_000)}
		p.total = amount + 350 + 125 + p.tax
		return y.sold(p, map[string]int64{"cash": p.total})
	default: // a discount by a manager, and a tip that was keyed
		d.Amount(digits)
		d.Press("menu")
		d.Press("discount")
		d.Press("off_2000")
		manager(d)
		d.Press("tip")
		d.Key("5", "0", "enter")
		d.Scan(d.Code(wallet))
		y.approved()
		p := taxed(amount, 20, 0)
		p.tip, p.total = 50, p.total+50
		return y.sold(p, map[string]int64{wallet: p.total})
	}
}

// find shows the newest sale on a screen of its own.
func (y *day) find(button string) {
	open(y.d)
	y.d.Press(button)
	manager(y.d)
}

func (y *day) refund(p part, amount int64) {
	y.find("refund")
	y.d.Amount(fmt.Sprint(amount))
	y.d.Press("refund")
	y.d.Await("the money is back", behaviourWithin, func(s counter.State) bool { return strings.Contains(s.Message, "went back") })
	y.back(p, amount, false)
	home(y.d)
}

func (y *day) void(p part) {
	y.find("void")
	y.d.Press("void")
	y.d.Await("it is voided", behaviourWithin, func(s counter.State) bool { return s.LastIs("voided") })
	y.back(p, p.total, true)
	home(y.d)
}

// handOver has whoever is at the counter sign off, and another on.
func (y *day) handOver(to string, proof func(*counter.Demo)) {
	y.d.Press("menu")
	y.d.Press("sign_off")
	y.d.Screen("sign_on", soon)
	proof(y.d)
	y.d.Screen("ready", soon)
	y.who = to
}

func keyPIN(digits string) func(*counter.Demo) {
	return func(d *counter.Demo) {
		d.Amount(digits)
		d.Key("enter")
	}
}

func wangsBadge(d *counter.Demo) { d.Scan(demo.OtherBadge) }

// powerCut signs the first cashier on again.
func (y *day) powerCut() {
	y.d.PowerCut()
	y.d.Online()
	y.who = "Mei"
}

// close counts the drawer and ends the shift.
func (y *day) close() {
	d := y.d
	slips := d.AllOut()
	d.Press("menu")
	d.Press("shift")
	d.Press("close_shift")
	d.Screen("sum", soon)
	if y.drawer > 0 {
		d.Amount(fmt.Sprint(y.drawer))
	}
	d.Key("enter")
	d.Printed(slips + 1)
	y.z++
	y.drawer = 0 // it is taken out, and the next shift opens with no float
	home(d)
}

// A shop opens in the morning, sells all day, and closes at night, with every
// cent explained: journal, ledger, acquirer's book, Z reports and the drawer agree.
func TestDay(t *testing.T) {
	t.Parallel()
	const sales, reportAfter = 200, 110
	dir, settings := t.TempDir(), filepath.Join(t.TempDir(), "sale.toml")
	if err := os.WriteFile(settings, []byte(daySettings), 0o600); err != nil {
		t.Fatal(err)
	}
	d := program.Start(t, counter.Data(dir), counter.Args("-settings", settings))
	d.Online()
	y := &day{d: d, wallets: map[string]sums{}, who: "Mei", by: map[string]int{}}
	for n := range sales {
		switch n {
		case 60: // the cable is out for a while
			d.Link(false)
		case 75:
			d.Link(true)
			d.Online()
		case 40, 150:
			y.powerCut()
		case reportAfter:
			y.close()
		case 25:
			y.handOver("Wang", func(d *counter.Demo) {
				keyPIN("9999")(d)
				if s := d.State(); s.Screen != "sign_on" || s.Message != say("pin_wrong") {
					t.Errorf("a wrong PIN: screen %s says %q", s.Screen, s.Message)
				}
				keyPIN(demo.OtherPIN)(d)
			})
		case 66, 170: // the first while off line
			y.handOver("Wang", wangsBadge)
		case 120:
			y.handOver("Mei", keyPIN(demo.CashierPIN))
		}
		p := y.sell(n, n < 60 || n >= 75)
		single := len(p.tenders) == 1
		switch {
		case n >= 60 && n < 75 || !single:
		case n%20 == 7 || n%20 == 12: // 10 of the first 100 of each kind, less those off line
			if y.refunds < 10 {
				y.refund(p, p.total/3)
			}
		case n%30 == 23:
			if y.voids < 5 {
				y.void(p)
			}
		}
	}
	for n := sales; y.refunds < 10 || y.voids < 5; n++ {
		if p := y.sell(kinds*n, true); y.refunds < 10 {
			y.refund(p, p.total/3)
		} else {
			y.void(p)
		}
	}
	y.close()
	d.Await("all is sent", soon, func(s counter.State) bool { return s.Queued == 0 })
	l := d.Balance() // ledger and acquirer's book
	if len(l.Sales) != y.total.count {
		t.Errorf("the ledger has %d sales of %d", len(l.Sales), y.total.count)
	}
	y.holds(report(t, filepath.Join(dir, "terminal")))
	y.signed(t, filepath.Join(dir, "terminal"))
	d.Interrupt()
	y.reconciles(filepath.Join(dir, "cloud"))
	t.Logf("%d sales of %d, %d refunds, %d voids", y.total.count, y.total.amount, y.refunds, y.voids)
}

// reconciles has the gateway hold the day's journal, ledger and acquirer's book
// against each other: to the cent, and with no difference.
func (y *day) reconciles(dir string) {
	s, err := service.Start(service.Options{Dir: dir, MQTT: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		y.d.Fail("the gateway's books: %v", err)
	}
	today := time.Now().UTC()
	r, err := s.Reconcile(today.AddDate(0, 0, -1).Format(time.DateOnly), today.Format(time.DateOnly), "UTC", nil)
	if err := errors.Join(err, s.Close()); err != nil {
		y.d.Fail("%v", err)
	}
	if len(r.Rows) != 0 || !r.Equal() || r.Sales != y.total.count || len(r.Totals) != len(y.wallets) {
		y.d.Fail("the books of %d sales differ: %+v, %+v", r.Sales, r.Totals, r.Rows)
	}
	for _, t := range r.Totals {
		want := y.wallets[string(t.Wallet)]
		if t.Journal.Charged != want.amount || t.Journal.Refunded != want.refunded || t.Journal.Reversed != want.voided {
			y.d.Fail("%s: the books say %+v, the day was %+v", t.Wallet, t.Journal, want)
		}
	}
}

// signed holds the journal to who was at the counter when.
func (y *day) signed(t *testing.T, data string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "journal")
	if err := tillcmd.Run(t.Context(), []string{"journal", "export", "-data", data, "-o", file}, io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	by, on, wrong := map[string]int{}, []string{}, 0
	for line := range bytes.Lines(raw) {
		var r wire.Record
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		e, err := r.Event()
		if err != nil {
			t.Fatal(err)
		}
		switch e.Kind {
		case payment.SaleCreated:
			by[e.Cashier]++
		case payment.SignedOn:
			on = append(on, e.Operator+" by "+string(e.Means))
		case payment.PINRefused:
			wrong++
		}
	}
	want := []string{
		"mei by settings", "wang by secret", "mei by settings", "wang by secret", "mei by secret", "mei by settings", "wang by secret",
	}
	if !maps.Equal(by, y.by) || !slices.Equal(on, want) || wrong != 1 {
		t.Errorf("the journal has sales of %v, the day had %v; %q signed on, and %d PINs were wrong", by, y.by, on, wrong)
	}
}

// report is the terminal's own word on the day, out of its journal.
func report(t *testing.T, data string) figures.Report {
	t.Helper()
	today := time.Now().UTC()
	var b bytes.Buffer
	args := []string{
		"report", "-data", data, "-zone", "UTC", "-format", "json",
		"-from", today.AddDate(0, 0, -1).Format(time.DateOnly), "-to", today.AddDate(0, 0, 1).Format(time.DateOnly),
	}
	if err := tillcmd.Run(t.Context(), args, &b, &b); err != nil {
		t.Fatal(err)
	}
	var r figures.Report
	if err := json.Unmarshal(b.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// holds holds a report to the day.
func (y *day) holds(r figures.Report) {
	got, want := r.Total, y.total
	if got.Sales != want.count || got.Amount != want.amount || got.Discount != want.discount-want.discountOff ||
		got.Tax != want.tax-want.taxBack || got.Tips != want.tips-want.tipsBack || got.Refunds != y.refunds || got.Voids != y.voids {
		y.d.Fail("the report says\n%+v, the day was\n%+v with %d refunds and %d voids", got, want, y.refunds, y.voids)
	}
	if len(got.Wallets) != len(y.wallets) {
		y.d.Fail("the report has %v, the day %v", got.Wallets, y.wallets)
	}
	for w, s := range y.wallets {
		of := got.Wallets[payment.Wallet(w)]
		if of.Count != s.count || of.Taken != s.amount || of.Refunded != s.refunded || of.Voided != s.voided || of.Late != 0 {
			y.d.Fail("%s: the report says %+v, the day was %+v", w, of, s)
		}
	}
	if len(got.Reports) != y.z || len(r.Unsettled) != 0 {
		y.d.Fail("%d Z reports of %d, not settled %v", len(got.Reports), y.z, r.Unsettled)
	}
	for i, z := range got.Reports {
		if z.Number != uint64(i+1) || z.Over != 0 {
			y.d.Fail("Z report %d: the drawer is off by %d", z.Number, z.Over)
		}
	}
}
