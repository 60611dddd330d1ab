package counter_test

import (
	"bytes"
	"image/png"
	"strings"
	"testing"

	"till/lab/counter"
)

// open shows the newest sale, as a cashier who finds it in the list.
func open(d *counter.Demo) {
	d.Press("menu")
	d.Press("sales")
	s := d.State()
	for _, b := range s.Buttons {
		if strings.HasPrefix(b.ID, "sale_") && strings.HasSuffix(b.ID, s.Last.ID) {
			d.Press(b.ID)
			return
		}
	}
	d.Fail("the newest sale is not in the list: %+v", s.Buttons)
}

func manager(d *counter.Demo) {
	d.Key("2", "5", "8", "0", "enter")
}

func home(d *counter.Demo) {
	d.Key("esc", "esc", "esc")
	d.Screen("ready", soon)
}

func TestRefundInPartsAndWhole(t *testing.T) {
	t.Parallel()
	d := program.Start(t)
	d.Online()
	d.Amount("1234")
	d.Scan(d.Code("wechat"))
	s := d.Screen("approved", soon)
	id := s.Last.ID
	d.Printed(1)
	d.Press("done")
	open(d)
	d.Press("refund")
	manager(d)
	d.Screen("refund", soon)
	d.Key("2", "00")
	d.Press("refund")
	d.Await("the money is back", soon, func(s counter.State) bool { return strings.Contains(s.Message, "$2.00 went back") })
	d.Printed(2)
	if _, err := png.Decode(bytes.NewReader(d.Get("/terminal/receipt.png"))); err != nil {
		t.Error(err)
	}
	l := d.Balance()
	if sale, _ := l.Sale(id); sale.Status != "approved" || sale.Refunded != 200 {
		t.Errorf("after a part: %+v", sale)
	}
	if c := l.ChargesOf(id); len(c) != 1 || c[0].Refunded != 200 || c[0].Reversed {
		t.Errorf("after a part: %+v", c)
	}
	d.Press("refund")
	manager(d)
	d.Press("all")
	d.Await("the rest is back", soon, func(s counter.State) bool { return s.LastIs("refunded") })
	d.Printed(3)
	if d.State().Can("refund") {
		t.Error("nothing is left, and more can be refunded")
	}
	l = d.Balance()
	if sale, _ := l.Sale(id); sale.Status != "refunded" || sale.Refunded != 1234 {
		t.Errorf("after all of it: %+v", sale)
	}
	if c := l.ChargesOf(id); len(c) != 1 || c[0].Refunded != 1234 {
		t.Errorf("after all of it: %+v", c)
	}
	home(d)
}

func TestVoid(t *testing.T) {
	t.Parallel()
	d := program.Start(t)
	d.Online()
	d.Amount("500")
	d.Scan(d.Code("alipay"))
	id := d.Screen("approved", soon).Last.ID
	d.Printed(1)
	d.Press("done")
	d.Press("menu")
	d.Scan(id + "01") // the receipt
	d.Screen("sale", soon)
	d.Press("void")
	manager(d)
	d.Screen("void", soon)
	d.Press("void")
	d.Await("it is voided", behaviourWithin, func(s counter.State) bool { return s.LastIs("voided") })
	d.Printed(2)
	l := d.Balance()
	if sale, _ := l.Sale(id); sale.Status != "voided" || sale.Refunded != 0 {
		t.Errorf("%+v", sale)
	}
	if c := l.ChargesOf(id); len(c) != 1 || !c[0].Reversed || c[0].Refunded != 0 {
		t.Errorf("%+v", c)
	}
	home(d)
	// Cash goes back at once, and the drawer opens for it.
	d.Amount("300")
	d.Press("cash")
	d.Press("exact")
	d.Printed(3)
	d.Press("done")
	before := d.Peripherals().Kicks
	open(d)
	d.Press("void")
	manager(d)
	d.Press("void")
	if s := d.State(); !s.LastIs("voided") || d.Peripherals().Kicks != before+1 {
		t.Errorf("cash: %+v, %d kicks", s.Last, d.Peripherals().Kicks-before)
	}
	d.Printed(4)
	d.Balance()
}

// A refund that is asked for with the cable out goes through once it is back,
// also when the power goes meanwhile.
func TestRefundOffLine(t *testing.T) {
	t.Parallel()
	d := program.Start(t)
	d.Online()
	d.Amount("700")
	d.Scan(d.Code("unionpay"))
	id := d.Screen("approved", soon).Last.ID
	d.Printed(1)
	d.Press("done")
	d.Link(false)
	open(d)
	d.Press("refund")
	manager(d)
	d.Press("all")
	if s := d.State(); !strings.Contains(s.Message, "No connection") || !s.LastIs("approved") {
		t.Errorf("off line: %q, %+v", s.Message, s.Last)
	}
	d.PowerCut()
	d.Link(true)
	d.Await("it is refunded", behaviourWithin, func(s counter.State) bool { return s.LastIs("refunded") })
	l := d.Balance()
	if c := l.ChargesOf(id); len(c) != 1 || c[0].Refunded != 700 {
		t.Errorf("%+v", c)
	}
}
