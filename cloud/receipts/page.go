package receipts

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"strings"
	"time"

	"till/draw"
	"till/payment"
	"till/words"
)

//go:embed page.html
var pageText string

// style is within the page, so that a receipt that is saved stays whole. The policy
// allows this very one and nothing else.
//
//go:embed page.css
var style string

var (
	pages  = template.Must(template.New("").Funcs(template.FuncMap{"style": func() template.CSS { return template.CSS(style) }}).Parse(pageText))
	policy = "default-src 'none'; style-src 'sha256-" + digest(style) + "'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

// pngSignature is what every PNG begins with.
var pngSignature = []byte("\x89PNG\r\n\x1a\n")

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// page is a template with what it shows.
type page struct {
	template string
	data     any
}

// Both is a sentence in the two languages that a customer reads.
type Both struct{ En, Zh string }

func both(k words.Key) Both {
	return Both{words.Say(words.English, k), words.Say(words.Chinese, k)}
}

// notice is a page that holds no receipt.
type notice struct {
	Title, What words.Key
	Again       bool // offers to look again
	After, Next int  // looks again by itself, so many seconds on, for the Next time
}

func (n notice) page() page {
	return page{"notice", struct {
		Title, What, Again Both
		Offer              bool
		After, Next        int
	}{both(n.Title), both(n.What), both("receipts_again"), n.Again, n.After, n.Next}}
}

// line is a label and a value. A label of the merchant's own is in no language.
type line struct {
	Label Both
	Own   string
	Value string
	Also  Both // in place of a value
	Small bool // beneath the line before
	Sum   bool
}

// view is what the page of a receipt shows.
type view struct {
	Title          Both
	Merchant       Merchant
	Logo           template.URL
	Banner, Status Both
	Back           bool // all of it went back
	Test           *Both
	Facts          []line
	Items          []line
	Amounts        []line
	Tenders        []line
	Refunds        []line
	Order          string
	QR, Bars       *picture
	Code, Keep     Both
}

func (r *receipt) page() page {
	v := view{
		Title: both("receipts_title"), Merchant: r.merchant, Banner: both("paper_sale"),
		Status: both(words.Key("paper_status_" + string(r.sale.Status()))),
		Order:  r.order(), Code: both("receipts_code"), Keep: both("receipts_keep"),
	}
	switch r.sale.Status() {
	case payment.StatusVoided:
		v.Banner, v.Back = both("paper_void"), true
	case payment.StatusRefunded:
		v.Banner, v.Back = both("paper_refund"), true
	}
	if bytes.HasPrefix(r.merchant.Logo, pngSignature) {
		v.Logo = template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(r.merchant.Logo))
	}
	if r.merchant.Test {
		test := both("paper_test")
		v.Test = &test
	}
	v.Facts = r.facts()
	v.Items, v.Amounts = r.amounts()
	v.Tenders, v.Refunds = r.tenders(), r.refunds()
	v.QR, v.Bars = qrPicture(v.Order), barPicture(v.Order)
	return page{"receipt", v}
}

func (r *receipt) money(minor int64) string {
	return payment.Money{Amount: minor, Currency: r.sale.Total.Currency}.Format("en-US")
}

// clock is a moment by the shop's clock.
func (r *receipt) clock(at time.Time) string {
	return at.In(r.merchant.Zone).Format("2006-01-02 15:04 MST")
}

func (r *receipt) facts() []line {
	all := []line{
		{Label: both("paper_receipt"), Value: r.number()},
		{Label: both("paper_terminal"), Value: r.terminal},
	}
	if r.sale.Cashier != "" {
		all = append(all, line{Label: both("paper_cashier"), Value: r.sale.Cashier})
	}
	when := line{Label: both("paper_time"), Also: both("paper_time_unknown")}
	if at := r.sale.Created.Time; !at.IsZero() {
		when.Value, when.Also = r.clock(at), Both{}
	}
	return append(all, when)
}

