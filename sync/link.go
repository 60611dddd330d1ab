package sync

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"till/sync/wire"
	"till/sync/wire/mqtt"
)

// Outbox is the journal as the link needs it. It is read from the link's own
// goroutine while the counter appends from another.
type Outbox interface {
	Read(from uint64, maxRecords, maxBytes int) ([]wire.Record, error)
	Acknowledge(seq uint64) error
}

// Slot keeps a terminal's newest command over power cuts.
type Slot interface {
	// Keep is durable when it returns.
	Keep(Kept) error
}

// Config says where the gateway's broker is and who we are.
type Config struct {
	Terminal string
	Broker   string
	TLS      *tls.Config
	Clock    func() Now
	Log      *slog.Logger
	// Handle takes Told, Reachable, ClockLearned, KeyLearned, Refused,
	// Acknowledged, Execute and Wanted, one after another, from the link's goroutine.
	Handle func(Effect)
	// Slot may be nil: then no command is taken.
	Slot Slot
}

const (
	connectTimeout = 3 * time.Second
	keepAlive      = 10 * time.Second
	firstBackoff   = 200 * time.Millisecond
	// lastBackoff bounds what a shop waits after its cable is plugged in again.
	lastBackoff = 2 * time.Second
)

// Link runs a session over a real connection.
type Link struct {
	config  Config
	outbox  Outbox
	session Session
	events  chan Event
	last    atomic.Uint64
	grown   chan struct{} // 1 deep: last has changed
	report  atomic.Pointer[wire.Reported]
	changed chan struct{} // 1 deep: report has changed
	lines   chan line
	conn    *mqtt.Conn
	trouble atomic.Pointer[error] // why there is no line; nil while there is one
	dialled int
	backoff time.Duration
}

// line is news of a connection, with its number: an old one's end must not be
// taken for the new one's.
type line struct {
	number int
	conn   *mqtt.Conn // dialled
	err    error      // lost, or could not be dialled
}

// NewLink is a link that does nothing until Run.
func NewLink(config Config, outbox Outbox, session Session) *Link {
	return &Link{
		config: config, outbox: outbox, session: session,
		events: make(chan Event, 256), grown: make(chan struct{}, 1), changed: make(chan struct{}, 1), lines: make(chan line, 16),
	}
}

// Ask sends a request, or drops it if the link is busy beyond measure or down:
// the counter asks again. It never waits.
func (l *Link) Ask(r wire.Request) {
	select {
	case l.events <- Asked{r}:
	default:
	}
}

// Grown says that the journal has grown up to last. It never waits.
func (l *Link) Grown(last uint64) {
	l.last.Store(last)
	select {
	case l.grown <- struct{}{}:
	default: // it is about to look anyway
	}
}

// Trouble is why there is no line to the broker; nil while there is one.
func (l *Link) Trouble() error {
	if err := l.trouble.Load(); err != nil {
		return *err
	}
	return nil
}

// Report says how the terminal is. It never waits.
func (l *Link) Report(r wire.Reported) {
	l.report.Store(&r)
	select {
	case l.changed <- struct{}{}:
	default: // it is about to look anyway
	}
}

// Executed hands in what came of a command.
func (l *Link) Executed(ctx context.Context, r wire.Result) {
	select {
	case l.events <- Executed{r}:
	case <-ctx.Done():
	}
}

// Run connects, and connects again, until ctx ends.
func (l *Link) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	redial := time.NewTimer(0)
	defer redial.Stop()
	defer l.hangUp()
	for {
		if deadline := l.session.Deadline(); !deadline.IsZero() {
			timer.Reset(max(0, deadline.Sub(l.config.Clock().At)))
		} else {
			timer.Stop()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-l.grown:
			l.step(ctx, Appended{l.last.Load()})
		case <-l.changed:
			l.step(ctx, Reporting{*l.report.Load()})
		case e := <-l.events:
			l.step(ctx, e)
		case <-timer.C:
			l.step(ctx, Ticked{})
		case <-redial.C:
			l.dialled++
			go l.dial(ctx, l.dialled)
		case news := <-l.lines:
			l.take(ctx, news, redial)
		}
	}
}

// take is news of a connection.
func (l *Link) take(ctx context.Context, news line, redial *time.Timer) {
	if news.number != l.dialled {
		if news.conn != nil {
			news.conn.Close()
		}
		return
	}
	if news.conn != nil {
		l.conn, l.backoff = news.conn, 0
		l.trouble.Store(nil)
		l.step(ctx, Connected{})
		return
	}
	l.config.Log.Debug("no line to the gateway", "err", news.err)
	l.conn = nil
	l.trouble.Store(&news.err)
	l.step(ctx, Disconnected{})
	l.backoff = min(max(2*l.backoff, firstBackoff), lastBackoff)
	// Jitter, so that a fleet does not come back all at once.
	redial.Reset(l.backoff/2 + rand.N(l.backoff/2))
}

func (l *Link) dial(ctx context.Context, number int) {
	report := func(n line) {
		select {
		case l.lines <- n:
		case <-ctx.Done():
			if n.conn != nil {
				n.conn.Close()
			}
		}
	}
	conn, err := l.dialOnce(ctx, number, report)
	report(line{number: number, conn: conn, err: err})
}

