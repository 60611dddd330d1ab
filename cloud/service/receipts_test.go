package service

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"till/cloud"
	"till/cloud/receipts"
	"till/payment"
	"till/sync/wire/enrolment"
)

// The head and foot of a receipt are its terminal's settings, where there is a book
// of terminals, and otherwise what is handed in.
func TestReceiptsHeads(t *testing.T) {
	const id = payment.SaleID("01JD0000000000000000000000")
	head := receipts.Merchant{Name: "Handed in"}
	for name, c := range map[string]struct {
		secure       *Secure
		want, unwant string
	}{
		"plain":  {nil, "Handed in", "Pier Street"},
		"secure": {&Secure{MQTT: "127.0.0.1:0", Enrol: "127.0.0.1:0", Hosts: []string{"localhost"}}, "12 Pier Street", "Handed in"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Start(Options{Dir: t.TempDir(), MQTT: "127.0.0.1:0", Secure: c.secure, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}()
			if c.secure != nil {
				if _, err := s.Claim(ClaimOrder{Terminal: "till-1", Settings: enrolment.Settings{
					"merchant.name": "Harbor Museum Shop", "merchant.address": []any{"12 Pier Street", "San Francisco"}, "merchant.currency": "USD",
					"merchant.timezone": "America/Los_Angeles", "merchant.foot": []any{"Thank you"},
					"merchant.logo": "iVBORw0KGgoAAAANSUhEUgAAACAAAAAQAQMAAABNzu8aAAAABlBMVEX///8AAABVwtN+AAAATklEQVR42iTJsQ2CQABG4S8W2ukGuok6CiNQUpA7RmMURqCkIPnJwSu+5uEPHW497gOeY6PgXfGtE6XOjcXZL9l9ks0rWT2SaxwBAAD//ybeFEu36mAbAAAAAElFTkSuQmCC",
				}}); err != nil {
					t.Fatal(err)
				}
			}
			var sale payment.Sale
			for _, e := range []payment.Event{
				{Kind: payment.SaleCreated, Sale: id, Amount: 100, Currency: "USD"},
				{Kind: payment.CashTaken, Sale: id, Tender: 1, Amount: 100, Tendered: 100, Receipt: 1},
			} {
				if sale, err = sale.Apply(e, payment.Stamp{Boot: "b"}); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.ledger.Update(func(tx cloud.Tx) error { return tx.PutSale(cloud.SaleEntry{Terminal: "till-1", Epoch: 1, Sale: sale}) }); err != nil {
				t.Fatal(err)
			}
			w := httptest.NewRecorder()
			s.Receipts(head).ServeHTTP(w, httptest.NewRequest(http.MethodGet, receipts.Path+string(id), nil))
			body := w.Body.String()
			if w.Code != http.StatusOK || !strings.Contains(body, c.want) || strings.Contains(body, c.unwant) || strings.Contains(body, "data:image/png") != (c.secure != nil) || !strings.Contains(body, "TEST, NO MONEY") || !strings.Contains(body, "time not verified") {
				t.Errorf("%d: %s", w.Code, body)
			}
		})
	}
}
