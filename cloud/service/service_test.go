package service_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"till/cloud"
	"till/cloud/broker"
	"till/cloud/sandbox"
	"till/cloud/service"
	"till/payment"
)

func start(t *testing.T, o service.Options) *service.Service {
	t.Helper()
	o.Pace, o.Log = 1000, slog.New(slog.DiscardHandler)
	s, err := service.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Money that was to move while the gateway was down is news at once, when the
// rest of it is not there yet.
func TestNewsWhileStarting(t *testing.T) {
	dir := t.TempDir()
	past := func() time.Time { return time.Now().Add(-time.Hour) }
	box, err := sandbox.Open(dir, 1000, past, func(payment.Order) {})
	if err != nil {
		t.Fatal(err)
	}
	code, _, err := box.NewCode(payment.WeChat)
	if err != nil {
		t.Fatal(err)
	}
	if err := box.SetNext(sandbox.Late); err != nil {
		t.Fatal(err)
	}
	given, done := context.WithCancel(t.Context())
	done() // the charge is accepted, and never answered
	order := cloud.Order{
		Number: payment.NewOrder("01JD0000000000000000000000", 1), Amount: payment.Money{Amount: 100, Currency: "USD"},
	}
	if _, err := box.Charge(given, order, code); err == nil {
		t.Fatal("a late charge was answered")
	}
	if err := box.Close(); err != nil {
		t.Fatal(err)
	}
	heard := make(chan struct{}, 1)
	start(t, service.Options{Dir: dir, MQTT: "127.0.0.1:0", Changed: func() {
		select {
		case heard <- struct{}{}:
		default:
		}
	}})
	select {
	case <-heard:
	case <-time.After(5 * time.Second):
		t.Error("nothing was heard of the money")
	}
}

// A gateway serves at a broker that is there already, and embeds none.
func TestOutsideBroker(t *testing.T) {
	b, address, err := broker.Start("127.0.0.1:0", filepath.Join(t.TempDir(), "broker"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Stop)
	dir := t.TempDir()
	s := start(t, service.Options{Dir: dir, Broker: address})
	if s.Broker != address {
		t.Errorf("terminals connect to %s, want %s", s.Broker, address)
	}
	if _, err := os.Stat(filepath.Join(dir, "broker")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is a broker's folder (%v)", err)
	}
}
