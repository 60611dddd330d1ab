package cloud

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"sync"
	"time"

	"till/payment"
	"till/sync/wire"
	"till/sync/wire/mqtt"
)

// ServerConfig says where the broker is and whom to ask for money.
type ServerConfig struct {
	Broker   string
	ClientID string
	TLS      *tls.Config
	CallFor  time.Duration // an acquirer's call is given up after this
	Log      *slog.Logger
	// Outgoing, if set, sees every message before it is published, and false
	// loses it: the sandbox's lost replies, and tests.
	Outgoing func(Send) bool
	// Changed, if set, is told after every commit of the ledger.
	Changed func()
}

const (
	connectTimeout = 3 * time.Second
	keepAlive      = 10 * time.Second
	redialAfter    = 500 * time.Millisecond
	// batchSize bounds the events of one ledger commit.
	batchSize = 256
)

// Server runs a Gateway: the broker's messages, the acquirer's calls, the timer.
type Server struct {
	config   ServerConfig
	gateway  *Gateway
	acquirer Acquirer
	inbox    chan Event
	lost     chan error
	conn     *mqtt.Conn

	mu      sync.Mutex
	heard   map[string]time.Time // by terminal
	stood   map[string]wire.Position
	numbers uint64
	waiting map[uint64]chan<- wire.Acknowledgement // for the answer to what they brought
}

// NewServer is a server that does nothing until Run.
func NewServer(config ServerConfig, gateway *Gateway, acquirer Acquirer) *Server {
	return &Server{
		config: config, gateway: gateway, acquirer: acquirer,
		inbox: make(chan Event, 4*batchSize), lost: make(chan error, 1),
		heard:   map[string]time.Time{},
		stood:   map[string]wire.Position{},
		waiting: map[uint64]chan<- wire.Acknowledgement{},
	}
}

// Notify says that the acquirer has news of an order. It never waits: what is
// dropped here is found by the next query.
func (s *Server) Notify(order payment.Order) {
	select {
	case s.inbox <- Notified{order}:
	default:
	}
}

// News says that something was committed for a terminal from beside the gateway.
// It never waits: what is dropped here goes out with the terminal's next hello.
func (s *Server) News(terminal string) {
	select {
	case s.inbox <- News{terminal}:
	default:
	}
}

// Bring hands records of a terminal's journal to the gateway as if the terminal
// had sent them, and waits until they are in the ledger or refused. Server runs.
func (s *Server) Bring(ctx context.Context, terminal string, up wire.Upload) (wire.Acknowledgement, error) {
	if err := wire.CheckTerminal(terminal); err != nil {
		return wire.Acknowledgement{}, err
	}
	answer := make(chan wire.Acknowledgement, 1)
	s.mu.Lock()
	s.numbers++
	number := s.numbers
	s.waiting[number] = answer
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.waiting, number)
		s.mu.Unlock()
	}()
	select {
	case s.inbox <- Brought{number, terminal, up}:
	case <-ctx.Done():
		return wire.Acknowledgement{}, ctx.Err()
	}
	select {
	case ack := <-answer:
		return ack, nil
	case <-ctx.Done():
		return wire.Acknowledgement{}, ctx.Err()
	}
}

// brought hands an answer to whoever waits for it.
func (s *Server) brought(t Taken) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if answer, ok := s.waiting[t.Number]; ok {
		answer <- t.Acknowledgement // it holds one
		delete(s.waiting, t.Number)
	}
}

// Run serves until ctx ends, or the ledger fails: a gateway that cannot commit must not go on.
func (s *Server) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	redial := time.NewTimer(0)
	defer redial.Stop()
	due := time.NewTimer(0)
	defer due.Stop()
	defer s.hangUp()
	for {
		if deadline := s.gateway.Deadline(); !deadline.IsZero() {
			due.Reset(max(time.Millisecond, time.Until(deadline)))
		} else {
			due.Stop()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-redial.C:
			if err := s.dial(ctx); err != nil {
				s.config.Log.Debug("no line to the broker", "err", err)
				redial.Reset(redialAfter)
			}
		case err := <-s.lost:
			s.config.Log.Warn("line to the broker lost", "err", err)
			s.hangUp()
			redial.Reset(redialAfter)
		case e := <-s.inbox:
			if err := s.handle(ctx, s.more(e)); err != nil {
				return err
			}
		case <-due.C:
			if err := s.handle(ctx, s.more(Due{})); err != nil {
				return err
			}
		}
	}
}

// more takes what else is waiting: one commit serves them all.
func (s *Server) more(first Event) []Event {
	events := []Event{first}
	for len(events) < batchSize {
		select {
		case e := <-s.inbox:
			events = append(events, e)
		default:
			return events
		}
	}
	return events
}

