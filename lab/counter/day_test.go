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
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"till/cloud/reconcile"
	"till/cloud/service"
	"till/cmd/tillcmd"
	"till/demo"
	"till/lab/counter"
	"till/payment"
	"till/payment/figures"
	"till/sync/wire"
	"till/words"
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
// terminal does: from what was keyed.
type day struct {
	d        *counter.Demo
	shifts   []*shift // the last one is open
	sales    []*part
	receipts int
	unpaid   int // sales that came to nothing
	kicks    int // how often the drawer opened, for whatever reason
	moved    []string
	who      string         // is signed on
	by       map[string]int // sales of each cashier, paid or not
	held     int
	heldSum  int64
	parked   []*part
	waiting  []back // refunds that wait for the cable
}

// shift is what its Z report has to say.
type shift struct {
	float, in, out, counted     int64
	noSales, sales              int
	first, last                 int // receipts
	amount, discount, tax, tips int64
	refunds, voids              int
	wallets                     map[string]sums
	unresolved, held            int
	heldSum                     int64
	forward                     map[string]int64 // what is unresolved, as the paper has it
	unsent                      int              // records
}

// sums are the money of one kind of payment.
type sums struct {
	count                   int
	taken, refunded, voided int64
}

func (s sums) kept() int64 { return s.taken - s.refunded - s.voided }

func (s sums) plus(o sums) sums {
	return sums{s.count + o.count, s.taken + o.taken, s.refunded + o.refunded, s.voided + o.voided}
}

func (s *shift) all() (all sums) {
	for _, of := range s.wallets {
		all = all.plus(of)
	}
	return all
}

func (s *shift) expected() int64 { return s.float + s.in - s.out + s.wallets["cash"].kept() }

// plus is what both shifts come to.
func (s *shift) plus(o *shift) *shift {
	n := &shift{
		in: s.in + o.in, out: s.out + o.out, noSales: s.noSales + o.noSales, sales: s.sales + o.sales, amount: s.amount + o.amount,
		discount: s.discount + o.discount, tax: s.tax + o.tax, tips: s.tips + o.tips, refunds: s.refunds + o.refunds, voids: s.voids + o.voids,
		wallets: maps.Clone(s.wallets),
	}
	for w, of := range o.wallets {
		n.wallets[w] = n.wallets[w].plus(of)
	}
	return n
}

// part is a sale as far as a day reckons with it.
type part struct {
	id                        string
	receipt                   int
	total, discount, tax, tip int64
	tenders                   []tender
	given                     int64 // that went back
}

type tender struct {
	wallet       string
	amount, back int64
}

// back is money of a tender that is to go back.
type back struct {
	of     *part
	tender int
	amount int64
}

func paid(amount int64, wallet string) tender { return tender{wallet: wallet, amount: amount} }

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

// dollars is an amount as paper and screens have it.
func dollars(cents int64) string {
	sign := ""
	if cents < 0 {
		sign, cents = "-", -cents
	}
	whole := fmt.Sprint(cents / 100)
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return fmt.Sprintf("%s$%s.%02d", sign, whole, cents%100)
}

func (y *day) shift() *shift { return y.shifts[len(y.shifts)-1] }

func (y *day) opened(float int64) {
	y.shifts = append(y.shifts, &shift{float: float, wallets: map[string]sums{}})
	y.moved = append(y.moved, fmt.Sprintf("%s %d", payment.ShiftOpened, float))
}

func (y *day) move(why payment.Movement, amount int64) {
	y.kicks++
	y.moved = append(y.moved, fmt.Sprintf("%s %d", why, amount))
}

// complete reckons with a sale that is paid.
func (y *day) complete(p *part) {
	s := y.shift()
	y.receipts++
	p.receipt = y.receipts
	if s.first == 0 {
		s.first = p.receipt
	}
	s.last = p.receipt
	s.sales++
	s.amount += p.total
	s.discount += p.discount
	s.tax += p.tax
	s.tips += p.tip
	for _, t := range p.tenders {
		s.wallets[t.wallet] = s.wallets[t.wallet].plus(sums{count: 1, taken: t.amount})
		if t.wallet == "cash" {
			y.kicks++
		}
	}
	y.sales = append(y.sales, p)
}

// sold reckons with the sale that the screen says is paid.
func (y *day) sold(p part, tenders ...tender) *part {
	p.tenders = tenders
	y.by[y.who]++
	y.complete(&p)
	s := y.d.State()
	var got []tender
	for _, t := range s.Last.Tenders {
		got = append(got, tender{wallet: t.Wallet, amount: t.Amount})
	}
	if s.Last.Amount != p.total || s.Last.Status != "approved" || !slices.Equal(got, tenders) {
		y.d.Fail("the sale is %+v, want one of %d, with %d off, %d of tax and a tip of %d, paid by %v", s.Last, p.total, p.discount, p.tax, p.tip, tenders)
	}
	p.id = s.Last.ID
	return &p
}

