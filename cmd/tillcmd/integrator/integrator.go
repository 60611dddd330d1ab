// Package integrator is the HTTP interface by which a cash register uses the
// terminal: docs/protocol/integrator.yaml describes it.
package integrator

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"till/payment"
)

// Bounds of a request.
const (
	maxBody   = 16 << 10 // bytes
	MaxKey    = 64       // bytes of a key
	MaxText   = 120      // characters of a reference
	MaxLines  = 200      // of a document to print
	MaxLine   = 4096     // bytes of one
	maxWait   = 60 * time.Second
	keepAlive = 15 * time.Second // between comments of an idle event stream
)

// Order is what a cash register wants to be paid.
type Order struct {
	Key       string `json:"-"` // of the register's own: the same again is the same order
	Reference string `json:"reference,omitempty"`
	Amount    int64  `json:"amount"` // minor units
	Currency  string `json:"currency"`
}

// Refund is what a cash register wants given back.
type Refund struct {
	Key    string `json:"-"`
	Amount int64  `json:"amount"` // minor units
}

// Sale is an order as it stands.
type Sale struct {
	Key       string         `json:"key"`
	Reference string         `json:"reference,omitempty"`
	Status    payment.Status `json:"status"` // waiting before the customer has shown how to pay
	Final     bool           `json:"final"`  // nobody can pay it any more, and nothing more will happen by itself
	Amount    int64          `json:"amount"`
	Currency  string         `json:"currency"`
	Paid      int64          `json:"paid"`
	Refunded  int64          `json:"refunded"`
	ID        payment.SaleID `json:"id,omitempty"`
	Receipt   string         `json:"receipt,omitempty"`
	Tenders   []Tender       `json:"tenders,omitempty"`
	Refunds   []Given        `json:"refunds,omitempty"`
}

// Waiting is the status of an order that the terminal shows, and that nobody pays yet.
const Waiting payment.Status = "waiting"

// Tender is a part of the payment.
type Tender struct {
	Wallet      payment.Wallet `json:"wallet"`
	Amount      int64          `json:"amount"`
	Paid        bool           `json:"paid"`
	Transaction string         `json:"transaction,omitempty"` // the wallet's own id
}

// Given is money that goes back.
type Given struct {
	Key    string               `json:"key,omitempty"`
	Amount int64                `json:"amount"`
	Status payment.RefundStatus `json:"status"`
	Reason payment.Reason       `json:"reason,omitempty"`
}

// Line is one of a document to print.
type Line struct {
	Text  string `json:"text"`
	Align string `json:"align,omitempty"` // left, center, right
	Bold  bool   `json:"bold,omitempty"`
}

// Status is how the terminal is.
type Status struct {
	Terminal string `json:"terminal"`
	Version  string `json:"version"`
	Screen   string `json:"screen"`
	Online   bool   `json:"online"`
	Free     bool   `json:"free"`               // it takes an order
	Running  string `json:"running,omitempty"`  // the key of the order it is at
	Training bool   `json:"training,omitempty"` // somebody trains: what is on the screen is not real
	Queued   int    `json:"queued"`             // records that the gateway does not have yet
	Printer  string `json:"printer"`
}

// Counter is the terminal. Its methods return when what they did is durable.
type Counter interface {
	// Take shows an order, unless its key is known: then before is the order of that
	// key as it stands. The error is a *Busy, or ErrRefused.
	Take(ctx context.Context, o Order) (before Sale, known bool, err error)
	// Sale is an order by its key.
	Sale(ctx context.Context, key string) (Sale, bool, error)
	// Changed is closed at the next change of anything.
	Changed() <-chan struct{}
	// Leaving is closed when the terminal is about to end: whoever waits is answered now.
	Leaving() <-chan struct{}
	Cancel(ctx context.Context, key string) error
	Refund(ctx context.Context, key string, r Refund) error
	Print(ctx context.Context, lines []Line) error
	Drawer(ctx context.Context) error
	Status(ctx context.Context) (Status, error)
}

