package tillcmd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"till/checkout"
	"till/checkout/training"
	"till/cmd/tillcmd/integrator"
	"till/display"
	"till/words"
)

// The certificate that cash registers pin is made once. One that is there and
// cannot be read is not made anew in silence: every register would be out.
func TestCertificateForCashRegisters(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "integrator")
	first, err := Integrator{}.certificate(dir)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Integrator{}.certificate(dir)
	if err != nil || !bytes.Equal(first.Certificate[0], again.Certificate[0]) {
		t.Fatalf("at the second start it is another (%v)", err)
	}
	file := filepath.Join(dir, "own.pem")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(what string) {
		t.Helper()
		_, err := Integrator{}.certificate(dir)
		if err == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), "remove it") || strings.Contains(err.Error(), "PRIVATE") {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, raw := range map[string][]byte{
		"empty": {}, "cut off": whole[:len(whole)/2], "without its key": whole[:bytes.Index(whole, []byte("-----BEGIN PRIVATE"))], "rubbish": []byte("rubbish"),
	} {
		if err := os.WriteFile(file, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		refused(what)
		if now, err := os.ReadFile(file); err != nil || !bytes.Equal(now, raw) {
			t.Errorf("%s: it was touched (%v)", what, err)
		}
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(file, 0o700); err != nil {
		t.Fatal(err)
	}
	refused("a folder")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if anew, err := (Integrator{}).certificate(dir); err != nil || bytes.Equal(anew.Certificate[0], first.Certificate[0]) {
		t.Errorf("removed, it is not made anew (%v)", err)
	}
}

// An address that is not there, or files, keep cash registers out and nothing else: it
// is said, in the log once until it is another, and tried again.
func TestCashRegistersKeptOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		c := &terminal{log: slog.New(slog.NewTextHandler(&log, nil)), stirred: make(chan struct{}, 1)}
		c.config.Data, c.config.Integrator = t.TempDir(), Integrator{Listen: "192.0.2.1:8444", Token: "the token"} // RFC 5737: nobody has it
		r := newCashRegister(c)
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		ended := make(chan error)
		go func() { ended <- r.run(ctx) }()
		time.Sleep(10 * letInEvery)
		synctest.Wait()
		if row := r.row(words.English); row.Tone != display.ToneBad || !strings.HasPrefix(row.Sub, "192.0.2.1:8444: ") || len(c.stirred) != 1 {
			t.Errorf("the status screen says %+v", row)
		}
		if n := strings.Count(log.String(), "none is let in"); n != 1 {
			t.Errorf("it is said %d times:\n%s", n, &log)
		}
		if err := <-ended; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("it ends: %v", err)
		}
	})
}

// A register that sends an order again before it was answered has one sale, and the
// same answer but for who was first. Under that key another amount is refused.
func TestOrdersThatRace(t *testing.T) {
	const order, other = `{"reference":"table 4","amount":1234,"currency":"USD"}`, `{"reference":"table 4","amount":1235,"currency":"USD"}`
	first, second := race(t, order, order)
	if first.Code+second.Code != http.StatusCreated+http.StatusOK || first.Body.String() != second.Body.String() {
		t.Errorf("%d %s and %d %s", first.Code, first.Body, second.Code, second.Body)
	}
	var sale integrator.Sale
	if err := json.Unmarshal(second.Body.Bytes(), &sale); err != nil || sale.Status != integrator.Waiting || sale.Final || sale.Amount != 1234 {
		t.Errorf("the sale is %s (%v)", second.Body, err)
	}
	first, second = race(t, order, other)
	if first.Code+second.Code != http.StatusCreated+http.StatusConflict || !strings.Contains(first.Body.String()+second.Body.String(), "of another amount") {
		t.Errorf("%d %s and %d %s", first.Code, first.Body, second.Code, second.Body)
	}
}

// race puts two orders under one key, which both reach the counter before it has
// looked at either.
func race(t *testing.T, orders ...string) (first, second *httptest.ResponseRecorder) {
	t.Helper()
	c := &terminal{
		inbox: make(chan input), log: slog.New(slog.DiscardHandler),
		register: &checkout.Register{State: checkout.New(checkout.Settings{Currency: "USD", AutoShift: true}, 0, "", nil)},
	}
	c.counter = training.New(c.register, nil) // nobody trains
	c.cashRegister = newCashRegister(c)
	handler := integrator.Handler(c.cashRegister, "the token", c.log)
	answers := make(chan *httptest.ResponseRecorder)
	for _, order := range orders {
		go func() {
			request := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/v1/sales/a-1", strings.NewReader(order))
			request.Header.Set("Authorization", "Bearer the token")
			answer := httptest.NewRecorder()
			handler.ServeHTTP(answer, request)
			answers <- answer
		}()
	}
	handle := func(in input) {
		event, err := in.resolve(c)
		if err == nil && event != nil {
			err = c.register.Handle(event, checkout.Now{At: time.Unix(0, 0)})
		}
		in.done <- err
	}
	one, two := <-c.inbox, <-c.inbox
	handle(one)
	handle(two)
	var all []*httptest.ResponseRecorder
	for len(all) < len(orders) {
		select {
		case in := <-c.inbox:
			handle(in)
		case a := <-answers:
			all = append(all, a)
		}
	}
	return all[0], all[1]
}
