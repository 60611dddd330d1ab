package cloud

import (
	"fmt"

	"till/sync/wire"
)

// upload takes a terminal's records, and tells it how far the ledger has them now.
func (b *batch) upload(terminal string, up wire.Upload) error {
	ack, err := b.takeAll(terminal, up)
	if err != nil {
		return err
	}
	return b.send(terminal, wire.Ack, ack)
}

// brought is an upload that came on a card, or by any other hand than its
// terminal's: the terminal is told nothing, since it may be another device now.
func (b *batch) brought(e Brought) error {
	if err := wire.CheckTerminal(e.Terminal); err != nil {
		return err
	}
	ack, err := b.takeAll(e.Terminal, e.Upload)
	if err != nil {
		return err
	}
	b.effects = append(b.effects, Taken{Number: e.Number, Acknowledgement: ack})
	return nil
}

// takeAll takes journal records that follow what the ledger has, passes over
// those it has already, and asks again where one is missing.
func (b *batch) takeAll(terminal string, up wire.Upload) (ack wire.Acknowledgement, err error) {
	ack = wire.Acknowledgement{Epoch: up.Epoch, Clock: b.clock(0)}
	head, err := b.tx.Head(terminal, up.Epoch)
	if err != nil {
		return ack, err
	}
	for _, r := range up.Records {
		switch {
		case r.Seq < head.Seq, r.Seq == head.Seq && r.Seq > 0 && r.Hash == head.Hash:
			continue // had it
		case r.Seq == head.Seq && r.Seq > 0:
			ack.Refused = "its journal differs from the one in the ledger"
		case r.Seq > head.Seq+1:
			ack.Again = true
			continue
		}
		if ack.Refused != "" {
			break // nothing that comes after is of this journal
		}
		prev := head.Hash
		if head.Seq == 0 {
			prev = wire.Genesis(terminal, up.Epoch)
		}
		if err := r.Follows(prev, head.Seq+1); err != nil {
			ack.Refused = "its journal does not fit the one in the ledger"
			if err := b.reject(terminal, err); err != nil {
				return ack, err
			}
			break
		}
		if err := b.take(terminal, up.Epoch, r); err != nil {
			return ack, err
		}
		head = Head{Seq: r.Seq, Hash: r.Hash}
	}
	ack.Seq = head.Seq
	return ack, nil
}

// take stores one record, and folds it into its sale.
func (b *batch) take(terminal string, epoch uint32, r wire.Record) error {
	if err := b.tx.TakeRecord(terminal, epoch, r); err != nil {
		return err
	}
	e, err := r.Event()
	if err != nil {
		return b.reject(terminal, err) // it stays in the journal as it came
	}
	if e.Sale == "" {
		return nil
	}
	entry, known, err := b.tx.Sale(e.Sale)
	if err != nil {
		return err
	}
	if known && entry.Terminal != terminal {
		return b.reject(terminal, fmt.Errorf("record %d: sale %s belongs to terminal %s", r.Seq, e.Sale, entry.Terminal))
	}
	next, err := entry.Sale.Apply(e, r.Stamp)
	if err != nil {
		entry.Fault = err.Error()
		if err := b.reject(terminal, err); err != nil {
			return err
		}
	} else {
		entry.Sale = next
	}
	entry.Terminal, entry.Epoch = terminal, epoch
	return b.tx.PutSale(entry)
}
