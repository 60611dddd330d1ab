package tillcmd

import (
	"bytes"
	"encoding/base64"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"till/checkout"
	"till/cmd/tillcmd/integrator"
	"till/device"
	"till/payment"
	"till/printer"
	"till/store"
	"till/words"
)

// sheets are where the pictures of all that is printed are kept.
const sheets = "testdata/paper"

// paperShop is the configuration of the shop that prints them.
const paperShop = `terminal = "till-07"
board = "sim"
data = "/data"
bench = "/run/bench"
gateway = {broker = "tcp://127.0.0.1:1883", key = "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08="}
[merchant]
name = "Harbor Museum Shop"
address = ["12 Pier Street", "San Francisco, CA 94105"]
phone = "+1 415 555 0134"
foot = ["Returns within 30 days with this receipt.", "Thank you 谢谢惠顾"]
timezone = "America/Los_Angeles"
currency = "USD"
`

// paperTerminal is a terminal as far as paper needs one.
type paperTerminal struct {
	*terminal
	t *testing.T
}

func newShop(t *testing.T, epoch uint32, change func(*Config)) paperTerminal {
	t.Helper()
	config, err := ParseConfig([]byte(paperShop))
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&config)
	}
	journal, err := store.Open(t.TempDir(), store.Options{Terminal: config.Terminal, Epoch: epoch})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := journal.Close(); err != nil {
			t.Error(err)
		}
	})
	s := paperTerminal{terminal: &terminal{config: config, journal: journal, device: &device.Device{}}, t: t}
	s.printing = newPrintQueue(s.terminal)
	return s
}

// counter is a day at the counter: its events are folded as the terminal folds them.
type counterDay struct {
	t       *testing.T
	at      time.Time
	drawer  payment.Drawer
	sales   int
	receipt uint64
}

func newDay(t *testing.T) *counterDay {
	return &counterDay{t: t, at: time.Date(2026, 11, 24, 16, 58, 0, 0, time.UTC)}
}

func (d *counterDay) stamp() payment.Stamp {
	d.at = d.at.Add(7 * time.Minute)
	return payment.Stamp{Boot: "b", Time: d.at}
}

func (d *counterDay) shift(events ...payment.Event) {
	d.t.Helper()
	for _, e := range events {
		e.Shift, e.Currency = d.drawer.Shift.Number, "USD"
		if e.Kind == payment.ShiftOpened {
			e.Shift++
		}
		next, err := d.drawer.Apply(e, d.stamp())
		if err != nil {
			d.t.Fatal(err)
		}
		d.drawer = next
	}
}

// sale is one more, of an amount or of a bill, with what happened to it.
func (d *counterDay) sale(currency string, amount int64, bill *payment.Bill, events ...payment.Event) payment.Sale {
	d.t.Helper()
	d.sales++
	if bill != nil {
		amount = bill.Total()
	}
	created := payment.Event{Kind: payment.SaleCreated, Amount: amount, Currency: currency, Cashier: "Mei", Bill: bill}
	return d.on(payment.Sale{}, append([]payment.Event{created}, events...)...)
}

// on goes on with a sale. A step that pays it to its end gives it a number.
func (d *counterDay) on(sale payment.Sale, events ...payment.Event) payment.Sale {
	d.t.Helper()
	at := d.stamp()
	for _, e := range events {
		e.Sale = payment.SaleID(fmt.Sprintf("01KAT2V8QH5N7M2B4C6D8F%04d", d.sales))
		if sale.ID != "" {
			e.Sale = sale.ID
		}
		paid := e.Kind == payment.CashTaken && e.Amount == sale.Due()
		if e.Kind == payment.AttemptChanged && e.Status == payment.Approved {
			paid = sale.Tenders[sale.Attempts[e.Attempt-1].Tender-1].Amount == sale.Due()
		}
		if paid {
			d.receipt++
			e.Receipt = d.receipt
		}
		next, err := sale.Apply(e, at)
		if err != nil {
			d.t.Fatalf("%+v: %v", e, err)
		}
		d.drawer = d.drawer.Count(sale, next)
		sale, at = next, payment.Stamp{Boot: "b", Time: at.Time.Add(3 * time.Second)}
	}
	return sale
}

