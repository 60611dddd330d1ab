package slots

import (
	"errors"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/semver"

	"till/boards/piboot"
	"till/sync/wire/updates"
)

// Phase is how far an update is.
type Phase string

// The phases; see the package's comment.
const (
	Idle     Phase = "idle"
	Fetching Phase = "fetching"
	Fetched  Phase = "fetched"
	Writing  Phase = "writing"
	Written  Phase = "written"
	Trying   Phase = "trying"
)

// Patience.
const (
	// TrialTime is how long after its boot a tried system has to prove itself.
	TrialTime = 10 * time.Minute
	// Settling is how long it then has to stay up.
	Settling = 30 * time.Second
	// overtime is how long a trial that failed waits for a sale to end.
	overtime = 10 * time.Minute
	// tries is how often a system is tried that ends without a word: the power
	// may have been cut.
	tries = 2
	// retryFirst and retryMost are the waits between attempts to fetch or write.
	retryFirst = time.Minute
	retryMost  = time.Hour
	// writes is how often the other slot is written before the card is given up.
	writes = 3
)

// Record is what an update must not forget. It is durable before anything that
// follows from it is done.
type Record struct {
	Phase   Phase            `json:"phase"`
	Order   Order            `json:"order,omitzero"`   // what is being installed
	Slot    int              `json:"slot,omitempty"`   // where to
	Tries   int              `json:"tries,omitempty"`  // trials begun
	Writes  int              `json:"writes,omitempty"` // that failed
	Trial   Trial            `json:"trial,omitzero"`   // of the try under way
	Floor   string           `json:"floor,omitempty"`  // newest version ever confirmed here
	Outcome *updates.Outcome `json:"outcome,omitempty"`
}

// Order is a release that the gateway wants here.
type Order struct {
	// Rollout names the gateway's wish. One that ended is not begun again under
	// the same name.
	Rollout string  `json:"rollout"`
	Release Release `json:"release"`
	Now     bool    `json:"now,omitempty"`     // also in opening hours, never during a sale
	OneWay  bool    `json:"one_way,omitempty"` // the operator allows no way back
}

// Trial is how far a tried system came.
type Trial struct {
	Store   bool   `json:"store,omitempty"`
	Screen  bool   `json:"screen,omitempty"`
	Gateway bool   `json:"gateway,omitempty"`
	Fell    bool   `json:"fell,omitempty"`   // it had done all of it, and its program ended
	Reason  string `json:"reason,omitempty"` // a word of Refusal: why it gave itself up
}

func (t Trial) passed() bool { return t.Store && t.Screen && t.Gateway }

// missing is the first thing it did not do.
func (t Trial) missing() string {
	switch {
	case t.Fell:
		return WhyStopped
	case !t.Store:
		return WhyStore
	case !t.Screen:
		return WhyScreen
	case !t.Gateway:
		return WhyGateway
	}
	return WhyStopped
}

// State is all that the machine knows. It is a value; Step changes none in place.
type State struct {
	Record

	Self     Self
	SlotSize int64
	Running  int  // the slot this system runs from; 0: not from a card in slots
	OnTrial  bool // by tryboot

	quiet, closed, online bool // no sale, outside opening hours, gateway reached
	busy                  bool // fetching or writing is under way
	stopped               bool // and its answer is of no interest any more
	restarting            bool
	retryAt               time.Time
	retry                 time.Duration
	passedAt              time.Duration // uptime when a trial had done everything
	wanted                bool          // the gateway's wish is known in this boot
}

// Now is all that a step may know of the moment.
type Now struct {
	At     time.Time     // steady: never set back while the program runs
	Uptime time.Duration // since the system booted, over restarts of the program
}

// Event is something that happened.
type Event interface{ event() }

// Booted comes first: the program has started.
type Booted struct {
	Running  int // the slot, if the firmware says so; else 0
	Boot     int // the slot that boots by default
	Try      int // the slot that a try boots
	SlotSize int64
	Self     Self
}

// Wanted is the gateway's wish, whose metadata was found good.
type Wanted struct{ Order Order }

// Unwanted says that the gateway wants nothing, or no longer what it wanted.
type Unwanted struct{}

// Rejected is a wish whose metadata was not found good.
type Rejected struct {
	Rollout, Version string
	Refusal          Refusal
}

// Got says that the release was downloaded and its sum is right.
type Got struct{}

