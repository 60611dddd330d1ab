package pages_test

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"

	"till/cloud/merchant"
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
