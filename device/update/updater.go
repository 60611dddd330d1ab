// Package update brings a terminal's card a new release: it believes the
// gateway's signed metadata ([Trust]), downloads ([Folder]) and carries out what
// the state machine of device/slots decides ([Updater]).
package update

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"till/boards/piboot"
	"till/device/slots"
	"till/sync/wire/updates"
)

// Config is what an Updater needs of its terminal.
type Config struct {
	// Dir is the folder for updates, on the data partition.
	Dir string
	// Card is the card with the slots. Disk nil: the system is not on one, and is
	// not updated so.
	Card slots.Card
	// Running is the slot that the firmware says it booted; 0: it does not say.
	Running int
	Self    slots.Self
	// Root is the metadata that is trusted from the start; empty: nothing is, and
	// there are no updates.
	Root   []byte
	Source Source
	// Time is the time by a clock that can be trusted, once there is one.
	Time func() (time.Time, bool)
	// Uptime is the time since the system booted.
	Uptime func() time.Duration
	// Free is how many bytes the data partition has left; nil: not known.
	Free func() (uint64, error)
	// Report tells the gateway; called from Run, at the start and at each change.
	Report func(updates.Report)
	// Restart starts the machine anew, in order, once the counter is clear; called
	// from Run, which is not to be waited for in it.
	Restart func(try bool)
	Log     *slog.Logger
}

// Updater updates a terminal.
type Updater struct {
	config  Config
	machine *slots.Machine
	folder  Folder
	trust   *Trust

	events chan slots.Event
	wishes chan *updates.Wish
	checks chan checked

	wish     *updates.Wish
	checkAt  time.Time
	checking bool
	stop     context.CancelCauseFunc // of what is under way
	reported *updates.Report
	online   bool
}

const (
	tick       = 5 * time.Second
	checkAgain = time.Hour   // the metadata may be newer, or hold again
	checkSoon  = time.Minute // it did not come
)

// New reads the record of updates and the slots.
func New(config Config) *Updater {
	u := &Updater{
		config: config, folder: Folder{Dir: filepath.Join(config.Dir, "download"), Free: config.Free},
		trust:  NewTrust(filepath.Join(config.Dir, "trust"), config.Root),
		events: make(chan slots.Event, 64), wishes: make(chan *updates.Wish, 8), checks: make(chan checked),
	}
	record, err := slots.Load(config.Dir)
	if err != nil {
		config.Log.Error("update", "err", err) // an update under way is begun again
	}
	u.machine = slots.NewMachine(record, func(r slots.Record) error {
		if err := os.MkdirAll(config.Dir, 0o700); err != nil {
			return err
		}
		config.Log.Info("update", "record", r.Describe())
		return slots.Keep(config.Dir, r)
	})
	return u
}

// Wish takes what the gateway wants; nil is nothing.
func (u *Updater) Wish(ctx context.Context, w *updates.Wish) {
	select {
	case u.wishes <- w:
	case <-ctx.Done():
	}
}

// Around says what is so at the counter.
func (u *Updater) Around(ctx context.Context, a slots.Around) { u.send(ctx, a) }

// Reached says what this system has done that a system on trial has to.
func (u *Updater) Reached(ctx context.Context, r slots.Reached) { u.send(ctx, r) }

func (u *Updater) send(ctx context.Context, e slots.Event) {
	select {
	case u.events <- e:
	case <-ctx.Done():
	}
}

// Run updates until ctx ends. What is under way then goes on at the next start.
func (u *Updater) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	u.handle(ctx, u.booted())
	look := time.NewTicker(tick)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case w := <-u.wishes:
			u.wish, u.checkAt = w, time.Time{}
			if w == nil {
				u.handle(ctx, slots.Unwanted{})
			}
		case c := <-u.checks:
			u.checking = false
			switch {
			case u.wish == nil || *u.wish != c.wish: // another came meanwhile, and is looked at now
			case c.event == nil:
				u.checkAt = time.Now().Add(checkSoon)
			default:
				u.checkAt = time.Now().Add(checkAgain)
				u.handle(ctx, c.event)
			}
		case e := <-u.events:
			if a, ok := e.(slots.Around); ok {
				u.online = a.Online
			}
			u.handle(ctx, e)
		case <-look.C:
			u.handle(ctx, slots.Ticked{})
		}
		u.check(ctx)
	}
}

func (u *Updater) booted() slots.Event {
	b := slots.Booted{Self: u.config.Self}
	if u.config.Card.Disk == nil {
		return b
	}
	boot, try, err := u.config.Card.Defaults()
	if err == nil {
		b.SlotSize, err = u.config.Card.SlotSize(piboot.OtherSlot(boot))
	}
	if err != nil {
		u.config.Log.Warn("update: this card has no slots, so there are no updates", "err", err)
		return b
	}
	b.Boot, b.Try, b.Running = boot, try, u.config.Running
	return b
}