// Missed says that it was not. Refusal is set where trying again is no use.
type Missed struct{ Refusal *Refusal }

// Wrote says that the other slot holds the release, read back.
type Wrote struct{}

// NotWritten says that it does not. Interrupted is no fault: a sale began.
type NotWritten struct {
	Interrupted bool
	Lost        bool     // what was downloaded is there no longer, or damaged: once more
	Refusal     *Refusal // set where writing again is no use
}

// Reached says that this system has done one of the things it is tried for.
type Reached struct{ Store, Screen, Gateway bool }

// Around is what is so at the moment: no sale is under way and the counter is
// clear; the shop is closed; the gateway is reached.
type Around struct{ Quiet, Closed, Online bool }

// Ticked says that time has passed. It comes at least every few seconds.
type Ticked struct{}

// Switched says that the slot asked for by MakeDefault boots from now on, or why not.
type Switched struct{ Err error }

func (Booted) event()     {}
func (Wanted) event()     {}
func (Unwanted) event()   {}
func (Rejected) event()   {}
func (Got) event()        {}
func (Missed) event()     {}
func (Wrote) event()      {}
func (NotWritten) event() {}
func (Reached) event()    {}
func (Around) event()     {}
func (Ticked) event()     {}
func (Switched) event()   {}

// Effect is something to do, after the Record was kept.
type Effect interface{ effect() }

// Fetch downloads the release, from where it was broken off. Answer: Got, Missed.
type Fetch struct{ Order Order }

// Write puts what was downloaded into the slot. Answer: Wrote, NotWritten.
type Write struct {
	Slot    int
	Release Release
}

// Stop ends a Fetch or Write that is under way; its answer still comes.
type Stop struct{}

// Restart starts the machine anew, in order; Try boots the other slot once.
type Restart struct{ Try bool }

// MakeDefault makes the slot the one that boots. Answer: Switched.
type MakeDefault struct{ Slot int }

// Discard deletes what was downloaded.
type Discard struct{}

func (Fetch) effect()       {}
func (Write) effect()       {}
func (Stop) effect()        {}
func (Restart) effect()     {}
func (MakeDefault) effect() {}
func (Discard) effect()     {}

// New is the state before Booted. A record that could not be read is Record{}.
func New(r Record) State {
	if r.Phase == "" {
		r.Phase = Idle
	}
	return State{Record: r}
}

// Step is one step of an update.
func Step(s State, e Event, now Now) (State, []Effect) {
	var effects []Effect
	switch e := e.(type) {
	case Booted:
		effects = s.boot(e)
	case Wanted:
		effects = s.want(e.Order)
	case Unwanted:
		effects = s.drop(nil)
	case Rejected:
		if !s.ended(e.Rollout) {
			effects = s.drop(outcome(e.Rollout, e.Version, updates.Refused, e.Refusal.Why, e.Refusal.Reason))
		}
	case Got:
		if s.answered() && s.Phase == Fetching {
			s.Phase, s.retry, s.retryAt = Fetched, 0, time.Time{}
		}
	case Missed:
		if s.answered() && s.Phase == Fetching {
			effects = s.again(e.Refusal, now)
		}
	case Wrote:
		if s.answered() && s.Phase == Writing {
			s.Phase, s.Tries = Written, 0
		}
	case NotWritten:
		if s.answered() && s.Phase == Writing {
			effects = s.notWritten(e, now)
		}
	case Reached:
		if s.OnTrial && s.Phase == Trying {
			s.Trial.Store = s.Trial.Store || e.Store
			s.Trial.Screen = s.Trial.Screen || e.Screen
			s.Trial.Gateway = s.Trial.Gateway || e.Gateway
		}
	case Around:
		s.quiet, s.closed, s.online = e.Quiet, e.Closed, e.Online
		if !s.quiet && s.busy && s.Phase == Writing {
			effects = append(effects, Stop{})
		}
	case Switched:
		s.busy = false
		effects = s.switched(e, now)
	case Ticked:
	}
	return s, append(effects, s.next(now)...)
}

// answered ends what was under way, and says whether its answer counts.
func (s *State) answered() bool {
	counts := s.busy && !s.stopped
	s.busy, s.stopped = false, false
	return counts
}

