package payment

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Status is what a person is told of a sale.
type Status string

const (
	StatusCreated     Status = "created"
	StatusAuthorizing Status = "authorizing"
	StatusChecking    Status = "checking"
	StatusApproved    Status = "approved"
	StatusDeclined    Status = "declined"
	StatusExpired     Status = "expired"
	StatusCancelled   Status = "cancelled"
	StatusReversed    Status = "reversed"
	StatusParked      Status = "parked"
	StatusVoided      Status = "voided"
	StatusRefunded    Status = "refunded"
)

// Sale is the fold of a sale's events. Its methods never change the sale they
// are called on, so a copy held elsewhere stays as it was.
type Sale struct {
	ID         SaleID     `json:"id"`
	Total      Money      `json:"total"`
	Cashier    string     `json:"cashier,omitempty"`
	Bill       *Bill      `json:"bill,omitempty"` // nil: nothing but the total; not changed after
	Key        string     `json:"key,omitempty"`  // a cash register's own
	Reference  string     `json:"reference,omitempty"`
	Hold       uint64     `json:"hold,omitempty"` // of the held sale that it was made of
	Tenders    []Tender   `json:"tenders,omitempty"`
	Attempts   []Attempt  `json:"attempts,omitempty"` // Attempts[i].Number is i+1
	Parked     Intent     `json:"parked,omitempty"`
	Cancelling bool       `json:"cancelling,omitempty"` // the cashier asked to end the open attempt
	Receipt    uint64     `json:"receipt,omitempty"`    // 0: none
	Printed    int        `json:"printed,omitempty"`    // times the receipt was printed
	Waived     bool       `json:"waived,omitempty"`     // the receipt is not owed on paper: nobody asked for it
	Refunds    []Refund   `json:"refunds,omitempty"`    // Refunds[i].Number is i+1
	Slips      []int      `json:"slips,omitempty"`      // owed on paper: each of this refund, 0 of the parked sale
	Elsewhere  *Elsewhere `json:"elsewhere,omitempty"`  // made by another terminal: nothing is taken here, money goes back
	Created    Stamp      `json:"created"`
	Changed    Stamp      `json:"changed"`
}

// Tender is one part of a sale's payment. It is paid at most once.
type Tender struct {
	Wallet   Wallet `json:"wallet"` // Cash, or the acquirer's word once there is one, else the code's hint
	Amount   int64  `json:"amount"`
	Paid     bool   `json:"paid,omitempty"`
	Tendered int64  `json:"tendered,omitempty"` // cash handed over
	Change   int64  `json:"change,omitempty"`
}

// Attempt is one try at an acquirer to have a tender paid.
type Attempt struct {
	Number      int           `json:"number"`
	Tender      int           `json:"tender"`
	Mode        Mode          `json:"mode"`
	Wallet      Wallet        `json:"wallet,omitempty"`
	Status      AttemptStatus `json:"status"`
	Reason      Reason        `json:"reason,omitempty"`
	Transaction string        `json:"transaction,omitempty"`
	Payer       string        `json:"payer,omitempty"`
	NotAfter    time.Time     `json:"not_after,omitzero"`
	Late        bool          `json:"late,omitempty"`        // paid after it was closed, given back
	LateAmount  int64         `json:"late_amount,omitempty"` // of that, minor units: its tender may have another by now
}

// ErrImpossible is wrapped by every refusal of Apply: the event cannot follow
// what the sale already is. A journal that returns it has a bug above it.
var ErrImpossible = errors.New("impossible step")

func impossible(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrImpossible, fmt.Sprintf(format, args...))
}

// Apply is the sale after e, which happened at the time of stamp.
func (s Sale) Apply(e Event, at Stamp) (Sale, error) {
	if e.Kind == SaleCreated {
		return createSale(s, e, at)
	}
	if e.Kind == SaleFetched {
		return fetchSale(s, e, at)
	}
	if s.ID == "" {
		return s, impossible("%s for sale %s, which was never created", e.Kind, e.Sale)
	}
	if e.Sale != s.ID {
		return s, impossible("%s of sale %s applied to sale %s", e.Kind, e.Sale, s.ID)
	}
	s.Tenders, s.Attempts, s.Refunds = slices.Clone(s.Tenders), slices.Clone(s.Attempts), slices.Clone(s.Refunds)
	var err error
	switch e.Kind {
	case AttemptStarted:
		err = s.startAttempt(e)
	case AttemptChanged:
		err = s.changeAttempt(e)
	case CancelRequested:
		err = s.requestCancel(e)
	case CashTaken:
		err = s.takeCash(e)
	case SaleParked:
		err = s.park(e)
	case LateRefunded:
		err = s.refundLate(e)
	case ReceiptPrinted:
		err = s.printReceipt(e)
	case ReceiptWaived:
		err = s.waiveReceipt(e)
	case ReceiptWanted:
		err = s.wantReceipt(e)
	case RefundAsked:
		err = s.requestRefund(e, at)
	case RefundChanged:
		err = s.changeRefund(e)
	case SlipPrinted:
		err = s.printSlip(e)
	default:
		err = impossible("event kind %q is not of a sale", e.Kind)
	}
	s.Changed = at
	return s, err
}

