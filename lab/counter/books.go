package counter

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Ledger is ledger.json.
type Ledger struct {
	Sales   []Sale   `json:"sales"`
	Charges []Charge `json:"charges"`
	Records int      `json:"records"`
	Gaps    int      `json:"gaps"`
}

// Charge is money that was really taken.
type Charge struct {
	Sale     string `json:"sale"`
	Attempt  int    `json:"attempt"`
	Wallet   string `json:"wallet"`
	Amount   int64  `json:"amount"`
	Refunded int64  `json:"refunded"`
	Reversed bool   `json:"reversed"`
}

// Ledger reads ledger.json.
func (d *Demo) Ledger() Ledger { d.t.Helper(); return read[Ledger](d, "/cloud/ledger.json") }

// Sale finds a sale.
func (l Ledger) Sale(id string) (Sale, bool) {
	i := slices.IndexFunc(l.Sales, func(s Sale) bool { return s.ID == id })
	if i < 0 {
		return Sale{}, false
	}
	return l.Sales[i], true
}

// ChargesOf are a sale's charges.
func (l Ledger) ChargesOf(sale string) []Charge {
	var of []Charge
	for _, c := range l.Charges {
		if c.Sale == sale {
			of = append(of, c)
		}
	}
	return of
}

// Kept is what of a sale's charges was not given back.
func (l Ledger) Kept(sale string) int64 {
	var kept int64
	for _, c := range l.ChargesOf(sale) {
		if !c.Reversed {
			kept += c.Amount - c.Refunded
		}
	}
	return kept
}

// Differ says where ledger and charges do not agree; nil if they do.
func (l Ledger) Differ() error {
	seen := map[string]bool{}
	for _, s := range l.Sales {
		if seen[s.ID] {
			return fmt.Errorf("sale %s is there twice", s.ID)
		}
		seen[s.ID] = true
		var tendered, cash int64
		for _, t := range s.Tenders {
			tendered += t.Amount
			if t.Wallet == "cash" {
				cash += t.Amount
			}
		}
		var least, most int64
		if s.Status == "approved" {
			most = s.Amount - cash
			least = most
			switch { // what goes back of a sale in cash alone is cash, and of a split one either
			case cash == 0:
				least, most = least-s.Refunded, most-s.Refunded
			case most > 0:
				least, most = max(0, least-s.Refunded), min(most, s.Amount-s.Refunded)
			}
			if tendered != s.Amount {
				return fmt.Errorf("sale %s of %d is approved with tenders of %d", s.ID, s.Amount, tendered)
			}
		}
		if kept := l.Kept(s.ID); kept < least || kept > most {
			return fmt.Errorf("sale %s is %s: %d are kept of its charges, want %d to %d", s.ID, s.Status, kept, least, most)
		}
	}
	for _, c := range l.Charges {
		if !seen[c.Sale] {
			return fmt.Errorf("a charge of sale %s, which is not in the ledger", c.Sale)
		}
	}
	if l.Gaps != 0 {
		return fmt.Errorf("%d gaps", l.Gaps)
	}
	return nil
}

// Booked waits until the ledger is as wanted.
func (d *Demo) Booked(what string, within time.Duration, ok func(Ledger) bool) {
	d.t.Helper()
	d.eventually(what, within, "ledger", func() error {
		if l := d.Ledger(); !ok(l) {
			return fmt.Errorf("the ledger has %+v", l.Sales)
		}
		return nil
	})
}

// Balance waits until everything is in the ledger and the books agree.
func (d *Demo) Balance() Ledger {
	d.t.Helper()
	d.Await("all acknowledged", 15*time.Second, func(s State) bool { return s.Online && s.Queued == 0 })
	var l Ledger
	d.eventually("the books agree", 15*time.Second, "ledger", func() error {
		l = d.Ledger()
		return l.Differ()
	})
	return l
}

// eventually tries again at every event of a kind.
func (d *Demo) eventually(what string, within time.Duration, kind string, try func() error) {
	d.t.Helper()
	ctx, done := context.WithTimeout(context.Background(), within)
	defer done()
	last := fmt.Errorf("no event %s", kind)
	err := d.Listen(ctx, func(k string, _ []byte) bool {
		// "phone" comes soon after anything, and again: what was missed is tried then.
		if k != kind && k != "phone" {
			return false
		}
		last = try()
		return last == nil
	})
	if err != nil {
		d.t.Fatalf("%s: not within %s: %v", what, within, last)
	}
}

