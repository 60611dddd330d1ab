package broker

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
)

// Security is mutual TLS, and who may do what behind it.
type Security struct {
	// TLS is the listener's: whoever connects has to show a certificate that it verifies.
	TLS *tls.Config
	// Admit says what the holder of a certificate may do who connects under a
	// client id; an error keeps it out. It is asked at every connect, from one
	// goroutine after another.
	Admit func(cert *x509.Certificate, clientID string) (Pass, error)
}

// Pass is what an admitted client may do.
type Pass struct {
	Name               string   // for the log
	Publish, Subscribe []string // MQTT topic filters
	Until              time.Time
}

// What the callout's own connection is, within this process.
const (
	calloutUser    = "callout"
	calloutAccount = "$G" // the one that all are in
	calloutSubject = server.AuthCalloutSubject
)

// callout answers the broker's question who a client is: NATS auth callout
// (nats-server's documentation, "Auth Callout"; ADR-26). NATS's own mapping of
// certificates knows the name in one, and not the client id: whoever had any
// certificate could take another's session over.
type callout struct {
	admit  func(*x509.Certificate, string) (Pass, error)
	signer nkeys.KeyPair
	issuer string
	secret string
	conn   *nats.Conn
	log    *slog.Logger
}

func newCallout(admit func(*x509.Certificate, string) (Pass, error), log *slog.Logger) (*callout, error) {
	c := &callout{admit: admit, log: log, secret: rand.Text()}
	var err error
	if c.signer, err = nkeys.CreateAccount(); err != nil {
		return nil, fmt.Errorf("make the callout's key: %w", err)
	}
	if c.issuer, err = c.signer.PublicKey(); err != nil {
		return nil, fmt.Errorf("make the callout's key: %w", err)
	}
	return c, nil
}

// configure makes the broker ask.
func (c *callout) configure(o *server.Options) {
	o.Users = []*server.User{{Username: calloutUser, Password: c.secret}}
	o.AuthCallout = &server.AuthCallout{Issuer: c.issuer, Account: calloutAccount, AuthUsers: []string{calloutUser}}
}

// serve answers until close.
func (c *callout) serve(s *server.Server) error {
	conn, err := nats.Connect("", nats.InProcessServer(s), nats.UserInfo(calloutUser, c.secret), nats.Name(calloutUser), nats.MaxReconnects(-1))
	if err != nil {
		return fmt.Errorf("connect the callout: %w", err)
	}
	c.conn = conn
	if _, err := conn.Subscribe(calloutSubject, c.answer); err != nil {
		conn.Close()
		return fmt.Errorf("subscribe the callout: %w", err)
	}
	return conn.Flush()
}

func (c *callout) close() {
	if c.conn != nil {
		c.conn.Close()
	}
}

// answer is one question of the broker's.
func (c *callout) answer(m *nats.Msg) {
	asked, err := jwt.DecodeAuthorizationRequestClaims(string(m.Data))
	if err != nil {
		c.log.Warn("broker: a question that is none", "err", err)
		return
	}
	reply := jwt.NewAuthorizationResponseClaims(asked.UserNkey)
	reply.Audience = asked.Server.ID
	pass, err := c.decide(asked)
	if err == nil {
		reply.Jwt, err = c.user(asked.UserNkey, pass)
	}
	if err != nil {
		c.log.Warn("broker: kept out", "client", fmt.Sprintf("%.64q", asked.ClientInformation.MQTT), "from", asked.ClientInformation.Host, "why", err)
		reply.Error = "not admitted"
	}
	text, err := reply.Encode(c.signer)
	if err == nil {
		err = m.Respond([]byte(text))
	}
	if err != nil {
		c.log.Error("broker: answer who a client is", "err", err)
	}
}

// decide finds the certificate and asks for its pass.
func (c *callout) decide(asked *jwt.AuthorizationRequestClaims) (Pass, error) {
	id := asked.ClientInformation.MQTT
	switch {
	case asked.ClientInformation.Type != "mqtt":
		return Pass{}, errors.New("it is no MQTT client")
	case asked.TLS == nil || len(asked.TLS.VerifiedChains) == 0 || len(asked.TLS.VerifiedChains[0]) == 0:
		return Pass{}, errors.New("it showed no certificate")
	}
	block, _ := pem.Decode([]byte(asked.TLS.VerifiedChains[0][0]))
	if block == nil {
		return Pass{}, errors.New("its certificate is no PEM")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return Pass{}, fmt.Errorf("its certificate: %w", err)
	}
	return c.admit(cert, id)
}

// user is the pass in the broker's own terms.
func (c *callout) user(key string, pass Pass) (string, error) {
	u := jwt.NewUserClaims(key)
	u.Name, u.Audience = pass.Name, calloutAccount
	u.AllowedConnectionTypes = jwt.StringList{jwt.ConnectionTypeMqtt}
	if !pass.Until.IsZero() {
		u.Expires = pass.Until.Unix() // the broker ends the connection then
	}
	for _, f := range pass.Publish {
		u.Pub.Allow.Add(subjects(f)...)
	}
	for _, f := range pass.Subscribe {
		u.Sub.Allow.Add(subjects(f)...)
	}
	// Deny by an empty list would be allow all.
	if len(pass.Publish) == 0 {
		u.Pub.Deny.Add(">")
	}
	if len(pass.Subscribe) == 0 {
		u.Sub.Deny.Add(">")
	}
	return u.Encode(c.signer)
}

// subjects are an MQTT topic filter as NATS writes it: levels are divided by
// points, + is *, # is > and, after a level, that level itself.
func subjects(filter string) []string {
	all := []string{strings.NewReplacer("/", ".", "+", "*", "#", ">").Replace(filter)}
	if level, ok := strings.CutSuffix(all[0], ".>"); ok {
		all = append(all, level)
	}
	return all
}

// Disconnect ends the connection of a client id, if there is one: it has to be
// admitted anew.
func (b *Broker) Disconnect(clientID string) error {
	conns, err := b.server.Connz(&server.ConnzOptions{MQTTClient: clientID})
	if err != nil {
		return fmt.Errorf("find the connection of %s: %w", clientID, err)
	}
	for _, conn := range conns.Conns {
		if conn.MQTTClient != clientID {
			continue
		}
		if err := b.server.DisconnectClientByID(conn.Cid); err != nil {
			return fmt.Errorf("end the connection of %s: %w", clientID, err)
		}
	}
	return nil
}
