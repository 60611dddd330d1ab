package tillcmd

import (
	"fmt"
	"io"
	"strings"
	"time"

	"till/payment"
	"till/sync/wire"
)

// describeRecord writes a record as one line: sequence, time, what happened.
// Writers keep their own error.
func describeRecord(w io.Writer, r wire.Record) {
	e, err := r.Event()
	if err != nil {
		fmt.Fprintf(w, "%8d  %s  %v\n", r.Seq, describeTime(r.Stamp), err)
		return
	}
	fmt.Fprintf(w, "%8d  %s  %s\n", r.Seq, describeTime(r.Stamp), describeEvent(e))
}

// describeTime is UTC, or how long after which start it was.
func describeTime(s payment.Stamp) string {
	if s.Time.IsZero() {
		return fmt.Sprintf("%-20s", fmt.Sprintf("boot %.8s +%s", printable(s.Boot), s.Mono.Round(time.Second)))
	}
	return s.Time.UTC().Format("2006-01-02 15:04:05Z")
}

func describeEvent(e payment.Event) string {
	what := []string{strings.ReplaceAll(printable(string(e.Kind)), "_", " ")}
	add := func(format string, args ...any) { what = append(what, fmt.Sprintf(format, args...)) }
	if e.Amount != 0 {
		add("%s", strings.TrimSpace(describeAmount(e.Amount, e.Currency)))
	}
	if e.Attempt != 0 {
		add("attempt %d", e.Attempt)
	}
	for _, word := range []string{string(e.Status), string(e.Wallet), string(e.Mode), string(e.Intent), string(e.Reason)} {
		if word != "" {
			add("%s", strings.ReplaceAll(printable(word), "_", " "))
		}
	}
	if e.Tendered != 0 {
		add("tendered %s, change %s", describeAmount(e.Tendered, e.Currency), describeAmount(e.Change, e.Currency))
	}
	if e.Receipt != 0 {
		add("receipt %06d", e.Receipt)
	}
	if e.Transaction != "" {
		add("transaction %s", printable(e.Transaction))
	}
	if e.Step != "" {
		add("for %s", strings.ReplaceAll(printable(string(e.Step)), "_", " "))
	}
	if e.Hold != 0 {
		add("hold %d", e.Hold)
	}
	if e.Cart != nil {
		add("%d items of %s", len(e.Cart.Items), describeAmount(e.Cart.Bill().Subtotal(), e.Currency))
	}
	if e.Operator != "" {
		add("by %s (%s)", printable(e.Operator), printable(e.Cashier))
	}
	if e.Means != "" {
		add("by %s", printable(string(e.Means)))
	}
	if of := e.Elsewhere; of != nil {
		add("of sale %s of terminal %s, %s left", printable(string(of.Sale)), printable(of.Terminal), describeAmount(of.Left(), of.Total.Currency))
	}
	if e.Subject != "" {
		add("of sale %s", printable(string(e.Subject)))
	}
	if e.Sale != "" {
		add("sale %s", printable(string(e.Sale)))
	}
	return strings.Join(what, ", ")
}

// describeAmount is 12.34 USD. Events but the first of a sale have no currency,
// so their amounts are in minor units, and say so.
func describeAmount(amount int64, currency string) string {
	if currency == "" {
		return fmt.Sprintf("%d minor units", amount)
	}
	return payment.Money{Amount: amount, Currency: currency}.Plain() + " " + printable(currency)
}

// describeSale writes what is known of a sale.
func describeSale(w io.Writer, s payment.Sale) {
	currency := s.Total.Currency
	fmt.Fprintf(w, "Sale %s: %s, %s\n", s.ID, s.Status(), describeAmount(s.Total.Amount, currency))
	if s.Receipt != 0 {
		waived := ""
		if s.Waived {
			waived = ", not asked for"
		}
		fmt.Fprintf(w, "  receipt   %06d, printed %d times%s\n", s.Receipt, s.Printed, waived)
	}
	if e := s.Elsewhere; e != nil {
		fmt.Fprintf(w, "  sold      at %s, as %s, receipt %s, %s\n",
			printable(e.Terminal), e.Sale, payment.ReceiptNumber(e.Epoch, e.Receipt), describeAmount(e.Total.Amount, currency))
	}
	if s.Cashier != "" {
		fmt.Fprintf(w, "  cashier   %s\n", printable(s.Cashier))
	}
	for i, t := range s.Tenders {
		paid := "not paid"
		if t.Paid {
			paid = "paid"
		}
		fmt.Fprintf(w, "  tender %d  %s %s, %s\n", i+1, describeAmount(t.Amount, currency), t.Wallet, paid)
	}
	for _, a := range s.Attempts {
		more := ""
		if a.Reason != payment.ReasonNone {
			more += ", " + printable(string(a.Reason))
		}
		if a.Transaction != "" {
			more += ", transaction " + printable(a.Transaction)
		}
		fmt.Fprintf(w, "  attempt %d %s by %s%s\n", a.Number, a.Status, a.Mode, more)
	}
}

// printable is a text of a record without what would move a person's terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7F && r < 0xA0 {
			return '?'
		}
		return r
	}, s)
}
