package device_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"till/device"
)

// crashFolder is set where this test is the process that dies.
const crashFolder = "TILL_TEST_CRASH"

const (
	wechatCode = "134650000000000017"
	emvCode    = "hQVDUFYwMWFUTwegAAADMwEBAVcRYlJQAAAAAAB9JRIBAAAAAAAPYyWfJ0gXk9vIQ"
)

// TestCrashTrace dies of a panic in a process of its own, and looks at what is
// left of it.
func TestCrashTrace(t *testing.T) {
	if folder := os.Getenv(crashFolder); folder != "" {
		if _, err := device.NewCrashRing(folder).Arm(); err != nil {
			t.Fatal(err)
		}
		if err := device.NoCore(); err != nil {
			t.Fatal(err)
		}
		done := make(chan bool)
		go func() { // testing recovers what its own goroutine panics of
			defer close(done)
			panic(fmt.Sprintf("the scan %s and %s cannot be", wechatCode, emvCode))
		}()
		<-done
		return
	}
	folder := filepath.Join(t.TempDir(), "crash")
	ring := device.NewCrashRing(folder)
	child := exec.Command(os.Args[0], "-test.run=^TestCrashTrace$")
	child.Env = append(os.Environ(), crashFolder+"="+folder)
	out, err := child.CombinedOutput()
	if err == nil {
		t.Fatalf("it lived: %s", out)
	}
	found, err := ring.Collect(filepath.Join(folder, "none"))
	if err != nil || len(found) != 1 {
		t.Fatalf("found %v, %v; the process said %s", found, err, out)
	}
	raw, err := os.ReadFile(found[0].Path)
	must(t, err)
	if !strings.Contains(string(raw), "crash_test.go") || !strings.Contains(string(raw), "goroutine") {
		t.Errorf("no trace: %s", raw)
	}
	if strings.Contains(string(raw), wechatCode) || strings.Contains(string(raw), emvCode) {
		t.Errorf("a customer's code is in the trace: %.200s", raw)
	}
	if found[0].Kind != device.CrashPanic || !strings.HasPrefix(found[0].What, "panic: the scan ") {
		t.Errorf("%+v", found[0])
	}
	if again, err := ring.Collect(""); err != nil || len(again) > 0 {
		t.Errorf("taken twice: %v, %v", again, err)
	}
}

func TestOrderlyEndLeavesNothing(t *testing.T) {
	ring := device.NewCrashRing(filepath.Join(t.TempDir(), "crash"))
	disarm, err := ring.Arm()
	must(t, err)
	must(t, disarm())
	// A power cut leaves an empty file, which is no crash.
	_, err = ring.Arm()
	must(t, err)
	if found, err := ring.Collect(""); err != nil || len(found) > 0 {
		t.Errorf("found %v, %v", found, err)
	}
	disarm, err = ring.Arm()
	must(t, err)
	must(t, disarm())
}

func TestKernelsLastWords(t *testing.T) {
	dir := t.TempDir()
	pstore, folder := filepath.Join(dir, "pstore"), filepath.Join(dir, "crash")
	must(t, os.Mkdir(pstore, 0o700))
	ring := device.NewCrashRing(folder)
	write := func(name, text string) {
		t.Helper()
		must(t, os.WriteFile(filepath.Join(pstore, name), []byte(text), 0o600))
	}
	write("console-ramoops-0", "every warm start leaves this")
	write("dmesg-ramoops-0", strings.Repeat("old words\n", 20_000)+"Kernel panic - not syncing\n")
	write("dmesg-ramoops-1", "Oops\n")
	write("pmsg-ramoops-0", "what a program wrote")
	found, err := ring.Collect(pstore)
	must(t, err)
	if len(found) != 2 || found[0].Kind != device.CrashKernel || found[1].What != "Oops" {
		t.Errorf("found %+v", found)
	}
	raw, err := os.ReadFile(found[0].Path)
	must(t, err)
	if len(raw) > 64<<10 || !strings.HasSuffix(string(raw), "Kernel panic - not syncing\n") {
		t.Errorf("%d bytes, without the end", len(raw))
	}
	left, err := filepath.Glob(filepath.Join(pstore, "*"))
	must(t, err)
	if len(left) != 2 || filepath.Base(left[0]) != "console-ramoops-0" {
		t.Errorf("left in memory: %v", left)
	}
	write("console-ramoops-0", "[   12.5] booted\n[  900.1] Kernel panic - not syncing: Fatal exception\n")
	if found, err := ring.Collect(pstore); err != nil || len(found) != 1 {
		t.Errorf("a console that tells of a panic: %v, %v", found, err)
	}

	// The ring holds the newest, and a strange file in its folder is not touched.
	must(t, os.WriteFile(filepath.Join(folder, "notes.txt"), nil, 0o600))
	for i := range 40 {
		write("dmesg-ramoops-0", fmt.Sprintf("crash %d\n", i))
		if _, err := ring.Collect(pstore); err != nil {
			t.Fatal(err)
		}
	}
	all, err := ring.List()
	must(t, err)
	if len(all) != 16 || all[15].What != "crash 39" || all[0].What != "crash 24" {
		t.Errorf("%d are kept, from %+v to %+v", len(all), all[0], all[len(all)-1])
	}
	if _, err := os.Stat(filepath.Join(folder, "notes.txt")); err != nil {
		t.Error(err)
	}
}

// What cannot be kept is said, and stays where it is.
func TestCrashRingFaults(t *testing.T) {
	dir := t.TempDir()
	pstore, folder := filepath.Join(dir, "pstore"), filepath.Join(dir, "crash")
	must(t, os.Mkdir(pstore, 0o700))
	must(t, os.WriteFile(filepath.Join(pstore, "dmesg-ramoops-0"), []byte("Oops"), 0o600))
	must(t, os.WriteFile(folder, nil, 0o600)) // a file stands in the folder's place
	ring := device.NewCrashRing(folder)
	if found, err := ring.Collect(pstore); err == nil || len(found) > 0 {
		t.Errorf("kept %v", found)
	}
	if _, err := os.Stat(filepath.Join(pstore, "dmesg-ramoops-0")); err != nil {
		t.Error("what could not be kept is gone")
	}
	if _, err := ring.Arm(); err == nil {
		t.Error("armed without a folder")
	}
	if _, err := ring.List(); err == nil {
		t.Error("listed without a folder")
	}
}
