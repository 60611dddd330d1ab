package tillcmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"till/checkout"
	"till/device"
	"till/display"
	"till/payment"
	"till/store"
	"till/words"
)

// journalFolder is where a terminal keeps its journal.
func journalFolder(data string) string { return filepath.Join(data, "journal") }

// openJournal opens the terminal's journal. One that is damaged is set aside for
// support, never deleted, and the next epoch is begun in its place: the notice
// says so. What the ledger does not have of it is in no ledger, but the gateway
// settles every attempt it has seen by itself.
func openJournal(config Config, boot string) (j *store.Journal, notice words.Sentence, err error) {
	dir := journalFolder(config.Data)
	epoch, err := store.NextEpoch(dir)
	if err != nil {
		return nil, notice, err
	}
	o := store.Options{Terminal: config.Terminal, Epoch: max(epoch, config.Epoch), MaxBytes: config.Journal.MaxBytes}
	j, err = store.Open(dir, o)
	if unusable(err) {
		damage := err
		if _, epoch, err = store.SetAside(dir); err != nil {
			return nil, notice, errors.Join(damage, err)
		}
		o.Epoch = max(epoch, config.Epoch)
		notice.Key = "store_aside"
		j, err = store.Open(dir, o)
	}
	if err != nil {
		return nil, notice, err
	}
	// After every start, since power may have gone between the new epoch and its first record.
	if p := j.Position(); p.Epoch > 1 && p.Last == 0 {
		why := payment.JournalDamaged
		if notice.Key == "" && p.Epoch == config.Epoch { // the gateway's word: the epochs before are of another device
			why = payment.DeviceReplaced
		} else {
			notice.Key = "store_aside"
		}
		_, err = j.Append(payment.Stamp{Boot: boot}, payment.Event{Kind: payment.StoreReplaced, Reason: why})
		if err != nil {
			return nil, notice, errors.Join(fmt.Errorf("begin epoch %d: %w", p.Epoch, err), j.Close())
		}
	}
	return j, notice, nil
}

// unusable says that a journal's folder cannot be sold on with, now or later.
// One of another terminal, of a newer till or in use by another program is sound.
func unusable(err error) bool {
	return errors.Is(err, store.ErrDamaged) || errors.Is(err, store.ErrNotJournal)
}

// mayMend says that a journal that did not open may yet: its disk cannot be read
// or written now. The rest is for a person to put right, and ends the program.
func mayMend(err error) bool {
	for _, ours := range []error{store.ErrTerminal, store.ErrNewer, store.ErrLocked, context.Canceled} {
		if errors.Is(err, ours) {
			return false
		}
	}
	return err != nil
}

// openEvery is how often a journal that does not open is tried.
const openEvery = 2 * time.Second

// untilOpen shows what keeps the journal from opening, until it does.
func (t *terminal) untilOpen(ctx context.Context, why error) (j *store.Journal, notice words.Sentence, err error) {
	t.log.Error("the journal does not open, and is tried again", "err", why)
	defer feedSystemdMeanwhile(ctx, t.log)()
	body, err := device.Open(ctx, t.config.Board, t.body())
	if err != nil {
		return nil, notice, errors.Join(why, err)
	}
	panel := display.NewPanel(body.Display)
	show := func() error {
		_, err := panel.Show(display.Render(t.closedView(why), body.Display.Size()).Image)
		return drew(err)
	}
	if err := errors.Join(show(), body.Pins.SetLED(device.LEDRed)); err != nil {
		t.log.Error("show why the journal does not open", "err", err)
	}
	tick := time.NewTicker(openEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil, notice, errors.Join(context.Canceled, body.Close())
		case <-tick.C:
		}
		if h, ok := body.Display.(*display.Hotplug); ok {
			if came, _ := h.Look(); came { // what is wrong with it is said once there is a journal
				_ = show() // it is shown again at the next change
			}
		}
		if j, notice, err = openJournal(t.config, t.boot); !mayMend(err) {
			return j, notice, errors.Join(err, body.Close())
		}
	}
}

