package service

import (
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"till/cloud"
	"till/cloud/enrol"
	"till/cloud/merchant"
	"till/sync/wire"
	"till/sync/wire/enrolment"
)

// The operator's desk: HTTP on a Unix socket that only the gateway's own user
// can open, so there is no password. till-cloud's subcommands speak to it.
//
//	POST /claims                 ClaimOrder -> Claimed
//	GET  /terminals              -> []enrol.Terminal
//	POST /terminals/{id}/settings  SettingsOrder -> enrolment.SettingsNote
//	POST /terminals/{id}/reset     ResetOrder -> ResetAllowed
//	POST /terminals/{id}/revoke  -> 204
//	POST /journals/{id}          lines of records -> Imported

// ClaimOrder asks for a claim.
type ClaimOrder struct {
	Terminal string             `json:"terminal"`
	Merchant string             `json:"merchant,omitempty"` // whose it is, see enrol.NewClaim
	Settings enrolment.Settings `json:"settings,omitempty"`
	Device   enrolment.Device   `json:"device,omitempty"`
	Minutes  int                `json:"minutes,omitempty"` // 0 is the default life
	Replace  bool               `json:"replace,omitempty"`
}

// Claimed is a claim that was made.
type Claimed struct {
	Code       enrolment.Claim `json:"code,omitempty"` // none if it is for one device
	Expires    time.Time       `json:"expires"`
	Invitation string          `json:"invitation,omitempty"` // the text of its QR
	Gateway    string          `json:"gateway"`
	Authority  string          `json:"ca"` // the fingerprint
}

// maxOrder bounds an order, in bytes.
const maxOrder = 256 << 10

func (s *Service) deskHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /claims", s.claim)
	mux.HandleFunc("GET /terminals", func(w http.ResponseWriter, _ *http.Request) {
		all, err := s.List()
		s.say(w, all, err)
	})
	mux.HandleFunc("POST /terminals/{id}/settings", s.configure)
	mux.HandleFunc("POST /terminals/{id}/reset", s.allowReset)
	mux.HandleFunc("POST /terminals/{id}/revoke", func(w http.ResponseWriter, r *http.Request) {
		s.say(w, nil, s.Revoke(r.PathValue("id")))
	})
	mux.HandleFunc("POST /journals/{id}", func(w http.ResponseWriter, r *http.Request) {
		done, err := s.ImportJournal(r.Context(), r.PathValue("id"), r.Body)
		s.say(w, done, err)
	})
	s.releaseOrders(mux)
	s.reportOrders(mux)
	s.reconcileOrders(mux)
	s.merchantOrders(mux)
	return mux
}

// errPlain is what a gateway says that has no book of terminals.
var errPlain = errors.New("this gateway takes whoever reaches its broker, so it has no terminals of its own: start it with -host")

// errUnheard is that there is no such terminal, at a gateway that has no book of them.
var errUnheard = errors.New("nothing was ever heard here of such a terminal")

// checkTerminal refuses a terminal that is none of the gateway's: what is said of nothing
// would be taken for good news. One of before the book of terminals has its records.
func (s *Service) checkTerminal(id string) error {
	if err := wire.CheckTerminal(id); err != nil {
		return err
	}
	unknown := errUnheard
	if s.Terminals != nil {
		if _, known, err := s.Terminals.Terminal(id); err != nil || known {
			return err
		}
		unknown = enrol.ErrUnknown
	}
	epochs, err := s.ledger.Epochs(id)
	if err == nil && len(epochs) == 0 {
		err = fmt.Errorf("%s: %w", id, unknown)
	}
	return err
}

// List lists the terminals that were ever claimed.
func (s *Service) List() ([]enrol.Terminal, error) {
	if s.Terminals == nil {
		return nil, errPlain
	}
	return s.Terminals.Terminals()
}

// SettingsOrder gives a terminal other settings.
type SettingsOrder struct {
	Set  enrolment.Settings `json:"set,omitempty"`
	Drop []string           `json:"drop,omitempty"` // keys
}

func (s *Service) configure(w http.ResponseWriter, r *http.Request) {
	var order SettingsOrder
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxOrder)).Decode(&order); err != nil {
		s.say(w, nil, fmt.Errorf("the order cannot be read: %w", err))
		return
	}
	note, err := s.Configure(r.PathValue("id"), order)
	s.say(w, note, err)
}

// Configure gives a terminal other settings. It takes them once it hears of it and
// nobody is in the middle of a sale; what it reports (enrolment.SettingsPart) has the
// digest that is returned, or why it cannot use them.
func (s *Service) Configure(terminal string, order SettingsOrder) (enrolment.SettingsNote, error) {
	if s.Terminals == nil {
		return enrolment.SettingsNote{}, errPlain
	}
	all, err := s.Terminals.Change(terminal, order.Set, order.Drop)
	if err != nil {
		return enrolment.SettingsNote{}, err
	}
	return s.wishSettings(terminal, all)
}

// wishSettings tells a terminal which settings it is to have.
func (s *Service) wishSettings(terminal string, all enrolment.Settings) (enrolment.SettingsNote, error) {
	note := enrolment.SettingsNote{Digest: all.Digest()}
	raw, err := json.Marshal(note)
	if err != nil {
		return note, fmt.Errorf("settings of terminal %s: %w", terminal, err)
	}
	s.log.Info("settings", "terminal", terminal, "digest", note.Digest)
	// One that never said hello gets them with its certificate.
	if _, err := s.Wish(terminal, enrolment.SettingsPart, raw); err != nil && !errors.Is(err, cloud.ErrNoTerminal) {
		return note, err
	}
	return note, nil
}

