package checkout

import (
	"time"

	"till/payment"
	"till/words"
)

// Event is something that happened at the counter or came from outside.
type Event interface{ event() }

type (
	// Booted is the first event of every start of the firmware.
	Booted struct{}
	// Keyed is a key of the number pad: 0-9, 00, ., enter, backspace, esc.
	Keyed struct{ Key string }
	// Pressed is a button of the screen, by its id.
	Pressed struct{ Button string }
	// Scanned is what the scanner read, whatever it is.
	Scanned struct{ Data []byte }
	// Told is what the gateway says of an attempt, asked or unasked.
	// Sale is filled in by the Register from the journal for a sale that State
	// no longer holds.
	Told struct {
		Answer payment.Answer
		Sale   *payment.Sale
	}
	// RefundTold is what the gateway says of a refund. Sale is filled in as Told's is.
	RefundTold struct {
		Answer payment.RefundAnswer
		Sale   *payment.Sale
	}
	// Found brings the sale that Find asked for, nil if there is none.
	Found struct{ Sale *payment.Sale }
	// Sought is what the gateway knows of a sale that Seek asked for, or why there is
	// none. Ours is filled in by the Register, where this terminal's journal has it.
	Sought struct {
		Text   string
		Sale   *payment.Elsewhere
		Reason payment.Reason
		Ours   *payment.Sale
	}
	// LinkChanged says whether the gateway answers.
	LinkChanged struct{ Online bool }
	// ClockLearned gives the cloud's time less Now.At.
	ClockLearned struct{ Offset time.Duration }
	// PrinterChanged is the printer's state as it is known.
	PrinterChanged struct{ Printer PrinterState }
	// Printed says that a document came out whole, or that it did not: the receipt of a
	// sale, the slip of its refund, that of its parking, or the Z report of a shift.
	Printed struct {
		Sale    payment.SaleID
		Receipt uint64
		Refund  int
		Shift   uint64
		Failed  bool
	}
	// Doubted says that a receipt was sent whole to a printer that was lost then:
	// only a person can see whether it came out.
	Doubted struct{ Sale payment.Sale }
	// Loaded brings the recent sales that Load asked for.
	Loaded struct{ Sales []payment.Sale }
	// Identified answers Identify.
	Identified struct {
		Operator payment.Operator
		Known    bool
		Badge    bool // it was scanned
	}
	// Examined answers Examine: what the doctor found, or why it did not look.
	Examined struct {
		Checks []Check
		Report string // for a QR
		Why    words.Sentence
	}
	// Refused says that the gateway will not take this terminal's journal.
	Refused struct{ Why string }
	// HaltChanged says why no new sale may be begun, or, empty, that one may.
	// What was begun is finished either way.
	HaltChanged struct{ Why words.Sentence }
	// Noticed is something to say once.
	Noticed struct{ Text words.Sentence }
	// Ordered is a sale that a cash register asks for. It does nothing where the
	// counter is not Free, or Shiftless.
	Ordered struct{ Order Order }
	// OrderCancelled ends one.
	OrderCancelled struct{ Key string }
	// RefundOrdered gives money back of a sale that a cash register made, if it GivesBack.
	RefundOrdered struct {
		Sale   payment.Sale
		Key    string
		Amount int64 // minor units
	}
	// DrawerOrdered opens the drawer for a cash register, while a shift is open.
	DrawerOrdered struct{}
	// Touched says that somebody is at the terminal, though not at this counter.
	Touched struct{}
	// Ticked says that Deadline has passed.
	Ticked struct{}
)

func (Ordered) event()        {}
func (OrderCancelled) event() {}
func (RefundOrdered) event()  {}
func (DrawerOrdered) event()  {}
func (RefundTold) event()     {}
func (Found) event()          {}
func (Sought) event()         {}
func (HaltChanged) event()    {}
func (Noticed) event()        {}
func (Identified) event()     {}
func (Booted) event()         {}
func (Keyed) event()          {}
func (Pressed) event()        {}
func (Scanned) event()        {}
func (Told) event()           {}
func (LinkChanged) event()    {}
func (ClockLearned) event()   {}
func (PrinterChanged) event() {}
func (Printed) event()        {}
func (Doubted) event()        {}
func (Loaded) event()         {}
func (Examined) event()       {}
func (Refused) event()        {}
func (Touched) event()        {}
func (Ticked) event()         {}

