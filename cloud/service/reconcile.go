package service

import (
	"fmt"
	"net/http"
	"time"

	"till/cloud/ledger"
	"till/cloud/reconcile"
	"till/cloud/sandbox"
	"till/payment"
	"till/sync/wire"
)

// books are what is reconciled: the ledger at one moment, and the acquirer's book
// at the moment before it.
type books struct {
	ledger.Picture
	acquirer sandbox.Picture
	moved    map[payment.Order]bool // at the acquirer, between the two
}

func (b books) Records(terminal string, epoch uint32, f func(wire.Record) error) error {
	return b.Picture.Records(terminal, epoch, 1, f)
}

func (b books) Lines(f func(reconcile.Line) error) error { return b.acquirer.Lines(f) }

func (b books) Moving(o payment.Order) bool { return b.moved[o] }

// Reconcile holds the terminals' journals, the ledger and the acquirer's book
// against each other, over days of the shop's; no terminals are all.
//
//	GET /reconciliation?from=2026-11-01&to=2026-11-30&zone=America/Los_Angeles&terminal=till-07 -> reconcile.Report
func (s *Service) Reconcile(from, to, zone string, terminals []string) (report reconcile.Report, err error) {
	place, err := time.LoadLocation(zone)
	if err != nil {
		return report, fmt.Errorf("time zone %.60q: %w", zone, err)
	}
	stop := s.Sandbox.Watch()
	defer stop()
	// The acquirer's first: what it has by then, the ledger has as attempts.
	err = s.Sandbox.Read(func(acquirer sandbox.Picture) error {
		return s.ledger.Read(func(picture ledger.Picture) error {
			report, err = reconcile.Reconcile(books{picture, acquirer, stop()}, reconcile.Question{
				From: from, To: to, Zone: place, Terminals: terminals, Now: time.Now().UTC().Truncate(time.Second),
			})
			return err
		})
	})
	if err != nil {
		return report, fmt.Errorf("reconcile: %w", err)
	}
	return report, nil
}

func (s *Service) reconcileOrders(mux *http.ServeMux) {
	mux.HandleFunc("GET /reconciliation", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		for _, id := range q["terminal"] {
			if err := s.checkTerminal(id); err != nil {
				s.say(w, nil, err)
				return
			}
		}
		report, err := s.Reconcile(q.Get("from"), q.Get("to"), q.Get("zone"), q["terminal"])
		s.say(w, report, err)
	})
}
