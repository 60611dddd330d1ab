// Package broker is the MQTT broker that ships with the gateway: NATS
// (nats-server) with its MQTT listener, in this process. It is a pipe: nothing
// of value is kept in it, so losing its folder loses nothing.
package broker

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// Broker is a running broker.
type Broker struct {
	server  *server.Server
	callout *callout // nil without Security
}

const (
	startTimeout = 10 * time.Second
	// handshakeTimeout is for TLS, and for finding out who it is: many terminals
	// may come at once after an outage.
	handshakeTimeout = 5 * time.Second
)

// Start listens for MQTT on host:port (port 0 is any free one) and keeps its
// retained messages in dir. Everybody who can reach it may do everything.
func Start(listen, dir string, log *slog.Logger) (*Broker, string, error) {
	return start(listen, dir, log, nil)
}

// StartSecure is Start for MQTT over TLS, for those who are admitted.
func StartSecure(listen, dir string, log *slog.Logger, security Security) (*Broker, string, error) {
	return start(listen, dir, log, &security)
}

func start(listen, dir string, log *slog.Logger, security *Security) (*Broker, string, error) {
	host, portText, err := net.SplitHostPort(listen)
	if err != nil {
		return nil, "", fmt.Errorf("start broker: address %q: %w", listen, err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil || port < 0 || port > 65535 {
		return nil, "", fmt.Errorf("start broker: port %q is not 0 to 65535", portText)
	}
	if port, err = freePort(host, port); err != nil {
		return nil, "", fmt.Errorf("start broker: %w", err)
	}
	options := &server.Options{
		ServerName: "till", DontListen: true, NoSigs: true, NoLog: true,
		JetStream: true, StoreDir: dir, JetStreamMaxMemory: 32 << 20, JetStreamMaxStore: 1 << 30,
		// A persistent MQTT subscription is a consumer; the default of 1,000 a
		// stream would refuse a fleet silently.
		JetStreamLimits: server.JSLimitOpts{DefaultMaxConsumers: -1},
		// Sessions are clean, so a subscription is forgotten with its connection: on
		// disk it would cost files, syncs, and 10 ms each when the broker ends.
		MQTT: server.MQTTOpts{Host: host, Port: port, ConsumerMemoryStorage: true},
	}
	b := &Broker{}
	if security != nil {
		if b.callout, err = newCallout(security.Admit, log); err != nil {
			return nil, "", fmt.Errorf("start broker: %w", err)
		}
		b.callout.configure(options)
		options.MQTT.TLSConfig = security.TLS.Clone()
		options.MQTT.TLSConfig.ClientAuth = tls.RequireAndVerifyClientCert
		options.MQTT.TLSTimeout, options.AuthTimeout = handshakeTimeout.Seconds(), handshakeTimeout.Seconds()
	}
	if b.server, err = server.NewServer(options); err != nil {
		return nil, "", fmt.Errorf("start broker: %w", err)
	}
	s := b.server
	s.SetLogger(logger{log}, false, false)
	s.Start()
	if b.callout != nil {
		if err := b.callout.serve(s); err != nil {
			b.Stop()
			return nil, "", fmt.Errorf("start broker: %w", err)
		}
	}
	if !s.ReadyForConnections(startTimeout) {
		b.Stop()
		return nil, "", errors.New("start broker: it is not ready within " + startTimeout.String() +
			"; is the port taken, or its folder damaged? The folder may be deleted, nothing is lost with it")
	}
	return b, net.JoinHostPort(host, strconv.Itoa(port)), nil
}

// freePort asks the system for a port, or whether this one is free: the broker
// itself would only fail to get ready. Somebody else could take it in between;
// then starting fails, and says so.
func freePort(host string, port int) (int, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return 0, err // it names the address
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// Stop ends the broker and waits for it.
func (b *Broker) Stop() {
	if b.callout != nil {
		b.callout.close()
	}
	b.server.Shutdown()
	b.server.WaitForShutdown()
}

// logger passes the broker's own words on.
type logger struct{ log *slog.Logger }

func (l logger) Noticef(format string, v ...any) { l.log.Debug("broker: " + fmt.Sprintf(format, v...)) }
func (l logger) Warnf(format string, v ...any)   { l.log.Debug("broker: " + fmt.Sprintf(format, v...)) }
func (l logger) Errorf(format string, v ...any)  { l.log.Warn("broker: " + fmt.Sprintf(format, v...)) }
func (l logger) Fatalf(format string, v ...any)  { l.log.Error("broker: " + fmt.Sprintf(format, v...)) }
func (l logger) Debugf(string, ...any)           {}
func (l logger) Tracef(string, ...any)           {}
