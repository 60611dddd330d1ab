// Package mqtt is one connection to an MQTT 3.1.1 broker, through
// paho.mqtt.golang: made once, lost once, never resumed. Whoever wants another
// dials again, so that nothing of an old connection (a queued publish, least of
// all a sealed code) is sent on a new one.
package mqtt

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"
)

// Options say where and as whom to connect.
type Options struct {
	Broker   string // tcp://host:1883, ssl://host:8883, ws://… or wss://host:443/…
	ClientID string
	TLS      *tls.Config   // for ssl and wss
	Will     *Will         // published by the broker when the connection is lost
	Timeout  time.Duration // for connecting, and for one write
	// KeepAlive is how long the line may be silent before it is tried; whole seconds.
	KeepAlive time.Duration
	// Handle takes each message, one after another; it must not wait long.
	Handle func(topic string, payload []byte)
	// Lost is called once, when the connection is gone by itself.
	Lost func(error)
}

// Will is a last will, retained at QoS 1.
type Will struct {
	Topic   string
	Payload []byte
}

// Conn is a live connection.
type Conn struct {
	client paho.Client
	wait   time.Duration
}

// ErrRefused is wrapped where a broker answers, and does not take whoever asks.
var ErrRefused = errors.New("the broker refuses it")

// Connect dials and waits for the broker's CONNACK.
func Connect(ctx context.Context, o Options) (*Conn, error) {
	// Loopback needs no proxy; elsewhere paho heeds the environment's (http_proxy, all_proxy).
	opts := paho.NewClientOptions().AddBroker(o.Broker).SetClientID(o.ClientID).
		SetProtocolVersion(4).SetCleanSession(true).SetAutoReconnect(false).SetConnectRetry(false).
		SetStore(paho.NewMemoryStore()).SetOrderMatters(true).
		SetConnectTimeout(o.Timeout).SetWriteTimeout(o.Timeout).
		SetKeepAlive(o.KeepAlive).SetPingTimeout(o.Timeout).
		SetDialer(&net.Dialer{Timeout: o.Timeout}).
		SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { o.Handle(m.Topic(), m.Payload()) }).
		SetConnectionLostHandler(func(_ paho.Client, err error) { o.Lost(err) })
	if o.TLS != nil {
		opts.SetTLSConfig(o.TLS)
	}
	if o.Will != nil {
		opts.SetBinaryWill(o.Will.Topic, o.Will.Payload, 1, true)
	}
	c := &Conn{client: paho.NewClient(opts), wait: o.Timeout}
	if err := c.finish(ctx, c.client.Connect()); err != nil {
		c.client.Disconnect(0)
		for _, no := range []error{packets.ErrorRefusedNotAuthorised, packets.ErrorRefusedBadUsernameOrPassword, packets.ErrorRefusedIDRejected} {
			if errors.Is(err, no) {
				err = fmt.Errorf("%w: %w", ErrRefused, err)
			}
		}
		return nil, fmt.Errorf("connect to %s: %w", o.Broker, err)
	}
	return c, nil
}

// Subscribe subscribes at QoS 1: the broker keeps what was not yet acknowledged,
// while the connection lasts. It is for the one reader that takes everybody's.
func (c *Conn) Subscribe(ctx context.Context, filters ...string) error {
	return c.subscribe(ctx, 1, filters)
}

// SubscribeAtMostOnce subscribes at QoS 0: the broker sends and forgets. It is
// for the many, who ask again for what they miss: with NATS a QoS 1 subscription
// is a consumer, and to end one looks at every kept message and, for each, at
// every other consumer. A broker with 2,000 of them did not recover from a restart.
func (c *Conn) SubscribeAtMostOnce(ctx context.Context, filters ...string) error {
	return c.subscribe(ctx, 0, filters)
}

// subscribe waits for the broker's SUBACK, and looks at what it granted: paho's
// token has no error for a refused subscription.
func (c *Conn) subscribe(ctx context.Context, qos byte, filters []string) error {
	want := map[string]byte{}
	for _, f := range filters {
		want[f] = qos
	}
	token := c.client.SubscribeMultiple(want, nil)
	if err := c.finish(ctx, token); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	granted, ok := token.(*paho.SubscribeToken)
	if !ok {
		return errors.New("subscribe: the answer is not a subscription's")
	}
	for filter, qos := range granted.Result() {
		if qos > 1 {
			return fmt.Errorf("subscribe: %w: %s (code %#x)", ErrRefused, filter, qos)
		}
	}
	return nil
}

// Publish hands a message to the connection and does not wait for its PUBACK.
func (c *Conn) Publish(topic string, qos byte, retain bool, payload []byte) error {
	token := c.client.Publish(topic, qos, retain, payload)
	select {
	case <-token.Done():
		if err := token.Error(); err != nil {
			return fmt.Errorf("publish to %s: %w", topic, err)
		}
	default: // on its way
	}
	return nil
}

// Close ends the connection. The broker sends no will.
func (c *Conn) Close() { c.client.Disconnect(50) } // milliseconds for what is being written

// finish waits for a token, no longer than the connection's timeout.
func (c *Conn) finish(ctx context.Context, token paho.Token) error {
	timer := time.NewTimer(c.wait)
	defer timer.Stop()
	select {
	case <-token.Done():
		return token.Error()
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return fmt.Errorf("no answer within %v", c.wait)
	}
}