func cashIn(tender int, amount, tendered int64) payment.Event {
	return payment.Event{Kind: payment.CashTaken, Tender: tender, Amount: amount, Tendered: tendered, Change: tendered - amount}
}

// begun is an attempt that was asked for; changed is what became of it.
func begun(tender, attempt int, amount int64, mode payment.Mode, w payment.Wallet) payment.Event {
	return payment.Event{Kind: payment.AttemptStarted, Tender: tender, Attempt: attempt, Amount: amount, Mode: mode, Wallet: w}
}

func changed(attempt int, status payment.AttemptStatus, w payment.Wallet) payment.Event {
	e := payment.Event{Kind: payment.AttemptChanged, Attempt: attempt, Status: status, Wallet: w}
	if status == payment.Approved {
		e.Transaction = map[payment.Wallet]string{
			payment.WeChat: "4200002187202611245678901234", payment.Alipay: "2026112422001400011234567890", payment.UnionPay: "202611241405330001",
		}[w]
		e.Payer = map[payment.Wallet]string{payment.Alipay: "zha***@example.com", payment.UnionPay: "6222 **** 1234"}[w]
	}
	return e
}

// by pays a tender with a wallet.
func by(w payment.Wallet, tender, attempt int, amount int64, mode payment.Mode) []payment.Event {
	return []payment.Event{begun(tender, attempt, amount, mode, w), changed(attempt, payment.Approved, w)}
}

// back gives money of a tender back, or asks for it and stays at a status.
func back(n, tender int, amount int64, void bool, status payment.RefundStatus) []payment.Event {
	all := []payment.Event{{Kind: payment.RefundAsked, Refund: n, Tender: tender, Amount: amount, Void: void}}
	if status != payment.RefundRequested {
		all = append(all, payment.Event{Kind: payment.RefundChanged, Refund: n, RefundStatus: status})
	}
	return all
}

// practised is a sale as the counter that people train at has it.
func practised(sale payment.Sale) payment.Sale {
	sale.Receipt, sale.Attempts = 1, slices.Clone(sale.Attempts)
	sale.Attempts[0].Transaction = "TRAINING000001"
	return sale
}

const (
	refunded = false
	voided   = true
)

func parked(intent payment.Intent) payment.Event {
	return payment.Event{Kind: payment.SaleParked, Intent: intent}
}

// shopping is a bill with all that one can have: departments of two tax classes and
// a keyed amount, a discount, a tip.
func shopping() *payment.Bill {
	b := payment.Cart{
		Items: []payment.Item{
			{Name: "Books 书籍", Amount: 6405, Rate: 875}, {Name: "Food 食品", Amount: 2345}, {Name: "Postcard 明信片", Amount: 100, Rate: 875},
			{Amount: 1250, Rate: 875},
		},
		OffRate: 1000, TipRate: 1500,
	}.Bill()
	return &b
}

// paper is a document under the name of its picture.
type sheet struct {
	name     string
	document printer.Document
}

// allPaper is every document that the program prints, in every form that it has.
func allPaper(t *testing.T) []sheet {
	s := newShop(t, 1, nil)
	test := newShop(t, 1, func(c *Config) { c.Test = true })
	return slices.Concat(salePaper(t, s, test), backPaper(t, s, test), shiftPapers(t, s, test), otherPaper(t, test))
}

func (s paperTerminal) sheet(name string, j printJob) sheet { return sheet{name, s.paper(j)} }

