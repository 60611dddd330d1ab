package enrol

import (
	"crypto/x509"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"till/cloud/limits"
	"till/sync/wire/enrolment"
)

// pollEvery is how often a device asks whether it was claimed.
const pollEvery = 5 * time.Second

// Handler serves devices. It stands behind TLS with the authority's ServerTLS.
func (r *Registry) Handler(log *slog.Logger) http.Handler {
	s := &door{r, log}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+enrolment.CertificatePath, s.certificate)
	mux.HandleFunc("POST "+enrolment.RenewalPath, s.renewal)
	mux.HandleFunc("GET "+enrolment.TerminalPath, s.terminal)
	mux.HandleFunc("POST "+enrolment.ResetPath, s.pin)
	return mux
}

// door is what devices see of the registry.
type door struct {
	*Registry
	log *slog.Logger
}

func (d *door) certificate(w http.ResponseWriter, req *http.Request) {
	asked, a, err := d.read(w, req)
	if err != nil {
		d.refuse(w, req, err)
		return
	}
	var code enrolment.Claim
	address, now := limits.Address(req), d.options.Now()
	if asked.Claim != "" {
		if wait := d.limits.Wait(address, now); wait > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)))
			d.refuse(w, req, refuse(enrolment.TooMany, "Too many wrong claims came. Wait a minute, then try again."))
			return
		}
		if code, err = enrolment.ParseClaim(asked.Claim); err != nil {
			d.refuse(w, req, refuse(enrolment.BadRequest, "The claim code is mistyped."))
			return
		}
	}
	grant, err := d.enrol(a, code, printable(asked.Version))
	var why enrolment.Refusal
	switch {
	case errors.Is(err, errWaiting):
		w.Header().Set("Retry-After", strconv.Itoa(int(pollEvery/time.Second)))
		d.answer(w, http.StatusAccepted, enrolment.Waiting{Device: string(a.device), RetryAfter: int(pollEvery / time.Second)})
	case err != nil:
		if errors.As(err, &why) && code != "" && why.Reason == enrolment.ClaimUnknown {
			d.limits.Missed(address, now)
		}
		d.refuse(w, req, err)
	default:
		d.log.Info("enrolled", "terminal", grant.Terminal, "device", a.device.String(), "from", address)
		d.answer(w, http.StatusOK, grant)
	}
}

func (d *door) renewal(w http.ResponseWriter, req *http.Request) {
	shown, err := d.shown(req)
	if err != nil {
		d.refuse(w, req, err)
		return
	}
	_, a, err := d.read(w, req)
	if err != nil {
		d.refuse(w, req, err)
		return
	}
	grant, err := d.renew(shown, a)
	if err != nil {
		d.refuse(w, req, err)
		return
	}
	d.log.Info("renewed", "terminal", grant.Terminal)
	d.answer(w, http.StatusOK, grant)
}

func (d *door) terminal(w http.ResponseWriter, req *http.Request) {
	shown, err := d.shown(req)
	if err != nil {
		d.refuse(w, req, err)
		return
	}
	t, err := d.holder(shown)
	if err != nil {
		d.refuse(w, req, err)
		return
	}
	d.answer(w, http.StatusOK, d.standing(shown, t))
}

func (d *door) standing(shown *x509.Certificate, t Terminal) enrolment.Standing {
	return enrolment.Standing{Terminal: t.ID, Serial: serialOf(shown), RenewAfter: renewAfter(shown), Settings: d.settings(t)}
}

// shown is the client certificate of a request, which TLS has verified.
func (d *door) shown(req *http.Request) (*x509.Certificate, error) {
	if req.TLS == nil || len(req.TLS.VerifiedChains) == 0 {
		return nil, refuse(enrolment.Unnamed, "Show the terminal's certificate.")
	}
	return req.TLS.VerifiedChains[0][0], nil
}

// read takes a request and the key in it.
func (d *door) read(w http.ResponseWriter, req *http.Request) (enrolment.Request, applicant, error) {
	asked, err := enrolment.Read[enrolment.Request](http.MaxBytesReader(w, req.Body, enrolment.MaxRequest))
	if err != nil {
		return asked, applicant{}, refuse(enrolment.BadRequest, "The request is not JSON of at most %d KiB.", enrolment.MaxRequest>>10)
	}
	a, err := readCSR(asked.CSR)
	return asked, a, err
}

// statusOf is the HTTP status of a refusal.
func statusOf(why enrolment.Reason) int {
	switch why {
	case enrolment.BadRequest:
		return http.StatusBadRequest
	case enrolment.Unnamed:
		return http.StatusUnauthorized
	case enrolment.ClaimUnknown:
		return http.StatusNotFound
	case enrolment.ClaimUsed, enrolment.PINTaken:
		return http.StatusConflict
	case enrolment.ClaimExpired:
		return http.StatusGone
	case enrolment.TooMany:
		return http.StatusTooManyRequests
	case enrolment.Failed:
		return http.StatusInternalServerError
	default: // revoked, superseded
		return http.StatusForbidden
	}
}

func (d *door) refuse(w http.ResponseWriter, req *http.Request, err error) {
	var why enrolment.Refusal
	if !errors.As(err, &why) {
		d.log.Error("enrolment", "path", req.URL.Path, "from", limits.Address(req), "err", err)
		why = enrolment.Refusal{Reason: enrolment.Failed, Message: "The gateway has trouble of its own. Try again."}
	} else {
		d.log.Info("enrolment refused", "path", req.URL.Path, "from", limits.Address(req), "why", why.Reason)
	}
	d.answer(w, statusOf(why.Reason), why)
}

func (d *door) answer(w http.ResponseWriter, status int, message any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(message); err != nil {
		d.log.Debug("enrolment", "err", err)
	}
}

// printable is a device's text as far as a log and a table can bear it.
func printable(s string) string {
	clean := make([]rune, 0, 40)
	for _, c := range s {
		if c > ' ' && c < 0x7F && len(clean) < 40 {
			clean = append(clean, c)
		}
	}
	return string(clean)
}
