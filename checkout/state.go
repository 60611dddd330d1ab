// Package checkout is what a cashier does, as a pure state machine:
//
//	Step(state, event, now) -> (state, effects)
//
// Step reads no clock, does no I/O and never changes the state it is given.
// [Register] carries the effects out: it commits first, and only a step whose
// commit has returned is seen by anybody.
package checkout

import (
	"slices"
	"time"

	"till/payment"
	"till/words"
)

// Screen is what the terminal shows; state.json says the same word.
type Screen string

const (
	Ready       Screen = "ready"
	Charging    Screen = "charging"
	ShowingQR   Screen = "qr"
	TakeCash    Screen = "cash"
	Approved    Screen = "approved"
	Declined    Screen = "declined"
	Checking    Screen = "checking"
	Expired     Screen = "expired"
	Cancelled   Screen = "cancelled"
	Reversed    Screen = "reversed"
	Offline     Screen = "offline" // a wallet was asked for with no connection
	PIN         Screen = "pin"     // a manager's
	SignOn      Screen = "sign_on" // an operator's PIN or badge: nobody is at the counter
	Refunding   Screen = "refund"  // how much goes back
	Voiding     Screen = "void"    // all of it goes back: sure?
	ShiftScreen Screen = "shift"   // the drawer's
	DrawerSum   Screen = "sum"     // an amount of the drawer
	DrawerWhy   Screen = "why"     // why it is opened with nothing paid
	Discounting Screen = "discount"
	Tipping     Screen = "tip"
	Splitting   Screen = "split"  // how much of it is paid now
	PartPaid    Screen = "part"   // some is paid, some is due
	Parking     Screen = "park"   // what happened in the shop
	Parked      Screen = "parked" // the slip is out, the counter is free
	Menu        Screen = "menu"
	Sales       Screen = "list"
	HeldSales   Screen = "held"  // what was put aside, to be recalled
	Catalogue   Screen = "items" // what is for sale, to be taken up
	OneSale     Screen = "sale"
	Finding     Screen = "find" // a receipt's number
	About       Screen = "status"
	Doctor      Screen = "doctor"       // tries every device, and says what to do
	DoctorCheck Screen = "doctor_check" // one of its findings, in full
	DoctorCode  Screen = "doctor_code"  // its report as a QR
	Fault       Screen = "fault"
	Halted      Screen = "halted"  // no new sales for now: it goes by itself
	Receipt     Screen = "receipt" // did it come out? Asked when the counter is free, and holds up nothing
)

// Settings are what the merchant and the board decide. They do not change while
// a Register runs.
type Settings struct {
	Currency  string
	Cashier   string           // where nobody signs on
	Managed   bool             // a manager's step asks for a manager; else whoever is there takes it
	SignOn    bool             // operators sign on before they sell
	SignsOn   payment.Operator // at each start by itself; zero: nobody
	LockAfter time.Duration    // untouched for so long, the operator is signed off; 0: never
	Rows      int              // of a list that fit on the screen
	Zone      *time.Location   // where the shop is; nil: UTC
	Trade     Trade
	AutoShift bool // a shift opens by itself, with no float, where none is open
	Resets    bool // a forgotten PIN can be replaced, with a code of the gateway's operator
	Practice  bool // nothing that is done here is real: this is where operators train

	PaperAsked bool   // a receipt is printed where somebody asks for it; else each is
	ReceiptURL string // of the page of a receipt, to which the sale's id is added; "": there is none
}

// The terminal's own patience. What wallets impose is the gateway's to wait.
const (
	answerWait   = 3 * time.Second  // no word of the gateway for so long: checking
	askFirst     = 2 * time.Second  // between questions while checking
	askSlow      = 5 * time.Second  // likewise, of attempts that go as they should
	askParked    = 15 * time.Second // likewise, of parked sales
	requestLife  = 15 * time.Second // a request's not_after
	approvedFor  = 8 * time.Second  // the approved screen leaves by itself
	receiptFor   = 20 * time.Second // likewise, where the customer is asked or scans a code there
	resultFor    = 30 * time.Second // other results
	countFor     = 10 * time.Minute // a drawer is counted
	messageFor   = 6 * time.Second
	noticeFor    = time.Minute
	lingerFor    = 3 * time.Second // a phone held to the scanner reads the same code again
	attentionFor = 10 * time.Second
)

// MaxEntry is the largest amount that can be keyed, in minor units.
const MaxEntry = payment.MaxEntry

// Now is all that a step may know of the moment.
type Now struct {
	At     time.Time      // steady: never set back while the firmware runs
	Stamp  payment.Stamp  // for what is committed in this step
	Fresh  payment.SaleID // an id nobody has used, for a sale begun in this step
	Unsent uint64         // records of the journal that the ledger does not have
}

