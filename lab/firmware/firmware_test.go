// Package firmware holds the programs that go onto devices to what is said of
// them: static, stripped, the same bytes each time, and they run.
package firmware

import (
	"bytes"
	"debug/elf"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// build makes one firmware anew with the repository's own Makefile.
func build(t *testing.T, arch string) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("dist", "till-linux-"+arch)
	if err := os.Remove(filepath.Join(root, file)); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	if out, err := command(root, "make", "VERSION=test", file).CombinedOutput(); err != nil {
		t.Fatalf("make %s: %v\n%s", file, err, out)
	}
	return filepath.Join(root, file)
}

// command runs without what go test and make put into the environment of theirs.
func command(dir, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "MAKE") && !strings.HasPrefix(e, "MFLAGS") {
			cmd.Env = append(cmd.Env, e)
		}
	}
	return cmd
}

func TestStaticStrippedAndRuns(t *testing.T) {
	arches := map[string]struct{ machine, emulator string }{"arm64": {"EM_AARCH64", "qemu-aarch64"}}
	if os.Getenv("TILL_SOAK") != "" {
		arches["armv7"] = struct{ machine, emulator string }{"EM_ARM", "qemu-arm"}
		arches["armv6"] = arches["armv7"]
	}
	for arch, want := range arches {
		path := build(t, arch)
		checkELF(t, path, want.machine)
		out, err := exec.Command(want.emulator, path, "version").Output()
		if err != nil {
			t.Fatalf("%s %s version: %v", want.emulator, arch, err)
		}
		if !strings.HasPrefix(string(out), "till ") || !strings.Contains(string(out), "linux/arm") {
			t.Errorf("%s says %q of its version", arch, out)
		}
		first, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		again, err := os.ReadFile(build(t, arch))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, again) {
			t.Errorf("two builds of %s differ", arch)
		}
	}
}

func checkELF(t *testing.T, path, machine string) {
	t.Helper()
	f, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Machine.String() != machine {
		t.Errorf("%s is for %s, want %s", path, f.Machine, machine)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("%s is not static: it has %s", path, p.Type)
		}
	}
	if f.Section(".symtab") != nil || f.Section(".debug_info") != nil {
		t.Errorf("%s is not stripped", path)
	}
	const most = 25 << 20 // bytes
	if info, err := os.Stat(path); err != nil || info.Size() > most {
		t.Errorf("%s has %d bytes, at most %d are wanted (%v)", path, info.Size(), most, err)
	}
}
