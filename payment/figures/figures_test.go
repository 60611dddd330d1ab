package figures_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"till/payment"
	"till/payment/figures"
)

var update = flag.Bool("update", false, "write the reports of testdata")

const (
	one   = payment.SaleID("01JD0000000000000000000000")
	two   = payment.SaleID("01JD0000000000000000000001")
	three = payment.SaleID("01JD0000000000000000000002")
	old   = payment.SaleID("01JC0000000000000000000000")
)

// step is an event at a moment of the shop's clock, or, without one, so long
// after the start of its boot.
type step struct {
	boot  string
	mono  time.Duration
	clock string
	event payment.Event
}

func account(t *testing.T, from, to string, steps []step) figures.Report {
	t.Helper()
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	a, err := figures.New("till-07", from, to, zone)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range steps {
		at := payment.Stamp{Boot: s.boot, Mono: s.mono}
		if s.clock != "" {
			if at.Time, err = time.ParseInLocation("2006-01-02 15:04", s.clock, zone); err != nil {
				t.Fatal(err)
			}
		}
		if err := a.Add(at, s.event); err != nil {
			t.Fatal(err)
		}
	}
	return a.Report()
}

func cash(sale payment.SaleID, amount int64, receipt uint64, bill *payment.Bill) []payment.Event {
	return []payment.Event{
		{Kind: payment.SaleCreated, Sale: sale, Amount: amount, Currency: "USD", Bill: bill},
		{Kind: payment.CashTaken, Sale: sale, Tender: 1, Amount: amount, Tendered: amount, Receipt: receipt},
	}
}

// The day is the shop's, over midnight and a change of its clock; what happened
// before the clock was known is dated by what it was later in the same boot.
func history() []step {
	bill := &payment.Bill{Items: []payment.Item{{Name: "Books", Amount: 1000, Rate: 875}}, Discount: 100, Tax: 79, Tip: 100}
	first, second := cash(one, 1079, 1, bill), cash(two, 500, 2, nil)
	return []step{
		{"a", 0, "2026-10-31 09:00", payment.Event{Kind: payment.ShiftOpened, Shift: 1, Amount: 10000, Currency: "USD"}},
		{"a", time.Hour, "2026-10-31 23:58", first[0]},
		{"a", 2 * time.Hour, "2026-11-01 00:03", first[1]}, // sold on the next day
		{"a", 3 * time.Hour, "2026-11-01 12:00", payment.Event{Kind: payment.RefundAsked, Sale: one, Refund: 1, Tender: 1, Amount: 300}},
		{"a", 3 * time.Hour, "2026-11-01 12:00", payment.Event{Kind: payment.RefundChanged, Sale: one, Refund: 1, RefundStatus: payment.RefundDone}},
		{"a", 3 * time.Hour, "2026-11-01 12:01", payment.Event{Kind: payment.RefundChanged, Sale: old, Refund: 1, RefundStatus: payment.RefundDone}},
		{"a", 4 * time.Hour, "2026-11-01 23:59", payment.Event{Kind: payment.CashMoved, Shift: 1, Movement: payment.PayOut, Amount: 2000}},
		// Without the network the clock is learned an hour after the start, past midnight.
		{"b", 10 * time.Minute, "", second[0]},
		{"b", 10 * time.Minute, "", second[1]},
		{"b", time.Hour, "2026-11-02 00:40", payment.Event{Kind: payment.SaleCreated, Sale: three, Amount: 700, Currency: "USD"}},
		{"b", time.Hour, "2026-11-02 00:40", payment.Event{Kind: payment.AttemptStarted, Sale: three, Tender: 1, Attempt: 1, Amount: 700, Mode: payment.QR}},
		{"b", 2 * time.Hour, "2026-11-02 01:40", payment.Event{Kind: payment.ShiftClosed, Shift: 1, Amount: 9280}},
		// A boot that never learns it.
		{"c", time.Minute, "", payment.Event{Kind: payment.ShiftOpened, Shift: 2, Currency: "USD"}},
		{"c", time.Minute, "", payment.Event{Kind: payment.CashMoved, Shift: 2, Movement: payment.NoSale}},
	}
}

