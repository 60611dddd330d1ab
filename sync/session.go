// Package sync is the terminal's link to its gateway over MQTT: the session's
// logic as a pure state machine (Session, Step), and the paho adapter around it
// ([Link]). It is imported as "link", since the standard library has the name.
package sync

import (
	"hash/fnv"
	"io"
	"time"

	"till/payment"
	"till/sync/wire"
)

// Session is where the link stands. It is a value; Step returns the next one.
type Session struct {
	Boot    string
	Version string

	Connected bool // the broker took us
	Online    bool // the gateway answered lately: the only thing a cashier is told
	Stopped   string

	epoch uint32
	last  uint64 // newest record in the journal
	acked uint64 // the ledger has all up to here
	sent  uint64 // published on this connection up to here, and not to be again for now
	shown uint64 // published on this connection up to here at any time

	heardAt time.Time // last word of the gateway
	helloAt time.Time // next hello is due
	// helloSent is the newest hello, and helloAcked what the ledger had then.
	helloSent  time.Duration
	helloAcked uint64
	resendAt   time.Time // without progress by then, unacknowledged records go again

	clockKnown bool
	offset     time.Duration // the cloud's time less ours
	roundTrip  time.Duration // of the sample that Offset stems from
	sampledAt  time.Time

	command  uint64       // newest that was taken
	result   *wire.Result // of it; nil while it is under way
	key      string       // fingerprint of the gateway's, as it last said it
	desired  uint64       // newest revision that came in this boot
	reported *wire.Reported
}

// The link's patience. A dead cable is noticed within 15 s, with room to spare.
const (
	helloEvery  = 5 * time.Second
	helloAgain  = 2 * time.Second
	deafAfter   = 11 * time.Second
	resendAfter = 4 * time.Second
	longestTrip = 10 * time.Second // a slower answer tells nothing of the time
	clockFresh  = 10 * time.Minute // a sample is kept so long, unless a better one comes

	// window bounds the records published and not yet acknowledged.
	window = 1024
	// MaxBatch and MaxBatchBytes bound one upload.
	MaxBatch      = 128
	MaxBatchBytes = 40 << 10
)

// NewSession is a session before its first connection.
func NewSession(boot, version string, epoch uint32, last, acked uint64) Session {
	return Session{Boot: boot, Version: version, epoch: epoch, last: last, acked: acked, sent: acked}
}

// Acked is how far the ledger has acknowledged the journal.
func (s Session) Acked() uint64 { return s.acked }

// Event is something that happened to the link.
type Event interface{ event() }

type (
	// Connected says that the broker took us and the subscription stands.
	Connected struct{}
	// Disconnected says that the connection is gone, or could not be made.
	Disconnected struct{}
	// Arrived is a message on one of the terminal's down topics.
	Arrived struct {
		Channel wire.Channel
		Payload []byte
	}
	// Appended says that the journal has grown.
	Appended struct{ Last uint64 }
	// Uploaded answers Upload: records up to Last were published. Last is 0 if
	// there were none, or they could not be read or sent.
	Uploaded struct{ Last uint64 }
	// Asked is a request to be sent now, or dropped: the counter asks again.
	Asked struct{ Request wire.Request }
	// Ticked says that Deadline has passed.
	Ticked struct{}
)

func (Connected) event()    {}
func (Disconnected) event() {}
func (Arrived) event()      {}
func (Appended) event()     {}
func (Uploaded) event()     {}
func (Asked) event()        {}
func (Ticked) event()       {}

// Effect is something for the adapter to do.
type Effect interface{ effect() }

type (
	// Publish sends a message. Nothing waits for the broker's PUBACK: it is flow
	// control, and says nothing about the ledger.
	Publish struct {
		Channel wire.Channel
		Payload []byte
		QoS     byte
		Retain  bool
	}
	// Upload publishes journal records from a sequence on, one message full, and
	// is answered by Uploaded.
	Upload struct{ From uint64 }
	// Acknowledged moves the outbox's cursor.
	Acknowledged struct{ Seq uint64 }
	// Told is the gateway's word on an attempt, for the counter.
	Told struct{ Answer payment.Answer }
	// RefundTold is the gateway's word on a refund, for the counter.
	RefundTold struct{ Answer payment.RefundAnswer }
	// Found is what the gateway knows of a sale that was looked for.
	Found struct{ wire.Found }
	// Reachable says that the gateway answers, or no longer does.
	Reachable struct{ Online bool }
	// ClockLearned gives the cloud's time less the link's own.
	ClockLearned struct{ Offset time.Duration }
	// KeyLearned gives the fingerprint of the key that the gateway opens codes with.
	KeyLearned struct{ Fingerprint string }
	// Refused says that the ledger will not have this journal.
	Refused struct{ Why string }
	// Reconnect drops a connection that has gone deaf.
	Reconnect struct{}
	// Ignored is a message that could not be used, for the log.
	Ignored struct{ Err error }
)