func salePaper(t *testing.T, s, test paperTerminal) []sheet {
	d := newDay(t)
	d.receipt = 122
	of := func(sale payment.Sale) printJob { return printJob{Print: checkout.Print{Sale: sale}} }
	scanned := d.sale("USD", 1234, nil, by(payment.WeChat, 1, 1, 1234, payment.Scan)...)
	shown := d.sale("USD", 680, nil, by(payment.UnionPay, 1, 1, 680, payment.QR)...)
	cash := d.sale("USD", 1750, nil, cashIn(1, 1750, 2000))
	exact := d.sale("USD", 1750, nil, cashIn(1, 1750, 1750))
	split := d.sale("USD", 5000, nil, append([]payment.Event{cashIn(1, 2000, 2000)}, by(payment.UnionPay, 2, 1, 3000, payment.Scan)...)...)
	bill := shopping()
	full := d.sale("USD", 0, bill, by(payment.Alipay, 1, 1, bill.Total(), payment.Scan)...)
	named := &payment.Bill{Items: []payment.Item{{Name: "Green tea 绿茶", Amount: 350}}}
	one := d.sale("USD", 0, named, cashIn(1, 350, 500))
	free := payment.Cart{Items: []payment.Item{{Name: "Books 书籍", Amount: 1484, Rate: 875}}, Off: 250, Exempt: true}.Bill()
	exempt := d.sale("USD", 0, &free, by(payment.WeChat, 1, 1, free.Total(), payment.Scan)...)
	tried := d.sale("USD", 1234, nil, begun(1, 1, 1234, payment.Scan, payment.WeChat), changed(1, payment.Declined, payment.WeChat), cashIn(1, 1234, 1300))
	unknown := exact
	unknown.Created.Time = time.Time{}
	since := d.on(full, back(1, 1, 1000, refunded, payment.RefundDone)...)
	checking := []payment.Event{begun(1, 1, 1234, payment.Scan, payment.WeChat), changed(1, payment.Checking, payment.WeChat)}
	goods := d.sale("USD", 1234, nil, append(checking, parked(payment.GoodsGiven))...)
	other := d.sale("USD", 1234, nil, append(checking, parked(payment.PaidOther))...)
	part := d.sale("USD", 5000, nil, append([]payment.Event{cashIn(1, 2000, 2000)},
		begun(2, 1, 3000, payment.QR, payment.WeChat), changed(1, payment.Checking, payment.WeChat), parked(payment.GoodsGiven))...)

	yen := newShop(t, 1, func(c *Config) {
		c.Merchant.Currency = "JPY"
		c.Merchant.Zone = time.FixedZone("JST", 9*60*60)
		c.Merchant.Name, c.Merchant.Address, c.Merchant.Phone = "港の博物館 Harbor Museum", []string{"横浜市中区海岸通 1-2"}, "+81 45 555 0134"
		c.Merchant.Foot = nil
	})
	drawn := newShop(t, 1, func(c *Config) { c.Merchant.Logo = logo(t) })
	long := newShop(t, 12, func(c *Config) {
		c.Terminal = "harbor-museum-till-number-000007"
		c.Merchant.Name = "The Grand Peninsula Hotel and Conference Center 半岛国际大酒店及会议中心"
		c.Merchant.Address = []string{"Suite 1200, 4500 Northwest Embarcadero Boulevard at Fisherman's Wharf", "旧金山渔人码头西北内河码头大道四千五百号十二层一二〇〇室"}
	})
	most := payment.Bill{
		Items: []payment.Item{{Name: "Resort fee 泳池健身房及毛巾使用费", Amount: 60000000}, {Name: "Suite 套房", Amount: 30000000}},
		Tax:   9000000, Tip: 999999,
	}
	largest := d.sale("USD", 0, &most, by(payment.WeChat, 1, 1, most.Total(), payment.Scan)...)
	largest.Cashier, largest.Receipt = "Maximiliana Featherstonehaugh-Cholmondeley", 999999
	again := of(scanned)
	again.Copy = true
	sinceAgain := of(since)
	sinceAgain.Copy = true
	training := of(practised(scanned))
	training.practice = true
	slip := of(goods)
	slip.practice = true
	return []sheet{
		s.sheet("sale", of(scanned)), test.sheet("sale-test", of(scanned)), s.sheet("sale-qr", of(shown)), s.sheet("sale-cash", of(cash)),
		s.sheet("sale-cash-exact", of(exact)), s.sheet("sale-split", of(split)), s.sheet("sale-bill", of(full)), s.sheet("sale-item", of(one)),
		s.sheet("sale-exempt", of(exempt)), s.sheet("sale-second-try", of(tried)), s.sheet("sale-no-clock", of(unknown)),
		yen.sheet("sale-yen", of(d.sale("JPY", 12345, nil, by(payment.WeChat, 1, 1, 12345, payment.Scan)...))),
		drawn.sheet("sale-logo", of(scanned)), long.sheet("sale-limits", of(largest)),
		s.sheet("sale-copy", again), s.sheet("sale-copy-refunded", sinceAgain), test.sheet("sale-training", training),
		s.sheet("pending-goods", of(goods)), s.sheet("pending-other", of(other)), s.sheet("pending-part", of(part)), s.sheet("pending-training", slip),
	}
}

