package checkout_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"till/checkout"
	"till/payment"
	"till/words"
)

var update = flag.Bool("update", false, "write the outcomes into the stories of testdata")

// Codes of customers and of things, by the names that stories use.
var codes = map[string]string{
	"wechat":   "134567890123456789",
	"wechat2":  "134567890123456790",
	"alipay":   "2812345678901234",
	"hongkong": "151234567890123456",
	"product":  "6901234567892",
	"upc":      "0012345678905",
	"no_upc":   "0012345678912",
	"link":     "https://example.org/menu",
	"short":    "13456789012345678",
	"nothing":  "",
	"mainland": "6212345678901234567",
}

// bill is a wallet's own number of a payment, in the customer's bill.
const bill = "4200002418202611249876543210"

var settings = checkout.Settings{Currency: "USD", Cashier: "Mei", Managed: true, Rows: 2}

// Operators of the stories, by PIN and badge.
var operators = map[string]payment.Operator{
	"1111": {ID: "mei", Name: "Mei", Role: payment.Cashier}, "MEI-0000-0001": {ID: "mei", Name: "Mei", Role: payment.Cashier},
	"2580": {ID: "li", Name: "Li", Role: payment.Manager}, "LI-00000-0002": {ID: "li", Name: "Li", Role: payment.Manager},
}

// counter is a terminal on a counter, driven by the lines of a story.
type counter struct {
	t        *testing.T
	fake     *checkout.Fake
	register *checkout.Register
	settings checkout.Settings
	at       time.Time
	boot     int
	sales    int
}

func newCounter(t *testing.T) *counter {
	c := &counter{t: t, fake: checkout.NewFake(), settings: settings, at: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}
	c.fake.Operators = operators
	c.openShift()
	c.start()
	return c
}

// openShift has a shift be open that was opened with nothing in the drawer, before the story.
func (c *counter) openShift() {
	opened := payment.Event{Kind: payment.ShiftOpened, Shift: 1, Currency: settings.Currency}
	if _, err := c.fake.Append(payment.Stamp{Boot: "0"}, opened); err != nil {
		c.t.Fatal(err)
	}
	c.fake.Did = nil
}

func (c *counter) start() {
	c.boot++
	c.register = &checkout.Register{
		State: c.fake.Boot(c.settings), Journal: c.fake, Gateway: c.fake, Printer: c.fake, Body: c.fake, Doctor: c.fake, Guard: c.fake, PINs: c.fake, Trainer: c.fake,
	}
	_ = c.handle(checkout.Booted{}) // a start that cannot commit shows it
}

func (c *counter) now() checkout.Now {
	c.sales++
	return checkout.Now{
		At: c.at, Stamp: payment.Stamp{Boot: strconv.Itoa(c.boot), Time: c.at},
		Fresh: payment.SaleID(fmt.Sprintf("01JD%022d", c.sales)),
	}
}

func (c *counter) handle(e checkout.Event) error {
	c.at = c.at.Add(time.Millisecond)
	return c.register.Handle(e, c.now())
}

// wait lets time pass, and each deadline with it.
func (c *counter) wait(d time.Duration) error {
	end := c.at.Add(d)
	for range 1000 {
		left, due := c.register.Wait(c.at)
		if !due || c.at.Add(left).After(end) {
			c.at = end
			return nil
		}
		c.at = c.at.Add(left)
		if err := c.register.Handle(checkout.Ticked{}, c.now()); err != nil {
			return err
		}
	}
	return errors.New("a deadline comes again and again")
}