func (Publish) effect()      {}
func (Upload) effect()       {}
func (Acknowledged) effect() {}
func (Told) effect()         {}
func (RefundTold) effect()   {}
func (Found) effect()        {}
func (Reachable) effect()    {}
func (ClockLearned) effect() {}
func (KeyLearned) effect()   {}
func (Refused) effect()      {}
func (Reconnect) effect()    {}
func (Ignored) effect()      {}

// Now is the moment of a step: steady time, and the monotonic clock since boot,
// which the gateway sends back.
type Now struct {
	At   time.Time
	Mono time.Duration
}

// Step is the session after e, and what has to be done about it.
func Step(s Session, e Event, now Now) (Session, []Effect) {
	m := &move{Session: s, now: now}
	switch e := e.(type) {
	case Connected:
		m.connected()
	case Disconnected:
		m.disconnected()
	case Arrived:
		m.arrived(e)
	case Appended:
		m.last = max(m.last, e.Last)
		m.upload()
	case Uploaded:
		m.uploaded(e.Last)
	case Asked:
		m.ask(e.Request)
	case Executed:
		m.executed(e.Result)
	case Reporting:
		m.reporting(e.Reported)
	case Ticked:
		m.tick()
	}
	return m.Session, m.effects
}

type move struct {
	Session
	now     Now
	effects []Effect
}

func (m *move) do(e Effect) { m.effects = append(m.effects, e) }

func (m *move) publish(c wire.Channel, message any, qos byte, retain bool) {
	payload, err := wire.Encode(message)
	if err != nil {
		m.do(Ignored{err})
		return
	}
	m.do(Publish{Channel: c, Payload: payload, QoS: qos, Retain: retain})
}

func (m *move) connected() {
	m.Connected = true
	m.sent, m.shown, m.resendAt = m.acked, m.acked, time.Time{}
	m.heardAt = m.now.At // it has this long to answer
	m.publish(wire.Presence, wire.Status{Online: true, Boot: m.Boot, Version: m.Version}, 1, true)
	m.hello()
}

// hello says where the journal stands. Its answer says how far the ledger is,
// and what time it is in the cloud.
func (m *move) hello() {
	m.helloAt = m.now.At.Add(helloAgain)
	m.helloSent, m.helloAcked = m.mark(), m.acked
	m.publish(wire.Requests, wire.Request{
		Op: wire.Hello,
		Position: &wire.Position{
			Epoch: m.epoch, Boot: m.Boot, Last: m.last, Acked: m.acked, Version: m.Version, Command: m.command, Desired: m.desired,
		},
		Sent: m.helloSent,
	}, 1, false)
}

// mark is what a request carries and its answer brings back: the monotonic
// clock, moved by something of this boot alone, so that what was asked before a
// power cut does not look like a round trip of now. It stays below 2^53, where
// every JSON reader is exact, for two months.
func (m *move) mark() time.Duration {
	h := fnv.New64a()
	_, _ = io.WriteString(h, m.Boot) // hash.Hash never fails
	return m.now.Mono + time.Duration(h.Sum64()%(1<<51))
}

func (m *move) disconnected() {
	m.Connected = false
	m.helloAt, m.resendAt = time.Time{}, time.Time{}
	m.reachable(false)
}

func (m *move) reachable(online bool) {
	if m.Online != online {
		m.Online = online
		m.do(Reachable{online})
		m.report()
	}
}

func (m *move) arrived(e Arrived) {
	switch e.Channel {
	case wire.Ack:
		a, err := wire.Decode[wire.Acknowledgement](e.Payload)
		if err != nil {
			m.do(Ignored{err})
			return
		}
		m.heard(a.Clock)
		if a.Key != "" && a.Key != m.key {
			m.key = a.Key
			m.do(KeyLearned{Fingerprint: a.Key})
		}
		m.acknowledged(a)
	case wire.Replies:
		r, err := wire.Decode[wire.AnyReply](e.Payload)
		if err != nil {
			m.do(Ignored{err})
			return
		}
		m.heard(r.Clock)
		switch {
		case r.Refund != nil:
			m.do(RefundTold{*r.Refund})
		case r.Found != nil:
			m.do(Found{*r.Found})
		default:
			m.do(Told{r.Answer})
		}
	case wire.Commands:
		c, err := wire.Decode[wire.Command](e.Payload)
		if err != nil {
			m.do(Ignored{err})
			return
		}
		m.commanded(c)
	case wire.Wishes:
		d, err := wire.Decode[wire.Desired](e.Payload)
		if err != nil {
			m.do(Ignored{err})
			return
		}
		m.wanted(d)
	}
}

