package card_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"till/boards"
	"till/boards/card"
	"till/boards/card/fat"
	"till/boards/piboot"
)

// fakeBlobs are those of card, in a map that a test may change.
func fakeBlobs() fstest.MapFS {
	blobs := fstest.MapFS{}
	for name, data := range card.FakeBlobs() {
		blobs[name] = &fstest.MapFile{Data: data}
	}
	return blobs
}

func fakeTill(change func([]byte)) []byte {
	b := card.FakeProgram()
	if change != nil {
		change(b)
	}
	return b
}

func recipe(t testing.TB, name string) *card.Recipe {
	t.Helper()
	b, err := boards.ByName(name)
	if err != nil {
		t.Fatal(err)
	}
	return &card.Recipe{Board: b, Blobs: fakeBlobs(), Till: fakeTill(nil), Version: "v1.2.3"}
}

var cards = []string{"pizero2w", "pi3b", "pi4b", "pi5"}

// build writes an image to a file, which stays sparse.
func build(t testing.TB, r *card.Recipe) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "card.img")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(card.ImageSize); err != nil {
		t.Fatal(err)
	}
	if err := r.Write(context.Background(), f); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return name
}

func open(t testing.TB, name string) *card.Image {
	t.Helper()
	i, err := card.OpenImage(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := i.Close(); err != nil {
			t.Error(err)
		}
	})
	return i
}

