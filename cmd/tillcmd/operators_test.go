package tillcmd_test

import (
	"fmt"
	"strings"
	"testing"

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
