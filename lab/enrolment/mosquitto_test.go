package enrolment_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"till/cloud/enrol"
	"till/sync/wire"
	"till/sync/wire/mqtt"
)

// documented are the fenced blocks of a page that hold a text.
func documented(t *testing.T, page, text string) string {
	t.Helper()
	raw, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?s)```\n(.*?)```").FindAllStringSubmatch(string(raw), -1) {
		if strings.Contains(m[1], text) {
			return m[1]
		}
	}
	t.Fatalf("%s has no block with %q", page, text)
	return ""
}

// startMosquitto runs the configuration of docs/enrolment.md with certificates
// of an authority, and says where.
func startMosquitto(t *testing.T, a *enrol.Authority) string {
	t.Helper()
	binary, err := exec.LookPath("mosquitto")
	if err != nil {
		if binary, err = exec.LookPath("/usr/sbin/mosquitto"); err != nil {
			t.Skip("mosquitto is not installed: scripts/install-test-tools does it")
		}
	}
	pair, err := a.ServerTLS([]string{"127.0.0.1"}).GetCertificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey.(*ecdsa.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	page := filepath.Join("..", "..", "docs", "enrolment.md")
	config := strings.ReplaceAll(documented(t, page, "require_certificate"), "listener 8883", "listener "+port+" 127.0.0.1")
	config += "user root\n" // it would give up being root, and could not read a test's folder
	for name, data := range map[string][]byte{
		"mosquitto.conf": []byte(config),
		"acl":            []byte(documented(t, page, "pattern write")),
		"authority.pem":  a.PEM(),
		"server.pem":     pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}),
		"server.key":     pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, binary, "-c", "mosquitto.conf")
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }() // it is killed
	t.Cleanup(func() {
		stop()
		<-ended
		if t.Failed() {
			t.Log(said.String())
		}
	})
	for range 200 {
		if conn, err := net.DialTimeout("tcp", address, time.Second); err == nil {
			conn.Close()
			return address
		}
		select {
		case <-ended:
			t.Fatalf("mosquitto ended: %s", said.String())
		case <-time.After(20 * time.Millisecond):
		}
	}
	t.Fatal("mosquitto does not listen")
	return ""
}

// Mosquitto binds certificate, client id and topics as the gateway's own broker does.
func TestMosquitto(t *testing.T) {
	s := startService(t)
	a := s.Terminals.Authority()
	address := startMosquitto(t, a)
	dial := func(config *tls.Config, id string) (chan string, *mqtt.Conn, error) {
		arrived := make(chan string, 16)
		conn, err := mqtt.Connect(t.Context(), mqtt.Options{
			Broker: "ssl://" + address, ClientID: id, TLS: config, Timeout: 5 * time.Second, KeepAlive: 10 * time.Second,
			Handle: func(topic string, payload []byte) { arrived <- fmt.Sprintf("%s %s", topic, payload) },
			Lost:   func(error) {},
		})
		if err == nil {
			t.Cleanup(conn.Close)
		}
		return arrived, conn, err
	}
	must := func(arrived chan string, conn *mqtt.Conn, err error) (chan string, *mqtt.Conn) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return arrived, conn
	}
	hear := func(from chan string, want string) {
		t.Helper()
		select {
		case got := <-from:
			if got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		case <-time.After(5 * time.Second):
			t.Errorf("%q did not come", want)
		}
	}
	gatewayTLS := a.GatewayTLS()
	up, gateway := must(dial(gatewayTLS, enrol.GatewayName))
	if err := gateway.Subscribe(t.Context(), wire.Journal.Filter()); err != nil {
		t.Fatal(err)
	}
	first, second := newDevice(t, s, "till-07", false), newDevice(t, s, "till-08", false)
	down, one := must(dial(first.TLS(), "till-07"))
	if err := one.SubscribeAtMostOnce(t.Context(), wire.DownFilter("till-07")); err != nil {
		t.Fatal(err)
	}
	// till-08 says that it is till-07, and is till-08 all the same.
	elsewhere, two := must(dial(second.TLS(), "till-07"))
	_ = two.SubscribeAtMostOnce(t.Context(), wire.DownFilter("till-07")) // mosquitto may grant it, and sends nothing
	for _, topic := range []string{wire.Journal.Topic("till-07"), wire.Ack.Topic("till-07")} {
		if err := two.Publish(topic, 1, false, []byte("foreign")); err != nil {
			t.Logf("%s: %v", topic, err)
		}
	}
	if err := two.Publish(wire.Journal.Topic("till-08"), 1, false, []byte("own")); err != nil {
		t.Fatal(err)
	}
	hear(up, wire.Journal.Topic("till-08")+" own")
	if err := one.Publish(wire.Journal.Topic("till-07"), 1, false, []byte("own")); err != nil { // it is connected yet
		t.Fatal(err)
	}
	hear(up, wire.Journal.Topic("till-07")+" own")
	if err := gateway.Publish(wire.Ack.Topic("till-07"), 1, false, []byte("had it")); err != nil {
		t.Fatal(err)
	}
	hear(down, wire.Ack.Topic("till-07")+" had it")
	if len(elsewhere) > 0 {
		t.Errorf("till-08 hears %s", <-elsewhere)
	}
	if _, _, err := dial(&tls.Config{RootCAs: a.Pool(), MinVersion: tls.VersionTLS13}, "till-07"); err == nil {
		t.Error("without a certificate it is let in")
	}
}
