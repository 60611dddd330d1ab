package slots_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"till/boards/piboot"
	"till/device/slots"
	"till/sync/wire/updates"
)

// TestMatrix plays whole updates, from order to end, on a card and a firmware.
func TestMatrix(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(r *rig)
		want   string
		boots  string
	}{
		{"good", func(*rig) {}, "v1.1.0 confirmed", "v1.0.0 v1.1.0"},
		{"crashes", func(r *rig) { r.acts["v1.1.0"] = crashes }, "v1.1.0 rolled-back store", "v1.0.0 v1.1.0 v1.0.0 v1.1.0 v1.0.0"},
		{"hangs", func(r *rig) { r.acts["v1.1.0"] = hangs }, "v1.1.0 rolled-back store", "v1.0.0 v1.1.0 v1.0.0 v1.1.0 v1.0.0"},
		{"cannot reach the gateway", func(r *rig) { r.acts["v1.1.0"] = unlinked }, "v1.1.0 rolled-back gateway", "v1.0.0 v1.1.0 v1.0.0"},
		{"draws no screen", func(r *rig) { r.acts["v1.1.0"] = blank }, "v1.1.0 rolled-back screen", "v1.0.0 v1.1.0 v1.0.0"},
		{"cannot open the store", func(r *rig) { r.acts["v1.1.0"] = storeless }, "v1.1.0 rolled-back store", "v1.0.0 v1.1.0 v1.0.0"},
		{"falls down again and again", func(r *rig) { r.acts["v1.1.0"] = collapses }, "v1.1.0 rolled-back stopped", "v1.0.0 v1.1.0 v1.0.0"},
		{"the same version", func(r *rig) { r.order.Release.Version = "v1.0.0" }, "none", "v1.0.0"},
		{"an older version", func(r *rig) { r.order.Release.Version = "v0.9.0" }, "v0.9.0 refused older-version", "v1.0.0"},
		{"a pre-release of this version", func(r *rig) { r.order.Release.Version = "v1.0.0-rc.1" }, "v1.0.0-rc.1 refused older-version", "v1.0.0"},
		{"another board's", func(r *rig) { r.order.Release.Board = "pi5" }, "v1.1.0 refused wrong-board", "v1.0.0"},
		{"too large", func(r *rig) { r.order.Release.ImageSize = slotSize + 512 }, "v1.1.0 refused too-large", "v1.0.0"},
		{"a schema the old one does not read", func(r *rig) { r.order.Release.Schema = 2 }, "v1.1.0 refused schema", "v1.0.0"},
		{"does not read our schema", func(r *rig) { r.order.Release.Schema, r.order.Release.Reads = 3, 2 }, "v1.1.0 refused schema", "v1.0.0"},
		{"one-way, not staged so", func(r *rig) { r.order.Release.Schema, r.order.Release.OneWay = 2, true }, "v1.1.0 refused one-way", "v1.0.0"},
		{"one-way, staged so", func(r *rig) {
			r.order.Release.Schema, r.order.Release.OneWay, r.order.OneWay = 2, true, true
		}, "v1.1.0 confirmed", "v1.0.0 v1.1.0"},
		{"no version", func(r *rig) { r.order.Release.Version = "newest" }, "newest refused metadata", "v1.0.0"},
		{"a path for a name", func(r *rig) { r.order.Release.Name = "../till" }, "v1.1.0 refused metadata", "v1.0.0"},
		{"not the bytes that were signed", func(r *rig) { r.images["v1.1.0"][70000]++ }, "v1.1.0 refused card", "v1.0.0"},
		{"fewer bytes", func(r *rig) { r.images["v1.1.0"] = r.images["v1.1.0"][:100000] }, "v1.1.0 refused card", "v1.0.0"},
		{"now, in opening hours", func(r *rig) { r.around.Closed, r.order.Now = false, true }, "v1.1.0 confirmed", "v1.0.0 v1.1.0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			r.wants("v1.1.0")
			c.change(r)
			// What a system's slot holds is looked at with its own, unharmed image.
			if c.name == "not the bytes that were signed" || c.name == "fewer bytes" {
				defer func() { r.images["v1.1.0"] = system("v1.1.0") }()
			}
			if c.want == "none" {
				r.boot()
			} else {
				r.play()
			}
			if c.want == "none" {
				r.broken = nil // it goes on for ever, which is its end
			}
			if r.broken != nil {
				t.Fatal(r.broken)
			}
			if got, boots := r.outcome(), strings.Join(r.boots, " "); got != c.want || boots != c.boots {
				t.Errorf("ended as %s after boots of %s; want %s after %s; %v", got, boots, c.want, c.boots, r.log)
			}
			if o := r.state.Outcome; o != nil && o.Result != updates.Confirmed && o.Reason == "" {
				t.Error("no reason is given")
			}
		})
	}
}

