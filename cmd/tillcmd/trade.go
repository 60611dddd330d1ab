package tillcmd

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"till/checkout"
	"till/display"
	"till/payment"
	"till/words"
)

// Bounds of what has a button: more find no room on the smallest panel.
const (
	maxDepartments = 6
	maxProducts    = 1000
	maxPresets     = 3
	maxLabel       = 14 // columns of a key, on two lines
	maxWord        = 11 // columns of one line
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
	all := []payment.Wallet{payment.WeChat, payment.Alipay, payment.UnionPay, payment.Cash}
	var taken []string
	if err := lines(func(_ *Config, texts []string) { taken = texts })(c, value); err != nil {
		return err
	}
	for _, name := range taken {
		if !slices.Contains(all, payment.Wallet(name)) {
			return fmt.Errorf("%.40q is none of %v", name, all)
		}
	}
	if len(taken) == 0 {
		return errors.New("nothing could be paid: name at least one")
	}
	c.Trade.Closed = nil
	for _, w := range all {
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
		if !ok || len(list) > maxPresets {
			return fmt.Errorf("want a list of up to %d per cent, as [10, 15, 20], not %v", maxPresets, value)
		}
		var all []int
		for _, v := range list {
			n, ok := v.(int64)
			if !ok || n < 1 || n > 100 || slices.Contains(all, int(n)*100) {
				return fmt.Errorf("want whole numbers from 1 to 100, each once, not %v", v)
			}
			all = append(all, int(n)*100)
		}
		take(c, all)
		return nil
	}
}

// departments takes texts as "Food / 食品 @ 0": English, Chinese, and the tax in
// basis points where it is not the shop's.
func departments(c *Config, value any) error {
	var all []department
	err := lines(func(_ *Config, texts []string) {
		for _, text := range texts {
			all = append(all, parseDepartment(text))
		}
	})(c, value)
	if err != nil {
		return err
	}
	if len(all) > maxDepartments {
		return fmt.Errorf("%d departments; there are keys for %d", len(all), maxDepartments)
	}
	for _, d := range all {
		if d.err != nil {
			return d.err
		}
	}
	c.departments = all
	return nil
}

// items takes texts as "6901234567892 / Green tea / 绿茶 / 350 @ 0": barcode ("-":
// none), English, Chinese, the price in minor units, and the tax in basis points where
// it is not the shop's.
func items(c *Config, value any) error {
	var texts []string
	if err := lines(func(_ *Config, l []string) { texts = l })(c, value); err != nil {
		return err
	}
	if len(texts) > maxProducts {
		return fmt.Errorf("%d items; at most %d", len(texts), maxProducts)
	}
	c.items = nil
	codes := map[string]bool{}
	for _, text := range texts {
		p, err := parseProduct(text)
		if err != nil {
			return fmt.Errorf("item %.60q: %w", text, err)
		}
		if p.barcode != "" && codes[p.barcode] {
			return fmt.Errorf("item %.60q: another has that barcode", text)
		}
		codes[p.barcode] = true
		c.items = append(c.items, p)
	}
	return nil
}

// product is one as the configuration says it.
type product struct {
	barcode string
	names   map[words.Lang]string
	price   int64
	rate    int // basis points; below zero: the shop's
}

