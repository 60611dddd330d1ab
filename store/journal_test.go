package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"till/payment"
	"till/store"
	"till/sync/wire"
)

func TestSaleSurvivesEveryReopen(t *testing.T) {
	dir := folder(t)
	j := open(t, dir, options())
	if _, ok := j.Newest(); ok {
		t.Error("an empty journal has a newest sale")
	}
	for i, step := range []struct {
		events     []payment.Event
		status     payment.Status
		unfinished int
		receipt    uint64
	}{
		{[]payment.Event{created(1)}, payment.StatusCreated, 0, 0},
		{[]payment.Event{started(1, 1)}, payment.StatusAuthorizing, 1, 0},
		{[]payment.Event{changed(1, 1, payment.Declined, 0)}, payment.StatusDeclined, 0, 0},
		{[]payment.Event{started(1, 2), changed(1, 2, payment.Checking, 0)}, payment.StatusChecking, 1, 0},
		{[]payment.Event{changed(1, 2, payment.Approved, 1)}, payment.StatusApproved, 1, 1},
		{[]payment.Event{printed(1, 1)}, payment.StatusApproved, 0, 1},
	} {
		appendAll(t, j, step.events...)
		j = reopen(t, j, dir, options())
		newest, ok := j.Newest()
		if !ok || newest.ID != saleID(1) || newest.Status() != step.status {
			t.Errorf("step %d: newest is %v %s, want %s", i, newest.ID, newest.Status(), step.status)
		}
		found, ok, err := j.Sale(saleID(1))
		if err != nil || !ok || !reflect.DeepEqual(found, newest) {
			t.Errorf("step %d: Sale gives %+v %v %v, Newest %+v", i, found, ok, err, newest)
		}
		if n := len(j.Unfinished()); n != step.unfinished {
			t.Errorf("step %d: %d unfinished, want %d", i, n, step.unfinished)
		}
		if j.LastReceipt() != step.receipt {
			t.Errorf("step %d: receipt %d, want %d", i, j.LastReceipt(), step.receipt)
		}
	}
	if p := j.Position(); p != (store.Position{Epoch: 1, Last: 7}) {
		t.Errorf("position %+v", p)
	}
}

