package pages_test

import (
	"slices"
	"strings"
	"testing"

	"till/cloud/merchant/pages"
	"till/payment"
	"till/words"
)

// Whatever a sale can be, there is a word for it.
func TestEveryWord(t *testing.T) {
	keys := words.Keys()
	has := func(key string) {
		t.Helper()
		if !slices.Contains(keys, words.Key(key)) {
			t.Errorf("there is no %s", key)
		}
	}
	for _, s := range pages.Statuses {
		has("pages_status_" + string(s))
	}
	for _, s := range []payment.AttemptStatus{
		payment.Waiting, payment.Authorizing, payment.Password, payment.Checking, payment.Reversing,
		payment.Approved, payment.Declined, payment.Expired, payment.Cancelled, payment.Reversed,
	} {
		has("pages_attempt_" + string(s))
	}
	for _, s := range []payment.RefundStatus{payment.RefundRequested, payment.RefundPending, payment.RefundDone, payment.RefundRefused} {
		has("pages_refund_" + string(s))
	}
	reasons := 0
	for _, key := range keys { // those that a cashier is told
		ofJournals := key == words.Key("reason_"+payment.DeviceReplaced) || key == words.Key("reason_"+payment.JournalDamaged)
		if strings.HasPrefix(string(key), "reason_") && !ofJournals {
			has("pages_" + string(key))
			reasons++
		}
	}
	if reasons < 5 {
		t.Errorf("only %d reasons were found", reasons)
	}
	for _, w := range pages.Wallets {
		if w.Name() == payment.WalletUnknown.Name() {
			t.Errorf("%s has no name", w)
		}
	}
}
