package counter_test

import (
	"image"
	"net/http"
	"slices"
	"strings"
	"testing"

	"till/lab/counter"
)

func TestScannedSale(t *testing.T) {
	t.Parallel()
	d := program.Start(t)
	d.Online()
	var ids []string
	for i, wallet := range []string{"wechat", "alipay", "unionpay"} {
		before := d.Peripherals()
		d.Amount("1234")
		if s := d.State(); s.Entry != (counter.Money{Amount: 1234, Currency: "USD"}) || s.Sale != nil || s.Screen != "ready" {
			t.Fatalf("keyed 1234: %+v", s)
		}
		d.Scan(d.Code(wallet))
		s := d.Screen("approved", soon)
		want := counter.Sale{ID: s.Last.ID, Status: "approved", Amount: 1234, Currency: "USD", Tenders: []counter.Tender{{Wallet: wallet, Amount: 1234}}}
		if !same(*s.Last, want) || !same(*s.Sale, want) {
			t.Errorf("%s: sale %+v, last %+v, want %+v", wallet, s.Sale, s.Last, want)
		}
		if s.Entry.Amount != 0 {
			t.Errorf("%s: %d is keyed still", wallet, s.Entry.Amount)
		}
		after := d.Peripherals()
		if after.LED != "green" || after.Buzzer <= before.Buzzer || after.Kicks != before.Kicks {
			t.Errorf("%s: peripherals %+v, before %+v", wallet, after, before)
		}
		d.Printed(i + 1)
		if order := d.Order(i + 1); order != s.Last.ID+"01" {
			t.Errorf("%s: the receipt's code says %q, want the order %s01", wallet, order, s.Last.ID)
		}
		ids = append(ids, s.Last.ID)
		d.Press("done")
		if s := d.State(); s.Screen != "ready" || s.Sale != nil || s.Last == nil || s.Last.ID != ids[i] {
			t.Errorf("%s: after done: %+v", wallet, s)
		}
	}
	if led := d.Peripherals().LED; led != "off" {
		t.Errorf("on ready the light is %s", led)
	}
	if lines := strings.Count(d.Output(), "\n"); lines != 2 {
		t.Errorf("it should say where the counter is, and be quiet:\n%s", d.Output())
	}
	l := d.Balance()
	if len(l.Sales) != 3 || len(l.Charges) != 3 {
		t.Fatalf("%d sales and %d charges, want 3 and 3", len(l.Sales), len(l.Charges))
	}
	for i, wallet := range []string{"wechat", "alipay", "unionpay"} {
		c := l.ChargesOf(ids[i])
		if len(c) != 1 || c[0] != (counter.Charge{Sale: ids[i], Attempt: 1, Wallet: wallet, Amount: 1234}) {
			t.Errorf("%s: charges %+v", wallet, c)
		}
		if s, ok := l.Sale(ids[i]); !ok || s.Terminal == "" || s.Status != "approved" || s.Tenders[0].Wallet != wallet {
			t.Errorf("%s: in the ledger %+v", wallet, s)
		}
	}
}

func same(a, b counter.Sale) bool {
	return a.ID == b.ID && a.Status == b.Status && a.Amount == b.Amount && a.Currency == b.Currency && slices.Equal(a.Tenders, b.Tenders)
}

func TestShownSale(t *testing.T) {
	t.Parallel()
	d := program.Start(t)
	d.Online()
	s := d.ShowQR("777")
	if s.Sale == nil || s.Sale.Amount != 777 {
		t.Errorf("the sale on the screen is %+v", s.Sale)
	}
	if text := d.ReadCode(d.Get("/terminal/screen.png")); text != s.QR {
		t.Errorf("zbarimg reads %q from the screen, state.json says %q", text, s.QR)
	}
	if status := d.Pay(s.QR); status != "paid" {
		t.Errorf("the phone says %q", status)
	}
	s = d.Screen("approved", soon)
	if s.QR != "" {
		t.Errorf("an approved sale still has the QR %q", s.QR)
	}
	d.Printed(1)
	if order := d.Order(1); order != s.Last.ID+"01" {
		t.Errorf("the receipt's code says %q, want %s01", order, s.Last.ID)
	}
	if len(d.Get("/terminal/receipt.bin")) == 0 {
		t.Error("the receipt has no bytes")
	}
	l := d.Balance()
	if c := l.ChargesOf(s.Last.ID); len(c) != 1 || c[0].Amount != 777 {
		t.Errorf("charges %+v", c)
	}
}

