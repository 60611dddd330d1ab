package cloud_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"till/cloud"
	"till/cloud/broker"
	"till/cloud/fakeacquirer"
	"till/cloud/memledger"
	"till/payment"
	"till/sync/wire"
	"till/sync/wire/mqtt"
)

// patience of these tests: all of it is on loopback.
const patience = 10 * time.Second

var quiet = slog.New(slog.DiscardHandler)

// brokers are those the gateway is held against: the embedded one, and
// Mosquitto where it is installed. start listens at an address and is ended
// with the test, or by what it returns.
var brokers = []struct {
	name  string
	start func(t *testing.T, address string) (stop func())
}{
	{"embedded", func(t *testing.T, address string) func() {
		b, _, err := broker.Start(address, t.TempDir(), quiet)
		if err != nil {
			t.Fatal(err)
		}
		return b.Stop
	}},
	{"mosquitto", startMosquitto},
}

func startMosquitto(t *testing.T, address string) func() {
	binary, err := exec.LookPath("mosquitto")
	if err != nil {
		if binary, err = exec.LookPath("/usr/sbin/mosquitto"); err != nil {
			t.Skip("mosquitto is not installed: scripts/install-test-tools does it")
		}
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "mosquitto.conf")
	text := fmt.Sprintf("listener %s %s\nallow_anonymous true\npersistence false\n", port, host)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd := exec.Command(binary, "-c", config)
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(patience); ; {
		line, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			line.Close()
			break
		}
		if time.Now().After(end) {
			_ = cmd.Process.Kill() // it is of no use
			_ = cmd.Wait()         // the error is the kill
			t.Fatalf("mosquitto does not listen: %s", &said)
		}
	}
	return func() {
		_ = cmd.Process.Kill() // it keeps nothing
		_ = cmd.Wait()         // the error is the kill
	}
}

// freeAddress is a loopback address that nobody listens at.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// served is a running gateway.
type served struct {
	ledger   *memledger.Ledger
	acquirer *fakeacquirer.Acquirer
	key      wire.OpeningKey
	server   *cloud.Server
	commits  chan struct{} // a word after every commit
	lose     atomic.Int32  // so many messages are lost
	log      *logged
	ended    chan error
	stop     context.CancelFunc
}

// logged keeps what was said.
type logged struct {
	lines chan string
}

func (l *logged) Write(p []byte) (int, error) {
	select {
	case l.lines <- string(p):
	default:
	}
	return len(p), nil
}

func serve(t *testing.T, address string) *served {
	t.Helper()
	key, err := wire.NewOpeningKey()
	if err != nil {
		t.Fatal(err)
	}
	s := &served{
		ledger: memledger.New(), acquirer: fakeacquirer.New(), key: key, ended: make(chan error, 1),
		commits: make(chan struct{}, 1000), log: &logged{make(chan string, 1000)},
	}
	fast := cloud.WalletWaits(100)
	gateway, err := cloud.NewGateway(s.ledger, key, fast)
	if err != nil {
		t.Fatal(err)
	}
	s.server = cloud.NewServer(cloud.ServerConfig{
		Broker: "tcp://" + address, ClientID: "gateway", CallFor: fast.CallFor,
		Log:      slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Outgoing: func(cloud.Send) bool { return s.lose.Add(-1) < 0 },
		Changed: func() {
			select {
			case s.commits <- struct{}{}:
			default:
			}
		},
	}, gateway, s.acquirer)
	ctx, stop := context.WithCancel(t.Context())
	s.stop = stop
	go func() { s.ended <- s.server.Run(ctx) }()
	return s
}

// onLine waits for the gateway to have its line.
func (s *served) onLine(t *testing.T) {
	t.Helper()
	for end := time.After(patience); ; {
		select {
		case line := <-s.log.lines:
			if strings.Contains(line, "gateway on line") {
				return
			}
		case <-end:
			t.Fatal("the gateway is not on line")
		}
	}
}

func (s *served) end(t *testing.T) error {
	t.Helper()
	s.stop()
	select {
	case err := <-s.ended:
		return err
	case <-time.After(patience):
		t.Fatal("the gateway does not end")
		return nil
	}
}

