package pages_test

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"
	"time"

	"till/cloud"
	"till/cloud/merchant"
	"till/payment"
)

// The three books are held against each other: of what the acquirer does not have
// somebody has to know, and where they agree it is said.
func TestReconciliation(t *testing.T) {
	g := startGateway(t)
	day(g)
	b := g.signedIn("museum")
	got := b.get("/reconciliation?from=2026-11-24")
	if got.status != http.StatusOK || !got.has("Needs somebody", "Sold, not charged", "$12.34", "/sales/"+string(two), "journal", "acquirer") {
		t.Errorf("%d\n%s", got.status, got.body)
	}
	if strings.Contains(got.body, "agree to the cent") {
		t.Error("books that differ are said to agree")
	}
	if got := b.get("/reconciliation?from=2026-11-24&terminal=till-02"); strings.Contains(got.body, "Sold, not charged") {
		t.Errorf("another terminal's difference is shown:\n%s", got.body)
	}
	if got := b.get("/reconciliation?from=2026-11-23"); !got.has("Nothing was sold") {
		t.Errorf("on the day before there is\n%s", got.body)
	}
	rows, err := csv.NewReader(strings.NewReader(b.get("/reconciliation.csv?from=2026-11-24").body)).ReadAll()
	if err != nil || len(rows) < 3 || rows[0][0] != "\uFEFFwhat" {
		t.Fatalf("%v, %v", rows, err)
	}
	found := false
	for _, r := range rows {
		found = found || r[0] == "difference" && r[2] == "uncharged" && r[4] == string(two) && r[11] == "12.34"
	}
	if !found {
		t.Errorf("the file has %v", rows)
	}

	if got := g.signedIn("hotel").get("/reconciliation?from=2026-11-24"); !got.has("agree to the cent", "$77.77") || got.has("12.34") {
		t.Errorf("the hotel's: %d\n%s", got.status, got.body)
	}
	if _, err := g.Merchants.Add(merchant.Account{ID: "new", Name: "New shop"}, password); err != nil {
		t.Fatal(err)
	}
	if got := g.signedIn("new").get("/reconciliation?from=2026-11-24"); got.status != http.StatusOK || got.has("$12.34") || got.has("$77.77") || !got.has("No terminal is yours yet") {
		t.Errorf("of a merchant with no terminals: %d\n%s", got.status, got.body)
	}
}

// Money that was taken and given back is seen in each book that has it, though nothing
// of it is left; and what is left does not differ by it.
func TestReconciliationOfWhatWasGivenBack(t *testing.T) {
	g := startGateway(t)
	j := g.journal("till-01")
	j.at = time.Now().UTC().Truncate(time.Second)
	j.add(
		payment.Event{Kind: payment.SaleCreated, Sale: one, Amount: 900, Currency: "USD"},
		payment.Event{Kind: payment.AttemptStarted, Sale: one, Tender: 1, Attempt: 1, Amount: 900, Mode: payment.Scan},
		payment.Event{Kind: payment.AttemptChanged, Sale: one, Attempt: 1, Status: payment.Reversed, Wallet: payment.WeChat},
	)
	j.send()
	code, _, err := g.Sandbox.NewCode(payment.WeChat)
	if err != nil {
		t.Fatal(err)
	}
	order := payment.NewOrder(one, 1)
	if _, err := g.Sandbox.Charge(t.Context(), cloud.Order{Number: order, Amount: payment.Money{Amount: 900, Currency: "USD"}}, code); err != nil {
		t.Fatal(err)
	}
	for reversed := false; !reversed; time.Sleep(10 * time.Millisecond) {
		r, err := g.Sandbox.Reverse(t.Context(), order)
		if err != nil {
			t.Fatal(err)
		}
		reversed = r.Outcome == cloud.Undone
	}
	b := g.signedIn("museum")
	days := "from=" + j.at.AddDate(0, 0, -2).Format(time.DateOnly) + "&to=" + j.at.AddDate(0, 0, 2).Format(time.DateOnly)
	got := b.get("/reconciliation?" + days)
	if !got.has("journal $0.00", "acquirer $9.00 taken, $9.00 given back") || got.has("acquirer $0.00") {
		t.Errorf("the difference:\n%s", got.body)
	}
	if got.has("<strong>$0.00</strong>") {
		t.Errorf("a difference of nothing stands out:\n%s", got.body)
	}
	b.accept = "zh"
	if got := b.get("/reconciliation?" + days); !got.has("收单方 收款 US$9.00，退回 US$9.00") {
		t.Errorf("in Chinese:\n%s", got.body)
	}
}
