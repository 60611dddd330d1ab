package sync_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"till/payment"
	link "till/sync"
	"till/sync/wire"
)

// desk is a session with a clock, and what its last step did.
type desk struct {
	t       *testing.T
	session link.Session
	at      time.Time
	mono    time.Duration
	did     []link.Effect
	moved   time.Duration // what the newest request carried, less the clock
}

const (
	boot  = "b00t"
	epoch = 3
)

func newDesk(t *testing.T, last, acked uint64) *desk {
	return &desk{
		t: t, session: link.NewSession(boot, "1.2", epoch, last, acked),
		at: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC), mono: time.Hour,
	}
}

func (d *desk) step(e link.Event) []link.Effect {
	d.t.Helper()
	d.session, d.did = link.Step(d.session, e, link.Now{At: d.at, Mono: d.mono})
	for _, effect := range d.did {
		checkPublish(d.t, effect)
		if p, ok := effect.(link.Publish); ok && p.Channel == wire.Requests {
			d.moved = decode[wire.Request](d.t, p.Payload).Sent - d.mono
		}
	}
	return d.did
}

// mark is what a request sent now carries: the monotonic clock, moved by
// something of this boot.
func (d *desk) mark() time.Duration { return d.mono + d.moved }

// fataler is what *testing.T and *rapid.T share.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// checkPublish holds the QoS and retention of whatever goes out.
func checkPublish(t fataler, effect link.Effect) {
	t.Helper()
	p, ok := effect.(link.Publish)
	if !ok {
		return
	}
	qos := byte(1)
	if p.Channel == wire.Requests {
		if r := decode[wire.Request](t, p.Payload); r.Op == wire.Charge {
			qos = 0
		}
	}
	if p.QoS != qos || p.Retain != (p.Channel == wire.Presence || p.Channel == wire.Reports) {
		t.Fatalf("published on %s with QoS %d, retained %v: %s", p.Channel, p.QoS, p.Retain, p.Payload)
	}
}

func decode[T any](t fataler, payload []byte) T {
	t.Helper()
	m, err := wire.Decode[T](payload)
	if err != nil {
		t.Fatalf("%v: %s", err, payload)
	}
	return m
}

func encode(t fataler, m any) []byte {
	t.Helper()
	payload, err := json.Marshal(m)
	if err != nil {
		t.Fatalf("encode: %v", err)
	}
	return payload
}

// pass lets time go by, and each deadline with it; it returns all that was done.
func (d *desk) pass(wait time.Duration) []link.Effect {
	d.t.Helper()
	end := d.at.Add(wait)
	var all []link.Effect
	for range 1000 {
		due := d.session.Deadline()
		if due.IsZero() || due.After(end) {
			d.mono += end.Sub(d.at)
			d.at = end
			return all
		}
		if due.After(d.at) {
			d.mono += due.Sub(d.at)
			d.at = due
		}
		all = append(all, d.step(link.Ticked{})...)
	}
	d.t.Fatalf("a deadline comes again and again")
	return nil
}

func (d *desk) ack(a wire.Acknowledgement) []link.Effect {
	d.t.Helper()
	if a.Epoch == 0 {
		a.Epoch = epoch
	}
	return d.step(link.Arrived{Channel: wire.Ack, Payload: encode(d.t, a)})
}

// clock answers what was sent sent ago.
func (d *desk) clock(sent time.Duration) wire.Clock {
	return wire.Clock{Time: d.at.Add(time.Hour), Echo: d.mark() - sent}
}

// connect brings the session on line with the ledger at seq.
func (d *desk) connect(seq uint64) []link.Effect {
	d.t.Helper()
	d.step(link.Connected{})
	return d.ack(wire.Acknowledgement{Seq: seq, Clock: d.clock(0)})
}

func has[E link.Effect](effects []link.Effect) (E, bool) {
	i := slices.IndexFunc(effects, func(e link.Effect) bool { _, ok := e.(E); return ok })
	if i < 0 {
		var none E
		return none, false
	}
	return effects[i].(E), true
}

