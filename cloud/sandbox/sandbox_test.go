package sandbox_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"till/cloud"
	"till/cloud/sandbox"
	"till/payment"
)

const sale = payment.SaleID("01JD0000000000000000000001")

var usd = payment.Money{Amount: 1234, Currency: "USD"}

func order(n int) cloud.Order {
	return cloud.Order{Number: payment.NewOrder(sale, n), Amount: usd}
}

// callFor is how long the gateway lets a call be.
const callFor = 10 * time.Second

// bench is a sandbox in a bubble with a clock of its own.
type bench struct {
	*sandbox.Sandbox
	t *testing.T

	mu   sync.Mutex // timers of the sandbox notify too
	news []payment.Order
}

// in runs f on a sandbox whose clock only moves where f waits.
func in(t *testing.T, f func(*testing.T, *bench)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		b := open(t, dir)
		f(t, b)
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
}

func open(t *testing.T, dir string) *bench {
	t.Helper()
	b := &bench{t: t}
	box, err := sandbox.Open(dir, 1, time.Now, func(o payment.Order) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.news = append(b.news, o)
	})
	if err != nil {
		t.Fatal(err)
	}
	b.Sandbox = box
	return b
}

func (b *bench) next(behaviour sandbox.Behaviour) {
	b.t.Helper()
	if err := b.SetNext(behaviour); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) code(wallet payment.Wallet) string {
	b.t.Helper()
	code, life, err := b.NewCode(wallet)
	if err != nil {
		b.t.Fatal(err)
	}
	if life != time.Minute {
		b.t.Errorf("a code lives %v", life)
	}
	return code
}

func (b *bench) charge(o cloud.Order, code string) (cloud.Result, error) {
	ctx, cancel := context.WithTimeout(b.t.Context(), callFor)
	defer cancel()
	return b.Charge(ctx, o, code)
}

func (b *bench) query(o cloud.Order, want cloud.Outcome) cloud.Result {
	b.t.Helper()
	r, err := b.Query(b.t.Context(), o.Number)
	if err != nil || r.Outcome != want {
		b.t.Errorf("a query says %q (%v), want %q", r.Outcome, err, want)
	}
	return r
}

func (b *bench) reverse(o cloud.Order, want cloud.Outcome) cloud.Result {
	b.t.Helper()
	r, err := b.Reverse(b.t.Context(), o.Number)
	if err != nil || r.Outcome != want {
		b.t.Errorf("a reversal says %q (%v), want %q", r.Outcome, err, want)
	}
	return r
}

// book holds the money taken: none, or one charge.
func (b *bench) book(want ...sandbox.Charge) {
	b.t.Helper()
	got, err := b.Charges()
	if err != nil || !slices.Equal(got, want) {
		b.t.Errorf("the book has %+v (%v), want %+v", got, err, want)
	}
}

func taken(n int, wallet payment.Wallet, reversed bool) sandbox.Charge {
	return sandbox.Charge{Sale: sale, Attempt: n, Wallet: wallet, Amount: usd.Amount, Reversed: reversed}
}

func (b *bench) paid(r cloud.Result, wallet payment.Wallet) {
	b.t.Helper()
	if r.Outcome != cloud.Paid || r.Amount != usd || r.Wallet != wallet || r.Transaction == "" || r.Payer == "" {
		b.t.Errorf("got %+v, want a payment", r)
	}
}

func TestScanned(t *testing.T) {
	in(t, func(t *testing.T, b *bench) {
		for i, wallet := range []payment.Wallet{payment.WeChat, payment.Alipay, payment.UnionPay} {
			code := b.code(wallet)
			if parsed, err := payment.ParseCode([]byte(code)); err != nil || parsed.Wallet() != wallet {
				t.Errorf("a code of %s reads as %s (%v)", wallet, parsed.Wallet(), err)
			}
			r, err := b.charge(order(i+1), code)
			if err != nil {
				t.Fatal(err)
			}
			b.paid(r, wallet)
			again, err := b.charge(order(i+1), b.code(payment.WeChat)) // the number decides
			if err != nil || again != r {
				t.Errorf("charged again it says %+v (%v)", again, err)
			}
			if q := b.query(order(i+1), cloud.Paid); q != r {
				t.Errorf("queried it says %+v", q)
			}
		}
		b.book(taken(1, payment.WeChat, false), taken(2, payment.Alipay, false), taken(3, payment.UnionPay, false))
	})
}

