package apart

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"till/cloud"
	"till/cloud/sandbox"
	"till/cloud/service"
	"till/payment"
	"till/sync/wire"
)

// runGateway is the gateway, with a socket for the customer's phone and the books.
func runGateway(ctx context.Context, p part, log *slog.Logger) error {
	losing := &loser{lost: map[payment.Order]bool{}}
	s, err := service.Start(service.Options{
		Dir: p.Dir, MQTT: p.Listen, Broker: p.Broker, Pace: p.Pace, Log: log, Outgoing: losing.outgoing,
	})
	if err != nil {
		return err
	}
	if err := os.Remove(p.Control); err != nil && !errors.Is(err, os.ErrNotExist) { // of one that was killed
		return errors.Join(fmt.Errorf("make the control socket: %w", err), s.Close())
	}
	l, err := net.Listen("unix", p.Control)
	if err != nil {
		return errors.Join(fmt.Errorf("make the control socket: %w", err), s.Close())
	}
	server := &http.Server{Handler: control(s), ReadHeaderTimeout: 5 * time.Second}
	go func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Error("control", "err", err)
		}
	}()
	err = s.Run(ctx)
	return errors.Join(err, server.Close(), s.Close())
}

// loser loses the first final answer of an order whose customer said so.
type loser struct {
	mu   sync.Mutex
	lost map[payment.Order]bool
}

func (l *loser) outgoing(s cloud.Send, box *sandbox.Sandbox) bool {
	if s.Channel != wire.Replies {
		return true
	}
	reply, err := wire.Decode[wire.Reply](s.Payload)
	if err != nil || !reply.Status.Final() || !box.Loses(reply.Order) {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	known := l.lost[reply.Order]
	l.lost[reply.Order] = true
	return known
}

// The control socket's messages.
type (
	codesWanted struct {
		Wallet payment.Wallet `json:"wallet"`
		Count  int            `json:"count"`
	}
	codesShown struct {
		Codes []string `json:"codes"`
	}
	nextWanted struct {
		Behaviour sandbox.Behaviour `json:"behaviour"`
	}
	payWanted struct {
		QR     string         `json:"qr"`
		Wallet payment.Wallet `json:"wallet"`
	}
	payDone struct {
		Status sandbox.PayStatus `json:"status"`
	}
	keyShown struct {
		Key    string `json:"key"`
		Broker string `json:"broker"`
	}
)

func control(s *service.Service) http.Handler {
	mux := http.NewServeMux()
	handle(mux, "/key", func(struct{}) (keyShown, error) { return keyShown{s.Key.String(), s.Broker}, nil })
	handle(mux, "/books", func(struct{}) (service.Books, error) { return s.Books() })
	handle(mux, "/next", func(n nextWanted) (struct{}, error) { return struct{}{}, s.Sandbox.SetNext(n.Behaviour) })
	handle(mux, "/pay", func(p payWanted) (payDone, error) {
		status, err := s.Sandbox.Pay(p.QR, p.Wallet)
		return payDone{status}, err
	})
	handle(mux, "/codes", func(w codesWanted) (codesShown, error) {
		var shown codesShown
		for range w.Count {
			code, _, err := s.Sandbox.NewCode(w.Wallet)
			if err != nil {
				return shown, err
			}
			shown.Codes = append(shown.Codes, code)
		}
		return shown, nil
	})
	return mux
}

// maxControl bounds what is asked, in bytes.
const maxControl = 64 << 10

func handle[Q, A any](mux *http.ServeMux, path string, do func(Q) (A, error)) {
	mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
		var q Q
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxControl)).Decode(&q); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		a, err := do(q)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_ = json.NewEncoder(w).Encode(a) // a caller that went away needs no answer
	})
}