// backPaper is of what goes back.
func backPaper(t *testing.T, s, test paperTerminal) []sheet {
	d := newDay(t)
	d.receipt = 122
	of := func(sale payment.Sale, refund int) printJob {
		return printJob{Print: checkout.Print{Sale: sale, Refund: refund}}
	}
	sold := func(events ...payment.Event) payment.Sale {
		return d.sale("USD", 1234, nil, append(by(payment.WeChat, 1, 1, 1234, payment.Scan), events...)...)
	}
	part := sold(back(1, 1, 500, refunded, payment.RefundDone)...)
	whole := sold(back(1, 1, 1234, refunded, payment.RefundDone)...)
	asked := sold(back(1, 1, 1234, refunded, payment.RefundRequested)...)
	pending := sold(back(1, 1, 500, refunded, payment.RefundPending)...)
	void := sold(back(1, 1, 1234, voided, payment.RefundDone)...)
	split := d.sale("USD", 5000, nil, slices.Concat(
		[]payment.Event{cashIn(1, 2000, 2000)}, by(payment.UnionPay, 2, 1, 3000, payment.Scan),
		back(1, 1, 2000, voided, payment.RefundDone), back(2, 2, 3000, voided, payment.RefundDone))...)
	unfinished := d.sale("USD", 5000, nil, append([]payment.Event{cashIn(1, 2000, 2000)}, back(1, 1, 2000, voided, payment.RefundDone)...)...)
	bill := shopping()
	billed := d.sale("USD", 0, bill, append(by(payment.Alipay, 1, 1, bill.Total(), payment.Scan), back(1, 1, 2500, refunded, payment.RefundDone)...)...)
	cash := d.sale("USD", 1750, nil, append([]payment.Event{cashIn(1, 1750, 2000)}, back(1, 1, 750, refunded, payment.RefundDone)...)...)
	const there = payment.SaleID("01KAT2V8QH5N7M2B4C6D8F9999")
	d.sales++
	elsewhere := d.on(payment.Sale{}, append([]payment.Event{{Kind: payment.SaleFetched, Cashier: "Mei", Elsewhere: &payment.Elsewhere{
		Sale: there, Terminal: "till-02", Epoch: 2, Receipt: 88, Total: payment.Money{Amount: 4000, Currency: "USD"}, Given: 1000,
		Parts: []payment.Part{{Order: payment.NewOrder(there, 1), Wallet: payment.Alipay, Left: 3000}},
	}}}, back(1, 1, 1500, refunded, payment.RefundDone)...)...)
	again := of(split, 0)
	again.Copy = true
	doubted := of(part, 1)
	doubted.asCopy()
	training := of(practised(part), 1)
	training.practice = true
	return []sheet{
		s.sheet("refund", of(part, 1)), s.sheet("refund-full", of(whole, 1)), s.sheet("refund-requested", of(asked, 1)), s.sheet("refund-pending", of(pending, 1)),
		s.sheet("refund-bill", of(billed, 1)), s.sheet("refund-cash", of(cash, 1)), s.sheet("refund-elsewhere", of(elsewhere, 1)),
		s.sheet("refund-copy", doubted), test.sheet("refund-training", training),
		s.sheet("void", of(void, 1)), s.sheet("void-split", of(split, 2)), s.sheet("void-unfinished", of(unfinished, 1)), s.sheet("void-sale-copy", again),
	}
}