func uploads(effects []link.Effect) []uint64 {
	var from []uint64
	for _, e := range effects {
		if u, ok := e.(link.Upload); ok {
			from = append(from, u.From)
		}
	}
	return from
}

func hellos(t *testing.T, effects []link.Effect) []wire.Request {
	var all []wire.Request
	for _, e := range effects {
		if p, ok := e.(link.Publish); ok && p.Channel == wire.Requests {
			if r := decode[wire.Request](t, p.Payload); r.Op == wire.Hello {
				all = append(all, r)
			}
		}
	}
	return all
}

func TestConnectSaysWhereWeStand(t *testing.T) {
	d := newDesk(t, 9, 4)
	did := d.step(link.Connected{})
	status, ok := did[0].(link.Publish)
	if !ok || status.Channel != wire.Presence {
		t.Fatalf("first of all: %+v", did)
	}
	if s := decode[wire.Status](t, status.Payload); s != (wire.Status{Online: true, Boot: boot, Version: "1.2"}) {
		t.Errorf("presence %+v", s)
	}
	hello := hellos(t, did)
	want := wire.Position{Epoch: epoch, Boot: boot, Last: 9, Acked: 4, Version: "1.2"}
	if len(hello) != 1 || *hello[0].Position != want || hello[0].Sent != d.mark() {
		t.Errorf("hello %+v", hello)
	}
	if d.session.Online {
		t.Error("on line before the gateway said a word")
	}
	// The answer may be lost: it is said again until there is one.
	if again := hellos(t, d.pass(7*time.Second)); len(again) != 3 {
		t.Errorf("%d hellos in 7 s without an answer", len(again))
	}
}

func TestOnlineNeedsTheCloudsTime(t *testing.T) {
	d := newDesk(t, 0, 0)
	d.step(link.Connected{})
	d.ack(wire.Acknowledgement{}) // no clock
	if d.session.Online {
		t.Fatal("on line, and no payment could carry its not_after")
	}
	did := d.ack(wire.Acknowledgement{Clock: d.clock(20 * time.Millisecond)})
	if _, ok := has[link.ClockLearned](did); !ok || !d.session.Online {
		t.Fatalf("not on line: %+v", did)
	}
	if r, ok := has[link.Reachable](did); !ok || !r.Online {
		t.Errorf("nobody was told: %+v", did)
	}
	clock := slices.IndexFunc(did, func(e link.Effect) bool { _, ok := e.(link.ClockLearned); return ok })
	line := slices.IndexFunc(did, func(e link.Effect) bool { _, ok := e.(link.Reachable); return ok })
	if clock > line {
		t.Error("reachable before the clock is known: the counter would refuse a wallet")
	}
}

func TestSilenceIsNoticed(t *testing.T) {
	d := newDesk(t, 0, 0)
	d.connect(0)
	if did := d.pass(10 * time.Second); len(hellos(t, did)) < 2 || !d.session.Online {
		t.Fatalf("within 10 s: %d hellos, on line %v", len(hellos(t, did)), d.session.Online)
	}
	did := d.pass(time.Second)
	if _, ok := has[link.Reconnect](did); !ok || d.session.Online || d.session.Connected {
		t.Fatalf("11 s of silence, on line %v: %+v", d.session.Online, did)
	}
	if r, ok := has[link.Reachable](did); !ok || r.Online {
		t.Errorf("the counter was not told: %+v", did)
	}
	if !d.session.Deadline().IsZero() {
		t.Error("a session without a connection waits for something")
	}
	// A word a while before the end keeps it.
	d = newDesk(t, 0, 0)
	d.connect(0)
	for range 10 {
		d.pass(9 * time.Second)
		d.ack(wire.Acknowledgement{})
	}
	if !d.session.Online {
		t.Error("off line, and the gateway answered every 9 s")
	}
}