func TestReports(t *testing.T) {
	report := account(t, "2026-11-01", "2026-11-02", history())
	for _, format := range []figures.Format{figures.Text, figures.CSV, figures.JSON} {
		var b bytes.Buffer
		if err := report.Write(&b, format); err != nil {
			t.Fatal(err)
		}
		name := filepath.Join("testdata", "report."+string(format))
		if *update {
			if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b.Bytes(), want) {
			t.Errorf("%s:\n%s\nwant\n%s", format, b.Bytes(), want)
		}
	}
	if err := report.Write(&bytes.Buffer{}, "xml"); err == nil {
		t.Error("written as xml")
	}
}

// Whoever adds a report up finds each figure again: what came too late went back, what
// went back is beside how often, and a shortage is called one.
func TestReportsAddUp(t *testing.T) {
	const at = "2026-11-24 12:00"
	var steps []step
	add := func(e payment.Event) { steps = append(steps, step{"a", 0, at, e}) }
	back := func(sale payment.SaleID, n int, amount int64, void bool) {
		add(payment.Event{Kind: payment.RefundAsked, Sale: sale, Refund: n, Tender: 1, Amount: amount, Void: void})
		add(payment.Event{Kind: payment.RefundChanged, Sale: sale, Refund: n, RefundStatus: payment.RefundDone})
	}
	add(payment.Event{Kind: payment.ShiftOpened, Shift: 1, Amount: 10000, Currency: "USD"})
	for i, amount := range []int64{1079, 500} {
		for _, e := range cash([]payment.SaleID{one, two}[i], amount, uint64(i+1), nil) {
			add(e)
		}
	}
	back(one, 1, 300, false)
	back(one, 2, 200, false)
	back(two, 1, 500, true)
	add(payment.Event{Kind: payment.SaleCreated, Sale: three, Amount: 1740, Currency: "USD"})
	add(payment.Event{Kind: payment.AttemptStarted, Sale: three, Tender: 1, Attempt: 1, Amount: 1740, Mode: payment.QR, Wallet: payment.Alipay})
	add(payment.Event{Kind: payment.AttemptChanged, Sale: three, Attempt: 1, Status: payment.Cancelled})
	add(payment.Event{Kind: payment.LateRefunded, Sale: three, Attempt: 1, Amount: 1740})
	closed := func(shift uint64, counted int64) {
		add(payment.Event{Kind: payment.ShiftClosed, Shift: shift, Amount: counted})
		add(payment.Event{Kind: payment.ReportPrinted, Shift: shift})
	}
	closed(1, 10579-32)
	for i, over := range []int64{0, 5} {
		add(payment.Event{Kind: payment.ShiftOpened, Shift: uint64(i + 2), Amount: 100, Currency: "USD"})
		closed(uint64(i+2), 100+over)
	}
	report := account(t, "2026-11-24", "2026-11-24", steps)
	var b, c bytes.Buffer
	if err := errors.Join(report.Write(&b, figures.Text), report.Write(&c, figures.CSV)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Alipay, late, taken                            17.40", "Alipay, late, given back                      -17.40",
		"refunds                                2       -5.00", "voids                                  1       -5.00",
		"Z report 1, short                               0.32", "Z report 2, exact                               0.00", "Z report 3, over                                0.05",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in\n%s", want, b.String())
		}
	}
	rows, err := csv.NewReader(&c).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	sums := map[string]int64{}
	for _, row := range rows[1:] {
		m, err := payment.ParseDecimal(row[5], "USD")
		if err != nil {
			t.Fatal(err)
		}
		sums[row[2]] += m.Amount
	}
	if sums["late, taken"] != 1740 || sums["late, taken"]+sums["late, given back"] != 0 || sums["refunds"] != sums["refunded"] || sums["voids"] != sums["voided"] ||
		sums["taken"]+sums["refunds"]+sums["voids"] != sums["kept"] || sums["kept"] != report.Total.Kept() {
		t.Errorf("%v", sums)
	}
}