// What each behaviour does to a scanned code, from charge to end.
func TestScannedBehaviours(t *testing.T) {
	cases := map[sandbox.Behaviour]func(*testing.T, *bench, cloud.Result, error){
		sandbox.Approve: func(_ *testing.T, b *bench, r cloud.Result, _ error) {
			b.paid(r, payment.WeChat)
			b.book(taken(1, payment.WeChat, false))
		},
		sandbox.LostReply: func(t *testing.T, b *bench, r cloud.Result, _ error) {
			b.paid(r, payment.WeChat)
			if !b.Loses(order(1).Number) || b.Loses(order(2).Number) {
				t.Error("it is not this order's answer that is lost")
			}
			b.book(taken(1, payment.WeChat, false))
		},
		sandbox.Decline: func(t *testing.T, b *bench, r cloud.Result, _ error) {
			if r.Outcome != cloud.Refused || r.Reason != payment.CustomerDeclined {
				t.Errorf("got %+v", r)
			}
			time.Sleep(time.Minute)
			b.query(order(1), cloud.Refused)
			b.reverse(order(1), cloud.Refused)
			b.book()
		},
		sandbox.Password: func(t *testing.T, b *bench, r cloud.Result, _ error) {
			if r.Outcome != cloud.Asking {
				t.Errorf("got %+v", r)
			}
			phone, err := b.Phone()
			if err != nil || phone.Prompt == nil || phone.Prompt.Amount != usd {
				t.Errorf("the phone shows %+v (%v)", phone, err)
			}
			b.book()
			time.Sleep(16 * time.Second)
			synctest.Wait()
			if !slices.Contains(b.news, order(1).Number) {
				t.Error("the acquirer does not tell")
			}
			b.paid(b.query(order(1), cloud.Paid), payment.WeChat)
			if phone, _ := b.Phone(); phone.Prompt != nil || phone.Last.Status != "paid" {
				t.Errorf("the phone shows %+v", phone)
			}
			b.book(taken(1, payment.WeChat, false))
		},
		sandbox.WalkAway: func(t *testing.T, b *bench, r cloud.Result, _ error) {
			if r.Outcome != cloud.Asking {
				t.Errorf("got %+v", r)
			}
			time.Sleep(39 * time.Second)
			b.query(order(1), cloud.Asking)
			b.reverse(order(1), cloud.Busy) // while the customer could still answer
			time.Sleep(2 * time.Second)
			b.query(order(1), cloud.Asking)
			b.reverse(order(1), cloud.Undone)
			b.query(order(1), cloud.Undone)
			b.book()
		},
		sandbox.Silent: func(t *testing.T, b *bench, _ cloud.Result, err error) {
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("a silent charge says %v", err)
			}
			b.book(taken(1, payment.WeChat, false))
			b.paid(b.query(order(1), cloud.Paid), payment.WeChat)
		},
		sandbox.Late: func(t *testing.T, b *bench, _ cloud.Result, err error) {
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("a late charge says %v", err)
			}
			b.book()
			time.Sleep(29*time.Second - callFor)
			b.query(order(1), cloud.NotFound)
			b.reverse(order(1), cloud.NotFound)
			time.Sleep(12 * time.Second)
			synctest.Wait()
			if !slices.Contains(b.news, order(1).Number) {
				t.Error("the acquirer does not tell")
			}
			b.book(taken(1, payment.WeChat, false))
			b.query(order(1), cloud.Paid)
			if r := b.reverse(order(1), cloud.Undone); r.Amount != usd {
				t.Errorf("%v is given back", r.Amount)
			}
			b.book(taken(1, payment.WeChat, true))
		},
	}
	for _, behaviour := range sandbox.Behaviours {
		t.Run(string(behaviour), func(t *testing.T) {
			in(t, func(t *testing.T, b *bench) {
				b.next(behaviour)
				r, err := b.charge(order(1), b.code(payment.WeChat))
				cases[behaviour](t, b, r, err)
				if phone, err := b.Phone(); err != nil || phone.Next != sandbox.Approve {
					t.Errorf("the next charge will %s (%v)", phone.Next, err)
				}
			})
		})
	}
}

