package display_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"till/display"
)

type coded struct{ code, text string }

func (c coded) Error() string { return c.text }
func (c coded) Code() string  { return c.code }

// wire is a connection whose other end has said everything already.
type wire struct {
	io.Reader
	bytes.Buffer
}

func (w *wire) Read(p []byte) (int, error) { return w.Reader.Read(p) }

// answers runs in through a terminal that handles every event with handle.
func answers(t *testing.T, in string, handle func(display.InputEvent) error) []string {
	t.Helper()
	w := &wire{Reader: strings.NewReader(in)}
	if err := display.NewBenchInput(w).Run(t.Context(), handle); err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(w.String(), "\n"), "\n")
}

func TestBenchInputLines(t *testing.T) {
	for _, c := range []struct{ name, line, event, answer string }{
		{"touch", `{"id":1,"touch":{"x":1,"y":2}}`, "touch (1,2)", `{"id":1}`},
		{"key", `{"id":2,"key":"00"}`, "key 00", `{"id":2}`},
		{"button", `{"id":3,"button":"qr"}`, "button qr", `{"id":3}`},
		{"spaces", "  {\"id\": 4, \"key\": \"esc\"}\r", "key esc", `{"id":4}`},
		{"nothing", `{"id":5}`, "", `{"id":5,"error":"an input is one of touch, key and button","code":"bad_input"}`},
		{"two", `{"id":6,"key":"1","button":"qr"}`, "", `{"id":6,"error":"an input is one of touch, key and button","code":"bad_input"}`},
		{"unknown key", `{"id":7,"key":"F1"}`, "", "bad_input"},
		{"long button", `{"id":8,"button":"` + strings.Repeat("x", 65) + `"}`, "", "bad_input"},
		{"unknown field", `{"id":9,"scan":"123"}`, "", "bad_input"},
		{"no object", `hello`, "", "bad_input"},
		{"two objects", `{"id":10,"key":"1"}{"id":11,"key":"1"}`, "", "bad_input"},
		{"too long", `{"id":12,"key":"` + strings.Repeat("1", 70<<10) + `"}`, "", `{"id":0,"error":"line longer than 65536 bytes","code":"bad_input"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			event := ""
			// The stream goes on after whatever the line was.
			got := answers(t, c.line+"\n\n"+`{"id":99,"key":"0"}`+"\n", func(e display.InputEvent) error {
				if e.Key != "0" {
					event = describe(e)
				}
				return nil
			})
			if event != c.event {
				t.Errorf("handled %q, want %q", event, c.event)
			}
			if len(got) != 2 || !strings.Contains(got[0], c.answer) || got[1] != `{"id":99}` {
				t.Errorf("answered %q, want %q", got, c.answer)
			}
		})
	}
}

func describe(e display.InputEvent) string {
	switch {
	case e.Touch != nil:
		return "touch " + e.Touch.String()
	case e.Key != "":
		return "key " + e.Key
	default:
		return "button " + e.Button
	}
}

func TestRefusalsAreAnswered(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{coded{"no_button", "there is no button x"}, `{"id":1,"error":"there is no button x","code":"no_button"}`},
		{fmt.Errorf("press: %w", coded{"disabled", "it is disabled"}), `{"id":1,"error":"press: it is disabled","code":"disabled"}`},
		{errors.New("no"), `{"id":1,"error":"no"}`},
		{coded{"odd", ""}, `{"id":1,"error":"refused","code":"odd"}`},
	} {
		got := answers(t, `{"id":1,"button":"x"}`+"\n", func(display.InputEvent) error { return c.err })
		if len(got) != 1 || got[0] != c.want {
			t.Errorf("%v answered %q, want %q", c.err, got, c.want)
		}
	}
}

func TestInputReachesTheTerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		var handled []string
		var ended error
		go func() {
			ended = display.NewBenchInput(near).Run(t.Context(), func(e display.InputEvent) error {
				handled = append(handled, describe(e))
				if e.Button == "no" {
					return coded{"no_button", "there is no button no"}
				}
				return nil
			})
		}()
		client := display.NewBenchInputClient(far)
		if err := client.Send(t.Context(), display.InputEvent{Touch: &image.Point{X: 3, Y: 4}}); err != nil {
			t.Fatal(err)
		}
		var refused *display.InputError
		if err := client.Send(t.Context(), display.InputEvent{Button: "no"}); !errors.As(err, &refused) || refused.Code != "no_button" || refused.Message != "there is no button no" {
			t.Errorf("refused with %v", err)
		}
		if err := client.Send(t.Context(), display.InputEvent{}); !errors.As(err, &refused) || refused.Code != display.CodeBadInput {
			t.Errorf("an empty event: %v", err)
		}
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if err := client.Send(t.Context(), display.InputEvent{Key: "5"}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if err := far.Close(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if ended != nil || len(handled) != 22 {
			t.Errorf("ended with %v after %d events", ended, len(handled))
		}
		if err := client.Send(t.Context(), display.InputEvent{Key: "5"}); !errors.Is(err, display.ErrInputGone) {
			t.Errorf("with the connection closed: %v", err)
		}
	})
}

func TestATerminalThatDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		client := display.NewBenchInputClient(far)
		lines := bufio.NewReader(near)
		go func() {
			if _, err := lines.ReadString('\n'); err != nil {
				t.Error(err)
			}
		}()
		ctx, cancel := context.WithCancel(t.Context())
		gave := make(chan error)
		go func() { gave <- client.Send(ctx, display.InputEvent{Key: "1"}) }()
		synctest.Wait()
		cancel()
		if err := <-gave; !errors.Is(err, context.Canceled) {
			t.Errorf("gave up with %v", err)
		}
		// Its late answer must not be taken for another's.
		go func() {
			line, err := lines.ReadString('\n')
			if err != nil {
				t.Error(err)
			}
			var in struct{ ID int64 }
			if err := json.Unmarshal([]byte(line), &in); err != nil {
				t.Error(err)
			}
			fmt.Fprintf(near, `{"id":%d,"error":"late"}`+"\n"+`{"id":%d}`+"\n", in.ID-1, in.ID)
		}()
		if err := client.Send(t.Context(), display.InputEvent{Key: "2"}); err != nil {
			t.Errorf("answered %v", err)
		}
		// The power goes while it waits.
		go func() {
			if _, err := lines.ReadString('\n'); err != nil {
				t.Error(err)
			}
			near.Close()
		}()
		if err := client.Send(t.Context(), display.InputEvent{Key: "3"}); !errors.Is(err, display.ErrInputGone) {
			t.Errorf("with the power gone: %v", err)
		}
	})
}

func TestBenchInputEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer far.Close()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() {
			ended <- display.NewBenchInput(near).Run(ctx, func(display.InputEvent) error { return nil })
		}()
		synctest.Wait()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
	})
}

func FuzzBenchInput(f *testing.F) {
	f.Add([]byte(`{"id":1,"touch":{"x":1,"y":2}}`))
	f.Add([]byte(`{"id":2,"key":"5"}` + "\n" + `{"id":3,"button":"qr"}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		w := &wire{Reader: bytes.NewReader(append(in, '\n'))}
		events := 0
		err := display.NewBenchInput(w).Run(t.Context(), func(e display.InputEvent) error {
			events++
			if err := e.Validate(); err != nil {
				t.Fatalf("handled an event that is not valid: %v", err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(w.Bytes(), []byte("\n")); n < events {
			t.Fatalf("%d events, %d answers", events, n)
		}
	})
}
