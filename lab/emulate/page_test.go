package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"till/cloud/service"
	"till/printer"
	"till/printer/emulator"
)

// The page of a Pi that is off. What it does to one that is on is the machine's,
// which lab/pi tests.
func TestPageOfAPiThatIsOff(t *testing.T) {
	cloud, err := service.Start(service.Options{Dir: t.TempDir(), MQTT: "127.0.0.1:0", Pace: 1, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cloud.Close(); err != nil {
			t.Error(err)
		}
	})
	c := &counter{cloud: cloud, printer: emulator.New(printer.Profile80(), emulator.Events{}), cut: make(chan struct{}, 1)}
	page := httptest.NewServer(c.handler())
	t.Cleanup(page.Close)
	for _, r := range []struct {
		method, path, body, origin string
		want                       int
	}{
		{"GET", "/", "", "", http.StatusOK},
		{"GET", "/page.js", "", "", http.StatusOK},
		{"GET", "/state.json", "", "", http.StatusOK},
		{"GET", "/screen.png", "", "", http.StatusServiceUnavailable},
		{"GET", "/paper.png?number=1", "", "", http.StatusNotFound},
		{"POST", "/touch", `{"x":1,"y":2}`, "", http.StatusServiceUnavailable},
		{"POST", "/type", `{"text":"135790"}`, "", http.StatusServiceUnavailable},
		{"POST", "/type", `{"text":"a b"}`, "", http.StatusConflict},
		{"POST", "/type", `{"text":`, "", http.StatusBadRequest},
		{"POST", "/type", `{"text":"` + strings.Repeat("5", maxBody) + `"}`, "", http.StatusBadRequest},
		{"POST", "/pay", "", "", http.StatusServiceUnavailable},
		{"POST", "/paper", `{"up":false}`, "", http.StatusNoContent},
		{"POST", "/paper", `{"up":true}`, "http://elsewhere.example", http.StatusForbidden},
		{"POST", "/power", "", "", http.StatusNoContent},
		{"POST", "/power", "", page.URL, http.StatusNoContent},
		{"DELETE", "/power", "", "", http.StatusMethodNotAllowed},
	} {
		q, err := http.NewRequestWithContext(t.Context(), r.method, page.URL+r.path, strings.NewReader(r.body))
		if err != nil {
			t.Fatal(err)
		}
		if r.origin != "" {
			q.Header.Set("Origin", r.origin)
		}
		a, err := http.DefaultClient.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Body.Close(); err != nil {
			t.Error(err)
		}
		if a.StatusCode != r.want {
			t.Errorf("%s %s %s: %d, want %d", r.method, r.path, r.body, a.StatusCode, r.want)
		}
	}
	if c.printer.State() != printer.StateNoPaper {
		t.Errorf("the printer is %s, want no paper", c.printer.State())
	}
}
