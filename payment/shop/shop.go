// Package shop is what a merchant settles of a shop, as the texts of a terminal's
// settings have it: what is sold, who sells it, what is taken. Terminal and gateway
// read and refuse the same.
package shop

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"till/payment"
)

// Bounds of what has a button: more find no room on the smallest panel.
const (
	MaxDepartments = 6
	MaxProducts    = 1000
	MaxPresets     = 3  // of discounts, and of tips
	MaxLabel       = 14 // columns of a key, on two lines
	MaxWord        = 11 // columns of one line
	// MaxOperators bounds the list; hashes with salts of their own take their time each.
	MaxOperators = 40
	MaxOperator  = 24 // columns of a name: the status bar has room for so many
)

// Why something is refused. Each stands at the end of an error that says of what.
var (
	ErrParts     = errors.New("want it in its parts")
	ErrNames     = errors.New("want a name in both languages")
	ErrLongNames = fmt.Errorf("its names have more than %d bytes", payment.MaxName)
	ErrLongLabel = fmt.Errorf("is too long for its key; at most %d letters, or half as many Chinese", MaxLabel)
	ErrLongWord  = fmt.Errorf("is too long for its key; a word of at most %d letters", MaxWord)
	ErrRate      = fmt.Errorf("after @ want its tax in basis points, 0 to %d", payment.MaxRate)
	ErrPrice     = fmt.Errorf("want a price of 1 to %d minor units", payment.MaxEntry)
	ErrBarcode   = errors.New("a barcode has 1 to 48 letters, digits and signs")
	ErrWallets   = errors.New("its barcode is as a wallet's payment code is, and would be charged")
	ErrTwice     = errors.New("another has that barcode")
	ErrTooMany   = errors.New("too many")

	ErrOperatorID   = errors.New("an operator's id has 1 to 32 of a-z, 0-9 and -")
	ErrOperatorName = fmt.Errorf("want a name of at most %d letters, or half as many Chinese", MaxOperator)
	ErrRole         = fmt.Errorf("is none of [%s %s]", payment.Cashier, payment.Manager)
	ErrSameID       = errors.New("is there twice")
	ErrSamePIN      = errors.New("have one PIN or badge between them")

	ErrPercents = fmt.Errorf("want whole numbers from 1 to 100, each once, at most %d", MaxPresets)
	ErrTender   = fmt.Errorf("is none of %v", Tenders)
	ErrNoTender = errors.New("nothing could be paid: name at least one")
)

// Names are what a thing is called.
type Names struct{ English, Chinese string }

// OnPaper is a name on the receipt.
func (n Names) OnPaper() string {
	if n.English == n.Chinese {
		return n.English
	}
	return n.English + " " + n.Chinese
}

func (n Names) each() []string { return []string{n.English, n.Chinese} }

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

func clean(name string) bool {
	return name != "" && utf8.ValidString(name) && !strings.ContainsFunc(name, unicode.IsControl)
}

// Tenders are all that can be taken.
var Tenders = []payment.Wallet{payment.WeChat, payment.Alipay, payment.UnionPay, payment.Cash}

// CheckTenders looks at a list of what is taken.
func CheckTenders(taken []string) error {
	for _, name := range taken {
		if !slices.Contains(Tenders, payment.Wallet(name)) {
			return fmt.Errorf("%.40q %w", name, ErrTender)
		}
	}
	if len(taken) == 0 {
		return ErrNoTender
	}
	return nil
}

// CheckPercents looks at the per cent that have a button.
func CheckPercents(all []int64) error {
	if len(all) > MaxPresets {
		return fmt.Errorf("%w, not %d", ErrPercents, len(all))
	}
	for i, n := range all {
		if n < 1 || n > 100 || slices.Contains(all[:i], n) {
			return fmt.Errorf("%w, not %v", ErrPercents, n)
		}
	}
	return nil
}
