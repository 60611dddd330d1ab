package payment

import "time"

// Kind says what an event records. The values are stored in journals for years
// and are never reused for another meaning.
type Kind string

const (
	SaleCreated     Kind = "sale_created"     // Amount, Currency, Cashier; Bill where there is more to say than the amount; Hold that it was recalled from; Key, Reference of a cash register
	AttemptStarted  Kind = "attempt_started"  // Tender, Attempt, Amount, Mode, Wallet (a hint), NotAfter
	AttemptChanged  Kind = "attempt_changed"  // Attempt, Status and what the gateway said with it; Receipt where it completes the sale
	CancelRequested Kind = "cancel_requested" // Attempt: the cashier wants it ended
	CashTaken       Kind = "cash_taken"       // Tender, Amount, Tendered, Change; Receipt where it completes the sale
	SaleParked      Kind = "sale_parked"      // Intent: unresolved, and out of the counter's way; Slip
	LateRefunded    Kind = "late_refunded"    // Attempt, Amount: paid after it was closed, given back by the gateway
	ReceiptPrinted  Kind = "receipt_printed"  // Receipt
	ReceiptWaived   Kind = "receipt_waived"   // Receipt: nobody asked for it on paper, so none is owed
	ReceiptWanted   Kind = "receipt_wanted"   // Receipt: somebody does after all
	RefundAsked     Kind = "refund_asked"     // Refund, Tender, Amount, Void, Cashier: a manager wants money of a tender given back
	RefundChanged   Kind = "refund_changed"   // Refund, RefundStatus and what the gateway said with it; Slip
	SlipPrinted     Kind = "slip_printed"     // Refund whose slip it is; none: that of the parked sale
	SaleFetched     Kind = "sale_fetched"     // Elsewhere, Cashier: a sale of another terminal, of which money is given back here
	ShiftOpened     Kind = "shift_opened"     // Shift, Amount in the drawer, Currency, Cashier
	CashMoved       Kind = "cash_moved"       // Shift, Movement, Amount, Cashier; DrawerReason of NoSale
	ShiftDated      Kind = "shift_dated"      // Shift: it was opened in this boot, before the clock was known
	ShiftClosed     Kind = "shift_closed"     // Shift, Amount counted in the drawer, Cashier; Forward
	ReportPrinted   Kind = "report_printed"   // Shift whose Z report it is
	SignedOn        Kind = "signed_on"        // Operator, Cashier, Role, Means; Wrong where that is by settings
	SignedOff       Kind = "signed_off"       // Operator, Cashier, Means
	PINRefused      Kind = "pin_refused"      // Step that it was keyed for; none: to sign on. It is nobody's; Wrong
	ManagerActed    Kind = "manager_acted"    // Operator, Cashier of the manager; Step; Subject of it
	CartHeld        Kind = "cart_held"        // Hold, Cart, Cashier: a sale in the making is put aside, or put aside again
	CartDropped     Kind = "cart_dropped"     // Hold, Cashier: it will not be gone on with
	StoreReplaced   Kind = "store_replaced"   // Reason: the journal before this epoch was lost or set aside
)

// Begins says that an event of the kind is the first of its sale.
func (k Kind) Begins() bool { return k == SaleCreated || k == SaleFetched }

// Mode says who presented the code.
type Mode string

const (
	Scan Mode = "scan" // customer-presented: the terminal's scanner reads the phone
	QR   Mode = "qr"   // merchant-presented: the phone reads the terminal's screen
)

// Intent says what happened in the shop when an unresolved sale was parked.
type Intent string

const (
	GoodsGiven Intent = "goods_given" // if it turns out paid it stays, if not it is owed
	PaidOther  Intent = "paid_other"  // the customer paid another way or left: whatever is paid is given back
)

// AttemptStatus is what is known of one attempt at an acquirer.
type AttemptStatus string

const (
	Waiting     AttemptStatus = "waiting"     // a QR is shown, nobody scanned it
	Authorizing AttemptStatus = "authorizing" // the charge is under way
	Password    AttemptStatus = "password"    // the wallet asks its owner to confirm
	Checking    AttemptStatus = "checking"    // unknown; the gateway is finding out
	Reversing   AttemptStatus = "reversing"   // being undone, not yet confirmed

	Approved  AttemptStatus = "approved"  // charged
	Declined  AttemptStatus = "declined"  // refused for good; Reason says why
	Expired   AttemptStatus = "expired"   // closed without a charge: too late, or never reached the wallet
	Cancelled AttemptStatus = "cancelled" // ended by the merchant; what is paid later is given back
	Reversed  AttemptStatus = "reversed"  // undone: not charged, or given back
)

// Final says that the attempt's fate is known and will not change but by a refund.
func (s AttemptStatus) Final() bool {
	switch s {
	case Approved, Declined, Expired, Cancelled, Reversed:
		return true
	default:
		return false
	}
}

// Known says that s is one of the statuses above.
func (s AttemptStatus) Known() bool {
	switch s {
	case Waiting, Authorizing, Password, Checking, Reversing:
		return true
	default:
		return s.Final()
	}
}

// Reason says why an attempt ended without a charge, or why it is unknown.
// Screens find their sentence by it (words: "reason_" + the reason).
type Reason string

