package slots_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"till/boards/piboot"
	"till/device/slots"
)

func TestRunning(t *testing.T) {
	for name, c := range map[string]struct {
		cmdline, tree string
		want          int
	}{
		"a Pi 4, slot B":               {"console=tty1", "\x00\x00\x00\x03", piboot.SlotB},
		"a Pi with one partition":      {"", "\x00\x00\x00\x01", 0},
		"a firmware that does not say": {"console=tty1 panic=10", "", 0},
		"under QEMU":                   {"console=tty1 till.slot=2\n", "", piboot.SlotA},
		"no slot on the line":          {"till.slot=9", "\x00\x00\x00\x02", piboot.SlotA},
		"rubbish":                      {"till.slot=", "\xff\xff\xff\xff", 0},
		"short":                        {"", "\x03", 0},
	} {
		got := slots.Running(func(path string) ([]byte, error) {
			switch {
			case path == "/proc/cmdline":
				return []byte(c.cmdline), nil
			case c.tree != "":
				return []byte(c.tree), nil
			}
			return nil, os.ErrNotExist
		})
		if got != c.want {
			t.Errorf("%s: slot %d, want %d", name, got, c.want)
		}
	}
}

func TestUptime(t *testing.T) {
	for text, want := range map[string]time.Duration{"12.34 40.01\n": 12340 * time.Millisecond, "": 0, "x y": 0, "-1 1": -time.Second} {
		got, ok := slots.Uptime(func(string) ([]byte, error) { return []byte(text), nil })
		if got != want || ok != (want > 0) {
			t.Errorf("%q: %v, %v", text, got, ok)
		}
	}
	if _, ok := slots.Uptime(func(string) ([]byte, error) { return nil, errors.New("none") }); ok {
		t.Error("known without a file")
	}
}

// A card that is a file is written and read back like one that is a device.
func TestFileAsCard(t *testing.T) {
	path := filepath.Join(t.TempDir(), "card.img")
	if err := os.WriteFile(path, newRig(t).disk.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := slots.OpenDisk(path)
	if err != nil {
		t.Skip(err)
	}
	defer d.Close()
	c := slots.Card{Disk: d, Chunk: chunkSize}
	image := system("v1.1.0")
	if err := write(c, piboot.SlotB, image, sumOf(image)); err != nil {
		t.Fatal(err)
	}
	if err := c.Boots(piboot.SlotB); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if choice, err := piboot.Boot(bytes.NewReader(raw), needs, false); err != nil || choice.Partition != piboot.SlotB {
		t.Errorf("%+v, %v", choice, err)
	}
}