// do is one line of a story. Several words after key, press and scan are one each.
func (c *counter) do(line string) error {
	verb, rest, _ := strings.Cut(line, " ")
	args := strings.Fields(rest)
	each := func(event func(string) checkout.Event) error {
		for _, a := range args {
			if err := c.handle(event(a)); err != nil {
				return err
			}
		}
		return nil
	}
	switch verb {
	case "key":
		return each(func(a string) checkout.Event { return checkout.Keyed{Key: a} })
	case "press":
		return each(func(a string) checkout.Event { return checkout.Pressed{Button: a} })
	case "row": // of the list, from 1
		n, err := strconv.Atoi(rest)
		rows := c.register.State.OnPage()
		if err != nil || n > len(rows) {
			return fmt.Errorf("row %q of %d", rest, len(rows))
		}
		return c.handle(checkout.Pressed{Button: checkout.RowID(rows[n-1].ID)})
	case "scan":
		return each(func(a string) checkout.Event { return checkout.Scanned{Data: []byte(codes[a])} })
	case "answer":
		return c.answer(args)
	case "refund": // the gateway's word on the newest refund of the newest sale, or on refund n
		return c.refund(args)
	case "receipt": // of the newest sale, held before the scanner
		sales := c.fake.Sales()
		return c.handle(checkout.Scanned{Data: []byte(payment.NewOrder(sales[len(sales)-1].ID, 1))})
	case "unknown": // a receipt of another shop
		return c.handle(checkout.Scanned{Data: []byte("01JDEERS3W8H5T2V9K4M6N7P8R")})
	case "bill": // in the customer's wallet
		return c.handle(checkout.Scanned{Data: []byte(bill)})
	case "sought": // the gateway's word on what was looked for last
		return c.handle(c.sought(rest))
	case "order": // of a cash register: its key, and the amount
		amount, err := strconv.ParseInt(args[1], 10, 64)
		if err != nil {
			return err
		}
		return c.handle(checkout.Ordered{Order: checkout.Order{Key: args[0], Amount: amount}})
	case "cancel": // by the cash register, the order of this key
		return c.handle(checkout.OrderCancelled{Key: rest})
	case "day": // passes
		c.at = c.at.Add(24 * time.Hour)
	case "link":
		return c.handle(checkout.LinkChanged{Online: rest == "up"})
	case "online":
		return errors.Join(c.handle(checkout.ClockLearned{Offset: time.Hour}), c.handle(checkout.LinkChanged{Online: true}))
	case "wait":
		d, err := time.ParseDuration(rest)
		if err != nil {
			return err
		}
		return c.wait(d)
	case "paper":
		for _, p := range c.fake.Paper() {
			if err := c.handle(p); err != nil {
				return err
			}
		}
		return nil
	case "torn":
		return c.handle(checkout.Printed{Sale: c.register.State.Last, Receipt: c.register.State.Receipt, Failed: true})
	case "examined": // so many checks, of which the first failed
		n, err := strconv.Atoi(rest)
		checks := make([]checkout.Check, n)
		if n > 0 {
			checks[0] = checkout.Check{State: checkout.CheckFailed}
		}
		return errors.Join(err, c.handle(checkout.Examined{Checks: checks, Report: "report", Why: words.Sentence{Key: "doctor_no_report", Args: []string{"why", "busy"}}}))
	case "lost":
		for _, p := range c.fake.Paper() {
			if p.Receipt == 0 {
				continue
			}
			sale, _, err := c.fake.Sale(p.Sale)
			if err := errors.Join(err, c.handle(checkout.Doubted{Sale: sale})); err != nil {
				return err
			}
		}
		return nil
	case "printer":
		return c.handle(checkout.PrinterChanged{Printer: checkout.PrinterState(rest)})
	case "refused":
		return c.handle(checkout.Refused{Why: rest})
	case "broken":
		c.fake.FailAppend = errors.New("disk full")
	case "mended":
		c.fake.FailAppend = nil
	case "unreadable":
		c.fake.FailRead = errors.New("bad page")
	case "currency":
		c.settings.Currency = rest
		c.start()
	case "trade":
		c.settings.Trade = checkout.Trade{
			TaxRate: 875, Departments: []checkout.Department{{Name: "Books 书籍", TaxRate: 875}, {Name: "Food 食品"}},
			Discounts: []int{500, 1000}, Unasked: 1000, Tips: []int{1500, 1800, 2000},
		}
		c.start()
	case "catalogue":
		c.settings.Trade = checkout.Trade{TaxRate: 1000, Catalogue: []checkout.Product{
			{Barcode: codes["product"], Name: "Tea 茶", Price: 350}, {Barcode: "012345678905", Name: "Book 书", Price: 2000, TaxRate: 1000},
			{Name: "Postcard 明信片", Price: 100, TaxRate: 1000},
		}}
		c.start()
	case "tenders": // no Alipay; cash up to 5.00, wallets up to 8.00
		c.settings.Trade = checkout.Trade{Closed: []payment.Wallet{payment.Alipay}, CashLimit: 500, WalletLimit: 800}
		c.start()
	case "cashonly":
		c.settings.Trade = checkout.Trade{Closed: []payment.Wallet{payment.WeChat, payment.Alipay, payment.UnionPay}}
		c.start()
	case "asked": // a receipt is printed where somebody asks for it
		c.settings.PaperAsked = true
		c.start()
	case "phone": // receipts have a page
		c.settings.ReceiptURL = "https://r.example/"
		c.start()
	case "new": // a terminal that never had a shift
		c.fake = checkout.NewFake()
		c.fake.Operators = operators
		c.start()
	case "autoshift":
		c.settings.AutoShift = true
		c.start()
	case "nopin":
		c.settings.Managed = false
		c.start()
	case "operators": // sign on, and are signed off when nobody comes for 5 minutes
		c.settings.SignOn, c.settings.LockAfter = true, 5*time.Minute
		c.start()
	case "practice": // this is where operators train
		c.settings.Practice = true
		c.start()
	case "touched":
		return c.handle(checkout.Touched{})
	case "mei": // is signed on at each start
		c.settings.SignOn, c.settings.SignsOn = true, operators["1111"]
		c.start()
	case "resets": // are possible
		c.settings.Resets = true
		c.start()
	case "given": // or why not, and what is to be keyed again
		switch len(args) {
		case 0:
			return c.handle(checkout.PINGiven{})
		case 2:
			return c.handle(checkout.PINGiven{Why: words.Key(args[0]), Again: checkout.ResetStage(args[1]), Wrong: args[0] == "reset_wrong"})
		}
		return errors.New("given WHY STAGE")
	case "badge":
		return each(func(a string) checkout.Event { return checkout.Scanned{Data: []byte(a)} })
	case "reboot":
		c.start()
	case "buttons":
	default:
		return fmt.Errorf("a story cannot %q", verb)
	}
	return nil
}