// boot finds out what the last boot's update came to.
func (s *State) boot(e Booted) []Effect {
	s.Self, s.SlotSize = e.Self, e.SlotSize
	s.Running = e.Running
	if !piboot.IsSlot(e.Boot) {
		s.Running = 0
		return nil
	}
	if s.Running == 0 { // a firmware that does not say: the versions differ
		s.Running = e.Boot
		if s.Phase == Trying && e.Self.Version == s.Order.Release.Version {
			s.Running = s.Slot
		}
	}
	s.OnTrial = s.Running != e.Boot
	if s.OnTrial && s.Phase == Trying { // a program that was started again has to prove itself again
		s.Trial = Trial{Reason: s.Trial.Reason, Fell: s.Trial.Fell || s.Trial.passed()}
	}
	var effects []Effect
	if !s.OnTrial && e.Try != piboot.OtherSlot(e.Boot) { // a sector that was torn
		s.busy = true
		effects = append(effects, MakeDefault{e.Boot})
	}
	if !s.OnTrial {
		s.raise(e.Self.Version)
	}
	switch {
	case s.Phase == Trying && s.Running == s.Slot && !s.OnTrial: // the power went between sector and record
		effects = append(effects, s.end(updates.Confirmed, "", "")...)
	case s.Phase == Trying && s.Running != s.Slot:
		effects = append(effects, s.failed()...)
	case s.Phase == Writing: // half a slot is none: from the start
		s.Phase = Fetched
	case (s.Phase == Written) && s.Slot == e.Boot: // the slots were changed by other hands
		s.Phase = Fetched
	}
	return effects
}

// failed decides what follows a trial that led back here.
func (s *State) failed() []Effect {
	if s.Trial.Reason == "" && s.Tries < tries {
		s.Phase = Written
		return nil
	}
	why := s.Trial.Reason
	if why == "" {
		why = s.Trial.missing()
	}
	return s.end(updates.RolledBack, why, sentence[why])
}

// sentence says what a tried system did not do.
var sentence = map[string]string{
	WhyStore:   "the new system did not open the store",
	WhyScreen:  "the new system opened the store and drew no screen",
	WhyGateway: "the new system did not reach the gateway",
	WhyStopped: "the new system did all it had to, and did not stay up",
	WhyCard:    "the new system could not make its slot the one that boots",
}

// passing are refusals that may not be so the next time: the gateway signs anew,
// someone makes room.
var passing = []string{WhyExpired, WhySignature, WhyReplayed, WhyMetadata, WhySpace}

// ended says that the gateway's wish had its end already.
func (s *State) ended(rollout string) bool {
	o := s.Outcome
	return o != nil && o.Rollout == rollout && (o.Result != updates.Refused || !slices.Contains(passing, o.Why))
}

func (s *State) raise(version string) {
	if semver.IsValid(version) && (s.Floor == "" || semver.Compare(version, s.Floor) > 0) {
		s.Floor = version
	}
}

func outcome(rollout, version string, result updates.Result, why, reason string) *updates.Outcome {
	return &updates.Outcome{Rollout: rollout, Version: version, Result: result, Why: why, Reason: reason}
}

// end makes an outcome of the update under way.
func (s *State) end(result updates.Result, why, reason string) []Effect {
	if result == updates.Confirmed {
		s.raise(s.Order.Release.Version)
	}
	return s.clear(outcome(s.Order.Rollout, s.Order.Release.Version, result, why, reason))
}

// clear goes back to idle; a nil outcome leaves the last one.
func (s *State) clear(o *updates.Outcome) []Effect {
	if o == nil {
		o = s.Outcome
	}
	s.Record = Record{Phase: Idle, Floor: s.Floor, Outcome: o}
	s.retry, s.retryAt, s.passedAt = 0, time.Time{}, 0
	effects := []Effect{Discard{}}
	if s.busy && !s.stopped {
		s.stopped = true
		effects = slices.Insert(effects, 0, Effect(Stop{}))
	}
	return effects
}

// drop gives up what is not being tried yet.
func (s *State) drop(o *updates.Outcome) []Effect {
	s.wanted = true
	if s.Phase == Trying || s.OnTrial {
		return nil
	}
	if s.Phase == Idle {
		if o != nil {
			s.Outcome = o
		}
		return nil
	}
	return s.clear(o)
}

