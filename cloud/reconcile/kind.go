package reconcile

import (
	"time"

	"till/words"
)

// Kind says what a difference is.
type Kind string

// Those that explain themselves. The first four settle by themselves; if they have
// not after a while, they need somebody.
const (
	Pending       Kind = "pending"        // the gateway is still finding out what became of a payment
	RefundPending Kind = "refund_pending" // the wallet has not paid a refund yet
	OnItsWay      Kind = "on_its_way"     // the terminal's record has not arrived
	Parked        Kind = "parked"         // a parked sale, still being found out
	Late          Kind = "late"           // paid after the sale was closed, and given back
	GivenBack     Kind = "given_back"     // taken and given back, and never sold
	Owed          Kind = "owed"           // a parked sale whose goods were given, and that is not paid
	Midnight      Kind = "midnight"       // the same in each book, on different days
)

// Those that need somebody.
const (
	Unsold         Kind = "unsold"          // the acquirer keeps money that no sale counts
	Uncharged      Kind = "uncharged"       // a sale counts money that the acquirer does not have
	UnknownCharge  Kind = "unknown_charge"  // in the acquirer's book, with no sale
	TakenBack      Kind = "taken_back"      // reversed at the acquirer, and nobody asked for it
	AmountDiffers  Kind = "amount"          //
	WalletDiffers  Kind = "wallet"          //
	RefundUnknown  Kind = "refund_unknown"  // paid back, and not by the gateway's word
	RefundMissing  Kind = "refund_missing"  // done by the gateway's word, and not in the acquirer's book
	InDispute      Kind = "disputed"        //
	JournalDiffers Kind = "journal_differs" // the terminal's journal and the gateway say otherwise
	LedgerDiffers  Kind = "ledger_differs"  // the ledger's sale is not what its records say
	Impossible     Kind = "impossible"      // the journal tells what cannot be
	Gap            Kind = "gap"             // records are missing in a journal, or altered
)

// Kinds lists them all.
var Kinds = []Kind{
	Pending, RefundPending, OnItsWay, Parked, Late, GivenBack, Owed, Midnight,
	Unsold, Uncharged, UnknownCharge, TakenBack, AmountDiffers, WalletDiffers, RefundUnknown, RefundMissing, InDispute,
	JournalDiffers, LedgerDiffers, Impossible, Gap,
}

// Explained says that such a difference explains itself.
func (k Kind) Explained() bool {
	switch k {
	case Pending, RefundPending, OnItsWay, Parked, Late, GivenBack, Owed, Midnight:
		return true
	default:
		return false
	}
}

// patience is how long a difference may take to settle by itself; 0: it has. The
// gateway looks after a payment for two hours. A refund waits for the merchant's
// funds, and a terminal for the end of a long weekend.
func (k Kind) patience() time.Duration {
	const day = 24 * time.Hour
	switch k {
	case Pending, Parked:
		return day
	case OnItsWay:
		return 4 * day
	case RefundPending:
		return 7 * day
	default:
		return 0
	}
}

// Name is a few words for the kind, in a language.
func (k Kind) Name(lang words.Lang) string { return words.Say(lang, words.Key("reconcile_kind_"+k)) }
