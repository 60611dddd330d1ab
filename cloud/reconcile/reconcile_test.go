package reconcile_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"till/cloud"
	"till/cloud/reconcile"
	"till/payment"
	"till/payment/figures"
	"till/sync/wire"
	"till/words"
)

// found are the rows' kinds, by sale.
func found(r reconcile.Report) map[payment.SaleID][]reconcile.Kind {
	all := map[payment.SaleID][]reconcile.Kind{}
	for _, row := range r.Rows {
		all[row.Sale] = append(all[row.Sale], row.Kind)
	}
	return all
}

// drawBooks are sound books of some sales, all settled and delivered.
func drawBooks(t *rapid.T) *books {
	b := newBooks()
	kinds := slices.Sorted(maps.Keys(explained))
	for range rapid.IntRange(1, 12).Draw(t, "sales") {
		b.sell(rapid.SampledFrom(kinds).Draw(t, "kind"), rapid.SampledFrom(shops).Draw(t, "terminal"), rapid.Int64Range(10, 100_000).Draw(t, "amount"))
		b.pass(rapid.SampledFrom([]time.Duration{time.Minute, time.Hour, 5*time.Hour + 59*time.Minute + 57*time.Second}).Draw(t, "wait"))
	}
	return b
}

func run(t interface{ Fatal(...any) }, b reconcile.Books, q reconcile.Question) reconcile.Report {
	r, err := reconcile.Reconcile(b, q)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// accounted holds that the rows say all by which the totals differ.
func accounted(t interface{ Fatalf(string, ...any) }, r reconcile.Report) {
	type key struct {
		w payment.Wallet
		c string
	}
	type sides struct{ journal, ledger, acquirer int64 }
	off := map[key]sides{}
	for _, total := range r.Totals {
		s := sides{journal: total.Journal.Net(), ledger: total.Ledger.Net()}
		if total.Acquirer != nil {
			s.acquirer = total.Acquirer.Net()
		} else {
			s.acquirer = s.ledger
		}
		off[key{total.Wallet, total.Currency}] = s
	}
	for _, row := range r.Rows {
		for _, side := range []struct {
			reconcile.Side
			of func(*sides) *int64
		}{
			{row.Journal, func(s *sides) *int64 { return &s.journal }},
			{row.Ledger, func(s *sides) *int64 { return &s.ledger }},
			{row.Acquirer, func(s *sides) *int64 { return &s.acquirer }},
		} {
			k := key{side.Wallet, side.Currency}
			s := off[k]
			*side.of(&s) -= side.Counted.Net()
			off[k] = s
		}
		if row.Tender > 0 { // cash: there is no acquirer
			k := key{row.Ledger.Wallet, row.Ledger.Currency}
			s := off[k]
			s.acquirer -= row.Ledger.Counted.Net()
			off[k] = s
		}
	}
	for k, s := range off {
		if s.journal != s.ledger || s.ledger != s.acquirer {
			t.Fatalf("%v: beside the rows, the books differ: %+v", k, s)
		}
	}
}

// In sound books with all settled and delivered, nothing is unexplained and what is
// left is equal to the cent, whichever days are asked for.
func TestSoundBooks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawBooks(t)
		r := run(t, b, b.question())
		accounted(t, r)
		rows := found(r)
		for id, kind := range b.kinds {
			want := explained[kind]
			switch {
			case want == "" && rows[id] != nil, want != "" && !slices.Equal(rows[id], []reconcile.Kind{want}):
				t.Fatalf("%s (%s): %v, want %q", id, kind, rows[id], want)
			}
		}
		if r.Needs != 0 || r.Sales != len(b.kinds) {
			t.Fatalf("%d need somebody, %d sales: %+v", r.Needs, r.Sales, r.Rows)
		}
		for _, total := range r.Totals {
			if total.Off() != 0 || total.Journal.Net() != total.Ledger.Net() {
				t.Fatalf("%+v", total)
			}
		}
		// Days add up to the whole, however they are cut, and so do terminals.
		whole := map[payment.Wallet]reconcile.Sums{}
		for _, total := range r.Totals {
			whole[total.Wallet] = plus(whole[total.Wallet], total)
		}
		parts := map[payment.Wallet]reconcile.Sums{}
		for day := dawn; !day.After(b.now.Add(24 * time.Hour)); day = day.AddDate(0, 0, 1) {
			q := b.question()
			q.From, q.To = day.Format(time.DateOnly), day.Format(time.DateOnly)
			for _, shop := range shops {
				q.Terminals = []string{shop}
				one := run(t, b, q)
				accounted(t, one)
				if one.Needs != 0 {
					t.Fatalf("%s, %s: %+v", q.From, shop, one.Rows)
				}
				for _, total := range one.Totals {
					parts[total.Wallet] = plus(parts[total.Wallet], total)
				}
			}
		}
		if !maps.Equal(whole, parts) {
			t.Fatalf("the days come to %+v, all of them to %+v", parts, whole)
		}
	})
}

