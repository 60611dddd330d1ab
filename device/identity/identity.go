// Package identity is what makes a device one terminal and no other: a key of
// its own that never leaves it, the certificate that its gateway gave it for
// that key, and the settings that came with it. [Client] gets them.
//
// On disk there is one file for each key and one, enrolment.json, for all that
// the gateway granted, which names its key. Both are replaced whole, so that
// power can go at any instant.
package identity

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"time"

	"till/sync/wire"
	"till/sync/wire/enrolment"
)

const (
	enrolmentFile = "enrolment.json"
	keyPrefix     = "key-" // and 16 hexadecimal digits of the public key's SHA-256
	keySuffix     = ".pem"
)

// ErrDamaged says that the file of who this terminal is cannot be used. It is left
// as it is; enrolling anew replaces it.
var ErrDamaged = errors.New("this terminal's enrolment is damaged: enrol it again")

// kept is enrolment.json.
type kept struct {
	Key     string          `json:"key"`     // name of its key's file
	Gateway string          `json:"gateway"` // where to renew
	Grant   enrolment.Grant `json:"grant"`
	// Ended is why the gateway refuses the certificate for good: the terminal has
	// to be enrolled anew.
	Ended enrolment.Reason `json:"ended,omitempty"`
}

// Identity is a device's own. It may be used from any goroutine.
type Identity struct {
	disk Disk
	now  func() time.Time

	mu      sync.RWMutex
	kept    *kept             // nil: not enrolled
	key     *ecdsa.PrivateKey // of kept, or the one to enrol with
	name    string            // key's file
	leaf    *x509.Certificate
	root    *x509.Certificate
	pending bool // key is not that of kept
}

// Open takes up what is on the disk: an enrolment, or else a key to enrol with,
// which is made if there is none. What a power cut left half-made is removed.
// now may be nil. An enrolment that is damaged is told by ErrDamaged, and the
// identity is one to enrol with.
func Open(d Disk, now func() time.Time) (*Identity, error) {
	if now == nil {
		now = time.Now
	}
	i := &Identity{disk: d, now: now}
	raw, err := d.Read(enrolmentFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return prepared(i)
	case err != nil:
		return nil, fmt.Errorf("read this terminal's enrolment: %w", err)
	}
	if err := i.load(raw); err != nil {
		if failed := i.prepare(); failed != nil {
			return nil, failed
		}
		return i, fmt.Errorf("%w (%w)", ErrDamaged, err)
	}
	if i.kept.Ended != "" {
		return prepared(i)
	}
	if err := i.tidy(); err != nil {
		return nil, err
	}
	return i, nil
}

func prepared(i *Identity) (*Identity, error) {
	if err := i.prepare(); err != nil {
		return nil, err
	}
	return i, nil
}

// load reads an enrolment and its key.
func (i *Identity) load(raw []byte) error {
	var k kept
	if err := json.Unmarshal(raw, &k); err != nil {
		return err
	}
	if !isKeyFile(k.Key) {
		return fmt.Errorf("it names the key %.40q", k.Key)
	}
	key, err := i.readKey(k.Key)
	if err != nil {
		return err
	}
	leaf, root, err := check(k.Grant, key)
	if err != nil {
		return err
	}
	i.kept, i.key, i.name, i.leaf, i.root = &k, key, k.Key, leaf, root
	return nil
}

// check holds a grant against the key that it was asked for.
func check(g enrolment.Grant, key *ecdsa.PrivateKey) (leaf, root *x509.Certificate, err error) {
	if leaf, err = parseCertificate(g.Certificate); err != nil {
		return nil, nil, fmt.Errorf("the certificate: %w", err)
	}
	if root, err = parseCertificate(g.Authority); err != nil {
		return nil, nil, fmt.Errorf("the authority: %w", err)
	}
	switch {
	case !key.PublicKey.Equal(leaf.PublicKey):
		err = errors.New("the certificate is of another key")
	case leaf.CheckSignatureFrom(root) != nil:
		err = errors.New("the certificate is not of the authority beside it")
	case leaf.Subject.CommonName != g.Terminal:
		err = fmt.Errorf("the certificate is of %.40q, the terminal is %.40q", leaf.Subject.CommonName, g.Terminal)
	default:
		err = wire.CheckTerminal(g.Terminal)
	}
	return leaf, root, err
}

func parseCertificate(text string) (*x509.Certificate, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, errors.New("want PEM")
	}
	return x509.ParseCertificate(block.Bytes)
}

func isKeyFile(name string) bool {
	middle, ok := strings.CutPrefix(name, keyPrefix)
	middle, ends := strings.CutSuffix(middle, keySuffix)
	_, err := hex.DecodeString(middle)
	return ok && ends && err == nil && len(middle) == 16
}

func (i *Identity) readKey(name string) (*ecdsa.PrivateKey, error) {
	raw, err := i.disk.Read(name)
	if err != nil {
		return nil, fmt.Errorf("read the key: %w", err)
	}
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil, fmt.Errorf("%s is no key", name)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s is no key: %w", name, err)
	}
	ec, ok := key.(*ecdsa.PrivateKey)
	if !ok || ec.Curve != elliptic.P256() {
		return nil, fmt.Errorf("%s is no key of P-256", name)
	}
	if want, _, err := keyName(ec); err != nil || want != name {
		return nil, fmt.Errorf("%s holds another key", name)
	}
	return ec, nil
}

// keyName is the file of a key, and its public half.
func keyName(key *ecdsa.PrivateKey) (name string, spki []byte, err error) {
	spki, err = x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return "", nil, fmt.Errorf("encode the public key: %w", err)
	}
	sum := sha256.Sum256(spki)
	return keyPrefix + hex.EncodeToString(sum[:8]) + keySuffix, spki, nil
}