func createSale(s Sale, e Event, at Stamp) (Sale, error) {
	if s.ID != "" {
		return s, impossible("sale %s is created again", s.ID)
	}
	if _, err := ParseSaleID(string(e.Sale)); err != nil {
		return s, impossible("%v", err)
	}
	total := Money{Amount: e.Amount, Currency: e.Currency}
	if err := total.Validate(); err != nil {
		return s, impossible("sale total: %v", err)
	}
	if e.Amount <= 0 {
		return s, impossible("sale total %d is not above zero", e.Amount)
	}
	if e.Bill != nil {
		if err := e.Bill.Check(); err != nil {
			return s, err
		}
		if sum := e.Bill.Total(); sum != e.Amount {
			return s, impossible("a bill of %d for a sale of %d", sum, e.Amount)
		}
	}
	return Sale{ID: e.Sale, Total: total, Cashier: e.Cashier, Bill: e.Bill, Key: e.Key, Reference: e.Reference, Hold: e.Hold, Created: at, Changed: at}, nil
}

func (s *Sale) startAttempt(e Event) error {
	if open := s.OpenAttempt(); open != nil {
		return impossible("attempt %d starts while attempt %d is %s", e.Attempt, open.Number, open.Status)
	}
	if e.Attempt != len(s.Attempts)+1 || e.Attempt > MaxAttempt {
		return impossible("attempt %d follows %d attempts", e.Attempt, len(s.Attempts))
	}
	if e.Mode != Scan && e.Mode != QR {
		return impossible("attempt mode %q", e.Mode)
	}
	if err := s.openTender(e); err != nil {
		return err
	}
	status := Authorizing
	if e.Mode == QR {
		status = Waiting
	}
	s.Attempts = append(s.Attempts, Attempt{
		Number: e.Attempt, Tender: e.Tender, Mode: e.Mode, Wallet: e.Wallet, Status: status, NotAfter: e.NotAfter,
	})
	s.Cancelling, s.Parked = false, ""
	return nil
}

// openTender takes the next tender, or the unpaid last one again.
func (s *Sale) openTender(e Event) error {
	if s.abandoned() {
		return impossible("tender %d of a sale that is given back", e.Tender)
	}
	if e.Amount <= 0 || e.Amount > s.Due() {
		return impossible("tender of %d while %d is due", e.Amount, s.Due())
	}
	fresh := Tender{Wallet: e.Wallet, Amount: e.Amount}
	switch {
	case e.Tender == len(s.Tenders)+1 && (len(s.Tenders) == 0 || s.Tenders[len(s.Tenders)-1].Paid):
		s.Tenders = append(s.Tenders, fresh)
	case e.Tender == len(s.Tenders) && e.Tender > 0 && !s.Tenders[e.Tender-1].Paid:
		s.Tenders[e.Tender-1] = fresh
	default:
		return impossible("tender %d follows %d tenders", e.Tender, len(s.Tenders))
	}
	return nil
}

func (s *Sale) changeAttempt(e Event) error {
	a, err := s.attempt(e.Attempt)
	if err != nil {
		return err
	}
	if !e.Status.Known() {
		return impossible("attempt status %q", e.Status)
	}
	if a.Status.Final() {
		return impossible("attempt %d goes from %s to %s", a.Number, a.Status, e.Status)
	}
	a.Status, a.Reason = e.Status, e.Reason
	if e.Wallet != WalletUnknown {
		a.Wallet = e.Wallet
		s.Tenders[a.Tender-1].Wallet = e.Wallet
	}
	if e.Transaction != "" {
		a.Transaction = e.Transaction
	}
	if e.Payer != "" {
		a.Payer = e.Payer
	}
	parked := s.Parked
	if e.Status.Final() {
		s.Cancelling = false
		s.Parked = s.parkedAfter(e.Status)
		s.oweSlip(0, false) // "not paid, pending" would not be true any more
	}
	if e.Status != Approved {
		if e.Receipt != 0 {
			return impossible("a receipt number with status %s", e.Status)
		}
		return nil
	}
	s.Tenders[a.Tender-1].Paid = true
	if parked == GoodsGiven && s.Due() > 0 {
		s.Parked = GoodsGiven // the rest is owed yet
	}
	return s.complete(e)
}