// plus adds all three books of a total.
func plus(s reconcile.Sums, t reconcile.Total) reconcile.Sums {
	for _, o := range []*reconcile.Sums{&t.Journal, &t.Ledger, t.Acquirer} {
		if o != nil {
			s.Charged += o.Charged
			s.Refunded += o.Refunded
			s.Reversed += o.Reversed
			s.Disputed += o.Disputed
		}
	}
	return s
}

// breaks are what can go wrong with a settled sale, and what it has to be called.
var breaks = []struct {
	name string
	of   []string // kinds of sale
	do   func(b *books, id payment.SaleID)
	want reconcile.Kind
	also bool // a second row says which records are at fault
}{
	{"the acquirer has no charge", []string{"wallet", "split", "parked, paid"}, func(b *books, id payment.SaleID) { b.drop(reconcile.Taken, id) }, reconcile.Uncharged, false},
	{"the acquirer took another amount", []string{"wallet", "split"}, func(b *books, id payment.SaleID) { b.find(reconcile.Taken, id).Amount.Amount++ }, reconcile.AmountDiffers, false},
	{"the acquirer took less", []string{"wallet", "split"}, func(b *books, id payment.SaleID) { b.find(reconcile.Taken, id).Amount.Amount-- }, reconcile.AmountDiffers, false},
	{"the acquirer took another currency", []string{"wallet"}, func(b *books, id payment.SaleID) { b.find(reconcile.Taken, id).Amount.Currency = "CNY" }, reconcile.AmountDiffers, false},
	{"another wallet", []string{"wallet"}, func(b *books, id payment.SaleID) { b.find(reconcile.Taken, id).Wallet = payment.UnionPay }, reconcile.WalletDiffers, false},
	{"another wallet in the journal alone", []string{"wallet"}, func(b *books, id payment.SaleID) {
		b.attempts[payment.NewOrder(id, 1)].Wallet, b.find(reconcile.Taken, id).Wallet = payment.UnionPay, payment.UnionPay
	}, reconcile.WalletDiffers, false},
	{"another wallet in the journal, and none in the acquirer's book", []string{"wallet"}, func(b *books, id payment.SaleID) {
		b.attempts[payment.NewOrder(id, 1)].Wallet, b.find(reconcile.Taken, id).Wallet = payment.UnionPay, ""
	}, reconcile.WalletDiffers, false},
	{"charged twice", []string{"wallet"}, func(b *books, id payment.SaleID) { b.lines = append(b.lines, *b.find(reconcile.Taken, id)) }, reconcile.AmountDiffers, false},
	{"reversed by nobody", []string{"wallet", "split"}, func(b *books, id payment.SaleID) {
		b.line(reconcile.Reversed, payment.NewOrder(id, 1), "", b.find(reconcile.Taken, id).Amount.Amount)
	}, reconcile.TakenBack, false},
	{"refunded by nobody", []string{"wallet"}, func(b *books, id payment.SaleID) { b.line(reconcile.Refunded, payment.NewOrder(id, 1), "", 5) }, reconcile.TakenBack, false},
	{"refunded by nobody, with a number", []string{"wallet"}, func(b *books, id payment.SaleID) {
		b.line(reconcile.Refunded, payment.NewOrder(id, 1), payment.NewRefundID(id, 1), 5)
	}, reconcile.RefundUnknown, false},
	{"an order of nobody", []string{"wallet", "cash"}, func(b *books, id payment.SaleID) {
		b.line(reconcile.Taken, payment.NewOrder(id, 77), "", 5)
	}, reconcile.UnknownCharge, false},
	{"kept after it expired", []string{"expired"}, func(b *books, id payment.SaleID) { b.line(reconcile.Taken, payment.NewOrder(id, 1), "", 5) }, reconcile.Unsold, false},
	{"late money not given back", []string{"late", "reversed"}, func(b *books, id payment.SaleID) { b.drop(reconcile.Reversed, id) }, reconcile.Unsold, false},
	{"in dispute", []string{"wallet", "refunded", "voided"}, func(b *books, id payment.SaleID) {
		b.line(reconcile.Disputed, payment.NewOrder(id, 1), "", 5)
	}, reconcile.InDispute, false},
	{"in dispute, and the acquirer moves meanwhile", []string{"wallet"}, func(b *books, id payment.SaleID) {
		b.line(reconcile.Disputed, payment.NewOrder(id, 1), "", 5)
		b.moving[payment.NewOrder(id, 1)] = true
	}, reconcile.InDispute, false},
	{"a refund not paid out", []string{"refunded"}, func(b *books, id payment.SaleID) { b.drop(reconcile.Refunded, id) }, reconcile.RefundMissing, false},
	{"a void not paid out", []string{"voided"}, func(b *books, id payment.SaleID) { b.drop(reconcile.Reversed, id) }, reconcile.RefundMissing, false},
	{"a refund of another amount", []string{"refunded"}, func(b *books, id payment.SaleID) { b.find(reconcile.Refunded, id).Amount.Amount-- }, reconcile.AmountDiffers, false},
	{"a refund elsewhere not paid out", []string{"refunded at both"}, func(b *books, id payment.SaleID) {
		l := *b.find(reconcile.Refunded, id)
		i := slices.IndexFunc(b.lines, func(x reconcile.Line) bool { return x.Order == l.Order && x.Kind == l.Kind && x.Refund != l.Refund })
		b.lines = slices.Delete(b.lines, i, i+1)
	}, reconcile.RefundMissing, false},
	{"a refund the gateway does not know", []string{"refunded"}, func(b *books, id payment.SaleID) { delete(b.refunds, payment.NewRefundID(id, 1)) }, reconcile.RefundUnknown, false},
	{"an attempt the gateway does not know", []string{"wallet"}, func(b *books, id payment.SaleID) { delete(b.attempts, payment.NewOrder(id, 1)) }, reconcile.UnknownCharge, false},
	{"an attempt the gateway does not know, and the goods are given", []string{"parked, owed"}, func(b *books, id payment.SaleID) { delete(b.attempts, payment.NewOrder(id, 1)) }, reconcile.Owed, false},
	{"a payment that nobody but the journal knows", []string{"wallet"}, func(b *books, id payment.SaleID) {
		delete(b.attempts, payment.NewOrder(id, 1))
		b.drop(reconcile.Taken, id)
	}, reconcile.Uncharged, false},
	{"the gateway closed what the journal calls paid", []string{"wallet"}, func(b *books, id payment.SaleID) {
		a := b.attempts[payment.NewOrder(id, 1)]
		a.Status, a.Taken = payment.Reversed, false
		b.line(reconcile.Reversed, a.Order, "", a.Amount)
	}, reconcile.JournalDiffers, false},
	{"the gateway calls paid what the journal closed", []string{"expired"}, func(b *books, id payment.SaleID) {
		a := b.attempts[payment.NewOrder(id, 1)]
		a.Status, a.Taken, a.Wallet = payment.Approved, true, payment.Alipay
		b.take(a)
	}, reconcile.JournalDiffers, false},
	{"the ledger's sale is another", []string{"wallet", "voided"}, func(b *books, id payment.SaleID) { b.sales[id].Sale.Receipt++ }, reconcile.LedgerDiffers, false},
	{"the ledger has less cash", []string{"cash", "split"}, func(b *books, id payment.SaleID) {
		tenders := slices.Clone(b.sales[id].Sale.Tenders)
		tenders[len(tenders)-1].Amount--
		b.sales[id].Sale.Tenders = tenders
	}, reconcile.LedgerDiffers, false},
	{"the ledger has no such sale", []string{"cash", "wallet"}, func(b *books, id payment.SaleID) { delete(b.sales, id) }, reconcile.LedgerDiffers, false},
	{"the ledger says that it cannot be", []string{"cash", "wallet"}, func(b *books, id payment.SaleID) { b.sales[id].Fault = "impossible step" }, reconcile.Impossible, false},
	{"a lost record", []string{"cash"}, func(b *books, id payment.SaleID) { b.lost[b.sales[id].Terminal] = b.last(id) }, reconcile.LedgerDiffers, true},
	{"an altered record", []string{"cash", "wallet"}, func(b *books, id payment.SaleID) { b.altered[b.sales[id].Terminal] = b.last(id) }, "", true},

	{"the record of the approval is on its way", []string{"wallet", "parked, paid"}, func(b *books, id payment.SaleID) { b.unsent(id) }, reconcile.OnItsWay, false},
	{"the record of the refund is on its way", []string{"refunded", "voided"}, func(b *books, id payment.SaleID) { b.unsent(id) }, reconcile.OnItsWay, false},
	{"the acquirer moves meanwhile", []string{"wallet"}, func(b *books, id payment.SaleID) {
		b.drop(reconcile.Taken, id)
		b.moving[payment.NewOrder(id, 1)] = true
	}, reconcile.Pending, false},
	{"a refund moves meanwhile", []string{"refunded"}, func(b *books, id payment.SaleID) {
		b.drop(reconcile.Refunded, id)
		b.moving[payment.NewOrder(id, 1)] = true
	}, reconcile.RefundPending, false},
	{"the gateway has not heard of the money", []string{"wallet"}, func(b *books, id payment.SaleID) {
		a := b.attempts[payment.NewOrder(id, 1)]
		a.Status, a.Step, a.Taken = payment.Checking, cloud.StepQuery, false
		b.unsent(id)
	}, reconcile.Pending, false},
	{"late money is being given back", []string{"late"}, func(b *books, id payment.SaleID) {
		a := b.attempts[payment.NewOrder(id, 1)]
		a.Step, a.Late, a.Taken = cloud.StepWatch, false, true
		b.drop(reconcile.Reversed, id)
		b.unsent(id)
	}, reconcile.Pending, false},
	{"a refund waits for the wallet", []string{"refunded"}, func(b *books, id payment.SaleID) {
		e := b.refunds[payment.NewRefundID(id, 1)]
		e.Answer.Status, e.Step = payment.RefundPending, cloud.StepRefund
		b.drop(reconcile.Refunded, id)
		b.unsent(id)
	}, reconcile.RefundPending, false},
	{"the parked sale is not settled yet", []string{"parked, paid", "parked, owed"}, func(b *books, id payment.SaleID) {
		a := b.attempts[payment.NewOrder(id, 1)]
		a.Status, a.Step, a.Taken = payment.Checking, cloud.StepQuery, false
		b.unsent(id)
	}, reconcile.Parked, false},
}