// ResetOrder asks for a code with which a terminal's manager gets another PIN.
type ResetOrder struct {
	Minutes int `json:"minutes,omitempty"` // 0 is the default life
}

// ResetAllowed is such a code.
type ResetAllowed struct {
	Code    enrolment.Claim `json:"code"`
	Expires time.Time       `json:"expires"`
}

func (s *Service) allowReset(w http.ResponseWriter, r *http.Request) {
	var order ResetOrder
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxOrder)).Decode(&order); err != nil {
		s.say(w, nil, fmt.Errorf("the order cannot be read: %w", err))
		return
	}
	allowed, err := s.AllowReset(r.PathValue("id"), order)
	s.say(w, allowed, err)
}

// AllowReset makes a code with which whoever stands at a terminal gives its manager
// another PIN, once.
func (s *Service) AllowReset(terminal string, order ResetOrder) (ResetAllowed, error) {
	if s.Terminals == nil {
		return ResetAllowed{}, errPlain
	}
	code, expires, err := s.Terminals.AllowReset(terminal, time.Duration(order.Minutes)*time.Minute)
	if err != nil {
		return ResetAllowed{}, err
	}
	s.log.Info("a reset of the manager's PIN is allowed", "terminal", terminal, "until", expires) // the code is a secret
	return ResetAllowed{code, expires}, nil
}

// Revoke ends a terminal's certificate and its connection.
func (s *Service) Revoke(terminal string) error {
	if s.Terminals == nil {
		return errPlain
	}
	if err := s.Terminals.Revoke(terminal); err != nil {
		return err
	}
	s.log.Info("revoked", "terminal", terminal)
	return nil
}

func (s *Service) claim(w http.ResponseWriter, r *http.Request) {
	var order ClaimOrder
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxOrder)).Decode(&order); err != nil {
		s.say(w, nil, fmt.Errorf("the order cannot be read: %w", err))
		return
	}
	claimed, err := s.Claim(order)
	s.say(w, claimed, err)
}

// Claim makes a claim for a terminal.
func (s *Service) Claim(order ClaimOrder) (Claimed, error) {
	if s.Terminals == nil {
		return Claimed{}, errPlain
	}
	if order.Device != "" {
		device, err := enrolment.ParseDevice(string(order.Device))
		if err != nil {
			return Claimed{}, fmt.Errorf("device %.40q: %w", order.Device, err)
		}
		order.Device = device
	}
	if err := s.checkOwner(order); err != nil {
		return Claimed{}, err
	}
	code, expires, err := s.Terminals.Invite(enrol.NewClaim{
		Terminal: order.Terminal, Merchant: order.Merchant, Settings: order.Settings, Device: order.Device, Replace: order.Replace,
		Life: time.Duration(order.Minutes) * time.Minute,
	})
	if err != nil {
		return Claimed{}, err
	}
	s.log.Info("claimed", "terminal", order.Terminal, "until", expires, "for_one_device", order.Device != "") // the code is a secret
	ca := s.Terminals.Authority().Fingerprint()
	claimed := Claimed{Code: code, Expires: expires, Gateway: s.Enrolment, Authority: ca.String()}
	if code != "" {
		claimed.Invitation = enrolment.Invitation{Gateway: s.Enrolment, Authority: ca, Claim: code}.String()
	}
	return claimed, nil
}

// checkOwner refuses a claim for a merchant who is not in the book: whose a terminal is
// stays so, and nobody could sign in. An empty book is that of a gateway without pages,
// and a merchant who was taken out of it keeps the terminals.
func (s *Service) checkOwner(order ClaimOrder) error {
	if order.Merchant == "" {
		return nil
	}
	all, err := s.Merchants.Accounts()
	if err != nil || len(all) == 0 || slices.ContainsFunc(all, func(a merchant.Account) bool { return a.ID == order.Merchant }) {
		return err
	}
	if t, _, err := s.Terminals.Terminal(order.Terminal); err != nil || t.Merchant == order.Merchant {
		return err
	}
	if err := enrol.CheckMerchant(order.Merchant); err != nil {
		return err
	}
	return fmt.Errorf("claim terminal %.40s: merchant %s: %w; till-cloud merchant -list lists them, till-cloud merchant -add %s -name NAME adds it",
		order.Terminal, order.Merchant, merchant.ErrUnknown, order.Merchant)
}

// say answers an order. What fails is for the operator to read.
func (s *Service) say(w http.ResponseWriter, answer any, err error) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	switch {
	case err != nil:
		status := http.StatusUnprocessableEntity
		if errors.Is(err, enrol.ErrUnknown) || errors.Is(err, errUnheard) || errors.Is(err, merchant.ErrUnknown) {
			status = http.StatusNotFound
		}
		w.WriteHeader(status)
		answer = map[string]string{"error": err.Error()}
	case answer == nil:
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		s.log.Debug("answer an order", "err", err)
	}
}

// quietly is for a server's own words: of clients that leave, mostly.
func quietly(to *slog.Logger) *log.Logger { return slog.NewLogLogger(to.Handler(), slog.LevelDebug) }
