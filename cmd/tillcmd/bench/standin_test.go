package bench

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"

	"till/payment"
	"till/sync/wire"
	"till/sync/wire/mqtt"
)

// The stand-in is no room of its own with a public face: it is tested here as a
// client finds it, on its socket.

func newStandIn(t testing.TB) *standIn {
	t.Helper()
	s, err := startStandIn(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// dial connects a terminal, whose acknowledgements come out of the channel.
func dial(t *testing.T, s *standIn, terminal string) (*mqtt.Conn, <-chan wire.Acknowledgement) {
	t.Helper()
	acks := make(chan wire.Acknowledgement, 16)
	conn, err := mqtt.Connect(t.Context(), mqtt.Options{
		Broker: s.address(), ClientID: terminal, Timeout: 5 * time.Second, KeepAlive: 10 * time.Second,
		Handle: func(topic string, payload []byte) {
			a, err := wire.Decode[wire.Acknowledgement](payload)
			if err != nil || topic != wire.Ack.Topic(terminal) {
				t.Errorf("%s: %s, %v", topic, payload, err)
			}
			acks <- a
		},
		Lost: func(error) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	if err := conn.Subscribe(t.Context(), wire.DownFilter(terminal)); err != nil {
		t.Fatal(err)
	}
	return conn, acks
}

func send(t *testing.T, c *mqtt.Conn, terminal string, channel wire.Channel, message any) {
	t.Helper()
	payload, err := wire.Encode(message)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Publish(channel.Topic(terminal), 1, false, payload); err != nil {
		t.Fatal(err)
	}
}

func next(t *testing.T, acks <-chan wire.Acknowledgement) wire.Acknowledgement {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Second)
	defer stop()
	select {
	case a := <-acks:
		return a
	case <-ctx.Done():
		t.Fatal("no acknowledgement")
		return wire.Acknowledgement{}
	}
}

func records(t *testing.T, terminal string, n int) []wire.Record {
	t.Helper()
	prev := wire.Genesis(terminal, 1)
	var all []wire.Record
	for i := range n {
		id, err := saleID(uint64(i))
		if err != nil {
			t.Fatal(err)
		}
		r, err := wire.NewRecord(prev, uint64(i+1), stampOf(uint64(i)), payment.Event{Kind: payment.SaleCreated, Sale: id, Amount: 1, Currency: "USD"})
		if err != nil {
			t.Fatal(err)
		}
		all, prev = append(all, r), r.Hash
	}
	return all
}

func TestStandInAcknowledges(t *testing.T) {
	const terminal = "shop-1"
	s := newStandIn(t)
	conn, acks := dial(t, s, terminal)
	send(t, conn, terminal, wire.Requests, wire.Request{Op: wire.Hello, Position: &wire.Position{Epoch: 1, Last: 4}, Sent: time.Second})
	if a := next(t, acks); a.Epoch != 1 || a.Seq != 0 || a.Echo != time.Second || a.Time.IsZero() {
		t.Errorf("a hello is answered by %+v", a)
	}
	all := records(t, terminal, 4)
	send(t, conn, terminal, wire.Journal, wire.Upload{Epoch: 1, Records: all[:2]})
	if a := next(t, acks); a.Seq != 2 || a.Again {
		t.Errorf("two records: %+v", a)
	}
	send(t, conn, terminal, wire.Journal, wire.Upload{Epoch: 1, Records: all[3:]})
	if a := next(t, acks); a.Seq != 2 || !a.Again {
		t.Errorf("one left out: %+v", a)
	}
	send(t, conn, terminal, wire.Journal, wire.Upload{Epoch: 1, Records: all})
	if a := next(t, acks); a.Seq != 4 || a.Again {
		t.Errorf("all again: %+v", a)
	}
	conn.Close()

	other, news := dial(t, s, terminal) // it remembers
	send(t, other, terminal, wire.Requests, wire.Request{Op: wire.Hello, Position: &wire.Position{Epoch: 1, Last: 4}, Sent: 1})
	if a := next(t, news); a.Seq != 4 {
		t.Errorf("after a new connection: %+v", a)
	}
	if err := s.err(); err != nil {
		t.Error(err)
	}
}

func TestStandInHangsUpOnRubbish(t *testing.T) {
	s := newStandIn(t)
	for name, bad := range map[string][]byte{
		"too long":     {0x30, 0xFF, 0xFF, 0xFF, 0x7F},
		"endless":      bytes.Repeat([]byte{0xFF}, 32),
		"no such type": {0x00, 0x00},
		"half a hello": append([]byte{0x30, 0x20}, make([]byte, 0x20)...)[:2],
	} {
		conn, err := net.Dial("tcp", s.listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write(bad); err != nil {
			t.Fatal(err)
		}
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if err := conn.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, conn); n > 0 || err != nil {
			t.Errorf("%s: %d bytes of answer, %v", name, n, err)
		}
		conn.Close()
	}
}

// FuzzReadPacket: whatever comes is a packet or an error, and never more than it says.
func FuzzReadPacket(f *testing.F) {
	connect := packets.NewControlPacket(packets.Connect).(*packets.ConnectPacket)
	connect.ProtocolName, connect.ProtocolVersion, connect.ClientIdentifier = "MQTT", 4, "shop-1"
	subscribe := packets.NewControlPacket(packets.Subscribe).(*packets.SubscribePacket)
	subscribe.Topics, subscribe.Qoss = []string{"till/1/shop-1/down/+"}, []byte{1}
	publish := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
	publish.TopicName, publish.Payload, publish.Qos = "till/1/shop-1/up/journal", []byte("{}"), 1
	for _, p := range []packets.ControlPacket{connect, subscribe, publish} {
		var b bytes.Buffer
		if err := p.Write(&b); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Add([]byte{0x30, 0xFF, 0xFF, 0xFF, 0x7F})
	f.Fuzz(func(t *testing.T, raw []byte) {
		in := bufio.NewReader(bytes.NewReader(raw))
		for {
			p, err := readPacket(in)
			if (p == nil) == (err == nil) {
				t.Fatalf("%v, %v", p, err)
			}
			if err != nil {
				return
			}
		}
	})
}
