package counter

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	answerWithin = 10 * time.Second // every answer but that of a power cut
	powerWithin  = 30 * time.Second
)

// Answer is what came back.
type Answer struct {
	Status int
	Body   []byte
	Header http.Header
	Took   time.Duration
}

// Error is the sentence of a refusal, empty if there is none.
func (a Answer) Error() string {
	var body struct{ Error string }
	if json.Unmarshal(a.Body, &body) != nil {
		return ""
	}
	return body.Error
}

// Change makes a request another than a page of the demo's own would send.
type Change func(*http.Request)

// Header sets a header of a request; Host is one of them.
func Header(name, value string) Change {
	return func(r *http.Request) {
		if name == "Host" {
			r.Host = value
			return
		}
		r.Header.Add(name, value)
	}
}

// Try sends a request and returns whatever is answered, or the error of one that
// was not answered.
func (d *Demo) Try(method, path string, body io.Reader, changes ...Change) (Answer, error) {
	within := answerWithin
	if path == "/terminal/power" {
		within = powerWithin
	}
	ctx, done := context.WithTimeout(context.Background(), within)
	defer done()
	r, err := http.NewRequestWithContext(ctx, method, d.URL+path, body)
	if err != nil {
		return Answer{}, fmt.Errorf("%s %s: %w", method, path, err)
	}
	for _, c := range changes {
		c(r)
	}
	begun := time.Now()
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return Answer{}, err
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return Answer{}, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return Answer{Status: response.StatusCode, Body: raw, Header: response.Header, Took: time.Since(begun)}, nil
}

// Do is Try for a request that has to be answered.
func (d *Demo) Do(method, path string, body []byte, changes ...Change) Answer {
	d.t.Helper()
	a, err := d.Try(method, path, bytes.NewReader(body), changes...)
	if err != nil {
		d.t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

// Get is the body of an answer that has to be 200.
func (d *Demo) Get(path string) []byte {
	d.t.Helper()
	a := d.Do(http.MethodGet, path, nil)
	if a.Status != http.StatusOK {
		d.t.Fatalf("GET %s: %d %s", path, a.Status, a.Body)
	}
	return a.Body
}

// read decodes what a GET answers.
func read[T any](d *Demo, path string) T {
	d.t.Helper()
	return decode[T](d, path, d.Get(path))
}

func decode[T any](d *Demo, path string, raw []byte) T {
	d.t.Helper()
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		d.t.Fatalf("%s: %v in %.200s", path, err, raw)
	}
	return v
}

// post sends JSON and returns the answer's status and body.
func (d *Demo) post(path string, value any) Answer {
	d.t.Helper()
	raw, err := json.Marshal(value)
	if err != nil {
		d.t.Fatal(err)
	}
	return d.Do(http.MethodPost, path, raw)
}

// handled is a POST that has to be answered 204.
func (d *Demo) handled(path string, value any) {
	d.t.Helper()
	if a := d.post(path, value); a.Status != http.StatusNoContent {
		d.t.Fatalf("POST %s %v: %d %s, want 204", path, value, a.Status, a.Body)
	}
}

// Listen follows the page's stream of events, which begins with how everything
// stands, until the function has enough or the time is over.
func (d *Demo) Listen(ctx context.Context, hear func(kind string, data []byte) (enough bool)) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, d.URL+"/events", nil)
	if err != nil {
		return fmt.Errorf("listen to events: %w", err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("listen to events: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("listen to events: %s", response.Status)
	}
	lines := bufio.NewReader(response.Body)
	kind := ""
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return fmt.Errorf("listen to events: %w", err)
		}
		line = strings.TrimSuffix(line, "\n")
		if k, ok := strings.CutPrefix(line, "event: "); ok {
			kind = k
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok && hear(kind, []byte(data)) {
			return nil
		}
	}
}
