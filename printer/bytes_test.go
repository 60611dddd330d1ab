package printer_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"till/printer"
)

// TestBytesOfAReceipt holds the figures of the documentation to the code.
func TestBytesOfAReceipt(t *testing.T) {
	const page = "../docs/hardware-printers.md"
	var table strings.Builder
	table.WriteString("| profile | bytes | seconds at 9600 bit/s | bytes with a logo | seconds |\n|---|---|---|---|---|\n")
	for _, p := range printer.Profiles() {
		plain, logo := len(encode(t, sample("sale"), p)), len(encode(t, sample("sale-logo"), p))
		seconds := func(n int) string { return fmt.Sprintf("%d.%d", n/960, n%960/96) } // 10 bits a byte
		fmt.Fprintf(&table, "| `%s` | %d | %s | %d | %s |\n", p.Name, plain, seconds(plain), logo, seconds(logo))
	}
	raw, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile(`(?m)^\| profile \| bytes \|.*\n(\|.*\n)+`)
	if *update {
		if err := os.WriteFile(page, []byte(shown.ReplaceAllLiteralString(string(raw), table.String())), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if shown.FindString(string(raw)) != table.String() {
		t.Errorf("%s does not say (go test ./printer -run Bytes -update):\n%s", page, table.String())
	}
}
