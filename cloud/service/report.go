package service

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"till/payment"
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
	kept := s.accounts.of(terminal, place.String())
	kept.mu.Lock()
	defer kept.mu.Unlock()
	if err := s.bringUp(kept, terminal, place); err != nil {
		kept.account = nil
		return figures.Report{}, fmt.Errorf("figures of %s: %w", terminal, err)
	}
	return kept.account.Between(from, to)
}

const (
	// mostAccounts and recentSales bound the memory of accounts: a busy shop's sales
	// take about a KiB each.
	mostAccounts = 100
	recentSales  = 2000
)

// accounts are those that reports were made of lately: a year's journal takes seconds
// to read, and what came since is little.
type accounts struct {
	mu  sync.Mutex
	all map[string]*account
}

// account is a terminal's, up to some record of each of its journals.
type account struct {
	mu      sync.Mutex
	account *figures.Account // nil: not begun
	read    map[uint32]uint64
	used    time.Time
}

func (a *accounts) of(terminal, zone string) *account {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := terminal + " " + zone
	if a.all == nil {
		a.all = map[string]*account{}
	}
	one := a.all[key]
	if one == nil {
		one = &account{}
		a.all[key] = one
	}
	one.used = time.Now()
	if len(a.all) > mostAccounts {
		oldest := slices.MinFunc(slices.Collect(maps.Keys(a.all)), func(x, y string) int { return a.all[x].used.Compare(a.all[y].used) })
		delete(a.all, oldest)
	}
	return one
}

// bringUp takes the records that came since, or all anew where that cannot be done.
func (s *Service) bringUp(kept *account, terminal string, place *time.Location) error {
	err := s.goOn(kept, terminal, place)
	if errors.Is(err, figures.ErrForgotten) {
		kept.account = nil
		err = s.goOn(kept, terminal, place)
	}
	if err == nil {
		kept.account.Forget(s.recentSales())
	}
	return err
}

func (s *Service) goOn(kept *account, terminal string, place *time.Location) error {
	epochs, err := s.ledger.Epochs(terminal)
	if err != nil {
		return err
	}
	if kept.account != nil && s.cameLate(kept, terminal, epochs) {
		kept.account = nil
	}
	if kept.account == nil {
		kept.account, kept.read = figures.NewWhole(terminal, place), map[uint32]uint64{}
	}
	for _, epoch := range epochs {
		if err := s.ledger.Records(terminal, epoch, kept.read[epoch]+1, func(r wire.Record) error {
			e, err := r.Event()
			if err != nil {
				kept.account.LeaveOut()
			} else if err := kept.account.Add(r.Stamp, e); errors.Is(err, payment.ErrImpossible) {
				kept.account.LeaveOut()
			} else if err != nil {
				return fmt.Errorf("record %d of epoch %d: %w", r.Seq, epoch, err)
			}
			kept.read[epoch] = r.Seq
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// cameLate says that a journal before the newest that was read has records that were
// not: those of a dead terminal's card, say. They belong before what was read.
func (s *Service) cameLate(kept *account, terminal string, epochs []uint32) bool {
	newest := slices.Max(append(slices.Collect(maps.Keys(kept.read)), 0))
	errMore := errors.New("there is another record")
	for _, epoch := range epochs {
		if epoch >= newest {
			continue
		}
		if err := s.ledger.Records(terminal, epoch, kept.read[epoch]+1, func(wire.Record) error { return errMore }); err != nil {
			return true
		}
	}
	return false
}

func (s *Service) recentSales() int { return cmp.Or(s.recent, recentSales) }

func (s *Service) reportOrders(mux *http.ServeMux) {
	mux.HandleFunc("GET /reports/{terminal}", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if err := s.checkTerminal(r.PathValue("terminal")); err != nil {
			s.say(w, nil, err)
			return
		}
		report, err := s.Report(r.PathValue("terminal"), q.Get("from"), q.Get("to"), q.Get("zone"))
		s.say(w, report, err)
	})
}
