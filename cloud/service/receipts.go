package service

import (
	"encoding/base64"
	"net/http"
	"time"

	"till/cloud/receipts"
	"till/sync/wire/enrolment"
)

// Receipts serves customers' receipts below receipts.Path. The head and foot are
// those of the terminal's settings, where the gateway has a book of terminals;
// otherwise those of head.
func (s *Service) Receipts(head receipts.Merchant) http.Handler {
	return receipts.Handler(receipts.Options{
		Ledger: s.ledger, Log: s.log,
		Test: true, // the acquirer is the sandbox
		Merchant: func(terminal string) (receipts.Merchant, error) {
			if s.Terminals == nil {
				return head, nil
			}
			t, _, err := s.Terminals.Terminal(terminal)
			return merchantOf(t.Settings), err
		},
	})
}

// merchantOf reads what of a terminal's settings is on its receipts.
func merchantOf(settings enrolment.Settings) receipts.Merchant {
	text := func(key string) string {
		s, _ := settings[key].(string)
		return s
	}
	lines := func(key string) (all []string) {
		switch v := settings[key].(type) {
		case []string:
			return v
		case []any:
			for _, one := range v {
				if s, ok := one.(string); ok {
					all = append(all, s)
				}
			}
		}
		return all
	}
	m := receipts.Merchant{
		Name: text("merchant.name"), Address: lines("merchant.address"), Phone: text("merchant.phone"), Foot: lines("merchant.foot"),
	}
	// As terminals read it; one that is none is left out.
	if logo, err := base64.StdEncoding.DecodeString(text("merchant.logo")); err == nil {
		m.Logo = logo
	}
	m.Test, _ = settings["test"].(bool)
	if zone, err := time.LoadLocation(text("merchant.timezone")); err == nil { // the terminal refuses one that is none
		m.Zone = zone
	}
	return m
}
