package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"till/cloud/enrol"
	"till/payment"
	"till/payment/pin"
	"till/sync/wire"
)

// spoken is what a program says while others read it.
type spoken struct {
	mu   sync.Mutex
	said bytes.Buffer
	more chan struct{}
}

func (s *spoken) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.more <- struct{}{}:
	default:
	}
	return s.said.Write(p)
}

// startGateway runs till-cloud, and returns its folder once it takes orders.
func startGateway(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "till-cloud-") // a test's own folder may have too long a name for a socket
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	out := &spoken{more: make(chan struct{}, 1)}
	go func() {
		ended <- run(ctx, []string{
			"-data", dir, "-host", "localhost,127.0.0.1", "-mqtts", "127.0.0.1:0", "-enrol", "127.0.0.1:0", "-listen", "127.0.0.1:0", "-pages", "127.0.0.1:0",
		}, out, io.Discard)
	}()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-ended, os.RemoveAll(dir)); err != nil {
			t.Error(err)
		}
	})
	limit := time.After(20 * time.Second)
	for {
		if _, err := give(t, "terminals", "-data", dir); err == nil {
			return dir
		}
		select {
		case <-out.more:
		case <-time.After(20 * time.Millisecond): // its socket is there a moment after its last word
		case err := <-ended:
			ended <- err
			t.Fatalf("it ended: %v", err)
		case <-limit:
			t.Fatal("it takes no orders")
		}
	}
}

// give gives an order.
func give(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out strings.Builder
	err := run(t.Context(), args, &out, io.Discard)
	return out.String(), err
}