func sum(t testing.TB, name string) string {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // it was only read
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// wanted is what each board's first stage looks for, by the documentation and
// not by our own table. raspberrypi/documentation, raspberry-pi/:
//
//	[legacy]  bootflow-legacy.adoc: the ROM loads bootcode.bin from the first FAT
//	          partition; bootcode.bin loads start.elf and fixup.dat
//	[eeprom]  bootflow-eeprom.adoc: the EEPROM loads start4.elf and fixup4.dat on
//	          a Pi 4; on a Pi 5 it starts the kernel itself
//	[autoboot] ../config_txt/autoboot.adoc: "Bootable partitions must be formatted as FAT12, FAT16 or FAT32
//	          and contain a start.elf file (or config.txt file on Raspberry Pi 5)"
//
// Device trees: raspberrypi/linux, arch/arm64/boot/dts/broadcom; the firmware
// loads the one of the board that it runs on.
var wanted = map[string]struct{ first, slot, never []string }{
	"pizero2w": {
		first: []string{"bootcode.bin"},                                       // [legacy]
		slot:  []string{"start.elf", "fixup.dat", "bcm2710-rpi-zero-2-w.dtb"}, // [legacy]
		never: []string{"start4.elf", "start_x.elf", "bcm2710-rpi-3-b.dtb"},   // another board's, or larger
	},
	"pi3b": {
		first: []string{"bootcode.bin"}, // [legacy]
		slot:  []string{"start.elf", "fixup.dat", "bcm2710-rpi-3-b.dtb", "bcm2710-rpi-3-b-plus.dtb"},
		never: []string{"start4.elf"},
	},
	"pi4b": {
		slot:  []string{"start4.elf", "fixup4.dat", "bcm2711-rpi-4-b.dtb"}, // [eeprom]
		never: []string{"start.elf", "bootcode.bin"},
	},
	"pi5": {
		// With bcm2712-rpi-5-b.dtb there the EEPROM also takes the system to be one for
		// a Pi 5 (config_txt/boot.adoc: os_check); the other is the later stepping's.
		slot:  []string{"bcm2712-rpi-5-b.dtb", "bcm2712d0-rpi-5-b.dtb", "overlays/bcm2712d0.dtbo"}, // [eeprom]
		never: []string{"start.elf", "start4.elf", "bootcode.bin"},
	},
}

func TestBootFiles(t *testing.T) {
	if len(wanted) != len(cards) {
		t.Fatal("a board is not told")
	}
	for _, name := range cards {
		t.Run(name, func(t *testing.T) {
			r := recipe(t, name)
			checkBootFiles(t, r.Board, open(t, build(t, r)))
		})
	}
}

// TestBootFilesOfReal does the same with the very kernel and firmware, where they have been fetched.
func TestBootFilesOfReal(t *testing.T) {
	blobs := realBlobs(t)
	for _, name := range cards {
		t.Run(name, func(t *testing.T) {
			r := recipe(t, name)
			r.Blobs = blobs
			image := build(t, r)
			i := open(t, image)
			checkBootFiles(t, r.Board, i)
			s, err := i.Boot(r.Board, false)
			if err != nil {
				t.Fatal(err)
			}
			// Linux, Documentation/arch/arm64/booting.rst: an Image has this at 56.
			if string(s.Kernel[56:60]) != "ARM\x64" {
				t.Errorf("the kernel begins with % x", s.Kernel[:64])
			}
			for _, b := range r.Board.Tree.Blobs {
				tree, err := s.Files.ReadFile(b)
				if err != nil || !bytes.HasPrefix(tree, []byte{0xd0, 0x0d, 0xfe, 0xed}) || !bytes.Contains(tree, []byte(r.Board.Tree.Compatible[0])) {
					t.Errorf("%s is no device tree of a %s (%v)", b, r.Board.Tree.Compatible[0], err)
				}
			}
			if name == cards[0] {
				checkWithTools(t, image)
			}
		})
	}
}

func realBlobs(t testing.TB) fs.FS {
	t.Helper()
	folder := filepath.Join("..", "..", ".cache", "blobs")
	if _, err := os.Stat(filepath.Join(folder, "versions")); err != nil {
		t.Skip("the kernel is not here: scripts/fetch-blobs fetches it")
	}
	return os.DirFS(folder)
}

func checkBootFiles(t *testing.T, board boards.Board, i *card.Image) {
	t.Helper()
	want := wanted[board.Name]
	first, err := i.Files(piboot.BootPartition)
	if err != nil {
		t.Fatal(err)
	}
	has := func(f fs.FS, where string, names []string, there bool) {
		t.Helper()
		for _, n := range names {
			if info, err := fs.Stat(f, n); (err == nil) != there || there && info.Size() == 0 {
				t.Errorf("%s, %s: want there %v: %v", where, n, there, err)
			}
		}
	}
	has(first, "partition 1", append([]string{"autoboot.txt"}, want.first...), true)
	has(first, "partition 1", want.never, false)
	for _, tryboot := range []bool{false, true} {
		s, err := i.Boot(board, tryboot)
		if err != nil {
			t.Fatalf("tryboot %v: %v", tryboot, err)
		}
		if wantSlot := map[bool]int{false: piboot.SlotA, true: piboot.SlotB}[tryboot]; s.Partition != wantSlot {
			t.Errorf("tryboot %v boots partition %d", tryboot, s.Partition)
		}
		has(s.Files, "slot", append([]string{"config.txt", "cmdline.txt", "vmlinuz"}, want.slot...), true)
		has(s.Files, "slot", want.never, false)
		if len(s.Kernel) == 0 || len(s.Initramfs) == 0 || !strings.HasPrefix(s.CommandLine, "rdinit=/init ") {
			t.Errorf("kernel of %d bytes, initramfs of %d, %q", len(s.Kernel), len(s.Initramfs), s.CommandLine)
		}
		checkConfig(t, s.Files, s.CommandLine)
	}
}

// checkConfig holds config.txt and cmdline.txt to what the firmware takes.
func checkConfig(t *testing.T, slot *fat.FS, commandLine string) {
	t.Helper()
	config, err := slot.ReadFile("config.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(config)) {
		line = strings.TrimSpace(line)
		if len(line) > 98 { // config_txt/what_is_config_txt.adoc: longer ones are cut
			t.Errorf("config.txt, a line of %d characters: %s", len(line), line)
		}
		name, ok := strings.CutPrefix(line, "dtoverlay=")
		if !ok {
			continue
		}
		name, _, _ = strings.Cut(name, ",")
		if _, err := fs.Stat(slot, "overlays/"+name+".dtbo"); err != nil {
			t.Errorf("config.txt asks for overlay %s: %v", name, err)
		}
	}
	if len(commandLine) > 512 || strings.ContainsAny(commandLine, "\n\r") { // COMMAND_LINE_SIZE is 2048; the firmware adds its own
		t.Errorf("a command line of %d bytes", len(commandLine))
	}
}

func TestSameBytes(t *testing.T) {
	r := recipe(t, "pi3b")
	r.Site = []byte("terminal = \"till-07\"\n")
	first, second := sum(t, build(t, r)), sum(t, build(t, recipeLike(t, r)))
	if first != second {
		t.Errorf("two images of one recipe differ: %s, %s", first, second)
	}
	other := recipeLike(t, r)
	other.Site = nil
	if sum(t, build(t, other)) == first {
		t.Error("an image without the site's settings is the same")
	}
}

func recipeLike(t *testing.T, r *card.Recipe) *card.Recipe {
	other := recipe(t, r.Board.Name)
	other.Site = r.Site
	return other
}

// tool finds a program, also in the folders that a plain user's PATH leaves out.
func tool(t *testing.T, name string) string {
	t.Helper()
	for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin", "/sbin", "/usr/local/sbin") {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && !info.IsDir() {
			return filepath.Join(dir, name)
		}
	}
	t.Fatalf("%s is not here: scripts/install-test-tools pi installs it", name)
	return ""
}