// walk is a machine in the middle of an update, stepped by hand.
type walk struct {
	t   *testing.T
	m   *slots.Machine
	now slots.Now
}

func newWalk(t *testing.T, record slots.Record, booted slots.Booted) *walk {
	w := &walk{t, slots.NewMachine(record, func(slots.Record) error { return nil }), slots.Now{At: time.Unix(0, 0)}}
	w.do(booted, "")
	return w
}

// do steps and compares the effects' names.
func (w *walk) do(e slots.Event, want string) {
	w.t.Helper()
	effects, err := w.m.Handle(e, w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	var names []string
	for _, e := range effects {
		switch e := e.(type) {
		case slots.Fetch:
			names = append(names, "fetch")
		case slots.Write:
			names = append(names, "write")
		case slots.Stop:
			names = append(names, "stop")
		case slots.Discard:
			names = append(names, "discard")
		case slots.MakeDefault:
			names = append(names, "default")
		case slots.Restart:
			names = append(names, map[bool]string{true: "try", false: "restart"}[e.Try])
		}
	}
	if got := strings.Join(names, " "); got != want {
		w.t.Errorf("%T: effects %q, want %q; %s", e, got, want, w.m.State.Describe())
	}
}

func (w *walk) pass(d time.Duration) { w.now.At, w.now.Uptime = w.now.At.Add(d), w.now.Uptime+d }

func inA(version string) slots.Booted {
	return slots.Booted{
		Running: piboot.SlotA, Boot: piboot.SlotA, Try: piboot.SlotB, SlotSize: slotSize,
		Self: slots.Self{Version: version, Board: "pi3b", Schema: 1},
	}
}

func order(version string) slots.Order {
	return slots.Order{Rollout: "to " + version, Release: release(version)}
}

var clear = slots.Around{Quiet: true, Closed: true, Online: true}

func TestNeverDuringASaleNorInOpeningHours(t *testing.T) {
	w := newWalk(t, slots.Record{}, inA("v1.0.0"))
	w.do(slots.Wanted{Order: order("v1.1.0")}, "")
	w.do(slots.Around{Online: true}, "fetch") // a download disturbs nobody
	w.do(slots.Got{}, "")
	w.do(slots.Around{Quiet: true, Online: true}, "")  // the shop is open
	w.do(slots.Around{Closed: true, Online: true}, "") // a sale is under way
	w.do(clear, "write")
	w.do(slots.Around{Closed: true, Online: true}, "stop") // a sale begins
	w.do(slots.NotWritten{Interrupted: true}, "")
	w.do(clear, "write")
	w.do(slots.Around{Closed: true, Online: true}, "stop") // too late: it is written already
	w.do(slots.Wrote{}, "")
	w.do(slots.Around{Quiet: true, Closed: true}, "") // the gateway cannot be reached, so the new system could not either
	w.do(slots.Around{Quiet: true, Online: true}, "")
	w.do(clear, "try")
	w.do(slots.Ticked{}, "")
}

func TestHalted(t *testing.T) {
	w := newWalk(t, slots.Record{}, inA("v1.0.0"))
	w.do(slots.Wanted{Order: order("v1.1.0")}, "")
	w.do(clear, "fetch")
	w.do(slots.Unwanted{}, "stop discard")
	w.do(slots.Missed{}, "")
	if w.m.State.Phase != slots.Idle {
		t.Error(w.m.State.Describe())
	}
	w.do(slots.Wanted{Order: order("v1.1.0")}, "fetch")
	w.do(slots.Got{}, "write")
	w.do(slots.Wrote{}, "try")
	w.do(slots.Unwanted{}, "") // it goes on as it has to
	if w.m.State.Phase != slots.Trying {
		t.Error(w.m.State.Describe())
	}
}

// A boot that finds a written slot waits for the gateway's word before it tries it.
func TestHaltedWhileSwitchedOff(t *testing.T) {
	w := newWalk(t, slots.Record{}, inA("v1.0.0"))
	w.do(slots.Wanted{Order: order("v1.1.0")}, "")
	w.do(clear, "fetch")
	w.do(slots.Got{}, "write")
	w.do(slots.Around{Quiet: true, Closed: true}, "")
	w.do(slots.Wrote{}, "")
	again := newWalk(t, w.m.State.Record, inA("v1.0.0"))
	again.do(clear, "")
	again.do(slots.Unwanted{}, "discard")
	again.do(slots.Ticked{}, "")
}

func TestAnotherOrderTakesOver(t *testing.T) {
	w := newWalk(t, slots.Record{}, inA("v1.0.0"))
	w.do(slots.Wanted{Order: order("v1.1.0")}, "")
	w.do(clear, "fetch")
	w.do(slots.Wanted{Order: order("v1.1.0")}, "") // said again
	w.do(slots.Wanted{Order: order("v1.2.0")}, "stop discard")
	w.do(slots.Missed{}, "fetch")
	if v := w.m.State.Order.Release.Version; v != "v1.2.0" {
		t.Errorf("fetches %s", v)
	}
}

func TestTriesAgainMoreAndMoreSeldom(t *testing.T) {
	w := newWalk(t, slots.Record{}, inA("v1.0.0"))
	w.do(slots.Wanted{Order: order("v1.1.0")}, "")
	w.do(clear, "fetch")
	for _, wait := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
		w.do(slots.Missed{}, "")
		w.pass(wait*time.Minute - time.Second)
		w.do(slots.Ticked{}, "")
		w.pass(time.Second)
		w.do(slots.Ticked{}, "fetch")
	}
	w.do(slots.Missed{Refusal: &slots.Refusal{Why: slots.WhyDamaged, Reason: "no"}}, "discard")
	w.do(slots.Wanted{Order: order("v1.1.0")}, "") // it had its end
	w.do(slots.Wanted{Order: slots.Order{Rollout: "once more", Release: release("v1.1.0")}}, "fetch")
}