// Slips is how many documents came out since it was started. More may be on
// their way: see AllOut.
func (d *Demo) Slips() int {
	d.t.Helper()
	n := 0
	ctx, done := context.WithTimeout(context.Background(), 5*time.Second)
	defer done()
	if err := d.Listen(ctx, func(kind string, data []byte) bool {
		n = slipsIn(data)
		return kind == "paper"
	}); err != nil {
		d.t.Fatal(err)
	}
	return n
}

func slipsIn(data []byte) int {
	var paper struct{ Version int }
	if json.Unmarshal(data, &paper) != nil {
		return -1
	}
	return paper.Version
}

// AllOut waits until no document is on its way out, and is how many came since
// it was started.
func (d *Demo) AllOut() int {
	d.t.Helper()
	d.Await("all documents out", 10*time.Second, func(s State) bool { return s.Printing == 0 })
	// The printer says so a moment before the paper is seen, which on a busy machine is long.
	n := d.Slips()
	for same := 0; same < 3; same++ {
		time.Sleep(100 * time.Millisecond)
		if now := d.Slips(); now != n {
			n, same = now, 0
		}
	}
	return n
}

// Printed waits until that many documents came out since it was started.
func (d *Demo) Printed(slips int) {
	d.t.Helper()
	ctx, done := context.WithTimeout(context.Background(), 10*time.Second)
	defer done()
	n := 0
	if err := d.Listen(ctx, func(kind string, data []byte) bool {
		if kind == "paper" {
			n = slipsIn(data)
		}
		return n >= slips
	}); err != nil {
		d.t.Fatalf("%d slips of paper, want %d: %v", n, slips, err)
	}
	if n != slips {
		d.t.Fatalf("%d slips of paper, want %d", n, slips)
	}
}

// Order reads the order number from the code on a slip, 1 being the first since
// it was started.
func (d *Demo) Order(slip int) string {
	d.t.Helper()
	return d.ReadCode(d.Get(fmt.Sprintf("/terminal/receipt.png?number=%d", slip)))
}

// ReadCode has zbarimg read the one code in a PNG.
func (d *Demo) ReadCode(picture []byte) string {
	d.t.Helper()
	texts := d.ReadCodes(picture)
	if len(texts) != 1 {
		d.t.Fatalf("zbarimg reads %d codes, want 1: %q", len(texts), texts)
	}
	return texts[0]
}

// ReadCodes has zbarimg read the codes in a PNG.
func (d *Demo) ReadCodes(picture []byte) []string {
	d.t.Helper()
	cmd := exec.Command("zbarimg", "--quiet", "--raw", "PNG:-")
	cmd.Stdin = bytes.NewReader(picture)
	out, err := cmd.Output()
	if err != nil {
		d.t.Logf("zbarimg: %v (scripts/install-test-tools installs it)", err)
		return nil
	}
	return strings.Split(strings.TrimRight(string(out), "\n"), "\n")
}

// PNG encodes a picture.
func (d *Demo) PNG(m image.Image) []byte {
	d.t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		d.t.Fatal(err)
	}
	return b.Bytes()
}

// CheckSecrets looks for every customer's code that was shown, in its folder and
// in what it wrote: none may be there.
func (d *Demo) CheckSecrets() {
	d.t.Helper()
	d.mu.Lock()
	codes := slices.Clone(d.codes)
	d.mu.Unlock()
	if found := Secrets(d.Data, codes); len(found) > 0 {
		d.t.Errorf("customers' codes are in %q", found)
	}
	for _, code := range codes {
		if strings.Contains(d.Output(), code) {
			d.t.Errorf("a customer's code is in the log")
		}
	}
}

// Secrets are the files below a folder that hold one of the codes, in any form
// it can be told by.
func Secrets(dir string, codes []string) []string {
	var forms [][]byte
	for _, code := range codes {
		sum := sha256.Sum256([]byte(code)) // 18 digits can be guessed from it
		forms = append(forms, []byte(code), sum[:], []byte(hex.EncodeToString(sum[:])),
			[]byte(hex.EncodeToString([]byte(code))), []byte(base64.RawStdEncoding.EncodeToString([]byte(code))))
		if raw, err := base64.StdEncoding.DecodeString(code); err == nil && len(raw) > 16 {
			forms = append(forms, raw) // an EMV code is base64 of TLV
		}
	}
	var found []string
	// A folder that is removed meanwhile holds nothing.
	_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return nil
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return nil
		}
		if slices.ContainsFunc(forms, func(f []byte) bool { return bytes.Contains(raw, f) }) {
			found = append(found, path)
		}
		return nil
	})
	return found
}
