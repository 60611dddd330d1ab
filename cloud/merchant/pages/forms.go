package pages

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"till/payment"
	"till/payment/shop"
	"till/words"
)

// Bounds of what stands on a receipt.
const (
	maxHead  = 80 // bytes, of a line
	maxLines = 8
)

func readShop(f *form, t Terminal) (c change) {
	c.put(t, "merchant.name", f.line("name", true), false)
	address := f.lines("address")
	c.put(t, "merchant.address", address, len(address) == 0)
	phone := f.line("phone", false)
	c.put(t, "merchant.phone", phone, phone == "")
	foot := f.lines("foot")
	c.put(t, "merchant.foot", foot, len(foot) == 0)
	lang := f.value("language")
	if !slices.Contains(words.Langs, words.Lang(lang)) {
		f.fault("language", "pages_fault_choice")
	}
	c.put(t, "merchant.language", lang, false)
	return c
}

func showShop(t Terminal, into url.Values) {
	into.Set("name", textOf(t, "merchant.name"))
	into.Set("address", strings.Join(textsOf(t, "merchant.address"), "\n"))
	into.Set("phone", textOf(t, "merchant.phone"))
	into.Set("foot", strings.Join(textsOf(t, "merchant.foot"), "\n"))
	into.Set("language", string(words.English))
	if lang := textOf(t, "merchant.language"); lang != "" {
		into.Set("language", lang)
	}
}

// line is a text of one line.
func (f *form) line(field string, required bool) string {
	text := f.value(field)
	switch {
	case required && text == "":
		f.fault(field, "pages_fault_empty")
	case !printable(text):
		f.fault(field, "pages_fault_line", "n", strconv.Itoa(maxHead))
	}
	return text
}

func printable(text string) bool {
	return len(text) <= maxHead && utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

// lines are a text of several, without the empty ones at its ends.
func (f *form) lines(field string) []any {
	var all []any
	text := strings.Trim(strings.ReplaceAll(f.values.Get(field), "\r\n", "\n"), " \t\n")
	if text == "" {
		return nil
	}
	for one := range strings.SplitSeq(text, "\n") {
		if one = strings.TrimSpace(one); !printable(one) {
			f.fault(field, "pages_fault_line", "n", strconv.Itoa(maxHead))
		}
		all = append(all, one)
	}
	if len(all) > maxLines {
		f.fault(field, "pages_fault_lines", "n", strconv.Itoa(maxLines))
	}
	return all
}

func readTax(f *form, t Terminal) (c change) {
	rate, ok := readPercent(f.value("tax"))
	if !ok {
		f.fault("tax", "pages_fault_percent")
	}
	c.put(t, "sale.tax", rate, rate == 0)
	by := payment.TaxBy(f.value("tax_by"))
	if by != payment.TaxByInvoice && by != payment.TaxByLine {
		f.fault("tax_by", "pages_fault_choice")
	}
	c.put(t, "sale.tax_by", string(by), by == payment.TaxByInvoice)
	return c
}

func showTax(t Terminal, into url.Values) {
	into.Set("tax", percent(numberOf(t, "sale.tax")))
	into.Set("tax_by", string(payment.TaxByInvoice))
	if by := textOf(t, "sale.tax_by"); by != "" {
		into.Set("tax_by", by)
	}
}

func readTips(f *form, t Terminal) (c change) {
	tips := f.percents("tips")
	c.put(t, "sale.tips", tips, len(tips) == 0)
	gross := f.value("tip_with_tax") != ""
	c.put(t, "sale.tip_with_tax", gross, !gross)
	return c
}

func showTips(t Terminal, into url.Values) {
	into.Set("tips", listOf(t, "sale.tips"))
	if gross, _ := t.Settings["sale.tip_with_tax"].(bool); gross {
		into.Set("tip_with_tax", "yes")
	}
}

func readDiscounts(f *form, t Terminal) (c change) {
	discounts := f.percents("discounts")
	c.put(t, "sale.discounts", discounts, len(discounts) == 0)
	text := strings.TrimSpace(strings.TrimSuffix(f.value("discount_limit"), "%"))
	limit, err := strconv.ParseInt(text, 10, 64)
	if text != "" && (err != nil || limit < 0 || limit > 100) {
		f.fault("discount_limit", "pages_fault_limit_percent")
	}
	c.put(t, "sale.discount_limit", limit, limit == 0)
	return c
}

func showDiscounts(t Terminal, into url.Values) {
	into.Set("discounts", listOf(t, "sale.discounts"))
	into.Set("discount_limit", strconv.FormatInt(numberOf(t, "sale.discount_limit"), 10))
}

// percents are up to three whole per cent, with anything between them.
func (f *form) percents(field string) []any {
	var whole []int64
	for _, word := range strings.FieldsFunc(f.value(field), func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",，、;%", r) }) {
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			n = -1
		}
		whole = append(whole, n)
	}
	if err := shop.CheckPercents(whole); err != nil {
		f.fault(field, "pages_fault_percents", "n", strconv.Itoa(shop.MaxPresets))
	}
	var all []any
	for _, n := range whole {
		all = append(all, n)
	}
	return all
}

func readTenders(f *form, t Terminal) (c change) {
	taken := f.values["tender"]
	if err := shop.CheckTenders(taken); err != nil {
		f.fault("tender", "pages_fault_tenders")
	}
	var list []any
	for _, w := range shop.Tenders {
		if slices.Contains(taken, string(w)) {
			list = append(list, string(w))
		}
	}
	c.put(t, "sale.tenders", list, len(list) == len(shop.Tenders))
	for _, field := range []string{"cash_limit", "wallet_limit"} {
		limit := f.amount(field, t)
		c.put(t, "sale."+field, limit, limit == 0)
	}
	return c
}

