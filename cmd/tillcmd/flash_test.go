package tillcmd_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"till/boards"
	cards "till/boards/card"
	"till/boards/flash"
	"till/boards/piboot"
	"till/cmd/tillcmd"
)

// command runs till, and gives what it said.
func command(ctx context.Context, args ...string) (stdout, stderr string, err error) {
	var out, errs bytes.Buffer
	err = tillcmd.Run(ctx, args, &out, &errs)
	return out.String(), errs.String(), err
}

// fakeParts are what till image needs, in a folder, none of it of any use on a card.
func fakeParts(t *testing.T) (blobs, till string) {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	for name, data := range cards.FakeBlobs() {
		write(filepath.Join("blobs", name), data)
	}
	return filepath.Join(dir, "blobs"), write("till", cards.FakeProgram())
}

func fakeImage(t *testing.T) string {
	t.Helper()
	blobs, till := fakeParts(t)
	image := filepath.Join(t.TempDir(), "till-pi3b.img")
	if _, _, err := command(context.Background(), "image", "-board", "pi3b", "-o", image, "-blobs", blobs, "-till", till); err != nil {
		t.Fatal(err)
	}
	return image
}

func TestImageCommand(t *testing.T) {
	blobs, till := fakeParts(t)
	dir := t.TempDir()
	image, site, bad, odd := filepath.Join(dir, "a.img"), filepath.Join(dir, "site.toml"), filepath.Join(dir, "bad.toml"), filepath.Join(dir, "odd.toml")
	for name, text := range map[string]string{site: "terminal = \"till-07\"\n", bad: "terminal = till-07\n", odd: "terminl = \"till-07\"\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx := context.Background()
	out, _, err := command(ctx, "image", "-board", "pi3b", "-o", image, "-blobs", blobs, "-till", till, "-site", site, "-release", "v9.8.7")
	if err != nil || !strings.Contains(out, "188 MiB for pi3b, till v9.8.7") {
		t.Fatalf("%q, %v", out, err)
	}
	i, err := cards.OpenImage(image)
	if err != nil {
		t.Fatal(err)
	}
	defer i.Close()
	first, err := i.Files(piboot.BootPartition)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := first.ReadFile(cards.SiteFile); err != nil || string(got) != "terminal = \"till-07\"\n" {
		t.Errorf("the site's settings: %q, %v", got, err)
	}
	list, err := os.ReadFile(filepath.Join(dir, "a.cdx.json"))
	if err != nil || !strings.Contains(string(list), `"specVersion": "1.6"`) || !strings.Contains(string(list), "v9.8.7") {
		t.Errorf("the list beside it: %v\n%s", err, list)
	}
	left, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"say for which board":     {},
		"see till help":           {"-wrong"},
		"unexpected argument":     {"-board", "pi3b", "-o", image, "more"},
		`"pi9" is unknown`:        {"-board", "pi9", "-o", image},
		"has no card":             {"-board", "sim", "-o", image},
		"name it with -till":      {"-board", "pi3b", "-o", image, "-blobs", blobs, "-till", site},
		"scripts/fetch-blobs":     {"-board", "pi3b", "-o", image, "-blobs", dir, "-till", till},
		"bad.toml: line 1: toml":  {"-board", "pi3b", "-o", image, "-blobs", blobs, "-till", till, "-site", bad},
		"line 1: terminl":         {"-board", "pi3b", "-o", image, "-blobs", blobs, "-till", till, "-site", odd},
		"no such file":            {"-board", "pi3b", "-o", image, "-blobs", blobs, "-till", till, "-roots", filepath.Join(dir, "none")},
		"the radio's firmware in": {"-board", "pi3b", "-o", image, "-blobs", blobs, "-till", till, "-radio", filepath.Join(dir, "none")},
		"a.cdx.json":              {"-board", "pi3b", "-o", filepath.Join(dir, "none", "a.img"), "-blobs", blobs, "-till", till},
	} {
		if _, _, err := command(ctx, append([]string{"image"}, args...)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", args, err, want)
		}
	}
	// The image that was there is still there, and nothing half-made beside it.
	if now, err := os.ReadDir(dir); err != nil || len(now) != len(left) {
		t.Errorf("%d files where %d were: %v", len(now), len(left), err)
	}
	if _, err := i.Boot(piboard(t), false); err != nil {
		t.Error(err)
	}
}

