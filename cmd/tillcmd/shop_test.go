package tillcmd_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"till/checkout"
	"till/cmd/tillcmd"
	"till/payment"
	"till/payment/pin"
)

// operatorsFile is a terminal's with these operators.
func operatorsFile(operators ...string) []byte {
	var quoted []string
	for _, o := range operators {
		quoted = append(quoted, fmt.Sprintf("%q", o))
	}
	return []byte("operators = [" + strings.Join(quoted, ", ") + "]\n" + least)
}

const least = `terminal = "till-07"
board = "sim"
data = "/data"
bench = "/run/bench"
merchant = {name = "Shop", timezone = "America/Los_Angeles", currency = "USD"}
gateway = {broker = "tcp://127.0.0.1:1883", key = "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08="}
`

func TestOperators(t *testing.T) {
	salt := pin.NewSalt()
	one, two, badge := pin.New("1111", salt).String(), pin.New("2580", salt).String(), pin.New("LI-7Q2M-94XC", salt).String()
	c, err := tillcmd.ParseConfig(operatorsFile("mei / Mei 梅 / cashier / "+one, "li / Li / manager / "+two+" / "+badge))
	if err != nil {
		t.Fatal(err)
	}
	for secret, want := range map[string]payment.Operator{
		"1111": {ID: "mei", Name: "Mei 梅", Role: payment.Cashier}, "2580": {ID: "li", Name: "Li", Role: payment.Manager},
		"LI-7Q2M-94XC": {ID: "li", Name: "Li", Role: payment.Manager}, "1112": {}, "": {},
	} {
		if got, known := c.Operators.Identify(secret); got != want || known != (want.ID != "") {
			t.Errorf("%q is %+v (%v), want %+v", secret, got, known, want)
		}
	}
	for want, operators := range map[string][]string{
		"an operator is":                       {"mei / Mei / cashier"},
		"an operator's id has":                 {"Mei / Mei / cashier / " + one},
		"want a name":                          {"mei /  / cashier / " + one},
		"want a name of at most":               {"mei / 一二三四五六七八九十一二三 / cashier / " + one},
		`"boss" is none of`:                    {"mei / Mei / boss / " + one},
		"operator mei: the PIN: want a hash":   {"mei / Mei / cashier / 1111"},
		"operator mei: the badge: want a hash": {"mei / Mei / cashier / " + one + " / LI-7Q2M-94XC"},
		"operator mei is there twice":          {"mei / Mei / cashier / " + one, "mei / Li / manager / " + two},
		"operators mei and li have one PIN":    {"mei / Mei / cashier / " + one, "li / Li / manager / " + one},
		"at most 40":                           make([]string, 41),
	} {
		if _, err := tillcmd.ParseConfig(operatorsFile(operators...)); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "1111") {
			t.Errorf("%q: %v", operators, err)
		}
	}
}

func TestItems(t *testing.T) {
	file := func(items ...string) []byte {
		var quoted []string
		for _, i := range items {
			quoted = append(quoted, fmt.Sprintf("%q", i))
		}
		return []byte("sale.tax = 875\nsale.items = [" + strings.Join(quoted, ", ") + "]\n" + least)
	}
	c, err := tillcmd.ParseConfig(file("6901234567892 / Green tea / 绿茶 / 350 @ 0", "- / Postcard / 明信片 / 100"))
	if err != nil {
		t.Fatal(err)
	}
	want := []checkout.Product{
		{Barcode: "6901234567892", Name: "Green tea 绿茶", Price: 350}, {Name: "Postcard 明信片", Price: 100, TaxRate: 875},
	}
	if !slices.Equal(c.Trade.Catalogue, want) {
		t.Errorf("the catalogue is %+v", c.Trade.Catalogue)
	}
	for want, items := range map[string][]string{
		"want \"barcode":           {"6901234567892 / Green tea / 350"},
		"want a price":             {"6901234567892 / Green tea / 绿茶 / 3.50"},
		"after @ want":             {"6901234567892 / Green tea / 绿茶 / 350 @ 8.75"},
		"want a name":              {"6901234567892 /  / 绿茶 / 350"},
		"more than 48 bytes":       {"6901234567892 / " + strings.Repeat("tea ", 20) + " / 绿茶 / 350"},
		"a wallet's payment code":  {"134567890123456789 / Green tea / 绿茶 / 350"},
		"a barcode has":            {"69 01 / Green tea / 绿茶 / 350"},
		"another has that barcode": {"6901234567892 / Green tea / 绿茶 / 350", "6901234567892 / Tea / 茶 / 300"},
		"1001 items; at most 1000": make([]string, 1001),
	} {
		if _, err := tillcmd.ParseConfig(file(items...)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80q: %v", items, err)
		}
	}
}