// heard takes the gateway's sign of life, and a sample of its clock if it has one.
func (m *move) heard(c wire.Clock) {
	if !m.Connected {
		return
	}
	m.heardAt = m.now.At
	m.helloAt = m.now.At.Add(helloEvery)
	if c.Echo > 0 && !c.Time.IsZero() {
		m.sample(c)
	}
	if m.clockKnown { // not_after needs the cloud's time, so there is no "online" without it
		m.reachable(true)
	}
}

// sample takes the cloud's time as of the middle of the round trip. The quickest
// trip is the truest.
func (m *move) sample(c wire.Clock) {
	trip := m.mark() - c.Echo
	if trip < 0 || trip > longestTrip {
		return // held up for long, or the answer to a question of another boot
	}
	stale := m.now.At.Sub(m.sampledAt) > clockFresh
	if m.clockKnown && !stale && trip >= m.roundTrip {
		return
	}
	m.clockKnown, m.roundTrip, m.sampledAt = true, trip, m.now.At
	m.offset = c.Time.Add(trip / 2).Sub(m.now.At)
	m.do(ClockLearned{Offset: m.offset})
}

func (m *move) acknowledged(a wire.Acknowledgement) {
	// A broker keeps no order between topics, and may deliver twice: a hello that
	// an upload overtook looks like one of an older journal. It is none where we
	// have all that the ledger has.
	overtaken := a.Echo > 0 && a.Epoch == m.epoch && a.Seq <= m.last
	if a.Refused != "" && !overtaken {
		if m.Stopped == "" {
			m.Stopped = a.Refused
			m.do(Refused{a.Refused})
		}
		return
	}
	if a.Epoch != m.epoch || m.Stopped != "" {
		return // of a journal before this one, or of one that is not ours
	}
	if a.Seq > max(m.acked, m.shown) && a.Seq <= m.last {
		// More than it was sent on this connection. It may be ours of an earlier
		// one, or another journal's under our name, as of a copied card: the ledger
		// compares the newest by its hash before anything counts as acknowledged.
		m.sent = a.Seq - 1
		m.compare(a.Seq)
		return
	}
	if a.Seq > m.acked && a.Seq <= m.last && !a.Again { // again: a record is missing, and nothing was compared
		m.acked = a.Seq
		m.do(Acknowledged{a.Seq})
		m.resendAt = m.now.At.Add(resendAfter)
	}
	switch {
	case a.Echo == m.helloSent && a.Seq < m.helloAcked:
		m.sent = a.Seq // the ledger has lost what it had when it was asked
	case a.Again && a.Seq >= m.acked:
		m.sent = a.Seq
	case a.Again:
		// Overtaken on its way, or of a ledger that lost what it had: a hello tells.
		m.hello()
		return
	case a.Seq > m.sent:
		m.sent = a.Seq
	}
	m.upload()
}

// compare sends the record that the ledger says it has, whatever the window
// holds: until that is acknowledged, the window cannot move.
func (m *move) compare(seq uint64) {
	if !m.Connected || m.Stopped != "" {
		return
	}
	m.resendAt = m.now.At.Add(resendAfter)
	m.do(Upload{From: seq})
}

// upload keeps the window full.
func (m *move) upload() {
	if !m.Connected || m.Stopped != "" {
		return
	}
	if m.sent >= m.last {
		if m.acked >= m.last {
			m.resendAt = time.Time{}
		}
		return
	}
	if m.sent >= m.acked+window {
		return
	}
	if m.resendAt.IsZero() {
		m.resendAt = m.now.At.Add(resendAfter)
	}
	m.do(Upload{From: m.sent + 1})
}

func (m *move) uploaded(last uint64) {
	m.shown = max(m.shown, last)
	m.last = max(m.last, last) // an upload takes along what was appended a moment ago
	if last <= m.sent {
		return // nothing went out; the resend timer tries again
	}
	m.sent = last
	m.upload()
}

func (m *move) ask(r wire.Request) {
	if !m.Connected {
		return
	}
	r.Sent = m.mark()
	qos := byte(1)
	if r.Op == wire.Charge {
		qos = 0 // it carries a code: kept in no store, of paho's or the broker's
	}
	m.publish(wire.Requests, r, qos, false)
}

func (m *move) tick() {
	if !m.Connected {
		return
	}
	if m.now.At.Sub(m.heardAt) >= deafAfter {
		m.disconnected()
		m.do(Reconnect{})
		return
	}
	if !m.helloAt.IsZero() && !m.now.At.Before(m.helloAt) {
		m.hello()
	}
	if !m.resendAt.IsZero() && !m.now.At.Before(m.resendAt) {
		m.resendAt = time.Time{}
		m.sent = m.acked
		m.upload()
	}
}

// Deadline is when Ticked is due; zero if nothing waits for time.
func (s Session) Deadline() time.Time {
	if !s.Connected {
		return time.Time{}
	}
	first := s.heardAt.Add(deafAfter)
	for _, t := range []time.Time{s.helloAt, s.resendAt} {
		if !t.IsZero() && t.Before(first) {
			first = t
		}
	}
	return first
}
