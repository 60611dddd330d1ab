package counter

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/png"
	"net/http"
	"slices"
	"strings"
	"time"
)

// State is state.json.
type State struct {
	Screen  string   `json:"screen"`
	Online  bool     `json:"online"`
	Queued  int      `json:"queued"`
	Entry   Money    `json:"entry"`
	Sale    *Sale    `json:"sale"`
	Last    *Sale    `json:"last"`
	Buttons []Button `json:"buttons"`
	QR      string   `json:"qr"`
	Message string   `json:"message"`
	// Training says that somebody trains: Sale is no real one.
	Training bool `json:"training"`
	// Printing is the documents that wait for the printer.
	Printing int `json:"printing"`
}

// Money is an amount in minor units.
type Money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

// Sale is a sale as the terminal shows it, or as the ledger has it.
type Sale struct {
	ID       string   `json:"id"`
	Terminal string   `json:"terminal"`
	Status   string   `json:"status"`
	Amount   int64    `json:"amount"`
	Currency string   `json:"currency"`
	Tenders  []Tender `json:"tenders"`
	Refunded int64    `json:"refunded"`
}

// Tender is a part of a sale's amount, paid in one way.
type Tender struct {
	Wallet string `json:"wallet"`
	Amount int64  `json:"amount"`
}

// Button is a button as it is on the screen, in px.
type Button struct {
	ID      string `json:"id"`
	Label   string `json:"label"`
	X       int    `json:"x"`
	Y       int    `json:"y"`
	W       int    `json:"w"`
	H       int    `json:"h"`
	Enabled bool   `json:"enabled"`
}

// Rect is where it is.
func (b Button) Rect() image.Rectangle { return image.Rect(b.X, b.Y, b.X+b.W, b.Y+b.H) }

// Button finds a button of the screen.
func (s State) Button(id string) (Button, bool) {
	i := slices.IndexFunc(s.Buttons, func(b Button) bool { return b.ID == id })
	if i < 0 {
		return Button{}, false
	}
	return s.Buttons[i], true
}

// Can says whether a button is there and enabled.
func (s State) Can(id string) bool {
	b, ok := s.Button(id)
	return ok && b.Enabled
}

// LastIs says that the newest sale has this status.
func (s State) LastIs(status string) bool { return s.Last != nil && s.Last.Status == status }

// Final are the statuses with nothing left to wait for.
var Final = []string{"approved", "declined", "expired", "cancelled", "reversed", "voided", "refunded"}

// Settled says that the newest sale has come to its end.
func (s State) Settled() bool { return s.Last != nil && slices.Contains(Final, s.Last.Status) }

// Peripherals is peripherals.json.
type Peripherals struct {
	Kicks   int    `json:"drawer_kicks"`
	LED     string `json:"led"`
	Buzzer  int    `json:"buzzer"`
	Printer string `json:"printer"`
}

// State reads state.json.
func (d *Demo) State() State { d.t.Helper(); return read[State](d, "/terminal/state.json") }

// Peripherals reads peripherals.json.
func (d *Demo) Peripherals() Peripherals {
	d.t.Helper()
	return read[Peripherals](d, "/terminal/peripherals.json")
}

// Await waits for a state, by the stream of events, at most so long.
func (d *Demo) Await(what string, within time.Duration, ok func(State) bool) State {
	d.t.Helper()
	seen := d.Follow(what, within, ok)
	return seen[len(seen)-1]
}

// Follow is Await that returns every state it saw on the way, the last one last.
func (d *Demo) Follow(what string, within time.Duration, ok func(State) bool) []State {
	d.t.Helper()
	ctx, done := context.WithTimeout(context.Background(), within)
	defer done()
	var seen []State
	err := d.Listen(ctx, func(kind string, data []byte) bool {
		if kind != "state" || string(data) == "null" {
			return false // off
		}
		var s State
		if err := json.Unmarshal(data, &s); err != nil {
			d.t.Errorf("event state: %v in %.200s", err, data)
			return false
		}
		seen = append(seen, s)
		return ok(s)
	})
	if err != nil {
		var last State
		if len(seen) > 0 {
			last = seen[len(seen)-1]
		}
		last.Buttons = nil
		text, _ := json.Marshal(last) // plain data
		d.t.Fatalf("%s: not within %s; the last state was %s (%v)", what, within, text, err)
	}
	return seen
}

// Screen waits for a screen.
func (d *Demo) Screen(screen string, within time.Duration) State {
	d.t.Helper()
	return d.Await("screen "+screen, within, func(s State) bool { return s.Screen == screen })
}

// Key presses keys of the number pad.
func (d *Demo) Key(keys ...string) {
	d.t.Helper()
	for _, k := range keys {
		d.handled("/terminal/key", map[string]string{"key": k})
	}
}

// Amount keys an amount of minor units.
func (d *Demo) Amount(digits string) { d.t.Helper(); d.Key(strings.Split(digits, "")...) }

// Press presses a button of the screen, which has to be there.
func (d *Demo) Press(button string) {
	d.t.Helper()
	d.handled("/terminal/touch", map[string]string{"button": button})
}

// Tap touches the panel, in px.
func (d *Demo) Tap(x, y int) {
	d.t.Helper()
	d.handled("/terminal/touch", map[string]int{"x": x, "y": y})
}