func (b *books) find(kind reconcile.LineKind, id payment.SaleID) *reconcile.Line {
	i := slices.IndexFunc(b.lines, func(l reconcile.Line) bool {
		of, _, err := l.Order.Split()
		return err == nil && of == id && l.Kind == kind
	})
	return &b.lines[i]
}

func (b *books) drop(kind reconcile.LineKind, id payment.SaleID) {
	l := *b.find(kind, id)
	b.lines = slices.DeleteFunc(b.lines, func(x reconcile.Line) bool { return x == l })
}

// last is the sequence of a sale's newest record.
func (b *books) last(id payment.SaleID) (seq uint64) {
	for i, e := range b.journals[b.sales[id].Terminal] {
		if e.event.Sale == id {
			seq = uint64(i + 1)
		}
	}
	return seq
}

// unsent takes a sale's newest record out of journal and ledger.
func (b *books) unsent(id payment.SaleID) {
	terminal, last := b.sales[id].Terminal, b.last(id)-1
	events := b.journals[terminal]
	b.journals[terminal] = slices.Delete(slices.Clone(events), int(last), int(last)+1)
	var sale payment.Sale
	for _, e := range b.journals[terminal] {
		if e.event.Sale == id {
			sale = must(sale.Apply(e.event, e.at))
		}
	}
	b.sales[id].Sale = sale
}

