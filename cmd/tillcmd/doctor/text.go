package doctor

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"till/words"
)

// Format is how a report is written.
type Format struct {
	Lang   words.Lang
	Colour bool // for a terminal
}

// colours of ECMA-48's SGR, by state.
var colours = map[State]string{Loaded: "\x1b[32m", NotHere: "\x1b[33m", Failed: "\x1b[1;31m"}

const noColour = "\x1b[0m"

// Head writes what stands before the first finding.
func (f Format) Head(w io.Writer, r Report) error {
	parts := []string{"till doctor"}
	for _, p := range []string{r.Terminal, r.Board, r.Version} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	_, err := fmt.Fprintln(w, strings.Join(parts, ", "))
	return err
}

// Finding writes one finding; after is the group of the one before it.
func (f Format) Finding(w io.Writer, after string, x Finding) error {
	var b strings.Builder
	if group := Group(x.ID); group != after {
		fmt.Fprintf(&b, "\n%s\n", GroupLabel(group, f.Lang))
	}
	state := pad(StateLabel(x.State, f.Lang), stateWidth)
	if f.Colour {
		state = colours[x.State] + state + noColour
	}
	fmt.Fprintf(&b, "  %s  %s", state, strings.TrimRight(pad(x.Label(f.Lang), labelWidth)+"  "+x.Found, " "))
	b.WriteByte('\n')
	if next := strings.TrimSpace(x.Next.In(f.Lang)); next != "" {
		fmt.Fprintf(&b, "  %s  %s\n", strings.Repeat(" ", stateWidth), next)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

const (
	stateWidth = 8
	labelWidth = 28
)

// pad fills a text up to a width; a Chinese character is two wide.
func pad(s string, width int) string {
	for _, c := range s {
		width--
		if utf8.RuneLen(c) > 2 {
			width--
		}
	}
	return s + strings.Repeat(" ", max(0, width))
}

// Foot writes what stands after the last finding.
func (f Format) Foot(w io.Writer, r Report) error {
	_, err := fmt.Fprintf(w, "\n%s\n", r.Summary(f.Lang))
	return err
}

// Summary is the report in one line.
func (r Report) Summary(lang words.Lang) string {
	return words.Say(lang, "doctor_summary", "loaded", fmt.Sprint(r.Count(Loaded)), "absent", fmt.Sprint(r.Count(NotHere)), "failed", fmt.Sprint(r.Count(Failed)))
}

// schema is the version of the report's JSON; docs/doctor.md.
const schema = 1

// Written is a report as JSON has it; docs/doctor.md.
type Written struct {
	Schema   int              `json:"till_doctor"`
	Terminal string           `json:"terminal,omitempty"`
	Board    string           `json:"board,omitempty"`
	Version  string           `json:"version"`
	Time     time.Time        `json:"time,omitzero"`
	Seconds  float64          `json:"seconds"`
	Well     bool             `json:"well"`
	Checks   []WrittenFinding `json:"checks"`
}

// WrittenFinding is one finding of it.
type WrittenFinding struct {
	ID    string `json:"id"`
	State State  `json:"state"`
	Found string `json:"found,omitempty"`
	// Advice is the word for what to do, without arguments: it stays the same.
	Advice string `json:"advice,omitempty"`
	// Next is the same for a person, in English.
	Next string `json:"next,omitempty"`
	// Args are its arguments, to say it in another language.
	Args []string `json:"args,omitempty"`
	MS   int64    `json:"ms"`
}

const advicePrefix = "doctor_"

// Write is the report for JSON.
func (r Report) Write() Written {
	w := Written{
		Schema: schema, Terminal: r.Terminal, Board: r.Board, Version: r.Version, Time: r.At,
		Seconds: float64(r.Took.Milliseconds()) / 1000, Well: r.Well(), Checks: []WrittenFinding{},
	}
	for _, f := range r.Findings {
		w.Checks = append(w.Checks, WrittenFinding{
			ID: f.ID, State: f.State, Found: f.Found, Next: strings.TrimSpace(f.Next.In(words.English)), MS: f.Took.Milliseconds(),
			Advice: strings.TrimPrefix(string(f.Next.Key), advicePrefix), Args: f.Next.Args,
		})
	}
	return w
}

// Read is what Write wrote.
func (w Written) Read() Report {
	r := Report{
		Terminal: w.Terminal, Board: w.Board, Version: w.Version, At: w.Time, Took: time.Duration(w.Seconds * float64(time.Second)),
	}
	for _, c := range w.Checks {
		f := Finding{ID: c.ID, State: c.State, Found: c.Found, Took: time.Duration(c.MS) * time.Millisecond}
		if c.Advice != "" {
			f.Next = words.Sentence{Key: words.Key(advicePrefix + c.Advice), Args: c.Args}
		}
		r.Findings = append(r.Findings, f)
	}
	return r
}

// JSON writes the report as JSON.
func (r Report) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r.Write())
}

// compactBytes is how much of a report a QR holds that any phone reads off a screen.
const compactBytes = 300

// Compact is the report as a QR on the panel holds it: what failed, what is not
// here, and counts, in at most 300 bytes of ASCII.
func (r Report) Compact() string {
	when := "no clock"
	if !r.At.IsZero() {
		when = r.At.Format("2006-01-02T15:04Z")
	}
	head := strings.Join([]string{"TILL DOCTOR 1", orDash(r.Terminal), orDash(r.Board), orDash(r.Version), when}, " ")
	tail := fmt.Sprintf("\nOK %d/%d", r.Count(Loaded), len(r.Findings))
	var body strings.Builder
	left := compactBytes - len(head) - len(tail) - len("\n+99")
	dropped := 0
	add := func(line string) {
		if dropped > 0 || body.Len()+len(line) > left {
			dropped++
			return
		}
		body.WriteString(line)
	}
	for _, f := range r.Findings {
		if f.State == Failed {
			add("\n! " + f.ID + " " + strings.TrimPrefix(string(f.Next.Key), advicePrefix))
		}
	}
	for _, f := range r.Findings {
		if f.State == NotHere {
			add("\n- " + f.ID)
		}
	}
	if dropped > 0 {
		fmt.Fprintf(&body, "\n+%d", dropped)
	}
	return head + body.String() + tail
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return strings.ReplaceAll(s, " ", "_")
}
