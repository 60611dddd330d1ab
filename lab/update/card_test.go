package update_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"till/boards"
	"till/boards/card"
	"till/boards/piboot"
	"till/cmd/tillcmd"
	"till/device/slots"
	"till/device/update"
	"till/store"
	"till/sync/wire/updates"
)

// image makes a card's image as till image does, with little in place of
// kernel and firmware, and a till that says its version.
func image(t *testing.T, version string) string {
	t.Helper()
	board := boards.Pi3B
	blobs := fstest.MapFS{
		"kernel/vmlinuz":            {Data: bytes.Repeat([]byte("kernel for "+version), 20_000)},
		"kernel/LICENSE.linux":      {Data: []byte("GPL")},
		"firmware/LICENSE.broadcom": {Data: []byte("may be passed on")},
	}
	for _, name := range append(append([]string{}, board.Image.First...), board.Image.Slot...) {
		blobs["firmware/"+name] = &fstest.MapFile{Data: []byte("firmware " + name)}
	}
	for _, name := range board.Tree.Blobs {
		blobs["kernel/"+name] = &fstest.MapFile{Data: []byte("tree " + name)}
	}
	for _, name := range board.Image.Overlays {
		blobs["kernel/overlays/"+name] = &fstest.MapFile{Data: []byte("overlay " + name)}
	}
	board.Image.Modules = nil
	// As little of an ELF file as says arm64, static; and its version.
	till := make([]byte, 120)
	copy(till, "\x7fELF\x02\x01\x01")
	le := binary.LittleEndian
	le.PutUint16(till[16:], 2)
	le.PutUint16(till[18:], 183)
	le.PutUint32(till[20:], 1)
	le.PutUint64(till[32:], 64)
	le.PutUint16(till[52:], 64)
	le.PutUint16(till[54:], 56)
	le.PutUint16(till[56:], 1)
	le.PutUint32(till[64:], 1)
	r := card.Recipe{Board: board, Blobs: blobs, Till: append(till, "till "+version...), Version: version, Trust: []byte("root")}
	path := filepath.Join(t.TempDir(), version+".img")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(card.ImageSize); err != nil {
		t.Fatal(err)
	}
	if err := r.Write(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	return path
}

// boots says which slot of a card boots, and the kernel that it holds.
func boots(t *testing.T, path string, tryboot bool) (slot int, kernel string) {
	t.Helper()
	i, err := card.OpenImage(path)
	if err != nil {
		t.Fatal(err)
	}
	defer i.Close()
	start, err := i.Boot(boards.Pi3B, tryboot)
	if err != nil {
		t.Fatal(err)
	}
	return start.Partition, string(start.Kernel[:len("kernel for v1.0.0")])
}

// TestImageToCard goes the whole way with the files themselves: till image, till
// release, the gateway over HTTP, the slot, and what the firmware makes of it.
func TestImageToCard(t *testing.T) {
	old, wanted := image(t, "v1.0.0"), image(t, "v1.1.0")
	file := filepath.Join(t.TempDir(), "till.release")
	args := []string{"release", "-image", wanted, "-board", "pi3b", "-o", file, "-version"}
	if err := tillcmd.Run(t.Context(), append(args, "v1.2.0"), io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "is not v1.2.0") {
		t.Errorf("a release that says another version than its till: %v", err)
	}
	if err := tillcmd.Run(t.Context(), append(args, "v1.1.0"), io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	g := newGateway(t)
	about, err := g.repo.Add(file, g.owners.Targets...)
	if err != nil || about.Schema != store.Schema {
		t.Fatalf("%+v, %v", about, err)
	}
	server := httptest.NewServer(g.repo.Handler())
	defer server.Close()
	source := update.NewHTTP(server.URL+updates.Root, nil)
	all, err := update.NewTrust(t.TempDir(), g.root()).Refresh(t.Context(), source, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	release, err := update.Find(all, "v1.1.0", "pi3b")
	if err != nil {
		t.Fatal(err)
	}
	folder := update.Folder{Dir: t.TempDir()}
	if err := folder.Download(t.Context(), source, release); err != nil {
		t.Fatal(err)
	}
	disk, err := slots.OpenDisk(old)
	if err != nil {
		t.Skip(err)
	}
	defer disk.Close()
	c := slots.Card{Disk: disk}
	if err := folder.Install(t.Context(), c, piboot.SlotB, release); err != nil {
		t.Fatal(err)
	}
	expect := func(tryboot bool, slot int, kernel string) {
		t.Helper()
		if s, k := boots(t, old, tryboot); s != slot || k != "kernel for "+kernel {
			t.Errorf("tryboot %v boots slot %d with %q", tryboot, s, k)
		}
	}
	expect(false, piboot.SlotA, "v1.0.0")
	expect(true, piboot.SlotB, "v1.1.0")
	if err := c.Boots(piboot.SlotB); err != nil {
		t.Fatal(err)
	}
	expect(false, piboot.SlotB, "v1.1.0")
	expect(true, piboot.SlotA, "v1.0.0")
}
