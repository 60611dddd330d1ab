package payment

import (
	"fmt"
	"strconv"
)

// SaleID identifies a sale everywhere: a ULID, 26 characters of Crockford's base 32.
type SaleID string

const (
	saleIDLen = 26
	// MaxAttempt is the last attempt a sale may make: its number has two digits.
	MaxAttempt = 99
)

// Order is a merchant order number at an acquirer: the sale's ULID and the
// attempt as two digits, 28 characters. Wallets take at most 32 characters and
// want a new number for a new code.
type Order string

// ReceiptNumber is a receipt's or a report's number as it is printed: 000123, and
// 2-000123 where the journal is not the terminal's first.
func ReceiptNumber(epoch uint32, n uint64) string {
	if epoch > 1 {
		return fmt.Sprintf("%d-%06d", epoch, n)
	}
	return fmt.Sprintf("%06d", n)
}

// NewOrder names one attempt of a sale. Attempts are numbered across the
// tenders of the sale, from 1.
func NewOrder(sale SaleID, attempt int) Order {
	return Order(fmt.Sprintf("%s%02d", sale, attempt))
}

// ParseSaleID checks that s is a ULID in canonical (upper-case) form.
func ParseSaleID(s string) (SaleID, error) {
	if len(s) != saleIDLen {
		return "", fmt.Errorf("sale id %.40q: %d characters, want %d", s, len(s), saleIDLen)
	}
	if s[0] > '7' {
		return "", fmt.Errorf("sale id %q: begins with %q, a ULID begins with 0 to 7", s, s[0])
	}
	for i := range len(s) {
		if !isCrockford(s[i]) {
			return "", fmt.Errorf("sale id %q: character %d is not of Crockford's base 32", s, i+1)
		}
	}
	return SaleID(s), nil
}

// Split takes an order number apart again.
func (o Order) Split() (SaleID, int, error) {
	if len(o) != saleIDLen+2 {
		return "", 0, fmt.Errorf("order number %.40q: %d characters, want %d", string(o), len(o), saleIDLen+2)
	}
	id, err := ParseSaleID(string(o[:saleIDLen]))
	if err != nil {
		return "", 0, fmt.Errorf("order number: %w", err)
	}
	digits := string(o[saleIDLen:])
	n, err := strconv.Atoi(digits)
	if err != nil || n < 1 || digits[0] == '+' || digits[0] == '-' {
		return "", 0, fmt.Errorf("order number %q: attempt %q is not 01 to 99", string(o), digits)
	}
	return id, n, nil
}

func isCrockford(c byte) bool {
	switch {
	case c >= '0' && c <= '9':
		return true
	case c >= 'A' && c <= 'Z':
		return c != 'I' && c != 'L' && c != 'O' && c != 'U'
	default:
		return false
	}
}
