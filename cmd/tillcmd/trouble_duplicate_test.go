package tillcmd_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"till/checkout"
	"till/cloud"
	"till/cloud/memledger"
	"till/payment"
	"till/store"
	link "till/sync"
	"till/sync/wire"
)

// card is a terminal on one card: the real counter, session and journal, without
// sockets, before the real gateway.
type card struct {
	t        *testing.T
	name     string
	dir      string
	gateway  *cloud.Gateway
	now      time.Time
	boots    int
	sales    int
	journal  *store.Journal
	session  link.Session
	register *checkout.Register
}

func newGateway(t *testing.T) (*cloud.Gateway, *memledger.Ledger) {
	t.Helper()
	key, err := wire.NewOpeningKey()
	if err != nil {
		t.Fatal(err)
	}
	ledger := memledger.New()
	gateway, err := cloud.NewGateway(ledger, key, cloud.WalletWaits(1))
	if err != nil {
		t.Fatal(err)
	}
	return gateway, ledger
}

func newCard(t *testing.T, name, dir string, gateway *cloud.Gateway) *card {
	t.Helper()
	c := &card{t: t, name: name, dir: dir, gateway: gateway, now: opened}
	t.Cleanup(c.off)
	return c
}

func (c *card) off() {
	c.t.Helper()
	if c.journal == nil {
		return
	}
	if err := c.journal.Close(); err != nil {
		c.t.Error(err)
	}
	c.journal = nil
}

// boot starts the firmware, with the line down.
func (c *card) boot() {
	c.t.Helper()
	c.off()
	c.boots++
	j, err := store.Open(c.dir, store.Options{Terminal: "shop-1", Timeout: time.Nanosecond})
	if err != nil {
		c.t.Fatal(err)
	}
	c.journal = j
	p := j.Position()
	c.session = link.NewSession(c.name+strconv.Itoa(c.boots), "test", p.Epoch, p.Last, p.Acked)
	newest, _ := j.Newest()
	fake := checkout.NewFake()
	c.register = &checkout.Register{
		State:   checkout.New(checkout.Settings{Currency: "USD", AutoShift: true}, j.LastReceipt(), newest.ID, j.Unfinished()),
		Journal: j, Gateway: fake, Printer: fake, Body: fake,
	}
	c.register.State.Counter = j.Counter()
	c.handle(checkout.Booted{})
}

// copyTo is the same card in another terminal.
func (c *card) copyTo(name string) *card {
	c.t.Helper()
	c.off()
	dir := filepath.Join(c.t.TempDir(), name)
	if err := os.CopyFS(dir, os.DirFS(c.dir)); err != nil {
		c.t.Fatal(err)
	}
	return newCard(c.t, name, dir, c.gateway)
}

func (c *card) handle(events ...checkout.Event) {
	c.t.Helper()
	for _, e := range events {
		c.now = c.now.Add(time.Second)
		c.sales++
		id := fmt.Sprintf("01JD%s%020d", map[string]string{"first": "A", "second": "B"}[c.name], c.boots*1000+c.sales)
		now := checkout.Now{
			At: c.now, Stamp: payment.Stamp{Boot: c.session.Boot, Mono: time.Duration(c.sales) * time.Second, Time: c.now},
			Fresh: payment.SaleID(id + "0")[:26],
		}
		if err := c.register.Handle(e, now); err != nil {
			c.t.Fatalf("%s, %T: %v", c.name, e, err)
		}
	}
}

// sell makes n cash sales, and lets the link know.
func (c *card) sell(n int) {
	c.t.Helper()
	for range n {
		c.handle(checkout.Keyed{Key: "5"}, checkout.Pressed{Button: "cash"}, checkout.Pressed{Button: "exact"}, checkout.Pressed{Button: "done"})
	}
	c.step(link.Appended{Last: c.journal.Position().Last})
}

// step takes an event of the link, and all that comes of it at both ends.
func (c *card) step(e link.Event) {
	c.t.Helper()
	todo := []link.Event{e}
	for len(todo) > 0 {
		c.now = c.now.Add(time.Millisecond)
		next, effects := link.Step(c.session, todo[0], link.Now{At: c.now, Mono: c.now.Sub(opened)})
		c.session, todo = next, todo[1:]
		for _, effect := range effects {
			switch x := effect.(type) {
			case link.Publish:
				todo = append(todo, c.send(x.Channel, x.Payload)...)
			case link.Upload:
				records, err := c.journal.Read(x.From, link.MaxBatch, link.MaxBatchBytes)
				if err != nil || len(records) == 0 {
					c.t.Fatalf("%s, record %d: %v", c.name, x.From, err)
				}
				payload, err := wire.Encode(wire.Upload{Epoch: c.journal.Position().Epoch, Records: records})
				if err != nil {
					c.t.Fatal(err)
				}
				todo = append(todo, link.Uploaded{Last: records[len(records)-1].Seq})
				todo = append(todo, c.send(wire.Journal, payload)...)
			case link.Acknowledged:
				if err := c.journal.Acknowledge(x.Seq); err != nil {
					c.t.Fatal(err)
				}
			case link.Refused:
				c.handle(checkout.Refused{Why: x.Why})
			}
		}
	}
}