// counter is a terminal's end of the line.
type counter struct {
	t       testing.TB
	id      string
	conn    *mqtt.Conn
	replies chan wire.Reply
	acks    chan wire.Acknowledgement
}

func newCounter(t testing.TB, address, id string) *counter {
	t.Helper()
	c := &counter{t: t, id: id, replies: make(chan wire.Reply, 100), acks: make(chan wire.Acknowledgement, 100)}
	conn, err := mqtt.Connect(t.Context(), mqtt.Options{
		Broker: "tcp://" + address, ClientID: id, Timeout: patience, KeepAlive: 30 * time.Second,
		Handle: c.arrived, Lost: func(error) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Subscribe(t.Context(), wire.DownFilter(id)); err != nil {
		t.Fatal(err)
	}
	c.conn = conn
	return c
}

func (c *counter) arrived(topic string, payload []byte) {
	switch topic {
	case wire.Replies.Topic(c.id):
		if r, err := wire.Decode[wire.Reply](payload); err == nil {
			c.replies <- r
		}
	case wire.Ack.Topic(c.id):
		if a, err := wire.Decode[wire.Acknowledgement](payload); err == nil {
			c.acks <- a
		}
	}
}

func (c *counter) send(to wire.Channel, qos byte, m any) {
	c.t.Helper()
	payload, err := wire.Encode(m)
	if err != nil {
		c.t.Fatal(err)
	}
	if err := c.conn.Publish(to.Topic(c.id), qos, false, payload); err != nil {
		c.t.Fatal(err)
	}
}

// reply waits for an order to reach a status.
func (c *counter) reply(order payment.Order, status payment.AttemptStatus) wire.Reply {
	c.t.Helper()
	for end := time.After(patience); ; {
		select {
		case r := <-c.replies:
			if r.Order == order && r.Status == status {
				return r
			}
		case <-end:
			c.t.Fatalf("order %s did not become %s", order, status)
		}
	}
}

func (c *counter) ack() wire.Acknowledgement {
	c.t.Helper()
	select {
	case a := <-c.acks:
		return a
	case <-time.After(patience):
		c.t.Fatal("nothing was acknowledged")
		return wire.Acknowledgement{}
	}
}

func (s *served) charge(t *testing.T, order payment.Order) wire.Request {
	t.Helper()
	sealed, err := s.key.Public().Seal(order, code)
	if err != nil {
		t.Fatal(err)
	}
	q := about(wire.Charge, order)
	q.Sealed, q.NotAfter = sealed, time.Now().Add(time.Minute)
	return q
}

func TestServer(t *testing.T) {
	for _, b := range brokers {
		t.Run(b.name, func(t *testing.T) {
			address := freeAddress(t)
			stop := b.start(t, address)
			defer func() { stop() }()
			s := serve(t, address)
			s.onLine(t)
			c := newCounter(t, address, terminal)

			c.send(wire.Requests, 1, wire.Request{Op: wire.Hello, Sent: time.Minute, Position: &wire.Position{Epoch: 1, Boot: "b1"}})
			if a := c.ack(); a.Seq != 0 || a.Echo != time.Minute || time.Since(a.Time).Abs() > patience {
				t.Errorf("hello is answered by %+v", a)
			}
			j := newJournal(terminal)
			c.send(wire.Journal, 1, wire.Upload{Epoch: 1, Records: j.add(t, created(saleID), cash(saleID, 1))})
			if a := c.ack(); a.Seq != 2 || a.Refused != "" {
				t.Errorf("the upload is answered by %+v", a)
			}

			c.send(wire.Requests, 0, s.charge(t, first))
			if r := c.reply(first, payment.Approved); r.Transaction == "" {
				t.Errorf("approved by %+v", r)
			}
			if calls := s.acquirer.Calls(cloud.StepCharge); len(calls) != 1 || calls[0].Code != code {
				t.Errorf("calls are %v", calls)
			}

			// A QR: the acquirer's news do not wait for the next query.
			shown := payment.NewOrder(otherID, 1)
			q := s.charge(t, shown)
			q.Op, q.Sealed = wire.Show, nil
			c.send(wire.Requests, 1, q)
			for c.reply(shown, payment.Waiting).QR == "" {
			}
			s.acquirer.Become(shown, fakeacquirer.Taken)
			s.server.Notify(shown)
			c.reply(shown, payment.Approved)

			// An acquirer that does not answer is given up and queried.
			silent := payment.NewOrder(otherID, 2)
			s.acquirer.Script(cloud.StepCharge, fakeacquirer.Answer{Silent: true})
			q = s.charge(t, silent)
			q.Tender = 2
			c.send(wire.Requests, 0, q)
			c.reply(silent, payment.Checking)
			c.reply(silent, payment.Approved)

			// A lost reply is asked for again.
			s.lose.Store(1)
			c.send(wire.Requests, 1, about(wire.Query, first))
			c.send(wire.Requests, 1, about(wire.Query, first))
			c.reply(first, payment.Approved)

			// Rubbish is logged, and nothing comes of it.
			if err := c.conn.Publish(wire.Requests.Topic(terminal), 1, false, []byte("{")); err != nil {
				t.Fatal(err)
			}

			// The broker goes away and comes back, with nothing in it.
			c.conn.Close()
			stop()
			stop = b.start(t, address)
			s.onLine(t)
			c = newCounter(t, address, terminal)
			c.send(wire.Requests, 1, about(wire.Query, first))
			c.reply(first, payment.Approved)
			c.conn.Close()
			if err := s.end(t); !errors.Is(err, context.Canceled) {
				t.Errorf("it ends with %v", err)
			}
			for len(s.log.lines) > 0 {
				if line := <-s.log.lines; strings.Contains(line, code) {
					t.Errorf("the code is in the log: %s", line)
				}
			}
		})
	}
}

// A fleet's retained presence meets the gateway as soon as it subscribes.
func TestServerMeetsAFleet(t *testing.T) {
	const fleet = 3000
	for _, b := range brokers {
		t.Run(b.name, func(t *testing.T) {
			address := freeAddress(t)
			stop := b.start(t, address)
			defer stop()
			c := newCounter(t, address, terminal)
			defer c.conn.Close()
			for i := range fleet {
				err := c.conn.Publish(wire.Presence.Topic(fmt.Sprintf("t-%d", i)), 1, true, []byte(`{"online":true}`))
				if err != nil {
					t.Fatal(err)
				}
			}
			c.send(wire.Ack, 1, wire.Acknowledgement{Seq: 1}) // comes back to us after all of them
			c.ack()
			began := time.Now()
			s := serve(t, address)
			s.onLine(t)
			for answered := false; !answered; { // a broker may drop one in that flood: terminals repeat themselves
				c.send(wire.Requests, 1, wire.Request{Op: wire.Hello, Position: &wire.Position{Epoch: 1}})
				select {
				case <-c.acks:
					answered = true
				case <-time.After(200 * time.Millisecond):
				case err := <-s.ended:
					t.Fatal(err)
				case <-t.Context().Done():
				}
				if time.Since(began) > patience {
					t.Fatal("no hello is answered")
				}
			}
			if err := s.end(t); !errors.Is(err, context.Canceled) {
				t.Errorf("it ends with %v", err)
			}
		})
	}
}

// A gateway that cannot commit must not go on.
func TestServerEndsWithItsLedger(t *testing.T) {
	address := freeAddress(t)
	stop := brokers[0].start(t, address)
	defer stop()
	s := serve(t, address)
	defer s.stop()
	s.onLine(t)
	c := newCounter(t, address, terminal)
	defer c.conn.Close()
	s.ledger.FailCommit(errCommit)
	c.send(wire.Requests, 0, s.charge(t, first))
	select {
	case err := <-s.ended:
		if !errors.Is(err, errCommit) {
			t.Errorf("it ends with %v", err)
		}
	case <-time.After(patience):
		t.Error("it goes on")
	}
	if calls := s.acquirer.Calls(); len(calls) != 0 {
		t.Errorf("calls are %v", calls)
	}
}