// answer is "answer status [option…]": the gateway's word on the newest attempt
// of the newest sale, or of the one that options name.
func (c *counter) answer(args []string) error {
	sales := c.fake.Sales()
	sale := sales[len(sales)-1]
	attempt := len(sale.Attempts)
	var change []func(*payment.Answer)
	for _, option := range args[1:] {
		name, value, _ := strings.Cut(option, "=")
		n, _ := strconv.Atoi(value) // zero for words
		switch name {
		case "sale":
			sale = sales[n-1]
			attempt = len(sale.Attempts)
		case "attempt":
			attempt = n
		case "rev":
			change = append(change, func(a *payment.Answer) { a.Rev = n })
		case "amount":
			change = append(change, func(a *payment.Answer) { a.Amount = int64(n) })
		case "currency":
			change = append(change, func(a *payment.Answer) { a.Currency = value })
		case "reason":
			change = append(change, func(a *payment.Answer) { a.Reason = payment.Reason(value) })
		case "late":
			change = append(change, func(a *payment.Answer) { a.Late = true })
		default:
			return fmt.Errorf("an answer has no %q", name)
		}
	}
	answer, err := c.fake.Answer(payment.NewOrder(sale.ID, attempt), payment.AttemptStatus(args[0]))
	if err != nil {
		return err
	}
	for _, f := range change {
		f(&answer)
	}
	return c.handle(checkout.Told{Answer: answer})
}

