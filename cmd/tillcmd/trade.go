package tillcmd

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"till/checkout"
	"till/display"
	"till/payment"
	"till/payment/shop"
	"till/words"
)

// tradeSettings are the keys that say how a sale is made up.
func tradeSettings() map[string]setting {
	trade := func(take func(t *checkout.Trade, n int)) func(*Config, int64) {
		return func(c *Config, n int64) { take(&c.Trade, int(n)) }
	}
	return map[string]setting{
		"sale.tax": {false, number(0, payment.MaxRate, trade(func(t *checkout.Trade, n int) { t.TaxRate = n }))},
		"sale.tax_by": {false, oneOf([]payment.TaxBy{payment.TaxByInvoice, payment.TaxByLine}, func(c *Config, by payment.TaxBy) {
			c.Trade.TaxBy = by
		})},
		"sale.departments":    {false, departments},
		"sale.items":          {false, items},
		"sale.discounts":      {false, percents(func(c *Config, all []int) { c.Trade.Discounts = all })},
		"sale.discount_limit": {false, number(0, 100, trade(func(t *checkout.Trade, n int) { t.Unasked = n * 100 }))},
		"sale.tips":           {false, percents(func(c *Config, all []int) { c.Trade.Tips = all })},
		"sale.tenders":        {false, tenders},
		"sale.cash_limit":     {false, number(1, checkout.MaxEntry, func(c *Config, n int64) { c.Trade.CashLimit = n })},
		"sale.wallet_limit":   {false, number(1, checkout.MaxEntry, func(c *Config, n int64) { c.Trade.WalletLimit = n })},
		"sale.tip_with_tax":   {false, boolean(func(c *Config, b bool) { c.Trade.TipGross = b })},
	}
}

// tenders takes the list of what is taken.
func tenders(c *Config, value any) error {
	taken, err := texts(value)
	if err != nil {
		return err
	}
	if err := shop.CheckTenders(taken); err != nil {
		return err
	}
	c.Trade.Closed = nil
	for _, w := range shop.Tenders {
		if !slices.Contains(taken, string(w)) {
			c.Trade.Closed = append(c.Trade.Closed, w)
		}
	}
	return nil
}

// percents takes a list of up to three whole per cent, as basis points.
func percents(take func(*Config, []int)) func(*Config, any) error {
	return func(c *Config, value any) error {
		list, ok := value.([]any)
		if !ok {
			return fmt.Errorf("want a list of up to %d per cent, as [10, 15, 20], not %v", shop.MaxPresets, value)
		}
		var whole []int64
		var points []int
		for _, v := range list {
			n, ok := v.(int64)
			if !ok {
				return fmt.Errorf("%w, not %v", shop.ErrPercents, v)
			}
			whole, points = append(whole, n), append(points, int(n)*100)
		}
		if err := shop.CheckPercents(whole); err != nil {
			return err
		}
		take(c, points)
		return nil
	}
}

func departments(c *Config, value any) error {
	all, err := texts(value)
	if err == nil {
		c.departments, err = shop.ParseDepartments(all)
	}
	return err
}

func items(c *Config, value any) error {
	all, err := texts(value)
	if err == nil {
		c.items, err = shop.ParseProducts(all)
	}
	return err
}

// in is a name in the language of whoever reads it.
func in(lang words.Lang, n shop.Names) string {
	if lang == words.Chinese {
		return n.Chinese
	}
	return n.English
}

// settleTrade gives departments and items the shop's tax, where they have none of
// their own.
func (c *Config) settleTrade() {
	settled := func(rate int) int {
		if rate < 0 {
			return c.Trade.TaxRate
		}
		return rate
	}
	for _, d := range c.departments {
		c.Trade.Departments = append(c.Trade.Departments, checkout.Department{Name: d.OnPaper(), TaxRate: settled(d.Rate)})
	}
	for _, p := range c.items {
		c.Trade.Catalogue = append(c.Trade.Catalogue, checkout.Product{Barcode: p.Barcode, Name: p.OnPaper(), Price: p.Price, TaxRate: settled(p.Rate)})
	}
}

