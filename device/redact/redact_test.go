package redact_test

import (
	"testing"

	"till/device/redact"
)

func TestCodes(t *testing.T) {
	for text, want := range map[string]string{
		"panic: 134512345678901234 is no amount":                              "panic: <digits> is no amount",
		`panic: "hQVDUFYwMWEzT8egAAADAgEBMCYxAAAAAAAAAAAAAAAAAAAAAAAA=="`:     `panic: "<data>"`,
		"time=2026-11-24T09:11:12.123Z level=INFO msg=display size=(800,480)": "time=2026-11-24T09:11:12.123Z level=INFO msg=display size=(800,480)",
		"main.main(0x207a133f6660, 0x68b000)\n\t/src/cmd/till/main.go:19":     "main.main(0x207a133f6660, 0x68b000)\n\t/src/cmd/till/main.go:19",
		"receipt=1-000123 sequence=12345678901":                               "receipt=1-000123 sequence=12345678901",
	} {
		if got := string(redact.Codes([]byte(text))); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
