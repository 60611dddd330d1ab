package tillcmd

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"till/checkout"
	"till/cmd/tillcmd/doctor"
	"till/display"
	"till/words"
)

// onPanel is the doctor that the menu calls. The drawer stays shut: a cashier
// has other ways to open it, and those are in the journal.
type onPanel struct {
	ctx      context.Context
	terminal *terminal
}

// Examine implements checkout.Examiner.
func (p onPanel) Examine() {
	t := p.terminal
	t.remote.Go(func() {
		report, err := t.examine(p.ctx, examination{Closed: true}, nil)
		event := checkout.Examined{Checks: checksOf(report), Report: report.Compact()}
		if err != nil {
			event = checkout.Examined{Why: words.Sentence{Key: "doctor_no_report", Args: []string{"why", err.Error()}}}
		}
		t.send(p.ctx, event)
	})
}

// checksOf are a report's findings for the screen: what failed stands first.
func checksOf(r doctor.Report) []checkout.Check {
	var all []checkout.Check
	for _, f := range r.Findings {
		all = append(all, checkout.Check{
			Name: doctor.LabelKey(f.ID), State: checkout.CheckState(f.State), Found: f.Found,
			Next: f.Next,
		})
	}
	slices.SortStableFunc(all, func(a, b checkout.Check) int { return cmp.Compare(severity(a.State), severity(b.State)) })
	return all
}

func severity(s checkout.CheckState) int {
	return slices.Index([]checkout.CheckState{checkout.CheckFailed, checkout.CheckNotHere, checkout.CheckLoaded}, s)
}

func checkRows(lang words.Lang, s checkout.State) []display.Row {
	var rows []display.Row
	for i, c := range s.ChecksOnPage() {
		row := display.Row{
			ID: s.CheckOnPage(i), Left: words.Say(lang, c.Name), Right: doctor.StateLabel(doctor.State(c.State), lang), Sub: c.Found, Tone: display.ToneGood,
		}
		if next := c.Next.In(lang); next != "" {
			row.Sub = next
		}
		switch c.State {
		case checkout.CheckFailed:
			row.Tone = display.ToneBad
		case checkout.CheckNotHere:
			row.Tone = display.ToneNeutral
		}
		rows = append(rows, row)
	}
	return rows
}

func checksSummary(lang words.Lang, checks []checkout.Check) string {
	count := map[checkout.CheckState]int{}
	for _, c := range checks {
		count[c.State]++
	}
	return words.Say(lang, "doctor_summary", "loaded", fmt.Sprint(count[checkout.CheckLoaded]),
		"absent", fmt.Sprint(count[checkout.CheckNotHere]), "failed", fmt.Sprint(count[checkout.CheckFailed]))
}
