package shop

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"till/payment"
)

// Product is one of the catalogue.
type Product struct {
	Barcode string // "": none
	Names
	Price int64 // minor units, without tax
	Rate  int   // basis points; below zero: the shop's
}

// ParseProduct reads "6901234567892 / Green tea / 绿茶 / 350 @ 0": barcode ("-":
// none), English, Chinese, the price in minor units, and the tax in basis points where
// it is not the shop's.
func ParseProduct(text string) (p Product, err error) {
	parts := strings.Split(text, " / ")
	if len(parts) != 4 {
		return p, fmt.Errorf(`want "barcode / English / Chinese / price in minor units": %w`, ErrParts)
	}
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	p = Product{Barcode: parts[0], Names: Names{parts[1], parts[2]}, Rate: -1}
	if p.Barcode == "-" {
		p.Barcode = ""
	} else if err := CheckBarcode(p.Barcode); err != nil {
		return p, err
	}
	price, rate, own := strings.Cut(parts[3], "@")
	if p.Price, err = strconv.ParseInt(strings.TrimSpace(price), 10, 64); err != nil {
		return p, ErrPrice
	}
	if own {
		if p.Rate, err = strconv.Atoi(strings.TrimSpace(rate)); err != nil || p.Rate < 0 {
			return p, ErrRate
		}
	}
	return p, p.Check()
}

// Check says what is wrong with a product.
func (p Product) Check() error {
	if p.Barcode != "" {
		if err := CheckBarcode(p.Barcode); err != nil {
			return err
		}
	}
	switch {
	case p.Price < 1 || p.Price > payment.MaxEntry:
		return ErrPrice
	case p.Rate > payment.MaxRate:
		return ErrRate
	case slices.ContainsFunc(p.each(), func(name string) bool { return !clean(name) }):
		return ErrNames
	case len(p.OnPaper()) > payment.MaxName:
		return ErrLongNames
	}
	return nil
}

// String is what ParseProduct reads; of names that have " / " in them it reads others.
func (p Product) String() string {
	barcode := p.Barcode
	if barcode == "" {
		barcode = "-"
	}
	return barcode + " / " + p.English + " / " + p.Chinese + " / " + strconv.FormatInt(p.Price, 10) + rateText(p.Rate)
}

func rateText(rate int) string {
	if rate < 0 {
		return ""
	}
	return " @ " + strconv.Itoa(rate)
}

// ParseProducts reads a catalogue.
func ParseProducts(texts []string) ([]Product, error) {
	if len(texts) > MaxProducts {
		return nil, fmt.Errorf("%d items; at most %d: %w", len(texts), MaxProducts, ErrTooMany)
	}
	var all []Product
	codes := map[string]bool{}
	for _, text := range texts {
		p, err := ParseProduct(text)
		if err != nil {
			return nil, fmt.Errorf("item %.60q: %w", text, err)
		}
		if p.Barcode != "" && codes[p.Barcode] {
			return nil, fmt.Errorf("item %.60q: %w", text, ErrTwice)
		}
		codes[p.Barcode] = true
		all = append(all, p)
	}
	return all, nil
}

// CheckBarcode says what a product's label cannot have: what a customer's phone shows
// is never taken for one.
func CheckBarcode(code string) error {
	if len(code) < 1 || len(code) > 48 || strings.ContainsFunc(code, func(r rune) bool { return r <= ' ' || r >= 0x7F }) {
		return ErrBarcode
	}
	if _, err := payment.ParseCode([]byte(code)); err == nil {
		return ErrWallets
	}
	return nil
}

// Department is a key of the screen for what is sold.
type Department struct {
	Names
	Rate int // basis points; below zero: the shop's
}

// ParseDepartment reads "Food / 食品 @ 0": English, Chinese, and the tax in basis
// points where it is not the shop's.
func ParseDepartment(text string) (Department, error) {
	d := Department{Rate: -1}
	names, rate, own := strings.Cut(text, "@")
	if own {
		n, err := strconv.Atoi(strings.TrimSpace(rate))
		if err != nil || n < 0 {
			return d, fmt.Errorf("department %.60q: %w", text, ErrRate)
		}
		d.Rate = n
	}
	english, chinese, both := strings.Cut(names, "/")
	d.Names = Names{strings.TrimSpace(english), strings.TrimSpace(chinese)}
	if !both {
		d.Chinese = d.English
	}
	if err := d.Check(); err != nil {
		return d, fmt.Errorf("department %.60q: %w", text, err)
	}
	return d, nil
}

// Check says what is wrong with a department.
func (d Department) Check() error {
	if d.Rate > payment.MaxRate {
		return ErrRate
	}
	for _, name := range d.each() {
		if wide(name) > MaxLabel {
			return fmt.Errorf("%q %w", name, ErrLongLabel)
		}
		for word := range strings.FieldsSeq(name) {
			if wide(word) > MaxWord {
				return fmt.Errorf("%q %w", word, ErrLongWord)
			}
		}
	}
	switch {
	case d.English == "" || d.Chinese == "":
		return fmt.Errorf(`want it as "Food / 食品 @ 0": %w`, ErrNames)
	case len(d.OnPaper()) > payment.MaxName || !utf8.ValidString(d.OnPaper()):
		return ErrLongNames
	}
	return nil
}

// String is what ParseDepartment reads; of names that have / or @ in them it reads others.
func (d Department) String() string { return d.English + " / " + d.Chinese + rateText(d.Rate) }

// ParseDepartments reads all of a shop's.
func ParseDepartments(texts []string) ([]Department, error) {
	if len(texts) > MaxDepartments {
		return nil, fmt.Errorf("%d departments; there are keys for %d: %w", len(texts), MaxDepartments, ErrTooMany)
	}
	var all []Department
	for _, text := range texts {
		d, err := ParseDepartment(text)
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, nil
}
