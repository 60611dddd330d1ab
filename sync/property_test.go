package sync_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	link "till/sync"
	"till/sync/wire"
)

// The session's published bounds: records out and not acknowledged, and silence.
const (
	window  = 1024
	silence = 11 * time.Second
)

// world is a session with a journal, a broker that keeps no promise, and a
// gateway with its ledger. A message is delivered late, twice, out of turn or
// never; records are numbers here.
type world struct {
	session link.Session
	at      time.Time
	mono    time.Duration

	journal uint64 // records in the journal, which the session may not know of yet
	readBad bool   // the journal cannot be read

	up   []sent
	down []wire.Acknowledgement

	head   uint64 // the ledger has all up to here
	best   uint64 // and had, before it was put back
	out    uint64 // published on this connection up to here
	heard  time.Time
	reach  bool   // as the counter was told
	cursor uint64 // the outbox's
}

// sent is a message to the gateway: a hello, or records.
type sent struct {
	hello    *wire.Request
	from, to uint64
}

func newWorld() *world {
	return &world{session: link.NewSession(boot, "1", epoch, 0, 0), at: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC), mono: time.Second}
}

func (w *world) pass(d time.Duration) { w.at, w.mono = w.at.Add(d), w.mono+d }

func (w *world) step(t *rapid.T, e link.Event) {
	todo := []link.Event{e}
	for n := 0; len(todo) > 0; n++ {
		if n > 100 {
			t.Fatal("uploads go on for ever")
		}
		var effects []link.Effect
		w.session, effects = link.Step(w.session, todo[0], link.Now{At: w.at, Mono: w.mono})
		todo = todo[1:]
		for _, effect := range effects {
			if answer := w.carryOut(t, effect); answer != nil {
				todo = append(todo, answer)
			}
		}
	}
	w.check(t)
}

func (w *world) carryOut(t *rapid.T, effect link.Effect) link.Event {
	checkPublish(t, effect)
	switch e := effect.(type) {
	case link.Publish:
		if !w.session.Connected {
			t.Fatalf("published on no connection: %+v", e)
		}
		if e.Channel == wire.Requests {
			r := decode[wire.Request](t, e.Payload)
			w.up = append(w.up, sent{hello: &r})
		}
	case link.Upload:
		return w.upload(t, e.From)
	case link.Acknowledged:
		if e.Seq <= w.cursor {
			t.Fatalf("the cursor goes from %d to %d", w.cursor, e.Seq)
		}
		w.cursor = e.Seq
	case link.Reachable:
		if e.Online == w.reach {
			t.Fatalf("reachable %v is told twice", e.Online)
		}
		w.reach = e.Online
	case link.Refused:
		t.Fatalf("the terminal stopped: %s", e.Why)
	case link.Ignored:
		t.Fatalf("ignored: %v", e.Err)
	case link.Reconnect:
		w.up, w.down = nil, nil
	}
	return nil
}

func (w *world) upload(t *rapid.T, from uint64) link.Event {
	if from == 0 || from > max(w.out, w.best)+1 {
		t.Fatalf("upload from %d leaves a gap after %d", from, max(w.out, w.best))
	}
	if w.readBad || from > w.journal {
		return link.Uploaded{}
	}
	to := min(w.journal, from+link.MaxBatch-1)
	w.up = append(w.up, sent{from: from, to: to})
	w.out = max(w.out, to)
	if has := max(w.session.Acked(), w.best); to > has+window+link.MaxBatch {
		t.Fatalf("published up to %d, and the ledger said that it has %d", to, has)
	}
	return link.Uploaded{Last: to}
}

// take is the gateway's handling of a message, as cloud has it.
func (w *world) take(m sent) {
	a := wire.Acknowledgement{Epoch: epoch, Clock: wire.Clock{Time: w.at.Add(time.Hour)}}
	if m.hello != nil {
		a.Echo = m.hello.Sent
		if w.head > m.hello.Position.Last {
			a.Refused = "its journal is older than the one in the ledger"
		}
	} else if m.from > w.head+1 {
		a.Again = true
	} else {
		w.head = max(w.head, m.to)
	}
	w.best = max(w.best, w.head)
	a.Seq = w.head
	if w.session.Connected {
		w.down = append(w.down, a)
	}
}

func (w *world) deliver(t *rapid.T, a wire.Acknowledgement) {
	if w.session.Connected {
		w.heard = w.at
	}
	w.step(t, link.Arrived{Channel: wire.Ack, Payload: encode(t, a)})
}

func (w *world) connect(t *rapid.T) {
	w.up, w.down, w.out, w.heard = nil, nil, 0, w.at
	w.step(t, link.Connected{})
}

