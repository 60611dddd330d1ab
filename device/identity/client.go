package identity

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"till/sync/wire/enrolment"
)

// ErrWaiting says that the gateway has no claim for this device yet. Ask again.
var ErrWaiting = errors.New("the gateway waits for its operator to claim this device")

// requestTimeout is for one request, from dialling to the last byte.
const requestTimeout = 20 * time.Second

// Client speaks to the gateway for an identity.
type Client struct {
	identity *Identity
	version  string
	// Accept looks at a grant before it is kept: its settings may be of no use to
	// this device. nil accepts all.
	Accept func(enrolment.Grant) error
}

// NewClient speaks for an identity; version is the program's.
func NewClient(i *Identity, version string) *Client { return &Client{identity: i, version: version} }

// Enrol asks once for what an invitation promises, and keeps it. The error is
// ErrWaiting, an enrolment.Refusal, or says what failed on the way.
func (c *Client) Enrol(ctx context.Context, to enrolment.Invitation) error {
	var config *tls.Config
	if to.Authority != (enrolment.Fingerprint{}) {
		config = pinned(to.Authority, c.identity.now)
	} else {
		config = &tls.Config{MinVersion: tls.VersionTLS13}
	}
	return c.ask(ctx, to.Gateway, enrolment.CertificatePath, string(to.Claim), config)
}

// Renew asks for the certificate that follows the one in force, and keeps it.
func (c *Client) Renew(ctx context.Context) error {
	return c.ask(ctx, c.identity.Gateway(), enrolment.RenewalPath, "", c.identity.TLS())
}

// Standing asks how the terminal stands with its gateway.
func (c *Client) Standing(ctx context.Context) (enrolment.Standing, error) {
	var s enrolment.Standing
	err := c.send(ctx, http.MethodGet, c.identity.Gateway()+enrolment.TerminalPath, nil, c.identity.TLS(), func(status int, body io.Reader) (err error) {
		s, err = enrolment.Read[enrolment.Standing](body)
		return err
	})
	return s, err
}

// ResetPIN gives the manager another PIN, with the operator's code for that. hash is as
// pin.Hash writes it. What comes back has all settings of the terminal.
func (c *Client) ResetPIN(ctx context.Context, code, hash string) (enrolment.Standing, error) {
	var s enrolment.Standing
	body, err := json.Marshal(enrolment.Reset{Code: code, ManagerPIN: hash})
	if err != nil {
		return s, fmt.Errorf("encode the request: %w", err)
	}
	err = c.send(ctx, http.MethodPost, c.identity.Gateway()+enrolment.ResetPath, body, c.identity.TLS(), func(_ int, body io.Reader) (err error) {
		s, err = enrolment.Read[enrolment.Standing](body)
		return err
	})
	return s, err
}

func (c *Client) ask(ctx context.Context, gateway, path, claim string, config *tls.Config) error {
	csr, err := c.identity.request()
	if err != nil {
		return err
	}
	body, err := json.Marshal(enrolment.Request{CSR: csr, Claim: claim, Version: c.version})
	if err != nil {
		return fmt.Errorf("encode the request: %w", err)
	}
	return c.send(ctx, http.MethodPost, gateway+path, body, config, func(status int, body io.Reader) error {
		if status == http.StatusAccepted {
			return ErrWaiting
		}
		grant, err := enrolment.Read[enrolment.Grant](body)
		if err != nil {
			return fmt.Errorf("the gateway's grant: %w", err)
		}
		if c.Accept != nil {
			if err := c.Accept(grant); err != nil {
				return fmt.Errorf("the gateway's settings cannot be used: %w", err)
			}
		}
		return c.identity.keep(gateway, grant)
	})
}

// send does one request on a connection of its own.
func (c *Client) send(ctx context.Context, method, url string, body []byte, config *tls.Config, take func(status int, body io.Reader) error) error {
	ctx, done := context.WithTimeout(ctx, requestTimeout)
	defer done()
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("ask the gateway: %w", err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	client := &http.Client{
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, TLSClientConfig: config, DisableKeepAlives: true, ForceAttemptHTTP2: false,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	answer, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("ask the gateway: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusOK || answer.StatusCode == http.StatusAccepted {
		return take(answer.StatusCode, answer.Body)
	}
	refusal, err := enrolment.Read[enrolment.Refusal](answer.Body)
	if err != nil || refusal.Reason == "" {
		return fmt.Errorf("ask the gateway: it answered %s: is %s the address of its enrolment?", answer.Status, url)
	}
	return refusal
}

// IsFinal says that a refusal ends the certificate in force: no asking again helps.
func IsFinal(err error) (enrolment.Reason, bool) {
	var r enrolment.Refusal
	if errors.As(err, &r) && (r.Reason == enrolment.Revoked || r.Reason == enrolment.Superseded) {
		return r.Reason, true
	}
	return "", false
}