// sought is "sought found", another terminal's sale of which 900 is left, "sought
// ours", the newest here, "sought broken", or why there is none.
func (c *counter) sought(what string) checkout.Sought {
	e := checkout.Sought{Reason: payment.Reason(what)}
	for _, did := range c.fake.Did {
		if s, ok := did.(checkout.Seek); ok {
			e.Text = s.Text
		}
	}
	found := elsewhere()
	switch what {
	case "found":
		e.Sale, e.Reason = found, ""
	case "ours":
		sales := c.fake.Sales()
		found.Sale = sales[len(sales)-1].ID
		e.Sale, e.Reason = found, ""
	case "broken":
		found.Parts = nil
		e.Sale, e.Reason = found, ""
	}
	return e
}

// elsewhere is a sale of another terminal, of which 900 is left.
func elsewhere() *payment.Elsewhere {
	const other = payment.SaleID("01JDEERS3W8H5T2V9K4M6N7P8R")
	return &payment.Elsewhere{
		Sale: other, Terminal: "till-2", Receipt: 77, Total: payment.Money{Amount: 1000, Currency: "USD"}, Given: 100,
		Parts: []payment.Part{{Order: payment.NewOrder(other, 2), Wallet: payment.WeChat, Left: 900}},
	}
}

// refund is "refund status [n] [rev=n] [reason=r]".
func (c *counter) refund(args []string) error {
	sales := c.fake.Sales()
	sale := sales[len(sales)-1]
	n, rev, reason := len(sale.Refunds), 0, payment.ReasonNone
	for _, option := range args[1:] {
		name, value, _ := strings.Cut(option, "=")
		switch name {
		case "rev":
			rev, _ = strconv.Atoi(value) // a story's own
		case "reason":
			reason = payment.Reason(value)
		default:
			n, _ = strconv.Atoi(name) // likewise
		}
	}
	answer, err := c.fake.AnswerRefund(payment.NewRefundID(sale.ID, n), payment.RefundStatus(args[0]))
	if err != nil {
		return err
	}
	answer.Reason = reason
	if rev != 0 {
		answer.Rev = rev
	}
	return c.handle(checkout.RefundTold{Answer: answer})
}

// outcome says where the counter stands, and what it did on the way.
func (c *counter) outcome(line string, did []checkout.Effect, err error) string {
	s := c.register.State
	if line == "buttons" {
		return buttons(s)
	}
	words := []string{string(s.Screen)}
	if sale, ok := s.OnScreen(); ok {
		words = append(words, string(sale.Status()))
	}
	add := func(name string, value any) { words = append(words, fmt.Sprintf("%s=%v", name, value)) }
	if s.Entry != 0 {
		add("entry", s.Entry)
	}
	if n := len(s.Taken.Items); n > 0 {
		add("items", n)
	}
	if s.Hold != 0 {
		add("hold", s.Hold)
	}
	if due := s.Due().Amount; s.Begun() && due != s.Entry {
		add("due", due)
	}
	if s.Tendered != 0 {
		add("tendered", s.Tendered)
	}
	if s.Digits != "" {
		add("digits", len(s.Digits))
	}
	if s.Keyed != 0 {
		add("keyed", s.Keyed)
	}
	if s.Screen == checkout.Resetting {
		add("stage", s.Reset.Stage)
	}
	if s.Screen == checkout.DrawerSum {
		add("asks", s.Asked)
	}
	if on := s.Counter.Desk.On; on.ID != "" {
		add("on", on.ID)
	}
	if d := s.Counter.Shift; s.Screen == checkout.ShiftScreen {
		add("shift", d.Number)
		add("open", d.Open)
		add("drawer", d.Expected())
	}
	if sale, ok := s.SelectedSale(); ok && s.Screen == checkout.OneSale && len(sale.Refunds) > 0 {
		add("sale", sale.Status())
	}
	if qr := s.ReceiptQR(); qr != "" {
		add("qr", strings.TrimLeft(qr[len("https://r.example/01JD"):], "0"))
	}
	if s.Screen == checkout.Sales {
		add("rows", len(s.OnPage()))
	}
	c.said(s.Message)
	c.said(s.FaultText)
	if s.Message.Key != "" {
		add("says", s.Message.Key)
	}
	if s.FaultText.Key != "" {
		add("fault", s.FaultText.Key)
	}
	var effects []string
	for _, e := range did {
		effects = append(effects, c.effect(e))
	}
	if err != nil {
		effects = append(effects, "ERROR "+err.Error())
	}
	text := strings.Join(words, " ")
	if len(effects) > 0 {
		text += " : " + strings.Join(effects, ", ")
	}
	return text
}

