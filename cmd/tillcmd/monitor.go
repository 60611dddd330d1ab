package tillcmd

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"till/display"
	"till/payment"
	"till/words"
)

// benchState is what a bench is shown after every step; docs: state.json.
type benchState struct {
	Screen  string        `json:"screen"`
	Online  bool          `json:"online"`
	Queued  uint64        `json:"queued"`
	Entry   payment.Money `json:"entry"`
	Sale    *benchSale    `json:"sale"`
	Last    *benchSale    `json:"last"`
	Buttons []benchButton `json:"buttons"`
	QR      string        `json:"qr"`
	Message string        `json:"message"`
	// Training says that the sale on the screen is no real one. Last always is.
	Training bool `json:"training,omitempty"`

	// Updates and Pins are how many rectangles the panel was sent and how often a
	// pin was moved so far: the bench waits for them before it shows this state.
	Updates int `json:"updates"`
	Pins    int `json:"pins"`
	// Printing is how many documents wait for the printer.
	Printing int `json:"printing"`
}

type benchSale struct {
	ID       payment.SaleID `json:"id"`
	Status   payment.Status `json:"status"`
	Amount   int64          `json:"amount"`
	Currency string         `json:"currency"`
	Tenders  []benchTender  `json:"tenders"`
}

type benchTender struct {
	Wallet payment.Wallet `json:"wallet"`
	Amount int64          `json:"amount"`
}

type benchButton struct {
	ID      string `json:"id"`
	Label   string `json:"label"`
	X       int    `json:"x"`
	Y       int    `json:"y"`
	W       int    `json:"w"`
	H       int    `json:"h"`
	Enabled bool   `json:"enabled"`
}

func saleOf(sale payment.Sale, ok bool) *benchSale {
	if !ok {
		return nil
	}
	b := &benchSale{
		ID: sale.ID, Status: sale.Status(), Amount: sale.Total.Amount, Currency: sale.Total.Currency, Tenders: []benchTender{},
	}
	for _, t := range sale.Tenders {
		b.Tenders = append(b.Tenders, benchTender{t.Wallet, t.Amount})
	}
	return b
}

// sentence is what the screen says to the cashier: the banner, or else the
// screen's own words.
func sentence(v display.View) string {
	if v.Message != "" {
		return v.Message
	}
	said := []string{v.Title, v.Detail}
	if v.Title == "" {
		switch v.Screen {
		case display.ScreenChecking:
			said = []string{words.Say(v.Lang, "screen_checking", "wallet", walletName(v.Lang, v.Wallet)) + ".", words.Say(v.Lang, "screen_checking_again")}
		case display.ScreenOffline:
			said = []string{words.Say(v.Lang, "offline_wallet"), ""}
		}
	}
	if last, _ := utf8.DecodeLastRuneInString(said[0]); said[1] != "" && unicode.IsLetter(last) {
		if v.Screen == display.ScreenConfirm && v.Amount.Currency != "" {
			said[0] += words.Say(v.Lang, "list_colon") + v.Amount.Format(moneyLocale)
		}
		said[0] += words.Say(v.Lang, "full_stop")
	}
	return strings.TrimSpace(strings.Join(said, " "))
}

// buttonsOn are a frame's buttons as a bench is shown them.
func buttonsOn(f *display.Frame) []benchButton {
	all := []benchButton{}
	for _, b := range f.Buttons {
		all = append(all, benchButton{
			ID: b.ID, Label: b.Label, X: b.Rect.Min.X, Y: b.Rect.Min.Y, W: b.Rect.Dx(), H: b.Rect.Dy(), Enabled: b.Enabled,
		})
	}
	return all
}

func (t *terminal) showBench(v display.View) error {
	s, p := t.counter.State(), t.journal.Position()
	state := benchState{
		Screen: string(s.Screen), Online: t.register.State.Online, Queued: p.Last - p.Acked,
		Entry:   payment.Money{Amount: s.Entry, Currency: s.Settings.Currency},
		Buttons: buttonsOn(t.frame), QR: v.QR, Message: sentence(v), Updates: t.updates, Pins: t.pinsMoved, Printing: t.printing.waiting(), Training: t.counter.Training(),
	}
	state.Sale = saleOf(s.OnScreen())
	state.Last = saleOf(t.register.State.Sale(t.register.State.Last))
	line, err := json.Marshal(state)
	if err != nil {
		return fmt.Errorf("show the bench: %w", err)
	}
	return t.device.Monitor.Show(line)
}