// Of is the news that the job came out.
func (p Print) Of() Printed {
	if p.Refund != 0 {
		return Printed{Sale: p.Sale.ID, Refund: p.Refund}
	}
	return Printed{Sale: p.Sale.ID, Receipt: p.Sale.Receipt}
}

// Effect is something to be done outside, after the step's Commit has returned.
type Effect interface{ effect() }

type (
	// Commit makes events durable, all or none. A step has one at most, and it
	// is always the first effect: nothing outside learns of a step before.
	Commit struct{ Events []payment.Event }
	// Charge asks the gateway to charge a scanned code. The code is in no other
	// effect, and in State not at all.
	Charge struct {
		Order    payment.Order
		Tender   int
		Amount   payment.Money
		Code     payment.Code
		NotAfter time.Time // the cloud's time
	}
	// Show asks the gateway for a QR to show.
	Show struct {
		Order    payment.Order
		Tender   int
		Amount   payment.Money
		NotAfter time.Time
	}
	// Query asks what became of an attempt, and closes one the gateway never saw.
	Query struct{ Order payment.Order }
	// Cancel ends an attempt; whatever is paid is given back.
	Cancel struct{ Order payment.Order }
	// GiveBack asks the gateway to give money back, or what became of that.
	GiveBack struct {
		Refund payment.RefundID
		Order  payment.Order // the attempt that was paid
		Amount payment.Money
		Void   bool
	}
	// Find asks for one sale of the journal, by its id or else its receipt's number,
	// answered by Found.
	Find struct {
		Sale    payment.SaleID
		Receipt uint64
	}
	// Seek asks the gateway for a sale by what was scanned, answered by Sought or not
	// at all.
	Seek struct{ Text string }
	// Print prints a sale's receipt, or the slip of a parked one.
	Print struct {
		Sale   payment.Sale
		Copy   bool // a receipt of this number may be out already
		Refund int  // the slip of this refund instead, or of the whole void; 0: none
	}
	// Report prints a shift: its Z report if it is closed, else an X report.
	Report struct {
		Shift payment.Shift // what is not settled as of now, or as of its end, is in its Forward
		Copy  bool          // one may be out already
	}
	// KickDrawer opens the cash drawer.
	KickDrawer struct{}
	// Play is heard, and always seen as well.
	Play struct{ Sound Sound }
	// Identify asks whose PIN or badge this is, answered by Identified. It is in no
	// other effect, and in State only while it is keyed.
	Identify struct {
		Secret string
		Badge  bool // it was scanned
	}
	// Examine has the doctor try every device, answered by Examined.
	Examine struct{}
	// Train has training begin, or, at a practice counter, end.
	Train struct{}
	// Load asks for the newest sales of the journal, answered by Loaded.
	Load struct{ Count int }
)

func (Commit) effect()     {}
func (Charge) effect()     {}
func (Show) effect()       {}
func (Query) effect()      {}
func (Cancel) effect()     {}
func (GiveBack) effect()   {}
func (Report) effect()     {}
func (Find) effect()       {}
func (Seek) effect()       {}
func (Print) effect()      {}
func (KickDrawer) effect() {}
func (Play) effect()       {}
func (Examine) effect()    {}
func (Identify) effect()   {}
func (Train) effect()      {}
func (Load) effect()       {}

// Sound is one of the four things a counter has to hear.
type Sound string

const (
	SoundApproved  Sound = "approved"  // two rising tones
	SoundDeclined  Sound = "declined"  // one low, long tone
	SoundAttention Sound = "attention" // three short ones
	SoundRead      Sound = "read"      // a tick: the scanner read something
)

// PrinterState is what the status bar says of the printer.
type PrinterState string

const (
	PrinterReady   PrinterState = "ready"
	PrinterNoPaper PrinterState = "no-paper"
	PrinterOff     PrinterState = "off"
)
