package service

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"till/sync/wire"
)

// Imported says what came of a journal that was brought.
type Imported struct {
	Terminal string `json:"terminal"`
	Epoch    uint32 `json:"epoch"`
	First    uint64 `json:"first"` // of the file
	Last     uint64 `json:"last"`
	New      uint64 `json:"new"` // records that the ledger did not have
}

const (
	// importBatch is records a commit; counted, since one is at most a message.
	importBatch = 256
	// mostEpochs bounds the search for the epoch that a journal's first record is of.
	mostEpochs = 10_000
)

// Why a journal is not taken in.
var (
	ErrForeignJournal = errors.New("it is not a journal of this terminal, or its first records are missing")
	ErrBrokenJournal  = errors.New("it is altered, or a record is missing")
	ErrForkedJournal  = errors.New("it differs from the one in the ledger: keep it for support")
	ErrEmptyJournal   = errors.New("there is no record in it")
)

// ImportJournal takes the records of a terminal's journal into the ledger, as
// till journal export writes them. Doing it again changes nothing. Which epoch
// they are of says their chain: a record's hash covers all before it, the
// terminal and the epoch. What comes before a fault in the file is taken in.
func (s *Service) ImportJournal(ctx context.Context, terminal string, from io.Reader) (done Imported, err error) {
	if err := wire.CheckTerminal(terminal); err != nil {
		return done, err
	}
	done.Terminal = terminal
	lines := bufio.NewScanner(from)
	lines.Buffer(make([]byte, 0, 16<<10), 2*wire.MaxMessage)
	var batch []wire.Record
	var prev wire.Hash
	for n := 1; lines.Scan(); n++ {
		if len(lines.Bytes()) == 0 {
			continue
		}
		var r wire.Record
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return done, errors.Join(fmt.Errorf("line %d is no record: %w", n, err), s.bring(ctx, &done, batch))
		}
		if done.First == 0 {
			if done.Epoch, prev, err = s.before(terminal, r); err != nil {
				return done, fmt.Errorf("line %d, record %d: %w", n, r.Seq, err)
			}
			done.First, done.Last = r.Seq, r.Seq-1
		}
		if err := r.Follows(prev, done.Last+1); err != nil {
			return done, errors.Join(fmt.Errorf("line %d: %w: %w", n, ErrBrokenJournal, err), s.bring(ctx, &done, batch))
		}
		prev, done.Last = r.Hash, r.Seq
		if batch = append(batch, r); len(batch) == importBatch {
			if err := s.bring(ctx, &done, batch); err != nil {
				return done, err
			}
			batch = batch[:0:0] // the gateway may hold on to it
		}
	}
	if err := lines.Err(); err != nil {
		return done, errors.Join(fmt.Errorf("read the journal: %w", err), s.bring(ctx, &done, batch))
	}
	if done.First == 0 {
		return done, ErrEmptyJournal
	}
	return done, s.bring(ctx, &done, batch)
}

// before finds the journal that a record begins or goes on with, and the hash
// before it.
func (s *Service) before(terminal string, r wire.Record) (epoch uint32, prev wire.Hash, err error) {
	if r.Seq == 1 {
		for epoch = 1; epoch <= mostEpochs; epoch++ {
			if prev = wire.Genesis(terminal, epoch); r.Follows(prev, 1) == nil {
				return epoch, prev, nil
			}
		}
		return 0, prev, ErrForeignJournal
	}
	epochs, err := s.ledger.Epochs(terminal)
	if err != nil {
		return 0, prev, err
	}
	for _, epoch := range epochs {
		known, ok, err := s.record(terminal, epoch, r.Seq-1)
		if err != nil {
			return 0, prev, err
		}
		if ok && r.Follows(known.Hash, r.Seq) == nil {
			return epoch, known.Hash, nil
		}
	}
	return 0, prev, ErrForeignJournal
}

// record is one that the ledger has, if it has it.
func (s *Service) record(terminal string, epoch uint32, seq uint64) (r wire.Record, ok bool, err error) {
	errFound := errors.New("found")
	err = s.ledger.Records(terminal, epoch, seq, func(one wire.Record) error {
		r, ok = one, one.Seq == seq
		return errFound
	})
	if errors.Is(err, errFound) {
		err = nil
	}
	return r, ok, err
}

// bring has the gateway take records that follow one another. Those that the
// ledger has have to be the same: their hashes cover all before them.
func (s *Service) bring(ctx context.Context, done *Imported, batch []wire.Record) error {
	if len(batch) == 0 {
		return nil
	}
	had := uint64(0)
	for i := len(batch) - 1; i >= 0 && had == 0; i-- {
		known, ok, err := s.record(done.Terminal, done.Epoch, batch[i].Seq)
		switch {
		case err != nil:
			return err
		case ok && known.Hash != batch[i].Hash:
			return ErrForkedJournal
		case ok:
			had = known.Seq
		}
	}
	ack, err := s.server.Bring(ctx, done.Terminal, wire.Upload{Epoch: done.Epoch, Records: batch})
	last := batch[len(batch)-1].Seq
	switch {
	case err != nil:
		return err
	case ack.Refused != "":
		return fmt.Errorf("%w (%s)", ErrForkedJournal, ack.Refused)
	case ack.Seq < last:
		return fmt.Errorf("%w: the ledger has it up to record %d", ErrBrokenJournal, ack.Seq)
	}
	done.New += last - max(had, batch[0].Seq-1)
	return nil
}

// Epochs lists the epochs of a terminal's journals that the ledger has records
// of: a device that took another's place has begun one of its own.
func (s *Service) Epochs(terminal string) ([]uint32, error) { return s.ledger.Epochs(terminal) }
