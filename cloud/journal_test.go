package cloud_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"till/cloud"
	"till/payment"
	"till/sync/wire"
)

// journal is a terminal's, as the gateway sees it.
type journal struct {
	terminal string
	epoch    uint32
	records  []wire.Record
	last     wire.Hash
}

func newJournal(terminal string) *journal {
	return &journal{terminal: terminal, epoch: 1, last: wire.Genesis(terminal, 1)}
}

func (j *journal) add(t testing.TB, events ...payment.Event) []wire.Record {
	t.Helper()
	from := len(j.records)
	for _, e := range events {
		seq := uint64(len(j.records) + 1)
		stamp := payment.Stamp{Boot: "b1", Mono: time.Duration(seq) * time.Second, Time: start.Add(time.Duration(seq) * time.Second)}
		r, err := wire.NewRecord(j.last, seq, stamp, e)
		if err != nil {
			t.Fatal(err)
		}
		j.records, j.last = append(j.records, r), r.Hash
	}
	return j.records[from:]
}

func (j *journal) message(t testing.TB, records ...wire.Record) cloud.Message {
	t.Helper()
	return message(t, j.terminal, wire.Journal, wire.Upload{Epoch: j.epoch, Records: records})
}

func (j *journal) upload(r *rig, events ...payment.Event) {
	r.t.Helper()
	r.step(j.message(r.t, j.add(r.t, events...)...))
}

func created(id payment.SaleID) payment.Event {
	return payment.Event{Kind: payment.SaleCreated, Sale: id, Amount: usd.Amount, Currency: usd.Currency}
}

func cash(id payment.SaleID, receipt uint64) payment.Event {
	return payment.Event{
		Kind: payment.CashTaken, Sale: id, Tender: 1, Amount: usd.Amount, Tendered: 2000, Change: 2000 - usd.Amount, Receipt: receipt,
	}
}

func (r *rig) lastAck() wire.Acknowledgement {
	r.t.Helper()
	if len(r.acks) == 0 {
		r.t.Fatal("nothing was acknowledged")
	}
	return r.acks[len(r.acks)-1]
}

func (r *rig) kept(j *journal) []wire.Record {
	r.t.Helper()
	records, err := r.ledger.Records(j.terminal, j.epoch)
	if err != nil {
		r.t.Fatal(err)
	}
	return records
}

