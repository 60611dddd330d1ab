package cloud_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"till/cloud"
	"till/cloud/memledger"
	"till/sync/wire"
)

// fullTerminal and fullCommand have every field set, so that one forgotten shows.
func fullTerminal(id string) cloud.TerminalEntry {
	parts := map[string]json.RawMessage{"a": json.RawMessage(`{"b":1}`)}
	return cloud.TerminalEntry{
		ID: id, Boot: "b", Version: "v1", LastCommand: 9, OpenCommand: 8, Desired: wire.Desired{Revision: 3, Parts: parts},
		Reported: wire.Reported{Boot: "b", Change: 2, Revision: 3, Parts: parts},
	}
}

func fullCommand(terminal string, id uint64) cloud.CommandEntry {
	return cloud.CommandEntry{
		Terminal: terminal, Command: wire.Command{ID: id, Op: wire.TellStatus, NotAfter: start, Args: json.RawMessage(`{"c":2}`)},
		Sent: start, Ended: start.Add(time.Second),
		Result: wire.Result{ID: id, Status: wire.ResultFailed, Why: "so", Output: json.RawMessage(`{"d":3}`)},
	}
}

func TestLedgerFleet(t *testing.T) {
	ledgers(t, func(t *testing.T, l cloud.Ledger) {
		if !allSet(reflect.ValueOf(fullTerminal("a"))) || !allSet(reflect.ValueOf(fullCommand("a", 1))) {
			t.Fatal("a field is not tried here")
		}
		update(t, l, func(tx cloud.Tx) error {
			var failed error
			for _, id := range []string{"ab", "a", "a-b"} {
				failed = errors.Join(failed, tx.PutTerminal(fullTerminal(id)))
				for n := range uint64(300) {
					failed = errors.Join(failed, tx.PutCommand(fullCommand(id, n+1)))
				}
			}
			return failed
		})
		view(t, l, func(tx cloud.Tx) error {
			one, known, err := tx.Terminal("a")
			if !known || !reflect.DeepEqual(one, fullTerminal("a")) {
				t.Errorf("terminal is %+v, %v", one, known)
			}
			_, known, err2 := tx.Terminal("b")
			if known {
				t.Error("a terminal nobody put is known")
			}
			all, err3 := tx.Terminals()
			if want := []cloud.TerminalEntry{fullTerminal("a"), fullTerminal("a-b"), fullTerminal("ab")}; !reflect.DeepEqual(all, want) {
				t.Errorf("terminals are %+v", all)
			}
			for _, id := range []string{"a", "a-b", "ab"} { // the last one's are the last keys there are
				newest, err := tx.Commands(id, 2)
				if want := []cloud.CommandEntry{fullCommand(id, 300), fullCommand(id, 299)}; err != nil || !reflect.DeepEqual(newest, want) {
					t.Errorf("newest of %s are %+v (%v)", id, newest, err)
				}
				if all, err := tx.Commands(id, 1000); err != nil || len(all) != 300 {
					t.Errorf("%s has %d commands (%v)", id, len(all), err)
				}
			}
			none, err4 := tx.Commands("b", 5)
			if len(none) > 0 {
				t.Errorf("commands of nobody: %v", none)
			}
			before, err5 := tx.Commands("A", 5) // before every key
			if len(before) > 0 {
				t.Errorf("commands of nobody: %v", before)
			}
			c, known, err6 := tx.Command("a-b", 7)
			if !known || !reflect.DeepEqual(c, fullCommand("a-b", 7)) {
				t.Errorf("command is %+v, %v", c, known)
			}
			return errors.Join(err, err2, err3, err4, err5, err6)
		})
	})
}