func (u *Updater) now() slots.Now { return slots.Now{At: time.Now(), Uptime: u.config.Uptime()} }

func (u *Updater) handle(ctx context.Context, e slots.Event) {
	effects, err := u.machine.Handle(e, u.now())
	if err != nil {
		u.config.Log.Error("update", "err", err) // tried again with the next event
	}
	for _, effect := range effects {
		u.do(ctx, effect)
	}
	u.report()
}

func (u *Updater) do(ctx context.Context, effect slots.Effect) {
	log := u.config.Log
	switch effect := effect.(type) {
	case slots.Fetch:
		u.begin(ctx, func(ctx context.Context) slots.Event {
			err := u.folder.Download(ctx, u.config.Source, effect.Order.Release)
			if err == nil {
				return slots.Got{}
			}
			missed := slots.Missed{}
			if !errors.As(err, &missed.Refusal) {
				log.Warn("update", "err", err) // a refusal is in the record
			}
			return missed
		})
	case slots.Write:
		u.begin(ctx, func(ctx context.Context) slots.Event {
			err := u.folder.Install(ctx, u.config.Card, effect.Slot, effect.Release)
			if err == nil {
				return slots.Wrote{}
			}
			not := slots.NotWritten{Interrupted: ctx.Err() != nil, Lost: errors.Is(err, errLost)}
			if !errors.As(err, &not.Refusal) {
				log.Warn("update", "err", err)
			}
			return not
		})
	case slots.Stop:
		if u.stop != nil {
			u.stop(errStopped)
		}
	case slots.MakeDefault:
		u.begin(ctx, func(context.Context) slots.Event {
			err := u.config.Card.Boots(effect.Slot)
			if err != nil {
				log.Error("update", "err", err)
			}
			return slots.Switched{Err: err}
		})
	case slots.Discard:
		if err := u.folder.Clear(slots.Release{}); err != nil {
			log.Warn("update", "err", err) // the next download clears it again
		}
	case slots.Restart:
		log.Warn("update: the machine is started anew", "try", effect.Try)
		u.config.Restart(effect.Try)
	}
}

var errStopped = errors.New("the update gives way")

// begin does work beside Run, and hands its outcome back.
func (u *Updater) begin(ctx context.Context, work func(context.Context) slots.Event) {
	own, stop := context.WithCancelCause(ctx)
	u.stop = stop
	go func() {
		defer stop(nil)
		u.send(ctx, work(own))
	}()
}

// checked is what the signed metadata say of a wish.
type checked struct {
	wish  updates.Wish
	event slots.Event // nil: they did not come
}

// check looks at the signed metadata for what the gateway wants, where that is due.
func (u *Updater) check(ctx context.Context) {
	now, known := u.config.Time()
	if u.wish == nil || u.checking || !u.online || !known || u.machine.State.Running == 0 || time.Now().Before(u.checkAt) {
		return
	}
	u.checking = true
	wish := *u.wish
	go func() {
		c := checked{wish, u.judge(ctx, wish, now)}
		select {
		case u.checks <- c:
		case <-ctx.Done():
		}
	}()
}

func (u *Updater) judge(ctx context.Context, wish updates.Wish, now time.Time) slots.Event {
	all, err := u.trust.Refresh(ctx, u.config.Source, now)
	var release slots.Release
	if err == nil {
		release, err = Find(all, wish.Version, u.config.Self.Board)
	}
	if err == nil {
		return slots.Wanted{Order: slots.Order{Rollout: wish.Rollout, Release: release, Now: wish.Now, OneWay: wish.OneWay}}
	}
	rejected := slots.Rejected{Rollout: wish.Rollout, Version: wish.Version}
	var refusal *slots.Refusal
	if errors.As(err, &refusal) {
		rejected.Refusal = *refusal
		return rejected
	}
	u.config.Log.Warn("update", "err", err)
	return nil
}

// report tells the gateway what has changed.
func (u *Updater) report() {
	r := ReportOf(u.machine.State)
	if old := u.reported; old != nil && sameReport(*old, r) {
		return
	}
	u.reported = &r
	u.config.Report(r)
}

func sameReport(a, b updates.Report) bool {
	if (a.Last == nil) != (b.Last == nil) || a.Last != nil && *a.Last != *b.Last {
		return false
	}
	a.Last, b.Last = nil, nil
	return a == b
}

// ReportOf is the machine's state as the gateway is told of it.
func ReportOf(s slots.State) updates.Report {
	r := updates.Report{Version: s.Self.Version, Board: s.Self.Board, Slot: s.Running, State: updates.Idle, Last: s.Outcome}
	if s.Phase != slots.Idle {
		r.Target, r.Rollout = s.Order.Release.Version, s.Order.Rollout
	}
	switch s.Phase {
	case slots.Fetching:
		r.State = updates.Downloading
	case slots.Fetched, slots.Writing, slots.Written:
		r.State = updates.Downloaded
	case slots.Trying:
		r.State = updates.Trying
	}
	return r
}
