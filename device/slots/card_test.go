package slots_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"till/boards/piboot"
	"till/device/slots"
	"till/sync/wire/updates"
)

func write(c slots.Card, slot int, image []byte, sum string) error {
	return c.Write(context.Background(), slot, bytes.NewReader(image), int64(len(image)), sum)
}

func TestWriteRefuses(t *testing.T) {
	image := system("v1.1.0")
	failing := errors.New("I/O error")
	for name, c := range map[string]struct {
		harm  func(d *slots.FakeDisk)
		slot  int
		image []byte
		sum   string
		want  error
		word  string
	}{
		"the slot that boots": {slot: piboot.SlotA, word: "the one that boots"},
		"the data partition":  {slot: piboot.DataPartition, word: "no slot"},
		"too large":           {slot: piboot.SlotB, image: make([]byte, slotSize+512), word: "does not fit"},
		"half a sector":       {slot: piboot.SlotB, image: make([]byte, 700), word: "does not fit"},
		"another sum":         {slot: piboot.SlotB, sum: strings.Repeat("0", 64), want: slots.ErrDamaged},
		"a card that forgets": {slot: piboot.SlotB, harm: func(d *slots.FakeDisk) { d.Rot = func(b []byte, off int64) { flip(b, off, 200<<10) } }, want: slots.ErrDamaged},
		"a write that fails": {slot: piboot.SlotB, harm: func(d *slots.FakeDisk) {
			d.Fail = func(op string) error { return only(op == "write" && d.Ops() > 4, failing) }
		}, want: failing},
		"a sync that fails": {slot: piboot.SlotB, harm: func(d *slots.FakeDisk) {
			d.Fail = func(op string) error { return only(op == "sync" && d.Ops() > 4, failing) }
		}, want: failing},
		"no room for the card": {slot: piboot.SlotB, harm: func(d *slots.FakeDisk) { d.Fail = func(string) error { return failing } }, want: failing},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			if c.harm != nil {
				c.harm(r.disk)
			}
			if c.image == nil {
				c.image = image
			}
			if c.sum == "" {
				c.sum = sumOf(c.image)
			}
			err := write(slots.Card{Disk: r.disk, Chunk: chunkSize}, c.slot, c.image, c.sum)
			if err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.word) {
				t.Errorf("%v", err)
			}
			// Whatever went wrong, the slot does not look as if it held a system, and the old one boots.
			if c.slot == piboot.SlotB {
				if _, err := piboot.Boot(bytes.NewReader(r.disk.Bytes()), needs, true); err == nil {
					t.Error("a slot that was not written whole boots")
				}
			}
			if _, err := piboot.Boot(bytes.NewReader(r.disk.Bytes()), needs, false); err != nil {
				t.Error(err)
			}
		})
	}
}

func only(when bool, err error) error {
	if when {
		return err
	}
	return nil
}

func flip(b []byte, off, at int64) {
	if i := 8*512 + 64<<10 + slotSize + at - off; i >= 0 && i < int64(len(b)) {
		b[i] ^= 1
	}
}

func TestWriteEndsWithItsContext(t *testing.T) {
	r := newRig(t)
	sale := errors.New("a sale began")
	ctx, stop := context.WithCancelCause(context.Background())
	r.disk.Fail = func(string) error {
		if r.disk.Ops() == 4 {
			stop(sale)
		}
		return nil
	}
	image := system("v1.1.0")
	err := slots.Card{Disk: r.disk, Chunk: chunkSize}.Write(ctx, piboot.SlotB, bytes.NewReader(image), int64(len(image)), sumOf(image))
	if !errors.Is(err, sale) || r.disk.Ops() > 5 {
		t.Errorf("%v after %d operations", err, r.disk.Ops())
	}
}

func TestHolds(t *testing.T) {
	r := newRig(t)
	c := slots.Card{Disk: r.disk, Chunk: chunkSize}
	image := system("v1.1.0")
	holds := func(want bool) {
		t.Helper()
		got, err := c.Holds(context.Background(), piboot.SlotB, int64(len(image)), sumOf(image))
		if got != want || err != nil {
			t.Errorf("%v, %v, want %v", got, err, want)
		}
	}
	holds(false)
	if err := write(c, piboot.SlotB, image, sumOf(image)); err != nil {
		t.Fatal(err)
	}
	holds(true)
	r.disk.Rot = func(b []byte, off int64) { flip(b, off, 999) }
	holds(false)
}

func TestRecord(t *testing.T) {
	dir := t.TempDir()
	if r, err := slots.Load(dir); err != nil || r != (slots.Record{}) {
		t.Errorf("of an empty folder: %+v, %v", r, err)
	}
	want := slots.Record{Phase: slots.Trying, Order: order("v1.1.0"), Slot: 3, Tries: 1, Trial: slots.Trial{Store: true}, Floor: "v1.0.0"}
	if err := slots.Keep(dir, want); err != nil {
		t.Fatal(err)
	}
	if got, err := slots.Load(dir); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	path := filepath.Join(dir, "update.json")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, harmed := range map[string][]byte{
		"empty": nil, "half": raw[:len(raw)/2], "changed": bytes.Replace(raw, []byte("v1.0.0"), []byte("v9.0.0"), 1), "large": make([]byte, 1<<20),
	} {
		if err := os.WriteFile(path, harmed, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := slots.Load(dir); err == nil || got != (slots.Record{}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func FuzzRecord(f *testing.F) {
	raw, err := slots.EncodeRecord(slots.Record{Phase: slots.Idle, Floor: "v1.0.0", Outcome: &updates.Outcome{Version: "v1.0.0", Result: updates.Confirmed}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := slots.DecodeRecord(b)
		if err != nil {
			return
		}
		// Any record that is read can be stepped.
		m := slots.NewMachine(r, func(slots.Record) error { return nil })
		for _, e := range []slots.Event{inA("v1.0.0"), clear, slots.Wanted{Order: order("v1.1.0")}, slots.Got{}, slots.Wrote{}, slots.Ticked{}} {
			if _, err := m.Handle(e, slots.Now{}); err != nil {
				t.Fatal(err)
			}
		}
	})
}
