package service

import (
	"encoding/json"
	"fmt"
	"net/http"

	"till/cloud/merchant"
)

// MerchantOrder takes a merchant into the book, or gives one another password.
type MerchantOrder struct {
	merchant.Account
	Password string `json:"password,omitempty"` // "": one is made
}

// Credentials are what a merchant signs in with. They are said once.
type Credentials struct {
	Login    string `json:"login"`
	Password string `json:"password"`
	Pages    string `json:"pages,omitempty"` // where; "": the gateway serves no pages
}

// AssignOrder makes a terminal a merchant's.
type AssignOrder struct {
	Terminal string `json:"terminal"`
}

// merchantOrders are the operator's:
//
//	GET    /merchants                  -> []merchant.Account
//	POST   /merchants                  MerchantOrder -> Credentials
//	POST   /merchants/{id}/password    MerchantOrder -> Credentials
//	POST   /merchants/{id}/terminals   AssignOrder -> 204
//	DELETE /merchants/{id}             -> 204
func (s *Service) merchantOrders(mux *http.ServeMux) {
	handle := func(pattern string, do func(w http.ResponseWriter, r *http.Request) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if s.Merchants == nil {
				s.say(w, nil, errPlain)
				return
			}
			answer, err := do(w, r)
			s.say(w, answer, err)
		})
	}
	handle("GET /merchants", func(http.ResponseWriter, *http.Request) (any, error) { return s.Merchants.Accounts() })
	handle("POST /merchants", func(w http.ResponseWriter, r *http.Request) (any, error) {
		o, err := readOrder[MerchantOrder](w, r)
		if err != nil {
			return nil, err
		}
		password, err := s.Merchants.Add(o.Account, o.Password)
		if err != nil {
			return nil, err
		}
		s.log.Info("merchant added", "merchant", o.ID)
		return s.credentials(o.ID, password)
	})
	handle("POST /merchants/{id}/password", func(w http.ResponseWriter, r *http.Request) (any, error) {
		o, err := readOrder[MerchantOrder](w, r)
		if err != nil {
			return nil, err
		}
		password, err := s.Merchants.SetPassword(r.PathValue("id"), o.Password)
		if err != nil {
			return nil, err
		}
		s.log.Info("merchant has another password", "merchant", r.PathValue("id"))
		return s.credentials(r.PathValue("id"), password)
	})
	handle("POST /merchants/{id}/terminals", func(w http.ResponseWriter, r *http.Request) (any, error) {
		o, err := readOrder[AssignOrder](w, r)
		if err != nil {
			return nil, err
		}
		if _, err := s.Merchants.Account(r.PathValue("id")); err != nil {
			return nil, err
		}
		return nil, s.Terminals.Assign(o.Terminal, r.PathValue("id"))
	})
	handle("DELETE /merchants/{id}", func(_ http.ResponseWriter, r *http.Request) (any, error) {
		return nil, s.Merchants.Remove(r.PathValue("id"))
	})
}

func (s *Service) credentials(id, password string) (Credentials, error) {
	a, err := s.Merchants.Account(id)
	return Credentials{Login: a.Login, Password: password, Pages: s.Pages}, err
}

func readOrder[T any](w http.ResponseWriter, r *http.Request) (order T, err error) {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxOrder)).Decode(&order); err != nil {
		return order, fmt.Errorf("the order cannot be read: %w", err)
	}
	return order, nil
}

// owner says whose a terminal is, for money that goes back at another. Those that are
// nobody's are one merchant's where there are no others, and else each for itself.
func (s *Service) owner(terminal string) (string, error) {
	merchant, err := s.Terminals.Merchant(terminal)
	if err != nil || merchant != "" {
		return merchant, err
	}
	all, err := s.Merchants.Accounts()
	if err != nil || len(all) == 0 {
		return "", err
	}
	return "terminal " + terminal, nil // no merchant has such an id
}
