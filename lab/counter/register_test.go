package counter_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"till/cmd/tillcmd/integrator"
	"till/lab/counter"
	"till/payment"
)

const registerToken = "mMkUXAZ2kQYyUF3S"

// register is a cash register beside the counter.
type register struct {
	t      *testing.T
	url    string
	client *http.Client
}

func withRegister(t *testing.T) (*counter.Demo, *register) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close() // it is the terminal's now
	settings := filepath.Join(t.TempDir(), "settings")
	text := fmt.Sprintf("\n[integrator]\nlisten = %q\ntoken = %q\n", address, registerToken)
	if err := os.WriteFile(settings, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	d := program.Start(t, counter.Args("-settings", settings))
	// A register pins the certificate; this one asks the terminal of this very test.
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // see above
	t.Cleanup(transport.CloseIdleConnections)
	return d, &register{t, "https://" + address, &http.Client{Transport: transport}}
}

func (r *register) do(method, path, body string) (status int, answer []byte) {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+registerToken)
	response, err := r.client.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	if answer, err = io.ReadAll(response.Body); err != nil {
		r.t.Fatal(err)
	}
	return response.StatusCode, answer
}

func (r *register) sale(method, path, body string, want int) (sale integrator.Sale) {
	r.t.Helper()
	status, answer := r.do(method, path, body)
	if status != want {
		r.t.Fatalf("%s %s %s: %d %s, want %d", method, path, body, status, answer, want)
	}
	if err := json.Unmarshal(answer, &sale); err != nil {
		r.t.Fatalf("%s: %v", answer, err)
	}
	return sale
}

// until polls, long, until a sale is as wanted.
func (r *register) until(key string, ok func(integrator.Sale) bool) integrator.Sale {
	r.t.Helper()
	for begun := time.Now(); time.Since(begun) < behaviourWithin; {
		sale := r.sale(http.MethodGet, "/v1/sales/"+key, "", http.StatusOK)
		if ok(sale) {
			return sale
		}
		sale = r.sale(http.MethodGet, "/v1/sales/"+key+"?wait=2", "", http.StatusOK)
		if ok(sale) {
			return sale
		}
	}
	r.t.Fatalf("sale %s is never so", key)
	return integrator.Sale{}
}

func final(s integrator.Sale) bool { return s.Final }