func TestOthersRead(t *testing.T) {
	checkWithTools(t, build(t, recipe(t, "pi3b")))
}

// checkWithTools has the tools of the trade look at an image.
func checkWithTools(t *testing.T, image string) {
	t.Helper()
	run := func(name string, args ...string) string {
		t.Helper()
		out, err := exec.Command(tool(t, name), args...).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		return string(out)
	}
	table := run("sfdisk", "--dump", image)
	for _, want := range []string{
		"label: dos", "label-id: 0x7111ca4d",
		"img1 : start=        8192, size=       16384, type=c",
		"img2 : start=       24576, size=      163840, type=c",
		"img3 : start=      188416, size=      163840, type=c",
		"img4 : start=      352256, size=       32768, type=83",
	} {
		if !strings.Contains(table, want) {
			t.Errorf("sfdisk reads another table than %q:\n%s", want, table)
		}
	}
	if out := run("sfdisk", "--verify", image); strings.Contains(out, "overlap") || !strings.Contains(out, "No errors detected") {
		t.Errorf("sfdisk --verify:\n%s", out)
	}
	i := open(t, image)
	for n := 1; n <= 4; n++ {
		p, err := i.Partition(n)
		if err != nil {
			t.Fatal(err)
		}
		part := filepath.Join(t.TempDir(), "part")
		copyOut(t, part, p)
		if n < 4 {
			if out := run("fsck.fat", "-n", part); strings.Contains(out, "Reclaimed") || strings.Contains(out, "Fixing") {
				t.Errorf("partition %d:\n%s", n, out)
			}
			continue
		}
		run("e2fsck", "-f", "-n", part)
		about := run("dumpe2fs", "-h", part)
		for _, want := range []string{"till-data", "7111c0de-0000-4000-8000-000000000004", "has_journal", "metadata_csum", "resize_inode"} {
			if !strings.Contains(about, want) {
				t.Errorf("the data partition has no %s:\n%s", want, about)
			}
		}
	}
}

