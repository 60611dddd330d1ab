package store_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"till/payment"
	"till/store"
	"till/sync/wire"
)

var recordSchema = flag.Bool("record-schema", false, "keep files of this schema under testdata; never of one that is kept already")

// recorded is what a journal kept under testdata/schema-N said when it was written.
type recorded struct {
	Terminal   string
	Position   store.Position
	Receipt    uint64
	Newest     payment.SaleID
	Unfinished []payment.SaleID
	Records    []wire.Record
	Sales      []payment.Sale // all, the newest first
}

func record(t *testing.T, j *store.Journal) recorded {
	t.Helper()
	r := recorded{Terminal: j.Terminal(), Position: j.Position(), Receipt: j.LastReceipt()}
	newest, _ := j.Newest()
	r.Newest = newest.ID
	for _, sale := range j.Unfinished() {
		r.Unfinished = append(r.Unfinished, sale.ID)
	}
	var err error
	if r.Records, err = j.Read(1, 0, 0); err != nil {
		t.Fatal(err)
	}
	if r.Sales, err = j.Recent(1000); err != nil {
		t.Fatal(err)
	}
	return r
}

// Journals on cards in shops are of every schema that was ever written. Each is
// kept here as its own till wrote it, and must open, verify, fold and sell on.
func TestJournalsOfEverySchema(t *testing.T) {
	for version := 1; version <= store.Schema; version++ {
		t.Run(fmt.Sprintf("schema %d", version), func(t *testing.T) {
			kept := filepath.Join("testdata", fmt.Sprintf("schema-%d", version))
			if _, err := os.Stat(kept); err != nil {
				if version != store.Schema || !*recordSchema {
					t.Fatalf("%v: run go test ./store -run JournalsOfEverySchema -record-schema", err)
				}
				keepSchema(t, kept)
			}
			var want recorded
			text := read(t, filepath.Join(kept, "recorded.json"))
			if err := json.Unmarshal(text, &want); err != nil {
				t.Fatal(err)
			}
			dir := filepath.Join(folder(t), "journal")
			unpack(t, kept, dir)
			j := open(t, dir, options())
			if err := j.Check(); err != nil {
				t.Fatal(err)
			}
			if got := record(t, j); !reflect.DeepEqual(asKept(t, got), asKept(t, want)) {
				t.Errorf("it says\n%s\nand said\n%s", asKept(t, got), asKept(t, want))
			}
			sell(t, j, 9000)
			reopen(t, j, dir, options())
		})
	}
}

func asKept(t *testing.T, r recorded) string {
	t.Helper()
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// keepSchema writes a journal with two segments, every kind of event, sales
// that are open, parked, finished and carried, and an acknowledgement.
func keepSchema(t *testing.T, kept string) {
	dir := folder(t)
	j := open(t, dir, crashOptions())
	script := func(n int) {
		appendAll(t, j, created(n), started(n, 1))
		appendAll(t, j, changed(n, 1, payment.Declined, 0), started(n, 2))
		appendAll(t, j, payment.Event{Kind: payment.CancelRequested, Sale: saleID(n), Attempt: 2}, changed(n, 2, payment.Cancelled, 0))
		appendAll(t, j, payment.Event{Kind: payment.LateRefunded, Sale: saleID(n), Attempt: 2, Amount: 1234})
		appendAll(t, j, created(n+1), payment.Event{
			Kind: payment.CashTaken, Sale: saleID(n + 1), Tender: 1, Amount: 1234, Tendered: 2000, Change: 766, Receipt: j.LastReceipt() + 1,
		})
		appendAll(t, j, printed(n+1, j.LastReceipt()))
		appendAll(t, j, created(n+2), started(n+2, 1), payment.Event{Kind: payment.SaleParked, Sale: saleID(n + 2), Intent: payment.PaidOther})
		appendAll(t, j, payment.Event{Kind: payment.StoreReplaced, Reason: "damaged"})
	}
	script(1)
	if err := j.Acknowledge(j.Position().Last); err != nil {
		t.Fatal(err)
	}
	if err := j.Roll(); err != nil {
		t.Fatal(err)
	}
	script(10)
	appendAll(t, j, changed(3, 1, payment.Expired, 0)) // carried, and ends here
	appendAll(t, j, created(20), started(20, 1))
	want := record(t, j)
	closeChecked(t, j)
	if err := os.MkdirAll(kept, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, file := range imageOf(t, dir) {
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		if _, err := z.Write(file); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(kept, name+".gz"), packed.Bytes())
	}
	write(t, filepath.Join(kept, "recorded.json"), []byte(asKept(t, want)+"\n"))
}

func unpack(t *testing.T, kept, dir string) {
	t.Helper()
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(kept, "*.gz"))
	if err != nil || len(names) < 2 {
		t.Fatalf("%d segments in %s: %v", len(names), kept, err)
	}
	for _, name := range names {
		z, err := gzip.NewReader(bytes.NewReader(read(t, name)))
		if err != nil {
			t.Fatal(err)
		}
		file, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, strings.TrimSuffix(filepath.Base(name), ".gz")), file)
	}
}
