package enrolment

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"strings"

	"till/payment"
)

// A code is digits that a person can read out and key: the last one is a Luhn
// check digit (ISO/IEC 7812-1, annex B), so that a slip is found on the spot and
// counts as no guess.
const (
	claimDigits  = 12
	deviceDigits = 16
)

// Errors of codes that were keyed or read.
var (
	ErrLength = errors.New("the code has another number of digits")
	ErrCheck  = errors.New("one of the digits is wrong: compare the code digit by digit")
)

// Claim is a claim code, as its operator gives it to whoever sets the terminal
// up. It is good once, so knowing one makes a device that terminal.
type Claim string

// NewClaim makes a claim code by chance.
func NewClaim() (Claim, error) {
	most := new(big.Int).Exp(big.NewInt(10), big.NewInt(claimDigits-1), nil)
	n, err := rand.Int(rand.Reader, most)
	if err != nil {
		return "", fmt.Errorf("make a claim code: %w", err)
	}
	return Claim(withCheck(fmt.Sprintf("%0*d", claimDigits-1, n))), nil
}

// ParseClaim reads a claim code; spaces and hyphens between digits do not matter.
func ParseClaim(s string) (Claim, error) {
	digits, err := parse(s, claimDigits)
	return Claim(digits), err
}

// String is the code in groups of four digits.
func (c Claim) String() string { return Grouped(string(c)) }

// Device is a device code: digits of a device's own key, which its panel shows
// and its operator makes a claim for.
type Device string

// DeviceOf is the code of a public key (DER, SubjectPublicKeyInfo): 15 digits of
// its SHA-256, and the check digit.
func DeviceOf(spki []byte) Device {
	sum := sha256.Sum256(spki)
	const most = 1_000_000_000_000_000
	// 64 of the hash's bits onto 10^15: even to one part in 18,000.
	return Device(withCheck(fmt.Sprintf("%0*d", deviceDigits-1, binary.BigEndian.Uint64(sum[:8])%most)))
}

// ParseDevice reads a device code, or the text of the QR beside it.
func ParseDevice(s string) (Device, error) {
	s = strings.TrimSpace(s)
	if rest, ok := strings.CutPrefix(s, deviceScheme); ok {
		s = rest
	}
	digits, err := parse(s, deviceDigits)
	return Device(digits), err
}

const deviceScheme = "till-device:"

// String is the code in groups of four digits.
func (d Device) String() string { return Grouped(string(d)) }

// QR is the text of the code that the panel shows.
func (d Device) QR() string { return deviceScheme + string(d) }

func parse(s string, want int) (string, error) {
	var digits strings.Builder
	for _, c := range s {
		switch {
		case c >= '0' && c <= '9':
			digits.WriteRune(c)
		case c == ' ' || c == '-':
		default:
			return "", fmt.Errorf("%w: only digits are of a code", ErrLength)
		}
		if digits.Len() > want {
			break
		}
	}
	code := digits.String()
	if len(code) != want {
		return "", fmt.Errorf("%w: it has %d", ErrLength, want)
	}
	if !payment.Checked(code) {
		return "", ErrCheck
	}
	return code, nil
}

// withCheck appends the check digit.
func withCheck(digits string) string { return digits + string(rune(payment.CheckDigit(digits))) }

// Grouped is digits in groups of four, as people read them out.
func Grouped(digits string) string {
	var b strings.Builder
	for i, c := range digits {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// Fingerprint pins an authority: SHA-256 of its certificate (DER).
type Fingerprint [sha256.Size]byte

// FingerprintOf is a certificate's.
func FingerprintOf(c *x509.Certificate) Fingerprint { return sha256.Sum256(c.Raw) }

// String is the fingerprint in URL-safe base64, 43 characters.
func (f Fingerprint) String() string { return base64.RawURLEncoding.EncodeToString(f[:]) }

// ParseFingerprint reads what String wrote.
func ParseFingerprint(s string) (Fingerprint, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(raw) != sha256.Size {
		return Fingerprint{}, errors.New("fingerprint of the authority: want 43 characters of URL-safe base64")
	}
	return Fingerprint(raw), nil
}

// Invitation is everything that a device has to know to enrol: the operator's QR.
type Invitation struct {
	Gateway   string      // https://host:port
	Authority Fingerprint // zero: one that the system trusts
	Claim     Claim       // "": the device shows its own code
}

const claimScheme = "till-claim:"

// String is the text of the operator's QR.
func (i Invitation) String() string {
	q := url.Values{"gateway": {i.Gateway}}
	if i.Claim != "" {
		q.Set("claim", string(i.Claim))
	}
	if i.Authority != (Fingerprint{}) {
		q.Set("ca", i.Authority.String())
	}
	return claimScheme + "?" + q.Encode()
}

// maxInvitation bounds an invitation's text, in bytes.
const maxInvitation = 1 << 10

// ParseInvitation reads an operator's QR.
func ParseInvitation(s string) (Invitation, error) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(s), claimScheme+"?")
	if !ok || len(s) > maxInvitation {
		return Invitation{}, errors.New("this is no claim of a gateway")
	}
	q, err := url.ParseQuery(rest)
	if err != nil {
		return Invitation{}, errors.New("this claim is damaged")
	}
	var i Invitation
	if i.Gateway, err = ParseGateway(q.Get("gateway")); err != nil {
		return Invitation{}, err
	}
	if q.Has("ca") {
		if i.Authority, err = ParseFingerprint(q.Get("ca")); err != nil {
			return Invitation{}, err
		}
	}
	if q.Has("claim") {
		if i.Claim, err = ParseClaim(q.Get("claim")); err != nil {
			return Invitation{}, err
		}
	}
	return i, nil
}

// ParseGateway checks a gateway's address.
func ParseGateway(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("gateway %.80q: want an address such as https://gateway.example:8443", s)
	}
	return strings.TrimSuffix(u.String(), "/"), nil
}