func (s *State) want(o Order) []Effect {
	s.wanted = true
	if s.Running == 0 || s.OnTrial || s.Phase == Trying || s.ended(o.Rollout) {
		return nil
	}
	if s.Phase != Idle && s.Order.Release == o.Release {
		s.Order = o // the same, perhaps more urgent
		return nil
	}
	var effects []Effect
	if s.Phase != Idle {
		effects = s.clear(nil)
	}
	if err := o.Release.Refuse(s.Self, s.Floor, s.SlotSize, o.OneWay); err != nil {
		var r *Refusal
		errors.As(err, &r)
		if r.Why == WhyOlder && o.Release.Version == s.Self.Version {
			return effects // it runs already
		}
		s.Outcome = outcome(o.Rollout, o.Release.Version, updates.Refused, r.Why, r.Reason)
		return effects
	}
	s.Phase, s.Order, s.Slot = Fetching, o, piboot.OtherSlot(s.Running)
	return effects
}

// again waits before the next attempt, or ends the update where that is no use.
func (s *State) again(r *Refusal, now Now) []Effect {
	if r != nil {
		return s.end(updates.Refused, r.Why, r.Reason)
	}
	s.retry = min(max(2*s.retry, retryFirst), retryMost)
	s.retryAt = now.At.Add(s.retry)
	return nil
}

func (s *State) notWritten(e NotWritten, now Now) []Effect {
	s.Phase = Fetched
	if e.Interrupted {
		return nil
	}
	if e.Lost && e.Refusal == nil {
		s.Phase = Fetching
	}
	if s.Writes++; s.Writes >= writes && e.Refusal == nil {
		e.Refusal = &Refusal{WhyCard, "the card does not keep what is written to it"}
	}
	return s.again(e.Refusal, now)
}

func (s *State) switched(e Switched, now Now) []Effect {
	switch {
	case !s.OnTrial:
		return nil // a torn sector was mended, or not: the slot boots either way
	case e.Err != nil:
		s.Trial.Reason = WhyCard
		return nil
	}
	s.OnTrial = false
	return s.end(updates.Confirmed, "", "")
}

// next is what is due now.
func (s *State) next(now Now) []Effect {
	if s.Running == 0 || s.restarting {
		return nil
	}
	if s.OnTrial {
		return s.trial(now)
	}
	if s.busy || now.At.Before(s.retryAt) {
		return nil
	}
	may := s.quiet && (s.closed || s.Order.Now)
	switch {
	case s.Phase == Fetching && s.online:
		s.busy = true
		return []Effect{Fetch{s.Order}}
	case s.Phase == Fetched && may:
		s.Phase, s.busy = Writing, true
		return []Effect{Write{s.Slot, s.Order.Release}}
	// The gateway is to be reached now, since the new system has to; and it still wants it.
	case s.Phase == Written && may && s.online && s.wanted:
		s.Phase, s.Trial, s.restarting = Trying, Trial{}, true
		s.Tries++
		return []Effect{Restart{Try: true}}
	}
	return nil
}

// trial is what a system on trial does.
func (s *State) trial(now Now) []Effect {
	if s.Phase != Trying || s.Running != s.Slot { // nobody here asked for this trial
		if now.Uptime >= TrialTime && s.quiet {
			s.restarting = true
			return []Effect{Restart{}}
		}
		return nil
	}
	if s.busy {
		return nil
	}
	limit := TrialTime
	if s.Trial.passed() && s.Trial.Reason == "" {
		if s.passedAt == 0 {
			s.passedAt = now.Uptime
		}
		if now.Uptime >= s.passedAt+Settling {
			s.busy = true
			return []Effect{MakeDefault{s.Slot}}
		}
		limit += Settling // who passes in time has time to settle; who falls down again and again has not
	}
	if now.Uptime >= limit && s.Trial.Reason == "" {
		s.Trial.Reason = s.Trial.missing()
	}
	if s.Trial.Reason != "" && (s.quiet || now.Uptime >= TrialTime+overtime) {
		s.restarting = true
		return []Effect{Restart{}}
	}
	return nil
}

// Describe is the record in a line, for logs.
func (r Record) Describe() string {
	parts := []string{string(r.Phase)}
	if r.Order.Release.Version != "" {
		parts = append(parts, r.Order.Release.Version)
	}
	if r.Phase == Idle && r.Outcome != nil {
		parts = append(parts, "last:", r.Outcome.Version, string(r.Outcome.Result), r.Outcome.Why)
	}
	return strings.TrimSpace(strings.Join(parts, " "))
}