func (s *Server) handle(ctx context.Context, events []Event) error {
	effects, err := s.gateway.Handle(events, time.Now())
	if err != nil {
		return err
	}
	for _, e := range effects {
		switch e := e.(type) {
		case Send:
			s.send(e)
		case Call:
			go s.call(ctx, e)
		case Alert:
			s.config.Log.Error("for the operator", "terminal", e.Terminal, "order", e.Order, "what", e.What)
		case Rejected:
			s.config.Log.Warn("message rejected", "terminal", e.Terminal, "err", e.Err)
		case Taken:
			s.brought(e)
		}
	}
	if s.config.Changed != nil {
		s.config.Changed()
	}
	return nil
}

func (s *Server) send(e Send) {
	if s.config.Outgoing != nil && !s.config.Outgoing(e) {
		return
	}
	if s.conn == nil {
		return // the terminal asks again
	}
	if err := s.conn.Publish(e.Channel.Topic(e.Terminal), 1, false, e.Payload); err != nil {
		s.config.Log.Debug("publish", "err", err)
	}
}

// call asks the acquirer, and reports whatever comes of it.
func (s *Server) call(ctx context.Context, c Call) {
	asking, done := context.WithTimeout(ctx, s.config.CallFor)
	defer done()
	result, err := s.ask(asking, c)
	if err != nil {
		if !errors.Is(err, context.DeadlineExceeded) {
			s.config.Log.Warn("acquirer", "step", c.Step, "order", c.Order.Number, "err", err)
		}
		result = Result{Outcome: Unknown}
	}
	select {
	case s.inbox <- Answered{Order: c.Order.Number, Refund: c.Refund.Number, Step: c.Step, Result: result}:
	case <-ctx.Done():
	}
}

func (s *Server) ask(ctx context.Context, c Call) (Result, error) {
	switch c.Step {
	case StepCharge:
		return s.acquirer.Charge(ctx, c.Order, c.Code)
	case StepShow:
		return s.acquirer.Show(ctx, c.Order)
	case StepRefund:
		return s.acquirer.Refund(ctx, c.Refund)
	case StepReverse:
		return s.acquirer.Reverse(ctx, c.Order.Number)
	default:
		return s.acquirer.Query(ctx, c.Order.Number)
	}
}

func (s *Server) dial(ctx context.Context) error {
	conn, err := mqtt.Connect(ctx, mqtt.Options{
		Broker: s.config.Broker, ClientID: s.config.ClientID, TLS: s.config.TLS,
		Timeout: connectTimeout, KeepAlive: keepAlive,
		Handle: func(topic string, payload []byte) { s.arrived(ctx, topic, payload) },
		Lost: func(err error) {
			select {
			case s.lost <- err:
			default:
			}
		},
	})
	if err != nil {
		return err
	}
	err = conn.Subscribe(ctx, wire.Journal.Filter(), wire.Requests.Filter(), wire.Presence.Filter(), wire.Results.Filter(), wire.Reports.Filter())
	if err != nil {
		conn.Close()
		return err
	}
	s.conn = conn
	s.config.Log.Info("gateway on line", "broker", s.config.Broker)
	return nil
}

func (s *Server) arrived(ctx context.Context, topic string, payload []byte) {
	terminal, channel, err := wire.ParseTopic(topic)
	if err != nil {
		s.config.Log.Warn("message on a foreign topic", "err", err)
		return
	}
	s.hear(terminal, channel, payload)
	select {
	case s.inbox <- Message{Terminal: terminal, Channel: channel, Payload: payload}:
	case <-ctx.Done():
	}
}

// hear notes a terminal's sign of life, and where it says that it stands. What the
// broker keeps is none.
func (s *Server) hear(terminal string, c wire.Channel, payload []byte) {
	if c == wire.Presence || c == wire.Reports {
		return
	}
	var said wire.Request
	if c == wire.Requests {
		said, _ = wire.Decode[wire.Request](payload) // what cannot be read is the gateway's to refuse
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard[terminal] = time.Now()
	if said.Op == wire.Hello && said.Position != nil {
		s.stood[terminal] = *said.Position
	}
}

// Stood is where a terminal's journal stood as it last said hello, since the start;
// zero if it never did.
func (s *Server) Stood(terminal string) wire.Position {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stood[terminal]
}

// Heard is when a terminal was last heard of, since the start; zero if never.
func (s *Server) Heard(terminal string) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.heard[terminal]
}

func (s *Server) hangUp() {
	if s.conn != nil {
		s.conn.Close()
		s.conn = nil
	}
}