// A cash register has a sale paid, watches it, and gives some of it back.
func TestCashRegister(t *testing.T) {
	t.Parallel()
	d, r := withRegister(t)
	d.Online()
	const order = `{"reference":"table 4","amount":1234,"currency":"USD"}`
	if s := r.sale(http.MethodPut, "/v1/sales/a-1", order, http.StatusCreated); s.Status != integrator.Waiting || s.Final || s.Amount != 1234 {
		t.Errorf("an order: %+v", s)
	}
	if s := d.State(); s.Screen != "ready" || s.Entry.Amount != 1234 {
		t.Errorf("the terminal shows %s with %d", s.Screen, s.Entry.Amount)
	}
	d.Key("5", "backspace")
	if s := d.State(); s.Entry.Amount != 1234 || s.Message == "" {
		t.Errorf("a cashier changes the register's amount to %d", s.Entry.Amount)
	}
	// The same again is the same, whatever it is called; another amount is none of it; another order waits.
	r.sale(http.MethodPut, "/v1/sales/a-1", order, http.StatusOK)
	if s := r.sale(http.MethodPut, "/v1/sales/a-1", `{"reference":"table 5","amount":1234,"currency":"USD"}`, http.StatusOK); s.Reference != "table 4" {
		t.Errorf("called otherwise: %+v", s)
	}
	if status, answer := r.do(http.MethodPut, "/v1/sales/a-1", `{"reference":"table 4","amount":1,"currency":"USD"}`); status != http.StatusConflict {
		t.Errorf("the key again with another amount: %d %s", status, answer)
	}
	if status, answer := r.do(http.MethodPut, "/v1/sales/a-2", order); status != http.StatusConflict || !strings.Contains(string(answer), `"running":"a-1"`) {
		t.Errorf("a second order: %d %s", status, answer)
	}

	// Watched over server-sent events while the customer pays.
	events := r.events("a-1")
	d.Scan(d.Code("wechat"))
	sale := r.until("a-1", final)
	if sale.Status != payment.StatusApproved || sale.Paid != 1234 || sale.Receipt != "000001" || sale.Reference != "table 4" ||
		len(sale.Tenders) != 1 || sale.Tenders[0].Wallet != payment.WeChat || sale.Tenders[0].Transaction == "" {
		t.Errorf("paid: %+v", sale)
	}
	var last integrator.Sale
	for s := range events {
		last = s
	}
	if last.Status != payment.StatusApproved || !last.Final {
		t.Errorf("the stream ends with %+v", last)
	}
	d.Printed(1)

	// What was sold is known after a power cut too: never charged twice.
	d.PowerCut()
	if s := r.sale(http.MethodPut, "/v1/sales/a-1", order, http.StatusOK); s.ID != sale.ID || s.Status != payment.StatusApproved {
		t.Errorf("after a power cut: %+v", s)
	}
	d.Online()

	// Given back once, however often it is asked for, and never more than there is.
	for range 2 {
		r.sale(http.MethodPut, "/v1/sales/a-1/refunds/r-1", `{"amount":234}`, http.StatusOK)
	}
	sale = r.until("a-1", final)
	if sale.Refunded != 234 || len(sale.Refunds) != 1 || sale.Refunds[0].Key != "r-1" || sale.Refunds[0].Status != payment.RefundDone {
		t.Errorf("given back: %+v", sale)
	}
	if status, answer := r.do(http.MethodPut, "/v1/sales/a-1/refunds/r-2", `{"amount":1001}`); status != http.StatusUnprocessableEntity {
		t.Errorf("more than is left: %d %s", status, answer)
	}
	if status, answer := r.do(http.MethodPut, "/v1/sales/a-1/refunds/r-1", `{"amount":100}`); status != http.StatusConflict || !strings.Contains(string(answer), "a refund of another amount") {
		t.Errorf("the refund's key again with another amount: %d %s", status, answer)
	}

	// Given up: by the register, before and while the customer pays, and by the cashier.
	r.sale(http.MethodPut, "/v1/sales/a-3", order, http.StatusCreated)
	if s := r.sale(http.MethodPost, "/v1/sales/a-3/cancel", "", http.StatusOK); s.Status != payment.StatusCancelled || !s.Final {
		t.Errorf("cancelled: %+v", s)
	}
	if s := d.State(); s.Entry.Amount != 0 {
		t.Errorf("the terminal still shows %d", s.Entry.Amount)
	}
	r.sale(http.MethodPut, "/v1/sales/a-4", order, http.StatusCreated)
	d.Press("qr")
	r.sale(http.MethodPost, "/v1/sales/a-4/cancel", "", http.StatusOK)
	if s := r.until("a-4", final); s.Status != payment.StatusCancelled {
		t.Errorf("cancelled while a QR was shown: %+v", s)
	}
	d.Home()
	r.sale(http.MethodPut, "/v1/sales/a-5", order, http.StatusCreated)
	d.Key("esc")
	if s := r.until("a-5", final); s.Status != payment.StatusCancelled {
		t.Errorf("given up by the cashier: %+v", s)
	}

	// The cashier can give it up on the panel alone.
	r.sale(http.MethodPut, "/v1/sales/a-7", `{"reference":"`+strings.Repeat("四", 120)+`","amount":1234,"currency":"USD"}`, http.StatusCreated)
	d.Press("cancel")
	if s := r.until("a-7", final); s.Status != payment.StatusCancelled {
		t.Errorf("given up on the panel: %+v", s)
	}

	// The rest of it.
	d.Amount("5")
	if status, answer := r.do(http.MethodPut, "/v1/sales/a-6", order); status != http.StatusConflict {
		t.Errorf("while the cashier keys: %d %s", status, answer)
	}
	d.Key("esc")
	slips, kicks := d.AllOut(), d.Peripherals().Kicks
	if status, answer := r.do(http.MethodPost, "/v1/print", `{"lines":[{"text":"Table 4 四号桌","align":"center","bold":true},{"text":"2 x tea"}]}`); status != http.StatusAccepted {
		t.Errorf("print: %d %s", status, answer)
	}
	d.Printed(slips + 1)
	if status, _ := r.do(http.MethodPost, "/v1/drawer", ""); status != http.StatusNoContent || d.Peripherals().Kicks != kicks+1 {
		t.Errorf("drawer: %d, %d kicks", status, d.Peripherals().Kicks-kicks)
	}
	if status, answer := r.do(http.MethodGet, "/v1/status", ""); status != http.StatusOK || !strings.Contains(string(answer), `"free":true`) || !strings.Contains(string(answer), `"terminal":"demo-1"`) {
		t.Errorf("status: %d %s", status, answer)
	}
	d.Balance()
}