func showTenders(t Terminal, into url.Values) {
	into["tender"] = textsOf(t, "sale.tenders")
	if len(into["tender"]) == 0 {
		for _, w := range shop.Tenders {
			into.Add("tender", string(w))
		}
	}
	for _, field := range []string{"cash_limit", "wallet_limit"} {
		if limit := numberOf(t, "sale."+field); limit != 0 {
			into.Set(field, payment.Money{Amount: limit, Currency: t.currency()}.Plain())
		}
	}
}

// amount is one in the shop's currency, in minor units; 0: there is none.
func (f *form) amount(field string, t Terminal) int64 {
	text := f.value(field)
	if text == "" {
		return 0
	}
	m, err := payment.ParseDecimal(text, t.currency())
	if err != nil || m.Amount < 1 || m.Amount > payment.MaxEntry {
		f.fault(field, "pages_fault_amount", "most", payment.Money{Amount: payment.MaxEntry, Currency: t.currency()}.Plain())
	}
	return m.Amount
}

func readDepartments(f *form, t Terminal) (c change) {
	var list []any
	for n := range shop.MaxDepartments {
		at := func(name string) string { return f.value(fmt.Sprintf("%s_%d", name, n)) }
		d := shop.Department{Names: shop.Names{English: at("english"), Chinese: at("chinese")}, Rate: -1}
		tax := at("rate")
		if d.English == "" && d.Chinese == "" && tax == "" {
			continue
		}
		field := fmt.Sprintf("english_%d", n)
		if alone := (shop.Department{Names: shop.Names{English: d.English, Chinese: d.English}, Rate: -1}); departmentFault(alone) == nil || d.English == "" && d.Chinese != "" {
			field = fmt.Sprintf("chinese_%d", n) // the English name is not what is wrong
		}
		d.Names = bothNames(d.Names)
		if tax != "" {
			rate, ok := readPercent(tax)
			if ok {
				d.Rate = int(rate)
			} else {
				f.fault(fmt.Sprintf("rate_%d", n), "pages_fault_percent")
			}
		}
		if err := departmentFault(d); err != nil {
			f.fault(field, shopFault(err))
		}
		list = append(list, d.String())
	}
	c.put(t, "sale.departments", list, len(list) == 0)
	return c
}

// errNoParts is of names by which the text of the setting would be read as another.
var errNoParts = errors.New("a name has signs that part a department's text")

// departmentFault says what is wrong with a department.
func departmentFault(d shop.Department) error {
	if err := d.Check(); err != nil {
		return err
	}
	if again, err := shop.ParseDepartment(d.String()); err != nil || again != d {
		return errNoParts
	}
	return nil
}

func showDepartments(t Terminal, into url.Values) {
	all, err := shop.ParseDepartments(textsOf(t, "sale.departments"))
	if err != nil {
		return
	}
	for n, d := range all {
		into.Set(fmt.Sprintf("english_%d", n), d.English)
		into.Set(fmt.Sprintf("chinese_%d", n), d.Chinese)
		if d.Rate >= 0 {
			into.Set(fmt.Sprintf("rate_%d", n), percent(int64(d.Rate)))
		}
	}
}

// shopFault is the sentence of what is wrong with what is sold.
func shopFault(err error) string {
	for _, one := range []struct {
		err error
		key string
	}{
		{shop.ErrNames, "pages_fault_names"},
		{shop.ErrLongNames, "pages_fault_long_names"},
		{shop.ErrLongLabel, "pages_fault_long_label"},
		{shop.ErrLongWord, "pages_fault_long_word"},
		{shop.ErrPrice, "pages_fault_price"},
		{shop.ErrRate, "pages_fault_percent"},
		{shop.ErrBarcode, "pages_fault_barcode"},
		{shop.ErrWallets, "pages_fault_wallets"},
		{shop.ErrTwice, "pages_fault_twice"},
		{shop.ErrTooMany, "pages_fault_many"},
		{shop.ErrOperatorID, "pages_fault_operator_id"},
		{shop.ErrOperatorName, "pages_fault_operator_name"},
		{shop.ErrRole, "pages_fault_choice"},
		{shop.ErrSameID, "pages_fault_same_id"},
		{shop.ErrSamePIN, "pages_fault_same_pin"},
	} {
		if errors.Is(err, one.err) {
			return one.key
		}
	}
	return "pages_fault_signs"
}

// percent writes basis points as people do: 875 is 8.75.
func percent(basisPoints int64) string {
	text := fmt.Sprintf("%d.%02d", basisPoints/100, basisPoints%100)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// readPercent reads it, from 0 to 100; nothing is 0.
func readPercent(text string) (basisPoints int64, ok bool) {
	text = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "%"))
	if text == "" {
		return 0, true
	}
	whole, part, _ := strings.Cut(text, ".")
	if len(whole) > 3 || len(part) > 2 || whole == "" || strings.Trim(whole+part, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(whole+(part + "00")[:2], 10, 64)
	return n, err == nil && n <= payment.MaxRate
}

// What settings are, where they are of that type.
func textOf(t Terminal, key string) string {
	s, _ := t.Settings[key].(string)
	return s
}

func numberOf(t Terminal, key string) int64 {
	n, _ := t.Settings[key].(int64)
	return n
}

func textsOf(t Terminal, key string) []string {
	list, _ := t.Settings[key].([]any)
	var all []string
	for _, one := range list {
		if s, ok := one.(string); ok {
			all = append(all, s)
		}
	}
	return all
}

func listOf(t Terminal, key string) string {
	list, _ := t.Settings[key].([]any)
	var all []string
	for _, one := range list {
		if n, ok := one.(int64); ok {
			all = append(all, strconv.FormatInt(n, 10))
		}
	}
	return strings.Join(all, ", ")
}