const (
	ReasonNone        Reason = ""
	CodeExpired       Reason = "code_expired"       // the customer refreshes the code
	CodeUsed          Reason = "code_used"          // the customer refreshes the code
	CodeInvalid       Reason = "code_invalid"       // not a code of this wallet
	FundsMissing      Reason = "funds_missing"      // balance or limit
	CustomerDeclined  Reason = "customer_declined"  // by the customer, or by the wallet for the customer
	CustomerSilent    Reason = "customer_silent"    // asked, never answered
	NotReached        Reason = "not_reached"        // the request never reached the wallet
	TooLate           Reason = "too_late"           // the request came after its not_after
	NotConfigured     Reason = "not_configured"     // a fault of the merchant's set-up: the operator is told
	AmountMismatch    Reason = "amount_mismatch"    // the order exists with another amount
	MerchantCancelled Reason = "merchant_cancelled" // by the cashier
	OverRefund        Reason = "over_refund"        // more than is left of what was paid
	NotPaid           Reason = "not_paid"           // nothing was taken under this order
	RefundTooLate     Reason = "refund_too_late"    // the wallet gives nothing back after so long
	SaleUnknown       Reason = "sale_unknown"       // of a sale that was looked for: the merchant has none such, or its terminal has not told of it yet
	CashElsewhere     Reason = "cash_elsewhere"     // likewise: what is left of it was paid in cash, at another terminal
	EarlierOpen       Reason = "earlier_open"       // an earlier attempt of the tender is not settled
	DeviceReplaced    Reason = "device_replaced"    // of StoreReplaced: the epochs before this one are of a device that was this terminal before
	JournalDamaged    Reason = "journal_damaged"    // of StoreReplaced: the epoch before this one was set aside
)

// Event is one step of a sale, as the journal keeps it. One flat shape serves
// all kinds; the constants of Kind say which fields each uses. A scanned code
// is in none of them.
type Event struct {
	Kind        Kind          `json:"kind"`
	Sale        SaleID        `json:"sale,omitempty"`
	Tender      int           `json:"tender,omitempty"`  // from 1
	Attempt     int           `json:"attempt,omitempty"` // from 1, across the sale's tenders
	Amount      int64         `json:"amount,omitempty"`  // minor units of the sale's currency
	Currency    string        `json:"currency,omitempty"`
	Wallet      Wallet        `json:"wallet,omitempty"`
	Mode        Mode          `json:"mode,omitempty"`
	Status      AttemptStatus `json:"status,omitempty"`
	Reason      Reason        `json:"reason,omitempty"`
	Transaction string        `json:"transaction,omitempty"` // the wallet's own id
	Payer       string        `json:"payer,omitempty"`       // masked by the acquirer
	Tendered    int64         `json:"tendered,omitempty"`    // cash handed over
	Change      int64         `json:"change,omitempty"`      // cash given back
	Receipt     uint64        `json:"receipt,omitempty"`     // contiguous per terminal and epoch
	Intent      Intent        `json:"intent,omitempty"`
	Cashier     string        `json:"cashier,omitempty"`
	Bill        *Bill         `json:"bill,omitempty"`      // adds up to Amount
	Key         string        `json:"key,omitempty"`       // a cash register's own, of a sale or a refund that it asked for
	Reference   string        `json:"reference,omitempty"` // likewise: what it calls the sale

	Elsewhere *Elsewhere `json:"elsewhere,omitempty"` // the sale that was fetched

	Refund       int          `json:"refund,omitempty"` // from 1, across the sale's tenders
	RefundStatus RefundStatus `json:"refund_status,omitempty"`
	Void         bool         `json:"void,omitempty"`
	Slip         bool         `json:"slip,omitempty"` // one is owed on paper; records of before there was SlipPrinted owe none

	Shift    uint64   `json:"shift,omitempty"`
	Movement Movement `json:"movement,omitempty"`
	Forward  *Forward `json:"forward,omitempty"`

	DrawerReason DrawerReason `json:"drawer_reason,omitempty"`

	Operator string      `json:"operator,omitempty"` // id
	Role     Role        `json:"role,omitempty"`
	Means    Means       `json:"means,omitempty"`
	Step     ManagerStep `json:"step,omitempty"`
	Subject  SaleID      `json:"subject,omitempty"` // the sale that a manager's step is about, if one

	// Of PINRefused: which one it is since a manager was there, from 1. Of SignedOn by
	// settings: how many were tried at sign-on, which that forgives none of.
	Wrong int `json:"wrong,omitempty"`

	Hold uint64 `json:"hold,omitempty"` // number of a sale that is held, from 1
	Cart *Cart  `json:"cart,omitempty"`

	NotAfter time.Time `json:"not_after,omitzero"` // the cloud's time
}

// Stamp says when an event was recorded. A Pi has no clock of its own, so order
// is by sequence, and Time is zero until the clock is known in that boot.
type Stamp struct {
	Boot string        `json:"boot"`          // one id per start of the firmware
	Mono time.Duration `json:"mono"`          // since that start, nanoseconds
	Time time.Time     `json:"time,omitzero"` // UTC, milliseconds
}

// Answer is what the gateway knows of one attempt. It is level, not edge: the
// newest answer (highest Rev) is the whole truth, however many were lost,
// repeated or overtaken on the way.
type Answer struct {
	Order       Order         `json:"order"`
	Rev         int           `json:"rev"` // grows with every change at the gateway
	Status      AttemptStatus `json:"status"`
	Reason      Reason        `json:"reason,omitempty"`
	Amount      int64         `json:"amount,omitempty"`
	Currency    string        `json:"currency,omitempty"`
	Wallet      Wallet        `json:"wallet,omitempty"`
	Transaction string        `json:"transaction,omitempty"`
	Payer       string        `json:"payer,omitempty"`
	QR          string        `json:"qr,omitempty"`        // merchant-presented: what to show
	Expires     time.Time     `json:"expires,omitzero"`    // of the QR, the cloud's time
	ReverseAt   time.Time     `json:"reverse_at,omitzero"` // when an unpaid attempt is reversed, the cloud's time
	Late        bool          `json:"late,omitempty"`      // paid after it was closed, and given back
}
