// Package scanner turns what bar code scanners send into scans: keyboards
// (evdev), serial ports, and the bench of the simulated board.
package scanner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"till/payment"
)

// MaxScan is the longest scan in bytes. Serial and keyboard scanners deliver a
// longer one cut to MaxScan+1 bytes, so that TooLong tells and no one takes it
// for whole.
const MaxScan = 4096

// ErrGone is wrapped by the error of a Source whose device was unplugged or
// whose connection ended.
var ErrGone = errors.New("the scanner is gone")

// Scan is one code read by a scanner.
//
// DANGER: Data may be a customer's payment code, which is a secret. A Scan does
// not show it, however it is printed; whoever takes Data out must not either.
type Scan struct {
	Data      []byte    // without terminator and without AIM identifier
	Symbology string    // "qr", "code128", "ean", …; "" where the scanner does not tell
	Source    string    // Name of the Source; of Auto, with the device file's name after a slash
	Time      time.Time // when the scan was complete
}

// NewScan makes a scan of what a scanner sent, less its terminator. An AIM
// symbology identifier in front ("]Q1") becomes the Symbology.
func NewScan(data []byte, source string, at time.Time) Scan {
	letter, text := payment.CutAIM(string(data))
	return Scan{Data: []byte(text), Symbology: symbology(letter), Source: source, Time: at}
}

// symbology names an AIM code character (ISO/IEC 15424).
func symbology(letter byte) string {
	switch letter {
	case 'A':
		return "code39"
	case 'C':
		return "code128"
	case 'd':
		return "datamatrix"
	case 'E':
		return "ean"
	case 'e':
		return "databar"
	case 'F':
		return "codabar"
	case 'G':
		return "code93"
	case 'I':
		return "itf"
	case 'L':
		return "pdf417"
	case 'Q':
		return "qr"
	case 'z':
		return "aztec"
	default:
		return ""
	}
}

// TooLong reports that the scan was cut, since it is longer than MaxScan.
func (s Scan) TooLong() bool { return len(s.Data) > MaxScan }

// String describes the scan without showing its data.
func (s Scan) String() string {
	kind := s.Symbology
	if kind == "" {
		kind = "code"
	}
	return fmt.Sprintf("%s of %d bytes from %s", kind, len(s.Data), s.Source)
}

// GoString is String, for %#v.
func (s Scan) GoString() string { return s.String() }

// Format writes String whatever the verb.
func (s Scan) Format(to fmt.State, _ rune) {
	_, _ = io.WriteString(to, s.String()) // a fmt.State keeps its error to itself
}

// LogValue is String, for log/slog.
func (s Scan) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalJSON is String: a scan is not to be stored or sent.
func (s Scan) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// Source is a scanner.
//
// Run reads it and calls handle for each scan, one at a time and in order, in
// Run's own goroutine: it does not read on before handle has returned. It
// returns ctx.Err() once ctx has ended, and an error that wraps ErrGone when
// the device is gone. What was half read then is dropped. Only one Run may be
// under way; whether a Source can be run again depends on its device.
type Source interface {
	Run(ctx context.Context, handle func(Scan)) error
	// Name identifies the source in logs and in Scan.Source.
	Name() string
}

var (
	_ fmt.Formatter  = Scan{}
	_ fmt.GoStringer = Scan{}
	_ slog.LogValuer = Scan{}
	_ json.Marshaler = Scan{}
)
