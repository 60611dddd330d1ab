package demo

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"

	"till/cloud"
	"till/cloud/sandbox"
	"till/cloud/service"
	"till/payment"
	"till/sync/wire"
)

// backend is the cloud of the demo.
type backend struct {
	*service.Service
	hub    *hub
	log    *slog.Logger
	cancel context.CancelFunc
	done   chan struct{}

	mu      sync.Mutex
	lost    map[payment.Order]bool // first answers that were lost already
	version int                    // of the books, for the page
}

// startBackend starts the cloud in dir; failed is called if the gateway has to end.
func startBackend(ctx context.Context, dir string, pace int, h *hub, failed context.CancelCauseFunc, log *slog.Logger) (*backend, error) {
	b := &backend{hub: h, log: log, lost: map[payment.Order]bool{}, done: make(chan struct{})}
	b.changed()
	var err error
	b.Service, err = service.Start(service.Options{
		Dir: filepath.Join(dir, "cloud"), MQTT: "127.0.0.1:0", Pace: pace, Log: log,
		Outgoing: b.outgoing, Changed: b.changed,
	})
	if err != nil {
		return nil, err
	}
	ctx, b.cancel = context.WithCancel(ctx)
	go func() {
		defer close(b.done)
		if err := b.Run(ctx); err != nil {
			failed(err)
		}
	}()
	return b, nil
}

func (b *backend) stop() {
	b.cancel()
	<-b.done
	if err := b.Close(); err != nil {
		b.log.Warn("close the books", "err", err)
	}
}

// changed says that the books may have changed.
func (b *backend) changed() {
	b.mu.Lock()
	b.version++
	version := b.version
	b.mu.Unlock()
	b.hub.publish("ledger", map[string]int{"version": version})
}

// outgoing loses the first final answer of an order whose customer said so.
func (b *backend) outgoing(s cloud.Send, box *sandbox.Sandbox) bool {
	if s.Channel != wire.Replies {
		return true
	}
	reply, err := wire.Decode[wire.Reply](s.Payload)
	if err != nil || !reply.Status.Final() || !box.Loses(reply.Order) {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.lost[reply.Order] {
		return true
	}
	b.lost[reply.Order] = true
	b.log.Info("an answer was lost on its way", "order", reply.Order)
	return false
}