func TestFlashFile(t *testing.T) {
	image := fakeImage(t)
	dir := t.TempDir()
	file := func(name string, size int64) string {
		name = filepath.Join(dir, name)
		f, err := os.Create(name)
		if err == nil {
			err = errors.Join(f.Truncate(size), f.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
		return name
	}
	ctx := context.Background()
	site := filepath.Join(dir, "site.toml")
	if err := os.WriteFile(site, []byte("terminal = \"till-08\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}

	whole := file("whole", 0)
	out, bar, err := command(ctx, "flash", "-image", image, "-disk", whole, "-site", site)
	if err != nil || !strings.HasPrefix(out, "verified: "+whole+" holds till-pi3b.img, 188 MiB in ") {
		t.Fatalf("%q, %v", out, err)
	}
	if !strings.Contains(bar, "writing   [") || !strings.Contains(bar, "verifying [################] 100%  188 MiB of 188 MiB") {
		t.Errorf("no bar:\n%s", bar)
	}
	raw, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	if sum := fmt.Sprintf("%x", sha256.Sum256(raw)); !strings.Contains(out, sum) {
		t.Errorf("its SHA-256 is %s; it said %s", sum, out)
	}
	i, err := cards.NewImage(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	if s, err := i.Boot(piboard(t), false); err != nil || s.Partition != piboot.SlotA {
		t.Errorf("%d, %v", s.Partition, err)
	}
	first, err := i.Files(1)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := first.ReadFile(cards.SiteFile); err != nil || string(got) != "terminal = \"till-08\"\n" {
		t.Errorf("the site's settings: %q, %v", got, err)
	}

	truncated := filepath.Join(dir, "truncated.img")
	if err := os.WriteFile(truncated, raw[:100<<20], 0o600); err != nil {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	small := file("small", 100<<20)
	for name, c := range map[string]struct {
		ctx  context.Context
		args []string
		want error
		says string
	}{
		"too small":    {args: []string{"-image", image, "-disk", small}, want: flash.ErrTooSmall, says: small + ": too small: it has 100 MiB"},
		"truncated":    {args: []string{"-image", truncated, "-disk", whole}, says: "truncated"},
		"interrupted":  {ctx: gone, args: []string{"-image", image, "-disk", file("cut", 0)}, want: flash.ErrInterrupted, says: "write it again"},
		"not there":    {args: []string{"-image", image, "-disk", filepath.Join(dir, "none")}, want: flash.ErrNotThere, says: "put the card in"},
		"a folder":     {args: []string{"-image", image, "-disk", dir}, says: "no disk and no file"},
		"no image":     {args: []string{"-disk", whole}, says: "say which image"},
		"none there":   {args: []string{"-image", filepath.Join(dir, "none"), "-disk", whole}, want: os.ErrNotExist},
		"no card's":    {args: []string{"-image", small, "-disk", whole}, says: "partition table"},
		"a null":       {args: []string{"-image", image, "-disk", os.DevNull}},
		"unknown flag": {args: []string{"-wrong"}, says: "see till help"},
		"one too many": {args: []string{"more"}, says: "unexpected argument"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.ctx == nil {
				c.ctx = ctx
			}
			_, _, err := command(c.ctx, append([]string{"flash"}, c.args...)...)
			if err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %v with %q", err, c.want, c.says)
			}
		})
	}
}

// TestFlashLoop writes to a block device of the kernel's, if there is one to be had.
func TestFlashLoop(t *testing.T) {
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		t.Skip("a loop device takes Linux and root")
	}
	back := filepath.Join(t.TempDir(), "card")
	if err := os.WriteFile(back, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(back, cards.ImageSize+8<<20); err != nil {
		t.Fatal(err)
	}
	attach := func(args ...string) string {
		t.Helper()
		out, err := exec.Command("losetup", append([]string{"--show", "--find", back}, args...)...).CombinedOutput()
		if err != nil {
			t.Skipf("no loop device: %v: %s", err, out)
		}
		loop := strings.TrimSpace(string(out))
		t.Cleanup(func() {
			if out, err := exec.Command("losetup", "-d", loop).CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
		return loop
	}
	loop := attach()
	image := fakeImage(t)
	ctx := context.Background()
	said, _, err := command(ctx, "flash", "-image", image, "-disk", loop)
	if err != nil || !strings.HasPrefix(said, "verified: "+loop) {
		t.Fatalf("%q, %v", said, err)
	}
	// Mounted, and by another name: the data partition as a device of its own.
	data := attach("--offset", fmt.Sprint(cards.ImageSize-16<<20))
	link, folder := filepath.Join(t.TempDir(), "by-id"), t.TempDir()
	if err := os.Symlink(data, link); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mount", "-o", "ro,noload", data, folder).CombinedOutput(); err != nil {
		t.Skipf("no mounting here: %v: %s", err, out)
	}
	_, _, err = command(ctx, "flash", "-image", image, "-disk", link)
	if out, err := exec.Command("umount", folder).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if !errors.Is(err, flash.ErrMounted) || !strings.Contains(err.Error(), folder) {
		t.Errorf("it was mounted: %v", err)
	}
}

func piboard(t *testing.T) boards.Board {
	t.Helper()
	b, err := boards.ByName("pi3b")
	if err != nil {
		t.Fatal(err)
	}
	return b
}