// A query right after a silent charge is silent too, for 3 s.
func TestSilentQuery(t *testing.T) {
	in(t, func(t *testing.T, b *bench) {
		b.next(sandbox.Silent)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := b.Charge(ctx, order(1), b.code(payment.WeChat)); err == nil {
			t.Error("it answers")
		}
		asking, give := context.WithTimeout(t.Context(), time.Second)
		defer give()
		if _, err := b.Query(asking, order(1).Number); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a query says %v", err)
		}
		began := time.Now()
		b.query(order(1), cloud.Paid)
		if waited := time.Since(began); waited != time.Second {
			t.Errorf("it answers after another %v, want 1s", waited)
		}
	})
}

// What each behaviour does to a QR that the phone scans.
func TestQRBehaviours(t *testing.T) {
	cases := map[sandbox.Behaviour]struct {
		status sandbox.PayStatus
		news   bool          // at once
		after  time.Duration // until the money moved; -1: never
	}{
		sandbox.Approve:   {sandbox.PayPaid, true, 0},
		sandbox.LostReply: {sandbox.PayPaid, true, 0},
		sandbox.Decline:   {sandbox.PayDeclined, true, -1},
		sandbox.Password:  {sandbox.PayAsked, true, 15 * time.Second},
		sandbox.WalkAway:  {sandbox.PayAsked, true, -1},
		sandbox.Silent:    {sandbox.PayPaid, false, 0},
		sandbox.Late:      {sandbox.PayUnknown, false, 40 * time.Second},
	}
	for _, behaviour := range sandbox.Behaviours {
		t.Run(string(behaviour), func(t *testing.T) {
			in(t, func(t *testing.T, b *bench) {
				want := cases[behaviour]
				shown, err := b.Show(t.Context(), order(1))
				if err != nil || shown.Outcome != cloud.Unpaid || shown.QR == "" {
					t.Fatalf("got %+v (%v)", shown, err)
				}
				if again, err := b.Show(t.Context(), order(1)); err != nil || again != shown {
					t.Errorf("shown again it is %+v (%v)", again, err)
				}
				b.query(order(1), cloud.Unpaid)
				b.next(behaviour)
				status, err := b.Pay(shown.QR, payment.Alipay)
				if err != nil || status != want.status {
					t.Errorf("the phone says %q (%v), want %q", status, err, want.status)
				}
				if news := len(b.news) == 1; news != want.news {
					t.Errorf("the acquirer tells: %v, want %v", news, want.news)
				}
				if want.after > 0 {
					time.Sleep(want.after - time.Millisecond)
					b.book()
				}
				time.Sleep(5 * time.Millisecond)
				synctest.Wait()
				if want.after < 0 {
					time.Sleep(time.Hour)
					b.book()
				} else {
					b.paid(b.query(order(1), cloud.Paid), payment.Alipay)
					b.book(taken(1, payment.Alipay, false))
				}
				if status, _ := b.Pay(shown.QR, payment.WeChat); status == sandbox.PayPaid {
					t.Error("a QR is paid twice")
				}
			})
		})
	}
}

func TestStrangeQR(t *testing.T) {
	in(t, func(t *testing.T, b *bench) {
		for _, qr := range []string{"", "https://example.com", "00020101021229300012D156000000000510A93FO3230Q31280012D15600000001030812345678520441115802CN5914BEST TRANSPORT6007BEIJING64200002ZH0104最佳运输0202北京540523.7253031565502016233030412340603***0708A60086670902ME91320016A0112233449988770708123456786304A13A"} {
			if status, err := b.Pay(qr, payment.WeChat); status != sandbox.PayUnknown || err != nil {
				t.Errorf("%.20q is %q (%v)", qr, status, err)
			}
		}
	})
}

