// Package pin hashes what an operator proves to be who they are: a PIN, or the text
// of a badge. A PIN has few digits, so the hash is slow and takes memory; what
// keeps it from being tried out is the terminal, which waits ever longer.
package pin

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"

	"till/payment"
)

// Cost of a hash: that which OWASP gives for 12 MiB (Password Storage Cheat Sheet,
// Argon2id, 2025), since the smallest board has 512 MiB in all.
const (
	memory  = 12 << 10 // KiB
	passes  = 3
	threads = 1
	saltLen = 16
	hashLen = 32
)

// Bounds of a hash that comes from a file: what is dearer would hold up the counter.
const (
	maxMemory = 64 << 10 // KiB
	maxPasses = 10
	maxText   = 256
)

// Check says what is wrong with a PIN.
func Check(text string) error {
	if len(text) < payment.MinPIN || len(text) > payment.MaxPIN || strings.Trim(text, "0123456789") != "" {
		return fmt.Errorf("want %d to %d digits in quotes", payment.MinPIN, payment.MaxPIN)
	}
	return nil
}

// Salt is what is hashed with a secret. Operators of one shop share one, so that one
// hash tells which of them keyed a PIN.
type Salt [saltLen]byte

// NewSalt is a fresh one.
func NewSalt() (s Salt) {
	_, _ = rand.Read(s[:]) // crypto/rand never fails: it ends the program instead
	return s
}

// Hash is a hashed secret, written as PHC strings are:
//
//	$argon2id$v=19$m=12288,t=3,p=1$salt$hash
//
// (github.com/P-H-C/phc-string-format; base64 without padding).
type Hash struct {
	memory, passes uint32
	threads        uint8
	salt, sum      string // raw bytes
}

// Cost is how dear a hash is: for whoever checks a secret, and for whoever tries many.
type Cost struct {
	Memory, Passes uint32 // KiB, and how often it is gone through
	Threads        uint8
}

// New hashes a secret at this cost.
func (c Cost) New(secret string, salt Salt) Hash {
	h := Hash{memory: c.Memory, passes: c.Passes, threads: c.Threads, salt: string(salt[:])}
	h.sum = h.of(secret)
	return h
}

// New hashes an operator's secret.
func New(secret string, salt Salt) Hash { return Cost{memory, passes, threads}.New(secret, salt) }

func (h Hash) of(secret string) string {
	return string(argon2.IDKey([]byte(secret), []byte(h.salt), h.passes, h.memory, h.threads, hashLen))
}

// ErrHash is a text that is none.
var ErrHash = errors.New("want a hash as till pin prints it, $argon2id$…")

// Parse reads what String writes.
func Parse(text string) (h Hash, err error) {
	parts := strings.Split(text, "$")
	if len(text) > maxText || len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return h, ErrHash
	}
	var m, t, p uint32
	if n, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &m, &t, &p); err != nil || n != 3 || fmt.Sprintf("m=%d,t=%d,p=%d", m, t, p) != parts[3] {
		return h, ErrHash
	}
	if m < 8*p || m > maxMemory || t < 1 || t > maxPasses || p < 1 || p > 4 {
		return h, fmt.Errorf("%w; at most m=%d, t=%d and p=4", ErrHash, maxMemory, maxPasses)
	}
	salt, saltErr := base64.RawStdEncoding.Strict().DecodeString(parts[4])
	sum, sumErr := base64.RawStdEncoding.Strict().DecodeString(parts[5])
	if saltErr != nil || sumErr != nil || len(salt) < 8 || len(sum) != hashLen {
		return h, ErrHash
	}
	return Hash{memory: m, passes: t, threads: uint8(p), salt: string(salt), sum: string(sum)}, nil
}

// String is the hash as configurations have it.
func (h Hash) String() string {
	enc := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.memory, h.passes, h.threads, enc([]byte(h.salt)), enc([]byte(h.sum)))
}

// Zero says that there is no hash.
func (h Hash) Zero() bool { return h == Hash{} }

// Salt is the one it was made with; false where it is not of this package's length.
func (h Hash) Salt() (s Salt, ok bool) {
	copy(s[:], h.salt)
	return s, len(h.salt) == saltLen
}

// Find says which of the hashes is the secret's; below zero: none. Those of one salt
// take the time of one.
func Find(secret string, all []Hash) int {
	found := -1
	sums := map[Hash]string{} // by what they are made with
	for i, h := range all {
		if h.Zero() {
			continue
		}
		made := h
		made.sum = ""
		sum, known := sums[made]
		if !known {
			sum = h.of(secret)
			sums[made] = sum
		}
		if subtle.ConstantTimeCompare([]byte(sum), []byte(h.sum)) == 1 && found < 0 {
			found = i
		}
	}
	return found
}