func parseProduct(text string) (p product, err error) {
	parts := strings.Split(text, " / ")
	if len(parts) != 4 {
		return p, errors.New(`want "barcode / English / Chinese / price in minor units"`)
	}
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	p = product{barcode: parts[0], names: map[words.Lang]string{words.English: parts[1], words.Chinese: parts[2]}, rate: -1}
	if p.barcode == "-" {
		p.barcode = ""
	} else if err := checkBarcode(p.barcode); err != nil {
		return p, err
	}
	price, rate, own := strings.Cut(parts[3], "@")
	if p.price, err = strconv.ParseInt(strings.TrimSpace(price), 10, 64); err != nil || p.price < 1 || p.price > checkout.MaxEntry {
		return p, fmt.Errorf("want a price of 1 to %d minor units", checkout.MaxEntry)
	}
	if own {
		if p.rate, err = strconv.Atoi(strings.TrimSpace(rate)); err != nil || p.rate < 0 || p.rate > payment.MaxRate {
			return p, fmt.Errorf("after @ want its tax in basis points, 0 to %d", payment.MaxRate)
		}
	}
	for _, name := range p.names {
		if name == "" || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
			return p, errors.New("want a name in both languages")
		}
	}
	if len(onPaper(p.names)) > payment.MaxName {
		return p, fmt.Errorf("its names have more than %d bytes", payment.MaxName)
	}
	return p, nil
}

// checkBarcode says what a product's label cannot have: what a customer's phone shows
// is never taken for one.
func checkBarcode(code string) error {
	if len(code) < 1 || len(code) > 48 || strings.TrimFunc(code, func(r rune) bool { return r > ' ' && r < 0x7F }) != "" || strings.ContainsAny(code, " \t") {
		return errors.New("a barcode has 1 to 48 letters, digits and signs")
	}
	if _, err := payment.ParseCode([]byte(code)); err == nil {
		return errors.New("its barcode is as a wallet's payment code is, and would be charged")
	}
	return nil
}

// department is one as the configuration says it.
type department struct {
	names map[words.Lang]string
	rate  int // basis points; below zero: the shop's
	err   error
}

func parseDepartment(text string) department {
	d := department{names: map[words.Lang]string{}, rate: -1}
	names, rate, own := strings.Cut(text, "@")
	if own {
		n, err := strconv.Atoi(strings.TrimSpace(rate))
		if err != nil || n < 0 || n > payment.MaxRate {
			d.err = fmt.Errorf("department %.60q: after @ want its tax in basis points, 0 to %d", text, payment.MaxRate)
			return d
		}
		d.rate = n
	}
	english, chinese, both := strings.Cut(names, "/")
	d.names[words.English], d.names[words.Chinese] = strings.TrimSpace(english), strings.TrimSpace(chinese)
	if !both {
		d.names[words.Chinese] = d.names[words.English]
	}
	for _, name := range d.names {
		if columns := wide(name); columns > maxLabel {
			d.err = fmt.Errorf("department %.60q: %q is too long for its key; at most %d letters, or half as many Chinese", text, name, maxLabel)
			return d
		}
		for word := range strings.FieldsSeq(name) {
			if wide(word) > maxWord {
				d.err = fmt.Errorf("department %.60q: %q is too long for its key; a word of at most %d letters", text, word, maxWord)
				return d
			}
		}
	}
	switch name := onPaper(d.names); {
	case d.names[words.English] == "" || d.names[words.Chinese] == "":
		d.err = fmt.Errorf(`department %.60q has no name; want it as "Food / 食品 @ 0"`, text)
	case len(name) > payment.MaxName || !utf8.ValidString(name):
		d.err = fmt.Errorf("department %.60q: its names have more than %d bytes", text, payment.MaxName)
	}
	return d
}

// wide is how many columns a name takes: two of a Chinese character.
func wide(name string) (n int) {
	for _, r := range name {
		n++
		if r > unicode.MaxLatin1 {
			n++
		}
	}
	return n
}

// onPaper is a name on the receipt.
func onPaper(names map[words.Lang]string) string {
	if names[words.English] == names[words.Chinese] {
		return names[words.English]
	}
	return names[words.English] + " " + names[words.Chinese]
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
		c.Trade.Departments = append(c.Trade.Departments, checkout.Department{Name: onPaper(d.names), TaxRate: settled(d.rate)})
	}
	for _, p := range c.items {
		c.Trade.Catalogue = append(c.Trade.Catalogue, checkout.Product{Barcode: p.barcode, Name: onPaper(p.names), Price: p.price, TaxRate: settled(p.rate)})
	}
}

