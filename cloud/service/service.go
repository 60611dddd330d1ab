// Package service is a whole gateway in one process: the embedded broker, the
// bbolt ledger and the sandbox acquirer around cloud's logic. till-cloud and
// till-demo run it.
package service

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"till/cloud"
	"till/cloud/broker"
	"till/cloud/enrol"
	"till/cloud/ledger"
	"till/cloud/merchant"
	"till/cloud/releases"
	"till/cloud/sandbox"
	"till/durable"
	"till/payment"
	"till/sync/wire"
)

// Options say where the gateway lives.
type Options struct {
	Dir      string  // ledger, key, the broker's folder
	MQTT     string  // the embedded broker's address; port 0 is any free one
	Broker   string  // host and port of a broker elsewhere; then none is embedded
	Secure   *Secure // instead of MQTT and Broker: mutual TLS, and enrolment
	Pages    *Pages  // the merchant's, see Pages; nil: none
	Desk     bool    // takes the operator's orders on a socket in Dir, see SocketIn
	Pace     int     // the waits that wallets impose are divided by it
	Log      *slog.Logger
	Outgoing func(cloud.Send, *sandbox.Sandbox) bool // see cloud.ServerConfig
	Changed  func()                                  // the books may have changed
}

// Service is a running gateway.
type Service struct {
	Broker  string // the broker's address; with Secure, as terminals have it in their settings
	Key     wire.SealingKey
	Sandbox *sandbox.Sandbox

	Terminals *enrol.Registry // nil without Secure
	Enrolment string          // where devices enrol, https://…; "" without Secure
	Merchants *merchant.Book  // nil without Secure
	Pages     string          // where merchants sign in, https://…; "" without Options.Pages

	dir       string
	hosts     []string
	desk      bool
	door      net.Listener // of Enrolment
	pages     http.Handler
	pagesDoor net.Listener
	broker    string // as the gateway itself dials it
	brokerTLS *tls.Config
	ledger    *ledger.Ledger
	server    *cloud.Server
	releases  *releases.Repository
	rollouts  *releases.Rollouts
	nats      *broker.Broker
	log       *slog.Logger
	accounts  accounts
	recent    int // sales that an account keeps; 0: recentSales
}

// Start opens the books and starts the broker. The gateway itself works in Run.
func Start(o Options) (*Service, error) {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the gateway's folder: %w", err)
	}
	s := &Service{log: o.Log, dir: o.Dir, desk: o.Desk}
	if o.Secure != nil {
		s.hosts = o.Secure.Hosts
	}
	if err := s.start(o); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Service) start(o Options) error {
	key, err := openKey(filepath.Join(o.Dir, "gateway.key"))
	if err != nil {
		return err
	}
	s.Key = key.Public()
	// The ledger first: its lock tells a second gateway on the folder.
	if s.ledger, err = ledger.Open(o.Dir); err != nil {
		return err
	}
	if err := s.openReleases(); err != nil {
		return err
	}
	started := make(chan struct{})
	defer close(started)
	notify := func(order payment.Order) {
		<-started // money that was to move while the gateway was down moves as soon as the sandbox is open
		if s.server == nil {
			return // it was not to start
		}
		s.server.Notify(order)
		if o.Changed != nil {
			o.Changed()
		}
	}
	if s.Sandbox, err = sandbox.Open(o.Dir, o.Pace, time.Now, notify); err != nil {
		return err
	}
	switch s.Broker = o.Broker; {
	case o.Secure != nil:
		err = s.startSecure(o)
	case s.Broker == "":
		s.nats, s.Broker, err = broker.Start(o.MQTT, filepath.Join(o.Dir, "broker"), o.Log)
	}
	if err != nil {
		return err
	}
	if s.broker == "" {
		s.broker = "tcp://" + s.Broker
	}
	if o.Pages != nil {
		if err := s.startPages(*o.Pages); err != nil {
			return err
		}
	}
	waits := cloud.WalletWaits(o.Pace)
	gateway, err := cloud.NewGateway(s.ledger, key, waits)
	if err != nil {
		return err
	}
	if s.Terminals != nil {
		gateway.Merchant = s.owner
	}
	s.server = cloud.NewServer(cloud.ServerConfig{
		Broker: s.broker, TLS: s.brokerTLS, ClientID: enrol.GatewayName, CallFor: waits.CallFor, Log: o.Log, Changed: o.Changed,
		Outgoing: func(send cloud.Send) bool { return o.Outgoing == nil || o.Outgoing(send, s.Sandbox) },
	}, gateway, s.Sandbox)
	return nil
}

// openKey reads the gateway's key, or makes it.
func openKey(path string) (wire.OpeningKey, error) {
	raw, err := os.ReadFile(path)
	if err == nil {
		return wire.ParseOpeningKey(raw)
	}
	if !errors.Is(err, os.ErrNotExist) {
		return wire.OpeningKey{}, fmt.Errorf("read the gateway's key: %w", err)
	}
	key, err := wire.NewOpeningKey()
	if err != nil {
		return key, err
	}
	if raw, err = key.Bytes(); err != nil {
		return key, fmt.Errorf("write the gateway's key: %w", err)
	}
	if err := durable.Write(path, raw, 0o600); err != nil {
		return key, fmt.Errorf("write the gateway's key: %w", err)
	}
	return key, nil
}

// Run works until ctx ends, or the ledger fails.
func (s *Service) Run(outer context.Context) error {
	ctx, stop := context.WithCancelCause(outer)
	defer stop(nil)
	parts := map[string]func(context.Context) error{"gateway": s.server.Run, "releases": s.keepReleases}
	if s.Terminals != nil {
		parts["enrolment"] = s.serveDevices
	}
	if s.pagesDoor != nil {
		parts["pages"] = s.servePages
	}
	if s.desk {
		parts["desk"] = s.serveDesk
	}
	var all sync.WaitGroup
	for name, part := range parts {
		all.Go(func() {
			if err := part(ctx); err != nil && ctx.Err() == nil {
				stop(fmt.Errorf("%s: %w", name, err))
			}
		})
	}
	all.Wait()
	if outer.Err() != nil {
		return nil
	}
	return context.Cause(ctx)
}

// Close ends the broker and closes the books; Run has ended.
func (s *Service) Close() error {
	var failed error
	if s.nats != nil {
		s.nats.Stop()
	}
	for _, door := range []net.Listener{s.door, s.pagesDoor} {
		if door == nil {
			continue
		}
		if err := door.Close(); !errors.Is(err, net.ErrClosed) { // the server that it was given closes it too
			failed = errors.Join(failed, err)
		}
	}
	if s.Merchants != nil {
		failed = errors.Join(failed, s.Merchants.Close())
	}
	if s.Terminals != nil {
		failed = errors.Join(failed, s.Terminals.Close())
	}
	if s.Sandbox != nil {
		failed = errors.Join(failed, s.Sandbox.Close())
	}
	if s.ledger != nil {
		failed = errors.Join(failed, s.ledger.Close())
	}
	return failed
}
