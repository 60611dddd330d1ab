package identity_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"till/device/identity"
)

// Both disks do the same.
func TestDisks(t *testing.T) {
	folder, err := identity.OpenFolder(filepath.Join(t.TempDir(), "identity"))
	if err != nil {
		t.Fatal(err)
	}
	for name, d := range map[string]identity.Disk{"folder": folder, "fake": identity.NewFakeDisk()} {
		t.Run(name, func(t *testing.T) {
			if _, err := d.Read("a"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("read what is not there: %v", err)
			}
			for _, step := range []func() error{
				func() error { return d.Write("a", []byte("one")) },
				func() error { return d.Write("a", []byte("2")) },
				func() error { return d.Sync("a") },
				func() error { return d.Write("b", []byte("three")) },
				func() error { return d.Rename("a", "b") },
				func() error { return d.Write("c", nil) },
				d.SyncNames,
				func() error { return d.Remove("c") },
			} {
				if err := step(); err != nil {
					t.Fatal(err)
				}
			}
			if names, err := d.Names(); err != nil || !slices.Equal(names, []string{"b"}) {
				t.Errorf("left are %v (%v)", names, err)
			}
			if got, err := d.Read("b"); err != nil || string(got) != "2" {
				t.Errorf("it holds %q (%v)", got, err)
			}
			for what, err := range map[string]error{"sync": d.Sync("x"), "rename": d.Rename("x", "y"), "remove": d.Remove("x")} {
				if !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s what is not there: %v", what, err)
				}
			}
		})
	}
}

// The fake forgets what was not made durable.
func TestFakeDiskForgets(t *testing.T) {
	d := identity.NewFakeDisk()
	for _, step := range []func() error{
		func() error { return d.Write("a", []byte("kept")) }, func() error { return d.Sync("a") }, d.SyncNames,
		func() error { return d.Write("a", []byte("seen only")) }, func() error { return d.Write("b", []byte("seen only")) },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	for _, left := range identity.Leftovers() {
		after := d.Restart(left)
		a, err := after.Read("a")
		want := map[identity.Rest]string{identity.RestNone: "kept", identity.RestHalf: "seen", identity.RestAll: "seen only"}[left.Bytes]
		if err != nil || string(a) != want {
			t.Errorf("%+v: a is %q (%v)", left, a, err)
		}
		if _, err := after.Read("b"); (err == nil) != left.Names {
			t.Errorf("%+v: b: %v", left, err)
		}
	}
	d.CutAfter = d.Steps
	if err := d.SyncNames(); !errors.Is(err, identity.ErrPower) {
		t.Errorf("without power: %v", err)
	}
}

// The key is this user's alone, and the same after a restart.
func TestKeyIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "identity")
	var codes []string
	for range 2 {
		disk, err := identity.OpenFolder(path)
		if err != nil {
			t.Fatal(err)
		}
		i, err := identity.Open(disk, nil)
		if err != nil {
			t.Fatal(err)
		}
		code, err := i.Device()
		if err != nil {
			t.Fatal(err)
		}
		codes = append(codes, code.String())
		if _, ok := i.Enrolled(); ok || i.Gateway() != "" {
			t.Error("it is enrolled")
		}
	}
	if codes[0] != codes[1] {
		t.Errorf("its code was %s and is %s", codes[0], codes[1])
	}
	files, err := os.ReadDir(path)
	if err != nil || len(files) != 1 {
		t.Fatalf("there are %v (%v)", files, err)
	}
	if info, err := files[0].Info(); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%s: %v (%v)", files[0].Name(), info.Mode(), err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("its folder: %v (%v)", info.Mode(), err)
	}
}

// A key file that is damaged is passed over, and another key made.
func TestDamagedKey(t *testing.T) {
	d := identity.NewFakeDisk()
	if err := d.Write("key-0123456789abcdef.pem", []byte("rubbish")); err != nil {
		t.Fatal(err)
	}
	if i, err := identity.Open(d, nil); err != nil {
		t.Error(err)
	} else if _, err := i.Device(); err != nil {
		t.Error(err)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add([]byte(`{"key":"key-0123456789abcdef.pem","gateway":"https://x","grant":{"terminal":"a","certificate":"","authority":"","settings":{}}}`))
	f.Add([]byte(`{"ended":"revoked"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		d := identity.NewFakeDisk()
		if err := d.Write("enrolment.json", raw); err != nil {
			t.Fatal(err)
		}
		i, err := identity.Open(d, nil)
		if !errors.Is(err, identity.ErrDamaged) {
			t.Fatalf("got %v", err)
		}
		if _, ok := i.Enrolled(); ok {
			t.Error("it is enrolled")
		}
		if _, err := i.Device(); err != nil {
			t.Error(err)
		}
	})
}
