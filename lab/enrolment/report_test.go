package enrolment_test

import (
	"bytes"
	"encoding/json"

	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"till/cmd/tillcmd"
	"till/payment"
	"till/payment/figures"
	"till/store"
)

// What a terminal's journal says of its days, the gateway's ledger says too.
func TestReportsAgree(t *testing.T) {
	s, dir := startService(t), t.TempDir()
	j, err := store.Open(filepath.Join(dir, "journal"), store.Options{Terminal: "till-07"})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 24, 22, 0, 0, 0, time.UTC)
	bill := payment.Bill{Items: []payment.Item{{Name: "Books", Amount: 1000, Rate: 875}, {Amount: 500}}, Discount: 100, Tax: 82, Tip: 150}
	for n, id := range []payment.SaleID{"01JD0000000000000000000000", "01JD0000000000000000000001", "01JD0000000000000000000002"} {
		stamp := payment.Stamp{Boot: "b", Mono: time.Duration(n) * time.Hour, Time: at.Add(time.Duration(n) * time.Hour)}
		_, err := j.Append(stamp,
			payment.Event{Kind: payment.SaleCreated, Sale: id, Amount: bill.Total(), Currency: "USD", Bill: &bill},
			payment.Event{Kind: payment.CashTaken, Sale: id, Tender: 1, Amount: bill.Total(), Tendered: 2000, Change: 2000 - bill.Total(), Receipt: uint64(n + 1)},
			payment.Event{Kind: payment.RefundAsked, Sale: id, Refund: 1, Tender: 1, Amount: 700},
			payment.Event{Kind: payment.RefundChanged, Sale: id, Refund: 1, RefundStatus: payment.RefundDone})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "records")
	run := func(args ...string) []byte {
		t.Helper()
		var b bytes.Buffer
		if err := tillcmd.Run(t.Context(), args, &b, &b); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	run("journal", "export", "-data", dir, "-o", out)
	f, err := os.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // it was only read
	if _, err := s.ImportJournal(t.Context(), "till-07", f); err != nil {
		t.Fatal(err)
	}
	const zone = "America/New_York" // the last sale is of the next day in UTC, not there
	var terminals figures.Report
	if err := json.Unmarshal(run("report", "-data", dir, "-zone", zone, "-from", "2026-11-24", "-to", "2026-11-24", "-format", "json"), &terminals); err != nil {
		t.Fatal(err)
	}
	ledgers, err := s.Report("till-07", "2026-11-24", "2026-11-24", zone)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(terminals, ledgers) {
		t.Errorf("the terminal says\n%+v\nthe gateway\n%+v", terminals, ledgers)
	}
	total := terminals.Total
	if total.Sales != 3 || total.Amount != 3*bill.Total() || total.Kept() != 3*(bill.Total()-700) || total.Tax == 0 || total.Tax >= 3*bill.Tax {
		t.Errorf("%+v", total)
	}
	if _, err := s.Report("till-07", "2026-11-24", "2026-11-23", zone); err == nil {
		t.Error("the last day is before the first")
	}
	if _, err := s.Report("till-07", "2026-11-24", "2026-11-24", "Mars"); err == nil {
		t.Error("a day on Mars")
	}
}
