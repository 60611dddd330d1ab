package payment

import (
	"fmt"
	"strconv"
)

// MaxRefund is the last refund a sale may have: its number has two digits, and
// wallets take 50 for an order (WeChat Pay's refund page,
// pay.weixin.qq.com/wiki/doc/api_external/ch/apis/chapter3_1_3.shtml).
const MaxRefund = 50

// RefundID is a refund's number at an acquirer: the sale's ULID, R, and the
// refund as two digits, 29 characters. A refund that is tried again keeps it.
type RefundID string

// NewRefundID names one refund of a sale. Refunds are numbered from 1, voids included.
func NewRefundID(sale SaleID, n int) RefundID {
	return RefundID(fmt.Sprintf("%sR%02d", sale, n))
}

// Split takes a refund's number apart again.
func (r RefundID) Split() (SaleID, int, error) {
	if len(r) != saleIDLen+3 || r[saleIDLen] != 'R' {
		return "", 0, fmt.Errorf("refund number %.40q: want a sale id, R and two digits", string(r))
	}
	id, err := ParseSaleID(string(r[:saleIDLen]))
	if err != nil {
		return "", 0, fmt.Errorf("refund number: %w", err)
	}
	digits := string(r[saleIDLen+1:])
	n, err := strconv.Atoi(digits)
	if err != nil || n < 1 || n > MaxRefund || digits[0] == '+' {
		return "", 0, fmt.Errorf("refund number %q: refund %q is not 01 to %d", string(r), digits, MaxRefund)
	}
	return id, n, nil
}

// RefundStatus is what is known of one refund or void.
type RefundStatus string

const (
	RefundRequested RefundStatus = "requested" // in the journal; not yet answered
	RefundPending   RefundStatus = "pending"   // the wallet has it, and the money is not back yet: it is followed up
	RefundDone      RefundStatus = "done"      // the money is back
	RefundRefused   RefundStatus = "refused"   // for good; Reason says why
)

// Final says that the refund will not change any more.
func (s RefundStatus) Final() bool { return s == RefundDone || s == RefundRefused }

// Known says that s is one of the statuses above.
func (s RefundStatus) Known() bool {
	return s == RefundRequested || s == RefundPending || s.Final()
}

// Refund is money of a tender that goes back to the customer.
type Refund struct {
	Number      int          `json:"number"`
	Tender      int          `json:"tender"`
	Void        bool         `json:"void,omitempty"` // the whole sale, undone the same day
	Amount      int64        `json:"amount"`         // minor units of the sale's currency
	Status      RefundStatus `json:"status"`
	Reason      Reason       `json:"reason,omitempty"`
	Transaction string       `json:"transaction,omitempty"` // the wallet's own id of it
	Key         string       `json:"key,omitempty"`         // a cash register's own
	Requested   Stamp        `json:"requested"`
}

// RefundAnswer is what the gateway knows of one refund. Like [Answer] it is
// level, not edge: the highest Rev is the whole truth.
type RefundAnswer struct {
	Refund      RefundID     `json:"refund"`
	Rev         int          `json:"rev"`
	Status      RefundStatus `json:"status"`
	Reason      Reason       `json:"reason,omitempty"`
	Amount      int64        `json:"amount"`
	Currency    string       `json:"currency"`
	Transaction string       `json:"transaction,omitempty"`
}

// requestRefund holds that no more is asked back of a tender than it has left.
func (s *Sale) requestRefund(e Event, at Stamp) error {
	// Of a sale that is not paid to its end, all that was paid goes back, or nothing.
	if s.Due() != 0 && (!e.Void || s.OpenAttempt() != nil) {
		return impossible("a refund of sale %s, of which %d is due", s.ID, s.Due())
	}
	if e.Void && s.Elsewhere != nil {
		return impossible("a void of sale %s, which another terminal made", s.Elsewhere.Sale)
	}
	if e.Refund != len(s.Refunds)+1 || e.Refund > MaxRefund {
		return impossible("refund %d follows %d refunds", e.Refund, len(s.Refunds))
	}
	if e.Tender < 1 || e.Tender > len(s.Tenders) {
		return impossible("refund of tender %d of %d", e.Tender, len(s.Tenders))
	}
	if left := s.Refundable(e.Tender); e.Amount <= 0 || e.Amount > left {
		return impossible("refund of %d of tender %d, which has %d left", e.Amount, e.Tender, left)
	}
	if e.Void && (e.Amount != s.Tenders[e.Tender-1].Amount || s.givenBack(func(r Refund) bool { return !r.Void }) > 0) {
		return impossible("a void of %d of tender %d gives back less than all of it", e.Amount, e.Tender)
	}
	s.Refunds = append(s.Refunds, Refund{
		Number: e.Refund, Tender: e.Tender, Void: e.Void, Amount: e.Amount, Status: RefundRequested, Key: e.Key, Requested: at,
	})
	return nil
}

func (s *Sale) changeRefund(e Event) error {
	if e.Refund < 1 || e.Refund > len(s.Refunds) {
		return impossible("refund %d of %d", e.Refund, len(s.Refunds))
	}
	r := &s.Refunds[e.Refund-1]
	if !e.RefundStatus.Known() {
		return impossible("refund status %q", e.RefundStatus)
	}
	if r.Status.Final() {
		return impossible("refund %d goes from %s to %s", r.Number, r.Status, e.RefundStatus)
	}
	r.Status, r.Reason = e.RefundStatus, e.Reason
	if e.Slip {
		if e.RefundStatus != RefundDone {
			return impossible("a slip of refund %d, which is %s", r.Number, e.RefundStatus)
		}
		s.oweSlip(r.Number, true)
	}
	if e.Transaction != "" {
		r.Transaction = e.Transaction
	}
	return nil
}

// givenBack sums the refunds that are of a kind and not refused.
func (s Sale) givenBack(of func(Refund) bool) int64 {
	var sum int64
	for _, r := range s.Refunds {
		if r.Status != RefundRefused && of(r) {
			sum += r.Amount
		}
	}
	return sum
}

// Refundable is what a tender has left to be given back: paid, less all that was
// asked for and not refused.
func (s Sale) Refundable(tender int) int64 {
	if tender < 1 || tender > len(s.Tenders) || !s.Tenders[tender-1].Paid {
		return 0
	}
	return s.Tenders[tender-1].Amount - s.givenBack(func(r Refund) bool { return r.Tender == tender })
}

// Refunded is what is back with the customer, voids apart, and what a void gave back.
func (s Sale) Refunded() (refunded, voided int64) {
	for _, r := range s.Refunds {
		switch {
		case r.Status != RefundDone:
		case r.Void:
			voided += r.Amount
		default:
			refunded += r.Amount
		}
	}
	return refunded, voided
}

// OpenRefund is the oldest refund that the gateway still owes an end, nil if
// there is none.
func (s Sale) OpenRefund() *Refund {
	for _, r := range s.Refunds {
		if !r.Status.Final() {
			return &r
		}
	}
	return nil
}

// WalletOrder is the order number of the attempt that paid a tender; false for
// cash and for what is not paid.
func (s Sale) WalletOrder(tender int) (Order, bool) {
	if e := s.Elsewhere; e != nil && tender >= 1 && tender <= len(e.Parts) {
		return e.Parts[tender-1].Order, true
	}
	for _, a := range s.Attempts {
		if a.Tender == tender && a.Status == Approved {
			return NewOrder(s.ID, a.Number), true
		}
	}
	return "", false
}
