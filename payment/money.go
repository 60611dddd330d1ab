// Package payment holds the words everyone here speaks: money, wallets and
// their codes, EMV QR codes, the sale and its events. It does no I/O and has no
// clock.
package payment

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/bojanz/currency"
)

// MaxAmount is the largest amount a cashier can key, in minor units: eight
// digits (999,999.99 USD; 99,999,999 JPY), which is what the screens and the
// paper leave room for. Sums of sales may be larger.
const MaxAmount int64 = 999_999_99

const (
	maxKeyed   = 32 // characters of a keyed amount, leading zeros included
	maxDecimal = 64 // characters of a decimal amount: far more than an int64 needs
)

// What can be wrong with an amount. The errors of this file wrap one of them.
var (
	ErrUnknownCurrency  = errors.New("not a currency of ISO 4217")
	ErrNoAmount         = errors.New("no amount")
	ErrNotANumber       = errors.New("not a number")
	ErrTooLarge         = errors.New("amount too large")
	ErrTooManyDecimals  = errors.New("too many decimals for the currency")
	ErrCurrencyMismatch = errors.New("amounts in different currencies")
)

// Money is an amount in the minor units of its currency: 1234 USD is $12.34,
// 500 JPY is five hundred yen. It may be negative (change, a correction).
type Money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"` // ISO 4217, three capital letters
}

// Digits is how many digits the currency has behind the decimal point (USD 2,
// JPY 0, KWD 3), and whether the currency is known. The figures are those of
// Unicode CLDR, which differ from ISO 4217 where the coins are gone (RSD 0).
func Digits(code string) (digits int, ok bool) {
	d, ok := currency.GetDigits(code)
	return int(d), ok
}

func digitsOf(code string) (int, error) {
	d, ok := Digits(code)
	if !ok {
		return 0, fmt.Errorf("currency %.8q: %w", code, ErrUnknownCurrency)
	}
	return d, nil
}

// ParseKeyed reads what a cashier keyed. The digits are minor units, however
// many there are: "1234" is 12.34 USD, and 1,234 JPY. Leading zeros are fine;
// more than MaxAmount is ErrTooLarge.
func ParseKeyed(digits, code string) (Money, error) {
	if _, err := digitsOf(code); err != nil {
		return Money{}, fmt.Errorf("keyed amount: %w", err)
	}
	if digits == "" {
		return Money{}, fmt.Errorf("keyed amount: %w", ErrNoAmount)
	}
	if len(digits) > maxKeyed {
		return Money{}, fmt.Errorf("keyed amount: %w: %d digits", ErrTooLarge, len(digits))
	}
	if i := strings.IndexFunc(digits, notDigit); i >= 0 {
		return Money{}, fmt.Errorf("keyed amount %q: %w: only the digits 0 to 9 are keyed", digits, ErrNotANumber)
	}
	var n int64
	for i := range len(digits) {
		n = n*10 + int64(digits[i]-'0')
		if n > MaxAmount {
			return Money{}, fmt.Errorf("keyed amount %s: %w: at most %s", digits, ErrTooLarge, Money{MaxAmount, code}.Plain())
		}
	}
	return Money{Amount: n, Currency: code}, nil
}

// ParseDecimal reads an amount as configurations and other programs write it:
// "12.34", "1,234.50", "-0.05", "500". It is exact: more decimals than the
// currency has are refused, never rounded. Commas, where there are any, must
// group all the thousands, so that a decimal comma ("12,34") is refused rather
// than misread by a factor of a hundred.
func ParseDecimal(s, code string) (Money, error) {
	digits, err := digitsOf(code)
	if err != nil {
		return Money{}, fmt.Errorf("amount: %w", err)
	}
	if s == "" {
		return Money{}, fmt.Errorf("amount: %w", ErrNoAmount)
	}
	if len(s) > maxDecimal {
		return Money{}, fmt.Errorf("amount: %w: %d characters", ErrTooLarge, len(s))
	}
	bad := func(reason string) (Money, error) {
		return Money{}, fmt.Errorf("amount %q: %w: %s", s, ErrNotANumber, reason)
	}
	rest, negative := strings.CutPrefix(s, "-")
	whole, fraction, point := strings.Cut(rest, ".")
	if point && fraction == "" {
		return bad("no digit behind the point")
	}
	whole, ok := ungroup(whole)
	if !ok {
		return bad("write it as 1234.50 or 1,234.50")
	}
	if strings.IndexFunc(fraction, notDigit) >= 0 {
		return bad("only digits may follow the point")
	}
	if len(fraction) > digits {
		return Money{}, fmt.Errorf("amount %q: %w: %s has %d", s, ErrTooManyDecimals, code, digits)
	}
	// Read as a negative number: the range of int64 is one longer there.
	var n int64
	for _, c := range []byte(whole + fraction + strings.Repeat("0", digits-len(fraction))) {
		d := int64(c - '0')
		if n < (math.MinInt64+d)/10 {
			return Money{}, fmt.Errorf("amount %q: %w", s, ErrTooLarge)
		}
		n = n*10 - d
	}
	if !negative {
		if n == math.MinInt64 {
			return Money{}, fmt.Errorf("amount %q: %w", s, ErrTooLarge)
		}
		n = -n
	}
	return Money{Amount: n, Currency: code}, nil
}

