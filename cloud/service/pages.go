package service

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"till/cloud"
	"till/cloud/merchant/pages"
	"till/payment"
	"till/payment/figures"
	"till/sync/wire/enrolment"
)

// Pages turns on the merchant's pages. They need Secure.
type Pages struct {
	Listen string // address; port 0 is any free one
	// Certificate and Key are files of a certificate that browsers trust, in PEM; they
	// are read anew when they change. "": one of the gateway's own authority.
	Certificate, Key string
}

// startPages opens their address.
func (s *Service) startPages(o Pages) error {
	if s.Terminals == nil {
		return errPlain
	}
	known := func(host string) bool { return slices.Contains(s.hosts, host) || slices.Contains(localHosts, host) }
	config := s.Terminals.Authority().ServerTLS(append(slices.Clone(s.hosts), localHosts...))
	config.ClientCAs, config.ClientAuth = nil, tls.NoClientCert // a browser would ask its user for one
	if o.Certificate != "" {
		bought := &certificate{paths: o, now: time.Now}
		if _, err := bought.get(); err != nil {
			return err
		}
		config.MinVersion, config.Time = tls.VersionTLS12, nil
		config.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return bought.get() }
		own := known
		known = func(host string) bool {
			c, err := bought.get()
			return err == nil && c.Leaf.VerifyHostname(host) == nil || own(host)
		}
	}
	handler, err := pages.New(pages.Options{Gateway: merchants{s}, Book: s.Merchants, Known: known, Public: o.Certificate != "", Log: s.log})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return fmt.Errorf("listen for the merchant's pages: %w; choose another address with -pages", err)
	}
	s.pages, s.pagesDoor = handler, tls.NewListener(l, config)
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return fmt.Errorf("the pages' address: %w", err)
	}
	s.Pages = "https://" + net.JoinHostPort(s.hosts[0], port)
	return nil
}

// localHosts are names by which a gateway is tried on its own machine.
var localHosts = []string{local, "127.0.0.1", "::1"}

// servePages serves them until ctx ends.
func (s *Service) servePages(ctx context.Context) error {
	server := &http.Server{
		Handler: s.pages, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 16 << 10, ErrorLog: quietly(s.log),
	}
	return serve(ctx, server, s.pagesDoor)
}

// certificate is one from files.
type certificate struct {
	paths Pages
	now   func() time.Time

	mu      sync.Mutex
	have    *tls.Certificate
	looked  time.Time
	changed time.Time // of the file that have is from
}

// lookEvery is how often it is seen whether the files are others.
const lookEvery = time.Minute

// get is the certificate as it is in the files; where they cannot be read, as it was.
func (c *certificate) get() (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); c.have == nil || now.Sub(c.looked) >= lookEvery {
		c.looked = now
		info, err := os.Stat(c.paths.Certificate)
		if err == nil && !info.ModTime().Equal(c.changed) {
			var fresh tls.Certificate
			if fresh, err = tls.LoadX509KeyPair(c.paths.Certificate, c.paths.Key); err == nil {
				c.have, c.changed = &fresh, info.ModTime()
			}
		}
		if c.have == nil {
			return nil, fmt.Errorf("certificate of the merchant's pages: %w", err)
		}
	}
	return c.have, nil
}

// merchants is what the pages need of the gateway.
type merchants struct{ *Service }

func (m merchants) Terminals(merchant string) ([]pages.Terminal, error) {
	own, err := m.Service.Terminals.Of(merchant)
	if err != nil {
		return nil, err
	}
	all := []pages.Terminal{}
	err = m.ledger.View(func(tx cloud.Tx) error {
		for _, t := range own {
			one := pages.Terminal{Terminal: t, Heard: m.server.Heard(t.ID), Wanted: m.Service.Terminals.Digest(t)}
			stood := m.server.Stood(t.ID)
			if stood.Epoch > 0 {
				head, err := tx.Head(t.ID, stood.Epoch)
				if err != nil {
					return err
				}
				one.Said, one.Waiting = true, stood.Last-min(stood.Last, head.Seq)
			}
			entry, known, err := tx.Terminal(t.ID)
			if err != nil {
				return err
			}
			if known {
				one.Version = entry.Version
				_ = json.Unmarshal(entry.Reported.Parts[enrolment.SettingsPart], &one.Has) // one that says nothing of use has none
			}
			all = append(all, one)
		}
		return nil
	})
	return all, err
}

func (m merchants) Sales(terminals []string, before payment.SaleID, most int) ([]pages.Sale, error) {
	all := []pages.Sale{}
	err := m.ledger.SalesOf(terminals, before, func(tx cloud.Tx, e cloud.SaleEntry) (bool, error) {
		one, _, err := seen(tx, e)
		all = append(all, one)
		return len(all) < most, err
	})
	return all, err
}

func (m merchants) Sale(id payment.SaleID) (d pages.Detail, ok bool, err error) {
	err = m.ledger.View(func(tx cloud.Tx) error {
		entry, there, err := tx.Sale(id)
		if ok = there; err != nil || !ok {
			return err
		}
		if d.Sale, d.Others, err = seen(tx, entry); err != nil {
			return err
		}
		for _, a := range d.SaleEntry.Sale.Attempts {
			known, there, err := tx.Attempt(payment.NewOrder(id, a.Number))
			if err != nil {
				return err
			}
			if there {
				d.Attempts = append(d.Attempts, known)
			}
		}
		for _, r := range d.SaleEntry.Sale.Refunds {
			known, there, err := tx.Refund(payment.NewRefundID(id, r.Number))
			if err != nil {
				return err
			}
			if there {
				d.Refunds = append(d.Refunds, known)
			}
		}
		return nil
	})
	return d, ok, err
}

func (m merchants) Paid(transaction string) (id payment.SaleID, err error) {
	err = m.ledger.View(func(tx cloud.Tx) error {
		order, known, err := tx.Transaction(transaction)
		if err != nil || !known {
			return err
		}
		id, _, err = order.Split()
		return err
	})
	return id, err
}

// seen is a sale as the merchant sees it, with its refunds at other terminals.
func seen(tx cloud.Tx, e cloud.SaleEntry) (one pages.Sale, others []cloud.RefundEntry, err error) {
	one.SaleEntry = e
	if one.Status, err = statusOf(tx, e); err != nil {
		return one, nil, err
	}
	refunded, voided := e.Sale.Refunded()
	if e.Sale.Elsewhere != nil { // it is a refund alone
		switch {
		case refunded > 0:
			one.Status = payment.StatusRefunded
		case e.Sale.OpenRefund() != nil:
			one.Status = payment.StatusChecking
		default:
			one.Status = payment.StatusDeclined
		}
		return one, nil, nil
	}
	all, err := tx.RefundsOf(e.Sale.ID)
	if err != nil {
		return one, nil, err
	}
	for _, r := range all {
		if under, _, err := r.Answer.Refund.Split(); err != nil || under == e.Sale.ID {
			continue
		}
		others = append(others, r)
		if r.Answer.Status == payment.RefundDone {
			one.Away += r.Answer.Amount
		}
	}
	if one.Status == payment.StatusApproved && one.Away > 0 && refunded+voided+one.Away == e.Sale.Total.Amount {
		one.Status = payment.StatusRefunded
	}
	return one, others, nil
}

func (m merchants) Report(terminal, from, to, zone string) (figures.Report, error) {
	return m.Service.Report(terminal, from, to, zone)
}

func (m merchants) Configure(terminal string, set enrolment.Settings, drop []string) error {
	_, err := m.Service.Configure(terminal, SettingsOrder{Set: set, Drop: drop})
	return err
}