func copyOut(t *testing.T, name string, r io.Reader) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = io.Copy(f, r); err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestDataImage makes the data partition anew, with e2fsprogs of the version that made the one kept.
func TestDataImage(t *testing.T) {
	version, err := exec.Command(tool(t, "mke2fs"), "-V").CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(version), "mke2fs 1.47.0 ") {
		t.Skipf("another version of e2fsprogs may place things otherwise: %s", version)
	}
	made := filepath.Join(t.TempDir(), "data.ext4.gz")
	if out, err := exec.Command("../../scripts/make-data-ext4", made).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	unpack := func(name string) []byte {
		out, err := exec.Command("gzip", "-dc", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if !bytes.Equal(unpack("data.ext4.gz"), unpack(made)) {
		t.Error("scripts/make-data-ext4 makes another than the one kept: run it and commit that")
	}
}

// archived is an entry of an initramfs as the kernel would take it.
type archived struct {
	mode, major, minor uint64
	data               string
}

// unpack reads an initramfs by the kernel's documentation,
// driver-api/early-userspace/buffer-format.rst, and gives its entries and their order.
func unpack(t *testing.T, packed []byte) (map[string]archived, []string) {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	all, names := map[string]archived{}, []string(nil)
	round := func(n uint64) uint64 { return (n + 3) / 4 * 4 }
	for at := uint64(0); ; {
		if string(b[at:at+6]) != "070701" {
			t.Fatalf("no entry at %d: %q", at, b[at:at+6])
		}
		field := func(i uint64) uint64 {
			n, err := strconv.ParseUint(string(b[at+6+8*i:at+14+8*i]), 16, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		name := string(b[at+110 : at+110+field(11)-1])
		data := round(at + 110 + field(11))
		if name == "TRAILER!!!" {
			return all, names
		}
		all[name] = archived{field(1), field(9), field(10), string(b[data : data+field(6)])}
		names = append(names, name)
		at = round(data + field(6))
	}
}

func TestInitramfs(t *testing.T) {
	r := recipe(t, "pizero2w")
	r.Roots = []byte("certificates")
	r.Radio = fstest.MapFS{"brcmfmac43436-sdio.bin": {Data: []byte("radio")}}
	s, err := open(t, build(t, r)).Boot(r.Board, false)
	if err != nil {
		t.Fatal(err)
	}
	all, names := unpack(t, s.Initramfs)
	const modules = "lib/modules/6.1.0-test/"
	for name, want := range map[string]archived{
		"dev":                               {mode: 0o040755},
		"proc":                              {mode: 0o040755},
		"dev/console":                       {mode: 0o020600, major: 5, minor: 1},
		"dev/null":                          {mode: 0o020666, major: 1, minor: 3},
		"init":                              {mode: 0o100755, data: string(r.Till)},
		"etc/ssl/certs/ca-certificates.crt": {mode: 0o100644, data: "certificates"},
		"lib/firmware/brcm/brcmfmac43436-sdio.bin": {mode: 0o100644, data: "radio"},
		modules + "kernel/net/brcmutil.ko":         {mode: 0o100644, data: "module brcmutil"},
		modules + "kernel/net/brcmfmac-cyw.ko":     {mode: 0o100644, data: "module brcmfmac-cyw"},
		modules + "modules.dep": {mode: 0o100644, data: "kernel/net/brcmfmac-cyw.ko: kernel/net/brcmfmac.ko kernel/net/brcmutil.ko\n" +
			"kernel/net/brcmfmac-wcc.ko: kernel/net/brcmfmac.ko kernel/net/brcmutil.ko\n" +
			"kernel/net/brcmfmac.ko: kernel/net/brcmutil.ko\nkernel/net/brcmutil.ko:\n"},
	} {
		if all[name] != want {
			t.Errorf("%s is %+v, want %+v", name, all[name], want)
		}
	}
	if _, there := all[modules+"kernel/dvb.ko"]; there {
		t.Error("a module that nobody asked for is there")
	}
	for i, name := range names {
		if dir := path.Dir(name); dir != "." && !slices.Contains(names[:i], dir) {
			t.Errorf("%s comes before its folder", name)
		}
	}
}

func TestRefused(t *testing.T) {
	without := func(name string) func(*card.Recipe) {
		return func(r *card.Recipe) { delete(r.Blobs.(fstest.MapFS), name) }
	}
	till := func(change func([]byte)) func(*card.Recipe) {
		return func(r *card.Recipe) { r.Till = fakeTill(change) }
	}
	for want, change := range map[string]func(*card.Recipe){
		"scripts/fetch-blobs":      without("kernel/vmlinuz"),
		"start.elf":                without("firmware/start.elf"),
		"bootcode.bin":             without("firmware/bootcode.bin"),
		"bcm2710-rpi-3-b-plus.dtb": without("kernel/bcm2710-rpi-3-b-plus.dtb"),
		"no module brcmfmac-cyw.ko": func(r *card.Recipe) {
			r.Blobs.(fstest.MapFS)["kernel/lib/modules/6.1.0-test/modules.dep"] = &fstest.MapFile{Data: []byte("kernel/net/brcmfmac.ko:\n")}
		},
		"2 folders": func(r *card.Recipe) {
			r.Blobs.(fstest.MapFS)["kernel/lib/modules/7.0.0/modules.dep"] = &fstest.MapFile{}
		},
		"no ELF file":    func(r *card.Recipe) { r.Till = []byte("#!/bin/sh") },
		"linux/arm64":    till(func(b []byte) { b[18] = 62 }),
		"dynamic linker": till(func(b []byte) { b[64] = 3 }),
		"do not fit":     func(r *card.Recipe) { r.Blobs.(fstest.MapFS)["kernel/vmlinuz"].Data = make([]byte, 90<<20) },
		"interrupted":    nil,
	} {
		r := recipe(t, "pi3b")
		ctx, cancel := context.WithCancelCause(context.Background())
		if change == nil {
			cancel(errors.New("interrupted"))
		} else {
			change(r)
		}
		f, err := os.Create(filepath.Join(t.TempDir(), "card.img"))
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Write(ctx, f); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error of %q: %v", want, err)
		}
		cancel(nil)
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestVersionStaysInItsLine(t *testing.T) {
	r := recipe(t, "pi3b")
	r.Version = "v1\nkernel=other"
	if s, err := open(t, build(t, r)).Boot(r.Board, false); err != nil || len(s.Kernel) != 60_000 {
		t.Errorf("%d bytes of kernel, %v", len(s.Kernel), err)
	}
}

func TestWithSite(t *testing.T) {
	r := recipe(t, "pi3b")
	r.Site = []byte("terminal = \"till-01\"\n")
	plain := open(t, build(t, r))
	site := []byte("terminal = \"till-02\"\nmerchant = \"Museum\"\n")
	with, err := plain.WithSite(site)
	if err != nil {
		t.Fatal(err)
	}
	// It is the very image that a recipe with these settings gives.
	r.Site = site
	want := open(t, build(t, r))
	a, b := io.NewSectionReader(with, 0, with.Size), io.NewSectionReader(want, 0, want.Size)
	// Blocks of an odd size, so that they begin and end anywhere about the partition's bounds.
	for x, y := make([]byte, 1<<20+77), make([]byte, 1<<20+77); ; {
		n, err := io.ReadFull(a, x)
		m, wantErr := io.ReadFull(b, y)
		if n != m || !bytes.Equal(x[:n], y[:n]) || !errors.Is(err, wantErr) {
			t.Fatalf("they differ: %d and %d bytes, %v and %v", n, m, err, wantErr)
		}
		if err != nil {
			break
		}
	}
	if _, err := with.Boot(r.Board, false); err != nil {
		t.Error(err)
	}
	// What it was made from is as it was.
	if first, err := plain.Files(1); err != nil {
		t.Error(err)
	} else if got, err := first.ReadFile(card.SiteFile); err != nil || !strings.Contains(string(got), "till-01") {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := plain.WithSite(make([]byte, card.MaxSite+1)); err == nil {
		t.Error("settings without an end were taken")
	}
}

func TestOpenImageRefuses(t *testing.T) {
	whole := build(t, recipe(t, "pi3b"))
	for name, change := range map[string]func() error{
		"is not there": func() error { return os.Remove(whole) },
		"truncated":    func() error { return os.Truncate(whole, card.ImageSize-512) },
		"empty":        func() error { return os.WriteFile(whole, nil, 0o600) },
		"no table":     func() error { return os.WriteFile(whole, make([]byte, 1<<20), 0o600) },
	} {
		if err := change(); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		if i, err := card.OpenImage(whole); err == nil {
			t.Errorf("%s: opened", name)
			_ = i.Close() // the test failed
		}
		whole = build(t, recipe(t, "pi3b"))
	}
}