// said holds that a sentence is in the catalogue, and all its arguments are filled in.
func (c *counter) said(s words.Sentence) {
	for _, lang := range words.Langs {
		if text := s.In(lang); s.Key != "" && (text == string(s.Key) || strings.Contains(text, "{")) {
			c.t.Errorf("%s is said as %q", s.Key, text)
		}
	}
}

func buttons(s checkout.State) string {
	var all []string
	for _, b := range s.Buttons() {
		text := b.ID
		if strings.HasPrefix(text, "sale_") {
			text = "row"
		}
		if b.Main {
			text += "*"
		}
		if !b.Enabled {
			text = "(" + text + ")"
		}
		all = append(all, text)
	}
	if s.Keypad() {
		all = append(all, "keypad")
	}
	return strings.Join(all, " ")
}

func (c *counter) effect(e checkout.Effect) string {
	attempt := func(o payment.Order) string { _, n, _ := o.Split(); return strconv.Itoa(n) } // orders of our own
	switch e := e.(type) {
	case checkout.Commit:
		text := "commit"
		for _, e := range e.Events {
			text += " " + string(e.Kind)
			switch e.Kind {
			case payment.SaleCreated:
				if e.Hold != 0 {
					text += fmt.Sprintf("/of hold %d", e.Hold)
				}
				if b := e.Bill; b != nil {
					text += fmt.Sprintf("/%d-%d+%d+%d", b.Subtotal(), b.Discount, b.Tax, b.Tip)
				}
			case payment.AttemptChanged:
				text += "/" + string(e.Status)
			case payment.SaleParked:
				text += "/" + string(e.Intent)
			case payment.CashTaken:
				text += fmt.Sprintf("/%d-%d", e.Tendered, e.Change)
			case payment.SaleFetched:
				text += fmt.Sprintf("/%d of %s", e.Elsewhere.Left(), e.Elsewhere.Terminal)
			case payment.RefundAsked:
				text += fmt.Sprintf("/%d of tender %d", e.Amount, e.Tender)
				if e.Void {
					text += " void"
				}
			case payment.ShiftOpened, payment.ShiftClosed:
				text += fmt.Sprintf("/%d with %d", e.Shift, e.Amount)
			case payment.CashMoved:
				text += fmt.Sprintf("/%s %d", e.Movement, e.Amount)
				if e.DrawerReason != "" {
					text += " for " + string(e.DrawerReason)
				}
			case payment.SignedOn, payment.SignedOff:
				text += fmt.Sprintf("/%s by %s", e.Operator, e.Means)
			case payment.ManagerActed:
				text += fmt.Sprintf("/%s by %s", e.Step, e.Operator)
			case payment.CartHeld:
				text += fmt.Sprintf("/%d of %d for %d by %s", e.Hold, len(e.Cart.Items), e.Cart.Bill().Total(), e.Cashier)
			case payment.CartDropped:
				text += fmt.Sprintf("/%d", e.Hold)
			case payment.RefundChanged:
				text += "/" + string(e.RefundStatus)
			}
			if e.Receipt != 0 && e.Kind != payment.ReceiptPrinted {
				text += fmt.Sprintf(" receipt %d", e.Receipt)
			}
		}
		return text
	case checkout.Charge:
		return fmt.Sprintf("charge %s %d %s", attempt(e.Order), e.Amount.Amount, e.Code.Wallet())
	case checkout.Show:
		return fmt.Sprintf("show %s %d", attempt(e.Order), e.Amount.Amount)
	case checkout.Seek:
		return fmt.Sprintf("seek %.6s", e.Text)
	case checkout.Query:
		return "query " + attempt(e.Order)
	case checkout.Cancel:
		return "cancel " + attempt(e.Order)
	case checkout.Print:
		text := fmt.Sprintf("print %d", e.Sale.Receipt)
		if e.Sale.Receipt == 0 {
			text = "print slip"
		}
		if e.Copy {
			text += " copy"
		}
		if e.Refund != 0 {
			text += fmt.Sprintf(" refund %d", e.Refund)
		}
		return text
	case checkout.GiveBack:
		text := fmt.Sprintf("give back %s %d of %s", string(e.Refund)[len(e.Refund)-3:], e.Amount.Amount, attempt(e.Order))
		if e.Void {
			text += " void"
		}
		return text
	case checkout.Report:
		text := fmt.Sprintf("X report of shift %d", e.Shift.Number)
		if !e.Shift.Open {
			text = fmt.Sprintf("Z report %d, over %d", e.Shift.Number, e.Shift.Over())
		}
		if e.Copy {
			text += " copy"
		}
		f := e.Shift.Forward
		for _, u := range f.Unsettled {
			text += fmt.Sprintf(", unsettled %d", u.Amount)
			if u.Refund {
				text += " on its way back"
			}
		}
		if f.Held > 0 {
			text += fmt.Sprintf(", %d held for %d", f.Held, f.HeldAmount)
		}
		return text
	case checkout.KickDrawer:
		return "drawer"
	case checkout.GivePIN:
		return "give PIN " + e.PIN + " for " + e.Code
	case checkout.Examine:
		return "examine"
	case checkout.Train:
		return "train"
	case checkout.Play:
		return "♪" + string(e.Sound)
	}
	return fmt.Sprintf("%T", e)
}

