package receipts_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"till/cloud"
	"till/cloud/ledger"
	"till/cloud/receipts"
	"till/payment"
)

var update = flag.Bool("update", false, "write the pages of testdata")

const (
	id      = payment.SaleID("01KAT7X2Q8M5V3N9RD6E4WZB1C")
	other   = payment.SaleID("01KAT7X2Q8M5V3N9RD6E4WZB1D")
	fetched = payment.SaleID("01KAT7X2Q8M5V3N9RD6E4WZB1E")
)

var (
	noon = time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC)
	shop = receipts.Merchant{
		Name: "Harbor Museum Shop", Address: []string{"12 Pier Street", "San Francisco, CA 94133"}, Phone: "+1 415 555 0132",
		Foot: []string{"Refunds within 30 days with this receipt.", "Thank you! 谢谢惠顾"}, Zone: must(time.LoadLocation("America/Los_Angeles")),
	}
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// rig is a ledger and the pages over it.
type rig struct {
	*testing.T
	ledger   *ledger.Ledger
	merchant receipts.Merchant
	test     bool
	broken   error
}

func open(t *testing.T) *rig {
	t.Helper()
	l, err := ledger.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return &rig{T: t, ledger: l, merchant: shop}
}

// sell folds a sale's events into the ledger.
func (r *rig) sell(of payment.SaleID, epoch uint32, events ...payment.Event) payment.Sale {
	r.Helper()
	var sale payment.Sale
	for n, e := range events {
		e.Sale = of
		next, err := sale.Apply(e, payment.Stamp{Boot: "b", Time: noon.Add(time.Duration(n) * time.Minute)})
		if err != nil {
			r.Fatal(err)
		}
		sale = next
	}
	r.put(func(tx cloud.Tx) error {
		return tx.PutSale(cloud.SaleEntry{Terminal: "till-07", Epoch: epoch, Sale: sale})
	})
	return sale
}

func (r *rig) put(f func(cloud.Tx) error) {
	r.Helper()
	if err := r.ledger.Update(f); err != nil {
		r.Fatal(err)
	}
}

// attempt is the gateway's own of a payment.
func (r *rig) attempt(n int, wallet payment.Wallet) {
	r.Helper()
	a := cloud.Attempt{Terminal: "till-07", Tender: 1, Submitted: noon}
	a.Order, a.Status, a.Amount, a.Currency, a.Wallet, a.Payer = payment.NewOrder(id, n), payment.Approved, 1000, "USD", wallet, payer
	r.put(func(tx cloud.Tx) error { return tx.PutAttempt(a) })
}

func (r *rig) refund(number payment.RefundID, amount int64, status payment.RefundStatus) {
	r.Helper()
	e := cloud.RefundEntry{Terminal: "till-08", Order: payment.NewOrder(id, 1), Submitted: noon.Add(time.Hour), Settled: noon.Add(2 * time.Hour)}
	e.Answer = payment.RefundAnswer{Refund: number, Status: status, Amount: amount, Currency: "USD"}
	r.put(func(tx cloud.Tx) error { return tx.PutRefund(e) })
}

// get asks for a page.
func (r *rig) get(path string) answer {
	r.Helper()
	h := receipts.Handler(receipts.Options{
		Ledger: r.ledger, Test: r.test, Log: slog.New(slog.DiscardHandler),
		Merchant: func(string) (receipts.Merchant, error) { return r.merchant, r.broken },
	})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return answer{w.Code, w.Header(), w.Body.String()}
}

// answer is a page as it came.
type answer struct {
	status int
	header http.Header
	body   string
}

const logo = "iVBORw0KGgoAAAANSUhEUgAAACAAAAAQAQMAAABNzu8aAAAABlBMVEX///8AAABVwtN+AAAATklEQVR42iTJsQ2CQABG4S8W2ukGuok6CiNQUpA7RmMURqCkIPnJwSu+5uEPHW497gOeY6PgXfGtE6XOjcXZL9l9ks0rWT2SaxwBAAD//ybeFEu36mAbAAAAAElFTkSuQmCC"

const payer = "159******88"