// What is not settled comes to the same here as on a Z report: what is on its way back,
// and no more.
func TestUnsettled(t *testing.T) {
	const at = "2026-11-24 12:00"
	var steps []step
	for _, e := range append(cash(one, 1234, 1, nil),
		payment.Event{Kind: payment.RefundAsked, Sale: one, Refund: 1, Tender: 1, Amount: 100},
		payment.Event{Kind: payment.RefundAsked, Sale: one, Refund: 2, Tender: 1, Amount: 250}) {
		steps = append(steps, step{"a", 0, at, e})
	}
	report := account(t, "2026-11-24", "2026-11-24", steps)
	if u := report.Unsettled; len(u) != 1 || u[0].Amount != 350 {
		t.Errorf("%+v", u)
	}
}

// Days add up to what all of them come to, however they are cut.
func TestDaysAddUp(t *testing.T) {
	whole := account(t, "2026-10-01", "2026-11-30", history()).Total
	var amount, kept, tax int64
	for _, days := range [][2]string{{"2026-10-01", "2026-10-31"}, {"2026-11-01", "2026-11-01"}, {"2026-11-02", "2026-11-30"}} {
		r := account(t, days[0], days[1], history())
		amount, kept, tax = amount+r.Total.Amount, kept+r.Total.Kept(), tax+r.Total.Tax
	}
	if amount != whole.Amount || kept != whole.Kept() || tax != whole.Tax || whole.Amount != 1579 || whole.Kept() != 1279 {
		t.Errorf("%d, %d and %d in parts, %d, %d and %d in all", amount, kept, tax, whole.Amount, whole.Kept(), whole.Tax)
	}
}

func TestDaysThatAreNone(t *testing.T) {
	for _, days := range [][2]string{{"", "2026-11-24"}, {"2026-11-24", "24.11.2026"}, {"2026-11-25", "2026-11-24"}, {"2026-02-30", "2026-03-01"}} {
		if _, err := figures.New("till-07", days[0], days[1], time.UTC); !errors.Is(err, figures.ErrDays) {
			t.Errorf("%q: %v", days, err)
		}
	}
}

// What is paid in is on its day and in the total, and a refund that is on its way is not settled.
func TestPaidInAndPending(t *testing.T) {
	sold := cash(one, 1079, 1, nil)
	steps := []step{
		{"a", 0, "2026-11-01 09:00", payment.Event{Kind: payment.ShiftOpened, Shift: 1, Amount: 10000, Currency: "USD"}},
		{"a", 0, "2026-11-01 09:01", payment.Event{Kind: payment.CashMoved, Shift: 1, Movement: payment.PayIn, Amount: 3000}},
		{"a", 0, "2026-11-02 09:01", payment.Event{Kind: payment.CashMoved, Shift: 1, Movement: payment.PayIn, Amount: 200}},
		{"a", 0, "2026-11-02 10:00", sold[0]},
		{"a", 0, "2026-11-02 10:00", payment.Event{Kind: payment.AttemptStarted, Sale: one, Tender: 1, Attempt: 1, Amount: 1079, Mode: payment.QR}},
		{"a", 0, "2026-11-02 10:00", payment.Event{Kind: payment.AttemptChanged, Sale: one, Attempt: 1, Status: payment.Approved, Receipt: 1}},
		{"a", 0, "2026-11-02 11:00", payment.Event{Kind: payment.RefundAsked, Sale: one, Refund: 1, Tender: 1, Amount: 300}},
		{"a", 0, "2026-11-02 11:00", payment.Event{Kind: payment.RefundChanged, Sale: one, Refund: 1, RefundStatus: payment.RefundPending}},
	}
	r := account(t, "2026-11-01", "2026-11-30", steps)
	if len(r.Days) != 2 || r.Days[0].PaidIn != 3000 || r.Days[1].PaidIn != 200 || r.Total.PaidIn != 3200 {
		t.Errorf("paid in: %+v", r)
	}
	if len(r.Unsettled) != 1 || r.Unsettled[0].Sale != one || r.Unsettled[0].Amount != 300 {
		t.Errorf("not settled: %+v", r.Unsettled)
	}
	done := step{"a", 0, "2026-11-03 11:00", payment.Event{Kind: payment.RefundChanged, Sale: one, Refund: 1, RefundStatus: payment.RefundDone}}
	if r := account(t, "2026-11-01", "2026-11-30", append(steps, done)); len(r.Unsettled) != 0 {
		t.Errorf("settled: %+v", r.Unsettled)
	}
}
