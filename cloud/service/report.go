package service

import (
	"fmt"
	"net/http"
	"time"

	"till/payment/figures"
	"till/sync/wire"
)

// Report is what some days came to on a terminal, by the ledger: what the
// terminal's own till report says of them.
//
//	GET /reports/{terminal}?from=2026-11-01&to=2026-11-30&zone=America/Los_Angeles -> figures.Report
func (s *Service) Report(terminal, from, to, zone string) (figures.Report, error) {
	place, err := time.LoadLocation(zone)
	if err != nil {
		return figures.Report{}, fmt.Errorf("time zone %.60q: %w", zone, err)
	}
	account, err := figures.New(terminal, from, to, place)
	if err != nil {
		return figures.Report{}, err
	}
	epochs, err := s.ledger.Epochs(terminal)
	if err != nil {
		return figures.Report{}, err
	}
	for _, epoch := range epochs {
		if err := s.ledger.Records(terminal, epoch, 1, func(r wire.Record) error {
			e, err := r.Event()
			if err != nil {
				return fmt.Errorf("record %d of epoch %d: %w", r.Seq, epoch, err)
			}
			return account.Add(r.Stamp, e)
		}); err != nil {
			return figures.Report{}, fmt.Errorf("figures of %s: %w", terminal, err)
		}
	}
	return account.Report(), nil
}

func (s *Service) reportOrders(mux *http.ServeMux) {
	mux.HandleFunc("GET /reports/{terminal}", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		report, err := s.Report(r.PathValue("terminal"), q.Get("from"), q.Get("to"), q.Get("zone"))
		s.say(w, report, err)
	})
}
