// Package display holds the screens, the panels they are shown on, and the
// touches that come back. Render is a pure function from a View to a Frame;
// everything that moves is a field of the View.
package display

import (
	"till/payment"
	"till/words"
)

// Screen names what is shown. The string stands in state.json.
type Screen string

// The screens there are. Any other is shown as title, detail and buttons.
const (
	ScreenReady     Screen = "ready"    // an amount can be keyed
	ScreenCharging  Screen = "charging" // a scanned code is being charged
	ScreenQR        Screen = "qr"       // turned to the customer
	ScreenCash      Screen = "cash"     // cash is being taken
	ScreenApproved  Screen = "approved"
	ScreenDeclined  Screen = "declined"
	ScreenChecking  Screen = "checking" // fate unknown, or a reversal under way
	ScreenExpired   Screen = "expired"
	ScreenCancelled Screen = "cancelled"
	ScreenReversed  Screen = "reversed"
	ScreenOffline   Screen = "offline" // a phone payment refused for want of a connection
	ScreenParked    Screen = "parked"
	ScreenMenu      Screen = "menu"
	ScreenList      Screen = "list"
	ScreenPIN       Screen = "pin"
	ScreenConfirm   Screen = "confirm"
	ScreenFault     Screen = "fault"
	ScreenEnrol     Screen = "enrol" // a device that is no terminal yet: its code, as QR and digits
	ScreenCode      Screen = "code"  // a QR for a technician's phone
	ScreenClaim     Screen = "claim" // a claim code is keyed
)

// View is everything a screen shows. The cashier's sentences come in the
// cashier's language; what the customer reads is always in English and Chinese.
type View struct {
	Screen   Screen
	Lang     words.Lang     // the cashier's; "" is English
	Test     bool           // sandbox: said on every screen
	Training bool           // nothing that is done here is real: said on every screen, louder
	Bar      Bar            // status bar
	Amount   payment.Money  // the one big amount: the entry on ready, the total elsewhere; none without a currency
	Entry    payment.Money  // cash: what the customer has handed over, as keyed
	Lines    []Line         // small lines under the amount
	Wallet   payment.Wallet // as the code suggests or the acquirer said; may be unknown
	QR       string         // text of the code, where a screen has one; of approved, the customer's receipt
	Seconds  int            // checking, charging: so far; qr: left, 0 is not shown
	Until    int            // checking: until it is cancelled by itself; 0 is unknown and not said
	Title    string         // the cashier's sentence; "" is the screen's own
	Detail   string         // what to do next; "" is the screen's own, if it has one
	Message  string         // transient sentence, shown as a banner that moves no button
	Buttons  []Button
	Keypad   bool   // the pad of digits, 00 and backspace: placed with IDs "0".."9", "00", "backspace"
	Rows     []Row  // lists, paged by the caller: RowsThatFit
	Keyed    string // claim: what is keyed, as shown
	Masked   string // pin: one dot a rune, whatever the runes are
}

// Bar is the status bar.
type Bar struct {
	Merchant, Terminal string
	Online             bool
	Waiting            int // journal records not yet acknowledged, shown while offline
	// Troubles is what somebody has to see to, the most urgent first: sentences of
	// package words, "bar_" and what it is. What finds no room is counted.
	Troubles []words.Key
	Cashier  string
	Clock    string // as shown; "" is unknown, and then there is none
}

// Line is one small line: a label, and an amount or a text.
type Line struct {
	Label  string
	Amount payment.Money // shown if it has a currency
	Text   string        // else this
	Strong bool          // what the cashier acts on, such as the change to give: larger
}

// Role says what a button is for, and so where it stands and how it looks.
type Role string

// The roles. A screen has at most one main button, which Enter presses.
const (
	RolePlain  Role = ""
	RoleMain   Role = "main"   // bottom right, or the whole lower edge
	RoleBack   Role = "back"   // the way out, bottom left
	RoleTender Role = "tender" // a way to pay, or an amount of cash
	RoleItem   Role = "item"   // what is sold, where amounts are keyed
)

// Button is one thing that can be pressed.
type Button struct {
	ID      string
	Label   string // "" is the sentence "button_"+ID
	Role    Role
	Enabled bool
}

// Tone marks a row. It is drawn as a shape as well as in colour.
type Tone string

// The tones of a row.
const (
	TonePlain   Tone = ""
	ToneGood    Tone = "good"    // a tick: approved, works
	ToneBad     Tone = "bad"     // a cross: declined, broken
	ToneWait    Tone = "wait"    // a ring: not settled yet
	ToneNeutral Tone = "neutral" // a dash: over, nothing taken or given back
)

// Row is one entry of a list. With an ID it is a button.
type Row struct {
	ID          string
	Left, Right string
	Sub         string // under Left, small
	Tone        Tone
}

func (v View) lang() words.Lang {
	if v.Lang == "" {
		return words.English
	}
	return v.Lang
}

// say is k in the cashier's language.
func (v View) say(k words.Key, args ...string) string {
	return words.Say(v.lang(), k, args...)
}

func (v View) money(m payment.Money) string {
	if m.Currency == "" {
		return ""
	}
	return m.Format("en-US") // as on paper
}

func (v View) label(b Button) string {
	if b.Label != "" {
		return b.Label
	}
	return v.say(words.Key("button_" + b.ID))
}

// value is what stands right in a line.
func (v View) value(l Line) string {
	if l.Amount.Currency != "" {
		return v.money(l.Amount)
	}
	return l.Text
}