// Of books that agree one thing is broken, and that very thing is named, and
// nothing else: the other rows stay as they were.
func TestOneThingBroken(t *testing.T) {
	for _, broken := range breaks {
		t.Run(broken.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				b := drawBooks(t)
				kind := rapid.SampledFrom(broken.of).Draw(t, "broken kind")
				id := b.sell(kind, rapid.SampledFrom(shops).Draw(t, "broken terminal"), rapid.Int64Range(10, 100_000).Draw(t, "broken amount"))
				want := found(run(t, b, b.question()))
				broken.do(b, id)
				r := run(t, b, b.question())
				accounted(t, r)
				delete(want, id)
				if broken.want != "" {
					want[id] = []reconcile.Kind{broken.want}
				}
				if broken.also {
					want[""] = []reconcile.Kind{reconcile.Gap}
				}
				if got := found(r); !maps.EqualFunc(got, want, slices.Equal) {
					t.Fatalf("%v, want %v: %+v", got, want, r.Rows)
				}
				needs := 0
				if broken.want != "" && !broken.want.Explained() {
					needs++
				}
				if broken.also {
					needs++
				}
				if r.Needs != needs {
					t.Fatalf("%d need somebody, want %d", r.Needs, needs)
				}
				for _, row := range r.Rows {
					for _, lang := range words.Langs {
						if text := row.Text[string(lang)]; text == "" || strings.Contains(text, "{") || strings.Contains(text, "reconcile_") {
							t.Fatalf("%s says %q", row.Kind, text)
						}
					}
				}
			})
		})
	}
}

