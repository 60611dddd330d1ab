package tillcmd

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"till/cmd/tillcmd/doctor"
	"till/device/identity"
	"till/sync/wire"
	"till/sync/wire/mqtt"
)

// gatewayProbe is the gateway of a configuration, as the doctor asks it.
type gatewayProbe struct {
	terminal string
	config   Gateway
	identity *identity.Identity // nil: the configuration says all
	at       *terminal          // at work: it has the one line there may be; nil where none is
}

var _ doctor.Gateway = gatewayProbe{}

func (p *patient) gateway() doctor.Gateway {
	return gatewayProbe{p.config.Terminal, p.config.Gateway, p.config.Identity, p.at}
}

// Address implements doctor.Gateway.
func (g gatewayProbe) Address() (host, port string, encrypted bool) {
	u, err := url.Parse(g.config.Broker)
	if err != nil { // the configuration's check has refused it
		return g.config.Broker, "", false
	}
	port = u.Port()
	if port == "" {
		port = map[string]string{"tcp": "1883", "ssl": "8883", "ws": "80", "wss": "443"}[u.Scheme]
	}
	return u.Hostname(), port, u.Scheme == "ssl" || u.Scheme == "wss"
}

// Resolve implements doctor.Gateway.
func (g gatewayProbe) Resolve(ctx context.Context) ([]string, error) {
	host, _, _ := g.Address()
	return net.DefaultResolver.LookupHost(ctx, host)
}

// dialWithin bounds a connection of the doctor's.
const dialWithin = 5 * time.Second

func (g gatewayProbe) dial(ctx context.Context) (net.Conn, error) {
	host, port, _ := g.Address()
	ctx, done := context.WithTimeout(ctx, dialWithin)
	defer done()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil && ctx.Err() != nil { // the dialer has an error of its own for that
		err = fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	return conn, err
}

// Connect implements doctor.Gateway.
func (g gatewayProbe) Connect(ctx context.Context) error {
	conn, err := g.dial(ctx)
	if err != nil {
		return err
	}
	return conn.Close()
}

// tls is how the terminal opens an encrypted line; nil without certificates.
func (g gatewayProbe) tls() (*tls.Config, error) {
	if g.identity != nil {
		return g.identity.TLS(), nil
	}
	return g.config.tls()
}

// Handshake implements doctor.Gateway.
func (g gatewayProbe) Handshake(ctx context.Context) (doctor.Validity, error) {
	config, err := g.tls()
	if err != nil {
		return doctor.Validity{}, err
	}
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	config.ServerName, _, _ = g.Address()
	raw, err := g.dial(ctx)
	if err != nil {
		return doctor.Validity{}, err
	}
	conn := tls.Client(raw, config)
	defer func() { _ = conn.Close() }() // nothing was sent on it
	ctx, done := context.WithTimeout(ctx, dialWithin)
	defer done()
	if err := conn.HandshakeContext(ctx); err != nil {
		return doctor.Validity{}, err
	}
	// With TLS 1.3 a server that refuses our certificate says so after the
	// handshake, with the first that is read. One that is content says nothing,
	// since it waits for us.
	if err := conn.SetReadDeadline(time.Now().Add(refusalWithin)); err != nil {
		return doctor.Validity{}, err
	}
	var timeout net.Error
	if _, err := conn.Read(make([]byte, 1)); err != nil && (!errors.As(err, &timeout) || !timeout.Timeout()) {
		return doctor.Validity{}, err
	}
	return validity(conn.ConnectionState().PeerCertificates[0]), nil
}

// refusalWithin is how long a server is given to refuse our certificate.
const refusalWithin = time.Second

func validity(c *x509.Certificate) doctor.Validity {
	return doctor.Validity{Name: c.Subject.CommonName, Before: c.NotBefore, After: c.NotAfter}
}

// Certificate implements doctor.Gateway.
func (g gatewayProbe) Certificate() (doctor.Validity, error) {
	if g.identity != nil {
		c, err := g.identity.TLS().GetClientCertificate(&tls.CertificateRequestInfo{})
		if err != nil {
			return doctor.Validity{}, err
		}
		if c.Leaf == nil {
			return doctor.Validity{}, doctor.ErrAbsent
		}
		return validity(c.Leaf), nil
	}
	if g.config.Certificate == "" {
		return doctor.Validity{}, doctor.ErrAbsent
	}
	pair, err := tls.LoadX509KeyPair(g.config.Certificate, g.config.PrivateKey)
	if err != nil {
		return doctor.Validity{}, err
	}
	return validity(pair.Leaf), nil
}

// Key implements doctor.Gateway.
func (g gatewayProbe) Key() string { return g.config.Key.Fingerprint() }

// refusal tells a broker that will not have this terminal from one that is not there.
func refusal(err error) error {
	if errors.Is(err, mqtt.ErrRefused) {
		return fmt.Errorf("%w: %w", doctor.ErrRefused, err)
	}
	return err
}

// greetWithin bounds the wait for a gateway's answer.
const greetWithin = 5 * time.Second

// Greet implements doctor.Gateway. A terminal at work has the one line that may
// be in its name: what it heard last counts.
func (g gatewayProbe) Greet(ctx context.Context) (doctor.Greeting, error) {
	if g.at != nil {
		return g.at.greeting(ctx)
	}
	config, err := g.tls()
	if err != nil {
		return doctor.Greeting{}, err
	}
	answers := make(chan wire.Acknowledgement, 1)
	conn, err := mqtt.Connect(ctx, mqtt.Options{
		Broker: g.config.Broker, ClientID: g.terminal, TLS: config, Timeout: dialWithin, KeepAlive: 10 * time.Second,
		Handle: func(topic string, payload []byte) {
			a, err := wire.Decode[wire.Acknowledgement](payload)
			if err != nil || topic != wire.Ack.Topic(g.terminal) || a.Echo == 0 {
				return // not what was asked for
			}
			select {
			case answers <- a:
			default:
			}
		},
		Lost: func(error) {},
	})
	if err != nil {
		return doctor.Greeting{}, refusal(err)
	}
	defer conn.Close()
	if err := conn.SubscribeAtMostOnce(ctx, wire.DownFilter(g.terminal)); err != nil {
		return doctor.Greeting{}, refusal(err)
	}
	// Of no journal: epoch 0 has none, so nothing of it can be refused.
	hello, err := wire.Encode(wire.Request{Op: wire.Hello, Sent: 1, Position: &wire.Position{Boot: "doctor", Version: Version}})
	if err != nil {
		return doctor.Greeting{}, err
	}
	sent := time.Now()
	if err := conn.Publish(wire.Requests.Topic(g.terminal), 1, false, hello); err != nil {
		return doctor.Greeting{}, err
	}
	select {
	case a := <-answers:
		half := time.Since(sent) / 2
		return doctor.Greeting{Time: a.Time, Off: time.Until(a.Time.Add(half)), Key: a.Key}, nil
	case <-time.After(greetWithin):
		return doctor.Greeting{}, doctor.ErrSilent
	case <-ctx.Done():
		return doctor.Greeting{}, ctx.Err()
	}
}
