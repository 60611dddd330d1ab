package piboot

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// AutobootFile is in the root of partition 1.
const AutobootFile = "autoboot.txt"

// MaxAutoboot is all that the firmware reads of autoboot.txt: one sector. So a
// change of it is one write of one sector.
const MaxAutoboot = SectorSize

const maxConfigText = 64 << 10

// Autoboot is what autoboot.txt says.
type Autoboot struct {
	Partition int // booted
	Try       int // booted with the tryboot flag
	// Whole says that tryboot chooses a partition (tryboot_a_b=1), and not
	// tryboot.txt in place of config.txt.
	Whole bool
}

// Text is the file.
func (a Autoboot) Text() []byte {
	var b bytes.Buffer
	b.WriteString("[all]\n")
	if a.Whole {
		b.WriteString("tryboot_a_b=1\n")
	}
	fmt.Fprintf(&b, "boot_partition=%d\n[tryboot]\nboot_partition=%d\n", a.Partition, a.Try)
	return b.Bytes()
}

// ParseAutoboot reads autoboot.txt as the firmware does: a filter holds until the
// next one, what it does not know is passed over, the last value counts.
func ParseAutoboot(text []byte) (Autoboot, error) {
	a := Autoboot{Partition: BootPartition} // without a word, the partition it is on
	err := eachSetting(text, func(filter, key, value string, _ int) error {
		n, err := strconv.Atoi(value)
		if err != nil {
			return nil // passed over
		}
		switch all, try := filter == "" || filter == "all", filter == "tryboot"; {
		case key == "tryboot_a_b" && all:
			a.Whole = n == 1
		case key == "boot_partition" && all:
			a.Partition, a.Try = n, n
		case key == "boot_partition" && try:
			a.Try = n
		}
		return nil
	})
	if a.Try == 0 {
		a.Try = a.Partition
	}
	return a, err
}

// SetAutoboot is text with the slots named in it exchanged for these, and not a
// byte else: the file keeps its length and its sector. So a sector of which only
// a part was written names one of the two slots all the same.
func SetAutoboot(text []byte, slot int) ([]byte, error) {
	if !IsSlot(slot) {
		return nil, fmt.Errorf("change autoboot.txt: partition %d is no slot", slot)
	}
	changed := bytes.Clone(text)
	err := eachSetting(text, func(filter, key, value string, at int) error {
		if key != "boot_partition" {
			return nil
		}
		if n, err := strconv.Atoi(value); err != nil || len(value) != 1 || !IsSlot(n) {
			return fmt.Errorf("change autoboot.txt: boot_partition=%.20q is no slot", value)
		}
		to := slot
		if filter == "tryboot" {
			to = OtherSlot(slot)
		}
		changed[at] = byte('0' + to)
		return nil
	})
	if err != nil {
		return nil, err
	}
	now, err := ParseAutoboot(changed)
	if err != nil {
		return nil, err
	}
	if want := (Autoboot{Partition: slot, Try: OtherSlot(slot), Whole: true}); now != want {
		return nil, fmt.Errorf("change autoboot.txt: it would say %+v, not %+v: the card was not made for slots", now, want)
	}
	return changed, nil
}

// eachSetting calls f for every key=value of a file such as config.txt, with
// the filter it stands under and the offset of its value.
func eachSetting(text []byte, f func(filter, key, value string, at int) error) error {
	if len(text) > maxConfigText {
		return fmt.Errorf("more than %d KiB", maxConfigText>>10)
	}
	filter, at := "", 0
	for line := range strings.Lines(string(text)) {
		begin := at
		at += len(line)
		line = strings.TrimRight(line, "\r\n \t\x00")
		trimmed := strings.TrimLeft(line, " \t")
		begin += len(line) - len(trimmed)
		if strings.HasPrefix(trimmed, "#") {
			continue
		}
		if strings.HasPrefix(trimmed, "[") && strings.HasSuffix(trimmed, "]") {
			filter = strings.ToLower(trimmed[1 : len(trimmed)-1])
			continue
		}
		key, value, ok := strings.Cut(trimmed, "=")
		if !ok {
			continue
		}
		if err := f(filter, key, value, begin+len(key)+1); err != nil {
			return err
		}
	}
	return nil
}

// bootFiles are the kernel and initramfs that config.txt names.
func bootFiles(config []byte) (kernel, initramfs string) {
	kernel = "kernel8.img" // the firmware's own choice with arm_64bit
	// A file that cannot be read whole is one too large, which ReadFile has refused.
	_ = eachSetting(config, func(filter, key, value string, _ int) error {
		if key == "kernel" && (filter == "" || filter == "all") {
			kernel = value
		}
		return nil
	})
	for line := range strings.Lines(string(config)) {
		// "initramfs NAME followkernel" is the one setting without an equals sign.
		if words := strings.Fields(line); len(words) >= 2 && words[0] == "initramfs" {
			initramfs = words[1]
		}
	}
	return kernel, initramfs
}

// Card is what is changed on a card outside its slots.
type Card interface {
	io.ReaderAt
	io.WriterAt
}

var errAutobootSector = errors.New("autoboot.txt does not lie in one sector")

// ReadAutoboot reads a card's autoboot.txt: what it says, the file, and where its sector is.
func ReadAutoboot(card io.ReaderAt) (a Autoboot, text []byte, at Extent, err error) {
	parts, err := Partitions(card)
	if err != nil {
		return a, nil, at, err
	}
	fat, err := OpenFAT(card, parts[BootPartition-1])
	if err != nil {
		return a, nil, at, fmt.Errorf("partition %d: %w", BootPartition, err)
	}
	file, err := fat.Find(AutobootFile)
	if err != nil {
		return a, nil, at, fmt.Errorf("partition %d: %w", BootPartition, err)
	}
	if file.Size == 0 || file.Size > MaxAutoboot {
		return a, nil, at, fmt.Errorf("autoboot.txt has %d bytes: %w", file.Size, errAutobootSector)
	}
	if text, err = fat.ReadFile(AutobootFile, MaxAutoboot); err != nil {
		return a, nil, at, err
	}
	a, err = ParseAutoboot(text)
	return a, text, Extent{fat.clusterAt(file.cluster), SectorSize}, err
}