// productRows are the products on the page that is shown.
func (t *terminal) productRows(lang words.Lang, s checkout.State) []display.Row {
	var rows []display.Row
	for _, n := range s.ProductsOnPage() {
		p := t.config.items[n]
		rows = append(rows, display.Row{
			ID: checkout.ProductPrefix + strconv.Itoa(n), Left: p.names[lang],
			Right: payment.Money{Amount: p.price, Currency: s.Settings.Currency}.Format(locale(lang)), Sub: p.barcode,
		})
	}
	return rows
}

// tradeLabel is what stands on a button that the merchant has settled: a
// department, a discount or a tip; "" of others.
func (t *terminal) tradeLabel(s checkout.State, id string, lang words.Lang) string {
	money := func(minor int64) string {
		return payment.Money{Amount: minor, Currency: s.Settings.Currency}.Format(locale(lang))
	}
	if n, ok := checkout.Numbered(id, checkout.DepartmentPrefix); ok {
		return t.config.departments[n-1].names[lang]
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
	// There is room for three lines beside the menu.
	add := func(amount int64, keys ...words.Key) {
		var label []string
		for _, k := range keys {
			label = append(label, words.Say(v.Lang, k))
		}
		v.Lines = append(v.Lines, display.Line{
			Label: strings.Join(label, words.Say(v.Lang, "list_comma")), Amount: payment.Money{Amount: amount, Currency: s.Settings.Currency},
		})
	}
	if len(s.Taken.Items) > 0 && s.Entry > 0 {
		add(s.Entry, "line_keyed")
	}
	if bill.Discount != 0 {
		add(-bill.Discount, "line_discount")
	}
	switch {
	case bill.Tax != 0 && bill.Tip != 0:
		add(bill.Tax+bill.Tip, "line_tax", "line_tip")
	case bill.Tax != 0:
		add(bill.Tax, "line_tax")
	case bill.Exempt && bill.Tip != 0:
		add(bill.Tip, "line_tip", "button_exempt")
	case bill.Exempt:
		v.Lines = append(v.Lines, display.Line{Label: words.Say(v.Lang, "line_tax"), Text: words.Say(v.Lang, "line_exempt")})
	case bill.Tip != 0:
		add(bill.Tip, "line_tip")
	}
}

// billLines are the lines of a bill that say something.
func (t *terminal) billLines(lang words.Lang, b payment.Bill) []display.Line {
	var all []display.Line
	add := func(key words.Key, minor int64) {
		if minor != 0 {
			all = append(all, t.amountLine(lang, key, minor, t.config.Merchant.Currency, false))
		}
	}
	if b.Total() != b.Subtotal() || len(b.Items) > 1 {
		add("line_subtotal", b.Subtotal())
	}
	add("line_discount", -b.Discount)
	add("line_tax", b.Tax)
	if b.Exempt {
		all = append(all, display.Line{Label: words.Say(lang, "line_tax"), Text: words.Say(lang, "line_exempt")})
	}
	add("line_tip", b.Tip)
	return all
}

// askedView is the screen of a discount or a tip: of what, and what was keyed.
func (t *terminal) askedView(v *display.View, s checkout.State) {
	bill := s.Cart().Bill()
	of := bill.Subtotal()
	v.Title = words.Say(v.Lang, "discount_title")
	if s.Screen == checkout.Tipping {
		v.Title = words.Say(v.Lang, "tip_title")
		of = bill.Total() - bill.Tip
	}
	if s.Screen == checkout.Splitting {
		v.Title = words.Say(v.Lang, "split_title")
		of = s.Due().Amount
	}
	v.Amount = payment.Money{Amount: of, Currency: s.Settings.Currency}
	v.Entry = payment.Money{Amount: s.Keyed, Currency: s.Settings.Currency}
}