// A sale that was refused is not over while its screen is there: the customer may try
// again, and the register is told; or the register gives it up, and nothing charges it.
func TestCashRegisterAfterADecline(t *testing.T) {
	t.Parallel()
	d, r := withRegister(t)
	d.Online()
	const order = `{"amount":1234,"currency":"USD"}`
	declined := func(key string) {
		t.Helper()
		r.sale(http.MethodPut, "/v1/sales/"+key, order, http.StatusCreated)
		d.Next("decline")
		d.Scan(d.Code("wechat"))
		d.Screen("declined", behaviourWithin)
		if s := r.sale(http.MethodGet, "/v1/sales/"+key, "", http.StatusOK); s.Status != payment.StatusDeclined || s.Final {
			t.Errorf("refused: %+v", s)
		}
	}
	declined("a-1")
	events := r.events("a-1")
	<-events // as it is
	if status, answer := r.do(http.MethodPut, "/v1/sales/a-2", order); status != http.StatusConflict || !strings.Contains(string(answer), `"running":"a-1"`) {
		t.Errorf("another sale meanwhile: %d %s", status, answer)
	}
	if s := r.sale(http.MethodPost, "/v1/sales/a-1/cancel", "", http.StatusOK); s.Status != payment.StatusDeclined || !s.Final {
		t.Errorf("given up: %+v", s)
	}
	var last integrator.Sale
	for s := range events {
		last = s
	}
	if !last.Final {
		t.Errorf("the stream ends with %+v", last)
	}
	d.Scan(d.Code("wechat"))
	if s := d.State(); s.Screen != "ready" || s.Last.Status != "declined" {
		t.Errorf("a scan after that: %s, %+v", s.Screen, s.Last)
	}
	r.sale(http.MethodPut, "/v1/sales/a-1", order, http.StatusOK) // it is over: another try has another key

	declined("a-3")
	events = r.events("a-3")
	d.Scan(d.Code("alipay"))
	for s := range events {
		last = s
	}
	if last.Status != payment.StatusApproved || !last.Final || last.Paid != 1234 {
		t.Errorf("the other try: %+v", last)
	}
	r.sale(http.MethodPut, "/v1/sales/a-4", order, http.StatusCreated) // the result does not hold it up
	d.Key("esc")

	declined("a-5")
	d.Press("cancel")
	if s := r.until("a-5", final); s.Status != payment.StatusDeclined {
		t.Errorf("given up by the cashier: %+v", s)
	}
	if l := d.Balance(); len(l.Charges) != 1 {
		t.Errorf("charged: %+v", l.Charges)
	}
}

// A register that does not know what became of its sale sends it again: one that was
// begun goes on under its key, and is charged once, also after a power cut. One that
// nobody had begun to pay is shown anew.
func TestCashRegisterSendsAgainAfterAPowerCut(t *testing.T) {
	t.Parallel()
	d, r := withRegister(t)
	d.Online()
	const order = `{"amount":1234,"currency":"USD"}`
	r.sale(http.MethodPut, "/v1/sales/a-1", order, http.StatusCreated)
	d.PowerCut()
	r.sale(http.MethodGet, "/v1/sales/a-1", "", http.StatusNotFound)
	r.sale(http.MethodPost, "/v1/sales/a-1/cancel", "", http.StatusNotFound)
	d.Online()
	r.sale(http.MethodPut, "/v1/sales/a-1", order, http.StatusCreated)
	d.Next("lost-reply")
	d.Scan(d.Code("wechat"))
	d.PowerCut()
	if s := r.sale(http.MethodPut, "/v1/sales/a-1", order, http.StatusOK); s.ID == "" {
		t.Errorf("sent again: %+v", s)
	}
	if s := r.until("a-1", final); s.Status != payment.StatusApproved || s.Paid != 1234 {
		t.Errorf("it ends %+v", s)
	}
	d.PowerCut()
	d.Online()
	r.sale(http.MethodPut, "/v1/sales/a-1", order, http.StatusOK)
	if s := d.State(); s.Screen != "ready" || s.Entry.Amount != 0 {
		t.Errorf("paid, it is shown again: %s with %d", s.Screen, s.Entry.Amount)
	}
	if l := d.Balance(); len(l.Charges) != 1 {
		t.Errorf("charged: %+v", l.Charges)
	}
}

