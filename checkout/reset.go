package checkout

import (
	"time"

	"till/payment"
	"till/words"
)

// Resetting is the screen where a forgotten PIN of the manager's is replaced, with a
// code that the gateway's operator made for that. No sale is on it.
const Resetting Screen = "reset"

// ResetStage is how far that is.
type ResetStage string

// The stages. Each is left by what it is named after.
const (
	ResetCode  ResetStage = "code"  // the operator's code is keyed
	ResetPIN   ResetStage = "pin"   // the new PIN
	ResetAgain ResetStage = "again" // and again
	ResetAsked ResetStage = "asked" // the gateway is asked
	ResetDone  ResetStage = "done"  // it is in force
)

// Reset is what the screen has. What was keyed is dropped with it.
type Reset struct {
	Stage     ResetStage
	from      Screen // PIN or SignOn
	code, pin string
}

const (
	resetDigits = 12              // of the code
	resetFor    = 3 * time.Minute // somebody reads it out over the telephone
)

// GivePIN asks the gateway to give the manager another PIN, answered by PINGiven. The
// PIN itself goes nowhere: its hash does.
type GivePIN struct{ Code, PIN string }

func (GivePIN) effect() {}

// PINGiven answers GivePIN.
type PINGiven struct {
	Why   words.Key  // why not; empty: the PIN is in force
	Wrong bool       // the code was none of this terminal's
	Again ResetStage // what is to be keyed again, if it is not in force
}

func (PINGiven) event() {}

// PINs gives the manager another PIN, beside the counter: what came of it comes as PINGiven.
type PINs interface {
	GivePIN(GivePIN)
}

// forgotButtons begin a reset, where one is possible.
func (s State) forgotButtons() []Button {
	if !s.Settings.Resets || s.Settings.Practice { // the PIN would be the real one
		return nil
	}
	return []Button{{ID: "forgot", Enabled: s.Online && s.Current == ""}}
}

// keysDigits says whether the screen takes digits that are no amount.
func (s State) keysDigits() bool { return s.asksPIN() || s.Screen == Resetting && s.resetWants() > 0 }

// resetWants is how many digits the stage takes at most; 0: it takes none.
func (s State) resetWants() int {
	switch s.Reset.Stage {
	case ResetCode:
		return resetDigits
	case ResetPIN, ResetAgain:
		return payment.MaxPIN
	default:
		return 0
	}
}

func (s State) resetButtons(back Button) []Button {
	switch s.Reset.Stage {
	case ResetDone:
		return []Button{{ID: "done", Main: true, Enabled: true}}
	case ResetAsked:
		return []Button{back}
	case ResetCode:
		return []Button{back, {ID: "enter", Main: true, Enabled: len(s.Digits) == resetDigits}}
	default:
		return []Button{back, {ID: "enter", Main: true, Enabled: len(s.Digits) >= payment.MinPIN}}
	}
}

// startReset begins where a PIN is asked for.
func (m *move) startReset() {
	m.Reset = Reset{from: m.Screen}
	m.hush()
	m.resetStage(ResetCode)
}

func (m *move) resetStage(stage ResetStage) {
	m.Reset.Stage, m.Digits = stage, ""
	m.show(Resetting, resetFor)
}

func (m *move) pressReset(id string) {
	m.hush()
	if id != "enter" {
		m.leaveReset()
		return
	}
	keyed := m.Digits
	switch m.Reset.Stage {
	case ResetCode:
		if !payment.Checked(keyed) {
			m.say("reset_mistyped")
			m.Digits = ""
			return
		}
		m.Reset.code = keyed
		m.resetStage(ResetPIN)
	case ResetPIN:
		m.Reset.pin = keyed
		m.resetStage(ResetAgain)
	case ResetAgain:
		if keyed != m.Reset.pin {
			m.resetStage(ResetPIN)
			m.say("reset_differs")
			return
		}
		m.resetStage(ResetAsked)
		m.do(GivePIN{Code: m.Reset.code, PIN: keyed})
	}
}

// leaveReset goes back to where a PIN is asked for.
func (m *move) leaveReset() {
	from := m.Reset.from
	m.Reset, m.Digits = Reset{}, ""
	if from != PIN {
		m.home()
		return
	}
	m.show(PIN, resultFor)
	if !m.managerAt.IsZero() {
		m.sayWait()
	}
}

// keyReset is a digit on the screen of a reset.
func (m *move) keyReset(key string) {
	if len(m.Digits)+len(key) <= m.resetWants() {
		m.Digits += key
	}
	m.leaveAt = m.now.At.Add(resetFor)
}

// pinGiven keeps what came of it, also where nobody waits for it any more.
func (m *move) pinGiven(e PINGiven) {
	waiting := m.Screen == Resetting && m.Reset.Stage == ResetAsked
	switch {
	case e.Why == "":
		m.hush()
		m.recordCounter(payment.Event{Kind: payment.ManagerActed, Step: payment.ToResetPIN})
		m.forgivePINs()
		m.do(Play{SoundApproved})
		if waiting {
			m.Reset = Reset{from: m.Reset.from}
			m.resetStage(ResetDone)
		} else {
			m.say("reset_done")
		}
		return
	case e.Wrong:
		m.recordCounter(payment.Event{Kind: payment.PINRefused, Step: payment.ToResetPIN, Wrong: m.Counter.Desk.Guesses + 1})
		m.delayWrong(payment.ToResetPIN)
	}
	m.do(Play{SoundDeclined})
	if waiting {
		m.resetStage(e.Again)
	}
	m.say(e.Why)
}