func (r *rig) sale(id payment.SaleID) (entry cloud.SaleEntry) {
	r.t.Helper()
	err := r.ledger.View(func(tx cloud.Tx) error {
		var err error
		entry, _, err = tx.Sale(id)
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return entry
}

// Law 4: a record is acknowledged once its commit has returned, and not before.
func TestAckAfterCommit(t *testing.T) {
	r := newRig(t)
	j := newJournal(terminal)
	up := j.message(t, j.add(t, created(saleID), cash(saleID, 1))...)
	r.ledger.FailCommit(errCommit)
	effects, err := r.gateway.Handle([]cloud.Event{up}, r.now)
	if !errors.Is(err, errCommit) || len(effects) != 0 || len(r.kept(j)) != 0 {
		t.Fatalf("a failed commit gives %v, %d effects and %d records", err, len(effects), len(r.kept(j)))
	}
	r.step(up)
	if ack := r.lastAck(); ack.Seq != 2 || ack.Epoch != 1 || ack.Again || ack.Refused != "" || !ack.Time.Equal(start) {
		t.Errorf("ack is %+v", ack)
	}
	if entry := r.sale(saleID); entry.Sale.Status() != payment.StatusApproved || entry.Terminal != terminal || entry.Fault != "" {
		t.Errorf("the ledger has the sale as %+v", entry)
	}
}

// Law 4: duplicates are taken once, in whatever cut they come.
func TestDuplicatesAreTakenOnce(t *testing.T) {
	r := newRig(t)
	j := newJournal(terminal)
	all := j.add(t, created(saleID), cash(saleID, 1), created(otherID), cash(otherID, 2))
	for _, cut := range [][]wire.Record{all[:1], all[:1], all[:3], all[1:2], all[2:], all, all[3:], all[:2]} {
		r.step(j.message(t, cut...))
		if ack := r.lastAck(); ack.Refused != "" || ack.Again {
			t.Errorf("ack is %+v", ack)
		}
	}
	if ack := r.lastAck(); ack.Seq != 4 {
		t.Errorf("acknowledged up to %d, want 4", ack.Seq)
	}
	if n := len(r.kept(j)); n != 4 {
		t.Errorf("%d records, want 4", n)
	}
	if entry := r.sale(saleID); entry.Fault != "" || entry.Sale.Receipt != 1 {
		t.Errorf("the ledger has the sale as %+v", entry)
	}
}

func TestGapAsksAgain(t *testing.T) {
	r := newRig(t)
	j := newJournal(terminal)
	all := j.add(t, created(saleID), cash(saleID, 1), created(otherID))
	r.step(j.message(t, all[0]))
	r.step(j.message(t, all[2]))
	if ack := r.lastAck(); !ack.Again || ack.Seq != 1 || ack.Refused != "" {
		t.Errorf("ack is %+v", ack)
	}
	r.step(j.message(t, all[1:]...))
	if ack := r.lastAck(); ack.Again || ack.Seq != 3 {
		t.Errorf("ack is %+v", ack)
	}
	r.step(j.message(t)) // an empty upload says where the ledger is
	if ack := r.lastAck(); ack.Again || ack.Seq != 3 {
		t.Errorf("ack is %+v", ack)
	}
}

// Law 7: a journal that was altered, forked or is another's is refused, and
// nothing of the message is taken from there on.
func TestAlteredJournalIsRefused(t *testing.T) {
	cases := map[string]struct {
		alter func(t *testing.T, j *journal, all []wire.Record) []wire.Record // the upload after the first two
		kept  int
	}{
		"body": {func(_ *testing.T, _ *journal, all []wire.Record) []wire.Record {
			all[2].Body = []byte(`{"kind":"sale_created","sale":"` + string(otherID) + `","amount":1,"currency":"USD"}`)
			return all[2:]
		}, 2},
		"time": {func(_ *testing.T, _ *journal, all []wire.Record) []wire.Record {
			all[3].Time = all[3].Time.Add(time.Hour)
			return all[2:]
		}, 3},
		"boot": {func(_ *testing.T, _ *journal, all []wire.Record) []wire.Record {
			all[2].Boot = "b2"
			return all[2:]
		}, 2},
		"hash": {func(_ *testing.T, _ *journal, all []wire.Record) []wire.Record {
			all[2].Hash[0] ^= 1
			return all[2:]
		}, 2},
		"head sent again with another hash": {func(_ *testing.T, _ *journal, all []wire.Record) []wire.Record {
			all[1].Hash[0] ^= 1
			return all[1:]
		}, 2},
		"fork": {func(t *testing.T, _ *journal, all []wire.Record) []wire.Record {
			fork := newJournal(terminal)
			fork.records, fork.last = slices.Clone(all[:1]), all[0].Hash
			return fork.add(t, cash(saleID, 7), created(otherID))
		}, 2},
		"another terminal's": {func(t *testing.T, _ *journal, all []wire.Record) []wire.Record {
			other := newJournal("museum-2")
			return other.add(t, created(saleID), created(otherID), created(otherID))[2:]
		}, 2},
		"sequence 0": {func(_ *testing.T, j *journal, all []wire.Record) []wire.Record {
			j.epoch = 2 // of an epoch that has not begun
			all[2].Seq = 0
			return all[2:3]
		}, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			j := newJournal(terminal)
			all := slices.Clone(j.add(t, created(saleID), cash(saleID, 1), created(otherID), cash(otherID, 2)))
			r.step(j.message(t, all[:2]...))
			r.step(j.message(t, c.alter(t, j, all)...))
			ack := r.lastAck()
			if ack.Refused == "" || ack.Seq != uint64(c.kept) {
				t.Errorf("ack is %+v, want a refusal at %d", ack, c.kept)
			}
			if n := len(r.kept(j)); n != c.kept {
				t.Errorf("the ledger took %d records, want %d", n, c.kept)
			}
		})
	}
}

// The first record hangs on the terminal and its epoch.
func TestFirstRecordOfAnotherJournal(t *testing.T) {
	r := newRig(t)
	foreign := newJournal("museum-2")
	foreign.add(t, created(saleID))
	foreign.terminal = terminal
	r.step(foreign.message(t, foreign.records...))
	if ack := r.lastAck(); ack.Refused == "" || ack.Seq != 0 {
		t.Errorf("ack is %+v, want a refusal", ack)
	}
}

// A new epoch begins at 1 beside the old one.
func TestNewEpoch(t *testing.T) {
	r := newRig(t)
	j := newJournal(terminal)
	j.upload(r, created(saleID), cash(saleID, 1))
	fresh := &journal{terminal: terminal, epoch: 2, last: wire.Genesis(terminal, 2)}
	fresh.upload(r, payment.Event{Kind: payment.StoreReplaced, Reason: "lost"}, created(otherID))
	if ack := r.lastAck(); ack.Epoch != 2 || ack.Seq != 2 || ack.Refused != "" {
		t.Errorf("ack is %+v", ack)
	}
	if len(r.kept(j)) != 2 || len(r.kept(fresh)) != 2 {
		t.Errorf("%d and %d records, want 2 and 2", len(r.kept(j)), len(r.kept(fresh)))
	}
}

// What a journal tells of a sale, and cannot be, is kept in the journal and marked on the sale.
func TestImpossibleRecord(t *testing.T) {
	r := newRig(t)
	j := newJournal(terminal)
	j.upload(r, created(saleID), created(saleID), payment.Event{Kind: payment.CashTaken, Sale: otherID})
	if ack := r.lastAck(); ack.Seq != 3 || ack.Refused != "" {
		t.Errorf("ack is %+v", ack)
	}
	if entry := r.sale(saleID); entry.Fault == "" || entry.Sale.Status() != payment.StatusCreated {
		t.Errorf("the ledger has the sale as %+v", entry)
	}
	if len(r.rejected) != 2 {
		t.Errorf("rejections are %v, want 2", r.rejected)
	}
}

// A terminal's journal cannot change another terminal's sale.
func TestForeignSaleInAJournal(t *testing.T) {
	r := newRig(t)
	newJournal(terminal).upload(r, created(saleID))
	before := r.sale(saleID)
	foreign := newJournal("museum-2")
	foreign.upload(r, cash(saleID, 1))
	if ack := r.lastAck(); ack.Seq != 1 || ack.Refused != "" {
		t.Errorf("ack is %+v", ack)
	}
	if after := r.sale(saleID); after.Terminal != terminal || after.Sale.Status() != before.Sale.Status() {
		t.Errorf("the sale became %+v", after)
	}
	if len(r.rejected) != 1 {
		t.Errorf("rejections are %v, want 1", r.rejected)
	}
}

func TestHello(t *testing.T) {
	hello := func(epoch uint32, last uint64) wire.Request {
		return wire.Request{Op: wire.Hello, Sent: 7 * time.Second, Position: &wire.Position{Epoch: epoch, Boot: "b1", Last: last}}
	}
	r := newRig(t)
	r.request(terminal, hello(1, 0))
	if ack := r.lastAck(); ack.Epoch != 1 || ack.Seq != 0 || ack.Refused != "" || ack.Echo != 7*time.Second || !ack.Time.Equal(start) {
		t.Errorf("before the first record: %+v", ack)
	}
	newJournal(terminal).upload(r, created(saleID), cash(saleID, 1))
	r.restart()
	for last, refused := range map[uint64]bool{0: true, 1: true, 2: false, 9: false} {
		r.request(terminal, hello(1, last))
		if ack := r.lastAck(); ack.Seq != 2 || (ack.Refused != "") != refused {
			t.Errorf("a journal with %d records: %+v", last, ack)
		}
	}
	r.request(terminal, hello(2, 5))
	if ack := r.lastAck(); ack.Epoch != 2 || ack.Seq != 0 || ack.Refused != "" {
		t.Errorf("a new epoch: %+v", ack)
	}
}