func (l *Link) dialOnce(ctx context.Context, number int, report func(line)) (*mqtt.Conn, error) {
	gone, err := wire.Encode(wire.Status{Online: false})
	if err != nil {
		return nil, err
	}
	conn, err := mqtt.Connect(ctx, mqtt.Options{
		Broker: l.config.Broker, ClientID: l.config.Terminal, TLS: l.config.TLS,
		Timeout: connectTimeout, KeepAlive: keepAlive,
		Will:   &mqtt.Will{Topic: wire.Presence.Topic(l.config.Terminal), Payload: gone},
		Handle: func(topic string, payload []byte) { l.arrived(ctx, topic, payload) },
		Lost:   func(err error) { report(line{number: number, err: err}) },
	})
	if err != nil {
		return nil, err
	}
	if err := conn.SubscribeAtMostOnce(ctx, wire.DownFilter(l.config.Terminal)); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

func (l *Link) arrived(ctx context.Context, topic string, payload []byte) {
	_, channel, err := wire.ParseTopic(topic)
	if err != nil {
		l.config.Log.Warn("message on a foreign topic", "err", err)
		return
	}
	select {
	case l.events <- Arrived{Channel: channel, Payload: payload}:
	case <-ctx.Done():
	}
}

// step takes one event, and then all that its effects bring about.
func (l *Link) step(ctx context.Context, e Event) {
	todo := []Event{e}
	for len(todo) > 0 {
		next, effects := Step(l.session, todo[0], l.config.Clock())
		l.session, todo = next, todo[1:]
		for _, effect := range effects {
			if answer := l.carryOut(effect); answer != nil {
				todo = append(todo, answer)
			}
		}
	}
}

func (l *Link) carryOut(e Effect) Event {
	switch e := e.(type) {
	case Publish:
		l.publish(e)
	case Upload:
		last, err := l.upload(e.From)
		if err != nil {
			l.config.Log.Warn("journal upload", "from", e.From, "err", err)
		}
		return Uploaded{Last: last}
	case Acknowledged:
		if err := l.outbox.Acknowledge(e.Seq); err != nil {
			l.config.Log.Warn("journal cursor", "seq", e.Seq, "err", err)
		}
		l.config.Handle(e)
	case Execute:
		return l.execute(e)
	case Keep:
		if l.config.Slot == nil {
			return nil
		}
		if err := l.config.Slot.Keep(e.Kept); err != nil { // a power cut now makes it "interrupted"
			l.config.Log.Warn("command's result", "command", e.Kept.Command, "err", err)
		}
	case Reconnect:
		l.reconnect()
	case Ignored:
		l.config.Log.Warn("message ignored", "err", e.Err)
	default:
		l.config.Handle(e)
	}
	return nil
}

// execute has a command done that it has written down, and no other.
func (l *Link) execute(e Execute) Event {
	if l.config.Slot == nil {
		return Executed{wire.Result{ID: e.Command.ID, Status: wire.ResultRefused, Why: "this terminal takes no commands"}}
	}
	if err := l.config.Slot.Keep(Kept{Command: e.Command.ID}); err != nil {
		return Executed{wire.Result{
			ID: e.Command.ID, Status: wire.ResultFailed, Why: fmt.Sprintf("it cannot be written down, and so was not begun: %v", err),
		}}
	}
	l.config.Handle(e)
	return nil
}

func (l *Link) publish(p Publish) {
	if l.conn == nil {
		return
	}
	if err := l.conn.Publish(p.Channel.Topic(l.config.Terminal), p.QoS, p.Retain, p.Payload); err != nil {
		l.config.Log.Debug("publish", "err", err)
	}
}

// upload publishes one message of records, and says up to which.
func (l *Link) upload(from uint64) (uint64, error) {
	if l.conn == nil {
		return 0, nil
	}
	records, err := l.outbox.Read(from, MaxBatch, MaxBatchBytes)
	if err != nil || len(records) == 0 {
		return 0, err
	}
	payload, err := wire.Encode(wire.Upload{Epoch: l.session.epoch, Records: records})
	if err != nil {
		return 0, err
	}
	if err := l.conn.Publish(wire.Journal.Topic(l.config.Terminal), 1, false, payload); err != nil {
		return 0, err
	}
	return records[len(records)-1].Seq, nil
}

// reconnect gives up a deaf connection and dials at once.
func (l *Link) reconnect() {
	conn := l.conn
	l.conn = nil
	if conn != nil {
		go conn.Close() // it may wait for a line that no longer answers
	}
	l.lines <- line{number: l.dialled, err: fmt.Errorf("the gateway was silent for %v", deafAfter)}
}

func (l *Link) hangUp() {
	if l.conn != nil {
		l.publish(offline())
		l.conn.Close()
	}
}

// offline is said in an orderly goodbye; else the broker says it for us.
func offline() Publish {
	payload, err := wire.Encode(wire.Status{Online: false})
	if err != nil {
		return Publish{Channel: wire.Presence, QoS: 1, Retain: true}
	}
	return Publish{Channel: wire.Presence, Payload: payload, QoS: 1, Retain: true}
}
