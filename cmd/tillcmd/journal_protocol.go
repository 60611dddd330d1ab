package tillcmd

import (
	"encoding/json"
	"errors"
	"fmt"

	"till/payment"
	"till/sync/wire"
)

// Whoever may read a terminal's data folder can ask it about its journal, on the
// Unix socket till.sock there (mode 0600). The asking end sends one line of
// JSON, the terminal answers with lines of JSON, each with one of "record",
// "sale" and "end"; the last one has "end". docs/journal.md says the same.
const (
	journalProtocol = 1
	journalSocket   = "till.sock"
	// maxAsk bounds the question and maxLine each line of the answer, in bytes.
	maxAsk  = 1 << 10
	maxLine = 128 << 10
	// maxShown bounds the records shown to a person.
	maxShown = 100_000
)

// journalAsk is a question about a journal.
type journalAsk struct {
	Version int            `json:"till_journal"`
	Do      string         `json:"do"`               // verify, export or show
	From    uint64         `json:"from,omitempty"`   // export: the first record
	Newest  int            `json:"newest,omitempty"` // show: so many records
	Sale    payment.SaleID `json:"sale,omitempty"`   // show: this sale, and its records
}

// parseAsk reads a question.
func parseAsk(line []byte) (journalAsk, error) {
	var ask journalAsk
	if len(line) > maxAsk {
		return ask, fmt.Errorf("a question of %d bytes, at most %d", len(line), maxAsk)
	}
	if err := json.Unmarshal(line, &ask); err != nil {
		return ask, fmt.Errorf("a question that is not JSON: %w", err)
	}
	return ask, ask.check()
}

func (a journalAsk) check() error {
	switch {
	case a.Version != journalProtocol:
		return fmt.Errorf("version %d of the journal's protocol, this till speaks %d", a.Version, journalProtocol)
	case a.Do == "verify", a.Do == "export":
		return nil
	case a.Do != "show":
		return fmt.Errorf("%.40q is not verify, export or show", a.Do)
	case a.Sale != "":
		if _, err := payment.ParseSaleID(string(a.Sale)); err != nil {
			return fmt.Errorf("sale %.40q: %w", a.Sale, err)
		}
		return nil
	case a.Newest < 1 || a.Newest > maxShown:
		return fmt.Errorf("%d records: want 1 to %d", a.Newest, maxShown)
	default:
		return nil
	}
}

// journalLine is one line of the answer.
type journalLine struct {
	Record *wire.Record  `json:"record,omitempty"`
	Sale   *payment.Sale `json:"sale,omitempty"`
	End    *journalEnd   `json:"end,omitempty"`
}

type verdict string

const (
	verdictGood    verdict = "good"
	verdictDamaged verdict = "damaged"
	verdictNone    verdict = "none"   // no journal, or no such sale
	verdictFailed  verdict = "failed" // the question was not answered
)

// journalEnd is the end of an answer.
type journalEnd struct {
	Verdict verdict  `json:"verdict"`
	Said    []string `json:"said,omitempty"` // what a person reads
	// Terminal is whose journal it is, after an export.
	Terminal string `json:"terminal,omitempty"`
}

var (
	errDamaged = errors.New("the journal is damaged")
	errNone    = errors.New("nothing is there")
	errFailed  = errors.New("the terminal did not answer")
)

// err is the end as a program's end.
func (e journalEnd) err() error {
	switch e.Verdict {
	case verdictGood:
		return nil
	case verdictDamaged:
		return exitError{exitDamaged, errDamaged}
	case verdictNone:
		return exitError{exitNone, errNone}
	default:
		return exitError{exitFailed, errFailed}
	}
}
