package apart

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"till/cloud/sandbox"
	"till/cloud/service"
	"till/payment"
)

// Cloud reaches into a gateway's process: the customer's phone, and the books.
// While the gateway is away every method fails.
type Cloud struct{ client *http.Client }

// controlWithin bounds one question, in any case.
const controlWithin = 20 * time.Second

func newCloud(socket string) *Cloud {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", socket)
	}
	return &Cloud{&http.Client{Transport: &http.Transport{DialContext: dial}, Timeout: controlWithin}}
}

func ask[A any](ctx context.Context, c *Cloud, path string, question any) (A, error) {
	var a A
	raw, err := json.Marshal(question)
	if err != nil {
		return a, fmt.Errorf("ask the gateway for %s: %w", path, err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://gateway"+path, bytes.NewReader(raw))
	if err != nil {
		return a, fmt.Errorf("ask the gateway for %s: %w", path, err)
	}
	answer, err := c.client.Do(r)
	if err != nil {
		return a, fmt.Errorf("ask the gateway for %s: %w", path, err)
	}
	defer answer.Body.Close()
	if raw, err = io.ReadAll(answer.Body); err != nil {
		return a, fmt.Errorf("ask the gateway for %s: %w", path, err)
	}
	if answer.StatusCode != http.StatusOK {
		return a, fmt.Errorf("ask the gateway for %s: %s: %s", path, answer.Status, bytes.TrimSpace(raw))
	}
	if err := json.Unmarshal(raw, &a); err != nil {
		return a, fmt.Errorf("ask the gateway for %s: %w", path, err)
	}
	return a, nil
}

// Key is the gateway's public key, and Broker where terminals connect.
func (c *Cloud) key(ctx context.Context) (keyShown, error) {
	return ask[keyShown](ctx, c, "/key", struct{}{})
}

// Codes are fresh codes of customers' wallets, at most 1,000 at a time.
func (c *Cloud) Codes(ctx context.Context, wallet payment.Wallet, count int) ([]string, error) {
	shown, err := ask[codesShown](ctx, c, "/codes", codesWanted{wallet, count})
	return shown.Codes, err
}

// Next says what the customer or the acquirer does at the next charge.
func (c *Cloud) Next(ctx context.Context, b sandbox.Behaviour) error {
	_, err := ask[struct{}](ctx, c, "/next", nextWanted{b})
	return err
}

// Pay has the phone scan a QR and pay it.
func (c *Cloud) Pay(ctx context.Context, qr string, wallet payment.Wallet) (sandbox.PayStatus, error) {
	done, err := ask[payDone](ctx, c, "/pay", payWanted{qr, wallet})
	return done.Status, err
}

// Books are ledger.json.
func (c *Cloud) Books(ctx context.Context) (service.Books, error) {
	return ask[service.Books](ctx, c, "/books", struct{}{})
}
