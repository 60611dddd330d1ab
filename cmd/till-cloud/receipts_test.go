package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"till/cloud/service"
)

// issue writes a certificate of 127.0.0.1 and its key, and returns whom to trust for it.
func issue(t *testing.T, certificate, key string, serial int64) *x509.CertPool {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{certificate: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	trusted := x509.NewCertPool()
	trusted.AddCert(parsed)
	return trusted
}

// serveReceipts serves those of an empty gateway, and returns where they are.
func serveReceipts(t *testing.T, d *receiptsDoor) string {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	s, err := service.Start(service.Options{Dir: t.TempDir(), MQTT: "127.0.0.1:0", Log: log})
	if err != nil {
		t.Fatal(err)
	}
	l, err := d.open()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		d.serve(ctx, l, s, log)
	}()
	t.Cleanup(func() {
		stop()
		<-ended
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return d.url(l)
}

// page asks for a receipt that is not there, over a connection of its own.
func page(t *testing.T, url string, trusted *x509.CertPool) error {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: trusted}}}
	got, err := client.Get(url + "01JD0000000000000000000000")
	if err != nil {
		return err
	}
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	if err != nil || got.StatusCode != http.StatusNotFound || !strings.Contains(string(body), "小票") {
		t.Errorf("%d, %v: %s", got.StatusCode, err, body)
	}
	return nil
}

func TestReceiptsBehindAProxy(t *testing.T) {
	url := serveReceipts(t, &receiptsDoor{address: "127.0.0.1:0"})
	if err := page(t, url, nil); err != nil || !strings.HasPrefix(url, "http://127.0.0.1:") {
		t.Errorf("%s: %v", url, err)
	}
}

// A certificate that was renewed is used without a new start.
func TestReceiptsOverTLS(t *testing.T) {
	dir := t.TempDir()
	d := &receiptsDoor{address: "127.0.0.1:0", certificate: filepath.Join(dir, "c.pem"), key: filepath.Join(dir, "k.pem")}
	first := issue(t, d.certificate, d.key, 1)
	url := serveReceipts(t, d)
	if err := page(t, url, first); err != nil {
		t.Error(err)
	}
	second := issue(t, d.certificate, d.key, 2)
	if err := page(t, url, second); err != nil {
		t.Error(err)
	}
	if err := page(t, url, first); err == nil {
		t.Error("the first certificate is still used")
	}
}

func TestReceiptsThatAreNotServed(t *testing.T) {
	nowhere := filepath.Join(t.TempDir(), "nowhere.pem")
	for want, args := range map[string][]string{
		"say which certificate": {"-receipts", "0.0.0.0:8446"},
		"a proxy in front":      {"-receipts", ":8446"},
		"go together":           {"-receipts", "127.0.0.1:0", "-receipts-cert", nowhere},
		"and with -receipts":    {"-receipts-cert", nowhere, "-receipts-key", nowhere},
		"no such file":          {"-receipts", "127.0.0.1:0", "-receipts-cert", nowhere, "-receipts-key", nowhere},
		"choose another with":   {"-receipts", "127.0.0.1:99999"},
	} {
		args = append(args, "-data", t.TempDir(), "-mqtt", "127.0.0.1:0", "-listen", "127.0.0.1:0")
		if _, err := give(t, args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", args, err, want)
		}
	}
}
