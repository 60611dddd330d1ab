package store

import (
	"errors"
	"fmt"
)

// Sentinels of Open. Each is wrapped in a sentence that says what to do.
var (
	ErrLocked     = errors.New("another till is using the journal")
	ErrNotJournal = errors.New("not a till journal")
	ErrNone       = errors.New("no journal there")
	ErrDamaged    = errors.New("journal damaged")
	ErrNewer      = errors.New("journal written by a newer till")
	ErrTerminal   = errors.New("journal of another terminal")
)

// Sentinels of an open journal.
var (
	// ErrFull: the folder has reached its bound. Events of sales that exist
	// still pass for a while, new sales do not.
	ErrFull = errors.New("journal full")
	// ErrPruned: the records asked for were acknowledged and deleted.
	ErrPruned = errors.New("journal records pruned")
	// ErrAhead: an acknowledgement of records that this journal does not have.
	// The ledger knows another history, as after an old copy of the folder was put back.
	ErrAhead = errors.New("acknowledged beyond the journal")
	// ErrReadOnly: the journal was opened to be looked at.
	ErrReadOnly = errors.New("journal opened read-only")
	// ErrClosed: the journal was closed.
	ErrClosed = errors.New("journal closed")
)

// damaged is an ErrDamaged with the advice that a person needs.
func damaged(where string, cause any) error {
	return fmt.Errorf("%w: %s: %v: keep the folder for support, and set it aside to go on", ErrDamaged, where, cause)
}