// tell runs a story and returns it with the outcomes that were seen.
func tell(t *testing.T, story string) string {
	c := newCounter(t)
	var told []string
	for line := range strings.Lines(story) {
		line = strings.TrimRight(line, "\n")
		event, _, _ := strings.Cut(line, "=>")
		event = strings.TrimSpace(event)
		switch {
		case event == "" || strings.HasPrefix(event, "#"):
			told = append(told, line)
			continue
		}
		before := len(c.fake.Did)
		err := c.do(event)
		outcome := c.outcome(event, c.fake.Did[before:], err)
		told = append(told, fmt.Sprintf("%-28s => %s", event, outcome))
	}
	return strings.Join(told, "\n") + "\n"
}

// TestStories runs the stories of testdata: a line is an event and, after =>,
// the screen, the status of the sale on it, what is keyed, the sentence that is
// said, and after a colon what was done, in order. Buttons in brackets are
// disabled, the main one has a star.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.story")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".story"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := tell(t, string(raw))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want := strings.Split(string(raw), "\n")
			for i, line := range strings.Split(got, "\n") {
				if i >= len(want) || line != want[i] {
					t.Errorf("%s:%d:\n got  %s\n want %s", file, i+1, line, want[min(i, len(want)-1)])
				}
			}
		})
	}
}

// TestRefusalsHaveSentences holds that whatever the scanner reads, there is a word for it.
func TestRefusalsHaveSentences(t *testing.T) {
	for _, reason := range payment.RefusalReasons() {
		key := words.Key("code_" + string(reason))
		if words.Say(words.English, key) == string(key) {
			t.Errorf("no sentence for %s", key)
		}
	}
}

// TestTriesEnd holds that a sale whose 99 order numbers are used up takes cash and nothing else.
func TestTriesEnd(t *testing.T) {
	c := newCounter(t)
	run := func(lines ...string) {
		t.Helper()
		for _, line := range lines {
			if err := c.do(line); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
		}
	}
	run("online", "key 5", "press qr", "answer declined")
	for range payment.MaxAttempt - 1 {
		run("press qr", "answer declined")
	}
	run("press qr")
	if s := c.register.State; s.Screen != checkout.Declined || s.Message.Key != "too_many_attempts" {
		t.Errorf("after %d tries: screen %s says %q", payment.MaxAttempt, s.Screen, s.Message.Key)
	}
	run("press cash", "press exact")
	if s := c.register.State; s.Screen != checkout.Approved {
		t.Errorf("cash after %d tries: screen %s", payment.MaxAttempt, s.Screen)
	}
}
