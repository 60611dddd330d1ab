// Package packaging_test reads back the Debian package.
package packaging_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// build makes a package of a program that stands in for till: the same, and
// quicker.
func build(t *testing.T, arch, release string) string {
	t.Helper()
	dir := t.TempDir()
	program, deb := filepath.Join(dir, "program"), filepath.Join(dir, "till.deb")
	if err := os.WriteFile(program, []byte("#!/bin/sh\nexit 0\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	run(t, "./build-deb", arch, program, release, deb)
	return deb
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

func needs(t *testing.T, tool string) {
	t.Helper()
	if _, err := exec.LookPath(tool); err != nil {
		t.Skipf("%s is not here: this is no Debian system", tool)
	}
}

func TestDebianPackage(t *testing.T) {
	needs(t, "dpkg-deb")
	deb := build(t, "arm64", "v1.2.3-4-gabcdef")
	for field, want := range map[string]string{"Package": "till", "Version": "1.2.3+4.gabcdef", "Architecture": "arm64"} {
		if got := strings.TrimSpace(run(t, "dpkg-deb", "-f", deb, field)); got != want {
			t.Errorf("%s is %q, want %q", field, got, want)
		}
	}
	list := run(t, "dpkg-deb", "-c", deb)
	for _, want := range []string{
		`-rwxr-xr-x root/root .* \./usr/bin/till\n`,
		`-rw-r--r-- root/root .* \./lib/systemd/system/till\.service\n`,
		`-rw-r--r-- root/root .* \./etc/till/till\.toml\n`,
		`-rw-r--r-- root/root .* \./usr/lib/sysusers\.d/till\.conf\n`,
		`-rw-r--r-- root/root .* \./lib/udev/rules\.d/60-till\.rules\n`,
		`\./usr/share/doc/till/copyright\n`,
	} {
		if !regexp.MustCompile(want).MatchString(list) {
			t.Errorf("the package has no %s:\n%s", want, list)
		}
	}
	if owners := regexp.MustCompile(`(?m)^\S+ +(\S+) `).FindAllStringSubmatch(list, -1); len(owners) > 0 {
		for _, o := range owners {
			if o[1] != "root/root" {
				t.Errorf("something is of %s:\n%s", o[1], list)
				break
			}
		}
	}
	out := t.TempDir()
	run(t, "dpkg-deb", "-e", deb, out)
	for _, script := range []string{"postinst", "prerm", "postrm"} {
		run(t, "sh", "-n", filepath.Join(out, script))
	}
	if raw, err := os.ReadFile(filepath.Join(out, "conffiles")); err != nil || string(raw) != "/etc/till/till.toml\n" {
		t.Errorf("conffiles %q, %v", raw, err)
	}
}

func TestDebianVersion(t *testing.T) {
	needs(t, "dpkg-deb")
	for release, want := range map[string]string{"v2.0.0": "2.0.0", "e2f971b0b7db": "0~e2f971b0b7db", "e2f971b-dirty": "0~e2f971b+dirty", "12ab34cd": "0~12ab34cd"} {
		deb := build(t, "amd64", release)
		if got := strings.TrimSpace(run(t, "dpkg-deb", "-f", deb, "Version")); got != want {
			t.Errorf("release %s is version %q, want %q", release, got, want)
		}
	}
}

func TestDebianPackageIsReproducible(t *testing.T) {
	needs(t, "dpkg-deb")
	var made [2][]byte
	for i := range made {
		raw, err := os.ReadFile(build(t, "armhf", "v1.2.3"))
		if err != nil {
			t.Fatal(err)
		}
		made[i] = raw
	}
	if !bytes.Equal(made[0], made[1]) {
		t.Error("two packages of the same program differ")
	}
}

// systemd itself reads the unit.
func TestUnit(t *testing.T) {
	needs(t, "systemd-analyze")
	raw, err := os.ReadFile("debian/till.service")
	if err != nil {
		t.Fatal(err)
	}
	// The program is not installed here.
	unit := filepath.Join(t.TempDir(), "till.service")
	if err := os.WriteFile(unit, bytes.Replace(raw, []byte("/usr/bin/till"), []byte("/bin/true"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("systemd-analyze", "verify", "--man=no", unit).CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "till.service") {
			t.Errorf("systemd says: %s", line)
		}
	}
	if err != nil && strings.Contains(string(out), "till") {
		t.Errorf("systemd-analyze: %v\n%s", err, out)
	}
}