// amounts are what was sold, and how the total adds up.
func (r *receipt) amounts() (items, amounts []line) {
	if b := r.sale.Bill; b != nil {
		if len(b.Items) > 1 || len(b.Items) == 1 && b.Items[0].Name != "" {
			for _, i := range b.Items {
				l := line{Own: i.Name, Value: r.money(i.Amount)}
				if i.Name == "" {
					l.Label = both("paper_item")
				}
				items = append(items, l)
			}
		}
		add := func(k words.Key, minor int64) {
			if minor != 0 {
				amounts = append(amounts, line{Label: both(k), Value: r.money(minor)})
			}
		}
		if b.Subtotal() != r.sale.Total.Amount {
			add("paper_subtotal", b.Subtotal())
		}
		add("paper_discount", -b.Discount)
		add("paper_tax", b.Tax)
		if b.Exempt {
			amounts = append(amounts, line{Label: both("paper_tax"), Also: both("paper_exempt")})
		}
		add("paper_tip", b.Tip)
	}
	return items, append(amounts, line{Label: both("paper_total"), Value: r.money(r.sale.Total.Amount), Sum: true})
}

func wallet(w payment.Wallet) Both { return Both{w.Name(), w.ChineseName()} }

func (r *receipt) tenders() (all []line) {
	for i, t := range r.sale.Tenders {
		if !t.Paid {
			continue
		}
		all = append(all, line{Label: wallet(t.Wallet), Value: r.money(t.Amount)})
		if t.Wallet == payment.Cash {
			all = append(all,
				line{Label: both("paper_tendered"), Value: r.money(t.Tendered), Small: true},
				line{Label: both("paper_change"), Value: r.money(t.Change), Small: true})
		}
		for _, a := range r.sale.Attempts {
			if a.Tender == i+1 && a.Status == payment.Approved && a.Transaction != "" {
				all = append(all, line{Label: both("paper_transaction"), Value: a.Transaction, Small: true})
			}
		}
	}
	return all
}

// refunds are what went back since, and what is left. One that was refused changed
// nothing.
func (r *receipt) refunds() (all []line) {
	kept := r.sale.Total.Amount
	for _, f := range r.sale.Refunds {
		k := words.Key("receipts_refund")
		switch {
		case f.Status == payment.RefundRefused || f.Tender < 1 || f.Tender > len(r.sale.Tenders):
			continue
		case f.Status != payment.RefundDone:
			k = "receipts_refund_pending"
		case f.Void:
			k = "paper_void"
		}
		kept -= f.Amount
		all = append(all, line{Label: both(k), Value: r.money(-f.Amount)})
		to := line{Label: wallet(r.sale.Tenders[f.Tender-1].Wallet), Small: true}
		if at := f.Requested.Time; !at.IsZero() {
			to.Value = r.clock(at)
		}
		all = append(all, to)
	}
	if len(all) > 0 {
		all = append(all, line{Label: both("receipts_kept"), Value: r.money(kept), Sum: true})
	}
	return all
}

// picture is a code as a path of black squares or bars.
type picture struct {
	Width, Height int // modules, with the quiet zone
	Path          string
}

// quiet zones, in modules.
const (
	qrQuiet  = 4
	barQuiet = 10
	barTall  = 60
)

func qrPicture(text string) *picture {
	m, err := draw.QR(text)
	if err != nil {
		return nil // an order number always fits
	}
	var b strings.Builder
	for y := range m.Size() {
		for x := 0; x < m.Size(); x++ {
			from := x
			for x < m.Size() && m.Black(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", from+qrQuiet, y+qrQuiet, x-from, x-from)
			}
		}
	}
	side := m.Size() + 2*qrQuiet
	return &picture{side, side, b.String()}
}

func barPicture(text string) *picture {
	bars, err := draw.Code128(text)
	if err != nil {
		return nil // likewise
	}
	var b strings.Builder
	for x := 0; x < len(bars); x++ {
		from := x
		for x < len(bars) && bars[x] {
			x++
		}
		if x > from {
			fmt.Fprintf(&b, "M%d 0h%dv%dh-%dz", from+barQuiet, x-from, barTall, x-from)
		}
	}
	return &picture{len(bars) + 2*barQuiet, barTall, b.String()}
}