// shiftPapers are of a shift at its end, and of one at its limits.
func shiftPapers(t *testing.T, s, test paperTerminal) []sheet {
	d := newDay(t)
	d.receipt = 100
	d.drawer.Shift.Number = 16
	d.shift(payment.Event{Kind: payment.ShiftOpened, Amount: 10000, Cashier: "Mei"})
	bill := shopping()
	d.sale("USD", 0, bill, append(by(payment.Alipay, 1, 1, bill.Total(), payment.Scan), back(1, 1, 2500, refunded, payment.RefundDone)...)...)
	d.sale("USD", 1234, nil, append(by(payment.WeChat, 1, 1, 1234, payment.Scan), back(1, 1, 1234, voided, payment.RefundDone)...)...)
	d.sale("USD", 120450, nil, by(payment.WeChat, 1, 1, 120450, payment.QR)...)
	d.sale("USD", 1750, nil, append([]payment.Event{cashIn(1, 1750, 2000)}, back(1, 1, 750, refunded, payment.RefundDone)...)...)
	d.sale("USD", 5000, nil, append([]payment.Event{cashIn(1, 2000, 2000)}, by(payment.UnionPay, 2, 1, 3000, payment.Scan)...)...)
	late := d.sale("USD", 999, nil, begun(1, 1, 999, payment.Scan, payment.Alipay), changed(1, payment.Cancelled, payment.Alipay))
	d.on(late, payment.Event{Kind: payment.LateRefunded, Attempt: 1, Amount: 999})
	d.shift(
		payment.Event{Kind: payment.CashMoved, Movement: payment.PayIn, Amount: 5000}, payment.Event{Kind: payment.CashMoved, Movement: payment.PayOut, Amount: 2000},
		payment.Event{Kind: payment.CashMoved, Movement: payment.NoSale}, payment.Event{Kind: payment.CashMoved, Movement: payment.NoSale},
	)
	x := d.drawer.Shift
	closed := func(over int64) payment.Shift {
		end := *d
		end.shift(payment.Event{Kind: payment.ShiftClosed, Amount: end.drawer.Shift.Expected() + over})
		return end.drawer.Before
	}
	z := closed(0)

	// Sales that are not settled: one that is parked, one of which a part is paid, one
	// of which a refund is under way.
	open := *d
	unsettled := []payment.Sale{
		open.sale("USD", 1234, nil, begun(1, 1, 1234, payment.Scan, payment.WeChat), changed(1, payment.Checking, payment.WeChat), parked(payment.GoodsGiven)),
		open.sale("USD", 5000, nil, cashIn(1, 2000, 2000)),
		open.sale("USD", 680, nil, append(by(payment.UnionPay, 1, 1, 680, payment.QR), back(1, 1, 680, refunded, payment.RefundPending)...)...),
	}
	open.shift(payment.Event{Kind: payment.ShiftClosed, Amount: open.drawer.Shift.Expected()})
	next := open // the part that was paid belongs to the shift before
	next.shift(payment.Event{Kind: payment.ShiftOpened, Amount: 10000, Cashier: "Li"})
	next.on(unsettled[1], cashIn(2, 3000, 3000))
	quiet := newDay(t)
	quiet.shift(payment.Event{Kind: payment.ShiftOpened, Cashier: "Mei"}, payment.Event{Kind: payment.ShiftClosed})

	most := payment.Shift{
		Number: 999999, Cashier: "Maximiliana Featherstonehaugh-Cholmondeley", Opened: z.Opened, Closed: z.Closed, First: 900001, Last: 939996,
		Float: 99999999, Counted: 3*99999999 - 2469133, PaidIn: 99999999, PaidOut: 1111111, NoSales: 9999, Sales: 39996, Amount: 4 * 99999999,
		Discount: 99999999, Tax: 35000000, Tips: 60000000, Refunds: 9999, Voids: 9999, Wallets: map[payment.Wallet]payment.Totals{}, Currency: "USD",
	}
	for _, w := range []payment.Wallet{payment.WeChat, payment.Alipay, payment.UnionPay, payment.Cash} {
		most.Wallets[w] = payment.Totals{Count: 9999, Taken: 99999999, Refunded: 1234567, Voided: 123456}
		if w != payment.Cash {
			most.Wallets[w] = most.Wallets[w].Plus(payment.Totals{Late: 99999999})
		}
	}
	held := func(of payment.Shift, unresolved ...payment.Sale) printJob {
		forward := payment.Carry(unresolved)
		forward.Held, forward.HeldAmount, forward.Unsent = 2, 4710, 3
		of.Forward = &forward
		return printJob{report: &checkout.Report{Shift: of}}
	}
	of := func(shift payment.Shift) printJob {
		shift.Forward = &payment.Forward{Unsent: 3}
		return printJob{report: &checkout.Report{Shift: shift}}
	}
	practice := func(j printJob) printJob {
		j.practice = true
		return j
	}
	again := held(open.drawer.Before, unsettled...)
	again.asCopy()
	before := printJob{report: &checkout.Report{Shift: z, Copy: true}} // its journal knows nothing of what was carried forward
	limits := held(most, unsettled...)
	limits.report.Shift.Forward.More, limits.report.Shift.Forward.MoreAmount, limits.report.Shift.Forward.Unsent = 899, 89999999, 99999
	second := newShop(t, 2, nil)
	long := newShop(t, 12, func(c *Config) {
		c.Terminal = "harbor-museum-till-number-000007"
		c.Merchant.Name = "The Grand Peninsula Hotel and Conference Center 半岛国际大酒店及会议中心"
	})
	unclocked := z
	unclocked.Opened.Time = time.Time{}
	return []sheet{
		s.sheet("x", of(x)), s.sheet("z-exact", of(z)), s.sheet("z-over", of(closed(150))), s.sheet("z-short", of(closed(-2050))), s.sheet("z-copy", again), s.sheet("z-copy-old", before),
		second.sheet("z-epoch", of(z)), s.sheet("z-open", held(open.drawer.Before, unsettled...)), s.sheet("x-next", of(next.drawer.Shift)),
		s.sheet("z-nothing", of(quiet.drawer.Before)), s.sheet("z-no-clock", of(unclocked)), long.sheet("z-limits", limits),
		test.sheet("x-test", of(x)), test.sheet("z-test", of(z)), test.sheet("x-training", practice(of(x))), s.sheet("z-training", practice(of(z))),
	}
}