// A code works once, and for a minute.
func TestCodes(t *testing.T) {
	in(t, func(t *testing.T, b *bench) {
		refused := func(n int, code string, reason payment.Reason) {
			t.Helper()
			r, err := b.charge(order(n), code)
			if err != nil || r.Outcome != cloud.Refused || r.Reason != reason {
				t.Errorf("order %d: %+v (%v), want it refused as %s", n, r, err, reason)
			}
			if q := b.query(order(n), cloud.Refused); q.Reason != reason {
				t.Errorf("queried: %+v", q)
			}
		}
		code := b.code(payment.WeChat)
		time.Sleep(time.Minute)
		if r, err := b.charge(order(1), code); err != nil || r.Outcome != cloud.Paid {
			t.Errorf("at its last moment: %+v (%v)", r, err)
		}
		refused(2, code, payment.CodeUsed)
		code = b.code(payment.Alipay)
		time.Sleep(time.Minute + time.Millisecond)
		refused(3, code, payment.CodeExpired)
		refused(4, "134567890123456789", payment.CodeInvalid)
		refused(5, "", payment.CodeInvalid)
		b.book(taken(1, payment.WeChat, false))
		b.next(sandbox.Decline) // what a bad code meets is not the customer's behaviour
		refused(6, "134567890123456788", payment.CodeInvalid)
		if phone, _ := b.Phone(); phone.Next != sandbox.Decline {
			t.Errorf("a bad code used the behaviour up: next is %s", phone.Next)
		}
		if _, _, err := b.NewCode(payment.Cash); err == nil {
			t.Error("cash has a code")
		}
		if err := b.SetNext("vanish"); err == nil {
			t.Error("any behaviour is one")
		}
	})
}

func TestTooEarlyReversal(t *testing.T) {
	in(t, func(t *testing.T, b *bench) {
		b.reverse(order(9), cloud.NotFound)
		if _, err := b.charge(order(1), b.code(payment.WeChat)); err != nil {
			t.Fatal(err)
		}
		shown, err := b.Show(t.Context(), order(2))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(15*time.Second - time.Millisecond)
		b.reverse(order(1), cloud.Busy)
		b.book(taken(1, payment.WeChat, false))
		time.Sleep(time.Millisecond)
		if r := b.reverse(order(1), cloud.Undone); r.Amount != usd {
			t.Errorf("%v is given back", r.Amount)
		}
		if r := b.reverse(order(1), cloud.Undone); r.Amount.Amount != 0 {
			t.Errorf("%v is given back again", r.Amount)
		}
		b.query(order(1), cloud.Undone)
		b.book(taken(1, payment.WeChat, true))

		time.Sleep(5*time.Minute - 15*time.Second - time.Millisecond)
		b.reverse(order(2), cloud.Busy)
		time.Sleep(time.Millisecond)
		b.reverse(order(2), cloud.Undone)
		if status, _ := b.Pay(shown.QR, payment.WeChat); status != sandbox.PayExpired {
			t.Errorf("a closed QR is %q", status)
		}
		b.book(taken(1, payment.WeChat, true))
	})
}

// The book outlives the sandbox, with what was still to happen; codes do not.
func TestReopen(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		b := open(t, dir)
		var codes []string
		for n, behaviour := range map[int]sandbox.Behaviour{1: sandbox.Approve, 2: sandbox.Password, 3: sandbox.Late, 4: sandbox.Decline} {
			b.next(behaviour)
			wallet := []payment.Wallet{payment.WeChat, payment.Alipay, payment.UnionPay}[n%3]
			code := b.code(wallet)
			codes = append(codes, code)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_, err := b.Charge(ctx, order(n), code)
			cancel()
			if err != nil && behaviour != sandbox.Late {
				t.Fatal(err)
			}
		}
		unused := b.code(payment.WeChat)
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		raw, err := os.ReadFile(filepath.Join(dir, "sandbox.db"))
		if err != nil {
			t.Fatal(err)
		}
		for _, code := range append(codes, unused) {
			if bytes.Contains(raw, []byte(code)) || bytes.Contains(raw, []byte(strings.TrimRight(code, "="))) {
				t.Error("a customer's code is in the file")
			}
		}

		b = open(t, dir)
		defer b.Close()
		synctest.Wait()
		time.Sleep(time.Second) // what was to happen meanwhile happens now
		b.book(taken(1, payment.Alipay, false), taken(2, payment.UnionPay, false), taken(3, payment.WeChat, false))
		b.query(order(4), cloud.Refused)
		if r, err := b.charge(order(5), unused); err != nil || r.Reason != payment.CodeInvalid {
			t.Errorf("a code of before: %+v (%v)", r, err)
		}
		if r, err := b.charge(order(1), b.code(payment.WeChat)); err != nil || r.Wallet != payment.Alipay {
			t.Errorf("an order of before: %+v (%v)", r, err)
		}
	})
}