// State is everything the counter knows. It is a value: copies are
// independent, since no step changes a slice or map in place.
type State struct {
	Settings Settings

	// What the journal knows.
	Receipt uint64         // the last receipt number given out
	Last    payment.SaleID // the newest sale begun
	sales   []payment.Sale // unfinished ones, the newest, the one on the screen

	// What was observed.
	Online     bool
	ClockKnown bool
	Offset     time.Duration // the cloud's time less Now.At
	Printer    PrinterState
	FaultText  words.Sentence
	Halt       words.Sentence // why no sale is begun; empty: nothing is in the way
	Reopen     bool           // asked for on a fault: the journal is to be opened anew

	// Doubts are the sales whose receipts may have come out or not, the oldest first.
	Doubts []payment.Sale

	// What the cashier has before them.
	Making
	Screen   Screen
	Current  payment.SaleID      // the sale on the screen, if any
	Wanted   payment.Cart        // a discount that a manager is asked for
	Paper    payment.SaleID      // the sale on the screen whose receipt was asked for, if it was
	Tendered int64               // keyed on the cash screen
	Digits   string              // keyed PIN, or a code that is no customer's
	Reset    Reset               // of a forgotten PIN
	Purpose  payment.ManagerStep // what the PIN is asked for
	Keyed    int64               // keyed on the refund screen, or for the drawer
	Counted  bool                // a digit was keyed for the drawer: a 0 is an amount then
	Listed   []payment.Sale      // newest first
	Page     int                 // of the list, from 0
	Leaf     int                 // of a screen whose rows are not counted here: how often it was turned
	Selected payment.SaleID      // of the list, on its own screen
	Checks   []Check             // the doctor's findings, what failed first; none while it is at it
	Check    int                 // of the findings, the one on its own screen
	Report   string              // the text of their QR
	Message  words.Sentence
	Since    time.Time // the screen's start, for what counts
	leaveAt  time.Time // the screen leaves by itself; zero: it does not
	quietAt  time.Time // the message goes by itself
	nagAt    time.Time // checking for long: heard once
	lockAt   time.Time // the operator is signed off

	pinAt     time.Time // a PIN may be tried again to sign on; zero: now
	managerAt time.Time // likewise a manager's, wherever it is keyed

	made    made
	Counter payment.Counter // what the journal knows beside the sales
	Asked   Sum             // what the drawer's screen asks for

	watches map[payment.SaleID]watch
	owed    map[payment.RefundID]owing // open refunds

	// What the gateway is asked for, of what was scanned.
	search search

	// Today is the shop's date as of the newest step, empty while the clock is not known.
	Today string

	// The last code that was charged, as its digest: read again, it does nothing.
	lastCode   [32]byte
	lastCodeAt time.Time
}

// Making is the sale in the making, before it is begun.
type Making struct {
	Entry  int64        // keyed amount, minor units
	Taken  payment.Cart // what was taken up for the sale before it
	Tipped bool         // the customer has chosen a tip, or none
	Order  Order        // whose amount it is, if a cash register's
	Part   int64        // of what is due, to be paid next; 0: all
	Hold   uint64       // the held sale that was recalled for it; 0: none
}

// Begun says that something is keyed or taken up for the next sale.
func (m Making) Begun() bool { return m.Entry > 0 || len(m.Taken.Items) > 0 }

// watch is what is known of an open attempt and not worth a commit.
type watch struct {
	answer payment.Answer // the newest
	askAt  time.Time      // when to ask again
	deafAt time.Time      // without a word by then, it is checking
}

// New is the state of a terminal before Booted.
func New(settings Settings, lastReceipt uint64, newest payment.SaleID, sales []payment.Sale) State {
	return State{
		Settings: settings, Receipt: lastReceipt, Last: newest, sales: slices.Clone(sales),
		Screen: Ready, Printer: PrinterReady,
	}
}

// Sale is a sale that the state holds: unfinished, newest, or on the screen.
func (s State) Sale(id payment.SaleID) (payment.Sale, bool) {
	if i := s.index(id); i >= 0 {
		return s.sales[i], true
	}
	return payment.Sale{}, false
}

func (s State) index(id payment.SaleID) int {
	return slices.IndexFunc(s.sales, func(x payment.Sale) bool { return x.ID == id })
}

// OnScreen is the sale on the screen.
func (s State) OnScreen() (payment.Sale, bool) { return s.Sale(s.Current) }

// Answer is the newest that the gateway said of a sale's open attempt.
func (s State) Answer(id payment.SaleID) payment.Answer { return s.watches[id].answer }

// Now in the cloud's time; only with ClockKnown.
func (s State) cloudTime(now Now) time.Time { return now.At.Add(s.Offset) }

// Due is what the screen asks the customer for: the rest of the sale on the
// screen, or what is keyed.
func (s State) Due() payment.Money {
	if sale, ok := s.OnScreen(); ok {
		return payment.Money{Amount: sale.Due(), Currency: sale.Total.Currency}
	}
	if !s.Begun() {
		return payment.Money{Currency: s.Settings.Currency}
	}
	return payment.Money{Amount: s.Cart().Bill().Total(), Currency: s.Settings.Currency}
}

// SecondsSince is how long the screen has been there.
func (s State) SecondsSince(now time.Time) int {
	if s.Since.IsZero() {
		return 0
	}
	return max(0, int(now.Sub(s.Since)/time.Second))
}

// SecondsUntil counts down to a moment of the cloud's time; 0 if it is unknown or past.
func (s State) SecondsUntil(cloud, now time.Time) int {
	if cloud.IsZero() || !s.ClockKnown {
		return 0
	}
	left := cloud.Sub(now.Add(s.Offset))
	return max(0, int((left+time.Second-1)/time.Second))
}

// Deadline is when Ticked is due; zero if nothing waits for time. Nothing does
// on a fault: a commit that fails would be tried again without a pause.
func (s State) Deadline() time.Time {
	if s.Screen == Fault {
		return time.Time{}
	}
	var first time.Time
	soonest := func(t time.Time) {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	soonest(s.leaveAt)
	soonest(s.quietAt)
	soonest(s.nagAt)
	soonest(s.lockAt)
	soonest(s.pinAt)
	soonest(s.managerAt)
	soonest(s.search.until)
	for _, w := range s.watches {
		if s.Online {
			soonest(w.askAt)
		}
		soonest(w.deafAt)
	}
	for _, o := range s.owed {
		if s.Online {
			soonest(o.askAt)
		}
	}
	return first
}