// send has the gateway handle a message, and gives what it answers.
func (c *card) send(channel wire.Channel, payload []byte) (answers []link.Event) {
	c.t.Helper()
	effects, err := c.gateway.Handle([]cloud.Event{cloud.Message{Terminal: "shop-1", Channel: channel, Payload: payload}}, c.now)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, e := range effects {
		if s, ok := e.(cloud.Send); ok {
			answers = append(answers, link.Arrived{Channel: s.Channel, Payload: s.Payload})
		}
	}
	return answers
}

// online boots, and connects.
func (c *card) online() {
	c.t.Helper()
	c.boot()
	c.step(link.Connected{})
}

func (c *card) refused() bool { return c.register.State.Screen == checkout.Fault }

// A card was copied, and both terminals sell. Whichever comes second to the
// ledger is refused, shows it, sells no more, and is refused again after every
// reboot. The other goes on, nothing of the fork counts as acknowledged, and the
// ledger has one journal without a gap.
func TestDuplicatedCard(t *testing.T) {
	for name, c := range map[string]struct{ first, second int }{
		"the copy is behind":            {5, 2},
		"the copy is as far":            {4, 4},
		"the copy is ahead":             {2, 7},
		"the copy is far ahead":         {1, 200},
		"the copy has sold nothing new": {3, 0},
	} {
		t.Run(name, func(t *testing.T) {
			gateway, ledger := newGateway(t)
			first := newCard(t, "first", filepath.Join(t.TempDir(), "first"), gateway)
			first.online()
			first.sell(4)
			forked := first.journal.Position().Last
			if acked := first.journal.Position().Acked; acked != forked {
				t.Fatalf("%d of %d records are acknowledged", acked, forked)
			}
			second := first.copyTo("second")
			first.online()
			first.sell(c.first)

			second.boot()
			second.sell(c.second) // off line
			for range 3 {
				second.step(link.Connected{})
				if !second.refused() {
					t.Fatalf("it is taken for the other: screen %s", second.register.State.Screen)
				}
				if text := second.register.State.FaultText; text.Key != "fault_refused" {
					t.Errorf("it says %+v", text)
				}
				second.handle(checkout.Keyed{Key: "5"}, checkout.Scanned{Data: []byte("134567890123456789")})
				if second.register.State.Pressable("cash") {
					t.Error("it sells on")
				}
				if acked := second.journal.Position().Acked; acked > forked {
					t.Errorf("%d records are acknowledged, the two have %d in common", acked, forked)
				}
				second.boot()
			}

			first.sell(3)
			if first.refused() || first.journal.Position().Acked != first.journal.Position().Last {
				t.Errorf("the first is on screen %s, %+v", first.register.State.Screen, first.journal.Position())
			}
			kept, err := ledger.Records("shop-1", 1)
			if err != nil {
				t.Fatal(err)
			}
			want, err := first.journal.Read(1, 0, 0)
			if err != nil || len(kept) != len(want) || kept[len(kept)-1].Hash != want[len(want)-1].Hash {
				t.Errorf("the ledger has %d records, the first terminal %d, %v", len(kept), len(want), err)
			}
		})
	}
}

// The ledger takes a new epoch beside the old one, by (terminal, epoch).
func TestNewEpochAfterDamageReachesTheLedger(t *testing.T) {
	gateway, ledger := newGateway(t)
	c := newCard(t, "first", filepath.Join(t.TempDir(), "journal"), gateway)
	c.online()
	c.sell(4)
	before := c.journal.Position().Last
	c.off()
	_, epoch, err := store.SetAside(c.dir)
	if err != nil {
		t.Fatal(err)
	}
	j, err := store.Open(c.dir, store.Options{Terminal: "shop-1", Epoch: epoch})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.Append(payment.Stamp{Boot: "b"}, payment.Event{Kind: payment.StoreReplaced, Reason: payment.JournalDamaged}); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	c.online()
	c.sell(2)
	p := c.journal.Position()
	if c.refused() || p.Epoch != 2 || p.Acked != p.Last || p.Last == 0 {
		t.Errorf("screen %s, %+v", c.register.State.Screen, p)
	}
	err = ledger.View(func(tx cloud.Tx) error {
		count, err := tx.Journals()
		if err != nil {
			return err
		}
		if count.Gaps != 0 || count.Records != int(before+p.Last) {
			t.Errorf("the ledger counts %+v, want %d records", count, before+p.Last)
		}
		sales, err := tx.Sales()
		if err != nil {
			return err
		}
		epochs := map[uint32]int{}
		for _, s := range sales {
			epochs[s.Epoch]++
			if s.Terminal != "shop-1" || s.Fault != "" || s.Sale.Status() != payment.StatusApproved {
				t.Errorf("the ledger has %+v", s)
			}
		}
		if epochs[1] != 4 || epochs[2] != 2 {
			t.Errorf("sales by epoch: %v", epochs)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
