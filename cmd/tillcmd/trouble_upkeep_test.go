package tillcmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"till/checkout"
	"till/payment"
	"till/store"
)

// shelf is a terminal as far as the upkeep of its journal needs one, in virtual
// time, with its folder in memory where the machine has that.
type shelf struct {
	*upkeep
	t     testing.TB
	dir   string
	now   time.Time
	space space
	err   error // of asking for the space
	n     int
}

func newShelf(t testing.TB, o store.Options, keep Retention) *shelf {
	t.Helper()
	dir := t.TempDir()
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		if dir, err = os.MkdirTemp("/dev/shm", "till-upkeep-"); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := os.RemoveAll(dir); err != nil {
				t.Error(err)
			}
		})
	}
	o.Terminal = "shop-1"
	j, err := store.Open(filepath.Join(dir, "journal"), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(j.Check(), j.Close()); err != nil {
			t.Error(err)
		}
	})
	s := &shelf{t: t, dir: dir, now: time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC), space: space{free: 1 << 40}}
	s.upkeep = &upkeep{
		terminal: &terminal{
			config: Config{Data: dir, Journal: keep}, journal: j, inbox: make(chan input, 10), started: time.Now(),
			log: slog.New(slog.DiscardHandler),
		},
		space: func(string) (space, error) { return s.space, s.err },
	}
	return s
}

// told is what the counter was told by one look.
func (s *shelf) told() (halts []string) {
	s.t.Helper()
	s.look(context.Background(), s.now)
	for {
		select {
		case in := <-s.terminal.inbox:
			e, ok := in.event.(checkout.HaltChanged)
			if !ok {
				s.t.Fatalf("told %T", in.event)
			}
			halts = append(halts, cmp.Or(string(e.Why.Key), "go on"))
		default:
			return halts
		}
	}
}

// setClock lets the terminal know the time in the cloud.
func (s *shelf) setClock() {
	offset := s.now.Sub(s.terminal.steady())
	s.terminal.offset.Store(&offset)
}

func (s *shelf) event(n int) []payment.Event {
	id := payment.SaleID(fmt.Sprintf("01JDEER%019d", n))
	receipt := uint64(n) + 1
	return []payment.Event{
		{Kind: payment.SaleCreated, Sale: id, Amount: 1234, Currency: "USD", Cashier: "Mei"},
		{Kind: payment.AttemptStarted, Sale: id, Tender: 1, Attempt: 1, Amount: 1234, Mode: payment.Scan, Wallet: payment.WeChat, NotAfter: s.now},
		{Kind: payment.AttemptChanged, Sale: id, Attempt: 1, Status: payment.Approved, Wallet: payment.WeChat,
			Transaction: "4200002418202611249876543210", Payer: "o***8", Receipt: receipt},
		{Kind: payment.ReceiptPrinted, Sale: id, Receipt: receipt},
	}
}

// sell journals so many sales in one commit.
func (s *shelf) sell(n int) error {
	var events []payment.Event
	for i := range n {
		events = append(events, s.event(s.n+i)...)
	}
	_, err := s.terminal.journal.Append(payment.Stamp{Boot: "b1", Time: s.now}, events...)
	if err == nil {
		s.n += n
	}
	return err
}

func (s *shelf) acknowledge() {
	s.t.Helper()
	j := s.terminal.journal
	if err := j.Acknowledge(j.Position().Last); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shelf) size() (size int64) {
	s.t.Helper()
	entries, err := os.ReadDir(filepath.Join(s.dir, "journal"))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			s.t.Fatal(err)
		}
		size += info.Size()
	}
	return size
}

// New sales stop before a commit could fail, and go on by themselves.
func TestFullDiskHaltsNewSales(t *testing.T) {
	s := newShelf(t, store.Options{}, Retention{KeepDays: 30, MaxBytes: 256 << 20})
	for _, x := range []struct {
		space space
		err   error
		want  string // told; none if nothing changed
	}{
		{space: space{free: 1 << 30}},
		{space: space{free: leastFree}},
		{space: space{free: leastFree - 1}, want: "halt_disk"},
		{space: space{free: 0}},
		{space: space{free: enoughFree - 1}},
		{space: space{free: enoughFree}, want: "go on"},
		{space: space{free: leastFree}},
		{space: space{free: 1 << 30, readOnly: true}, want: "halt_readonly"},
		{space: space{free: 0}, want: "halt_disk"},
		{err: errors.New("no such file system"), want: "go on"},
	} {
		s.space, s.err = x.space, x.err
		if got := strings.Join(s.told(), ", "); got != x.want {
			t.Errorf("%+v: told %q, want %q", x.space, got, x.want)
		}
	}
	if got, err := spaceOf(s.dir); err != nil || got.free <= 0 || got.readOnly {
		t.Errorf("of this machine: %+v, %v", got, err)
	}
	if _, err := spaceOf("/nowhere/at/all"); err == nil {
		t.Error("of no folder")
	}
}

