package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"till/cloud/receipts"
	"till/cloud/service"
)

// receiptsDoor is where customers' phones get their receipts.
type receiptsDoor struct{ address, certificate, key string }

func (d *receiptsDoor) flags(flags *flag.FlagSet) {
	flags.StringVar(&d.address, "receipts", "", "`address` of customers' receipts, over HTTPS, or on this machine alone over HTTP for a proxy in front; none without it")
	flags.StringVar(&d.certificate, "receipts-cert", "", "with -receipts: `file` of a certificate that phones trust, PEM")
	flags.StringVar(&d.key, "receipts-key", "", "with -receipts-cert: `file` of its key, PEM")
}

// open opens the address; nil without one.
func (d *receiptsDoor) open() (net.Listener, error) {
	switch {
	case (d.certificate == "") != (d.key == ""), d.certificate != "" && d.address == "":
		return nil, errors.New("-receipts-cert and -receipts-key go together, and with -receipts")
	case d.address == "":
		return nil, nil
	case d.certificate == "" && !loopback(d.address):
		return nil, fmt.Errorf("receipts on %s: say which certificate with -receipts-cert and -receipts-key, or serve them on 127.0.0.1 with a proxy in front", d.address)
	}
	if d.certificate != "" {
		if _, err := d.pair(nil); err != nil {
			return nil, err
		}
	}
	l, err := net.Listen("tcp", d.address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w; choose another with -receipts", d.address, err)
	}
	return l, nil
}

// pair reads the certificate anew for each connection, so that a renewed one is used
// at once; that costs little beside the handshake.
func (d *receiptsDoor) pair(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(d.certificate, d.key)
	if err != nil {
		return nil, fmt.Errorf("certificate of the receipts: %w", err)
	}
	return &pair, nil
}

// loopback says that an address is reached from this machine alone.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// url is where receipts are.
func (d *receiptsDoor) url(l net.Listener) string {
	scheme := "http"
	if d.certificate != "" {
		scheme = "https"
	}
	return scheme + "://" + l.Addr().String() + receipts.Path
}

// serve serves the receipts until ctx ends.
func (d *receiptsDoor) serve(ctx context.Context, l net.Listener, s *service.Service, log *slog.Logger) {
	if d.certificate != "" {
		l = tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: d.pair})
	}
	server := &http.Server{
		Handler: s.Receipts(receipts.Merchant{}), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second,
		IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() }) // what it says changes nothing: the program ends
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		log.Error("serve the receipts", "err", err)
	}
}
