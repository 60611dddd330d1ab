package wire

import (
	"crypto/ecdh"
	"crypto/hpke"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"

	"till/payment"
)

// A customer's code crosses the wire once, sealed to the gateway's key by HPKE
// (RFC 9180): DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305, base
// mode. The order number is bound in as info, so that a sealed code serves no
// other order.

// SealingKey is the gateway's public key, as terminals have it in their configuration.
type SealingKey struct{ key hpke.PublicKey }

// OpeningKey is the gateway's private key.
type OpeningKey struct{ key hpke.PrivateKey }

// NewOpeningKey makes a gateway's key.
func NewOpeningKey() (OpeningKey, error) {
	k, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return OpeningKey{}, fmt.Errorf("make the gateway's key: %w", err)
	}
	return openingKey(k)
}

// ParseOpeningKey reads what OpeningKey.Bytes gave.
func ParseOpeningKey(raw []byte) (OpeningKey, error) {
	k, err := ecdh.X25519().NewPrivateKey(raw)
	if err != nil {
		return OpeningKey{}, fmt.Errorf("read the gateway's key: %w", err)
	}
	return openingKey(k)
}

func openingKey(k *ecdh.PrivateKey) (OpeningKey, error) {
	priv, err := hpke.NewDHKEMPrivateKey(k)
	if err != nil {
		return OpeningKey{}, fmt.Errorf("use the gateway's key: %w", err)
	}
	return OpeningKey{priv}, nil
}

// Bytes is the secret key itself: it goes to a file only the gateway reads.
func (k OpeningKey) Bytes() ([]byte, error) { return k.key.Bytes() }

// Public is the key that terminals seal to.
func (k OpeningKey) Public() SealingKey { return SealingKey{k.key.PublicKey()} }

// ParseSealingKey reads the text form, base64 of the 32 bytes.
func ParseSealingKey(s string) (SealingKey, error) {
	raw, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return SealingKey{}, fmt.Errorf("gateway key is not base64: %w", err)
	}
	pub, err := ecdh.X25519().NewPublicKey(raw)
	if err != nil {
		return SealingKey{}, fmt.Errorf("gateway key: %w", err)
	}
	k, err := hpke.NewDHKEMPublicKey(pub)
	if err != nil {
		return SealingKey{}, fmt.Errorf("gateway key: %w", err)
	}
	sealing := SealingKey{k}
	if _, err := sealing.Seal("", ""); err != nil { // X25519 makes nothing of some keys, zero among them
		return SealingKey{}, fmt.Errorf("gateway key: nothing can be sealed to it: %w", err)
	}
	return sealing, nil
}

// String is the text form that ParseSealingKey reads.
func (k SealingKey) String() string { return base64.StdEncoding.EncodeToString(k.key.Bytes()) }

// Fingerprint is short, and different for every key: the first eight bytes of
// the SHA-256 of its 32, in hexadecimal digits.
func (k SealingKey) Fingerprint() string {
	sum := sha256.Sum256(k.key.Bytes())
	return hex.EncodeToString(sum[:8])
}

// Seal seals a code for one order.
func (k SealingKey) Seal(order payment.Order, code string) ([]byte, error) {
	sealed, err := hpke.Seal(k.key, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), info(order), []byte(code))
	if err != nil {
		return nil, fmt.Errorf("seal the code: %w", err)
	}
	return sealed, nil
}

// Open opens what Seal made for the same order.
func (k OpeningKey) Open(order payment.Order, sealed []byte) (string, error) {
	code, err := hpke.Open(k.key, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), info(order), sealed)
	if err != nil {
		return "", fmt.Errorf("open the code of order %s: %w", order, err)
	}
	return string(code), nil
}

func info(order payment.Order) []byte { return []byte("till 1 code " + string(order)) }
