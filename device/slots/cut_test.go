package slots_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"till/boards/piboot"
	"till/device/slots"
)

// TestPowerCuts takes the power at every write and sync of an update, and at
// every record kept: whatever is on the card then, the firmware finds a whole
// system, the old or the new one, and the update comes to its end by itself.
func TestPowerCuts(t *testing.T) {
	mixtures, second := 6, 0
	if os.Getenv("TILL_SOAK") != "" {
		mixtures, second = 60, 5
	}
	ops, cuts, cards, boots := 0, 0, 0, 0
	for _, c := range []struct {
		name   string
		acts   map[string]behaviour
		before []string // updates gone through before: the other direction
		want   string
	}{
		{name: "from A to B, good", want: "v1.1.0 confirmed"},
		{name: "from B to A, good", before: []string{"v1.1.0"}, want: "v1.2.0 confirmed"},
		{name: "crashes", acts: map[string]behaviour{"v1.1.0": crashes}, want: "v1.1.0 rolled-back store"},
		{name: "cannot reach the gateway", acts: map[string]behaviour{"v1.1.0": unlinked}, want: "v1.1.0 rolled-back gateway"},
	} {
		t.Run(c.name, func(t *testing.T) {
			begin := newRig(t)
			begin.acts = c.acts
			version := "v1.1.0"
			for _, before := range c.before {
				begin.wants(before)
				if begin.play(); begin.broken != nil || begin.outcome() != before+" confirmed" {
					t.Fatalf("before: %s, %v", begin.outcome(), begin.broken)
				}
				version = "v1.2.0"
			}
			begin.wants(version)
			whole := begin.clone(begin.disk.Bytes(), begin.record)
			whole.play()
			if whole.broken != nil || whole.outcome() != c.want {
				t.Fatalf("uncut: %s, want %s; %v", whole.outcome(), c.want, whole.broken)
			}
			ops += whole.disk.Ops()
			for at := 1; at <= whole.disk.Ops(); at++ {
				cut := begin.clone(begin.disk.Bytes(), begin.record)
				cut.disk.CutAt = at
				cut.play()
				if cut.broken != nil || !cut.disk.Gone() {
					t.Fatalf("until cut %d: %v", at, cut.broken)
				}
				cuts++
				records := [][]byte{cut.record}
				if cut.half != nil {
					records = append(records, cut.half)
				}
				for i, content := range cut.disk.AfterCut(mixtures, seeded(at)) {
					cards++
					if err := begin.looks(content); err != nil {
						t.Fatalf("cut %d, card %d: %v", at, i, err)
					}
					for _, record := range records {
						after := cut.clone(content, record)
						if after.play(); after.broken != nil {
							t.Fatalf("cut %d, card %d: %v", at, i, after.broken)
						}
						boots += len(after.boots)
						if got := after.outcome(); got != c.want {
							t.Fatalf("cut %d, card %d: ended as %s, want %s; boots %v, %v", at, i, got, c.want, after.boots, after.log)
						}
						if second > 0 && i%second == 0 {
							boots += cutAgain(t, cut, content, record, c.want)
						}
					}
				}
			}
		})
	}
	t.Logf("%d operations, %d cuts, %d cards that may be left by them, %d boots: each found a whole system, each update its end", ops, cuts, cards, boots)
}

// cutAgain takes the power a second time, while the terminal recovers from the first.
func cutAgain(t *testing.T, cut *rig, content, record []byte, want string) (boots int) {
	t.Helper()
	probe := cut.clone(content, record)
	probe.play()
	for at := 1; at <= probe.disk.Ops(); at += 3 {
		again := cut.clone(content, record)
		again.disk.CutAt = at
		if again.play(); again.broken != nil {
			t.Fatalf("until the second cut, %d: %v", at, again.broken)
		}
		for _, content := range again.disk.AfterCut(2, seeded(at)) {
			after := again.clone(content, again.record)
			if after.play(); after.broken != nil || after.outcome() != want {
				t.Fatalf("second cut %d: %s, want %s; %v", at, after.outcome(), want, after.broken)
			}
			boots += len(after.boots)
		}
	}
	return boots
}

// TestCutsAreSeen holds the test against a writer that would not stand it.
func TestCutsAreSeen(t *testing.T) {
	for name, careless := range map[string]func(d *slots.FakeDisk, image []byte, at int64){
		"the first sector first": func(d *slots.FakeDisk, image []byte, at int64) {
			for i := 0; i < len(image); i += chunkSize {
				if _, err := d.WriteAt(image[i:i+chunkSize], at+int64(i)); err != nil {
					return
				}
			}
		},
		"no sync before the deciding sector": func(d *slots.FakeDisk, image []byte, at int64) {
			_, _ = d.WriteAt(make([]byte, 512), at) // a cut is what is looked for
			_, _ = d.WriteAt(image[512:], at+512)   // likewise
			_, _ = d.WriteAt(image[:512], at)       // likewise
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.wants("v1.1.0")
			const slotB = 8*512 + 64<<10 + slotSize
			torn := false
			for at := 1; at <= 8 && !torn; at++ {
				d := slots.NewFakeDisk(r.disk.Bytes())
				d.CutAt = at
				careless(d, r.images["v1.1.0"], slotB)
				for _, content := range d.AfterCut(6, seeded(at)) {
					torn = torn || r.looks(content) != nil
				}
			}
			if !torn {
				t.Error("a writer that leaves half a system looks as good as ours")
			}
		})
	}
}

// looks says what is wrong with a card on which a slot looks bootable and is not a whole system.
func (r *rig) looks(content []byte) error {
	parts, err := piboot.Partitions(bytes.NewReader(content))
	if err != nil {
		return err
	}
	for _, slot := range []int{piboot.SlotA, piboot.SlotB} {
		fat, err := piboot.OpenFAT(bytes.NewReader(content), parts[slot-1])
		if err != nil {
			continue // none at all
		}
		kernel, err := fat.ReadFile("vmlinuz", slotSize)
		if err != nil {
			return fmt.Errorf("slot %d: %w", slot, err)
		}
		_, version, _ := strings.Cut(string(kernel[:min(len(kernel), 20)]), "kernel of ")
		version, _, _ = strings.Cut(version, " ")
		whole, err := piboot.OpenFAT(bytes.NewReader(r.image(version)), piboot.Extent{Size: slotSize})
		if err != nil {
			return err
		}
		for _, name := range []string{"config.txt", "start.elf", "vmlinuz", "init.gz"} {
			want, err := whole.ReadFile(name, slotSize)
			if err != nil {
				return err
			}
			if got, err := fat.ReadFile(name, slotSize); err != nil || !bytes.Equal(got, want) {
				return fmt.Errorf("slot %d: %s is not that of %s: %w", slot, name, version, err)
			}
		}
	}
	return nil
}
