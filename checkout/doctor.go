package checkout

import (
	"strconv"
	"strings"
	"time"

	"till/words"
)

// Check is what the doctor found out of one thing, for the screen.
type Check struct {
	Name  words.Key
	State CheckState
	Found string
	Next  words.Sentence // what to do; empty where nothing has to be done
}

// CheckState is what came of a check.
type CheckState string

// The states of a check.
const (
	CheckLoaded  CheckState = "loaded"
	CheckNotHere CheckState = "not_here"
	CheckFailed  CheckState = "failed"
)

const (
	examinedWithin = 3 * time.Minute
	readFor        = 2 * time.Minute // findings are read, and acted on
)

// pressDoctor is a button of the doctor's screens.
func (m *move) pressDoctor(id string) {
	m.hush()
	switch id {
	case "next", "prev":
		m.leaf(id, readFor)
	case "code":
		m.show(DoctorCode, readFor)
	case "cancel":
		if m.Screen != Doctor {
			m.show(Doctor, readFor)
			return
		}
		m.Checks, m.Report, m.Page = nil, "", 0
		m.show(Menu, resultFor)
	default:
		if n, ok := checkOf(id); ok {
			m.Check = n
			m.show(DoctorCheck, readFor)
		}
	}
}

// CheckPrefix begins the ids of the findings' buttons.
const CheckPrefix = "check_"

// CheckOnPage is the button of a finding, by its place on the page.
func (s State) CheckOnPage(i int) string { return CheckPrefix + strconv.Itoa(s.Page*s.rows()+i) }

func checkOf(id string) (n int, ok bool) {
	text, ok := strings.CutPrefix(id, CheckPrefix)
	n, err := strconv.Atoi(text)
	return n, ok && err == nil
}

// SelectedCheck is the finding on its own screen.
func (s State) SelectedCheck() (Check, bool) {
	if s.Check < 0 || s.Check >= len(s.Checks) {
		return Check{}, false
	}
	return s.Checks[s.Check], true
}

// examine has the doctor look at the terminal; the cashier may leave meanwhile.
func (m *move) examine() {
	m.Checks, m.Report, m.Page = nil, "", 0
	m.show(Doctor, examinedWithin)
	m.do(Examine{})
}

// examined shows what the doctor found, if it is still waited for.
func (m *move) examined(e Examined) {
	if m.Screen != Doctor || len(m.Checks) > 0 {
		return
	}
	if len(e.Checks) == 0 {
		m.show(Menu, resultFor)
		m.Message, m.quietAt = e.Why, m.now.At.Add(messageFor)
		return
	}
	m.Checks, m.Report = e.Checks, e.Report
	m.show(Doctor, readFor)
}

// ChecksOnPage are the findings of the page that is shown.
func (s State) ChecksOnPage() []Check {
	return page(s, s.Checks)
}

func (s State) doctorButtons(back Button) []Button {
	if len(s.Checks) == 0 { // it is at it
		return []Button{back}
	}
	buttons := append([]Button{back}, s.pagers(len(s.Checks))...)
	buttons = append(buttons, Button{ID: "code", Main: true, Enabled: true})
	for i := range s.ChecksOnPage() {
		buttons = append(buttons, Button{ID: s.CheckOnPage(i), Enabled: true})
	}
	return buttons
}
