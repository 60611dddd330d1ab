package service_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"till/cloud/service"
	"till/sync/wire"
	"till/sync/wire/mqtt"
)

// line is a terminal's, as far as commands go.
type line struct {
	*testing.T
	conn *mqtt.Conn
	came chan wire.Command
}

const shop = "shop-1"

func connect(t *testing.T, s *service.Service) *line {
	t.Helper()
	l := &line{T: t, came: make(chan wire.Command, 16)}
	var err error
	l.conn, err = mqtt.Connect(t.Context(), mqtt.Options{
		Broker: "tcp://" + s.Broker, ClientID: shop, Timeout: 5 * time.Second, KeepAlive: 10 * time.Second,
		Handle: func(topic string, payload []byte) {
			if topic != wire.Commands.Topic(shop) {
				return
			}
			c, err := wire.Decode[wire.Command](payload)
			if err != nil {
				t.Error(err)
			}
			l.came <- c
		},
		Lost: func(error) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.conn.Close)
	if err := l.conn.SubscribeAtMostOnce(t.Context(), wire.DownFilter(shop)); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *line) say(c wire.Channel, message any) {
	l.Helper()
	payload, err := wire.Encode(message)
	if err != nil {
		l.Fatal(err)
	}
	if err := l.conn.Publish(c.Topic(shop), 1, false, payload); err != nil {
		l.Fatal(err)
	}
}

// door is the operator's, over HTTP.
type door struct {
	*testing.T
	url string
}

func (d door) ask(method, path, body string, into any) int {
	d.Helper()
	r, err := http.NewRequestWithContext(d.Context(), method, d.url+path, strings.NewReader(body))
	if err != nil {
		d.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		d.Fatal(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		d.Fatal(err)
	}
	if into != nil {
		if err := json.Unmarshal(raw, into); err != nil {
			d.Fatalf("%s: %v", raw, err)
		}
	}
	return response.StatusCode
}

// until asks for the terminal until ok.
func (d door) until(what string, ok func(service.Terminal) bool) service.Terminal {
	d.Helper()
	ctx, done := context.WithTimeout(d.Context(), 20*time.Second)
	defer done()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var t service.Terminal
		if status := d.ask("GET", "/fleet/"+shop, "", &t); ok(t) && status == http.StatusOK {
			return t
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			d.Fatalf("%s: %+v", what, t)
		}
	}
}

func TestCommandOverTheBroker(t *testing.T) {
	s := start(t, service.Options{Dir: t.TempDir(), MQTT: "127.0.0.1:0"})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- s.Run(ctx) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	web := httptest.NewServer(s.FleetHandler(slog.New(slog.DiscardHandler)))
	defer web.Close()
	d := door{t, web.URL}
	if status := d.ask("POST", "/fleet/"+shop+"/commands", `{"op":"status"}`, nil); status != http.StatusNotFound {
		t.Errorf("a terminal that never was: %d", status)
	}
	l := connect(t, s)
	// The gateway may subscribe after this hello; a terminal says it again.
	d.until("no hello", func(got service.Terminal) bool {
		l.say(wire.Requests, wire.Request{Op: wire.Hello, Position: &wire.Position{Epoch: 1, Boot: "b", Version: "v1"}})
		return got.Boot == "b" && !got.Heard.IsZero()
	})
	var given struct{ Command wire.Command }
	if status := d.ask("POST", "/fleet/"+shop+"/commands", `{"op":"status","args":{"a":1},"seconds":60}`, &given); status != http.StatusAccepted || given.Command.ID != 1 {
		t.Fatalf("%d, %+v", status, given)
	}
	select {
	case c := <-l.came:
		if c.ID != 1 || c.Op != wire.TellStatus || string(c.Args) != `{"a":1}` || time.Until(c.NotAfter) > time.Minute {
			t.Errorf("it came as %+v", c)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it did not come")
	}
	l.say(wire.Results, wire.NewResult(1, wire.ResultDone, map[string]int{"queued": 3}))
	got := d.until("no result", func(got service.Terminal) bool { return got.OpenCommand == 0 })
	if c := got.Commands[0]; c.Result.Status != wire.ResultDone || string(c.Result.Output) != `{"queued":3}` || c.Ended.IsZero() {
		t.Errorf("its result is %+v", c)
	}
	if status := d.ask("PUT", "/fleet/"+shop+"/desired/example", `{"volume":2}`, nil); status != http.StatusOK {
		t.Errorf("desired: %d", status)
	}
	if got := d.until("no part", func(service.Terminal) bool { return true }); got.Desired.Revision != 1 {
		t.Errorf("desired is %+v", got.Desired)
	}
	for body, want := range map[string]int{
		``: 400, `{`: 400, `{}`: 400, `{"op":"status","seconds":-5}`: 400, `{"op":"status","args":[]}`: 400,
		fmt.Sprintf(`{"op":"status","args":{"a":%q}}`, strings.Repeat("x", 70<<10)): 400,
	} {
		var said struct{ Error string }
		if status := d.ask("POST", "/fleet/"+shop+"/commands", body, &said); status != want || said.Error == "" {
			t.Errorf("%.40s: %d %q, want %d", body, status, said.Error, want)
		}
	}
}

// A page of somebody else's must not command terminals.
func TestFleetFromForeignPages(t *testing.T) {
	s := start(t, service.Options{Dir: t.TempDir(), MQTT: "127.0.0.1:0"})
	h := s.FleetHandler(slog.New(slog.DiscardHandler))
	for _, c := range []struct {
		host, origin string
		want         int
	}{
		{"127.0.0.1:8081", "", 200}, {"localhost:8081", "", 200}, {"[::1]:8081", "", 200},
		{"127.0.0.1:8081", "http://127.0.0.1:8081", 200}, {"127.0.0.1:8081", "http://evil.example", 403},
		{"127.0.0.1:8081", "null", 403}, {"evil.example", "", 403}, {"127.0.0.1:8081", "http://127.0.0.1:1", 403},
	} {
		r := httptest.NewRequest("GET", "/fleet", nil)
		r.Host = c.host
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("host %s, origin %q: %d, want %d", c.host, c.origin, w.Code, c.want)
		}
	}
}
