// Package pages is what a merchant sees of the gateway: pages behind a login, with the
// money of the merchant's own terminals, and their settings. They work without
// JavaScript, in English and Chinese.
package pages

import (
	"embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"till/cloud"
	"till/cloud/enrol"
	"till/cloud/merchant"
	"till/cloud/reconcile"
	"till/payment"
	"till/payment/figures"
	"till/sync/wire/enrolment"
)

// Gateway is what the pages need of it. Whose a terminal is, the pages look after.
type Gateway interface {
	// Terminals are a merchant's, by their ids.
	Terminals(merchant string) ([]Terminal, error)
	// Sales are those of some terminals from before one on, the newest first.
	Sales(terminals []string, before payment.SaleID, most int) ([]Sale, error)
	// Sale is one, with all that is known of it; false: there is none.
	Sale(id payment.SaleID) (Detail, bool, error)
	// Paid is the sale that a wallet's number is of, as far as the gateway had it paid; "": none.
	Paid(transaction string) (payment.SaleID, error)
	// Report is what some days came to on a terminal.
	Report(terminal, from, to, zone string) (figures.Report, error)
	// Reconcile holds the books of some terminals against each other; none are all.
	Reconcile(from, to, zone string, terminals []string) (reconcile.Report, error)
	// Configure gives a terminal other settings.
	Configure(terminal string, set enrolment.Settings, drop []string) error
}

// Terminal is one, as the gateway knows it.
type Terminal struct {
	enrol.Terminal
	Heard   time.Time // zero: not since the gateway was started
	Waiting uint64    // records that it had to send when it was last heard
	Said    bool      // Waiting is known
	// Wanted is the digest of the settings that it is to have; Has is what it reports.
	Wanted string
	Has    enrolment.SettingsNote
}

// Sale is one of the ledger's, or a refund of one that another terminal made, which has
// a number of its own. Status is what the gateway has found out, where the terminal has
// not said so yet.
type Sale struct {
	cloud.SaleEntry
	Status payment.Status
	Away   int64 // given back of it at other terminals, minor units
}

// fetched is the sale that a refund is of, if another terminal made it; nil: it is none.
func (s Sale) fetched() *payment.Elsewhere { return s.SaleEntry.Sale.Elsewhere }

// sold is what the sale came to: nothing, where it only gives back.
func (s Sale) sold() int64 {
	if s.fetched() != nil {
		return 0
	}
	return s.SaleEntry.Sale.Total.Amount
}

// Detail is a sale with what the gateway did for it.
type Detail struct {
	Sale
	Attempts []cloud.Attempt     // by number; none where the terminal's alone are known
	Refunds  []cloud.RefundEntry // likewise
	Others   []cloud.RefundEntry // of it, at other terminals
}

// Options of the pages.
type Options struct {
	Gateway Gateway
	Book    *merchant.Book
	Known   func(host string) bool // names that the pages are asked for under, without a port
	Public  bool                   // a certificate that browsers trust: they are told to insist on TLS
	Now     func() time.Time       // nil: time.Now
	Log     *slog.Logger
}

//go:embed templates assets
var files embed.FS

type server struct {
	Options
	templates *template.Template
	assets    map[string]asset
	settling  sync.Mutex // of settings, which are read, changed and given
}

// New serves the pages. They stand behind TLS.
func New(o Options) (http.Handler, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &server{Options: o}
	var err error
	if s.templates, err = template.ParseFS(files, "templates/*.html"); err != nil {
		return nil, fmt.Errorf("the merchant's pages: %w", err)
	}
	if s.assets, err = readAssets(); err != nil {
		return nil, fmt.Errorf("the merchant's pages: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login", s.loginPage)
	mux.HandleFunc("POST /login", s.login)
	mux.HandleFunc("GET /language/{language}", s.language)
	mux.HandleFunc("GET /assets/{name}", s.asset)
	for pattern, page := range map[string]page{
		"GET /{$}":                 s.day,
		"GET /day.csv":             s.dayCSV,
		"GET /sales":               s.sales,
		"GET /sales.csv":           s.salesCSV,
		"GET /sales/{id}":          s.sale,
		"GET /reconciliation":      s.reconciliation,
		"GET /reconciliation.csv":  s.reconciliationCSV,
		"GET /terminals":           s.terminals,
		"GET /settings":            s.settingsPage,
		"GET /settings/items.csv":  s.catalogueCSV,
		"POST /settings/{section}": s.settle,
		"GET /account":             s.accountPage,
		"POST /account":            s.changePassword,
		"POST /logout":             s.logout,
	} {
		mux.HandleFunc(pattern, s.signedIn(page))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.nothing(w, r) })
	return s.guard(http.NewCrossOriginProtection().Handler(mux)), nil
}

// maxBody bounds what is sent to a page, in bytes: a catalogue.
const maxBody = 1 << 20

// guard is before every page: who asks, and what a browser may do with the answer.
func (s *server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()")
		h.Set("Cache-Control", "no-store")
		if s.Public {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if !s.Known(strings.ToLower(hostOf(r))) {
			http.Error(w, "not under this name: ask by the gateway's own", http.StatusMisdirectedRequest)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// visit is a merchant's look at a page.
type visit struct {
	*frame
	session merchant.Session
	own     []Terminal
}

// page answers a visit. What it returns is the gateway's own trouble, or errNothing.
type page func(w http.ResponseWriter, r *http.Request, v *visit) error

// errNothing is a page that is not there, or another merchant's.
var errNothing = errors.New("there is no such page")

// signedIn lets in who has signed in, and sends others to where they can.
func (s *server) signedIn(next page) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := s.visitor(r)
		if err == nil && v == nil {
			s.toLogin(w, r)
			return
		}
		if err == nil {
			err = next(w, r, v)
		}
		switch {
		case errors.Is(err, errNothing):
			s.nothing(w, r)
		case err != nil:
			s.trouble(w, r, err)
		}
	}
}

func (s *server) visitor(r *http.Request) (*visit, error) {
	session, open, err := s.session(r)
	if err != nil || !open {
		return nil, err
	}
	account, err := s.Book.Account(session.Merchant)
	if errors.Is(err, merchant.ErrUnknown) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	own, err := s.Gateway.Terminals(account.ID)
	if err != nil {
		return nil, err
	}
	f := s.frame(r)
	f.Merchant, f.Login = account.Name, account.Login
	return &visit{f, session, own}, nil
}

// chosen are the terminals that a page is about: the one of the query, or all.
func (v *visit) chosen(id string) ([]Terminal, error) {
	if id == "" {
		return v.own, nil
	}
	i := slices.IndexFunc(v.own, func(t Terminal) bool { return t.ID == id })
	if i < 0 {
		return nil, errNothing
	}
	return v.own[i : i+1], nil
}

// IDs are the merchant's terminals, for the choice among them.
func (v *visit) IDs() []string { return ids(v.own) }

func ids(terminals []Terminal) []string {
	all := []string{}
	for _, t := range terminals {
		all = append(all, t.ID)
	}
	return all
}

// zone is the shop's time zone, UTC where none can be read.
func (t Terminal) zone() *time.Location {
	name, _ := t.Settings["merchant.timezone"].(string)
	if zone, err := time.LoadLocation(name); err == nil {
		return zone
	}
	return time.UTC
}

// currency is what the shop sells in; "" is not known.
func (t Terminal) currency() string {
	code, _ := t.Settings["merchant.currency"].(string)
	return code
}
