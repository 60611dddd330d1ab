// Package redact takes out of a text whatever might be a customer's code, before
// it is kept.
package redact

import (
	"bytes"
	"regexp"
)

// Customers' codes are 16 to 24 digits, or base64 of EMV data. The runtime prints
// numbers and addresses, never the texts that a program handles; but what a panic
// is called with is text, and a library may put into it what it was given.
var (
	digits = regexp.MustCompile(`\b[0-9]{12,}\b`)
	base64 = regexp.MustCompile(`\b[A-Za-z0-9+/]{40,}={0,2}`)
)

// Codes returns a text without what might be a customer's code.
func Codes(raw []byte) []byte {
	raw = digits.ReplaceAll(raw, []byte("<digits>"))
	return base64.ReplaceAllFunc(raw, func(run []byte) []byte {
		if !bytes.ContainsAny(run, "0123456789") || bytes.HasPrefix(run, []byte("0x")) {
			return run // a path, or an address
		}
		return []byte("<data>")
	})
}