// events is a sale's stream, until it ends.
func (r *register) events(key string) <-chan integrator.Sale {
	r.t.Helper()
	ctx, stop := context.WithTimeout(r.t.Context(), time.Minute)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url+"/v1/sales/"+key+"/events", nil)
	if err != nil {
		r.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+registerToken)
	response, err := r.client.Do(request) //nolint:bodyclose // the goroutine below closes it
	if err != nil || response.Header.Get("Content-Type") != "text/event-stream" {
		r.t.Fatalf("%v, %v", response, err)
	}
	all := make(chan integrator.Sale, 100)
	go func() {
		defer stop()
		defer close(all)
		defer func() { _ = response.Body.Close() }() // it was only read
		for lines := bufio.NewScanner(response.Body); lines.Scan(); {
			if data, ok := bytes.CutPrefix(lines.Bytes(), []byte("data: ")); ok {
				var s integrator.Sale
				if json.Unmarshal(data, &s) == nil {
					all <- s
				}
			}
		}
	}()
	return all
}

// What a cash register says wrong is told, and does nothing.
func TestCashRegisterRefuses(t *testing.T) {
	t.Parallel()
	d, r := withRegister(t)
	d.Online()
	for _, c := range []struct {
		method, path, body string
		want               int
	}{
		{http.MethodPut, "/v1/sales/a", `{"amount":0,"currency":"USD"}`, http.StatusUnprocessableEntity},
		{http.MethodPut, "/v1/sales/a", `{"amount":-5,"currency":"USD"}`, http.StatusUnprocessableEntity},
		{http.MethodPut, "/v1/sales/a", `{"amount":100000000,"currency":"USD"}`, http.StatusUnprocessableEntity},
		{http.MethodPut, "/v1/sales/a", `{"amount":100,"currency":"EUR"}`, http.StatusUnprocessableEntity},
		{http.MethodPut, "/v1/sales/a", `{"amount":1.5,"currency":"USD"}`, http.StatusBadRequest},
		{http.MethodPut, "/v1/sales/a", `{"amount":100,"currency":"USD","tip":5}`, http.StatusBadRequest},
		{http.MethodPut, "/v1/sales/a", `{"amount":100,"currency":"USD"}{}`, http.StatusBadRequest},
		{http.MethodPut, "/v1/sales/a", ``, http.StatusBadRequest},
		{http.MethodPut, "/v1/sales/a", `"` + strings.Repeat("x", 20<<10) + `"`, http.StatusRequestEntityTooLarge},
		{http.MethodPut, "/v1/sales/a%20b", `{"amount":100,"currency":"USD"}`, http.StatusUnprocessableEntity},
		{http.MethodPut, "/v1/sales/" + strings.Repeat("a", 65), `{"amount":100,"currency":"USD"}`, http.StatusUnprocessableEntity},
		{http.MethodPut, "/v1/sales/a", `{"amount":100,"currency":"USD","reference":"` + strings.Repeat("四", 121) + `"}`, http.StatusUnprocessableEntity},
		{http.MethodPut, "/v1/sales/a", `{"amount":100,"currency":"USD","reference":"table\u00004"}`, http.StatusUnprocessableEntity},
		{http.MethodPut, "/v1/sales/a", `{"amount":100,"currency":"USD","reference":"\u001b[2J"}`, http.StatusUnprocessableEntity},
		{http.MethodPut, "/v1/sales/a", `{"amount":100,"currency":"USD","reference":"table\n4"}`, http.StatusUnprocessableEntity},
		{http.MethodPut, "/v1/sales/a", `{"amount":100,"currency":"USD","reference":"table\u20284"}`, http.StatusUnprocessableEntity},
		{http.MethodGet, "/v1/sales/none", ``, http.StatusNotFound},
		{http.MethodGet, "/v1/sales/none?wait=61", ``, http.StatusUnprocessableEntity},
		{http.MethodGet, "/v1/sales/none?wait=9223372036854775807", ``, http.StatusUnprocessableEntity},
		{http.MethodGet, "/v1/sales/none?wait=9223372037", ``, http.StatusUnprocessableEntity},
		{http.MethodGet, "/v1/sales/none/events", ``, http.StatusNotFound},
		{http.MethodPost, "/v1/sales/none/cancel", ``, http.StatusNotFound},
		{http.MethodPut, "/v1/sales/none/refunds/r", `{"amount":1}`, http.StatusNotFound},
		{http.MethodPost, "/v1/print", `{"lines":[]}`, http.StatusUnprocessableEntity},
		{http.MethodPost, "/v1/print", `{"lines":[{"text":"x","align":"up"}]}`, http.StatusUnprocessableEntity},
		{http.MethodPost, "/v1/print", `{"lines":[{"text":"x"},{"text":"` + strings.Repeat("x", 4097) + `"}]}`, http.StatusUnprocessableEntity},
		{http.MethodGet, "/v1/elsewhere", ``, http.StatusNotFound},
		{http.MethodGet, "/", ``, http.StatusNotFound},
		{http.MethodDelete, "/v1/sales/a", ``, http.StatusMethodNotAllowed},
	} {
		status, answer := r.do(c.method, c.path, c.body)
		var said struct{ Error string }
		if err := json.Unmarshal(answer, &said); status != c.want || err != nil || said.Error == "" {
			t.Errorf("%s %.60s %.60s: %d %s, want %d (%v)", c.method, c.path, c.body, status, answer, c.want, err)
		}
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+"/v1/status", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{"", "Bearer", "Bearer " + registerToken + "x", "Basic " + registerToken} {
		request.Header.Set("Authorization", token)
		response, err := r.client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if _ = response.Body.Close(); response.StatusCode != http.StatusUnauthorized {
			t.Errorf("with the token %q: %d", token, response.StatusCode)
		}
	}
	if s := d.State(); s.Screen != "ready" || s.Entry.Amount != 0 || s.Last != nil {
		t.Errorf("after all that: %+v", s)
	}
}

// The description of the interface is good enough for a generator: a client that
// nobody wrote takes a sale. Its modules are there already: make test-tools.
func TestGeneratedClient(t *testing.T) {
	t.Parallel()
	const document = "../../docs/protocol/integrator.yaml"
	if _, err := os.ReadFile(document); err != nil { // another document makes the result of this test stale
		t.Fatal(err)
	}
	module, err := filepath.Abs("../register/generated")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"go.mod", "go.sum", "main.go"} {
		raw, err := os.ReadFile(filepath.Join(module, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), raw, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	goes := func(in string, args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir = in
		cmd.Env = append(os.Environ(), "GOFLAGS=-mod=readonly", "GOPROXY=off", "GOWORK=off")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go %s: %v; make test-tools fetches its modules\n%s", strings.Join(args, " "), err, out)
		}
	}
	program := filepath.Join(dir, "register")
	goes(module, "tool", "oapi-codegen", "-generate", "client,models", "-package", "main", "-o", filepath.Join(dir, "client.go"), "../../"+document[3:])
	goes(dir, "build", "-o", program, ".")

	d, r := withRegister(t)
	d.Online()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), program, r.url, registerToken, "generated-1", "1234")
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	d.Await("the register's amount", soon, func(s counter.State) bool { return s.Entry.Amount == 1234 })
	d.Scan(d.Code("alipay"))
	if err := cmd.Wait(); err != nil {
		t.Fatalf("the generated client: %v\n%s", err, &errs)
	}
	var sale integrator.Sale
	if err := json.Unmarshal(out.Bytes(), &sale); err != nil || sale.Key != "generated-1" || sale.Amount != 1234 || !sale.Final || sale.Status != payment.StatusApproved {
		t.Errorf("it says %s (%v)", &out, err)
	}
	d.Balance()
}
