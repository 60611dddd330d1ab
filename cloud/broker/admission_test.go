package broker_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"till/cloud/broker"
	"till/sync/wire"
	"till/sync/wire/mqtt"
)

// authority is a certificate authority for one test.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t}
	a.cert, a.key = a.make(&x509.Certificate{
		Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	})
	return a
}

func (a *authority) make(template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert, key
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

func (a *authority) server() *tls.Config {
	cert, key := a.make(&x509.Certificate{
		Subject: pkix.Name{CommonName: "server"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	return &tls.Config{
		MinVersion: tls.VersionTLS13, ClientCAs: a.pool(),
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return &tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key}, nil
		},
	}
}

// client has a certificate of this name; "" is none.
func (a *authority) client(name string) *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: a.pool()}
	if name != "" {
		cert, key := a.make(&x509.Certificate{Subject: pkix.Name{CommonName: name}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
		c.Certificates = []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}}
	}
	return c
}

// secure is a broker that admits the gateway, and every terminal to its own branch.
type secure struct {
	*broker.Broker
	*authority
	address string
	revoked atomic.Value // a terminal's id
}

func startSecure(t *testing.T) *secure {
	t.Helper()
	s := &secure{authority: newAuthority(t)}
	s.revoked.Store("")
	var err error
	s.Broker, s.address, err = broker.StartSecure("127.0.0.1:0", t.TempDir(), quiet, broker.Security{TLS: s.server(), Admit: s.admit})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

func (s *secure) admit(cert *x509.Certificate, id string) (broker.Pass, error) {
	switch name := cert.Subject.CommonName; {
	case name != id:
		return broker.Pass{}, errors.New("another's client id")
	case name == s.revoked.Load():
		return broker.Pass{}, errors.New("revoked")
	case name == "gateway":
		return broker.Pass{Name: name, Publish: []string{"till/#"}, Subscribe: []string{"till/#"}}, nil
	default:
		return broker.Pass{Name: name, Publish: []string{wire.UpFilter(name)}, Subscribe: []string{wire.DownFilter(name)}, Until: cert.NotAfter}, nil
	}
}

// connect is as in dial, with a certificate of a name.
func (s *secure) connect(t *testing.T, name, id string) (*mqtt.Conn, <-chan message, <-chan error, error) {
	t.Helper()
	arrived, lost := make(chan message, 16), make(chan error, 1)
	conn, err := mqtt.Connect(t.Context(), mqtt.Options{
		Broker: "ssl://" + s.address, ClientID: id, TLS: s.client(name), Timeout: 5 * time.Second, KeepAlive: 10 * time.Second,
		Handle: func(topic string, payload []byte) { arrived <- message{topic, string(payload)} },
		Lost:   func(err error) { lost <- err },
	})
	if err == nil {
		t.Cleanup(conn.Close)
	}
	return conn, arrived, lost, err
}

func (s *secure) mustConnect(t *testing.T, name string) (*mqtt.Conn, <-chan message, <-chan error) {
	t.Helper()
	conn, arrived, lost, err := s.connect(t, name, name)
	if err != nil {
		t.Fatal(err)
	}
	return conn, arrived, lost
}

// Terminal and gateway reach each other, each on its own certificate.
func TestSecurePath(t *testing.T) {
	s := startSecure(t)
	gateway, up, _ := s.mustConnect(t, "gateway")
	if err := gateway.Subscribe(t.Context(), wire.Journal.Filter(), wire.Requests.Filter(), wire.Presence.Filter()); err != nil {
		t.Fatal(err)
	}
	terminal, down, _ := s.mustConnect(t, "museum-1")
	if err := terminal.SubscribeAtMostOnce(t.Context(), wire.DownFilter("museum-1")); err != nil {
		t.Fatal(err)
	}
	want := message{wire.Journal.Topic("museum-1"), "records"}
	if err := terminal.Publish(want.topic, 1, false, []byte(want.payload)); err != nil {
		t.Fatal(err)
	}
	if got := receive(t, up); got != want {
		t.Errorf("the gateway got %v", got)
	}
	want = message{wire.Presence.Topic("museum-1"), "here"}
	if err := terminal.Publish(want.topic, 1, true, []byte(want.payload)); err != nil {
		t.Fatal(err)
	}
	if got := receive(t, up); got != want {
		t.Errorf("the gateway got %v", got)
	}
	want = message{wire.Ack.Topic("museum-1"), "had it"}
	if err := gateway.Publish(want.topic, 1, false, []byte(want.payload)); err != nil {
		t.Fatal(err)
	}
	if got := receive(t, down); got != want {
		t.Errorf("the terminal got %v", got)
	}
}

// Who is not what its client id says stays out, and takes no session over.
func TestWhoIsKeptOut(t *testing.T) {
	s := startSecure(t)
	_, _, lost := s.mustConnect(t, "museum-1")
	for what, c := range map[string][2]string{
		"another's client id": {"museum-2", "museum-1"},
		"the gateway's":       {"museum-2", "gateway"},
		"no certificate":      {"", "museum-1"},
	} {
		if _, _, _, err := s.connect(t, c[0], c[1]); err == nil {
			t.Errorf("%s: it is let in", what)
		}
	}
	other := startSecure(t) // of another authority
	other.address = s.address
	if _, _, _, err := other.connect(t, "museum-1", "museum-1"); err == nil {
		t.Error("another authority's certificate is let in")
	}
	plain := mqtt.Options{Broker: "tcp://" + s.address, ClientID: "museum-1", Timeout: time.Second, KeepAlive: 10 * time.Second, Handle: func(string, []byte) {}, Lost: func(error) {}}
	if _, err := mqtt.Connect(t.Context(), plain); err == nil {
		t.Error("plain TCP is let in")
	}
	select {
	case err := <-lost:
		t.Errorf("the true one was thrown out: %v", err)
	default:
	}
}

// A terminal hears and says nothing outside its own branch.
func TestForeignTopics(t *testing.T) {
	s := startSecure(t)
	gateway, up, _ := s.mustConnect(t, "gateway")
	if err := gateway.Subscribe(t.Context(), "till/#"); err != nil {
		t.Fatal(err)
	}
	terminal, down, _ := s.mustConnect(t, "museum-2")
	for _, filter := range []string{wire.DownFilter("museum-1"), "till/#", "#", "till/1/+/down/ack", wire.Journal.Filter(), wire.Journal.Topic("museum-2")} {
		for _, subscribe := range []func() error{
			func() error { return terminal.SubscribeAtMostOnce(t.Context(), filter) },
			func() error { return terminal.Subscribe(t.Context(), filter) },
		} {
			if err := subscribe(); err == nil {
				t.Errorf("it may hear %s", filter)
			}
		}
	}
	for _, topic := range []string{wire.Journal.Topic("museum-1"), wire.Ack.Topic("museum-1"), wire.Ack.Topic("museum-2"), "till/2/x", "$MQTT/x"} {
		if err := terminal.Publish(topic, 1, false, []byte("foreign")); err != nil {
			t.Logf("%s: %v", topic, err)
		}
	}
	own := message{wire.Journal.Topic("museum-2"), "own"}
	if err := terminal.Publish(own.topic, 1, false, []byte(own.payload)); err != nil {
		t.Fatal(err)
	}
	if got := receive(t, up); got != own {
		t.Errorf("the gateway got %v before its own", got)
	}
	if len(down) > 0 {
		t.Errorf("it heard %v", <-down)
	}
}

// A terminal that is revoked is thrown out, and stays out.
func TestDisconnect(t *testing.T) {
	s := startSecure(t)
	_, _, lost := s.mustConnect(t, "museum-1")
	_, _, other := s.mustConnect(t, "museum-2")
	s.revoked.Store("museum-1")
	if err := s.Disconnect("museum-1"); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-lost:
		if err == nil {
			t.Error("it left by itself")
		}
	case <-time.After(5 * time.Second):
		t.Fatal("it is connected yet")
	}
	if _, _, _, err := s.connect(t, "museum-1", "museum-1"); err == nil {
		t.Error("it is let in again")
	}
	if len(other) > 0 {
		t.Error("another was thrown out too")
	}
	if err := s.Disconnect("museum-9"); err != nil {
		t.Errorf("one that is not there: %v", err)
	}
}
