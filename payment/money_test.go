package payment_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"till/payment"
)

func TestDigits(t *testing.T) {
	for code, want := range map[string]int{"USD": 2, "CNY": 2, "HKD": 2, "JPY": 0, "KRW": 0, "KWD": 3} {
		if got, ok := payment.Digits(code); !ok || got != want {
			t.Errorf("Digits(%s) = %d, %v, want %d", code, got, ok, want)
		}
	}
	for _, code := range []string{"", "usd", "US", "XYZ", "US$", "840"} {
		if got, ok := payment.Digits(code); ok {
			t.Errorf("Digits(%q) = %d, want it unknown", code, got)
		}
	}
}

func TestParseKeyed(t *testing.T) {
	tests := []struct {
		digits, currency string
		want             int64
		err              error
	}{
		{"1234", "USD", 1234, nil},
		{"1234", "JPY", 1234, nil},
		{"0", "USD", 0, nil},
		{"007", "USD", 7, nil},
		{"99999999", "USD", payment.MaxAmount, nil},
		{"0000000000099999999", "USD", payment.MaxAmount, nil},
		{"100000000", "USD", 0, payment.ErrTooLarge},
		{"18446744073709551617", "USD", 0, payment.ErrTooLarge},
		{strings.Repeat("0", 33), "USD", 0, payment.ErrTooLarge},
		{"", "USD", 0, payment.ErrNoAmount},
		{"12.34", "USD", 0, payment.ErrNotANumber},
		{"-1", "USD", 0, payment.ErrNotANumber},
		{"+1", "USD", 0, payment.ErrNotANumber},
		{" 1", "USD", 0, payment.ErrNotANumber},
		{"１２", "USD", 0, payment.ErrNotANumber},
		{"1234", "usd", 0, payment.ErrUnknownCurrency},
		{"1234", "", 0, payment.ErrUnknownCurrency},
	}
	for _, test := range tests {
		got, err := payment.ParseKeyed(test.digits, test.currency)
		if !errors.Is(err, test.err) || (err == nil) != (test.err == nil) {
			t.Errorf("ParseKeyed(%q, %q): error %v, want %v", test.digits, test.currency, err, test.err)
			continue
		}
		if err == nil && got != (payment.Money{Amount: test.want, Currency: test.currency}) {
			t.Errorf("ParseKeyed(%q, %q) = %v, want %d", test.digits, test.currency, got, test.want)
		}
	}
}

func TestParseDecimal(t *testing.T) {
	tests := []struct {
		text, currency string
		want           int64
		err            error
	}{
		{"12.34", "USD", 1234, nil},
		{"1,234.50", "USD", 123450, nil},
		{"1,234,567", "USD", 123456700, nil},
		{"1234567.8", "USD", 123456780, nil},
		{"0", "USD", 0, nil},
		{"-0", "USD", 0, nil},
		{"-0.05", "USD", -5, nil},
		{"500", "JPY", 500, nil},
		{"1.234", "KWD", 1234, nil},
		{"1.2", "KWD", 1200, nil},
		{"92233720368547758.07", "USD", math.MaxInt64, nil},
		{"-92233720368547758.08", "USD", math.MinInt64, nil},
		{"92233720368547758.08", "USD", 0, payment.ErrTooLarge},
		{"-92233720368547758.09", "USD", 0, payment.ErrTooLarge},
		{"184467440737095516.16", "USD", 0, payment.ErrTooLarge},
		{"99999999999999999999999999", "USD", 0, payment.ErrTooLarge},
		{strings.Repeat("1", 65), "USD", 0, payment.ErrTooLarge},
		{"12.345", "USD", 0, payment.ErrTooManyDecimals},
		{"12.340", "USD", 0, payment.ErrTooManyDecimals},
		{"500.0", "JPY", 0, payment.ErrTooManyDecimals},
		{"", "USD", 0, payment.ErrNoAmount},
		{"-", "USD", 0, payment.ErrNotANumber},
		{".5", "USD", 0, payment.ErrNotANumber},
		{"5.", "USD", 0, payment.ErrNotANumber},
		{"12,34", "USD", 0, payment.ErrNotANumber},
		{"1234,567", "USD", 0, payment.ErrNotANumber},
		{",123", "USD", 0, payment.ErrNotANumber},
		{"1,23,456", "USD", 0, payment.ErrNotANumber},
		{"1.2.3", "USD", 0, payment.ErrNotANumber},
		{"--1", "USD", 0, payment.ErrNotANumber},
		{"+1", "USD", 0, payment.ErrNotANumber},
		{"1e3", "USD", 0, payment.ErrNotANumber},
		{"0x10", "USD", 0, payment.ErrNotANumber},
		{" 1", "USD", 0, payment.ErrNotANumber},
		{"$1", "USD", 0, payment.ErrNotANumber},
		{"NaN", "USD", 0, payment.ErrNotANumber},
		{"1", "ABC", 0, payment.ErrUnknownCurrency},
	}
	for _, test := range tests {
		got, err := payment.ParseDecimal(test.text, test.currency)
		if !errors.Is(err, test.err) || (err == nil) != (test.err == nil) {
			t.Errorf("ParseDecimal(%q, %q): error %v, want %v", test.text, test.currency, err, test.err)
			continue
		}
		if err == nil && got != (payment.Money{Amount: test.want, Currency: test.currency}) {
			t.Errorf("ParseDecimal(%q, %q) = %v, want %d", test.text, test.currency, got, test.want)
		}
	}
}

