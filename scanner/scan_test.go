package scanner_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"till/scanner"
)

func TestNewScanTakesTheAIMIdentifierOff(t *testing.T) {
	for sent, want := range map[string]scanner.Scan{
		"130123":           {Data: []byte("130123")},
		"]Q1130123":        {Data: []byte("130123"), Symbology: "qr"},
		"]C0130123":        {Data: []byte("130123"), Symbology: "code128"},
		"]E04006381333931": {Data: []byte("4006381333931"), Symbology: "ean"},
		"]d2AB":            {Data: []byte("AB"), Symbology: "datamatrix"},
		"]X0AB":            {Data: []byte("AB")},
		"]1":               {Data: []byte("]1")},
		"]Q":               {Data: []byte("]Q")},
		"x]Q1":             {Data: []byte("x]Q1")},
		"\xff\x00":         {Data: []byte("\xff\x00")},
	} {
		got := scanner.NewScan([]byte(sent), "counter", time.Unix(1, 0))
		if !bytes.Equal(got.Data, want.Data) || got.Symbology != want.Symbology {
			t.Errorf("%q: %q, %q, want %q, %q", sent, got.Data, got.Symbology, want.Data, want.Symbology)
		}
		if got.Source != "counter" || !got.Time.Equal(time.Unix(1, 0)) {
			t.Errorf("%q: from %q at %v", sent, got.Source, got.Time)
		}
	}
}

// A scan may be a customer's code: nothing that prints it shows the data.
func TestScanShowsNothing(t *testing.T) {
	const secret = "130123456789012345"
	scan := scanner.NewScan([]byte("]Q1"+secret), "counter", time.Unix(1, 0))
	const want = "qr of 18 bytes from counter"
	var shows []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if got := fmt.Sprintf(verb, scan); got != want {
			t.Errorf("%s: %q, want %q", verb, got, want)
		}
		shows = append(shows, fmt.Sprintf(verb, &scan), fmt.Sprintf(verb, []scanner.Scan{scan}), fmt.Sprintf(verb, struct{ S scanner.Scan }{scan}))
	}
	text, err := json.Marshal(scan)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("scanned", "scan", scan, "pointer", &scan)
	slog.New(slog.NewTextHandler(&log, nil)).Info("scanned", "scan", scan, "list", []scanner.Scan{scan})
	shows = append(shows, string(text), log.String())
	for _, s := range shows {
		for _, form := range []string{secret[4:], fmt.Sprintf("%x", secret[4:]), "49 51 48", "MTMwMTIz"} {
			if strings.Contains(s, form) {
				t.Errorf("the data is seen: %s", s)
			}
		}
	}
}
