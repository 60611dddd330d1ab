package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"till/cloud"
	"till/cloud/broker"
	"till/cloud/ledger"
	"till/cloud/sandbox"
	"till/payment"
	"till/sync/wire"
)

// backend is the cloud: broker, gateway, ledger, sandbox acquirer.
type backend struct {
	broker string // address
	key    string // that terminals seal to
	ledger *ledger.Ledger
	box    *sandbox.Sandbox
	log    *slog.Logger

	nats   *broker.Broker
	cancel context.CancelFunc
	done   chan struct{}

	mu      sync.Mutex
	lost    map[payment.Order]bool // first answers that were lost already
	version int
	hub     *hub
}

// startBackend starts the cloud in dir; failed is called if the gateway has to end.
func startBackend(ctx context.Context, dir string, pace int, h *hub, failed context.CancelCauseFunc, log *slog.Logger) (*backend, error) {
	b := &backend{hub: h, log: log, lost: map[payment.Order]bool{}, done: make(chan struct{})}
	b.changed()
	key, err := gatewayKey(filepath.Join(dir, "cloud", "gateway.key"))
	if err != nil {
		return nil, err
	}
	b.key = key.Public().String()
	if b.nats, b.broker, err = broker.Start("127.0.0.1:0", filepath.Join(dir, "cloud", "broker"), log); err != nil {
		return nil, err
	}
	if b.ledger, err = ledger.Open(filepath.Join(dir, "cloud")); err != nil {
		b.nats.Stop()
		return nil, err
	}
	var server *cloud.Server
	notify := func(order payment.Order) {
		server.Notify(order)
		b.changed()
	}
	if b.box, err = sandbox.Open(filepath.Join(dir, "cloud"), pace, time.Now, notify); err != nil {
		b.nats.Stop()
		return nil, errors.Join(err, b.ledger.Close())
	}
	waits := cloud.WalletWaits(pace)
	gateway, err := cloud.NewGateway(b.ledger, key, waits)
	if err != nil {
		b.nats.Stop()
		return nil, errors.Join(err, b.box.Close(), b.ledger.Close())
	}
	server = cloud.NewServer(cloud.ServerConfig{
		Broker: "tcp://" + b.broker, ClientID: "gateway", CallFor: waits.CallFor, Log: log,
		Outgoing: b.outgoing, Changed: b.changed,
	}, gateway, b.box)
	ctx, b.cancel = context.WithCancel(ctx)
	go func() {
		defer close(b.done)
		if err := server.Run(ctx); err != nil && ctx.Err() == nil {
			failed(fmt.Errorf("gateway: %w", err))
		}
	}()
	return b, nil
}

// gatewayKey reads the gateway's key, or makes it.
func gatewayKey(path string) (wire.OpeningKey, error) {
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
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		return key, fmt.Errorf("write the gateway's key: %w", err)
	}
	return key, nil
}

func (b *backend) stop() {
	b.cancel()
	<-b.done
	b.nats.Stop()
	if err := errors.Join(b.box.Close(), b.ledger.Close()); err != nil {
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
func (b *backend) outgoing(s cloud.Send) bool {
	if s.Channel != wire.Replies {
		return true
	}
	reply, err := wire.Decode[wire.Reply](s.Payload)
	if err != nil || !reply.Status.Final() || !b.box.Loses(reply.Order) {
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

// ledgerJSON is ledger.json.
type ledgerJSON struct {
	Sales   []ledgerSale     `json:"sales"`
	Charges []sandbox.Charge `json:"charges"`
	Records int              `json:"records"`
	Gaps    int              `json:"gaps"`
}

type ledgerSale struct {
	ID       payment.SaleID `json:"id"`
	Terminal string         `json:"terminal"`
	Status   payment.Status `json:"status"`
	Amount   int64          `json:"amount"`
	Currency string         `json:"currency"`
	Tenders  []ledgerTender `json:"tenders"`
	Refunded int64          `json:"refunded"`
	Receipt  uint64         `json:"receipt,omitempty"`
}

type ledgerTender struct {
	Wallet payment.Wallet `json:"wallet"`
	Amount int64          `json:"amount"`
}

func (b *backend) books() (ledgerJSON, error) {
	l := ledgerJSON{Sales: []ledgerSale{}}
	err := b.ledger.View(func(tx cloud.Tx) error {
		sales, err := tx.Sales()
		if err != nil {
			return err
		}
		for _, e := range sales {
			s := ledgerSale{
				ID: e.Sale.ID, Terminal: e.Terminal, Status: e.Sale.Status(), Receipt: e.Sale.Receipt,
				Amount: e.Sale.Total.Amount, Currency: e.Sale.Total.Currency, Tenders: []ledgerTender{},
			}
			for _, t := range e.Sale.Tenders {
				s.Tenders = append(s.Tenders, ledgerTender{t.Wallet, t.Amount})
			}
			l.Sales = append(l.Sales, s)
		}
		count, err := tx.Journals()
		l.Records, l.Gaps = count.Records, count.Gaps
		return err
	})
	if err != nil {
		return l, fmt.Errorf("read the ledger: %w", err)
	}
	l.Charges, err = b.box.Charges()
	return l, err
}
