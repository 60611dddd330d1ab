package reconcile_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"till/cloud/reconcile"
	"till/payment"
	"till/payment/figures"
)

var update = flag.Bool("update", false, "write the reports of testdata")

// day is a day with something of everything.
func day() *books {
	b := newBooks()
	b.sell("wallet", "till-1", 1234)
	b.sell("cash refunded", "till-1", 500)
	b.sell("voided", "till-2", 700)
	b.sell("late", "till-2", 900)
	b.sell("parked, owed", "till-1", 1500)
	b.drop(reconcile.Refunded, b.sell("refunded", "till-1", 2000))
	b.unsent(b.sell("wallet", "till-2", 300))
	b.line(reconcile.Taken, payment.NewOrder("01JC0000000000000000000000", 1), "", 4200)
	return b
}

func TestWrite(t *testing.T) {
	b := day()
	q := b.question()
	q.From, q.To, q.Now = "2026-11-24", "2026-11-24", q.Now.UTC()
	report := run(t, b, q)
	for _, format := range []figures.Format{figures.Text, figures.CSV, figures.JSON} {
		var out bytes.Buffer
		if err := report.Write(&out, format); err != nil {
			t.Fatal(err)
		}
		name := filepath.Join("testdata", "report."+string(format))
		if *update {
			if err := os.WriteFile(name, out.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(out.Bytes(), want) {
			t.Errorf("%s:\n%s\nwant\n%s", format, out.Bytes(), want)
		}
		if format == figures.JSON {
			var again reconcile.Report
			if err := json.Unmarshal(out.Bytes(), &again); err != nil || !reflect.DeepEqual(again, report) {
				t.Errorf("read again it is another (%v): %+v", err, again.Rows)
			}
		}
	}
	if err := report.Write(&bytes.Buffer{}, "xml"); err == nil {
		t.Error("written as xml")
	}
}
