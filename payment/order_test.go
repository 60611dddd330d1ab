package payment_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"till/payment"
)

const ulid = "01JDFQ2X7T8Z3V5N9K4M6P0RSA"

func TestParseSaleID(t *testing.T) {
	for _, s := range []string{ulid, "00000000000000000000000000", "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"} {
		if id, err := payment.ParseSaleID(s); err != nil || string(id) != s {
			t.Errorf("%s: %q, %v", s, id, err)
		}
	}
	for name, s := range map[string]string{
		"nothing":            "",
		"25 characters":      ulid[1:],
		"27 characters":      ulid + "0",
		"small letters":      strings.ToLower(ulid),
		"over 128 bits":      "8" + ulid[1:],
		"I":                  ulid[:25] + "I",
		"L":                  ulid[:25] + "L",
		"O":                  ulid[:25] + "O",
		"U":                  ulid[:25] + "U",
		"a space":            ulid[:25] + " ",
		"a slash":            ulid[:25] + "/",
		"26 bytes not ASCII": ulid[:24] + "é",
		"a wildcard":         ulid[:25] + "#",
	} {
		if id, err := payment.ParseSaleID(s); err == nil {
			t.Errorf("%s: %q was taken as %q", name, s, id)
		}
	}
}

func TestOrderSplit(t *testing.T) {
	for name, o := range map[string]payment.Order{
		"nothing":              "",
		"no attempt":           ulid,
		"attempt 0":            ulid + "00",
		"attempt of a sign":    ulid + "+1",
		"attempt below zero":   ulid + "-1",
		"attempt of letters":   ulid + "0A",
		"attempt of a space":   ulid + " 1",
		"attempt 100":          payment.NewOrder(ulid, 100),
		"attempt of one digit": ulid + "1",
		"a sale that is none":  payment.NewOrder(payment.SaleID(strings.ToLower(ulid)), 1),
		"an Arabic digit":      ulid + "١",
	} {
		if id, n, err := o.Split(); err == nil {
			t.Errorf("%s: %q was split into %q, %d", name, o, id, n)
		}
	}
}

func TestOrderRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := payment.SaleID(rapid.StringMatching(`[0-7][0-9A-HJKMNP-TV-Z]{25}`).Draw(t, "sale"))
		attempt := rapid.IntRange(1, payment.MaxAttempt).Draw(t, "attempt")
		order := payment.NewOrder(id, attempt)
		if len(order) > 32 {
			t.Fatalf("%q has %d characters, wallets take 32", order, len(order))
		}
		gotID, gotAttempt, err := order.Split()
		if err != nil || gotID != id || gotAttempt != attempt {
			t.Fatalf("%q is split into %q, %d, %v", order, gotID, gotAttempt, err)
		}
	})
}

func FuzzParseSaleID(f *testing.F) {
	f.Add(ulid)
	f.Add(strings.ToLower(ulid))
	f.Fuzz(func(t *testing.T, s string) {
		if id, err := payment.ParseSaleID(s); err == nil && (string(id) != s || len(s) != 26) {
			t.Errorf("%q was taken as %q", s, id)
		}
	})
}

func FuzzOrderSplit(f *testing.F) {
	f.Add(ulid + "01")
	f.Add(ulid + "+1")
	f.Add(ulid)
	f.Fuzz(func(t *testing.T, s string) {
		id, attempt, err := payment.Order(s).Split()
		if err == nil && string(payment.NewOrder(id, attempt)) != s {
			t.Errorf("%q was split into %q, %d", s, id, attempt)
		}
	})
}