// Busy is the refusal of an order while the counter is at something else.
type Busy struct {
	Running   string // the key of the order it is at; "" is the cashier's own doing
	Training  bool   // somebody trains
	SignedOff bool   // nobody is at the counter
	Leaving   bool   // the terminal begins anew
	Halted    string // why no sale is begun for now
}

func (b *Busy) Error() string {
	switch {
	case b.Training:
		return "somebody trains at the terminal: end training there, in its menu, and try again"
	case b.Leaving:
		return "the terminal is about to begin anew: try again in a moment"
	case b.SignedOff:
		return "nobody is signed on at the terminal: sign on there, and try again"
	case b.Halted != "":
		return "the terminal begins no sale now: " + b.Halted
	case b.Running == "":
		return "the cashier is at something: try again when the terminal is free"
	}
	return "the terminal is at order " + b.Running
}

// Taken is the refusal of a key that was another order's, or another refund's.
type Taken struct {
	Key    string
	Refund bool
}

func (t *Taken) Error() string {
	what := "an order"
	if t.Refund {
		what = "a refund"
	}
	return "key " + t.Key + " belongs to " + what + " of another amount"
}

// ErrRefused is wrapped by refusals that trying again does not change.
var ErrRefused = errors.New("not possible")

// ErrUnknown is that there is no order of a key.
var ErrUnknown = errors.New("there is no such order")

// Handler serves the interface to whoever has the token.
func Handler(c Counter, token string, log *slog.Logger) http.Handler {
	s := &server{c, log}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/status", s.status)
	mux.HandleFunc("PUT /v1/sales/{key}", s.put)
	mux.HandleFunc("GET /v1/sales/{key}", s.get)
	mux.HandleFunc("GET /v1/sales/{key}/events", s.events)
	mux.HandleFunc("POST /v1/sales/{key}/cancel", s.cancel)
	mux.HandleFunc("PUT /v1/sales/{key}/refunds/{refund}", s.refund)
	mux.HandleFunc("POST /v1/print", s.print)
	mux.HandleFunc("POST /v1/drawer", s.drawer)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok || subtle.ConstantTimeCompare([]byte(given), []byte(token)) != 1 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			s.fail(w, http.StatusUnauthorized, "want the terminal's token, as Authorization: Bearer …", "")
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		if h, pattern := mux.Handler(r); pattern == "" {
			s.nowhere(w, r, h)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// nowhere answers a request that the interface does not have, as the others are
// refused; h is what the mux would say.
func (s *server) nowhere(w http.ResponseWriter, r *http.Request, h http.Handler) {
	said := &header{fields: http.Header{}, status: http.StatusOK}
	h.ServeHTTP(said, r)
	why := "there is no such path: see the description of the interface"
	if allow := said.fields.Get("Allow"); allow != "" {
		w.Header().Set("Allow", allow)
		why = "this path takes " + allow
	}
	s.fail(w, said.status, why, "")
}

// header keeps an answer's head, and drops its body.
type header struct {
	fields http.Header
	status int
}

func (h *header) Header() http.Header         { return h.fields }
func (h *header) Write(b []byte) (int, error) { return len(b), nil }
func (h *header) WriteHeader(status int)      { h.status = status }

type server struct {
	counter Counter
	log     *slog.Logger
}

type failure struct {
	Error   string `json:"error"`
	Running string `json:"running,omitempty"`
}

func (s *server) say(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(value); err != nil {
		s.log.Debug("integrator", "err", err) // it has hung up
	}
}

func (s *server) fail(w http.ResponseWriter, status int, why, running string) {
	s.say(w, status, failure{why, running})
}

// refuse answers an error.
func (s *server) refuse(w http.ResponseWriter, err error) {
	var busy *Busy
	var taken *Taken
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &busy):
		s.fail(w, http.StatusConflict, err.Error(), busy.Running)
	case errors.As(err, &taken):
		s.fail(w, http.StatusConflict, err.Error(), "")
	case errors.Is(err, ErrUnknown):
		s.fail(w, http.StatusNotFound, err.Error(), "")
	case errors.As(err, &large):
		s.fail(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("want at most %d bytes", maxBody), "")
	case errors.Is(err, ErrRefused):
		s.fail(w, http.StatusUnprocessableEntity, err.Error(), "")
	default:
		s.log.Error("integrator", "err", err)
		s.fail(w, http.StatusInternalServerError, "the terminal cannot do that now", "")
	}
}

