package broker_test

import (
	"encoding/binary"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"till/cloud/broker"
	"till/sync/wire"
	"till/sync/wire/mqtt"
)

var quiet = slog.New(slog.DiscardHandler)

type message struct {
	topic   string
	payload string
}

// dial connects and subscribes; what arrives comes on the channel.
func dial(t *testing.T, address, id string, filters ...string) (*mqtt.Conn, <-chan message) {
	t.Helper()
	arrived := make(chan message, 16)
	conn, err := mqtt.Connect(t.Context(), mqtt.Options{
		Broker: "tcp://" + address, ClientID: id, Timeout: 5 * time.Second, KeepAlive: 10 * time.Second,
		Handle: func(topic string, payload []byte) { arrived <- message{topic, string(payload)} },
		Lost:   func(error) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Subscribe(t.Context(), filters...); err != nil {
		conn.Close()
		t.Fatal(err)
	}
	return conn, arrived
}

func receive(t *testing.T, from <-chan message) message {
	t.Helper()
	select {
	case m := <-from:
		return m
	case <-time.After(5 * time.Second):
		t.Fatal("nothing arrived within 5 s")
		return message{}
	}
}

// untilKept waits until a newcomer gets the message: a broker hands it on to those
// who are there before it keeps it.
func untilKept(t *testing.T, address string, want message) {
	t.Helper()
	for range 50 {
		conn, arrived := dial(t, address, "newcomer", want.topic)
		select {
		case got := <-arrived:
			conn.Close()
			if got != want {
				t.Fatalf("kept %v, want %v", got, want)
			}
			return
		case <-time.After(100 * time.Millisecond):
			conn.Close()
		}
	}
	t.Fatal("the retained message is not kept")
}

// A retained message outlives the broker; the connection that said it does not matter.
func TestRetainedSurvivesRestart(t *testing.T) {
	dir := t.TempDir()
	want := message{wire.Presence.Topic("museum-1"), `{"online":true}`}
	b, address, err := broker.Start("127.0.0.1:0", dir, quiet)
	if err != nil {
		t.Fatal(err)
	}
	conn, arrived := dial(t, address, "museum-1", wire.Presence.Filter())
	if err := conn.Publish(want.topic, 1, true, []byte(want.payload)); err != nil {
		t.Fatal(err)
	}
	if got := receive(t, arrived); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	conn.Close()
	untilKept(t, address, want)
	b.Stop()

	if _, err := net.DialTimeout("tcp", address, time.Second); err == nil {
		t.Error("a stopped broker still listens")
	}
	b, address, err = broker.Start(address, dir, quiet) // at the same port
	if err != nil {
		t.Fatal(err)
	}
	defer b.Stop()
	untilKept(t, address, want) // it reads what it kept while it takes connections already
}

func TestPortTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	began := time.Now()
	_, _, err = broker.Start(l.Addr().String(), t.TempDir(), quiet)
	if err == nil || !strings.Contains(err.Error(), l.Addr().String()) || !strings.Contains(err.Error(), "in use") {
		t.Errorf("got %v; want it to say which port is in use", err)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it took %v to say so", took)
	}
}

func TestAddresses(t *testing.T) {
	for _, listen := range []string{"", "localhost", "127.0.0.1:http", "127.0.0.1:-1", "127.0.0.1:65536", "no.such.host.invalid:0"} {
		b, _, err := broker.Start(listen, t.TempDir(), quiet)
		if err == nil {
			b.Stop()
			t.Errorf("%q is an address", listen)
		} else if !strings.HasPrefix(err.Error(), "start broker: ") {
			t.Errorf("%q: %v", listen, err)
		}
	}
}

// Every message size that the wire allows goes through, and none is lost in a burst.
func TestLargestMessage(t *testing.T) {
	b, address, err := broker.Start("127.0.0.1:0", t.TempDir(), quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Stop()
	conn, arrived := dial(t, address, "museum-1", wire.Journal.Filter())
	defer conn.Close()
	largest := strings.Repeat("x", wire.MaxMessage)
	for range 20 {
		if err := conn.Publish(wire.Journal.Topic("museum-1"), 1, false, []byte(largest)); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		if got := receive(t, arrived); got.payload != largest {
			t.Fatalf("%d bytes arrived", len(got.payload))
		}
	}
}

// A lost terminal is announced by its last will, a terminal that says goodbye is not.
func TestLastWill(t *testing.T) {
	b, address, err := broker.Start("127.0.0.1:0", t.TempDir(), quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Stop()
	watcher, arrived := dial(t, address, "gateway", wire.Presence.Filter())
	defer watcher.Close()
	polite, err := mqtt.Connect(t.Context(), mqtt.Options{
		Broker: "tcp://" + address, ClientID: "polite", Timeout: 5 * time.Second, KeepAlive: 10 * time.Second,
		Will:   &mqtt.Will{Topic: wire.Presence.Topic("polite"), Payload: []byte("polite is gone")},
		Handle: func(string, []byte) {}, Lost: func(error) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	polite.Close()
	cutOff(t, address, "lost", wire.Presence.Topic("lost"), "lost is gone")
	if got := receive(t, arrived); got.payload != "lost is gone" {
		t.Errorf("the will says %q", got.payload)
	}
}

// cutOff connects with a last will, and drops the line without a goodbye.
func cutOff(t *testing.T, address, id, topic, will string) {
	t.Helper()
	line, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	text := func(b []byte, s string) []byte { return append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...) }
	const cleanWillQoS1Retained = 0x2E
	body := append(text(nil, "MQTT"), 4, cleanWillQoS1Retained, 0, 30)
	body = text(text(text(body, id), topic), will)
	if err := line.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := line.Write(append([]byte{0x10, byte(len(body))}, body...)); err != nil { // CONNECT
		t.Fatal(err)
	}
	var connack [4]byte
	if _, err := io.ReadFull(line, connack[:]); err != nil || connack != [4]byte{0x20, 2, 0, 0} {
		t.Fatalf("CONNACK is %x (%v)", connack, err)
	}
}
