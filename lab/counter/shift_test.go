package counter_test

import (
	"strings"
	"testing"

	"till/lab/counter"
)

// A shift from its opening, which the demo leaves to the terminal, to the Z
// report, with everything in it that touches the drawer.
func TestShift(t *testing.T) {
	t.Parallel()
	d := program.Start(t)
	d.Online()
	d.Sell("1234", "wechat")
	d.SellCash("500")
	slips := d.AllOut()
	d.Home()
	kicks := d.Peripherals().Kicks
	d.Press("menu")
	d.Press("shift")
	d.Press("pay_in")
	d.Key("2", "0", "00", "enter")
	d.Press("no_sale")
	manager(d)
	d.Press("reason_change")
	d.Press("pay_out")
	manager(d)
	d.Key("9", "9", "9", "00", "enter")
	if s := d.State(); !strings.Contains(s.Message, "not that much") {
		t.Errorf("more is paid out than there is: %q", s.Message)
	}
	d.Key("esc", "1", "00", "enter")
	if n := d.Peripherals().Kicks - kicks; n != 3 {
		t.Errorf("the drawer opened %d times", n)
	}
	d.Press("x_report")
	manager(d)
	d.Printed(slips + 1)
	d.Press("close_shift")
	d.Screen("sum", soon)
	d.Key("2", "4", "00", "enter") // 20.00 paid in, 5.00 of a sale, 1.00 paid out: 24.00
	d.Printed(slips + 2)
	if s := d.State(); !s.Can("open_shift") || s.Can("close_shift") {
		t.Errorf("after its end: %+v", s.Buttons)
	}
	d.Press("z_report")
	d.Printed(slips + 3)
	home(d)
	d.SellCash("300") // opens the next one
	d.Home()
	d.Press("menu")
	d.Press("shift")
	d.Await("the next shift", soon, func(s counter.State) bool { return s.Can("close_shift") })
	d.PowerCut()
	d.Press("menu")
	d.Press("shift")
	if !d.State().Can("close_shift") {
		t.Error("a power cut closes the shift")
	}
	d.Balance()
}