func (w *world) check(t *rapid.T) {
	s := w.session
	switch {
	case s.Acked() > w.best:
		t.Fatalf("acknowledged %d, the ledger never had more than %d", s.Acked(), w.best)
	case s.Acked() != w.cursor:
		t.Fatalf("acknowledged %d, the outbox was told %d", s.Acked(), w.cursor)
	case s.Online != w.reach:
		t.Fatalf("on line %v, the counter was told %v", s.Online, w.reach)
	case s.Online && !s.Connected:
		t.Fatal("on line without a connection")
	case s.Connected && s.Deadline().IsZero():
		t.Fatal("a connection whose silence nobody waits for")
	}
}

// idle lets time pass to the next deadline, at most wait.
func (w *world) idle(t *rapid.T, wait time.Duration) {
	due := w.session.Deadline()
	if due.IsZero() || due.Sub(w.at) > wait {
		w.pass(wait)
		return
	}
	w.pass(max(0, due.Sub(w.at)))
	w.step(t, link.Ticked{})
	if w.session.Online && w.at.Sub(w.heard) >= silence {
		t.Fatalf("on line after %v of silence", w.at.Sub(w.heard))
	}
}

func TestOutboxDrainsWhateverHappens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld()
		pick := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "which") }
		actions := map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				w.journal += uint64(rapid.SampledFrom([]int{1, 1, 3, 200, 2000}).Draw(t, "records"))
				if rapid.Bool().Draw(t, "known") {
					w.step(t, link.Appended{Last: w.journal})
				}
			},
			"known": func(t *rapid.T) { w.step(t, link.Appended{Last: w.journal}) },
			"connect": func(t *rapid.T) {
				if w.session.Connected {
					t.Skip()
				}
				w.connect(t)
			},
			"disconnect": func(t *rapid.T) {
				w.step(t, link.Disconnected{})
				w.down = nil // what the broker has still reaches the gateway
			},
			"up": func(t *rapid.T) {
				if len(w.up) == 0 {
					t.Skip()
				}
				i := pick(min(3, len(w.up)))
				m := w.up[i]
				switch rapid.SampledFrom([]string{"once", "once", "twice", "never"}).Draw(t, "fate") {
				case "once":
					w.take(m)
					w.up = append(w.up[:i:i], w.up[i+1:]...)
				case "twice":
					w.take(m)
				case "never":
					w.up = append(w.up[:i:i], w.up[i+1:]...)
				}
			},
			"down": func(t *rapid.T) {
				if len(w.down) == 0 {
					t.Skip()
				}
				i := pick(min(3, len(w.down)))
				a := w.down[i]
				fate := rapid.SampledFrom([]string{"once", "once", "twice", "never"}).Draw(t, "fate")
				if fate != "twice" {
					w.down = append(w.down[:i:i], w.down[i+1:]...)
				}
				if fate != "never" {
					w.deliver(t, a)
				}
			},
			"flow": func(t *rapid.T) { w.flow(t) },
			"wait": func(t *rapid.T) { w.idle(t, time.Duration(rapid.IntRange(0, 12_000).Draw(t, "ms"))*time.Millisecond) },
			"tick": func(t *rapid.T) { w.step(t, link.Ticked{}) },
			"read": func(t *rapid.T) { w.readBad = rapid.Bool().Draw(t, "bad") },
			"ledger": func(t *rapid.T) { // is put back to an older copy
				w.head -= min(w.head, uint64(rapid.IntRange(0, 300).Draw(t, "records")))
			},
		}
		for range 2 {
			t.Repeat(actions)
		}
		w.heal(t)
	})
}

// flow delivers everything that is out, in order.
func (w *world) flow(t *rapid.T) {
	for range 1000 {
		if len(w.up) == 0 && len(w.down) == 0 {
			return
		}
		up := w.up
		w.up = nil
		for _, m := range up {
			w.take(m)
		}
		down := w.down
		w.down = nil
		for _, a := range down {
			w.deliver(t, a)
		}
	}
	t.Fatal("terminal and gateway never come to an end")
}

// heal is a good day at last. Within half a minute the ledger has the journal.
func (w *world) heal(t *rapid.T) {
	w.readBad = false
	w.step(t, link.Appended{Last: w.journal})
	for end := w.at.Add(30 * time.Second); w.at.Before(end); {
		if !w.session.Connected {
			w.connect(t)
		}
		w.flow(t)
		w.idle(t, time.Second)
	}
	if w.session.Acked() != w.journal || w.head != w.journal {
		t.Fatalf("journal %d, acknowledged %d, ledger %d", w.journal, w.session.Acked(), w.head)
	}
	if !w.session.Online {
		t.Fatal("off line, and the gateway answers")
	}
}