func TestDisconnectIsTold(t *testing.T) {
	d := newDesk(t, 0, 0)
	d.connect(0)
	if r, ok := has[link.Reachable](d.step(link.Disconnected{})); !ok || r.Online {
		t.Fatal("a lost connection was not told")
	}
	if did := d.step(link.Disconnected{}); len(did) != 0 {
		t.Errorf("told twice: %+v", did)
	}
	if did := d.step(link.Asked{Request: wire.Request{Op: wire.Charge}}); len(did) != 0 {
		t.Errorf("asked with no connection: %+v; the code would wait", did)
	}
}

func TestQuickestTripSetsTheClock(t *testing.T) {
	d := newDesk(t, 0, 0)
	d.step(link.Connected{})
	learn := func(trip, offset time.Duration) (time.Duration, bool) {
		t.Helper()
		did := d.ack(wire.Acknowledgement{Clock: wire.Clock{Time: d.at.Add(offset - trip/2), Echo: d.mark() - trip}})
		c, ok := has[link.ClockLearned](did)
		return c.Offset, ok
	}
	if got, ok := learn(time.Second, time.Hour); !ok || got != time.Hour {
		t.Errorf("first sample: %v, %v", got, ok)
	}
	if _, ok := learn(2*time.Second, 2*time.Hour); ok {
		t.Error("a slower trip moved the clock")
	}
	if got, ok := learn(100*time.Millisecond, time.Minute); !ok || got != time.Minute {
		t.Errorf("a quicker trip: %v, %v", got, ok)
	}
	// Clocks drift: after ten minutes any trip is better than an old one.
	for range 61 {
		d.pass(10 * time.Second)
		d.ack(wire.Acknowledgement{})
	}
	if got, ok := learn(3*time.Second, time.Second); !ok || got != time.Second {
		t.Errorf("a sample after ten minutes: %v, %v", got, ok)
	}
	// An echo of a moment to come, or of another start, says nothing.
	if did := d.ack(wire.Acknowledgement{Clock: wire.Clock{Time: d.at, Echo: d.mark() + 1}}); len(did) != 0 {
		t.Errorf("an echo from the future: %+v", did)
	}
}

func TestUploadFollowsTheLedger(t *testing.T) {
	d := newDesk(t, 300, 10)
	if from := uploads(d.connect(12)); !slices.Equal(from, []uint64{12}) {
		t.Fatalf("uploads from %v, the ledger has 12", from)
	}
	// Nothing of ours is proved to be there before it was compared.
	if d.session.Acked() != 10 {
		t.Errorf("acknowledged %d", d.session.Acked())
	}
	if from := uploads(d.step(link.Uploaded{Last: 140})); !slices.Equal(from, []uint64{141}) {
		t.Errorf("then from %v", from)
	}
	if d.ack(wire.Acknowledgement{Seq: 12}); d.session.Acked() != 12 {
		t.Errorf("acknowledged %d", d.session.Acked())
	}
	d.step(link.Uploaded{Last: 268})
	if from := uploads(d.step(link.Uploaded{Last: 300})); len(from) != 0 {
		t.Errorf("all is sent, and yet from %v", from)
	}
	if a, ok := has[link.Acknowledged](d.ack(wire.Acknowledgement{Seq: 300})); !ok || a.Seq != 300 {
		t.Error("the outbox was not told of the acknowledgement")
	}
	if from := uploads(d.pass(time.Minute)); len(from) != 0 {
		t.Errorf("all is acknowledged, and yet from %v", from)
	}
	if did := d.ack(wire.Acknowledgement{Seq: 200}); len(did) != 0 {
		t.Errorf("an old acknowledgement: %+v", did)
	}
	// An acknowledgement of another epoch is of another journal.
	d.step(link.Appended{Last: 310})
	d.step(link.Uploaded{Last: 310})
	if did := d.ack(wire.Acknowledgement{Epoch: 2, Seq: 305}); len(did) != 0 || d.session.Acked() != 300 {
		t.Errorf("of another epoch: %+v", did)
	}
}

