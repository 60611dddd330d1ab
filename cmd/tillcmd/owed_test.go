package tillcmd

import (
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"till/checkout"
	"till/checkout/training"
	"till/payment"
	"till/printer"
	"till/words"
)

// told is what the counter hears of the queue.
func told(s paperTerminal) (all []checkout.Event) {
	for {
		select {
		case in := <-s.inbox:
			all = append(all, in.event)
		default:
			return all
		}
	}
}

// What came out is told of to the counter that it is of, so that it is owed no more.
func TestPrintedIsTold(t *testing.T) {
	s := newShop(t, 1, func(c *Config) { c.PrinterPort.Device = printer.DeviceNone })
	s.inbox = make(chan input, 9)
	sale := payment.Sale{ID: "01KAT2V8QH5N7M2B4C6D8F0001", Receipt: 7}
	parked := payment.Sale{ID: "01KAT2V8QH5N7M2B4C6D8F0002"}
	z := checkout.Printed{Shift: 17}
	for name, c := range map[string]struct {
		job  printJob
		want []checkout.Event
	}{
		"receipt":          {printJob{Print: checkout.Print{Sale: sale}}, []checkout.Event{checkout.Printed{Sale: sale.ID, Receipt: 7}}},
		"refund":           {printJob{Print: checkout.Print{Sale: sale, Refund: 2, Copy: true}}, []checkout.Event{checkout.Printed{Sale: sale.ID, Refund: 2}}},
		"parked":           {printJob{Print: checkout.Print{Sale: parked}}, []checkout.Event{checkout.Printed{Sale: parked.ID}}},
		"Z report":         {printJob{report: &checkout.Report{Shift: payment.Shift{Number: 17}}}, []checkout.Event{z}},
		"practice":         {printJob{report: &checkout.Report{Shift: payment.Shift{Number: 17}}, practice: true}, []checkout.Event{training.Practised{Event: z}}},
		"X report":         {printJob{report: &checkout.Report{Shift: payment.Shift{Number: 17, Open: true}}}, nil},
		"a register's own": {printJob{document: &printer.Document{}}, nil},
	} {
		if done := s.printing.printOnce(t.Context(), c.job); !done {
			t.Errorf("%s: not done with", name)
		}
		if got := told(s); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// A printer that never says what it prints, and is lost soon after: the cashier is asked
// after a receipt, everything else is printed again.
func TestLostWithASlip(t *testing.T) {
	slip := printJob{Print: checkout.Print{Sale: payment.Sale{ID: "01KAT2V8QH5N7M2B4C6D8F0001", Receipt: 7}, Refund: 1}}
	next := slip
	next.Refund = 2
	report := printJob{report: &checkout.Report{Shift: payment.Shift{Number: 17}}}
	receipt := printJob{Print: checkout.Print{Sale: slip.Sale}}
	for name, c := range map[string]struct {
		silent printJob
		again  bool
	}{"slip": {slip, true}, "report": {report, true}, "receipt": {receipt, false}} {
		s := newShop(t, 1, nil)
		s.inbox, s.log = make(chan input, 9), slog.New(slog.DiscardHandler)
		s.printing.add(next)
		s.printing.silent, s.printing.silentAt = c.silent, time.Now()
		s.printing.miss(t.Context(), true)
		jobs := s.printing.jobs
		if jobs[0].Copy || (len(jobs) == 2) != c.again || (len(told(s)) == 1) == c.again {
			t.Errorf("%s: %d jobs wait, the first a copy: %v", name, len(jobs), jobs[0].Copy)
			continue
		}
		if c.again && !jobs[1].Copy && (jobs[1].report == nil || !jobs[1].report.Copy) {
			t.Errorf("%s: it is printed again, and no copy: %+v", name, jobs[1])
		}
	}
}

// A moment of the counter knows how many records the gateway does not have.
func TestNowKnowsWhatIsUnsent(t *testing.T) {
	s := newShop(t, 1, nil)
	s.register, s.started = &checkout.Register{}, time.Now()
	for range 3 {
		if _, err := s.journal.Append(payment.Stamp{Boot: "b"}, payment.Event{Kind: payment.PINRefused}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.journal.Acknowledge(1); err != nil {
		t.Fatal(err)
	}
	if got := s.now().Unsent; got != 2 {
		t.Errorf("%d unsent, want 2", got)
	}
}

// values are what a document has beside a label, in order.
func values(d printer.Document, label string) (all []string) {
	for _, b := range d.Blocks {
		if row, ok := b.(printer.Row); ok && strings.TrimSpace(row.Label) == label {
			all = append(all, row.Value)
		}
	}
	return all
}

func money(minor int64) string {
	return payment.Money{Amount: minor, Currency: "USD"}.Format(moneyLocale)
}

// TestPaperSays holds figures that no sum gives away, in words and not as a picture: each
// stands beside its own label.
func TestPaperSays(t *testing.T) {
	bill := shopping()
	free := payment.Cart{Items: []payment.Item{{Name: "Books 书籍", Amount: 1484, Rate: 875}}, Off: 250, Exempt: true}.Bill()
	backDiscount, backTax, backTip := bill.Part(2500, bill.Total())
	want := map[string]map[words.Key][]string{
		"x": {
			"paper_tax": {money(bill.Tax - backTax)}, "paper_tip": {money(bill.Tip - backTip)}, "paper_discounts": {money(bill.Discount - backDiscount)},
			"paper_refunds": {"2"}, "paper_voids": {"1"}, "paper_no_sale": {"2"},
			"paper_expected": {money(16000)}, "paper_counted": nil, "paper_shift_opened": {"2026-11-24 09:05"}, "paper_shift_closed": nil,
		},
		"z-short": {
			"paper_expected": {money(16000)}, "paper_counted": {money(13950)}, "paper_short": {money(-2050)}, "paper_unresolved": {"0"}, "paper_unsent": {"3"},
			"paper_refunds": {"2"}, "paper_voids": {"1"},
		},
		"z-open":      {"paper_unresolved": {"3"}, "paper_held": {"2"}, "paper_held_amount": {money(4710)}, "paper_unsent": {"3"}},
		"z-copy":      {"paper_unresolved": {"3"}, "paper_held": {"2"}, "paper_held_amount": {money(4710)}, "paper_unsent": {"3"}},
		"z-copy-old":  {"paper_unresolved": nil, "paper_unsent": nil},
		"z-no-clock":  {"paper_shift_opened": {words.Both("paper_time_unknown")}},
		"z-training":  {"paper_unsent": nil},
		"sale-bill":   {"paper_tax": {money(bill.Tax)}, "paper_tip": {money(bill.Tip)}, "paper_discount": {money(-bill.Discount)}, "paper_total": {money(bill.Total())}},
		"sale-exempt": {"paper_discount": {money(-free.Discount)}, "paper_total": {money(free.Total())}, "paper_tax": {words.Both("paper_exempt")}},
	}
	all := map[string]printer.Document{}
	for _, s := range allPaper(t) {
		all[s.name] = s.document
		mark := strings.Contains(saidOf(s.document), words.Say(words.English, "paper_copy"))
		if mark != strings.Contains(s.name, "-copy") {
			t.Errorf("%s is marked as a copy: %v", s.name, mark)
		}
	}
	for name, labels := range want {
		for key, value := range labels {
			if got := values(all[name], words.Both(key)); !slices.Equal(got, value) {
				t.Errorf("%s: %s is %q, want %q", name, words.Both(key), got, value)
			}
		}
	}
	for _, said := range []string{"8F0007 " + words.Both("paper_open_payment"), "8F0008 " + words.Both("paper_open_payment"), "000106 " + words.Both("paper_open_refund")} {
		for _, name := range []string{"z-open", "z-copy"} {
			if got := values(all[name], said); len(got) != 1 || got[0] == "" {
				t.Errorf("%s: %s is %q", name, said, got)
			}
		}
	}
	if !strings.Contains(saidOf(all["sale"]), "2026-11-24 09:05 PST") {
		t.Errorf("a sale is not dated by the shop's clock:\n%s", saidOf(all["sale"]))
	}
}

// A receipt is dated as its sale is, and the slip of a refund as the refund is, whatever
// has come of either since and whenever it is printed.
func TestPaperIsDated(t *testing.T) {
	s := newShop(t, 1, nil)
	d := newDay(t)
	sale := d.sale("USD", 1234, nil, append(by(payment.WeChat, 1, 1, 1234, payment.Scan), back(1, 1, 500, refunded, payment.RefundRequested)...)...)
	d.at = d.at.Add(24 * time.Hour)
	sale = d.on(sale, back(2, 1, 100, refunded, payment.RefundDone)...)
	d.at = d.at.Add(24 * time.Hour)
	sale = d.on(sale, payment.Event{Kind: payment.RefundChanged, Refund: 1, RefundStatus: payment.RefundDone})
	for refund, want := range []string{"2026-11-24 09:05", "2026-11-24 09:05", "2026-11-25 09:12"} {
		said := saidOf(s.paper(printJob{Print: checkout.Print{Sale: sale, Refund: refund, Copy: true}}))
		if !strings.Contains(said, want) {
			t.Errorf("refund %d: %s is not on\n%s", refund, want, said)
		}
	}
}