// parkedAfter keeps the intent only where it still says something: goods that
// left the shop and turned out unpaid.
func (s *Sale) parkedAfter(status AttemptStatus) Intent {
	if s.Parked == GoodsGiven && status != Approved {
		return GoodsGiven
	}
	return ""
}

func (s *Sale) takeCash(e Event) error {
	if open := s.OpenAttempt(); open != nil {
		return impossible("cash while attempt %d is %s", open.Number, open.Status)
	}
	if e.Amount <= 0 || e.Tendered < e.Amount || e.Change != e.Tendered-e.Amount {
		return impossible("cash of %d is not %d tendered less %d change", e.Amount, e.Tendered, e.Change)
	}
	e.Wallet = Cash
	if err := s.openTender(e); err != nil {
		return err
	}
	t := &s.Tenders[e.Tender-1]
	t.Paid, t.Tendered, t.Change = true, e.Tendered, e.Change
	return s.complete(e)
}

// complete holds that a receipt number is given exactly once, in the very step that pays the sale.
func (s *Sale) complete(e Event) error {
	if s.Receipt != 0 {
		return impossible("sale %s is paid again", s.ID)
	}
	if paid := s.Due() == 0; paid != (e.Receipt != 0) {
		return impossible("receipt number %d while %d is due", e.Receipt, s.Due())
	}
	s.Receipt = e.Receipt
	return nil
}

func (s *Sale) requestCancel(e Event) error {
	a, err := s.attempt(e.Attempt)
	if err != nil {
		return err
	}
	if a.Status.Final() {
		return impossible("attempt %d is %s and cannot be cancelled", a.Number, a.Status)
	}
	s.Cancelling = true
	return nil
}

func (s *Sale) park(e Event) error {
	if s.OpenAttempt() == nil {
		return impossible("nothing of sale %s is unresolved", s.ID)
	}
	if e.Intent != GoodsGiven && e.Intent != PaidOther {
		return impossible("parking intent %q", e.Intent)
	}
	s.Parked = e.Intent
	s.oweSlip(0, e.Slip)
	return nil
}

func (s *Sale) refundLate(e Event) error {
	a, err := s.attempt(e.Attempt)
	if err != nil {
		return err
	}
	if !a.Status.Final() || a.Status == Approved || a.Late {
		return impossible("late approval of attempt %d, which is %s", a.Number, a.Status)
	}
	a.Late, a.LateAmount = true, e.Amount
	return nil
}

func (s *Sale) printReceipt(e Event) error {
	if e.Receipt == 0 || e.Receipt != s.Receipt {
		return impossible("receipt %d printed for a sale with receipt %d", e.Receipt, s.Receipt)
	}
	s.Printed++
	return nil
}

func (s *Sale) waiveReceipt(e Event) error {
	if e.Receipt == 0 || e.Receipt != s.Receipt || s.Printed > 0 || s.Waived {
		return impossible("receipt %d waived, of a sale with receipt %d, printed %d times, waived %v", e.Receipt, s.Receipt, s.Printed, s.Waived)
	}
	s.Waived = true
	return nil
}

func (s *Sale) wantReceipt(e Event) error {
	if e.Receipt == 0 || e.Receipt != s.Receipt || !s.Waived {
		return impossible("receipt %d wanted after all, of a sale with receipt %d, waived %v", e.Receipt, s.Receipt, s.Waived)
	}
	s.Waived = false
	return nil
}

func (s *Sale) printSlip(e Event) error {
	if !s.OwesSlip(e.Refund) {
		return impossible("a slip of refund %d is printed, and %v are owed", e.Refund, s.Slips)
	}
	s.oweSlip(e.Refund, false)
	return nil
}