func TestLostUploadGoesAgain(t *testing.T) {
	d := newDesk(t, 5, 0)
	d.connect(0)
	d.step(link.Uploaded{Last: 5})
	var from []uint64
	for range 4 { // the gateway lives, its acknowledgements are lost
		from = append(from, uploads(d.pass(2*time.Second))...)
		d.step(link.Arrived{Channel: wire.Replies, Payload: encode(t, wire.Reply{})})
	}
	if len(from) == 0 || from[0] != 1 {
		t.Errorf("uploads %v", from)
	}
	// So does one that could not be read or sent.
	d = newDesk(t, 5, 0)
	d.connect(0)
	d.step(link.Uploaded{})
	if from := uploads(d.pass(4 * time.Second)); !slices.Equal(from, []uint64{1}) {
		t.Errorf("after a failure: uploads %v", from)
	}
}

func TestAgainRewinds(t *testing.T) {
	d := newDesk(t, 300, 0)
	d.connect(0)
	d.step(link.Uploaded{Last: 128})
	d.step(link.Uploaded{Last: 256})
	if from := uploads(d.ack(wire.Acknowledgement{Seq: 0, Again: true})); !slices.Equal(from, []uint64{1}) {
		t.Errorf("uploads from %v", from)
	}
	// A ledger that was put back to an older copy gets what it lost.
	d = newDesk(t, 100, 100)
	if from := uploads(d.connect(40)); !slices.Equal(from, []uint64{41}) {
		t.Errorf("to a ledger that went back to 40: uploads from %v", from)
	}
	if d.session.Acked() != 100 {
		t.Errorf("the cursor went back to %d", d.session.Acked())
	}
}

func TestRefusedStops(t *testing.T) {
	d := newDesk(t, 5, 0)
	d.connect(0)
	d.step(link.Uploaded{Last: 5})
	did := d.ack(wire.Acknowledgement{Seq: 2, Refused: "forked"})
	if r, ok := has[link.Refused](did); !ok || r.Why != "forked" {
		t.Fatalf("refused: %+v", did)
	}
	if did = d.ack(wire.Acknowledgement{Seq: 2, Refused: "forked"}); len(did) != 0 {
		t.Errorf("told twice: %+v", did)
	}
	d.step(link.Appended{Last: 9})
	d.step(link.Disconnected{})
	did = append(d.connect(0), d.pass(8*time.Second)...)
	if from := uploads(did); len(from) != 0 {
		t.Errorf("a refused journal is uploaded from %v", from)
	}
	if d.session.Acked() != 0 {
		t.Errorf("a refusal acknowledged %d", d.session.Acked())
	}
}

// TestHelloKnowsWhatWasUploaded is a race of the link: the journal grows, an
// upload takes the new record along, and a hello is due before the session
// heard of the growth. A position below what the ledger has then would be
// refused as an old journal, for good.
func TestHelloKnowsWhatWasUploaded(t *testing.T) {
	d := newDesk(t, 10, 10)
	d.connect(10)
	d.step(link.Appended{Last: 11})
	d.step(link.Uploaded{Last: 12}) // 12 was appended meanwhile
	hello := hellos(t, d.pass(5*time.Second))
	if len(hello) == 0 || hello[0].Position.Last != 12 {
		t.Errorf("hello %+v after record 12 was uploaded", hello)
	}
	if d.ack(wire.Acknowledgement{Seq: 12}); d.session.Acked() != 12 {
		t.Errorf("acknowledged %d of 12", d.session.Acked())
	}
}

