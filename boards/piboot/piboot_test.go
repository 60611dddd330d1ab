package piboot_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"till/boards/piboot"
)

func TestAutoboot(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       piboot.Autoboot
	}{
		{"ours", string(piboot.Autoboot{Partition: 2, Try: 3, Whole: true}.Text()), piboot.Autoboot{Partition: 2, Try: 3, Whole: true}},
		{"empty", "", piboot.Autoboot{Partition: 1, Try: 1}},
		{"no filter at first", "boot_partition=3\n", piboot.Autoboot{Partition: 3, Try: 3}},
		{"lines of Windows, comments, blanks", "# a\r\n[all]\r\n  boot_partition=2  \r\n[tryboot]\r\nboot_partition=3\r\n", piboot.Autoboot{Partition: 2, Try: 3}},
		{"the last counts, none never", "[all]\nboot_partition=3\nboot_partition=2\n[none]\nboot_partition=1\n[TRYBOOT]\nboot_partition=3", piboot.Autoboot{Partition: 2, Try: 3}},
		{"no number", "[all]\nboot_partition=x\ntryboot_a_b=1\n", piboot.Autoboot{Partition: 1, Try: 1, Whole: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := piboot.ParseAutoboot([]byte(c.text))
			if err != nil || got != c.want {
				t.Errorf("got %+v, %v; want %+v", got, err, c.want)
			}
		})
	}
}

func TestSetAutobootChangesTwoBytes(t *testing.T) {
	a := piboot.Autoboot{Partition: 2, Try: 3, Whole: true}.Text()
	b, err := piboot.SetAutoboot(a, 3)
	if err != nil {
		t.Fatal(err)
	}
	differ := 0
	for i := range a {
		if a[i] != b[i] {
			differ++
		}
	}
	if len(a) != len(b) || differ != 2 {
		t.Errorf("%q became %q", a, b)
	}
	if same, err := piboot.SetAutoboot(b, 3); err != nil || !bytes.Equal(same, b) {
		t.Errorf("set twice: %q, %v", same, err)
	}
	// A sector of which only a part was written names slots all the same, and is mended.
	for cut := range a {
		for _, torn := range [][]byte{slices.Concat(b[:cut], a[cut:]), slices.Concat(a[:cut], b[cut:])} {
			got, err := piboot.ParseAutoboot(torn)
			if err != nil || !piboot.IsSlot(got.Partition) || !piboot.IsSlot(got.Try) {
				t.Fatalf("torn at %d: %+v, %v", cut, got, err)
			}
			if mended, err := piboot.SetAutoboot(torn, 2); err != nil || !bytes.Equal(mended, a) {
				t.Fatalf("torn at %d: mended to %q, %v", cut, mended, err)
			}
		}
	}
}

