package flash

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Device is a disk of the machine, as the kernel tells it.
type Device struct {
	Path      string // as /dev/sdb
	Size      int64  // bytes; 0: no card is in the reader
	Model     string // what it says of itself, "" if nothing
	Removable bool   // it can be pulled out, or is a loop device
	ReadOnly  bool
	Whole     string   // for a partition: the disk's path
	Used      []string // where it, or a part of it, is mounted, and what else holds it
}

// Refuse says why the device must not be written, or is nil. force allows what
// is mounted or not removable.
func (d Device) Refuse(force bool) error {
	switch {
	case d.Whole != "":
		return fmt.Errorf("%s is %w: name the whole, %s", d.Path, ErrPartition, d.Whole)
	case d.Size == 0:
		return fmt.Errorf("%s: a card is %w: put one into the reader", d.Path, ErrNotThere)
	case d.ReadOnly:
		return fmt.Errorf("%s is %w: move the small slider on the card's side", d.Path, ErrReadOnly)
	case len(d.Used) > 0 && !force:
		return fmt.Errorf("%s is %w at %s: unmount it (umount), or name another disk; -force writes it all the same",
			d.Path, ErrMounted, strings.Join(d.Used, ", "))
	case !d.Removable && !force:
		return fmt.Errorf("%s (%s) is %w: it may be this machine's own disk; -force writes it all the same",
			d.Path, strings.TrimSpace(d.Model+" "+Bytes(d.Size)), ErrNotRemovable)
	}
	return nil
}

// sysBlock has a folder for each disk, with one for each of its partitions in
// it. Source of the files named below: Linux, Documentation/ABI/stable/sysfs-block.
const sysBlock = "sys/block"

// maxLine bounds what is read of a file of sysfs, in bytes; all that is asked for is short.
const maxLine = 4 << 10

// List is the disks that can be pulled out and have a card in them. root is the
// machine's root folder.
func List(root fs.FS) ([]Device, error) {
	all, err := disks(root)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(d Device) bool {
		return !d.Removable || d.Size == 0 || strings.HasPrefix(path.Base(d.Path), "loop")
	}), nil
}

// Find is the disk or partition with this path. root is the machine's root folder.
func Find(root fs.FS, name string) (Device, error) {
	all, err := disks(root)
	if err != nil {
		return Device{}, err
	}
	for _, d := range all {
		if d.Path == name {
			return d, nil
		}
		// Partitions are folders in the disk's own.
		if _, err := fs.Stat(root, path.Join(sysBlock, path.Base(d.Path), path.Base(name), "partition")); err == nil {
			return Device{Path: name, Whole: d.Path}, nil
		}
	}
	return Device{}, fmt.Errorf("%s is %w, or no disk: with no -disk till flash lists those there are", name, ErrNotThere)
}

func disks(root fs.FS) ([]Device, error) {
	entries, err := fs.ReadDir(root, sysBlock)
	if err != nil {
		return nil, fmt.Errorf("list the disks: %w", err)
	}
	used, err := usedNumbers(root)
	if err != nil {
		return nil, err
	}
	var all []Device
	for _, e := range entries {
		d, err := disk(root, e.Name(), used)
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, nil
}

func disk(root fs.FS, name string, used map[string][]string) (Device, error) {
	folder := path.Join(sysBlock, name)
	word := func(file string) string { return sysfsWord(root, path.Join(folder, file)) }
	sectors, err := strconv.ParseInt(word("size"), 10, 64)
	if err != nil {
		return Device{}, fmt.Errorf("ask for the size of %s: %w", name, err)
	}
	d := Device{
		Path:     "/dev/" + name,
		Size:     sectors * 512, // whatever the disk's own
		ReadOnly: word("ro") == "1",
		Model:    strings.Join(strings.Fields(word("device/vendor")+" "+word("device/model")+" "+word("device/name")), " "),
		// A card in a reader of the machine's own is not removable by the flag: the reader
		// is the disk's driver, and says what is in it.
		Removable: word("removable") == "1" || word("device/type") == "SD" || strings.HasPrefix(name, "loop"),
	}
	d.Used = append(d.Used, used[word("dev")]...)
	parts, err := fs.ReadDir(root, folder)
	if err != nil {
		return Device{}, fmt.Errorf("list the partitions of %s: %w", name, err)
	}
	for _, holder := range append([]string{""}, partNames(parts, name)...) {
		if holder != "" {
			d.Used = append(d.Used, used[word(path.Join(holder, "dev"))]...)
		}
		// A volume group or an encrypted disk lies on it.
		holders, err := fs.ReadDir(root, path.Join(folder, holder, "holders"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return Device{}, fmt.Errorf("ask what lies on %s: %w", name, err)
		}
		for _, h := range holders {
			d.Used = append(d.Used, h.Name())
		}
	}
	return d, nil
}

func partNames(entries []fs.DirEntry, disk string) []string {
	var names []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), disk) {
			names = append(names, e.Name())
		}
	}
	return names
}

// usedNumbers says what each block device, by its major:minor, is in use for.
func usedNumbers(root fs.FS) (map[string][]string, error) {
	used := make(map[string][]string)
	// proc_pid_mountinfo(5): the third field is the device, the fifth where it is mounted.
	if err := eachLine(root, "proc/self/mountinfo", func(f []string) {
		if len(f) > 4 {
			used[f[2]] = append(used[f[2]], unescape(f[4]))
		}
	}); err != nil {
		return nil, fmt.Errorf("ask what is mounted: %w", err)
	}
	// proc_swaps(5): the first field is a path.
	err := eachLine(root, "proc/swaps", func(f []string) {
		if len(f) > 0 && strings.HasPrefix(f[0], "/dev/") {
			number := sysfsWord(root, path.Join("sys/class/block", path.Base(f[0]), "dev"))
			used[number] = append(used[number], "swap")
		}
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("ask what is swapped to: %w", err)
	}
	return used, nil
}

func eachLine(root fs.FS, name string, f func(fields []string)) error {
	file, err := root.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it was only read
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		f(strings.Fields(lines.Text()))
	}
	return lines.Err()
}

// unescape turns the \040 of mountinfo into the blank it stands for.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// sysfsWord is a file of sysfs in one line, "" if it is not there.
func sysfsWord(root fs.FS, name string) string {
	f, err := root.Open(name)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }() // it was only read
	b := make([]byte, maxLine)
	n, err := f.Read(b)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b[:n]))
}
