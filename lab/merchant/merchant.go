// Package merchant is a gateway with a merchant's trade in it, whose pages are looked at
// in a real browser.
package merchant

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"till/cloud/merchant"
	"till/cloud/service"
	"till/lab/browser"
	"till/payment"
	"till/payment/pin"
	"till/sync/wire"
	"till/sync/wire/enrolment"
)

const password = "correct horse"

// SignIn opens the pages in a browser, and signs the merchant in by the keyboard alone.
func SignIn(t testing.TB, b *browser.Browser, s *service.Service, look browser.Look) *browser.Tab {
	t.Helper()
	tab := b.Tab(t, s.Pages+"/login", look)
	tab.Wait(`document.activeElement?.id === "login"`)
	tab.Type("museum")
	tab.FocusByTab("password")
	tab.Type(password + "\r")
	tab.Wait(`document.querySelector("nav")`)
	return tab
}

// Sale is the n-th of the first terminal, from 0.
func Sale(n int) payment.SaleID {
	return payment.SaleID(fmt.Sprintf("01KAT7X2Q8M5V3N9RD6E4WZB%02d", n))
}

// Start is a gateway with a merchant, two terminals, and three days' trade.
func Start(t testing.TB) *service.Service {
	t.Helper()
	dir, err := os.MkdirTemp("", "till-merchant-")
	if err != nil {
		t.Fatal(err)
	}
	s, err := service.Start(service.Options{
		Dir: dir, Pace: 10, Log: slog.New(slog.DiscardHandler), Pages: &service.Pages{Listen: "127.0.0.1:0"},
		Secure: &service.Secure{MQTT: "127.0.0.1:0", Enrol: "127.0.0.1:0", Hosts: []string{"127.0.0.1"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-ended, s.Close(), os.RemoveAll(dir)); err != nil {
			t.Error(err)
		}
	})
	if _, err := s.Merchants.Add(merchant.Account{ID: "museum", Name: "Harbor Museum Shop"}, password); err != nil {
		t.Fatal(err)
	}
	salt := pin.NewSalt()
	for _, terminal := range []string{"till-01", "till-02"} {
		if _, err := s.Claim(service.ClaimOrder{Terminal: terminal, Merchant: "museum", Settings: enrolment.Settings{
			"merchant.name": "Harbor Museum Shop", "merchant.timezone": "America/Los_Angeles", "merchant.currency": "USD",
			"merchant.address": []any{"12 Pier Street", "San Francisco, CA 94133"}, "merchant.phone": "+1 415 555 0132",
			"merchant.foot": []any{"Refunds within 30 days with this receipt.", "Thank you! 谢谢惠顾"},
			"sale.tax":      int64(875), "sale.tips": []any{int64(15), int64(18), int64(20)},
			"sale.departments": []any{"Books / 书籍", "Food / 食品 @ 0"},
			"sale.items":       []any{"6901234567892 / Green tea / 绿茶 / 350", "- / Postcard / 明信片 / 100 @ 0"},
			"operators": []any{
				"mei / Mei 梅 / cashier / " + pin.New("1111", salt).String(), "li / Li 李 / manager / " + pin.New("2580", salt).String(),
			},
		}}); err != nil {
			t.Fatal(err)
		}
	}
	trade(t, s, "till-01", 0)
	trade(t, s, "till-02", 50)
	return s
}

// trade is what a terminal did on three days.
func trade(t testing.TB, s *service.Service, terminal string, first int) {
	t.Helper()
	var b bytes.Buffer
	prev, seq := wire.Genesis(terminal, 1), uint64(0)
	opening := time.Date(2026, 11, 23, 18, 0, 0, 0, time.UTC)
	at := opening
	add := func(e payment.Event) {
		seq++
		r, err := wire.NewRecord(prev, seq, payment.Stamp{Boot: "b", Mono: at.Sub(opening), Time: at}, e)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.NewEncoder(&b).Encode(r); err != nil {
			t.Fatal(err)
		}
		prev, at = r.Hash, at.Add(time.Minute)
	}
	receipt := uint64(0)
	for n := range 18 {
		at = opening.Add(time.Duration(n/6)*24*time.Hour + time.Duration(n%6)*47*time.Minute)
		id := Sale(first + n)
		items := []payment.Item{{Name: "Green tea 绿茶", Amount: int64(350 + 100*(n%4)), Rate: 875}, {Name: "Books 书籍", Amount: int64(1900 + 325*(n%5)), Rate: 875}}
		bill := payment.Cart{Items: items, TipRate: 1500 * (n % 2), OffRate: 1000 * (n % 3 / 2)}.Bill()
		add(payment.Event{Kind: payment.SaleCreated, Sale: id, Amount: bill.Total(), Currency: "USD", Bill: &bill, Cashier: "Mei 梅"})
		if n%4 == 0 {
			receipt++
			add(payment.Event{Kind: payment.CashTaken, Sale: id, Tender: 1, Amount: bill.Total(), Tendered: 5000, Change: 5000 - bill.Total(), Receipt: receipt})
			continue
		}
		wallet := []payment.Wallet{payment.WeChat, payment.Alipay, payment.UnionPay}[n%3]
		add(payment.Event{Kind: payment.AttemptStarted, Sale: id, Tender: 1, Attempt: 1, Amount: bill.Total(), Mode: payment.Scan, Wallet: wallet})
		switch n {
		case 17:
			add(payment.Event{Kind: payment.AttemptChanged, Sale: id, Attempt: 1, Status: payment.Checking})
		case 10:
			add(payment.Event{Kind: payment.AttemptChanged, Sale: id, Attempt: 1, Status: payment.Declined, Reason: payment.FundsMissing, Wallet: wallet})
		default:
			receipt++
			add(payment.Event{
				Kind: payment.AttemptChanged, Sale: id, Attempt: 1, Status: payment.Approved, Wallet: wallet, Receipt: receipt,
				Transaction: fmt.Sprintf("42000012342026112%011d", first+n), Payer: "o***x",
			})
		}
		if n == 3 {
			add(payment.Event{Kind: payment.RefundAsked, Sale: id, Refund: 1, Tender: 1, Amount: 1000})
			add(payment.Event{Kind: payment.RefundChanged, Sale: id, Refund: 1, RefundStatus: payment.RefundDone, Transaction: "50000012342026112300001"})
		}
	}
	if _, err := s.ImportJournal(t.Context(), terminal, &b); err != nil {
		t.Fatal(err)
	}
}