func TestRefusedAppendKeepsNothing(t *testing.T) {
	dir := folder(t)
	j := open(t, dir, options())
	appendAll(t, j, created(1), started(1, 1))
	for name, events := range map[string][]payment.Event{
		"two live attempts":        {started(1, 2)},
		"never created":            {started(9, 1)},
		"created again":            {created(1)},
		"created twice at once":    {created(2), created(2)},
		"good one before":          {created(2), started(3, 1)},
		"receipt leaves a gap":     {changed(1, 1, payment.Approved, 2)},
		"no receipt":               {changed(1, 1, payment.Approved, 0)},
		"same receipt twice":       {changed(1, 1, payment.Approved, 1), created(2), started(2, 1), changed(2, 1, payment.Approved, 1)},
		"unknown kind":             {{Kind: "sale_lost", Sale: saleID(1)}},
		"an epoch's event of sale": {{Kind: payment.StoreReplaced, Sale: saleID(1)}},
		"larger than a message":    {{Kind: payment.StoreReplaced, Reason: payment.Reason(strings.Repeat("x", wire.MaxMessage/2))}},
	} {
		if _, err := j.Append(stamp(1), events...); !errors.Is(err, payment.ErrImpossible) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, s := range map[string]payment.Stamp{
		"boot with a quote":  {Boot: `a"b`},
		"boot not in UTF-8":  {Boot: "a\xffb"},
		"boot long":          {Boot: strings.Repeat("b", 65)},
		"before 1970":        {Boot: "b", Time: time.Unix(-5, 0)},
		"after JSON's years": {Boot: "b", Time: time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		if _, err := j.Append(s, created(2)); !errors.Is(err, payment.ErrImpossible) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if last, err := j.Append(stamp(1)); err != nil || last != 2 {
		t.Errorf("no events: %d, %v", last, err)
	}
	j = reopen(t, j, dir, options())
	if p := j.Position(); p.Last != 2 || j.LastReceipt() != 0 {
		t.Errorf("position %+v, receipt %d after refusals", p, j.LastReceipt())
	}
	appendAll(t, j, changed(1, 1, payment.Approved, 1))
}

// What Append was given in another zone, or with a monotonic reading, has the
// same hash on the wire.
func TestRecordsSurviveTheWire(t *testing.T) {
	j := open(t, folder(t), options())
	s := stamp(1)
	s.Time = time.Date(2026, 11, 24, 9, 0, 0, 123_456_789, time.FixedZone("", -5*3600))
	e := created(1)
	e.Cashier = "<李> & \"co\" \u2028"
	if _, err := j.Append(s, e); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Append(payment.Stamp{Mono: -1}, payment.Event{Kind: payment.StoreReplaced, Reason: "a\xffb"}); err != nil {
		t.Fatal(err)
	}
	records, err := j.Read(1, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	text, err := wire.Encode(wire.Upload{Epoch: 1, Records: records})
	if err != nil {
		t.Fatal(err)
	}
	up, err := wire.Decode[wire.Upload](text)
	if err != nil {
		t.Fatal(err)
	}
	prev := wire.Genesis("t-1", 1)
	for i, r := range up.Records {
		if err := r.Follows(prev, uint64(i+1)); err != nil {
			t.Error(err)
		}
		prev = r.Hash
	}
}

func TestReadBounds(t *testing.T) {
	o := options()
	o.SegmentRecords = 7
	j := open(t, folder(t), o)
	for n := range 20 {
		sell(t, j, n)
	}
	last := j.Position().Last
	for _, c := range []struct {
		from              uint64
		records, bytes    int
		wantFirst, atMost uint64
	}{
		{0, 0, 0, 1, last},
		{1, 0, 0, 1, last},
		{6, 5, 0, 6, 5},
		{8, 1, 0, 8, 1},
		{3, 0, 1, 3, 1},
		{3, 0, 3000, 3, last},
		{last, 9, 9, last, 1},
	} {
		records, err := j.Read(c.from, c.records, c.bytes)
		if err != nil || len(records) == 0 || records[0].Seq != c.wantFirst || uint64(len(records)) > c.atMost {
			t.Errorf("Read(%d, %d, %d): %d records, %v", c.from, c.records, c.bytes, len(records), err)
		}
		if c.records == 0 && c.bytes == 0 && records[len(records)-1].Seq != last {
			t.Errorf("Read(%d) without bounds ends at %d", c.from, records[len(records)-1].Seq)
		}
		text, err := json.Marshal(records)
		if err != nil || (c.bytes > 1000 && len(text) > c.bytes) {
			t.Errorf("Read(%d, %d, %d): %d bytes of JSON, %v", c.from, c.records, c.bytes, len(text), err)
		}
	}
	for _, from := range []uint64{last + 1, last + 100} {
		if records, err := j.Read(from, 0, 0); err != nil || len(records) != 0 {
			t.Errorf("Read(%d) beyond the end: %d records, %v", from, len(records), err)
		}
	}
}

// A sale is found whole wherever its events lie, and an old one can be changed.
func TestSaleAcrossSegments(t *testing.T) {
	dir := folder(t)
	o := options()
	o.SegmentRecords = 3
	j := open(t, dir, o)
	appendAll(t, j, created(1), started(1, 1))
	appendAll(t, j, created(2), started(2, 1), changed(2, 1, payment.Expired, 0))
	for n := 3; n < 12; n++ {
		sell(t, j, n)
	}
	late := payment.Event{Kind: payment.LateRefunded, Sale: saleID(2), Attempt: 1, Amount: 1234}
	appendAll(t, j, late)
	if _, err := j.Append(stamp(0), late); !errors.Is(err, payment.ErrImpossible) {
		t.Errorf("refunded twice: %v", err)
	}
	j = reopen(t, j, dir, o)
	appendAll(t, j, printed(3, 1)) // a reprint, from an index long sealed
	appendAll(t, j, changed(1, 1, payment.Approved, j.LastReceipt()+1))
	j = reopen(t, j, dir, o)
	for n, want := range map[int]payment.Status{1: payment.StatusApproved, 2: payment.StatusExpired, 3: payment.StatusApproved} {
		s, ok, err := j.Sale(saleID(n))
		if err != nil || !ok || s.Status() != want {
			t.Errorf("sale %d: %s %v %v, want %s", n, s.Status(), ok, err, want)
		}
	}
	if s, _, _ := j.Sale(saleID(2)); !s.Attempts[0].Late {
		t.Error("the late refund is lost")
	}
	if s, _, _ := j.Sale(saleID(3)); s.Printed != 2 {
		t.Errorf("printed %d times, want 2", s.Printed)
	}
	if _, ok, err := j.Sale(saleID(99)); ok || err != nil {
		t.Errorf("a sale that never was: %v %v", ok, err)
	}
	recent, err := j.Recent(100)
	if err != nil || len(recent) != 11 {
		t.Fatalf("recent: %d sales, %v", len(recent), err)
	}
	for i, s := range recent {
		if want := saleID(11 - i); s.ID != want {
			t.Errorf("recent %d is %s, want %s", i, s.ID, want)
		}
	}
	if two, err := j.Recent(2); err != nil || len(two) != 2 || two[0].ID != saleID(11) {
		t.Errorf("two recent: %v, %v", two, err)
	}
}

func TestAcknowledgementRidesInTheNextCommit(t *testing.T) {
	dir := folder(t)
	j := open(t, dir, options())
	sell(t, j, 1)
	if err := j.Acknowledge(3); err != nil {
		t.Fatal(err)
	}
	if err := j.Acknowledge(1); err != nil || j.Position().Acked != 3 {
		t.Errorf("an older acknowledgement: %v, acked %d", err, j.Position().Acked)
	}
	if err := j.Acknowledge(5); !errors.Is(err, store.ErrAhead) {
		t.Errorf("beyond the journal: %v", err)
	}
	acked := func() uint64 { // as a power cut now would leave it
		t.Helper()
		return open(t, copyOf(t, dir), options()).Position().Acked
	}
	if got := acked(); got != 0 {
		t.Errorf("acked %d on disk before any commit", got)
	}
	appendAll(t, j, created(2))
	if got := acked(); got != 3 {
		t.Errorf("acked %d on disk after a commit, want 3", got)
	}
	if err := j.Acknowledge(4); err != nil {
		t.Fatal(err)
	}
	before := j.BytesWritten()
	for range 2 {
		if err := j.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if got := acked(); got != 4 {
		t.Errorf("acked %d on disk after Flush, want 4", got)
	}
	if got := j.BytesWritten() - before; got == 0 || got > 32<<10 {
		t.Errorf("two flushes of one change wrote %d bytes", got)
	}
}

// copyOf is the folder as a power cut would leave it now.
func copyOf(t testing.TB, dir string) string {
	t.Helper()
	to := filepath.Join(folder(t), "copy")
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

func TestPrune(t *testing.T) {
	dir := folder(t)
	o := options()
	o.SegmentRecords = 4
	j := open(t, dir, o)
	for n := range 10 { // a segment each
		sell(t, j, n)
	}
	prune := func(before time.Time, want int) {
		t.Helper()
		if got, err := j.Prune(before); err != nil || got != want {
			t.Errorf("pruned %d files, %v, want %d", got, err, want)
		}
	}
	after := stamp(1000).Time
	prune(after, 0) // nothing is acknowledged
	if err := j.Acknowledge(7); err != nil {
		t.Fatal(err)
	}
	prune(stamp(0).Time, 0) // not older
	prune(after, 1)         // record 8 is not acknowledged
	if _, err := j.Read(4, 1, 0); !errors.Is(err, store.ErrPruned) {
		t.Errorf("read of a pruned record: %v", err)
	}
	if err := j.Acknowledge(40); err != nil {
		t.Fatal(err)
	}
	prune(stamp(5).Time, 4) // sales 1 to 4
	j = reopen(t, j, dir, o)
	prune(after, 4) // never the newest
	if s, ok := j.Newest(); !ok || s.ID != saleID(9) {
		t.Errorf("newest is %v", s.ID)
	}
	if p := j.Position(); p.Last != 40 || p.Acked != 40 || j.LastReceipt() != 10 {
		t.Errorf("position %+v, receipt %d", p, j.LastReceipt())
	}
	sell(t, j, 10)
	prune(after, 1)
	if s, ok := j.Newest(); !ok || s.ID != saleID(10) {
		t.Errorf("newest is %v", s.ID)
	}
}

// A sale that is open for weeks outlives the segment it began in.
func TestPruneKeepsOpenSales(t *testing.T) {
	dir := folder(t)
	o := options()
	o.SegmentRecords = 4
	j := open(t, dir, o)
	appendAll(t, j, created(100), started(100, 1))
	for n := range 8 {
		sell(t, j, n)
	}
	if err := j.Acknowledge(j.Position().Last); err != nil {
		t.Fatal(err)
	}
	if n, err := j.Prune(stamp(1000).Time); err != nil || n == 0 {
		t.Fatalf("pruned %d, %v", n, err)
	}
	j = reopen(t, j, dir, o)
	open := j.Unfinished()
	if len(open) != 1 || open[0].ID != saleID(100) || open[0].Total.Amount != 1234 {
		t.Fatalf("unfinished %+v", open)
	}
	open[0].Attempts[0].Status = payment.Reversed // the caller's copy
	appendAll(t, j, changed(100, 1, payment.Approved, 9), printed(100, 9))
}

// Records from a boot without a clock are as old as the next that has a date.
func TestPruneWaitsForADate(t *testing.T) {
	o := options()
	o.SegmentRecords = 2
	j := open(t, folder(t), o)
	undated := payment.Stamp{Boot: "b"}
	for n := range 3 {
		if _, err := j.Append(undated, created(2*n), created(2*n+1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Acknowledge(6); err != nil {
		t.Fatal(err)
	}
	if n, err := j.Prune(day.Add(time.Hour)); err != nil || n != 0 {
		t.Errorf("pruned %d undated files, %v", n, err)
	}
	appendAll(t, j, created(6))
	if n, err := j.Prune(day); err != nil || n != 0 {
		t.Errorf("pruned %d files that may be younger, %v", n, err)
	}
	if n, err := j.Prune(day.Add(time.Hour)); err != nil || n != 3 {
		t.Errorf("pruned %d files, %v, want 3", n, err)
	}
}

func TestFullLetsOpenSalesFinish(t *testing.T) {
	for _, openSales := range []int{20, 10_000} { // 10,000: all of them stay open
		dir := folder(t)
		o := options()
		o.MaxBytes, o.SegmentBytes = 1<<20, 128<<10
		j := open(t, dir, o)
		n, err := fillUp(t, j, openSales)
		if !errors.Is(err, store.ErrFull) {
			t.Fatalf("after %d sales: %v", n, err)
		}
		if n < 150 {
			t.Errorf("full after %d sales", n)
		}
		if _, err := j.Append(stamp(n), payment.Event{Kind: payment.StoreReplaced}); !errors.Is(err, store.ErrFull) {
			t.Errorf("a new epoch in a full journal: %v", err)
		}
		err = nil
		finished := 0
		for ; finished < min(n, openSales) && err == nil; finished++ {
			_, err = j.Append(stamp(n), changed(finished, 1, payment.Declined, 0))
		}
		if (err != nil && !errors.Is(err, store.ErrFull)) || finished < min(n, openSales, 100) {
			t.Errorf("the reserve served %d sales: %v", finished, err)
		}
		// A sale that exists may go on and on, but not beyond the bound.
		for attempt := 2; attempt <= payment.MaxAttempt && err == nil && finished > 0; attempt++ {
			for sale := 0; sale < 20 && err == nil; sale++ {
				_, err = j.Append(stamp(n), started(sale, attempt), changed(sale, attempt, payment.Declined, 0))
			}
		}
		if !errors.Is(err, store.ErrFull) {
			t.Errorf("nothing was full in the end: %v", err)
		}
		if size := sizeOf(t, dir); size > o.MaxBytes {
			t.Errorf("the folder takes %d bytes, its bound is %d", size, o.MaxBytes)
		}
		j = reopen(t, j, dir, o) // a full journal opens, or it could never be sent
		if err := j.Acknowledge(j.Position().Last); err != nil {
			t.Fatal(err)
		}
		if _, err := j.Prune(stamp(100_000).Time); err != nil {
			t.Fatal(err)
		}
		if openSales < n {
			appendAll(t, j, created(n))
		}
	}
}

// fillUp begins sales until one is refused, and leaves the first ones open.
func fillUp(t testing.TB, j *store.Journal, open int) (n int, err error) {
	t.Helper()
	for ; n < 10_000; n++ {
		if _, err := j.Append(stamp(n), created(n), started(n, 1)); err != nil {
			return n, err
		}
		if n < open {
			continue
		}
		if _, err := j.Append(stamp(n), changed(n, 1, payment.Declined, 0)); err != nil {
			t.Fatal(err)
		}
	}
	return n, nil
}

func sizeOf(t testing.TB, dir string) (size int64) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		size += info.Size()
	}
	return size
}

func TestClosed(t *testing.T) {
	j := open(t, folder(t), options())
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	_, appendErr := j.Append(stamp(0), created(1))
	_, readErr := j.Read(1, 1, 1)
	_, _, saleErr := j.Sale(saleID(1))
	_, recentErr := j.Recent(1)
	_, pruneErr := j.Prune(day)
	for i, err := range []error{appendErr, readErr, saleErr, recentErr, pruneErr, j.Flush(), j.Check()} {
		if !errors.Is(err, store.ErrClosed) {
			t.Errorf("call %d on a closed journal: %v", i, err)
		}
	}
	if err := j.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
}

// Readers look at all of the journal while it grows, rolls and is pruned.
func TestReadersWhileAppending(t *testing.T) {
	o := options()
	o.SegmentRecords = 16
	j := open(t, folder(t), o)
	sell(t, j, 0)
	done := make(chan struct{})
	var readers sync.WaitGroup
	reader := func(look func() error) {
		readers.Go(func() {
			for {
				if err := look(); err != nil {
					t.Error(err)
					return
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	reader(func() error {
		p := j.Position()
		records, err := j.Read(p.Acked+1, 40, 0)
		if err != nil || len(records) == 0 {
			return err
		}
		if records[0].Seq != p.Acked+1 {
			return fmt.Errorf("read %d, asked for %d", records[0].Seq, p.Acked+1)
		}
		return j.Acknowledge(records[len(records)-1].Seq)
	})
	reader(func() error {
		s, ok := j.Newest()
		if !ok {
			return errors.New("no newest sale")
		}
		last := j.Position().Last // nothing of the sale is known to come after
		switch _, ok, err := j.Sale(s.ID); {
		case err != nil:
			return fmt.Errorf("sale %s: %w", s.ID, err)
		case !ok && j.Oldest() <= last: // else it was pruned while this reader slept
			return fmt.Errorf("sale %s is not found", s.ID)
		}
		_, err := j.Recent(30)
		return err
	})
	for n := 1; n < 200; n++ {
		sell(t, j, n)
		if n%20 == 0 {
			if _, err := j.Prune(stamp(n - 10).Time); err != nil {
				t.Error(err)
			}
		}
	}
	close(done)
	readers.Wait()
}

func TestSetAside(t *testing.T) {
	dir := filepath.Join(folder(t), "journal")
	o := options()
	j := open(t, dir, o)
	sell(t, j, 1)
	for want := uint32(2); want < 4; want++ {
		closeChecked(t, j)
		aside, epoch, err := store.SetAside(dir)
		if err != nil || epoch != want {
			t.Fatalf("set aside: epoch %d, %v, want %d", epoch, err, want)
		}
		old := open(t, aside, store.Options{Timeout: time.Nanosecond}) // whose it is does not matter to a tool
		if old.Terminal() != "t-1" || old.Position().Epoch != want-1 {
			t.Errorf("aside: %s, %+v", old.Terminal(), old.Position())
		}
		o.Epoch = epoch
		j = open(t, dir, o)
		appendAll(t, j, payment.Event{Kind: payment.StoreReplaced, Reason: "damaged"})
		sell(t, j, 1)
		if p := j.Position(); p.Epoch != want || j.LastReceipt() != 1 {
			t.Errorf("new epoch: %+v, receipt %d", p, j.LastReceipt())
		}
		o.Epoch = 0
		j = reopen(t, j, dir, o) // the folder keeps its epoch
		if p := j.Position(); p.Epoch != want {
			t.Errorf("reopened: %+v", p)
		}
	}
}

// Sales that are held are written anew whenever the counter changes: the bound
// holds with as many of them as there can be, and what is held can be paid.
func TestFullWithHeldSales(t *testing.T) {
	dir := folder(t)
	o := options()
	o.MaxBytes, o.SegmentBytes = 1<<20, 128<<10
	j := open(t, dir, o)
	for n := range uint64(payment.MaxHeld) {
		appendAll(t, j, held(n+1, payment.MaxItems))
	}
	if _, err := j.Append(stamp(0), held(payment.MaxHeld+1, 1)); !errors.Is(err, payment.ErrImpossible) {
		t.Fatalf("one more than there can be: %v", err)
	}
	var err error
	again := 0
	for ; err == nil; again++ {
		if again > 10_000 {
			t.Fatal("holding again and again never fills the journal")
		}
		if _, err = j.Append(stamp(again), held(1, payment.MaxItems)); sizeOf(t, dir) > o.MaxBytes {
			t.Fatalf("%d bytes after %d times, the bound is %d", sizeOf(t, dir), again, o.MaxBytes)
		}
	}
	if !errors.Is(err, store.ErrFull) || again < 20 {
		t.Fatalf("after %d times: %v", again, err)
	}
	// What was begun is finished out of the reserve, and lets go of what it was made of.
	if err := j.Acknowledge(j.Position().Last); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Prune(day.AddDate(1, 0, 0)); err != nil {
		t.Fatal(err)
	}
	sold := created(1)
	sold.Hold = 1
	appendAll(t, j, sold)
	if got := len(j.Counter().Held); got != payment.MaxHeld {
		t.Errorf("one is about to be paid: %d are held", got)
	}
	appendAll(t, j, payment.Event{Kind: payment.CashTaken, Sale: saleID(1), Tender: 1, Amount: 1234, Tendered: 1234, Receipt: 1},
		payment.Event{Kind: payment.CartDropped, Hold: 2, Cashier: "li"})
	if got := len(j.Counter().Held); got != payment.MaxHeld-2 {
		t.Errorf("%d are held", got)
	}
	if _, err := j.Append(stamp(0), payment.Event{Kind: payment.SaleCreated, Sale: saleID(2), Amount: 1, Currency: "USD", Hold: 1}); !errors.Is(err, payment.ErrImpossible) {
		t.Errorf("a held sale is sold twice: %v", err)
	}
	reopen(t, j, dir, o)
}