// done is sold on a screen that is left.
func (y *day) done(p part, tenders ...tender) *part {
	of := y.sold(p, tenders...)
	y.d.Press("done")
	return of
}

// gone reckons with money that went back.
func (y *day) gone(b back, void bool) {
	s, p := y.shift(), b.of
	t := &p.tenders[b.tender]
	went := sums{refunded: b.amount}
	if void {
		went = sums{voided: b.amount}
		s.voids++
	} else {
		s.refunds++
	}
	s.wallets[t.wallet] = s.wallets[t.wallet].plus(went)
	if t.wallet == "cash" {
		y.kicks++
	}
	share := func(of int64) int64 { return half(of, p.given+b.amount, p.total) - half(of, p.given, p.total) }
	s.discount -= share(p.discount)
	s.tax -= share(p.tax)
	s.tips -= share(p.tip)
	t.back += b.amount
	p.given += b.amount
}

func (y *day) approved() { y.d.Screen("approved", soon) }

// kinds are the ways in which a sale is made.
const kinds = 14

// sell makes the n-th sale of the day. Off line, it is one in cash.
func (y *day) sell(n int, online bool) *part {
	d := y.d
	amount := int64(300 + 37*n%5000)
	digits := fmt.Sprint(amount)
	kind := n % kinds
	if !online {
		kind = []int{3, 4, 10}[n%3]
	}
	wallets := []string{"wechat", "alipay", "unionpay"}
	wallet, another := wallets[n%3], wallets[(n+1)%3]
	switch kind {
	case 0: // keyed and scanned
		d.Amount(digits)
		d.Scan(d.Code(wallet))
		y.approved()
		p := taxed(amount, 0, 0)
		return y.done(p, paid(p.total, wallet))
	case 1: // a tip
		d.Amount(digits)
		d.Key("enter")
		d.Press("tip_1800")
		d.Scan(d.Code(wallet))
		y.approved()
		p := taxed(amount, 0, 18)
		return y.done(p, paid(p.total, wallet))
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
		return y.done(p, paid(p.total, d.State().Last.Tenders[0].Wallet)) // the phone's choice
	case 3: // cash, exact
		d.Amount(digits)
		d.Press("cash")
		d.Press("exact")
		p := taxed(amount, 0, 0)
		return y.done(p, paid(p.total, "cash"))
	case 4: // cash, with change
		d.Amount(digits)
		d.Press("cash")
		d.Key("9", "9", "9", "00", "enter")
		p := taxed(amount, 0, 0)
		return y.done(p, paid(p.total, "cash"))
	case 5: // a discount that a cashier may give
		d.Amount(digits)
		y.discount("off_1000")
		d.Scan(d.Code(wallet))
		y.approved()
		p := taxed(amount, 10, 0)
		return y.done(p, paid(p.total, wallet))
	case 6: // split: some in cash, the rest by wallet
		d.Amount(digits)
		y.split("1", "00")
		d.Press("cash")
		d.Press("exact")
		d.Screen("part", soon)
		d.Scan(d.Code(wallet))
		y.approved()
		p := taxed(amount, 0, 0)
		return y.done(p, paid(100, "cash"), paid(p.total-100, wallet))
	case 7: // a customer who pays no tax
		d.Amount(digits)
		d.Press("menu")
		d.Press("exempt")
		d.Scan(d.Code(wallet))
		y.approved()
		return y.done(part{total: amount}, paid(amount, wallet))
	case 9: // what the catalogue has, by its barcodes
		d.Scan(tea)
		d.Scan(postcard)
		d.Scan(tea)
		d.Scan(d.Code(wallet))
		y.approved()
		p := part{tax: half(700, 875, 10_000)}
		p.total = 700 + 125 + p.tax
		return y.done(p, paid(p.total, wallet))
	case 10: // the same beside what is keyed, in cash
		d.Amount(digits)
		d.Press("dept_1")
		d.Scan(postcard)
		d.Scan(tea)
		d.Press("cash")
		d.Press("exact")
		p := part{tax: half(amount+350, 875, 10_000)}
		p.total = amount + 350 + 125 + p.tax
		return y.done(p, paid(p.total, "cash"))
	case 11: // a discount and a tip, both in per cent
		d.Amount(digits)
		y.discount("off_500")
		d.Press("tip")
		d.Press("tip_1500")
		d.Scan(d.Code(wallet))
		y.approved()
		p := taxed(amount, 5, 15)
		return y.done(p, paid(p.total, wallet))
	case 12: // two friends, each with a wallet of their own, with discount and tip
		d.Amount(digits)
		y.discount("off_1000")
		d.Press("tip")
		d.Press("tip_2000")
		y.split("1", "5", "0")
		d.Scan(d.Code(wallet))
		d.Screen("part", soon)
		d.Scan(d.Code(another))
		y.approved()
		p := taxed(amount, 10, 20)
		return y.done(p, paid(150, wallet), paid(p.total-150, another))
	case 13: // in three: a wallet, another one, and cash
		d.Amount(digits)
		y.split("9", "9")
		d.Scan(d.Code(wallet))
		d.Screen("part", soon)
		d.Press("split")
		d.Key("1", "0", "1", "enter")
		d.Scan(d.Code(another))
		d.Screen("part", soon)
		d.Press("cash")
		d.Press("exact")
		p := taxed(amount, 0, 0)
		return y.done(p, paid(99, wallet), paid(101, another), paid(p.total-200, "cash"))
	default: // a discount by a manager, and a tip that was keyed
		d.Amount(digits)
		y.discount("off_2000")
		manager(d)
		d.Press("tip")
		d.Key("5", "0", "enter")
		d.Scan(d.Code(wallet))
		y.approved()
		p := taxed(amount, 20, 0)
		p.tip, p.total = 50, p.total+50
		return y.done(p, paid(p.total, wallet))
	}
}

