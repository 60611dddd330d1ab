package bench_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"till/cmd/tillcmd"
	"till/cmd/tillcmd/bench"
	"till/store"
)

// TestMain lets the test's own binary be run again as the firmware.
func TestMain(m *testing.M) {
	if len(os.Args) < 2 || os.Args[1] != "run" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := tillcmd.Run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "till:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// contract is every name that other programs rely on, with its unit, in order.
var contract = []struct{ name, unit string }{
	{"commit", "us"}, {"commit_at_1M", "us"}, {"commit_after_prune", "us"}, {"sale", "ms"}, {"sale_bytes_written", "B"},
	{"open_1M", "ms"}, {"replay_1M", "ms"}, {"drain", "1/s"}, {"frame", "us"}, {"frame_touch", "us"}, {"receipt", "us"},
	{"receipt_bytes", "B"}, {"scan", "us"}, {"rss", "B"}, {"binary", "B"},
}

// compared are those that have a reference.
var compared = []string{"commit", "commit_at_1M", "commit_after_prune", "drain", "frame"}

func TestNames(t *testing.T) {
	var want []string
	for _, c := range contract {
		want = append(want, c.name)
	}
	if got := bench.Names(); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestJSON holds the form that other programs read.
func TestJSON(t *testing.T) {
	names := []string{"receipt", "receipt_bytes", "frame", "frame_touch", "scan", "binary"}
	var out bytes.Buffer
	if err := bench.Run(t.Context(), []string{"-json", "-data", t.TempDir(), "-names", strings.Join(names, ",")}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	var rows []map[string]any
	if err := json.Unmarshal(out.Bytes(), &rows); err != nil {
		t.Fatalf("%v in %s", err, out.String())
	}
	var results []bench.Result
	if err := json.Unmarshal(out.Bytes(), &results); err != nil {
		t.Fatal(err)
	}
	checkResults(t, results, names)
	for _, row := range rows {
		for _, key := range []string{"name", "value", "unit", "reference", "ratio"} {
			if _, ok := row[key]; !ok || len(row) != 5 {
				t.Errorf("%v, want five fields, %s among them", row, key)
			}
		}
	}
}

// TestEverything measures all there is, with little of everything: the firmware
// is run, a journal is filled, pruned, drained.
func TestEverything(t *testing.T) {
	dir := t.TempDir()
	var all []string
	for _, c := range contract {
		all = append(all, c.name)
	}
	report, err := bench.Measure(t.Context(), bench.Options{Data: dir, Small: true, Progress: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	checkResults(t, report.Results, all)
	if len(report.Notes) < 5 {
		t.Errorf("only %q is said about it", report.Notes)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func checkResults(t *testing.T, results []bench.Result, names []string) {
	t.Helper()
	units := map[string]string{}
	var want, got []string
	for _, c := range contract {
		units[c.name] = c.unit
		if slices.Contains(names, c.name) {
			want = append(want, c.name)
		}
	}
	for _, r := range results {
		got = append(got, r.Name)
		if r.Unit != units[r.Name] || r.Value <= 0 {
			t.Errorf("%+v, want a value in %s", r, units[r.Name])
		}
		with := slices.Contains(compared, r.Name)
		if (r.Ratio != nil) != with || (r.Reference != "") != with || with && *r.Ratio <= 0 {
			t.Errorf("%+v: has it a reference? %t", r, with)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("measured %v, want %v", got, want)
	}
}

func TestText(t *testing.T) {
	var out, progress bytes.Buffer
	if err := bench.Run(t.Context(), []string{"-data", t.TempDir(), "-names", "scan,receipt_bytes"}, &out, &progress); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[0], "name") || !strings.HasPrefix(lines[1], "receipt_bytes ") || !strings.HasPrefix(lines[2], "scan ") {
		t.Errorf("printed\n%s", out.String())
	}
	at := strings.Index(lines[0], "value")
	for _, line := range lines[1:] {
		if at >= len(line) || line[at-1] != ' ' || line[at] < '0' || line[at] > '9' {
			t.Errorf("%q is not in the columns of %q", line, lines[0])
		}
	}
	if !strings.Contains(progress.String(), "scans") {
		t.Errorf("said %q meanwhile", progress.String())
	}
}

func TestMisuse(t *testing.T) {
	for want, args := range map[string][]string{
		"sales_a_second":      {"-names", "commit,sales_a_second"},
		"unexpected argument": {"now"},
		"not defined":         {"-colour"},
		"invalid boolean":     {"-json=loud"},
	} {
		err := bench.Run(t.Context(), args, io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "till bench: ") {
			t.Errorf("%q: %v, want %q", args, err, want)
		}
	}
}

// TestFolders: a folder that is missing is made and removed, one that was there
// stays with all that is in it, and a terminal's journal is not touched.
func TestFolders(t *testing.T) {
	run := func(dir string) error {
		return bench.Run(t.Context(), []string{"-data", dir, "-names", "receipt_bytes"}, io.Discard, io.Discard)
	}
	base := t.TempDir()
	if err := run(filepath.Join(base, "a", "b")); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(base); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}

	mine := filepath.Join(base, "notes.txt")
	if err := os.WriteFile(mine, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(base); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(mine); err != nil || string(text) != "mine" {
		t.Errorf("%q, %v", text, err)
	}

	for _, journal := range []string{filepath.Join(t.TempDir(), "journal"), t.TempDir()} {
		j, err := store.Open(journal, store.Options{Terminal: "shop-1"})
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		for _, dir := range []string{journal, filepath.Dir(journal)} {
			if dir == os.TempDir() {
				continue
			}
			if err := run(dir); err == nil || !strings.Contains(err.Error(), "holds a terminal's journal") {
				t.Errorf("measured in %s: %v", dir, err)
			}
		}
	}
	if err := run(mine); err == nil {
		t.Error("a file was taken for a folder")
	}
}

// TestInterrupted: nothing is left of a run that was ended.
func TestInterrupted(t *testing.T) {
	dir := t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	progress := writer(func(p []byte) {
		if bytes.Contains(p, []byte("filling")) {
			stop()
		}
	})
	_, err := bench.Measure(ctx, bench.Options{Data: dir, Names: []string{"open_1M"}, Progress: progress})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

type writer func([]byte)

func (w writer) Write(p []byte) (int, error) {
	w(p)
	return len(p), nil
}