func TestOrders(t *testing.T) {
	dir := startGateway(t)
	said, err := give(t, "claim", "-data", dir, "-terminal", "till-07", "-merchant", "museum", "-name", "Harbor Museum Shop", "-timezone", "America/Los_Angeles",
		"-pin", "2580", "-test", "-set", "journal.keep_days=90", "-set", `merchant.foot=["Thank you", "谢谢"]`, "-set", "merchant.phone=+1 415 555 0132")
	if err != nil || !strings.Contains(said, "Claim      ") || !strings.Contains(said, "till-claim:?") || !strings.Contains(said, "https://localhost:") || !strings.Contains(said, "█") {
		t.Errorf("claim: %v\n%s", err, said)
	}
	file := filepath.Join(t.TempDir(), "shop.toml")
	if err := os.WriteFile(file, []byte("[merchant]\nname = \"Shop 8\"\ntimezone = \"UTC\"\ncurrency = \"EUR\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	said, err = give(t, "claim", "-data", dir, "-terminal", "till-08", "-settings", file, "-device", "till-device:0000000000000000")
	if err != nil || !strings.Contains(said, "becomes terminal till-08 by itself") {
		t.Errorf("claim for a device: %v\n%s", err, said)
	}
	said, err = give(t, "terminals", "-data", dir, "-json")
	var all []enrol.Terminal
	if err == nil {
		err = json.Unmarshal([]byte(said), &all)
	}
	if err != nil || len(all) != 2 || all[0].State != enrol.Claimed || all[0].Merchant != "museum" || all[1].Merchant != "" || all[0].Settings["merchant.phone"] != "+1 415 555 0132" || !managers(all[0].Settings["manager_pin"], "2580") ||
		all[0].Settings["journal.keep_days"] != int64(90) || all[0].Settings["test"] != true || all[1].Settings["merchant.currency"] != "EUR" {
		t.Errorf("terminals: %v\n%s", err, said)
	}
	if said, err = give(t, "terminals", "-data", dir); err != nil || !strings.Contains(said, "till-07") || !strings.Contains(said, "Shop 8") {
		t.Errorf("terminals: %v\n%s", err, said)
	}
	if _, err = give(t, "settings", "-data", dir, "-terminal", "till-07", "-reset-pin"); err == nil || !strings.Contains(err.Error(), "no device is this terminal now") {
		t.Errorf("a reset of a terminal that no device is: %v", err)
	}
	if said, err = give(t, "revoke", "-data", dir, "-terminal", "till-07"); err != nil || !strings.Contains(said, "till-07 is out") {
		t.Errorf("revoke: %v\n%s", err, said)
	}

	r, err := wire.NewRecord(wire.Genesis("till-07", 3), 1, payment.Stamp{Boot: "b"}, payment.Event{Kind: payment.SaleCreated, Sale: "01JD0000000000000000000000", Amount: 1, Currency: "USD"})
	if err != nil {
		t.Fatal(err)
	}
	line, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	journal := filepath.Join(t.TempDir(), "journal.json")
	if err := os.WriteFile(journal, append(line, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"epoch 3, records 1 to 1: 1 are new", "epoch 3, records 1 to 1: 0 are new"} {
		if said, err = give(t, "journal", "import", "-data", dir, "-terminal", "till-07", journal); err != nil || !strings.Contains(said, want) {
			t.Errorf("journal import: %v\n%s", err, said)
		}
	}
	// The sale of its one record is not settled anywhere, so nothing differs.
	if said, err = give(t, "reconcile", "-data", dir, "-zone", "America/Los_Angeles", "-from", "2026-11-01", "-to", "2026-11-30"); err != nil ||
		!strings.HasPrefix(said, "Reconciliation 2026-11-01 to 2026-11-30 (America/Los_Angeles), all terminals") ||
		!strings.HasSuffix(said, "\nDifferences that need somebody: 0, of 0.\n") {
		t.Errorf("reconcile: %v\n%s", err, said)
	}
	if said, err = give(t, "reconcile", "-data", dir, "-terminal", "till-07", "-terminal", "till-08", "-format", "json"); err != nil || !json.Valid([]byte(said)) || !strings.Contains(said, `"till-08"`) {
		t.Errorf("reconcile: %v\n%s", err, said)
	}
	for want, args := range map[string][]string{
		"want days as":   {"-from", "2026-11-30", "-to", "2026-11-01"},
		"time zone":      {"-zone", "Mars/Olympus"},
		"terminal id":    {"-terminal", "../x"},
		"is none of tex": {"-format", "xml"},
	} {
		if _, err := give(t, append([]string{"reconcile", "-data", dir}, args...)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("reconcile %v: %v, want %q", args, err, want)
		}
	}
	for _, args := range [][]string{
		{"reconcile", "-terminal", "nope"}, {"reconcile", "-terminal", "till-07", "-terminal", "nope"}, {"report", "-terminal", "nope"}, {"report", "-terminal", "nope", "-format", "csv"},
	} {
		if said, err := give(t, append(args, "-data", dir)...); err == nil || said != "" || !strings.Contains(err.Error(), "nope: no such terminal was ever claimed here") {
			t.Errorf("%v: %v\n%s", args, err, said)
		}
	}
	if said, err = give(t, "report", "-data", dir, "-terminal", "till-08"); err != nil || !strings.HasPrefix(said, "Terminal till-08") {
		t.Errorf("a report of a terminal that has sold nothing: %v\n%s", err, said)
	}
	if _, err = give(t, "journal", "import", "-data", dir, "-terminal", "till-08", journal); err == nil || !strings.Contains(err.Error(), "not a journal of this terminal") {
		t.Errorf("another's journal: %v", err)
	}
}

func TestMerchants(t *testing.T) {
	dir := startGateway(t)
	said, err := give(t, "merchant", "-data", dir, "-add", "museum", "-name", "Harbor Museum Shop", "-login", "li@harbor.example")
	if err != nil {
		t.Fatal(err)
	}
	var login, password, pages string
	if _, err := fmt.Sscanf(said, "Login %s\nPassword %s\nPages %s\n", &login, &password, &pages); err != nil || login != "li@harbor.example" || len(password) < 20 || !strings.HasPrefix(pages, "https://localhost:") {
		t.Errorf("added: %v\n%s", err, said)
	}
	if _, err := give(t, "claim", "-data", dir, "-terminal", "till-07", "-name", "Shop", "-timezone", "UTC"); err != nil {
		t.Fatal(err)
	}
	// A claim for a merchant who is not in the book would stay so, and nobody sign in to it.
	shop := []string{"claim", "-data", dir, "-name", "Shop", "-timezone", "UTC", "-terminal", "till-08"}
	if _, err := give(t, append(shop, "-merchant", "musem")...); err == nil || !strings.Contains(err.Error(), "till-cloud merchant -add musem -name NAME") {
		t.Errorf("a claim for nobody: %v", err)
	}
	if said, err := give(t, "terminals", "-data", dir); err != nil || strings.Contains(said, "till-08") {
		t.Errorf("it was made all the same: %v\n%s", err, said)
	}
	if _, err := give(t, append(shop, "-merchant", "museum")...); err != nil {
		t.Errorf("a claim for somebody: %v", err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-list"}, "museum    li@harbor.example  Harbor Museum Shop"},
		{[]string{"-assign", "museum", "-terminal", "till-07"}, "Terminal till-07 is merchant museum's."},
		{[]string{"-password", "museum"}, "Login     li@harbor.example"},
		{[]string{"-remove", "museum"}, "Merchant museum is out"},
	} {
		if said, err := give(t, append([]string{"merchant", "-data", dir}, c.args...)...); err != nil || !strings.Contains(said, c.want) || strings.Contains(said, password) {
			t.Errorf("%v: %v\n%s", c.args, err, said)
		}
	}
	if said, err := give(t, "terminals", "-data", dir); err != nil || !strings.Contains(said, "museum") {
		t.Errorf("terminals: %v\n%s", err, said)
	}
	// The terminals of one who was taken out go on, so another device may become one of them.
	if _, err := give(t, "merchant", "-data", dir, "-add", "hotel", "-name", "Pier Hotel"); err != nil {
		t.Fatal(err)
	}
	if _, err := give(t, append(shop, "-merchant", "museum")...); err != nil {
		t.Errorf("another claim for a terminal of museum's: %v", err)
	}
	for want, args := range map[string][]string{
		"say one of":               {},
		"say one":                  {"-list", "-add", "x"},
		"with -name NAME":          {"-add", "x"},
		"with -terminal ID":        {"-assign", "x"},
		"no such merchant":         {"-remove", "museum"},
		"merchant \"x\": no such":  {"-assign", "x", "-terminal", "till-07"},
		"merchant id \"The Shop\"": {"-add", "The Shop", "-name", "Shop"},
		"no such merchant is in":   {"-password", "x"},
	} {
		if _, err = give(t, append([]string{"merchant", "-data", dir}, args...)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", args, err, want)
		}
	}
	for want, args := range map[string][]string{
		"need terminals that are known": {"-pages", "127.0.0.1:0"},
		"go together, and with -pages":  {"-host", "localhost", "-pages", "127.0.0.1:0", "-pages-cert", "x.pem"},
	} {
		if _, err := give(t, args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", args, err, want)
		}
	}
}

func TestOrdersThatAreNone(t *testing.T) {
	nowhere := filepath.Join(t.TempDir(), "nowhere")
	for want, args := range map[string][]string{
		"say which terminal":      {"claim"},
		"no gateway answers":      {"claim", "-data", nowhere, "-terminal", "till-07"},
		"flag provided but not":   {"claim", "-colour", "red"},
		"receipts is -name":       {"claim", "-terminal", "till-07", "-merchant", "Harbor Museum Shop"},
		"unexpected argument":     {"terminals", "-data", nowhere, "all"},
		"no such file":            {"claim", "-settings", nowhere},
		"want key=value":          {"claim", "-set", "merchant.name"},
		"say import":              {"journal"},
		"a file is missing":       {"journal", "import", "-terminal", "till-07"},
		"say whose journal":       {"journal", "import", nowhere},
		"till-cloud -help lists":  {"sell"},
		"say which terminal, wit": {"revoke", "-data", nowhere},
		"or -reset-pin":           {"settings", "-data", nowhere, "-terminal", "till-07"},
		"goes with no other":      {"settings", "-data", nowhere, "-terminal", "till-07", "-reset-pin", "-pin", "8642"},
	} {
		if _, err := give(t, args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", args, err, want)
		}
	}
	if said, err := give(t, "-help"); err == nil || !strings.Contains(said, "till-cloud claim") {
		t.Errorf("help: %v\n%s", err, said)
	}
}

// managers says that a setting is a PIN's hash.
func managers(setting any, secret string) bool {
	h, err := pin.Parse(fmt.Sprint(setting))
	return err == nil && pin.Find(secret, []pin.Hash{h}) == 0
}
