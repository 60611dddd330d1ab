package counter_test

import (
	"slices"
	"testing"
	"time"

	"till/lab/counter"
)

// behaviourWithin bounds every behaviour at pace 10, to its end for good.
const behaviourWithin = 15 * time.Second

func TestBehaviours(t *testing.T) {
	t.Parallel()
	for _, b := range []struct {
		behaviour string
		pay       string   // the phone's answer to a QR; empty: any
		ends      []string // status, any of them
		passes    string   // a status on the way of a scanned code; empty: any
		taken     int      // charges of a scanned code, whatever became of them; -1: any number
	}{
		{"approve", "paid", []string{"approved"}, "", 1},
		{"password", "asked", []string{"approved"}, "authorizing", 1},
		{"walk-away", "asked", []string{"reversed", "expired", "declined"}, "authorizing", 0},
		{"decline", "declined", []string{"declined"}, "", 0},
		{"silent", "", []string{"approved"}, "", 1},
		{"lost-reply", "paid", []string{"approved"}, "", 1},
		{"late", "", []string{"reversed", "expired", "declined"}, "checking", 1},
	} {
		t.Run(b.behaviour+", scanned", func(t *testing.T) {
			t.Parallel()
			d := program.Start(t)
			d.Online()
			d.Next(b.behaviour)
			d.Amount("1000")
			begun := time.Now()
			d.Scan(d.Code("wechat"))
			seen := d.Follow(b.behaviour, behaviourWithin, counter.State.Settled)
			s := seen[len(seen)-1]
			if !slices.Contains(b.ends, s.Last.Status) {
				t.Errorf("ends %s, want %v", s.Last.Status, b.ends)
			}
			if b.passes != "" && !slices.ContainsFunc(seen, func(s counter.State) bool { return s.LastIs(b.passes) }) {
				t.Errorf("was never %s", b.passes)
			}
			l := d.Balance()
			if took := time.Since(begun); took > behaviourWithin {
				t.Errorf("ended for good after %s, want within %s", took, behaviourWithin)
			}
			if c := l.ChargesOf(s.Last.ID); b.taken >= 0 && len(c) != b.taken {
				t.Errorf("charges %+v, want %d", c, b.taken)
			}
			approvesNext(d)
		})
		t.Run(b.behaviour+", shown", func(t *testing.T) {
			t.Parallel()
			d := program.Start(t)
			d.Online()
			s := d.ShowQR("1000")
			d.Next(b.behaviour)
			begun := time.Now()
			if says := d.Pay(s.QR); b.pay != "" && says != b.pay {
				t.Errorf("the phone says %q, want %q", says, b.pay)
			}
			s = d.Await(b.behaviour, behaviourWithin, counter.State.Settled)
			// Late money for a QR may come while it is still shown: then it is paid.
			if ends := b.ends; !slices.Contains(ends, s.Last.Status) && (b.behaviour != "late" || !s.LastIs("approved")) {
				t.Errorf("ends %s, want %v", s.Last.Status, ends)
			}
			d.Balance()
			if took := time.Since(begun); took > behaviourWithin {
				t.Errorf("ended for good after %s, want within %s", took, behaviourWithin)
			}
			approvesNext(d)
		})
	}
}

// approvesNext sees that a behaviour was for one charge only.
func approvesNext(d *counter.Demo) {
	d.Home()
	d.Sell("250", "alipay")
	d.Balance()
}

func TestPhone(t *testing.T) {
	t.Parallel()
	d := program.Start(t)
	d.Online()
	s := d.ShowQR("777")
	for _, qr := range []string{
		"", "hello", "00020101021226280012till.sandbox0108xxxxxxxx5204599953038405802US6304ABCD", s.QR + "x", s.QR[:len(s.QR)-1],
	} {
		if says := d.Pay(qr); says != "unknown" {
			t.Errorf("a QR %q of somebody else: the phone says %q", qr, says)
		}
	}
	if says := d.Pay(s.QR); says != "paid" {
		t.Errorf("the phone says %q", says)
	}
	if says := d.Pay(s.QR); says != "expired" {
		t.Errorf("paid a second time: the phone says %q", says)
	}
	d.Screen("approved", soon)
	d.Home()

	// A wallet does not close an order just shown: paid after it was cancelled, the
	// money goes back, and the cashier hears of it.
	s = d.ShowQR("888")
	d.Press("cancel")
	d.Screen("cancelled", soon)
	d.Press("done")
	d.Sell("300", "wechat")
	d.Home()
	if says := d.Pay(s.QR); says != "paid" && says != "expired" {
		t.Errorf("a cancelled QR: the phone says %q", says)
	} else if says == "paid" {
		d.Await("word of the late payment", 15*time.Second, func(s counter.State) bool {
			return s.Message == say("late_refunded", "amount", "$8.88")
		})
	}
	l := d.Balance()
	if sale, ok := l.Sale(s.Last.ID); !ok || sale.Status != "cancelled" {
		t.Errorf("the cancelled sale is %+v", sale)
	}
	if kept := l.Kept(s.Last.ID); kept != 0 {
		t.Errorf("%d are kept of a cancelled sale", kept)
	}

	// What the phone was told last counts.
	d.Next("decline")
	d.Next("approve")
	d.Sell("400", "unionpay")
	d.Home()
	d.Balance()
}