// Goods that were owed, and paid in cash after all, are owed no more.
func TestOwedAndPaid(t *testing.T) {
	b := newBooks()
	id := b.sell("parked, owed", "till-1", 1500)
	if got := found(run(t, b, b.question()))[id]; !slices.Equal(got, []reconcile.Kind{reconcile.Owed}) {
		t.Errorf("%v", got)
	}
	b.cash("till-1", id, 1500)
	if r := run(t, b, b.question()); len(r.Rows) != 0 || !r.Equal() {
		t.Errorf("%+v", r.Rows)
	}
}

// Goods that were given and are not paid are owed, whatever was taken meanwhile and
// given back, on every day that has anything of it, and with what is left to pay.
func TestOwedWithItsAmount(t *testing.T) {
	for kind, c := range map[string]struct {
		days []string
		owed string
	}{
		"parked, owed":                       {[]string{"2026-11-24"}, "$15.00"},
		"parked, owed, taken and given back": {[]string{"2026-11-24", "2026-11-25"}, "$15.00"},
		"parked, owed, paid late":            {[]string{"2026-11-24", "2026-11-25"}, "$15.00"},
		"parked, the rest owed":              {[]string{"2026-11-24", "2026-11-25"}, "$10.00"},
	} {
		b := newBooks()
		b.now = time.Date(2026, 11, 24, 23, 59, 58, 0, zone) // begun, asked for a second later, and taken at midnight
		id := b.sell(kind, "till-1", 1500)
		for _, days := range append([]string{"all"}, c.days...) {
			for _, terminals := range [][]string{nil, {"till-1"}} {
				q := b.question()
				q.Terminals = terminals
				if days != "all" {
					q.From, q.To = days, days
				}
				r := run(t, b, q)
				accounted(t, r)
				if len(r.Rows) != 1 || r.Rows[0].Kind != reconcile.Owed || r.Rows[0].Sale != id || r.Rows[0].Needs {
					t.Errorf("%s, %s: %+v", kind, days, r.Rows)
					continue
				}
				if text := r.Rows[0].Text["en"]; !strings.Contains(text, "owes "+c.owed) {
					t.Errorf("%s, %s: %s", kind, days, text)
				}
			}
		}
	}
}