// oweSlip notes that the slip of a refund, or of a parked sale, is owed, or is not any more.
func (s *Sale) oweSlip(refund int, owed bool) {
	var slips []int
	for _, n := range s.Slips {
		if n != refund {
			slips = append(slips, n)
		}
	}
	if owed {
		slips = append(slips, refund)
	}
	s.Slips = slips
}

// OwesSlip says that the slip of a refund, or with 0 that of the parked sale, is still
// to be printed.
func (s Sale) OwesSlip(refund int) bool { return slices.Contains(s.Slips, refund) }

func (s *Sale) attempt(n int) (*Attempt, error) {
	if n < 1 || n > len(s.Attempts) {
		return nil, impossible("attempt %d of %d", n, len(s.Attempts))
	}
	return &s.Attempts[n-1], nil
}

// Due is what is left to pay, in minor units.
func (s Sale) Due() int64 {
	due := s.Total.Amount
	for _, t := range s.Tenders {
		if t.Paid {
			due -= t.Amount
		}
	}
	return due
}

// OpenAttempt is the attempt whose fate is not known yet, nil if there is none.
// There is never more than one.
func (s Sale) OpenAttempt() *Attempt {
	if n := len(s.Attempts); n > 0 && !s.Attempts[n-1].Status.Final() {
		a := s.Attempts[n-1]
		return &a
	}
	return nil
}

// LastAttempt is the newest attempt, nil if there was none.
func (s Sale) LastAttempt() *Attempt {
	if n := len(s.Attempts); n > 0 {
		a := s.Attempts[n-1]
		return &a
	}
	return nil
}

// PartPaid says that some of the sale is paid, some is due, and nothing of it was
// asked back: it is to be gone on with.
func (s Sale) PartPaid() bool {
	due := s.Due()
	return due > 0 && due < s.Total.Amount && !s.abandoned()
}

// abandoned says that the sale is not paid to its end, and what was paid goes back.
func (s Sale) abandoned() bool {
	return s.Due() > 0 && s.givenBack(func(Refund) bool { return true }) > 0
}

// Unfinished says that somebody still owes this sale a step: an attempt or a
// refund to be settled, the rest to be paid, or a receipt or slip to be printed. Boot
// takes up these and no others.
func (s Sale) Unfinished() bool {
	return s.OpenAttempt() != nil || s.PartPaid() || s.OwesPaper() || s.OpenRefund() != nil || len(s.Slips) > 0
}

// Unsettled is what is open of a sale, in minor units: what is due of it, or what is on
// its way back.
func (s Sale) Unsettled() (amount int64, refund, open bool) {
	if s.OpenAttempt() != nil || s.PartPaid() {
		return s.Due(), false, true
	}
	for _, r := range s.Refunds {
		if !r.Status.Final() {
			amount += r.Amount
		}
	}
	return amount, amount > 0, amount > 0
}

// OwesPaper says that the receipt is still to be printed for the first time.
func (s Sale) OwesPaper() bool { return s.Receipt != 0 && s.Printed == 0 && !s.Waived }

// Status is the one word for the sale as a whole.
func (s Sale) Status() Status {
	if a := s.OpenAttempt(); a != nil {
		return s.openStatus(a)
	}
	if s.Due() == 0 {
		return s.paidStatus()
	}
	if s.abandoned() {
		return StatusVoided
	}
	a := s.LastAttempt()
	if a == nil {
		return StatusCreated
	}
	switch a.Status {
	case Declined:
		return StatusDeclined
	case Expired:
		return StatusExpired
	case Cancelled:
		return StatusCancelled
	case Reversed:
		return StatusReversed
	default:
		return StatusCreated // part of a split sale is paid, the rest not yet asked for
	}
}

// paidStatus of a part refund stays approved.
func (s Sale) paidStatus() Status {
	refunded, voided := s.Refunded()
	switch {
	case refunded+voided < s.Total.Amount:
		return StatusApproved
	case refunded == 0:
		return StatusVoided
	default:
		return StatusRefunded
	}
}

func (s Sale) openStatus(a *Attempt) Status {
	switch {
	case s.Parked != "":
		return StatusParked
	case a.Status == Waiting:
		return StatusCreated
	case a.Status == Authorizing || a.Status == Password:
		return StatusAuthorizing
	default:
		return StatusChecking
	}
}

// NextTender is the number of the tender that the next payment goes to: the
// unpaid last one again, or a new one.
func (s Sale) NextTender() int {
	if n := len(s.Tenders); n > 0 && !s.Tenders[n-1].Paid {
		return n
	}
	return len(s.Tenders) + 1
}
