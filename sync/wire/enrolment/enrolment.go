// Package enrolment holds what a terminal and its gateway say to each other over
// HTTPS so that the terminal becomes one of the gateway's: codes, messages and
// paths. docs/protocol/enrolment.yaml says the same for others.
//
// The terminal makes its own key and sends a certificate signing request
// (PKCS #10) for it, with a claim that the gateway's operator made. It gets a
// certificate and its settings. The key never leaves the terminal.
package enrolment

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// The paths below the gateway's address.
const (
	CertificatePath = "/enrol/1/certificate" // POST Request, answered by a Grant, Waiting or Refusal
	RenewalPath     = "/enrol/1/renewal"     // POST Request with the certificate in force, answered by a Grant or Refusal
	TerminalPath    = "/enrol/1/terminal"    // GET with the certificate in force, answered by a Standing or Refusal
	ResetPath       = "/enrol/1/pin"         // POST Reset with the certificate in force, answered by a Standing or Refusal
)

// Bounds of a message's body, in bytes.
const (
	MaxRequest = 64 << 10  // of what a device asks
	MaxMessage = 256 << 10 // of any, answers too
	// MaxSettings bounds a terminal's settings as JSON: an answer has room for them
	// beside its certificates. A catalogue, a logo and operators that a terminal
	// takes at most are smaller.
	MaxSettings = 224 << 10
)

// Request asks for a certificate.
type Request struct {
	// CSR is a PKCS #10 request in PEM, signed by a key of P-256 or Ed25519.
	// What it says of names counts for nothing: the claim says who it is.
	CSR string `json:"csr"`
	// Claim is the operator's claim code. Without one the gateway looks for a
	// claim that its operator made for the device code of the CSR's key.
	Claim string `json:"claim,omitempty"`
	// Version is the terminal's program, for the operator.
	Version string `json:"version,omitempty"`
}

// Grant is what a terminal needs to sell. The same claim with the same key is
// granted the same again.
type Grant struct {
	Terminal    string `json:"terminal"`    // its id: client id, certificate's name
	Certificate string `json:"certificate"` // PEM
	Authority   string `json:"authority"`   // PEM: who issued it, and the certificates of gateway and broker
	// Epoch is what a journal begun on this device has at least. Journals of
	// devices that were this terminal before have lower ones.
	Epoch uint32 `json:"epoch"`
	// RenewAfter is when the terminal should ask for its next certificate.
	RenewAfter time.Time `json:"renew_after"`
	// Settings are keys of the terminal's configuration, dotted, as docs/configuration.md lists them.
	Settings Settings `json:"settings"`
}

// Settings are configuration keys, dotted: texts, whole numbers, true or false,
// lists of texts or of whole numbers.
type Settings map[string]any

// UnmarshalJSON reads numbers as int64, as a configuration file has them.
func (s *Settings) UnmarshalJSON(raw []byte) (err error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var values map[string]any
	if err = d.Decode(&values); err != nil {
		return err
	}
	for key, value := range values {
		switch v := value.(type) {
		case bool:
		case []any:
			for i, one := range v {
				if v[i], err = textOrNumber(one); err != nil {
					return fmt.Errorf("setting %.40q: a list: %w", key, err)
				}
			}
		default:
			if values[key], err = textOrNumber(v); err != nil {
				return fmt.Errorf("setting %.40q: %w", key, err)
			}
		}
	}
	*s = values
	return nil
}

func textOrNumber(value any) (any, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n, nil
		}
	}
	return nil, errors.New("want texts, whole numbers, true or false, or a list of texts or whole numbers")
}

// SettingsPart is the part of a desired state that says which settings a terminal
// is to have, and of a reported one which it has. Both name them by their digest:
// they come over the connection to enrolment (TerminalPath), and not by the broker.
const SettingsPart = "settings"

// SettingsNote is that part.
type SettingsNote struct {
	Digest string `json:"digest"`
	Fault  string `json:"fault,omitempty"` // reported: why those of that digest cannot be used; the ones before stay
}

// Digest tells settings apart: the first 8 bytes of the SHA-256 of their JSON, keys
// in order, in hexadecimal digits.
func (s Settings) Digest() string {
	raw, err := json.Marshal(s)
	if err != nil {
		return "" // of values that no settings have
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:8])
}

// Waiting says that the gateway knows no claim for this device yet.
type Waiting struct {
	Device     string `json:"device"`      // the device code, as its panel shows it
	RetryAfter int    `json:"retry_after"` // seconds
}

// Standing is how a terminal stands with its gateway.
type Standing struct {
	Terminal   string    `json:"terminal"`
	Serial     string    `json:"serial"`      // of the certificate that asked, in hexadecimal
	RenewAfter time.Time `json:"renew_after"` // as in its grant
	Settings   Settings  `json:"settings"`
}

// Reset asks for another PIN of the manager's, keyed at the terminal by whoever has the
// operator's code for that.
type Reset struct {
	Code       string `json:"code"`        // 12 digits, as a claim's
	ManagerPIN string `json:"manager_pin"` // the setting, hashed as till pin does it
}

// Reason is why something was refused.
type Reason string

// The reasons. A terminal that does not know one shows the refusal's message.
const (
	BadRequest   Reason = "bad_request"   // the message or the CSR cannot be used
	ClaimUnknown Reason = "claim_unknown" // no such claim or code was made
	ClaimExpired Reason = "claim_expired" // it was not used in time
	ClaimUsed    Reason = "claim_used"    // it was used already, a claim by another device
	Revoked      Reason = "revoked"       // the operator has ended this terminal's certificate
	Superseded   Reason = "superseded"    // another device is this terminal now, or a newer certificate is in force
	Unnamed      Reason = "unnamed"       // no certificate of this authority was shown
	PINTaken     Reason = "pin_taken"     // an operator has the PIN that a reset asks for; its code is still good
	TooMany      Reason = "too_many"      // of wrong claims or codes; Retry-After says when to come again
	Failed       Reason = "failed"        // the gateway's own trouble: try again
)

// Refusal is an answer that grants nothing.
type Refusal struct {
	Reason  Reason `json:"error"`
	Message string `json:"message"` // for a person, in English
}

// Error is the refusal as a sentence.
func (r Refusal) Error() string {
	if r.Message == "" {
		return "the gateway refused: " + string(r.Reason)
	}
	return r.Message
}

// Read reads one message of at most MaxMessage bytes.
func Read[T any](from io.Reader) (T, error) {
	var message T
	raw, err := io.ReadAll(io.LimitReader(from, MaxMessage+1))
	if err != nil {
		return message, fmt.Errorf("read %T: %w", message, err)
	}
	if len(raw) > MaxMessage {
		return message, fmt.Errorf("read %T: more than %d KiB", message, MaxMessage>>10)
	}
	if err := json.Unmarshal(raw, &message); err != nil {
		return message, fmt.Errorf("read %T: %w", message, err)
	}
	return message, nil
}
