package protocol_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"till/cmd/tillcmd/integrator"
	"till/payment"
)

const integratorFile = "integrator.yaml"

// fakeCounter is a terminal whose answers are settled.
type fakeCounter struct {
	sale  integrator.Sale
	known bool
	err   error // of what is asked for
}

func (f *fakeCounter) Take(context.Context, integrator.Order) (integrator.Sale, bool, error) {
	before := f.known
	f.known = f.err == nil
	return f.sale, before, f.err
}

func (f *fakeCounter) Sale(context.Context, string) (integrator.Sale, bool, error) {
	return f.sale, f.known, nil
}
func (f *fakeCounter) Changed() <-chan struct{}                                { return nil }
func (f *fakeCounter) Leaving() <-chan struct{}                                { return nil }
func (f *fakeCounter) Cancel(context.Context, string) error                    { return f.err }
func (f *fakeCounter) Refund(context.Context, string, integrator.Refund) error { return f.err }
func (f *fakeCounter) Print(context.Context, []integrator.Line) error          { return f.err }
func (f *fakeCounter) Drawer(context.Context) error                            { return f.err }
func (f *fakeCounter) Status(context.Context) (integrator.Status, error) {
	return integrator.Status{Terminal: "till-07", Version: "v1.0.0", Screen: "ready", Online: true, Running: "a", Printer: "ready"}, nil
}

