package flash_test

import (
	"errors"
	"io/fs"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"till/boards/flash"
)

// machine has a disk of its own in use, a stick that is mounted, a reader with
// a card and one without, a card in a reader of the board's own, and a disk by
// USB that does not say that it can be pulled out.
func machine() fstest.MapFS {
	files := map[string]string{
		"proc/self/mountinfo": `22 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw
23 22 0:21 / /proc rw - proc proc rw
40 22 8:1 / /media/me/MY\040STICK rw - vfat /dev/sda1 rw
`,
		"proc/swaps": "Filename Type Size Used Priority\n/dev/nvme0n1p3 partition 1 0 -2\n",
	}
	disk := func(name, dev, size, removable string, more ...string) {
		at := "sys/block/" + name + "/"
		files[at+"dev"], files[at+"size"], files[at+"removable"], files[at+"ro"] = dev+"\n", size+"\n", removable+"\n", "0\n"
		for i := 0; i+1 < len(more); i += 2 {
			files[at+more[i]] = more[i+1] + "\n"
		}
	}
	disk("nvme0n1", "259:0", "1000215216", "0", "device/model", "Fast 512GB",
		"nvme0n1p2/partition", "2", "nvme0n1p2/dev", "259:2", "nvme0n1p3/partition", "3", "nvme0n1p3/dev", "259:3")
	files["sys/class/block/nvme0n1p3/dev"] = "259:3\n"
	disk("sda", "8:0", "31266816", "1", "device/vendor", "SanDisk ", "device/model", "Ultra   ", "sda1/partition", "1", "sda1/dev", "8:1")
	disk("sdb", "8:16", "62333952", "1", "device/vendor", "Generic-", "device/model", "SD/MMC", "sdb1/partition", "1", "sdb1/dev", "8:17")
	disk("sdc", "8:32", "0", "1", "device/model", "Empty")
	disk("sdd", "8:48", "976773168", "0", "device/model", "USB drive", "sdd1/partition", "1", "sdd1/dev", "8:49", "sdd1/holders/dm-0/dev", "253:0")
	disk("sde", "8:64", "62333952", "1", "device/model", "Slider")
	files["sys/block/sde/ro"] = "1\n"
	disk("mmcblk0", "179:0", "62333952", "0", "device/type", "SD", "device/name", "SU32G")
	disk("loop0", "7:0", "524288", "0")
	root := fstest.MapFS{}
	for name, text := range files {
		root[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return root
}

func TestList(t *testing.T) {
	all, err := flash.List(machine())
	if err != nil {
		t.Fatal(err)
	}
	want := []flash.Device{
		{Path: "/dev/mmcblk0", Size: 62333952 * 512, Model: "SU32G", Removable: true},
		{Path: "/dev/sda", Size: 31266816 * 512, Model: "SanDisk Ultra", Removable: true, Used: []string{"/media/me/MY STICK"}},
		{Path: "/dev/sdb", Size: 62333952 * 512, Model: "Generic- SD/MMC", Removable: true},
		{Path: "/dev/sde", Size: 62333952 * 512, Model: "Slider", Removable: true, ReadOnly: true},
	}
	if !reflect.DeepEqual(all, want) {
		t.Errorf("%+v\nwant %+v", all, want)
	}
}

func TestRefuse(t *testing.T) {
	for name, want := range map[string]struct {
		err, forced error
		says        string
	}{
		"/dev/sdb":       {},
		"/dev/mmcblk0":   {},
		"/dev/loop0":     {},
		"/dev/sda":       {err: flash.ErrMounted, says: "/media/me/MY STICK"},
		"/dev/nvme0n1":   {err: flash.ErrMounted, says: "at /, swap"},
		"/dev/sdd":       {err: flash.ErrMounted, says: "dm-0"},
		"/dev/sdc":       {err: flash.ErrNotThere, forced: flash.ErrNotThere, says: "put one into the reader"},
		"/dev/sde":       {err: flash.ErrReadOnly, forced: flash.ErrReadOnly, says: "slider"},
		"/dev/sdb1":      {err: flash.ErrPartition, forced: flash.ErrPartition, says: "/dev/sdb"},
		"/dev/nvme0n1p2": {err: flash.ErrPartition, forced: flash.ErrPartition, says: "/dev/nvme0n1"},
		"/dev/sdz":       {err: flash.ErrNotThere, forced: flash.ErrNotThere, says: "/dev/sdz"},
		"/dev/../sdb":    {err: flash.ErrNotThere, forced: flash.ErrNotThere, says: "no disk"},
	} {
		check := func(force bool) error {
			d, err := flash.Find(machine(), name)
			if err != nil {
				return err
			}
			return d.Refuse(force)
		}
		err := check(false)
		if !errors.Is(err, want.err) || err != nil && !strings.Contains(err.Error(), want.says) {
			t.Errorf("%s: %v, want %v with %q", name, err, want.err, want.says)
		}
		if err := check(true); !errors.Is(err, want.forced) {
			t.Errorf("%s, forced: %v, want %v", name, err, want.forced)
		}
	}
	free := machine()
	delete(free, "sys/block/sdd/sdd1/holders/dm-0/dev")
	d, err := flash.Find(free, "/dev/sdd")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Refuse(false); !errors.Is(err, flash.ErrNotRemovable) || !strings.Contains(err.Error(), "USB drive") {
		t.Errorf("a disk that does not say that it can be pulled out: %v", err)
	}
	if err := d.Refuse(true); err != nil {
		t.Errorf("the same, forced: %v", err)
	}
}

// TestNoWord has a machine that does not say what is mounted: nothing may be written there.
func TestNoWord(t *testing.T) {
	for _, gone := range []string{"proc/self/mountinfo", "sys/block/sdb/size"} {
		root := machine()
		delete(root, gone)
		if _, err := flash.Find(root, "/dev/sdb"); err == nil {
			t.Errorf("without %s: found", gone)
		}
		if _, err := flash.List(root); err == nil {
			t.Errorf("without %s: listed", gone)
		}
	}
	if _, err := flash.List(fstest.MapFS{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without /sys: %v", err)
	}
}

func FuzzFind(f *testing.F) {
	f.Add("22 1 8:16 / /mnt rw - ext4", "/dev/sda1 partition", "62333952")
	f.Add(`1 1 8:17 / /a\040\999\`, "x", "")
	f.Fuzz(func(t *testing.T, mounts, swaps, size string) {
		root := machine()
		root["proc/self/mountinfo"] = &fstest.MapFile{Data: []byte(mounts)}
		root["proc/swaps"] = &fstest.MapFile{Data: []byte(swaps)}
		root["sys/block/sdb/size"] = &fstest.MapFile{Data: []byte(size)}
		d, err := flash.Find(root, "/dev/sdb")
		if err == nil {
			_ = d.Refuse(false) // it must not panic
		}
	})
}