// TryScan is what the scanner reads, with whatever is answered.
func (d *Demo) TryScan(data []byte) Answer {
	d.t.Helper()
	return d.Do(http.MethodPost, "/terminal/scan", data)
}

// Scan is what the scanner reads.
func (d *Demo) Scan(data string) {
	d.t.Helper()
	if a := d.TryScan([]byte(data)); a.Status != http.StatusNoContent {
		d.t.Fatalf("scan: %d %s, want 204", a.Status, a.Body)
	}
}

// Code is a fresh code of a customer's wallet.
func (d *Demo) Code(wallet string) string {
	d.t.Helper()
	a := d.post("/wallet/code", map[string]string{"wallet": wallet})
	if a.Status != http.StatusOK {
		d.t.Fatalf("a code of %s: %d %s", wallet, a.Status, a.Body)
	}
	code := decode[struct{ Code string }](d, "/wallet/code", a.Body).Code
	d.mu.Lock()
	d.codes = append(d.codes, code)
	d.mu.Unlock()
	return code
}

// Next says what happens at the next charge, and returns once the phone's events
// say so too: what comes after it is not mistaken for what was before.
func (d *Demo) Next(behaviour string) {
	d.t.Helper()
	d.handled("/wallet/next", map[string]string{"behaviour": behaviour})
	d.next(behaviour)
}

// Charged waits until the charge that Next was said of has reached the acquirer.
func (d *Demo) Charged() { d.t.Helper(); d.next("approve") }

// next waits until the phone's events say that this happens at the next charge.
func (d *Demo) next(behaviour string) {
	d.t.Helper()
	ctx, done := context.WithTimeout(context.Background(), 5*time.Second)
	defer done()
	if err := d.Listen(ctx, func(kind string, data []byte) bool {
		return kind == "phone" && decode[struct{ Next string }](d, "event phone", data).Next == behaviour
	}); err != nil {
		d.t.Fatalf("the next charge is not to %s: %v", behaviour, err)
	}
}

// payWithin bounds the phone's answer.
const payWithin = time.Second

// Pay has the phone scan a QR and pay it, and returns what it says.
func (d *Demo) Pay(qr string) string {
	d.t.Helper()
	a := d.post("/wallet/pay", map[string]string{"qr": qr})
	if a.Status != http.StatusOK {
		d.t.Fatalf("pay: %d %s", a.Status, a.Body)
	}
	if a.Took > payWithin {
		d.t.Errorf("pay answers after %s, want within %s", a.Took, payWithin)
	}
	return decode[struct{ Status string }](d, "/wallet/pay", a.Body).Status
}

// Link plugs the cable in or pulls it.
func (d *Demo) Link(up bool) { d.t.Helper(); d.handled("/terminal/link", map[string]bool{"up": up}) }

// Drop has the line swallow everything.
func (d *Demo) Drop() { d.t.Helper(); d.handled("/terminal/link", map[string]bool{"drop": true}) }

// Paper puts a roll in, or takes it out.
func (d *Demo) Paper(there bool) {
	d.t.Helper()
	d.handled("/terminal/printer", map[string]bool{"paper": there})
}

// PowerCut pulls the plug, and returns once it has booted again.
func (d *Demo) PowerCut() {
	d.t.Helper()
	if a := d.Do(http.MethodPost, "/terminal/power", nil); a.Status != http.StatusNoContent {
		d.t.Fatalf("power: %d %s, want 204", a.Status, a.Body)
	}
}

// Online waits for the link.
func (d *Demo) Online() State {
	d.t.Helper()
	return d.Await("on line", 5*time.Second, func(s State) bool { return s.Online })
}

// Home leaves whatever is over, and clears what is keyed.
func (d *Demo) Home() {
	d.t.Helper()
	s := d.Await("an end", 15*time.Second, func(s State) bool {
		return s.Screen == "ready" || s.Can("done") || s.Can("cancel") && (s.Sale == nil || s.Settled())
	})
	switch {
	case s.Can("done"):
		d.Press("done")
	case s.Screen != "ready":
		d.Press("cancel")
	}
	if s := d.State(); s.Screen != "ready" {
		d.t.Fatalf("the way home ends at %s", s.Screen)
	}
	d.Key("esc")
}

// ShowQR keys an amount and has its QR shown.
func (d *Demo) ShowQR(digits string) State {
	d.t.Helper()
	d.Amount(digits)
	d.Press("qr")
	return d.Await("a QR", 5*time.Second, func(s State) bool { return s.Screen == "qr" && s.QR != "" })
}

// Sell charges a fresh code and waits for the approval.
func (d *Demo) Sell(digits, wallet string) State {
	d.t.Helper()
	d.Amount(digits)
	d.Scan(d.Code(wallet))
	return d.Screen("approved", 5*time.Second)
}

// SellCash takes the exact amount in cash.
func (d *Demo) SellCash(digits string) State {
	d.t.Helper()
	d.Amount(digits)
	d.Press("cash")
	d.Press("exact")
	return d.State()
}

// Picture reads a PNG.
func (d *Demo) Picture(path string) image.Image {
	d.t.Helper()
	m, err := png.Decode(bytes.NewReader(d.Get(path)))
	if err != nil {
		d.t.Fatalf("%s: %v", path, err)
	}
	return m
}

// Fail says what is wrong, and lets the test go on.
func (d *Demo) Fail(format string, args ...any) {
	d.t.Helper()
	d.t.Errorf(format, args...)
}
