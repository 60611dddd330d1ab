package scanner_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"till/scanner"
)

// recording is a file of testdata: lines "sec usec type code value", as evtest
// prints them, with the layout and the scans they are to come to.
type recording struct {
	layout scanner.Layout
	events []scanner.Event
	want   []string
}

func readRecording(t testing.TB, path string) recording {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var rec recording
	for i, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case "#":
		case "layout":
			layout, ok := scanner.LayoutNamed(rest)
			if !ok {
				t.Fatalf("%s:%d: no layout %q", path, i+1, rest)
			}
			rec.layout = layout
		case "want":
			want, err := strconv.Unquote(rest)
			if err != nil {
				t.Fatalf("%s:%d: %v", path, i+1, err)
			}
			rec.want = append(rec.want, want)
		default:
			var e scanner.Event
			if n, err := fmt.Sscanf(line, "%d %d %d %d %d", &e.Sec, &e.Usec, &e.Type, &e.Code, &e.Value); n != 5 {
				t.Fatalf("%s:%d: %v", path, i+1, err)
			}
			rec.events = append(rec.events, e)
		}
	}
	return rec
}

func recordings(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.events")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	return paths
}

func decode(d *scanner.Decoder, events []scanner.Event) []string {
	var scans []string
	for _, e := range events {
		if scan, ok := d.Decode(e); ok {
			scans = append(scans, string(scan))
		}
	}
	return scans
}

// marshal writes events as the kernel does.
func marshal(events []scanner.Event, size int) []byte {
	var b []byte
	for _, e := range events {
		if size == scanner.EventSize64 {
			b = binary.LittleEndian.AppendUint64(b, uint64(e.Sec))
			b = binary.LittleEndian.AppendUint64(b, uint64(e.Usec))
		} else {
			b = binary.LittleEndian.AppendUint32(b, uint32(e.Sec))
			b = binary.LittleEndian.AppendUint32(b, uint32(e.Usec))
		}
		b = binary.LittleEndian.AppendUint16(b, e.Type)
		b = binary.LittleEndian.AppendUint16(b, e.Code)
		b = binary.LittleEndian.AppendUint32(b, uint32(e.Value))
	}
	return b
}

func TestDecodeRecordings(t *testing.T) {
	for _, path := range recordings(t) {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".events"), func(t *testing.T) {
			rec := readRecording(t, path)
			for _, size := range []int{scanner.EventSize64, scanner.EventSize32} {
				var events []scanner.Event
				for chunk := range slices.Chunk(rec.events, 64) { // as reads come
					part, err := scanner.ParseEvents(marshal(chunk, size), size)
					if err != nil {
						t.Fatal(err)
					}
					events = append(events, part...)
				}
				if !slices.Equal(events, rec.events) {
					t.Fatalf("records of %d bytes are read otherwise than they were written", size)
				}
				if got := decode(scanner.NewDecoder(rec.layout), events); !slices.Equal(got, rec.want) {
					t.Errorf("records of %d bytes: %q, want %q", size, got, rec.want)
				}
			}
		})
	}
}

func TestParseEvents(t *testing.T) {
	raw := []byte{
		0x01, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0, 0, 0x01, 0, 0x1C, 0, 0xFF, 0xFF, 0xFF, 0xFF,
	}
	got, err := scanner.ParseEvents(raw, 24)
	want := []scanner.Event{{Sec: 1, Usec: 2, Type: 1, Code: 28, Value: -1}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	// 32-bit seconds are unsigned: they last until 2106.
	got, err = scanner.ParseEvents([]byte{0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 16)
	if err != nil || len(got) != 1 || got[0].Sec != 1<<31 {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := scanner.ParseEvents(nil, 24); err != nil || len(got) != 0 {
		t.Errorf("nothing: %v, %v", got, err)
	}
	for _, bad := range []struct{ length, size int }{{24, 0}, {24, 8}, {24, -24}, {23, 24}, {25, 24}, {24, 16}, {64<<10 + 16, 16}} {
		if got, err := scanner.ParseEvents(make([]byte, bad.length), bad.size); err == nil {
			t.Errorf("%d bytes of records of %d: %d events", bad.length, bad.size, len(got))
		}
	}
}

func TestDecodeCutsALongScan(t *testing.T) {
	layout, _ := scanner.LayoutNamed("us")
	d := scanner.NewDecoder(layout)
	tap := func(code uint16) ([]byte, bool) {
		scan, ok := d.Decode(scanner.Event{Type: 1, Code: code, Value: 1})
		d.Decode(scanner.Event{Type: 1, Code: code, Value: 0})
		return scan, ok
	}
	for range scanner.MaxScan * 2 {
		tap(2)
	}
	scan, ok := tap(28)
	if !ok || len(scan) != scanner.MaxScan+1 {
		t.Errorf("%d bytes, %v", len(scan), ok)
	}
	if tap(3); true {
		if scan, ok := tap(28); !ok || string(scan) != "2" {
			t.Errorf("the next scan is %q, %v", scan, ok)
		}
	}
}

// Each layout is but a table: what its own keys type is what it says.
func TestLayouts(t *testing.T) {
	for _, name := range scanner.Layouts() {
		layout, ok := scanner.LayoutNamed(name)
		if !ok || layout.Name() != name {
			t.Fatalf("%s: %q, %v", name, layout.Name(), ok)
		}
		typed := map[rune]bool{}
		for code := range uint16(128) {
			for _, modifier := range []uint16{0, 42, 100} {
				d := scanner.NewDecoder(layout)
				d.Decode(scanner.Event{Type: 1, Code: modifier, Value: 1})
				d.Decode(scanner.Event{Type: 1, Code: code, Value: 1})
				if scan, ok := d.Decode(scanner.Event{Type: 1, Code: 28, Value: 1}); ok {
					r, _ := utf8.DecodeRune(scan)
					typed[r] = true
				}
			}
		}
		// All that a payment code is made of, and a link.
		for _, r := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=:.?&_-%#@" {
			if !typed[r] {
				t.Errorf("%s: no key types %q", name, r)
			}
		}
	}
	if _, ok := scanner.LayoutNamed("dvorak"); ok {
		t.Error("an unknown layout is known")
	}
}

func FuzzDecode(f *testing.F) {
	for _, path := range recordings(f) {
		events := readRecording(f, path).events
		events = events[:min(len(events), 60)]
		f.Add(marshal(events, scanner.EventSize64), false)
		f.Add(marshal(events, scanner.EventSize32), true)
	}
	us, _ := scanner.LayoutNamed("us")
	be, _ := scanner.LayoutNamed("fr-be")
	f.Fuzz(func(t *testing.T, buf []byte, narrow bool) {
		size := scanner.EventSize64
		if narrow {
			size = scanner.EventSize32
		}
		events, err := scanner.ParseEvents(buf, size)
		if err != nil {
			return
		}
		if !narrow && !bytes.Equal(marshal(events, size), buf) {
			t.Error("the events are not what was read")
		}
		for _, layout := range []scanner.Layout{us, be} {
			d := scanner.NewDecoder(layout)
			for _, e := range events {
				scan, ok := d.Decode(e)
				if ok != (len(scan) > 0) || len(scan) > scanner.MaxScan+1 {
					t.Errorf("%d bytes, %v", len(scan), ok)
				}
				if len(scan) <= scanner.MaxScan && !utf8.Valid(scan) {
					t.Errorf("%q is not UTF-8", scan)
				}
			}
		}
	})
}