// productRows are the products on the page that is shown.
func (t *terminal) productRows(lang words.Lang, s checkout.State) []display.Row {
	var rows []display.Row
	for _, n := range s.ProductsOnPage() {
		p := t.config.items[n]
		rows = append(rows, display.Row{
			ID: checkout.ProductPrefix + strconv.Itoa(n), Left: in(lang, p.Names),
			Right: payment.Money{Amount: p.Price, Currency: s.Settings.Currency}.Format(moneyLocale), Sub: p.Barcode,
		})
	}
	return rows
}

// tradeLabel is what stands on a button that the merchant has settled: a
// department, a discount or a tip; "" of others.
func (t *terminal) tradeLabel(s checkout.State, id string, lang words.Lang) string {
	money := func(minor int64) string {
		return payment.Money{Amount: minor, Currency: s.Settings.Currency}.Format(moneyLocale)
	}
	if n, ok := checkout.Numbered(id, checkout.DepartmentPrefix); ok {
		return in(lang, t.config.departments[n-1].Names)
	}
	if id == "no_tip" {
		return words.Both("button_no_tip")
	}
	cart := s.Cart()
	if rate, ok := checkout.Numbered(id, checkout.TipPrefix); ok {
		return fmt.Sprintf("%d%% %s", rate/100, money(cart.TipFor(rate)))
	}
	if rate, ok := checkout.Numbered(id, checkout.DiscountPrefix); ok {
		cart.Off, cart.OffRate = 0, rate
		return fmt.Sprintf("%d%% %s", rate/100, money(-cart.Bill().Discount))
	}
	return ""
}

// cartView is the part of the ready screen that says what the amount is made of.
func (t *terminal) cartView(v *display.View, s checkout.State) {
	bill := s.Cart().Bill()
	if next := s.Next(); s.Begun() && next != s.Due() {
		v.Lines = append(v.Lines, t.amountLine(v.Lang, "line_now", next.Amount, next.Currency, true))
	}
	if s.Order.Key != "" {
		v.Lines = append(v.Lines, display.Line{Label: words.Say(v.Lang, "line_register"), Text: cmp.Or(s.Order.Reference, s.Order.Key)})
	}
	if !s.Begun() || bill.Plain() {
		return
	}
	sum := func(amount int64, labels ...string) display.Line {
		return display.Line{
			Label: strings.Join(labels, words.Say(v.Lang, "list_comma")), Amount: payment.Money{Amount: amount, Currency: s.Settings.Currency},
		}
	}
	say := func(k words.Key) string { return words.Say(v.Lang, k) }
	var parts []display.Line // of what the subtotal becomes the total by
	var labels []string
	add := func(amount int64, more ...string) {
		if len(more) > 0 {
			parts, labels = append(parts, sum(amount, more...)), append(labels, more...)
		}
	}
	if bill.Discount != 0 {
		add(-bill.Discount, say("line_discount"))
	}
	var rest []string
	if bill.Tax != 0 {
		rest = append(rest, say("line_tax"))
	}
	if bill.Tip != 0 {
		rest = append(rest, say("line_tip"))
	}
	if bill.Exempt {
		rest = append(rest, say("button_exempt"))
	}
	add(bill.Tax+bill.Tip, rest...)
	room := cartLines - len(v.Lines)
	if 1+len(parts) > room && len(parts) > 0 {
		parts = []display.Line{sum(bill.Total()-bill.Subtotal(), labels...)}
	}
	if len(s.Taken.Items) > 0 && s.Entry > 0 && 2+len(parts) <= room {
		v.Lines = append(v.Lines, sum(s.Entry, say("line_keyed")))
	}
	if len(parts) > 0 {
		v.Lines = append(append(v.Lines, sum(bill.Subtotal(), say("line_subtotal"))), parts...)
	}
}

// cartLines is for how many lines there is room beside the menu.
const cartLines = 3

// askedView is the screen of a discount or a tip: of what, and what was keyed.
func (t *terminal) askedView(v *display.View, s checkout.State) {
	bill := s.Cart().Bill()
	of := bill.Subtotal()
	v.Title = words.Say(v.Lang, "discount_title")
	if s.Screen == checkout.Tipping {
		v.Title = words.Both("tip_title") // the customer presses here
		of = bill.Total() - bill.Tip
	}
	if s.Screen == checkout.Splitting {
		v.Title = words.Say(v.Lang, "split_title")
		of = s.Due().Amount
	}
	v.Amount = payment.Money{Amount: of, Currency: s.Settings.Currency}
	v.Entry = payment.Money{Amount: s.Keyed, Currency: s.Settings.Currency}
}