// prepare finds the key to enrol with, one that no enrolment names, or makes it.
func (i *Identity) prepare() error {
	old := ""
	if i.kept != nil {
		old = i.kept.Key
	}
	names, err := i.disk.Names()
	if err != nil {
		return fmt.Errorf("look for this device's key: %w", err)
	}
	for _, name := range names {
		if !isKeyFile(name) || name == old {
			continue
		}
		if key, err := i.readKey(name); err == nil {
			i.key, i.name, i.pending = key, name, true
			return nil
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make this device's key: %w", err)
	}
	name, _, err := keyName(key)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("encode this device's key: %w", err)
	}
	// It is durable before anybody hears of it.
	if err := put(i.disk, name, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})); err != nil {
		return err
	}
	i.key, i.name, i.pending = key, name, true
	return nil
}

// tidy removes the keys that the enrolment has no use for, and half-made files.
func (i *Identity) tidy() error {
	names, err := i.disk.Names()
	if err != nil {
		return fmt.Errorf("tidy up the identity's folder: %w", err)
	}
	removed := false
	for _, name := range names {
		if isKeyFile(name) && name != i.kept.Key || strings.HasSuffix(name, halfMade) {
			if err := i.disk.Remove(name); err != nil {
				return fmt.Errorf("tidy up the identity's folder: %w", err)
			}
			removed = true
		}
	}
	if !removed {
		return nil
	}
	return i.disk.SyncNames()
}

// keep makes a grant durable, and is this terminal from then on.
func (i *Identity) keep(gateway string, g enrolment.Grant) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	leaf, root, err := check(g, i.key)
	if err != nil {
		return fmt.Errorf("the gateway's grant: %w", err)
	}
	k := &kept{Key: i.name, Gateway: gateway, Grant: g}
	if err := i.write(k); err != nil {
		return err
	}
	i.kept, i.leaf, i.root, i.pending = k, leaf, root, false
	return i.tidy()
}

func (i *Identity) write(k *kept) error {
	raw, err := json.MarshalIndent(k, "", " ")
	if err != nil {
		return fmt.Errorf("encode the enrolment: %w", err)
	}
	return put(i.disk, enrolmentFile, append(raw, '\n'))
}

// Adopt takes other settings than those of the grant, from now on.
func (i *Identity) Adopt(settings enrolment.Settings) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.kept == nil || i.kept.Ended != "" {
		return errors.New("settings of a device that is no terminal")
	}
	k := *i.kept
	k.Grant.Settings = settings
	if err := i.write(&k); err != nil {
		return err
	}
	i.kept = &k
	return nil
}

// End notes that the gateway has ended this terminal's certificate. The next
// Open makes another key to enrol with.
func (i *Identity) End(why enrolment.Reason) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.kept == nil || i.kept.Ended != "" {
		return nil
	}
	k := *i.kept
	k.Ended = why
	if err := i.write(&k); err != nil {
		return err
	}
	i.kept = &k
	return nil
}

// Enrolled is the grant that makes this device a terminal, if there is one in
// force as far as the device knows.
func (i *Identity) Enrolled() (enrolment.Grant, bool) {
	i.mu.RLock()
	defer i.mu.RUnlock()
	if i.kept == nil || i.kept.Ended != "" {
		return enrolment.Grant{}, false
	}
	return i.kept.Grant, true
}

// Was is the terminal that this device was, and why it is no more; "" if it
// never was one, or still is.
func (i *Identity) Was() (terminal string, why enrolment.Reason) {
	i.mu.RLock()
	defer i.mu.RUnlock()
	if i.kept == nil || i.kept.Ended == "" {
		return "", ""
	}
	return i.kept.Grant.Terminal, i.kept.Ended
}

// Gateway is the address that granted the enrolment, "" if none did.
func (i *Identity) Gateway() string {
	i.mu.RLock()
	defer i.mu.RUnlock()
	if i.kept == nil {
		return ""
	}
	return i.kept.Gateway
}

// Authority is the fingerprint of the authority that granted the enrolment; zero
// if none did.
func (i *Identity) Authority() enrolment.Fingerprint {
	i.mu.RLock()
	defer i.mu.RUnlock()
	if i.root == nil {
		return enrolment.Fingerprint{}
	}
	return enrolment.FingerprintOf(i.root)
}

// Device is the code of the key to enrol with, for the panel.
func (i *Identity) Device() (enrolment.Device, error) {
	i.mu.RLock()
	defer i.mu.RUnlock()
	_, spki, err := keyName(i.key)
	if err != nil {
		return "", err
	}
	return enrolment.DeviceOf(spki), nil
}

// request is a signing request for the key.
func (i *Identity) request() (string, error) {
	i.mu.RLock()
	defer i.mu.RUnlock()
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, i.key)
	if err != nil {
		return "", fmt.Errorf("make the certificate request: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})), nil
}

// TLS is for connections to the gateway and its broker. Each handshake shows the
// certificate of that moment, so a renewal ends no connection.
func (i *Identity) TLS() *tls.Config {
	c := verifying(func(chain []*x509.Certificate) (*x509.Certificate, error) {
		i.mu.RLock()
		defer i.mu.RUnlock()
		if i.root == nil {
			return nil, errors.New("this device is not enrolled")
		}
		return i.root, nil
	}, i.now)
	c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		i.mu.RLock()
		defer i.mu.RUnlock()
		if i.leaf == nil || i.pending {
			return &tls.Certificate{}, nil // shows none
		}
		return &tls.Certificate{Certificate: [][]byte{i.leaf.Raw}, PrivateKey: i.key, Leaf: i.leaf}, nil
	}
	return c
}