// What is owed is owed by the gateway's word, before the terminal has told that it
// knows; and of what is paid in part, the rest.
func TestOwedBeforeTheTerminalSaysSo(t *testing.T) {
	b := newBooks()
	id := b.sell("parked, owed, taken and given back", "till-1", 1500)
	b.unsent(id)
	if got := found(run(t, b, b.question()))[id]; !slices.Equal(got, []reconcile.Kind{reconcile.Owed}) {
		t.Errorf("%v", got)
	}
	b = newBooks()
	id = b.sell("parked, owed", "till-1", 1500)
	b.cash("till-1", id, 600)
	r := run(t, b, b.question())
	if got := found(r)[id]; !slices.Equal(got, []reconcile.Kind{reconcile.Owed}) || !strings.Contains(r.Rows[0].Text["en"], "owes $9.00") {
		t.Errorf("%+v", r.Rows)
	}
}

// What settles by itself and has not after a while needs somebody.
func TestOverdue(t *testing.T) {
	b := newBooks()
	id := b.sell("wallet", "till-1", 1234)
	b.unsent(id)
	q := b.question()
	if r := run(t, b, q); r.Needs != 0 || r.Rows[0].Overdue {
		t.Errorf("at once: %+v", r.Rows)
	}
	q.Now = b.now.Add(5 * 24 * time.Hour)
	if r := run(t, b, q); r.Needs != 1 || !r.Rows[0].Overdue || !strings.Contains(r.Rows[0].Text["en"], "too long") {
		t.Errorf("days later: %+v", r.Rows)
	}
}

// Money that moves about midnight counts on the day that each book says.
func TestMidnight(t *testing.T) {
	b := newBooks()
	b.now = time.Date(2026, 11, 24, 23, 59, 57, 0, zone) // charged at :59, approved past midnight
	id := b.sell("wallet", "till-1", 1234)
	for _, c := range []struct {
		day               string
		journal, acquirer int64
	}{{"2026-11-24", 0, 1234}, {"2026-11-25", 1234, 0}} {
		q := b.question()
		q.From, q.To = c.day, c.day
		r := run(t, b, q)
		if got := found(r)[id]; !slices.Equal(got, []reconcile.Kind{reconcile.Midnight}) || r.Needs != 0 {
			t.Fatalf("%s: %+v", c.day, r.Rows)
		}
		if total := r.Totals[0]; total.Journal.Charged != c.journal || total.Acquirer.Charged != c.acquirer || total.Off() != c.acquirer-c.journal || r.Equal() {
			t.Errorf("%s: %+v", c.day, r.Totals)
		}
		accounted(t, r)
	}
	if r := run(t, b, b.question()); len(r.Rows) != 0 || !r.Equal() {
		t.Errorf("over both days: %+v", r.Rows)
	}
}

