package sync_test

import (
	"context"
	"net"
	"testing"

	"github.com/eclipse/paho.mqtt.golang/packets"

	link "till/sync"
	"till/sync/wire"
)

// A terminal subscribes at QoS 0: a QoS 1 subscription is a consumer of the
// broker's, each of which makes every other's messages dearer, and of a clean
// session it is worth nothing once the line is gone. What is lost is asked for again.
func TestSubscribesAtMostOnce(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan struct{})
	terminalLink := link.NewLink(link.Config{
		Terminal: terminal, Broker: "tcp://" + l.Addr().String(), Log: quiet,
		Clock: func() link.Now { return link.Now{} }, Handle: func(link.Effect) {},
	}, &outbox{}, link.NewSession(boot, "test", epoch, 0, 0))
	go func() {
		defer close(ended)
		_ = terminalLink.Run(ctx) // ends by stop
	}()
	defer func() { stop(); <-ended }()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for {
		p, err := packets.ReadPacket(conn)
		if err != nil {
			t.Fatal(err)
		}
		switch p := p.(type) {
		case *packets.ConnectPacket:
			if !p.CleanSession {
				t.Error("the session is not clean")
			}
			if err := packets.NewControlPacket(packets.Connack).Write(conn); err != nil {
				t.Fatal(err)
			}
		case *packets.SubscribePacket:
			if len(p.Topics) != 1 || p.Topics[0] != wire.DownFilter(terminal) || p.Qoss[0] != 0 {
				t.Errorf("subscribes to %q at QoS %v, want %s at QoS 0", p.Topics, p.Qoss, wire.DownFilter(terminal))
			}
			return
		}
	}
}