// read reads a body. false: it was answered.
func (s *server) read(w http.ResponseWriter, r *http.Request, into any) bool {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		if _, err = d.Token(); errors.Is(err, io.EOF) {
			return true
		}
		err = errors.New("more than one value")
	}
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		s.refuse(w, err)
		return false
	}
	s.fail(w, http.StatusBadRequest, "the body cannot be read: "+err.Error(), "")
	return false
}

// CheckKey refuses what is no key.
func CheckKey(key string) error {
	ok := func(r rune) bool {
		return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune("._-", r)
	}
	if key == "" || len(key) > MaxKey || strings.TrimFunc(key, ok) != "" {
		return fmt.Errorf("%w: a key has 1 to %d letters, digits, dots, hyphens and underscores", ErrRefused, MaxKey)
	}
	return nil
}

func (s *server) put(w http.ResponseWriter, r *http.Request) {
	o := Order{Key: r.PathValue("key")}
	if !s.read(w, r, &o) {
		return
	}
	if err := CheckKey(o.Key); err != nil {
		s.refuse(w, err)
		return
	}
	if o.Amount <= 0 {
		s.refuse(w, fmt.Errorf("%w: want an amount above zero in minor units", ErrRefused))
		return
	}
	if utf8.RuneCountInString(o.Reference) > MaxText || strings.ContainsFunc(o.Reference, isControl) {
		s.refuse(w, fmt.Errorf("%w: want a reference of at most %d characters, on one line and without control characters", ErrRefused, MaxText))
		return
	}
	switch before, known, err := s.counter.Take(r.Context(), o); {
	case err != nil:
		s.refuse(w, err)
	case !known:
		s.answer(w, r, http.StatusCreated)
	case before.Amount != o.Amount || before.Currency != o.Currency:
		s.refuse(w, &Taken{Key: o.Key})
	default: // under the first one's reference
		s.say(w, http.StatusOK, before)
	}
}

// isControl says that a character is none to be read.
func isControl(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }

func (s *server) answer(w http.ResponseWriter, r *http.Request, status int) {
	sale, known, err := s.counter.Sale(r.Context(), r.PathValue("key"))
	if err == nil && !known {
		err = ErrUnknown
	}
	if err != nil {
		s.refuse(w, err)
		return
	}
	s.say(w, status, sale)
}

// get answers at once, or with ?wait=SECONDS when the order changes.
func (s *server) get(w http.ResponseWriter, r *http.Request) {
	wait, asked := time.Duration(0), r.URL.Query().Get("wait")
	if asked != "" {
		n, err := strconv.Atoi(asked)
		if err != nil || n < 0 || n > int(maxWait/time.Second) {
			s.refuse(w, fmt.Errorf("%w: wait is in seconds, 0 to %d", ErrRefused, maxWait/time.Second))
			return
		}
		wait = time.Duration(n) * time.Second
	}
	if wait > 0 {
		ctx, done := context.WithTimeout(r.Context(), wait)
		defer done()
		s.follow(ctx, r.PathValue("key"), func(_ []byte, first bool) bool { return first })
	}
	s.answer(w, r, http.StatusOK)
}

