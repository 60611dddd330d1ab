package releases

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"

	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/theupdateframework/go-tuf/v2/metadata"
)

// Key signs metadata.
type Key struct {
	private ed25519.PrivateKey
	public  *metadata.Key
}

// NewKey makes an Ed25519 key.
func NewKey() (Key, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return Key{}, fmt.Errorf("make a key: %w", err)
	}
	return keyOf(private)
}

func keyOf(private ed25519.PrivateKey) (Key, error) {
	public, err := metadata.KeyFromPublicKey(private.Public())
	if err != nil {
		return Key{}, fmt.Errorf("make a key: %w", err)
	}
	return Key{private, public}, nil
}

// ID is the key's name in metadata: the SHA-256 of its public half, in hexadecimal.
func (k Key) ID() (string, error) { return k.public.ID() }

const pemKind = "PRIVATE KEY"

// WriteKey writes a key into a new file that only its owner reads, as PKCS #8 in PEM.
func WriteKey(path string, k Key) error {
	raw, err := x509.MarshalPKCS8PrivateKey(k.private)
	if err != nil {
		return fmt.Errorf("write a key: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write a key: %w", err)
	}
	_, err = f.Write(pem.EncodeToMemory(&pem.Block{Type: pemKind, Bytes: raw}))
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write a key: %w", err)
	}
	return nil
}

// ReadKey reads what WriteKey wrote.
func ReadKey(path string) (Key, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return Key{}, fmt.Errorf("read a key: %w", err)
	}
	block, _ := pem.Decode(raw)
	if block == nil || block.Type != pemKind {
		return Key{}, fmt.Errorf("read a key: %s holds none in PEM", path)
	}
	any, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return Key{}, fmt.Errorf("read a key: %s: %w", path, err)
	}
	private, ok := any.(ed25519.PrivateKey)
	if !ok {
		return Key{}, fmt.Errorf("read a key: %s holds another kind than Ed25519", path)
	}
	return keyOf(private)
}

// sign puts the signatures of keys on metadata, in place of what was there.
func sign[T metadata.Roles](m *metadata.Metadata[T], keys ...Key) error {
	m.ClearSignatures()
	for _, k := range keys {
		signer, err := signature.LoadSigner(k.private, crypto.Hash(0))
		if err != nil {
			return fmt.Errorf("sign: %w", err)
		}
		if _, err := m.Sign(signer); err != nil {
			return fmt.Errorf("sign: %w", err)
		}
	}
	return nil
}
