package payment_test

import (
	"testing"

	"till/payment"
)

// 7992739871 with its check digit 3 is the example of Luhn's patent literature.
func TestCheckDigit(t *testing.T) {
	for digits, want := range map[string]byte{"7992739871": '3', "07992739871": '3', "": '0', "0": '0', "9": '1'} {
		if got := payment.CheckDigit(digits); got != want {
			t.Errorf("the check digit of %q is %c, want %c", digits, got, want)
		}
	}
	for digits, want := range map[string]bool{"79927398713": true, "79927398714": false, "0": true, "": false, "5": false} {
		if got := payment.Checked(digits); got != want {
			t.Errorf("%q is checked: %v", digits, got)
		}
	}
}