func TestCash(t *testing.T) {
	t.Parallel()
	d := program.Start(t)
	d.Online()
	tests := []struct {
		name   string
		amount string
		pay    func()
		due    int64
	}{
		{"exact", "1234", func() { d.Press("exact") }, 1234},
		{"enter without a tendered amount is exact", "500", func() { d.Key("enter") }, 500},
		{"a note", "1234", func() { d.Press("note_2000") }, 1234},
		{"keyed, with change", "1234", func() { d.Key("5", "0", "00"); d.Key("enter") }, 1234},
		{"keyed, to the cent", "99", func() { d.Amount("99"); d.Key("enter") }, 99},
		{"too little first", "1234", func() {
			d.Amount("1233")
			d.Key("enter")
			if s := d.State(); s.Screen != "cash" || s.Can("enter") {
				t.Errorf("1233 tendered of 1234: %s, enter %t", s.Screen, s.Can("enter"))
			}
			d.Key("backspace", "4", "enter")
		}, 1234},
		{"back to cash after a step back", "1234", func() {
			d.Key("5")
			d.Key("esc")
			d.Key("esc")
			if s := d.State(); s.Screen != "ready" || s.Entry.Amount != 1234 {
				t.Errorf("esc twice: %s with %d keyed", s.Screen, s.Entry.Amount)
			}
			d.Press("cash")
			d.Press("cancel")
			d.Press("cash")
			d.Press("exact")
		}, 1234},
		{"the largest amount", "99999999", func() { d.Press("exact") }, 99999999},
	}
	for i, test := range tests {
		d.Amount(test.amount)
		d.Press("cash")
		test.pay()
		s := d.State()
		if s.Screen != "approved" || s.Last == nil || s.Last.Status != "approved" || s.Last.Amount != test.due ||
			!slices.Equal(s.Last.Tenders, []counter.Tender{{Wallet: "cash", Amount: test.due}}) {
			t.Fatalf("%s: %s with %+v", test.name, s.Screen, s.Last)
		}
		if kicks := d.Peripherals().Kicks; kicks != i+1 {
			t.Errorf("%s: the drawer opened %d times, want %d", test.name, kicks, i+1)
		}
		d.Printed(i + 1)
		if order := d.Order(i + 1); !strings.HasPrefix(order, s.Last.ID) {
			t.Errorf("%s: the receipt's code says %q, want sale %s", test.name, order, s.Last.ID)
		}
		d.Press("done")
	}
	l := d.Balance()
	if len(l.Sales) != len(tests) || len(l.Charges) != 0 {
		t.Errorf("%d sales and %d charges, want %d and none", len(l.Sales), len(l.Charges), len(tests))
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	d := program.Start(t)
	d.Online()
	for _, test := range []struct {
		keys string
		want int64
	}{
		{"1 2 3 4", 1234},
		{"0", 0},
		{"00", 0},
		{"0 00 7", 7},
		{"1 . 5", 15},
		{".", 0},
		{"5 00", 500},
		{"1 2 backspace", 1},
		{"backspace", 0},
		{"1 backspace backspace 3", 3},
		{"1 2 esc", 0},
		{"esc", 0},
		{"9 9 9 9 9 9 9 9", 99999999},
		{"9 9 9 9 9 9 9 9 9", 99999999},
		{"9 9 9 9 9 9 9 00", 9999999},
		{"enter", 0},
	} {
		d.Key("esc")
		d.Key(strings.Fields(test.keys)...)
		s := d.State()
		if s.Screen != "ready" || s.Entry.Amount != test.want || s.Sale != nil {
			t.Errorf("%s: %s with %d keyed, want ready with %d", test.keys, s.Screen, s.Entry.Amount, test.want)
		}
	}
	d.Key("esc")
	d.Key("9", "9", "9", "9", "9", "9", "9", "9", "9")
	if m := d.State().Message; m != say("amount_too_large") {
		t.Errorf("beyond the largest amount: message %q", m)
	}
	d.Key("esc", "7")
	d.Key("enter") // the screen's main button is Show QR
	d.Screen("qr", soon)
	d.Press("cancel")
	d.Home()
	d.Balance()
}

func TestTouch(t *testing.T) {
	t.Parallel()
	d := program.Start(t)
	d.Online()
	middle := func(id string) (int, int) {
		b, ok := d.State().Button(id)
		if !ok {
			t.Fatalf("no button %s", id)
		}
		p := b.Rect().Min.Add(b.Rect().Max).Div(2)
		return p.X, p.Y
	}
	touch := func(value string) int {
		return d.Do(http.MethodPost, "/terminal/touch", []byte(value)).Status
	}
	if s := d.State(); s.Can("qr") || s.Can("cash") || !s.Can("menu") {
		t.Errorf("with nothing keyed: %+v", s.Buttons)
	}
	for _, b := range []string{"qr", "cash", "exact", "done", "cancel", "", "nothing", "QR", strings.Repeat("q", 64), strings.Repeat("q", 65), "二", "qr\x00"} {
		want := http.StatusConflict
		if b == "" || len(b) > 64 {
			want = http.StatusBadRequest
		}
		if a := d.Do(http.MethodPost, "/terminal/touch", mustJSON(t, map[string]string{"button": b})); a.Status != want || a.Error() == "" {
			t.Errorf("button %q: %d %q, want %d", b, a.Status, a.Body, want)
		}
	}
	d.Tap(middle("qr")) // disabled: nothing
	d.Tap(0, 0)         // the status bar: nothing
	d.Tap(799, 479)
	if s := d.State(); s.Screen != "ready" || s.Last != nil {
		t.Fatalf("touches beside every button lead to %s", s.Screen)
	}
	for _, k := range []string{"1", "2", "3", "4", "00", "backspace"} {
		d.Tap(middle(k))
	}
	if s := d.State(); s.Entry.Amount != 12340 {
		t.Errorf("touched 1 2 3 4 00 backspace: %d", s.Entry.Amount)
	}
	d.Press("backspace")
	d.Press("5")
	if s := d.State(); s.Entry.Amount != 12345 {
		t.Errorf("pressed backspace 5: %d", s.Entry.Amount)
	}
	for _, body := range []string{
		`{}`, `null`, `[]`, `""`, `1`, ``, `{`, `{"x":1}`, `{"y":1}`, `{"x":-1,"y":0}`, `{"x":0,"y":-1}`, `{"x":800,"y":0}`,
		`{"x":0,"y":480}`, `{"x":1.5,"y":2}`, `{"x":"1","y":2}`, `{"x":1e400,"y":2}`, `{"x":99999999999999999999,"y":2}`,
		`{"x":-2147483649,"y":2}`, `{"x":1,"y":2,"z":3}`, `{"x":1,"y":2,"button":"qr"}`, `{"button":null}`, `{"button":7}`,
		`{"button":"cash"}}`, `{"button":"cash"} x`, `{"button":"cash"}{"button":"exact"}`, strings.Repeat("[", 60000),
	} {
		if status := touch(body); status != http.StatusBadRequest {
			t.Errorf("touch %.60s: %d, want 400", body, status)
		}
	}
	if s := d.State(); s.Screen != "ready" || s.Entry.Amount != 12345 {
		t.Fatalf("bad touches lead to %s with %d", s.Screen, s.Entry.Amount)
	}
	d.Tap(middle("cash"))
	d.Tap(middle("exact"))
	if s := d.State(); s.Screen != "approved" || s.Last.Amount != 12345 {
		t.Errorf("touched cash and exact: %s, %+v", s.Screen, s.Last)
	}
	d.Tap(middle("done"))
	if s := d.State(); s.Screen != "ready" {
		t.Errorf("touched done: %s", s.Screen)
	}
	d.Balance()
}

// TestLeaving leaves results in every way there is.
func TestLeaving(t *testing.T) {
	t.Parallel()
	d := program.Start(t)
	d.Online()
	for _, leave := range []struct {
		name  string
		do    func()
		entry int64
	}{
		{"done", func() { d.Press("done") }, 0},
		{"enter", func() { d.Key("enter") }, 0},
		{"esc", func() { d.Key("esc") }, 0},
		{"a digit", func() { d.Key("7") }, 7},
		{"00", func() { d.Key("00") }, 0},
	} {
		d.SellCash("100")
		leave.do()
		if s := d.State(); s.Screen != "ready" || s.Entry.Amount != leave.entry || s.Sale != nil || !s.LastIs("approved") {
			t.Errorf("approved, then %s: %s with %d keyed", leave.name, s.Screen, s.Entry.Amount)
		}
		d.Key("esc")

		d.Next("decline")
		d.Amount("200")
		d.Scan(d.Code("alipay"))
		if s := d.Screen("declined", soon); s.Last.Status != "declined" {
			t.Errorf("declined: %+v", s.Last)
		}
		if led := d.Peripherals().LED; led != "red" {
			t.Errorf("declined: the light is %s", led)
		}
		if leave.name == "enter" {
			d.Press("cancel") // enter presses the main button, which may go on with the sale
		} else {
			leave.do()
		}
		if s := d.State(); s.Screen != "ready" || s.Entry.Amount != leave.entry || s.Sale != nil || !s.LastIs("declined") {
			t.Errorf("declined, then %s: %s with %d keyed", leave.name, s.Screen, s.Entry.Amount)
		}
		d.Key("esc")
	}
	// A result leaves by itself.
	d.SellCash("300")
	d.Screen("ready", 2*8*1e9)
	d.Balance()
}

// TestSecondTry pays a declined sale another way: by another code, by QR, in cash.
func TestSecondTry(t *testing.T) {
	t.Parallel()
	d := program.Start(t)
	d.Online()
	for _, second := range []struct {
		name string
		do   func()
	}{
		{"scan", func() { d.Scan(d.Code("alipay")) }},
		{"qr", func() {
			d.Press("qr")
			d.Pay(d.Await("a QR", soon, func(s counter.State) bool { return s.QR != "" }).QR)
		}},
		{"cash", func() { d.Press("cash"); d.Press("exact") }},
	} {
		d.Next("decline")
		d.Amount("450")
		d.Scan(d.Code("wechat"))
		declined := d.Screen("declined", soon)
		second.do()
		s := d.Screen("approved", soon)
		if s.Last.ID != declined.Last.ID || s.Last.Amount != 450 {
			t.Errorf("%s: it is another sale: %+v, %+v", second.name, s.Last, declined.Last)
		}
		d.Home()
	}
	l := d.Balance()
	if len(l.Sales) != 3 || len(l.Charges) != 2 {
		t.Errorf("%d sales, %d charges, want 3 and 2", len(l.Sales), len(l.Charges))
	}
}

// TestScreens walks over the screens and looks at every one.
func TestScreens(t *testing.T) {
	t.Parallel()
	d := program.Start(t, counter.Args("-pace", "4"))
	d.Online()
	look := func(screen string) {
		t.Helper()
		s := d.State()
		if s.Screen != screen {
			t.Fatalf("the screen is %s, want %s", s.Screen, screen)
		}
		if len(s.Buttons) == 0 {
			t.Errorf("%s: no button at all", screen)
		}
		panel := image.Rect(0, 0, 800, 480)
		for i, b := range s.Buttons {
			if b.ID == "" || b.Label == "" || !b.Rect().In(panel) || b.W < 60 || b.H < 40 {
				t.Errorf("%s: button %+v", screen, b)
			}
			for _, other := range s.Buttons[:i] {
				if b.Rect().Overlaps(other.Rect()) || b.ID == other.ID {
					t.Errorf("%s: buttons %+v and %+v", screen, b, other)
				}
			}
		}
		m := d.Picture("/terminal/screen.png")
		if m.Bounds() != panel {
			t.Errorf("%s: the picture is %v", screen, m.Bounds())
		}
		colours := map[[3]uint32]bool{}
		for y := range 480 {
			for x := range 800 {
				r, g, b, _ := m.At(x, y).RGBA()
				colours[[3]uint32{r, g, b}] = true
			}
		}
		if len(colours) < 3 {
			t.Errorf("%s: the picture is blank", screen)
		}
	}
	look("ready")
	d.Press("menu")
	look("menu")
	if a := d.TryScan([]byte(d.Code("wechat"))); a.Status != http.StatusNoContent || d.State().Message != say("scan_not_expected") {
		t.Errorf("a scan in the menu: %d, message %q", a.Status, d.State().Message)
	}
	d.Press("status")
	look("status")
	d.Key("esc")
	look("menu")
	d.Key("esc")
	look("ready")
	d.SellCash("1000")
	look("approved")
	d.Printed(1)
	d.Press("done")
	d.Press("menu")
	d.Press("reprint")
	d.Printed(2)
	if one, two := d.Order(1), d.Order(2); one != two {
		t.Errorf("the copy says %s, the receipt %s", two, one)
	}
	d.Press("sales")
	look("list")
	s := d.State()
	i := slices.IndexFunc(s.Buttons, func(b counter.Button) bool { return strings.HasPrefix(b.ID, "sale_") })
	if i < 0 {
		t.Fatalf("the list has no row: %+v", s.Buttons)
	}
	d.Press(s.Buttons[i].ID)
	look("sale")
	d.Press("cancel")
	look("list")
	d.Key("esc")
	d.Key("esc")
	look("ready")
	d.Amount("1200")
	d.Press("cash")
	look("cash")
	d.Key("esc")
	d.Key("esc")
	d.ShowQR("1300")
	look("qr")
	d.Press("cancel")
	d.Screen("cancelled", soon)
	look("cancelled")
	d.Home()
	d.Next("decline")
	d.Amount("1400")
	d.Scan(d.Code("alipay"))
	d.Screen("declined", soon)
	look("declined")
	d.Home()

	// Unresolved, and parked by a manager.
	d.Next("late")
	d.Amount("1500")
	d.Scan(d.Code("wechat"))
	look("charging")
	d.Screen("checking", soon)
	look("checking")
	if led := d.Peripherals().LED; led != "amber" {
		t.Errorf("checking: the light is %s", led)
	}
	late := d.State().Last.ID
	d.Press("park")
	look("pin")
	d.Amount("9999")
	d.Key("enter")
	if s := d.State(); s.Screen != "pin" || s.Message != say("pin_wrong") {
		t.Errorf("a wrong PIN: %s, message %q", s.Screen, s.Message)
	}
	d.Amount("2580")
	d.Press("enter")
	look("park")
	slips := d.AllOut()
	d.Press("goods")
	look("parked")
	if s := d.State(); !s.LastIs("parked") {
		t.Errorf("parked: %+v", s.Last)
	}
	d.Printed(slips + 1)
	d.Press("done")
	d.Sell("1600", "alipay") // the counter goes on meanwhile
	d.Home()
	d.Link(false)
	d.Await("off line", 15*1e9, func(s counter.State) bool { return !s.Online })
	d.Amount("1700")
	d.Scan(d.Code("wechat"))
	look("offline")
	d.Press("cancel")
	look("ready")
	d.Link(true)
	d.Online()
	l := d.Balance()
	if s, ok := l.Sale(late); !ok || !slices.Contains(counter.Final, s.Status) {
		d.Await("the parked sale's end", 15*1e9, func(counter.State) bool {
			s, ok := d.Ledger().Sale(late)
			return ok && slices.Contains(counter.Final, s.Status)
		})
	}
	d.Balance()
}