func TestMoneyArithmetic(t *testing.T) {
	usd := func(n int64) payment.Money { return payment.Money{Amount: n, Currency: "USD"} }
	tests := []struct {
		a, b     int64
		sum      int64
		sumErr   bool
		minus    int64
		minusErr bool
	}{
		{5, 3, 8, false, 2, false},
		{5, -3, 2, false, 8, false},
		{0, 0, 0, false, 0, false},
		{math.MaxInt64, 0, math.MaxInt64, false, math.MaxInt64, false},
		{math.MaxInt64, 1, 0, true, math.MaxInt64 - 1, false},
		{math.MinInt64, 1, math.MinInt64 + 1, false, 0, true},
		{0, math.MinInt64, math.MinInt64, false, 0, true},
		{-1, math.MinInt64, 0, true, math.MaxInt64, false},
		{math.MinInt64, math.MinInt64, 0, true, 0, false},
	}
	for _, test := range tests {
		sum, err := usd(test.a).Add(usd(test.b))
		if (err != nil) != test.sumErr || err == nil && sum != usd(test.sum) {
			t.Errorf("%d + %d = %v, %v, want %d", test.a, test.b, sum, err, test.sum)
		}
		minus, err := usd(test.a).Sub(usd(test.b))
		if (err != nil) != test.minusErr || err == nil && minus != usd(test.minus) {
			t.Errorf("%d - %d = %v, %v, want %d", test.a, test.b, minus, err, test.minus)
		}
	}
	yen := payment.Money{Amount: 1, Currency: "JPY"}
	if _, err := usd(1).Add(yen); !errors.Is(err, payment.ErrCurrencyMismatch) {
		t.Errorf("adding yen to dollars: %v", err)
	}
	if _, err := usd(1).Sub(yen); !errors.Is(err, payment.ErrCurrencyMismatch) {
		t.Errorf("taking yen from dollars: %v", err)
	}
}

func TestMoneyFormat(t *testing.T) {
	tests := []struct {
		amount   int64
		currency string
		locale   string
		want     string
	}{
		{1234, "USD", "en", "$12.34"},
		{1234, "USD", "en-US", "$12.34"},
		{1234, "USD", "zh", "US$12.34"},
		{123450, "USD", "en", "$1,234.50"},
		{-5, "USD", "en", "-$0.05"},
		{0, "USD", "en", "$0.00"},
		{8800, "CNY", "en", "CNY 88.00"},
		{8800, "CNY", "zh", "CNY 88.00"},
		{-8800, "CNY", "en", "-CNY 88.00"},
		{500, "JPY", "en", "JPY 500"},
		{500, "JPY", "zh", "JPY 500"},
		{1234567, "JPY", "ja", "JPY 1,234,567"},
		{3, "KWD", "en", "KWD 0.003"},
		{8800, "HKD", "en", "HK$88.00"},
		{123450, "EUR", "de", "1.234,50 €"},
		{123450, "EUR", "fr", "1 234,50 €"},
		{1234, "USD", "", "$12.34"},
		{1234, "USD", "tlh", "$12.34"},
		{1234, "XYZ", "en", "1234 minor units XYZ"},
		{math.MinInt64, "USD", "en", "-$92,233,720,368,547,758.08"},
		{math.MaxInt64, "USD", "en", "$92,233,720,368,547,758.07"},
	}
	for _, test := range tests {
		got := payment.Money{Amount: test.amount, Currency: test.currency}.Format(test.locale)
		if got != test.want {
			t.Errorf("%d %s in %q: %q, want %q", test.amount, test.currency, test.locale, got, test.want)
		}
	}
}

func TestMoneyPlain(t *testing.T) {
	for _, test := range []struct {
		money payment.Money
		want  string
	}{
		{payment.Money{Amount: 1234, Currency: "USD"}, "12.34"},
		{payment.Money{Amount: 5, Currency: "USD"}, "0.05"},
		{payment.Money{Amount: -5, Currency: "USD"}, "-0.05"},
		{payment.Money{Amount: -1234, Currency: "KWD"}, "-1.234"},
		{payment.Money{Amount: -500, Currency: "JPY"}, "-500"},
		{payment.Money{Amount: math.MinInt64, Currency: "USD"}, "-92233720368547758.08"},
	} {
		if got := test.money.Plain(); got != test.want {
			t.Errorf("%d %s: %q, want %q", test.money.Amount, test.money.Currency, got, test.want)
		}
	}
}

