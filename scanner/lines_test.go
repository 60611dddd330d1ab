package scanner_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"till/scanner"
)

func feed(s *scanner.Splitter, parts ...string) []string {
	var scans []string
	for _, p := range parts {
		for _, scan := range s.Feed([]byte(p)) {
			scans = append(scans, string(scan))
		}
	}
	return scans
}

func TestSplitter(t *testing.T) {
	for _, test := range []struct {
		name  string
		parts []string
		want  []string
		idle  string // what silence completes then
	}{
		{"CR", []string{"130\r"}, []string{"130"}, ""},
		{"LF", []string{"130\n"}, []string{"130"}, ""},
		{"TAB", []string{"130\t"}, []string{"130"}, ""},
		{"CR LF", []string{"130\r\n131\r\n"}, []string{"130", "131"}, ""},
		{"CR LF in two reads", []string{"130\r", "\n131\r", "\n"}, []string{"130", "131"}, ""},
		{"byte by byte", strings.Split("130\r\n131\t", ""), []string{"130", "131"}, ""},
		{"several in one read", []string{"1\r2\n3\t4"}, []string{"1", "2", "3"}, "4"},
		{"terminators alone", []string{"\r\n\t\r\r\n"}, nil, ""},
		{"no terminator", []string{"130", "456"}, nil, "130456"},
		{"nothing", nil, nil, ""},
		{"bytes that are no text", []string{"\x00\xff\r"}, []string{"\x00\xff"}, ""},
		{"spaces within and around", []string{" 1 2 \r"}, []string{" 1 2 "}, ""},
	} {
		var s scanner.Splitter
		if got := feed(&s, test.parts...); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		if s.Pending() != (test.idle != "") {
			t.Errorf("%s: pending %v", test.name, s.Pending())
		}
		if got := s.Idle(); string(got) != test.idle {
			t.Errorf("%s: silence completes %q, want %q", test.name, got, test.idle)
		}
		if s.Pending() || s.Idle() != nil {
			t.Errorf("%s: silence completes a scan twice", test.name)
		}
	}
}

func TestSplitterCutsALongScan(t *testing.T) {
	var s scanner.Splitter
	longest := strings.Repeat("1", scanner.MaxScan)
	got := feed(&s, longest, "\r", longest, "2", longest, "\r", "3\r")
	if len(got) != 3 || got[0] != longest || got[1] != longest+"2" || got[2] != "3" {
		t.Fatalf("%d scans", len(got))
	}
	if scanner.NewScan([]byte(got[0]), "", time.Time{}).TooLong() || !scanner.NewScan([]byte(got[1]), "", time.Time{}).TooLong() {
		t.Error("TooLong does not tell the cut scan from the longest")
	}
}

// How the bytes are cut into reads does not matter.
func TestSplitterReadsDoNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stream := rapid.StringMatching(`([0-9A-Za-z+/]{0,5}[\r\n\t]?){0,8}`).Draw(t, "stream")
		var whole, parts scanner.Splitter
		want := feed(&whole, stream)
		var got []string
		for rest := stream; rest != ""; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "read")
			got = append(got, feed(&parts, rest[:n])...)
			rest = rest[n:]
		}
		if !slices.Equal(got, want) || !bytes.Equal(whole.Idle(), parts.Idle()) {
			t.Fatalf("%q: %q, want %q", stream, got, want)
		}
	})
}

func FuzzSplitter(f *testing.F) {
	f.Add([]byte("130\r\n131\t"), 1)
	f.Fuzz(func(t *testing.T, stream []byte, at int) {
		at = min(max(at, 0), len(stream))
		var s scanner.Splitter
		scans := append(s.Feed(stream[:at]), s.Feed(stream[at:])...)
		if last := s.Idle(); last != nil {
			scans = append(scans, last)
		}
		total := 0
		for _, scan := range scans {
			if len(scan) == 0 || len(scan) > scanner.MaxScan+1 || bytes.ContainsAny(scan, "\r\n\t") {
				t.Errorf("a scan of %d bytes: %.40q", len(scan), scan)
			}
			total += len(scan)
		}
		if total > len(stream) {
			t.Errorf("%d bytes came out of %d", total, len(stream))
		}
	})
}

func realClock() scanner.LinesClock { return scanner.LinesClock{Now: time.Now, After: time.After} }

func TestLinesSilenceEndsAScan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		port, far := net.Pipe()
		l := scanner.NewLines("serial", port, 0, realClock())
		ctx, cancel := context.WithCancel(t.Context())
		var mu sync.Mutex
		var handled []scanner.Scan
		ended := run(ctx, l, func(s scanner.Scan) {
			mu.Lock()
			defer mu.Unlock()
			handled = append(handled, s)
		})
		scansNow := func() []scanner.Scan {
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(handled)
		}
		write := func(s string) {
			t.Helper()
			if _, err := far.Write([]byte(s)); err != nil {
				t.Error(err)
			}
		}
		begin := time.Now()
		write("]C01301")
		time.Sleep(scanner.DefaultIdle - time.Millisecond)
		write("23") // within the gap: it goes on
		time.Sleep(scanner.DefaultIdle - time.Millisecond)
		if scans := scansNow(); len(scans) != 0 {
			t.Fatalf("a scan before the silence: %v", scans)
		}
		time.Sleep(time.Millisecond)
		scans := scansNow()
		if len(scans) != 1 || string(scans[0].Data) != "130123" || scans[0].Symbology != "code128" || scans[0].Source != "serial" {
			t.Fatalf("%v", scans)
		}
		if took := scans[0].Time.Sub(begin); took != 2*scanner.DefaultIdle-time.Millisecond {
			t.Errorf("dated %v after the first byte", took)
		}
		write("4\r")
		if scans = scansNow(); len(scans) != 2 || string(scans[1].Data) != "4" {
			t.Fatalf("a terminator was not heeded: %v", scans)
		}
		time.Sleep(time.Minute)
		if scans = scansNow(); len(scans) != 2 {
			t.Errorf("silence alone is a scan: %v", scans)
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Run: %v", err)
		}
	})
}

// A scan cut by the cable is dropped.
func TestLinesUnplugged(t *testing.T) {
	var scans []string
	port := iotest.OneByteReader(strings.NewReader("1\r23"))
	err := scanner.NewLines("serial", port, time.Hour, realClock()).Run(t.Context(), func(s scanner.Scan) {
		scans = append(scans, string(s.Data))
	})
	if !errors.Is(err, scanner.ErrGone) || !slices.Equal(scans, []string{"1"}) {
		t.Errorf("%q, %v", scans, err)
	}
}
