// Package receipts serves a sale's receipt as a page for the customer's phone. Its
// address is the sale's id, of which 80 bits are random (a ULID's): nobody guesses
// it, and whoever has it sees the receipt. So a receipt names no account and no
// code of its customer, not even masked, and no sale's page tells of another.
package receipts

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"till/cloud"
	"till/payment"
)

// Merchant is the head and foot of a receipt.
type Merchant struct {
	Name    string
	Address []string // lines
	Phone   string
	Foot    []string       // lines: refund policy, thanks
	Logo    []byte         // PNG, black on white; nil: none
	Zone    *time.Location // of the shop's clock; nil: UTC
	Test    bool           // no money moves
}

// Options of a handler.
type Options struct {
	Ledger cloud.Ledger
	// Merchant is that of a terminal; the zero one if it is not known.
	Merchant func(terminal string) (Merchant, error)
	Test     bool // of the acquirer: no money moves, whatever the terminal
	Log      *slog.Logger
}

// Path is where receipts are: Path and a sale's id.
const Path = "/r/"

// Handler serves GET /r/{sale}. A sale whose receipt is not there yet, and one that
// never was, are answered by the same page and 404; what is no sale's id by 400.
func Handler(o Options) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Path+"{sale}", o.serve)
	return mux
}

func (o Options) serve(w http.ResponseWriter, r *http.Request) {
	id, err := payment.ParseSaleID(r.PathValue("sale"))
	if err != nil {
		o.answer(w, http.StatusBadRequest, notice{Title: "receipts_bad", What: "receipts_bad_what"}.page())
		return
	}
	paid, err := o.find(id)
	switch {
	case errors.Is(err, errNone):
		o.answer(w, http.StatusNotFound, waiting(r.URL.Query().Get("n")).page())
	case err != nil:
		o.Log.Error("receipt", "sale", id, "err", err)
		o.answer(w, http.StatusInternalServerError, notice{Title: "receipts_failed", What: "receipts_failed_what"}.page())
	default:
		o.answer(w, http.StatusOK, paid.page())
	}
}

// errNone says that there is no receipt, or none yet.
var errNone = errors.New("no receipt")

// receipt is all that a page is made of.
type receipt struct {
	merchant Merchant
	terminal string
	epoch    uint32
	sale     payment.Sale
}

// find reads a sale that has a receipt, with the gateway's own word on who paid and
// on what went back: it may be newer than the terminal's.
func (o Options) find(id payment.SaleID) (*receipt, error) {
	var r receipt
	err := o.Ledger.View(func(tx cloud.Tx) error {
		entry, known, err := tx.Sale(id)
		if err != nil {
			return err
		}
		if !known || entry.Sale.Receipt == 0 {
			return errNone
		}
		r.terminal, r.epoch, r.sale = entry.Terminal, entry.Epoch, entry.Sale
		if err := r.askWallets(tx); err != nil {
			return err
		}
		return r.askRefunds(tx)
	})
	if err != nil {
		return nil, err
	}
	if r.merchant, err = o.Merchant(r.terminal); err != nil {
		return nil, fmt.Errorf("merchant of %s: %w", r.terminal, err)
	}
	r.merchant.Test = r.merchant.Test || o.Test
	if r.merchant.Zone == nil {
		r.merchant.Zone = time.UTC
	}
	return &r, nil
}

// askWallets takes the wallets' names from the acquirer's answers.
func (r *receipt) askWallets(tx cloud.Tx) error {
	for _, a := range r.sale.Attempts {
		if a.Status != payment.Approved {
			continue
		}
		known, ok, err := tx.Attempt(payment.NewOrder(r.sale.ID, a.Number))
		if err != nil {
			return err
		}
		if ok && known.Wallet != payment.WalletUnknown {
			r.sale.Tenders[a.Tender-1].Wallet = known.Wallet
		}
	}
	return nil
}

// askRefunds takes what the gateway knows of the sale's refunds: those of its own
// terminal, and those of another that fetched it.
func (r *receipt) askRefunds(tx cloud.Tx) error {
	known, err := tx.RefundsOf(r.sale.ID)
	if err != nil {
		return err
	}
	for _, k := range known {
		sale, n, err := k.Answer.Refund.Split()
		if err != nil {
			return err
		}
		if sale == r.sale.ID && n <= len(r.sale.Refunds) {
			of := &r.sale.Refunds[n-1]
			of.Status = k.Answer.Status
			if !k.Settled.IsZero() {
				of.Requested.Time = k.Settled
			}
			continue
		}
		r.sale.Refunds = append(r.sale.Refunds, payment.Refund{
			Number: len(r.sale.Refunds) + 1, Tender: r.tenderOf(k.Order), Void: k.Void, Amount: k.Answer.Amount, Status: k.Answer.Status,
			Requested: payment.Stamp{Time: latest(k.Submitted, k.Settled)},
		})
	}
	return nil
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// tenderOf is the tender that an order of the sale paid; 1 if it is none of it.
func (r *receipt) tenderOf(o payment.Order) int {
	for i := range r.sale.Tenders {
		if of, ok := r.sale.WalletOrder(i + 1); ok && of == o {
			return i + 1
		}
	}
	return 1
}

// order is the number that the sale is found again by, as on paper: that of the
// payment that was approved, or the sale's own of one in cash.
func (r *receipt) order() string {
	text := string(r.sale.ID)
	for _, a := range r.sale.Attempts {
		if a.Status == payment.Approved {
			text = string(payment.NewOrder(r.sale.ID, a.Number))
		}
	}
	return text
}

func (r *receipt) number() string { return payment.ReceiptNumber(r.epoch, r.sale.Receipt) }

// looks are how long a page that waits for its receipt lets pass before it looks
// again, longer and longer; after the last it stops.
var looks = []time.Duration{3 * time.Second, 5 * time.Second, 10 * time.Second, 20 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute}

// waiting is the page of a receipt that is not there, which looked n times before.
func waiting(n string) notice {
	looked, err := strconv.Atoi(n)
	if err != nil || looked < 0 {
		looked = 0
	}
	if looked >= len(looks) {
		return notice{Title: "receipts_waiting", What: "receipts_waiting_no", Again: true}
	}
	return notice{
		Title: "receipts_waiting", What: "receipts_waiting_what", Again: true,
		After: int(looks[looked].Seconds()), Next: looked + 1,
	}
}

func (o Options) answer(w http.ResponseWriter, status int, p page) {
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, p.template, p.data); err != nil {
		o.Log.Error("receipt's page", "err", err)
		http.Error(w, "the page cannot be made", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Robots-Tag", "noindex, nofollow")
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // a phone that went away needs no answer
}
