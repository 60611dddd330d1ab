package tillcmd_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"till/payment"
	"till/store"
)

func TestJournalCommand(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/journal",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"hold": hold, "sell": sellScript, "spoil": spoil, "exits": exits,
		},
	})
}

// exits is "exits code program args": the program ends with that code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("exits takes a code and a command")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var end *exec.ExitError
	if errors.As(err, &end) {
		got = end.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%v exits with %d, want %d", args[1:], got, want)
	}
}

// sellScript is "sell folder n": n cash sales in a journal, some to a segment.
func sellScript(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("sell takes a journal's folder and a number")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	folder := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(filepath.Dir(folder), 0o700))
	j, err := store.Open(folder, store.Options{Terminal: "shop-1", SegmentRecords: 60})
	ts.Check(err)
	for i := range n {
		ts.Check(sellCash(j, i))
	}
	ts.Check(j.Close())
}

var opened = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

func saleID(n int) payment.SaleID { return payment.SaleID(fmt.Sprintf("01JDEER%019d", n)) }

// sellCash journals a sale of 12.34 USD in three records.
func sellCash(j *store.Journal, n int) error {
	at := time.Duration(n) * time.Minute
	receipt := j.LastReceipt() + 1
	_, err := j.Append(payment.Stamp{Boot: "b1", Mono: at, Time: opened.Add(at)},
		payment.Event{Kind: payment.SaleCreated, Sale: saleID(n), Amount: 1234, Currency: "USD", Cashier: "Mei"},
		payment.Event{Kind: payment.CashTaken, Sale: saleID(n), Tender: 1, Amount: 1234, Tendered: 2000, Change: 766, Receipt: receipt},
		payment.Event{Kind: payment.ReceiptPrinted, Sale: saleID(n), Receipt: receipt})
	return err
}

// spoil is "spoil folder at n": n bytes of noise in the journal's oldest segment.
func spoil(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("spoil takes a journal's folder, where and how many")
	}
	at, err := strconv.Atoi(args[1])
	ts.Check(err)
	n, err := strconv.Atoi(args[2])
	ts.Check(err)
	names, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "journal-*.bolt"))
	ts.Check(err)
	file, err := os.ReadFile(names[0])
	ts.Check(err)
	for i := at; i < min(at+n, len(file)); i++ {
		file[i] = byte(i*7 + 3)
	}
	ts.Check(os.WriteFile(names[0], file, 0o600))
}
