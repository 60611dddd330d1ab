package updates_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"till/sync/wire/updates"
)

func manifest(size int) updates.Manifest {
	return updates.Manifest{
		About: updates.About{Version: "v1.1.0", Board: "pi3b", ImageSize: int64(size), ImageSHA256: strings.Repeat("0a", 32), Schema: 1, Reads: 1},
		Files: []updates.File{{Name: "vmlinuz", Size: 3, SHA256: strings.Repeat("0b", 32)}},
	}
}

func TestRelease(t *testing.T) {
	image := bytes.Repeat([]byte("image "), 1000)
	var once, twice bytes.Buffer
	for _, b := range []*bytes.Buffer{&once, &twice} {
		if err := updates.WriteRelease(b, manifest(len(image)), bytes.NewReader(image)); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(once.Bytes(), twice.Bytes()) {
		t.Error("two releases of the same image differ")
	}
	m, r, err := updates.ReadRelease(&once)
	if err != nil || m.Version != "v1.1.0" || len(m.Files) != 1 {
		t.Fatalf("%+v, %v", m, err)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, image) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if err := updates.WriteRelease(io.Discard, manifest(5), bytes.NewReader(image)); err == nil {
		t.Error("an image of another size than its manifest says")
	}
}

func FuzzReadRelease(f *testing.F) {
	var b bytes.Buffer
	if err := updates.WriteRelease(&b, manifest(6), strings.NewReader("image ")); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte(`{"till_release":1}` + "\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, r, err := updates.ReadRelease(bytes.NewReader(raw))
		if err != nil {
			return
		}
		if m.Release != updates.Format || m.ImageSize <= 0 {
			t.Errorf("%+v", m)
		}
		_, _ = io.Copy(io.Discard, io.LimitReader(r, 1<<20)) // a broken one ends with an error, which is as well
	})
}