func TestSetAutobootRefuses(t *testing.T) {
	good := piboot.Autoboot{Partition: 2, Try: 3, Whole: true}.Text()
	for name, c := range map[string]struct {
		text []byte
		slot int
	}{
		"data":            {good, 4},
		"not for slots":   {[]byte("[all]\nboot_partition=1\n"), 2},
		"no tryboot_a_b":  {[]byte("[all]\nboot_partition=2\n[tryboot]\nboot_partition=3\n"), 3},
		"no second slot":  {[]byte("[all]\ntryboot_a_b=1\nboot_partition=2\n"), 3},
		"nothing in it":   {nil, 3},
		"rubbish":         {[]byte("\x00\xff\x00"), 3},
		"of three digits": {[]byte("[all]\ntryboot_a_b=1\nboot_partition=002\n"), 3},
	} {
		if got, err := piboot.SetAutoboot(c.text, c.slot); err == nil {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// The fixtures were made by mkfs.fat -F 12|16|32 and mcopy.
func TestFAT(t *testing.T) {
	for _, name := range []string{"fat12", "fat16", "fat32"} {
		t.Run(name, func(t *testing.T) {
			f, err := os.Open("testdata/" + name + ".img.gz")
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			z, err := gzip.NewReader(f)
			if err != nil {
				t.Fatal(err)
			}
			image, err := io.ReadAll(z)
			if err != nil {
				t.Fatal(err)
			}
			fat, err := piboot.OpenFAT(bytes.NewReader(image), piboot.Extent{Size: int64(len(image))})
			if err != nil {
				t.Fatal(err)
			}
			files, err := fat.Files()
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, f := range files {
				names = append(names, strings.ToLower(f.Name))
			}
			slices.Sort(names)
			if got, want := strings.Join(names, " "), "a-name-of-more-than-thirteen-units.txt autoboot.txt bcm2710-rpi-3-b-plus.dtb"; got != want {
				t.Errorf("files %s, want %s", got, want)
			}
			big, err := fat.ReadFile("bcm2710-rpi-3-b-plus.dtb", 1<<20)
			if err != nil || string(big) != strings.Repeat("x", 20000) {
				t.Errorf("the large file: %d bytes, %v", len(big), err)
			}
			if _, err := fat.ReadFile("bcm2710-rpi-3-b-plus.dtb", 100); err == nil {
				t.Error("a file over the bound was read")
			}
			if _, err := fat.ReadFile("kernel8.img", 100); err == nil {
				t.Error("a deleted file was read")
			}
		})
	}
}

func system(version string) map[string][]byte {
	return map[string][]byte{
		"CONFIG.TXT": []byte("[all]\nkernel=vmlinuz\ninitramfs init.gz followkernel\n"),
		"VMLINUZ":    bytes.Repeat([]byte("kernel "+version), 200),
		"INIT.GZ":    bytes.Repeat([]byte("till "+version), 300),
		"START.ELF":  []byte("firmware"),
	}
}

var needs = piboot.Needs{First: []string{"bootcode.bin"}, Slot: []string{"start.elf"}}

func card(t *testing.T, a, b map[string][]byte) []byte {
	t.Helper()
	return piboot.FakeCard(map[string][]byte{"BOOTCODE.BIN": []byte("code")}, 128<<10, piboot.FakeFAT(128<<10, a), piboot.FakeFAT(128<<10, b))
}

func TestBoot(t *testing.T) {
	c := card(t, system("1"), system("2"))
	for tryboot, want := range map[bool]int{false: piboot.SlotA, true: piboot.SlotB} {
		got, err := piboot.Boot(bytes.NewReader(c), needs, tryboot)
		if err != nil || got.Partition != want || got.Kernel != "vmlinuz" || got.Initramfs != "init.gz" {
			t.Errorf("tryboot %v: %+v, %v", tryboot, got, err)
		}
		kernel, err := got.Slot.ReadFile(got.Kernel, 1<<20)
		if err != nil || !bytes.HasPrefix(kernel, []byte("kernel "+map[int]string{2: "1", 3: "2"}[want])) {
			t.Errorf("tryboot %v: %.20q, %v", tryboot, kernel, err)
		}
	}
}

func TestDead(t *testing.T) {
	for name, harm := range map[string]func(card []byte){
		"no table":         func(c []byte) { c[510] = 0 },
		"no first FAT":     func(c []byte) { clear(c[4096:4608]) },
		"no slot":          func(c []byte) { clear(c[4096+64<<10:][:512]) },
		"no bootcode":      func(c []byte) { copy(c[bytes.Index(c, []byte("BOOTCODE")):], "\xE5") },
		"no autoboot.txt":  func(c []byte) { copy(c[bytes.Index(c, []byte("AUTOBOOT")):], "\xE5") },
		"no kernel":        func(c []byte) { copy(c[bytes.Index(c, []byte("VMLINUZ ")):], "\xE5") },
		"no initramfs":     func(c []byte) { copy(c[bytes.Index(c, []byte("INIT    GZ")):], "\xE5") },
		"another firmware": func(c []byte) { copy(c[bytes.Index(c, []byte("START   ELF")):], "START4") },
		"autoboot.txt names no partition": func(c []byte) {
			copy(c[bytes.Index(c, []byte("boot_partition=2")):], "boot_partition=9")
		},
	} {
		c := card(t, system("1"), system("2"))
		harm(c)
		if got, err := piboot.Boot(bytes.NewReader(c), needs, false); !errors.Is(err, piboot.ErrDead) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestReadAutobootFindsItsSector(t *testing.T) {
	c := card(t, system("1"), system("2"))
	a, text, at, err := piboot.ReadAutoboot(bytes.NewReader(c))
	if err != nil || a != (piboot.Autoboot{Partition: 2, Try: 3, Whole: true}) {
		t.Fatalf("%+v, %v", a, err)
	}
	if !bytes.HasPrefix(c[at.Offset:], text) || at.Offset%piboot.SectorSize != 0 || at.Size != piboot.SectorSize {
		t.Errorf("its sector is not at %+v", at)
	}
}

func FuzzAutoboot(f *testing.F) {
	f.Add(piboot.Autoboot{Partition: 2, Try: 3, Whole: true}.Text())
	f.Add([]byte("[tryboot]\nboot_partition=\n[x"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := piboot.ParseAutoboot(text); err != nil {
			return
		}
		changed, err := piboot.SetAutoboot(text, piboot.SlotB)
		if err != nil {
			return
		}
		now, err := piboot.ParseAutoboot(changed)
		if err != nil || now.Partition != piboot.SlotB || now.Try != piboot.SlotA || len(changed) != len(text) {
			t.Errorf("%q became %q: %+v, %v", text, changed, now, err)
		}
	})
}

func FuzzFAT(f *testing.F) {
	fat := piboot.FakeFAT(64<<10, system("1"))
	f.Add(fat[:512], fat[512:16<<10])
	f.Fuzz(func(t *testing.T, boot, rest []byte) {
		image := make([]byte, 64<<10)
		copy(image, boot)
		copy(image[512:], rest)
		if fat, err := piboot.OpenFAT(bytes.NewReader(image), piboot.Extent{Size: int64(len(image))}); err == nil {
			files, err := fat.Files()
			if err != nil {
				return
			}
			for _, file := range files[:min(len(files), 4)] {
				// Whatever it says, it says it in bounds.
				if b, err := fat.ReadFile(file.Name, 32<<10); err == nil && len(b) > 32<<10 {
					t.Errorf("%d bytes", len(b))
				}
			}
		}
	})
}
