package slots_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"till/boards/piboot"
	"till/device/slots"
	"till/sync/wire/updates"
)

const (
	slotSize  = 256 << 10
	chunkSize = 32 << 10
)

var needs = piboot.Needs{First: []string{"bootcode.bin"}, Slot: []string{"start.elf"}}

// system is a slot's file system with a system of this version in it.
func system(version string) []byte {
	kernel := bytes.Repeat([]byte("kernel of "+version+" "), 4000)
	return piboot.FakeFAT(slotSize, map[string][]byte{
		"CONFIG.TXT": []byte("[all]\nkernel=vmlinuz\ninitramfs init.gz followkernel\n"),
		"START.ELF":  []byte("firmware"), "VMLINUZ": kernel, "INIT.GZ": bytes.Repeat([]byte(version+"\n"), 9000),
	})
}

func sumOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func release(version string) slots.Release {
	image := system(version)
	return slots.Release{
		About: updates.About{Version: version, Board: "pi3b", ImageSize: int64(len(image)), ImageSHA256: sumOf(image), Schema: 1, Reads: 1},
		Name:  "till-" + version, Size: int64(len(image)), SHA256: sumOf(image),
	}
}

// behaviour is what a system does after it was booted.
type behaviour string

const (
	healthy   behaviour = "healthy"
	crashes   behaviour = "crashes at once" // kernel panic, or the program again and again
	hangs     behaviour = "hangs"           // the watchdog resets it
	unlinked  behaviour = "cannot reach the gateway"
	blank     behaviour = "draws no screen"
	storeless behaviour = "cannot open the store"
	collapses behaviour = "falls down again and again, a while after it was well"
)

// rig is a terminal with its card, played from power on to power off.
type rig struct {
	t      *testing.T
	disk   *slots.FakeDisk
	record []byte // the file, as it is on the data partition
	half   []byte // what it may be as well, since the power went while it was replaced
	acts   map[string]behaviour
	order  *slots.Order // what the gateway wants; nil: nothing
	images map[string][]byte

	around slots.Around
	try    bool // the tryboot flag
	boots  []string
	log    []string
	state  slots.State // of the last step
	broken error       // a law was broken
}

func newRig(t *testing.T) *rig {
	card := piboot.FakeCard(map[string][]byte{"BOOTCODE.BIN": []byte("code")}, slotSize, system("v1.0.0"), nil)
	return &rig{
		t: t, disk: slots.NewFakeDisk(card), acts: map[string]behaviour{}, images: map[string][]byte{},
		around: slots.Around{Quiet: true, Closed: true, Online: true},
	}
}

func (r *rig) wants(version string) {
	image := system(version)
	r.images[version] = image
	r.order = &slots.Order{Rollout: "to " + version, Release: release(version)}
}

// clone is the same terminal with this on its card, switched on after a power cut.
func (r *rig) clone(content, record []byte) *rig {
	c := *r
	c.disk, c.record, c.half, c.try = slots.NewFakeDisk(content), record, nil, false
	c.boots, c.log = nil, nil
	return &c
}

func (r *rig) keep(record slots.Record) error {
	b, err := slots.EncodeRecord(record)
	if err != nil {
		return err
	}
	if err := r.disk.Elsewhere(); err != nil {
		if r.half == nil {
			r.half = b
		}
		return err
	}
	r.record = b
	return nil
}

// settled says that the update had its end.
func (r *rig) settled() bool {
	return r.state.Phase == slots.Idle && !r.state.OnTrial && (r.order == nil || r.state.Outcome != nil && r.state.Outcome.Rollout == r.order.Rollout)
}

// play runs the terminal until the update has its end, or the power is gone.
func (r *rig) play() {
	r.t.Helper()
	for range 12 {
		if r.boot(); r.broken != nil || r.disk.Gone() || r.settled() {
			return
		}
	}
	r.broken = fmt.Errorf("no end after 12 boots: %s; %s", strings.Join(r.boots, ", "), strings.Join(r.log, ", "))
}

