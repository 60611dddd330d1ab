package service

import (
	"fmt"

	"till/cloud"
	"till/cloud/sandbox"
	"till/payment"
)

// Books is ledger.json: what the ledger believes beside what the acquirer took.
type Books struct {
	Sales   []Sale           `json:"sales"`
	Charges []sandbox.Charge `json:"charges"`
	Records int              `json:"records"`
	Gaps    int              `json:"gaps"`
}

// Sale is one sale of the ledger. Amounts are in minor units.
type Sale struct {
	ID       payment.SaleID `json:"id"`
	Terminal string         `json:"terminal"`
	Status   payment.Status `json:"status"`
	Amount   int64          `json:"amount"`
	Currency string         `json:"currency"`
	Tenders  []Tender       `json:"tenders"`
	Refunded int64          `json:"refunded"`
	Receipt  uint64         `json:"receipt,omitempty"`
}

// Tender is one part of a sale's payment.
type Tender struct {
	Wallet payment.Wallet `json:"wallet"`
	Amount int64          `json:"amount"`
}

// Books reads both books.
func (s *Service) Books() (Books, error) {
	b := Books{Sales: []Sale{}}
	err := s.ledger.View(func(tx cloud.Tx) error {
		sales, err := tx.Sales()
		if err != nil {
			return err
		}
		elsewhere := map[payment.SaleID]int64{} // given back of a sale at other terminals
		for _, e := range sales {
			if of := e.Sale.Elsewhere; of != nil {
				refunded, _ := e.Sale.Refunded()
				elsewhere[of.Sale] += refunded
			}
		}
		for _, e := range sales {
			if e.Sale.Elsewhere != nil {
				continue // it is another's, and made already
			}
			sale, err := saleOf(tx, e)
			if err != nil {
				return err
			}
			if sale.Refunded += elsewhere[sale.ID]; sale.Status == payment.StatusApproved && sale.Refunded == sale.Amount {
				sale.Status = payment.StatusRefunded
			}
			b.Sales = append(b.Sales, sale)
		}
		count, err := tx.Journals()
		b.Records, b.Gaps = count.Records, count.Gaps
		return err
	})
	if err != nil {
		return b, fmt.Errorf("read the ledger: %w", err)
	}
	b.Charges, err = s.Sandbox.Charges()
	return b, err
}

func saleOf(tx cloud.Tx, e cloud.SaleEntry) (Sale, error) {
	status, err := statusOf(tx, e)
	if err != nil {
		return Sale{}, err
	}
	s := Sale{
		ID: e.Sale.ID, Terminal: e.Terminal, Status: status, Receipt: e.Sale.Receipt,
		Amount: e.Sale.Total.Amount, Currency: e.Sale.Total.Currency, Tenders: []Tender{},
	}
	s.Refunded, _ = e.Sale.Refunded()
	for _, t := range e.Sale.Tenders {
		s.Tenders = append(s.Tenders, Tender{t.Wallet, t.Amount})
	}
	return s, nil
}

// statusOf is what is known of a sale. The gateway settles an attempt by itself; its
// terminal may say so later, or never.
func statusOf(tx cloud.Tx, e cloud.SaleEntry) (payment.Status, error) {
	status := e.Sale.Status()
	open := e.Sale.OpenAttempt()
	if open == nil {
		return status, nil
	}
	a, ok, err := tx.Attempt(payment.NewOrder(e.Sale.ID, open.Number))
	if err != nil {
		return status, err
	}
	if ok && a.Status.Final() && (a.Status != payment.Approved || a.Amount == e.Sale.Due()) {
		status = payment.Status(a.Status) // the final ones have the same words
	}
	return status, nil
}
