package cloud

import (
	"context"
	"time"

	"till/payment"
)

// Acquirer is whoever moves the money. Calls may be slow, silent or wrong;
// they are made only after the attempt has been committed to the ledger.
// Every method gives up with ctx, and an error means "unknown", never "no".
type Acquirer interface {
	// Charge charges a customer-presented code.
	Charge(ctx context.Context, order Order, code string) (Result, error)
	// Show opens an order for the customer to scan; Result.QR is what to show.
	Show(ctx context.Context, order Order) (Result, error)
	// Query asks what became of an order.
	Query(ctx context.Context, order payment.Order) (Result, error)
	// Reverse undoes an order whatever it is: closes it unpaid, or gives all of it back.
	Reverse(ctx context.Context, order payment.Order) (Result, error)
	// Refund gives a part or all of a paid order back. It is asked again until it
	// is through: the same refund number twice is one refund.
	Refund(ctx context.Context, refund Refund) (Result, error)
}

// Refund is what an acquirer is asked to give back.
type Refund struct {
	Number payment.RefundID
	Order  Order         // what was paid
	Amount payment.Money // of it
}

// Order is what an acquirer is asked to take.
type Order struct {
	Number payment.Order
	Amount payment.Money
}

// Outcome is what an acquirer says of an order.
type Outcome string

const (
	Paid     Outcome = "paid"
	Unpaid   Outcome = "unpaid"    // a QR that nobody has paid yet
	Asking   Outcome = "asking"    // the customer has to confirm
	Refused  Outcome = "refused"   // a final no; Reason says why
	Undone   Outcome = "undone"    // closed, or given back: no money is or will be taken
	Busy     Outcome = "busy"      // cannot be reversed now: try again
	NotFound Outcome = "not_found" // never final: the order may still be on its way
	Unknown  Outcome = "unknown"   // a system error: ask again
	Accepted Outcome = "accepted"  // of a refund: taken, and not carried out yet, as for want of the merchant's funds
	LookUp   Outcome = "look_up"   // an earlier call was taken: ask now what became of it
)

// Result is an acquirer's answer.
type Result struct {
	Outcome     Outcome
	Reason      payment.Reason
	Amount      payment.Money // what was taken, for Paid; what was given back, for Undone
	Wallet      payment.Wallet
	Transaction string
	Payer       string // masked
	QR          string
	Expires     time.Time
	Operator    string // what whoever runs the gateway has to see to; empty: nothing
}
