package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"till/words"
)

// Options say what is examined, and how.
type Options struct {
	// Only are groups or ids of checks; empty: all.
	Only []string
	// Quiet leaves out what is seen, heard or printed in the shop.
	Quiet bool
	// Closed leaves the drawer shut, whatever else is tried.
	Closed bool
	// Interactive asks the technician, and waits for a scan and for touches.
	Interactive bool
	// Ask puts a question that is answered by yes or no; nil: nobody is there.
	Ask func(ctx context.Context, question words.Sentence) (yes bool, err error)
	// Told, if set, hears of each finding as it comes, and before what waits for
	// the technician what to do.
	Told func(Finding)
	Tell func(words.Sentence)
	// Free, if set, says whether a noisy check may be made now: a customer may
	// have come meanwhile.
	Free func(ctx context.Context) bool
	// Since is how long something took; nil: time.Since.
	Since func(time.Time) time.Duration
}

// How long a check may take, and how long a person is waited for.
const (
	checkWithin  = 15 * time.Second
	speedWithin  = time.Minute
	personWithin = 30 * time.Second
)

// exam is one examination under way.
type exam struct {
	Subject
	options  Options
	findings []Finding
	greeting Greeting
	greeted  bool
}

// check is one thing to try.
type check struct {
	id     string
	noisy  bool          // it is seen, heard or printed
	person bool          // it waits for one: only where that was asked for
	within time.Duration // 0: checkWithin
	// run may answer with nothing where an earlier finding says all.
	run func(context.Context) (Finding, bool)
}

// Groups lists the groups of checks in the order of the report.
func Groups() []string {
	return []string{"config", "board", "display", "touch", "scanner", "printer", "pins", "network", "gateway", "clock", "store", "machine"}
}

// IDs lists every check in the order of the report.
func IDs() []string {
	var all []string
	for _, c := range (&exam{}).checks() {
		all = append(all, c.id)
	}
	return all
}

// Group is the first part of a check's id.
func Group(id string) string {
	group, _, _ := strings.Cut(id, ".")
	return group
}

// LabelKey names the sentence that a check is called by.
func LabelKey(id string) words.Key {
	return words.Key("doctor_" + strings.ReplaceAll(id, ".", "_"))
}

// GroupLabel is what a group is called.
func GroupLabel(group string, lang words.Lang) string {
	return words.Say(lang, words.Key("doctor_group_"+group))
}

// StateLabel is what a state is called.
func StateLabel(s State, lang words.Lang) string {
	return words.Say(lang, words.Key("doctor_"+string(s)))
}

// CheckOnly refuses a list of groups and ids that names none.
func CheckOnly(only []string) error {
	for _, name := range only {
		if !slices.Contains(Groups(), name) && !slices.Contains(IDs(), name) {
			return fmt.Errorf("nothing to examine is called %.40q; there are %s, and their checks as printer.page", name, strings.Join(Groups(), ", "))
		}
	}
	return nil
}

func (e *exam) checks() []check {
	return slices.Concat(e.boardChecks(), e.deviceChecks(), e.networkChecks(), e.keepingChecks())
}

// Run examines a subject. It ends early only when ctx does.
func Run(ctx context.Context, s Subject, o Options) Report {
	if o.Since == nil {
		o.Since = time.Since
	}
	e := &exam{Subject: s, options: o}
	began := time.Now()
	for _, c := range e.checks() {
		if ctx.Err() != nil {
			break
		}
		if e.wants(c) && (!c.noisy || o.Free == nil || o.Free(ctx)) {
			e.try(ctx, c)
		}
	}
	r := Report{Terminal: s.Terminal, Version: s.Version, Findings: e.findings, Took: o.Since(began)}
	if s.Board != nil {
		configured, detected, _ := s.Board.Identify()
		if r.Board = configured; r.Board == "" {
			r.Board = detected
		}
	}
	switch {
	case e.greeted && !e.greeting.Time.IsZero():
		r.At = e.greeting.Time
	case s.Clock != nil && s.Clock.Now().After(oldest):
		r.At = s.Clock.Now()
	}
	r.At = r.At.UTC().Truncate(time.Second)
	return r
}

// wants says whether a check is to be made.
func (e *exam) wants(c check) bool {
	o := e.options
	named := slices.Contains(o.Only, c.id)
	switch {
	case len(o.Only) > 0 && !named && !slices.Contains(o.Only, Group(c.id)):
		return false
	case c.noisy && o.Quiet && !named:
		return false
	case c.id == "pins.drawer" && o.Closed:
		return false
	default:
		return !c.person || o.Interactive || named
	}
}

func (e *exam) try(ctx context.Context, c check) {
	within := c.within
	if within == 0 {
		within = checkWithin
	}
	limited, done := context.WithTimeout(ctx, within)
	defer done()
	began := time.Now()
	f, said := c.run(limited)
	if !said || ctx.Err() != nil {
		return
	}
	f.ID, f.Took = c.id, e.options.Since(began)
	e.findings = append(e.findings, f)
	if e.options.Told != nil {
		e.options.Told(f)
	}
}

// failed says whether any of these checks did.
func (e *exam) failed(ids ...string) bool {
	return slices.ContainsFunc(e.findings, func(f Finding) bool { return f.State == Failed && slices.Contains(ids, f.ID) })
}

// loaded says whether a check found what it looked for; one that was not made
// does not stand in the way of others.
func (e *exam) loaded(id string) bool {
	i := slices.IndexFunc(e.findings, func(f Finding) bool { return f.ID == id })
	return i < 0 || e.findings[i].State == Loaded
}

// confirm asks the technician whether something was seen or heard.
func (e *exam) confirm(ctx context.Context, question words.Key) bool {
	if !e.options.Interactive || e.options.Ask == nil {
		return true
	}
	yes, err := e.options.Ask(ctx, words.Sentence{Key: question})
	return yes || err != nil // nobody answered: what the device said counts
}

func (e *exam) tell(k words.Key, args ...string) {
	if e.options.Tell != nil {
		e.options.Tell(words.Sentence{Key: k, Args: args})
	}
}

func works(found string) (Finding, bool) { return Finding{State: Loaded, Found: found}, true }

func absent(next words.Key, args ...string) (Finding, bool) {
	return Finding{State: NotHere, Next: words.Sentence{Key: next, Args: args}}, true
}

func fails(found string, next words.Key, args ...string) (Finding, bool) {
	return Finding{State: Failed, Found: found, Next: words.Sentence{Key: next, Args: args}}, true
}

// nothing says no word: an earlier finding says all.
func nothing() (Finding, bool) { return Finding{}, false }

// why is an error as an argument of a sentence, on one line.
func why(err error) string {
	text := strings.Join(strings.Fields(err.Error()), " ")
	if len(text) > 300 {
		text = strings.ToValidUTF8(text[:300], "") + "…"
	}
	return text
}

// late says that a check's time, or a person's patience, is over.
func late(err error) bool { return errors.Is(err, context.DeadlineExceeded) }
