package fat_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"till/boards/card/fat"
)

var when = time.Date(2026, 1, 2, 3, 4, 6, 0, time.UTC)

// disk is a writer that grows in memory, and counts what was written last.
type disk struct {
	b    []byte
	last int64
}

func (d *disk) WriteAt(p []byte, at int64) (int, error) {
	d.last = at
	return copy(d.b[at:], p), nil
}

func write(t *testing.T, v fat.Volume) []byte {
	t.Helper()
	d := &disk{b: make([]byte, v.Size)}
	if err := v.Write(d); err != nil {
		t.Fatal(err)
	}
	if d.last != 0 {
		t.Errorf("the last write was at %d, not the boot sector", d.last)
	}
	return d.b
}

func open(t *testing.T, raw []byte) *fat.FS {
	t.Helper()
	f, err := fat.Open(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// sample has names of every kind, files of every kind of size, and a folder in a folder.
func sample(size int64) fat.Volume {
	noise := make([]byte, 70_001)
	for i := range noise {
		noise[i] = byte(i*7 + i>>8)
	}
	return fat.Volume{Label: "sample", ID: 0x7111_0001, Time: when, Size: size, Files: []fat.File{
		{Name: "BOOTCODE.BIN", Data: noise[:52_624]},
		{Name: "autoboot.txt", Data: []byte("[all]\n")},
		{Name: "empty", Data: nil},
		{Name: "bcm2710-rpi-3-b.dtb", Data: noise[:3000]},
		{Name: "bcm2710-rpi-3-b-plus.dtb", Data: noise[:2048]},
		{Name: "BCM271~1.DTB", Data: noise[:1]}, // the name that one of those would be given
		{Name: "thirteen.long", Data: noise[:13]},
		{Name: "overlays/vc4-kms-v3d.dtbo", Data: noise[:2760]},
		{Name: "overlays/deeper/and+deeper/v1.2.3.txt", Data: noise},
		{Name: "vmlinuz", Data: noise},
	}}
}

func TestReadBack(t *testing.T) {
	for _, size := range []int64{8 << 20, 80 << 20, 300 << 20} {
		t.Run(fmt.Sprint(size>>20), func(t *testing.T) {
			v := sample(size)
			raw := write(t, v)
			f := open(t, raw)
			if f.Label() != "SAMPLE" {
				t.Errorf("label is %q", f.Label())
			}
			var names []string
			for _, file := range v.Files {
				names = append(names, file.Name)
				got, err := fs.ReadFile(f, file.Name)
				if err != nil || !bytes.Equal(got, file.Data) {
					t.Errorf("%s: %v, %d bytes of %d, or others", file.Name, err, len(got), len(file.Data))
				}
				at, err := f.Extents(file.Name)
				switch {
				case err != nil:
					t.Error(err)
				case len(file.Data) == 0 && len(at) != 0, len(file.Data) > 0 && len(at) != 1:
					t.Errorf("%s lies in %d pieces", file.Name, len(at))
				case len(at) == 1 && !bytes.HasPrefix(raw[at[0].Offset:], file.Data):
					t.Errorf("%s does not lie at %d", file.Name, at[0].Offset)
				}
				info, err := fs.Stat(f, strings.ToUpper(file.Name))
				if err != nil || !info.ModTime().Equal(when) {
					t.Errorf("%s in capitals: %v, %v", file.Name, info, err)
				}
			}
			if err := fstest.TestFS(f, names...); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSameBytes(t *testing.T) {
	v := sample(8 << 20)
	first := write(t, v)
	// The order in which files are given is no part of it.
	for i, j := 0, len(v.Files)-1; i < j; i, j = i+1, j-1 {
		v.Files[i], v.Files[j] = v.Files[j], v.Files[i]
	}
	if !bytes.Equal(first, write(t, v)) {
		t.Error("two volumes of the same files differ")
	}
}

// TestOthersRead has the tools of the trade look at a volume.
func TestOthersRead(t *testing.T) {
	for _, size := range []int64{8 << 20, 80 << 20} {
		v := sample(size)
		raw := write(t, v)
		image := filepath.Join(t.TempDir(), "fat.img")
		if err := os.WriteFile(image, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("fsck.fat", "-n", "-v", image).CombinedOutput()
		if err != nil || strings.Contains(string(out), "Reclaimed") || strings.Contains(string(out), "Fixing") {
			t.Errorf("fsck.fat: %v\n%s", err, out)
		}
		for _, f := range v.Files {
			got, err := exec.Command("mtype", "-i", image, "::/"+f.Name).Output()
			if err != nil || !bytes.Equal(got, f.Data) {
				t.Errorf("mtools read %d bytes of %s, of %d: %v", len(got), f.Name, len(f.Data), err)
			}
		}
		// What a laptop writes to it is read too.
		added := filepath.Join(t.TempDir(), "a")
		if err := os.WriteFile(added, []byte("merchant"), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"site.toml", "Some Folder Name (1)", "lower.txt", "Ünïcode Ω.txt"} {
			if out, err := exec.Command("mcopy", "-i", image, added, "::/"+name).CombinedOutput(); err != nil {
				t.Fatalf("mcopy: %v\n%s", err, out)
			}
		}
		if raw, err = os.ReadFile(image); err != nil {
			t.Fatal(err)
		}
		f := open(t, raw)
		for _, name := range []string{"site.toml", "Some Folder Name (1)", "lower.txt"} {
			if got, err := f.ReadFile(name); err != nil || string(got) != "merchant" {
				t.Errorf("%s, put there by mtools: %q, %v", name, got, err)
			}
		}
		if err := fstest.TestFS(f, "site.toml"); err != nil {
			t.Error(err)
		}
	}
}

// TestFragments reads a file that lies in pieces, since others wrote around it.
func TestFragments(t *testing.T) {
	image := filepath.Join(t.TempDir(), "fat.img")
	v := sample(8 << 20)
	if err := os.WriteFile(image, write(t, v), 0o600); err != nil {
		t.Fatal(err)
	}
	big := filepath.Join(t.TempDir(), "big")
	want := bytes.Repeat([]byte("0123456789abcdef"), 7_000_000/16)
	if err := os.WriteFile(big, want, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"mdel", "-i", image, "::/BOOTCODE.BIN"}, {"mdel", "-i", image, "::/BCM271~1.DTB"}, {"mcopy", "-i", image, big, "::/big"},
	} {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", args[0], err, out)
		}
	}
	raw, err := os.ReadFile(image)
	if err != nil {
		t.Fatal(err)
	}
	f := open(t, raw)
	at, err := f.Extents("big")
	if err != nil || len(at) < 2 {
		t.Errorf("big lies in %d pieces (%v): the test tests nothing", len(at), err)
	}
	if got, err := f.ReadFile("big"); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes of %d, or others: %v", len(got), len(want), err)
	}
}

func TestRefused(t *testing.T) {
	one := func(name string, size int) []fat.File { return []fat.File{{Name: name, Data: make([]byte, size)}} }
	var many []fat.File
	for i := range 300 {
		many = append(many, fat.File{Name: fmt.Sprintf("a-long-name-%d.txt", i)})
	}
	for name, v := range map[string]fat.Volume{
		"too small for FAT16": {Label: "a", Time: when, Size: 1 << 20},
		"too large for FAT16": {Label: "a", Time: when, Size: 4 << 30},
		"odd size":            {Label: "a", Time: when, Size: 8<<20 + 1},
		"no label":            {Time: when, Size: 8 << 20},
		"no time":             {Label: "a", Size: 8 << 20},
		"full":                {Label: "a", Time: when, Size: 8 << 20, Files: one("a", 8<<20)},
		"full root":           {Label: "a", Time: when, Size: 8 << 20, Files: many},
		"absolute":            {Label: "a", Time: when, Size: 8 << 20, Files: one("/a", 1)},
		"upwards":             {Label: "a", Time: when, Size: 8 << 20, Files: one("../a", 1)},
		"blank in name":       {Label: "a", Time: when, Size: 8 << 20, Files: one("a b", 1)},
		"dot at the end":      {Label: "a", Time: when, Size: 8 << 20, Files: one("a.", 1)},
		"twice":               {Label: "a", Time: when, Size: 8 << 20, Files: append(one("a", 1), one("A", 1)...)},
		"file and folder":     {Label: "a", Time: when, Size: 8 << 20, Files: append(one("a", 1), one("a/b", 1)...)},
		"folder, other case":  {Label: "a", Time: when, Size: 8 << 20, Files: append(one("a/b", 1), one("A/c", 1)...)},
	} {
		err := v.Write(&disk{b: make([]byte, 8<<20+512)})
		if err == nil {
			t.Errorf("%s: taken", name)
		}
		if full := strings.HasPrefix(name, "full"); full != errors.Is(err, fat.ErrFull) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWriteFails(t *testing.T) {
	v := sample(8 << 20)
	for n := range 5 {
		if err := v.Write(&failing{after: n}); !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("write %d failed, and Write said %v", n, err)
		}
	}
}

type failing struct{ after int }

func (f *failing) WriteAt(p []byte, _ int64) (int, error) {
	if f.after--; f.after < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

func TestOpenRefuses(t *testing.T) {
	good := write(t, sample(8<<20))
	for name, damage := range map[string]func(b []byte) []byte{
		"empty":       func([]byte) []byte { return nil },
		"no mark":     func(b []byte) []byte { b[510] = 0; return b },
		"FAT32":       func(b []byte) []byte { b[22], b[23] = 0, 0; return b },
		"sector size": func(b []byte) []byte { b[12] = 8; return b },
		"cluster":     func(b []byte) []byte { b[13] = 3; return b },
		"truncated":   func(b []byte) []byte { return b[:1<<20] },
		"few":         func(b []byte) []byte { b[13] = 128; return b },
	} {
		b := damage(bytes.Clone(good))
		if _, err := fat.Open(bytes.NewReader(b), int64(len(b))); !errors.Is(err, fat.ErrNone) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLoop reads a volume whose table leads in a circle.
func TestLoop(t *testing.T) {
	raw := write(t, sample(8<<20))
	f := open(t, raw)
	at, err := f.Extents("vmlinuz")
	if err != nil || len(at) != 1 {
		t.Fatal(at, err)
	}
	// Its last cluster leads back to its first. Clusters are 1 KiB, the table is at
	// sector 4, and the name that sorts first has cluster 2.
	begin, err := f.Extents("BCM271~1.DTB")
	if err != nil {
		t.Fatal(err)
	}
	data := begin[0].Offset
	first := (at[0].Offset-data)/1024 + 2
	last := first + at[0].Length/1024 - 1
	raw[4*512+2*last], raw[4*512+2*last+1] = byte(first), byte(first>>8)
	if _, err := open(t, raw).ReadFile("vmlinuz"); err == nil {
		t.Error("a chain in a circle was read")
	}
}

func FuzzOpen(f *testing.F) {
	d := &disk{b: make([]byte, 4<<20+1<<19)}
	v := sample(int64(len(d.b)))
	if err := v.Write(d); err != nil {
		f.Fatal(err)
	}
	// What is changed: the boot sector, the beginning of the table, and of the root.
	f.Add(d.b[:512], d.b[4*512:5*512], []byte(nil))
	f.Fuzz(func(_ *testing.T, boot, table, root []byte) {
		raw := bytes.Clone(d.b)
		copy(raw, boot[:min(len(boot), 512)])
		copy(raw[4*512:], table[:min(len(table), 4096)])
		copy(raw[(4+2*20)*512:], root[:min(len(root), 4096)])
		v, err := fat.Open(bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			return
		}
		left := 200
		err = fs.WalkDir(v, ".", func(name string, e fs.DirEntry, err error) error {
			if left--; left < 0 || strings.Count(name, "/") > 4 {
				return fs.SkipAll
			}
			if err == nil && !e.IsDir() {
				_, err = v.ReadFile(name)
			}
			if err != nil {
				return fs.SkipDir
			}
			return nil
		})
		if err != nil && !errors.Is(err, fs.SkipDir) {
			return
		}
	})
}