// boot is one boot: firmware, system, the end of it.
func (r *rig) boot() {
	choice, err := piboot.Boot(bytes.NewReader(r.disk.Bytes()), needs, r.try)
	tryboot := r.try
	r.try = false
	if err != nil {
		r.broken = fmt.Errorf("tryboot %v: %w", tryboot, err)
		return
	}
	version := r.whole(choice)
	if version == "" {
		r.broken = fmt.Errorf("slot %d boots and is neither the old system nor the new", choice.Partition)
		return
	}
	r.boots = append(r.boots, version)
	act := r.acts[version]
	if act == crashes || act == hangs {
		return // panic=10, or the watchdog
	}
	record, err := slots.DecodeRecord(r.record)
	if r.record != nil && err != nil {
		r.broken = err
		return
	}
	m := slots.NewMachine(record, r.keep)
	defer func() { r.state = m.State }()
	card := slots.Card{Disk: r.disk, Chunk: chunkSize}
	now := slots.Now{At: time.Unix(0, 0)}
	handle := func(e slots.Event) []slots.Effect {
		effects, err := m.Handle(e, now)
		if err != nil && !errors.Is(err, slots.ErrCut) {
			r.broken = err
		}
		return effects
	}
	boots, try, err := card.Defaults()
	if err != nil {
		r.broken = err
		return
	}
	around := r.around
	if act == unlinked {
		around.Online = false
	}
	events := []slots.Event{
		slots.Booted{Running: choice.Partition, Boot: boots, Try: try, SlotSize: slotSize, Self: slots.Self{Version: version, Board: "pi3b", Schema: 1}},
		slots.Reached{Store: act != storeless, Screen: act != blank && act != storeless, Gateway: act != unlinked && act != blank && act != storeless}, around,
	}
	if r.order != nil {
		events = append(events, slots.Wanted{Order: *r.order})
	}
	for now.Uptime < time.Hour {
		if len(events) == 0 {
			if r.state = m.State; r.settled() {
				return
			}
			now.At, now.Uptime = now.At.Add(5*time.Second), now.Uptime+5*time.Second
			if act == collapses && m.State.OnTrial && now.Uptime%(20*time.Second) == 0 { // the program ended and was started again
				again := slots.NewMachine(m.State.Record, r.keep)
				m = again
				events = append(events,
					slots.Booted{Running: choice.Partition, Boot: boots, Try: try, SlotSize: slotSize, Self: slots.Self{Version: version, Board: "pi3b", Schema: 1}},
					slots.Reached{Store: true, Screen: true, Gateway: true}, around)
			}
			events = append(events, slots.Ticked{})
		}
		e := events[0]
		events = events[1:]
		for _, effect := range handle(e) {
			r.log = append(r.log, fmt.Sprintf("%T", effect))
			switch effect := effect.(type) {
			case slots.Fetch:
				events = append(events, slots.Got{})
			case slots.Write:
				err := card.Write(context.Background(), effect.Slot, bytes.NewReader(r.images[effect.Release.Version]), effect.Release.ImageSize, effect.Release.ImageSHA256)
				if err != nil {
					events = append(events, slots.NotWritten{Lost: !errors.Is(err, slots.ErrDamaged)})
				} else {
					events = append(events, slots.Wrote{})
				}
			case slots.MakeDefault:
				events = append(events, slots.Switched{Err: card.Boots(effect.Slot)})
			case slots.Restart:
				r.try = effect.Try
				return
			}
		}
		if r.disk.Gone() || r.broken != nil {
			return
		}
	}
	r.broken = fmt.Errorf("an hour after the boot of %s: %s; %s", version, m.State.Describe(), strings.Join(r.log, ", "))
}

// whole is the version of a slot that is wholly one system, else "".
func (r *rig) whole(c piboot.Choice) string {
	parts, err := piboot.Partitions(bytes.NewReader(r.disk.Bytes()))
	if err != nil {
		return ""
	}
	content := r.disk.Bytes()[parts[c.Partition-1].Offset:][:slotSize]
	for _, version := range []string{"v1.0.0", "v1.1.0", "v1.2.0"} {
		if bytes.Equal(content, r.image(version)) {
			return version
		}
	}
	return ""
}

func (r *rig) image(version string) []byte {
	if image, ok := r.images[version]; ok {
		return image
	}
	r.images[version] = system(version)
	return r.images[version]
}

// outcome is how the update ended, in words.
func (r *rig) outcome() string {
	o := r.state.Outcome
	if o == nil {
		return "none"
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s %s", o.Version, o.Result, o.Why))
}

func seeded(n int) *rand.Rand { return rand.New(rand.NewPCG(uint64(n), 7)) }