// TestOvertakenHelloIsNoRefusal: the broker keeps no order between a hello and
// an upload, so the ledger may have had records that the hello did not know of.
func TestOvertakenHelloIsNoRefusal(t *testing.T) {
	d := newDesk(t, 10, 10)
	d.connect(10)
	did := d.pass(5 * time.Second) // a hello that says 10
	sent := hellos(t, did)[0].Sent
	d.step(link.Appended{Last: 11})
	d.step(link.Uploaded{Last: 11})
	d.ack(wire.Acknowledgement{Seq: 11, Refused: "older", Clock: wire.Clock{Time: d.at, Echo: sent}})
	if d.session.Stopped != "" {
		t.Fatal("the terminal stopped over a hello that was overtaken")
	}
	if d.session.Acked() != 11 {
		t.Errorf("acknowledged %d of 11", d.session.Acked())
	}
	// A journal that truly is older stops.
	d.ack(wire.Acknowledgement{Seq: 12, Refused: "older", Clock: wire.Clock{Time: d.at, Echo: sent}})
	if d.session.Stopped != "older" {
		t.Error("an older journal goes on")
	}
}

func TestReplyIsTold(t *testing.T) {
	d := newDesk(t, 0, 0)
	d.connect(0)
	answer := payment.Answer{Order: "01JD000000000000000000000101", Rev: 3, Status: payment.Approved, Amount: 5, Currency: "USD"}
	told, ok := has[link.Told](d.step(link.Arrived{Channel: wire.Replies, Payload: encode(t, wire.Reply{Answer: answer})}))
	if !ok || told.Answer != answer {
		t.Errorf("told %+v", told)
	}
}

func TestRubbishIsIgnored(t *testing.T) {
	for _, c := range []wire.Channel{wire.Ack, wire.Replies, wire.Commands, "down/else"} {
		for _, payload := range []string{"", "{", "[]", `"x"`, `{"seq":-1}`, `{"rev":"a"}`, string(make([]byte, wire.MaxMessage+1))} {
			d := newDesk(t, 5, 5)
			d.connect(5)
			before := d.session
			for _, e := range d.step(link.Arrived{Channel: c, Payload: []byte(payload)}) {
				if told, ok := e.(link.Told); ok && told.Answer == (payment.Answer{}) {
					continue // of no order; the counter knows what to make of it
				}
				if _, ok := e.(link.Ignored); !ok {
					t.Errorf("%s %.20q: %+v", c, payload, e)
				}
			}
			if d.session != before {
				t.Errorf("%s %.20q changed the session", c, payload)
			}
		}
	}
}

// A hello from before a power cut, held up somewhere, is answered after it: its
// round trip is none of this boot, and nothing comes of it.
func TestAnswersOfAnotherBootTellNoTime(t *testing.T) {
	before := newDesk(t, 0, 0)
	sent := hellos(t, before.step(link.Connected{}))[0].Sent
	after := newDesk(t, 0, 0)
	after.session = link.NewSession("another boot", "1.2", epoch, 0, 0)
	after.step(link.Connected{})
	after.pass(time.Second)
	did := after.ack(wire.Acknowledgement{Clock: wire.Clock{Time: after.at.Add(time.Hour), Echo: sent}})
	if c, ok := has[link.ClockLearned](did); ok || after.session.Online {
		t.Errorf("learned %v from an answer to another boot", c.Offset)
	}
}

func TestRequests(t *testing.T) {
	d := newDesk(t, 0, 0)
	d.connect(0)
	for _, op := range []wire.Op{wire.Charge, wire.Show, wire.Query, wire.Cancel} {
		p, ok := has[link.Publish](d.step(link.Asked{Request: wire.Request{Op: op, Sealed: []byte("sealed")}}))
		if !ok {
			t.Fatalf("%s did not go out", op)
		}
		r := decode[wire.Request](t, p.Payload)
		if r.Op != op || r.Sent != d.mark() {
			t.Errorf("%s went out as %+v", op, r)
		}
	}
	if did := d.step(link.Asked{Request: wire.Request{Op: wire.Charge, Sealed: make([]byte, wire.MaxMessage)}}); len(did) != 1 {
		t.Errorf("too large a request: %+v", did)
	} else if _, ok := did[0].(link.Ignored); !ok {
		t.Errorf("too large a request: %+v", did)
	}
}
