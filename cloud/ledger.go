package cloud

import (
	"time"

	"till/payment"
	"till/sync/wire"
)

// Ledger keeps what the gateway must not forget. bbolt is the embedded one
// (cloud/ledger); the interface is small so that others can follow.
type Ledger interface {
	// Update runs f in a transaction that is durable when Update returns, or
	// leaves no trace if f or the commit fails.
	Update(f func(Tx) error) error
	// View runs f on a consistent picture.
	View(f func(Tx) error) error
}

// Tx is the ledger within one transaction.
type Tx interface {
	// Head is how far a terminal's journal was taken; Seq is 0 before the first record.
	Head(terminal string, epoch uint32) (Head, error)
	// TakeRecord stores the next record of a journal and moves its head.
	TakeRecord(terminal string, epoch uint32, r wire.Record) error

	Sale(id payment.SaleID) (SaleEntry, bool, error)
	PutSale(SaleEntry) error

	Attempt(order payment.Order) (Attempt, bool, error)
	PutAttempt(Attempt) error
	// Transaction is the order that a wallet's own number belongs to.
	Transaction(id string) (payment.Order, bool, error)
	// OpenAttempts are those with work left: see Attempt.Open.
	OpenAttempts() ([]Attempt, error)

	// Terminal is a terminal that has said hello.
	Terminal(id string) (TerminalEntry, bool, error)
	PutTerminal(TerminalEntry) error
	// Terminals lists them by id.
	Terminals() ([]TerminalEntry, error)

	Command(terminal string, id uint64) (CommandEntry, bool, error)
	PutCommand(CommandEntry) error
	// Commands are a terminal's newest, the newest first.
	Commands(terminal string, most int) ([]CommandEntry, error)

	Refund(id payment.RefundID) (RefundEntry, bool, error)
	PutRefund(RefundEntry) error
	// RefundsOf are all refunds of what one sale was paid, wherever they were asked
	// for, by number.
	RefundsOf(sale payment.SaleID) ([]RefundEntry, error)
	// OpenRefunds are those with work left.
	OpenRefunds() ([]RefundEntry, error)

	// Sales lists every sale, oldest first.
	Sales() ([]SaleEntry, error)
	// Journals counts the records of every journal, and what is missing in them.
	Journals() (JournalCount, error)
}

// Head is the newest record that the ledger has of a journal.
type Head struct {
	Seq  uint64    `json:"seq"`
	Hash wire.Hash `json:"hash"`
}

// JournalCount says whether all is there.
type JournalCount struct {
	Records int
	Gaps    int
}

// SaleEntry is a sale as its terminal's journal tells it.
type SaleEntry struct {
	Terminal string       `json:"terminal"`
	Epoch    uint32       `json:"epoch"`
	Sale     payment.Sale `json:"sale"`
	// Fault is set where the journal told something impossible; Sale is then
	// what it was before.
	Fault string `json:"fault,omitempty"`
}

// Step is what the gateway does next for an attempt.
type Step string

const (
	StepNone    Step = ""        // settled
	StepCharge  Step = "charge"  // the charge call is out; without its answer: query
	StepShow    Step = "show"    // open the QR order
	StepQuery   Step = "query"   // find out
	StepRefund  Step = "refund"  // give back what was paid, or a part of it
	StepReverse Step = "reverse" // undo, until the acquirer has confirmed it
	StepWatch   Step = "watch"   // closed for the terminal, maybe not yet for the wallet: whatever is paid now is given back
)

// Attempt is one try to have a tender paid, as the gateway knows it. It is
// committed before the acquirer hears of it.
type Attempt struct {
	payment.Answer
	Terminal  string       `json:"terminal"`
	Tender    int          `json:"tender"`
	Mode      payment.Mode `json:"mode"`
	Cancel    bool         `json:"cancel,omitempty"` // the merchant wants it ended: nothing may stay paid
	Taken     bool         `json:"taken,omitempty"`  // the acquirer has the money, and has not said that it went back
	Step      Step         `json:"step,omitempty"`
	Tries     int          `json:"tries,omitempty"` // of this step
	Submitted time.Time    `json:"submitted,omitzero"`
	Settled   time.Time    `json:"settled,omitzero"` // when its end was known
	NextAt    time.Time    `json:"next_at,omitzero"` // when Step is due
	NotAfter  time.Time    `json:"not_after,omitzero"`
}

// Open says that the gateway still has something to do for the attempt.
func (a Attempt) Open() bool { return a.Step != StepNone }

// money is the attempt's amount.
func (a Attempt) money() payment.Money {
	return payment.Money{Amount: a.Amount, Currency: a.Currency}
}

// RefundEntry is a refund or void, as the gateway knows it. It is committed
// before the acquirer hears of it.
type RefundEntry struct {
	Answer    payment.RefundAnswer `json:"answer"`
	Terminal  string               `json:"terminal"`
	Order     payment.Order        `json:"order"` // the attempt that was paid
	Void      bool                 `json:"void,omitempty"`
	Step      Step                 `json:"step,omitempty"` // StepReverse or StepRefund while it is open
	Tries     int                  `json:"tries,omitempty"`
	NextAt    time.Time            `json:"next_at,omitzero"`
	Submitted time.Time            `json:"submitted,omitzero"`
	Settled   time.Time            `json:"settled,omitzero"` // when its end was known
}

// Open says that the gateway still has something to do for the refund.
func (r RefundEntry) Open() bool { return r.Step != StepNone }

func (r RefundEntry) money() payment.Money {
	return payment.Money{Amount: r.Answer.Amount, Currency: r.Answer.Currency}
}