// What is read from a ledger is nobody else's memory.
func TestLedgerKeepsItsOwnFleet(t *testing.T) {
	ledgers(t, func(t *testing.T, l cloud.Ledger) {
		e, c := fullTerminal("a"), fullCommand("a", 1)
		update(t, l, func(tx cloud.Tx) error { return errors.Join(tx.PutTerminal(e), tx.PutCommand(c)) })
		e.Desired.Parts["a"][2], c.Command.Args[2] = 'x', 'x'
		for range 2 {
			view(t, l, func(tx cloud.Tx) error {
				e, _, err := tx.Terminal("a")
				c, _, err2 := tx.Command("a", 1)
				if string(e.Desired.Parts["a"]) != `{"b":1}` || string(c.Command.Args) != `{"c":2}` || string(c.Result.Output) != `{"d":3}` {
					t.Errorf("became %s, %s, %s", e.Desired.Parts["a"], c.Command.Args, c.Result.Output)
				}
				e.Desired.Parts["a"][2], c.Command.Args[2], c.Result.Output[2] = 'y', 'y', 'y'
				return errors.Join(err, err2)
			})
		}
	})
}

// post is a gateway for which only the fleet matters.
type post struct {
	*testing.T
	ledger  *memledger.Ledger
	gateway *cloud.Gateway
}

func newPost(t *testing.T) *post {
	t.Helper()
	r := newRig(t)
	return &post{t, r.ledger, r.gateway}
}

func (p *post) step(e cloud.Event) []cloud.Send {
	p.Helper()
	effects, err := p.gateway.Handle([]cloud.Event{e}, start)
	if err != nil {
		p.Fatal(err)
	}
	var sent []cloud.Send
	for _, effect := range effects {
		switch effect := effect.(type) {
		case cloud.Send:
			if effect.Channel == wire.Commands || effect.Channel == wire.Wishes {
				sent = append(sent, effect)
			}
		case cloud.Rejected:
			p.Fatal(effect.Err)
		}
	}
	return sent
}

func (p *post) hello(at wire.Position) []cloud.Send {
	p.Helper()
	at.Boot, at.Version, at.Epoch = "b1", "v1", 1
	return p.step(message(p.T, terminal, wire.Requests, wire.Request{Op: wire.Hello, Position: &at}))
}

func (p *post) give() cloud.CommandEntry {
	p.Helper()
	c, err := cloud.GiveCommand(p.ledger, terminal, wire.Command{Op: wire.TellStatus, NotAfter: start.Add(time.Minute)}, start)
	if err != nil {
		p.Fatal(err)
	}
	return c
}

func (p *post) say(r wire.Result) []cloud.Send {
	p.Helper()
	return p.step(message(p.T, terminal, wire.Results, r))
}

// only is the one command among what was sent.
func (p *post) only(sent []cloud.Send) uint64 {
	p.Helper()
	if len(sent) != 1 || sent[0].Terminal != terminal || sent[0].Channel != wire.Commands {
		p.Fatalf("sent %v, want one command", sent)
	}
	c, err := wire.Decode[wire.Command](sent[0].Payload)
	if err != nil {
		p.Fatal(err)
	}
	return c.ID
}

func TestCommandUntilItsResult(t *testing.T) {
	p := newPost(t)
	p.hello(wire.Position{})
	if first, second := p.give().Command.ID, p.give().Command.ID; first != 1 || second != 2 {
		t.Fatalf("numbers %d and %d", first, second)
	}
	if id := p.only(p.step(cloud.News{Terminal: terminal})); id != 1 {
		t.Errorf("sent command %d", id)
	}
	for range 2 { // with every hello, whether the terminal took it or not
		if id := p.only(p.hello(wire.Position{Command: 1})); id != 1 {
			t.Errorf("sent command %d", id)
		}
	}
	if sent := p.say(wire.Result{ID: 1, Status: wire.ResultRunning}); len(sent) != 0 {
		t.Errorf("sent %v while it is under way", sent)
	}
	if id := p.only(p.say(wire.Result{ID: 1, Status: wire.ResultDone})); id != 2 {
		t.Errorf("command %d follows", id)
	}
	p.say(wire.Result{ID: 1, Status: wire.ResultRunning}) // overtaken
	p.say(wire.Result{ID: 1, Status: wire.ResultInterrupted})
	view(t, p.ledger, func(tx cloud.Tx) error {
		c, _, err := tx.Command(terminal, 1)
		if c.Result.Status != wire.ResultDone || !c.Ended.Equal(start) {
			t.Errorf("its result is %+v", c)
		}
		return err
	})
	if sent := p.say(wire.Result{ID: 2, Status: wire.ResultExpired}); len(sent) != 0 {
		t.Errorf("sent %v after the last one", sent)
	}
	if sent := p.hello(wire.Position{Command: 2}); len(sent) != 0 {
		t.Errorf("sent %v, and nothing waits", sent)
	}
}