// A journal full of records that the ledger does not have halts new sales too,
// and is emptied as soon as it has them.
func TestFullJournalHaltsNewSales(t *testing.T) {
	const limit = 8 << 20
	s := newShelf(t, store.Options{MaxBytes: limit}, Retention{KeepDays: 30, MaxBytes: limit})
	for s.terminal.journal.Room() {
		if got := s.told(); len(got) > 0 {
			t.Fatalf("halted by %v with room", got)
		}
		if err := s.sell(20); err != nil {
			if errors.Is(noRoom(err), checkout.ErrNoRoom) {
				break // twenty at once need more room than one
			}
			t.Fatal(err)
		}
	}
	for s.terminal.journal.Room() {
		if err := s.sell(1); err != nil {
			t.Fatalf("there is room, and yet: %v", err)
		}
	}
	if got := s.told(); len(got) != 1 || got[0] != "halt_full" {
		t.Errorf("told %v", got)
	}
	s.acknowledge()
	if got := s.told(); len(got) != 1 || got[0] != "go on" {
		t.Errorf("after an acknowledgement: told %v", got)
	}
	if err := s.sell(1); err != nil {
		t.Error(err)
	}
}

// Without the time nothing is old; with it, what is older than it was to be kept goes.
func TestOldRecordsGo(t *testing.T) {
	s := newShelf(t, store.Options{SegmentRecords: 100}, Retention{KeepDays: 30, MaxBytes: 256 << 20})
	for range 60 {
		if err := s.sell(20); err != nil {
			t.Fatal(err)
		}
		s.now = s.now.AddDate(0, 0, 1)
	}
	s.acknowledge()
	s.told()
	if oldest := s.terminal.journal.Oldest(); oldest != 1 {
		t.Errorf("records before %d went, and nobody knows what time it is", oldest)
	}
	s.setClock()
	s.told() // pruned a moment ago
	if oldest := s.terminal.journal.Oldest(); oldest != 1 {
		t.Errorf("pruned twice in a moment, up to %d", oldest)
	}
	s.now = s.now.Add(pruneEvery)
	s.told()
	if oldest := s.terminal.journal.Oldest(); oldest < 28*80 || oldest > 30*80+1 {
		t.Errorf("the oldest record is %d, want those of 30 days of 80 a day out of 4800", oldest)
	}
}

// A year of 1,000 sales a day: the folder keeps to its bound, and a commit costs
// the last day what it cost the first.
func TestYearOfSales(t *testing.T) {
	days, year := 30, Retention{KeepDays: 25, MaxBytes: 16 << 20}
	if os.Getenv("TILL_SOAK") == "1" {
		days, year = 365, Retention{KeepDays: 30, MaxBytes: 256 << 20}
	}
	const perDay, batch, measured = 1000, 100, 40
	s := newShelf(t, store.Options{MaxBytes: year.MaxBytes}, year)
	var costs []uint64 // bytes a commit, by day
	most := int64(0)
	for range days {
		s.setClock()
		begin := s.terminal.journal.BytesWritten()
		for range measured {
			if err := s.sell(1); err != nil {
				t.Fatal(err)
			}
		}
		costs = append(costs, (s.terminal.journal.BytesWritten()-begin)/measured)
		for n := measured; n < perDay; n += batch {
			if err := s.sell(min(batch, perDay-n)); err != nil {
				t.Fatal(err)
			}
			s.acknowledge()
			s.now = s.now.Add(time.Hour)
			if told := s.told(); len(told) > 0 {
				t.Fatalf("halted by %v", told)
			}
			most = max(most, s.size())
		}
		s.now = s.now.AddDate(0, 0, 1).Truncate(24 * time.Hour)
	}
	if most > year.MaxBytes {
		t.Errorf("the folder took %d bytes, its bound is %d", most, year.MaxBytes)
	}
	first, last := costs[1], costs[len(costs)-1]
	for _, c := range costs {
		if c > 2*first {
			t.Errorf("a commit wrote %d bytes on the second day, later %d", first, c)
			break
		}
	}
	oldest, position := s.terminal.journal.Oldest(), s.terminal.journal.Position()
	if oldest == 1 {
		t.Error("nothing was pruned")
	}
	t.Logf("%d days, %d sales, %d records, the oldest kept %d; at most %.1f of %d MiB; %d bytes a commit on the second day, %d on the last",
		days, s.n, position.Last, oldest, float64(most)/(1<<20), year.MaxBytes>>20, first, last)
}