// ungroup takes the commas out of "1,234,567". Without commas any number of
// digits will do; with them there must be one before every three digits.
func ungroup(s string) (string, bool) {
	groups := strings.Split(s, ",")
	for i, g := range groups {
		if g == "" || strings.IndexFunc(g, notDigit) >= 0 {
			return "", false
		}
		if i > 0 && len(g) != 3 || i == 0 && len(groups) > 1 && len(g) > 3 {
			return "", false
		}
	}
	return strings.Join(groups, ""), true
}

func notDigit(r rune) bool { return r < '0' || r > '9' }

// Add is m + other. It fails on different currencies and on overflow.
func (m Money) Add(other Money) (Money, error) {
	if m.Currency != other.Currency {
		return Money{}, fmt.Errorf("add %s and %s: %w", m, other, ErrCurrencyMismatch)
	}
	sum := m.Amount + other.Amount
	if (sum > m.Amount) != (other.Amount > 0) && other.Amount != 0 {
		return Money{}, fmt.Errorf("add %s and %s: %w", m, other, ErrTooLarge)
	}
	return Money{Amount: sum, Currency: m.Currency}, nil
}

// Sub is m - other. It fails on different currencies and on overflow.
func (m Money) Sub(other Money) (Money, error) {
	if m.Currency != other.Currency {
		return Money{}, fmt.Errorf("subtract %s from %s: %w", other, m, ErrCurrencyMismatch)
	}
	difference := m.Amount - other.Amount
	if (difference < m.Amount) != (other.Amount > 0) && other.Amount != 0 {
		return Money{}, fmt.Errorf("subtract %s from %s: %w", other, m, ErrTooLarge)
	}
	return Money{Amount: difference, Currency: m.Currency}, nil
}

// Validate reports a currency that is not of ISO 4217. Every amount is valid.
func (m Money) Validate() error {
	_, err := digitsOf(m.Currency)
	return err
}

// ValidateCharge reports what cannot be charged: an unknown currency, nothing
// or less than nothing, and more than MaxAmount.
func (m Money) ValidateCharge() error {
	switch err := m.Validate(); {
	case err != nil:
		return err
	case m.Amount <= 0:
		return fmt.Errorf("charge of %s: %w", m, ErrNoAmount)
	case m.Amount > MaxAmount:
		return fmt.Errorf("charge of %s: %w: at most %s", m, ErrTooLarge, Money{MaxAmount, m.Currency}.Plain())
	default:
		return nil
	}
}

// Plain is the amount for machines, with as many decimals as the currency has
// and no currency: "12.34", "-0.05", "500". ParseDecimal reads it back.
func (m Money) Plain() string {
	digits, ok := Digits(m.Currency)
	if !ok { // where the point belongs is not known: write what cannot be misread
		return strconv.FormatInt(m.Amount, 10) + " minor units"
	}
	if digits == 0 {
		return strconv.FormatInt(m.Amount, 10)
	}
	magnitude := uint64(m.Amount)
	if m.Amount < 0 {
		magnitude = -magnitude
	}
	text := strconv.FormatUint(magnitude, 10)
	if pad := digits + 1 - len(text); pad > 0 {
		text = strings.Repeat("0", pad) + text
	}
	var b strings.Builder
	if m.Amount < 0 {
		b.WriteByte('-')
	}
	b.WriteString(text[:len(text)-digits])
	b.WriteByte('.')
	b.WriteString(text[len(text)-digits:])
	return b.String()
}

// String is the amount for logs and errors: "12.34 USD".
func (m Money) String() string { return m.Plain() + " " + m.Currency }

// Format is the amount as people of the locale ("en", "zh", "en-CA") write it:
// "$1,234.50", "-$0.05". An unknown locale is written as English.
//
// Yuan and yen share the sign ¥, in some locales in one width and in others in
// another, so both are always written by code: "CNY 88.00", "JPY 500". Spaces
// are plain ones: printers' code pages have no other.
func (m Money) Format(locale string) string {
	amount, err := currency.NewAmountFromInt64(m.Amount, m.Currency)
	if err != nil {
		return m.String()
	}
	f := currency.NewFormatter(currency.NewLocale(locale))
	f.MaxDigits = currency.DefaultDigits
	switch m.Currency {
	case "CNY", "CNH", "JPY":
		f.CurrencyDisplay = currency.DisplayCode
	}
	return strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(f.Format(amount))
}
