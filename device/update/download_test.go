package update_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"till/device/slots"
	"till/device/update"
	"till/sync/wire/updates"
)

var content = bytes.Repeat([]byte("a release, byte after byte; "), 400)

func release() slots.Release {
	sum := sha256.Sum256(content)
	return slots.Release{
		About: updates.About{Version: "v1.1.0", Board: "pi3b", ImageSize: 512, ImageSHA256: strings.Repeat("0a", 32), Schema: 1, Reads: 1},
		Name:  "till-pi3b-v1.1.0.release", Size: int64(len(content)), SHA256: hex.EncodeToString(sum[:]),
	}
}

func path(r slots.Release) string { return updates.TargetPath(r.SHA256, r.Name) }

func holds(t *testing.T, dir string) {
	t.Helper()
	if got, err := os.ReadFile(filepath.Join(dir, release().Name)); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if all, err := os.ReadDir(dir); err != nil || len(all) != 1 {
		t.Errorf("the folder holds %v, %v", all, err)
	}
}

func TestDownloadGoesOn(t *testing.T) {
	r, dir := release(), t.TempDir()
	source := &update.FakeSource{Break: 3000}
	source.Put(path(r), content)
	if err := os.WriteFile(filepath.Join(dir, "till-pi3b-v1.0.5.release.part"), content, 0o600); err != nil {
		t.Fatal(err)
	}
	f := update.Folder{Dir: dir}
	broken := 0
	for broken < 10 {
		err := f.Download(t.Context(), source, r)
		if err == nil {
			break
		}
		var refusal *slots.Refusal
		if errors.As(err, &refusal) {
			t.Fatal(err)
		}
		broken++
	}
	holds(t, dir)
	want := []string{path(r) + " 0", path(r) + " 3000", path(r) + " 6000", path(r) + " 9000"}
	if got := source.Asked(); strings.Join(got, ",") != strings.Join(want, ",") {
		t.Errorf("asked %v, want %v", got, want)
	}
	if err := f.Download(t.Context(), source, r); err != nil || len(source.Asked()) != len(want) {
		t.Errorf("what is there was asked for again: %v, %v", source.Asked(), err)
	}
	if err := f.Clear(slots.Release{}); err != nil {
		t.Fatal(err)
	}
	if all, err := os.ReadDir(dir); err != nil || len(all) != 0 {
		t.Errorf("cleared, the folder holds %v, %v", all, err)
	}
}

// What a power cut leaves may be anything.
func TestDownloadOverWhatWasLeft(t *testing.T) {
	r := release()
	for name, left := range map[string][]byte{
		"zeros": make([]byte, 5000), "too much": append(bytes.Clone(content), 0), "all of it": content, "all of it, one bit turned": flipped(),
	} {
		for _, end := range []string{"", ".part"} {
			dir, source := t.TempDir(), &update.FakeSource{}
			source.Put(path(r), content)
			if err := os.WriteFile(filepath.Join(dir, r.Name+end), left, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := (update.Folder{Dir: dir}).Download(t.Context(), source, r); err != nil {
				t.Errorf("%s%s: %v", name, end, err)
			}
			holds(t, dir)
		}
	}
}

func flipped() []byte {
	b := bytes.Clone(content)
	b[4000] ^= 1
	return b
}

func TestDownloadRefuses(t *testing.T) {
	r := release()
	for name, c := range map[string]struct {
		content []byte
		free    uint64
		want    string
	}{
		"damaged":   {flipped(), 1 << 30, slots.WhyDamaged},
		"truncated": {content[:5000], 1 << 30, slots.WhyTruncated},
		"longer":    {append(bytes.Clone(content), 0), 1 << 30, slots.WhyTooLarge},
		"no room":   {content, 1 << 20, slots.WhySpace},
	} {
		dir, source := t.TempDir(), &update.FakeSource{}
		source.Put(path(r), c.content)
		err := (update.Folder{Dir: dir, Free: func() (uint64, error) { return c.free, nil }}).Download(t.Context(), source, r)
		var refusal *slots.Refusal
		if !errors.As(err, &refusal) || refusal.Why != c.want {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(filepath.Join(dir, r.Name)); err == nil {
			t.Errorf("%s: it is there all the same", name)
		}
	}
	// Truncated at the gateway, after a part came from one where it was whole.
	dir, source := t.TempDir(), &update.FakeSource{Break: 6000}
	source.Put(path(r), content)
	f := update.Folder{Dir: dir}
	if err := f.Download(t.Context(), source, r); err == nil {
		t.Fatal("it did not break off")
	}
	source.Put(path(r), content[:5000])
	var refusal *slots.Refusal
	if err := f.Download(t.Context(), source, r); !errors.As(err, &refusal) || refusal.Why != slots.WhyTruncated {
		t.Errorf("%v", err)
	}
}

// TestHTTP is over a real server that knows ranges, one that knows none, and one that breaks off.
func TestHTTP(t *testing.T) {
	r := release()
	for name, ranges := range map[string]bool{"with ranges": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
				asked++
				if q.URL.Path != updates.Root+path(r) {
					http.NotFound(w, q)
					return
				}
				if !ranges {
					q.Header.Del("Range")
				}
				most := len(content)
				if asked == 1 {
					most = 4000
				}
				http.ServeContent(&breaking{w, most}, q, "", time.Time{}, bytes.NewReader(content))
			}))
			defer server.Close()
			source := update.NewHTTP(server.URL+updates.Root, nil)
			dir := t.TempDir()
			f := update.Folder{Dir: dir}
			if err := f.Download(t.Context(), source, r); err == nil {
				t.Fatal("it did not break off")
			}
			if err := f.Download(t.Context(), source, r); err != nil {
				t.Fatal(err)
			}
			holds(t, dir)
			if _, _, err := source.Open(t.Context(), "timestamp.json", 0); !errors.Is(err, update.ErrNone) {
				t.Errorf("of what is not there: %v", err)
			}
			if ranges {
				if _, _, err := source.Open(t.Context(), path(r), r.Size); !errors.Is(err, update.ErrShort) {
					t.Errorf("from its end on: %v", err)
				}
			}
		})
	}
}

// breaking breaks a response off after so many bytes.
type breaking struct {
	http.ResponseWriter
	left int
}

func (b *breaking) Write(p []byte) (int, error) {
	if len(p) > b.left {
		if _, err := b.ResponseWriter.Write(p[:b.left]); err != nil {
			return 0, err
		}
		panic(http.ErrAbortHandler)
	}
	b.left -= len(p)
	return b.ResponseWriter.Write(p)
}

func FuzzTrust(f *testing.F) {
	f.Add([]byte(`{"signed":{"_type":"timestamp","version":1,"expires":"2030-01-01T00:00:00Z","spec_version":"1.0.31","meta":{}},"signatures":[]}`))
	f.Add([]byte(`{"signed":{"_type":"root","version":2,"keys":{},"roles":{"root":{"keyids":[],"threshold":0}}},"signatures":null}`))
	root := []byte(fuzzRoot)
	f.Fuzz(func(t *testing.T, raw []byte) {
		source := &update.FakeSource{}
		source.Put("2.root.json", raw)
		source.Put("timestamp.json", raw)
		source.Put("1.snapshot.json", raw)
		if all, err := update.NewTrust(t.TempDir(), root).Refresh(t.Context(), source, time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)); err == nil {
			t.Errorf("trusted: %v", all)
		}
	})
}