// closedView is what is shown without a journal.
func (t *terminal) closedView(why error) display.View {
	lang := t.config.Merchant.Language
	return display.View{
		Screen: display.ScreenFault, Lang: lang, Test: t.config.Test,
		Bar:   display.Bar{Merchant: t.config.Merchant.Name, Terminal: t.config.Terminal},
		Title: words.Say(lang, "fault_open"), Detail: words.Say(lang, "fault_mends"),
		Lines: append(t.whomToCall(lang), display.Line{Text: why.Error()}),
	}
}

// space is what a file system says of itself.
type space struct {
	free     int64 // bytes, for who is not root
	readOnly bool
}

const (
	lookEvery  = 5 * time.Second
	pruneEvery = 10 * time.Minute
	// pruneAhead of the journal's bound there is room for a new segment, for what
	// the store holds back for sales that were begun, and for many sales.
	pruneAhead = 40 << 20
	// New sales stop while there is room for a new segment and many commits yet:
	// sales that were begun are finished on it.
	leastFree = 16 << 20
	// Once stopped, they wait for more, so that the screen does not flicker.
	enoughFree = 24 << 20
)

// upkeep looks after the journal beside the counter: whether there is room for
// sales, and which records may be deleted.
type upkeep struct {
	terminal *terminal
	space    func(dir string) (space, error)
	halt     words.Sentence
	pruneAt  time.Time
}

// attend starts what goes on beside the counter. None of it holds up a sale, or
// ends the firmware. wait returns once all of it has ended with ctx.
func (t *terminal) attend(ctx context.Context) (wait func()) {
	var all sync.WaitGroup
	all.Go(func() { (&upkeep{terminal: t, space: spaceOf}).run(ctx) })
	all.Go(func() { t.serveJournal(ctx) })
	return all.Wait
}

func (u *upkeep) run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		u.look(ctx, time.Now())
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// look deletes what may go, if it is time or there is no room, and tells the
// counter whether new sales are possible.
func (u *upkeep) look(ctx context.Context, now time.Time) {
	t := u.terminal
	if !now.Before(u.pruneAt) || !t.journal.Room() {
		u.pruneAt = now.Add(pruneEvery)
		u.prune()
	}
	before := u.halt
	u.halt.Key = ""
	s, err := u.space(t.config.Data)
	switch {
	case err != nil:
		t.log.Warn("free space", "err", err) // the journal itself will tell
	case s.readOnly:
		u.halt.Key = "halt_readonly"
	case s.free < leastFree, s.free < enoughFree && before.Key == "halt_disk":
		u.halt.Key = "halt_disk"
	}
	if u.halt.Key == "" && !t.journal.Room() {
		u.halt.Key = "halt_full"
	}
	if u.halt.Key != before.Key {
		t.log.Warn("new sales", "halted", u.halt.Key)
		t.send(ctx, checkout.HaltChanged{Why: u.halt})
	}
}

// prune deletes records that the ledger has: those that are old by the cloud's
// clock, if it is known, and whatever is too much.
func (u *upkeep) prune() {
	t := u.terminal
	files, err := 0, error(nil)
	if offset := t.offset.Load(); offset != nil {
		files, err = t.journal.Prune(t.steady().Add(*offset).AddDate(0, 0, -t.config.Journal.KeepDays))
	}
	if err == nil {
		var more int
		most := t.config.Journal.MaxBytes
		more, err = t.journal.PruneTo(max(most/2, most-pruneAhead))
		files += more
	}
	if err != nil {
		t.log.Error("prune", "err", err)
	}
	if files > 0 {
		t.log.Info("prune", "segments", files)
	}
}

// errReopen ends a run of the counter whose journal is to be opened anew.
var errReopen = errors.New("open the journal anew")

// noRoom tells the counter a full journal, which is sound, from a failed one.
func noRoom(err error) error {
	if errors.Is(err, store.ErrFull) {
		return fmt.Errorf("%w: %w", checkout.ErrNoRoom, err)
	}
	return err
}

// isFolder says whether path is a folder; no is the answer to every error.
func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