// A ledger that was set back gives no number twice.
func TestCommandAfterARestore(t *testing.T) {
	p := newPost(t)
	p.hello(wire.Position{Command: 41, Desired: 7})
	if id := p.give().Command.ID; id != 42 {
		t.Errorf("the next command is %d", id)
	}
	d, err := cloud.Wish(p.ledger, terminal, "example", json.RawMessage(`{}`))
	if err != nil || d.Revision <= 8 {
		t.Errorf("the next revision is %d (%v)", d.Revision, err)
	}
}

func terminals(p *post) (all []cloud.TerminalEntry) {
	p.Helper()
	view(p.T, p.ledger, func(tx cloud.Tx) (err error) {
		all, err = tx.Terminals()
		return err
	})
	return all
}

func TestCommandThatCannotBeGiven(t *testing.T) {
	p := newPost(t)
	good := wire.Command{Op: wire.TellStatus, NotAfter: start.Add(time.Minute)}
	if _, err := cloud.GiveCommand(p.ledger, terminal, good, start); !errors.Is(err, cloud.ErrNoTerminal) {
		t.Errorf("to an unknown terminal: %v", err)
	}
	p.hello(wire.Position{})
	for name, spoil := range map[string]func(*wire.Command){
		"no op": func(c *wire.Command) { c.Op = "" },
		"late":  func(c *wire.Command) { c.NotAfter = start },
		"args":  func(c *wire.Command) { c.Args = json.RawMessage(`[1]`) },
		"large": func(c *wire.Command) { c.Args = json.RawMessage(fmt.Sprintf(`{"a":%070000d}`, 1)) },
	} {
		c := good
		spoil(&c)
		if _, err := cloud.GiveCommand(p.ledger, terminal, c, start); !errors.Is(err, cloud.ErrBadCommand) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for range 100 {
		p.give()
	}
	if _, err := cloud.GiveCommand(p.ledger, terminal, good, start); !errors.Is(err, cloud.ErrQueueFull) {
		t.Errorf("one too many: %v", err)
	}
}

func TestDesiredAndReported(t *testing.T) {
	p := newPost(t)
	p.hello(wire.Position{})
	for _, part := range []string{"", "a name of more than thirty-two bytes"} {
		if _, err := cloud.Wish(p.ledger, terminal, part, json.RawMessage(`{}`)); !errors.Is(err, cloud.ErrBadPart) {
			t.Errorf("part %q: %v", part, err)
		}
	}
	d, err := cloud.Wish(p.ledger, terminal, "example", json.RawMessage(`{"volume":2}`))
	if err != nil || d.Revision != 1 {
		t.Fatalf("%+v, %v", d, err)
	}
	if sent := p.step(cloud.News{Terminal: terminal}); len(sent) != 1 || sent[0].Channel != wire.Wishes {
		t.Errorf("sent %v", sent)
	}
	if sent := p.hello(wire.Position{}); len(sent) != 1 {
		t.Errorf("a terminal without it was sent %v", sent)
	}
	if sent := p.hello(wire.Position{Desired: 1}); len(sent) != 0 {
		t.Errorf("a terminal that has it was sent %v", sent)
	}
	if d, err = cloud.Wish(p.ledger, terminal, "example", nil); err != nil || len(d.Parts) != 0 || d.Revision != 2 {
		t.Errorf("taken away: %+v, %v", d, err)
	}
	for _, r := range []wire.Reported{
		{Boot: "b1", Change: 1}, {Boot: "b1", Change: 3, Revision: 2}, {Boot: "b1", Change: 2}, {Boot: "b0", Change: 9},
	} {
		p.step(message(t, terminal, wire.Reports, r))
	}
	if got := terminals(p)[0].Reported; got.Boot != "b1" || got.Change != 3 || got.Revision != 2 {
		t.Errorf("it is %+v", got)
	}
}