func TestARefusalThatPassesIsNoEnd(t *testing.T) {
	w := newWalk(t, slots.Record{}, inA("v1.0.0"))
	w.do(clear, "")
	w.do(slots.Rejected{Rollout: "to v1.1.0", Version: "v1.1.0", Refusal: slots.Refusal{Why: slots.WhyExpired, Reason: "expired yesterday"}}, "")
	if o := w.m.State.Outcome; o == nil || o.Why != slots.WhyExpired || o.Result != updates.Refused {
		t.Errorf("%+v", o)
	}
	w.do(slots.Wanted{Order: order("v1.1.0")}, "fetch")
}

func TestWhatWasDownloadedIsDamaged(t *testing.T) {
	w := newWalk(t, slots.Record{}, inA("v1.0.0"))
	w.do(slots.Wanted{Order: order("v1.1.0")}, "")
	w.do(clear, "fetch")
	w.do(slots.Got{}, "write")
	w.do(slots.NotWritten{Lost: true}, "")
	w.pass(time.Hour)
	w.do(slots.Ticked{}, "fetch")
}

func TestTrialOvertime(t *testing.T) {
	booted := inA("v1.1.0")
	booted.Running = piboot.SlotB
	record := slots.Record{Phase: slots.Trying, Order: order("v1.1.0"), Slot: piboot.SlotB, Tries: 1}
	w := newWalk(t, record, booted)
	w.do(slots.Reached{Store: true, Screen: true}, "")
	w.do(slots.Around{}, "") // someone sells
	w.pass(slots.TrialTime)
	w.do(slots.Ticked{}, "") // and is let finish
	w.do(slots.Around{Quiet: true}, "restart")
	w.do(slots.Ticked{}, "")

	w = newWalk(t, record, booted)
	w.do(slots.Around{}, "")
	w.pass(slots.TrialTime)
	w.do(slots.Ticked{}, "")
	w.do(slots.Reached{Store: true, Screen: true, Gateway: true}, "") // too late
	w.pass(slots.TrialTime)
	w.do(slots.Ticked{}, "restart") // a counter that is never clear is one that hangs
}

