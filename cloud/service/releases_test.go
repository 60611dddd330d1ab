package service_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"till/cloud/releases"
	"till/cloud/service"
	"till/sync/wire"
	"till/sync/wire/mqtt"
	"till/sync/wire/updates"
)

// addRelease begins a gateway's releases with one, for pi3b.
func addRelease(t *testing.T, dir, version string) {
	t.Helper()
	root, err := releases.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	targets, err := releases.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	repo, err := releases.Create(service.ReleasesIn(dir), releases.Owners{Root: []releases.Key{root}, Threshold: 1, Targets: []releases.Key{targets}}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	m := updates.Manifest{About: updates.About{
		Version: version, Board: "pi3b", ImageSize: 512, Schema: 1, Reads: 1,
		ImageSHA256: "076a27c79e5ace2a3d47f9dd2e83e4ff6ea8872b3c2218f66c92b89b55f36560", // of 512 zeros
	}}
	if err := updates.WriteRelease(&b, m, bytes.NewReader(make([]byte, 512))); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "release")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := repo.Add(path, targets); err != nil {
		t.Fatal(err)
	}
}

// TestRollout is from the operator's order to the terminal's broker connection and back.
func TestRollout(t *testing.T) {
	dir := t.TempDir()
	addRelease(t, dir, "v1.1.0")
	s := start(t, service.Options{Dir: dir, MQTT: "127.0.0.1:0"})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- s.Run(ctx) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	wishes := make(chan wire.Desired, 16)
	conn, err := mqtt.Connect(t.Context(), mqtt.Options{
		Broker: "tcp://" + s.Broker, ClientID: shop, Timeout: 5 * time.Second, KeepAlive: 10 * time.Second,
		Handle: func(topic string, payload []byte) {
			if topic == wire.Wishes.Topic(shop) {
				d, err := wire.Decode[wire.Desired](payload)
				if err != nil {
					t.Error(err)
				}
				wishes <- d
			}
		},
		Lost: func(error) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SubscribeAtMostOnce(t.Context(), wire.DownFilter(shop)); err != nil {
		t.Fatal(err)
	}
	l := &line{T: t, conn: conn}
	change := uint64(0)
	// report says it until the gateway has it: it may subscribe after the first time.
	report := func(r updates.Report, there func(service.Shelf) bool) {
		t.Helper()
		raw, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		deadline := time.Now().Add(20 * time.Second)
		for {
			change++
			l.say(wire.Requests, wire.Request{Op: wire.Hello, Position: &wire.Position{Epoch: 1, Boot: "b", Version: r.Version}})
			l.say(wire.Reports, wire.Reported{Boot: "b", Change: change, Parts: map[string]json.RawMessage{updates.Part: raw}})
			if shelf, err := s.Shelf(); err == nil && there(shelf) {
				return
			} else if time.Now().After(deadline) {
				t.Fatalf("%+v, %v", shelf, err)
			}
			select {
			case <-time.After(50 * time.Millisecond):
			case <-t.Context().Done():
			}
		}
	}
	wish := func(want string) {
		t.Helper()
		for {
			select {
			case d := <-wishes:
				raw, there := d.Parts[updates.Part]
				if !there && want == "" || there && want != "" && strings.Contains(string(raw), want) {
					return
				}
			case <-time.After(20 * time.Second):
				t.Fatalf("no wish of %q came", want)
			}
		}
	}
	stage := func() {
		t.Helper()
		if _, err := s.Stage(service.StageOrder{Rollout: releases.Rollout{Version: "v1.1.0", Share: 100}}); err != nil {
			t.Fatal(err)
		}
	}
	stage()
	report(updates.Report{Version: "v1.0.0", Board: "pi3b", Slot: 2, State: updates.Idle}, func(s service.Shelf) bool { return s.Rollouts[0].Chosen == 1 })
	stage()
	wish(`"rollout":"v1.1.0-1","version":"v1.1.0"`)
	report(updates.Report{Version: "v1.0.0", Board: "pi3b", Slot: 2, State: updates.Downloading, Rollout: "v1.1.0-1", Target: "v1.1.0"},
		func(s service.Shelf) bool { return s.Rollouts[0].Loading == 1 })
	failed := updates.Report{Version: "v1.0.0", Board: "pi3b", Slot: 2, State: updates.Idle, Last: &updates.Outcome{
		Rollout: "v1.1.0-1", Version: "v1.1.0", Result: updates.RolledBack, Why: "gateway", Reason: "the new system did not reach the gateway"}}
	report(failed, func(s service.Shelf) bool { return s.Rollouts[0].Failed == 1 })
	stage()
	wish("")
	shelf, err := s.Shelf()
	if err != nil || !shelf.Rollouts[0].Halted || shelf.Rollouts[0].Why != "1 of 1 terminals failed" {
		t.Errorf("%+v, %v", shelf, err)
	}
	if err := s.ResumeRollout("v1.1.0"); err != nil {
		t.Fatal(err)
	}
	wish("v1.1.0-1")
	if err := s.HaltRollout("v1.1.0"); err != nil {
		t.Fatal(err)
	}
	wish("")
	if _, err := s.Stage(service.StageOrder{Rollout: releases.Rollout{Version: "v1.1.0", Share: 100}, Again: true}); err != nil {
		t.Fatal(err)
	}
	wish("v1.1.0-2")
	report(updates.Report{Version: "v1.1.0", Board: "pi3b", Slot: 3, State: updates.Idle, Last: &updates.Outcome{Rollout: "v1.1.0-2", Version: "v1.1.0", Result: updates.Confirmed}},
		func(s service.Shelf) bool { return s.Rollouts[0].Confirmed == 1 })
	if err := s.HaltRollout("v3.0.0"); !errors.Is(err, releases.ErrNoRollout) {
		t.Errorf("of no rollout: %v", err)
	}
}

func TestUpdatesHandler(t *testing.T) {
	s := start(t, service.Options{Dir: t.TempDir(), MQTT: "127.0.0.1:0"})
	server := httptest.NewServer(s.UpdatesHandler())
	defer server.Close()
	response, err := http.Get(server.URL + updates.Root + "timestamp.json")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusNotFound {
		t.Errorf("of a gateway without releases: %s", response.Status)
	}
}
