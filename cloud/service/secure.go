package service

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"till/cloud/broker"
	"till/cloud/enrol"
	"till/cloud/merchant"
	"till/sync/wire"
	"till/sync/wire/enrolment"
	"till/sync/wire/updates"
)

// Secure turns on mutual TLS: the broker admits only those whose certificate is
// in force, and devices get theirs over HTTPS.
type Secure struct {
	MQTT  string // address of the broker over TLS; port 0 is any free one
	Enrol string // address of the enrolment over HTTPS; likewise
	// Hosts are the names and addresses that terminals reach this gateway by. The
	// first is the one in their settings.
	Hosts []string
}

// local is the name by which the gateway reaches its own broker.
const local = "localhost"

// startSecure opens the book of terminals and starts the broker behind it.
func (s *Service) startSecure(o Options) error {
	if len(o.Secure.Hosts) == 0 {
		return errors.New("say by which name terminals reach this gateway")
	}
	var err error
	var address string
	// The book needs the broker's port, and the broker the book.
	l, err := net.Listen("tcp", o.Secure.Enrol)
	if err != nil {
		return fmt.Errorf("listen for enrolment: %w", err)
	}
	s.door = l
	common := enrolment.Settings{"gateway.key": s.Key.String()}
	s.Terminals, err = enrol.Open(filepath.Join(o.Dir, "enrol"), enrol.Options{
		Common: common,
		Epoch: func(terminal string) (uint32, error) {
			epochs, err := s.ledger.Epochs(terminal)
			if err != nil || len(epochs) == 0 {
				return 0, err
			}
			return epochs[len(epochs)-1], nil
		},
		Withdrawn: func(terminal string) {
			if err := s.nats.Disconnect(terminal); err != nil {
				s.log.Error("end the connection of a terminal that is out", "terminal", terminal, "err", err)
			}
		},
		Changed: func(terminal string, all enrolment.Settings) {
			if _, err := s.wishSettings(terminal, all); err != nil {
				s.log.Error("settings", "terminal", terminal, "err", err)
			}
		},
	})
	if err != nil {
		return err
	}
	if s.Merchants, err = merchant.Open(o.Dir, merchant.Options{}); err != nil {
		return err
	}
	authority := s.Terminals.Authority()
	// So that the gateway itself, and whoever tries it on this machine, need no other name.
	hosts := append(append([]string{}, o.Secure.Hosts...), local, "127.0.0.1", "::1")
	server := authority.ServerTLS(hosts)
	s.nats, address, err = broker.StartSecure(o.Secure.MQTT, filepath.Join(o.Dir, "broker"), o.Log, broker.Security{TLS: server, Admit: s.admit})
	if err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("the broker's address: %w", err)
	}
	s.Broker = "ssl://" + net.JoinHostPort(o.Secure.Hosts[0], port)
	common["gateway.broker"] = s.Broker // no device is served before
	s.broker, s.brokerTLS = "ssl://"+net.JoinHostPort(local, port), authority.GatewayTLS()
	_, port, err = net.SplitHostPort(l.Addr().String())
	if err != nil {
		return fmt.Errorf("the enrolment's address: %w", err)
	}
	s.Enrolment = "https://" + net.JoinHostPort(o.Secure.Hosts[0], port)
	return nil
}

// admit is the book's word on who may connect, as topics.
func (s *Service) admit(cert *x509.Certificate, clientID string) (broker.Pass, error) {
	pass, err := s.Terminals.Admit(cert, clientID)
	if err != nil {
		return broker.Pass{}, err
	}
	if pass.Terminal == "" {
		all := []string{wire.AllFilter}
		return broker.Pass{Name: clientID, Publish: all, Subscribe: all}, nil // its certificate follows itself, see enrol.Authority
	}
	return broker.Pass{
		Name: pass.Terminal, Publish: []string{wire.UpFilter(pass.Terminal)}, Subscribe: []string{wire.DownFilter(pass.Terminal)}, Until: pass.NotAfter,
	}, nil
}

// serveDevices serves the enrolment until ctx ends.
func (s *Service) serveDevices(ctx context.Context) error {
	mux := http.NewServeMux()
	mux.Handle("/", s.Terminals.Handler(s.log))
	mux.Handle(updates.Root, s.UpdatesHandler())
	server := &http.Server{
		Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second,
		MaxHeaderBytes: 16 << 10, ErrorLog: quietly(s.log),
	}
	hosts := append([]string{}, s.hosts...)
	return serve(ctx, server, tls.NewListener(s.door, s.Terminals.Authority().ServerTLS(append(hosts, local, "127.0.0.1", "::1"))))
}

// serveDesk serves the operator's orders on a socket in the gateway's folder.
func (s *Service) serveDesk(ctx context.Context) error {
	path := SocketIn(s.dir)
	_ = os.Remove(path) // of a gateway that was killed; the ledger's lock says that there is no other
	l, err := net.Listen("unix", path)
	if err != nil {
		return fmt.Errorf("listen for the operator's orders: %w: is the folder's path too long for a socket?", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return errors.Join(fmt.Errorf("keep the operator's socket to its owner: %w", err), l.Close())
	}
	server := &http.Server{Handler: s.deskHandler(), ReadHeaderTimeout: 5 * time.Second, ErrorLog: quietly(s.log)}
	return serve(ctx, server, l)
}

// serve is server.Serve until ctx ends.
func serve(ctx context.Context, server *http.Server, l net.Listener) error {
	stop := context.AfterFunc(ctx, func() { _ = server.Close() }) // what it says changes nothing: the program ends
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return ctx.Err()
}

// SocketIn is the operator's socket in a gateway's folder.
func SocketIn(dir string) string { return filepath.Join(dir, "gateway.sock") }
