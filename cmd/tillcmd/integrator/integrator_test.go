package integrator_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"till/cmd/tillcmd/integrator"
)

// leaver is a terminal that shows an order and is about to end.
type leaver struct {
	integrator.Counter
	leaving chan struct{}
}

func (l leaver) Sale(context.Context, string) (integrator.Sale, bool, error) {
	return integrator.Sale{Key: "a", Status: integrator.Waiting}, true, nil
}
func (l leaver) Changed() <-chan struct{} { return nil }
func (l leaver) Leaving() <-chan struct{} { return l.leaving }

// Who waits when the terminal is about to end is answered with the sale as it stands.
func TestWhoWaitsWhenTheTerminalEnds(t *testing.T) {
	for _, path := range []string{"/v1/sales/a?wait=60", "/v1/sales/a/events"} {
		synctest.Test(t, func(t *testing.T) {
			l := leaver{leaving: make(chan struct{})}
			handler := integrator.Handler(l, "the token", slog.New(slog.DiscardHandler))
			request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
			request.Header.Set("Authorization", "Bearer the token")
			answer, answered := httptest.NewRecorder(), make(chan struct{})
			begun := time.Now()
			go func() {
				defer close(answered)
				handler.ServeHTTP(answer, request)
			}()
			synctest.Wait()
			close(l.leaving)
			<-answered
			if answer.Code != http.StatusOK || !strings.Contains(answer.Body.String(), `"status":"waiting"`) || time.Since(begun) > 0 {
				t.Errorf("%s: after %s %d %s", path, time.Since(begun), answer.Code, answer.Body)
			}
		})
	}
}