// The events of a sale.
func created(amount int64, bill *payment.Bill) payment.Event {
	return payment.Event{Kind: payment.SaleCreated, Amount: amount, Currency: "USD", Cashier: "Mei 梅", Bill: bill}
}

func started(n int, amount int64) payment.Event {
	return payment.Event{Kind: payment.AttemptStarted, Tender: 1, Attempt: n, Amount: amount, Mode: payment.Scan, Wallet: payment.WeChat}
}

func approved(n int, receipt uint64) payment.Event {
	return payment.Event{
		Kind: payment.AttemptChanged, Attempt: n, Status: payment.Approved, Wallet: payment.WeChat, Receipt: receipt,
		Transaction: "4200002026112412345678901234", Payer: payer,
	}
}

func asked(n int, amount int64, void bool) payment.Event {
	return payment.Event{Kind: payment.RefundAsked, Refund: n, Tender: 1, Amount: amount, Void: void}
}

func settled(n int, status payment.RefundStatus) payment.Event {
	return payment.Event{Kind: payment.RefundChanged, Refund: n, RefundStatus: status}
}

// whole is a sale with something of everything.
func (r *rig) whole() {
	bill := &payment.Bill{
		Items: []payment.Item{
			{Name: "Green tea / 绿茶", Amount: 350}, {Amount: 2000, Rate: 875},
			{Name: "Letters of a Lighthouse Keeper <1> & others", Amount: 2450, Rate: 875},
		},
		Discount: 480, Tax: 350, Tip: 500,
	}
	r.sell(id, 2, created(5170, bill), started(1, 3000), approved(1, 0),
		payment.Event{Kind: payment.CashTaken, Tender: 2, Amount: 2170, Tendered: 5000, Change: 2830, Receipt: 123},
		asked(1, 400, false), settled(1, payment.RefundDone), asked(2, 300, false), asked(3, 200, false))
	r.attempt(1, payment.Alipay) // the acquirer's word goes before the journal's
	r.refund(payment.NewRefundID(id, 1), 400, payment.RefundDone)
	r.refund(payment.NewRefundID(id, 2), 300, payment.RefundPending)
	r.refund(payment.NewRefundID(id, 3), 200, payment.RefundRefused)
	r.refund(payment.NewRefundID(fetched, 1), 100, payment.RefundDone) // at another terminal
}

// long is a sale of many things.
func (r *rig) long() {
	bill := &payment.Bill{Tax: 1234}
	for n := range 30 {
		bill.Items = append(bill.Items, payment.Item{Name: fmt.Sprintf("Postcard of the harbor %d / 港口明信片", n+1), Amount: int64(150 + 25*n)})
	}
	total := bill.Total()
	r.sell(id, 1, created(total, bill), started(1, total), approved(1, 99))
}

