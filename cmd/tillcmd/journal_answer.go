package tillcmd

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"till/payment"
	"till/store"
	"till/sync/wire"
)

// portion is how many records are read at once: between two portions, whoever
// waits for the store has it.
const portion = 256

// answerOrSalvage answers from an open journal, and from its files in dir where
// that one turns out to be damaged.
func answerOrSalvage(j *store.Journal, dir string, ask journalAsk, out func(journalLine) error) (journalEnd, error) {
	var held []journalLine // what is shown is shown once, by one of the two
	end, err := answer(j, ask, func(l journalLine) error {
		if ask.Do == "show" {
			held = append(held, l)
			return nil
		}
		if l.Record != nil {
			ask.From = l.Record.Seq + 1 // for the salvage to go on from
		}
		return out(l)
	})
	if unusable(err) {
		return answerDamaged(dir, ask, err, out)
	}
	for _, l := range held {
		if err != nil {
			break
		}
		err = out(l)
	}
	return end, err
}

// answer answers a question from an open journal, live or not. It may be called
// beside the counter. The error wraps store.ErrDamaged where that is the answer.
func answer(j *store.Journal, ask journalAsk, out func(journalLine) error) (journalEnd, error) {
	switch {
	case ask.Do == "verify":
		if err := j.Check(); err != nil {
			return journalEnd{}, err
		}
		return journalEnd{Verdict: verdictGood, Said: describeJournal(j)}, nil
	case ask.Do == "export":
		n, err := eachRecord(j, ask.From, func(r wire.Record) error { return out(journalLine{Record: &r}) })
		said := fmt.Sprintf("%d records of terminal %s, epoch %d.", n, j.Terminal(), j.Position().Epoch)
		return journalEnd{Verdict: verdictGood, Said: []string{said}, Terminal: j.Terminal()}, err
	case ask.Sale != "":
		return answerSale(j, ask.Sale, out)
	default:
		last := j.Position().Last
		_, err := eachRecord(j, last-min(last, uint64(ask.Newest))+1, func(r wire.Record) error {
			return out(journalLine{Record: &r})
		})
		return journalEnd{Verdict: verdictGood}, err
	}
}

// eachRecord hands out records from a sequence to the newest there is now, in
// portions. Those that were pruned are passed over.
func eachRecord(j *store.Journal, from uint64, each func(wire.Record) error) (n int, err error) {
	last := j.Position().Last
	for from = max(from, 1); from <= last; {
		records, err := j.Read(from, portion, 0)
		if errors.Is(err, store.ErrPruned) {
			if from = j.Oldest(); from > last {
				break
			}
			continue
		}
		if err != nil {
			return n, err
		}
		if len(records) == 0 {
			break
		}
		for _, r := range records {
			if r.Seq > last {
				return n, nil
			}
			if err := each(r); err != nil {
				return n, err
			}
			n++
		}
		from += uint64(len(records))
	}
	return n, nil
}

func answerSale(j *store.Journal, id payment.SaleID, out func(journalLine) error) (journalEnd, error) {
	sale, ok, err := j.Sale(id)
	if err != nil {
		return journalEnd{}, err
	}
	if !ok {
		return noSale(id), nil
	}
	if err := out(journalLine{Sale: &sale}); err != nil {
		return journalEnd{}, err
	}
	_, err = eachRecord(j, 1, func(r wire.Record) error {
		if e, err := r.Event(); err != nil || e.Sale != id {
			return nil // an event that no till of today knows is not of this sale
		}
		return out(journalLine{Record: &r})
	})
	return journalEnd{Verdict: verdictGood}, err
}

func noSale(id payment.SaleID) journalEnd {
	return journalEnd{Verdict: verdictNone, Said: []string{fmt.Sprintf("No sale %s is in the journal.", id)}}
}

// describeJournal says where a sound journal stands.
func describeJournal(j *store.Journal) []string {
	p := j.Position()
	said := []string{fmt.Sprintf("Journal of terminal %s, epoch %d: sound.", j.Terminal(), p.Epoch)}
	if p.Last == 0 {
		return append(said, "No records yet.")
	}
	return append(said,
		fmt.Sprintf("Records %d to %d, acknowledged up to %d. Last receipt %d. Unfinished sales: %d.",
			j.Oldest(), p.Last, p.Acked, j.LastReceipt(), len(j.Unfinished())),
		"Pages, hash chain, sequence, receipt numbers and indexes fit together.")
}

// answerDamaged answers from what the hashes still vouch for.
func answerDamaged(dir string, ask journalAsk, damage error, out func(journalLine) error) (journalEnd, error) {
	var shown []wire.Record
	var sale payment.Sale
	s, err := store.Salvage(dir, func(r wire.Record) error {
		switch {
		case ask.Do == "export" && r.Seq >= ask.From:
			return out(journalLine{Record: &r})
		case ask.Do != "show":
		case ask.Sale == "":
			if shown = append(shown, r); len(shown) > 2*ask.Newest {
				shown = slices.Clone(shown[len(shown)-ask.Newest:])
			}
		default:
			if e, err := r.Event(); err == nil && e.Sale == ask.Sale {
				shown = append(shown, r)
				if next, err := sale.Apply(e, r.Stamp); err == nil { // one after a gap may not follow
					sale = next
				}
			}
		}
		return nil
	})
	if err != nil {
		return journalEnd{}, err
	}
	if s.Files == 0 { // of that name, but no journal
		return journalEnd{}, damage
	}
	if sale.ID != "" {
		if err := out(journalLine{Sale: &sale}); err != nil {
			return journalEnd{}, err
		}
	}
	if ask.Sale == "" {
		shown = shown[max(0, len(shown)-ask.Newest):]
	}
	for _, r := range shown {
		if err := out(journalLine{Record: &r}); err != nil {
			return journalEnd{}, err
		}
	}
	return journalEnd{Verdict: verdictDamaged, Said: describeDamage(s, damage)}, nil
}

// describeDamage says what is wrong and where, and what is left.
func describeDamage(s store.Salvaged, damage error) []string {
	terminal := s.Terminal
	if terminal == "" {
		terminal = "unknown"
	}
	said := []string{
		fmt.Sprintf("Journal of terminal %s, epoch %d: %v.", terminal, s.Epoch, damage),
		fmt.Sprintf("The hashes vouch for %d records of %d to %d.", s.Records, s.First, s.Last),
	}
	if len(s.Missing) == 0 {
		return said
	}
	var gaps []string
	for i, gap := range s.Missing {
		if i == maxGaps {
			gaps = append(gaps, fmt.Sprintf("and %d gaps more", len(s.Missing)-i))
			break
		}
		text := fmt.Sprint(gap.First)
		if gap.Last > gap.First {
			text = fmt.Sprintf("%d to %d", gap.First, gap.Last)
		}
		gaps = append(gaps, text)
	}
	return append(said, "Not vouched for: "+strings.Join(gaps, ", ")+".")
}

// maxGaps bounds the gaps that are listed.
const maxGaps = 20
