package ledger_test

import (
	"errors"
	"testing"

	"till/cloud/ledger"
	"till/sync/wire"
)

func TestRecords(t *testing.T) {
	l, err := ledger.Open(made(t))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	next := uint64(191)
	err = l.Records("museum-1", 1, next, func(r wire.Record) error {
		if r.Seq != next {
			t.Errorf("record %d where %d is due", r.Seq, next)
		}
		next++
		return nil
	})
	if err != nil || next != 201 {
		t.Errorf("read up to %d of 200 (%v)", next-1, err)
	}
	for terminal, epoch := range map[string]uint32{"museum": 1, "museum-1": 2, "museum-10": 1} {
		if err := l.Records(terminal, epoch, 1, func(wire.Record) error { return errors.New("a record") }); err != nil {
			t.Errorf("journal %d of %s: %v, want none", epoch, terminal, err)
		}
	}
	stop := errors.New("enough")
	if err := l.Records("museum-1", 1, 1, func(wire.Record) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("ended by %v, want %v", err, stop)
	}
}
