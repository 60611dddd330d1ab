package device

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"till/device/reports"
)

// A CrashRing keeps what crashes left, as files of a folder: 000012-panic.txt.
// The newest stay. Nothing is written to it while all is well.
type CrashRing struct {
	files reports.Folder
}

const (
	maxCrashes = 16
	maxCrash   = 64 << 10 // bytes of one
	// runFile takes the last words of the run that is under way.
	runFile = "run.trace"
	// PstoreFolder is where the kernel shows what its last crash left in memory
	// that a reset does not clear (kernel, Documentation/admin-guide/ramoops.rst).
	PstoreFolder = "/sys/fs/pstore"
)

// Kinds of crashes.
const (
	CrashPanic  = "panic"  // till's own: the traces of its goroutines
	CrashKernel = "kernel" // the kernel's last words
)

// Crash is one file of the ring.
type Crash struct {
	Path string
	Kind string
	What string // its first line that says anything
}

// NewCrashRing keeps crashes in folder, which is made when there is one.
func NewCrashRing(folder string) *CrashRing {
	return &CrashRing{reports.Folder{Path: folder, Most: maxCrashes}}
}

// Collect takes what the last run and the last boot left, and returns it. What
// of it cannot be taken is the error; the rest is taken all the same.
func (r *CrashRing) Collect(pstore string) ([]Crash, error) {
	var found []Crash
	var failed error
	keep := func(kind, path string, raw []byte) {
		kept, written, err := r.files.Keep(kind, raw)
		if err == nil {
			found = append(found, crashOf(kept, written))
			err = os.Remove(path) // in pstore, that clears the memory for the next
		}
		failed = errors.Join(failed, err)
	}
	own := filepath.Join(r.files.Path, runFile)
	switch raw, err := readHead(own); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		failed = errors.Join(failed, err)
	case len(bytes.TrimSpace(raw)) > 0:
		keep(CrashPanic, own, raw)
	}
	// dmesg-* is there after a crash alone, console-* after every warm start: it
	// counts where it tells of one. The Pi's own overlay keeps only the latter.
	kernel, _ := filepath.Glob(filepath.Join(pstore, "*-*")) // the pattern is a good one
	slices.Sort(kernel)
	for _, path := range kernel {
		dmesg, console := strings.HasPrefix(filepath.Base(path), "dmesg-"), strings.HasPrefix(filepath.Base(path), "console-")
		if !dmesg && !console {
			continue
		}
		raw, err := readTail(path)
		switch {
		case err != nil:
			failed = errors.Join(failed, err)
		case dmesg || kernelDied(raw):
			keep(CrashKernel, path, raw)
		}
	}
	if failed != nil {
		failed = fmt.Errorf("take what the last crash left: %w", failed)
	}
	return found, failed
}

// kernelDied finds what a kernel says when it dies (kernel/panic.c,
// arch/arm64/kernel/traps.c, arch/arm64/mm/fault.c).
func kernelDied(raw []byte) bool {
	return slices.ContainsFunc([]string{"Kernel panic", "Internal error: ", "Unable to handle kernel"},
		func(said string) bool { return bytes.Contains(raw, []byte(said)) })
}

// Arm has the runtime write to the ring what it says when this process dies of a
// panic or a fault, until disarm is called: then the run ended in order. The
// file is the process': of two that are armed the later one counts.
func (r *CrashRing) Arm() (disarm func() error, err error) {
	if err := os.MkdirAll(r.files.Path, 0o700); err != nil {
		return nil, fmt.Errorf("keep the traces of a crash: %w", err)
	}
	path := filepath.Join(r.files.Path, runFile)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("keep the traces of a crash: %w", err)
	}
	if err := debug.SetCrashOutput(f, debug.CrashOptions{}); err != nil {
		return nil, errors.Join(fmt.Errorf("keep the traces of a crash: %w", err), f.Close())
	}
	return func() error {
		// The runtime has a descriptor of its own.
		return errors.Join(debug.SetCrashOutput(nil, debug.CrashOptions{}), f.Close(), os.Remove(path))
	}, nil
}

// List is the crashes that are kept, oldest first.
func (r *CrashRing) List() ([]Crash, error) {
	names, err := r.files.Names()
	if err != nil {
		return nil, fmt.Errorf("list the crashes: %w", err)
	}
	var all []Crash
	for _, name := range names {
		path := filepath.Join(r.files.Path, name)
		raw, err := readHead(path)
		if err != nil {
			return nil, fmt.Errorf("list the crashes: %w", err)
		}
		all = append(all, crashOf(path, raw))
	}
	return all, nil
}

func crashOf(path string, raw []byte) Crash {
	c := Crash{Path: path, Kind: reports.Kind(path)}
	for line := range strings.Lines(string(raw)) {
		if line = strings.TrimSpace(line); line != "" {
			c.What = line[:min(len(line), 120)]
			break
		}
	}
	return c
}

// readHead reads the first maxCrash bytes of a file, where a panic says why.
func readHead(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	return io.ReadAll(io.LimitReader(f, maxCrash))
}

// readTail reads the last maxCrash bytes of a file that holds no more than 1 MiB,
// where a kernel says why. Files of pstore have no size to seek by.
func readTail(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	raw, err := io.ReadAll(io.LimitReader(f, 1<<20))
	return raw[max(0, len(raw)-maxCrash):], err
}
