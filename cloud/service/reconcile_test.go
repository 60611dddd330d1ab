package service

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"till/cloud"
	"till/cloud/reconcile"
	"till/payment"
	"till/sync/wire"
)

// shop is a terminal and a gateway, as far as their books go.
type shop struct {
	*testing.T
	*Service
	terminal string
	prev     wire.Hash
	seq      uint64
	receipt  uint64
}

func open(t *testing.T) *shop {
	t.Helper()
	s, err := Start(Options{Dir: t.TempDir(), MQTT: "127.0.0.1:0", Pace: 1000, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &shop{T: t, Service: s, terminal: "till-1", prev: wire.Genesis("till-1", 1)}
}

// record takes an event into the ledger, as the gateway does.
func (s *shop) record(e payment.Event) {
	at := payment.Stamp{Boot: "b", Time: time.Now().UTC().Truncate(time.Millisecond)}
	r, err := wire.NewRecord(s.prev, s.seq+1, at, e)
	if err != nil {
		s.Fatal(err)
	}
	s.prev, s.seq = r.Hash, r.Seq
	s.commit(func(tx cloud.Tx) error {
		entry, _, err := tx.Sale(e.Sale)
		if err != nil {
			return err
		}
		entry.Terminal, entry.Epoch = s.terminal, 1
		if entry.Sale, err = entry.Sale.Apply(e, at); err != nil {
			return err
		}
		if err := tx.TakeRecord(s.terminal, 1, r); err != nil {
			return err
		}
		return tx.PutSale(entry)
	})
}

func (s *shop) commit(f func(cloud.Tx) error) {
	s.Helper()
	if err := s.ledger.Update(f); err != nil {
		s.Fatal(err)
	}
}

// sell takes a sale: the attempt is committed before the acquirer is called, and
// its end after.
func (s *shop) sell(amount int64) payment.Order {
	id := payment.SaleID(ulid.Make().String())
	order := payment.NewOrder(id, 1)
	s.record(payment.Event{Kind: payment.SaleCreated, Sale: id, Amount: amount, Currency: "USD"})
	s.record(payment.Event{Kind: payment.AttemptStarted, Sale: id, Tender: 1, Attempt: 1, Amount: amount, Mode: payment.Scan})
	a := cloud.Attempt{Terminal: s.terminal, Tender: 1, Mode: payment.Scan, Submitted: time.Now(), Step: cloud.StepCharge}
	a.Order, a.Amount, a.Currency, a.Status = order, amount, "USD", payment.Authorizing
	s.commit(func(tx cloud.Tx) error { return tx.PutAttempt(a) })
	code, _, err := s.Sandbox.NewCode(payment.Alipay)
	if err != nil {
		s.Fatal(err)
	}
	r, err := s.Sandbox.Charge(s.Context(), cloud.Order{Number: order, Amount: payment.Money{Amount: amount, Currency: "USD"}}, code)
	if err != nil || r.Outcome != cloud.Paid {
		s.Fatal(r, err)
	}
	a.Status, a.Step, a.Taken, a.Settled, a.Wallet, a.Transaction = payment.Approved, cloud.StepNone, true, time.Now(), r.Wallet, r.Transaction
	s.commit(func(tx cloud.Tx) error { return tx.PutAttempt(a) })
	s.receipt++
	s.record(payment.Event{
		Kind: payment.AttemptChanged, Sale: id, Attempt: 1, Status: payment.Approved, Wallet: r.Wallet, Transaction: r.Transaction, Receipt: s.receipt,
	})
	return order
}

// today and the days about it, in whichever zone.
func today() (from, to string) {
	now := time.Now().UTC()
	return now.AddDate(0, 0, -1).Format(time.DateOnly), now.AddDate(0, 0, 1).Format(time.DateOnly)
}

// At every instant of a busy day the books that are read one after the other have
// nothing that does not explain itself, and in the end they agree.
func TestReconcileWhileSelling(t *testing.T) {
	const sales = 40
	s := open(t)
	ctx, closed := context.WithCancel(t.Context())
	from, to := today()
	times := 0
	var office sync.WaitGroup
	office.Go(func() {
		for ; ctx.Err() == nil; times++ {
			r, err := s.Reconcile(from, to, "America/Los_Angeles", nil)
			if err != nil || r.Needs != 0 {
				t.Errorf("after %d sales: %v: %+v", r.Sales, err, r.Rows)
				return
			}
		}
	})
	for n := range sales {
		s.sell(int64(100 + n))
	}
	closed()
	office.Wait()
	r, err := s.Reconcile(from, to, "America/Los_Angeles", []string{"till-1"})
	if err != nil || len(r.Rows) != 0 || !r.Equal() || r.Sales != sales || r.Totals[0].Acquirer.Charged != sales*100+(sales-1)*sales/2 {
		t.Errorf("%v: %+v, %+v", err, r.Totals, r.Rows)
	}
	t.Logf("reconciled %d times meanwhile", times)
}

// The sandbox's book has what went back of an order as lines of their own.
func TestReconcileWhatWentBack(t *testing.T) {
	s := open(t)
	order := s.sell(1000)
	id, _, _ := order.Split()
	amount := payment.Money{Amount: 400, Currency: "USD"}
	paid := cloud.Order{Number: order, Amount: payment.Money{Amount: 1000, Currency: "USD"}}
	refund := cloud.Refund{Number: payment.NewRefundID(id, 1), Order: paid, Amount: amount}
	if _, err := s.Sandbox.Refund(t.Context(), refund); err != nil {
		t.Fatal(err)
	}
	from, to := today()
	r, err := s.Reconcile(from, to, "UTC", nil)
	if err != nil || len(r.Rows) != 1 || r.Rows[0].Kind != reconcile.RefundUnknown || r.Rows[0].Refund != 1 || r.Totals[0].Off() != -400 {
		t.Errorf("a refund that the gateway knows nothing of: %v: %+v, %+v", err, r.Totals, r.Rows)
	}
	s.record(payment.Event{Kind: payment.RefundAsked, Sale: id, Refund: 1, Tender: 1, Amount: 400})
	e := cloud.RefundEntry{Terminal: "till-1", Order: order, Submitted: time.Now(), Settled: time.Now()}
	e.Answer = payment.RefundAnswer{Refund: refund.Number, Status: payment.RefundDone, Amount: 400, Currency: "USD"}
	s.commit(func(tx cloud.Tx) error { return tx.PutRefund(e) })
	s.record(payment.Event{Kind: payment.RefundChanged, Sale: id, Refund: 1, RefundStatus: payment.RefundDone})
	if r, err = s.Reconcile(from, to, "UTC", nil); err != nil || len(r.Rows) != 0 || !r.Equal() || r.Totals[0].Acquirer.Refunded != 400 {
		t.Errorf("%v: %+v, %+v", err, r.Totals, r.Rows)
	}
	// A sale that nobody voided is reversed at the acquirer, after its day's wait.
	other := s.sell(500)
	for reversed := false; !reversed; {
		r, err := s.Sandbox.Reverse(t.Context(), other)
		if err != nil {
			t.Fatal(err)
		}
		reversed = r.Outcome == cloud.Undone
	}
	if r, err = s.Reconcile(from, to, "UTC", nil); err != nil || len(r.Rows) != 1 || r.Rows[0].Kind != reconcile.TakenBack || r.Rows[0].Order != other {
		t.Errorf("%v: %+v", err, r.Rows)
	}
}

func TestReconcileAtTheDesk(t *testing.T) {
	s := open(t)
	s.sell(1234)
	desk := httptest.NewServer(s.deskHandler())
	defer desk.Close()
	from, to := today()
	for query, want := range map[string]string{
		url.Values{"from": {from}, "to": {to}, "zone": {"UTC"}}.Encode():                         `"need_somebody":0`,
		url.Values{"from": {from}, "to": {to}, "zone": {"UTC"}, "terminal": {"till-2"}}.Encode(): "nothing was ever heard here of such a terminal",
		url.Values{"from": {from}, "to": {to}, "zone": {"UTC"}, "terminal": {"till-1"}}.Encode(): `"need_somebody":0`,
		url.Values{"from": {to}, "to": {from}, "zone": {"UTC"}}.Encode():                         "the first not after the last",
		url.Values{"from": {from}, "to": {to}, "zone": {"Mars/Olympus"}}.Encode():                "time zone",
		url.Values{"from": {from}, "to": {to}, "terminal": {"../x"}}.Encode():                    "terminal id",
	} {
		got, err := desk.Client().Get(fmt.Sprintf("%s/reconciliation?%s", desk.URL, query))
		if err != nil {
			t.Fatal(err)
		}
		var body strings.Builder
		if err := got.Write(&body); err != nil {
			t.Fatal(err)
		}
		_ = got.Body.Close()
		if !strings.Contains(body.String(), want) {
			t.Errorf("%s: %s", query, body.String())
		}
	}
}