// A refund of a sale of long ago is compared with that sale, whose other money is
// of another day.
func TestRefundOfAnOldSale(t *testing.T) {
	b := newBooks()
	id, cash := b.sell("wallet", "till-1", 1000), b.sell("cash", "till-1", 500)
	b.sell("cash", "till-1", 600)
	b.pass(30 * 24 * time.Hour)
	b.refund(id, 400, false)
	b.refund(cash, 300, false) // which none but its journal tells of
	q := b.question()
	q.From = b.now.In(zone).Format(time.DateOnly)
	r := run(t, b, q)
	if want := (reconcile.Sums{Refunded: 400}); len(r.Rows) != 0 || len(r.Totals) != 2 || r.Totals[0].Journal != want || r.Totals[0].Ledger != want || *r.Totals[0].Acquirer != want || r.Sales != 2 {
		t.Errorf("%+v, %+v", r.Totals, r.Rows)
	}
	if want := (reconcile.Sums{Refunded: 300}); r.Totals[1].Journal != want || r.Totals[1].Ledger != want {
		t.Errorf("%+v", r.Totals[1])
	}
}

// Of a sale of long ago money is asked back at another terminal, and the gateway has
// not heard of that yet: the sale itself is as it was.
func TestOldSaleAskedBackElsewhere(t *testing.T) {
	for _, seller := range shops { // whose journal is read before the other's, or after
		b := newBooks()
		id := b.sell("wallet", seller, 1000)
		b.sell("cash", shops[0], 500)
		b.sell("cash", shops[1], 500)
		b.record(seller, payment.Event{Kind: payment.ReceiptPrinted, Sale: id, Receipt: b.sales[id].Sale.Receipt})
		b.pass(30 * 24 * time.Hour)
		b.fetch(id, 400)
		clear(b.refunds)
		b.drop(reconcile.Refunded, id)
		for sale, e := range b.sales {
			if e.Sale.Elsewhere != nil {
				b.unsent(sale)
			}
		}
		q := b.question()
		q.From = b.now.In(zone).Format(time.DateOnly)
		r := run(t, b, q)
		if got := found(r); len(got) != 1 || !slices.Equal(got[id], []reconcile.Kind{reconcile.RefundPending}) || r.Needs != 0 {
			t.Errorf("%s: %+v", seller, r.Rows)
		}
		q = b.question() // and all that was before
		if got := found(run(t, b, q)); len(got) != 1 || !slices.Equal(got[id], []reconcile.Kind{reconcile.RefundPending}) {
			t.Errorf("%s: %+v", seller, got)
		}
	}
}

// What a terminal recorded before it knew the time is of the day that another book
// says, or of the day that it learns later.
func TestClockThatWasNotSet(t *testing.T) {
	b := newBooks()
	b.undated = true
	b.sell("wallet", "till-1", 1000)
	b.sell("cash", "till-1", 500)
	q := b.question()
	q.From, q.To = "2026-11-24", "2026-11-24"
	if r := run(t, b, q); len(r.Rows) != 0 || r.Totals[0].Journal.Charged != 1000 || r.Totals[1].Journal.Charged != 500 {
		t.Errorf("%+v, %+v", r.Totals, r.Rows)
	}
	q.From, q.To = "2026-11-25", "2026-11-25"
	if r := run(t, b, q); len(r.Rows) != 0 || len(r.Totals) != 1 || r.Totals[0].Wallet != payment.Cash {
		t.Errorf("cash that cannot be dated is left out of no day, and dated money is: %+v", r.Totals)
	}
	// Learned in the same boot.
	last := b.journals["till-1"][len(b.journals["till-1"])-1].at
	last.Time = b.now.UTC().Truncate(time.Millisecond)
	b.journals["till-1"] = append(b.journals["till-1"], entry{last, payment.Event{Kind: payment.ShiftOpened, Shift: 1, Currency: "USD"}})
	if r := run(t, b, q); len(r.Totals) != 0 {
		t.Errorf("%+v", r.Totals)
	}
}

