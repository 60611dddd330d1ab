package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strconv"

	"till/cloud/service"
	"till/payment"
)

//go:embed page
var pages embed.FS

// Pins of the light and the drawer (docs/hardware.md).
const (
	drawerPin = 17
	redPin    = 16
	greenPin  = 20
)

// state is what the page shows beside the pictures.
type state struct {
	On      bool           `json:"on"`
	Trouble string         `json:"trouble"`
	Slot    int            `json:"slot"`
	Boots   int            `json:"boots"`
	Linked  bool           `json:"linked"`
	Printer string         `json:"printer"`
	Slips   int            `json:"slips"`
	Drawer  int            `json:"drawer"`
	Red     bool           `json:"red"`
	Green   bool           `json:"green"`
	Console []string       `json:"console"`
	Sales   []service.Sale `json:"sales"`
}

const consoleLines = 12

func (c *counter) state() (state, error) {
	c.mu.Lock()
	s := state{On: c.machine != nil, Trouble: c.trouble, Slot: c.slot, Boots: c.boots, Linked: c.linked}
	m := c.machine
	c.mu.Unlock()
	s.Printer, s.Slips = string(c.printer.State()), c.printer.Count()
	if m != nil {
		for _, e := range m.Edges() {
			switch {
			case e.Pin == drawerPin && e.High:
				s.Drawer++
			case e.Pin == redPin:
				s.Red = e.High
			case e.Pin == greenPin:
				s.Green = e.High
			}
		}
		s.Console = m.Console.Last(consoleLines)
	}
	books, err := c.cloud.Books()
	s.Sales = books.Sales
	return s, err
}

// refusal is an error with its status.
type refusal struct {
	status int
	error
}

const maxBody = 4 << 10

func (c *counter) handler() http.Handler {
	mux := http.NewServeMux()
	files, err := fs.Sub(pages, "page")
	if err != nil {
		panic(err) // it is embedded
	}
	mux.Handle("GET /", http.FileServerFS(files))
	mux.HandleFunc("GET /screen.png", answer(func(w http.ResponseWriter, r *http.Request) error {
		m, err := c.screen(r.Context())
		if err != nil {
			return err
		}
		return sendPNG(w, r, m)
	}))
	mux.HandleFunc("GET /paper.png", answer(func(w http.ResponseWriter, r *http.Request) error {
		n, err := strconv.Atoi(r.URL.Query().Get("number"))
		doc, ok := c.printer.Document(n)
		if err != nil || !ok {
			return refusal{http.StatusNotFound, errors.New("there is no such slip")}
		}
		return sendPNG(w, r, doc.Picture)
	}))
	mux.HandleFunc("GET /state.json", answer(func(w http.ResponseWriter, _ *http.Request) error {
		s, err := c.state()
		if err != nil {
			return err
		}
		return send(w, s)
	}))
	post := func(path string, do func(context.Context, request) (any, error)) {
		mux.HandleFunc("POST "+path, answer(func(w http.ResponseWriter, r *http.Request) error {
			var q request
			raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
			if err == nil && len(raw) > 0 {
				err = json.Unmarshal(raw, &q)
			}
			if err != nil {
				return refusal{http.StatusBadRequest, err}
			}
			said, err := do(r.Context(), q)
			if err != nil {
				return err
			}
			if said == nil {
				w.WriteHeader(http.StatusNoContent)
				return nil
			}
			return send(w, said)
		}))
	}
	post("/touch", func(ctx context.Context, q request) (any, error) { return nil, c.touch(ctx, image.Pt(q.X, q.Y)) })
	post("/type", func(ctx context.Context, q request) (any, error) { return nil, c.typed(ctx, q.Text) })
	post("/scan", func(ctx context.Context, q request) (any, error) { return nil, c.scan(ctx, q.Wallet) })
	post("/pay", func(ctx context.Context, q request) (any, error) {
		status, err := c.pay(ctx)
		return map[string]string{"status": status}, err
	})
	post("/link", func(ctx context.Context, q request) (any, error) { return nil, c.link(ctx, q.Up) })
	post("/paper", func(_ context.Context, q request) (any, error) { c.printer.SetPaper(q.Up); return nil, nil })
	post("/power", func(context.Context, request) (any, error) { c.power(); return nil, nil })
	return own(mux)
}

// request is what the page asks for; each path has its own parts of it.
type request struct {
	X, Y   int
	Text   string
	Wallet payment.Wallet
	Up     bool
}

// own refuses requests that another page makes a browser send.
func own(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if origin := r.Header.Get("Origin"); origin != "" {
			if u, err := url.Parse(origin); err != nil || u.Host != r.Host {
				http.Error(w, "another page's request", http.StatusForbidden)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

func answer(do func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := do(w, r)
		if err == nil {
			return
		}
		status := http.StatusInternalServerError
		var known refusal
		switch {
		case errors.As(err, &known):
			status = known.status
		case errors.Is(err, errOff):
			status = http.StatusServiceUnavailable
		case errors.Is(err, errNoQR), errors.Is(err, errTyped):
			status = http.StatusConflict
		}
		http.Error(w, err.Error(), status)
	}
}

func send(w http.ResponseWriter, v any) error {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, _ = w.Write(raw) // a page that went away needs no answer
	return nil
}

// sendPNG sends a picture that the browser does not have yet.
func sendPNG(w http.ResponseWriter, r *http.Request, m image.Image) error {
	var b bytes.Buffer
	fast := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := fast.Encode(&b, m); err != nil {
		return err
	}
	tag := fmt.Sprintf(`"%x"`, sha256.Sum256(b.Bytes()))
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	w.Header().Set("Content-Type", "image/png")
	_, _ = w.Write(b.Bytes()) // a page that went away needs no answer
	return nil
}
