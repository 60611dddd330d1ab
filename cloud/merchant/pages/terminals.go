package pages

import (
	"net/http"
	"time"

	"till/cloud/enrol"
)

// onlineFor is how long a terminal counts as on line after a word of it: it says hello
// every 5 s.
const onlineFor = 20 * time.Second

type terminalsView struct {
	*visit
	Rows []terminalRow
}

type terminalRow struct {
	Terminal
	Online   bool
	LastWord string
	State    string // a key
	Settled  string // a key: how far the settings are
}

func (s *server) terminals(w http.ResponseWriter, _ *http.Request, v *visit) error {
	v.Title = v.Say("pages_terminals")
	return s.show(w, http.StatusOK, "terminals.html", terminalsView{v, s.rows(v, v.own)})
}

func (s *server) rows(v *visit, terminals []Terminal) []terminalRow {
	var all []terminalRow
	for _, t := range terminals {
		row := terminalRow{Terminal: t, Online: t.online(s.Now()), State: "pages_state_offline", Settled: t.settled()}
		switch {
		case t.State == enrol.Claimed:
			row.State = "pages_state_claimed"
		case t.State == enrol.Ended:
			row.State = "pages_state_ended"
		case row.Online:
			row.State = "pages_state_online"
		}
		if !t.Heard.IsZero() {
			row.LastWord, _ = v.when(t.Heard, t)
		}
		all = append(all, row)
	}
	return all
}

func (t Terminal) online(now time.Time) bool {
	return t.State == enrol.Enrolled && !t.Heard.IsZero() && now.Sub(t.Heard) < onlineFor
}

// settled says how far a terminal is with its settings.
func (t Terminal) settled() string {
	switch {
	case t.State != enrol.Enrolled:
		return "pages_settled_first"
	case t.Has.Digest != t.Wanted:
		return "pages_settled_waiting"
	case t.Has.Fault != "":
		return "pages_settled_fault"
	default:
		return "pages_settled_taken"
	}
}
