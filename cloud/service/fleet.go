package service

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"till/cloud"
	"till/sync/wire"
)

// Terminal is GET /fleet/{terminal}: how one is, and what it was told to do.
type Terminal struct {
	cloud.TerminalEntry
	// Heard is when the gateway last had a word of it, since it was started.
	Heard time.Time `json:"heard,omitzero"`
	// Commands are the newest, the newest first.
	Commands []cloud.CommandEntry `json:"commands"`
}

const (
	// listed is how many commands of a terminal are shown.
	listed = 20
	// commandLife is how long a command may wait for its terminal where nothing
	// else was said, and longLife the longest that may be said.
	commandLife = 10 * time.Minute
	longLife    = 7 * 24 * time.Hour
)

// GiveCommand has a terminal do something, within life.
func (s *Service) GiveCommand(terminal string, op wire.CommandOp, args json.RawMessage, life time.Duration) (cloud.CommandEntry, error) {
	now := time.Now()
	entry, err := cloud.GiveCommand(s.ledger, terminal, wire.Command{Op: op, Args: args, NotAfter: now.Add(life)}, now)
	if err != nil {
		return entry, fmt.Errorf("command to %s: %w", terminal, err)
	}
	s.server.News(terminal)
	return entry, nil
}

// Wish sets one part of how a terminal is to be; nil takes it away.
func (s *Service) Wish(terminal, part string, value json.RawMessage) (wire.Desired, error) {
	desired, err := cloud.Wish(s.ledger, terminal, part, value)
	if err != nil {
		return desired, fmt.Errorf("desired state of %s: %w", terminal, err)
	}
	s.server.News(terminal)
	return desired, nil
}

// Terminal reads one terminal's entry.
func (s *Service) Terminal(id string) (Terminal, error) {
	t := Terminal{Commands: []cloud.CommandEntry{}}
	err := s.ledger.View(func(tx cloud.Tx) error {
		entry, known, err := tx.Terminal(id)
		if err != nil {
			return err
		}
		if !known {
			return fmt.Errorf("terminal %.40q: %w", id, cloud.ErrNoTerminal)
		}
		t.TerminalEntry = entry
		commands, err := tx.Commands(id, listed)
		t.Commands = append(t.Commands, commands...)
		return err
	})
	t.Heard = s.server.Heard(id)
	return t, err
}

// Command reads one command to a terminal.
func (s *Service) Command(terminal string, id uint64) (entry cloud.CommandEntry, known bool, err error) {
	err = s.ledger.View(func(tx cloud.Tx) error {
		entry, known, err = tx.Command(terminal, id)
		return err
	})
	return entry, known, err
}

// Fleet lists every terminal that has ever said hello, without its commands.
func (s *Service) Fleet() ([]Terminal, error) {
	all := []Terminal{}
	err := s.ledger.View(func(tx cloud.Tx) error {
		entries, err := tx.Terminals()
		for _, e := range entries {
			all = append(all, Terminal{TerminalEntry: e, Heard: s.server.Heard(e.ID)})
		}
		return err
	})
	return all, err
}

// order is the body of POST /fleet/{terminal}/commands.
type order struct {
	Op      wire.CommandOp  `json:"op"`
	Args    json.RawMessage `json:"args"`
	Seconds int             `json:"seconds"` // how long it may wait for its terminal; 0: commandLife
}

// FleetHandler is the operator's door to the terminals: no other may reach it.
// docs/fleet.md describes it.
func (s *Service) FleetHandler(log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, status int, body any, err error) {
		switch {
		case err == nil:
		case errors.Is(err, cloud.ErrNoTerminal):
			status, body = http.StatusNotFound, fault{err.Error()}
		case errors.Is(err, cloud.ErrBadCommand), errors.Is(err, cloud.ErrBadPart), errors.Is(err, errBody):
			status, body = http.StatusBadRequest, fault{err.Error()}
		case errors.Is(err, cloud.ErrQueueFull):
			status, body = http.StatusConflict, fault{err.Error()}
		default:
			log.Error("fleet", "err", err)
			status, body = http.StatusInternalServerError, fault{"the ledger cannot be used; the gateway's log says why"}
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(status)
		if err := json.NewEncoder(w).Encode(body); err != nil {
			log.Debug("fleet", "err", err)
		}
	}
	mux.HandleFunc("GET /fleet", func(w http.ResponseWriter, _ *http.Request) {
		all, err := s.Fleet()
		answer(w, http.StatusOK, all, err)
	})
	mux.HandleFunc("GET /fleet/{terminal}", func(w http.ResponseWriter, r *http.Request) {
		t, err := s.Terminal(r.PathValue("terminal"))
		answer(w, http.StatusOK, t, err)
	})
	mux.HandleFunc("POST /fleet/{terminal}/commands", func(w http.ResponseWriter, r *http.Request) {
		var o order
		if err := readBody(r, &o); err != nil {
			answer(w, 0, nil, err)
			return
		}
		life := commandLife
		if o.Seconds != 0 {
			life = min(time.Duration(o.Seconds)*time.Second, longLife)
		}
		entry, err := s.GiveCommand(r.PathValue("terminal"), o.Op, o.Args, life)
		answer(w, http.StatusAccepted, entry, err)
	})
	mux.HandleFunc("PUT /fleet/{terminal}/desired/{part}", func(w http.ResponseWriter, r *http.Request) {
		var value json.RawMessage
		err := readBody(r, &value)
		var desired wire.Desired
		if err == nil {
			desired, err = s.Wish(r.PathValue("terminal"), r.PathValue("part"), value)
		}
		answer(w, http.StatusOK, desired, err)
	})
	mux.HandleFunc("DELETE /fleet/{terminal}/desired/{part}", func(w http.ResponseWriter, r *http.Request) {
		desired, err := s.Wish(r.PathValue("terminal"), r.PathValue("part"), nil)
		answer(w, http.StatusOK, desired, err)
	})
	return ownPagesOnly(mux)
}

// fault is an answer that says what is wrong.
type fault struct {
	Error string `json:"error"`
}

var errBody = errors.New("the body cannot be used")

func readBody(r *http.Request, into any) error {
	raw, err := io.ReadAll(io.LimitReader(r.Body, wire.MaxMessage+1))
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", errBody, err)
	case len(raw) > wire.MaxMessage:
		return fmt.Errorf("%w: more than %d bytes", errBody, wire.MaxMessage)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("%w: want JSON: %w", errBody, err)
	}
	return nil
}

// ownPagesOnly keeps web pages of others away: a browser on this machine would
// carry their requests here, under a name of theirs too.
func ownPagesOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		known := host == "localhost" || net.ParseIP(strings.Trim(host, "[]")) != nil
		if origin := r.Header.Get("Origin"); origin != "" {
			u, err := url.Parse(origin)
			known = known && err == nil && u.Host == r.Host
		}
		if !known {
			http.Error(w, `{"error":"not from there: ask by this machine's address"}`, http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}