func TestMoneyValidate(t *testing.T) {
	for _, test := range []struct {
		money         payment.Money
		valid, charge bool
	}{
		{payment.Money{Amount: 1, Currency: "USD"}, true, true},
		{payment.Money{Amount: payment.MaxAmount, Currency: "JPY"}, true, true},
		{payment.Money{Amount: payment.MaxAmount + 1, Currency: "USD"}, true, false},
		{payment.Money{Amount: 0, Currency: "USD"}, true, false},
		{payment.Money{Amount: -1, Currency: "USD"}, true, false},
		{payment.Money{Amount: 1, Currency: "usd"}, false, false},
		{payment.Money{}, false, false},
	} {
		if err := test.money.Validate(); (err == nil) != test.valid {
			t.Errorf("%v: Validate: %v", test.money, err)
		}
		if err := test.money.ValidateCharge(); (err == nil) != test.charge {
			t.Errorf("%v: ValidateCharge: %v", test.money, err)
		}
	}
}

func TestMoneyJSON(t *testing.T) {
	text, err := json.Marshal(payment.Money{Amount: 1234, Currency: "USD"})
	if err != nil || string(text) != `{"amount":1234,"currency":"USD"}` {
		t.Fatalf("marshalled as %s, %v", text, err)
	}
	var m payment.Money
	if err := json.Unmarshal([]byte(`{"amount":12.34,"currency":"USD"}`), &m); err == nil {
		t.Error("a fraction of a minor unit was taken")
	}
}

var currencies = []string{"USD", "CNY", "JPY", "KWD", "EUR", "HKD"}

// Plain and ParseDecimal are each other's inverse, over the whole range.
func TestDecimalRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := payment.Money{
			Amount:   rapid.Int64().Draw(t, "amount"),
			Currency: rapid.SampledFrom(currencies).Draw(t, "currency"),
		}
		got, err := payment.ParseDecimal(m.Plain(), m.Currency)
		if err != nil || got != m {
			t.Fatalf("%v was written %q and read back as %v, %v", m, m.Plain(), got, err)
		}
	})
}

// What people read in English is the plain amount with a sign and commas.
func TestFormatSaysThePlainAmount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := payment.Money{
			Amount:   rapid.Int64().Draw(t, "amount"),
			Currency: rapid.SampledFrom(currencies).Draw(t, "currency"),
		}
		text := m.Format("en")
		number := strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' || r == '.' || r == ',' || r == '-' {
				return r
			}
			return -1
		}, text)
		got, err := payment.ParseDecimal(number, m.Currency)
		if err != nil || got != m {
			t.Fatalf("%v is written %q, which reads %v, %v", m, text, got, err)
		}
	})
}

func TestAddThenSubIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := payment.Money{Amount: rapid.Int64().Draw(t, "a"), Currency: "USD"}
		b := payment.Money{Amount: rapid.Int64().Draw(t, "b"), Currency: "USD"}
		sum, err := a.Add(b)
		if err != nil {
			return // it overflowed
		}
		if back, err := sum.Sub(b); err != nil || back != a {
			t.Fatalf("%v + %v - %v = %v, %v", a, b, b, back, err)
		}
	})
}

func FuzzParseKeyed(f *testing.F) {
	for _, s := range []string{"", "0", "1234", "99999999", "100000000", "12.34", "-1", "１"} {
		f.Add(s, "USD")
	}
	f.Fuzz(func(t *testing.T, s, code string) {
		m, err := payment.ParseKeyed(s, code)
		if err != nil {
			return
		}
		if m.Amount < 0 || m.Amount > payment.MaxAmount || m.Validate() != nil {
			t.Errorf("%q %q: %v", s, code, m)
		}
	})
}

func FuzzParseDecimal(f *testing.F) {
	for _, s := range []string{"", "12.34", "1,234.50", "-0.05", "12,34", "1e9", "92233720368547758.08"} {
		f.Add(s, "USD")
	}
	f.Add("500", "JPY")
	f.Fuzz(func(t *testing.T, s, code string) {
		m, err := payment.ParseDecimal(s, code)
		if err != nil {
			return
		}
		if again, err := payment.ParseDecimal(m.Plain(), code); err != nil || again != m {
			t.Errorf("%q is %v, which reads back as %v, %v", s, m, again, err)
		}
		if m.Format("en") == "" {
			t.Errorf("%v is written as nothing", m)
		}
	})
}