// otherPaper is of no sale and no shift.
func otherPaper(t *testing.T, s paperTerminal) []sheet {
	p := &patient{config: s.config}
	r := &cashRegister{t: s.terminal}
	if err := r.Print(t.Context(), []integrator.Line{
		{Text: "Table 12 十二号桌", Align: "center", Bold: true}, {Text: "1 x Green tea 绿茶"}, {Text: "2 x Dumplings 饺子"}, {Text: "19:42", Align: "right"},
	}); err != nil {
		t.Fatal(err)
	}
	job, ok := s.printing.first()
	if !ok {
		t.Fatal("the cash register's lines are not printed")
	}
	return []sheet{{"doctor", p.page(printer.Profile80())}, {"cash-register", s.paper(job)}}
}

// logo is a sail on the sea.
func logo(t *testing.T) *printer.Logo {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 300, 120))
	for i := range m.Pix {
		x, y := i%m.Stride-150, i/m.Stride
		m.Pix[i] = 0xFF
		if sail := y - 4; y < 84 && x > 0 && x < sail || y >= 88 && y < 100 && x > -60-(100-y) && x < 60+100-y || y > 106 && (y+x/8)%6 < 3 {
			m.Pix[i] = 0
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	l, err := printer.ParseLogo(base64.StdEncoding.EncodeToString(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestPaper holds every document against its picture, on wide paper and on narrow.
func TestPaper(t *testing.T) {
	anew := flag.Lookup("update").Value.String() == "true"
	all := allPaper(t)
	for _, p := range []printer.Profile{printer.Profile58(), printer.Profile80()} {
		folder := filepath.Join(sheets, p.Name)
		if anew {
			if err := os.MkdirAll(folder, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		var names []string
		for _, s := range all {
			names = append(names, s.name+".png")
			m, err := printer.Picture(s.document, p)
			if err != nil {
				t.Errorf("%s: %v", s.name, err)
				continue
			}
			path := filepath.Join(folder, s.name+".png")
			if anew {
				writePaper(t, path, m)
			}
			if !samePaper(t, path, m) {
				t.Errorf("%s is not what is printed: look at what -update draws", path)
			}
		}
		files, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if !slices.Contains(names, f.Name()) {
				t.Errorf("nothing prints %s/%s any more: remove it", folder, f.Name())
			}
		}
	}
}

func writePaper(t *testing.T, path string, m *image.Gray) {
	t.Helper()
	out := image.NewPaletted(m.Rect, color.Palette{color.Gray{0xFF}, color.Gray{0}})
	for i, v := range m.Pix {
		if v == 0 {
			out.Pix[i] = 1
		}
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, out); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func samePaper(t *testing.T, path string, m *image.Gray) bool {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
		return false
	}
	want, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Errorf("%s: %v", path, err)
		return false
	}
	if want.Bounds() != m.Bounds() {
		return false
	}
	for y := range m.Rect.Dy() {
		for x := range m.Rect.Dx() {
			if r, _, _, _ := want.At(x, y).RGBA(); uint8(r>>8) != m.GrayAt(x, y).Y {
				return false
			}
		}
	}
	return true
}

// saidOf is all text of a document, a line for each of its texts and rows.
func saidOf(d printer.Document) string {
	var all strings.Builder
	for _, b := range d.Blocks {
		switch b := b.(type) {
		case printer.Text:
			fmt.Fprintln(&all, b.Text)
		case printer.Row:
			fmt.Fprintln(&all, b.Label, b.Value)
		}
	}
	return all.String()
}

// TestAllThatPaperSaysIsPictured holds that nothing can be printed of which there is
// no picture: each thing that paper says is on one, in both languages.
func TestAllThatPaperSaysIsPictured(t *testing.T) {
	var all strings.Builder
	for _, s := range allPaper(t) {
		all.WriteString(saidOf(s.document))
	}
	for _, s := range printer.Samples() { // what the printer says by itself
		all.WriteString(saidOf(s.Document))
	}
	for _, k := range words.Keys() {
		status, of := strings.CutPrefix(string(k), "paper_status_")
		if of && !slices.Contains([]string{"approved", "voided", "refunded", "requested"}, status) {
			continue // of what is not paid: a page's, beside paper's
		}
		if !strings.HasPrefix(string(k), "paper_") {
			continue
		}
		for _, lang := range words.Langs {
			if !strings.Contains(all.String(), words.Say(lang, k)) {
				t.Errorf("no picture has %s: %q", k, words.Say(lang, k))
			}
		}
	}
}

// TestTrainingAndTestAreMarked holds that every slip says at its head and at its end
// that nothing of it is real.
func TestTrainingAndTestAreMarked(t *testing.T) {
	for _, s := range allPaper(t) {
		lines := strings.Split(strings.TrimSpace(saidOf(s.document)), "\n")
		for mark, marked := range map[string]bool{
			words.Say(words.English, "paper_training"): strings.HasSuffix(s.name, "-training"),
			words.Both("paper_test"):                   strings.HasSuffix(s.name, "-test") || s.name == "doctor" || s.name == "sale-training" || s.name == "refund-training" || s.name == "x-training",
		} {
			head, end := slices.Contains(lines[:3], mark), slices.Contains(lines[max(0, len(lines)-3):], mark)
			if head != marked || end != marked {
				t.Errorf("%s: %q at its head %v, at its end %v", s.name, mark, head, end)
			}
		}
	}
}

// sums are the lines of a document that are money or a count, as a reader has them:
// those between two rules are a part.
type sums struct {
	t     *testing.T
	name  string
	parts [][]printed
}

type printed struct {
	label string
	minor int64
}

func sumsOf(t *testing.T, s sheet) sums {
	all := sums{t: t, name: s.name, parts: [][]printed{nil}}
	for _, b := range s.document.Blocks {
		switch b := b.(type) {
		case printer.Rule:
			all.parts = append(all.parts, nil)
		case printer.Row:
			if value, ok := amountOf(b.Value); ok {
				last := len(all.parts) - 1
				all.parts[last] = append(all.parts[last], printed{strings.TrimSpace(b.Label), value})
			}
		}
	}
	return all
}

// amountOf reads money as people do.
func amountOf(text string) (minor int64, ok bool) {
	digits := strings.NewReplacer("$", "", "JPY ", "", ",", "", ".", "").Replace(text)
	if !strings.Contains(text, "$") && !strings.HasPrefix(text, "JPY") {
		return 0, false
	}
	minor, err := strconv.ParseInt(digits, 10, 64)
	return minor, err == nil
}

// of adds up the lines with one of these labels.
func (s sums) of(keys ...words.Key) (sum int64, there bool) {
	for _, part := range s.parts {
		for _, l := range part {
			if slices.ContainsFunc(keys, func(k words.Key) bool { return words.Both(k) == l.label }) {
				sum, there = sum+l.minor, true
			}
		}
	}
	return sum, there
}

func (s sums) want(what string, got, want int64) {
	s.t.Helper()
	if got != want {
		s.t.Errorf("%s: %s: %d is not %d", s.name, what, got, want)
	}
}

func walletNames() (all []string) {
	for _, w := range []payment.Wallet{payment.WeChat, payment.Alipay, payment.UnionPay, payment.Cash} {
		all = append(all, w.Name()+" "+w.ChineseName())
	}
	return all
}

// TestReceiptsAddUp adds up every receipt as it is on paper: items, less the discount,
// and tax and tip, are the total, and who paid comes to that; or to what went back.
func TestReceiptsAddUp(t *testing.T) {
	added := 0
	for _, s := range allPaper(t) {
		all := sumsOf(t, s)
		total, sold := all.of("paper_total")
		gone, back := all.of("paper_refunded", "paper_to_refund")
		if !sold && !back {
			continue
		}
		added++
		if back {
			total, _ = all.of("paper_of_sale")
		}
		subtotal, parted := all.of("paper_subtotal")
		if !parted {
			subtotal = total
		}
		rest, _ := all.of("paper_discount", "paper_tax", "paper_tip")
		all.want("subtotal, discount, tax and tip come to the total", subtotal+rest, total)
		if items := all.parts[1]; !slices.ContainsFunc(items, func(l printed) bool {
			return slices.Contains([]string{words.Both("paper_total"), words.Both("paper_of_sale"), words.Both("paper_subtotal")}, l.label)
		}) {
			var sum int64
			for _, i := range items {
				sum += i.minor
			}
			all.want("the items come to the subtotal", sum, subtotal)
		}
		var paid int64
		for _, part := range all.parts {
			for _, l := range part {
				if slices.Contains(walletNames(), l.label) {
					paid += l.minor
				}
			}
		}
		if back {
			all.want("the ways back come to what went back", paid, gone)
		} else if due, open := all.of("paper_due"); paid != 0 || open || !strings.HasPrefix(s.name, "pending") {
			all.want("who paid, and what is due, come to the total", paid+due, total)
		}
		tendered, _ := all.of("paper_tendered")
		change, cash := all.of("paper_change")
		if cash && strings.HasPrefix(s.name, "sale-cash") {
			all.want("cash less change", tendered-change, total)
		}
	}
	if added < 30 {
		t.Errorf("only %d receipts were added up", added)
	}
}

// cashKept is what a report has under cash.
func cashKept(d printer.Document) int64 {
	under := false
	for _, b := range d.Blocks {
		row, _ := b.(printer.Row)
		if slices.Contains(append(walletNames(), words.Both("paper_part_all")), row.Label) {
			under = row.Label == payment.Cash.Name()+" "+payment.Cash.ChineseName()
		}
		if minor, ok := amountOf(row.Value); ok && under && strings.TrimSpace(row.Label) == words.Both("paper_kept") {
			return minor
		}
	}
	return 0
}

// TestShiftsAddUp goes through every report of a shift with a pocket calculator, from
// its top to its bottom.
func TestShiftsAddUp(t *testing.T) {
	added := 0
	for _, s := range allPaper(t) {
		all := sumsOf(t, s)
		if _, report := all.of("paper_gross"); !report {
			continue
		}
		added++
		sales, ways, together, drawer := all.parts[1], all.parts[2], all.parts[3], all.parts[4]
		var sum, kept int64
		for _, l := range sales {
			if l.label == words.Both("paper_kept") {
				kept = l.minor
				break
			}
			sum += l.minor
		}
		all.want("what was sold, less what went back, was kept", sum, kept)
		columns := map[string]int64{}
		sum = 0
		for _, l := range ways {
			columns[l.label] += l.minor
			if l.label == words.Both("paper_kept") {
				all.want("a kind of payment kept what it took, less what went back", sum, l.minor)
				sum = 0
				continue
			}
			sum += l.minor
		}
		for _, l := range together {
			all.want("all kinds of payment together: "+l.label, columns[l.label], l.minor)
		}
		all.want("what was kept of the sales, and of all payments", kept, together[len(together)-1].minor)
		sum = 0
		for _, l := range drawer[:4] {
			sum += l.minor
		}
		all.want("the drawer", sum, drawer[4].minor)
		all.want("cash that was kept", cashKept(s.document), drawer[1].minor)
		if len(drawer) > 5 {
			all.want("what was counted, less what should be there", drawer[5].minor-drawer[4].minor, drawer[6].minor)
		}
	}
	if added < 14 {
		t.Errorf("only %d reports were added up", added)
	}
}