// TestIntegrator holds the document for cash registers to the terminal: each
// operation is served, each answer is one that the document has, in its form.
func TestIntegrator(t *testing.T) {
	var doc struct {
		Paths      map[string]map[string]json.RawMessage `json:"paths"`
		Components struct {
			Responses map[string]reply `json:"responses"`
		} `json:"components"`
	}
	compiler := schemasOf(t, integratorFile, readYAML(t, integratorFile, &doc))
	full := integrator.Sale{
		Key: "a", Reference: "table 4", Status: payment.StatusRefunded, Final: true, Amount: 1234, Currency: "USD", Paid: 1234, Refunded: 1234,
		ID: "01KAT7X2Q8M5V3N9RD6E4WZB1C", Receipt: "000001", Tenders: []integrator.Tender{{Wallet: payment.Alipay, Amount: 1234, Paid: true, Transaction: "2026"}},
		Refunds: []integrator.Given{{Key: "r", Amount: 1234, Status: payment.RefundRefused, Reason: payment.OverRefund}},
	}
	const order = `{"reference":"table 4","amount":1234,"currency":"USD"}`
	refused := fmt.Errorf("%w: no", integrator.ErrRefused)
	large := `{"reference":"` + strings.Repeat("x", 20<<10) + `"}`
	seen := map[string]bool{}
	for _, c := range []struct {
		operation, path, body string
		known                 bool
		err                   error
		status                int
	}{
		{"get /v1/status", "/v1/status", "", true, nil, 200},
		{"put /v1/sales/{key}", "/v1/sales/a", order, false, nil, 201},
		{"put /v1/sales/{key}", "/v1/sales/a", order, true, nil, 200},
		{"put /v1/sales/{key}", "/v1/sales/a", `{"amount":1,"currency":"USD"}`, true, nil, 409},
		{"put /v1/sales/{key}", "/v1/sales/a", order, false, &integrator.Busy{Running: "b"}, 409},
		{"put /v1/sales/{key}", "/v1/sales/a", order, false, refused, 422},
		{"put /v1/sales/{key}", "/v1/sales/a", "{", false, nil, 400},
		{"put /v1/sales/{key}", "/v1/sales/a", large, false, nil, 413},
		{"get /v1/sales/{key}", "/v1/sales/a", "", true, nil, 200},
		{"get /v1/sales/{key}", "/v1/sales/a?wait=x", "", true, nil, 422},
		{"get /v1/sales/{key}", "/v1/sales/a", "", false, nil, 404},
		{"get /v1/sales/{key}/events", "/v1/sales/a/events", "", true, nil, 200},
		{"get /v1/sales/{key}/events", "/v1/sales/a/events", "", false, nil, 404},
		{"post /v1/sales/{key}/cancel", "/v1/sales/a/cancel", "", true, nil, 200},
		{"post /v1/sales/{key}/cancel", "/v1/sales/a/cancel", "", false, integrator.ErrUnknown, 404},
		{"post /v1/sales/{key}/cancel", "/v1/sales/a/cancel", "", true, refused, 422},
		{"put /v1/sales/{key}/refunds/{refund}", "/v1/sales/a/refunds/r", `{"amount":1}`, true, nil, 200},
		{"put /v1/sales/{key}/refunds/{refund}", "/v1/sales/a/refunds/r", `{"amount":1}`, true, &integrator.Taken{Key: "r"}, 409},
		{"put /v1/sales/{key}/refunds/{refund}", "/v1/sales/a/refunds/r", `{"amount":1}`, false, integrator.ErrUnknown, 404},
		{"put /v1/sales/{key}/refunds/{refund}", "/v1/sales/a/refunds/r", `{"amount":1}`, true, refused, 422},
		{"put /v1/sales/{key}/refunds/{refund}", "/v1/sales/a/refunds/r", `{"sum":1}`, true, nil, 400},
		{"put /v1/sales/{key}/refunds/{refund}", "/v1/sales/a/refunds/r", large, true, nil, 413},
		{"post /v1/print", "/v1/print", `{"lines":[{"text":"x"}]}`, true, nil, 202},
		{"post /v1/print", "/v1/print", `{"lines":[]}`, true, nil, 422},
		{"post /v1/print", "/v1/print", `x`, true, nil, 400},
		{"post /v1/print", "/v1/print", large, true, nil, 413},
		{"post /v1/drawer", "/v1/drawer", "", true, nil, 204},
		{"post /v1/drawer", "/v1/drawer", "", true, refused, 422},
	} {
		method, path, _ := strings.Cut(c.operation, " ")
		operation := doc.Paths[path][method]
		var described struct {
			Responses map[string]reply `json:"responses"`
		}
		if operation == nil || json.Unmarshal(operation, &described) != nil {
			t.Errorf("%s is not in the document", c.operation)
			continue
		}
		for _, token := range []string{"the token", "another"} {
			handler := integrator.Handler(&fakeCounter{sale: full, known: c.known, err: c.err}, "the token", slog.New(slog.DiscardHandler))
			request := httptest.NewRequestWithContext(t.Context(), strings.ToUpper(method), c.path, strings.NewReader(c.body))
			request.Header.Set("Authorization", "Bearer "+token)
			answer := httptest.NewRecorder()
			handler.ServeHTTP(answer, request)
			want := c.status
			if token == "another" {
				want = http.StatusUnauthorized
			}
			if answer.Code != want {
				t.Errorf("%s %s %.60s: %d %s, want %d", method, c.path, c.body, answer.Code, answer.Body, want)
			}
			seen[fmt.Sprintf("%s %d", c.operation, answer.Code)] = true
			of, there := described.Responses[fmt.Sprint(answer.Code)]
			if !there {
				t.Errorf("%s answers %d, which the document has not", c.operation, answer.Code)
				continue
			}
			if of.Ref != "" {
				of = doc.Components.Responses[strings.TrimPrefix(of.Ref, "#/components/responses/")]
			}
			schema := of.Content["application/json"].Schema.Ref
			if schema == "" {
				continue
			}
			compiled, err := compiler.Compile(integratorFile + schema)
			if err != nil {
				t.Fatal(err)
			}
			said, err := jsonschema.UnmarshalJSON(answer.Body)
			if err == nil {
				err = compiled.Validate(said)
			}
			if err != nil {
				t.Errorf("%s %d: %v", c.operation, answer.Code, err)
			}
		}
	}
	for path, operations := range doc.Paths {
		for method, raw := range operations {
			if !slices.Contains([]string{"get", "put", "post", "delete", "patch"}, method) {
				continue
			}
			var described struct {
				Responses map[string]json.RawMessage `json:"responses"`
			}
			if err := json.Unmarshal(raw, &described); err != nil {
				t.Fatal(err)
			}
			for status := range described.Responses {
				if !seen[method+" "+path+" "+status] {
					t.Errorf("%s %s: the answer %s was not seen", method, path, status)
				}
			}
		}
	}
}