// A firmware that does not say which slot it booted: the version tells.
func TestSlotUnknown(t *testing.T) {
	record := slots.Record{Phase: slots.Trying, Order: order("v1.1.0"), Slot: piboot.SlotB, Tries: 1}
	booted := inA("v1.1.0")
	booted.Running = 0
	w := newWalk(t, record, booted)
	if s := w.m.State; s.Running != piboot.SlotB || !s.OnTrial {
		t.Errorf("runs from %d, on trial %v", s.Running, s.OnTrial)
	}
	booted.Self.Version = "v1.0.0"
	w = newWalk(t, record, booted)
	if s := w.m.State; s.Running != piboot.SlotA || s.OnTrial || s.Phase != slots.Written {
		t.Errorf("runs from %d, on trial %v, %s", s.Running, s.OnTrial, s.Describe())
	}
}

func TestNoSlots(t *testing.T) {
	w := newWalk(t, slots.Record{}, slots.Booted{Self: slots.Self{Version: "v1.0.0", Board: "pi3b"}})
	w.do(clear, "")
	w.do(slots.Wanted{Order: order("v1.1.0")}, "")
	w.do(slots.Ticked{}, "")
}

// A trial nobody here asked for, since the record is lost, ends by itself.
func TestTrialWithoutARecord(t *testing.T) {
	booted := inA("v1.1.0")
	booted.Running = piboot.SlotB
	w := newWalk(t, slots.Record{}, booted)
	w.do(clear, "")
	w.pass(slots.TrialTime)
	w.do(slots.Ticked{}, "restart")
}

func TestATornSectorIsMended(t *testing.T) {
	booted := inA("v1.0.0")
	booted.Try = piboot.SlotA
	m := slots.NewMachine(slots.Record{}, func(slots.Record) error { return nil })
	effects, err := m.Handle(booted, slots.Now{})
	if err != nil || !slices.Equal(effects, []slots.Effect{slots.MakeDefault{Slot: piboot.SlotA}}) {
		t.Errorf("%v, %v", effects, err)
	}
}

// Nothing is done before the record it follows from is durable.
func TestRecordFirst(t *testing.T) {
	full := errors.New("no space left on device")
	fail := error(nil)
	var kept []slots.Record
	m := slots.NewMachine(slots.Record{}, func(r slots.Record) error {
		if fail == nil {
			kept = append(kept, r)
		}
		return fail
	})
	now := slots.Now{At: time.Unix(0, 0)}
	handle := func(e slots.Event) []slots.Effect {
		effects, err := m.Handle(e, now)
		if !errors.Is(err, fail) {
			t.Fatal(err)
		}
		return effects
	}
	handle(inA("v1.0.0"))
	handle(clear)
	fail = full
	if effects := handle(slots.Wanted{Order: order("v1.1.0")}); len(effects) > 0 {
		t.Errorf("done without a record: %v", effects)
	}
	fail = nil
	if effects := handle(slots.Ticked{}); len(effects) != 1 {
		t.Errorf("effects %v, want the one that was held back", effects)
	}
	if last := kept[len(kept)-1]; last.Phase != slots.Fetching {
		t.Errorf("kept %s", last.Describe())
	}
}