// follow calls told with an order, as JSON, as it is and at each change, until
// told says no, the order is final, the terminal is about to end, or ctx ends.
func (s *server) follow(ctx context.Context, key string, told func(sale []byte, first bool) bool) {
	var last []byte
	for first := true; ; {
		changed := s.counter.Changed()
		sale, known, err := s.counter.Sale(ctx, key)
		if err != nil || !known {
			return
		}
		now, err := json.Marshal(sale)
		if err != nil {
			return
		}
		if string(now) != string(last) {
			if !told(now, first) || sale.Final {
				return
			}
			last, first = now, false
		}
		select {
		case <-changed:
		case <-s.counter.Leaving():
			return
		case <-ctx.Done():
			return
		}
	}
}

// events is an order's stream of server-sent events, until it is final.
func (s *server) events(w http.ResponseWriter, r *http.Request) {
	flush, ok := w.(http.Flusher)
	if _, known, err := s.counter.Sale(r.Context(), r.PathValue("key")); err != nil || !known || !ok {
		s.answer(w, r, http.StatusOK)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	ctx, stop := context.WithCancel(r.Context())
	defer stop()
	lines, ended := make(chan string), make(chan struct{})
	go func() {
		defer close(ended)
		s.follow(ctx, r.PathValue("key"), func(sale []byte, _ bool) bool {
			select {
			case lines <- "event: sale\ndata: " + string(sale) + "\n\n":
				return true
			case <-ctx.Done():
				return false
			}
		})
	}()
	alive := time.NewTicker(keepAlive)
	defer alive.Stop()
	for {
		text := ": \n\n"
		select {
		case text = <-lines:
		case <-alive.C:
		case <-ended:
			return
		}
		if _, err := io.WriteString(w, text); err != nil {
			return
		}
		flush.Flush()
	}
}

func (s *server) cancel(w http.ResponseWriter, r *http.Request) {
	if err := s.counter.Cancel(r.Context(), r.PathValue("key")); err != nil {
		s.refuse(w, err)
		return
	}
	s.answer(w, r, http.StatusOK)
}

func (s *server) refund(w http.ResponseWriter, r *http.Request) {
	give := Refund{Key: r.PathValue("refund")}
	if !s.read(w, r, &give) {
		return
	}
	err := CheckKey(give.Key)
	if err == nil && give.Amount <= 0 {
		err = fmt.Errorf("%w: want an amount above zero in minor units", ErrRefused)
	}
	if err == nil {
		err = s.counter.Refund(r.Context(), r.PathValue("key"), give)
	}
	if err != nil {
		s.refuse(w, err)
		return
	}
	s.answer(w, r, http.StatusOK)
}

func (s *server) print(w http.ResponseWriter, r *http.Request) {
	var doc struct {
		Lines []Line `json:"lines"`
	}
	if !s.read(w, r, &doc) {
		return
	}
	if len(doc.Lines) == 0 || len(doc.Lines) > MaxLines {
		s.refuse(w, fmt.Errorf("%w: want 1 to %d lines", ErrRefused, MaxLines))
		return
	}
	for n, l := range doc.Lines {
		if len(l.Text) > MaxLine {
			s.refuse(w, fmt.Errorf("%w: line %d has %d bytes, and may have %d", ErrRefused, n+1, len(l.Text), MaxLine))
			return
		}
		switch l.Align {
		case "", "left", "center", "right":
		default:
			s.refuse(w, fmt.Errorf("%w: align is left, center or right", ErrRefused))
			return
		}
	}
	if err := s.counter.Print(r.Context(), doc.Lines); err != nil {
		s.refuse(w, err)
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

func (s *server) drawer(w http.ResponseWriter, r *http.Request) {
	if err := s.counter.Drawer(r.Context()); err != nil {
		s.refuse(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *server) status(w http.ResponseWriter, r *http.Request) {
	status, err := s.counter.Status(r.Context())
	if err != nil {
		s.refuse(w, err)
		return
	}
	s.say(w, http.StatusOK, status)
}
