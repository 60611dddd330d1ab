package store_test

import (
	"path/filepath"
	"testing"
	"time"

	"till/payment"
	"till/store"
)

// No epoch is begun twice, whatever was set aside and wherever the power went.
func TestNextEpoch(t *testing.T) {
	dir := filepath.Join(folder(t), "journal")
	next := func(want uint32) {
		t.Helper()
		if got, err := store.NextEpoch(dir); err != nil || got != want {
			t.Errorf("next epoch %d, %v, want %d", got, err, want)
		}
	}
	next(1)
	j := open(t, dir, options())
	sell(t, j, 1)
	next(2)
	closeChecked(t, j)
	if _, epoch, err := store.SetAside(dir); err != nil || epoch != 2 {
		t.Fatal(epoch, err)
	}
	next(2) // the folder is empty again
	o := options()
	o.Epoch = 7
	closeChecked(t, open(t, dir, o))
	if _, epoch, err := store.SetAside(dir); err != nil || epoch != 8 {
		t.Fatal(epoch, err)
	}
	remove(t, dir)
	next(8)
}

// A clock set back a year, as a board without one shows it: order is by
// sequence, and nothing that was told apart by time gets mixed up.
func TestClockSetBackAYear(t *testing.T) {
	dir := folder(t)
	o := options()
	o.SegmentRecords = 8
	j := open(t, dir, o)
	sell(t, j, 500)
	sell(t, j, 501)
	back := stamp(0)
	back.Boot, back.Mono, back.Time = "after", 0, day.AddDate(-1, 0, 0)
	if _, err := j.Append(back, created(3), started(3, 1)); err != nil { // an id of that time too: it sorts before all
		t.Fatal(err)
	}
	if _, err := j.Append(back, changed(3, 1, payment.Approved, 3), printed(3, 3)); err != nil {
		t.Fatal(err)
	}
	j = reopen(t, j, dir, o)
	if newest, _ := j.Newest(); newest.ID != saleID(3) {
		t.Errorf("newest is %s", newest.ID)
	}
	recent, err := j.Recent(3)
	if err != nil || len(recent) != 3 || recent[0].ID != saleID(3) || recent[1].ID != saleID(501) {
		t.Errorf("recent: %v, %v", recent, err)
	}
	if err := j.Acknowledge(j.Position().Last); err != nil {
		t.Fatal(err)
	}
	sell(t, j, 600)
	if n, err := j.Prune(day.AddDate(0, 0, -1)); err != nil || n != 0 {
		t.Errorf("pruned %d segments that are not old: %v", n, err)
	}
	sell(t, reopen(t, j, dir, o), 601)
}

// The bound on size deletes what the ledger has, oldest first, and nothing else.
func TestPruneTo(t *testing.T) {
	dir := folder(t)
	o := options()
	o.SegmentRecords = 40
	j := open(t, dir, o)
	for n := range 60 {
		sell(t, j, n)
	}
	if n, err := j.PruneTo(0); n != 0 || err != nil {
		t.Errorf("deleted %d that the ledger does not have, %v", n, err)
	}
	if err := j.Acknowledge(150); err != nil {
		t.Fatal(err)
	}
	whole := sizeOf(t, dir)
	if n, err := j.PruneTo(whole * 2); n != 0 || err != nil {
		t.Errorf("deleted %d with room for all, %v", n, err)
	}
	n, err := j.PruneTo(whole * 4 / 5)
	if err != nil || n == 0 || n > 3 || sizeOf(t, dir) > whole*4/5+whole/10 {
		t.Errorf("deleted %d, %v: %d bytes of %d", n, err, sizeOf(t, dir), whole)
	}
	if _, err := j.PruneTo(0); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Read(150, 1, 0); err != nil {
		t.Errorf("the segment of a record that was not acknowledged: %v", err)
	}
	reopen(t, j, dir, o)
}

func TestRoom(t *testing.T) {
	dir := folder(t)
	o := options()
	o.MaxBytes = 1 << 20
	j := open(t, dir, o)
	if !j.Room() {
		t.Error("no room in an empty journal")
	}
	n := 0
	for ; j.Room(); n++ {
		sell(t, j, n)
	}
	if n < 20 {
		t.Errorf("full after %d sales", n)
	}
	if err := j.Acknowledge(j.Position().Last); err != nil {
		t.Fatal(err)
	}
	if pruned, err := j.PruneTo(o.MaxBytes / 2); err != nil || pruned == 0 {
		t.Fatalf("pruned %d, %v", pruned, err)
	}
	if !j.Room() {
		t.Error("no room after pruning")
	}
	sell(t, j, n)
}

// Check may take its time: sales go on beside it, and it finds nothing wrong.
func TestCheckWhileSelling(t *testing.T) {
	dir := folder(t)
	o := options()
	o.SegmentRecords = 50
	j := open(t, dir, o)
	for n := range 100 {
		sell(t, j, n)
	}
	done := make(chan error)
	go func() {
		var err error
		for range 20 {
			if err = j.Check(); err != nil {
				break
			}
		}
		done <- err
	}()
	for n := 100; ; n++ {
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
			return
		default:
			sell(t, j, n)
			if n%50 == 0 {
				if err := j.Acknowledge(j.Position().Last); err != nil {
					t.Fatal(err)
				}
				if _, err := j.Prune(day.Add(time.Hour)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}