// An acquirer's book may name no times and no refunds.
func TestBareBook(t *testing.T) {
	b := newBooks()
	for i, kind := range slices.Sorted(maps.Keys(explained)) {
		b.sell(kind, shops[i%2], int64(1000+i*100))
	}
	for i := range b.lines {
		b.lines[i].At, b.lines[i].Refund, b.lines[i].Wallet = time.Time{}, "", ""
	}
	r := run(t, b, b.question())
	if r.Needs != 0 {
		t.Errorf("%+v", r.Rows)
	}
	accounted(t, r)
	q := b.question()
	q.From, q.To = "2026-12-24", "2026-12-24"
	if r := run(t, b, q); len(r.Rows) != 0 || len(r.Totals) != 0 {
		t.Errorf("on another day: %+v", r.Rows)
	}
	// An order that is none of ours, whatever it is, in no known time.
	b.lines = append(b.lines, reconcile.Line{Kind: reconcile.Taken, Order: "=cmd()\x1b[2J", Amount: payment.Money{Amount: 5, Currency: "USD"}})
	r = run(t, b, q)
	if got := found(r)[""]; !slices.Equal(got, []reconcile.Kind{reconcile.UnknownCharge}) {
		t.Errorf("%+v", r.Rows)
	}
	for _, format := range []figures.Format{figures.Text, figures.CSV} {
		var out strings.Builder
		if err := r.Write(&out, format); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String(), "\x1b") || strings.Contains(out.String(), ",=") {
			t.Errorf("%s: %q", format, out.String())
		}
	}
	// It is of no terminal.
	q.Terminals = shops
	if r := run(t, b, q); len(r.Rows) != 0 {
		t.Errorf("%+v", r.Rows)
	}
}

func TestQuestionsThatAreNone(t *testing.T) {
	for _, days := range [][2]string{{"", "2026-11-24"}, {"2026-11-24", "24.11.2026"}, {"2026-11-25", "2026-11-24"}} {
		if _, err := reconcile.Reconcile(newBooks(), reconcile.Question{From: days[0], To: days[1], Zone: zone}); !errors.Is(err, reconcile.ErrDays) {
			t.Errorf("%q: %v", days, err)
		}
	}
	q := newBooks().question()
	q.Terminals = []string{"Till 7"}
	if _, err := reconcile.Reconcile(newBooks(), q); err == nil {
		t.Error("a terminal that is none")
	}
}

// torn books cannot be read to their end.
type torn struct{ *books }

var errTorn = errors.New("torn")

func (torn) Records(string, uint32, func(wire.Record) error) error { return errTorn }

func TestBooksThatCannotBeRead(t *testing.T) {
	b := newBooks()
	b.sell("cash", "till-1", 100)
	if _, err := reconcile.Reconcile(torn{b}, b.question()); !errors.Is(err, errTorn) {
		t.Errorf("%v", err)
	}
}

// Every kind is in the table that merchants read.
func TestKindsAreDocumented(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "merchant.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range reconcile.Kinds {
		if !strings.Contains(string(page), "\n| `"+string(k)+"` | ") {
			t.Errorf("docs/merchant.md does not say what %s is", k)
		}
	}
}

// Every kind has its words.
func TestKindsHaveWords(t *testing.T) {
	for _, k := range reconcile.Kinds {
		for _, lang := range words.Langs {
			if name := k.Name(lang); strings.Contains(name, "reconcile_") {
				t.Errorf("%s: %s", k, name)
			}
		}
	}
}