func (y *day) discount(button string) {
	y.d.Press("menu")
	y.d.Press("discount")
	y.d.Press(button)
}

func (y *day) split(keys ...string) {
	y.d.Press("menu")
	y.d.Press("split")
	y.d.Key(append(keys, "enter")...)
}

// find shows the newest sale on a screen of its own.
func (y *day) find(button string) {
	open(y.d)
	y.d.Press(button)
	manager(y.d)
}

// refund gives back of the newest sale, of the first tender that has anything left.
func (y *day) refund(p *part, amount int64) {
	of := slices.IndexFunc(p.tenders, func(t tender) bool { return t.back < t.amount })
	y.find("refund")
	if amount == p.tenders[of].amount-p.tenders[of].back {
		y.d.Press("all")
	} else {
		y.d.Amount(fmt.Sprint(amount))
		y.d.Press("refund")
	}
	want := say("refund_done", "amount", dollars(amount))
	y.d.Await("the money is back", behaviourWithin, func(s counter.State) bool { return s.Message == want })
	y.gone(back{p, of, amount}, false)
	home(y.d)
}

// refundAll gives back of a sale tender by tender, the first of them in two parts,
// and asks for more than one of them has.
func (y *day) refundAll(p *part) {
	first := p.tenders[0].amount
	y.refund(p, first/3)
	y.find("refund")
	y.d.Amount(fmt.Sprint(first - first/3 + 1))
	if s := y.d.State(); s.Screen != "refund" || s.Can("refund") {
		y.d.Fail("more than is left of a tender can go back: screen %s, %+v", s.Screen, s.Buttons)
	}
	y.d.Key("esc", "esc") // clears what is keyed, and leaves
	home(y.d)
	y.refund(p, first-first/3)
	for _, t := range p.tenders[1:] {
		y.refund(p, t.amount)
	}
	if s := y.d.State(); !s.LastIs("refunded") {
		y.d.Fail("all went back, and it is %+v", s.Last)
	}
}

