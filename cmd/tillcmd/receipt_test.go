package tillcmd_test

import (
	"fmt"
	"strings"
	"testing"

	"till/cmd/tillcmd"
)

func TestReceiptURL(t *testing.T) {
	long := "https://gateway.example/" + strings.Repeat("r", 75)
	for url, good := range map[string]bool{
		"https://gateway.example:8446/r/":    true,
		"http://127.0.0.1:8446/r/":           true,
		"https://gateway.example/":           true,
		long + "/":                           true, // 100 bytes
		long + "r/":                          false,
		"https://gateway.example/r":          false,
		"https://gateway.example":            false,
		"https://gateway.example/r/?sale=/":  false,
		"https://gateway.example/r/?":        false,
		"https://gateway.example/r/#/":       false,
		"https://li:secret@gateway.example/": false,
		"https://gateway.example/my shop/":   false,
		"https:///r/":                        false,
		"ftp://gateway.example/r/":           false,
		"gateway.example/r/":                 false,
		"//gateway.example/r/":               false,
		"https://gateway.example/%zz/":       false,
	} {
		c, err := tillcmd.ParseConfig(fmt.Appendf(nil, "%s\n[receipt]\nurl = %q\n", minimal(), url))
		if (err == nil) != good {
			t.Errorf("%s: %v", url, err)
		}
		if good && (c.Receipts.URL != url || c.Receipts.Paper != tillcmd.PaperAlways) {
			t.Errorf("%s: read as %+v", url, c.Receipts)
		}
		if !good && err != nil && !strings.Contains(err.Error(), "receipt.url") {
			t.Errorf("%s: the error names no key: %v", url, err)
		}
	}
}