func TestPages(t *testing.T) {
	for name, c := range map[string]struct {
		sale func(*rig)
		path string
		want int
	}{
		"whole": {(*rig).whole, "", http.StatusOK},
		"plain": {func(r *rig) { r.sell(id, 1, created(1234, nil), started(1, 1234), approved(1, 7)) }, "", http.StatusOK},
		"void": {func(r *rig) {
			r.sell(id, 1, created(1000, nil), started(1, 1000), approved(1, 7), asked(1, 1000, true), settled(1, payment.RefundDone))
		}, "", http.StatusOK},
		"exempt": {func(r *rig) {
			r.sell(id, 1, created(1000, &payment.Bill{Items: []payment.Item{{Name: "Book", Amount: 1000}}, Exempt: true}), payment.Event{Kind: payment.CashTaken, Tender: 1, Amount: 1000, Tendered: 1000, Receipt: 8})
		}, "", http.StatusOK},
		"test": {func(r *rig) { r.test = true; r.whole() }, "", http.StatusOK},
		"bare": {func(r *rig) { r.merchant = receipts.Merchant{}; r.whole() }, "", http.StatusOK}, // the terminal has its settings from elsewhere
		"logo": {func(r *rig) {
			r.merchant.Logo = must(base64.StdEncoding.DecodeString(logo))
			r.sell(id, 1, created(1234, nil), started(1, 1234), approved(1, 7))
		}, "", http.StatusOK},
		"no-logo": {func(r *rig) {
			r.merchant.Logo = []byte("<svg onload=alert(1)>")
			r.sell(id, 1, created(1234, nil), started(1, 1234), approved(1, 7))
		}, "", http.StatusOK},
		"long": {(*rig).long, "", http.StatusOK},
		// Without a receipt, whatever else is known.
		"waiting": {func(*rig) {}, "", http.StatusNotFound},
		"again":   {func(*rig) {}, "?n=3", http.StatusNotFound},
		"no-more": {func(*rig) {}, "?n=99", http.StatusNotFound},
		"bad":     {func(*rig) {}, "x", http.StatusBadRequest},
		"failed":  {func(r *rig) { r.whole(); r.broken = errors.New("the book is gone") }, "", http.StatusInternalServerError},
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t)
			c.sale(r)
			got := r.get(receipts.Path + string(id) + c.path)
			body := got.body
			if got.status != c.want {
				t.Errorf("status %d, want %d", got.status, c.want)
			}
			file := filepath.Join("testdata", name+".html")
			if *update {
				if err := os.WriteFile(file, []byte(body), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(want, []byte(body)) {
				t.Errorf("the page is another than %s (-update writes it anew):\n%s", file, body)
			}
			for header, want := range map[string]string{
				"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
				"Content-Type": "text/html; charset=utf-8",
			} {
				if got := got.header.Get(header); got != want {
					t.Errorf("%s: %q, want %q", header, got, want)
				}
			}
			if csp := got.header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'; style-src 'sha256-") || strings.Contains(csp, "unsafe") {
				t.Errorf("the policy is %q", csp)
			}
			for _, never := range []string{payer, "***", "<script", "style=", "http://", "https://", "<1>"} {
				if strings.Contains(body, never) {
					t.Errorf("the page has %q", never)
				}
			}
		})
	}
}

// A sale that is not paid, or whose last record has not come, is told from one that
// never was by nothing in the answer.
func TestNoOracle(t *testing.T) {
	r := open(t)
	r.sell(id, 1, created(1000, nil), started(1, 1000))
	r.attempt(1, payment.Alipay)
	for _, query := range []string{"", "?n=2"} {
		there, never := r.get(receipts.Path+string(id)+query), r.get(receipts.Path+string(other)+query)
		if !reflect.DeepEqual(there, never) {
			t.Errorf("%+v\n%+v", there, never)
		}
	}
}

func TestOnlyReceipts(t *testing.T) {
	r := open(t)
	r.whole()
	for path, want := range map[string]int{
		"/": http.StatusNotFound, "/r/": http.StatusNotFound, receipts.Path + string(id) + "/x": http.StatusNotFound,
		receipts.Path + strings.ToLower(string(id)):           http.StatusBadRequest,
		receipts.Path + string(payment.NewOrder(id, 1)):       http.StatusBadRequest,
		receipts.Path + "..%2f..%2fetc%2fpasswd":              http.StatusBadRequest,
		receipts.Path + strings.Repeat("0", 4000):             http.StatusBadRequest,
		receipts.Path + string(id) + "?n=-1&n=99999999999999": http.StatusOK,
	} {
		if got := r.get(path); got.status != want {
			t.Errorf("%.60s: %d, want %d", path, got.status, want)
		}
	}
}

// Whatever a phone asks for, it is answered, and never by a fault.
func FuzzPath(f *testing.F) {
	for _, s := range []string{string(id), "", "x", "01KAT7X2Q8M5V3N9RD6E4WZB1C?n=1", "%00", "../ledger.json"} {
		f.Add(s, "3")
	}
	l, err := ledger.Open(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	h := receipts.Handler(receipts.Options{
		Ledger: l, Log: slog.New(slog.DiscardHandler), Merchant: func(string) (receipts.Merchant, error) { return shop, nil },
	})
	f.Fuzz(func(t *testing.T, sale, n string) {
		r := httptest.NewRequest(http.MethodGet, receipts.Path, nil)
		r.URL.Path = receipts.Path + sale
		r.URL.RawQuery = "n=" + n
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code >= 500 || w.Code == http.StatusOK {
			t.Errorf("%q, %q: %d", sale, n, w.Code)
		}
	})
}