func (y *day) void(p *part) {
	y.find("void")
	y.d.Press("void")
	y.d.Await("it is voided", behaviourWithin, func(s counter.State) bool { return s.LastIs("voided") })
	for i, t := range p.tenders {
		y.gone(back{p, i, t.amount}, true)
	}
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

// cutCharging has the power go while a wallet is asked, and is what becomes of it.
func (y *day) cutCharging(behaviour, wallet string, amount int64, ends string) {
	d := y.d
	d.Next(behaviour)
	d.Amount(fmt.Sprint(amount))
	d.Scan(d.Code(wallet))
	d.Charged()
	if s := d.State(); s.Settled() {
		d.Fail("%s: it has ended before the power went: %+v", behaviour, s.Last)
	}
	id := d.State().Last.ID
	y.by[y.who]++
	y.powerCut()
	s := d.Await("its end", behaviourWithin, func(s counter.State) bool { return s.Settled() && s.Last.ID == id })
	if !s.LastIs(ends) {
		d.Fail("%s, and the power went: it is %+v, want %s", behaviour, s.Last, ends)
	}
	d.Home()
	if ends != "approved" {
		y.unpaid++
		return
	}
	p := taxed(amount, 0, 0)
	p.id, p.tenders = id, []tender{paid(p.total, wallet)}
	y.complete(&p)
}

// cutBeforePaper has the power go when cash is taken and its receipt is not out:
// it comes out once, and says that it may not be the first.
func (y *day) cutBeforePaper(amount int64) {
	d := y.d
	slips := d.AllOut()
	d.Paper(false)
	d.Amount(fmt.Sprint(amount))
	d.Press("cash")
	d.Press("exact")
	p := taxed(amount, 0, 0)
	y.sold(p, paid(p.total, "cash"))
	y.powerCut()
	if n := d.Slips(); n != slips {
		d.Fail("%d slips without paper", n-slips)
	}
	d.Paper(true)
	d.Printed(slips + 1)
	if n := d.AllOut(); n != slips+1 {
		d.Fail("%d slips of one sale", n-slips)
	}
	slip := d.Slip(slips + 1)
	has := func(label, value string) bool {
		return slices.ContainsFunc(slip, func(l counter.Line) bool {
			return strings.TrimSpace(l.Label) == label && (value == "" || l.Value == value)
		})
	}
	if !has(say("paper_copy"), "") || !has(say("paper_tax"), dollars(p.tax)) || !has(say("paper_tendered"), dollars(p.total)) || !has(say("paper_receipt"), fmt.Sprintf("%06d", y.receipts)) {
		d.Fail("the receipt that the power cut off is %+v", slip)
	}
	home(d)
}

// A cable that is out for an hour. No hour passes here: the programs are real ones on
// the machine's own clock, and the demo's pace divides nothing but what wallets make
// the gateway wait. What an hour of it brings stands for it: a payment that is in
// flight as it goes, and parked; codes and QRs that are refused; a refund that has to
// wait; fifteen sales in cash; the end of a shift with all of that carried forward, and
// the beginning of the next. Nothing at the counter asks how long it is out.
func (y *day) cableOut(p *part) {
	d := y.d
	// The wallet takes the money, and nobody says so before the cable is out.
	const amount = 1500
	d.Next("silent")
	d.Amount(fmt.Sprint(amount))
	d.Scan(d.Code("alipay"))
	d.Charged()
	d.Link(false)
	d.Await("off line", noticedWithin, offline)
	d.Screen("checking", noticedWithin)
	slips := d.AllOut()
	d.Press("park")
	manager(d)
	d.Press("goods")
	d.Printed(slips + 1)
	s := d.State()
	if !s.LastIs("parked") {
		d.Fail("parked: %+v", s.Last)
	}
	parked := taxed(amount, 0, 0)
	parked.id, parked.tenders = s.Last.ID, []tender{paid(parked.total, "alipay")}
	y.parked = append(y.parked, &parked)
	y.by[y.who]++
	d.Press("done")

	d.Amount("1234")
	for _, way := range []func(){func() { d.Scan(d.Code("wechat")) }, func() { d.Press("qr") }} {
		way()
		if s := d.State(); s.Screen != "offline" || s.Can("qr") || !s.Can("cash") {
			d.Fail("a wallet off line: %s, buttons %+v", s.Screen, s.Buttons)
		}
		d.Press("cancel")
	}
	d.Key("esc")

	// The sale before that one is found by its receipt.
	d.Press("menu")
	d.Press("sales")
	for _, b := range d.State().Buttons {
		if strings.HasPrefix(b.ID, "sale_") && strings.HasSuffix(b.ID, p.id) {
			d.Press(b.ID)
		}
	}
	d.Press("refund")
	manager(d)
	d.Amount("111")
	d.Press("refund")
	if s := d.State(); s.Message != say("refund_waits") {
		d.Fail("a refund off line: %q", s.Message)
	}
	y.waiting = append(y.waiting, back{p, 0, 111})
	home(d)
}

// cableIn is what comes of all that waited.
func (y *day) cableIn() {
	d := y.d
	d.Link(true)
	d.Online()
	d.Booked("what waited for the cable is done", behaviourWithin, func(l counter.Ledger) bool {
		for _, p := range y.parked {
			if s, ok := l.Sale(p.id); !ok || s.Status != "approved" {
				return false
			}
		}
		for _, b := range y.waiting {
			if s, ok := l.Sale(b.of.id); !ok || s.Refunded != b.of.given+b.amount {
				return false
			}
		}
		return true
	})
	for _, p := range y.parked {
		y.complete(p)
	}
	for _, b := range y.waiting {
		y.gone(b, false)
	}
	y.parked, y.waiting = nil, nil
}

// toShift opens the shift's screen.
func (y *day) toShift() {
	y.d.Press("menu")
	y.d.Press("shift")
}

// reason says why the drawer is opened, where that is asked.
func reason(d *counter.Demo) {
	if d.State().Can("reason_check") {
		d.Press("reason_check")
	}
}

// drawer has everything that opens the drawer with nothing sold, twice over.
func (y *day) drawer() {
	d, s := y.d, y.shift()
	y.toShift()
	for _, in := range []int64{5000, 250} {
		d.Press("pay_in")
		d.Amount(fmt.Sprint(in))
		d.Key("enter")
		y.move(payment.PayIn, in)
		s.in += in
	}
	for _, out := range []int64{1999, 1} {
		d.Press("pay_out")
		manager(d)
		d.Amount(fmt.Sprint(s.expected() + 1))
		d.Key("enter")
		if s := d.State(); s.Message != say("pay_out_too_much") {
			d.Fail("more is paid out than there is: %q", s.Message)
		}
		d.Key("esc")
		d.Amount(fmt.Sprint(out))
		d.Key("enter")
		y.move(payment.PayOut, out)
		s.out += out
	}
	for range 3 {
		d.Press("no_sale")
		reason(d)
		manager(d)
		reason(d)
		y.move(payment.NoSale, 0)
		s.noSales++
	}
	home(d)
	y.kicked()
}

// kicked holds how often the drawer opened.
func (y *day) kicked() {
	if n := y.d.Peripherals().Kicks; n != y.kicks {
		y.d.Fail("the drawer opened %d times, want %d", n, y.kicks)
	}
}

// hold puts a sale aside.
func (y *day) hold(amount int64) {
	y.d.Amount(fmt.Sprint(amount))
	y.d.Press("menu")
	y.d.Press("hold")
	y.held, y.heldSum = y.held+1, y.heldSum+taxed(amount, 0, 0).total
}

// recall has a held sale paid in cash.
func (y *day) recall(row string, amount int64) {
	d := y.d
	d.Press("menu")
	d.Press("held")
	d.Press(row)
	d.Press("cash")
	d.Press("exact")
	p := taxed(amount, 0, 0)
	y.done(p, paid(p.total, "cash"))
	y.held, y.heldSum = y.held-1, y.heldSum-p.total
}

// xReport prints what the shift has come to so far.
func (y *day) xReport() {
	d := y.d
	slips := d.AllOut()
	y.toShift()
	d.Press("x_report")
	manager(d)
	d.Printed(slips + 1)
	home(d)
	y.forward()
	y.shift().onPaper(d, d.Slip(0), 0, false)
}

// forward takes down what is carried forward.
func (y *day) forward() {
	s := y.shift()
	s.held, s.heldSum = y.held, y.heldSum
	s.unresolved, s.forward = len(y.parked)+len(y.waiting), map[string]int64{}
	for _, p := range y.parked {
		s.forward[p.id[len(p.id)-6:]+" "+say("paper_open_payment")] = p.total
	}
	for _, b := range y.waiting {
		s.forward[fmt.Sprintf("%06d ", b.of.receipt)+say("paper_open_refund")] = -b.amount
	}
}

// close counts the drawer and ends the shift, with so much more in the drawer than
// there should be.
func (y *day) close(over int64) {
	d, s := y.d, y.shift()
	y.kicked()
	y.forward()
	slips := d.AllOut()
	y.toShift()
	d.Press("close_shift")
	d.Screen("sum", soon)
	s.counted = s.expected() + over
	d.Amount(fmt.Sprint(s.counted))
	if now := d.State(); !now.Online {
		s.unsent = now.Queued
	}
	d.Key("enter")
	d.Printed(slips + 1)
	y.moved = append(y.moved, fmt.Sprintf("%s %d", payment.ShiftClosed, s.counted))
	z := d.Slip(0)
	s.onPaper(d, z, len(y.shifts), false)
	d.Press("z_report")
	d.Printed(slips + 2)
	s.onPaper(d, d.Slip(0), len(y.shifts), true)
	home(d)
}

// open begins the next shift, with so much in the drawer.
func (y *day) open(float int64) {
	d := y.d
	y.toShift()
	d.Press("open_shift")
	d.Screen("sum", soon)
	d.Amount(fmt.Sprint(float))
	d.Key("enter")
	y.opened(float)
	home(d)
}

// onPaper holds a printed report, line by line, to what the shift came to. A Z report
// has a number, an X report none.
func (s *shift) onPaper(d *counter.Demo, slip []counter.Line, number int, again bool) {
	got, order := figuresOn(slip)
	want := map[string]string{}
	put := func(part words.Key, label, value string) { want[say(part)+"/"+label] = value }
	some := func(part words.Key, label string, amount int64) {
		if amount != 0 {
			put(part, label, dollars(amount))
		}
	}
	const sales, ways, drawer, often = words.Key("paper_part_sales"), words.Key("paper_part_ways"), words.Key("paper_part_drawer"), words.Key("paper_part_count")
	all := s.all()
	put(sales, say("paper_sales"), fmt.Sprint(s.sales))
	put(sales, say("paper_first"), fmt.Sprintf("%06d", s.first))
	put(sales, say("paper_last"), fmt.Sprintf("%06d", s.last))
	put(sales, say("paper_gross"), dollars(s.amount))
	some(sales, say("paper_back"), -all.refunded-all.voided)
	put(sales, say("paper_kept"), dollars(s.amount-all.refunded-all.voided)) // every sale is paid in the shift that ends it
	some(sales, say("paper_tax"), s.tax)
	some(sales, say("paper_tip"), s.tips)
	some(sales, say("paper_discounts"), s.discount)
	way := func(name string, of sums) {
		put(ways, name, fmt.Sprintf("x %d", of.count))
		put(ways, name+"/"+say("paper_taken"), dollars(of.taken))
		some(ways, name+"/"+say("paper_way_refunded"), -of.refunded)
		some(ways, name+"/"+say("paper_way_voided"), -of.voided)
		put(ways, name+"/"+say("paper_kept"), dollars(of.kept()))
	}
	for w, of := range s.wallets {
		way(payment.Wallet(w).Name(), of)
	}
	way(say("paper_part_all"), all)
	delete(want, say(ways)+"/"+say("paper_part_all")+"/"+say("paper_kept")) // large, so it comes as a picture; under the sales it stands too
	put(drawer, say("paper_float"), dollars(s.float))
	put(drawer, say("paper_cash_kept"), dollars(s.wallets["cash"].kept()))
	put(drawer, say("paper_paid_in"), dollars(s.in))
	put(drawer, say("paper_paid_out"), dollars(-s.out))
	put(drawer, say("paper_expected"), dollars(s.expected()))
	strict := []string{say(sales), say(ways), say(drawer)}
	if number > 0 {
		put(drawer, say("paper_counted"), dollars(s.counted))
		verdict := words.Key("paper_exact")
		switch {
		case s.counted > s.expected():
			verdict = "paper_over"
		case s.counted < s.expected():
			verdict = "paper_short"
		}
		put(drawer, say(verdict), dollars(s.counted-s.expected()))
		want["/"+say("paper_z_number")] = fmt.Sprintf("%06d", number)
	}
	put(often, say("paper_refunds"), fmt.Sprint(s.refunds))
	put(often, say("paper_voids"), fmt.Sprint(s.voids))
	put(often, say("paper_no_sale"), fmt.Sprint(s.noSales))
	forward := words.Key("paper_part_forward")
	if number == 0 {
		forward = "paper_part_open"
	}
	put(forward, say("paper_unresolved"), fmt.Sprint(s.unresolved))
	if s.held > 0 {
		put(forward, say("paper_held"), fmt.Sprint(s.held))
	}
	some(forward, say("paper_held_amount"), s.heldSum)
	for what, amount := range s.forward {
		put(forward, what, dollars(amount))
	}
	if s.unsent > 0 {
		put(forward, say("paper_unsent"), fmt.Sprint(s.unsent))
	} else {
		delete(got, say(forward)+"/"+say("paper_unsent")) // on line, some are on their way at any time
	}
	strict = append(strict, say(forward)) // a copy says what the report said
	if title := say("paper_copy"); slices.ContainsFunc(slip, func(l counter.Line) bool { return strings.TrimSpace(l.Label) == title }) != again {
		d.Fail("the report says that it is a copy, or does not: %+v", slip)
	}
	for at, value := range want {
		if got[at] != value {
			d.Fail("report %d says %q of %s, want %q", number, got[at], at, value)
		}
	}
	for _, at := range order {
		part, _, _ := strings.Cut(at, "/")
		if _, known := want[at]; !known && got[at] != "" && slices.Contains(strict, part) {
			d.Fail("report %d says %s %q, of which the day knows nothing", number, at, got[at])
		}
	}
	for _, at := range order {
		if n := len(slices.DeleteFunc(slices.Clone(order), func(x string) bool { return x != at })); n > 1 {
			d.Fail("report %d says %s %d times", number, at, n)
		}
	}
}

// figuresOn are the figures of a printed report, each by its part and its label, and
// by the way of payment where that is one; and those in the order of the paper.
func figuresOn(slip []counter.Line) (got map[string]string, order []string) {
	got = map[string]string{}
	part, way := "", ""
	parts := []string{
		say("paper_part_sales"), say("paper_part_ways"), say("paper_part_drawer"), say("paper_part_count"),
		say("paper_part_late"), say("paper_part_forward"), say("paper_part_open"),
	}
	for _, l := range slip {
		label := strings.TrimSpace(l.Label)
		if l.Value == "" {
			if slices.Contains(parts, label) {
				part, way = label, ""
			}
			continue
		}
		if strings.HasPrefix(l.Value, "x ") {
			way = label
		} else if way != "" {
			label = way + "/" + label
		}
		at := part + "/" + label
		got[at] = l.Value
		order = append(order, at)
	}
	return got, order
}

// A shop opens in the morning, sells all day, and closes at night, with every
// cent explained: journal, ledger, acquirer's book, Z reports, on paper and in
// figures, and the drawer agree.
func TestDay(t *testing.T) {
	t.Parallel()
	const sales, out, in = 200, 90, 105
	dir, settings := t.TempDir(), filepath.Join(t.TempDir(), "sale.toml")
	if err := os.WriteFile(settings, []byte(daySettings), 0o600); err != nil {
		t.Fatal(err)
	}
	d := program.Start(t, counter.Data(dir), counter.Args("-settings", settings))
	d.Online()
	y := &day{d: d, who: "Mei", by: map[string]int{}}
	y.opened(0) // by itself, as the demo's terminal does
	var newest *part
	done := map[string]int{} // what was done about split sales
	for n := range sales {
		switch n {
		case out:
			y.hold(700)
			y.hold(345)
			y.cableOut(newest)
		case in:
			y.close(-37)
			y.open(10_000)
			y.cableIn()
			y.recall("held_2", 345)
		case 30:
			y.cutCharging("late", "wechat", 1100, "reversed")
		case 40:
			y.cutCharging("silent", "unionpay", 2345, "approved")
		case 150:
			y.cutBeforePaper(4321)
		case 50, 130:
			y.drawer()
		case 60, 140:
			y.xReport()
		case 25:
			y.handOver("Wang", func(d *counter.Demo) {
				keyPIN("9999")(d)
				if s := d.State(); s.Screen != "sign_on" || s.Message != say("pin_wrong") {
					t.Errorf("a wrong PIN: screen %s says %q", s.Screen, s.Message)
				}
				keyPIN(demo.OtherPIN)(d)
			})
		case 96, 170: // the first while off line
			y.handOver("Wang", wangsBadge)
		case 120:
			y.handOver("Mei", keyPIN(demo.CashierPIN))
		}
		online := n < out || n >= in
		newest = y.sell(n, online)
		switch kind := n % kinds; {
		case n == out-1 || !online:
		case len(newest.tenders) > 1:
			key := fmt.Sprint(kind)
			switch done[key]++; done[key] {
			case 1:
				y.refundAll(newest)
			case 2:
				y.void(newest)
			}
		case n%34 == 7: // in two parts, of which each rounds
			y.refund(newest, newest.total/3)
			y.refund(newest, newest.total/3-1)
		case n%48 == 12:
			y.void(newest)
		}
	}
	y.recall("held_1", 700)
	y.close(105)
	d.Await("all is sent", soon, func(s counter.State) bool { return s.Queued == 0 })
	total := y.shifts[0].plus(y.shifts[1])
	if total.sales < sales || total.refunds < 10 || total.voids < 5 || len(total.wallets) != 4 {
		t.Errorf("the day was no such day: %+v", total)
	}
	l := d.Balance() // ledger and acquirer's book
	if len(l.Sales) != len(y.sales)+y.unpaid {
		t.Errorf("the ledger has %d sales of %d", len(l.Sales), len(y.sales)+y.unpaid)
	}
	for _, p := range y.sales {
		var kept int64
		for _, of := range p.tenders {
			if of.wallet != "cash" {
				kept += of.amount - of.back
			}
		}
		if got := l.Kept(p.id); got != kept {
			t.Errorf("the acquirer keeps %d of sale %s, want %d of %+v", got, p.id, kept, p)
		}
	}
	y.holds(report(t, filepath.Join(dir, "terminal")), total)
	y.records(t, filepath.Join(dir, "terminal"))
	d.Interrupt()
	y.reconciles(filepath.Join(dir, "cloud"), total)
	t.Logf("%d sales of %d, %d refunds, %d voids, the drawer opened %d times", total.sales, total.amount, total.refunds, total.voids, y.kicks)
}

// reconciles has the gateway hold the day's journal, ledger and acquirer's book
// against each other: to the cent, and with no difference but what was taken and
// given back at once.
func (y *day) reconciles(dir string, total *shift) {
	s, err := service.Start(service.Options{Dir: dir, MQTT: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		y.d.Fail("the gateway's books: %v", err)
		return
	}
	today := time.Now().UTC()
	r, err := s.Reconcile(today.AddDate(0, 0, -1).Format(time.DateOnly), today.Format(time.DateOnly), "UTC", nil)
	if err := errors.Join(err, s.Close()); err != nil {
		y.d.Fail("%v", err)
	}
	undone := map[payment.Wallet]int64{}
	for _, row := range r.Rows {
		if row.Kind != reconcile.GivenBack && row.Kind != reconcile.Late {
			y.d.Fail("the books differ: %+v", row)
		}
		undone[row.Ledger.Wallet] += row.Acquirer.Said.Reversed
	}
	if len(r.Rows) != y.unpaid || r.Needs != 0 || r.Sales != len(y.sales)+y.unpaid || len(r.Totals) != len(total.wallets) {
		y.d.Fail("the books of %d sales differ: %+v, %+v", r.Sales, r.Totals, r.Rows)
	}
	for _, t := range r.Totals {
		want := total.wallets[string(t.Wallet)]
		if t.Off() != 0 {
			y.d.Fail("%s: the books are off by %d", t.Wallet, t.Off())
		}
		if a := t.Acquirer; (a == nil) != (t.Wallet == payment.Cash) || a != nil &&
			*a != (reconcile.Sums{Charged: want.taken + undone[t.Wallet], Refunded: want.refunded, Reversed: want.voided + undone[t.Wallet]}) {
			y.d.Fail("%s: the acquirer says %+v, the day was %+v, and %d undone", t.Wallet, a, want, undone[t.Wallet])
		}
		for _, sums := range []reconcile.Sums{t.Journal, t.Ledger} {
			if undone := sums.Charged - want.taken; sums.Net() != want.kept() || sums.Refunded != want.refunded || sums.Reversed != want.voided+undone {
				y.d.Fail("%s: the books say %+v, the day was %+v", t.Wallet, sums, want)
			}
		}
	}
}

// records holds the journal to who was at the counter when, and to what moved in the
// drawer.
func (y *day) records(t *testing.T, data string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "journal")
	if err := tillcmd.Run(t.Context(), []string{"journal", "export", "-data", data, "-o", file}, io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	by, on, moved, wrong := map[string]int{}, []string{}, []string{}, 0
	var numbers []uint64 // of shifts that ended
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
		case payment.CashMoved:
			moved = append(moved, fmt.Sprintf("%s %d", e.Movement, e.Amount))
		case payment.ShiftOpened, payment.ShiftClosed:
			moved = append(moved, fmt.Sprintf("%s %d", e.Kind, e.Amount))
			if e.Kind == payment.ShiftClosed {
				numbers = append(numbers, e.Shift)
			}
		}
	}
	want := []string{
		"mei by settings", "wang by secret", "mei by settings", "mei by settings", "wang by secret", "mei by secret", "mei by settings", "wang by secret",
	}
	if !maps.Equal(by, y.by) || !slices.Equal(on, want) || wrong != 1 {
		t.Errorf("the journal has sales of %v, the day had %v; %q signed on, and %d PINs were wrong", by, y.by, on, wrong)
	}
	if !slices.Equal(moved, y.moved) || !slices.Equal(numbers, []uint64{1, 2}) {
		t.Errorf("the journal's drawer is %q, the day's %q; shifts %v ended", moved, y.moved, numbers)
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
func (y *day) holds(r figures.Report, want *shift) {
	sum := func(d figures.Day) (s shift) {
		s = shift{
			in: d.PaidIn, out: d.PaidOut, noSales: d.NoSales, sales: d.Sales, amount: d.Amount, discount: d.Discount, tax: d.Tax, tips: d.Tips,
			refunds: d.Refunds, voids: d.Voids, wallets: map[string]sums{},
		}
		for w, of := range d.Wallets {
			s.wallets[string(w)] = sums{of.Count, of.Taken, of.Refunded, of.Voided}
			if of.Late != 0 {
				y.d.Fail("%s: the report has %d that came too late", w, of.Late)
			}
		}
		return s
	}
	got, days := sum(r.Total), &shift{wallets: map[string]sums{}}
	for _, d := range r.Days {
		one := sum(d)
		days = days.plus(&one)
	}
	if !reflect.DeepEqual(&got, want) || !reflect.DeepEqual(days, want) {
		y.d.Fail("the report says\n%+v, its days\n%+v, the day was\n%+v", got, days, want)
	}
	if r.Total.Kept() != want.all().kept() || r.Missing != 0 || r.Impossible != 0 || r.Currency != "USD" {
		y.d.Fail("the report is %+v", r)
	}
	if len(r.Total.Reports) != len(y.shifts) || len(r.Unsettled) != 0 {
		y.d.Fail("%d Z reports of %d, not settled %v", len(r.Total.Reports), len(y.shifts), r.Unsettled)
	}
	for i, z := range r.Total.Reports {
		if of := y.shifts[i]; z.Number != uint64(i+1) || z.Over != of.counted-of.expected() {
			y.d.Fail("Z report %d: the drawer is off by %d, want %d", z.Number, z.Over, of.counted-of.expected())
		}
	}
}
